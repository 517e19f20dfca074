/* causality.h - the checks on lives and contexts, as they are observed.
 *
 *   a life      starts once, keeps its replica number with its disk, takes a new one without;
 *               while it is over, its node neither sends nor receives
 *   an update   is its replica's next, made once, at a live node
 *   a see       brings what was made before and was not there yet, without a gap, and whatever the
 *               makers had seen
 *   have        agrees with the sum of all that: contexts never shrink
 *
 * Each call checks one observation and then takes it into the history, as far as it makes sense
 * after a finding.
 */
#ifndef OXBOW_PROPS_JUDGE_CAUSALITY_H
#define OXBOW_PROPS_JUDGE_CAUSALITY_H

#include "props/judge/findings.h"
#include "props/judge/history.h"

void ox_causality_start(struct ox_findings *findings, struct ox_history *history,
                        const struct ox_observation *start);
void ox_causality_crash(struct ox_findings *findings, struct ox_history *history,
                        const struct ox_observation *crash);
/* SEND or DELIVER. */
void ox_causality_message(struct ox_findings *findings, const struct ox_history *history,
                          const struct ox_observation *message);
/* The update, or NULL when it cannot be one. */
struct ox_made *ox_causality_update(struct ox_findings *findings, struct ox_history *history,
                                    struct ox_key *key, const struct ox_observation *update);
void ox_causality_see(struct ox_findings *findings, struct ox_history *history, struct ox_key *key,
                      const struct ox_observation *see);
/* False when the node is down: its read says nothing. */
bool ox_causality_read(struct ox_findings *findings, struct ox_history *history, struct ox_key *key,
                       const struct ox_observation *read);

#endif
