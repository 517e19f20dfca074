/* groups.h - objects and deltas as they stand in a message.
 *
 *     types   ["g-counter", "or-set"]           each type's name once per frame
 *     groups  [["cart", 1, delta], ...]         ascending by name, then by the name of the type
 *
 * A group is one delta of one object: what a sender has for it, merged. Strict order gives every
 * message one form and shows that no object comes twice, so each group can be judged against the
 * receiver's store on its own.
 *
 * A type that the reader does not have (a peer may run a newer version) is no error: what carries
 * it is skipped, as if the network had lost it.
 */
#ifndef OXBOW_PROTOCOLS_GROUPS_H
#define OXBOW_PROTOCOLS_GROUPS_H

#include "crdt/store.h"

#define OX_TYPES_IN_FRAME_MAX 64
/* Senders start another frame beyond this many bytes of groups. */
#define OX_FRAME_BYTES_FULL ((size_t)1 << 20)

/* ---- the table of types ---- */
struct ox_type_table {
    struct ox_bytes names[OX_TYPES_IN_FRAME_MAX];
    const struct ox_type *types[OX_TYPES_IN_FRAME_MAX]; /* NULL: unknown here */
    size_t count;
};

/* The type's index, added at the end when it is new. */
size_t ox_type_table_index(struct ox_type_table *table, const struct ox_type *type);
void ox_type_table_encode(const struct ox_type_table *table, struct ox_buf *out);
/* Borrows from the cursor's bytes. */
void ox_type_table_decode(struct ox_type_table *table, struct ox_cbor *in);

/* ---- which object ---- */
struct ox_identity {
    struct ox_bytes name;
    struct ox_bytes type_name;
    const struct ox_type *type; /* NULL: unknown here */
};

struct ox_identity ox_identity_of(const struct ox_entry *entry);
/* The order of groups in a message and of a store's list. */
int ox_identity_compare(const struct ox_identity *a, const struct ox_identity *b);
void ox_identity_encode(const struct ox_entry *entry, struct ox_type_table *table,
                        struct ox_buf *out);
/* Fails the cursor unless it holds a good name and type that sort after `*previous` (zero at
 * first), which it then becomes. */
void ox_identity_decode(struct ox_identity *previous, const struct ox_type_table *table,
                        struct ox_cbor *in);

/* ---- writing groups ---- */
struct ox_group_writer {
    struct ox_type_table table; /* grows over all frames of one answer, so indexes stay good */
    struct ox_buf items;        /* the groups of the frame in hand */
    size_t count;
};

void ox_group_writer_reset(struct ox_group_writer *writer);
void ox_group_writer_free(struct ox_group_writer *writer);
void ox_group_writer_add(struct ox_group_writer *writer, const struct ox_entry *entry,
                         const struct ox_delta *delta);
bool ox_group_writer_full(const struct ox_group_writer *writer);
/* Appends `types, groups` to a message and forgets the groups. */
void ox_group_writer_flush(struct ox_group_writer *writer, struct ox_buf *out);

/* ---- reading groups ---- */
/* One group that brings something new. */
struct ox_group {
    struct ox_entry *entry;
    struct ox_bytes wire; /* the delta's encoding, borrowed from the message */
    struct ox_delta delta;
};

struct ox_group_list {
    struct ox_group *groups;
    size_t count;
    size_t capacity;
};

/* Frees the deltas, keeps the memory for the next message. */
void ox_group_list_clear(struct ox_group_list *list);
void ox_group_list_free(struct ox_group_list *list);
/* Reads `groups` into the (empty) list: those that `store` does not have in full already. The
 * others, most in a flood, are passed over: a lookup and a few comparisons, no allocation; of them
 * only well-formedness is checked, their contents go nowhere. Opens the objects it names.
 * OX_MALFORMED, OX_NOMEM: the list is empty. */
enum ox_status ox_group_list_decode(struct ox_group_list *list, struct ox_store *store,
                                    const struct ox_type_table *table, struct ox_cbor *in);
/* Steps over the encoded delta at the cursor when `context` has all that it brings, as
 * ox_delta_redundant says of the decoded one; else, and for what is no delta, false, and the cursor
 * stays. */
bool ox_group_pass_over(struct ox_cbor *in, const struct ox_vv *context);

#endif
