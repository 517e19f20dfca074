#include "reports/story.h"

#include "reports/figures/timeline.h"
#include "reports/stats.h"
#include "reports/text.h"

#include <math.h>
#include <string.h>

static const struct ox_report_seed *seed_at(const struct ox_report_results *results, guint i) {
    return &g_array_index(results->seeds, struct ox_report_seed, i);
}

/* ---- which numbers ---- */

double *ox_story_values(const struct ox_report_results *results, const char *metric, size_t *count,
                        const char **unit) {
    double *values = g_new(double, results->seeds->len);
    *count = 0;
    *unit = "";
    for (guint i = 0; i < results->seeds->len; i++) {
        const struct ox_report_metric *one =
            ox_report_metric_named(seed_at(results, i)->metrics, metric);
        if (one == NULL || !one->known)
            continue;
        values[(*count)++] = one->value;
        *unit = one->unit;
    }
    if (*count > 0)
        return values;
    g_free(values);
    return NULL;
}

/* What "converged" is measured from, as far as this scenario has it. */
static const char *converge_metric(const struct ox_report_results *results) {
    static const char *const metrics[] = {"converge_after_heal", "converge_after_last_update"};
    for (size_t m = 0; m < G_N_ELEMENTS(metrics); m++) {
        size_t count;
        const char *unit;
        g_autofree double *values = ox_story_values(results, metrics[m], &count, &unit);
        if (values != NULL)
            return metrics[m];
    }
    return NULL;
}

char *ox_story_seeds(const struct ox_report_results *results) {
    guint count = results->seeds->len;
    bool run = true;
    for (guint i = 1; i < count; i++)
        run = run && seed_at(results, i)->seed == seed_at(results, i - 1)->seed + 1;
    g_autofree char *first = ox_text_integer(seed_at(results, 0)->seed);
    g_autofree char *last = ox_text_integer(seed_at(results, count - 1)->seed);
    if (count == 1)
        return g_strdup(first);
    if (run)
        return g_strdup_printf("%s..%s", first, last);
    GString *list = g_string_new(first);
    for (guint i = 1; i < count && i < 8; i++) {
        g_autofree char *one = ox_text_integer(seed_at(results, i)->seed);
        g_string_append_printf(list, ", %s", one);
    }
    if (count > 8)
        g_string_append_printf(list, " and %u more", count - 8);
    return g_string_free(list, FALSE);
}

/* ---- the sentence ---- */

static char *replicas_text(const struct ox_report_results *results) {
    if (results->nodes < 1)
        return g_strdup("All replicas");
    g_autofree char *nodes = ox_text_quantity(results->nodes, "");
    return g_strdup_printf("%s replicas", nodes);
}

/* The partition that heals last, as every seed's first has it. */
static char *since_what(const struct ox_report_results *results, const char *metric) {
    if (strcmp(metric, "converge_after_heal") != 0)
        return g_strdup("after the last update was made");
    const struct ox_report_fault *last = NULL;
    const GArray *faults = seed_at(results, 0)->faults;
    for (guint i = 0; i < faults->len; i++) {
        const struct ox_report_fault *fault = &g_array_index(faults, struct ox_report_fault, i);
        if (strcmp(fault->kind, "partition") == 0 && fault->off >= 0 &&
            (last == NULL || fault->off > last->off))
            last = fault;
    }
    if (last == NULL)
        return g_strdup("after the last heal");
    g_autofree char *when = ox_text_quantity(last->off, "s");
    return g_strdup_printf("after the partition healed at %s", when);
}

static char *passed_sentence(const struct ox_report_results *results) {
    const char *metric = converge_metric(results), *unit;
    g_autofree char *who = replicas_text(results);
    if (metric == NULL)
        return g_strdup_printf("%s: every part of the verdict and all expectations hold.", who);
    size_t count;
    g_autofree double *values = ox_story_values(results, metric, &count, &unit);
    g_autofree char *half = ox_text_quantity(ox_stats_median(values, count), unit);
    g_autofree char *most = ox_text_quantity(ox_stats_quantile(values, count, 1), unit);
    g_autofree char *since = since_what(results, metric);
    if (isinf(ox_stats_quantile(values, count, 1)))
        return g_strdup_printf("%s did not all converge %s, and no expectation asks for it.", who,
                               since);
    if (count == 1)
        return g_strdup_printf("%s converged %s %s.", who, half, since);
    return g_strdup_printf("%s converged %s (median of %zu seeds, slowest %s) %s.", who, half,
                           count, most, since);
}

