/* laws/delta.c - deltas: what they carry, when they may be joined, and how they are cut and put
 * together.
 *
 * Almeida, Shoker, Baquero, "Delta state replicated data types", JPDC 2018; Enes, Almeida, Baquero,
 * Leitao, "Efficient synchronization of state-based CRDTs", ICDE 2019 (difference, decomposition).
 */
#include "props/laws/case.h"

/* The object at a place, as it is after the step. */
static const struct ox_object *object_at(const struct ox_law_case *c, unsigned at) {
    return &c->history.places[at].object;
}

/* ---- delta: new = old join delta ---- */

static bool brings_own_dots(const struct ox_delta *delta, ox_replica replica, uint64_t first,
                            uint64_t last) {
    return delta->brings.count == 1 && delta->brings.spans[0].replica == replica &&
           delta->brings.spans[0].first == first && delta->brings.spans[0].last == last;
}

/* Callers keep their deltas: what one held before must not show. */
static bool used_delta_is_as_good(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_place *place = &c->history.places[event->place];
    struct ox_object again;
    struct ox_delta used = {0};
    enum ox_status status = ox_object_copy(&again, event->before);
    if (status == OX_OK) {
        status = ox_delta_copy(&used, &event->message->delta);
    }
    if (status == OX_OK) {
        status = ox_object_apply(&again, event->op, place->replica, event->stamp, &used);
    }
    bool holds = status == OX_OK && ox_law_same_delta(c, &used, &event->message->delta);
    ox_delta_free(&used);
    ox_object_free(&again);
    return holds || ox_law_fail(c, "an update into a delta that was used before gives another (%s)",
                                ox_status_name(status));
}

bool ox_law_delta(struct ox_law_case *c, const struct ox_history_event *event) {
    if (event->action != OX_ACTION_UPDATE || event->status != OX_OK) {
        return true;
    }
    const struct ox_place *place = &c->history.places[event->place];
    const struct ox_delta *delta = &event->message->delta;
    uint64_t had = ox_vv_get(&event->before->context, place->replica);
    uint64_t has = ox_vv_get(&place->object.context, place->replica);
    if (has <= had || !brings_own_dots(delta, place->replica, had + 1, has)) {
        return ox_law_fail(c, "the delta of an update does not bring exactly its own dots");
    }
    if (!ox_vv_covers(&event->before->context, &delta->since)) {
        return ox_law_fail(c, "the delta of an update needs more than its replica had");
    }
    struct ox_object joined;
    if (!ox_law_join_delta(c, event->before, delta, &joined)) {
        return false;
    }
    bool holds = ox_law_same(c, "old join delta is not new", "old join delta", &joined, "new",
                             &place->object);
    ox_object_free(&joined);
    return holds && used_delta_is_as_good(c, event);
}

/* ---- gap ---- */

/* The model knows from the history who can take what; the join and ox_delta_covered must agree. */
bool ox_law_gap(struct ox_law_case *c, const struct ox_history_event *event) {
    if (event->action != OX_ACTION_TAKE || event->message->kind == OX_MESSAGE_STATE) {
        return true;
    }
    const struct ox_place *place = &c->history.places[event->place];
    if (ox_delta_covered(&event->message->delta, &event->before->context) != event->fits) {
        return ox_law_fail(c, "ox_delta_covered says %s of a delta whose needs are %scovered",
                           event->fits ? "no" : "yes", event->fits ? "" : "not ");
    }
    if (event->fits && event->status != OX_OK) {
        return ox_law_status(c, "a delta was refused though all that it needs was there",
                             event->status);
    }
    if (event->fits) {
        return ox_model_closed(&c->history, &place->context) ||
               ox_law_fail(c, "after a join the context is not causally closed");
    }
    if (event->status != OX_GAP) {
        return ox_law_fail(c, "a delta was joined over a gap (%s instead of GAP)",
                           ox_status_name(event->status));
    }
    return ox_law_same(c, "a delta refused with GAP changed something", "before", event->before,
                       "after", &place->object);
}

/* ---- since ---- */

/* None of the dots that the delta shows is one that the receiver has. A context that lacks a dot
 * lacks all after it, so the first of a span speaks for the span. */
