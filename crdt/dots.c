/* Sets of dots as intervals: the second half of vv.h.
 *
 *     A: 1 2 3 . . 6 7        spans (A, 1..3), (A, 6..7)       wire {A: [1, 3, 2, 2]}
 */
#include "crdt/array.h"
#include "crdt/vv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ox_dots_free(struct ox_dots *dots) {
    free(dots->spans);
    *dots = (struct ox_dots){0};
}

enum ox_status ox_dots_reserve(struct ox_dots *dots, uint32_t more) {
    uint64_t need = (uint64_t)dots->count + more;
    if (need <= dots->capacity)
        return OX_OK;
    struct ox_span *spans = ox_array_grow(dots->spans, &dots->capacity, need, sizeof *spans);
    if (spans == NULL)
        return OX_NOMEM;
    dots->spans = spans;
    return OX_OK;
}

enum ox_status ox_dots_copy(struct ox_dots *to, const struct ox_dots *from) {
    if (from->count > to->capacity) {
        enum ox_status status = ox_dots_reserve(to, from->count - to->count);
        if (status != OX_OK)
            return status;
    }
    if (from->count != 0)
        memmove(to->spans, from->spans, from->count * sizeof *to->spans);
    to->count = from->count;
    return OX_OK;
}

/* Whether `left` ends at least one dot before `right` begins, so that they stay two spans. */
static bool apart(const struct ox_span *left, const struct ox_span *right) {
    if (left->replica != right->replica)
        return left->replica < right->replica;
    return left->last < right->first && right->first - left->last > 1;
}

/* The index of the first span that is not wholly, and apart, before `span`. */
static uint32_t place_of(const struct ox_dots *dots, const struct ox_span *span) {
    uint32_t low = 0;
    uint32_t high = dots->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (apart(&dots->spans[middle], span))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* `into` becomes the least span around both. */
static void widen(struct ox_span *into, const struct ox_span *span) {
    if (span->first < into->first)
        into->first = span->first;
    if (span->last > into->last)
        into->last = span->last;
}

enum ox_status ox_dots_add(struct ox_dots *dots, struct ox_span span) {
    assert(span.first >= 1);
    assert(span.first <= span.last);
    /* Dots mostly come in order. */
    if ((dots->count == 0 || apart(&dots->spans[dots->count - 1], &span)) &&
        dots->count < dots->capacity) {
        dots->spans[dots->count++] = span;
        return OX_OK;
    }
    uint32_t begin = place_of(dots, &span);
    uint32_t end = begin;
    while (end < dots->count && !apart(&span, &dots->spans[end]))
        widen(&span, &dots->spans[end++]);
    if (begin == end) {
        enum ox_status status = ox_dots_reserve(dots, 1);
        if (status != OX_OK)
            return status;
    }
    memmove(dots->spans + begin + 1, dots->spans + end, (dots->count - end) * sizeof span);
    dots->spans[begin] = span;
    dots->count = dots->count - (end - begin) + 1;
    return OX_OK;
}

/* Appends a span that begins at or after the last one's first dot. Room was reserved. */
static void append(struct ox_dots *dots, const struct ox_span *span) {
    if (dots->count > 0 && !apart(&dots->spans[dots->count - 1], span))
        widen(&dots->spans[dots->count - 1], span);
    else
        dots->spans[dots->count++] = *span;
}

static bool begins_before(const struct ox_span *a, const struct ox_span *b) {
    return a->replica != b->replica ? a->replica < b->replica : a->first < b->first;
}

enum ox_status ox_dots_union(struct ox_dots *dots, const struct ox_dots *other) {
    if (other->count == 0)
        return OX_OK;
    if (other->count == 1)
        return ox_dots_add(dots, other->spans[0]);
    struct ox_dots sum = {0};
    uint64_t most = (uint64_t)dots->count + other->count;
    if (most > UINT32_MAX || ox_dots_reserve(&sum, (uint32_t)most) != OX_OK)
        return OX_NOMEM;
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < dots->count || j < other->count) {
        bool mine = j == other->count ||
                    (i < dots->count && begins_before(&dots->spans[i], &other->spans[j]));
        append(&sum, mine ? &dots->spans[i++] : &other->spans[j++]);
    }
    ox_dots_free(dots);
    *dots = sum;
    return OX_OK;
}

