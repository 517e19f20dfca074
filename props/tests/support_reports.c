#include "support_reports.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- folders ---- */

char *new_folder(void) {
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("oxbow-reports-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

void remove_folder(char *folder) {
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
            remove_folder(path);
        } else {
            g_unlink(path);
            g_free(path);
        }
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_rmdir(folder);
    g_free(folder);
}

void put(const char *folder, const char *name, const char *text, gssize size) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    FILE *file = g_fopen(path, "wb");
    size_t length = size < 0 ? strlen(text) : (size_t)size;
    g_assert_nonnull(file);
    g_assert_cmpuint(fwrite(text, 1, length, file), ==, length);
    g_assert_cmpint(fclose(file), ==, 0);
}

char *get(const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_file_get_contents(path, &text, NULL, &error);
    g_assert_no_error(error);
    return text;
}

bool has_file(const char *folder, const char *name) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

guint count_files(const char *folder) {
    GDir *dir = g_dir_open(folder, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(dir) != NULL)
        count++;
    g_dir_close(dir);
    return count;
}

bool gnuplot_is_here(void) {
    g_autofree char *path = g_find_program_in_path("gnuplot");
    return path != NULL;
}

char *replace_path(const char *folder) {
    char *before = g_strdup(g_getenv("PATH"));
    g_setenv("PATH", folder, TRUE);
    return before;
}

void restore_path(char *before) {
    g_setenv("PATH", before, TRUE);
    g_free(before);
}

/* ---- a made-up run ---- */

const struct run_options SPLIT = {
    .seeds = 1, .name = "split", .rows = 50, .columns = 200, .nodes_per_row = 1};

static double missing_at(double t, guint row, guint seed) {
    double cut = row % 5 < 2 ? 1.5 : 1;
    double heal = 8 + seed;
    if (t < 30 || t > 90 + heal)
        return t < 120 ? 20 : 0;
    return t < 90 ? 20 + (t - 30) * 10 * cut : 20 + 600 * cut * (1 - (t - 90) / heal);
}

static void append_series(GString *json, const char *name, const struct run_options *options,
                          guint seed, bool share) {
    g_string_append_printf(json, "\"%s\":{\"unit\":\"\",\"about\":\"\",\"t\":[", name);
    for (guint i = 0; i < options->columns; i++)
        g_string_append_printf(json, "%s%u", i > 0 ? "," : "", i);
    g_string_append(json, "],\"v\":[");
    for (guint i = 0; i < options->columns; i++) {
        double v = missing_at(i, 2, seed);
        g_string_append_printf(json, "%s%.3f", i > 0 ? "," : "", share ? v == 0 : v);
    }
    g_string_append(json, "]}");
}

static void append_grid(GString *json, const struct run_options *options, guint seed) {
    g_string_append_printf(json, "\"grid\":{\"nodes_per_row\":%u,\"t\":[", options->nodes_per_row);
    for (guint i = 0; i < options->columns; i++)
        g_string_append_printf(json, "%s%u", i > 0 ? "," : "", i);
    g_string_append(json, "],\"rows\":[");
    for (guint row = 0; row < options->rows; row++) {
        g_string_append(json, row > 0 ? ",[" : "[");
        for (guint i = 0; i < options->columns; i++) {
            bool down = row == 7 && i > 40 && i < 60;
            g_string_append_printf(json, "%s%.0f", i > 0 ? "," : "",
                                   down ? -1.0 : missing_at(i, row, seed));
        }
        g_string_append_c(json, ']');
    }
    g_string_append(json, "]}");
}

static const char *seed_verdict(const struct run_options *options, guint seed) {
    return seed == options->failing ? "fail" : seed == options->unknown ? "unknown" : "pass";
}

static void append_verdict(GString *json, const struct run_options *options, guint seed) {
    bool bad = seed == options->failing && seed > 0, odd = seed == options->unknown && seed > 0;
    g_string_append_printf(
        json,
        "\"parts\":[{\"name\":\"state\",\"verdict\":\"%s\",\"reason\":\"%s\",\"seed\":%u},"
        "{\"name\":\"reach\",\"verdict\":\"%s\",\"reason\":\"%s\",\"seed\":%u}],"
        "\"expect\":[{\"metric\":\"converge_after_heal\",\"op\":\"<=\",\"bound\":30,"
        "\"unit\":\"s\",\"value\":%s,\"verdict\":\"%s\",\"seed\":%u}],",
        bad ? "fail" : "pass", bad ? "node 17 lacks k1 & <k2>" : "", seed, odd ? "unknown" : "pass",
        odd ? "nothing was concurrent" : "", seed, bad ? "\"inf\"" : "9.5", bad ? "fail" : "pass",
        seed);
}

