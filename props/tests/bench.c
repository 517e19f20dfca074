/* `oxbow bench crdt`: what it says about every type and every claim, never how fast it is. */
#include "crdt/bench/bench_verdict.h"
#include "crdt/object.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <math.h>
#include <string.h>

/* What the claims are, so that none can go missing or become another. */
static const struct {
    const char *id;
    double bound; /* bytes of C16, ns of C19 */
} claimed[] = {
    {"C16", 100},  {"C16", 200},  {"C16", 50},   {"C16", 100},  {"C16", 150}, {"C16", 150000},
    {"C19", 12.3}, {"C19", 28.1}, {"C19", 15.7}, {"C19", 22.4}, {"C19", 312}, {"C19", 445},
};

static char *run(const char *option) {
    char *argv[] = {OXBOW_BINARY_DIR "/oxbow", "bench", "crdt", "--quick", (char *)option, NULL};
    char *out = NULL;
    int status;
    GError *error = NULL;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);
    return out;
}

static const cJSON *get(const cJSON *object, const char *name) {
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item == NULL)
        g_error("the result has no '%s'", name);
    return item;
}

/* Above zero: it was measured. */
static void assert_measured(const cJSON *figures, const char *type, const char *word) {
    const cJSON *figure = get(figures, word);
    if (!cJSON_IsNumber(figure) || !(figure->valuedouble > 0))
        g_error("%s of %s was not measured", word, type);
}

static void assert_type(const cJSON *entry, const struct ox_type *type) {
    static const char *const words[] = {"ADD",  "ADD_DELTA", "AGAIN",  "AGAIN_DELTA", "BYTES",
                                        "WIRE", "ENCODE",    "DECODE", "JOIN_ONE"};
    static const char *const pairs[] = {"ONE_WIRE", "JOIN_10K", "DISJOINT", "IDENTICAL"};
    static const double sizes[] = {1000, 100000};
    g_assert_cmpstr(get(entry, "type")->valuestring, ==, type->name);
    g_assert_cmpint(cJSON_GetArraySize(get(entry, "sizes")), ==, G_N_ELEMENTS(sizes));
    for (int s = 0; s < (int)G_N_ELEMENTS(sizes); s++) {
        const cJSON *size = cJSON_GetArrayItem(get(entry, "sizes"), s);
        g_assert_cmpfloat(get(size, "entries")->valuedouble, ==, sizes[s]);
        for (size_t w = 0; w < G_N_ELEMENTS(words); w++) {
            /* A counter's entries are replicas, whose first deltas are as long as they are many. */
            bool left_out = g_str_has_suffix(type->name, "counter") && s > 0 &&
                            strcmp(words[w], "ADD_DELTA") == 0;
            if (left_out)
                g_assert_true(cJSON_IsNull(get(get(size, "figures"), words[w])));
            else
                assert_measured(get(size, "figures"), type->name, words[w]);
        }
    }
    for (size_t w = 0; w < G_N_ELEMENTS(pairs); w++)
        assert_measured(get(entry, "pairs"), type->name, pairs[w]);
}

/* The verdict that the figures lead to, worked out anew. */
static const char *verdict_of(const cJSON *bound) {
    const cJSON *measured = get(bound, "measured");
    double most = get(bound, "bound")->valuedouble;
    if (strchr(get(bound, "about")->valuestring, '~') != NULL)
        most *= 1.25;
    if (!cJSON_IsNumber(measured))
        return "unknown";
    return measured->valuedouble <= most ? "holds" : "false";
}

static void assert_verdicts(const cJSON *bounds) {
    const cJSON *bound;
    cJSON_ArrayForEach(bound, bounds) {
        g_assert_cmpstr(get(bound, "verdict")->valuestring, ==, verdict_of(bound));
    }
}

static void assert_claims(const cJSON *claims) {
    g_assert_cmpint(cJSON_GetArraySize(claims), ==, G_N_ELEMENTS(claimed));
    for (int i = 0; i < (int)G_N_ELEMENTS(claimed); i++) {
        const cJSON *claim = cJSON_GetArrayItem(claims, i);
        g_assert_cmpstr(get(claim, "id")->valuestring, ==, claimed[i].id);
        g_assert_cmpfloat(get(claim, "bound")->valuedouble, ==, claimed[i].bound);
    }
}

