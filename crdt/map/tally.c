#include "crdt/map/tally.h"

#include "crdt/array.h"
#include "crdt/sum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ox_tally_free(struct ox_tally *tally) {
    free(tally->pieces);
    *tally = (struct ox_tally){0};
}

enum ox_status ox_tally_reserve(struct ox_tally *tally, uint32_t more) {
    uint64_t need = (uint64_t)tally->count + more;
    if (need <= tally->capacity)
        return OX_OK;
    struct ox_piece *pieces = ox_array_grow(tally->pieces, &tally->capacity, need, sizeof *pieces);
    if (pieces == NULL)
        return OX_NOMEM;
    tally->pieces = pieces;
    return OX_OK;
}

/* The index of the first piece whose replica is not below `replica`. */
static uint32_t place_of(const struct ox_tally *tally, ox_replica replica) {
    return ox_array_floor(tally->pieces, tally->count, sizeof *tally->pieces, replica);
}

const struct ox_piece *ox_tally_find(const struct ox_tally *tally, ox_replica replica) {
    uint32_t at = place_of(tally, replica);
    bool found = at < tally->count && tally->pieces[at].replica == replica;
    return found ? &tally->pieces[at] : NULL;
}

struct ox_piece *ox_tally_open(struct ox_tally *tally, ox_replica replica) {
    uint32_t at = place_of(tally, replica);
    if (at < tally->count && tally->pieces[at].replica == replica)
        return &tally->pieces[at];
    assert(tally->count < tally->capacity);
    memmove(tally->pieces + at + 1, tally->pieces + at,
            (tally->count - at) * sizeof *tally->pieces);
    tally->pieces[at] = (struct ox_piece){.replica = replica};
    tally->count++;
    return &tally->pieces[at];
}

void ox_tally_tidy(struct ox_tally *tally) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < tally->count; i++)
        if (tally->pieces[i].n > 0 || tally->pieces[i].reset_n > 0)
            tally->pieces[kept++] = tally->pieces[i];
    tally->count = kept;
}

bool ox_tally_shows(const struct ox_tally *tally) {
    for (uint32_t i = 0; i < tally->count; i++)
        if (ox_piece_shows(&tally->pieces[i]))
            return true;
    return false;
}

static struct ox_sum sum_of(const struct ox_tally *tally) {
    struct ox_sum sum = {0};
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct ox_piece *piece = &tally->pieces[i];
        if (!ox_piece_shows(piece))
            continue;
        ox_sum_add(&sum, piece->total);
        if (piece->reset_n > 0)
            ox_sum_subtract(&sum, piece->reset_total);
    }
    return sum;
}

void ox_tally_value(const struct ox_tally *tally, struct ox_buf *out) {
    struct ox_sum sum = sum_of(tally);
    ox_sum_json(&sum, out);
}

int64_t ox_tally_read(const struct ox_tally *tally) {
    struct ox_sum sum = sum_of(tally);
    return ox_sum_read(&sum);
}

/* ---- one replica's piece ---- */

/* A reset from before the beginning is over; one that covers all the rest stands for it. */
static void settle(struct ox_piece *piece) {
    if (piece->n > 0 && piece->reset_n > 0 && piece->reset_n < piece->first) {
        piece->reset_n = 0;
        piece->reset_total = 0;
        piece->reset_by = (struct ox_dot){0, 0};
    } else if (piece->reset_n >= piece->n) {
        piece->first = 0;
        piece->n = 0;
        piece->total = 0;
    }
}

enum ox_status ox_piece_move(struct ox_piece *piece, int64_t amount, uint64_t n) {
    struct ox_piece next = *piece;
    if (piece->n == 0) { /* nothing, or all of it reset */
        next.first = n;
        next.total = 0;
    }
    if (amount > 0 ? next.total > INT64_MAX - amount : next.total < INT64_MIN - amount)
        return OX_OVERFLOW;
    next.total += amount;
    next.n = n;
    settle(&next);
    *piece = next;
    return OX_OK;
}

struct ox_piece ox_piece_updates(const struct ox_piece *piece) {
    return (struct ox_piece){
        .replica = piece->replica, .first = piece->first, .n = piece->n, .total = piece->total};
}

void ox_piece_reset(struct ox_piece *piece, struct ox_dot dot) {
    assert(ox_piece_shows(piece));
    piece->reset_n = piece->n;
    piece->reset_total = piece->total;
    piece->reset_by = dot;
    settle(piece);
}

bool ox_piece_shows(const struct ox_piece *piece) {
    return piece->n > 0;
}

static bool same_updates(const struct ox_piece *a, const struct ox_piece *b) {
    return a->first == b->first && a->n == b->n && a->total == b->total;
}

static bool same_reset(const struct ox_piece *a, const struct ox_piece *b) {
    return a->reset_n == b->reset_n && a->reset_total == b->reset_total &&
           ox_dot_compare(a->reset_by, b->reset_by) == 0;
}

