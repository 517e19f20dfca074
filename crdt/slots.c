#include "crdt/slots.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Full at five eighths: a miss then looks at four slots on average. */
static uint32_t limit_of(uint32_t size) {
    return size / 8 * 5;
}

enum { SMALLEST = 40 };

enum ox_status ox_slots_make(struct ox_slots *slots, uint64_t entries, uint64_t numbers) {
    uint64_t size = entries * 2 < SMALLEST ? SMALLEST : entries * 2;
    assert(slots->slots == NULL);
    uint32_t mask = UINT8_MAX;
    while (mask < numbers && mask != OX_SLOT_NUMBER_MAX)
        mask = mask << 1 | 1;
    if (size >= UINT32_MAX || mask < numbers)
        return OX_NOMEM;
    uint32_t *all = malloc((size + 1) * sizeof *all);
    if (all == NULL)
        return OX_NOMEM;
    memset(all, 0xff, (size + 1) * sizeof *all); /* OX_SLOT_NONE */
    *slots = (struct ox_slots){all, (uint32_t)size, limit_of((uint32_t)size), 0, 0, mask};
    return OX_OK;
}

enum ox_status ox_slots_copy(struct ox_slots *to, const struct ox_slots *from) {
    uint32_t *all = malloc(ox_slots_bytes(from));
    assert(to->slots == NULL);
    if (all == NULL)
        return OX_NOMEM;
    memcpy(all, from->slots, ox_slots_bytes(from));
    *to = *from;
    to->slots = all;
    return OX_OK;
}

void ox_slots_free(struct ox_slots *slots) {
    free(slots->slots);
    *slots = (struct ox_slots){0};
}

bool ox_slots_sparse(const struct ox_slots *slots) {
    return slots->size > SMALLEST && slots->used < slots->size / 16;
}

static uint32_t slot_of(const struct ox_slots *slots, uint64_t hash, uint32_t number) {
    return ox_slots_tag(slots, hash) | number;
}

void ox_slots_insert(struct ox_slots *slots, uint64_t hash, uint32_t number) {
    assert(slots->used < slots->limit);
    assert(number <= slots->number);
    uint32_t at = ox_slots_begin(slots, hash);
    while (slots->slots[at] < OX_SLOT_LEFT)
        at = ox_slots_after(slots, at);
    slots->left -= slots->slots[at] == OX_SLOT_LEFT;
    slots->slots[at] = slot_of(slots, hash, number);
    slots->used++;
}

static uint32_t place_of(const struct ox_slots *slots, uint64_t hash, uint32_t number) {
    uint32_t wanted = slot_of(slots, hash, number);
    uint32_t at = ox_slots_begin(slots, hash);
    while (slots->slots[at] != wanted) {
        assert(slots->slots[at] != OX_SLOT_NONE);
        at = ox_slots_after(slots, at);
    }
    return at;
}

void ox_slots_remove(struct ox_slots *slots, uint64_t hash, uint32_t number) {
    ox_slots_clear(slots, place_of(slots, hash, number));
}

void ox_slots_clear(struct ox_slots *slots, uint32_t at) {
    slots->used--;
    slots->left++;
    slots->slots[at] = OX_SLOT_LEFT;
    if (slots->slots[ox_slots_after(slots, at)] != OX_SLOT_NONE)
        return;
    /* Nothing is found across these marks any more. */
    while (slots->slots[at] == OX_SLOT_LEFT) {
        slots->slots[at] = OX_SLOT_NONE;
        slots->left--;
        at = ox_slots_before(slots, at);
    }
}

void ox_slots_change(struct ox_slots *slots, uint64_t hash, uint32_t from, uint32_t to) {
    assert(to <= slots->number);
    slots->slots[place_of(slots, hash, from)] = slot_of(slots, hash, to);
}

size_t ox_slots_bytes(const struct ox_slots *slots) {
    return slots->slots != NULL ? ((size_t)slots->size + 1) * sizeof *slots->slots : 0;
}
