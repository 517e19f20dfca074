/* laws.c - `oxbow laws`: property-test the laws of data types.
 *
 * A map is checked with all types inside, and once for each type as the only one inside, so that
 * each nested combination meets enough cases: or-map/rga is a map of sequences at any depth,
 * or-map/or-map is maps in maps.
 *
 * Each law of each of them is checked in a forked child, so that a type which crashes is a failure
 * with a name, not the end of the command.
 */
#include "props/laws.h"
#include "scenarios/file/text.h"
#include "scenarios/file/units.h"
#include "scenarios/program/commands.h"
#include "scenarios/program/pool.h"
#include "scenarios/program/process.h"
#include "scenarios/program/screen.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CASES_DEFAULT 400
#define JOBS_MAX      1024

/* What laws are checked on. */
struct subject {
    const struct ox_type *type;
    const struct ox_type *inner; /* as in ox_law_check */
};

struct checking {
    GArray *subjects; /* of struct subject */
    uint64_t seed, cases;
    gboolean verbose;
    char **lines; /* [subjects x laws]: the verdict's letter, then the text */
    struct ox_progress progress;
};

static const struct subject *subject_of(const struct checking *checking, size_t job) {
    return &g_array_index(checking->subjects, struct subject, job / ox_law_count);
}

static char *name_of(const struct subject *subject) {
    return subject->inner == NULL
               ? g_strdup(subject->type->name)
               : g_strdup_printf("%s/%s", subject->type->name, subject->inner->name);
}

static const struct ox_law *law_of(size_t job) {
    return &ox_laws[job % ox_law_count];
}

/* ---- in the child ---- */

static enum ox_verdict verdict_of(const struct ox_law_run *run) {
    if (run->run.answer == OX_ANSWER_FAIL || run->vacuous != NULL)
        return OX_FAIL;
    return run->run.answer == OX_ANSWER_SKIP ? OX_UNKNOWN : OX_PASS;
}

static void append_failure(GString *output, const struct ox_law_run *run) {
    if (run->vacuous != NULL)
        g_string_append_printf(output, "\n    says nothing: %s never came up", run->vacuous);
    if (*run->run.reason != '\0')
        g_string_append_printf(output, "\n    %s", run->run.reason);
    if (run->story != NULL)
        g_string_append_printf(output, "\n%s", run->story);
}

static bool work(void *context, size_t job, GString *output, GError **error) {
    const struct checking *checking = context;
    const struct subject *subject = subject_of(checking, job);
    struct ox_law_run run;
    (void)error;
    ox_law_check(law_of(job), subject->type, subject->inner, checking->seed, checking->cases, &run);
    enum ox_verdict verdict = verdict_of(&run);
    g_string_append_printf(output, "%c%" G_GUINT64_FORMAT " cases", "pfu"[verdict], run.run.cases);
    if (run.run.skipped > 0)
        g_string_append_printf(output, ", %" G_GUINT64_FORMAT " skipped", run.run.skipped);
    if (run.run.shrinks > 0)
        g_string_append_printf(output, ", shrunk %" G_GUINT64_FORMAT " times", run.run.shrinks);
    if (checking->verbose) {
        g_string_append(output, "\n      ");
        ox_reach_print(&run.reach, subject->type, output);
    }
    if (verdict != OX_PASS)
        append_failure(output, &run);
    ox_law_run_clear(&run);
    return true;
}

/* ---- in the parent ---- */

static bool done(void *context, size_t job, const struct ox_pool_result *result) {
    struct checking *checking = context;
    checking->lines[job] =
        result->code == 0 ? g_strdup(result->output) : g_strconcat("f", result->wrong, NULL);
    ox_progress_line(&checking->progress, law_of(job)->name);
    return true;
}

static int print_line(const struct checking *checking, size_t job) {
    const char *line = checking->lines[job];
    enum ox_verdict verdict = *line == 'p' ? OX_PASS : *line == 'f' ? OX_FAIL : OX_UNKNOWN;
    char *name = name_of(subject_of(checking, job));
    printf("  %-19s %-12s %s  %s\n", name, law_of(job)->name, ox_screen_mark(verdict),
           g_strchomp(checking->lines[job] + 1));
    if (verdict != OX_PASS)
        printf("    the law: %s\n    Reproduce: oxbow laws %s --cases %" G_GUINT64_FORMAT
               " --seed %" G_GUINT64_FORMAT "\n",
               law_of(job)->about, name, checking->cases, checking->seed);
    g_free(name);
    return ox_exit_of(verdict);
}

static int check_all(struct checking *checking, unsigned jobs) {
    size_t count = checking->subjects->len * ox_law_count;
    struct ox_pool pool = {
        .count = count, .at_once = jobs, .work = work, .done = done, .context = checking};
    checking->lines = g_new0(char *, count + 1);
    checking->progress = (struct ox_progress){.total = count,
                                              /* done in seconds: a bar, but no lines */
                                              .silent = isatty(STDERR_FILENO) == 0};
    int code = OX_EXIT_PASS;
    bool good = ox_pool_run(&pool);
    ox_progress_end(&checking->progress);
    if (ox_signals_exit() != 0)
        code = ox_signals_exit();
    else if (!good)
        code = OX_EXIT_INTERNAL;
    printf("oxbow " OXBOW_VERSION "  laws  cases %" G_GUINT64_FORMAT "  seed %" G_GUINT64_FORMAT
           "\n",
           checking->cases, checking->seed);
    size_t held = 0;
    for (size_t job = 0; job < count && code <= OX_EXIT_UNKNOWN; job++) {
        int line = print_line(checking, job);
        held += line == OX_EXIT_PASS;
        code = ox_exit_worse(code, line);
    }
    if (code <= OX_EXIT_UNKNOWN)
        printf("  %s  %zu of %zu laws hold.\n",
               ox_screen_word(code == OX_EXIT_PASS   ? OX_PASS
                              : code == OX_EXIT_FAIL ? OX_FAIL
                                                     : OX_UNKNOWN),
               held, count);
    for (size_t job = 0; job < count; job++)
        g_free(checking->lines[job]);
    g_free(checking->lines);
    return code;
}

