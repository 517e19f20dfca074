#include "reports/input.h"

#include "reports/json.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char *const VERDICTS[] = {"pass", "fail", "unknown"};

const char *ox_report_verdict_word(enum ox_report_verdict verdict) {
    return VERDICTS[verdict];
}

const struct ox_report_metric *ox_report_metric_named(const GArray *metrics, const char *name) {
    for (guint i = 0; i < metrics->len; i++) {
        const struct ox_report_metric *metric = &g_array_index(metrics, struct ox_report_metric, i);
        if (strcmp(metric->name, name) == 0)
            return metric;
    }
    return NULL;
}

const struct ox_report_series *ox_report_series_named(const GArray *series, const char *name) {
    for (guint i = 0; i < series->len; i++) {
        const struct ox_report_series *one = &g_array_index(series, struct ox_report_series, i);
        if (strcmp(one->name, name) == 0)
            return one;
    }
    return NULL;
}

/* ---- freeing: GArray calls these on each element ---- */

static void part_clear(gpointer data) {
    struct ox_report_part *part = data;
    g_free(part->name);
    g_free(part->reason);
}

static void expect_clear(gpointer data) {
    struct ox_report_expect *expect = data;
    g_free(expect->metric);
    g_free(expect->op);
    g_free(expect->unit);
}

static void metric_clear(gpointer data) {
    struct ox_report_metric *metric = data;
    g_free(metric->name);
    g_free(metric->unit);
}

static void fault_clear(gpointer data) {
    struct ox_report_fault *fault = data;
    g_free(fault->name);
    g_free(fault->kind);
}

static void series_clear(gpointer data) {
    struct ox_report_series *series = data;
    g_free(series->name);
    g_free(series->unit);
    g_free(series->about);
    g_free(series->t);
    g_free(series->v);
}

static void seed_clear(gpointer data) {
    struct ox_report_seed *seed = data;
    g_free(seed->digest);
    g_array_unref(seed->parts);
    g_array_unref(seed->expect);
    g_array_unref(seed->metrics);
    g_array_unref(seed->faults);
    g_array_unref(seed->series);
    g_free(seed->grid.t);
    g_free(seed->grid.v);
}

static void axis_clear(gpointer data) {
    struct ox_report_axis *axis = data;
    g_free(axis->key);
    g_ptr_array_unref(axis->values);
}

static void run_clear(gpointer data) {
    struct ox_report_run *run = data;
    g_free(run->scenario);
    g_free(run->digest);
    g_free(run->reason);
    g_ptr_array_unref(run->values);
    g_array_unref(run->metrics);
}

static GArray *list_of(size_t size, GDestroyNotify clear) {
    GArray *list = g_array_new(FALSE, TRUE, (guint)size);
    g_array_set_clear_func(list, clear);
    return list;
}

void ox_report_results_free(struct ox_report_results *results) {
    if (results == NULL)
        return;
    g_free(results->oxbow);
    g_free(results->scenario);
    g_free(results->about);
    g_free(results->hash);
    g_free(results->protocol);
    g_free(results->simgrid);
    g_free(results->reproduce);
    g_ptr_array_unref(results->replicas);
    g_array_unref(results->parts);
    g_array_unref(results->expect);
    g_array_unref(results->seeds);
    g_free(results);
}

void ox_report_sweep_free(struct ox_report_sweep *sweep) {
    if (sweep == NULL)
        return;
    g_free(sweep->oxbow);
    g_array_unref(sweep->axes);
    g_array_unref(sweep->runs);
    g_free(sweep);
}

/* ---- the pieces that both files share ---- */

static enum ox_report_verdict read_verdict(const struct ox_json *at) {
    g_autofree char *word = ox_json_text(at, "verdict");
    for (size_t i = 0; i < G_N_ELEMENTS(VERDICTS); i++)
        if (strcmp(word, VERDICTS[i]) == 0)
            return (enum ox_report_verdict)i;
    struct ox_json place = ox_json_member(at, "verdict");
    ox_json_wrong(&place, "should be \"pass\", \"fail\" or \"unknown\", not \"%.40s\"", word);
    return OX_REPORT_UNKNOWN;
}

