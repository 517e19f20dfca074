/* The program from outside: exit codes, files, and that nothing but the seed decides them. */
#include "scenarios/program/commands.h"
#include "scenarios/program/pool.h"

#include <cjson/cJSON.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM OXBOW_BINARY_DIR "/oxbow"
#define WORD    "\"" PROGRAM "\"" /* of a shell: the path may have blanks */

static const char small[] = "[scenario]\n"
                            "name = small\n"
                            "duration = 6s\n"
                            "quiet = 2s\n"
                            "settle = 60s\n"
                            "[network]\n"
                            "platform = regions:n=3\n"
                            "nodes = 5\n"
                            "loss = 1%\n"
                            "[replica]\n"
                            "overlay = gossip:fanout=2\n"
                            "interval = 200ms\n"
                            "repair = digest:interval=500ms\n"
                            "[workload]\n"
                            "types = g-counter, or-set\n"
                            "keys = uniform:n=4\n"
                            "rate = 20/s\n"
                            "until = 5s\n"
                            "[expect]\n"
                            "lost_updates = 0\n"
                            "[sweep]\n"
                            "network.nodes = 3 | 5\n"
                            "replica.interval = 200ms | 400ms\n";

static char *folder; /* the working folder of every command */

struct outcome {
    int code; /* of the exit, or -signal */
    char *out, *err;
};

/* Runs `oxbow` with the words of a line. */
static struct outcome oxbow(const char *line) {
    struct outcome outcome = {0};
    GError *error = NULL;
    int status = 0;
    char *command = g_strconcat(WORD " ", line, NULL), **words = NULL;
    g_assert_true(g_shell_parse_argv(command, NULL, &words, NULL));
    g_spawn_sync(folder, words, NULL, 0, NULL, NULL, &outcome.out, &outcome.err, &status, &error);
    g_assert_no_error(error);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    g_strfreev(words);
    g_free(command);
    return outcome;
}

static void outcome_free(struct outcome *outcome) {
    g_free(outcome->out);
    g_free(outcome->err);
}

/* Runs a line and says what it prints when it does not end as wanted. */
static void expect_code(const char *line, int code) {
    struct outcome outcome = oxbow(line);
    if (outcome.code != code)
        g_test_message("oxbow %s\n%s%s", line, outcome.out, outcome.err);
    g_assert_cmpint(outcome.code, ==, code);
    outcome_free(&outcome);
}

static char *path_of(const char *name) {
    return g_build_filename(folder, name, NULL);
}

static void write_file(const char *name, const char *text) {
    char *path = path_of(name);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_free(path);
}

static char *read_file(const char *name) {
    char *path = path_of(name), *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_free(path);
    return text;
}

static bool exists(const char *name) {
    char *path = path_of(name);
    bool there = g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return there;
}

static void shell(const char *line, int code) {
    const char *words[] = {"sh", "-c", line, NULL};
    int status = 0;
    char *out = NULL;
    g_assert_true(g_spawn_sync(folder, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out,
                               NULL, &status, NULL));
    if (WEXITSTATUS(status) != code)
        g_test_message("%s\n%s", line, out);
    g_assert_cmpint(WEXITSTATUS(status), ==, code);
    g_free(out);
}

/* ---- run ---- */

static void a_run_leaves_a_complete_folder(void) {
    static const char *const files[] = {"scenario.ini", "results.json", "host.json",
                                        "junit.xml",    "summary.md",   "report.html"};
    struct outcome outcome = oxbow("run small.ini --out a");
    g_assert_cmpint(outcome.code, ==, 0);
    g_assert_true(g_str_has_prefix(outcome.out, "oxbow 0.1.0  scenario small (hash "));
    g_assert_nonnull(strstr(outcome.out, "seed 1  simgrid 3."));
    g_assert_nonnull(strstr(outcome.out, "  expect  lost_updates = 0  ✓  0\n"));
    g_assert_nonnull(strstr(outcome.out, "  PASS  5 of 5 parts and expectations hold.  Report: "
                                         "a/small/latest/report.html\n"));
    g_assert_null(strchr(outcome.out, '\033'));
    g_assert_null(strchr(outcome.err, '\033'));
    g_assert_nonnull(strstr(outcome.err, "small seed 1: pass in "));
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        char *name = g_strconcat("a/small/latest/", files[i], NULL);
        g_assert_true(exists(name));
        g_free(name);
    }
    /* One folder and one link: no stage is left. */
    shell("test $(ls -A a/small | wc -l) -eq 2 && test -L a/small/latest", 0);
    outcome_free(&outcome);
}

