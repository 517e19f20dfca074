/* laws.h - the laws of data types, as properties.
 *
 * A case is a random history: 2 to 8 replicas that update, send deltas, groups, full states and
 * answers to each other's contexts, with duplicates, reordering and loss; replicas restart, come
 * back under a new number after they lost their state, and collect what is stable
 * (laws/history.h). Laws hold on the states, deltas and reads that come up in it.
 *
 *   associative, commutative, idempotent
 *                 of join, on states made by updates; the join says whether it changed something
 *   inflation     an update goes up in the order; one that is refused changes nothing
 *   delta         new state = old state join delta
 *   gap           a delta whose since is not covered is refused with OX_GAP and changes nothing
 *   delivery      arbitrary delivery never reads wrong (against the reference model) and never
 *                 gives two stores for one context
 *   operations    joining the deltas of the updates alone, in any causal order, gives the state
 *                 that groups, answers and whole states gave; where a type has operations smaller
 *                 than these, so does taking them, however they come and whatever comes between
 *   typed         the typed calls do what ox_object_apply does: same status, state and delta
 *   replicas      a read depends neither on the numbers that replicas go by nor, where every update
 *                 has seen all before it, on how many replicas made them
 *   remove        a removal takes what its replica saw and nothing else; a second one is a no-op,
 *                 and what is added again shows as if there had been nothing before
 *   collect       what is stable may go: no read changes, now or later, the store never grows, and
 *                 replicas that collected at different times are equal once they collected as far
 *   since         joining delta_since(o, c) equals joining o; nothing goes whose dots are all in c
 *   group         joining a merged group equals joining its deltas
 *   difference    joining difference(d, o) into o, or into any object covering its since, equals
 *                 joining d
 *   decompose     the parts of a delta join back to it, none of them can be left out, and none can
 *                 be split further
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

#define OX_REACH_VERBS 8
#define OX_REACH_TYPES 16
#define OX_REACH_DEPTH 4
#define OX_REACH_CROWD 8

/* What operations must meet, of a type that has them. */
#define OX_REACH_OPERATIONS(X)                                                                     \
    X(TEXT, "a text as an operation")                                                              \
    X(LIST, "a list of several elements as an operation")                                          \
    X(TYPED_ON, "an insert that goes on behind its replica's last one")                            \
    X(ERASE, "an erase of one element as an operation")                                            \
    X(RANGE, "an erase of several elements as an operation")                                       \
    X(SPANS, "an erase of several spans")                                                          \
    X(DOWN, "an erase of a span that goes down")                                                   \
    X(BY_POSITION, "an operation made by position")                                                \
    X(BY_ID, "an operation made by id")                                                            \
    X(BEHIND_ERASED, "an insert behind what is erased")                                            \
    X(EARLY, "an operation that comes too early")                                                  \
    X(AGAIN, "an operation that comes again")                                                      \
    X(DELTA, "an update told by its delta between operations")                                     \
    X(REPAIR, "operations that are lost, and repaired by what carries more")                       \
    X(ONE_PLACE, "concurrent operations that insert at one place")                                 \
    X(ONE_ELEMENT, "concurrent operations that erase one element")
enum ox_reach_operation {
#define X(name, words) OX_REACH_OPERATION_##name,
    OX_REACH_OPERATIONS(X)
#undef X
        OX_REACH_OPERATION_COUNT
};

/* How often things that matter came up while a law ran on a type: a law that never met a gap has
 * said nothing about gaps. */
struct ox_reach {
    uint64_t updates, refused, joins, gaps, duplicates, restarts, losses, concurrent_pairs, groups,
        answers;
    uint64_t verbs[OX_REACH_VERBS];     /* accepted, in the order of the type's verbs */
    uint64_t statuses[OX_STATUS_COUNT]; /* of updates */
    uint64_t runs;                      /* updates that took several dots */
    uint64_t resets, reset_races;       /* removals in maps; updates under them that they had not
                                           seen, nor those them */
    uint64_t depths[OX_REACH_DEPTH];    /* of paths in maps */
    uint64_t inner[OX_REACH_TYPES][OX_REACH_VERBS]; /* accepted inside maps, by ox_types */
    uint64_t crowds[OX_REACH_CROWD + 1]; /* histories by how many replicas held something */
    uint64_t stable, collections, collected_bytes; /* collections of something stable; that dropped
                                                      something; how much */
    uint64_t reads_judged, states_met_again, differences, split_deltas, ordered_pairs, replays,
        typed_calls, spread_updates, removals, returns, changing_deltas, idle_deltas;
    uint64_t operations[OX_REACH_OPERATION_COUNT]; /* of a type that has them */
    uint64_t mutants, decoded_mutants;             /* of encodings of objects */
    uint64_t delta_mutants, decoded_delta_mutants; /* of deltas */
};

struct ox_law_run;
struct ox_law_case;      /* one history and what is said about it: laws_case.h */
struct ox_history_event; /* one step of it: laws/history.h */

struct ox_law {
    const char *name;
    const char *about; /* the sentence above */
    /* Holds after this step, and at the end of the history; false with the case's reason filled.
     * Either may be NULL. */
    bool (*step)(struct ox_law_case *c, const struct ox_history_event *event);
    bool (*end)(struct ox_law_case *c);
    /* What must have come up for the law to have said anything, besides what every law must meet
     * (ox_reach_lacks), in words; NULL when it all did. */
    const char *(*lacks)(const struct ox_law_run *run);
    bool collects; /* residue goes during its histories */
};
extern const struct ox_law ox_laws[];
extern const size_t ox_law_count;
const struct ox_law *ox_law_named(const char *name); /* NULL when there is none */

struct ox_law_run {
    const struct ox_law *law;
    const struct ox_type *type, *inner;
    struct ox_property_run run;
    struct ox_reach reach; /* of all cases, those of the shrinking included */
    char *vacuous;         /* not NULL: what never came up in at least OX_LAW_CASES_TELLING cases
                              though the law says something about it; the law then fails */
    char *story;           /* a failing case, step by step, for people; NULL unless FAIL */
};

/* With fewer cases than these a run is not called vacuous. */
#define OX_LAW_CASES_TELLING 100

/* Runs one law on one type. Of a type that is a map, `inner` is the only type that its keys lead
 * to, or the map's own type for maps in maps (depth 2 and 3); NULL: all types, at all depths. Runs
 * of many can be made in any order: each depends on its arguments only. Cost: about 5 us per step
 * of a history. */
void ox_law_check(const struct ox_law *law, const struct ox_type *type, const struct ox_type *inner,
                  uint64_t seed, uint64_t cases, struct ox_law_run *run);
void ox_law_run_clear(struct ox_law_run *run);

/* What histories must meet, whatever the law, and did not, in words (to be freed); NULL when they
 * met it all: every verb (also inside maps where they hold one type, else each inner type), every
 * status that the type can answer, gaps, duplicates, concurrent states, restarts, lost states,
 * runs, resets, crowds. */
char *ox_reach_lacks(const struct ox_law_run *run);
/* "840 updates (add 610, remove 230), 90 refused (NOOP 80, INVALID 10), 12 gaps, ..." */
void ox_reach_print(const struct ox_reach *reach, const struct ox_type *type, GString *out);

#endif
