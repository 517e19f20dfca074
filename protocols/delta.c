/* delta.c - the protocol "delta": rounds, pushes and joins; see delta.h, and repair.c. */
#include "protocols/delta.h"
#include "crdt/array.h"
#include "protocols/repair.h"
#include "protocols/reuse.h"
#include "protocols/rounds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What an object gained and the next round pushes: own deltas and differences, as they came. */
struct pending {
    struct ox_entry *entry;
    struct ox_delta delta;
};

struct delta_protocol {
    uint32_t fanout;
    struct ox_rounds rounds;
    struct ox_rounds repairs; /* interval 0: none */
    uint64_t next_round_ns;   /* OX_NEVER while nothing is pending */
    uint64_t next_repair_ns;
    struct pending *pending; /* in order of arrival */
    size_t pending_count;
    size_t pending_capacity;
    ox_peer *drawn; /* [fanout], room for a draw */
    struct ox_group_writer groups;
    struct ox_buf body;
    struct ox_group_list received;
    struct ox_repair repair;
};

/* ---- birth and death ---- */

static void clear_pending(struct delta_protocol *delta) {
    for (size_t i = 0; i < delta->pending_count; i++)
        ox_delta_free(&delta->pending[i].delta);
    delta->pending_count = 0;
    delta->next_round_ns = OX_NEVER;
    if (delta->pending_capacity > OX_KEPT_ITEMS_MAX) {
        free(delta->pending);
        delta->pending = NULL;
        delta->pending_capacity = 0;
    }
}

static void destroy(void *self) {
    struct delta_protocol *delta = self;
    clear_pending(delta);
    free(delta->pending);
    free(delta->drawn);
    ox_group_writer_free(&delta->groups);
    ox_buf_free(&delta->body);
    ox_group_list_free(&delta->received);
    ox_repair_free(&delta->repair);
    free(delta);
}

static void *create(const struct ox_node_config *config) {
    struct delta_protocol *delta = calloc(1, sizeof *delta);
    if (delta == NULL)
        return NULL;
    delta->fanout = config->fanout;
    delta->rounds.interval_ns = config->interval_ns;
    delta->repairs.interval_ns = config->repair_interval_ns;
    delta->next_round_ns = OX_NEVER;
    delta->next_repair_ns = OX_NEVER;
    delta->drawn = calloc(config->fanout, sizeof *delta->drawn);
    if (delta->drawn == NULL) {
        destroy(delta);
        return NULL;
    }
    return delta;
}

static enum ox_status start(void *self, struct ox_node *node, uint64_t now_ns) {
    struct delta_protocol *delta = self;
    delta->rounds = ox_rounds_start(node, now_ns, delta->rounds.interval_ns);
    if (delta->repairs.interval_ns > 0) {
        delta->repairs = ox_rounds_start(node, now_ns, delta->repairs.interval_ns);
        delta->next_repair_ns = delta->repairs.phase_ns;
    }
    return OX_OK;
}

/* ---- what waits for the next round ---- */

static enum ox_status reserve(void *self) {
    struct delta_protocol *delta = self;
    if (delta->pending_count < delta->pending_capacity)
        return OX_OK;
    size_t capacity = delta->pending_capacity == 0 ? 8 : 2 * delta->pending_capacity;
    struct pending *grown = realloc(delta->pending, capacity * sizeof *grown);
    if (grown == NULL)
        return OX_NOMEM;
    delta->pending = grown;
    delta->pending_capacity = capacity;
    return OX_OK;
}

/* Takes the contents of `what`; its place was reserved. */
static void push_later(struct delta_protocol *delta, struct ox_entry *entry, struct ox_delta *what,
                       uint64_t now_ns) {
    assert(delta->pending_count < delta->pending_capacity);
    delta->pending[delta->pending_count++] = (struct pending){entry, *what};
    memset(what, 0, sizeof *what);
    if (delta->next_round_ns == OX_NEVER)
        delta->next_round_ns = ox_rounds_after(&delta->rounds, now_ns);
}

static void updated(void *self, struct ox_node *node, struct ox_entry *entry,
                    struct ox_delta *change, uint64_t now_ns) {
    (void)node;
    push_later(self, entry, change, now_ns);
}

/* ---- push ---- */

/* By object; within one in order of arrival, which is that of the addresses in one array. */
static int compare_pending(const void *a, const void *b) {
    const struct pending *left = a, *right = b;
    if (left->entry == right->entry)
        return (left > right) - (left < right);
    struct ox_identity left_id = ox_identity_of(left->entry);
    struct ox_identity right_id = ox_identity_of(right->entry);
    return ox_identity_compare(&left_id, &right_id);
}

