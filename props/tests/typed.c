/* Typed calls and ox_object_apply are one and the same: for random operations, refused ones too, on
 * twin objects they give the same status, the same object and the same delta, byte for byte. And
 * when an allocation of theirs fails they have done nothing. */
#include "crdt/gset.h"
#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/pncounter.h"
#include "crdt/twopset.h"
#include "support_crdt.h"
#include "support_dice.h"
#include "support_failing.h"

#include <string.h>

/* What one operation is asked with. */
struct request {
    int64_t amount;
    struct ox_value value;
    struct ox_stamp stamp;
    ox_replica replica;
};

#define AMOUNT_CALL(name)                                                                          \
    static enum ox_status call_##name(struct ox_object *o, const struct request *r,                \
                                      struct ox_delta *delta) {                                    \
        return ox_##name(o, r->amount, r->replica, delta);                                         \
    }
#define VALUE_CALL(name)                                                                           \
    static enum ox_status call_##name(struct ox_object *o, const struct request *r,                \
                                      struct ox_delta *delta) {                                    \
        return ox_##name(o, &r->value, r->replica, delta);                                         \
    }
AMOUNT_CALL(gcounter_inc)
AMOUNT_CALL(pncounter_inc)
AMOUNT_CALL(pncounter_dec)
VALUE_CALL(gset_add)
VALUE_CALL(twopset_add)
VALUE_CALL(twopset_remove)
VALUE_CALL(orset_add)
VALUE_CALL(orset_remove)
VALUE_CALL(mv_set)

static enum ox_status call_lww_set(struct ox_object *o, const struct request *r,
                                   struct ox_delta *delta) {
    return ox_lww_set(o, &r->value, &r->stamp, r->replica, delta);
}

static const struct {
    const struct ox_type *type;
    const char *verb;
    enum ox_status (*call)(struct ox_object *o, const struct request *r, struct ox_delta *delta);
} calls[] = {
    {&ox_gcounter, "inc", call_gcounter_inc},
    {&ox_pncounter, "inc", call_pncounter_inc},
    {&ox_pncounter, "dec", call_pncounter_dec},
    {&ox_gset, "add", call_gset_add},
    {&ox_twopset, "add", call_twopset_add},
    {&ox_twopset, "remove", call_twopset_remove},
    {&ox_orset, "add", call_orset_add},
    {&ox_orset, "remove", call_orset_remove},
    {&ox_lww, "set", call_lww_set},
    {&ox_mv, "set", call_mv_set},
};

static enum ox_status apply(struct ox_object *o, const char *verb, const struct request *r,
                            struct ox_delta *delta) {
    struct ox_op op = {.verb = ox_verb_named(o->type, ox_bytes_of_text(verb)), .arg = r->value};
    if (op.verb->arg == OX_ARG_AMOUNT)
        op.arg = ox_value_int(r->amount);
    return ox_object_apply(o, &op, r->replica, &r->stamp, delta);
}

/* ---- requests ---- */

/* Text of all sizes around where it stops to fit in place; one in eight is not UTF-8. */
static struct ox_value roll_text(struct dice *dice) {
    static const uint8_t all[] = "abcdefgh\xc3\xa9ijklmnopqrstuvwxyz0123456789 and more, up to "
                                 "what no place has room for, and some";
    size_t from = dice_roll(dice, 10);
    size_t size = dice_roll(dice, 3) == 0 ? dice_roll(dice, sizeof all - 10) : dice_roll(dice, 20);
    return (struct ox_value){.kind = OX_VALUE_TEXT, .bytes = {all + from, size}};
}

static struct ox_value roll_value(struct dice *dice) {
    static const uint8_t list[] = {0x82, 0x01, 0x02};
    switch (dice_roll(dice, 8)) {
    case 0:
        return ox_value_null();
    case 1:
        return ox_value_bool(dice_roll(dice, 2) == 0);
    case 2:
    case 3:
        return ox_value_int((int64_t)dice_number(dice));
    case 4:
        return ox_value_int(-(int64_t)dice_roll(dice, 300));
    case 5:
        return (struct ox_value){
            .kind = OX_VALUE_STRUCTURED,
            .bytes = {list, dice_roll(dice, 4) == 0 ? 2 : 3}}; /* 2: it ends too soon */
    default:
        return roll_text(dice);
    }
}

static int64_t roll_amount(struct dice *dice) {
    static const int64_t edges[] = {0, -1, INT64_MIN, INT64_MAX, INT64_MAX / 2};
    return dice_roll(dice, 4) == 0 ? edges[dice_roll(dice, G_N_ELEMENTS(edges))]
                                   : (int64_t)dice_roll(dice, 100) + 1;
}