/* ---- arguments ---- */

static bool is_map(const struct ox_type *type) {
    for (size_t i = 0; i < type->verb_count; i++)
        if (type->verbs[i].arg == OX_ARG_INNER)
            return true;
    return false;
}

static void add_subject(GArray *subjects, const struct ox_type *type, const struct ox_type *inner) {
    struct subject subject = {type, inner};
    g_array_append_val(subjects, subject);
}

/* A map, and it with each type inside. */
static void add_all_of(GArray *subjects, const struct ox_type *type) {
    add_subject(subjects, type, NULL);
    for (size_t i = 0; is_map(type) && ox_types[i] != NULL; i++)
        add_subject(subjects, type, ox_types[i]);
}

static bool unknown_type(const char *name) {
    const char **words = g_new0(const char *, 64);
    for (size_t i = 0; ox_types[i] != NULL && i < 63; i++)
        words[i] = ox_types[i]->name;
    const char *meant = ox_text_meant(name, words);
    fprintf(stderr, "oxbow laws: there is no type '%s'%s%s%s\n", name,
            meant == NULL ? "; `oxbow list types` has all" : "; did you mean '",
            meant == NULL ? "" : meant, meant == NULL ? "" : "'?");
    g_free(words);
    return false;
}

/* "or-set"; "or-map", which stands for all of its kind; "or-map/or-set", for one. */
static bool add_named(GArray *subjects, const char *name) {
    char **parts = g_strsplit(name, "/", 2);
    const struct ox_type *type = ox_type_named(ox_bytes_of_text(parts[0] != NULL ? parts[0] : ""));
    const char *inside = type != NULL ? parts[1] : NULL;
    const struct ox_type *inner = inside != NULL ? ox_type_named(ox_bytes_of_text(inside)) : NULL;
    bool good = type != NULL && (inside == NULL || (inner != NULL && is_map(type)));
    if (good && inner != NULL)
        add_subject(subjects, type, inner);
    else if (good)
        add_all_of(subjects, type);
    else if (inner != NULL)
        fprintf(stderr, "oxbow laws: a %s holds no types: '%s'\n", type->name, name);
    else
        unknown_type(inside != NULL ? inside : name);
    g_strfreev(parts);
    return good;
}

static bool read_number(const char *option, const char *text, uint64_t *value) {
    char *wrong = NULL;
    if (text == NULL || ox_read_count(text, value, &wrong))
        return true;
    fprintf(stderr, "oxbow laws: %s: %s\n", option, wrong);
    g_free(wrong);
    return false;
}

static bool check_ranges(const struct checking *checking, int jobs) {
    if (checking->cases >= 1 && jobs >= 1 && jobs <= JOBS_MAX)
        return true;
    fprintf(stderr, "oxbow laws: --cases takes 1 or more, --jobs 1 to %d\n", JOBS_MAX);
    return false;
}

int ox_command_laws(int argc, char **argv) {
    char *cases = NULL, *seed = NULL;
    int jobs = (int)MIN(g_get_num_processors(), JOBS_MAX);
    struct checking checking = {.subjects = g_array_new(FALSE, FALSE, sizeof(struct subject)),
                                .seed = 1,
                                .cases = CASES_DEFAULT};
    const GOptionEntry entries[] = {
        {"cases", 0, 0, G_OPTION_ARG_STRING, &cases, "cases of each law (400 unless told)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &seed, "where the cases come from (1 unless told)",
         "S"},
        {"verbose", 0, 0, G_OPTION_ARG_NONE, &checking.verbose,
         "print what came up in the histories of each law", NULL},
        {"jobs", 0, 0, G_OPTION_ARG_INT, &jobs,
         "check this many laws at once (one a processor unless told)", "N"},
        {0}};
    int code = ox_options_parse("[TYPE...]",
                                "Property-tests the laws of data types. or-map/TYPE is a map "
                                "whose keys all lead to one type,\nor-map/or-map one of maps in "
                                "maps; or-map alone stands for all of these.",
                                entries, &argc, &argv);
    bool good = code == 0 && read_number("--cases", cases, &checking.cases) &&
                read_number("--seed", seed, &checking.seed) && check_ranges(&checking, jobs);
    for (int i = 1; good && i < argc; i++)
        good = add_named(checking.subjects, argv[i]);
    for (size_t i = 0; good && argc == 1 && ox_types[i] != NULL; i++)
        add_all_of(checking.subjects, ox_types[i]);
    if (code == 0)
        code = good ? check_all(&checking, (unsigned)jobs) : OX_EXIT_USAGE;
    g_array_free(checking.subjects, TRUE);
    g_free(cases);
    g_free(seed);
    return code;
}
