/* laws/operations.c - what hears of updates by operations ends as what hears of them by deltas and
 * states.
 *
 * Behind every place stands a listener: the same replica, which makes each of its updates as an
 * operation and hears of those of others by theirs, back from their bytes, in any order, again and
 * too early; now and then one comes as its delta, or the last ones are lost and what the place took
 * repairs that. After every step it is what the place is:
 *
 *     place      A: write "hi"  ->  the delta A:1..2      takes the group A:3, B:1..3
 *     listener   A: write "hi"  ->  [A, 1, "hi"]          B:1, A:3 (too early), B:1 again, B:2..3,
 *                                                         A:3
 *
 * Type by type, for operations are no hook of a type: rga has them. Baquero, Almeida, Shoker, "Pure
 * operation-based replicated data types", 2017.
 */
#include "props/laws/case.h"
#include "props/laws/draw.h"

#include "crdt/rga.h"

/* ---- updates ---- */

#define LIST_MAX 8

/* What an insert puts in: its argument, or those that its list stands for. */
static size_t elements_of(const struct ox_op *op, struct ox_value elements[LIST_MAX]) {
    struct ox_cbor in = ox_cbor_of(op->arg.bytes);
    if (op->arg.kind != OX_VALUE_STRUCTURED) {
        elements[0] = op->arg;
        return 1;
    }
    size_t count = ox_cbor_array(&in);
    g_assert(count <= LIST_MAX);
    for (size_t i = 0; i < count; i++) {
        enum ox_status status = ox_value_decode(&elements[i], &in, false);
        g_assert(status == OX_OK);
    }
    return count;
}

/* Whatever can be said as an operation: lists, too, and inserts behind what is deleted. */
static enum ox_status edit(struct ox_object *object, const struct ox_op *op, ox_replica replica,
                           const struct ox_stamp *stamp, struct ox_delta *delta) {
    struct ox_value elements[LIST_MAX];
    switch (op->verb->arg) {
    case OX_ARG_AFTER:
        return ox_rga_insert_list_after(object, op->at, elements, elements_of(op, elements),
                                        replica, delta);
    case OX_ARG_TEXT:
        return ox_rga_write_after(object, op->at, op->arg.bytes, replica, delta);
    default:
        return ox_object_apply(object, op, replica, stamp, delta);
    }
}

ox_history_edit ox_law_edit_of(const struct ox_type *type) {
    return type == &ox_rga ? edit : NULL;
}

/* ---- listeners ---- */

/* An update as its operation, for all to hear. */
struct said {
    struct ox_buf wire;
    enum ox_rga_op_kind kind;
    struct ox_dot at;
    uint64_t count;
    uint32_t replica; /* dense */
    ox_replica number;
    uint64_t last; /* of its dots */
    struct ox_model_context needs;
    const struct ox_message *delta;
};

struct ox_law_listeners {
    struct ox_object objects[OX_HISTORY_PLACES];
    GPtrArray *said;              /* of struct said, as they were made, which is a causal order */
    struct ox_rga_op made, heard; /* used again and again, as callers do */
    struct ox_buf before, after;  /* bytes, for a moment */
};

static void said_free(void *data) {
    struct said *said = data;
    ox_buf_free(&said->wire);
    g_free(said);
}

static void begin_listener(struct ox_law_case *c, unsigned at) {
    if (ox_object_init(&c->listeners->objects[at], c->type) != OX_OK) {
        g_error("a law: no memory for a listener");
    }
}

static void begin_listeners(struct ox_law_case *c) {
    c->listeners = g_new0(struct ox_law_listeners, 1);
    c->listeners->said = g_ptr_array_new_with_free_func(said_free);
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        begin_listener(c, at);
    }
}

void ox_law_listeners_free(struct ox_law_case *c) {
    if (c->listeners == NULL) {
        return;
    }
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        ox_object_free(&c->listeners->objects[at]);
    }
    g_ptr_array_unref(c->listeners->said);
    ox_rga_op_free(&c->listeners->made);
    ox_rga_op_free(&c->listeners->heard);
    ox_buf_free(&c->listeners->before);
    ox_buf_free(&c->listeners->after);
    g_free(c->listeners);
    c->listeners = NULL;
}

static void count(struct ox_law_case *c, enum ox_reach_operation what, bool came_up) {
    c->reach->operations[what] += came_up;
}