static bool read_seed_number(const struct ox_json *at, double *seed) {
    struct ox_json place = ox_json_member(at, "seed");
    *seed = ox_json_number_or(at, "seed", 0);
    if (*seed < 0 || *seed > 0x1p64)
        ox_json_wrong(&place, "should be between 0 and 2^64");
    return ox_json_present(&place);
}

static GArray *read_parts(const struct ox_json *at) {
    GArray *parts = list_of(sizeof(struct ox_report_part), part_clear);
    struct ox_json array = ox_json_member(at, "parts");
    for (struct ox_json e = ox_json_first(&array); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_report_part part = {
            .name = ox_json_text(&e, "name"),
            .reason = ox_json_text_or(&e, "reason", ""),
            .verdict = read_verdict(&e),
        };
        part.has_seed = read_seed_number(&e, &part.seed);
        g_array_append_val(parts, part);
    }
    return parts;
}

static GArray *read_expectations(const struct ox_json *at) {
    GArray *expectations = list_of(sizeof(struct ox_report_expect), expect_clear);
    struct ox_json array = ox_json_member(at, "expect");
    for (struct ox_json e = ox_json_first(&array); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_json value = ox_json_member(&e, "value");
        struct ox_report_expect expect = {
            .metric = ox_json_text(&e, "metric"),
            .op = ox_json_text(&e, "op"),
            .unit = ox_json_text_or(&e, "unit", ""),
            .bound = ox_json_number(&e, "bound"),
            .known = ox_json_present(&value),
            .value = ox_json_number_or(&e, "value", 0),
            .verdict = read_verdict(&e),
        };
        expect.has_seed = read_seed_number(&e, &expect.seed);
        g_array_append_val(expectations, expect);
    }
    return expectations;
}

static GArray *read_metrics(const struct ox_json *at) {
    GArray *metrics = list_of(sizeof(struct ox_report_metric), metric_clear);
    struct ox_json object = ox_json_member(at, "metrics");
    for (struct ox_json e = ox_json_first(&object); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_report_metric metric = {.name = g_strdup(e.key != NULL ? e.key : "")};
        struct ox_json value = ox_json_member(&e, "value");
        metric.known = ox_json_present(&value);
        metric.unit = ox_json_text_or(&e, "unit", "");
        metric.value = ox_json_number_or(&e, "value", 0);
        g_array_append_val(metrics, metric);
    }
    return metrics;
}

/* ---- results.json ---- */

static GArray *read_faults(const struct ox_json *at) {
    GArray *faults = list_of(sizeof(struct ox_report_fault), fault_clear);
    struct ox_json array = ox_json_member(at, "faults");
    for (struct ox_json e = ox_json_first(&array); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_report_fault fault = {
            .name = ox_json_text(&e, "name"),
            .kind = ox_json_text_or(&e, "kind", ""),
            .on = ox_json_number_or(&e, "on", 0),
            .off = ox_json_number_or(&e, "off", -1),
            .hits = ox_json_number_or(&e, "hits", 0),
            .expected = ox_json_number_or(&e, "expected", 0),
        };
        g_array_append_val(faults, fault);
    }
    return faults;
}

static double *read_times(const struct ox_json *at, size_t *count) {
    struct ox_json array = ox_json_member(at, "t");
    double *t = ox_json_numbers(&array, count);
    for (size_t i = 0; t != NULL && i < *count; i++) {
        if (!isfinite(t[i]) || (i > 0 && t[i] < t[i - 1]))
            ox_json_wrong(&array, "should be ascending times (element %zu is not)", i);
    }
    return t;
}

static GArray *read_all_series(const struct ox_json *at) {
    GArray *all = list_of(sizeof(struct ox_report_series), series_clear);
    struct ox_json object = ox_json_member(at, "series");
    for (struct ox_json e = ox_json_first(&object); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_report_series series = {.name = g_strdup(e.key != NULL ? e.key : "")};
        size_t values = 0;
        struct ox_json v = ox_json_member(&e, "v");
        series.unit = ox_json_text_or(&e, "unit", "");
        series.about = ox_json_text_or(&e, "about", "");
        series.t = read_times(&e, &series.count);
        series.v = ox_json_numbers(&v, &values);
        if (values != series.count)
            ox_json_wrong(&v, "has %zu values for %zu times", values, series.count);
        g_array_append_val(all, series);
    }
    return all;
}

