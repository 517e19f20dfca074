/* laws/delivery.c - reads are right and stores are functions of contexts, whatever arrives when.
 *
 * After every step the place's object is held against three things that share no code with it: the
 * model's context, the reference model's value for that context (visibility and arbitration:
 * Burckhardt, Gotsman, Yang, Zawirski, POPL 2014), and every object of the history that had this
 * context before.
 */
#include "props/laws/case.h"

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

static bool read_is_right(struct ox_law_case *c, const struct ox_place *place) {
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

/* The reference model knows which operations exist at all. */
static bool update_exists(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    const struct ox_ref_history *updates = &c->history.updates;
    if (event->action != OX_ACTION_UPDATE || event->status != OX_OK ||
        c->history.reference == NULL) {
        return true;
    }
    const GPtrArray *own = g_ptr_array_index(updates->replicas, place->index);
    const struct ox_ref_update *last = g_ptr_array_index(own, own->len - 1);
    return c->history.reference->accepts(updates, last) ||
           ox_law_fail(c, "an update was accepted that the specification has not: %s %s", last->op,
                       last->arg);
}

/* Whoever had seen an update writes later than it, whatever the clocks say. */
static bool stamp_is_later(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    const GPtrArray *replicas = c->history.updates.replicas;
    if (event->action != OX_ACTION_UPDATE || event->status != OX_OK || c->type->stamp_of == NULL) {
        return true;
    }
    const GPtrArray *own = g_ptr_array_index(replicas, place->index);
    const struct ox_ref_update *last = g_ptr_array_index(own, own->len - 1);
    for (uint32_t r = 0; r < last->seen.count; r++) {
        const GPtrArray *updates = g_ptr_array_index(replicas, r);
        for (uint32_t i = 0; i < last->seen.n[r]; i++) {
            const struct ox_ref_update *seen = g_ptr_array_index(updates, i);
            if (!ox_ref_later(&last->stamp, &seen->stamp)) {
                return ox_law_fail(c, "an update was given a stamp that is not above one it saw");
            }
        }
    }
    return last->has_stamp || ox_law_fail(c, "an update of a type with stamps was given none");
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
    if (!update_exists(c, event) || !stamp_is_later(c, event) || !news_are_right(c, event)) {
        return false;
    }
    if (!ox_model_is(&c->history, &place->context, &place->object.context)) {
        return ox_law_fail(c, "the context is not what the updates and messages make it");
    }
    bool moved = !ox_vv_equal(&event->before->context, &place->object.context);
    return read_is_right(c, place) && store_is_the_one(c, &place->object, moved);
}