/* Few times, so that clocks often stand still or are behind; the end of time now and then. */
static struct ox_stamp roll_stamp(struct dice *dice) {
    struct ox_stamp stamp = {dice_roll(dice, 50), (uint32_t)dice_roll(dice, 3), 99};
    uint64_t odd = dice_roll(dice, 1000);
    if (odd < 4)
        stamp = (struct ox_stamp){UINT64_MAX - odd / 2, UINT32_MAX - (uint32_t)odd % 2, 99};
    return stamp;
}

static struct request roll_request(struct dice *dice) {
    return (struct request){roll_amount(dice), roll_value(dice), roll_stamp(dice),
                            A + dice_roll(dice, 3)};
}

/* ---- twins ---- */

struct twins {
    struct ox_object typed, generic;
    struct ox_delta from_typed, from_generic; /* used again and again */
    bool fails;        /* each call is first tried with failing allocations */
    uint64_t failures; /* of these */
};

static void write_object(const struct ox_object *o, struct ox_buf *out) {
    ox_buf_clear(out);
    ox_object_encode(o, out);
    ox_object_encode_fresh(o, out);
}

/* One that brings nothing is empty, whether or not its memory was taken yet. */
static void write_delta(const struct ox_delta *delta, struct ox_buf *out) {
    ox_buf_clear(out);
    if (delta->type != NULL && (!ox_delta_empty(delta) || delta->since.count > 0 ||
                                delta->kills.count > 0 || !delta->type->empty(delta->store)))
        ox_delta_encode(delta, out);
}

static void assert_twins(const struct twins *t) {
    static struct ox_buf left, right;
    const char *why = "";
    write_object(&t->typed, &left);
    write_object(&t->generic, &right);
    g_assert_cmpmem(left.data, left.size, right.data, right.size);
    write_delta(&t->from_typed, &left);
    write_delta(&t->from_generic, &right);
    g_assert_cmpmem(left.data, left.size, right.data, right.size);
    if (!ox_object_valid(&t->typed, &why) || !ox_delta_valid(&t->from_typed, &why))
        g_error("%s: %s", t->typed.type->name, why);
}

/* A delta that was used before: by another object, for a long value or element, which has a block;
 * and with something in every part of its frame. */
static void soil(struct ox_delta *delta, size_t which) {
    struct ox_object other = new_object(calls[which].type);
    struct request r = {1,
                        ox_value_text("one that is a good deal longer than any place has room for"),
                        {1, 0, D},
                        D};
    calls[which].call(&other, &r, delta); /* to remove what is not there is none */
    ox_object_free(&other);
    g_assert_cmpint(ox_vv_raise(&delta->since, B, 7), ==, OX_OK);
    g_assert_cmpint(ox_dots_add(&delta->brings, (struct ox_span){D, 1, 3}), ==, OX_OK);
    g_assert_cmpint(ox_dots_add(&delta->kills, (struct ox_span){C, 1, 2}), ==, OX_OK);
    g_assert_cmpint(ox_vv_raise(&delta->collected, A, 1), ==, OX_OK);
}

struct failing_request {
    const struct request *request;
    size_t which;
};

static enum ox_status call_failing(struct ox_object *o, const void *request,
                                   struct ox_delta *delta) {
    const struct failing_request *to = request;
    return calls[to->which].call(o, to->request, delta);
}

static void fail_first(struct twins *t, size_t which, const struct request *r,
                       const struct ox_delta *used) {
    struct failing_request to = {r, which};
    struct failing failing = {call_failing, &to, &t->typed, 0};
    struct ox_object copy;
    struct ox_delta unused = {0};
    g_assert_cmpint(ox_object_copy(&copy, &t->typed), ==, OX_OK);
    enum ox_status wanted = calls[which].call(&copy, r, NULL);
    fail_each_allocation(&failing, NULL, wanted);
    fail_each_allocation(&failing, &unused, wanted);
    fail_each_allocation(&failing, used, wanted);
    t->failures += failing.failures;
    ox_object_free(&copy);
}

static void step(struct twins *t, size_t which, struct dice *dice, unsigned *seen) {
    struct request r = roll_request(dice);
    bool wants = dice_roll(dice, 3) == 0;
    struct request own = r; /* a register may be set to what it shows, borrowed from itself */
    if (t->typed.type == &ox_lww && dice_roll(dice, 8) == 0) {
        r.value = ox_lww_read(&t->typed);
        own.value = ox_lww_read(&t->generic);
    }
    if (wants && dice_roll(dice, 2) == 0)
        soil(&t->from_typed, which);
    if (t->fails)
        fail_first(t, which, &r, &t->from_typed);
    enum ox_status a = calls[which].call(&t->typed, &r, wants ? &t->from_typed : NULL);
    enum ox_status b = apply(&t->generic, calls[which].verb, &own, wants ? &t->from_generic : NULL);
    g_assert_cmpint(a, ==, b);
    seen[a]++;
    assert_twins(t);
}

