/* laws/story.c - the steps of a history as a reader follows them. */
#include "props/laws/case.h"
#include "props/laws/draw.h"

#include "protocols/node.h"

/* ---- small things ---- */

void ox_law_put_replica(GString *out, ox_replica replica) {
    g_string_append_c(out, (char)('A' + ox_replica_node(replica) % 26));
    if (replica >> OX_INCARNATION_SHIFT != 0) {
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, (replica >> OX_INCARNATION_SHIFT) + 1);
    }
}

static void put_dot(GString *out, ox_replica replica, uint64_t n) {
    ox_law_put_replica(out, replica);
    g_string_append_printf(out, ":%" G_GUINT64_FORMAT, n);
}

void ox_law_put_context(GString *out, const struct ox_vv *vv) {
    g_string_append_c(out, '{');
    for (uint32_t i = 0; i < vv->count; i++) {
        g_string_append(out, i == 0 ? "" : ", ");
        put_dot(out, vv->entries[i].replica, vv->entries[i].n);
    }
    g_string_append_c(out, '}');
}

void ox_law_put_dots(GString *out, const struct ox_dots *dots) {
    for (uint32_t i = 0; i < dots->count; i++) {
        const struct ox_span *span = &dots->spans[i];
        g_string_append(out, i == 0 ? "" : ", ");
        put_dot(out, span->replica, span->first);
        if (span->last > span->first) {
            g_string_append_printf(out, "..%" G_GUINT64_FORMAT, span->last);
        }
    }
    if (dots->count == 0) {
        g_string_append(out, "nothing");
    }
}

void ox_law_put_value(GString *out, const struct ox_object *object) {
    struct ox_buf json = {0};
    if (ox_object_value(object, &json) == OX_OK) {
        g_string_append_len(out, (const char *)json.data, (gssize)json.size);
    }
    ox_buf_free(&json);
}

static void put_place(GString *out, const struct ox_law_case *c, unsigned at) {
    ox_law_put_replica(out, c->history.places[at].replica);
}

static void put_delta(GString *out, const struct ox_delta *delta) {
    ox_law_put_dots(out, &delta->brings);
    if (delta->kills.count > 0) {
        g_string_append(out, ", which kills ");
        ox_law_put_dots(out, &delta->kills);
    }
    if (delta->since.count > 0) {
        g_string_append(out, ", since ");
        ox_law_put_context(out, &delta->since);
    }
}

/* "the delta A:1, since {B:1}" */
static void put_message(GString *out, const struct ox_law_case *c,
                        const struct ox_message *message) {
    switch (message->kind) {
    case OX_MESSAGE_DELTA:
        g_string_append(out, "the delta ");
        put_delta(out, &message->delta);
        return;
    case OX_MESSAGE_GROUP:
        g_string_append(out, "the group ");
        put_delta(out, &message->delta);
        return;
    case OX_MESSAGE_ANSWER:
        g_string_append(out, "the answer to ");
        put_place(out, c, message->to);
        g_string_append(out, "'s context, ");
        put_delta(out, &message->delta);
        return;
    case OX_MESSAGE_STATE:
        g_string_append(out, "the state ");
        ox_law_put_context(out, &message->state.context);
        g_string_append_c(out, ' ');
        ox_law_put_value(out, &message->state);
        return;
    }
}

/* ---- steps ---- */

/* "after A:4", "at B:2", "at the start" */
static void put_element(GString *out, const struct ox_op *op) {
    bool inserts = op->verb->arg == OX_ARG_AFTER || op->verb->arg == OX_ARG_TEXT;
    if (inserts && op->at.n == 0) {
        g_string_append(out, " at the start");
        return;
    }
    g_string_append(out, inserts ? " after " : op->verb->arg == OX_ARG_RANGE ? " from " : " ");
    put_dot(out, op->at.replica, op->at.n);
}

static void put_argument(GString *out, const struct ox_op *op) {
    char *json = ox_draw_value_json(&op->arg);
    if (op->verb->arg != OX_ARG_AT) {
        g_string_append_printf(out, " %s", json != NULL ? json : "(what is no value)");
    }
    if (ox_verb_names_element(op->verb)) {
        put_element(out, op);
    }
    g_free(json);
}

/* "add "a"", "update ["k","m"], rga: write "hi" after A:4", "remove ["k"]" */
static void put_op(GString *out, const struct ox_op *op) {
    g_string_append(out, op->verb->name);
    if (op->verb->arg != OX_ARG_PATH && op->verb->arg != OX_ARG_INNER) {
        put_argument(out, op);
        return;
    }
    char **path = ox_draw_path_json(op), *keys = g_strjoinv(",", path);
    g_string_append_printf(out, " [%s]", keys);
    g_free(keys);
    g_strfreev(path);
    if (op->verb->arg == OX_ARG_INNER) {
        g_string_append_printf(out, ", %s: ", op->inner->name);
        put_op(out, op->op);
    }
}

static void put_refusal(GString *out, enum ox_status status) {
    g_string_append_printf(out, "  ->  %s, nothing changes", ox_status_name(status));
}

static void put_outcome(GString *out, const struct ox_law_case *c,
                        const struct ox_history_event *event) {
    const struct ox_object *object = &c->history.places[event->place].object;
    if (event->status != OX_OK) {
        put_refusal(out, event->status);
        return;
    }
    if (event->action == OX_ACTION_UPDATE) {
        g_string_append(out, "  ->  ");
        put_delta(out, &event->message->delta);
    }
    g_string_append(out, "; it is ");
    ox_law_put_context(out, &object->context);
    g_string_append_c(out, ' ');
    ox_law_put_value(out, object);
}

void ox_law_tell_step(struct ox_law_case *c, const struct ox_history_event *event) {
    GString *out = c->story;
    g_string_append_printf(out, "%4" G_GUINT64_FORMAT ". ", c->history.step);
    put_place(out, c, event->place);
    switch (event->action) {
    case OX_ACTION_UPDATE:
        g_string_append(out, ": ");
        put_op(out, event->op);
        put_outcome(out, c, event);
        break;
    case OX_ACTION_TAKE:
        g_string_append(out, " takes ");
        put_message(out, c, event->message);
        put_outcome(out, c, event);
        break;
    case OX_ACTION_SEND:
        g_string_append(out, " sends ");
        if (event->status == OX_OK) {
            put_message(out, c, event->message);
        } else {
            put_refusal(out, event->status);
        }
        break;
    case OX_ACTION_RESTART:
        g_string_append(out, " restarts from its disk");
        put_outcome(out, c, event);
        break;
    case OX_ACTION_LOSE:
        g_string_append(out, " starts here, empty, where another lost its state");
        break;
    case OX_ACTION_COLLECT:
        g_string_append(out, " collects up to ");
        ox_law_put_context(out, &c->history.places[event->place].stability.stable);
        put_outcome(out, c, event);
        break;
    }
    g_string_append_c(out, '\n');
}
