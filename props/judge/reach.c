/* reach.c - see reach.h. */
#include "props/judge/reach.h"
#include "props/judge/findings.h"

#include <string.h>

#define SECOND 1e9

void ox_reach_init(struct ox_reach_faults *reach, const struct ox_judge_config *config) {
    reach->config = config;
    reach->faults = g_new0(struct ox_reach_fault, config->fault_count);
}

void ox_reach_clear(struct ox_reach_faults *reach) {
    g_free(reach->faults);
    reach->faults = NULL;
}

/* ---- counting ---- */

static void hit(struct ox_reach_faults *reach, uint32_t fault) {
    if (fault < reach->config->fault_count)
        reach->faults[fault].hits++;
}

static void turn(struct ox_reach_faults *reach, const struct ox_observation *observation) {
    if (observation->fault.fault >= reach->config->fault_count)
        return;
    struct ox_reach_fault *fault = &reach->faults[observation->fault.fault];
    fault->on = observation->fault.on;
    if (!fault->on) {
        fault->ended = true;
        fault->off_ns = observation->t_ns;
    } else if (!fault->begun) {
        fault->begun = true;
        fault->on_ns = observation->t_ns;
    }
}

static void hit_by_message(struct ox_reach_faults *reach,
                           const struct ox_observation *observation) {
    hit(reach, observation->message.fault);
    if (observation->message.fault != OX_NO_FAULT)
        return;
    reach->weather.lost +=
        observation->kind == OX_OBS_DROP && observation->message.why == OX_DROP_LOSS;
    reach->weather.repeated += observation->message.duplicate;
}

static void send(struct ox_reach_faults *reach) {
    reach->weather.chances += !reach->weather.over;
    for (uint32_t i = 0; i < reach->config->fault_count; i++)
        reach->faults[i].chances += reach->faults[i].on;
}

void ox_reach_observe(struct ox_reach_faults *reach, const struct ox_observation *observation) {
    switch (observation->kind) {
    case OX_OBS_FAULT:
        turn(reach, observation);
        break;
    case OX_OBS_SEND:
        send(reach);
        break;
    case OX_OBS_DELIVER:
    case OX_OBS_DROP:
        hit_by_message(reach, observation);
        break;
    case OX_OBS_PHASE:
        reach->weather.over = observation->phase.phase != OX_PHASE_RUN;
        break;
    case OX_OBS_CRASH:
        hit(reach, observation->crash.fault);
        break;
    default:
        break;
    }
}

bool ox_reach_last_heal(const struct ox_reach_faults *reach, uint64_t *t_ns) {
    bool healed = false;
    *t_ns = 0;
    for (uint32_t i = 0; i < reach->config->fault_count; i++) {
        if (!reach->faults[i].ended || strcmp(reach->config->faults[i].kind, "partition") != 0)
            continue;
        healed = true;
        *t_ns = MAX(*t_ns, reach->faults[i].off_ns);
    }
    return healed;
}

static double expected(const struct ox_reach_faults *reach, uint32_t fault) {
    return reach->config->faults[fault].rate * (double)reach->faults[fault].chances;
}

struct ox_fault_seen *ox_reach_seen(const struct ox_reach_faults *reach) {
    struct ox_fault_seen *seen = g_new0(struct ox_fault_seen, reach->config->fault_count);
    for (uint32_t i = 0; i < reach->config->fault_count; i++) {
        const struct ox_reach_fault *fault = &reach->faults[i];
        seen[i].on_s = fault->begun ? (double)fault->on_ns / SECOND : -1;
        seen[i].off_s = fault->ended && !fault->on ? (double)fault->off_ns / SECOND : -1;
        seen[i].hits = fault->hits;
        seen[i].expected = expected(reach, i);
    }
    return seen;
}

/* ---- judging ---- */

/* Two owed updates of the key neither of which had seen the other. An update has all earlier ones
 * in its context or is concurrent with one of them; later ones it cannot have seen. */