static char *clipped(const char *text) {
    const glong most = 280;
    if (g_utf8_strlen(text, -1) <= most)
        return g_strdup(text);
    g_autofree char *head = g_utf8_substring(text, 0, most);
    return g_strdup_printf("%s\u2026", head);
}

static char *part_sentence(const struct ox_report_part *part) {
    g_autofree char *seed = ox_text_integer(part->seed);
    g_autofree char *at = part->has_seed ? g_strdup_printf(" at seed %s", seed) : g_strdup("");
    g_autofree char *reason = clipped(part->reason);
    return g_strdup_printf("The %s part %s%s%s%s", part->name,
                           part->verdict == OX_REPORT_FAIL ? "fails" : "is unknown", at,
                           *reason != '\0' ? ": " : ".", reason);
}

static char *expect_sentence(const struct ox_report_expect *expect, size_t bad, size_t all) {
    g_autofree char *name = ox_text_words(expect->metric);
    g_autofree char *bound = ox_text_quantity(expect->bound, expect->unit);
    g_autofree char *value = ox_text_quantity(expect->value, expect->unit);
    g_autofree char *seed = ox_text_integer(expect->seed);
    g_autofree char *at =
        expect->has_seed ? g_strdup_printf(", worst at seed %s", seed) : g_strdup("");
    if (!expect->known)
        return g_strdup_printf("%zu of %zu expectations cannot be judged: %s is not defined for "
                               "this run.",
                               bad, all, name);
    return g_strdup_printf("%zu of %zu expectations %s: %s is %s where %s %s was expected%s.", bad,
                           all, bad == 1 ? "fails" : "fail", name, value, expect->op, bound, at);
}

/* What made a verdict other than pass what it is: a part before an expectation. */
struct reason {
    const struct ox_report_part *part;
    const struct ox_report_expect *expect; /* the first; only when no part did it */
    size_t count;                          /* of such expectations */
};

static struct reason reason_of(enum ox_report_verdict verdict, const GArray *parts,
                               const GArray *expectations) {
    struct reason reason = {0};
    if (verdict == OX_REPORT_PASS)
        return reason;
    for (guint i = 0; i < parts->len && reason.part == NULL; i++) {
        const struct ox_report_part *part = &g_array_index(parts, struct ox_report_part, i);
        reason.part = part->verdict == verdict ? part : NULL;
    }
    for (guint i = 0; i < expectations->len && reason.part == NULL; i++) {
        const struct ox_report_expect *expect =
            &g_array_index(expectations, struct ox_report_expect, i);
        if (expect->verdict != verdict)
            continue;
        reason.expect = reason.expect != NULL ? reason.expect : expect;
        reason.count++;
    }
    return reason;
}

static char *other_sentence(const struct ox_report_results *results) {
    struct reason reason = reason_of(results->verdict, results->parts, results->expect);
    if (reason.part != NULL)
        return part_sentence(reason.part);
    if (reason.expect != NULL)
        return expect_sentence(reason.expect, reason.count, results->expect->len);
    return g_strdup("The results give no reason for this verdict.");
}

char *ox_story_sentence(const struct ox_report_results *results) {
    return results->verdict == OX_REPORT_PASS ? passed_sentence(results) : other_sentence(results);
}

/* ---- which run ---- */

static const struct ox_report_seed *slowest_seed(const struct ox_report_results *results) {
    const char *metric = converge_metric(results);
    const struct ox_report_seed *slowest = seed_at(results, 0);
    double longest = -1;
    for (guint i = 0; metric != NULL && i < results->seeds->len; i++) {
        const struct ox_report_metric *time =
            ox_report_metric_named(seed_at(results, i)->metrics, metric);
        if (time != NULL && time->known && time->value > longest) {
            longest = time->value;
            slowest = seed_at(results, i);
        }
    }
    return slowest;
}

