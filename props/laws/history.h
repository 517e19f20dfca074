/* laws/history.h - a random history of replicas, and a slow model that walks beside it.
 *
 *     records  ->  steps                                   the model keeps, per place and message,
 *                                                          plain arrays of numbers
 *     A adds "a"          A {A:1}        delta A:1 -> pool      context  [1 0]
 *     B takes delta A:1   B {A:1}        pending A:1            context  [1 0]
 *     B removes "a"       B {A:1, B:1}   delta B:1 -> pool      needs    [1 0]  brings [0 1]
 *     A takes delta B:1   A {A:1, B:1}                          context  [1 1]
 *
 * Eight places exist; most steps happen at the first two or three, and short histories meet no
 * more. A message goes into a pool and stays there: whoever takes it, whenever and how often, is up
 * to the records, so that duplicates, reordering and loss come by themselves. Every record is a
 * step whatever the records before it were, so that a history stays one when records are left out.
 *
 * The model knows from the history alone what each context must be and which messages a place can
 * take; it looks into no object. The reference model (reference.h) gets the same updates.
 */
#ifndef OXBOW_PROPS_LAWS_HISTORY_H
#define OXBOW_PROPS_LAWS_HISTORY_H

#include "crdt/object.h"
#include "crdt/stability.h"
#include "props/property.h"
#include "props/reference.h"

#include <glib.h>

#define OX_HISTORY_PLACES   8
#define OX_HISTORY_FOUNDERS 3  /* of them, members from the start where members are counted */
#define OX_HISTORY_REPLICAS 16 /* places and their later lives */

/* The fields of a record, for struct ox_property. */
extern const struct ox_field ox_history_fields[];
extern const size_t ox_history_field_count;
#define OX_HISTORY_STEPS_MAX 60

/* The numbers that an operation is drawn from: see laws/draw.h. */
struct ox_draw {
    uint64_t verb, pick, which, path;
};

typedef enum ox_status (*ox_history_edit)(struct ox_object *object, const struct ox_op *op,
                                          ox_replica replica, const struct ox_stamp *stamp,
                                          struct ox_delta *delta);

/* What kind of history it is. */
struct ox_history_options {
    /* Of a map: the only type that its paths lead to; the map's own type: all of them, at a depth
     * of two or three. NULL: all of them. */
    const struct ox_type *inner;
    bool stability;  /* places report to each other what they have; who comes later joins them */
    bool collects;   /* and residue that is stable goes, now here, now there; else it stays, though
                        all is said and asked as if it had gone */
    unsigned spread; /* not 0: nothing but the updates happens, the n-th at place n mod spread, and
                        every other place takes it at once */
    bool renamed;    /* replicas have other numbers, in the same order */
    /* How updates are made; NULL: by ox_object_apply. Where it is set, the argument of an insert
     * may be a list, which stands for as many inserts, one behind the other. */
    ox_history_edit edit;
};

/* A model context: of each replica (by the history's dense index), how many updates. */
struct ox_model_context {
    uint32_t n[OX_HISTORY_REPLICAS];
};

enum ox_message_kind {
    OX_MESSAGE_DELTA,  /* of one update */
    OX_MESSAGE_GROUP,  /* what a place made and newly joined since its last group */
    OX_MESSAGE_ANSWER, /* delta_since, to the context that a place had */
    OX_MESSAGE_STATE   /* a whole object */
};

struct ox_message {
    enum ox_message_kind kind;
    unsigned from, to; /* places; `to` only of an ANSWER: whose context it answers */
    struct ox_delta delta;
    struct ox_object state; /* STATE */
    GPtrArray *parts;       /* GROUP: its messages (struct ox_message), in the order joined */
    bool in_a_row;          /* GROUP: they are all that the place joined, nothing twice */
    struct ox_model_context needs;   /* what a taker must hold */
    struct ox_model_context reaches; /* up to where the taker then holds */
    struct ox_stamp stamp;           /* the sender's clock */
    ox_replica sender;
    struct ox_vv report; /* the sender's context, where members report */
};

