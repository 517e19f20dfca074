/* reach.h - is the run worth a verdict at all?
 *
 * A run in which nothing happened passes every other part. So: enough updates, by more than one
 * replica, with two of one key that had not seen each other; and every fault of the scenario hit
 * something, and so did the network's own loss and duplication. Faults are counted here, from the
 * messages and crashes that name them; what names none is the network's own.
 */
#ifndef OXBOW_PROPS_JUDGE_REACH_H
#define OXBOW_PROPS_JUDGE_REACH_H

#include "props/judge.h"
#include "props/judge/history.h"

#define OX_REACH_UPDATES  10
#define OX_REACH_REPLICAS 2
#define OX_REACH_EXPECTED 10.0

struct ox_reach_fault {
    bool begun, on;
    bool ended;      /* at least once */
    uint64_t on_ns;  /* first */
    uint64_t off_ns; /* last */
    uint64_t hits;
    uint64_t chances; /* messages sent while on */
};

/* What the network does of itself, without a fault. */
struct ox_reach_weather {
    bool over;        /* with the phase of the workload */
    uint64_t chances; /* messages sent before */
    uint64_t lost, repeated;
};

struct ox_reach_faults {
    const struct ox_judge_config *config; /* borrowed */
    struct ox_reach_fault *faults;
    struct ox_reach_weather weather;
};

void ox_reach_init(struct ox_reach_faults *reach, const struct ox_judge_config *config);
void ox_reach_clear(struct ox_reach_faults *reach);
/* FAULT, SEND, DELIVER, DROP, CRASH, PHASE; others are none of its business. */
void ox_reach_observe(struct ox_reach_faults *reach, const struct ox_observation *observation);
/* The last time at which a partition ended; false: none did. */
bool ox_reach_last_heal(const struct ox_reach_faults *reach, uint64_t *t_ns);
/* [fault_count], owned by the caller. */
struct ox_fault_seen *ox_reach_seen(const struct ox_reach_faults *reach);
/* Why the run says little, for people; NULL when it is not vacuous. Updates that died do not
 * count. */
char *ox_reach_missing(const struct ox_reach_faults *reach, const struct ox_history *history);

#endif
