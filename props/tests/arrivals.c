/* Rows in order of arrival against plain arrays: across blocks and the making of slots anew, with
 * short and long elements, restated, taken back and copied. */
#include "crdt/firsts/arrivals.h"
#include "support_dice.h"

#include <glib.h>
#include <string.h>

enum { MOST = 3000 };

struct twin {
    struct dice dice;
    struct ox_arrivals list;
    struct ox_dot dots[MOST];
    bool removed[MOST];
    uint32_t count, at_once;
};

/* Every seventh is too long for a row. */
static struct ox_rows_key key_of(uint32_t number, char space[40]) {
    int size = g_snprintf(space, 40, number % 7 == 0 ? "%u, which is far too long" : "%u", number);
    return ox_rows_key_of((struct ox_bytes){(const uint8_t *)space, (size_t)size});
}

static void assert_whole(const struct twin *t) {
    const char *why = "";
    if (!ox_arrivals_valid(&t->list, &why))
        g_error("%s", why);
    g_assert_cmpuint(t->list.count, ==, t->count);
    for (uint32_t i = 0; i < MOST; i++) {
        char space[40];
        struct ox_rows_key key = key_of(i, space);
        g_assert_cmpuint(ox_arrivals_find(&t->list, &key), ==, i < t->count ? i : OX_ARRIVALS_NONE);
        if (i >= t->count)
            continue;
        g_assert_cmpint(ox_dot_compare(ox_arrivals_row(&t->list, i)->dot, t->dots[i]), ==, 0);
        g_assert_cmpint(ox_arrivals_removed(&t->list, i), ==, t->removed[i]);
    }
}

/* What is there is not taken for new. */
static void append_again(struct twin *t) {
    char space[40];
    struct ox_rows_key key = key_of((uint32_t)dice_roll(&t->dice, t->count), space);
    g_assert_false(ox_arrivals_append_new(&t->list, (struct ox_dot){1, 1}, &key, false));
}

static void append(struct twin *t) {
    char space[40];
    struct ox_rows_key key = key_of(t->count, space);
    struct ox_dot dot = {dice_roll(&t->dice, 3), 1 + dice_roll(&t->dice, 99)};
    bool removed = dice_roll(&t->dice, 3) == 0;
    bool at_once = ox_arrivals_append_new(&t->list, dot, &key, removed);
    if (!at_once)
        g_assert_cmpint(ox_arrivals_append(&t->list, dot, &key, removed), ==, OX_OK);
    t->at_once += at_once;
    t->dots[t->count] = dot;
    t->removed[t->count++] = removed;
}

static void restate(struct twin *t) {
    uint32_t at = (uint32_t)dice_roll(&t->dice, t->count);
    t->dots[at] = (struct ox_dot){7, 1 + dice_roll(&t->dice, 99)};
    t->removed[at] = !t->removed[at];
    ox_arrivals_restate(&t->list, at, t->dots[at], t->removed[at]);
}

static void truncate_some(struct twin *t) {
    t->count -= (uint32_t)dice_roll(&t->dice, t->count);
    ox_arrivals_truncate(&t->list, t->count);
}

static void copy(struct twin *t) {
    struct ox_arrivals to = {0};
    g_assert_cmpint(ox_arrivals_copy(&to, &t->list), ==, OX_OK);
    ox_arrivals_free(&t->list);
    t->list = to;
}

static void rows_come_and_are_found(void) {
    struct twin *t = g_new0(struct twin, 1);
    t->dice.state = 1;
    for (unsigned i = 0; i < 9000; i++) {
        append(t);
        append_again(t);
        if (dice_roll(&t->dice, 4) == 0)
            restate(t);
        if (i % 700 == 699)
            truncate_some(t);
        if (i % 500 == 499)
            copy(t);
        if (i < 60 || i % 97 == 0)
            assert_whole(t);
        if (t->count < MOST && i % 4000 != 3999)
            continue;
        assert_whole(t);
        ox_arrivals_clear(&t->list);
        t->count = 0;
        assert_whole(t);
    }
    g_assert_cmpuint(t->at_once, >, 4000);
    ox_arrivals_free(&t->list);
    g_assert_cmpuint(ox_arrivals_bytes(&t->list), ==, 0);
    g_free(t);
}

static struct ox_rows_key small_key(uint32_t number, char space[40]) {
    int size = g_snprintf(space, 40, "k%07u", number);
    return ox_rows_key_of((struct ox_bytes){(const uint8_t *)space, (size_t)size});
}

/* And so many that slots tell apart only what differs in a dozen bits of its hash: the rest is up
 * to the rows themselves. */
static void rows_are_small(void) {
    struct ox_arrivals list = {0};
    char space[40];
    for (uint32_t i = 0; i < 100000; i++) {
        struct ox_rows_key key = small_key(i, space);
        struct ox_dot dot = {1, i + 1};
        const char *why = "";
        if (!ox_arrivals_append_new(&list, dot, &key, false))
            g_assert_cmpint(ox_arrivals_append(&list, dot, &key, false), ==, OX_OK);
        if (i < 1000 && !ox_arrivals_valid(&list, &why))
            g_error("%s", why);
        if (i == 0)
            g_assert_cmpuint(ox_arrivals_bytes(&list), <=, 72);
        if (i >= 1000 && i % 100 == 0)
            g_assert_cmpuint(ox_arrivals_bytes(&list) / i, <=, 48);
    }
    for (uint32_t i = 0; i < 200000; i++) {
        struct ox_rows_key key = small_key(i, space);
        g_assert_cmpuint(ox_arrivals_find(&list, &key), ==, i < 100000 ? i : OX_ARRIVALS_NONE);
    }
    ox_arrivals_free(&list);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/arrivals/rows come and are found", rows_come_and_are_found);
    g_test_add_func("/arrivals/rows are small", rows_are_small);
    return g_test_run();
}
