/* judge.c - one run that is right in every respect, and then one planted fault after the other:
 * each must turn the part that it belongs to, say why, and leave the other parts alone. */
#include "props/tests/support_stream.h"

#include <string.h>

#define SET  "or-set"
#define SUM  "g-counter"
#define CART SET, "cart"
#define HITS SUM, "hits"

enum { SPLIT, RAIN };
static const struct ox_judge_fault faults[] = {{"split", "partition", 0}, {"rain", "loss", 0.5}};
static const struct ox_judge_config config = {
    .nodes = 3, .faults = faults, .fault_count = 2, .duration_ns = UINT64_C(10000000000)};

/* Lines of the good run that faults are planted in. */
struct good {
    struct stream *stream;
    size_t first_update;  /* node 0 adds milk at 1 s */
    size_t first_join;    /* node 1 sees it at 1.5 s */
    size_t first_read;    /* node 1 reads milk and eggs at 1.5 s */
    size_t blind_update;  /* node 1 adds milk at 2 s, not knowing that node 0 removes it */
    size_t cut;           /* a message dropped by the partition at 2 s */
    size_t lost;          /* a message lost by the rain at 4 s */
    size_t late_join;     /* node 2 sees the removal of milk at 7 s, with much else */
    size_t last_joins;    /* all see the last of it at 8.25 s */
    size_t settle, quiet; /* at 10 and 20 s */
    size_t last_read;     /* node 2 reads the cart at 20 s */
};

static void messages(struct stream *s, int count) {
    for (int i = 0; i < count; i++)
        stream_deliver(s, (uint32_t)i % 3, (uint32_t)(i + 1) % 3, 100);
}

static void good_updates(struct good *g) {
    struct stream *s = g->stream;
    stream_at(s, 1);
    g->first_update = stream_update(s, 0, CART, "add", "\"milk\"");
    stream_update(s, 1, CART, "add", "\"eggs\"");
    stream_update(s, 2, HITS, "inc", "5");
    stream_at(s, 1.5);
    g->first_join = stream_join(s, 1, CART, 0);
    g->first_read = stream_read(s, 1, CART, "[\"eggs\",\"milk\"]");
    stream_at(s, 2);
    stream_fault(s, SPLIT, true);
    g->cut = stream_lose(s, 0, 1, OX_DROP_PARTITION, SPLIT);
    stream_update(s, 0, CART, "remove", "\"milk\"");
    stream_read(s, 0, CART, "[]");
    g->blind_update = stream_update(s, 1, CART, "add", "\"milk\"");
    stream_at(s, 3);
    stream_update(s, 0, HITS, "inc", "1");
    stream_update(s, 0, HITS, "inc", "2");
    stream_read(s, 0, HITS, "3");
    stream_update(s, 1, HITS, "inc", "3");
    stream_update(s, 2, CART, "add", "\"tea\"");
    stream_update(s, 2, CART, "remove", "\"tea\"");
    stream_update(s, 2, CART, "add", "\"tea\"");
    stream_update(s, 1, CART, "add", "\"jam\"");
    stream_at(s, 4);
    g->lost = stream_lose(s, 0, 1, OX_DROP_LOSS, RAIN);
}

static void good_joins(struct good *g) {
    struct stream *s = g->stream;
    stream_at(s, 5);
    stream_fault(s, SPLIT, false);
    stream_at(s, 6);
    stream_join(s, 1, CART, 0);
    stream_read(s, 1, CART, "[\"eggs\",\"jam\",\"milk\"]");
    stream_at(s, 7);
    g->late_join = stream_join(s, 2, CART, 1);
    stream_join(s, 1, CART, 2);
    stream_join(s, 0, CART, 2);
    stream_join(s, 0, HITS, 1);
    stream_at(s, 8.25);
    g->last_joins = stream_join(s, 0, HITS, 2);
    stream_join(s, 1, HITS, 0);
    stream_join(s, 2, HITS, 0);
}

static struct good good_run(void) {
    struct good g = {.stream = stream_new(3)};
    struct stream *s = g.stream;
    stream_start_all(s);
    stream_fault(s, RAIN, true);
    messages(s, 30);
    good_updates(&g);
    good_joins(&g);
    stream_at(s, 10);
    stream_fault(s, RAIN, false);
    messages(s, 9);
    g.settle = stream_phase(s, OX_PHASE_SETTLE, NULL);
    stream_at(s, 20);
    g.quiet = stream_phase(s, OX_PHASE_QUIET, NULL);
    for (uint32_t node = 0; node < 3; node++) {
        stream_read(s, node, HITS, "11");
        g.last_read = stream_read(s, node, CART, "[\"eggs\",\"jam\",\"milk\",\"tea\"]");
    }
    return g;
}

/* ---- what a test expects ---- */

