/* cbor.h - deterministic CBOR (RFC 8949, section 4.2), written and checked.
 *
 * Equal values have equal bytes, and any CBOR tool prints a message. Only what Oxbow sends exists:
 * unsigned and negative integers (64 bit), byte strings, UTF-8 text, arrays, maps, false, true,
 * null; definite lengths and shortest heads only; map keys strictly ascending by the bytes of their
 * encoding. No tags, no floats. The reader refuses all else.
 *
 * Reading: a cursor over borrowed bytes. The first error sticks; every later call returns zero
 * values, so that a decoder of many parts checks once. Counts are checked against the bytes left
 * before the caller takes memory (an item is at least one byte), and nesting is bounded by
 * OX_CBOR_DEPTH_MAX in ox_cbor_skip.
 */
#ifndef OXBOW_CRDT_CBOR_H
#define OXBOW_CRDT_CBOR_H

#include "crdt/buf.h"

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OX_CBOR_DEPTH_MAX 32

enum ox_cbor_kind {
    OX_CBOR_UINT,
    OX_CBOR_NEGATIVE,
    OX_CBOR_BYTES,
    OX_CBOR_TEXT,
    OX_CBOR_ARRAY,
    OX_CBOR_MAP,
    OX_CBOR_FALSE,
    OX_CBOR_TRUE,
    OX_CBOR_NULL,
    OX_CBOR_END,      /* no byte left */
    OX_CBOR_FORBIDDEN /* a head that this profile does not have */
};

/* ---- writing; cost O(bytes written) ---- */
#define OX_CBOR_HEAD_MAX 9
/* The head of an item, its major type 0 to 7 (RFC 8949, section 3): how many bytes it has. `at` has
 * room for OX_CBOR_HEAD_MAX. */
static inline size_t ox_cbor_write_head(uint8_t *at, unsigned major, uint64_t argument) {
    uint8_t type = (uint8_t)(major << 5);
    if (argument < 24) {
        at[0] = (uint8_t)(type | argument);
        return 1;
    }
    /* Bytes of their own, so that the compiler sees one store of swapped bytes. */
    if (argument <= UINT8_MAX) {
        at[0] = (uint8_t)(type | 24);
        at[1] = (uint8_t)argument;
        return 2;
    }
    if (argument <= UINT16_MAX) {
        uint8_t two[2] = {(uint8_t)(argument >> 8), (uint8_t)argument};
        at[0] = (uint8_t)(type | 25);
        memcpy(at + 1, two, 2);
        return 3;
    }
    if (argument <= UINT32_MAX) {
        uint8_t four[4] = {(uint8_t)(argument >> 24), (uint8_t)(argument >> 16),
                           (uint8_t)(argument >> 8), (uint8_t)argument};
        at[0] = (uint8_t)(type | 26);
        memcpy(at + 1, four, 4);
        return 5;
    }
    uint8_t eight[8] = {(uint8_t)(argument >> 56), (uint8_t)(argument >> 48),
                        (uint8_t)(argument >> 40), (uint8_t)(argument >> 32),
                        (uint8_t)(argument >> 24), (uint8_t)(argument >> 16),
                        (uint8_t)(argument >> 8),  (uint8_t)argument};
    at[0] = (uint8_t)(type | 27);
    memcpy(at + 1, eight, 8);
    return 9;
}
/* Such a head behind what is there; nearly all are one byte. */
void ox_cbor_put_head_wide(struct ox_buf *out, unsigned major, uint64_t argument);
static inline void ox_cbor_put_head(struct ox_buf *out, unsigned major, uint64_t argument) {
    if (argument < 24 && !out->failed && out->size < out->capacity)
        out->data[out->size++] = (uint8_t)(major << 5 | argument);
    else
        ox_cbor_put_head_wide(out, major, argument);
}
static inline void ox_cbor_put_uint(struct ox_buf *out, uint64_t value) {
    ox_cbor_put_head(out, 0, value);
}
void ox_cbor_put_int(struct ox_buf *out, int64_t value);
void ox_cbor_put_bytes(struct ox_buf *out, struct ox_bytes value);
/* `value` must be valid UTF-8 (asserted). */
void ox_cbor_put_text(struct ox_buf *out, struct ox_bytes value);
/* For a text that lies in pieces: who calls appends as many bytes of valid UTF-8. */
void ox_cbor_put_text_head(struct ox_buf *out, uint64_t size);
static inline void ox_cbor_put_array(struct ox_buf *out, uint64_t count) {
    ox_cbor_put_head(out, 4, count);
}
/* The caller writes the keys in ascending order of their encoding. */
static inline void ox_cbor_put_map(struct ox_buf *out, uint64_t pairs) {
    ox_cbor_put_head(out, 5, pairs);
}
void ox_cbor_put_bool(struct ox_buf *out, bool value);
void ox_cbor_put_null(struct ox_buf *out);

