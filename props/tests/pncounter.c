/* The pn-counter: sums of both signs, refusals at both ends, known bytes. */
#include "crdt/pncounter.h"

#include "support_crdt.h"

static struct ox_delta move(struct ox_object *counter, ox_replica replica, int64_t amount) {
    struct ox_delta delta = {0};
    enum ox_status status = amount > 0 ? ox_pncounter_inc(counter, amount, replica, &delta)
                                       : ox_pncounter_dec(counter, -amount, replica, &delta);
    g_assert_cmpint(status, ==, OX_OK);
    return delta;
}

static void concurrent_updates_all_count(void) {
    struct ox_object a = new_object(&ox_pncounter), b = new_object(&ox_pncounter);
    struct ox_delta a1 = move(&a, A, 5), b1 = move(&b, B, -3), a2 = move(&a, A, -2);
    assert_delta(&a2, "", "A:2", "", "3"); /* the total, not the step */
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    g_assert_cmpint(join(&b, &a2), ==, OX_GAP);
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    assert_object(&b, "A:1 B:1", "2");
    g_assert_cmpint(join(&b, &a2), ==, OX_OK);
    g_assert_cmpint(join(&b, &a1), ==, OX_OK); /* again: nothing */
    assert_object(&b, "A:2 B:1", "0");
    g_assert_true(ox_object_equal(&a, &b));
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

static void both_ends_are_refused_and_the_sum_is_exact(void) {
    struct ox_object a = new_object(&ox_pncounter);
    g_assert_cmpint(ox_pncounter_dec(&a, 0, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_pncounter_dec(&a, -1, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_pncounter_inc(&a, -1, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_pncounter_dec(&a, INT64_MAX, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_pncounter_dec(&a, 2, A, NULL), ==, OX_OVERFLOW);
    g_assert_cmpint(ox_pncounter_dec(&a, 1, A, NULL), ==, OX_OK);
    assert_object(&a, "A:2", "-9223372036854775808");
    g_assert_cmpint(ox_pncounter_read(&a), ==, INT64_MIN);
    g_assert_cmpint(ox_pncounter_dec(&a, 3, B, NULL), ==, OX_OK);
    assert_object(&a, "A:2 B:1", "-9223372036854775811");
    g_assert_cmpint(ox_pncounter_read(&a), ==, INT64_MIN);
    g_assert_cmpint(ox_pncounter_inc(&a, INT64_MAX, C, NULL), ==, OX_OK);
    assert_object(&a, "A:2 B:1 C:1", "-4");
    g_assert_cmpint(ox_pncounter_read(&a), ==, -4);
    g_assert_cmpint(ox_pncounter_inc(&a, INT64_MAX, D, NULL), ==, OX_OK);
    assert_object(&a, "A:2 B:1 C:1 D:1", "9223372036854775803");
    g_assert_cmpint(ox_pncounter_inc(&a, 1, D, NULL), ==, OX_OVERFLOW);
    ox_object_free(&a);
}

static void a_total_of_zero_is_a_total(void) {
    struct ox_object a = new_object(&ox_pncounter), b = new_object(&ox_pncounter);
    struct ox_delta up = move(&a, A, 7), down = move(&a, A, -7);
    g_assert_cmpint(join(&b, &up), ==, OX_OK);
    g_assert_cmpint(join(&b, &down), ==, OX_OK);
    assert_object(&b, "A:2", "0");
    g_assert_true(ox_object_equal(&a, &b));
    free_deltas(&up, &down, NULL);
    free_objects(&a, &b, NULL);
}

static void known_bytes(void) {
    struct ox_object a = new_object(&ox_pncounter), back;
    struct ox_delta first = move(&a, A, 1), second = move(&a, A, -31);
    struct ox_buf out = {0};
    ox_object_encode(&a, &out);
    g_assert_cmpmem(out.data, out.size, "\x82\xa1\x01\x02\xa1\x01\x82\x02\x38\x1d", 10);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    g_assert_cmpint(ox_object_decode(&back, &ox_pncounter, &in), ==, OX_OK);
    assert_object(&back, "A:2", "-30");
    ox_buf_free(&out);
    free_deltas(&first, &second, NULL);
    free_objects(&a, &back, NULL);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pncounter/concurrent updates all count", concurrent_updates_all_count);
    g_test_add_func("/pncounter/both ends are refused and the sum is exact",
                    both_ends_are_refused_and_the_sum_is_exact);
    g_test_add_func("/pncounter/a total of zero is a total", a_total_of_zero_is_a_total);
    g_test_add_func("/pncounter/known bytes", known_bytes);
    return g_test_run();
}
