/* laws/history.c - performs the steps, and lets the model walk along. */
#include "props/laws/history.h"

#include "props/laws/draw.h"
#include "props/reference/rules.h"
#include "protocols/node.h"

#include <string.h>

/* ---- records ---- */

enum field {
    FIELD_ACTION,
    FIELD_PLACE,
    FIELD_VERB,
    FIELD_ARG,
    FIELD_WHICH,
    FIELD_PEER,
    FIELD_PATH,
    FIELD_SPARE
};

/* What a record does, by its first field; shrinking goes towards an update. */
enum deed {
    UPDATE,
    TAKE,
    GROUP,
    STATE,
    ANSWER,
    PULL,
    PULL_STATE,
    MEET,
    BURST,
    RESTART,
    LOSE,
    COLLECT
};
static const enum deed deeds[] = {
    UPDATE,     UPDATE,     UPDATE, UPDATE, UPDATE,  UPDATE, UPDATE,  UPDATE,  UPDATE,
    UPDATE,     UPDATE,     TAKE,   TAKE,   TAKE,    TAKE,   TAKE,    TAKE,    TAKE,
    TAKE,       GROUP,      GROUP,  GROUP,  STATE,   ANSWER, PULL,    PULL,    PULL,
    PULL_STATE, PULL_STATE, MEET,   BURST,  RESTART, LOSE,   COLLECT, COLLECT, COLLECT};
/* Most of a history happens at two or three places, so that its steps meet. */
static const unsigned places[] = {0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2, 3, 3, 4, 5, 6, 7};

const struct ox_field ox_history_fields[] = {
    [FIELD_ACTION] = {"action", 0, G_N_ELEMENTS(deeds) - 1},
    [FIELD_PLACE] = {"place", 0, G_N_ELEMENTS(places) - 1},
    [FIELD_VERB] = {"verb", 0, OX_DRAW_VERBS - 1},
    [FIELD_ARG] = {"arg", 0, OX_DRAW_ARGUMENTS - 1},
    [FIELD_WHICH] = {"which", 0, OX_DRAW_ELEMENTS - 1},
    [FIELD_PEER] = {"peer", 0, G_N_ELEMENTS(places) - 1},
    [FIELD_PATH] = {"path", 0, OX_DRAW_PATHS - 1},
    [FIELD_SPARE] = {"spare", 0, INT64_MAX},
};
const size_t ox_history_field_count = G_N_ELEMENTS(ox_history_fields);

uint64_t ox_history_spare(const struct ox_record *record) {
    return (uint64_t)record->field[FIELD_SPARE];
}

/* ---- messages ---- */

/* Memory that runs out in here would be the test's own end, not a finding. */
static void must(enum ox_status status) {
    if (status != OX_OK) {
        g_error("the history of a law: %s", ox_status_text(status));
    }
}

static struct ox_message *message_new(const struct ox_history *history, enum ox_message_kind kind,
                                      unsigned from) {
    const struct ox_place *place = &history->places[from];
    struct ox_message *message = g_new0(struct ox_message, 1);
    message->kind = kind;
    message->from = from;
    message->stamp = place->clock.last;
    message->sender = place->replica;
    if (history->options.stability) {
        must(ox_vv_copy(&message->report, &place->object.context));
    }
    return message;
}

static void message_free(void *data) {
    struct ox_message *message = data;
    if (message->kind == OX_MESSAGE_STATE) {
        ox_object_free(&message->state);
    } else {
        ox_delta_free(&message->delta);
    }
    if (message->parts != NULL) {
        g_ptr_array_unref(message->parts);
    }
    ox_vv_free(&message->report);
    g_free(message);
}

static GPtrArray *messages_new(void) {
    return g_ptr_array_new_with_free_func(message_free);
}

/* ---- a history's life ---- */

static void ref_update_free(void *data) {
    struct ox_ref_update *update = data;
    ox_ref_update_clear(update);
    g_free(update);
}

/* The number that a replica goes by. */
static ox_replica number_of(const struct ox_history *history, unsigned life, unsigned at) {
    ox_replica replica = ox_replica_of(life, at);
    return history->options.renamed ? 5 * replica + 1000 : replica;
}

static void place_begin(struct ox_history *history, unsigned at) {
    struct ox_place *place = &history->places[at];
    place->index = history->replica_count++;
    place->replica = number_of(history, place->life, at);
    place->clock.last.replica = place->replica;
    place->context = (struct ox_model_context){0};
    must(ox_object_init(&place->object, history->type));
    history->replicas[place->index] = place->replica;
    g_ptr_array_add(history->updates.replicas, g_ptr_array_new_with_free_func(ref_update_free));
}

