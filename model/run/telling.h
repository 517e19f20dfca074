/* telling.h - how an update is told to observers.
 *
 *     op "write" "hi" after [3,7]         {"dot":[4,1],"op":"insert","arg":"h","after":[3,7]}
 *     took the dots [4,1], [4,2]    ->    {"dot":[4,2],"op":"insert","arg":"i","after":[4,1]}
 *
 * One observation per dot, so that whoever judges needs to know single elements only. Which
 * elements a run takes away only the object shows, before; so the telling begins before the step.
 */
#ifndef OXBOW_MODEL_RUN_TELLING_H
#define OXBOW_MODEL_RUN_TELLING_H

#include "model/run/run.h"

/* An operation in the words of observations. */
struct ox_telling {
    const struct ox_op *op;     /* inside a map: the one there */
    const struct ox_verb *verb; /* of each of its dots */
    struct ox_observation said; /* the operation */
    GPtrArray *texts;           /* of char *: JSON, what `said` borrows */
    struct ox_obs_text *path;
    GArray *targets; /* of struct ox_obs_dot: what a run takes away */
};

/* `object` is what the node has of the key, NULL when it has nothing. `op`, what is to be done to
 * it, is borrowed until close. */
void ox_telling_open(struct ox_telling *telling, const struct ox_type *type,
                     const struct ox_object *object, const struct ox_op *op);
/* Observes what the notice says that was done; `about` has what is not of the operation. */
void ox_telling_observe(const struct ox_telling *telling, const struct ox_run *run,
                        const struct ox_notice *notice, const struct ox_observation *about);
void ox_telling_close(struct ox_telling *telling);

#endif
