/* Inserting, removing and looking: few rows in one leaf, many in a tree of two levels. How they lie
 * and how they are found is told in rows/inside.h.
 */
#include "crdt/rows/inside.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>

/* ---- leaves ---- */

static bool dot_equal(struct ox_dot a, struct ox_dot b) {
    return a.replica == b.replica && a.n == b.n;
}

/* The first row whose dot is not below. Dots of one replica are at least one apart, so from either
 * end a row is at most as far as its number says. */
static uint32_t leaf_search(const struct ox_rows_leaf *leaf, struct ox_dot dot) {
    uint32_t low = 0;
    uint32_t high = leaf->count;
    struct ox_dot first = leaf->rows[0].dot;
    struct ox_dot last = leaf->rows[--high].dot;
    if (first.replica == dot.replica && dot.n >= first.n && dot.n - first.n < high)
        high = (uint32_t)(dot.n - first.n);
    if (last.replica == dot.replica && last.n - dot.n < high)
        low = leaf->count - 1 - (uint32_t)(last.n - dot.n);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ox_dot_below(leaf->rows[middle].dot, dot))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Most dots that come are the last. */
static inline uint32_t leaf_bound(const struct ox_rows_leaf *leaf, struct ox_dot dot) {
    uint32_t count = leaf->count;
    return count == 0 || ox_dot_below(leaf->rows[count - 1].dot, dot) ? count
                                                                      : leaf_search(leaf, dot);
}

static struct ox_rows_leaf *leaf_new(uint32_t capacity) {
    assert(capacity > 0);
    struct ox_rows_leaf *leaf = malloc(leaf_size(capacity));
    if (leaf != NULL)
        *leaf = (struct ox_rows_leaf){.capacity = capacity};
    return leaf;
}

/* The leaf with another capacity; NULL when there is no memory: it is as before. */
static struct ox_rows_leaf *leaf_resize(struct ox_rows_leaf *leaf, uint32_t capacity) {
    struct ox_rows_leaf *resized = realloc(leaf, leaf_size(capacity));
    if (resized != NULL)
        resized->capacity = capacity;
    return resized;
}

static void leaf_free(struct ox_rows_leaf *leaf) {
    if (leaf == NULL)
        return;
    for (uint32_t i = 0; i < leaf->count; i++)
        row_free(&leaf->rows[i]);
    free(leaf);
}

/* ---- few rows: one leaf ---- */

static enum ox_status few_grow(struct ox_rows *rows, uint32_t more) {
    uint32_t count = rows->leaf == NULL ? 0 : rows->leaf->count;
    uint32_t capacity = rows->leaf == NULL ? 0 : rows->leaf->capacity;
    uint32_t wanted = capacity < 4 ? count + more : capacity + capacity / 2;
    if (wanted < count + more)
        wanted = count + more;
    if (wanted > FEW)
        wanted = FEW;
    struct ox_rows_leaf *leaf =
        rows->leaf == NULL ? leaf_new(wanted) : leaf_resize(rows->leaf, wanted);
    if (leaf == NULL)
        return OX_NOMEM;
    rows->leaf = leaf;
    return OX_OK;
}

static inline enum ox_status few_reserve(struct ox_rows *rows, uint32_t more) {
    bool fits = rows->leaf != NULL && more <= rows->leaf->capacity - rows->leaf->count;
    return fits ? OX_OK : few_grow(rows, more);
}

/* Room was reserved. */
static inline enum ox_status few_insert(struct ox_rows_leaf *leaf, const struct ox_row *row) {
    uint32_t at = leaf_bound(leaf, row->dot);
    assert(leaf->count < leaf->capacity);
    if (at < leaf->count) {
        if (dot_equal(leaf->rows[at].dot, row->dot))
            return OX_NOOP;
        memmove(leaf->rows + at + 1, leaf->rows + at, (leaf->count - at) * sizeof *row);
    }
    leaf->rows[at] = *row;
    leaf->count++;
    return OX_OK;
}