static void found_members(struct ox_history *history) {
    for (unsigned at = 0; at < OX_HISTORY_FOUNDERS; at++) {
        history->places[at].member = true;
        for (unsigned other = 0; other < OX_HISTORY_FOUNDERS; other++) {
            must(ox_stability_join(&history->places[at].stability, history->places[other].replica));
        }
    }
}

void ox_history_init(struct ox_history *history, const struct ox_type *type,
                     const struct ox_history_options *options) {
    *history = (struct ox_history){
        .type = type,
        .options = *options,
        .reference = ox_reference_named(type->name, strlen(type->name)),
        .pool = messages_new(),
        .updates = {g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref)}};
    if (options->stability && !options->collects) {
        history->keeping = *type;
        history->keeping.collect = NULL;
        history->keeping.has_residue = NULL;
        history->type = &history->keeping;
        if (options->inner == type) {
            history->options.inner = history->type; /* maps in maps */
        }
    }
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        history->places[at].pending = messages_new();
        history->places[at].in_a_row = true;
        place_begin(history, at);
    }
    found_members(history);
}

void ox_history_clear(struct ox_history *history) {
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        struct ox_place *place = &history->places[at];
        ox_object_free(&place->object);
        ox_stability_free(&place->stability);
        ox_vv_free(&place->floor);
        g_ptr_array_unref(place->pending);
    }
    g_ptr_array_unref(history->pool);
    g_ptr_array_unref(history->updates.replicas);
}

/* ---- members ---- */

/* A replica that all agree on joins: from now on all wait for its reports. What some have called
 * stable by now it must hold before it updates. */
static void member_joins(struct ox_history *history, unsigned at) {
    struct ox_place *joiner = &history->places[at];
    struct ox_stability known = history->places[joiner->member ? at : 0].stability;
    struct ox_stability own = {0};
    for (uint32_t i = 0; i < known.count; i++) {
        must(ox_stability_join(&own, known.members[i].replica));
    }
    ox_vv_clear(&joiner->floor);
    for (unsigned i = 0; i < OX_HISTORY_PLACES; i++) {
        struct ox_place *place = &history->places[i];
        if (place->member) {
            must(ox_vv_join(&joiner->floor, &place->stability.stable));
            must(ox_stability_join(&place->stability, joiner->replica));
        }
    }
    must(ox_stability_join(&own, joiner->replica));
    ox_stability_free(&joiner->stability);
    joiner->stability = own;
    joiner->member = true;
}

/* Lives that are over leave once nobody lacks an update of theirs, so that none has to be refused
 * later. Before that they stay members, as replicas that are down. */
static void dead_members_leave(struct ox_history *history) {
    for (uint32_t i = 0; i < history->replica_count; i++) {
        const GPtrArray *made = g_ptr_array_index(history->updates.replicas, i);
        bool lives = false, known = true;
        for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
            lives |= history->places[at].index == i;
            known &= !history->places[at].member || history->places[at].context.n[i] == made->len;
        }
        for (unsigned at = 0; at < OX_HISTORY_PLACES && !lives && known; at++) {
            ox_stability_leave(&history->places[at].stability, history->replicas[i]);
        }
    }
}

static void hear_report(struct ox_place *place, ox_replica sender, const struct ox_vv *report) {
    enum ox_status status = ox_stability_report(&place->stability, sender, report);
    must(status == OX_NOMEM || status == OX_INVALID ? status : OX_OK);
}

/* Clocks differ by some steps from place to place, so that stamps do not follow the order of
 * updates. Where updates are spread over places they are in one order, and so are their stamps. */
static uint64_t physical_ns(const struct ox_history *history, unsigned at) {
    const uint64_t day = UINT64_C(86400000000000), ms = 1000000;
    uint64_t skew = history->options.spread > 0 ? 0 : 3 * (at % 3);
    return day + (history->step + skew) * ms;
}

/* ---- updates, as the reference model reads them ---- */

static struct ox_ref_dot dense_dot(const struct ox_history *history, struct ox_dot dot) {
    for (uint32_t i = 0; i < history->replica_count && dot.n > 0; i++) {
        if (history->replicas[i] == dot.replica) {
            return (struct ox_ref_dot){i, (uint32_t)dot.n};
        }
    }
    return (struct ox_ref_dot){0};
}

