/* Contexts, gaps and framing, once for all types; what a store does is its type's business.
 *
 * Every operation that may fail is made in two halves: first everything that takes memory (copies,
 * room in arrays), last of that the type's own call, which is all or nothing itself; then the
 * commit, which only moves numbers into room that is there.
 */
#include "crdt/object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

bool ox_seen_has_listed(const struct ox_seen *seen, struct ox_dot dot) {
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

static void rare_free(struct ox_rare *rare) {
    if (rare == NULL)
        return;
    ox_vv_free(&rare->collected);
    ox_vv_free(&rare->fresh);
    free(rare);
}

/* The block of what is rare, made empty if there is none; NULL when there is no memory. */
static struct ox_rare *rare_of(struct ox_object *object) {
    if (object->rare == NULL)
        object->rare = calloc(1, sizeof *object->rare);
    return object->rare;
}

void ox_object_free(struct ox_object *object) {
    if (object->store != NULL)
        object->type->destroy(object->store);
    ox_vv_free(&object->context);
    rare_free(object->rare);
    *object = (struct ox_object){0};
}

/* What is empty stays without a block. */
static enum ox_status copy_rare(struct ox_object *to, const struct ox_rare *from) {
    if (from == NULL || (from->collected.count == 0 && from->fresh.count == 0))
        return OX_OK;
    struct ox_rare *rare = rare_of(to);
    if (rare != NULL && ox_vv_copy(&rare->collected, &from->collected) == OX_OK &&
        ox_vv_copy(&rare->fresh, &from->fresh) == OX_OK)
        return OX_OK;
    return OX_NOMEM;
}

enum ox_status ox_object_copy(struct ox_object *to, const struct ox_object *from) {
    *to = (struct ox_object){
        .type = from->type, .made = from->made, .store = from->type->copy(from->store)};
    if (to->store != NULL && ox_vv_copy(&to->context, &from->context) == OX_OK &&
        copy_rare(to, from->rare) == OX_OK)
        return OX_OK;
    ox_object_free(to);
    return OX_NOMEM;
}

void ox_object_encode_fresh(const struct ox_object *object, struct ox_buf *out) {
    if (object->made)
        ox_vv_encode(ox_object_fresh(object), out);
    else
        ox_cbor_put_null(out);
}

static void swap_vv(struct ox_vv *a, struct ox_vv *b) {
    struct ox_vv old = *a;
    *a = *b;
    *b = old;
}

enum ox_status ox_object_decode_fresh(struct ox_object *object, struct ox_cbor *in) {
    struct ox_vv fresh = {0};
    bool made = ox_cbor_peek(in) != OX_CBOR_NULL;
    if (!made)
        ox_cbor_null(in);
    enum ox_status status = made ? ox_vv_decode(&fresh, in) : OX_OK;
    if (status == OX_OK && !ox_vv_covers(&object->context, &fresh))
        status = OX_MALFORMED;
    if (status == OX_OK && fresh.count > 0 && rare_of(object) == NULL)
        status = OX_NOMEM;
    if (status == OX_OK) {
        object->made = made;
        if (object->rare != NULL)
            swap_vv(&object->rare->fresh, &fresh);
    } else {
        ox_cbor_fail(in);
    }
    ox_vv_free(&fresh);
    return status;
}

/* There is room. */
static inline void raise(struct ox_vv *vv, ox_replica replica, uint64_t n) {
    struct ox_dot *entry = ox_vv_find(vv, replica);
    if (entry != NULL) {
        entry->n = entry->n < n ? n : entry->n;
        return;
    }
    enum ox_status raised = ox_vv_raise(vv, replica, n);
    assert(raised == OX_OK);
    (void)raised;
}

enum ox_status ox_object_reserve(struct ox_object *object, uint32_t replicas) {
    if (ox_vv_reserve(&object->context, replicas) != OX_OK)
        return OX_NOMEM;
    if (!object->made || replicas == 0)
        return OX_OK;
    return rare_of(object) != NULL ? ox_vv_reserve(&object->rare->fresh, replicas) : OX_NOMEM;
}

void ox_object_raise(struct ox_object *object, ox_replica replica, uint64_t n) {
    if (object->made)
        raise(&object->rare->fresh, replica, n);
    raise(&object->context, replica, n);
}

/* ---- updates ---- */

/* What a receiver of the next update, with this dot, must hold of the others. A receiver that holds
 * the replica's update before has, by closure, all that this one had seen then; so only what came
 * since is named. The first update, or one after a restart, names everything. */
static enum ox_status since_of_update(const struct ox_object *object, struct ox_dot dot,
                                      struct ox_vv *since) {
    const struct ox_vv *needed = ox_object_needed(object, dot);
    if (needed->count == 0)
        return OX_OK;
    if (ox_vv_reserve(since, needed->count) != OX_OK)
        return OX_NOMEM;
    for (uint32_t i = 0; i < needed->count; i++)
        if (needed->entries[i].replica != dot.replica)
            since->entries[since->count++] = needed->entries[i];
    return OX_OK;
}

enum ox_status ox_object_open_delta(const struct ox_object *object, struct ox_dot dot,
                                    struct ox_delta *delta) {
    enum ox_status status = ox_delta_open(delta, object->type);
    if (status == OX_OK)
        status = since_of_update(object, dot, &delta->since);
    if (status == OX_OK && delta->brings.capacity == 0)
        status = ox_dots_reserve(&delta->brings, 1);
    if (status == OX_OK)
        delta->brings.spans[delta->brings.count++] = (struct ox_span){dot.replica, dot.n, dot.n};
    return status;
}

enum ox_status ox_object_apply(struct ox_object *object, const struct ox_op *op, ox_replica replica,
                               const struct ox_stamp *stamp, struct ox_delta *delta) {
    static const struct ox_stamp no_time;
    const struct ox_type *type = object->type;
    struct ox_dot *own = ox_vv_find(&object->context, replica);
    uint64_t have = own != NULL ? own->n : 0;
    struct ox_update update = {{replica, have + 1}, stamp != NULL ? stamp : &no_time, 1};
    enum ox_status status = have < OX_OBJECT_DOTS_MAX ? OX_OK : OX_OVERFLOW;
    if (status == OX_OK && delta != NULL)
        status = ox_object_open_delta(object, update.dot, delta);
    if (status == OX_OK && own == NULL)
        status = ox_vv_reserve(&object->context, 1);
    if (status == OX_OK)
        status = type->apply(object->store, &object->context, op, &update,
                             delta != NULL ? delta->store : NULL,
                             delta != NULL && type->kills ? &delta->kills : NULL);
    if (status != OX_OK) {
        if (delta != NULL)
            ox_delta_clear(delta);
        return status;
    }
    assert(update.taken >= 1 && update.taken <= OX_UPDATE_DOTS_MAX);
    if (delta != NULL)
        delta->brings.spans[0].last = have + update.taken;
    if (own != NULL)
        own->n = have + update.taken;
    else
        raise(&object->context, replica, have + update.taken);
    ox_object_remember_made(object);
    return OX_OK;
}

/* ---- joins ---- */

/* The dots by which the context will rise to `ends`. There is room for one span of each. */
static void commit_news(struct ox_dots *news, const struct ox_vv *context,
                        const struct ox_vv *ends) {
    for (uint32_t i = 0; i < ends->count; i++) {
        struct ox_dot end = ends->entries[i];
        uint64_t have = ox_vv_get(context, end.replica);
        enum ox_status added = ox_dots_add(news, (struct ox_span){end.replica, have + 1, end.n});
        assert(added == OX_OK);
        (void)added;
    }
}

/* There is room. */
static void commit_ends(struct ox_vv *vv, const struct ox_vv *ends) {
    enum ox_status joined = ox_vv_join(vv, ends);
    assert(joined == OX_OK);
    (void)joined;
}

/* Whether the context will reach as far as `vv` once it has risen to `ends`. */
static bool will_cover(const struct ox_vv *context, const struct ox_vv *ends,
                       const struct ox_vv *vv) {
    for (uint32_t i = 0; i < vv->count; i++)
        if (!ox_vv_has(context, vv->entries[i]) && !ox_vv_has(ends, vv->entries[i]))
            return false;
    return true;
}

/* Whether it still holds what is stable at what it says it has collected. An honest one never does,
 * and where one did a join would depend on the side. */
static bool has_residue(const struct ox_object *object) {
    const struct ox_vv *collected = ox_object_collected(object);
    return collected->count > 0 && object->type->has_residue != NULL &&
           object->type->has_residue(object->store, collected);
}

/* Up to where an object is collected once it has joined a side that is: the other side's residue
 * is gone, so ours must go as far. `to` is what to collect to; empty when nothing is to do. */
static enum ox_status plan_collect(const struct ox_object *object, const struct ox_vv *ends,
                                   const struct ox_vv *theirs, struct ox_vv *to) {
    if (ox_vv_covers(ox_object_collected(object), theirs))
        return OX_OK;
    if (!will_cover(&object->context, ends, theirs))
        return OX_INVALID;
    enum ox_status status = ox_vv_copy(to, ox_object_collected(object));
    return status == OX_OK ? ox_vv_join(to, theirs) : status;
}

/* Drops what is stable at `to`, which becomes what is collected. The work is done on a copy, so
 * that without memory all stays. */
static enum ox_status collect_to(struct ox_object *object, struct ox_vv *to) {
    const struct ox_type *type = object->type;
    if (rare_of(object) == NULL)
        return OX_NOMEM;
    if (type->collect != NULL) {
        void *store = type->copy(object->store);
        enum ox_status status = store != NULL ? type->collect(store, to) : OX_NOMEM;
        if (status != OX_OK) {
            if (store != NULL)
                type->destroy(store);
            return status;
        }
        type->destroy(object->store);
        object->store = store;
    }
    swap_vv(&object->rare->collected, to);
    return OX_OK;
}

/* Nothing new came in, but the other side may have collected further. */
static enum ox_status collect_as(struct ox_object *object, const struct ox_vv *theirs) {
    struct ox_vv to = {0};
    enum ox_status status = plan_collect(object, &ox_vv_none, theirs, &to);
    if (status == OX_OK && to.count > 0)
        status = collect_to(object, &to);
    ox_vv_free(&to);
    return status;
}

/* One side of a join, that which comes in. */
struct incoming {
    const void *store;
    const struct ox_seen *seen;
    const struct ox_vv *ends; /* of the replicas whose entries in the context rise, up to where */
    const struct ox_vv *collected;
    bool whole; /* a state, not a delta */
};

static enum ox_status join_entries(struct ox_object *object, const struct incoming *in,
                                   struct ox_dots *news) {
    struct ox_seen mine = {.vv = &object->context};
    uint32_t count = in->ends->count;
    enum ox_status status = ox_object_reserve(object, count);
    if (status == OX_OK && news != NULL)
        status = ox_dots_reserve(news, count);
    if (status == OX_OK)
        status = object->type->join(object->store, &mine, in->store, in->seen, NULL);
    if (status != OX_OK)
        return status;
    if (news != NULL)
        commit_news(news, &object->context, in->ends);
    if (object->made)
        commit_ends(&object->rare->fresh, in->ends);
    commit_ends(&object->context, in->ends);
    return OX_OK;
}

/* The rare join: a side has collected something. All steps or none, so on a copy. `to` is empty
 * where nothing is left to collect. OX_DIVERGED: then there is, because what the other side holds
 * and what it has seen do not go together. */
static enum ox_status join_and_collect(struct ox_object *object, const struct incoming *in,
                                       struct ox_vv *to, struct ox_dots *news) {
    struct ox_object joined;
    enum ox_status status = ox_object_copy(&joined, object);
    if (status != OX_OK)
        return status;
    status = join_entries(&joined, in, news);
    if (status == OX_OK && to->count > 0)
        status = collect_to(&joined, to);
    else if (status == OX_OK && has_residue(&joined))
        status = OX_DIVERGED;
    if (status == OX_OK) {
        struct ox_object old = *object;
        *object = joined;
        joined = old;
    } else if (news != NULL) {
        ox_dots_clear(news);
    }
    ox_object_free(&joined);
    return status;
}

static enum ox_status join_store(struct ox_object *object, const struct incoming *in,
                                 struct ox_dots *news) {
    struct ox_vv to = {0};
    enum ox_status status = plan_collect(object, in->ends, in->collected, &to);
    bool settles =
        in->whole && object->type->has_residue != NULL && ox_object_collected(object)->count > 0;
    if (status == OX_OK && to.count == 0 && !settles)
        return join_entries(object, in, news);
    if (status == OX_OK)
        status = join_and_collect(object, in, &to, news);
    ox_vv_free(&to);
    return status;
}

/* A delta of somebody who collected what we have not seen in full. It cannot tell us which of our
 * entries are gone, so it must bring everything, and is then joined as the whole object it is. */
static enum ox_status join_as_whole(struct ox_object *object, const struct ox_delta *delta,
                                    struct ox_dots *news) {
    struct ox_object whole;
    if (!ox_delta_whole(delta))
        return OX_GAP;
    enum ox_status status = ox_object_init(&whole, object->type);
    if (status != OX_OK)
        return status;
    status = ox_object_join_delta(&whole, delta, NULL);
    if (status == OX_OK)
        status = ox_object_join(object, &whole, news);
    ox_object_free(&whole);
    return status;
}

/* Up to where a delta raises the context of who joins it. Nearly every delta brings dots of one
 * replica, for which this needs no memory. */
struct rise {
    struct ox_vv ends;
    struct ox_dot only;
};

static void rise_free(struct rise *rise) {
    if (rise->ends.entries != &rise->only)
        ox_vv_free(&rise->ends);
}

/* OX_GAP: the context does not reach what the delta brings. */
static enum ox_status rise_of(const struct ox_vv *context, const struct ox_dots *brings,
                              struct rise *rise) {
    rise->ends = (struct ox_vv){.entries = &rise->only, .capacity = 1};
    if (brings->count > 1) {
        rise->ends = ox_vv_none;
        if (ox_vv_reserve(&rise->ends, brings->count) != OX_OK)
            return OX_NOMEM;
    }
    for (uint32_t i = 0; i < brings->count; i++) {
        struct ox_span span = brings->spans[i];
        uint64_t have = ox_vv_get(context, span.replica);
        if (have < span.first - 1)
            return OX_GAP;
        if (have < span.last)
            rise->ends.entries[rise->ends.count++] = (struct ox_dot){span.replica, span.last};
    }
    return OX_OK;
}

static enum ox_status join_rising(struct ox_object *object, const struct ox_delta *delta,
                                  const struct ox_vv *ends, struct ox_dots *news) {
    if (ends->count == 0)
        return collect_as(object, &delta->collected);
    if (object->context.count > 0 && !ox_vv_covers(&object->context, &delta->collected))
        return join_as_whole(object, delta, news);
    struct ox_seen theirs = {.dots = {&delta->brings, &delta->kills}};
    struct incoming in = {delta->store, &theirs, ends, &delta->collected, false};
    return join_store(object, &in, news);
}

enum ox_status ox_object_join_delta(struct ox_object *object, const struct ox_delta *delta,
                                    struct ox_dots *news) {
    struct rise rise;
    if (news != NULL)
        ox_dots_clear(news);
    if (delta->type == NULL)
        return OX_OK;
    if (delta->type != object->type)
        return OX_MISMATCH;
    if (!ox_vv_covers(&object->context, &delta->since))
        return OX_GAP;
    enum ox_status status = rise_of(&object->context, &delta->brings, &rise);
    if (status == OX_OK)
        status = join_rising(object, delta, &rise.ends, news);
    rise_free(&rise);
    return status;
}

enum ox_status ox_object_collect(struct ox_object *object, const struct ox_vv *stable) {
    return collect_as(object, stable);
}

enum ox_status ox_object_join(struct ox_object *object, const struct ox_object *other,
                              struct ox_dots *news) {
    if (news != NULL)
        ox_dots_clear(news);
    if (other->type != object->type)
        return OX_MISMATCH;
    struct ox_vv ahead = {0};
    struct ox_seen theirs = {.vv = &other->context};
    struct incoming in = {other->store, &theirs, &ahead, ox_object_collected(other), true};
    enum ox_status status = OX_OK;
    if (!ox_vv_equal(&object->context, &other->context))
        status = ox_vv_ahead(&ahead, &object->context, &other->context);
    /* Nothing ahead: by closure nothing that it has killed is alive here. */
    if (status == OX_OK && ahead.count > 0)
        status = join_store(object, &in, news);
    else if (status == OX_OK)
        status = collect_as(object, ox_object_collected(other));
    ox_vv_free(&ahead);
    return status;
}

/* ---- order ---- */

bool ox_object_leq(const struct ox_object *a, const struct ox_object *b) {
    struct ox_seen mine = {.vv = &a->context};
    struct ox_seen theirs = {.vv = &b->context};
    return a->type == b->type && ox_vv_covers(&b->context, &a->context) &&
           ox_vv_covers(ox_object_collected(b), ox_object_collected(a)) &&
           a->type->leq(a->store, &mine, b->store, &theirs);
}

bool ox_object_equal(const struct ox_object *a, const struct ox_object *b) {
    return a->type == b->type && ox_vv_equal(&a->context, &b->context) &&
           ox_vv_equal(ox_object_collected(a), ox_object_collected(b)) &&
           a->type->equal(a->store, b->store);
}

/* ---- what another lacks ---- */

/* Kills: all that both contexts hold, except what is alive here. */
static enum ox_status kills_inside(const struct ox_object *object, const struct ox_vv *context,
                                   struct ox_dots *kills) {
    struct ox_vv both = {0};
    struct ox_dots alive = {0};
    enum ox_status status = ox_vv_meet(&both, &object->context, context);
    if (status == OX_OK)
        status = ox_dots_of_vv(kills, &both);
    if (status == OX_OK)
        status = object->type->alive(object->store, &alive);
    if (status == OX_OK)
        status = ox_dots_subtract(kills, &alive);
    ox_vv_free(&both);
    ox_dots_free(&alive);
    return status;
}

/* Of each replica either the dots that `context` lacks are brought, or it must have what we have.
 */
static enum ox_status fill_frame(const struct ox_vv *mine, const struct ox_vv *context,
                                 struct ox_delta *delta) {
    enum ox_status status = OX_OK;
    uint32_t at = 0;
    for (uint32_t i = 0; i < mine->count && status == OX_OK; i++) {
        struct ox_dot end = mine->entries[i];
        while (at < context->count && context->entries[at].replica < end.replica)
            at++;
        bool known = at < context->count && context->entries[at].replica == end.replica;
        uint64_t have = known ? context->entries[at].n : 0;
        if (have < end.n)
            status = ox_dots_add(&delta->brings, (struct ox_span){end.replica, have + 1, end.n});
        else
            status = ox_vv_raise(&delta->since, end.replica, end.n);
    }
    return status;
}

static enum ox_status fill_delta_since(const struct ox_object *object, const struct ox_vv *context,
                                       struct ox_delta *delta) {
    struct ox_seen seen = {.vv = context};
    enum ox_status status = fill_frame(&object->context, context, delta);
    if (status == OX_OK && delta->brings.count > 0)
        status = object->type->pick(object->store, &seen, delta->store);
    if (status == OX_OK && delta->brings.count > 0 && object->type->kills)
        status = kills_inside(object, context, &delta->kills);
    return status;
}

enum ox_status ox_object_delta_since(const struct ox_object *object, const struct ox_vv *context,
                                     struct ox_delta *delta) {
    const struct ox_vv *collected = ox_object_collected(object);
    enum ox_status status = ox_delta_open(delta, object->type);
    /* Some of what it holds may be residue here that is gone: it must be told everything. */
    if (!ox_vv_covers(context, collected))
        context = &ox_vv_none;
    if (status == OX_OK)
        status = fill_delta_since(object, context, delta);
    if (status == OX_OK)
        status = ox_vv_copy(&delta->collected, collected);
    if (status != OX_OK)
        ox_delta_clear(delta);
    return status;
}

/* ---- bytes ---- */

void ox_object_encode(const struct ox_object *object, struct ox_buf *out) {
    const struct ox_vv *collected = ox_object_collected(object);
    ox_cbor_put_array(out, 2 + (collected->count > 0));
    ox_vv_encode(&object->context, out);
    object->type->encode(object->store, out);
    if (collected->count > 0)
        ox_vv_encode(collected, out);
}

/* Whether the parts that were decoded, each valid by itself, go together. */
static bool decoded_valid(const struct ox_object *object, const char **reason) {
    const struct ox_type *type = object->type;
    struct ox_seen seen = {.vv = &object->context};
    return ox_vv_covers(&object->context, ox_object_collected(object)) && !has_residue(object) &&
           (type->within != NULL ? type->within : type->valid)(object->store, &seen, reason);
}

enum ox_status ox_object_decode(struct ox_object *object, const struct ox_type *type,
                                struct ox_cbor *in) {
    enum ox_status status = ox_object_init(object, type);
    if (status != OX_OK) {
        ox_cbor_fail(in);
        return status;
    }
    const char *reason;
    size_t parts = ox_cbor_array(in);
    if (parts != 2 && parts != 3)
        ox_cbor_fail(in);
    status = ox_vv_decode(&object->context, in);
    if (status == OX_OK)
        status = type->decode(object->store, in);
    if (status == OX_OK && parts == 3)
        status = rare_of(object) != NULL ? ox_vv_decode(&object->rare->collected, in) : OX_NOMEM;
    if (status == OX_OK && parts == 3 && object->rare->collected.count == 0)
        status = OX_MALFORMED;
    if (status == OX_OK && !decoded_valid(object, &reason))
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
    if (!ox_vv_valid(&object->context, reason) ||
        !ox_vv_valid(ox_object_collected(object), reason) ||
        !ox_vv_valid(ox_object_fresh(object), reason))
        return false;
    if (!ox_vv_covers(&object->context, ox_object_fresh(object))) {
        *reason = "what is fresh since the own last update is ahead of the context";
        return false;
    }
    if (!ox_vv_covers(&object->context, ox_object_collected(object))) {
        *reason = "what is collected is ahead of the context";
        return false;
    }
    if (has_residue(object)) {
        *reason = "residue is left that was collected";
        return false;
    }
    return object->type->valid(object->store, &seen, reason);
}

size_t ox_object_bytes(const struct ox_object *object) {
    const struct ox_rare *rare = object->rare;
    size_t bytes = ox_vv_bytes(&object->context) + object->type->bytes(object->store);
    if (rare != NULL)
        bytes += sizeof *rare + ox_vv_bytes(&rare->collected) + ox_vv_bytes(&rare->fresh);
    return bytes;
}

uint64_t ox_object_hash(const struct ox_object *object, struct ox_buf *scratch) {
    ox_buf_clear(scratch);
    if (object->context.count > 0)
        ox_object_encode(object, scratch);
    return XXH3_64bits(scratch->data, scratch->size);
}
