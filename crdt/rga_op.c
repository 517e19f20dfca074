/* Operations of an rga: how they are made and taken in; rga_op_wire.c has their bytes. */
#include "crdt/array.h"
#include "crdt/rga.h"
#include "crdt/sequence/operation.h"
#include "crdt/sequence/parts.h"
#include "crdt/sequence/typing.h"

#include <assert.h>
#include <stdlib.h>

void ox_rga_op_free(struct ox_rga_op *op) {
    ox_vv_free(&op->since);
    ox_buf_free(&op->content);
    free(op->spans);
    *op = (struct ox_rga_op){0};
}

void ox_rga_op_clear(struct ox_rga_op *op) {
    op->dot = op->at = (struct ox_dot){0, 0};
    op->lamport = op->count = 0;
    op->kind = OX_RGA_TEXT;
    op->span_count = 0;
    ox_vv_clear(&op->since);
    ox_buf_clear(&op->content);
}

static struct ox_rga_store *store_of(const struct ox_object *object) {
    assert(object->type == &ox_rga);
    return object->store;
}

/* ---- spans ---- */

static struct ox_dot last_of(const struct ox_rga_span *span) {
    uint64_t n = span->first.n;
    return (struct ox_dot){span->first.replica,
                           span->down ? n - (span->count - 1) : n + (span->count - 1)};
}

bool ox_rga_span_goes_on(const struct ox_rga_span *span, struct ox_dot dot) {
    struct ox_dot last = last_of(span);
    bool up = dot.n == last.n + 1 && !span->down;
    bool down = dot.n + 1 == last.n && (span->down || span->count == 1);
    return dot.replica == last.replica && (up || down) && span->count < OX_STRETCH_MAX;
}

enum ox_status ox_rga_op_reserve_spans(struct ox_rga_op *op, uint64_t count) {
    if (count <= op->span_capacity)
        return OX_OK;
    void *grown = ox_array_grow(op->spans, &op->span_capacity, count, sizeof *op->spans);
    if (grown == NULL)
        return OX_NOMEM;
    op->spans = grown;
    return OX_OK;
}

/* Places of the line, `count` with ascending dots: into the last span where they go on from it, as
 * far as they do. */
static enum ox_status put_places(struct ox_rga_op *op, struct ox_dot first, uint32_t count) {
    struct ox_rga_span *last = op->span_count > 0 ? &op->spans[op->span_count - 1] : NULL;
    while (last != NULL && count > 0 && ox_rga_span_goes_on(last, first)) {
        last->down = first.n < last->first.n;
        uint32_t room = OX_STRETCH_MAX - last->count;
        uint32_t taken = last->down ? 1 : count < room ? count : room;
        last->count += taken;
        first.n += taken;
        count -= taken;
    }
    if (count == 0)
        return OX_OK;
    enum ox_status status = ox_rga_op_reserve_spans(op, (uint64_t)op->span_count + 1);
    if (status == OX_OK)
        op->spans[op->span_count++] = (struct ox_rga_span){first, count, false};
    return status;
}

/* The elements from a position on, which are shown. */
static enum ox_status put_shown(struct ox_rga_op *op, struct ox_line *line, uint64_t position,
                                uint64_t count) {
    struct ox_spot spot = ox_line_at(line, position);
    enum ox_status status = OX_OK;
    for (;;) {
        struct ox_stretch run = ox_line_stretch(line, spot);
        uint32_t taken = count < run.length ? (uint32_t)count : run.length;
        if (ox_kind_alive(run.kind)) {
            status = put_places(op, run.dot, taken);
            count -= taken;
        }
        if (count == 0 || status != OX_OK)
            return status;
        ox_line_next(line, &spot);
    }
}

/* ---- making ---- */

/* What a receiver must hold of the other replicas: as of a delta (object.h). */
static enum ox_status put_since(const struct ox_object *object, struct ox_dot dot,
                                struct ox_vv *since) {
    const struct ox_vv *needed = ox_object_needed(object, dot);
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < needed->count && status == OX_OK; i++)
        if (needed->entries[i].replica != dot.replica)
            status = ox_vv_raise(since, needed->entries[i].replica, needed->entries[i].n);
    return status;
}

