/* In three steps, so that a join that finds no memory leaves nothing behind: what comes is added,
 * beside all that is there; then counters are merged, in room that was made; then what is dead
 * goes. Only the first step can fail, and it is undone by taking away what it added.
 *
 * What is dead the other side has seen and does not hold. Whichever is shorter is walked: what a
 * delta lists, as far as we have seen it, or what we hold.
 */
#include "crdt/map/join.h"

#include "crdt/map/swaps.h"

#include <stdlib.h>

enum { FEW = 16 };

/* A sequence of ours and the other side's, OX_NONE where it has none there. */
struct pair {
    uint32_t node;
    uint32_t their;
};

struct merge {
    struct ox_tree *tree;
    const struct ox_seen *mine;
    const struct ox_tree *other;
    const struct ox_seen *theirs;
    uint32_t *leaves; /* that came, room for all of the other side */
    uint32_t leaf_count;
    struct ox_made made;
    struct pair *pairs;
    uint32_t pair_count;
    struct ox_swaps swaps;
    bool whole; /* all our counters are looked at, not only those that are named */
    bool clash; /* one dot with two payloads came in */
    bool changed;
};

/* ---- what comes ---- */

/* Whether a leaf of the other side comes in: one that was seen and is not held is dead. One dot
 * with two payloads is not made by an honest replica; the greater one wins then, so that all
 * replicas still end with the same. */
static bool comes(struct merge *merge, const struct ox_leaf *leaf) {
    if (!ox_seen_has(merge->mine, leaf->dot))
        return true; /* nor held then */
    uint32_t held = ox_tree_by_dot(merge->tree, leaf->dot, OX_NONE);
    bool wins = held != OX_NONE &&
                ox_leaf_compare(merge->other, leaf, merge->tree, ox_leaf_at(merge->tree, held)) > 0;
    merge->clash |= wins;
    return wins;
}

static enum ox_status bring_leaves(struct merge *merge, struct ox_frame *frame) {
    enum ox_status status = OX_OK;
    for (uint32_t at = ox_node_at(merge->other, frame->from)->in.first;
         at != OX_NONE && status == OX_OK; at = ox_leaf_at(merge->other, at)->next) {
        const struct ox_leaf *leaf = ox_leaf_at(merge->other, at);
        if (!comes(merge, leaf))
            continue;
        struct ox_saying saying = ox_leaf_says(leaf);
        uint32_t id;
        status = ox_frame_open(frame, merge->other, merge->tree, &merge->made);
        if (status == OX_OK)
            status = ox_tree_add(merge->tree, frame->to, &saying, &id);
        if (status == OX_OK)
            merge->leaves[merge->leaf_count++] = id;
    }
    return status;
}

static const struct ox_piece no_piece;

static struct ox_piece join_pieces(const struct merge *merge, const struct ox_piece *mine,
                                   const struct ox_piece *theirs) {
    struct ox_piece joined = ox_piece_join(mine, merge->mine, theirs, merge->theirs);
    joined.replica = mine->n > 0 || mine->reset_n > 0 ? mine->replica : theirs->replica;
    return joined;
}

/* Room for the pieces of replicas that have none here and come. */
static enum ox_status room_for_pieces(struct merge *merge, struct ox_frame *frame) {
    const struct ox_tally *from = ox_node_at(merge->other, frame->from)->in.tally;
    const struct ox_tally *here =
        frame->to != OX_NONE ? ox_node_at(merge->tree, frame->to)->in.tally : NULL;
    uint32_t come = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        struct ox_piece joined = join_pieces(merge, &no_piece, &from->pieces[i]);
        bool known = here != NULL && ox_tally_find(here, from->pieces[i].replica) != NULL;
        come += !known && (joined.n > 0 || joined.reset_n > 0);
    }
    if (come == 0)
        return OX_OK;
    enum ox_status status = ox_frame_open(frame, merge->other, merge->tree, &merge->made);
    if (status == OX_OK)
        status = ox_tally_reserve(ox_node_at(merge->tree, frame->to)->in.tally, come);
    return status;
}

