/* The g-set: which dot an element keeps, no-ops, known and refused bytes, many elements. */
#include "crdt/gset.h"

#include "support_crdt.h"

static struct ox_delta put(struct ox_object *set, ox_replica replica, const char *element) {
    struct ox_value value = ox_value_text(element);
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_gset_add(set, &value, replica, &delta), ==, OX_OK);
    return delta;
}

static void the_least_dot_is_kept(void) {
    struct ox_object a = new_object(&ox_gset), b = new_object(&ox_gset);
    struct ox_delta a1 = put(&a, A, "x"), b1 = put(&b, B, "x"), b2 = put(&b, B, "y");
    assert_delta(&b2, "", "B:2", "", "[\"y\"]");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    g_assert_cmpint(join(&a, &b2), ==, OX_OK);
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    assert_object(&a, "A:1 B:2", "[\"x\",\"y\"]");
    g_assert_true(ox_object_equal(&a, &b));
    struct ox_buf out = {0};
    ox_object_encode(&b, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x82\xa2\x01\x01\x02\x02\xa2\x61x\x82\x01\x01\x61y\x82\x02\x02", 17);
    ox_buf_free(&out);
    free_deltas(&a1, &b1, &b2, NULL);
    free_objects(&a, &b, NULL);
}

static void what_is_there_is_not_added_again(void) {
    struct ox_object a = new_object(&ox_gset);
    struct ox_value x = ox_value_text("x"), list = {OX_VALUE_STRUCTURED, 0, {(uint8_t *)"\x80", 1}};
    struct ox_delta first = put(&a, A, "x"), again = {0};
    g_assert_cmpint(ox_gset_add(&a, &x, B, &again), ==, OX_NOOP);
    g_assert_true(ox_delta_empty(&again));
    g_assert_cmpint(ox_gset_add(&a, &list, A, NULL), ==, OX_INVALID);
    assert_object(&a, "A:1", "[\"x\"]");
    ox_delta_free(&again);
    ox_delta_free(&first);
    ox_object_free(&a);
}

/* What a peer lacks is told by dots, also when the peer has the element by another dot. */
static void what_is_lacking_is_told_by_dots(void) {
    struct ox_object a = new_object(&ox_gset), b = new_object(&ox_gset);
    struct ox_delta a1 = put(&a, A, "x"), b1 = put(&b, B, "x"), lacks = {0};
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&a, &b.context, &lacks), ==, OX_OK);
    assert_delta(&lacks, "B:1", "A:1", "", "[\"x\"]");
    g_assert_cmpint(join(&b, &lacks), ==, OX_OK);
    g_assert_true(ox_object_equal(&a, &b));
    free_deltas(&a1, &b1, &lacks, NULL);
    free_objects(&a, &b, NULL);
}

struct parts {
    struct ox_delta merged;
    int count;
};

static enum ox_status take_part(void *self, struct ox_delta *part) {
    struct parts *parts = self;
    parts->count++;
    enum ox_status status = ox_delta_merge(&parts->merged, part);
    ox_delta_free(part);
    return status;
}

/* A replica that gives one dot to two elements: both stay, whoever is joined first. Nothing tells
 * the two apart but their bytes, so they are one part of a delta. */
static void one_dot_with_two_elements_adds_both(void) {
    struct ox_object one = new_object(&ox_gset), other = new_object(&ox_gset);
    struct ox_object b = new_object(&ox_gset), left = new_object(&ox_gset);
    struct ox_object right = new_object(&ox_gset);
    struct ox_delta x = put(&one, A, "x"), y = put(&other, A, "y"), z = put(&b, B, "z");
    struct ox_delta xyz = {0}, yxz = {0};
    struct ox_delta *orders[2][3] = {{&x, &y, &z}, {&y, &x, &z}};
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(ox_delta_merge(&xyz, orders[0][i]), ==, OX_OK);
        g_assert_cmpint(ox_delta_merge(&yxz, orders[1][i]), ==, OX_OK);
    }
    g_assert_cmpint(join(&left, &xyz), ==, OX_OK);
    g_assert_cmpint(join(&right, &yxz), ==, OX_OK);
    assert_object(&left, "A:1 B:1", "[\"x\",\"y\",\"z\"]");
    g_assert_true(ox_object_equal(&left, &right));
    struct parts parts = {0};
    g_assert_cmpint(ox_delta_decompose(&xyz, take_part, &parts), ==, OX_OK);
    g_assert_cmpint(parts.count, ==, 2);
    assert_delta(&parts.merged, "", "A:1 B:1", "", "[\"x\",\"y\",\"z\"]");
    free_deltas(&x, &y, &z, &xyz, &yxz, &parts.merged, NULL);
    free_objects(&one, &other, &b, &left, &right, NULL);
}

