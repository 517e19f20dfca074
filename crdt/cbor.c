/* The bytes of a head, RFC 8949 section 3: three bits of major type, five of additional
 * information, which is the argument itself below 24, or says that 1, 2, 4 or 8 bytes follow.
 *
 *     0 unsigned   1 negative   2 bytes   3 text   4 array   5 map   7 simple (false true null)
 */
#include "crdt/cbor.h"

#include <assert.h>
#include <string.h>

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { FALSE_BYTE = 0xf4, TRUE_BYTE = 0xf5, NULL_BYTE = 0xf6, INLINE_MAX = 23 };

/* ---- writing ---- */

void ox_cbor_put_head_wide(struct ox_buf *out, unsigned major, uint64_t argument) {
    if (ox_buf_reserve(out, OX_CBOR_HEAD_MAX))
        out->size += ox_cbor_write_head(out->data + out->size, major, argument);
}

void ox_cbor_put_int(struct ox_buf *out, int64_t value) {
    if (value >= 0)
        ox_cbor_put_head(out, UNSIGNED, (uint64_t)value);
    else
        ox_cbor_put_head(out, NEGATIVE, (uint64_t)(-1 - value));
}

void ox_cbor_put_bytes(struct ox_buf *out, struct ox_bytes value) {
    ox_cbor_put_head(out, BYTES, value.size);
    ox_buf_append(out, value.data, value.size);
}

void ox_cbor_put_text(struct ox_buf *out, struct ox_bytes value) {
    assert(ox_utf8_valid(value));
    ox_cbor_put_head(out, TEXT, value.size);
    ox_buf_append(out, value.data, value.size);
}

void ox_cbor_put_text_head(struct ox_buf *out, uint64_t size) {
    ox_cbor_put_head(out, TEXT, size);
}

void ox_cbor_put_bool(struct ox_buf *out, bool value) {
    ox_buf_push(out, value ? TRUE_BYTE : FALSE_BYTE);
}

void ox_cbor_put_null(struct ox_buf *out) {
    ox_buf_push(out, NULL_BYTE);
}

/* ---- reading ---- */

struct ox_cbor ox_cbor_of(struct ox_bytes bytes) {
    /* An empty slice may come with a null pointer, to which nothing may be added. */
    static const uint8_t nothing[1];
    const uint8_t *at = bytes.size == 0 ? nothing : bytes.data;
    return (struct ox_cbor){at, at + bytes.size, false};
}

void ox_cbor_fail(struct ox_cbor *in) {
    in->failed = true;
}

static size_t bytes_left(const struct ox_cbor *in) {
    return (size_t)(in->end - in->at);
}

enum ox_cbor_kind ox_cbor_peek(const struct ox_cbor *in) {
    if (in->failed)
        return OX_CBOR_FORBIDDEN;
    if (in->at == in->end)
        return OX_CBOR_END;
    uint8_t head = *in->at;
    if ((head & 0x1f) > 27)
        return OX_CBOR_FORBIDDEN;
    switch (head >> 5) {
    case UNSIGNED:
        return OX_CBOR_UINT;
    case NEGATIVE:
        return OX_CBOR_NEGATIVE;
    case BYTES:
        return OX_CBOR_BYTES;
    case TEXT:
        return OX_CBOR_TEXT;
    case ARRAY:
        return OX_CBOR_ARRAY;
    case MAP:
        return OX_CBOR_MAP;
    default:
        break;
    }
    switch (head) {
    case FALSE_BYTE:
        return OX_CBOR_FALSE;
    case TRUE_BYTE:
        return OX_CBOR_TRUE;
    case NULL_BYTE:
        return OX_CBOR_NULL;
    default:
        return OX_CBOR_FORBIDDEN;
    }
}

/* The number in the first `width` (1, 2, 4 or 8) of `left` bytes. Where eight are left they are
 * read at once, as one swapped load. */
