/* The bytes of operations, as rga.h states them:
 *
 *     typed on           [7, 12, "x"]
 *     typed elsewhere    [7, 13, "x", 3, 5]              lamport 16, behind 7:5
 *                        [7, 14, [1, null], 3, 2, 9]     lamport 17, behind 2:9
 *     erased             [7, 16, 14]                     7:14
 *                        [7, 17, [[12, 2], [2, 9, -3]]]  7:12, 7:13, 2:9, 2:8, 2:7
 */
#include "crdt/sequence/operation.h"
#include "crdt/sequence/stretch.h"

/* ---- writing ---- */

static void put_place(const struct ox_rga_op *op, struct ox_buf *out) {
    if (op->at.replica != op->dot.replica)
        ox_cbor_put_uint(out, op->at.replica);
    ox_cbor_put_uint(out, op->at.n);
}

static void put_spans(const struct ox_rga_op *op, struct ox_buf *out) {
    ox_cbor_put_array(out, op->span_count);
    for (uint32_t i = 0; i < op->span_count; i++) {
        const struct ox_rga_span *span = &op->spans[i];
        bool own = span->first.replica == op->dot.replica;
        ox_cbor_put_array(out, own ? 2 : 3);
        if (!own)
            ox_cbor_put_uint(out, span->first.replica);
        ox_cbor_put_uint(out, span->first.n);
        ox_cbor_put_int(out, span->down ? -(int64_t)span->count : span->count);
    }
}

static uint64_t count_list(struct ox_bytes list) {
    struct ox_cbor in = ox_cbor_of(list);
    uint64_t count = 0;
    for (; in.at != in.end && !in.failed; count++)
        ox_cbor_skip(&in);
    return count;
}

static void put_content(const struct ox_rga_op *op, struct ox_buf *out) {
    struct ox_bytes content = ox_buf_bytes(&op->content);
    if (op->kind == OX_RGA_TEXT) {
        ox_cbor_put_text(out, content);
        return;
    }
    ox_cbor_put_array(out, count_list(content));
    ox_buf_append(out, content.data, content.size);
}

void ox_rga_op_encode(const struct ox_rga_op *op, struct ox_buf *out) {
    bool erases = op->kind == OX_RGA_ERASE, erases_more = erases && op->count > 1;
    bool goes_on = !erases && op->lamport == 0;
    uint64_t place = goes_on || erases_more ? 0 : op->at.replica != op->dot.replica ? 2 : 1;
    ox_cbor_put_array(out, 2 + (!erases || erases_more) + (!erases && !goes_on) + place +
                               (op->since.count > 0));
    ox_cbor_put_uint(out, op->dot.replica);
    ox_cbor_put_uint(out, op->dot.n);
    if (erases_more)
        put_spans(op, out);
    if (!erases)
        put_content(op, out);
    if (!erases && !goes_on)
        ox_cbor_put_int(out, (int64_t)(op->lamport - op->dot.n));
    if (place > 0)
        put_place(op, out);
    if (op->since.count > 0)
        ox_vv_encode(&op->since, out);
}

/* ---- reading ---- */

