#include "reports/figures/timeline.h"

#include "reports/stats.h"
#include "reports/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LANES 8
/* The narrowest plot and an average character of the lanes' font, in pixels: to keep labels apart.
 */
#define PLOT_WIDTH 700
#define CHARACTER  6.3

/* ---- bands ---- */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* All times of the series `name`, ascending, each once. */
static double *times_of(const struct ox_report_results *results, const char *name, size_t *count) {
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < results->seeds->len; i++) {
        const struct ox_report_seed *seed =
            &g_array_index(results->seeds, struct ox_report_seed, i);
        const struct ox_report_series *series = ox_report_series_named(seed->series, name);
        if (series != NULL && series->count > 0)
            g_array_append_vals(times, series->t, (guint)series->count);
    }
    *count = 0;
    if (times->len == 0)
        return NULL;
    qsort(times->data, times->len, sizeof(double), ascending);
    double *unique = g_new(double, times->len);
    for (guint i = 0; i < times->len; i++) {
        double t = g_array_index(times, double, i);
        if (*count == 0 || unique[*count - 1] < t)
            unique[(*count)++] = t;
    }
    return unique;
}

/* Where a reader of one series stands while time goes on. */
struct cursor {
    const struct ox_report_series *series;
    size_t at;
};

static double value_at(struct cursor *cursor, double t) {
    while (cursor->at + 1 < cursor->series->count && cursor->series->t[cursor->at + 1] <= t)
        cursor->at++;
    return cursor->series->v[cursor->at];
}

static struct cursor *cursors_of(const struct ox_report_results *results, struct ox_band *band,
                                 const char *name) {
    struct cursor *cursors = g_new0(struct cursor, results->seeds->len);
    for (guint i = 0; i < results->seeds->len; i++) {
        const struct ox_report_seed *seed =
            &g_array_index(results->seeds, struct ox_report_seed, i);
        const struct ox_report_series *series = ox_report_series_named(seed->series, name);
        if (series == NULL || series->count == 0)
            continue;
        cursors[band->seeds++].series = series;
        band->about = series->about;
    }
    return cursors;
}

void ox_band_init(struct ox_band *band, const struct ox_report_results *results, const char *name) {
    *band = (struct ox_band){.about = ""};
    band->t = times_of(results, name, &band->count);
    if (band->count == 0)
        return;
    g_autofree struct cursor *cursors = cursors_of(results, band, name);
    g_autofree double *values = g_new(double, band->seeds);
    band->low = g_new(double, band->count);
    band->middle = g_new(double, band->count);
    band->high = g_new(double, band->count);
    for (size_t i = 0; i < band->count; i++) {
        for (size_t s = 0; s < band->seeds; s++)
            values[s] = value_at(&cursors[s], band->t[i]);
        band->low[i] = ox_stats_quantile(values, band->seeds, 0);
        band->middle[i] = ox_stats_median(values, band->seeds);
        band->high[i] = ox_stats_quantile(values, band->seeds, 1);
    }
}

void ox_band_clear(struct ox_band *band) {
    g_free(band->t);
    g_free(band->low);
    g_free(band->middle);
    g_free(band->high);
}

/* ---- faults ---- */

static enum ox_fault_class class_of(const char *kind) {
    static const char *const of_nodes[] = {"crash", "restart", "churn", "pause",
                                           "leave", "join",    "down"};
    if (strcmp(kind, "partition") == 0)
        return OX_FAULT_PARTITION;
    for (size_t i = 0; i < G_N_ELEMENTS(of_nodes); i++)
        if (g_str_has_prefix(kind, of_nodes[i]))
            return OX_FAULT_NODE;
    return OX_FAULT_RATE;
}

static struct ox_window *window_named(GArray *windows, const char *name) {
    for (guint i = 0; i < windows->len; i++) {
        struct ox_window *window = &g_array_index(windows, struct ox_window, i);
        if (strcmp(window->name, name) == 0)
            return window;
    }
    return NULL;
}

static void add_fault(GArray *windows, const struct ox_report_fault *fault, double run_end) {
    bool heals = fault->off >= 0;
    double off = heals ? fmin(fault->off, run_end) : run_end;
    struct ox_window *known = window_named(windows, fault->name);
    if (known != NULL) {
        known->on = fmin(known->on, fault->on);
        known->off = fmax(known->off, off);
        known->heals = known->heals && heals;
        return;
    }
    struct ox_window window = {.name = fault->name,
                               .kind = fault->kind,
                               .class = class_of(fault->kind),
                               .on = fault->on,
                               .off = off,
                               .heals = heals};
    g_array_append_val(windows, window);
}

static void gather_windows(struct ox_timeline *timeline, const struct ox_report_results *results) {
    for (guint i = 0; i < results->seeds->len; i++) {
        const struct ox_report_seed *seed =
            &g_array_index(results->seeds, struct ox_report_seed, i);
        for (guint f = 0; f < seed->faults->len; f++) {
            const struct ox_report_fault *fault =
                &g_array_index(seed->faults, struct ox_report_fault, f);
            if (isfinite(fault->on) && fault->on >= 0 && fault->on < timeline->run_end)
                add_fault(timeline->windows, fault, timeline->run_end);
        }
    }
}

