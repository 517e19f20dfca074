/* laws/join.c - what makes a join a join: the least upper bound of a semilattice.
 *
 *     a join b = b join a      (a join b) join c = a join (b join c)      a join a = a
 *     a <= b   exactly when   a join b = b
 *
 * Shapiro, Preguica, Baquero, Zawirski, "Conflict-free replicated data types", SSS 2011.
 */
#include "props/laws/case.h"

/* ---- pairs ---- */

static bool pair_commutes(struct ox_law_case *c, const struct ox_law_sample *a,
                          const struct ox_law_sample *b) {
    struct ox_object ab, ba;
    char ab_name[64], ba_name[64];
    if (!ox_law_join(c, a->object, b->object, &ab)) {
        return false;
    }
    if (!ox_law_join(c, b->object, a->object, &ba)) {
        ox_object_free(&ab);
        return false;
    }
    g_snprintf(ab_name, sizeof ab_name, "%s join %s", a->name, b->name);
    g_snprintf(ba_name, sizeof ba_name, "%s join %s", b->name, a->name);
    bool holds = ox_law_same(c, "join is not commutative", ab_name, &ab, ba_name, &ba);
    ox_object_free(&ab);
    ox_object_free(&ba);
    return holds;
}

bool ox_law_commutative(struct ox_law_case *c) {
    struct ox_law_sample s[OX_LAW_SAMPLES_MAX];
    size_t count = ox_law_samples(c, s);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            if (!pair_commutes(c, &s[i], &s[j])) {
                return false;
            }
        }
    }
    return true;
}

/* The type's own leq is about the stores alone: whether b's has already taken in a's. */
static bool stores_are_ordered(struct ox_law_case *c, const struct ox_law_sample *a,
                               const struct ox_law_sample *b, const struct ox_object *ab) {
    struct ox_seen mine = {.vv = &a->object->context}, theirs = {.vv = &b->object->context};
    bool says = c->type->leq(a->object->store, &mine, b->object->store, &theirs);
    bool is = c->type->equal(ab->store, b->object->store);
    return says == is ||
           ox_law_differ(c,
                         says ? "the type's leq says yes, though the join changes the store"
                              : "the type's leq says no, though the join is that store",
                         a->name, a->object, b->name, b->object);
}

/* leq must say what the join says, and the join must be above both. */
static bool pair_is_ordered(struct ox_law_case *c, const struct ox_law_sample *a,
                            const struct ox_law_sample *b) {
    struct ox_object ab;
    if (!ox_law_join(c, a->object, b->object, &ab)) {
        return false;
    }
    bool says = ox_object_leq(a->object, b->object);
    bool is = ox_law_same_bytes(c, &ab, b->object);
    bool above = ox_object_leq(a->object, &ab) && ox_object_leq(b->object, &ab);
    bool holds = says == is && above;
    c->reach->ordered_pairs += is;
    if (!above) {
        ox_law_differ(c, "a join is not above both its sides", a->name, a->object, "the join", &ab);
    } else if (says != is) {
        ox_law_differ(c,
                      says ? "leq says yes, though the join changes the greater side"
                           : "leq says no, though the join is the greater side",
                      a->name, a->object, b->name, b->object);
    }
    holds = holds && stores_are_ordered(c, a, b, &ab);
    ox_object_free(&ab);
    return holds;
}

bool ox_law_order(struct ox_law_case *c) {
    struct ox_law_sample s[OX_LAW_SAMPLES_MAX];
    size_t count = ox_law_samples(c, s);
    for (size_t i = 0; i < count; i++) {
        if (!ox_object_leq(s[i].object, s[i].object)) {
            return ox_law_fail(c, "leq says that %s is not below itself", s[i].name);
        }
        for (size_t j = 0; j < count; j++) {
            if (i != j && !pair_is_ordered(c, &s[i], &s[j])) {
                return false;
            }
        }
    }
    return true;
}

/* ---- one state, one delta ---- */

