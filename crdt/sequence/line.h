/* sequence/line.h - a whole sequence: its places in linear order.
 *
 *     inner     per child: elements shown, least timestamp
 *       leaf    [A:1..4 "tree"][B:7..9 dead][A:12 "s"] -> next leaf
 *
 * A B+-tree of runs. Counts find a position, least timestamps find the next place in the line that
 * is below a given one (where a late insert goes), and the locator finds the leaf of a dot; each in
 * O(log n). In a run the first place has the least timestamp. Nodes live in arrays and name each
 * other by number: a copy is a copy of bytes. Contents stand in one buffer, which is written anew
 * when more than half of it belongs to nobody.
 *
 * Changing never fails: whoever changes a line has made room before (ox_line_reserve).
 */
#ifndef OXBOW_CRDT_SEQUENCE_LINE_H
#define OXBOW_CRDT_SEQUENCE_LINE_H

#include "crdt/sequence/locator.h"
#include "crdt/sequence/stretch.h"

struct ox_leaf;
struct ox_inner;

/* A replica that has, or deleted, places of the line; who is known by its place in the array. */
struct ox_line_replica {
    ox_replica id;
    uint64_t last_n; /* its greatest dot among the places, 0: none */
    uint64_t last_lamport;
    uint32_t last_leaf; /* where that is */
};

/* Zero-initialised is valid; an empty one. */
struct ox_line {
    struct ox_leaf *leaves;
    struct ox_inner *inners;
    struct ox_line_replica *replicas;
    uint32_t *by_id; /* numbers of replicas, ascending by id */
    uint8_t *contents;
    struct ox_locator locator; /* empty while there is one leaf */
    uint32_t leaf_count, leaf_capacity;
    uint32_t inner_count, inner_capacity;
    uint32_t replica_count, replica_capacity;
    uint32_t content_size, content_capacity, content_dead;
    uint32_t root;        /* a leaf where height is 0 */
    uint32_t height;      /* levels of inner nodes */
    uint32_t first, last; /* leaves */
    uint32_t runs;
    uint64_t places, shown;
    uint64_t lamport; /* the greatest of its places */
    /* Where the last position was looked up: a run, and the elements shown before it. */
    uint32_t cursor_leaf, cursor_slot;
    uint64_t cursor_before;
    /* So many more elements are shown in a leaf than it, and the nodes above, know of yet. */
    uint32_t due_leaf, due;
    /* Where the line was changed last, and by whom: near there the next change is likely to be.
     * Only a hint, of which nothing need be true: who follows it looks whether it leads there. */
    uint32_t recent_leaf, recent_slot, recent_replica;
};

#define OX_LINE_NONE UINT32_MAX
#define OX_LINE_MAX  UINT32_C(0xf0000000) /* elements shown */

/* One place: the run in a leaf, and which of the run. */
struct ox_spot {
    uint32_t leaf; /* OX_LINE_NONE: before the first place */
    uint32_t slot;
    uint32_t offset;
};

void ox_line_free(struct ox_line *line);
void ox_line_clear(struct ox_line *line);
enum ox_status ox_line_copy(struct ox_line *to, const struct ox_line *from); /* `to` empty */
size_t ox_line_bytes(const struct ox_line *line);
/* Room for as many more insertions of runs or kills, new replicas and bytes of content. Kills of
 * what crosses runs count once per run. OX_OVERFLOW: more than a line can hold. */
enum ox_status ox_line_reserve(struct ox_line *line, uint64_t changes, uint32_t replicas,
                               uint64_t content);

/* The same for one change behind, or of, a place, by a replica that the line may not know. Nearly
 * always there is room, and cheaply found. */
enum ox_status ox_line_reserve_at(struct ox_line *line, struct ox_spot spot, uint64_t content);

/* ---- looking ---- */
/* The place with this dot. */
bool ox_line_find(const struct ox_line *line, struct ox_dot dot, struct ox_spot *spot);
/* The same, of a place that was found at `spot` some changes ago, if it was: O(1) where it is still
 * near there. */
bool ox_line_find_again(const struct ox_line *line, struct ox_dot dot, struct ox_spot *spot);
/* How many dots from one on that has no place here have none, `most` at most. A dot costs nothing:
 * the cost is O(log n) for each range of the locator among them. */
uint32_t ox_line_gap(const struct ox_line *line, struct ox_dot dot, uint32_t most);
/* The place that shows the element at `position`, which is below `shown`. */
struct ox_spot ox_line_at(struct ox_line *line, uint64_t position);
/* How many elements are shown before a place. */
uint64_t ox_line_before(const struct ox_line *line, struct ox_spot spot);
/* The places from a spot to the end of its run. */
struct ox_stretch ox_line_stretch(const struct ox_line *line, struct ox_spot spot);
uint32_t ox_line_rest(const struct ox_line *line, struct ox_spot spot); /* how many these are */
/* Steps through the runs: from a first spot with leaf OX_LINE_NONE; false at the end. */
bool ox_line_next(const struct ox_line *line, struct ox_spot *spot);
/* Whether a place comes after all of its replica, by dots and by lamports, which go up together. */
bool ox_line_is_newest(const struct ox_line *line, struct ox_dot dot, uint64_t lamport);
/* The nearest shown place at or before; leaf OX_LINE_NONE when there is none. O(log n). */
struct ox_spot ox_line_shown_before(const struct ox_line *line, struct ox_spot spot);
/* The number of a replica; OX_LINE_NONE when the line has nothing of it. */
uint32_t ox_line_search_replica(const struct ox_line *line, ox_replica id);
static inline uint32_t ox_line_replica(const struct ox_line *line, ox_replica id) {
    uint32_t recent = line->recent_replica;
    return recent < line->replica_count && line->replicas[recent].id == id
               ? recent
               : ox_line_search_replica(line, id);
}

/* ---- changing ---- */
/* Where a place with this timestamp goes when it hangs on the place at `parent`: the spot behind
 * which it stands. */
struct ox_spot ox_line_landing(const struct ox_line *line, struct ox_spot parent, uint64_t lamport,
                               ox_replica replica);
/* Puts the stretch behind a spot; where its last place is now. */
struct ox_spot ox_line_insert(struct ox_line *line, struct ox_spot after,
                              const struct ox_stretch *stretch);
/* Puts it behind the last place. */
void ox_line_append(struct ox_line *line, const struct ox_stretch *stretch);
/* Deletes `count` places of one run from a spot on, all of them alive or all dead already. */
void ox_line_kill(struct ox_line *line, struct ox_spot spot, uint32_t count, struct ox_dot killer,
                  int step);
/* Writes the contents anew where more than half is dead; when there is no memory, later. */
void ox_line_rewrite_contents(struct ox_line *line);
static inline void ox_line_compact(struct ox_line *line) {
    enum { SMALL = 64 };
    if (line->content_dead > line->content_size / 2 && line->content_size > SMALL)
        ox_line_rewrite_contents(line);
}

/* ---- the same, where the line was changed last ---- */
/* Each deletes one alive place quickly, for which no room need be made, or answers false: then
 * nothing changed, and the edit has to be done as above. Cost: O(1). typing.h has the like for
 * inserts. */
bool ox_line_rub(struct ox_line *line, struct ox_spot spot, struct ox_dot killer);
/* That which shows the element at `position`, if the last position looked up was in the same run.
 */
bool ox_line_rub_at(struct ox_line *line, uint64_t position, struct ox_dot killer);

bool ox_line_valid(const struct ox_line *line, const char **reason);

#endif
