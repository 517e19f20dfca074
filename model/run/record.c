#include "model/run/record.h"

#include <assert.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* ---- outcomes ---- */

/* Everything is hashed in a form that has lengths in it, so that no two step outcomes have the same
 * bytes. */
static void put_text(struct ox_buf *out, const char *text) {
    ox_cbor_put_text(out, ox_bytes_of_text(text));
}

static void put_notice(struct ox_buf *out, const struct ox_notice *notice) {
    ox_cbor_put_uint(out, notice->kind);
    if (notice->entry) {
        ox_cbor_put_text(out, ox_entry_name(notice->entry));
        put_text(out, notice->entry->object.type->name);
    } else {
        ox_cbor_put_null(out);
        ox_cbor_put_null(out);
    }
    ox_cbor_put_uint(out, notice->dot.replica);
    ox_cbor_put_uint(out, notice->dot.n);
    ox_cbor_put_uint(out, notice->taken);
    ox_cbor_put_bool(out, notice->stamped);
    ox_stamp_encode(&notice->stamp, out);
    ox_cbor_put_uint(out, notice->have);
    ox_dots_encode(&notice->news, out);
    ox_cbor_put_uint(out, notice->status);
    ox_cbor_put_uint(out, notice->peer);
}

static uint64_t hash_and_clear(struct ox_buf *bytes) {
    assert(!bytes->failed);
    uint64_t hash = XXH3_64bits(bytes->data, bytes->size);
    ox_buf_clear(bytes);
    return hash;
}

struct ox_outcome ox_outcome_of(enum ox_status status, const struct ox_effects *effects) {
    struct ox_outcome outcome = {.status = status};
    if (status != OX_OK)
        return outcome;
    struct ox_buf bytes = {0};
    ox_buf_reserve(&bytes, 64);
    for (size_t i = 0; i < effects->send_count; i++) {
        ox_cbor_put_uint(&bytes, effects->sends[i].to);
        put_text(&bytes, effects->sends[i].kind);
        ox_cbor_put_bytes(&bytes, effects->sends[i].frame);
    }
    outcome.sends = hash_and_clear(&bytes);
    for (size_t i = 0; i < effects->notice_count; i++)
        put_notice(&bytes, &effects->notices[i]);
    outcome.notices = hash_and_clear(&bytes);
    ox_cbor_put_bool(&bytes, effects->persist.replaces);
    ox_cbor_put_bytes(&bytes, effects->persist.bytes);
    outcome.persist = hash_and_clear(&bytes);
    outcome.deadline_ns = effects->deadline_ns;
    ox_buf_free(&bytes);
    return outcome;
}

const char *ox_outcome_difference(const struct ox_outcome *a, const struct ox_outcome *b) {
    if (a->status != b->status)
        return "another status";
    if (a->sends != b->sends)
        return "other messages";
    if (a->notices != b->notices)
        return "other notices";
    if (a->persist != b->persist)
        return "other bytes to persist";
    if (a->deadline_ns != b->deadline_ns)
        return "another deadline";
    return NULL;
}

/* ---- one step as CBOR ---- */

static bool has_path(const struct ox_verb *verb) {
    return verb->arg == OX_ARG_PATH || verb->arg == OX_ARG_INNER;
}

static void put_op(struct ox_buf *out, const struct ox_op *op) {
    put_text(out, op->verb->name);
    ox_value_encode(&op->arg, out);
    ox_cbor_put_uint(out, op->at.replica);
    ox_cbor_put_uint(out, op->at.n);
    if (has_path(op->verb)) {
        ox_cbor_put_array(out, op->depth);
        for (size_t i = 0; i < op->depth; i++)
            ox_cbor_put_text(out, op->path[i]);
    }
    if (op->verb->arg == OX_ARG_INNER) {
        put_text(out, op->inner->name);
        put_op(out, op->op);
    }
}

