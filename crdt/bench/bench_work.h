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

/* One entry. */
struct ox_bench_item {
    uint64_t i;         /* which, of all */
    uint64_t nth;       /* the how many-th update of its replica to the object, from 0 */
    ox_replica replica; /* who writes */
    uint64_t clock_ns;
    struct ox_bytes text; /* OX_BENCH_LETTERS of its own */
};
#define OX_BENCH_LETTERS 8

/* Entries to be looked up one after the other: any of those that there are, in no order that they
 * could be found by, while what the caller has of each lies in order. */
struct ox_bench_walk {
    const struct ox_object *objects;
    const uint32_t *which; /* of the objects, if there are many: that of each entry */
    const uint8_t *texts;  /* the letters of each */
    size_t count;
};

struct ox_bench_work {
    const char *type;
    const char *unit; /* what an entry is */
    bool many;        /* every entry is an object of its own */
    /* Puts an entry in that is not there yet. */
    enum ox_status (*add)(struct ox_object *object, const struct ox_bench_item *item,
                          struct ox_delta *delta);
    /* Updates one that is. NULL: as `add`. */
    enum ox_status (*again)(struct ox_object *object, const struct ox_bench_item *item,
                            struct ox_delta *delta);
    /* Looks all up; something that depends on what was found. The loop is here, so that there is
     * nothing in it but the calls. NULL: there is no call for it. */
    uint64_t (*read)(const struct ox_bench_walk *walk);
};

/* The work of a type; never NULL. */
const struct ox_bench_work *ox_bench_work_of(const struct ox_type *type);
/* Takes one out again. NULL when the type has no such verb. */
const struct ox_verb *ox_bench_remover(const struct ox_type *type);
enum ox_status ox_bench_remove(struct ox_object *object, const struct ox_bench_item *item,
                               struct ox_delta *delta);

#endif
