/* laws.c - the table of laws, and how one is run on a type. */
#include "props/laws/case.h"
#include "props/laws/draw.h"

#include <string.h>
#include <xxhash.h>

/* ---- what must have come up ---- */

static const char *lacks_updates(const struct ox_law_run *run) {
    return run->reach.updates == 0   ? "an update"
           : run->reach.refused == 0 ? "an update that is refused"
                                     : NULL;
}

static const char *lacks_pairs(const struct ox_law_run *run) {
    return run->reach.concurrent_pairs == 0 ? "a pair of concurrent states" : NULL;
}

static const char *lacks_changes(const struct ox_law_run *run) {
    return run->reach.changing_deltas == 0 ? "a delta that changes something"
           : run->reach.idle_deltas == 0   ? "a delta that changes nothing"
                                           : lacks_pairs(run);
}

static const char *lacks_order(const struct ox_law_run *run) {
    return run->reach.ordered_pairs == 0 ? "a pair of ordered states" : lacks_pairs(run);
}

static const char *lacks_gaps(const struct ox_law_run *run) {
    return run->reach.gaps == 0    ? "a delta that meets a gap"
           : run->reach.joins == 0 ? "a delta that can be joined"
                                   : NULL;
}

static const char *lacks_groups(const struct ox_law_run *run) {
    return run->reach.groups == 0 ? "a group of two deltas" : NULL;
}

static const char *lacks_answers(const struct ox_law_run *run) {
    return run->reach.answers == 0 ? "an answer that brings something" : NULL;
}

static const char *lacks_differences(const struct ox_law_run *run) {
    return run->reach.differences == 0 ? "a difference that leaves out a part of its delta" : NULL;
}

static const char *lacks_parts(const struct ox_law_run *run) {
    return run->reach.split_deltas == 0 ? "a delta of two parts" : NULL;
}

static const char *lacks_delivery(const struct ox_law_run *run) {
    const char *lacks = lacks_pairs(run);
    lacks = lacks != NULL ? lacks : lacks_gaps(run);
    lacks = lacks != NULL ? lacks : lacks_groups(run);
    lacks = lacks != NULL ? lacks : lacks_answers(run);
    return lacks != NULL                      ? lacks
           : run->reach.duplicates == 0       ? "a message taken again"
           : run->reach.states_met_again == 0 ? "a context reached in two ways"
                                              : NULL;
}

static const char *lacks_replays(const struct ox_law_run *run) {
    bool listens = ox_law_edit_of(run->type) != NULL;
    for (int i = 0; i < OX_REACH_OPERATION_COUNT && listens; i++) {
        if (run->reach.operations[i] == 0) {
            return ox_reach_operation_words[i];
        }
    }
    return run->reach.replays == 0 ? "a state made by more than updates of its own" : NULL;
}

static const char *lacks_spread(const struct ox_law_run *run) {
    return run->reach.spread_updates == 0 ? "an update that was spread over replicas" : NULL;
}

static const char *lacks_typed(const struct ox_law_run *run) {
    bool built_in = ox_type_named(ox_bytes_of_text(run->type->name)) != NULL;
    return built_in && run->reach.typed_calls == 0 ? "a typed call" : NULL;
}

static bool removes(const struct ox_type *type) {
    return ox_verb_named(type, ox_bytes_of_text("remove")) != NULL ||
           ox_verb_of_kind(type, OX_ARG_AT) != NULL;
}

static const char *lacks_removals(const struct ox_law_run *run) {
    return removes(run->type) && run->reach.returns == 0 ? "a removal" : NULL;
}

/* Of what a map holds, only counters and sequences leave something behind. */
static bool leaves_residue(const struct ox_law_run *run) {
    bool fixed = run->inner != NULL && run->inner != run->type;
    return run->type->collect != NULL &&
           (!fixed || run->inner->collect != NULL || run->inner->verbs[0].arg == OX_ARG_AMOUNT);
}

