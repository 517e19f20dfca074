/* The rows of a dotted store against a slow twin: a plain table [replica][n] of elements. Random
 * insertions, in and out of order, replacements and removals, at sizes that grow and shrink across
 * every boundary: few rows and a tree, full leaves, splits, slots made anew. */
#include "crdt/rows.h"
#include "crdt/rows/inside.h"
#include "support_dice.h"

#include <glib.h>
#include <string.h>

enum { REPLICAS = 3, NUMBERS = 2048, ELEMENTS = 600, NOTHING = -1 };

struct twin {
    int elements[REPLICAS][NUMBERS]; /* by n - 1 */
    uint32_t rows;
};

struct trial {
    struct dice dice;
    struct ox_rows rows;
    struct twin twin;
    uint64_t next[REPLICAS]; /* the n of the replica's next update in order */
    uint32_t greatest;
    uint32_t renewed, dropped;
};

/* Of all sizes around the edge between short and long. */
static struct ox_bytes element_bytes(int element, char space[40]) {
    int size = g_snprintf(space, 40, "%d", element);
    int wanted = element % 40;
    memset(space + size, 'x', 40 - (size_t)size);
    return (struct ox_bytes){(const uint8_t *)space, (size_t)(wanted > size ? wanted : size)};
}

static struct ox_dot dot_at(unsigned replica, uint64_t n) {
    return (struct ox_dot){replica * UINT64_C(5000000000), n};
}

static int *twin_at(struct trial *t, struct ox_dot dot) {
    return &t->twin.elements[dot.replica / UINT64_C(5000000000)][dot.n - 1];
}

static struct trial *new_trial(uint64_t seed) {
    struct trial *t = g_new0(struct trial, 1);
    t->dice.state = seed;
    memset(t->twin.elements, 0xff, sizeof t->twin.elements); /* NOTHING */
    for (unsigned r = 0; r < REPLICAS; r++)
        t->next[r] = 1;
    return t;
}

static void free_trial(struct trial *t) {
    ox_rows_free(&t->rows);
    g_free(t);
}

/* ---- comparing ---- */

static void assert_row(const struct ox_row *row, struct ox_dot dot, int element) {
    char space[40];
    struct ox_bytes wanted = element_bytes(element, space);
    g_assert_nonnull(row);
    g_assert_cmpint(ox_dot_compare(row->dot, dot), ==, 0);
    struct ox_bytes has = ox_row_element(row);
    g_assert_cmpmem(has.data, has.size, wanted.data, wanted.size);
}

/* Every row, in order, from a dot on. */
static void assert_rows_from(struct trial *t, struct ox_rows_cursor cursor, struct ox_dot from) {
    for (unsigned r = 0; r < REPLICAS; r++)
        for (uint64_t n = 1; n <= NUMBERS; n++) {
            struct ox_dot dot = dot_at(r, n);
            if (ox_dot_compare(dot, from) >= 0 && *twin_at(t, dot) != NOTHING)
                assert_row(ox_rows_next(&cursor), dot, *twin_at(t, dot));
        }
    g_assert_null(ox_rows_next(&cursor));
    g_assert_null(ox_rows_next(&cursor));
}

/* Every element, with all its rows. */
static void assert_elements(struct trial *t) {
    uint32_t counts[ELEMENTS] = {0}, distinct = 0;
    for (unsigned r = 0; r < REPLICAS; r++)
        for (uint64_t n = 0; n < NUMBERS; n++)
            if (t->twin.elements[r][n] != NOTHING)
                counts[t->twin.elements[r][n]]++;
    for (int e = 0; e < ELEMENTS; e++) {
        char space[40];
        struct ox_rows_key key = ox_rows_key_of(element_bytes(e, space));
        struct ox_rows_match match = ox_rows_match(&t->rows, &key);
        distinct += counts[e] > 0;
        g_assert_cmpint(ox_rows_find(&t->rows, &key) != NULL, ==, counts[e] > 0);
        if (ox_rows_key_is_short(&key))
            g_assert_cmpint(ox_rows_has_short(&t->rows, key.tail), ==, counts[e] > 0);
        for (const struct ox_row *row; (row = ox_rows_match_next(&match)) != NULL; counts[e]--)
            assert_row(row, row->dot, *twin_at(t, row->dot));
        g_assert_cmpuint(counts[e], ==, 0);
    }
    g_assert_cmpuint(ox_rows_elements(&t->rows), ==, distinct);
}