static void check_parts(const struct ox_judgement *j, enum ox_part turned, enum ox_verdict verdict,
                        const char *why) {
    for (int i = 0; i < OX_PART_COUNT; i++) {
        const struct ox_part_verdict *part = &j->parts[i];
        enum ox_verdict expected = i == (int)turned ? verdict : OX_PASS;
        if (part->verdict != expected)
            g_error("%s: %s instead of %s: %s", ox_part_word((enum ox_part)i),
                    ox_verdict_word(part->verdict), ox_verdict_word(expected), part->reason);
        g_assert_true((part->verdict == OX_PASS) == (*part->reason == '\0'));
    }
    if (turned < OX_PART_COUNT && !strstr(j->parts[turned].reason, why))
        g_error("the reason does not say \"%s\": %s", why, j->parts[turned].reason);
    if (g_test_verbose() && turned < OX_PART_COUNT)
        g_test_message("%s", j->parts[turned].reason);
}

/* Judges a stream, and frees it; exactly that part turns. */
static void expect_with(struct stream *s, const struct ox_judge_config *with, enum ox_part turned,
                        enum ox_verdict verdict, const char *why) {
    struct ox_judgement j;
    stream_judge(s, with, &j);
    check_parts(&j, turned, verdict, why);
    ox_judgement_clear(&j);
    stream_free(s);
}

static void expect(struct stream *s, enum ox_part turned, enum ox_verdict verdict,
                   const char *why) {
    expect_with(s, &config, turned, verdict, why);
}

static void good_run_passes(void) {
    expect(good_run().stream, OX_PART_COUNT, OX_PASS, "");
}

/* ---- State ---- */

static struct ox_obs_span *news(struct stream *s, size_t line) {
    return (struct ox_obs_span *)stream_line(s, line)->see.news;
}

static void state_differs_in_a_see(void) {
    struct good g = good_run();
    stream_line(g.stream, g.late_join)->state ^= 1; /* node 1 has that context, at the same time */
    expect(g.stream, OX_PART_STATE, OX_FAIL, "have different bytes");
}

static void state_differs_between_times(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    /* Node 2 comes at 1.9 s to the context that node 1 showed at 1.5 s, with other bytes. */
    struct ox_obs_span both[] = {{0, 1, 1}, {1, 1, 1}};
    struct ox_observation see = *stream_line(s, g.first_join);
    see.node = 2;
    see.t_ns = UINT64_C(1900000000);
    see.see.news = both;
    see.see.count = 2;
    see.state ^= 1;
    g_array_insert_val(s->lines, (guint)g.first_read + 1, see);
    /* So it does not see these two again at 7 s, and has two more until then. */
    for (size_t i = 0; i < 2; i++)
        news(s, g.late_join + 1)[i].first++;
    g_assert_cmpint(stream_line(s, g.late_join + 1)->node, ==, 2);
    for (guint i = (guint)g.first_read + 2; i < s->lines->len; i++) {
        struct ox_observation *line = stream_line(s, i);
        if (line->kind == OX_OBS_UPDATE && line->node == 2)
            line->have += 2;
    }
    expect(s, OX_PART_STATE, OX_FAIL, "equal contexts of or-set \"cart\" (2 updates)");
}

/* Bytes that do not follow the context prove nothing: they have it in them. */
static void state_is_the_same_for_all_contexts(void) {
    struct good g = good_run();
    for (guint i = 0; i < g.stream->lines->len; i++)
        stream_line(g.stream, i)->state = 7;
    expect(g.stream, OX_PART_STATE, OX_FAIL,
           "different contexts of or-set \"cart\" have equal bytes: state 0000000000000007 at node "
           "1 at 1.5 s and at node 0 at 2 s");
}

static void state_differs_in_a_final_read(void) {
    struct good g = good_run();
    stream_line(g.stream, g.last_read)->state ^= 1;
    expect(g.stream, OX_PART_STATE, OX_FAIL, "at node 2 at 20 s");
}

static void state_misses_a_final_read(void) {
    struct good g = good_run();
    stream_drop(g.stream, g.last_read);
    expect(g.stream, OX_PART_STATE, OX_FAIL, "no final read of or-set \"cart\" at node 2");
}

static void state_takes_no_earlier_read_for_a_final_one(void) {
    struct good g = good_run();
    stream_move(g.stream, g.last_read, g.quiet);
    expect(g.stream, OX_PART_STATE, OX_FAIL, "no final read of or-set \"cart\" at node 2");
}

static void state_wants_bytes_in_final_reads(void) {
    struct good g = good_run();
    stream_line(g.stream, g.last_read)->has_state = false;
    expect(g.stream, OX_PART_STATE, OX_FAIL, "no final read of or-set \"cart\" at node 2");
}

/* The good run, with one more update of node 0 at 9 s that nobody else sees. */
static struct stream *run_that_diverges(bool quiet) {
    struct good g = good_run();
    struct stream *s = g.stream;
    g_array_set_size(s->lines, (guint)g.settle);
    s->now_ns = UINT64_C(10000000000);
    stream_update(s, 0, CART, "add", "\"salt\"");
    stream_phase(s, OX_PHASE_SETTLE, NULL);
    stream_at(s, 20);
    stream_phase(s, quiet ? OX_PHASE_QUIET : OX_PHASE_UNSETTLED, "node 0 still sends");
    for (uint32_t node = 0; node < 3; node++) {
        stream_read(s, node, HITS, "11");
        stream_read(s, node, CART,
                    node == 0 ? "[\"eggs\",\"jam\",\"milk\",\"salt\",\"tea\"]"
                              : "[\"eggs\",\"jam\",\"milk\",\"tea\"]");
    }
    return s;
}