/* Appends to `rest` what `span` has outside the spans of `other` from `*at` on, and moves `*at` to
 * the first that may matter to a later span. Room was reserved. */
static void append_outside(struct ox_dots *rest, struct ox_span span, const struct ox_dots *other,
                           uint32_t *at) {
    for (; *at < other->count; ++*at) {
        const struct ox_span *cut = &other->spans[*at];
        if (cut->replica < span.replica || (cut->replica == span.replica && cut->last < span.first))
            continue;
        if (cut->replica > span.replica || cut->first > span.last)
            break;
        if (cut->first > span.first)
            rest->spans[rest->count++] = (struct ox_span){span.replica, span.first, cut->first - 1};
        if (cut->last >= span.last)
            return;
        span.first = cut->last + 1;
    }
    rest->spans[rest->count++] = span;
}

enum ox_status ox_dots_subtract(struct ox_dots *dots, const struct ox_dots *other) {
    if (dots->count == 0 || other->count == 0)
        return OX_OK;
    struct ox_dots rest = {0};
    uint64_t most = (uint64_t)dots->count + other->count; /* every cut splits at most one span */
    if (most > UINT32_MAX || ox_dots_reserve(&rest, (uint32_t)most) != OX_OK)
        return OX_NOMEM;
    uint32_t at = 0;
    for (uint32_t i = 0; i < dots->count; i++)
        append_outside(&rest, dots->spans[i], other, &at);
    ox_dots_free(dots);
    *dots = rest;
    return OX_OK;
}

const struct ox_span *ox_dots_find(const struct ox_dots *dots, struct ox_dot dot) {
    uint32_t low = 0;
    uint32_t high = dots->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ox_span *span = &dots->spans[middle];
        if (span->replica < dot.replica || (span->replica == dot.replica && span->last < dot.n))
            low = middle + 1;
        else
            high = middle;
    }
    bool holds = low < dots->count && dots->spans[low].replica == dot.replica &&
                 dots->spans[low].first <= dot.n;
    return holds ? &dots->spans[low] : NULL;
}

bool ox_dots_has(const struct ox_dots *dots, struct ox_dot dot) {
    return ox_dots_find(dots, dot) != NULL;
}

bool ox_dots_equal(const struct ox_dots *a, const struct ox_dots *b) {
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->spans, b->spans, a->count * sizeof *a->spans) == 0);
}

uint64_t ox_dots_total(const struct ox_dots *dots) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < dots->count; i++) {
        uint64_t length = dots->spans[i].last - dots->spans[i].first + 1;
        if (length > UINT64_MAX - total)
            return UINT64_MAX;
        total += length;
    }
    return total;
}

bool ox_dots_valid(const struct ox_dots *dots, const char **reason) {
    if (dots->count > dots->capacity) {
        *reason = "a set of dots counts more spans than it has room for";
        return false;
    }
    for (uint32_t i = 0; i < dots->count; i++) {
        const struct ox_span *span = &dots->spans[i];
        if (span->first == 0 || span->first > span->last) {
            *reason = "a span of dots is empty or begins at 0";
            return false;
        }
        if (i > 0 && !apart(&dots->spans[i - 1], span)) {
            *reason = "spans of dots touch, overlap or do not ascend";
            return false;
        }
    }
    return true;
}

size_t ox_dots_bytes(const struct ox_dots *dots) {
    return dots->capacity * sizeof *dots->spans;
}

