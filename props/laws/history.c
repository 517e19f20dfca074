/* laws/history.c - performs the steps, and lets the model walk along. */
#include "props/laws/history.h"

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
    FIELD_SPARE
};

enum { ARGUMENTS = 32 };

/* What a record does, by its first field; shrinking goes towards an update. */
enum deed { UPDATE, TAKE, GROUP, STATE, ANSWER, PULL, PULL_STATE, BURST, RESTART, LOSE };
static const enum deed deeds[] = {
    UPDATE, UPDATE, UPDATE, UPDATE, UPDATE, UPDATE,     UPDATE,     UPDATE, UPDATE,  UPDATE, UPDATE,
    TAKE,   TAKE,   TAKE,   TAKE,   TAKE,   TAKE,       TAKE,       TAKE,   GROUP,   GROUP,  GROUP,
    STATE,  ANSWER, PULL,   PULL,   PULL,   PULL_STATE, PULL_STATE, BURST,  RESTART, LOSE};
/* Most of a history happens at two or three places, so that its steps meet. */
static const unsigned places[] = {0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 3, 4};

const struct ox_field ox_history_fields[] = {
    [FIELD_ACTION] = {"action", 0, G_N_ELEMENTS(deeds) - 1},
    [FIELD_PLACE] = {"place", 0, G_N_ELEMENTS(places) - 1},
    [FIELD_VERB] = {"verb", 0, 11},
    [FIELD_ARG] = {"arg", 0, ARGUMENTS - 1},
    [FIELD_WHICH] = {"which", 0, 11},
    [FIELD_PEER] = {"peer", 0, G_N_ELEMENTS(places) - 1},
    [FIELD_SPARE] = {"spare", 0, INT64_MAX},
};
const size_t ox_history_field_count = G_N_ELEMENTS(ox_history_fields);

uint64_t ox_history_spare(const struct ox_record *record) {
    return (uint64_t)record->field[FIELD_SPARE];
}

/* ---- the model ---- */

bool ox_model_covers(const struct ox_model_context *context, const struct ox_model_context *other) {
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        if (context->n[i] < other->n[i]) {
            return false;
        }
    }
    return true;
}

bool ox_model_is(const struct ox_history *history, const struct ox_model_context *context,
                 const struct ox_vv *vv) {
    uint32_t held = 0;
    for (uint32_t i = 0; i < history->replica_count; i++) {
        held += context->n[i] > 0;
        if (ox_vv_get(vv, history->replicas[i]) != context->n[i]) {
            return false;
        }
    }
    return vv->count == held;
}

static const struct ox_ref_update *update_of(const struct ox_history *history, uint32_t replica,
                                             uint32_t n) {
    GPtrArray *own = g_ptr_array_index(history->updates.replicas, replica);
    return g_ptr_array_index(own, n - 1);
}

/* It is enough to look at each replica's last update: that one had seen all that those before it
 * had. */
bool ox_model_closed(const struct ox_history *history, const struct ox_model_context *context) {
    for (uint32_t i = 0; i < history->replica_count; i++) {
        if (context->n[i] == 0) {
            continue;
        }
        const struct ox_ref_context *seen = &update_of(history, i, context->n[i])->seen;
        for (uint32_t j = 0; j < seen->count; j++) {
            if (context->n[j] < seen->n[j]) {
                return false;
            }
        }
    }
    return true;
}

static void model_raise(struct ox_model_context *context, const struct ox_model_context *other) {
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        context->n[i] = MAX(context->n[i], other->n[i]);
    }
}

static bool model_brings(const struct ox_message *message, uint32_t i) {
    return message->reaches.n[i] > message->needs.n[i];
}

/* What two messages of a group need and reach of replica i, together. A need above all that is
 * brought makes the bringing pointless: whoever may take the group has it. False when both bring
 * and their updates do not meet. */
