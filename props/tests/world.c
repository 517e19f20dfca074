/* A run as its observers see it: phases, quiet, faults, lives of nodes, workload and reads; and
 * that one seed decides everything. */
#include "support_world.h"

#include "protocols/protocol.h"

#include <math.h>
#include <string.h>

/* ---- one seed, one run ---- */

static void add_all_faults(struct ox_world_config *config) {
    config->network.loss = 0.01;
    config->network.duplicate = 0.01;
    config->network.jitter_ns = 5000000;
    struct ox_fault *fault = ox_test_fault(config, OX_FAULT_PARTITION, "split", 5, 8);
    for (uint32_t i = 0; i < config->network.nodes; i++)
        fault->group[i] = i % 2;
    fault = ox_test_fault(config, OX_FAULT_CRASH, "roll", 3, 4);
    fault->keeps_disk = true;
    fault->stagger_ns = OX_SECOND_NS;
    ox_test_crash_nodes(fault, 1, 3);
    fault = ox_test_fault(config, OX_FAULT_CRASH, "burn", 14, 3);
    ox_test_crash_nodes(fault, 4, 2);
}

static void test_one_seed_decides_everything(gconstpointer fidelity) {
    struct ox_world_config config;
    ox_test_world(&config, 10);
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    add_all_faults(&config);
    uint64_t first = ox_test_digest(&config);
    g_assert_cmphex(ox_test_digest(&config), ==, first);
    config.verify_full = true;
    g_assert_cmphex(ox_test_digest(&config), ==, first);
    config.seed = 2;
    g_assert_cmphex(ox_test_digest(&config), !=, first);
    ox_world_config_clear(&config);
}

/* ---- phases ---- */

static double time_of(const char *line) {
    g_assert_nonnull(line);
    return g_ascii_strtod(line + strlen("{\"t\":"), NULL);
}

static guint index_of(const struct ox_test_seen *seen, const char *text) {
    for (guint i = 0; i < seen->lines->len; i++) {
        if (strstr(seen->lines->pdata[i], text))
            return i;
    }
    g_error("no line has %s", text);
}

/* The time of the last change of data. */
static double last_change(const struct ox_test_seen *seen) {
    double last = 0;
    for (guint i = 0; i < seen->lines->len; i++) {
        const char *line = seen->lines->pdata[i];
        if (strstr(line, "\"ev\":\"see\"") || strstr(line, "\"ev\":\"update\""))
            last = time_of(line);
    }
    return last;
}

static void phases_in_order(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    g_assert_true(seen->in_order);
    g_assert_cmpuint(index_of(seen, "\"phase\":\"run\""), ==, 0);
    g_assert_cmpfloat(time_of(ox_test_line(seen, "\"phase\":\"settle\"")), ==, 30);
    double quiet = time_of(ox_test_line(seen, "\"phase\":\"quiet\""));
    double want = MAX(30, last_change(seen) + (double)config->quiet_ns * 1e-9);
    g_assert_cmpfloat(fabs(quiet - want), <, 1e-6);
    g_assert_cmpuint(seen->counts[OX_OBS_PHASE], ==, 3);
    /* The end: one read of every key that exists at each of the ten nodes, and nothing else. */
    guint at = index_of(seen, "\"phase\":\"quiet\"") + 1;
    guint keys = 0;
    for (uint32_t k = 0; k < config->workload.keys; k++) {
        char *key = g_strdup_printf("\"key\":\"k%u\"", k);
        guint reads = 0;
        for (guint i = at; i < seen->lines->len; i++)
            reads += strstr(seen->lines->pdata[i], key) != NULL;
        g_assert_true(reads == 0 || reads == config->network.nodes);
        g_assert_true((reads > 0) == (ox_test_count_lines(seen, key) > 0));
        keys += reads > 0;
        g_free(key);
    }
    g_assert_cmpuint(seen->lines->len - at, ==, keys * config->network.nodes);
    for (guint i = at; i < seen->lines->len; i++)
        g_assert_cmpfloat(time_of(seen->lines->pdata[i]), ==, quiet);
    ox_test_seen_free(seen);
}

static void test_phases(void) {
    struct ox_world_config config;
    ox_test_world(&config, 10);
    ox_test_in_child(phases_in_order, &config);
    config.quiet_ns = 2 * OX_SECOND_NS; /* quiet before the RUN phase is over: it ends there */
    ox_test_in_child(phases_in_order, &config);
    ox_world_config_clear(&config);
}