static void the_seed_decides_every_byte(void) {
    expect_code("run small.ini --out b --seed 3", 0);
    expect_code("run small.ini --out c --seed 3", 0);
    shell("diff -r -x host.json b/small/latest c/small/latest", 0);
    expect_code("run small.ini --out c --seed 4", 0);
    shell("cmp -s b/small/latest/results.json c/small/latest/results.json", 1);
}

static void a_run_again_takes_the_place_of_the_first(void) {
    expect_code("run small.ini --out b --seed 3", 0);
    shell("touch b/small/latest/old", 0);
    expect_code("run small.ini --out b --seed 3", 0);
    g_assert_false(exists("b/small/latest/old"));
    shell("test $(ls -A b/small | wc -l) -eq 2", 0);
}

static void jobs_change_nothing(void) {
    expect_code("run small.ini --out d --seeds 1..5", 0);
    expect_code("run small.ini --out e --seeds 1..5 --jobs 3", 0);
    shell("diff -r -x host.json d/small/latest e/small/latest", 0);
    shell("ls d/small | grep -q '^[0-9a-f]\\{8\\}-seeds-1\\.\\.5$'", 0);
}

static void the_effective_file_runs_to_the_same_digest(void) {
    char *matrix = g_strdup_printf("matrix:file=%s/scenarios/networks/aws-5.csv", OXBOW_SOURCE_DIR);
    char *line = g_strdup_printf("run small.ini --out f --set 'network.platform=%s'", matrix);
    expect_code(line, 0);
    g_assert_true(exists("f/small/latest/inputs/aws-5.csv"));
    expect_code("run f/small/latest/scenario.ini --out g", 0);
    shell("grep -v reproduce f/small/latest/results.json > f.json;"
          "grep -v reproduce g/small/latest/results.json > g.json; cmp f.json g.json",
          0);
    g_free(matrix);
    g_free(line);
}

/* What happens on a platform is in its profiles as much as in itself. */
static void a_platform_brings_its_profiles(void) {
    const char *xml = "<?xml version='1.0'?>\n"
                      "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
                      "<platform version=\"4.1\"><zone id=\"a\" routing=\"Full\">\n"
                      "<host id=\"h1\" speed=\"1Gf\" state_file=\"profiles/h1.profile\"/>\n"
                      "<host id=\"h2\" speed=\"1Gf\"/><host id=\"h3\" speed=\"1Gf\"/>\n"
                      "<link id=\"l\" bandwidth=\"1MBps\" latency=\"3ms\"/>\n"
                      "<route src=\"h1\" dst=\"h2\"><link_ctn id=\"l\"/></route>\n"
                      "<route src=\"h1\" dst=\"h3\"><link_ctn id=\"l\"/></route>\n"
                      "<route src=\"h2\" dst=\"h3\"><link_ctn id=\"l\"/></route>\n"
                      "</zone></platform>\n";
    const char *run = "run small.ini --out profiled --set network.platform=simgrid:file=three.xml"
                      " --set network.nodes=3";
    char *path = g_build_filename(folder, "three.xml", NULL);
    g_assert_true(g_file_set_contents(path, xml, -1, NULL));
    g_free(path);
    struct outcome missing = oxbow(run);
    g_assert_cmpint(missing.code, ==, 65);
    if (strstr(missing.err, "'profiles/h1.profile': cannot be read: No such file") == NULL)
        g_error("not about the profile: %s", missing.err);
    outcome_free(&missing);
    shell("mkdir profiles; printf '2 0\\n3 1\\n' > profiles/h1.profile", 0);
    expect_code(run, 0);
    g_assert_true(exists("profiled/small/latest/inputs/profiles/h1.profile"));
    shell("mv profiles elsewhere", 0);
    expect_code("run profiled/small/latest/scenario.ini --out standing", 0);
    shell("grep -v reproduce profiled/small/latest/results.json > p.json;"
          "grep -v reproduce standing/small/latest/results.json > q.json; cmp p.json q.json",
          0);
    shell("mkdir profiles; printf '2 0\\n4 1\\n' > profiles/h1.profile", 0);
    expect_code(run, 0);
    shell("test $(ls profiled/small | grep -c seed) -eq 2", 0); /* another hash, another folder */
}