static void put_event_body(struct ox_buf *out, const struct ox_event *event) {
    switch (event->kind) {
    case OX_EVENT_START:
        ox_cbor_put_uint(out, event->start.replica);
        ox_cbor_put_uint(out, event->start.seed);
        ox_cbor_put_bytes(out, event->start.log);
        ox_cbor_put_array(out, event->start.peer_count);
        for (size_t i = 0; i < event->start.peer_count; i++)
            ox_cbor_put_uint(out, event->start.peers[i]);
        break;
    case OX_EVENT_TICK:
        break;
    case OX_EVENT_RECEIVE:
        ox_cbor_put_uint(out, event->receive.from);
        ox_cbor_put_bytes(out, event->receive.frame);
        break;
    case OX_EVENT_UPDATE:
        ox_cbor_put_text(out, event->update.name);
        put_text(out, event->update.type->name);
        put_op(out, &event->update.op);
        break;
    case OX_EVENT_PEER_UP:
    case OX_EVENT_PEER_DOWN:
        ox_cbor_put_uint(out, event->peer.peer);
        break;
    }
}

static void put_step(struct ox_buf *out, const struct ox_event *event,
                     const struct ox_outcome *outcome) {
    ox_cbor_put_uint(out, event->kind);
    ox_cbor_put_uint(out, event->now_ns);
    ox_cbor_put_uint(out, event->physical_ns);
    put_event_body(out, event);
    ox_cbor_put_uint(out, outcome->status);
    ox_cbor_put_uint(out, outcome->sends);
    ox_cbor_put_uint(out, outcome->notices);
    ox_cbor_put_uint(out, outcome->persist);
    ox_cbor_put_uint(out, outcome->deadline_ns);
}

void ox_record_parts_init(struct ox_record_parts *parts) {
    *parts = (struct ox_record_parts){.peers = g_array_new(FALSE, FALSE, sizeof(ox_peer)),
                                      .path = g_array_new(FALSE, FALSE, sizeof(struct ox_bytes))};
}

void ox_record_parts_clear(struct ox_record_parts *parts) {
    g_array_free(parts->peers, TRUE);
    g_array_free(parts->path, TRUE);
    *parts = (struct ox_record_parts){0};
}

/* The verb and what is the same for all verbs. */
static void take_verb(struct ox_cbor *in, const struct ox_type *type, struct ox_op *op) {
    struct ox_bytes verb = ox_cbor_text(in);
    *op = (struct ox_op){.verb = type ? ox_verb_named(type, verb) : NULL};
    if (!op->verb)
        ox_cbor_fail(in);
    ox_value_decode(&op->arg, in, false);
    op->at.replica = ox_cbor_uint(in);
    op->at.n = ox_cbor_uint(in);
}

static void take_path(struct ox_cbor *in, struct ox_op *op, GArray *path) {
    size_t depth = ox_cbor_array(in);
    g_array_set_size(path, 0);
    for (size_t i = 0; i < depth && !in->failed; i++) {
        struct ox_bytes key = ox_cbor_text(in);
        g_array_append_val(path, key);
    }
    op->path = (const struct ox_bytes *)path->data;
    op->depth = path->len;
}

/* Inside a map there is no other one: maps in maps are a longer path. */
static void take_op(struct ox_cbor *in, const struct ox_type *type, struct ox_op *op,
                    struct ox_record_parts *parts) {
    take_verb(in, type, op);
    if (!in->failed && has_path(op->verb))
        take_path(in, op, parts->path);
    if (in->failed || op->verb->arg != OX_ARG_INNER)
        return;
    op->inner = ox_type_named(ox_cbor_text(in));
    take_verb(in, op->inner, &parts->inner);
    if (!in->failed && has_path(parts->inner.verb))
        ox_cbor_fail(in);
    op->op = &parts->inner;
}

static void take_update(struct ox_cbor *in, struct ox_event *event, struct ox_record_parts *parts) {
    event->update.name = ox_cbor_text(in);
    event->update.type = ox_type_named(ox_cbor_text(in));
    take_op(in, event->update.type, &event->update.op, parts);
}

static void take_start(struct ox_cbor *in, struct ox_event *event, GArray *peers) {
    event->start.replica = ox_cbor_uint(in);
    event->start.seed = ox_cbor_uint(in);
    event->start.log = ox_cbor_bytes(in);
    size_t count = ox_cbor_array(in);
    g_array_set_size(peers, 0);
    for (size_t i = 0; i < count && !in->failed; i++) {
        ox_peer peer = (ox_peer)ox_cbor_uint(in);
        g_array_append_val(peers, peer);
    }
    event->start.peers = (const ox_peer *)peers->data;
    event->start.peer_count = peers->len;
}

