/* dotted.h - a store of items that live by their dots: under or-set and mv-register.
 *
 *     state   per item the dots of the updates that put it there and that none has superseded
 *     join    a dot stays if both sides hold it, or one holds it and the other has not seen it
 *
 *     or-set        x {A:4}  y {B:1 C:2}      an add supersedes the dots of its own item
 *     mv-register   5 {A:4}  7 {B:1}          a write supersedes all dots
 *
 * The types differ only in what an update supersedes and in which values may be items
 * (`scalar_only` or any). "Dot stores": Almeida, Shoker, Baquero, "Delta state replicated data
 * types", JPDC 2018, section 7.1. An item is its canonical CBOR. One dot with two items is not made
 * by an honest replica; the greater bytes win. The other functions are those of struct ox_type.
 */
#ifndef OXBOW_CRDT_DOTTED_H
#define OXBOW_CRDT_DOTTED_H

#include "crdt/item.h"
#include "crdt/object.h"

/* Whether a value is an item of the set. */
bool ox_dotted_has(const struct ox_rows *set, const struct ox_value *value, bool scalar_only);

/* Updates, with `part` and `dead` as in struct ox_type (either may be NULL). */
/* The item lives by `dot` alone. Cost: O(1) expected. */
enum ox_status ox_dotted_supersede(struct ox_rows *set, const struct ox_rows_key *item,
                                   struct ox_dot dot, struct ox_dots *dead);
static inline enum ox_status ox_dotted_add(struct ox_rows *set, const struct ox_rows_key *item,
                                           struct ox_dot dot, struct ox_rows *part,
                                           struct ox_dots *dead) {
    enum ox_status status = part != NULL ? ox_rows_insert(part, dot, item) : OX_OK;
    if (status == OX_OK)
        status = ox_rows_insert_new(set, dot, item); /* most that is added was not there */
    return status == OX_NOOP ? ox_dotted_supersede(set, item, dot, dead) : status;
}
/* OX_NOOP when the item is not there. */
enum ox_status ox_dotted_remove(struct ox_rows *set, const struct ox_rows_key *item,
                                struct ox_dots *dead);
/* The item, by `dot`, in place of all that is there. Cost: O(items). */
enum ox_status ox_dotted_set(struct ox_rows *set, const struct ox_rows_key *item, struct ox_dot dot,
                             struct ox_rows *part, struct ox_dots *dead);

void *ox_dotted_create(void);
void ox_dotted_destroy(void *store);
void *ox_dotted_copy(const void *store);
void ox_dotted_clear(void *store);
enum ox_status ox_dotted_join(void *store, const struct ox_seen *mine, const void *other,
                              const struct ox_seen *theirs, bool *changed);
bool ox_dotted_leq(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs);
enum ox_status ox_dotted_pick(const void *store, const struct ox_seen *seen, void *part);
enum ox_status ox_dotted_alive(const void *store, struct ox_dots *dots);
enum ox_status ox_dotted_split(const void *store, enum ox_status (*each)(void *self, void *part),
                               void *self);
bool ox_dotted_equal(const void *a, const void *b);
bool ox_dotted_empty(const void *store);
void ox_dotted_encode(const void *store, struct ox_buf *out);
enum ox_status ox_dotted_decode(void *store, bool scalar_only, struct ox_cbor *in);
enum ox_status ox_dotted_value(const void *store, struct ox_buf *out);
bool ox_dotted_valid(const void *store, bool scalar_only, const struct ox_seen *seen,
                     const char **reason);
bool ox_dotted_within(const void *store, const struct ox_seen *seen, const char **reason);
size_t ox_dotted_bytes(const void *store);

/* All that the types share, for an initialiser of struct ox_type. */
#define OX_DOTTED_FUNCTIONS                                                                        \
    .create = ox_dotted_create, .destroy = ox_dotted_destroy, .copy = ox_dotted_copy,              \
    .clear = ox_dotted_clear, .join = ox_dotted_join, .leq = ox_dotted_leq,                        \
    .pick = ox_dotted_pick, .alive = ox_dotted_alive, .split = ox_dotted_split, .kills = true,     \
    .equal = ox_dotted_equal, .empty = ox_dotted_empty, .encode = ox_dotted_encode,                \
    .value = ox_dotted_value, .within = ox_dotted_within, .bytes = ox_dotted_bytes

#endif
