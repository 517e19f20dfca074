/* buf.h - bytes: a borrowed slice and a growing buffer.
 *
 * A buffer remembers that an allocation failed (`failed`) and swallows every later append, so that
 * a writer of many parts checks once, at its end.
 */
#ifndef OXBOW_CRDT_BUF_H
#define OXBOW_CRDT_BUF_H

#include "crdt/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed bytes; whoever hands them out says how long they live. */
struct ox_bytes {
    const uint8_t *data;
    size_t size;
};

/* Owned bytes. Zero-initialised is empty and valid; ox_buf_free returns it to that. */
struct ox_buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
    bool failed;
};

void ox_buf_free(struct ox_buf *buf);
/* Forgets the contents and `failed`, keeps the memory. */
static inline void ox_buf_clear(struct ox_buf *buf) {
    buf->size = 0;
    buf->failed = false;
}
/* As ox_buf_reserve, where the memory at hand is not enough. */
bool ox_buf_grow(struct ox_buf *buf, size_t more);
/* Room for `more` bytes behind `size`; false (and failed) when there is no memory. */
static inline bool ox_buf_reserve(struct ox_buf *buf, size_t more) {
    return !buf->failed && (more <= buf->capacity - buf->size || ox_buf_grow(buf, more));
}
/* memcpy, inline where there are few bytes: a copy of a known size is one instruction, and two such
 * copies, which may overlap, make any size between. */
static inline void ox_bytes_copy(uint8_t *to, const uint8_t *from, size_t size) {
    if (size > 16) {
        memcpy(to, from, size);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = from[i];
    }
}
static inline void ox_buf_append(struct ox_buf *buf, const void *data, size_t size) {
    if (size == 0 || !ox_buf_reserve(buf, size))
        return;
    ox_bytes_copy(buf->data + buf->size, (const uint8_t *)data, size);
    buf->size += size;
}
static inline void ox_buf_push(struct ox_buf *buf, uint8_t byte) {
    if (ox_buf_reserve(buf, 1))
        buf->data[buf->size++] = byte;
}
/* OX_NOMEM when any append failed, else OX_OK. */
static inline enum ox_status ox_buf_status(const struct ox_buf *buf) {
    return buf->failed ? OX_NOMEM : OX_OK;
}

/* Byte-wise lexicographic order, the shorter first where one is a prefix. */
int ox_bytes_compare(struct ox_bytes a, struct ox_bytes b);
bool ox_bytes_equal(struct ox_bytes a, struct ox_bytes b);
static inline struct ox_bytes ox_buf_bytes(const struct ox_buf *buf) {
    return (struct ox_bytes){buf->data, buf->size};
}
struct ox_bytes ox_bytes_of_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