static const char *lacks_collections(const struct ox_law_run *run) {
    return run->reach.stable == 0                               ? "an update that is stable"
           : leaves_residue(run) && run->reach.collections == 0 ? "residue that goes"
                                                                : NULL;
}

static const char *lacks_mutants(const struct ox_law_run *run) {
    bool some = run->reach.mutants > 0 && run->reach.delta_mutants > 0;
    bool enough = run->reach.decoded_mutants >= run->reach.mutants / 20 &&
                  run->reach.decoded_delta_mutants >= run->reach.delta_mutants / 20;
    return !some ? "a mutant" : enough ? NULL : "one mutant in twenty that decodes";
}

/* ---- the table ---- */

const struct ox_law ox_laws[] = {
    {"associative", "(a join b) join c equals a join (b join c), on states made by updates", NULL,
     ox_law_associative, lacks_pairs, false},
    {"commutative", "a join b equals b join a, on states made by updates", NULL, ox_law_commutative,
     lacks_pairs, false},
    {"idempotent",
     "joining what is already there changes nothing; and a join says whether it changed something",
     ox_law_changed, ox_law_idempotent, lacks_changes, false},
    {"inflation", "an update goes up in the order; one that is refused changes nothing",
     ox_law_inflation, NULL, lacks_updates, false},
    {"delta", "new state = old state join delta", ox_law_delta, NULL, lacks_updates, false},
    {"gap", "a delta whose since is not covered is refused with OX_GAP and changes nothing",
     ox_law_gap, NULL, lacks_gaps, false},
    {"delivery",
     "arbitrary delivery never reads wrong (against the reference model) and never gives two "
     "stores for one context",
     ox_law_delivery, NULL, lacks_delivery, false},
    {"operations",
     "joining the deltas of the updates alone, in any causal order, gives the state that groups, "
     "answers and whole states gave; where a type has operations smaller than these, so does "
     "taking them, however they come and whatever comes between",
     ox_law_hear, ox_law_operations, lacks_replays, false},
    {"typed", "the typed calls do what ox_object_apply does: same status, state and delta",
     ox_law_typed, NULL, lacks_typed, false},
    {"replicas",
     "a read depends neither on the numbers that replicas go by nor, where every update has seen "
     "all before it, on how many replicas made them",
     ox_law_read, ox_law_replicas, lacks_spread, false},
    {"remove",
     "a removal takes what its replica saw and nothing else; a second one is a no-op, and what is "
     "added again shows as if there had been nothing before",
     ox_law_remove, NULL, lacks_removals, false},
    {"collect",
     "what is stable may go: no read changes, now or later, the store never grows, and replicas "
     "that collected at different times are equal once they collected as far",
     ox_law_collect, ox_law_collected, lacks_collections, true},
    {"since", "joining delta_since(o, c) equals joining o; nothing goes whose dots are all in c",
     ox_law_since, NULL, lacks_answers, false},
    {"group", "joining a merged group equals joining its deltas", ox_law_group, NULL, lacks_groups,
     false},
    {"difference",
     "joining difference(d, o) into o, or into any object covering its since, equals joining d",
     ox_law_difference, NULL, lacks_differences, false},
    {"decompose",
     "the parts of a delta join back to it, none of them can be left out, and none can be split "
     "further",
     ox_law_decompose, NULL, lacks_parts, false},
    {"order", "leq(a, b) exactly when a join b = b", NULL, ox_law_order, lacks_order, true},
    {"encoding", "encode and decode give the object back; equal objects have equal bytes",
     ox_law_encoding, ox_law_canonical, lacks_updates, false},
    {"hostile",
     "mutated encodings are refused or decode to something valid that encodes to the same bytes "
     "and joins the same from either side; never a crash",
     ox_law_hostile, NULL, lacks_mutants, false},
    {"valid", "ox_object_valid after every step", ox_law_valid, NULL, lacks_gaps, false},
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

static bool watch_step(void *self, const struct ox_history_event *event) {
    struct ox_law_case *c = self;
    ox_reach_step(c, event);
    if (c->story != NULL) {
        ox_law_tell_step(c, event);
    }
    return c->law->step == NULL || c->law->step(c, event);
}

/* What a run of a law gives to each of its cases. */
struct law_on_type {
    const struct ox_law *law;
    const struct ox_type *type, *inner;
    struct ox_reach *reach;
    GString *story; /* NULL: nothing is told */
};

static enum ox_answer case_holds(const struct ox_record *records, size_t count, void *context,
                                 char *reason) {
    const struct law_on_type *of = context;
    struct ox_law_case c = {.law = of->law,
                            .type = of->type,
                            .inner = of->inner,
                            .reach = of->reach,
                            .records = records,
                            .record_count = count,
                            .reason = reason,
                            .story = of->story};
    struct ox_history_options options = {
        .inner = of->inner, .stability = of->law->collects, .collects = of->law->collects};
    if (of->law->step == ox_law_hear) {
        options.edit = ox_law_edit_of(of->type);
    }
    c.stores = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref,
                                     (GDestroyNotify)g_bytes_unref);
    c.reads = g_ptr_array_new_with_free_func(g_free);
    ox_history_init(&c.history, of->type, &options);
    bool holds = ox_history_run(&c.history, records, count, watch_step, &c);
    ox_reach_end(&c);
    if (holds && of->law->end != NULL) {
        holds = of->law->end(&c);
    }
    ox_law_listeners_free(&c);
    ox_history_clear(&c.history);
    g_hash_table_unref(c.stores);
    g_ptr_array_unref(c.reads);
    ox_buf_free(&c.bytes[0]);
    ox_buf_free(&c.bytes[1]);
    return holds ? OX_ANSWER_PASS : OX_ANSWER_FAIL;
}

