/* Changes of a line: the second half of line.h.
 *
 *     insert "x" behind the 2nd of [tree]        ->   [tr][x][ee]
 *     kill the 1st of [ee], dead run before it   ->   [tr][x][e dead] ...
 *
 * A leaf that has no room for more runs splits; its parent then gets a child, and so on up. What
 * nodes above say of a leaf (elements shown, least timestamp) is mended on the way.
 */
#include "crdt/sequence/nodes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- replicas and contents ---- */

uint32_t ox_line_open_replica(struct ox_line *line, ox_replica id) {
    uint32_t known = ox_line_replica(line, id);
    if (known != OX_LINE_NONE)
        return known;
    assert(line->replica_count < line->replica_capacity);
    uint32_t number = line->replica_count++;
    line->replicas[number] = (struct ox_line_replica){.id = id};
    uint32_t at = number;
    for (; at > 0 && line->replicas[line->by_id[at - 1]].id > id; at--)
        line->by_id[at] = line->by_id[at - 1];
    line->by_id[at] = number;
    return number;
}

static uint32_t put_content(struct ox_line *line, const uint8_t *data, size_t size) {
    assert(line->content_size + size <= line->content_capacity);
    uint32_t offset = line->content_size;
    if (size > 0)
        memcpy(line->contents + offset, data, size);
    line->content_size += (uint32_t)size;
    return offset;
}

void ox_line_compact(struct ox_line *line) {
    enum { SMALL = 64 };
    if (line->content_dead <= line->content_size / 2 || line->content_size <= SMALL)
        return;
    uint32_t alive = line->content_size - line->content_dead;
    uint32_t capacity = alive + alive / 4;
    uint8_t *contents = malloc(capacity > 0 ? capacity : 1);
    if (contents == NULL)
        return;
    uint32_t size = 0;
    for (uint32_t at = line->first; at != OX_LINE_NONE; at = line->leaves[at].next) {
        struct ox_leaf *leaf = &line->leaves[at];
        for (uint32_t i = 0; i < leaf->count; i++) {
            struct ox_run *run = &leaf->runs[i];
            if (!ox_run_alive(run))
                continue;
            memcpy(contents + size, line->contents + run->offset, (size_t)run->length * run->width);
            run->offset = size;
            size += run->length * run->width;
        }
    }
    assert(size == alive);
    free(line->contents);
    line->contents = contents;
    line->content_size = size;
    line->content_capacity = capacity > 0 ? capacity : 1;
    line->content_dead = 0;
}

/* ---- what nodes above say ---- */

static void add_shown(struct ox_line *line, uint32_t leaf, uint32_t more) {
    line->leaves[leaf].shown += more; /* modulo 2^32: less, too */
    uint32_t node = line->leaves[leaf].parent, slot = line->leaves[leaf].slot;
    for (uint32_t level = 0; level < line->height; level++) {
        struct ox_inner *inner = &line->inners[node];
        inner->shown[slot] += more;
        slot = inner->slot;
        node = inner->parent;
    }
}

