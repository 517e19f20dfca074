/* sorted.h - what hangs in a node of a map, sorted: chains have no order of their own.
 *
 * An item is sorted by a rank of two words, which tells nearly all apart without a look at what
 * they hold, and then by comparing. What was put in in order, or came so out of a message, lies in
 * its chain backwards, and is only turned round; all else is merged.
 */
#ifndef OXBOW_CRDT_MAP_SORTED_H
#define OXBOW_CRDT_MAP_SORTED_H

#include "crdt/map/tree.h"

enum { OX_SORTED_FEW = 16 };

struct ox_rank {
    uint64_t high, low;
};

/* An order: of two items the one with the lesser rank goes before, and where ranks are the same it
 * is `compare` that decides. */
struct ox_ranking {
    struct ox_rank (*rank)(const void *item);
    int (*compare)(const void *left, const void *right);
};

struct ox_ranked {
    struct ox_rank rank;
    const void *item; /* a struct ox_node or struct ox_leaf */
};

/* Borrows from the tree, until its next change. */
struct ox_sorted {
    struct ox_ranked *all;
    uint32_t count;
    struct ox_ranked few[OX_SORTED_FEW];
};

/* The nodes of a map, or the leaves of another node. OX_NOMEM: nothing to free.
 * Cost: O(n log n), or O(n) for what is in order. */
enum ox_status ox_sorted_nodes(struct ox_sorted *sorted, const struct ox_tree *tree,
                               const struct ox_node *map, const struct ox_ranking *ranking);
enum ox_status ox_sorted_leaves(struct ox_sorted *sorted, const struct ox_tree *tree,
                                const struct ox_node *node, const struct ox_ranking *ranking);
void ox_sorted_free(struct ox_sorted *sorted);

/* The rank of bytes in lexicographic order, the shorter first where one is a prefix. */
struct ox_rank ox_brief_rank(const union ox_brief *brief);
/* And where the shorter goes first anyway, as in the keys of CBOR's maps. */
struct ox_rank ox_brief_rank_by_size(const union ox_brief *brief);

#endif