static bool model_merge_at(struct ox_message *group, const struct ox_message *part, uint32_t i) {
    uint32_t *needs = &group->needs.n[i], *reaches = &group->reaches.n[i];
    uint32_t part_needs = part->needs.n[i], part_reaches = part->reaches.n[i];
    bool group_brings = model_brings(group, i), part_brings = model_brings(part, i);
    if (group_brings && part_brings) {
        bool meet = MAX(*needs, part_needs) <= MIN(*reaches, part_reaches);
        *needs = MIN(*needs, part_needs);
        *reaches = MAX(*reaches, part_reaches);
        return meet;
    }
    uint32_t brought = MAX(group_brings ? *reaches : 0, part_brings ? part_reaches : 0);
    uint32_t needed = MAX(group_brings ? 0 : *needs, part_brings ? 0 : part_needs);
    if (needed > brought) {
        *needs = needed;
        *reaches = 0;
    } else if (part_brings) {
        *needs = part_needs;
        *reaches = part_reaches;
    }
    return true;
}

static bool model_merge(struct ox_message *group, const struct ox_message *part) {
    bool meet = true;
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        meet &= model_merge_at(group, part, i);
    }
    return meet;
}

/* What a place with `context` lacks of a message: what it already has moves into the needs. */
static void model_strip(struct ox_message *message, const struct ox_model_context *context) {
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        if (model_brings(message, i)) {
            uint32_t had = MIN(message->reaches.n[i], context->n[i]);
            message->needs.n[i] = MAX(message->needs.n[i], had);
        }
        if (!model_brings(message, i)) {
            message->reaches.n[i] = 0;
        }
    }
}

/* ---- messages ---- */

static struct ox_message *message_new(enum ox_message_kind kind, unsigned from,
                                      const struct ox_place *place) {
    struct ox_message *message = g_new0(struct ox_message, 1);
    message->kind = kind;
    message->from = from;
    message->stamp = place->clock.last;
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

/* Memory that runs out in here would be the test's own end, not a finding. */
static void must(enum ox_status status) {
    if (status != OX_OK) {
        g_error("the history of a law: %s", ox_status_text(status));
    }
}

static void place_begin(struct ox_history *history, unsigned at) {
    struct ox_place *place = &history->places[at];
    place->index = history->replica_count++;
    place->replica = ox_replica_of(place->life, at);
    place->clock.last.replica = place->replica;
    place->context = (struct ox_model_context){0};
    must(ox_object_init(&place->object, history->type));
    history->replicas[place->index] = place->replica;
    g_ptr_array_add(history->updates.replicas, g_ptr_array_new_with_free_func(ref_update_free));
}

void ox_history_init(struct ox_history *history, const struct ox_type *type) {
    *history = (struct ox_history){
        .type = type,
        .reference = ox_reference_named(type->name, strlen(type->name)),
        .pool = messages_new(),
        .updates = {g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref)}};
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        history->places[at].pending = messages_new();
        history->places[at].in_a_row = true;
        place_begin(history, at);
    }
}

void ox_history_clear(struct ox_history *history) {
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        ox_object_free(&history->places[at].object);
        g_ptr_array_unref(history->places[at].pending);
    }
    g_ptr_array_unref(history->pool);
    g_ptr_array_unref(history->updates.replicas);
}

/* ---- arguments ---- */

/* The first two come up most, so that updates meet at one element; the others make sets large. */
static struct ox_value element_of(uint64_t pick) {
    static const char long_text[] =
        "a text that is longer than anything that could be kept inside a slot of a table, and than "
        "what a one-byte head of an encoding can count, which makes it longer than 255 bytes; so "
        "here is some more of it: the quick brown fox jumps over the lazy dog, and back again, "
        "and over.";
    if (pick < 8) {
        return ox_value_text("a");
    }
    if (pick < 12) {
        return ox_value_text("b");
    }
    switch (pick) {
    case 12:
        return ox_value_null();
    case 13:
        return ox_value_bool(true);
    case 14:
        return ox_value_bool(false);
    case 15:
        return ox_value_text("\xc3\xa9\"\n\x01");
    case 16:
        return ox_value_text("");
    case 17:
        return ox_value_text(long_text);
    case 18:
        return ox_value_int(INT64_MIN);
    case 19:
        return ox_value_int(-1);
    default:
        return ox_value_int((int64_t)(pick - 20) * 5);
    }
}