/* ---- reading ---- */
struct ox_cbor {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

struct ox_cbor ox_cbor_of(struct ox_bytes bytes);
enum ox_cbor_kind ox_cbor_peek(const struct ox_cbor *in);
/* Marks the cursor failed; for a caller that found the contents wrong. */
void ox_cbor_fail(struct ox_cbor *in);
/* As ox_cbor_uint, of any size. */
uint64_t ox_cbor_uint_wide(struct ox_cbor *in);
static inline uint64_t ox_cbor_uint(struct ox_cbor *in) {
    if (!in->failed && in->at != in->end && *in->at < 24) /* the number is its own head */
        return *in->at++;
    return ox_cbor_uint_wide(in);
}
int64_t ox_cbor_int(struct ox_cbor *in);
struct ox_bytes ox_cbor_bytes(struct ox_cbor *in);
struct ox_bytes ox_cbor_text(struct ox_cbor *in); /* checked UTF-8 */
bool ox_cbor_bool(struct ox_cbor *in);
void ox_cbor_null(struct ox_cbor *in);
/* The number of items, fails when more than the bytes left could hold. Most are below 24, which is
 * in the head. */
size_t ox_cbor_array_wide(struct ox_cbor *in);
static inline size_t ox_cbor_array(struct ox_cbor *in) {
    size_t left = (size_t)(in->end - in->at);
    if (!in->failed && left > 0 && (size_t)(*in->at - 0x80) < 24 && (size_t)(*in->at - 0x80) < left)
        return (size_t)(*in->at++ - 0x80);
    return ox_cbor_array_wide(in);
}
/* The number of pairs, likewise. The caller checks the order of keys with ox_cbor_key_ascends. */
size_t ox_cbor_map_wide(struct ox_cbor *in);
static inline size_t ox_cbor_map(struct ox_cbor *in) {
    size_t left = (size_t)(in->end - in->at);
    if (!in->failed && left > 0 && (size_t)(*in->at - 0xa0) < 24 &&
        2 * (size_t)(*in->at - 0xa0) < left)
        return (size_t)(*in->at++ - 0xa0);
    return ox_cbor_map_wide(in);
}
/* Skips one whole item, checking it against the profile (order of map keys and depth included);
 * the bytes of the item's encoding. */
struct ox_bytes ox_cbor_skip(struct ox_cbor *in);
/* Fails the cursor unless `key` sorts after `*previous` (start with {NULL, 0}); then remembers it.
 */
void ox_cbor_key_ascends(struct ox_cbor *in, struct ox_bytes *previous, struct ox_bytes key);
/* True when all bytes were read and nothing failed. */
bool ox_cbor_done(const struct ox_cbor *in);

/* UTF-8 as RFC 3629: no surrogates, no overlong forms, at most U+10FFFF. */
bool ox_utf8_valid(struct ox_bytes text);

#ifdef __cplusplus
}
#endif

#endif