/* Notes that a sequence of the other side comes; of a whole map all are noted, with ours. */
static enum ox_status note_sequence(struct merge *merge, struct ox_frame *frame) {
    enum ox_status status = ox_frame_open(frame, merge->other, merge->tree, &merge->made);
    if (status == OX_OK && merge->theirs->vv == NULL)
        merge->pairs[merge->pair_count++] = (struct pair){frame->to, frame->from};
    return status;
}

static enum ox_status bring(struct merge *merge, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(merge->other, frame->from);
    if (node->kind == OX_KIND_RGA)
        return note_sequence(merge, frame);
    if (ox_kind_counts(node->kind))
        return room_for_pieces(merge, frame);
    if (ox_kind_has_leaves(node->kind))
        return bring_leaves(merge, frame);
    enum ox_status status = OX_OK;
    for (uint32_t below = node->in.first; below != OX_NONE && status == OX_OK;
         below = ox_node_at(merge->other, below)->next) {
        struct ox_frame inner = ox_frame_below(frame, merge->other, below, merge->tree);
        status = bring(merge, &inner);
    }
    return status;
}

static void undo(struct merge *merge) {
    for (uint32_t i = 0; i < merge->leaf_count; i++)
        ox_tree_remove(merge->tree, merge->leaves[i]);
    for (uint32_t i = merge->made.count; i-- > 0;) /* those below were made after those above */
        ox_tree_drop(merge->tree, merge->made.nodes[i]);
}

/* ---- sequences ---- */

static void note_ours(struct merge *merge, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(merge->tree, frame->from);
    if (node->kind == OX_KIND_RGA)
        merge->pairs[merge->pair_count++] = (struct pair){frame->from, frame->to};
    for (uint32_t below = node->kind == OX_KIND_MAP ? node->in.first : OX_NONE; below != OX_NONE;
         below = ox_node_at(merge->tree, below)->next) {
        struct ox_frame inner = ox_frame_below(frame, merge->tree, below, merge->other);
        note_ours(merge, &inner);
    }
}

/* The last step that can fail: one sequence in its place, which leaves it as it was if it does, and
 * before that all others in copies. A delta mostly is of one. */
static enum ox_status join_sequences(struct merge *merge) {
    void *none = NULL;
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < merge->pair_count && status == OX_OK; i++) {
        struct pair pair = merge->pairs[i];
        bool last = i + 1 == merge->pair_count;
        bool changed = false;
        if (pair.their == OX_NONE && none == NULL)
            none = ox_sequence_create();
        void *mine = last ? ox_node_at(merge->tree, pair.node)->in.sequence
                          : ox_swaps_copy(&merge->swaps, merge->tree, pair.node);
        const void *their =
            pair.their != OX_NONE ? ox_node_at(merge->other, pair.their)->in.sequence : none;
        status = mine == NULL || their == NULL
                     ? OX_NOMEM
                     : ox_sequence_join(mine, merge->mine, their, merge->theirs, &changed);
        merge->changed |= changed;
    }
    if (none != NULL)
        ox_sequence_destroy(none);
    return status;
}

/* ---- what a delta lists ---- */

/* The last dot of a listed span that we may hold something of: what we have not seen we do not. */
static uint64_t end_of_listed(const struct merge *merge, const struct ox_span *span) {
    const struct ox_vv *vv = merge->mine->vv;
    uint64_t have = vv != NULL ? ox_vv_get(vv, span->replica) : span->last;
    return have < span->last ? have : span->last;
}

/* How many dots there are to look up, or so many that everything is looked through instead. */
static uint64_t count_listed(const struct merge *merge) {
    uint64_t count = merge->theirs->vv != NULL ? UINT64_MAX : 0;
    for (size_t i = 0; i < 2; i++) {
        const struct ox_dots *dots = merge->theirs->dots[i];
        for (uint32_t at = 0; dots != NULL && at < dots->count; at++) {
            uint64_t end = end_of_listed(merge, &dots->spans[at]);
            uint64_t more = end >= dots->spans[at].first ? end - dots->spans[at].first + 1 : 0;
            count = more > UINT64_MAX - count ? UINT64_MAX : count + more;
        }
    }
    return count;
}

