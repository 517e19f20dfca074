/* node.c - one replica's node: a step function without I/O; see node.h.
 *
 *     step:  remember clock and rng -> forget the last effects -> do the event
 *              OK     seal the log record (or replace the log), hand the effects out
 *              else   put clock and rng back, hand nothing out
 *
 * Objects cannot be un-joined, so within an event everything that may fail comes before the first
 * change, and what follows a change cannot fail (protocol.h says how protocols keep to that).
 */
#include "protocols/log.h"
#include "protocols/outbox.h"
#include "protocols/peers.h"
#include "protocols/protocol.h"

#include <assert.h>
#include <stdlib.h>

/* A peer's clock further ahead than this is broken: its data counts, its time does not. */
#define CLOCK_DRIFT_MAX_NS (UINT64_C(3600) * 1000000000)

/* An update's delta is known, and can be written down, only once it is applied; this much room for
 * it, and for the texts of the operation, is made before. */
enum { DELTA_ROOM = 4096 };

struct ox_node {
    const struct ox_protocol *sync;
    void *sync_self;
    ox_replica replica;
    bool started;
    bool broken; /* an applied update could not be written down: see node.h, OX_NOMEM */
    struct ox_store *store;
    struct ox_hlc clock;
    struct ox_rng rng;
    struct ox_peers peers;
    struct ox_log_size log;
    struct ox_outbox outbox;
    ox_peer frame_to; /* of the frame being written */
};

/* ---- birth and death ---- */

struct ox_node *ox_node_new(const struct ox_node_config *config) {
    assert(config->sync != NULL);
    assert(config->fanout >= 1);
    assert(config->interval_ns >= 1);
    struct ox_node *node = calloc(1, sizeof *node);
    if (node == NULL)
        return NULL;
    node->sync = config->sync;
    node->sync_self = config->sync->create(config);
    node->store = ox_store_new();
    if (node->sync_self == NULL || node->store == NULL) {
        ox_node_free(node);
        return NULL;
    }
    return node;
}

void ox_node_free(struct ox_node *node) {
    if (node == NULL)
        return;
    if (node->sync_self != NULL)
        node->sync->destroy(node->sync_self);
    if (node->store != NULL)
        ox_store_free(node->store);
    ox_peers_free(&node->peers);
    ox_outbox_free(&node->outbox);
    free(node);
}

/* ---- what a node gives its protocol ---- */

uint64_t ox_node_random(struct ox_node *node, uint64_t bound) {
    return ox_rng_below(&node->rng, bound);
}

size_t ox_node_draw_peers(struct ox_node *node, size_t want, ox_peer *drawn) {
    return ox_peers_draw(&node->peers, &node->rng, want, drawn);
}

struct ox_buf *ox_node_begin_frame(struct ox_node *node, ox_peer to) {
    struct ox_frame header = {
        .component = ox_bytes_of_text(node->sync->name),
        .clock = node->clock.last,
    };
    header.clock.replica = node->replica;
    header.addressed = ox_peers_newest(&node->peers, to, &header.to);
    node->frame_to = to;
    return ox_outbox_begin_frame(&node->outbox, &header);
}

enum ox_status ox_node_end_frame(struct ox_node *node, const char *kind) {
    return ox_outbox_end_frame(&node->outbox, node->frame_to, kind);
}

enum ox_status ox_node_alarm(struct ox_node *node, ox_peer from, struct ox_entry *entry) {
    if (ox_outbox_reserve_notice(&node->outbox) != OX_OK)
        return OX_NOMEM;
    struct ox_notice *notice = ox_outbox_notice(&node->outbox, OX_NOTICE_DIVERGED);
    notice->entry = entry;
    notice->peer = from;
    return OX_OK;
}

/* ---- changes: object, log record and notice together ---- */

/* The step's record, up to where the delta of `entry` goes. */
static struct ox_buf *begin_change(struct ox_node *node, const struct ox_entry *entry, bool own) {
    struct ox_buf *record = &node->outbox.persist;
    if (record->size == 0)
        ox_log_begin_step(record, &node->clock.last);
    ox_log_put_entry(record, entry, own);
    return record;
}