/* Small ones; ones that bring a total to its bound, so that the next is refused; and two that no
 * counter may take. */
static struct ox_value amount_of(uint64_t pick) {
    switch (pick) {
    case 28:
        return ox_value_int(0);
    case 29:
        return ox_value_int(-3);
    case 30:
        return ox_value_int(INT64_MAX - 4);
    case 31:
        return ox_value_int(INT64_MAX);
    default:
        return ox_value_int(1 + (int64_t)(pick % 10));
    }
}

static struct ox_value structured(const uint8_t *cbor, size_t size) {
    return (struct ox_value){.kind = OX_VALUE_STRUCTURED, .bytes = {cbor, size}};
}

/* Any value, two structured ones among them, and one that nobody may write. */
static struct ox_value value_of(uint64_t pick) {
    static const uint8_t list[] = {0x82, 0x01, 0x61, 'x'};                  /* [1, "x"] */
    static const uint8_t map[] = {0xa1, 0x61, 'k', 0x81, 0xf6};             /* {"k": [null]} */
    static const uint8_t keys[] = {0xa2, 0x61, 'b', 0x01, 0x61, 'a', 0x02}; /* they descend */
    switch (pick) {
    case 20:
        return structured(list, sizeof list);
    case 21:
        return structured(map, sizeof map);
    case 22:
        return structured(keys, sizeof keys);
    default:
        return element_of(pick);
    }
}

/* One of the entries that the place's object shows; the dot {0, 0} when it shows none. */
static struct ox_dot dot_of(const struct ox_object *object, uint64_t pick) {
    struct ox_dots alive = {0};
    struct ox_dot dot = {0};
    must(object->type->alive(object->store, &alive));
    uint64_t skip = pick % MAX(ox_dots_total(&alive), 1);
    for (uint32_t s = 0; s < alive.count; s++) {
        const struct ox_span *span = &alive.spans[s];
        uint64_t size = span->last - span->first + 1;
        if (skip < size) {
            dot = (struct ox_dot){span->replica, span->first + skip};
            break;
        }
        skip -= size;
    }
    ox_dots_free(&alive);
    return dot;
}

/* The first verb of a type, the one that adds, comes up more than the others: what is not there
 * cannot be removed. */
static const struct ox_verb *verb_of(const struct ox_type *type, size_t pick) {
    return &type->verbs[pick < 4 ? 0 : pick % type->verb_count];
}

static struct ox_op op_of(const struct ox_history *history, const struct ox_place *place,
                          const struct ox_record *record, uint64_t pick) {
    const struct ox_type *type = history->type;
    struct ox_op op = {.verb = verb_of(type, (size_t)record->field[FIELD_VERB])};
    switch (op.verb->arg) {
    case OX_ARG_AMOUNT:
        op.arg = amount_of(pick);
        break;
    case OX_ARG_ELEMENT:
        op.arg = element_of(pick);
        break;
    case OX_ARG_VALUE:
        op.arg = value_of(pick);
        break;
    default:
        op.arg = element_of(pick);
        op.at = dot_of(&place->object, (uint64_t)record->field[FIELD_WHICH]);
        break;
    }
    return op;
}

/* ---- steps ---- */

/* The run of one history: what a step needs besides its record. */
struct run {
    struct ox_history *history;
    bool (*watch)(void *self, const struct ox_history_event *event);
    void *self;
};

/* Clocks differ by some steps from place to place, so that stamps do not follow the order of
 * updates. */
