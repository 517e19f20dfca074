/* laws/reach.c - what came up in the histories of a law, so that one which met nothing is not taken
 * for one that holds. */
#include "props/laws/case.h"
#include "props/laws/draw.h"

#include <string.h>

/* ---- counting ---- */

static size_t verb_index(const struct ox_type *type, const struct ox_verb *verb) {
    size_t index = (size_t)(verb - type->verbs);
    return MIN(index, OX_REACH_VERBS - 1);
}

static size_t type_index(const struct ox_type *type) {
    size_t i = 0;
    while (ox_types[i] != NULL && ox_types[i] != type && i < OX_REACH_TYPES - 1) {
        i++;
    }
    return i;
}

static void count_update(struct ox_reach *reach, const struct ox_type *type,
                         const struct ox_history_event *event) {
    const struct ox_op *op = event->op;
    reach->statuses[event->status]++;
    if (event->status != OX_OK) {
        reach->refused++;
        return;
    }
    reach->updates++;
    reach->verbs[verb_index(type, op->verb)]++;
    reach->runs += event->taken > 1;
    reach->resets += op->verb->arg == OX_ARG_PATH;
    reach->depths[MIN(op->depth, OX_REACH_DEPTH - 1)]++;
    if (op->verb->arg == OX_ARG_INNER) {
        reach->inner[type_index(op->inner)][verb_index(op->inner, op->op->verb)]++;
    }
}

static void count_collection(struct ox_law_case *c, const struct ox_history_event *event) {
    c->reach->stable += ox_object_collected(&c->history.places[event->place].object)->count > 0;
    size_t before = ox_law_fresh_bytes(event->before);
    size_t after = ox_law_fresh_bytes(&c->history.places[event->place].object);
    c->reach->collections += after < before;
    c->reach->collected_bytes += after < before ? before - after : 0;
}

void ox_reach_step(struct ox_law_case *c, const struct ox_history_event *event) {
    struct ox_reach *reach = c->reach;
    const struct ox_message *message = event->message;
    switch (event->action) {
    case OX_ACTION_UPDATE:
        count_update(reach, c->type, event);
        break;
    case OX_ACTION_TAKE:
        reach->joins += event->status == OX_OK && event->news->count > 0;
        reach->duplicates += event->status == OX_OK && event->news->count == 0;
        reach->gaps += event->status == OX_GAP;
        break;
    case OX_ACTION_SEND:
        reach->groups +=
            message->kind == OX_MESSAGE_GROUP && event->status == OX_OK && message->parts->len > 1;
        reach->answers += message->kind == OX_MESSAGE_ANSWER && !ox_delta_empty(&message->delta);
        break;
    case OX_ACTION_RESTART:
        reach->restarts++;
        break;
    case OX_ACTION_LOSE:
        reach->losses++;
        break;
    case OX_ACTION_COLLECT:
        count_collection(c, event);
        break;
    }
}

static void count_pairs(struct ox_law_case *c) {
    const struct ox_place *places = c->history.places;
    for (unsigned i = 0; i < OX_HISTORY_PLACES; i++) {
        for (unsigned j = i + 1; j < OX_HISTORY_PLACES; j++) {
            c->reach->concurrent_pairs += ox_vv_compare(&places[i].object.context,
                                                        &places[j].object.context) == OX_CONCURRENT;
        }
    }
}

static bool is_under(char *const *path, char *const *removed) {
    for (; *removed != NULL; path++, removed++) {
        if (*path == NULL || strcmp(*path, *removed) != 0) {
            return false;
        }
    }
    return true;
}

/* Updates of `r` that raced with this removal. */
static uint64_t races_with(const struct ox_history *history, const struct ox_ref_update *removal,
                           uint32_t r) {
    const GPtrArray *updates = g_ptr_array_index(history->updates.replicas, r);
    uint64_t races = 0;
    for (guint i = 0; i < updates->len; i++) {
        const struct ox_ref_update *update = g_ptr_array_index(updates, i);
        races += update->inner_type != NULL && !ox_ref_before(update, removal) &&
                 !ox_ref_before(removal, update) && is_under(update->path, removal->path);
    }
    return races;
}

static void count_races(struct ox_law_case *c) {
    const GPtrArray *replicas = c->history.updates.replicas;
    for (guint a = 0; a < replicas->len; a++) {
        const GPtrArray *updates = g_ptr_array_index(replicas, a);
        for (guint i = 0; i < updates->len; i++) {
            const struct ox_ref_update *update = g_ptr_array_index(updates, i);
            bool removes = update->path != NULL && update->inner_type == NULL;
            for (uint32_t b = 0; b < replicas->len && removes; b++) {
                c->reach->reset_races += races_with(&c->history, update, b);
            }
        }
    }
}

