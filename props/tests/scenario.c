/* The loader: what a scenario file means, and every way in which one can be wrong. */
#include "scenarios/scenario.h"

#include "scenarios/file/profiles.h"
#include "scenarios/file/reader.h"
#include "scenarios/file/regions.h"

#include "protocols/protocol.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder; /* of this test's own, with three.csv in it */

static const char matrix[] = "# three regions\n"
                             "rtt_ms, north, south, west\n"
                             "north, 0.2, 100, 50\n"
                             "south, 101, 0.2, 60\n"
                             "west, 50, 61, 0.2\n";

static const char good[] = "[scenario]\n"                       /*  1 */
                           "duration = 100s\n"                  /*  2 */
                           "[network]\n"                        /*  3 */
                           "platform = matrix:file=three.csv\n" /*  4 */
                           "nodes = 9\n"                        /*  5 */
                           "loss = 1%\n"                        /*  6 */
                           "[replica]\n"                        /*  7 */
                           "overlay = gossip:fanout=2\n"        /*  8 */
                           "repair = digest:interval=20s\n"     /*  9 */
                           "[workload]\n"                       /* 10 */
                           "types = g-counter, or-set\n"        /* 11 */
                           "until = 80s\n"                      /* 12 */
                           "[fault.split]\n"                    /* 13 */
                           "kind = partition\n"                 /* 14 */
                           "groups = north | rest\n"            /* 15 */
                           "at = 10s\n"                         /* 16 */
                           "for = 20s\n"                        /* 17 */
                           "[fault.stop]\n"                     /* 18 */
                           "kind = crash\n"                     /* 19 */
                           "nodes = 4, 6-7, west\n"             /* 20 */
                           "at = 40s\n"                         /* 21 */
                           "[expect]\n"                         /* 22 */
                           "converge_after_heal <= 30s\n"       /* 23 */
                           "lost_updates = 0\n"                 /* 24 */
                           "[sweep]\n"                          /* 25 */
                           "network.nodes = 9 | 12\n";          /* 26 */

struct load {
    struct ox_scenario scenario;
    struct ox_errors *errors;
    bool good;
};

static char *path_of(const char *name) {
    return g_build_filename(folder, name, NULL);
}

static struct load load_text(const char *text, const GPtrArray *overrides) {
    struct load load = {.errors = ox_errors_new()};
    char *path = path_of("x.ini");
    load.good = ox_scenario_parse(path, text, strlen(text), overrides, load.errors, &load.scenario);
    g_assert_true(load.good == (ox_errors_count(load.errors) == 0));
    g_free(path);
    return load;
}

static void load_free(struct load *load) {
    ox_scenario_clear(&load->scenario);
    ox_errors_free(load->errors);
}

/* The text with its first `from` replaced. */
static char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    g_assert_nonnull(at);
    return g_strdup_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static const char *value_of(const struct ox_scenario *scenario, const char *section,
                            const char *key) {
    for (size_t i = 0; i < scenario->setting_count; i++)
        if (strcmp(scenario->settings[i].section, section) == 0 &&
            strcmp(scenario->settings[i].key, key) == 0)
            return scenario->settings[i].value;
    return NULL;
}

/* ---- what it means ---- */

static void a_file_becomes_a_world(void) {
    struct load load = load_text(good, NULL);
    g_assert_true(load.good);
    const struct ox_world_config *world = &load.scenario.world;
    g_assert_cmpstr(load.scenario.name, ==, "x");
    g_assert_cmpuint(world->duration_ns, ==, 100 * OX_SECOND_NS);
    g_assert_cmpuint(world->network.nodes, ==, 9);
    g_assert_cmpfloat(world->network.loss, ==, 0.01);
    g_assert_cmpuint(world->network.regions.count, ==, 3);
    g_assert_cmpuint(world->network.regions.latency_ns[1], ==, 50 * 1000000);
    g_assert_cmpuint(world->network.regions.latency_ns[3], ==, 50500000);
    g_assert_cmpfloat(world->network.regions.host_bandwidth, ==, 125e6);
    g_assert_cmpuint(world->node.fanout, ==, 2);
    g_assert_cmpuint(world->node.interval_ns, ==, OX_SECOND_NS);
    g_assert_cmpstr(world->node.sync->name, ==, "delta");
    g_assert_cmpuint(world->workload.type_count, ==, 2);
    g_assert_cmpstr(world->workload.types[1]->name, ==, "or-set");
    g_assert_cmpuint(load.scenario.expect_count, ==, 2);
    g_assert_cmpint(load.scenario.expect[0].metric, ==, OX_METRIC_CONVERGE_AFTER_HEAL);
    g_assert_cmpfloat(load.scenario.expect[0].bound, ==, 30);
    g_assert_cmpuint(load.scenario.axis_count, ==, 1);
    g_assert_cmpstr(load.scenario.axes[0].values[1], ==, "12");
    load_free(&load);
}