static void state_differs_when_quiet(void) {
    expect(run_that_diverges(true), OX_PART_STATE, OX_FAIL,
           "node 1 lacks update [0,3] of or-set \"cart\" (add \"salt\"), which node 0 has");
}

static void state_unknown_when_unsettled(void) {
    expect(run_that_diverges(false), OX_PART_STATE, OX_UNKNOWN, "node 0 still sends");
}

static void state_fails_definitely_even_when_unsettled(void) {
    struct stream *s = run_that_diverges(false);
    stream_line(s, s->lines->len - 1)->state ^= 1;
    expect(s, OX_PART_STATE, OX_FAIL, "have different bytes");
}

static void state_unknown_when_cut_short(void) {
    struct good g = good_run();
    g_array_set_size(g.stream->lines, (guint)g.quiet);
    expect(g.stream, OX_PART_STATE, OX_UNKNOWN, "end before the run did");
}

static void state_fails_on_an_alarm(void) {
    struct good g = good_run();
    size_t alarm = stream_alarm(g.stream, 1, CART);
    stream_move(g.stream, alarm, g.quiet);
    expect(g.stream, OX_PART_STATE, OX_FAIL,
           "node 1 met different bytes of a key with an equal context at 10 s, key \"");
}

/* Nothing else is wrong: what the others hold is right, and they are quiet. */
static void state_fails_on_a_broken_contract(void) {
    for (int why = OX_DEFECT_DIVERGED + 1; why < OX_DEFECT_COUNT; why++) {
        struct good g = good_run();
        struct ox_observation *alarm = stream_line(g.stream, stream_alarm(g.stream, 1, CART));
        alarm->key.size = alarm->type.size = 0;
        alarm->alarm.why = (enum ox_defect)why;
        alarm->alarm.status = (struct ox_obs_text){"malformed", 9};
        stream_move(g.stream, g.stream->lines->len - 1, g.quiet);
        char *reason =
            g_strdup_printf("node 1 %s at 10 s: malformed", ox_defect_about((enum ox_defect)why));
        expect(g.stream, OX_PART_STATE, OX_FAIL, reason);
        g_free(reason);
    }
}

static void state_fails_when_quiet_was_not_quiet(void) {
    struct good g = good_run();
    stream_move(g.stream, g.quiet, g.last_joins);
    expect(g.stream, OX_PART_STATE, OX_FAIL, "changed at 8.25 s though the run was quiet since");
}

static void state_fails_when_a_quiet_run_moves(void) {
    for (int what = 0; what < 3; what++) {
        struct good g = good_run();
        struct stream *s = g.stream;
        s->now_ns = UINT64_C(21000000000);
        if (what == 0)
            stream_update(s, 0, CART, "add", "\"salt\"");
        if (what >= 1)
            stream_crash(s, 0, true, OX_NO_FAULT);
        if (what == 2) { /* down before it was quiet, back after it */
            stream_move(s, s->lines->len - 1, g.quiet);
            stream_return(s, 0);
        }
        struct ox_judgement j;
        stream_judge(s, &config, &j);
        g_assert_cmpint(j.parts[OX_PART_STATE].verdict, ==, OX_FAIL);
        g_assert_cmpstr(j.parts[OX_PART_STATE].reason, ==,
                        "node 0 changed at 21 s though the run was quiet since 20 s");
        ox_judgement_clear(&j);
        stream_free(s);
    }
}

/* Node 1 comes through the 3000 contexts that node 0 showed before, with other bytes or not. */
static void state_tells_many_contexts_apart(void) {
    enum { MANY = 3000 };
    const struct ox_judge_config two = {.nodes = 2};
    for (uint64_t planted = 0; planted < 2; planted++) {
        struct stream *s = stream_new(2);
        static struct ox_obs_span each[MANY];
        stream_start_all(s);
        for (uint64_t i = 1; i <= MANY; i++) {
            each[i - 1] = (struct ox_obs_span){0, i, i};
            stream_update(s, 0, SUM, "k", "inc", "1");
            stream_line(s, stream_read(s, 0, SUM, "k", "?"))->state += planted;
        }
        struct ox_observation see = *stream_line(s, stream_join(s, 1, SUM, "k", 0));
        stream_drop(s, s->lines->len - 1);
        see.see.count = 1;
        see.has_state = false;
        for (uint64_t i = 1; i <= MANY; i++) {
            see.see.news = &each[i - 1];
            g_array_append_val(s->lines, see);
            s->n[1][0][0] = i;
            stream_read(s, 1, SUM, "k", "?");
        }
        struct ox_judgement j;
        stream_judge(s, &two, &j);
        g_assert_cmpint(j.parts[OX_PART_STATE].verdict, ==, planted ? OX_FAIL : OX_UNKNOWN);
        g_assert_true(!planted || strstr(j.parts[OX_PART_STATE].reason,
                                         "3000 faults of state; the first: equal contexts of "
                                         "g-counter \"k\" (1 updates)"));
        g_assert_cmpfloat(j.metrics[OX_METRIC_WRONG_READS].value, ==, 2 * MANY);
        ox_judgement_clear(&j);
        stream_free(s);
    }
}

