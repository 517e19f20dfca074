/* The lww-register: the order of stamps, stamps that must be raised, values of every kind, bytes.
 */
#include "crdt/lww.h"

#include "support_crdt.h"

static struct ox_delta set(struct ox_object *reg, ox_replica replica, const char *text,
                           uint64_t physical_ns, uint32_t logical) {
    struct ox_value value = ox_value_text(text);
    struct ox_stamp stamp = {physical_ns, logical, replica};
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_lww_set(reg, &value, &stamp, replica, &delta), ==, OX_OK);
    return delta;
}

/* Both writes at replicas of their own, joined in both orders, show `winner`. */
static void assert_winner(struct ox_delta *one, struct ox_delta *other, const char *winner) {
    struct ox_object left = new_object(&ox_lww), right = new_object(&ox_lww);
    g_assert_cmpint(join(&left, one), ==, OX_OK);
    g_assert_cmpint(join(&left, other), ==, OX_OK);
    g_assert_cmpint(join(&right, other), ==, OX_OK);
    g_assert_cmpint(join(&right, one), ==, OX_OK);
    assert_object(&left, "A:1 B:1", winner);
    g_assert_true(ox_object_equal(&left, &right));
    free_objects(&left, &right, NULL);
}

static void the_greatest_stamp_wins(void) {
    static const struct {
        uint64_t a_ns, b_ns;
        uint32_t a_logical, b_logical;
        const char *winner;
    } cases[] = {
        {100, 99, 0, 7, "\"a\""}, /* physical before logical */
        {100, 100, 1, 0, "\"a\""},
        {100, 100, 0, 1, "\"b\""},
        {100, 100, 3, 3, "\"b\""}, /* then the replica */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct ox_object a = new_object(&ox_lww), b = new_object(&ox_lww);
        struct ox_delta a1 = set(&a, A, "a", cases[i].a_ns, cases[i].a_logical);
        struct ox_delta b1 = set(&b, B, "b", cases[i].b_ns, cases[i].b_logical);
        assert_winner(&a1, &b1, cases[i].winner);
        free_deltas(&a1, &b1, NULL);
        free_objects(&a, &b, NULL);
    }
}

static void a_write_is_above_the_one_it_replaces(void) {
    struct ox_object a = new_object(&ox_lww), b = new_object(&ox_lww);
    g_assert_null(ox_lww_stamp(&a));
    struct ox_delta ahead = set(&b, B, "from a clock far ahead", 5000, UINT32_MAX);
    g_assert_cmpint(join(&a, &ahead), ==, OX_OK);
    struct ox_delta behind = set(&a, A, "mine", 100, 0);
    assert_object(&a, "A:1 B:1", "\"mine\"");
    const struct ox_stamp *stamp = ox_lww_stamp(&a);
    g_assert_cmpuint(stamp->physical_ns, ==, 5001);
    g_assert_cmpuint(stamp->logical, ==, 0);
    g_assert_cmpuint(stamp->replica, ==, A);
    struct ox_delta next = set(&a, A, "mine too", 100, 0);
    g_assert_cmpuint(ox_lww_stamp(&a)->logical, ==, 1);
    g_assert_cmpint(join(&b, &behind), ==, OX_OK);
    g_assert_cmpint(join(&b, &next), ==, OX_OK);
    assert_object(&b, "A:2 B:1", "\"mine too\"");
    struct ox_dot dot = {A, 2}, gone = {A, 1};
    struct ox_stamp given;
    g_assert_true(ox_lww.stamp_of(next.store, dot, &given));
    g_assert_true(ox_stamp_compare(&given, ox_lww_stamp(&b)) == 0);
    g_assert_false(ox_lww.stamp_of(b.store, gone, &given));
    free_deltas(&ahead, &behind, &next, NULL);
    free_objects(&a, &b, NULL);
}

/* A replica that gives one stamp and dot to two values: the greater bytes win on either side. */
static void one_dot_with_two_values_depends_on_no_side(void) {
    struct ox_object one = new_object(&ox_lww), other = new_object(&ox_lww);
    struct ox_delta x = set(&one, A, "x", 100, 0), y = set(&other, A, "y", 100, 0);
    struct ox_delta xy = {0}, yx = {0};
    g_assert_false(ox_object_equal(&one, &other));
    g_assert_cmpint(ox_delta_merge(&xy, &x), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&xy, &y), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&yx, &y), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&yx, &x), ==, OX_OK);
    assert_delta(&xy, "", "A:1", "", "\"y\"");
    assert_delta(&yx, "", "A:1", "", "\"y\"");
    free_deltas(&x, &y, &xy, &yx, NULL);
    free_objects(&one, &other, NULL);
}

