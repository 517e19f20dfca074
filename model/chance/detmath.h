/* detmath.h - logarithm, exponential and power that give the same bits on every machine.
 *
 * The C library picks its variants of log and pow by the processor at hand (with or without fused
 * multiply-add), and they differ in the last bit; one bit moves an arrival and with it a digest.
 * These use only additions, multiplications and divisions of IEEE doubles, which every machine
 * rounds alike (compile with -ffp-contract=off). Relative error below 1e-12, tested against the C
 * library.
 */
#ifndef OXBOW_MODEL_CHANCE_DETMATH_H
#define OXBOW_MODEL_CHANCE_DETMATH_H

/* Natural logarithm of a finite x > 0. */
double ox_det_log(double x);
/* e^x for -700 <= x <= 700. */
double ox_det_exp(double x);
/* base^exponent for a finite base > 0, where |exponent x log(base)| <= 700. */
double ox_det_pow(double base, double exponent);

#endif
