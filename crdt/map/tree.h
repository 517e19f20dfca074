/* tree.h - the store of an or-map: a tree of keys, with updates for leaves.
 *
 *     root --- "cart" or-map ---- "milk" g-counter     a tally (tally.h)
 *          |                 `--- "tags" or-set        leaves: x by A:4, y by B:1
 *          `-- "name" lww-register                     leaves: a write by A:2
 *
 * A leaf is one update of a set or register that nothing has superseded: it lives by its dot, and
 * the join of leaves is that of dots, wherever they hang. So one table from dots to leaves serves
 * the whole map, and a delta of a big map costs what it lists. Counters and sequences keep stores
 * of their own in their nodes; of a counter the last update of each replica is found by its dot.
 *
 *     by_key      hash of (parent, key)       -> node     all four only above a handful: before
 *     by_dot      hash of dot                 -> leaf     that everything is looked through
 *     by_item     hash of (node, element)     -> leaf     of sets only
 *     by_update   hash of dot                 -> node     of counters only
 *
 * Every write gives a leaf another dot. So leaves of one hash are chained: to move one from chain
 * to chain is two loads and three stores, mostly without a branch that depends on what is there.
 *
 * A node with nothing in it goes, and its parents with it, so that the store says nothing that its
 * updates do not. Nodes (40 bytes) and leaves (64) are numbered (pool.h); an address of one lasts
 * until the next is made.
 */
#ifndef OXBOW_CRDT_MAP_TREE_H
#define OXBOW_CRDT_MAP_TREE_H

#include "crdt/map/brief.h"
#include "crdt/map/index.h"
#include "crdt/map/kinds.h"
#include "crdt/map/pool.h"
#include "crdt/map/tally.h"
#include "crdt/sequence.h"

#define OX_NONE OX_INDEX_NONE
#define OX_ROOT (OX_NONE - 1)

struct ox_node {
    uint32_t parent;
    uint32_t next, prev; /* siblings, in no order */
    uint8_t kind;        /* OX_KIND_COUNT: a free one */
    union {
        uint32_t first; /* of its nodes, in a map, or of its leaves */
        struct ox_tally *tally;
        void *sequence; /* sequence.h */
    } in;
    union ox_brief key;
};

struct ox_leaf {
    uint32_t node;
    uint32_t next, prev;  /* of the node, in no order */
    uint32_t extra;       /* of its stamp the logical part; in a 2p-set whether it removes */
    uint32_t after_dot;   /* the next in its chain of by_dot, */
    uint32_t after_item;  /* and of by_item; both only where there are tables */
    struct ox_dot dot;    /* n 0: a free one */
    uint64_t physical_ns; /* of its stamp, whose replica is the dot's */
    union ox_brief value;
};

/* Where the chains of leaves of one hash begin; at most as many leaves as chains. */
struct ox_chains {
    uint32_t *first;
    uint32_t size;
};

struct ox_tree {
    struct ox_pool nodes, leaves;
    struct ox_index by_key, by_update;
    struct ox_chains by_dot, by_item;
    struct ox_node root;
    bool indexed;
    uint32_t counters, sequences; /* nodes that are such */
    uint32_t updates;             /* pieces of counters that have some */
    uint32_t items;               /* leaves of sets */
    uint64_t lamport; /* the greatest ever, of all sequences; of a delta: of what it inserts */
};

void ox_tree_init(struct ox_tree *tree);
void ox_tree_free(struct ox_tree *tree);
void ox_tree_clear(struct ox_tree *tree);
size_t ox_tree_bytes(const struct ox_tree *tree); /* heap bytes */

static inline struct ox_node *ox_node_at(const struct ox_tree *tree, uint32_t id) {
    if (id == OX_ROOT)
        return (struct ox_node *)&tree->root;
    return ox_pool_at(&tree->nodes, sizeof(struct ox_node), id);
}

static inline struct ox_leaf *ox_leaf_at(const struct ox_tree *tree, uint32_t id) {
    return ox_pool_at(&tree->leaves, sizeof(struct ox_leaf), id);
}