static void assert_whole(struct trial *t) {
    const char *why = "";
    struct ox_dot some =
        dot_at((unsigned)dice_roll(&t->dice, REPLICAS), 1 + dice_roll(&t->dice, NUMBERS));
    if (!ox_rows_valid(&t->rows, &why))
        g_error("%s", why);
    g_assert_cmpuint(ox_rows_count(&t->rows), ==, t->twin.rows);
    assert_rows_from(t, ox_rows_begin(&t->rows), (struct ox_dot){0, 0});
    assert_rows_from(t, ox_rows_from(&t->rows, some), some);
    assert_elements(t);
}

/* ---- steps ---- */

static void put(struct trial *t, struct ox_dot dot, int element) {
    char space[40];
    struct ox_rows_key key = ox_rows_key_of(element_bytes(element, space));
    bool is_there = *twin_at(t, dot) != NOTHING;
    bool is_new = ox_rows_find(&t->rows, &key) == NULL;
    if (is_there) {
        g_assert_cmpint(ox_rows_insert(&t->rows, dot, &key), ==, OX_NOOP);
        g_assert_cmpint(ox_rows_replace(&t->rows, dot, &key), ==, OX_OK);
    } else {
        enum ox_status first = ox_rows_insert_new(&t->rows, dot, &key);
        g_assert_cmpint(first, ==, is_new ? OX_OK : OX_NOOP);
        if (!is_new)
            g_assert_cmpint(ox_rows_insert(&t->rows, dot, &key), ==, OX_OK);
    }
    t->twin.rows += !is_there;
    *twin_at(t, dot) = element;
    if (t->twin.rows > t->greatest)
        t->greatest = t->twin.rows;
}

static void take(struct trial *t, struct ox_dot dot) {
    bool is_there = *twin_at(t, dot) != NOTHING;
    const struct ox_row *row = ox_rows_find_dot(&t->rows, dot);
    if (is_there)
        assert_row(row, dot, *twin_at(t, dot));
    else
        g_assert_null(row);
    g_assert_cmpint(ox_rows_kill(&t->rows, dot), ==, is_there);
    t->twin.rows -= is_there;
    *twin_at(t, dot) = NOTHING;
}

static struct ox_dot any_dot(struct trial *t) {
    return dot_at((unsigned)dice_roll(&t->dice, REPLICAS), 1 + dice_roll(&t->dice, NUMBERS));
}

static void step(struct trial *t, unsigned kills_of_16, bool ordered) {
    int element = (int)dice_roll(&t->dice, ELEMENTS);
    unsigned replica = (unsigned)dice_roll(&t->dice, REPLICAS);
    if (dice_roll(&t->dice, 16) < kills_of_16) {
        take(t, any_dot(t));
        return;
    }
    if (ordered && t->next[replica] <= NUMBERS)
        put(t, dot_at(replica, t->next[replica]++), element);
    else
        put(t, any_dot(t), element);
}

/* Kills along the order, so that whole leaves go. */
static void take_run(struct trial *t) {
    struct ox_dot dot = any_dot(t);
    for (uint64_t left = dice_roll(&t->dice, 400); left > 0 && dot.n <= NUMBERS; left--, dot.n++)
        take(t, dot);
}

static void grows_and_shrinks(bool ordered) {
    uint32_t greatest = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct trial *t = new_trial(seed);
        for (unsigned i = 0; i < 9000; i++) {
            step(t, i < 4500 ? 2 : 12, ordered);
            if (i > 4500 && i % 500 == 0)
                take_run(t);
            if (i < 300 ? i % 5 == 0 : i % 401 == 0)
                assert_whole(t);
        }
        for (unsigned r = 0; r < REPLICAS; r++)
            for (uint64_t n = 1; n <= NUMBERS; n++)
                take(t, dot_at(r, n));
        assert_whole(t);
        g_assert_cmpuint(ox_rows_bytes(&t->rows), ==, 0);
        for (unsigned i = 0; i < 40; i++)
            step(t, 0, false);
        assert_whole(t);
        greatest = MAX(greatest, t->greatest);
        free_trial(t);
    }
    g_assert_cmpuint(greatest, >, 2500);
}

static void in_order(void) {
    grows_and_shrinks(true);
}

static void in_any_order(void) {
    grows_and_shrinks(false);
}

static void from_the_back(void) {
    struct trial *t = new_trial(1);
    for (uint64_t n = NUMBERS; n >= 1; n--)
        for (unsigned r = 0; r < REPLICAS; r++)
            put(t, dot_at(r, n), (int)(n % ELEMENTS));
    assert_whole(t);
    free_trial(t);
}

/* The dot of an element's only row; n 0: it has none or several. */
static struct ox_dot only_dot(struct trial *t, int element) {
    struct ox_dot only = {0, 0};
    for (unsigned r = 0; r < REPLICAS; r++)
        for (uint64_t n = 1; n <= NUMBERS; n++) {
            if (t->twin.elements[r][n - 1] != element)
                continue;
            if (only.n != 0)
                return (struct ox_dot){0, 0};
            only = dot_at(r, n);
        }
    return only;
}