enum ox_status ox_node_join(struct ox_node *node, ox_peer from, struct ox_entry *entry,
                            struct ox_bytes wire, const struct ox_delta *delta) {
    struct ox_outbox *box = &node->outbox;
    if (ox_outbox_reserve_notice(box) != OX_OK)
        return OX_NOMEM;
    if (!ox_delta_covered(delta, &entry->object.context)) {
        struct ox_notice *notice = ox_outbox_notice(box, OX_NOTICE_GAP);
        notice->entry = entry;
        notice->peer = from;
        return OX_GAP;
    }
    size_t recorded = box->persist.size;
    struct ox_buf *record = begin_change(node, entry, false);
    ox_buf_append(record, wire.data, wire.size);
    struct ox_dots *news = ox_outbox_news(box);
    bool collects = !ox_vv_covers(ox_object_collected(&entry->object), &delta->collected);
    enum ox_status status = ox_buf_status(record);
    if (status == OX_OK)
        status = ox_store_join_delta(node->store, entry, delta, news);
    bool changed = news->count > 0 || collects;
    if (status != OX_OK || !changed)
        ox_outbox_cut_persist(box, recorded);
    else if (news->count > 0)
        ox_outbox_notice(box, OX_NOTICE_JOINED)->entry = entry;
    return status;
}

/* ---- update ---- */

static enum ox_status refuse_update(struct ox_node *node, enum ox_status why) {
    if (why == OX_NOMEM || ox_outbox_reserve_notice(&node->outbox) != OX_OK)
        return OX_NOMEM;
    if (why == OX_NOOP) {
        ox_outbox_notice(&node->outbox, OX_NOTICE_NOOP);
        return OX_OK;
    }
    ox_outbox_notice(&node->outbox, OX_NOTICE_REFUSED)->status = why;
    return OX_OK;
}

/* Bytes of texts in an operation, those inside a map included. */
static size_t text_size(const struct ox_op *op) {
    size_t size = 0;
    for (; op != NULL; op = op->op) {
        size += op->arg.bytes.size;
        for (size_t i = 0; i < op->depth; i++)
            size += op->path[i].size;
    }
    return size;
}

/* All that an applied update needs: a notice, its record, its place in the protocol. */
static enum ox_status reserve_update(struct ox_node *node, const struct ox_entry *entry,
                                     const struct ox_op *op) {
    if (ox_outbox_reserve_notice(&node->outbox) != OX_OK)
        return OX_NOMEM;
    struct ox_buf *record = begin_change(node, entry, true);
    if (!ox_buf_reserve(record, DELTA_ROOM + text_size(op)))
        return OX_NOMEM;
    return node->sync->reserve(node->sync_self);
}

/* What the update took. A type that keeps stamps may have raised the clock's. */
static void tell_update(struct ox_notice *notice, const struct ox_delta *delta,
                        const struct ox_stamp *asked) {
    const struct ox_span *taken = &delta->brings.spans[0];
    const struct ox_type *type = delta->type;
    notice->dot = (struct ox_dot){taken->replica, taken->first};
    notice->taken = taken->last - taken->first + 1;
    notice->stamped =
        type->stamp_of != NULL && type->stamp_of(delta->store, notice->dot, &notice->stamp);
    if (!notice->stamped)
        notice->stamp = *asked;
}

static enum ox_status apply_update(struct ox_node *node, const struct ox_event *event,
                                   struct ox_entry *entry) {
    const struct ox_op *op = &event->update.op;
    struct ox_stamp stamp = ox_hlc_tick(&node->clock, event->physical_ns);
    enum ox_status status = reserve_update(node, entry, op);
    if (status != OX_OK)
        return status;
    uint64_t have = ox_vv_total(&entry->object.context);
    struct ox_delta delta = {0};
    status = ox_store_apply(node->store, entry, op, node->replica, &stamp, &delta);
    if (status != OX_OK) {
        ox_delta_free(&delta);
        return status;
    }

    ox_delta_encode(&delta, &node->outbox.persist);
    if (ox_buf_status(&node->outbox.persist) != OX_OK) {
        ox_delta_free(&delta);
        node->broken = true;
        return OX_NOMEM;
    }
    struct ox_notice *notice = ox_outbox_notice(&node->outbox, OX_NOTICE_UPDATED);
    notice->entry = entry;
    notice->have = have;
    tell_update(notice, &delta, &stamp);
    node->sync->updated(node->sync_self, node, entry, &delta, event->now_ns);
    ox_delta_free(&delta);
    return OX_OK;
}

