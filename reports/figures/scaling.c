/* scaling.c - a metric against the size of the system, in log-log: a power law is a straight line
 * there, and its slope is the exponent.
 */
#include "reports/figures/figures.h"

#include "reports/figures/timeline.h"
#include "reports/text.h"

#include <math.h>
#include <string.h>

#define HEIGHT 470
#define TOP    40
#define BOTTOM (HEIGHT - 52)
/* Two lines of text: the name and the law. */
#define LABEL_HEIGHT 38

/* Lines differ in colour, dash and shape; after four colours the dash and the shape go on. */
static const char *const colours[] = {OX_BLUE, OX_VERMILION, OX_GREEN, OX_PURPLE};
static const int shapes[] = {7, 5, 9, 13, 6, 4, 8, 12};
static const char *const dashes[] = {"solid", "(12,5)", "(3,3)", "(12,4,3,4)", "(20,5)", "(6,6)"};

static GString *data_of(const struct ox_scaling *scaling) {
    GString *tsv = g_string_new("x\tmin\tmedian\tmax\tseeds\tunknown\tlaw\tline\n");
    for (guint l = 0; l < scaling->lines->len; l++) {
        const struct ox_scaling_line *line =
            &g_array_index(scaling->lines, struct ox_scaling_line, l);
        if (l > 0)
            g_string_append(tsv, "\n\n"); /* gnuplot's `index` counts blocks between blank lines */
        for (guint p = 0; p < line->points->len; p++) {
            const struct ox_scaling_point *point =
                &g_array_index(line->points, struct ox_scaling_point, p);
            const double cells[] = {point->x,    point->low,           point->middle,
                                    point->high, (double)point->seeds, (double)point->unknown};
            for (size_t c = 0; c < G_N_ELEMENTS(cells); c++) {
                ox_text_plain(tsv, cells[c]);
                g_string_append_c(tsv, '\t');
            }
            if (line->has_law)
                ox_text_plain(tsv, line->law.factor * pow(point->x, line->law.exponent));
            g_string_append_c(tsv, '\t');
            ox_text_tsv(tsv, line->label);
            g_string_append_c(tsv, '\n');
        }
    }
    return tsv;
}

/* The least and the greatest positive x and y of all lines. */
struct range {
    double x_low, x_high, y_low, y_high;
};

static struct range range_of(const struct ox_scaling *scaling) {
    struct range range = {INFINITY, 0, INFINITY, 0};
    for (guint l = 0; l < scaling->lines->len; l++) {
        const GArray *points = g_array_index(scaling->lines, struct ox_scaling_line, l).points;
        for (guint p = 0; p < points->len; p++) {
            const struct ox_scaling_point *point =
                &g_array_index(points, struct ox_scaling_point, p);
            if (!(point->x > 0) || !(point->middle > 0))
                continue;
            range.x_low = fmin(range.x_low, point->x);
            range.x_high = fmax(range.x_high, point->x);
            range.y_low = fmin(range.y_low, point->low > 0 ? point->low : point->middle);
            range.y_high = fmax(range.y_high, point->high);
        }
    }
    return range;
}

/* The sizes that were measured are the tics, as far as their labels find room. */
static void print_size_tics(GString *script, const struct ox_scaling *scaling,
                            const struct range *range) {
    double last = 0, room = pow(range->x_high / range->x_low, 1.0 / 14);
    g_string_append(script, "set xtics nomirror (");
    const struct ox_scaling_line *line = NULL;
    for (guint l = 0; l < scaling->lines->len; l++) {
        const struct ox_scaling_line *other =
            &g_array_index(scaling->lines, struct ox_scaling_line, l);
        line = line == NULL || other->points->len > line->points->len ? other : line;
    }
    for (guint p = 0; p < line->points->len; p++) {
        double x = g_array_index(line->points, struct ox_scaling_point, p).x;
        if (!(x > 0) || (last > 0 && x < last * room))
            continue;
        g_autofree char *label = ox_text_quantity(x, "");
        ox_figure_print(script, "%s'%s' %.10g", last > 0 ? ", " : "", label, x);
        last = x;
    }
    g_string_append(script, ")\n");
}

