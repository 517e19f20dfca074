/* The or-map: what concurrent operations mean, what is kept and for how long, known bytes and bytes
 * that are refused. Random histories against the specification: ormap_histories.c. */
#include "support_dice.h"
#include "support_map.h"

#include <string.h>

static void an_update_inside_outlives_a_concurrent_removal(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta first = inside(&a, A, "cart/milk", &ox_gcounter, 0, ox_value_int(2));
    g_assert_cmpint(join(&b, &first), ==, OX_OK);
    assert_object(&b, "A:1", "{\"cart\":{\"milk\":2}}");
    struct ox_delta removed = take_away(&a, A, "cart");
    assert_object(&a, "A:2", "{}");
    struct ox_delta more = inside(&b, B, "cart/milk", &ox_gcounter, 0, ox_value_int(3));
    assert_object(&b, "A:1 B:1", "{\"cart\":{\"milk\":5}}");
    g_assert_cmpint(join(&a, &more), ==, OX_OK);
    g_assert_cmpint(join(&b, &removed), ==, OX_OK);
    assert_object(&a, "A:2 B:1", "{\"cart\":{\"milk\":3}}");
    assert_equal(&a, &b);
    free_deltas(&first, &removed, &more, NULL);
    free_objects(&a, &b, NULL);
}

/* An operation of every type, and what two of them made by two replicas show. */
struct sample {
    const struct ox_type *type;
    struct ox_value first, second;
    const char *shows_first, *shows_second;
};

static const struct sample *samples(size_t *count) {
    static struct sample all[8];
    struct ox_value x = ox_value_text("x"), y = ox_value_text("y");
    all[0] = (struct sample){&ox_gcounter, ox_value_int(2), ox_value_int(3), "2", "3"};
    all[1] = (struct sample){&ox_pncounter, ox_value_int(2), ox_value_int(3), "2", "3"};
    all[2] = (struct sample){&ox_gset, x, y, "[\"x\"]", "[\"y\"]"};
    all[3] = (struct sample){&ox_twopset, x, y, "[\"x\"]", "[\"y\"]"};
    all[4] = (struct sample){&ox_orset, x, y, "[\"x\"]", "[\"y\"]"};
    all[5] = (struct sample){&ox_lww, x, y, "\"x\"", "\"y\""};
    all[6] = (struct sample){&ox_mv, x, y, "[\"x\"]", "[\"y\"]"};
    all[7] = (struct sample){&ox_rga, x, y, "[\"x\"]", "[\"y\"]"};
    *count = G_N_ELEMENTS(all);
    return all;
}

static const char *const depths[] = {"k", "a/k", "a/b/k"};

/* The value of a map with one thing at the path. */
static char *wrapped(const char *path, const char *value) {
    char *text = g_strdup(value);
    char **keys = g_strsplit(path, "/", -1);
    for (guint i = g_strv_length(keys); i-- > 0;) {
        char *outer = g_strdup_printf("{\"%s\":%s}", keys[i], text);
        g_free(text);
        text = outer;
    }
    g_strfreev(keys);
    return text;
}

/* A updates, B sees it and removes the outermost key, while A updates again. */
static void cancel_one(const struct sample *sample, const char *path) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    char *first = wrapped(path, sample->shows_first);
    char *second = wrapped(path, sample->shows_second);
    char key[] = {path[0], '\0'};
    struct ox_delta one = inside(&a, A, path, sample->type, 0, sample->first);
    g_assert_cmpint(join(&b, &one), ==, OX_OK);
    assert_object(&b, "A:1", first);
    struct ox_delta removed = take_away(&b, B, key);
    assert_object(&b, "A:1 B:1", "{}");
    g_assert_cmpint(try_remove(&b, B, key, NULL), ==, OX_NOOP);
    struct ox_delta two = inside(&a, A, path, sample->type, 0, sample->second);
    g_assert_cmpint(join(&a, &removed), ==, OX_OK);
    g_assert_cmpint(join(&b, &two), ==, OX_OK);
    assert_object(&a, "A:2 B:1", second);
    assert_equal(&a, &b);
    struct ox_delta rest = take_away(&a, A, key);
    assert_object(&a, "A:3 B:1", "{}");
    struct ox_delta anew = inside(&a, A, path, sample->type, 0, sample->first);
    assert_object(&a, "A:4 B:1", first);
    g_assert_cmpint(join(&b, &rest), ==, OX_OK);
    g_assert_cmpint(join(&b, &anew), ==, OX_OK);
    assert_equal(&a, &b);
    free_deltas(&one, &removed, &two, &rest, &anew, NULL);
    free_objects(&a, &b, NULL);
    g_free(first);
    g_free(second);
}

static void every_type_is_cancelled_at_every_depth(void) {
    size_t count;
    const struct sample *all = samples(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t depth = 0; depth < G_N_ELEMENTS(depths); depth++)
            cancel_one(&all[i], depths[depth]);
}

