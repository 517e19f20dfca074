/* The rga: editing by position and by id, what concurrent runs become, deletion, collection, bytes,
 * and long random histories against an obvious twin. */
#include "crdt/rga.h"

#include "support_crdt.h"
#include "support_dice.h"

#include <string.h>

/* ---- short words ---- */

static struct ox_bytes text_of(const char *text) {
    return ox_bytes_of_text(text);
}

static struct ox_delta type_at(struct ox_object *o, uint64_t position, const char *text,
                               ox_replica replica) {
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_rga_write(o, position, text_of(text), replica, &delta), ==, OX_OK);
    return delta;
}

static struct ox_delta erase_at(struct ox_object *o, uint64_t position, uint64_t count,
                                ox_replica replica) {
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_rga_erase(o, position, count, replica, &delta), ==, OX_OK);
    return delta;
}

static char *read_text(const struct ox_object *o) {
    struct ox_buf out = {0};
    g_assert_cmpint(ox_rga_text(o, &out), ==, OX_OK);
    char *text = g_strndup((const char *)out.data, out.size);
    ox_buf_free(&out);
    return text;
}

static void assert_valid(const struct ox_object *o) {
    const char *why = "";
    if (!ox_object_valid(o, &why))
        g_error("%s", why);
}

/* The object's text, and that it is valid, reads and writes itself. */
static void assert_reads(const struct ox_object *o, const char *wanted) {
    struct ox_buf out = {0}, again = {0};
    struct ox_object back;
    assert_valid(o);
    assert_text(read_text(o), wanted);
    ox_object_encode(o, &out);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    g_assert_cmpint(ox_object_decode(&back, &ox_rga, &in), ==, OX_OK);
    ox_object_encode(&back, &again);
    g_assert_cmpmem(out.data, out.size, again.data, again.size);
    g_assert_true(ox_object_equal(o, &back));
    ox_object_free(&back);
    ox_buf_free(&out);
    ox_buf_free(&again);
}

static void assert_same(const struct ox_object *a, const struct ox_object *b) {
    struct ox_buf x = {0}, y = {0};
    ox_object_encode(a, &x);
    ox_object_encode(b, &y);
    g_assert_cmpmem(x.data, x.size, y.data, y.size);
    g_assert_true(ox_object_equal(a, b));
    ox_buf_free(&x);
    ox_buf_free(&y);
}

static void take(struct ox_object *o, const struct ox_delta *delta) {
    g_assert_cmpint(join(o, delta), ==, OX_OK);
    assert_valid(o);
}

/* ---- stories ---- */

