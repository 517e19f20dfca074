/* rows.h - the rows of a dotted store: an element and a dot each, in order of dots.
 *
 *     few rows     leaf  [ A:1 x | A:4 y | B:2 x ]              one block, no more
 *
 *     many rows    places   A:1   A:257   B:1   ...             the first dot of each leaf
 *                            |      |      |
 *                  leaves  [....] [....] [....]                 up to 256 rows, ascending
 *                            ^             ^
 *                  slots    hash of element -> leaf and row     slots.h
 *
 * An element with several dots has several rows. Updates of one replica come in order, so nearly
 * every insertion is at the end of a leaf; what a delta kills it names by dots, which are found, as
 * runs, through the order: that is why a join need not look at the whole set, and why writing needs
 * no sort. A leaf's removed rows are left as dead until they are half as many as the others.
 *
 * A row is 32 bytes with up to 15 bytes of element inside; a longer element has a block of its own.
 * A leaf that is full is followed by one of full size, so that little memory waits for use.
 * Comer, "The ubiquitous B-tree", ACM Computing Surveys 1979 (of the two levels only the upper is
 * ever searched far).
 *
 * Cost: finding, inserting and removing O(1) expected by element, O(log rows) by dot.
 */
#ifndef OXBOW_CRDT_ROWS_H
#define OXBOW_CRDT_ROWS_H

#include "crdt/vv.h"

#define OX_ROW_INLINE_MAX 15
#define OX_ROW_LONG_MARK  0xff
#define OX_ROW_DEAD_MARK  0xfe

/* Of an element: up to 15 bytes, padded with zeros, and their number; or where they are, how many,
 * and a mark. Read through ox_row_element. */
union ox_row_tail {
    uint64_t words[2];
    uint8_t bytes[16];
};

struct ox_row {
    struct ox_dot dot;
    union ox_row_tail tail;
};

struct ox_rows_leaf {
    uint32_t count; /* dead rows included; the last one is never dead */
    uint32_t dead;  /* only in a tree */
    uint32_t capacity;
    uint32_t seat; /* in a tree */
    struct ox_row rows[];
};

struct ox_rows_tree;

/* Zero-initialised is empty and valid. */
struct ox_rows {
    struct ox_rows_leaf *leaf; /* while there are few rows */
    struct ox_rows_tree *tree; /* NULL then */
};

/* An element made ready for look-ups. */
struct ox_rows_key {
    union ox_row_tail tail;    /* of a short one, or with a mark */
    struct ox_bytes elsewhere; /* a long one: borrowed */
};
static inline struct ox_rows_key ox_rows_key_of(struct ox_bytes element) {
    struct ox_rows_key key = {.elsewhere = element};
    if (element.size > OX_ROW_INLINE_MAX) {
        key.tail.bytes[OX_ROW_INLINE_MAX] = OX_ROW_LONG_MARK;
    } else {
        ox_bytes_copy(key.tail.bytes, element.data, element.size);
        key.tail.bytes[OX_ROW_INLINE_MAX] = (uint8_t)element.size;
    }
    return key;
}
static inline bool ox_rows_key_is_short(const struct ox_rows_key *key) {
    return key->tail.bytes[OX_ROW_INLINE_MAX] != OX_ROW_LONG_MARK;
}
/* Whether the key is that of a short text in ASCII and nothing else, which needs no further look:
 * bytes, size and head in one comparison each. */
static inline bool ox_rows_key_is_plain_text(const union ox_row_tail *tail) {
    unsigned size = tail->bytes[OX_ROW_INLINE_MAX];
    return ((tail->words[0] | tail->words[1]) & UINT64_C(0x8080808080808080)) == 0 &&
           tail->bytes[0] == 0x5f + size;
}

void ox_rows_free(struct ox_rows *rows);
/* Empty; the memory of few rows is kept. */
void ox_rows_clear_any(struct ox_rows *rows);
static inline void ox_rows_clear(struct ox_rows *rows) {
    struct ox_rows_leaf *leaf = rows->leaf; /* with it there is no tree */
    if (leaf != NULL && leaf->count == 1 &&
        leaf->rows[0].tail.bytes[OX_ROW_INLINE_MAX] != OX_ROW_LONG_MARK)
        leaf->count = 0;
    else
        ox_rows_clear_any(rows);
}
enum ox_status ox_rows_copy(struct ox_rows *to, const struct ox_rows *from); /* `to` is empty */
uint32_t ox_rows_count(const struct ox_rows *rows);                          /* rows: dots */
/* Distinct elements. Cost: O(1); of few rows O(rows^2). */
uint32_t ox_rows_elements(const struct ox_rows *rows);

