/* vv.h - version vectors and sets of dots.
 *
 * A dot (replica, n) names the n-th update of a replica to one object. A version vector maps each
 * replica to the n up to which all its dots are held; it is the whole context of an object, because
 * a context is always causally closed (see object.h).
 *
 *     A: {A:3, B:1}      B: {A:2, B:2}      concurrent
 *            \               /
 *             join {A:3, B:2}               the least vector above both
 *
 * Parker et al., "Detection of mutual inconsistency in distributed systems", 1983.
 *
 * Both kinds are sorted arrays: canonical, small, and O(log n) to look up. Zero-initialised is
 * empty and valid. Entries never have n = 0; spans never touch or overlap.
 */
#ifndef OXBOW_CRDT_VV_H
#define OXBOW_CRDT_VV_H

#include "crdt/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t ox_replica; /* incarnation x 2^20 + node; the incarnation is given from outside */

struct ox_dot {
    ox_replica replica;
    uint64_t n; /* from 1 */
};

/* By replica, then n. */
static inline bool ox_dot_below(struct ox_dot a, struct ox_dot b) {
    return a.replica < b.replica || (a.replica == b.replica && a.n < b.n);
}
static inline int ox_dot_compare(struct ox_dot a, struct ox_dot b) {
    return ox_dot_below(b, a) - ox_dot_below(a, b);
}

/* ---- version vectors ---- */
struct ox_vv {
    struct ox_dot *entries; /* ascending by replica */
    uint32_t count;
    uint32_t capacity;
};

extern const struct ox_vv ox_vv_none; /* without entries */

enum ox_order { OX_EQUAL, OX_BEFORE, OX_AFTER, OX_CONCURRENT };

void ox_vv_free(struct ox_vv *vv);
/* Empty, memory kept. */
static inline void ox_vv_clear(struct ox_vv *vv) {
    vv->count = 0;
}
/* The index of the last entry whose replica is not above `replica`, or 0. The last one first, for
 * who is new mostly has the greatest number; then it halves without a branch that depends on the
 * entries. */
static inline uint32_t ox_vv_floor(const struct ox_vv *vv, ox_replica replica) {
    uint32_t low = 0;
    uint32_t left = vv->count;
    if (left > 0 && vv->entries[left - 1].replica <= replica)
        return left - 1;
    for (uint32_t half; left > 1; left -= half) {
        half = left / 2;
        low += vv->entries[low + half].replica <= replica ? half : 0;
    }
    return low;
}
/* The entry of `replica`, or NULL. */
static inline struct ox_dot *ox_vv_find(const struct ox_vv *vv, ox_replica replica) {
    uint32_t at = ox_vv_floor(vv, replica);
    return at < vv->count && vv->entries[at].replica == replica ? &vv->entries[at] : NULL;
}
enum ox_status ox_vv_copy(struct ox_vv *to, const struct ox_vv *from); /* `to` is valid before */
/* 0 when absent. */
static inline uint64_t ox_vv_get(const struct ox_vv *vv, ox_replica replica) {
    const struct ox_dot *entry = ox_vv_find(vv, replica);
    return entry != NULL ? entry->n : 0;
}
static inline bool ox_vv_has(const struct ox_vv *vv, struct ox_dot dot) {
    return dot.n <= ox_vv_get(vv, dot.replica);
}
/* vv[replica] = max(vv[replica], n); n = 0 does nothing. */
enum ox_status ox_vv_raise(struct ox_vv *vv, ox_replica replica, uint64_t n);
/* Room for `more` new replicas, so that as many raises cannot fail. */
enum ox_status ox_vv_grow(struct ox_vv *vv, uint32_t more); /* when there is not */
static inline enum ox_status ox_vv_reserve(struct ox_vv *vv, uint32_t more) {
    return more <= vv->capacity - vv->count ? OX_OK : ox_vv_grow(vv, more);
}
/* vv = the least upper bound of both. Cost: O(log vv) for each entry of `other`, less where they
 * lie close; and each entry of vv moves once, if a replica below it is new. */
enum ox_status ox_vv_join(struct ox_vv *vv, const struct ox_vv *other);
/* Adds to `ahead` (empty, and not `vv`) the entries of `other` that are above those of `vv`. */
enum ox_status ox_vv_ahead(struct ox_vv *ahead, const struct ox_vv *vv, const struct ox_vv *other);
enum ox_status ox_vv_meet(struct ox_vv *to, const struct ox_vv *a, const struct ox_vv *b);
enum ox_order ox_vv_compare(const struct ox_vv *a, const struct ox_vv *b);
/* Whether other <= vv; most that is asked for is empty. */
bool ox_vv_covers_any(const struct ox_vv *vv, const struct ox_vv *other);
static inline bool ox_vv_covers(const struct ox_vv *vv, const struct ox_vv *other) {
    return other->count == 0 || ox_vv_covers_any(vv, other);
}
bool ox_vv_equal(const struct ox_vv *a, const struct ox_vv *b);
uint64_t ox_vv_total(const struct ox_vv *vv); /* the number of dots in it */
bool ox_vv_valid(const struct ox_vv *vv, const char **reason);
size_t ox_vv_bytes(const struct ox_vv *vv); /* heap bytes it keeps */
/* Wire: map {replica: n}. Decoding replaces `vv`, or fails the cursor and leaves it as it was. */
void ox_vv_encode(const struct ox_vv *vv, struct ox_buf *out);
enum ox_status ox_vv_decode(struct ox_vv *vv, struct ox_cbor *in);

/* ---- sets of dots, as intervals ---- */
struct ox_span {
    ox_replica replica;
    uint64_t first;
    uint64_t last; /* first <= last */
};

struct ox_dots {
    struct ox_span *spans; /* ascending; of one replica at least one dot apart */
    uint32_t count;
    uint32_t capacity;
};

void ox_dots_free(struct ox_dots *dots);
/* Empty, memory kept. */
static inline void ox_dots_clear(struct ox_dots *dots) {
    dots->count = 0;
}
enum ox_status ox_dots_copy(struct ox_dots *to, const struct ox_dots *from);
/* Room for `more` spans, so that as many adds cannot fail. */
enum ox_status ox_dots_reserve(struct ox_dots *dots, uint32_t more);
enum ox_status ox_dots_add(struct ox_dots *dots, struct ox_span span); /* O(spans) at worst */
enum ox_status ox_dots_union(struct ox_dots *dots, const struct ox_dots *other);
enum ox_status ox_dots_subtract(struct ox_dots *dots, const struct ox_dots *other);
/* The span that holds the dot, or NULL; likewise. */
const struct ox_span *ox_dots_find(const struct ox_dots *dots, struct ox_dot dot);
bool ox_dots_has(const struct ox_dots *dots, struct ox_dot dot); /* O(log spans) */
bool ox_dots_equal(const struct ox_dots *a, const struct ox_dots *b);
uint64_t ox_dots_total(const struct ox_dots *dots);
bool ox_dots_valid(const struct ox_dots *dots, const char **reason);
size_t ox_dots_bytes(const struct ox_dots *dots);
/* Every dot of `vv`. */
enum ox_status ox_dots_of_vv(struct ox_dots *dots, const struct ox_vv *vv);
/* Wire: map {replica: [first, length, gap, length, ...]}: `gap` counts the dots left out between
 * two spans (at least 1), so that equal sets have equal bytes. */
void ox_dots_encode(const struct ox_dots *dots, struct ox_buf *out);
enum ox_status ox_dots_decode(struct ox_dots *dots, struct ox_cbor *in);

#ifdef __cplusplus
}
#endif

#endif
