/* Residue, and how it goes at causal stability: of sequences the rule place by place, as slow as it
 * reads, beside the one that goes by runs; and who says it has collected what it still holds. */
#include "crdt/sequence/parts.h"

#include "support_map.h"
#include "support_sequence.h"

/* ---- the rule, place by place ---- */

struct place {
    struct ox_dot dot, killer; /* killer n 0: alive */
    uint64_t lamport;
    bool needed;
};

static struct ox_line *line_of(const struct ox_object *o) {
    return &((struct ox_rga_store *)o->store)->sequence->line;
}

static GArray *places_of(const struct ox_line *line) {
    GArray *places = g_array_new(FALSE, TRUE, sizeof(struct place));
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0}; ox_line_next(line, &spot);) {
        struct ox_stretch left = ox_line_stretch(line, spot);
        for (uint32_t length = left.length; length > 0; length--) {
            struct place place = {.dot = left.dot, .lamport = left.lamport};
            if (left.kind == OX_PLACE_DEAD)
                place.killer = left.killer;
            g_array_append_val(places, place);
            if (length > 1)
                ox_stretch_skip(&left, 1);
        }
    }
    return places;
}

static bool below(const struct place *a, const struct place *b) {
    return ox_ts_less(a->lamport, a->dot.replica, b->lamport, b->dot.replica);
}

/* A place hangs on the nearest one before it that is below it. */
static void mark_needed(GArray *places, const struct ox_vv *stable) {
    for (guint i = 0; i < places->len; i++) {
        const struct place *child = &g_array_index(places, struct place, i);
        guint at = i;
        while (at > 0 && !below(&g_array_index(places, struct place, at - 1), child))
            at--;
        if (at > 0 && !ox_vv_has(stable, child->dot))
            g_array_index(places, struct place, at - 1).needed = true;
    }
}

struct reach {
    unsigned all, some, none; /* of a line's dead places so many went */
    unsigned needed;          /* places that stayed for what hangs on them */
};

/* Leaves those that stay. */
static void collect_slowly(GArray *places, const struct ox_vv *stable, struct reach *reach) {
    mark_needed(places, stable);
    for (guint i = places->len; i > 0; i--) {
        const struct place *place = &g_array_index(places, struct place, i - 1);
        if (place->killer.n == 0 || !ox_vv_has(stable, place->dot) ||
            !ox_vv_has(stable, place->killer))
            continue;
        if (place->needed)
            reach->needed++;
        else
            g_array_remove_index(places, i - 1);
    }
}

static void compare(const struct ox_object *o, const struct ox_vv *stable, struct reach *reach) {
    struct ox_line line = {0};
    const char *why = "";
    g_assert_cmpint(ox_line_copy(&line, line_of(o)), ==, OX_OK);
    GArray *wanted = places_of(&line);
    guint before = wanted->len;
    collect_slowly(wanted, stable, reach);
    g_assert_cmpint(ox_line_has_residue(&line, stable), ==, wanted->len < before);
    g_assert_cmpint(ox_line_collect(&line, stable), ==, OX_OK);
    GArray *left = places_of(&line);
    g_assert_cmpuint(left->len, ==, wanted->len);
    for (guint i = 0; i < left->len; i++) {
        const struct place *is = &g_array_index(left, struct place, i);
        const struct place *want = &g_array_index(wanted, struct place, i);
        g_assert_true(ox_dot_compare(is->dot, want->dot) == 0 && is->lamport == want->lamport &&
                      ox_dot_compare(is->killer, want->killer) == 0);
    }
    if (!ox_line_valid(&line, &why))
        g_error("%s", why);
    g_assert_false(ox_line_has_residue(&line, stable));
    *(left->len == before              ? &reach->none
      : left->len == line_of(o)->shown ? &reach->all
                                       : &reach->some) += 1;
    g_array_unref(left);
    g_array_unref(wanted);
    ox_line_free(&line);
}

/* As with a key held down: of each run that this goes through, the last place goes first. */
static void rub_out(struct ox_object *o, ox_replica self, uint64_t from, uint64_t count) {
    for (; count > 0 && from > 0; count--)
        g_assert_cmpint(ox_rga_erase(o, --from, 1, self, NULL), ==, OX_OK);
}