/* The elements that the dots of an update are about: of a run that is inserted, each goes after the
 * one before it; of one that is deleted, they are those from the first on that show. */
static void find_elements(const struct ox_history *history, const struct ox_place *place,
                          const struct ox_op *whole, struct ox_ref_dot *elements, uint32_t count) {
    const struct ox_op *op = ox_op_innermost(whole);
    bool inserts = op->verb->arg == OX_ARG_AFTER || op->verb->arg == OX_ARG_TEXT;
    struct ox_ref_dot at = dense_dot(history, op->at), anchor = {0};
    GArray *line = ox_draw_places(history, &place->context, whole);
    uint32_t found = 0;
    bool met = false;
    for (guint i = 0; i < line->len && found < count && !(met && inserts); i++) {
        const struct ox_ref_place *it = &g_array_index(line, struct ox_ref_place, i);
        struct ox_ref_dot dot = {it->insert->replica, it->insert->n};
        met |= dot.replica == at.replica && dot.n == at.n;
        if (it->shown) {
            anchor = dot;
        }
        if (it->shown && met && !inserts) {
            elements[found++] = dot;
        }
    }
    g_array_free(line, TRUE);
    for (uint32_t i = 0; i < count && inserts; i++) {
        uint32_t before = place->context.n[place->index] + i;
        elements[i] = i > 0 ? (struct ox_ref_dot){place->index, before} : met ? anchor : at;
    }
}

/* The verb that one dot of an operation stands for. */
static const char *verb_of_dot(const struct ox_type *type, const struct ox_op *op) {
    enum ox_arg_kind kind = op->verb->arg == OX_ARG_TEXT    ? OX_ARG_AFTER
                            : op->verb->arg == OX_ARG_RANGE ? OX_ARG_AT
                                                            : op->verb->arg;
    const struct ox_verb *verb = ox_verb_of_kind(type, kind);
    return kind != op->verb->arg && verb != NULL ? verb->name : op->verb->name;
}

/* The i-th element of a list. */
static char *element_of_list(struct ox_bytes list, uint32_t i) {
    struct ox_cbor in = ox_cbor_of(list);
    struct ox_value element;
    ox_cbor_array(&in);
    for (uint32_t skipped = 0; skipped < i; skipped++) {
        ox_cbor_skip(&in);
    }
    must(ox_value_decode(&element, &in, true));
    return ox_draw_value_json(&element);
}

/* The argument of the i-th dot; NULL where the operation has none. */
static char *argument_of_dot(const struct ox_op *op, uint32_t i) {
    switch (op->verb->arg) {
    case OX_ARG_AFTER:
        return op->arg.kind == OX_VALUE_STRUCTURED ? element_of_list(op->arg.bytes, i)
                                                   : ox_draw_value_json(&op->arg);
    case OX_ARG_TEXT: {
        const char *text = (const char *)op->arg.bytes.data;
        const char *scalar = g_utf8_offset_to_pointer(text, i);
        size_t size = (size_t)(g_utf8_next_char(scalar) - scalar);
        struct ox_value one = {.kind = OX_VALUE_TEXT, .bytes = {(const uint8_t *)scalar, size}};
        return ox_draw_value_json(&one);
    }
    case OX_ARG_AT:
    case OX_ARG_RANGE:
    case OX_ARG_PATH:
        return NULL;
    default:
        return ox_draw_value_json(&op->arg);
    }
}

static struct ox_ref_update *update_of_dot(const struct ox_history *history, unsigned at,
                                           const struct ox_op *whole, uint32_t i) {
    const struct ox_place *place = &history->places[at];
    const struct ox_op *op = ox_op_innermost(whole);
    struct ox_ref_update *update = g_new0(struct ox_ref_update, 1);
    update->replica = place->index;
    update->n = place->context.n[place->index] + 1 + i;
    update->op = g_strdup(whole == op ? verb_of_dot(history->type, op) : whole->verb->name);
    update->arg = argument_of_dot(op, i);
    update->path = whole->depth > 0 ? ox_draw_path_json(whole) : NULL;
    if (whole != op) {
        update->inner_type = g_strdup(whole->inner->name);
        update->inner_op = g_strdup(verb_of_dot(whole->inner, op));
    }
    update->seen.count = history->replica_count;
    update->seen.n = g_memdup2(place->context.n, history->replica_count * sizeof(uint32_t));
    update->seen.n[place->index] += i;
    return update;
}

