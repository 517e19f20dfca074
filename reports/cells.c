#include "reports/cells.h"

#include "reports/stats.h"
#include "reports/text.h"

#include <string.h>

static void cell_clear(gpointer data) {
    struct ox_cell *cell = data;
    g_ptr_array_unref(cell->runs);
}

static const struct ox_report_run *run_at(const struct ox_report_sweep *sweep, guint i) {
    return &g_array_index(sweep->runs, struct ox_report_run, i);
}

/* Lengths before texts: no two different runs share a name, whatever their values hold. */
static char *name_of(const struct ox_report_run *run) {
    GString *name = g_string_new(NULL);
    g_string_append_printf(name, "%zu:%s", strlen(run->scenario), run->scenario);
    for (guint i = 0; i < run->values->len; i++) {
        const char *value = run->values->pdata[i];
        g_string_append_printf(name, "%zu:%s", strlen(value), value);
    }
    return g_string_free(name, FALSE);
}

static void add_run(struct ox_cell *cell, const struct ox_report_run *run) {
    g_ptr_array_add(cell->runs, (gpointer)run);
    cell->passed += run->verdict == OX_REPORT_PASS;
    if (cell->worst == NULL ||
        (cell->worst->verdict == OX_REPORT_PASS && run->verdict != OX_REPORT_PASS))
        cell->worst = run;
}

GArray *ox_cells_of(const struct ox_report_sweep *sweep) {
    GArray *cells = g_array_new(FALSE, TRUE, sizeof(struct ox_cell));
    g_array_set_clear_func(cells, cell_clear);
    g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < sweep->runs->len; i++) {
        char *name = name_of(run_at(sweep, i));
        gpointer known = g_hash_table_lookup(index, name);
        if (known == NULL) {
            struct ox_cell cell = {.runs = g_ptr_array_new()};
            g_array_append_val(cells, cell);
            known = GUINT_TO_POINTER(cells->len); /* one more than its place, so never NULL */
            g_hash_table_insert(index, name, known);
        } else
            g_free(name);
        guint place = GPOINTER_TO_UINT(known) - 1;
        add_run(&g_array_index(cells, struct ox_cell, place), run_at(sweep, i));
    }
    return cells;
}

char *ox_cell_median(const struct ox_cell *cell, const char *metric) {
    g_autofree double *values = g_new(double, cell->runs->len);
    const char *unit = "";
    size_t count = 0;
    for (guint i = 0; i < cell->runs->len; i++) {
        const struct ox_report_run *run = cell->runs->pdata[i];
        const struct ox_report_metric *one = ox_report_metric_named(run->metrics, metric);
        if (one == NULL || !one->known)
            continue;
        values[count++] = one->value;
        unit = one->unit;
    }
    return count > 0 ? ox_text_quantity(ox_stats_median(values, count), unit) : g_strdup("\u2013");
}

static bool known_somewhere(const struct ox_report_sweep *sweep, const char *metric) {
    for (guint i = 0; i < sweep->runs->len; i++) {
        const struct ox_report_metric *one =
            ox_report_metric_named(run_at(sweep, i)->metrics, metric);
        if (one != NULL && one->known)
            return true;
    }
    return false;
}

const char **ox_cells_metrics(const struct ox_report_sweep *sweep) {
    static const char *const telling[] = {
        "converge_after_heal", "converge_after_last_update", "visible_p95",  "bytes_per_node",
        "bytes_per_update",    "messages_per_update",        "updates_owed", "lost_updates",
    };
    const char **metrics = g_new0(const char *, G_N_ELEMENTS(telling) + 1);
    size_t count = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(telling); i++)
        if (known_somewhere(sweep, telling[i]))
            metrics[count++] = telling[i];
    return metrics;
}

bool ox_cells_several_scenarios(const struct ox_report_sweep *sweep) {
    for (guint i = 1; i < sweep->runs->len; i++)
        if (strcmp(run_at(sweep, i)->scenario, run_at(sweep, 0)->scenario) != 0)
            return true;
    return false;
}
