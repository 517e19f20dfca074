/* index.h - a flat table from hashes to numbers, with linear probing.
 *
 *     slots   [ . | h1 -> 7 | h1 -> 9 | h4 -> 2 | . ]      32 bits of hash, 32 bits of number
 *
 * It knows nothing of what the numbers stand for: who looks up compares what it finds. One hash may
 * have several numbers, equal or not. Removal shifts entries back, so nothing rots.
 * Zero-initialised is empty and valid.
 */
#ifndef OXBOW_CRDT_MAP_INDEX_H
#define OXBOW_CRDT_MAP_INDEX_H

#include "crdt/status.h"

#include <stddef.h>
#include <stdint.h>

#define OX_NONE UINT32_MAX

struct ox_index_slot {
    uint32_t hash;
    uint32_t id; /* OX_NONE: free */
};

struct ox_index {
    struct ox_index_slot *slots;
    uint32_t size;
    uint32_t used;
};

void ox_index_free(struct ox_index *index);
/* Room for `more`, so that as many inserts cannot fail. */
enum ox_status ox_index_reserve(struct ox_index *index, uint64_t more);
void ox_index_insert(struct ox_index *index, uint32_t hash, uint32_t id);
/* The pair must be there. */
void ox_index_remove(struct ox_index *index, uint32_t hash, uint32_t id);

/* Where a look-up begins: hashes scaled to the size, so that a table may have any size. */
static inline uint32_t ox_index_home(const struct ox_index *index, uint32_t hash) {
    return (uint32_t)((uint64_t)hash * index->size >> 32);
}

/* The next number with this hash, OX_NONE when there is none left; `*at` begins at the home. */
static inline uint32_t ox_index_next(const struct ox_index *index, uint32_t hash, uint32_t *at) {
    if (index->size == 0)
        return OX_NONE;
    for (;;) {
        struct ox_index_slot slot = index->slots[*at];
        *at = *at + 1 == index->size ? 0 : *at + 1;
        if (slot.id == OX_NONE || slot.hash == hash)
            return slot.id;
    }
}

#endif
