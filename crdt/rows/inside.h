/* rows/inside.h - what a table of rows is made of: for rows.c and rows/ only.
 *
 * The way in is by dot or by element:
 *
 *     dot      -> place -> leaf -> row     places and rows by binary search; a row is never further
 *                                          from either end of its leaf than the dots between, so
 *                                          that where none is missing there is no search at all
 *     element  -> slots -> seat -> row
 *
 * A slot's number is seat * 256 + row. Seats are given to leaves in order of their making and taken
 * again when a leaf goes, so that places can be shifted without touching any slot.
 */
#ifndef OXBOW_CRDT_ROWS_INSIDE_H
#define OXBOW_CRDT_ROWS_INSIDE_H

#include "crdt/rows/element.h"
#include "crdt/slots.h"

enum {
    FEW = 16,          /* rows without a tree */
    AHEAD = 86,        /* rows more that a new tree has slots for */
    LEAF_ROWS_LOG = 8, /* of a leaf */
    LEAF_ROWS = 1 << LEAF_ROWS_LOG,
    SHIFTED_MAX = 16 /* rows that may be moved to make room inside a leaf */
};

struct place {
    struct ox_dot first; /* not above the leaf's dots, and above those of the leaf before */
    struct ox_rows_leaf *leaf;
};

union seat {
    struct ox_rows_leaf *leaf;
    uintptr_t next_free; /* a seat's number; that of the first never used ends the chain */
};

struct ox_rows_tree {
    struct place *places;
    uint32_t place_count, place_capacity;
    uint32_t recent; /* the place of the last insertion */
    union seat *seats;
    uint32_t seat_count, seat_capacity; /* seats ever used at once */
    uint32_t free_seat;                 /* seat_count: none */
    uint32_t rows;
    uint32_t elements;
    struct ox_slots slots;
};

static inline bool is_dead(const struct ox_row *row) {
    return mark_of(&row->tail) == OX_ROW_DEAD_MARK;
}

/* ---- leaves and trees ---- */

static inline size_t leaf_size(uint32_t capacity) {
    return sizeof(struct ox_rows_leaf) + capacity * sizeof(struct ox_row);
}

static inline struct ox_rows_leaf *leaf_of(const struct ox_rows_tree *tree, uint32_t number) {
    return tree->seats[number >> LEAF_ROWS_LOG].leaf;
}

static inline struct ox_row *row_of(const struct ox_rows_tree *tree, uint32_t number) {
    return &leaf_of(tree, number)->rows[number & (LEAF_ROWS - 1)];
}

/* The next row of the element from where its look-up stands; NULL when there is no more. */
static inline const struct ox_row *tree_find(const struct ox_rows_tree *tree,
                                             const struct ox_rows_key *key, uint64_t hash,
                                             uint32_t *at) {
    for (;;) {
        uint32_t number = ox_slots_next(&tree->slots, hash, at);
        if (number == OX_SLOT_NONE)
            return NULL;
        const struct ox_row *row = row_of(tree, number);
        if (is_element(row, key))
            return row;
    }
}

static inline uint32_t number_of(const struct ox_rows_leaf *leaf, uint32_t at) {
    return leaf->seat << LEAF_ROWS_LOG | at;
}

/* The leaf whose end a dot belongs to, if that is where the last insertion was and there is room:
 * what nearly every update finds. */
static inline struct ox_rows_leaf *open_end(const struct ox_rows_tree *tree, struct ox_dot dot) {
    const struct place *place = &tree->places[tree->recent];
    struct ox_rows_leaf *leaf = place->leaf;
    bool fits = leaf->count < leaf->capacity && ox_slots_fit(&tree->slots, 1, 0) &&
                ox_dot_below(leaf->rows[leaf->count - 1].dot, dot) &&
                (tree->recent + 1 == tree->place_count || ox_dot_below(dot, place[1].first));
    return fits ? leaf : NULL;
}

/* An element's first row at an open end, its number in the slot at `at`, which is free. */
static inline void append_first(struct ox_rows_tree *tree, struct ox_rows_leaf *leaf,
                                struct ox_dot dot, const union ox_row_tail *tail, uint64_t hash,
                                uint32_t at) {
    struct ox_row *row = &leaf->rows[leaf->count];
    ox_slots_put(&tree->slots, hash, number_of(leaf, leaf->count), at);
    *row = (struct ox_row){dot, *tail};
    leaf->count++;
    tree->rows++;
    tree->elements++;
}

/* ---- the long ways, where the short ones of rows/short.c do not lead on ---- */
bool ox_rows_search_short(const struct ox_rows *rows, union ox_row_tail tail);
enum ox_status ox_rows_insert_unless(struct ox_rows *rows, struct ox_dot dot,
                                     const struct ox_rows_key *key);

#endif
