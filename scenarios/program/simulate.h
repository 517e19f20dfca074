/* simulate.h - one run of a scenario, judged. */
#ifndef OXBOW_SCENARIOS_PROGRAM_SIMULATE_H
#define OXBOW_SCENARIOS_PROGRAM_SIMULATE_H

#include "scenarios/results.h"

/* Runs the scenario with one seed and appends what ox_results_seed says of it. `trace` (may be
 * NULL) is the path of a trace to write; the run then verifies every join. Once per process: see
 * ox_world_run. False with `error`, whose code is an exit code. */
bool ox_simulate(const struct ox_scenario *scenario, uint64_t seed, const char *trace,
                 GString *output, GError **error);

#endif
