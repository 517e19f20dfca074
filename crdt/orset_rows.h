/* orset_rows.h - the table of a dotted store: elements and their dots, found from either side.
 *
 *     rows       [ x {A:4} | y {B:1} | z {A:2 B:7} ]      dense, in no order
 *     elements    hash of element -> row                  flat tables with linear probing, only
 *     dots        hash of dot     -> row                  above a handful of rows
 *
 * The second table is why a join need not look at the whole set: what a delta kills, it names by
 * dot. A row is 32 bytes: one dot and up to 15 bytes of element inline; a longer element or more
 * dots live in a block of their own. Deletion shifts entries back, so nothing rots.
 *
 * Private to dotted.c: functions marked "room" take no memory and need an ox_rows_reserve before.
 */
#ifndef OXBOW_CRDT_ORSET_ROWS_H
#define OXBOW_CRDT_ORSET_ROWS_H

#include "crdt/vv.h"

#define OX_ROW_NONE UINT32_MAX

/* Read through ox_row_element and ox_row_dots. */
struct ox_row {
    struct ox_dot dot; /* the dot, unless the block has several */
    uint8_t tail[16];  /* the element and its size, or the address of a block and a mark */
};

struct ox_rows_index;

/* Zero-initialised is empty and valid. */
struct ox_rows {
    struct ox_row *rows;
    uint32_t count;
    uint32_t capacity;
    struct ox_rows_index *index; /* NULL while there are few rows */
};

/* One element's dots, ascending. */
struct ox_row_dots {
    const struct ox_dot *all;
    uint32_t count;
};

struct ox_bytes ox_row_element(const struct ox_row *row);
struct ox_row_dots ox_row_dots(const struct ox_row *row);
/* A row that is in no table yet, with room for `dots` dots; its dots are then set by
 * ox_row_set_dots. OX_NOMEM: nothing to free. */
enum ox_status ox_row_make(struct ox_row *row, struct ox_bytes element, uint32_t dots);
/* At most as many as the row was made for. */
void ox_row_set_dots(struct ox_row *row, struct ox_row_dots dots);
void ox_row_free(struct ox_row *row);

void ox_rows_free(struct ox_rows *rows);
void ox_rows_clear(struct ox_rows *rows); /* empty, without an index; the array is kept */
enum ox_status ox_rows_copy(struct ox_rows *to, const struct ox_rows *from); /* `to` is empty */
/* Room for so many more. */
enum ox_status ox_rows_reserve(struct ox_rows *rows, uint64_t more_rows, uint64_t more_dots);
/* The row's place, or OX_ROW_NONE. Cost: O(1) expected. Places change with every removal. */
uint32_t ox_rows_find(const struct ox_rows *rows, struct ox_bytes element);
uint32_t ox_rows_find_dot(const struct ox_rows *rows, struct ox_dot dot);
/* Takes over a made row; room. The element and the dots must not be there. */
void ox_rows_append(struct ox_rows *rows, const struct ox_row *row);
/* Takes over a made row of the same element in place of the one at `at`; room. */
void ox_rows_replace(struct ox_rows *rows, uint32_t at, const struct ox_row *row);
/* The element keeps only `dot`; room for one dot. */
void ox_rows_set_dot(struct ox_rows *rows, uint32_t at, struct ox_dot dot);
/* Removes one dot of the row, and the row with its last one: the last row then takes its place. */
void ox_rows_kill(struct ox_rows *rows, uint32_t at, struct ox_dot dot);
void ox_rows_drop(struct ox_rows *rows, uint32_t at);
/* Whether rows and tables agree. */
bool ox_rows_valid(const struct ox_rows *rows, const char **reason);
size_t ox_rows_bytes(const struct ox_rows *rows); /* heap bytes; O(rows) */

#endif
