/* judge.h - the verdict on a run, from its observations alone.
 *
 *     observations -> judge -> state      pass | fail | unknown, and why
 *                              value
 *                              causality
 *                              reach
 *                              metrics, series, heat map
 *
 * State       Once quiet, all live replicas have equal contexts, encode to the same bytes and hold
 *             every owed update, and nothing changes any more. At every moment equal contexts of a
 *             key mean equal bytes: checked at each see that carries a state and at each read, over
 *             all nodes and times of the run. An alarm about a node is a failure (observe.h lists
 *             what a node may not do); so are bytes that do not change with the context, which they
 *             hold.
 *             The evidence is one read of every key that exists at every live node after the end:
 *             a missing one is a failure. Not quiet, ended before its duration, fewer than two live
 *             nodes, nothing to compare: unknown.
 * Value       Every read shows what the specification yields from the updates in the replica's
 *             context, by the reference models of reference.h (Burckhardt, Gotsman, Yang,
 *             Zawirski, "Replicated data types: specification, verification, optimality", POPL
 *             2014). A type without a model, an operation that its model does not know, or no read
 *             at all: unknown.
 * Causality   Contexts are causally closed per object: whoever sees an update has what its maker
 *             had seen. None is applied twice, none comes over a gap, none was never made, no dot
 *             is made twice. Contexts never shrink and own writes are read: `have` agrees, at every
 *             update and read, with what the node made and saw, so no update that a replica held is
 *             lost to it. Lives start once, with the disk and replica number that are theirs, and a
 *             node that is down neither sends nor receives.
 * Reach       Not vacuous: at least 10 owed updates by at least 2 replicas with a concurrent pair
 *             on one key; every fault of the scenario and the network's own loss and duplication
 *             hit something (a rate only when 10 or more hits were to be expected). Else unknown;
 *             Reach never fails.
 *
 * An update is owed unless it died: at the end no live node has it, and its own node lost its disk
 * after it, left, or is down.
 *
 * The judge shares no code with crdt/ or protocols/. Cost: O(1) per update seen plus the length of
 * the contexts compared; a value is computed once per distinct context of a key; O(updates) per
 * start and crash. Memory: about 12 bytes per (update, node), 40 per (key, node), 56 per distinct
 * context that a state or value was seen of.
 */
#ifndef OXBOW_PROPS_JUDGE_H
#define OXBOW_PROPS_JUDGE_H

#include "model/observe.h"

#include <glib.h>

enum ox_verdict { OX_PASS, OX_FAIL, OX_UNKNOWN };
const char *ox_verdict_word(enum ox_verdict verdict); /* "pass", "fail", "unknown" */
/* The verdict of two together: fail before unknown before pass. */
enum ox_verdict ox_verdict_worse(enum ox_verdict a, enum ox_verdict b);

/* X(name, word in results.json and on the first screen) */
#define OX_PART_MAP(X)                                                                             \
    X(STATE, "state")                                                                              \
    X(VALUE, "value")                                                                              \
    X(CAUSALITY, "causality")                                                                      \
    X(REACH, "reach")

enum ox_part {
#define OX_PART_ENUM(name, word) OX_PART_##name,
    OX_PART_MAP(OX_PART_ENUM)
#undef OX_PART_ENUM
        OX_PART_COUNT
};
const char *ox_part_word(enum ox_part part);

/* Everything that a run is measured by. X(name, word, unit, sentence). Durations are in seconds. */
#define OX_METRIC_MAP(X)                                                                           \
    X(CONVERGE_AFTER_HEAL, "converge_after_heal", "s",                                             \
      "least time after the last heal of a partition at which every live replica holds every "     \
      "owed update made before it; never: infinite")                                               \
    X(CONVERGE_AFTER_LAST_UPDATE, "converge_after_last_update", "s",                               \
      "least time after the last update at which every live replica holds every owed update")      \
    X(LOST_UPDATES, "lost_updates", "", "owed updates that some live replica lacks at the end")    \
    X(CAUSALITY_VIOLATIONS, "causality_violations", "", "faults that the causality part found")    \
    X(WRONG_READS, "wrong_reads", "", "reads that differ from the specification")                  \
    X(UPDATES, "updates", "", "updates made")                                                      \
    X(UPDATES_OWED, "updates_owed", "", "updates that did not die")                                \
    X(UPDATES_DIED, "updates_died", "", "updates that only nodes without a disk or down ever had") \
    X(BYTES_PER_UPDATE, "bytes_per_update", "B",                                                   \
      "bytes received by all nodes / (owed updates x (nodes - 1))")                                \
    X(MESSAGES_PER_UPDATE, "messages_per_update", "",                                              \
      "messages received by all nodes / (owed updates x (nodes - 1))")                             \
    X(BYTES_PER_NODE, "bytes_per_node", "B", "bytes received / nodes")                             \
    X(MESSAGES_SENT, "messages_sent", "", "messages handed to the network")                        \
    X(MESSAGES_DELIVERED, "messages_delivered", "", "messages that arrived, duplicates included")  \
    X(MESSAGES_DROPPED, "messages_dropped", "",                                                    \
      "messages that did not arrive, whatever the cause")                                          \
    X(MESSAGES_DUPLICATED, "messages_duplicated", "", "second copies that arrived")                \
    X(VISIBLE_P50, "visible_p50", "s",                                                             \
      "time until a replica other than its own, that had begun when it was made, sees an owed "    \
      "update, median")                                                                            \
    X(VISIBLE_P95, "visible_p95", "s", "likewise, 95th percentile")                                \
    X(VISIBLE_MAX, "visible_max", "s", "likewise, the longest")                                    \
    X(READS, "reads", "", "reads judged")                                                          \
    X(QUIET_AFTER, "quiet_after", "s",                                                             \
      "time from the end of the workload's phase to quiet; never: infinite")

