/* The bytes of a sequence in a delta: [runs, deletions] with
 *
 *     run       [replica, n, lamport, content] and, unless it comes after (replica, n - 1), the
 *               replica and n of what it comes after; content is text (one scalar per element), a
 *               list of items, or how many when it is not told
 *     deletion  [replica, n, killer's replica, killer's n] and, of more than one, length and step
 */
#include "crdt/sequence/parts.h"

enum { LOOSE_PARTS = 2 };

/* ---- writing ---- */

static bool follows_itself(struct ox_dot dot, struct ox_dot after) {
    return after.n > 0 && after.replica == dot.replica && after.n + 1 == dot.n;
}

static void put_loose_run(const struct ox_loose *loose, uint32_t i, struct ox_buf *out) {
    const struct ox_loose_run *run = &loose->runs[i];
    const uint8_t *data = run->width > 0 ? loose->contents + run->offset : NULL;
    size_t size = (size_t)run->length * run->width;
    bool told = follows_itself(run->dot, run->after);
    ox_cbor_put_array(out, told ? 4 : 6);
    ox_cbor_put_uint(out, run->dot.replica);
    ox_cbor_put_uint(out, run->dot.n);
    ox_cbor_put_uint(out, run->lamport);
    if (run->kind == OX_PLACE_VOID) {
        ox_cbor_put_uint(out, run->length);
    } else if (run->kind == OX_PLACE_TEXT) {
        ox_cbor_put_text_head(out, size);
        ox_buf_append(out, data, size);
    } else {
        ox_cbor_put_array(out, run->length);
        ox_buf_append(out, data, size);
    }
    if (!told) {
        ox_cbor_put_uint(out, run->after.replica);
        ox_cbor_put_uint(out, run->after.n);
    }
}

static void put_deletion(const struct ox_deletion *deletion, struct ox_buf *out) {
    ox_cbor_put_array(out, deletion->length > 1 ? 6 : 4);
    ox_cbor_put_uint(out, deletion->target.replica);
    ox_cbor_put_uint(out, deletion->target.n);
    ox_cbor_put_uint(out, deletion->killer.replica);
    ox_cbor_put_uint(out, deletion->killer.n);
    if (deletion->length > 1) {
        ox_cbor_put_uint(out, deletion->length);
        ox_cbor_put_int(out, deletion->step);
    }
}

void ox_loose_encode(const struct ox_loose *loose, struct ox_buf *out) {
    ox_cbor_put_array(out, LOOSE_PARTS);
    ox_cbor_put_array(out, loose->run_count);
    for (uint32_t i = 0; i < loose->run_count; i++)
        put_loose_run(loose, i, out);
    ox_cbor_put_array(out, loose->deletion_count);
    for (uint32_t i = 0; i < loose->deletion_count; i++)
        put_deletion(&loose->deletions[i], out);
}

/* ---- reading ---- */

static uint32_t read_length(struct ox_cbor *in, uint64_t least) {
    uint64_t length = ox_cbor_uint(in);
    if (length >= least && length <= OX_STRETCH_MAX)
        return (uint32_t)length;
    ox_cbor_fail(in);
    return 0;
}

static void read_loose_content(struct ox_cbor *in, struct ox_stretch *run) {
    struct ox_bytes text;
    size_t items;
    switch (ox_cbor_peek(in)) {
    case OX_CBOR_TEXT:
        text = ox_cbor_text(in);
        run->kind = OX_PLACE_TEXT;
        if (text.size == 0) {
            ox_cbor_fail(in);
            return;
        }
        run->length = ox_utf8_run(text, OX_STRETCH_MAX, &run->width);
        run->data = text.data;
        if ((uint64_t)run->length * run->width != text.size)
            ox_cbor_fail(in);
        return;
    case OX_CBOR_ARRAY:
        items = ox_cbor_array(in);
        run->kind = OX_PLACE_ITEM;
        run->length = (uint32_t)items;
        if (items == 0 || items > OX_STRETCH_MAX)
            ox_cbor_fail(in);
        else
            ox_items_read(in, run);
        return;
    default:
        run->kind = OX_PLACE_VOID;
        run->length = read_length(in, 1);
        return;
    }
}

static enum ox_status read_loose_run(struct ox_loose *loose, struct ox_cbor *in) {
    struct ox_stretch run = {0};
    size_t parts = ox_cbor_array(in);
    if (parts != 4 && parts != 6)
        ox_cbor_fail(in);
    run.dot.replica = ox_cbor_uint(in);
    run.dot.n = ox_cbor_uint(in);
    run.lamport = ox_cbor_uint(in);
    read_loose_content(in, &run);
    struct ox_dot after = {run.dot.replica, run.dot.n - 1};
    if (parts == 6) {
        after.replica = ox_cbor_uint(in);
        after.n = ox_cbor_uint(in);
    }
    if ((parts == 4) != follows_itself(run.dot, after) || !ox_stretch_in_range(&run))
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    enum ox_status status = ox_loose_reserve(loose, 1, 0, (uint64_t)run.length * run.width);
    uint32_t before = loose->run_count;
    if (status == OX_OK)
        ox_loose_put(loose, &run, after);
    if (status == OX_OK && loose->run_count - before != 1)
        status = OX_MALFORMED; /* it is one with the run before */
    return status;
}

static enum ox_status read_deletion(struct ox_loose *loose, struct ox_cbor *in) {
    struct ox_deletion deletion = {.length = 1};
    size_t parts = ox_cbor_array(in);
    if (parts != 4 && parts != 6)
        ox_cbor_fail(in);
    deletion.target.replica = ox_cbor_uint(in);
    deletion.target.n = ox_cbor_uint(in);
    deletion.killer.replica = ox_cbor_uint(in);
    deletion.killer.n = ox_cbor_uint(in);
    if (parts == 6) {
        deletion.length = read_length(in, 2);
        int64_t step = ox_cbor_int(in);
        deletion.step = (int)step;
        if (step < -1 || step > 1)
            ox_cbor_fail(in);
    }
    if (in->failed)
        return OX_MALFORMED;
    if (loose->deletion_count == loose->deletion_capacity &&
        ox_loose_reserve(loose, 0, 1, 0) != OX_OK)
        return OX_NOMEM;
    loose->deletions[loose->deletion_count++] = deletion; /* what is wrong comes out below */
    return OX_OK;
}

enum ox_status ox_loose_decode(struct ox_loose *loose, struct ox_cbor *in) {
    const char *reason;
    enum ox_status status = OX_OK;
    size_t runs = ox_cbor_array(in);
    for (size_t i = 0; i < runs && status == OX_OK; i++)
        status = read_loose_run(loose, in);
    size_t deletions = status == OX_OK ? ox_cbor_array(in) : 0;
    for (size_t i = 0; i < deletions && status == OX_OK; i++)
        status = read_deletion(loose, in);
    if (status == OX_OK && (in->failed || ox_loose_empty(loose) || !ox_loose_valid(loose, &reason)))
        status = OX_MALFORMED;
    return status;
}
