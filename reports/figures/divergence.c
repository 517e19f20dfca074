/* divergence.c - the heat map: one row per replica, one column per moment, colour for how many
 * updates are missing there.
 *
 *     us-east-1  ░░░░▓▓▓▓▓▓▓▓░░░      rows of one region together, so that a partition is a block
 *     eu-west-1  ░░░░▒▒▒▒▒▒▒▒░░░      rather than stripes
 *
 * One run is shown, not a mean of runs: a mean would hide the one replica that stays behind.
 */
#include "reports/figures/figures.h"
#include "reports/figures/timeline.h"

#include "reports/story.h"
#include "reports/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COLUMNS 600
#define MOST_GROUPS  16
#define TOP          6
#define NAME_LENGTH  24 /* characters shown of a region's name */
#define TITLE_HEIGHT 30
#define AXIS_HEIGHT  36

struct row {
    size_t source; /* in the grid */
    size_t group;  /* of `names`, in order of their first replica */
};

struct map {
    const struct ox_report_grid *grid;
    GArray *rows;     /* of struct row, from the top down */
    GPtrArray *names; /* of the groups, borrowed; empty: rows are numbered */
    size_t columns;
    double step; /* s per column */
    double most; /* the greatest value shown */
};

static int by_group(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

static size_t group_of(GPtrArray *names, const char *name) {
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], name) == 0)
            return i;
    g_ptr_array_add(names, (gpointer)name);
    return names->len - 1;
}

/* Rows are sorted by region when each row is one replica and the regions are few; else they stay
 * as they are, and have numbers. */
static void arrange_rows(struct map *map, const GPtrArray *replicas) {
    bool named = map->grid->nodes_per_row == 1 && replicas->len >= map->grid->rows;
    for (size_t i = 0; i < map->grid->rows; i++) {
        struct row row = {.source = i};
        if (named)
            row.group = group_of(map->names, replicas->pdata[i]);
        g_array_append_val(map->rows, row);
        named = named && map->names->len <= MOST_GROUPS;
    }
    if (!named) {
        g_ptr_array_set_size(map->names, 0);
        for (guint i = 0; i < map->rows->len; i++)
            g_array_index(map->rows, struct row, i).group = 0;
    }
    qsort(map->rows->data, map->rows->len, sizeof(struct row), by_group);
}

/* The cell of the last sample at or before the column's time. `from` is where the last search of
 * this row ended. */
static double cell(const struct map *map, size_t source, size_t column, size_t *from) {
    const struct ox_report_grid *grid = map->grid;
    double t = (double)column * map->step;
    while (*from + 1 < grid->columns && grid->t[*from + 1] <= t * (1 + 1e-12))
        ++*from;
    return grid->v[source * grid->columns + *from];
}

static double usual_step(const struct ox_report_grid *grid, double end) {
    double least = end / 2;
    for (size_t i = 1; i < grid->columns; i++)
        if (grid->t[i] > grid->t[i - 1])
            least = fmin(least, grid->t[i] - grid->t[i - 1]);
    return fmax(least, end / MOST_COLUMNS);
}

static void map_init(struct map *map, const struct ox_report_results *results,
                     const struct ox_report_seed *seed, double end) {
    *map = (struct map){.grid = &seed->grid,
                        .rows = g_array_new(FALSE, TRUE, sizeof(struct row)),
                        .names = g_ptr_array_new()};
    arrange_rows(map, results->replicas);
    map->step = usual_step(map->grid, end);
    map->columns = MAX((size_t)ceil(end / map->step - 1e-9), 2);
}

static void map_clear(struct map *map) {
    g_array_unref(map->rows);
    g_ptr_array_unref(map->names);
}

