/* results.h - the shapes of results.json and sweep.json, written here, read by reports/ and by
 * people's tools.
 *
 * results.json (one scenario, one or more seeds; the same bytes for the same scenario and seeds):
 *
 *   { "schema": "oxbow-results-1", "oxbow": "0.1.0", "scenario": "split-brain", "about": "...",
 *     "hash": "<16 hex: of the effective file and every file it names>",
 *     "nodes": 50, "duration": 180, "protocol": "delta", "simgrid": "3.32",
 *     "replicas": ["eu-west-1", ...the region or host of each node...],
 *     "verdict": "pass" | "fail" | "unknown",
 *     "parts":  [ {"name": "state", "verdict": "pass", "reason": "", "seed": 1}, ...four ],
 *     "expect": [ {"metric": "lost_updates", "op": "=", "bound": 0, "unit": "", "value": 0,
 *                  "verdict": "pass", "seed": 1}, ... ],
 *     "seeds":  [ { "seed": 1, "digest": "<16 hex>", "verdict": "pass",
 *                   "parts": [...], "expect": [...],
 *                   "metrics": { "converge_after_heal": {"value": 12.5, "unit": "s"}, ... },
 *                   "faults": [ {"name": "split", "kind": "partition", "on": 30, "off": 90,
 *                                "hits": 812, "expected": 0}, ... ],
 *                   "series": { "equal": {"unit": "", "about": "...", "t": [...], "v": [...]}, ...
 * }, "grid": { "t": [...], "nodes_per_row": 1, "rows": [[...], ...] } }, ... ], "reproduce": "oxbow
 * run scenarios/split-brain.ini --seed 1" }
 *
 * Parts and expectations outside `seeds` are the worst over the seeds, with the first seed that had
 * it: by verdict, then, of an expectation, by distance to the bound. A metric that is not defined
 * for a run is null; infinity is the string "inf" (JSON has no infinity). A fault that is still on
 * at the end has "off": null.
 *
 * sweep.json (a grid of scenarios x values x seeds):
 *
 *   { "schema": "oxbow-sweep-1", "oxbow": "0.1.0", "verdict": "pass",
 *     "axes": [ {"key": "network.nodes", "values": ["5", "10", ...]} ],
 *     "runs": [ { "scenario": "scaling", "values": {"network.nodes": "5"}, "seed": 1,
 *                 "digest": "...", "verdict": "pass", "reason": "",
 *                 "metrics": {...as above...} } ] }
 *
 * Wall-clock facts stand only in host.json.
 */
#ifndef OXBOW_SCENARIOS_RESULTS_H
#define OXBOW_SCENARIOS_RESULTS_H

#include "scenarios/scenario.h"
#include "scenarios/writer.h"

/* ---- one seed ---- */

/* What the process that simulated says about its run, as a member of "seeds". */
void ox_results_seed(const struct ox_scenario *scenario, uint64_t seed, uint64_t digest,
                     const struct ox_judgement *judgement, GString *json);

struct ox_part_result {
    enum ox_verdict verdict;
    char *reason;
    uint64_t seed;
};

struct ox_expect_result {
    enum ox_verdict verdict;
    struct ox_metric_value value;
    uint64_t seed;
};

/* One seed's results, read back. */
struct ox_seed_results {
    uint64_t seed;
    char *json; /* as ox_results_seed wrote it */
    char digest[17];
    enum ox_verdict verdict;
    struct ox_part_result parts[OX_PART_COUNT];
    struct ox_expect_result *expect; /* [expect_count of the scenario] */
    struct ox_metric_value metrics[OX_METRIC_COUNT];
    double last_heal_s; /* when the last partition ended; below 0: there was none */
};

/* False with `error` when the text is not what ox_results_seed writes for this scenario; `results`
 * is then empty. */
bool ox_seed_results_read(const struct ox_scenario *scenario, const char *json,
                          struct ox_seed_results *results, GError **error);
void ox_seed_results_clear(struct ox_seed_results *results);
/* Why the run did not pass, in one line; "" for a pass. To be freed. */
char *ox_seed_results_reason(const struct ox_scenario *scenario,
                             const struct ox_seed_results *results);
/* The "metrics" object, for sweep.json. */
void ox_seed_results_metrics(const struct ox_seed_results *results, struct ox_writer *json);

/* ---- all seeds ---- */

struct ox_results {
    const struct ox_scenario *scenario;
    struct ox_seed_results *seeds; /* in the order of the seeds; owned */
    size_t count;
    enum ox_verdict verdict;
    struct ox_part_result parts[OX_PART_COUNT]; /* the worst; reasons borrowed from their seed */
    struct ox_expect_result *expect;            /* the worst */
};

/* Finds the worst of all; takes the array `seeds` (g_free) and what is in it. */
void ox_results_sum(const struct ox_scenario *scenario, struct ox_seed_results *seeds, size_t count,
                    struct ox_results *results);
void ox_results_clear(struct ox_results *results);
/* The seed to run again: the first one with the worst verdict. */
uint64_t ox_results_worst_seed(const struct ox_results *results);
/* The whole of results.json. */
void ox_results_write(const struct ox_results *results, const char *reproduce, GString *json);
/* "3.32": what the program was built for. */
const char *ox_simgrid_version(void);

#endif
