/* convergence.c - the two figures that are curves over time.
 *
 * "Equal" is all or nothing: while updates are made somewhere, hardly any replica has every one of
 * them. So the share of equal replicas stands above the number of updates that are missing, which
 * shows a partition open a gap and the heal close it.
 */
#include "reports/figures/figures.h"
#include "reports/figures/timeline.h"

#include "reports/text.h"

#include <math.h>
#include <string.h>

#define PANEL_HEIGHT 150
#define PANEL_TITLE  30
#define AXIS_HEIGHT  36
#define TOP          6

struct panel {
    const char *series; /* in results.json */
    const char *title;
    const char *colour;
    enum { SHARE, LOGARITHMIC, LINEAR } scale;
    const char *format; /* gnuplot's, of the tics; LINEAR only */
    struct ox_band band;
};

/* The panels whose series the results hold; returns how many, moved to the front. */
static size_t load_panels(struct panel *panels, size_t count,
                          const struct ox_report_results *results) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        ox_band_init(&panels[i].band, results, panels[i].series);
        if (panels[i].band.count > 0)
            panels[kept++] = panels[i];
    }
    return kept;
}

/* One row per time of any panel; a panel without a sample there leaves its cells empty. */
static GString *data_of(const struct panel *panels, size_t count) {
    GString *tsv = g_string_new("t_s");
    for (size_t p = 0; p < count; p++)
        g_string_append_printf(tsv, "\t%s_min\t%s_median\t%s_max", panels[p].series,
                               panels[p].series, panels[p].series);
    g_string_append_c(tsv, '\n');
    g_autofree size_t *at = g_new0(size_t, count);
    for (;;) {
        double t = INFINITY;
        for (size_t p = 0; p < count; p++)
            if (at[p] < panels[p].band.count)
                t = fmin(t, panels[p].band.t[at[p]]);
        if (isinf(t))
            return tsv;
        ox_text_plain(tsv, t);
        for (size_t p = 0; p < count; p++) {
            const struct ox_band *band = &panels[p].band;
            bool here = at[p] < band->count && band->t[at[p]] == t;
            const double cells[] = {here ? band->low[at[p]] : 0, here ? band->middle[at[p]] : 0,
                                    here ? band->high[at[p]] : 0};
            for (size_t c = 0; c < G_N_ELEMENTS(cells); c++) {
                g_string_append_c(tsv, '\t');
                if (here)
                    ox_text_plain(tsv, cells[c]);
            }
            at[p] += here;
        }
        g_string_append_c(tsv, '\n');
    }
}

static double greatest(const struct ox_band *band) {
    double most = 0;
    for (size_t i = 0; i < band->count; i++)
        most = isfinite(band->high[i]) ? fmax(most, band->high[i]) : most;
    return most;
}

/* The axis of values, and f(), which maps a value onto it. */
static void print_scale(GString *script, const struct panel *panel) {
    double most = greatest(&panel->band);
    if (panel->scale == SHARE) {
        g_string_append(script, "f(v) = 100 * v\nset yrange [0:104]\nset format y '%.0f %%'\n"
                                "set ytics nomirror 0,25,100\n");
    } else if (panel->scale == LOGARITHMIC) {
        ox_figure_print(script, "f(v) = log10(1 + v)\nset yrange [0:%.6f]\nset ytics nomirror ",
                        1.06 * log10(1 + fmax(most, 1)));
        ox_figure_log_tics(script, fmax(most, 1));
        g_string_append_c(script, '\n');
    } else {
        ox_figure_print(script,
                        "f(v) = v\nset yrange [0:%.10g]\nset format y '%s'\n"
                        "set ytics nomirror autofreq\n",
                        1.08 * fmax(most, 1e-9), panel->format);
    }
}

/* The band and the median of the panel whose least values are in `column`. */
static void print_curve(GString *script, const struct panel *panel, const char *name,
                        size_t column) {
    g_string_append(script, "plot ");
    if (panel->band.seeds > 1)
        ox_figure_print(script,
                        "'%s.tsv' skip 1 using 1:(f($%zu)):(f($%zu)) with filledcurves "
                        "fc rgb '%s' fs transparent solid 0.18 noborder notitle, ",
                        name, column, column + 2, panel->colour);
    ox_figure_print(script,
                    "'%s.tsv' skip 1 using 1:(f($%zu)) with lines lw 2 lc rgb '%s' notitle\n", name,
                    column + 1, panel->colour);
}

