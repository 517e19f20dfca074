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
 *     rows    [ added A:4 | removed B:7 | ... ]    one per element, in order of arrival, for good
 *     bytes   "xlonger element"                    their elements, end to end
 *     slots   hash of element -> row               linear probing, only above a handful of rows
 *
 * A row is 24 bytes. Nothing ever leaves, so a copy is three blocks of memory. All but the calls of
 * the first part are functions of struct ox_type.
 */
#ifndef OXBOW_CRDT_FIRSTS_H
#define OXBOW_CRDT_FIRSTS_H

#include "crdt/object.h"

struct ox_firsts;

enum ox_first_phase { OX_ABSENT, OX_ADDED, OX_REMOVED };

/* The phase of an element, by its canonical CBOR. Cost: O(1) expected. */
enum ox_first_phase ox_firsts_phase(const struct ox_firsts *set, struct ox_bytes element);
/* The element enters the phase by `dot`, in the set and in `part` (unless that is NULL). It must be
 * in a lower one. */
enum ox_status ox_firsts_enter(struct ox_firsts *set, struct ox_bytes element,
                               enum ox_first_phase phase, struct ox_dot dot,
                               struct ox_firsts *part);
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
size_t ox_firsts_bytes(const void *store);

/* All but `create` and `apply`, for an initialiser of struct ox_type. */
#define OX_FIRSTS_FUNCTIONS                                                                        \
    .destroy = ox_firsts_destroy, .copy = ox_firsts_copy, .clear = ox_firsts_clear,                \
    .join = ox_firsts_join, .leq = ox_firsts_leq, .pick = ox_firsts_pick,                          \
    .alive = ox_firsts_alive, .split = ox_firsts_split, .kills = false, .equal = ox_firsts_equal,  \
    .empty = ox_firsts_empty, .encode = ox_firsts_encode, .decode = ox_firsts_decode,              \
    .value = ox_firsts_value, .valid = ox_firsts_valid, .bytes = ox_firsts_bytes

#endif
