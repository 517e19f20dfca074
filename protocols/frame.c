/* frame.c - the envelope of every message, see frame.h. */
#include "protocols/frame.h"

enum { FRAME_ITEMS = 6 };

void ox_frame_begin(struct ox_buf *out, const struct ox_frame *frame) {
    ox_cbor_put_array(out, FRAME_ITEMS);
    ox_cbor_put_text(out, frame->component);
    ox_cbor_put_uint(out, frame->clock.replica);
    if (frame->addressed)
        ox_cbor_put_uint(out, frame->to);
    else
        ox_cbor_put_null(out);
    ox_cbor_put_uint(out, frame->clock.physical_ns);
    ox_cbor_put_uint(out, frame->clock.logical);
}

enum ox_status ox_frame_read(struct ox_frame *frame, struct ox_bytes bytes) {
    struct ox_cbor in = ox_cbor_of(bytes);
    *frame = (struct ox_frame){0};
    if (ox_cbor_array(&in) != FRAME_ITEMS)
        return OX_MALFORMED;
    frame->component = ox_cbor_text(&in);
    frame->clock.replica = ox_cbor_uint(&in);
    frame->addressed = ox_cbor_peek(&in) != OX_CBOR_NULL;
    if (frame->addressed)
        frame->to = ox_cbor_uint(&in);
    else
        ox_cbor_null(&in);
    frame->clock.physical_ns = ox_cbor_uint(&in);
    uint64_t logical = ox_cbor_uint(&in);
    if (in.failed || logical > UINT32_MAX)
        return OX_MALFORMED;
    frame->clock.logical = (uint32_t)logical;
    frame->body = (struct ox_bytes){in.at, (size_t)(in.end - in.at)};
    return OX_OK;
}
