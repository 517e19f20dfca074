/* sweep_screen.c - the table of a sweep: a line for each point of the grid. */
#include "scenarios/program/screen.h"
#include "scenarios/program/sweep.h"

#include <stdio.h>
#include <string.h>

/* ---- a table whose columns are as wide as their widest cell ---- */

struct table {
    GPtrArray *cells; /* of char *, row by row */
    size_t columns;
};

static void cell(struct table *table, char *text) {
    g_ptr_array_add(table->cells, text);
}

static size_t width_of(const struct table *table, size_t column) {
    size_t width = 0;
    for (size_t i = column; i < table->cells->len; i += table->columns)
        width = MAX(width, (size_t)g_utf8_strlen(g_ptr_array_index(table->cells, i), -1));
    return width;
}

/* The first column of a row is printed as a mark, which has its own width. */
static void print_table(const struct table *table, const enum ox_verdict *verdicts) {
    size_t rows = table->cells->len / table->columns;
    for (size_t row = 0; row < rows; row++) {
        printf("  %s", row == 0 ? " " : ox_screen_mark(verdicts[row - 1]));
        for (size_t column = 0; column < table->columns; column++) {
            const char *text = g_ptr_array_index(table->cells, row * table->columns + column);
            size_t pad = width_of(table, column) - (size_t)g_utf8_strlen(text, -1);
            printf("  %*s%s", (int)pad, "", text);
        }
        putchar('\n');
    }
}

/* ---- what stands in it ---- */

