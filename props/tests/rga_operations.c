/* Operations of an rga: what each looks like on the wire, that they do what the deltas of the same
 * edits do however they come, what is refused, and that nothing is half done without memory. */
#include "support_alloc.h"
#include "support_sequence.h"

#include <string.h>

/* ---- short words ---- */

static void assert_bytes(const struct ox_rga_op *op, const char *wanted, size_t size) {
    struct ox_buf out = {0};
    ox_rga_op_encode(op, &out);
    g_assert_cmpmem(out.data, out.size, wanted, size);
    ox_buf_free(&out);
}
#define ASSERT_BYTES(op, wanted) assert_bytes(op, wanted, sizeof(wanted) - 1)

static enum ox_status decode(struct ox_rga_op *op, struct ox_bytes bytes) {
    struct ox_cbor in = ox_cbor_of(bytes);
    enum ox_status status = ox_rga_op_decode(op, &in);
    g_assert_cmpint(in.failed, ==, status != OX_OK);
    return status == OX_OK && !ox_cbor_done(&in) ? OX_MALFORMED : status;
}

/* Back from its bytes. */
static void pass_on(struct ox_rga_op *op, struct ox_object *to, enum ox_status wanted) {
    struct ox_rga_op back = {0};
    struct ox_buf out = {0}, again = {0};
    ox_rga_op_encode(op, &out);
    g_assert_cmpint(decode(&back, ox_buf_bytes(&out)), ==, OX_OK);
    ox_rga_op_encode(&back, &again);
    g_assert_cmpmem(out.data, out.size, again.data, again.size);
    g_assert_cmpint(ox_rga_op_take(to, &back), ==, wanted);
    ox_rga_op_free(&back);
    ox_buf_free(&out);
    ox_buf_free(&again);
}

/* ---- stories ---- */

static void an_operation_is_small_and_safe(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_rga_op first = {0}, second = {0}, third = {0}, back = {0};
    g_assert_cmpint(ox_rga_op_write(&a, 0, text_of("h"), A, &first), ==, OX_OK);
    g_assert_cmpint(ox_rga_op_write(&a, 1, text_of("i\xc3\xb6"), A, &second), ==, OX_OK);
    g_assert_cmpint(ox_rga_op_erase(&a, 0, 1, A, &third), ==, OX_OK);
    pass_on(&second, &b, OX_GAP);
    pass_on(&third, &b, OX_GAP);
    assert_object(&b, "", "[]");
    for (int twice = 0; twice < 2; twice++)
        pass_on(&first, &b, OX_OK);
    ASSERT_BYTES(&second, "\x83\x01\x02\x63i\xc3\xb6");
    pass_on(&second, &b, OX_OK);
    pass_on(&third, &b, OX_OK);
    assert_same(&a, &b);
    g_assert_cmpint(ox_rga_op_write(&a, 9, text_of("x"), A, &first), ==, OX_INVALID);
    g_assert_cmpuint(first.dot.n, ==, 0);
    g_assert_cmpint(ox_rga_op_erase(&a, 2, 1, A, &first), ==, OX_NOOP);
    /* What it hangs on was never there: the maker lies about its since. */
    g_assert_cmpint(ox_rga_op_write(&a, 1, text_of("x"), A, &back), ==, OX_OK);
    ox_vv_clear(&back.since);
    back.dot = (struct ox_dot){C, 1};
    back.at = (struct ox_dot){D, 7};
    pass_on(&back, &b, OX_DIVERGED);
    pass_on(&third, &b, OX_OK);
    ox_rga_op_free(&first);
    ox_rga_op_free(&second);
    ox_rga_op_free(&third);
    ox_rga_op_free(&back);
    free_objects(&a, &b, NULL);
}

