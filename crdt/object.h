/* object.h - replicated objects, their deltas, and what a data type must bring.
 *
 * An object is a type, a context and a store. EVERY update takes a dot. The store is a function of
 * the context: equal contexts, equal bytes. That holds because a context is causally closed: with a
 * dot it has everything that the dot's replica had seen of the object when it made it. So a context
 * is a plain version vector and there is no cloud of dots beyond it.
 *
 * A delta has the form of an object plus what a receiver must have before:
 *
 *     object at A            update             delta
 *     {A:3, B:1}             add x              since {B:1}     brings A:4   kills A:2
 *     x:{A:2}  y:{B:1}   ->  x:{A:4}  y:{B:1}   x:{A:4}
 *
 *   brings  the dots it adds, one span (first..last) per replica; a receiver must hold
 *           (replica, first - 1)
 *   since   what else it must hold, of the other replicas, and that implies the rest by closure:
 *           on an update's delta only the entries that changed since its replica's previous update
 *   kills   dots not brought whose entries are gone (superseded or removed)
 *   store   the store of the object restricted to the dots of brings; a brought dot without an
 *           entry is dead too
 *
 * Laws (props/): old join delta = new; join is associative, commutative, idempotent; a delta whose
 * `since` is not covered is refused with OX_GAP and changes nothing; joining delta_since(o, c)
 * equals joining o, for every object with context c. Joining over a gap, as the delta papers allow,
 * makes equal contexts with different stores, which no digest can ever see.
 *
 * Almeida, Shoker, Baquero, "Delta state replicated data types", JPDC 2018; Enes, Almeida, Baquero,
 * Leitao, "Efficient synchronization of state-based CRDTs", ICDE 2019 (difference: their RR).
 *
 * Collection. Some types keep what no read shows: the places of deleted elements, the reset totals
 * of counters in a map. That residue may go once every member of the system has seen the updates
 * that made it so (stability.h). `collected` says up to where it went; the store is then a function
 * of (context, collected), and an entry whose dot a context has but whose store has not is gone for
 * good: a join does not bring it back. Who joins an object that collected further collects as far;
 * who has not even seen all that is collected there cannot take less than the whole of it, so
 * delta_since then gives everything, and a delta that gives less is a gap.
 *
 * Errors: every function that returns a status leaves its object as it was unless it returns OX_OK.
 * A delta that a call gives is empty unless OX_OK; it must be zero or one that was used before,
 * whose memory is then used again, so that a caller that keeps its delta allocates nothing per
 * update. Ownership: objects and deltas own all they hold; ops borrow.
 *
 * Threads: nothing is global, so different objects may be used by different threads at a time. One
 * object is one thread's at a time, for reads too: some keep where the last one was.
 */
#ifndef OXBOW_CRDT_OBJECT_H
#define OXBOW_CRDT_OBJECT_H

#include "crdt/hlc.h"
#include "crdt/value.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ox_type;

/* What most objects have nothing of, in a block of its own. */
struct ox_rare {
    struct ox_vv collected; /* up to where residue is gone */
    struct ox_vv fresh;     /* entries of the context that rose since the own last update */
};

/* Zero-initialised is not valid; see ox_object_init. */
struct ox_object {
    const struct ox_type *type;
    void *store;
    struct ox_vv context;
    struct ox_rare *rare; /* NULL: nothing collected, nothing fresh */
    /* Local, never sent, as `fresh` is: whether an own last update is remembered. There was none,
     * or a restart forgot it: then all of the context is fresh. An object is one replica's: who
     * goes on with a copy of another's under a number that has updates in it forgets this first. */
    bool made;
};

/* Up to where residue is gone; empty: nowhere. */
static inline const struct ox_vv *ox_object_collected(const struct ox_object *object) {
    return object->rare != NULL ? &object->rare->collected : &ox_vv_none;
}
/* What the next update's `since` names, but for the entry of its own replica; */
static inline const struct ox_vv *ox_object_fresh(const struct ox_object *object) {
    if (!object->made)
        return &object->context;
    return object->rare != NULL ? &object->rare->fresh : &ox_vv_none;
}
/* of the update with this dot: a replica's first one names everything, whoever made the object. */
static inline const struct ox_vv *ox_object_needed(const struct ox_object *object,
                                                   struct ox_dot dot) {
    return dot.n > 1 ? ox_object_fresh(object) : &object->context;
}

