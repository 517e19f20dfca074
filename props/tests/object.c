/* Objects and deltas, whatever the type: since, groups, differences, parts, failing memory. */
#include "support_map.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- updates and since ---- */

static void since_names_what_changed_since_the_own_last_update(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_object c = new_object(&ox_orset);
    struct ox_delta b1 = add(&b, B, "b"), c1 = add(&c, C, "c");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    struct ox_delta a1 = add(&a, A, "x");
    g_assert_cmpint(join(&a, &c1), ==, OX_OK);
    struct ox_delta a2 = add(&a, A, "y"), a3 = add(&a, A, "z");
    assert_delta(&a1, "B:1", "A:1", "", "[\"x\"]");
    assert_delta(&a2, "C:1", "A:2", "", "[\"y\"]"); /* A:1 implies B:1 */
    assert_delta(&a3, "", "A:3", "", "[\"z\"]");
    a.made = false; /* as after a restart that forgot it: everything is named */
    struct ox_delta a4 = add(&a, A, "w");
    assert_delta(&a4, "B:1 C:1", "A:4", "", "[\"w\"]");
    a.made = false;
    ox_object_remember_made(&a);
    struct ox_delta a5 = add(&a, A, "v");
    assert_delta(&a5, "", "A:5", "", "[\"v\"]");
    free_deltas(&b1, &c1, &a1, &a2, &a3, &a4, &a5, NULL);
    free_objects(&a, &b, &c, NULL);
}

/* Somebody takes a copy, or a snapshot, and goes on with it as another replica. */
static void a_first_update_names_all_whoever_made_the_object(void) {
    struct ox_object a = new_object(&ox_orset), b, c = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x");
    g_assert_cmpint(ox_object_copy(&b, &a), ==, OX_OK);
    struct ox_delta b1 = take_out(&b, B, "x"), b2 = add(&b, B, "y");
    assert_delta(&b1, "A:1", "B:1", "A:1", "[]");
    assert_delta(&b2, "", "B:2", "", "[\"y\"]");
    g_assert_cmpint(join(&c, &b1), ==, OX_GAP); /* else A's x would stay where it comes later */
    g_assert_cmpint(join(&c, &a1), ==, OX_OK);
    g_assert_cmpint(join(&c, &b1), ==, OX_OK);
    g_assert_cmpint(join(&c, &b2), ==, OX_OK);
    g_assert_true(ox_object_equal(&b, &c));
    free_deltas(&a1, &b1, &b2, NULL);
    free_objects(&a, &b, &c, NULL);
}

static void news_are_what_the_context_gained(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = add(&a, A, "y"), group = {0};
    struct ox_dots news = {0};
    g_assert_cmpint(ox_delta_merge(&group, &a1), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &a2), ==, OX_OK);
    g_assert_cmpint(ox_object_join_delta(&b, &a1, &news), ==, OX_OK);
    assert_text(show_dots(&news), "A:1");
    g_assert_cmpint(ox_object_join_delta(&b, &group, &news), ==, OX_OK);
    assert_text(show_dots(&news), "A:2");
    g_assert_cmpint(ox_object_join_delta(&b, &group, &news), ==, OX_OK);
    assert_text(show_dots(&news), "");
    struct ox_object c = new_object(&ox_orset);
    g_assert_cmpint(ox_object_join(&c, &b, &news), ==, OX_OK);
    assert_text(show_dots(&news), "A:1-2");
    free_deltas(&a1, &a2, &group, NULL);
    free_objects(&a, &b, &c, NULL);
    ox_dots_free(&news);
}