static uint64_t count_scalars(struct ox_bytes text) {
    uint64_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

static void read_text(struct ox_rga_op *op, struct ox_cbor *in) {
    struct ox_bytes text = ox_cbor_text(in);
    op->count = count_scalars(text);
    ox_buf_append(&op->content, text.data, text.size);
    if (text.size == 0)
        ox_cbor_fail(in);
}

/* Of a list, whose head is read. */
static void read_list(struct ox_rga_op *op, struct ox_cbor *in, size_t count) {
    const uint8_t *begin = in->at;
    bool scalars = true;
    op->count = count;
    for (size_t i = 0; i < count && !in->failed; i++) {
        struct ox_value element;
        if (ox_value_decode(&element, in, true) == OX_OK)
            scalars = scalars && element.kind == OX_VALUE_TEXT && ox_utf8_is_scalar(element.bytes);
        else
            ox_cbor_fail(in);
    }
    if (scalars)
        ox_cbor_fail(in);
    if (!in->failed)
        ox_buf_append(&op->content, begin, (size_t)(in->at - begin));
}

/* [n, count] or [replica, n, count]. */
static void read_span(const struct ox_rga_op *op, struct ox_cbor *in, struct ox_rga_span *span) {
    size_t items = ox_cbor_array(in);
    if (items != 2 && items != 3)
        ox_cbor_fail(in);
    span->first.replica = items == 2 ? op->dot.replica : ox_cbor_uint(in);
    span->first.n = ox_cbor_uint(in);
    int64_t count = ox_cbor_int(in);
    span->down = count < 0;
    bool is_count = count > 0 ? count <= (int64_t)OX_STRETCH_MAX
                              : count < -1 && count >= -(int64_t)OX_STRETCH_MAX;
    bool own = span->first.replica == op->dot.replica;
    if (!is_count || span->first.n == 0 || own != (items == 2)) {
        ox_cbor_fail(in);
        return;
    }
    span->count = (uint32_t)(span->down ? -count : count);
    uint64_t most = own ? op->dot.n - 1 : UINT64_MAX;
    if (span->first.n > most ||
        (span->down ? span->count > span->first.n : span->count - 1 > most - span->first.n))
        ox_cbor_fail(in);
}

static enum ox_status read_spans(struct ox_rga_op *op, struct ox_cbor *in, size_t count) {
    enum ox_status status = ox_rga_op_reserve_spans(op, count);
    op->count = 0;
    for (size_t i = 0; i < count && status == OX_OK && !in->failed; i++) {
        struct ox_rga_span *span = &op->spans[i];
        read_span(op, in, span);
        if (i > 0 && !in->failed && ox_rga_span_goes_on(&op->spans[i - 1], span->first))
            ox_cbor_fail(in);
        op->count += in->failed ? 0 : span->count;
        op->span_count++;
    }
    if (in->failed || status != OX_OK)
        return status;
    op->at = op->spans[0].first;
    if (op->count < 2)
        ox_cbor_fail(in);
    return OX_OK;
}

/* What it puts in, or what it erases unless that is one place. */
static enum ox_status read_content(struct ox_rga_op *op, struct ox_cbor *in) {
    enum ox_status status = OX_OK;
    if (ox_cbor_peek(in) == OX_CBOR_TEXT) {
        op->kind = OX_RGA_TEXT;
        read_text(op, in);
    } else {
        size_t count = ox_cbor_array(in);
        op->kind = ox_cbor_peek(in) == OX_CBOR_ARRAY ? OX_RGA_ERASE : OX_RGA_LIST;
        if (in->failed || count == 0)
            ox_cbor_fail(in);
        else if (op->kind == OX_RGA_ERASE)
            status = read_spans(op, in, count);
        else
            read_list(op, in, count);
    }
    if (op->count > OX_UPDATE_DOTS_MAX)
        ox_cbor_fail(in);
    return status;
}

/* The lamport of an insert that does not go on behind its own last dot. */
static void read_lamport(struct ox_rga_op *op, struct ox_cbor *in, size_t *left) {
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
    bool start = op->at.n == 0 && op->at.replica == 0 && op->kind != OX_RGA_ERASE;
    if ((op->at.n == 0 && !start) || (op->at.replica == op->dot.replica && op->at.n >= op->dot.n))
        ox_cbor_fail(in);
}

static enum ox_status read_since(struct ox_rga_op *op, struct ox_cbor *in) {
    enum ox_status status = ox_vv_decode(&op->since, in);
    if (op->since.count == 0 || ox_vv_get(&op->since, op->dot.replica) != 0)
        ox_cbor_fail(in);
    return status;
}

/* Behind [replica, n, ... only one ASCII character, typed on: nearly every operation is that. */
static bool read_typed_on(struct ox_rga_op *op, struct ox_cbor *in) {
    enum { TEXT_OF_ONE = 0x61 };
    if (in->end - in->at < 2 || in->at[0] != TEXT_OF_ONE || in->at[1] >= 0x80 || op->dot.n < 2)
        return false;
    ox_buf_push(&op->content, in->at[1]);
    op->at = (struct ox_dot){op->dot.replica, op->dot.n - 1};
    in->at += 2;
    return true;
}

/* All that is behind [replica, n, ...: `left` items. */
static enum ox_status read_rest(struct ox_rga_op *op, struct ox_cbor *in, size_t left) {
    enum ox_status status = OX_OK;
    if (ox_cbor_peek(in) == OX_CBOR_UINT) {
        op->kind = OX_RGA_ERASE;
        read_place(op, in, &left);
    } else {
        status = read_content(op, in);
        left--;
        if (!in->failed && op->kind != OX_RGA_ERASE)
            read_lamport(op, in, &left);
        if (!in->failed && op->lamport > 0)
            read_place(op, in, &left);
    }
    if (status == OX_OK && !in->failed && left > 0) {
        left--;
        status = read_since(op, in);
    }
    if (left > 0)
        ox_cbor_fail(in);
    return status;
}

enum ox_status ox_rga_op_decode(struct ox_rga_op *op, struct ox_cbor *in) {
    enum ox_status status = OX_OK;
    ox_rga_op_clear(op);
    size_t items = ox_cbor_array(in);
    if (items < 3)
        ox_cbor_fail(in);
    op->dot.replica = ox_cbor_uint(in);
    op->dot.n = ox_cbor_uint(in);
    op->count = 1;
    if (op->dot.n == 0 || op->dot.n > OX_OBJECT_DOTS_MAX)
        ox_cbor_fail(in);
    if (!in->failed && !(items == 3 && read_typed_on(op, in)))
        status = read_rest(op, in, items - 2);
    if (status == OX_OK)
        status = ox_buf_status(&op->content);
    if (in->failed && status == OX_OK)
        status = OX_MALFORMED;
    if (status != OX_OK) {
        ox_cbor_fail(in);
        ox_rga_op_clear(op);
    }
    return status;
}