static void append_seed(GString *json, const struct run_options *options, guint seed) {
    g_string_append_printf(json, "%s{\"seed\":%u,\"digest\":\"00000000000000%02x\",",
                           seed > 1 ? "," : "", seed, seed);
    g_string_append_printf(json, "\"verdict\":\"%s\",", seed_verdict(options, seed));
    append_verdict(json, options, seed);
    g_string_append_printf(
        json,
        "\"metrics\":{\"converge_after_heal\":{\"value\":%u.5,\"unit\":\"s\"},"
        "\"bytes_per_update\":{\"value\":497.25,\"unit\":\"B\"},\"visible_p50\":null,"
        "\"lost_updates\":{\"value\":%u,\"unit\":\"\"},"
        "\"updates_owed\":{\"value\":2410,\"unit\":\"\"}},"
        "\"faults\":[{\"name\":\"%s\",\"kind\":\"partition\",\"on\":30,\"off\":90,\"hits\":812,"
        "\"expected\":0},{\"name\":\"wan\",\"kind\":\"loss\",\"on\":0,\"off\":null,\"hits\":41,"
        "\"expected\":40.5}],\"series\":{",
        8 + seed, seed == options->failing ? 3 : 0, options->name);
    append_series(json, "equal", options, seed, true);
    g_string_append_c(json, ',');
    append_series(json, "missing", options, seed, false);
    g_string_append_c(json, ',');
    append_series(json, "bytes", options, seed, false);
    g_string_append(json, "},");
    append_grid(json, options, seed);
    g_string_append_c(json, '}');
}

GString *made_up_run(const struct run_options *options) {
    static const char *const regions[] = {"us-east-1", "eu-west-1", "ca-central-1", "sa-east-1",
                                          "ap-southeast-1"};
    guint worst = options->failing > 0 ? options->failing : MAX(options->unknown, 1);
    GString *json = g_string_new(NULL);
    g_string_append_printf(json,
                           "{\"schema\":\"oxbow-results-1\",\"oxbow\":\"0.1.0\",\"scenario\":"
                           "\"split-brain\",\"about\":\"%s\",\"hash\":\"7b1e\",\"nodes\":%u,"
                           "\"duration\":180,\"protocol\":\"delta\",\"simgrid\":\"3.32\","
                           "\"verdict\":\"%s\",\"replicas\":[",
                           options->name, options->rows * options->nodes_per_row,
                           seed_verdict(options, worst));
    for (guint i = 0; i < options->rows * options->nodes_per_row; i++)
        g_string_append_printf(json, "%s\"%s\"", i > 0 ? "," : "", regions[i % 5]);
    g_string_append(json, "],");
    append_verdict(json, options, worst);
    g_string_append(json, "\"seeds\":[");
    for (guint seed = 1; seed <= options->seeds; seed++)
        append_seed(json, options, seed);
    g_string_append(json, "],\"reproduce\":\"oxbow run scenarios/split-brain.ini --seed 1\"}");
    return json;
}

/* ---- a made-up sweep ---- */

static const char *const SIZES[] = {"5", "10", "20", "50", "100", "200", "500", "1000", NULL};
const struct sweep_options SCALING = {"network.nodes", SIZES, {"", NULL}, 3};

static void append_run(GString *json, const struct sweep_options *options, const char *value,
                       guint protocol, guint seed) {
    double n, noise = seed == 1 ? 0.97 : seed == 2 ? 1 : 1.04;
    n = g_ascii_strtod(value, NULL);
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_dtostr(digits, sizeof digits, 1.2 * (protocol + 1) * pow(n, 0.31) * noise);
    g_string_append_printf(
        json,
        "%s{\"scenario\":\"scaling\",\"values\":{\"%s\":\"%s\",\"replica.sync\":\"%s\"},"
        "\"seed\":%u,\"digest\":\"d%u\",\"verdict\":\"%s\",\"reason\":\"%s\",\"metrics\":{"
        "\"converge_after_heal\":null,\"converge_after_last_update\":{\"value\":%s,\"unit\":\"s\"},"
        "\"bytes_per_node\":{\"value\":%.0f,\"unit\":\"B\"}}}",
        json->str[json->len - 1] == '[' ? "" : ",", options->axis, value,
        options->protocols[protocol], seed, seed, n == 500 && seed == 2 ? "unknown" : "pass",
        n == 500 && seed == 2 ? "node 7 still moved" : "", digits, 20000 * (n + 5));
}