static uint64_t big_endian(const uint8_t *at, unsigned width, size_t left) {
    uint64_t number = 0;
    if (left < 8) {
        for (unsigned i = 0; i < width; i++)
            number = number << 8 | at[i];
        return number;
    }
    uint8_t eight[8];
    memcpy(eight, at, 8);
    number = (uint64_t)eight[0] << 56 | (uint64_t)eight[1] << 48 | (uint64_t)eight[2] << 40 |
             (uint64_t)eight[3] << 32 | (uint64_t)eight[4] << 24 | (uint64_t)eight[5] << 16 |
             (uint64_t)eight[6] << 8 | (uint64_t)eight[7];
    return number >> (64 - 8 * width);
}

/* The argument of a head of the given type; fails on any other type, on a head that is cut off, and
 * on one that is longer than its argument needs. */
static uint64_t take_head(struct ox_cbor *in, enum major major) {
    if (in->failed || in->at == in->end || *in->at >> 5 != (int)major)
        goto fail;
    unsigned info = *in->at & 0x1f;
    if (info <= INLINE_MAX) {
        in->at++;
        return info;
    }
    if (info > 27)
        goto fail;
    unsigned width = 1u << (info - 24);
    if (bytes_left(in) < 1 + width)
        goto fail;
    uint64_t argument = big_endian(in->at + 1, width, bytes_left(in) - 1);
    bool shorter_fits = width == 1 ? argument <= INLINE_MAX : argument >> (4 * width) == 0;
    if (shorter_fits)
        goto fail;
    in->at += 1 + width;
    return argument;
fail:
    in->failed = true;
    return 0;
}

uint64_t ox_cbor_uint_wide(struct ox_cbor *in) {
    return take_head(in, UNSIGNED);
}

int64_t ox_cbor_int(struct ox_cbor *in) {
    bool negative = ox_cbor_peek(in) == OX_CBOR_NEGATIVE;
    uint64_t argument = take_head(in, negative ? NEGATIVE : UNSIGNED);
    if (argument > INT64_MAX) {
        in->failed = true;
        return 0;
    }
    return negative ? -1 - (int64_t)argument : (int64_t)argument;
}

static struct ox_bytes take_string(struct ox_cbor *in, enum major major) {
    uint64_t size = take_head(in, major);
    if (in->failed || size > bytes_left(in)) {
        in->failed = true;
        return (struct ox_bytes){0};
    }
    struct ox_bytes string = {in->at, (size_t)size};
    in->at += size;
    return string;
}

struct ox_bytes ox_cbor_bytes(struct ox_cbor *in) {
    return take_string(in, BYTES);
}

struct ox_bytes ox_cbor_text(struct ox_cbor *in) {
    struct ox_bytes text = take_string(in, TEXT);
    if (ox_utf8_valid(text))
        return text;
    in->failed = true;
    return (struct ox_bytes){0};
}

bool ox_cbor_bool(struct ox_cbor *in) {
    enum ox_cbor_kind kind = ox_cbor_peek(in);
    if (kind != OX_CBOR_TRUE && kind != OX_CBOR_FALSE) {
        in->failed = true;
        return false;
    }
    in->at++;
    return kind == OX_CBOR_TRUE;
}

void ox_cbor_null(struct ox_cbor *in) {
    if (ox_cbor_peek(in) != OX_CBOR_NULL)
        in->failed = true;
    else
        in->at++;
}

/* A count of items that take at least `item_size` bytes each. */
static size_t take_count(struct ox_cbor *in, enum major major, size_t item_size) {
    uint64_t count = take_head(in, major);
    if (!in->failed && count <= bytes_left(in) / item_size)
        return (size_t)count;
    in->failed = true;
    return 0;
}

size_t ox_cbor_array_wide(struct ox_cbor *in) {
    return take_count(in, ARRAY, 1);
}

size_t ox_cbor_map_wide(struct ox_cbor *in) {
    return take_count(in, MAP, 2);
}

void ox_cbor_key_ascends(struct ox_cbor *in, struct ox_bytes *previous, struct ox_bytes key) {
    if (previous->data != NULL && ox_bytes_compare(*previous, key) >= 0)
        in->failed = true;
    *previous = key;
}

