#include "props/tests/support_past.h"

#include <string.h>

static void line_free(void *line) {
    g_ptr_array_free(line, TRUE);
}

struct past *past_new(void) {
    struct past *past = g_new0(struct past, 1);
    past->history.replicas = g_ptr_array_new_with_free_func(line_free);
    for (int r = 0; r < REPLICAS; r++)
        g_ptr_array_add(past->history.replicas, g_ptr_array_new());
    return past;
}

void past_free(struct past *past) {
    for (uint32_t i = 0; i < past->count; i++) {
        ox_ref_update_clear(past->updates[i]);
        g_free(past->updates[i]);
    }
    g_ptr_array_free(past->history.replicas, TRUE);
    g_free(past);
}

struct ox_ref_context past_context(const struct past *past, uint32_t replica) {
    struct ox_ref_context context = {.n = g_new0(uint32_t, REPLICAS), .count = REPLICAS};
    for (uint32_t i = 0; i < past->count; i++)
        if (past->knows[replica][i])
            context.n[past->updates[i]->replica]++;
    return context;
}

void past_learn(struct past *past, uint32_t replica, uint32_t from) {
    for (uint32_t i = 0; i < past->count; i++)
        past->knows[replica][i] |= past->knows[from][i];
}

/* ---- updates ---- */

struct ox_ref_update *past_make_at(struct past *past, uint32_t replica, const char *op,
                                   const char *arg, uint64_t physical_ns, uint32_t logical) {
    g_assert(past->count < UPDATES);
    GPtrArray *line = g_ptr_array_index(past->history.replicas, replica);
    struct ox_ref_update *update = g_new0(struct ox_ref_update, 1);
    update->replica = replica;
    update->n = line->len + 1;
    update->op = g_strdup(op);
    update->arg = g_strdup(arg);
    update->stamp = (struct ox_obs_stamp){physical_ns, logical, replica};
    update->has_stamp = true;
    update->seen = past_context(past, replica);
    g_ptr_array_add(line, update);
    memcpy(past->saw[past->count], past->knows[replica], sizeof past->knows[replica]);
    past->knows[replica][past->count] = true;
    past->updates[past->count++] = update;
    return update;
}

struct ox_ref_update *past_make(struct past *past, uint32_t replica, const char *op,
                                const char *arg) {
    return past_make_at(past, replica, op, arg, past->count, 0);
}

/* "cart/lines" as the keys "cart" and "lines". */
static char **keys_of(const char *path) {
    char **keys = g_strsplit(path, "/", -1);
    for (char **key = keys; *key; key++) {
        char *json = g_strdup_printf("\"%s\"", *key);
        g_free(*key);
        *key = json;
    }
    return keys;
}

struct ox_ref_update *past_make_in(struct past *past, uint32_t replica, const char *path,
                                   const char *type, const char *op, const char *arg) {
    struct ox_ref_update *update = past_make(past, replica, "update", arg);
    update->path = keys_of(path);
    update->inner_type = g_strdup(type);
    update->inner_op = g_strdup(op);
    return update;
}

void past_remove(struct past *past, uint32_t replica, const char *path) {
    struct ox_ref_update *update = past_make(past, replica, "remove", NULL);
    update->path = keys_of(path);
    update->has_stamp = false;
}

static uint64_t lamport_of(const struct past *past, uint32_t replica) {
    uint64_t lamport = 0;
    for (uint32_t i = 0; i < past->count; i++) {
        const struct ox_ref_update *update = past->updates[i];
        const char *verb = update->inner_op ? update->inner_op : update->op;
        if (past->knows[replica][i] && strcmp(verb, "insert") == 0)
            lamport = MAX(lamport, update->stamp.physical_ns);
    }
    return lamport;
}

static struct ox_ref_update *make_sequence(struct past *past, uint32_t replica, const char *path,
                                           const char *op, const char *arg) {
    return path ? past_make_in(past, replica, path, "rga", op, arg)
                : past_make(past, replica, op, arg);
}

struct ox_ref_dot past_insert(struct past *past, uint32_t replica, const char *path,
                              const char *text, struct ox_ref_dot after) {
    uint64_t lamport = lamport_of(past, replica) + 1;
    struct ox_ref_update *update = make_sequence(past, replica, path, "insert", NULL);
    update->arg = g_strdup_printf("\"%s\"", text);
    update->stamp = (struct ox_obs_stamp){lamport, 0, replica};
    update->at = after;
    return (struct ox_ref_dot){replica, update->n};
}

void past_delete(struct past *past, uint32_t replica, const char *path, struct ox_ref_dot at) {
    struct ox_ref_update *update = make_sequence(past, replica, path, "delete", NULL);
    update->has_stamp = false;
    update->at = at;
}

/* ---- reads ---- */

const struct ox_reference *past_model(const char *type) {
    const struct ox_reference *model = ox_reference_named(type, strlen(type));
    g_assert_nonnull(model);
    g_assert_cmpstr(model->type, ==, type);
    return model;
}

char *past_read(const struct past *past, const char *type, uint32_t replica) {
    struct ox_ref_context context = past_context(past, replica);
    GString *json = g_string_new(NULL);
    past_model(type)->value(&past->history, &context, json);
    g_free(context.n);
    return g_string_free(json, FALSE);
}

void past_check(const struct past *past, const char *type, uint32_t replica, const char *expected) {
    char *value = past_read(past, type, replica);
    g_assert_cmpstr(value, ==, expected);
    g_free(value);
}
