/* main.c - `oxbow`: one word picks a command. */
#include "crdt/bench_crdt.h"
#include "model/bench_model.h"
#include "props/bench_text.h"
#include "scenarios/program/commands.h"
#include "scenarios/program/process.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name, *parameters, *about;
    int (*run)(int argc, char **argv);
};

struct bench {
    const char *name, *about;
    int (*run)(int argc, char **argv);
};

static const struct bench benches[] = {
    {"crdt", "ns and bytes of every data type, next to what is claimed for others", ox_bench_crdt},
    {"model", "messages per second: bare SimGrid and the testbed, in turn", ox_bench_model},
    {"text", "FILE: a keystroke history through the rga, times and sizes", ox_bench_text},
};

static bool is_one_of(const char *word, const char *a, const char *b, const char *c) {
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int bench_help(FILE *out, int code) {
    fprintf(out, "oxbow bench [WHAT]: all of these, or one\n");
    for (size_t i = 0; i < G_N_ELEMENTS(benches); i++)
        fprintf(out, "  %-10s %s\n", benches[i].name, benches[i].about);
    return code;
}

static int command_bench(int argc, char **argv) {
    bool all = argc == 1, found = false;
    int code = OX_EXIT_PASS;
    if (!all && is_one_of(argv[1], "help", "--help", "-h"))
        return bench_help(stdout, OX_EXIT_PASS);
    for (size_t i = 0; i < G_N_ELEMENTS(benches); i++) {
        char *alone[] = {(char *)benches[i].name, NULL};
        if (!all && strcmp(argv[1], benches[i].name) != 0)
            continue;
        if (all && benches[i].run == ox_bench_text)
            continue; /* it needs a file */
        found = true;
        code = ox_exit_worse(code,
                             all ? benches[i].run(1, alone) : benches[i].run(argc - 1, argv + 1));
    }
    if (found)
        return code;
    fprintf(stderr, "oxbow bench: there is no '%s'\n", argv[1]);
    return bench_help(stderr, OX_EXIT_USAGE);
}

static const struct command commands[] = {
    {"run", "SCENARIO...", "simulate, judge, write the run folder", ox_command_run},
    {"sweep", "SCENARIO...", "a grid of scenarios x values x seeds", ox_command_sweep},
    {"laws", "[TYPE...]", "property-test the laws of data types", ox_command_laws},
    {"list", "types|protocols|faults|metrics|scenarios", "what scenario files can name",
     ox_command_list},
    {"explain", "SCENARIO", "what a scenario will do, and where each value comes from",
     ox_command_explain},
    {"bench", "[WHAT]", "speed, measured", command_bench},
};

static int help(FILE *out, int code) {
    fprintf(out,
            "oxbow " OXBOW_VERSION ": a testbed for replicated data in a simulated network\n\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        fprintf(out, "  oxbow %-7s %s\n      %s\n", commands[i].name, commands[i].parameters,
                commands[i].about);
    fprintf(out, "\n`oxbow COMMAND --help` says what a command can be told.\n"
                 "Exit codes: 0 pass; 1 a property or expectation is false; 2 unknown; 64 usage;\n"
                 "65 bad input; 70 internal error.\n");
    return code;
}

static int run_command(int argc, char **argv) {
    if (argc < 2)
        return help(stderr, OX_EXIT_USAGE);
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return help(stdout, OX_EXIT_PASS);
    if (is_one_of(argv[1], "version", "--version", "-V")) {
        printf("oxbow " OXBOW_VERSION " (simgrid %s)\n", ox_simgrid_version());
        return OX_EXIT_PASS;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "oxbow: there is no command '%s'; `oxbow help` has all\n", argv[1]);
    return OX_EXIT_USAGE;
}

int main(int argc, char **argv) {
    ox_process_begin();
    /* For arguments in the user's encoding; messages and numbers stay as they are. */
    setlocale(LC_CTYPE, "");
    return ox_process_end(run_command(argc, argv));
}
