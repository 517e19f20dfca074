/* markdown.c - the page for a pull request or a CI job's summary.
 *
 * GitHub cuts a summary of 1 MiB or more entirely. So tables grow row by row while there is room,
 * and the last line says how many rows found none.
 */
#include "reports/pages/pages.h"

#include "reports/cells.h"
#include "reports/stats.h"
#include "reports/story.h"
#include "reports/text.h"

#include <string.h>

/* The room that is kept for what follows the last table. */
#define TAIL (24 * 1024)
/* No cell or sentence needs more; a reason may be of any length. */
#define CELL_LENGTH 2000

struct sheet {
    GString *text;
    GString *row; /* being built */
    size_t left_out;
};

static const char *mark_of(enum ox_report_verdict verdict) {
    static const char *const marks[] = {[OX_REPORT_PASS] = "\u2705 pass",
                                        [OX_REPORT_FAIL] = "\u274c fail",
                                        [OX_REPORT_UNKNOWN] = "\u2754 unknown"};
    return marks[verdict];
}

static char *clipped(const char *text) {
    if (g_utf8_strlen(text, -1) <= CELL_LENGTH)
        return g_strdup(text);
    g_autofree char *head = g_utf8_substring(text, 0, CELL_LENGTH);
    return g_strdup_printf("%s\u2026", head);
}

static void append_prose(GString *out, const char *text) {
    g_autofree char *head = clipped(text);
    ox_text_markdown(out, head);
}

static void append_code(GString *out, const char *text) {
    g_autofree char *head = clipped(text);
    ox_text_markdown_code(out, head);
}

static void paragraph(struct sheet *sheet, const char *text) {
    append_prose(sheet->text, text);
    g_string_append(sheet->text, "\n\n");
}

static void sheet_init(struct sheet *sheet, enum ox_report_verdict verdict, const char *heading) {
    *sheet = (struct sheet){.text = g_string_new("## "), .row = g_string_new(NULL)};
    g_string_append_printf(sheet->text, "%s: ", mark_of(verdict));
    append_prose(sheet->text, heading);
    g_string_append(sheet->text, "\n\n");
}

/* Heads separated by bars; those that begin with '#' stand over numbers. */
static void table(struct sheet *sheet, const char *const *heads) {
    g_autoptr(GString) rule = g_string_new("|");
    g_string_append_c(sheet->text, '|');
    for (; *heads != NULL; heads++) {
        bool number = **heads == '#';
        g_string_append_c(sheet->text, ' ');
        append_prose(sheet->text, *heads + number);
        g_string_append(sheet->text, " |");
        g_string_append(rule, number ? " ---: |" : " --- |");
    }
    g_string_append_printf(sheet->text, "\n%s\n", rule->str);
}

static void cell(struct sheet *sheet, const char *text) {
    g_string_append_c(sheet->row, ' ');
    append_prose(sheet->row, text);
    g_string_append(sheet->row, " |");
}

static void code_cell(struct sheet *sheet, const char *text) {
    g_string_append_c(sheet->row, ' ');
    append_code(sheet->row, text);
    g_string_append(sheet->row, " |");
}

static void row_end(struct sheet *sheet) {
    if (sheet->text->len + sheet->row->len + TAIL < OX_MARKDOWN_LIMIT)
        g_string_append_printf(sheet->text, "|%s\n", sheet->row->str);
    else
        sheet->left_out++;
    g_string_truncate(sheet->row, 0);
}

static void fold(struct sheet *sheet, const char *summary) {
    g_string_append_printf(sheet->text, "\n<details><summary>%s</summary>\n\n", summary);
}

static void fold_end(struct sheet *sheet) {
    g_string_append(sheet->text, "\n</details>\n");
}

static GString *sheet_end(struct sheet *sheet) {
    if (sheet->left_out > 0)
        g_string_append_printf(sheet->text,
                               "\n%zu rows are left out here; report.html has them all.\n",
                               sheet->left_out);
    g_string_free(sheet->row, TRUE);
    return sheet->text;
}

static void append_missing(struct sheet *sheet, const struct ox_figures *figures) {
    g_autofree char *missing = ox_figures_missing(figures);
    if (missing == NULL)
        return;
    g_autofree char *text = g_strdup_printf("Figures %s.", missing);
    paragraph(sheet, text);
}

static void append_left_out(struct sheet *sheet, size_t passed, size_t runs) {
    g_autofree char *confidence = ox_story_confidence(passed, runs);
    fold(sheet, "What this says, and what it does not");
    paragraph(sheet, confidence);
    g_string_append(sheet->text, "The model leaves out:\n\n");
    for (const char *const *one = ox_story_left_out(); *one != NULL; one++) {
        g_string_append(sheet->text, "- ");
        append_prose(sheet->text, *one);
        g_string_append_c(sheet->text, '\n');
    }
    fold_end(sheet);
}

