/* Version vectors and sets of dots, against slow twins. */
#include "crdt/vv.h"
#include "support_dice.h"

#include <glib.h>
#include <string.h>

enum { REPLICAS = 5, MANY = 40, DOTS = 20 };

/* ---- version vectors: the twin is an array by replica ---- */

struct slow_vv {
    uint64_t n[MANY];
};

static void roll_vv(struct dice *dice, struct ox_vv *vv, struct slow_vv *slow) {
    *vv = (struct ox_vv){0};
    *slow = (struct slow_vv){0};
    uint64_t among = dice_roll(dice, 2) == 0 ? REPLICAS : MANY;
    for (uint64_t i = dice_roll(dice, 2 * among - 2); i > 0; i--) {
        uint64_t replica = dice_roll(dice, among), n = dice_roll(dice, 5);
        g_assert_cmpint(ox_vv_raise(vv, replica, n), ==, OX_OK);
        slow->n[replica] = MAX(slow->n[replica], n);
    }
}

static void assert_vv(const struct ox_vv *vv, const struct slow_vv *slow) {
    const char *reason = "";
    uint64_t total = 0;
    if (!ox_vv_valid(vv, &reason))
        g_error("%s", reason);
    for (uint64_t r = 0; r < MANY; r++) {
        g_assert_cmpuint(ox_vv_get(vv, r), ==, slow->n[r]);
        g_assert_true(ox_vv_has(vv, (struct ox_dot){r, slow->n[r]}));
        g_assert_false(ox_vv_has(vv, (struct ox_dot){r, slow->n[r] + 1}));
        total += slow->n[r];
    }
    g_assert_cmpuint(ox_vv_total(vv), ==, total);
}

static enum ox_order slow_order(const struct slow_vv *a, const struct slow_vv *b) {
    bool below = true, above = true;
    for (int r = 0; r < MANY; r++) {
        below &= a->n[r] <= b->n[r];
        above &= a->n[r] >= b->n[r];
    }
    return below && above ? OX_EQUAL : below ? OX_BEFORE : above ? OX_AFTER : OX_CONCURRENT;
}

static void vectors_agree_with_a_slow_twin(void) {
    struct dice dice = {3};
    int orders[4] = {0};
    for (int i = 0; i < 20000; i++) {
        struct ox_vv a, b, meet = {0}, ahead = {0};
        struct slow_vv sa, sb, joined, met, more;
        roll_vv(&dice, &a, &sa);
        roll_vv(&dice, &b, &sb);
        for (int r = 0; r < MANY; r++) {
            joined.n[r] = MAX(sa.n[r], sb.n[r]);
            met.n[r] = MIN(sa.n[r], sb.n[r]);
            more.n[r] = sb.n[r] > sa.n[r] ? sb.n[r] : 0;
        }
        enum ox_order order = slow_order(&sa, &sb);
        orders[order]++;
        g_assert_cmpint(ox_vv_compare(&a, &b), ==, order);
        g_assert_cmpint(ox_vv_covers(&b, &a), ==, order == OX_EQUAL || order == OX_BEFORE);
        g_assert_cmpint(ox_vv_equal(&a, &b), ==, order == OX_EQUAL);
        g_assert_cmpint(ox_vv_meet(&meet, &a, &b), ==, OX_OK);
        assert_vv(&meet, &met);
        g_assert_cmpint(ox_vv_ahead(&ahead, &a, &b), ==, OX_OK);
        assert_vv(&ahead, &more);
        g_assert_cmpint(ox_vv_join(&a, &b), ==, OX_OK);
        assert_vv(&a, &joined);
        assert_vv(&b, &sb);
        ox_vv_free(&a);
        ox_vv_free(&b);
        ox_vv_free(&meet);
        ox_vv_free(&ahead);
    }
    for (int i = 0; i < 4; i++)
        g_assert_cmpint(orders[i], >, 100);
}

static struct ox_vv joined(const struct ox_vv *a, const struct ox_vv *b) {
    struct ox_vv out = {0};
    g_assert_cmpint(ox_vv_copy(&out, a), ==, OX_OK);
    g_assert_cmpint(ox_vv_join(&out, b), ==, OX_OK);
    return out;
}

static struct ox_vv met(const struct ox_vv *a, const struct ox_vv *b) {
    struct ox_vv out = {0};
    g_assert_cmpint(ox_vv_meet(&out, a, b), ==, OX_OK);
    return out;
}

