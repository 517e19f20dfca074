#include "crdt/firsts/arrivals.h"

#include "crdt/array.h"
#include "crdt/rows/element.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 16 /* rows without slots */ };

/* ---- life ---- */

static uint32_t block_count(const struct ox_arrivals *list) {
    return (list->capacity + OX_ARRIVALS_BLOCK - 1) / OX_ARRIVALS_BLOCK;
}

static void free_blocks_from(struct ox_arrivals *list, uint32_t first) {
    for (uint32_t i = first; i < block_count(list); i++)
        free(list->blocks[i]);
    if (list->capacity > first * OX_ARRIVALS_BLOCK)
        list->capacity = first * OX_ARRIVALS_BLOCK;
}

static void free_elements(struct ox_arrivals *list) {
    for (uint32_t i = 0; i < list->count; i++)
        row_free(ox_arrivals_row(list, i));
    list->count = 0;
}

void ox_arrivals_free(struct ox_arrivals *list) {
    free_elements(list);
    free_blocks_from(list, 0);
    free(list->blocks);
    ox_slots_free(&list->slots);
    *list = (struct ox_arrivals){0};
}

void ox_arrivals_clear(struct ox_arrivals *list) {
    free_elements(list);
    if (list->capacity > OX_ARRIVALS_BLOCK)
        free_blocks_from(list, 1);
    if (list->slots.slots != NULL)
        ox_slots_free(&list->slots);
}

/* ---- room ---- */

static size_t block_size(uint32_t rows) {
    return sizeof(struct ox_arrivals_block) + rows * sizeof(struct ox_row);
}

static enum ox_status add_block(struct ox_arrivals *list, uint32_t rows) {
    uint32_t at = block_count(list);
    if (at == list->block_capacity) {
        struct ox_arrivals_block **blocks =
            ox_array_grow(list->blocks, &list->block_capacity, (uint64_t)at + 1, sizeof(void *));
        if (blocks == NULL)
            return OX_NOMEM;
        list->blocks = blocks;
    }
    list->blocks[at] = malloc(block_size(rows));
    if (list->blocks[at] == NULL)
        return OX_NOMEM;
    memset(list->blocks[at]->removed, 0, sizeof list->blocks[at]->removed);
    list->capacity += rows;
    return OX_OK;
}

/* Room for a row: the last block grows until it is full, then there is another. */
static enum ox_status reserve_row(struct ox_arrivals *list) {
    uint32_t in_last = list->capacity % OX_ARRIVALS_BLOCK;
    if (list->count < list->capacity)
        return OX_OK;
    if (list->capacity > UINT32_MAX - 2 * OX_ARRIVALS_BLOCK)
        return OX_NOMEM;
    if (in_last == 0) {
        uint32_t rows = list->count / 4;
        return add_block(list, rows == 0 ? 1 : rows < OX_ARRIVALS_BLOCK ? rows : OX_ARRIVALS_BLOCK);
    }
    uint32_t rows = 2 * in_last < OX_ARRIVALS_BLOCK ? 2 * in_last : OX_ARRIVALS_BLOCK;
    struct ox_arrivals_block **last = &list->blocks[block_count(list) - 1];
    struct ox_arrivals_block *grown = realloc(*last, block_size(rows));
    if (grown == NULL)
        return OX_NOMEM;
    *last = grown;
    list->capacity += rows - in_last;
    return OX_OK;
}

static enum ox_status rehash(struct ox_arrivals *list, uint64_t rows) {
    struct ox_slots fresh = {0};
    enum ox_status status = ox_slots_make(&fresh, rows, 2 * rows);
    if (status != OX_OK)
        return status;
    for (uint32_t i = 0; i < list->count; i++)
        ox_slots_insert(&fresh, hash_of_row(ox_arrivals_row(list, i)), i);
    ox_slots_free(&list->slots);
    list->slots = fresh;
    return OX_OK;
}

enum ox_status ox_arrivals_reserve(struct ox_arrivals *list, uint64_t more) {
    uint64_t need = list->count + more;
    if (need <= FEW || ox_slots_fit(&list->slots, more, need))
        return OX_OK;
    uint64_t ahead = ox_slots_ahead(list->count);
    return rehash(list, need > ahead ? need : ahead);
}

/* ---- rows ---- */

