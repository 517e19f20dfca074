/* scaling.h - how a metric grows with the size of the system, as a power law.
 *
 * A sweep is grouped by everything except the seed and the axis of sizes. Each group is a line: its
 * points are the medians over the seeds at each size, and its law is fitted to those medians, so
 * that the error of the exponent says how well a power law holds across the sizes; more seeds do
 * not make it look better than it is.
 */
#ifndef OXBOW_REPORTS_SCALING_H
#define OXBOW_REPORTS_SCALING_H

#include "reports/input.h"
#include "reports/stats.h"

struct ox_scaling_point {
    double x;
    double low, middle, high; /* over the seeds where the metric is known and finite */
    size_t seeds, unknown;    /* how many count; how many do not (unknown or infinite) */
};

struct ox_scaling_line {
    char *label;    /* what the group has in common: "delta", "sync=delta loss=1%" */
    GArray *points; /* of struct ox_scaling_point, ascending x */
    bool has_law;
    struct ox_power_law law;
};

struct ox_scaling {
    const char *name;   /* of the figure: "scaling-time" */
    const char *metric; /* as in the file; borrowed from a literal */
    char *unit;
    const char *axis; /* key of the sizes, borrowed from the sweep */
    GArray *lines;    /* of struct ox_scaling_line, in the order of the runs */
};

/* The axis of sizes: network.nodes when it is swept, else the first whose values are all numbers.
 * -1 when there is none. */
int ox_scaling_axis(const struct ox_report_sweep *sweep);

/* The number at the start of an axis value, if the whole of it is a number with an optional unit
 * ("50", "2.5", "30s", "1%"). */
bool ox_scaling_number(const char *text, double *number);

/* The laws of convergence time (NULL-safe: has no lines when no such metric is known at two sizes)
 * and of bytes per node. Clear with ox_scaling_clear. */
void ox_scaling_time(struct ox_scaling *scaling, const struct ox_report_sweep *sweep);
void ox_scaling_bytes(struct ox_scaling *scaling, const struct ox_report_sweep *sweep);
void ox_scaling_clear(struct ox_scaling *scaling);

/* "n^0.31 ± 0.04", or why there is no law. Owned by the caller. */
char *ox_scaling_law(const struct ox_scaling_line *line);

/* How far the worst point is from the law, "6.5 %"; "" without a law. Owned by the caller. */
char *ox_scaling_worst(const struct ox_scaling_line *line);

#endif