static void a_trace_changes_no_digest(void) {
    expect_code("run small.ini --out h", 0);
    expect_code("run small.ini --out i --trace", 0);
    shell("test -s i/small/latest/trace.ndjson", 0);
    shell("grep '\"digest\"' h/small/latest/results.json > h.txt;"
          "grep '\"digest\"' i/small/latest/results.json > i.txt; cmp h.txt i.txt",
          0);
}

/* The shipped scenario of texts and nested documents; every part of its verdict passes. */
static void documents_hold(void) {
    expect_code("run " OXBOW_SOURCE_DIR "/scenarios/documents.ini --seeds 1..2 --trace --out docs",
                0);
    shell("grep -q '\"op\":\"insert\".*\"after\":\\[' docs/documents/latest/trace*.ndjson", 0);
    shell("grep -q '\"path\":.*\"inner\":{\"type\":\"rga\"' docs/documents/latest/trace*.ndjson",
          0);
    shell("grep -q '\"op\":\"delete\",\"arg\":\\[' docs/documents/latest/trace*.ndjson", 0);
}

static void json_and_quiet(void) {
    struct outcome outcome = oxbow("run small.ini --out j --json");
    char *results = read_file("j/small/latest/results.json");
    g_assert_cmpstr(outcome.out, ==, results);
    g_assert_cmpstr(outcome.err, ==, "");
    g_free(results);
    outcome_free(&outcome);
    outcome = oxbow("run small.ini --out j --quiet");
    g_assert_cmpstr(outcome.out, ==,
                    "PASS  5 of 5 parts and expectations hold.  Report: "
                    "j/small/latest/report.html\n");
    g_assert_cmpstr(outcome.err, ==, "");
    outcome_free(&outcome);
}

static void a_failure_ends_with_the_line_that_reproduces_it(void) {
    struct outcome outcome = oxbow("run small.ini --out k --seed 2 --set expect.updates=7");
    g_assert_cmpint(outcome.code, ==, 1);
    g_assert_nonnull(strstr(outcome.out, "  expect  updates = 7"));
    g_assert_nonnull(strstr(outcome.out, "  FAIL  5 of 6 parts and expectations hold."));
    g_assert_true(g_str_has_suffix(
        outcome.out, "\n  Reproduce: oxbow run small.ini --set expect.updates=7 --seed 2\n"));
    outcome_free(&outcome);
}