/* Removing a key inside leaves its neighbours; removing above takes all of them. */
static void maps_in_maps_in_maps(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_value x = ox_value_text("x");
    struct ox_delta deltas[] = {
        inside(&a, A, "a/b/c/n", &ox_pncounter, 1, ox_value_int(4)),
        inside(&a, A, "a/b/c/s", &ox_orset, 0, x),
        inside(&a, A, "a/b/t", &ox_lww, 0, x),
        inside(&a, A, "u", &ox_mv, 0, x),
    };
    assert_object(&a, "A:4",
                  "{\"a\":{\"b\":{\"c\":{\"n\":-4,\"s\":[\"x\"]},\"t\":\"x\"}},"
                  "\"u\":[\"x\"]}");
    for (size_t i = 0; i < G_N_ELEMENTS(deltas); i++)
        g_assert_cmpint(join(&b, &deltas[i]), ==, OX_OK);
    struct ox_delta inner = take_away(&a, A, "a/b/c/s"), outer = take_away(&b, B, "a/b/c");
    assert_object(&a, "A:5", "{\"a\":{\"b\":{\"c\":{\"n\":-4},\"t\":\"x\"}},\"u\":[\"x\"]}");
    assert_object(&b, "A:4 B:1", "{\"a\":{\"b\":{\"t\":\"x\"}},\"u\":[\"x\"]}");
    g_assert_cmpint(join(&a, &outer), ==, OX_OK);
    g_assert_cmpint(join(&b, &inner), ==, OX_OK);
    assert_equal(&a, &b);
    struct ox_delta all = take_away(&a, A, "a");
    assert_object(&a, "A:6 B:1", "{\"u\":[\"x\"]}");
    for (size_t i = 0; i < G_N_ELEMENTS(deltas); i++)
        ox_delta_free(&deltas[i]);
    free_deltas(&inner, &outer, &all, NULL);
    free_objects(&a, &b, NULL);
}

static void two_types_of_one_key_both_show(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta set = inside(&a, A, "k", &ox_orset, 0, ox_value_text("x"));
    struct ox_delta nested = inside(&b, B, "k/n", &ox_gcounter, 0, ox_value_int(1));
    struct ox_delta near = inside(&b, B, "k!", &ox_gcounter, 0, ox_value_int(2));
    g_assert_cmpint(join(&a, &nested), ==, OX_OK);
    g_assert_cmpint(join(&a, &near), ==, OX_OK);
    assert_object(&a, "A:1 B:2", "{\"k!\":2,\"k:or-map\":{\"n\":1},\"k:or-set\":[\"x\"]}");
    struct ox_delta emptied = inside(&a, A, "k", &ox_orset, 1, ox_value_text("x"));
    assert_object(&a, "A:2 B:2", "{\"k!\":2,\"k\":{\"n\":1}}");
    struct ox_delta back = inside(&a, A, "k", &ox_orset, 0, ox_value_text("y"));
    struct ox_delta both = take_away(&a, A, "k");
    assert_object(&a, "A:4 B:2", "{\"k!\":2}");
    free_deltas(&set, &nested, &near, &emptied, &back, &both, NULL);
    free_objects(&a, &b, NULL);
}

/* ---- counters ---- */

/* B and C remove a counter at different times, A has heard of B only when it counts on; C's reset
 * is from before A's last update and after B's: all three must count from the same beginning. */
static void concurrent_resets_of_a_counter_agree(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_object c = new_object(&ox_ormap);
    struct ox_delta one = inside(&a, A, "n", &ox_gcounter, 0, ox_value_int(1));
    g_assert_cmpint(join(&b, &one), ==, OX_OK);
    g_assert_cmpint(join(&c, &one), ==, OX_OK);
    struct ox_delta by_b = take_away(&b, B, "n");
    struct ox_delta two = inside(&a, A, "n", &ox_gcounter, 0, ox_value_int(10));
    g_assert_cmpint(join(&c, &two), ==, OX_OK);
    struct ox_delta by_c = take_away(&c, C, "n");
    struct ox_delta three = inside(&a, A, "n", &ox_gcounter, 0, ox_value_int(100));
    g_assert_cmpint(join(&a, &by_b), ==, OX_OK);
    assert_object(&a, "A:3 B:1", "{\"n\":110}");
    struct ox_delta four = inside(&a, A, "n", &ox_gcounter, 0, ox_value_int(1000));
    assert_object(&a, "A:4 B:1", "{\"n\":1110}");
    g_assert_cmpint(join(&a, &by_c), ==, OX_OK);
    assert_object(&a, "A:4 B:1 C:1", "{\"n\":1100}");
    struct ox_delta *rest[] = {&by_c, &two, &three, &by_b, &four};
    for (size_t i = 0; i < G_N_ELEMENTS(rest); i++)
        g_assert_cmpint(join(&c, rest[i]), ==, OX_OK);
    assert_equal(&a, &c);
    free_deltas(&one, &by_b, &two, &by_c, &three, &four, NULL);
    free_objects(&a, &b, &c, NULL);
}

/* Once all of it is cancelled a counter begins anew, and a reset from before changes nothing. */
static void a_counter_begins_anew(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta one = inside(&a, A, "n", &ox_pncounter, 0, ox_value_int(INT64_MAX));
    g_assert_cmpint(join(&b, &one), ==, OX_OK);
    g_assert_cmpint(try_inside(&a, A, "n", &ox_pncounter, 0, ox_value_int(1), NULL), ==,
                    OX_OVERFLOW);
    struct ox_delta removed = take_away(&a, A, "n"), late = take_away(&b, B, "n");
    struct ox_delta two = inside(&a, A, "n", &ox_pncounter, 0, ox_value_int(INT64_MAX));
    g_assert_cmpint(join(&a, &late), ==, OX_OK);
    assert_object(&a, "A:3 B:1", "{\"n\":9223372036854775807}");
    g_assert_cmpint(join(&b, &removed), ==, OX_OK);
    g_assert_cmpint(join(&b, &two), ==, OX_OK);
    assert_equal(&a, &b);
    free_deltas(&one, &removed, &late, &two, NULL);
    free_objects(&a, &b, NULL);
}

