/* reports.c - the result files of made-up runs become pages; the pages are read again.
 *
 * Names can be hostile: whatever a scenario calls its faults must stay text in HTML, XML, Markdown
 * and gnuplot. Files can be hostile: whatever results.json holds is a report or an error.
 */
#include "support_reports.h"

#include "reports/reports.h"

#include "reports/figures/timeline.h"
#include "reports/input.h"
#include "reports/json.h"
#include "reports/pages/pages.h"
#include "reports/stats.h"
#include "reports/story.h"
#include "reports/text.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#define HOSTILE "</td><script>alert('`touch pwned`')</script>|*[x](y)@all {\\\\ \\\"%d\\u0001"
/* How HOSTILE reads once JSON is undone. */
#define HOSTILE_RAW "<script>"

/* Writes the run's results into a new folder and reports on it. */
static char *report_of(const struct run_options *options, char **missing) {
    char *folder = new_folder();
    GString *json = made_up_run(options);
    g_autoptr(GError) error = NULL;
    put(folder, "results.json", json->str, -1);
    bool good = ox_report_run(folder, missing, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    g_string_free(json, TRUE);
    return folder;
}

/* ---- text ---- */

static void test_markup_escapes(void) {
    g_autoptr(GString) out = g_string_new(NULL);
    ox_text_markup(out, "<b a=\"1\" c='2'>&\x01\xEF\xBF\xBE\u00e9</b>");
    g_assert_cmpstr(out->str, ==,
                    "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\uFFFD\uFFFD\u00e9&lt;/b&gt;");
}

static void test_markdown_escapes(void) {
    g_autoptr(GString) out = g_string_new(NULL);
    ox_text_markdown(out, "a|b *c* <d>\n@e `f`");
    g_assert_cmpstr(out->str, ==, "a\\|b \\*c\\* &lt;d\\> &#64;e \\`f\\`");
    g_string_truncate(out, 0);
    ox_text_markdown_code(out, "`a``b|c");
    g_assert_cmpstr(out->str, ==, "``` `a``b\\|c ```");
}

static void test_gnuplot_strings_substitute_nothing(void) {
    g_autoptr(GString) out = g_string_new(NULL);
    ox_text_gnuplot(out, "it's `x`\n\"y\"", 40);
    g_assert_cmpstr(out->str, ==, "'it''s `x` \"y\"'");
    g_string_truncate(out, 0);
    ox_text_gnuplot(out, "\u00e9\u00e9\u00e9\u00e9", 2);
    g_assert_cmpstr(out->str, ==, "'\u00e9\u00e9\u2026'");
}

static void test_quantities(void) {
    static const struct {
        double value;
        const char *unit, *text;
    } cases[] = {
        {12.5, "s", "12.5\u00a0s"},
        {0.0853, "s", "85.3\u00a0ms"},
        {0.00002, "s", "20\u00a0\u00b5s"},
        {0, "s", "0\u00a0s"},
        {INFINITY, "s", "never"},
        {INFINITY, "B", "\u221e"},
        {1042, "B", "1\u202f042\u00a0B"},
        {3481233, "B", "3.32\u00a0MiB"},
        {-2.48, "B", "-2.48\u00a0B"},
        {29.96, "", "29.96"},
        {1234567, "", "1\u202f234\u202f567"},
        {123456.7, "", "123\u202f457"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = ox_text_quantity(cases[i].value, cases[i].unit);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

/* ---- statistics ---- */

static void test_quantiles(void) {
    const double values[] = {4, 1, 3, 2}, tail[] = {1, 2, INFINITY};
    g_assert_cmpfloat(ox_stats_median(values, 4), ==, 2.5);
    g_assert_cmpfloat(ox_stats_quantile(values, 4, 0), ==, 1);
    g_assert_cmpfloat(ox_stats_quantile(values, 4, 1), ==, 4);
    g_assert_cmpfloat_with_epsilon(ox_stats_quantile(values, 4, 0.95), 3.85, 1e-12);
    g_assert_cmpfloat(ox_stats_median(tail, 3), ==, 2);
    g_assert_cmpfloat(ox_stats_quantile(tail, 3, 1), ==, INFINITY);
}

static void test_exact_power_law_is_recovered(void) {
    const double x[] = {5, 10, 50, 200, 1000};
    double y[5];
    struct ox_power_law law;
    for (size_t i = 0; i < 5; i++)
        y[i] = 1.2 * pow(x[i], 0.31);
    g_assert_true(ox_stats_power_law(x, y, 5, &law));
    g_assert_cmpfloat_with_epsilon(law.exponent, 0.31, 1e-12);
    g_assert_cmpfloat_with_epsilon(law.factor, 1.2, 1e-12);
    g_assert_cmpfloat_with_epsilon(law.error, 0, 1e-12);
    g_assert_cmpfloat_with_epsilon(law.largest_residue, 1, 1e-12);
}

/* ln x = 0, 1, 2, 3 and ln y = 0, 2, 1, 3: by hand Sxx = 5, Sxy = 4, b = 0.8, a = e^0.3, RSS = 1.8,
 * se(b) = sqrt(1.8 / 2 / 5) = 0.424264; the worst residual is 0.9, at ln x = 1 and 2. */
static void test_scattered_power_law_by_hand(void) {
    const double x[] = {1, M_E, M_E * M_E, M_E * M_E * M_E};
    const double y[] = {1, M_E * M_E, M_E, M_E * M_E * M_E};
    struct ox_power_law law;
    g_assert_true(ox_stats_power_law(x, y, 4, &law));
    g_assert_cmpfloat_with_epsilon(law.exponent, 0.8, 1e-9);
    g_assert_cmpfloat_with_epsilon(law.factor, exp(0.3), 1e-9);
    g_assert_cmpfloat_with_epsilon(law.error, 0.4242640687, 1e-9);
    g_assert_cmpfloat_with_epsilon(law.largest_residue, exp(0.9), 1e-9);
}

static void test_power_law_needs_two_sizes(void) {
    const double x[] = {10, 10, 20, 40}, y[] = {3, 4, 0, INFINITY}, z[] = {3, 3, 6, 0};
    struct ox_power_law law;
    g_assert_false(ox_stats_power_law(x, y, 4, &law)); /* zero and infinity do not count */
    g_assert_true(ox_stats_power_law(x + 1, z + 1, 3, &law));
    g_assert_cmpfloat_with_epsilon(law.exponent, 1, 1e-12);
    g_assert_true(isnan(law.error)); /* two points leave no residual */
    g_assert_cmpuint(law.points, ==, 2);
}

/* ---- a run ---- */

static void test_passing_run_tells_its_story(void) {
    struct run_options options = SPLIT;
    options.seeds = 10;
    char *missing = NULL;
    char *folder = report_of(&options, &missing);
    g_autofree char *html = get(folder, "report.html");
    struct tags tags = parse_markup(html);
    g_assert_cmpint(gnuplot_is_here(), ==, missing == NULL);
    assert_holds(tags.text->str, "\u2713 PASS");
    assert_holds(tags.text->str, "50 replicas converged 14\u00a0s (median of 10 seeds, slowest "
                                 "18.5\u00a0s) after the partition healed at 90\u00a0s.");
    assert_holds(tags.text->str, "497.2\u00a0B");
    assert_holds(tags.text->str, "10 of 10");
    assert_holds(tags.text->str, "20.5\u00a0s under");
    assert_holds(tags.text->str, "bounds the rate of failures below 3/N at 95 %: here below 30 %");
    assert_holds(tags.text->str, "oxbow run scenarios/split-brain.ini --seed 1");
    assert_holds(tags.text->str, "no fault begins or ends and no replica gains");
    g_string_free(tags.text, TRUE);
    g_free(missing);
    remove_folder(folder);
}

static void test_failing_run_says_why(void) {
    struct run_options options = SPLIT;
    options.seeds = 5;
    options.failing = 4;
    options.unknown = 2; /* comes first, but is not what the verdict is about */
    char *folder = report_of(&options, NULL);
    g_autofree char *html = get(folder, "report.html");
    g_autofree char *markdown = get(folder, "summary.md");
    struct tags tags = parse_markup(html);
    assert_holds(tags.text->str, "The state part fails at seed 4: node 17 lacks k1 & <k2>");
    assert_holds(tags.text->str, "4 of 5");
    assert_holds(tags.text->str, "the digest of seed 4 is 0000000000000004");
    assert_holds(markdown, "\u274c fail: split-brain");
    assert_holds(markdown, "node 17 lacks k1 &amp; &lt;k2\\>");
    g_string_free(tags.text, TRUE);
    remove_folder(folder);
}

static void test_junit_shows_what_did_not_pass(void) {
    struct run_options options = SPLIT;
    options.seeds = 3;
    options.failing = 2;
    options.unknown = 3;
    char *folder = report_of(&options, NULL);
    g_autofree char *xml = get(folder, "junit.xml");
    struct tags tags = parse_markup(xml);
    g_assert_cmpuint(tags.suites, ==, 3);
    g_assert_cmpuint(tags.cases, ==, 9);    /* two parts and an expectation, three seeds */
    g_assert_cmpuint(tags.failures, ==, 2); /* the state part and the expectation of seed 2 */
    g_assert_cmpuint(tags.errors, ==, 1);   /* the reach part of seed 3: unknown is not a pass */
    assert_holds(xml, "tests=\"9\" failures=\"2\" errors=\"1\"");
    assert_holds(xml, "node 17 lacks k1 &amp; &lt;k2&gt;");
    g_string_free(tags.text, TRUE);
    remove_folder(folder);
}

static void test_hostile_names_stay_text(void) {
    struct run_options options = SPLIT;
    options.name = HOSTILE;
    char *missing = NULL;
    char *folder = report_of(&options, &missing);
    g_autofree char *html = get(folder, "report.html");
    g_autofree char *markdown = get(folder, "summary.md");
    g_autofree char *xml = get(folder, "junit.xml");
    struct tags tags = parse_markup(html), suites = parse_markup(xml);
    g_assert_cmpuint(tags.scripts, ==, 0);
    assert_holds(tags.text->str, HOSTILE_RAW);
    /* In the one fenced block anything is text, as long as nothing ends the block early. */
    g_auto(GStrv) fences = g_strsplit(markdown, "```", -1);
    g_assert_cmpuint(g_strv_length(fences), ==, 3);
    assert_lacks(fences[0], HOSTILE_RAW);
    assert_lacks(fences[2], HOSTILE_RAW);
    assert_lacks(fences[2], "@all");
    g_assert_cmpint(gnuplot_is_here(), ==, missing == NULL); /* the script still runs */
    g_assert_false(has_file(folder, "pwned"));
    g_assert_false(has_file(folder, "figures/pwned"));
    g_string_free(tags.text, TRUE);
    g_string_free(suites.text, TRUE);
    g_free(missing);
    remove_folder(folder);
}

static void test_page_asks_nobody(void) {
    static const char *const calls[] = {
        "<script", "<link", "<iframe", "src=", "@import", "url(h", "onload", "href=\"h"};
    char *folder = report_of(&SPLIT, NULL);
    g_autofree char *html = get(folder, "report.html");
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        assert_lacks(html, calls[i]);
    /* Names of vocabularies look like addresses; nothing else does. */
    for (const char *at = html; (at = strstr(at, "http")) != NULL; at++)
        g_assert_true(g_str_has_prefix(at, "http://www.w3.org/"));
    assert_lacks(html, folder);
    assert_lacks(html, "Gnuplot"); /* its title would pop up under the mouse */
    remove_folder(folder);
}

static const char *const RUN_FILES[] = {"report.html",
                                        "summary.md",
                                        "junit.xml",
                                        "figures/convergence.tsv",
                                        "figures/convergence.gp",
                                        "figures/divergence.tsv",
                                        "figures/divergence.gp",
                                        "figures/traffic.tsv",
                                        "figures/traffic.gp"};
static const char *const RUN_DRAWINGS[] = {"figures/convergence.svg", "figures/divergence.svg",
                                           "figures/traffic.svg"};

static void assert_same(const char *a, const char *b, const char *name) {
    g_autofree char *one = get(a, name);
    g_autofree char *other = get(b, name);
    if (strcmp(one, other) != 0)
        g_error("%s differs", name);
    assert_lacks(one, a);
    assert_lacks(one, g_get_tmp_dir());
}

static void test_same_results_same_bytes(void) {
    struct run_options options = SPLIT;
    options.seeds = 3;
    char *a = report_of(&options, NULL), *b = report_of(&options, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(RUN_FILES); i++)
        assert_same(a, b, RUN_FILES[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(RUN_DRAWINGS) && gnuplot_is_here(); i++)
        assert_same(a, b, RUN_DRAWINGS[i]);
    g_assert_cmpuint(count_files(a), ==, 5); /* results.json, three pages, figures: no leftovers */
    remove_folder(a);
    remove_folder(b);
}

static void test_locale_changes_nothing(void) {
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    char *a = report_of(&SPLIT, NULL), *b = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(commas) && b == NULL; i++)
        if (setlocale(LC_ALL, commas[i]) != NULL)
            b = report_of(&SPLIT, NULL);
    setlocale(LC_ALL, "C");
    if (b == NULL)
        g_test_skip("no locale with a decimal comma on this machine");
    for (size_t i = 0; i < G_N_ELEMENTS(RUN_FILES) && b != NULL; i++)
        assert_same(a, b, RUN_FILES[i]);
    remove_folder(a);
    if (b != NULL)
        remove_folder(b);
}

/* Faults and an axis as a person would draw them. */
static void test_convergence_data(void) {
    char *folder = report_of(&SPLIT, NULL);
    g_autofree char *tsv = get(folder, "figures/convergence.tsv");
    g_autofree char *gp = get(folder, "figures/convergence.gp");
    assert_holds(tsv, "t_s\tequal_min\tequal_median\tequal_max\tmissing_min\tmissing_median\t"
                      "missing_max\n0\t0\t0\t0\t20\t20\t20\n");
    assert_holds(tsv, "\n60\t0\t0\t0\t320\t320\t320\n");
    assert_holds(tsv, "\n120\t1\t1\t1\t0\t0\t0\n");
    assert_holds(gp, "from first 30, graph 0 to first 90, graph 1 behind");
    assert_holds(gp, "'split (partition), heals at 90\u00a0s'");
    assert_holds(gp, "set xrange [0:127.2]"); /* the last change is at 120 s of 199 s */
    remove_folder(folder);
}

static void test_divergence_groups_regions(void) {
    char *folder = report_of(&SPLIT, NULL);
    g_autofree char *tsv = get(folder, "figures/divergence.tsv");
    assert_holds(tsv, "us-east-1 node 0\t");
    assert_holds(tsv, "\nus-east-1 node 45\t");
    g_assert_true(strstr(tsv, "us-east-1 node 45") < strstr(tsv, "eu-west-1 node 1\t"));
    remove_folder(folder);
}

static void test_band_spans_seeds(void) {
    struct run_options options = SPLIT;
    options.seeds = 3;
    char *folder = new_folder();
    GString *json = made_up_run(&options);
    put(folder, "results.json", json->str, -1);
    struct ox_report_results *results = ox_report_results_read(folder, NULL);
    struct ox_band band;
    ox_band_init(&band, results, "missing");
    g_assert_cmpuint(band.seeds, ==, 3);
    g_assert_cmpuint(band.count, ==, 200);
    g_assert_cmpfloat_with_epsilon(band.low[95], 20 + 600 * (1 - 5.0 / 9), 0.001);
    g_assert_cmpfloat_with_epsilon(band.middle[95], 20 + 600 * (1 - 5.0 / 10), 0.001);
    g_assert_cmpfloat_with_epsilon(band.high[95], 20 + 600 * (1 - 5.0 / 11), 0.001);
    ox_band_clear(&band);
    ox_report_results_free(results);
    g_string_free(json, TRUE);
    remove_folder(folder);
}

/* ---- gnuplot that is not there, or fails ---- */

static void test_missing_gnuplot_is_told(void) {
    char *folder = new_folder(), *empty = new_folder(), *missing = NULL;
    GString *json = made_up_run(&SPLIT);
    g_autoptr(GError) error = NULL;
    put(folder, "results.json", json->str, -1);
    g_assert_true(ox_report_run(folder, NULL, &error));
    char *before = replace_path(empty);
    g_assert_true(ox_report_run(folder, &missing, &error));
    restore_path(before);
    g_assert_no_error(error);
    g_assert_nonnull(missing);
    assert_holds(missing, "figures/convergence.svg");
    assert_holds(missing, "gnuplot was not found in PATH");
    g_autofree char *html = get(folder, "report.html");
    g_autofree char *markdown = get(folder, "summary.md");
    assert_holds(html, "figures/divergence.svg is missing: gnuplot was not found in PATH.");
    assert_holds(markdown, "gnuplot was not found in PATH");
    for (size_t i = 0; i < G_N_ELEMENTS(RUN_FILES); i++)
        g_assert_true(has_file(folder, RUN_FILES[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(RUN_DRAWINGS); i++)
        g_assert_false(has_file(folder, RUN_DRAWINGS[i])); /* no drawing of an earlier report */
    g_string_free(json, TRUE);
    g_free(missing);
    remove_folder(folder);
    remove_folder(empty);
}

static void test_failing_gnuplot_is_told(void) {
    char *folder = new_folder(), *bin = new_folder(), *missing = NULL;
    GString *json = made_up_run(&SPLIT);
    g_autoptr(GError) error = NULL;
    g_autofree char *fake = g_build_filename(bin, "gnuplot", NULL);
    put(folder, "results.json", json->str, -1);
    put(bin, "gnuplot", "#!/bin/sh\necho 'line 3: unknown terminal' >&2\nexit 1\n", -1);
    g_assert_cmpint(g_chmod(fake, 0755), ==, 0);
    char *before = replace_path(bin);
    g_assert_true(ox_report_run(folder, &missing, &error));
    restore_path(before);
    g_assert_no_error(error);
    assert_holds(missing, "gnuplot failed: line 3: unknown terminal");
    g_string_free(json, TRUE);
    g_free(missing);
    remove_folder(folder);
    remove_folder(bin);
}

/* ---- shapes that are rare ---- */

static void test_thin_results_still_report(void) {
    static const char *const documents[] = {
        "{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\","
        "\"seeds\":[{\"seed\":1,\"verdict\":\"pass\"}]}",
        "{\"schema\":\"oxbow-results-1\",\"scenario\":\"\",\"verdict\":\"unknown\","
        "\"seeds\":[{\"seed\":0,\"verdict\":\"unknown\",\"series\":{\"equal\":{\"t\":[],\"v\":[]},"
        "\"missing\":{\"t\":[0],\"v\":[\"inf\"]}},\"grid\":{\"t\":[0],\"rows\":[[3]]}}]}",
        "{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"fail\","
        "\"seeds\":[{\"seed\":1,\"verdict\":\"fail\",\"series\":{\"equal\":{\"t\":[0,0,5],\"v\":"
        "[0,0,0]}},\"grid\":{\"t\":[0,5,9],\"rows\":[[-1,-1,-1]]}}]}",
        "{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":[{"
        "\"seed\":1,\"verdict\":\"pass\",\"series\":{\"missing\":{\"t\":[0,1e9],\"v\":[1e12,0]}},"
        "\"grid\":{\"t\":[0,1e9],\"nodes_per_row\":16,\"rows\":[[1e12,0],[3,-1]]}}]}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(documents); i++) {
        char *folder = new_folder(), *missing = NULL;
        g_autoptr(GError) error = NULL;
        put(folder, "results.json", documents[i], -1);
        g_assert_true(ox_report_run(folder, &missing, &error));
        g_assert_no_error(error);
        if (gnuplot_is_here())
            g_assert_cmpstr(missing, ==, NULL);
        g_autofree char *html = get(folder, "report.html");
        g_string_free(parse_markup(html).text, TRUE);
        g_free(missing);
        remove_folder(folder);
    }
}

static void test_markdown_stays_below_its_limit(void) {
    struct run_options options = SPLIT;
    char *folder = new_folder(), *before = replace_path(folder);
    GString *json = made_up_run(&options), *reasons = g_string_new("\"parts\":[");
    g_autofree char *long_reason = g_strnfill(5000, '*');
    for (guint i = 0; i < 900; i++)
        g_string_append_printf(reasons, "{\"name\":\"p\",\"verdict\":\"fail\",\"reason\":\"%s\"},",
                               long_reason);
    g_string_replace(json, "\"parts\":[", reasons->str, 1);
    put(folder, "results.json", json->str, -1);
    g_assert_true(ox_report_run(folder, NULL, NULL));
    restore_path(before);
    g_autofree char *markdown = get(folder, "summary.md");
    g_assert_cmpuint(strlen(markdown), <, OX_MARKDOWN_LIMIT);
    assert_holds(markdown, "rows are left out here");
    assert_holds(markdown, "Reproduce:");
    g_string_free(json, TRUE);
    g_string_free(reasons, TRUE);
    remove_folder(folder);
}

/* ---- input that is wrong ---- */

static void test_wrong_results_are_named(void) {
    static const struct {
        const char *document, *complaint;
    } cases[] = {
        {"", "results.json:1: error: the file ends"},
        {"{\"schema\":\n\"oxbow-results-1\",\n", "results.json:2: error: the file ends"},
        {"{\"schema\":\n oxbow}", "results.json:2: error: not valid JSON here"},
        {"{\"schema\":\"\xff\"}", "results.json:1: error: not UTF-8 text"},
        {"{} x", "results.json:1: error: more text after the end"},
        {"[]", "the document should be an object"},
        {"{}", "schema is missing; it should be a text"},
        {"{\"schema\":\"oxbow-sweep-1\"}",
         "schema should be \"oxbow-results-1\", not \"oxbow-sweep-1\""},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"maybe\"}",
         "verdict should be \"pass\", \"fail\" or \"unknown\", not \"maybe\""},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":[]}",
         "seeds should hold at least one seed"},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":["
         "{\"seed\":1,\"verdict\":\"pass\",\"metrics\":{\"a\":{\"value\":1}, "
         "\"b\":{\"value\":\"q\"}}}"
         "]}",
         "seeds[0].metrics.b.value should be a number"},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":["
         "{\"seed\":1,\"verdict\":\"pass\",\"series\":{\"equal\":{\"t\":[0,1],\"v\":[1]}}}]}",
         "seeds[0].series.equal.v has 1 values for 2 times"},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":["
         "{\"seed\":1,\"verdict\":\"pass\",\"series\":{\"equal\":{\"t\":[3,1],\"v\":[1,1]}}}]}",
         "seeds[0].series.equal.t should be ascending times (element 1 is not)"},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":["
         "{\"seed\":1,\"verdict\":\"pass\",\"grid\":{\"t\":[0,1],\"rows\":[[1,2],[1]]}}]}",
         "seeds[0].grid.rows[1] has 1 cells for 2 times"},
        {"{\"schema\":\"oxbow-results-1\",\"scenario\":\"x\",\"verdict\":\"pass\",\"seeds\":["
         "{\"seed\":1,\"verdict\":\"pass\",\"faults\":{\"a\":7}}]}",
         "seeds[0].faults.a should be an object"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = new_folder();
        g_autoptr(GError) error = NULL;
        put(folder, "results.json", cases[i].document, -1);
        g_assert_false(ox_report_run(folder, NULL, &error));
        g_assert_nonnull(error);
        assert_holds(error->message, cases[i].complaint);
        assert_holds(error->message, "results.json");
        g_assert_cmpuint(count_files(folder), ==, 1); /* nothing was written */
        remove_folder(folder);
    }
}

static void test_missing_input_and_folder(void) {
    char *folder = new_folder();
    g_autoptr(GError) error = NULL;
    g_assert_false(ox_report_run(folder, NULL, &error));
    assert_holds(error->message, "results.json");
    g_clear_error(&error);
    g_assert_false(ox_report_sweep(folder, NULL, &error));
    assert_holds(error->message, "sweep.json");
    g_clear_error(&error);
    g_autofree char *nowhere = g_build_filename(folder, "nowhere", NULL);
    g_assert_false(ox_report_run(nowhere, NULL, &error));
    assert_holds(error->message, "nowhere");
    remove_folder(folder);
}

/* A folder stands where a file must go: the report fails, and leaves no temporary folder. */
static void test_unwritable_file_is_an_error(void) {
    char *folder = new_folder();
    GString *json = made_up_run(&SPLIT);
    g_autoptr(GError) error = NULL;
    g_autofree char *blocked = g_build_filename(folder, "figures", NULL);
    put(folder, "results.json", json->str, -1);
    put(folder, "figures", "a file where a folder must be", -1);
    char *before = replace_path(folder);
    g_assert_false(ox_report_run(folder, NULL, &error));
    restore_path(before);
    assert_holds(error->message, blocked);
    g_assert_cmpuint(count_files(folder), ==, 2);
    g_string_free(json, TRUE);
    remove_folder(folder);
}

/* One change of a document: cut it, change a byte, or say a piece of it twice. */
static void mutate(GString *text, GRand *random) {
    guint at = (guint)g_rand_int_range(random, 0, (gint32)text->len);
    switch (g_rand_int_range(random, 0, 6)) {
    case 0:
        g_string_truncate(text, at);
        break;
    case 1:
        text->str[at] = (char)g_rand_int_range(random, 1, 256);
        break;
    case 2: {
        guint size = (guint)g_rand_int_range(random, 1, 60);
        g_autofree char *piece = g_strndup(text->str + at, MIN(size, text->len - at));
        g_string_insert(text, at, piece);
        break;
    }
    default: { /* a digit keeps the document well-formed, and its numbers absurd */
        static const char *const numbers[] = {"9", "-", "e9", "e308", "0", ".", "\"inf\"", "null"};
        char *digit = strpbrk(text->str + at, "0123456789");
        if (digit != NULL) {
            gssize place = digit - text->str;
            g_string_erase(text, place, 1);
            g_string_insert(text, place, numbers[g_rand_int_range(random, 0, 8)]);
        }
    }
    }
}

/* Reports on mutants of a document; returns how many were still taken. */
static guint report_on_mutants(const char *name, const char *document, guint count,
                               bool (*report)(const char *, char **, GError **)) {
    char *folder = new_folder(), *empty = new_folder(), *before = replace_path(empty);
    GRand *random = g_rand_new_with_seed(7);
    guint taken = 0;
    for (guint i = 0; i < count; i++) {
        g_autoptr(GError) error = NULL;
        GString *mutant = g_string_new(document);
        for (gint changes = g_rand_int_range(random, 1, 4); changes > 0 && mutant->len > 0;
             changes--)
            mutate(mutant, random);
        put(folder, name, mutant->str, (gssize)mutant->len);
        bool good = report(folder, NULL, &error);
        g_assert_true(good == (error == NULL));
        if (!good)
            assert_holds(error->message, name);
        taken += good;
        g_string_free(mutant, TRUE);
    }
    g_rand_free(random);
    restore_path(before);
    remove_folder(folder);
    remove_folder(empty);
    return taken;
}

static void test_mutated_results_never_crash(void) {
    struct run_options options = SPLIT;
    options.rows = 4;
    options.columns = 12;
    options.seeds = 2;
    options.failing = 2;
    GString *json = made_up_run(&options);
    guint taken = report_on_mutants("results.json", json->str, 600, ox_report_run);
    g_test_message("%u of 600 mutants are still results", taken);
    g_assert_cmpuint(taken, >=, 30);
    g_assert_cmpuint(taken, <, 600);
    g_string_free(json, TRUE);
}

/* ---- a sweep ---- */

static char *sweep_report_of(const struct sweep_options *options, char **missing) {
    char *folder = new_folder();
    GString *json = made_up_sweep(options);
    g_autoptr(GError) error = NULL;
    put(folder, "sweep.json", json->str, -1);
    bool good = ox_report_sweep(folder, missing, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    g_string_free(json, TRUE);
    return folder;
}

static void test_sweep_fits_its_laws(void) {
    char *missing = NULL, *folder = sweep_report_of(&SCALING, &missing);
    g_autofree char *html = get(folder, "report.html");
    g_autofree char *markdown = get(folder, "summary.md");
    g_autofree char *gp = get(folder, "figures/scaling-time.gp");
    g_autofree char *xml = get(folder, "junit.xml");
    struct tags page = parse_markup(html), suites = parse_markup(xml);
    g_assert_cmpint(gnuplot_is_here(), ==, missing == NULL);
    /* The medians lie on the law exactly; the bytes are 20000 (n + 5), which is no power law. */
    assert_holds(page.text->str, "n^0.3100 \u00b1 0.0000");
    assert_holds(page.text->str, "24 runs in 8 cells: 23 pass, 0 fail, 1 unknown. First: scaling "
                                 "network.nodes=500 seed 2: node 7 still moved");
    assert_holds(markdown, "n^0.3100 \u00b1 0.0000");
    assert_holds(page.text->str, "2 of 3"); /* seeds passed at 500 nodes */
    assert_holds(page.text->str, "oxbow 0.1.0 \u00b7 seeds 1..3");
    assert_holds(html, "<td>all runs</td>"); /* the one line */
    assert_holds(markdown, "| all runs |");
    assert_holds(markdown, "bytes\\_per\\_node");
    assert_holds(gp, "'time ~ n^0.3100 \u00b1 0.0000'");
    g_assert_cmpuint(suites.cases, ==, 24);
    g_assert_cmpuint(suites.errors, ==, 1);
    assert_holds(xml, "name=\"network.nodes=500 seed 2\"");
    g_string_free(page.text, TRUE);
    g_string_free(suites.text, TRUE);
    g_free(missing);
    remove_folder(folder);
}

static void test_sweep_draws_a_line_per_protocol(void) {
    struct sweep_options options = SCALING;
    options.protocols[0] = "delta";
    options.protocols[1] = "full";
    char *folder = sweep_report_of(&options, NULL);
    g_autofree char *tsv = get(folder, "figures/scaling-time.tsv");
    g_autofree char *gp = get(folder, "figures/scaling-time.gp");
    assert_holds(tsv, "x\tmin\tmedian\tmax\tseeds\tunknown\tlaw\tline\n5\t");
    assert_holds(tsv, "\tsync=delta\n\n\n5\t");
    assert_holds(tsv, "\tsync=full\n");
    assert_holds(gp, "index 1 using 1:7 with lines");
    assert_holds(gp, "set label 'sync=full' at graph 1");
    remove_folder(folder);
}

static void test_points_are_medians_over_seeds(void) {
    const double want[] = {
        5, 1.2 * pow(5, 0.31) * 0.97, 1.2 * pow(5, 0.31), 1.2 * pow(5, 0.31) * 1.04, 3,
        0, 1.2 * pow(5, 0.31)};
    char *folder = sweep_report_of(&SCALING, NULL);
    g_autofree char *tsv = get(folder, "figures/scaling-time.tsv");
    g_auto(GStrv) cells = g_strsplit(strchr(tsv, '\n') + 1, "\t", -1);
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
        g_assert_cmpfloat_with_epsilon(g_ascii_strtod(cells[i], NULL), want[i], 1e-8);
    remove_folder(folder);
}

static void test_axis_of_sizes(void) {
    static const struct {
        const char *axes;
        int choice;
    } cases[] = {
        {"{\"key\":\"network.loss\",\"values\":[\"1%\"]},"
         "{\"key\":\"network.nodes\",\"values\":[\"5\"]}",
         1},
        {"{\"key\":\"replica.sync\",\"values\":[\"delta\"]},"
         "{\"key\":\"network.loss\",\"values\":[\"1%\",\"2%\"]},"
         "{\"key\":\"workload.rate\",\"values\":[\"20/s\"]}",
         1},
        {"{\"key\":\"network.loss\",\"values\":[\"1%\",\"much\"]}", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *folder = new_folder();
        g_autofree char *json =
            g_strdup_printf("{\"schema\":\"oxbow-sweep-1\",\"verdict\":\"pass\",\"axes\":[%s],"
                            "\"runs\":[{\"scenario\":\"x\",\"verdict\":\"pass\"}]}",
                            cases[i].axes);
        put(folder, "sweep.json", json, -1);
        struct ox_report_sweep *sweep = ox_report_sweep_read(folder, NULL);
        g_assert_nonnull(sweep);
        g_assert_cmpint(ox_scaling_axis(sweep), ==, cases[i].choice);
        ox_report_sweep_free(sweep);
        remove_folder(folder);
    }
}

static void test_sweep_without_sizes_has_a_table(void) {
    static const char *const words[] = {"low", "high", NULL};
    const struct sweep_options options = {"workload.level", words, {"", NULL}, 2};
    char *missing = NULL, *folder = sweep_report_of(&options, &missing);
    g_autofree char *html = get(folder, "report.html");
    struct tags tags = parse_markup(html);
    assert_holds(tags.text->str, "there is nothing to fit");
    assert_holds(tags.text->str, "workload.level");
    g_assert_cmpstr(missing, ==, NULL);
    g_assert_false(has_file(folder, "figures/scaling-time.gp"));
    g_string_free(tags.text, TRUE);
    remove_folder(folder);
}

static void test_sweep_says_its_laws_without_gnuplot(void) {
    char *empty = new_folder(), *missing = NULL, *before = replace_path(empty);
    char *folder = sweep_report_of(&SCALING, &missing);
    restore_path(before);
    g_autofree char *html = get(folder, "report.html");
    assert_holds(missing, "figures/scaling-time.svg");
    assert_holds(html, "figures/scaling-bytes.svg is missing: gnuplot was not found in PATH.");
    assert_holds(html, "n^0.3100 \u00b1 0.0000");
    g_assert_true(has_file(folder, "figures/scaling-time.tsv"));
    g_assert_true(has_file(folder, "figures/scaling-bytes.gp"));
    g_free(missing);
    remove_folder(folder);
    remove_folder(empty);
}

static void test_same_sweep_same_bytes(void) {
    static const char *const files[] = {"report.html", "summary.md", "junit.xml",
                                        "figures/scaling-time.tsv", "figures/scaling-bytes.gp"};
    char *a = sweep_report_of(&SCALING, NULL), *b = sweep_report_of(&SCALING, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        assert_same(a, b, files[i]);
    if (gnuplot_is_here())
        assert_same(a, b, "figures/scaling-bytes.svg");
    remove_folder(a);
    remove_folder(b);
}

static void test_sizes_are_numbers(void) {
    static const struct {
        const char *text;
        bool number;
        double value;
    } cases[] = {{"50", true, 50},    {"2.5", true, 2.5},  {"30s", true, 30},   {"0.5%", true, 0.5},
                 {"20/s", true, 20},  {"", false, 0},      {"delta", false, 0}, {"inf", false, 0},
                 {"3 | 4", false, 0}, {"1e400", false, 0}, {"nan", false, 0},   {"5,6", false, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        double value = 0;
        g_assert_cmpint(ox_scaling_number(cases[i].text, &value), ==, cases[i].number);
        if (cases[i].number)
            g_assert_cmpfloat(value, ==, cases[i].value);
    }
}

static void test_mutated_sweeps_never_crash(void) {
    struct sweep_options options = SCALING;
    options.protocols[0] = "delta";
    options.protocols[1] = "full";
    options.seeds = 1;
    GString *json = made_up_sweep(&options);
    guint taken = report_on_mutants("sweep.json", json->str, 600, ox_report_sweep);
    g_test_message("%u of 600 mutants are still sweeps", taken);
    g_assert_cmpuint(taken, >=, 30);
    g_assert_cmpuint(taken, <, 600);
    g_string_free(json, TRUE);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reports/text/markup-escapes", test_markup_escapes);
    g_test_add_func("/reports/text/markdown-escapes", test_markdown_escapes);
    g_test_add_func("/reports/text/gnuplot-strings-substitute-nothing",
                    test_gnuplot_strings_substitute_nothing);
    g_test_add_func("/reports/text/quantities", test_quantities);
    g_test_add_func("/reports/stats/quantiles", test_quantiles);
    g_test_add_func("/reports/stats/exact-law-is-recovered", test_exact_power_law_is_recovered);
    g_test_add_func("/reports/stats/scattered-law-by-hand", test_scattered_power_law_by_hand);
    g_test_add_func("/reports/stats/law-needs-two-sizes", test_power_law_needs_two_sizes);
    g_test_add_func("/reports/run/passing-tells-its-story", test_passing_run_tells_its_story);
    g_test_add_func("/reports/run/failing-says-why", test_failing_run_says_why);
    g_test_add_func("/reports/run/junit-shows-what-did-not-pass",
                    test_junit_shows_what_did_not_pass);
    g_test_add_func("/reports/run/hostile-names-stay-text", test_hostile_names_stay_text);
    g_test_add_func("/reports/run/page-asks-nobody", test_page_asks_nobody);
    g_test_add_func("/reports/run/same-results-same-bytes", test_same_results_same_bytes);
    g_test_add_func("/reports/run/locale-changes-nothing", test_locale_changes_nothing);
    g_test_add_func("/reports/run/convergence-data", test_convergence_data);
    g_test_add_func("/reports/run/divergence-groups-regions", test_divergence_groups_regions);
    g_test_add_func("/reports/run/band-spans-seeds", test_band_spans_seeds);
    g_test_add_func("/reports/run/thin-results-still-report", test_thin_results_still_report);
    g_test_add_func("/reports/run/markdown-below-its-limit", test_markdown_stays_below_its_limit);
    g_test_add_func("/reports/gnuplot/missing-is-told", test_missing_gnuplot_is_told);
    g_test_add_func("/reports/gnuplot/failing-is-told", test_failing_gnuplot_is_told);
    g_test_add_func("/reports/input/wrong-is-named", test_wrong_results_are_named);
    g_test_add_func("/reports/input/missing-file-and-folder", test_missing_input_and_folder);
    g_test_add_func("/reports/input/unwritable-is-an-error", test_unwritable_file_is_an_error);
    g_test_add_func("/reports/input/mutated-results", test_mutated_results_never_crash);
    g_test_add_func("/reports/input/mutated-sweeps", test_mutated_sweeps_never_crash);
    g_test_add_func("/reports/sweep/fits-its-laws", test_sweep_fits_its_laws);
    g_test_add_func("/reports/sweep/line-per-protocol", test_sweep_draws_a_line_per_protocol);
    g_test_add_func("/reports/sweep/points-are-medians", test_points_are_medians_over_seeds);
    g_test_add_func("/reports/sweep/axis-of-sizes", test_axis_of_sizes);
    g_test_add_func("/reports/sweep/without-sizes", test_sweep_without_sizes_has_a_table);
    g_test_add_func("/reports/sweep/laws-without-gnuplot",
                    test_sweep_says_its_laws_without_gnuplot);
    g_test_add_func("/reports/sweep/same-bytes", test_same_sweep_same_bytes);
    g_test_add_func("/reports/sweep/sizes-are-numbers", test_sizes_are_numbers);
    return g_test_run();
}