/* Another replica's update comes in, so that the next `since` has something to name. */
static void news(struct twins *t, size_t which, struct dice *dice) {
    struct ox_object other = new_object(t->typed.type);
    struct ox_delta delta = {0};
    struct request r = roll_request(dice);
    r.replica = D + dice_next(dice) % 8;
    g_assert_cmpint(ox_object_join(&other, &t->typed, NULL), ==, OX_OK);
    if (apply(&other, calls[which].verb, &r, &delta) == OX_OK) {
        g_assert_cmpint(join(&t->typed, &delta), ==, OX_OK);
        g_assert_cmpint(join(&t->generic, &delta), ==, OX_OK);
    }
    ox_delta_free(&delta);
    ox_object_free(&other);
}

/* How many allocations failed, if they are to. */
static uint64_t run(const struct ox_type *type, uint64_t seed, bool fails, unsigned *seen) {
    struct dice dice = {seed};
    struct twins t = {.typed = new_object(type), .generic = new_object(type), .fails = fails};
    for (unsigned i = 0; i < 200; i++) {
        size_t which = dice_roll(&dice, G_N_ELEMENTS(calls));
        if (calls[which].type != type)
            continue;
        if (dice_roll(&dice, 4) == 0)
            news(&t, which, &dice);
        step(&t, which, &dice, seen);
    }
    free_deltas(&t.from_typed, &t.from_generic, NULL);
    free_objects(&t.typed, &t.generic, NULL);
    return t.failures;
}

static void both_do_the_same(void) {
    static const enum ox_status counter[] = {OX_OK, OX_INVALID, OX_OVERFLOW};
    static const enum ox_status once[] = {OX_OK, OX_INVALID, OX_NOOP};
    static const enum ox_status value[] = {OX_OK, OX_INVALID};
    static const struct {
        const struct ox_type *type;
        const enum ox_status *must;
        size_t count;
    } types[] = {{&ox_gcounter, counter, 3}, {&ox_pncounter, counter, 3}, {&ox_gset, once, 3},
                 {&ox_twopset, once, 3},     {&ox_orset, once, 3},        {&ox_lww, counter, 3},
                 {&ox_mv, value, 2}};
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        unsigned seen[OX_STATUS_COUNT] = {0};
        for (uint64_t seed = 1; seed <= 1000; seed++)
            run(types[i].type, seed, false, seen);
        for (size_t s = 0; s < types[i].count; s++)
            g_assert_cmpuint(seen[types[i].must[s]], >, 20);
    }
}

static void each_failing_allocation_changes_nothing(void) {
    for (size_t i = 0; ox_types[i] != NULL; i++) {
        unsigned seen[OX_STATUS_COUNT] = {0};
        uint64_t failures = 0;
        bool has_calls = false;
        for (size_t k = 0; k < G_N_ELEMENTS(calls); k++)
            has_calls = has_calls || calls[k].type == ox_types[i];
        for (uint64_t seed = 1; seed <= 30; seed++)
            failures += run(ox_types[i], seed, true, seen);
        if (has_calls && alloc_wrapped())
            g_assert_cmpuint(failures, >, 500);
    }
}

/* The last dots of a replica. */
static void both_stop_at_the_last_dot(void) {
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        struct twins t = {.typed = new_object(calls[i].type), .generic = new_object(calls[i].type)};
        struct request r = {1, ox_value_text("x"), {7, 0, A}, A};
        const char *first = calls[i].type->verbs[0].name;
        g_assert_cmpint(apply(&t.typed, first, &r, NULL), ==, OX_OK);
        g_assert_cmpint(apply(&t.generic, first, &r, NULL), ==, OX_OK);
        t.typed.context.entries[0].n = OX_OBJECT_DOTS_MAX;
        t.generic.context.entries[0].n = OX_OBJECT_DOTS_MAX;
        g_assert_cmpint(calls[i].call(&t.typed, &r, NULL), ==, OX_OVERFLOW);
        g_assert_cmpint(apply(&t.generic, calls[i].verb, &r, NULL), ==, OX_OVERFLOW);
        g_assert_cmpuint(t.typed.context.entries[0].n, ==, OX_OBJECT_DOTS_MAX);
        free_objects(&t.typed, &t.generic, NULL);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/typed/both do the same", both_do_the_same);
    g_test_add_func("/typed/each failing allocation changes nothing",
                    each_failing_allocation_changes_nothing);
    g_test_add_func("/typed/both stop at the last dot", both_stop_at_the_last_dot);
    return g_test_run();
}