/* What a judge compares: nothing for an absent object, and never the context alone. */
static void the_hash_is_that_of_the_canonical_bytes(void) {
    struct ox_object five = new_object(&ox_gcounter), seven = new_object(&ox_gcounter);
    struct ox_buf bytes = {0}, scratch = {0};
    g_assert_cmpuint(ox_object_hash(&five, &scratch), ==, XXH3_64bits("", 0));
    struct ox_delta a5 = inc(&five, A, 5), a7 = inc(&seven, A, 7);
    ox_object_encode(&five, &bytes);
    g_assert_cmpuint(ox_object_hash(&five, &scratch), ==, XXH3_64bits(bytes.data, bytes.size));
    g_assert_true(ox_vv_equal(&five.context, &seven.context));
    g_assert_cmpuint(ox_object_hash(&five, &scratch), !=, ox_object_hash(&seven, &scratch));
    free_deltas(&a5, &a7, NULL);
    free_objects(&five, &seven, NULL);
    ox_buf_free(&bytes);
    ox_buf_free(&scratch);
}

static void types_do_not_mix(void) {
    struct ox_object set = new_object(&ox_orset), counter = new_object(&ox_gcounter);
    struct ox_delta a = add(&set, A, "x"), b = inc(&counter, A, 1), out = {0};
    g_assert_cmpint(join(&counter, &a), ==, OX_MISMATCH);
    g_assert_cmpint(ox_object_join(&set, &counter, NULL), ==, OX_MISMATCH);
    g_assert_cmpint(ox_delta_merge(&a, &b), ==, OX_MISMATCH);
    g_assert_cmpint(ox_delta_difference(&a, &counter, &out), ==, OX_MISMATCH);
    g_assert_true(ox_delta_empty(&out));
    free_deltas(&a, &b, NULL);
    free_objects(&set, &counter, NULL);
}

static void dots_run_out_at_the_last_number(void) {
    struct ox_object set = new_object(&ox_orset);
    struct ox_value x = ox_value_text("x");
    ox_vv_raise(&set.context, A, UINT64_MAX);
    g_assert_cmpint(ox_orset_add(&set, &x, A, NULL), ==, OX_OVERFLOW);
    ox_object_free(&set);
}

/* ---- groups ---- */

static void what_a_group_brings_and_kills_is_dead(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = add(&a, A, "y");
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    struct ox_delta b1 = take_out(&b, B, "x");
    assert_delta(&b1, "A:2", "B:1", "A:1", "[]");
    struct ox_delta group = {0}, turned = {0};
    ox_delta_merge(&group, &a1);
    ox_delta_merge(&group, &a2);
    g_assert_cmpint(ox_delta_merge(&group, &b1), ==, OX_OK);
    assert_delta(&group, "", "A:1-2 B:1", "", "[\"y\"]");
    ox_delta_merge(&turned, &b1);
    ox_delta_merge(&turned, &a2);
    assert_delta(&turned, "", "A:2 B:1", "A:1", "[\"y\"]");
    g_assert_cmpint(ox_delta_merge(&turned, &a1), ==, OX_OK);
    assert_delta(&turned, "", "A:1-2 B:1", "", "[\"y\"]");
    free_deltas(&a1, &a2, &b1, &group, &turned, NULL);
    free_objects(&a, &b, NULL);
}

static void spans_that_do_not_meet_are_a_gap(void) {
    struct ox_object a = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = add(&a, A, "y"), a3 = add(&a, A, "z"), group = {0};
    ox_delta_merge(&group, &a1);
    g_assert_cmpint(ox_delta_merge(&group, &a3), ==, OX_GAP);
    assert_delta(&group, "", "A:1", "", "[\"x\"]");
    g_assert_cmpint(ox_delta_merge(&group, &a2), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &a3), ==, OX_OK);
    assert_delta(&group, "", "A:1-3", "", "[\"x\",\"y\",\"z\"]");
    free_deltas(&a1, &a2, &a3, &group, NULL);
    ox_object_free(&a);
}

/* B's delta asks for A:3, above what the group brings of A: whoever may join the group has that
 * already, so it leaves, and what was dead of it is listed as a kill. */
