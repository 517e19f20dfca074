/* Removals: the second half of map/update.h. */
#include "crdt/array.h"
#include "crdt/map/swaps.h"
#include "crdt/map/update.h"
#include "crdt/ormap.h"

#include <stdlib.h>

enum { FEW = 16 };

/* Whether an update is left at or below a node that no removal cancelled. */
static bool any_left(const struct ox_tree *tree, uint32_t id) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (ox_kind_counts(node->kind))
        return ox_tally_shows(node->in.tally);
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_shows(node->in.sequence);
    if (node->kind != OX_KIND_MAP)
        return node->in.first != OX_NONE;
    for (uint32_t below = node->in.first; below != OX_NONE; below = ox_node_at(tree, below)->next)
        if (any_left(tree, below))
            return true;
    return false;
}

/* ---- the dots of leaves ---- */

/* Calls `take` for every leaf at and below a node. */
static void each_leaf(const struct ox_tree *tree, uint32_t id,
                      void (*take)(void *self, const struct ox_leaf *leaf), void *self) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (node->kind == OX_KIND_MAP)
        for (uint32_t below = node->in.first; below != OX_NONE;
             below = ox_node_at(tree, below)->next)
            each_leaf(tree, below, take, self);
    else if (ox_kind_has_leaves(node->kind))
        for (uint32_t at = node->in.first; at != OX_NONE; at = ox_leaf_at(tree, at)->next)
            take(self, ox_leaf_at(tree, at));
}

struct dot_list {
    const void **all; /* of struct ox_dot; NULL: they are only counted */
    size_t count;
};

static void take_dot(void *self, const struct ox_leaf *leaf) {
    struct dot_list *list = self;
    if (list->all != NULL)
        list->all[list->count] = &leaf->dot;
    list->count++;
}

static int compare_dots(const void *left, const void *right) {
    const struct ox_dot *a = left;
    const struct ox_dot *b = right;
    return ox_dot_compare(*a, *b);
}

/* Sorted first: a set of intervals takes dots in order far better than at random. */
enum ox_status ox_tree_leaf_dots(const struct ox_tree *tree, uint32_t node, struct ox_dots *dots) {
    struct dot_list list = {0};
    const void *few[FEW];
    each_leaf(tree, node, take_dot, &list);
    list.all = list.count <= FEW ? few : malloc(list.count * sizeof *list.all);
    list.count = 0;
    if (list.all == NULL)
        return OX_NOMEM;
    each_leaf(tree, node, take_dot, &list);
    ox_array_sort(list.all, list.count, compare_dots);
    enum ox_status status = OX_OK;
    for (size_t i = 0; i < list.count && status == OX_OK; i++) {
        const struct ox_dot *dot = list.all[i];
        status = ox_dots_add(dots, (struct ox_span){dot->replica, dot->n, dot->n});
    }
    if (list.all != few)
        free(list.all);
    return status;
}

/* ---- what the delta carries ---- */

/* The resets of a counter, as they will be. */
static enum ox_status copy_resets(const struct ox_site *site, struct ox_frame *frame,
                                  struct ox_dot dot) {
    const struct ox_tally *from = ox_node_at(site->tree, frame->from)->in.tally;
    if (!ox_tally_shows(from))
        return OX_OK;
    enum ox_status status = ox_frame_open(frame, site->tree, site->part, NULL);
    if (status != OX_OK)
        return status;
    for (uint32_t i = 0; i < from->count && status == OX_OK; i++) {
        struct ox_piece piece = from->pieces[i];
        if (!ox_piece_shows(&piece))
            continue;
        status = ox_tree_reserve_pieces(site->part, frame->to, 1);
        if (status != OX_OK)
            return status;
        ox_piece_reset(&piece, dot);
        ox_tree_put_piece(site->part, frame->to, &piece);
    }
    return status;
}

/* The sequence without its elements, to be swapped in. */
static enum ox_status cancel_sequence(const struct ox_site *site, struct ox_frame *frame,
                                      struct ox_dot dot, struct ox_swaps *swaps) {
    void *part = NULL;
    if (!ox_sequence_shows(ox_node_at(site->tree, frame->from)->in.sequence))
        return OX_OK;
    if (site->part != NULL) {
        if (ox_frame_open(frame, site->tree, site->part, NULL) != OX_OK)
            return OX_NOMEM;
        part = ox_node_at(site->part, frame->to)->in.sequence;
    }
    void *copy = ox_swaps_copy(swaps, site->tree, frame->from);
    return copy != NULL ? ox_sequence_cancel(copy, dot, part) : OX_NOMEM;
}