static bool state_is_idempotent(struct ox_law_case *c, const struct ox_law_sample *a) {
    struct ox_object twice;
    if (!ox_law_join(c, a->object, a->object, &twice)) {
        return false;
    }
    bool holds =
        ox_law_same(c, "join is not idempotent", a->name, a->object, "joined with itself", &twice);
    ox_object_free(&twice);
    return holds;
}

/* What was taken once changes nothing when it comes again, whatever came in between. */
static bool joins_again(struct ox_law_case *c, const struct ox_law_sample *a,
                        const struct ox_law_sample *b) {
    struct ox_object once, again;
    if (!ox_law_join(c, a->object, b->object, &once)) {
        return false;
    }
    if (!ox_law_join(c, &once, b->object, &again)) {
        ox_object_free(&once);
        return false;
    }
    bool holds =
        ox_law_same(c, "join is not idempotent", "joined once", &once, "joined twice", &again);
    ox_object_free(&once);
    ox_object_free(&again);
    return holds;
}

/* The type's join says whether the store is different now, whatever stood there before: `says`.
 * NULL when it does, else what is wrong. */
static const char *wrong_about_change(struct ox_law_case *c, const void *store,
                                      const struct ox_seen *mine, const void *other,
                                      const struct ox_seen *theirs, bool says, bool *is) {
    void *sum = c->type->copy(store);
    enum ox_status status = sum == NULL ? OX_NOMEM : c->type->join(sum, mine, other, theirs, &says);
    *is = status == OX_OK && !c->type->equal(sum, store);
    if (sum != NULL) {
        c->type->destroy(sum);
    }
    return status != OX_OK ? "two stores cannot be joined"
           : says == *is   ? NULL
           : says          ? "a join says that it changed the store, and did not"
                           : "a join says that it changed nothing, and did";
}

static bool pair_says_what_changed(struct ox_law_case *c, const struct ox_law_sample *a,
                                   const struct ox_law_sample *b, bool says) {
    struct ox_seen mine = {.vv = &a->object->context}, theirs = {.vv = &b->object->context};
    bool is;
    const char *wrong =
        wrong_about_change(c, a->object->store, &mine, b->object->store, &theirs, says, &is);
    return wrong == NULL || ox_law_differ(c, wrong, a->name, a->object, b->name, b->object);
}

/* Of each state and every other. */
bool ox_law_pairs_changed(struct ox_law_case *c) {
    struct ox_law_sample s[OX_LAW_SAMPLES_MAX];
    size_t count = ox_law_samples(c, s);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (!pair_says_what_changed(c, &s[i], &s[j], (i + j) % 2 == 1)) {
                return false;
            }
        }
    }
    return true;
}

static struct ox_seen listed_by(const struct ox_delta *delta) {
    return (struct ox_seen){.dots = {&delta->brings, &delta->kills}};
}

/* Of a delta that comes, again or for the first time, unless it is joined as the whole object of
 * one who collected more, */
static bool delta_says_what_changed(struct ox_law_case *c, const struct ox_object *object,
                                    const struct ox_delta *delta, bool says) {
    struct ox_seen mine = {.vv = &object->context}, theirs = listed_by(delta);
    bool is;
    const char *wrong =
        wrong_about_change(c, object->store, &mine, delta->store, &theirs, says, &is);
    c->reach->changing_deltas += is;
    c->reach->idle_deltas += !is;
    return wrong == NULL || ox_law_fail(c, "%s", wrong);
}

/* and of two that become one. */
static bool merge_says_what_changed(struct ox_law_case *c, const struct ox_delta *a,
                                    const struct ox_delta *b, bool says) {
    struct ox_seen mine = listed_by(a), theirs = listed_by(b);
    bool is;
    const char *wrong = wrong_about_change(c, a->store, &mine, b->store, &theirs, says, &is);
    return wrong == NULL || ox_law_fail(c, "of two deltas, %s", wrong);
}