static void few_erase(struct ox_rows_leaf *leaf, uint32_t at) {
    row_free(&leaf->rows[at]);
    leaf->count--;
    memmove(leaf->rows + at, leaf->rows + at + 1, (leaf->count - at) * sizeof *leaf->rows);
}

/* ---- many rows: places, seats, slots ---- */

static bool place_holds(const struct ox_rows_tree *tree, uint32_t place, struct ox_dot dot) {
    return !ox_dot_below(dot, tree->places[place].first) &&
           (place + 1 == tree->place_count || ox_dot_below(dot, tree->places[place + 1].first));
}

static uint32_t place_search(const struct ox_rows_tree *tree, struct ox_dot dot) {
    uint32_t low = 1;
    uint32_t high = tree->place_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ox_dot_below(dot, tree->places[middle].first))
            high = middle;
        else
            low = middle + 1;
    }
    return low - 1;
}

/* The last place whose first dot is not above; the first of all, when all are. */
static inline uint32_t place_of(const struct ox_rows_tree *tree, struct ox_dot dot) {
    return place_holds(tree, tree->recent, dot) ? tree->recent : place_search(tree, dot);
}

static void tree_free(struct ox_rows_tree *tree) {
    if (tree == NULL)
        return;
    for (uint32_t i = 0; i < tree->place_count; i++)
        leaf_free(tree->places[i].leaf);
    free(tree->places);
    free(tree->seats);
    ox_slots_free(&tree->slots);
    free(tree);
}

static uint64_t numbers_of(uint32_t seats) {
    return (uint64_t)seats << LEAF_ROWS_LOG;
}

/* Slots made anew, for so many rows in all. */
static enum ox_status tree_rehash(struct ox_rows_tree *tree, uint64_t rows) {
    struct ox_slots fresh = {0};
    uint64_t numbers = numbers_of(tree->seat_capacity) + 2 * rows; /* seats of leaves to come */
    enum ox_status status = ox_slots_make(&fresh, rows, numbers);
    if (status != OX_OK)
        return status;
    for (uint32_t i = 0; i < tree->place_count; i++) {
        const struct ox_rows_leaf *leaf = tree->places[i].leaf;
        for (uint32_t k = 0; k < leaf->count; k++)
            if (!is_dead(&leaf->rows[k]))
                ox_slots_insert(&fresh, hash_of_row(&leaf->rows[k]), number_of(leaf, k));
    }
    ox_slots_free(&tree->slots);
    tree->slots = fresh;
    return OX_OK;
}

/* Room for one more leaf. */
static enum ox_status tree_reserve_seat(struct ox_rows_tree *tree) {
    if (tree->place_count == tree->place_capacity) {
        struct place *places = ox_array_grow(tree->places, &tree->place_capacity,
                                             (uint64_t)tree->place_count + 1, sizeof *places);
        if (places == NULL)
            return OX_NOMEM;
        tree->places = places;
    }
    if (tree->free_seat == tree->seat_capacity) {
        union seat *seats = ox_array_grow(tree->seats, &tree->seat_capacity,
                                          (uint64_t)tree->seat_capacity + 1, sizeof *seats);
        if (seats == NULL)
            return OX_NOMEM;
        tree->seats = seats;
    }
    if (ox_slots_fit(&tree->slots, 0, numbers_of(tree->seat_capacity)))
        return OX_OK;
    return tree_rehash(tree, (uint64_t)tree->rows * 2);
}

static enum ox_status tree_grow_rows(struct ox_rows_tree *tree, uint64_t more) {
    uint64_t need = tree->rows + more;
    uint64_t ahead = ox_slots_ahead(tree->rows);
    return tree_rehash(tree, need > ahead ? need : ahead);
}

static inline enum ox_status tree_reserve_rows(struct ox_rows_tree *tree, uint64_t more) {
    return ox_slots_fit(&tree->slots, more, 0) ? OX_OK : tree_grow_rows(tree, more);
}

