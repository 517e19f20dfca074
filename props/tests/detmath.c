/* The functions that decide arrivals and keys: as exact as the C library's, and the same bits on
 * every machine. */
#include "model/chance/detmath.h"
#include "model/chance/random.h"

#include <float.h>
#include <glib.h>
#include <math.h>

#define TOLERANCE 1e-12

static double relative_error(double got, double want) {
    return want == 0 ? fabs(got) : fabs(got - want) / fabs(want);
}

/* A positive double with any exponent. */
static double any_positive(uint64_t i) {
    double mantissa = 1 + ox_random_unit(1, OX_STREAM_KEY, i, 0, 0);
    int exponent = (int)ox_random_below(ox_random(1, OX_STREAM_KEY, i, 1, 0), 2000) - 1000;
    return ldexp(mantissa, exponent);
}

static void test_log(void) {
    for (uint64_t i = 0; i < 200000; i++) {
        double x = any_positive(i);
        g_assert_cmpfloat(relative_error(ox_det_log(x), log(x)), <, TOLERANCE);
    }
    g_assert_cmpfloat(ox_det_log(1), ==, 0);
    g_assert_cmpfloat(relative_error(ox_det_log(DBL_MIN / 8), log(DBL_MIN / 8)), <, TOLERANCE);
    g_assert_cmpfloat(relative_error(ox_det_log(DBL_MAX), log(DBL_MAX)), <, TOLERANCE);
}

/* Close to 1 the logarithm is small, and so must be its error. */
static void test_log_close_to_one(void) {
    for (int i = 1; i <= 52; i++) {
        double above = 1 + ldexp(1, -i), below = 1 - ldexp(1, -i - 1);
        g_assert_cmpfloat(relative_error(ox_det_log(above), log(above)), <, TOLERANCE);
        g_assert_cmpfloat(relative_error(ox_det_log(below), log(below)), <, TOLERANCE);
    }
}

static void test_exp(void) {
    for (uint64_t i = 0; i < 200000; i++) {
        double x = 1400 * ox_random_unit(2, OX_STREAM_KEY, i, 0, 0) - 700;
        g_assert_cmpfloat(relative_error(ox_det_exp(x), exp(x)), <, TOLERANCE);
    }
    g_assert_cmpfloat(ox_det_exp(0), ==, 1);
}

/* The weights of Zipf's law. */
static void test_pow(void) {
    for (double s = 0; s <= 3; s += 0.11) {
        for (double rank = 1; rank <= 1e6; rank = ceil(rank * 1.3)) {
            double want = pow(rank, -s);
            g_assert_cmpfloat(relative_error(ox_det_pow(rank, -s), want), <, TOLERANCE);
        }
    }
    g_assert_cmpfloat(ox_det_pow(7, 0), ==, 1);
}

/* Bits that every build and machine must give: a changed constant or a fused multiply-add shows. */
static void test_same_bits_everywhere(void) {
    double sum = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        double u = ox_random_unit(3, OX_STREAM_KEY, i, 0, 0);
        sum += ox_det_log(1 - u) + ox_det_pow(1 + 1000 * u, -0.99);
    }
    g_assert_cmpfloat(sum, ==, -0x1.f0d73aa1f3f6cp+9);
    g_assert_cmphex(ox_random(1, OX_STREAM_LOSS, 2, 3, 4), ==, UINT64_C(0xfbc377256d05c76d));
}

static void test_scaling(void) {
    g_assert_cmpuint(ox_random_below(0, 10), ==, 0);
    g_assert_cmpuint(ox_random_below(UINT64_MAX, 10), ==, 9);
    g_assert_cmpuint(ox_random_below(UINT64_C(1) << 63, 10), ==, 5);
    g_assert_cmpuint(ox_random_below(UINT64_MAX, UINT64_MAX), ==, UINT64_MAX - 1);
    g_assert_cmpuint(ox_random_below(UINT64_C(1) << 63, UINT64_C(1) << 40), ==, UINT64_C(1) << 39);
    g_assert_cmpfloat(ox_random_to_unit(UINT64_MAX), <, 1);
    g_assert_cmpfloat(ox_random_to_unit(0), ==, 0);
}

/* 100,000 draws over 16 bins: the chi-square of 15 degrees of freedom passes 50 with a chance of
 * 1 in 80,000, and the draws are fixed. Words that differ in one place only must not correlate. */
static void test_draws_are_even(void) {
    for (int word = 0; word < 3; word++) {
        double bins[16] = {0}, chi = 0;
        for (uint64_t i = 0; i < 100000; i++) {
            uint64_t bits = ox_random(5, OX_STREAM_JITTER, word == 0 ? i : 1, word == 1 ? i : 1,
                                      word == 2 ? i : 1);
            bins[ox_random_below(bits, 16)]++;
        }
        for (int k = 0; k < 16; k++)
            chi += (bins[k] - 6250) * (bins[k] - 6250) / 6250;
        g_assert_cmpfloat(chi, <, 50);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detmath/log", test_log);
    g_test_add_func("/detmath/log/close-to-one", test_log_close_to_one);
    g_test_add_func("/detmath/exp", test_exp);
    g_test_add_func("/detmath/pow", test_pow);
    g_test_add_func("/detmath/same-bits-everywhere", test_same_bits_everywhere);
    g_test_add_func("/random/scaling", test_scaling);
    g_test_add_func("/random/draws-are-even", test_draws_are_even);
    return g_test_run();
}
