/* A map's typed calls and ox_object_apply are one and the same, as in typed.c: for random
 * operations, refused ones too, on twin objects they give the same status, the same object and the
 * same delta, byte for byte. Maps of a few keys, which have no tables, and of many; keys of all
 * sizes around where they stop to fit in place; a replica that lags, so that writes are
 * concurrent. After every step the tables must agree with what is there. And when an allocation of
 * theirs fails they have done nothing. */
#include "support_dice.h"
#include "support_failing.h"
#include "support_map.h"

#include <string.h>

enum { STEPS = 300, SEEDS = 60, DEPTH_MAX = 3 };

struct request {
    struct ox_bytes path[DEPTH_MAX];
    size_t depth;
    const struct ox_verb *verb;
    const struct ox_type *inner;
    struct ox_value value;
    struct ox_stamp stamp;
    ox_replica replica;
};

struct trial {
    struct dice dice;
    uint64_t keys; /* how many names there are */
    struct ox_object typed, generic, lagging;
    struct ox_delta from_typed, from_generic; /* used again and again */
    char names[128][48];
    struct request last;
    unsigned seen[OX_STATUS_COUNT], in_place, told;
    bool fails;        /* each call is first tried with failing allocations */
    uint64_t failures; /* of these */
};

/* ---- requests ---- */

static struct ox_value roll_value(struct dice *dice) {
    static const uint8_t all[] = "\xc3\xa9"
                                 "abcdefghijklmnopqrstuvwxyz0123456789";
    switch (dice_roll(dice, 6)) {
    case 0:
        return ox_value_null();
    case 1:
    case 2:
        return ox_value_int((int64_t)dice_number(dice));
    case 3: /* at times without the first half of a letter */
        return (struct ox_value){.kind = OX_VALUE_TEXT,
                                 .bytes = {all + dice_roll(dice, 8) / 7, dice_roll(dice, 36)}};
    default:
        return (struct ox_value){.kind = OX_VALUE_TEXT, .bytes = {all + 2, dice_roll(dice, 18)}};
    }
}

/* Few times, so that clocks often stand still or are behind; the end of time now and then. */
static struct ox_stamp roll_stamp(struct dice *dice) {
    struct ox_stamp stamp = {dice_roll(dice, 400), (uint32_t)dice_roll(dice, 3), 99};
    if (dice_roll(dice, 500) == 0)
        stamp.physical_ns = UINT64_MAX - dice_roll(dice, 2);
    return stamp;
}

static const struct ox_type *roll_inner(struct dice *dice) {
    static const struct ox_type *const others[] = {&ox_pncounter, &ox_orset, &ox_mv};
    return dice_roll(dice, 3) > 0 ? &ox_lww : others[dice_roll(dice, G_N_ELEMENTS(others))];
}

static struct request roll_request(struct trial *t) {
    struct dice *dice = &t->dice;
    struct request r = {.depth = dice_roll(dice, 3) > 0 ? 1 : dice_roll(dice, DEPTH_MAX + 1),
                        .verb = &ox_ormap.verbs[dice_roll(dice, 12) == 0],
                        .inner = roll_inner(dice),
                        .value = roll_value(dice),
                        .stamp = roll_stamp(dice),
                        .replica = A + dice_roll(dice, 3)};
    for (size_t i = 0; i < r.depth; i++)
        r.path[i] = ox_bytes_of_text(t->names[dice_roll(dice, i + 1 < r.depth ? 2 : t->keys)]);
    if (dice_roll(dice, 60) == 0)
        r.path[0] = (struct ox_bytes){(const uint8_t *)"\xff", 1};
    return r;
}

static enum ox_status apply(struct ox_object *map, const struct request *r,
                            struct ox_delta *delta) {
    bool down = r->inner == &ox_pncounter && r->value.number < 0 && r->value.number > INT64_MIN;
    struct ox_op inner = {.verb = &r->inner->verbs[down], .arg = r->value};
    struct ox_op op = {.verb = r->verb, .path = r->path, .depth = r->depth};
    if (down)
        inner.arg.number = -r->value.number;
    if (r->verb == &ox_ormap.verbs[0]) {
        op.inner = r->inner;
        op.op = &inner;
    }
    return ox_object_apply(map, &op, r->replica, &r->stamp, delta);
}

static enum ox_status call(struct ox_object *map, const struct request *r, struct ox_delta *delta) {
    if (r->verb == &ox_ormap.verbs[1])
        return ox_ormap_remove(map, r->path, r->depth, r->replica, delta);
    if (r->inner == &ox_pncounter)
        return ox_ormap_inc(map, r->path, r->depth, r->inner, r->value.number, r->replica, delta);
    if (r->inner == &ox_orset)
        return ox_ormap_add(map, r->path, r->depth, r->inner, &r->value, r->replica, delta);
    if (r->inner == &ox_mv)
        return apply(map, r, delta); /* there is no other way */
    return ox_ormap_set(map, r->path, r->depth, &r->value, &r->stamp, r->replica, delta);
}

