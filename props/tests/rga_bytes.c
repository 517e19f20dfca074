/* The bytes of a whole sequence: nine columns, of which each may lie. Every lie is refused, and the
 * truth beside it is taken, so that it is the lie and nothing else that is refused. */
#include "support_sequence.h"

#include "crdt/ormap.h"

enum { RUNS_MAX = 40 };

struct column {
    int64_t items[RUNS_MAX];
    size_t count;
};

/* [context, [above, [ids, owners, shapes, dots, lamports, killers, steps, text, items]]] */
struct columns {
    uint64_t context[2]; /* of replicas 1 and 2 */
    struct column ids, owners, shapes, dots, lamports, killers, steps, items;
    const char *text;
};

/* "ab" of replica 1 (1:1..2, lamports 1..2), a place of replica 2 (2:1, lamport 3) that 1:3
 * deleted, and the items 7 and 8 (1:4..5, lamports 4..5). */
static const struct columns truth = {
    .context = {5, 1},
    .ids = {{1, 2}, 2},
    .owners = {{0, 1, 0}, 3},
    .shapes = {{1 * 3 + 0, 0 * 3 + 2, 1 * 3 + 1}, 3},
    .dots = {{0, 0, 1}, 3},
    .lamports = {{0, 1, 2}, 3}, /* in the order of 1:1, 1:4, 2:1 */
    .killers = {{2}, 1},
    .steps = {{0 * 3 + 1}, 1},
    .text = "ab",
    .items = {{7, 8}, 2},
};

static void put_column(struct ox_buf *out, const struct column *column) {
    ox_cbor_put_array(out, column->count);
    for (size_t i = 0; i < column->count; i++)
        ox_cbor_put_int(out, column->items[i]);
}

static void put_line(struct ox_buf *out, const struct columns *columns) {
    ox_cbor_put_array(out, 2);
    ox_cbor_put_map(out, 2);
    for (uint64_t i = 0; i < 2; i++) {
        ox_cbor_put_uint(out, i + 1);
        ox_cbor_put_uint(out, columns->context[i]);
    }
    ox_cbor_put_array(out, 2);
    ox_cbor_put_uint(out, 0);
    ox_cbor_put_array(out, 9);
    put_column(out, &columns->ids);
    put_column(out, &columns->owners);
    put_column(out, &columns->shapes);
    put_column(out, &columns->dots);
    put_column(out, &columns->lamports);
    put_column(out, &columns->killers);
    put_column(out, &columns->steps);
    ox_cbor_put_text(out, ox_bytes_of_text(columns->text));
    put_column(out, &columns->items);
}

static enum ox_status read_line(const struct columns *columns, struct ox_object *object) {
    struct ox_buf out = {0};
    put_line(&out, columns);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    enum ox_status status = ox_object_decode(object, &ox_rga, &in);
    g_assert_true(status != OX_OK || ox_cbor_done(&in));
    ox_buf_free(&out);
    return status;
}

static void the_truth_is_read(void) {
    struct ox_object object;
    struct ox_buf wanted = {0}, is = {0};
    g_assert_cmpint(read_line(&truth, &object), ==, OX_OK);
    assert_valid(&object);
    assert_object(&object, "A:5 B:1", "[\"a\",\"b\",7,8]");
    put_line(&wanted, &truth);
    ox_object_encode(&object, &is);
    g_assert_cmpmem(is.data, is.size, wanted.data, wanted.size);
    ox_buf_free(&wanted);
    ox_buf_free(&is);
    ox_object_free(&object);
}

static void assert_lie(const char *what, const struct columns *columns) {
    struct ox_object object;
    if (read_line(columns, &object) != OX_MALFORMED)
        g_error("%s: taken", what);
}

#define LIE(what, change)                                                                          \
    do {                                                                                           \
        struct columns lie = truth;                                                                \
        change;                                                                                    \
        assert_lie(what, &lie);                                                                    \
    } while (0)

static void a_lie_about_replicas_is_refused(void) {
    LIE("none", lie.ids.count = 0);
    LIE("twice", lie.ids.items[1] = 1);
    LIE("descending", (lie.ids.items[0] = 2, lie.ids.items[1] = 1));
    LIE("of no place or killer", (lie.ids.count = 3, lie.ids.items[2] = 3));
    LIE("owners missing", lie.owners.count = 0);
    LIE("an owner too few", lie.owners.count = 2);
    LIE("an owner that is none", lie.owners.items[1] = 2);
    LIE("a killer's that is none", lie.steps.items[0] = 2 * 3 + 1);
}

static void a_lie_about_dots_is_refused(void) {
    LIE("no runs", lie.shapes.count = 0);
    LIE("a run too long", lie.shapes.items[0] = INT64_C(0x7fffffff) * 3);
    LIE("a dot too few", lie.dots.count = 2);
    LIE("no dot", lie.dots.items[0] = -1);
    LIE("a dot twice", lie.dots.items[2] = -1);
    LIE("a lamport too many", (lie.lamports.items[3] = 0, lie.lamports.count = 4));
    LIE("a lamport beyond all", lie.lamports.items[2] = -1);
    LIE("lamports that pass the last",
        (lie.lamports.items[0] = INT64_MAX, lie.lamports.items[1] = INT64_MAX));
    LIE("lamports that end with the last",
        (lie.lamports.items[0] = INT64_MAX, lie.lamports.items[1] = INT64_MAX - 3));
    LIE("places that the context lacks", lie.context[0] = 4);
    LIE("places of nobody in the context", lie.context[1] = 0);
}

