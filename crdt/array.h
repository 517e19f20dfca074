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

/* `data` with room for `need` items of `item` bytes, and `*capacity` adjusted; NULL when there is
 * no memory: `data` and `*capacity` are then as before. `need` must be above `*capacity`. */
void *ox_array_grow(void *data, uint32_t *capacity, uint64_t need, size_t item);

/* Sorts pointers in place, without memory of its own; equal items may change places.
 * Cost: O(n log n), and O(n) where they are sorted already. */
void ox_array_sort(const void **items, size_t count,
                   int (*compare)(const void *left, const void *right));

#endif