/* ---- nodes ---- */
uint32_t ox_tree_find_few(const struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                          struct ox_bytes key); /* without tables */
static inline uint32_t ox_tree_find(const struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                                    const struct ox_sought *key) {
    if (!tree->indexed)
        return ox_tree_find_few(tree, parent, kind, key->bytes);
    for (uint32_t at = ox_index_home(&tree->by_key, key->tag);;) {
        uint32_t id = ox_index_next(&tree->by_key, key->tag, &at);
        if (id == OX_NONE)
            return OX_NONE;
        const struct ox_node *node = ox_pool_at(&tree->nodes, sizeof *node, id);
        if (node->parent == parent && node->kind == kind && ox_sought_is(key, &node->key))
            return id;
    }
}
/* OX_NONE when it is not there. Cost: O(1) expected. */
static inline uint32_t ox_tree_child(const struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                                     struct ox_bytes key) {
    struct ox_sought sought = ox_sought_of(key, parent);
    return ox_tree_find(tree, parent, kind, &sought);
}
/* All nodes of a key, OX_NONE where it does not hold the kind. */
void ox_tree_children(const struct ox_tree *tree, uint32_t parent, struct ox_bytes key,
                      uint32_t nodes[OX_KIND_COUNT]);
/* The node at a path whose keys but the last hold maps. */
static inline uint32_t ox_tree_at(const struct ox_tree *tree, const struct ox_bytes *path,
                                  size_t depth, enum ox_kind kind) {
    uint32_t id = OX_ROOT;
    for (size_t i = 0; i < depth && id != OX_NONE; i++)
        id = ox_tree_child(tree, id, i + 1 < depth ? OX_KIND_MAP : kind, path[i]);
    return id;
}
/* A node that is not there yet. */
enum ox_status ox_tree_grow(struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                            struct ox_bytes key, uint32_t *id);
/* As ox_tree_at, but makes what is missing, all or nothing. */
enum ox_status ox_tree_open(struct ox_tree *tree, const struct ox_bytes *path, size_t depth,
                            enum ox_kind kind, uint32_t *id);
/* Makes in `to`, which is empty, the node that is `node` in another tree. On failure some of those
 * above it may have been made. */
enum ox_status ox_tree_mirror(struct ox_tree *to, const struct ox_tree *from, uint32_t node,
                              uint32_t *id);
/* The greatest lamport of the places that are there. Cost: O(nodes). */
uint64_t ox_tree_lamport(const struct ox_tree *tree);
bool ox_tree_bare(const struct ox_tree *tree, uint32_t node); /* nothing in it */
void ox_tree_drop(struct ox_tree *tree, uint32_t node);       /* which is bare */
/* Drops the node if it is bare, and then those above it likewise. */
void ox_tree_prune(struct ox_tree *tree, uint32_t node);
/* Drops every bare node at and below this one. */
void ox_tree_sweep(struct ox_tree *tree, uint32_t node);

/* ---- leaves ---- */
/* The hash of a dot. Multiples of the golden ratio divide the range evenly, so that the dots of one
 * replica, which follow each other, come together less often than by chance: Knuth, "The art of
 * computer programming", volume 3, section 6.4, theorem S. */
static inline uint32_t ox_tag_of_dot(struct ox_dot dot) {
    return (uint32_t)((dot.n * OX_GOLDEN + dot.replica * OX_MMIX) >> 32);
}
/* Where the chain of a hash begins. */
static inline uint32_t *ox_chain_of(const struct ox_chains *chains, uint32_t tag) {
    return &chains->first[(uint64_t)tag * chains->size >> 32];
}
static inline void ox_tree_chain_dot(struct ox_tree *tree, uint32_t id, struct ox_leaf *leaf) {
    uint32_t *first = ox_chain_of(&tree->by_dot, ox_tag_of_dot(leaf->dot));
    leaf->after_dot = *first;
    *first = id;
}
/* The link of its chain that names the leaf is mostly the beginning or the next, between which no
 * branch is taken that could be guessed wrong. */