/* With the stamps that the type gave. */
static void remember_update(struct ox_history *history, unsigned at, const struct ox_op *op,
                            const struct ox_delta *delta, uint32_t taken) {
    const struct ox_type *type = history->type;
    const struct ox_place *place = &history->places[at];
    struct ox_ref_dot *elements = g_new0(struct ox_ref_dot, taken);
    if (ox_verb_names_element(ox_op_innermost(op)->verb)) {
        find_elements(history, place, op, elements, taken);
    }
    for (uint32_t i = 0; i < taken; i++) {
        struct ox_ref_update *update = update_of_dot(history, at, op, i);
        struct ox_dot dot = {place->replica, update->n};
        struct ox_stamp stamp;
        update->at = elements[i];
        update->has_stamp = type->stamp_of != NULL && type->stamp_of(delta->store, dot, &stamp);
        if (update->has_stamp)
            update->stamp = (struct ox_obs_stamp){stamp.physical_ns, stamp.logical, stamp.replica};
        g_ptr_array_add(g_ptr_array_index(history->updates.replicas, place->index), update);
    }
    g_free(elements);
}

/* ---- steps ---- */

/* The run of one history: what a step needs besides its record. */
struct run {
    struct ox_history *history;
    bool (*watch)(void *self, const struct ox_history_event *event);
    void *self;
};

static struct ox_message *pending_copy(const struct ox_message *message) {
    struct ox_message *copy = g_new0(struct ox_message, 1);
    *copy = *message;
    copy->kind = OX_MESSAGE_DELTA;
    copy->parts = NULL;
    copy->report = (struct ox_vv){0};
    must(ox_delta_copy(&copy->delta, &message->delta));
    return copy;
}

/* Every other place takes it at once. */
static void share(struct ox_history *history, unsigned from, const struct ox_message *made) {
    for (unsigned at = 0; at < history->options.spread; at++) {
        if (at != from) {
            must(ox_object_join_delta(&history->places[at].object, &made->delta, NULL));
            ox_model_raise(&history->places[at].context, &made->reaches);
        }
    }
}

static struct ox_draw draw_of(const struct ox_history *history, unsigned at,
                              const struct ox_record *record, uint64_t pick) {
    struct ox_draw draw = {.verb = (uint64_t)record->field[FIELD_VERB],
                           .pick = pick,
                           .which = (uint64_t)record->field[FIELD_WHICH],
                           .path = (uint64_t)record->field[FIELD_PATH]};
    if (deeds[record->field[FIELD_ACTION]] != BURST) {
        ox_draw_aim(history->type, &history->places[at].added, &draw);
    }
    /* Residue comes where much happens at few elements. */
    if (history->options.stability && draw.pick % 4 != 0) {
        draw.path -= draw.path / 6 % 6 * 6; /* the shortest paths */
        draw.which %= 3;
    }
    return draw;
}

static bool can_be_removed(const struct ox_history *history, const struct ox_op *whole) {
    const struct ox_op *op = ox_op_innermost(whole);
    const struct ox_type *type = op == whole ? history->type : whole->inner;
    return op->verb == &type->verbs[0] && type->verb_count > 1;
}

static bool update(struct run *run, unsigned at, const struct ox_record *record,
                   const struct ox_object *before, uint64_t pick) {
    struct ox_history *history = run->history;
    struct ox_place *place = &history->places[at];
    struct ox_draw draw = draw_of(history, at, record, pick);
    struct ox_drawn drawn;
    if (history->options.stability && !ox_vv_covers(&place->object.context, &place->floor)) {
        return true;
    }
    ox_draw_op(history, at, &draw, &drawn);
    struct ox_stamp stamp = ox_hlc_tick(&place->clock, physical_ns(history, at));
    struct ox_message *made = message_new(history, OX_MESSAGE_DELTA, at);
    struct ox_history_event event = {OX_ACTION_UPDATE, .place = at,     .record = record,
                                     .before = before, .op = &drawn.op, .stamp = &stamp};
    ox_history_edit edit = history->options.edit != NULL ? history->options.edit : ox_object_apply;
    event.status = edit(&place->object, &drawn.op, place->replica, &stamp, &made->delta);
    if (event.status != OX_OK) {
        message_free(made);
        return run->watch(run->self, &event);
    }
    if (can_be_removed(history, &drawn.op)) {
        place->added = draw;
        for (unsigned i = 0; i < history->options.spread; i++) {
            history->places[i].added = draw;
        }
    }
    event.taken = (uint32_t)ox_dots_total(&made->delta.brings);
    event.message = made;
    made->needs = place->context;
    remember_update(history, at, &drawn.op, &made->delta, event.taken);
    made->reaches.n[place->index] = place->context.n[place->index] += event.taken;
    if (history->options.stability) {
        must(ox_vv_copy(&made->report, &place->object.context));
    }
    g_ptr_array_add(history->pool, made);
    g_ptr_array_add(place->pending, pending_copy(made));
    share(history, at, made);
    return run->watch(run->self, &event);
}