/* A types "abcd", B puts a list behind it and erases across both. */
static void runs_are_one_operation(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_rga_op op = {0};
    struct ox_value list[] = {ox_value_int(7), ox_value_int(8), ox_value_text("x"),
                              ox_value_text("long")};
    g_assert_cmpint(ox_rga_op_write(&a, 0, text_of("abcd"), A, &op), ==, OX_OK);
    ASSERT_BYTES(&op, "\x86\x01\x01\x64"
                      "abcd\x00\x00\x00");
    pass_on(&op, &b, OX_OK);
    g_assert_cmpint(ox_rga_op_insert_list(&b, 4, list, 4, B, &op), ==, OX_OK);
    ASSERT_BYTES(&op, "\x87\x02\x01\x84\x07\x08\x61x\x64long\x04\x01\x04\xa1\x01\x04");
    pass_on(&op, &a, OX_OK);
    assert_object(&a, "A:4 B:4", "[\"a\",\"b\",\"c\",\"d\",7,8,\"x\",\"long\"]");
    g_assert_cmpint(ox_rga_op_erase(&b, 2, 4, B, &op), ==, OX_OK); /* c, d, 7, 8 */
    ASSERT_BYTES(&op, "\x83\x02\x05\x82\x83\x01\x03\x02\x82\x01\x02");
    pass_on(&op, &a, OX_OK);
    pass_on(&op, &a, OX_OK);
    assert_object(&a, "A:4 B:8", "[\"a\",\"b\",\"x\",\"long\"]");
    assert_same(&a, &b);
    /* Scalars alone are a text, however they are given. */
    g_assert_cmpint(ox_rga_op_insert_list(&b, 3, &list[2], 1, B, &op), ==, OX_OK);
    ASSERT_BYTES(&op, "\x85\x02\x09\x61x\x00\x03");
    ox_rga_op_free(&op);
    free_objects(&a, &b, NULL);
}

/* B goes on with a copy of A's. */
static void a_first_operation_names_all_whoever_made_the_object(void) {
    struct ox_object a = new_object(&ox_rga), b, c = new_object(&ox_rga);
    struct ox_rga_op first = {0}, second = {0};
    g_assert_cmpint(ox_rga_op_write(&a, 0, text_of("x"), A, &first), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&b, &a), ==, OX_OK);
    g_assert_cmpint(ox_rga_op_write(&b, 0, text_of("y"), B, &second), ==, OX_OK);
    pass_on(&second, &c, OX_GAP);
    pass_on(&first, &c, OX_OK);
    pass_on(&second, &c, OX_OK);
    assert_same(&b, &c);
    ox_rga_op_free(&first);
    ox_rga_op_free(&second);
    free_objects(&a, &b, &c, NULL);
}

static void a_span_goes_up_or_down(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_rga_op op = {0};
    for (int i = 0; i < 4; i++) { /* backwards: the line is A:4 A:3 A:2 A:1 */
        g_assert_cmpint(ox_rga_op_write(&a, 0, text_of("x"), A, &op), ==, OX_OK);
        pass_on(&op, &b, OX_OK);
    }
    g_assert_cmpint(ox_rga_op_write(&a, 4, text_of("yz"), A, &op), ==, OX_OK); /* A:5 A:6 */
    pass_on(&op, &b, OX_OK);
    g_assert_cmpint(ox_rga_op_erase(&a, 1, 4, A, &op), ==, OX_OK);
    ASSERT_BYTES(&op, "\x83\x01\x07\x82\x82\x03\x22\x82\x05\x01"); /* 3, 2, 1; 5 */
    pass_on(&op, &b, OX_OK);
    assert_same(&a, &b);
    assert_object(&b, "A:10", "[\"x\",\"z\"]");
    ox_rga_op_free(&op);
    free_objects(&a, &b, NULL);
}

/* ---- what is refused ---- */