static void print_panel(GString *script, const struct panel *panel, bool last) {
    g_string_append(script, "set label ");
    ox_text_gnuplot(script, panel->title, 120);
    g_string_append(script, " at graph 0, graph 1 left offset character 0, 0.75 front "
                            "font \",13\" tc rgb '#222222'\n");
    g_string_append(script, last ? "set format x '%g s'\n" : "set format x ''\n");
    g_string_append(script,
                    "set xtics nomirror autofreq\nset grid ytics lc rgb '#dddddd' lw 0.6\n");
    print_scale(script, panel);
}

static char *caption_of(const struct ox_band *band, const struct ox_timeline *timeline) {
    g_autofree char *note = ox_timeline_note(timeline);
    GString *caption = g_string_new(NULL);
    if (band->seeds > 1)
        g_string_append_printf(caption,
                               "The line is the median of %zu seeds, the band their least and "
                               "greatest. ",
                               band->seeds);
    if (timeline->windows->len > 0)
        g_string_append(caption, "Faults are shaded. ");
    if (ox_timeline_has(timeline, OX_FAULT_PARTITION))
        g_string_append(caption, "A dashed line marks where a partition heals. ");
    g_string_append(caption, note);
    return g_strchomp(g_string_free(caption, FALSE));
}

static bool add_figure(struct ox_figures *figures, const struct ox_report_results *results,
                       const char *name, const char *title, struct panel *panels, size_t count,
                       GError **error) {
    struct ox_timeline timeline;
    ox_timeline_init(&timeline, results);
    double lanes = ox_lanes_height(&timeline);
    struct ox_frame frame = {.left = 62, .right = 26};
    frame.height = TOP + lanes + (double)count * (PANEL_HEIGHT + PANEL_TITLE) + AXIS_HEIGHT;
    g_autoptr(GString) script = ox_figure_script(name, OX_FIGURE_WIDTH, frame.height);
    g_string_append(script, "set multiplot\n");
    ox_figure_lanes(script, &timeline, &frame, TOP);
    ox_figure_print(script, "set border 3\nset xrange [0:%.10g]\n", timeline.end);
    for (size_t p = 0; p < count; p++) {
        double top = TOP + lanes + (double)p * (PANEL_HEIGHT + PANEL_TITLE) + PANEL_TITLE;
        ox_figure_margins(script, &frame, top, top + PANEL_HEIGHT);
        ox_figure_shade(script, &timeline);
        print_panel(script, &panels[p], p + 1 == count);
        print_curve(script, &panels[p], name, 2 + 3 * p);
        g_string_append(script, "unset object\nunset label\nunset arrow\n");
    }
    g_string_append(script, "unset multiplot\n");
    g_autoptr(GString) tsv = data_of(panels, count);
    g_autofree char *caption = caption_of(&panels[0].band, &timeline);
    bool good = ox_figure_add(figures, name, title, caption, tsv, script, error);
    ox_timeline_clear(&timeline);
    return good;
}

static bool draw(struct ox_figures *figures, const struct ox_report_results *results,
                 const char *name, const char *title, struct panel *panels, size_t most,
                 GError **error) {
    bool good = true;
    size_t count = load_panels(panels, most, results);
    if (count > 0)
        good = add_figure(figures, results, name, title, panels, count, error);
    for (size_t p = 0; p < count; p++)
        ox_band_clear(&panels[p].band);
    return good;
}

bool ox_figure_convergence(struct ox_figures *figures, const struct ox_report_results *results,
                           GError **error) {
    struct panel panels[] = {
        {.series = "equal",
         .title = "Share of live replicas that hold every update",
         .colour = OX_BLUE,
         .scale = SHARE},
        {.series = "missing",
         .title = "Updates missing at a live replica (mean)",
         .colour = OX_VERMILION,
         .scale = LOGARITHMIC},
    };
    return draw(figures, results, "convergence", "Convergence", panels, G_N_ELEMENTS(panels),
                error);
}

bool ox_figure_traffic(struct ox_figures *figures, const struct ox_report_results *results,
                       GError **error) {
    struct panel panels[] = {
        {.series = "bytes",
         .title = "Bytes received by all replicas, per second",
         .colour = OX_GREEN,
         .scale = LINEAR,
         .format = "%.0s %cB"},
        {.series = "live",
         .title = "Live replicas",
         .colour = OX_BLUE,
         .scale = LINEAR,
         .format = "%.0f"},
    };
    return draw(figures, results, "traffic", "Traffic", panels, G_N_ELEMENTS(panels), error);
}
