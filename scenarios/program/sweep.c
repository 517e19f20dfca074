/* sweep.c - `oxbow sweep`: a grid of scenarios x values x seeds.
 *
 * The largest runs begin first, so that several at once end together; results are filed by their
 * place in the grid, so that no byte depends on it.
 */
#include "scenarios/program/sweep.h"

#include "reports/reports.h"
#include "scenarios/program/folder.h"
#include "scenarios/program/pool.h"
#include "scenarios/program/process.h"
#include "scenarios/program/screen.h"
#include "scenarios/program/simulate.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

struct sweeping {
    struct ox_sweep sweep;
    struct ox_folder folder;
    struct ox_progress progress;
    int code; /* worst of the runs that could not finish */
};

static uint64_t seed_of(const struct ox_sweep *sweep, size_t job) {
    return sweep->request->seed_first + job % sweep->seed_count;
}

/* ---- simulating ---- */

static bool work(void *context, size_t job, GString *output, GError **error) {
    const struct sweeping *sweeping = context;
    const struct ox_sweep *sweep = &sweeping->sweep;
    return ox_simulate(&sweep->runs[job].point->scenario, seed_of(sweep, job), NULL, output, error);
}

/* A run that died says so in its row; the others go on. */
static void record_death(struct sweeping *sweeping, size_t job, int code, const char *wrong) {
    struct ox_sweep_run *run = &sweeping->sweep.runs[job];
    run->results.seed = seed_of(&sweeping->sweep, job);
    run->results.verdict = OX_FAIL;
    run->reason = g_strdup(wrong);
    sweeping->code = ox_exit_worse(sweeping->code, code);
}

static void record(struct sweeping *sweeping, size_t job, const struct ox_pool_result *result) {
    struct ox_sweep_run *run = &sweeping->sweep.runs[job];
    GError *error = NULL;
    if (result->code != 0) {
        record_death(sweeping, job, result->code, result->wrong);
    } else if (!ox_seed_results_read(&run->point->scenario, result->output, &run->results,
                                     &error)) {
        record_death(sweeping, job, OX_EXIT_INTERNAL, error->message);
        g_error_free(error);
    } else {
        run->reason = ox_seed_results_reason(&run->point->scenario, &run->results);
        g_clear_pointer(&run->results.json, g_free); /* series of a thousand runs are a lot */
    }
    run->wall_s = result->wall_s;
    run->rss_max_kib = result->rss_max_kib;
}

static bool done(void *context, size_t job, const struct ox_pool_result *result) {
    struct sweeping *sweeping = context;
    record(sweeping, job, result);
    const struct ox_sweep_run *run = &sweeping->sweep.runs[job];
    GString *line = g_string_new(run->point->scenario.name);
    for (size_t i = 0; i < run->point->file->axis_count; i++)
        g_string_append_printf(line, " %s=%s", run->point->file->axes[i]->key,
                               run->point->values[i]);
    g_string_append_printf(line, " seed %" G_GUINT64_FORMAT ": %s in %.2f s", run->results.seed,
                           result->code == 0 ? ox_verdict_word(run->results.verdict) : "died",
                           result->wall_s);
    ox_progress_line(&sweeping->progress, line->str);
    g_string_free(line, TRUE);
    return true;
}

static double cost_of(const struct ox_sweep_run *run) {
    const struct ox_world_config *world = &run->point->scenario.world;
    return (double)world->network.nodes * (double)world->duration_ns;
}

static gint compare_costs(gconstpointer a, gconstpointer b, gpointer data) {
    const struct ox_sweep_run *runs = data;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    double more = cost_of(&runs[y]) - cost_of(&runs[x]);
    if (more != 0)
        return more > 0 ? 1 : -1;
    return x < y ? -1 : x > y;
}

