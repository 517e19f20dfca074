/* The binding to RapidCheck: the same seed gives the same cases, every length comes up, and a
 * counterexample shrinks to the known least one. */
#include "props/property.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#define RECORDS_MAX 25

static const struct ox_field fields[] = {
    {"kind", 0, 20}, {"side", -5, 5}, {"any", INT64_MIN, INT64_MAX}};

static struct ox_property property_of(enum ox_answer (*holds)(const struct ox_record *, size_t,
                                                              void *, char *),
                                      void *context) {
    return (struct ox_property){.name = "test",
                                .fields = fields,
                                .field_count = G_N_ELEMENTS(fields),
                                .records_max = RECORDS_MAX,
                                .holds = holds,
                                .context = context};
}

/* ---- what was drawn ---- */

struct seen {
    uint64_t hash, calls;
    size_t longest, lengths[RECORDS_MAX + 1];
    bool out_of_range, negative_any, positive_any;
    int64_t kind_low, kind_high, side_low, side_high;
};

static enum ox_answer look(const struct ox_record *records, size_t count, void *context,
                           char *reason) {
    struct seen *seen = context;
    (void)reason;
    seen->calls++;
    seen->longest = MAX(seen->longest, count);
    seen->lengths[count]++;
    seen->hash = seen->hash * 31 + count;
    for (size_t i = 0; i < count; i++) {
        const int64_t *field = records[i].field;
        for (size_t f = 0; f < G_N_ELEMENTS(fields); f++) {
            seen->hash = (seen->hash ^ (uint64_t)field[f]) * UINT64_C(0x100000001b3);
            seen->out_of_range |= field[f] < fields[f].low || field[f] > fields[f].high;
        }
        seen->kind_low = MIN(seen->kind_low, field[0]);
        seen->kind_high = MAX(seen->kind_high, field[0]);
        seen->side_low = MIN(seen->side_low, field[1]);
        seen->side_high = MAX(seen->side_high, field[1]);
        seen->negative_any |= field[2] < -(INT64_C(1) << 60);
        seen->positive_any |= field[2] > (INT64_C(1) << 60);
    }
    return OX_ANSWER_PASS;
}

static struct seen drawn(uint64_t seed, uint64_t cases) {
    struct seen seen = {.kind_low = 99, .side_low = 99, .kind_high = -99, .side_high = -99};
    struct ox_property property = property_of(look, &seen);
    struct ox_property_run run;
    ox_property_check(&property, seed, cases, &run);
    g_assert_cmpint(run.answer, ==, OX_ANSWER_PASS);
    g_assert_cmpuint(run.cases, ==, cases);
    g_assert_cmpuint(run.skipped, ==, 0);
    g_assert_null(run.smallest);
    g_assert_cmpstr(run.reason, ==, "");
    ox_property_run_clear(&run);
    g_assert_cmpuint(seen.calls, ==, cases);
    return seen;
}

static void same_seed_same_cases(void) {
    g_assert_cmphex(drawn(7, 300).hash, ==, drawn(7, 300).hash);
    g_assert_cmphex(drawn(7, 300).hash, !=, drawn(8, 300).hash);
    g_assert_cmphex(drawn(7, 300).hash, !=, drawn(UINT64_C(7) << 40, 300).hash);
}

/* The bytes that a seed stands for are a promise across machines and compilers. */
static void cases_of_a_seed_never_change(void) {
    g_assert_cmphex(drawn(1, 50).hash, ==, UINT64_C(0x92e169a4dc4089c3));
}

/* RapidCheck reads its environment once in a process, so the other draw is in one of its own. */
static void environment_changes_nothing(void) {
    if (g_test_subprocess()) {
        printf("drawn %" G_GINT64_MODIFIER "x.\n", drawn(7, 100).hash);
        return;
    }
    char *expected = g_strdup_printf("*drawn %" G_GINT64_MODIFIER "x.*", drawn(7, 100).hash);
    g_setenv("RC_PARAMS", "seed=99 max_success=3 verbose_progress=1", TRUE);
    g_test_trap_subprocess(NULL, 0, 0);
    g_unsetenv("RC_PARAMS");
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout(expected);
    g_free(expected);
}

static void every_length_comes_up(void) {
    struct seen seen = drawn(3, 101);
    g_assert_cmpuint(seen.longest, ==, RECORDS_MAX);
    for (size_t length = 0; length <= RECORDS_MAX; length++) {
        g_assert_cmpuint(seen.lengths[length], >, 0);
    }
}

static void short_runs_reach_the_longest_too(void) {
    g_assert_cmpuint(drawn(3, 10).longest, ==, RECORDS_MAX);
}

static void fields_fill_their_ranges(void) {
    struct seen seen = drawn(5, 500);
    g_assert_false(seen.out_of_range);
    g_assert_cmpint(seen.kind_low, ==, 0);
    g_assert_cmpint(seen.kind_high, ==, 20);
    g_assert_cmpint(seen.side_low, ==, -5);
    g_assert_cmpint(seen.side_high, ==, 5);
    g_assert_true(seen.negative_any);
    g_assert_true(seen.positive_any);
}

static void no_cases_is_a_pass_of_none(void) {
    g_assert_cmpuint(drawn(1, 0).calls, ==, 0);
}

/* ---- shrinking ---- */

/* Fails when a record with kind >= 7 comes before one with side = 3. */
static enum ox_answer seven_before_three(const struct ox_record *records, size_t count,
                                         void *context, char *reason) {
    size_t seven = count;
    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (seven < i && records[i].field[1] == 3) {
            g_snprintf(reason, OX_PROPERTY_REASON_MAX, "%zu then %zu of %zu", seven, i, count);
            return OX_ANSWER_FAIL;
        }
        if (seven == count && records[i].field[0] >= 7) {
            seven = i;
        }
    }
    return OX_ANSWER_PASS;
}

