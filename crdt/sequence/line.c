#include "crdt/sequence/nodes.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

void ox_line_free(struct ox_line *line) {
    free(line->leaves);
    free(line->inners);
    free(line->replicas);
    free(line->by_id);
    free(line->contents);
    ox_locator_free(&line->locator);
    *line = (struct ox_line){0};
}

void ox_line_clear(struct ox_line *line) {
    ox_locator_clear(&line->locator);
    line->leaf_count = line->inner_count = line->replica_count = 0;
    line->content_size = line->content_dead = 0;
    line->root = line->height = line->first = line->last = 0;
    line->runs = 0;
    line->places = line->shown = line->lamport = 0;
    line->cursor_leaf = OX_LINE_NONE;
    line->due = 0;
}

/* `*to` = `count` items of `from`, in memory of their own. */
static bool copy_items(void **to, const void *from, size_t count, size_t item) {
    *to = NULL;
    if (count == 0)
        return true;
    *to = malloc(count * item);
    if (*to != NULL)
        memcpy(*to, from, count * item);
    return *to != NULL;
}

enum ox_status ox_line_copy(struct ox_line *to, const struct ox_line *from) {
    void *leaves, *inners, *replicas, *by_id, *contents;
    *to = *from;
    to->locator = (struct ox_locator){0};
    bool whole = copy_items(&leaves, from->leaves, from->leaf_count, sizeof *from->leaves);
    whole = copy_items(&inners, from->inners, from->inner_count, sizeof *from->inners) && whole;
    whole =
        copy_items(&replicas, from->replicas, from->replica_count, sizeof *from->replicas) && whole;
    whole = copy_items(&by_id, from->by_id, from->replica_count, sizeof *from->by_id) && whole;
    whole = copy_items(&contents, from->contents, from->content_size, 1) && whole;
    to->leaves = leaves;
    to->inners = inners;
    to->replicas = replicas;
    to->by_id = by_id;
    to->contents = contents;
    to->leaf_capacity = from->leaf_count;
    to->inner_capacity = from->inner_count;
    to->replica_capacity = from->replica_count;
    to->content_capacity = from->content_size;
    if (whole && ox_locator_copy(&to->locator, &from->locator) == OX_OK)
        return OX_OK;
    ox_line_free(to);
    return OX_NOMEM;
}

size_t ox_line_bytes(const struct ox_line *line) {
    return line->leaf_capacity * sizeof *line->leaves +
           line->inner_capacity * sizeof *line->inners +
           line->replica_capacity * (sizeof *line->replicas + sizeof *line->by_id) +
           line->content_capacity + ox_locator_bytes(&line->locator);
}

/* ---- room ---- */

/* Room for `more` nodes; a quarter more than needed where there are many already. */
static enum ox_status reserve_nodes(void **nodes, uint32_t count, uint32_t *capacity, uint64_t more,
                                    size_t size) {
    uint64_t need = count + more;
    if (need <= *capacity)
        return OX_OK;
    uint64_t wanted = (uint64_t)*capacity + *capacity / 4;
    if (wanted < need)
        wanted = need;
    if (wanted >= OX_LINE_NONE)
        return OX_OVERFLOW;
    void *grown = ox_array_resize(*nodes, count * size, *capacity * size, (size_t)wanted * size);
    if (grown == NULL)
        return OX_NOMEM;
    *nodes = grown;
    *capacity = (uint32_t)wanted;
    return OX_OK;
}

/* How many nodes of `room` places can split when so many items come, some at a time, each time into
 * a node of its own at worst: a node that split has half its room free. */
static uint64_t splits(uint64_t times, uint64_t items, uint64_t nodes, uint64_t room) {
    uint64_t share = nodes + items / (room / 4) + 1;
    return times < share ? times : share;
}

