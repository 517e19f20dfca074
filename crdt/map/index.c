#include "crdt/map/index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 32 };

void ox_index_free(struct ox_index *index) {
    free(index->slots);
    *index = (struct ox_index){0};
}

/* Two slots for an entry: 16 bytes an entry now, 11 when it is full. */
enum ox_status ox_index_grow(struct ox_index *index, uint64_t more) {
    uint64_t entries = index->used + more;
    uint64_t size = entries * 2 < SMALLEST ? SMALLEST : entries * 2;
    if (size > UINT32_MAX)
        return OX_NOMEM;
    struct ox_index grown = {.slots = malloc(size * sizeof *grown.slots),
                             .size = (uint32_t)size,
                             .limit = (uint32_t)(size / 4 * 3)};
    if (grown.slots == NULL)
        return OX_NOMEM;
    memset(grown.slots, 0xff, size * sizeof *grown.slots); /* OX_INDEX_NONE */
    uint32_t count = 0; /* moved together first, so that no branch depends on which are free */
    for (uint32_t at = 0; at < index->size; at++) {
        index->slots[count] = index->slots[at];
        count += index->slots[at].number != OX_INDEX_NONE;
    }
    /* Nearly in the order of tags: both tables are passed through from end to end. */
    for (uint32_t i = 0; i < count; i++)
        ox_index_insert(&grown, index->slots[i].tag, index->slots[i].number);
    free(index->slots);
    *index = grown;
    return OX_OK;
}

static uint32_t next_of(const struct ox_index *index, uint32_t at) {
    return at + 1 == index->size ? 0 : at + 1;
}

void ox_index_insert(struct ox_index *index, uint32_t tag, uint32_t number) {
    assert(index->used < index->limit);
    uint32_t at = ox_index_home(index, tag);
    while (index->slots[at].number != OX_INDEX_NONE)
        at = next_of(index, at);
    index->slots[at] = (struct ox_index_slot){tag, number};
    index->used++;
}

/* How many steps it is from one slot on to another. */
static uint32_t steps(const struct ox_index *index, uint32_t from, uint32_t to) {
    return to >= from ? to - from : to + (index->size - from);
}

void ox_index_remove(struct ox_index *index, uint32_t tag, uint32_t number) {
    uint32_t hole = ox_index_home(index, tag);
    while (index->slots[hole].number != number || index->slots[hole].tag != tag) {
        assert(index->slots[hole].number != OX_INDEX_NONE);
        hole = next_of(index, hole);
    }
    for (uint32_t at = next_of(index, hole); index->slots[at].number != OX_INDEX_NONE;
         at = next_of(index, at)) {
        uint32_t home = ox_index_home(index, index->slots[at].tag);
        if (steps(index, home, at) < steps(index, hole, at))
            continue;
        index->slots[hole] = index->slots[at];
        hole = at;
    }
    index->slots[hole].number = OX_INDEX_NONE;
    index->used--;
}

size_t ox_index_bytes(const struct ox_index *index) {
    return index->size * sizeof *index->slots;
}