static int simulate(struct sweeping *sweeping) {
    struct ox_sweep *sweep = &sweeping->sweep;
    size_t *order = g_new0(size_t, sweep->run_count);
    for (size_t i = 0; i < sweep->run_count; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)sweep->run_count, sizeof *order, compare_costs, sweep->runs);
    struct ox_pool pool = {.count = sweep->run_count,
                           .order = order,
                           .at_once = (unsigned)sweep->request->jobs,
                           .work = work,
                           .done = done,
                           .context = sweeping};
    bool good = ox_pool_run(&pool);
    ox_progress_end(&sweeping->progress);
    g_free(order);
    if (ox_signals_exit() != 0)
        return ox_signals_exit();
    if (good)
        return 0;
    fprintf(stderr, "oxbow sweep: cannot start a process for a simulation\n");
    return OX_EXIT_INTERNAL;
}

/* ---- writing ---- */

static char *host_json(const struct ox_sweep *sweep) {
    GString *text = g_string_new(NULL);
    struct ox_writer json = {.out = text, .breaks = 2};
    ox_writer_object(&json, NULL);
    ox_writer_text(&json, "schema", "oxbow-host-1");
    ox_writer_text(&json, "host", g_get_host_name());
    ox_writer_uint(&json, "processors", g_get_num_processors());
    ox_writer_uint(&json, "jobs", (uint64_t)sweep->request->jobs);
    ox_writer_array(&json, "runs");
    for (size_t i = 0; i < sweep->run_count; i++) {
        ox_writer_object(&json, NULL);
        ox_writer_number(&json, "wall_s", sweep->runs[i].wall_s);
        ox_writer_uint(&json, "rss_max_kib", sweep->runs[i].rss_max_kib);
        ox_writer_end_object(&json);
    }
    ox_writer_end_array(&json);
    ox_writer_end_object(&json);
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}

/* The effective scenario with its [sweep]: the file that makes this sweep again. */
static bool write_scenario(const struct ox_folder *folder, const struct ox_grid_file *file,
                           GError **error) {
    GString *text = g_string_new(file->base.effective);
    char *name = g_strconcat(file->base.name, ".ini", NULL);
    for (size_t i = 0; i < file->axis_count; i++) {
        char *values = g_strjoinv(" | ", file->axes[i]->values);
        g_string_append_printf(text, "%s%s = %s\n", i == 0 ? "\n[sweep]\n" : "", file->axes[i]->key,
                               values);
        g_free(values);
    }
    bool good = ox_folder_write(folder, name, text->str, text->len, error);
    good = good && ox_folder_write_inputs(folder, &file->base, error);
    g_string_free(text, TRUE);
    g_free(name);
    return good;
}

static bool write_files(const struct sweeping *sweeping, const char *json, char **missing,
                        GError **error) {
    const struct ox_sweep *sweep = &sweeping->sweep;
    const struct ox_folder *folder = &sweeping->folder;
    char *host = host_json(sweep),
         *database = g_build_filename(folder->stage, "sweep.sqlite", NULL);
    bool good = ox_folder_write(folder, "sweep.json", json, strlen(json), error) &&
                ox_folder_write(folder, "host.json", host, strlen(host), error) &&
                ox_sweep_database(sweep, database, error);
    for (size_t i = 0; i < sweep->grid.file_count && good; i++)
        good = write_scenario(folder, &sweep->grid.files[i], error);
    g_free(host);
    g_free(database);
    return good && ox_report_sweep(folder->stage, missing, error);
}

static void sum_up(struct ox_sweep *sweep) {
    for (size_t i = 0; i < sweep->run_count; i++)
        sweep->verdict = ox_verdict_worse(sweep->verdict, sweep->runs[i].results.verdict);
}

static int conclude(struct sweeping *sweeping) {
    struct ox_sweep *sweep = &sweeping->sweep;
    GString *json = g_string_new(NULL);
    GError *error = NULL;
    char *missing = NULL;
    sum_up(sweep);
    ox_sweep_json(sweep, json);
    int code = ox_exit_worse(sweeping->code, ox_exit_of(sweep->verdict));
    bool good = write_files(sweeping, json->str, &missing, &error);
    if (ox_signals_exit() != 0) {
        code = ox_signals_exit();
        g_clear_error(&error); /* such as a gnuplot that the same signal ended */
    } else if (!good || !ox_folder_commit(&sweeping->folder, &error)) {
        fprintf(stderr, "oxbow sweep: error: %s\n", error->message);
        code = ox_exit_of_error(error);
        g_error_free(error);
    } else {
        char *report = g_build_filename(sweeping->folder.latest, "report.html", NULL);
        if (missing != NULL)
            fprintf(stderr, "oxbow sweep: %s\n", missing);
        if (sweep->request->json)
            fputs(json->str, stdout);
        else
            ox_sweep_screen(sweep, report);
        g_free(report);
    }
    g_string_free(json, TRUE);
    g_free(missing);
    return code;
}