/* One verb with one argument after the other: how a set becomes large, and empty again. A sequence
 * that is edited loses some of it in the end: the way to long runs that go. */
static bool burst(struct run *run, unsigned at, const struct ox_record *record) {
    enum { LENGTH = 10 };
    uint64_t first = (uint64_t)record->field[FIELD_ARG];
    struct ox_record erase = *record;
    bool go_on = true;
    erase.field[FIELD_VERB] = OX_DRAW_RANGE;
    for (uint64_t i = 0; i < LENGTH && go_on; i++) {
        struct ox_object before;
        must(ox_object_copy(&before, &run->history->places[at].object));
        bool last = i + 1 == LENGTH && run->history->options.edit != NULL;
        go_on = update(run, at, last ? &erase : record, &before, (first + i) % OX_DRAW_ARGUMENTS);
        ox_object_free(&before);
    }
    return go_on;
}

/* A place passes on what a message brought it: whole, or only what it lacked. */
static void keep_for_group(struct ox_place *place, const struct ox_message *message,
                           const struct ox_object *before, const struct ox_model_context *had,
                           bool stripped) {
    struct ox_message *copy = pending_copy(message);
    struct ox_message lacked = *message;
    ox_model_strip(&lacked, had);
    if (stripped) {
        ox_delta_free(&copy->delta);
        must(ox_delta_difference(&message->delta, before, &copy->delta));
        ox_model_strip(copy, had);
    }
    place->in_a_row &= memcmp(&copy->needs, &lacked.needs, sizeof lacked.needs) == 0;
    g_ptr_array_add(place->pending, copy);
}

/* What a full state brought leaves a hole in what the place can pass on. */
static void joined(struct ox_place *place, const struct ox_message *message,
                   const struct ox_object *before, bool stripped) {
    struct ox_model_context had = place->context;
    ox_model_raise(&place->context, &message->reaches);
    if (memcmp(&had, &place->context, sizeof had) == 0) {
        return;
    }
    if (message->kind == OX_MESSAGE_STATE) {
        place->in_a_row = false;
    } else {
        keep_for_group(place, message, before, &had, stripped);
    }
}

/* A clock that refuses a peer whose own runs ahead does not hear of its stamps, though the updates
 * come: types must do without. */
static void listen(const struct ox_history *history, struct ox_place *place,
                   const struct ox_message *message, bool hears) {
    if (hears) {
        unsigned at = (unsigned)(place - history->places);
        must(ox_hlc_receive(&place->clock, &message->stamp, physical_ns(history, at)));
    }
}

static bool take(struct run *run, unsigned at, const struct ox_record *record,
                 const struct ox_object *before, const struct ox_message *message) {
    struct ox_history *history = run->history;
    struct ox_place *place = &history->places[at];
    struct ox_dots news = {0};
    struct ox_history_event event = {OX_ACTION_TAKE,
                                     .place = at,
                                     .record = record,
                                     .before = before,
                                     .message = message,
                                     .news = &news,
                                     .fits = ox_model_covers(&place->context, &message->needs)};
    if (message->kind == OX_MESSAGE_STATE) {
        event.status = ox_object_join(&place->object, &message->state, &news);
    } else {
        event.status = ox_object_join_delta(&place->object, &message->delta, &news);
    }
    if (history->options.stability) {
        hear_report(place, message->sender, &message->report);
    }
    if (event.status == OX_OK) {
        listen(run->history, place, message, ox_history_spare(record) / 2 % 4 != 0);
        joined(place, message, before, ox_history_spare(record) % 2 == 1);
    }
    bool go_on = run->watch(run->self, &event);
    ox_dots_free(&news);
    return go_on;
}

/* The `back`-th of the latest messages from a place; NULL when there are not so many. Counting by
 * sender keeps a choice the same when steps of other places are left out. */
