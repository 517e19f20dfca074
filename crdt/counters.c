#include "crdt/counters.h"

#include "crdt/array.h"
#include "crdt/sum.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    ox_replica replica;
    uint64_t n;
    int64_t total;
};

struct ox_counters {
    struct pair *pairs; /* ascending by replica */
    uint32_t count;
    uint32_t capacity;
};

void *ox_counters_create(void) {
    return calloc(1, sizeof(struct ox_counters));
}

void ox_counters_destroy(void *store) {
    struct ox_counters *counter = store;
    free(counter->pairs);
    free(counter);
}

static enum ox_status reserve(struct ox_counters *counter, uint32_t more) {
    uint64_t need = (uint64_t)counter->count + more;
    if (need <= counter->capacity)
        return OX_OK;
    struct pair *pairs = ox_array_grow(counter->pairs, &counter->capacity, need, sizeof *pairs);
    if (pairs == NULL)
        return OX_NOMEM;
    counter->pairs = pairs;
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
    if (from->count > 0)
        memcpy(to->pairs, from->pairs, from->count * sizeof *to->pairs);
    to->count = from->count;
    return to;
}

void ox_counters_clear(void *store) {
    ((struct ox_counters *)store)->count = 0;
}

/* The index of the last pair whose replica is not above `replica`, or 0. */
static uint32_t floor_of(const struct ox_counters *counter, ox_replica replica) {
    uint32_t low = 0;
    for (uint32_t left = counter->count, half; left > 1; left -= half) {
        half = left / 2;
        low += counter->pairs[low + half].replica <= replica ? half : 0;
    }
    return low;
}

static struct pair *find(const struct ox_counters *counter, ox_replica replica) {
    uint32_t at = floor_of(counter, replica);
    bool found = at < counter->count && counter->pairs[at].replica == replica;
    return found ? &counter->pairs[at] : NULL;
}

/* Whether a pair of the same replica gives way to `other`. Two totals at one n are not made by an
 * honest replica; the greater one wins then, so that all replicas still end with the same. */
static bool gives_way(const struct pair *pair, const struct pair *other) {
    return pair->n < other->n || (pair->n == other->n && pair->total < other->total);
}

/* The pair of a replica that has none yet. Room was reserved. */
static void insert(struct ox_counters *counter, struct pair pair) {
    assert(counter->count < counter->capacity);
    uint32_t at = floor_of(counter, pair.replica);
    at += at < counter->count && counter->pairs[at].replica < pair.replica;
    memmove(counter->pairs + at + 1, counter->pairs + at,
            (counter->count - at) * sizeof *counter->pairs);
    counter->pairs[at] = pair;
    counter->count++;
}

/* Puts the pair in, in place of one of its replica that gives way. Room was reserved. */
static bool take(struct ox_counters *counter, struct pair pair) {
    struct pair *old = find(counter, pair.replica);
    if (old == NULL)
        insert(counter, pair);
    else if (gives_way(old, &pair))
        *old = pair;
    else
        return false;
    return true;
}

/* ---- updates ---- */

/* total +- amount, if that is one. */
static inline enum ox_status moved(int64_t *total, enum ox_direction direction, int64_t amount) {
    bool up = direction == OX_UP;
    if (amount < 1)
        return OX_INVALID;
    if (up ? *total > INT64_MAX - amount : *total < INT64_MIN + amount)
        return OX_OVERFLOW;
    *total = up ? *total + amount : *total - amount;
    return OX_OK;
}

enum ox_status ox_counters_move(struct ox_counters *counter, enum ox_direction direction,
                                int64_t amount, struct ox_dot dot, struct ox_counters *part) {
    struct pair *old = find(counter, dot.replica);
    struct pair pair = {dot.replica, dot.n, old != NULL ? old->total : 0};
    enum ox_status status = moved(&pair.total, direction, amount);
    if (status == OX_OK && old == NULL)
        status = reserve(counter, 1);
    if (status == OX_OK && part != NULL)
        status = reserve(part, 1);
    if (status != OX_OK)
        return status;
    if (old != NULL)
        *old = pair;
    else
        insert(counter, pair);
    if (part != NULL)
        part->pairs[part->count++] = pair;
    return OX_OK;
}

enum ox_status ox_counters_move_own(struct ox_object *counter, struct ox_dot *own,
                                    enum ox_direction direction, int64_t amount) {
    /* The context names exactly the replicas of the store: the pair is at the entry's place. */
    struct pair *pair = ((struct ox_counters *)counter->store)->pairs;
    pair += own - counter->context.entries;
    enum ox_status status = moved(&pair->total, direction, amount);
    if (status != OX_OK)
        return status;
    pair->n = ++own->n;
    ox_object_remember_made(counter);
    return OX_OK;
}

/* ---- joins, order, parts ---- */

/* How many replicas of `other` have no pair yet. */
static uint32_t count_new(const struct ox_counters *counter, const struct ox_counters *other) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < other->count; i++)
        found += find(counter, other->pairs[i].replica) == NULL;
    return found;
}

