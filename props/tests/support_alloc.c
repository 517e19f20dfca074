/* support_alloc.c - allocations that fail, by `ld --wrap`; see support_alloc.h. */
#include "support_alloc.h"

#include <stdlib.h>

static uint64_t calls_left = UINT64_MAX, calls, bytes;

void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t count, size_t size) __attribute__((weak));
void *__real_realloc(void *old, size_t size) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(size_t size) {
    calls++;
    bytes += size;
    if (calls_left == UINT64_MAX)
        return false;
    if (calls_left == 0)
        return true;
    calls_left--;
    return false;
}

void *__wrap_malloc(size_t size) {
    return fails(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails(count * size) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
    return fails(size) ? NULL : __real_realloc(old, size);
}

bool alloc_wrapped(void) {
    return __real_malloc != NULL;
}

void alloc_fail_after(uint64_t left) {
    calls_left = left;
}

uint64_t alloc_left(void) {
    return calls_left;
}

void alloc_count_from_zero(void) {
    calls = bytes = 0;
}

uint64_t alloc_calls(void) {
    return calls;
}

uint64_t alloc_bytes(void) {
    return bytes;
}