struct ox_delta {
    const struct ox_type *type; /* NULL: empty, after init or free */
    struct ox_vv since;         /* no entry for a replica of `brings` */
    struct ox_dots brings;      /* at most one span per replica */
    struct ox_dots kills;       /* none of them brought */
    struct ox_vv collected;     /* of delta_since: up to where the sender's residue is gone */
    void *store;
};

/* One operation of a type, as a caller asks for it. Borrowed for the call. */
struct ox_op {
    const struct ox_verb *verb;
    struct ox_value arg;
    struct ox_dot at;            /* an element of a sequence; {0, 0}: its start */
    const struct ox_bytes *path; /* keys of nested maps, outermost first: UTF-8 */
    size_t depth;                /* of them */
    const struct ox_type *inner; /* the type of the object at the path's end, */
    const struct ox_op *op;      /* and what to do there */
};

enum ox_arg_kind {
    OX_ARG_AMOUNT,  /* `arg` is an int64 >= 1 */
    OX_ARG_ELEMENT, /* `arg` is null, bool, int64 or text */
    OX_ARG_VALUE,   /* `arg` is any value */
    OX_ARG_AFTER,   /* `arg` is an element, to be put after the one that `at` names */
    OX_ARG_TEXT,    /* `arg` is text, each of whose scalars becomes an element, after `at` */
    OX_ARG_AT,      /* `at` names an element */
    OX_ARG_RANGE,   /* `at` names an element, `arg` says how many from it on: an int64 >= 1 */
    OX_ARG_PATH,    /* `path` */
    OX_ARG_INNER    /* `path`, `inner` and `op` */
};

struct ox_verb {
    const char *name; /* "inc", "add", ...: as in a trace */
    const char *about;
    enum ox_arg_kind arg;
};

/* What an update is given and gives back. */
struct ox_update {
    struct ox_dot dot;            /* the first of its dots */
    const struct ox_stamp *stamp; /* what the clock says */
    uint64_t taken; /* 1 when asked: how many dots it takes, dot.n and those that follow. At most
                       OX_UPDATE_DOTS_MAX */
};
#define OX_UPDATE_DOTS_MAX UINT32_MAX
/* No update begins above; so the dots of one always fit. */
#define OX_OBJECT_DOTS_MAX (UINT64_MAX - OX_UPDATE_DOTS_MAX)

/* What a set of dots is asked through: a context, or what a delta lists, or both. `vv` is NULL
 * exactly when the store belongs to a delta. */
struct ox_seen {
    const struct ox_vv *vv;
    const struct ox_dots *dots[2]; /* may be NULL */
};
/* Whether one of the sets of dots has it. */
bool ox_seen_has_listed(const struct ox_seen *seen, struct ox_dot dot);
static inline bool ox_seen_has(const struct ox_seen *seen, struct ox_dot dot) {
    return (seen->vv != NULL && ox_vv_has(seen->vv, dot)) || ox_seen_has_listed(seen, dot);
}

/* A data type. The object layer does contexts, gaps and framing once for all types; a type says
 * what its store does. `store` is the type's own struct, behind void. Costs are the type's own,
 * stated in its header. Add one of your own by filling this in; store, protocols, laws, workload,
 * checker and reports take it from there.
 */
struct ox_type {
    const char *name;  /* "or-set": unique, as in scenario files and traces */
    const char *about; /* one sentence: what a read shows */
    const struct ox_verb *verbs;
    size_t verb_count;

    /* An empty store; NULL when there is no memory. */
    void *(*create)(void);
    void (*destroy)(void *store);
    void *(*copy)(const void *store);

