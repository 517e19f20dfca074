#include "model/run/telling.h"

#include <assert.h>
#include <string.h>

static struct ox_obs_text word(const char *text) {
    return (struct ox_obs_text){text, strlen(text)};
}

/* Keeps the JSON until close. */
static struct ox_obs_text keep(struct ox_telling *telling, struct ox_buf *json) {
    char *text = g_strndup((const char *)json->data, json->size);
    g_ptr_array_add(telling->texts, text);
    ox_buf_free(json);
    return word(text);
}

static struct ox_obs_text json_of_text(struct ox_telling *telling, struct ox_bytes utf8) {
    struct ox_buf json = {0};
    ox_json_put_text(&json, utf8);
    return keep(telling, &json);
}

static struct ox_obs_text json_of_value(struct ox_telling *telling, const struct ox_value *value) {
    struct ox_buf cbor = {0}, json = {0};
    ox_value_encode(value, &cbor);
    ox_value_json(ox_buf_bytes(&cbor), &json);
    ox_buf_free(&cbor);
    return keep(telling, &json);
}

/* A run is so many updates by the verb that takes a single element. */
static const struct ox_verb *verb_of_one(const struct ox_type *type, const struct ox_verb *verb) {
    enum ox_arg_kind one = verb->arg == OX_ARG_TEXT    ? OX_ARG_AFTER
                           : verb->arg == OX_ARG_RANGE ? OX_ARG_AT
                                                       : verb->arg;
    for (size_t i = 0; one != verb->arg && i < type->verb_count; i++)
        if (type->verbs[i].arg == one)
            return &type->verbs[i];
    return verb;
}

/* What is done at the end of the path. */
static void tell_inner(struct ox_telling *telling, const struct ox_op *op) {
    struct ox_observation *said = &telling->said;
    telling->op = op->op;
    telling->verb = verb_of_one(op->inner, op->op->verb);
    said->update.inner_type = word(op->inner->name);
    said->update.inner_op = word(telling->verb->name);
}

static void tell_path(struct ox_telling *telling, const struct ox_op *op) {
    telling->path = g_new0(struct ox_obs_text, op->depth);
    for (size_t i = 0; i < op->depth; i++)
        telling->path[i] = json_of_text(telling, op->path[i]);
    telling->said.update.path = telling->path;
    telling->said.update.depth = op->depth;
}

/* The argument, where all dots have the same. */
static void tell_argument(struct ox_telling *telling) {
    const struct ox_op *op = telling->op;
    struct ox_observation *said = &telling->said;
    switch (op->verb->arg) {
    case OX_ARG_AMOUNT:
    case OX_ARG_ELEMENT:
    case OX_ARG_VALUE:
        said->update.arg = json_of_value(telling, &op->arg);
        break;
    case OX_ARG_AFTER:
        said->update.arg = json_of_value(telling, &op->arg);
        said->update.names = OX_OBS_NAMES_BEFORE;
        break;
    case OX_ARG_TEXT:
        said->update.names = OX_OBS_NAMES_BEFORE;
        break;
    case OX_ARG_AT:
    case OX_ARG_RANGE:
        said->update.names = OX_OBS_NAMES_TARGET;
        break;
    case OX_ARG_PATH:
    case OX_ARG_INNER:
        break;
    }
    said->update.at = (struct ox_obs_dot){op->at.replica, op->at.n};
}

/* The elements from the one that `op` names on. */
static void tell_targets(struct ox_telling *telling, const struct ox_object *object,
                         const struct ox_op *op) {
    uint64_t wanted = (uint64_t)MAX(telling->op->arg.number, 0);
    struct ox_dot dot = {0};
    uint64_t count = object ? object->type->elements(object->store, op, UINT64_MAX, &dot) : 0;
    for (uint64_t i = 0; i < count && telling->targets->len < wanted; i++) {
        object->type->elements(object->store, op, i, &dot);
        bool first = dot.replica == telling->op->at.replica && dot.n == telling->op->at.n;
        struct ox_obs_dot target = {dot.replica, dot.n};
        if (first || telling->targets->len > 0)
            g_array_append_val(telling->targets, target);
    }
}

void ox_telling_open(struct ox_telling *telling, const struct ox_type *type,
                     const struct ox_object *object, const struct ox_op *op) {
    *telling = (struct ox_telling){.op = op,
                                   .verb = verb_of_one(type, op->verb),
                                   .texts = g_ptr_array_new_with_free_func(g_free),
                                   .targets = g_array_new(FALSE, FALSE, sizeof(struct ox_obs_dot))};
    telling->said.update.op = word(telling->verb->name);
    if (op->verb->arg == OX_ARG_PATH || op->verb->arg == OX_ARG_INNER)
        tell_path(telling, op);
    if (op->verb->arg == OX_ARG_INNER)
        tell_inner(telling, op);
    tell_argument(telling);
    if (telling->op->verb->arg == OX_ARG_RANGE)
        tell_targets(telling, object, op);
}

void ox_telling_close(struct ox_telling *telling) {
    g_ptr_array_free(telling->texts, TRUE);
    g_array_free(telling->targets, TRUE);
    g_free(telling->path);
}

/* The Unicode scalar that begins a text. */
static struct ox_bytes first_scalar(struct ox_bytes text) {
    assert(text.size > 0);
    const char *next = g_utf8_next_char((const char *)text.data);
    return (struct ox_bytes){text.data, (size_t)(next - (const char *)text.data)};
}

/* The i-th of a text's elements; each comes after the one before. */
static void tell_scalar(struct ox_observation *told, struct ox_bytes *text, struct ox_buf *json) {
    struct ox_bytes scalar = first_scalar(*text);
    ox_buf_clear(json);
    ox_json_put_text(json, scalar);
    told->update.arg = (struct ox_obs_text){(const char *)json->data, json->size};
    *text = (struct ox_bytes){text->data + scalar.size, text->size - scalar.size};
}

void ox_telling_observe(const struct ox_telling *telling, const struct ox_run *run,
                        const struct ox_notice *notice, const struct ox_observation *about) {
    struct ox_observation told = *about;
    struct ox_bytes text = telling->op->arg.bytes;
    struct ox_buf json = {0};
    told.update = telling->said.update;
    told.update.replica = notice->dot.replica;
    told.update.has_stamp = notice->stamped;
    for (uint64_t i = 0; i < notice->taken; i++) {
        told.have = notice->have + i;
        told.update.n = notice->dot.n + i;
        told.update.stamp = (struct ox_obs_stamp){notice->stamp.physical_ns + i,
                                                  notice->stamp.logical, notice->stamp.replica};
        if (telling->op->verb->arg == OX_ARG_TEXT)
            tell_scalar(&told, &text, &json);
        if (telling->op->verb->arg == OX_ARG_RANGE)
            told.update.at = g_array_index(telling->targets, struct ox_obs_dot, i);
        ox_run_observe(run, &told);
        if (told.update.names == OX_OBS_NAMES_BEFORE)
            told.update.at = (struct ox_obs_dot){told.update.replica, told.update.n};
    }
    ox_buf_free(&json);
}