enum ox_status ox_record_decode(struct ox_bytes payload, struct ox_event *event,
                                struct ox_record_parts *parts, struct ox_outcome *outcome) {
    struct ox_cbor in = ox_cbor_of(payload);
    *event = (struct ox_event){0};
    uint64_t kind = ox_cbor_uint(&in);
    if (kind > OX_EVENT_PEER_DOWN)
        return OX_MALFORMED;
    event->kind = (enum ox_event_kind)kind;
    event->now_ns = ox_cbor_uint(&in);
    event->physical_ns = ox_cbor_uint(&in);
    if (event->kind == OX_EVENT_START) {
        take_start(&in, event, parts->peers);
    } else if (event->kind == OX_EVENT_UPDATE) {
        take_update(&in, event, parts);
    } else if (event->kind == OX_EVENT_RECEIVE) {
        event->receive.from = (ox_peer)ox_cbor_uint(&in);
        event->receive.frame = ox_cbor_bytes(&in);
    } else if (event->kind != OX_EVENT_TICK) {
        event->peer.peer = (ox_peer)ox_cbor_uint(&in);
    }
    outcome->status = ox_cbor_uint(&in);
    outcome->sends = ox_cbor_uint(&in);
    outcome->notices = ox_cbor_uint(&in);
    outcome->persist = ox_cbor_uint(&in);
    outcome->deadline_ns = ox_cbor_uint(&in);
    return ox_cbor_done(&in) ? OX_OK : OX_MALFORMED;
}

/* ---- files ---- */

/* A file is open only while it is appended to: there may be more nodes than descriptors. */
#define FLUSH_BYTES 65536u

struct ox_record {
    char *folder;
    uint32_t nodes;
    struct ox_buf *pending; /* [nodes] */
    struct ox_buf payload;
    int failed; /* the first errno */
};

char *ox_record_path(const char *folder, uint32_t node) {
    return g_strdup_printf("%s/node-%u.rec", folder, node);
}

static void flush(struct ox_record *record, uint32_t node, const char *mode) {
    struct ox_buf *pending = &record->pending[node];
    char *path = ox_record_path(record->folder, node);
    FILE *file = g_fopen(path, mode);
    bool ok = file != NULL;
    if (ok && pending->size > 0)
        ok = fwrite(pending->data, 1, pending->size, file) == pending->size;
    if (file)
        ok = fclose(file) == 0 && ok;
    if (!ok && !record->failed)
        record->failed = errno ? errno : EIO;
    ox_buf_clear(pending);
    g_free(path);
}

static bool report(const struct ox_record *record, GError **error) {
    if (record->failed)
        g_set_error(error, ox_world_error_quark(), 65, "%s: error: cannot be written: %s",
                    record->folder, g_strerror(record->failed));
    return !record->failed;
}

struct ox_record *ox_record_open(const char *folder, uint32_t nodes, GError **error) {
    struct ox_record *record = g_new0(struct ox_record, 1);
    record->folder = g_strdup(folder);
    record->nodes = nodes;
    record->pending = g_new0(struct ox_buf, nodes);
    if (g_mkdir_with_parents(folder, 0777) != 0)
        record->failed = errno;
    for (uint32_t i = 0; i < nodes && !record->failed; i++)
        flush(record, i, "wb");
    if (!record->failed)
        return record;
    ox_record_close(record, error);
    return NULL;
}

static void put_little_endian(struct ox_buf *out, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++)
        ox_buf_push(out, (uint8_t)(value >> (8 * i)));
}

void ox_record_step(struct ox_record *record, uint32_t node, const struct ox_event *event,
                    const struct ox_outcome *outcome) {
    assert(node < record->nodes);
    struct ox_buf *pending = &record->pending[node];
    ox_buf_clear(&record->payload);
    put_step(&record->payload, event, outcome);
    put_little_endian(pending, record->payload.size, 4);
    put_little_endian(pending, XXH3_64bits(record->payload.data, record->payload.size), 8);
    ox_buf_append(pending, record->payload.data, record->payload.size);
    if ((record->payload.failed || pending->failed) && !record->failed)
        record->failed = ENOMEM;
    if (pending->size >= FLUSH_BYTES)
        flush(record, node, "ab");
}

bool ox_record_close(struct ox_record *record, GError **error) {
    for (uint32_t i = 0; i < record->nodes; i++) {
        if (!record->failed)
            flush(record, i, "ab");
        ox_buf_free(&record->pending[i]);
    }
    bool ok = report(record, error);
    ox_buf_free(&record->payload);
    g_free(record->pending);
    g_free(record->folder);
    g_free(record);
    return ok;
}
