#include "crdt/counters.h"

#include "crdt/array.h"
#include "crdt/sum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct ox_pair *pairs_of(const struct ox_counters *counter) {
    return counter->capacity > 0 ? counter->block : &counter->place;
}

void *ox_counters_create(void) {
    return calloc(1, sizeof(struct ox_counters));
}

void ox_counters_destroy(void *store) {
    struct ox_counters *counter = store;
    if (counter->capacity > 0)
        free(counter->block);
    free(counter);
}

static enum ox_status reserve(struct ox_counters *counter, uint32_t more) {
    uint64_t need = (uint64_t)counter->count + more;
    uint32_t capacity = counter->capacity;
    if (need <= (capacity > 0 ? capacity : 1))
        return OX_OK;
    struct ox_pair *old = capacity > 0 ? counter->block : NULL;
    struct ox_pair *block = ox_array_grow(old, &capacity, need, sizeof *block);
    if (block == NULL)
        return OX_NOMEM;
    if (old == NULL)
        block[0] = counter->place;
    counter->block = block;
    counter->capacity = capacity;
    return OX_OK;
}

void *ox_counters_copy(const void *store) {
    const struct ox_counters *from = store;
    struct ox_counters *to = ox_counters_create();
    if (to == NULL || reserve(to, from->count) != OX_OK) {
        if (to != NULL)
            ox_counters_destroy(to);
        return NULL;
    }
    memcpy(ox_counters_pairs(to), pairs_of(from), from->count * sizeof(struct ox_pair));
    to->count = from->count;
    return to;
}

void ox_counters_clear(void *store) {
    ((struct ox_counters *)store)->count = 0;
}

/* How many of the first `count` pairs have a replica that is not above this one. */
static uint32_t upto(const struct ox_counters *counter, uint32_t count, ox_replica replica) {
    return ox_array_upto(pairs_of(counter), count, sizeof(struct ox_pair), replica);
}

/* Whether a pair of the same replica gives way to `other`. Two totals at one n are not made by an
 * honest replica; the greater one wins then, so that all replicas still end with the same. */
static bool gives_way(const struct ox_pair *mine, const struct ox_pair *other) {
    return mine->n < other->n || (mine->n == other->n && mine->total < other->total);
}

/* ---- updates ---- */

enum ox_status ox_counters_move(struct ox_counters *counter, enum ox_direction direction,
                                int64_t amount, struct ox_dot dot, struct ox_counters *part) {
    uint32_t at = upto(counter, counter->count, dot.replica);
    bool first = at == 0 || pairs_of(counter)[at - 1].replica != dot.replica;
    struct ox_pair moved = {dot.replica, dot.n, first ? 0 : pairs_of(counter)[at - 1].total};
    enum ox_status status = ox_counters_moved(&moved.total, direction, amount);
    if (status == OX_OK && first)
        status = reserve(counter, 1);
    if (status != OX_OK)
        return status;
    struct ox_pair *to = ox_counters_pairs(counter) + at;
    if (first) {
        memmove(to + 1, to, (counter->count - at) * sizeof *to);
        counter->count++;
        *to = moved;
    } else {
        to[-1] = moved;
    }
    if (part != NULL) {
        part->count = 1; /* it was empty: there is always room for one */
        *ox_counters_pairs(part) = moved;
    }
    return OX_OK;
}

/* ---- joins, order, parts ---- */

/* How many replicas of `other` have no pair yet. */
static uint32_t count_new(const struct ox_counters *counter, const struct ox_counters *other) {
    const struct ox_pair *mine = pairs_of(counter);
    const struct ox_pair *theirs = pairs_of(other);
    uint32_t left = counter->count;
    uint32_t found = 0;
    for (uint32_t i = other->count; i-- > 0;) {
        left = upto(counter, left, theirs[i].replica);
        found += left == 0 || mine[left - 1].replica != theirs[i].replica;
    }
    return found;
}

/* Puts in the pairs of `other`, `more` of which are of new replicas; there is room. From the back,
 * so that what lies between two of them moves once, as a block, and nothing is overwritten before
 * it has moved. Says whether any pair is new or gave way. */
