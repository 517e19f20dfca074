/* laws/replay.c - one history performed in other ways, which must read the same.
 *
 *     operations   only the deltas of the updates, in a causal order (operations.c: only what is
 *                  smaller than these)
 *     replicas     the same replicas under other numbers; the same updates, one after the other, at
 *                  one replica, at three or at eight
 *     collect      the same history, in which nothing is ever collected
 *
 * Baquero, Almeida, Shoker, "Pure operation-based replicated data types", 2017: a state is a fold
 * over the causally ordered log of operations.
 */
#include "props/laws/case.h"

#include <string.h>

/* ---- reads of another history ---- */

char *ox_law_read_at(const struct ox_history *history, const struct ox_history_event *event) {
    struct ox_buf json = {0};
    enum ox_status status = ox_object_value(&history->places[event->place].object, &json);
    char *text =
        g_strdup_printf("%s %.*s", ox_status_name(status == OX_OK ? event->status : status),
                        (int)json.size, (const char *)json.data);
    ox_buf_free(&json);
    return text;
}

struct replay {
    const struct ox_history *history;
    GPtrArray *reads;
};

static bool keep_read(void *self, const struct ox_history_event *event) {
    struct replay *replay = self;
    g_ptr_array_add(replay->reads, ox_law_read_at(replay->history, event));
    return true;
}

GPtrArray *ox_law_replay(struct ox_law_case *c, const struct ox_history_options *options) {
    struct ox_history history;
    struct replay replay = {&history, g_ptr_array_new_with_free_func(g_free)};
    ox_history_init(&history, c->type, options);
    ox_history_run(&history, c->records, c->record_count, keep_read, &replay);
    ox_history_clear(&history);
    return replay.reads;
}

bool ox_law_read(struct ox_law_case *c, const struct ox_history_event *event) {
    g_ptr_array_add(c->reads, ox_law_read_at(&c->history, event));
    return true;
}

/* `what` says how the other history differs. */
static bool same_reads(struct ox_law_case *c, const char *what, const GPtrArray *one,
                       const GPtrArray *other) {
    for (guint i = 0; i < MIN(one->len, other->len); i++) {
        const char *a = g_ptr_array_index(one, i), *b = g_ptr_array_index(other, i);
        if (strcmp(a, b) != 0) {
            return ox_law_fail(c, "%s: step %u gives %s, and gave %s", what, i + 1, b, a);
        }
    }
    return one->len == other->len ||
           ox_law_fail(c, "%s: the history has %u steps, not %u", what, other->len, one->len);
}

static bool reads_as(struct ox_law_case *c, const char *what, const GPtrArray *reads,
                     const struct ox_history_options *options) {
    GPtrArray *other = ox_law_replay(c, options);
    bool holds = same_reads(c, what, reads, other);
    g_ptr_array_unref(other);
    return holds;
}

/* ---- replicas ---- */

bool ox_law_replicas(struct ox_law_case *c) {
    struct ox_history_options options = {.inner = c->inner, .renamed = true};
    if (!reads_as(c, "replicas under other numbers", c->reads, &options)) {
        return false;
    }
    options = (struct ox_history_options){.inner = c->inner, .spread = 1};
    GPtrArray *alone = ox_law_replay(c, &options);
    c->reach->spread_updates += alone->len;
    options.spread = 3;
    bool holds = reads_as(c, "at three replicas instead of one", alone, &options);
    options.spread = OX_HISTORY_PLACES;
    holds = holds && reads_as(c, "at eight replicas instead of one", alone, &options);
    g_ptr_array_unref(alone);
    return holds;
}

/* ---- operations ---- */

/* Joins every update's delta that the place has seen, the eldest that can be joined first, or the
 * youngest; OX_GAP when the rest cannot. */
static enum ox_status replay_updates(struct ox_law_case *c, const struct ox_place *place,
                                     bool youngest_first, struct ox_object *out) {
    const GPtrArray *pool = c->history.pool;
    enum ox_status status = ox_object_init(out, c->type);
    bool moved = true;
    while (moved && status == OX_OK && !ox_vv_equal(&out->context, &place->object.context)) {
        moved = false;
        for (guint i = 0; i < pool->len && status == OX_OK; i++) {
            const struct ox_message *m =
                g_ptr_array_index(pool, youngest_first ? pool->len - 1 - i : i);
            if (m->kind == OX_MESSAGE_DELTA && ox_model_covers(&place->context, &m->reaches) &&
                ox_delta_covered(&m->delta, &out->context) &&
                !ox_delta_redundant(&m->delta, &out->context)) {
                status = ox_object_join_delta(out, &m->delta, NULL);
                moved = true;
            }
        }
    }
    return status == OX_OK && !moved ? OX_GAP : status;
}

static bool operations_make(struct ox_law_case *c, const struct ox_place *place,
                            bool youngest_first) {
    struct ox_object replayed;
    enum ox_status status = replay_updates(c, place, youngest_first, &replayed);
    bool holds = status == OX_OK
                     ? ox_law_same(c, "updates alone do not make the state", "by its updates",
                                   &replayed, "the state", &place->object)
                     : ox_law_status(c, "joining the updates of a state alone", status);
    ox_object_free(&replayed);
    return holds;
}

bool ox_law_operations(struct ox_law_case *c) {
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        const struct ox_place *place = &c->history.places[at];
        c->reach->replays += place->object.context.count > 1;
        if (!operations_make(c, place, false) || !operations_make(c, place, true)) {
            return false;
        }
    }
    return ox_law_heard(c);
}

