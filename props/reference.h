/* reference.h - reference models: what a read must show, slowly and obviously.
 *
 *     updates of one key, each with the context its replica had when it made it
 *                         |
 *                         v
 *     context of a reader -> the value that a read must show, as canonical JSON
 *
 * A model knows visibility (which updates are in the reader's context) and arbitration (which of
 * them had seen which), and nothing of states, deltas or joins: section "Types" of the README, read
 * literally. It shares no code with crdt/. Burckhardt, Gotsman, Yang, Zawirski, "Replicated data
 * types: specification, verification, optimality", POPL 2014, section 4.
 */
#ifndef OXBOW_PROPS_REFERENCE_H
#define OXBOW_PROPS_REFERENCE_H

#include "model/observe.h"

#include <glib.h>

/* A context: for each replica (by the history's own dense index) up to which n. Indexes beyond
 * `count` are 0. */
struct ox_ref_context {
    uint32_t *n;
    uint32_t count;
};

/* The n-th update of a replica (dense index); n = 0: none. */
struct ox_ref_dot {
    uint32_t replica;
    uint32_t n;
};

/* An update takes one dot: a run of k elements of a sequence, inserted or deleted, is k of them. An
 * update of a nested object is one of its outermost map: `path` says where it is, `inner_type` and
 * `inner_op` what it does there, and arg, at and stamp are those of the operation there.
 *
 *     set cart.colour = "red"   op "update"  path ["\"cart\"", "\"colour\""]
 *                               inner_type "lww-register"  inner_op "set"  arg "\"red\""  stamp
 *     remove cart               op "remove"  path ["\"cart\""]
 *
 * Owned by whoever made it; ox_ref_update_clear frees what it points to. */
struct ox_ref_update {
    uint32_t replica; /* dense index */
    uint32_t n;
    char *op;                  /* verb */
    char *arg;                 /* canonical JSON; NULL where the operation has none */
    struct ox_ref_dot at;      /* rga: insert after this (none: at the start), delete this */
    struct ox_obs_stamp stamp; /* of types that keep stamps; rga: (lamport, 0, replica) */
    bool has_stamp;
    char **path;      /* or-map: the keys, outermost first, each as canonical JSON; NULL ends it */
    char *inner_type; /* or-map update */
    char *inner_op;
    struct ox_ref_context seen; /* the context just before, the update's own dot left out */
};

void ox_ref_update_clear(struct ox_ref_update *update);

/* The history of one key: per replica, its updates 1..count in order. */
struct ox_ref_history {
    GPtrArray *replicas; /* of GPtrArray of struct ox_ref_update *, index n - 1 */
};

/* Up to which n of `replica` the context goes; 0: it has none of them. */
static inline uint32_t ox_ref_upto(const struct ox_ref_context *context, uint32_t replica) {
    return replica < context->count ? context->n[replica] : 0;
}

/* u was in the context of v's replica when v was made. */
bool ox_ref_before(const struct ox_ref_update *u, const struct ox_ref_update *v);

/* Whether `a` comes after `b` in the order of arbitration. */
bool ox_ref_later(const struct ox_obs_stamp *a, const struct ox_obs_stamp *b);

/* Whether the stamp of an accepted update is one that the specification allows, by what its replica
 * had seen: the lamport clock of an insert is one above the greatest in the object; a write to a
 * register comes after every write left there. True without a stamp. Cost: O(updates seen). */
bool ox_ref_stamp_follows(const struct ox_ref_history *history, const struct ox_ref_update *update);

/* The elements that a sequence shows to a reader with `context`, in order, as struct ox_ref_dot: of
 * the rga itself, or (with a path, as in an update) of the one there in an or-map. The array is the
 * caller's. Cost: as a read. */
GArray *ox_ref_elements(const struct ox_ref_history *history, const struct ox_ref_context *context,
                        char *const *path);
/* What an insert goes after when it is asked to go after `at`, which is a place in the context: the
 * nearest element up to it that is shown, none at the start. Cost: as a read. */
struct ox_ref_dot ox_ref_anchor(const struct ox_ref_history *history,
                                const struct ox_ref_context *context, char *const *path,
                                struct ox_ref_dot at);

struct ox_reference {
    const char *type; /* "or-set" */
    /* Appends the value, as canonical JSON, that a replica with `context` must read. Every update
     * of the context must be in the history and accepted. Cost: O(updates in the context x
     * replicas). */
    void (*value)(const struct ox_ref_history *history, const struct ox_ref_context *context,
                  GString *json);
    /* Whether the update is an operation of the type at all: its verb, its argument, a stamp where
     * the type needs one, and that it had seen the element that it names. */
    bool (*accepts)(const struct ox_ref_history *history, const struct ox_ref_update *update);
};

/* NULL when there is no model of that name: the judge then says so in Value (unknown). */
const struct ox_reference *ox_reference_named(const char *type, size_t size);

#endif
