/* slots.h - a flat table from hashes to numbers, 4 bytes a slot.
 *
 *     slot     [ some bits of the hash | number ]     or free, or left
 *     place    hash scaled to the size, then the next and the next (linear probing)
 *
 * The table knows neither what is numbered nor whether two are equal: a look-up gives candidates,
 * and whoever asks compares. The bits of the hash beside a number let nearly all others be passed
 * over without a look at what they name. How many numbers there may be is said when a table is
 * made, and what the number does not need the hash gets. One hash may stand for several numbers.
 *
 * What is removed leaves a mark behind, unless nothing stands after it; marks go when a table is
 * made anew. That is the caller's to do, because only he can tell the hashes again: whenever
 * ox_slots_fit says no, he makes another and inserts everything.
 *
 * Knuth, "The art of computer programming", volume 3, section 6.4, algorithm L.
 */
#ifndef OXBOW_CRDT_SLOTS_H
#define OXBOW_CRDT_SLOTS_H

#include "crdt/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OX_SLOT_NONE       UINT32_MAX
#define OX_SLOT_LEFT       (UINT32_MAX - 1)
#define OX_SLOT_NUMBER_MAX INT32_MAX /* the highest bit is that of marks alone */

/* Zero-initialised holds nothing and fits nothing; ox_slots_free returns it to that. */
struct ox_slots {
    uint32_t *slots; /* and one behind the last that is always free, to be read and no more */
    uint32_t size;
    uint32_t limit; /* how many may be in use */
    uint32_t used;
    uint32_t left;   /* marks */
    uint32_t number; /* the bits of a slot that are the number; the rest are the hash's */
};

/* An empty table that `entries` fill to the half, for numbers below `numbers`. OX_NOMEM: `slots` is
 * as it was, which must be zero. */
enum ox_status ox_slots_make(struct ox_slots *slots, uint64_t entries, uint64_t numbers);
/* The same numbers in the same slots; `to` must be zero. */
enum ox_status ox_slots_copy(struct ox_slots *to, const struct ox_slots *from);
void ox_slots_free(struct ox_slots *slots);
/* Whether it has room for `more` and for numbers below `numbers`. */
static inline bool ox_slots_fit(const struct ox_slots *slots, uint64_t more, uint64_t numbers) {
    return slots->used + slots->left + more <= slots->limit && numbers <= slots->number;
}
/* Whether it is so empty that a smaller one would do. */
bool ox_slots_sparse(const struct ox_slots *slots);
/* For how many entries to make a table anew that so many have filled: nearly twice as many, for
 * amortised constant cost at 16 bytes an entry; more while there are so few that nobody counts. */
static inline uint64_t ox_slots_ahead(uint64_t entries) {
    uint64_t ahead = entries + entries / 2;
    return entries < 512 ? 2 * ahead : ahead;
}
/* Must fit. Cost of these: O(1) expected. */
void ox_slots_insert(struct ox_slots *slots, uint64_t hash, uint32_t number);
/* The pair must be there. */
void ox_slots_remove(struct ox_slots *slots, uint64_t hash, uint32_t number);
/* The same of the slot at `at`. */
void ox_slots_clear(struct ox_slots *slots, uint32_t at);
void ox_slots_change(struct ox_slots *slots, uint64_t hash, uint32_t from, uint32_t to);
size_t ox_slots_bytes(const struct ox_slots *slots);

/* Where a search begins. The hash's upper half chooses the place, the lower one is in the slot. */
static inline uint32_t ox_slots_begin(const struct ox_slots *slots, uint64_t hash) {
    return (uint32_t)((hash >> 32) * slots->size >> 32);
}

static inline uint32_t ox_slots_after(const struct ox_slots *slots, uint32_t at) {
    return at + 1 == slots->size ? 0 : at + 1;
}

/* What stands of a hash beside a number: not its highest bit, so that no mark looks like it. */
static inline uint32_t ox_slots_tag(const struct ox_slots *slots, uint64_t hash) {
    return (uint32_t)hash & OX_SLOT_NUMBER_MAX & ~slots->number;
}

/* Whether a slot has a number, and the bits of this hash. */
static inline bool ox_slots_matches(const struct ox_slots *slots, uint64_t hash, uint32_t slot) {
    return (slot & ~slots->number) == ox_slots_tag(slots, hash);
}

/* The candidate of a search for what is there: mostly it stands in one of two slots, between which
 * no branch is taken that could be guessed wrong. False: go and search. */
static inline bool ox_slots_likely(const struct ox_slots *slots, uint64_t hash, uint32_t *number) {
    const uint32_t *at = &slots->slots[ox_slots_begin(slots, hash)];
    uint32_t first = at[0];
    uint32_t second = at[1];
    uint32_t is_first = ox_slots_matches(slots, hash, first);
    uint32_t slot = second ^ ((first ^ second) & (0 - is_first));
    *number = slot & slots->number;
    return ox_slots_matches(slots, hash, slot);
}

/* Likewise where a number of this hash goes that is not there: the free slot, unless it is further
 * away or a candidate stands before it, which is OX_SLOT_NONE. */
static inline uint32_t ox_slots_likely_free(const struct ox_slots *slots, uint64_t hash) {
    uint32_t at = ox_slots_begin(slots, hash);
    uint32_t next = ox_slots_after(slots, at);
    uint32_t first = slots->slots[at];
    uint32_t is_first = first == OX_SLOT_NONE;
    uint32_t is_next = (slots->slots[next] == OX_SLOT_NONE) & !ox_slots_matches(slots, hash, first);
    uint32_t free_slot = next ^ ((at ^ next) & (0 - is_first));
    return (is_first | is_next) != 0 ? free_slot : OX_SLOT_NONE;
}

/* The next candidate from `*at` on, which moves behind it; OX_SLOT_NONE when there is none, and
 * then `*at` is the free slot that says so. The table must have been made. */
static inline uint32_t ox_slots_next(const struct ox_slots *slots, uint64_t hash, uint32_t *at) {
    uint32_t i = *at;
    for (;;) {
        uint32_t slot = slots->slots[i];
        uint32_t next = ox_slots_after(slots, i);
        if (ox_slots_matches(slots, hash, slot)) {
            *at = next;
            return slot & slots->number;
        }
        if (slot == OX_SLOT_NONE) {
            *at = i;
            return OX_SLOT_NONE;
        }
        i = next;
    }
}

/* The slot of the candidate that ox_slots_next has just given, which moved behind it. */
static inline uint32_t ox_slots_before(const struct ox_slots *slots, uint32_t at) {
    return at == 0 ? slots->size - 1 : at - 1;
}

/* As ox_slots_change, of the slot at `at`. */
static inline void ox_slots_renumber(struct ox_slots *slots, uint32_t at, uint32_t number) {
    slots->slots[at] = (slots->slots[at] & ~slots->number) | number;
}

/* As ox_slots_insert, into the free slot where a search for this hash has ended since the last
 * change of the table. */
static inline void ox_slots_put(struct ox_slots *slots, uint64_t hash, uint32_t number,
                                uint32_t at) {
    slots->slots[at] = ox_slots_tag(slots, hash) | number;
    slots->used++;
}

#endif
