/* The index of a map's keys and counters against a slow twin, a plain list of entries: random
 * insertions and removals at sizes that grow and shrink, with tags that are the same for many
 * numbers, that crowd in one place, or that crowd at the end so that entries go round it. */
#include "crdt/map/index.h"
#include "support_dice.h"

#include <glib.h>

enum { ENTRIES = 600, STEPS = 4000 };

struct entry {
    uint32_t tag, number;
};

struct trial {
    struct dice dice;
    struct ox_index index;
    struct entry entries[ENTRIES];
    uint32_t count;
};

typedef uint32_t (*tag_function)(struct dice *dice);

static uint32_t tag_anywhere(struct dice *dice) {
    return (uint32_t)dice_next(dice);
}

static uint32_t tag_of_few(struct dice *dice) {
    return (uint32_t)dice_roll(dice, 40) * UINT32_C(0x06666666);
}

static uint32_t tag_in_one_place(struct dice *dice) {
    return UINT32_C(0x40000000) + (uint32_t)dice_roll(dice, 1000);
}

static uint32_t tag_at_the_end(struct dice *dice) {
    return UINT32_MAX - (uint32_t)dice_roll(dice, 1 << 20);
}

static bool has_entry(const struct ox_index *index, struct entry entry) {
    uint32_t at = ox_index_home(index, entry.tag);
    for (;;) {
        uint32_t number = ox_index_next(index, entry.tag, &at);
        if (number == OX_INDEX_NONE || number == entry.number)
            return number == entry.number;
    }
}

static void compare(const struct trial *t) {
    uint32_t taken = 0;
    g_assert_cmpuint(t->index.used, ==, t->count);
    for (uint32_t at = 0; at < t->index.size; at++)
        taken += t->index.slots[at].number != OX_INDEX_NONE;
    g_assert_cmpuint(taken, ==, t->count);
    for (uint32_t i = 0; i < t->count; i++)
        g_assert_true(has_entry(&t->index, t->entries[i]));
}

static void insert(struct trial *t, struct entry entry) {
    g_assert_cmpint(ox_index_reserve(&t->index, 1), ==, OX_OK);
    ox_index_insert(&t->index, entry.tag, entry.number);
    t->entries[t->count++] = entry;
}

static void remove_at(struct trial *t, uint32_t i) {
    struct entry entry = t->entries[i];
    t->entries[i] = t->entries[--t->count];
    ox_index_remove(&t->index, entry.tag, entry.number);
    g_assert_false(has_entry(&t->index, entry));
}

static void entries_come_and_go(gconstpointer data) {
    tag_function roll_tag = *(const tag_function *)data;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct trial t = {.dice = {seed}};
        uint32_t next = 0;
        for (unsigned i = 0; i < STEPS; i++) {
            bool fills = i / 500 % 2 == 0; /* at times more come, at others more go */
            bool comes = dice_roll(&t.dice, 4) < (fills ? 3 : 1);
            if (comes && t.count < ENTRIES)
                insert(&t, (struct entry){roll_tag(&t.dice), next++});
            else if (t.count > 0)
                remove_at(&t, (uint32_t)dice_roll(&t.dice, t.count));
            if (i % 50 == 0)
                compare(&t);
        }
        compare(&t);
        while (t.count > 0)
            remove_at(&t, t.count - 1);
        compare(&t);
        ox_index_free(&t.index);
    }
}

static void room_is_bounded(void) {
    struct ox_index index = {0};
    g_assert_cmpint(ox_index_reserve(&index, UINT32_MAX), ==, OX_NOMEM);
    g_assert_cmpuint(ox_index_bytes(&index), ==, 0);
    g_assert_cmpint(ox_index_reserve(&index, 100000), ==, OX_OK);
    g_assert_cmpuint(ox_index_bytes(&index), <=, 1600000);
    g_assert_cmpuint(index.limit, >=, 100000);
    g_assert_cmpuint(index.limit, <, index.size); /* a search must end */
    ox_index_free(&index);
}

int main(int argc, char **argv) {
    static const tag_function functions[] = {tag_anywhere, tag_of_few, tag_in_one_place,
                                             tag_at_the_end};
    static const char *const paths[] = {
        "/ormap-index/tags-anywhere", "/ormap-index/tags-of-few-values",
        "/ormap-index/tags-in-one-place", "/ormap-index/tags-at-the-end"};
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++)
        g_test_add_data_func(paths[i], &functions[i], entries_come_and_go);
    g_test_add_func("/ormap-index/room-is-bounded", room_is_bounded);
    return g_test_run();
}