/* The leaf takes a seat, and the place at `at`; room was reserved. */
static void tree_add_leaf(struct ox_rows_tree *tree, uint32_t at, struct ox_dot first,
                          struct ox_rows_leaf *leaf) {
    leaf->seat = tree->free_seat;
    if (tree->free_seat == tree->seat_count)
        tree->free_seat = ++tree->seat_count;
    else
        tree->free_seat = (uint32_t)tree->seats[leaf->seat].next_free;
    tree->seats[leaf->seat].leaf = leaf;
    memmove(tree->places + at + 1, tree->places + at,
            (tree->place_count - at) * sizeof *tree->places);
    tree->places[at] = (struct place){first, leaf};
    tree->place_count++;
}

static void tree_remove_leaf(struct ox_rows_tree *tree, uint32_t at) {
    struct ox_rows_leaf *leaf = tree->places[at].leaf;
    tree->seats[leaf->seat].next_free = tree->free_seat;
    tree->free_seat = leaf->seat;
    tree->place_count--;
    memmove(tree->places + at, tree->places + at + 1,
            (tree->place_count - at) * sizeof *tree->places);
    tree->recent = 0;
    leaf_free(leaf);
}

static enum ox_status tree_resize_leaf(struct ox_rows_tree *tree, uint32_t place,
                                       uint32_t capacity) {
    struct ox_rows_leaf *leaf = leaf_resize(tree->places[place].leaf, capacity);
    if (leaf == NULL)
        return OX_NOMEM;
    tree->places[place].leaf = leaf;
    tree->seats[leaf->seat].leaf = leaf;
    return OX_OK;
}

/* Moves a row to a place that is free. */
static void tree_move_row(struct ox_rows_tree *tree, const struct ox_rows_leaf *from, uint32_t i,
                          struct ox_rows_leaf *to, uint32_t k) {
    const struct ox_row *row = &from->rows[i];
    if (!is_dead(row))
        ox_slots_change(&tree->slots, hash_of_row(row), number_of(from, i), number_of(to, k));
    to->rows[k] = *row;
}

/* ---- inserting into a tree ---- */

/* Where a new row goes; ready to be written. */
struct target {
    struct ox_rows_leaf *leaf;
    uint32_t at;
};

/* A row more at the end of a leaf, or before `at` where few stand behind. */
static enum ox_status make_room_inside(struct ox_rows_tree *tree, uint32_t place, uint32_t at) {
    struct ox_rows_leaf *leaf = tree->places[place].leaf;
    if (leaf->count == leaf->capacity) {
        uint32_t capacity = leaf->capacity * 2 < LEAF_ROWS ? leaf->capacity * 2 : LEAF_ROWS;
        if (tree_resize_leaf(tree, place, capacity) != OX_OK)
            return OX_NOMEM;
        leaf = tree->places[place].leaf;
    }
    for (uint32_t i = leaf->count; i > at; i--)
        tree_move_row(tree, leaf, i - 1, leaf, i);
    leaf->count++;
    return OX_OK;
}

/* A leaf of its own, at the place `place`. */
static enum ox_status make_room_beside(struct ox_rows_tree *tree, uint32_t place, struct ox_dot dot,
                                       uint32_t capacity) {
    struct ox_rows_leaf *leaf = tree_reserve_seat(tree) == OX_OK ? leaf_new(capacity) : NULL;
    if (leaf == NULL)
        return OX_NOMEM;
    tree_add_leaf(tree, place, dot, leaf);
    leaf->count = 1;
    return OX_OK;
}

/* The rows from `at` on go into a leaf of their own, so that the new one is the last of its leaf:
 * from now on its replica's updates come to an end. */
static enum ox_status make_room_by_split(struct ox_rows_tree *tree, uint32_t place, uint32_t at) {
    struct ox_rows_leaf *leaf = tree->places[place].leaf;
    uint32_t moved = leaf->count - at;
    struct ox_rows_leaf *right = tree_reserve_seat(tree) == OX_OK ? leaf_new(moved) : NULL;
    if (right == NULL)
        return OX_NOMEM;
    tree_add_leaf(tree, place + 1, leaf->rows[at].dot, right);
    for (uint32_t i = 0; i < moved; i++) {
        bool dead = is_dead(&leaf->rows[at + i]);
        tree_move_row(tree, leaf, at + i, right, i);
        right->dead += dead;
        leaf->dead -= dead;
    }
    right->count = moved;
    leaf->count = at + 1;
    return OX_OK;
}

