/* laws/delivery.c - reads are right and stores are functions of contexts, whatever arrives when.
 *
 * After every step the place's object is held against three things that share no code with it: the
 * model's context, the reference model's value for that context (visibility and arbitration:
 * Burckhardt, Gotsman, Yang, Zawirski, POPL 2014), and every object of the history that had this
 * context before.
 */
#include "props/laws/case.h"
#include "props/reference/rules.h"

#include <string.h>

static GBytes *bytes_of(const struct ox_buf *buf) {
    return g_bytes_new(buf->data, buf->size);
}

/* ---- one context, one store ---- */

static bool store_is_the_one(struct ox_law_case *c, const struct ox_object *object, bool moved) {
    struct ox_buf *context = &c->bytes[0], *state = &c->bytes[1];
    ox_buf_clear(context);
    ox_buf_clear(state);
    ox_vv_encode(&object->context, context);
    ox_vv_encode(ox_object_collected(object), context);
    ox_object_encode(object, state);
    GBytes *key = bytes_of(context), *now = bytes_of(state);
    GBytes *known = g_hash_table_lookup(c->stores, key);
    if (known == NULL) {
        g_hash_table_insert(c->stores, key, now);
        return true;
    }
    bool same = g_bytes_equal(known, now);
    if (!same) {
        struct ox_object other;
        gsize size;
        const uint8_t *data = g_bytes_get_data(known, &size);
        struct ox_cbor in = ox_cbor_of((struct ox_bytes){data, size});
        if (ox_object_decode(&other, c->type, &in) == OX_OK) {
            ox_law_differ(c, "one context, two stores", "first seen", &other, "now", object);
            ox_object_free(&other);
        } else {
            ox_law_fail(c, "one context, two stores; the first cannot even be decoded");
        }
    }
    c->reach->states_met_again += moved;
    g_bytes_unref(key);
    g_bytes_unref(now);
    return same;
}

/* ---- reads ---- */

bool ox_law_read_is_right(struct ox_law_case *c, const struct ox_place *place) {
    if (c->history.reference == NULL) {
        return true;
    }
    struct ox_model_context held = place->context;
    struct ox_ref_context context = {held.n, c->history.replica_count};
    GString *right = g_string_new(NULL);
    struct ox_buf *read = &c->bytes[0];
    ox_buf_clear(read);
    c->history.reference->value(&c->history.updates, &context, right);
    enum ox_status status = ox_object_value(&place->object, read);
    bool holds = status == OX_OK && read->size == right->len &&
                 memcmp(read->data, right->str, right->len) == 0;
    if (status != OX_OK) {
        ox_law_status(c, "a read", status);
    } else if (!holds) {
        ox_law_fail(c, "a read shows %.*s where the specification shows %s", (int)read->size,
                    (const char *)read->data, right->str);
    }
    c->reach->reads_judged++;
    g_string_free(right, TRUE);
    return holds;
}

/* ---- updates ---- */

/* The i-th of the updates that the step made: a run is one for each of its dots. */
static const struct ox_ref_update *made_update(const struct ox_law_case *c,
                                               const struct ox_history_event *event, uint32_t i) {
    const struct ox_place *place = &c->history.places[event->place];
    const GPtrArray *own = g_ptr_array_index(c->history.updates.replicas, place->index);
    return g_ptr_array_index(own, own->len - event->taken + i);
}

/* The reference model knows which operations exist at all. */
static bool updates_exist(struct ox_law_case *c, const struct ox_history_event *event) {
    for (uint32_t i = 0; i < event->taken && c->history.reference != NULL; i++) {
        const struct ox_ref_update *update = made_update(c, event, i);
        if (!c->history.reference->accepts(&c->history.updates, update)) {
            return ox_law_fail(c, "an update was accepted that the specification has not: %s %s",
                               update->inner_op != NULL ? update->inner_op : update->op,
                               update->arg != NULL ? update->arg : "");
        }
    }
    return true;
}

