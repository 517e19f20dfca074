#include "crdt/lww.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* No honest clock gets there, some 584 years after the epoch: see hlc.h. */
#define END_OF_TIME UINT64_MAX

struct write {
    struct ox_stamp stamp; /* its replica is the dot's as well */
    uint64_t n;            /* of the dot; 0: nothing was written */
    struct ox_buf value;   /* canonical CBOR */
};

static void *create(void) {
    return calloc(1, sizeof(struct write));
}

static void destroy(void *store) {
    struct write *write = store;
    ox_buf_free(&write->value);
    free(write);
}

static void clear(void *store) {
    struct write *write = store;
    write->n = 0;
    ox_buf_clear(&write->value);
}

/* to = (stamp, n, value), whole or not at all. */
static enum ox_status assign(struct write *to, const struct ox_stamp *stamp, uint64_t n,
                             struct ox_bytes value) {
    bool fits = value.size <= to->value.capacity;
    if (!fits && !ox_buf_reserve(&to->value, value.size - to->value.size)) {
        to->value.failed = false; /* what is there is whole */
        return OX_NOMEM;
    }
    ox_buf_clear(&to->value);
    ox_buf_append(&to->value, value.data, value.size);
    to->stamp = *stamp;
    to->n = n;
    return OX_OK;
}

static enum ox_status assign_write(struct write *to, const struct write *from) {
    return assign(to, &from->stamp, from->n, ox_buf_bytes(&from->value));
}

static void *copy(const void *store) {
    struct write *to = create();
    if (to != NULL && assign_write(to, store) != OX_OK) {
        destroy(to);
        return NULL;
    }
    return to;
}

static bool empty(const void *store) {
    return ((const struct write *)store)->n == 0;
}

static struct ox_dot dot_of(const struct write *write) {
    return (struct ox_dot){write->stamp.replica, write->n};
}

/* The order in which writes win. The stamp holds the replica, so of the dot only n is left; and one
 * dot with two values is not made by an honest replica, but must not depend on the side either. */
static int compare(const struct write *a, const struct write *b) {
    if (a->n == 0 || b->n == 0)
        return (a->n > 0) - (b->n > 0);
    int order = ox_stamp_compare(&a->stamp, &b->stamp);
    if (order == 0)
        order = (a->n > b->n) - (a->n < b->n);
    return order != 0 ? order : ox_bytes_compare(ox_buf_bytes(&a->value), ox_buf_bytes(&b->value));
}

/* ---- updates ---- */

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    struct write *write = store;
    struct ox_stamp own = {update->stamp->physical_ns, update->stamp->logical, update->dot.replica};
    if (own.physical_ns == END_OF_TIME)
        return OX_INVALID;
    if (write->n > 0)
        ox_stamp_raise(&own, &write->stamp);
    if (own.physical_ns == END_OF_TIME)
        return OX_OVERFLOW;
    struct ox_encoded value;
    enum ox_status status = ox_encoded_make(&value, &op->arg, false);
    if (status == OX_OK && part != NULL)
        status = assign(part, &own, update->dot.n, ox_buf_bytes(&value.buf));
    if (status == OX_OK)
        status = assign(write, &own, update->dot.n, ox_buf_bytes(&value.buf));
    ox_encoded_free(&value);
    return status;
}

static bool stamp_of(const void *store, struct ox_dot dot, struct ox_stamp *stamp) {
    const struct write *write = store;
    if (empty(write) || ox_dot_compare(dot_of(write), dot) != 0)
        return false;
    *stamp = write->stamp;
    return true;
}

/* ---- join, order, parts ---- */

static enum ox_status join(void *store, const struct ox_seen *mine, const void *other,
                           const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    (void)theirs;
    bool wins = compare(store, other) < 0;
    if (wins && assign_write(store, other) != OX_OK)
        return OX_NOMEM;
    if (changed != NULL)
        *changed = wins;
    return OX_OK;
}

static bool leq(const void *store, const struct ox_seen *mine, const void *other,
                const struct ox_seen *theirs) {
    (void)mine;
    (void)theirs;
    return compare(store, other) <= 0;
}

static enum ox_status pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct write *write = store;
    if (empty(write) || ox_seen_has(seen, dot_of(write)))
        return OX_OK;
    return assign_write(part, write);
}

static enum ox_status alive(const void *store, struct ox_dots *dots) {
    struct ox_dot dot = dot_of(store);
    return empty(store) ? OX_OK : ox_dots_add(dots, (struct ox_span){dot.replica, dot.n, dot.n});
}

