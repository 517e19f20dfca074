/* sequence/nodes.h - what a line is made of: for the files of line.h only. */
#ifndef OXBOW_CRDT_SEQUENCE_NODES_H
#define OXBOW_CRDT_SEQUENCE_NODES_H

#include "crdt/sequence/line.h"

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

static inline bool ox_least_less(const struct ox_line *line, struct ox_least a, struct ox_least b) {
    return ox_ts_less(a.lamport, line->replicas[a.replica].id, b.lamport,
                      line->replicas[b.replica].id);
}

static inline struct ox_least ox_run_least(const struct ox_run *run) {
    return (struct ox_least){run->lamport, run->replica};
}

struct ox_stretch ox_run_stretch(const struct ox_line *line, const struct ox_run *run);

#endif
