/* final.c - see final.h. */
#include "props/judge/final.h"

void ox_final_mark_died(struct ox_history *history) {
    for (uint32_t i = 0; i < history->made->len; i++) {
        struct ox_made *made = g_ptr_array_index(history->made, i);
        const struct ox_place *own = &history->places[made->node];
        made->died = made->holders == 0 && (!own->live || own->life > made->life);
    }
}

static bool is_lost(const struct ox_history *history, const struct ox_made *made) {
    return !made->died && made->holders < history->live;
}

uint64_t ox_final_lost(const struct ox_history *history) {
    uint64_t lost = 0;
    for (uint32_t i = 0; i < history->made->len; i++)
        lost += is_lost(history, g_ptr_array_index(history->made, i));
    return lost;
}

/* ---- one key ---- */

static bool exists(const struct ox_key *key) {
    for (uint32_t i = 0; i < key->made->len; i++)
        if (((const struct ox_made *)g_ptr_array_index(key->made, i))->holders > 0)
            return true;
    return false;
}

static const struct ox_holding *holding_of(const struct ox_history *history, uint32_t node,
                                           const struct ox_key *key) {
    static const struct ox_holding nothing;
    const struct ox_place *place = &history->places[node];
    return key->index < place->holding_count ? &place->holdings[key->index] : &nothing;
}

static bool holdings_equal(const struct ox_holding *a, const struct ox_holding *b) {
    return a->have == b->have && a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1];
}

/* The first update that one of two nodes has and the other has not. */
static char *difference(const struct ox_history *history, const struct ox_key *key, uint32_t a,
                        uint32_t b) {
    const struct ox_holding *left = holding_of(history, a, key);
    const struct ox_holding *right = holding_of(history, b, key);
    for (uint32_t line = 0; line < key->replicas->len; line++) {
        uint32_t of_a = ox_ref_upto(&left->at, line), of_b = ox_ref_upto(&right->at, line);
        if (of_a == of_b)
            continue;
        uint32_t lacks = of_a < of_b ? a : b, has = of_a < of_b ? b : a;
        uint32_t n = MIN(of_a, of_b) + 1;
        const struct ox_made *made = ox_key_made(key, line, n);
        char *what = ox_made_text(made);
        char *text = g_strdup_printf(
            "at the end node %u lacks update [%" G_GUINT64_FORMAT ",%u] of %s (%s), which node "
            "%u has: they hold %u and %u updates of it",
            lacks, ox_key_replica(key, line), n, key->label, what, has,
            lacks == a ? left->have : right->have, lacks == a ? right->have : left->have);
        g_free(what);
        return text;
    }
    g_assert_not_reached(); /* equal contexts have equal hashes */
}

static char *key_trouble(const struct ox_history *history, const struct ox_key *key) {
    uint32_t first = UINT32_MAX;
    for (uint32_t node = 0; node < history->nodes; node++) {
        if (!history->places[node].live)
            continue;
        if (first == UINT32_MAX)
            first = node;
        const struct ox_holding *holding = holding_of(history, node, key);
        if (!holding->final_read)
            return g_strdup_printf("no final read of %s at node %u", key->label, node);
        if (!holdings_equal(holding, holding_of(history, first, key)))
            return difference(history, key, first, node);
    }
    return NULL;
}

/* ---- all of them ---- */

enum ox_verdict ox_final_verdict(const struct ox_history *history, char **reason) {
    *reason = NULL;
    if (history->live < 2) {
        *reason =
            g_strdup(history->live == 0
                         ? "no node lives at the end"
                         : "only one node lives at the end: there is none to compare it with");
        return OX_UNKNOWN;
    }
    bool any = false;
    for (uint32_t i = 0; i < history->keys->len && !*reason; i++) {
        const struct ox_key *key = g_ptr_array_index(history->keys, i);
        if (!exists(key))
            continue;
        any = true;
        *reason = key_trouble(history, key);
    }
    if (*reason)
        return OX_FAIL;
    if (any) {
        /* Where all hold the same, none is lost: an owed update that nobody held would be in the
         * context of its own node, which lives and has its disk. */
        g_assert(ox_final_lost(history) == 0);
        return OX_PASS;
    }
    *reason = g_strdup("no key exists at the end: there was nothing to compare");
    return OX_UNKNOWN;
}