static enum ox_status make_room_at(struct ox_rows_tree *tree, struct ox_dot dot, uint32_t place,
                                   uint32_t at, struct target *target) {
    struct ox_rows_leaf *leaf = tree->places[place].leaf;
    enum ox_status status = OX_OK;
    if (at < leaf->count && is_dead(&leaf->rows[at])) {
        leaf->dead--;
    } else if (at < leaf->count && dot_equal(leaf->rows[at].dot, dot)) {
        status = OX_NOOP;
    } else if (leaf->count < LEAF_ROWS && leaf->count - at <= SHIFTED_MAX) {
        status = make_room_inside(tree, place, at);
    } else if (at == leaf->count) {
        uint32_t capacity = tree->rows / 4 < LEAF_ROWS ? tree->rows / 4 : LEAF_ROWS;
        status = make_room_beside(tree, ++place, dot, capacity);
        at = 0;
    } else if (at == 0) {
        tree->places[place].first = leaf->rows[0].dot;
        status = make_room_beside(tree, place, dot, SHIFTED_MAX);
    } else {
        status = make_room_by_split(tree, place, at);
    }
    if (status != OX_OK)
        return status;
    if (ox_dot_below(dot, tree->places[place].first))
        tree->places[place].first = dot;
    tree->recent = place;
    *target = (struct target){tree->places[place].leaf, at};
    return OX_OK;
}

static enum ox_status tree_insert(struct ox_rows_tree *tree, struct ox_dot dot,
                                  const struct ox_rows_key *key, uint64_t hash) {
    struct ox_row row;
    struct target target;
    enum ox_status status = row_make(&row, dot, key);
    if (status != OX_OK)
        return status;
    status = tree_reserve_rows(tree, 1);
    if (status == OX_OK) {
        uint32_t place = place_of(tree, dot);
        status = make_room_at(tree, dot, place, leaf_bound(tree->places[place].leaf, dot), &target);
    }
    if (status != OX_OK) {
        row_free(&row);
        return status;
    }
    target.leaf->rows[target.at] = row;
    tree->rows++;
    ox_slots_insert(&tree->slots, hash, number_of(target.leaf, target.at));
    return OX_OK;
}

static bool tree_has(const struct ox_rows_tree *tree, const struct ox_rows_key *key,
                     uint64_t hash) {
    uint32_t at = ox_slots_begin(&tree->slots, hash);
    return tree_find(tree, key, hash, &at) != NULL;
}

/* `only_first`: unless the element has a row. */
static enum ox_status tree_add(struct ox_rows_tree *tree, struct ox_dot dot,
                               const struct ox_rows_key *key, bool only_first) {
    uint64_t hash = hash_of_key(key);
    uint32_t at = ox_slots_begin(&tree->slots, hash);
    bool first = tree_find(tree, key, hash, &at) == NULL; /* then the slot at `at` is free */
    if (only_first && !first)
        return OX_NOOP;
    struct ox_rows_leaf *leaf = first && ox_rows_key_is_short(key) ? open_end(tree, dot) : NULL;
    if (leaf != NULL) {
        append_first(tree, leaf, dot, &key->tail, hash, at);
        return OX_OK;
    }
    enum ox_status status = tree_insert(tree, dot, key, hash);
    tree->elements += first && status == OX_OK;
    return status;
}