static void one_place_is_erased_once(void) {
    struct ox_object a = new_object(&ox_rga), before;
    struct ox_rga_op op = {0};
    g_assert_cmpint(ox_rga_write(&a, 0, text_of("abcde"), A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&before, &a), ==, OX_OK);
    static const char *const twice[] = {
        "\x84\x02\x01\x82\x83\x01\x01\x02\x83\x01\x02\x02\xa1\x01\x05", /* 1, 2; 2, 3 */
        "\x84\x02\x01\x82\x83\x01\x03\x21\x83\x01\x03\x01\xa1\x01\x05", /* 3, 2; 3 */
        "\x84\x02\x01\x82\x83\x01\x05\x01\x83\x01\x05\x01\xa1\x01\x05", /* 5; 5 */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(twice); i++) {
        g_assert_cmpint(decode(&op, text_of(twice[i])), ==, OX_OK);
        g_assert_cmpint(ox_rga_op_take(&a, &op), ==, OX_DIVERGED);
        assert_same(&a, &before);
    }
    /* A place that is nowhere. */
    g_assert_cmpint(decode(&op, text_of("\x83\x02\x01\x82\x83\x01\x05\x01\x83\x01\x07\x01")), ==,
                    OX_OK);
    g_assert_cmpint(ox_rga_op_take(&a, &op), ==, OX_DIVERGED);
    assert_same(&a, &before);
    ox_rga_op_free(&op);
    free_objects(&a, &before, NULL);
}

struct bytes {
    const char *bytes;
    size_t size;
};
#define BYTES(text)                                                                                \
    { text, sizeof(text) - 1 }

static void other_bytes_are_refused(void) {
    static const struct bytes malformed[] = {
        BYTES("\x82\x01\x01"),                             /* no content */
        BYTES("\x83\x01\x00\x61x"),                        /* no dot */
        BYTES("\x83\x01\x01\x61x"),                        /* goes on from nothing */
        BYTES("\x83\x01\x02\x60"),                         /* no text */
        BYTES("\x83\x01\x02\x61\xff"),                     /* not UTF-8 */
        BYTES("\x84\x01\x02\x61x\xa0"),                    /* an empty since */
        BYTES("\x84\x01\x02\x61x\xa1\x01\x01"),            /* a since of its own replica */
        BYTES("\x85\x01\x02\x61x\x00\x02"),                /* behind itself */
        BYTES("\x86\x01\x02\x61x\x00\x01\x01"),            /* its own replica told */
        BYTES("\x83\x01\x02\x80"),                         /* no elements, or nothing erased */
        BYTES("\x83\x01\x02\x82\x61x\x61y"),               /* scalars, yet not a text */
        BYTES("\x83\x01\x02\x82\x01\x80"),                 /* a list in the list */
        BYTES("\x83\x01\x02\x82\x01\x18\x17"),             /* a head too long */
        BYTES("\x83\x01\x02\x83\x01\x02"),                 /* fewer than it says */
        BYTES("\x83\x01\x02\x02"),                         /* erases itself */
        BYTES("\x83\x01\x02\x81\x82\x01\x01"),             /* one place as a span */
        BYTES("\x83\x01\x05\x81\x82\x01\x00"),             /* none */
        BYTES("\x83\x01\x05\x81\x82\x01\x20"),             /* one, downwards */
        BYTES("\x83\x01\x05\x81\x82\x01\x21"),             /* below the first */
        BYTES("\x83\x01\x05\x81\x82\x00\x02"),             /* from nowhere */
        BYTES("\x83\x01\x05\x81\x82\x03\x03"),             /* up to itself */
        BYTES("\x83\x01\x05\x81\x83\x01\x01\x02"),         /* its own replica told */
        BYTES("\x83\x01\x05\x82\x82\x01\x01\x82\x02\x01"), /* two spans where one does */
        BYTES("\x83\x01\x05\x82\x82\x02\x01\x82\x01\x01"), /* likewise, downwards */
        BYTES("\x83\x01\x05\x82\x82\x03\x21\x82\x01\x01"), /* likewise, further */
        BYTES("\x83\x01\x05\x82\x82\x01\x01\x03"),         /* a span that is none */
        BYTES("\x83\x01\x05\x81\x81\x01"),                 /* a span without a count */
        BYTES(
            "\x83\x01\x05\x81\x83\x02\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x02"), /* past the end */
        BYTES("\x83\x01\x05\x81\x83\x02\x01\x1a\x80\x00\x00\x00"), /* more than a span may be */
    };
    struct ox_rga_op op = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(malformed); i++) {
        struct ox_bytes bytes = {(const uint8_t *)malformed[i].bytes, malformed[i].size};
        if (decode(&op, bytes) != OX_MALFORMED)
            g_error("case %zu is an operation", i);
        g_assert_cmpuint(op.dot.n, ==, 0);
        g_assert_cmpuint(op.span_count, ==, 0);
    }
    ox_rga_op_free(&op);
}

