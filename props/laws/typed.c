/* laws/typed.c - the fast calls of each type do what the generic one does. */
#include "props/laws/case.h"
#include "props/laws/draw.h"

#include "crdt/gcounter.h"
#include "crdt/gset.h"
#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/ormap.h"
#include "crdt/orset.h"
#include "crdt/pncounter.h"
#include "crdt/rga.h"
#include "crdt/twopset.h"

#include <string.h>

/* ---- the calls ---- */

/* One update as a typed call takes it. */
struct call {
    struct ox_object *object;
    const struct ox_op *op;
    ox_replica replica;
    const struct ox_stamp *stamp;
    struct ox_delta *delta;
};

static enum ox_status gcounter_inc(const struct call *to) {
    return ox_gcounter_inc(to->object, to->op->arg.number, to->replica, to->delta);
}

static enum ox_status pncounter_inc(const struct call *to) {
    return ox_pncounter_inc(to->object, to->op->arg.number, to->replica, to->delta);
}

static enum ox_status pncounter_dec(const struct call *to) {
    return ox_pncounter_dec(to->object, to->op->arg.number, to->replica, to->delta);
}

static enum ox_status gset_add(const struct call *to) {
    return ox_gset_add(to->object, &to->op->arg, to->replica, to->delta);
}

static enum ox_status twopset_add(const struct call *to) {
    return ox_twopset_add(to->object, &to->op->arg, to->replica, to->delta);
}

static enum ox_status twopset_remove(const struct call *to) {
    return ox_twopset_remove(to->object, &to->op->arg, to->replica, to->delta);
}

static enum ox_status orset_add(const struct call *to) {
    return ox_orset_add(to->object, &to->op->arg, to->replica, to->delta);
}

static enum ox_status orset_remove(const struct call *to) {
    return ox_orset_remove(to->object, &to->op->arg, to->replica, to->delta);
}

static enum ox_status lww_set(const struct call *to) {
    return ox_lww_set(to->object, &to->op->arg, to->stamp, to->replica, to->delta);
}

static enum ox_status mv_set(const struct call *to) {
    return ox_mv_set(to->object, &to->op->arg, to->replica, to->delta);
}

/* The position behind an element that is not deleted, which the generic calls name by its dot. */
static enum ox_status position_behind(const struct call *to, uint64_t *position) {
    struct ox_dot at = to->op->at;
    *position = 0;
    if (at.n == 0)
        return OX_OK;
    if (!ox_rga_position(to->object, at, position) ||
        ox_dot_compare(ox_rga_at(to->object, *position), at) != 0)
        return OX_NO_SUCH;
    ++*position;
    return OX_OK;
}

static enum ox_status rga_insert(const struct call *to) {
    uint64_t position;
    enum ox_status status = position_behind(to, &position);
    return status != OX_OK
               ? status
               : ox_rga_insert(to->object, position, &to->op->arg, to->replica, to->delta);
}

static enum ox_status rga_write(const struct call *to) {
    uint64_t position;
    if (to->op->arg.kind != OX_VALUE_TEXT || !ox_utf8_valid(to->op->arg.bytes))
        return OX_INVALID;
    enum ox_status status = position_behind(to, &position);
    return status != OX_OK
               ? status
               : ox_rga_write(to->object, position, to->op->arg.bytes, to->replica, to->delta);
}

static enum ox_status rga_delete(const struct call *to) {
    return ox_rga_delete(to->object, to->op->at, to->replica, to->delta);
}

static enum ox_status rga_erase(const struct call *to) {
    uint64_t position;
    if (to->op->arg.kind != OX_VALUE_INT || to->op->arg.number < 1)
        return OX_INVALID;
    if (!ox_rga_position(to->object, to->op->at, &position))
        return OX_NO_SUCH;
    return ox_rga_erase(to->object, position, (uint64_t)to->op->arg.number, to->replica, to->delta);
}

/* A map has a call of its own for each kind of inner update but that of an mv-register, and one for
 * all. */