/* Adds the group of one object: its pending deltas run[0..count), merged. */
static enum ox_status add_group(struct delta_protocol *delta, struct pending *const *run,
                                size_t count) {
    if (count == 1) {
        ox_group_writer_add(&delta->groups, run[0]->entry, &run[0]->delta);
        return OX_OK;
    }
    struct ox_delta group = {0};
    enum ox_status status = OX_OK;
    for (size_t i = 0; i < count && status == OX_OK; i++)
        status = ox_delta_merge(&group, &run[i]->delta);
    if (status == OX_OK)
        ox_group_writer_add(&delta->groups, run[0]->entry, &group);
    ox_delta_free(&group);
    /* Deltas of one object between two rounds meet without a gap. Should a type's not, its group is
     * left out and repair brings it. */
    return status == OX_GAP ? OX_OK : status;
}

/* Sends the groups written so far to the peers drawn. */
static enum ox_status send_push(struct delta_protocol *delta, struct ox_node *node, size_t peers) {
    ox_buf_reuse(&delta->body);
    ox_cbor_put_array(&delta->body, 3);
    ox_cbor_put_uint(&delta->body, OX_DELTA_PUSH);
    ox_group_writer_flush(&delta->groups, &delta->body);
    if (ox_buf_status(&delta->body) != OX_OK)
        return OX_NOMEM;
    for (size_t i = 0; i < peers; i++) {
        struct ox_buf *out = ox_node_begin_frame(node, delta->drawn[i]);
        ox_buf_append(out, delta->body.data, delta->body.size);
        if (ox_node_end_frame(node, "push") != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

/* All pending deltas, by object, to the peers drawn. */
static enum ox_status push_sorted(struct delta_protocol *delta, struct ox_node *node,
                                  struct pending *const *sorted, size_t peers) {
    ox_group_writer_reset(&delta->groups);
    size_t count = delta->pending_count;
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count; next++)
            if (sorted[next]->entry != sorted[first]->entry)
                break;
        if (add_group(delta, sorted + first, next - first) != OX_OK)
            return OX_NOMEM;
        if (ox_group_writer_full(&delta->groups) && send_push(delta, node, peers) != OX_OK)
            return OX_NOMEM;
    }
    return delta->groups.count > 0 ? send_push(delta, node, peers) : OX_OK;
}

static enum ox_status push_round(struct delta_protocol *delta, struct ox_node *node) {
    size_t peers = ox_node_draw_peers(node, delta->fanout, delta->drawn);
    if (peers == 0)
        return OX_OK;
    struct pending **sorted = malloc(delta->pending_count * sizeof *sorted);
    if (sorted == NULL)
        return OX_NOMEM;
    for (size_t i = 0; i < delta->pending_count; i++)
        sorted[i] = &delta->pending[i];
    ox_array_sort((const void **)sorted, (uint32_t)delta->pending_count, compare_pending);
    enum ox_status status = push_sorted(delta, node, sorted, peers);
    free(sorted);
    return status;
}

static enum ox_status ask_for_repair(struct ox_node *node) {
    ox_peer peer;
    return ox_node_draw_peers(node, 1, &peer) == 0 ? OX_OK : ox_repair_ask(node, peer);
}

static enum ox_status tick(void *self, struct ox_node *node, uint64_t now_ns) {
    struct delta_protocol *delta = self;
    bool round = now_ns >= delta->next_round_ns;
    bool repair = now_ns >= delta->next_repair_ns;
    enum ox_status status = round ? push_round(delta, node) : OX_OK;
    if (status == OX_OK && repair)
        status = ask_for_repair(node);
    if (status != OX_OK)
        return status;
    if (round)
        clear_pending(delta);
    if (repair)
        delta->next_repair_ns = ox_rounds_after(&delta->repairs, now_ns);
    return OX_OK;
}

/* ---- receive ---- */

/* Whether the object has none of what the delta brings: then all of it is news. */
static bool all_new(const struct ox_delta *delta, const struct ox_vv *context) {
    for (uint32_t i = 0; i < delta->brings.count; i++) {
        const struct ox_span *span = &delta->brings.spans[i];
        if (ox_vv_get(context, span->replica) >= span->first)
            return false;
    }
    return true;
}

/* Joins one group and keeps what was new of it for the next round. */
static enum ox_status take_group(struct delta_protocol *delta, struct ox_node *node, ox_peer from,
                                 struct ox_group *group, uint64_t now_ns) {
    const struct ox_object *object = &group->entry->object;
    bool whole = all_new(&group->delta, &object->context);
    struct ox_delta difference = {0};
    enum ox_status status = reserve(delta);
    if (status == OX_OK && !whole && ox_delta_covered(&group->delta, &object->context))
        status = ox_delta_difference(&group->delta, object, &difference);
    if (status == OX_OK)
        status = ox_node_join(node, from, group->entry, group->wire, &group->delta);
    if (status == OX_OK)
        push_later(delta, group->entry, whole ? &group->delta : &difference, now_ns);
    ox_delta_free(&difference);
    return status;
}

/* Joins all groups received. Without memory for a later one the rest counts as lost. */
static enum ox_status take_groups(struct delta_protocol *delta, struct ox_node *node, ox_peer from,
                                  uint64_t now_ns) {
    bool changed = false;
    for (size_t i = 0; i < delta->received.count; i++) {
        enum ox_status status = take_group(delta, node, from, &delta->received.groups[i], now_ns);
        if (status == OX_NOMEM)
            return changed ? OX_OK : OX_NOMEM;
        changed = changed || status == OX_OK;
    }
    return OX_OK;
}

/* [types, groups] of a push, and [types, groups, wants] of a repair. */
static enum ox_status receive_groups(struct delta_protocol *delta, struct ox_node *node,
                                     ox_peer from, struct ox_cbor *in, bool with_wants,
                                     uint64_t now_ns) {
    struct ox_type_table types;
    ox_type_table_decode(&types, in);
    enum ox_status status = ox_group_list_decode(&delta->received, ox_node_store(node), &types, in);
    if (status == OX_OK && with_wants)
        status = ox_repair_on_wants(&delta->repair, node, from, &types, in);
    if (status == OX_OK && !ox_cbor_done(in))
        status = OX_MALFORMED;
    if (status == OX_OK)
        status = take_groups(delta, node, from, now_ns);
    ox_group_list_clear(&delta->received);
    return status;
}

static enum ox_status receive(void *self, struct ox_node *node, ox_peer from, struct ox_bytes body,
                              uint64_t now_ns) {
    struct delta_protocol *delta = self;
    struct ox_cbor in = ox_cbor_of(body);
    size_t items = ox_cbor_array(&in);
    uint64_t message = ox_cbor_uint(&in);
    if (in.failed)
        return OX_MALFORMED;
    if (message == OX_DELTA_PUSH && items == 3)
        return receive_groups(delta, node, from, &in, false, now_ns);
    if (message == OX_DELTA_CHECKSUM && items == 3)
        return ox_repair_on_checksum(&delta->repair, node, from, &in);
    if (message == OX_DELTA_BUCKETS && items == 2)
        return ox_repair_on_buckets(&delta->repair, node, from, &in);
    if (message == OX_DELTA_CONTEXTS && items == 5)
        return ox_repair_on_contexts(&delta->repair, node, from, &in);
    if (message == OX_DELTA_REPAIR && items == 4)
        return receive_groups(delta, node, from, &in, true, now_ns);
    return OX_MALFORMED;
}

/* Asks the peer for what was refused, which also tells it of this life. */
static enum ox_status missed(void *self, struct ox_node *node, ox_peer from, uint64_t now_ns) {
    (void)self;
    (void)now_ns;
    return ox_repair_ask(node, from);
}

/* ---- what can be seen ---- */

static uint64_t deadline(const void *self) {
    const struct delta_protocol *delta = self;
    return delta->next_round_ns < delta->next_repair_ns ? delta->next_round_ns
                                                        : delta->next_repair_ns;
}

static void snapshot(const void *self, struct ox_buf *out) {
    const struct delta_protocol *delta = self;
    ox_cbor_put_uint(out, delta->rounds.phase_ns);
    ox_cbor_put_uint(out, delta->next_round_ns);
    ox_cbor_put_uint(out, delta->repairs.phase_ns);
    ox_cbor_put_uint(out, delta->next_repair_ns);
    ox_cbor_put_array(out, delta->pending_count);
    for (size_t i = 0; i < delta->pending_count; i++) {
        const struct pending *pending = &delta->pending[i];
        ox_cbor_put_array(out, 3);
        ox_cbor_put_text(out, ox_entry_name(pending->entry));
        ox_cbor_put_text(out, ox_bytes_of_text(pending->entry->object.type->name));
        ox_delta_encode(&pending->delta, out);
    }
}

const struct ox_protocol ox_delta_protocol = {
    .name = "delta",
    .about = "pushes what is new to a few random peers each interval, and repairs what got lost",
    .promises = OX_PROMISE_EVENTUAL,
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