static enum ox_status reserve_tree(struct ox_line *line, uint64_t changes) {
    enum { MOVED = OX_LEAF_RUNS / 2 };
    uint64_t more = 2 * changes; /* a run in the middle of another makes three of one */
    bool fits_one =
        line->leaf_count <= 1 &&
        (line->leaf_count == 0 ? 0 : line->leaves[line->first].count) + more <= OX_LEAF_RUNS;
    uint64_t leaves = line->leaf_count == 0, inners = 0;
    if (!fits_one) {
        leaves += splits(changes, more, line->leaf_count, OX_LEAF_RUNS);
        inners = splits(leaves, leaves, line->inner_count, OX_INNER_CHILDREN) + line->height + 2;
    }
    void *nodes = line->leaves;
    enum ox_status status =
        reserve_nodes(&nodes, line->leaf_count, &line->leaf_capacity, leaves, sizeof *line->leaves);
    line->leaves = nodes;
    if (status != OX_OK)
        return status;
    nodes = line->inners;
    status = reserve_nodes(&nodes, line->inner_count, &line->inner_capacity, inners,
                           sizeof *line->inners);
    line->inners = nodes;
    if (status == OX_OK && !fits_one)
        status = ox_locator_reserve(&line->locator, 2 * (2 * changes + (leaves + 1) * MOVED));
    return status;
}

static enum ox_status reserve_replicas(struct ox_line *line, uint32_t more) {
    uint64_t need = (uint64_t)line->replica_count + more;
    if (need <= line->replica_capacity)
        return OX_OK;
    uint32_t capacity = line->replica_capacity;
    void *grown = ox_array_grow(line->replicas, &capacity, need, sizeof *line->replicas);
    if (grown == NULL)
        return OX_NOMEM;
    line->replicas = grown;
    grown = realloc(line->by_id, capacity * sizeof *line->by_id);
    if (grown == NULL)
        return OX_NOMEM;
    line->by_id = grown;
    line->replica_capacity = capacity;
    return OX_OK;
}

static enum ox_status reserve_contents(struct ox_line *line, uint64_t more) {
    uint64_t need = line->content_size + more;
    if (need <= line->content_capacity)
        return OX_OK;
    if (need > OX_LINE_MAX)
        return OX_OVERFLOW;
    void *grown = ox_array_grow(line->contents, &line->content_capacity, need, 1);
    if (grown == NULL)
        return OX_NOMEM;
    line->contents = grown;
    return OX_OK;
}

enum ox_status ox_line_reserve(struct ox_line *line, uint64_t changes, uint32_t replicas,
                               uint64_t content) {
    if (line->runs + 2 * changes > OX_LINE_MAX || line->shown + content > OX_LINE_MAX)
        return OX_OVERFLOW; /* an element has at least one byte of content */
    enum ox_status status = reserve_tree(line, changes);
    if (status == OX_OK)
        status = reserve_replicas(line, replicas);
    if (status == OX_OK)
        status = reserve_contents(line, content);
    return status;
}

enum ox_status ox_line_reserve_at(struct ox_line *line, struct ox_spot spot, uint64_t content) {
    enum { KEYS = 2 };
    bool leaf_fits = spot.leaf != OX_LINE_NONE && line->leaves[spot.leaf].count + 2 <= OX_LEAF_RUNS;
    if (leaf_fits && line->replica_count < line->replica_capacity &&
        line->content_capacity - line->content_size >= content &&
        line->shown + content <= OX_LINE_MAX &&
        (line->height == 0 || ox_locator_fits(&line->locator, KEYS)))
        return OX_OK;
    return ox_line_reserve(line, 1, 1, content);
}

/* ---- looking ---- */

