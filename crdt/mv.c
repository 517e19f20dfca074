#include "crdt/mv.h"

#include "crdt/dotted.h"

#include <assert.h>

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    struct ox_item value;
    enum ox_status status = ox_item_make(&value, &op->arg, false);
    if (status == OX_OK)
        status = ox_dotted_set(store, &value.key, update->dot, part, dead);
    ox_item_free(&value);
    return status;
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    return ox_dotted_decode(store, false, in);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    return ox_dotted_valid(store, false, seen, reason);
}

static const struct ox_verb verbs[] = {
    {"set", "writes a value in place of all that are seen", OX_ARG_VALUE},
};

const struct ox_type ox_mv = {
    .name = "mv-register",
    .about = "the values of the writes that no other write had seen",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .apply = apply,
    .decode = decode,
    .valid = valid,
    OX_DOTTED_FUNCTIONS,
};

enum ox_status ox_mv_set(struct ox_object *reg, const struct ox_value *value, ox_replica replica,
                         struct ox_delta *delta) {
    assert(reg->type == &ox_mv);
    struct ox_rows_key key = {.elsewhere.size = 0};
    struct ox_dot *own = ox_object_own(reg, replica);
    struct ox_dot dot = {replica, own != NULL ? own->n + 1 : 1};
    if (own == NULL || !ox_item_is_short(value, &key.tail) ||
        (delta != NULL && !ox_object_reopen_delta(reg, dot, delta))) {
        struct ox_op op = {.verb = &verbs[0], .arg = *value};
        return ox_object_apply(reg, &op, replica, NULL, delta);
    }
    struct ox_rows *part = delta != NULL ? delta->store : NULL;
    if (part != NULL)
        ox_rows_clear(part);
    enum ox_status status =
        ox_dotted_set(reg->store, &key, dot, part, delta != NULL ? &delta->kills : NULL);
    if (status == OX_OK) {
        own->n++;
        ox_object_remember_made(reg);
    } else if (delta != NULL) {
        ox_delta_clear(delta);
    }
    return status;
}

size_t ox_mv_size(const struct ox_object *reg) {
    assert(reg->type == &ox_mv);
    return ox_rows_elements(reg->store);
}

bool ox_mv_contains(const struct ox_object *reg, const struct ox_value *value) {
    assert(reg->type == &ox_mv);
    return ox_dotted_has(reg->store, value, false);
}
