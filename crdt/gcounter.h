/* gcounter.h - a counter that only grows.
 *
 *     state   per replica (n, total): the n-th increment of the replica brought its total
 *     join    per replica the pair with the greater n, whole
 *
 *     A {A:(2, 7)}             B {A:(1, 3), B:(1, 4)}
 *            \                     /
 *             {A:(2, 7), B:(1, 4)}    reads 11
 *
 * Concurrent increments all count. Shapiro, Preguica, Baquero, Zawirski, "A comprehensive study of
 * convergent and commutative replicated data types", INRIA 2011, specification 6.
 *
 * Amounts are int64 >= 1; one that would take the own total past INT64_MAX is refused
 * (OX_OVERFLOW); the read is the exact sum (up to 2^127). Keeps one pair per replica that ever
 * incremented, for good; no residue. Cost: increment O(log replicas); join O(replicas of the delta)
 * when no replica is new.
 */
#ifndef OXBOW_CRDT_GCOUNTER_H
#define OXBOW_CRDT_GCOUNTER_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_gcounter;

/* The increment as a typed call: as ox_object_apply with verb "inc"; `delta` may be NULL. */
enum ox_status ox_gcounter_inc(struct ox_object *counter, int64_t amount, ox_replica replica,
                               struct ox_delta *delta);
/* The sum, or INT64_MAX when it is greater than that (the JSON value is always exact). */
int64_t ox_gcounter_read(const struct ox_object *counter);

#ifdef __cplusplus
}
#endif

#endif