uint32_t ox_arrivals_find(const struct ox_arrivals *list, const struct ox_rows_key *key) {
    if (list->slots.slots == NULL) {
        for (uint32_t i = 0; i < list->count; i++)
            if (is_element(ox_arrivals_row(list, i), key))
                return i;
        return OX_ARRIVALS_NONE;
    }
    uint64_t hash = hash_of_key(key);
    uint32_t number;
    if (ox_slots_likely(&list->slots, hash, &number) &&
        is_element(ox_arrivals_row(list, number), key))
        return number;
    uint32_t at = ox_slots_begin(&list->slots, hash);
    while ((number = ox_slots_next(&list->slots, hash, &at)) != OX_SLOT_NONE)
        if (is_element(ox_arrivals_row(list, number), key))
            return number;
    return OX_ARRIVALS_NONE;
}

static inline bool has_room(const struct ox_arrivals *list) {
    return list->count < list->capacity &&
           (list->slots.slots != NULL ? ox_slots_fit(&list->slots, 1, list->count + UINT64_C(1))
                                      : list->count < FEW);
}

static enum ox_status make_room(struct ox_arrivals *list) {
    enum ox_status status = ox_arrivals_reserve(list, 1);
    return status == OX_OK ? reserve_row(list) : status;
}

enum ox_status ox_arrivals_append(struct ox_arrivals *list, struct ox_dot dot,
                                  const struct ox_rows_key *key, bool removed) {
    enum ox_status status = has_room(list) ? OX_OK : make_room(list);
    if (status == OX_OK)
        status = row_make(ox_arrivals_row(list, list->count), dot, key);
    if (status != OX_OK)
        return status;
    if (list->slots.slots != NULL)
        ox_slots_insert(&list->slots, hash_of_key(key), list->count);
    ox_arrivals_restate(list, list->count, dot, removed);
    list->count++;
    return OX_OK;
}

bool ox_arrivals_append_new(struct ox_arrivals *list, struct ox_dot dot,
                            const struct ox_rows_key *key, bool removed) {
    if (list->slots.slots == NULL || is_long(&key->tail) || !has_room(list))
        return false;
    uint64_t hash = hash_of_words(key->tail);
    uint32_t at = ox_slots_likely_free(&list->slots, hash);
    if (at == OX_SLOT_NONE)
        return false;
    ox_slots_put(&list->slots, hash, list->count, at);
    ox_arrivals_row(list, list->count)->tail = key->tail;
    ox_arrivals_restate(list, list->count, dot, removed);
    list->count++;
    return true;
}

void ox_arrivals_truncate(struct ox_arrivals *list, uint32_t count) {
    assert(count <= list->count);
    while (list->count > count) {
        struct ox_row *row = ox_arrivals_row(list, --list->count);
        if (list->slots.slots != NULL)
            ox_slots_remove(&list->slots, hash_of_row(row), list->count);
        row_free(row);
    }
}

enum ox_status ox_arrivals_copy(struct ox_arrivals *to, const struct ox_arrivals *from) {
    enum ox_status status = OX_OK;
    assert(to->capacity == 0);
    while (status == OX_OK && to->capacity < from->count) {
        uint32_t left = from->count - to->capacity;
        status = add_block(to, left < OX_ARRIVALS_BLOCK ? left : OX_ARRIVALS_BLOCK);
    }
    for (; status == OX_OK && to->count < from->count; to->count += status == OX_OK) {
        const struct ox_row *row = ox_arrivals_row(from, to->count);
        struct ox_rows_key key = ox_rows_key_of_row(row);
        status = row_make(ox_arrivals_row(to, to->count), row->dot, &key);
        ox_arrivals_restate(to, to->count, row->dot, ox_arrivals_removed(from, to->count));
    }
    if (status == OX_OK && from->slots.slots != NULL)
        status = ox_slots_copy(&to->slots, &from->slots);
    if (status != OX_OK)
        ox_arrivals_free(to);
    return status;
}

bool ox_arrivals_valid(const struct ox_arrivals *list, const char **reason) {
    if (list->count > list->capacity ||
        (list->slots.slots != NULL ? list->slots.used != list->count : list->count > FEW) ||
        list->slots.used > list->slots.limit) {
        *reason = "a table miscounts its rows or its slots";
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct ox_rows_key key = ox_rows_key_of(ox_row_element(ox_arrivals_row(list, i)));
        if (ox_arrivals_find(list, &key) != i) {
            *reason = "an element is in two rows, or its row is not found";
            return false;
        }
    }
    return true;
}

size_t ox_arrivals_bytes(const struct ox_arrivals *list) {
    size_t bytes = list->block_capacity * sizeof *list->blocks +
                   block_count(list) * sizeof **list->blocks +
                   list->capacity * sizeof(struct ox_row) + ox_slots_bytes(&list->slots);
    for (uint32_t i = 0; i < list->count; i++)
        if (is_long(&ox_arrivals_row(list, i)->tail))
            bytes += long_size(&ox_arrivals_row(list, i)->tail);
    return bytes;
}
