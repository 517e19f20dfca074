#include "reports/pages/pages.h"

#include "reports/cells.h"
#include "reports/pages/html.h"
#include "reports/text.h"

#include <math.h>
#include <string.h>

static const struct ox_report_run *run_at(const struct ox_report_sweep *sweep, guint i) {
    return &g_array_index(sweep->runs, struct ox_report_run, i);
}

/* "seed 1" or "seeds 1..30": a sweep runs every seed of a range. */
static char *seeds_of(const struct ox_report_sweep *sweep) {
    double first = run_at(sweep, 0)->seed, last = first;
    for (guint i = 1; i < sweep->runs->len; i++) {
        first = fmin(first, run_at(sweep, i)->seed);
        last = fmax(last, run_at(sweep, i)->seed);
    }
    g_autofree char *low = ox_text_integer(first), *high = ox_text_integer(last);
    return first == last ? g_strdup_printf("seed %s", low)
                         : g_strdup_printf("seeds %s..%s", low, high);
}

static void append_banner(GString *page, const struct ox_report_sweep *sweep, const GArray *cells) {
    g_autofree char *sentence = ox_story_sweep_sentence(sweep, cells->len);
    g_autofree char *about = ox_story_sweep_axes(sweep);
    g_autofree char *seeds = seeds_of(sweep);
    g_autofree char *small = g_strdup_printf("oxbow %s \u00b7 %s", sweep->oxbow, seeds);
    g_autofree char *heading = g_strdup_printf("Sweep of %s", run_at(sweep, 0)->scenario);
    ox_html_banner(page, sweep->verdict,
                   ox_cells_several_scenarios(sweep) ? "Sweep of several scenarios" : heading,
                   about, sentence, small);
}

static void append_law(GString *page, const struct ox_scaling *scaling,
                       const struct ox_scaling_line *line) {
    g_autofree char *metric = ox_text_words(scaling->metric);
    g_autofree char *law = ox_scaling_law(line);
    g_autofree char *factor =
        line->has_law ? ox_text_quantity(line->law.factor, scaling->unit) : g_strdup("");
    g_autofree char *points = g_strdup_printf("%zu", line->law.points);
    g_autofree char *worst = ox_scaling_worst(line);
    ox_html_row(page);
    ox_html_cell(page, OX_CELL_TEXT, metric);
    ox_html_cell(page, OX_CELL_TEXT, *line->label == '\0' ? "all runs" : line->label);
    ox_html_cell(page, OX_CELL_NUMBER, law);
    ox_html_cell(page, OX_CELL_NUMBER, factor);
    ox_html_cell(page, OX_CELL_NUMBER, points);
    ox_html_cell(page, OX_CELL_NUMBER, worst);
}

static void append_laws(GString *page, const struct ox_scaling *const scalings[], size_t count) {
    static const char *const heads[] = {
        "Metric", "Line", "#Law", "#At n = 1", "#Sizes", "#Worst point off by", NULL};
    size_t lines = 0;
    for (size_t i = 0; i < count; i++)
        lines += scalings[i]->lines->len;
    ox_html_section(page, "Scaling laws");
    if (lines == 0)
        ox_html_paragraph(page, "No axis of this sweep is a size, or no metric is known at two "
                                "sizes: there is nothing to fit.");
    else {
        g_autofree char *text =
            g_strdup_printf("metric = a \u00b7 n^b, where n is %s. A law fits when its worst point "
                            "is close; the error of b says nothing beyond the sizes measured.",
                            scalings[0]->axis);
        ox_html_paragraph(page, text);
        ox_html_table(page, heads);
        for (size_t i = 0; i < count; i++)
            for (guint l = 0; l < scalings[i]->lines->len; l++)
                append_law(page, scalings[i],
                           &g_array_index(scalings[i]->lines, struct ox_scaling_line, l));
        ox_html_table_end(page);
    }
    ox_html_section_end(page);
}

/* Heads of the table of cells: [scenario], axes, Passed, metrics. Freed with g_strfreev. */
static char **cell_heads(const struct ox_report_sweep *sweep, const char *const *metrics) {
    GPtrArray *heads = g_ptr_array_new();
    if (ox_cells_several_scenarios(sweep))
        g_ptr_array_add(heads, g_strdup("Scenario"));
    for (guint i = 0; i < sweep->axes->len; i++)
        g_ptr_array_add(
            heads,
            g_strdup_printf("#%s", g_array_index(sweep->axes, struct ox_report_axis, i).key));
    g_ptr_array_add(heads, g_strdup("#Passed"));
    for (; *metrics != NULL; metrics++) {
        g_autofree char *words = ox_text_words(*metrics);
        g_ptr_array_add(heads, g_strdup_printf("#%s", words));
    }
    g_ptr_array_add(heads, NULL);
    return (char **)g_ptr_array_free(heads, FALSE);
}

