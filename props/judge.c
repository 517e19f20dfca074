/* judge.c - see judge.h: every observation goes to those parts that it concerns.
 *
 *     observation --> curve       samples before it
 *                     causality   checks it, and takes it into the history
 *                     facts       equal contexts, equal bytes; and the value that a read must show
 *                     reach       what the faults hit
 *     the end     --> final       all live replicas hold the same
 *                     metrics     what it cost
 */
#include "props/judge.h"
#include "props/judge/causality.h"
#include "props/judge/curve.h"
#include "props/judge/facts.h"
#include "props/judge/final.h"
#include "props/judge/findings.h"
#include "props/judge/history.h"
#include "props/judge/metrics.h"
#include "props/judge/reach.h"

#include <string.h>
#include <xxhash.h>

struct ox_judge {
    struct ox_judge_config config;
    struct ox_history *history;
    struct ox_facts *facts;
    struct ox_curve *curve;
    struct ox_reach_faults reach;
    struct ox_findings state, value, causality;
    struct ox_findings unjudged; /* reads that no reference model can judge */
    struct ox_run_end end;
    char *unsettled; /* what still moved */
    uint64_t now_ns;
};

struct ox_judge *ox_judge_new(const struct ox_judge_config *config) {
    struct ox_judge *judge = g_new0(struct ox_judge, 1);
    judge->config = *config;
    judge->history = ox_history_new(config->nodes);
    judge->facts = ox_facts_new();
    judge->curve = ox_curve_new(config);
    judge->end.settle_ns = config->duration_ns;
    ox_reach_init(&judge->reach, &judge->config);
    return judge;
}

void ox_judge_free(struct ox_judge *judge) {
    if (!judge)
        return;
    ox_history_free(judge->history);
    ox_facts_free(judge->facts);
    ox_curve_free(judge->curve);
    ox_reach_clear(&judge->reach);
    ox_findings_clear(&judge->state);
    ox_findings_clear(&judge->value);
    ox_findings_clear(&judge->causality);
    ox_findings_clear(&judge->unjudged);
    g_free(judge->unsettled);
    g_free(judge);
}

/* ---- equal contexts, equal bytes ---- */

/* The context is part of the bytes: where it differs and they do not, they are no evidence. The
 * last one of the key is enough to find bytes that never follow it. */
static void check_state_follows(struct ox_judge *judge, struct ox_key *key,
                                const struct ox_holding *holding,
                                const struct ox_observation *seen) {
    struct ox_key_state *last = &key->last;
    bool moved = last->hash[0] != holding->hash[0] || last->hash[1] != holding->hash[1];
    if (last->known && moved && last->state == seen->state)
        ox_findings_add(&judge->state,
                        "different contexts of %s have equal bytes: state "
                        "%016" G_GINT64_MODIFIER "x at node %u at %s and at node %u at %s",
                        key->label, seen->state, last->node, ox_clock_text(last->t_ns).text,
                        seen->node, ox_clock_text(seen->t_ns).text);
    *last = (struct ox_key_state){.known = true,
                                  .hash = {holding->hash[0], holding->hash[1]},
                                  .state = seen->state,
                                  .node = seen->node,
                                  .t_ns = seen->t_ns};
}

static void check_state(struct ox_judge *judge, struct ox_key *key,
                        const struct ox_observation *seen) {
    const struct ox_holding *holding = ox_history_holding(judge->history, seen->node, key);
    struct ox_fact *fact = ox_facts_of(judge->facts, key, holding);
    check_state_follows(judge, key, holding, seen);
    if (!fact->has_state) {
        fact->has_state = true;
        fact->state = seen->state;
        fact->node = seen->node;
        fact->t_ns = seen->t_ns;
    } else if (fact->state != seen->state) {
        ox_findings_add(&judge->state,
                        "equal contexts of %s (%u updates) have different bytes: state "
                        "%016" G_GINT64_MODIFIER "x at node %u at %s, %016" G_GINT64_MODIFIER
                        "x at node %u at %s",
                        key->label, holding->have, fact->state, fact->node,
                        ox_clock_text(fact->t_ns).text, seen->state, seen->node,
                        ox_clock_text(seen->t_ns).text);
    }
}

/* ---- values ---- */

static GString *value_due(const struct ox_key *key, const struct ox_holding *holding) {
    GString *json = g_string_new(NULL);
    key->model->value(&key->lines, &holding->at, json);
    return json;
}

static void report_value(struct ox_judge *judge, const struct ox_key *key,
                         const struct ox_holding *holding, const struct ox_observation *read) {
    GString *due = value_due(key, holding);
    char *expected = ox_short_text(due->str, due->len);
    char *shown = ox_short_text(read->read.value.data, read->read.value.size);
    ox_findings_add(&judge->value,
                    "node %u reads %s at %s (%u updates) as %s; the updates in its context "
                    "yield %s",
                    read->node, key->label, ox_clock_text(read->t_ns).text, holding->have, shown,
                    expected);
    g_free(expected);
    g_free(shown);
    g_string_free(due, TRUE);
}