static bool carries_only_news(struct ox_law_case *c, const struct ox_delta *delta,
                              const struct ox_vv *context, const char *what) {
    struct ox_dots alive = {0};
    bool holds = true;
    if (delta->type == NULL) {
        return true;
    }
    if (delta->type->alive(delta->store, &alive) != OX_OK) {
        return ox_law_fail(c, "%s: its entries cannot be listed", what);
    }
    for (uint32_t i = 0; i < alive.count && holds; i++) {
        struct ox_dot first = {alive.spans[i].replica, alive.spans[i].first};
        holds = !ox_vv_has(context, first);
    }
    for (uint32_t i = 0; i < delta->brings.count && holds; i++) {
        struct ox_dot first = {delta->brings.spans[i].replica, delta->brings.spans[i].first};
        holds = !ox_vv_has(context, first);
    }
    ox_dots_free(&alive);
    return holds || ox_law_fail(c, "%s carries a dot that the receiver has", what);
}

/* Who has nothing that the sender lacks ends as the sender is. */
static bool answer_brings_all(struct ox_law_case *c, const struct ox_object *receiver,
                              const struct ox_object *whole, const struct ox_delta *answer) {
    struct ox_object by_answer, by_whole;
    if (!ox_law_join_delta(c, receiver, answer, &by_answer)) {
        return false;
    }
    bool holds = ox_law_join(c, receiver, whole, &by_whole);
    if (holds) {
        holds = ox_law_same(c, "joining delta_since is not joining the whole", "by delta_since",
                            &by_answer, "by the whole", &by_whole);
        ox_object_free(&by_whole);
    }
    if (holds && ox_vv_covers(&whole->context, &receiver->context)) {
        holds = ox_law_same(c, "delta_since does not bring all", "by delta_since", &by_answer,
                            "the whole", whole);
    }
    ox_object_free(&by_answer);
    return holds;
}

bool ox_law_since(struct ox_law_case *c, const struct ox_history_event *event) {
    if (event->action != OX_ACTION_SEND || event->message == NULL ||
        event->message->kind != OX_MESSAGE_ANSWER) {
        return true;
    }
    if (event->status != OX_OK) {
        return ox_law_status(c, "delta_since failed", event->status);
    }
    const struct ox_object *receiver = object_at(c, event->message->to);
    const struct ox_delta *answer = &event->message->delta;
    bool nothing_new = ox_vv_covers(&receiver->context, &event->before->context);
    if (nothing_new != ox_delta_empty(answer)) {
        return ox_law_fail(c, nothing_new ? "delta_since brings something to who has it all"
                                          : "delta_since brings nothing to who lacks something");
    }
    return carries_only_news(c, answer, &receiver->context, "delta_since") &&
           answer_brings_all(c, receiver, event->before, answer);
}

/* ---- group ---- */

/* `out` = o join the parts, in the first order in which they can be joined; OX_GAP when there is
 * none. */
static enum ox_status join_parts(const struct ox_object *o, const GPtrArray *parts,
                                 struct ox_object *out) {
    enum ox_status status = ox_object_copy(out, o);
    for (guint round = 0; round < parts->len && (round == 0 || status == OX_GAP); round++) {
        status = OX_OK;
        for (guint i = 0; i < parts->len; i++) {
            const struct ox_message *part = g_ptr_array_index(parts, i);
            enum ox_status joined = ox_object_join_delta(out, &part->delta, NULL);
            status = joined != OX_OK ? joined : status;
        }
    }
    return status;
}

/* A group may be joined where its deltas cannot: they may need each other. Where they can, so can
 * it, if they are all that its place joined: else one of them may need an update that came by
 * another way, and what the group brings below that is left out of it. */
static bool group_is_its_parts(struct ox_law_case *c, const struct ox_message *group, unsigned at) {
    const struct ox_place *place = &c->history.places[at];
    struct ox_object by_group, by_parts;
    enum ox_status whole = ox_object_copy(&by_group, &place->object);
    if (whole == OX_OK) {
        whole = ox_object_join_delta(&by_group, &group->delta, NULL);
    }
    enum ox_status parts = join_parts(&place->object, group->parts, &by_parts);
    bool fits = ox_model_covers(&place->context, &group->needs), holds = true;
    if (whole != (fits ? OX_OK : OX_GAP) || (parts == OX_OK && !fits && group->in_a_row)) {
        holds = ox_law_fail(
            c, "joining a group gives %s, joining its deltas %s, and its needs are %scovered",
            ox_status_name(whole), ox_status_name(parts), fits ? "" : "not ");
    } else if (parts == OX_OK && fits) {
        holds = ox_law_same(c, "joining a group is not joining its deltas", "by the group",
                            &by_group, "by its deltas", &by_parts);
    }
    ox_object_free(&by_group);
    ox_object_free(&by_parts);
    return holds;
}

