#include "crdt/map/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ox_index_free(struct ox_index *index) {
    free(index->slots);
    *index = (struct ox_index){0};
}

static uint32_t after(const struct ox_index *index, uint32_t at) {
    return at + 1 == index->size ? 0 : at + 1;
}

void ox_index_insert(struct ox_index *index, uint32_t hash, uint32_t id) {
    assert(index->used + 1 < index->size);
    uint32_t at = ox_index_home(index, hash);
    while (index->slots[at].id != OX_NONE)
        at = after(index, at);
    index->slots[at] = (struct ox_index_slot){hash, id};
    index->used++;
}

enum ox_status ox_index_reserve(struct ox_index *index, uint64_t more) {
    uint64_t need = index->used + more;
    if (need + need / 4 + 1 <= index->size)
        return OX_OK;
    uint64_t size = need + need / 2 + 8;
    if (size >= OX_NONE)
        return OX_NOMEM;
    struct ox_index grown = {malloc(size * sizeof *grown.slots), (uint32_t)size, 0};
    if (grown.slots == NULL)
        return OX_NOMEM;
    memset(grown.slots, 0xff, size * sizeof *grown.slots); /* OX_NONE everywhere */
    for (uint32_t i = 0; i < index->size; i++)
        if (index->slots[i].id != OX_NONE)
            ox_index_insert(&grown, index->slots[i].hash, index->slots[i].id);
    free(index->slots);
    *index = grown;
    return OX_OK;
}

/* How many steps lie from one slot forward to another. */
static uint32_t steps(const struct ox_index *index, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + index->size - from;
}

void ox_index_remove(struct ox_index *index, uint32_t hash, uint32_t id) {
    uint32_t hole = ox_index_home(index, hash);
    while (index->slots[hole].id != id || index->slots[hole].hash != hash) {
        assert(index->slots[hole].id != OX_NONE);
        hole = after(index, hole);
    }
    /* Whatever would no longer be found across the hole moves into it. */
    for (uint32_t at = after(index, hole); index->slots[at].id != OX_NONE; at = after(index, at)) {
        uint32_t home = ox_index_home(index, index->slots[at].hash);
        if (steps(index, home, at) >= steps(index, hole, at)) {
            index->slots[hole] = index->slots[at];
            hole = at;
        }
    }
    index->slots[hole].id = OX_NONE;
    index->used--;
}