static void append_row_name(GString *tsv, const struct map *map, const struct row *row) {
    size_t per_row = (size_t)map->grid->nodes_per_row;
    if (map->names->len > 0)
        ox_text_tsv(tsv, map->names->pdata[row->group]);
    g_string_append_printf(tsv, "%snode %zu", map->names->len > 0 ? " " : "",
                           row->source * per_row);
    if (per_row > 1)
        g_string_append_printf(tsv, "-%zu", (row->source + 1) * per_row - 1);
}

/* A matrix: times along the top, replicas down the side. */
static GString *data_of(struct map *map) {
    GString *tsv = g_string_new("replica");
    for (size_t c = 0; c < map->columns; c++) {
        g_string_append_c(tsv, '\t');
        ox_text_plain(tsv, (double)c * map->step);
    }
    g_string_append_c(tsv, '\n');
    for (guint r = 0; r < map->rows->len; r++) {
        const struct row *row = &g_array_index(map->rows, struct row, r);
        size_t from = 0;
        append_row_name(tsv, map, row);
        for (size_t c = 0; c < map->columns; c++) {
            double value = cell(map, row->source, c, &from);
            map->most = isfinite(value) ? fmax(map->most, value) : map->most;
            g_string_append_c(tsv, '\t');
            ox_text_plain(tsv, value);
        }
        g_string_append_c(tsv, '\n');
    }
    return tsv;
}

/* Names at the middle of each group and lines between groups; numbers when there are no groups. */
static void print_rows(GString *script, const struct map *map) {
    size_t count = map->rows->len, begin = 0;
    ox_figure_print(script, "set yrange [%g:-0.5]\n", (double)count - 0.5);
    if (map->names->len == 0) {
        g_string_append(script, "set ytics nomirror (");
        size_t step = MAX(1, (count + 7) / 8);
        for (size_t i = 0; i < count; i += step)
            ox_figure_print(script, "%s'node %.0f' %zu", i > 0 ? ", " : "",
                            (double)i * map->grid->nodes_per_row, i);
        g_string_append(script, ")\n");
        return;
    }
    g_string_append(script, "set ytics nomirror scale 0 (");
    for (size_t i = 1; i <= count; i++) {
        const struct row *rows = &g_array_index(map->rows, struct row, 0);
        if (i < count && rows[i].group == rows[begin].group)
            continue;
        g_string_append(script, begin > 0 ? ", " : "");
        ox_text_gnuplot(script, map->names->pdata[rows[begin].group], NAME_LENGTH);
        ox_figure_print(script, " %g", ((double)begin + (double)i - 1) / 2);
        begin = i;
    }
    g_string_append(script, ")\n");
    for (size_t i = 1; i < count; i++) {
        const struct row *rows = &g_array_index(map->rows, struct row, 0);
        if (rows[i].group != rows[i - 1].group)
            ox_figure_print(script,
                            "set arrow from graph 0, first %g to graph 1, first %g nohead front "
                            "lc rgb '#ffffff' lw 1.2\n",
                            (double)i - 0.5, (double)i - 0.5);
    }
}

static void print_windows(GString *script, const struct ox_timeline *timeline) {
    for (guint i = 0; i < timeline->windows->len; i++) {
        const struct ox_window *window = &g_array_index(timeline->windows, struct ox_window, i);
        const double times[] = {window->on, window->heals ? window->off : -1};
        for (size_t e = 0; e < G_N_ELEMENTS(times); e++)
            if (window->class == OX_FAULT_PARTITION && times[e] > 0 && times[e] < timeline->end)
                ox_figure_print(script,
                                "set arrow from first %.10g, graph 0 to first %.10g, graph 1 "
                                "nohead front lc rgb '#ffffff' lw 1.2 dt (4,3)\n",
                                times[e], times[e]);
    }
}