/* ---- a run ---- */

static void append_numbers(struct sheet *sheet, const struct ox_report_results *results) {
    static const char *const heads[] = {"", "#", "", NULL};
    struct ox_story_number numbers[OX_STORY_NUMBERS];
    ox_story_numbers(results, numbers);
    table(sheet, heads);
    for (size_t i = 0; i < OX_STORY_NUMBERS; i++) {
        cell(sheet, numbers[i].label);
        g_string_append(sheet->row, " **");
        append_prose(sheet->row, numbers[i].value);
        g_string_append(sheet->row, "** |");
        cell(sheet, numbers[i].note);
        row_end(sheet);
    }
    ox_story_numbers_clear(numbers);
    g_string_append_c(sheet->text, '\n');
}

static void append_expectations(struct sheet *sheet, const struct ox_report_results *results) {
    static const char *const heads[] = {"",        "Expected",   "#Worst value",
                                        "#Margin", "#Seeds met", NULL};
    if (results->expect->len == 0)
        return;
    table(sheet, heads);
    for (guint i = 0; i < results->expect->len; i++) {
        const struct ox_report_expect *expect =
            &g_array_index(results->expect, struct ox_report_expect, i);
        g_autofree char *bound = ox_text_quantity(expect->bound, expect->unit);
        g_autofree char *demand = g_strdup_printf("%s %s %s", expect->metric, expect->op, bound);
        g_autofree char *value =
            expect->known ? ox_text_quantity(expect->value, expect->unit) : g_strdup("not defined");
        g_autofree char *margin = ox_story_margin(expect);
        size_t met = 0;
        bool counted = ox_story_met(results, i, &met);
        g_autofree char *of =
            counted ? g_strdup_printf("%zu of %u", met, results->seeds->len) : g_strdup("");
        cell(sheet, mark_of(expect->verdict));
        code_cell(sheet, demand);
        cell(sheet, value);
        cell(sheet, margin);
        cell(sheet, of);
        row_end(sheet);
    }
    g_string_append_c(sheet->text, '\n');
}

static void append_parts(struct sheet *sheet, const struct ox_report_results *results) {
    static const char *const heads[] = {"", "Part", "What was seen", NULL};
    table(sheet, heads);
    for (guint i = 0; i < results->parts->len; i++) {
        const struct ox_report_part *part =
            &g_array_index(results->parts, struct ox_report_part, i);
        cell(sheet, mark_of(part->verdict));
        cell(sheet, part->name);
        cell(sheet, *part->reason != '\0' ? part->reason : ox_story_law(part->name));
        row_end(sheet);
    }
}

static void append_curve(struct sheet *sheet, const struct ox_report_results *results) {
    g_autofree char *curve = ox_story_sparkline(results, 60);
    if (curve == NULL)
        return;
    g_autofree char *safe = g_strdelimit(g_strdup(curve), "`", '\'');
    g_string_append_printf(sheet->text,
                           "\nUpdates missing at a live replica (mean, logarithmic):\n\n"
                           "```text\n%s```\n",
                           safe);
}

static void append_seeds(struct sheet *sheet, const struct ox_report_results *results) {
    static const char *const heads[] = {"#Seed", "Verdict", "Why", "Digest", NULL};
    if (results->seeds->len < 2)
        return;
    fold(sheet, "Seeds");
    table(sheet, heads);
    for (guint i = 0; i < results->seeds->len; i++) {
        const struct ox_report_seed *seed =
            &g_array_index(results->seeds, struct ox_report_seed, i);
        g_autofree char *number = ox_text_integer(seed->seed);
        g_autofree char *why = ox_story_why(seed);
        cell(sheet, number);
        cell(sheet, mark_of(seed->verdict));
        cell(sheet, why);
        code_cell(sheet, seed->digest);
        row_end(sheet);
    }
    fold_end(sheet);
}

static void append_metrics(struct sheet *sheet, const struct ox_report_results *results) {
    static const char *const heads[] = {"Metric", "#Least", "#Median", "#Greatest", NULL};
    const GArray *metrics = g_array_index(results->seeds, struct ox_report_seed, 0).metrics;
    const double quantiles[] = {0, 0.5, 1};
    fold(sheet, "All metrics");
    table(sheet, heads);
    for (guint i = 0; i < metrics->len; i++) {
        const char *name = g_array_index(metrics, struct ox_report_metric, i).name;
        const char *unit;
        size_t count;
        g_autofree double *values = ox_story_values(results, name, &count, &unit);
        code_cell(sheet, name);
        for (size_t q = 0; q < G_N_ELEMENTS(quantiles); q++) {
            g_autofree char *text =
                values == NULL
                    ? g_strdup("\u2013")
                    : ox_text_quantity(ox_stats_quantile(values, count, quantiles[q]), unit);
            cell(sheet, text);
        }
        row_end(sheet);
    }
    fold_end(sheet);
}