static void faults_name_their_nodes(void) {
    struct load load = load_text(good, NULL);
    const struct ox_fault *split = &load.scenario.world.faults[0];
    const struct ox_fault *stop = &load.scenario.world.faults[1];
    static const uint32_t groups[] = {0, 1, 1, 0, 1, 1, 0, 1, 1};
    static const uint32_t nodes[] = {4, 6, 7, 2, 5, 8};
    for (size_t i = 0; i < 9; i++)
        g_assert_cmpuint(split->group[i], ==, groups[i]);
    g_assert_cmpuint(split->at_ns, ==, 10 * OX_SECOND_NS);
    g_assert_cmpuint(split->for_ns, ==, 20 * OX_SECOND_NS);
    g_assert_cmpuint(stop->node_count, ==, G_N_ELEMENTS(nodes));
    for (size_t i = 0; i < stop->node_count; i++)
        g_assert_cmpuint(stop->nodes[i], ==, nodes[i]);
    g_assert_true(stop->keeps_disk);
    g_assert_cmpuint(stop->for_ns, ==, OX_NEVER);
    load_free(&load);
}

static void defaults_follow_from_other_values(void) {
    struct load load = load_text(good, NULL);
    g_assert_cmpuint(load.scenario.world.quiet_ns, ==, 200 * OX_SECOND_NS);
    g_assert_cmpuint(load.scenario.world.settle_ns, ==, 600 * OX_SECOND_NS);
    g_assert_cmpuint(load.scenario.world.workload.until_ns, ==, 80 * OX_SECOND_NS);
    load_free(&load);
    char *text = replaced(good, "repair = digest:interval=20s\n", "repair = none\n");
    char *shorter = replaced(text, "until = 80s\n", "");
    load = load_text(shorter, NULL);
    g_assert_cmpuint(load.scenario.world.node.repair_interval_ns, ==, 0);
    g_assert_cmpuint(load.scenario.world.quiet_ns, ==, 10 * OX_SECOND_NS);
    g_assert_cmpuint(load.scenario.world.settle_ns, ==, 300 * OX_SECOND_NS);
    g_assert_cmpuint(load.scenario.world.workload.until_ns, ==, 100 * OX_SECOND_NS);
    g_assert_cmpstr(value_of(&load.scenario, "scenario", "settle"), ==, "300s");
    g_assert_cmpstr(value_of(&load.scenario, "workload", "until"), ==, "100s");
    load_free(&load);
    g_free(text);
    g_free(shorter);
}

static GPtrArray *overrides_of(const char *assignment) {
    struct ox_errors *errors = ox_errors_new();
    GPtrArray *overrides = g_ptr_array_new_with_free_func(ox_override_free);
    char *option = g_strconcat("--set ", assignment, NULL);
    struct ox_place place = {.file = ox_place_keep(option)};
    g_ptr_array_add(overrides, ox_override_read(assignment, place, errors));
    g_assert_cmpuint(ox_errors_count(errors), ==, 0);
    g_free(option);
    ox_errors_free(errors);
    return overrides;
}