static void each_listed(struct merge *merge, void (*take)(struct merge *, struct ox_dot)) {
    for (size_t i = 0; i < 2; i++) {
        const struct ox_dots *dots = merge->theirs->dots[i];
        for (uint32_t at = 0; dots != NULL && at < dots->count; at++) {
            struct ox_dot dot = {dots->spans[at].replica, dots->spans[at].first};
            uint64_t end = end_of_listed(merge, &dots->spans[at]);
            for (uint64_t left = end >= dot.n ? end - dot.n + 1 : 0; left > 0; left--, dot.n++)
                take(merge, dot);
        }
    }
}

/* ---- counters ---- */

/* Pieces of the other side, or none at all (NULL), into a counter; there is room. */
static void merge_tally(struct merge *merge, uint32_t node, const struct ox_tally *theirs) {
    struct ox_tally *tally = ox_node_at(merge->tree, node)->in.tally;
    for (uint32_t i = 0; theirs != NULL && i < theirs->count; i++) {
        const struct ox_piece *their = &theirs->pieces[i];
        const struct ox_piece *mine = ox_tally_find(tally, their->replica);
        struct ox_piece joined = join_pieces(merge, mine != NULL ? mine : &no_piece, their);
        if (mine == NULL && joined.n == 0 && joined.reset_n == 0)
            continue;
        merge->changed |= mine == NULL || !ox_piece_equal(mine, &joined);
        ox_tree_put_piece(merge->tree, node, &joined);
    }
    for (uint32_t i = 0; merge->whole && i < tally->count; i++) {
        const struct ox_piece *mine = &tally->pieces[i];
        if (theirs != NULL && ox_tally_find(theirs, mine->replica) != NULL)
            continue;
        struct ox_piece joined = join_pieces(merge, mine, &no_piece);
        merge->changed |= !ox_piece_equal(mine, &joined);
        ox_tree_put_piece(merge->tree, node, &joined);
    }
    ox_tally_tidy(tally);
}

/* The counters at and below a pair of nodes: of a delta those that it holds, ... */
static void merge_theirs(struct merge *merge, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(merge->other, frame->from);
    if (ox_kind_counts(node->kind) && frame->to != OX_NONE)
        merge_tally(merge, frame->to, node->in.tally);
    for (uint32_t below = node->kind == OX_KIND_MAP ? node->in.first : OX_NONE; below != OX_NONE;
         below = ox_node_at(merge->other, below)->next) {
        if (ox_kind_has_leaves(ox_node_at(merge->other, below)->kind))
            continue;
        struct ox_frame inner = ox_frame_below(frame, merge->other, below, merge->tree);
        merge_theirs(merge, &inner);
    }
    if (frame->to != OX_NONE && frame->to != OX_ROOT && ox_tree_bare(merge->tree, frame->to)) {
        ox_tree_drop(merge->tree, frame->to);
        frame->to = OX_NONE;
    }
}

/* ... and of a whole map all of ours. */
static void merge_ours(struct merge *merge, struct ox_frame *frame) {
    const struct ox_node *node = ox_node_at(merge->tree, frame->from);
    const struct ox_node *their = frame->to != OX_NONE ? ox_node_at(merge->other, frame->to) : NULL;
    if (ox_kind_counts(node->kind))
        merge_tally(merge, frame->from, their != NULL ? their->in.tally : NULL);
    for (uint32_t below = node->kind == OX_KIND_MAP ? node->in.first : OX_NONE; below != OX_NONE;
         below = ox_node_at(merge->tree, below)->next) {
        if (ox_kind_has_leaves(ox_node_at(merge->tree, below)->kind))
            continue;
        struct ox_frame inner = ox_frame_below(frame, merge->tree, below, merge->other);
        merge_ours(merge, &inner);
    }
}

/* Where a node of ours would be in the other tree. */
static uint32_t their_place(const struct merge *merge, uint32_t node) {
    if (node == OX_ROOT)
        return OX_ROOT;
    const struct ox_node *here = ox_node_at(merge->tree, node);
    uint32_t up = their_place(merge, here->parent);
    return up != OX_NONE ? ox_tree_child(merge->other, up, here->kind, ox_brief_bytes(&here->key))
                         : OX_NONE;
}

