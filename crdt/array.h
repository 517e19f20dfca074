/* array.h - growing arrays and sorting, as the rest of crdt/ needs them.
 *
 * Most objects are tiny and there are very many of them, so small arrays grow item by item and only
 * larger ones by half. The C library's qsort is not used: it may allocate, and its order of calls
 * is not ours to promise.
 */
#ifndef OXBOW_CRDT_ARRAY_H
#define OXBOW_CRDT_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `data` with room for `need` items of `item` bytes, and `*capacity` adjusted; NULL when there is
 * no memory: `data` and `*capacity` are then as before. `need` must be above `*capacity`. */
void *ox_array_grow(void *data, uint32_t *capacity, uint64_t need, size_t item);

/* The index of the first item whose key is not below `key`, of `count` items of `item` bytes that
 * ascend by their key, the uint64_t that each begins with. Cost: O(log count). */
static inline uint32_t ox_array_floor(const void *items, uint32_t count, size_t item,
                                      uint64_t key) {
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint64_t here;
        memcpy(&here, (const char *)items + middle * item, sizeof here);
        if (here < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many of them have a key that is not above `key`. Looked for from the end in steps that
 * double, as what comes in order mostly belongs there, or near where the last one did. Cost: O(log
 * of how many are above). */
static inline uint32_t ox_array_upto(const void *items, uint32_t count, size_t item, uint64_t key) {
    uint64_t low = 0;      /* so many are known not to be above, */
    uint64_t high = count; /* and those from here on to be */
    uint64_t here;
    for (uint64_t step = 1; low < high; step *= 2) {
        uint64_t at = step <= high ? high - step : 0;
        memcpy(&here, (const char *)items + at * item, sizeof here);
        if (here <= key)
            low = at + 1;
        else
            high = at;
        if (low > 0)
            break;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        memcpy(&here, (const char *)items + middle * item, sizeof here);
        if (here <= key)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

/* Sorts pointers in place, without memory of its own; equal items may change places.
 * Cost: O(n log n), and O(n) where they are sorted already. */
void ox_array_sort(const void **items, size_t count,
                   int (*compare)(const void *left, const void *right));

/* As realloc, for an array of `had` bytes of which only the first `used` hold something: room that
 * was reserved for a batch, and not taken by it, is not copied and so never paged in. */
void *ox_array_resize(void *data, size_t used, size_t had, size_t size);

#endif