GString *made_up_sweep(const struct sweep_options *options) {
    GString *json = g_string_new(NULL);
    g_string_append_printf(json,
                           "{\"schema\":\"oxbow-sweep-1\",\"oxbow\":\"0.1.0\",\"verdict\":"
                           "\"unknown\",\"axes\":[{\"key\":\"%s\",\"values\":[",
                           options->axis);
    for (guint i = 0; options->values[i] != NULL; i++)
        g_string_append_printf(json, "%s\"%s\"", i > 0 ? "," : "", options->values[i]);
    g_string_append(json, "]}");
    for (guint p = 0; *options->protocols[0] != '\0' && options->protocols[p] != NULL; p++)
        g_string_append_printf(json, "%s\"%s\"",
                               p == 0 ? ",{\"key\":\"replica.sync\",\"values\":[" : ",",
                               options->protocols[p]);
    g_string_append(json, *options->protocols[0] != '\0' ? "]}],\"runs\":[" : "],\"runs\":[");
    for (guint p = 0; options->protocols[p] != NULL; p++)
        for (guint i = 0; options->values[i] != NULL; i++)
            for (guint seed = 1; seed <= options->seeds; seed++)
                append_run(json, options, options->values[i], p, seed);
    g_string_append(json, "]}");
    return json;
}

/* ---- reading pages again ---- */

/* What the parser sees; ids and references are sets. */
struct page {
    struct tags tags;
    GHashTable *ids;
    GPtrArray *references;
};

static void on_start(GMarkupParseContext *context, const char *element, const char **names,
                     const char **values, gpointer user, GError **error) {
    struct page *page = user;
    (void)context, (void)error;
    page->tags.cases += g_str_equal(element, "testcase");
    page->tags.failures += g_str_equal(element, "failure");
    page->tags.errors += g_str_equal(element, "error");
    page->tags.suites += g_str_equal(element, "testsuite");
    page->tags.scripts += g_str_equal(element, "script");
    for (; *names != NULL; names++, values++) {
        if (g_str_equal(*names, "id") && !g_hash_table_add(page->ids, g_strdup(*values)))
            g_error("the id %s stands twice", *values);
        if (g_str_has_suffix(*names, "href") && **values == '#')
            g_ptr_array_add(page->references, g_strdup(*values + 1));
    }
}

static void on_text(GMarkupParseContext *context, const char *text, gsize size, gpointer user,
                    GError **error) {
    struct page *page = user;
    (void)error;
    if (!g_str_equal(g_markup_parse_context_get_element(context), "style"))
        g_string_append_len(page->tags.text, text, (gssize)size);
}

struct tags parse_markup(const char *text) {
    static const GMarkupParser parser = {.start_element = on_start, .text = on_text};
    struct page page = {.tags.text = g_string_new(NULL),
                        .ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                        .references = g_ptr_array_new_with_free_func(g_free)};
    g_autoptr(GError) error = NULL;
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &page, NULL);
    g_markup_parse_context_parse(context, text, -1, &error);
    g_assert_no_error(error);
    g_markup_parse_context_end_parse(context, &error);
    g_assert_no_error(error);
    g_markup_parse_context_free(context);
    for (guint i = 0; i < page.references->len; i++)
        if (!g_hash_table_contains(page.ids, page.references->pdata[i]))
            g_error("nothing has the id %s", (char *)page.references->pdata[i]);
    g_hash_table_unref(page.ids);
    g_ptr_array_unref(page.references);
    return page.tags;
}

void assert_holds(const char *text, const char *what) {
    if (strstr(text, what) == NULL)
        g_error("not found: %s\nin: %.4000s", what, text);
}

void assert_lacks(const char *text, const char *what) {
    const char *at = strstr(text, what);
    if (at != NULL)
        g_error("found: %s\nin: %.200s", what, at);
}