/* Three replicas edit what they have of each other; of the deletions many are of long runs. */
static void edit_anywhere(struct ox_object *o, struct dice *dice) {
    for (int step = 0; step < 40; step++) {
        ox_replica self = A + dice_roll(dice, 3);
        struct ox_object *mine = &o[self - A];
        if (dice_roll(dice, 5) == 0) {
            g_assert_cmpint(ox_object_join(mine, &o[dice_roll(dice, 3)], NULL), ==, OX_OK);
            continue;
        }
        if (dice_roll(dice, 5) == 0) {
            rub_out(mine, self, dice_roll(dice, ox_rga_length(mine) + 1), dice_roll(dice, 8));
            continue;
        }
        struct edit edit = any_edit(mine, dice);
        if (dice_roll(dice, 3) == 0)
            edit = (struct edit){.kind = EDIT_WRITE,
                                 .position = dice_roll(dice, ox_rga_length(mine) + 1),
                                 .text = text_of("abcdefghij")};
        if (dice_roll(dice, 3) == 0)
            edit = (struct edit){.kind = EDIT_ERASE,
                                 .position = dice_roll(dice, ox_rga_length(mine) + 1),
                                 .count = 1 + dice_roll(dice, 12)};
        edit_by_call(mine, &edit, self, NULL);
    }
}

/* Any context may be called stable here: what goes is a matter of the line alone. */
static void what_goes_is_what_the_rule_says(void) {
    struct dice dice = {7};
    struct reach reach = {0};
    for (int round = 0; round < 400; round++) {
        struct ox_object o[3] = {new_object(&ox_rga), new_object(&ox_rga), new_object(&ox_rga)};
        edit_anywhere(o, &dice);
        for (int i = 0; i < 3; i++)
            g_assert_cmpint(ox_object_join(&o[0], &o[i], NULL), ==, OX_OK);
        for (int stable = 0; stable < 6; stable++) {
            struct ox_vv vv = {0};
            for (uint32_t i = 0; i < o[0].context.count; i++) {
                struct ox_dot most = o[0].context.entries[i];
                uint64_t n = stable == 0 ? most.n : dice_roll(&dice, most.n + 1);
                if (n > 0)
                    g_assert_cmpint(ox_vv_raise(&vv, most.replica, n), ==, OX_OK);
            }
            compare(&o[0], &vv, &reach);
            ox_vv_free(&vv);
        }
        free_objects(&o[0], &o[1], &o[2], NULL);
    }
    g_assert_cmpuint(reach.all, >, 100);
    g_assert_cmpuint(reach.some, >, 100);
    g_assert_cmpuint(reach.none, >, 20);
    g_assert_cmpuint(reach.needed, >, 500);
}

/* ---- runs as long as can be ---- */

#define LONG UINT32_C(0x7ffffff0)

/* A's places 1..LONG, all deleted by its next dots (step 1), by one of them (0) or, the last first,
 * by them (-1); on two of them hang places of B. */
static struct ox_object long_and_dead(int step, uint64_t first_child, uint64_t second_child) {
    struct ox_line line = {0};
    struct ox_object o = new_object(&ox_rga);
    struct ox_stretch dead = {.dot = {A, 1},
                              .lamport = 1,
                              .length = LONG,
                              .kind = OX_PLACE_DEAD,
                              .killer = {A, step < 0 ? 2 * (uint64_t)LONG : (uint64_t)LONG + 1},
                              .step = step};
    struct ox_stretch x = {.dot = {B, 2},
                           .lamport = second_child,
                           .length = 1,
                           .kind = OX_PLACE_TEXT,
                           .width = 1,
                           .data = (const uint8_t *)"x"};
    struct ox_stretch y = x;
    y.dot.n = 1;
    y.lamport = first_child;
    g_assert_cmpint(ox_line_reserve(&line, 4, 2, 2), ==, OX_OK);
    ox_line_append(&line, &dead);
    ox_line_append(&line, &x);
    ox_line_append(&line, &y);
    *line_of(&o) = line;
    ((struct ox_rga_store *)o.store)->lamport = line.lamport;
    g_assert_cmpint(ox_vv_raise(&o.context, A, 2 * (uint64_t)LONG), ==, OX_OK);
    g_assert_cmpint(ox_vv_raise(&o.context, B, 2), ==, OX_OK);
    assert_valid(&o);
    return o;
}

