#include "reports/pages/pages.h"

#include "reports/pages/html.h"
#include "reports/stats.h"
#include "reports/text.h"

#include <math.h>
#include <string.h>

static void append_banner(GString *page, const struct ox_report_results *results) {
    g_autofree char *sentence = ox_story_sentence(results);
    g_autofree char *seeds = ox_story_seeds(results);
    g_autoptr(GString) small = g_string_new("oxbow ");
    g_string_append(small, results->oxbow);
    if (*results->hash != '\0')
        g_string_append_printf(small, " \u00b7 scenario %s", results->hash);
    g_string_append_printf(small, " \u00b7 seed%s %s", results->seeds->len > 1 ? "s" : "", seeds);
    if (*results->protocol != '\0')
        g_string_append_printf(small, " \u00b7 protocol %s", results->protocol);
    if (*results->simgrid != '\0')
        g_string_append_printf(small, " \u00b7 SimGrid %s", results->simgrid);
    ox_html_banner(page, results->verdict, results->scenario, results->about, sentence, small->str);
}

static void append_expectation(GString *page, const struct ox_report_results *results, guint i) {
    const struct ox_report_expect *expect =
        &g_array_index(results->expect, struct ox_report_expect, i);
    g_autofree char *bound = ox_text_quantity(expect->bound, expect->unit);
    g_autofree char *demand = g_strdup_printf("%s %s %s", expect->metric, expect->op, bound);
    g_autofree char *value =
        expect->known ? ox_text_quantity(expect->value, expect->unit) : g_strdup("not defined");
    g_autofree char *margin = ox_story_margin(expect);
    g_autofree char *seed = expect->has_seed ? ox_text_integer(expect->seed) : g_strdup("");
    size_t met = 0;
    bool counted = ox_story_met(results, i, &met);
    g_autofree char *of =
        counted ? g_strdup_printf("%zu of %u", met, results->seeds->len) : g_strdup("");
    ox_html_row(page);
    ox_html_verdict_cell(page, expect->verdict);
    ox_html_cell(page, OX_CELL_CODE, demand);
    ox_html_cell(page, OX_CELL_NUMBER, value);
    ox_html_cell(page, OX_CELL_NUMBER, margin);
    ox_html_cell(page, OX_CELL_NUMBER, of);
    ox_html_cell(page, OX_CELL_NUMBER, seed);
}

static void append_expectations(GString *page, const struct ox_report_results *results) {
    static const char *const heads[] = {
        "Verdict", "Expected", "#Worst value", "#Margin", "#Seeds met", "#At seed", NULL};
    ox_html_section(page, "Expectations");
    if (results->expect->len == 0)
        ox_html_paragraph(page, "The scenario states none: only the four parts below decide.");
    else {
        ox_html_table(page, heads);
        for (guint i = 0; i < results->expect->len; i++)
            append_expectation(page, results, i);
        ox_html_table_end(page);
    }
    ox_html_section_end(page);
}

static void append_parts(GString *page, const struct ox_report_results *results) {
    static const char *const heads[] = {"Verdict", "Part", "What it demands, and what was seen",
                                        NULL};
    ox_html_section(page, "The verdict, part by part");
    ox_html_table(page, heads);
    for (guint i = 0; i < results->parts->len; i++) {
        const struct ox_report_part *part =
            &g_array_index(results->parts, struct ox_report_part, i);
        ox_html_row(page);
        ox_html_verdict_cell(page, part->verdict);
        ox_html_cell(page, OX_CELL_TEXT, part->name);
        g_string_append(page, "<td>");
        if (*part->reason != '\0') {
            g_autofree char *seed = ox_text_integer(part->seed);
            if (part->has_seed && results->seeds->len > 1)
                g_string_append_printf(page, "Seed %s: ", seed);
            ox_text_markup(page, part->reason);
        }
        g_string_append(page, "<small>");
        ox_text_markup(page, ox_story_law(part->name));
        g_string_append(page, "</small></td>");
    }
    ox_html_table_end(page);
    ox_html_section_end(page);
}