static void append_again(struct sheet *sheet, const char *reproduce) {
    if (*reproduce == '\0')
        return;
    g_string_append(sheet->text, "\nReproduce: ");
    append_code(sheet->text, reproduce);
    g_string_append_c(sheet->text, '\n');
}

GString *ox_page_markdown_run(const struct ox_report_results *results,
                              const struct ox_figures *figures) {
    struct sheet sheet;
    size_t passed = 0;
    for (guint i = 0; i < results->seeds->len; i++)
        passed += g_array_index(results->seeds, struct ox_report_seed, i).verdict == OX_REPORT_PASS;
    g_autofree char *sentence = ox_story_sentence(results);
    g_autofree char *seeds = ox_story_seeds(results);
    g_autofree char *small =
        g_strdup_printf("oxbow %s, scenario %s, seed%s %s, SimGrid %s", results->oxbow,
                        results->hash, results->seeds->len > 1 ? "s" : "", seeds, results->simgrid);
    sheet_init(&sheet, results->verdict, results->scenario);
    paragraph(&sheet, sentence);
    append_numbers(&sheet, results);
    append_expectations(&sheet, results);
    append_parts(&sheet, results);
    append_curve(&sheet, results);
    g_string_append_c(sheet.text, '\n');
    append_missing(&sheet, figures);
    append_seeds(&sheet, results);
    append_metrics(&sheet, results);
    append_left_out(&sheet, passed, results->seeds->len);
    append_again(&sheet, results->reproduce);
    g_string_append_c(sheet.text, '\n');
    paragraph(&sheet, small);
    return sheet_end(&sheet);
}

/* ---- a sweep ---- */

static void append_laws(struct sheet *sheet, const struct ox_scaling *const scalings[],
                        size_t count) {
    static const char *const heads[] = {"Metric", "Line", "#Law", "#Worst point off by", NULL};
    size_t lines = 0;
    for (size_t i = 0; i < count; i++)
        lines += scalings[i]->lines->len;
    if (lines == 0)
        return;
    table(sheet, heads);
    for (size_t i = 0; i < count; i++) {
        for (guint l = 0; l < scalings[i]->lines->len; l++) {
            const struct ox_scaling_line *line =
                &g_array_index(scalings[i]->lines, struct ox_scaling_line, l);
            g_autofree char *law = ox_scaling_law(line);
            g_autofree char *worst = ox_scaling_worst(line);
            code_cell(sheet, scalings[i]->metric);
            cell(sheet, *line->label == '\0' ? "all runs" : line->label);
            cell(sheet, law);
            cell(sheet, worst);
            row_end(sheet);
        }
    }
    g_string_append_c(sheet->text, '\n');
}

static void append_cells(struct sheet *sheet, const struct ox_report_sweep *sweep,
                         const GArray *cells) {
    g_autofree const char **metrics = ox_cells_metrics(sweep);
    g_autoptr(GPtrArray) heads = g_ptr_array_new();
    g_ptr_array_add(heads, (gpointer) "Run");
    g_ptr_array_add(heads, (gpointer) "#Passed");
    for (const char **metric = metrics; *metric != NULL; metric++)
        g_ptr_array_add(heads, (gpointer)*metric);
    g_ptr_array_add(heads, NULL);
    table(sheet, (const char *const *)heads->pdata);
    for (guint i = 0; i < cells->len; i++) {
        const struct ox_cell *one = &g_array_index(cells, struct ox_cell, i);
        g_autofree char *name = ox_story_run_name(sweep, one->worst);
        g_autofree char *passed = g_strdup_printf("%zu of %u", one->passed, one->runs->len);
        code_cell(sheet, name);
        cell(sheet, passed);
        for (const char **metric = metrics; *metric != NULL; metric++) {
            g_autofree char *median = ox_cell_median(one, *metric);
            cell(sheet, median);
        }
        row_end(sheet);
    }
}

GString *ox_page_markdown_sweep(const struct ox_report_sweep *sweep,
                                const struct ox_figures *figures,
                                const struct ox_scaling *const scalings[], size_t count) {
    struct sheet sheet;
    size_t passed = 0;
    for (guint i = 0; i < sweep->runs->len; i++)
        passed += g_array_index(sweep->runs, struct ox_report_run, i).verdict == OX_REPORT_PASS;
    g_autoptr(GArray) cells = ox_cells_of(sweep);
    g_autofree char *sentence = ox_story_sweep_sentence(sweep, cells->len);
    sheet_init(&sheet, sweep->verdict, "sweep");
    paragraph(&sheet, sentence);
    append_laws(&sheet, scalings, count);
    append_cells(&sheet, sweep, cells);
    g_string_append_c(sheet.text, '\n');
    append_missing(&sheet, figures);
    append_left_out(&sheet, passed, sweep->runs->len);
    return sheet_end(&sheet);
}