static void exit_codes_say_what_happened(void) {
    static const struct {
        const char *line;
        int code;
    } cases[] = {
        {"run small.ini --out l", 0},
        {"run small.ini --out l --set expect.updates=7", 1},
        /* nothing heals in it */
        {"run small.ini --out l --set expect.converge_after_heal=1s", 2},
        /* too few updates to say anything */
        {"run small.ini --out l --set workload.rate=0/s", 2},
        /* all that is expected holds, but too little happened */
        {"run small.ini --out l --set workload.rate=0.5/s", 2},
        {"", 64},
        {"fly", 64},
        {"run", 64},
        {"run small.ini --fly", 64},
        {"run small.ini --seed x", 64},
        {"run small.ini --seeds 5..1", 64},
        {"run small.ini --seed 1 --seeds 1..2", 64},
        {"run small.ini --jobs 0", 64},
        {"list", 64},
        {"list birds", 64},
        {"laws no-type", 64},
        {"laws --cases 0", 64},
        {"bench nothing", 64},
        {"run nowhere.ini", 65},
        {"run small.ini --set network.los=1%", 65},
        {"run small.ini --out small.ini/x", 65},
        {"run small.ini --out /proc/x", 65},
        {"explain nowhere.ini", 65},
        {"sweep nowhere.ini", 65},
        {"run small.ini nowhere.ini --out m", 65},
        {"run /dev/zero", 65}, /* a file without an end */
        {"run small.ini --set network.platform=matrix:file=/dev/zero", 65},
        {"run small.ini --set network.platform=simgrid:file=/dev/zero", 65},
        {"help", 0},
        {"--version", 0},
        {"list types", 0},
        {"list protocols", 0},
        {"list faults", 0},
        {"list metrics", 0},
        {"list scenarios .", 0},
        {"explain small.ini", 0},
        {"run --help", 0},
        {"bench --help", 0},
        {"laws g-counter --cases 5", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        expect_code(cases[i].line, cases[i].code);
    g_assert_false(exists("m")); /* one bad file of two: nothing ran */
    g_assert_false(exists("runs"));
}

static void bad_input_is_one_message_and_nothing_is_written(void) {
    char *text = g_strconcat(small, "[observe]\nraeds = 1s\n", NULL);
    write_file("bad.ini", text);
    struct outcome outcome = oxbow("run bad.ini --out n");
    g_assert_cmpint(outcome.code, ==, 65);
    g_assert_cmpstr(outcome.err, ==,
                    "bad.ini:25: error: unknown key 'raeds' in [observe]; did you mean 'reads'?\n");
    g_assert_cmpstr(outcome.out, ==, "");
    g_assert_false(exists("n"));
    outcome_free(&outcome);
    outcome = oxbow("run small.ini --out n --set network.los=1%");
    g_assert_cmpstr(outcome.err, ==,
                    "--set network.los=1%: error: unknown key 'los' in [network]; did you mean "
                    "'loss'?\n");
    g_assert_false(exists("n"));
    outcome_free(&outcome);
    outcome = oxbow("run small.ini --out small.ini/n");
    g_assert_cmpstr(outcome.err, ==,
                    "oxbow run: error: cannot make the output folder 'small.ini/n': Not a "
                    "directory\n");
    outcome_free(&outcome);
    g_free(text);
}

/* Starts a run that would take hours and waits until it simulates. */
static GPid start_long_run(const char *out, int *stderr_fd) {
    const char *words[] = {
        PROGRAM, "run", "small.ini", "--out", out, "--set", "scenario.duration=1000000s", NULL};
    char *home = g_build_filename(out, "small", NULL);
    GPid pid = 0;
    g_assert_true(g_spawn_async_with_pipes(folder, (char **)words, NULL,
                                           G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                                           NULL, NULL, &pid, NULL, NULL, stderr_fd, NULL));
    for (int i = 0; i < 1000 && !exists(home); i++)
        g_usleep(10000);
    g_usleep(300000);
    g_assert_true(exists(home));
    g_free(home);
    return pid;
}

static int end_of(GPid pid) {
    int status = 0;
    g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void an_interrupted_run_leaves_nothing(void) {
    int fd = -1;
    GPid pid = start_long_run("o", &fd);
    kill(pid, SIGINT);
    g_assert_cmpint(end_of(pid), ==, 130);
    g_assert_false(exists("o"));
    close(fd);
}

static void a_simulation_that_dies_is_our_fault_and_says_how_to_see_it_again(void) {
    int fd = -1;
    GPid pid = start_long_run("p", &fd);
    char *list = g_strdup_printf("/proc/%d/task/%d/children", (int)pid, (int)pid), *text = NULL;
    g_assert_true(g_file_get_contents(list, &text, NULL, NULL));
    kill((pid_t)g_ascii_strtoll(text, NULL, 10), SIGKILL);
    g_assert_cmpint(end_of(pid), ==, 70);
    char complaint[4096] = "";
    ssize_t size = read(fd, complaint, sizeof complaint - 1);
    g_assert_cmpint(size, >, 0);
    g_assert_nonnull(strstr(complaint, "small.ini: error: seed 1: the simulation died (Killed)"));
    g_assert_nonnull(strstr(complaint, "\nReproduce: oxbow run small.ini --set "
                                       "scenario.duration=1000000s --seed 1\n"));
    g_assert_false(exists("p"));
    close(fd);
    g_free(list);
    g_free(text);
}

/* ---- what the system does to a run ---- */

/* Runs a line of the shell until a gnuplot, one that takes its time, has begun. */
static GPid start_slow_report(const char *line) {
    const char *words[] = {"/bin/sh", "-c", line, NULL};
    char *bin = path_of("bin"), *tool = path_of("bin/gnuplot"), *begun = path_of("begun");
    char *script = g_strdup_printf("#!/bin/sh\n: > %s\nexec sleep 1\n", begun);
    char *path = g_strconcat(bin, ":", g_getenv("PATH"), NULL);
    char **environment = g_environ_setenv(g_get_environ(), "PATH", path, TRUE);
    GPid pid = 0;
    g_mkdir(bin, 0755);
    g_unlink(begun);
    g_assert_true(g_file_set_contents_full(tool, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
    g_assert_true(g_spawn_async(folder, (char **)words, environment,
                                G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                    G_SPAWN_STDERR_TO_DEV_NULL,
                                NULL, NULL, &pid, NULL));
    for (int i = 0; i < 1000 && !exists("begun"); i++)
        g_usleep(10000);
    g_assert_true(exists("begun"));
    g_strfreev(environment);
    g_free(path);
    g_free(script);
    g_free(begun);
    g_free(tool);
    g_free(bin);
    return pid;
}

static void a_signal_while_the_report_is_made_leaves_nothing(void) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        GPid pid = start_slow_report("exec " WORD " run small.ini --out sys-q");
        kill(pid, signals[i]);
        g_assert_cmpint(end_of(pid), ==, 128 + signals[i]);
        g_assert_false(exists("sys-q"));
    }
}

static void a_hangup_ends_the_simulations_too(void) {
    int fd = -1;
    GPid pid = start_long_run("sys-r", &fd);
    kill(pid, SIGHUP);
    g_assert_cmpint(end_of(pid), ==, 129);
    g_assert_false(exists("sys-r"));
    close(fd);
}

/* nohup(1) and `trap '' HUP` mean it. */
static void a_signal_that_is_ignored_stays_ignored(void) {
    GPid pid = start_slow_report("trap '' HUP; exec " WORD " run small.ini --out sys-s");
    kill(pid, SIGHUP);
    g_assert_cmpint(end_of(pid), ==, 0);
    g_assert_true(exists("sys-s/small/latest/report.html"));
}

/* A file that may not grow is the nearest thing to a full disk that a test can have. */
static void a_full_disk_is_one_message_and_nothing_is_left(void) {
    static const char *const commands[] = {"run small.ini --out sys-t",
                                           "run small.ini --out sys-t --trace",
                                           "sweep small.ini --out sys-t"};
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        char *line =
            g_strdup_printf("ulimit -f 8; exec " WORD " %s --quiet 2>/dev/null", commands[i]);
        char *bash = g_strdup_printf("bash -c '%s'", line);
        shell(bash, 65);
        g_assert_false(exists("sys-t"));
        g_free(bash);
        g_free(line);
    }
}

static void closed_streams_harm_no_file(void) {
    shell(WORD " run small.ini --out sys-u <&- >&- 2>&-", 0);
    g_assert_true(exists("sys-u/small/latest/report.html"));
    shell("test $(ls -A sys-u/small | wc -l) -eq 2", 0);
}

static void results_that_cannot_be_printed_are_an_error(void) {
    shell("message=$(" WORD " list metrics 2>&1 >/dev/full); code=$?;"
          "test \"$message\" = 'oxbow: cannot write to stdout: No space left on device' &&"
          "exit $code",
          70);
    shell(WORD " run small.ini --out sys-v --quiet --set expect.updates=7 >/dev/full 2>&1", 70);
}

/* `oxbow run ... | head -1`: who reads no more wants no more, and the runs go on. */
static void a_reader_that_leaves_stops_nothing(void) {
    write_file("other.ini", small);
    shell("{ " WORD " run small.ini other.ini --out sys-w --set scenario.quiet=3s --json; "
          "echo $? > sys-w.code; } 2>sys-w.err | true;"
          "test \"$(cat sys-w.code)\" = 0 && test ! -s sys-w.err",
          0);
    shell("test $(ls -A sys-w/small | wc -l) -eq 2", 0);
}

static void what_stands_in_the_way_of_latest_is_found_first(void) {
    shell("mkdir -p sys-x/small/latest", 0);
    struct outcome outcome = oxbow("run small.ini --out sys-x");
    g_assert_cmpint(outcome.code, ==, 65);
    g_assert_cmpstr(
        outcome.err, ==,
        "oxbow run: error: 'sys-x/small/latest' is a folder where the link to the newest "
        "results belongs; move it away\n");
    shell("test $(ls -A sys-x/small | wc -l) -eq 1", 0);
    outcome_free(&outcome);
}

/* A platform is read more than once, which a pipe cannot be. */
static void a_platform_from_a_pipe_is_refused_and_not_waited_for(void) {
    shell("mkfifo pipe.xml; timeout 20 " WORD
          " run small.ini --set network.platform=simgrid:file=pipe.xml",
          65);
}

/* ---- several seeds ---- */

static double number_at(const cJSON *object, const char *key) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    g_assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static cJSON *results_of(const char *line, int code) {
    struct outcome outcome = oxbow(line);
    g_assert_cmpint(outcome.code, ==, code);
    cJSON *results = cJSON_Parse(outcome.out);
    g_assert_nonnull(results);
    outcome_free(&outcome);
    return results;
}

/* The updates of each of six seeds; the extremes, and the first seeds that have them. */
struct extremes {
    double least, most;
    double least_seed, most_seed;
};

static struct extremes updates_of_seeds(void) {
    struct extremes found = {1e9, -1, 0, 0};
    const cJSON *seed = NULL;
    cJSON *results = results_of("run small.ini --out q --json --seeds 1..6 --jobs 2", 0);
    cJSON_ArrayForEach(seed, cJSON_GetObjectItemCaseSensitive(results, "seeds")) {
        const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(seed, "metrics");
        double updates = number_at(cJSON_GetObjectItemCaseSensitive(metrics, "updates"), "value");
        if (updates < found.least) {
            found.least = updates;
            found.least_seed = number_at(seed, "seed");
        }
        if (updates > found.most) {
            found.most = updates;
            found.most_seed = number_at(seed, "seed");
        }
    }
    cJSON_Delete(results);
    g_assert_cmpfloat(found.least, <, found.most);
    return found;
}

static void check_worst(const char *bound, double value, double seed) {
    char *line = g_strdup_printf("run small.ini --out q --json --seeds 1..6 --jobs 2 --set "
                                 "'expect.updates%s'",
                                 bound);
    cJSON *results = results_of(line, 1);
    const cJSON *worst = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(results, "expect"), 1);
    char *again = g_strdup_printf("--seed %.0f", seed);
    g_assert_cmpfloat(number_at(worst, "value"), ==, value);
    g_assert_cmpfloat(number_at(worst, "seed"), ==, seed);
    g_assert_cmpstr(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(results, "verdict")), ==,
                    "fail");
    g_assert_true(g_str_has_suffix(
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(results, "reproduce")), again));
    char *page = read_file("q/small/latest/report.html");
    char *words = g_strdup_printf(" was expected, worst at seed %.0f.", seed);
    g_assert_nonnull(strstr(page, words));
    cJSON_Delete(results);
    g_free(page);
    g_free(words);
    g_free(line);
    g_free(again);
}