/* ---- telling ---- */

static void tell(struct ox_law_case *c, const struct said *said, const char *how) {
    if (c->story == NULL) {
        return;
    }
    struct ox_span span = {said->number, said->last - said->count + 1, said->last};
    struct ox_dots dots = {.spans = &span, .count = 1};
    g_string_append(c->story, "      its listener hears ");
    ox_law_put_dots(c->story, &dots);
    g_string_append_printf(c->story, "%s\n", how);
}

/* ---- making ---- */

enum way { BY_ID, BY_POSITION, BY_POSITION_AS_LIST, WAYS };

/* The position behind an element, or behind the nearest one before it that is shown. */
static bool find_behind(const struct ox_object *object, struct ox_dot at, uint64_t *position) {
    *position = 0;
    if (at.n == 0) {
        return at.replica == 0;
    }
    bool known = ox_rga_position(object, at, position);
    *position += known && ox_dot_compare(ox_rga_at(object, *position), at) == 0;
    return known;
}

/* The scalars of a short text, one by one. */
static size_t scalars_of(const struct ox_op *op, struct ox_value elements[LIST_MAX]) {
    const char *at = (const char *)op->arg.bytes.data, *end = at + op->arg.bytes.size;
    size_t scalars = 0;
    if (!ox_utf8_valid(op->arg.bytes)) {
        return 0;
    }
    for (; at < end && scalars < LIST_MAX; scalars++) {
        const char *next = g_utf8_next_char(at);
        elements[scalars] = (struct ox_value){.kind = OX_VALUE_TEXT,
                                              .bytes = {(const uint8_t *)at, (size_t)(next - at)}};
        at = next;
    }
    return at == end ? scalars : 0;
}

static enum ox_status make_insert(struct ox_object *object, const struct ox_op *op, enum way way,
                                  ox_replica replica, struct ox_rga_op *made) {
    struct ox_value elements[LIST_MAX];
    uint64_t position;
    bool is_text = op->verb->arg == OX_ARG_TEXT;
    size_t listed = !is_text                     ? elements_of(op, elements)
                    : way == BY_POSITION_AS_LIST ? scalars_of(op, elements)
                                                 : 0;
    bool by_position = way != BY_ID && find_behind(object, op->at, &position);
    if (is_text && listed == 0) {
        return by_position ? ox_rga_op_write(object, position, op->arg.bytes, replica, made)
                           : ox_rga_op_write_after(object, op->at, op->arg.bytes, replica, made);
    }
    return by_position
               ? ox_rga_op_insert_list(object, position, elements, listed, replica, made)
               : ox_rga_op_insert_list_after(object, op->at, elements, listed, replica, made);
}

static enum ox_status make_erase(struct ox_object *object, const struct ox_op *op, enum way way,
                                 ox_replica replica, struct ox_rga_op *made) {
    uint64_t position;
    bool known = ox_rga_position(object, op->at, &position);
    bool shown = known && ox_dot_compare(ox_rga_at(object, position), op->at) == 0;
    if (op->verb->arg == OX_ARG_AT) {
        return way == BY_ID || !shown ? ox_rga_op_delete(object, op->at, replica, made)
                                      : ox_rga_op_erase(object, position, 1, replica, made);
    }
    if (op->arg.number < 1 || !known) { /* no operation is made of what has no position */
        ox_rga_op_free(made);
        return op->arg.number < 1 ? OX_INVALID : OX_NO_SUCH;
    }
    return ox_rga_op_erase(object, position, (uint64_t)op->arg.number, replica, made);
}

static enum ox_status make(struct ox_object *object, const struct ox_op *op, enum way way,
                           ox_replica replica, struct ox_rga_op *made) {
    bool inserts = op->verb->arg == OX_ARG_AFTER || op->verb->arg == OX_ARG_TEXT;
    return inserts ? make_insert(object, op, way, replica, made)
                   : make_erase(object, op, way, replica, made);
}

