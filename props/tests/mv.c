/* The mv-register: concurrent writes stay, seen ones go, equal ones show once, known bytes. */
#include "crdt/mv.h"

#include "support_crdt.h"

static struct ox_delta set(struct ox_object *reg, ox_replica replica, const char *text) {
    struct ox_value value = ox_value_text(text);
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_mv_set(reg, &value, replica, &delta), ==, OX_OK);
    return delta;
}

static bool holds(const struct ox_object *reg, const char *text) {
    struct ox_value value = ox_value_text(text);
    return ox_mv_contains(reg, &value);
}

static void concurrent_writes_stay_until_one_has_seen_them(void) {
    struct ox_object a = new_object(&ox_mv), b = new_object(&ox_mv);
    assert_object(&a, "", "[]");
    struct ox_delta a1 = set(&a, A, "red"), b1 = set(&b, B, "blue"), b2 = set(&b, B, "navy");
    assert_delta(&b2, "", "B:2", "B:1", "[\"navy\"]");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    assert_object(&a, "A:1 B:1", "[\"blue\",\"red\"]");
    g_assert_cmpuint(ox_mv_size(&a), ==, 2);
    struct ox_delta a2 = set(&a, A, "green");
    assert_delta(&a2, "B:1", "A:2", "A:1 B:1", "[\"green\"]");
    assert_object(&a, "A:2 B:1", "[\"green\"]");
    g_assert_cmpint(join(&a, &b2), ==, OX_OK); /* it had not seen green, nor green it */
    assert_object(&a, "A:2 B:2", "[\"green\",\"navy\"]");
    g_assert_true(holds(&a, "navy"));
    g_assert_false(holds(&a, "blue"));
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    assert_object(&b, "A:1 B:2", "[\"navy\",\"red\"]");
    g_assert_cmpint(join(&b, &a2), ==, OX_OK);
    g_assert_true(ox_object_equal(&a, &b));
    free_deltas(&a1, &b1, &b2, &a2, NULL);
    free_objects(&a, &b, NULL);
}

static void one_value_written_twice_shows_once(void) {
    struct ox_object a = new_object(&ox_mv), b = new_object(&ox_mv);
    struct ox_delta a1 = set(&a, A, "red"), b1 = set(&b, B, "red");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    assert_object(&a, "A:1 B:1", "[\"red\"]");
    struct ox_delta b2 = set(&b, B, "blue"); /* has seen B's red, not A's */
    g_assert_cmpint(join(&a, &b2), ==, OX_OK);
    assert_object(&a, "A:1 B:2", "[\"blue\",\"red\"]");
    free_deltas(&a1, &b1, &b2, NULL);
    free_objects(&a, &b, NULL);
}

/* More values than a handful, so that the tables are in use, and one write that settles them. */
static void one_write_settles_many(void) {
    struct ox_object all = new_object(&ox_mv), one;
    for (ox_replica replica = 1; replica <= 20; replica++) {
        one = new_object(&ox_mv);
        struct ox_value value = ox_value_int((int64_t)(100 + replica));
        g_assert_cmpint(ox_mv_set(&one, &value, replica, NULL), ==, OX_OK);
        g_assert_cmpint(ox_object_join(&all, &one, NULL), ==, OX_OK);
        ox_object_free(&one);
    }
    g_assert_cmpuint(ox_mv_size(&all), ==, 20);
    struct ox_delta settled = set(&all, A, "settled");
    g_assert_cmpuint(ox_dots_total(&settled.kills), ==, 20);
    g_assert_cmpuint(ox_mv_size(&all), ==, 1);
    const char *why = "";
    g_assert_true(ox_object_valid(&all, &why));
    assert_text(show_value(&ox_mv, all.store), "[\"settled\"]");
    ox_delta_free(&settled);
    ox_object_free(&all);
}

static void values_may_be_structured(void) {
    struct ox_object a = new_object(&ox_mv), b = new_object(&ox_mv), back;
    struct ox_value list = {OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x82\x01\x61x")};
    struct ox_value torn = {OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x82\x01")};
    g_assert_cmpint(ox_mv_set(&a, &torn, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_mv_set(&a, &list, A, NULL), ==, OX_OK);
    struct ox_delta b1 = set(&b, B, "x");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    assert_object(&a, "A:1 B:1", "[\"x\",[1,\"x\"]]");
    g_assert_true(ox_mv_contains(&a, &list));
    struct ox_buf out = {0};
    ox_object_encode(&a, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x82\xa2\x01\x01\x02\x01\xa2\x01\x82\x01\x82\x01\x61x\x02\x82\x01\x61x", 19);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    g_assert_cmpint(ox_object_decode(&back, &ox_mv, &in), ==, OX_OK);
    g_assert_true(ox_object_equal(&a, &back));
    in = ox_cbor_of(ox_buf_bytes(&out));
    g_assert_cmpint(ox_object_decode(&(struct ox_object){0}, &ox_orset, &in), ==, OX_MALFORMED);
    ox_buf_free(&out);
    ox_delta_free(&b1);
    free_objects(&a, &b, &back, NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mv/concurrent writes stay until one has seen them",
                    concurrent_writes_stay_until_one_has_seen_them);
    g_test_add_func("/mv/one value written twice shows once", one_value_written_twice_shows_once);
    g_test_add_func("/mv/one write settles many", one_write_settles_many);
    g_test_add_func("/mv/values may be structured", values_may_be_structured);
    return g_test_run();
}
