#include "crdt/gset.h"

#include "crdt/firsts.h"

#include <assert.h>

static void *create(void) {
    return ox_firsts_create(false);
}

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    return ox_firsts_move(store, &op->arg, OX_ABSENT, OX_ADDED, update->dot, part);
}

static const struct ox_verb verbs[] = {
    {"add", "puts an element in", OX_ARG_ELEMENT},
};

const struct ox_type ox_gset = {
    .name = "g-set",
    .about = "all elements that were added",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .create = create,
    .apply = apply,
    OX_FIRSTS_FUNCTIONS,
};

enum ox_status ox_gset_add(struct ox_object *set, const struct ox_value *element,
                           ox_replica replica, struct ox_delta *delta) {
    assert(set->type == &ox_gset);
    enum ox_status status;
    if (ox_firsts_update(set, element, OX_ABSENT, OX_ADDED, replica, delta, &status))
        return status;
    struct ox_op op = {.verb = &verbs[0], .arg = *element};
    return ox_object_apply(set, &op, replica, NULL, delta);
}

bool ox_gset_contains(const struct ox_object *set, const struct ox_value *element) {
    assert(set->type == &ox_gset);
    return ox_firsts_phase(set->store, element) == OX_ADDED;
}

size_t ox_gset_size(const struct ox_object *set) {
    assert(set->type == &ox_gset);
    return ox_firsts_size(set->store);
}
