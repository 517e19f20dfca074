/* stats.h - the few numbers that describe many.
 *
 * A power law y = a x^b is a line in log-log: ln y = ln a + b ln x. Ordinary least squares gives b
 * and its standard error,
 *
 *     b = Sxy / Sxx        se(b) = sqrt( RSS / (n - 2) / Sxx )
 *
 * with sums of the centred logarithms (any textbook; Draper and Smith, Applied Regression Analysis,
 * section 1.4). With two points there is no residual and so no error.
 */
#ifndef OXBOW_REPORTS_STATS_H
#define OXBOW_REPORTS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* The p-quantile (0 <= p <= 1) of count >= 1 values, which may be infinite, by linear interpolation
 * between order statistics (Hyndman and Fan 1996, type 7). Cost: O(n log n). */
double ox_stats_quantile(const double *values, size_t count, double p);
double ox_stats_median(const double *values, size_t count);

struct ox_power_law {
    size_t points;          /* used: finite, x > 0 and y > 0 */
    double factor;          /* a */
    double exponent;        /* b */
    double error;           /* standard error of b; NAN with two points */
    double largest_residue; /* the worst point: max of y / law or law / y, >= 1 */
};

/* False when fewer than two different x are left: then there is no law. */
bool ox_stats_power_law(const double *x, const double *y, size_t count, struct ox_power_law *law);

#endif
