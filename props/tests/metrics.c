/* metrics.c - the numbers of a run, against answers worked out by hand. */
#include "props/judge/convergence.h"
#include "props/tests/support_stream.h"

#include <math.h>

#define K "g-counter", "k"

enum { SPLIT, QUAKE };
static const struct ox_judge_fault faults[] = {{"split", "partition", 0}, {"quake", "crash", 0}};

static struct ox_judgement judged(struct stream *s) {
    struct ox_judge_config config = {.nodes = s->nodes,
                                     .faults = faults,
                                     .fault_count = 2,
                                     .duration_ns = UINT64_C(24000000000)};
    struct ox_judgement j;
    stream_judge(s, &config, &j);
    g_assert_cmpfloat(j.metrics[OX_METRIC_CAUSALITY_VIOLATIONS].value, ==, 0);
    stream_free(s);
    return j;
}

static void check(const struct ox_judgement *j, enum ox_metric metric, double expected) {
    const struct ox_metric_value *value = &j->metrics[metric];
    if (!value->known || value->value != expected)
        g_error("%s is %s%.17g instead of %.17g", ox_metric_info(metric)->word,
                value->known ? "" : "unknown, ", value->value, expected);
}

static void check_unknown(const struct ox_judgement *j, enum ox_metric metric) {
    if (j->metrics[metric].known)
        g_error("%s is %.17g instead of unknown", ox_metric_info(metric)->word,
                j->metrics[metric].value);
}

/* Judges the stream and checks both times of convergence. */
static void check_convergence(struct stream *s, double after_heal, double after_last) {
    struct ox_judgement j = judged(s);
    check(&j, OX_METRIC_CONVERGE_AFTER_HEAL, after_heal);
    check(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE, after_last);
    ox_judgement_clear(&j);
}

/* ---- convergence ---- */

/* Three nodes, split from 2 to 10 s; nodes 0 and 1 update at 1 and 4 s. */
static struct stream *split_run(void) {
    struct stream *s = stream_new(3);
    stream_start_all(s);
    stream_at(s, 1);
    stream_update(s, 0, K, "inc", "1");
    stream_join(s, 1, K, 0);
    stream_at(s, 2);
    stream_fault(s, SPLIT, true);
    stream_at(s, 4);
    stream_update(s, 1, K, "inc", "1");
    stream_at(s, 10);
    stream_fault(s, SPLIT, false);
    return s;
}

static void converges_when_the_last_one_sees_it(void) {
    struct stream *s = split_run();
    stream_at(s, 11);
    stream_join(s, 0, K, 1);
    stream_at_ns(s, UINT64_C(12345678901));
    stream_join(s, 2, K, 1);
    stream_at(s, 20);
    stream_end(s, 5);
    check_convergence(s, 2.345678901, 8.345678901);
}

static void converged_already_when_it_healed(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_fault(s, SPLIT, true);
    stream_at(s, 1);
    stream_update(s, 0, K, "inc", "1");
    stream_at(s, 3);
    stream_join(s, 1, K, 0);
    stream_at(s, 10);
    stream_fault(s, SPLIT, false);
    stream_end(s, 5);
    check_convergence(s, 0, 2);
}

static void at_one_time_what_comes_last_counts(void) {
    struct stream *s = split_run();
    stream_join(s, 0, K, 1); /* in the instant of the heal, after it */
    stream_join(s, 2, K, 1);
    stream_end(s, 5);
    check_convergence(s, 0, 6);
}

static void updates_after_the_heal_do_not_count_for_it(void) {
    struct stream *s = split_run();
    stream_update(s, 0, K, "inc", "7"); /* in its instant: not before it */
    stream_at(s, 12);
    struct ox_obs_span old[] = {{0, 1, 1}, {1, 1, 1}};
    size_t see = stream_join(s, 2, K, 1);
    stream_line(s, see)->see.news = old;
    stream_at(s, 13);
    stream_join(s, 0, K, 1);
    stream_at(s, 14);
    stream_join(s, 1, K, 0);
    stream_at(s, 15);
    stream_join(s, 2, K, 0);
    stream_end(s, 5);
    check_convergence(s, 3, 5);
}

