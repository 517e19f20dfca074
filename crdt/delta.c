/* Deltas: the second half of object.h. */
#include "crdt/array.h"
#include "crdt/object.h"

#include <assert.h>
#include <stdlib.h>

/* ---- life ---- */

void ox_delta_free(struct ox_delta *delta) {
    if (delta->store != NULL)
        delta->type->destroy(delta->store);
    ox_vv_free(&delta->since);
    ox_dots_free(&delta->brings);
    ox_dots_free(&delta->kills);
    ox_vv_free(&delta->collected);
    *delta = (struct ox_delta){0};
}

void ox_delta_clear(struct ox_delta *delta) {
    if (delta->store != NULL)
        delta->type->clear(delta->store);
    ox_vv_clear(&delta->since);
    ox_dots_clear(&delta->brings);
    ox_dots_clear(&delta->kills);
    ox_vv_clear(&delta->collected);
}

enum ox_status ox_delta_open(struct ox_delta *delta, const struct ox_type *type) {
    if (delta->type == type) {
        ox_delta_clear(delta);
        return OX_OK;
    }
    ox_delta_free(delta);
    delta->store = type->create();
    if (delta->store == NULL)
        return OX_NOMEM;
    delta->type = type;
    return OX_OK;
}

enum ox_status ox_delta_copy(struct ox_delta *to, const struct ox_delta *from) {
    *to = (struct ox_delta){0};
    if (from->type == NULL)
        return OX_OK;
    to->type = from->type;
    to->store = from->type->copy(from->store);
    if (to->store != NULL && ox_vv_copy(&to->since, &from->since) == OX_OK &&
        ox_dots_copy(&to->brings, &from->brings) == OX_OK &&
        ox_dots_copy(&to->kills, &from->kills) == OX_OK &&
        ox_vv_copy(&to->collected, &from->collected) == OX_OK)
        return OX_OK;
    ox_delta_free(to);
    return OX_NOMEM;
}

/* ---- asking ---- */

bool ox_delta_empty(const struct ox_delta *delta) {
    return delta->brings.count == 0;
}

bool ox_delta_whole(const struct ox_delta *delta) {
    for (uint32_t i = 0; i < delta->brings.count; i++)
        if (delta->brings.spans[i].first != 1)
            return false;
    return delta->since.count == 0;
}

bool ox_delta_covered(const struct ox_delta *delta, const struct ox_vv *context) {
    if (!ox_vv_covers(context, &delta->since))
        return false;
    for (uint32_t i = 0; i < delta->brings.count; i++) {
        const struct ox_span *span = &delta->brings.spans[i];
        if (ox_vv_get(context, span->replica) < span->first - 1)
            return false;
    }
    /* Who holds something, but has not seen all that is collected there, must take the whole. */
    return context->count == 0 || ox_vv_covers(context, &delta->collected) || ox_delta_whole(delta);
}

bool ox_delta_redundant(const struct ox_delta *delta, const struct ox_vv *context) {
    for (uint32_t i = 0; i < delta->brings.count; i++) {
        const struct ox_span *span = &delta->brings.spans[i];
        if (ox_vv_get(context, span->replica) < span->last)
            return false;
    }
    return true;
}

/* ---- groups ---- */

/* The span of `replica` in a set that has at most one of each. */
static const struct ox_span *span_of(const struct ox_dots *dots, ox_replica replica) {
    uint32_t low = ox_array_floor(dots->spans, dots->count, sizeof *dots->spans, replica);
    return low < dots->count && dots->spans[low].replica == replica ? &dots->spans[low] : NULL;
}

static bool one_span_per_replica(const struct ox_dots *dots) {
    for (uint32_t i = 1; i < dots->count; i++)
        if (dots->spans[i - 1].replica == dots->spans[i].replica)
            return false;
    return true;
}

/* What a merged group says around its store. `covered` are brought spans that its own since lies
 * above: whoever may join the group has them already. */
struct frame {
    struct ox_vv since;
    struct ox_dots brings;
    struct ox_dots kills;
    struct ox_vv collected;
    struct ox_dots covered;
};

static void frame_free(struct frame *frame) {
    ox_vv_free(&frame->since);
    ox_dots_free(&frame->brings);
    ox_dots_free(&frame->kills);
    ox_vv_free(&frame->collected);
    ox_dots_free(&frame->covered);
}

