/* request.c - arguments of commands. */
#include "scenarios/file/reader.h"
#include "scenarios/file/units.h"
#include "scenarios/program/commands.h"

#include <stdio.h>
#include <string.h>

#define SEED_MAX  (UINT64_C(1) << 53) /* so that a JSON reader holds it exactly */
#define SEEDS_MAX 100000u
#define JOBS_MAX  1024

int ox_exit_of(enum ox_verdict verdict) {
    return verdict == OX_PASS ? OX_EXIT_PASS : verdict == OX_FAIL ? OX_EXIT_FAIL : OX_EXIT_UNKNOWN;
}

int ox_exit_of_error(const GError *error) {
    return error->domain == G_FILE_ERROR || error->code == OX_EXIT_INPUT ? OX_EXIT_INPUT
                                                                         : OX_EXIT_INTERNAL;
}

int ox_exit_worse(int a, int b) {
    static const int order[] = {OX_EXIT_USAGE, OX_EXIT_INTERNAL, OX_EXIT_INPUT, OX_EXIT_FAIL,
                                OX_EXIT_UNKNOWN};
    if (MAX(a, b) > 128)
        return MAX(a, b);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (a == order[i] || b == order[i])
            return order[i];
    return MAX(a, b);
}

int ox_options_parse(const char *parameters, const char *summary, const GOptionEntry *entries,
                     int *argc, char ***argv) {
    char *name = g_strconcat("oxbow ", (*argv)[0], NULL);
    GOptionContext *context = g_option_context_new(parameters);
    GError *error = NULL;
    int code = 0;
    g_set_prgname(name);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        fprintf(stderr, "%s: %s; `%s --help` says what there is\n", name, error->message, name);
        g_error_free(error);
        code = OX_EXIT_USAGE;
    }
    g_option_context_free(context);
    g_free(name);
    return code;
}

/* ---- requests ---- */

void ox_request_init(struct ox_request *request) {
    *request = (struct ox_request){
        .jobs = 1,
        .seed_first = 1,
        .seed_last = 1,
        .overrides = g_ptr_array_new_with_free_func(ox_override_free),
    };
}

void ox_request_clear(struct ox_request *request) {
    g_strfreev(request->scenarios);
    g_strfreev(request->sets);
    g_free(request->out);
    g_free(request->seed);
    g_free(request->seeds);
    g_ptr_array_free(request->overrides, TRUE);
}

static int usage(const char *command, const char *sentence) {
    fprintf(stderr, "oxbow %s: %s; `oxbow %s --help` says what there is\n", command, sentence,
            command);
    return OX_EXIT_USAGE;
}

static bool read_seed(const char *text, uint64_t *seed) {
    char *wrong = NULL;
    bool good = ox_read_count(text, seed, &wrong) && *seed <= SEED_MAX;
    g_free(wrong);
    return good;
}

static int read_seeds(struct ox_request *request, const char *command) {
    if (request->seed != NULL && request->seeds != NULL)
        return usage(command, "--seed and --seeds exclude each other");
    if (request->seed != NULL) {
        if (!read_seed(request->seed, &request->seed_first))
            return usage(command, "--seed takes a whole number, such as 4");
        request->seed_last = request->seed_first;
    }
    if (request->seeds != NULL) {
        char **ends = g_strsplit(request->seeds, "..", 2);
        bool good = g_strv_length(ends) == 2 && read_seed(ends[0], &request->seed_first) &&
                    read_seed(ends[1], &request->seed_last) &&
                    request->seed_first <= request->seed_last &&
                    request->seed_last - request->seed_first < SEEDS_MAX;
        g_strfreev(ends);
        if (!good)
            return usage(command, "--seeds takes a range A..B, such as 1..30, of at most 100000");
    }
    return 0;
}

static int read_sets(struct ox_request *request) {
    struct ox_errors *errors = ox_errors_new();
    for (size_t i = 0; request->sets != NULL && request->sets[i] != NULL; i++) {
        char *option = g_strconcat("--set ", request->sets[i], NULL);
        struct ox_place place = {.file = ox_place_keep(option)};
        struct ox_override *override = ox_override_read(request->sets[i], place, errors);
        if (override != NULL)
            g_ptr_array_add(request->overrides, override);
        g_free(option);
    }
    ox_errors_print(errors, stderr);
    int code = ox_errors_count(errors) == 0 ? 0 : OX_EXIT_INPUT;
    ox_errors_free(errors);
    return code;
}

