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

enum ox_status ox_brief_make_block(union ox_brief *to, struct ox_bytes bytes); /* of many bytes */
void ox_brief_free_block(union ox_brief *brief);
size_t ox_brief_heap(const union ox_brief *brief); /* bytes of its block, if it has one */
struct ox_bytes ox_brief_block(const union ox_brief *brief);

static inline bool ox_brief_in_place(const union ox_brief *brief) {
    return brief->raw[OX_BRIEF_MAX] <= OX_BRIEF_MAX;
}

/* Of up to 15 bytes. Where the byte order allows it the words are put together in registers, from
 * two reads that overlap, because a word that is written byte by byte cannot be read back at once.
 */
static inline union ox_brief ox_brief_of_few(struct ox_bytes bytes) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    size_t size = bytes.size;
    uint64_t words[2] = {0, (uint64_t)size << 56};
    if (size >= 8) {
        uint64_t last;
        memcpy(&words[0], bytes.data, 8);
        memcpy(&last, bytes.data + size - 8, 8);
        words[1] |= last >> 8 * (15 - size) >> 8;
    } else if (size >= 4) {
        uint32_t first;
        uint32_t last;
        memcpy(&first, bytes.data, 4);
        memcpy(&last, bytes.data + size - 4, 4);
        words[0] = first | (uint64_t)last << 8 * (size - 4);
    } else if (size > 0) {
        uint64_t middle = bytes.data[size / 2];
        uint64_t last = bytes.data[size - 1];
        words[0] = bytes.data[0] | middle << 8 * (size / 2) | last << 8 * (size - 1);
    }
    return (union ox_brief){{words[0], words[1]}};
#else
    union ox_brief brief = {{0, 0}};
    memcpy(brief.raw, bytes.data, bytes.size);
    brief.raw[OX_BRIEF_MAX] = (uint8_t)bytes.size;
    return brief;
#endif
}

/* OX_NOMEM: nothing to free. */
static inline enum ox_status ox_brief_make(union ox_brief *to, struct ox_bytes bytes) {
    if (bytes.size > OX_BRIEF_MAX)
        return ox_brief_make_block(to, bytes);
    *to = ox_brief_of_few(bytes);
    return OX_OK;
}

static inline void ox_brief_free(union ox_brief *brief) {
    if (!ox_brief_in_place(brief))
        ox_brief_free_block(brief);
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
    uint64_t first, last; /* the words of few */
    uint32_t tag;         /* their hash */
};

/* `place` is mixed into the hash. The words are spread side by side, and what has come up in one is
 * brought down before both are spread once more. */
static inline struct ox_sought ox_sought_of(struct ox_bytes bytes, uint64_t place) {
    uint64_t mixed = (place + 1) * OX_GOLDEN;
    union ox_brief brief = {{0, 0}};
    if (bytes.size <= OX_BRIEF_MAX) {
        brief = ox_brief_of_few(bytes);
        uint64_t second = brief.words[1] * OX_GOLDEN;
        mixed = (mixed ^ brief.words[0]) * OX_MMIX ^ (second << 32 | second >> 32);
    } else {
        mixed ^= XXH3_64bits(bytes.data, bytes.size);
    }
    uint32_t tag = (uint32_t)((mixed ^ mixed >> 32) * OX_GOLDEN >> 32);
    return (struct ox_sought){bytes, brief.words[0], brief.words[1], tag};
}

/* The bytes themselves. OX_NOMEM: nothing to free. */
static inline enum ox_status ox_sought_make(const struct ox_sought *sought, union ox_brief *to) {
    if (sought->bytes.size > OX_BRIEF_MAX)
        return ox_brief_make_block(to, sought->bytes);
    *to = (union ox_brief){{sought->first, sought->last}};
    return OX_OK;
}

static inline bool ox_sought_is(const struct ox_sought *sought, const union ox_brief *brief) {
    if (sought->bytes.size <= OX_BRIEF_MAX)
        return sought->first == brief->words[0] && sought->last == brief->words[1];
    return !ox_brief_in_place(brief) && ox_bytes_equal(sought->bytes, ox_brief_block(brief));
}

#endif
