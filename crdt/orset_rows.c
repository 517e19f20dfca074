#include "crdt/orset_rows.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { INLINE_MAX = 15, BLOCK_MARK = 0xff, INDEX_ABOVE = 8 };

/* ---- rows ---- */

/* What does not fit into a row. With `count` 0 the only dot is in the row. */
struct block {
    uint32_t size; /* of the element, whose bytes follow the dots */
    uint32_t count;
    uint32_t room;
    struct ox_dot dots[];
};

static struct block *block_of(const struct ox_row *row) {
    struct block *block = NULL;
    if (row->tail[INLINE_MAX] == BLOCK_MARK)
        memcpy(&block, row->tail, sizeof block);
    return block;
}

static size_t block_size(const struct block *block) {
    return sizeof *block + block->room * sizeof *block->dots + block->size;
}

struct ox_bytes ox_row_element(const struct ox_row *row) {
    const struct block *block = block_of(row);
    if (block == NULL)
        return (struct ox_bytes){row->tail, row->tail[INLINE_MAX]};
    return (struct ox_bytes){(const uint8_t *)(block->dots + block->room), block->size};
}

struct ox_row_dots ox_row_dots(const struct ox_row *row) {
    const struct block *block = block_of(row);
    if (block == NULL || block->count == 0)
        return (struct ox_row_dots){&row->dot, 1};
    return (struct ox_row_dots){block->dots, block->count};
}

enum ox_status ox_row_make(struct ox_row *row, struct ox_bytes element, uint32_t dots) {
    *row = (struct ox_row){0};
    if (element.size <= INLINE_MAX && dots <= 1) {
        memcpy(row->tail, element.data, element.size);
        row->tail[INLINE_MAX] = (uint8_t)element.size;
        return OX_OK;
    }
    if (element.size > UINT32_MAX)
        return OX_NOMEM;
    uint32_t room = dots > 1 ? dots : 0;
    struct block *block = malloc(sizeof *block + room * sizeof *block->dots + element.size);
    if (block == NULL)
        return OX_NOMEM;
    *block = (struct block){.size = (uint32_t)element.size, .room = room};
    memcpy(block->dots + room, element.data, element.size);
    memcpy(row->tail, &block, sizeof block);
    row->tail[INLINE_MAX] = BLOCK_MARK;
    return OX_OK;
}

void ox_row_set_dots(struct ox_row *row, struct ox_row_dots dots) {
    struct block *block = block_of(row);
    assert(dots.count >= 1);
    if (dots.count == 1) {
        row->dot = dots.all[0];
        if (block != NULL)
            block->count = 0;
        return;
    }
    assert(block != NULL);
    assert(dots.count <= block->room);
    memmove(block->dots, dots.all, dots.count * sizeof *block->dots);
    block->count = dots.count;
}

void ox_row_free(struct ox_row *row) {
    free(block_of(row));
}

/* ---- flat tables ---- */

struct slot {
    uint32_t hash;
    uint32_t row; /* OX_ROW_NONE: free */
};

struct table {
    struct slot *slots;
    uint32_t size;
    uint32_t used;
};

struct ox_rows_index {
    struct table elements;
    struct table dots;
};

static uint32_t hash_of_element(struct ox_bytes element) {
    return (uint32_t)(XXH3_64bits(element.data, element.size) >> 32);
}

/* Two multiplications by odd constants (the golden ratio's and Knuth's for MMIX) spread both halves
 * of a dot over the upper bits, which are those that choose the slot. */
