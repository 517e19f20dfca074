#include "crdt/map/swaps.h"

#include "crdt/array.h"

#include <stdlib.h>

void *ox_swaps_copy(struct ox_swaps *swaps, const struct ox_tree *tree, uint32_t node) {
    if (swaps->count == swaps->capacity) {
        struct ox_swap *grown =
            ox_array_grow(swaps->all, &swaps->capacity, (uint64_t)swaps->count + 1, sizeof *grown);
        if (grown == NULL)
            return NULL;
        swaps->all = grown;
    }
    void *sequence = ox_sequence_copy(ox_node_at(tree, node)->in.sequence);
    if (sequence != NULL)
        swaps->all[swaps->count++] = (struct ox_swap){node, sequence};
    return sequence;
}

void ox_swaps_commit(struct ox_swaps *swaps, struct ox_tree *tree) {
    for (uint32_t i = 0; i < swaps->count; i++) {
        struct ox_node *node = ox_node_at(tree, swaps->all[i].node);
        ox_sequence_destroy(node->in.sequence);
        node->in.sequence = swaps->all[i].sequence;
    }
    swaps->count = 0;
}

void ox_swaps_free(struct ox_swaps *swaps) {
    for (uint32_t i = 0; i < swaps->count; i++)
        ox_sequence_destroy(swaps->all[i].sequence);
    free(swaps->all);
    *swaps = (struct ox_swaps){0};
}