/* ---- twins ---- */

static void write_all(const struct ox_object *map, const struct ox_delta *delta,
                      struct ox_buf *out) {
    ox_buf_clear(out);
    ox_object_encode(map, out);
    ox_object_encode_fresh(map, out);
    if (!ox_delta_empty(delta))
        ox_delta_encode(delta, out);
}

static void assert_twins(const struct trial *t) {
    static struct ox_buf left, right;
    const char *why = "";
    write_all(&t->typed, &t->from_typed, &left);
    write_all(&t->generic, &t->from_generic, &right);
    g_assert_cmpmem(left.data, left.size, right.data, right.size);
    if (!ox_object_valid(&t->typed, &why) || !ox_object_valid(&t->generic, &why))
        g_error("%s", why);
    if (!ox_delta_empty(&t->from_typed) && !ox_delta_valid(&t->from_typed, &why))
        g_error("%s", why);
}

static enum ox_status call_failing(struct ox_object *map, const void *request,
                                   struct ox_delta *delta) {
    return call(map, request, delta);
}

static void fail_first(struct trial *t, const struct request *r) {
    struct failing failing = {call_failing, r, &t->typed, 0};
    struct ox_object copy;
    struct ox_delta unused = {0};
    g_assert_cmpint(ox_object_copy(&copy, &t->typed), ==, OX_OK);
    enum ox_status wanted = call(&copy, r, NULL);
    fail_each_allocation(&failing, NULL, wanted);
    fail_each_allocation(&failing, &unused, wanted);
    fail_each_allocation(&failing, &t->from_typed, wanted);
    t->failures += failing.failures;
    ox_object_free(&copy);
}

static void step(struct trial *t) {
    struct request r = roll_request(t);
    struct request own = t->last = r;
    bool sets = r.verb == &ox_ormap.verbs[0] && r.inner == &ox_lww;
    bool wants = dice_roll(&t->dice, 2) == 0;
    bool there = sets && ox_ormap_contains(&t->typed, r.path, r.depth, &ox_lww);
    if (r.inner == &ox_pncounter)
        own.value = r.value = ox_value_int((int64_t)dice_roll(&t->dice, 20) - 10);
    if (there && dice_roll(&t->dice, 4) == 0) { /* what it shows, borrowed from itself */
        r.value = ox_ormap_read(&t->typed, r.path, r.depth);
        own.value = ox_ormap_read(&t->generic, r.path, r.depth);
    }
    if (t->fails)
        fail_first(t, &r);
    enum ox_status a = call(&t->typed, &r, wants ? &t->from_typed : NULL);
    enum ox_status b = apply(&t->generic, &own, wants ? &t->from_generic : NULL);
    g_assert_cmpint(a, ==, b);
    t->seen[a]++;
    t->in_place += there && a == OX_OK;
    t->told += there && wants && a == OX_OK;
    assert_twins(t);
}

/* A replica that has not seen all writes, at times where the twins have just written. What it says
 * goes into the deltas, too, which are used again for whatever comes next. */
static void news(struct trial *t) {
    struct ox_delta delta = {0};
    struct request r = dice_roll(&t->dice, 2) == 0 ? t->last : roll_request(t);
    r.replica = D;
    if (dice_roll(&t->dice, 3) == 0)
        g_assert_cmpint(ox_object_join(&t->lagging, &t->typed, NULL), ==, OX_OK);
    if (apply(&t->lagging, &r, &delta) == OX_OK) {
        g_assert_cmpint(join(&t->typed, &delta), ==, OX_OK);
        g_assert_cmpint(join(&t->generic, &delta), ==, OX_OK);
        g_assert_cmpint(ox_delta_merge(&t->from_typed, &delta), ==,
                        ox_delta_merge(&t->from_generic, &delta));
    }
    ox_delta_free(&delta);
}

static void trial_run(struct trial *t, uint64_t seed) {
    t->dice.state = seed;
    t->typed = new_object(&ox_ormap);
    t->generic = new_object(&ox_ormap);
    t->lagging = new_object(&ox_ormap);
    t->last = roll_request(t);
    for (unsigned i = 0; i < STEPS; i++) {
        if (dice_roll(&t->dice, 4) == 0)
            news(t);
        step(t);
    }
    free_deltas(&t->from_typed, &t->from_generic, NULL);
    free_objects(&t->typed, &t->generic, &t->lagging, NULL);
}