static void residue_is_hidden_counted_and_collected(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    size_t bare = ox_object_bytes(&a);
    struct ox_delta one = inside(&a, A, "a/n", &ox_gcounter, 0, ox_value_int(1));
    struct ox_delta set = inside(&a, A, "a/s", &ox_orset, 0, ox_value_text("x"));
    struct ox_delta removed = take_away(&a, A, "a");
    assert_object(&a, "A:3", "{}");
    g_assert_false(a.type->empty(a.store));
    g_assert_cmpuint(ox_object_bytes(&a), >, bare);
    g_assert_cmpint(join(&b, &one), ==, OX_OK);
    struct ox_vv stable = {0};
    g_assert_cmpint(ox_vv_raise(&stable, A, 2), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK);
    g_assert_false(a.type->empty(a.store)); /* the removal itself is not stable */
    g_assert_cmpint(ox_vv_raise(&stable, A, 3), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&b, &stable), ==, OX_INVALID);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK);
    g_assert_true(a.type->empty(a.store));
    assert_object(&a, "A:3", "{}");
    /* Whoever has what went loses it by the join; it does not come back. */
    g_assert_cmpint(join(&b, &set), ==, OX_OK);
    g_assert_cmpint(join(&b, &removed), ==, OX_OK);
    struct ox_delta since = {0}, more = inside(&b, B, "z", &ox_mv, 0, ox_value_null());
    g_assert_cmpint(ox_object_delta_since(&b, &a.context, &since), ==, OX_OK);
    g_assert_cmpint(join(&a, &since), ==, OX_OK);
    assert_object(&a, "A:3 B:1", "{\"z\":[null]}");
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    assert_equal(&a, &b);
    ox_vv_free(&stable);
    free_deltas(&one, &set, &removed, &since, &more, NULL);
    free_objects(&a, &b, NULL);
}

/* A group has an update of a counter. An answer to somebody who knows that it was reset lists it as
 * dead, and says nothing else of it: then it leaves the group, among few keys or many, and the
 * counter beside it does not. */
static void a_group_forgets_what_an_answer_lists(void) {
    for (unsigned keys = 8; keys <= 64; keys *= 8) {
        struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
        struct ox_object c = new_object(&ox_ormap), r = new_object(&ox_ormap);
        struct ox_delta answer = {0};
        struct ox_delta group = inside(&a, A, "gone", &ox_gcounter, 0, ox_value_int(1));
        g_assert_cmpint(join(&b, &group), ==, OX_OK);
        struct ox_delta removed = take_away(&b, B, "gone");
        g_assert_cmpint(ox_object_join(&r, &b, NULL), ==, OX_OK);
        g_assert_cmpint(join(&a, &removed), ==, OX_OK);
        struct ox_delta stays = inside(&a, A, "stays", &ox_gcounter, 0, ox_value_int(2));
        for (unsigned k = 0; k < keys; k++) {
            char key[16];
            g_snprintf(key, sizeof key, "k%u", k);
            struct ox_delta other = inside(&c, C, key, &ox_gset, 0, ox_value_null());
            g_assert_cmpint(ox_delta_merge(&group, &other), ==, OX_OK);
            ox_delta_free(&other);
        }
        g_assert_cmpint(ox_object_delta_since(&a, &r.context, &answer), ==, OX_OK);
        g_assert_cmpint(ox_delta_merge(&group, &answer), ==, OX_OK);
        const char *why = "";
        if (!ox_delta_valid(&group, &why))
            g_error("%s", why);
        char *shown = show_value(group.type, group.store);
        g_assert_null(strstr(shown, "\"gone\""));
        g_assert_nonnull(strstr(shown, "\"stays\":2"));
        g_assert_cmpint(join(&r, &group), ==, OX_OK);
        g_assert_cmpint(ox_object_join(&a, &c, NULL), ==, OX_OK);
        assert_equal(&r, &a);
        g_free(shown);
        free_deltas(&group, &stays, &removed, &answer, NULL);
        free_objects(&a, &b, &c, &r, NULL);
    }
}

/* The places of a sequence that was removed are residue as well; what is inserted later stands
 * above them, whether they are still there or not. */
static void places_of_a_removed_sequence_are_collected(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta text = inside(&a, A, "d/t", &ox_rga, 1, ox_value_text("abc"));
    assert_object(&a, "A:3", "{\"d\":{\"t\":[\"a\",\"b\",\"c\"]}}");
    struct ox_delta gone = take_away(&a, A, "d");
    g_assert_cmpint(try_remove(&a, A, "d", NULL), ==, OX_NOOP);
    g_assert_cmpint(join(&b, &text), ==, OX_OK);
    g_assert_cmpint(join(&b, &gone), ==, OX_OK);
    assert_object(&b, "A:4", "{}");
    size_t full = ox_object_bytes(&a);
    g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
    g_assert_cmpuint(ox_object_bytes(&a), <, full);
    struct ox_delta more = inside(&a, A, "d/t", &ox_rga, 0, ox_value_text("x"));
    struct ox_stamp stamp;
    g_assert_true(ox_ormap.stamp_of(more.store, (struct ox_dot){A, 5}, &stamp));
    g_assert_cmpuint(stamp.physical_ns, ==, 4);
    g_assert_cmpint(join(&b, &more), ==, OX_OK);
    assert_object(&b, "A:5", "{\"d\":{\"t\":[\"x\"]}}");
    struct ox_vv stable = {0};
    g_assert_cmpint(ox_vv_raise(&stable, A, 4), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&b, &stable), ==, OX_OK);
    assert_equal(&a, &b);
    ox_vv_free(&stable);
    free_deltas(&text, &gone, &more, NULL);
    free_objects(&a, &b, NULL);
}

