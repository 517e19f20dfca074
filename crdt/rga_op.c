/* Operations of an rga: the third part of rga.h. */
#include "crdt/rga.h"
#include "crdt/sequence/parts.h"

#include <assert.h>

void ox_rga_op_free(struct ox_rga_op *op) {
    ox_vv_free(&op->since);
    ox_buf_free(&op->content);
    *op = (struct ox_rga_op){0};
}

/* Empty, with its memory. */
static void clear(struct ox_rga_op *op) {
    struct ox_rga_op kept = {.since = op->since, .content = op->content};
    ox_vv_clear(&kept.since);
    ox_buf_clear(&kept.content);
    *op = kept;
}

static struct ox_rga_store *store_of(const struct ox_object *object) {
    assert(object->type == &ox_rga);
    return object->store;
}

/* ---- making ---- */

/* What a receiver must hold of the other replicas: as of a delta (object.h). */
static enum ox_status put_since(const struct ox_object *object, ox_replica replica,
                                struct ox_vv *since) {
    const struct ox_vv *fresh = ox_object_fresh(object);
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < fresh->count && status == OX_OK; i++)
        if (fresh->entries[i].replica != replica)
            status = ox_vv_raise(since, fresh->entries[i].replica, fresh->entries[i].n);
    return status;
}

/* All that is known before the edit. */
static enum ox_status begin(const struct ox_object *sequence, ox_replica replica,
                            struct ox_rga_op *op) {
    clear(op);
    op->dot = (struct ox_dot){replica, ox_vv_get(&sequence->context, replica) + 1};
    op->count = 1;
    return put_since(sequence, replica, &op->since);
}

static bool follows(struct ox_dot dot, struct ox_dot at) {
    return at.n > 0 && at.replica == dot.replica && at.n + 1 == dot.n;
}

enum ox_status ox_rga_op_write(struct ox_object *sequence, uint64_t position, struct ox_bytes text,
                               ox_replica replica, struct ox_rga_op *op) {
    struct ox_rga_store *store = store_of(sequence);
    uint64_t lamport = store->lamport + 1;
    enum ox_status status = begin(sequence, replica, op);
    ox_buf_append(&op->content, text.data, text.size);
    if (status == OX_OK)
        status = ox_buf_status(&op->content);
    struct ox_stamp stamp = {0};
    if (status == OX_OK && position > 0)
        op->at = ox_rga_at(sequence, position - 1);
    if (status == OX_OK && op->at.n > 0)
        ox_sequence_stamp_of(store->sequence, op->at, &stamp);
    if (status == OX_OK)
        status = ox_rga_write(sequence, position, text, replica, NULL);
    if (status != OX_OK) {
        clear(op);
        return status;
    }
    bool goes_on = follows(op->dot, op->at) && stamp.physical_ns + 1 == lamport;
    op->lamport = goes_on ? 0 : lamport;
    op->count = ox_vv_get(&sequence->context, replica) - op->dot.n + 1;
    return OX_OK;
}

enum ox_status ox_rga_op_erase(struct ox_object *sequence, uint64_t position, ox_replica replica,
                               struct ox_rga_op *op) {
    enum ox_status status = begin(sequence, replica, op);
    op->erases = true;
    if (status == OX_OK)
        op->at = ox_rga_at(sequence, position);
    if (status == OX_OK)
        status = ox_rga_erase(sequence, position, 1, replica, NULL);
    if (status != OX_OK)
        clear(op);
    return status;
}

/* ---- taking ---- */

enum ox_status ox_rga_op_take(struct ox_object *sequence, const struct ox_rga_op *op) {
    struct ox_rga_store *store = store_of(sequence);
    uint64_t have = ox_vv_get(&sequence->context, op->dot.replica);
    uint64_t last = op->dot.n + (op->count - 1);
    if (op->dot.n == 0 || have >= last)
        return OX_OK;
    if (have != op->dot.n - 1 || !ox_vv_covers(&sequence->context, &op->since))
        return OX_GAP;
    enum ox_status status = ox_object_reserve(sequence, 1);
    if (status == OX_OK && op->erases)
        status = ox_sequence_take_deletion(store->sequence, &sequence->context, op->at, op->dot);
    else if (status == OX_OK)
        status = ox_sequence_take_text(store->sequence, op->at, op->dot, op->lamport,
                                       ox_buf_bytes(&op->content));
    if (status != OX_OK)
        return status;
    if (store->sequence->line.lamport > store->lamport)
        store->lamport = store->sequence->line.lamport;
    ox_object_raise(sequence, op->dot.replica, last);
    return OX_OK;
}