/* These tests do not end when a run is walked place by place. */
static void a_long_run_goes_at_once(void) {
    for (int step = -1; step <= 1; step++) {
        struct ox_object o = long_and_dead(step, 1000, LONG / 2);
        struct ox_vv stable = {0};
        g_assert_cmpint(ox_vv_raise(&stable, A, 2 * (uint64_t)LONG), ==, OX_OK);
        g_assert_cmpint(ox_object_collect(&o, &stable), ==, OX_OK); /* but what B's hang on */
        assert_valid(&o);
        g_assert_cmpuint(line_of(&o)->places, ==, 4);
        g_assert_cmpint(ox_vv_raise(&stable, B, 1), ==, OX_OK);
        g_assert_cmpint(ox_object_collect(&o, &stable), ==, OX_OK);
        g_assert_cmpuint(line_of(&o)->places, ==, 3);
        GArray *left = places_of(line_of(&o));
        g_assert_cmpuint(g_array_index(left, struct place, 0).dot.n, ==, LONG / 2);
        g_array_unref(left);
        g_assert_cmpint(ox_object_collect(&o, &o.context), ==, OX_OK);
        g_assert_cmpuint(line_of(&o)->places, ==, 2);
        assert_object(&o, "A:4294967264 B:2", "[\"x\",\"x\"]");
        ox_vv_free(&stable);
        ox_object_free(&o);
    }
}

/* Of the run's deletions so many are stable: of its first places or, where they go down, of its
 * last. On the first place hangs B:1, on the last B:2. */
static void check_part(int step, uint64_t stable_to, uint64_t stable_children) {
    struct ox_object o = long_and_dead(step, 1, LONG);
    struct ox_vv stable = {0};
    uint64_t killers = stable_to > LONG ? stable_to - LONG : 0;
    uint64_t goes = step == 0 && killers > 0 ? LONG : killers;
    bool first = goes == LONG || (step > 0 && goes > 0);
    bool last = goes == LONG || (step < 0 && goes > 0);
    g_assert_cmpint(ox_vv_raise(&stable, A, stable_to), ==, OX_OK);
    if (stable_children > 0)
        g_assert_cmpint(ox_vv_raise(&stable, B, stable_children), ==, OX_OK);
    goes -= (first && stable_children < 1) + (last && stable_children < 2);
    g_assert_cmpint(ox_line_has_residue(line_of(&o), &stable), ==, goes > 0);
    g_assert_cmpint(ox_object_collect(&o, &stable), ==, OX_OK);
    assert_valid(&o);
    g_assert_cmpuint(line_of(&o)->places, ==, LONG - goes + 2);
    ox_vv_free(&stable);
    ox_object_free(&o);
}

static void of_a_long_run_goes_what_is_stable(void) {
    static const uint64_t stable_to[] = {1, 77, LONG, LONG + 1, LONG + 77, 2 * (uint64_t)LONG - 1};
    for (int step = -1; step <= 1; step++)
        for (size_t i = 0; i < G_N_ELEMENTS(stable_to); i++)
            for (uint64_t children = 0; children <= 2; children++)
                check_part(step, stable_to[i], children);
}

/* ---- who says that it collected what it holds ---- */