static uint32_t hash_of_dot(struct ox_dot dot) {
    uint64_t mixed = dot.replica * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 32 ^ dot.n) * UINT64_C(0x5851f42d4c957f2d);
    return (uint32_t)((mixed ^ mixed >> 29) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* The slot where a hash would be if it were alone: hashes scaled to the size, so that a table may
 * have any size, not only powers of two. */
static uint32_t home_of(const struct table *table, uint32_t hash) {
    return (uint32_t)((uint64_t)hash * table->size >> 32);
}

static uint32_t next_of(const struct table *table, uint32_t at) {
    return at + 1 == table->size ? 0 : at + 1;
}

static void table_insert(struct table *table, uint32_t hash, uint32_t row) {
    assert(table->used + 1 < table->size);
    uint32_t at = home_of(table, hash);
    while (table->slots[at].row != OX_ROW_NONE)
        at = next_of(table, at);
    table->slots[at] = (struct slot){hash, row};
    table->used++;
}

/* The slot of a row that is in the table. */
static uint32_t table_find(const struct table *table, uint32_t hash, uint32_t row) {
    uint32_t at = home_of(table, hash);
    while (table->slots[at].row != row || table->slots[at].hash != hash) {
        assert(table->slots[at].row != OX_ROW_NONE);
        at = next_of(table, at);
    }
    return at;
}

/* How many steps lie from one slot forward to another. */
static uint32_t steps(const struct table *table, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + table->size - from;
}

static void table_remove(struct table *table, uint32_t hash, uint32_t row) {
    uint32_t hole = table_find(table, hash, row);
    uint32_t at = next_of(table, hole);
    /* Whatever would no longer be found across the hole moves into it. */
    for (; table->slots[at].row != OX_ROW_NONE; at = next_of(table, at)) {
        uint32_t home = home_of(table, table->slots[at].hash);
        if (steps(table, home, at) >= steps(table, hole, at)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].row = OX_ROW_NONE;
    table->used--;
}

static enum ox_status table_reserve(struct table *table, uint64_t more) {
    uint64_t need = table->used + more;
    if (need + need / 4 + 1 <= table->size)
        return OX_OK;
    uint64_t size = need + need / 2 + 8;
    if (size >= UINT32_MAX)
        return OX_NOMEM;
    struct table grown = {malloc(size * sizeof(struct slot)), (uint32_t)size, 0};
    if (grown.slots == NULL)
        return OX_NOMEM;
    memset(grown.slots, 0xff, size * sizeof(struct slot));
    for (uint32_t i = 0; i < table->size; i++)
        if (table->slots[i].row != OX_ROW_NONE)
            table_insert(&grown, table->slots[i].hash, table->slots[i].row);
    free(table->slots);
    *table = grown;
    return OX_OK;
}

static enum ox_status table_copy(struct table *to, const struct table *from) {
    to->slots = malloc(from->size * sizeof *to->slots);
    if (to->slots == NULL)
        return OX_NOMEM;
    memcpy(to->slots, from->slots, from->size * sizeof *to->slots);
    to->size = from->size;
    to->used = from->used;
    return OX_OK;
}

/* ---- the index ---- */

static void index_free(struct ox_rows_index *index) {
    if (index == NULL)
        return;
    free(index->elements.slots);
    free(index->dots.slots);
    free(index);
}

static void index_insert_dots(struct ox_rows_index *index, const struct ox_row *row, uint32_t at) {
    struct ox_row_dots dots = ox_row_dots(row);
    for (uint32_t i = 0; i < dots.count; i++)
        table_insert(&index->dots, hash_of_dot(dots.all[i]), at);
}

static void index_remove_dots(struct ox_rows_index *index, const struct ox_row *row, uint32_t at) {
    struct ox_row_dots dots = ox_row_dots(row);
    for (uint32_t i = 0; i < dots.count; i++)
        table_remove(&index->dots, hash_of_dot(dots.all[i]), at);
}

/* The row at `from` is now at `to`. */
static void index_move(struct ox_rows_index *index, const struct ox_row *row, uint32_t from,
                       uint32_t to) {
    struct ox_row_dots dots = ox_row_dots(row);
    uint32_t hash = hash_of_element(ox_row_element(row));
    index->elements.slots[table_find(&index->elements, hash, from)].row = to;
    for (uint32_t i = 0; i < dots.count; i++)
        index->dots.slots[table_find(&index->dots, hash_of_dot(dots.all[i]), from)].row = to;
}

static uint64_t count_dots(const struct ox_rows *rows) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++)
        count += ox_row_dots(&rows->rows[i]).count;
    return count;
}

static enum ox_status index_build(struct ox_rows *rows, uint64_t more_rows, uint64_t more_dots) {
    struct ox_rows_index *index = calloc(1, sizeof *index);
    if (index == NULL || table_reserve(&index->elements, rows->count + more_rows) != OX_OK ||
        table_reserve(&index->dots, count_dots(rows) + more_dots) != OX_OK) {
        index_free(index);
        return OX_NOMEM;
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        table_insert(&index->elements, hash_of_element(ox_row_element(&rows->rows[i])), i);
        index_insert_dots(index, &rows->rows[i], i);
    }
    rows->index = index;
    return OX_OK;
}

