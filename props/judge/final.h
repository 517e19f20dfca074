/* final.h - the end of a run: do all live replicas hold the same, and everything that is owed? */
#ifndef OXBOW_PROPS_JUDGE_FINAL_H
#define OXBOW_PROPS_JUDGE_FINAL_H

#include "props/judge.h"
#include "props/judge/history.h"

/* Marks the updates that died: nobody who lives has them, and their own node lost its disk after
 * it made them, or is down. */
void ox_final_mark_died(struct ox_history *history);
/* Owed updates that some live replica lacks. */
uint64_t ox_final_lost(const struct ox_history *history);
/* What the final reads say of a run that became quiet: every live node was asked for every key that
 * a live node holds anything of, and all have equal contexts. (That equal contexts had equal bytes
 * was checked as they were read.) `reason` is owned by the caller; NULL for a pass.
 * Cost: O(nodes x keys). */
enum ox_verdict ox_final_verdict(const struct ox_history *history, char **reason);

#endif
