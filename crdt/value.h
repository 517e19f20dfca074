/* value.h - the values that elements and registers hold.
 *
 * null, bool, int64, UTF-8 text; registers hold lists and maps of them too (`structured`: canonical
 * CBOR). A value's identity is its canonical CBOR; people see its canonical JSON: no blanks,
 * shortest escapes (\" \\ \b \f \n \r \t, \u00XX for other control characters), non-ASCII as it is,
 * object members in ascending order of their key's JSON bytes.
 */
#ifndef OXBOW_CRDT_VALUE_H
#define OXBOW_CRDT_VALUE_H

#include "crdt/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ox_value_kind {
    OX_VALUE_NULL,
    OX_VALUE_BOOL,
    OX_VALUE_INT,
    OX_VALUE_TEXT,
    OX_VALUE_STRUCTURED /* an array or a map; `bytes` is its canonical CBOR */
};

/* Borrows `bytes`; INT and BOOL are in `number`. */
struct ox_value {
    enum ox_value_kind kind;
    int64_t number;
    struct ox_bytes bytes; /* TEXT: the UTF-8; STRUCTURED: the CBOR */
};

static inline struct ox_value ox_value_null(void) {
    struct ox_value null = {OX_VALUE_NULL, 0, {NULL, 0}};
    return null;
}

static inline struct ox_value ox_value_bool(bool value) {
    struct ox_value truth = {OX_VALUE_BOOL, value, {NULL, 0}};
    return truth;
}

static inline struct ox_value ox_value_int(int64_t value) {
    struct ox_value number = {OX_VALUE_INT, value, {NULL, 0}};
    return number;
}

static inline struct ox_value ox_value_text(const char *text) {
    struct ox_value words = {OX_VALUE_TEXT, 0, ox_bytes_of_text(text)};
    return words;
}

void ox_value_encode(const struct ox_value *value, struct ox_buf *out);
/* `scalar_only` refuses lists and maps. Borrows from the cursor's bytes. */
enum ox_status ox_value_decode(struct ox_value *value, struct ox_cbor *in, bool scalar_only);
/* A number straight to `at`, which has room for OX_CBOR_HEAD_MAX bytes: how many it took. */
static inline size_t ox_value_write_int(uint8_t *at, int64_t number) {
    uint64_t negative = (uint64_t)number >> 63;
    return ox_cbor_write_head(at, (unsigned)negative, (uint64_t)number ^ (0 - negative));
}
/* A short value straight to `at`, which has room for OX_VALUE_SHORT_MAX bytes and may be where its
 * text is: how many it took. 0, and nothing is written: it takes more, or is not valid. */
#define OX_VALUE_SHORT_MAX 16
size_t ox_value_write_short(uint8_t *at, const struct ox_value *value);
/* A value's canonical CBOR, in place when it is short: as the key of a look-up. Never copied. */
struct ox_encoded {
    struct ox_buf buf; /* the bytes */
    bool owned;
    uint8_t space[64];
};
/* OX_INVALID: text that is not UTF-8, or with `scalar_only` a list or map, or one that is not
 * canonical. To be freed whatever it returns. */
enum ox_status ox_encoded_make(struct ox_encoded *to, const struct ox_value *value,
                               bool scalar_only);
static inline void ox_encoded_free(struct ox_encoded *encoded) {
    if (encoded->owned)
        ox_buf_free(&encoded->buf);
}

/* Canonical JSON of one encoded item (of the profile of cbor.h; byte strings are refused). */
enum ox_status ox_value_json(struct ox_bytes cbor, struct ox_buf *out);
void ox_json_put_text(struct ox_buf *out, struct ox_bytes utf8); /* with its quotes */
void ox_json_put_int(struct ox_buf *out, int64_t value);
/* A list of encoded items, sorted by the bytes of their JSON. `item` gives the i-th of `count`, or
 * no bytes for one that is not shown. Cost: O(n log n). */
enum ox_status ox_json_put_sorted(struct ox_bytes (*item)(const void *self, uint32_t i),
                                  const void *self, uint32_t count, struct ox_buf *out);

#ifdef __cplusplus
}
#endif

#endif
