/* sequence.h - the places of a sequence and what they hold: under rga, alone and inside a map.
 *
 *     state   per place (dot, lamport, content), in linear order; a deleted place has, instead of
 *             its content, the least dot that deleted it
 *     join    the union; of a place on both sides deleted beats alive, then the lesser dot wins
 *
 * The order is that of a timestamped insertion tree: a place hangs on the one that it was inserted
 * after, the children of a place stand in descending (lamport, replica), depth first. A place's
 * lamport is above that of its parent, so the tree can be read off the line: the parent of a place
 * is the nearest one before it with a lesser (lamport, replica). Nothing else need be kept, and
 * places may go (collect) without disturbing the rest.
 *
 * A store is either whole (an object's: one line) or loose (a delta's: runs of places, each with
 * the place that it comes after, and runs of deletions, both by dot). Attiya, Burckhardt, Gotsman,
 * Morrison, Yang, Zawirski, "Specification and complexity of collaborative text editing", PODC
 * 2016; Roh, Jeon, Kim, Lee, "Replicated abstract data types", JPDC 2011.
 *
 * The functions are those of struct ox_type where they have its names. The lamport clock is not in
 * here, because a map has one for all its sequences: who owns it passes it in.
 */
#ifndef OXBOW_CRDT_SEQUENCE_H
#define OXBOW_CRDT_SEQUENCE_H

#include "crdt/object.h"

struct ox_sequence;

void *ox_sequence_create(void);
void ox_sequence_destroy(void *store);
void *ox_sequence_copy(const void *store);
void ox_sequence_clear(void *store);
/* The verbs of rga, told apart by their kinds of argument. `*lamport` is the greatest ever in the
 * object; raised by inserts (OX_OVERFLOW at the end of its range). `part` (may be NULL) becomes
 * loose.
 *
 *     insert  OX_ARG_AFTER   the element goes behind the one at `at`
 *     write   OX_ARG_TEXT    each scalar of the text becomes an element; no text is OX_NOOP
 *     delete  OX_ARG_AT      OX_NOOP when it is deleted already
 *     erase   OX_ARG_RANGE   up to `arg` elements from the one at `at` on, a dot each; OX_NOOP when
 *                            none is left there
 *
 * OX_NO_SUCH: `at` names no place of this store (never known, or collected); and, of insert and
 * write, one that is deleted. Inserting only after what is not deleted is what lets deleted places
 * be collected: whoever has seen a deletion never hangs anything on the place again. */
enum ox_status ox_sequence_apply(void *store, const struct ox_op *op, struct ox_update *update,
                                 uint64_t *lamport, void *part);
/* Deletes every element by this one dot, as the removal of a map's key does; into `part` (may be
 * NULL) likewise. OX_NOOP when there is none. */
enum ox_status ox_sequence_cancel(void *store, struct ox_dot dot, void *part);
/* Whether there is an element that is not deleted. O(1). */
bool ox_sequence_shows(const void *store);
bool ox_sequence_stamp_of(const void *store, struct ox_dot dot, struct ox_stamp *stamp);
/* As in struct ox_type, of this sequence, which is whole. */
uint64_t ox_sequence_elements(const void *store, uint64_t position, struct ox_dot *dot);
/* The greatest lamport of its places; 0 when there are none. */
uint64_t ox_sequence_lamport(const void *store);
/* A place that one side's context has and its store has not was collected there, and stays away.
 * OX_DIVERGED, which no honest replica causes: a place hangs on one that is nowhere, a deletion is
 * of one that is nowhere, one side has seen a deletion and not its place deleted, two places of one
 * replica have dots and lamports in different orders, or the two sides have their common places in
 * different orders. Nothing changed then. */
enum ox_status ox_sequence_join(void *store, const struct ox_seen *mine, const void *other,
                                const struct ox_seen *theirs, bool *changed);
bool ox_sequence_leq(const void *store, const struct ox_seen *mine, const void *other,
                     const struct ox_seen *theirs);
enum ox_status ox_sequence_pick(const void *store, const struct ox_seen *seen, void *part);
/* The dots of places and of deletions. */
enum ox_status ox_sequence_alive(const void *store, struct ox_dots *dots);
enum ox_status ox_sequence_split(const void *store, enum ox_status (*each)(void *self, void *part),
                                 void *self);
bool ox_sequence_equal(const void *a, const void *b);
bool ox_sequence_empty(const void *store); /* no place either */
void ox_sequence_encode(const void *store, struct ox_buf *out);
enum ox_status ox_sequence_decode(void *store, struct ox_cbor *in);
enum ox_status ox_sequence_value(const void *store, struct ox_buf *out); /* a list */
bool ox_sequence_valid(const void *store, const struct ox_seen *seen, const char **reason);
bool ox_sequence_within(const void *store, const struct ox_seen *seen, const char **reason);
size_t ox_sequence_bytes(const void *store);
/* Deleted places go whose own dot and deletion are stable, unless a place that is not stable hangs
 * on them. OX_NOMEM: nothing went. */
enum ox_status ox_sequence_collect(void *store, const struct ox_vv *stable);
bool ox_sequence_has_residue(const void *store, const struct ox_vv *stable);

#endif
