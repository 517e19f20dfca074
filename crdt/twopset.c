#include "crdt/twopset.h"

#include "crdt/firsts.h"

#include <assert.h>

static const struct ox_verb verbs[] = {
    {"add", "puts an element in that was never there", OX_ARG_ELEMENT},
    {"remove", "takes an element out for good", OX_ARG_ELEMENT},
};

static void *create(void) {
    return ox_firsts_create(true);
}

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    if (op->verb == &verbs[0])
        return ox_firsts_move(store, &op->arg, OX_ABSENT, OX_ADDED, update->dot, part);
    return ox_firsts_move(store, &op->arg, OX_ADDED, OX_REMOVED, update->dot, part);
}

const struct ox_type ox_twopset = {
    .name = "2p-set",
    .about = "the elements that were added and never removed",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .create = create,
    .apply = apply,
    OX_FIRSTS_FUNCTIONS,
};

/* ---- typed calls ---- */

static enum ox_status update(struct ox_object *set, const struct ox_verb *verb,
                             const struct ox_value *element, ox_replica replica,
                             struct ox_delta *delta) {
    assert(set->type == &ox_twopset);
    bool adds = verb == &verbs[0];
    enum ox_status status;
    if (ox_firsts_update(set, element, adds ? OX_ABSENT : OX_ADDED, adds ? OX_ADDED : OX_REMOVED,
                         replica, delta, &status))
        return status;
    struct ox_op op = {.verb = verb, .arg = *element};
    return ox_object_apply(set, &op, replica, NULL, delta);
}

enum ox_status ox_twopset_add(struct ox_object *set, const struct ox_value *element,
                              ox_replica replica, struct ox_delta *delta) {
    return update(set, &verbs[0], element, replica, delta);
}

enum ox_status ox_twopset_remove(struct ox_object *set, const struct ox_value *element,
                                 ox_replica replica, struct ox_delta *delta) {
    return update(set, &verbs[1], element, replica, delta);
}

bool ox_twopset_contains(const struct ox_object *set, const struct ox_value *element) {
    assert(set->type == &ox_twopset);
    return ox_firsts_phase(set->store, element) == OX_ADDED;
}

size_t ox_twopset_size(const struct ox_object *set) {
    assert(set->type == &ox_twopset);
    return ox_firsts_size(set->store);
}