/* All that is known before the edit. */
static enum ox_status begin(const struct ox_object *sequence, ox_replica replica,
                            struct ox_rga_op *op) {
    ox_rga_op_clear(op);
    op->dot = (struct ox_dot){replica, ox_vv_get(&sequence->context, replica) + 1};
    op->count = 1;
    return put_since(sequence, op->dot, &op->since);
}

static bool follows(struct ox_dot dot, struct ox_dot at) {
    return at.n > 0 && at.replica == dot.replica && at.n + 1 == dot.n;
}

/* Performs an insert whose content is there; `status`: how far that went. */
static enum ox_status insert(struct ox_object *sequence, enum ox_status status, uint64_t position,
                             struct ox_rga_op *op) {
    struct ox_rga_store *store = store_of(sequence);
    uint64_t lamport = store->lamport + 1;
    ox_replica replica = op->dot.replica;
    struct ox_bytes content = ox_buf_bytes(&op->content);
    struct ox_stamp stamp = {0};
    if (status == OX_OK && position > 0)
        op->at = ox_rga_at(sequence, position - 1);
    if (status == OX_OK && op->at.n > 0)
        ox_sequence_stamp_of(store->sequence, op->at, &stamp);
    if (status == OX_OK)
        status = op->kind == OX_RGA_LIST
                     ? ox_rga_insert_listed(sequence, position, content, replica, NULL)
                     : ox_rga_write(sequence, position, content, replica, NULL);
    if (status != OX_OK) {
        ox_rga_op_clear(op);
        return status;
    }
    bool goes_on = follows(op->dot, op->at) && stamp.physical_ns + 1 == lamport;
    op->lamport = goes_on ? 0 : lamport;
    op->count = ox_vv_get(&sequence->context, replica) - op->dot.n + 1;
    return OX_OK;
}

enum ox_status ox_rga_op_write(struct ox_object *sequence, uint64_t position, struct ox_bytes text,
                               ox_replica replica, struct ox_rga_op *op) {
    enum ox_status status = begin(sequence, replica, op);
    ox_buf_append(&op->content, text.data, text.size);
    if (status == OX_OK)
        status = ox_buf_status(&op->content);
    return insert(sequence, status, position, op);
}

/* A list of nothing but scalars is a text. */
static enum ox_status put_elements(struct ox_rga_op *op, const struct ox_value *elements,
                                   size_t count) {
    op->kind = OX_RGA_TEXT;
    for (size_t i = 0; i < count && op->kind == OX_RGA_TEXT; i++)
        if (elements[i].kind != OX_VALUE_TEXT || !ox_utf8_is_scalar(elements[i].bytes))
            op->kind = OX_RGA_LIST;
    if (op->kind == OX_RGA_LIST)
        return ox_rga_list(elements, count, &op->content);
    for (size_t i = 0; i < count; i++)
        ox_buf_append(&op->content, elements[i].bytes.data, elements[i].bytes.size);
    return ox_buf_status(&op->content);
}

enum ox_status ox_rga_op_insert_list(struct ox_object *sequence, uint64_t position,
                                     const struct ox_value *elements, size_t count,
                                     ox_replica replica, struct ox_rga_op *op) {
    enum ox_status status = begin(sequence, replica, op);
    if (status == OX_OK)
        status = put_elements(op, elements, count);
    return insert(sequence, status, position, op);
}

enum ox_status ox_rga_op_erase(struct ox_object *sequence, uint64_t position, uint64_t count,
                               ox_replica replica, struct ox_rga_op *op) {
    struct ox_line *line = &store_of(sequence)->sequence->line;
    enum ox_status status = begin(sequence, replica, op);
    uint64_t shown = position < line->shown ? line->shown - position : 0;
    op->kind = OX_RGA_ERASE;
    if (status == OX_OK && shown > 0)
        op->at = ox_rga_at(sequence, position);
    if (count > shown)
        count = shown;
    if (status == OX_OK && count > 1)
        status = put_shown(op, line, position, count);
    if (status == OX_OK)
        status = ox_rga_erase(sequence, position, count, replica, NULL);
    if (status != OX_OK)
        ox_rga_op_clear(op);
    else
        op->count = count;
    return status;
}

/* ---- making, by id ---- */

/* Where an insert behind an element goes. */
static bool find_behind(const struct ox_object *sequence, struct ox_dot after, uint64_t *position) {
    *position = 0;
    if (after.n == 0 && after.replica == 0)
        return true;
    if (!ox_rga_position(sequence, after, position))
        return false;
    *position += ox_dot_compare(ox_rga_at(sequence, *position), after) == 0;
    return true;
}