static uint64_t physical_ns(const struct ox_history *history, unsigned at) {
    const uint64_t day = UINT64_C(86400000000000), ms = 1000000;
    return day + (history->step + 3 * (at % 3)) * ms;
}

static char *json_of(const struct ox_value *value) {
    struct ox_buf cbor = {0}, json = {0};
    ox_value_encode(value, &cbor);
    must(ox_value_json(ox_buf_bytes(&cbor), &json));
    char *text = g_strndup((const char *)json.data, json.size);
    ox_buf_free(&cbor);
    ox_buf_free(&json);
    return text;
}

/* With the stamp that the type gave it. */
static void remember_update(struct ox_history *history, const struct ox_place *place,
                            const struct ox_op *op, const struct ox_delta *delta) {
    const struct ox_type *type = history->type;
    struct ox_ref_update *update = g_new0(struct ox_ref_update, 1);
    update->replica = place->index;
    update->n = place->context.n[place->index] + 1;
    update->op = g_strdup(op->verb->name);
    update->arg = json_of(&op->arg);
    struct ox_dot dot = {place->replica, update->n};
    struct ox_stamp stamp;
    update->has_stamp = type->stamp_of != NULL && type->stamp_of(delta->store, dot, &stamp);
    if (update->has_stamp)
        update->stamp = (struct ox_obs_stamp){stamp.physical_ns, stamp.logical, stamp.replica};
    update->seen.count = history->replica_count;
    update->seen.n = g_memdup2(place->context.n, history->replica_count * sizeof(uint32_t));
    g_ptr_array_add(g_ptr_array_index(history->updates.replicas, place->index), update);
}

static struct ox_message *pending_copy(const struct ox_message *message) {
    struct ox_message *copy = g_new0(struct ox_message, 1);
    *copy = *message;
    copy->kind = OX_MESSAGE_DELTA;
    copy->parts = NULL;
    must(ox_delta_copy(&copy->delta, &message->delta));
    return copy;
}

static bool update(struct run *run, unsigned at, const struct ox_record *record,
                   const struct ox_object *before, uint64_t argument) {
    struct ox_history *history = run->history;
    struct ox_place *place = &history->places[at];
    struct ox_op op = op_of(history, place, record, argument);
    struct ox_stamp stamp = ox_hlc_tick(&place->clock, physical_ns(history, at));
    struct ox_message *made = message_new(OX_MESSAGE_DELTA, at, place);
    struct ox_history_event event = {OX_ACTION_UPDATE, .place = at, .record = record,
                                     .before = before, .op = &op};
    event.status = ox_object_apply(&place->object, &op, place->replica, &stamp, &made->delta);
    if (event.status != OX_OK) {
        message_free(made);
        return run->watch(run->self, &event);
    }
    made->needs = place->context;
    remember_update(history, place, &op, &made->delta);
    made->reaches.n[place->index] = ++place->context.n[place->index];
    g_ptr_array_add(history->pool, made);
    g_ptr_array_add(place->pending, pending_copy(made));
    event.message = made;
    return run->watch(run->self, &event);
}

