#include "crdt/map/parts.h"

#include "crdt/map/update.h"

#include <stdlib.h>

/* ---- picking ---- */

struct picker {
    const struct ox_tree *from;
    const struct ox_seen *seen;
    struct ox_tree *to;
};

static bool is_wanted(const struct picker *picker, struct ox_dot dot) {
    return picker->seen == NULL || !ox_seen_has(picker->seen, dot);
}

static enum ox_status put_leaf(struct picker *picker, struct ox_frame *frame,
                               const struct ox_leaf *leaf) {
    struct ox_saying saying = ox_leaf_says(leaf);
    uint32_t id;
    enum ox_status status = ox_frame_open(frame, picker->from, picker->to, NULL);
    return status == OX_OK ? ox_tree_add(picker->to, frame->to, &saying, &id) : status;
}

static enum ox_status put_piece(struct picker *picker, struct ox_frame *frame,
                                const struct ox_piece *piece) {
    enum ox_status status = ox_frame_open(frame, picker->from, picker->to, NULL);
    if (status != OX_OK)
        return status;
    status = ox_tree_reserve_pieces(picker->to, frame->to, 1);
    if (status == OX_OK)
        ox_tree_put_piece(picker->to, frame->to, piece);
    return status;
}

static enum ox_status pick_pieces(struct picker *picker, struct ox_frame *frame) {
    const struct ox_tally *tally = ox_node_at(picker->from, frame->from)->in.tally;
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < tally->count && status == OX_OK; i++) {
        struct ox_piece piece = tally->pieces[i];
        if (picker->seen != NULL)
            piece = ox_piece_outside(&piece, picker->seen);
        if (piece.n > 0 || piece.reset_n > 0)
            status = put_piece(picker, frame, &piece);
    }
    return status;
}

/* A whole copy, or a loose part that may turn out to be none. */
static enum ox_status pick_sequence(struct picker *picker, struct ox_frame *frame) {
    const void *from = ox_node_at(picker->from, frame->from)->in.sequence;
    void *part = picker->seen == NULL ? ox_sequence_copy(from) : ox_sequence_create();
    enum ox_status status = part != NULL ? OX_OK : OX_NOMEM;
    if (status == OX_OK && picker->seen != NULL)
        status = ox_sequence_pick(from, picker->seen, part);
    if (status == OX_OK && !ox_sequence_empty(part)) {
        status = ox_frame_open(frame, picker->from, picker->to, NULL);
        if (status == OX_OK) {
            struct ox_node *node = ox_node_at(picker->to, frame->to);
            void *old = node->in.sequence;
            node->in.sequence = part;
            part = old;
        }
    }
    if (part != NULL)
        ox_sequence_destroy(part);
    return status;
}

static enum ox_status pick_below(struct picker *picker, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(picker->from, frame->from);
    enum ox_status status = OX_OK;
    if (ox_kind_counts(node->kind))
        return pick_pieces(picker, frame);
    if (node->kind == OX_KIND_RGA)
        return pick_sequence(picker, frame);
    if (ox_kind_has_leaves(node->kind)) {
        for (uint32_t at = node->in.first; at != OX_NONE && status == OX_OK;
             at = ox_leaf_at(picker->from, at)->next)
            if (is_wanted(picker, ox_leaf_at(picker->from, at)->dot))
                status = put_leaf(picker, frame, ox_leaf_at(picker->from, at));
        return status;
    }
    for (uint32_t below = node->in.first; below != OX_NONE && status == OX_OK;
         below = ox_node_at(picker->from, below)->next) {
        struct ox_frame inner = ox_frame_below(frame, picker->from, below, picker->to);
        status = pick_below(picker, &inner);
    }
    return status;
}

enum ox_status ox_tree_pick(const struct ox_tree *tree, const struct ox_seen *seen,
                            struct ox_tree *to) {
    struct picker picker = {tree, seen, to};
    struct ox_frame root = {OX_ROOT, OX_ROOT, NULL};
    enum ox_status status = pick_below(&picker, &root);
    if (status == OX_OK)
        to->lamport = tree->lamport;
    return status;
}

/* ---- the dots of what is there ---- */

