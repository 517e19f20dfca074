/* defects.c - nodes that break their contract: the run goes on, and says who did what. Each of
 * these nodes once ended a run as a fault of ours, or passed unseen. */
#include "support_world.h"

#include "crdt/gcounter.h"
#include "protocols/null.h"
#include "protocols/protocol.h"

#include <string.h>

enum { NODES = 4 };

/* ---- protocols and a type that are broken on purpose ---- */

static unsigned starts, ticks;

static enum ox_status start_once(void *self, struct ox_node *node, uint64_t now_ns) {
    return ++starts > NODES ? OX_MALFORMED : ox_null_protocol.start(self, node, now_ns);
}

static enum ox_status tick_some(void *self, struct ox_node *node, uint64_t now_ns) {
    return ++ticks == 30 ? OX_INVALID : ox_null_protocol.tick(self, node, now_ns);
}

static enum ox_status tick_idly(void *self, struct ox_node *node, uint64_t now_ns) {
    return ++ticks == 30 ? OX_OK : ox_null_protocol.tick(self, node, now_ns);
}

static enum ox_status receive_nothing(void *self, struct ox_node *node, ox_peer from,
                                      struct ox_bytes body, uint64_t now_ns) {
    (void)self, (void)node, (void)from, (void)body, (void)now_ns;
    return OX_MALFORMED;
}

static enum ox_status receive_in_alarm(void *self, struct ox_node *node, ox_peer from,
                                       struct ox_bytes body, uint64_t now_ns) {
    (void)self, (void)body, (void)now_ns;
    struct ox_entry *entry =
        ox_store_find(ox_node_store(node), ox_bytes_of_text("k0"), &ox_gcounter);
    return entry ? ox_node_alarm(node, from, entry) : OX_OK;
}

static enum ox_status apply_nothing(void *store, const struct ox_vv *context,
                                    const struct ox_op *op, struct ox_update *update, void *part,
                                    struct ox_dots *dead) {
    (void)store, (void)context, (void)op, (void)update, (void)part, (void)dead;
    return OX_OVERFLOW;
}

/* ---- runs ---- */

struct story {
    struct ox_world_config config;
    const char *alarm; /* what its lines have */
    guint alarms;      /* how many; 0: at least one */
    guint crashes;
};

static void tell(void *data) {
    const struct story *story = data;
    struct ox_test_seen *seen = ox_test_run(&story->config);
    guint alarms = ox_test_count_lines(seen, story->alarm);
    if (story->alarms == 0)
        g_assert_cmpuint(alarms, >, 0);
    else
        g_assert_cmpuint(alarms, ==, story->alarms);
    g_assert_cmpuint(seen->counts[OX_OBS_ALARM], ==, alarms);
    g_assert_cmpuint(seen->counts[OX_OBS_CRASH], ==, story->crashes);
    g_assert_nonnull(ox_test_line(seen, "\"phase\":\"quiet\""));
    ox_test_seen_free(seen);
}

/* In both fidelities, with a node that comes back from a crash with its disk. */
static void run(const struct ox_protocol *protocol, const struct ox_type *type,
                struct story *story) {
    for (int fidelity = OX_FIDELITY_FLOW; fidelity <= OX_FIDELITY_DELAY; fidelity++) {
        ox_test_world(&story->config, NODES);
        story->config.network.fidelity = (enum ox_fidelity)fidelity;
        story->config.node.sync = protocol;
        if (type) {
            g_free(story->config.workload.types);
            story->config.workload.types = g_memdup2(&type, sizeof type);
            story->config.workload.type_count = 1;
        }
        struct ox_fault *fault = ox_test_fault(&story->config, OX_FAULT_CRASH, "one", 5, 5);
        fault->keeps_disk = true;
        ox_test_crash_nodes(fault, 1, 1);
        ox_test_in_child(tell, story);
        ox_world_config_clear(&story->config);
    }
}

static void a_node_that_does_not_start(void) {
    struct ox_protocol broken = ox_null_protocol;
    broken.start = start_once;
    struct story story = {.alarm = "\"ev\":\"alarm\",\"node\":1,\"why\":\"start\",\"status\":",
                          .alarms = 1,
                          .crashes = 2};
    run(&broken, NULL, &story);
}

static void a_node_that_fails_at_its_deadline(void) {
    struct ox_protocol broken = ox_null_protocol;
    broken.tick = tick_some;
    struct story story = {.alarm = "\"why\":\"tick\",\"status\":", .alarms = 1, .crashes = 2};
    run(&broken, NULL, &story);
}

static void a_node_that_lets_its_deadline_pass(void) {
    struct ox_protocol broken = ox_null_protocol;
    broken.tick = tick_idly;
    struct story story = {.alarm = "\"why\":\"idle\"}", .alarms = 1, .crashes = 2};
    run(&broken, NULL, &story);
}

static void a_node_that_refuses_frames(void) {
    struct ox_protocol broken = ox_null_protocol;
    broken.receive = receive_nothing;
    struct story story = {.alarm = "\"why\":\"frame\",\"status\":", .crashes = 1};
    run(&broken, NULL, &story);
}

static void a_node_that_meets_other_bytes(void) {
    struct ox_protocol broken = ox_null_protocol;
    broken.receive = receive_in_alarm;
    struct story story = {.alarm = "\"key\":\"k0\",\"type\":\"g-counter\",\"why\":\"diverged\"}",
                          .crashes = 1};
    run(&broken, &ox_gcounter, &story);
}

static void a_node_that_refuses_updates(void) {
    struct ox_type broken = ox_gcounter;
    broken.apply = apply_nothing;
    struct story story = {.alarm = "\"why\":\"update\",\"status\":", .crashes = 1};
    run(&ox_null_protocol, &broken, &story);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/defects/a node that does not start", a_node_that_does_not_start);
    g_test_add_func("/defects/a node that fails at its deadline",
                    a_node_that_fails_at_its_deadline);
    g_test_add_func("/defects/a node that lets its deadline pass",
                    a_node_that_lets_its_deadline_pass);
    g_test_add_func("/defects/a node that refuses frames", a_node_that_refuses_frames);
    g_test_add_func("/defects/a node that meets other bytes", a_node_that_meets_other_bytes);
    g_test_add_func("/defects/a node that refuses updates", a_node_that_refuses_updates);
    return g_test_run();
}
