/* property.h - property-based testing from C, on RapidCheck.
 *
 * A property is a C function that gets generated input and answers pass, fail or skip with a
 * reason. Input is a vector of records, drawn whole BEFORE the call from fields with ranges that
 * the caller declares; a failing vector is shrunk (fewer records, smaller fields) and the smallest
 * one is handed back. No exception crosses a C frame; seed and number of cases are arguments; the
 * same arguments give the same cases.
 *
 * Claessen, Hughes, "QuickCheck: a lightweight tool for random testing of Haskell programs", ICFP
 * 2000.
 */
#ifndef OXBOW_PROPS_PROPERTY_H
#define OXBOW_PROPS_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OX_PROPERTY_FIELDS_MAX 8
#define OX_PROPERTY_REASON_MAX 1024

struct ox_field {
    const char *name;  /* for the story of a failure */
    int64_t low, high; /* inclusive; shrinks towards low */
};

struct ox_record {
    int64_t field[OX_PROPERTY_FIELDS_MAX];
};

enum ox_answer { OX_ANSWER_PASS, OX_ANSWER_FAIL, OX_ANSWER_SKIP };

struct ox_property {
    const char *name;
    const struct ox_field *fields;
    size_t field_count; /* <= OX_PROPERTY_FIELDS_MAX */
    size_t records_max; /* a case has 0..records_max records */
    /* `reason` has OX_PROPERTY_REASON_MAX bytes; fill it when the answer is not pass. Must be a
     * function of its input. */
    enum ox_answer (*holds)(const struct ox_record *records, size_t count, void *context,
                            char *reason);
    void *context;
};

struct ox_property_run {
    enum ox_answer answer; /* SKIP: too many cases were skipped to say anything */
    uint64_t cases, skipped, shrinks;
    struct ox_record *smallest; /* the shrunk counterexample, malloc'd; NULL unless FAIL */
    size_t smallest_count;
    char reason[OX_PROPERTY_REASON_MAX]; /* of the smallest */
    char reproduce[512];                 /* RapidCheck's own string, when it gave one */
};

/* Runs `cases` cases (at most INT_MAX) from `seed`; `run` is overwritten, and cleared by the caller
 * with ox_property_run_clear. */
void ox_property_check(const struct ox_property *property, uint64_t seed, uint64_t cases,
                       struct ox_property_run *run);
void ox_property_run_clear(struct ox_property_run *run);

#ifdef __cplusplus
}
#endif

#endif