/* The last update of a counter's replica is listed. Unless the delta holds the replica's piece as
 * well, and so is joined already, the piece was collected where it comes from. */
static void forget_listed(struct merge *merge, struct ox_dot dot) {
    uint32_t kept = 0;
    for (uint32_t node; (node = ox_tree_by_update(merge->tree, dot, kept)) != OX_NONE;) {
        uint32_t there = their_place(merge, node);
        struct ox_tally *tally = ox_node_at(merge->tree, node)->in.tally;
        const struct ox_piece *mine = ox_tally_find(tally, dot.replica);
        if (there != OX_NONE &&
            ox_tally_find(ox_node_at(merge->other, there)->in.tally, dot.replica) != NULL) {
            kept++;
            continue;
        }
        struct ox_piece joined = join_pieces(merge, mine, &no_piece);
        kept += joined.n > 0;
        merge->changed |= !ox_piece_equal(mine, &joined);
        ox_tree_put_piece(merge->tree, node, &joined);
        ox_tally_tidy(tally);
        ox_tree_prune(merge->tree, node);
    }
}

static void join_counters(struct merge *merge, uint64_t listed) {
    struct ox_frame root = {OX_ROOT, OX_ROOT, NULL};
    merge->whole = listed > merge->tree->nodes.used;
    if (merge->whole && merge->tree->counters > 0) {
        merge_ours(merge, &root);
        return;
    }
    if (merge->other->counters > 0)
        merge_theirs(merge, &root);
    if (merge->tree->updates > 0)
        each_listed(merge, forget_listed);
}

/* ---- what is dead ---- */

/* Whether a leaf of ours outlives the join: what they had not seen does, and what we had not, which
 * came in just now. */
static bool stays(const struct merge *merge, const struct ox_leaf *leaf) {
    if (!ox_seen_has(merge->theirs, leaf->dot) || !ox_seen_has(merge->mine, leaf->dot))
        return true;
    uint32_t held = ox_tree_by_dot(merge->other, leaf->dot, OX_NONE);
    return held != OX_NONE &&
           ox_leaf_compare(merge->other, ox_leaf_at(merge->other, held), merge->tree, leaf) <= 0;
}

static void kill(struct merge *merge, uint32_t id) {
    uint32_t node = ox_leaf_at(merge->tree, id)->node;
    ox_tree_remove(merge->tree, id);
    ox_tree_prune(merge->tree, node);
    merge->changed = true;
}

/* Of two leaves with one dot the greater came in; the other goes, seen or not. */
static void kill_beaten(struct merge *merge) {
    for (uint32_t i = 0; i < merge->leaf_count && merge->clash; i++) {
        struct ox_dot dot = ox_leaf_at(merge->tree, merge->leaves[i])->dot;
        uint32_t beaten = ox_tree_by_dot(merge->tree, dot, merge->leaves[i]);
        if (beaten != OX_NONE)
            kill(merge, beaten);
    }
}

static void kill_listed(struct merge *merge, struct ox_dot dot) {
    uint32_t id = ox_tree_by_dot(merge->tree, dot, OX_NONE);
    if (id != OX_NONE && !stays(merge, ox_leaf_at(merge->tree, id)))
        kill(merge, id);
}

static void kill_held(struct merge *merge) {
    for (uint32_t id = 0; id < merge->tree->leaves.used; id++) {
        const struct ox_leaf *leaf = ox_leaf_at(merge->tree, id);
        if (leaf->dot.n > 0 && !stays(merge, leaf))
            kill(merge, id);
    }
}

/* ---- all of it ---- */

static void commit(struct merge *merge) {
    ox_swaps_commit(&merge->swaps, merge->tree);
    merge->changed |= merge->leaf_count > 0 || merge->other->lamport > merge->tree->lamport;
    if (merge->other->lamport > merge->tree->lamport)
        merge->tree->lamport = merge->other->lamport;
    for (uint32_t i = 0; i < merge->pair_count && merge->theirs->vv == NULL; i++)
        ox_tree_prune(merge->tree, merge->pairs[i].node);
    uint64_t listed = count_listed(merge);
    join_counters(merge, listed);
    kill_beaten(merge);
    if (listed > merge->tree->leaves.used)
        kill_held(merge);
    else
        each_listed(merge, kill_listed);
    if (merge->whole && merge->tree->counters + merge->tree->sequences > 0)
        ox_tree_sweep(merge->tree, OX_ROOT);
}