/* ---- a run ---- */

/* Different laws see different histories of one seed. */
static uint64_t seed_of(const struct ox_law_run *run, uint64_t seed) {
    char *text = run->inner == NULL ? g_strdup_printf("%s/%s", run->type->name, run->law->name)
                                    : g_strdup_printf("%s/%s/%s", run->type->name, run->inner->name,
                                                      run->law->name);
    uint64_t mixed = XXH3_64bits_withSeed(text, strlen(text), seed);
    g_free(text);
    return mixed;
}

static char *story_of(const struct ox_law_run *run) {
    struct ox_reach ignored = {0};
    char reason[OX_PROPERTY_REASON_MAX];
    struct law_on_type of = {run->law, run->type, run->inner, &ignored, g_string_new(NULL)};
    g_string_append_printf(of.story, "%s breaks the law \"%s\": %s\n", run->type->name,
                           run->law->name, run->law->about);
    case_holds(run->run.smallest, run->run.smallest_count, &of, reason);
    return g_string_free(of.story, FALSE);
}

void ox_law_check(const struct ox_law *law, const struct ox_type *type, const struct ox_type *inner,
                  uint64_t seed, uint64_t cases, struct ox_law_run *run) {
    *run = (struct ox_law_run){.law = law, .type = type, .inner = inner};
    struct law_on_type of = {law, type, inner, &run->reach, NULL};
    struct ox_property property = {.name = law->name,
                                   .fields = ox_history_fields,
                                   .field_count = ox_history_field_count,
                                   .records_max = OX_HISTORY_STEPS_MAX,
                                   .holds = case_holds,
                                   .context = &of};
    ox_property_check(&property, seed_of(run, seed), cases, &run->run);
    if (run->run.answer == OX_ANSWER_FAIL) {
        run->story = story_of(run);
    } else if (cases >= OX_LAW_CASES_TELLING) {
        run->vacuous = law->lacks == NULL ? NULL : g_strdup(law->lacks(run));
        if (run->vacuous == NULL) {
            run->vacuous = ox_reach_lacks(run);
        }
    }
}

void ox_law_run_clear(struct ox_law_run *run) {
    ox_property_run_clear(&run->run);
    g_free(run->story);
    g_free(run->vacuous);
    *run = (struct ox_law_run){0};
}
