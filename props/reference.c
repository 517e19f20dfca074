/* reference.c - the registry of models, and what they share.
 *
 *     g-counter     the sum of the arguments of all updates in the context
 *     pn-counter    the same, those of "dec" taken away
 *     g-set         x with an add in the context
 *     2p-set        x with an add and no remove in the context
 *     or-set        x with an add in the context that no remove(x) in the context had seen
 *     lww-register  the argument of the write in the context with the greatest stamp, else null
 *     mv-register   the distinct arguments of the writes that no other write in the context had
 *                   seen
 *     rga           the tree of the inserts in the context, children of a place by descending
 *                   (lamport, replica), depth first, without the deleted
 *     or-map        per path and type the same again, of the updates in the context that no
 *                   removal of a path above them in the context had seen
 *
 *     A: add x (A1) -------------------- remove x (A2, saw A1)
 *     B:            add x (B1, saw nothing)          a reader of {A:2, B:1} shows
 *                                                    x for B1 (or-set), no x (2p-set)
 */
#include "props/reference.h"

#include "props/reference/rules.h"

#include <string.h>

/* ---- updates ---- */

void ox_ref_update_clear(struct ox_ref_update *update) {
    g_free(update->op);
    g_free(update->arg);
    g_strfreev(update->path);
    g_free(update->inner_type);
    g_free(update->inner_op);
    g_free(update->seen.n);
    *update = (struct ox_ref_update){0};
}

bool ox_ref_before(const struct ox_ref_update *u, const struct ox_ref_update *v) {
    return ox_ref_upto(&v->seen, u->replica) >= u->n;
}

bool ox_ref_later(const struct ox_obs_stamp *a, const struct ox_obs_stamp *b) {
    if (a->physical_ns != b->physical_ns)
        return a->physical_ns > b->physical_ns;
    if (a->logical != b->logical)
        return a->logical > b->logical;
    return a->replica > b->replica;
}

const struct ox_ref_update *ox_ref_update_at(const struct ox_ref_history *history,
                                             struct ox_ref_dot dot) {
    if (dot.replica >= history->replicas->len)
        return NULL;
    const GPtrArray *updates = g_ptr_array_index(history->replicas, dot.replica);
    return dot.n >= 1 && dot.n <= updates->len ? g_ptr_array_index(updates, dot.n - 1) : NULL;
}

bool ox_ref_does(const struct ox_ref_update *update, const char *verb) {
    return strcmp(update->inner_op ? update->inner_op : update->op, verb) == 0;
}

bool ox_ref_same_object(const struct ox_ref_update *a, const struct ox_ref_update *b) {
    if (!a->inner_type || !b->inner_type)
        return !a->inner_type && !b->inner_type;
    return strcmp(a->inner_type, b->inner_type) == 0 &&
           g_strv_equal((const char *const *)a->path, (const char *const *)b->path);
}

/* ---- views ---- */

struct ox_ref_view ox_ref_view_of(const struct ox_ref_history *history,
                                  const struct ox_ref_context *context) {
    struct ox_ref_view view = {history, g_ptr_array_new(), g_ptr_array_new()};
    for (uint32_t r = 0; r < history->replicas->len; r++) {
        const GPtrArray *updates = g_ptr_array_index(history->replicas, r);
        uint32_t upto = ox_ref_upto(context, r);
        g_assert(upto <= updates->len);
        for (uint32_t i = 0; i < upto; i++)
            g_ptr_array_add(view.updates, g_ptr_array_index(updates, i));
    }
    return view;
}

void ox_ref_view_clear(struct ox_ref_view *view) {
    g_ptr_array_free(view->updates, TRUE);
    g_ptr_array_free(view->cancelled, TRUE);
    *view = (struct ox_ref_view){0};
}

/* ---- sequences, alone and inside a map ---- */