/* Replicas that hold something in the end. */
static void count_crowd(struct ox_law_case *c) {
    size_t crowd = 0;
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        crowd += c->history.places[at].object.context.count > 0;
    }
    c->reach->crowds[crowd]++;
}

void ox_reach_end(struct ox_law_case *c) {
    count_pairs(c);
    count_crowd(c);
    count_races(c);
}

/* ---- what is lacking ---- */

/* The statuses that updates of the built-in types must have met besides OK; of other types nothing
 * is known. */
static const struct {
    const char *type;
    enum ox_status statuses[3]; /* OX_OK ends them */
} refusals[] = {
    {"g-counter", {OX_INVALID, OX_OVERFLOW}},
    {"pn-counter", {OX_INVALID, OX_OVERFLOW}},
    {"g-set", {OX_NOOP, OX_INVALID}},
    {"2p-set", {OX_NOOP, OX_INVALID}},
    {"or-set", {OX_NOOP, OX_INVALID}},
    {"lww-register", {OX_INVALID}},
    {"mv-register", {OX_INVALID}},
    {"rga", {OX_NOOP, OX_INVALID, OX_NO_SUCH}},
    {"or-map", {OX_NOOP}},
};

static char *lacks_refusal(const struct ox_reach *reach, const struct ox_type *type) {
    for (size_t i = 0; type != NULL && i < G_N_ELEMENTS(refusals); i++) {
        for (size_t s = 0; s < 3 && strcmp(refusals[i].type, type->name) == 0; s++) {
            enum ox_status status = refusals[i].statuses[s];
            if (status != OX_OK && reach->statuses[status] == 0) {
                return g_strdup_printf("an update of a %s that is answered %s", type->name,
                                       ox_status_name(status));
            }
        }
    }
    return NULL;
}

static char *lacks_verb(const struct ox_type *type, const uint64_t *verbs, const char *where) {
    for (size_t v = 0; v < MIN(type->verb_count, OX_REACH_VERBS); v++) {
        if (verbs[v] == 0) {
            return g_strdup_printf("the operation \"%s\" of a %s%s", type->verbs[v].name,
                                   type->name, where);
        }
    }
    return NULL;
}

static char *lacks_any(const struct ox_type *type, const uint64_t *verbs) {
    uint64_t any = 0;
    for (size_t v = 0; v < OX_REACH_VERBS; v++) {
        any += verbs[v];
    }
    return any == 0 ? g_strdup_printf("an update of a %s in a map", type->name) : NULL;
}

/* Of one type inside, every verb; of all of them, some verb of each: there the places are many, and
 * what was added in one is seldom removed. */
static char *lacks_in_map(const struct ox_reach *reach, const struct ox_type *type,
                          const struct ox_type *inner) {
    bool all = inner == NULL || inner == type;
    char *lacks = NULL;
    for (size_t i = 0; ox_types[i] != NULL && i < OX_REACH_TYPES && lacks == NULL; i++) {
        bool in_map = ox_verb_of_kind(ox_types[i], OX_ARG_INNER) == NULL;
        lacks = all && in_map                  ? lacks_any(ox_types[i], reach->inner[i])
                : !all && ox_types[i] == inner ? lacks_verb(inner, reach->inner[i], " in a map")
                                               : NULL;
    }
    if (lacks != NULL) {
        return lacks;
    }
    for (size_t depth = inner == type ? 2 : 1; depth < OX_REACH_DEPTH; depth++) {
        if (reach->depths[depth] == 0) {
            return g_strdup_printf("an update %zu maps deep", depth);
        }
    }
    return reach->resets == 0        ? g_strdup("a removal in a map that cancels something")
           : reach->reset_races == 0 ? g_strdup("an update concurrent with a removal of its key")
                                     : lacks_refusal(reach, all ? NULL : inner);
}

/* Where members are counted, a large crowd hardly ever agrees on anything: there one that grows by
 * a member is enough. */