static void unsettled_says_why(void *data) {
    struct ox_test_seen *seen = ox_test_run(data);
    const char *line = ox_test_line(seen, "\"phase\":\"unsettled\"");
    g_assert_cmpfloat(time_of(line), ==, 31);
    g_assert_nonnull(strstr(line, "\"why\":\"node "));
    g_assert_nonnull(strstr(line, " changed k"));
    g_assert_nonnull(strstr(line, "fault 'gone' had not ended"));
    g_assert_cmpuint(ox_test_count_lines(seen, "\"t\":31,\"ev\":\"read\""), >, 0);
    ox_test_seen_free(seen);
}

static void test_unsettled(void) {
    struct ox_world_config config;
    ox_test_world(&config, 4);
    config.settle_ns = OX_SECOND_NS;
    config.workload.until_ns = config.duration_ns;
    ox_test_crash_nodes(ox_test_fault(&config, OX_FAULT_CRASH, "gone", 20, 60), 1, 1);
    ox_test_in_child(unsettled_says_why, &config);
    ox_world_config_clear(&config);
}

/* ---- lives ---- */

static void crashes_and_returns(void *data) {
    struct ox_test_seen *seen = ox_test_run(data);
    static const char *const story[] = {
        "{\"t\":10,\"ev\":\"fault\",\"name\":\"fault\",\"kind\":\"kind\",\"on\":true}",
        "{\"t\":10,\"ev\":\"crash\",\"node\":2,\"keeps\":\"disk\",\"fault\":\"fault\"}",
        "{\"t\":12,\"ev\":\"crash\",\"node\":3,\"keeps\":\"disk\",\"fault\":\"fault\"}",
        "{\"t\":15,\"ev\":\"start\",\"node\":2,\"replica\":2}",
        "{\"t\":17,\"ev\":\"start\",\"node\":3,\"replica\":3}",
        "{\"t\":17,\"ev\":\"fault\",\"name\":\"fault\",\"kind\":\"kind\",\"on\":false}",
        "{\"t\":25,\"ev\":\"fault\",\"name\":\"fault\",\"kind\":\"kind\",\"on\":true}",
        "{\"t\":25,\"ev\":\"crash\",\"node\":1,\"keeps\":\"nothing\",\"fault\":\"fault\"}",
        "{\"t\":30,\"ev\":\"phase\",\"phase\":\"settle\"}",
        "{\"t\":125,\"ev\":\"start\",\"node\":1,\"replica\":1048577}",
        "{\"t\":125,\"ev\":\"fault\",\"name\":\"fault\",\"kind\":\"kind\",\"on\":false}",
    };
    guint last = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(story); i++) {
        guint at = index_of(seen, story[i]);
        g_assert_cmpuint(at, >, last);
        last = at;
    }
    /* Quiet waits for the return, and for the node to be told everything again. */
    g_assert_cmpfloat(time_of(ox_test_line(seen, "\"phase\":\"quiet\"")), >=, 145);
    g_assert_cmpuint(seen->counts[OX_OBS_CRASH], ==, 3);
    ox_test_seen_free(seen);
}

static void test_crashes_and_returns(gconstpointer fidelity) {
    struct ox_world_config config;
    ox_test_world(&config, 5);
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    struct ox_fault *fault = ox_test_fault(&config, OX_FAULT_CRASH, "roll", 10, 5);
    fault->keeps_disk = true;
    fault->stagger_ns = 2 * OX_SECOND_NS;
    ox_test_crash_nodes(fault, 2, 2);
    ox_test_crash_nodes(ox_test_fault(&config, OX_FAULT_CRASH, "burn", 25, 100), 1, 1);
    ox_test_in_child(crashes_and_returns, &config);
    ox_world_config_clear(&config);
}

static void who_is_down_is_passed_over(void *data) {
    struct ox_test_seen *seen = ox_test_run(data);
    g_assert_cmpuint(ox_test_count_lines(seen, "\"ev\":\"crash\""), ==, 4);
    /* `gone` stays down, is no part of the end, and its fault is over with the RUN phase. */
    guint settle = index_of(seen, "\"phase\":\"settle\"");
    g_assert_cmpstr(
        seen->lines->pdata[settle - 1], ==,
        "{\"t\":30,\"ev\":\"fault\",\"name\":\"fault\",\"kind\":\"kind\",\"on\":false}");
    for (guint i = settle; i < seen->lines->len; i++)
        g_assert_null(strstr(seen->lines->pdata[i], "\"node\":0,"));
    /* The second fault finds node 1 down and leaves its return to the first. */
    g_assert_cmpuint(ox_test_count_lines(seen, "\"ev\":\"start\",\"node\":1,"), ==, 3);
    g_assert_nonnull(ox_test_line(seen, "{\"t\":18,\"ev\":\"start\",\"node\":1,\"replica\":1}"));
    ox_test_seen_free(seen);
}