/* ---- collect ---- */

static size_t encoded_size(struct ox_law_case *c, const struct ox_object *object) {
    ox_buf_clear(&c->bytes[0]);
    c->type->encode(object->store, &c->bytes[0]);
    return c->bytes[0].size;
}

/* A delta may be refused, besides as ever, by who has not seen all that is collected where it comes
 * from, unless it tells everything; a group, where its deltas are collected to different vectors.
 */
static bool messages_pass(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    bool is_group = event->action == OX_ACTION_SEND && message->kind == OX_MESSAGE_GROUP;
    if (is_group && event->status != (event->fits ? OX_OK : OX_GAP)) {
        return ox_law_status(c, "merging deltas beside collecting", event->status);
    }
    if (event->action != OX_ACTION_TAKE || event->status == OX_OK) {
        return true;
    }
    static const struct ox_model_context nothing;
    bool whole = memcmp(&message->needs, &nothing, sizeof nothing) == 0;
    bool told = message->kind == OX_MESSAGE_STATE || whole ||
                ox_vv_covers(&event->before->context, &message->delta.collected);
    return (event->status == OX_GAP && !(event->fits && told)) ||
           ox_law_status(c, "a join of differently collected sides", event->status);
}

/* What is told to who has not seen all that is collected at the sender. */
static bool tells_all(const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    return event->action == OX_ACTION_SEND && message != NULL &&
           message->kind == OX_MESSAGE_ANSWER && message->delta.collected.count > 0 &&
           ox_delta_whole(&message->delta);
}

bool ox_law_collect(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_object *after = &c->history.places[event->place].object;
    ox_law_read(c, event);
    if (!ox_law_valid(c, event) || (tells_all(event) && !ox_law_difference(c, event))) {
        return false;
    }
    if (event->action != OX_ACTION_COLLECT) {
        return messages_pass(c, event) && ox_law_changed(c, event);
    }
    if (event->status != OX_OK) {
        return ox_law_status(c, "collecting what is stable", event->status);
    }
    size_t heap = ox_law_fresh_bytes(after), heap_before = ox_law_fresh_bytes(event->before);
    size_t wire = encoded_size(c, after), wire_before = encoded_size(c, event->before);
    if (heap > heap_before || wire > wire_before) {
        return ox_law_fail(
            c, "collecting made the store grow: from %zu to %zu bytes, encoded %zu to %zu",
            heap_before, heap, wire_before, wire);
    }
    char *then = NULL, *now = ox_law_read_at(&c->history, event);
    struct ox_buf json = {0};
    if (ox_object_value(event->before, &json) == OX_OK) {
        then = g_strdup_printf("OK %.*s", (int)json.size, (const char *)json.data);
    }
    bool holds =
        g_strcmp0(then, now) == 0 ||
        ox_law_differ(c, "collecting changed the read", "before", event->before, "after", after);
    ox_buf_free(&json);
    g_free(then);
    g_free(now);
    return holds;
}

/* Everything that any place has, joined at this one first. */
static bool join_all(struct ox_law_case *c, const struct ox_place *places, unsigned first,
                     struct ox_object *out) {
    if (ox_object_copy(out, &places[first].object) != OX_OK) {
        return ox_law_fail(c, "no memory for a copy");
    }
    for (unsigned i = 1; i < OX_HISTORY_PLACES; i++) {
        unsigned at = (first + i) % OX_HISTORY_PLACES;
        enum ox_status status = ox_object_join(out, &places[at].object, NULL);
        if (status != OX_OK) {
            ox_object_free(out);
            return ox_law_status(c, "a join of differently collected objects", status);
        }
    }
    return true;
}

static bool keep_on(void *self, const struct ox_history_event *event) {
    (void)self;
    (void)event;
    return true;
}

/* All places' states joined in different orders, and what a history without collecting has, once
 * that is collected as far, are one. */
static bool ends_are_one(struct ox_law_case *c, const struct ox_history *kept) {
    struct ox_object whole, other;
    bool holds = true;
    if (!join_all(c, kept->places, 0, &whole)) {
        return false;
    }
    for (unsigned first = 0; first < OX_HISTORY_PLACES && holds; first++) {
        holds = join_all(c, c->history.places, first, &other);
        if (holds && first == 0) {
            whole.type = c->type; /* all its residue is there: now it may go */
            if (whole.rare != NULL)
                ox_vv_clear(&whole.rare->collected);
            enum ox_status status = ox_object_collect(&whole, ox_object_collected(&other));
            holds = status == OX_OK || ox_law_status(c, "collecting late", status);
        }
        if (holds) {
            holds = ox_law_same(c, "collected as far, yet different", "collected late", &whole,
                                "collected early", &other);
            ox_object_free(&other);
        }
    }
    ox_object_free(&whole);
    return holds;
}

bool ox_law_collected(struct ox_law_case *c) {
    struct ox_history_options options = {.inner = c->inner, .stability = true};
    struct ox_history kept;
    if (!reads_as(c, "without collecting", c->reads, &options) || !ox_law_pairs_changed(c)) {
        return false;
    }
    ox_history_init(&kept, c->type, &options);
    ox_history_run(&kept, c->records, c->record_count, keep_on, NULL);
    bool holds = ends_are_one(c, &kept);
    ox_history_clear(&kept);
    return holds;
}