static void an_option_takes_the_place_of_a_value(void) {
    static const struct {
        const char *assignment, *section, *key, *value, *error;
    } cases[] = {
        {"network.loss=2%", "network", "loss", "2%", NULL},
        {"fault.split.for=5s", "fault.split", "for", "5s", NULL},
        {"observe.verify=full", "observe", "verify", "full", NULL},
        {"network.los=1%", NULL, NULL, NULL,
         "--set network.los=1%: error: unknown key 'los' in [network]; did you mean 'loss'?"},
        {"fault.split.for=200s", NULL, NULL, NULL,
         "--set fault.split.for=200s: error: the fault ends at 210s, but the run's duration is "
         "100s"},
        {"netwrok.loss=1%", NULL, NULL, NULL,
         "--set netwrok.loss=1%: error: unknown section [netwrok]; did you mean 'network'?"},
    };
    char *text = replaced(good, "4, 6-7, west", "all");
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GPtrArray *overrides = overrides_of(cases[i].assignment);
        struct load load = load_text(text, overrides);
        g_assert_true(load.good == (cases[i].error == NULL));
        if (load.good)
            g_assert_cmpstr(value_of(&load.scenario, cases[i].section, cases[i].key), ==,
                            cases[i].value);
        else
            g_assert_cmpstr(ox_errors_line(load.errors, 0), ==, cases[i].error);
        load_free(&load);
        g_ptr_array_free(overrides, TRUE);
    }
    g_free(text);
}

/* ---- the effective file ---- */

static void write_inputs(const struct ox_scenario *scenario, const char *into) {
    char *inputs = g_build_filename(into, "inputs", NULL);
    g_mkdir_with_parents(inputs, 0777);
    for (size_t i = 0; i < scenario->input_count; i++) {
        char *path = g_build_filename(into, scenario->inputs[i].name, NULL);
        g_assert_true(g_file_set_contents(path, scenario->inputs[i].data,
                                          (gssize)scenario->inputs[i].size, NULL));
        g_free(path);
    }
    g_free(inputs);
}

static void check_round_trip(const char *path) {
    struct ox_errors *errors = ox_errors_new();
    struct ox_scenario first, second;
    bool loaded = ox_scenario_load(path, NULL, errors, &first);
    ox_errors_print(errors, stderr);
    g_assert_true(loaded);
    write_inputs(&first, folder);
    char *again = path_of("scenario.ini");
    g_assert_true(
        ox_scenario_parse(again, first.effective, strlen(first.effective), NULL, errors, &second));
    g_assert_cmpstr(first.effective, ==, second.effective);
    g_assert_cmpstr(first.name, ==, second.name);
    g_assert_cmpuint(first.hash, ==, second.hash);
    g_assert_cmpuint(first.expect_count, ==, second.expect_count);
    g_assert_cmpuint(second.axis_count, ==, 0);
    ox_scenario_clear(&first);
    ox_scenario_clear(&second);
    ox_errors_free(errors);
    g_free(again);
}

static void the_effective_file_loads_to_the_same_scenario(void) {
    static const char *const names[] = {"split-brain", "rolling-restart", "lossy-wan", "scaling",
                                        "documents"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = g_strdup_printf(OXBOW_SOURCE_DIR "/scenarios/%s.ini", names[i]);
        check_round_trip(path);
        g_free(path);
    }
}

static void the_hash_is_of_the_contents(void) {
    struct load plain = load_text(good, NULL);
    char *loud = g_strconcat("# a comment\n\n", good, NULL);
    struct load commented = load_text(loud, NULL);
    g_assert_cmpuint(plain.scenario.hash, ==, commented.scenario.hash);
    char *path = path_of("three.csv");
    char *slower = replaced(matrix, "100", "110");
    g_assert_true(g_file_set_contents(path, slower, -1, NULL));
    struct load other = load_text(good, NULL);
    g_assert_cmpuint(plain.scenario.hash, !=, other.scenario.hash);
    g_assert_true(g_file_set_contents(path, matrix, -1, NULL));
    load_free(&plain);
    load_free(&commented);
    load_free(&other);
    g_free(loud);
    g_free(path);
    g_free(slower);
}

/* ---- what is wrong ---- */

/* One mistake: `from` in the good file becomes `to`; the line, and the message behind
 * "x.ini:LINE: error: ". Line 0: the message has no line. */