static void every_type_has_a_row_and_every_claim_a_verdict(void) {
    char *text = run("--json");
    cJSON *result = cJSON_Parse(text);
    g_assert_nonnull(result);
    int types = 0;
    for (; ox_types[types] != NULL; types++)
        assert_type(cJSON_GetArrayItem(get(result, "types"), types), ox_types[types]);
    g_assert_cmpint(cJSON_GetArraySize(get(result, "types")), ==, types);
    assert_verdicts(get(result, "claims"));
    assert_verdicts(get(result, "numbers"));
    assert_claims(get(result, "claims"));
    g_assert_cmpint(cJSON_GetArraySize(get(result, "numbers")), ==, 18);
    const cJSON *calm = get(result, "calm");
    g_assert_cmpfloat(get(calm, "times")->valuedouble, >, 1000); /* all processes' together */
    g_assert_cmpfloat(get(calm, "disturbed")->valuedouble, <=, get(calm, "times")->valuedouble);
    g_assert_cmpfloat(get(calm, "waited_s")->valuedouble, <, 11); /* 10, and the last pause */
    cJSON_Delete(result);
    g_free(text);
}

static void the_table_names_every_type_and_says_a_verdict_per_line(void) {
    char *text = run(NULL);
    char **lines = g_strsplit(text, "\n", -1);
    unsigned verdicts = 0;
    for (size_t t = 0; ox_types[t] != NULL; t++) {
        unsigned rows = 0;
        char *start = g_strconcat(ox_types[t]->name, " ", NULL);
        for (char **line = lines; *line != NULL; line++)
            rows += g_str_has_prefix(*line, start);
        g_assert_cmpuint(rows, ==, 3); /* two sizes, and the joins */
        g_free(start);
    }
    for (char **line = lines; *line != NULL; line++) {
        bool bound = strstr(*line, "  <= ") != NULL;
        bool said = strstr(*line, "  holds (") != NULL || strstr(*line, "  FALSE (") != NULL ||
                    strstr(*line, "  unknown (") != NULL;
        g_assert_cmpint(bound, ==, said);
        verdicts += bound;
    }
    g_assert_cmpuint(verdicts, ==, 30);
    g_assert_null(strstr(text, "  BYTES "));
    g_strfreev(lines);
    g_free(text);
}

static void a_verdict_follows_from_the_figures(void) {
    g_assert_cmpint(ox_bench_judge(99, 100, false), ==, OX_BENCH_HOLDS);
    g_assert_cmpint(ox_bench_judge(100, 100, false), ==, OX_BENCH_HOLDS);
    g_assert_cmpint(ox_bench_judge(101, 100, false), ==, OX_BENCH_FALSE);
    g_assert_cmpint(ox_bench_judge(125, 100, true), ==, OX_BENCH_HOLDS);
    g_assert_cmpint(ox_bench_judge(126, 100, true), ==, OX_BENCH_FALSE);
    g_assert_cmpint(ox_bench_judge(NAN, 100, true), ==, OX_BENCH_UNKNOWN);
    g_assert_cmpint(ox_bench_judge(0, 100, false), ==, OX_BENCH_UNKNOWN);
    char said[64];
    ox_bench_say(said, sizeof said, 41, 100, false);
    g_assert_cmpstr(said, ==, "holds (-59 %)");
    ox_bench_say(said, sizeof said, 128, 100, true);
    g_assert_cmpstr(said, ==, "FALSE (+28 %)");
    ox_bench_say(said, sizeof said, NAN, 100, true);
    g_assert_cmpstr(said, ==, "unknown (not measured)");
}

/* A type that counts half of what it takes, or more than there is, is not believed. */
static void bytes_that_are_not_honest_are_seen(void) {
    g_assert_true(ox_bench_honest(4e6, 4e6, 1));
    g_assert_true(ox_bench_honest(4e6, 4.3e6, 1));
    g_assert_true(ox_bench_honest(72e5, 168e5, 1e5));
    g_assert_false(ox_bench_honest(4e6, 8e6, 1));
    g_assert_false(ox_bench_honest(4e6, 2e6, 1));
    g_assert_false(ox_bench_honest(72e5, 300e5, 1e5));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bench/a verdict follows from the figures",
                    a_verdict_follows_from_the_figures);
    g_test_add_func("/bench/bytes that are not honest are seen",
                    bytes_that_are_not_honest_are_seen);
    g_test_add_func("/bench/every type has a row and every claim a verdict",
                    every_type_has_a_row_and_every_claim_a_verdict);
    g_test_add_func("/bench/the table names every type and says a verdict per line",
                    the_table_names_every_type_and_says_a_verdict_per_line);
    return g_test_run();
}