static void count_made(struct ox_law_case *c, const struct ox_history_event *event, enum way way) {
    const struct ox_rga_op *made = &c->listeners->made;
    bool erases = made->kind == OX_RGA_ERASE, inserts = !erases;
    bool down = false;
    for (uint32_t i = 0; i < made->span_count && erases; i++) {
        down |= made->spans[i].down;
    }
    count(c, OX_REACH_OPERATION_TEXT, made->kind == OX_RGA_TEXT);
    count(c, OX_REACH_OPERATION_LIST, made->kind == OX_RGA_LIST && made->count > 1);
    count(c, OX_REACH_OPERATION_TYPED_ON, inserts && made->lamport == 0);
    count(c, OX_REACH_OPERATION_ERASE, erases && made->count == 1);
    count(c, OX_REACH_OPERATION_RANGE, erases && made->count > 1);
    count(c, OX_REACH_OPERATION_SPANS, erases && made->span_count > 1);
    count(c, OX_REACH_OPERATION_DOWN, down);
    count(c, OX_REACH_OPERATION_BY_POSITION, way != BY_ID);
    count(c, OX_REACH_OPERATION_BY_ID, way == BY_ID);
    count(c, OX_REACH_OPERATION_BEHIND_ERASED,
          inserts && ox_dot_compare(made->at, event->op->at) != 0);
}

/* ---- what was made ---- */

/* An operation says what the delta of its update says, and comes back from its bytes. */
static bool says_the_update(struct ox_law_case *c, const struct ox_history_event *event,
                            struct ox_buf *wire) {
    const struct ox_rga_op *made = &c->listeners->made;
    const struct ox_delta *delta = &event->message->delta;
    const struct ox_span *brings = &delta->brings.spans[0];
    struct ox_buf *again = &c->listeners->after;
    if (made->dot.replica != brings->replica || made->dot.n != brings->first ||
        made->count != event->taken || !ox_vv_equal(&made->since, &delta->since)) {
        return ox_law_fail(c, "an operation has other dots, or another since, than its delta");
    }
    ox_rga_op_encode(made, wire);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(wire));
    enum ox_status status = ox_rga_op_decode(&c->listeners->heard, &in);
    if (status != OX_OK || !ox_cbor_done(&in)) {
        return ox_law_status(c, "an operation's own encoding is refused", status);
    }
    ox_buf_clear(again);
    ox_rga_op_encode(&c->listeners->heard, again);
    return ox_bytes_equal(ox_buf_bytes(wire), ox_buf_bytes(again)) ||
           ox_law_fail(c, "decoding an operation's encoding gives another operation");
}

/* old take operation = new; and once more changes nothing. */
static bool makes_the_update(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_object *new = &c->history.places[event->place].object;
    struct ox_object taken;
    if (ox_object_copy(&taken, event->before) != OX_OK) {
        return ox_law_fail(c, "no memory for a copy");
    }
    bool holds = true;
    for (int times = 0; times < 2 && holds; times++) {
        enum ox_status status = ox_rga_op_take(&taken, &c->listeners->heard);
        holds = status == OX_OK ? ox_law_same(c,
                                              times == 0 ? "old with the operation is not new"
                                                         : "an operation changes what has it",
                                              "with the operation", &taken, "new", new)
                                : ox_law_status(c, "taking an operation", status);
    }
    ox_object_free(&taken);
    return holds;
}

static void say(struct ox_law_case *c, const struct ox_history_event *event, struct ox_buf *wire) {
    const struct ox_rga_op *made = &c->listeners->made;
    struct said *said = g_new0(struct said, 1);
    *said = (struct said){.wire = *wire,
                          .kind = made->kind,
                          .at = made->at,
                          .count = made->count,
                          .replica = c->history.places[event->place].index,
                          .number = made->dot.replica,
                          .last = made->dot.n + made->count - 1,
                          .needs = event->message->needs,
                          .delta = event->message};
    g_ptr_array_add(c->listeners->said, said);
}

static bool updates(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    enum way way = (enum way)(ox_history_spare(event->record) % WAYS);
    struct ox_buf wire = {0};
    struct ox_rga_op *made = &c->listeners->made;
    enum ox_status status =
        make(&c->listeners->objects[event->place], event->op, way, place->replica, made);
    if (status != event->status) {
        return ox_law_fail(c, "an update answers %s, and %s as an operation",
                           ox_status_name(event->status), ox_status_name(status));
    }
    if (status != OX_OK) {
        return made->dot.n == 0 || ox_law_fail(c, "an update that is refused is an operation");
    }
    count_made(c, event, way);
    if (!says_the_update(c, event, &wire) || !makes_the_update(c, event)) {
        ox_buf_free(&wire);
        return false;
    }
    say(c, event, &wire);
    return true;
}