static void the_worst_of_the_seeds_is_shown_with_its_seed(void) {
    struct extremes found = updates_of_seeds();
    char *below = g_strdup_printf("<=%.0f", found.most - 1);
    char *above = g_strdup_printf(">=%.0f", found.least + 1);
    check_worst(below, found.most, found.most_seed);
    check_worst(above, found.least, found.least_seed);
    g_free(below);
    g_free(above);
}

/* The terminal and the page tell of one run: they say one number. */
static void the_screen_and_the_page_say_one_median(void) {
    struct outcome outcome = oxbow("run small.ini --out y --seeds 1..4");
    char *page = read_file("y/small/latest/report.html");
    const char *start = strstr(outcome.out, " converged in ");
    g_assert_nonnull(start);
    double median_ms = 1000 * g_ascii_strtod(start + strlen(" converged in "), NULL);
    char *sentence = g_strdup_printf(" converged %.4g\u00a0ms (median of 4 seeds", median_ms);
    if (strstr(page, sentence) == NULL)
        g_test_message("not on the page: %s", sentence);
    g_assert_nonnull(strstr(page, sentence));
    g_free(sentence);
    g_free(page);
    outcome_free(&outcome);
}

/* Where all seeds say the same, none is the worst. */
static void what_all_seeds_say_has_no_seed(void) {
    struct outcome outcome = oxbow("run small.ini --out y --seeds 1..3");
    g_assert_cmpint(outcome.code, ==, 0);
    g_assert_nonnull(strstr(outcome.out, "  expect  lost_updates = 0  ✓  0\n"));
    outcome_free(&outcome);
}

