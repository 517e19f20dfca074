/* Joining lines.
 *
 * A delta's places are put in one by one, the least timestamp first, so that what they hang on is
 * there: a place goes behind its parent and behind every place there that is greater, which are the
 * parent's younger children and theirs.
 *
 *     parent  (5,C) (7,A)  (3,B)        a place (4,A) on `parent` goes before (3,B)
 *
 * Two lines are merged like sorted lists: what both have is in one order, and between two such
 * places the greater of two heads goes first, because each side already has its own in the order of
 * a depth-first walk.
 */
#include "crdt/array.h"
#include "crdt/sequence/parts.h"
#include "crdt/sequence/typing.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Whether a side has seen one of the updates that made the deletions of a run. It then has had that
 * deletion, and what it holds of the place can only be the same or a lesser one. */
static bool saw_killer(const struct ox_seen *seen, struct ox_dot first, uint32_t count, int step) {
    if (step < 0)
        first.n -= count - 1;
    return ox_seen_has(seen, first);
}

/* ---- one edit into a line ---- */

enum ox_status ox_line_receive(const struct ox_line *line, struct ox_dot at, struct ox_dot dot,
                               uint64_t *lamport, struct ox_spot *spot) {
    uint64_t parent = 0;
    *spot = (struct ox_spot){OX_LINE_NONE, 0, 0};
    if (at.n > 0) {
        if (!ox_line_find(line, at, spot))
            return OX_DIVERGED;
        parent = ox_run_at(line, *spot)->lamport + spot->offset;
    }
    if (*lamport == 0)
        *lamport = parent + 1;
    if (!ox_ts_less(parent, at.replica, *lamport, dot.replica) ||
        !ox_line_is_newest(line, dot, *lamport))
        return OX_DIVERGED;
    if (*lamport <= line->lamport)
        *spot = ox_line_landing(line, *spot, *lamport, dot.replica);
    return OX_OK;
}

/* One run of new places behind one that is here: nearly every delta is that, or one deletion. */
static enum ox_status join_run(struct ox_line *line, struct ox_stretch run, struct ox_dot after) {
    struct ox_spot spot;
    bool goes_on = after.replica == run.dot.replica && after.n + 1 == run.dot.n;
    if (goes_on && run.kind == OX_PLACE_TEXT && run.length == 1 && run.width == 1 &&
        ox_line_type_on(line, run.dot, run.lamport, run.data[0]))
        return OX_OK;
    enum ox_status status = ox_line_receive(line, after, run.dot, &run.lamport, &spot);
    if (status == OX_OK)
        status = ox_line_reserve_at(line, spot, (uint64_t)run.length * run.width);
    if (status == OX_OK)
        ox_line_insert(line, spot, &run);
    return status;
}

enum ox_status ox_line_join_deletion(struct ox_line *line, const struct ox_vv *context,
                                     const struct ox_deletion *deletion, bool *changed) {
    struct ox_spot spot;
    *changed = false;
    if (!ox_line_find(line, deletion->target, &spot)) /* if it was here it was collected */
        return ox_vv_has(context, deletion->target) ? OX_OK : OX_DIVERGED;
    if (!ox_run_alive(ox_run_at(line, spot)) &&
        ox_dot_compare(ox_line_stretch(line, spot).killer, deletion->killer) <= 0)
        return OX_OK;
    if (ox_vv_has(context, deletion->killer))
        return OX_DIVERGED;
    *changed = true;
    if (!ox_line_rub(line, spot, deletion->killer)) {
        enum ox_status status = ox_line_reserve_at(line, spot, 0);
        if (status != OX_OK)
            return status;
        ox_line_kill(line, spot, 1, deletion->killer, 0);
    }
    ox_line_compact(line);
    return OX_OK;
}

/* ---- a delta into a line ---- */

/* New places: alive, or dead with their killers. */
struct piece {
    struct ox_stretch stretch;
    struct ox_dot after;
    struct ox_spot spot; /* where that is, unless it comes, too */
};

struct arrivals {
    struct piece *all;
    const void **order;     /* by timestamp */
    struct ox_spot *killed; /* where the first place of each run of deletions is, if it is here */
    uint32_t count, capacity;
    uint64_t content;
    uint64_t changes; /* of the line */
    struct ox_line *line;
    const struct ox_seen *mine;
    const struct ox_loose *loose;
};