/* Nothing of two keys is the same context of each, but not the same value. */
static void value_of_nothing_is_one_per_key(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    size_t set = stream_read(s, 0, SET, "empty", "[]");
    size_t sum = stream_read(s, 0, SUM, "empty", "0");
    stream_line(s, sum)->state++;
    stream_move(s, set, g.first_update);
    stream_move(s, sum, g.first_update);
    expect(s, OX_PART_COUNT, OX_PASS, "");
}

static void state_unknown_when_nobody_lives(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    g_array_set_size(s->lines, (guint)g.quiet);
    for (uint32_t node = 0; node < 3; node++)
        stream_crash(s, node, true, OX_NO_FAULT);
    stream_phase(s, OX_PHASE_QUIET, NULL);
    struct ox_judgement j;
    stream_judge(s, &config, &j);
    g_assert_cmpint(j.parts[OX_PART_STATE].verdict, ==, OX_UNKNOWN);
    g_assert_cmpstr(j.parts[OX_PART_STATE].reason, ==, "no node lives at the end");
    g_assert_false(j.metrics[OX_METRIC_LOST_UPDATES].known);
    ox_judgement_clear(&j);
    stream_free(s);
}

/* A lone survivor holds the same as itself: that is no evidence. */
static void state_unknown_when_one_node_lives(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    g_array_set_size(s->lines, (guint)g.quiet);
    stream_crash(s, 0, false, OX_NO_FAULT);
    stream_crash(s, 1, true, OX_NO_FAULT);
    stream_phase(s, OX_PHASE_QUIET, NULL);
    stream_read(s, 2, HITS, "11");
    stream_read(s, 2, CART, "[\"eggs\",\"jam\",\"milk\",\"tea\"]");
    expect(s, OX_PART_STATE, OX_UNKNOWN, "only one node lives at the end");
}

static void state_unknown_when_it_ends_early(void) {
    struct ox_judge_config longer = config;
    longer.duration_ns = UINT64_C(20000000001);
    expect_with(good_run().stream, &longer, OX_PART_STATE, OX_UNKNOWN,
                "ended at 20 s, before the 20.000000001 s it was to last");
}

/* ---- Value ---- */

static void set_value(struct stream *s, size_t line, const char *value) {
    stream_line(s, line)->read.value = (struct ox_obs_text){value, strlen(value)};
}

static void value_wrong(void) {
    struct good g = good_run();
    set_value(g.stream, g.first_read, "[\"eggs\"]");
    expect(g.stream, OX_PART_VALUE, OX_FAIL,
           "node 1 reads or-set \"cart\" at 1.5 s (2 updates) as [\"eggs\"]; the updates in its "
           "context yield [\"eggs\",\"milk\"]");
}

static void value_wrong_after_a_right_one(void) {
    struct good g = good_run(); /* nodes 0 and 1 have shown that context's value before */
    set_value(g.stream, g.last_read, "[\"eggs\",\"jam\",\"tea\"]");
    expect(g.stream, OX_PART_VALUE, OX_FAIL, "node 2 reads or-set \"cart\" at 20 s (8 updates)");
}

static void value_counts_wrong_reads(void) {
    struct good g = good_run();
    set_value(g.stream, g.first_read, "[\"eggs\"]");
    set_value(g.stream, g.last_read, "[]");
    set_value(g.stream, g.last_read - 1, "12");
    struct ox_judgement j;
    stream_judge(g.stream, &config, &j);
    check_parts(&j, OX_PART_VALUE, OX_FAIL, "3 wrong reads; the first: node 1");
    g_assert_cmpfloat(j.metrics[OX_METRIC_WRONG_READS].value, ==, 3);
    g_assert_cmpfloat(j.metrics[OX_METRIC_READS].value, ==, 10);
    ox_judgement_clear(&j);
    stream_free(g.stream);
}

static void value_unknown_without_a_model(void) {
    struct good g = good_run();
    for (guint i = 0; i < g.stream->lines->len; i++) {
        struct ox_observation *line = stream_line(g.stream, i);
        if (line->type.size == strlen(SUM) && memcmp(line->type.data, SUM, strlen(SUM)) == 0)
            line->type = (struct ox_obs_text){"my-counter", 10};
    }
    expect(g.stream, OX_PART_VALUE, OX_UNKNOWN,
           "my-counter \"hits\" is of a type without a reference model");
}

