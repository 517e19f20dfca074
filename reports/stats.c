#include "reports/stats.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double ox_stats_quantile(const double *values, size_t count, double p) {
    g_autofree double *sorted = g_memdup2(values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, ascending);
    double rank = p * (double)(count - 1);
    size_t below = (size_t)floor(rank);
    double part = rank - floor(rank);
    /* Without this an infinite neighbour would turn an exact rank into inf * 0. */
    if (part == 0 || sorted[below] == sorted[below + 1])
        return sorted[below];
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double ox_stats_median(const double *values, size_t count) {
    return ox_stats_quantile(values, count, 0.5);
}

static bool usable(double x, double y) {
    return isfinite(x) && isfinite(y) && x > 0 && y > 0;
}

struct moments {
    double n, x, y, xx, xy; /* count, means, centred sums */
};

/* Two passes: the sums of centred values lose no digits to a large mean. */
static struct moments log_moments(const double *x, const double *y, size_t count) {
    struct moments m = {0};
    for (size_t i = 0; i < count; i++) {
        if (usable(x[i], y[i])) {
            m.n++;
            m.x += log(x[i]);
            m.y += log(y[i]);
        }
    }
    if (m.n == 0)
        return m;
    m.x /= m.n;
    m.y /= m.n;
    for (size_t i = 0; i < count; i++) {
        if (usable(x[i], y[i])) {
            double dx = log(x[i]) - m.x, dy = log(y[i]) - m.y;
            m.xx += dx * dx;
            m.xy += dx * dy;
        }
    }
    return m;
}

bool ox_stats_power_law(const double *x, const double *y, size_t count, struct ox_power_law *law) {
    struct moments m = log_moments(x, y, count);
    *law = (struct ox_power_law){.points = (size_t)m.n, .error = NAN, .largest_residue = 1};
    if (m.n < 2 || m.xx < 1e-18)
        return false;
    law->exponent = m.xy / m.xx;
    law->factor = exp(m.y - law->exponent * m.x);
    double rss = 0;
    for (size_t i = 0; i < count; i++) {
        if (usable(x[i], y[i])) {
            double residue = log(y[i]) - m.y - law->exponent * (log(x[i]) - m.x);
            rss += residue * residue;
            law->largest_residue = fmax(law->largest_residue, exp(fabs(residue)));
        }
    }
    if (m.n > 2)
        law->error = sqrt(rss / (m.n - 2) / m.xx);
    return true;
}