/* "split (partition), heals at 90 s" */
static char *window_label(const struct ox_window *window) {
    g_autofree char *off = ox_text_quantity(window->off, "s");
    const char *verb = window->class == OX_FAULT_PARTITION ? "heals at" : "until";
    return g_strdup_printf("%.40s (%.24s), %s %s", window->name, window->kind,
                           window->heals ? verb : "to the end of the run at", off);
}

/* In seconds of the axis. */
static double label_width(const struct ox_timeline *timeline, const struct ox_window *window) {
    g_autofree char *label = window_label(window);
    double pixels = ((double)g_utf8_strlen(label, -1) + 3) * CHARACTER;
    return pixels * timeline->end / PLOT_WIDTH;
}

/* First fit: a window takes the first lane whose last bar and label end before it begins. */
static void assign_lanes(struct ox_timeline *timeline) {
    double free_at[MOST_LANES] = {0};
    for (guint i = 0; i < timeline->windows->len; i++) {
        struct ox_window *window = &g_array_index(timeline->windows, struct ox_window, i);
        double width = label_width(timeline, window);
        bool left = window->on + width > timeline->end;
        double from = left ? fmin(window->on, timeline->end - width) : window->on;
        double to = fmax(window->off, from + width);
        size_t lane = 0;
        while (lane < MOST_LANES && free_at[lane] > from)
            lane++;
        window->lane = lane;
        if (lane < MOST_LANES) {
            free_at[lane] = fmax(to, free_at[lane]);
            timeline->lanes = MAX(timeline->lanes, lane + 1);
        } else
            timeline->unlabelled++;
    }
}

/* ---- where the axis ends ---- */

static double last_change_of(const double *t, const double *v, size_t count) {
    for (size_t i = count; i-- > 1;)
        if (v[i - 1] != v[count - 1])
            return t[i];
    return 0;
}

static void look_at_series(struct ox_timeline *timeline, const struct ox_report_seed *seed) {
    /* Bytes flow for ever; only what converges decides where the picture ends. */
    static const char *const names[] = {"equal", "missing"};
    for (guint i = 0; i < seed->series->len; i++) {
        const struct ox_report_series *series =
            &g_array_index(seed->series, struct ox_report_series, i);
        if (series->count > 0)
            timeline->run_end = fmax(timeline->run_end, series->t[series->count - 1]);
    }
    for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
        const struct ox_report_series *series = ox_report_series_named(seed->series, names[n]);
        if (series != NULL && series->count > 0)
            timeline->last_change =
                fmax(timeline->last_change, last_change_of(series->t, series->v, series->count));
    }
    for (size_t row = 0; row < seed->grid.rows; row++)
        timeline->last_change =
            fmax(timeline->last_change,
                 last_change_of(seed->grid.t, seed->grid.v + row * seed->grid.columns,
                                seed->grid.columns));
    if (seed->grid.columns > 0)
        timeline->run_end = fmax(timeline->run_end, seed->grid.t[seed->grid.columns - 1]);
}

void ox_timeline_init(struct ox_timeline *timeline, const struct ox_report_results *results) {
    *timeline = (struct ox_timeline){.windows = g_array_new(FALSE, TRUE, sizeof(struct ox_window))};
    for (guint i = 0; i < results->seeds->len; i++)
        look_at_series(timeline, &g_array_index(results->seeds, struct ox_report_seed, i));
    if (!(timeline->run_end > 0))
        timeline->run_end = fmax(results->duration, 1);
    gather_windows(timeline, results);
    for (guint i = 0; i < timeline->windows->len; i++) {
        const struct ox_window *window = &g_array_index(timeline->windows, struct ox_window, i);
        timeline->last_change =
            fmax(timeline->last_change, window->heals ? window->off : window->on);
    }
    if (timeline->last_change == 0)
        timeline->last_change = timeline->run_end;
    timeline->end = fmin(timeline->run_end, 1.06 * timeline->last_change);
    assign_lanes(timeline);
}

void ox_timeline_clear(struct ox_timeline *timeline) {
    g_array_unref(timeline->windows);
}

bool ox_timeline_has(const struct ox_timeline *timeline, enum ox_fault_class class) {
    for (guint i = 0; i < timeline->windows->len; i++)
        if (g_array_index(timeline->windows, struct ox_window, i).class == class)
            return true;
    return false;
}