static void arrivals_free(struct arrivals *arrivals) {
    free(arrivals->all);
    free(arrivals->order);
    free(arrivals->killed);
}

static enum ox_status arrive(struct arrivals *arrivals, const struct piece *piece) {
    if (arrivals->count == arrivals->capacity) {
        /* Mostly each run is new, and one piece. */
        uint64_t need =
            arrivals->count > 0 ? (uint64_t)arrivals->count + 1 : arrivals->loose->run_count;
        struct piece *grown =
            ox_array_grow(arrivals->all, &arrivals->capacity, need, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        arrivals->all = grown;
    }
    arrivals->content += (uint64_t)piece->stretch.length * piece->stretch.width;
    arrivals->changes++;
    arrivals->all[arrivals->count++] = *piece;
    return OX_OK;
}

/* Whether the place that one hangs on is here or comes with it, and is older. Finds its spot. */
static bool parent_holds(const struct arrivals *arrivals, struct piece *piece) {
    const struct ox_stretch *stretch = &piece->stretch;
    struct ox_dot after = piece->after;
    struct ox_spot *spot = &piece->spot;
    if (after.n == 0)
        return true;
    if (ox_seen_has(arrivals->mine, after)) {
        if (!ox_line_find(arrivals->line, after, spot))
            return false;
        uint64_t lamport = ox_run_at(arrivals->line, *spot)->lamport + spot->offset;
        return ox_ts_less(lamport, after.replica, stretch->lamport, stretch->dot.replica);
    }
    uint32_t at = ox_loose_find(arrivals->loose, after);
    if (at == UINT32_MAX)
        return false;
    const struct ox_loose_run *run = &arrivals->loose->runs[at];
    return ox_ts_less(run->lamport + (after.n - run->dot.n), after.replica, stretch->lamport,
                      stretch->dot.replica);
}

/* Places whose content is not told, with the deletions that come with them. */
static enum ox_status arrive_dead(struct arrivals *arrivals, struct piece piece) {
    struct ox_stretch stretch = piece.stretch;
    for (;;) {
        uint32_t at = ox_loose_find_deletion(arrivals->loose, stretch.dot);
        if (at == UINT32_MAX)
            return OX_DIVERGED;
        struct ox_deletion deletion = arrivals->loose->deletions[at];
        if (stretch.dot.n > deletion.target.n)
            ox_deletion_skip(&deletion, (uint32_t)(stretch.dot.n - deletion.target.n));
        struct ox_stretch *dead = &piece.stretch;
        *dead = stretch;
        dead->kind = OX_PLACE_DEAD;
        dead->killer = deletion.killer;
        dead->step = deletion.step;
        ox_stretch_keep(dead, deletion.length < stretch.length ? deletion.length : stretch.length);
        enum ox_status status = arrive(arrivals, &piece);
        if (status != OX_OK || dead->length == stretch.length)
            return status;
        piece.after = (struct ox_dot){dead->dot.replica, dead->dot.n + dead->length - 1};
        ox_stretch_skip(&stretch, dead->length);
    }
}

/* The places of a run that are new here. */
static enum ox_status arrive_run(struct arrivals *arrivals, uint32_t i) {
    struct ox_stretch left = ox_loose_stretch(arrivals->loose, i);
    struct ox_dot after = arrivals->loose->runs[i].after;
    for (;;) {
        uint32_t count;
        bool known = ox_seen_stretch(arrivals->mine, left.dot, left.length, &count);
        if (!known) {
            struct piece put = {left, after, {OX_LINE_NONE, 0, 0}};
            ox_stretch_keep(&put.stretch, count);
            if (!parent_holds(arrivals, &put) ||
                !ox_line_is_newest(arrivals->line, put.stretch.dot, put.stretch.lamport))
                return OX_DIVERGED;
            enum ox_status status = put.stretch.kind == OX_PLACE_VOID ? arrive_dead(arrivals, put)
                                                                      : arrive(arrivals, &put);
            if (status != OX_OK)
                return status;
        }
        if (count == left.length)
            return OX_OK;
        after = (struct ox_dot){left.dot.replica, left.dot.n + count - 1};
        ox_stretch_skip(&left, count);
    }
}

static int by_timestamp(const void *left, const void *right) {
    const struct ox_stretch *a = &((const struct piece *)left)->stretch;
    const struct ox_stretch *b = &((const struct piece *)right)->stretch;
    return ox_ts_less(a->lamport, a->dot.replica, b->lamport, b->dot.replica) ? -1 : 1;
}

static enum ox_status sort_arrivals(struct arrivals *arrivals) {
    if (arrivals->count < 2)
        return OX_OK;
    arrivals->order = malloc(arrivals->count * sizeof *arrivals->order);
    if (arrivals->order == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < arrivals->count; i++)
        arrivals->order[i] = &arrivals->all[i];
    ox_array_sort(arrivals->order, arrivals->count, by_timestamp);
    return OX_OK;
}

/* How a run of deletions meets the line: the next places, at most `most`, that are treated alike,
 * and whether the deletion is news to them. Shortens nothing; `count` says how many. `spot`: where
 * they may be, and then are. A run may be far longer than the line, and is never walked place by
 * place. */
static bool deletes_here(const struct ox_line *line, const struct ox_deletion *left, uint32_t most,
                         struct ox_spot *spot, uint32_t *count) {
    if (!ox_line_find_again(line, left->target, spot)) {
        *count = ox_line_gap(line, left->target, most); /* collected, or to come with this delta */
        return false;
    }
    struct ox_stretch there = ox_line_stretch(line, *spot);
    *count = there.length < most ? there.length : most;
    return there.kind != OX_PLACE_DEAD ||
           ox_killers_less(left->killer, left->step, there.killer, there.step, *count, count);
}

/* Whether to delete so many places makes more runs of one: not of a whole run. */
static bool cuts(const struct ox_line *line, struct ox_spot spot, uint32_t count) {
    return spot.offset > 0 || count < ox_run_at(line, spot)->length;
}

/* Counts what the deletions will change. Refuses those of places that are nowhere, and those that
 * the line should have had. */
static enum ox_status plan_deletions(struct arrivals *arrivals) {
    uint32_t runs = arrivals->loose->deletion_count;
    arrivals->killed = runs > 0 ? malloc(runs * sizeof *arrivals->killed) : NULL;
    if (runs > 0 && arrivals->killed == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < runs; i++) {
        struct ox_deletion left = arrivals->loose->deletions[i];
        struct ox_spot spot = {OX_LINE_NONE, 0, 0};
        arrivals->killed[i] = spot;
        for (;;) {
            uint32_t count;
            if (ox_seen_stretch(arrivals->mine, left.target, left.length, &count)) {
                bool news = deletes_here(arrivals->line, &left, count, &spot, &count);
                if (news && saw_killer(arrivals->mine, left.killer, count, left.step))
                    return OX_DIVERGED;
                arrivals->changes += news && cuts(arrivals->line, spot, count);
                if (arrivals->killed[i].leaf == OX_LINE_NONE)
                    arrivals->killed[i] = spot;
            } else {
                uint32_t at = ox_loose_find(arrivals->loose, left.target);
                if (at == UINT32_MAX)
                    return OX_DIVERGED;
                const struct ox_loose_run *run = &arrivals->loose->runs[at];
                uint64_t rest = run->length - (left.target.n - run->dot.n);
                if (rest < count)
                    count = (uint32_t)rest;
            }
            if (count == left.length)
                break;
            ox_deletion_skip(&left, count);
        }
    }
    return OX_OK;
}

static void commit_places(struct arrivals *arrivals) {
    struct ox_line *line = arrivals->line;
    for (uint32_t i = 0; i < arrivals->count; i++) {
        const struct piece *piece =
            arrivals->order != NULL ? arrivals->order[i] : &arrivals->all[i];
        struct ox_spot spot = piece->spot;
        bool found = piece->after.n == 0 || ox_line_find_again(line, piece->after, &spot);
        assert(found);
        (void)found;
        spot = ox_line_landing(line, spot, piece->stretch.lamport, piece->stretch.dot.replica);
        ox_line_insert(line, spot, &piece->stretch);
    }
}

static bool commit_deletions(const struct arrivals *arrivals) {
    struct ox_line *line = arrivals->line;
    bool changed = false;
    for (uint32_t i = 0; i < arrivals->loose->deletion_count; i++) {
        struct ox_deletion left = arrivals->loose->deletions[i];
        struct ox_spot spot = arrivals->killed[i];
        for (;;) {
            uint32_t count;
            if (deletes_here(line, &left, left.length, &spot, &count)) {
                ox_line_kill(line, spot, count, left.killer, left.step);
                changed = true;
            }
            if (count == left.length)
                break;
            ox_deletion_skip(&left, count);
        }
    }
    return changed;
}

/* At most so many replicas, of places and of killers. */
static uint32_t replicas_of(const struct ox_loose *loose) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < loose->run_count; i++)
        count += i == 0 || loose->runs[i - 1].dot.replica != loose->runs[i].dot.replica;
    for (uint32_t i = 0; i < loose->deletion_count; i++)
        count +=
            i == 0 || loose->deletions[i - 1].killer.replica != loose->deletions[i].killer.replica;
    return count;
}