static const struct {
    const char *from, *to;
    unsigned line;
    const char *message;
} mistakes[] = {
    {"[replica]", "[replcia]", 7, "unknown section [replcia]; did you mean 'replica'?"},
    {"[replica]", "[hosts]", 7,
     "unknown section [hosts]; one of scenario, network, replica, workload, fault, observe, "
     "expect, "
     "sweep"},
    {"[fault.split]", "[fault]", 13, "[fault] needs a name of one word; write [fault.NAME]"},
    {"[fault.split]", "[fault.a.b]", 13,
     "[fault.a.b] needs a name of one word; write [fault.NAME]"},
    {"loss = 1%", "los = 1%", 6, "unknown key 'los' in [network]; did you mean 'loss'?"},
    {"loss = 1%", "losses = 1", 6, "unknown key 'losses' in [network]; did you mean 'loss'?"},
    {"loss = 1%", "colour = red", 6,
     "unknown key 'colour' in [network]; one of platform, nodes, fidelity, loss, duplicate, "
     "jitter"},
    {"loss = 1%", "loss = 1ms", 6, "'loss': unknown unit 'ms' in '1ms'; a share has %"},
    {"loss = 1%", "loss = 120%", 6, "'loss': '120%' is more than 100%"},
    {"loss = 1%", "jitter = 5", 6,
     "'jitter': '5' has no unit; write 30s, 5ms or 2min, with ns, us, ms, s, min or h"},
    {"loss = 1%", "fidelity = flwo", 6, "unknown 'flwo' for 'fidelity'; did you mean 'flow'?"},
    {"loss = 1%", "loss < 1%", 6, "only [expect] compares; write 'loss = 1%'"},
    {"nodes = 9", "nodes = 1", 5, "'1' is out of range for 'nodes': 2 to 100000"},
    {"nodes = 9", "nodes = 200000", 5, "'200000' is out of range for 'nodes': 2 to 100000"},
    {"nodes = 9", "nodes = nine", 5, "'nodes': 'nine' is not a whole number; write it as 50"},
    {"nodes = 9\n", "", 3,
     "[network] needs 'nodes': number of replicas; node i is in region i mod R"},
    {"duration = 100s", "about = x", 1,
     "[scenario] needs 'duration': how long the workload may run and faults act"},
    {"duration = 100s", "duration = 0s", 2,
     "'0s' is out of range for 'duration': 1ms to 1000000000s"},
    {"duration = 100s", "duration = 100s\nname = a/b", 3,
     "'a/b' cannot name a folder; take letters, digits, '_', '-' and '.'"},
    {"duration = 100s", "duration = 100s\nquiet = 20s\nsettle = 10s", 4,
     "'settle' is shorter than 'quiet': nothing could ever be quiet"},
    {"matrix:file=three.csv", "matrx:file=three.csv", 4,
     "unknown 'matrx' for 'platform'; did you mean 'matrix'?"},
    {"matrix:file=three.csv", "matrix", 4, "'matrix' needs 'file'; write matrix:file=..."},
    {"matrix:file=three.csv", "matrix:fil=three.csv", 4,
     "unknown option 'fil' of 'matrix'; did you mean 'file'?"},
    {"matrix:file=three.csv", "matrix:file=three.csv,file=x", 4, "option 'file' stands twice"},
    {"matrix:file=three.csv", "matrix:three.csv", 4,
     "'three.csv' is no option of 'matrix'; write matrix:key=value"},
    {"matrix:file=three.csv", "matrix:file=three.csv,host=1GB", 4,
     "'host': unknown unit 'GB' in '1GB'; a bandwidth has kbps, Mbps or Gbps"},
    {"matrix:file=three.csv", "regions:n=0", 4, "'0' is out of range for 'n': 1 to 500"},
    {"matrix:file=three.csv", "regions:inside=10ms,across=1ms", 4,
     "'across' is below 'inside': regions are farther apart than their own hosts"},
    {"gossip:fanout=2", "gossip:fanout=9", 8, "fanout=9: of 9 nodes each has only 8 peers"},
    {"gossip:fanout=2", "gossip:fanout=0", 8, "'0' is out of range for 'fanout': 1 to 100000"},
    {"digest:interval=20s", "none:interval=1s", 9,
     "unknown option 'interval' of 'none'; it has none"},
    {"overlay = gossip:fanout=2", "sync = detla", 8,
     "unknown 'detla' for 'sync'; did you mean 'delta'?"},
    {"g-counter, or-set", "g-counter, orset", 11,
     "unknown 'orset' for 'types'; did you mean 'or-set'?"},
    {"g-counter, or-set", "or-set, or-set", 11, "'or-set' stands twice in 'types'"},
    {"types = g-counter, or-set\n", "keys = uniform:n=5\n", 10,
     "[workload] needs 'types': key i has the type i mod the number of types"},
    {"until = 80s", "until = 101s", 12, "'until' is 101s, but the run's duration is 100s"},
    {"until = 80s", "rate = 20", 12, "'rate': '20' has no unit; write 20/s, with /s, /min or /h"},
    {"until = 80s", "keys = zipf:n=1", 12, "1 keys cannot have 2 types"},
    {"kind = partition", "kind = partitoin", 14,
     "unknown 'partitoin' for 'kind'; did you mean 'partition'?"},
    {"kind = partition\n", "", 13,
     "[fault.split] needs 'kind': what goes wrong; `oxbow list faults` has all"},
    {"kind = partition", "kind = loss\nrate = 5%", 16, "a fault of kind 'loss' has no 'groups'"},
    {"groups = north | rest\n", "", 13,
     "[fault.split] needs 'groups': who can still talk to whom: regions, nodes, ranges a-b or "
     "rest, "
     "between |"},
    {"at = 10s", "at = 100s", 16, "the fault begins at 100s, but the run's duration is 100s"},
    {"for = 20s", "for = 91s", 17, "the fault ends at 101s, but the run's duration is 100s"},
    {"for = 20s", "for = 0s", 17, "'0s' is out of range for 'for': 1ns to 1000000000s"},
    {"at = 40s", "at = 40s\nstagger = 30s", 22,
     "the last node would stop at 190s, but the run's duration is 100s"},
    {"north | rest", "north | south", 15, "node 2 (west) is in no group; name it, or add '| rest'"},
    {"north | rest", "north | 0, rest", 15,
     "node 0 (north) is in groups 1 and 2; every node is in exactly one"},
    {"north | rest", "north, south, west", 15,
     "one group cuts nobody off; write GROUP | GROUP, or GROUP | rest"},
    {"north | rest", "all | rest", 15, "group 2 is empty: none of the 9 nodes is in it"},
    {"north | rest", "rest | rest", 15, "'rest' stands in two groups"},
    {"north | rest", "nroth | rest", 15,
     "'nroth' is no region, node or range; did you mean 'north'?"},
    {"north | rest", "0-9 | rest", 15, "'0-9' goes beyond the last node: nodes are 0 to 8"},
    {"north | rest", "99999999999999999999 | rest", 15,
     "'99999999999999999999' goes beyond the last node: nodes are 0 to 8"},
    {"north | rest", "4-2 | rest", 15, "'4-2' runs backwards; write 2-4"},
    {"4, 6-7, west", "4, 3-5", 20, "node 4 (south) stands twice"},
    {"4, 6-7, west", "rest", 20, "'rest' is no region, node or range; did you mean 'west'?"},
    {"4, 6-7, west", "x", 20,
     "'x' is no region, node or range; write a region, a node such as 7, or a range such as 10-19"},
    {"lost_updates", "lost_update", 24,
     "unknown metric 'lost_update' in [expect]; did you mean "
     "'lost_updates'?"},
    {"lost_updates", "speed", 24,
     "unknown metric 'speed' in [expect]; `oxbow list metrics` has all"},
    {"<= 30s", "<= 30", 23,
     "'converge_after_heal': '30' has no unit; write 30s, 5ms or 2min, with "
     "ns, us, ms, s, min or h"},
    {"<= 30s", "<= 30B", 23,
     "'converge_after_heal': unknown unit 'B' in '30B'; a duration has ns, us, ms, s, min or h"},
    {"lost_updates = 0", "lost_updates = 0%", 24,
     "'lost_updates': '0%' has a unit; write a number such as 0.99"},
    {"network.nodes = 9", "nodes = 9", 26,
     "'nodes' in [sweep] is no section.key; write it as network.nodes"},
    {"network.nodes = 9", "network.node = 9", 26,
     "unknown key 'node' in [network]; did you mean 'nodes'?"},
    {"network.nodes = 9", "fault.spilt.at = 9s", 26, "there is no section [fault.spilt] to sweep"},
    {"network.nodes = 9 |", "network.nodes = 9 | |", 26,
     "'network.nodes': an empty alternative; write a | b"},
};

