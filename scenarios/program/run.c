/* run.c - `oxbow run`: simulate, judge, write the run folder.
 *
 * Everything is checked first: all scenarios load and all run folders can be written before the
 * first simulation begins. Each simulation is a forked child (pool.h); what the children say
 * becomes one results.json, whose bytes do not depend on their number or order.
 */
#include "reports/reports.h"
#include "scenarios/program/commands.h"
#include "scenarios/program/folder.h"
#include "scenarios/program/pool.h"
#include "scenarios/program/process.h"
#include "scenarios/program/screen.h"
#include "scenarios/program/simulate.h"

#include <stdio.h>
#include <string.h>

struct seed_facts {
    double wall_s;
    uint64_t rss_max_kib;
};

struct run {
    const struct ox_request *request;
    struct ox_scenario scenario;
    struct ox_folder folder;
    struct ox_seed_results *seeds;
    struct seed_facts *facts;
    size_t count;
    struct ox_progress progress;
    int code; /* of a child that failed, else 0 */
};

/* ---- simulating ---- */

static char *trace_path(const struct run *run, size_t job) {
    if (!run->request->trace)
        return NULL;
    char *name = run->count == 1 ? g_strdup("trace.ndjson")
                                 : g_strdup_printf("trace-seed-%" G_GUINT64_FORMAT ".ndjson",
                                                   run->request->seed_first + job);
    char *path = g_build_filename(run->folder.stage, name, NULL);
    g_free(name);
    return path;
}

static bool work(void *context, size_t job, GString *output, GError **error) {
    const struct run *run = context;
    char *trace = trace_path(run, job);
    bool good = ox_simulate(&run->scenario, run->request->seed_first + job, trace, output, error);
    g_free(trace);
    return good;
}

static bool complain(struct run *run, uint64_t seed, int code, const char *wrong) {
    char *again = ox_reproduce(&run->scenario, run->request, seed);
    ox_progress_end(&run->progress);
    fprintf(stderr, "%s: error: seed %" G_GUINT64_FORMAT ": %s\nReproduce: %s\n",
            run->scenario.path, seed, wrong, again);
    run->code = code;
    g_free(again);
    return false;
}

static bool done(void *context, size_t job, const struct ox_pool_result *result) {
    struct run *run = context;
    uint64_t seed = run->request->seed_first + job;
    GError *error = NULL;
    if (result->code != 0)
        return complain(run, seed, result->code, result->wrong);
    if (!ox_seed_results_read(&run->scenario, result->output, &run->seeds[job], &error)) {
        complain(run, seed, OX_EXIT_INTERNAL, error->message);
        g_error_free(error);
        return false;
    }
    run->facts[job] = (struct seed_facts){result->wall_s, result->rss_max_kib};
    char *line = g_strdup_printf("%s seed %" G_GUINT64_FORMAT ": %s in %.2f s", run->scenario.name,
                                 seed, ox_verdict_word(run->seeds[job].verdict), result->wall_s);
    ox_progress_line(&run->progress, line);
    g_free(line);
    return true;
}

static int simulate(struct run *run) {
    struct ox_pool pool = {.count = run->count,
                           .at_once = (unsigned)run->request->jobs,
                           .work = work,
                           .done = done,
                           .context = run};
    bool good = ox_pool_run(&pool);
    ox_progress_end(&run->progress);
    if (ox_signals_exit() != 0)
        return ox_signals_exit();
    if (run->code == 0 && !good) {
        fprintf(stderr, "oxbow run: cannot start a process for a simulation\n");
        return OX_EXIT_INTERNAL;
    }
    return run->code;
}

/* ---- writing ---- */

/* What differs from one run to the next of the same scenario and seed. */
static char *host_json(const struct run *run) {
    GString *text = g_string_new(NULL);
    struct ox_writer json = {.out = text, .breaks = 2};
    GDateTime *now = g_date_time_new_now_utc();
    char *when = g_date_time_format_iso8601(now);
    ox_writer_object(&json, NULL);
    ox_writer_text(&json, "schema", "oxbow-host-1");
    ox_writer_text(&json, "host", g_get_host_name());
    ox_writer_uint(&json, "processors", g_get_num_processors());
    ox_writer_text(&json, "finished", when);
    ox_writer_uint(&json, "jobs", (uint64_t)run->request->jobs);
    ox_writer_array(&json, "seeds");
    for (size_t i = 0; i < run->count; i++) {
        ox_writer_object(&json, NULL);
        ox_writer_uint(&json, "seed", run->seeds[i].seed);
        ox_writer_number(&json, "wall_s", run->facts[i].wall_s);
        ox_writer_uint(&json, "rss_max_kib", run->facts[i].rss_max_kib);
        ox_writer_end_object(&json);
    }
    ox_writer_end_array(&json);
    ox_writer_end_object(&json);
    g_string_append_c(text, '\n');
    g_free(when);
    g_date_time_unref(now);
    return g_string_free(text, FALSE);
}

static bool write_text(const struct ox_folder *folder, const char *name, const char *text,
                       GError **error) {
    return ox_folder_write(folder, name, text, strlen(text), error);
}