static enum ox_status split(const void *store, enum ox_status (*each)(void *self, void *part),
                            void *self) {
    if (empty(store))
        return OX_OK;
    void *part = copy(store);
    return part != NULL ? each(self, part) : OX_NOMEM;
}

static bool equal(const void *a, const void *b) {
    return compare(a, b) == 0;
}

/* ---- bytes ---- */

/* Null, or [physical, logical, replica, n, value]. */
static void encode(const void *store, struct ox_buf *out) {
    const struct write *write = store;
    if (empty(write)) {
        ox_cbor_put_null(out);
        return;
    }
    ox_cbor_put_array(out, 5);
    ox_cbor_put_uint(out, write->stamp.physical_ns);
    ox_cbor_put_uint(out, write->stamp.logical);
    ox_cbor_put_uint(out, write->stamp.replica);
    ox_cbor_put_uint(out, write->n);
    ox_buf_append(out, write->value.data, write->value.size);
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    if (ox_cbor_peek(in) == OX_CBOR_NULL) {
        ox_cbor_null(in);
        return OX_OK;
    }
    if (ox_cbor_array(in) != 5)
        ox_cbor_fail(in);
    struct ox_stamp stamp = {.physical_ns = ox_cbor_uint(in)};
    uint64_t logical = ox_cbor_uint(in);
    stamp.logical = (uint32_t)logical;
    stamp.replica = ox_cbor_uint(in);
    uint64_t n = ox_cbor_uint(in);
    if (stamp.physical_ns == END_OF_TIME || logical > UINT32_MAX || n == 0)
        ox_cbor_fail(in);
    struct ox_bytes value = {.data = in->at};
    struct ox_value ignored;
    if (in->failed || ox_value_decode(&ignored, in, false) != OX_OK)
        return OX_MALFORMED;
    value.size = (size_t)(in->at - value.data);
    enum ox_status status = assign(store, &stamp, n, value);
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}

static enum ox_status value(const void *store, struct ox_buf *out) {
    const struct write *write = store;
    if (!empty(write))
        return ox_value_json(ox_buf_bytes(&write->value), out);
    ox_buf_append(out, "null", 4);
    return ox_buf_status(out);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct write *write = store;
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&write->value));
    struct ox_value read;
    if (empty(write))
        return true;
    if (!ox_seen_has(seen, dot_of(write))) {
        *reason = "a write has a dot that was never seen";
        return false;
    }
    if (write->stamp.physical_ns == END_OF_TIME) {
        *reason = "a write is stamped with the end of time";
        return false;
    }
    if (ox_value_decode(&read, &in, false) != OX_OK || !ox_cbor_done(&in)) {
        *reason = "a written value is not the canonical encoding of one";
        return false;
    }
    return true;
}

static size_t bytes(const void *store) {
    const struct write *write = store;
    return sizeof *write + write->value.capacity;
}

static const struct ox_verb verbs[] = {
    {"set", "writes a value", OX_ARG_VALUE},
};

const struct ox_type ox_lww = {
    .name = "lww-register",
    .about = "the write with the greatest stamp",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .create = create,
    .destroy = destroy,
    .copy = copy,
    .clear = clear,
    .apply = apply,
    .stamp_of = stamp_of,
    .join = join,
    .leq = leq,
    .pick = pick,
    .alive = alive,
    .split = split,
    .kills = false,
    .equal = equal,
    .empty = empty,
    .encode = encode,
    .decode = decode,
    .value = value,
    .valid = valid,
    .bytes = bytes,
};

/* ---- typed calls ---- */

enum ox_status ox_lww_set(struct ox_object *reg, const struct ox_value *value,
                          const struct ox_stamp *stamp, ox_replica replica,
                          struct ox_delta *delta) {
    assert(reg->type == &ox_lww);
    struct ox_op op = {.verb = &verbs[0], .arg = *value};
    return ox_object_apply(reg, &op, replica, stamp, delta);
}

struct ox_value ox_lww_read(const struct ox_object *reg) {
    assert(reg->type == &ox_lww);
    const struct write *write = reg->store;
    struct ox_value read = ox_value_null();
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&write->value));
    if (!empty(write))
        ox_value_decode(&read, &in, false);
    return read;
}

const struct ox_stamp *ox_lww_stamp(const struct ox_object *reg) {
    assert(reg->type == &ox_lww);
    const struct write *write = reg->store;
    return empty(write) ? NULL : &write->stamp;
}