    /* Empty again; keeps memory for the next contents where that is cheap. */
    void (*clear)(void *store);
    /* Performs `op` as `update`, on a store whose object's context is `context` (without the new
     * dots). Puts into `part` (an empty store; NULL: not wanted) what the delta carries, and into
     * `dead` (NULL likewise) the dots of entries that vanished. OX_NOOP, OX_INVALID, OX_OVERFLOW,
     * OX_NO_SUCH (no such element, path or inner type), OX_NOMEM: store unchanged. */
    enum ox_status (*apply)(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead);
    /* The stamp that the update with this dot was given, which may be above the one that it was
     * asked with; false when its entry is not in the store. Sequences answer with their lamport
     * clock as the physical part. NULL itself: the type uses no stamps. */
    bool (*stamp_of)(const void *store, struct ox_dot dot, struct ox_stamp *stamp);
    /* How many elements the sequence shows that `op` is about (inside a map: the one at its path);
     * `dot` becomes that of the element at `position`, from 0, if there are so many. NULL itself:
     * the type has no sequences. Cost: O(log n). */
    uint64_t (*elements)(const void *store, const struct ox_op *op, uint64_t position,
                         struct ox_dot *dot);
    /* store = store join other. `mine` are the dots that store's side has seen, `theirs` those of
     * the other: an entry of one side that the other has seen but does not hold is dead. `changed`
     * (may be NULL) says whether the store is different now. OX_NOMEM: store unchanged. */
    enum ox_status (*join)(void *store, const struct ox_seen *mine, const void *other,
                           const struct ox_seen *theirs, bool *changed);
    /* store <= other in the order of the join, contexts given. */
    bool (*leq)(const void *store, const struct ox_seen *mine, const void *other,
                const struct ox_seen *theirs);
    /* Copies to `part` (an empty store) every entry whose dot is not in `seen`. */
    enum ox_status (*pick)(const void *store, const struct ox_seen *seen, void *part);
    /* Adds to `dots` the dots of the entries: the alive ones. */
    enum ox_status (*alive)(const void *store, struct ox_dots *dots);
    /* Splits into the smallest stores that join back to it, each with exactly one alive dot,
     * calling `each` with one at a time; `each` takes ownership. Stops on a status other than
     * OX_OK. */
    enum ox_status (*split)(const void *store, enum ox_status (*each)(void *self, void *part),
                            void *self);
    /* A join reads the listed dead dots. False where entries of one place are in one line, so that
     * the greater wins without them (counters, g-set, 2p-set, lww-register): their deltas carry no
     * kills. */
    bool kills;

    bool (*equal)(const void *a, const void *b);
    bool (*empty)(const void *store);
    /* Canonical CBOR of one item: equal stores, equal bytes. */
    void (*encode)(const void *store, struct ox_buf *out);
    /* Into `store`, which is empty. Refuses everything that `encode` would not write and every
     * store that is not valid. On failure the store is only fit for destroy. */
    enum ox_status (*decode)(void *store, struct ox_cbor *in);
    /* The read, as canonical JSON. */
    enum ox_status (*value)(const void *store, struct ox_buf *out);
    /* Whether all invariants of the store hold, and that its dots are in `seen`; the first that
     * does not, in words. */
    bool (*valid)(const void *store, const struct ox_seen *seen, const char **reason);
    /* What `decode` cannot know of the store that it made: that its dots are in `seen`. NULL:
     * `valid` is asked, which looks at all the rest once more. */
    bool (*within)(const void *store, const struct ox_seen *seen, const char **reason);
    size_t (*bytes)(const void *store); /* heap bytes that the store keeps, itself included */
    /* Drops the residue that is stable: made so by updates that are all in `stable`. Of a delta's
     * store: not called. OX_NOMEM: the store is only fit for destroy (it is a copy). NULL: the type
     * has no residue. Cost: O(store). */
    enum ox_status (*collect)(void *store, const struct ox_vv *stable);
    /* Whether `collect` would drop something: never of a store that once was collected as far,
     * whatever came in since. NULL where `collect` is. Cost: O(store). */
    bool (*has_residue)(const void *store, const struct ox_vv *stable);
};

/* ---- types ---- */
/* All built-in types, in the order of `oxbow list types`; NULL ends them. */
extern const struct ox_type *const ox_types[];
const struct ox_type *ox_type_named(struct ox_bytes name); /* NULL when there is none */
const struct ox_verb *ox_verb_named(const struct ox_type *type, struct ox_bytes name);

/* ---- objects ---- */
enum ox_status ox_object_init(struct ox_object *object, const struct ox_type *type);
void ox_object_free(struct ox_object *object);
enum ox_status ox_object_copy(struct ox_object *to,
                              const struct ox_object *from); /* `to` uninitialised */