static void the_last_of_several_heals_counts(void) {
    struct stream *s = split_run();
    stream_at(s, 11);
    stream_fault(s, SPLIT, true);
    stream_at(s, 11.5);
    stream_join(s, 0, K, 1);
    stream_join(s, 2, K, 1);
    stream_at(s, 11.75);
    stream_update(s, 1, K, "inc", "1"); /* counts for the second heal only */
    stream_at(s, 12);
    stream_fault(s, SPLIT, false);
    stream_at(s, 12.5);
    stream_join(s, 0, K, 1);
    stream_join(s, 2, K, 1);
    stream_end(s, 5);
    check_convergence(s, 0.5, 0.75);
}

static void never_is_infinite(void) {
    struct stream *s = split_run();
    stream_at(s, 11);
    stream_join(s, 0, K, 1);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check(&j, OX_METRIC_CONVERGE_AFTER_HEAL, INFINITY);
    check(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE, INFINITY);
    check(&j, OX_METRIC_LOST_UPDATES, 2); /* node 2 lacks both */
    ox_judgement_clear(&j);
}

static void without_a_heal_it_is_unknown(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_at(s, 1);
    stream_fault(s, QUAKE, true);
    stream_fault(s, SPLIT, true);
    stream_update(s, 0, K, "inc", "1");
    stream_at(s, 3);
    stream_fault(s, QUAKE, false);
    stream_join(s, 1, K, 0);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_HEAL);
    check(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE, 2);
    ox_judgement_clear(&j);
}

static void without_an_end_it_is_unknown(void) {
    struct stream *s = split_run();
    struct ox_judgement j = judged(s);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_HEAL);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE);
    check_unknown(&j, OX_METRIC_QUIET_AFTER);
    check_unknown(&j, OX_METRIC_LOST_UPDATES);
    check(&j, OX_METRIC_UPDATES, 2);
    ox_judgement_clear(&j);
}

/* The one who lacks it goes down: from then on all who live hold it. */
static void a_crash_can_bring_convergence(void) {
    struct stream *s = split_run();
    stream_at(s, 11);
    stream_join(s, 0, K, 1);
    stream_at(s, 12);
    stream_crash(s, 2, true, QUAKE);
    stream_at(s, 13);
    stream_return(s, 2);
    stream_at(s, 15);
    stream_join(s, 2, K, 1);
    stream_end(s, 5);
    check_convergence(s, 2, 8);
}

/* All had the first update, all had the second, but never both at once until 15 s: node 2 comes
 * back with nothing at 12 s. */
static void all_updates_must_be_covered_at_one_time(void) {
    struct stream *s = split_run();
    stream_at(s, 10.5);
    struct ox_obs_span first[] = {{0, 1, 1}};
    size_t see = stream_join(s, 2, K, 0); /* node 2 has the first, all three have */
    stream_line(s, see)->see.news = first;
    stream_at(s, 11);
    stream_join(s, 0, K, 1);
    stream_crash(s, 2, false, QUAKE); /* covered for no time at all ... */
    stream_start(s, 2, 1 << 20);      /* ... as it is back in the same instant */
    stream_at(s, 15);
    stream_join(s, 2, K, 0);
    stream_end(s, 5);
    check_convergence(s, 5, 11);
}

static void a_world_without_replicas_has_not_converged(void) {
    struct stream *s = split_run();
    stream_at(s, 11);
    for (uint32_t node = 0; node < 3; node++)
        stream_crash(s, node, true, QUAKE);
    stream_at(s, 12);
    stream_return(s, 0);
    stream_return(s, 1);
    stream_return(s, 2);
    stream_at(s, 13);
    stream_join(s, 0, K, 1);
    stream_join(s, 2, K, 1);
    stream_end(s, 5);
    check_convergence(s, 3, 9);
}