static void value_unknown_when_the_model_does_not_know_the_operation(void) {
    struct good g = good_run();
    stream_line(g.stream, g.first_update)->update.op = (struct ox_obs_text){"pop", 3};
    expect(g.stream, OX_PART_VALUE, OX_UNKNOWN, "is no operation of its type");
}

static void value_unknown_when_nothing_is_read(void) {
    struct good g = good_run();
    for (guint i = g.stream->lines->len; i-- > 0;)
        if (stream_line(g.stream, i)->kind == OX_OBS_READ)
            stream_drop(g.stream, i);
    struct ox_judgement j;
    stream_judge(g.stream, &config, &j);
    g_assert_cmpint(j.parts[OX_PART_VALUE].verdict, ==, OX_UNKNOWN);
    g_assert_cmpint(j.parts[OX_PART_STATE].verdict, ==, OX_FAIL); /* no final reads either */
    g_assert_false(j.metrics[OX_METRIC_WRONG_READS].known);
    ox_judgement_clear(&j);
    stream_free(g.stream);
}

/* ---- Causality ---- */

/* A fault of causality may well show in State too; the part itself must turn and say why. */
static void expect_violation(struct stream *s, const char *why) {
    struct ox_judgement j;
    stream_judge(s, &config, &j);
    const struct ox_part_verdict *part = &j.parts[OX_PART_CAUSALITY];
    g_assert_cmpint(part->verdict, ==, OX_FAIL);
    if (!strstr(part->reason, why))
        g_error("the reason does not say \"%s\": %s", why, part->reason);
    g_assert_cmpfloat(j.metrics[OX_METRIC_CAUSALITY_VIOLATIONS].value, >=, 1);
    ox_judgement_clear(&j);
    stream_free(s);
}

static void causality_a_gap(void) {
    struct good g = good_run();
    g_assert_cmpuint(news(g.stream, g.late_join)[0].last, ==, 2);
    news(g.stream, g.late_join)[0].first = 2; /* without the add of milk */
    expect(g.stream, OX_PART_CAUSALITY, OX_FAIL,
           "node 2 sees updates [0,2..2] of or-set \"cart\" at 7 s, but it has that replica's up "
           "to 0: a gap");
}

static void causality_applied_twice(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    g_array_insert_val(s->lines, (guint)g.first_join + 1, *stream_line(s, g.first_join));
    expect(s, OX_PART_CAUSALITY, OX_FAIL, "applied twice");
}

static void causality_never_made(void) {
    struct good g = good_run();
    news(g.stream, g.first_join)[0].last = 2;
    expect_violation(g.stream, "sees updates [0,1..2] of or-set \"cart\" at 1.5 s, but that "
                               "replica has made 1 by then");
}

static void causality_from_nobody(void) {
    struct good g = good_run();
    news(g.stream, g.first_join)[0].replica = 77;
    expect_violation(g.stream, "sees updates [77,1..1]");
}

static void causality_seen_before_it_was_made(void) {
    struct good g = good_run();
    stream_move(g.stream, g.first_join, g.first_update);
    expect_violation(g.stream, "replica has made 0 by then");
}

static void causality_not_closed(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    /* Node 2 sees what node 1 made just before what node 0 made and node 1 had seen. */
    struct ox_observation first = *stream_line(s, g.late_join);
    g_assert_cmpuint(first.see.count, ==, 2);
    first.see.news++;
    first.see.count = 1;
    first.has_state = false;
    stream_line(s, g.late_join)->see.count = 1;
    g_array_insert_val(s->lines, (guint)g.late_join, first);
    expect(s, OX_PART_CAUSALITY, OX_FAIL,
           "node 2 sees update [1,2] of or-set \"cart\" at 7 s without [0,1], which its maker had "
           "seen");
}

static void causality_have_shrank(void) {
    struct good g = good_run();
    stream_line(g.stream, g.first_read)->have--;
    expect(g.stream, OX_PART_CAUSALITY, OX_FAIL,
           "node 1 has 1 updates of or-set \"cart\" at 1.5 s, but by what it made and saw it must "
           "have 2: its context shrank");
}

static void causality_have_grew(void) {
    struct good g = good_run();
    stream_line(g.stream, g.blind_update)->have++;
    expect(g.stream, OX_PART_CAUSALITY, OX_FAIL, "holds what was never brought");
}

static void causality_own_write_not_read(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    size_t read = g.blind_update - 1; /* node 0, after it removed milk */
    g_assert_cmpint(stream_line(s, read)->kind, ==, OX_OBS_READ);
    stream_line(s, read)->have = 1;
    expect(s, OX_PART_CAUSALITY, OX_FAIL, "node 0 has 1 updates of or-set \"cart\" at 2 s");
}

static void causality_a_dot_made_twice(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    struct ox_observation again = *stream_line(s, g.first_update);
    again.have = 1;
    g_array_insert_val(s->lines, (guint)g.first_update + 1, again);
    expect(s, OX_PART_CAUSALITY, OX_FAIL,
           "node 0 makes update [0,1] of or-set \"cart\" a second time at 1 s");
}

