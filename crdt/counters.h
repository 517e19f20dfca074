/* counters.h - the store of a counter: per replica, how many updates it made and their total.
 *
 *     A {A:(2, 7)}             B {A:(1, 3), B:(1, -4)}
 *            \                     /
 *             {A:(2, 7), B:(1, -4)}        the greater n wins, whole
 *
 * Under g-counter and pn-counter, which differ only in whether a total may fall (`only_grows`). The
 * functions are those of struct ox_type. One pair of 24 bytes per replica that ever updated, for
 * good; most counters have one, which lies in the store itself.
 */
#ifndef OXBOW_CRDT_COUNTERS_H
#define OXBOW_CRDT_COUNTERS_H

#include "crdt/object.h"

enum ox_direction { OX_UP, OX_DOWN };

struct ox_pair {
    ox_replica replica;
    uint64_t n;
    int64_t total;
};

/* Zero-initialised is empty and valid. */
struct ox_counters {
    uint32_t count;
    uint32_t capacity; /* of the block; 0: there is none, and the only pair lies in place */
    union {
        struct ox_pair place;
        struct ox_pair *block;
    };
};

/* Ascending by replica. */
static inline struct ox_pair *ox_counters_pairs(struct ox_counters *counter) {
    return counter->capacity > 0 ? counter->block : &counter->place;
}

/* total +- amount, if that is one. OX_INVALID: the amount is below 1. OX_OVERFLOW: the total would
 * leave int64. */
static inline enum ox_status ox_counters_moved(int64_t *total, enum ox_direction direction,
                                               int64_t amount) {
    if (amount < 1)
        return OX_INVALID;
    if (direction == OX_UP ? *total > INT64_MAX - amount : *total < INT64_MIN + amount)
        return OX_OVERFLOW;
    *total = direction == OX_UP ? *total + amount : *total - amount;
    return OX_OK;
}

/* Moves the total of the dot's replica by `amount` and puts the new pair into `part` (empty, or
 * NULL: not wanted). Status as above. Cost: O(log replicas). */
enum ox_status ox_counters_move(struct ox_counters *counter, enum ox_direction direction,
                                int64_t amount, struct ox_dot dot, struct ox_counters *part);
/* The whole update of the replica whose entry of the context is `own` (NULL: it made none yet),
 * where the delta (NULL: not wanted) is one that was used before. False: it is not so, or the
 * update will be refused, and nothing is done. */
static inline bool ox_counters_move_again(struct ox_object *object, struct ox_dot *own,
                                          enum ox_direction direction, int64_t amount,
                                          struct ox_delta *delta) {
    struct ox_counters *counter = (struct ox_counters *)object->store;
    if (own == NULL)
        return false;
    /* The context names exactly the replicas of the store: the pair is at the entry's place. */
    struct ox_pair *pair = ox_counters_pairs(counter) + (own - object->context.entries);
    int64_t total = pair->total;
    if (ox_counters_moved(&total, direction, amount) != OX_OK)
        return false;
    uint64_t n = own->n + 1;
    if (delta != NULL) {
        struct ox_pair moved = {own->replica, n, total};
        struct ox_dot dot = {own->replica, n};
        if (!ox_object_reopen_delta(object, dot, delta))
            return false;
        struct ox_counters *part = (struct ox_counters *)delta->store;
        part->count = 1; /* there is always room for one */
        *ox_counters_pairs(part) = moved;
    }
    pair->n = own->n = n;
    pair->total = total;
    ox_object_remember_made(object);
    return true;
}
/* The sum, or the end of int64 that it lies beyond. */
int64_t ox_counters_read(const struct ox_counters *counter);

void *ox_counters_create(void);
void ox_counters_destroy(void *store);
void *ox_counters_copy(const void *store);
void ox_counters_clear(void *store);
enum ox_status ox_counters_join(void *store, const struct ox_seen *mine, const void *other,
                                const struct ox_seen *theirs, bool *changed);
bool ox_counters_leq(const void *store, const struct ox_seen *mine, const void *other,
                     const struct ox_seen *theirs);
enum ox_status ox_counters_pick(const void *store, const struct ox_seen *seen, void *part);
enum ox_status ox_counters_alive(const void *store, struct ox_dots *dots);
enum ox_status ox_counters_split(const void *store, enum ox_status (*each)(void *self, void *part),
                                 void *self);
bool ox_counters_equal(const void *a, const void *b);
bool ox_counters_empty(const void *store);
void ox_counters_encode(const void *store, struct ox_buf *out);
enum ox_status ox_counters_decode(void *store, bool only_grows, struct ox_cbor *in);
enum ox_status ox_counters_value(const void *store, struct ox_buf *out);
bool ox_counters_valid(const void *store, bool only_grows, const struct ox_seen *seen,
                       const char **reason);
bool ox_counters_within(const void *store, const struct ox_seen *seen, const char **reason);
size_t ox_counters_bytes(const void *store);

/* All that the two types share, for an initialiser of struct ox_type. */
#define OX_COUNTERS_FUNCTIONS                                                                      \
    .create = ox_counters_create, .destroy = ox_counters_destroy, .copy = ox_counters_copy,        \
    .clear = ox_counters_clear, .join = ox_counters_join, .leq = ox_counters_leq,                  \
    .pick = ox_counters_pick, .alive = ox_counters_alive, .split = ox_counters_split,              \
    .kills = false, .equal = ox_counters_equal, .empty = ox_counters_empty,                        \
    .encode = ox_counters_encode, .value = ox_counters_value, .within = ox_counters_within,        \
    .bytes = ox_counters_bytes

#endif