static bool merge(struct ox_counters *counter, const struct ox_counters *other, uint32_t more) {
    struct ox_pair *mine = ox_counters_pairs(counter);
    const struct ox_pair *theirs = pairs_of(other);
    uint32_t left = counter->count; /* of mine: those that have not been passed */
    bool taken = more > 0;
    counter->count += more;
    for (uint32_t i = other->count; i-- > 0;) {
        uint32_t at = upto(counter, left, theirs[i].replica);
        if (more > 0 && at < left)
            memmove(mine + at + more, mine + at, (left - at) * sizeof *mine);
        bool known = at > 0 && mine[at - 1].replica == theirs[i].replica;
        left = at;
        if (!known) {
            more--;
            mine[at + more] = theirs[i];
        } else if (gives_way(&mine[at - 1], &theirs[i])) {
            mine[at - 1] = theirs[i];
            taken = true;
        }
    }
    return taken;
}

enum ox_status ox_counters_join(void *store, const struct ox_seen *mine, const void *other,
                                const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    (void)theirs;
    uint32_t more = count_new(store, other);
    if (reserve(store, more) != OX_OK)
        return OX_NOMEM;
    bool taken = merge(store, other, more);
    if (changed != NULL)
        *changed = taken;
    return OX_OK;
}

/* A pair of a replica above all that are there. */
static enum ox_status append(struct ox_counters *counter, struct ox_pair pair) {
    if (reserve(counter, 1) != OX_OK)
        return OX_NOMEM;
    ox_counters_pairs(counter)[counter->count++] = pair;
    return OX_OK;
}

bool ox_counters_leq(const void *store, const struct ox_seen *mine, const void *other,
                     const struct ox_seen *theirs) {
    (void)mine;
    (void)theirs;
    const struct ox_counters *a = store;
    const struct ox_counters *b = other;
    uint32_t left = b->count;
    for (uint32_t i = a->count; i-- > 0;) {
        const struct ox_pair *pair = &pairs_of(a)[i];
        left = upto(b, left, pair->replica);
        if (left == 0 || pairs_of(b)[left - 1].replica != pair->replica ||
            gives_way(&pairs_of(b)[left - 1], pair))
            return false;
    }
    return true;
}