static void what_died_is_not_waited_for(void) {
    struct stream *s = split_run();
    stream_update(s, 2, K, "inc", "9"); /* at 10 s; dies with node 2's disk */
    stream_at(s, 11);
    stream_join(s, 0, K, 1);
    stream_crash(s, 2, false, QUAKE);
    stream_start(s, 2, 1 << 20);
    stream_at(s, 12);
    stream_join(s, 2, K, 1);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check(&j, OX_METRIC_CONVERGE_AFTER_HEAL, 2);
    check(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE, 2);
    check(&j, OX_METRIC_UPDATES_DIED, 1);
    check(&j, OX_METRIC_LOST_UPDATES, 0);
    ox_judgement_clear(&j);
}

/* A world with nothing in it converges at once: that says nothing about its replicas. */
static void without_owed_updates_convergence_is_unknown(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_fault(s, SPLIT, true);
    stream_at(s, 1);
    stream_fault(s, SPLIT, false);
    stream_update(s, 0, K, "inc", "1"); /* not before the heal */
    stream_at(s, 2);
    stream_crash(s, 0, false, QUAKE); /* and it dies */
    stream_start(s, 0, 1 << 20);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_HEAL);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE);
    check_unknown(&j, OX_METRIC_LOST_UPDATES);
    check(&j, OX_METRIC_UPDATES_DIED, 1);
    check(&j, OX_METRIC_CAUSALITY_VIOLATIONS, 0);
    ox_judgement_clear(&j);
}

static void without_updates_before_the_heal_it_is_unknown(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_fault(s, SPLIT, true);
    stream_at(s, 1);
    stream_fault(s, SPLIT, false);
    stream_update(s, 0, K, "inc", "1");
    stream_at(s, 3);
    stream_join(s, 1, K, 0);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_HEAL);
    check(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE, 2);
    ox_judgement_clear(&j);
}

/* The intersection of spells, against trying every time. */
static void spells_agree_with_their_twin(void) {
    enum { COVERS = 3, END = 40 };
    GRand *rand = g_rand_new_with_seed(5);
    for (int run = 0; run < 2000; run++) {
        struct ox_coverage covers[COVERS] = {0};
        bool covered[COVERS][END] = {0};
        const struct ox_coverage *all[COVERS];
        for (int c = 0; c < COVERS; c++) {
            all[c] = &covers[c];
            for (int t = 0; t < END; t++) {
                for (int again = g_rand_int_range(rand, 0, 3); again > 0; again--)
                    ox_coverage_note(&covers[c], g_rand_boolean(rand), (uint64_t)t);
                covered[c][t] = covers[c].open;
            }
        }
        for (int from = 0; from < END; from++) {
            int t = from;
            while (t < END && !(covered[0][t] && covered[1][t] && covered[2][t]))
                t++;
            uint64_t first = 0;
            bool ever = ox_coverage_first(all, COVERS, (uint64_t)from, &first);
            g_assert_true(ever == (t < END));
            if (ever)
                g_assert_cmpuint(first, ==, t);
        }
        for (int c = 0; c < COVERS; c++)
            ox_coverage_clear(&covers[c]);
    }
    g_rand_free(rand);
}

/* ---- visibility ---- */

static void visible_is_counted_per_update_and_replica(void) {
    struct stream *s = stream_new(3);
    stream_start_all(s);
    stream_at(s, 1);
    stream_update(s, 0, K, "inc", "1");
    stream_at(s, 1.25);
    stream_join(s, 1, K, 0); /* 0.25 */
    stream_at(s, 2);
    stream_update(s, 1, K, "inc", "1");
    stream_at(s, 2.5);
    stream_join(s, 0, K, 1); /* 0.5 */
    stream_at(s, 6);
    stream_join(s, 2, K, 1); /* 5 and 4 */
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check(&j, OX_METRIC_VISIBLE_P50, 0.5); /* rank 2 of 4 */
    check(&j, OX_METRIC_VISIBLE_P95, 5);   /* rank 4 of 4 */
    check(&j, OX_METRIC_VISIBLE_MAX, 5);
    ox_judgement_clear(&j);
}