/* Performs `op` at `replica`: takes the next dot (or as many as the operation has elements),
 * changes the object and gives the delta. `delta` may be NULL when it is not wanted, which is
 * cheaper, and `stamp` when the type uses none. */
enum ox_status ox_object_apply(struct ox_object *object, const struct ox_op *op, ox_replica replica,
                               const struct ox_stamp *stamp, struct ox_delta *delta);
/* For typed calls that take a short cut past ox_object_apply: the context's entry of `replica` when
 * an update of it needs no memory and cannot be refused by the object; else NULL. Having changed
 * the store, such a call counts the entry up and calls ox_object_remember_made. */
static inline struct ox_dot *ox_object_own(struct ox_object *object, ox_replica replica) {
    struct ox_dot *own = ox_vv_find(&object->context, replica);
    return own != NULL && own->n < OX_OBJECT_DOTS_MAX ? own : NULL;
}
/* The same without a search: NULL too when the entry is not the last one, as it is in an object
 * that nobody else updates, or half as high as it may be: a sign is quickly asked for. */
static inline struct ox_dot *ox_object_own_last(struct ox_object *object, ox_replica replica) {
    struct ox_vv *context = &object->context;
    if (context->count == 0)
        return NULL;
    struct ox_dot *last = &context->entries[context->count - 1];
    return last->replica == replica && last->n + 1 <= INT64_MAX ? last : NULL;
}
/* And if it wants a delta: all of it but what the type's store, and `kills`, will say. */
enum ox_status ox_object_open_delta(const struct ox_object *object, struct ox_dot dot,
                                    struct ox_delta *delta);
/* The same for a delta that was used for the type before, but that its store is left as it was, to
 * be cleared or put anew. False: the delta takes memory, or has more to say; nothing is done. */
static inline bool ox_object_reopen_delta(const struct ox_object *object, struct ox_dot dot,
                                          struct ox_delta *delta) {
    if (delta->type != object->type || delta->brings.capacity == 0 ||
        ox_object_fresh(object)->count > 0)
        return false;
    ox_vv_clear(&delta->since);
    delta->brings.spans[0] = (struct ox_span){dot.replica, dot.n, dot.n};
    delta->brings.count = 1;
    ox_dots_clear(&delta->kills);
    ox_vv_clear(&delta->collected);
    return true;
}
/* For whoever brings updates of others into the store by itself: room for `replicas` of them, */
enum ox_status ox_object_reserve(struct ox_object *object, uint32_t replicas);
/* and, with room, the context holds all dots of the replica up to n. */
void ox_object_raise(struct ox_object *object, ox_replica replica, uint64_t n);
/* OX_OK and object = object join delta; OX_GAP when `since` is not covered: nothing changed. Nor at
 * OX_DIVERGED, or OX_INVALID where the other side has collected what it says it has not seen: that
 * is what no honest replica sends, so raise an alarm. OX_MISMATCH: it is of another type.
 * `news` (may be NULL; cleared first) gets the dots that the context gained. */
enum ox_status ox_object_join_delta(struct ox_object *object, const struct ox_delta *delta,
                                    struct ox_dots *news);
/* object = object join other, whole. `news` and statuses as above, without gaps. */
enum ox_status ox_object_join(struct ox_object *object, const struct ox_object *other,
                              struct ox_dots *news);
bool ox_object_leq(const struct ox_object *a, const struct ox_object *b);
/* Context, store and what is collected. */
bool ox_object_equal(const struct ox_object *a, const struct ox_object *b);
/* Drops the residue that is stable, and remembers up to where. OX_INVALID: `stable` is not covered
 * by the context. The value stays, now and later. Cost: O(object). */
enum ox_status ox_object_collect(struct ox_object *object, const struct ox_vv *stable);
/* What an object with context `context` lacks of this one. Cost: O(object). */
enum ox_status ox_object_delta_since(const struct ox_object *object, const struct ox_vv *context,
                                     struct ox_delta *delta);
/* [context, store], and behind them what is collected, if anything is */
void ox_object_encode(const struct ox_object *object, struct ox_buf *out);
enum ox_status ox_object_decode(struct ox_object *object, const struct ox_type *type,
                                struct ox_cbor *in); /* `object` uninitialised */
