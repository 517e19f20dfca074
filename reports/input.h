/* input.h - results.json and sweep.json in memory, checked.
 *
 * What is here mirrors the files (their shapes: scenarios/results.h), with absent things made
 * explicit: a metric that is not defined is not `known`, a series that is not there has no points.
 */
#ifndef OXBOW_REPORTS_INPUT_H
#define OXBOW_REPORTS_INPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum ox_report_verdict { OX_REPORT_PASS, OX_REPORT_FAIL, OX_REPORT_UNKNOWN };

struct ox_report_part {
    char *name, *reason;
    enum ox_report_verdict verdict;
    bool has_seed;
    double seed;
};

struct ox_report_expect {
    char *metric, *op, *unit;
    double bound, value; /* value may be infinite */
    bool known;          /* false: the metric is not defined for the run */
    enum ox_report_verdict verdict;
    bool has_seed;
    double seed;
};

struct ox_report_metric {
    char *name, *unit;
    double value; /* may be infinite */
    bool known;
};

struct ox_report_fault {
    char *name, *kind;
    double on, off; /* s; off < 0: still on at the end */
    double hits, expected;
};

struct ox_report_series {
    char *name, *unit, *about;
    size_t count;
    double *t, *v; /* t in s, ascending */
};

struct ox_report_grid {
    size_t columns, rows; /* no columns: there is none */
    double nodes_per_row;
    double *t; /* [columns] */
    double *v; /* [rows x columns]; -1: down */
};

struct ox_report_seed {
    double seed;
    char *digest;
    enum ox_report_verdict verdict;
    GArray *parts;   /* of struct ox_report_part */
    GArray *expect;  /* of struct ox_report_expect */
    GArray *metrics; /* of struct ox_report_metric, in the order of the file */
    GArray *faults;  /* of struct ox_report_fault */
    GArray *series;  /* of struct ox_report_series */
    struct ox_report_grid grid;
};

struct ox_report_results {
    char *oxbow, *scenario, *about, *hash, *protocol, *simgrid, *reproduce;
    double nodes, duration; /* 0: not told */
    GPtrArray *replicas;    /* of char *: the region or host of each node */
    enum ox_report_verdict verdict;
    GArray *parts, *expect;
    GArray *seeds; /* of struct ox_report_seed; at least one */
};

struct ox_report_axis {
    char *key;
    GPtrArray *values; /* of char * */
};

struct ox_report_run {
    char *scenario, *digest, *reason;
    GPtrArray *values; /* of char *, one per axis, "" when the run has none */
    double seed;
    enum ox_report_verdict verdict;
    GArray *metrics;
};

struct ox_report_sweep {
    char *oxbow;
    enum ox_report_verdict verdict;
    GArray *axes; /* of struct ox_report_axis */
    GArray *runs; /* of struct ox_report_run; at least one */
};

/* The file `name` of the folder `dir`; NULL with `error`, which names the file, the place in it
 * and what should stand there. Free with the functions below, which take NULL. */
struct ox_report_results *ox_report_results_read(const char *dir, GError **error);
struct ox_report_sweep *ox_report_sweep_read(const char *dir, GError **error);
void ox_report_results_free(struct ox_report_results *results);
void ox_report_sweep_free(struct ox_report_sweep *sweep);

const char *ox_report_verdict_word(enum ox_report_verdict verdict);
/* NULL when there is none of that name. Cost: O(number of them). */
const struct ox_report_metric *ox_report_metric_named(const GArray *metrics, const char *name);
const struct ox_report_series *ox_report_series_named(const GArray *series, const char *name);

#endif