/* ---- histories ---- */

enum { REPLICAS = 4 };

struct sent {
    struct ox_buf wire;
    struct ox_delta delta; /* of the same edit */
};

struct world {
    struct dice dice;
    struct ox_object replicas[REPLICAS]; /* hear of operations */
    struct ox_object twins[REPLICAS];    /* of deltas, at the same time */
    GPtrArray *sent[REPLICAS];           /* of struct sent */
    guint taken[REPLICAS][REPLICAS];     /* how many of the second's the first has */
    struct ox_vv reports[REPLICAS];      /* what each has said that it holds */
    guint gaps, early, again, lists, erases, spans, collections;
};

static void free_sent(void *data) {
    struct sent *sent = data;
    ox_buf_free(&sent->wire);
    ox_delta_free(&sent->delta);
    g_free(sent);
}

static void world_edits(struct world *world, int at) {
    struct ox_object *o = &world->replicas[at], *twin = &world->twins[at];
    struct edit edit = any_edit(o, &world->dice);
    struct ox_rga_op op = {0};
    struct sent *sent = g_new0(struct sent, 1);
    ox_replica self = (ox_replica)at + A;
    enum ox_status status = edit_by_operation(o, &edit, self, &op);
    g_assert_cmpint(edit_by_call(twin, &edit, self, &sent->delta), ==, status);
    g_assert_cmpint(op.dot.n == 0, ==, status != OX_OK);
    if (status != OX_OK) {
        free_sent(sent);
        ox_rga_op_free(&op);
        return;
    }
    g_assert_true(ox_vv_equal(&sent->delta.since, &op.since));
    g_assert_cmpuint(sent->delta.brings.spans[0].first, ==, op.dot.n);
    g_assert_cmpuint(sent->delta.brings.spans[0].last, ==, op.dot.n + op.count - 1);
    world->lists += op.kind == OX_RGA_LIST;
    world->erases += op.kind == OX_RGA_ERASE && op.count > 1;
    world->spans += op.span_count > 1;
    ox_rga_op_encode(&op, &sent->wire);
    g_ptr_array_add(world->sent[at], sent);
    ox_rga_op_free(&op);
}

/* One operation of another, near the next that is lacking: an older one, or one that comes early.
 */
static void world_delivers(struct world *world, int to, int from) {
    guint *taken = &world->taken[to][from], known = *taken;
    guint number = known + (guint)dice_roll(&world->dice, 6);
    number -= MIN(number, (guint)dice_roll(&world->dice, 4));
    if (number >= world->sent[from]->len)
        return;
    const struct sent *sent = g_ptr_array_index(world->sent[from], number);
    struct ox_rga_op op = {0};
    struct ox_object before = {0};
    bool compares = dice_roll(&world->dice, 8) == 0;
    if (compares)
        g_assert_cmpint(ox_object_copy(&before, &world->replicas[to]), ==, OX_OK);
    g_assert_cmpint(decode(&op, ox_buf_bytes(&sent->wire)), ==, OX_OK);
    enum ox_status status = ox_rga_op_take(&world->replicas[to], &op);
    g_assert_cmpint(ox_object_join_delta(&world->twins[to], &sent->delta, NULL), ==, status);
    if (number != known)
        g_assert_cmpint(status, ==, number < known ? OX_OK : OX_GAP);
    g_assert_true(status == OX_OK || status == OX_GAP);
    if (compares && (status == OX_GAP || number < known))
        assert_same(&before, &world->replicas[to]);
    if (status == OX_OK && number == known) {
        ++*taken;
        g_assert_cmpint(ox_rga_op_take(&world->replicas[to], &op), ==, OX_OK);
    }
    world->early += number > known;
    world->again += number < known;
    world->gaps += number == known && status == OX_GAP;
    if (compares)
        ox_object_free(&before);
    ox_rga_op_free(&op);
}