static enum ox_status join_all(struct ox_line *line, const struct ox_seen *mine,
                               const struct ox_loose *loose, bool *changed) {
    struct arrivals arrivals = {.line = line, .mine = mine, .loose = loose};
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < loose->run_count && status == OX_OK; i++)
        status = arrive_run(&arrivals, i);
    if (status == OX_OK)
        status = sort_arrivals(&arrivals);
    if (status == OX_OK)
        status = plan_deletions(&arrivals);
    /* An arrival may cut in two what a deletion covers. */
    if (status == OX_OK)
        status = ox_line_reserve(line, arrivals.changes + arrivals.count, replicas_of(loose),
                                 arrivals.content);
    if (status == OX_OK) {
        commit_places(&arrivals);
        bool deleted = commit_deletions(&arrivals);
        ox_line_compact(line);
        *changed = arrivals.count > 0 || deleted;
    }
    arrivals_free(&arrivals);
    return status;
}

enum ox_status ox_line_join_loose(struct ox_line *line, const struct ox_seen *mine,
                                  const struct ox_loose *loose, bool *changed) {
    bool one_run = loose->run_count == 1 && loose->deletion_count == 0;
    bool one_deletion = loose->run_count == 0 && loose->deletion_count == 1;
    bool differs = false;
    enum ox_status status;
    if (one_run && ox_kind_alive(loose->runs[0].kind) && !ox_seen_has(mine, loose->runs[0].dot)) {
        status = join_run(line, ox_loose_stretch(loose, 0), loose->runs[0].after);
        differs = true;
    } else if (one_deletion && loose->deletions[0].length == 1) {
        status = ox_line_join_deletion(line, mine->vv, &loose->deletions[0], &differs);
    } else {
        status = join_all(line, mine, loose, &differs);
    }
    if (status == OX_OK && changed != NULL)
        *changed = differs;
    return status;
}

