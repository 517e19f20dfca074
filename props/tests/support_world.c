#include "support_world.h"

#include "crdt/gcounter.h"
#include "crdt/orset.h"
#include "protocols/protocol.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Round-trip times in microseconds, averages of pings between AWS regions in 2021, from
 * vitorenesduarte/fantoch, latency_aws (MIT): ap-southeast-1, ca-central-1, eu-west-1, sa-east-1,
 * us-west-1. */
static const uint64_t round_trip_us[OX_TEST_REGIONS][OX_TEST_REGIONS] = {
    {99, 205970, 175729, 321092, 172972}, {205968, 103, 72243, 124295, 78614},
    {175732, 72241, 154, 180554, 135900}, {321086, 124296, 180550, 325, 173153},
    {172974, 78614, 135902, 173156, 143},
};

/* ---- worlds ---- */

uint64_t ox_test_seconds(double seconds) {
    return (uint64_t)(seconds * 1e9 + 0.5);
}

static void set_regions(struct ox_regions *regions) {
    static const char *const names[] = {"ap-southeast-1", "ca-central-1", "eu-west-1", "sa-east-1",
                                        "us-west-1"};
    *regions = (struct ox_regions){
        .count = OX_TEST_REGIONS, .host_bandwidth = 125e6, .region_bandwidth = 125e6};
    regions->names = g_new0(char *, OX_TEST_REGIONS);
    regions->latency_ns = g_new(uint64_t, OX_TEST_REGIONS * OX_TEST_REGIONS);
    for (uint32_t i = 0; i < OX_TEST_REGIONS; i++) {
        regions->names[i] = g_strdup(names[i]);
        for (uint32_t j = 0; j < OX_TEST_REGIONS; j++)
            regions->latency_ns[i * OX_TEST_REGIONS + j] = round_trip_us[i][j] * 500;
    }
}

void ox_test_world(struct ox_world_config *config, uint32_t nodes) {
    *config = (struct ox_world_config){
        .seed = 1,
        .duration_ns = 30 * OX_SECOND_NS,
        .settle_ns = 300 * OX_SECOND_NS,
        .quiet_ns = 20 * OX_SECOND_NS,
        .reads_ns = OX_SECOND_NS,
        .messages = true,
        .network = {.nodes = nodes},
        .node = {.sync = ox_protocol_named(ox_bytes_of_text("delta")),
                 .fanout = 2,
                 .interval_ns = OX_SECOND_NS,
                 .repair_interval_ns = 10 * OX_SECOND_NS},
        .workload = {.type_count = 2,
                     .keys = 50,
                     .zipf_s = 0.99,
                     .rate = 20,
                     .until_ns = 20 * OX_SECOND_NS,
                     .elements = 20,
                     .removes = 0.25},
    };
    set_regions(&config->network.regions);
    config->workload.types = g_new(const struct ox_type *, 2);
    config->workload.types[0] = &ox_gcounter;
    config->workload.types[1] = &ox_orset;
}

void ox_test_chatter(struct ox_world_config *config, uint32_t nodes) {
    ox_test_world(config, nodes);
    config->node.sync = ox_protocol_named(ox_bytes_of_text("null"));
    config->node.fanout = MIN(3, nodes - 1);
    config->workload.rate = 0;
    config->workload.until_ns = 0;
    config->reads_ns = 0;
    config->quiet_ns = OX_SECOND_NS;
}

struct ox_fault *ox_test_fault(struct ox_world_config *config, enum ox_fault_kind kind,
                               const char *name, double at_s, double for_s) {
    config->faults = g_renew(struct ox_fault, config->faults, config->fault_count + 1);
    struct ox_fault *fault = &config->faults[config->fault_count++];
    *fault = (struct ox_fault){.kind = kind,
                               .name = g_strdup(name),
                               .at_ns = ox_test_seconds(at_s),
                               .for_ns = for_s > 0 ? ox_test_seconds(for_s) : OX_NEVER};
    if (kind == OX_FAULT_PARTITION)
        fault->group = g_new0(uint32_t, config->network.nodes);
    return fault;
}

void ox_test_crash_nodes(struct ox_fault *fault, uint32_t first, uint32_t count) {
    fault->nodes = g_new(uint32_t, count);
    fault->node_count = count;
    for (uint32_t i = 0; i < count; i++)
        fault->nodes[i] = first + i;
}

/* ---- children ---- */