/* A replica that begins later learns old updates; that says nothing of how fast news travel. One
 * that kept its disk was meant to see them. */
static void visible_only_to_replicas_that_had_begun(void) {
    for (int keeps = 0; keeps < 2; keeps++) {
        struct stream *s = stream_new(3);
        stream_start_all(s);
        stream_at(s, 1);
        stream_crash(s, 2, keeps, QUAKE);
        stream_at(s, 2);
        stream_update(s, 0, K, "inc", "1");
        stream_at(s, 3);
        stream_join(s, 1, K, 0);
        stream_at(s, 10);
        if (keeps)
            stream_return(s, 2);
        else
            stream_start(s, 2, 1 << 20);
        stream_at(s, 11);
        stream_join(s, 2, K, 0);
        stream_end(s, 5);
        struct ox_judgement j = judged(s);
        check(&j, OX_METRIC_VISIBLE_P50, 1);
        check(&j, OX_METRIC_VISIBLE_MAX, keeps ? 9 : 1);
        ox_judgement_clear(&j);
    }
}

static int by_number(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* However many there are, in whatever order they come. */
static void visible_percentiles_of_many(void) {
    for (uint64_t count = 1; count <= 100; count++) {
        struct stream *s = stream_new(2);
        uint64_t after_ms[100];
        stream_start_all(s);
        for (uint64_t i = 0; i < count; i++) {
            after_ms[i] = (i + 1) * 37 % 101;
            stream_at_ns(s, (i + 1) * UINT64_C(1000000000));
            stream_update(s, 0, K, "inc", "1");
            stream_at_ns(s, s->now_ns + after_ms[i] * UINT64_C(1000000));
            stream_join(s, 1, K, 0);
        }
        stream_end(s, 5);
        struct ox_judgement j = judged(s);
        qsort(after_ms, count, sizeof *after_ms, by_number);
        check(&j, OX_METRIC_VISIBLE_P50, (double)after_ms[(count + 1) / 2 - 1] / 1e3);
        check(&j, OX_METRIC_VISIBLE_P95, (double)after_ms[(count * 95 + 99) / 100 - 1] / 1e3);
        check(&j, OX_METRIC_VISIBLE_MAX, (double)after_ms[count - 1] / 1e3);
        ox_judgement_clear(&j);
    }
}

/* ---- messages ---- */

static void messages_and_bytes(void) {
    struct stream *s = split_run();
    stream_deliver(s, 0, 1, 100);
    size_t second = stream_deliver(s, 0, 2, 250); /* turned into the second copy of the first */
    stream_drop(s, second - 1);
    stream_line(s, second - 1)->message.duplicate = true;
    stream_lose(s, 1, 2, OX_DROP_DOWN, OX_NO_FAULT);
    stream_lose(s, 1, 2, OX_DROP_LOSS, OX_NO_FAULT);
    stream_end(s, 7);
    struct ox_judgement j = judged(s);
    check(&j, OX_METRIC_MESSAGES_SENT, 3);
    check(&j, OX_METRIC_MESSAGES_DELIVERED, 2);
    check(&j, OX_METRIC_MESSAGES_DUPLICATED, 1);
    check(&j, OX_METRIC_MESSAGES_DROPPED, 2);
    check(&j, OX_METRIC_BYTES_PER_NODE, 350.0 / 3);
    check(&j, OX_METRIC_BYTES_PER_UPDATE, 350.0 / (2 * 2));
    check(&j, OX_METRIC_MESSAGES_PER_UPDATE, 2.0 / (2 * 2));
    check(&j, OX_METRIC_QUIET_AFTER, 7);
    ox_judgement_clear(&j);
}

static void never_quiet_is_infinite(void) {
    struct stream *s = split_run();
    stream_phase(s, OX_PHASE_SETTLE, NULL);
    stream_at(s, 100);
    stream_phase(s, OX_PHASE_UNSETTLED, "node 1 made updates");
    struct ox_judgement j = judged(s);
    check(&j, OX_METRIC_QUIET_AFTER, INFINITY);
    ox_judgement_clear(&j);
}

static void without_updates_nothing_is_per_update(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_deliver(s, 0, 1, 100);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    check_unknown(&j, OX_METRIC_BYTES_PER_UPDATE);
    check_unknown(&j, OX_METRIC_MESSAGES_PER_UPDATE);
    check_unknown(&j, OX_METRIC_CONVERGE_AFTER_LAST_UPDATE);
    check_unknown(&j, OX_METRIC_VISIBLE_P50);
    check_unknown(&j, OX_METRIC_WRONG_READS);
    check_unknown(&j, OX_METRIC_LOST_UPDATES);
    check_unknown(&j, OX_METRIC_CAUSALITY_VIOLATIONS);
    check(&j, OX_METRIC_BYTES_PER_NODE, 50);
    ox_judgement_clear(&j);
}

/* ---- faults ---- */

static void faults_as_they_were_seen(void) {
    struct stream *s = split_run();
    stream_lose(s, 0, 1, OX_DROP_PARTITION, SPLIT);
    stream_lose(s, 0, 1, OX_DROP_PARTITION, SPLIT);
    stream_at(s, 11);
    stream_fault(s, SPLIT, true);
    stream_at(s, 11.5);
    stream_fault(s, SPLIT, false);
    stream_at(s, 12);
    stream_fault(s, QUAKE, true);
    stream_crash(s, 2, true, QUAKE);
    stream_fault(s, QUAKE, false);
    stream_at(s, 13);
    stream_fault(s, QUAKE, true);
    stream_end(s, 5);
    struct ox_judgement j = judged(s);
    g_assert_cmpuint(j.fault_count, ==, 2);
    g_assert_cmpfloat(j.faults[SPLIT].on_s, ==, 2);
    g_assert_cmpfloat(j.faults[SPLIT].off_s, ==, 11.5);
    g_assert_cmpuint(j.faults[SPLIT].hits, ==, 2);
    g_assert_cmpfloat(j.faults[QUAKE].on_s, ==, 12);
    g_assert_cmpfloat(j.faults[QUAKE].off_s, <, 0);
    g_assert_cmpuint(j.faults[QUAKE].hits, ==, 1);
    ox_judgement_clear(&j);
}

/* ---- series and heat map ---- */

static const struct ox_series *series(const struct ox_judgement *j, const char *name) {
    for (size_t i = 0; i < j->series_count; i++)
        if (g_str_equal(j->series[i].name, name))
            return &j->series[i];
    g_error("there is no series %s", name);
}

static void check_series(const struct ox_judgement *j, const char *name, const double *v,
                         size_t count) {
    const struct ox_series *shown = series(j, name);
    g_assert_cmpuint(shown->count, ==, count);
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpfloat(shown->t[i], ==, (double)i);
        if (shown->v[i] != v[i])
            g_error("%s at %zu s is %g instead of %g", name, i, shown->v[i], v[i]);
    }
}

