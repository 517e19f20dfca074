/* sweep_files.c - sweep.json and sweep.sqlite, in the order of the grid. */
#include "scenarios/program/sweep.h"

#include <sqlite3.h>
#include <string.h>

/* ---- sweep.json ---- */

/* An axis of all files: its key, and the values that any of them gives it. */
struct axis {
    const char *key;
    GPtrArray *values;
};

static struct axis *axis_named(GArray *axes, const char *key) {
    for (guint i = 0; i < axes->len; i++)
        if (strcmp(g_array_index(axes, struct axis, i).key, key) == 0)
            return &g_array_index(axes, struct axis, i);
    struct axis axis = {.key = key, .values = g_ptr_array_new()};
    g_array_append_val(axes, axis);
    return &g_array_index(axes, struct axis, axes->len - 1);
}

static void add_values(struct axis *axis, char *const *values) {
    for (size_t i = 0; values[i] != NULL; i++)
        if (!g_ptr_array_find_with_equal_func(axis->values, values[i], g_str_equal, NULL))
            g_ptr_array_add(axis->values, values[i]);
}

static void write_axes(const struct ox_sweep *sweep, struct ox_writer *json) {
    GArray *axes = g_array_new(FALSE, FALSE, sizeof(struct axis));
    for (size_t f = 0; f < sweep->grid.file_count; f++)
        for (size_t i = 0; i < sweep->grid.files[f].axis_count; i++)
            add_values(axis_named(axes, sweep->grid.files[f].axes[i]->key),
                       sweep->grid.files[f].axes[i]->values);
    ox_writer_array(json, "axes");
    for (guint i = 0; i < axes->len; i++) {
        struct axis *axis = &g_array_index(axes, struct axis, i);
        ox_writer_object(json, NULL);
        ox_writer_text(json, "key", axis->key);
        ox_writer_array(json, "values");
        for (guint j = 0; j < axis->values->len; j++)
            ox_writer_text(json, NULL, g_ptr_array_index(axis->values, j));
        ox_writer_end_array(json);
        ox_writer_end_object(json);
        g_ptr_array_free(axis->values, TRUE);
    }
    ox_writer_end_array(json);
    g_array_free(axes, TRUE);
}

static void write_run(const struct ox_sweep_run *run, struct ox_writer *json) {
    const struct ox_grid_file *file = run->point->file;
    ox_writer_object(json, NULL);
    ox_writer_text(json, "scenario", run->point->scenario.name);
    ox_writer_object(json, "values");
    for (size_t i = 0; i < file->axis_count; i++)
        ox_writer_text(json, file->axes[i]->key, run->point->values[i]);
    ox_writer_end_object(json);
    ox_writer_uint(json, "seed", run->results.seed);
    ox_writer_text(json, "digest", run->results.digest);
    ox_writer_text(json, "verdict", ox_verdict_word(run->results.verdict));
    ox_writer_text(json, "reason", run->reason);
    ox_seed_results_metrics(&run->results, json);
    ox_writer_end_object(json);
}

void ox_sweep_json(const struct ox_sweep *sweep, GString *text) {
    struct ox_writer json = {.out = text, .breaks = 2};
    ox_writer_object(&json, NULL);
    ox_writer_text(&json, "schema", "oxbow-sweep-1");
    ox_writer_text(&json, "oxbow", OXBOW_VERSION);
    ox_writer_text(&json, "verdict", ox_verdict_word(sweep->verdict));
    write_axes(sweep, &json);
    ox_writer_array(&json, "runs");
    for (size_t i = 0; i < sweep->run_count; i++)
        write_run(&sweep->runs[i], &json);
    ox_writer_end_array(&json);
    ox_writer_end_object(&json);
    g_string_append_c(text, '\n');
}

/* ---- sweep.sqlite ---- */

static const char schema[] =
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, scenario TEXT NOT NULL, hash TEXT NOT NULL,"
    " seed INTEGER NOT NULL, digest TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL);"
    "CREATE TABLE settings (run INTEGER NOT NULL REFERENCES runs, key TEXT NOT NULL,"
    " value TEXT NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;"
    "CREATE TABLE metrics (run INTEGER NOT NULL REFERENCES runs, name TEXT NOT NULL, value REAL,"
    " unit TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;";

struct database {
    sqlite3 *db;
    sqlite3_stmt *run, *setting, *metric;
    bool good;
};

static void step(struct database *database, sqlite3_stmt *statement) {
    database->good = database->good && sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text) {
    sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static void insert_run(struct database *database, sqlite3_int64 id,
                       const struct ox_sweep_run *run) {
    char hash[17];
    g_snprintf(hash, sizeof hash, "%016" G_GINT64_MODIFIER "x", run->point->scenario.hash);
    sqlite3_bind_int64(database->run, 1, id);
    bind_text(database->run, 2, run->point->scenario.name);
    bind_text(database->run, 3, hash);
    sqlite3_bind_int64(database->run, 4, (sqlite3_int64)run->results.seed);
    bind_text(database->run, 5, run->results.digest);
    bind_text(database->run, 6, ox_verdict_word(run->results.verdict));
    bind_text(database->run, 7, run->reason);
    step(database, database->run);
}

static void insert_facts(struct database *database, sqlite3_int64 id,
                         const struct ox_sweep_run *run) {
    for (size_t i = 0; i < run->point->file->axis_count; i++) {
        sqlite3_bind_int64(database->setting, 1, id);
        bind_text(database->setting, 2, run->point->file->axes[i]->key);
        bind_text(database->setting, 3, run->point->values[i]);
        step(database, database->setting);
    }
    for (int i = 0; i < OX_METRIC_COUNT; i++) {
        const struct ox_metric_info *info = ox_metric_info((enum ox_metric)i);
        sqlite3_bind_int64(database->metric, 1, id);
        bind_text(database->metric, 2, info->word);
        if (run->results.metrics[i].known)
            sqlite3_bind_double(database->metric, 3, run->results.metrics[i].value);
        bind_text(database->metric, 4, info->unit);
        step(database, database->metric);
    }
}

static bool prepare(struct database *database, const char *text, sqlite3_stmt **statement) {
    return sqlite3_prepare_v2(database->db, text, -1, statement, NULL) == SQLITE_OK;
}

static bool open_database(struct database *database, const char *path) {
    return sqlite3_open(path, &database->db) == SQLITE_OK &&
           sqlite3_exec(database->db, "PRAGMA journal_mode = OFF; BEGIN;", NULL, NULL, NULL) ==
               SQLITE_OK &&
           sqlite3_exec(database->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           prepare(database, "INSERT INTO runs VALUES (?,?,?,?,?,?,?)", &database->run) &&
           prepare(database, "INSERT INTO settings VALUES (?,?,?)", &database->setting) &&
           prepare(database, "INSERT INTO metrics VALUES (?,?,?,?)", &database->metric);
}

bool ox_sweep_database(const struct ox_sweep *sweep, const char *path, GError **error) {
    struct database database = {0};
    database.good = open_database(&database, path);
    for (size_t i = 0; i < sweep->run_count && database.good; i++) {
        insert_run(&database, (sqlite3_int64)i + 1, &sweep->runs[i]);
        insert_facts(&database, (sqlite3_int64)i + 1, &sweep->runs[i]);
    }
    database.good =
        database.good && sqlite3_exec(database.db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!database.good)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot write '%s': %s", path,
                    sqlite3_errmsg(database.db));
    sqlite3_finalize(database.run);
    sqlite3_finalize(database.setting);
    sqlite3_finalize(database.metric);
    sqlite3_close(database.db);
    return database.good;
}
