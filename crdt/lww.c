#include "crdt/lww.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* No honest clock gets there, some 584 years after the epoch: see hlc.h. */
#define END_OF_TIME UINT64_MAX

/* A value that is short (a number, a word) lies in place, until a longer one came: then in a block,
 * which is kept. */
enum { PLACE_SIZE = OX_VALUE_SHORT_MAX };

struct write {
    struct ox_stamp stamp; /* its replica is the dot's as well; zero: nothing was written */
    uint64_t n;            /* of the dot; 0: nothing was written */
    uint32_t size;         /* of the value's canonical CBOR */
    uint32_t capacity;     /* of the block; 0: there is none */
    union {
        uint8_t place[PLACE_SIZE];
        uint8_t *block;
    };
};

static void *create(void) {
    return calloc(1, sizeof(struct write));
}

static void destroy(void *store) {
    struct write *write = store;
    if (write->capacity > 0)
        free(write->block);
    free(write);
}

static void clear(void *store) {
    struct write *write = store;
    write->stamp = (struct ox_stamp){0};
    write->n = 0;
    write->size = 0;
}

static struct ox_bytes value_of(const struct write *write) {
    return (struct ox_bytes){write->capacity > 0 ? write->block : write->place, write->size};
}

/* Room for a value of `size` bytes; what is there stays. */
static enum ox_status make_room(struct write *write, size_t size) {
    size_t room = write->capacity > 0 ? write->capacity : PLACE_SIZE;
    if (size <= room)
        return OX_OK;
    uint8_t *block = size <= UINT32_MAX ? malloc(size) : NULL;
    if (block == NULL)
        return OX_NOMEM;
    struct ox_bytes old = value_of(write);
    memcpy(block, old.data, old.size);
    if (write->capacity > 0)
        free(write->block);
    write->block = block;
    write->capacity = (uint32_t)size;
    return OX_OK;
}

/* write = (stamp, n, value); there is room. */
static void put(struct write *write, const struct ox_stamp *stamp, uint64_t n,
                struct ox_bytes value) {
    write->stamp = *stamp;
    write->n = n;
    write->size = (uint32_t)value.size;
    memcpy(write->capacity > 0 ? write->block : write->place, value.data, value.size);
}

/* to = from, whole or not at all. */
static enum ox_status assign(struct write *to, const struct write *from) {
    enum ox_status status = make_room(to, from->size);
    if (status == OX_OK)
        put(to, &from->stamp, from->n, value_of(from));
    return status;
}

static void *copy(const void *store) {
    struct write *to = create();
    if (to != NULL && assign(to, store) != OX_OK) {
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
    return order != 0 ? order : ox_bytes_compare(value_of(a), value_of(b));
}

/* ---- updates ---- */

/* The stamp of the next write by `replica`: what its clock says, or the least above what is here.
 */
static enum ox_status next_stamp(const struct write *write, const struct ox_stamp *clock,
                                 ox_replica replica, struct ox_stamp *stamp) {
    *stamp = (struct ox_stamp){clock->physical_ns, clock->logical, replica};
    if (stamp->physical_ns == END_OF_TIME)
        return OX_INVALID;
    if (write->n > 0)
        ox_stamp_raise(stamp, &write->stamp);
    return stamp->physical_ns == END_OF_TIME ? OX_OVERFLOW : OX_OK;
}

/* Any write. The value may lie in the store itself. */
static enum ox_status set(struct write *write, const struct ox_stamp *clock, struct ox_dot dot,
                          const struct ox_value *value, struct write *part) {
    struct ox_stamp stamp;
    enum ox_status status = next_stamp(write, clock, dot.replica, &stamp);
    if (status != OX_OK)
        return status;
    size_t size = write->capacity == 0 ? ox_value_write_short(write->place, value) : 0;
    if (size > 0) {
        write->stamp = stamp;
        write->n = dot.n;
        write->size = (uint32_t)size;
        if (part != NULL)
            put(part, &stamp, dot.n, value_of(write)); /* there is always room for so little */
        return OX_OK;
    }
    struct ox_encoded encoded;
    status = ox_encoded_make(&encoded, value, false);
    struct ox_bytes bytes = ox_buf_bytes(&encoded.buf);
    if (status == OX_OK)
        status = make_room(write, bytes.size);
    if (status == OX_OK && part != NULL)
        status = make_room(part, bytes.size);
    if (status == OX_OK)
        put(write, &stamp, dot.n, bytes);
    if (status == OX_OK && part != NULL)
        put(part, &stamp, dot.n, bytes);
    ox_encoded_free(&encoded);
    return status;
}

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    return set(store, update->stamp, update->dot, &op->arg, part);
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
    if (wins && assign(store, other) != OX_OK)
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
    return assign(part, write);
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
    ox_buf_append(out, value_of(write).data, write->size);
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
    enum ox_status status = make_room(store, value.size);
    if (status == OX_OK)
        put(store, &stamp, n, value);
    else
        ox_cbor_fail(in);
    return status;
}