static enum ox_status decode(const char *bytes, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    struct ox_object object = {0};
    enum ox_status status = ox_object_decode(&object, &ox_gset, &in);
    ox_object_free(&object);
    return status;
}

#define OBJECT(literal) decode("" literal, sizeof(literal) - 1)

static void refused_bytes(void) {
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\xa1\x61x\x82\x01\x01"), ==, OX_OK);
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\xa1\x61x\x82\x01\x02"), ==, OX_MALFORMED); /* unseen */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\xa1\x61x\x82\x01\x00"), ==, OX_MALFORMED); /* n = 0 */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\xa1\x61x\x83\x01\x01\xf6"), ==,
                    OX_MALFORMED); /* removed, of a set that only grows */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\xa1\x80\x82\x01\x01"), ==, OX_MALFORMED); /* a list */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa2\x61y\x82\x01\x01\x61x\x82\x01\x02"), ==,
                    OX_MALFORMED); /* the elements descend */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x01\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x61x\x82"), ==,
                    OX_MALFORMED); /* a count that no bytes could hold */
}

/* Numbers, short texts, and texts too long for a row. */
static struct ox_value any_element(int i, char space[40]) {
    if (i % 3 == 0)
        return ox_value_int(i);
    g_snprintf(space, 40, i % 3 == 1 ? "%d" : "%d of elements that are long", i);
    return ox_value_text(space);
}

static void many_elements_are_found_and_small(void) {
    enum { MANY = 5000 };
    struct ox_object a = new_object(&ox_gset), copy, joined = new_object(&ox_gset);
    char space[40];
    for (int i = 0; i < MANY; i++) {
        struct ox_value value = any_element(i * 7919 % MANY, space);
        g_assert_cmpint(ox_gset_add(&a, &value, A, NULL), ==, OX_OK);
        g_assert_cmpint(ox_gset_add(&a, &value, A, NULL), ==, OX_NOOP);
    }
    g_assert_cmpuint(ox_gset_size(&a), ==, MANY);
    g_assert_cmpint(ox_object_copy(&copy, &a), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&joined, &a, NULL), ==, OX_OK);
    for (int i = 0; i < 2 * MANY; i++) {
        struct ox_value value = any_element(i, space);
        g_assert_cmpint(ox_gset_contains(&copy, &value), ==, i < MANY);
        g_assert_cmpint(ox_gset_contains(&joined, &value), ==, i < MANY);
    }
    const char *why = "";
    g_assert_true(ox_object_valid(&joined, &why));
    g_assert_true(ox_object_equal(&joined, &copy));
    g_assert_cmpuint(ox_object_bytes(&copy), <=, MANY * (size_t)(48 + 32 / 3));
    free_objects(&a, &copy, &joined, NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gset/the least dot is kept", the_least_dot_is_kept);
    g_test_add_func("/gset/what is there is not added again", what_is_there_is_not_added_again);
    g_test_add_func("/gset/what is lacking is told by dots", what_is_lacking_is_told_by_dots);
    g_test_add_func("/gset/one dot with two elements adds both",
                    one_dot_with_two_elements_adds_both);
    g_test_add_func("/gset/refused bytes", refused_bytes);
    g_test_add_func("/gset/many elements are found and small", many_elements_are_found_and_small);
    return g_test_run();
}
