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

/* Any increment. Never inline, for it would make the shortest one save registers. */
__attribute__((noinline)) static enum ox_status
inc_any(struct ox_object *counter, int64_t amount, ox_replica replica, struct ox_delta *delta) {
    struct ox_dot *own = ox_object_own(counter, replica);
    if (ox_counters_move_again(counter, own, OX_UP, amount, delta))
        return OX_OK;
    struct ox_op op = {.verb = &verbs[0], .arg = ox_value_int(amount)};
    return ox_object_apply(counter, &op, replica, NULL, delta);
}

enum ox_status ox_gcounter_inc(struct ox_object *counter, int64_t amount, ox_replica replica,
                               struct ox_delta *delta) {
    assert(counter->type == &ox_gcounter);
    if (delta == NULL &&
        ox_counters_move_again(counter, ox_object_own_last(counter, replica), OX_UP, amount, NULL))
        return OX_OK;
    return inc_any(counter, amount, replica, delta);
}

int64_t ox_gcounter_read(const struct ox_object *counter) {
    assert(counter->type == &ox_gcounter);
    return ox_counters_read(counter->store);
}
