/* Whether a table of rows is what it says it is, and how much it takes. */
#include "crdt/rows/inside.h"

/* ---- checking ---- */

/* Short elements are compared with what is behind them. */
static bool is_padded(const struct ox_row *row) {
    struct ox_rows_key key = ox_rows_key_of(ox_row_element(row));
    return is_long(&row->tail) || is_element(row, &key);
}

static bool leaf_valid(const struct ox_rows_leaf *leaf, const char **reason) {
    uint32_t dead = 0;
    for (uint32_t i = 0; i < leaf->count; i++) {
        const struct ox_row *row = &leaf->rows[i];
        if (i > 0 && !ox_dot_below(row[-1].dot, row->dot)) {
            *reason = "the dots of a leaf do not ascend";
            return false;
        }
        if (is_dead(row)) {
            dead++;
            continue;
        }
        bool is_sized = is_long(&row->tail) ? long_size(&row->tail) > OX_ROW_INLINE_MAX
                                            : mark_of(&row->tail) <= OX_ROW_INLINE_MAX;
        if (!is_sized || !is_padded(row)) {
            *reason = "a row's element has a wrong size, or is not padded with zeros";
            return false;
        }
    }
    if (leaf->count > leaf->capacity || dead != leaf->dead) {
        *reason = "a leaf miscounts its rows";
        return false;
    }
    return true;
}

/* Whether slots lead to the row, once; adds to `firsts` if it is the first of its element that they
 * lead to. */
static bool found_valid(const struct ox_rows_tree *tree, const struct ox_row *row, uint32_t *firsts,
                        const char **reason) {
    struct ox_rows_key key = ox_rows_key_of_row(row);
    uint64_t hash = hash_of_key(&key);
    uint32_t at = ox_slots_begin(&tree->slots, hash);
    uint32_t met = 0;
    const struct ox_row *first = NULL;
    for (const struct ox_row *same; (same = tree_find(tree, &key, hash, &at)) != NULL;) {
        if (first == NULL)
            first = same;
        met += same == row;
    }
    *firsts += first == row;
    if (met != 1) {
        *reason = "a row is not found by its element, or twice";
        return false;
    }
    return true;
}

static bool tree_leaf_valid(const struct ox_rows_tree *tree, uint32_t place, const char **reason) {
    const struct place *here = &tree->places[place];
    const struct ox_rows_leaf *leaf = here->leaf;
    if (leaf->count == 0 || is_dead(&leaf->rows[leaf->count - 1])) {
        *reason = "a leaf is empty, or has a dead row at its end";
        return false;
    }
    if (ox_dot_below(leaf->rows[0].dot, here->first) ||
        (place + 1 < tree->place_count &&
         !ox_dot_below(leaf->rows[leaf->count - 1].dot, here[1].first))) {
        *reason = "a leaf's dots are outside its place";
        return false;
    }
    if (leaf->seat >= tree->seat_count || tree->seats[leaf->seat].leaf != leaf) {
        *reason = "a leaf is not in its seat";
        return false;
    }
    return leaf_valid(leaf, reason);
}

static bool tree_valid(const struct ox_rows_tree *tree, const char **reason) {
    uint32_t free_seats = 0;
    for (uintptr_t seat = tree->free_seat;
         seat != tree->seat_count && free_seats <= tree->seat_count;
         seat = tree->seats[seat].next_free)
        free_seats++;
    if (tree->place_count == 0 || tree->recent >= tree->place_count ||
        tree->seat_count != tree->place_count + free_seats) {
        *reason = "the seats of a tree are not those of its leaves and the free ones";
        return false;
    }
    if (tree->slots.used + tree->slots.left > tree->slots.limit) {
        *reason = "the slots of a tree are too full";
        return false;
    }
    uint32_t rows = 0;
    uint32_t firsts = 0;
    for (uint32_t i = 0; i < tree->place_count; i++) {
        const struct ox_rows_leaf *leaf = tree->places[i].leaf;
        if (!tree_leaf_valid(tree, i, reason))
            return false;
        rows += leaf->count - leaf->dead;
        for (uint32_t k = 0; k < leaf->count; k++)
            if (!is_dead(&leaf->rows[k]) && !found_valid(tree, &leaf->rows[k], &firsts, reason))
                return false;
    }
    if (rows != tree->rows || rows != tree->slots.used || firsts != tree->elements) {
        *reason = "a tree miscounts its rows, its slots or its elements";
        return false;
    }
    return true;
}

bool ox_rows_valid(const struct ox_rows *rows, const char **reason) {
    if (rows->tree != NULL && !tree_valid(rows->tree, reason))
        return false;
    if (rows->leaf != NULL && (rows->leaf->dead != 0 || !leaf_valid(rows->leaf, reason))) {
        *reason = rows->leaf->dead != 0 ? "few rows have a dead one" : *reason;
        return false;
    }
    return true;
}

static size_t leaf_bytes(const struct ox_rows_leaf *leaf) {
    size_t bytes = leaf_size(leaf->capacity);
    for (uint32_t i = 0; i < leaf->count; i++)
        if (mark_of(&leaf->rows[i].tail) == OX_ROW_LONG_MARK)
            bytes += long_size(&leaf->rows[i].tail);
    return bytes;
}

size_t ox_rows_bytes(const struct ox_rows *rows) {
    const struct ox_rows_tree *tree = rows->tree;
    size_t bytes = rows->leaf != NULL ? leaf_bytes(rows->leaf) : 0;
    if (tree == NULL)
        return bytes;
    for (uint32_t i = 0; i < tree->place_count; i++)
        bytes += leaf_bytes(tree->places[i].leaf);
    return bytes + sizeof *tree + tree->place_capacity * sizeof *tree->places +
           tree->seat_capacity * sizeof *tree->seats + ox_slots_bytes(&tree->slots);
}