static void every_mistake_is_found_before_anything_runs(void) {
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        char *text = replaced(good, mistakes[i].from, mistakes[i].to);
        struct load load = load_text(text, NULL);
        char *path = path_of("x.ini");
        char *wanted =
            g_strdup_printf("%s:%u: error: %s", path, mistakes[i].line, mistakes[i].message);
        g_assert_false(load.good);
        g_assert_cmpstr(ox_errors_line(load.errors, 0), ==, wanted);
        g_assert_cmpuint(ox_errors_count(load.errors), ==, 1);
        load_free(&load);
        g_free(text);
        g_free(path);
        g_free(wanted);
    }
}

static void a_missing_file_is_named_where_it_is_asked_for(void) {
    char *text = replaced(good, "three.csv", "four.csv");
    struct load load = load_text(text, NULL);
    g_assert_cmpuint(ox_errors_place(load.errors, 0).line, ==, 4);
    g_assert_nonnull(strstr(ox_errors_line(load.errors, 0), "four.csv"));
    g_assert_nonnull(strstr(ox_errors_line(load.errors, 0), "No such file"));
    load_free(&load);
    g_free(text);
    struct ox_errors *errors = ox_errors_new();
    struct ox_scenario scenario;
    g_assert_false(ox_scenario_load("/nowhere/x.ini", NULL, errors, &scenario));
    g_assert_true(g_str_has_prefix(ox_errors_line(errors, 0), "/nowhere/x.ini: error: "));
    ox_errors_free(errors);
}