static void check_value(struct ox_judge *judge, const struct ox_key *key,
                        const struct ox_observation *read) {
    if (!key->model || key->foreign) {
        ox_findings_add(&judge->unjudged, "%s %s", key->label,
                        key->model ? "has an update that is no operation of its type"
                                   : "is of a type without a reference model");
        return;
    }
    judge->end.reads++;
    const struct ox_holding *holding = ox_history_holding(judge->history, read->node, key);
    struct ox_fact *fact = ox_facts_of(judge->facts, key, holding);
    if (!fact->has_value) {
        GString *due = value_due(key, holding);
        fact->has_value = true;
        fact->value = XXH3_64bits(due->str, due->len);
        g_string_free(due, TRUE);
    }
    if (XXH3_64bits(read->read.value.data, read->read.value.size) != fact->value)
        report_value(judge, key, holding, read);
}

/* ---- observations ---- */

static struct ox_key *key_of(struct ox_judge *judge, const struct ox_observation *observation) {
    return ox_history_key(judge->history, observation->type, observation->key);
}

/* Quiet is when nothing moves any more; then the last reads are the last word. */
static void check_still(struct ox_judge *judge, const struct ox_observation *observation) {
    if (judge->end.quiet)
        ox_findings_add(&judge->state, "node %u changed at %s though the run was quiet since %s",
                        observation->node, ox_clock_text(observation->t_ns).text,
                        ox_clock_text(judge->end.end_ns).text);
}

static void on_update(struct ox_judge *judge, const struct ox_observation *update) {
    check_still(judge, update);
    struct ox_key *key = key_of(judge, update);
    const struct ox_made *made =
        ox_causality_update(&judge->causality, judge->history, key, update);
    if (!made || !key->model)
        return;
    if (!key->model->accepts(&key->lines, &made->update))
        key->foreign = true;
    else if (!ox_ref_stamp_follows(&key->lines, &made->update))
        ox_findings_add(&judge->causality,
                        "node %u makes update [%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
                        "] of %s at %s with a stamp that does not follow from what it had seen",
                        update->node, update->update.replica, update->update.n, key->label,
                        ox_clock_text(update->t_ns).text);
}

static void on_see(struct ox_judge *judge, const struct ox_observation *see) {
    check_still(judge, see);
    struct ox_key *key = key_of(judge, see);
    ox_causality_see(&judge->causality, judge->history, key, see);
    if (see->has_state)
        check_state(judge, key, see);
}

static void on_read(struct ox_judge *judge, const struct ox_observation *read) {
    struct ox_key *key = key_of(judge, read);
    if (!ox_causality_read(&judge->causality, judge->history, key, read))
        return;
    check_value(judge, key, read);
    if (!read->has_state)
        return;
    check_state(judge, key, read);
    if (judge->end.ended)
        ox_history_holding(judge->history, read->node, key)->final_read = true;
}

static void on_alarm(struct ox_judge *judge, const struct ox_observation *alarm) {
    GString *more = g_string_new(NULL);
    if (alarm->key.size > 0) {
        char *key = ox_short_text(alarm->key.data, alarm->key.size);
        g_string_append_printf(more, ", key \"%s\"", key);
        g_free(key);
    }
    if (alarm->alarm.status.size > 0) {
        char *status = ox_short_text(alarm->alarm.status.data, alarm->alarm.status.size);
        g_string_append_printf(more, ": %s", status);
        g_free(status);
    }
    ox_findings_add(&judge->state, "node %u %s at %s%s", alarm->node,
                    ox_defect_about(alarm->alarm.why), ox_clock_text(alarm->t_ns).text, more->str);
    g_string_free(more, TRUE);
}

static void on_phase(struct ox_judge *judge, const struct ox_observation *phase) {
    switch (phase->phase.phase) {
    case OX_PHASE_RUN:
        return;
    case OX_PHASE_SETTLE:
        judge->end.settle_ns = phase->t_ns;
        return;
    case OX_PHASE_UNSETTLED:
        g_free(judge->unsettled);
        judge->unsettled = g_strndup(phase->phase.why.data, phase->phase.why.size);
        break;
    case OX_PHASE_QUIET:
        break;
    }
    judge->end.ended = true;
    judge->end.quiet = phase->phase.phase == OX_PHASE_QUIET;
    judge->end.end_ns = phase->t_ns;
}

static void dispatch(struct ox_judge *judge, const struct ox_observation *observation) {
    switch (observation->kind) {
    case OX_OBS_START:
        check_still(judge, observation);
        ox_causality_start(&judge->causality, judge->history, observation);
        break;
    case OX_OBS_CRASH:
        check_still(judge, observation);
        ox_causality_crash(&judge->causality, judge->history, observation);
        break;
    case OX_OBS_UPDATE:
        on_update(judge, observation);
        break;
    case OX_OBS_SEE:
        on_see(judge, observation);
        break;
    case OX_OBS_READ:
        on_read(judge, observation);
        break;
    case OX_OBS_SEND:
        ox_causality_message(&judge->causality, judge->history, observation);
        break;
    case OX_OBS_DELIVER:
        ox_causality_message(&judge->causality, judge->history, observation);
        ox_curve_receive(judge->curve, observation->message.bytes);
        break;
    case OX_OBS_ALARM:
        on_alarm(judge, observation);
        break;
    case OX_OBS_PHASE:
        on_phase(judge, observation);
        break;
    case OX_OBS_DROP:
    case OX_OBS_FAULT:
    case OX_OBS_COUNT:
        break;
    }
}