static bool removes_above(const struct ox_ref_update *removal, char *const *path) {
    char *const *at = removal->inner_type == NULL ? removal->path : NULL;
    while (at != NULL && *at != NULL && *path != NULL && strcmp(*at, *path) == 0) {
        at++;
        path++;
    }
    return at != NULL && *at == NULL;
}

/* Whether a removal that `later` had seen took the update back: then it left no stamp. */
static bool was_cancelled(const struct ox_law_case *c, const struct ox_ref_update *update,
                          const struct ox_ref_update *later) {
    const GPtrArray *replicas = c->history.updates.replicas;
    for (uint32_t r = 0; r < later->seen.count && update->path != NULL; r++) {
        const GPtrArray *updates = g_ptr_array_index(replicas, r);
        for (uint32_t i = 0; i < later->seen.n[r]; i++) {
            const struct ox_ref_update *removal = g_ptr_array_index(updates, i);
            if (removes_above(removal, update->path) && ox_ref_before(update, removal)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_above_all_seen(struct ox_law_case *c, const struct ox_ref_update *update) {
    const GPtrArray *replicas = c->history.updates.replicas;
    for (uint32_t r = 0; r < update->seen.count; r++) {
        const GPtrArray *updates = g_ptr_array_index(replicas, r);
        for (uint32_t i = 0; i < update->seen.n[r]; i++) {
            const struct ox_ref_update *seen = g_ptr_array_index(updates, i);
            if (seen->has_stamp && ox_ref_same_object(seen, update) &&
                !ox_ref_later(&update->stamp, &seen->stamp) && !was_cancelled(c, seen, update)) {
                return ox_law_fail(c, "an update was given a stamp that is not above one it saw");
            }
        }
    }
    return true;
}

/* Whoever had seen an update writes later than it, whatever the clocks say. */
static bool stamps_are_later(struct ox_law_case *c, const struct ox_history_event *event) {
    bool plain = event->taken > 0 &&
                 (event->op->verb->arg == OX_ARG_VALUE || event->op->verb->arg == OX_ARG_ELEMENT);
    for (uint32_t i = 0; i < event->taken && c->type->stamp_of != NULL; i++) {
        const struct ox_ref_update *update = made_update(c, event, i);
        if (plain && !update->has_stamp) {
            return ox_law_fail(c, "an update of a type with stamps was given none");
        }
        if (update->has_stamp && !is_above_all_seen(c, update)) {
            return false;
        }
    }
    return true;
}

/* ---- what a join said ---- */

/* `news` must be exactly the dots that the context gained. */
static bool news_are_right(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_object *after = &c->history.places[event->place].object;
    if (event->action != OX_ACTION_TAKE) {
        return true;
    }
    struct ox_dots had = {0}, gained = {0};
    bool known = ox_dots_of_vv(&had, &event->before->context) == OX_OK &&
                 ox_dots_of_vv(&gained, &after->context) == OX_OK &&
                 ox_dots_subtract(&gained, &had) == OX_OK;
    bool holds = known && ox_dots_equal(&gained, event->news);
    ox_dots_free(&had);
    ox_dots_free(&gained);
    return holds || ox_law_fail(c, "a join reported other dots than the context gained");
}

bool ox_law_delivery(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    if (event->status != OX_OK && event->action == OX_ACTION_RESTART) {
        return ox_law_status(c, "a replica cannot read back its own state", event->status);
    }
    if (!updates_exist(c, event) || !stamps_are_later(c, event) || !news_are_right(c, event)) {
        return false;
    }
    if (!ox_model_is(&c->history, &place->context, &place->object.context)) {
        return ox_law_fail(c, "the context is not what the updates and messages make it");
    }
    bool moved = !ox_vv_equal(&event->before->context, &place->object.context);
    return ox_law_read_is_right(c, place) && store_is_the_one(c, &place->object, moved);
}