static gint compare_doubles(gconstpointer a, gconstpointer b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The median over the seeds of a point. */
static char *median(const struct ox_sweep_run *runs, size_t count, enum ox_metric metric) {
    GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
    struct ox_metric_value value = {0};
    for (size_t i = 0; i < count; i++)
        if (runs[i].results.metrics[metric].known)
            g_array_append_val(values, runs[i].results.metrics[metric].value);
    g_array_sort(values, compare_doubles);
    if (values->len > 0)
        value = (struct ox_metric_value){true, ox_screen_quantile(values, 0.5)};
    g_array_free(values, TRUE);
    return value.known ? ox_screen_value(&value, ox_metric_info(metric)->unit) : g_strdup("-");
}

static double longest_wall(const struct ox_sweep_run *runs, size_t count) {
    double longest = 0;
    for (size_t i = 0; i < count; i++)
        longest = MAX(longest, runs[i].wall_s);
    return longest;
}

static enum ox_metric convergence_of(const struct ox_sweep *sweep) {
    for (size_t i = 0; i < sweep->run_count; i++)
        if (sweep->runs[i].results.metrics[OX_METRIC_CONVERGE_AFTER_HEAL].known)
            return OX_METRIC_CONVERGE_AFTER_HEAL;
    return OX_METRIC_CONVERGE_AFTER_LAST_UPDATE;
}

static char *point_name(const struct ox_sweep *sweep, const struct ox_grid_point *point) {
    GString *name = g_string_new(NULL);
    bool named = sweep->grid.file_count > 1 || point->file->axis_count == 0;
    if (named)
        g_string_append(name, point->scenario.name);
    for (size_t i = 0; i < point->file->axis_count; i++) {
        bool alone = point->file->axis_count == 1 && !named;
        g_string_append_printf(name, "%s%s%s%s", i > 0 || named ? " " : "",
                               alone ? "" : point->file->axes[i]->key, alone ? "" : "=",
                               point->values[i]);
    }
    return g_string_free(name, FALSE);
}

static void add_head(const struct ox_sweep *sweep, enum ox_metric convergence,
                     struct table *table) {
    bool alone = sweep->grid.file_count == 1 && sweep->grid.files[0].axis_count == 1;
    cell(table, g_strdup(alone ? sweep->grid.files[0].axes[0]->key : "point"));
    cell(table, g_strdup(ox_metric_info(convergence)->word));
    cell(table, g_strdup("bytes_per_node"));
    cell(table, g_strdup("messages_sent"));
    cell(table, g_strdup("wall"));
}

static void add_row(const struct ox_sweep *sweep, size_t point, enum ox_metric convergence,
                    struct table *table) {
    const struct ox_sweep_run *runs = &sweep->runs[point * sweep->seed_count];
    cell(table, point_name(sweep, &sweep->grid.points[point]));
    cell(table, median(runs, sweep->seed_count, convergence));
    cell(table, median(runs, sweep->seed_count, OX_METRIC_BYTES_PER_NODE));
    cell(table, median(runs, sweep->seed_count, OX_METRIC_MESSAGES_SENT));
    cell(table, g_strdup_printf("%.2f s", longest_wall(runs, sweep->seed_count)));
}

static enum ox_verdict verdict_of(const struct ox_sweep *sweep, size_t point) {
    enum ox_verdict verdict = OX_PASS;
    for (size_t i = 0; i < sweep->seed_count; i++)
        verdict =
            ox_verdict_worse(verdict, sweep->runs[point * sweep->seed_count + i].results.verdict);
    return verdict;
}

/* The first run that has the sweep's verdict, with its reason and how to run it again. */
static void print_failure(const struct ox_sweep *sweep) {
    for (size_t i = 0; i < sweep->run_count; i++) {
        const struct ox_sweep_run *run = &sweep->runs[i];
        if (run->results.verdict != sweep->verdict)
            continue;
        char *name = point_name(sweep, run->point);
        GString *sets = g_string_new(NULL);
        for (size_t a = 0; a < run->point->file->axis_count; a++) {
            char *set =
                g_strdup_printf("%s=%s", run->point->file->axes[a]->key, run->point->values[a]);
            g_string_append(sets, " --set ");
            ox_shell_word(sets, set);
            g_free(set);
        }
        char *again = ox_reproduce(&run->point->scenario, sweep->request, run->results.seed);
        char *seed = strstr(again, " --seed ");
        printf("  First: %s, seed %" G_GUINT64_FORMAT ": %s\n", name, run->results.seed,
               run->reason);
        printf("  Reproduce: %.*s%s%s\n", (int)(seed - again), again, sets->str, seed);
        g_free(name);
        g_free(again);
        g_string_free(sets, TRUE);
        return;
    }
}

static void print_head(const struct ox_sweep *sweep) {
    char *seeds = ox_request_seeds(sweep->request);
    printf("oxbow " OXBOW_VERSION "  sweep");
    for (size_t i = 0; i < sweep->grid.file_count; i++)
        printf(" %s (hash %08x)", sweep->grid.files[i].base.name,
               (unsigned)(sweep->grid.files[i].base.hash >> 32));
    printf("  seed%s %s  simgrid %s\n", sweep->seed_count > 1 ? "s" : "", seeds,
           ox_simgrid_version());
    g_free(seeds);
}

static void print_points(const struct ox_sweep *sweep) {
    struct table table = {.cells = g_ptr_array_new_with_free_func(g_free), .columns = 5};
    enum ox_verdict *verdicts = g_new0(enum ox_verdict, sweep->grid.point_count);
    enum ox_metric convergence = convergence_of(sweep);
    add_head(sweep, convergence, &table);
    for (size_t i = 0; i < sweep->grid.point_count; i++) {
        add_row(sweep, i, convergence, &table);
        verdicts[i] = verdict_of(sweep, i);
    }
    print_table(&table, verdicts);
    g_ptr_array_free(table.cells, TRUE);
    g_free(verdicts);
}

void ox_sweep_screen(const struct ox_sweep *sweep, const char *report) {
    bool quiet = sweep->request->quiet != 0;
    size_t passed = 0;
    for (size_t i = 0; i < sweep->run_count; i++)
        passed += sweep->runs[i].results.verdict == OX_PASS;
    if (!quiet) {
        print_head(sweep);
        print_points(sweep);
    }
    printf("%s%s  %zu of %zu runs pass.  Report: %s\n", quiet ? "" : "  ",
           ox_screen_word(sweep->verdict), passed, sweep->run_count, report);
    if (!quiet && sweep->verdict != OX_PASS)
        print_failure(sweep);
}
