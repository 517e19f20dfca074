/* index.h - a table from hashes to numbers, from which numbers go as often as they come.
 *
 *     slot     [ tag | number ]       the tag is a hash of 32 bits
 *     home     the tag scaled to the size; taken? then the next and the next
 *
 *     remove b     [a][b][c][ ]   ->   [a][c][ ][ ]     c moves up if its home is not behind
 *
 * A counter that is updated lives by another dot each time, so every update removes one entry and
 * inserts another. Nothing is left behind by a removal, and because the tag is all that decides a
 * place, a table is moved into a larger one without a look at what is numbered, in one pass over
 * both.
 *
 * The table knows neither what is numbered nor whether two are equal: a look-up gives candidates,
 * and whoever asks compares. Equal tags are many or few as the hash is bad or good, and one pair of
 * tag and number stands for one entry.
 *
 * Knuth, "The art of computer programming", volume 3, section 6.4, algorithms L and R.
 */
#ifndef OXBOW_CRDT_MAP_INDEX_H
#define OXBOW_CRDT_MAP_INDEX_H

#include "crdt/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OX_INDEX_NONE UINT32_MAX

struct ox_index_slot {
    uint32_t tag;
    uint32_t number; /* OX_INDEX_NONE: free */
};

/* Zero-initialised holds nothing and has no room; ox_index_free returns it to that. */
struct ox_index {
    struct ox_index_slot *slots;
    uint32_t size;
    uint32_t limit; /* how many may be in use: three quarters of the size */
    uint32_t used;
};

void ox_index_free(struct ox_index *index);
/* As ox_index_reserve, where there is no room. */
enum ox_status ox_index_grow(struct ox_index *index, uint64_t more);
/* Room for `more` entries. OX_NOMEM: as before. */
static inline enum ox_status ox_index_reserve(struct ox_index *index, uint64_t more) {
    return index->used + more <= index->limit ? OX_OK : ox_index_grow(index, more);
}
/* There must be room. Cost of these: O(1) expected. */
void ox_index_insert(struct ox_index *index, uint32_t tag, uint32_t number);
/* The entry must be there. */
void ox_index_remove(struct ox_index *index, uint32_t tag, uint32_t number);
size_t ox_index_bytes(const struct ox_index *index); /* heap bytes */

static inline uint32_t ox_index_home(const struct ox_index *index, uint32_t tag) {
    return (uint32_t)((uint64_t)tag * index->size >> 32);
}

/* The next candidate from `*at` on, which moves behind it and begins as the tag's home;
 * OX_INDEX_NONE when there is none. The table must have room for something. */
static inline uint32_t ox_index_next(const struct ox_index *index, uint32_t tag, uint32_t *at) {
    for (;;) {
        struct ox_index_slot slot = index->slots[*at];
        *at = *at + 1 == index->size ? 0 : *at + 1;
        if (slot.number == OX_INDEX_NONE || slot.tag == tag)
            return slot.number;
    }
}

#endif
