/* tally.h - a counter in a map: one that can be reset, and whose reset can be forgotten.
 *
 *     piece   per replica: (first, n, total): its updates first..n have this total
 *             and, once reset: (n, total then, dot of the removal)
 *     read    the sum over replicas of total - total when reset
 *
 *     A adds 3, 4 (A1 A2)              A (1..2: 7)
 *     B, having both, removes          A (reset 2: 7 by B1)            the piece is hidden
 *     A, who knows nothing of B, adds
 *     5 (A3); join                     A (1..3: 12, reset 2: 7 by B1)  reads 5
 *     A adds 2 (A4), B removes         A (reset 4: 14 by B2)           hidden again
 *     A adds 1 (A5)                    A (5..5: 1)                     a new beginning
 *
 * Of two updates the greater n wins whole, of two resets too, at equal n the lesser dot. A reset
 * that covers its updates wholly stands for them. The next update there begins anew, with `first`
 * its own n, so that a reset from before, which may still be under way, is known by its n and
 * dropped. One that covers a part only must stay: a concurrent reset counts from the same
 * beginning. After Weidner, Almeida, "An oblivious observed-reset embeddable replicated counter",
 * PaPoC 2022.
 */
#ifndef OXBOW_CRDT_MAP_TALLY_H
#define OXBOW_CRDT_MAP_TALLY_H

#include "crdt/object.h"

struct ox_piece {
    ox_replica replica;
    uint64_t first, n; /* n 0: no updates here, or none that is not reset */
    int64_t total;
    uint64_t reset_n; /* 0: not reset */
    int64_t reset_total;
    struct ox_dot reset_by;
};

/* Zero-initialised is empty and valid. */
struct ox_tally {
    struct ox_piece *pieces; /* ascending by replica */
    uint32_t count;
    uint32_t capacity;
};

void ox_tally_free(struct ox_tally *tally);
enum ox_status ox_tally_reserve(struct ox_tally *tally, uint32_t more);
const struct ox_piece *ox_tally_find(const struct ox_tally *tally, ox_replica replica);
/* The replica's piece, made empty if it is not there; room for one. */
struct ox_piece *ox_tally_open(struct ox_tally *tally, ox_replica replica);
/* Drops the pieces that say nothing. */
void ox_tally_tidy(struct ox_tally *tally);
/* Whether an update is left that no removal cancelled. */
bool ox_tally_shows(const struct ox_tally *tally);
/* The sum, exact, as JSON; or as near to it as an int64 can be. */
void ox_tally_value(const struct ox_tally *tally, struct ox_buf *out);
int64_t ox_tally_read(const struct ox_tally *tally);

/* The piece after one more update of its replica. OX_OVERFLOW: the total would leave int64. */
enum ox_status ox_piece_move(struct ox_piece *piece, int64_t amount, uint64_t n);
/* The piece without its reset, as the delta of an update carries it. */
struct ox_piece ox_piece_updates(const struct ox_piece *piece);
/* The piece with all its updates cancelled by `dot`. */
void ox_piece_reset(struct ox_piece *piece, struct ox_dot dot);
bool ox_piece_shows(const struct ox_piece *piece);
bool ox_piece_equal(const struct ox_piece *a, const struct ox_piece *b);
/* The join of one replica's pieces on two sides; either may be empty. What a side has seen and
 * holds no more, nor anything greater, was collected there. */
struct ox_piece ox_piece_join(const struct ox_piece *mine, const struct ox_seen *my_seen,
                              const struct ox_piece *theirs, const struct ox_seen *their_seen);
/* What of the piece is not in `seen`. */
struct ox_piece ox_piece_outside(const struct ox_piece *piece, const struct ox_seen *seen);
/* Whether it says nothing any more once everything in `stable` was seen by all; and then it does.
 */
bool ox_piece_is_residue(const struct ox_piece *piece, const struct ox_vv *stable);
void ox_piece_collect(struct ox_piece *piece, const struct ox_vv *stable);
bool ox_piece_valid(const struct ox_piece *piece, bool only_grows, const char **reason);

#endif