static void a_lie_about_killers_is_refused(void) {
    LIE("one too few", lie.killers.count = 0);
    LIE("one too many", (lie.killers.items[1] = 1, lie.killers.count = 2));
    LIE("no killer", lie.killers.items[0] = -1);
    LIE("a killer that the context lacks", lie.killers.items[0] = 5);
    LIE("a step of a single one", lie.steps.items[0] = 0);
    LIE("a step too few", lie.steps.count = 0);
    /* Three places, killed by 1:2, 1:1 and what would be 1:0. */
    LIE("killers that pass zero", (lie.context[1] = 3, lie.shapes.items[1] = 2 * 3 + 2,
                                   lie.killers.items[0] = -1, lie.steps.items[0] = 0));
}

static void a_lie_about_contents_is_refused(void) {
    LIE("a text too short", lie.text = "a");
    LIE("a text too long", lie.text = "abc");
    LIE("no text", lie.text = "");
    LIE("two widths in one run", lie.text = "a\xc3\xa9");
    LIE("an item too few", lie.items.count = 1);
    LIE("an item too many", (lie.items.items[2] = 9, lie.items.count = 3));
    LIE("items of two widths", lie.items.items[1] = 100);
}

/* "ab" as two runs that are one; before, as two that are not, because a lamport lies between. */
static void runs_are_as_long_as_they_can_be(void) {
    struct columns two = {.context = {2, 1},
                          .ids = {{1, 2}, 2},
                          .owners = {{0, 0, 1}, 3},
                          .shapes = {{0, 0, 0}, 3},
                          .dots = {{0, 0, 0}, 3},
                          .lamports = {{0, 1, 4}, 3},
                          .text = "abc"};
    struct ox_object object;
    g_assert_cmpint(read_line(&two, &object), ==, OX_OK);
    assert_valid(&object);
    ox_object_free(&object);
    two.lamports.items[1] = 0;
    assert_lie("two runs that are one", &two);
}

static enum ox_status read_bytes(const struct ox_type *type, const char *bytes, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    struct ox_object object;
    enum ox_status status = ox_object_decode(&object, type, &in);
    if (status == OX_OK)
        ox_object_free(&object);
    return status;
}

/* [context, [lamport above all places, no places]], in a map too: once something was seen its
 * places may be gone, but not before. */
static void who_has_seen_nothing_has_no_lamport(void) {
    g_assert_cmpint(read_bytes(&ox_rga, "\x82\xa1\x01\x04\x82\x04\x80", 7), ==, OX_OK);
    g_assert_cmpint(read_bytes(&ox_rga, "\x82\xa0\x82\x04\x80", 5), ==, OX_MALFORMED);
    g_assert_cmpint(read_bytes(&ox_ormap, "\x82\xa1\x01\x04\x82\x04\xa0", 7), ==, OX_OK);
    g_assert_cmpint(read_bytes(&ox_ormap, "\x82\xa0\x82\x04\xa0", 5), ==, OX_MALFORMED);
}

/* More runs than a leaf has, and than are put in order one by one: of two replicas by turns, their
 * dots descending, each a thousand before the last. */
static void many_runs_are_put_in_order(void) {
    enum { FAR = 1000, LAST = RUNS_MAX / 2 * FAR };
    struct columns many = {.context = {LAST, LAST}, .ids = {{1, 2}, 2}};
    char text[RUNS_MAX + 1] = {0};
    struct ox_object object;
    for (int i = 0; i < RUNS_MAX; i++) {
        many.owners.items[i] = i % 2;
        many.shapes.items[i] = 0;
        many.dots.items[i] = i < 2 ? LAST - 1 : -FAR - 1;
        many.lamports.items[i] = FAR - 1;
        text[i] = (char)('0' + i);
    }
    many.owners.count = many.shapes.count = many.dots.count = many.lamports.count = RUNS_MAX;
    many.text = text;
    g_assert_cmpint(read_line(&many, &object), ==, OX_OK);
    assert_valid(&object);
    for (uint64_t i = 0; i < RUNS_MAX; i++) {
        struct ox_dot dot = ox_rga_at(&object, i);
        struct ox_stamp stamp;
        g_assert_cmpuint(dot.replica, ==, 1 + i % 2);
        g_assert_cmpuint(dot.n, ==, LAST - i / 2 * FAR);
        g_assert_true(ox_rga.stamp_of(object.store, dot, &stamp));
        g_assert_cmpuint(stamp.physical_ns, ==, dot.n);
    }
    ox_object_free(&object);
    many.dots.items[RUNS_MAX - 1] = -1; /* the one before of its replica once more */
    assert_lie("a dot twice among many", &many);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bytes of rga/the truth is read", the_truth_is_read);
    g_test_add_func("/bytes of rga/a lie about replicas is refused",
                    a_lie_about_replicas_is_refused);
    g_test_add_func("/bytes of rga/a lie about dots is refused", a_lie_about_dots_is_refused);
    g_test_add_func("/bytes of rga/a lie about killers is refused", a_lie_about_killers_is_refused);
    g_test_add_func("/bytes of rga/a lie about contents is refused",
                    a_lie_about_contents_is_refused);
    g_test_add_func("/bytes of rga/runs are as long as they can be",
                    runs_are_as_long_as_they_can_be);
    g_test_add_func("/bytes of rga/who has seen nothing has no lamport",
                    who_has_seen_nothing_has_no_lamport);
    g_test_add_func("/bytes of rga/many runs are put in order", many_runs_are_put_in_order);
    return g_test_run();
}
