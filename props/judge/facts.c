/* facts.c - see facts.h: a linear-probe table of indexes into an array of facts. */
#include "props/judge/facts.h"

#include <string.h>
#include <xxhash.h>

struct ox_facts {
    GArray *all;     /* of struct ox_fact */
    uint32_t *slots; /* index + 1; 0: free */
    uint32_t mask;
};

#define FIRST_SLOTS 1024u

struct ox_facts *ox_facts_new(void) {
    struct ox_facts *facts = g_new0(struct ox_facts, 1);
    facts->all = g_array_new(FALSE, TRUE, sizeof(struct ox_fact));
    facts->slots = g_new0(uint32_t, FIRST_SLOTS);
    facts->mask = FIRST_SLOTS - 1;
    return facts;
}

void ox_facts_free(struct ox_facts *facts) {
    if (!facts)
        return;
    g_array_free(facts->all, TRUE);
    g_free(facts->slots);
    g_free(facts);
}

static struct ox_fact *fact_at(struct ox_facts *facts, uint32_t index) {
    return &g_array_index(facts->all, struct ox_fact, index);
}

static uint32_t slot_of(const struct ox_facts *facts, const uint64_t hash[2]) {
    uint32_t slot = (uint32_t)hash[0] & facts->mask;
    while (facts->slots[slot] != 0) {
        const struct ox_fact *fact = fact_at((struct ox_facts *)facts, facts->slots[slot] - 1);
        if (fact->hash[0] == hash[0] && fact->hash[1] == hash[1])
            break;
        slot = (slot + 1) & facts->mask;
    }
    return slot;
}

static void grow(struct ox_facts *facts) {
    g_free(facts->slots);
    facts->mask = facts->mask * 2 + 1;
    facts->slots = g_new0(uint32_t, (size_t)facts->mask + 1);
    for (uint32_t i = 0; i < facts->all->len; i++)
        facts->slots[slot_of(facts, fact_at(facts, i)->hash)] = i + 1;
}

struct ox_fact *ox_facts_of(struct ox_facts *facts, const struct ox_key *key,
                            const struct ox_holding *holding) {
    /* Empty contexts sum up to zero for every key: the key itself counts too. */
    const uint32_t words[4] = {key->index, 0, 0, 1};
    XXH128_hash_t own = XXH3_128bits(words, sizeof words);
    const uint64_t hash[2] = {holding->hash[0] + own.low64, holding->hash[1] + own.high64};
    uint32_t slot = slot_of(facts, hash);
    if (facts->slots[slot] == 0) {
        if (facts->all->len >= (facts->mask / 4) * 3) {
            grow(facts);
            slot = slot_of(facts, hash);
        }
        g_array_set_size(facts->all, facts->all->len + 1);
        facts->slots[slot] = facts->all->len;
        memcpy(fact_at(facts, facts->all->len - 1)->hash, hash, sizeof hash);
    }
    return fact_at(facts, facts->slots[slot] - 1);
}
