#include "crdt/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void ox_buf_free(struct ox_buf *buf) {
    free(buf->data);
    *buf = (struct ox_buf){0};
}

bool ox_buf_grow(struct ox_buf *buf, size_t more) {
    if (more > SIZE_MAX / 2 - buf->size) {
        buf->failed = true;
        return false;
    }
    size_t capacity = buf->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buf->capacity * 2;
    if (capacity < buf->size + more)
        capacity = buf->size + more;
    uint8_t *data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

int ox_bytes_compare(struct ox_bytes a, struct ox_bytes b) {
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.size > b.size) - (a.size < b.size);
}

bool ox_bytes_equal(struct ox_bytes a, struct ox_bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

struct ox_bytes ox_bytes_of_text(const char *text) {
    assert(text != NULL);
    return (struct ox_bytes){(const uint8_t *)text, strlen(text)};
}