/* The rows outgrow their one leaf: it becomes the first of a tree. */
static enum ox_status plant(struct ox_rows *rows, uint64_t more) {
    struct ox_rows_leaf *leaf = rows->leaf;
    struct ox_rows_tree *tree = calloc(1, sizeof *tree);
    assert(leaf->count > 0);
    if (tree == NULL || tree_reserve_seat(tree) != OX_OK ||
        tree_rehash(tree, leaf->count + more) != OX_OK) {
        tree_free(tree);
        return OX_NOMEM;
    }
    tree_add_leaf(tree, 0, leaf->rows[0].dot, leaf);
    for (uint32_t i = 0; i < leaf->count; i++) {
        struct ox_rows_key key = ox_rows_key_of_row(&leaf->rows[i]);
        uint64_t hash = hash_of_key(&key);
        tree->elements += !tree_has(tree, &key, hash);
        ox_slots_insert(&tree->slots, hash, number_of(leaf, i));
    }
    tree->rows = leaf->count;
    *rows = (struct ox_rows){.tree = tree};
    return OX_OK;
}

/* ---- removing from a tree ---- */

/* Moves the living rows of a leaf together, and gives memory back where that works. */
static void tree_compact(struct ox_rows_tree *tree, uint32_t place) {
    struct ox_rows_leaf *leaf = tree->places[place].leaf;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < leaf->count; i++) {
        if (is_dead(&leaf->rows[i]))
            continue;
        if (i != kept)
            tree_move_row(tree, leaf, i, leaf, kept);
        kept++;
    }
    leaf->count = kept;
    leaf->dead = 0;
    if (leaf->capacity / 2 > kept)
        (void)tree_resize_leaf(tree, place, kept + kept / 4);
}

/* The row at `at` of a leaf, which no slot leads to any more. */
static void bury(struct ox_rows *rows, struct ox_rows_leaf *leaf, uint32_t at) {
    struct ox_rows_tree *tree = rows->tree;
    struct ox_row *row = &leaf->rows[at];
    row_free(row);
    row->tail = (union ox_row_tail){.bytes = {[OX_ROW_INLINE_MAX] = OX_ROW_DEAD_MARK}};
    tree->rows--;
    leaf->dead++;
    while (leaf->count > 0 && is_dead(&leaf->rows[leaf->count - 1])) {
        leaf->count--;
        leaf->dead--;
    }
    if (tree->rows == 0) {
        tree_free(tree);
        rows->tree = NULL;
        return;
    }
    if (leaf->count == 0)
        tree_remove_leaf(tree, place_of(tree, row->dot));
    else if (leaf->dead > leaf->count / 3)
        tree_compact(tree, place_of(tree, row->dot));
    if (ox_slots_sparse(&tree->slots))
        (void)tree_rehash(tree, (uint64_t)tree->rows * 2); /* else it stays as large as it is */
}

/* The slot of a row; one element less if that was its only one. */
static uint32_t slot_of(struct ox_rows_tree *tree, const struct ox_row *row, uint32_t number) {
    struct ox_rows_key key = ox_rows_key_of_row(row);
    uint64_t hash = hash_of_key(&key);
    uint32_t at = ox_slots_begin(&tree->slots, hash);
    uint32_t slot = OX_SLOT_NONE;
    bool alone = true;
    for (uint32_t next; (next = ox_slots_next(&tree->slots, hash, &at)) != OX_SLOT_NONE;)
        if (next == number)
            slot = ox_slots_before(&tree->slots, at);
        else if (is_element(row_of(tree, next), &key))
            alone = false;
    assert(slot != OX_SLOT_NONE);
    tree->elements -= alone;
    return slot;
}

static void tree_kill(struct ox_rows *rows, struct ox_rows_leaf *leaf, uint32_t at) {
    struct ox_rows_tree *tree = rows->tree;
    ox_slots_clear(&tree->slots, slot_of(tree, &leaf->rows[at], number_of(leaf, at)));
    bury(rows, leaf, at);
}

/* The slot of the only row of an element; OX_SLOT_NONE: it has none, or several. */
static uint32_t only_slot(const struct ox_rows_tree *tree, const struct ox_rows_key *key,
                          struct ox_dot *dot) {
    uint64_t hash = hash_of_key(key);
    uint32_t at = ox_slots_begin(&tree->slots, hash);
    const struct ox_row *row = tree_find(tree, key, hash, &at);
    uint32_t slot = ox_slots_before(&tree->slots, at);
    if (row == NULL || tree_find(tree, key, hash, &at) != NULL)
        return OX_SLOT_NONE;
    *dot = row->dot;
    return slot;
}