/* Room for what is noted on the way: leaves, then nodes. */
static size_t notes_of(const struct ox_tree *other) {
    return (size_t)ox_pool_count(&other->nodes) + ox_pool_count(&other->leaves);
}

static enum ox_status prepare(struct merge *merge) {
    struct ox_frame root = {OX_ROOT, OX_ROOT, NULL};
    struct ox_frame ours = root;
    enum ox_status status = bring(merge, &root);
    if (status == OX_OK)
        status = ox_tree_reserve_updates(merge->tree, merge->other->updates);
    if (status == OX_OK && merge->theirs->vv != NULL && merge->tree->sequences > 0)
        note_ours(merge, &ours);
    return status == OX_OK ? join_sequences(merge) : status;
}

enum ox_status ox_tree_join(struct ox_tree *tree, const struct ox_seen *mine,
                            const struct ox_tree *other, const struct ox_seen *theirs,
                            bool *changed) {
    struct merge merge = {.tree = tree, .mine = mine, .other = other, .theirs = theirs};
    uint32_t few[2 * FEW];
    struct pair few_pairs[FEW];
    size_t notes = notes_of(other);
    size_t pairs = (size_t)other->sequences + (theirs->vv != NULL ? tree->sequences : 0);
    merge.leaves = notes <= 2 * FEW ? few : malloc(notes * sizeof *few);
    merge.pairs = pairs <= FEW ? few_pairs : malloc(pairs * sizeof *few_pairs);
    enum ox_status status = OX_NOMEM;
    if (merge.leaves != NULL && merge.pairs != NULL) {
        merge.made.nodes = merge.leaves + ox_pool_count(&other->leaves);
        status = prepare(&merge);
        if (status == OX_OK)
            commit(&merge);
        else
            undo(&merge);
    }
    if (status == OX_OK && changed != NULL)
        *changed = merge.changed;
    ox_swaps_free(&merge.swaps);
    if (merge.pairs != few_pairs)
        free(merge.pairs);
    if (merge.leaves != few)
        free(merge.leaves);
    return status;
}

/* ---- order ---- */

/* Whether the join of our counters into theirs would leave theirs as they are. `merge` has the
 * sides changed over: its tree is theirs. */
static bool tally_leq(const struct merge *merge, const struct ox_tally *ours,
                      const struct ox_tally *theirs) {
    for (uint32_t i = 0; ours != NULL && i < ours->count; i++) {
        const struct ox_piece *their =
            theirs != NULL ? ox_tally_find(theirs, ours->pieces[i].replica) : NULL;
        if (their == NULL)
            their = &no_piece;
        struct ox_piece joined = join_pieces(merge, their, &ours->pieces[i]);
        joined.replica = their->replica;
        if (!ox_piece_equal(&joined, their))
            return false;
    }
    return true;
}

/* As above, of what we do not hold. */
static bool tally_geq(const struct merge *merge, const struct ox_tally *theirs,
                      const struct ox_tally *ours) {
    for (uint32_t i = 0; theirs != NULL && i < theirs->count; i++) {
        const struct ox_piece *their = &theirs->pieces[i];
        if (ours != NULL && ox_tally_find(ours, their->replica) != NULL)
            continue;
        struct ox_piece joined = join_pieces(merge, their, &no_piece);
        if (!ox_piece_equal(&joined, their))
            return false;
    }
    return true;
}