static enum ox_status nothing(struct ox_rga_op *op, enum ox_status why) {
    ox_rga_op_clear(op);
    return why;
}

enum ox_status ox_rga_op_write_after(struct ox_object *sequence, struct ox_dot after,
                                     struct ox_bytes text, ox_replica replica,
                                     struct ox_rga_op *op) {
    uint64_t position;
    return find_behind(sequence, after, &position)
               ? ox_rga_op_write(sequence, position, text, replica, op)
               : nothing(op, OX_NO_SUCH);
}

enum ox_status ox_rga_op_insert_list_after(struct ox_object *sequence, struct ox_dot after,
                                           const struct ox_value *elements, size_t count,
                                           ox_replica replica, struct ox_rga_op *op) {
    uint64_t position;
    return find_behind(sequence, after, &position)
               ? ox_rga_op_insert_list(sequence, position, elements, count, replica, op)
               : nothing(op, OX_NO_SUCH);
}

enum ox_status ox_rga_op_delete(struct ox_object *sequence, struct ox_dot element,
                                ox_replica replica, struct ox_rga_op *op) {
    uint64_t position;
    if (!ox_rga_position(sequence, element, &position))
        return nothing(op, OX_NO_SUCH);
    if (ox_dot_compare(ox_rga_at(sequence, position), element) != 0)
        return nothing(op, OX_NOOP);
    return ox_rga_op_erase(sequence, position, 1, replica, op);
}

/* ---- taking ---- */

static enum ox_status take_spans(struct ox_sequence *sequence, const struct ox_vv *context,
                                 const struct ox_rga_op *op) {
    struct ox_deletion *all = malloc(op->span_count * sizeof *all);
    struct ox_dot killer = op->dot;
    if (all == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < op->span_count; i++) {
        const struct ox_rga_span *span = &op->spans[i];
        uint32_t most = span->count - 1;
        all[i] = (struct ox_deletion){span->first, killer, span->count, most > 0};
        if (span->down) {
            all[i].target = last_of(span);
            all[i].killer.n += most;
            all[i].step = -1;
        }
        killer.n += span->count;
    }
    enum ox_status status = ox_sequence_take_deletions(sequence, context, all, op->span_count);
    free(all);
    return status;
}

static enum ox_status change(struct ox_sequence *sequence, const struct ox_vv *context,
                             const struct ox_rga_op *op) {
    struct ox_bytes content = ox_buf_bytes(&op->content);
    bool is_one_ascii = content.size == 1 && content.data[0] < 0x80;
    switch (op->kind) {
    case OX_RGA_TEXT:
        if (is_one_ascii && follows(op->dot, op->at) &&
            ox_line_type_on(&sequence->line, op->dot, op->lamport, content.data[0]))
            return OX_OK;
        return ox_sequence_take_text(sequence, op->at, op->dot, op->lamport, content);
    case OX_RGA_LIST:
        return ox_sequence_take_list(sequence, op->at, op->dot, op->lamport, content);
    case OX_RGA_ERASE:
        break;
    }
    return op->count > 1 ? take_spans(sequence, context, op)
                         : ox_sequence_take_deletion(sequence, context, op->at, op->dot);
}

enum ox_status ox_rga_op_take(struct ox_object *sequence, const struct ox_rga_op *op) {
    struct ox_rga_store *store = store_of(sequence);
    struct ox_dot *known = ox_vv_find(&sequence->context, op->dot.replica);
    uint64_t have = known != NULL ? known->n : 0;
    uint64_t last = op->dot.n + (op->count - 1);
    if (op->dot.n == 0 || have >= last)
        return OX_OK;
    if (have != op->dot.n - 1 || !ox_vv_covers(&sequence->context, &op->since))
        return OX_GAP;
    bool only_rises = known != NULL && !sequence->made; /* the one entry; nothing to remember */
    enum ox_status status = only_rises ? OX_OK : ox_object_reserve(sequence, 1);
    if (status == OX_OK)
        status = change(store->sequence, &sequence->context, op);
    if (status != OX_OK)
        return status;
    if (store->sequence->line.lamport > store->lamport)
        store->lamport = store->sequence->line.lamport;
    if (only_rises)
        known->n = last;
    else
        ox_object_raise(sequence, op->dot.replica, last);
    return OX_OK;
}
