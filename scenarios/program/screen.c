/* screen.c - see screen.h. */
#include "scenarios/program/screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAR_WIDTH 24

static bool coloured(void) {
    const char *none = getenv("NO_COLOR");
    return (none == NULL || *none == '\0') && isatty(STDOUT_FILENO) != 0;
}

const char *ox_screen_mark(enum ox_verdict verdict) {
    static const char *const plain[] = {"✓", "✗", "?"};
    static const char *const colours[] = {"\033[32m✓\033[0m", "\033[31m✗\033[0m",
                                          "\033[33m?\033[0m"};
    return (coloured() ? colours : plain)[verdict];
}

const char *ox_screen_word(enum ox_verdict verdict) {
    static const char *const plain[] = {"PASS", "FAIL", "UNKNOWN"};
    static const char *const colours[] = {"\033[1;32mPASS\033[0m", "\033[1;31mFAIL\033[0m",
                                          "\033[1;33mUNKNOWN\033[0m"};
    return (coloured() ? colours : plain)[verdict];
}

/* ---- numbers ---- */

/* Three digits after the point at most, four that count; groups of three from a thousand on. */
static char *print_value(double value) {
    if (isinf(value))
        return g_strdup("never");
    if (fabs(value) < 1000) {
        char *text = g_strdup_printf("%.4g", value);
        return text;
    }
    char *digits = g_strdup_printf("%.0f", fabs(value));
    size_t size = strlen(digits);
    GString *text = g_string_new(value < 0 ? "-" : "");
    for (size_t i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            g_string_append_c(text, ' ');
        g_string_append_c(text, digits[i]);
    }
    g_free(digits);
    return g_string_free(text, FALSE);
}

char *ox_screen_value(const struct ox_metric_value *value, const char *unit) {
    if (!value->known)
        return g_strdup("not known");
    char *number = print_value(value->value);
    bool bare = *unit == '\0' || isinf(value->value);
    char *text = bare ? g_strdup(number) : g_strdup_printf("%s %s", number, unit);
    g_free(number);
    return text;
}

/* How far from the bound: "(margin 0.09 s)" inside, "(+16 %)" or "(by 3)" beyond; "" on it. */
static char *print_margin(const struct ox_expectation *expect,
                          const struct ox_expect_result *result) {
    const struct ox_metric_info *info = ox_metric_info(expect->metric);
    double over = result->value.value - expect->bound;
    bool equality = expect->op == OX_CMP_EQ || expect->op == OX_CMP_NE;
    if (!result->value.known || isinf(result->value.value) || over == 0 ||
        (equality && result->verdict == OX_PASS))
        return g_strdup("");
    if (result->verdict == OX_FAIL && expect->bound != 0)
        return g_strdup_printf("(%+.0f %%)", 100 * over / expect->bound);
    struct ox_metric_value distance = {true, fabs(over)};
    char *text = ox_screen_value(&distance, info->unit);
    char *margin = g_strdup_printf(result->verdict == OX_PASS ? "(margin %s)" : "(by %s)", text);
    g_free(text);
    return margin;
}

/* ---- the screen of a run ---- */

static size_t width_of(const struct ox_scenario *scenario) {
    size_t width = 0;
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        width = MAX(width, strlen(ox_part_word((enum ox_part)i)));
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct ox_expectation *expect = &scenario->expect[i];
        width = MAX(width, strlen(ox_metric_info(expect->metric)->word) +
                               strlen(ox_comparison_word(expect->op)) + strlen(expect->text) + 2);
    }
    return width;
}

static void print_part(const struct ox_results *results, enum ox_part part, size_t width) {
    const struct ox_part_result *worst = &results->parts[part];
    size_t passed = 0;
    for (size_t i = 0; i < results->count; i++)
        passed += results->seeds[i].parts[part].verdict == OX_PASS;
    printf("  part    %-*s  %s", (int)width, ox_part_word(part), ox_screen_mark(worst->verdict));
    if (results->count > 1)
        printf("  %zu of %zu", passed, results->count);
    if (worst->verdict != OX_PASS)
        printf("  %s", worst->reason);
    if (worst->verdict != OX_PASS && results->count > 1)
        printf("  (first at seed %" G_GUINT64_FORMAT ")", worst->seed);
    putchar('\n');
}

/* Whether the metric is not the same for all seeds: only then one of them is the worst. */
static bool differs(const struct ox_results *results, enum ox_metric metric) {
    const struct ox_metric_value *first = &results->seeds[0].metrics[metric];
    for (size_t i = 1; i < results->count; i++) {
        const struct ox_metric_value *value = &results->seeds[i].metrics[metric];
        if (value->known != first->known || (value->known && value->value != first->value))
            return true;
    }
    return false;
}

