/* curve.h - how a run looks over time: the series and the divergence heat map.
 *
 *     equal  1 |‾‾\        /‾‾‾      samples at 0, step, 2 x step ..: the state after everything
 *            0 |   \______/          up to and at that time
 *              0    30    90 s
 *
 * How long a run is shows only at its end: when there are too many columns every second one goes
 * and the step doubles, so at least 240 and at most 480 columns stay of a long run. Bytes are
 * counted between columns, so none is lost that way.
 *
 * Cost: O(nodes) per sample.
 */
#ifndef OXBOW_PROPS_JUDGE_CURVE_H
#define OXBOW_PROPS_JUDGE_CURVE_H

#include "props/judge.h"
#include "props/judge/history.h"

struct ox_curve;
struct ox_curve *ox_curve_new(const struct ox_judge_config *config);
void ox_curve_free(struct ox_curve *curve);
/* The history stands still up to, but not including, t_ns: takes the samples before it. */
void ox_curve_advance(struct ox_curve *curve, const struct ox_history *history, uint64_t t_ns);
void ox_curve_receive(struct ox_curve *curve, uint32_t bytes);
/* The run ended at t_ns: takes the samples up to and at it, and fills the judgement's series and
 * grid. */
void ox_curve_finish(struct ox_curve *curve, const struct ox_history *history, uint64_t t_ns,
                     struct ox_judgement *judgement);

#endif
