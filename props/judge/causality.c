/* causality.c - see causality.h. */
#include "props/judge/causality.h"

#define U64 G_GUINT64_FORMAT

/* ---- lives ---- */

static void check_number(struct ox_findings *findings, const struct ox_history *history,
                         const struct ox_observation *start) {
    const struct ox_place *place = &history->places[start->node];
    const struct ox_clock_text t = ox_clock_text(start->t_ns);
    uint64_t replica = start->start.replica;
    if (!start->start.disk) {
        unsigned owner = GPOINTER_TO_UINT(g_hash_table_lookup(history->replica_seen, &replica));
        if (owner != 0)
            ox_findings_add(findings,
                            "node %u starts with nothing at %s as replica %" U64
                            ", a number that node %u has used",
                            start->node, t.text, replica, owner - 1);
        /* The updates that only it had would pass for dead ones. */
        if (place->started && place->disk)
            ox_findings_add(findings,
                            "node %u starts with nothing at %s, but its crash kept its disk",
                            start->node, t.text);
        return;
    }
    if (!place->started || !place->disk)
        ox_findings_add(findings, "node %u starts at %s with a disk that it %s", start->node,
                        t.text, place->started ? "lost" : "never had");
    else if (replica != place->replica)
        ox_findings_add(findings,
                        "node %u comes back with its disk at %s as replica %" U64
                        ", but its disk is of replica %" U64,
                        start->node, t.text, replica, place->replica);
}

void ox_causality_start(struct ox_findings *findings, struct ox_history *history,
                        const struct ox_observation *start) {
    if (history->places[start->node].live) {
        ox_findings_add(findings, "node %u starts at %s though it lives", start->node,
                        ox_clock_text(start->t_ns).text);
        return;
    }
    check_number(findings, history, start);
    ox_history_start(history, start->node, start->start.replica, start->start.disk, start->t_ns);
}

void ox_causality_crash(struct ox_findings *findings, struct ox_history *history,
                        const struct ox_observation *crash) {
    if (!history->places[crash->node].live) {
        ox_findings_add(findings, "node %u crashes at %s though it is down", crash->node,
                        ox_clock_text(crash->t_ns).text);
        return;
    }
    ox_history_stop(history, crash->node, crash->crash.keeps_disk, crash->t_ns);
}

void ox_causality_message(struct ox_findings *findings, const struct ox_history *history,
                          const struct ox_observation *message) {
    if (!history->places[message->node].live)
        ox_findings_add(findings, "node %u %s a message at %s though it is down", message->node,
                        message->kind == OX_OBS_SEND ? "sends" : "receives",
                        ox_clock_text(message->t_ns).text);
}

/* ---- contexts ---- */

static bool check_live(struct ox_findings *findings, const struct ox_history *history,
                       const struct ox_key *key, const struct ox_observation *seen,
                       const char *verb) {
    if (history->places[seen->node].live)
        return true;
    ox_findings_add(findings, "node %u %s %s at %s though it is down", seen->node, verb, key->label,
                    ox_clock_text(seen->t_ns).text);
    return false;
}

static void check_have(struct ox_findings *findings, const struct ox_holding *holding,
                       const struct ox_key *key, const struct ox_observation *seen) {
    if (seen->have == holding->have)
        return;
    ox_findings_add(findings,
                    "node %u has %" U64 " updates of %s at %s, but by what it made and saw it "
                    "must have %u: its context %s",
                    seen->node, seen->have, key->label, ox_clock_text(seen->t_ns).text,
                    holding->have,
                    seen->have < holding->have ? "shrank" : "holds what was never brought");
}

/* Whether the dot is the next of the node's replica and nobody made it before. */
static bool check_dot(struct ox_findings *findings, const struct ox_history *history,
                      const struct ox_key *key, const struct ox_holding *holding,
                      const struct ox_observation *update) {
    uint64_t replica = update->update.replica, n = update->update.n;
    const struct ox_place *place = &history->places[update->node];
    const struct ox_clock_text t = ox_clock_text(update->t_ns);
    if (replica != place->replica) {
        ox_findings_add(findings,
                        "node %u makes update [%" U64 ",%" U64 "] of %s at %s, but it lives as "
                        "replica %" U64,
                        update->node, replica, n, key->label, t.text, place->replica);
        return false;
    }
    uint32_t line = ox_key_line(key, replica);
    uint64_t made = line == OX_NO_LINE ? 0 : ox_key_length(key, line);
    uint64_t next = 1 + (uint64_t)(line == OX_NO_LINE ? 0 : ox_ref_upto(&holding->at, line));
    if (n >= 1 && n <= made) {
        ox_findings_add(findings,
                        "node %u makes update [%" U64 ",%" U64 "] of %s a second time at %s",
                        update->node, replica, n, key->label, t.text);
        return false;
    }
    if (n != next) {
        ox_findings_add(findings,
                        "node %u makes update [%" U64 ",%" U64 "] of %s at %s, but its next is "
                        "[%" U64 ",%" U64 "]",
                        update->node, replica, n, key->label, t.text, replica, next);
        return false;
    }
    return true;
}

