/* The 2p-set: removal is for good, which dot a removed element keeps, no-ops, known bytes. */
#include "crdt/twopset.h"

#include "support_crdt.h"

static struct ox_delta put(struct ox_object *set, ox_replica replica, const char *element) {
    struct ox_value value = ox_value_text(element);
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_twopset_add(set, &value, replica, &delta), ==, OX_OK);
    return delta;
}

static struct ox_delta drop(struct ox_object *set, ox_replica replica, const char *element) {
    struct ox_value value = ox_value_text(element);
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_twopset_remove(set, &value, replica, &delta), ==, OX_OK);
    return delta;
}

static bool holds(const struct ox_object *set, const char *element) {
    struct ox_value value = ox_value_text(element);
    return ox_twopset_contains(set, &value);
}

static void a_remove_wins_over_what_it_never_saw(void) {
    struct ox_object a = new_object(&ox_twopset), b = new_object(&ox_twopset);
    struct ox_delta a1 = put(&a, A, "x"), b1 = put(&b, B, "x"), a2 = drop(&a, A, "x");
    assert_delta(&a2, "", "A:2", "", "[]");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    assert_object(&a, "A:2 B:1", "[]");
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    assert_object(&b, "A:1 B:1", "[\"x\"]");
    g_assert_true(holds(&b, "x"));
    g_assert_cmpint(join(&b, &a2), ==, OX_OK);
    assert_object(&b, "A:2 B:1", "[]");
    g_assert_false(holds(&b, "x"));
    g_assert_cmpuint(ox_twopset_size(&b), ==, 0);
    g_assert_true(ox_object_equal(&a, &b));
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

static void what_went_never_comes_back(void) {
    struct ox_object a = new_object(&ox_twopset);
    struct ox_value x = ox_value_text("x");
    struct ox_delta refused = {0};
    g_assert_cmpint(ox_twopset_remove(&a, &x, A, &refused), ==, OX_NOOP); /* never there */
    g_assert_true(ox_delta_empty(&refused));
    struct ox_delta added = put(&a, A, "x");
    g_assert_cmpint(ox_twopset_add(&a, &x, B, NULL), ==, OX_NOOP); /* there */
    struct ox_delta removed = drop(&a, A, "x");
    g_assert_cmpint(ox_twopset_add(&a, &x, A, NULL), ==, OX_NOOP);    /* removed */
    g_assert_cmpint(ox_twopset_remove(&a, &x, A, NULL), ==, OX_NOOP); /* likewise */
    assert_object(&a, "A:2", "[]");
    free_deltas(&refused, &added, &removed, NULL);
    ox_object_free(&a);
}

/* Two concurrent removes: the least of their dots is kept, though an add has a lesser one. */
static void the_least_remove_dot_is_kept(void) {
    struct ox_object a = new_object(&ox_twopset), b = new_object(&ox_twopset);
    struct ox_object c = new_object(&ox_twopset);
    struct ox_delta a1 = put(&a, A, "x");
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    g_assert_cmpint(join(&c, &a1), ==, OX_OK);
    struct ox_delta c1 = drop(&c, C, "x"), b1 = drop(&b, B, "x");
    g_assert_cmpint(join(&b, &c1), ==, OX_OK);
    g_assert_cmpint(join(&c, &b1), ==, OX_OK);
    assert_object(&b, "A:1 B:1 C:1", "[]");
    g_assert_true(ox_object_equal(&b, &c));
    struct ox_buf out = {0};
    ox_object_encode(&c, &out);
    g_assert_cmpmem(out.data, out.size, "\x82\xa3\x01\x01\x02\x01\x03\x01\xa1\x61x\x83\x02\x01\xf6",
                    15);
    struct ox_object back;
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    g_assert_cmpint(ox_object_decode(&back, &ox_twopset, &in), ==, OX_OK);
    g_assert_true(ox_object_equal(&back, &c));
    ox_buf_free(&out);
    free_deltas(&a1, &b1, &c1, NULL);
    free_objects(&a, &b, &c, &back, NULL);
}

static void sizes_count_what_is_shown(void) {
    struct ox_object a = new_object(&ox_twopset), b = new_object(&ox_twopset);
    for (int i = 0; i < 100; i++) {
        struct ox_value value = ox_value_int(i);
        g_assert_cmpint(ox_twopset_add(&a, &value, A, NULL), ==, OX_OK);
        if (i % 3 == 0)
            g_assert_cmpint(ox_twopset_remove(&a, &value, A, NULL), ==, OX_OK);
    }
    g_assert_cmpuint(ox_twopset_size(&a), ==, 66);
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    g_assert_cmpuint(ox_twopset_size(&b), ==, 66);
    const char *why = "";
    g_assert_true(ox_object_valid(&b, &why));
    free_objects(&a, &b, NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/twopset/a remove wins over what it never saw",
                    a_remove_wins_over_what_it_never_saw);
    g_test_add_func("/twopset/what went never comes back", what_went_never_comes_back);
    g_test_add_func("/twopset/the least remove dot is kept", the_least_remove_dot_is_kept);
    g_test_add_func("/twopset/sizes count what is shown", sizes_count_what_is_shown);
    return g_test_run();
}
