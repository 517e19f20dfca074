/* Contexts, gaps and framing, once for all types; what a store does is its type's business.
 *
 * Every operation that may fail is made in two halves: first everything that takes memory (copies,
 * room in arrays), last of that the type's own call, which is all or nothing itself; then the
 * commit, which only moves numbers into room that is there.
 */
#include "crdt/object.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

bool ox_seen_has(const struct ox_seen *seen, struct ox_dot dot) {
    if (seen->vv != NULL && ox_vv_has(seen->vv, dot))
        return true;
    for (size_t i = 0; i < 2; i++)
        if (seen->dots[i] != NULL && ox_dots_has(seen->dots[i], dot))
            return true;
    return false;
}

/* ---- life ---- */

enum ox_status ox_object_init(struct ox_object *object, const struct ox_type *type) {
    *object = (struct ox_object){.type = type, .store = type->create()};
    if (object->store != NULL)
        return OX_OK;
    *object = (struct ox_object){0};
    return OX_NOMEM;
}

void ox_object_free(struct ox_object *object) {
    if (object->store != NULL)
        object->type->destroy(object->store);
    ox_vv_free(&object->context);
    ox_vv_free(&object->made);
    *object = (struct ox_object){0};
}

enum ox_status ox_object_copy(struct ox_object *to, const struct ox_object *from) {
    *to = (struct ox_object){.type = from->type, .store = from->type->copy(from->store)};
    if (to->store != NULL && ox_vv_copy(&to->context, &from->context) == OX_OK &&
        ox_vv_copy(&to->made, &from->made) == OX_OK)
        return OX_OK;
    ox_object_free(to);
    return OX_NOMEM;
}

enum ox_status ox_object_remember_made(struct ox_object *object) {
    return ox_vv_copy(&object->made, &object->context);
}

/* ---- updates ---- */

/* What a receiver of the next update of `replica` must hold of the others. A receiver that holds
 * the replica's update before has, by closure, all that `made` says; so only what came since is
 * named. The first update, or one after a restart that forgot `made`, names everything. */