enum ox_status ox_object_value(const struct ox_object *object, struct ox_buf *json);
bool ox_object_valid(const struct ox_object *object, const char **reason);
size_t ox_object_bytes(const struct ox_object *object); /* heap bytes, the struct itself excluded */
/* XXH3-64 of the canonical bytes; of zero bytes when the context is empty (absent). `scratch` is
 * cleared and used; when there is no memory `scratch->failed` is set and the result means nothing.
 */
uint64_t ox_object_hash(const struct ox_object *object, struct ox_buf *scratch);
/* Restores the memory of the own last update after a replay of it (see `made`). */
static inline void ox_object_remember_made(struct ox_object *object) {
    object->made = true;
    if (object->rare != NULL)
        ox_vv_clear(&object->rare->fresh);
}
/* What the next update's since will name, for whoever keeps an object over a restart: null (all),
 * or a map. Decoding refuses what the context does not cover. */
void ox_object_encode_fresh(const struct ox_object *object, struct ox_buf *out);
enum ox_status ox_object_decode_fresh(struct ox_object *object, struct ox_cbor *in);

/* ---- deltas ---- */
void ox_delta_free(struct ox_delta *delta);  /* and zero again */
void ox_delta_clear(struct ox_delta *delta); /* brings nothing, keeps type and memory */
/* Makes it one of the type that brings nothing; keeps memory where the type is the same. */
enum ox_status ox_delta_open(struct ox_delta *delta, const struct ox_type *type);
enum ox_status ox_delta_copy(struct ox_delta *to,
                             const struct ox_delta *from); /* `to` uninitialised */
bool ox_delta_empty(const struct ox_delta *delta);         /* brings nothing */
/* Needs nothing: it is all of an object. */
bool ox_delta_whole(const struct ox_delta *delta);
/* Whether an object with this context may join it. */
bool ox_delta_covered(const struct ox_delta *delta, const struct ox_vv *context);
/* Whether the context already has all that it brings. */
bool ox_delta_redundant(const struct ox_delta *delta, const struct ox_vv *context);
/* group = group join delta: one delta that does what both would, in either order a receiver could
 * have joined them. `group` empty (type NULL): a copy. Its `since` is, per replica, the greatest n
 * of the union that the group does not bring. Precondition: some object joined both, so that per
 * replica the brought dots meet without a gap, and both are collected as far; else OX_GAP: send
 * them one by one. */
enum ox_status ox_delta_merge(struct ox_delta *group, const struct ox_delta *delta);
/* What `object` lacks of `delta`, in O(delta): brought dots it already has move into `since`, their
 * entries go, their dead ones become kills; kills stay (RR of Enes et al.). All of it where
 * `object` has not seen all that is collected there, for it can only join the whole. */
enum ox_status ox_delta_difference(const struct ox_delta *delta, const struct ox_object *object,
                                   struct ox_delta *out);
/* Splits into deltas as small as possible: one per entry, one per run of brought dots without an
 * entry, one per span of kills (which brings nothing). `each` takes ownership of its delta (move it
 * or free it). Merging the parts with ox_delta_merge, in the order given, gives back the delta, and
 * no part can be left out. Only the whole may be joined: between two parts the dead are alive. A
 * status of `each` but OX_OK ends it and is the answer. OX_OVERFLOW: it has more entries than
 * OX_DELTA_PARTS_MAX, as a few bytes about a long run may have; nothing was handed out, so keep it
 * whole. Cost: O(entries log entries), each in memory of its own until it is handed out. */
#define OX_DELTA_PARTS_MAX (UINT32_C(1) << 20)
enum ox_status ox_delta_decompose(const struct ox_delta *delta,
                                  enum ox_status (*each)(void *self, struct ox_delta *part),
                                  void *self);
/* [since, brings, kills, store], and behind them `collected`, if there is any. Decoding checks all
 * that is said of the parts above. */
void ox_delta_encode(const struct ox_delta *delta, struct ox_buf *out);
enum ox_status ox_delta_decode(struct ox_delta *delta, const struct ox_type *type,
                               struct ox_cbor *in);
bool ox_delta_valid(const struct ox_delta *delta, const char **reason);

#ifdef __cplusplus
}
#endif

#endif