static void print_expect(const struct ox_results *results, size_t i, size_t width) {
    const struct ox_expectation *expect = &results->scenario->expect[i];
    const struct ox_expect_result *worst = &results->expect[i];
    const struct ox_metric_info *info = ox_metric_info(expect->metric);
    char *law =
        g_strdup_printf("%s %s %s", info->word, ox_comparison_word(expect->op), expect->text);
    char *value = ox_screen_value(&worst->value, info->unit);
    char *margin = print_margin(expect, worst);
    printf("  expect  %-*s  %s  %s", (int)width, law, ox_screen_mark(worst->verdict), value);
    if (*margin != '\0')
        printf("  %s", margin);
    if (differs(results, expect->metric))
        printf("  worst at seed %" G_GUINT64_FORMAT, worst->seed);
    putchar('\n');
    g_free(law);
    g_free(value);
    g_free(margin);
}

static gint compare_doubles(gconstpointer a, gconstpointer b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The known values of a metric over the seeds, ascending. */
static GArray *values_of(const struct ox_results *results, enum ox_metric metric) {
    GArray *values = g_array_new(FALSE, FALSE, sizeof(double));
    for (size_t i = 0; i < results->count; i++)
        if (results->seeds[i].metrics[metric].known)
            g_array_append_val(values, results->seeds[i].metrics[metric].value);
    g_array_sort(values, compare_doubles);
    return values;
}

double ox_screen_quantile(const GArray *values, double share) {
    double rank = share * (double)(values->len - 1), below = floor(rank);
    double low = g_array_index(values, double, (size_t)below);
    double high = g_array_index(values, double, (size_t)ceil(rank));
    /* Or two infinite neighbours would make inf - inf. */
    return low == high ? low : low + (rank - below) * (high - low);
}

static char *quantile(const GArray *values, double share) {
    struct ox_metric_value value = {true, ox_screen_quantile(values, share)};
    return ox_screen_value(&value, "s");
}

static void print_convergence(const struct ox_results *results) {
    double heal = results->seeds[0].last_heal_s;
    GArray *values = values_of(results, heal >= 0 ? OX_METRIC_CONVERGE_AFTER_HEAL
                                                  : OX_METRIC_CONVERGE_AFTER_LAST_UPDATE);
    if (values->len > 0 && isinf(g_array_index(values, double, values->len - 1))) {
        printf("  Not all replicas converged.\n");
    } else if (values->len > 0) {
        char *median = quantile(values, 0.5), *high = quantile(values, 0.95);
        printf("  %u replicas converged in %s", results->scenario->world.network.nodes, median);
        if (results->count > 1)
            printf(" (p95 %s)", high);
        if (heal >= 0)
            printf(" after the partition healed at %.4g s.\n", heal);
        else
            printf(" after the last update.\n");
        g_free(median);
        g_free(high);
    }
    g_array_free(values, TRUE);
}

void ox_screen_verdict(const struct ox_results *results, const char *report) {
    size_t bad = 0, total = OX_PART_COUNT + results->scenario->expect_count;
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        bad += results->parts[i].verdict != OX_PASS;
    for (size_t i = 0; i < results->scenario->expect_count; i++)
        bad += results->expect[i].verdict != OX_PASS;
    printf("%s  %zu of %zu parts and expectations hold.  Report: %s\n",
           ox_screen_word(results->verdict), total - bad, total, report);
}

void ox_screen_run(const struct ox_results *results, const struct ox_request *request,
                   const char *report, const char *reproduce) {
    const struct ox_scenario *scenario = results->scenario;
    size_t width = width_of(scenario);
    char *seeds = ox_request_seeds(request);
    printf("oxbow " OXBOW_VERSION "  scenario %s (hash %08x)  seed%s %s  simgrid %s\n",
           scenario->name, (unsigned)(scenario->hash >> 32), results->count > 1 ? "s" : "", seeds,
           ox_simgrid_version());
    for (int part = 0; part < OX_PART_COUNT; part++)
        print_part(results, (enum ox_part)part, width);
    for (size_t i = 0; i < scenario->expect_count; i++)
        print_expect(results, i, width);
    print_convergence(results);
    printf("  ");
    ox_screen_verdict(results, report);
    if (results->verdict != OX_PASS)
        printf("  Reproduce: %s\n", reproduce);
    g_free(seeds);
}

/* ---- progress ---- */

void ox_progress_line(struct ox_progress *progress, const char *line) {
    progress->done++;
    if (progress->silent)
        return;
    if (isatty(STDERR_FILENO) == 0) {
        fprintf(stderr, "[%zu/%zu] %s\n", progress->done, progress->total, line);
        return;
    }
    size_t filled = BAR_WIDTH * progress->done / progress->total;
    fprintf(stderr, "\r\033[K[");
    for (size_t i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fprintf(stderr, "] %zu/%zu  %s", progress->done, progress->total, line);
    fflush(stderr);
}

void ox_progress_end(struct ox_progress *progress) {
    if (!progress->silent && isatty(STDERR_FILENO) != 0)
        fprintf(stderr, "\r\033[K");
}
