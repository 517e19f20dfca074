/* laws/remove.c - what a removal takes, and what it leaves.
 *
 *     before S      after = remove at S            again: a no-op
 *                   concurrent = u at S            after join concurrent   reads as   after, then u
 *                   all the rest removed           reads as an object that nobody touched
 *                   then u                         reads as u alone
 *
 * u is an update of what was removed, one that shows whatever was there before. It holds of sets,
 * of sequences and of maps at any depth; of a 2p-set u adds an element that never was in it.
 */
#include "props/laws/case.h"
#include "props/laws/draw.h"

#include <string.h>

#define STRANGER (UINT64_C(1) << 40) /* a replica that is in no history */

static bool is_removal(const struct ox_verb *verb) {
    return verb->arg == OX_ARG_PATH || verb->arg == OX_ARG_AT ||
           (verb->arg == OX_ARG_ELEMENT && strcmp(verb->name, "remove") == 0);
}

/* ---- the update that shows ---- */

static void show_plain(const struct ox_type *type, struct ox_dot at, struct ox_op *op) {
    *op = (struct ox_op){.verb = &type->verbs[0], .arg = ox_value_text("new here"), .at = at};
    if (op->verb->arg == OX_ARG_AMOUNT) {
        op->arg = ox_value_int(7);
    }
}

/* Where `removed` removed: at its path one of the types, the element itself; of a sequence at its
 * start, because nothing goes behind what is deleted. */
static void show_again(struct ox_law_case *c, const struct ox_history_event *event,
                       struct ox_drawn *out) {
    const struct ox_op *removed = event->op;
    if (removed->verb->arg != OX_ARG_PATH) {
        bool again = removed->verb->arg == OX_ARG_ELEMENT && strcmp(c->type->name, "2p-set") != 0;
        show_plain(c->type, (struct ox_dot){0}, &out->op);
        out->op.arg = again ? removed->arg : out->op.arg;
        return;
    }
    struct ox_draw draw = {.path = ox_history_spare(event->record) % OX_DRAW_PATHS};
    ox_draw_op(&c->history, event->place, &draw, out);
    memcpy(out->path, removed->path, removed->depth * sizeof *removed->path);
    out->op.depth = removed->depth;
    show_plain(out->op.inner, (struct ox_dot){0}, &out->inner);
}

/* ---- words ---- */

static bool apply(struct ox_law_case *c, struct ox_object *object, const struct ox_op *op,
                  ox_replica replica, const struct ox_stamp *stamp) {
    enum ox_status status = ox_object_apply(object, op, replica, stamp, NULL);
    return status == OX_OK || ox_law_status(c, "an update of what was removed", status);
}

static bool reads_alike(struct ox_law_case *c, const char *what, const char *a_name,
                        const struct ox_object *a, const char *b_name, const struct ox_object *b) {
    struct ox_buf *left = &c->bytes[0], *right = &c->bytes[1];
    ox_buf_clear(left);
    ox_buf_clear(right);
    bool read = ox_object_value(a, left) == OX_OK && ox_object_value(b, right) == OX_OK;
    return (read && ox_bytes_equal(ox_buf_bytes(left), ox_buf_bytes(right))) ||
           ox_law_differ(c, what, a_name, a, b_name, b);
}

/* ---- again ---- */

static bool second_is_noop(struct ox_law_case *c, const struct ox_history_event *event,
                           struct ox_object *after) {
    const struct ox_place *place = &c->history.places[event->place];
    enum ox_status status = ox_object_apply(after, event->op, place->replica, event->stamp, NULL);
    return (status == OX_NOOP || ox_law_status(c, "removing a second time", status)) &&
           ox_law_same(c, "a removal that was refused changed something", "before", &place->object,
                       "after", after);
}

/* ---- concurrent ---- */

static bool concurrent_survives(struct ox_law_case *c, const struct ox_history_event *event,
                                const struct ox_op *u) {
    struct ox_object other, joined, then;
    const struct ox_object *after = &c->history.places[event->place].object;
    bool holds =
        ox_object_copy(&other, event->before) == OX_OK && ox_object_copy(&then, after) == OX_OK;
    holds = holds && apply(c, &other, u, STRANGER, event->stamp) &&
            apply(c, &then, u, STRANGER, event->stamp);
    if (holds && ox_law_join(c, after, &other, &joined)) {
        holds = reads_alike(c, "an update concurrent with a removal did not survive", "joined",
                            &joined, "one after the other", &then);
        ox_object_free(&joined);
    }
    ox_object_free(&other);
    ox_object_free(&then);
    return holds;
}