static void text_is_typed_and_erased_by_position(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_delta d1 = type_at(&a, 0, "hello", A), d2 = type_at(&a, 5, " world", A);
    struct ox_delta d3 = erase_at(&a, 4, 3, A), d4 = type_at(&a, 4, "\xc3\xb6-\xf0\x9f\x90\xa2", A);
    assert_reads(&a, "hell\xc3\xb6-\xf0\x9f\x90\xa2orld");
    g_assert_cmpuint(ox_rga_length(&a), ==, 11);
    g_assert_cmpuint(ox_vv_get(&a.context, A), ==, 17);
    g_assert_cmpint(ox_rga_write(&a, 12, text_of("x"), A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_rga_write(&a, 3, text_of(""), A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_write(&a, 3, text_of("\xff"), A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_rga_erase(&a, 11, 1, A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_erase(&a, 12, 1, A, NULL), ==, OX_INVALID);
    struct ox_object b = new_object(&ox_rga);
    g_assert_cmpint(join(&b, &d2), ==, OX_GAP);
    take(&b, &d1);
    take(&b, &d2);
    take(&b, &d3);
    take(&b, &d4);
    assert_same(&a, &b);
    free_deltas(&d1, &d2, &d3, &d4, NULL);
    free_objects(&a, &b, NULL);
}

static void elements_are_any_scalar_value(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_value values[] = {ox_value_int(-7),    ox_value_null(),      ox_value_bool(true),
                                ox_value_text("xy"), ox_value_text("one"), ox_value_text("")};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_cmpint(ox_rga_insert(&a, i, &values[i], A, NULL), ==, OX_OK);
    assert_object(&a, "A:6", "[-7,null,true,\"xy\",\"one\",\"\"]");
    g_assert_cmpint(ox_rga_erase(&a, 1, 2, A, NULL), ==, OX_OK);
    assert_object(&a, "A:8", "[-7,\"xy\",\"one\",\"\"]");
    assert_reads(&a, "xyone");
    struct ox_value read;
    g_assert_true(ox_rga_get(&a, 1, &read));
    g_assert_cmpmem(read.bytes.data, read.bytes.size, "xy", 2);
    g_assert_true(ox_rga_get(&a, 0, &read));
    g_assert_cmpint(read.number, ==, -7);
    g_assert_false(ox_rga_get(&a, 4, &read));
    struct ox_value list = {.kind = OX_VALUE_STRUCTURED, .bytes = {(const uint8_t *)"\x80", 1}};
    g_assert_cmpint(ox_rga_insert(&a, 0, &list, A, NULL), ==, OX_INVALID);
    ox_object_free(&a);
}

static void ids_stay_when_positions_move(void) {
    struct ox_object a = new_object(&ox_rga);
    g_assert_cmpint(ox_rga_write(&a, 0, text_of("abc"), A, NULL), ==, OX_OK);
    struct ox_dot b = ox_rga_at(&a, 1), none = ox_rga_at(&a, 3);
    uint64_t position;
    g_assert_cmpuint(b.n, ==, 2);
    g_assert_cmpuint(none.n, ==, 0);
    g_assert_cmpint(ox_rga_write(&a, 0, text_of(">>"), A, NULL), ==, OX_OK);
    g_assert_true(ox_rga_position(&a, b, &position));
    g_assert_cmpuint(position, ==, 3);
    g_assert_cmpint(ox_rga_delete(&a, b, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_rga_delete(&a, b, A, NULL), ==, OX_NOOP);
    struct ox_dot stranger = {C, 1};
    g_assert_cmpint(ox_rga_delete(&a, stranger, A, NULL), ==, OX_NO_SUCH);
    g_assert_false(ox_rga_position(&a, stranger, &position));
    /* Behind a deleted one: behind the nearest before it that is not. */
    struct ox_value x = ox_value_text("x");
    g_assert_cmpint(ox_rga_insert_after(&a, b, &x, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_rga_write_after(&a, (struct ox_dot){0, 0}, text_of("#"), A, NULL), ==,
                    OX_OK);
    assert_reads(&a, "#>>axc");
    g_assert_cmpint(ox_rga_insert_after(&a, stranger, &x, A, NULL), ==, OX_NO_SUCH);
    ox_object_free(&a);
}

/* The example of rga.h. */
static void the_greater_timestamp_goes_first(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_delta a1 = type_at(&a, 0, "ab", A);
    take(&b, &a1);
    struct ox_delta b1 = type_at(&b, 1, "X", B), a2 = type_at(&a, 1, "Y", A);
    take(&a, &b1);
    take(&b, &a2);
    assert_reads(&a, "aXYb");
    assert_same(&a, &b);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

static void runs_typed_forwards_do_not_interleave(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    static const char *hello = "Hello", *world = "World";
    struct ox_delta to_b[5] = {0}, to_a[5] = {0};
    for (size_t i = 0; i < 5; i++) {
        to_b[i] = type_at(&a, i, (const char[]){hello[i], 0}, A);
        to_a[i] = type_at(&b, i, (const char[]){world[i], 0}, B);
    }
    for (size_t i = 0; i < 5; i++) {
        take(&b, &to_b[i]);
        take(&a, &to_a[i]);
    }
    assert_reads(&a, "WorldHello");
    assert_same(&a, &b);
    for (size_t i = 0; i < 5; i++)
        free_deltas(&to_b[i], &to_a[i], NULL);
    free_objects(&a, &b, NULL);
}

static void runs_typed_backwards_may_interleave(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    for (size_t i = 0; i < 3; i++) {
        g_assert_cmpint(ox_rga_write(&a, 0, text_of((const char[]){"abc"[i], 0}), A, NULL), ==,
                        OX_OK);
        g_assert_cmpint(ox_rga_write(&b, 0, text_of((const char[]){"xyz"[i], 0}), B, NULL), ==,
                        OX_OK);
    }
    g_assert_cmpint(ox_object_join(&a, &b, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    assert_reads(&a, "zcybxa");
    assert_same(&a, &b);
    free_objects(&a, &b, NULL);
}

/* Two replicas delete the same text: each place keeps the lesser dot, whoever came first. */
static void the_least_deletion_is_kept(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_delta a1 = type_at(&a, 0, "abcdef", A);
    take(&b, &a1);
    struct ox_delta b1 = erase_at(&b, 1, 4, B), a2 = erase_at(&a, 2, 4, A);
    take(&a, &b1);
    take(&b, &a2);
    assert_reads(&a, "a");
    assert_same(&a, &b);
    struct ox_vv stable = {0};
    g_assert_cmpint(ox_vv_raise(&stable, A, 10), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK); /* b by B:1 stays, no more */
    assert_object(&a, "A:10 B:4", "[\"a\"]");
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 2}, A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 3}, A, NULL), ==, OX_NO_SUCH);
    ox_vv_free(&stable);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

/* What was collected here stays away, and what hangs on it keeps it. */
static void collected_places_do_not_come_back(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), late = new_object(&ox_rga);
    struct ox_delta a1 = type_at(&a, 0, "abc", A);
    take(&b, &a1);
    struct ox_delta b1 = type_at(&b, 2, "X", B); /* hangs on b, which a deletes */
    struct ox_delta a2 = erase_at(&a, 1, 2, A);
    struct ox_vv stable = {0};
    take(&b, &a2);
    take(&a, &b1);
    take(&late, &a1);
    take(&late, &a2);
    g_assert_cmpint(ox_vv_raise(&stable, A, 5), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK);
    assert_reads(&a, "aX");
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 2}, A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 3}, A, NULL), ==, OX_NO_SUCH);
    take(&late, &b1); /* it finds what X hangs on, which it has not collected */
    assert_reads(&late, "aX");
    g_assert_cmpint(ox_object_join(&a, &late, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&late, &a, NULL), ==, OX_OK);
    assert_same(&a, &late);
    g_assert_cmpint(ox_rga_delete(&late, (struct ox_dot){A, 3}, A, NULL), ==, OX_NO_SUCH);
    ox_vv_free(&stable);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, &late, NULL);
}