/* Splits the joined `since` of both: an entry inside or below a brought span is implied by the
 * span; one above it covers the span. */
static enum ox_status frame_settle_since(struct frame *frame, const struct ox_vv *since) {
    for (uint32_t i = 0; i < since->count; i++) {
        struct ox_dot entry = since->entries[i];
        const struct ox_span *span = span_of(&frame->brings, entry.replica);
        if (span != NULL && entry.n <= span->last)
            continue;
        if (span != NULL && ox_dots_add(&frame->covered, *span) != OX_OK)
            return OX_NOMEM;
        if (ox_vv_raise(&frame->since, entry.replica, entry.n) != OX_OK)
            return OX_NOMEM;
    }
    return ox_dots_subtract(&frame->brings, &frame->covered);
}

static enum ox_status frame_of_merge(struct frame *frame, const struct ox_delta *a,
                                     const struct ox_delta *b) {
    struct ox_vv since = {0};
    enum ox_status status = ox_dots_copy(&frame->brings, &a->brings);
    if (status == OX_OK)
        status = ox_dots_union(&frame->brings, &b->brings);
    if (status == OX_OK && !one_span_per_replica(&frame->brings))
        status = OX_GAP;
    if (status == OX_OK)
        status = ox_dots_copy(&frame->kills, &a->kills);
    if (status == OX_OK)
        status = ox_dots_union(&frame->kills, &b->kills);
    if (status == OX_OK)
        status = ox_dots_subtract(&frame->kills, &frame->brings);
    if (status == OX_OK)
        status = ox_vv_copy(&frame->collected, &a->collected);
    if (status == OX_OK)
        status = ox_vv_join(&frame->collected, &b->collected);
    if (status == OX_OK)
        status = ox_vv_copy(&since, &a->since);
    if (status == OX_OK)
        status = ox_vv_join(&since, &b->since);
    if (status == OX_OK)
        status = frame_settle_since(frame, &since);
    ox_vv_free(&since);
    return status;
}

/* The dots of `spans` without an entry in `store`: dead ones. Adds them to `kills`. */
static enum ox_status add_dead(struct ox_dots *kills, const struct ox_dots *spans,
                               const struct ox_type *type, const void *store) {
    if (!type->kills || spans->count == 0)
        return OX_OK;
    struct ox_dots dead = {0};
    struct ox_dots alive = {0};
    enum ox_status status = ox_dots_copy(&dead, spans);
    if (status == OX_OK)
        status = type->alive(store, &alive);
    if (status == OX_OK)
        status = ox_dots_subtract(&dead, &alive);
    if (status == OX_OK)
        status = ox_dots_union(kills, &dead);
    ox_dots_free(&dead);
    ox_dots_free(&alive);
    return status;
}

static enum ox_status join_stores(const struct ox_type *type, void *store, const struct ox_delta *a,
                                  const struct ox_delta *b) {
    struct ox_seen mine = {.dots = {&a->brings, &a->kills}};
    struct ox_seen theirs = {.dots = {&b->brings, &b->kills}};
    return type->join(store, &mine, b->store, &theirs, NULL);
}

/* The rare merge: entries of covered spans leave the group, so a new store is built beside it. */
static enum ox_status merge_and_strip(struct ox_delta *group, const struct ox_delta *delta,
                                      struct frame *frame) {
    const struct ox_type *type = group->type;
    struct ox_seen covered = {.dots = {&frame->covered, NULL}};
    void *joined = type->copy(group->store);
    void *stripped = type->create();
    enum ox_status status = joined != NULL && stripped != NULL ? OX_OK : OX_NOMEM;
    if (status == OX_OK)
        status = join_stores(type, joined, group, delta);
    if (status == OX_OK)
        status = type->pick(joined, &covered, stripped);
    if (status == OX_OK)
        status = add_dead(&frame->kills, &frame->covered, type, joined);
    if (status == OX_OK) {
        void *old = group->store;
        group->store = stripped;
        stripped = old;
    }
    if (joined != NULL)
        type->destroy(joined);
    if (stripped != NULL)
        type->destroy(stripped);
    return status;
}

/* What one of them carries may be residue that went where the other comes from. */
static bool collected_apart(const struct ox_delta *a, const struct ox_delta *b) {
    return !ox_delta_empty(a) && !ox_delta_empty(b) && !ox_vv_equal(&a->collected, &b->collected);
}