static void world_collects(struct world *world, int at) {
    struct ox_vv stable = {0};
    uint64_t had = ox_vv_total(ox_object_collected(&world->replicas[at]));
    stable_at(&world->replicas[at], at, world->reports, REPLICAS, &stable);
    g_assert_cmpint(ox_object_collect(&world->replicas[at], &stable), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&world->twins[at], &stable), ==, OX_OK);
    world->collections += ox_vv_total(ox_object_collected(&world->replicas[at])) > had;
    ox_vv_free(&stable);
}

static void world_reports(struct world *world, int at) {
    g_assert_cmpint(ox_vv_copy(&world->reports[at], &world->replicas[at].context), ==, OX_OK);
}

static void world_checks(const struct world *world, int at) {
    assert_valid(&world->replicas[at]);
    assert_same(&world->twins[at], &world->replicas[at]);
}

static bool world_is_told(const struct world *world) {
    for (int to = 0; to < REPLICAS; to++)
        for (int from = 0; from < REPLICAS; from++)
            if (from != to && world->taken[to][from] < world->sent[from]->len)
                return false;
    return true;
}

static void world_settles(struct world *world) {
    while (!world_is_told(world))
        for (int to = 0; to < REPLICAS; to++)
            world_delivers(world, to,
                           (to + 1 + (int)dice_roll(&world->dice, REPLICAS - 1)) % REPLICAS);
    for (int i = 0; i < REPLICAS; i++)
        world_reports(world, i);
    for (int i = 0; i < REPLICAS; i++) {
        world_collects(world, i);
        world_checks(world, i);
        assert_same(&world->replicas[0], &world->replicas[i]);
    }
}

static void run_world(struct world *world, uint64_t seed, unsigned steps, bool collecting) {
    world->dice.state = seed;
    for (int i = 0; i < REPLICAS; i++) {
        world->replicas[i] = new_object(&ox_rga);
        world->twins[i] = new_object(&ox_rga);
        world->sent[i] = g_ptr_array_new_with_free_func(free_sent);
    }
    memset(world->taken, 0, sizeof world->taken);
    for (unsigned step = 0; step < steps; step++) {
        int at = (int)dice_roll(&world->dice, REPLICAS);
        int from = (at + 1 + (int)dice_roll(&world->dice, REPLICAS - 1)) % REPLICAS;
        uint64_t deed = dice_roll(&world->dice, 16);
        if (deed == 0 && collecting)
            world_collects(world, at);
        else if (deed == 1)
            world_reports(world, at);
        else if (deed < 12)
            world_delivers(world, at, from);
        else
            world_edits(world, at);
        if (step % 16 == 0)
            world_checks(world, at);
    }
    world_settles(world);
    for (int i = 0; i < REPLICAS; i++) {
        ox_object_free(&world->replicas[i]);
        ox_object_free(&world->twins[i]);
        ox_vv_free(&world->reports[i]);
        g_ptr_array_unref(world->sent[i]);
    }
}

static void operations_do_what_deltas_do(void) {
    struct world world = {0};
    run_world(&world, 99, 3000, false);
    run_world(&world, 98, 3000, true);
    for (uint64_t seed = 1; seed < 60; seed++)
        run_world(&world, seed * 7919, 300, seed % 2 == 0);
    g_test_message("%u gaps, %u early, %u again, %u lists, %u erases, %u of several spans, %u "
                   "collections",
                   world.gaps, world.early, world.again, world.lists, world.erases, world.spans,
                   world.collections);
    g_assert_cmpuint(world.collections, >, 100);
    g_assert_cmpuint(world.gaps, >, 200);
    g_assert_cmpuint(world.early, >, 500);
    g_assert_cmpuint(world.again, >, 500);
    g_assert_cmpuint(world.lists, >, 500);
    g_assert_cmpuint(world.spans, >, 100);
    g_assert_cmpuint(world.erases, >, world.spans + 100);
}

/* ---- without memory ---- */

static uint64_t failures;

/* What `call` does to a copy of an object, with the first allocation failing, then the second, and
 * so on: nothing, until it does what it does when none fails. */
struct attempt {
    struct ox_object object;
    const struct edit *edit;
    struct ox_bytes wire;
};

