#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_UP_TO = 4, INSERTION_UP_TO = 16 };

void *ox_array_grow(void *data, uint32_t *capacity, uint64_t need, size_t item) {
    assert(need > *capacity);
    uint64_t wanted = need;
    if (need > EXACT_UP_TO) {
        uint64_t half_more = (uint64_t)*capacity + *capacity / 2;
        wanted = half_more > need ? half_more : need;
    }
    if (wanted > UINT32_MAX || wanted > SIZE_MAX / item)
        return NULL;
    void *grown = realloc(data, (size_t)wanted * item);
    if (grown != NULL)
        *capacity = (uint32_t)wanted;
    return grown;
}

void *ox_array_resize(void *data, size_t used, size_t had, size_t size) {
    assert(used <= size);
    if (used >= had / 2)
        return realloc(data, size);
    void *resized = malloc(size);
    if (resized == NULL)
        return NULL;
    if (used > 0)
        memcpy(resized, data, used);
    free(data);
    return resized;
}

static void insertion_sort(const void **items, size_t count,
                           int (*compare)(const void *, const void *)) {
    for (size_t i = 1; i < count; i++) {
        const void *item = items[i];
        size_t at = i;
        for (; at > 0 && compare(items[at - 1], item) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* Restores the heap below `at`, whose own item may be too small. */
static void sift_down(const void **items, size_t at, size_t count,
                      int (*compare)(const void *, const void *)) {
    const void *item = items[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && compare(items[child + 1], items[child]) > 0)
            child++;
        if (compare(items[child], item) <= 0)
            break;
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}

static bool is_sorted(const void **items, size_t count,
                      int (*compare)(const void *, const void *)) {
    for (size_t i = 1; i < count; i++)
        if (compare(items[i - 1], items[i]) > 0)
            return false;
    return true;
}

void ox_array_sort(const void **items, size_t count,
                   int (*compare)(const void *left, const void *right)) {
    if (is_sorted(items, count, compare))
        return;
    if (count <= INSERTION_UP_TO) {
        insertion_sort(items, count, compare);
        return;
    }
    for (size_t at = count / 2; at-- > 0;)
        sift_down(items, at, count, compare);
    for (size_t left = count - 1; left > 0; left--) {
        const void *greatest = items[0];
        items[0] = items[left];
        items[left] = greatest;
        sift_down(items, 0, left, compare);
    }
}