/* viridis (van der Walt and Smith), by its stops: gnuplot 5.4 has no palette of that name. */
static void print_palette(GString *script, double most) {
    g_string_append(script,
                    "set palette defined (0 '#440154', 1 '#472c7a', 2 '#3b518b', 3 '#2c718e', "
                    "4 '#21908d', 5 '#27ad81', 6 '#5cc863', 7 '#aadc32', 8 '#fde725')\n");
    ox_figure_print(script, "set cbrange [0:%.6f]\nset cbtics scale 0 ", log10(1 + fmax(most, 1)));
    ox_figure_log_tics(script, fmax(most, 1));
    g_string_append(script, "\nset colorbox user origin graph 1.015, graph 0 size 0.014, graph 1 "
                            "noborder\n");
}

static double longest_name(const struct map *map) {
    double longest = 8;
    for (guint i = 0; i < map->names->len; i++)
        longest = fmax(longest, fmin((double)g_utf8_strlen(map->names->pdata[i], -1), NAME_LENGTH));
    return longest;
}

static GString *script_of(const struct map *map, const struct ox_timeline *timeline,
                          const char *title) {
    double body = fmin(fmax(6.5 * (double)map->rows->len, 120), 460);
    double top = TOP + ox_lanes_height(timeline) + TITLE_HEIGHT;
    struct ox_frame frame = {
        .height = top + body + AXIS_HEIGHT, .left = 20 + 7 * longest_name(map), .right = 80};
    GString *script = ox_figure_script("divergence", OX_FIGURE_WIDTH, frame.height);
    g_string_append(script, "set multiplot\n");
    ox_figure_lanes(script, timeline, &frame, TOP);
    ox_figure_margins(script, &frame, top, top + body);
    ox_figure_print(script,
                    "set xrange [0:%.10g]\nset border 15\nset xtics nomirror autofreq\n"
                    "set format x '%%g s'\nset label ",
                    timeline->end);
    ox_text_gnuplot(script, title, 120);
    g_string_append(script,
                    " at graph 0, graph 1 left offset character 0, 0.75 front "
                    "font \",13\" tc rgb '#222222'\n"
                    "set object rectangle from graph 0, graph 0 to graph 1, graph 1 behind "
                    "fc rgb '#c4c4c4' fs solid noborder\nset style fill solid 1 noborder\n");
    print_rows(script, map);
    print_windows(script, timeline);
    print_palette(script, map->most);
    ox_figure_print(
        script,
        /* The first row and column are names; as headers gnuplot would make tics of them. */
        "plot 'divergence.tsv' skip 1 matrix every 1:1:1:0 using "
        "(($1 - 0.5) * %.10g):2:($3 < 0 ? NaN : log10(1 + $3)) with image notitle\n"
        "unset multiplot\n",
        map->step);
    return script;
}

bool ox_figure_divergence(struct ox_figures *figures, const struct ox_report_results *results,
                          GError **error) {
    const struct ox_report_seed *seed = ox_story_telling_seed(results);
    if (seed->grid.columns < 2)
        return true;
    struct ox_timeline timeline;
    struct map map;
    ox_timeline_init(&timeline, results);
    map_init(&map, results, seed, timeline.end);
    g_autofree char *number = ox_text_integer(seed->seed);
    g_autofree char *title =
        g_strdup_printf("Updates missing at each replica, seed %s (grey: down)", number);
    g_autofree char *note = ox_timeline_note(&timeline);
    g_autofree char *caption = g_strchomp(g_strdup_printf(
        "Each row is %s; the scale is logarithmic. %s%s",
        map.grid->nodes_per_row > 1 ? "a few replicas, of which it shows the one furthest behind"
                                    : "one replica",
        ox_timeline_has(&timeline, OX_FAULT_PARTITION)
            ? "Dashed lines mark where a partition begins and heals. "
            : "",
        note));
    g_autoptr(GString) tsv = data_of(&map);
    g_autoptr(GString) script = script_of(&map, &timeline, title);
    bool good = ox_figure_add(figures, "divergence", "Divergence", caption, tsv, script, error);
    map_clear(&map);
    ox_timeline_clear(&timeline);
    return good;
}
