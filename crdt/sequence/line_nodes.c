/* The tree above the runs of a line, as it grows.
 *
 *     leaf [a b c d]  has no room for x behind b   ->   [a b x] [c d]    the parent gets a child
 *                                                        and splits, if it has no room, itself
 *
 * What inner nodes say of a leaf (elements shown, least timestamp) is mended on the way up, and the
 * locator is told of the runs that moved.
 */
#include "crdt/sequence/nodes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- what nodes above say ---- */

void ox_line_settle(struct ox_line *line) {
    uint32_t due = line->due;
    if (due == 0)
        return;
    line->due = 0;
    struct ox_leaf *leaf = &line->leaves[line->due_leaf];
    leaf->shown += due;
    uint32_t node = leaf->parent, slot = leaf->slot;
    for (uint32_t level = line->height; level > 0; level--) {
        struct ox_inner *inner = &line->inners[node];
        inner->shown[slot] += due;
        slot = inner->slot;
        node = inner->parent;
    }
}

void ox_leaf_lower_least(struct ox_line *line, uint32_t leaf, struct ox_least ts) {
    if (!ox_least_less(line, ts, line->leaves[leaf].least))
        return;
    line->leaves[leaf].least = ts;
    uint32_t node = line->leaves[leaf].parent, slot = line->leaves[leaf].slot;
    for (uint32_t level = 0; level < line->height; level++) {
        struct ox_inner *inner = &line->inners[node];
        if (!ox_least_less(line, ts, inner->least[slot]))
            break;
        inner->least[slot] = ts;
        slot = inner->slot;
        node = inner->parent;
    }
}

void ox_leaf_measure(const struct ox_line *line, struct ox_leaf *leaf) {
    leaf->shown = 0;
    for (uint32_t i = 0; i < leaf->count; i++) {
        const struct ox_run *run = &leaf->runs[i];
        leaf->shown += ox_run_alive(run) ? run->length : 0;
        if (i == 0 || ox_least_less(line, ox_run_least(run), leaf->least))
            leaf->least = ox_run_least(run);
    }
}

/* ---- splitting ---- */

/* Tells the children of a node from a slot on where they are. */
static void number_children(struct ox_line *line, uint32_t node, bool of_leaves, uint32_t from) {
    const struct ox_inner *inner = &line->inners[node];
    for (uint32_t i = from; i < inner->count; i++) {
        if (of_leaves) {
            line->leaves[inner->child[i]].parent = node;
            line->leaves[inner->child[i]].slot = i;
        } else {
            line->inners[inner->child[i]].parent = node;
            line->inners[inner->child[i]].slot = i;
        }
    }
}

struct child {
    uint32_t node;
    uint32_t shown;
    struct ox_least least;
};

static void put_child(struct ox_inner *inner, uint32_t slot, const struct child *child) {
    uint32_t behind = inner->count - slot;
    memmove(inner->child + slot + 1, inner->child + slot, behind * sizeof *inner->child);
    memmove(inner->shown + slot + 1, inner->shown + slot, behind * sizeof *inner->shown);
    memmove(inner->least + slot + 1, inner->least + slot, behind * sizeof *inner->least);
    inner->child[slot] = child->node;
    inner->shown[slot] = child->shown;
    inner->least[slot] = child->least;
    inner->count++;
}

/* What a parent says of this inner node. */
static struct child child_of_inner(const struct ox_line *line, uint32_t node) {
    const struct ox_inner *inner = &line->inners[node];
    struct child child = {node, 0, inner->least[0]};
    for (uint32_t i = 0; i < inner->count; i++) {
        child.shown += inner->shown[i];
        if (ox_least_less(line, inner->least[i], child.least))
            child.least = inner->least[i];
    }
    return child;
}

static struct child child_of_leaf(const struct ox_line *line, uint32_t leaf) {
    return (struct child){leaf, line->leaves[leaf].shown, line->leaves[leaf].least};
}

static uint32_t new_inner(struct ox_line *line) {
    assert(line->inner_count < line->inner_capacity);
    line->inners[line->inner_count].count = 0;
    return line->inner_count++;
}

/* A new root above the old one. */
static void grow_root(struct ox_line *line) {
    struct child old =
        line->height == 0 ? child_of_leaf(line, line->root) : child_of_inner(line, line->root);
    uint32_t root = new_inner(line);
    put_child(&line->inners[root], 0, &old);
    number_children(line, root, line->height == 0, 0);
    line->root = root;
    line->height++;
}

