/* metrics.h - the numbers that a run is measured by (the list is in judge.h). */
#ifndef OXBOW_PROPS_JUDGE_METRICS_H
#define OXBOW_PROPS_JUDGE_METRICS_H

#include "props/judge.h"
#include "props/judge/history.h"

struct ox_traffic {
    uint64_t sent, delivered, dropped, duplicated;
    uint64_t bytes; /* received */
};

/* SEND, DELIVER, DROP; others are none of its business. */
void ox_traffic_observe(struct ox_traffic *traffic, const struct ox_observation *observation);

/* What is left of a run when it is over. */
struct ox_run_end {
    bool ended;                 /* its last phase was observed */
    bool quiet;                 /* and was QUIET */
    bool healed;                /* a partition ended, */
    uint64_t heal_ns;           /* the last one then */
    uint64_t settle_ns, end_ns; /* end of the workload's phase, begin of the last phase */
    uint64_t reads, wrong_reads, causality_violations;
    struct ox_traffic traffic;
};

/* Fills all metrics; updates that died are marked already. */
void ox_metrics_fill(struct ox_metric_value metrics[OX_METRIC_COUNT],
                     const struct ox_history *history, const struct ox_run_end *end);

#endif