/* ---- all rows ---- */

void ox_rows_free(struct ox_rows *rows) {
    for (uint32_t i = 0; i < rows->count; i++)
        ox_row_free(&rows->rows[i]);
    free(rows->rows);
    index_free(rows->index);
    *rows = (struct ox_rows){0};
}

void ox_rows_clear(struct ox_rows *rows) {
    for (uint32_t i = 0; i < rows->count; i++)
        ox_row_free(&rows->rows[i]);
    rows->count = 0;
    index_free(rows->index);
    rows->index = NULL;
}

static enum ox_status copy_row(struct ox_row *to, const struct ox_row *from) {
    struct ox_row_dots dots = ox_row_dots(from);
    enum ox_status status = ox_row_make(to, ox_row_element(from), dots.count);
    if (status == OX_OK)
        ox_row_set_dots(to, dots);
    return status;
}

static enum ox_status copy_index(struct ox_rows *to, const struct ox_rows *from) {
    if (from->index == NULL)
        return OX_OK;
    to->index = calloc(1, sizeof *to->index);
    if (to->index == NULL || table_copy(&to->index->elements, &from->index->elements) != OX_OK ||
        table_copy(&to->index->dots, &from->index->dots) != OX_OK)
        return OX_NOMEM;
    return OX_OK;
}

enum ox_status ox_rows_copy(struct ox_rows *to, const struct ox_rows *from) {
    assert(to->count == 0 && to->index == NULL);
    enum ox_status status = OX_OK;
    if (from->count > to->capacity) {
        struct ox_row *rows = ox_array_grow(to->rows, &to->capacity, from->count, sizeof *rows);
        if (rows == NULL)
            return OX_NOMEM;
        to->rows = rows;
    }
    for (; to->count < from->count && status == OX_OK; to->count += status == OX_OK)
        status = copy_row(&to->rows[to->count], &from->rows[to->count]);
    if (status == OX_OK)
        status = copy_index(to, from);
    if (status != OX_OK)
        ox_rows_free(to);
    return status;
}

