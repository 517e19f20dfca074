/* gset.h - a set that only grows.
 *
 *     state   per element the least dot that added it
 *     join    the union; of an element on both sides the lesser dot
 *
 *     A adds x   {A:1}  x:{A:1}                  B adds x and y   {B:2}  x:{B:1} y:{B:2}
 *                           join   {A:1, B:2}  x:{A:1} y:{B:2}
 *
 * Concurrent adds of one element are one element. One dot is enough, and which one does not matter
 * as long as all replicas with the same context keep the same; the least needs no talk. Shapiro,
 * Preguica, Baquero, Zawirski, "A comprehensive study of convergent and commutative replicated data
 * types", INRIA 2011, specification 11.
 *
 * Elements: null, bool, int64, UTF-8 text. Keeps 24 bytes, the element and a slot per element, for
 * good; no residue. Cost: add, contains O(1) expected; joining a delta O(delta).
 */
#ifndef OXBOW_CRDT_GSET_H
#define OXBOW_CRDT_GSET_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_gset;

/* As ox_object_apply with verb "add"; `delta` may be NULL. OX_NOOP when the element is there. */
enum ox_status ox_gset_add(struct ox_object *set, const struct ox_value *element,
                           ox_replica replica, struct ox_delta *delta);
bool ox_gset_contains(const struct ox_object *set, const struct ox_value *element);
size_t ox_gset_size(const struct ox_object *set);

#ifdef __cplusplus
}
#endif

#endif
