/* lives.c - crashes and returns: which updates are owed and which died, and what may come back. */
#include "props/tests/support_stream.h"

#include <string.h>

#define SUM "g-counter"

static const struct ox_judge_config lives = {.nodes = 3, .duration_ns = UINT64_C(5000000000)};

static void expect_violation(struct stream *s, const char *why) {
    struct ox_judgement j;
    stream_judge(s, &lives, &j);
    g_assert_cmpint(j.parts[OX_PART_CAUSALITY].verdict, ==, OX_FAIL);
    if (!strstr(j.parts[OX_PART_CAUSALITY].reason, why))
        g_error("the reason does not say \"%s\": %s", why, j.parts[OX_PART_CAUSALITY].reason);
    ox_judgement_clear(&j);
    stream_free(s);
}

/* All nodes share one update; node 0 makes a second one that it cannot pass on before it goes down
 * at 3 s. */
static struct stream *run_with_a_crash(bool keeps_disk, bool returns) {
    struct stream *s = stream_new(3);
    stream_start_all(s);
    stream_at(s, 1);
    stream_update(s, 0, SUM, "k", "inc", "1");
    stream_at(s, 2);
    stream_join(s, 1, SUM, "k", 0);
    stream_join(s, 2, SUM, "k", 0);
    stream_update(s, 0, SUM, "k", "inc", "10");
    stream_at(s, 3);
    stream_crash(s, 0, keeps_disk, OX_NO_FAULT);
    stream_at(s, 4);
    if (returns && keeps_disk)
        stream_return(s, 0);
    else if (returns)
        stream_start(s, 0, 1 << 20);
    return s;
}

/* Nodes 1 and 2 read, and node 0 what it has if it lives. */
static void end(struct stream *s, const char *read_by_0, const char *read_by_others) {
    stream_end(s, 10);
    if (read_by_0)
        stream_read(s, 0, SUM, "k", read_by_0);
    stream_read(s, 1, SUM, "k", read_by_others);
    stream_read(s, 2, SUM, "k", read_by_others);
}

static void check_updates(const struct ox_judgement *j, double owed, double died, double lost) {
    g_assert_cmpfloat(j->metrics[OX_METRIC_UPDATES].value, ==, owed + died);
    g_assert_cmpfloat(j->metrics[OX_METRIC_UPDATES_OWED].value, ==, owed);
    g_assert_cmpfloat(j->metrics[OX_METRIC_UPDATES_DIED].value, ==, died);
    g_assert_true(j->metrics[OX_METRIC_LOST_UPDATES].known);
    g_assert_cmpfloat(j->metrics[OX_METRIC_LOST_UPDATES].value, ==, lost);
}

static void judge_lives(struct stream *s, struct ox_judgement *j) {
    stream_judge(s, &lives, j);
    g_assert_cmpstr(j->parts[OX_PART_CAUSALITY].reason, ==, "");
    g_assert_cmpstr(j->parts[OX_PART_VALUE].reason, ==, "");
    stream_free(s);
}

static void died_with_the_disk(void) {
    struct stream *s = run_with_a_crash(false, true);
    stream_read(s, 0, SUM, "k", "0"); /* a new life knows nothing */
    stream_join(s, 0, SUM, "k", 1);
    end(s, "1", "1");
    struct ox_judgement j;
    judge_lives(s, &j);
    g_assert_cmpstr(j.parts[OX_PART_STATE].reason, ==, "");
    check_updates(&j, 1, 1, 0);
    ox_judgement_clear(&j);
}

static void died_while_down(void) {
    struct stream *s = run_with_a_crash(true, false);
    end(s, NULL, "1");
    struct ox_judgement j;
    judge_lives(s, &j);
    g_assert_cmpstr(j.parts[OX_PART_STATE].reason, ==, "");
    check_updates(&j, 1, 1, 0);
    ox_judgement_clear(&j);
}

/* A key that only the dead have heard of does not exist: nobody needs to read it. */
static void died_with_its_key(void) {
    struct stream *s = run_with_a_crash(true, true);
    stream_update(s, 0, SUM, "of the dead", "inc", "1");
    stream_join(s, 1, SUM, "k", 0);
    stream_join(s, 2, SUM, "k", 0);
    stream_crash(s, 0, false, OX_NO_FAULT);
    end(s, NULL, "11");
    struct ox_judgement j;
    judge_lives(s, &j);
    g_assert_cmpstr(j.parts[OX_PART_STATE].reason, ==, "");
    check_updates(&j, 2, 1, 0);
    ox_judgement_clear(&j);
}

static void owed_when_the_disk_comes_back(void) {
    struct stream *s = run_with_a_crash(true, true);
    stream_read(s, 0, SUM, "k", "11"); /* the disk has both */
    end(s, "11", "1");
    struct ox_judgement j;
    judge_lives(s, &j);
    g_assert_cmpint(j.parts[OX_PART_STATE].verdict, ==, OX_FAIL);
    check_updates(&j, 2, 0, 1);
    ox_judgement_clear(&j);
}

static void owed_when_somebody_else_has_it(void) {
    struct stream *s = run_with_a_crash(false, false); /* its first update lives on at node 1 */
    end(s, NULL, "1");
    struct ox_judgement j;
    judge_lives(s, &j);
    check_updates(&j, 1, 1, 0);
    ox_judgement_clear(&j);
}

static void a_lost_disk_comes_back(void) {
    struct stream *s = run_with_a_crash(false, false);
    stream_return(s, 0);
    stream_line(s, stream_read(s, 0, SUM, "k", "0"))->have = 0; /* what was on it is gone */
    struct ox_judgement j;
    stream_judge(s, &lives, &j);
    g_assert_cmpstr(j.parts[OX_PART_CAUSALITY].reason, ==,
                    "node 0 starts at 4 s with a disk that it lost");
    g_assert_cmpstr(j.parts[OX_PART_VALUE].reason, ==, "");
    ox_judgement_clear(&j);
    stream_free(s);
}

/* The crash left the disk alone, but the node starts without it: what only it had must not pass for
 * an update that died. */
static void a_kept_disk_is_not_used(void) {
    struct stream *s = run_with_a_crash(true, false);
    stream_start(s, 0, 1 << 20);
    stream_read(s, 0, SUM, "k", "0");
    stream_join(s, 0, SUM, "k", 1);
    end(s, "1", "1");
    expect_violation(s, "node 0 starts with nothing at 4 s, but its crash kept its disk");
}

static void a_disk_changes_its_replica(void) {
    struct stream *s = run_with_a_crash(true, true);
    stream_line(s, s->lines->len - 1)->start.replica = 9;
    expect_violation(s, "as replica 9, but its disk is of replica 0");
}

static void a_kept_disk_that_forgot(void) {
    struct stream *s = run_with_a_crash(true, true);
    stream_line(s, stream_read(s, 0, SUM, "k", "1"))->have = 1;
    expect_violation(s, "its context shrank");
}

#define TESTS(X)                                                                                   \
    X(died_with_the_disk)                                                                          \
    X(died_while_down)                                                                             \
    X(died_with_its_key)                                                                           \
    X(owed_when_the_disk_comes_back)                                                               \
    X(owed_when_somebody_else_has_it)                                                              \
    X(a_lost_disk_comes_back)                                                                      \
    X(a_kept_disk_is_not_used)                                                                     \
    X(a_disk_changes_its_replica)                                                                  \
    X(a_kept_disk_that_forgot)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/lives/" #name, name);
    TESTS(TEST)
#undef TEST
    return g_test_run();
}
