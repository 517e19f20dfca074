/* bench_work.h - what a type is measured with: one object of many entries, or many objects.
 *
 *     g-set, 2p-set, or-set      one set, an entry is an element of eight letters
 *     or-map                     one map, an entry is a key with an lww-register under it
 *     rga                        one list, an entry is a character
 *     g-counter, pn-counter      one counter, an entry is a replica that counted
 *     lww-register, mv-register  many registers, each with one value
 *
 * A type that is not known by name is worked through ox_object_apply, by what its first verb takes.
 */
#ifndef OXBOW_CRDT_BENCH_WORK_H
#define OXBOW_CRDT_BENCH_WORK_H

#include "crdt/object.h"

#define OX_BENCH_LETTERS 8

/* Entries to do something with, one after the other: a loop with nothing in it but the calls, to
 * which what the caller has of each entry lies in order. */
struct ox_bench_walk {
    struct ox_object *objects; /* one, or one of each entry */
    bool many;
    const uint32_t *nths; /* which entries; NULL: the first `count` */
    const uint8_t *texts; /* OX_BENCH_LETTERS of each, in the order of the walk */
    size_t count;
    uint64_t first;     /* the number of entry 0 among all that there ever are */
    ox_replica replica; /* who writes */
    uint64_t clock_ns;  /* of the first write, */
    uint64_t tick_ns;   /* and how much more of each that follows */
};

/* Does something with each; OX_NOOP when one was no change, any other status ends the walk. */
typedef enum ox_status (*ox_bench_walker)(const struct ox_bench_walk *walk, struct ox_delta *delta);

struct ox_bench_work {
    const char *type;
    const char *unit;      /* what an entry is */
    bool many;             /* every entry is an object of its own */
    ox_bench_walker add;   /* puts entries in that are not there yet */
    ox_bench_walker again; /* updates those that are */
    /* Looks all up; something that depends on what was found. NULL: there is no call for it. */
    uint64_t (*read)(const struct ox_bench_walk *walk);
};

/* The work of a type; never NULL. */
const struct ox_bench_work *ox_bench_work_of(const struct ox_type *type);
/* The verb that takes one out again. NULL when the type has none. */
const struct ox_verb *ox_bench_remover(const struct ox_type *type);
enum ox_status ox_bench_remove(const struct ox_bench_walk *walk, struct ox_delta *delta);

#endif