const struct ox_report_seed *ox_story_telling_seed(const struct ox_report_results *results) {
    const struct ox_report_seed *first = NULL;
    struct reason reason = reason_of(results->verdict, results->parts, results->expect);
    for (guint i = results->seeds->len; i-- > 0;) {
        const struct ox_report_seed *seed = seed_at(results, i);
        bool spoken_of =
            (reason.part != NULL && reason.part->has_seed && reason.part->seed == seed->seed) ||
            (reason.expect != NULL && reason.expect->has_seed && reason.expect->seed == seed->seed);
        if (spoken_of)
            return seed;
        if (seed->verdict != OX_REPORT_PASS)
            first = seed;
    }
    return first != NULL ? first : slowest_seed(results);
}

char *ox_story_why(const struct ox_report_seed *seed) {
    struct reason reason = reason_of(seed->verdict, seed->parts, seed->expect);
    if (reason.part != NULL)
        return g_strdup_printf("%s: %s", reason.part->name, reason.part->reason);
    if (reason.expect == NULL)
        return g_strdup("");
    g_autofree char *bound = ox_text_quantity(reason.expect->bound, reason.expect->unit);
    g_autofree char *value = reason.expect->known
                                 ? ox_text_quantity(reason.expect->value, reason.expect->unit)
                                 : g_strdup("not defined");
    return g_strdup_printf("%s %s %s: %s", reason.expect->metric, reason.expect->op, bound, value);
}

/* ---- five numbers ---- */

/* The p-quantile over the seeds of a metric; NULL when no seed knows it. */
static char *over_seeds(const struct ox_report_results *results, const char *metric, double p) {
    size_t count;
    const char *unit;
    g_autofree double *values = ox_story_values(results, metric, &count, &unit);
    return values != NULL ? ox_text_quantity(ox_stats_quantile(values, count, p), unit) : NULL;
}

static struct ox_story_number number_of(const char *label, char *value, char *note) {
    bool none = value == NULL;
    struct ox_story_number number = {.label = label,
                                     .value = none ? g_strdup("\u2013") : value,
                                     .note = none ? g_strdup("not defined for this run") : note};
    if (none)
        g_free(note);
    return number;
}

static struct ox_story_number converge_number(const struct ox_report_results *results) {
    const char *metric = converge_metric(results);
    if (metric == NULL)
        return number_of("Time to converge", NULL, NULL);
    const char *since =
        strcmp(metric, "converge_after_heal") == 0 ? "after the heal" : "after the last update";
    g_autofree char *p95 = over_seeds(results, metric, 0.95);
    g_autofree char *most = over_seeds(results, metric, 1);
    char *note = results->seeds->len > 1 ? g_strdup_printf("%s; p95 %s, max %s", since, p95, most)
                                         : g_strdup(since);
    return number_of("Time to converge", over_seeds(results, metric, 0.5), note);
}

/* A median, and the range when the seeds differ. */
static struct ox_story_number spread_number(const struct ox_report_results *results,
                                            const char *label, const char *metric,
                                            const char *what) {
    g_autofree char *least = over_seeds(results, metric, 0);
    g_autofree char *most = over_seeds(results, metric, 1);
    bool differ = least != NULL && strcmp(least, most) != 0;
    char *note = differ ? g_strdup_printf("%s; %s to %s", what, least, most) : g_strdup(what);
    return number_of(label, over_seeds(results, metric, 0.5), note);
}

static struct ox_story_number staleness_number(const struct ox_report_results *results) {
    g_autofree char *p95 = over_seeds(results, "visible_p95", 0.5);
    g_autofree char *most = over_seeds(results, "visible_max", 1);
    char *note = g_strdup_printf("until another replica sees an update; p95 %s, max %s",
                                 p95 != NULL ? p95 : "\u2013", most != NULL ? most : "\u2013");
    return number_of("Staleness", over_seeds(results, "visible_p50", 0.5), note);
}

static struct ox_story_number lost_number(const struct ox_report_results *results) {
    g_autofree char *owed = over_seeds(results, "updates_owed", 0.5);
    g_autofree char *died = over_seeds(results, "updates_died", 1);
    GString *note = g_string_new("");
    if (owed != NULL)
        g_string_append_printf(note, "of %s owed%s", owed,
                               results->seeds->len > 1 ? " per seed" : "");
    if (died != NULL && strcmp(died, "0") != 0)
        g_string_append_printf(note, "%s%s died with their disks", note->len > 0 ? "; " : "", died);
    return number_of("Lost updates", over_seeds(results, "lost_updates", 1),
                     g_string_free(note, FALSE));
}

