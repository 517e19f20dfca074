/* sorted.h - what hangs in a node of a map, sorted: chains have no order of their own. */
#ifndef OXBOW_CRDT_MAP_SORTED_H
#define OXBOW_CRDT_MAP_SORTED_H

#include "crdt/map/tree.h"

enum { OX_SORTED_FEW = 16 };

/* Borrows from the tree, until its next change. */
struct ox_sorted {
    const void **all; /* of struct ox_node or struct ox_leaf */
    uint32_t count;
    const void *few[OX_SORTED_FEW];
};

/* The nodes of a map, or the leaves of another node. OX_NOMEM: nothing to free.
 * Cost: O(n log n). */
enum ox_status ox_sorted_nodes(struct ox_sorted *sorted, const struct ox_tree *tree,
                               const struct ox_node *map,
                               int (*compare)(const void *left, const void *right));
enum ox_status ox_sorted_leaves(struct ox_sorted *sorted, const struct ox_tree *tree,
                                const struct ox_node *node,
                                int (*compare)(const void *left, const void *right));
void ox_sorted_free(struct ox_sorted *sorted);

#endif