static enum ox_status add_piece_dots(const struct ox_piece *piece, struct ox_dots *dots) {
    enum ox_status status = OX_OK;
    if (piece->n > 0)
        status = ox_dots_add(dots, (struct ox_span){piece->replica, piece->n, piece->n});
    if (piece->reset_n > 0 && status == OX_OK)
        status = ox_dots_add(
            dots, (struct ox_span){piece->reset_by.replica, piece->reset_by.n, piece->reset_by.n});
    return status;
}

enum ox_status ox_tree_alive(const struct ox_tree *tree, struct ox_dots *dots) {
    enum ox_status status = ox_tree_leaf_dots(tree, OX_ROOT, dots);
    for (uint32_t id = 0; id < tree->nodes.used && status == OX_OK; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->kind == OX_KIND_RGA)
            status = ox_sequence_alive(node->in.sequence, dots);
        if (!ox_kind_counts(node->kind))
            continue;
        for (uint32_t i = 0; i < node->in.tally->count && status == OX_OK; i++)
            status = add_piece_dots(&node->in.tally->pieces[i], dots);
    }
    return status;
}

/* ---- splitting ---- */

/* Hands out trees of one leaf, piece or part of a sequence each. Such a tree says what its own
 * place does of the lamport; what is above them all goes with the last one, which therefore waits.
 */
struct splitter {
    const struct ox_tree *from;
    enum ox_status (*each)(void *self, void *part);
    void *self;
    struct ox_frame *frame; /* of the node that is split */
    struct ox_tree *waiting;
};

static void drop(struct ox_tree *part) {
    ox_tree_free(part);
    free(part);
}

/* An empty tree in which the frame's nodes are to be made anew. */
static struct ox_tree *new_part(struct ox_frame *frame) {
    struct ox_tree *part = malloc(sizeof *part);
    if (part != NULL)
        ox_tree_init(part);
    for (struct ox_frame *at = frame; at->up != NULL; at = at->up)
        at->to = OX_NONE;
    return part;
}

/* Takes the part over, whatever it was that came of filling it. */
static enum ox_status emit(struct splitter *to, struct ox_tree *part, enum ox_status status) {
    struct ox_tree *before = to->waiting;
    if (status != OX_OK) {
        drop(part);
        return status;
    }
    to->waiting = part;
    return before != NULL ? to->each(to->self, before) : OX_OK;
}

static enum ox_status emit_leaf(struct splitter *to, const struct ox_leaf *leaf) {
    struct ox_tree *part = new_part(to->frame);
    struct picker picker = {to->from, NULL, part};
    return part != NULL ? emit(to, part, put_leaf(&picker, to->frame, leaf)) : OX_NOMEM;
}

static enum ox_status emit_piece(struct splitter *to, const struct ox_piece *piece) {
    struct ox_tree *part = new_part(to->frame);
    struct picker picker = {to->from, NULL, part};
    return part != NULL ? emit(to, part, put_piece(&picker, to->frame, piece)) : OX_NOMEM;
}

/* A part of a sequence, which it takes over. */
static enum ox_status emit_sequence(void *self, void *sequence) {
    struct splitter *to = self;
    struct ox_tree *part = new_part(to->frame);
    enum ox_status status =
        part != NULL ? ox_frame_open(to->frame, to->from, part, NULL) : OX_NOMEM;
    if (status == OX_OK) {
        struct ox_node *node = ox_node_at(part, to->frame->to);
        void *old = node->in.sequence;
        node->in.sequence = sequence;
        part->lamport = ox_sequence_lamport(sequence);
        sequence = old;
    }
    ox_sequence_destroy(sequence);
    return part != NULL ? emit(to, part, status) : status;
}

static enum ox_status split_piece(struct splitter *to, const struct ox_piece *piece) {
    struct ox_piece updates = ox_piece_updates(piece);
    struct ox_piece reset = *piece;
    reset.first = 0;
    reset.n = 0;
    reset.total = 0;
    enum ox_status status = OX_OK;
    if (updates.n > 0)
        status = emit_piece(to, &updates);
    if (reset.reset_n > 0 && status == OX_OK)
        status = emit_piece(to, &reset);
    return status;
}

