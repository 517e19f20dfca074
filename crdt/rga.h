/* rga.h - a replicated growable array: a sequence for text and lists.
 *
 *     state   places (dot, lamport, content or the dot that deleted it) in linear order, and the
 *             greatest lamport ever
 *     join    the union of the places; of one place deleted beats alive, then the lesser dot wins
 *
 *     A writes "ab" at the start, B has it and types "X" behind a, A types "Y" there, too:
 *
 *         start - a (1,A) - X (3,B)        both hang on a; the greater (lamport, replica) first
 *                         \ Y (3,A)
 *                         \ b (2,A)        a X Y b, at every replica
 *
 * An element hangs on the one that it was inserted after; what hangs on one element stands in
 * descending (lamport, replica), each with all that hangs on it: timestamped insertion trees
 * (sequence.h names the papers). A place's lamport is 1 + the greatest ever in the object.
 *
 * Concurrent runs. Text that is typed forwards hangs on itself, letter by letter, so two runs typed
 * at one place never interleave: "Hello" and "World" become "WorldHello" or "HelloWorld", the run
 * whose first letter has the greater timestamp first. Text that is typed backwards, each letter put
 * before the last one, is as many letters that all hang on one place, and two such runs may
 * interleave: "cba" by A and "zyx" by B, a and x first, gives "zcybxa" where B's replica is the
 * greater. Weiss, Urso, Molli; Kleppmann et al., "Interleaving anomalies in collaborative text
 * editors", PaPoC 2019.
 *
 * Elements: null, bool, int64, UTF-8 text of any length. A run of k elements takes k dots, written
 * or deleted. Deleted places are residue, a few bytes per run, until they are stable (collect in
 * object.h).
 * Cost: O(log n) for an edit, a look-up by position or by id, and a place or deletion of a delta, n
 * being the runs; typing on and rubbing out where the last edit was is O(1) but for the counts
 * above. Memory: 45 to 60 bytes per run once it was decoded or copied, 70 to 100 where it was
 * edited all over, 150 at worst, and the contents.
 */
#ifndef OXBOW_CRDT_RGA_H
#define OXBOW_CRDT_RGA_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_rga;

/* Edits by position, from 0; `delta` may be NULL, which is cheaper. OX_INVALID: there is no such
 * position, or the value is none that a sequence holds. As ox_object_apply with "insert", "write"
 * and "erase". */
enum ox_status ox_rga_insert(struct ox_object *sequence, uint64_t position,
                             const struct ox_value *element, ox_replica replica,
                             struct ox_delta *delta);
/* Each Unicode scalar of the text becomes an element. OX_NOOP for no text. */
enum ox_status ox_rga_write(struct ox_object *sequence, uint64_t position, struct ox_bytes text,
                            ox_replica replica, struct ox_delta *delta);
/* As many inserts one behind the other, in one update. OX_NOOP for no elements. */
enum ox_status ox_rga_insert_list(struct ox_object *sequence, uint64_t position,
                                  const struct ox_value *elements, size_t count, ox_replica replica,
                                  struct ox_delta *delta);
/* Up to `count` elements; OX_NOOP when there is none. */
enum ox_status ox_rga_erase(struct ox_object *sequence, uint64_t position, uint64_t count,
                            ox_replica replica, struct ox_delta *delta);

/* Edits by id. {0, 0} is the start. Behind an element that was deleted means behind the nearest one
 * before it that was not, which is the same place to a reader. OX_NO_SUCH: no such element (one
 * that was collected is none). */
enum ox_status ox_rga_insert_after(struct ox_object *sequence, struct ox_dot after,
                                   const struct ox_value *element, ox_replica replica,
                                   struct ox_delta *delta);
enum ox_status ox_rga_write_after(struct ox_object *sequence, struct ox_dot after,
                                  struct ox_bytes text, ox_replica replica, struct ox_delta *delta);
enum ox_status ox_rga_insert_list_after(struct ox_object *sequence, struct ox_dot after,
                                        const struct ox_value *elements, size_t count,
                                        ox_replica replica, struct ox_delta *delta);
/* OX_NOOP when it is deleted already. */
enum ox_status ox_rga_delete(struct ox_object *sequence, struct ox_dot element, ox_replica replica,
                             struct ox_delta *delta);

