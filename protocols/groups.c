/* groups.c - objects and deltas as they stand in a message, see groups.h. */
#include "protocols/groups.h"
#include "protocols/reuse.h"

#include <assert.h>
#include <stdlib.h>

/* ---- the table of types ---- */

size_t ox_type_table_index(struct ox_type_table *table, const struct ox_type *type) {
    size_t at = 0;
    while (at < table->count && table->types[at] != type)
        at++;
    if (at == table->count) {
        assert(table->count < OX_TYPES_IN_FRAME_MAX);
        table->types[at] = type;
        table->names[at] = ox_bytes_of_text(type->name);
        table->count++;
    }
    return at;
}

void ox_type_table_encode(const struct ox_type_table *table, struct ox_buf *out) {
    ox_cbor_put_array(out, table->count);
    for (size_t i = 0; i < table->count; i++)
        ox_cbor_put_text(out, table->names[i]);
}

void ox_type_table_decode(struct ox_type_table *table, struct ox_cbor *in) {
    size_t count = ox_cbor_array(in);
    table->count = 0;
    if (count > OX_TYPES_IN_FRAME_MAX)
        ox_cbor_fail(in);
    for (size_t i = 0; i < count && !in->failed; i++) {
        table->names[i] = ox_cbor_text(in);
        table->types[i] = ox_type_named(table->names[i]);
        table->count++;
    }
}

/* ---- which object ---- */

struct ox_identity ox_identity_of(const struct ox_entry *entry) {
    const struct ox_type *type = entry->object.type;
    return (struct ox_identity){ox_entry_name(entry), ox_bytes_of_text(type->name), type};
}

int ox_identity_compare(const struct ox_identity *a, const struct ox_identity *b) {
    int order = ox_bytes_compare(a->name, b->name);
    return order != 0 ? order : ox_bytes_compare(a->type_name, b->type_name);
}

void ox_identity_encode(const struct ox_entry *entry, struct ox_type_table *table,
                        struct ox_buf *out) {
    ox_cbor_put_text(out, ox_entry_name(entry));
    ox_cbor_put_uint(out, ox_type_table_index(table, entry->object.type));
}

void ox_identity_decode(struct ox_identity *previous, const struct ox_type_table *table,
                        struct ox_cbor *in) {
    struct ox_identity id = {.name = ox_cbor_text(in)};
    uint64_t type = ox_cbor_uint(in);
    if (in->failed || id.name.size == 0 || id.name.size > OX_NAME_MAX || type >= table->count) {
        ox_cbor_fail(in);
        return;
    }
    id.type_name = table->names[type];
    id.type = table->types[type];
    if (previous->name.size > 0 && ox_identity_compare(previous, &id) >= 0)
        ox_cbor_fail(in);
    *previous = id;
}

/* ---- writing groups ---- */

void ox_group_writer_reset(struct ox_group_writer *writer) {
    writer->table.count = 0;
    writer->count = 0;
    ox_buf_reuse(&writer->items);
}

void ox_group_writer_free(struct ox_group_writer *writer) {
    ox_buf_free(&writer->items);
    *writer = (struct ox_group_writer){0};
}

void ox_group_writer_add(struct ox_group_writer *writer, const struct ox_entry *entry,
                         const struct ox_delta *delta) {
    ox_cbor_put_array(&writer->items, 3);
    ox_identity_encode(entry, &writer->table, &writer->items);
    ox_delta_encode(delta, &writer->items);
    writer->count++;
}

bool ox_group_writer_full(const struct ox_group_writer *writer) {
    return writer->items.size >= OX_FRAME_BYTES_FULL;
}

void ox_group_writer_flush(struct ox_group_writer *writer, struct ox_buf *out) {
    ox_type_table_encode(&writer->table, out);
    ox_cbor_put_array(out, writer->count);
    ox_buf_append(out, writer->items.data, writer->items.size);
    out->failed = out->failed || writer->items.failed;
    writer->count = 0;
    ox_buf_reuse(&writer->items);
}

/* ---- reading groups ---- */

