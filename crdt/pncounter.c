#include "crdt/pncounter.h"

#include "crdt/counters.h"

#include <assert.h>

static const struct ox_verb verbs[] = {
    {"inc", "adds an amount of at least 1", OX_ARG_AMOUNT},
    {"dec", "takes away an amount of at least 1", OX_ARG_AMOUNT},
};

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    if (op->arg.kind != OX_VALUE_INT)
        return OX_INVALID;
    enum ox_direction direction = op->verb == &verbs[0] ? OX_UP : OX_DOWN;
    return ox_counters_move(store, direction, op->arg.number, update->dot, part);
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    return ox_counters_decode(store, false, in);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    return ox_counters_valid(store, false, seen, reason);
}

const struct ox_type ox_pncounter = {
    .name = "pn-counter",
    .about = "the sum of all increments less the sum of all decrements",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .apply = apply,
    .decode = decode,
    .valid = valid,
    OX_COUNTERS_FUNCTIONS,
};

static inline enum ox_status update(struct ox_object *counter, const struct ox_verb *verb,
                                    enum ox_direction direction, int64_t amount, ox_replica replica,
                                    struct ox_delta *delta) {
    assert(counter->type == &ox_pncounter);
    if (ox_counters_move_again(counter, ox_object_own(counter, replica), direction, amount, delta))
        return OX_OK;
    struct ox_op op = {.verb = verb, .arg = ox_value_int(amount)};
    return ox_object_apply(counter, &op, replica, NULL, delta);
}

enum ox_status ox_pncounter_inc(struct ox_object *counter, int64_t amount, ox_replica replica,
                                struct ox_delta *delta) {
    return update(counter, &verbs[0], OX_UP, amount, replica, delta);
}

enum ox_status ox_pncounter_dec(struct ox_object *counter, int64_t amount, ox_replica replica,
                                struct ox_delta *delta) {
    return update(counter, &verbs[1], OX_DOWN, amount, replica, delta);
}

int64_t ox_pncounter_read(const struct ox_object *counter) {
    assert(counter->type == &ox_pncounter);
    return ox_counters_read(counter->store);
}
