/* store.h - the keyed store: named objects of one replica.
 *
 * An object's identity is (name, type). Iteration is in canonical order: by the bytes of the name,
 * then of the type's name, so that whatever is built from it is the same on every replica. An
 * object with an empty context is as good as absent: it is not iterated and not in the checksum.
 */
#ifndef OXBOW_CRDT_STORE_H
#define OXBOW_CRDT_STORE_H

#include "crdt/object.h"

#define OX_NAME_MAX 1024 /* bytes of a name, UTF-8, at least 1 */

/* One named object. Its address is stable until the store is freed. */
struct ox_entry {
    struct ox_object object;
    uint64_t hash; /* cached: see ox_entry_hash */
    bool hashed;   /* whoever changes `object` calls ox_store_touch */
    bool summed;   /* the store's: `hash` is in its checksum */
    bool listed;   /* the store's: in its list */
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
/* The object, or NULL. Cost: O(1) expected. */
struct ox_entry *ox_store_find(const struct ox_store *store, struct ox_bytes name,
                               const struct ox_type *type);
/* The object, made empty when it is not there. OX_INVALID for a bad name. */
enum ox_status ox_store_open(struct ox_store *store, struct ox_bytes name,
                             const struct ox_type *type, struct ox_entry **entry);
struct ox_bytes ox_entry_name(const struct ox_entry *entry);
/* Tells the store that the entry's object changed. */
void ox_store_touch(struct ox_store *store, struct ox_entry *entry);
/* Objects with a context that is not empty, in canonical order; the array is the store's, until its
 * next call. */
struct ox_entry **ox_store_list(struct ox_store *store, size_t *count);
size_t ox_store_count(struct ox_store *store); /* of those */
/* XXH3-64 over name, type and canonical bytes of the object; kept until the next touch. When there
 * is no memory `scratch->failed` is set, and the result means nothing and is not kept. */
uint64_t ox_entry_hash(struct ox_entry *entry, struct ox_buf *scratch);
/* Equal stores, equal checksums: the sum (mod 2^64) of the entries' hashes. Cost: O(objects touched
 * since the last call). Objects that there was no memory to hash are left out until the next. */
uint64_t ox_store_checksum(struct ox_store *store);
size_t ox_store_bytes(struct ox_store *store); /* heap bytes in use, all bookkeeping counted */

#endif
