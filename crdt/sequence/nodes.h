/* sequence/nodes.h - what a line is made of: for the files of line.h only. */
#ifndef OXBOW_CRDT_SEQUENCE_NODES_H
#define OXBOW_CRDT_SEQUENCE_NODES_H

#include "crdt/sequence/line.h"
#include "crdt/sequence/order.h"

enum { OX_LEAF_RUNS = 32, OX_INNER_CHILDREN = 32 };

/* A stretch, packed. */
struct ox_run {
    uint64_t n;
    uint64_t lamport;
    union {
        uint64_t killer_n; /* dead */
        struct {
            uint32_t offset; /* alive: of the contents */
            uint32_t width;
        };
    };
    uint32_t length;
    uint32_t replica; /* number */
    uint32_t killer;  /* number of the killer's replica */
    uint8_t kind;
    int8_t step;
};

/* A timestamp with its replica by number. */
struct ox_least {
    uint64_t lamport;
    uint32_t replica;
};

struct ox_leaf {
    uint32_t parent, slot; /* where it is a child */
    uint32_t next, previous;
    uint32_t count;
    uint32_t shown;
    struct ox_least least;
    struct ox_run runs[OX_LEAF_RUNS];
};

struct ox_inner {
    uint32_t parent, slot;
    uint32_t count;
    uint32_t child[OX_INNER_CHILDREN];
    uint32_t shown[OX_INNER_CHILDREN];
    struct ox_least least[OX_INNER_CHILDREN];
};

static inline bool ox_run_alive(const struct ox_run *run) {
    return ox_kind_alive((enum ox_place_kind)run->kind);
}

/* Whether it is less than the timestamp of a replica that the line need not know. */
static inline bool ox_least_below(const struct ox_line *line, struct ox_least least,
                                  uint64_t lamport, ox_replica replica) {
    return ox_ts_less(least.lamport, line->replicas[least.replica].id, lamport, replica);
}

static inline bool ox_least_less(const struct ox_line *line, struct ox_least a, struct ox_least b) {
    return ox_ts_less(a.lamport, line->replicas[a.replica].id, b.lamport,
                      line->replicas[b.replica].id);
}

static inline struct ox_least ox_run_least(const struct ox_run *run) {
    return (struct ox_least){run->lamport, run->replica};
}

struct ox_stretch ox_run_stretch(const struct ox_line *line, const struct ox_run *run);

static inline bool ox_run_has(const struct ox_run *run, uint32_t replica, uint64_t n) {
    return run->replica == replica && n - run->n < run->length;
}

/* The run that a spot is in. */
static inline struct ox_run *ox_run_at(const struct ox_line *line, struct ox_spot spot) {
    return &line->leaves[spot.leaf].runs[spot.slot];
}

/* The cursor stays where it is through a change at or behind its run, in its leaf. */
static inline void ox_line_keep_cursor(struct ox_line *line, uint32_t leaf, uint32_t slot) {
    if (leaf != line->cursor_leaf || slot < line->cursor_slot)
        line->cursor_leaf = OX_LINE_NONE;
}

/* The next change is likely to be near this run. */
static inline void ox_line_remember(struct ox_line *line, uint32_t leaf, uint32_t slot) {
    line->recent_leaf = leaf;
    line->recent_slot = slot;
}

/* Tells the nodes how many elements are shown, before any of them is asked. */
void ox_line_settle(struct ox_line *line);
/* So many more elements are shown in a leaf; modulo 2^32, so that fewer can be told, too. The nodes
 * are told when it is another leaf's turn, because most edits are where the last one was. */
static inline void ox_leaf_show(struct ox_line *line, uint32_t leaf, uint32_t more) {
    if (leaf != line->due_leaf) {
        ox_line_settle(line);
        line->due_leaf = leaf;
    }
    line->due += more;
}
/* A run with this timestamp came into a leaf. */
void ox_leaf_lower_least(struct ox_line *line, uint32_t leaf, struct ox_least ts);
/* Counts again what is shown in a leaf, and finds its least timestamp. */
void ox_leaf_measure(const struct ox_line *line, struct ox_leaf *leaf);
/* An empty leaf behind another, that no inner node knows yet; the only one behind OX_LINE_NONE. */
uint32_t ox_leaf_new(struct ox_line *line, uint32_t previous);
/* Room for `more` runs in the leaf, 1 or 2; adjusts where the slot is. */
void ox_leaf_make_room(struct ox_line *line, uint32_t *leaf, uint32_t *slot, uint32_t more);
/* The whole tree, and the locator, of runs in linear order, into a line that has replicas (with
 * their last dots) and contents and nothing else; `by_dot` are the runs' numbers in the order of
 * their dots. OX_NOMEM: the line is only fit to be freed. Cost: O(runs). */
enum ox_status ox_line_build(struct ox_line *line, const struct ox_run *runs,
                             const struct ox_order_key *by_dot, uint32_t count);
/* Tells the locator where a run is. */
void ox_run_index(struct ox_line *line, const struct ox_run *run, uint32_t leaf);

#endif
