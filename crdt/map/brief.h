/* brief.h - bytes that are mostly few: up to 15 in place, more in a block of their own.
 *
 *     [ m i l k 0 0 0 0 0 0 0 0 0 0 0 4 ]      [ address . . . . size . . . . . . 255 ]
 *
 * What is in place is padded with zeros, so that two are compared as two words.
 */
#ifndef OXBOW_CRDT_MAP_BRIEF_H
#define OXBOW_CRDT_MAP_BRIEF_H

#include "crdt/buf.h"

#include <string.h>
#include <xxhash.h>

/* Odd constants spread what is mixed in over all bits: the golden ratio's and Knuth's for MMIX. */
#define OX_GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define OX_MMIX   UINT64_C(0x5851f42d4c957f2d)

enum { OX_BRIEF_MAX = 15, OX_BRIEF_BLOCK = 255 };

union ox_brief {
    uint64_t words[2];
    uint8_t raw[OX_BRIEF_MAX + 1]; /* the last byte: the size in place, or that there is a block */
};

/* OX_NOMEM: nothing to free. */
enum ox_status ox_brief_make(union ox_brief *to, struct ox_bytes bytes);
void ox_brief_free(union ox_brief *brief);
size_t ox_brief_heap(const union ox_brief *brief); /* bytes of its block, if it has one */
struct ox_bytes ox_brief_block(const union ox_brief *brief);

static inline bool ox_brief_in_place(const union ox_brief *brief) {
    return brief->raw[OX_BRIEF_MAX] <= OX_BRIEF_MAX;
}

/* Up to 15 bytes into a cleared place: two copies of a fixed size that overlap are faster than one
 * of any size. */
static inline void ox_brief_place(union ox_brief *to, struct ox_bytes bytes) {
    *to = (union ox_brief){{0, 0}};
    if (bytes.size >= 8) {
        memcpy(to->raw, bytes.data, 8);
        memcpy(to->raw + bytes.size - 8, bytes.data + bytes.size - 8, 8);
    } else if (bytes.size >= 4) {
        memcpy(to->raw, bytes.data, 4);
        memcpy(to->raw + bytes.size - 4, bytes.data + bytes.size - 4, 4);
    } else {
        for (size_t i = 0; i < bytes.size; i++)
            to->raw[i] = bytes.data[i];
    }
    to->raw[OX_BRIEF_MAX] = (uint8_t)bytes.size;
}

/* Borrowed as long as the brief neither moves nor goes. */
static inline struct ox_bytes ox_brief_bytes(const union ox_brief *brief) {
    if (ox_brief_in_place(brief))
        return (struct ox_bytes){brief->raw, brief->raw[OX_BRIEF_MAX]};
    return ox_brief_block(brief);
}

/* Bytes made ready for look-ups; borrows them. */
struct ox_sought {
    struct ox_bytes bytes;
    union ox_brief brief; /* of few */
    uint64_t hash;        /* upper and lower half good alike */
};

/* `place` is mixed into the hash. */
static inline struct ox_sought ox_sought_of(struct ox_bytes bytes, uint64_t place) {
    struct ox_sought sought = {.bytes = bytes};
    uint64_t mixed = (place + 1) * OX_GOLDEN;
    if (bytes.size <= OX_BRIEF_MAX) {
        ox_brief_place(&sought.brief, bytes);
        mixed = (mixed ^ sought.brief.words[0]) * OX_MMIX;
        mixed = (mixed ^ mixed >> 32 ^ sought.brief.words[1]) * OX_GOLDEN;
    } else {
        mixed ^= XXH3_64bits(bytes.data, bytes.size);
    }
    mixed = (mixed ^ mixed >> 29) * OX_MMIX;
    sought.hash = mixed ^ mixed >> 32;
    return sought;
}

static inline bool ox_sought_is(const struct ox_sought *sought, const union ox_brief *brief) {
    if (sought->bytes.size <= OX_BRIEF_MAX)
        return sought->brief.words[0] == brief->words[0] &&
               sought->brief.words[1] == brief->words[1];
    return !ox_brief_in_place(brief) && ox_bytes_equal(sought->bytes, ox_brief_block(brief));
}

#endif
