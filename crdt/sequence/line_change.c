/* Changes of a line: the second part of line.h.
 *
 *     insert "x" behind the 2nd of [tree]        ->   [tr][x][ee]
 *     kill the 1st of [ee], dead run before it   ->   [tr][x][e dead] ...
 */
#include "crdt/sequence/nodes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- replicas and contents ---- */

/* The number of a replica that may be new: room for one was reserved. */
static uint32_t open_replica(struct ox_line *line, ox_replica id) {
    uint32_t known = ox_line_replica(line, id);
    if (known != OX_LINE_NONE)
        return line->recent_replica = known;
    assert(line->replica_count < line->replica_capacity);
    uint32_t number = line->replica_count++;
    line->replicas[number] = (struct ox_line_replica){.id = id, .last_leaf = OX_LINE_NONE};
    uint32_t at = number;
    for (; at > 0 && line->replicas[line->by_id[at - 1]].id > id; at--)
        line->by_id[at] = line->by_id[at - 1];
    line->by_id[at] = number;
    return line->recent_replica = number;
}

static uint32_t put_content(struct ox_line *line, const uint8_t *data, size_t size) {
    assert(size <= line->content_capacity - line->content_size);
    uint32_t offset = line->content_size;
    if (size == 1)
        line->contents[offset] = *data;
    else if (size > 0)
        memcpy(line->contents + offset, data, size);
    line->content_size += (uint32_t)size;
    return offset;
}

/* Whether the contents of an alive run are the last, so that more can stand behind them. */
static bool has_last_content(const struct ox_line *line, const struct ox_run *run) {
    return run->offset + run->length * run->width == line->content_size;
}

void ox_line_rewrite_contents(struct ox_line *line) {
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

/* ---- runs in their leaves ---- */

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

/* Lets the run before take over what it can of the front of a stretch; how much. */
static uint32_t extend_run(struct ox_line *line, struct ox_run *run,
                           const struct ox_stretch *stretch, uint32_t replica) {
    if (run->replica != replica || run->n + run->length != stretch->dot.n ||
        run->lamport + run->length != stretch->lamport || run->kind != stretch->kind)
        return 0;
    if (!ox_run_alive(run)) {
        struct ox_stretch grown = ox_run_stretch(line, run);
        uint32_t taken = ox_stretch_absorb(&grown, stretch);
        run->length = grown.length;
        run->step = (int8_t)grown.step;
        return taken;
    }
    if (run->width != stretch->width || !has_last_content(line, run))
        return 0;
    uint32_t room = OX_STRETCH_MAX - run->length;
    uint32_t taken = stretch->length < room ? stretch->length : room;
    put_content(line, stretch->data, (size_t)taken * stretch->width);
    run->length += taken;
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
        run.killer = open_replica(line, stretch->killer.replica);
        run.step = (int8_t)stretch->step;
    }
    return run;
}

/* What the line knows of itself, and the locator, once `count` places of the stretch are in. */
static void count_in(struct ox_line *line, uint32_t leaf, uint32_t replica,
                     const struct ox_stretch *stretch, uint32_t count) {
    uint64_t last = stretch->dot.n + (count - 1), lamport = stretch->lamport + (count - 1);
    struct ox_line_replica *of = &line->replicas[replica];
    bool newest = last > of->last_n;
    /* What comes after the last of its replica is looked for where that is. */
    if (line->height > 0 && !(newest && of->last_leaf == leaf))
        ox_locator_assign(&line->locator, replica, stretch->dot.n, last, leaf, !newest);
    if (newest) {
        of->last_n = last;
        of->last_lamport = lamport;
        of->last_leaf = leaf;
    }
    if (lamport > line->lamport)
        line->lamport = lamport;
    line->places += count;
    if (ox_kind_alive(stretch->kind)) {
        line->shown += count;
        ox_leaf_show(line, leaf, count);
    }
}