enum ox_metric {
#define OX_METRIC_ENUM(name, word, unit, text) OX_METRIC_##name,
    OX_METRIC_MAP(OX_METRIC_ENUM)
#undef OX_METRIC_ENUM
        OX_METRIC_COUNT
};
struct ox_metric_info {
    const char *word, *unit, *about;
};
const struct ox_metric_info *ox_metric_info(enum ox_metric metric);
/* OX_METRIC_COUNT when there is none of that name. */
enum ox_metric ox_metric_named(const char *word);

struct ox_judge_fault {
    const char *name, *kind; /* kind: the word of scenario files; "partition" heals */
    double rate; /* of a rate fault, else 0: hits to be expected = rate x messages sent while on */
};

struct ox_judge_config {
    uint32_t nodes;
    const struct ox_judge_fault *faults; /* borrowed for the judge's life */
    uint32_t fault_count;
    double loss, duplicate; /* rates of the network itself, in the RUN phase: 0..1 */
    uint64_t duration_ns;   /* of the RUN phase */
    uint64_t sample_ns;     /* first step of the series; 0: duration / 240, at least 100 ms. It
                               doubles as often as needed to keep them below 480 columns */
    uint32_t grid_rows;     /* at most so many rows in the heat map (nodes are binned); 0: 64 */
};

struct ox_part_verdict {
    enum ox_verdict verdict;
    char *reason; /* why it is not a pass, for people: node, key, time, both sides; "" for a pass */
};

struct ox_metric_value {
    bool known;   /* false: not defined for this run (no heal, no update, no end ...) */
    double value; /* may be INFINITY */
};

struct ox_fault_seen {
    double on_s, off_s; /* first on, last off; on < 0: it never began; off < 0: still on */
    uint64_t hits;      /* messages dropped, duplicated or delayed by it, nodes crashed: whatever
                           names it */
    double expected;    /* of a rate */
};

struct ox_series {
    const char *name, *unit, *about;
    size_t count;
    double *t; /* s */
    double *v;
};

/* The divergence heat map: how many of the updates that live replicas know are missing at each
 * replica (the most within its bin), over time. A replica that is down: -1. */
struct ox_grid {
    size_t columns, rows;
    uint32_t nodes_per_row;
    double *t; /* [columns], s */
    double *v; /* [rows x columns] */
};

struct ox_judgement {
    struct ox_part_verdict parts[OX_PART_COUNT];
    struct ox_metric_value metrics[OX_METRIC_COUNT];
    struct ox_fault_seen *faults; /* [fault_count] */
    uint32_t fault_count;
    struct ox_series *series; /* "equal": share of live replicas that hold all that live replicas
                                 know; "missing": mean number of updates missing per live replica;
                                 "live"; "bytes": received per second */
    size_t series_count;
    struct ox_grid grid;
};

struct ox_judge;
struct ox_judge *ox_judge_new(const struct ox_judge_config *config);
struct ox_observer ox_judge_observer(struct ox_judge *judge);
/* After the last observation. `judgement` is owned by the caller: ox_judgement_clear. */
void ox_judge_finish(struct ox_judge *judge, struct ox_judgement *judgement);
void ox_judge_free(struct ox_judge *judge);
void ox_judgement_clear(struct ox_judgement *judgement);

/* ---- expectations: [expect] ---- */
enum ox_comparison { OX_CMP_EQ, OX_CMP_NE, OX_CMP_LT, OX_CMP_LE, OX_CMP_GT, OX_CMP_GE };
const char *ox_comparison_word(enum ox_comparison op); /* "=", "!=", "<", ... */
/* Unknown when the metric is not known for the run. An infinite value fails whatever is expected
 * of it: what never came about is no evidence, not even for ">= 1s". */
enum ox_verdict ox_expect(const struct ox_judgement *judgement, enum ox_metric metric,
                          enum ox_comparison op, double bound);

#endif
