/* The g-counter: sums, refusals, known bytes. */
#include "support_crdt.h"
#include "support_dice.h"

static void concurrent_increments_all_count(void) {
    struct ox_object a = new_object(&ox_gcounter), b = new_object(&ox_gcounter);
    struct ox_delta a1 = inc(&a, A, 3), b1 = inc(&b, B, 4), a2 = inc(&a, A, 4);
    assert_delta(&a2, "", "A:2", "", "7");
    g_assert_cmpint(join(&a, &b1), ==, OX_OK);
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    g_assert_cmpint(join(&b, &a2), ==, OX_OK);
    g_assert_cmpint(join(&b, &a1), ==, OX_OK); /* again: nothing */
    assert_object(&a, "A:2 B:1", "11");
    g_assert_true(ox_object_equal(&a, &b));
    g_assert_cmpint(ox_gcounter_read(&a), ==, 11);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

static void a_gap_is_refused(void) {
    struct ox_object a = new_object(&ox_gcounter), b = new_object(&ox_gcounter);
    struct ox_delta first = inc(&a, A, 1), second = inc(&a, A, 1);
    g_assert_cmpint(join(&b, &second), ==, OX_GAP);
    assert_object(&b, "", "0");
    free_deltas(&first, &second, NULL);
    free_objects(&a, &b, NULL);
}

static void amounts_are_at_least_one_and_never_overflow(void) {
    struct ox_object a = new_object(&ox_gcounter), b = new_object(&ox_gcounter);
    g_assert_cmpint(ox_gcounter_inc(&a, 0, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_gcounter_inc(&a, -1, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_gcounter_inc(&a, INT64_MAX, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_gcounter_inc(&a, 1, A, NULL), ==, OX_OVERFLOW);
    assert_object(&a, "A:1", "9223372036854775807");
    g_assert_cmpint(ox_gcounter_inc(&a, INT64_MAX, B, NULL), ==, OX_OK);
    assert_object(&a, "A:1 B:1", "18446744073709551614");
    g_assert_cmpint(ox_gcounter_inc(&a, 5, C, NULL), ==, OX_OK);
    assert_object(&a, "A:1 B:1 C:1", "18446744073709551619");
    g_assert_cmpint(ox_gcounter_read(&a), ==, INT64_MAX);
    free_objects(&a, &b, NULL);
}

static void known_bytes(void) {
    struct ox_object a = new_object(&ox_gcounter);
    struct ox_delta b = inc(&a, B, 30), first = inc(&a, A, 1), second = inc(&a, A, 2);
    struct ox_buf out = {0};
    ox_object_encode(&a, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x82\xa2\x01\x02\x02\x01\xa2\x01\x82\x02\x03\x02\x82\x01\x18\x1e", 16);
    ox_buf_clear(&out);
    ox_delta_encode(&first, &out);
    /* A's first update names what it saw of B; its second needs no more than the first. */
    g_assert_cmpmem(out.data, out.size,
                    "\x84\xa1\x02\x01\xa1\x01\x82\x01\x01\xa0\xa1\x01\x82\x01\x01", 15);
    ox_buf_clear(&out);
    ox_delta_encode(&second, &out);
    g_assert_cmpmem(out.data, out.size, "\x84\xa0\xa1\x01\x82\x02\x01\xa0\xa1\x01\x82\x02\x03", 13);
    ox_buf_free(&out);
    free_deltas(&b, &first, &second, NULL);
    ox_object_free(&a);
}

static enum ox_status decode(const char *bytes, size_t size, bool delta) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    struct ox_object object = {0};
    struct ox_delta part = {0};
    enum ox_status status = delta ? ox_delta_decode(&part, &ox_gcounter, &in)
                                  : ox_object_decode(&object, &ox_gcounter, &in);
    ox_object_free(&object);
    ox_delta_free(&part);
    return status;
}

#define OBJECT(literal) decode("" literal, sizeof(literal) - 1, false)
#define DELTA(literal)  decode("" literal, sizeof(literal) - 1, true)

static void refused_bytes(void) {
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa1\x01\x82\x02\x03"), ==, OX_OK);
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa1\x01\x82\x02\x01"), ==,
                    OX_MALFORMED); /* total < n */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa1\x01\x82\x01\x03"), ==, OX_MALFORMED); /* old n */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa1\x01\x82\x03\x03"), ==, OX_MALFORMED); /* new n */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa0"), ==, OX_MALFORMED);                 /* no pair */
    g_assert_cmpint(OBJECT("\x82\xa1\x01\x02\xa2\x01\x82\x02\x03\x02\x82\x01\x01"), ==,
                    OX_MALFORMED); /* a pair too many */
    g_assert_cmpint(DELTA("\x84\xa0\xa1\x01\x82\x01\x02\xa0\xa1\x01\x82\x02\x02"), ==, OX_OK);
    g_assert_cmpint(DELTA("\x84\xa0\xa1\x01\x82\x01\x02\xa0\xa1\x01\x82\x01\x02"), ==,
                    OX_MALFORMED); /* the pair is not the last one brought */
    g_assert_cmpint(DELTA("\x84\xa0\xa1\x01\x82\x02\x01\xa1\x01\x82\x01\x01\xa1\x01\x82\x02\x02"),
                    ==, OX_MALFORMED); /* kills, of a type without */
    g_assert_cmpint(DELTA("\x84\xa1\x01\x01\xa1\x01\x82\x02\x01\xa0\xa1\x01\x82\x02\x02"), ==,
                    OX_MALFORMED); /* since of a replica that is brought */
    g_assert_cmpint(DELTA("\x84\xa0\xa1\x01\x84\x01\x01\x01\x01\xa0\xa1\x01\x82\x03\x03"), ==,
                    OX_MALFORMED); /* two spans of one replica */
}

static void small_counters_are_small(void) {
    struct ox_object a = new_object(&ox_gcounter), copy = new_object(&ox_gcounter);
    for (ox_replica r = A; r <= C; r++)
        g_assert_cmpint(ox_gcounter_inc(&a, 1, r, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&copy, &a, NULL), ==, OX_OK);
    g_assert_cmpuint(ox_object_bytes(&copy), <=, 160);
    free_objects(&a, &copy, NULL);
}

/* ---- many replicas ---- */

enum { MANY = 40, STEPS = 3 };

/* The first ns[r] increments of each replica, of amounts that the replica and n give. */
static struct ox_object counter_of(const uint64_t ns[MANY]) {
    struct ox_object counter = new_object(&ox_gcounter);
    for (uint64_t n = 1; n <= STEPS; n++)
        for (uint64_t r = 0; r < MANY; r++) /* in no order */
            if (n <= ns[r * 7 % MANY])
                g_assert_cmpint(ox_gcounter_inc(&counter, (int64_t)(r + n), r * 7 % MANY, NULL), ==,
                                OX_OK);
    return counter;
}

static void roll_ns(struct dice *dice, uint64_t ns[MANY]) {
    uint64_t sides = STEPS + 1 + dice_roll(dice, 10); /* few have any, or most */
    for (uint64_t r = 0; r < MANY; r++) {
        uint64_t n = dice_roll(dice, sides);
        ns[r] = n <= STEPS ? n : 0;
    }
}

/* Whole states and deltas of many replicas, among and beside those that are there. */
static void joins_of_many_replicas_are_what_both_saw(void) {
    struct dice dice = {11};
    for (int i = 0; i < 2000; i++) {
        uint64_t mine[MANY], theirs[MANY], both[MANY];
        struct ox_vv ahead = {0};
        struct ox_delta since = {0};
        roll_ns(&dice, mine);
        roll_ns(&dice, theirs);
        for (uint64_t r = 0; r < MANY; r++)
            both[r] = MAX(mine[r], theirs[r]);
        struct ox_object a = counter_of(mine), b = counter_of(theirs), want = counter_of(both);
        struct ox_object copy = new_object(&ox_gcounter);
        g_assert_cmpint(ox_vv_ahead(&ahead, &a.context, &b.context), ==, OX_OK);
        g_assert_cmpint(ox_object_join(&copy, &a, NULL), ==, OX_OK);
        g_assert_true(ox_object_equal(&copy, &a));
        g_assert_cmpint(ox_object_leq(&b, &a), ==, ahead.count == 0);
        g_assert_cmpint(ox_object_delta_since(&b, &a.context, &since), ==, OX_OK);
        g_assert_cmpint(ox_object_join_delta(&copy, &since, NULL), ==, OX_OK);
        g_assert_cmpint(ox_object_join(&a, &b, NULL), ==, OX_OK);
        g_assert_true(ox_object_equal(&a, &want));
        g_assert_true(ox_object_equal(&copy, &want));
        g_assert_true(ox_object_leq(&b, &a));
        g_assert_cmpint(ox_gcounter_read(&a), ==, ox_gcounter_read(&want));
        if (a.made)
            g_assert_true(ox_vv_equal(ox_object_fresh(&a), &ahead));
        ox_vv_free(&ahead);
        ox_delta_free(&since);
        free_objects(&a, &b, &want, &copy, NULL);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gcounter/concurrent increments all count", concurrent_increments_all_count);
    g_test_add_func("/gcounter/a gap is refused", a_gap_is_refused);
    g_test_add_func("/gcounter/amounts are at least one and never overflow",
                    amounts_are_at_least_one_and_never_overflow);
    g_test_add_func("/gcounter/known bytes", known_bytes);
    g_test_add_func("/gcounter/refused bytes", refused_bytes);
    g_test_add_func("/gcounter/small counters are small", small_counters_are_small);
    g_test_add_func("/gcounter/joins of many replicas are what both saw",
                    joins_of_many_replicas_are_what_both_saw);
    return g_test_run();
}