enum ox_status ox_counters_pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_counters *counter = store;
    const struct ox_pair *pairs = pairs_of(counter);
    for (uint32_t i = 0; i < counter->count; i++) {
        struct ox_pair pair = pairs[i];
        if (ox_seen_has(seen, (struct ox_dot){pair.replica, pair.n}))
            continue;
        if (append(part, pair) != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

enum ox_status ox_counters_alive(const void *store, struct ox_dots *dots) {
    const struct ox_counters *counter = store;
    const struct ox_pair *pairs = pairs_of(counter);
    for (uint32_t i = 0; i < counter->count; i++) {
        struct ox_pair pair = pairs[i];
        if (ox_dots_add(dots, (struct ox_span){pair.replica, pair.n, pair.n}) != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

enum ox_status ox_counters_split(const void *store, enum ox_status (*each)(void *self, void *part),
                                 void *self) {
    const struct ox_counters *counter = store;
    const struct ox_pair *pairs = pairs_of(counter);
    for (uint32_t i = 0; i < counter->count; i++) {
        struct ox_counters *part = ox_counters_create();
        if (part == NULL)
            return OX_NOMEM;
        *part = (struct ox_counters){.count = 1, .place = pairs[i]};
        enum ox_status status = each(self, part);
        if (status != OX_OK)
            return status;
    }
    return OX_OK;
}

bool ox_counters_equal(const void *a, const void *b) {
    const struct ox_counters *left = a;
    const struct ox_counters *right = b;
    return left->count == right->count &&
           memcmp(pairs_of(left), pairs_of(right), left->count * sizeof(struct ox_pair)) == 0;
}

bool ox_counters_empty(const void *store) {
    return ((const struct ox_counters *)store)->count == 0;
}

/* Each increment is at least 1; with decrements any total can come about. */
static bool total_fits(const struct ox_pair *pair, bool only_grows) {
    return pair->n >= 1 && (!only_grows || (pair->total >= 1 && (uint64_t)pair->total >= pair->n));
}

/* Map {replica: [n, total]}. */
void ox_counters_encode(const void *store, struct ox_buf *out) {
    const struct ox_counters *counter = store;
    const struct ox_pair *pairs = pairs_of(counter);
    ox_cbor_put_map(out, counter->count);
    for (uint32_t i = 0; i < counter->count; i++) {
        ox_cbor_put_uint(out, pairs[i].replica);
        ox_cbor_put_array(out, 2);
        ox_cbor_put_uint(out, pairs[i].n);
        ox_cbor_put_int(out, pairs[i].total);
    }
}

enum ox_status ox_counters_decode(void *store, bool only_grows, struct ox_cbor *in) {
    struct ox_counters *counter = store;
    size_t count = ox_cbor_map(in);
    if (count > UINT32_MAX)
        ox_cbor_fail(in);
    if (!in->failed && reserve(counter, (uint32_t)count) != OX_OK) {
        ox_cbor_fail(in);
        return OX_NOMEM;
    }
    struct ox_pair *pairs = ox_counters_pairs(counter);
    for (size_t i = 0; i < count && !in->failed; i++) {
        struct ox_pair pair;
        pair.replica = ox_cbor_uint(in);
        if (ox_cbor_array(in) != 2)
            ox_cbor_fail(in);
        pair.n = ox_cbor_uint(in);
        pair.total = ox_cbor_int(in);
        bool ascends = i == 0 || pair.replica > pairs[i - 1].replica;
        if (!ascends || !total_fits(&pair, only_grows))
            ox_cbor_fail(in);
        pairs[i] = pair;
    }
    counter->count = in->failed ? 0 : (uint32_t)count;
    return in->failed ? OX_MALFORMED : OX_OK;
}

static struct ox_sum sum_of(const struct ox_counters *counter) {
    struct ox_sum sum = {0};
    const struct ox_pair *pairs = pairs_of(counter);
    for (uint32_t i = 0; i < counter->count; i++)
        ox_sum_add(&sum, pairs[i].total);
    return sum;
}

enum ox_status ox_counters_value(const void *store, struct ox_buf *out) {
    struct ox_sum sum = sum_of(store);
    ox_sum_json(&sum, out);
    return ox_buf_status(out);
}

int64_t ox_counters_read(const struct ox_counters *counter) {
    struct ox_sum sum = sum_of(counter);
    return ox_sum_read(&sum);
}

/* A replica's last update is always there: an object's context and a delta's brings name
 * exactly the replicas of the store, and end where its pairs end. */
bool ox_counters_within(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_counters *counter = store;
    *reason = "a counter's pairs are not those of the last updates that were seen";
    uint32_t count = seen->vv != NULL ? seen->vv->count : seen->dots[0]->count;
    if (counter->count != count)
        return false;
    const struct ox_pair *pairs = pairs_of(counter);
    for (uint32_t i = 0; i < count; i++) {
        struct ox_dot end = {pairs[i].replica, pairs[i].n};
        struct ox_dot want = seen->vv != NULL ? seen->vv->entries[i]
                                              : (struct ox_dot){seen->dots[0]->spans[i].replica,
                                                                seen->dots[0]->spans[i].last};
        if (ox_dot_compare(end, want) != 0)
            return false;
    }
    return true;
}

bool ox_counters_valid(const void *store, bool only_grows, const struct ox_seen *seen,
                       const char **reason) {
    const struct ox_counters *counter = store;
    const struct ox_pair *pairs = pairs_of(counter);
    for (uint32_t i = 0; i < counter->count; i++) {
        const struct ox_pair *pair = &pairs[i];
        if (i > 0 && pair[-1].replica >= pair->replica) {
            *reason = "a counter's replicas do not ascend";
            return false;
        }
        if (!total_fits(pair, only_grows)) {
            *reason = "a counter's total is not one that so many updates can make";
            return false;
        }
    }
    return ox_counters_within(store, seen, reason);
}

size_t ox_counters_bytes(const void *store) {
    const struct ox_counters *counter = store;
    return sizeof *counter + counter->capacity * sizeof *counter->block;
}
