/* orset.h - an add-wins set without tombstones.
 *
 *     state   per element the dots of its adds
 *     join    a dot stays if both sides hold it, or one holds it and the other has not seen it
 *
 *     A adds x        {A:1}  x:{A:1}          B removes x     {A:1, B:1}  -
 *     A adds x again  {A:2}  x:{A:2}               join       {A:2, B:1}  x:{A:2}
 *
 * An add replaces every dot of the element that its replica sees; a remove kills those dots. So a
 * remove undoes only adds it has seen, and an add concurrent with it wins.
 * Bieniusa, Zawirski, Preguica, Shapiro, Baquero, Balegas, Duarte, "An optimized conflict-free
 * replicated set", INRIA RR-8083, 2012; deltas: Almeida et al. 2018, figure 8.
 *
 * Elements: null, bool, int64, UTF-8 text; identity is the canonical CBOR. An element keeps one dot
 * per replica at most (a replica that gives one dot to two elements can make it more). No residue:
 * a removed element costs nothing but the context.
 * Cost: add, remove, contains O(1) expected; joining a delta O(delta), whatever the size of the
 * set.
 */
#ifndef OXBOW_CRDT_ORSET_H
#define OXBOW_CRDT_ORSET_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_orset;

/* As ox_object_apply with verbs "add" and "remove"; `delta` may be NULL. A remove of what is not
 * there is OX_NOOP. */
enum ox_status ox_orset_add(struct ox_object *set, const struct ox_value *element,
                            ox_replica replica, struct ox_delta *delta);
enum ox_status ox_orset_remove(struct ox_object *set, const struct ox_value *element,
                               ox_replica replica, struct ox_delta *delta);
bool ox_orset_contains(const struct ox_object *set, const struct ox_value *element);
size_t ox_orset_size(const struct ox_object *set);

#ifdef __cplusplus
}
#endif

#endif