static enum ox_status split_below(struct splitter *to, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(to->from, frame->from);
    enum ox_status status = OX_OK;
    to->frame = frame;
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_split(node->in.sequence, emit_sequence, to);
    if (ox_kind_counts(node->kind)) {
        for (uint32_t i = 0; i < node->in.tally->count && status == OX_OK; i++)
            status = split_piece(to, &node->in.tally->pieces[i]);
        return status;
    }
    if (ox_kind_has_leaves(node->kind)) {
        for (uint32_t at = node->in.first; at != OX_NONE && status == OX_OK;
             at = ox_leaf_at(to->from, at)->next)
            status = emit_leaf(to, ox_leaf_at(to->from, at));
        return status;
    }
    for (uint32_t below = node->in.first; below != OX_NONE && status == OX_OK;
         below = ox_node_at(to->from, below)->next) {
        struct ox_frame inner = {below, OX_NONE, frame};
        status = split_below(to, &inner);
    }
    return status;
}

enum ox_status ox_tree_split(const struct ox_tree *tree,
                             enum ox_status (*each)(void *self, void *part), void *self) {
    struct splitter to = {.from = tree, .each = each, .self = self};
    struct ox_frame root = {OX_ROOT, OX_ROOT, NULL};
    enum ox_status status = split_below(&to, &root);
    if (to.waiting == NULL)
        return status;
    if (status != OX_OK) {
        drop(to.waiting);
        return status;
    }
    if (tree->lamport > ox_tree_lamport(tree))
        to.waiting->lamport = tree->lamport;
    return each(self, to.waiting);
}

/* ---- comparing ---- */

static bool equal_tallies(const struct ox_tally *a, const struct ox_tally *b) {
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!ox_piece_equal(&a->pieces[i], &b->pieces[i]))
            return false;
    return true;
}

/* Whether every node of `a` is in `b`, with the same counters. */
static bool nodes_in(const struct ox_tree *a, const struct ox_tree *b, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(a, frame->from);
    if (frame->to == OX_NONE)
        return false;
    if (ox_kind_counts(node->kind))
        return equal_tallies(node->in.tally, ox_node_at(b, frame->to)->in.tally);
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_equal(node->in.sequence, ox_node_at(b, frame->to)->in.sequence);
    if (node->kind != OX_KIND_MAP)
        return true;
    for (uint32_t below = node->in.first; below != OX_NONE; below = ox_node_at(a, below)->next) {
        struct ox_frame inner = ox_frame_below(frame, a, below, b);
        if (!nodes_in(a, b, &inner))
            return false;
    }
    return true;
}

bool ox_tree_equal(const struct ox_tree *a, const struct ox_tree *b) {
    struct ox_frame root = {OX_ROOT, OX_ROOT, NULL};
    if (a->lamport != b->lamport || ox_pool_count(&a->nodes) != ox_pool_count(&b->nodes) ||
        ox_pool_count(&a->leaves) != ox_pool_count(&b->leaves) || !nodes_in(a, b, &root))
        return false;
    for (uint32_t id = 0; id < a->leaves.used; id++) {
        const struct ox_leaf *leaf = ox_leaf_at(a, id);
        if (leaf->dot.n == 0)
            continue;
        uint32_t same = ox_tree_by_dot(b, leaf->dot, OX_NONE);
        if (same == OX_NONE || ox_leaf_compare(a, leaf, b, ox_leaf_at(b, same)) != 0)
            return false;
    }
    return true;
}

/* ---- collecting ---- */

bool ox_tree_has_residue(const struct ox_tree *tree, const struct ox_vv *stable) {
    for (uint32_t id = 0; id < tree->nodes.used; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->kind == OX_KIND_RGA && ox_sequence_has_residue(node->in.sequence, stable))
            return true;
        for (uint32_t i = 0; ox_kind_counts(node->kind) && i < node->in.tally->count; i++)
            if (ox_piece_is_residue(&node->in.tally->pieces[i], stable))
                return true;
    }
    return false;
}

enum ox_status ox_tree_collect(struct ox_tree *tree, const struct ox_vv *stable) {
    enum ox_status status = OX_OK;
    for (uint32_t id = 0; id < tree->nodes.used; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->kind == OX_KIND_RGA)
            status = ox_sequence_collect(node->in.sequence, stable);
        if (status != OX_OK)
            return status;
        if (!ox_kind_counts(node->kind))
            continue;
        for (uint32_t i = 0; i < node->in.tally->count; i++)
            ox_piece_collect(&node->in.tally->pieces[i], stable);
        ox_tally_tidy(node->in.tally);
    }
    ox_tree_sweep(tree, OX_ROOT);
    return OX_OK;
}
