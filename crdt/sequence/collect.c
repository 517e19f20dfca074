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
 */
#include "crdt/sequence/parts.h"

/* The place behind a spot; false at the end of the line. */
static bool behind(const struct ox_line *line, struct ox_spot *spot) {
    if (spot->leaf != OX_LINE_NONE && ox_line_stretch(line, *spot).length > 1) {
        spot->offset++;
        return true;
    }
    return ox_line_next(line, spot);
}

/* Whether a place that is not stable hangs on this one. Its children stand in descending order,
 * each before what hangs on it: the next child is the next place below the last. */
static bool is_needed(const struct ox_line *line, struct ox_spot spot, const struct ox_vv *stable) {
    struct ox_stretch self = ox_line_stretch(line, spot);
    while (behind(line, &spot)) {
        struct ox_stretch next = ox_line_stretch(line, spot);
        if (!ox_ts_less(self.lamport, self.dot.replica, next.lamport, next.dot.replica))
            return false;
        if (!ox_vv_has(stable, next.dot))
            return true;
        spot = ox_line_landing(line, spot, next.lamport, next.dot.replica);
    }
    return false;
}

/* Whether the first `*count` places of a stretch go; or all of them stay. */
static bool goes(const struct ox_line *line, struct ox_spot spot, const struct ox_stretch *stretch,
                 const struct ox_vv *stable, uint32_t *count) {
    *count = stretch->length;
    if (stretch->kind != OX_PLACE_DEAD || !ox_vv_has(stable, stretch->dot))
        return false;
    *count = 1;
    return ox_vv_has(stable, stretch->killer) && !is_needed(line, spot, stable);
}

static enum ox_status keep(struct ox_line *rest, const struct ox_line *line,
                           const struct ox_vv *stable) {
    enum ox_status status = OX_OK;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0};
         status == OX_OK && ox_line_next(line, &spot);) {
        struct ox_stretch left = ox_line_stretch(line, spot);
        for (;;) {
            uint32_t count;
            bool gone = goes(line, spot, &left, stable, &count);
            struct ox_stretch put = left;
            ox_stretch_keep(&put, count);
            if (!gone)
                status = ox_line_reserve(rest, 1, 2, (uint64_t)count * put.width);
            if (!gone && status == OX_OK)
                ox_line_append(rest, &put);
            if (status != OX_OK || count == left.length)
                break;
            ox_stretch_skip(&left, count);
            spot.offset += count;
        }
    }
    return status;
}

enum ox_status ox_line_collect(struct ox_line *line, const struct ox_vv *stable) {
    struct ox_line rest = {0};
    if (line->shown == line->places)
        return OX_OK;
    enum ox_status status = keep(&rest, line, stable);
    if (status == OX_OK) {
        struct ox_line old = *line;
        *line = rest;
        rest = old;
    }
    ox_line_free(&rest);
    return status;
}