/* Compares the counters at and below a node of `from` with those in the same place of `to`. */
static bool tallies_hold(const struct merge *merge, const struct ox_tree *from,
                         const struct ox_tree *to, struct ox_frame *frame,
                         bool (*holds)(const struct merge *, const struct ox_tally *,
                                       const struct ox_tally *)) {
    const struct ox_node *node = ox_node_at(from, frame->from);
    if (ox_kind_counts(node->kind))
        return holds(merge, node->in.tally,
                     frame->to != OX_NONE ? ox_node_at(to, frame->to)->in.tally : NULL);
    if (node->kind != OX_KIND_MAP)
        return true;
    for (uint32_t below = node->in.first; below != OX_NONE; below = ox_node_at(from, below)->next) {
        struct ox_frame inner = ox_frame_below(frame, from, below, to);
        if (!tallies_hold(merge, from, to, &inner, holds))
            return false;
    }
    return true;
}

/* Whether the sequences at and below a node of ours are below those in the same place of theirs. */
static bool sequences_leq(const struct merge *merge, const void *none, struct ox_frame *frame,
                          bool ours) {
    const struct ox_tree *from = ours ? merge->tree : merge->other;
    const struct ox_tree *to = ours ? merge->other : merge->tree;
    const struct ox_node *node = ox_node_at(from, frame->from);
    if (node->kind == OX_KIND_RGA && (ours || frame->to == OX_NONE)) {
        const void *here = node->in.sequence;
        const void *there = frame->to != OX_NONE ? ox_node_at(to, frame->to)->in.sequence : none;
        return ox_sequence_leq(ours ? here : there, merge->mine, ours ? there : here,
                               merge->theirs);
    }
    for (uint32_t below = node->kind == OX_KIND_MAP ? node->in.first : OX_NONE; below != OX_NONE;
         below = ox_node_at(from, below)->next) {
        struct ox_frame inner = ox_frame_below(frame, from, below, to);
        if (!sequences_leq(merge, none, &inner, ours))
            return false;
    }
    return true;
}

/* Of all sequences, ours and theirs. False as well when there is no memory for an empty one. */
static bool all_sequences_leq(const struct merge *merge) {
    struct ox_frame up = {OX_ROOT, OX_ROOT, NULL};
    struct ox_frame down = up;
    if (merge->tree->sequences == 0 && merge->other->sequences == 0)
        return true;
    void *none = ox_sequence_create();
    bool holds = none != NULL && sequences_leq(merge, none, &up, true) &&
                 sequences_leq(merge, none, &down, false);
    if (none != NULL)
        ox_sequence_destroy(none);
    return holds;
}

static bool leaves_leq(const struct ox_tree *tree, const struct ox_seen *mine,
                       const struct ox_tree *other, const struct ox_seen *theirs) {
    for (uint32_t id = 0; id < tree->leaves.used; id++) {
        const struct ox_leaf *leaf = ox_leaf_at(tree, id);
        if (leaf->dot.n == 0)
            continue;
        uint32_t held = ox_tree_by_dot(other, leaf->dot, OX_NONE);
        if (!ox_seen_has(theirs, leaf->dot) ||
            (held != OX_NONE && ox_leaf_compare(tree, leaf, other, ox_leaf_at(other, held)) > 0))
            return false;
    }
    for (uint32_t id = 0; id < other->leaves.used; id++) {
        const struct ox_leaf *leaf = ox_leaf_at(other, id);
        if (leaf->dot.n > 0 && ox_seen_has(mine, leaf->dot) &&
            ox_tree_by_dot(tree, leaf->dot, OX_NONE) == OX_NONE)
            return false;
    }
    return true;
}

bool ox_tree_leq(const struct ox_tree *tree, const struct ox_seen *mine,
                 const struct ox_tree *other, const struct ox_seen *theirs) {
    struct merge merge = {.mine = theirs, .theirs = mine};
    struct merge sides = {
        .tree = (struct ox_tree *)tree, .mine = mine, .other = other, .theirs = theirs};
    struct ox_frame up = {OX_ROOT, OX_ROOT, NULL};
    struct ox_frame down = {OX_ROOT, OX_ROOT, NULL};
    return tree->lamport <= other->lamport && leaves_leq(tree, mine, other, theirs) &&
           all_sequences_leq(&sides) && tallies_hold(&merge, tree, other, &up, tally_leq) &&
           tallies_hold(&merge, other, tree, &down, tally_geq);
}