/* "812", or "790 to 831" over the seeds, of the faults with this place in the lists. */
static char *fault_range(const struct ox_report_results *results, guint index, size_t offset) {
    g_autofree double *values = g_new(double, results->seeds->len);
    size_t count = 0;
    for (guint i = 0; i < results->seeds->len; i++) {
        const GArray *faults = g_array_index(results->seeds, struct ox_report_seed, i).faults;
        if (index < faults->len)
            values[count++] = G_STRUCT_MEMBER(
                double, &g_array_index(faults, struct ox_report_fault, index), offset);
    }
    g_autofree char *low = ox_text_quantity(ox_stats_quantile(values, count, 0), "");
    g_autofree char *high = ox_text_quantity(ox_stats_quantile(values, count, 1), "");
    return strcmp(low, high) == 0 ? g_strdup(low) : g_strdup_printf("%s to %s", low, high);
}

static void append_fault(GString *page, const struct ox_report_results *results,
                         const struct ox_report_fault *fault, guint index) {
    g_autofree char *on = ox_text_quantity(fault->on, "s");
    g_autofree char *off = fault->off < 0 ? g_strdup("the end") : ox_text_quantity(fault->off, "s");
    g_autofree char *hits =
        fault_range(results, index, G_STRUCT_OFFSET(struct ox_report_fault, hits));
    g_autofree char *expected =
        fault->expected > 0
            ? fault_range(results, index, G_STRUCT_OFFSET(struct ox_report_fault, expected))
            : g_strdup("");
    ox_html_row(page);
    ox_html_cell(page, OX_CELL_TEXT, fault->name);
    ox_html_cell(page, OX_CELL_TEXT, fault->kind);
    ox_html_cell(page, OX_CELL_NUMBER, on);
    ox_html_cell(page, OX_CELL_NUMBER, off);
    ox_html_cell(page, OX_CELL_NUMBER, hits);
    ox_html_cell(page, OX_CELL_NUMBER, expected);
}

static void append_faults(GString *page, const struct ox_report_results *results) {
    static const char *const heads[] = {
        "Fault", "Kind", "#From", "#Until", "#Hits", "#Hits to be expected", NULL};
    const GArray *faults = g_array_index(results->seeds, struct ox_report_seed, 0).faults;
    ox_html_section(page, "Faults");
    if (faults->len == 0)
        ox_html_paragraph(page, "The scenario has none.");
    else {
        ox_html_paragraph(page, "A hit is a message that the fault dropped, delayed or repeated, "
                                "or a node that it stopped. A fault that hit nothing proves "
                                "nothing.");
        ox_html_table(page, heads);
        for (guint i = 0; i < faults->len; i++)
            append_fault(page, results, &g_array_index(faults, struct ox_report_fault, i), i);
        ox_html_table_end(page);
    }
    ox_html_section_end(page);
}

static void metric_cell(GString *page, const GArray *metrics, const char *name) {
    const struct ox_report_metric *metric = ox_report_metric_named(metrics, name);
    g_autofree char *text = metric != NULL && metric->known
                                ? ox_text_quantity(metric->value, metric->unit)
                                : g_strdup("\u2013");
    ox_html_cell(page, OX_CELL_NUMBER, text);
}

static void append_seeds(GString *page, const struct ox_report_results *results) {
    static const char *const heads[] = {
        "#Seed",        "Verdict", "#Converged", "#Bytes/update", "#Messages/update",
        "#Visible p95", "#Lost",   "Digest",     "Why",           NULL};
    if (results->seeds->len < 2)
        return;
    size_t count;
    const char *unit;
    g_autofree double *heal = ox_story_values(results, "converge_after_heal", &count, &unit);
    ox_html_section(page, "Seeds");
    ox_html_table(page, heads);
    for (guint i = 0; i < results->seeds->len; i++) {
        const struct ox_report_seed *seed =
            &g_array_index(results->seeds, struct ox_report_seed, i);
        g_autofree char *number = ox_text_integer(seed->seed);
        ox_html_row(page);
        ox_html_cell(page, OX_CELL_NUMBER, number);
        ox_html_verdict_cell(page, seed->verdict);
        metric_cell(page, seed->metrics,
                    heal != NULL ? "converge_after_heal" : "converge_after_last_update");
        metric_cell(page, seed->metrics, "bytes_per_update");
        metric_cell(page, seed->metrics, "messages_per_update");
        metric_cell(page, seed->metrics, "visible_p95");
        metric_cell(page, seed->metrics, "lost_updates");
        ox_html_cell(page, OX_CELL_CODE, seed->digest);
        g_autofree char *why = ox_story_why(seed);
        ox_html_cell(page, OX_CELL_TEXT, why);
    }
    ox_html_table_end(page);
    ox_html_section_end(page);
}

