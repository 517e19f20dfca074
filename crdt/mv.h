/* mv.h - a register that keeps every write that no other has seen.
 *
 *     state   the values of those writes with their dots
 *     join    a dot stays if both sides hold it, or one holds it and the other has not seen it
 *
 *     A sets "red"    {A:1}  red:{A:1}
 *     B sets "blue"   {B:1}  blue:{B:1}       join   {A:1, B:1}  blue:{B:1} red:{A:1}
 *     A, having both, sets "green"                   {A:2, B:1}  green:{A:2}
 *
 * A write supersedes all that its replica sees, and nothing else. So a read after concurrent writes
 * shows all of them, and whoever reads may settle the matter with one more write; Dynamo's shopping
 * cart works so. Two writes of one value show once. DeCandia et al., "Dynamo: Amazon's highly
 * available key-value store", SOSP 2007, section 4.4; Shapiro, Preguica, Baquero, Zawirski, "A
 * comprehensive study of convergent and commutative replicated data types", INRIA 2011,
 * specification 10.
 *
 * Values: null, bool, int64, UTF-8 text, lists and maps of them; identity is the canonical CBOR. A
 * value keeps one dot per concurrent write of it, at most one per replica. No residue. Cost: a
 * write O(values there); joining a delta O(delta).
 */
#ifndef OXBOW_CRDT_MV_H
#define OXBOW_CRDT_MV_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_mv;

/* As ox_object_apply with verb "set"; `delta` may be NULL. */
enum ox_status ox_mv_set(struct ox_object *reg, const struct ox_value *value, ox_replica replica,
                         struct ox_delta *delta);
/* How many values a read shows: above 1 after concurrent writes. */
size_t ox_mv_size(const struct ox_object *reg);
bool ox_mv_contains(const struct ox_object *reg, const struct ox_value *value);

#ifdef __cplusplus
}
#endif

#endif