static GArray *places_of(const struct ox_ref_history *history, const struct ox_ref_context *context,
                         char *const *path) {
    struct ox_ref_view view =
        path ? ox_ref_map_view(history, context, path, "rga") : ox_ref_view_of(history, context);
    GArray *places = ox_ref_places(&view);
    ox_ref_view_clear(&view);
    return places;
}

GArray *ox_ref_elements(const struct ox_ref_history *history, const struct ox_ref_context *context,
                        char *const *path) {
    GArray *places = places_of(history, context, path);
    GArray *elements = g_array_new(FALSE, FALSE, sizeof(struct ox_ref_dot));
    for (uint32_t i = 0; i < places->len; i++) {
        const struct ox_ref_place *place = &g_array_index(places, struct ox_ref_place, i);
        struct ox_ref_dot dot = {place->insert->replica, place->insert->n};
        if (place->shown)
            g_array_append_val(elements, dot);
    }
    g_array_free(places, TRUE);
    return elements;
}

struct ox_ref_dot ox_ref_anchor(const struct ox_ref_history *history,
                                const struct ox_ref_context *context, char *const *path,
                                struct ox_ref_dot at) {
    GArray *places = places_of(history, context, path);
    struct ox_ref_dot anchor = {0};
    bool met = at.n == 0;
    for (uint32_t i = 0; i < places->len && !met; i++) {
        const struct ox_ref_place *place = &g_array_index(places, struct ox_ref_place, i);
        struct ox_ref_dot dot = {place->insert->replica, place->insert->n};
        if (place->shown)
            anchor = dot;
        met = dot.replica == at.replica && dot.n == at.n;
    }
    g_array_free(places, TRUE);
    g_assert(met);
    return anchor;
}

/* ---- all of them ---- */

/* Outside maps everything in the context counts. */
static void value_of(const struct ox_ref_rule *rule, const struct ox_ref_history *history,
                     const struct ox_ref_context *context, GString *json) {
    struct ox_ref_view view = ox_ref_view_of(history, context);
    rule->show(&view, json);
    ox_ref_view_clear(&view);
}

#define MODELS(X)                                                                                  \
    X(gcounter, "g-counter")                                                                       \
    X(pncounter, "pn-counter")                                                                     \
    X(gset, "g-set")                                                                               \
    X(twopset, "2p-set")                                                                           \
    X(orset, "or-set")                                                                             \
    X(lww, "lww-register")                                                                         \
    X(mv, "mv-register")                                                                           \
    X(rga, "rga")

#define MODEL_FUNCTIONS(name, word)                                                                \
    static void name##_value(const struct ox_ref_history *history,                                 \
                             const struct ox_ref_context *context, GString *json) {                \
        value_of(&ox_ref_##name, history, context, json);                                          \
    }                                                                                              \
    static bool name##_accepts(const struct ox_ref_history *history,                               \
                               const struct ox_ref_update *update) {                               \
        return !update->path && ox_ref_##name.accepts(history, update);                            \
    }
MODELS(MODEL_FUNCTIONS)
#undef MODEL_FUNCTIONS

const struct ox_ref_rule *ox_ref_rule_named(const char *type) {
    static const struct {
        const char *type;
        const struct ox_ref_rule *rule;
    } rules[] = {
#define MODEL_RULE(name, word) {word, &ox_ref_##name},
        MODELS(MODEL_RULE)
#undef MODEL_RULE
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (strcmp(rules[i].type, type) == 0)
            return rules[i].rule;
    return NULL;
}

const struct ox_reference *ox_reference_named(const char *type, size_t size) {
    static const struct ox_reference references[] = {
#define MODEL(name, word) {word, name##_value, name##_accepts},
        MODELS(MODEL)
#undef MODEL
            {"or-map", ox_ref_map_value, ox_ref_map_accepts},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(references); i++)
        if (strlen(references[i].type) == size && memcmp(references[i].type, type, size) == 0)
            return &references[i];
    return NULL;
}
