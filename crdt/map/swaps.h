/* swaps.h - sequences that are to take the place of others in a map, all or none.
 *
 * A change of several sequences may fail at any of them. So it is made on copies, and when all have
 * succeeded the copies take the places of what they were made of.
 */
#ifndef OXBOW_CRDT_MAP_SWAPS_H
#define OXBOW_CRDT_MAP_SWAPS_H

#include "crdt/map/tree.h"

struct ox_swap {
    uint32_t node;
    void *sequence;
};

/* Zero-initialised is empty. */
struct ox_swaps {
    struct ox_swap *all;
    uint32_t count;
    uint32_t capacity;
};

/* A copy of the node's sequence; NULL when there is no memory. */
void *ox_swaps_copy(struct ox_swaps *swaps, const struct ox_tree *tree, uint32_t node);
void ox_swaps_commit(struct ox_swaps *swaps, struct ox_tree *tree);
void ox_swaps_free(struct ox_swaps *swaps); /* with what was not committed */

#endif