enum ox_status ox_delta_merge(struct ox_delta *group, const struct ox_delta *delta) {
    if (delta->type == NULL)
        return OX_OK;
    if (group->type == NULL)
        return ox_delta_copy(group, delta);
    if (group->type != delta->type)
        return OX_MISMATCH;
    if (collected_apart(group, delta))
        return OX_GAP;
    struct frame frame = {0};
    enum ox_status status = frame_of_merge(&frame, group, delta);
    if (status == OX_OK && frame.covered.count > 0)
        status = merge_and_strip(group, delta, &frame);
    else if (status == OX_OK)
        status = join_stores(group->type, group->store, group, delta);
    if (status == OX_OK) {
        struct frame old = {group->since, group->brings, group->kills, group->collected, {0}};
        group->since = frame.since;
        group->brings = frame.brings;
        group->kills = frame.kills;
        group->collected = frame.collected;
        old.covered = frame.covered;
        frame = old;
    }
    frame_free(&frame);
    return status;
}

/* ---- difference ---- */

/* Splits what `delta` brings into what `context` lacks (`out->brings`) and what it has. */
static enum ox_status split_brings(const struct ox_delta *delta, const struct ox_vv *context,
                                   struct ox_delta *out, struct ox_dots *had) {
    enum ox_status status = ox_dots_reserve(&out->brings, delta->brings.count);
    for (uint32_t i = 0; i < delta->brings.count && status == OX_OK; i++) {
        struct ox_span span = delta->brings.spans[i];
        uint64_t have = ox_vv_get(context, span.replica);
        if (have >= span.first) {
            struct ox_span known = {span.replica, span.first, have < span.last ? have : span.last};
            status = ox_dots_add(had, known);
        }
        if (have >= span.last && status == OX_OK)
            status = ox_vv_raise(&out->since, span.replica, span.last);
        if (have >= span.last || status != OX_OK)
            continue;
        if (have >= span.first)
            span.first = have + 1;
        status = ox_dots_add(&out->brings, span);
    }
    return status;
}

enum ox_status ox_delta_difference(const struct ox_delta *delta, const struct ox_object *object,
                                   struct ox_delta *out) {
    ox_delta_clear(out);
    if (delta->type == NULL)
        return OX_OK;
    if (delta->type != object->type)
        return OX_MISMATCH;
    /* Who has not seen all that is collected there can only take the whole. */
    bool whole = !ox_vv_covers(&object->context, &delta->collected);
    const struct ox_vv *context = whole ? &ox_vv_none : &object->context;
    struct ox_dots had = {0};
    struct ox_seen seen = {.dots = {&had, NULL}};
    enum ox_status status = ox_delta_open(out, delta->type);
    if (status == OX_OK)
        status = ox_vv_copy(&out->since, &delta->since);
    if (status == OX_OK)
        status = split_brings(delta, context, out, &had);
    if (status == OX_OK)
        status = out->type->pick(delta->store, &seen, out->store);
    if (status == OX_OK)
        status = ox_dots_copy(&out->kills, &delta->kills);
    if (status == OX_OK)
        status = add_dead(&out->kills, &had, out->type, delta->store);
    if (status == OX_OK)
        status = ox_vv_copy(&out->collected, &delta->collected);
    ox_dots_free(&had);
    if (status != OX_OK)
        ox_delta_clear(out);
    return status;
}

/* ---- decompose ---- */

/* One of the smallest stores, with its only dot. */
struct shard {
    struct ox_dot dot;
    void *store;
};

struct shards {
    const struct ox_type *type;
    struct shard *all;
    const void **order; /* of struct shard, by dot */
    uint32_t count, capacity;
};

static int compare_shards(const void *left, const void *right) {
    const struct shard *a = left;
    const struct shard *b = right;
    int order = ox_dot_compare(a->dot, b->dot);
    return order != 0 ? order : (a > b) - (a < b); /* of one array */
}

static enum ox_status collect_shard(void *self, void *part) {
    struct shards *shards = self;
    struct ox_dots alive = {0};
    enum ox_status status =
        shards->count < OX_DELTA_PARTS_MAX ? shards->type->alive(part, &alive) : OX_OVERFLOW;
    if (status == OX_OK && shards->count == shards->capacity) {
        struct shard *grown = ox_array_grow(shards->all, &shards->capacity,
                                            (uint64_t)shards->count + 1, sizeof *grown);
        if (grown == NULL)
            status = OX_NOMEM;
        else
            shards->all = grown;
    }
    if (status == OX_OK) {
        assert(ox_dots_total(&alive) == 1);
        struct ox_dot dot = {alive.spans[0].replica, alive.spans[0].first};
        shards->all[shards->count++] = (struct shard){dot, part};
    } else {
        shards->type->destroy(part);
    }
    ox_dots_free(&alive);
    return status;
}