static void assert_same(struct ox_vv a, struct ox_vv b) {
    g_assert_true(ox_vv_equal(&a, &b));
    g_assert_cmpint(ox_vv_compare(&a, &b), ==, OX_EQUAL);
    ox_vv_free(&a);
    ox_vv_free(&b);
}

/* The order says of two vectors what it says the other way round, and what covers says. */
static void assert_ordered(const struct ox_vv *a, const struct ox_vv *b) {
    static const enum ox_order turned[] = {[OX_EQUAL] = OX_EQUAL,
                                           [OX_BEFORE] = OX_AFTER,
                                           [OX_AFTER] = OX_BEFORE,
                                           [OX_CONCURRENT] = OX_CONCURRENT};
    enum ox_order order = ox_vv_compare(a, b);
    g_assert_cmpint(ox_vv_compare(b, a), ==, turned[order]);
    g_assert_cmpint(ox_vv_covers(b, a), ==, order == OX_EQUAL || order == OX_BEFORE);
    g_assert_cmpint(ox_vv_covers(a, b), ==, order == OX_EQUAL || order == OX_AFTER);
    struct ox_vv up = joined(a, b), down = met(a, b);
    g_assert_cmpint(ox_vv_equal(&up, b), ==, ox_vv_covers(b, a)); /* a <= b, three ways */
    g_assert_cmpint(ox_vv_equal(&down, a), ==, ox_vv_covers(b, a));
    ox_vv_free(&up);
    ox_vv_free(&down);
}

static void assert_lattice(const struct ox_vv *a, const struct ox_vv *b, const struct ox_vv *c) {
    struct ox_vv ab = joined(a, b), bc = joined(b, c), low = met(a, b), high = met(b, c);
    struct ox_vv lows[] = {met(c, a), met(c, b)};
    assert_same(met(c, &ab), joined(&lows[0], &lows[1])); /* it distributes */
    ox_vv_free(&lows[0]);
    ox_vv_free(&lows[1]);
    assert_same(joined(a, a), met(a, a));
    assert_same(joined(a, b), joined(b, a));
    assert_same(met(a, b), met(b, a));
    assert_same(joined(&ab, c), joined(a, &bc));
    assert_same(met(&low, c), met(a, &high));
    assert_same(joined(a, &low), met(a, &ab)); /* absorption: both are a */
    ox_vv_free(&ab);
    ox_vv_free(&bc);
    ox_vv_free(&low);
    ox_vv_free(&high);
}

static void vectors_are_a_lattice(void) {
    struct dice dice = {9};
    for (int i = 0; i < 5000; i++) {
        struct ox_vv a, b, c;
        struct slow_vv ignored;
        roll_vv(&dice, &a, &ignored);
        roll_vv(&dice, &b, &ignored);
        roll_vv(&dice, &c, &ignored);
        assert_ordered(&a, &b);
        assert_lattice(&a, &b, &c);
        ox_vv_free(&a);
        ox_vv_free(&b);
        ox_vv_free(&c);
    }
}

/* One long vector and a short one: covers takes its other way. */
static void a_long_vector_covers_a_short_one(void) {
    struct ox_vv all = {0}, few = {0};
    for (uint64_t r = 0; r < 100; r++)
        ox_vv_raise(&all, r * 3, 5);
    ox_vv_raise(&few, 99, 5);
    ox_vv_raise(&few, 297, 1);
    g_assert_true(ox_vv_covers(&all, &few));
    ox_vv_raise(&few, 6, 6);
    g_assert_false(ox_vv_covers(&all, &few));
    ox_vv_clear(&few);
    ox_vv_raise(&few, 7, 1);
    g_assert_false(ox_vv_covers(&all, &few));
    ox_vv_free(&all);
    ox_vv_free(&few);
}

/* ---- sets of dots: the twin is a table of flags ---- */

struct slow_dots {
    bool has[REPLICAS][DOTS + 2]; /* one more at the end, always false */
};