void ox_group_list_clear(struct ox_group_list *list) {
    for (size_t i = 0; i < list->count; i++)
        ox_delta_free(&list->groups[i].delta);
    list->count = 0;
    if (list->capacity > OX_KEPT_ITEMS_MAX) {
        free(list->groups);
        list->groups = NULL;
        list->capacity = 0;
    }
}

void ox_group_list_free(struct ox_group_list *list) {
    ox_group_list_clear(list);
    free(list->groups);
    *list = (struct ox_group_list){0};
}

static enum ox_status reserve_group(struct ox_group_list *list) {
    if (list->count < list->capacity)
        return OX_OK;
    size_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
    struct ox_group *grown = realloc(list->groups, capacity * sizeof *grown);
    if (grown == NULL)
        return OX_NOMEM;
    list->groups = grown;
    list->capacity = capacity;
    return OX_OK;
}

/* Reads `brings`, at most one span per replica: whether the context has them all. */
static bool read_known_dots(struct ox_cbor *in, const struct ox_vv *context) {
    size_t replicas = ox_cbor_map(in);
    for (size_t i = 0; i < replicas; i++) {
        ox_replica replica = ox_cbor_uint(in);
        if (ox_cbor_array(in) != 2)
            return false;
        uint64_t first = ox_cbor_uint(in);
        uint64_t length = ox_cbor_uint(in);
        uint64_t held = ox_vv_get(context, replica);
        /* first + length - 1 <= held, without overflow */
        if (in->failed || first == 0 || length == 0 || first > held || length > held - first + 1)
            return false;
    }
    return !in->failed;
}

bool ox_group_pass_over(struct ox_cbor *in, const struct ox_vv *context) {
    struct ox_cbor ahead = *in;
    if (ox_cbor_array(&ahead) != 4)
        return false;
    ox_cbor_skip(&ahead); /* since */
    if (!read_known_dots(&ahead, context))
        return false;
    ox_cbor_skip(&ahead); /* kills */
    ox_cbor_skip(&ahead); /* store */
    if (ahead.failed)
        return false;
    *in = ahead;
    return true;
}

/* Decodes the delta `wire` of the object `id` and appends it. `entry`: the object's, if it has one
 * already. */
static enum ox_status take_group(struct ox_group_list *list, struct ox_store *store,
                                 const struct ox_identity *id, struct ox_entry *entry,
                                 struct ox_bytes wire) {
    struct ox_group group = {.entry = entry, .wire = wire};
    enum ox_status status = reserve_group(list);
    if (status == OX_OK && entry == NULL)
        status = ox_store_open(store, id->name, id->type, &group.entry);
    if (status != OX_OK)
        return status == OX_INVALID ? OX_MALFORMED : status;
    struct ox_cbor in = ox_cbor_of(wire);
    status = ox_delta_decode(&group.delta, id->type, &in);
    if (status != OX_OK)
        return status;
    assert(ox_cbor_done(&in));
    list->groups[list->count++] = group;
    return OX_OK;
}

static enum ox_status read_group(struct ox_group_list *list, struct ox_store *store,
                                 const struct ox_type_table *table, struct ox_identity *previous,
                                 struct ox_cbor *in) {
    if (ox_cbor_array(in) != 3)
        return OX_MALFORMED;
    ox_identity_decode(previous, table, in);
    struct ox_entry *entry = NULL;
    if (previous->type != NULL && !in->failed) {
        entry = ox_store_find(store, previous->name, previous->type);
        if (entry != NULL && ox_group_pass_over(in, &entry->object.context))
            return OX_OK;
    }
    struct ox_bytes wire = ox_cbor_skip(in);
    if (in->failed)
        return OX_MALFORMED;
    if (previous->type == NULL)
        return OX_OK;
    return take_group(list, store, previous, entry, wire);
}

enum ox_status ox_group_list_decode(struct ox_group_list *list, struct ox_store *store,
                                    const struct ox_type_table *table, struct ox_cbor *in) {
    assert(list->count == 0);
    struct ox_identity previous = {0};
    size_t count = ox_cbor_array(in);
    enum ox_status status = in->failed ? OX_MALFORMED : OX_OK;
    for (size_t i = 0; i < count && status == OX_OK; i++)
        status = read_group(list, store, table, &previous, in);
    if (status != OX_OK)
        ox_group_list_clear(list);
    return status;
}