void ox_story_numbers(const struct ox_report_results *results,
                      struct ox_story_number numbers[OX_STORY_NUMBERS]) {
    numbers[0] = converge_number(results);
    numbers[1] = spread_number(results, "Bytes per update", "bytes_per_update",
                               "received, per replica that lacked it");
    numbers[2] = spread_number(results, "Messages per update", "messages_per_update",
                               "1 = one message per update and replica");
    numbers[3] = staleness_number(results);
    numbers[4] = lost_number(results);
}

void ox_story_numbers_clear(struct ox_story_number numbers[OX_STORY_NUMBERS]) {
    for (size_t i = 0; i < OX_STORY_NUMBERS; i++) {
        g_free(numbers[i].value);
        g_free(numbers[i].note);
    }
}

/* ---- expectations ---- */

char *ox_story_margin(const struct ox_report_expect *expect) {
    if (!expect->known)
        return g_strdup("");
    double distance = expect->value - expect->bound;
    if (isnan(distance) || isinf(distance))
        return g_strdup("");
    if (distance == 0)
        return g_strdup(strcmp(expect->op, "=") == 0 ? "exact" : "at the bound");
    g_autofree char *by = ox_text_quantity(fabs(distance), expect->unit);
    if (expect->bound == 0)
        return g_strdup_printf("%s %s", by, distance > 0 ? "over" : "under");
    g_autofree char *percent =
        ox_text_quantity(round(1000 * fabs(distance / expect->bound)) / 10, "");
    return g_strdup_printf("%s %s (%s%s\u00a0%%)", by, distance > 0 ? "over" : "under",
                           distance > 0 ? "+" : "\u2212", percent);
}

bool ox_story_met(const struct ox_report_results *results, guint index, size_t *met) {
    *met = 0;
    for (guint i = 0; i < results->seeds->len; i++) {
        const GArray *expect = seed_at(results, i)->expect;
        if (index >= expect->len)
            return false;
        *met += g_array_index(expect, struct ox_report_expect, index).verdict == OX_REPORT_PASS;
    }
    return true;
}

/* ---- of a sweep ---- */

char *ox_story_run_name(const struct ox_report_sweep *sweep, const struct ox_report_run *run) {
    GString *name = g_string_new(run->scenario);
    for (guint i = 0; i < sweep->axes->len; i++)
        g_string_append_printf(name, " %s=%s",
                               g_array_index(sweep->axes, struct ox_report_axis, i).key,
                               (const char *)run->values->pdata[i]);
    return g_string_free(name, FALSE);
}

char *ox_story_sweep_axes(const struct ox_report_sweep *sweep) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < sweep->axes->len; i++) {
        const struct ox_report_axis *axis = &g_array_index(sweep->axes, struct ox_report_axis, i);
        g_string_append_printf(text, "%s%s = ", i > 0 ? "; " : "", axis->key);
        for (guint v = 0; v < axis->values->len; v++)
            g_string_append_printf(text, "%s%s", v > 0 ? ", " : "",
                                   (const char *)axis->values->pdata[v]);
    }
    return g_string_free(text, FALSE);
}

char *ox_story_sweep_sentence(const struct ox_report_sweep *sweep, size_t cells) {
    const struct ox_report_run *first = NULL;
    size_t counts[3] = {0};
    for (guint i = 0; i < sweep->runs->len; i++) {
        const struct ox_report_run *run = &g_array_index(sweep->runs, struct ox_report_run, i);
        counts[run->verdict]++;
        if (run->verdict != OX_REPORT_PASS && (first == NULL || first->verdict > run->verdict))
            first = run;
    }
    if (first == NULL)
        return g_strdup_printf("All %u runs in %zu cells pass.", sweep->runs->len, cells);
    g_autofree char *name = ox_story_run_name(sweep, first);
    g_autofree char *seed = ox_text_integer(first->seed);
    g_autofree char *reason = clipped(first->reason);
    return g_strdup_printf("%u runs in %zu cells: %zu pass, %zu fail, %zu unknown. First: %s seed "
                           "%s%s%s",
                           sweep->runs->len, cells, counts[OX_REPORT_PASS], counts[OX_REPORT_FAIL],
                           counts[OX_REPORT_UNKNOWN], name, seed, *reason != '\0' ? ": " : ".",
                           reason);
}