/* A removal deletes all elements by one dot, an erase each by its own: one after the other they are
 * not one run, though their dots and those of the elements go on. */
static void an_erase_beside_a_removal_stays_apart(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta text = inside(&a, A, "t", &ox_rga, 1, ox_value_text("ab")), more = {0},
                    erased = {0};
    struct path path = path_of("t");
    struct ox_op write = {&ox_rga.verbs[1], .arg = ox_value_text("cd"), .at = {A, 2}};
    struct ox_op delete = {&ox_rga.verbs[2], .at = {A, 3}};
    g_assert_cmpint(join(&b, &text), ==, OX_OK);
    g_assert_cmpint(ox_ormap_update(&a, path.keys, 1, &ox_rga, &write, NULL, A, &more), ==, OX_OK);
    struct ox_delta gone = take_away(&b, B, "t");
    g_assert_cmpint(join(&b, &more), ==, OX_OK);
    g_assert_cmpint(ox_ormap_update(&b, path.keys, 1, &ox_rga, &delete, NULL, B, &erased), ==,
                    OX_OK);
    assert_object(&b, "A:4 B:2", "{\"t\":[\"d\"]}");
    struct ox_object whole = new_object(&ox_ormap);
    g_assert_cmpint(ox_object_join(&whole, &b, NULL), ==, OX_OK);
    g_assert_cmpint(join(&a, &gone), ==, OX_OK);
    g_assert_cmpint(join(&a, &erased), ==, OX_OK);
    assert_equal(&a, &b);
    assert_equal(&whole, &b);
    free_deltas(&text, &more, &gone, &erased, NULL);
    free_objects(&a, &b, &whole, NULL);
}

/* A group of updates of several sequences is joined whole. */
static void several_sequences_in_one_group(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta group = {0}, first = inside(&a, A, "s", &ox_rga, 1, ox_value_text("ab"));
    g_assert_cmpint(join(&b, &first), ==, OX_OK);
    struct ox_delta more[] = {inside(&a, A, "s", &ox_rga, 1, ox_value_text("cd")),
                              inside(&a, A, "t", &ox_rga, 1, ox_value_text("ef")),
                              inside(&a, A, "m/u", &ox_rga, 0, ox_value_int(7))};
    for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
        g_assert_cmpint(ox_delta_merge(&group, &more[i]), ==, OX_OK);
    g_assert_cmpint(join(&b, &group), ==, OX_OK);
    assert_object(&b, "A:7",
                  "{\"m\":{\"u\":[7]},\"s\":[\"c\",\"d\",\"a\",\"b\"],\"t\":[\"e\",\"f\"]}");
    assert_equal(&a, &b);
    struct ox_delta all = take_away(&a, A, "m");
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    assert_equal(&a, &b);
    for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
        ox_delta_free(&more[i]);
    free_deltas(&group, &first, &all, NULL);
    free_objects(&a, &b, NULL);
}

/* ---- sets and registers ---- */

static void a_twopset_shows_what_is_left_of_it(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_value x = ox_value_text("x");
    struct ox_delta add_x = inside(&a, A, "s", &ox_twopset, 0, x);
    struct ox_delta theirs = inside(&b, B, "s", &ox_twopset, 0, x);
    struct ox_delta out = inside(&a, A, "s", &ox_twopset, 1, x);
    assert_object(&a, "A:2", "{}");
    g_assert_cmpint(try_inside(&a, A, "s", &ox_twopset, 0, x, NULL), ==, OX_NOOP);
    g_assert_cmpint(try_inside(&a, A, "s", &ox_twopset, 1, x, NULL), ==, OX_NOOP);
    g_assert_cmpint(join(&a, &theirs), ==, OX_OK);
    assert_object(&a, "A:2 B:1", "{}");
    g_assert_cmpint(join(&b, &add_x), ==, OX_OK);
    struct ox_delta gone = take_away(&b, B, "s"); /* both adds, not the remove */
    g_assert_cmpint(join(&a, &gone), ==, OX_OK);
    g_assert_cmpint(join(&b, &out), ==, OX_OK);
    assert_object(&a, "A:2 B:2", "{}");
    assert_equal(&a, &b);
    g_assert_cmpint(try_inside(&a, A, "s", &ox_twopset, 0, x, NULL), ==, OX_NOOP);
    struct ox_delta again = take_away(&a, A, "s"); /* now the remove too */
    struct ox_delta anew = inside(&a, A, "s", &ox_twopset, 0, x);
    assert_object(&a, "A:4 B:2", "{\"s\":[\"x\"]}");
    free_deltas(&add_x, &theirs, &out, &gone, &again, &anew, NULL);
    free_objects(&a, &b, NULL);
}