enum ox_status ox_rows_reserve(struct ox_rows *rows, uint64_t more_rows, uint64_t more_dots) {
    uint64_t need = rows->count + more_rows;
    if (need >= OX_ROW_NONE)
        return OX_NOMEM;
    if (need > rows->capacity) {
        struct ox_row *grown = ox_array_grow(rows->rows, &rows->capacity, need, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        rows->rows = grown;
    }
    if (rows->index == NULL)
        return need <= INDEX_ABOVE ? OX_OK : index_build(rows, more_rows, more_dots);
    enum ox_status status = table_reserve(&rows->index->elements, more_rows);
    if (status == OX_OK)
        status = table_reserve(&rows->index->dots, more_dots);
    return status;
}

static bool is_element(const struct ox_row *row, struct ox_bytes element) {
    return ox_bytes_equal(ox_row_element(row), element);
}

uint32_t ox_rows_find(const struct ox_rows *rows, struct ox_bytes element) {
    if (rows->index == NULL) {
        for (uint32_t i = 0; i < rows->count; i++)
            if (is_element(&rows->rows[i], element))
                return i;
        return OX_ROW_NONE;
    }
    const struct table *table = &rows->index->elements;
    uint32_t hash = hash_of_element(element);
    uint32_t at = home_of(table, hash);
    for (; table->slots[at].row != OX_ROW_NONE; at = next_of(table, at))
        if (table->slots[at].hash == hash && is_element(&rows->rows[table->slots[at].row], element))
            return table->slots[at].row;
    return OX_ROW_NONE;
}

static bool has_dot(const struct ox_row *row, struct ox_dot dot) {
    struct ox_row_dots dots = ox_row_dots(row);
    uint32_t low = 0;
    uint32_t high = dots.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = ox_dot_compare(dots.all[middle], dot);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

uint32_t ox_rows_find_dot(const struct ox_rows *rows, struct ox_dot dot) {
    if (rows->index == NULL) {
        for (uint32_t i = 0; i < rows->count; i++)
            if (has_dot(&rows->rows[i], dot))
                return i;
        return OX_ROW_NONE;
    }
    const struct table *table = &rows->index->dots;
    uint32_t hash = hash_of_dot(dot);
    uint32_t at = home_of(table, hash);
    for (; table->slots[at].row != OX_ROW_NONE; at = next_of(table, at))
        if (table->slots[at].hash == hash && has_dot(&rows->rows[table->slots[at].row], dot))
            return table->slots[at].row;
    return OX_ROW_NONE;
}

void ox_rows_append(struct ox_rows *rows, const struct ox_row *row) {
    assert(rows->count < rows->capacity);
    uint32_t at = rows->count++;
    rows->rows[at] = *row;
    if (rows->index == NULL)
        return;
    table_insert(&rows->index->elements, hash_of_element(ox_row_element(row)), at);
    index_insert_dots(rows->index, row, at);
}

void ox_rows_replace(struct ox_rows *rows, uint32_t at, const struct ox_row *row) {
    assert(is_element(&rows->rows[at], ox_row_element(row)));
    if (rows->index != NULL) {
        index_remove_dots(rows->index, &rows->rows[at], at);
        index_insert_dots(rows->index, row, at);
    }
    ox_row_free(&rows->rows[at]);
    rows->rows[at] = *row;
}

void ox_rows_set_dot(struct ox_rows *rows, uint32_t at, struct ox_dot dot) {
    if (rows->index != NULL)
        index_remove_dots(rows->index, &rows->rows[at], at);
    ox_row_set_dots(&rows->rows[at], (struct ox_row_dots){&dot, 1});
    if (rows->index != NULL)
        index_insert_dots(rows->index, &rows->rows[at], at);
}

void ox_rows_kill(struct ox_rows *rows, uint32_t at, struct ox_dot dot) {
    struct ox_row_dots dots = ox_row_dots(&rows->rows[at]);
    if (dots.count == 1) {
        assert(ox_dot_compare(dots.all[0], dot) == 0);
        ox_rows_drop(rows, at);
        return;
    }
    if (rows->index != NULL)
        table_remove(&rows->index->dots, hash_of_dot(dot), at);
    struct block *block = block_of(&rows->rows[at]);
    uint32_t i = 0;
    while (ox_dot_compare(block->dots[i], dot) != 0)
        i++;
    block->count--;
    memmove(block->dots + i, block->dots + i + 1, (block->count - i) * sizeof *block->dots);
    if (block->count == 1)
        ox_row_set_dots(&rows->rows[at], (struct ox_row_dots){block->dots, 1});
}

void ox_rows_drop(struct ox_rows *rows, uint32_t at) {
    struct ox_row *row = &rows->rows[at];
    uint32_t last = rows->count - 1;
    if (rows->index != NULL) {
        table_remove(&rows->index->elements, hash_of_element(ox_row_element(row)), at);
        index_remove_dots(rows->index, row, at);
        if (at != last)
            index_move(rows->index, &rows->rows[last], last, at);
    }
    ox_row_free(row);
    *row = rows->rows[last];
    rows->count--;
}

bool ox_rows_valid(const struct ox_rows *rows, const char **reason) {
    for (uint32_t i = 0; i < rows->count; i++) {
        struct ox_row_dots dots = ox_row_dots(&rows->rows[i]);
        if (ox_rows_find(rows, ox_row_element(&rows->rows[i])) != i) {
            *reason = "an element is in two rows, or its row is not found";
            return false;
        }
        for (uint32_t k = 0; k < dots.count; k++)
            if (ox_rows_find_dot(rows, dots.all[k]) != i) {
                *reason = "a dot is in two rows, or its row is not found";
                return false;
            }
    }
    if (rows->index != NULL &&
        (rows->index->elements.used != rows->count || rows->index->dots.used != count_dots(rows))) {
        *reason = "a table of an or-set has entries of rows that are gone";
        return false;
    }
    return true;
}

size_t ox_rows_bytes(const struct ox_rows *rows) {
    size_t bytes = rows->capacity * sizeof *rows->rows;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct block *block = block_of(&rows->rows[i]);
        if (block != NULL)
            bytes += block_size(block);
    }
    if (rows->index != NULL)
        bytes +=
            sizeof *rows->index +
            ((size_t)rows->index->elements.size + rows->index->dots.size) * sizeof(struct slot);
    return bytes;
}