/* ---- words ---- */

const char *ox_story_law(const char *part) {
    static const char *const laws[][2] = {
        {"state", "Once quiet, all live replicas hold every owed update, have equal contexts and "
                  "encode to the same bytes. At every moment equal contexts mean equal bytes."},
        {"value", "Every read shows what the specification of its type yields from the updates "
                  "that the replica has seen."},
        {"causality", "Contexts are causally closed and never shrink, own writes are read, no owed "
                      "update is lost and none is applied twice."},
        {"reach", "The run was worth judging: at least 10 owed updates by at least 2 replicas with "
                  "a concurrent pair on one key, and every fault hit something."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++)
        if (strcmp(laws[i][0], part) == 0)
            return laws[i][1];
    return "";
}

char *ox_story_confidence(size_t passed, size_t runs) {
    if (passed < runs)
        return g_strdup_printf("%zu of %zu runs passed.", passed, runs);
    if (runs < 4)
        return g_strdup_printf("%s passed. So few runs say nothing about rare failures: no failure "
                               "in N runs bounds the rate below 3/N at 95 %%.",
                               runs == 1 ? "One run" : "All runs");
    return g_strdup_printf("All %zu runs passed. No failure in N runs bounds the rate of failures "
                           "below 3/N at 95 %%: here below %.2g %%.",
                           runs, 300.0 / (double)runs);
}

const char *const *ox_story_left_out(void) {
    static const char *const sentences[] = {
        "The network carries flows: a message takes its latency plus its size over a fair share of "
        "the bandwidth. There are no packets, queues, slow starts or retransmissions.",
        "The latency between two hosts is constant, apart from the jitter that the scenario asks "
        "for; real routes change over hours.",
        "Losses are independent of each other; real ones come in bursts.",
        "Replicas compute in no time and have unlimited memory; only the network takes time.",
        "A write to disk is durable at once or the disk is lost as a whole; nothing is torn, slow "
        "or silently corrupted.",
        "Replicas are honest. Nobody forges a message or lies about what it holds.",
        NULL,
    };
    return sentences;
}

/* ---- the curve in one line of text ---- */

static double band_at(const struct ox_band *band, double t) {
    size_t i = 0;
    while (i + 1 < band->count && band->t[i + 1] <= t)
        i++;
    return band->middle[i];
}

static void append_times(GString *out, const char *what, double from, double to, size_t width) {
    for (size_t i = 0; i < width; i++)
        g_string_append(out, (double)i + 0.5 >= from && (double)i + 0.5 <= to ? what : " ");
}

static void append_blocks(GString *out, const struct ox_band *band, double end, size_t width) {
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    double most = 1;
    for (size_t i = 0; i < band->count; i++)
        most = isfinite(band->middle[i]) ? fmax(most, band->middle[i]) : most;
    for (size_t i = 0; i < width; i++) {
        double v = band_at(band, ((double)i + 0.5) * end / (double)width);
        double level = isfinite(v) && v > 0 ? log1p(v) / log1p(most) : 0;
        g_string_append(out, v > 0 ? blocks[MIN(1 + (size_t)(level * 7), 7)] : blocks[0]);
    }
}

char *ox_story_sparkline(const struct ox_report_results *results, size_t width) {
    struct ox_band band;
    struct ox_timeline timeline;
    ox_band_init(&band, results, "missing");
    if (band.count == 0)
        return NULL;
    ox_timeline_init(&timeline, results);
    GString *out = g_string_new("");
    append_blocks(out, &band, timeline.end, width);
    g_autofree char *end = ox_text_quantity(timeline.end, "s");
    g_string_append_printf(out, "  0 to %s\n", end);
    for (guint i = 0; i < timeline.windows->len && i < 8; i++) {
        const struct ox_window *window = &g_array_index(timeline.windows, struct ox_window, i);
        double scale = (double)width / timeline.end;
        append_times(out, "\u2501", floor(window->on * scale), ceil(window->off * scale), width);
        g_string_append(out, "  ");
        ox_text_tsv(out, window->name);
        g_string_append(out, " (");
        ox_text_tsv(out, window->kind);
        g_string_append(out, ")\n");
    }
    ox_timeline_clear(&timeline);
    ox_band_clear(&band);
    return g_string_free(out, FALSE);
}
