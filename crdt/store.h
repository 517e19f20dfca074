/* store.h - the keyed store: named objects of one replica.
 *
 * An object's identity is (name, type). Iteration is in canonical order: by the bytes of the name,
 * then of the type's name, so that whatever is built from it is the same on every replica. An
 * object with an empty context is as good as absent: it is not iterated and not in the checksum.
 *
 *     open/find            entry              apply, join_delta, join, collect, remove
 *     ("cart", or-set) ->  [ object    ]  <-- change it, keep list and checksum, and tell
 *                          [ tombstone ]      the watchers once the change is whole
 *
 * Removing is local. It forgets this replica's copy to free its memory; it is no update, takes no
 * dot, and no peer hears of it: peers that still have the object bring it back by anti-entropy,
 * unless all agree to remove it. To empty an object for everybody, update it (remove its elements).
 *
 * A replica must never use a dot twice, and a forgotten context no longer says which dots are used
 * up. So the entry keeps a tombstone, the context that was there, and refuses local updates
 * (OX_GAP) until joins have brought the context back to the tombstone at least: join a peer's state
 * first. The tombstone is then dropped. Should nobody have the object any more, no update to this
 * name and type will ever be taken here; a replica that starts under a new number has no such past.
 *
 * Every function that returns a status leaves store, object and watchers as they were unless it
 * returns OX_OK.
 */
#ifndef OXBOW_CRDT_STORE_H
#define OXBOW_CRDT_STORE_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OX_NAME_MAX 1024 /* bytes of a name, UTF-8, at least 1 */

/* One named object. Its address is stable until the store is freed, also when it is removed. */
struct ox_entry {
    struct ox_object object; /* read it; change it through the calls below */
    struct ox_vv tombstone;  /* what a removed object's context was; empty: none, or joined back */
    uint64_t hash;           /* cached: see ox_entry_hash */
    bool hashed;
    bool summed;   /* the store's: `hash` is in its checksum */
    bool listed;   /* the store's: in its list */
    bool present;  /* the store's: counted, for its context is not empty */
    bool dirty;    /* the store's: waits to be summed */
    uint32_t slot; /* free for the synchronisation protocol; 0 at first */
    uint32_t key;  /* the store's: hash of name and type */
    struct ox_entry *next_dirty;
    uint32_t name_size;
    char name[]; /* not terminated */
};

struct ox_store;

struct ox_store *ox_store_new(void); /* NULL when there is no memory */
void ox_store_free(struct ox_store *store);

/* ---- finding ---- */
/* The object, or NULL. Cost: O(1) expected. */
struct ox_entry *ox_store_find(const struct ox_store *store, struct ox_bytes name,
                               const struct ox_type *type);
/* The object, made empty when it is not there. OX_INVALID for a bad name. Cost: O(1) amortised. */
enum ox_status ox_store_open(struct ox_store *store, struct ox_bytes name,
                             const struct ox_type *type, struct ox_entry **entry);
struct ox_bytes ox_entry_name(const struct ox_entry *entry);

/* ---- changes ---- */
/* The cost is that of the call of object.h with the same end of its name, and O(1). */

/* A local update: ox_object_apply. OX_GAP: the object was removed here and is not back yet (see
 * above); the caller joins a peer's state and tries again. */
enum ox_status ox_store_apply(struct ox_store *store, struct ox_entry *entry,
                              const struct ox_op *op, ox_replica replica,
                              const struct ox_stamp *stamp, struct ox_delta *delta);
/* ox_object_join_delta and ox_object_join. `news` (may be NULL) as there; a join that brings
 * nothing changes nothing and tells nobody. */
enum ox_status ox_store_join_delta(struct ox_store *store, struct ox_entry *entry,
                                   const struct ox_delta *delta, struct ox_dots *news);
enum ox_status ox_store_join(struct ox_store *store, struct ox_entry *entry,
                             const struct ox_object *other, struct ox_dots *news);
/* ox_object_collect. */
enum ox_status ox_store_collect(struct ox_store *store, struct ox_entry *entry,
                                const struct ox_vv *stable);
/* Forgets the local copy and keeps the tombstone. OX_NOOP: there is nothing. Cost: O(object). */
enum ox_status ox_store_remove(struct ox_store *store, struct ox_entry *entry);
/* For whoever calls the typed functions (ox_orset_add ...) on `entry->object`: OX_OK when a local
 * update may be made, OX_GAP as above; */