static const struct ox_message *latest_from(const GPtrArray *pool, unsigned from, guint back) {
    for (guint i = pool->len; i-- > 0;) {
        const struct ox_message *message = g_ptr_array_index(pool, i);
        if (message->from == from && back-- == 0) {
            return message;
        }
    }
    return NULL;
}

static bool take_from_pool(struct run *run, unsigned at, const struct ox_record *record,
                           const struct ox_object *before, unsigned from) {
    const GPtrArray *pool = run->history->pool;
    guint back = (guint)record->field[FIELD_WHICH];
    const struct ox_message *message = NULL;
    if (pool->len == 0) {
        return true;
    }
    message = latest_from(pool, from, back);
    if (message == NULL) {
        message = g_ptr_array_index(pool, pool->len - 1 - back % pool->len);
    }
    return take(run, at, record, before, message);
}

/* Hands a message to the pool and to the watch; one that brings nothing is only looked at. */
static bool sent(struct run *run, struct ox_history_event *event, struct ox_message *message,
                 bool brings) {
    event->message = message;
    if (brings) {
        g_ptr_array_add(run->history->pool, message);
        return run->watch(run->self, event);
    }
    bool go_on = run->watch(run->self, event);
    message_free(message);
    return go_on;
}

static void pending_begin(struct ox_place *place) {
    g_ptr_array_set_size(place->pending, 0);
    place->in_a_row = true;
}

/* Deltas from before and after a collection are not merged. */
static bool collected_alike(const struct ox_message *group, const struct ox_message *part) {
    return ox_vv_equal(&group->delta.collected, &part->delta.collected);
}

static bool send_group(struct run *run, unsigned at, const struct ox_record *record,
                       const struct ox_object *before) {
    struct ox_place *place = &run->history->places[at];
    struct ox_history_event event = {OX_ACTION_SEND,   .place = at,     .record = record,
                                     .before = before, .status = OX_OK, .fits = true};
    if (place->pending->len == 0) {
        return true;
    }
    struct ox_message *group = message_new(run->history, OX_MESSAGE_GROUP, at);
    group->in_a_row = place->in_a_row;
    group->parts = place->pending;
    place->pending = messages_new();
    pending_begin(place);
    for (guint i = 0; i < group->parts->len && event.fits && event.status == OX_OK; i++) {
        const struct ox_message *part = g_ptr_array_index(group->parts, i);
        event.status = ox_delta_merge(&group->delta, &part->delta);
        event.fits = ox_model_merge(group, part) && collected_alike(group, part);
    }
    return sent(run, &event, group, event.status == OX_OK && !ox_delta_empty(&group->delta));
}

static bool send_state(struct run *run, unsigned at, const struct ox_record *record,
                       const struct ox_object *before) {
    struct ox_place *place = &run->history->places[at];
    struct ox_history_event event = {OX_ACTION_SEND, .place = at, .record = record,
                                     .before = before, .status = OX_OK};
    struct ox_message *state = message_new(run->history, OX_MESSAGE_STATE, at);
    must(ox_object_copy(&state->state, &place->object));
    state->reaches = place->context;
    return sent(run, &event, state, true);
}

static bool send_answer(struct run *run, unsigned at, const struct ox_record *record,
                        const struct ox_object *before, unsigned to) {
    struct ox_place *place = &run->history->places[at];
    struct ox_place *peer = &run->history->places[to];
    struct ox_history_event event = {OX_ACTION_SEND, .place = at, .record = record,
                                     .before = before};
    struct ox_message *answer = message_new(run->history, OX_MESSAGE_ANSWER, at);
    answer->to = to;
    /* Who has not seen all that is collected is told everything. */
    bool whole = !ox_vv_covers(&peer->object.context, ox_object_collected(&place->object));
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        uint32_t mine = place->context.n[i], had = whole ? 0 : peer->context.n[i];
        answer->needs.n[i] = MIN(mine, had);
        answer->reaches.n[i] = mine > had ? mine : 0;
    }
    event.status = ox_object_delta_since(&place->object, &peer->object.context, &answer->delta);
    return sent(run, &event, answer, event.status == OX_OK && !ox_delta_empty(&answer->delta));
}

