/* ormap.h - a map whose keys hold objects of any type, maps included; the key's removal takes away
 * what it has seen.
 *
 *     state   a tree of keys with the updates that are left, all under the map's one context
 *     join    an update stays if both sides hold it, or one holds it and the other has not seen it;
 *             of a counter's updates and resets the greater wins, per replica
 *
 *     A {"cart": {"milk": 2}}         A removes ["cart"]        B adds 3 to ["cart", "milk"]
 *     B {"cart": {"milk": 2}}    ->   A {}                      B {"cart": {"milk": 5}}
 *                                     join: both {"cart": {"milk": 3}}
 *
 * A removal cancels exactly the updates under its path, at any depth, that its replica had seen, so
 * an update inside that is concurrent with it stays, alone. A key is there when what it holds is
 * not empty: a counter or register with an update left; a set, sequence or map with something to
 * show. What a key holds is known by key AND type, as in riak_dt: two replicas that put different
 * types under one key both keep theirs, and a read shows them as "key:type" each. (Who names keys
 * like that may find two members of one name in a read; they are two keys all the same.)
 *
 * Inside a map every store must survive that part of it is cancelled. Registers and or-sets keep
 * the updates that none has superseded. A g-set keeps per element the latest adds, a 2p-set the
 * latest adds and removes, and shows an element with an add left and no remove; an element whose
 * updates were all cancelled may be added again. A new stamp of an lww-register is above every
 * stamp left there. A cancelled element of a sequence loses its content and keeps its place. A
 * counter keeps per replica the total of its updates and, once some are cancelled, that of the
 * cancelled ones: its total since all before it was cancelled stays within int64, an update that
 * would leave it is OX_OVERFLOW.
 *
 * riak_dt_map: Brown, Cribbs, Meiklejohn, Elliott, "Riak DT map: a composable, convergent
 * replicated dictionary", PaPEC 2014; dot stores: Almeida, Shoker, Baquero, "Delta state replicated
 * data types", JPDC 2018, section 7; counters that can be reset: Weidner, Almeida, "An oblivious
 * observed-reset embeddable replicated counter", PaPoC 2022.
 *
 * Kept: 40 bytes per key and 64 per update left, with 15 bytes of key or value in place, and 11 to
 * 16 per key and 4 to 8 per update in tables; counters 64 bytes per replica, and 11 to 16;
 * sequences as in rga.h, all with the map's one lamport clock. A removed key costs nothing but the
 * context, except that the reset of a counter, for each replica, and the places of a sequence are
 * residue: hidden, counted by the bytes function, gone with ox_object_collect once they are stable;
 * a reset also with the replica's next update there. Cost, all expected: an update or look-up
 * O(depth), of a counter O(log replicas) and of a sequence O(log runs) more; a removal O(what is
 * under the path); joining a delta O(delta), whatever the size of the map, with one exception: of
 * several sequences in one delta all but one are copied, so that they change together or not at
 * all.
 */
#ifndef OXBOW_CRDT_ORMAP_H
#define OXBOW_CRDT_ORMAP_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_ormap;

#define OX_MAP_DEPTH_MAX 8 /* keys of a path: its CBOR stays within OX_CBOR_DEPTH_MAX */

/* In all calls `path` are `depth` keys, outermost first, UTF-8: those before the last hold maps.
 * One that is empty, too long or not UTF-8 is OX_INVALID. `delta` may be NULL. */

/* As ox_object_apply with verb "update": `op` is one of the type `inner`, any built-in type but
 * or-map. OX_NO_SUCH: maps do not hold `inner`, or the verb is none of its own; else the statuses
 * of `inner`. `stamp` may be NULL where it uses none. */
enum ox_status ox_ormap_update(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                               const struct ox_type *inner, const struct ox_op *op,
                               const struct ox_stamp *stamp, ox_replica replica,
                               struct ox_delta *delta);
/* As ox_object_apply with verb "remove": every type that the key holds. OX_NOOP when nothing is
 * left under the path. */
enum ox_status ox_ormap_remove(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                               ox_replica replica, struct ox_delta *delta);
/* Writes an lww-register. */
enum ox_status ox_ormap_set(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                            const struct ox_value *value, const struct ox_stamp *stamp,
                            ox_replica replica, struct ox_delta *delta);
/* Adds to a counter, `inner` says of which type; of a pn-counter a negative amount counts down. */
enum ox_status ox_ormap_inc(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                            const struct ox_type *inner, int64_t amount, ox_replica replica,
                            struct ox_delta *delta);
/* Puts an element into a set, or takes it out; `inner` says of which type (a g-set takes none
 * out: OX_NO_SUCH). */
enum ox_status ox_ormap_add(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                            const struct ox_type *inner, const struct ox_value *element,
                            ox_replica replica, struct ox_delta *delta);
enum ox_status ox_ormap_take_out(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                                 const struct ox_type *inner, const struct ox_value *element,
                                 ox_replica replica, struct ox_delta *delta);

/* Whether the key holds something of this type (NULL: of any) that shows. */
bool ox_ormap_contains(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                       const struct ox_type *inner);
/* The value of what the key holds of this type, as canonical JSON. OX_NO_SUCH when it shows
 * nothing. */
enum ox_status ox_ormap_value(const struct ox_object *map, const struct ox_bytes *path,
                              size_t depth, const struct ox_type *inner, struct ox_buf *json);
/* What a counter reads, or the end of int64 that it lies beyond; 0 when it is not there. */
int64_t ox_ormap_count(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                       const struct ox_type *inner);
/* What an lww-register reads, borrowed until the next change; null when it is not there. */
struct ox_value ox_ormap_read(const struct ox_object *map, const struct ox_bytes *path,
                              size_t depth);
/* Whether a set shows the element, or an mv-register the value. */
bool ox_ormap_has(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                  const struct ox_type *inner, const struct ox_value *element);

#ifdef __cplusplus
}
#endif

#endif