static void causality_a_dot_left_out(void) {
    struct good g = good_run();
    stream_line(g.stream, g.first_update)->update.n = 2;
    expect_violation(g.stream, "but its next is [0,1]");
}

static void causality_a_dot_of_another_replica(void) {
    struct good g = good_run();
    stream_line(g.stream, g.first_update)->update.replica = 1;
    expect_violation(g.stream, "but it lives as replica 0");
}

static void causality_starts_twice(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    struct ox_observation again = *stream_line(s, 1);
    g_assert_cmpint(again.kind, ==, OX_OBS_START);
    g_array_insert_val(s->lines, 2, again);
    expect(s, OX_PART_CAUSALITY, OX_FAIL, "node 0 starts at 0 s though it lives");
}

static void causality_a_disk_it_never_had(void) {
    struct good g = good_run();
    stream_line(g.stream, 1)->start.disk = true;
    expect(g.stream, OX_PART_CAUSALITY, OX_FAIL, "with a disk that it never had");
}

static void causality_a_replica_number_used_before(void) {
    struct good g = good_run();
    stream_line(g.stream, 2)->start.replica = 0;
    expect_violation(g.stream, "as replica 0, a number that node 0 has used");
}

static void causality_down_nodes_get_no_messages(void) {
    struct good g = good_run();
    struct stream *s = g.stream;
    stream_crash(s, 1, true, OX_NO_FAULT);
    stream_deliver(s, 0, 1, 100);
    expect_violation(s, "node 1 receives a message at 20 s though it is down");
    g = good_run();
    s = g.stream;
    stream_crash(s, 1, true, OX_NO_FAULT);
    stream_deliver(s, 1, 0, 100);
    expect_violation(s, "node 1 sends a message at 20 s though it is down");
}

static void causality_down_nodes_do_nothing(void) {
    const enum ox_obs_kind kinds[] = {OX_OBS_UPDATE, OX_OBS_READ, OX_OBS_SEE, OX_OBS_CRASH};
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        struct good g = good_run();
        struct stream *s = g.stream;
        size_t lines[] = {g.first_update, g.first_read, g.first_join, g.quiet - 1};
        if (kinds[k] == OX_OBS_CRASH)
            lines[k] = stream_crash(s, 0, true, OX_NO_FAULT);
        struct ox_observation crash = {.kind = OX_OBS_CRASH,
                                       .node = stream_line(s, lines[k])->node,
                                       .t_ns = stream_line(s, lines[k])->t_ns,
                                       .crash = {.keeps_disk = true, .fault = OX_NO_FAULT}};
        g_assert_cmpint(stream_line(s, lines[k])->kind, ==, kinds[k]);
        g_array_insert_val(s->lines, (guint)lines[k], crash);
        expect_violation(s, "though it is down");
    }
}

static void causality_time_goes_back(void) {
    struct good g = good_run();
    stream_line(g.stream, g.first_join)->t_ns = 5;
    expect_violation(g.stream, "an observation at 0.000000005 s comes after one at 1 s");
}

static void causality_a_node_of_no_run(void) {
    struct good g = good_run();
    stream_line(g.stream, g.first_read)->node = 3;
    expect(g.stream, OX_PART_CAUSALITY, OX_FAIL,
           "node 3 is observed at 1.5 s, but the run has 3 nodes");
}

/* ---- Reach ---- */

static void reach_a_partition_without_hits(void) {
    struct good g = good_run();
    stream_line(g.stream, g.cut)->message.fault = OX_NO_FAULT;
    expect(g.stream, OX_PART_REACH, OX_UNKNOWN, "fault split (partition) hit nothing");
}

static void reach_a_rate_without_the_hits_to_be_expected(void) {
    struct good g = good_run(); /* 32 messages while it rains: 16 hits to be expected */
    stream_line(g.stream, g.lost)->message.fault = OX_NO_FAULT;
    expect(g.stream, OX_PART_REACH, OX_UNKNOWN,
           "fault rain (loss) hit nothing where 16 hits were to be expected");
}

static void reach_a_rate_with_few_chances(void) {
    struct good g = good_run();
    stream_line(g.stream, g.lost)->message.fault = OX_NO_FAULT;
    struct ox_judge_fault drizzle[] = {faults[SPLIT], {"rain", "loss", 0.3}}; /* 9.6 */
    struct ox_judge_config with = config;
    with.faults = drizzle;
    expect_with(g.stream, &with, OX_PART_COUNT, OX_PASS, "");
}

static void reach_a_fault_that_never_began(void) {
    struct good g = good_run();
    struct ox_judge_fault three[] = {faults[SPLIT], faults[RAIN], {"blackout", "crash", 0}};
    struct ox_judge_config with = config;
    with.faults = three;
    with.fault_count = 3;
    expect_with(g.stream, &with, OX_PART_REACH, OX_UNKNOWN, "fault blackout (crash) never began");
}