/* ---- operations ---- */
/* One update as an operation: what a delta says of it, in one small value. It is as safe as a
 * delta: one that was taken does nothing, one that came too early is refused. Whatever the calls
 * and verbs above do to a sequence has its operation:
 *
 *     text     the scalars of a text, behind the place at `at`
 *     list     any elements, likewise
 *     erase    the place at `at`, or those of `spans`, in the order of the operation's dots
 *
 * Zero-initialised is empty; one that was used keeps its memory for the next. */
enum ox_rga_op_kind { OX_RGA_TEXT, OX_RGA_LIST, OX_RGA_ERASE };

/* Places of one replica, each the next of the one before it, or with `down` the one before. */
struct ox_rga_span {
    struct ox_dot first;
    uint32_t count;
    bool down; /* not where count is 1 */
};

struct ox_rga_op {
    struct ox_dot dot; /* the first of its dots; n = 0: no operation */
    struct ox_dot at;  /* erase: the first place */
    uint64_t lamport;  /* insert: of the first element; 0: one above that of the place at `at` */
    uint64_t count;    /* of its dots */
    enum ox_rga_op_kind kind;
    struct ox_vv since;        /* as of a delta */
    struct ox_buf content;     /* text: UTF-8; list: CBOR, one element behind the other */
    struct ox_rga_span *spans; /* erase: where count is not 1 */
    uint32_t span_count, span_capacity;
};
void ox_rga_op_free(struct ox_rga_op *op); /* and empty again */
/* As the calls of these names; `op` is empty unless OX_OK. Cost: as those; an erase's is O(runs) of
 * what it takes out. */
enum ox_status ox_rga_op_write(struct ox_object *sequence, uint64_t position, struct ox_bytes text,
                               ox_replica replica, struct ox_rga_op *op);
enum ox_status ox_rga_op_insert_list(struct ox_object *sequence, uint64_t position,
                                     const struct ox_value *elements, size_t count,
                                     ox_replica replica, struct ox_rga_op *op);
enum ox_status ox_rga_op_erase(struct ox_object *sequence, uint64_t position, uint64_t count,
                               ox_replica replica, struct ox_rga_op *op);
enum ox_status ox_rga_op_write_after(struct ox_object *sequence, struct ox_dot after,
                                     struct ox_bytes text, ox_replica replica,
                                     struct ox_rga_op *op);
enum ox_status ox_rga_op_insert_list_after(struct ox_object *sequence, struct ox_dot after,
                                           const struct ox_value *elements, size_t count,
                                           ox_replica replica, struct ox_rga_op *op);
enum ox_status ox_rga_op_delete(struct ox_object *sequence, struct ox_dot element,
                                ox_replica replica, struct ox_rga_op *op);
/* Takes in an operation of another replica. OX_GAP: something that it needs is not here.
 * OX_DIVERGED: as a join. Nothing changed then. Cost: O(log n) for each run that it puts in or
 * takes out. */
enum ox_status ox_rga_op_take(struct ox_object *sequence, const struct ox_rga_op *op);
/* [replica, n, what it puts in], and unless it goes on behind its own last dot: lamport - n and
 * what it comes behind; or [replica, n, what it erases]. Last the since, if there is any.
 *
 *     puts in   a text; or a list of elements, not all of them single scalars
 *     place     n if it is of the same replica, else replica and n
 *     erases    a place; or a list of spans, not one place: [n, count], [replica, n, count], the
 *               count below 0 where it goes down; as few spans as can say it
 *
 * Typing on costs 9 bytes up to n = 2^32. */
void ox_rga_op_encode(const struct ox_rga_op *op, struct ox_buf *out);
/* `op` is empty unless OX_OK. Memory: at most ten times the bytes read. */
enum ox_status ox_rga_op_decode(struct ox_rga_op *op, struct ox_cbor *in);

uint64_t ox_rga_length(const struct ox_object *sequence);
/* The id of the element at a position; {0, 0} when there is none. */
struct ox_dot ox_rga_at(const struct ox_object *sequence, uint64_t position);
/* The element itself, borrowed until the next change; false when there is none. */
bool ox_rga_get(const struct ox_object *sequence, uint64_t position, struct ox_value *element);
/* Where an element is, or would be were it not deleted; false when there is no such element. */
bool ox_rga_position(const struct ox_object *sequence, struct ox_dot element, uint64_t *position);
/* Appends all elements that are texts, one behind the other. Cost: O(runs + bytes). */
enum ox_status ox_rga_text(const struct ox_object *sequence, struct ox_buf *out);

#ifdef __cplusplus
}
#endif

#endif
