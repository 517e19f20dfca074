/* null.c - a protocol that only talks, see null.h. */
#include "protocols/null.h"
#include "protocols/rounds.h"

#include <stdlib.h>

enum { BODY_BYTES = 170 }; /* with the header about 200 */

struct null_protocol {
    uint32_t fanout;
    struct ox_rounds rounds;
    uint64_t next_ns;
    ox_peer *drawn; /* [fanout] */
};

static void destroy(void *self) {
    struct null_protocol *null = self;
    if (null != NULL)
        free(null->drawn);
    free(null);
}

static void *create(const struct ox_node_config *config) {
    struct null_protocol *null = calloc(1, sizeof *null);
    if (null == NULL)
        return NULL;
    null->fanout = config->fanout;
    null->rounds.interval_ns = config->interval_ns;
    null->next_ns = OX_NEVER;
    null->drawn = calloc(config->fanout, sizeof *null->drawn);
    if (null->drawn == NULL) {
        destroy(null);
        return NULL;
    }
    return null;
}

static enum ox_status start(void *self, struct ox_node *node, uint64_t now_ns) {
    struct null_protocol *null = self;
    null->rounds = ox_rounds_start(node, now_ns, null->rounds.interval_ns);
    null->next_ns = null->rounds.phase_ns;
    return OX_OK;
}

static enum ox_status tick(void *self, struct ox_node *node, uint64_t now_ns) {
    static const uint8_t nothing[BODY_BYTES] = {0};
    struct null_protocol *null = self;
    if (now_ns < null->next_ns)
        return OX_OK;
    size_t count = ox_node_draw_peers(node, null->fanout, null->drawn);
    for (size_t i = 0; i < count; i++) {
        struct ox_buf *out = ox_node_begin_frame(node, null->drawn[i]);
        ox_cbor_put_bytes(out, (struct ox_bytes){nothing, sizeof nothing});
        if (ox_node_end_frame(node, "null") != OX_OK)
            return OX_NOMEM;
    }
    null->next_ns = ox_rounds_after(&null->rounds, now_ns);
    return OX_OK;
}

static enum ox_status reserve(void *self) {
    (void)self;
    return OX_OK;
}

static void updated(void *self, struct ox_node *node, struct ox_entry *entry,
                    struct ox_delta *delta, uint64_t now_ns) {
    (void)self;
    (void)node;
    (void)entry;
    (void)delta;
    (void)now_ns;
}

static enum ox_status receive(void *self, struct ox_node *node, ox_peer from, struct ox_bytes body,
                              uint64_t now_ns) {
    (void)self;
    (void)node;
    (void)from;
    (void)now_ns;
    struct ox_cbor in = ox_cbor_of(body);
    ox_cbor_bytes(&in);
    return ox_cbor_done(&in) ? OX_OK : OX_MALFORMED;
}

static enum ox_status missed(void *self, struct ox_node *node, ox_peer from, uint64_t now_ns) {
    (void)self;
    (void)node;
    (void)from;
    (void)now_ns;
    return OX_OK;
}

static uint64_t deadline(const void *self) {
    const struct null_protocol *null = self;
    return null->next_ns;
}

static void snapshot(const void *self, struct ox_buf *out) {
    const struct null_protocol *null = self;
    ox_cbor_put_uint(out, null->next_ns);
}

const struct ox_protocol ox_null_protocol = {
    .name = "null",
    .about = "only talks: frames of 200 bytes that carry nothing, to measure the network",
    .promises = 0,
    .create = create,
    .destroy = destroy,
    .start = start,
    .tick = tick,
    .reserve = reserve,
    .updated = updated,
    .receive = receive,
    .missed = missed,
    .deadline = deadline,
    .snapshot = snapshot,
};