/* Until the next change of the rows. */
static inline struct ox_bytes ox_row_element(const struct ox_row *row) {
    uint8_t mark = row->tail.bytes[OX_ROW_INLINE_MAX];
    if (mark != OX_ROW_LONG_MARK)
        return (struct ox_bytes){row->tail.bytes, mark};
    struct ox_bytes element = {.size = 0};
    uint32_t size;
    memcpy(&element.data, row->tail.bytes, sizeof element.data);
    memcpy(&size, row->tail.bytes + sizeof row->tail.words[0], sizeof size);
    element.size = size;
    return element;
}
/* The key of an element that is in a row, for as long as it is there. */
static inline struct ox_rows_key ox_rows_key_of_row(const struct ox_row *row) {
    struct ox_rows_key key = {.tail = row->tail};
    if (key.tail.bytes[OX_ROW_INLINE_MAX] != OX_ROW_LONG_MARK)
        return key;
    return ox_rows_key_of(ox_row_element(row));
}
/* A row of the element, any one; NULL when there is none. */
const struct ox_row *ox_rows_find(const struct ox_rows *rows, const struct ox_rows_key *key);
/* Whether a short element has one. */
bool ox_rows_has_short(const struct ox_rows *rows, union ox_row_tail tail);
const struct ox_row *ox_rows_find_dot(const struct ox_rows *rows, struct ox_dot dot);

/* All rows of one element. */
struct ox_rows_match {
    const struct ox_rows *rows;
    const struct ox_rows_key *key;
    uint64_t hash; /* in a tree */
    uint32_t at;
};
struct ox_rows_match ox_rows_match(const struct ox_rows *rows, const struct ox_rows_key *key);
const struct ox_row *ox_rows_match_next(struct ox_rows_match *match); /* NULL behind the last */

/* All rows in order of dots, from the first whose dot is not below a given one. */
struct ox_rows_cursor {
    const struct ox_rows *rows;
    const struct ox_row *at; /* in the leaf at `place` */
    const struct ox_row *end;
    uint32_t place;
};
struct ox_rows_cursor ox_rows_begin(const struct ox_rows *rows);
struct ox_rows_cursor ox_rows_from(const struct ox_rows *rows, struct ox_dot dot);
const struct ox_row *ox_rows_last(const struct ox_rows *rows); /* in that order; or NULL */
bool ox_rows_next_leaf(struct ox_rows_cursor *cursor);         /* false when there is none */
/* NULL behind the last. */
static inline const struct ox_row *ox_rows_next(struct ox_rows_cursor *cursor) {
    do {
        while (cursor->at < cursor->end) {
            const struct ox_row *row = cursor->at++;
            if (row->tail.bytes[OX_ROW_INLINE_MAX] != OX_ROW_DEAD_MARK)
                return row;
        }
    } while (ox_rows_next_leaf(cursor));
    return NULL;
}

/* Room for so many more, where they come in order of dots. Only saves time. */
enum ox_status ox_rows_reserve(struct ox_rows *rows, uint64_t more);
/* A new row. OX_NOOP: the dot is there, with whatever element. OX_NOMEM: as before. */
enum ox_status ox_rows_insert_any(struct ox_rows *rows, struct ox_dot dot,
                                  const struct ox_rows_key *key);
static inline enum ox_status ox_rows_insert(struct ox_rows *rows, struct ox_dot dot,
                                            const struct ox_rows_key *key) {
    struct ox_rows_leaf *leaf = rows->leaf; /* with it there is no tree */
    if (leaf != NULL && leaf->count < leaf->capacity && ox_rows_key_is_short(key) &&
        (leaf->count == 0 || ox_dot_below(leaf->rows[leaf->count - 1].dot, dot))) {
        leaf->rows[leaf->count++] = (struct ox_row){dot, key->tail};
        return OX_OK;
    }
    return ox_rows_insert_any(rows, dot, key);
}
/* The same, unless the element has a row, which is OX_NOOP too: one look-up does both. */
enum ox_status ox_rows_insert_new(struct ox_rows *rows, struct ox_dot dot,
                                  const struct ox_rows_key *key);
/* Another element by a dot that is there. OX_NOMEM: as before. */
enum ox_status ox_rows_replace(struct ox_rows *rows, struct ox_dot dot,
                               const struct ox_rows_key *key);
/* The element's only row gets another dot, above those of the last insertion; or it goes. `before`
 * is the dot that it had. Either needs no memory. OX_NOOP: it has none or several rows, or it is
 * not that simple; nothing is done. */
enum ox_status ox_rows_renew(struct ox_rows *rows, struct ox_dot dot, const struct ox_rows_key *key,
                             struct ox_dot *before);
enum ox_status ox_rows_drop(struct ox_rows *rows, const struct ox_rows_key *key,
                            struct ox_dot *before);
/* Only this row. OX_NOMEM: as before. */
enum ox_status ox_rows_set(struct ox_rows *rows, struct ox_dot dot, const struct ox_rows_key *key);
/* Removes the row of a dot; false when there is none. Any row's address may change. */
bool ox_rows_kill(struct ox_rows *rows, struct ox_dot dot);

/* Whether rows, order and slots agree. */
bool ox_rows_valid(const struct ox_rows *rows, const char **reason);
size_t ox_rows_bytes(const struct ox_rows *rows); /* heap bytes; O(rows) */

#endif
