/* sequence/locator.h - which leaf of a line holds a dot: a B+-tree of half-open ranges.
 *
 *     keys     (A,1) -> leaf 0    (A,8) -> leaf 3    (B,1) -> leaf 0
 *     so       A:1..A:7 are in leaf 0, A:8 and all later ones of A in leaf 3
 *
 * A range may reach over dots that the line does not hold; who looks one up searches the leaf. So
 * runs that split, grow or merge inside a leaf need no word here, and a replica that types on in
 * one leaf has one key. Keys are never taken out, only given another leaf or bound; the owner
 * builds the locator anew when it holds many more than the line has runs.
 *
 * Replicas are the line's small numbers, not their names. Nodes live in one array, so that a copy
 * is a copy of bytes. Cost: O(log n).
 */
#ifndef OXBOW_CRDT_SEQUENCE_LOCATOR_H
#define OXBOW_CRDT_SEQUENCE_LOCATOR_H

#include "crdt/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ox_locator_node;

/* Zero-initialised is empty and valid. */
struct ox_locator {
    struct ox_locator_node *nodes;
    uint32_t count, capacity;
    uint32_t root;
    uint32_t height; /* 0: the root holds leaves of the line */
    uint32_t last;   /* node at the bottom */
    uint32_t recent; /* another, where it was changed last */
    uint32_t keys;
};

#define OX_LOCATOR_NONE UINT32_MAX

void ox_locator_free(struct ox_locator *locator);
void ox_locator_clear(struct ox_locator *locator);
enum ox_status ox_locator_copy(struct ox_locator *to, const struct ox_locator *from);
/* Room for so many new keys, so that they cannot fail. */
enum ox_status ox_locator_reserve(struct ox_locator *locator, uint64_t keys);
/* Whether there is room for as many already. */
static inline bool ox_locator_fits(const struct ox_locator *locator, uint32_t keys) {
    return locator->capacity - locator->count >= keys * (locator->height + 2) + 1;
}
/* The leaf of the range that (replica, n) is in; OX_LOCATOR_NONE when there is none. */
uint32_t ox_locator_find(const struct ox_locator *locator, uint32_t replica, uint64_t n);
/* The same, and the first dot behind that range, where another of the replica begins; 0 when none
 * does. */
uint32_t ox_locator_range(const struct ox_locator *locator, uint32_t replica, uint64_t n,
                          uint64_t *end);
/* first..last are in `leaf` from now on. `beyond`: dots of the replica that lie after `last` are
 * in the locator. Takes at most two keys. */
void ox_locator_assign(struct ox_locator *locator, uint32_t replica, uint64_t first, uint64_t last,
                       uint32_t leaf, bool beyond);
/* Those of the replica from n on, which lie behind all that is there, are in `leaf`. Takes a key.
 */
void ox_locator_append(struct ox_locator *locator, uint32_t replica, uint64_t n, uint32_t leaf);
/* Gives back the room that is not used. */
void ox_locator_trim(struct ox_locator *locator);
size_t ox_locator_bytes(const struct ox_locator *locator);

#endif