/* Another dot for an element, or its end, where one row is all that it has. */
static void change_only(struct trial *t, struct ox_dot dot, int element) {
    char space[40];
    struct ox_rows_key key = ox_rows_key_of(element_bytes(element, space));
    struct ox_dot only = only_dot(t, element), before = {9, 9};
    bool drops = dice_roll(&t->dice, 3) == 0;
    enum ox_status status =
        drops ? ox_rows_drop(&t->rows, &key, &before) : ox_rows_renew(&t->rows, dot, &key, &before);
    if (status == OX_NOOP)
        return;
    g_assert_cmpint(status, ==, OX_OK);
    g_assert_cmpint(ox_dot_compare(before, only), ==, 0);
    *twin_at(t, only) = NOTHING;
    if (!drops)
        *twin_at(t, dot) = element;
    t->twin.rows -= drops;
    t->dropped += drops;
    t->renewed += !drops;
}

/* Each replica for a while, as updates come: most elements are there once, some twice. */
static void only_rows_are_renewed_and_dropped(void) {
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct trial *t = new_trial(seed);
        for (unsigned i = 0; i < 5000; i++) {
            unsigned replica = i / 61 % REPLICAS;
            struct ox_dot dot = dot_at(replica, t->next[replica]++);
            int element = (int)dice_roll(&t->dice, ELEMENTS);
            bool is_there = only_dot(t, element).n != 0;
            if (is_there ? dice_roll(&t->dice, 16) > 0 : dice_roll(&t->dice, 16) == 0)
                change_only(t, dot, element);
            else
                put(t, dot, element);
            if (i < 100 || i % 97 == 0)
                assert_whole(t);
        }
        g_assert_cmpuint(t->renewed, >, 500);
        g_assert_cmpuint(t->dropped, >, 500);
        free_trial(t);
    }
}

/* ---- the rest ---- */

static void copies_and_single_rows(void) {
    struct trial *t = new_trial(9);
    char space[40];
    struct ox_rows_key key = ox_rows_key_of(element_bytes(39, space));
    struct ox_rows empty = {0};
    g_assert_cmpint(ox_rows_copy(&empty, &t->rows), ==, OX_OK);
    g_assert_cmpuint(ox_rows_bytes(&empty), ==, 0);
    for (unsigned i = 0; i < 1200; i++) {
        step(t, 3, true);
        if (i > 40 && i % 97 != 0)
            continue;
        struct ox_rows copy = {0}, old = t->rows;
        g_assert_cmpint(ox_rows_copy(&copy, &t->rows), ==, OX_OK);
        t->rows = copy;
        assert_whole(t);
        t->rows = old;
        g_assert_cmpint(ox_rows_set(&copy, dot_at(2, 7), &key), ==, OX_OK);
        g_assert_cmpuint(ox_rows_count(&copy), ==, 1);
        assert_row(ox_rows_find_dot(&copy, dot_at(2, 7)), dot_at(2, 7), 39);
        ox_rows_clear(&copy);
        g_assert_cmpuint(ox_rows_count(&copy), ==, 0);
        g_assert_null(ox_rows_find(&copy, &key));
        ox_rows_free(&copy);
    }
    free_trial(t);
}

/* A hash of ones looks like what a removal leaves behind, and one hash may stand for many. */
static void marks_are_no_numbers(void) {
    struct ox_slots slots = {0};
    g_assert_cmpint(ox_slots_make(&slots, 8, 1000), ==, OX_OK);
    for (uint32_t number = 0; number < 5; number++)
        ox_slots_insert(&slots, UINT64_MAX, number);
    ox_slots_remove(&slots, UINT64_MAX, 0);
    ox_slots_remove(&slots, UINT64_MAX, 3);
    ox_slots_change(&slots, UINT64_MAX, 2, 999);
    static const uint32_t left[] = {1, 999, 4, OX_SLOT_NONE};
    uint32_t at = ox_slots_begin(&slots, UINT64_MAX);
    for (size_t i = 0; i < G_N_ELEMENTS(left); i++)
        g_assert_cmpuint(ox_slots_next(&slots, UINT64_MAX, &at), ==, left[i]);
    g_assert_false(ox_slots_fit(&slots, 0, UINT32_MAX));
    g_assert_cmpuint(slots.slots[slots.size], ==, OX_SLOT_NONE);
    ox_slots_free(&slots);
}

/* ---- hashes ---- */

enum { SPREAD = 4096 };