static struct trial *trial_new(gconstpointer keys) {
    struct trial *t = g_new0(struct trial, 1);
    t->keys = GPOINTER_TO_UINT(keys);
    for (size_t i = 0; i < t->keys; i++) { /* of 1 to 20 letters */
        size_t size = (size_t)g_snprintf(t->names[i], sizeof t->names[i], "%zu", i);
        memset(t->names[i] + size, 'k', i * 7 % 20 + 1 > size ? i * 7 % 20 + 1 - size : 0);
    }
    return t;
}

static void both_do_the_same(gconstpointer keys) {
    struct trial *t = trial_new(keys);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        trial_run(t, seed);
    g_assert_cmpuint(t->in_place, >, 1000);
    g_assert_cmpuint(t->told, >, 500);
    g_assert_cmpuint(t->seen[OX_OK], >, 1000);
    g_assert_cmpuint(t->seen[OX_INVALID], >, 100);
    g_assert_cmpuint(t->seen[OX_NOOP], >, 100);
    g_free(t);
}

static void each_failing_allocation_changes_nothing(gconstpointer keys) {
    struct trial *t = trial_new(keys);
    t->fails = true;
    for (uint64_t seed = 1; seed <= 5; seed++)
        trial_run(t, seed);
    if (alloc_wrapped())
        g_assert_cmpuint(t->failures, >, 1000);
    g_free(t);
}

/* An answer of one write, which says how young the sequences are, too; what is told next does not.
 */
static void an_answer_is_written_over(void) {
    struct ox_object map = new_object(&ox_ormap);
    struct ox_bytes path[] = {ox_bytes_of_text("k")};
    struct ox_value value = ox_value_int(1);
    struct ox_stamp stamp = {1000, 0, A};
    struct ox_buf left = {0}, right = {0};
    struct ox_delta used = {0}, typing = inside(&map, A, "t", &ox_rga, 1, ox_value_text("abc"));
    struct ox_vv before = {0};
    g_assert_cmpint(ox_vv_copy(&before, &map.context), ==, OX_OK);
    g_assert_cmpint(ox_ormap_set(&map, path, 1, &value, &stamp, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&map, &before, &used), ==, OX_OK);
    struct ox_object twin;
    struct ox_delta fresh = {0};
    g_assert_cmpint(ox_object_copy(&twin, &map), ==, OX_OK);
    stamp.physical_ns++;
    g_assert_cmpint(ox_ormap_set(&map, path, 1, &value, &stamp, A, &used), ==, OX_OK);
    g_assert_cmpint(ox_ormap_set(&twin, path, 1, &value, &stamp, A, &fresh), ==, OX_OK);
    ox_delta_encode(&used, &left);
    ox_delta_encode(&fresh, &right);
    g_assert_cmpmem(left.data, left.size, right.data, right.size);
    ox_buf_free(&left);
    ox_buf_free(&right);
    ox_vv_free(&before);
    free_deltas(&used, &fresh, &typing, NULL);
    free_objects(&map, &twin, NULL);
}

/* The last dot of a replica. */
static void both_stop_at_the_last_dot(void) {
    struct ox_object map = new_object(&ox_ormap);
    struct ox_bytes path[] = {ox_bytes_of_text("k")};
    struct ox_value value = ox_value_int(1);
    for (uint64_t time = 1; time <= 2; time++) {
        struct ox_stamp stamp = {time, 0, A};
        if (time == 2)
            map.context.entries[0].n = OX_OBJECT_DOTS_MAX;
        g_assert_cmpint(ox_ormap_set(&map, path, 1, &value, &stamp, A, NULL), ==,
                        time == 2 ? OX_OVERFLOW : OX_OK);
    }
    g_assert_cmpuint(map.context.entries[0].n, ==, OX_OBJECT_DOTS_MAX);
    ox_object_free(&map);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/ormap-typed/few-keys", GUINT_TO_POINTER(5), both_do_the_same);
    g_test_add_data_func("/ormap-typed/many-keys", GUINT_TO_POINTER(100), both_do_the_same);
    g_test_add_data_func("/ormap-typed/few-keys/each-failing-allocation-changes-nothing",
                         GUINT_TO_POINTER(5), each_failing_allocation_changes_nothing);
    g_test_add_data_func("/ormap-typed/many-keys/each-failing-allocation-changes-nothing",
                         GUINT_TO_POINTER(100), each_failing_allocation_changes_nothing);
    g_test_add_func("/ormap-typed/an-answer-is-written-over", an_answer_is_written_over);
    g_test_add_func("/ormap-typed/both-stop-at-the-last-dot", both_stop_at_the_last_dot);
    return g_test_run();
}