struct ox_place {
    unsigned life; /* 0 at first, one more each time the state was lost */
    ox_replica replica;
    uint32_t index; /* of the replica, dense */
    struct ox_object object;
    struct ox_model_context context;
    struct ox_hlc clock;
    GPtrArray *pending;   /* struct ox_message: for its next group */
    bool in_a_row;        /* as in struct ox_message */
    struct ox_draw added; /* what was last added here that can be removed, for removals to aim at */
    struct ox_stability stability;
    bool member; /* has joined the others; before that it does nothing */
    struct ox_vv
        floor; /* what it must hold before its first update: what was stable when it came */
};

enum ox_action {
    OX_ACTION_UPDATE,  /* one operation; it may take several dots */
    OX_ACTION_TAKE,    /* a message of the pool is delivered */
    OX_ACTION_SEND,    /* a message is made and goes into the pool */
    OX_ACTION_RESTART, /* back with what was on the disk, `made` forgotten */
    OX_ACTION_LOSE,    /* the state is lost, and the place goes on as a new replica */
    OX_ACTION_COLLECT  /* what is stable goes */
};

/* One step, just after it happened. Borrowed for the call. */
struct ox_history_event {
    enum ox_action action;
    unsigned place;
    const struct ox_record *record;   /* whose spare field laws may use as a source of choice */
    const struct ox_object *before;   /* the place's object before it */
    enum ox_status status;            /* UPDATE, TAKE, SEND (of making a group), COLLECT */
    const struct ox_op *op;           /* UPDATE */
    const struct ox_stamp *stamp;     /* UPDATE: what the clock said */
    uint32_t taken;                   /* UPDATE: how many dots */
    const struct ox_message *message; /* the delta made; taken; sent. NULL when there is none */
    bool fits; /* TAKE: the model says that the place can take it; SEND of a group: that its deltas
                  meet, so that they can be merged */
    const struct ox_dots *news; /* TAKE: as the join reported them */
};

struct ox_history {
    const struct ox_type *type;
    struct ox_type keeping; /* the type, where residue stays: it has nothing to collect */
    struct ox_history_options options;
    const struct ox_reference *reference; /* NULL: there is none for the type */
    struct ox_place places[OX_HISTORY_PLACES];
    ox_replica replicas[OX_HISTORY_REPLICAS]; /* by dense index */
    uint32_t replica_count;
    GPtrArray *pool;               /* struct ox_message */
    struct ox_ref_history updates; /* what the reference model reads */
    bool some_collected;           /* what is stable at a place went there */
    uint64_t step;                 /* the number of the current step, from 1 */
};

void ox_history_init(struct ox_history *history, const struct ox_type *type,
                     const struct ox_history_options *options);
void ox_history_clear(struct ox_history *history);
/* Performs the records one after the other; `watch` sees every step and stops the history by
 * answering false, which is then the result. */
bool ox_history_run(struct ox_history *history, const struct ox_record *records, size_t count,
                    bool (*watch)(void *self, const struct ox_history_event *event), void *self);

/* A record's spare number, for choices that are a law's own. */
uint64_t ox_history_spare(const struct ox_record *record);
/* ---- the model ---- */
void ox_model_raise(struct ox_model_context *context, const struct ox_model_context *other);
/* What two messages of a group need and reach, together, becomes the group's. False when both bring
 * updates of a replica that do not meet. */
bool ox_model_merge(struct ox_message *group, const struct ox_message *part);
/* What a place with `context` lacks of a message: what it already has moves into the needs. */
void ox_model_strip(struct ox_message *message, const struct ox_model_context *context);
/* Whether the model's context covers the other; whether an object's context is exactly it. */
bool ox_model_covers(const struct ox_model_context *context, const struct ox_model_context *other);
bool ox_model_is(const struct ox_history *history, const struct ox_model_context *context,
                 const struct ox_vv *vv);
/* Whether with every update the context has all that its replica had seen. */
bool ox_model_closed(const struct ox_history *history, const struct ox_model_context *context);

#endif
