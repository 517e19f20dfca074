/* What happens to messages between a send and its end: exact delays, both fidelities, partitions,
 * loss, duplicates, jitter, and hosts that go off while messages are under way. */
#include "support_world.h"

#include <math.h>

static const struct ox_test_message *message_at(const struct ox_test_seen *seen, guint i) {
    return &g_array_index(seen->messages, struct ox_test_message, i);
}

/* latency + size / bandwidth, to the nanosecond. */
static uint64_t crossing_ns(const struct ox_world_config *config,
                            const struct ox_test_message *message) {
    const struct ox_regions *regions = &config->network.regions;
    uint64_t latency_ns = regions->latency_ns[message->from % regions->count * regions->count +
                                              message->to % regions->count];
    return latency_ns + (uint64_t)(message->bytes * 1e9 / regions->host_bandwidth + 0.5);
}

/* ---- delays ---- */

/* A node sends to one other per second, so that transfers do not meet on a link. Messages from five
 * regions are under way to a node at once, later ones overtake, and none waits for another. */
static void every_delivery_takes_its_route(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t delivered = 0, overtaken = 0;
    uint64_t last_sent_ns[50] = {0};
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        if (!message->delivered)
            continue;
        delivered++;
        g_assert_cmpuint(message->ended_ns - message->sent_ns, ==, crossing_ns(config, message));
        overtaken += last_sent_ns[message->to] > message->ended_ns;
        last_sent_ns[message->to] = MAX(last_sent_ns[message->to], message->ended_ns);
    }
    g_assert_cmpuint(delivered, >, 1400);
    g_assert_cmpuint(overtaken, >, 20);
    ox_test_seen_free(seen);
}

static void test_exact_delays(gconstpointer fidelity) {
    struct ox_world_config config;
    ox_test_chatter(&config, 50);
    config.node.fanout = 1;
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    ox_test_in_child(every_delivery_takes_its_route, &config);
    ox_world_config_clear(&config);
}

/* Without contention both fidelities show the same run. */
static void test_fidelities_agree(void) {
    struct ox_world_config config;
    ox_test_chatter(&config, 20);
    config.node.fanout = 1;
    uint64_t flow = ox_test_digest(&config);
    config.network.fidelity = OX_FIDELITY_DELAY;
    g_assert_cmphex(ox_test_digest(&config), ==, flow);
    ox_world_config_clear(&config);
}

/* Three messages leave a node at once over its own link: in a flow they share its bandwidth and all
 * arrive at latency + 3 x size / bandwidth; by delay each has it alone. */
static void links_are_shared(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    bool flow = config->network.fidelity == OX_FIDELITY_FLOW;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        double transfer_s = message->bytes / config->network.regions.host_bandwidth;
        double expected_s = transfer_s * (flow ? 3 : 1) + 1e-3;
        if (message->delivered)
            g_assert_cmpfloat(
                fabs((double)(message->ended_ns - message->sent_ns) * 1e-9 - expected_s), <, 2e-9);
    }
    g_assert_cmpuint(seen->counts[OX_OBS_DELIVER], >, 80);
    ox_test_seen_free(seen);
}

static void test_contention(gconstpointer fidelity) {
    struct ox_world_config config;
    ox_test_chatter(&config, 4);
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    config.network.regions.host_bandwidth = config.network.regions.region_bandwidth = 1e6;
    for (uint32_t i = 0; i < OX_TEST_REGIONS * OX_TEST_REGIONS; i++)
        config.network.regions.latency_ns[i] = 1000000;
    config.duration_ns = 10 * OX_SECOND_NS;
    ox_test_in_child(links_are_shared, &config);
    ox_world_config_clear(&config);
}

/* ---- every message ends once ---- */

static void every_message_ends_once(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t second = 0, unended = 0;
    g_assert_true(seen->in_order);
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        g_assert_cmpuint(message->ends, <=, 1);
        g_assert_cmpuint(message->second_ends, <=, 1);
        second += message->second_ends;
        unended += message->ends == 0;
        if (message->ends == 0) /* the run ended first */
            g_assert_cmpuint(message->sent_ns + 3 * OX_SECOND_NS, >, seen->last_ns);
    }
    g_assert_cmpuint(unended, <, 60);
    g_assert_cmpuint(second, >, 20);
    for (int why = 0; why < OX_DROP_COUNT; why++) {
        if (why != OX_DROP_REFUSED)
            g_assert_cmpuint(seen->drops[why], >, 10);
    }
    g_assert_cmpuint(seen->counts[OX_OBS_CRASH], ==, 24);
    ox_test_seen_free(seen);
}

