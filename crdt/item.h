/* item.h - what sets and registers hold, as the key of a row: the canonical CBOR of a value.
 *
 *     "milk"   64 6d 69 6c 6b        in the key's two words, as in a row (rows.h)
 *
 * Nearly every item is a short text or a number, and then nothing is done byte by byte: neither to
 * make its key nor to read a text from a message.
 */
#ifndef OXBOW_CRDT_ITEM_H
#define OXBOW_CRDT_ITEM_H

#include "crdt/rows.h"
#include "crdt/value.h"

/* Whether the first byte of a word in memory is its lowest. */
static inline bool ox_item_words_begin_low(void) {
    static const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}
/* What nearly every item is, a text of up to 14 bytes in ASCII, put together in registers: bytes
 * that are written one by one and then read as words would have to be waited for. False: the text
 * is another one, or this machine has another order of bytes. */
static inline bool ox_item_of_text(struct ox_bytes text, union ox_row_tail *tail) {
    uint64_t head = 0x60 + text.size; /* of text below 24 bytes */
    uint64_t first = 0, rest = 0;     /* its first eight bytes, and those from the eighth on */
    if (text.size >= OX_ROW_INLINE_MAX || !ox_item_words_begin_low())
        return false;
    if (text.size >= 8) {
        memcpy(&first, text.data, 8);
        memcpy(&rest, text.data + text.size - 8, 8);
        rest >>= 8 * (15 - text.size);
    } else if (text.size >= 4) {
        uint32_t low, high; /* which may overlap */
        memcpy(&low, text.data, 4);
        memcpy(&high, text.data + text.size - 4, 4);
        first = low | (uint64_t)high << 8 * (text.size - 4);
    } else {
        for (size_t i = 0; i < text.size; i++)
            first |= (uint64_t)text.data[i] << 8 * i;
    }
    tail->words[0] = head | first << 8;
    tail->words[1] = rest | (uint64_t)(text.size + 1) << 56;
    return ((first | rest) & UINT64_C(0x8080808080808080)) == 0;
}
/* The same of a number: of its bytes, highest first, 1, 2, 4 or 8 stand behind the head, or what is
 * below 24 in it (RFC 8949, section 3.1). */
static inline bool ox_item_of_int(int64_t number, union ox_row_tail *tail) {
    uint64_t sign = (uint64_t)number >> 63;
    uint64_t n = (uint64_t)number ^ (0 - sign);
    unsigned log = (n > UINT8_MAX) + (n > UINT16_MAX) + (n > UINT32_MAX);
    uint64_t size = UINT64_C(1) << log;
    if (n < 24) {
        tail->words[0] = sign << 5 | n;
        tail->words[1] = UINT64_C(1) << 56;
        return ox_item_words_begin_low();
    }
    n <<= 64 - 8 * size; /* and turned round, which compilers know for one instruction: */
    n = (n & UINT64_C(0x00ff00ff00ff00ff)) << 8 | (n >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    n = (n & UINT64_C(0x0000ffff0000ffff)) << 16 | (n >> 16 & UINT64_C(0x0000ffff0000ffff));
    n = n << 32 | n >> 32;
    tail->words[0] = sign << 5 | (24 + log) | n << 8;
    tail->words[1] = n >> 56 | (1 + size) << 56;
    return ox_item_words_begin_low();
}
/* False: ask ox_item_make, which knows every value. */
static inline bool ox_item_is_short(const struct ox_value *value, union ox_row_tail *tail) {
    return value->kind == OX_VALUE_TEXT  ? ox_item_of_text(value->bytes, tail)
           : value->kind == OX_VALUE_INT ? ox_item_of_int(value->number, tail)
                                         : false;
}
/* A value made ready as an item. To be freed when ox_item_make has been called. */
struct ox_item {
    struct ox_rows_key key;
    struct ox_encoded encoded;
};
enum ox_status ox_item_make(struct ox_item *item, const struct ox_value *value, bool scalar_only);
void ox_item_free(struct ox_item *item);
/* The item in front of a reader, which borrows its bytes; fails the reader where there is none. */
void ox_item_take_any(struct ox_rows_key *key, bool scalar_only, struct ox_cbor *in);
static inline void ox_item_take(struct ox_rows_key *key, bool scalar_only, struct ox_cbor *in) {
    size_t left = in->failed ? 0 : (size_t)(in->end - in->at);
    size_t size = left > 0 ? (size_t)in->at[0] - 0x60 : 0; /* too large where it is no text */
    if (size < left && ox_item_of_text((struct ox_bytes){in->at + 1, size}, &key->tail))
        in->at += 1 + size;
    else
        ox_item_take_any(key, scalar_only, in);
}
/* Whether a row has an item that ox_item_make could have made. */
bool ox_item_valid(const struct ox_row *row, bool scalar_only);

#endif
