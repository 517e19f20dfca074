/* Whether the tables, chains and counts of a tree (map/tree.h) agree with what is there. */
#include "crdt/map/tree.h"

static bool chain_sound(const struct ox_tree *tree, uint32_t id, uint32_t *nodes, uint32_t *leaves,
                        const char **reason) {
    const struct ox_node *node = ox_node_at(tree, id);
    uint32_t before = OX_NONE;
    *reason = "the chain of a map's node is broken";
    if (ox_kind_has_leaves(node->kind)) {
        for (uint32_t at = node->in.first; at != OX_NONE;
             before = at, ++*leaves, at = ox_leaf_at(tree, at)->next)
            if (ox_leaf_at(tree, at)->prev != before || ox_leaf_at(tree, at)->node != id)
                return false;
        return true;
    }
    for (uint32_t at = node->kind == OX_KIND_MAP ? node->in.first : OX_NONE; at != OX_NONE;
         before = at, ++*nodes, at = ox_node_at(tree, at)->next)
        if (ox_node_at(tree, at)->prev != before || ox_node_at(tree, at)->parent != id ||
            !chain_sound(tree, at, nodes, leaves, reason))
            return false;
    return true;
}

/* Whether the tables lead back to a leaf. */
static bool leaf_found(const struct ox_tree *tree, uint32_t id) {
    const struct ox_leaf *leaf = ox_leaf_at(tree, id);
    struct ox_items items = ox_tree_items(leaf->node, ox_brief_bytes(&leaf->value));
    uint32_t item;
    if (ox_tree_by_dot(tree, leaf->dot, OX_NONE) != id)
        return false;
    do {
        item = ox_tree_next_item(tree, leaf->node, &items);
    } while (item != id && item != OX_NONE);
    return item == id;
}

/* And to a node; of a counter to its updates, too, which are counted. */
static bool node_found(const struct ox_tree *tree, uint32_t id, uint32_t *updates) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (ox_tree_child(tree, node->parent, node->kind, ox_brief_bytes(&node->key)) != id)
        return false;
    for (uint32_t i = 0; ox_kind_counts(node->kind) && i < node->in.tally->count; i++) {
        const struct ox_piece *piece = &node->in.tally->pieces[i];
        if (piece->n == 0)
            continue;
        ++*updates;
        uint32_t found;
        uint32_t passed = 0;
        do {
            found = ox_tree_by_update(tree, (struct ox_dot){piece->replica, piece->n}, passed++);
        } while (found != id && found != OX_NONE);
        if (found != id)
            return false;
    }
    return true;
}

/* How many nodes and updates of each sort there are. */
struct census {
    uint32_t nodes, leaves, items, updates, counters, sequences;
};

static bool all_found(const struct ox_tree *tree, struct census *all) {
    for (uint32_t id = 0; id < tree->nodes.used; id++) {
        enum ox_kind kind = ox_node_at(tree, id)->kind;
        all->counters += ox_kind_counts(kind);
        all->sequences += kind == OX_KIND_RGA;
        if (kind != OX_KIND_COUNT && !node_found(tree, id, &all->updates))
            return false;
    }
    for (uint32_t id = 0; id < tree->leaves.used; id++) {
        const struct ox_leaf *leaf = ox_leaf_at(tree, id);
        if (leaf->dot.n == 0)
            continue;
        all->items += ox_kind_is_set(ox_node_at(tree, leaf->node)->kind);
        if (!leaf_found(tree, id))
            return false;
    }
    return true;
}

static uint32_t after_dot(const struct ox_leaf *leaf) {
    return leaf->after_dot;
}

static uint32_t after_item(const struct ox_leaf *leaf) {
    return leaf->after_item;
}

/* How many leaves are in chains; more than there are when one leads in a circle. */
static uint64_t chained(const struct ox_tree *tree, const struct ox_chains *chains,
                        uint32_t (*after)(const struct ox_leaf *leaf)) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < chains->size; i++)
        for (uint32_t id = chains->first[i]; id != OX_NONE && count <= tree->leaves.used;
             id = after(ox_leaf_at(tree, id)))
            count++;
    return count;
}

bool ox_tree_sound(const struct ox_tree *tree, const char **reason) {
    struct census all = {0};
    if (!chain_sound(tree, OX_ROOT, &all.nodes, &all.leaves, reason))
        return false;
    *reason = "a map has nodes or updates that hang nowhere";
    if (all.nodes != ox_pool_count(&tree->nodes) || all.leaves != ox_pool_count(&tree->leaves))
        return false;
    *reason = "a key or update of a map is there twice, or is not found";
    if (!all_found(tree, &all))
        return false;
    *reason = "a map counts its counters, sequences or items wrongly";
    if (all.counters != tree->counters || all.sequences != tree->sequences ||
        all.updates != tree->updates || all.items != tree->items)
        return false;
    *reason = "a map has more updates than chains for them";
    if (tree->indexed && (all.leaves > tree->by_dot.size || all.items > tree->by_item.size))
        return false;
    *reason = "a table of a map has entries of what is gone";
    return !tree->indexed ||
           (tree->by_key.used == all.nodes && tree->by_update.used == all.updates &&
            chained(tree, &tree->by_dot, after_dot) == all.leaves &&
            chained(tree, &tree->by_item, after_item) == all.items);
}
