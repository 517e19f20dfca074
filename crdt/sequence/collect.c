/* Collecting: deleted places that nothing can hang on any more go.
 *
 *     line     p (deleted)   q          stable: p and its deletion
 *                \__________/           q not stable: p stays, because a replica that lacks q must
 *                  q hangs on p         find p to put q behind it
 *
 * A place that somebody may still send was made by a replica that had seen all that is stable, the
 * deletion of p included; so it does not hang on p, and it is above all that is stable, so that it
 * lands at the same spot whether p is there or not. What hangs on a place that goes is stable, is
 * everywhere, and keeps its place in the line.
 *
 * A run is never walked place by place, as it may be far longer than the bytes that told of it.
 * What hangs on its places and is not of the run stands behind it, in descending order:
 *
 *     run       (5,A) (6,A) (7,A)    then  (9,B)  (7,C)  (6,B)  (6,A') ...  down to the first that
 *     hangs on                             (7,A)  (7,A)  (6,A)  (5,A)       is below (5,A)
 *
 * Each place hangs on one only, so these steps are, for all runs together, no more than there are
 * runs.
 */
#include "crdt/array.h"
#include "crdt/sequence/parts.h"

#include <stdlib.h>

/* The place behind a spot; false at the end of the line. */
static bool behind(const struct ox_line *line, struct ox_spot *spot) {
    if (spot->leaf != OX_LINE_NONE && ox_line_stretch(line, *spot).length > 1) {
        spot->offset++;
        return true;
    }
    return ox_line_next(line, spot);
}

/* Of a dead run the places first..end-1 are stable, and so are their deletions and what else of the
 * run hangs on them. */
struct candidates {
    const struct ox_line *line;
    const struct ox_vv *stable;
    struct ox_stretch run;
    struct ox_spot spot; /* its last place, then that which the last step came to */
    uint32_t first, end;
};

/* False: the run has none. */
static bool find_candidates(struct candidates *c, const struct ox_line *line, struct ox_spot spot,
                            const struct ox_vv *stable) {
    struct ox_stretch run = ox_line_stretch(line, spot);
    struct ox_seen seen = {.vv = stable};
    uint32_t places, killers;
    if (run.kind != OX_PLACE_DEAD || !ox_seen_stretch(&seen, run.dot, run.length, &places))
        return false;
    bool begins = run.step < 0 ? ox_seen_stretch_down(&seen, run.killer, run.length, &killers)
                               : ox_seen_stretch(&seen, run.killer, run.length, &killers);
    uint32_t end = run.step > 0 && killers < places ? killers : places;
    /* On the last that is stable hangs the next one, which is not. */
    if (end == places && places < run.length)
        end--;
    spot.offset += run.length - 1;
    *c = (struct candidates){line, stable, run, spot, begins ? 0 : killers, end};
    return c->first < c->end;
}

/* Steps to the next candidate, the last first, that a place hangs on which is not stable; one comes
 * as often as it has such. False: there is no more. */
static bool next_needed(struct candidates *c, uint32_t *at) {
    const struct ox_stretch *run = &c->run;
    while (behind(c->line, &c->spot)) {
        struct ox_stretch next = ox_line_stretch(c->line, c->spot);
        if (!ox_ts_less(run->lamport + c->first, run->dot.replica, next.lamport, next.dot.replica))
            return false;
        c->spot = ox_line_landing(c->line, c->spot, next.lamport, next.dot.replica);
        uint64_t above = next.lamport - run->lamport - (next.dot.replica <= run->dot.replica);
        *at = above < run->length ? (uint32_t)above : run->length - 1;
        if (*at < c->end && !ox_vv_has(c->stable, next.dot))
            return true;
    }
    return false;
}

bool ox_line_has_residue(const struct ox_line *line, const struct ox_vv *stable) {
    struct candidates c;
    if (line->shown == line->places)
        return false;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0}; ox_line_next(line, &spot);) {
        if (!find_candidates(&c, line, spot, stable))
            continue;
        uint32_t at, last = UINT32_MAX, needed = 0;
        for (; next_needed(&c, &at); last = at)
            needed += at != last;
        if (needed < c.end - c.first)
            return true;
    }
    return false;
}

/* ---- collecting ---- */

/* The line without what goes. */
struct rest {
    struct ox_line line;
    uint32_t *needed; /* of one run */
    uint32_t count, capacity;
};

static enum ox_status put(struct rest *rest, const struct ox_stretch *run, uint32_t from,
                          uint32_t end) {
    struct ox_stretch part = *run;
    if (from == end)
        return OX_OK;
    if (from > 0)
        ox_stretch_skip(&part, from);
    ox_stretch_keep(&part, end - from);
    enum ox_status status = ox_line_reserve(&rest->line, 1, 2, (uint64_t)part.length * part.width);
    if (status == OX_OK)
        ox_line_append(&rest->line, &part);
    return status;
}

static enum ox_status gather_needed(struct rest *rest, struct candidates *c) {
    rest->count = 0;
    for (uint32_t at; next_needed(c, &at);) {
        if (rest->count > 0 && rest->needed[rest->count - 1] == at)
            continue;
        if (rest->count == rest->capacity) {
            uint32_t *grown = ox_array_grow(rest->needed, &rest->capacity,
                                            (uint64_t)rest->count + 1, sizeof *grown);
            if (grown == NULL)
                return OX_NOMEM;
            rest->needed = grown;
        }
        rest->needed[rest->count++] = at;
    }
    return OX_OK;
}

static enum ox_status put_rest(struct rest *rest, struct candidates *c) {
    enum ox_status status = gather_needed(rest, c);
    if (status == OX_OK)
        status = put(rest, &c->run, 0, c->first);
    for (uint32_t i = rest->count; i > 0 && status == OX_OK; i--)
        status = put(rest, &c->run, rest->needed[i - 1], rest->needed[i - 1] + 1);
    return status == OX_OK ? put(rest, &c->run, c->end, c->run.length) : status;
}

static enum ox_status keep(struct rest *rest, const struct ox_line *line,
                           const struct ox_vv *stable) {
    enum ox_status status = OX_OK;
    struct candidates c;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0};
         status == OX_OK && ox_line_next(line, &spot);) {
        struct ox_stretch run = ox_line_stretch(line, spot);
        status = find_candidates(&c, line, spot, stable) ? put_rest(rest, &c)
                                                         : put(rest, &run, 0, run.length);
    }
    return status;
}

enum ox_status ox_line_collect(struct ox_line *line, const struct ox_vv *stable) {
    struct rest rest = {0};
    if (line->shown == line->places)
        return OX_OK;
    enum ox_status status = keep(&rest, line, stable);
    if (status == OX_OK) {
        struct ox_line old = *line;
        *line = rest.line;
        rest.line = old;
    }
    ox_line_free(&rest.line);
    free(rest.needed);
    return status;
}