static void a_greatest_lamport_refuses_more(void) {
    struct ox_object a;
    /* [{A: 1}, [2^64 - 2 above none, []]] */
    static const uint8_t bytes[] = {0x82, 0xa1, 0x01, 0x01, 0x82, 0x1b, 0xff, 0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x80};
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){bytes, sizeof bytes});
    struct ox_value x = ox_value_text("x");
    g_assert_cmpint(ox_object_decode(&a, &ox_rga, &in), ==, OX_OK);
    g_assert_cmpint(ox_rga_insert(&a, 0, &x, B, NULL), ==, OX_OVERFLOW);
    assert_object(&a, "A:1", "[]");
    ox_object_free(&a);
}

/* A run of one character per delta, and all of it again, is known byte by byte. */
static void bytes_are_known(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_delta d1 = type_at(&a, 0, "hi", A), d2 = type_at(&a, 2, "!", A);
    struct ox_delta d3 = erase_at(&a, 0, 2, A);
    struct ox_buf out = {0};
    ox_delta_encode(&d2, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x84\xa0\xa1\x01\x82\x03\x01\xa0"
                    "\x82\x00\x82\x81\x84\x01\x03\x03\x61!\x80",
                    19);
    ox_buf_clear(&out);
    ox_delta_encode(&d3, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x84\xa0\xa1\x01\x82\x04\x02\xa0"
                    "\x82\x00\x82\x80\x81\x86\x01\x01\x01\x04\x02\x01",
                    20);
    ox_buf_clear(&out);
    ox_object_encode(&a, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x82\xa1\x01\x05\x82\x00\x89\x81\x01\x80\x82\x05\x00"
                    "\x82\x00\x00\x82\x00\x00\x81\x02\x81\x02\x61!\x80",
                    26);
    ox_buf_free(&out);
    free_deltas(&d1, &d2, &d3, NULL);
    ox_object_free(&a);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rga/text is typed and erased by position",
                    text_is_typed_and_erased_by_position);
    g_test_add_func("/rga/elements are any scalar value", elements_are_any_scalar_value);
    g_test_add_func("/rga/ids stay when positions move", ids_stay_when_positions_move);
    g_test_add_func("/rga/the greater timestamp goes first", the_greater_timestamp_goes_first);
    g_test_add_func("/rga/runs typed forwards do not interleave",
                    runs_typed_forwards_do_not_interleave);
    g_test_add_func("/rga/runs typed backwards may interleave",
                    runs_typed_backwards_may_interleave);
    g_test_add_func("/rga/the least deletion is kept", the_least_deletion_is_kept);
    g_test_add_func("/rga/collected places do not come back", collected_places_do_not_come_back);
    g_test_add_func("/rga/a greatest lamport refuses more", a_greatest_lamport_refuses_more);
    g_test_add_func("/rga/bytes are known", bytes_are_known);
    return g_test_run();
}