static void the_profiles_of_a_platform_are_found(void) {
    const char *xml =
        "<host id='a' speed='1f' state_file='on off.txt'/>\n"
        "<!-- <host state_file=\"no\"/> -->\n"
        "<link id=\"b\" bandwidth_file = \"p/b\" latency_file=\"p/l\"\n"
        "state_file=\"\"/><host speed_file=\"p/b\" my_state_file=\"no\"/>\n"
        "<trace id=\"t\" periodicity=\"1\" file=\"t.txt\"/><trace id=\"u\">0 1</trace>\n"
        "<link id=\"c\" file=\"no\"/>";
    GPtrArray *files = ox_profiles_of(xml, strlen(xml));
    g_ptr_array_add(files, NULL);
    char *list = g_strjoinv("|", (char **)files->pdata);
    g_assert_cmpstr(list, ==, "on off.txt|p/b|p/l|t.txt");
    g_free(list);
    g_ptr_array_unref(files);
}

static void a_platform_that_simgrid_rejects_is_named(void) {
    char *path = path_of("broken.xml");
    char *text = replaced(good, "matrix:file=three.csv", "simgrid:file=broken.xml");
    char *plain = replaced(text, "north | rest", "0-3 | rest");
    char *nodes = replaced(plain, "4, 6-7, west", "4");
    g_assert_true(g_file_set_contents(path,
                                      "<?xml version='1.0'?>\n"
                                      "<!DOCTYPE platform SYSTEM "
                                      "\"https://simgrid.org/simgrid.dtd\">\n"
                                      "<platform version=\"4.1\">\n"
                                      "  <nonsense id=\"a\">\n"
                                      "  </nonsense>\n"
                                      "</platform>\n",
                                      -1, NULL));
    struct load load = load_text(nodes, NULL);
    g_assert_false(load.good);
    g_assert_cmpuint(ox_errors_place(load.errors, 0).line, ==, 4);
    g_assert_nonnull(strstr(ox_errors_line(load.errors, 0), "broken.xml:4"));
    load_free(&load);
    g_free(path);
    g_free(text);
    g_free(plain);
    g_free(nodes);
}

/* ---- matrices ---- */

