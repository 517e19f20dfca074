/* laws.h - the laws of data types, as properties.
 *
 * A case is a random history: 2 to 5 replicas that update, send deltas, groups, full states and
 * answers to each other's contexts, with duplicates, reordering and loss; replicas restart, and
 * come back under a new number after they lost their state (laws/history.h). Laws hold on the
 * states, deltas and reads that come up in it.
 *
 *   associative, commutative, idempotent
 *                 of join, on states made by updates
 *   inflation     an update goes up in the order; one that is refused changes nothing
 *   delta         new state = old state join delta
 *   gap           a delta whose since is not covered is refused with OX_GAP and changes nothing
 *   delivery      arbitrary delivery never reads wrong (against the reference model) and never
 *                 gives two stores for one context
 *   since         joining delta_since(o, c) equals joining o
 *   group         joining a merged group equals joining its deltas
 *   difference    joining difference(d, o) into o, or into any object covering its since, equals
 *                 joining d
 *   decompose     the parts of a delta join back to it, none of them can be left out
 *   order         leq(a, b) exactly when a join b = b
 *   encoding      encode and decode give the object back; equal objects have equal bytes
 *   hostile       mutated encodings are refused or decode to something valid that encodes to the
 *                 same bytes and joins the same from either side; never a crash
 *   valid         ox_object_valid after every step
 *
 * All of them work through struct ox_type, so they hold for a type of your own as well. A type
 * without a reference model is judged by all of them except that its reads are not compared.
 */
#ifndef OXBOW_PROPS_LAWS_H
#define OXBOW_PROPS_LAWS_H

#include "crdt/object.h"
#include "props/property.h"

#include <glib.h>

/* How often things that matter came up while a law ran on a type: a law that never met a gap has
 * said nothing about gaps. */
struct ox_reach {
    uint64_t updates, noops, joins, gaps, duplicates, concurrent_pairs, groups, answers,
        reads_judged, states_met_again, differences, split_deltas, ordered_pairs;
    uint64_t mutants, decoded_mutants;             /* of encodings of objects */
    uint64_t delta_mutants, decoded_delta_mutants; /* of deltas */
};

struct ox_law_case;      /* one history and what is said about it: laws_case.h */
struct ox_history_event; /* one step of it: laws/history.h */

struct ox_law {
    const char *name;
    const char *about; /* the sentence above */
    /* Holds after this step, and at the end of the history; false with the case's reason filled.
     * Either may be NULL. */
    bool (*step)(struct ox_law_case *c, const struct ox_history_event *event);
    bool (*end)(struct ox_law_case *c);
    /* What must have come up for the law to have said anything, in words; NULL when it all did. */
    const char *(*lacks)(const struct ox_reach *reach, const struct ox_type *type);
};
extern const struct ox_law ox_laws[];
extern const size_t ox_law_count;
const struct ox_law *ox_law_named(const char *name); /* NULL when there is none */

struct ox_law_run {
    const struct ox_law *law;
    const struct ox_type *type;
    struct ox_property_run run;
    struct ox_reach reach; /* of all cases, those of the shrinking included */
    const char *vacuous;   /* not NULL: what never came up in at least OX_LAW_CASES_TELLING cases
                              though this law is about it; the law then fails */
    char *story;           /* a failing case, step by step, for people; NULL unless FAIL */
};

/* With fewer cases than these a run is not called vacuous. */
#define OX_LAW_CASES_TELLING 100

/* Runs one law on one type. Runs of many can be made in any order: each depends on (type, law,
 * seed, cases) only. Cost: about 5 us per step of a history. */
void ox_law_check(const struct ox_law *law, const struct ox_type *type, uint64_t seed,
                  uint64_t cases, struct ox_law_run *run);
void ox_law_run_clear(struct ox_law_run *run);

#endif