static struct ox_frame below_of(const struct ox_site *site, struct ox_frame *up, uint32_t node) {
    if (site->part == NULL)
        return (struct ox_frame){node, OX_NONE, up};
    return ox_frame_below(up, site->tree, node, site->part);
}

/* Everything that may fail, at and below a node. */
static enum ox_status prepare(const struct ox_site *site, struct ox_frame *frame, struct ox_dot dot,
                              struct ox_swaps *swaps) {
    const struct ox_node *node = ox_node_at(site->tree, frame->from);
    enum ox_status status = OX_OK;
    if (ox_kind_counts(node->kind))
        return site->part != NULL ? copy_resets(site, frame, dot) : OX_OK;
    if (node->kind == OX_KIND_RGA)
        return cancel_sequence(site, frame, dot, swaps);
    if (node->kind == OX_KIND_MAP)
        for (uint32_t below = node->in.first; below != OX_NONE && status == OX_OK;
             below = ox_node_at(site->tree, below)->next) {
            struct ox_frame inner = below_of(site, frame, below);
            status = prepare(site, &inner, dot, swaps);
        }
    return status;
}

/* ---- removing ---- */

/* Cancels what is at and below a node, sequences apart; bare nodes stay for the sweep. */
static void cancel(struct ox_tree *tree, uint32_t id, struct ox_dot dot) {
    struct ox_node *node = ox_node_at(tree, id);
    if (ox_kind_counts(node->kind)) {
        for (uint32_t i = 0; i < node->in.tally->count; i++) {
            struct ox_piece piece = node->in.tally->pieces[i];
            if (!ox_piece_shows(&piece))
                continue;
            ox_piece_reset(&piece, dot);
            ox_tree_put_piece(tree, id, &piece);
        }
    } else if (node->kind == OX_KIND_MAP) {
        for (uint32_t below = node->in.first; below != OX_NONE;
             below = ox_node_at(tree, below)->next)
            cancel(tree, below, dot);
    } else if (ox_kind_has_leaves(node->kind)) {
        while (node->in.first != OX_NONE)
            ox_tree_remove(tree, node->in.first);
    }
}

/* The nodes at a path's end, one per type, below their map. */
struct target {
    struct ox_frame frames[OX_MAP_DEPTH_MAX]; /* of the maps on the way, the root first */
    struct ox_frame *map;
    uint32_t nodes[OX_KIND_COUNT]; /* OX_NONE where the key does not hold the type */
    bool left;                     /* something to cancel */
};

static bool find_target(const struct ox_site *site, struct target *target) {
    target->frames[0] = (struct ox_frame){OX_ROOT, OX_ROOT, NULL};
    target->map = target->frames;
    target->left = false;
    for (size_t i = 1; i < site->depth; i++) {
        uint32_t node =
            ox_tree_child(site->tree, target->map->from, OX_KIND_MAP, site->path[i - 1]);
        if (node == OX_NONE)
            return false;
        target->frames[i] = below_of(site, target->map, node);
        target->map = &target->frames[i];
    }
    ox_tree_children(site->tree, target->map->from, site->path[site->depth - 1], target->nodes);
    for (enum ox_kind kind = 0; kind < OX_KIND_COUNT && !target->left; kind++)
        target->left = target->nodes[kind] != OX_NONE && any_left(site->tree, target->nodes[kind]);
    return target->left;
}

static void commit(const struct ox_site *site, const struct target *target, struct ox_dot dot,
                   struct ox_swaps *swaps) {
    ox_swaps_commit(swaps, site->tree);
    for (enum ox_kind kind = 0; kind < OX_KIND_COUNT; kind++)
        if (target->nodes[kind] != OX_NONE) {
            cancel(site->tree, target->nodes[kind], dot);
            ox_tree_sweep(site->tree, target->nodes[kind]);
        }
    ox_tree_prune(site->tree, target->map->from);
}

enum ox_status ox_site_remove(const struct ox_site *site, struct ox_dot dot) {
    struct target target;
    struct ox_swaps swaps = {0};
    enum ox_status status = OX_OK;
    if (!find_target(site, &target))
        return OX_NOOP;
    for (enum ox_kind kind = 0; kind < OX_KIND_COUNT && status == OX_OK; kind++) {
        if (target.nodes[kind] == OX_NONE)
            continue;
        struct ox_frame frame = below_of(site, target.map, target.nodes[kind]);
        if (site->dead != NULL)
            status = ox_tree_leaf_dots(site->tree, target.nodes[kind], site->dead);
        if (status == OX_OK)
            status = prepare(site, &frame, dot, &swaps);
    }
    if (status == OX_OK)
        commit(site, &target, dot, &swaps);
    ox_swaps_free(&swaps);
    return status;
}