static const struct {
    const char *text;
    unsigned line;
    const char *message;
} matrix_mistakes[] = {
    {"", 1, "no matrix: nothing but blanks and comments"},
    {"a, b\n", 1, "the first line names the regions: write 'rtt_ms, REGION, REGION ...'"},
    {"rtt_ms\n", 1, "0 regions; a matrix has 1 to 5000"},
    {"rtt_ms, a, a\n", 1, "region 'a' stands twice"},
    {"rtt_ms, a, 7\n", 1,
     "'7' is no name for a region: a letter, then letters, digits, '_', '-' or '.'; not 'all' or "
     "'rest'"},
    {"rtt_ms, a, rest\n", 1,
     "'rest' is no name for a region: a letter, then letters, digits, '_', '-' or '.'; not 'all' "
     "or "
     "'rest'"},
    {"rtt_ms, a, b\na, 1, 2\n", 3, "the matrix ends before the row of 'b'"},
    {"rtt_ms, a, b\nb, 1, 2\n", 2,
     "a row of 'b'; rows follow the order of the first line: here 'a'"},
    {"rtt_ms, a, b\na, 1\n", 2, "1 numbers in the row of 'a'; there are 2 regions"},
    {"rtt_ms, a, b\na, 1, 2, 3\n", 2, "3 numbers in the row of 'a'; there are 2 regions"},
    {"rtt_ms, a, b\na, 1, x\n", 2, "a to b: 'x' is not a number; write it as 0.99"},
    {"rtt_ms, a, b\na, 1, -2\n", 2, "a to b: '-2' is negative; write a number such as 0.99"},
    {"rtt_ms, a, b\n# fine\na, 1, 0\n", 3,
     "a to b: '0' is out of range: above 0, at most 600000 ms"},
    {"rtt_ms, a\na, 1\na, 1\n", 3, "a row too many; there are 1 regions"},
    {"rtt_ms, \xFF\n", 1, "not a text file in UTF-8"},
};

static void a_matrix_is_complete_and_says_where_it_is_not(void) {
    for (size_t i = 0; i < G_N_ELEMENTS(matrix_mistakes); i++) {
        struct ox_errors *errors = ox_errors_new();
        struct ox_regions regions = {0};
        char *wanted = g_strdup_printf("m.csv:%u: error: %s", matrix_mistakes[i].line,
                                       matrix_mistakes[i].message);
        g_assert_false(ox_regions_read("m.csv", matrix_mistakes[i].text,
                                       strlen(matrix_mistakes[i].text), &regions, errors));
        g_assert_cmpuint(ox_errors_count(errors), ==, 1);
        g_assert_cmpstr(ox_errors_line(errors, 0), ==, wanted);
        g_assert_cmpuint(regions.count, ==, 0);
        ox_errors_free(errors);
        g_free(wanted);
    }
}

static void generated_regions_are_spread_and_symmetric(void) {
    struct ox_regions regions = {0}, again = {0};
    uint64_t most = 0;
    ox_regions_generate(20, 250000, 90000000, 7, &regions);
    ox_regions_generate(20, 250000, 90000000, 7, &again);
    g_assert_cmpmem(regions.latency_ns, 400 * sizeof(uint64_t), again.latency_ns,
                    400 * sizeof(uint64_t));
    for (size_t i = 0; i < 20; i++) {
        g_assert_cmpuint(regions.latency_ns[i * 20 + i], ==, 250000);
        for (size_t j = 0; j < 20; j++) {
            g_assert_cmpuint(regions.latency_ns[i * 20 + j], ==, regions.latency_ns[j * 20 + i]);
            if (i != j)
                g_assert_cmpuint(regions.latency_ns[i * 20 + j], >, 1000000);
            most = MAX(most, regions.latency_ns[i * 20 + j]);
        }
    }
    g_assert_cmpuint(most, ==, 90000000);
    ox_regions_clear(&again);
    ox_regions_generate(20, 250000, 90000000, 8, &again);
    g_assert_true(memcmp(regions.latency_ns, again.latency_ns, 400 * sizeof(uint64_t)) != 0);
    ox_regions_clear(&regions);
    ox_regions_clear(&again);
}

/* ---- hostile files ---- */

