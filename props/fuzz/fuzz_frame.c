/* A whole node that is fed frames: pieces, each of which says by its first byte what it is:
 *
 *     0  a frame from peer 1        2  the body of a frame from peer 1, whose header is right
 *     1  a frame from peer 2        3  the body of a frame from the second life of peer 2
 *     4  a tick, as many tenths of a second later as its next byte says
 *
 * Whatever comes, the node answers OX_OK or OX_MALFORMED, stays sound, and comes back from its log.
 */
#include "props/fuzz/net.h"
#include "protocols/frame.h"
#include "protocols/protocol.h"

enum piece { FRAME_1, FRAME_2, BODY_1, BODY_2, TICK, PIECE_KINDS };

/* Made once: they are the same for every input. */
static struct ox_buf first_log;
static uint64_t first_ns;

struct world {
    struct ox_node *node;
    struct ox_buf log, before, after, frame;
    uint64_t now_ns;
};

static void snapshot(struct ox_node *node, struct ox_buf *out) {
    ox_buf_clear(out);
    FUZZ_CHECK(ox_node_snapshot(node, out) == OX_OK, "no memory");
}

static void check_store(struct ox_node *node) {
    size_t count;
    struct ox_entry **entries = ox_store_list(ox_node_store(node), &count);
    for (size_t i = 0; i < count; i++)
        fuzz_check_object(&entries[i]->object, "in a node that got frames");
}

static struct ox_bytes with_header(struct world *world, ox_replica from, struct ox_bytes body) {
    struct ox_frame header = {
        .component = ox_bytes_of_text("delta"),
        .clock = {.physical_ns = world->now_ns, .replica = from},
        .addressed = true,
        .to = ox_node_replica(world->node),
    };
    ox_buf_clear(&world->frame);
    ox_frame_begin(&world->frame, &header);
    ox_buf_append(&world->frame, body.data, body.size);
    return ox_buf_bytes(&world->frame);
}

static void step(struct world *world, struct ox_event *event) {
    struct ox_effects effects;
    snapshot(world->node, &world->before);
    enum ox_status status =
        fuzz_node_step(world->node, event, world->now_ns, &world->log, &effects);
    FUZZ_CHECK(status == OX_OK || status == OX_MALFORMED, "a step is %s", ox_status_name(status));
    for (size_t i = 0; i < effects.send_count; i++) {
        struct ox_frame sent;
        FUZZ_CHECK(ox_frame_read(&sent, effects.sends[i].frame) == OX_OK, "what it sends is bad");
    }
    snapshot(world->node, &world->after);
    if (status != OX_OK)
        fuzz_check_same(ox_buf_bytes(&world->before), ox_buf_bytes(&world->after),
                        "after a refused frame");
    check_store(world->node);
}

static void take(struct world *world, struct ox_bytes piece) {
    if (piece.size == 0)
        return;
    enum piece kind = piece.data[0] % PIECE_KINDS;
    struct ox_bytes rest = {piece.data + 1, piece.size - 1};
    struct ox_event event = {.kind = OX_EVENT_RECEIVE};
    event.receive.from = kind == FRAME_1 || kind == BODY_1 ? 1 : 2;
    event.receive.frame = rest;
    if (kind == BODY_1)
        event.receive.frame = with_header(world, ox_replica_of(0, 1), rest);
    if (kind == BODY_2)
        event.receive.frame = with_header(world, ox_replica_of(1, 2), rest);
    if (kind == TICK) {
        event = (struct ox_event){.kind = OX_EVENT_TICK};
        world->now_ns += UINT64_C(100000000) * (rest.size > 0 ? rest.data[0] : 1);
    }
    step(world, &event);
}

static void come_back(struct world *world) {
    struct ox_node *back = fuzz_node_start(0, ox_buf_bytes(&world->log));
    FUZZ_CHECK(ox_store_checksum(ox_node_store(back)) ==
                   ox_store_checksum(ox_node_store(world->node)),
               "the log brings back another store");
    check_store(back);
    ox_node_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (first_log.size == 0)
        first_ns = fuzz_net(&first_log, true, NULL, NULL);
    struct fuzz_input input = {data, size};
    struct world world = {.node = fuzz_node_start(0, ox_buf_bytes(&first_log)), .now_ns = first_ns};
    ox_buf_append(&world.log, first_log.data, first_log.size);
    while (input.left > 0)
        take(&world, fuzz_piece(&input));
    come_back(&world);
    ox_node_free(world.node);
    ox_buf_free(&world.log);
    ox_buf_free(&world.before);
    ox_buf_free(&world.after);
    ox_buf_free(&world.frame);
    return 0;
}