static void a_since_above_a_span_takes_its_place(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = take_out(&a, A, "x"), a3 = add(&a, A, "y");
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    struct ox_delta b1 = add(&b, B, "z"), group = {0};
    ox_delta_merge(&group, &a1);
    ox_delta_merge(&group, &a2);
    assert_delta(&group, "", "A:1-2", "", "[]");
    g_assert_cmpint(ox_delta_merge(&group, &b1), ==, OX_OK);
    assert_delta(&group, "A:3", "B:1", "A:1-2", "[\"z\"]");
    struct ox_delta counted = {0};
    struct ox_object p = new_object(&ox_gcounter), q = new_object(&ox_gcounter);
    struct ox_delta p1 = inc(&p, A, 1), p2 = inc(&p, A, 1);
    g_assert_cmpint(ox_object_join(&q, &p, NULL), ==, OX_OK);
    struct ox_delta q1 = inc(&q, B, 5);
    ox_delta_merge(&counted, &p1);
    g_assert_cmpint(ox_delta_merge(&counted, &q1), ==, OX_OK);
    assert_delta(&counted, "A:2", "B:1", "", "5");
    free_deltas(&a1, &a2, &a3, &b1, &group, &p1, &p2, &q1, &counted, NULL);
    free_objects(&a, &b, &p, &q, NULL);
}

/* ---- what another lacks ---- */

static void delta_since_lists_the_dead_inside(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = add(&a, A, "y");
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    struct ox_delta b1 = take_out(&b, B, "x"), b2 = add(&b, B, "z"), since = {0};
    g_assert_cmpint(ox_object_delta_since(&b, &a.context, &since), ==, OX_OK);
    assert_delta(&since, "A:2", "B:1-2", "A:1", "[\"z\"]");
    g_assert_cmpint(join(&a, &since), ==, OX_OK);
    g_assert_true(ox_object_equal(&a, &b));
    ox_delta_free(&since);
    g_assert_cmpint(ox_object_delta_since(&b, &a.context, &since), ==, OX_OK);
    g_assert_true(ox_delta_empty(&since));
    free_deltas(&a1, &a2, &b1, &b2, &since, NULL);
    free_objects(&a, &b, NULL);
}

static void a_difference_moves_what_is_held_into_since(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = take_out(&a, A, "x"), a3 = add(&a, A, "y");
    struct ox_delta group = {0}, rest = {0};
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    g_assert_cmpint(join(&b, &a2), ==, OX_OK);
    ox_delta_merge(&group, &a1);
    ox_delta_merge(&group, &a2);
    ox_delta_merge(&group, &a3);
    g_assert_cmpint(ox_delta_difference(&group, &b, &rest), ==, OX_OK);
    assert_delta(&rest, "", "A:3", "A:1-2", "[\"y\"]");
    g_assert_cmpint(join(&b, &rest), ==, OX_OK);
    g_assert_true(ox_object_equal(&a, &b));
    ox_delta_free(&rest);
    g_assert_cmpint(ox_delta_difference(&group, &b, &rest), ==, OX_OK);
    assert_delta(&rest, "A:3", "", "A:1-2", "[]");
    g_assert_true(ox_delta_empty(&rest));
    free_deltas(&a1, &a2, &a3, &group, &rest, NULL);
    free_objects(&a, &b, NULL);
}

/* B holds an update of A's counter that A removed and collected: a difference that leaves it out
 * would not tell B that it is gone. */
static void a_difference_to_who_has_not_seen_what_is_collected_is_whole(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta a1 = inside(&a, A, "k", &ox_gcounter, 0, ox_value_int(2));
    struct ox_delta a2 = take_away(&a, A, "k"), answer = {0}, rest = {0};
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&a, &b.context, &answer), ==, OX_OK);
    g_assert_cmpint(ox_delta_difference(&answer, &b, &rest), ==, OX_OK);
    assert_delta(&rest, "", "A:1-2", "", "{}");
    g_assert_cmpint(join(&b, &rest), ==, OX_OK);
    assert_equal(&a, &b);
    g_assert_cmpint(ox_delta_difference(&answer, &b, &rest), ==, OX_OK);
    g_assert_true(ox_delta_empty(&rest)); /* now it has */
    free_deltas(&a1, &a2, &answer, &rest, NULL);
    free_objects(&a, &b, NULL);
}