static void lower_least(struct ox_line *line, uint32_t leaf, struct ox_least ts) {
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

static void measure_leaf(struct ox_line *line, struct ox_leaf *leaf) {
    leaf->shown = 0;
    for (uint32_t i = 0; i < leaf->count; i++) {
        const struct ox_run *run = &leaf->runs[i];
        leaf->shown += ox_run_alive(run) ? run->length : 0;
        if (i == 0 || ox_least_less(line, ox_run_least(run), leaf->least))
            leaf->least = ox_run_least(run);
    }
}

/* The cursor stays where it is through a change at or behind its run, in its leaf. */
static void keep_cursor(struct ox_line *line, struct ox_spot change) {
    if (change.leaf != line->cursor_leaf || change.slot < line->cursor_slot)
        line->cursor_leaf = OX_LINE_NONE;
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

/* `fresh` stands behind `old`, both at this level (0: leaves); what is said of `old` has changed.
 * Splits above as far as need be. */
static void adopt(struct ox_line *line, uint32_t old, uint32_t fresh, uint32_t level) {
    if (level == line->height)
        grow_root(line);
    bool leaves = level == 0;
    uint32_t parent = leaves ? line->leaves[old].parent : line->inners[old].parent;
    uint32_t slot = leaves ? line->leaves[old].slot : line->inners[old].slot;
    struct child behind = leaves ? child_of_leaf(line, fresh) : child_of_inner(line, fresh);
    struct child before = leaves ? child_of_leaf(line, old) : child_of_inner(line, old);
    struct ox_inner *inner = &line->inners[parent];
    inner->shown[slot] = before.shown;
    inner->least[slot] = before.least;
    uint32_t half = OX_LINE_NONE;
    if (inner->count == OX_INNER_CHILDREN) {
        half = halve_inner(line, parent, leaves);
        if (slot >= inner->count) {
            uint32_t kept = inner->count;
            put_child(&line->inners[half], slot - kept + 1, &behind);
            number_children(line, half, leaves, slot - kept + 1);
        }
    }
    if (half == OX_LINE_NONE || slot < inner->count) {
        put_child(inner, slot + 1, &behind);
        number_children(line, parent, leaves, slot + 1);
    }
    if (half != OX_LINE_NONE)
        adopt(line, parent, half, level + 1);
}

static uint32_t new_leaf(struct ox_line *line, uint32_t previous) {
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

static void index_run(struct ox_line *line, const struct ox_run *run, uint32_t leaf) {
    uint64_t last = run->n + (run->length - 1);
    ox_locator_assign(&line->locator, run->replica, run->n, last, leaf,
                      last < line->replicas[run->replica].last_n);
}

static void index_leaf(struct ox_line *line, uint32_t leaf) {
    const struct ox_leaf *in = &line->leaves[leaf];
    for (uint32_t i = 0; i < in->count; i++)
        index_run(line, &in->runs[i], leaf);
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

/* Moves the runs from `keep` on into a new leaf behind; where the given slot is now. */
static void split_leaf(struct ox_line *line, uint32_t *leaf, uint32_t *slot, uint32_t keep) {
    uint32_t fresh = new_leaf(line, *leaf);
    if (line->cursor_leaf == *leaf && line->cursor_slot >= keep)
        line->cursor_leaf = OX_LINE_NONE;
    struct ox_leaf *from = &line->leaves[*leaf], *to = &line->leaves[fresh];
    to->count = from->count - keep;
    memcpy(to->runs, from->runs + keep, to->count * sizeof *to->runs);
    from->count = keep;
    measure_leaf(line, from);
    measure_leaf(line, to);
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

/* Room for `more` runs in the leaf, 1 or 2; adjusts where the slot is. A leaf at the end of the
 * line stays full, because lines grow there. */
static void make_room(struct ox_line *line, uint32_t *leaf, uint32_t *slot, uint32_t more) {
    const struct ox_leaf *in = &line->leaves[*leaf];
    if (in->count + more <= OX_LEAF_RUNS)
        return;
    bool at_end = *slot == in->count && *leaf == line->last;
    split_leaf(line, leaf, slot, at_end ? in->count : in->count / 2);
}

static void open_slots(struct ox_leaf *leaf, uint32_t slot, uint32_t more) {
    memmove(leaf->runs + slot + more, leaf->runs + slot, (leaf->count - slot) * sizeof *leaf->runs);
    leaf->count += more;
}

static void close_slot(struct ox_line *line, struct ox_leaf *leaf, uint32_t slot) {
    leaf->count--;
    memmove(leaf->runs + slot, leaf->runs + slot + 1, (leaf->count - slot) * sizeof *leaf->runs);
    line->runs--;
}

/* Leaves out the first `count` of a run. */
static void cut_head(struct ox_run *run, uint32_t count) {
    run->n += count;
    run->lamport += count;
    run->length -= count;
    if (ox_run_alive(run))
        run->offset += count * run->width;
    else
        run->killer_n += (uint64_t)(int64_t)run->step * count;
    if (run->length == 1)
        run->step = 0;
}

static void cut_tail(struct ox_run *run, uint32_t length) {
    run->length = length;
    if (length == 1)
        run->step = 0;
}

/* Splits the run at `slot` before its `offset`-th place, with `more` free slots between the halves.
 * The leaf has room. */
static void split_run(struct ox_line *line, struct ox_leaf *leaf, uint32_t slot, uint32_t offset,
                      uint32_t more) {
    open_slots(leaf, slot + 1, more + 1);
    struct ox_run *left = &leaf->runs[slot], *right = &leaf->runs[slot + 1 + more];
    *right = *left;
    cut_tail(left, offset);
    cut_head(right, offset);
    line->runs++;
}

/* ---- inserting ---- */

static bool same_run(const struct ox_run *run, const struct ox_stretch *stretch, uint32_t replica) {
    return run->replica == replica && run->n + run->length == stretch->dot.n &&
           run->lamport + run->length == stretch->lamport && run->kind == stretch->kind;
}

/* Lets the run before take over the front of a stretch, which then is shorter by the answer. */
static uint32_t extend_run(struct ox_line *line, struct ox_run *run, struct ox_stretch *stretch,
                           uint32_t replica) {
    if (!same_run(run, stretch, replica))
        return 0;
    if (ox_run_alive(run) && (run->width != stretch->width ||
                              run->offset + run->length * run->width != line->content_size))
        return 0;
    struct ox_stretch grown = ox_run_stretch(line, run);
    uint32_t taken = ox_stretch_absorb(&grown, stretch);
    run->length = grown.length;
    run->step = (int8_t)grown.step;
    if (ox_run_alive(run))
        put_content(line, stretch->data, (size_t)taken * stretch->width);
    return taken;
}

static struct ox_run pack(struct ox_line *line, const struct ox_stretch *stretch,
                          uint32_t replica) {
    struct ox_run run = {.n = stretch->dot.n,
                         .lamport = stretch->lamport,
                         .length = stretch->length,
                         .replica = replica,
                         .kind = (uint8_t)stretch->kind};
    if (ox_run_alive(&run)) {
        run.width = stretch->width;
        run.offset = put_content(line, stretch->data, (size_t)stretch->length * stretch->width);
    } else {
        run.killer_n = stretch->killer.n;
        run.killer = ox_line_open_replica(line, stretch->killer.replica);
        run.step = (int8_t)stretch->step;
    }
    return run;
}

/* What the line knows of itself, and the locator, once `count` places of the stretch are in. */
static void count_in(struct ox_line *line, struct ox_spot at, uint32_t replica,
                     const struct ox_stretch *stretch, uint32_t count, bool extends) {
    uint32_t leaf = at.leaf;
    uint64_t last = stretch->dot.n + (count - 1), lamport = stretch->lamport + (count - 1);
    struct ox_line_replica *of = &line->replicas[replica];
    bool newest = last > of->last_n;
    if (newest) {
        of->last_n = last;
        of->last_lamport = lamport;
    }
    if (lamport > line->lamport)
        line->lamport = lamport;
    line->places += count;
    line->recent_leaf = at.leaf;
    line->recent_slot = at.slot;
    /* What grows a replica's newest run is where that run is. */
    if (line->height > 0 && !(extends && newest))
        ox_locator_assign(&line->locator, replica, stretch->dot.n, last, leaf, !newest);
    if (ox_kind_alive(stretch->kind)) {
        line->shown += count;
        add_shown(line, leaf, count);
    }
    if (!extends)
        lower_least(line, leaf, (struct ox_least){stretch->lamport, replica});
}

/* Puts a run behind the place at `after`; where it is. */
static struct ox_spot insert_run(struct ox_line *line, struct ox_spot after,
                                 const struct ox_run *run) {
    if (line->leaf_count == 0) {
        new_leaf(line, OX_LINE_NONE);
        line->cursor_leaf = OX_LINE_NONE;
    }
    bool at_start = after.leaf == OX_LINE_NONE;
    uint32_t leaf = at_start ? line->first : after.leaf, slot = at_start ? 0 : after.slot;
    bool inside = !at_start && after.offset + 1 < line->leaves[leaf].runs[slot].length;
    if (!at_start && !inside)
        slot++; /* the new run stands there */
    make_room(line, &leaf, &slot, inside ? 2 : 1);
    struct ox_leaf *in = &line->leaves[leaf];
    if (inside)
        split_run(line, in, slot++, after.offset + 1, 1);
    else
        open_slots(in, slot, 1);
    in->runs[slot] = *run;
    line->runs++;
    return (struct ox_spot){leaf, slot, run->length - 1};
}

struct ox_spot ox_line_insert(struct ox_line *line, struct ox_spot after,
                              const struct ox_stretch *stretch) {
    uint32_t replica = ox_line_open_replica(line, stretch->dot.replica);
    struct ox_stretch rest = *stretch;
    keep_cursor(line, after);
    if (after.leaf != OX_LINE_NONE) {
        struct ox_run *run = &line->leaves[after.leaf].runs[after.slot];
        bool at_end = after.offset + 1 == run->length;
        uint32_t taken = at_end ? extend_run(line, run, &rest, replica) : 0;
        if (taken > 0) {
            after.offset += taken;
            count_in(line, after, replica, stretch, taken, true);
        }
        if (taken == rest.length)
            return after;
        if (taken > 0)
            ox_stretch_skip(&rest, taken);
    }
    struct ox_run run = pack(line, &rest, replica);
    struct ox_spot spot = insert_run(line, after, &run);
    count_in(line, spot, replica, &rest, rest.length, false);
    return spot;
}

void ox_line_append(struct ox_line *line, const struct ox_stretch *stretch) {
    struct ox_spot end = {OX_LINE_NONE, 0, 0};
    if (line->leaf_count > 0) {
        const struct ox_leaf *last = &line->leaves[line->last];
        end = (struct ox_spot){line->last, last->count - 1, last->runs[last->count - 1].length - 1};
    }
    ox_line_insert(line, end, stretch);
}

/* ---- deleting ---- */

/* Lets a dead run take over what it can of the one behind it; whether that is all of it. */
static bool merge_dead(struct ox_line *line, struct ox_leaf *leaf, uint32_t slot) {
    if (slot + 1 >= leaf->count)
        return false;
    struct ox_run *run = &leaf->runs[slot], *next = run + 1;
    if (ox_run_alive(run) || ox_run_alive(next) || run->n + run->length != next->n)
        return false;
    struct ox_stretch grown = ox_run_stretch(line, run), more = ox_run_stretch(line, next);
    uint32_t taken = ox_stretch_absorb(&grown, &more);
    run->length = grown.length;
    run->step = (int8_t)grown.step;
    bool whole = taken == next->length;
    if (whole)
        close_slot(line, leaf, slot + 1);
    else if (taken > 0)
        cut_head(next, taken);
    return whole;
}

/* Makes `count` places from a spot on a run of their own; its leaf and slot. */
static struct ox_spot isolate(struct ox_line *line, struct ox_spot spot, uint32_t count) {
    uint32_t leaf = spot.leaf, slot = spot.slot;
    uint32_t behind = line->leaves[leaf].runs[slot].length - spot.offset - count;
    uint32_t more = (spot.offset > 0) + (behind > 0);
    if (more > 0)
        make_room(line, &leaf, &slot, more);
    struct ox_leaf *in = &line->leaves[leaf];
    if (spot.offset > 0)
        split_run(line, in, slot++, spot.offset, 0);
    if (behind > 0)
        split_run(line, in, slot, count, 0);
    return (struct ox_spot){leaf, slot, 0};
}

void ox_line_kill(struct ox_line *line, struct ox_spot spot, uint32_t count, struct ox_dot killer,
                  int step) {
    uint32_t number = ox_line_open_replica(line, killer.replica);
    keep_cursor(line, spot);
    spot = isolate(line, spot, count);
    struct ox_leaf *leaf = &line->leaves[spot.leaf];
    struct ox_run *run = &leaf->runs[spot.slot];
    assert(run->length == count);
    if (ox_run_alive(run)) {
        line->content_dead += count * run->width;
        line->shown -= count;
        add_shown(line, spot.leaf, 0u - count);
    }
    run->kind = OX_PLACE_DEAD;
    run->killer_n = killer.n;
    run->killer = number;
    run->step = (int8_t)(count > 1 ? step : 0);
    merge_dead(line, leaf, spot.slot);
    if (spot.slot > 0 && merge_dead(line, leaf, spot.slot - 1) && line->cursor_leaf == spot.leaf &&
        line->cursor_slot == spot.slot)
        line->cursor_slot--; /* dead as well: as many are shown before it */
}