static bool concurrent_pair(const struct ox_key *key) {
    for (uint32_t later = 1; later < key->made->len; later++) {
        const struct ox_made *v = g_ptr_array_index(key->made, later);
        uint64_t seen = 0;
        for (uint32_t line = 0; line < v->update.seen.count; line++)
            seen += v->update.seen.n[line];
        if (v->died || seen == later)
            continue;
        for (uint32_t earlier = 0; earlier < later; earlier++) {
            const struct ox_made *u = g_ptr_array_index(key->made, earlier);
            if (!u->died && !ox_ref_before(&u->update, &v->update))
                return true;
        }
    }
    return false;
}

static bool concurrent_anywhere(const struct ox_history *history) {
    for (uint32_t i = 0; i < history->keys->len; i++)
        if (concurrent_pair(g_ptr_array_index(history->keys, i)))
            return true;
    return false;
}

/* How many replicas made the owed updates, up to the number that is asked for. */
static uint32_t makers(const struct ox_history *history) {
    uint64_t first = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < history->made->len && count < OX_REACH_REPLICAS; i++) {
        const struct ox_made *made = g_ptr_array_index(history->made, i);
        uint64_t replica = ox_key_replica(made->key, made->update.replica);
        if (made->died || (count == 1 && replica == first))
            continue;
        first = replica;
        count++;
    }
    return count;
}

static void add_reason(GString *reasons, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_reason(GString *reasons, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (reasons->len > 0)
        g_string_append(reasons, "; ");
    g_string_append_vprintf(reasons, format, arguments);
    va_end(arguments);
}

static void missing_updates(const struct ox_history *history, GString *reasons) {
    uint64_t owed = 0;
    for (uint32_t i = 0; i < history->made->len; i++)
        owed += !((const struct ox_made *)g_ptr_array_index(history->made, i))->died;
    if (owed < OX_REACH_UPDATES)
        add_reason(reasons, "only %" G_GUINT64_FORMAT " owed updates, at least %d make a test",
                   owed, OX_REACH_UPDATES);
    if (makers(history) < OX_REACH_REPLICAS)
        add_reason(reasons, "fewer than %d replicas made owed updates", OX_REACH_REPLICAS);
    if (!concurrent_anywhere(history))
        add_reason(reasons, "no two updates of one key were concurrent");
}

static void missing_hits(const struct ox_reach_faults *reach, GString *reasons) {
    for (uint32_t i = 0; i < reach->config->fault_count; i++) {
        const struct ox_judge_fault *fault = &reach->config->faults[i];
        const struct ox_reach_fault *seen = &reach->faults[i];
        if (seen->hits > 0)
            continue;
        if (!seen->begun)
            add_reason(reasons, "fault %s (%s) never began", fault->name, fault->kind);
        else if (fault->rate <= 0)
            add_reason(reasons, "fault %s (%s) hit nothing", fault->name, fault->kind);
        else if (expected(reach, i) >= OX_REACH_EXPECTED)
            add_reason(reasons, "fault %s (%s) hit nothing where %.0f hits were to be expected",
                       fault->name, fault->kind, expected(reach, i));
    }
}

static void missing_of_network(const struct ox_reach_faults *reach, const char *what, double rate,
                               uint64_t hits, GString *reasons) {
    double due = rate * (double)reach->weather.chances;
    if (hits == 0 && due >= OX_REACH_EXPECTED)
        add_reason(reasons, "the network's %s hit nothing where %.0f hits were to be expected",
                   what, due);
}

char *ox_reach_missing(const struct ox_reach_faults *reach, const struct ox_history *history) {
    GString *reasons = g_string_new(NULL);
    missing_updates(history, reasons);
    missing_hits(reach, reasons);
    missing_of_network(reach, "loss", reach->config->loss, reach->weather.lost, reasons);
    missing_of_network(reach, "duplication", reach->config->duplicate, reach->weather.repeated,
                       reasons);
    if (reasons->len > 0)
        return g_string_free(reasons, FALSE);
    g_string_free(reasons, TRUE);
    return NULL;
}