/* ---- hearing ---- */

static bool has(const struct ox_object *listener, const struct said *said) {
    return ox_vv_get(&listener->context, said->number) >= said->last;
}

static bool has_what_it_needs(const struct ox_law_case *c, const struct ox_object *listener,
                              const struct said *said) {
    for (uint32_t i = 0; i < c->history.replica_count; i++) {
        if (ox_vv_get(&listener->context, c->history.replicas[i]) < said->needs.n[i]) {
            return false;
        }
    }
    return true;
}

/* The operation, or the delta of its update. */
static enum ox_status take(struct ox_law_case *c, struct ox_object *listener,
                           const struct said *said, bool as_delta) {
    if (as_delta) {
        return ox_object_join_delta(listener, &said->delta->delta, NULL);
    }
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&said->wire));
    enum ox_status status = ox_rga_op_decode(&c->listeners->heard, &in);
    return status == OX_OK ? ox_rga_op_take(listener, &c->listeners->heard) : status;
}

/* One that it has, and one that comes too early, change nothing. */
static bool hear(struct ox_law_case *c, struct ox_object *listener, const struct said *said,
                 bool as_delta) {
    bool known = has(listener, said), early = !known && !has_what_it_needs(c, listener, said);
    enum ox_status wanted = early ? OX_GAP : OX_OK;
    struct ox_buf *before = &c->listeners->before, *after = &c->listeners->after;
    count(c, OX_REACH_OPERATION_EARLY, early && !as_delta);
    count(c, OX_REACH_OPERATION_AGAIN, known && !as_delta);
    count(c, OX_REACH_OPERATION_DELTA, !known && !early && as_delta);
    tell(c, said, as_delta ? " by its delta" : known ? " again" : early ? " too early" : "");
    ox_buf_clear(before);
    ox_buf_clear(after);
    ox_object_encode(listener, before);
    enum ox_status status = take(c, listener, said, as_delta);
    if (status != wanted) {
        return ox_law_fail(c, "an operation is answered %s instead of %s", ox_status_name(status),
                           ox_status_name(wanted));
    }
    if (!known && !early) {
        return has(listener, said) || ox_law_fail(c, "an operation was taken and is not there");
    }
    ox_object_encode(listener, after);
    return ox_bytes_equal(ox_buf_bytes(before), ox_buf_bytes(after)) ||
           ox_law_fail(c, "an operation that %s changed something",
                       known ? "was there" : "came too early");
}

/* The place has it now, and the listener does not. */
static bool is_lacking(const struct ox_law_case *c, unsigned at, const struct said *said) {
    return c->history.places[at].context.n[said->replica] >= said->last &&
           !has(&c->listeners->objects[at], said);
}

/* Some at random, among them ones that it has; what the place has not taken only where the listener
 * must refuse it. */
static bool hears_some(struct ox_law_case *c, unsigned at, struct ox_law_dice *dice) {
    const GPtrArray *all = c->listeners->said;
    struct ox_object *listener = &c->listeners->objects[at];
    bool holds = true;
    for (uint64_t tries = all->len == 0 ? 0 : ox_law_roll(dice, 8); tries > 0 && holds; tries--) {
        guint back = (guint)ox_law_roll(dice, MIN(all->len, 12));
        const struct said *said = g_ptr_array_index(all, all->len - 1 - back);
        bool may_come =
            has(listener, said) || is_lacking(c, at, said) || !has_what_it_needs(c, listener, said);
        holds = !may_come || hear(c, listener, said, ox_law_roll(dice, 8) == 0);
    }
    return holds;
}

static bool hears_the_rest(struct ox_law_case *c, unsigned at) {
    for (guint i = 0; i < c->listeners->said->len; i++) {
        const struct said *said = g_ptr_array_index(c->listeners->said, i);
        if (is_lacking(c, at, said) && !hear(c, &c->listeners->objects[at], said, false)) {
            return false;
        }
    }
    return true;
}

