#include "crdt/orset.h"

#include "crdt/dotted.h"

#include <assert.h>

static const struct ox_verb verbs[] = {
    {"add", "puts an element in", OX_ARG_ELEMENT},
    {"remove", "takes an element out", OX_ARG_ELEMENT},
};

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    struct ox_item element;
    enum ox_status status = ox_item_make(&element, &op->arg, true);
    if (status == OX_OK && op->verb == &verbs[0])
        status = ox_dotted_add(store, &element.key, update->dot, part, dead);
    else if (status == OX_OK)
        status = ox_dotted_remove(store, &element.key, dead);
    ox_item_free(&element);
    return status;
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    return ox_dotted_decode(store, true, in);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    return ox_dotted_valid(store, true, seen, reason);
}

const struct ox_type ox_orset = {
    .name = "or-set",
    .about = "the elements with an add that no remove had seen",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .apply = apply,
    .decode = decode,
    .valid = valid,
    OX_DOTTED_FUNCTIONS,
};

/* ---- typed calls ---- */

static enum ox_status update(struct ox_object *set, const struct ox_verb *verb,
                             const struct ox_value *element, ox_replica replica,
                             struct ox_delta *delta) {
    assert(set->type == &ox_orset);
    struct ox_op op = {.verb = verb, .arg = *element};
    return ox_object_apply(set, &op, replica, NULL, delta);
}

enum ox_status ox_orset_add(struct ox_object *set, const struct ox_value *element,
                            ox_replica replica, struct ox_delta *delta) {
    assert(set->type == &ox_orset);
    struct ox_rows_key key = {.elsewhere.size = 0};
    struct ox_dot *own = ox_object_own(set, replica);
    struct ox_dot dot = {replica, own != NULL ? own->n + 1 : 1};
    if (own == NULL || !ox_item_is_short(element, &key.tail) ||
        (delta != NULL && !ox_object_reopen_delta(set, dot, delta)))
        return update(set, &verbs[0], element, replica, delta);
    struct ox_rows *part = delta != NULL ? delta->store : NULL;
    if (part != NULL)
        ox_rows_clear(part);
    enum ox_status status =
        ox_dotted_add(set->store, &key, dot, part, delta != NULL ? &delta->kills : NULL);
    if (status == OX_OK) {
        own->n++;
        ox_object_remember_made(set);
    } else if (delta != NULL) {
        ox_delta_clear(delta);
    }
    return status;
}

enum ox_status ox_orset_remove(struct ox_object *set, const struct ox_value *element,
                               ox_replica replica, struct ox_delta *delta) {
    return update(set, &verbs[1], element, replica, delta);
}

bool ox_orset_contains(const struct ox_object *set, const struct ox_value *element) {
    assert(set->type == &ox_orset);
    union ox_row_tail tail;
    return ox_item_is_short(element, &tail) ? ox_rows_has_short(set->store, tail)
                                            : ox_dotted_has(set->store, element, true);
}

size_t ox_orset_size(const struct ox_object *set) {
    assert(set->type == &ox_orset);
    return ox_rows_elements(set->store);
}