/* Nothing is allocated for rows x columns cells that the file does not have. */
static bool rows_are_full(const struct ox_json *rows, size_t columns) {
    for (struct ox_json e = ox_json_first(rows); e.node != NULL; e = ox_json_next(&e)) {
        size_t cells = ox_json_length(&e);
        if (cells != columns)
            ox_json_wrong(&e, "has %zu cells for %zu times", cells, columns);
    }
    return rows->doc->error == NULL;
}

static struct ox_report_grid read_grid(const struct ox_json *at) {
    struct ox_report_grid grid = {0};
    struct ox_json object = ox_json_member(at, "grid");
    if (!ox_json_present(&object))
        return grid;
    struct ox_json rows = ox_json_member(&object, "rows");
    grid.t = read_times(&object, &grid.columns);
    grid.nodes_per_row = ox_json_number_or(&object, "nodes_per_row", 1);
    if (!(grid.nodes_per_row >= 1 && grid.nodes_per_row <= UINT32_MAX))
        ox_json_wrong(&object, "should have nodes_per_row between 1 and 2^32 - 1");
    if (!rows_are_full(&rows, grid.columns))
        return grid;
    grid.rows = grid.columns > 0 ? ox_json_length(&rows) : 0;
    grid.v = g_new0(double, grid.rows *grid.columns);
    for (struct ox_json e = ox_json_first(&rows); e.node != NULL; e = ox_json_next(&e)) {
        size_t cells = 0;
        g_autofree double *row = ox_json_numbers(&e, &cells);
        if (cells > 0)
            memcpy(&grid.v[e.index * grid.columns], row, cells * sizeof *row);
    }
    if (grid.rows == 0)
        grid.columns = 0;
    return grid;
}

static GArray *read_seeds(const struct ox_json *at) {
    GArray *seeds = list_of(sizeof(struct ox_report_seed), seed_clear);
    struct ox_json array = ox_json_member(at, "seeds");
    for (struct ox_json e = ox_json_first(&array); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_report_seed seed = {
            .digest = ox_json_text_or(&e, "digest", ""),
            .verdict = read_verdict(&e),
            .parts = read_parts(&e),
            .expect = read_expectations(&e),
            .metrics = read_metrics(&e),
            .faults = read_faults(&e),
            .series = read_all_series(&e),
            .grid = read_grid(&e),
        };
        if (!read_seed_number(&e, &seed.seed))
            ox_json_wrong(&e, "should have a seed");
        g_array_append_val(seeds, seed);
    }
    if (seeds->len == 0)
        ox_json_wrong(&array, "should hold at least one seed");
    return seeds;
}

static void read_schema(const struct ox_json *at, const char *want) {
    g_autofree char *schema = ox_json_text(at, "schema");
    struct ox_json place = ox_json_member(at, "schema");
    if (strcmp(schema, want) != 0)
        ox_json_wrong(&place, "should be \"%s\", not \"%.40s\"", want, schema);
}

static GPtrArray *read_texts(const struct ox_json *array) {
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    for (struct ox_json e = ox_json_first(array); e.node != NULL; e = ox_json_next(&e)) {
        if (cJSON_IsString(e.node))
            g_ptr_array_add(texts, g_strdup(e.node->valuestring));
        else
            ox_json_wrong(&e, "should be a text");
    }
    return texts;
}

static struct ox_report_results *read_results(const struct ox_json *top) {
    read_schema(top, "oxbow-results-1");
    struct ox_json replicas = ox_json_member(top, "replicas");
    struct ox_report_results *results = g_new0(struct ox_report_results, 1);
    *results = (struct ox_report_results){
        .oxbow = ox_json_text_or(top, "oxbow", ""),
        .scenario = ox_json_text(top, "scenario"),
        .about = ox_json_text_or(top, "about", ""),
        .hash = ox_json_text_or(top, "hash", ""),
        .protocol = ox_json_text_or(top, "protocol", ""),
        .simgrid = ox_json_text_or(top, "simgrid", ""),
        .reproduce = ox_json_text_or(top, "reproduce", ""),
        .nodes = ox_json_number_or(top, "nodes", 0),
        .duration = ox_json_number_or(top, "duration", 0),
        .replicas = read_texts(&replicas),
        .verdict = read_verdict(top),
        .parts = read_parts(top),
        .expect = read_expectations(top),
        .seeds = read_seeds(top),
    };
    return results;
}