/* The place takes at once what a peer sends it: the answer to its context, or the whole state. */
static bool pull(struct run *run, unsigned at, const struct ox_record *record,
                 const struct ox_object *before, unsigned peer, bool whole) {
    GPtrArray *pool = run->history->pool;
    guint sent_before = pool->len;
    struct ox_object peer_before;
    must(ox_object_copy(&peer_before, &run->history->places[peer].object));
    bool go_on = whole ? send_state(run, peer, record, &peer_before)
                       : send_answer(run, peer, record, &peer_before, at);
    ox_object_free(&peer_before);
    if (run->history->options.stability) { /* also where there is nothing else to say */
        const struct ox_place *from = &run->history->places[peer];
        hear_report(&run->history->places[at], from->replica, &from->object.context);
    }
    if (!go_on || pool->len == sent_before) {
        return go_on;
    }
    return take(run, at, record, before, g_ptr_array_index(pool, pool->len - 1));
}

/* Both take what the other has. */
static bool meet(struct run *run, unsigned at, const struct ox_record *record,
                 const struct ox_object *before, unsigned peer) {
    struct ox_object peer_before;
    must(ox_object_copy(&peer_before, &run->history->places[peer].object));
    bool go_on = pull(run, at, record, before, peer, false) &&
                 pull(run, peer, record, &peer_before, at, false);
    ox_object_free(&peer_before);
    return go_on;
}

/* A place meets every member, one after the other: after two such rounds all know that all know. */
static bool meet_members(struct run *run, unsigned at, const struct ox_record *record) {
    bool go_on = true;
    for (unsigned peer = 0; peer < OX_HISTORY_PLACES && go_on; peer++) {
        struct ox_object now;
        if (peer == at || !run->history->places[peer].member) {
            continue;
        }
        must(ox_object_copy(&now, &run->history->places[at].object));
        go_on = meet(run, at, record, &now, peer);
        ox_object_free(&now);
    }
    return go_on;
}

/* Comes back with exactly what was on the disk: the object, but not what it remembered besides. */
static bool restart(struct run *run, unsigned at, const struct ox_record *record,
                    const struct ox_object *before) {
    struct ox_place *place = &run->history->places[at];
    struct ox_history_event event = {OX_ACTION_RESTART, .place = at, .record = record,
                                     .before = before};
    struct ox_object back;
    struct ox_buf disk = {0};
    ox_object_encode(&place->object, &disk);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&disk));
    event.status = ox_object_decode(&back, run->history->type, &in);
    ox_buf_free(&disk);
    if (event.status == OX_OK) {
        ox_object_free(&place->object);
        place->object = back;
        pending_begin(place);
    }
    return run->watch(run->self, &event);
}

/* Who comes late hears the oldest messages first, as it may be, and then what one of the others
 * answers: it held a little of what they have collected long ago. */
static bool come_late(struct run *run, unsigned at, const struct ox_record *record) {
    const GPtrArray *pool = run->history->pool;
    uint64_t spare = ox_history_spare(record) / 8;
    unsigned peer = places[record->field[FIELD_PEER]] % OX_HISTORY_FOUNDERS;
    bool go_on = true;
    for (guint i = 0; i < MIN(spare % 4, pool->len) && go_on; i++) {
        struct ox_object now;
        must(ox_object_copy(&now, &run->history->places[at].object));
        go_on = take(run, at, record, &now, g_ptr_array_index(pool, i));
        ox_object_free(&now);
    }
    if (go_on && spare / 4 % 2 == 0 && at != peer) {
        struct ox_object now;
        must(ox_object_copy(&now, &run->history->places[at].object));
        go_on = pull(run, at, record, &now, peer, false);
        ox_object_free(&now);
    }
    return go_on;
}

static bool lose(struct run *run, unsigned at, const struct ox_record *record,
                 const struct ox_object *before) {
    struct ox_history *history = run->history;
    struct ox_place *place = &history->places[at];
    struct ox_history_event event = {OX_ACTION_LOSE, .place = at, .record = record,
                                     .before = before, .status = OX_OK};
    bool rarely = history->options.stability && ox_history_spare(record) % 4 != 0;
    if (history->replica_count == OX_HISTORY_REPLICAS || rarely) {
        return true;
    }
    ox_object_free(&place->object);
    pending_begin(place);
    place->life++;
    place_begin(history, at);
    if (!history->options.stability) {
        return run->watch(run->self, &event);
    }
    member_joins(history, at);
    return run->watch(run->self, &event) && come_late(run, at, record);
}

/* What members hold is said all the time and in few bytes, so that it mostly gets ahead of what
 * they have to send: much is stable then though much else is still on its way. */