struct ox_made *ox_causality_update(struct ox_findings *findings, struct ox_history *history,
                                    struct ox_key *key, const struct ox_observation *update) {
    if (!check_live(findings, history, key, update, "updates"))
        return NULL;
    const struct ox_holding *holding = ox_history_holding(history, update->node, key);
    check_have(findings, holding, key, update);
    if (!check_dot(findings, history, key, holding, update))
        return NULL;
    return ox_history_make(history, key, update);
}

bool ox_causality_read(struct ox_findings *findings, struct ox_history *history, struct ox_key *key,
                       const struct ox_observation *read) {
    if (!check_live(findings, history, key, read, "reads"))
        return false;
    check_have(findings, ox_history_holding(history, read->node, key), key, read);
    return true;
}

/* ---- joins ---- */

/* How far a span goes among the updates that were made, with a finding when it goes beyond. */
static uint32_t known_last(struct ox_findings *findings, const struct ox_key *key, uint32_t line,
                           const struct ox_obs_span *span, const struct ox_observation *see) {
    uint32_t made = line == OX_NO_LINE ? 0 : ox_key_length(key, line);
    if (span->first >= 1 && span->first <= span->last && span->last <= made)
        return (uint32_t)span->last;
    ox_findings_add(findings,
                    "node %u sees updates [%" U64 ",%" U64 "..%" U64 "] of %s at %s, but that "
                    "replica has made %u by then",
                    see->node, span->replica, span->first, span->last, key->label,
                    ox_clock_text(see->t_ns).text, made);
    return (uint32_t)MIN(span->last, made);
}

static void check_next(struct ox_findings *findings, const struct ox_key *key, uint32_t upto,
                       const struct ox_obs_span *span, const struct ox_observation *see) {
    if (span->first == (uint64_t)upto + 1)
        return;
    ox_findings_add(findings,
                    "node %u sees updates [%" U64 ",%" U64 "..%" U64 "] of %s at %s, but it has "
                    "that replica's up to %u: %s",
                    see->node, span->replica, span->first, span->last, key->label,
                    ox_clock_text(see->t_ns).text, upto,
                    span->first <= upto ? "applied twice" : "a gap");
}

static void take_span(struct ox_findings *findings, struct ox_history *history, struct ox_key *key,
                      const struct ox_obs_span *span, const struct ox_observation *see) {
    uint32_t line = ox_key_line(key, span->replica);
    uint32_t last = known_last(findings, key, line, span, see);
    if (line == OX_NO_LINE)
        return;
    struct ox_holding *holding = ox_history_holding(history, see->node, key);
    uint32_t upto = ox_ref_upto(&holding->at, line);
    check_next(findings, key, upto, span, see);
    for (uint32_t n = upto + 1; n <= last; n++)
        ox_history_hold(history, see->node, holding, ox_key_made(key, line, n), see->t_ns);
}

/* Whether the context covers what the maker of an update had seen. */
static bool check_closed(struct ox_findings *findings, const struct ox_key *key,
                         const struct ox_holding *holding, const struct ox_made *made,
                         const struct ox_observation *see) {
    const struct ox_ref_context *seen = &made->update.seen;
    for (uint32_t line = 0; line < seen->count; line++) {
        uint32_t upto = ox_ref_upto(&holding->at, line);
        if (upto >= seen->n[line])
            continue;
        ox_findings_add(findings,
                        "node %u sees update [%" U64 ",%u] of %s at %s without [%" U64
                        ",%u], which its maker had seen",
                        see->node, ox_key_replica(key, made->update.replica), made->update.n,
                        key->label, ox_clock_text(see->t_ns).text, ox_key_replica(key, line),
                        upto + 1);
        return false;
    }
    return true;
}

void ox_causality_see(struct ox_findings *findings, struct ox_history *history, struct ox_key *key,
                      const struct ox_observation *see) {
    if (!check_live(findings, history, key, see, "sees updates of"))
        return;
    for (size_t i = 0; i < see->see.count; i++)
        take_span(findings, history, key, &see->see.news[i], see);

    const struct ox_holding *holding = ox_history_holding(history, see->node, key);
    for (size_t i = 0; i < see->see.count; i++) {
        const struct ox_obs_span *span = &see->see.news[i];
        uint32_t line = ox_key_line(key, span->replica);
        uint32_t upto = line == OX_NO_LINE ? 0 : ox_ref_upto(&holding->at, line);
        for (uint64_t n = MAX(span->first, 1); n <= MIN(span->last, upto); n++)
            check_closed(findings, key, holding, ox_key_made(key, line, (uint32_t)n), see);
    }
}