static void reach_a_duplicate_hits(void) {
    struct good g = good_run();
    struct ox_judge_fault three[] = {faults[SPLIT], faults[RAIN], {"echo", "duplicate", 0.9}};
    struct ox_judge_config with = config;
    with.faults = three;
    with.fault_count = 3;
    struct ox_observation *twice = stream_line(g.stream, g.first_update - 1);
    g_assert_cmpint(twice->kind, ==, OX_OBS_DELIVER);
    twice->message.fault = 2;
    struct ox_observation on = {.kind = OX_OBS_FAULT, .fault = {.fault = 2, .on = true}};
    g_array_insert_val(g.stream->lines, 4, on);
    expect_with(g.stream, &with, OX_PART_COUNT, OX_PASS, "");
}

/* The weather of the network itself is no fault of the scenario, and has to act all the same. */
static void reach_the_network_loses_and_repeats(void) {
    struct ox_judge_config with = config;
    with.loss = 0.4; /* 41 messages until the phase of the workload ends: 16.4 hits */
    expect_with(good_run().stream, &with, OX_PART_REACH, OX_UNKNOWN,
                "the network's loss hit nothing where 16 hits were to be expected");
    struct good g = good_run();
    struct ox_observation lost = *stream_line(g.stream, g.lost);
    lost.message.fault = OX_NO_FAULT;
    g_array_insert_val(g.stream->lines, (guint)g.lost, lost);
    expect_with(g.stream, &with, OX_PART_COUNT, OX_PASS, "");

    with = config;
    with.duplicate = 0.4;
    expect_with(good_run().stream, &with, OX_PART_REACH, OX_UNKNOWN,
                "the network's duplication hit nothing where 16 hits were to be expected");
    g = good_run();
    stream_line(g.stream, g.first_update - 1)->message.duplicate = true;
    expect_with(g.stream, &with, OX_PART_COUNT, OX_PASS, "");

    with.loss = with.duplicate = 0.2; /* 8.2 */
    expect_with(good_run().stream, &with, OX_PART_COUNT, OX_PASS, "");
}

/* What is sent after the phase of the workload has no chance to be lost. */
static void reach_the_network_loses_only_while_the_workload_runs(void) {
    struct ox_judge_config with = config;
    with.loss = 0.2;
    struct good g = good_run();
    struct stream *s = g.stream;
    messages(s, 100);
    expect_with(s, &with, OX_PART_COUNT, OX_PASS, "");
}

/* Pairs of updates by two nodes, each node's after it saw the other's or before. */
static struct stream *run_of(uint32_t pairs, bool concurrent, bool both) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    for (uint32_t i = 0; i < pairs; i++) {
        stream_at(s, 1 + i);
        stream_update(s, 0, SUM, "k", "inc", "1");
        if (!concurrent)
            stream_join(s, 1, SUM, "k", 0);
        stream_update(s, both ? 1 : 0, SUM, "k", "inc", "1");
        if (concurrent || !both)
            stream_join(s, 1, SUM, "k", 0);
        if (both)
            stream_join(s, 0, SUM, "k", 1);
    }
    stream_end(s, 10);
    char *sum = g_strdup_printf("%u", 2 * pairs);
    stream_read(s, 0, SUM, "k", sum);
    stream_read(s, 1, SUM, "k", sum);
    g_free(sum);
    return s;
}

static void reach_updates(void) {
    struct ox_judge_config two = {.nodes = 2};
    expect_with(run_of(5, true, true), &two, OX_PART_COUNT, OX_PASS, "");
    expect_with(run_of(4, true, true), &two, OX_PART_REACH, OX_UNKNOWN,
                "only 8 owed updates, at least 10 make a test");
    expect_with(run_of(5, false, true), &two, OX_PART_REACH, OX_UNKNOWN,
                "no two updates of one key were concurrent");
    expect_with(run_of(5, false, false), &two, OX_PART_REACH, OX_UNKNOWN,
                "fewer than 2 replicas made owed updates; no two updates");
}

/* Where nodes die State may have nothing to compare; Reach must say what it misses all the same. */
static void expect_unreached(struct stream *s, const char *why) {
    struct ox_judgement j;
    stream_judge(s, &(struct ox_judge_config){.nodes = 2}, &j);
    const struct ox_part_verdict *part = &j.parts[OX_PART_REACH];
    g_assert_cmpint(part->verdict, ==, OX_UNKNOWN);
    if (!strstr(part->reason, why))
        g_error("the reason does not say \"%s\": %s", why, part->reason);
    ox_judgement_clear(&j);
    stream_free(s);
}

static void reach_wants_ten(void) {
    struct ox_judge_config two = {.nodes = 2};
    struct stream *s = run_of(4, true, true);
    g_array_set_size(s->lines, s->lines->len - 4); /* before its end */
    stream_update(s, 0, SUM, "k", "inc", "1");
    stream_join(s, 1, SUM, "k", 0);
    stream_end(s, 10);
    stream_read(s, 0, SUM, "k", "9");
    stream_read(s, 1, SUM, "k", "9");
    expect_with(s, &two, OX_PART_REACH, OX_UNKNOWN, "only 9 owed updates");
}