static void hear_members(struct ox_history *history, unsigned at) {
    for (unsigned other = 0; other < OX_HISTORY_PLACES; other++) {
        const struct ox_place *from = &history->places[other];
        if (other != at && from->member) {
            hear_report(&history->places[at], from->replica, &from->object.context);
        }
    }
}

/* What is stable as far as the place knows from the reports that it got goes. */
static bool collect(struct run *run, unsigned at, const struct ox_record *record) {
    struct ox_history *history = run->history;
    struct ox_place *place = &history->places[at];
    struct ox_object before;
    struct ox_history_event event = {OX_ACTION_COLLECT, .place = at, .record = record,
                                     .before = &before, .status = OX_OK};
    if (!history->options.stability) {
        return true;
    }
    must(ox_object_copy(&before, &place->object));
    dead_members_leave(history);
    if (ox_history_spare(record) / 2 % 4 != 0) {
        hear_members(history, at);
    }
    ox_stability_report(&place->stability, place->replica, &place->object.context);
    ox_stability_update(&place->stability, &place->object.context);
    event.status = ox_object_collect(&place->object, &place->stability.stable);
    history->some_collected |= place->stability.stable.count > 0;
    bool go_on = run->watch(run->self, &event);
    ox_object_free(&before);
    return go_on;
}

static bool perform(struct run *run, const struct ox_record *record, const struct ox_object *before,
                    unsigned at) {
    unsigned peer = places[record->field[FIELD_PEER]];
    bool stability = run->history->options.stability;
    bool all = stability && ox_history_spare(record) / 4 % 2 == 0;
    switch (deeds[record->field[FIELD_ACTION]]) {
    case UPDATE:
        return update(run, at, record, before, (uint64_t)record->field[FIELD_ARG]);
    case TAKE:
        return take_from_pool(run, at, record, before, peer);
    case GROUP:
        return send_group(run, at, record, before);
    case STATE:
        return send_state(run, at, record, before);
    case ANSWER:
        return send_answer(run, at, record, before, peer);
    case PULL:
        return all ? meet_members(run, at, record) : pull(run, at, record, before, peer, false);
    case PULL_STATE:
        return pull(run, at, record, before, peer, true);
    case MEET:
        return stability ? meet_members(run, at, record) : meet(run, at, record, before, peer);
    case BURST:
        return burst(run, at, record);
    case RESTART:
        return restart(run, at, record, before);
    case LOSE:
        return lose(run, at, record, before);
    case COLLECT:
        return (!all || meet_members(run, at, record)) && collect(run, at, record);
    }
    return true;
}

/* Where updates are spread, nothing else happens. */
static bool left_out(const struct ox_history *history, const struct ox_record *record) {
    enum deed deed = deeds[record->field[FIELD_ACTION]];
    return history->options.spread > 0 && deed != UPDATE && deed != BURST;
}

/* Where members report, most happens at those who were members from the start, and states are lost
 * more rarely: whoever comes, and whoever went, holds up all others. More come once there is
 * something that they are too late for. */
static unsigned place_of(const struct ox_history *history, const struct ox_record *record) {
    unsigned spread = history->options.spread, at = places[record->field[FIELD_PLACE]];
    if (spread > 0) {
        return (unsigned)(history->step % spread);
    }
    if (!history->options.stability) {
        return at;
    }
    bool late = ox_history_spare(record) % 16 < (history->some_collected ? 3 : 1);
    return late ? OX_HISTORY_FOUNDERS + at % (OX_HISTORY_PLACES - OX_HISTORY_FOUNDERS)
                : at % OX_HISTORY_FOUNDERS;
}

bool ox_history_run(struct ox_history *history, const struct ox_record *records, size_t count,
                    bool (*watch)(void *self, const struct ox_history_event *event), void *self) {
    struct run run = {history, watch, self};
    bool go_on = true;
    for (size_t i = 0; i < count && go_on; i++) {
        if (left_out(history, &records[i])) {
            continue;
        }
        struct ox_object before;
        unsigned at = place_of(history, &records[i]);
        history->step++;
        if (history->options.stability && !history->places[at].member) {
            member_joins(history, at);
            go_on = come_late(&run, at, &records[i]);
        }
        must(ox_object_copy(&before, &history->places[at].object));
        go_on = go_on && perform(&run, &records[i], &before, at);
        ox_object_free(&before);
    }
    return go_on;
}