static bool is_time(const struct ox_scaling *scaling) {
    return strcmp(scaling->name, "scaling-time") == 0;
}

/* Decades are decimal, so bytes are in kB and MB here. */
static char *tic_label(double tic, const char *unit) {
    static const char *const bytes[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    if (strcmp(unit, "B") != 0)
        return ox_text_quantity(tic, unit);
    size_t step = 0;
    for (; tic >= 999.5 && step + 1 < G_N_ELEMENTS(bytes); step++)
        tic /= 1000;
    return ox_text_quantity(tic, bytes[step]);
}

/* Tics at round values, more of each decade the fewer decades there are, with their units. */
static void print_value_tics(GString *script, const struct range *range, const char *unit) {
    static const double round_values[] = {1, 2, 5, 1.5, 3, 4, 7};
    double ratio = range->y_high / range->y_low;
    size_t steps = ratio < 12 ? G_N_ELEMENTS(round_values) : ratio < 2000 ? 3 : 1;
    const char *comma = "";
    g_string_append(script, "set ytics nomirror (");
    for (double e = floor(log10(range->y_low)) - 1; e <= log10(range->y_high) + 1; e++) {
        for (size_t s = 0; s < steps; s++) {
            double tic = round_values[s] * pow(10, e);
            g_autofree char *label = tic_label(tic, unit);
            ox_figure_print(script, "%s'%s' %.10g", comma, label, tic);
            comma = ", ";
        }
    }
    g_string_append(script, ")\n");
}

/* Where a line's label stands in the right margin, in pixels from the top. */
struct place {
    guint line;
    double y;
};

static int by_height(const void *a, const void *b) {
    const struct place *p = a, *q = b;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return (p->line > q->line) - (p->line < q->line);
}

static double pixel_of(double value, double low, double high) {
    double part = (log(value) - log(low)) / (log(high) - log(low));
    return BOTTOM - fmin(fmax(part, 0), 1) * (BOTTOM - TOP);
}

/* Each label beside the end of its line, pushed down where it would cover the one above. */
static GArray *places_of(const struct ox_scaling *scaling, double y_low, double y_high) {
    GArray *places = g_array_new(FALSE, TRUE, sizeof(struct place));
    for (guint l = 0; l < scaling->lines->len; l++) {
        const struct ox_scaling_line *line =
            &g_array_index(scaling->lines, struct ox_scaling_line, l);
        const struct ox_scaling_point *end =
            &g_array_index(line->points, struct ox_scaling_point, line->points->len - 1);
        double value = line->has_law ? line->law.factor * pow(end->x, line->law.exponent)
                                     : fmax(end->middle, y_low);
        struct place place = {.line = l, .y = pixel_of(value, y_low, y_high)};
        g_array_append_val(places, place);
    }
    qsort(places->data, places->len, sizeof(struct place), by_height);
    for (guint i = 1; i < places->len; i++) {
        struct place *place = &g_array_index(places, struct place, i);
        place->y = fmax(place->y, g_array_index(places, struct place, i - 1).y + LABEL_HEIGHT);
    }
    return places;
}

static void print_label(GString *script, const char *text, double y, const char *colour) {
    g_string_append(script, "set label ");
    ox_text_gnuplot(script, text, 30);
    ox_figure_print(script, " at graph 1, screen %.5f left offset character 1, 0 tc rgb '%s'\n",
                    1 - y / HEIGHT, colour);
}

static void print_labels(GString *script, const struct ox_scaling *scaling, double y_low,
                         double y_high) {
    g_autoptr(GArray) places = places_of(scaling, y_low, y_high);
    for (guint i = 0; i < places->len; i++) {
        const struct place *place = &g_array_index(places, struct place, i);
        const struct ox_scaling_line *line =
            &g_array_index(scaling->lines, struct ox_scaling_line, place->line);
        const char *colour = colours[place->line % G_N_ELEMENTS(colours)];
        g_autofree char *exponent = ox_scaling_law(line);
        g_autofree char *law =
            g_strdup_printf("%s ~ %s", is_time(scaling) ? "time" : "bytes", exponent);
        bool named = *line->label != '\0';
        if (named)
            print_label(script, line->label, place->y - 8, colour);
        if (line->has_law)
            print_label(script, law, place->y + (named ? 8 : 0), colour);
    }
}

/* The law is drawn from the data too: in log-log its points lie on one straight line. */
static void print_lines(GString *script, const struct ox_scaling *scaling) {
    const char *comma = "plot ";
    for (guint l = 0; l < scaling->lines->len; l++) {
        const struct ox_scaling_line *line =
            &g_array_index(scaling->lines, struct ox_scaling_line, l);
        const char *colour = colours[l % G_N_ELEMENTS(colours)];
        if (line->has_law)
            ox_figure_print(script,
                            "%s'%s.tsv' skip 1 index %u using 1:7 with lines lw 1.4 dt %s "
                            "lc rgb '%s' notitle",
                            comma, scaling->name, l, dashes[l % G_N_ELEMENTS(dashes)], colour);
        comma = line->has_law ? ", \\\n     " : comma;
        ox_figure_print(script,
                        "%s'%s.tsv' skip 1 index %u using 1:3:2:4 with yerrorbars pt %d ps 0.9 "
                        "lw 1.2 lc rgb '%s' notitle",
                        comma, scaling->name, l, shapes[l % G_N_ELEMENTS(shapes)], colour);
        comma = ", \\\n     ";
    }
    g_string_append_c(script, '\n');
}

static GString *script_of(const struct ox_scaling *scaling, const struct range *range,
                          const char *title) {
    GString *script = ox_figure_script(scaling->name, OX_FIGURE_WIDTH, HEIGHT);
    struct ox_frame frame = {.height = HEIGHT, .left = 76, .right = 220};
    double y_low = range->y_low / 1.5, y_high = range->y_high * 1.5;
    double x_pad = fmax(pow(range->x_high / range->x_low, 0.03), 1.01);
    ox_figure_margins(script, &frame, TOP, BOTTOM);
    ox_figure_print(script,
                    "set border 3\nset logscale xy\nset xrange [%.10g:%.10g]\n"
                    "set yrange [%.10g:%.10g]\nset grid lc rgb '#dddddd' lw 0.6\nset label ",
                    range->x_low / x_pad, range->x_high * x_pad, y_low, y_high);
    ox_text_gnuplot(script, scaling->axis, 60);
    ox_figure_print(script, " at graph 0.5, screen %.5f center tc rgb '#222222'\nset label ",
                    1 - (BOTTOM + 38.0) / HEIGHT);
    ox_text_gnuplot(script, title, 120);
    g_string_append(
        script,
        " at graph 0, graph 1 left offset character 0, 0.9 font \",13\" tc rgb '#222222'\n");
    print_size_tics(script, scaling, range);
    print_value_tics(script, range, scaling->unit);
    print_labels(script, scaling, y_low, y_high);
    print_lines(script, scaling);
    return script;
}

bool ox_figure_scaling(struct ox_figures *figures, const struct ox_scaling *scaling,
                       GError **error) {
    struct range range = range_of(scaling);
    if (!(range.x_high > range.x_low))
        return true;
    g_autofree char *metric = ox_text_words(scaling->metric);
    g_autofree char *title = g_strdup_printf("%s against %s, log-log", metric, scaling->axis);
    g_autofree char *caption = g_strdup_printf(
        "Points are medians over the seeds, bars reach from the least to the greatest. Lines are "
        "power laws fitted to the medians by least squares on the logarithms; \u00b1 is the "
        "standard error of the exponent.");
    *title = g_ascii_toupper(*title);
    g_autoptr(GString) tsv = data_of(scaling);
    g_autoptr(GString) script = script_of(scaling, &range, title);
    const char *heading =
        is_time(scaling) ? "Time to converge and size" : "Bytes per node and size";
    return ox_figure_add(figures, scaling->name, heading, caption, tsv, script, error);
}