/* Transfers of 0.1 s and more, so that many are cut in the middle; every node goes off twice, some
 * while a partition, loss, duplicates and jitter are on. */
static void set_turmoil(struct ox_world_config *config) {
    config->network.regions.host_bandwidth = 2000;
    config->network.loss = 0.05;
    config->network.duplicate = 0.1;
    config->network.jitter_ns = 300000000;
    struct ox_fault *fault = ox_test_fault(config, OX_FAULT_PARTITION, "split", 5, 10);
    for (uint32_t i = 0; i < config->network.nodes; i++)
        fault->group[i] = i % 3;
    for (int keeps = 0; keeps < 2; keeps++) {
        fault = ox_test_fault(config, OX_FAULT_CRASH, "churn", 1 + 12 * keeps, 1.5);
        fault->keeps_disk = keeps;
        fault->stagger_ns = 700000000;
        ox_test_crash_nodes(fault, 0, config->network.nodes);
    }
}

static void test_every_message_ends_once(gconstpointer fidelity) {
    struct ox_world_config config;
    ox_test_chatter(&config, 12);
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    set_turmoil(&config);
    ox_test_in_child(every_message_ends_once, &config);
    ox_world_config_clear(&config);
}

/* ---- crashes ---- */

static bool is_down(uint32_t node, uint64_t t_ns) {
    return node == 1 && t_ns >= 5 * OX_SECOND_NS && t_ns < 10 * OX_SECOND_NS;
}

static void crash_cuts_what_is_under_way(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t cut = 0;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        g_assert_false(is_down(message->from, message->sent_ns));
        if (message->ends == 0)
            continue;
        bool down = is_down(message->to, message->sent_ns);
        bool crossed = (message->from == 1 || message->to == 1) && !down &&
                       message->sent_ns < 5 * OX_SECOND_NS && message->ended_ns >= 5 * OX_SECOND_NS;
        g_assert_true(message->delivered == (!down && !crossed));
        if (message->delivered)
            continue;
        g_assert_cmpint(message->why, ==, down ? OX_DROP_DOWN : OX_DROP_CRASH);
        g_assert_cmpuint(message->fault, ==, 0);
        g_assert_cmpuint(message->ended_ns, ==, down ? message->sent_ns : 5 * OX_SECOND_NS);
        cut += crossed;
    }
    g_assert_cmpuint(cut, >, 0);
    g_assert_cmpuint(seen->drops[OX_DROP_DOWN], >, 10);
    ox_test_seen_free(seen);
}

static void test_crash_cuts(gconstpointer fidelity) {
    struct ox_world_config config;
    ox_test_chatter(&config, 6);
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    config.network.regions.host_bandwidth = 1000;
    ox_test_crash_nodes(ox_test_fault(&config, OX_FAULT_CRASH, "one", 5, 5), 1, 1);
    ox_test_in_child(crash_cuts_what_is_under_way, &config);
    ox_world_config_clear(&config);
}

/* ---- partitions ---- */

static bool is_split(uint64_t t_ns) {
    return t_ns >= 10 * OX_SECOND_NS && t_ns < 20 * OX_SECOND_NS;
}

static void partition_cuts_at_both_times(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t at_sending = 0, at_delivery = 0, let_through = 0;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        if (message->ends == 0)
            continue;
        bool across = (message->from < 15) != (message->to < 15);
        bool sent = across && is_split(message->sent_ns);
        bool due = across && is_split(message->sent_ns + crossing_ns(config, message));
        g_assert_true(message->delivered == (!sent && !due));
        if (sent)
            g_assert_cmpuint(message->ended_ns, ==, message->sent_ns);
        if (!message->delivered) {
            g_assert_cmpint(message->why, ==, OX_DROP_PARTITION);
            g_assert_cmpuint(message->fault, ==, 0);
        }
        at_sending += sent;
        at_delivery += !sent && due;
        let_through += !across && is_split(message->sent_ns);
    }
    g_assert_cmpuint(at_sending, >, 50);
    g_assert_cmpuint(at_delivery, >, 0);
    g_assert_cmpuint(let_through, >, 50);
    ox_test_seen_free(seen);
}

