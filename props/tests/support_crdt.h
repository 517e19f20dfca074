/* support_crdt.h - short words for tests of objects: letters for replicas, lists for contexts. */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_CRDT_H
#define OXBOW_PROPS_TESTS_SUPPORT_CRDT_H

#include "crdt/gcounter.h"
#include "crdt/orset.h"

#include <glib.h>

enum { A = 1, B = 2, C = 3, D = 4 };

static inline struct ox_object new_object(const struct ox_type *type) {
    struct ox_object object;
    g_assert_cmpint(ox_object_init(&object, type), ==, OX_OK);
    return object;
}

static inline struct ox_delta add(struct ox_object *set, ox_replica replica, const char *element) {
    struct ox_value value = ox_value_text(element);
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_orset_add(set, &value, replica, &delta), ==, OX_OK);
    return delta;
}

static inline struct ox_delta take_out(struct ox_object *set, ox_replica replica,
                                       const char *element) {
    struct ox_value value = ox_value_text(element);
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_orset_remove(set, &value, replica, &delta), ==, OX_OK);
    return delta;
}

static inline struct ox_delta inc(struct ox_object *counter, ox_replica replica, int64_t amount) {
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_gcounter_inc(counter, amount, replica, &delta), ==, OX_OK);
    return delta;
}

static inline bool has(const struct ox_object *set, const char *element) {
    struct ox_value value = ox_value_text(element);
    return ox_orset_contains(set, &value);
}

static inline char letter(ox_replica replica) {
    return (char)('A' + (int)replica - A);
}

/* "A:3 B:1" */
static inline char *show_vv(const struct ox_vv *vv) {
    GString *text = g_string_new(NULL);
    for (uint32_t i = 0; i < vv->count; i++)
        g_string_append_printf(text, "%s%c:%" G_GUINT64_FORMAT, i == 0 ? "" : " ",
                               letter(vv->entries[i].replica), vv->entries[i].n);
    return g_string_free(text, FALSE);
}

/* "A:1-3 B:7" */
static inline char *show_dots(const struct ox_dots *dots) {
    GString *text = g_string_new(NULL);
    for (uint32_t i = 0; i < dots->count; i++) {
        const struct ox_span *span = &dots->spans[i];
        g_string_append_printf(text, "%s%c:%" G_GUINT64_FORMAT, i == 0 ? "" : " ",
                               letter(span->replica), span->first);
        if (span->last > span->first)
            g_string_append_printf(text, "-%" G_GUINT64_FORMAT, span->last);
    }
    return g_string_free(text, FALSE);
}

static inline char *show_value(const struct ox_type *type, const void *store) {
    struct ox_buf out = {0};
    g_assert_cmpint(type->value(store, &out), ==, OX_OK);
    char *text = g_strndup((const char *)out.data, out.size);
    ox_buf_free(&out);
    return text;
}

#define assert_text(call, wanted)                                                                  \
    do {                                                                                           \
        char *shown_ = (call);                                                                     \
        g_assert_cmpstr(shown_, ==, (wanted));                                                     \
        g_free(shown_);                                                                            \
    } while (0)

/* The object's context and value. */
#define assert_object(object, wanted_context, wanted_value)                                        \
    do {                                                                                           \
        const char *why_ = "";                                                                     \
        if (!ox_object_valid((object), &why_))                                                     \
            g_error("%s", why_);                                                                   \
        assert_text(show_vv(&(object)->context), (wanted_context));                                \
        assert_text(show_value((object)->type, (object)->store), (wanted_value));                  \
    } while (0)

/* All four parts of a delta. */
#define assert_delta(delta, wanted_since, wanted_brings, wanted_kills, wanted_value)               \
    do {                                                                                           \
        const char *why_ = "";                                                                     \
        if (!ox_delta_valid((delta), &why_))                                                       \
            g_error("%s", why_);                                                                   \
        assert_text(show_vv(&(delta)->since), (wanted_since));                                     \
        assert_text(show_dots(&(delta)->brings), (wanted_brings));                                 \
        assert_text(show_dots(&(delta)->kills), (wanted_kills));                                   \
        assert_text(show_value((delta)->type, (delta)->store), (wanted_value));                    \
    } while (0)

static inline enum ox_status join(struct ox_object *object, const struct ox_delta *delta) {
    return ox_object_join_delta(object, delta, NULL);
}

/* Frees deltas given by address, up to NULL. */
static inline void free_deltas(struct ox_delta *first, ...) {
    va_list rest;
    va_start(rest, first);
    for (struct ox_delta *delta = first; delta != NULL; delta = va_arg(rest, struct ox_delta *))
        ox_delta_free(delta);
    va_end(rest);
}

static inline void free_objects(struct ox_object *first, ...) {
    va_list rest;
    va_start(rest, first);
    for (struct ox_object *o = first; o != NULL; o = va_arg(rest, struct ox_object *))
        ox_object_free(o);
    va_end(rest);
}

#endif