static enum ox_status since_of_update(const struct ox_object *object, ox_replica replica,
                                      struct ox_vv *since) {
    const struct ox_vv *context = &object->context;
    const struct ox_vv *made = &object->made;
    uint32_t old = 0;
    for (uint32_t i = 0; i < context->count; i++) {
        struct ox_dot entry = context->entries[i];
        while (old < made->count && made->entries[old].replica < entry.replica)
            old++;
        bool known = old < made->count && made->entries[old].replica == entry.replica &&
                     made->entries[old].n >= entry.n;
        if (known || entry.replica == replica)
            continue;
        if (ox_vv_raise(since, entry.replica, entry.n) != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

/* All that the update needs besides the type's own call: the delta without its store's contents,
 * room in the context, and room for the copy of it in `made`. */
static enum ox_status prepare_update(struct ox_object *object, struct ox_dot dot,
                                     struct ox_delta *delta) {
    struct ox_span brings = {dot.replica, dot.n, dot.n};
    bool first = dot.n == 1;
    uint32_t entries = object->context.count + first;
    delta->type = object->type;
    delta->store = object->type->create();
    if (delta->store == NULL || since_of_update(object, dot.replica, &delta->since) != OX_OK ||
        ox_dots_add(&delta->brings, brings) != OX_OK)
        return OX_NOMEM;
    if (ox_vv_reserve(&object->context, first) != OX_OK)
        return OX_NOMEM;
    if (entries > object->made.capacity &&
        ox_vv_reserve(&object->made, entries - object->made.count) != OX_OK)
        return OX_NOMEM;
    return OX_OK;
}

static void commit_update(struct ox_object *object, struct ox_dot dot) {
    enum ox_status raised = ox_vv_raise(&object->context, dot.replica, dot.n);
    assert(raised == OX_OK);
    enum ox_status copied = ox_vv_copy(&object->made, &object->context);
    assert(copied == OX_OK);
    (void)raised;
    (void)copied;
}

enum ox_status ox_object_apply(struct ox_object *object, const struct ox_op *op, ox_replica replica,
                               const struct ox_stamp *stamp, struct ox_delta *delta) {
    const struct ox_type *type = object->type;
    struct ox_dot dot = {replica, ox_vv_get(&object->context, replica)};
    *delta = (struct ox_delta){0};
    if (dot.n == UINT64_MAX)
        return OX_OVERFLOW;
    dot.n++;
    enum ox_status status = prepare_update(object, dot, delta);
    if (status == OX_OK)
        status = type->apply(object->store, &object->context, op, dot, stamp, delta->store,
                             &delta->kills);
    if (status != OX_OK) {
        ox_delta_free(delta);
        return status;
    }
    if (!type->kills)
        ox_dots_free(&delta->kills);
    commit_update(object, dot);
    return OX_OK;
}

enum ox_status ox_object_update(struct ox_object *object, const struct ox_op *op,
                                ox_replica replica, const struct ox_stamp *stamp,
                                struct ox_delta *delta) {
    static const struct ox_stamp no_time;
    struct ox_delta unwanted;
    enum ox_status status = ox_object_apply(object, op, replica, stamp != NULL ? stamp : &no_time,
                                            delta != NULL ? delta : &unwanted);
    if (delta == NULL)
        ox_delta_free(&unwanted);
    return status;
}

/* ---- joins ---- */

/* The dots of `brings` that are not in the context. There is room for one span of each. */
static void commit_news(struct ox_dots *news, const struct ox_vv *context,
                        const struct ox_span *brings, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        struct ox_span span = brings[i];
        uint64_t have = ox_vv_get(context, span.replica);
        if (have >= span.last)
            continue;
        if (have >= span.first)
            span.first = have + 1;
        enum ox_status added = ox_dots_add(news, span);
        assert(added == OX_OK);
        (void)added;
    }
}

static void commit_context(struct ox_vv *context, const struct ox_span *brings, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        enum ox_status raised = ox_vv_raise(context, brings[i].replica, brings[i].last);
        assert(raised == OX_OK);
        (void)raised;
    }
}

/* object = object join (store, theirs), where `brings` has one span per replica. */
static enum ox_status join_store(struct ox_object *object, const void *store,
                                 const struct ox_seen *theirs, const struct ox_dots *brings,
                                 struct ox_dots *news) {
    struct ox_seen mine = {.vv = &object->context};
    if (ox_vv_reserve(&object->context, brings->count) != OX_OK)
        return OX_NOMEM;
    if (news != NULL && ox_dots_reserve(news, brings->count) != OX_OK)
        return OX_NOMEM;
    enum ox_status status = object->type->join(object->store, &mine, store, theirs, NULL);
    if (status != OX_OK)
        return status;
    if (news != NULL)
        commit_news(news, &object->context, brings->spans, brings->count);
    commit_context(&object->context, brings->spans, brings->count);
    return OX_OK;
}

enum ox_status ox_object_join_delta(struct ox_object *object, const struct ox_delta *delta,
                                    struct ox_dots *news) {
    if (news != NULL)
        ox_dots_clear(news);
    if (delta->type == NULL)
        return OX_OK;
    if (delta->type != object->type)
        return OX_MISMATCH;
    if (!ox_delta_covered(delta, &object->context))
        return OX_GAP;
    if (ox_delta_redundant(delta, &object->context))
        return OX_OK;
    struct ox_seen theirs = {.dots = {&delta->brings, &delta->kills}};
    return join_store(object, delta->store, &theirs, &delta->brings, news);
}

/* The spans by which `other` is ahead of `context`: one per replica. */
static enum ox_status ahead_of(const struct ox_vv *context, const struct ox_vv *other,
                               struct ox_dots *ahead) {
    uint32_t mine = 0;
    for (uint32_t i = 0; i < other->count; i++) {
        struct ox_dot their = other->entries[i];
        while (mine < context->count && context->entries[mine].replica < their.replica)
            mine++;
        bool known = mine < context->count && context->entries[mine].replica == their.replica;
        uint64_t have = known ? context->entries[mine].n : 0;
        if (have >= their.n)
            continue;
        if (ox_dots_add(ahead, (struct ox_span){their.replica, have + 1, their.n}) != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

enum ox_status ox_object_join(struct ox_object *object, const struct ox_object *other,
                              struct ox_dots *news) {
    if (news != NULL)
        ox_dots_clear(news);
    if (other->type != object->type)
        return OX_MISMATCH;
    struct ox_dots ahead = {0};
    struct ox_seen theirs = {.vv = &other->context};
    enum ox_status status = ahead_of(&object->context, &other->context, &ahead);
    /* Nothing ahead: by closure nothing that it has killed is alive here. */
    if (status == OX_OK && ahead.count > 0)
        status = join_store(object, other->store, &theirs, &ahead, news);
    ox_dots_free(&ahead);
    return status;
}

/* ---- order ---- */

bool ox_object_leq(const struct ox_object *a, const struct ox_object *b) {
    struct ox_seen mine = {.vv = &a->context};
    struct ox_seen theirs = {.vv = &b->context};
    return a->type == b->type && ox_vv_covers(&b->context, &a->context) &&
           a->type->leq(a->store, &mine, b->store, &theirs);
}

bool ox_object_equal(const struct ox_object *a, const struct ox_object *b) {
    return a->type == b->type && ox_vv_equal(&a->context, &b->context) &&
           a->type->equal(a->store, b->store);
}

/* ---- what another lacks ---- */

/* Kills: all that both contexts hold, except what is alive here. */
static enum ox_status kills_inside(const struct ox_object *object, const struct ox_vv *both,
                                   struct ox_dots *kills) {
    struct ox_dots alive = {0};
    enum ox_status status = ox_dots_of_vv(kills, both);
    if (status == OX_OK)
        status = object->type->alive(object->store, &alive);
    if (status == OX_OK)
        status = ox_dots_subtract(kills, &alive);
    ox_dots_free(&alive);
    return status;
}

static enum ox_status fill_delta_since(const struct ox_object *object, const struct ox_vv *context,
                                       struct ox_delta *delta) {
    struct ox_vv both = {0};
    struct ox_seen seen = {.vv = context};
    enum ox_status status = ox_vv_meet(&both, &object->context, context);
    if (status == OX_OK)
        status = ahead_of(context, &object->context, &delta->brings);
    uint32_t brought = 0;
    for (uint32_t i = 0; i < both.count && status == OX_OK; i++) {
        struct ox_dot entry = both.entries[i];
        while (brought < delta->brings.count &&
               delta->brings.spans[brought].replica < entry.replica)
            brought++;
        bool implied =
            brought < delta->brings.count && delta->brings.spans[brought].replica == entry.replica;
        if (!implied)
            status = ox_vv_raise(&delta->since, entry.replica, entry.n);
    }
    if (status == OX_OK && delta->brings.count > 0)
        status = object->type->pick(object->store, &seen, delta->store);
    if (status == OX_OK && delta->brings.count > 0 && object->type->kills)
        status = kills_inside(object, &both, &delta->kills);
    ox_vv_free(&both);
    return status;
}

enum ox_status ox_object_delta_since(const struct ox_object *object, const struct ox_vv *context,
                                     struct ox_delta *delta) {
    *delta = (struct ox_delta){.type = object->type, .store = object->type->create()};
    enum ox_status status = OX_NOMEM;
    if (delta->store != NULL)
        status = fill_delta_since(object, context, delta);
    if (status != OX_OK)
        ox_delta_free(delta);
    return status;
}

/* ---- bytes ---- */

void ox_object_encode(const struct ox_object *object, struct ox_buf *out) {
    ox_cbor_put_array(out, 2);
    ox_vv_encode(&object->context, out);
    object->type->encode(object->store, out);
}

enum ox_status ox_object_decode(struct ox_object *object, const struct ox_type *type,
                                struct ox_cbor *in) {
    enum ox_status status = ox_object_init(object, type);
    if (status != OX_OK) {
        ox_cbor_fail(in);
        return status;
    }
    const char *reason;
    if (ox_cbor_array(in) != 2)
        ox_cbor_fail(in);
    status = ox_vv_decode(&object->context, in);
    if (status == OX_OK)
        status = type->decode(object->store, in);
    if (status == OX_OK && !ox_object_valid(object, &reason))
        status = OX_MALFORMED;
    if (status != OX_OK) {
        ox_cbor_fail(in);
        ox_object_free(object);
    }
    return status;
}

enum ox_status ox_object_value(const struct ox_object *object, struct ox_buf *json) {
    return object->type->value(object->store, json);
}

bool ox_object_valid(const struct ox_object *object, const char **reason) {
    struct ox_seen seen = {.vv = &object->context};
    if (!ox_vv_valid(&object->context, reason) || !ox_vv_valid(&object->made, reason))
        return false;
    if (!ox_vv_covers(&object->context, &object->made)) {
        *reason = "the memory of the own last update is ahead of the context";
        return false;
    }
    return object->type->valid(object->store, &seen, reason);
}

size_t ox_object_bytes(const struct ox_object *object) {
    return ox_vv_bytes(&object->context) + ox_vv_bytes(&object->made) +
           object->type->bytes(object->store);
}

uint64_t ox_object_hash(const struct ox_object *object, struct ox_buf *scratch) {
    ox_buf_clear(scratch);
    if (object->context.count > 0)
        ox_object_encode(object, scratch);
    return XXH3_64bits(scratch->data, scratch->size);
}