void ox_test_in_child(void (*story)(void *data), void *data) {
    fflush(NULL);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        story(data);
        fflush(NULL);
        _exit(0);
    }
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

void *ox_test_shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    g_assert_true(memory != MAP_FAILED);
    return memory;
}

/* ---- what was seen ---- */

static void see_message(struct ox_test_seen *seen, const struct ox_observation *o) {
    if (o->kind == OX_OBS_SEND) {
        g_assert_cmpuint(o->message.id, ==, seen->messages->len + 1);
        struct ox_test_message sent = {
            .sent_ns = o->t_ns, .from = o->node, .to = o->message.peer, .bytes = o->message.bytes};
        g_array_append_val(seen->messages, sent);
        return;
    }
    g_assert_cmpuint(o->message.id, <=, seen->messages->len);
    struct ox_test_message *message =
        &g_array_index(seen->messages, struct ox_test_message, o->message.id - 1);
    g_assert_cmpuint(message->from, ==, o->message.peer);
    g_assert_cmpuint(message->to, ==, o->node);
    g_assert_cmpuint(message->bytes, ==, o->message.bytes);
    if (o->kind == OX_OBS_DROP)
        seen->drops[o->message.why]++;
    if (o->message.duplicate) {
        message->second_ends++;
        message->again_ns = o->t_ns;
        message->second_fault = o->message.fault;
        return;
    }
    message->ends++;
    message->ended_ns = o->t_ns;
    message->delivered = o->kind == OX_OBS_DELIVER;
    message->why = o->message.why;
    message->fault = o->message.fault;
}

static void see(void *self, const struct ox_observation *o) {
    struct ox_test_seen *seen = self;
    seen->in_order = seen->in_order && o->t_ns >= seen->last_ns;
    seen->last_ns = o->t_ns;
    seen->counts[o->kind]++;
    if (o->kind == OX_OBS_SEND || o->kind == OX_OBS_DELIVER || o->kind == OX_OBS_DROP) {
        see_message(seen, o);
        return;
    }
    GString *line = g_string_new(NULL);
    bool of_a_fault =
        o->kind == OX_OBS_FAULT || (o->kind == OX_OBS_CRASH && o->crash.fault != OX_NO_FAULT);
    ox_trace_line(o, of_a_fault ? "fault" : NULL, "kind", line);
    g_ptr_array_add(seen->lines, g_string_free(line, FALSE));
}

struct ox_test_seen *ox_test_run(const struct ox_world_config *config) {
    struct ox_test_seen *seen = g_new0(struct ox_test_seen, 1);
    seen->digest = ox_digest_new();
    seen->messages = g_array_new(FALSE, FALSE, sizeof(struct ox_test_message));
    seen->lines = g_ptr_array_new_with_free_func(g_free);
    seen->in_order = true;
    struct ox_observer observers[] = {ox_digest_observer(seen->digest), {see, seen}};
    GError *error = NULL;
    bool ok = ox_world_run(config, observers, 2, NULL, &seen->stats, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    return seen;
}

void ox_test_seen_free(struct ox_test_seen *seen) {
    ox_digest_free(seen->digest);
    g_array_free(seen->messages, TRUE);
    g_ptr_array_free(seen->lines, TRUE);
    g_free(seen);
}

struct digest_of {
    const struct ox_world_config *config;
    uint64_t *digest;
};

static void run_for_digest(void *data) {
    struct digest_of *job = data;
    struct ox_test_seen *seen = ox_test_run(job->config);
    *job->digest = ox_digest_value(seen->digest);
    ox_test_seen_free(seen);
}

uint64_t ox_test_digest(const struct ox_world_config *config) {
    struct digest_of job = {config, ox_test_shared(sizeof(uint64_t))};
    ox_test_in_child(run_for_digest, &job);
    uint64_t digest = *job.digest;
    munmap(job.digest, sizeof digest);
    return digest;
}

guint ox_test_count_lines(const struct ox_test_seen *seen, const char *text) {
    guint count = 0;
    for (guint i = 0; i < seen->lines->len; i++)
        count += strstr(seen->lines->pdata[i], text) != NULL;
    return count;
}

const char *ox_test_line(const struct ox_test_seen *seen, const char *text) {
    for (guint i = 0; i < seen->lines->len; i++) {
        if (strstr(seen->lines->pdata[i], text))
            return seen->lines->pdata[i];
    }
    return NULL;
}
