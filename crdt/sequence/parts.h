/* sequence/parts.h - what a sequence store is, for the files of sequence.h only. */
#ifndef OXBOW_CRDT_SEQUENCE_PARTS_H
#define OXBOW_CRDT_SEQUENCE_PARTS_H

#include "crdt/sequence.h"
#include "crdt/sequence/line.h"
#include "crdt/sequence/loose.h"

/* An object's store has a line, a delta's is loose; an empty one is either. */
struct ox_sequence {
    struct ox_line line;
    struct ox_loose loose;
};

/* Edits by position that nobody wants the delta of. */
enum ox_status ox_sequence_write_at(struct ox_sequence *sequence, uint64_t position,
                                    struct ox_bytes text, struct ox_dot dot, uint64_t *lamport,
                                    uint64_t *taken);
enum ox_status ox_sequence_erase_at(struct ox_sequence *sequence, uint64_t position, uint64_t count,
                                    struct ox_dot dot, uint64_t *taken);

/* Elements as their CBOR, one behind the other (none a list or map): each becomes a place, the
 * first behind the one at `at`. As the insert of ox_sequence_apply; OX_NOOP for none. */
enum ox_status ox_sequence_insert_list(struct ox_sequence *sequence, struct ox_dot at,
                                       struct ox_bytes list, struct ox_update *update,
                                       uint64_t *lamport, struct ox_sequence *part);

/* The store of an rga. */
struct ox_rga_store {
    uint64_t lamport; /* the greatest ever; of a delta: of what it inserts */
    struct ox_sequence *sequence;
};

/* One update of another replica, whose dots follow on those that are here. OX_DIVERGED as
 * ox_sequence_join. `at` of an insert is {0, 0} for the start; its lamport 0: one above that of the
 * place at `at`. */
enum ox_status ox_sequence_take_text(struct ox_sequence *sequence, struct ox_dot at,
                                     struct ox_dot dot, uint64_t lamport, struct ox_bytes text);
enum ox_status ox_sequence_take_list(struct ox_sequence *sequence, struct ox_dot at,
                                     struct ox_dot dot, uint64_t lamport, struct ox_bytes list);
enum ox_status ox_sequence_take_deletion(struct ox_sequence *sequence, const struct ox_vv *context,
                                         struct ox_dot at, struct ox_dot killer);
/* Several, in any order. OX_DIVERGED also when two are of one place. */
enum ox_status ox_sequence_take_deletions(struct ox_sequence *sequence, const struct ox_vv *context,
                                          struct ox_deletion *all, uint32_t count);

/* What ox_rga_insert_list does with elements as ox_sequence_insert_list takes them, which
 * ox_rga_list appends. OX_INVALID: a list or map, or a text that is not UTF-8. */
enum ox_status ox_rga_list(const struct ox_value *elements, size_t count, struct ox_buf *out);
enum ox_status ox_rga_insert_listed(struct ox_object *sequence, uint64_t position,
                                    struct ox_bytes list, ox_replica replica,
                                    struct ox_delta *delta);

/* The nearest place before one in the line with a lesser timestamp is what it hangs on; read run by
 * run from the start, with a stack of what later runs may hang on. Zero-initialised at the start.
 */
struct ox_parents {
    struct ox_stretch *stack;
    uint32_t count, capacity;
};
/* What the next stretch of the line hangs on ({0, 0}: the start). OX_NOMEM. */
enum ox_status ox_parents_step(struct ox_parents *parents, const struct ox_stretch *stretch,
                               struct ox_dot *parent);
void ox_parents_free(struct ox_parents *parents);

/* Into `part`, which is empty, the places and deletions of a line that are not seen. */
enum ox_status ox_line_pick(const struct ox_line *line, const struct ox_seen *seen,
                            struct ox_loose *part);
/* line = line join a delta's store, `mine` the context of the line's side. */
enum ox_status ox_line_join_loose(struct ox_line *line, const struct ox_seen *mine,
                                  const struct ox_loose *loose, bool *changed);
/* Where a new place of another replica, which hangs on the one at `at`, goes: behind `spot`;
 * lamport 0 becomes the next one. OX_DIVERGED as ox_sequence_join. */
enum ox_status ox_line_receive(const struct ox_line *line, struct ox_dot at, struct ox_dot dot,
                               uint64_t *lamport, struct ox_spot *spot);
/* line = line join the deletion of one place. */
enum ox_status ox_line_join_deletion(struct ox_line *line, const struct ox_vv *context,
                                     const struct ox_deletion *deletion, bool *changed);
/* line = line join another, both with the contexts of their sides. */
enum ox_status ox_line_join(struct ox_line *line, const struct ox_seen *mine,
                            const struct ox_line *other, const struct ox_seen *theirs,
                            bool *changed);
bool ox_line_leq(const struct ox_line *line, const struct ox_seen *mine,
                 const struct ox_line *other, const struct ox_seen *theirs);
bool ox_line_equal(const struct ox_line *a, const struct ox_line *b);
/* Cost of both: O(runs log runs), however long the runs are. */
enum ox_status ox_line_collect(struct ox_line *line, const struct ox_vv *stable);
bool ox_line_has_residue(const struct ox_line *line, const struct ox_vv *stable);

void ox_line_encode(const struct ox_line *line, struct ox_buf *out);
/* Of an array with so many items, whose head is read. */
enum { OX_LINE_COLUMNS = 9 };
enum ox_status ox_line_decode(struct ox_line *line, struct ox_cbor *in);
/* The bytes of `run->length` elements, which must all be of one width and none a single scalar:
 * into `run`, whose data they are. */
void ox_items_read(struct ox_cbor *in, struct ox_stretch *run);
void ox_loose_encode(const struct ox_loose *loose, struct ox_buf *out);
enum ox_status ox_loose_decode(struct ox_loose *loose, struct ox_cbor *in);

/* Puts deletions, sorted here, into a store that has none. Room was reserved. */
enum ox_status ox_loose_put_deletions(struct ox_loose *loose, struct ox_deletion *all,
                                      uint32_t count);

#endif
