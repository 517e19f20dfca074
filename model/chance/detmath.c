/* Both functions reduce their argument by powers of two, which is exact, and sum a short series on
 * the rest:
 *
 *     log(m x 2^e) = e log 2 + 2 atanh((m - 1) / (m + 1)),   m in [sqrt 1/2, sqrt 2)
 *     exp(k log 2 + r) = 2^k x exp(r),                        |r| <= log(2) / 2
 */
#include "model/chance/detmath.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* log 2 in two parts: the first has 21 zero bits at its end, so that k x LN2_HIGH is exact for
 * every exponent k of a double. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW  0x1.a39ef35793c76p-33

/* Splits a positive finite x into a mantissa in [1/2, 1) and the power of two. */
static double split(double x, int *exponent) {
    int below = 0;
    if (x < 0x1p-1022) { /* subnormal: scale it up first */
        x *= 0x1p54;
        below = 54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    *exponent = (int)(bits >> 52) - 1022 - below;
    bits = (bits & UINT64_C(0x000fffffffffffff)) | UINT64_C(0x3fe0000000000000);
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double power_of_two(int k) {
    assert(k >= -1022 && k <= 1023);
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

double ox_det_log(double x) {
    assert(x > 0 && x <= 0x1.fffffffffffffp+1023);
    int e;
    double m = split(x, &e);
    if (m < 0.70710678118654752) {
        m *= 2;
        e--;
    }
    double s = (m - 1) / (m + 1);
    double square = s * s; /* below 0.0295: twelve terms reach 1e-19 */
    double sum = 0;
    for (int k = 25; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return e * LN2_HIGH + (e * LN2_LOW + 2 * s * sum);
}

double ox_det_exp(double x) {
    assert(x >= -700 && x <= 700);
    int k = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double sum = 1;
    for (int i = 17; i >= 1; i--)
        sum = 1 + sum * r / i;
    return sum * power_of_two(k);
}

double ox_det_pow(double base, double exponent) {
    return ox_det_exp(exponent * ox_det_log(base));
}