static bool is_repaired(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    struct ox_object *listener = &c->listeners->objects[event->place];
    bool lacks = !ox_vv_equal(&listener->context, &c->history.places[event->place].object.context);
    count(c, OX_REACH_OPERATION_REPAIR, lacks && message->kind != OX_MESSAGE_DELTA);
    if (c->story != NULL) {
        g_string_append(c->story, "      its listener takes the same\n");
    }
    enum ox_status status = message->kind == OX_MESSAGE_STATE
                                ? ox_object_join(listener, &message->state, NULL)
                                : ox_object_join_delta(listener, &message->delta, NULL);
    return status == event->status ||
           ox_law_fail(c, "what a place answers %s is answered %s by who hears of operations",
                       ox_status_name(event->status), ox_status_name(status));
}

static bool takes(struct ox_law_case *c, const struct ox_history_event *event) {
    struct ox_law_dice dice = {ox_history_spare(event->record)};
    bool repairs = event->status != OX_OK || ox_law_roll(&dice, 4) == 0;
    return hears_some(c, event->place, &dice) &&
           (repairs ? is_repaired(c, event) : hears_the_rest(c, event->place));
}

/* ---- the rest ---- */

/* What a listener would answer is what its place answers. */
static bool answers(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_object *peer = &c->history.places[event->message->to].object;
    struct ox_delta answer = {0};
    enum ox_status status =
        ox_object_delta_since(&c->listeners->objects[event->place], &peer->context, &answer);
    bool same = status == event->status &&
                (status != OX_OK || ox_law_same_delta(c, &answer, &event->message->delta));
    ox_delta_free(&answer);
    return same || ox_law_fail(c, "who hears of operations answers a context otherwise");
}

static bool restarts(struct ox_law_case *c, struct ox_object *listener) {
    struct ox_buf *disk = &c->listeners->before;
    struct ox_object back;
    ox_buf_clear(disk);
    ox_object_encode(listener, disk);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(disk));
    enum ox_status status = ox_object_decode(&back, c->type, &in);
    if (status != OX_OK) {
        return ox_law_status(c, "what operations made cannot be read back", status);
    }
    ox_object_free(listener);
    *listener = back;
    return true;
}

static bool follows(struct ox_law_case *c, const struct ox_history_event *event) {
    struct ox_object *listener = &c->listeners->objects[event->place];
    switch (event->action) {
    case OX_ACTION_UPDATE:
        return updates(c, event);
    case OX_ACTION_TAKE:
        return takes(c, event);
    case OX_ACTION_SEND:
        return event->message->kind != OX_MESSAGE_ANSWER || answers(c, event);
    case OX_ACTION_RESTART:
        return restarts(c, listener);
    case OX_ACTION_LOSE:
        ox_object_free(listener);
        begin_listener(c, event->place);
        return true;
    case OX_ACTION_COLLECT:
        break;
    }
    return true;
}

bool ox_law_hear(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    const char *reason = NULL;
    if (c->history.options.edit == NULL) {
        return true;
    }
    if (c->listeners == NULL) {
        begin_listeners(c);
    }
    const struct ox_object *listener = &c->listeners->objects[event->place];
    return follows(c, event) &&
           (ox_object_valid(listener, &reason) ||
            ox_law_fail(c, "what hears of operations is not valid: %s", reason)) &&
           ox_law_same(c, "operations do not make the state", "by operations", listener,
                       "the state", &place->object) &&
           ox_law_read_is_right(c, place);
}

/* ---- what met ---- */

static bool had_seen(const struct said *one, const struct said *other) {
    return one->needs.n[other->replica] >= other->last;
}

bool ox_law_heard(struct ox_law_case *c) {
    const GPtrArray *all = c->listeners != NULL ? c->listeners->said : NULL;
    for (guint i = 0; all != NULL && i < all->len; i++) {
        const struct said *a = g_ptr_array_index(all, i);
        for (guint j = 0; j < i; j++) {
            const struct said *b = g_ptr_array_index(all, j);
            if (ox_dot_compare(a->at, b->at) == 0 && !had_seen(a, b) && !had_seen(b, a)) {
                bool a_erases = a->kind == OX_RGA_ERASE, b_erases = b->kind == OX_RGA_ERASE;
                count(c, OX_REACH_OPERATION_ONE_PLACE, !a_erases && !b_erases);
                count(c, OX_REACH_OPERATION_ONE_ELEMENT, a_erases && b_erases);
            }
        }
    }
    return true;
}
