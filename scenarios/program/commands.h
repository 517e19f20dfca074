/* commands.h - the commands of `oxbow`, and what they share.
 *
 * A command gets its own arguments (argv[0] is the command's name) and answers with the program's
 * exit code.
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_COMMANDS_H
#define OXBOW_SCENARIOS_PROGRAM_COMMANDS_H

#include "scenarios/results.h"

enum ox_exit {
    OX_EXIT_PASS = 0,
    OX_EXIT_FAIL = 1,    /* a property or expectation is false */
    OX_EXIT_UNKNOWN = 2, /* a verdict is unknown */
    OX_EXIT_USAGE = 64,
    OX_EXIT_INPUT = 65, /* a file or folder cannot be used; nothing was run or written */
    OX_EXIT_INTERNAL = 70
};

int ox_exit_of(enum ox_verdict verdict);
/* 65 when the system refused a file, 65 or 70 as an error of ours says itself, else 70. */
int ox_exit_of_error(const GError *error);
/* Of several runs the worst: one that a signal ended, then in the order 64, 70, 65, 1, 2, 0. */
int ox_exit_worse(int a, int b);

int ox_command_run(int argc, char **argv);
int ox_command_sweep(int argc, char **argv);
int ox_command_laws(int argc, char **argv);
int ox_command_list(int argc, char **argv);
int ox_command_explain(int argc, char **argv);

/* ---- arguments ---- */

/* What `run`, `sweep` and `explain` may be told. Fields without an option of the command keep what
 * ox_request_init gave them. */
struct ox_request {
    char **scenarios; /* paths; NULL ends them */
    char **sets;      /* --set, as given; NULL: none */
    char *out;
    char *seed, *seeds; /* as given */
    int jobs;
    gboolean trace, json, quiet;
    uint64_t seed_first, seed_last;
    GPtrArray *overrides; /* of struct ox_override *, from `sets` */
};

void ox_request_init(struct ox_request *request);
void ox_request_clear(struct ox_request *request);

/* Options for a command; all have long names as in `request` says. */
enum {
    OX_OPTION_SET = 1,
    OX_OPTION_SEEDS = 2,
    OX_OPTION_OUT = 4,
    OX_OPTION_JOBS = 8,
    OX_OPTION_TRACE = 16,
    OX_OPTION_JSON = 32,
    OX_OPTION_QUIET = 64
};

/* Parses argv. 0, or the exit code with the complaint already on stderr (a mistake in --set is one
 * in the input). */
int ox_request_parse(struct ox_request *request, unsigned options, const char *summary, int argc,
                     char **argv);
/* "1" or "1..30". */
char *ox_request_seeds(const struct ox_request *request);
/* "seed-1" or "seeds-1..30": for names of folders. */
char *ox_request_seeds_id(const struct ox_request *request);

/* Parses the options of any command: `entries` as of GOption. 0 or an exit code. The rest stays in
 * argv. */
int ox_options_parse(const char *parameters, const char *summary, const GOptionEntry *entries,
                     int *argc, char ***argv);

/* ---- words for people ---- */

/* Appends a text as one word of a shell. */
void ox_shell_word(GString *out, const char *text);
/* The command that runs one seed of the scenario again; to be freed. */
char *ox_reproduce(const struct ox_scenario *scenario, const struct ox_request *request,
                   uint64_t seed);

#endif