static void observe(void *self, const struct ox_observation *observation) {
    struct ox_judge *judge = self;
    if (observation->t_ns < judge->now_ns) {
        ox_findings_add(&judge->causality, "an observation at %s comes after one at %s",
                        ox_clock_text(observation->t_ns).text, ox_clock_text(judge->now_ns).text);
        return;
    }
    bool of_a_node = observation->kind != OX_OBS_FAULT && observation->kind != OX_OBS_PHASE;
    if (of_a_node && observation->node >= judge->config.nodes) {
        ox_findings_add(&judge->causality, "node %u is observed at %s, but the run has %u nodes",
                        observation->node, ox_clock_text(observation->t_ns).text,
                        judge->config.nodes);
        return;
    }
    judge->now_ns = observation->t_ns;
    ox_curve_advance(judge->curve, judge->history, observation->t_ns);
    ox_reach_observe(&judge->reach, observation);
    ox_traffic_observe(&judge->end.traffic, observation);
    dispatch(judge, observation);
}

struct ox_observer ox_judge_observer(struct ox_judge *judge) {
    return (struct ox_observer){.observe = observe, .self = judge};
}

/* ---- the verdict ---- */

static struct ox_part_verdict part(enum ox_verdict verdict, char *reason) {
    return (struct ox_part_verdict){.verdict = verdict, .reason = reason ? reason : g_strdup("")};
}

static struct ox_part_verdict judge_state(const struct ox_judge *judge) {
    if (judge->state.count > 0)
        return part(OX_FAIL, ox_findings_text(&judge->state, "faults of state"));
    if (!judge->end.ended)
        return part(OX_UNKNOWN, g_strdup("the observations end before the run did"));
    if (judge->end.end_ns < judge->config.duration_ns)
        return part(OX_UNKNOWN, g_strdup_printf("the run ended at %s, before the %s it was to last",
                                                ox_clock_text(judge->end.end_ns).text,
                                                ox_clock_text(judge->config.duration_ns).text));
    if (!judge->end.quiet)
        return part(OX_UNKNOWN,
                    g_strdup_printf("the run did not become quiet: %s", judge->unsettled));
    char *reason;
    enum ox_verdict verdict = ox_final_verdict(judge->history, &reason);
    return part(verdict, reason);
}

static struct ox_part_verdict judge_value(const struct ox_judge *judge) {
    if (judge->value.count > 0)
        return part(OX_FAIL, ox_findings_text(&judge->value, "wrong reads"));
    if (judge->unjudged.count > 0)
        return part(OX_UNKNOWN, ox_findings_text(&judge->unjudged, "reads could not be judged"));
    if (judge->end.reads == 0)
        return part(OX_UNKNOWN, g_strdup("nothing was read"));
    return part(OX_PASS, NULL);
}

static struct ox_part_verdict judge_causality(const struct ox_judge *judge) {
    if (judge->causality.count > 0)
        return part(OX_FAIL, ox_findings_text(&judge->causality, "violations"));
    if (judge->history->made->len == 0)
        return part(OX_UNKNOWN, g_strdup("no update was made"));
    return part(OX_PASS, NULL);
}

static struct ox_part_verdict judge_reach(const struct ox_judge *judge) {
    char *missing = ox_reach_missing(&judge->reach, judge->history);
    return part(missing ? OX_UNKNOWN : OX_PASS, missing);
}

void ox_judge_finish(struct ox_judge *judge, struct ox_judgement *judgement) {
    *judgement = (struct ox_judgement){.fault_count = judge->config.fault_count};
    ox_final_mark_died(judge->history);
    judge->end.wrong_reads = judge->value.count;
    judge->end.causality_violations = judge->causality.count;
    judge->end.healed = ox_reach_last_heal(&judge->reach, &judge->end.heal_ns);

    judgement->parts[OX_PART_STATE] = judge_state(judge);
    judgement->parts[OX_PART_VALUE] = judge_value(judge);
    judgement->parts[OX_PART_CAUSALITY] = judge_causality(judge);
    judgement->parts[OX_PART_REACH] = judge_reach(judge);
    ox_metrics_fill(judgement->metrics, judge->history, &judge->end);
    judgement->faults = ox_reach_seen(&judge->reach);
    ox_curve_finish(judge->curve, judge->history, judge->now_ns, judgement);
}

void ox_judgement_clear(struct ox_judgement *judgement) {
    for (int i = 0; i < OX_PART_COUNT; i++)
        g_free(judgement->parts[i].reason);
    for (size_t i = 0; i < judgement->series_count; i++) {
        g_free(judgement->series[i].t);
        g_free(judgement->series[i].v);
    }
    g_free(judgement->series);
    g_free(judgement->faults);
    g_free(judgement->grid.t);
    g_free(judgement->grid.v);
    *judgement = (struct ox_judgement){0};
}