static enum ox_status update(struct ox_node *node, const struct ox_event *event) {
    struct ox_entry *entry = NULL;
    struct ox_hlc clock = node->clock;
    enum ox_status status =
        ox_store_open(node->store, event->update.name, event->update.type, &entry);
    if (status == OX_OK)
        status = apply_update(node, event, entry);
    if (status == OX_OK || node->broken)
        return status;
    node->clock = clock;
    ox_outbox_cut_persist(&node->outbox, 0);
    return refuse_update(node, status);
}

/* ---- receive ---- */

static enum ox_status stale(struct ox_node *node, ox_peer from) {
    if (ox_outbox_reserve_notice(&node->outbox) != OX_OK)
        return OX_NOMEM;
    ox_outbox_notice(&node->outbox, OX_NOTICE_STALE)->peer = from;
    return OX_OK;
}

/* Whether the header can be that of a frame from `peer` to this node, in any of their lives. */
static bool header_plausible(const struct ox_node *node, const struct ox_frame *frame,
                             ox_peer peer) {
    if (!ox_bytes_equal(frame->component, ox_bytes_of_text(node->sync->name)))
        return false;
    if (ox_replica_node(frame->clock.replica) != peer || peer == ox_replica_node(node->replica))
        return false;
    if (!frame->addressed)
        return true;
    return ox_replica_node(frame->to) == ox_replica_node(node->replica) &&
           frame->to <= node->replica;
}

/* Gives a frame of a live peer to the protocol: what it says, or that it was for an older life. */
static enum ox_status take_frame(struct ox_node *node, const struct ox_event *event,
                                 const struct ox_frame *frame) {
    ox_peer from = event->receive.from;
    if (frame->addressed && frame->to < node->replica) {
        enum ox_status status = stale(node, from);
        return status == OX_OK ? node->sync->missed(node->sync_self, node, from, event->now_ns)
                               : status;
    }
    /* OX_INVALID is a broken clock at the other end: its time is left aside, its data is not. */
    ox_hlc_receive(&node->clock, &frame->clock, event->physical_ns);
    return node->sync->receive(node->sync_self, node, from, frame->body, event->now_ns);
}

static enum ox_status receive(struct ox_node *node, const struct ox_event *event) {
    ox_peer from = event->receive.from;
    struct ox_frame frame;
    ox_replica newest;
    if (ox_frame_read(&frame, event->receive.frame) != OX_OK ||
        !header_plausible(node, &frame, from))
        return OX_MALFORMED;
    bool heard = ox_peers_newest(&node->peers, from, &newest);
    if (heard && frame.clock.replica < newest)
        return stale(node, from);

    /* Answers are addressed to the life that asked, so it is remembered before they are made. */
    bool news = !heard || frame.clock.replica != newest;
    if (news && ox_peers_hear(&node->peers, frame.clock.replica) != OX_OK)
        return OX_NOMEM;
    enum ox_status status = take_frame(node, event, &frame);
    if (news && status != OX_OK)
        ox_peers_unhear(&node->peers, from, heard ? &newest : NULL);
    return status;
}

/* ---- start ---- */

/* Reads the log into `store`; asks for a log without its torn tail, if it has one. */
static enum ox_status restore(struct ox_node *node, const struct ox_event *event,
                              struct ox_store *store, struct ox_log_restored *restored) {
    struct ox_bytes log = event->start.log;
    enum ox_status status = ox_log_restore(log, event->start.replica, store, restored);
    restored->clock.replica = event->start.replica;
    if (status != OX_OK || restored->whole == log.size)
        return status;
    struct ox_buf *persist = &node->outbox.persist;
    ox_log_put_snapshot(persist, &restored->clock, store);
    node->outbox.replaces = true;
    restored->size = (struct ox_log_size){.snapshot = persist->size};
    return ox_buf_status(persist);
}

