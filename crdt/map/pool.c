#include "crdt/map/pool.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ITEMS = 2 };

void ox_pool_free(struct ox_pool *pool) {
    for (uint32_t i = 0; i < pool->block_count; i++)
        free(pool->blocks[i]);
    free(pool->blocks);
    *pool = (struct ox_pool){0};
}

void ox_pool_clear(struct ox_pool *pool) {
    while (pool->block_count > 1) {
        free(pool->blocks[--pool->block_count]);
        pool->room = OX_POOL_BLOCK;
    }
    pool->used = 0;
    pool->free_count = 0;
}

static enum ox_status add_block(struct ox_pool *pool, size_t size) {
    if (pool->room >= UINT32_MAX - 2 * OX_POOL_BLOCK)
        return OX_NOMEM;
    if (pool->block_count == pool->block_capacity) {
        void **grown = ox_array_grow(pool->blocks, &pool->block_capacity,
                                     (uint64_t)pool->block_count + 1, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        pool->blocks = grown;
    }
    uint32_t items = pool->block_count == 0 ? FIRST_ITEMS : OX_POOL_BLOCK;
    void *block = malloc(items * size);
    if (block == NULL)
        return OX_NOMEM;
    pool->blocks[pool->block_count++] = block;
    pool->room += items;
    return OX_OK;
}

static enum ox_status grow(struct ox_pool *pool, size_t size) {
    if (pool->block_count != 1 || pool->room == OX_POOL_BLOCK)
        return add_block(pool, size);
    void *block = realloc(pool->blocks[0], 2 * pool->room * size);
    if (block == NULL)
        return OX_NOMEM;
    pool->blocks[0] = block;
    pool->room *= 2;
    return OX_OK;
}

enum ox_status ox_pool_grow(struct ox_pool *pool, size_t size, uint32_t more) {
    while (pool->room - pool->used + pool->free_count < more)
        if (grow(pool, size) != OX_OK)
            return OX_NOMEM;
    return OX_OK;
}

void ox_pool_give(struct ox_pool *pool, size_t size, uint32_t id) {
    assert(id < pool->used);
    memcpy(ox_pool_at(pool, size, id), &pool->free_first, sizeof pool->free_first);
    pool->free_first = id;
    pool->free_count++;
}

size_t ox_pool_bytes(const struct ox_pool *pool, size_t size) {
    return pool->block_capacity * sizeof *pool->blocks + pool->room * size;
}
