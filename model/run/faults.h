/* faults.h - the faults of a scenario as time goes by: which act now, and what they do. */
#ifndef OXBOW_MODEL_RUN_FAULTS_H
#define OXBOW_MODEL_RUN_FAULTS_H

#include "model/run/run.h"

void ox_faults_open(struct ox_run *run);
void ox_faults_close(struct ox_run *run);

void ox_faults_on(struct ox_run *run, uint32_t fault);
void ox_faults_off(struct ox_run *run, uint32_t fault);
/* Simcalls, both. */
void ox_faults_crash(struct ox_run *run, uint32_t node, uint32_t fault);
void ox_faults_restart(struct ox_run *run, uint32_t node, uint32_t fault, struct ox_batch *batch);
/* A node that `fault` had stopped has started again. */
void ox_faults_returned(struct ox_run *run, uint32_t fault);
/* The first fault that still has to end; OX_NO_FAULT: none. */
uint32_t ox_faults_pending(const struct ox_run *run);

/* ---- asked by the network ---- */
/* The partition that cuts the pair now; OX_NO_FAULT: none. */
uint32_t ox_faults_cut(const struct ox_run *run, uint32_t from, uint32_t to);
/* Whether this run draws anything for messages, at any time. */
bool ox_faults_chancy(const struct ox_run *run);
/* Draws the fate of a message, the n-th of its pair: loss, jitter, the second copy. */
void ox_faults_draw(const struct ox_run *run, uint64_t n, struct ox_message *message);

#endif