static enum ox_status ormap_update(const struct call *to) {
    const struct ox_op *op = to->op, *inner = op->op;
    struct ox_object *map = to->object;
    bool is_set = inner->verb->arg == OX_ARG_ELEMENT;
    if (op->inner == &ox_lww) {
        return ox_ormap_set(map, op->path, op->depth, &inner->arg, to->stamp, to->replica,
                            to->delta);
    }
    if (inner->verb->arg == OX_ARG_AMOUNT && inner->arg.number > INT64_MIN) {
        bool down = strcmp(inner->verb->name, "dec") == 0;
        int64_t amount = down ? -inner->arg.number : inner->arg.number;
        if (inner->arg.number > 0) {
            return ox_ormap_inc(map, op->path, op->depth, op->inner, amount, to->replica,
                                to->delta);
        }
    }
    if (is_set && strcmp(inner->verb->name, "add") == 0) {
        return ox_ormap_add(map, op->path, op->depth, op->inner, &inner->arg, to->replica,
                            to->delta);
    }
    if (is_set) {
        return ox_ormap_take_out(map, op->path, op->depth, op->inner, &inner->arg, to->replica,
                                 to->delta);
    }
    return ox_ormap_update(map, op->path, op->depth, op->inner, inner, to->stamp, to->replica,
                           to->delta);
}

static enum ox_status ormap_remove(const struct call *to) {
    return ox_ormap_remove(to->object, to->op->path, to->op->depth, to->replica, to->delta);
}

static const struct {
    const struct ox_type *type;
    const char *verb;
    enum ox_status (*call)(const struct call *to);
} calls[] = {
    {&ox_gcounter, "inc", gcounter_inc},
    {&ox_pncounter, "inc", pncounter_inc},
    {&ox_pncounter, "dec", pncounter_dec},
    {&ox_gset, "add", gset_add},
    {&ox_twopset, "add", twopset_add},
    {&ox_twopset, "remove", twopset_remove},
    {&ox_orset, "add", orset_add},
    {&ox_orset, "remove", orset_remove},
    {&ox_lww, "set", lww_set},
    {&ox_mv, "set", mv_set},
    {&ox_rga, "insert", rga_insert},
    {&ox_rga, "write", rga_write},
    {&ox_rga, "delete", rga_delete},
    {&ox_rga, "erase", rga_erase},
    {&ox_ormap, "update", ormap_update},
    {&ox_ormap, "remove", ormap_remove},
};

/* ---- the law ---- */

static bool does_the_same(struct ox_law_case *c, const struct ox_history_event *event,
                          const struct ox_object *typed, enum ox_status status,
                          const struct ox_delta *delta) {
    const struct ox_object *generic = &c->history.places[event->place].object;
    if (status != event->status) {
        return ox_law_fail(c, "the typed call answers %s, ox_object_apply %s",
                           ox_status_name(status), ox_status_name(event->status));
    }
    if (!ox_law_same_bytes(c, typed, generic)) {
        return ox_law_differ(c, "a typed call does something else", "typed", typed, "generic",
                             generic);
    }
    return status != OX_OK || ox_law_same_delta(c, delta, &event->message->delta) ||
           ox_law_fail(c, "the delta of a typed call is another");
}

/* With the delta and without: the state must not depend on who asks for what. A type that was made
 * from a built-in one has its calls. */
static bool call_agrees(struct ox_law_case *c, const struct ox_history_event *event, size_t which) {
    const struct ox_place *place = &c->history.places[event->place];
    bool holds = true;
    for (int with = 0; with < 2 && holds; with++) {
        struct ox_object object;
        struct ox_delta delta = {0};
        struct call call = {&object, event->op, place->replica, event->stamp, with ? &delta : NULL};
        if (ox_object_copy(&object, event->before) != OX_OK) {
            return ox_law_fail(c, "no memory for a copy");
        }
        object.type = calls[which].type;
        enum ox_status status = calls[which].call(&call);
        holds = does_the_same(c, event, &object, status,
                              with                     ? &delta
                              : event->message != NULL ? &event->message->delta
                                                       : NULL);
        object.type = c->type;
        ox_object_free(&object);
        ox_delta_free(&delta);
    }
    c->reach->typed_calls++;
    return holds;
}

bool ox_law_typed(struct ox_law_case *c, const struct ox_history_event *event) {
    const char *type = c->type->name;
    for (size_t i = 0; event->action == OX_ACTION_UPDATE && i < G_N_ELEMENTS(calls); i++) {
        if (strcmp(calls[i].type->name, type) == 0 &&
            strcmp(calls[i].verb, event->op->verb->name) == 0) {
            return call_agrees(c, event, i);
        }
    }
    return true;
}