static void test_partition(void) {
    struct ox_world_config config;
    ox_test_chatter(&config, 40);
    config.network.fidelity = OX_FIDELITY_DELAY;
    struct ox_fault *split = ox_test_fault(&config, OX_FAULT_PARTITION, "split", 10, 10);
    for (uint32_t i = 0; i < 40; i++)
        split->group[i] = i < 15;
    ox_test_in_child(partition_cuts_at_both_times, &config);
    ox_world_config_clear(&config);
}

/* ---- chance ---- */

/* Loss of 20 % by [network] until 30 s and 50 % more by a fault from 10 s to 20 s. */
static void losses_have_their_rates(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t sent[2] = {0}, lost[2] = {0}, by_fault = 0;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        if (message->ends == 0)
            continue;
        bool worse = is_split(message->sent_ns);
        sent[worse]++;
        lost[worse] += !message->delivered;
        if (message->delivered)
            continue;
        g_assert_cmpint(message->why, ==, OX_DROP_LOSS);
        g_assert_cmpuint(message->sent_ns, <, config->duration_ns);
        by_fault += message->fault == 0;
        g_assert_true(message->fault == OX_NO_FAULT || (message->fault == 0 && worse));
        /* It crosses the network all the same, and is lost at its end. */
        g_assert_cmpuint(message->ended_ns - message->sent_ns, >=, crossing_ns(config, message));
    }
    g_assert_cmpfloat(fabs((double)lost[0] / (double)sent[0] - 0.2), <, 0.04);
    g_assert_cmpfloat(fabs((double)lost[1] / (double)sent[1] - 0.6), <, 0.04);
    g_assert_cmpfloat(fabs((double)by_fault / (double)sent[1] - 0.4), <, 0.04);
    ox_test_seen_free(seen);
}

static void test_loss(void) {
    struct ox_world_config config;
    ox_test_chatter(&config, 50);
    config.network.loss = 0.2;
    ox_test_fault(&config, OX_FAULT_LOSS, "worse", 10, 10)->rate = 0.5;
    config.quiet_ns = OX_SECOND_NS;
    ox_test_in_child(losses_have_their_rates, &config);
    ox_world_config_clear(&config);
}

/* A duplicate fault of 30 %, with jitter of 20 ms by a fault: between 10 s and 20 s. */
static void duplicates_come_later(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t during = 0, twice = 0, late = 0;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        if (message->ends == 0)
            continue;
        uint64_t jitter_ns = message->ended_ns - message->sent_ns - crossing_ns(config, message);
        bool acts = is_split(message->sent_ns);
        during += acts;
        twice += message->second_ends;
        g_assert_cmpuint(jitter_ns, <=, acts ? 20000000 : 0);
        g_assert_cmpuint(message->fault, ==, acts && jitter_ns > 0 ? 1 : OX_NO_FAULT);
        late += jitter_ns > 10000000;
        if (message->second_ends == 0)
            continue;
        g_assert_true(acts);
        g_assert_cmpuint(message->second_fault, ==, 0);
        g_assert_cmpuint(message->again_ns, >=, message->ended_ns + 1000000);
        g_assert_cmpuint(message->again_ns, <=, message->ended_ns + 20000000);
    }
    g_assert_cmpfloat(fabs((double)twice / (double)during - 0.3), <, 0.05);
    g_assert_cmpfloat(fabs((double)late / (double)during - 0.5), <, 0.05);
    g_assert_cmpuint(seen->counts[OX_OBS_DELIVER], ==, seen->stats.messages_delivered);
    ox_test_seen_free(seen);
}

static void test_duplicates_and_jitter(void) {
    struct ox_world_config config;
    ox_test_chatter(&config, 50);
    config.node.fanout = 1;
    config.network.fidelity = OX_FIDELITY_DELAY;
    ox_test_fault(&config, OX_FAULT_DUPLICATE, "echo", 10, 10)->rate = 0.3;
    ox_test_fault(&config, OX_FAULT_JITTER, "shaky", 10, 10)->jitter_ns = 20000000;
    ox_test_in_child(duplicates_come_later, &config);
    ox_world_config_clear(&config);
}