static uint32_t number_in(const struct ox_slots *slots, uint32_t slot) {
    return slots->slots[slot] & slots->number;
}

enum ox_status ox_rows_renew(struct ox_rows *rows, struct ox_dot dot, const struct ox_rows_key *key,
                             struct ox_dot *before) {
    struct ox_rows_tree *tree = rows->tree;
    struct ox_rows_leaf *leaf = tree != NULL && !is_long(&key->tail) ? open_end(tree, dot) : NULL;
    uint32_t slot = leaf != NULL ? only_slot(tree, key, before) : OX_SLOT_NONE;
    if (slot == OX_SLOT_NONE)
        return OX_NOOP;
    uint32_t number = number_in(&tree->slots, slot);
    ox_slots_renumber(&tree->slots, slot, number_of(leaf, leaf->count));
    leaf->rows[leaf->count++] = (struct ox_row){dot, key->tail};
    tree->rows++;
    bury(rows, leaf_of(tree, number), number & (LEAF_ROWS - 1));
    return OX_OK;
}

enum ox_status ox_rows_drop(struct ox_rows *rows, const struct ox_rows_key *key,
                            struct ox_dot *before) {
    struct ox_rows_tree *tree = rows->tree;
    uint32_t slot = tree != NULL ? only_slot(tree, key, before) : OX_SLOT_NONE;
    if (slot == OX_SLOT_NONE)
        return OX_NOOP;
    uint32_t number = number_in(&tree->slots, slot);
    ox_slots_clear(&tree->slots, slot);
    tree->elements--;
    bury(rows, leaf_of(tree, number), number & (LEAF_ROWS - 1));
    return OX_OK;
}

/* ---- all rows ---- */

void ox_rows_free(struct ox_rows *rows) {
    leaf_free(rows->leaf);
    tree_free(rows->tree);
    *rows = (struct ox_rows){0};
}

void ox_rows_clear_any(struct ox_rows *rows) {
    tree_free(rows->tree);
    rows->tree = NULL;
    if (rows->leaf == NULL)
        return;
    for (uint32_t i = 0; i < rows->leaf->count; i++)
        row_free(&rows->leaf->rows[i]);
    rows->leaf->count = 0;
}

uint32_t ox_rows_count(const struct ox_rows *rows) {
    if (rows->tree != NULL)
        return rows->tree->rows;
    return rows->leaf != NULL ? rows->leaf->count : 0;
}

uint32_t ox_rows_elements(const struct ox_rows *rows) {
    if (rows->tree != NULL)
        return rows->tree->elements;
    uint32_t elements = 0;
    struct ox_rows_cursor all = ox_rows_begin(rows);
    for (const struct ox_row *row; (row = ox_rows_next(&all)) != NULL;) {
        struct ox_rows_key key = ox_rows_key_of_row(row);
        elements += ox_rows_find(rows, &key) == row; /* the first of its element */
    }
    return elements;
}

enum ox_status ox_rows_reserve(struct ox_rows *rows, uint64_t more) {
    uint64_t need = ox_rows_count(rows) + more;
    if (need > UINT32_MAX / 2)
        return OX_NOMEM;
    if (more == 0)
        return OX_OK;
    if (rows->tree != NULL)
        return tree_reserve_rows(rows->tree, more);
    if (need <= FEW)
        return few_reserve(rows, (uint32_t)more);
    return ox_rows_count(rows) == 0 ? few_reserve(rows, FEW) : plant(rows, more);
}

static enum ox_status few_add(struct ox_rows *rows, struct ox_dot dot,
                              const struct ox_rows_key *key) {
    struct ox_row row;
    enum ox_status status = few_reserve(rows, 1);
    if (status == OX_OK)
        status = row_make(&row, dot, key);
    if (status != OX_OK)
        return status;
    status = few_insert(rows->leaf, &row);
    if (status != OX_OK)
        row_free(&row);
    return status;
}