/* What an object would send if it said that it is collected up to its context. */
static enum ox_status decode_as_collected(const struct ox_object *o) {
    struct ox_buf bytes = {0};
    struct ox_object back;
    ox_cbor_put_array(&bytes, 3);
    ox_vv_encode(&o->context, &bytes);
    o->type->encode(o->store, &bytes);
    ox_vv_encode(&o->context, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    enum ox_status status = ox_object_decode(&back, o->type, &in);
    if (status == OX_OK)
        ox_object_free(&back);
    ox_buf_free(&bytes);
    return status;
}

static void assert_refused_until_collected(struct ox_object *o) {
    struct ox_object full;
    const char *why = "";
    g_assert_cmpint(ox_object_copy(&full, o), ==, OX_OK);
    g_assert_cmpint(decode_as_collected(o), ==, OX_MALFORMED);
    g_assert_cmpint(ox_object_collect(o, &o->context), ==, OX_OK);
    assert_valid(o);
    g_assert_cmpint(decode_as_collected(o), ==, OX_OK);
    void *store = o->store;
    o->store = full.store;
    full.store = store;
    g_assert_false(ox_object_valid(o, &why));
    g_assert_cmpstr(why, ==, "residue is left that was collected");
    free_objects(o, &full, NULL);
}

static void residue_that_is_said_to_be_gone_is_refused(void) {
    struct ox_object text = new_object(&ox_rga), map = new_object(&ox_ormap);
    struct ox_object counter = new_object(&ox_ormap);
    g_assert_cmpint(ox_rga_write(&text, 0, text_of("abc"), A, NULL), ==, OX_OK);
    g_assert_cmpint(decode_as_collected(&text), ==, OX_OK);
    g_assert_cmpint(ox_rga_erase(&text, 1, 1, A, NULL), ==, OX_OK);
    assert_refused_until_collected(&text);
    struct ox_delta d1 = inside(&map, A, "m/t", &ox_rga, 1, ox_value_text("abc"));
    g_assert_cmpint(decode_as_collected(&map), ==, OX_OK);
    struct ox_delta d2 = take_away(&map, A, "m");
    assert_refused_until_collected(&map);
    struct ox_delta d3 = inside(&counter, A, "m/n", &ox_pncounter, 0, ox_value_int(2));
    g_assert_cmpint(decode_as_collected(&counter), ==, OX_OK);
    struct ox_delta d4 = take_away(&counter, A, "m");
    assert_refused_until_collected(&counter);
    free_deltas(&d1, &d2, &d3, &d4, NULL);
}

/* ---- lies ---- */

/* A:1..2 wrote "ab"; A:3 deleted the one at `at`. */
static struct ox_object one_deleted(uint64_t at) {
    struct ox_object o = new_object(&ox_rga);
    g_assert_cmpint(ox_rga_write(&o, 0, text_of("ab"), A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_rga_erase(&o, at, 1, A, NULL), ==, OX_OK);
    return o;
}

static void assert_diverged(struct ox_object *o, const struct ox_object *other,
                            const struct ox_vv *since) {
    struct ox_object before;
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_object_copy(&before, o), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(other, since, &delta), ==, OX_OK);
    g_assert_cmpint(ox_object_join(o, other, NULL), ==, OX_DIVERGED);
    assert_same(o, &before);
    g_assert_cmpint(ox_object_join_delta(o, &delta, NULL), ==, OX_DIVERGED);
    assert_same(o, &before);
    ox_delta_free(&delta);
    ox_object_free(&before);
}

/* A told the one that A:3 deleted a, the other that it deleted b; both know other updates, so that
 * each has to listen. In the delta b's deletion comes alone (B:1 deleted it as well), or with an
 * insert; and then C:1 has deleted b here. */
static void two_stories_of_one_deletion_do_not_meet(void) {
    for (int variant = 0; variant < 3; variant++) {
        struct ox_object a = one_deleted(0), b = one_deleted(1);
        struct ox_vv since = {0};
        g_assert_cmpint(ox_vv_raise(&since, A, 2), ==, OX_OK);
        if (variant == 0)
            g_assert_cmpint(ox_vv_raise(&b.context, B, 1), ==, OX_OK);
        else
            g_assert_cmpint(ox_rga_write(&b, 0, text_of("x"), B, NULL), ==, OX_OK);
        if (variant == 2)
            g_assert_cmpint(ox_rga_erase(&a, 0, 1, C, NULL), ==, OX_OK);
        else
            g_assert_cmpint(ox_rga_write(&a, 0, text_of("y"), C, NULL), ==, OX_OK);
        assert_diverged(&a, &b, &since);
        assert_diverged(&b, &a, &since);
        ox_vv_free(&since);
        free_objects(&a, &b, NULL);
    }
}

/* Here A:3 deleted nothing at all, there b, and maybe A:4 the one before it: the deletions of that
 * run go down, and it is the last of them that was seen. */
static void a_deletion_that_was_seen_is_here(void) {
    for (int more = 0; more < 2; more++) {
        struct ox_object a = new_object(&ox_rga), b = one_deleted(1);
        struct ox_vv since = {0};
        g_assert_cmpint(ox_vv_raise(&since, A, 2), ==, OX_OK);
        g_assert_cmpint(ox_rga_write(&a, 0, text_of("ab"), A, NULL), ==, OX_OK);
        g_assert_cmpint(ox_vv_raise(&a.context, A, 3), ==, OX_OK);
        if (more == 0)
            g_assert_cmpint(ox_rga_write(&b, 0, text_of("x"), B, NULL), ==, OX_OK);
        else
            g_assert_cmpint(ox_rga_erase(&b, 0, 1, A, NULL), ==, OX_OK);
        assert_diverged(&a, &b, &since);
        g_assert_cmpint(ox_rga_write(&a, 0, text_of("y"), C, NULL), ==, OX_OK);
        g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_DIVERGED);
        ox_vv_free(&since);
        free_objects(&a, &b, NULL);
    }
}

