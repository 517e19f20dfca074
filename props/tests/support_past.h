/* support_past.h - histories made by hand, for the reference models.
 *
 *     struct past *past = past_new();
 *     past_make(past, A, "add", "\"x\"");           A adds x
 *     past_learn(past, B, A);                       B sees all that A has
 *     past_make(past, B, "remove", "\"x\"");
 *     past_check(past, "or-set", B, "[]");
 *
 * Beside the contexts that the models get stands a plain table of who had seen whom, for twins.
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_PAST_H
#define OXBOW_PROPS_TESTS_SUPPORT_PAST_H

#include "props/reference.h"

#define REPLICAS 4
#define UPDATES  64

struct past {
    struct ox_ref_history history;
    struct ox_ref_update *updates[UPDATES];
    uint32_t count;
    bool knows[REPLICAS][UPDATES]; /* replica knows update, now */
    bool saw[UPDATES][UPDATES];    /* v had seen u, when v was made: [v][u] */
};

enum { A, B, C, D };

struct past *past_new(void);
void past_free(struct past *past);
/* `replica` learns all that `from` knows. */
void past_learn(struct past *past, uint32_t replica, uint32_t from);
/* The context of a replica; its `n` is the caller's. */
struct ox_ref_context past_context(const struct past *past, uint32_t replica);

/* ---- updates ---- */
/* The next update of a replica, for the caller to fill in; it has a stamp that is of its place in
 * the history. */
struct ox_ref_update *past_make(struct past *past, uint32_t replica, const char *op,
                                const char *arg);
struct ox_ref_update *past_make_at(struct past *past, uint32_t replica, const char *op,
                                   const char *arg, uint64_t physical_ns, uint32_t logical);
/* A sequence's, with the lamport clock of the replica; `path` is "cart/lines", NULL at the top.
 * `text` is one element. */
struct ox_ref_dot past_insert(struct past *past, uint32_t replica, const char *path,
                              const char *text, struct ox_ref_dot after);
void past_delete(struct past *past, uint32_t replica, const char *path, struct ox_ref_dot at);
/* A map's. */
struct ox_ref_update *past_make_in(struct past *past, uint32_t replica, const char *path,
                                   const char *type, const char *op, const char *arg);
void past_remove(struct past *past, uint32_t replica, const char *path);

/* ---- reads ---- */
const struct ox_reference *past_model(const char *type);
char *past_read(const struct past *past, const char *type, uint32_t replica); /* g_free */
void past_check(const struct past *past, const char *type, uint32_t replica, const char *expected);

#endif
