/* counters.h - the store of a counter: per replica, how many updates it made and their total.
 *
 *     A {A:(2, 7)}             B {A:(1, 3), B:(1, -4)}
 *            \                     /
 *             {A:(2, 7), B:(1, -4)}        the greater n wins, whole
 *
 * Under g-counter and pn-counter, which differ only in whether a total may fall (`only_grows`). The
 * functions are those of struct ox_type. One pair of 24 bytes per replica that ever updated, for
 * good.
 */
#ifndef OXBOW_CRDT_COUNTERS_H
#define OXBOW_CRDT_COUNTERS_H

#include "crdt/object.h"

struct ox_counters;

enum ox_direction { OX_UP, OX_DOWN };

/* Moves the total of the dot's replica by `amount` and puts the new pair into `part` (empty, or
 * NULL: not wanted). OX_INVALID: the amount is below 1. OX_OVERFLOW: the total would leave int64.
 * Cost: O(log replicas). */
enum ox_status ox_counters_move(struct ox_counters *counter, enum ox_direction direction,
                                int64_t amount, struct ox_dot dot, struct ox_counters *part);
/* The whole update without a delta, where `own` is what ox_object_own answered. Status as above. */
enum ox_status ox_counters_move_own(struct ox_object *counter, struct ox_dot *own,
                                    enum ox_direction direction, int64_t amount);
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
size_t ox_counters_bytes(const void *store);

/* All that the two types share, for an initialiser of struct ox_type. */
#define OX_COUNTERS_FUNCTIONS                                                                      \
    .create = ox_counters_create, .destroy = ox_counters_destroy, .copy = ox_counters_copy,        \
    .clear = ox_counters_clear, .join = ox_counters_join, .leq = ox_counters_leq,                  \
    .pick = ox_counters_pick, .alive = ox_counters_alive, .split = ox_counters_split,              \
    .kills = false, .equal = ox_counters_equal, .empty = ox_counters_empty,                        \
    .encode = ox_counters_encode, .value = ox_counters_value, .bytes = ox_counters_bytes

#endif