static void append_metric(GString *page, const struct ox_report_results *results,
                          const char *name) {
    size_t count;
    const char *unit;
    g_autofree double *values = ox_story_values(results, name, &count, &unit);
    const double quantiles[] = {0, 0.5, 1};
    bool single = results->seeds->len == 1;
    ox_html_row(page);
    ox_html_cell(page, OX_CELL_CODE, name);
    for (size_t q = single ? 2 : 0; q < G_N_ELEMENTS(quantiles); q++) {
        g_autofree char *text =
            values == NULL ? g_strdup("\u2013")
                           : ox_text_quantity(ox_stats_quantile(values, count, quantiles[q]), unit);
        ox_html_cell(page, OX_CELL_NUMBER, text);
    }
}

static void append_metrics(GString *page, const struct ox_report_results *results) {
    static const char *const one[] = {"Metric", "#Value", NULL};
    static const char *const several[] = {"Metric", "#Least", "#Median", "#Greatest", NULL};
    const GArray *metrics = g_array_index(results->seeds, struct ox_report_seed, 0).metrics;
    g_string_append(page, "<section><details><summary>All metrics</summary>\n");
    ox_html_table(page, results->seeds->len == 1 ? one : several);
    for (guint i = 0; i < metrics->len; i++)
        append_metric(page, results, g_array_index(metrics, struct ox_report_metric, i).name);
    ox_html_table_end(page);
    g_string_append(page, "</details></section>\n");
}

static void append_reach(GString *page, const struct ox_report_results *results) {
    size_t passed = 0;
    for (guint i = 0; i < results->seeds->len; i++)
        passed += g_array_index(results->seeds, struct ox_report_seed, i).verdict == OX_REPORT_PASS;
    g_autofree char *confidence = ox_story_confidence(passed, results->seeds->len);
    ox_html_section(page, "What this says, and what it does not");
    ox_html_paragraph(page, confidence);
    ox_html_paragraph(page, "The model leaves out:");
    ox_html_list(page, ox_story_left_out());
    ox_html_section_end(page);
}

static void append_again(GString *page, const struct ox_report_results *results) {
    const struct ox_report_seed *seed = ox_story_telling_seed(results);
    g_autofree char *number = ox_text_integer(seed->seed);
    g_autofree char *digest = g_strdup_printf(
        "The same scenario and seed give the same run: the digest of seed %s is %s.", number,
        *seed->digest != '\0' ? seed->digest : "not told");
    ox_html_section(page, "Again");
    ox_html_command(page, "Reproduce:", results->reproduce);
    ox_html_paragraph(page, digest);
    ox_html_paragraph(page, "The numbers are in results.json, the curves in figures/*.tsv.");
    ox_html_section_end(page);
}

GString *ox_page_html_run(const struct ox_report_results *results,
                          const struct ox_figures *figures) {
    struct ox_story_number numbers[OX_STORY_NUMBERS];
    g_autofree char *title =
        g_strdup_printf("%s: %s", results->scenario, ox_report_verdict_word(results->verdict));
    GString *page = ox_html_begin(title);
    append_banner(page, results);
    ox_story_numbers(results, numbers);
    ox_html_numbers(page, numbers, OX_STORY_NUMBERS);
    ox_story_numbers_clear(numbers);
    append_expectations(page, results);
    append_parts(page, results);
    ox_html_figures(page, figures);
    append_faults(page, results);
    append_seeds(page, results);
    append_metrics(page, results);
    append_reach(page, results);
    append_again(page, results);
    ox_html_end(page);
    return page;
}