static void at_the_end_of_time_writes_are_refused(void) {
    struct ox_object a = new_object(&ox_lww);
    struct ox_value x = ox_value_text("x");
    struct ox_stamp end = {UINT64_MAX, 0, A};
    g_assert_cmpint(ox_lww_set(&a, &x, &end, A, NULL), ==, OX_INVALID);
    struct ox_delta last = set(&a, A, "last", UINT64_MAX - 1, UINT32_MAX);
    struct ox_stamp now = {100, 0, A};
    g_assert_cmpint(ox_lww_set(&a, &x, &now, A, NULL), ==, OX_OVERFLOW);
    assert_object(&a, "A:1", "\"last\"");
    ox_delta_free(&last);
    ox_object_free(&a);
}

static void values_are_of_every_kind(void) {
    struct ox_object a = new_object(&ox_lww);
    const char *map = "\xa2\x61"
                      "b\x80\x62"
                      "aa\xf5"; /* keys by length, as CBOR has them */
    struct ox_value values[] = {ox_value_null(),
                                ox_value_bool(false),
                                ox_value_int(INT64_MIN),
                                ox_value_text("a text that is a good deal longer than sixty-four "
                                              "bytes, so that it needs memory"),
                                {OX_VALUE_STRUCTURED, 0, ox_bytes_of_text(map)}};
    const char *shown[] = {"null", "false", "-9223372036854775808",
                           "\"a text that is a good deal longer than sixty-four bytes, so that it "
                           "needs memory\"",
                           "{\"aa\":true,\"b\":[]}"};
    assert_object(&a, "", "null");
    g_assert_cmpint(ox_lww_read(&a).kind, ==, OX_VALUE_NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        struct ox_stamp stamp = {100 + i, 0, A};
        g_assert_cmpint(ox_lww_set(&a, &values[i], &stamp, A, NULL), ==, OX_OK);
        assert_text(show_value(&ox_lww, a.store), shown[i]);
        g_assert_cmpint(ox_lww_read(&a).kind, ==, values[i].kind);
    }
    struct ox_value wrong[] = {{OX_VALUE_TEXT, 0, ox_bytes_of_text("\xff")},
                               {OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x82\x01")},
                               {OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x01")},
                               {OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x81\x41x")}};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        struct ox_stamp stamp = {200, 0, A};
        g_assert_cmpint(ox_lww_set(&a, &wrong[i], &stamp, A, NULL), ==, OX_INVALID);
    }
    assert_object(&a, "A:5", "{\"aa\":true,\"b\":[]}");
    ox_object_free(&a);
}

static enum ox_status decode(const char *bytes, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    struct ox_object object = {0};
    enum ox_status status = ox_object_decode(&object, &ox_lww, &in);
    ox_object_free(&object);
    return status;
}

#define OBJECT(literal) decode("" literal, sizeof(literal) - 1)

static void known_and_refused_bytes(void) {
    struct ox_object a = new_object(&ox_lww);
    struct ox_delta delta = set(&a, A, "x", 300, 2);
    struct ox_buf out = {0};
    ox_object_encode(&a, &out);
    g_assert_cmpmem(out.data, out.size, "\x82\xa1\x01\x01\x85\x19\x01\x2c\x02\x01\x01\x61x", 13);
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\x85\x19\x01\x2c\x02\x01\x01\x61x"), ==, OX_OK);
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\x85\x19\x01\x2c\x02\x01\x02\x61x"), ==,
                    OX_MALFORMED); /* a dot that was never seen */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\x85\x19\x01\x2c\x02\x01\x00\x61x"), ==,
                    OX_MALFORMED); /* n = 0 */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\x85\x01\x1b\x00\x00\x00\x01\x00\x00\x00\x00\x01\x01"
                           "\x61x"),
                    ==, OX_MALFORMED); /* 33 bits of logical time */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\x85\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x02\x01\x01"
                           "\x61x"),
                    ==, OX_MALFORMED); /* the end of time */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\x84\x01\x02\x01\x01"), ==, OX_MALFORMED);
    ox_buf_free(&out);
    ox_delta_free(&delta);
    ox_object_free(&a);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lww/the greatest stamp wins", the_greatest_stamp_wins);
    g_test_add_func("/lww/a write is above the one it replaces",
                    a_write_is_above_the_one_it_replaces);
    g_test_add_func("/lww/one dot with two values depends on no side",
                    one_dot_with_two_values_depends_on_no_side);
    g_test_add_func("/lww/at the end of time writes are refused",
                    at_the_end_of_time_writes_are_refused);
    g_test_add_func("/lww/values are of every kind", values_are_of_every_kind);
    g_test_add_func("/lww/known and refused bytes", known_and_refused_bytes);
    return g_test_run();
}