/* One change to three: digits, bytes, cuts, doubled stretches, and pieces of the grammar itself. */
static void mutate(GRand *dice, GString *text) {
    static const char *const pieces[] = {"[",
                                         "]",
                                         "=",
                                         "|",
                                         ",",
                                         ":",
                                         "\"",
                                         "#",
                                         "\n",
                                         "<=",
                                         "%",
                                         "0",
                                         "99999999999999",
                                         "-",
                                         "rest",
                                         "all",
                                         "s",
                                         "us",
                                         "B",
                                         "[fault.x]\n",
                                         "none",
                                         "kind =",
                                         "\xFF",
                                         ".",
                                         " ",
                                         "1e9",
                                         "for = 1s\n"};
    gssize at = g_rand_int_range(dice, 0, (gint32)text->len + 1);
    gssize size = g_rand_int_range(dice, 1, 20);
    size = MIN(size, (gssize)text->len - at);
    switch (g_rand_int_range(dice, 0, 8)) {
    case 0:
        if (size > 0)
            text->str[at] = (char)g_rand_int_range(dice, 1, 256);
        break;
    case 1:
        g_string_erase(text, at, size);
        break;
    case 2: {
        char *piece = g_strndup(text->str + at, (gsize)size);
        g_string_insert(text, g_rand_int_range(dice, 0, (gint32)text->len + 1), piece);
        g_free(piece);
        break;
    }
    case 3:
        g_string_insert(text, at, pieces[g_rand_int_range(dice, 0, G_N_ELEMENTS(pieces))]);
        break;
    default: /* half of all: another digit, which most often still loads */
        at += (gssize)strcspn(text->str + at, "0123456789");
        if (at < (gssize)text->len)
            text->str[at] = (char)g_rand_int_range(dice, '0', '9' + 1);
    }
}

static char *mutated(GRand *dice, const char *text) {
    GString *out = g_string_new(text);
    for (gint32 changes = g_rand_int_range(dice, 1, 4); changes > 0; changes--)
        mutate(dice, out);
    return g_string_free(out, FALSE);
}

static void mutated_files_are_refused_or_load(void) {
    GRand *dice = g_rand_new_with_seed(20260101);
    size_t loaded = 0, refused = 0;
    for (size_t i = 0; i < 20000; i++) {
        char *text = mutated(dice, good);
        struct load load = load_text(text, NULL);
        loaded += load.good;
        refused += !load.good;
        if (load.good) {
            struct load again = load_text(load.scenario.effective, NULL);
            /* inputs/ holds no three.csv here: nothing but that may be wrong. */
            for (size_t e = 0; e < ox_errors_count(again.errors); e++)
                g_assert_nonnull(strstr(ox_errors_line(again.errors, e), "inputs/"));
            load_free(&again);
        }
        load_free(&load);
        g_free(text);
    }
    g_test_message("%zu loaded, %zu refused", loaded, refused);
    g_assert_cmpuint(loaded, >, 1000);
    g_assert_cmpuint(refused, >, 1000);
    g_rand_free(dice);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("oxbow-scenario-XXXXXX", NULL);
    char *path = path_of("three.csv");
    g_assert_true(g_file_set_contents(path, matrix, -1, NULL));
    g_free(path);
    g_test_add_func("/scenario/world", a_file_becomes_a_world);
    g_test_add_func("/scenario/faults", faults_name_their_nodes);
    g_test_add_func("/scenario/defaults", defaults_follow_from_other_values);
    g_test_add_func("/scenario/options", an_option_takes_the_place_of_a_value);
    g_test_add_func("/scenario/effective", the_effective_file_loads_to_the_same_scenario);
    g_test_add_func("/scenario/hash", the_hash_is_of_the_contents);
    g_test_add_func("/scenario/mistakes", every_mistake_is_found_before_anything_runs);
    g_test_add_func("/scenario/missing-file", a_missing_file_is_named_where_it_is_asked_for);
    g_test_add_func("/scenario/profiles", the_profiles_of_a_platform_are_found);
    g_test_add_func("/scenario/platform", a_platform_that_simgrid_rejects_is_named);
    g_test_add_func("/scenario/matrix/mistakes", a_matrix_is_complete_and_says_where_it_is_not);
    g_test_add_func("/scenario/matrix/generated", generated_regions_are_spread_and_symmetric);
    g_test_add_func("/scenario/mutated", mutated_files_are_refused_or_load);
    int code = g_test_run();
    char *command[] = {(char *)"rm", (char *)"-rf", folder, NULL};
    g_spawn_sync(NULL, command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
    g_free(folder);
    return code;
}
