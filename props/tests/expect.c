/* expect.c - words, and what an expectation says of a number. */
#include "props/judge.h"

#include <math.h>
#include <string.h>

static enum ox_verdict expect(bool known, double value, enum ox_comparison op, double bound) {
    struct ox_judgement judgement = {0};
    judgement.metrics[OX_METRIC_READS] = (struct ox_metric_value){known, value};
    return ox_expect(&judgement, OX_METRIC_READS, op, bound);
}

static void comparisons(void) {
    static const struct {
        enum ox_comparison op;
        const char *word;
        enum ox_verdict below, equal, above; /* of a value that is so to the bound */
    } rows[] = {
        {OX_CMP_EQ, "=", OX_FAIL, OX_PASS, OX_FAIL}, {OX_CMP_NE, "!=", OX_PASS, OX_FAIL, OX_PASS},
        {OX_CMP_LT, "<", OX_PASS, OX_FAIL, OX_FAIL}, {OX_CMP_LE, "<=", OX_PASS, OX_PASS, OX_FAIL},
        {OX_CMP_GT, ">", OX_FAIL, OX_FAIL, OX_PASS}, {OX_CMP_GE, ">=", OX_FAIL, OX_PASS, OX_PASS},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpstr(ox_comparison_word(rows[i].op), ==, rows[i].word);
        g_assert_cmpint(expect(true, 2.5, rows[i].op, 3), ==, rows[i].below);
        g_assert_cmpint(expect(true, 3, rows[i].op, 3), ==, rows[i].equal);
        g_assert_cmpint(expect(true, 3.5, rows[i].op, 3), ==, rows[i].above);
        g_assert_cmpint(expect(false, 3, rows[i].op, 3), ==, OX_UNKNOWN);
    }
}

static void what_never_came_about_passes_nothing(void) {
    for (int op = OX_CMP_EQ; op <= OX_CMP_GE; op++)
        g_assert_cmpint(expect(true, INFINITY, (enum ox_comparison)op, 3), ==, OX_FAIL);
}

static void metrics_have_names(void) {
    for (int i = 0; i < OX_METRIC_COUNT; i++) {
        const struct ox_metric_info *info = ox_metric_info((enum ox_metric)i);
        g_assert_cmpint(ox_metric_named(info->word), ==, i);
        g_assert_cmpuint(strlen(info->about), >, 0);
    }
    g_assert_cmpstr(ox_metric_info(OX_METRIC_CONVERGE_AFTER_HEAL)->word, ==, "converge_after_heal");
    g_assert_cmpstr(ox_metric_info(OX_METRIC_CONVERGE_AFTER_HEAL)->unit, ==, "s");
    g_assert_cmpint(ox_metric_named("converge"), ==, OX_METRIC_COUNT);
}

static void verdicts(void) {
    g_assert_cmpstr(ox_verdict_word(OX_PASS), ==, "pass");
    g_assert_cmpstr(ox_verdict_word(OX_FAIL), ==, "fail");
    g_assert_cmpstr(ox_verdict_word(OX_UNKNOWN), ==, "unknown");
    static const enum ox_verdict worse[3][3] = {{OX_PASS, OX_FAIL, OX_UNKNOWN},
                                                {OX_FAIL, OX_FAIL, OX_FAIL},
                                                {OX_UNKNOWN, OX_FAIL, OX_UNKNOWN}};
    for (int a = OX_PASS; a <= OX_UNKNOWN; a++)
        for (int b = OX_PASS; b <= OX_UNKNOWN; b++)
            g_assert_cmpint(ox_verdict_worse((enum ox_verdict)a, (enum ox_verdict)b), ==,
                            worse[a][b]);
    const char *parts[] = {"state", "value", "causality", "reach"};
    for (int i = 0; i < OX_PART_COUNT; i++)
        g_assert_cmpstr(ox_part_word((enum ox_part)i), ==, parts[i]);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/expect/comparisons", comparisons);
    g_test_add_func("/expect/what_never_came_about_passes_nothing",
                    what_never_came_about_passes_nothing);
    g_test_add_func("/expect/metrics_have_names", metrics_have_names);
    g_test_add_func("/expect/verdicts", verdicts);
    return g_test_run();
}