/* Node 1 makes updates at 1 and 1.5 s, node 0 sees both at 3 s, node 2 is down from 2 to 4 s and
 * sees both at 5 s; samples each second. */
static struct ox_judgement sampled_run(uint32_t grid_rows) {
    struct stream *s = stream_new(3);
    stream_start_all(s);
    stream_at(s, 1);
    stream_update(s, 1, K, "inc", "1");
    stream_at(s, 1.5);
    stream_update(s, 1, K, "inc", "1");
    stream_deliver(s, 0, 1, 30);
    stream_at(s, 2);
    stream_crash(s, 2, true, QUAKE);
    stream_deliver(s, 0, 1, 70);
    stream_at(s, 3);
    stream_join(s, 0, K, 1);
    stream_at(s, 4);
    stream_return(s, 2);
    stream_at(s, 5);
    stream_join(s, 2, K, 0);
    stream_at(s, 6);
    stream_end(s, 1);
    struct ox_judge_config config = {.nodes = 3,
                                     .duration_ns = UINT64_C(6000000000),
                                     .sample_ns = UINT64_C(1000000000),
                                     .grid_rows = grid_rows};
    struct ox_judgement j;
    stream_judge(s, &config, &j);
    stream_free(s);
    return j;
}

static void series_are_what_was_at_each_time(void) {
    struct ox_judgement j = sampled_run(0);
    const double live[] = {3, 3, 2, 2, 3, 3, 3, 3};
    const double equal[] = {1, 1.0 / 3, 0.5, 1, 2.0 / 3, 1, 1, 1};
    const double missing[] = {0, 2.0 / 3, 1, 0, 2.0 / 3, 0, 0, 0};
    const double bytes[] = {0, 0, 100, 0, 0, 0, 0, 0};
    check_series(&j, "live", live, 8);
    check_series(&j, "equal", equal, 8);
    check_series(&j, "missing", missing, 8);
    check_series(&j, "bytes", bytes, 8);
    ox_judgement_clear(&j);
}