static void who_collected_further_is_not_below(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_delta a1 = inside(&a, A, "k", &ox_gcounter, 0, ox_value_int(2)), b1 = {0};
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    b1 = inside(&b, B, "k", &ox_gcounter, 0, ox_value_int(3));
    g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
    g_assert_false(ox_object_leq(&a, &b)); /* the join makes b collect as far */
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    g_assert_true(ox_object_leq(&a, &b));
    g_assert_false(ox_object_leq(&b, &a));
    free_deltas(&a1, &b1, NULL);
    free_objects(&a, &b, NULL);
}

/* A removed and collected a counter, and B, who has that from A, had seen C. Their answers as one
 * need C's update, so they are not the whole of it any more to who holds what was removed. */
static void what_may_be_joined_depends_on_what_is_collected(void) {
    struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
    struct ox_object c = new_object(&ox_ormap), r = new_object(&ox_ormap);
    struct ox_delta a1 = inside(&a, A, "k", &ox_gcounter, 0, ox_value_int(2));
    struct ox_delta a2 = take_away(&a, A, "k"), answer = {0}, more = {0};
    struct ox_delta c1 = inside(&c, C, "l", &ox_gcounter, 0, ox_value_int(3)), b1 = {0};
    g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    g_assert_cmpint(join(&b, &c1), ==, OX_OK);
    b1 = inside(&b, B, "m", &ox_gcounter, 0, ox_value_int(4));
    g_assert_cmpint(join(&r, &a1), ==, OX_OK);
    g_assert_cmpint(join(&r, &c1), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&a, &r.context, &answer), ==, OX_OK);
    g_assert_true(ox_delta_whole(&answer));
    g_assert_true(ox_delta_covered(&answer, &r.context));
    struct ox_vv known = {0};
    g_assert_cmpint(ox_vv_copy(&known, &a.context), ==, OX_OK);
    g_assert_cmpint(ox_vv_raise(&known, C, 1), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&b, &known, &more), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&answer, &more), ==, OX_OK);
    assert_delta(&answer, "C:1", "A:1-2 B:1", "", "{\"m\":4}");
    g_assert_false(ox_delta_whole(&answer));
    g_assert_false(ox_delta_covered(&answer, &r.context));
    g_assert_cmpint(join(&r, &answer), ==, OX_GAP);
    assert_object(&r, "A:1 C:1", "{\"k\":2,\"l\":3}");
    ox_vv_free(&known);
    free_deltas(&a1, &a2, &answer, &more, &b1, &c1, NULL);
    free_objects(&a, &b, &c, &r, NULL);
}

/* ---- parts ---- */

struct parts {
    struct ox_delta all[16];
    size_t count;
};

static enum ox_status keep_part(void *self, struct ox_delta *part) {
    struct parts *parts = self;
    parts->all[parts->count++] = *part;
    return OX_OK;
}

static void assert_same_delta(const struct ox_delta *a, const struct ox_delta *b, bool same) {
    struct ox_buf left = {0}, right = {0};
    ox_delta_encode(a, &left);
    ox_delta_encode(b, &right);
    g_assert_cmpint(ox_bytes_equal(ox_buf_bytes(&left), ox_buf_bytes(&right)), ==, same);
    ox_buf_free(&left);
    ox_buf_free(&right);
}