enum ox_status ox_counters_join(void *store, const struct ox_seen *mine, const void *other,
                                const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    (void)theirs;
    struct ox_counters *counter = store;
    const struct ox_counters *from = other;
    if (reserve(counter, count_new(counter, from)) != OX_OK)
        return OX_NOMEM;
    bool taken = false;
    for (uint32_t i = 0; i < from->count; i++)
        taken |= take(counter, from->pairs[i]);
    if (changed != NULL)
        *changed = taken;
    return OX_OK;
}

bool ox_counters_leq(const void *store, const struct ox_seen *mine, const void *other,
                     const struct ox_seen *theirs) {
    (void)mine;
    (void)theirs;
    const struct ox_counters *counter = store;
    for (uint32_t i = 0; i < counter->count; i++) {
        const struct pair *their = find(other, counter->pairs[i].replica);
        if (their == NULL || gives_way(their, &counter->pairs[i]))
            return false;
    }
    return true;
}

enum ox_status ox_counters_pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_counters *counter = store;
    for (uint32_t i = 0; i < counter->count; i++) {
        struct pair pair = counter->pairs[i];
        if (ox_seen_has(seen, (struct ox_dot){pair.replica, pair.n}))
            continue;
        if (reserve(part, 1) != OX_OK)
            return OX_NOMEM;
        take(part, pair);
    }
    return OX_OK;
}

enum ox_status ox_counters_alive(const void *store, struct ox_dots *dots) {
    const struct ox_counters *counter = store;
    for (uint32_t i = 0; i < counter->count; i++) {
        struct pair pair = counter->pairs[i];
        if (ox_dots_add(dots, (struct ox_span){pair.replica, pair.n, pair.n}) != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

enum ox_status ox_counters_split(const void *store, enum ox_status (*each)(void *self, void *part),
                                 void *self) {
    const struct ox_counters *counter = store;
    for (uint32_t i = 0; i < counter->count; i++) {
        struct ox_counters *part = ox_counters_create();
        if (part == NULL || reserve(part, 1) != OX_OK) {
            if (part != NULL)
                ox_counters_destroy(part);
            return OX_NOMEM;
        }
        take(part, counter->pairs[i]);
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
           (left->count == 0 ||
            memcmp(left->pairs, right->pairs, left->count * sizeof *left->pairs) == 0);
}

bool ox_counters_empty(const void *store) {
    return ((const struct ox_counters *)store)->count == 0;
}

/* Each increment is at least 1; with decrements any total can come about. */
static bool total_fits(const struct pair *pair, bool only_grows) {
    return pair->n >= 1 && (!only_grows || (pair->total >= 1 && (uint64_t)pair->total >= pair->n));
}

/* Map {replica: [n, total]}. */
void ox_counters_encode(const void *store, struct ox_buf *out) {
    const struct ox_counters *counter = store;
    ox_cbor_put_map(out, counter->count);
    for (uint32_t i = 0; i < counter->count; i++) {
        ox_cbor_put_uint(out, counter->pairs[i].replica);
        ox_cbor_put_array(out, 2);
        ox_cbor_put_uint(out, counter->pairs[i].n);
        ox_cbor_put_int(out, counter->pairs[i].total);
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
    for (size_t i = 0; i < count && !in->failed; i++) {
        struct pair pair;
        pair.replica = ox_cbor_uint(in);
        if (ox_cbor_array(in) != 2)
            ox_cbor_fail(in);
        pair.n = ox_cbor_uint(in);
        pair.total = ox_cbor_int(in);
        bool ascends = i == 0 || pair.replica > counter->pairs[i - 1].replica;
        if (!ascends || !total_fits(&pair, only_grows))
            ox_cbor_fail(in);
        counter->pairs[counter->count++] = pair;
    }
    return in->failed ? OX_MALFORMED : OX_OK;
}

static struct ox_sum sum_of(const struct ox_counters *counter) {
    struct ox_sum sum = {0};
    for (uint32_t i = 0; i < counter->count; i++)
        ox_sum_add(&sum, counter->pairs[i].total);
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
static bool ends_match(const struct ox_counters *counter, const struct ox_seen *seen) {
    uint32_t count = seen->vv != NULL ? seen->vv->count : seen->dots[0]->count;
    if (counter->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct ox_dot end = {counter->pairs[i].replica, counter->pairs[i].n};
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
    for (uint32_t i = 0; i < counter->count; i++) {
        const struct pair *pair = &counter->pairs[i];
        if (i > 0 && pair[-1].replica >= pair->replica) {
            *reason = "a counter's replicas do not ascend";
            return false;
        }
        if (!total_fits(pair, only_grows)) {
            *reason = "a counter's total is not one that so many updates can make";
            return false;
        }
    }
    if (!ends_match(counter, seen)) {
        *reason = "a counter's pairs are not those of the last updates that were seen";
        return false;
    }
    return true;
}

size_t ox_counters_bytes(const void *store) {
    const struct ox_counters *counter = store;
    return sizeof *counter + counter->capacity * sizeof *counter->pairs;
}