static enum ox_status try_operation(struct attempt *at) {
    struct ox_rga_op op = {0};
    enum ox_status status = edit_by_operation(&at->object, at->edit, A, &op);
    g_assert_cmpint(op.dot.n == 0, ==, status != OX_OK);
    ox_rga_op_free(&op);
    return status;
}

static enum ox_status try_call(struct attempt *at) {
    struct ox_delta delta = {0};
    enum ox_status status = edit_by_call(&at->object, at->edit, A, &delta);
    g_assert_cmpint(delta.type == NULL || ox_delta_empty(&delta), ==, status != OX_OK);
    ox_delta_free(&delta);
    return status;
}

static enum ox_status try_call_alone(struct attempt *at) {
    return edit_by_call(&at->object, at->edit, A, NULL);
}

static enum ox_status try_take(struct attempt *at) {
    struct ox_rga_op op = {0};
    struct ox_cbor in = ox_cbor_of(at->wire);
    enum ox_status status = ox_rga_op_decode(&op, &in);
    g_assert_cmpint(op.dot.n == 0, ==, status != OX_OK);
    if (status == OX_OK)
        status = ox_rga_op_take(&at->object, &op);
    ox_rga_op_free(&op);
    return status;
}

static void fail_each(const struct ox_object *before, enum ox_status (*call)(struct attempt *at),
                      const struct edit *edit, struct ox_bytes wire, enum ox_status wanted) {
    enum ox_status status = OX_NOMEM;
    for (uint64_t left = 0; status == OX_NOMEM; left++) {
        struct attempt at = {.edit = edit, .wire = wire};
        g_assert_cmpint(ox_object_copy(&at.object, before), ==, OX_OK);
        alloc_fail_after(left);
        status = call(&at);
        alloc_fail_after(UINT64_MAX);
        if (status == OX_NOMEM) {
            failures++;
            assert_valid(&at.object);
            assert_same(before, &at.object);
        }
        ox_object_free(&at.object);
        g_assert_cmpuint(left, <, 1000);
    }
    g_assert_cmpint(status, ==, wanted);
}

static void each_failing_allocation_changes_nothing(void) {
    struct dice dice = {5};
    struct ox_object from = new_object(&ox_rga), to = new_object(&ox_rga);
    for (int step = 0; step < 400; step++) {
        struct edit edit = any_edit(&from, &dice);
        struct ox_rga_op op = {0};
        struct ox_buf wire = {0};
        struct ox_object before;
        g_assert_cmpint(ox_object_copy(&before, &from), ==, OX_OK);
        enum ox_status status = edit_by_operation(&from, &edit, A, &op);
        fail_each(&before, try_operation, &edit, (struct ox_bytes){0}, status);
        fail_each(&before, try_call, &edit, (struct ox_bytes){0}, status);
        fail_each(&before, try_call_alone, &edit, (struct ox_bytes){0}, status);
        if (status == OX_OK) {
            ox_rga_op_encode(&op, &wire);
            fail_each(&to, try_take, NULL, ox_buf_bytes(&wire), OX_OK);
            g_assert_cmpint(ox_rga_op_take(&to, &op), ==, OX_OK);
        }
        if (step % 40 == 39) /* another has typed, too: there is a since to tell */
            g_assert_cmpint(ox_rga_write(&to, 0, text_of("other"), B, NULL), ==, OX_OK);
        g_assert_cmpint(ox_object_join(&from, &to, NULL), ==, OX_OK);
        ox_rga_op_free(&op);
        ox_buf_free(&wire);
        ox_object_free(&before);
    }
    assert_same(&from, &to);
    if (alloc_wrapped())
        g_assert_cmpuint(failures, >, 1000);
    free_objects(&from, &to, NULL);
}

/* ---- batches ---- */

enum { BATCH = 200 };

/* Edits all over a text: how many allocations it takes to join their deltas one by one, and as one;
 * and that the outcome is the same. */