static enum ox_status value(const void *store, struct ox_buf *out) {
    const struct write *write = store;
    if (!empty(write))
        return ox_value_json(value_of(write), out);
    ox_buf_append(out, "null", 4);
    return ox_buf_status(out);
}

static bool within(const void *store, const struct ox_seen *seen, const char **reason) {
    *reason = "a write has a dot that was never seen";
    return empty(store) || ox_seen_has(seen, dot_of(store));
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct write *write = store;
    struct ox_cbor in = ox_cbor_of(value_of(write));
    struct ox_value read;
    if (empty(write))
        return true;
    if (!within(store, seen, reason))
        return false;
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
    return sizeof *write + write->capacity;
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
    .within = within,
    .bytes = bytes,
};

/* ---- typed calls ---- */

/* The value in place. False, and nothing is done: it is not short, or not valid. `number` says that
 * it is one, where the compiler can know. */
static inline bool put_short(struct write *write, const struct ox_value *value, bool number) {
    size_t size = number ? ox_value_write_int(write->place, value->number)
                         : ox_value_write_short(write->place, value);
    if (size > 0)
        write->size = (uint32_t)size;
    return size > 0;
}

/* Field by field: what was just stored in parts is slow to load as a whole. */
static inline void sign(struct write *write, const struct ox_stamp *clock, struct ox_dot dot) {
    write->stamp.physical_ns = clock->physical_ns;
    write->stamp.logical = clock->logical;
    write->stamp.replica = dot.replica;
    write->n = dot.n;
}

/* The whole common write: of a short value, at a later nanosecond than the one that is here, by a
 * replica whose entry of the context is `own` (NULL: it wrote nothing yet), with a delta (NULL: not
 * wanted) that was used before. A number, which cannot be refused, goes in last: then so little has
 * to be remembered that the shortest write saves no register. False: it is not so, or the write
 * will be refused, and nothing is done but perhaps to the delta. */
static inline bool set_again(struct ox_object *reg, const struct ox_value *value, bool number,
                             const struct ox_stamp *clock, struct ox_dot *own,
                             struct ox_delta *delta) {
    struct write *write = reg->store;
    if (own == NULL || write->capacity > 0 || clock->physical_ns <= write->stamp.physical_ns ||
        clock->physical_ns == END_OF_TIME)
        return false;
    struct ox_dot dot = {own->replica, own->n + 1};
    if (delta != NULL) {
        if (!ox_object_reopen_delta(reg, dot, delta))
            return false;
        struct write *part = delta->store;
        if (part->capacity > 0 || !put_short(part, value, number))
            return false;
        sign(part, clock, dot);
    }
    if (!number && !put_short(write, value, false))
        return false;
    own->n = dot.n;
    sign(write, clock, dot);
    if (number)
        put_short(write, value, true);
    ox_object_remember_made(reg);
    return true;
}

/* Any write. Never inline, for it would make the shortest one save registers. */
__attribute__((noinline)) static enum ox_status
set_any(struct ox_object *reg, const struct ox_value *value, const struct ox_stamp *stamp,
        ox_replica replica, struct ox_delta *delta) {
    struct ox_dot *own = ox_object_own(reg, replica);
    if (value->kind == OX_VALUE_INT ? set_again(reg, value, true, stamp, own, delta)
                                    : set_again(reg, value, false, stamp, own, delta))
        return OX_OK;
    struct ox_op op = {.verb = &verbs[0], .arg = {value->kind, value->number, value->bytes}};
    return ox_object_apply(reg, &op, replica, stamp, delta);
}

enum ox_status ox_lww_set(struct ox_object *reg, const struct ox_value *value,
                          const struct ox_stamp *stamp, ox_replica replica,
                          struct ox_delta *delta) {
    assert(reg->type == &ox_lww);
    if (value->kind != OX_VALUE_INT || delta != NULL)
        return set_any(reg, value, stamp, replica, delta);
    struct ox_dot *own = ox_object_own_last(reg, replica);
    if (!set_again(reg, value, true, stamp, own, NULL))
        return set_any(reg, value, stamp, replica, NULL);
    return OX_OK;
}

struct ox_value ox_lww_read(const struct ox_object *reg) {
    assert(reg->type == &ox_lww);
    const struct write *write = reg->store;
    struct ox_value read = ox_value_null();
    struct ox_cbor in = ox_cbor_of(value_of(write));
    if (!empty(write))
        ox_value_decode(&read, &in, false);
    return read;
}

const struct ox_stamp *ox_lww_stamp(const struct ox_object *reg) {
    assert(reg->type == &ox_lww);
    const struct write *write = reg->store;
    return empty(write) ? NULL : &write->stamp;
}