static int print_element(char space[40], unsigned family, unsigned i) {
    static const char *const families[] = {"k%07x", "%x",         "%u",          "%03xsame rest",
                                           "%04u",  "user:%06u:", "same start%x"};
    if (family < G_N_ELEMENTS(families))
        return g_snprintf(space, 40, families[family], i);
    /* Numbers, as CBOR has them, one apart and 256 apart. */
    uint32_t number = family == G_N_ELEMENTS(families) ? 100000 + i : i << 8 | UINT32_C(1) << 31;
    uint8_t bytes[5] = {0x1a, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                        (uint8_t)(number >> 8), (uint8_t)number};
    memcpy(space, bytes, sizeof bytes);
    return sizeof bytes;
}

/* Of as many elements as there are places, chance leaves 1 of e places empty: 2589 are taken, give
 * or take 30. Both halves of a hash are asked, as slots ask them. */
static void elements_that_are_alike_are_spread(void) {
    for (unsigned family = 0; family < 9; family++) {
        bool places[SPREAD] = {false}, tags[SPREAD] = {false};
        unsigned placed = 0, tagged = 0;
        for (unsigned i = 0; i < SPREAD; i++) {
            char space[40];
            int size = print_element(space, family, i);
            struct ox_bytes element = {(const uint8_t *)space, (size_t)size};
            struct ox_rows_key key = ox_rows_key_of(element);
            uint64_t hash = hash_of_key(&key);
            bool *place = &places[hash >> 52], *tag = &tags[(uint32_t)hash >> 20];
            placed += !*place;
            tagged += !*tag;
            *place = *tag = true;
        }
        g_test_message("family %u: %u places, %u marks", family, placed, tagged);
        g_assert_cmpuint(placed, >, 2400);
        g_assert_cmpuint(tagged, >, 2400);
    }
}

/* So many that slots tell apart only what differs in a dozen bits of its hash: the rest is up to
 * the rows themselves. */
static void what_only_looks_alike_is_not_found(void) {
    struct ox_rows rows = {0};
    char space[40];
    for (uint32_t n = 1; n <= 100000; n++) {
        int size = g_snprintf(space, sizeof space, "k%u", n);
        struct ox_rows_key key =
            ox_rows_key_of((struct ox_bytes){(const uint8_t *)space, (size_t)size});
        g_assert_false(ox_rows_has_short(&rows, key.tail));
        g_assert_cmpint(ox_rows_insert_new(&rows, dot_at(0, n), &key), ==, OX_OK);
        const char *why = "";
        if (n < 1000 && !ox_rows_valid(&rows, &why))
            g_error("%s", why);
    }
    g_assert_cmpuint(ox_rows_elements(&rows), ==, 100000);
    for (uint32_t n = 1; n <= 200000; n++) {
        int size = g_snprintf(space, sizeof space, "k%u", n);
        struct ox_rows_key key =
            ox_rows_key_of((struct ox_bytes){(const uint8_t *)space, (size_t)size});
        g_assert_cmpint(ox_rows_has_short(&rows, key.tail), ==, n <= 100000);
    }
    ox_rows_free(&rows);
}

/* What issue and headers promise: 48 bytes for a short element, a small block for one row. */
static void rows_are_small(void) {
    struct ox_rows one = {0};
    char space[40];
    struct ox_rows_key key = ox_rows_key_of((struct ox_bytes){(const uint8_t *)"short", 5});
    g_assert_cmpint(ox_rows_set(&one, dot_at(1, 1), &key), ==, OX_OK);
    g_assert_cmpuint(sizeof one + ox_rows_bytes(&one), <=, 64);
    ox_rows_free(&one);
    struct ox_rows many = {0};
    for (uint32_t n = 1; n <= 100000; n++) {
        int size = g_snprintf(space, sizeof space, "element %06u", n);
        key = ox_rows_key_of((struct ox_bytes){(const uint8_t *)space, (size_t)size});
        g_assert_cmpint(ox_rows_insert(&many, dot_at(0, n), &key), ==, OX_OK);
        if (n >= 1000 && n % 100 == 0)
            g_assert_cmpuint(ox_rows_bytes(&many) / n, <=, 48);
    }
    ox_rows_free(&many);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rows/grow and shrink like their twin, in order", in_order);
    g_test_add_func("/rows/grow and shrink like their twin, in any order", in_any_order);
    g_test_add_func("/rows/from the back", from_the_back);
    g_test_add_func("/rows/only rows are renewed and dropped", only_rows_are_renewed_and_dropped);
    g_test_add_func("/rows/copies and single rows", copies_and_single_rows);
    g_test_add_func("/rows/marks are no numbers", marks_are_no_numbers);
    g_test_add_func("/rows/elements that are alike are spread", elements_that_are_alike_are_spread);
    g_test_add_func("/rows/what only looks alike is not found", what_only_looks_alike_is_not_found);
    g_test_add_func("/rows/are small", rows_are_small);
    return g_test_run();
}