/* The index in by_id of the first replica that is not below. */
static uint32_t rank_of_id(const struct ox_line *line, ox_replica id) {
    uint32_t low = 0, high = line->replica_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (line->replicas[line->by_id[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t ox_line_search_replica(const struct ox_line *line, ox_replica id) {
    uint32_t at = rank_of_id(line, id);
    bool known = at < line->replica_count && line->replicas[line->by_id[at]].id == id;
    return known ? line->by_id[at] : OX_LINE_NONE;
}

/* The run with a dot among those from one slot to another, both inclusive. */
static bool find_among(const struct ox_line *line, uint32_t leaf, uint32_t low, uint32_t high,
                       uint32_t replica, uint64_t n, struct ox_spot *spot) {
    const struct ox_leaf *in = &line->leaves[leaf];
    for (uint32_t i = low; i <= high; i++) {
        if (!ox_run_has(&in->runs[i], replica, n))
            continue;
        *spot = (struct ox_spot){leaf, i, (uint32_t)(n - in->runs[i].n)};
        return true;
    }
    return false;
}

/* Looks where the line was changed last, at the runs that a writer deals with there. */
static bool find_near(const struct ox_line *line, uint32_t replica, uint64_t n,
                      struct ox_spot *spot) {
    enum { NEAR = 2 };
    uint32_t leaf = line->recent_leaf, slot = line->recent_slot;
    if (leaf >= line->leaf_count || slot >= line->leaves[leaf].count)
        return false;
    uint32_t last = line->leaves[leaf].count - 1;
    return find_among(line, leaf, slot, slot, replica, n, spot) ||
           find_among(line, leaf, slot > NEAR ? slot - NEAR : 0, slot + 1 < last ? slot + 1 : last,
                      replica, n, spot);
}

bool ox_line_find(const struct ox_line *line, struct ox_dot dot, struct ox_spot *spot) {
    uint32_t replica = ox_line_replica(line, dot.replica);
    if (replica == OX_LINE_NONE || line->leaf_count == 0)
        return false;
    if (find_near(line, replica, dot.n, spot))
        return true;
    uint32_t leaf =
        line->height == 0 ? line->first : ox_locator_find(&line->locator, replica, dot.n);
    return leaf != OX_LOCATOR_NONE &&
           find_among(line, leaf, 0, line->leaves[leaf].count - 1, replica, dot.n, spot);
}

/* What came in before it has moved it behind where it was. */
bool ox_line_find_again(const struct ox_line *line, struct ox_dot dot, struct ox_spot *spot) {
    enum { MOVED = 4 };
    uint32_t leaf = spot->leaf, slot = spot->slot;
    if (leaf < line->leaf_count && slot < line->leaves[leaf].count) {
        uint32_t replica = ox_line_replica(line, dot.replica), last = line->leaves[leaf].count - 1;
        if (last > slot + MOVED)
            last = slot + MOVED;
        if (replica != OX_LINE_NONE && find_among(line, leaf, slot, last, replica, dot.n, spot))
            return true;
    }
    return ox_line_find(line, dot, spot);
}

/* The least dot of a replica from n on that begins a run of a leaf; 0 when none does. */
static uint64_t run_from(const struct ox_leaf *leaf, uint32_t replica, uint64_t n) {
    uint64_t least = 0;
    for (uint32_t i = 0; i < leaf->count; i++) {
        const struct ox_run *run = &leaf->runs[i];
        if (run->replica == replica && run->n >= n && (least == 0 || run->n < least))
            least = run->n;
    }
    return least;
}

/* What is in a range is in its leaf, and a gap ends where a run begins. */
uint32_t ox_line_gap(const struct ox_line *line, struct ox_dot dot, uint32_t most) {
    uint32_t replica = ox_line_replica(line, dot.replica);
    if (replica == OX_LINE_NONE || line->leaf_count == 0)
        return most;
    uint64_t at = dot.n, last = line->replicas[replica].last_n;
    while (at <= last && at - dot.n < most) {
        uint64_t end = 0;
        uint32_t leaf =
            line->height == 0 ? line->first : ox_locator_range(&line->locator, replica, at, &end);
        uint64_t next = leaf != OX_LOCATOR_NONE ? run_from(&line->leaves[leaf], replica, at) : 0;
        if (next > 0 && (end == 0 || next < end))
            return next - dot.n < most ? (uint32_t)(next - dot.n) : most;
        if (end == 0)
            break;
        at = end;
    }
    return most;
}

/* What nodes say is asked. That they may be told only now nobody sees, as little as the cursor. */
static void settle(const struct ox_line *line) {
    ox_line_settle((struct ox_line *)line);
}

/* The leaf around a position, and the elements before it; through the tree. */
static uint32_t descend(const struct ox_line *line, uint64_t position, uint64_t *before) {
    settle(line);
    uint32_t node = line->root;
    uint64_t left = position;
    for (uint32_t level = line->height; level > 0; level--) {
        const struct ox_inner *inner = &line->inners[node];
        uint32_t i = 0;
        while (left >= inner->shown[i])
            left -= inner->shown[i++];
        assert(i < inner->count);
        node = inner->child[i];
    }
    *before = position - left;
    return node;
}

static uint32_t shown_of(const struct ox_run *run) {
    return ox_run_alive(run) ? run->length : 0;
}

/* Moves the cursor to the run that shows `position`, if that is in the same leaf. */
static bool step_cursor(struct ox_line *line, uint64_t position) {
    const struct ox_leaf *leaf = &line->leaves[line->cursor_leaf];
    uint32_t slot = line->cursor_slot;
    uint64_t before = line->cursor_before;
    while (position < before) {
        if (slot == 0)
            return false;
        before -= shown_of(&leaf->runs[--slot]);
    }
    while (position - before >= shown_of(&leaf->runs[slot])) {
        before += shown_of(&leaf->runs[slot]);
        if (++slot == leaf->count)
            return false;
    }
    line->cursor_slot = slot;
    line->cursor_before = before;
    return true;
}

struct ox_spot ox_line_at(struct ox_line *line, uint64_t position) {
    assert(position < line->shown);
    if (line->cursor_leaf == OX_LINE_NONE || !step_cursor(line, position)) {
        line->cursor_leaf = descend(line, position, &line->cursor_before);
        line->cursor_slot = 0;
        bool found = step_cursor(line, position);
        assert(found);
        (void)found;
    }
    return (struct ox_spot){line->cursor_leaf, line->cursor_slot,
                            (uint32_t)(position - line->cursor_before)};
}

uint64_t ox_line_before(const struct ox_line *line, struct ox_spot spot) {
    const struct ox_leaf *leaf = &line->leaves[spot.leaf];
    uint64_t before = ox_run_alive(&leaf->runs[spot.slot]) ? spot.offset : 0;
    for (uint32_t i = 0; i < spot.slot; i++)
        before += ox_run_alive(&leaf->runs[i]) ? leaf->runs[i].length : 0;
    settle(line);
    uint32_t node = leaf->parent, slot = leaf->slot;
    for (uint32_t level = 0; level < line->height; level++) {
        const struct ox_inner *inner = &line->inners[node];
        for (uint32_t i = 0; i < slot; i++)
            before += inner->shown[i];
        node = inner->parent;
        slot = inner->slot;
    }
    return before;
}

struct ox_stretch ox_run_stretch(const struct ox_line *line, const struct ox_run *run) {
    struct ox_stretch stretch = {.dot = {line->replicas[run->replica].id, run->n},
                                 .lamport = run->lamport,
                                 .length = run->length,
                                 .kind = (enum ox_place_kind)run->kind};
    if (ox_run_alive(run)) {
        stretch.width = run->width;
        stretch.data = line->contents + run->offset;
    } else {
        stretch.killer = (struct ox_dot){line->replicas[run->killer].id, run->killer_n};
        stretch.step = run->step;
    }
    return stretch;
}

struct ox_stretch ox_line_stretch(const struct ox_line *line, struct ox_spot spot) {
    struct ox_stretch stretch = ox_run_stretch(line, &line->leaves[spot.leaf].runs[spot.slot]);
    if (spot.offset > 0)
        ox_stretch_skip(&stretch, spot.offset);
    return stretch;
}

bool ox_line_is_newest(const struct ox_line *line, struct ox_dot dot, uint64_t lamport) {
    uint32_t replica = ox_line_replica(line, dot.replica);
    return replica == OX_LINE_NONE || line->replicas[replica].last_n == 0 ||
           (line->replicas[replica].last_n < dot.n &&
            line->replicas[replica].last_lamport < lamport);
}

uint32_t ox_line_rest(const struct ox_line *line, struct ox_spot spot) {
    return line->leaves[spot.leaf].runs[spot.slot].length - spot.offset;
}

bool ox_line_next(const struct ox_line *line, struct ox_spot *spot) {
    if (spot->leaf == OX_LINE_NONE) {
        *spot = (struct ox_spot){line->first, 0, 0};
        return line->leaf_count > 0;
    }
    spot->offset = 0;
    if (++spot->slot < line->leaves[spot->leaf].count)
        return true;
    spot->slot = 0;
    spot->leaf = line->leaves[spot->leaf].next;
    return spot->leaf != OX_LINE_NONE;
}

struct ox_spot ox_line_shown_before(const struct ox_line *line, struct ox_spot spot) {
    const struct ox_spot start = {OX_LINE_NONE, 0, 0};
    if (spot.leaf == OX_LINE_NONE || ox_run_alive(&line->leaves[spot.leaf].runs[spot.slot]))
        return spot;
    const struct ox_leaf *leaf = &line->leaves[spot.leaf];
    for (uint32_t i = spot.slot; i-- > 0;)
        if (ox_run_alive(&leaf->runs[i]))
            return (struct ox_spot){spot.leaf, i, leaf->runs[i].length - 1};
    uint64_t before = ox_line_before(line, spot);
    if (before == 0)
        return start;
    uint64_t first;
    spot.leaf = descend(line, before - 1, &first);
    leaf = &line->leaves[spot.leaf];
    for (spot.slot = leaf->count; spot.slot-- > 0;)
        if (ox_run_alive(&leaf->runs[spot.slot]))
            break;
    spot.offset = leaf->runs[spot.slot].length - 1;
    return spot;
}

/* ---- where a late place goes ---- */

/* The last place of the leaf before; none at the start of the line. */
static struct ox_spot end_of_previous(const struct ox_line *line, uint32_t leaf) {
    uint32_t previous = line->leaves[leaf].previous;
    if (previous == OX_LINE_NONE)
        return (struct ox_spot){OX_LINE_NONE, 0, 0};
    const struct ox_leaf *in = &line->leaves[previous];
    return (struct ox_spot){previous, in->count - 1, in->runs[in->count - 1].length - 1};
}

/* The first leaf behind `leaf` with a timestamp below; OX_LINE_NONE when there is none. */
static uint32_t leaf_below(const struct ox_line *line, uint32_t leaf, uint64_t lamport,
                           ox_replica replica) {
    uint32_t node = line->leaves[leaf].parent, slot = line->leaves[leaf].slot;
    uint32_t level = 0;
    for (; level < line->height; level++) {
        const struct ox_inner *inner = &line->inners[node];
        for (slot++; slot < inner->count; slot++)
            if (ox_least_below(line, inner->least[slot], lamport, replica))
                break;
        if (slot < inner->count)
            break;
        slot = inner->slot;
        node = inner->parent;
    }
    if (level == line->height)
        return OX_LINE_NONE;
    uint32_t child = line->inners[node].child[slot];
    for (; level > 0; level--) {
        const struct ox_inner *inner = &line->inners[child];
        slot = 0;
        while (!ox_least_below(line, inner->least[slot], lamport, replica))
            slot++;
        child = inner->child[slot];
    }
    return child;
}

/* The spot before the first run from `slot` on that is below; false when the leaf has none. */
static bool landing_in_leaf(const struct ox_line *line, uint32_t leaf, uint32_t slot,
                            uint64_t lamport, ox_replica replica, struct ox_spot *spot) {
    const struct ox_leaf *in = &line->leaves[leaf];
    while (slot < in->count &&
           !ox_least_below(line, ox_run_least(&in->runs[slot]), lamport, replica))
        slot++;
    if (slot == in->count)
        return false;
    *spot = slot == 0 ? end_of_previous(line, leaf)
                      : (struct ox_spot){leaf, slot - 1, in->runs[slot - 1].length - 1};
    return true;
}

struct ox_spot ox_line_landing(const struct ox_line *line, struct ox_spot parent, uint64_t lamport,
                               ox_replica replica) {
    if (line->leaf_count == 0)
        return parent;
    uint32_t leaf = line->first, slot = 0;
    if (parent.leaf != OX_LINE_NONE) {
        const struct ox_run *run = &line->leaves[parent.leaf].runs[parent.slot];
        struct ox_least next = {run->lamport + parent.offset + 1, run->replica};
        if (parent.offset + 1 < run->length && ox_least_below(line, next, lamport, replica))
            return parent;
        leaf = parent.leaf;
        slot = parent.slot + 1;
    }
    struct ox_spot spot;
    if (landing_in_leaf(line, leaf, slot, lamport, replica, &spot))
        return spot;
    leaf = leaf_below(line, leaf, lamport, replica);
    if (leaf != OX_LINE_NONE) {
        bool found = landing_in_leaf(line, leaf, 0, lamport, replica, &spot);
        assert(found);
        (void)found;
        return spot;
    }
    const struct ox_leaf *last = &line->leaves[line->last];
    return (struct ox_spot){line->last, last->count - 1, last->runs[last->count - 1].length - 1};
}