/* Of two concurrent writes the greater stamp shows; when it is cancelled the other one does. */
static void a_register_keeps_what_none_has_superseded(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_object c = new_object(&ox_ormap);
    struct ox_delta mine = inside(&a, A, "r", &ox_lww, 0, ox_value_text("a"));
    struct ox_delta theirs = inside(&b, B, "r", &ox_lww, 0, ox_value_text("b"));
    struct ox_delta removed = take_away(&b, B, "r");
    g_assert_cmpint(join(&c, &mine), ==, OX_OK);
    g_assert_cmpint(join(&c, &theirs), ==, OX_OK);
    assert_object(&c, "A:1 B:1", "{\"r\":\"b\"}");
    g_assert_cmpint(join(&c, &removed), ==, OX_OK);
    assert_object(&c, "A:1 B:2", "{\"r\":\"a\"}");
    struct ox_stamp stamp;
    struct ox_delta last = inside(&c, C, "r", &ox_lww, 0, ox_value_text("c"));
    g_assert_true(ox_ormap.stamp_of(last.store, (struct ox_dot){C, 1}, &stamp));
    g_assert_cmpuint(stamp.physical_ns, ==, 100);
    g_assert_cmpuint(stamp.replica, ==, C);
    assert_delta(&last, "A:1 B:2", "C:1", "A:1", "{\"r\":\"c\"}");
    free_deltas(&mine, &theirs, &removed, &last, NULL);
    free_objects(&a, &b, &c, NULL);
}

/* Clocks that stand still count on: each write is above all that it supersedes. */
static void writes_at_one_time_stand_one_above_the_other(void) {
    struct ox_object a = new_object(&ox_ormap);
    for (uint32_t i = 0; i < 4; i++) {
        struct ox_delta delta = inside(&a, A, "r", &ox_lww, 0, ox_value_int(i));
        struct ox_stamp stamp;
        g_assert_true(ox_ormap.stamp_of(delta.store, (struct ox_dot){A, i + 1}, &stamp));
        g_assert_cmpuint(stamp.physical_ns, ==, 100);
        g_assert_cmpuint(stamp.logical, ==, i);
        ox_delta_free(&delta);
    }
    ox_object_free(&a);
}

/* ---- calls ---- */