static const char *lacks_event(const struct ox_reach *reach, const struct ox_type *type,
                               bool collects) {
    bool has_runs = ox_verb_of_kind(type, OX_ARG_TEXT) != NULL;
    uint64_t few = reach->crowds[2] + reach->crowds[3], many = reach->crowds[7] + reach->crowds[8];
    uint64_t grown = many + reach->crowds[4] + reach->crowds[5] + reach->crowds[6];
    return reach->updates == 0            ? "an update"
           : reach->joins == 0            ? "a message that brings news"
           : reach->gaps == 0             ? "a delta that meets a gap"
           : reach->duplicates == 0       ? "a message taken again"
           : reach->concurrent_pairs == 0 ? "a pair of concurrent states"
           : reach->groups == 0           ? "a group of two deltas"
           : reach->answers == 0          ? "an answer that brings something"
           : reach->restarts == 0         ? "a restart"
           : reach->losses == 0           ? "a replica that lost its state"
           : few == 0                     ? "a history of two or three replicas"
           : grown == 0                   ? "a history that a fourth replica joins"
           : many == 0 && !collects       ? "a history of seven or eight replicas"
           : reach->runs == 0 && has_runs ? "an update that takes several dots"
                                          : NULL;
}

char *ox_reach_lacks(const struct ox_law_run *run) {
    const struct ox_reach *reach = &run->reach;
    const struct ox_type *type = run->type;
    char *lacks = g_strdup(lacks_event(reach, type, run->law->collects));
    if (lacks == NULL) {
        lacks = lacks_verb(type, reach->verbs, "");
    }
    if (lacks == NULL) {
        lacks = lacks_refusal(reach, type);
    }
    if (lacks == NULL && ox_verb_of_kind(type, OX_ARG_INNER) != NULL) {
        lacks = lacks_in_map(reach, type, run->inner);
    }
    return lacks;
}

/* ---- operations ---- */

const char *const ox_reach_operation_words[] = {
#define X(name, words) words,
    OX_REACH_OPERATIONS(X)
#undef X
};

/* ---- printing ---- */

static void put_count(GString *out, const char *separator, const char *what, uint64_t count) {
    if (count > 0) {
        g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT, separator, what, count);
    }
}

static void put_verbs(GString *out, const struct ox_type *type, const uint64_t *verbs) {
    for (size_t v = 0; v < MIN(type->verb_count, OX_REACH_VERBS); v++) {
        g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT, v == 0 ? "" : ", ",
                               type->verbs[v].name, verbs[v]);
    }
}

static void put_inner(GString *out, const struct ox_reach *reach) {
    const char *separator = "\n      inside: ";
    for (size_t i = 0; ox_types[i] != NULL && i < OX_REACH_TYPES; i++) {
        uint64_t any = 0;
        for (size_t v = 0; v < OX_REACH_VERBS; v++) {
            any += reach->inner[i][v];
        }
        if (any > 0) {
            g_string_append_printf(out, "%s%s (", separator, ox_types[i]->name);
            put_verbs(out, ox_types[i], reach->inner[i]);
            g_string_append_c(out, ')');
            separator = ", ";
        }
    }
    g_string_append_printf(
        out, "; depths 1: %" G_GUINT64_FORMAT ", 2: %" G_GUINT64_FORMAT ", 3: %" G_GUINT64_FORMAT,
        reach->depths[1], reach->depths[2], reach->depths[3]);
}

void ox_reach_print(const struct ox_reach *reach, const struct ox_type *type, GString *out) {
    g_string_append_printf(out, "%" G_GUINT64_FORMAT " updates (", reach->updates);
    put_verbs(out, type, reach->verbs);
    g_string_append_printf(out, "), %" G_GUINT64_FORMAT " refused", reach->refused);
    for (int s = 0; s < OX_STATUS_COUNT; s++) {
        const char *name = ox_status_name((enum ox_status)s);
        put_count(out, ", ", name, s == OX_OK ? 0 : reach->statuses[s]);
    }
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {{"runs", reach->runs},
                  {"resets", reach->resets},
                  {"updates racing a reset", reach->reset_races},
                  {"joins", reach->joins},
                  {"gaps", reach->gaps},
                  {"duplicates", reach->duplicates},
                  {"concurrent states", reach->concurrent_pairs},
                  {"groups", reach->groups},
                  {"answers", reach->answers},
                  {"restarts", reach->restarts},
                  {"lost states", reach->losses},
                  {"histories of two or three replicas", reach->crowds[2] + reach->crowds[3]},
                  {"of seven or eight", reach->crowds[7] + reach->crowds[8]},
                  {"collections", reach->stable},
                  {"that dropped something", reach->collections},
                  {"bytes collected", reach->collected_bytes}};
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
        put_count(out, "; ", counts[i].name, counts[i].count);
    }
    for (int i = 0; i < OX_REACH_OPERATION_COUNT; i++) {
        put_count(out, "; ", ox_reach_operation_words[i], reach->operations[i]);
    }
    if (ox_verb_of_kind(type, OX_ARG_INNER) != NULL) {
        put_inner(out, reach);
    }
}
