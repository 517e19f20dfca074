/* facts.h - one context, one state, one value.
 *
 *     (key, context)  ->  the state and the value that belong to it
 *
 * The first sighting of a context fixes its state; every later one, at whatever node and time, must
 * show the same bytes. What it must read as is computed once.
 *
 * A context is known here by its 128-bit hash: for two to be taken for one, 2^64 contexts would
 * have to come up. Cost: O(1) expected and 56 bytes per distinct context that was looked at.
 */
#ifndef OXBOW_PROPS_JUDGE_FACTS_H
#define OXBOW_PROPS_JUDGE_FACTS_H

#include "props/judge/history.h"

struct ox_fact {
    uint64_t hash[2];
    uint64_t state, t_ns; /* the first sighting: when has_state */
    uint32_t node;
    bool has_state, has_value;
    uint64_t value; /* XXH3-64 of the JSON that it must read as: when has_value */
};

struct ox_facts;
struct ox_facts *ox_facts_new(void);
void ox_facts_free(struct ox_facts *facts);
/* The fact of a context, made when it is new; valid until the next call. */
struct ox_fact *ox_facts_of(struct ox_facts *facts, const struct ox_key *key,
                            const struct ox_holding *holding);

#endif