static void test_overlapping_crashes(void) {
    struct ox_world_config config;
    ox_test_world(&config, 4);
    ox_test_crash_nodes(ox_test_fault(&config, OX_FAULT_CRASH, "gone", 5, 0), 0, 1);
    struct ox_fault *fault = ox_test_fault(&config, OX_FAULT_CRASH, "long", 8, 10);
    fault->keeps_disk = true;
    ox_test_crash_nodes(fault, 1, 1);
    ox_test_crash_nodes(ox_test_fault(&config, OX_FAULT_CRASH, "short", 10, 2), 1, 2);
    /* Its second crash would come after the RUN phase: it does not. */
    fault = ox_test_fault(&config, OX_FAULT_CRASH, "late", 28, 3);
    fault->keeps_disk = true;
    fault->stagger_ns = 4 * OX_SECOND_NS;
    ox_test_crash_nodes(fault, 1, 2);
    ox_test_in_child(who_is_down_is_passed_over, &config);
    ox_world_config_clear(&config);
}

/* ---- contexts, as anyone can follow them ---- */

/* Follows every context by `update` and `see` alone and compares with `have`. */
struct follower {
    GHashTable *have; /* "node key type" -> updates in the context */
    GHashTable *disk; /* nodes that crashed and lost it */
    uint64_t checked;
};

static char *key_of(const struct ox_observation *o) {
    return g_strdup_printf("%u %.*s %.*s", o->node, (int)o->key.size, o->key.data,
                           (int)o->type.size, o->type.data);
}

static gboolean is_of_node(gpointer key, gpointer value, gpointer node) {
    (void)value;
    return g_ascii_strtoull(key, NULL, 10) == GPOINTER_TO_UINT(node);
}

static void follow(void *self, const struct ox_observation *o) {
    struct follower *follower = self;
    if (o->kind == OX_OBS_CRASH && !o->crash.keeps_disk)
        g_hash_table_foreach_remove(follower->have, is_of_node, GUINT_TO_POINTER(o->node));
    if (o->kind != OX_OBS_UPDATE && o->kind != OX_OBS_SEE && o->kind != OX_OBS_READ)
        return;
    char *key = key_of(o);
    uint64_t have = GPOINTER_TO_SIZE(g_hash_table_lookup(follower->have, key));
    if (o->kind != OX_OBS_SEE) {
        g_assert_cmpuint(o->have, ==, have);
        follower->checked++;
    }
    have += o->kind == OX_OBS_UPDATE;
    for (size_t i = 0; o->kind == OX_OBS_SEE && i < o->see.count; i++)
        have += o->see.news[i].last - o->see.news[i].first + 1;
    g_hash_table_replace(follower->have, key, GSIZE_TO_POINTER(have));
}