/* One verb with one argument after the other: how a set becomes large, and empty again. */
static bool burst(struct run *run, unsigned at, const struct ox_record *record) {
    enum { LENGTH = 10 };
    uint64_t first = (uint64_t)record->field[FIELD_ARG];
    bool go_on = true;
    for (uint64_t i = 0; i < LENGTH && go_on; i++) {
        struct ox_object before;
        must(ox_object_copy(&before, &run->history->places[at].object));
        go_on = update(run, at, record, &before, (first + i) % ARGUMENTS);
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
    model_strip(&lacked, had);
    if (stripped) {
        ox_delta_free(&copy->delta);
        must(ox_delta_difference(&message->delta, before, &copy->delta));
        model_strip(copy, had);
    }
    place->in_a_row &= memcmp(&copy->needs, &lacked.needs, sizeof lacked.needs) == 0;
    g_ptr_array_add(place->pending, copy);
}

/* What a full state brought leaves a hole in what the place can pass on. */
static void joined(struct ox_place *place, const struct ox_message *message,
                   const struct ox_object *before, bool stripped) {
    struct ox_model_context had = place->context;
    model_raise(&place->context, &message->reaches);
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

static bool send_group(struct run *run, unsigned at, const struct ox_record *record,
                       const struct ox_object *before) {
    struct ox_place *place = &run->history->places[at];
    struct ox_history_event event = {OX_ACTION_SEND,   .place = at,     .record = record,
                                     .before = before, .status = OX_OK, .fits = true};
    if (place->pending->len == 0) {
        return true;
    }
    struct ox_message *group = message_new(OX_MESSAGE_GROUP, at, place);
    group->in_a_row = place->in_a_row;
    group->parts = place->pending;
    place->pending = messages_new();
    pending_begin(place);
    for (guint i = 0; i < group->parts->len && event.fits && event.status == OX_OK; i++) {
        const struct ox_message *part = g_ptr_array_index(group->parts, i);
        event.status = ox_delta_merge(&group->delta, &part->delta);
        event.fits = model_merge(group, part);
    }
    return sent(run, &event, group, event.status == OX_OK && !ox_delta_empty(&group->delta));
}

static bool send_state(struct run *run, unsigned at, const struct ox_record *record,
                       const struct ox_object *before) {
    struct ox_place *place = &run->history->places[at];
    struct ox_history_event event = {OX_ACTION_SEND, .place = at, .record = record,
                                     .before = before, .status = OX_OK};
    struct ox_message *state = message_new(OX_MESSAGE_STATE, at, place);
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
    struct ox_message *answer = message_new(OX_MESSAGE_ANSWER, at, place);
    answer->to = to;
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        answer->needs.n[i] = MIN(place->context.n[i], peer->context.n[i]);
        answer->reaches.n[i] = place->context.n[i] > peer->context.n[i] ? place->context.n[i] : 0;
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
    if (!go_on || pool->len == sent_before) {
        return go_on;
    }
    return take(run, at, record, before, g_ptr_array_index(pool, pool->len - 1));
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

static bool lose(struct run *run, unsigned at, const struct ox_record *record,
                 const struct ox_object *before) {
    struct ox_history *history = run->history;
    struct ox_place *place = &history->places[at];
    struct ox_history_event event = {OX_ACTION_LOSE, .place = at, .record = record,
                                     .before = before, .status = OX_OK};
    if (history->replica_count == OX_HISTORY_REPLICAS) {
        return true;
    }
    ox_object_free(&place->object);
    pending_begin(place);
    place->life++;
    place_begin(history, at);
    return run->watch(run->self, &event);
}

static bool perform(struct run *run, const struct ox_record *record, const struct ox_object *before,
                    unsigned at) {
    unsigned peer = places[record->field[FIELD_PEER]];
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
        return pull(run, at, record, before, peer, false);
    case PULL_STATE:
        return pull(run, at, record, before, peer, true);
    case BURST:
        return burst(run, at, record);
    case RESTART:
        return restart(run, at, record, before);
    case LOSE:
        return lose(run, at, record, before);
    }
    return true;
}

bool ox_history_run(struct ox_history *history, const struct ox_record *records, size_t count,
                    bool (*watch)(void *self, const struct ox_history_event *event), void *self) {
    struct run run = {history, watch, self};
    bool go_on = true;
    for (size_t i = 0; i < count && go_on; i++) {
        unsigned at = places[records[i].field[FIELD_PLACE]];
        struct ox_object before;
        must(ox_object_copy(&before, &history->places[at].object));
        history->step++;
        go_on = perform(&run, &records[i], &before, at);
        ox_object_free(&before);
    }
    return go_on;
}