static void shrinks_to_the_least_counterexample(void) {
    struct ox_property property = property_of(seven_before_three, NULL);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct ox_property_run run;
        ox_property_check(&property, seed, 500, &run);
        g_assert_cmpint(run.answer, ==, OX_ANSWER_FAIL);
        g_assert_cmpuint(run.smallest_count, ==, 2);
        g_assert_cmpint(run.smallest[0].field[0], ==, 7);
        g_assert_cmpint(run.smallest[0].field[1], ==, -5);
        g_assert_cmpint(run.smallest[0].field[2], ==, INT64_MIN);
        g_assert_cmpint(run.smallest[1].field[0], ==, 0);
        g_assert_cmpint(run.smallest[1].field[1], ==, 3);
        g_assert_cmpint(run.smallest[1].field[2], ==, INT64_MIN);
        g_assert_cmpstr(run.reason, ==, "0 then 1 of 2");
        g_assert_cmpuint(run.shrinks, >, 0);
        g_assert_true(g_str_has_prefix(run.reproduce, "reproduce="));
        ox_property_run_clear(&run);
        g_assert_null(run.smallest);
    }
}

static enum ox_answer never(const struct ox_record *records, size_t count, void *context,
                            char *reason) {
    (void)records;
    (void)count;
    (void)context;
    memset(reason, 'x', OX_PROPERTY_REASON_MAX);
    return OX_ANSWER_FAIL;
}

static void a_property_that_never_holds_shrinks_to_nothing(void) {
    struct ox_property property = property_of(never, NULL);
    struct ox_property_run run;
    ox_property_check(&property, 1, 10, &run);
    g_assert_cmpint(run.answer, ==, OX_ANSWER_FAIL);
    g_assert_cmpuint(run.cases, ==, 1);
    g_assert_nonnull(run.smallest);
    g_assert_cmpuint(run.smallest_count, ==, 0);
    g_assert_cmpuint(strlen(run.reason), ==, OX_PROPERTY_REASON_MAX - 1);
    ox_property_run_clear(&run);
}

/* ---- skipping ---- */

/* Fails only when short and skips when long, so that skips lie on the way of the shrinking. */
static enum ox_answer skip_many(const struct ox_record *records, size_t count, void *context,
                                char *reason) {
    uint64_t *skip_above = context;
    (void)records;
    if (count > *skip_above) {
        g_strlcpy(reason, "too long", OX_PROPERTY_REASON_MAX);
        return OX_ANSWER_SKIP;
    }
    return OX_ANSWER_PASS;
}

static void skipped_cases_are_drawn_again(void) {
    uint64_t skip_above = RECORDS_MAX / 2;
    struct ox_property property = property_of(skip_many, &skip_above);
    struct ox_property_run run;
    ox_property_check(&property, 1, 5, &run);
    g_assert_cmpint(run.answer, ==, OX_ANSWER_SKIP);
    g_assert_cmpstr(run.reason, ==, "too long");
    g_assert_cmpuint(run.skipped, >, 0);
    g_assert_cmpuint(run.cases, <, 5);
    g_assert_null(run.smallest);
    ox_property_run_clear(&run);
}

static enum ox_answer skip_some_fail_some(const struct ox_record *records, size_t count,
                                          void *context, char *reason) {
    (void)context;
    if (count > 0 && records[count - 1].field[0] % 2 == 1) {
        g_strlcpy(reason, "odd", OX_PROPERTY_REASON_MAX);
        return OX_ANSWER_SKIP;
    }
    if (count >= 4) {
        g_strlcpy(reason, "four or more", OX_PROPERTY_REASON_MAX);
        return OX_ANSWER_FAIL;
    }
    return OX_ANSWER_PASS;
}

static void the_reason_of_a_failure_is_not_that_of_a_skip(void) {
    struct ox_property property = property_of(skip_some_fail_some, NULL);
    struct ox_property_run run;
    ox_property_check(&property, 2, 200, &run);
    g_assert_cmpint(run.answer, ==, OX_ANSWER_FAIL);
    g_assert_cmpuint(run.smallest_count, ==, 4);
    g_assert_cmpstr(run.reason, ==, "four or more");
    ox_property_run_clear(&run);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/property/same-seed-same-cases", same_seed_same_cases);
    g_test_add_func("/property/cases-of-a-seed-never-change", cases_of_a_seed_never_change);
    g_test_add_func("/property/environment-changes-nothing", environment_changes_nothing);
    g_test_add_func("/property/every-length-comes-up", every_length_comes_up);
    g_test_add_func("/property/short-runs-reach-the-longest-too", short_runs_reach_the_longest_too);
    g_test_add_func("/property/fields-fill-their-ranges", fields_fill_their_ranges);
    g_test_add_func("/property/no-cases-is-a-pass-of-none", no_cases_is_a_pass_of_none);
    g_test_add_func("/property/shrinks-to-the-least-counterexample",
                    shrinks_to_the_least_counterexample);
    g_test_add_func("/property/never-holds-shrinks-to-nothing",
                    a_property_that_never_holds_shrinks_to_nothing);
    g_test_add_func("/property/skipped-cases-are-drawn-again", skipped_cases_are_drawn_again);
    g_test_add_func("/property/reason-of-failure-is-not-that-of-a-skip",
                    the_reason_of_a_failure_is_not_that_of_a_skip);
    return g_test_run();
}
