#include "reports/scaling.h"

#include "reports/cells.h"
#include "reports/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void line_clear(gpointer data) {
    struct ox_scaling_line *line = data;
    g_free(line->label);
    g_array_unref(line->points);
}

bool ox_scaling_number(const char *text, double *number) {
    char *end = NULL;
    *number = g_ascii_strtod(text, &end);
    if (end == text || !isfinite(*number) || !g_ascii_isdigit(text[*text == '-']))
        return false;
    return strspn(end, "%/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(end);
}

static bool is_numeric(const struct ox_report_axis *axis) {
    double number;
    for (guint i = 0; i < axis->values->len; i++)
        if (!ox_scaling_number(axis->values->pdata[i], &number))
            return false;
    return axis->values->len > 0;
}

int ox_scaling_axis(const struct ox_report_sweep *sweep) {
    int first = -1;
    for (guint i = 0; i < sweep->axes->len; i++) {
        const struct ox_report_axis *axis = &g_array_index(sweep->axes, struct ox_report_axis, i);
        if (!is_numeric(axis))
            continue;
        if (strcmp(axis->key, "network.nodes") == 0)
            return (int)i;
        first = first < 0 ? (int)i : first;
    }
    return first;
}

/* ---- grouping ---- */

/* What tells the run's line from the others: the scenario when there are several, and the values of
 * the other axes; "" when there is one line. */
static char *label_of(const struct ox_report_sweep *sweep, const struct ox_report_run *run,
                      int size_axis, bool with_scenario) {
    GString *label = g_string_new(with_scenario ? run->scenario : "");
    for (guint i = 0; i < sweep->axes->len; i++) {
        const struct ox_report_axis *axis = &g_array_index(sweep->axes, struct ox_report_axis, i);
        const char *dot = strrchr(axis->key, '.');
        if ((int)i != size_axis)
            g_string_append_printf(label, "%s%s=%s", label->len > 0 ? " " : "",
                                   dot != NULL ? dot + 1 : axis->key,
                                   (const char *)run->values->pdata[i]);
    }
    return g_string_free(label, FALSE);
}

/* One run's contribution, before runs of one size are put together. */
struct sample {
    double x, y;
    bool known;
};

static int by_x(const void *a, const void *b) {
    const struct sample *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

static struct ox_scaling_point point_of(const struct sample *samples, size_t count) {
    struct ox_scaling_point point = {.x = samples[0].x};
    g_autofree double *known = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        if (samples[i].known)
            known[point.seeds++] = samples[i].y;
        else
            point.unknown++;
    }
    if (point.seeds > 0) {
        point.low = ox_stats_quantile(known, point.seeds, 0);
        point.middle = ox_stats_median(known, point.seeds);
        point.high = ox_stats_quantile(known, point.seeds, 1);
    }
    return point;
}

static void finish_line(struct ox_scaling_line *line, GArray *samples) {
    qsort(samples->data, samples->len, sizeof(struct sample), by_x);
    const struct sample *all = (const struct sample *)samples->data;
    for (guint begin = 0, i = 1; i <= samples->len; i++) {
        if (i < samples->len && all[i].x == all[begin].x)
            continue;
        struct ox_scaling_point point = point_of(&all[begin], i - begin);
        if (point.seeds > 0)
            g_array_append_val(line->points, point);
        begin = i;
    }
    g_autofree double *x = g_new(double, line->points->len + 1);
    g_autofree double *y = g_new(double, line->points->len + 1);
    for (guint i = 0; i < line->points->len; i++) {
        x[i] = g_array_index(line->points, struct ox_scaling_point, i).x;
        y[i] = g_array_index(line->points, struct ox_scaling_point, i).middle;
    }
    line->has_law = ox_stats_power_law(x, y, line->points->len, &line->law);
}

static struct sample sample_of(const struct ox_report_run *run, int axis, const char *name) {
    const struct ox_report_metric *metric = ox_report_metric_named(run->metrics, name);
    struct sample sample = {.known = metric != NULL && metric->known && isfinite(metric->value)};
    ox_scaling_number(run->values->pdata[axis], &sample.x);
    sample.y = sample.known ? metric->value : 0;
    return sample;
}

/* The samples of the runs whose line has the same label as run `first`'s. */
static GArray *samples_like(const struct ox_report_sweep *sweep, guint first, int axis,
                            const char *metric, GPtrArray *labels) {
    GArray *samples = g_array_new(FALSE, TRUE, sizeof(struct sample));
    for (guint i = first; i < sweep->runs->len; i++) {
        if (strcmp(labels->pdata[i], labels->pdata[first]) != 0)
            continue;
        const struct ox_report_run *run = &g_array_index(sweep->runs, struct ox_report_run, i);
        struct sample sample = sample_of(run, axis, metric);
        if (run->values->pdata[axis] != NULL && *(char *)run->values->pdata[axis] != '\0')
            g_array_append_val(samples, sample);
    }
    return samples;
}

static bool seen_before(const GPtrArray *labels, guint index) {
    for (guint i = 0; i < index; i++)
        if (strcmp(labels->pdata[i], labels->pdata[index]) == 0)
            return true;
    return false;
}

static void gather_lines(struct ox_scaling *scaling, const struct ox_report_sweep *sweep,
                         int axis) {
    bool with_scenario = ox_cells_several_scenarios(sweep);
    g_autoptr(GPtrArray) labels = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < sweep->runs->len; i++)
        g_ptr_array_add(labels,
                        label_of(sweep, &g_array_index(sweep->runs, struct ox_report_run, i), axis,
                                 with_scenario));
    for (guint i = 0; i < sweep->runs->len; i++) {
        if (seen_before(labels, i))
            continue;
        struct ox_scaling_line line = {
            .label = g_strdup(labels->pdata[i]),
            .points = g_array_new(FALSE, TRUE, sizeof(struct ox_scaling_point))};
        g_autoptr(GArray) samples = samples_like(sweep, i, axis, scaling->metric, labels);
        finish_line(&line, samples);
        if (line.points->len > 0)
            g_array_append_val(scaling->lines, line);
        else
            line_clear(&line);
    }
}