bool ox_piece_equal(const struct ox_piece *a, const struct ox_piece *b) {
    return a->replica == b->replica && same_updates(a, b) && same_reset(a, b);
}

/* The order in which updates win. Two payloads of one dot are not made by an honest replica, but
 * must not depend on the side either; resets likewise. */
static bool later_updates(const struct ox_piece *a, const struct ox_piece *b) {
    if (a->n != b->n)
        return a->n > b->n;
    return a->first != b->first ? a->first > b->first : a->total > b->total;
}

static bool later_reset(const struct ox_piece *a, const struct ox_piece *b) {
    if (a->reset_n != b->reset_n)
        return a->reset_n > b->reset_n;
    int order = ox_dot_compare(a->reset_by, b->reset_by);
    return order != 0 ? order < 0 : a->reset_total > b->reset_total;
}

static void take_updates(struct ox_piece *to, const struct ox_piece *from) {
    to->first = from->first;
    to->n = from->n;
    to->total = from->total;
}

static void take_reset(struct ox_piece *to, const struct ox_piece *from) {
    to->reset_n = from->reset_n;
    to->reset_total = from->reset_total;
    to->reset_by = from->reset_by;
}

/* What of one side the other has not seen, or holds as well: as in a set of dots. A removal's dot
 * is shared by all that it reset, so that a delta that brings it need not hold all of them: of
 * resets only a context can tell. */
static struct ox_piece living(const struct ox_piece *piece, const struct ox_piece *other,
                              const struct ox_seen *other_seen) {
    struct ox_piece left = {.replica = piece->replica};
    const struct ox_vv *vv = other_seen->vv;
    bool held =
        piece->reset_n == other->reset_n && ox_dot_compare(piece->reset_by, other->reset_by) == 0;
    if (piece->n > 0 && (piece->n == other->n ||
                         !ox_seen_has(other_seen, (struct ox_dot){piece->replica, piece->n})))
        take_updates(&left, piece);
    if (piece->reset_n > 0 && (held || vv == NULL || !ox_vv_has(vv, piece->reset_by)))
        take_reset(&left, piece);
    return left;
}

struct ox_piece ox_piece_join(const struct ox_piece *mine, const struct ox_seen *my_seen,
                              const struct ox_piece *theirs, const struct ox_seen *their_seen) {
    struct ox_piece joined = living(mine, theirs, their_seen);
    struct ox_piece more = living(theirs, mine, my_seen);
    if (later_updates(&more, &joined))
        take_updates(&joined, &more);
    if (later_reset(&more, &joined))
        take_reset(&joined, &more);
    settle(&joined);
    /* Updates that are gone were reset, further than by a reset from before them: that was
     * collected with them. */
    uint64_t last = mine->n > theirs->n ? mine->n : theirs->n;
    if (joined.n == 0 && joined.reset_n < last)
        joined = (struct ox_piece){.replica = joined.replica};
    return joined;
}

struct ox_piece ox_piece_outside(const struct ox_piece *piece, const struct ox_seen *seen) {
    struct ox_piece left = {.replica = piece->replica};
    if (piece->n > 0 && !ox_seen_has(seen, (struct ox_dot){piece->replica, piece->n}))
        take_updates(&left, piece);
    if (piece->reset_n > 0 && !ox_seen_has(seen, piece->reset_by))
        take_reset(&left, piece);
    return left;
}

bool ox_piece_is_residue(const struct ox_piece *piece, const struct ox_vv *stable) {
    struct ox_dot last = {piece->replica, piece->reset_n};
    return piece->n == 0 && ox_vv_has(stable, last) && ox_vv_has(stable, piece->reset_by);
}

void ox_piece_collect(struct ox_piece *piece, const struct ox_vv *stable) {
    if (ox_piece_is_residue(piece, stable))
        *piece = (struct ox_piece){.replica = piece->replica};
}

bool ox_piece_valid(const struct ox_piece *piece, bool only_grows, const char **reason) {
    bool updates = piece->n > 0;
    bool reset = piece->reset_n > 0;
    if (!updates && !reset) {
        *reason = "a counter in a map keeps a replica without updates";
        return false;
    }
    if (updates && (piece->first == 0 || piece->first > piece->n)) {
        *reason = "a counter's updates begin after they end";
        return false;
    }
    if (updates && reset && (piece->reset_n < piece->first || piece->reset_n >= piece->n)) {
        *reason = "a counter keeps a reset that is over, or updates that are all reset";
        return false;
    }
    if (reset && piece->reset_by.n == 0) {
        *reason = "a counter's reset has no dot";
        return false;
    }
    if (only_grows && ((updates && piece->total < 1) || (reset && piece->reset_total < 1))) {
        *reason = "a total of a counter that only grows is not one that updates can make";
        return false;
    }
    return true;
}