static void roll_dots(struct dice *dice, struct ox_dots *dots, struct slow_dots *slow) {
    *dots = (struct ox_dots){0};
    memset(slow, 0, sizeof *slow);
    for (uint64_t i = dice_roll(dice, 12); i > 0; i--) {
        struct ox_span span = {dice_roll(dice, REPLICAS), 1 + dice_roll(dice, DOTS), 0};
        span.last = span.first + dice_roll(dice, 4);
        span.last = MIN(DOTS, span.last);
        g_assert_cmpint(ox_dots_add(dots, span), ==, OX_OK);
        for (uint64_t n = span.first; n <= span.last; n++)
            slow->has[span.replica][n] = true;
    }
}

static void assert_dots(const struct ox_dots *dots, const struct slow_dots *slow) {
    const char *reason = "";
    uint64_t total = 0;
    if (!ox_dots_valid(dots, &reason))
        g_error("%s", reason);
    for (uint64_t r = 0; r < REPLICAS; r++)
        for (uint64_t n = 1; n <= DOTS + 1; n++) {
            g_assert_cmpint(ox_dots_has(dots, (struct ox_dot){r, n}), ==, slow->has[r][n]);
            total += slow->has[r][n];
        }
    g_assert_cmpuint(ox_dots_total(dots), ==, total);
}