/* ---- all of it ---- */

/* What removes the i-th of the things that there may be; false when there are no more. */
static bool removal_of(const struct ox_history_event *event, const GArray *elements, size_t i,
                       struct ox_drawn *out) {
    static const char *const keys[] = {"k", "m", "", "\xc3\xa9:\"\n"};
    out->op = (struct ox_op){.verb = event->op->verb};
    switch (event->op->verb->arg) {
    case OX_ARG_PATH:
        out->path[0] = ox_bytes_of_text(keys[i % G_N_ELEMENTS(keys)]);
        out->op.path = out->path;
        out->op.depth = 1;
        return i < G_N_ELEMENTS(keys);
    case OX_ARG_AT:
        out->op.at =
            i < elements->len ? g_array_index(elements, struct ox_dot, i) : (struct ox_dot){0};
        return i < elements->len;
    default:
        out->op.arg = ox_draw_element(i);
        return i < OX_DRAW_ARGUMENTS;
    }
}

/* The dots of the elements that the place's sequence shows. */
static GArray *elements_at(const struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    GArray *dots = g_array_new(FALSE, FALSE, sizeof(struct ox_dot));
    struct ox_model_context held = place->context;
    struct ox_ref_context seen = {held.n, c->history.replica_count};
    GArray *elements = ox_ref_elements(&c->history.updates, &seen, NULL);
    for (guint i = 0; i < elements->len; i++) {
        struct ox_ref_dot ref = g_array_index(elements, struct ox_ref_dot, i);
        struct ox_dot dot = {c->history.replicas[ref.replica], ref.n};
        g_array_append_val(dots, dot);
    }
    g_array_free(elements, TRUE);
    return dots;
}

static bool remove_all(struct ox_law_case *c, const struct ox_history_event *event,
                       struct ox_object *object) {
    const struct ox_place *place = &c->history.places[event->place];
    GArray *elements = event->op->verb->arg == OX_ARG_AT
                           ? elements_at(c, event)
                           : g_array_new(FALSE, FALSE, sizeof(struct ox_dot));
    struct ox_drawn removal;
    enum ox_status status = OX_OK;
    for (size_t i = 0; status == OX_OK && removal_of(event, elements, i, &removal); i++) {
        status = ox_object_apply(object, &removal.op, place->replica, event->stamp, NULL);
        status = status == OX_NOOP || status == OX_INVALID ? OX_OK : status;
    }
    g_array_free(elements, TRUE);
    return status == OX_OK || ox_law_status(c, "removing all that is there", status);
}

static bool nothing_comes_back(struct ox_law_case *c, const struct ox_history_event *event,
                               struct ox_op *u, struct ox_object *emptied) {
    struct ox_object fresh;
    if (ox_object_init(&fresh, c->type) != OX_OK) {
        return ox_law_fail(c, "an empty object cannot be made");
    }
    u->at = (struct ox_dot){0};
    bool holds = remove_all(c, event, emptied) &&
                 reads_alike(c, "all was removed, yet something shows", "emptied", emptied,
                             "untouched", &fresh) &&
                 apply(c, emptied, u, STRANGER, event->stamp) &&
                 apply(c, &fresh, u, STRANGER, event->stamp) &&
                 reads_alike(c, "what was removed came back with what was added", "after removals",
                             emptied, "alone", &fresh);
    ox_object_free(&fresh);
    c->reach->returns++;
    return holds;
}

bool ox_law_remove(struct ox_law_case *c, const struct ox_history_event *event) {
    if (event->action != OX_ACTION_UPDATE || event->status != OX_OK ||
        !is_removal(event->op->verb)) {
        return true;
    }
    struct ox_drawn u;
    struct ox_object after;
    c->reach->removals++;
    if (ox_object_copy(&after, &c->history.places[event->place].object) != OX_OK) {
        return ox_law_fail(c, "no memory for a copy");
    }
    show_again(c, event, &u);
    bool holds = second_is_noop(c, event, &after) && concurrent_survives(c, event, &u.op) &&
                 nothing_comes_back(c, event, &u.op, &after);
    ox_object_free(&after);
    return holds;
}