static void add_option(GArray *entries, unsigned wanted, unsigned option, GOptionEntry entry) {
    if ((wanted & option) != 0)
        g_array_append_val(entries, entry);
}

static GOptionEntry *make_entries(struct ox_request *request, unsigned options) {
    GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    add_option(entries, options, OX_OPTION_SEEDS,
               (GOptionEntry){"seed", 0, 0, G_OPTION_ARG_STRING, &request->seed,
                              "run this seed (1 unless told)", "N"});
    add_option(entries, options, OX_OPTION_SEEDS,
               (GOptionEntry){"seeds", 0, 0, G_OPTION_ARG_STRING, &request->seeds,
                              "run these seeds, both ends included", "A..B"});
    add_option(entries, options, OX_OPTION_SET,
               (GOptionEntry){"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &request->sets,
                              "take this value instead of the file's; may be repeated",
                              "section.key=value"});
    add_option(entries, options, OX_OPTION_OUT,
               (GOptionEntry){"out", 0, 0, G_OPTION_ARG_FILENAME, &request->out,
                              "write results below this folder (runs/ unless told)", "DIR"});
    add_option(entries, options, OX_OPTION_JOBS,
               (GOptionEntry){"jobs", 0, 0, G_OPTION_ARG_INT, &request->jobs,
                              "simulate this many at once (1 unless told); results do not change",
                              "N"});
    add_option(entries, options, OX_OPTION_TRACE,
               (GOptionEntry){"trace", 0, 0, G_OPTION_ARG_NONE, &request->trace,
                              "write trace.ndjson too, and verify every join", NULL});
    add_option(entries, options, OX_OPTION_JSON,
               (GOptionEntry){"json", 0, 0, G_OPTION_ARG_NONE, &request->json,
                              "print the result file instead of the summary", NULL});
    add_option(entries, options, OX_OPTION_QUIET,
               (GOptionEntry){"quiet", 0, 0, G_OPTION_ARG_NONE, &request->quiet,
                              "print the verdict only", NULL});
    add_option(entries, 1, 1,
               (GOptionEntry){G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY,
                              &request->scenarios, NULL, "SCENARIO..."});
    return (GOptionEntry *)(void *)g_array_free(entries, FALSE);
}

int ox_request_parse(struct ox_request *request, unsigned options, const char *summary, int argc,
                     char **argv) {
    const char *command = argv[0];
    GOptionEntry *entries = make_entries(request, options);
    int code = ox_options_parse(NULL, summary, entries, &argc, &argv);
    g_free(entries);
    if (code != 0)
        return code;
    if (request->out == NULL)
        request->out = g_strdup("runs");
    if (request->scenarios == NULL)
        return usage(command, "which scenario? Name its file");
    if (request->jobs < 1 || request->jobs > JOBS_MAX)
        return usage(command, "--jobs takes a number from 1 to 1024");
    code = read_seeds(request, command);
    return code != 0 ? code : read_sets(request);
}

char *ox_request_seeds(const struct ox_request *request) {
    if (request->seed_first == request->seed_last)
        return g_strdup_printf("%" G_GUINT64_FORMAT, request->seed_first);
    return g_strdup_printf("%" G_GUINT64_FORMAT "..%" G_GUINT64_FORMAT, request->seed_first,
                           request->seed_last);
}

char *ox_request_seeds_id(const struct ox_request *request) {
    char *seeds = ox_request_seeds(request);
    bool one = request->seed_first == request->seed_last;
    char *id = g_strconcat(one ? "seed-" : "seeds-", seeds, NULL);
    g_free(seeds);
    return id;
}

/* ---- words for people ---- */

void ox_shell_word(GString *out, const char *text) {
    bool plain = *text != '\0';
    for (const char *at = text; *at != '\0' && plain; at++)
        plain = g_ascii_isalnum(*at) || strchr("_-./=:,+%@", *at) != NULL;
    if (plain) {
        g_string_append(out, text);
        return;
    }
    char *quoted = g_shell_quote(text);
    g_string_append(out, quoted);
    g_free(quoted);
}

char *ox_reproduce(const struct ox_scenario *scenario, const struct ox_request *request,
                   uint64_t seed) {
    GString *line = g_string_new("oxbow run ");
    ox_shell_word(line, scenario->path);
    for (size_t i = 0; request->sets != NULL && request->sets[i] != NULL; i++) {
        g_string_append(line, " --set ");
        ox_shell_word(line, request->sets[i]);
    }
    g_string_append_printf(line, " --seed %" G_GUINT64_FORMAT, seed);
    return g_string_free(line, FALSE);
}