/* ---- two lines ---- */

enum share { SHARE_NONE, SHARE_ONLY, SHARE_BOTH, SHARE_GONE }; /* gone: the other dropped it */

struct side {
    const struct ox_line *line;
    const struct ox_seen *seen;
    struct ox_spot spot;
    struct ox_stretch left; /* of its run */
    enum share share;       /* of the first places of `left`; NONE: the line is at its end */
    uint32_t alike;         /* how many of them */
};

/* What the other side says of the head of this one. */
static void look(struct side *side, const struct side *other) {
    struct ox_spot there;
    uint32_t count;
    bool seen = ox_seen_stretch(other->seen, side->left.dot, side->left.length, &count);
    side->alike = count;
    side->share = SHARE_ONLY;
    if (seen && ox_line_find(other->line, side->left.dot, &there)) {
        uint32_t length = ox_line_stretch(other->line, there).length;
        side->share = SHARE_BOTH;
        side->alike = count < length ? count : length;
    } else if (seen) {
        side->share = SHARE_GONE;
        side->alike = ox_line_gap(other->line, side->left.dot, count);
    }
}

static void begin(struct side *side, const struct side *other) {
    side->share = SHARE_NONE;
    if (!ox_line_next(side->line, &side->spot))
        return;
    side->left = ox_line_stretch(side->line, side->spot);
    look(side, other);
}

/* Steps over the first places of a side. */
static void advance(struct side *side, const struct side *other, uint32_t count) {
    if (count == side->left.length) {
        begin(side, other);
        return;
    }
    ox_stretch_skip(&side->left, count);
    if (count < side->alike)
        side->alike -= count;
    else
        look(side, other);
}