/* ---- sweep.json ---- */

static GArray *read_axes(const struct ox_json *at) {
    GArray *axes = list_of(sizeof(struct ox_report_axis), axis_clear);
    struct ox_json array = ox_json_member(at, "axes");
    for (struct ox_json e = ox_json_first(&array); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_json values = ox_json_member(&e, "values");
        struct ox_report_axis axis = {.key = ox_json_text(&e, "key"),
                                      .values = read_texts(&values)};
        g_array_append_val(axes, axis);
    }
    return axes;
}

static GArray *read_runs(const struct ox_json *at, const GArray *axes) {
    GArray *runs = list_of(sizeof(struct ox_report_run), run_clear);
    struct ox_json array = ox_json_member(at, "runs");
    for (struct ox_json e = ox_json_first(&array); e.node != NULL; e = ox_json_next(&e)) {
        struct ox_json values = ox_json_member(&e, "values");
        struct ox_report_run run = {
            .scenario = ox_json_text(&e, "scenario"),
            .digest = ox_json_text_or(&e, "digest", ""),
            .reason = ox_json_text_or(&e, "reason", ""),
            .values = g_ptr_array_new_with_free_func(g_free),
            .verdict = read_verdict(&e),
            .metrics = read_metrics(&e),
        };
        read_seed_number(&e, &run.seed);
        for (guint i = 0; i < axes->len; i++) {
            const char *key = g_array_index(axes, struct ox_report_axis, i).key;
            g_ptr_array_add(run.values, ox_json_text_or(&values, key, ""));
        }
        g_array_append_val(runs, run);
    }
    if (runs->len == 0)
        ox_json_wrong(&array, "should hold at least one run");
    return runs;
}

static struct ox_report_sweep *read_sweep(const struct ox_json *top) {
    read_schema(top, "oxbow-sweep-1");
    struct ox_report_sweep *sweep = g_new0(struct ox_report_sweep, 1);
    sweep->oxbow = ox_json_text_or(top, "oxbow", "");
    sweep->verdict = read_verdict(top);
    sweep->axes = read_axes(top);
    sweep->runs = read_runs(top, sweep->axes);
    return sweep;
}

/* ---- files ---- */

static bool open_file(struct ox_json_doc *doc, const char *path, GError **error) {
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &text, &size, error))
        return false;
    if (ox_json_open(doc, path, text, size))
        return true;
    g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, doc->error);
    ox_json_close(doc);
    return false;
}

/* True when the document was as it should be. */
static bool close_file(struct ox_json_doc *doc, GError **error) {
    bool good = doc->error == NULL;
    if (!good)
        g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, doc->error);
    ox_json_close(doc);
    return good;
}

struct ox_report_results *ox_report_results_read(const char *dir, GError **error) {
    g_autofree char *path = g_build_filename(dir, "results.json", NULL);
    struct ox_json_doc doc;
    if (!open_file(&doc, path, error))
        return NULL;
    struct ox_json top = ox_json_top(&doc);
    struct ox_report_results *results = read_results(&top);
    if (close_file(&doc, error))
        return results;
    ox_report_results_free(results);
    return NULL;
}

struct ox_report_sweep *ox_report_sweep_read(const char *dir, GError **error) {
    g_autofree char *path = g_build_filename(dir, "sweep.json", NULL);
    struct ox_json_doc doc;
    if (!open_file(&doc, path, error))
        return NULL;
    struct ox_json top = ox_json_top(&doc);
    struct ox_report_sweep *sweep = read_sweep(&top);
    if (close_file(&doc, error))
        return sweep;
    ox_report_sweep_free(sweep);
    return NULL;
}