enum ox_status ox_dots_of_vv(struct ox_dots *dots, const struct ox_vv *vv) {
    struct ox_dots all = {0};
    enum ox_status status = ox_dots_reserve(&all, vv->count);
    if (status != OX_OK)
        return status;
    for (uint32_t i = 0; i < vv->count; i++)
        all.spans[all.count++] = (struct ox_span){vv->entries[i].replica, 1, vv->entries[i].n};
    ox_dots_free(dots);
    *dots = all;
    return OX_OK;
}

/* ---- wire ---- */

/* The index behind the last span of the replica that spans[begin] is of. */
static uint32_t end_of_replica(const struct ox_dots *dots, uint32_t begin) {
    uint32_t end = begin + 1;
    while (end < dots->count && dots->spans[end].replica == dots->spans[begin].replica)
        end++;
    return end;
}

void ox_dots_encode(const struct ox_dots *dots, struct ox_buf *out) {
    uint64_t replicas = 0;
    for (uint32_t i = 0; i < dots->count; i = end_of_replica(dots, i))
        replicas++;
    ox_cbor_put_map(out, replicas);
    for (uint32_t begin = 0; begin < dots->count;) {
        uint32_t end = end_of_replica(dots, begin);
        uint64_t next = 0; /* the dot behind the span before; dots begin at 1, so that the first
                              number is `first` itself */
        ox_cbor_put_uint(out, dots->spans[begin].replica);
        ox_cbor_put_array(out, 2 * (uint64_t)(end - begin));
        for (uint32_t i = begin; i < end; i++) {
            ox_cbor_put_uint(out, dots->spans[i].first - next);
            ox_cbor_put_uint(out, dots->spans[i].last - dots->spans[i].first + 1);
            next = dots->spans[i].last + 1;
        }
        begin = end;
    }
}

/* Reads the spans of one replica behind the last one. */
static enum ox_status decode_replica(struct ox_dots *read, ox_replica replica, struct ox_cbor *in) {
    size_t numbers = ox_cbor_array(in);
    if (numbers == 0 || numbers % 2 != 0 || numbers / 2 > UINT32_MAX)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    if (ox_dots_reserve(read, (uint32_t)(numbers / 2)) != OX_OK)
        return OX_NOMEM;
    uint64_t before = 0; /* the dot in front of which a gap of one would begin */
    for (size_t i = 0; i < numbers / 2; i++) {
        uint64_t gap = ox_cbor_uint(in);
        uint64_t length = ox_cbor_uint(in);
        if (in->failed || gap == 0 || length == 0 || gap > UINT64_MAX - before ||
            length - 1 > UINT64_MAX - (before + gap)) {
            ox_cbor_fail(in);
            return OX_MALFORMED;
        }
        uint64_t first = before + gap;
        uint64_t last = first + (length - 1);
        read->spans[read->count++] = (struct ox_span){replica, first, last};
        if (last == UINT64_MAX && i + 1 < numbers / 2) {
            ox_cbor_fail(in);
            return OX_MALFORMED;
        }
        before = last + 1;
    }
    return OX_OK;
}

enum ox_status ox_dots_decode(struct ox_dots *dots, struct ox_cbor *in) {
    /* Behind what is there, so that it is still there if the bytes are bad. */
    uint32_t before = dots->count;
    enum ox_status status = OX_OK;
    size_t replicas = ox_cbor_map(in);
    ox_replica previous = 0;
    for (size_t i = 0; i < replicas && status == OX_OK; i++) {
        ox_replica replica = ox_cbor_uint(in);
        if (i > 0 && replica <= previous)
            ox_cbor_fail(in);
        previous = replica;
        status = decode_replica(dots, replica, in);
    }
    if (status == OX_OK && in->failed)
        status = OX_MALFORMED;
    if (status != OX_OK) {
        ox_cbor_fail(in);
        dots->count = before;
        return status;
    }
    dots->count -= before;
    if (before > 0 && dots->count > 0)
        memmove(dots->spans, dots->spans + before, dots->count * sizeof *dots->spans);
    return OX_OK;
}