/* ---- the command ---- */

static void make_runs(struct ox_sweep *sweep) {
    sweep->seed_count = (size_t)(sweep->request->seed_last - sweep->request->seed_first) + 1;
    sweep->run_count = sweep->grid.point_count * sweep->seed_count;
    sweep->runs = g_new0(struct ox_sweep_run, sweep->run_count);
    for (size_t i = 0; i < sweep->run_count; i++)
        sweep->runs[i].point = &sweep->grid.points[i / sweep->seed_count];
}

/* Of the contents of all points. */
static uint64_t hash_of(const struct ox_sweep_grid *grid) {
    GString *hashes = g_string_new(NULL);
    for (size_t i = 0; i < grid->point_count; i++)
        g_string_append_printf(hashes, "%016" G_GINT64_MODIFIER "x", grid->points[i].scenario.hash);
    uint64_t hash = XXH3_64bits(hashes->str, hashes->len);
    g_string_free(hashes, TRUE);
    return hash;
}

static bool open_folder(struct sweeping *sweeping) {
    const struct ox_sweep *sweep = &sweeping->sweep;
    GString *name = g_string_new(sweep->grid.files[0].base.name);
    for (size_t i = 1; i < sweep->grid.file_count; i++)
        g_string_append_printf(name, "+%s", sweep->grid.files[i].base.name);
    char *seeds = ox_request_seeds_id(sweep->request);
    char *id = g_strdup_printf("sweep-%08x-%s", (unsigned)(hash_of(&sweep->grid) >> 32), seeds);
    GError *error = NULL;
    bool good = ox_folder_open(sweep->request->out, name->str, id, &sweeping->folder, &error);
    if (!good) {
        fprintf(stderr, "oxbow sweep: error: %s\n", error->message);
        g_error_free(error);
    }
    g_string_free(name, TRUE);
    g_free(seeds);
    g_free(id);
    return good;
}

static int sweep_all(struct sweeping *sweeping) {
    struct ox_sweep *sweep = &sweeping->sweep;
    if (!ox_grid_load(sweep->request, &sweep->grid))
        return OX_EXIT_INPUT;
    ox_signals_catch();
    if (!open_folder(sweeping))
        return OX_EXIT_INPUT;
    make_runs(sweep);
    sweeping->progress =
        (struct ox_progress){.total = sweep->run_count, .silent = sweep->request->quiet != 0};
    int code = simulate(sweeping);
    return code != 0 ? code : conclude(sweeping);
}

static void sweeping_clear(struct sweeping *sweeping) {
    for (size_t i = 0; i < sweeping->sweep.run_count; i++) {
        ox_seed_results_clear(&sweeping->sweep.runs[i].results);
        g_free(sweeping->sweep.runs[i].reason);
    }
    g_free(sweeping->sweep.runs);
    ox_grid_clear(&sweeping->sweep.grid);
    ox_folder_close(&sweeping->folder);
}

int ox_command_sweep(int argc, char **argv) {
    struct ox_request request;
    struct sweeping sweeping = {.sweep = {.request = &request}};
    ox_request_init(&request);
    int code = ox_request_parse(&request,
                                OX_OPTION_SET | OX_OPTION_SEEDS | OX_OPTION_OUT | OX_OPTION_JOBS |
                                    OX_OPTION_JSON | OX_OPTION_QUIET,
                                "Runs scenarios for every combination of their [sweep] values and "
                                "seeds. A key that --set fixes is not swept.",
                                argc, argv);
    if (code == 0)
        code = sweep_all(&sweeping);
    sweeping_clear(&sweeping);
    ox_request_clear(&request);
    return code;
}