static enum ox_status shards_collect(struct shards *shards, const struct ox_delta *delta) {
    enum ox_status status = delta->type->split(delta->store, collect_shard, shards);
    if (status != OX_OK || shards->count == 0)
        return status;
    shards->order = malloc(shards->count * sizeof *shards->order);
    if (shards->order == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < shards->count; i++)
        shards->order[i] = &shards->all[i];
    ox_array_sort(shards->order, shards->count, compare_shards);
    return OX_OK;
}

static void shards_free(struct shards *shards) {
    for (uint32_t i = 0; i < shards->count; i++)
        if (shards->all[i].store != NULL)
            shards->type->destroy(shards->all[i].store);
    free(shards->all);
    free(shards->order);
}

/* Where the parts of a delta go. */
struct emitter {
    const struct ox_delta *whole;
    enum ox_status (*each)(void *self, struct ox_delta *part);
    void *self;
    bool begun; /* a part is out */
};

/* Hands out one part; takes over `store` (NULL: an empty one). */
static enum ox_status emit(struct emitter *to, const struct ox_span *brings,
                           const struct ox_span *kills, void *store) {
    const struct ox_type *type = to->whole->type;
    struct ox_delta part = {.type = type, .store = store != NULL ? store : type->create()};
    to->begun = true;
    enum ox_status status = part.store == NULL ? OX_NOMEM : OX_OK;
    if (status == OX_OK)
        status = ox_vv_copy(&part.since, &to->whole->since);
    if (status == OX_OK && brings != NULL)
        status = ox_dots_add(&part.brings, *brings);
    if (status == OX_OK && kills != NULL)
        status = ox_dots_add(&part.kills, *kills);
    if (status == OX_OK)
        status = ox_vv_copy(&part.collected, &to->whole->collected);
    if (status == OX_OK)
        return to->each(to->self, &part);
    ox_delta_free(&part);
    return status;
}

/* The part of one shard: its dot, and what is left of the span below it unless that is told apart.
 * A second shard of one dot (a removal may leave several) comes with the dot alone. */
static enum ox_status emit_shard(struct emitter *to, struct ox_span *span, struct shard *shard) {
    struct ox_dot dot = shard->dot;
    enum ox_status status = OX_OK;
    if (to->whole->type->kills && dot.n > span->first) {
        struct ox_span dead = {dot.replica, span->first, dot.n - 1};
        status = emit(to, &dead, NULL, NULL);
        span->first = dot.n;
    }
    if (status != OX_OK)
        return status;
    struct ox_span brings = {dot.replica, span->first < dot.n ? span->first : dot.n, dot.n};
    void *store = shard->store;
    shard->store = NULL;
    span->first = dot.n + 1;
    return emit(to, &brings, NULL, store);
}

/* The parts of one brought span: its alive dots and the runs of dead ones between them. A type
 * without kills keeps a run with the entry above it, which is what superseded it. */
static enum ox_status emit_span(struct emitter *to, struct ox_span span, struct shards *shards,
                                uint32_t *next) {
    enum ox_status status = OX_OK;
    for (; *next < shards->count && status == OX_OK; ++*next) {
        struct shard *shard = (struct shard *)shards->order[*next];
        if (shard->dot.replica != span.replica || shard->dot.n > span.last)
            break;
        status = emit_shard(to, &span, shard);
    }
    if (status != OX_OK || span.first == 0 || span.first > span.last)
        return status;
    /* A store without entries may still say something, as a clock: its first part has it. */
    void *store = NULL;
    if (shards->count == 0 && !to->begun)
        store = shards->type->copy(to->whole->store);
    if (shards->count == 0 && !to->begun && store == NULL)
        return OX_NOMEM;
    return emit(to, &span, NULL, store);
}

