#include "crdt/gcounter.h"

#include "crdt/counters.h"

#include <assert.h>

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    if (op->arg.kind != OX_VALUE_INT)
        return OX_INVALID;
    return ox_counters_move(store, OX_UP, op->arg.number, update->dot, part);
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    return ox_counters_decode(store, true, in);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    return ox_counters_valid(store, true, seen, reason);
}

static const struct ox_verb verbs[] = {
    {"inc", "adds an amount of at least 1", OX_ARG_AMOUNT},
};

const struct ox_type ox_gcounter = {
    .name = "g-counter",
    .about = "the sum of all increments",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .apply = apply,
    .decode = decode,
    .valid = valid,
    OX_COUNTERS_FUNCTIONS,
};

enum ox_status ox_gcounter_inc(struct ox_object *counter, int64_t amount, ox_replica replica,
                               struct ox_delta *delta) {
    assert(counter->type == &ox_gcounter);
    if (ox_counters_move_again(counter, OX_UP, amount, replica, delta))
        return OX_OK;
    struct ox_op op = {.verb = &verbs[0], .arg = ox_value_int(amount)};
    return ox_object_apply(counter, &op, replica, NULL, delta);
}

int64_t ox_gcounter_read(const struct ox_object *counter) {
    assert(counter->type == &ox_gcounter);
    return ox_counters_read(counter->store);
}