enum step { STEP_END, STEP_A, STEP_B, STEP_BOTH, STEP_GONE_A, STEP_GONE_B, STEP_DIVERGED };

static enum step next_step(const struct side *a, const struct side *b) {
    if (a->share == SHARE_GONE)
        return STEP_GONE_A;
    if (b->share == SHARE_GONE)
        return STEP_GONE_B;
    if (a->share == SHARE_ONLY && b->share == SHARE_ONLY)
        return ox_ts_less(a->left.lamport, a->left.dot.replica, b->left.lamport,
                          b->left.dot.replica)
                   ? STEP_B
                   : STEP_A;
    if (a->share == SHARE_ONLY || b->share == SHARE_ONLY)
        return a->share == SHARE_ONLY ? STEP_A : STEP_B;
    if (a->share == SHARE_NONE && b->share == SHARE_NONE)
        return STEP_END;
    bool together = a->share == b->share && ox_dot_compare(a->left.dot, b->left.dot) == 0 &&
                    a->left.lamport == b->left.lamport;
    return together ? STEP_BOTH : STEP_DIVERGED;
}

/* How many first elements of two stretches are the same, when not all of so many are; or 1, when
 * the first differ already. */
static uint32_t same_elements(const struct ox_stretch *x, const struct ox_stretch *y) {
    uint32_t same = 0;
    while (memcmp(x->data + (size_t)same * x->width, y->data + (size_t)same * x->width, x->width) ==
           0)
        same++;
    return same > 0 ? same : 1;
}

/* The join of the first places that both have. */
static struct ox_stretch both_here(const struct side *a, const struct side *b) {
    const struct ox_stretch *x = &a->left, *y = &b->left;
    uint32_t count = a->alike < b->alike ? a->alike : b->alike;
    struct ox_stretch sum = *x;
    if (x->kind == OX_PLACE_DEAD && y->kind == OX_PLACE_DEAD) {
        if (ox_killers_less(y->killer, y->step, x->killer, x->step, count, &count))
            sum = *y;
    } else if (x->kind == OX_PLACE_DEAD || y->kind == OX_PLACE_DEAD) {
        sum = x->kind == OX_PLACE_DEAD ? *x : *y;
    } else if (x->kind != y->kind || x->width != y->width ||
               memcmp(x->data, y->data, (size_t)count * x->width) != 0) {
        /* One dot with two contents: the greater, everywhere. */
        count = x->kind == y->kind && x->width == y->width ? same_elements(x, y) : 1;
        if (ox_content_compare(x, y) < 0)
            sum = *y;
    }
    ox_stretch_keep(&sum, count);
    return sum;
}

static bool same_content(const struct ox_stretch *a, const struct ox_stretch *b) {
    if (a->kind != b->kind)
        return false;
    if (a->kind == OX_PLACE_DEAD)
        return ox_dot_compare(a->killer, b->killer) == 0 && (a->length == 1 || a->step == b->step);
    return a->width == b->width && memcmp(a->data, b->data, (size_t)a->length * a->width) == 0;
}

/* The first places of a side that the step takes. */
static struct ox_stretch head_of(const struct side *side, uint32_t count) {
    struct ox_stretch head = side->left;
    ox_stretch_keep(&head, count);
    return head;
}

/* Whether a deletion that is in the join of two sides is one that this side, by what it has seen,
 * should have had. `is` is what it has. */
static bool missed(const struct side *side, const struct ox_stretch *is,
                   const struct ox_stretch *sum) {
    return sum->kind == OX_PLACE_DEAD && !same_content(is, sum) &&
           saw_killer(side->seen, sum->killer, sum->length, sum->step);
}

static enum ox_status add(struct ox_line *sum, const struct ox_stretch *stretch) {
    enum ox_status status = ox_line_reserve(sum, 1, 2, (uint64_t)stretch->length * stretch->width);
    if (status == OX_OK)
        ox_line_append(sum, stretch);
    return status;
}

