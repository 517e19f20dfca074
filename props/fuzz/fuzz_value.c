/* The small decoders: which one, encoding. */
#include "crdt/hlc.h"
#include "crdt/value.h"
#include "props/fuzz/fuzz.h"

static enum ox_status value(struct ox_cbor *in, struct ox_buf *again) {
    struct ox_value value = {0};
    struct ox_buf json = {0};
    enum ox_status status = ox_value_decode(&value, in, false);
    if (status == OX_OK) {
        ox_value_encode(&value, again);
        FUZZ_CHECK(ox_value_json(ox_buf_bytes(again), &json) == OX_OK, "a value has no JSON");
        FUZZ_CHECK(ox_utf8_valid(ox_buf_bytes(&json)), "the JSON is not UTF-8");
    }
    ox_buf_free(&json);
    return status;
}

static enum ox_status vector(struct ox_cbor *in, struct ox_buf *again) {
    struct ox_vv vv = {0};
    const char *why = "";
    enum ox_status status = ox_vv_decode(&vv, in);
    FUZZ_CHECK(ox_vv_valid(&vv, &why), "not a version vector: %s", why);
    ox_vv_encode(&vv, again);
    ox_vv_free(&vv);
    return status;
}

static enum ox_status dots(struct ox_cbor *in, struct ox_buf *again) {
    struct ox_dots dots = {0};
    const char *why = "";
    enum ox_status status = ox_dots_decode(&dots, in);
    FUZZ_CHECK(ox_dots_valid(&dots, &why), "not a set of dots: %s", why);
    ox_dots_encode(&dots, again);
    ox_dots_free(&dots);
    return status;
}

static enum ox_status stamp(struct ox_cbor *in, struct ox_buf *again) {
    struct ox_stamp stamp = {0};
    ox_stamp_decode(&stamp, in);
    ox_stamp_encode(&stamp, again);
    return in->failed ? OX_MALFORMED : OX_OK;
}

static enum ox_status item(struct ox_cbor *in, struct ox_buf *again) {
    struct ox_bytes bytes = ox_cbor_skip(in);
    struct ox_buf json = {0};
    if (!in->failed) {
        ox_buf_append(again, bytes.data, bytes.size);
        ox_value_json(bytes, &json); /* byte strings are refused */
    }
    ox_buf_free(&json);
    return in->failed ? OX_MALFORMED : OX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static enum ox_status (*const decoders[])(struct ox_cbor *,
                                              struct ox_buf *) = {value, vector, dots, stamp, item};
    struct fuzz_input input = {data, size};
    uint8_t which = fuzz_byte(&input) % (sizeof decoders / sizeof *decoders);
    struct ox_cbor in = ox_cbor_of(fuzz_rest(&input));
    struct ox_buf again = {0};
    enum ox_status status = decoders[which](&in, &again);
    FUZZ_CHECK((status == OX_OK) != in.failed, "the status and the cursor disagree");
    if (status == OX_OK)
        fuzz_check_same((struct ox_bytes){input.at, (size_t)(in.at - input.at)},
                        ox_buf_bytes(&again), "encoded again");
    ox_buf_free(&again);
    return 0;
}