static void batch_of_edits(struct dice *dice, struct ox_object *from, uint64_t *singly,
                           uint64_t *together) {
    struct ox_object one, all;
    struct ox_delta deltas[BATCH] = {0}, group = {0};
    g_assert_cmpint(ox_object_copy(&one, from), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&all, from), ==, OX_OK);
    for (int i = 0; i < BATCH;) {
        struct edit edit = any_edit(from, dice);
        if (edit_by_call(from, &edit, A, &deltas[i]) == OX_OK)
            g_assert_cmpint(ox_delta_merge(&group, &deltas[i++]), ==, OX_OK);
    }
    alloc_count_from_zero();
    for (int i = 0; i < BATCH; i++)
        g_assert_cmpint(ox_object_join_delta(&one, &deltas[i], NULL), ==, OX_OK);
    *singly += alloc_calls();
    alloc_count_from_zero();
    g_assert_cmpint(ox_object_join_delta(&all, &group, NULL), ==, OX_OK);
    *together += alloc_calls();
    assert_same(from, &one);
    assert_same(from, &all);
    for (int i = 0; i < BATCH; i++)
        ox_delta_free(&deltas[i]);
    ox_delta_free(&group);
    free_objects(&one, &all, NULL);
}

/* A text of so many letters, typed at once and letter by letter. */
static void batch_of_letters(uint64_t *singly, uint64_t *together) {
    struct ox_object a = new_object(&ox_rga), one = new_object(&ox_rga), all = new_object(&ox_rga);
    struct ox_rga_op ops[BATCH] = {0}, op = {0};
    char *letters = g_strnfill(BATCH, 'x');
    for (uint64_t i = 0; i < BATCH; i++)
        g_assert_cmpint(ox_rga_op_write(&a, i, text_of("x"), A, &ops[i]), ==, OX_OK);
    struct ox_object b = new_object(&ox_rga);
    g_assert_cmpint(ox_rga_op_write(&b, 0, text_of(letters), A, &op), ==, OX_OK);
    alloc_count_from_zero();
    for (int i = 0; i < BATCH; i++)
        g_assert_cmpint(ox_rga_op_take(&one, &ops[i]), ==, OX_OK);
    *singly += alloc_calls();
    alloc_count_from_zero();
    g_assert_cmpint(ox_rga_op_take(&all, &op), ==, OX_OK);
    *together += alloc_calls();
    assert_same(&one, &all);
    for (int i = 0; i < BATCH; i++)
        ox_rga_op_free(&ops[i]);
    ox_rga_op_free(&op);
    g_free(letters);
    free_objects(&a, &b, &one, &all, NULL);
}

static void a_batch_allocates_no_more_than_its_edits(void) {
    struct dice dice = {21};
    struct ox_object from = new_object(&ox_rga);
    uint64_t singly = 0, together = 0;
    for (int round = 0; round < 20; round++) {
        uint64_t one = 0, all = 0;
        batch_of_edits(&dice, &from, &one, &all);
        g_assert_cmpuint(all, <=, one);
        singly += one;
        together += all;
    }
    batch_of_letters(&singly, &together);
    g_test_message("%" G_GUINT64_FORMAT " allocations one by one, %" G_GUINT64_FORMAT " together",
                   singly, together);
    if (alloc_wrapped())
        g_assert_cmpuint(together * 4, <, singly);
    ox_object_free(&from);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/operations of rga/are small and safe", an_operation_is_small_and_safe);
    g_test_add_func("/operations of rga/of a run are one", runs_are_one_operation);
    g_test_add_func("/operations of rga/a first one names all, whoever made the object",
                    a_first_operation_names_all_whoever_made_the_object);
    g_test_add_func("/operations of rga/spans go up or down", a_span_goes_up_or_down);
    g_test_add_func("/operations of rga/one place is erased once", one_place_is_erased_once);
    g_test_add_func("/operations of rga/other bytes are refused", other_bytes_are_refused);
    g_test_add_func("/operations of rga/do what deltas do", operations_do_what_deltas_do);
    g_test_add_func("/operations of rga/each failing allocation changes nothing",
                    each_failing_allocation_changes_nothing);
    g_test_add_func("/operations of rga/a batch allocates no more than its edits",
                    a_batch_allocates_no_more_than_its_edits);
    return g_test_run();
}