static char *unit_of(const struct ox_report_sweep *sweep, const char *name) {
    for (guint i = 0; i < sweep->runs->len; i++) {
        const struct ox_report_run *run = &g_array_index(sweep->runs, struct ox_report_run, i);
        const struct ox_report_metric *metric = ox_report_metric_named(run->metrics, name);
        if (metric != NULL && *metric->unit != '\0')
            return g_strdup(metric->unit);
    }
    return g_strdup("");
}

static void scaling_init(struct ox_scaling *scaling, const struct ox_report_sweep *sweep,
                         const char *name, const char *metric) {
    int axis = ox_scaling_axis(sweep);
    *scaling =
        (struct ox_scaling){.name = name,
                            .metric = metric,
                            .unit = unit_of(sweep, metric),
                            .lines = g_array_new(FALSE, TRUE, sizeof(struct ox_scaling_line))};
    g_array_set_clear_func(scaling->lines, line_clear);
    if (axis < 0)
        return;
    scaling->axis = g_array_index(sweep->axes, struct ox_report_axis, axis).key;
    gather_lines(scaling, sweep, axis);
}

void ox_scaling_clear(struct ox_scaling *scaling) {
    g_free(scaling->unit);
    g_array_unref(scaling->lines);
}

static size_t points_with_law(const struct ox_scaling *scaling) {
    size_t points = 0;
    for (guint i = 0; i < scaling->lines->len; i++)
        points += g_array_index(scaling->lines, struct ox_scaling_line, i).law.points;
    return points;
}

/* Not every scenario has a partition to heal, and in some all converge in no time: the metric with
 * the most points to fit speaks for the time to converge, the first of equals. */
void ox_scaling_time(struct ox_scaling *scaling, const struct ox_report_sweep *sweep) {
    static const char *const metrics[] = {"converge_after_heal", "converge_after_last_update",
                                          "visible_max", "visible_p95"};
    scaling_init(scaling, sweep, "scaling-time", metrics[0]);
    for (size_t i = 1; i < G_N_ELEMENTS(metrics); i++) {
        struct ox_scaling other;
        scaling_init(&other, sweep, "scaling-time", metrics[i]);
        bool better = points_with_law(&other) > points_with_law(scaling);
        struct ox_scaling *loser = better ? scaling : &other;
        ox_scaling_clear(loser);
        if (better)
            *scaling = other;
    }
}

void ox_scaling_bytes(struct ox_scaling *scaling, const struct ox_report_sweep *sweep) {
    scaling_init(scaling, sweep, "scaling-bytes", "bytes_per_node");
}

char *ox_scaling_law(const struct ox_scaling_line *line) {
    if (!line->has_law)
        return g_strdup("no law: fewer than two sizes with a positive value");
    if (isnan(line->law.error))
        return g_strdup_printf("n^%.2f (two sizes: no error)", line->law.exponent);
    /* As many decimals as it takes to show an error that is not zero. */
    int decimals = 2;
    for (double least = 0.005; line->law.error < least && decimals < 4; least /= 10)
        decimals++;
    return g_strdup_printf("n^%.*f \u00b1 %.*f", decimals, line->law.exponent, decimals,
                           line->law.error);
}

char *ox_scaling_worst(const struct ox_scaling_line *line) {
    double percent = 100 * (line->law.largest_residue - 1);
    return line->has_law ? g_strdup_printf("%.*f\u00a0%%", percent < 10 ? 1 : 0, percent)
                         : g_strdup("");
}
