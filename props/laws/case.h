/* laws/case.h - one case of a law: a history, what is counted, and how a failure is told.
 *
 * Laws are written with these words: a law asks `ox_law_same`, or fails with a sentence; the
 * sentence goes to the case's reason, and, when the case is told as a story, both objects follow it
 * with the difference marked:
 *
 *     1. A: add "a"  ->  A:1; it is {A:1} ["a"]
 *     2. B takes the delta A:1; it is {A:1} ["a"]
 *     3. B: remove "a"  ->  B:1, which kills A:1, since {A:1}; it is {A:1, B:1} []
 *      join is not commutative: A join B and B join A differ
 *        A join B  {"context":{"A":1,"B":1},"value":["a"]}
 *        B join A  {"context":{"A":1,"B":1},"value":[]}
 *                                                    ^
 */
#ifndef OXBOW_PROPS_LAWS_CASE_H
#define OXBOW_PROPS_LAWS_CASE_H

#include "props/laws.h"
#include "props/laws/history.h"

#define OX_LAW_SAMPLES_MAX 7

/* A state that came up, for laws over pairs and triples. */
struct ox_law_sample {
    const struct ox_object *object;
    char name[24]; /* "A", "a state of B" */
};

/* Choices that a law makes itself, from the spare number of a record. */
struct ox_law_dice {
    uint64_t state;
};
uint64_t ox_law_roll(struct ox_law_dice *dice, uint64_t below);

struct ox_law_listeners; /* laws/operations.c */

struct ox_law_case {
    const struct ox_law *law;
    const struct ox_type *type;
    const struct ox_type *inner; /* as in ox_law_check */
    struct ox_reach *reach;
    struct ox_history history;
    const struct ox_record *records; /* that the history is made of */
    size_t record_count;
    GPtrArray *reads; /* what the watched steps read, for laws that replay the history */
    struct ox_law_listeners *listeners; /* NULL: the type has no operations, or nothing happened */
    GHashTable *stores;                 /* bytes of a context -> bytes of the object that had it */
    struct ox_buf bytes[2]; /* for a moment's use; who calls another word of this file loses them */
    char *reason;           /* OX_PROPERTY_REASON_MAX bytes */
    GString *story;         /* NULL unless the case is told */
};

/* ---- saying what is wrong; all answer false ---- */
bool ox_law_fail(struct ox_law_case *c, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool ox_law_status(struct ox_law_case *c, const char *what, enum ox_status status);
bool ox_law_differ(struct ox_law_case *c, const char *what, const char *a_name,
                   const struct ox_object *a, const char *b_name, const struct ox_object *b);

/* ---- asking ---- */
/* Equal by context, by bytes and by the type's own equality; fails when not, or when these
 * disagree. */
bool ox_law_same(struct ox_law_case *c, const char *what, const char *a_name,
                 const struct ox_object *a, const char *b_name, const struct ox_object *b);
/* The place reads what the reference model says, if there is one. */
bool ox_law_read_is_right(struct ox_law_case *c, const struct ox_place *place);
bool ox_law_same_bytes(struct ox_law_case *c, const struct ox_object *a, const struct ox_object *b);
bool ox_law_same_delta(struct ox_law_case *c, const struct ox_delta *a, const struct ox_delta *b);
/* `out` = a join b, a new object that the caller frees if the answer is true. */
bool ox_law_join(struct ox_law_case *c, const struct ox_object *a, const struct ox_object *b,
                 struct ox_object *out);
/* `out` = o join delta, likewise; any status but OX_OK fails. */
bool ox_law_join_delta(struct ox_law_case *c, const struct ox_object *o,
                       const struct ox_delta *delta, struct ox_object *out);
/* What the store takes once it is decoded from its bytes, without room left over from its past. */
size_t ox_law_fresh_bytes(const struct ox_object *object);
/* States with different contexts: those of the places, then those that were sent last. */
size_t ox_law_samples(struct ox_law_case *c, struct ox_law_sample samples[OX_LAW_SAMPLES_MAX]);

/* The reads of another history of the same records: a line for each step. */
GPtrArray *ox_law_replay(struct ox_law_case *c, const struct ox_history_options *options);
char *ox_law_read_at(const struct ox_history *history, const struct ox_history_event *event);

/* ---- listeners: laws/operations.c ---- */
/* How the updates of the type's histories are made where they are told as operations, too; NULL:
 * the type has none. */
ox_history_edit ox_law_edit_of(const struct ox_type *type);
void ox_law_listeners_free(struct ox_law_case *c);

/* ---- counting ---- */
void ox_reach_step(struct ox_law_case *c, const struct ox_history_event *event);
void ox_reach_end(struct ox_law_case *c);
extern const char *const ox_reach_operation_words[OX_REACH_OPERATION_COUNT];

/* ---- telling ---- */
void ox_law_put_replica(GString *out, ox_replica replica); /* A, B; A2 after its state was lost */
void ox_law_put_context(GString *out, const struct ox_vv *vv);  /* {A:3, B:1} */
void ox_law_put_dots(GString *out, const struct ox_dots *dots); /* A:1..3, B:2 */
void ox_law_put_value(GString *out, const struct ox_object *object);
void ox_law_tell_step(struct ox_law_case *c, const struct ox_history_event *event);

/* ---- the laws; the table of laws.c says what they are about ---- */
bool ox_law_hear(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_heard(struct ox_law_case *c); /* a part of operations, at the end */
bool ox_law_operations(struct ox_law_case *c);
bool ox_law_typed(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_read(struct ox_law_case *c, const struct ox_history_event *event); /* remembers it */
bool ox_law_replicas(struct ox_law_case *c);
bool ox_law_remove(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_collect(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_collected(struct ox_law_case *c); /* of collecting, at the end */
bool ox_law_associative(struct ox_law_case *c);
bool ox_law_commutative(struct ox_law_case *c);
bool ox_law_idempotent(struct ox_law_case *c);
/* Parts of idempotent and of collect. */
bool ox_law_changed(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_pairs_changed(struct ox_law_case *c);
bool ox_law_order(struct ox_law_case *c);
bool ox_law_inflation(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_delta(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_gap(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_delivery(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_since(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_group(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_difference(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_decompose(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_encoding(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_canonical(struct ox_law_case *c); /* of encodings, at the end */
bool ox_law_hostile(struct ox_law_case *c, const struct ox_history_event *event);
bool ox_law_valid(struct ox_law_case *c, const struct ox_history_event *event);

#endif