static void assert_parts_merge_back(const struct ox_delta *whole, size_t wanted) {
    struct parts parts = {.count = 0};
    g_assert_cmpint(ox_delta_decompose(whole, keep_part, &parts), ==, OX_OK);
    g_assert_cmpuint(parts.count, ==, wanted);
    for (size_t without = 0; without <= parts.count; without++) {
        struct ox_delta back = {0};
        enum ox_status status = OX_OK;
        for (size_t i = 0; i < parts.count && status == OX_OK; i++)
            if (i != without)
                status = ox_delta_merge(&back, &parts.all[i]);
        if (status == OX_OK && back.type != NULL)
            assert_same_delta(&back, whole, without == parts.count);
        else
            g_assert_cmpuint(without, <, parts.count);
        ox_delta_free(&back);
    }
    for (size_t i = 0; i < parts.count; i++)
        ox_delta_free(&parts.all[i]);
}

static void parts_merge_back_and_none_can_be_left_out(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta b1 = add(&b, B, "old");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    struct ox_vv before = {0};
    ox_vv_copy(&before, &a.context);
    struct ox_delta made[] = {add(&a, A, "x"), add(&a, A, "y"), take_out(&a, A, "x"),
                              take_out(&a, A, "old"), add(&a, A, "z")};
    struct ox_delta whole = {0};
    g_assert_cmpint(ox_object_delta_since(&a, &before, &whole), ==, OX_OK);
    assert_delta(&whole, "B:1", "A:1-5", "B:1", "[\"y\",\"z\"]");
    /* A:1 dead, A:2 y, A:3-4 dead, A:5 z, B:1 killed */
    assert_parts_merge_back(&whole, 5);
    struct ox_object p = new_object(&ox_gcounter), q = new_object(&ox_gcounter);
    struct ox_delta counts[] = {inc(&p, A, 1), inc(&p, A, 2), inc(&p, B, 3)}, counted = {0};
    g_assert_cmpint(ox_object_delta_since(&p, &q.context, &counted), ==, OX_OK);
    assert_parts_merge_back(&counted, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(made); i++)
        ox_delta_free(&made[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        ox_delta_free(&counts[i]);
    free_deltas(&b1, &whole, &counted, NULL);
    free_objects(&a, &b, &p, &q, NULL);
    ox_vv_free(&before);
}

/* ---- the registry ---- */

static void types_and_verbs_have_names(void) {
    for (size_t i = 0; ox_types[i] != NULL; i++) {
        g_assert_true(ox_type_named(ox_bytes_of_text(ox_types[i]->name)) == ox_types[i]);
        for (size_t v = 0; v < ox_types[i]->verb_count; v++) {
            const struct ox_verb *verb = &ox_types[i]->verbs[v];
            g_assert_true(ox_verb_named(ox_types[i], ox_bytes_of_text(verb->name)) == verb);
        }
    }
    g_assert_null(ox_type_named(ox_bytes_of_text("or-se")));
    g_assert_null(ox_verb_named(&ox_orset, ox_bytes_of_text("inc")));
    for (int s = 0; s < OX_STATUS_COUNT; s++) {
        g_assert_nonnull(ox_status_name((enum ox_status)s));
        g_assert_nonnull(ox_status_text((enum ox_status)s));
    }
}

/* ---- failing memory ---- */

/* The n-th allocation from now on fails: this program's own malloc stands before the C library's.
 * A sanitizer brings a malloc of its own, so there the tests only run without a failure. */
static long fail_in = -1;

#ifndef __SANITIZE_ADDRESS__
static bool fails_now(void) {
    return fail_in >= 0 && fail_in-- == 0;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);

void *malloc(size_t size) {
    return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *data, size_t size) {
    return fails_now() ? NULL : __libc_realloc(data, size);
}
#endif

/* What the calls under test work on. */
struct scene {
    const struct ox_type *type;
    struct ox_object mine, theirs;
    struct ox_delta older, newer; /* of `theirs`; `mine` covers both */
    struct ox_buf before, after;  /* of all four */
};

static void write_scene(const struct scene *s, struct ox_buf *out) {
    ox_buf_clear(out);
    ox_object_encode(&s->mine, out);
    ox_object_encode_fresh(&s->mine, out);
    ox_object_encode(&s->theirs, out);
    ox_delta_encode(&s->older, out);
    ox_delta_encode(&s->newer, out);
}

/* The first verb of the type with an amount, or with one of its elements or values. */
static enum ox_status first_verb(struct ox_object *object, ox_replica replica, int64_t amount,
                                 const char *element, struct ox_delta *delta) {
    const struct ox_verb *verb = &object->type->verbs[0];
    struct ox_op op = {.verb = verb, .arg = ox_value_int(amount)};
    struct ox_stamp stamp = {(uint64_t)amount, 0, replica};
    struct nested nested;
    if (verb->arg != OX_ARG_AMOUNT)
        op.arg = ox_value_text(element);
    nest(&op, &nested, element, (uint64_t)amount);
    return ox_object_apply(object, &op, replica, &stamp, delta);
}

/* An update of the n-th element, long and short ones; of another where the n-th is there for good.
 */
static struct ox_delta any_update(struct ox_object *object, ox_replica replica, int n) {
    char name[64];
    struct ox_delta delta = {0};
    g_snprintf(name, sizeof name, n % 2 == 0 ? "e%d" : "an element of some length %d", n);
    enum ox_status status = first_verb(object, replica, n + 1, name, &delta);
    if (status == OX_NOOP)
        status = first_verb(object, replica, n + 1, "an element that is new", &delta);
    g_assert_cmpint(status, ==, OX_OK);
    return delta;
}

static struct scene new_scene(const struct ox_type *type) {
    struct scene s = {.type = type, .mine = new_object(type), .theirs = new_object(type)};
    for (int i = 0; i < 8; i++) { /* one more makes the set build its tables */
        struct ox_delta delta = any_update(&s.mine, A, i);
        g_assert_cmpint(join(&s.theirs, &delta), ==, OX_OK);
        ox_delta_free(&delta);
    }
    for (ox_replica r = C; r <= D; r++) { /* elements with several dots */
        struct ox_object other = new_object(type);
        struct ox_delta delta = any_update(&other, r, 2);
        g_assert_cmpint(join(&s.mine, &delta), ==, OX_OK);
        ox_delta_free(&delta);
        ox_object_free(&other);
    }
    s.older = any_update(&s.theirs, B, 2);
    s.newer = any_update(&s.theirs, B, 101);
    write_scene(&s, &s.before);
    write_scene(&s, &s.after); /* the buffer has its memory now */
    return s;
}

static void free_scene(struct scene *s) {
    free_deltas(&s->older, &s->newer, NULL);
    free_objects(&s->mine, &s->theirs, NULL);
    ox_buf_free(&s->before);
    ox_buf_free(&s->after);
}

static enum ox_status try_update(struct scene *s) {
    struct ox_delta delta = {0};
    enum ox_status status = first_verb(&s->mine, B + 10, 5, "one more long element", &delta);
    ox_delta_free(&delta);
    return status;
}

static enum ox_status try_join(struct scene *s) {
    struct ox_dots news = {0};
    enum ox_status status = ox_object_join_delta(&s->mine, &s->older, &news);
    ox_dots_free(&news);
    return status;
}

static enum ox_status try_join_whole(struct scene *s) {
    struct ox_dots news = {0};
    enum ox_status status = ox_object_join(&s->mine, &s->theirs, &news);
    ox_dots_free(&news);
    return status;
}

static enum ox_status try_merge(struct scene *s) {
    return ox_delta_merge(&s->older, &s->newer);
}

static enum ox_status try_delta_since(struct scene *s) {
    struct ox_delta delta = {0};
    enum ox_status status = ox_object_delta_since(&s->theirs, &s->mine.context, &delta);
    ox_delta_free(&delta);
    return status;
}

static enum ox_status try_difference(struct scene *s) {
    struct ox_delta delta = {0};
    enum ox_status status = ox_delta_difference(&s->newer, &s->mine, &delta);
    ox_delta_free(&delta);
    return status;
}

static enum ox_status drop_part(void *self, struct ox_delta *part) {
    (void)self;
    ox_delta_free(part);
    return OX_OK;
}

static enum ox_status try_decompose(struct scene *s) {
    return ox_delta_decompose(&s->newer, drop_part, NULL);
}

static enum ox_status try_copy(struct scene *s) {
    struct ox_object copy;
    enum ox_status status = ox_object_copy(&copy, &s->mine);
    ox_object_free(&copy);
    return status;
}

static enum ox_status try_decode(struct scene *s) {
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&s->before));
    struct ox_object object;
    enum ox_status status = ox_object_decode(&object, s->type, &in);
    ox_object_free(&object);
    return status;
}