static enum ox_status merge(struct ox_line *sum, struct side *a, struct side *b, bool *changed) {
    enum ox_status status = OX_OK;
    *changed = false;
    begin(a, b);
    begin(b, a);
    while (status == OX_OK) {
        struct ox_stretch put, was, theirs;
        uint32_t count;
        switch (next_step(a, b)) {
        case STEP_END:
            return OX_OK;
        case STEP_DIVERGED:
            return OX_DIVERGED;
        case STEP_GONE_A:
            *changed = true;
            advance(a, b, a->alike);
            break;
        case STEP_GONE_B:
            advance(b, a, b->alike);
            break;
        case STEP_A:
            put = head_of(a, a->alike);
            status =
                ox_line_is_newest(b->line, put.dot, put.lamport) ? add(sum, &put) : OX_DIVERGED;
            advance(a, b, put.length);
            break;
        case STEP_B:
            put = head_of(b, b->alike);
            status =
                ox_line_is_newest(a->line, put.dot, put.lamport) ? add(sum, &put) : OX_DIVERGED;
            *changed = true;
            advance(b, a, put.length);
            break;
        case STEP_BOTH:
            put = both_here(a, b);
            count = put.length;
            was = head_of(a, count);
            theirs = head_of(b, count);
            *changed = *changed || !same_content(&put, &was);
            status =
                missed(a, &was, &put) || missed(b, &theirs, &put) ? OX_DIVERGED : add(sum, &put);
            advance(a, b, count);
            advance(b, a, count);
            break;
        }
    }
    return status;
}

enum ox_status ox_line_join(struct ox_line *line, const struct ox_seen *mine,
                            const struct ox_line *other, const struct ox_seen *theirs,
                            bool *changed) {
    struct side a = {.line = line, .seen = mine, .spot = {OX_LINE_NONE, 0, 0}};
    struct side b = {.line = other, .seen = theirs, .spot = {OX_LINE_NONE, 0, 0}};
    struct ox_line sum = {0};
    bool differs = other->places > 0;
    /* Who has seen nothing takes it all as it is. */
    enum ox_status status = line->places == 0 && mine->vv->count == 0
                                ? ox_line_copy(&sum, other)
                                : merge(&sum, &a, &b, &differs);
    if (status == OX_OK) {
        struct ox_line old = *line;
        *line = sum;
        sum = old;
        if (changed != NULL)
            *changed = differs;
    }
    ox_line_free(&sum);
    return status;
}

bool ox_line_leq(const struct ox_line *line, const struct ox_seen *mine,
                 const struct ox_line *other, const struct ox_seen *theirs) {
    struct side a = {.line = line, .seen = mine, .spot = {OX_LINE_NONE, 0, 0}};
    struct side b = {.line = other, .seen = theirs, .spot = {OX_LINE_NONE, 0, 0}};
    begin(&a, &b);
    begin(&b, &a);
    for (;;) {
        enum step step = next_step(&a, &b);
        if (step == STEP_END)
            return true;
        if (step == STEP_GONE_A)
            advance(&a, &b, a.alike);
        else if (step == STEP_B)
            advance(&b, &a, b.alike);
        else if (step != STEP_BOTH)
            return false;
        if (step != STEP_BOTH)
            continue;
        struct ox_stretch sum = both_here(&a, &b), is = head_of(&b, sum.length);
        if (!same_content(&sum, &is))
            return false;
        advance(&a, &b, sum.length);
        advance(&b, &a, sum.length);
    }
}

/* How runs are cut in memory says nothing: compared is place by place, as many at once as both
 * have. */
bool ox_line_equal(const struct ox_line *a, const struct ox_line *b) {
    struct ox_spot at = {OX_LINE_NONE, 0, 0}, bt = at;
    if (a->places != b->places || a->shown != b->shown)
        return false;
    bool more_a = ox_line_next(a, &at), more_b = ox_line_next(b, &bt);
    while (more_a && more_b) {
        struct ox_stretch x = ox_line_stretch(a, at), y = ox_line_stretch(b, bt);
        uint32_t count = x.length < y.length ? x.length : y.length;
        bool slanted = x.kind == OX_PLACE_DEAD && x.step != y.step;
        uint32_t x_left = x.length, y_left = y.length;
        if (slanted)
            count = 1;
        ox_stretch_keep(&x, count);
        ox_stretch_keep(&y, count);
        if (ox_dot_compare(x.dot, y.dot) != 0 || x.lamport != y.lamport || !same_content(&x, &y))
            return false;
        at.offset += count;
        bt.offset += count;
        if (count == x_left)
            more_a = ox_line_next(a, &at);
        if (count == y_left)
            more_b = ox_line_next(b, &bt);
    }
    return more_a == more_b;
}
