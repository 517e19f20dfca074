/* log.c - what a node persists, and how it comes back; see log.h. */
#include "protocols/log.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

enum { HEAD_SIZE = 12 };
enum record_kind { RECORD_STEP, RECORD_SNAPSHOT };

/* Below this a log is left to grow, however small its snapshot. */
static const uint64_t STEPS_KEPT = UINT64_C(64) << 10;
/* A snapshot costs as much to write as four times its size in steps: writing stays O(1) amortised
 * per byte, and a restart reads at most five times the store. */
static const uint64_t STEPS_PER_SNAPSHOT = 4;

/* ---- writing ---- */

static void put_little_endian(uint8_t *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static void begin(struct ox_buf *out, enum record_kind kind, const struct ox_stamp *clock) {
    static const uint8_t head[HEAD_SIZE] = {0};
    ox_buf_append(out, head, sizeof head);
    ox_cbor_put_uint(out, kind);
    ox_cbor_put_uint(out, clock->replica);
    ox_cbor_put_uint(out, clock->physical_ns);
    ox_cbor_put_uint(out, clock->logical);
}

void ox_log_begin_step(struct ox_buf *out, const struct ox_stamp *clock) {
    begin(out, RECORD_STEP, clock);
}

void ox_log_put_entry(struct ox_buf *out, const struct ox_entry *entry, bool own) {
    ox_cbor_put_text(out, ox_entry_name(entry));
    ox_cbor_put_text(out, ox_bytes_of_text(entry->object.type->name));
    ox_cbor_put_bool(out, own);
}

enum ox_status ox_log_seal(struct ox_buf *out, size_t record) {
    if (ox_buf_status(out) != OX_OK)
        return OX_NOMEM;
    assert(out->size - record >= HEAD_SIZE);
    uint8_t *head = out->data + record;
    size_t size = out->size - record - HEAD_SIZE;
    if (size > UINT32_MAX)
        return OX_INVALID;
    put_little_endian(head, size, 4);
    put_little_endian(head + 4, XXH3_64bits(head + HEAD_SIZE, size), 8);
    return OX_OK;
}

void ox_log_put_snapshot(struct ox_buf *out, const struct ox_stamp *clock, struct ox_store *store) {
    size_t record = out->size;
    begin(out, RECORD_SNAPSHOT, clock);
    ox_store_encode(store, out);
    if (ox_log_seal(out, record) != OX_OK)
        out->failed = true;
}

bool ox_log_outgrown(const struct ox_log_size *size) {
    uint64_t kept = STEPS_PER_SNAPSHOT * size->snapshot;
    return size->steps > (kept > STEPS_KEPT ? kept : STEPS_KEPT);
}

/* ---- reading ---- */

static uint64_t little_endian(const uint8_t *from, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

/* The payload of the record at the start of `log`; false when there is none or it is torn. */
static bool whole_record(struct ox_bytes log, struct ox_bytes *payload) {
    if (log.size < HEAD_SIZE)
        return false;
    uint64_t size = little_endian(log.data, 4);
    if (size > log.size - HEAD_SIZE)
        return false;
    *payload = (struct ox_bytes){log.data + HEAD_SIZE, (size_t)size};
    return XXH3_64bits(payload->data, payload->size) == little_endian(log.data + 4, 8);
}

static enum ox_status open_entry(struct ox_store *store, struct ox_cbor *in,
                                 struct ox_entry **entry) {
    struct ox_bytes name = ox_cbor_text(in);
    const struct ox_type *type = ox_type_named(ox_cbor_text(in));
    if (in->failed || type == NULL)
        return OX_MALFORMED;
    enum ox_status status = ox_store_open(store, name, type, entry);
    return status == OX_INVALID ? OX_MALFORMED : status;
}

/* (name type own delta) */
static enum ox_status replay_delta(struct ox_store *store, struct ox_cbor *in) {
    struct ox_entry *entry;
    enum ox_status status = open_entry(store, in, &entry);
    if (status != OX_OK)
        return status;
    bool own = ox_cbor_bool(in);
    struct ox_delta delta = {0};
    status = ox_delta_decode(&delta, entry->object.type, in);
    if (status != OX_OK)
        return status;
    status = ox_store_join_delta(store, entry, &delta, NULL);
    ox_delta_free(&delta);
    if (status == OX_OK && own)
        ox_object_remember_made(&entry->object);
    return status;
}

static enum ox_status replay_deltas(struct ox_store *store, struct ox_cbor *in) {
    enum ox_status status = OX_OK;
    while (status == OX_OK && !in->failed && !ox_cbor_done(in))
        status = replay_delta(store, in);
    return status;
}

static enum ox_status replay_record(struct ox_bytes payload, bool first, ox_replica replica,
                                    struct ox_store *store, struct ox_stamp *clock,
                                    enum record_kind *kind) {
    struct ox_cbor in = ox_cbor_of(payload);
    uint64_t number = ox_cbor_uint(&in);
    clock->replica = ox_cbor_uint(&in);
    clock->physical_ns = ox_cbor_uint(&in);
    uint64_t logical = ox_cbor_uint(&in);
    if (in.failed || clock->replica != replica || logical > UINT32_MAX)
        return OX_MALFORMED;
    if (number > RECORD_SNAPSHOT || (number == RECORD_SNAPSHOT && !first))
        return OX_MALFORMED;
    clock->logical = (uint32_t)logical;
    *kind = (enum record_kind)number;

    enum ox_status status = number == RECORD_SNAPSHOT ? ox_store_decode(store, ox_types, &in)
                                                      : replay_deltas(store, &in);
    if (status == OX_OK && !ox_cbor_done(&in))
        status = OX_MALFORMED;
    return status == OX_OK || status == OX_NOMEM ? status : OX_MALFORMED;
}

enum ox_status ox_log_restore(struct ox_bytes log, ox_replica replica, struct ox_store *store,
                              struct ox_log_restored *restored) {
    struct ox_bytes payload;
    *restored = (struct ox_log_restored){0};
    while (whole_record(log, &payload)) {
        enum record_kind kind;
        enum ox_status status =
            replay_record(payload, restored->whole == 0, replica, store, &restored->clock, &kind);
        if (status != OX_OK)
            return status;
        size_t size = HEAD_SIZE + payload.size;
        if (kind == RECORD_SNAPSHOT)
            restored->size.snapshot = size;
        else
            restored->size.steps += size;
        restored->whole += size;
        log.data += size;
        log.size -= size;
    }
    return OX_OK;
}
