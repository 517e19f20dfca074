/* sweep.h - the finished runs of a sweep, and the files made of them.
 *
 * sweep.json (results.h) is for reports; sweep.sqlite for questions nobody thought of:
 *
 *     runs     id, scenario, hash, seed, digest, verdict, reason
 *     settings run, key, value        the swept values of the run
 *     metrics  run, name, value, unit
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_SWEEP_H
#define OXBOW_SCENARIOS_PROGRAM_SWEEP_H

#include "scenarios/program/grid.h"

struct ox_sweep_run {
    const struct ox_grid_point *point;
    struct ox_seed_results results; /* of a run that died: verdict fail, nothing else known */
    char *reason;
    double wall_s;
    uint64_t rss_max_kib;
};

struct ox_sweep {
    const struct ox_request *request;
    struct ox_sweep_grid grid;
    struct ox_sweep_run *runs; /* point by point, seed by seed */
    size_t run_count;
    size_t seed_count;
    enum ox_verdict verdict;
};

void ox_sweep_json(const struct ox_sweep *sweep, GString *text);
/* Writes the database `path`, which does not exist yet. False with `error`. */
bool ox_sweep_database(const struct ox_sweep *sweep, const char *path, GError **error);
/* The first screen; with --quiet only its verdict. */
void ox_sweep_screen(const struct ox_sweep *sweep, const char *report);

#endif