static enum ox_status insert(struct ox_rows *rows, struct ox_dot dot, const struct ox_rows_key *key,
                             bool only_first) {
    if (rows->tree != NULL)
        return tree_add(rows->tree, dot, key, only_first);
    if (only_first && ox_rows_find(rows, key) != NULL)
        return OX_NOOP;
    if (ox_rows_count(rows) < FEW)
        return few_add(rows, dot, key);
    enum ox_status status = plant(rows, AHEAD);
    return status == OX_OK ? tree_add(rows->tree, dot, key, only_first) : status;
}

enum ox_status ox_rows_insert_any(struct ox_rows *rows, struct ox_dot dot,
                                  const struct ox_rows_key *key) {
    return insert(rows, dot, key, false);
}

enum ox_status ox_rows_insert_unless(struct ox_rows *rows, struct ox_dot dot,
                                     const struct ox_rows_key *key) {
    return insert(rows, dot, key, true);
}

/* A leaf of just so many rows as there are. */
static struct ox_rows_leaf *leaf_copy(const struct ox_rows_leaf *from) {
    struct ox_rows_leaf *to = leaf_new(from->count);
    if (to == NULL)
        return NULL;
    *to = (struct ox_rows_leaf){0, from->dead, from->count, from->seat};
    for (; to->count < from->count; to->count++) {
        struct ox_rows_key key = ox_rows_key_of_row(&from->rows[to->count]);
        if (row_make(&to->rows[to->count], from->rows[to->count].dot, &key) != OX_OK) {
            leaf_free(to);
            return NULL;
        }
    }
    return to;
}

/* The same leaves in the same seats, so that the slots may be copied too. */
static struct ox_rows_tree *tree_copy(const struct ox_rows_tree *from) {
    struct ox_rows_tree *to = malloc(sizeof *to);
    if (to == NULL)
        return NULL;
    *to = *from;
    to->place_count = 0;
    to->place_capacity = from->place_count;
    to->seat_capacity = from->seat_count;
    to->slots = (struct ox_slots){0};
    to->places = malloc(to->place_capacity * sizeof *to->places);
    to->seats = malloc(to->seat_capacity * sizeof *to->seats);
    bool good =
        to->places != NULL && to->seats != NULL && ox_slots_copy(&to->slots, &from->slots) == OX_OK;
    if (good)
        memcpy(to->seats, from->seats, from->seat_count * sizeof *to->seats);
    for (uint32_t i = 0; i < from->place_count && good; i++) {
        struct ox_rows_leaf *leaf = leaf_copy(from->places[i].leaf);
        good = leaf != NULL;
        if (!good)
            break;
        to->places[to->place_count++] = (struct place){from->places[i].first, leaf};
        to->seats[leaf->seat].leaf = leaf;
    }
    if (good)
        return to;
    tree_free(to);
    return NULL;
}

enum ox_status ox_rows_copy(struct ox_rows *to, const struct ox_rows *from) {
    struct ox_rows copy = {0};
    if (from->tree != NULL)
        copy.tree = tree_copy(from->tree);
    else if (from->leaf != NULL && from->leaf->count > 0)
        copy.leaf = leaf_copy(from->leaf);
    if (copy.tree == NULL && copy.leaf == NULL && ox_rows_count(from) > 0)
        return OX_NOMEM;
    ox_rows_free(to);
    *to = copy;
    return OX_OK;
}

/* Where the row of a dot is; false when there is none. */
static bool locate(const struct ox_rows *rows, struct ox_dot dot, uint32_t *place,
                   struct target *found) {
    *place = rows->tree != NULL ? place_of(rows->tree, dot) : 0;
    found->leaf = rows->tree != NULL ? rows->tree->places[*place].leaf : rows->leaf;
    if (found->leaf == NULL)
        return false;
    found->at = leaf_bound(found->leaf, dot);
    return found->at < found->leaf->count && dot_equal(found->leaf->rows[found->at].dot, dot) &&
           !is_dead(&found->leaf->rows[found->at]);
}