/* The network's own jitter of 20 ms and duplicates of 30 %, until 30 s. */
static void weather_ends_with_the_workload(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t during = 0, twice = 0, late = 0, after = 0;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        if (message->ends == 0)
            continue;
        uint64_t jitter_ns = message->ended_ns - message->sent_ns - crossing_ns(config, message);
        bool acts = message->sent_ns < config->duration_ns;
        during += acts;
        after += !acts;
        twice += message->second_ends;
        late += jitter_ns > 10000000;
        g_assert_cmpuint(jitter_ns, <=, acts ? 20000000 : 0);
        g_assert_true(acts || message->second_ends == 0);
    }
    g_assert_cmpfloat(fabs((double)twice / (double)during - 0.3), <, 0.05);
    g_assert_cmpfloat(fabs((double)late / (double)during - 0.5), <, 0.05);
    g_assert_cmpuint(after, >, 20);
    ox_test_seen_free(seen);
}

static void test_weather(void) {
    struct ox_world_config config;
    ox_test_chatter(&config, 50);
    config.node.fanout = 1;
    config.network.fidelity = OX_FIDELITY_DELAY;
    config.network.jitter_ns = 20000000;
    config.network.duplicate = 0.3;
    ox_test_in_child(weather_ends_with_the_workload, &config);
    ox_world_config_clear(&config);
}

/* Which messages of which pairs are lost, as one number; shared with the parent. */
struct losses {
    struct ox_world_config *config;
    uint64_t *sum;
};

static void sum_losses(void *data) {
    struct losses *losses = data;
    struct ox_test_seen *seen = ox_test_run(losses->config);
    uint32_t nth[20][20] = {{0}};
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message = message_at(seen, i);
        uint32_t n = ++nth[message->from][message->to];
        if (message->ends == 1 && !message->delivered && message->why == OX_DROP_LOSS)
            *losses->sum += (message->from * 1000003u + message->to) * UINT64_C(1000033) + n;
    }
    ox_test_seen_free(seen);
}

/* Duplicates and jitter on top change nothing about who is lost. */
static void test_draws_do_not_shift(void) {
    struct ox_world_config config;
    uint64_t *sums = ox_test_shared(2 * sizeof *sums);
    ox_test_chatter(&config, 20);
    config.network.loss = 0.1;
    ox_test_in_child(sum_losses, &(struct losses){&config, &sums[0]});
    ox_test_fault(&config, OX_FAULT_DUPLICATE, "echo", 5, 10)->rate = 0.5;
    ox_test_fault(&config, OX_FAULT_JITTER, "shaky", 5, 10)->jitter_ns = 20000000;
    ox_test_in_child(sum_losses, &(struct losses){&config, &sums[1]});
    g_assert_cmpuint(sums[0], !=, 0);
    g_assert_cmpuint(sums[0], ==, sums[1]);
    ox_world_config_clear(&config);
}

static void add_for_both(const char *name, GTestDataFunc test) {
    char *flow = g_strdup_printf("/network/%s/flow", name);
    char *delay = g_strdup_printf("/network/%s/delay", name);
    g_test_add_data_func(flow, GINT_TO_POINTER(OX_FIDELITY_FLOW), test);
    g_test_add_data_func(delay, GINT_TO_POINTER(OX_FIDELITY_DELAY), test);
    g_free(flow);
    g_free(delay);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    add_for_both("exact-delays-near-ones-do-not-wait-for-far-ones", test_exact_delays);
    add_for_both("contention", test_contention);
    add_for_both("every-message-ends-once", test_every_message_ends_once);
    add_for_both("crash-cuts-what-is-under-way", test_crash_cuts);
    g_test_add_func("/network/fidelities-agree", test_fidelities_agree);
    g_test_add_func("/network/partition-cuts-at-sending-and-at-delivery", test_partition);
    g_test_add_func("/network/loss", test_loss);
    g_test_add_func("/network/duplicates-and-jitter", test_duplicates_and_jitter);
    g_test_add_func("/network/weather-ends-with-the-workload", test_weather);
    g_test_add_func("/network/draws-do-not-shift", test_draws_do_not_shift);
    return g_test_run();
}