static bool write_files(const struct run *run, const char *results, char **missing,
                        GError **error) {
    char *host = host_json(run);
    bool good = write_text(&run->folder, "scenario.ini", run->scenario.effective, error) &&
                write_text(&run->folder, "results.json", results, error) &&
                write_text(&run->folder, "host.json", host, error);
    good = good && ox_folder_write_inputs(&run->folder, &run->scenario, error);
    g_free(host);
    return good && ox_report_run(run->folder.stage, missing, error);
}

/* ---- one scenario, all its seeds ---- */

static void show(const struct run *run, const struct ox_results *results, const char *text,
                 const char *reproduce) {
    char *report = g_build_filename(run->folder.latest, "report.html", NULL);
    if (run->request->json)
        fputs(text, stdout);
    else if (run->request->quiet)
        ox_screen_verdict(results, report);
    else
        ox_screen_run(results, run->request, report, reproduce);
    g_free(report);
}

/* Sums up, writes, shows; takes the seeds' results. */
static int conclude(struct run *run) {
    struct ox_results results;
    GString *text = g_string_new(NULL);
    GError *error = NULL;
    char *missing = NULL;
    ox_results_sum(&run->scenario, run->seeds, run->count, &results);
    char *reproduce = ox_reproduce(&run->scenario, run->request, ox_results_worst_seed(&results));
    ox_results_write(&results, reproduce, text);
    int code = ox_exit_of(results.verdict);
    bool good = write_files(run, text->str, &missing, &error);
    if (ox_signals_exit() != 0) {
        code = ox_signals_exit();
        g_clear_error(&error); /* such as a gnuplot that the same signal ended */
    } else if (!good || !ox_folder_commit(&run->folder, &error)) {
        fprintf(stderr, "oxbow run: error: %s\n", error->message);
        code = ox_exit_of_error(error);
        g_error_free(error);
    } else {
        if (missing != NULL)
            fprintf(stderr, "oxbow run: %s\n", missing);
        show(run, &results, text->str, reproduce);
    }
    run->seeds = NULL;
    ox_results_clear(&results);
    g_string_free(text, TRUE);
    g_free(reproduce);
    g_free(missing);
    return code;
}

static int run_scenario(struct run *run) {
    int code = simulate(run);
    return code != 0 ? code : conclude(run);
}

/* ---- all scenarios ---- */

static int prepare(struct run *run, const struct ox_request *request, const char *path) {
    struct ox_errors *errors = ox_errors_new();
    *run = (struct run){.request = request,
                        .count = (size_t)(request->seed_last - request->seed_first) + 1};
    run->progress =
        (struct ox_progress){.total = run->count, .silent = request->quiet || request->json};
    run->seeds = g_new0(struct ox_seed_results, run->count);
    run->facts = g_new0(struct seed_facts, run->count);
    bool good = ox_scenario_load(path, request->overrides, errors, &run->scenario);
    ox_errors_print(errors, stderr);
    ox_errors_free(errors);
    return good ? 0 : OX_EXIT_INPUT;
}

static int open_folder(struct run *run) {
    char *seeds = ox_request_seeds_id(run->request);
    char *id = g_strdup_printf("%08x-%s", (unsigned)(run->scenario.hash >> 32), seeds);
    GError *error = NULL;
    bool good = ox_folder_open(run->request->out, run->scenario.name, id, &run->folder, &error);
    if (!good) {
        fprintf(stderr, "oxbow run: error: %s\n", error->message);
        g_error_free(error);
    }
    g_free(seeds);
    g_free(id);
    return good ? 0 : OX_EXIT_INPUT;
}

static void run_clear(struct run *run) {
    ox_folder_close(&run->folder);
    for (size_t i = 0; i < run->count && run->seeds != NULL; i++)
        ox_seed_results_clear(&run->seeds[i]);
    g_free(run->seeds);
    g_free(run->facts);
    ox_scenario_clear(&run->scenario);
}

int ox_command_run(int argc, char **argv) {
    struct ox_request request;
    ox_request_init(&request);
    int code =
        ox_request_parse(&request,
                         OX_OPTION_SET | OX_OPTION_SEEDS | OX_OPTION_OUT | OX_OPTION_JOBS |
                             OX_OPTION_TRACE | OX_OPTION_JSON | OX_OPTION_QUIET,
                         "Simulates scenarios, judges them and writes run folders.", argc, argv);
    size_t count = code == 0 ? g_strv_length(request.scenarios) : 0;
    struct run *runs = g_new0(struct run, count);
    for (size_t i = 0; i < count; i++)
        code = ox_exit_worse(code, prepare(&runs[i], &request, request.scenarios[i]));
    if (code == 0)
        ox_signals_catch();
    for (size_t i = 0; i < count && code == 0; i++)
        code = open_folder(&runs[i]);
    for (size_t i = 0, ready = code == 0 ? count : 0; i < ready; i++)
        code = ox_exit_worse(code, run_scenario(&runs[i]));
    for (size_t i = count; i-- > 0;)
        run_clear(&runs[i]);
    g_free(runs);
    ox_request_clear(&request);
    return code;
}