static void append_cell(GString *page, const struct ox_report_sweep *sweep,
                        const struct ox_cell *cell, const char *const *metrics) {
    g_autofree char *passed = g_strdup_printf("%zu of %u", cell->passed, cell->runs->len);
    ox_html_row(page);
    if (ox_cells_several_scenarios(sweep))
        ox_html_cell(page, OX_CELL_TEXT, cell->worst->scenario);
    for (guint i = 0; i < cell->worst->values->len; i++)
        ox_html_cell(page, OX_CELL_NUMBER, cell->worst->values->pdata[i]);
    ox_html_cell(page, OX_CELL_NUMBER, passed);
    for (; *metrics != NULL; metrics++) {
        g_autofree char *median = ox_cell_median(cell, *metrics);
        ox_html_cell(page, OX_CELL_NUMBER, median);
    }
}

static void append_cells(GString *page, const struct ox_report_sweep *sweep, const GArray *cells) {
    g_autofree const char **metrics = ox_cells_metrics(sweep);
    g_auto(GStrv) heads = cell_heads(sweep, metrics);
    ox_html_section(page, "All values, medians over the seeds");
    ox_html_table(page, (const char *const *)heads);
    for (guint i = 0; i < cells->len; i++)
        append_cell(page, sweep, &g_array_index(cells, struct ox_cell, i), metrics);
    ox_html_table_end(page);
    ox_html_section_end(page);
}

static void append_bad_runs(GString *page, const struct ox_report_sweep *sweep) {
    static const char *const heads[] = {"Verdict", "Run", "#Seed", "Reason", NULL};
    bool any = false;
    for (guint i = 0; i < sweep->runs->len; i++)
        any = any || run_at(sweep, i)->verdict != OX_REPORT_PASS;
    if (!any)
        return;
    ox_html_section(page, "Runs that did not pass");
    ox_html_table(page, heads);
    for (guint i = 0; i < sweep->runs->len; i++) {
        const struct ox_report_run *run = run_at(sweep, i);
        if (run->verdict == OX_REPORT_PASS)
            continue;
        g_autofree char *name = ox_story_run_name(sweep, run);
        g_autofree char *seed = ox_text_integer(run->seed);
        ox_html_row(page);
        ox_html_verdict_cell(page, run->verdict);
        ox_html_cell(page, OX_CELL_CODE, name);
        ox_html_cell(page, OX_CELL_NUMBER, seed);
        ox_html_cell(page, OX_CELL_TEXT, run->reason);
    }
    ox_html_table_end(page);
    ox_html_section_end(page);
}

static void append_digests(GString *page, const struct ox_report_sweep *sweep) {
    static const char *const heads[] = {"Run", "#Seed", "Verdict", "Digest", NULL};
    g_string_append(page, "<section><details><summary>All runs</summary>\n");
    ox_html_table(page, heads);
    for (guint i = 0; i < sweep->runs->len; i++) {
        const struct ox_report_run *run = run_at(sweep, i);
        g_autofree char *name = ox_story_run_name(sweep, run);
        g_autofree char *seed = ox_text_integer(run->seed);
        ox_html_row(page);
        ox_html_cell(page, OX_CELL_CODE, name);
        ox_html_cell(page, OX_CELL_NUMBER, seed);
        ox_html_verdict_cell(page, run->verdict);
        ox_html_cell(page, OX_CELL_CODE, run->digest);
    }
    ox_html_table_end(page);
    g_string_append(page, "</details></section>\n");
}

static void append_reach(GString *page, const struct ox_report_sweep *sweep) {
    size_t passed = 0;
    for (guint i = 0; i < sweep->runs->len; i++)
        passed += run_at(sweep, i)->verdict == OX_REPORT_PASS;
    g_autofree char *confidence = ox_story_confidence(passed, sweep->runs->len);
    ox_html_section(page, "What this says, and what it does not");
    ox_html_paragraph(page, confidence);
    ox_html_paragraph(page, "The model leaves out:");
    ox_html_list(page, ox_story_left_out());
    ox_html_section_end(page);
}

GString *ox_page_html_sweep(const struct ox_report_sweep *sweep, const struct ox_figures *figures,
                            const struct ox_scaling *const scalings[], size_t count) {
    g_autoptr(GArray) cells = ox_cells_of(sweep);
    GString *page = ox_html_begin("Oxbow sweep");
    append_banner(page, sweep, cells);
    ox_html_figures(page, figures);
    append_laws(page, scalings, count);
    append_cells(page, sweep, cells);
    append_bad_runs(page, sweep);
    append_digests(page, sweep);
    append_reach(page, sweep);
    ox_html_end(page);
    return page;
}