enum ox_status ox_delta_decompose(const struct ox_delta *delta,
                                  enum ox_status (*each)(void *self, struct ox_delta *part),
                                  void *self) {
    if (delta->type == NULL)
        return OX_OK;
    struct emitter to = {delta, each, self, false};
    struct shards shards = {.type = delta->type};
    uint32_t next = 0;
    enum ox_status status = shards_collect(&shards, delta);
    for (uint32_t i = 0; i < delta->brings.count && status == OX_OK; i++)
        status = emit_span(&to, delta->brings.spans[i], &shards, &next);
    for (uint32_t i = 0; i < delta->kills.count && status == OX_OK; i++)
        status = emit(&to, NULL, &delta->kills.spans[i], NULL);
    shards_free(&shards);
    return status;
}

/* ---- bytes ---- */

void ox_delta_encode(const struct ox_delta *delta, struct ox_buf *out) {
    assert(delta->type != NULL);
    bool collected = delta->collected.count > 0;
    ox_cbor_put_array(out, 4 + collected);
    ox_vv_encode(&delta->since, out);
    ox_dots_encode(&delta->brings, out);
    ox_dots_encode(&delta->kills, out);
    delta->type->encode(delta->store, out);
    if (collected)
        ox_vv_encode(&delta->collected, out);
}

/* Whether two sets of dots share one. */
static bool overlap(const struct ox_dots *a, const struct ox_dots *b) {
    uint32_t j = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct ox_span *span = &a->spans[i];
        while (j < b->count &&
               (b->spans[j].replica < span->replica ||
                (b->spans[j].replica == span->replica && b->spans[j].last < span->first)))
            j++;
        if (j < b->count && b->spans[j].replica == span->replica && b->spans[j].first <= span->last)
            return true;
    }
    return false;
}

/* Whether the parts around the store, each valid by itself, go together. */
static bool frame_agrees(const struct ox_delta *delta, const char **reason) {
    if (!one_span_per_replica(&delta->brings)) {
        *reason = "a delta brings two spans of one replica";
        return false;
    }
    for (uint32_t i = 0; i < delta->brings.count; i++)
        if (ox_vv_get(&delta->since, delta->brings.spans[i].replica) != 0) {
            *reason = "a delta's since has an entry for a replica that it brings";
            return false;
        }
    if (overlap(&delta->brings, &delta->kills)) {
        *reason = "a delta kills a dot that it brings";
        return false;
    }
    if (!delta->type->kills && delta->kills.count > 0) {
        *reason = "a delta of a type without kills has some";
        return false;
    }
    return true;
}

/* The same of what was decoded, part by part, with the store. */
static bool decoded_valid(const struct ox_delta *delta, const char **reason) {
    struct ox_seen seen = {.dots = {&delta->brings, NULL}};
    bool (*check)(const void *, const struct ox_seen *, const char **) =
        delta->type->within != NULL ? delta->type->within : delta->type->valid;
    return frame_agrees(delta, reason) && check(delta->store, &seen, reason);
}

enum ox_status ox_delta_decode(struct ox_delta *delta, const struct ox_type *type,
                               struct ox_cbor *in) {
    const char *reason;
    enum ox_status status = ox_delta_open(delta, type);
    size_t parts = ox_cbor_array(in);
    if (status == OX_OK && parts != 4 && parts != 5)
        status = OX_MALFORMED;
    if (status == OX_OK)
        status = ox_vv_decode(&delta->since, in);
    if (status == OX_OK)
        status = ox_dots_decode(&delta->brings, in);
    if (status == OX_OK)
        status = ox_dots_decode(&delta->kills, in);
    if (status == OX_OK)
        status = type->decode(delta->store, in);
    if (status == OX_OK && parts == 5)
        status = ox_vv_decode(&delta->collected, in);
    if (status == OX_OK && parts == 5 && delta->collected.count == 0)
        status = OX_MALFORMED;
    if (status == OX_OK && !decoded_valid(delta, &reason))
        status = OX_MALFORMED;
    if (status != OX_OK) {
        ox_cbor_fail(in);
        ox_delta_free(delta);
    }
    return status;
}

bool ox_delta_valid(const struct ox_delta *delta, const char **reason) {
    if (delta->type == NULL)
        return true;
    struct ox_seen seen = {.dots = {&delta->brings, NULL}};
    return ox_vv_valid(&delta->since, reason) && ox_dots_valid(&delta->brings, reason) &&
           ox_dots_valid(&delta->kills, reason) && ox_vv_valid(&delta->collected, reason) &&
           frame_agrees(delta, reason) && delta->type->valid(delta->store, &seen, reason);
}