/* Moves the upper half of a full inner node into a new one beside it. */
static uint32_t halve_inner(struct ox_line *line, uint32_t node, bool of_leaves) {
    uint32_t fresh = new_inner(line);
    struct ox_inner *from = &line->inners[node], *to = &line->inners[fresh];
    uint32_t keep = from->count / 2;
    to->count = from->count - keep;
    memcpy(to->child, from->child + keep, to->count * sizeof *to->child);
    memcpy(to->shown, from->shown + keep, to->count * sizeof *to->shown);
    memcpy(to->least, from->least + keep, to->count * sizeof *to->least);
    from->count = keep;
    number_children(line, fresh, of_leaves, 0);
    return fresh;
}

/* Where a node is a child, and what its parent says of it; of a leaf at level 0. */
struct branch {
    uint32_t parent, slot;
    struct child child;
};

static struct branch branch_of(const struct ox_line *line, uint32_t node, uint32_t level) {
    if (level == 0)
        return (struct branch){line->leaves[node].parent, line->leaves[node].slot,
                               child_of_leaf(line, node)};
    return (struct branch){line->inners[node].parent, line->inners[node].slot,
                           child_of_inner(line, node)};
}

/* `fresh` stands behind `old`, both at this level; what is said of `old` has changed. Splits above
 * as far as need be. */
static void adopt(struct ox_line *line, uint32_t old, uint32_t fresh, uint32_t level) {
    for (;; level++) {
        if (level == line->height)
            grow_root(line);
        struct branch before = branch_of(line, old, level);
        struct child behind = branch_of(line, fresh, level).child;
        uint32_t parent = before.parent, slot = before.slot;
        struct ox_inner *inner = &line->inners[parent];
        inner->shown[slot] = before.child.shown;
        inner->least[slot] = before.child.least;
        bool full = inner->count == OX_INNER_CHILDREN;
        uint32_t half = full ? halve_inner(line, parent, level == 0) : OX_LINE_NONE;
        bool moved = full && slot >= inner->count;
        uint32_t home = moved ? half : parent;
        slot = (moved ? slot - inner->count : slot) + 1;
        put_child(&line->inners[home], slot, &behind);
        number_children(line, home, level == 0, slot);
        if (!full)
            return;
        old = parent;
        fresh = half;
    }
}

/* ---- the locator ---- */

void ox_run_index(struct ox_line *line, const struct ox_run *run, uint32_t leaf) {
    struct ox_line_replica *of = &line->replicas[run->replica];
    uint64_t last = run->n + (run->length - 1);
    if (last == of->last_n)
        of->last_leaf = leaf;
    ox_locator_assign(&line->locator, run->replica, run->n, last, leaf, last < of->last_n);
}

static void index_leaf(struct ox_line *line, uint32_t leaf) {
    const struct ox_leaf *in = &line->leaves[leaf];
    for (uint32_t i = 0; i < in->count; i++)
        ox_run_index(line, &in->runs[i], leaf);
}

/* The locator keeps a key for each bound there ever was; with far more of them than runs it begins
 * anew, in the room that it has. */
static void thin_index(struct ox_line *line) {
    enum { SPARE = 1000 };
    if (line->locator.keys <= 4 * (uint64_t)line->runs + SPARE)
        return;
    ox_locator_clear(&line->locator);
    for (uint32_t leaf = line->first; leaf != OX_LINE_NONE; leaf = line->leaves[leaf].next)
        index_leaf(line, leaf);
}

/* ---- leaves ---- */

uint32_t ox_leaf_new(struct ox_line *line, uint32_t previous) {
    assert(line->leaf_count < line->leaf_capacity);
    uint32_t at = line->leaf_count++;
    struct ox_leaf *leaf = &line->leaves[at];
    leaf->parent = leaf->slot = 0;
    leaf->count = leaf->shown = 0;
    leaf->least = (struct ox_least){UINT64_MAX, 0}; /* above all, until the first run comes */
    leaf->previous = previous;
    leaf->next = previous == OX_LINE_NONE ? OX_LINE_NONE : line->leaves[previous].next;
    if (previous == OX_LINE_NONE)
        line->first = line->root = at;
    else
        line->leaves[previous].next = at;
    if (leaf->next == OX_LINE_NONE)
        line->last = at;
    else
        line->leaves[leaf->next].previous = at;
    return at;
}

