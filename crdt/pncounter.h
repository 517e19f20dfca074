/* pncounter.h - a counter that goes up and down.
 *
 *     state   per replica (n, total): the n-th update of the replica brought its total
 *     join    per replica the pair with the greater n, whole
 *
 *     A inc 5   {A:(1, 5)}                    B dec 3   {B:(1, -3)}
 *     A dec 2   {A:(2, 3)}         join                 {A:(2, 3), B:(1, -3)}   reads 0
 *
 * Concurrent updates all count: increments and decrements commute. A bound (a stock that must not
 * fall below zero) cannot be kept without agreement, and is not. The papers keep two grow-only
 * counters; the count of updates that every replica has anyway makes one total enough. Shapiro,
 * Preguica, Baquero, Zawirski, "A comprehensive study of convergent and commutative replicated data
 * types", INRIA 2011, specification 7.
 *
 * Amounts are int64 >= 1; one that would take the own total out of int64 is refused (OX_OVERFLOW);
 * the read is the exact sum (within 2^95). Keeps one pair per replica that ever updated, for good;
 * no residue. Cost: update O(log replicas); join O(replicas of the delta) when no replica is new.
 */
#ifndef OXBOW_CRDT_PNCOUNTER_H
#define OXBOW_CRDT_PNCOUNTER_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_pncounter;

/* As ox_object_apply with verbs "inc" and "dec"; `delta` may be NULL. */
enum ox_status ox_pncounter_inc(struct ox_object *counter, int64_t amount, ox_replica replica,
                                struct ox_delta *delta);
enum ox_status ox_pncounter_dec(struct ox_object *counter, int64_t amount, ox_replica replica,
                                struct ox_delta *delta);
/* The sum, or the end of int64 that it lies beyond (the JSON value is always exact). */
int64_t ox_pncounter_read(const struct ox_object *counter);

#ifdef __cplusplus
}
#endif

#endif