/* The other has seen X, and does not say that it has collected it: then a deleted place here would
 * stay though nothing hangs on it any more. */
static void what_hangs_on_a_place_does_not_vanish_alone(void) {
    struct ox_object a = one_deleted(1), liar = one_deleted(1), before;
    struct ox_vv stable = {0};
    struct ox_dot b = {A, 2};
    struct ox_object writer = new_object(&ox_rga);
    g_assert_cmpint(ox_rga_write(&writer, 0, text_of("ab"), A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_rga_write_after(&writer, b, text_of("X"), B, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&a, &writer, NULL), ==, OX_OK);
    g_assert_cmpint(ox_vv_raise(&stable, A, 3), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK);
    assert_object(&a, "A:3 B:1", "[\"a\",\"X\"]");
    g_assert_cmpuint(line_of(&a)->places, ==, 3);
    g_assert_cmpint(ox_vv_raise(&liar.context, B, 1), ==, OX_OK);
    g_assert_cmpint(ox_rga_write(&liar, 1, text_of("z"), C, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&before, &a), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&a, &liar, NULL), ==, OX_DIVERGED);
    assert_same(&a, &before);
    ox_vv_free(&stable);
    free_objects(&a, &liar, &writer, &before, NULL);
}

/* A counter whose last update the other has seen and holds no more: its reset from before went with
 * it, whether the other tells so by its state or by a delta. */
static void a_reset_goes_with_the_updates_behind_it(void) {
    for (int by_delta = 0; by_delta < 2; by_delta++) {
        struct ox_object a = new_object(&ox_ormap), b = new_object(&ox_ormap);
        struct ox_vv since = {0};
        struct ox_delta one = inside(&a, A, "n", &ox_gcounter, 0, ox_value_int(1)), told = {0};
        g_assert_cmpint(join(&b, &one), ==, OX_OK);
        struct ox_delta two = inside(&a, A, "n", &ox_gcounter, 0, ox_value_int(5));
        struct ox_delta reset = take_away(&b, B, "n");
        g_assert_cmpint(join(&a, &reset), ==, OX_OK);
        g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
        assert_object(&a, "A:2 B:1", "{\"n\":5}");
        g_assert_cmpint(ox_vv_raise(&b.context, A, 2), ==, OX_OK); /* it never was there */
        struct ox_delta three = inside(&b, C, "k", &ox_gset, 0, ox_value_null());
        g_assert_cmpint(ox_vv_raise(&since, A, 1), ==, OX_OK);
        g_assert_cmpint(ox_object_delta_since(&b, &since, &told), ==, OX_OK);
        g_assert_cmpint(by_delta ? join(&a, &told) : ox_object_join(&a, &b, NULL), ==, OX_OK);
        assert_object(&a, "A:2 B:1 C:1", "{\"k\":[null]}");
        ox_vv_free(&since);
        free_deltas(&one, &two, &reset, &three, &told, NULL);
        free_objects(&a, &b, NULL);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/residue/what goes is what the rule says", what_goes_is_what_the_rule_says);
    g_test_add_func("/residue/a long run goes at once", a_long_run_goes_at_once);
    g_test_add_func("/residue/of a long run goes what is stable",
                    of_a_long_run_goes_what_is_stable);
    g_test_add_func("/residue/residue that is said to be gone is refused",
                    residue_that_is_said_to_be_gone_is_refused);
    g_test_add_func("/residue/two stories of one deletion do not meet",
                    two_stories_of_one_deletion_do_not_meet);
    g_test_add_func("/residue/a deletion that was seen is here", a_deletion_that_was_seen_is_here);
    g_test_add_func("/residue/what hangs on a place does not vanish alone",
                    what_hangs_on_a_place_does_not_vanish_alone);
    g_test_add_func("/residue/a reset goes with the updates behind it",
                    a_reset_goes_with_the_updates_behind_it);
    return g_test_run();
}
