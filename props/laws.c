/* laws.c - the table of laws, and how one is run on a type. */
#include "props/laws/case.h"

#include <string.h>
#include <xxhash.h>

/* ---- what must have come up ---- */

static const char *lacks_updates(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->updates == 0 ? "an update"
           : reach->noops == 0 ? "an update that is refused"
                               : NULL;
}

static const char *lacks_pairs(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->concurrent_pairs == 0 ? "a pair of concurrent states" : NULL;
}

static const char *lacks_order(const struct ox_reach *reach, const struct ox_type *type) {
    return reach->ordered_pairs == 0 ? "a pair of ordered states" : lacks_pairs(reach, type);
}

static const char *lacks_gaps(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->gaps == 0    ? "a delta that meets a gap"
           : reach->joins == 0 ? "a delta that can be joined"
                               : NULL;
}

static const char *lacks_groups(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->groups == 0 ? "a group of two deltas" : NULL;
}

static const char *lacks_answers(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->answers == 0 ? "an answer that brings something" : NULL;
}

static const char *lacks_differences(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->differences == 0 ? "a difference that leaves out a part of its delta" : NULL;
}

static const char *lacks_parts(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    return reach->split_deltas == 0 ? "a delta of two parts" : NULL;
}

static const char *lacks_delivery(const struct ox_reach *reach, const struct ox_type *type) {
    const char *lacks = lacks_pairs(reach, type);
    lacks = lacks != NULL ? lacks : lacks_gaps(reach, type);
    lacks = lacks != NULL ? lacks : lacks_groups(reach, type);
    lacks = lacks != NULL ? lacks : lacks_answers(reach, type);
    return lacks != NULL                  ? lacks
           : reach->duplicates == 0       ? "a message taken again"
           : reach->states_met_again == 0 ? "a context reached in two ways"
                                          : NULL;
}

static const char *lacks_mutants(const struct ox_reach *reach, const struct ox_type *type) {
    (void)type;
    bool some = reach->mutants > 0 && reach->delta_mutants > 0;
    bool enough = reach->decoded_mutants >= reach->mutants / 20 &&
                  reach->decoded_delta_mutants >= reach->delta_mutants / 20;
    return !some ? "a mutant" : enough ? NULL : "one mutant in twenty that decodes";
}

/* ---- the table ---- */

const struct ox_law ox_laws[] = {
    {"associative", "(a join b) join c equals a join (b join c), on states made by updates", NULL,
     ox_law_associative, lacks_pairs},
    {"commutative", "a join b equals b join a, on states made by updates", NULL, ox_law_commutative,
     lacks_pairs},
    {"idempotent", "joining what is already there changes nothing", NULL, ox_law_idempotent,
     lacks_pairs},
    {"inflation", "an update goes up in the order; one that is refused changes nothing",
     ox_law_inflation, NULL, lacks_updates},
    {"delta", "new state = old state join delta", ox_law_delta, NULL, lacks_updates},
    {"gap", "a delta whose since is not covered is refused with OX_GAP and changes nothing",
     ox_law_gap, NULL, lacks_gaps},
    {"delivery",
     "arbitrary delivery never reads wrong (against the reference model) and never gives two "
     "stores for one context",
     ox_law_delivery, NULL, lacks_delivery},
    {"since", "joining delta_since(o, c) equals joining o", ox_law_since, NULL, lacks_answers},
    {"group", "joining a merged group equals joining its deltas", ox_law_group, NULL, lacks_groups},
    {"difference",
     "joining difference(d, o) into o, or into any object covering its since, equals joining d",
     ox_law_difference, NULL, lacks_differences},
    {"decompose", "the parts of a delta join back to it, none of them can be left out",
     ox_law_decompose, NULL, lacks_parts},
    {"order", "leq(a, b) exactly when a join b = b", NULL, ox_law_order, lacks_order},
    {"encoding", "encode and decode give the object back; equal objects have equal bytes",
     ox_law_encoding, ox_law_canonical, lacks_updates},
    {"hostile",
     "mutated encodings are refused or decode to something valid that encodes to the same bytes "
     "and joins the same from either side; never a crash",
     ox_law_hostile, NULL, lacks_mutants},
    {"valid", "ox_object_valid after every step", ox_law_valid, NULL, lacks_gaps},
};
const size_t ox_law_count = G_N_ELEMENTS(ox_laws);

