/* rows/element.h - how a row holds its element, and how elements are hashed and compared: for
 * tables of rows.
 */
#ifndef OXBOW_CRDT_ROWS_ELEMENT_H
#define OXBOW_CRDT_ROWS_ELEMENT_H

#include "crdt/rows.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static inline uint8_t mark_of(const union ox_row_tail *tail) {
    return tail->bytes[OX_ROW_INLINE_MAX];
}

/* A long element: where it is, then its size. */
static inline uint8_t *long_bytes(const union ox_row_tail *tail) {
    uint8_t *bytes;
    memcpy(&bytes, tail->bytes, sizeof bytes);
    return bytes;
}

static inline uint32_t long_size(const union ox_row_tail *tail) {
    uint32_t size;
    memcpy(&size, tail->bytes + sizeof tail->words[0], sizeof size);
    return size;
}

static inline bool is_long(const union ox_row_tail *tail) {
    return mark_of(tail) == OX_ROW_LONG_MARK;
}

/* Of a short element: two odd constants, the golden ratio's and Knuth's for MMIX, spread either
 * word upwards; folding brings that down, and it is spread once more. The upper half places, and
 * the upper bits of the lower half are in the slot. */
static inline uint64_t hash_of_words(union ox_row_tail tail) {
    uint64_t second = tail.words[1] * UINT64_C(0x5851f42d4c957f2d);
    uint64_t mixed = tail.words[0] * UINT64_C(0x9e3779b97f4a7c15) ^ (second << 32 | second >> 32);
    return (mixed ^ mixed >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint64_t hash_of_key(const struct ox_rows_key *key) {
    if (is_long(&key->tail))
        return XXH3_64bits(key->elsewhere.data, key->elsewhere.size);
    return hash_of_words(key->tail);
}

static inline uint64_t hash_of_row(const struct ox_row *row) {
    struct ox_rows_key key = ox_rows_key_of_row(row);
    return hash_of_key(&key);
}

static inline bool has_words(const struct ox_row *row, union ox_row_tail tail) {
    return row->tail.words[0] == tail.words[0] && row->tail.words[1] == tail.words[1];
}

/* The words of a long element's key are those of no row. */
static inline bool is_element(const struct ox_row *row, const struct ox_rows_key *key) {
    return has_words(row, key->tail) || (is_long(&key->tail) && is_long(&row->tail) &&
                                         ox_bytes_equal(ox_row_element(row), key->elsewhere));
}

/* OX_NOMEM: nothing to free. */
static inline enum ox_status row_make(struct ox_row *row, struct ox_dot dot,
                                      const struct ox_rows_key *key) {
    *row = (struct ox_row){dot, key->tail};
    if (!is_long(&key->tail))
        return OX_OK;
    if (key->elsewhere.size > UINT32_MAX)
        return OX_NOMEM;
    uint32_t size = (uint32_t)key->elsewhere.size;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return OX_NOMEM;
    memcpy(bytes, key->elsewhere.data, size);
    memcpy(row->tail.bytes, &bytes, sizeof bytes);
    memcpy(row->tail.bytes + sizeof row->tail.words[0], &size, sizeof size);
    return OX_OK;
}

static inline void row_free(struct ox_row *row) {
    if (is_long(&row->tail))
        free(long_bytes(&row->tail));
}

#endif