bool ox_law_changed(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    bool says = ox_history_spare(event->record) % 2 == 1;
    if (message == NULL || event->status != OX_OK) {
        return true;
    }
    if (event->action == OX_ACTION_TAKE && message->kind != OX_MESSAGE_STATE) {
        return !ox_vv_covers(&event->before->context, &message->delta.collected) ||
               delta_says_what_changed(c, event->before, &message->delta, says);
    }
    if (event->action == OX_ACTION_SEND && message->kind == OX_MESSAGE_GROUP &&
        message->parts->len > 1) {
        const struct ox_message *a = g_ptr_array_index(message->parts, 0);
        const struct ox_message *b = g_ptr_array_index(message->parts, 1);
        return merge_says_what_changed(c, &a->delta, &b->delta, says) &&
               merge_says_what_changed(c, &a->delta, &a->delta, says) &&
               merge_says_what_changed(c, &message->delta, &b->delta, says);
    }
    return true;
}

bool ox_law_idempotent(struct ox_law_case *c) {
    struct ox_law_sample s[OX_LAW_SAMPLES_MAX];
    size_t count = ox_law_samples(c, s);
    for (size_t i = 0; i < count; i++) {
        if (!state_is_idempotent(c, &s[i])) {
            return false;
        }
        for (size_t j = 0; j < count; j++) {
            if (!joins_again(c, &s[i], &s[j])) {
                return false;
            }
        }
    }
    return ox_law_pairs_changed(c);
}

/* ---- triples ---- */

static bool triple_associates(struct ox_law_case *c, const struct ox_law_sample *x,
                              const struct ox_law_sample *y, const struct ox_law_sample *z) {
    struct ox_object xy, yz, left, right;
    if (!ox_law_join(c, x->object, y->object, &xy)) {
        return false;
    }
    bool holds = ox_law_join(c, &xy, z->object, &left);
    ox_object_free(&xy);
    if (!holds) {
        return false;
    }
    holds = ox_law_join(c, y->object, z->object, &yz);
    if (holds) {
        holds = ox_law_join(c, x->object, &yz, &right);
        ox_object_free(&yz);
    }
    if (holds) {
        char left_name[96], right_name[96];
        g_snprintf(left_name, sizeof left_name, "(%s join %s) join %s", x->name, y->name, z->name);
        g_snprintf(right_name, sizeof right_name, "%s join (%s join %s)", x->name, y->name,
                   z->name);
        holds = ox_law_same(c, "join is not associative", left_name, &left, right_name, &right);
        ox_object_free(&right);
    }
    ox_object_free(&left);
    return holds;
}

/* Every triple once: with commutativity, which has its own law, the other orders follow. The order
 * turns with the triple, so that no sample is always in the same position. */
bool ox_law_associative(struct ox_law_case *c) {
    struct ox_law_sample s[OX_LAW_SAMPLES_MAX];
    size_t count = ox_law_samples(c, s);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            for (size_t k = j + 1; k < count; k++) {
                const struct ox_law_sample *t[] = {&s[i], &s[j], &s[k]};
                size_t turn = i + j + k;
                if (!triple_associates(c, t[turn % 3], t[(turn + 1) % 3], t[(turn + 2) % 3])) {
                    return false;
                }
            }
        }
    }
    return true;
}

/* ---- updates go up ---- */

bool ox_law_inflation(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_object *after = &c->history.places[event->place].object;
    if (event->action != OX_ACTION_UPDATE) {
        return true;
    }
    if (event->status != OX_OK) {
        return ox_law_same(c, "an update that was refused changed something", "before",
                           event->before, "after", after);
    }
    if (!ox_object_leq(event->before, after)) {
        return ox_law_differ(c, "an update did not go up in the order", "before", event->before,
                             "after", after);
    }
    if (ox_object_leq(after, event->before)) {
        return ox_law_differ(c, "an update took a dot, yet the order calls both states equal",
                             "before", event->before, "after", after);
    }
    return true;
}
