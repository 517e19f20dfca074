/* firsts.h - a table of elements that only grows: under g-set and 2p-set.
 *
 *     state   per element the least dot that added it or, once removed, the least that removed it
 *     join    per element the greater of the two entries:
 *
 *             added B:1  <  added A:4  <  added A:2  <  removed B:7  <  removed A:5
 *
 * Per element the entries are in one line, so the join needs no context and a delta carries no
 * kills. Where a replica gives one dot to two elements both stay: choosing one of them would have
 * to remember what it cost the other, or the join would depend on its order.
 *
 * The rows are in order of arrival, for good (firsts/arrivals.h): sorted by their dots, as those of
 * an or-set, they could not be, as two may have one. All but the calls of the first part are
 * functions of struct ox_type.
 */
#ifndef OXBOW_CRDT_FIRSTS_H
#define OXBOW_CRDT_FIRSTS_H

#include "crdt/object.h"

struct ox_firsts;

enum ox_first_phase { OX_ABSENT, OX_ADDED, OX_REMOVED };

/* The phase of an element; of what is no element OX_ABSENT. Cost: O(1) expected. */
enum ox_first_phase ox_firsts_phase(const struct ox_firsts *set, const struct ox_value *element);
/* The element goes from one phase to a higher one by `dot`, in the set and in `part` (unless that
 * is NULL). OX_NOOP: it is not in `from`; OX_INVALID: it is no element. Cost: O(1) expected. */
enum ox_status ox_firsts_move(struct ox_firsts *set, const struct ox_value *element,
                              enum ox_first_phase from, enum ox_first_phase to, struct ox_dot dot,
                              struct ox_firsts *part);
/* The same as an update of `replica`, for typed calls, where it needs no more than that: false, and
 * nothing is done, where ox_object_apply has to be asked. */
bool ox_firsts_update(struct ox_object *set, const struct ox_value *element,
                      enum ox_first_phase from, enum ox_first_phase to, ox_replica replica,
                      struct ox_delta *delta, enum ox_status *status);
size_t ox_firsts_size(const struct ox_firsts *set); /* elements added and not removed */

/* With `two_phase` false there are no removed elements, and decoding refuses them. */
void *ox_firsts_create(bool two_phase);
void ox_firsts_destroy(void *store);
void *ox_firsts_copy(const void *store);
void ox_firsts_clear(void *store);
enum ox_status ox_firsts_join(void *store, const struct ox_seen *mine, const void *other,
                              const struct ox_seen *theirs, bool *changed);
bool ox_firsts_leq(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs);
enum ox_status ox_firsts_pick(const void *store, const struct ox_seen *seen, void *part);
enum ox_status ox_firsts_alive(const void *store, struct ox_dots *dots);
enum ox_status ox_firsts_split(const void *store, enum ox_status (*each)(void *self, void *part),
                               void *self);
bool ox_firsts_equal(const void *a, const void *b);
bool ox_firsts_empty(const void *store);
void ox_firsts_encode(const void *store, struct ox_buf *out);
enum ox_status ox_firsts_decode(void *store, struct ox_cbor *in);
enum ox_status ox_firsts_value(const void *store, struct ox_buf *out);
bool ox_firsts_valid(const void *store, const struct ox_seen *seen, const char **reason);
bool ox_firsts_within(const void *store, const struct ox_seen *seen, const char **reason);
size_t ox_firsts_bytes(const void *store);

/* All but `create` and `apply`, for an initialiser of struct ox_type. */
#define OX_FIRSTS_FUNCTIONS                                                                        \
    .destroy = ox_firsts_destroy, .copy = ox_firsts_copy, .clear = ox_firsts_clear,                \
    .join = ox_firsts_join, .leq = ox_firsts_leq, .pick = ox_firsts_pick,                          \
    .alive = ox_firsts_alive, .split = ox_firsts_split, .kills = false, .equal = ox_firsts_equal,  \
    .empty = ox_firsts_empty, .encode = ox_firsts_encode, .decode = ox_firsts_decode,              \
    .value = ox_firsts_value, .valid = ox_firsts_valid, .within = ox_firsts_within,                \
    .bytes = ox_firsts_bytes

#endif