static enum ox_status start(struct ox_node *node, const struct ox_event *event) {
    assert(!node->started);
    struct ox_log_restored restored;
    struct ox_store *store = ox_store_new();
    if (store == NULL)
        return OX_NOMEM;
    node->rng = ox_rng_of(event->start.seed);
    enum ox_status status = restore(node, event, store, &restored);
    if (status == OX_OK)
        status = ox_peers_set(&node->peers, event->start.peers, event->start.peer_count);
    if (status == OX_OK)
        status = node->sync->start(node->sync_self, node, event->now_ns);
    if (status != OX_OK) {
        ox_store_free(store);
        ox_peers_free(&node->peers);
        return status;
    }
    ox_store_free(node->store);
    node->store = store;
    node->log = restored.size;
    node->clock = (struct ox_hlc){restored.clock, CLOCK_DRIFT_MAX_NS};
    node->replica = event->start.replica;
    node->started = true;
    return OX_OK;
}

/* ---- the step ---- */

static enum ox_status perform(struct ox_node *node, const struct ox_event *event) {
    assert(node->started || event->kind == OX_EVENT_START);
    if (node->broken)
        return OX_NOMEM;
    switch (event->kind) {
    case OX_EVENT_START:
        return start(node, event);
    case OX_EVENT_TICK:
        return node->sync->tick(node->sync_self, node, event->now_ns);
    case OX_EVENT_RECEIVE:
        return receive(node, event);
    case OX_EVENT_UPDATE:
        return update(node, event);
    case OX_EVENT_PEER_UP:
        return ox_peers_up(&node->peers, event->peer.peer);
    case OX_EVENT_PEER_DOWN:
        ox_peers_down(&node->peers, event->peer.peer);
        return OX_OK;
    }
    assert(!"an event of no kind");
    return OX_INVALID;
}

/* Puts a snapshot in the place of the step's record; without memory the log just grows on. */
static void replace_log(struct ox_node *node) {
    struct ox_outbox *box = &node->outbox;
    size_t record = box->persist.size;
    ox_log_put_snapshot(&box->persist, &node->clock.last, node->store);
    if (ox_buf_status(&box->persist) != OX_OK) {
        ox_outbox_cut_persist(box, record);
        return;
    }
    box->persist_begin = record;
    box->replaces = true;
    node->log = (struct ox_log_size){.snapshot = box->persist.size - record};
}

/* Finishes the record of a step that changed something. A single step beyond 4 GiB does not
 * exist: its frame or argument would have to be that long. */
static void seal_record(struct ox_node *node) {
    struct ox_outbox *box = &node->outbox;
    if (box->persist.size == 0 || box->replaces)
        return;
    enum ox_status sealed = ox_log_seal(&box->persist, 0);
    assert(sealed == OX_OK);
    (void)sealed;
    node->log.steps += box->persist.size;
    if (ox_log_outgrown(&node->log))
        replace_log(node);
}

enum ox_status ox_node_step(struct ox_node *node, const struct ox_event *event,
                            struct ox_effects *effects) {
    struct ox_hlc clock = node->clock;
    struct ox_rng rng = node->rng;
    ox_outbox_clear(&node->outbox);
    enum ox_status status = perform(node, event);
    if (status == OX_OK) {
        seal_record(node);
    } else {
        node->clock = clock;
        node->rng = rng;
        ox_outbox_clear(&node->outbox);
    }
    ox_outbox_publish(&node->outbox, effects);
    effects->deadline_ns = node->started ? node->sync->deadline(node->sync_self) : OX_NEVER;
    return status;
}

/* ---- looking at a node ---- */

struct ox_store *ox_node_store(struct ox_node *node) {
    return node->store;
}

ox_replica ox_node_replica(const struct ox_node *node) {
    return node->replica;
}

enum ox_status ox_node_snapshot(struct ox_node *node, struct ox_buf *out) {
    ox_cbor_put_uint(out, node->replica);
    ox_stamp_encode(&node->clock.last, out);
    for (int i = 0; i < 4; i++)
        ox_cbor_put_uint(out, node->rng.state[i]);
    ox_peers_encode(&node->peers, out);
    ox_cbor_put_uint(out, node->log.snapshot);
    ox_cbor_put_uint(out, node->log.steps);
    ox_store_encode(node->store, out);
    node->sync->snapshot(node->sync_self, out);
    return ox_buf_status(out);
}

const char *ox_notice_name(enum ox_notice_kind kind) {
    static const char *const names[] = {
#define NOTICE_NAME(name, text) #name,
        OX_NOTICE_MAP(NOTICE_NAME)
#undef NOTICE_NAME
    };
    assert(kind >= 0 && kind < OX_NOTICE_COUNT);
    return names[kind];
}
