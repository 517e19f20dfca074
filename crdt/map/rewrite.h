/* rewrite.h - the common write of an lww-register in a map, in line.
 *
 * A short value takes the place of the only one there, by a clock that is above it. The key is
 * looked up once, nothing can fail but the delta, and of the tree two things change: what the leaf
 * says, and in which chain it is (map/tree.h). Everything else is update.h's.
 */
#ifndef OXBOW_CRDT_MAP_REWRITE_H
#define OXBOW_CRDT_MAP_REWRITE_H

#include "crdt/item.h"
#include "crdt/map/update.h"

struct ox_rewrite {
    uint32_t id; /* of the leaf */
    struct ox_leaf *leaf;
    struct ox_stamp stamp;
    union ox_brief value;
};

/* A value that is not made in registers (item.h). */
static inline bool ox_rewrite_of_bytes(struct ox_rewrite *rewrite, const struct ox_value *value) {
    rewrite->value = (union ox_brief){{0, 0}};
    size_t size = ox_value_write_short(rewrite->value.raw, value);
    rewrite->value.raw[OX_BRIEF_MAX] = (uint8_t)size;
    return size > 0 && size <= OX_BRIEF_MAX;
}

/* False: it is not such a write. Cost: O(depth). */
static inline bool ox_rewrite_find(struct ox_rewrite *rewrite, const struct ox_tree *tree,
                                   const struct ox_bytes *path, size_t depth,
                                   const struct ox_value *value, const struct ox_stamp *stamp,
                                   ox_replica replica) {
    if (depth == 0 || stamp->physical_ns == OX_END_OF_TIME)
        return false;
    uint32_t map = depth == 1 ? OX_ROOT : ox_tree_at(tree, path, depth - 1, OX_KIND_MAP);
    uint32_t node =
        map != OX_NONE ? ox_tree_child(tree, map, OX_KIND_LWW, path[depth - 1]) : OX_NONE;
    if (node == OX_NONE)
        return false;
    rewrite->id = ox_node_at(tree, node)->in.first;
    rewrite->leaf = ox_leaf_at(tree, rewrite->id);
    const struct ox_leaf *leaf = rewrite->leaf;
    struct ox_stamp old = {leaf->physical_ns, leaf->extra, leaf->dot.replica};
    rewrite->stamp = (struct ox_stamp){stamp->physical_ns, stamp->logical, replica};
    if (leaf->next != OX_NONE || ox_stamp_compare(&rewrite->stamp, &old) <= 0)
        return false;
    union ox_row_tail short_value;
    if (!ox_item_is_short(value, &short_value))
        return ox_rewrite_of_bytes(rewrite, value);
    rewrite->value = (union ox_brief){{short_value.words[0], short_value.words[1]}};
    return true;
}

/* What its delta carries: the write, into `part`, an empty store, ... */
static inline enum ox_status ox_rewrite_tell(const struct ox_rewrite *rewrite,
                                             const struct ox_tree *tree, struct ox_dot dot,
                                             struct ox_tree *part) {
    struct ox_saying saying = {dot, rewrite->stamp.logical, rewrite->stamp.physical_ns,
                               ox_brief_bytes(&rewrite->value)};
    uint32_t node;
    uint32_t id;
    enum ox_status status = ox_tree_mirror(part, tree, rewrite->leaf->node, &node);
    return status == OX_OK ? ox_tree_add(part, node, &saying, &id) : status;
}

/* ... or into one that holds a write of some key of the root and nothing else, as the last such
 * delta does: then key and write are written over. False: it does not, and is as it was. */
static inline bool ox_rewrite_retell(const struct ox_rewrite *rewrite, const struct ox_tree *tree,
                                     struct ox_dot dot, struct ox_tree *part) {
    const struct ox_node *model = ox_node_at(tree, rewrite->leaf->node);
    if (part->nodes.used != 1 || part->leaves.used != 1 || part->lamport != 0 ||
        ox_node_at(part, 0)->kind != OX_KIND_LWW || model->parent != OX_ROOT ||
        !ox_brief_in_place(&model->key))
        return false;
    struct ox_node *node = ox_node_at(part, 0);
    struct ox_leaf *leaf = ox_leaf_at(part, 0);
    ox_brief_free(&node->key);
    ox_brief_free(&leaf->value);
    node->key = model->key;
    leaf->value = rewrite->value;
    leaf->dot = dot;
    leaf->extra = rewrite->stamp.logical;
    leaf->physical_ns = rewrite->stamp.physical_ns;
    return true;
}

/* And the dot that it kills, alone. */
static inline enum ox_status ox_rewrite_kill(const struct ox_rewrite *rewrite,
                                             struct ox_dots *dead) {
    struct ox_span span = {rewrite->leaf->dot.replica, rewrite->leaf->dot.n, rewrite->leaf->dot.n};
    if (dead->capacity == 0)
        return ox_dots_add(dead, span);
    dead->spans[0] = span;
    dead->count = 1;
    return OX_OK;
}

static inline void ox_rewrite_do(const struct ox_rewrite *rewrite, struct ox_tree *tree,
                                 struct ox_dot dot) {
    struct ox_leaf *leaf = rewrite->leaf;
    ox_tree_redate(tree, rewrite->id, leaf, dot);
    ox_brief_free(&leaf->value);
    leaf->value = rewrite->value;
    leaf->extra = rewrite->stamp.logical;
    leaf->physical_ns = rewrite->stamp.physical_ns;
}

#endif