static void check_grid(const struct ox_judgement *j, const double *v, size_t rows) {
    g_assert_cmpuint(j->grid.columns, ==, 8);
    g_assert_cmpuint(j->grid.rows, ==, rows);
    for (size_t i = 0; i < rows * 8; i++) {
        g_assert_cmpfloat(j->grid.t[i % 8], ==, (double)(i % 8));
        if (j->grid.v[i] != v[i])
            g_error("the grid shows %g in row %zu, column %zu", j->grid.v[i], i / 8, i % 8);
    }
}

static void grid_shows_what_is_missing(void) {
    struct ox_judgement j = sampled_run(0);
    const double each[] = {0, 1, 2,  0,  0, 0, 0, 0, /* node 0 */
                           0, 0, 0,  0,  0, 0, 0, 0, /* node 1 */
                           0, 1, -1, -1, 2, 0, 0, 0};
    g_assert_cmpuint(j.grid.nodes_per_row, ==, 1);
    check_grid(&j, each, 3);
    ox_judgement_clear(&j);
    j = sampled_run(2);
    const double binned[] = {0, 1, 2, 0, 0, 0, 0, 0, 0, 1, -1, -1, 2, 0, 0, 0};
    g_assert_cmpuint(j.grid.nodes_per_row, ==, 2);
    check_grid(&j, binned, 2);
    ox_judgement_clear(&j);
}

/* What only a node that went down knew is known no more; who lost its disk misses everything. */
static void series_follow_lives(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_update(s, 0, K, "inc", "1");
    stream_join(s, 1, K, 0);
    stream_update(s, 0, K, "inc", "1");
    stream_at(s, 0.5);
    stream_crash(s, 0, true, QUAKE); /* node 1 knows all that is known */
    stream_at(s, 1.5);
    stream_return(s, 0); /* and now it lacks one again */
    stream_at(s, 2.5);
    stream_crash(s, 0, false, QUAKE);
    stream_at(s, 3.5);
    stream_start(s, 0, 1 << 20); /* which is gone for good */
    stream_at(s, 4);
    struct ox_judge_config config = {.nodes = 2, .sample_ns = UINT64_C(1000000000)};
    struct ox_judgement j;
    stream_phase(s, OX_PHASE_QUIET, NULL);
    stream_judge(s, &config, &j);
    const double missing[] = {0.5, 0, 0.5, 0, 0.5};
    check_series(&j, "missing", missing, 5);
    const double node_0[] = {0, -1, 0, -1, 1}, node_1[] = {1, 0, 1, 0, 0};
    for (int i = 0; i < 5; i++) {
        g_assert_cmpfloat(j.grid.v[i], ==, node_0[i]);
        g_assert_cmpfloat(j.grid.v[5 + i], ==, node_1[i]);
    }
    ox_judgement_clear(&j);
    stream_free(s);
}