static void assert_round_trip(const struct ox_dots *dots) {
    struct ox_buf bytes = {0};
    struct ox_dots back = {0};
    ox_dots_encode(dots, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    g_assert_cmpint(ox_dots_decode(&back, &in), ==, OX_OK);
    g_assert_true(ox_cbor_done(&in));
    g_assert_true(ox_dots_equal(dots, &back));
    ox_dots_free(&back);
    ox_buf_free(&bytes);
}

static void dots_agree_with_a_slow_twin(void) {
    struct dice dice = {5};
    for (int i = 0; i < 20000; i++) {
        struct ox_dots a, b, less = {0};
        struct slow_dots sa, sb, sum, rest;
        roll_dots(&dice, &a, &sa);
        roll_dots(&dice, &b, &sb);
        for (int r = 0; r < REPLICAS; r++)
            for (int n = 0; n < DOTS + 2; n++) {
                sum.has[r][n] = sa.has[r][n] || sb.has[r][n];
                rest.has[r][n] = sa.has[r][n] && !sb.has[r][n];
            }
        assert_dots(&a, &sa);
        g_assert_cmpint(ox_dots_equal(&a, &b), ==, memcmp(&sa, &sb, sizeof sa) == 0);
        g_assert_cmpint(ox_dots_copy(&less, &a), ==, OX_OK);
        g_assert_cmpint(ox_dots_subtract(&less, &b), ==, OX_OK);
        assert_dots(&less, &rest);
        g_assert_cmpint(ox_dots_union(&a, &b), ==, OX_OK);
        assert_dots(&a, &sum);
        assert_dots(&b, &sb);
        assert_round_trip(&a);
        assert_round_trip(&less);
        ox_dots_free(&a);
        ox_dots_free(&b);
        ox_dots_free(&less);
    }
}

static void dots_at_the_end_of_their_numbers(void) {
    struct ox_dots dots = {0}, cut = {0};
    ox_dots_add(&dots, (struct ox_span){1, UINT64_MAX - 1, UINT64_MAX});
    ox_dots_add(&dots, (struct ox_span){1, UINT64_MAX - 2, UINT64_MAX - 2});
    ox_dots_add(&dots, (struct ox_span){2, 1, 1});
    g_assert_cmpuint(dots.count, ==, 2);
    assert_round_trip(&dots);
    ox_dots_add(&cut, (struct ox_span){1, UINT64_MAX, UINT64_MAX});
    ox_dots_subtract(&dots, &cut);
    g_assert_cmpuint(dots.spans[0].last, ==, UINT64_MAX - 1);
    ox_dots_add(&dots, (struct ox_span){2, 1, UINT64_MAX});
    g_assert_cmpuint(ox_dots_total(&dots), ==, UINT64_MAX); /* it stops there */
    ox_dots_free(&dots);
    ox_dots_free(&cut);
}

/* ---- wire ---- */

static enum ox_status decode_dots(const char *bytes, size_t size) {
    struct ox_dots dots = {0};
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    enum ox_status status = ox_dots_decode(&dots, &in);
    g_assert_cmpint(in.failed, ==, status != OX_OK);
    ox_dots_free(&dots);
    return status;
}

static enum ox_status decode_vv(const char *bytes, size_t size) {
    struct ox_vv vv = {0};
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    enum ox_status status = ox_vv_decode(&vv, &in);
    g_assert_cmpint(in.failed, ==, status != OX_OK);
    ox_vv_free(&vv);
    return status;
}

#define DOTS_OF(literal) decode_dots("" literal, sizeof(literal) - 1)
#define VV_OF(literal)   decode_vv("" literal, sizeof(literal) - 1)

static void known_bytes(void) {
    struct ox_vv vv = {0};
    struct ox_dots dots = {0};
    struct ox_buf out = {0};
    ox_vv_raise(&vv, 24, 1);
    ox_vv_raise(&vv, 1, 3);
    ox_vv_encode(&vv, &out);
    g_assert_cmpmem(out.data, out.size, "\xa2\x01\x03\x18\x18\x01", 6);
    ox_buf_clear(&out);
    ox_dots_add(&dots, (struct ox_span){1, 6, 7});
    ox_dots_add(&dots, (struct ox_span){1, 1, 3});
    ox_dots_encode(&dots, &out);
    g_assert_cmpmem(out.data, out.size, "\xa1\x01\x84\x01\x03\x02\x02", 7);
    ox_vv_free(&vv);
    ox_dots_free(&dots);
    ox_buf_free(&out);
}

static void refused_bytes(void) {
    g_assert_cmpint(VV_OF("\xa2\x01\x03\x02\x01"), ==, OX_OK);
    g_assert_cmpint(VV_OF("\xa1\x01\x00"), ==, OX_MALFORMED);         /* n = 0 */
    g_assert_cmpint(VV_OF("\xa2\x02\x03\x01\x01"), ==, OX_MALFORMED); /* descending */
    g_assert_cmpint(VV_OF("\xa2\x02\x03\x02\x01"), ==, OX_MALFORMED); /* twice */
    g_assert_cmpint(VV_OF("\xbb\x0f\xff\xff\xff\xff\xff\xff\xff"), ==, OX_MALFORMED);
    g_assert_cmpint(DOTS_OF("\xa1\x01\x84\x01\x03\x02\x02"), ==, OX_OK);
    g_assert_cmpint(DOTS_OF("\xa1\x01\x80"), ==, OX_MALFORMED);                 /* no span */
    g_assert_cmpint(DOTS_OF("\xa1\x01\x83\x01\x03\x02"), ==, OX_MALFORMED);     /* half a span */
    g_assert_cmpint(DOTS_OF("\xa1\x01\x82\x00\x03"), ==, OX_MALFORMED);         /* dot 0 */
    g_assert_cmpint(DOTS_OF("\xa1\x01\x82\x01\x00"), ==, OX_MALFORMED);         /* empty */
    g_assert_cmpint(DOTS_OF("\xa1\x01\x84\x01\x03\x00\x02"), ==, OX_MALFORMED); /* touching */
    g_assert_cmpint(DOTS_OF("\xa2\x02\x82\x01\x01\x01\x82\x01\x01"), ==, OX_MALFORMED);
    g_assert_cmpint(DOTS_OF("\xa1\x01\x82\x02\x1b\xff\xff\xff\xff\xff\xff\xff\xff"), ==,
                    OX_MALFORMED); /* beyond the numbers */
}

static void a_refused_vector_stays_as_it_was(void) {
    struct ox_vv vv = {0};
    ox_vv_raise(&vv, 7, 7);
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)"\xa1\x01\x00", 3});
    g_assert_cmpint(ox_vv_decode(&vv, &in), ==, OX_MALFORMED);
    g_assert_cmpuint(vv.count, ==, 1);
    g_assert_cmpuint(ox_vv_get(&vv, 7), ==, 7);
    ox_vv_free(&vv);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vv/vectors are a lattice", vectors_are_a_lattice);
    g_test_add_func("/vv/agree with a slow twin", vectors_agree_with_a_slow_twin);
    g_test_add_func("/vv/a long one covers a short one", a_long_vector_covers_a_short_one);
    g_test_add_func("/dots/agree with a slow twin", dots_agree_with_a_slow_twin);
    g_test_add_func("/dots/at the end of their numbers", dots_at_the_end_of_their_numbers);
    g_test_add_func("/vv/known bytes", known_bytes);
    g_test_add_func("/vv/refused bytes", refused_bytes);
    g_test_add_func("/vv/a refused one stays as it was", a_refused_vector_stays_as_it_was);
    return g_test_run();
}
