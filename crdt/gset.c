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
    struct ox_encoded element;
    enum ox_status status = ox_encoded_make(&element, &op->arg, true);
    if (status == OX_OK && ox_firsts_phase(store, ox_buf_bytes(&element.buf)) != OX_ABSENT)
        status = OX_NOOP;
    if (status == OX_OK)
        status = ox_firsts_enter(store, ox_buf_bytes(&element.buf), OX_ADDED, update->dot, part);
    ox_encoded_free(&element);
    return status;
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
    struct ox_op op = {.verb = &verbs[0], .arg = *element};
    return ox_object_apply(set, &op, replica, NULL, delta);
}

bool ox_gset_contains(const struct ox_object *set, const struct ox_value *element) {
    assert(set->type == &ox_gset);
    struct ox_encoded key;
    bool found = ox_encoded_make(&key, element, true) == OX_OK &&
                 ox_firsts_phase(set->store, ox_buf_bytes(&key.buf)) == OX_ADDED;
    ox_encoded_free(&key);
    return found;
}

size_t ox_gset_size(const struct ox_object *set) {
    assert(set->type == &ox_gset);
    return ox_firsts_size(set->store);
}