static void each_failing_allocation_changes_nothing(void) {
    static enum ox_status (*const calls[])(struct scene *) = {
        try_update,     try_join,      try_join_whole, try_merge, try_delta_since,
        try_difference, try_decompose, try_copy,       try_decode};
    unsigned failures = 0;
    for (size_t t = 0; ox_types[t] != NULL; t++)
        for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
            enum ox_status status = OX_NOMEM;
            for (long nth = 0; status == OX_NOMEM; nth++) {
                struct scene s = new_scene(ox_types[t]);
                fail_in = nth;
                status = calls[i](&s);
                fail_in = -1;
                if (status == OX_NOMEM) {
                    const char *why = "";
                    failures++;
                    write_scene(&s, &s.after);
                    g_assert_cmpmem(s.before.data, s.before.size, s.after.data, s.after.size);
                    if (!ox_object_valid(&s.mine, &why))
                        g_error("%s", why);
                }
                free_scene(&s);
            }
            g_assert_cmpint(status, ==, OX_OK);
        }
#ifndef __SANITIZE_ADDRESS__
    g_assert_cmpuint(failures, >, 50);
#endif
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/object/since names what changed since the own last update",
                    since_names_what_changed_since_the_own_last_update);
    g_test_add_func("/object/a first update names all, whoever made the object",
                    a_first_update_names_all_whoever_made_the_object);
    g_test_add_func("/object/news are what the context gained", news_are_what_the_context_gained);
    g_test_add_func("/object/the hash is that of the canonical bytes",
                    the_hash_is_that_of_the_canonical_bytes);
    g_test_add_func("/object/who collected further is not below",
                    who_collected_further_is_not_below);
    g_test_add_func("/object/types do not mix", types_do_not_mix);
    g_test_add_func("/object/dots run out at the last number", dots_run_out_at_the_last_number);
    g_test_add_func("/delta/what a group brings and kills is dead",
                    what_a_group_brings_and_kills_is_dead);
    g_test_add_func("/delta/spans that do not meet are a gap", spans_that_do_not_meet_are_a_gap);
    g_test_add_func("/delta/a since above a span takes its place",
                    a_since_above_a_span_takes_its_place);
    g_test_add_func("/delta/delta_since lists the dead inside", delta_since_lists_the_dead_inside);
    g_test_add_func("/delta/a difference moves what is held into since",
                    a_difference_moves_what_is_held_into_since);
    g_test_add_func("/delta/a difference to who has not seen what is collected is whole",
                    a_difference_to_who_has_not_seen_what_is_collected_is_whole);
    g_test_add_func("/delta/what may be joined depends on what is collected",
                    what_may_be_joined_depends_on_what_is_collected);
    g_test_add_func("/delta/parts merge back and none can be left out",
                    parts_merge_back_and_none_can_be_left_out);
    g_test_add_func("/object/types and verbs have names", types_and_verbs_have_names);
    g_test_add_func("/object/each failing allocation changes nothing",
                    each_failing_allocation_changes_nothing);
    return g_test_run();
}