static void skip_item(struct ox_cbor *in, unsigned depth);

static void skip_array(struct ox_cbor *in, unsigned depth) {
    size_t count = ox_cbor_array(in);
    for (size_t i = 0; i < count && !in->failed; i++)
        skip_item(in, depth + 1);
}

static void skip_map(struct ox_cbor *in, unsigned depth) {
    struct ox_bytes previous = {0};
    size_t pairs = ox_cbor_map(in);
    for (size_t i = 0; i < pairs && !in->failed; i++) {
        const uint8_t *start = in->at;
        skip_item(in, depth + 1);
        ox_cbor_key_ascends(in, &previous, (struct ox_bytes){start, (size_t)(in->at - start)});
        skip_item(in, depth + 1);
    }
}

static void skip_item(struct ox_cbor *in, unsigned depth) {
    if (depth >= OX_CBOR_DEPTH_MAX) {
        in->failed = true;
        return;
    }
    switch (ox_cbor_peek(in)) {
    case OX_CBOR_UINT:
        take_head(in, UNSIGNED);
        break;
    case OX_CBOR_NEGATIVE:
        take_head(in, NEGATIVE);
        break;
    case OX_CBOR_BYTES:
        ox_cbor_bytes(in);
        break;
    case OX_CBOR_TEXT:
        ox_cbor_text(in);
        break;
    case OX_CBOR_ARRAY:
        skip_array(in, depth);
        break;
    case OX_CBOR_MAP:
        skip_map(in, depth);
        break;
    case OX_CBOR_FALSE:
    case OX_CBOR_TRUE:
    case OX_CBOR_NULL:
        in->at++;
        break;
    case OX_CBOR_END:
    case OX_CBOR_FORBIDDEN:
        in->failed = true;
        break;
    }
}

struct ox_bytes ox_cbor_skip(struct ox_cbor *in) {
    const uint8_t *start = in->at;
    skip_item(in, 0);
    if (in->failed)
        return (struct ox_bytes){0};
    return (struct ox_bytes){start, (size_t)(in->at - start)};
}

bool ox_cbor_done(const struct ox_cbor *in) {
    return !in->failed && in->at == in->end;
}

/* ---- UTF-8 ---- */

/* The length of the sequence at `at`, 0 when it is not one. Unicode 15, table 3-7: the second byte
 * has its own range after E0, ED, F0 and F4, which is where overlong forms, surrogates and values
 * above U+10FFFF would be. */
static size_t sequence_length(const uint8_t *at, size_t left) {
    uint8_t lead = at[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                    : (lead & 0xf0) == 0xe0        ? 3
                    : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                   : 0;
    if (length == 0 || length > left)
        return 0;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

/* Whether `size` bytes (1, 2, 4 or 8 of them) have a top bit. */
static uint64_t top_bits(const uint8_t *at, size_t size) {
    uint64_t bytes = 0;
    memcpy(&bytes, at, size);
    return bytes & UINT64_C(0x8080808080808080);
}

/* Whether up to 16 bytes are ASCII: most keys and elements. The halves may overlap. */
static bool is_short_ascii(struct ox_bytes text) {
    if (text.size > 16)
        return false;
    if (text.size >= 8)
        return (top_bits(text.data, 8) | top_bits(text.data + text.size - 8, 8)) == 0;
    if (text.size >= 4)
        return (top_bits(text.data, 4) | top_bits(text.data + text.size - 4, 4)) == 0;
    if (text.size >= 2)
        return (top_bits(text.data, 2) | top_bits(text.data + text.size - 2, 2)) == 0;
    return text.size == 0 || top_bits(text.data, 1) == 0;
}

bool ox_utf8_valid(struct ox_bytes text) {
    if (is_short_ascii(text))
        return true;
    size_t at = 0;
    while (at < text.size) {
        if (text.size - at >= 8 && top_bits(text.data + at, 8) == 0) {
            at += 8;
            continue;
        }
        size_t length = sequence_length(text.data + at, text.size - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}