static inline void ox_tree_unchain_dot(struct ox_tree *tree, uint32_t id, struct ox_leaf *leaf) {
    uint32_t *first = ox_chain_of(&tree->by_dot, ox_tag_of_dot(leaf->dot));
    uint32_t *second = &ox_leaf_at(tree, *first)->after_dot;
    uintptr_t either = (uintptr_t)first ^ (uintptr_t)second;
    uint32_t *at = (uint32_t *)((uintptr_t)first ^ (either & (0 - (uintptr_t)(*first != id))));
    while (*at != id)
        at = &ox_leaf_at(tree, *at)->after_dot;
    *at = leaf->after_dot;
}
/* What a leaf is to say; the value is borrowed. */
struct ox_saying {
    struct ox_dot dot;
    uint32_t extra;
    uint64_t physical_ns;
    struct ox_bytes value;
};
struct ox_saying ox_leaf_says(const struct ox_leaf *leaf);
enum ox_status ox_tree_add(struct ox_tree *tree, uint32_t node, const struct ox_saying *saying,
                           uint32_t *id);
/* The leaf now says this instead; the value of a set's must be the same. */
enum ox_status ox_tree_restate(struct ox_tree *tree, uint32_t id, const struct ox_saying *saying);
/* The leaf now lives by this dot. Cost: O(1) expected. */
static inline void ox_tree_redate(struct ox_tree *tree, uint32_t id, struct ox_leaf *leaf,
                                  struct ox_dot dot) {
    if (tree->indexed)
        ox_tree_unchain_dot(tree, id, leaf);
    leaf->dot = dot;
    if (tree->indexed)
        ox_tree_chain_dot(tree, id, leaf);
}
void ox_tree_remove(struct ox_tree *tree, uint32_t id); /* its node stays */
/* The leaf of the dot that is not `except` (OX_NONE: any), or OX_NONE. Cost: O(1) expected. */
uint32_t ox_tree_by_dot(const struct ox_tree *tree, struct ox_dot dot, uint32_t except);
/* The leaves of one element of a set, one after the other: begin with ox_tree_items, end at
 * OX_NONE. Cost: O(1) expected for each. */
struct ox_items {
    struct ox_sought sought;
    uint32_t at;
    bool begun;
};
struct ox_items ox_tree_items(uint32_t node, struct ox_bytes element);
uint32_t ox_tree_next_item(const struct ox_tree *tree, uint32_t node, struct ox_items *items);

/* ---- counters ---- */
/* Room for `more` pieces in a counter, and in the table. */
enum ox_status ox_tree_reserve_pieces(struct ox_tree *tree, uint32_t node, uint32_t more);
/* In the table alone, which a piece needs as well that has no updates yet and gets some. */
enum ox_status ox_tree_reserve_updates(struct ox_tree *tree, uint32_t more);
/* The counter's piece of that replica is this now; there is room. One that says nothing stays until
 * ox_tally_tidy. */
void ox_tree_put_piece(struct ox_tree *tree, uint32_t node, const struct ox_piece *piece);
/* The counter that holds this as the last update of its replica, or OX_NONE. No honest replica
 * makes more than one; so many of them are passed over. Cost: O(log replicas) expected. */
uint32_t ox_tree_by_update(const struct ox_tree *tree, struct ox_dot dot, uint32_t passed);

/* ---- order and soundness ---- */
/* A total order of leaves, in two trees or one: by where they hang, then by what they say. */
int ox_leaf_compare(const struct ox_tree *a, const struct ox_leaf *left, const struct ox_tree *b,
                    const struct ox_leaf *right);
/* Whether tables and chains agree. */
bool ox_tree_sound(const struct ox_tree *tree, const char **reason);

/* ---- two trees ---- */
/* A node of one tree and where it would be in another; up to the roots. */
struct ox_frame {
    uint32_t from;
    uint32_t to; /* OX_NONE: not there yet */
    struct ox_frame *up;
};
/* The frame of a node of `from` below `up`. */
struct ox_frame ox_frame_below(struct ox_frame *up, const struct ox_tree *from, uint32_t node,
                               const struct ox_tree *to);
/* Makes the node of `to`, and those above it. `made` (may be NULL) is told of each. On failure
 * some may have been made. */
struct ox_made {
    uint32_t *nodes; /* room for all nodes of `from` */
    uint32_t count;
};
enum ox_status ox_frame_open(struct ox_frame *frame, const struct ox_tree *from, struct ox_tree *to,
                             struct ox_made *made);

#endif