enum ox_status ox_entry_ready(const struct ox_entry *entry);
/* and what must follow the change. Watchers hear of it as TOUCHED. Cost: O(1). */
void ox_store_touch(struct ox_store *store, struct ox_entry *entry);

/* ---- change notices ---- */
/* X(name, sentence) */
#define OX_CHANGE_MAP(X)                                                                           \
    X(UPDATED, "a local update was applied; `news` are its dots")                                  \
    X(JOINED, "a join brought the dots `news`, or made the object drop residue")                   \
    X(COLLECTED, "residue that is stable was dropped: the value is as before")                     \
    X(REMOVED, "the local copy was forgotten")                                                     \
    X(RESTORED, "the object came back from a snapshot")                                            \
    X(TOUCHED, "a caller changed the object by itself and said so")

enum ox_change_kind {
#define OX_CHANGE_ENUM(name, text) OX_CHANGE_##name,
    OX_CHANGE_MAP(OX_CHANGE_ENUM)
#undef OX_CHANGE_ENUM
        OX_CHANGE_COUNT
};
const char *ox_change_name(enum ox_change_kind kind);

/* Borrowed for the call. */
struct ox_change {
    enum ox_change_kind kind;
    const struct ox_entry *entry; /* as it is now */
    const struct ox_dots *news;   /* UPDATED, JOINED; else empty. Never NULL */
    bool own;                     /* made here: UPDATED */
};

/* The caller's, in place until it is unwatched or the store freed. */
struct ox_watcher {
    /* The change is whole: object, list and checksum are as they will stay. It may read the store
     * and must not change it, nor watch or unwatch (asserted). It cannot refuse. */
    void (*changed)(void *self, const struct ox_change *change);
    void *self;
    struct ox_watcher *next; /* the store's */
};
/* Every watcher hears of every change, in the order in which they began to watch. Takes no memory.
 * Cost: O(watchers), and of every change. */
void ox_store_watch(struct ox_store *store, struct ox_watcher *watcher);
void ox_store_unwatch(struct ox_store *store, struct ox_watcher *watcher);

/* ---- the whole ---- */
/* Objects with a context that is not empty, in canonical order; the array is the store's, until its
 * next call. Cost: O(1) when none came or went since the last call, else O(objects + new log new).
 */
struct ox_entry **ox_store_list(struct ox_store *store, size_t *count);
size_t ox_store_count(const struct ox_store *store); /* of those. O(1) */
/* XXH3-64 over name, type and canonical bytes of the object; kept until the next touch. When there
 * is no memory `scratch->failed` is set, and the result means nothing and is not kept. */
uint64_t ox_entry_hash(struct ox_entry *entry, struct ox_buf *scratch);
/* Equal stores, equal checksums: the sum (mod 2^64) of the entries' hashes. Tombstones are not in
 * it: to peers a removed object is absent. Cost: O(objects touched since the last call). Objects
 * that there was no memory to hash are left out until the next. */
uint64_t ox_store_checksum(struct ox_store *store);
size_t ox_store_bytes(const struct ox_store *store); /* heap bytes in use, bookkeeping counted */

/* ---- snapshots ---- */
/* One canonical CBOR item: equal stores (tombstones and memory of own updates included), equal
 * bytes. Both lists in canonical order:
 *
 *     [[[name, type, object, fresh], ...], [[name, type, tombstone], ...]]
 *
 * `fresh` is that of ox_object_encode_fresh: a replica that goes on from its snapshot sends deltas
 * as small as before. Another may start from it under a number that has no updates there. Cost:
 * O(store). */
void ox_store_encode(struct ox_store *store, struct ox_buf *out);
/* Into a store without entries, whose watchers then hear of each object as RESTORED, in canonical
 * order. `types` (NULL ends them; ox_types, or one's own) are those that may occur.
 *   OX_MALFORMED  not what ox_store_encode writes, or a type that is not among `types`
 *   OX_INVALID    the store has entries
 * Memory is bounded by a multiple of the bytes. Cost: O(bytes), and what the types' own decoders
 * cost. */
enum ox_status ox_store_decode(struct ox_store *store, const struct ox_type *const *types,
                               struct ox_cbor *in);

#ifdef __cplusplus
}
#endif

#endif