const struct ox_row *ox_rows_find_dot(const struct ox_rows *rows, struct ox_dot dot) {
    uint32_t place;
    struct target found;
    return locate(rows, dot, &place, &found) ? &found.leaf->rows[found.at] : NULL;
}

bool ox_rows_kill(struct ox_rows *rows, struct ox_dot dot) {
    uint32_t place;
    struct target found;
    if (!locate(rows, dot, &place, &found))
        return false;
    if (rows->tree != NULL)
        tree_kill(rows, found.leaf, found.at);
    else
        few_erase(found.leaf, found.at);
    return true;
}

enum ox_status ox_rows_replace(struct ox_rows *rows, struct ox_dot dot,
                               const struct ox_rows_key *key) {
    uint32_t place;
    struct target found;
    struct ox_row row;
    bool is_there = locate(rows, dot, &place, &found);
    assert(is_there);
    (void)is_there;
    if (row_make(&row, dot, key) != OX_OK)
        return OX_NOMEM;
    struct ox_row *old = &found.leaf->rows[found.at];
    if (rows->tree != NULL) {
        struct ox_rows_tree *tree = rows->tree;
        uint64_t hash = hash_of_key(key);
        ox_slots_clear(&tree->slots, slot_of(tree, old, number_of(found.leaf, found.at)));
        tree->elements += !tree_has(tree, key, hash);
        ox_slots_insert(&tree->slots, hash, number_of(found.leaf, found.at));
    }
    row_free(old);
    *old = row;
    return OX_OK;
}

enum ox_status ox_rows_set(struct ox_rows *rows, struct ox_dot dot, const struct ox_rows_key *key) {
    struct ox_row row;
    if (row_make(&row, dot, key) != OX_OK)
        return OX_NOMEM;
    if (rows->leaf == NULL && (rows->leaf = leaf_new(1)) == NULL) {
        row_free(&row);
        return OX_NOMEM;
    }
    ox_rows_clear(rows);
    rows->leaf->rows[0] = row;
    rows->leaf->count = 1;
    return OX_OK;
}

/* ---- looking ---- */

static struct ox_rows_cursor cursor_at(const struct ox_rows *rows, uint32_t place) {
    const struct ox_rows_leaf *leaf =
        rows->tree != NULL ? rows->tree->places[place].leaf : rows->leaf;
    if (leaf == NULL)
        return (struct ox_rows_cursor){.rows = rows};
    return (struct ox_rows_cursor){rows, leaf->rows, leaf->rows + leaf->count, place};
}

struct ox_rows_cursor ox_rows_begin(const struct ox_rows *rows) {
    return cursor_at(rows, 0);
}

struct ox_rows_cursor ox_rows_from(const struct ox_rows *rows, struct ox_dot dot) {
    uint32_t place = rows->tree != NULL ? place_of(rows->tree, dot) : 0;
    const struct ox_rows_leaf *leaf =
        rows->tree != NULL ? rows->tree->places[place].leaf : rows->leaf;
    struct ox_rows_cursor cursor = cursor_at(rows, place);
    if (leaf != NULL)
        cursor.at += leaf_bound(leaf, dot);
    return cursor;
}

const struct ox_row *ox_rows_last(const struct ox_rows *rows) {
    const struct ox_rows_tree *tree = rows->tree;
    const struct ox_rows_leaf *leaf =
        tree != NULL ? tree->places[tree->place_count - 1].leaf : rows->leaf;
    return leaf != NULL && leaf->count > 0 ? &leaf->rows[leaf->count - 1] : NULL;
}

bool ox_rows_next_leaf(struct ox_rows_cursor *cursor) {
    const struct ox_rows_tree *tree = cursor->rows->tree;
    if (tree == NULL || cursor->place + 1 >= tree->place_count)
        return false;
    *cursor = cursor_at(cursor->rows, cursor->place + 1);
    return true;
}
