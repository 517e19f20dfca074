/* twopset.h - a set in two phases: an element comes once, and once it went it never comes back.
 *
 *     state   per element (added, least add dot) or, once removed, (removed, least REMOVE dot)
 *     join    the union; of an element on both sides removed beats added, then the lesser dot wins
 *
 *     A, having x, removes it   {A:2}       x:removed A:2
 *     B, concurrently, adds x   {B:1}       x:added B:1
 *                       join    {A:2, B:1}  x:removed A:2       reads []
 *
 * A remove wins over every add of its element, concurrent and later ones included: adding a removed
 * element is a no-op, at the replica that knows. For elements that are made once, such as unique
 * ids; else take an or-set. Wuu, Bernstein, "Efficient solutions to the replicated log and
 * dictionary problems", PODC 1984; Shapiro, Preguica, Baquero, Zawirski, "A comprehensive study of
 * convergent and commutative replicated data types", INRIA 2011, specification 12.
 *
 * Elements: null, bool, int64, UTF-8 text. Keeps 24 bytes, the element and a slot per element, also
 * of removed ones, for good: that is what the second phase is. Cost: add, remove, contains O(1)
 * expected; joining a delta O(delta).
 */
#ifndef OXBOW_CRDT_TWOPSET_H
#define OXBOW_CRDT_TWOPSET_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_twopset;

/* As ox_object_apply with verbs "add" and "remove"; `delta` may be NULL. OX_NOOP: an add of what is
 * there or removed, a remove of what is not there. */
enum ox_status ox_twopset_add(struct ox_object *set, const struct ox_value *element,
                              ox_replica replica, struct ox_delta *delta);
enum ox_status ox_twopset_remove(struct ox_object *set, const struct ox_value *element,
                                 ox_replica replica, struct ox_delta *delta);
bool ox_twopset_contains(const struct ox_object *set, const struct ox_value *element);
size_t ox_twopset_size(const struct ox_object *set); /* removed ones not counted */

#ifdef __cplusplus
}
#endif

#endif
