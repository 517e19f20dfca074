/* reference/rules.h - what each type's reads show, given the updates that count.
 *
 *     history + context --(visible)--> view --(rule)--> value
 *     map: history + context --(visible, less what removals cancelled)--> one view per path and
 * type
 *
 * A rule is the same at the top and inside a map: there, only the updates that no removal cancelled
 * count. So every rule stands here once.
 */
#ifndef OXBOW_PROPS_REFERENCE_RULES_H
#define OXBOW_PROPS_REFERENCE_RULES_H

#include "props/reference.h"

/* The updates of one object, as a reader has them. Those of a replica stand in its own order. */
struct ox_ref_view {
    const struct ox_ref_history *history;
    GPtrArray *updates;   /* of const struct ox_ref_update *: those that count */
    GPtrArray *cancelled; /* likewise: those that a removal took back; empty outside maps */
};

struct ox_ref_rule {
    /* Appends the value. False: inside a map the key is absent, for a counter or register without
     * an update, for a set or sequence without anything to show. */
    bool (*show)(const struct ox_ref_view *view, GString *json);
    /* As in struct ox_reference; of an update inside a map, about the operation there. */
    bool (*accepts)(const struct ox_ref_history *history, const struct ox_ref_update *update);
};

/* The rule of a type that is no map; NULL when there is none. */
const struct ox_ref_rule *ox_ref_rule_named(const char *type);

/* The rules of the types that show one thing per element: reference/plain.c. */
extern const struct ox_ref_rule ox_ref_gcounter, ox_ref_pncounter, ox_ref_gset, ox_ref_twopset,
    ox_ref_orset, ox_ref_lww, ox_ref_mv;
/* reference/sequence.c */
extern const struct ox_ref_rule ox_ref_rga;

/* A place of a sequence, in the order of the sequence. */
struct ox_ref_place {
    const struct ox_ref_update *insert;
    bool shown;
};
/* All places, the deleted ones too. The array is the caller's. */
GArray *ox_ref_places(const struct ox_ref_view *view);

/* reference/map.c */
bool ox_ref_map_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update);
void ox_ref_map_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                      GString *json);
/* What a reader has of the object of this type at a path; to be cleared. */
struct ox_ref_view ox_ref_map_view(const struct ox_ref_history *history,
                                   const struct ox_ref_context *context, char *const *path,
                                   const char *type);

void ox_ref_view_clear(struct ox_ref_view *view);
/* Everything in the context counts. To be cleared. */
struct ox_ref_view ox_ref_view_of(const struct ox_ref_history *history,
                                  const struct ox_ref_context *context);

/* The update; NULL when the history has none of that dot. */
const struct ox_ref_update *ox_ref_update_at(const struct ox_ref_history *history,
                                             struct ox_ref_dot dot);
/* Whether the operation, that inside a map if it is one, has this verb. */
bool ox_ref_does(const struct ox_ref_update *update, const char *verb);
/* Whether two updates are of one object: both of none inside a map, or at the same path and of the
 * same type. */
bool ox_ref_same_object(const struct ox_ref_update *a, const struct ox_ref_update *b);

#endif