const struct ox_law *ox_law_named(const char *name) {
    for (size_t i = 0; i < ox_law_count; i++) {
        if (strcmp(ox_laws[i].name, name) == 0) {
            return &ox_laws[i];
        }
    }
    return NULL;
}

/* ---- valid ---- */

bool ox_law_valid(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    const char *reason = NULL;
    if (!ox_object_valid(&c->history.places[event->place].object, &reason)) {
        return ox_law_fail(c, "an object is not valid: %s", reason);
    }
    if (message != NULL && message->kind != OX_MESSAGE_STATE && event->status == OX_OK &&
        !ox_delta_valid(&message->delta, &reason)) {
        return ox_law_fail(c, "a delta is not valid: %s", reason);
    }
    return true;
}

/* ---- one case ---- */

static void count_step(struct ox_reach *reach, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    switch (event->action) {
    case OX_ACTION_UPDATE:
        reach->updates += event->status == OX_OK;
        reach->noops += event->status != OX_OK;
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
    case OX_ACTION_LOSE:
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

static bool watch_step(void *self, const struct ox_history_event *event) {
    struct ox_law_case *c = self;
    count_step(c->reach, event);
    if (c->story != NULL) {
        ox_law_tell_step(c, event);
    }
    return c->law->step == NULL || c->law->step(c, event);
}

/* What a run of a law gives to each of its cases. */
struct law_on_type {
    const struct ox_law *law;
    const struct ox_type *type;
    struct ox_reach *reach;
    GString *story; /* NULL: nothing is told */
};

static enum ox_answer case_holds(const struct ox_record *records, size_t count, void *context,
                                 char *reason) {
    const struct law_on_type *of = context;
    struct ox_law_case c = {
        .law = of->law, .type = of->type, .reach = of->reach, .reason = reason, .story = of->story};
    c.stores = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
                                     (GDestroyNotify)g_bytes_unref);
    ox_history_init(&c.history, of->type);
    bool holds = ox_history_run(&c.history, records, count, watch_step, &c);
    count_pairs(&c);
    if (holds && of->law->end != NULL) {
        holds = of->law->end(&c);
    }
    ox_history_clear(&c.history);
    g_hash_table_unref(c.stores);
    ox_buf_free(&c.bytes[0]);
    ox_buf_free(&c.bytes[1]);
    return holds ? OX_ANSWER_PASS : OX_ANSWER_FAIL;
}

/* ---- a run ---- */

/* Different laws see different histories of one seed. */
static uint64_t seed_of(const struct ox_law *law, const struct ox_type *type, uint64_t seed) {
    char *text = g_strdup_printf("%s/%s", type->name, law->name);
    uint64_t mixed = XXH3_64bits_withSeed(text, strlen(text), seed);
    g_free(text);
    return mixed;
}

static char *story_of(const struct ox_law_run *run) {
    struct ox_reach ignored = {0};
    char reason[OX_PROPERTY_REASON_MAX];
    struct law_on_type of = {run->law, run->type, &ignored, g_string_new(NULL)};
    g_string_append_printf(of.story, "%s breaks the law \"%s\": %s\n", run->type->name,
                           run->law->name, run->law->about);
    case_holds(run->run.smallest, run->run.smallest_count, &of, reason);
    return g_string_free(of.story, FALSE);
}

void ox_law_check(const struct ox_law *law, const struct ox_type *type, uint64_t seed,
                  uint64_t cases, struct ox_law_run *run) {
    *run = (struct ox_law_run){.law = law, .type = type};
    struct law_on_type of = {law, type, &run->reach, NULL};
    struct ox_property property = {.name = law->name,
                                   .fields = ox_history_fields,
                                   .field_count = ox_history_field_count,
                                   .records_max = OX_HISTORY_STEPS_MAX,
                                   .holds = case_holds,
                                   .context = &of};
    ox_property_check(&property, seed_of(law, type, seed), cases, &run->run);
    if (run->run.answer == OX_ANSWER_FAIL) {
        run->story = story_of(run);
    } else if (cases >= OX_LAW_CASES_TELLING && law->lacks != NULL) {
        run->vacuous = law->lacks(&run->reach, type);
    }
}

void ox_law_run_clear(struct ox_law_run *run) {
    ox_property_run_clear(&run->run);
    g_free(run->story);
    *run = (struct ox_law_run){0};
}
