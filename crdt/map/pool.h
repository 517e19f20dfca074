/* pool.h - items of one size, found by number, in blocks that do not move.
 *
 *     blocks   [ 0..31 ] [ 32..63 ] [ 64..95 ]      only the first one grows, from a few items
 *
 * So a big pool wastes less than one block, and a small one hardly anything. Numbers are given out
 * again; an item that is given back keeps its bytes except the first four, which link the free
 * ones. Growing may move the items of the first block: hold numbers, not addresses, across
 * a reserve. Zero-initialised is empty and valid. The size of an item is the caller's to pass, the
 * same each time.
 */
#ifndef OXBOW_CRDT_MAP_POOL_H
#define OXBOW_CRDT_MAP_POOL_H

#include "crdt/status.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { OX_POOL_BLOCK = 32 };

struct ox_pool {
    void **blocks;
    uint32_t block_count;
    uint32_t block_capacity;
    uint32_t room;       /* items in all blocks */
    uint32_t used;       /* numbers given out so far, the free ones included */
    uint32_t free_first; /* only where free_count > 0 */
    uint32_t free_count;
};

void ox_pool_free(struct ox_pool *pool);
void ox_pool_clear(struct ox_pool *pool); /* no item left; keeps the first block */
enum ox_status ox_pool_grow(struct ox_pool *pool, size_t size, uint32_t more);
/* Room for `more` items, so that as many takes cannot fail. */
static inline enum ox_status ox_pool_reserve(struct ox_pool *pool, size_t size, uint32_t more) {
    return more <= pool->room - pool->used + pool->free_count ? OX_OK
                                                              : ox_pool_grow(pool, size, more);
}
void ox_pool_give(struct ox_pool *pool, size_t size, uint32_t id);
size_t ox_pool_bytes(const struct ox_pool *pool, size_t size); /* heap bytes */

static inline uint32_t ox_pool_count(const struct ox_pool *pool) {
    return pool->used - pool->free_count;
}

static inline void *ox_pool_at(const struct ox_pool *pool, size_t size, uint32_t id) {
    return (uint8_t *)pool->blocks[id / OX_POOL_BLOCK] + id % OX_POOL_BLOCK * size;
}

static inline uint32_t ox_pool_take(struct ox_pool *pool, size_t size) {
    if (pool->free_count == 0) {
        assert(pool->used < pool->room);
        return pool->used++;
    }
    uint32_t id = pool->free_first;
    memcpy(&pool->free_first, ox_pool_at(pool, size, id), sizeof pool->free_first);
    pool->free_count--;
    return id;
}

#endif