/* Moves the runs from `keep` on into a new leaf behind; where the given slot is now. */
static void split_leaf(struct ox_line *line, uint32_t *leaf, uint32_t *slot, uint32_t keep) {
    ox_line_settle(line);
    uint32_t fresh = ox_leaf_new(line, *leaf);
    if (line->cursor_leaf == *leaf && line->cursor_slot >= keep)
        line->cursor_leaf = OX_LINE_NONE;
    struct ox_leaf *from = &line->leaves[*leaf], *to = &line->leaves[fresh];
    to->count = from->count - keep;
    memcpy(to->runs, from->runs + keep, to->count * sizeof *to->runs);
    from->count = keep;
    ox_leaf_measure(line, from);
    ox_leaf_measure(line, to);
    if (line->height == 0)
        index_leaf(line, *leaf);
    adopt(line, *leaf, fresh, 0);
    index_leaf(line, fresh);
    thin_index(line);
    if (*slot >= keep) {
        *leaf = fresh;
        *slot -= keep;
    }
}

/* A leaf at the end of the line stays full, because lines grow there. */
void ox_leaf_make_room(struct ox_line *line, uint32_t *leaf, uint32_t *slot, uint32_t more) {
    const struct ox_leaf *in = &line->leaves[*leaf];
    if (in->count + more <= OX_LEAF_RUNS)
        return;
    bool at_end = *slot == in->count && *leaf == line->last;
    split_leaf(line, leaf, slot, at_end ? in->count : in->count / 2);
}

/* ---- a whole tree ---- */

/* How many nodes hold so many items. */
static uint32_t nodes_for(uint32_t items, uint32_t room) {
    return items / room + (items % room > 0);
}

static void fill_leaves(struct ox_line *line, const struct ox_run *runs, uint32_t count) {
    for (uint32_t at = 0, leaf = OX_LINE_NONE; at < count; at += OX_LEAF_RUNS) {
        leaf = ox_leaf_new(line, leaf);
        struct ox_leaf *to = &line->leaves[leaf];
        to->count = count - at < OX_LEAF_RUNS ? count - at : OX_LEAF_RUNS;
        memcpy(to->runs, runs + at, to->count * sizeof *runs);
        ox_leaf_measure(line, to);
        line->shown += to->shown;
        for (uint32_t i = 0; i < to->count; i++)
            line->places += to->runs[i].length;
    }
    line->runs = count;
}

/* Inner nodes above the leaves, level by level, until there is one. */
static void fill_inners(struct ox_line *line) {
    uint32_t first = 0, count = line->leaf_count;
    for (line->height = 0; count > 1; line->height++) {
        uint32_t above = line->inner_count;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t node = i % OX_INNER_CHILDREN == 0 ? new_inner(line) : line->inner_count - 1;
            struct ox_inner *inner = &line->inners[node];
            struct child child = branch_of(line, first + i, line->height).child;
            put_child(inner, inner->count, &child);
            if (inner->count == OX_INNER_CHILDREN || i + 1 == count)
                number_children(line, node, line->height == 0, 0);
        }
        first = above;
        count = line->inner_count - above;
    }
    line->root = first;
}

/* A run that the one before it by dots does not lead to needs a key. */
static enum ox_status fill_locator(struct ox_line *line, const struct ox_order_key *by_dot,
                                   uint32_t count) {
    uint64_t keys = 0;
    for (uint32_t pass = 0; pass < 2; pass++) {
        uint32_t leaf = OX_LINE_NONE, replica = OX_LINE_NONE;
        for (uint32_t i = 0; i < count; i++) {
            bool goes_on = by_dot[i].replica == replica && by_dot[i].run / OX_LEAF_RUNS == leaf;
            replica = by_dot[i].replica;
            leaf = by_dot[i].run / OX_LEAF_RUNS;
            line->replicas[replica].last_leaf = leaf;
            keys += pass == 0 && !goes_on;
            if (pass == 1 && !goes_on)
                ox_locator_append(&line->locator, replica, by_dot[i].n, leaf);
        }
        if (line->height == 0)
            return OX_OK;
        if (pass == 0 && ox_locator_reserve(&line->locator, keys) != OX_OK)
            return OX_NOMEM;
    }
    ox_locator_trim(&line->locator);
    return OX_OK;
}

enum ox_status ox_line_build(struct ox_line *line, const struct ox_run *runs,
                             const struct ox_order_key *by_dot, uint32_t count) {
    uint32_t leaves = nodes_for(count, OX_LEAF_RUNS), inners = 0;
    for (uint32_t level = leaves; level > 1; inners += level)
        level = nodes_for(level, OX_INNER_CHILDREN);
    line->leaves = malloc(leaves * sizeof *line->leaves);
    line->inners = inners > 0 ? malloc(inners * sizeof *line->inners) : NULL;
    if (line->leaves == NULL || (inners > 0 && line->inners == NULL))
        return OX_NOMEM;
    line->leaf_capacity = leaves;
    line->inner_capacity = inners;
    line->cursor_leaf = OX_LINE_NONE;
    fill_leaves(line, runs, count);
    fill_inners(line);
    return fill_locator(line, by_dot, count);
}