/* Merges parts first..last-1 into `out`, which is empty. */
static enum ox_status merge_parts(const GPtrArray *parts, guint first, guint last,
                                  struct ox_delta *out) {
    enum ox_status status = OX_OK;
    for (guint i = first; i < last && status == OX_OK; i++) {
        const struct ox_message *part = g_ptr_array_index(parts, i);
        status = ox_delta_merge(out, &part->delta);
    }
    return status;
}

/* Merging is associative: two halves of what a place joined make the same group. */
static bool halves_make_the_group(struct ox_law_case *c, const struct ox_message *group) {
    struct ox_delta left = {0}, right = {0};
    guint count = group->parts->len, middle = count / 2;
    bool holds = true;
    enum ox_status status = merge_parts(group->parts, 0, middle, &left);
    if (status == OX_OK) {
        status = merge_parts(group->parts, middle, count, &right);
    }
    if (status == OX_OK) {
        status = ox_delta_merge(&left, &right);
    }
    if (status != OX_OK) {
        holds = ox_law_status(c, "merging the two halves of a group", status);
    } else if (!ox_law_same_delta(c, &left, &group->delta)) {
        holds = ox_law_fail(c, "two halves of a group merge to something else than the group");
    }
    ox_delta_free(&left);
    ox_delta_free(&right);
    return holds;
}

bool ox_law_group(struct ox_law_case *c, const struct ox_history_event *event) {
    if (event->action != OX_ACTION_SEND || event->message == NULL ||
        event->message->kind != OX_MESSAGE_GROUP) {
        return true;
    }
    const struct ox_message *group = event->message;
    const char *reason = NULL;
    if (event->status != (event->fits ? OX_OK : OX_GAP)) {
        return ox_law_status(c,
                             event->fits ? "deltas that meet cannot be merged"
                                         : "deltas that do not meet were merged",
                             event->status);
    }
    if (event->status != OX_OK) {
        return true;
    }
    if (!ox_delta_valid(&group->delta, &reason)) {
        return ox_law_fail(c, "a group is not valid: %s", reason);
    }
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        if (!group_is_its_parts(c, group, at)) {
            return false;
        }
    }
    return !group->in_a_row || halves_make_the_group(c, group);
}

/* ---- difference ---- */

/* Whoever has what the difference needs may join it instead of the delta. */
static bool difference_does(struct ox_law_case *c, const struct ox_object *o,
                            const struct ox_delta *delta, const struct ox_delta *difference) {
    struct ox_object by_delta, by_difference;
    if (!ox_law_join_delta(c, o, delta, &by_delta)) {
        return false;
    }
    bool holds = ox_law_join_delta(c, o, difference, &by_difference);
    if (holds) {
        holds = ox_law_same(c, "joining a difference is not joining the delta", "by the difference",
                            &by_difference, "by the delta", &by_delta);
        ox_object_free(&by_difference);
    }
    ox_object_free(&by_delta);
    return holds;
}

static bool difference_holds(struct ox_law_case *c, const struct ox_object *before,
                             const struct ox_delta *delta, const struct ox_delta *difference) {
    const char *reason = NULL;
    if (!ox_delta_valid(difference, &reason)) {
        return ox_law_fail(c, "a difference is not valid: %s", reason);
    }
    if (ox_delta_redundant(delta, &before->context) != ox_delta_empty(difference)) {
        return ox_law_fail(c, "a difference is empty exactly when nothing is lacking: it is not");
    }
    /* Who has not seen all that is collected at the sender is told everything. */
    bool told_all = !ox_vv_covers(&before->context, &delta->collected);
    if ((!told_all && !carries_only_news(c, difference, &before->context, "a difference")) ||
        !difference_does(c, before, delta, difference)) {
        return false;
    }
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        const struct ox_object *other = object_at(c, at);
        if (ox_delta_covered(difference, &other->context) &&
            !difference_does(c, other, delta, difference)) {
            return false;
        }
    }
    return true;
}

static bool difference_at(struct ox_law_case *c, const struct ox_object *o,
                          const struct ox_delta *delta) {
    struct ox_delta difference = {0};
    enum ox_status status = ox_delta_copy(&difference, delta); /* what was in it must not show */
    if (status == OX_OK) {
        status = ox_delta_difference(delta, o, &difference);
    }
    if (status != OX_OK) {
        ox_delta_free(&difference);
        return ox_law_status(c, "a difference", status);
    }
    c->reach->differences +=
        !ox_delta_empty(&difference) && !ox_dots_equal(&difference.brings, &delta->brings);
    bool holds = difference_holds(c, o, delta, &difference);
    ox_delta_free(&difference);
    return holds;
}

