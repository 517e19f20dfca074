/* net.c - three honest nodes and a network that loses every fourth message; see net.h. */
#include "props/fuzz/net.h"

#include "protocols/protocol.h"

#include <string.h>

static const uint64_t ROUND_NS = UINT64_C(100000000);
enum { ROUNDS = 40, HALF = 20 };

const struct ox_node_config *fuzz_node_config(void) {
    static struct ox_node_config config;
    config = (struct ox_node_config){
        .sync = ox_protocol_named(ox_bytes_of_text("delta")),
        .fanout = FUZZ_NODES - 1,
        .interval_ns = ROUND_NS,
        .repair_interval_ns = 4 * ROUND_NS,
    };
    return &config;
}

enum ox_status fuzz_node_step(struct ox_node *node, struct ox_event *event, uint64_t now_ns,
                              struct ox_buf *log, struct ox_effects *effects) {
    event->now_ns = event->physical_ns = now_ns;
    enum ox_status status = ox_node_step(node, event, effects);
    if (effects->persist.bytes.size > 0 && effects->persist.replaces)
        ox_buf_clear(log);
    ox_buf_append(log, effects->persist.bytes.data, effects->persist.bytes.size);
    return status;
}

struct ox_node *fuzz_node_start(ox_peer number, struct ox_bytes log) {
    ox_peer peers[FUZZ_NODES - 1];
    size_t count = 0;
    for (ox_peer peer = 0; peer < FUZZ_NODES; peer++)
        if (peer != number)
            peers[count++] = peer;
    struct ox_event event = {
        .kind = OX_EVENT_START,
        .start = {ox_replica_of(0, number), 3 + number, peers, count, log},
    };
    struct ox_effects effects;
    struct ox_node *node = ox_node_new(fuzz_node_config());
    FUZZ_CHECK(node != NULL && ox_node_step(node, &event, &effects) == OX_OK,
               "a node does not start from what it persisted");
    return node;
}

/* ---- the network ---- */

struct net {
    struct ox_node *nodes[FUZZ_NODES];
    struct ox_buf logs[FUZZ_NODES];
    uint64_t now_ns, dice;
    bool second_half;
    void (*each)(void *self, ox_peer from, struct ox_bytes frame);
    void *self;
};

static void step(struct net *net, ox_peer node, struct ox_event *event);

/* Copies, for a step's effects last only until the next one. */
static void deliver(struct net *net, ox_peer from, const struct ox_effects *effects) {
    struct ox_buf frames[16] = {0};
    ox_peer to[16];
    size_t count = 0;
    for (size_t i = 0; i < effects->send_count && count < 16; i++) {
        struct ox_send send = effects->sends[i];
        if (send.to == 0 && net->second_half && net->each != NULL)
            net->each(net->self, from, send.frame);
        if (fuzz_roll(&net->dice, 4) == 0)
            continue;
        to[count] = send.to;
        ox_buf_append(&frames[count++], send.frame.data, send.frame.size);
    }
    for (size_t i = 0; i < count; i++) {
        struct ox_event event = {.kind = OX_EVENT_RECEIVE,
                                 .receive = {from, ox_buf_bytes(&frames[i])}};
        step(net, to[i], &event);
        ox_buf_free(&frames[i]);
    }
}

static void step(struct net *net, ox_peer node, struct ox_event *event) {
    struct ox_effects effects;
    enum ox_status status =
        fuzz_node_step(net->nodes[node], event, net->now_ns, &net->logs[node], &effects);
    FUZZ_CHECK(status == OX_OK, "an honest step is %s", ox_status_name(status));
    deliver(net, node, &effects);
}

static void update(struct net *net, ox_peer node) {
    static const char *const names[] = {"cart", "visits", "k"};
    struct ox_bytes name = ox_bytes_of_text(names[fuzz_roll(&net->dice, 3)]);
    const struct ox_type *type = ox_types[fuzz_roll(&net->dice, fuzz_type_count())];
    struct ox_object none;
    struct fuzz_op drawn;
    FUZZ_CHECK(ox_object_init(&none, type) == OX_OK, "no memory");
    const struct ox_entry *entry = ox_store_find(ox_node_store(net->nodes[node]), name, type);
    fuzz_random_op(entry != NULL ? &entry->object : &none, &net->dice, &drawn);
    struct ox_event event = {.kind = OX_EVENT_UPDATE, .update = {name, type, drawn.op}};
    step(net, node, &event);
    ox_object_free(&none);
}

/* The log as one record: what a start writes that finds a torn tail. It is quicker to start from.
 */
static void compact(struct ox_buf *log) {
    struct ox_effects effects;
    struct ox_node *node = ox_node_new(fuzz_node_config());
    ox_buf_push(log, 0);
    struct ox_event start = {.kind = OX_EVENT_START, .start.log = ox_buf_bytes(log)};
    FUZZ_CHECK(node != NULL && ox_node_step(node, &start, &effects) == OX_OK, "no start");
    FUZZ_CHECK(effects.persist.replaces, "a torn tail stays");
    ox_buf_clear(log);
    ox_buf_append(log, effects.persist.bytes.data, effects.persist.bytes.size);
    ox_node_free(node);
}

uint64_t fuzz_net(struct ox_buf *log, bool compacted,
                  void (*each)(void *self, ox_peer from, struct ox_bytes frame), void *self) {
    struct net net = {.dice = 12345, .each = each, .self = self};
    uint64_t half_ns = 0;
    for (ox_peer node = 0; node < FUZZ_NODES; node++)
        net.nodes[node] = fuzz_node_start(node, (struct ox_bytes){0});
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (ox_peer node = 0; node < FUZZ_NODES; node++) {
            struct ox_event tick = {.kind = OX_EVENT_TICK};
            update(&net, node);
            step(&net, node, &tick);
        }
        net.now_ns += ROUND_NS;
        if (round + 1 == HALF) {
            net.second_half = true;
            half_ns = net.now_ns;
            ox_buf_clear(log);
            ox_buf_append(log, net.logs[0].data, net.logs[0].size);
            if (compacted)
                compact(log);
        }
    }
    for (ox_peer node = 0; node < FUZZ_NODES; node++) {
        ox_node_free(net.nodes[node]);
        ox_buf_free(&net.logs[node]);
    }
    return half_ns;
}
