#include "reports/pages/pages.h"

#include "reports/story.h"
#include "reports/text.h"

#include <string.h>

struct counts {
    size_t cases, failures, errors;
};

static void count_case(struct counts *counts, enum ox_report_verdict verdict) {
    counts->cases++;
    counts->failures += verdict == OX_REPORT_FAIL;
    counts->errors += verdict == OX_REPORT_UNKNOWN;
}

static void append_attribute(GString *out, const char *name, const char *value) {
    g_string_append_printf(out, " %s=\"", name);
    ox_text_markup(out, value);
    g_string_append_c(out, '"');
}

static void append_counts(GString *out, const struct counts *counts) {
    g_string_append_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\"",
                           counts->cases, counts->failures, counts->errors);
}

static void append_case(GString *out, const char *group, const char *name,
                        enum ox_report_verdict verdict, const char *reason) {
    g_string_append(out, "    <testcase");
    append_attribute(out, "classname", group);
    append_attribute(out, "name", name);
    if (verdict == OX_REPORT_PASS) {
        g_string_append(out, "/>\n");
        return;
    }
    bool failed = verdict == OX_REPORT_FAIL;
    g_string_append_printf(out, ">\n      <%s", failed ? "failure" : "error");
    append_attribute(out, "type", ox_report_verdict_word(verdict));
    append_attribute(out, "message", *reason != '\0' ? reason : ox_report_verdict_word(verdict));
    g_string_append(out, "/>\n    </testcase>\n");
}

static void append_expect(GString *out, const char *scenario,
                          const struct ox_report_expect *expect) {
    g_autofree char *bound = ox_text_quantity(expect->bound, expect->unit);
    g_autofree char *value = ox_text_quantity(expect->value, expect->unit);
    g_autofree char *margin = ox_story_margin(expect);
    g_autofree char *group = g_strdup_printf("%s.expect", scenario);
    g_autofree char *name = g_strdup_printf("%s %s %s", expect->metric, expect->op, bound);
    g_autofree char *reason = !expect->known ? g_strdup("the metric is not defined for this run")
                                             : g_strdup_printf("it is %s%s%s", value,
                                                               *margin != '\0' ? ": " : "", margin);
    append_case(out, group, name, expect->verdict, reason);
}

static void append_seed(GString *out, struct counts *all, const struct ox_report_results *results,
                        const struct ox_report_seed *seed) {
    struct counts counts = {0};
    g_autoptr(GString) cases = g_string_new(NULL);
    g_autofree char *group = g_strdup_printf("%s.parts", results->scenario);
    for (guint i = 0; i < seed->parts->len; i++) {
        const struct ox_report_part *part = &g_array_index(seed->parts, struct ox_report_part, i);
        append_case(cases, group, part->name, part->verdict, part->reason);
        count_case(&counts, part->verdict);
    }
    for (guint i = 0; i < seed->expect->len; i++) {
        const struct ox_report_expect *expect =
            &g_array_index(seed->expect, struct ox_report_expect, i);
        append_expect(cases, results->scenario, expect);
        count_case(&counts, expect->verdict);
    }
    /* A run whose file tells no parts still must not look like no run. */
    if (counts.cases == 0) {
        append_case(cases, group, "verdict", seed->verdict, "");
        count_case(&counts, seed->verdict);
    }
    g_autofree char *number = ox_text_integer(seed->seed);
    g_autofree char *name = g_strdup_printf("%s seed %s", results->scenario, number);
    g_string_append(out, "  <testsuite");
    append_attribute(out, "name", name);
    append_counts(out, &counts);
    g_string_append_printf(out, ">\n%s  </testsuite>\n", cases->str);
    all->cases += counts.cases;
    all->failures += counts.failures;
    all->errors += counts.errors;
}

static GString *document(const char *name, const struct counts *counts, const GString *suites) {
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    append_attribute(out, "name", name);
    append_counts(out, counts);
    g_string_append_printf(out, ">\n%s</testsuites>\n", suites->str);
    return out;
}

GString *ox_page_junit_run(const struct ox_report_results *results) {
    struct counts counts = {0};
    g_autoptr(GString) suites = g_string_new(NULL);
    for (guint i = 0; i < results->seeds->len; i++)
        append_seed(suites, &counts, results,
                    &g_array_index(results->seeds, struct ox_report_seed, i));
    return document(results->scenario, &counts, suites);
}

static char *run_name(const struct ox_report_sweep *sweep, const struct ox_report_run *run) {
    GString *name = g_string_new("");
    for (guint i = 0; i < sweep->axes->len; i++)
        g_string_append_printf(name, "%s=%s ",
                               g_array_index(sweep->axes, struct ox_report_axis, i).key,
                               (const char *)run->values->pdata[i]);
    g_autofree char *seed = ox_text_integer(run->seed);
    g_string_append_printf(name, "seed %s", seed);
    return g_string_free(name, FALSE);
}

static const struct ox_report_run *run_at(const struct ox_report_sweep *sweep, guint i) {
    return &g_array_index(sweep->runs, struct ox_report_run, i);
}

static bool scenario_seen(const struct ox_report_sweep *sweep, guint index) {
    for (guint i = 0; i < index; i++)
        if (strcmp(run_at(sweep, i)->scenario, run_at(sweep, index)->scenario) == 0)
            return true;
    return false;
}

static void append_scenario(GString *out, struct counts *all, const struct ox_report_sweep *sweep,
                            guint first) {
    struct counts counts = {0};
    const char *scenario = run_at(sweep, first)->scenario;
    g_autoptr(GString) cases = g_string_new(NULL);
    for (guint i = first; i < sweep->runs->len; i++) {
        const struct ox_report_run *run = run_at(sweep, i);
        if (strcmp(run->scenario, scenario) != 0)
            continue;
        g_autofree char *name = run_name(sweep, run);
        append_case(cases, scenario, name, run->verdict, run->reason);
        count_case(&counts, run->verdict);
    }
    g_string_append(out, "  <testsuite");
    append_attribute(out, "name", scenario);
    append_counts(out, &counts);
    g_string_append_printf(out, ">\n%s  </testsuite>\n", cases->str);
    all->cases += counts.cases;
    all->failures += counts.failures;
    all->errors += counts.errors;
}

GString *ox_page_junit_sweep(const struct ox_report_sweep *sweep) {
    struct counts counts = {0};
    g_autoptr(GString) suites = g_string_new(NULL);
    for (guint i = 0; i < sweep->runs->len; i++)
        if (!scenario_seen(sweep, i))
            append_scenario(suites, &counts, sweep, i);
    return document("oxbow sweep", &counts, suites);
}