/* Every message, new or taken again, at every place that could take it. */
bool ox_law_difference(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    if (message == NULL || message->kind == OX_MESSAGE_STATE || event->status != OX_OK) {
        return true;
    }
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        const struct ox_place *place = &c->history.places[at];
        if (ox_model_covers(&place->context, &message->needs) &&
            !difference_at(c, &place->object, &message->delta)) {
            return false;
        }
    }
    return true;
}

/* ---- decompose ---- */

static void part_free(void *data) {
    struct ox_delta *part = data;
    ox_delta_free(part);
    g_free(part);
}

static enum ox_status collect_part(void *self, struct ox_delta *part) {
    struct ox_delta *kept = g_new(struct ox_delta, 1);
    *kept = *part;
    *part = (struct ox_delta){0};
    g_ptr_array_add(self, kept);
    return OX_OK;
}

/* Whether the parts, without the one at `but`, merge to the delta. */
static bool parts_make(struct ox_law_case *c, const GPtrArray *parts, guint but,
                       const struct ox_delta *delta) {
    struct ox_delta merged = {0};
    enum ox_status status = OX_OK;
    for (guint i = 0; i < parts->len && status == OX_OK; i++) {
        if (i != but) {
            status = ox_delta_merge(&merged, g_ptr_array_index(parts, i));
        }
    }
    bool make = status == OX_OK && ox_law_same_delta(c, &merged, delta);
    ox_delta_free(&merged);
    return make;
}

/* A part is one entry with its dot, or one interval of dead ones. Only where a delta lists no kills
 * the dead stay with the entry above them. */
static bool part_is_small(struct ox_law_case *c, const struct ox_delta *part) {
    struct ox_dots alive = {0};
    const char *reason = NULL;
    if (!ox_delta_valid(part, &reason)) {
        return ox_law_fail(c, "a part of a delta is not valid: %s", reason);
    }
    if (part->type->alive(part->store, &alive) != OX_OK) {
        return ox_law_fail(c, "the entries of a part of a delta cannot be listed");
    }
    bool small = ox_dots_total(&alive) <= 1 && part->brings.count + part->kills.count == 1;
    bool mixed = part->type->kills && alive.count > 0 && ox_dots_total(&part->brings) > 1;
    ox_dots_free(&alive);
    return (small && !mixed) || ox_law_fail(c, "a part of a delta could be split further");
}

/* Splitting a part gives the part. */
static bool part_is_irreducible(struct ox_law_case *c, const struct ox_delta *part) {
    GPtrArray *again = g_ptr_array_new_with_free_func(part_free);
    enum ox_status status = ox_delta_decompose(part, collect_part, again);
    bool holds = status == OX_OK && again->len == 1 &&
                 ox_law_same_delta(c, g_ptr_array_index(again, 0), part);
    guint count = again->len;
    g_ptr_array_unref(again);
    return holds || ox_law_fail(c, "splitting a part of a delta gives %u others (%s)", count,
                                ox_status_name(status));
}

static bool parts_hold(struct ox_law_case *c, const GPtrArray *parts,
                       const struct ox_delta *delta) {
    for (guint i = 0; i < parts->len; i++) {
        if (!part_is_small(c, g_ptr_array_index(parts, i)) ||
            !part_is_irreducible(c, g_ptr_array_index(parts, i))) {
            return false;
        }
        if (parts->len > 1 && parts_make(c, parts, i, delta)) {
            return ox_law_fail(c, "part %u of %u of a delta can be left out", i + 1, parts->len);
        }
    }
    return parts_make(c, parts, parts->len, delta) ||
           ox_law_fail(c, "the %u parts of a delta do not join back to it", parts->len);
}

bool ox_law_decompose(struct ox_law_case *c, const struct ox_history_event *event) {
    if (event->message == NULL || event->action == OX_ACTION_TAKE || event->status != OX_OK ||
        event->message->kind == OX_MESSAGE_STATE || ox_delta_empty(&event->message->delta)) {
        return true;
    }
    GPtrArray *parts = g_ptr_array_new_with_free_func(part_free);
    enum ox_status status = ox_delta_decompose(&event->message->delta, collect_part, parts);
    bool holds = status == OX_OK ? parts_hold(c, parts, &event->message->delta)
                                 : ox_law_status(c, "decomposing a delta", status);
    c->reach->split_deltas += parts->len > 1;
    g_ptr_array_unref(parts);
    return holds;
}
