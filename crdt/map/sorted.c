#include "crdt/map/sorted.h"

#include "crdt/array.h"

#include <stdlib.h>

static enum ox_status make_room(struct ox_sorted *sorted, uint32_t count) {
    sorted->count = 0;
    sorted->all = count <= OX_SORTED_FEW ? sorted->few : malloc(count * sizeof *sorted->all);
    return sorted->all != NULL ? OX_OK : OX_NOMEM;
}

enum ox_status ox_sorted_nodes(struct ox_sorted *sorted, const struct ox_tree *tree,
                               const struct ox_node *map,
                               int (*compare)(const void *left, const void *right)) {
    uint32_t count = 0;
    for (uint32_t id = map->in.first; id != OX_NONE; id = ox_node_at(tree, id)->next)
        count++;
    if (make_room(sorted, count) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = map->in.first; id != OX_NONE; id = ox_node_at(tree, id)->next)
        sorted->all[sorted->count++] = ox_node_at(tree, id);
    ox_array_sort(sorted->all, count, compare);
    return OX_OK;
}

enum ox_status ox_sorted_leaves(struct ox_sorted *sorted, const struct ox_tree *tree,
                                const struct ox_node *node,
                                int (*compare)(const void *left, const void *right)) {
    uint32_t count = 0;
    for (uint32_t id = node->in.first; id != OX_NONE; id = ox_leaf_at(tree, id)->next)
        count++;
    if (make_room(sorted, count) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = node->in.first; id != OX_NONE; id = ox_leaf_at(tree, id)->next)
        sorted->all[sorted->count++] = ox_leaf_at(tree, id);
    ox_array_sort(sorted->all, count, compare);
    return OX_OK;
}

void ox_sorted_free(struct ox_sorted *sorted) {
    if (sorted->all != sorted->few)
        free(sorted->all);
}