static void no_ops_and_bad_calls(void) {
    struct ox_object map = new_object(&ox_ormap);
    struct ox_value x = ox_value_text("x"), one = ox_value_int(1);
    struct path deep = path_of("1/2/3/4/5/6/7/8/9");
    struct ox_bytes torn[] = {{(const uint8_t *)"\xe2\x82", 2}};
    struct ox_op inner = {.verb = &ox_gset.verbs[0], .arg = x};
    struct ox_op foreign = {.verb = &ox_lww.verbs[0], .arg = x};
    struct ox_op whole = {.verb = &ox_ormap.verbs[1], .path = deep.keys, .depth = 1};
    g_assert_cmpint(ox_ormap_update(&map, deep.keys, 0, &ox_gset, &inner, NULL, A, NULL), ==,
                    OX_INVALID);
    g_assert_cmpint(ox_ormap_update(&map, deep.keys, 9, &ox_gset, &inner, NULL, A, NULL), ==,
                    OX_INVALID);
    g_assert_cmpint(ox_ormap_update(&map, torn, 1, &ox_gset, &inner, NULL, A, NULL), ==,
                    OX_INVALID);
    g_assert_cmpint(ox_ormap_remove(&map, torn, 1, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_ormap_remove(&map, deep.keys, 0, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_ormap_update(&map, deep.keys, 1, &ox_gset, &foreign, NULL, A, NULL), ==,
                    OX_NO_SUCH);
    g_assert_cmpint(ox_ormap_update(&map, deep.keys, 1, &ox_gset, NULL, NULL, A, NULL), ==,
                    OX_NO_SUCH);
    g_assert_cmpint(ox_ormap_update(&map, deep.keys, 1, &ox_ormap, &whole, NULL, A, NULL), ==,
                    OX_NO_SUCH);
    g_assert_cmpint(try_inside(&map, A, "n", &ox_gcounter, 0, x, NULL), ==, OX_INVALID);
    g_assert_cmpint(try_inside(&map, A, "n", &ox_gcounter, 0, ox_value_int(0), NULL), ==,
                    OX_INVALID);
    g_assert_cmpint(ox_ormap_inc(&map, deep.keys, 1, &ox_gcounter, -1, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_ormap_take_out(&map, deep.keys, 1, &ox_gset, &x, A, NULL), ==, OX_NO_SUCH);
    g_assert_cmpint(try_inside(&map, A, "s", &ox_orset, 1, x, NULL), ==, OX_NOOP);
    g_assert_cmpint(try_remove(&map, A, "s", NULL), ==, OX_NOOP);
    g_assert_cmpint(try_remove(&map, A, "s/t/u", NULL), ==, OX_NOOP);
    assert_object(&map, "", "{}");
    struct ox_delta eight = {0}, add_x = inside(&map, A, "s", &ox_gset, 0, x);
    g_assert_cmpint(try_inside(&map, A, "s", &ox_gset, 0, x, NULL), ==, OX_NOOP);
    g_assert_cmpint(try_inside(&map, A, "1/2/3/4/5/6/7/8", &ox_gcounter, 0, one, &eight), ==,
                    OX_OK);
    g_assert_cmpint(try_remove(&map, A, "1/2/3/4/5/6/7", NULL), ==, OX_OK);
    g_assert_cmpint(try_remove(&map, A, "1/2/3/4/5/6/7", NULL), ==, OX_NOOP);
    assert_object(&map, "A:3", "{\"s\":[\"x\"]}");
    free_deltas(&eight, &add_x, NULL);
    ox_object_free(&map);
}

static void reads_by_path(void) {
    struct ox_object map = new_object(&ox_ormap);
    struct ox_value x = ox_value_text("x"), y = ox_value_text("y");
    struct ox_stamp stamp = {7, 0, A};
    struct path n = path_of("a/n"), r = path_of("a/r"), s = path_of("a/s"), a = path_of("a");
    g_assert_cmpint(ox_ormap_inc(&map, n.keys, 2, &ox_pncounter, -7, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_ormap_set(&map, r.keys, 2, &x, &stamp, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_ormap_add(&map, s.keys, 2, &ox_orset, &x, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_ormap_count(&map, n.keys, 2, &ox_pncounter), ==, -7);
    g_assert_cmpint(ox_ormap_count(&map, n.keys, 2, &ox_gcounter), ==, 0);
    struct ox_value read = ox_ormap_read(&map, r.keys, 2);
    g_assert_cmpmem(read.bytes.data, read.bytes.size, "x", 1);
    g_assert_cmpint(ox_ormap_read(&map, n.keys, 2).kind, ==, OX_VALUE_NULL);
    g_assert_true(ox_ormap_has(&map, s.keys, 2, &ox_orset, &x));
    g_assert_false(ox_ormap_has(&map, s.keys, 2, &ox_orset, &y));
    g_assert_true(ox_ormap_contains(&map, a.keys, 1, NULL));
    g_assert_true(ox_ormap_contains(&map, a.keys, 1, &ox_ormap));
    g_assert_false(ox_ormap_contains(&map, a.keys, 1, &ox_orset));
    g_assert_cmpint(ox_ormap_take_out(&map, s.keys, 2, &ox_orset, &x, A, NULL), ==, OX_OK);
    g_assert_false(ox_ormap_contains(&map, s.keys, 2, NULL));
    g_assert_cmpint(ox_ormap_remove(&map, a.keys, 1, A, NULL), ==, OX_OK);
    g_assert_false(ox_ormap_contains(&map, a.keys, 1, NULL));
    ox_object_free(&map);
}

/* ---- bytes ---- */

static void known_bytes(void) {
    struct ox_object a = new_object(&ox_ormap);
    struct ox_delta n = inside(&a, A, "m/n", &ox_gcounter, 0, ox_value_int(5));
    struct ox_delta x = inside(&a, A, "s", &ox_twopset, 0, ox_value_text("x"));
    struct ox_delta gone = take_away(&a, A, "m");
    struct ox_delta r = inside(&a, A, "s", &ox_lww, 0, ox_value_null());
    struct ox_buf out = {0};
    ox_object_encode(&a, &out);
    static const char object[] =
        "\x82\xa1\x01\x04"                           /* [{A:4}, */
        "\xa2\x61m\xa1\x08\xa1\x61n\xa1\x00"         /* {"m": {8: {"n": {0: */
        "\xa1\x01\x82\xf6\x84\x01\x05\x01\x03"       /* {A: [null, [1, 5, A, 3]]}}}}, */
        "\x61s\xa2\x03\xa1\x61x\x82\x82\x01\x02\x80" /* "s": {3: {"x": [[A, 2], []]}, */
        "\x05\x81\x85\x18\x64\x00\x01\x04\xf6" /* 5: [[100, 0, A, 4, null]]}}] */;
    g_assert_cmpmem(out.data, out.size, object, sizeof object - 1);
    ox_buf_clear(&out);
    ox_delta_encode(&n, &out);
    static const char delta[] = "\x84\xa0\xa1\x01\x82\x01\x01\xa0" /* [{}, {A: [1, 1]}, {}, */
                                "\xa1\x61m\xa1\x08\xa1\x61n\xa1\x00"
                                "\xa1\x01\x81\x83\x01\x01\x05"; /* {A: [[1, 1, 5]]}}}}}] */
    g_assert_cmpmem(out.data, out.size, delta, sizeof delta - 1);
    ox_buf_free(&out);
    free_deltas(&n, &x, &gone, &r, NULL);
    ox_object_free(&a);
}

static enum ox_status decode(const char *bytes, size_t size) {
    char *whole = g_malloc(size + 4);
    memcpy(whole, "\x82\xa1\x01\x09", 4); /* [{A:9}, */
    memcpy(whole + 4, bytes, size);
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)whole, size + 4});
    struct ox_object object;
    enum ox_status status = ox_object_decode(&object, &ox_ormap, &in);
    if (status == OX_OK && !ox_cbor_done(&in))
        status = OX_MALFORMED;
    if (status == OX_OK) {
        struct ox_buf again = {0};
        ox_object_encode(&object, &again);
        g_assert_cmpmem(again.data, again.size, whole, size + 4);
        ox_buf_free(&again);
    }
    ox_object_free(&object);
    g_free(whole);
    return status;
}

#define DECODE(literal) decode("" literal, sizeof(literal) - 1)

static void refused_bytes(void) {
    g_assert_cmpint(
        DECODE("\xa2\x61p\xa1\x04\xa1\x61x\x82\x01\x01\x61q\xa1\x04\xa1\x61x\x82\x01\x02"), ==,
        OX_OK);
    /* keys out of order, a key twice, kinds out of order, a kind that does not exist */
    g_assert_cmpint(
        DECODE("\xa2\x61q\xa1\x04\xa1\x61x\x82\x01\x01\x61p\xa1\x04\xa1\x61x\x82\x01\x02"), ==,
        OX_MALFORMED);
    g_assert_cmpint(
        DECODE("\xa2\x61p\xa1\x04\xa1\x61x\x82\x01\x01\x61p\xa1\x04\xa1\x61x\x82\x01\x02"), ==,
        OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa2\x04\xa1\x61x\x82\x01\x01\x02\xa1\x61x\x82\x01\x02"), ==,
                    OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x09\xa1\x61x\x82\x01\x01"), ==, OX_MALFORMED);
    /* nothing at a key, in a map, in a set, of an element, in a register, in a counter */
    g_assert_cmpint(DECODE("\xa1\x61p\xa0"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x08\xa0"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x04\xa0"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x04\xa1\x61x\x80"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x03\xa1\x61x\x82\x80\x80"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x05\x80"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x00\xa0"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x00\xa1\x01\x81\xf6"), ==, OX_MALFORMED);
    /* one dot twice, dot 0, a dot that was never seen, dots that do not ascend */
    g_assert_cmpint(
        DECODE("\xa2\x61p\xa1\x04\xa1\x61x\x82\x01\x01\x61q\xa1\x04\xa1\x61x\x82\x01\x01"), ==,
        OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x04\xa1\x61x\x82\x01\x00"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x04\xa1\x61x\x82\x01\x0a"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x04\xa1\x61x\x84\x01\x02\x01\x01"), ==, OX_MALFORMED);
    /* writes that do not ascend, one at the end of time */
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x05\x82\x85\x01\x00\x01\x01\xf6\x85\x02\x00\x01\x02\xf6"),
                    ==, OX_OK);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x05\x82\x85\x02\x00\x01\x01\xf6\x85\x01\x00\x01\x02\xf6"),
                    ==, OX_MALFORMED);
    g_assert_cmpint(
        DECODE("\xa1\x61p\xa1\x05\x81\x85\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x00\x01\x01\xf6"), ==,
        OX_MALFORMED);
    /* a counter: a reset that covers its updates beside them, one from before they begin */
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x00\xa1\x01\x82\x83\x01\x05\x07\x84\x02\x03\x01\x06"), ==,
                    OX_OK);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x00\xa1\x01\x82\x83\x01\x05\x07\x84\x05\x07\x01\x06"), ==,
                    OX_MALFORMED);
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x00\xa1\x01\x82\x83\x03\x05\x07\x84\x02\x03\x01\x06"), ==,
                    OX_MALFORMED);
    /* a list as an element of a set, a count beyond the bytes */
    g_assert_cmpint(DECODE("\xa1\x61p\xa1\x04\xa1\x80\x82\x01\x01"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\xba\x00\xff\xff\xff\x61p\xa1\x04\xa1\x61x\x82\x01\x01"), ==,
                    OX_MALFORMED);
}

static void nesting_is_bounded(void) {
    GString *bytes = g_string_new(NULL);
    for (unsigned depth = 1; depth <= 9; depth++) {
        g_string_truncate(bytes, 0);
        for (unsigned i = 1; i < depth; i++)
            g_string_append(bytes, "\xa1\x61p\xa1\x08");
        g_string_append_len(bytes, "\xa1\x61p\xa1\x04\xa1\x61x\x82\x01\x01", 11);
        g_assert_cmpint(decode(bytes->str, bytes->len), ==, depth <= 8 ? OX_OK : OX_MALFORMED);
    }
    g_string_truncate(bytes, 0);
    for (unsigned i = 0; i < 1000000; i++) /* deeper than any stack */
        g_string_append(bytes, "\xa1\x61p\xa1\x08");
    g_assert_cmpint(decode(bytes->str, bytes->len), ==, OX_MALFORMED);
    g_string_free(bytes, TRUE);
}

/* One dot at two places is no honest replica's work; all ends must still be the same. */
static void one_dot_at_two_keys_ends_the_same_everywhere(void) {
    struct ox_object honest = new_object(&ox_ormap), liar = new_object(&ox_ormap);
    struct ox_delta p = inside(&honest, A, "p", &ox_orset, 0, ox_value_text("x"));
    struct ox_delta q = inside(&liar, A, "q", &ox_lww, 0, ox_value_text("x"));
    struct ox_delta more = inside(&liar, A, "n", &ox_gcounter, 0, ox_value_int(1));
    struct ox_object left = new_object(&ox_ormap), right = new_object(&ox_ormap);
    struct ox_seen l = {.vv = &honest.context}, r = {.vv = &liar.context};
    g_assert_cmpint(ox_object_join(&left, &honest, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&right, &liar, NULL), ==, OX_OK);
    g_assert_cmpint(ox_ormap.join(left.store, &l, liar.store, &r, NULL), ==, OX_OK);
    g_assert_cmpint(ox_ormap.join(right.store, &r, honest.store, &l, NULL), ==, OX_OK);
    assert_text(show_value(&ox_ormap, left.store), "{\"n\":1,\"q\":\"x\"}");
    g_assert_true(ox_ormap.equal(left.store, right.store));
    free_deltas(&p, &q, &more, NULL);
    free_objects(&honest, &liar, &left, &right, NULL);
}

/* Text of a size around where keys stop to fit in place, or their sizes in one byte, most of which
 * is the same in all. */
static struct ox_bytes roll_text(struct dice *dice, char space[300]) {
    static const size_t sizes[] = {0, 1, 7, 8, 9, 14, 15, 16, 17, 40, 253, 254, 255, 256, 299};
    size_t size = sizes[dice_roll(dice, G_N_ELEMENTS(sizes))];
    memset(space, 'k', size);
    for (unsigned i = 0; i < 2 && size > 0; i++)
        space[dice_roll(dice, size)] = (char)('a' + dice_roll(dice, 20));
    return (struct ox_bytes){(const uint8_t *)space, size};
}

/* Whatever the order in which keys, elements and writes came. Decoding refuses any other order. */
static void all_is_written_in_order(void) {
    static const struct ox_type *const types[] = {&ox_lww, &ox_orset, &ox_mv, &ox_twopset};
    for (unsigned count = 1; count < 400; count += 1 + count / 8) {
        struct dice dice = {count};
        struct ox_object map = new_object(&ox_ormap), back;
        struct ox_buf bytes = {0}, again = {0};
        for (unsigned i = 0; i < count; i++) {
            char key[300], element[300];
            const struct ox_type *type = types[dice_roll(&dice, G_N_ELEMENTS(types))];
            struct ox_bytes path[] = {dice_roll(&dice, 2) == 0 ? ox_bytes_of_text("set")
                                                               : roll_text(&dice, key)};
            struct ox_op op = {.verb = &type->verbs[0],
                               .arg = {.kind = OX_VALUE_TEXT, .bytes = roll_text(&dice, element)}};
            struct ox_stamp stamp = {1, 0, A};
            enum ox_status status = ox_ormap_update(&map, path, 1, type, &op, &stamp, A, NULL);
            g_assert_true(status == OX_OK || status == OX_NOOP);
        }
        ox_object_encode(&map, &bytes);
        struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
        g_assert_cmpint(ox_object_decode(&back, &ox_ormap, &in), ==, OX_OK);
        g_assert_true(ox_object_equal(&map, &back));
        ox_object_encode(&back, &again);
        g_assert_cmpmem(bytes.data, bytes.size, again.data, again.size);
        ox_buf_free(&bytes);
        ox_buf_free(&again);
        free_objects(&map, &back, NULL);
    }
}

/* Neither just before a table grows nor just after. */
static void a_key_is_small(void) {
    struct ox_value value = ox_value_text("a value");
    struct ox_object map = new_object(&ox_ormap);
    for (unsigned k = 1; k <= 100000; k++) {
        char key[24];
        struct ox_stamp stamp = {k, 0, A};
        g_snprintf(key, sizeof key, "key%u", k);
        struct ox_bytes path[] = {ox_bytes_of_text(key)};
        g_assert_cmpint(ox_ormap_set(&map, path, 1, &value, &stamp, A, NULL), ==, OX_OK);
        if (k >= 1000 && (k < 5000 || k % 500 == 0))
            g_assert_cmpuint(ox_object_bytes(&map), <=, 130 * k);
    }
    ox_object_free(&map);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ormap/an-update-inside-outlives-a-concurrent-removal",
                    an_update_inside_outlives_a_concurrent_removal);
    g_test_add_func("/ormap/every-type-is-cancelled-at-every-depth",
                    every_type_is_cancelled_at_every_depth);
    g_test_add_func("/ormap/maps-in-maps-in-maps", maps_in_maps_in_maps);
    g_test_add_func("/ormap/two-types-of-one-key-both-show", two_types_of_one_key_both_show);
    g_test_add_func("/ormap/concurrent-resets-of-a-counter-agree",
                    concurrent_resets_of_a_counter_agree);
    g_test_add_func("/ormap/a-counter-begins-anew", a_counter_begins_anew);
    g_test_add_func("/ormap/residue-is-hidden-counted-and-collected",
                    residue_is_hidden_counted_and_collected);
    g_test_add_func("/ormap/a-group-forgets-what-an-answer-lists",
                    a_group_forgets_what_an_answer_lists);
    g_test_add_func("/ormap/places-of-a-removed-sequence-are-collected",
                    places_of_a_removed_sequence_are_collected);
    g_test_add_func("/ormap/an-erase-beside-a-removal-stays-apart",
                    an_erase_beside_a_removal_stays_apart);
    g_test_add_func("/ormap/several-sequences-in-one-group", several_sequences_in_one_group);
    g_test_add_func("/ormap/a-twopset-shows-what-is-left-of-it",
                    a_twopset_shows_what_is_left_of_it);
    g_test_add_func("/ormap/a-register-keeps-what-none-has-superseded",
                    a_register_keeps_what_none_has_superseded);
    g_test_add_func("/ormap/writes-at-one-time-stand-one-above-the-other",
                    writes_at_one_time_stand_one_above_the_other);
    g_test_add_func("/ormap/no-ops-and-bad-calls", no_ops_and_bad_calls);
    g_test_add_func("/ormap/reads-by-path", reads_by_path);
    g_test_add_func("/ormap/known-bytes", known_bytes);
    g_test_add_func("/ormap/refused-bytes", refused_bytes);
    g_test_add_func("/ormap/nesting-is-bounded", nesting_is_bounded);
    g_test_add_func("/ormap/one-dot-at-two-keys-ends-the-same-everywhere",
                    one_dot_at_two_keys_ends_the_same_everywhere);
    g_test_add_func("/ormap/all-is-written-in-order", all_is_written_in_order);
    g_test_add_func("/ormap/a-key-is-small", a_key_is_small);
    return g_test_run();
}
