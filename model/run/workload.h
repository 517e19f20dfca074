/* workload.h - who updates what when, and who reads.
 *
 * Updates arrive as a Poisson process; each picks a live node uniformly, a key by Zipf's law
 * (P(rank i) ~ 1 / i^s) and an operation of the key's type.
 */
#ifndef OXBOW_MODEL_RUN_WORKLOAD_H
#define OXBOW_MODEL_RUN_WORKLOAD_H

#include "model/run/run.h"

void ox_workload_open(struct ox_run *run);
void ox_workload_close(struct ox_run *run);

/* Makes the update that is due and arms the next. */
void ox_workload_update(struct ox_run *run, struct ox_batch *batch);
/* Every live node reads one of the keys that exist; arms the next round. */
void ox_workload_read(struct ox_run *run);
/* Every live node reads every key that exists. */
void ox_workload_read_all(struct ox_run *run);

#endif