static void of_several_exit_codes_the_worst_counts(void) {
    static const int from_best[] = {0, 2, 1, 65, 70, 64, 130, 143};
    for (size_t i = 0; i < G_N_ELEMENTS(from_best); i++)
        for (size_t j = 0; j <= i; j++) {
            g_assert_cmpint(ox_exit_worse(from_best[i], from_best[j]), ==, from_best[i]);
            g_assert_cmpint(ox_exit_worse(from_best[j], from_best[i]), ==, from_best[i]);
        }
}

/* ---- sweep ---- */

static int count_rows(const char *path, const char *query) {
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, query, -1, &statement, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    int count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

static void a_sweep_runs_every_combination(void) {
    struct outcome outcome = oxbow("sweep small.ini --out s --seeds 1..2");
    if (outcome.code != 0)
        g_test_message("%s%s", outcome.out, outcome.err);
    g_assert_cmpint(outcome.code, ==, 0);
    g_assert_nonnull(strstr(outcome.out, "8 of 8 runs pass."));
    char *database = path_of("s/small/latest/sweep.sqlite");
    g_assert_cmpint(count_rows(database, "SELECT count(*) FROM runs"), ==, 8);
    g_assert_cmpint(count_rows(database, "SELECT count(*) FROM runs JOIN settings ON run = id "
                                         "WHERE key = 'network.nodes' AND value = '3'"),
                    ==, 4);
    g_assert_cmpint(count_rows(database, "SELECT count(DISTINCT digest) FROM runs"), ==, 8);
    g_assert_cmpint(count_rows(database, "SELECT count(*) FROM metrics WHERE name = 'updates' AND "
                                         "value > 10"),
                    ==, 8);
    g_free(database);
    outcome_free(&outcome);
    expect_code("sweep small.ini --out t --seeds 1..2 --jobs 3", 0);
    shell("diff -r -x host.json s/small/latest t/small/latest", 0);
}

static void a_point_of_a_sweep_is_the_run_with_those_values(void) {
    expect_code("sweep small.ini --out u --set network.nodes=3 --set replica.interval=400ms", 0);
    expect_code("run small.ini --out v --set network.nodes=3 --set replica.interval=400ms", 0);
    char *database = path_of("u/small/latest/sweep.sqlite");
    g_assert_cmpint(count_rows(database, "SELECT count(*) FROM runs"), ==, 1);
    g_free(database);
    shell("d=$(grep -o '\"digest\": \"[0-9a-f]*\"' u/small/latest/sweep.json);"
          "test -n \"$d\" && grep -q \"$d\" v/small/latest/results.json",
          0);
}

static void a_wrong_value_of_a_sweep_is_found_first(void) {
    char *text = g_strconcat(small, "network.loss = 1% | 200%\n", NULL);
    write_file("wide.ini", text);
    struct outcome outcome = oxbow("sweep wide.ini --out w");
    g_assert_cmpint(outcome.code, ==, 65);
    g_assert_cmpstr(outcome.err, ==, "wide.ini:24: error: 'loss': '200%' is more than 100%\n");
    g_assert_false(exists("w"));
    outcome_free(&outcome);
    g_free(text);
}

/* ---- the pool ---- */

#define JOBS 5

struct tally {
    int codes[JOBS];
    char *wrong[JOBS];
    char *outputs[JOBS];
};

/* Jobs: one that works, one that dies, one that complains and fails, one that works,
 * one that a library ends. */
static bool work(void *context, size_t job, GString *output, GError **error) {
    (void)context;
    if (job == 1) {
        fprintf(stderr, "something is rotten\n");
        fflush(stderr);
        raise(SIGKILL);
    }
    if (job == 2) {
        g_set_error(error, G_FILE_ERROR, 65, "bad platform");
        return false;
    }
    if (job == 4)
        _exit(1);
    g_string_append_printf(output, "result %zu", job);
    return true;
}

static bool done(void *context, size_t job, const struct ox_pool_result *result) {
    struct tally *tally = context;
    tally->codes[job] = result->code;
    tally->wrong[job] = g_strdup(result->wrong);
    tally->outputs[job] = g_strdup(result->output);
    return true;
}

static void a_child_that_dies_harms_nobody(void) {
    for (unsigned at_once = 1; at_once <= JOBS; at_once++) {
        struct tally tally = {0};
        static const int codes[JOBS] = {0, 70, 65, 0, 70};
        struct ox_pool pool = {
            .count = JOBS, .at_once = at_once, .work = work, .done = done, .context = &tally};
        g_assert_true(ox_pool_run(&pool));
        for (size_t i = 0; i < JOBS; i++)
            g_assert_cmpint(tally.codes[i], ==, codes[i]);
        g_assert_cmpstr(tally.outputs[3], ==, "result 3");
        g_assert_cmpstr(tally.wrong[0], ==, "");
        g_assert_cmpstr(tally.wrong[1], ==, "the simulation died (Killed):\nsomething is rotten");
        g_assert_cmpstr(tally.wrong[2], ==, "bad platform");
        g_assert_cmpstr(tally.wrong[4], ==, "the simulation ended with code 1 and said nothing");
        for (size_t i = 0; i < JOBS; i++) {
            g_free(tally.wrong[i]);
            g_free(tally.outputs[i]);
        }
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("oxbow-program-XXXXXX", NULL);
    write_file("small.ini", small);
    g_test_add_func("/program/pool", a_child_that_dies_harms_nobody);
    g_test_add_func("/program/run/folder", a_run_leaves_a_complete_folder);
    g_test_add_func("/program/run/seed", the_seed_decides_every_byte);
    g_test_add_func("/program/run/again", a_run_again_takes_the_place_of_the_first);
    g_test_add_func("/program/run/jobs", jobs_change_nothing);
    g_test_add_func("/program/run/effective", the_effective_file_runs_to_the_same_digest);
    g_test_add_func("/program/run/profiles", a_platform_brings_its_profiles);
    g_test_add_func("/program/run/trace", a_trace_changes_no_digest);
    g_test_add_func("/program/run/documents", documents_hold);
    g_test_add_func("/program/run/json-quiet", json_and_quiet);
    g_test_add_func("/program/run/failure", a_failure_ends_with_the_line_that_reproduces_it);
    g_test_add_func("/program/run/bad-input", bad_input_is_one_message_and_nothing_is_written);
    g_test_add_func("/program/run/interrupted", an_interrupted_run_leaves_nothing);
    g_test_add_func("/program/run/dies",
                    a_simulation_that_dies_is_our_fault_and_says_how_to_see_it_again);
    g_test_add_func("/program/system/signal-in-report",
                    a_signal_while_the_report_is_made_leaves_nothing);
    g_test_add_func("/program/system/hangup", a_hangup_ends_the_simulations_too);
    g_test_add_func("/program/system/nohup", a_signal_that_is_ignored_stays_ignored);
    g_test_add_func("/program/system/full-disk", a_full_disk_is_one_message_and_nothing_is_left);
    g_test_add_func("/program/system/closed-streams", closed_streams_harm_no_file);
    g_test_add_func("/program/system/stdout", results_that_cannot_be_printed_are_an_error);
    g_test_add_func("/program/system/reader", a_reader_that_leaves_stops_nothing);
    g_test_add_func("/program/system/latest", what_stands_in_the_way_of_latest_is_found_first);
    g_test_add_func("/program/system/pipe", a_platform_from_a_pipe_is_refused_and_not_waited_for);
    g_test_add_func("/program/run/worst-seed", the_worst_of_the_seeds_is_shown_with_its_seed);
    g_test_add_func("/program/run/median", the_screen_and_the_page_say_one_median);
    g_test_add_func("/program/run/same-for-all-seeds", what_all_seeds_say_has_no_seed);
    g_test_add_func("/program/worst-exit-code", of_several_exit_codes_the_worst_counts);
    g_test_add_func("/program/exit-codes", exit_codes_say_what_happened);
    g_test_add_func("/program/sweep/grid", a_sweep_runs_every_combination);
    g_test_add_func("/program/sweep/point", a_point_of_a_sweep_is_the_run_with_those_values);
    g_test_add_func("/program/sweep/mistake", a_wrong_value_of_a_sweep_is_found_first);
    int code = g_test_run();
    char *command[] = {(char *)"rm", (char *)"-rf", folder, NULL};
    g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
    g_free(folder);
    return code;
}