/* ---- bytes ---- */

static void put_place(const struct ox_rga_op *op, struct ox_buf *out) {
    if (op->at.replica != op->dot.replica)
        ox_cbor_put_uint(out, op->at.replica);
    ox_cbor_put_uint(out, op->at.n);
}

void ox_rga_op_encode(const struct ox_rga_op *op, struct ox_buf *out) {
    bool goes_on = !op->erases && op->lamport == 0;
    uint64_t place = goes_on ? 0 : op->at.replica != op->dot.replica ? 2 : 1;
    ox_cbor_put_array(out,
                      2 + !op->erases + (!op->erases && !goes_on) + place + (op->since.count > 0));
    ox_cbor_put_uint(out, op->dot.replica);
    ox_cbor_put_uint(out, op->dot.n);
    if (!op->erases)
        ox_cbor_put_text(out, ox_buf_bytes(&op->content));
    if (!op->erases && !goes_on)
        ox_cbor_put_int(out, (int64_t)(op->lamport - op->dot.n));
    if (!goes_on)
        put_place(op, out);
    if (op->since.count > 0)
        ox_vv_encode(&op->since, out);
}

static uint64_t count_scalars(struct ox_bytes text) {
    uint64_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

/* What the items behind [replica, n, ... say of an insert; `left` of them. */
static void read_insert(struct ox_rga_op *op, struct ox_cbor *in, size_t *left) {
    struct ox_bytes text = ox_cbor_text(in);
    --*left;
    op->count = count_scalars(text);
    ox_buf_append(&op->content, text.data, text.size);
    if (text.size == 0 || op->count > OX_UPDATE_DOTS_MAX)
        ox_cbor_fail(in);
    op->at = (struct ox_dot){op->dot.replica, op->dot.n - 1};
    if (*left == 0 || ox_cbor_peek(in) == OX_CBOR_MAP) {
        if (op->dot.n < 2)
            ox_cbor_fail(in); /* there is none before */
        return;
    }
    op->lamport = op->dot.n + (uint64_t)ox_cbor_int(in);
    --*left;
    if (op->lamport == 0)
        ox_cbor_fail(in);
}

static void read_place(struct ox_rga_op *op, struct ox_cbor *in, size_t *left) {
    op->at = (struct ox_dot){op->dot.replica, ox_cbor_uint(in)};
    --*left;
    if (*left > 0 && ox_cbor_peek(in) == OX_CBOR_UINT) {
        op->at = (struct ox_dot){op->at.n, ox_cbor_uint(in)};
        --*left;
        if (op->at.replica == op->dot.replica)
            ox_cbor_fail(in);
    }
    bool start = op->at.n == 0 && op->at.replica == 0 && !op->erases;
    if ((op->at.n == 0 && !start) || (op->at.replica == op->dot.replica && op->at.n >= op->dot.n))
        ox_cbor_fail(in);
}

enum ox_status ox_rga_op_decode(struct ox_rga_op *op, struct ox_cbor *in) {
    enum ox_status status = OX_OK;
    clear(op);
    size_t left = ox_cbor_array(in);
    if (left < 3)
        ox_cbor_fail(in);
    op->dot.replica = ox_cbor_uint(in);
    op->dot.n = ox_cbor_uint(in);
    op->count = 1;
    left = in->failed ? 0 : left - 2;
    op->erases = ox_cbor_peek(in) != OX_CBOR_TEXT;
    if (!op->erases)
        read_insert(op, in, &left);
    if (!in->failed && (op->erases || op->lamport > 0))
        read_place(op, in, &left);
    if (!in->failed && left > 0) {
        left--;
        status = ox_vv_decode(&op->since, in);
        if (op->since.count == 0 || ox_vv_get(&op->since, op->dot.replica) != 0)
            ox_cbor_fail(in);
    }
    if (left > 0 || op->dot.n == 0 || op->dot.n > UINT64_MAX - OX_UPDATE_DOTS_MAX)
        ox_cbor_fail(in);
    if (status == OX_OK)
        status = ox_buf_status(&op->content);
    if (in->failed && status == OX_OK)
        status = OX_MALFORMED;
    if (status != OX_OK) {
        ox_cbor_fail(in);
        clear(op);
    }
    return status;
}