/* However long a run, 240 to 480 columns stay, and not a byte is lost. */
static void long_runs_keep_few_columns(void) {
    for (uint64_t seconds = 479; seconds <= 5000; seconds += 113) {
        struct stream *s = stream_new(2);
        stream_start_all(s);
        for (uint64_t t = 1; t <= seconds; t++) {
            stream_at_ns(s, t * UINT64_C(1000000000));
            if (t % 10 == 0)
                stream_deliver(s, 0, 1, 8);
            if (t == seconds / 2)
                stream_update(s, 0, K, "inc", "1");
        }
        stream_end(s, 0);
        struct ox_judge_config config = {.nodes = 2, .sample_ns = UINT64_C(1000000000)};
        struct ox_judgement j;
        stream_judge(s, &config, &j);
        const struct ox_series *bytes = series(&j, "bytes");
        g_assert_cmpuint(bytes->count, >=, 240);
        g_assert_cmpuint(bytes->count, <, 480);
        double step = bytes->t[1], sum = 0, last = bytes->t[bytes->count - 1];
        for (size_t i = 0; i < bytes->count; i++) {
            g_assert_cmpfloat(bytes->t[i], ==, step * (double)i);
            sum += bytes->v[i] * step;
            g_assert_cmpfloat(j.grid.v[i], ==, 0);
            g_assert_cmpfloat(j.grid.v[bytes->count + i], ==, bytes->t[i] >= (double)(seconds / 2));
        }
        g_assert_cmpfloat(sum, ==, 8 * floor(last / 10));
        g_assert_cmpuint(j.grid.columns, ==, bytes->count);
        ox_judgement_clear(&j);
        stream_free(s);
    }
}

#define TESTS(X)                                                                                   \
    X(converges_when_the_last_one_sees_it)                                                         \
    X(converged_already_when_it_healed)                                                            \
    X(at_one_time_what_comes_last_counts)                                                          \
    X(updates_after_the_heal_do_not_count_for_it)                                                  \
    X(the_last_of_several_heals_counts)                                                            \
    X(never_is_infinite)                                                                           \
    X(without_a_heal_it_is_unknown)                                                                \
    X(without_an_end_it_is_unknown)                                                                \
    X(a_crash_can_bring_convergence)                                                               \
    X(all_updates_must_be_covered_at_one_time)                                                     \
    X(a_world_without_replicas_has_not_converged)                                                  \
    X(what_died_is_not_waited_for)                                                                 \
    X(without_owed_updates_convergence_is_unknown)                                                 \
    X(without_updates_before_the_heal_it_is_unknown)                                               \
    X(spells_agree_with_their_twin)                                                                \
    X(visible_is_counted_per_update_and_replica)                                                   \
    X(visible_only_to_replicas_that_had_begun)                                                     \
    X(visible_percentiles_of_many)                                                                 \
    X(messages_and_bytes)                                                                          \
    X(never_quiet_is_infinite)                                                                     \
    X(without_updates_nothing_is_per_update)                                                       \
    X(faults_as_they_were_seen)                                                                    \
    X(series_are_what_was_at_each_time)                                                            \
    X(series_follow_lives)                                                                         \
    X(grid_shows_what_is_missing)                                                                  \
    X(long_runs_keep_few_columns)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/metrics/" #name, name);
    TESTS(TEST)
#undef TEST
    return g_test_run();
}