char *ox_timeline_note(const struct ox_timeline *timeline) {
    GString *note = g_string_new(NULL);
    if (timeline->unlabelled > 0)
        g_string_append_printf(note, "%zu more faults are shaded without a label. ",
                               timeline->unlabelled);
    if (timeline->end < timeline->run_end) {
        g_autofree char *change = ox_text_quantity(timeline->last_change, "s");
        g_autofree char *end = ox_text_quantity(timeline->run_end, "s");
        g_string_append_printf(note,
                               "The time axis is cut: from %s to the end of the run at %s no fault "
                               "begins or ends and no replica gains an update.",
                               change, end);
    }
    return g_string_free(note, FALSE);
}

/* ---- parts of a script ---- */

void ox_figure_margins(GString *script, const struct ox_frame *frame, double top, double bottom) {
    ox_figure_print(script,
                    "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
                    "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
                    frame->left / OX_FIGURE_WIDTH, 1 - frame->right / OX_FIGURE_WIDTH,
                    1 - top / frame->height, 1 - bottom / frame->height);
}

double ox_lanes_height(const struct ox_timeline *timeline) {
    return (double)timeline->lanes * OX_LANE_HEIGHT;
}

/* Light fills that differ in hue and in lightness; the lanes name them, so colour is an aid. */
static const char *fill_of(enum ox_fault_class class, bool lane) {
    static const char *const fills[][2] = {
        [OX_FAULT_PARTITION] = {"#fdeee4", "#f9cfb4"},
        [OX_FAULT_NODE] = {"#f0eaf6", "#d9c9e8"},
        [OX_FAULT_RATE] = {"#eef5f1", "#cfe6da"},
    };
    return fills[class][lane];
}

static void lane_of(GString *script, const struct ox_timeline *timeline,
                    const struct ox_window *window) {
    double top = (double)(timeline->lanes - window->lane) - 0.08, bottom = top - 0.84;
    double off = fmin(window->off, timeline->end);
    g_autofree char *label = window_label(window);
    bool left = window->on + label_width(timeline, window) > timeline->end;
    ox_figure_print(script,
                    "set object rectangle from first %.10g, first %.3f to first %.10g, first %.3f "
                    "back fc rgb '%s' fs solid noborder\nset label ",
                    window->on, bottom, off, top, fill_of(window->class, true));
    ox_text_gnuplot(script, label, 80);
    ox_figure_print(script,
                    " at first %.10g, first %.3f %s offset character %s, 0 front "
                    "font \",11\" tc rgb '#333333'\n",
                    left ? timeline->end : window->on, (top + bottom) / 2, left ? "right" : "left",
                    left ? "-0.6" : "0.6");
}

void ox_figure_lanes(GString *script, const struct ox_timeline *timeline,
                     const struct ox_frame *frame, double top) {
    if (timeline->lanes == 0)
        return;
    ox_figure_margins(script, frame, top, top + ox_lanes_height(timeline));
    ox_figure_print(script, "unset border\nunset tics\nset xrange [0:%.10g]\nset yrange [0:%zu]\n",
                    timeline->end, timeline->lanes);
    for (guint i = 0; i < timeline->windows->len; i++) {
        const struct ox_window *window = &g_array_index(timeline->windows, struct ox_window, i);
        if (window->lane < timeline->lanes && window->on < timeline->end)
            lane_of(script, timeline, window);
    }
    g_string_append(script, "plot NaN notitle\n"
                            "unset object\nunset label\n"
                            "set border 3 lc rgb '#555555' lw 0.8\n"
                            "set tics nomirror out scale 0.5\n");
}

static void shade(GString *script, const struct ox_window *window, double end) {
    ox_figure_print(script,
                    "set object rectangle from first %.10g, graph 0 to first %.10g, graph 1 "
                    "behind fc rgb '%s' fs solid noborder\n",
                    window->on, fmin(window->off, end), fill_of(window->class, false));
    if (window->heals && window->class == OX_FAULT_PARTITION)
        ox_figure_print(script,
                        "set arrow from first %.10g, graph 0 to first %.10g, graph 1 nohead back "
                        "lc rgb '#a04000' lw 1.2 dt (4,3)\n",
                        window->off, window->off);
}

/* What is painted later covers what is below: rates last for long, partitions matter most. */
void ox_figure_shade(GString *script, const struct ox_timeline *timeline) {
    static const enum ox_fault_class order[] = {OX_FAULT_RATE, OX_FAULT_NODE, OX_FAULT_PARTITION};
    for (size_t c = 0; c < G_N_ELEMENTS(order); c++) {
        for (guint i = 0; i < timeline->windows->len; i++) {
            const struct ox_window *window = &g_array_index(timeline->windows, struct ox_window, i);
            if (window->class == order[c] && window->on < timeline->end)
                shade(script, window, timeline->end);
        }
    }
}

void ox_figure_log_tics(GString *script, double most) {
    ox_figure_print(script, "('0' 0");
    for (double tic = 1; tic <= most && tic < 1e15; tic *= 10) {
        g_autofree char *label = ox_text_quantity(tic, "");
        ox_figure_print(script, ", '%s' %.6f", label, log10(1 + tic));
    }
    g_string_append(script, ")");
}
