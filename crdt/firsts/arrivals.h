/* arrivals.h - rows in order of arrival, one per element: the table under g-set and 2p-set.
 *
 *     blocks   [ A:4 x | B:7 y, removed | ... ]  [ ... ]     256 rows each; the last one grows
 *     slots    hash of element -> number of its row          slots.h, only above a few rows
 *
 * A row is that of rows.h and has a bit more: whether it is a removal. Nothing ever leaves, so that
 * a number, once given, stays; only what came last can be taken back.
 */
#ifndef OXBOW_CRDT_FIRSTS_ARRIVALS_H
#define OXBOW_CRDT_FIRSTS_ARRIVALS_H

#include "crdt/rows.h"
#include "crdt/slots.h"

#define OX_ARRIVALS_BLOCK 256
#define OX_ARRIVALS_NONE  UINT32_MAX

struct ox_arrivals_block {
    uint64_t removed[OX_ARRIVALS_BLOCK / 64];
    struct ox_row rows[];
};

/* Zero-initialised is empty and valid; ox_arrivals_free returns it to that. */
struct ox_arrivals {
    struct ox_arrivals_block **blocks;
    uint32_t block_capacity; /* of `blocks` */
    uint32_t count;
    uint32_t capacity; /* rows that the blocks have room for */
    struct ox_slots slots;
};

void ox_arrivals_free(struct ox_arrivals *list);
/* Empty; the memory of a block is kept. */
void ox_arrivals_clear(struct ox_arrivals *list);
/* `to` is empty. */
enum ox_status ox_arrivals_copy(struct ox_arrivals *to, const struct ox_arrivals *from);
/* The number of an element's row, or OX_ARRIVALS_NONE. Cost: O(1) expected. */
uint32_t ox_arrivals_find(const struct ox_arrivals *list, const struct ox_rows_key *key);
/* Slots for so many more; only saves time. */
enum ox_status ox_arrivals_reserve(struct ox_arrivals *list, uint64_t more);
/* A row for an element that has none. OX_NOMEM: as before. Cost: O(1) expected. */
enum ox_status ox_arrivals_append(struct ox_arrivals *list, struct ox_dot dot,
                                  const struct ox_rows_key *key, bool removed);
/* The same, where the element is short and it shows at once that it has none: nearly always. False,
 * and nothing is done, where one has to look. */
bool ox_arrivals_append_new(struct ox_arrivals *list, struct ox_dot dot,
                            const struct ox_rows_key *key, bool removed);
/* Takes the last rows back, until there are `count`. */
void ox_arrivals_truncate(struct ox_arrivals *list, uint32_t count);
/* Whether every row is found by its element, and by that alone. */
bool ox_arrivals_valid(const struct ox_arrivals *list, const char **reason);
size_t ox_arrivals_bytes(const struct ox_arrivals *list); /* heap bytes; O(rows) */

static inline struct ox_row *ox_arrivals_row(const struct ox_arrivals *list, uint32_t number) {
    return &list->blocks[number / OX_ARRIVALS_BLOCK]->rows[number % OX_ARRIVALS_BLOCK];
}

static inline bool ox_arrivals_removed(const struct ox_arrivals *list, uint32_t number) {
    const uint64_t *bits = list->blocks[number / OX_ARRIVALS_BLOCK]->removed;
    return bits[number % OX_ARRIVALS_BLOCK / 64] >> number % 64 & 1;
}

/* What the row of a number says from now on. */
static inline void ox_arrivals_restate(struct ox_arrivals *list, uint32_t number, struct ox_dot dot,
                                       bool removed) {
    uint64_t *bits =
        &list->blocks[number / OX_ARRIVALS_BLOCK]->removed[number % OX_ARRIVALS_BLOCK / 64];
    *bits = (*bits & ~(UINT64_C(1) << number % 64)) | (uint64_t)removed << number % 64;
    ox_arrivals_row(list, number)->dot = dot;
}

#endif