static void contexts_can_be_followed(void *data) {
    struct follower follower = {.have =
                                    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    struct ox_observer observer = {follow, &follower};
    GError *error = NULL;
    g_assert_true(ox_world_run(data, &observer, 1, NULL, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(follower.checked, >, 500);
    g_hash_table_destroy(follower.have);
}

static void test_contexts_can_be_followed(void) {
    struct ox_world_config config;
    ox_test_world(&config, 10);
    add_all_faults(&config);
    ox_test_in_child(contexts_can_be_followed, &config);
    ox_world_config_clear(&config);
}

/* ---- workload ---- */

static void workload_is_as_asked(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    guint updates = ox_test_count_lines(seen, "\"ev\":\"update\"");
    guint hottest = ox_test_count_lines(seen, "\"ev\":\"update\",\"node\":");
    g_assert_cmpuint(updates, ==, hottest);
    /* 100/s for 60 s; a remove of what is not there is no update. */
    g_assert_cmpuint(updates, >, 5300);
    g_assert_cmpuint(updates, <, 6200);
    guint k0 = 0, k1 = 0, node3 = 0;
    for (guint i = 0; i < seen->lines->len; i++) {
        const char *line = seen->lines->pdata[i];
        if (!strstr(line, "\"ev\":\"update\""))
            continue;
        g_assert_cmpfloat(time_of(line), <, 60);
        k0 += strstr(line, "\"key\":\"k0\",\"type\":\"g-counter\"") != NULL;
        k1 += strstr(line, "\"key\":\"k1\",\"type\":\"or-set\"") != NULL;
        node3 += strstr(line, "\"node\":3,") != NULL;
    }
    /* Zipf with s = 1 over 10 keys: the first has 1 / 2.929 of all, the second half as many. */
    g_assert_cmpfloat(fabs(k0 / (updates / 2.929) - 1), <, 0.1);
    g_assert_cmpfloat((double)k1 / k0, >, 0.4);
    g_assert_cmpfloat((double)k1 / k0, <, 0.55);
    g_assert_cmpfloat(fabs(node3 / (updates / 5.0) - 1), <, 0.1);
    g_assert_cmpuint(ox_test_count_lines(seen, "\"op\":\"inc\",\"arg\":10,"), >, 100);
    g_assert_cmpuint(ox_test_count_lines(seen, "\"op\":\"inc\",\"arg\":0,"), ==, 0);
    g_assert_cmpuint(ox_test_count_lines(seen, "\"op\":\"inc\",\"arg\":11,"), ==, 0);
    g_assert_cmpuint(ox_test_count_lines(seen, "\"arg\":\"e7\""), >, 50);
    g_assert_cmpuint(ox_test_count_lines(seen, "\"arg\":\"e8\""), ==, 0);
    double removes = ox_test_count_lines(seen, "\"op\":\"remove\"");
    double adds = ox_test_count_lines(seen, "\"op\":\"add\"");
    g_assert_cmpfloat(removes / (removes + adds), >, 0.15);
    g_assert_cmpfloat(removes / (removes + adds), <, 0.27);
    ox_test_seen_free(seen);
}

static void test_workload(void) {
    struct ox_world_config config;
    ox_test_world(&config, 5);
    config.duration_ns = 70 * OX_SECOND_NS;
    config.workload.until_ns = 60 * OX_SECOND_NS;
    config.workload.rate = 100;
    config.workload.keys = 10;
    config.workload.zipf_s = 1;
    config.workload.elements = 8;
    ox_test_in_child(workload_is_as_asked, &config);
    ox_world_config_clear(&config);
}

static void every_live_node_reads(void *data) {
    struct ox_test_seen *seen = ox_test_run(data);
    for (int second = 2; second < 30; second++) {
        char *line = g_strdup_printf("{\"t\":%d,\"ev\":\"read\"", second);
        bool node_1_down = second >= 10 && second < 20;
        g_assert_cmpuint(ox_test_count_lines(seen, line), ==, node_1_down ? 3 : 4);
        g_free(line);
    }
    ox_test_seen_free(seen);
}

static void test_reads(void) {
    struct ox_world_config config;
    ox_test_world(&config, 4);
    ox_test_crash_nodes(ox_test_fault(&config, OX_FAULT_CRASH, "one", 9.5, 10), 1, 1);
    ox_test_in_child(every_live_node_reads, &config);
    ox_world_config_clear(&config);
}

/* ---- small worlds ---- */

static void run_to_quiet(void *data) {
    struct ox_test_seen *seen = ox_test_run(data);
    g_assert_nonnull(ox_test_line(seen, "\"phase\":\"quiet\""));
    ox_test_seen_free(seen);
}

static void test_one_node_alone(void) {
    struct ox_world_config config;
    ox_test_world(&config, 1);
    ox_test_in_child(run_to_quiet, &config);
    config.network.fidelity = OX_FIDELITY_DELAY;
    ox_test_in_child(run_to_quiet, &config);
    ox_world_config_clear(&config);
}

static void test_everyone_down_at_once(void) {
    struct ox_world_config config;
    ox_test_world(&config, 5);
    struct ox_fault *fault = ox_test_fault(&config, OX_FAULT_CRASH, "blackout", 10, 5);
    fault->keeps_disk = true;
    ox_test_crash_nodes(fault, 0, 5);
    ox_test_in_child(run_to_quiet, &config);
    ox_world_config_clear(&config);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/world/one-seed-decides-everything/flow",
                         GINT_TO_POINTER(OX_FIDELITY_FLOW), test_one_seed_decides_everything);
    g_test_add_data_func("/world/one-seed-decides-everything/delay",
                         GINT_TO_POINTER(OX_FIDELITY_DELAY), test_one_seed_decides_everything);
    g_test_add_func("/world/phases", test_phases);
    g_test_add_func("/world/unsettled", test_unsettled);
    g_test_add_data_func("/world/crashes-and-returns/flow", GINT_TO_POINTER(OX_FIDELITY_FLOW),
                         test_crashes_and_returns);
    g_test_add_data_func("/world/crashes-and-returns/delay", GINT_TO_POINTER(OX_FIDELITY_DELAY),
                         test_crashes_and_returns);
    g_test_add_func("/world/overlapping-crashes", test_overlapping_crashes);
    g_test_add_func("/world/contexts-can-be-followed", test_contexts_can_be_followed);
    g_test_add_func("/world/workload", test_workload);
    g_test_add_func("/world/reads", test_reads);
    g_test_add_func("/world/one-node-alone", test_one_node_alone);
    g_test_add_func("/world/everyone-down-at-once", test_everyone_down_at_once);
    return g_test_run();
}