/* The only updates that are concurrent, one of which dies: the first or the second. */
static void reach_does_not_count_the_dead(void) {
    for (uint32_t dies = 0; dies < 2; dies++) {
        struct stream *s = run_of(5, false, true);
        g_array_set_size(s->lines, s->lines->len - 4); /* before its end */
        stream_update(s, 0, SUM, "k", "inc", "1");
        stream_update(s, 1, SUM, "k", "inc", "1");
        stream_crash(s, dies, false, OX_NO_FAULT);
        stream_end(s, 10);
        stream_read(s, 1 - dies, SUM, "k", "11");
        expect_unreached(s, "no two updates of one key were concurrent");
    }
}

static void reach_does_not_count_makers_whose_updates_died(void) {
    struct stream *s = run_of(5, false, false);
    g_array_set_size(s->lines, s->lines->len - 4);
    stream_update(s, 1, SUM, "k", "inc", "1");
    stream_crash(s, 1, false, OX_NO_FAULT);
    stream_end(s, 10);
    stream_read(s, 0, SUM, "k", "10");
    expect_unreached(s, "fewer than 2 replicas made owed updates");
}

static void nothing_at_all_is_unknown(void) {
    struct stream *s = stream_new(2);
    stream_start_all(s);
    stream_end(s, 10);
    struct ox_judgement j;
    stream_judge(s, &(struct ox_judge_config){.nodes = 2}, &j);
    for (int i = 0; i < OX_PART_COUNT; i++)
        g_assert_cmpint(j.parts[i].verdict, ==, OX_UNKNOWN);
    ox_judgement_clear(&j);
    stream_free(s);
}

/* ---- all of them ---- */

#define TESTS(X)                                                                                   \
    X(good_run_passes)                                                                             \
    X(state_differs_in_a_see)                                                                      \
    X(state_differs_between_times)                                                                 \
    X(state_is_the_same_for_all_contexts)                                                          \
    X(state_differs_in_a_final_read)                                                               \
    X(state_misses_a_final_read)                                                                   \
    X(state_takes_no_earlier_read_for_a_final_one)                                                 \
    X(state_wants_bytes_in_final_reads)                                                            \
    X(state_differs_when_quiet)                                                                    \
    X(state_unknown_when_unsettled)                                                                \
    X(state_fails_definitely_even_when_unsettled)                                                  \
    X(state_unknown_when_cut_short)                                                                \
    X(state_fails_on_a_broken_contract)                                                            \
    X(state_fails_on_an_alarm)                                                                     \
    X(state_fails_when_quiet_was_not_quiet)                                                        \
    X(state_fails_when_a_quiet_run_moves)                                                          \
    X(state_tells_many_contexts_apart)                                                             \
    X(value_of_nothing_is_one_per_key)                                                             \
    X(state_unknown_when_nobody_lives)                                                             \
    X(state_unknown_when_one_node_lives)                                                           \
    X(state_unknown_when_it_ends_early)                                                            \
    X(value_wrong)                                                                                 \
    X(value_wrong_after_a_right_one)                                                               \
    X(value_counts_wrong_reads)                                                                    \
    X(value_unknown_without_a_model)                                                               \
    X(value_unknown_when_the_model_does_not_know_the_operation)                                    \
    X(value_unknown_when_nothing_is_read)                                                          \
    X(causality_a_gap)                                                                             \
    X(causality_applied_twice)                                                                     \
    X(causality_never_made)                                                                        \
    X(causality_from_nobody)                                                                       \
    X(causality_seen_before_it_was_made)                                                           \
    X(causality_not_closed)                                                                        \
    X(causality_have_shrank)                                                                       \
    X(causality_have_grew)                                                                         \
    X(causality_own_write_not_read)                                                                \
    X(causality_a_dot_made_twice)                                                                  \
    X(causality_a_dot_left_out)                                                                    \
    X(causality_a_dot_of_another_replica)                                                          \
    X(causality_starts_twice)                                                                      \
    X(causality_a_disk_it_never_had)                                                               \
    X(causality_a_replica_number_used_before)                                                      \
    X(causality_down_nodes_do_nothing)                                                             \
    X(causality_down_nodes_get_no_messages)                                                        \
    X(causality_time_goes_back)                                                                    \
    X(causality_a_node_of_no_run)                                                                  \
    X(reach_a_partition_without_hits)                                                              \
    X(reach_a_rate_without_the_hits_to_be_expected)                                                \
    X(reach_a_rate_with_few_chances)                                                               \
    X(reach_a_fault_that_never_began)                                                              \
    X(reach_a_duplicate_hits)                                                                      \
    X(reach_the_network_loses_and_repeats)                                                         \
    X(reach_the_network_loses_only_while_the_workload_runs)                                        \
    X(reach_updates)                                                                               \
    X(reach_wants_ten)                                                                             \
    X(reach_does_not_count_the_dead)                                                               \
    X(reach_does_not_count_makers_whose_updates_died)                                              \
    X(nothing_at_all_is_unknown)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/judge/" #name, name);
    TESTS(TEST)
#undef TEST
    return g_test_run();
}