/* Puts a run behind the place at `after`; where it is. */
static struct ox_spot insert_run(struct ox_line *line, struct ox_spot after,
                                 const struct ox_run *run) {
    if (line->leaf_count == 0) {
        ox_leaf_new(line, OX_LINE_NONE);
        line->cursor_leaf = OX_LINE_NONE;
    }
    bool at_start = after.leaf == OX_LINE_NONE;
    uint32_t leaf = at_start ? line->first : after.leaf, slot = at_start ? 0 : after.slot;
    bool inside = !at_start && after.offset + 1 < line->leaves[leaf].runs[slot].length;
    if (!at_start && !inside)
        slot++; /* the new run stands there */
    ox_leaf_make_room(line, &leaf, &slot, inside ? 2 : 1);
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
    uint32_t replica = open_replica(line, stretch->dot.replica), taken = 0;
    ox_line_keep_cursor(line, after.leaf, after.slot);
    if (after.leaf != OX_LINE_NONE && after.offset + 1 == ox_run_at(line, after)->length)
        taken = extend_run(line, ox_run_at(line, after), stretch, replica);
    if (taken > 0) {
        after.offset += taken;
        ox_line_remember(line, after.leaf, after.slot);
        count_in(line, after.leaf, replica, stretch, taken);
    }
    if (taken == stretch->length)
        return after;
    struct ox_stretch rest = *stretch;
    if (taken > 0)
        ox_stretch_skip(&rest, taken);
    struct ox_run run = pack(line, &rest, replica);
    struct ox_spot spot = insert_run(line, after, &run);
    ox_line_remember(line, spot.leaf, spot.slot);
    count_in(line, spot.leaf, replica, &rest, rest.length);
    ox_leaf_lower_least(line, spot.leaf, ox_run_least(&run));
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

/* How many of the places of `next` a dead run can take over, with their killers, and the step from
 * one killer to the next then. */
static uint32_t takes_over(const struct ox_run *run, const struct ox_run *next, int *step) {
    if (run->kind != OX_PLACE_DEAD || next->kind != OX_PLACE_DEAD ||
        run->replica != next->replica || run->n + run->length != next->n ||
        run->lamport + run->length != next->lamport || run->killer != next->killer)
        return 0;
    struct ox_killers a = {run->killer_n, run->length, run->step};
    struct ox_killers b = {next->killer_n, next->length, next->step};
    uint32_t taken = ox_killers_absorb(&a, &b, step), room = OX_STRETCH_MAX - run->length;
    return taken < room ? taken : room;
}

/* Lets a dead run take over the one behind it, if it can take it whole. */
static bool merge_dead(struct ox_line *line, struct ox_leaf *leaf, uint32_t slot) {
    int step;
    if (slot + 1 >= leaf->count)
        return false;
    struct ox_run *run = &leaf->runs[slot];
    if (takes_over(run, run + 1, &step) != run[1].length)
        return false;
    run->length += run[1].length;
    run->step = (int8_t)step;
    close_slot(line, leaf, slot + 1);
    return true;
}

/* Makes `count` places from a spot on a run of their own. */
static struct ox_spot isolate(struct ox_line *line, struct ox_spot spot, uint32_t count) {
    uint32_t leaf = spot.leaf, slot = spot.slot;
    uint32_t behind = line->leaves[leaf].runs[slot].length - spot.offset - count;
    uint32_t more = (spot.offset > 0) + (behind > 0);
    if (more > 0)
        ox_leaf_make_room(line, &leaf, &slot, more);
    struct ox_leaf *in = &line->leaves[leaf];
    if (spot.offset > 0)
        split_run(line, in, slot++, spot.offset, 0);
    if (behind > 0)
        split_run(line, in, slot, count, 0);
    return (struct ox_spot){leaf, slot, 0};
}

/* As many places, and bytes of content, less are shown; at the end of all contents, or inside. */
static void hide(struct ox_line *line, uint32_t leaf, uint32_t count, uint32_t bytes, bool at_end) {
    if (at_end)
        line->content_size -= bytes;
    else
        line->content_dead += bytes;
    line->shown -= count;
    ox_leaf_show(line, leaf, 0u - count);
}

void ox_line_kill(struct ox_line *line, struct ox_spot spot, uint32_t count, struct ox_dot killer,
                  int step) {
    const struct ox_run *run = ox_run_at(line, spot);
    struct ox_run dead = {.n = run->n + spot.offset,
                          .lamport = run->lamport + spot.offset,
                          .killer_n = killer.n,
                          .length = count,
                          .replica = run->replica,
                          .killer = open_replica(line, killer.replica),
                          .kind = OX_PLACE_DEAD,
                          .step = (int8_t)(count > 1 ? step : 0)};
    bool alive = ox_run_alive(run);
    uint32_t bytes = alive ? count * run->width : 0;
    bool at_end = alive && spot.offset + count == run->length && has_last_content(line, run);
    ox_line_keep_cursor(line, spot.leaf, spot.slot);
    ox_line_remember(line, spot.leaf, spot.slot);
    spot = isolate(line, spot, count);
    struct ox_leaf *leaf = &line->leaves[spot.leaf];
    leaf->runs[spot.slot] = dead;
    merge_dead(line, leaf, spot.slot);
    if (spot.slot > 0 && merge_dead(line, leaf, spot.slot - 1) && line->cursor_leaf == spot.leaf &&
        line->cursor_slot == spot.slot)
        line->cursor_slot--; /* dead as well: as many are shown before it */
    if (alive)
        hide(line, spot.leaf, count, bytes, at_end);
}
