/* reference.c - the reference models, against golden cases written down by hand and against a twin
 * that knows nothing but "who had seen whom". */
#include "props/tests/support_past.h"

#include <string.h>

/* ---- or-set ---- */

static void set_shows_what_was_added(void) {
    struct past *past = past_new();
    past_check(past, "or-set", A, "[]");
    past_make(past, A, "add", "\"x\"");
    past_check(past, "or-set", A, "[\"x\"]");
    past_check(past, "or-set", B, "[]");
    past_make(past, A, "remove", "\"x\"");
    past_check(past, "or-set", A, "[]");
    past_make(past, A, "add", "\"x\"");
    past_check(past, "or-set", A, "[\"x\"]");
    past_free(past);
}

static void set_add_wins_over_a_concurrent_remove(void) {
    struct past *past = past_new();
    past_make(past, A, "add", "\"x\"");
    past_learn(past, B, A);
    past_make(past, A, "remove", "\"x\"");
    past_make(past, B, "add", "\"x\"");
    past_learn(past, C, A);
    past_check(past, "or-set", C, "[]");
    past_learn(past, C, B);
    past_check(past, "or-set", C, "[\"x\"]");
    past_free(past);
}

static void set_remove_undoes_only_what_it_saw(void) {
    struct past *past = past_new();
    past_make(past, A, "add", "\"x\"");
    past_make(past, B, "add", "\"x\"");
    past_make(past, B, "add", "\"y\"");
    past_make(past, A, "remove", "\"x\""); /* saw A's add, not B's */
    past_learn(past, A, B);
    past_check(past, "or-set", A, "[\"x\",\"y\"]");
    past_make(past, A, "remove", "\"x\""); /* saw both */
    past_check(past, "or-set", A, "[\"y\"]");
    past_learn(past, B, A);
    past_check(past, "or-set", B, "[\"y\"]");
    past_free(past);
}

/* The shortest case in which joining over a gap went wrong: see the README. */
static void set_adds_twice_removes_once(void) {
    struct past *past = past_new();
    past_make(past, A, "add", "\"x\"");
    past_learn(past, C, A);
    past_make(past, A, "add", "\"x\"");
    past_learn(past, B, A);
    past_make(past, B, "add", "\"x\"");
    past_make(past, B, "remove", "\"x\"");
    past_check(past, "or-set", B, "[]");
    past_check(past, "or-set", C, "[\"x\"]");
    past_learn(past, C, B);
    past_check(past, "or-set", C, "[]");
    past_free(past);
}

static void set_sorts_by_json_bytes(void) {
    struct past *past = past_new();
    const char *args[] = {"true", "\"b\"", "10",    "\"\303\244\"", "null",
                          "9",    "-1",    "\"B\"", "\"\""};
    for (size_t i = 0; i < G_N_ELEMENTS(args); i++)
        past_make(past, A, "add", args[i]);
    past_check(past, "or-set", A, "[\"\",\"B\",\"b\",\"\303\244\",-1,10,9,null,true]");
    past_free(past);
}

/* ---- g-counter ---- */

static void counter_sums_up(void) {
    struct past *past = past_new();
    past_check(past, "g-counter", A, "0");
    past_make(past, A, "inc", "2");
    past_make(past, A, "inc", "5");
    past_make(past, B, "inc", "4");
    past_check(past, "g-counter", A, "7");
    past_learn(past, A, B);
    past_check(past, "g-counter", A, "11");
    past_check(past, "g-counter", C, "0");
    past_free(past);
}

static void counter_is_exact_beyond_int64(void) {
    struct past *past = past_new();
    past_make(past, A, "inc", "9223372036854775807");
    past_make(past, B, "inc", "9223372036854775807");
    past_make(past, C, "inc", "9223372036854775807");
    past_learn(past, A, B);
    past_check(past, "g-counter", A, "18446744073709551614");
    past_learn(past, A, C);
    past_check(past, "g-counter", A, "27670116110564327421");
    past_free(past);
}

static void counter_goes_down(void) {
    struct past *past = past_new();
    past_make(past, A, "inc", "2");
    past_make(past, B, "dec", "9223372036854775807");
    past_make(past, C, "dec", "9223372036854775807");
    past_check(past, "pn-counter", A, "2");
    past_check(past, "pn-counter", B, "-9223372036854775807");
    past_learn(past, A, B);
    past_learn(past, A, C);
    past_check(past, "pn-counter", A, "-18446744073709551612");
    past_free(past);
}

/* ---- g-set, 2p-set ---- */

static void two_phases_end_for_good(void) {
    struct past *past = past_new();
    past_check(past, "g-set", A, "[]");
    past_make(past, A, "add", "\"x\"");
    past_make(past, A, "add", "7");
    past_make(past, B, "add", "\"x\"");
    past_check(past, "g-set", A, "[\"x\",7]");
    past_check(past, "2p-set", A, "[\"x\",7]");
    past_learn(past, C, A);
    past_make(past, A, "remove", "\"x\""); /* never saw B's add, and yet */
    past_learn(past, A, B);
    past_check(past, "2p-set", A, "[7]");
    past_check(past, "2p-set", C, "[\"x\",7]");
    past_learn(past, C, A);
    past_check(past, "2p-set", C, "[7]");
    past_free(past);
}

/* ---- registers ---- */

static void last_writer_is_by_stamp(void) {
    struct past *past = past_new();
    past_check(past, "lww-register", A, "null");
    past_make_at(past, A, "set", "\"late\"", 9, 1);
    past_make_at(past, B, "set", "\"early\"", 9, 0);
    past_make_at(past, C, "set", "\"as late\"", 9, 1);
    past_check(past, "lww-register", B, "\"early\"");
    past_learn(past, B, A);
    past_check(past, "lww-register", B, "\"late\"");
    past_learn(past, A, C); /* one time: the greater replica */
    past_check(past, "lww-register", A, "\"as late\"");
    past_make_at(past, A, "set", "{\"a\":[1]}", 10, 0);
    past_check(past, "lww-register", A, "{\"a\":[1]}");
    past_free(past);
}

static void unseen_writes_show(void) {
    struct past *past = past_new();
    past_check(past, "mv-register", A, "[]");
    past_make(past, A, "set", "2");
    past_make(past, A, "set", "1");
    past_make(past, B, "set", "\"b\"");
    past_make(past, C, "set", "1"); /* a value twice shows once */
    past_check(past, "mv-register", A, "[1]");
    past_learn(past, A, B);
    past_learn(past, A, C);
    past_check(past, "mv-register", A, "[\"b\",1]");
    past_make(past, B, "set", "\"c\""); /* had seen its own only */
    past_learn(past, A, B);
    past_check(past, "mv-register", A, "[\"c\",1]");
    past_make(past, A, "set", "null");
    past_check(past, "mv-register", A, "[null]");
    past_free(past);
}

/* ---- the twin ---- */

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool shows(const struct past *past, uint32_t replica, const char *element) {
    for (uint32_t u = 0; u < past->count; u++) {
        const struct ox_ref_update *add = past->updates[u];
        if (!past->knows[replica][u] || strcmp(add->op, "add") != 0 ||
            strcmp(add->arg, element) != 0)
            continue;
        bool undone = false;
        for (uint32_t v = 0; v < past->count; v++)
            undone |= past->knows[replica][v] && strcmp(past->updates[v]->op, "remove") == 0 &&
                      strcmp(past->updates[v]->arg, element) == 0 && past->saw[v][u];
        if (!undone)
            return true;
    }
    return false;
}

static char *twin_set(const struct past *past, uint32_t replica, const char **elements,
                      size_t count) {
    const char *sorted[16];
    g_assert(count <= G_N_ELEMENTS(sorted));
    memcpy(sorted, elements, count * sizeof *elements);
    qsort(sorted, count, sizeof *sorted, by_bytes);
    GString *json = g_string_new("[");
    for (size_t i = 0; i < count; i++)
        if (shows(past, replica, sorted[i]))
            g_string_append_printf(json, "%s%s", json->len > 1 ? "," : "", sorted[i]);
    g_string_append_c(json, ']');
    return g_string_free(json, FALSE);
}

static void random_step(GRand *rand, struct past *past, const char **elements, size_t count) {
    uint32_t replica = (uint32_t)g_rand_int_range(rand, 0, REPLICAS);
    if (g_rand_int_range(rand, 0, 3) == 0)
        past_learn(past, replica, (uint32_t)g_rand_int_range(rand, 0, REPLICAS));
    else
        past_make(past, replica, g_rand_int_range(rand, 0, 5) < 3 ? "add" : "remove",
                  elements[g_rand_int_range(rand, 0, (int)count)]);
}

static void set_agrees_with_its_twin(void) {
    const char *elements[] = {"\"x\"", "\"y\"", "7", "null"};
    GRand *rand = g_rand_new_with_seed(2);
    uint32_t shown = 0;
    for (int run = 0; run < 300; run++) {
        struct past *past = past_new();
        while (past->count < UPDATES) {
            random_step(rand, past, elements, G_N_ELEMENTS(elements));
            for (uint32_t r = 0; r < REPLICAS; r++) {
                char *twin = twin_set(past, r, elements, G_N_ELEMENTS(elements));
                past_check(past, "or-set", r, twin);
                shown += strlen(twin) > 2;
                g_free(twin);
            }
        }
        past_free(past);
    }
    g_assert_cmpuint(shown, >, 10000); /* of 300 x 64 x 4 and more reads */
    g_rand_free(rand);
}

/* Whether some write that the replica knows and that no other it knows had seen wrote the value. */
static bool register_shows(const struct past *past, uint32_t replica, const char *value) {
    for (uint32_t u = 0; u < past->count; u++) {
        bool shown = past->knows[replica][u] && strcmp(past->updates[u]->arg, value) == 0;
        for (uint32_t v = 0; v < past->count; v++)
            shown &= !(past->knows[replica][v] && past->saw[v][u]);
        if (shown)
            return true;
    }
    return false;
}

static void register_agrees_with_its_twin(void) {
    const char *values[] = {"\"a\"", "\"b\"", "7", "null"}; /* in the order of their bytes */
    GRand *rand = g_rand_new_with_seed(5);
    uint32_t several = 0;
    for (int run = 0; run < 300; run++) {
        struct past *past = past_new();
        while (past->count < UPDATES) {
            uint32_t replica = (uint32_t)g_rand_int_range(rand, 0, REPLICAS);
            if (g_rand_int_range(rand, 0, 3) > 0)
                past_learn(past, replica, (uint32_t)g_rand_int_range(rand, 0, REPLICAS));
            else
                past_make(past, replica, "set", values[g_rand_int_range(rand, 0, 4)]);
            GString *twin = g_string_new("[");
            uint32_t shown = 0;
            for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
                if (register_shows(past, replica, values[i]))
                    g_string_append_printf(twin, "%s%s", shown++ > 0 ? "," : "", values[i]);
            g_string_append_c(twin, ']');
            past_check(past, "mv-register", replica, twin->str);
            several += shown > 1;
            g_string_free(twin, TRUE);
        }
        past_free(past);
    }
    g_assert_cmpuint(several, >, 3000);
    g_rand_free(rand);
}

static void counter_agrees_with_its_twin(void) {
    GRand *rand = g_rand_new_with_seed(3);
    for (int run = 0; run < 50; run++) {
        struct past *past = past_new();
        while (past->count < UPDATES) {
            char arg[16];
            g_snprintf(arg, sizeof arg, "%d", g_rand_int_range(rand, 1, 1000));
            past_make(past, (uint32_t)g_rand_int_range(rand, 0, REPLICAS), "inc", arg);
            uint32_t reader = (uint32_t)g_rand_int_range(rand, 0, REPLICAS);
            past_learn(past, reader, (uint32_t)g_rand_int_range(rand, 0, REPLICAS));
            long sum = 0;
            for (uint32_t i = 0; i < past->count; i++)
                sum += past->knows[reader][i] ? strtol(past->updates[i]->arg, NULL, 10) : 0;
            char *twin = g_strdup_printf("%ld", sum);
            past_check(past, "g-counter", reader, twin);
            g_free(twin);
        }
        past_free(past);
    }
    g_rand_free(rand);
}

/* What the models are told of order is what happened. */
static void before_is_who_had_seen_whom(void) {
    GRand *rand = g_rand_new_with_seed(4);
    const char *elements[] = {"1"};
    struct past *past = past_new();
    while (past->count < UPDATES)
        random_step(rand, past, elements, 1);
    for (uint32_t u = 0; u < UPDATES; u++)
        for (uint32_t v = 0; v < UPDATES; v++)
            g_assert_true(ox_ref_before(past->updates[u], past->updates[v]) == past->saw[v][u]);
    past_free(past);
    g_rand_free(rand);
}

static void contexts_end_anywhere(void) {
    uint32_t n[] = {3, 0, 2};
    struct ox_ref_context context = {.n = n, .count = 3};
    g_assert_cmpuint(ox_ref_upto(&context, 0), ==, 3);
    g_assert_cmpuint(ox_ref_upto(&context, 2), ==, 2);
    g_assert_cmpuint(ox_ref_upto(&context, 3), ==, 0);
}

/* ---- what is an operation at all ---- */

static void check_accepts(const char *type, const char *op, const char *arg, bool expected) {
    struct ox_ref_update update = {.op = (char *)op, .arg = (char *)arg, .has_stamp = true};
    if (past_model(type)->accepts(NULL, &update) != expected)
        g_error("%s %s %s: %s", type, op, arg, expected ? "refused" : "accepted");
}

static void structured_values(void) {
    static const char *const right[] = {
        "[]", "{}", "[1,[2,\"x\"],{\"a\":null}]", "{\"a\":1,\"ab\":{},\"b\":[]}", "-1", "\"x\""};
    static const char *const wrong[] = {"",
                                        "[",
                                        "[1",
                                        "[1,]",
                                        "[,1]",
                                        "[1 ,2]",
                                        "[1]]",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{a:1}",
                                        "{\"a\":1,}",
                                        "{\"b\":1,\"a\":2}",
                                        "[nil]",
                                        "{\"a\":1}}",
                                        "[1}",
                                        "{\"a\" :1}",
                                        "{\"a\":1,\"a\":2}",
                                        "[01]"};
    for (size_t i = 0; i < G_N_ELEMENTS(right); i++)
        check_accepts("mv-register", "set", right[i], true);
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
        check_accepts("mv-register", "set", wrong[i], false);
    char *deep =
        g_strconcat("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL);
    check_accepts("mv-register", "set", deep, true); /* 32 */
    char *deeper = g_strconcat("[", deep, "]", NULL);
    check_accepts("mv-register", "set", deeper, false);
    g_free(deep);
    g_free(deeper);
}

static void other_operations(void) {
    check_accepts("pn-counter", "inc", "1", true);
    check_accepts("pn-counter", "dec", "1", true);
    check_accepts("pn-counter", "dec", "0", false);
    check_accepts("pn-counter", "add", "1", false);
    check_accepts("g-set", "add", "null", true);
    check_accepts("g-set", "remove", "null", false);
    check_accepts("g-set", "add", "[]", false);
    check_accepts("2p-set", "remove", "\"x\"", true);
    check_accepts("2p-set", "set", "\"x\"", false);
    check_accepts("mv-register", "add", "1", false);
    check_accepts("lww-register", "set", "[]", true);
    struct ox_ref_update unstamped = {.op = (char *)"set", .arg = (char *)"1"};
    g_assert_false(past_model("lww-register")->accepts(NULL, &unstamped));
    g_assert_true(past_model("mv-register")->accepts(NULL, &unstamped));
}

static void operations(void) {
    check_accepts("g-counter", "inc", "1", true);
    check_accepts("g-counter", "inc", "9223372036854775807", true);
    check_accepts("or-set", "add", "\"a \\\"\\\\\\b\\f\\n\\r\\t\\u001f \303\244\"", true);
    check_accepts("or-set", "remove", "-9223372036854775808", true);
    check_accepts("or-set", "add", "null", true);
    check_accepts("or-set", "add", "true", true);
    check_accepts("or-set", "add", "0", true);
    check_accepts("or-set", "add", "\"\"", true);
    const char *amounts[] = {"0",  "-1", "01", "1.0", "1e3", "\"1\"", "null", "9223372036854775808",
                             "+1", " 1", "1 ", ""};
    for (size_t i = 0; i < G_N_ELEMENTS(amounts); i++)
        check_accepts("g-counter", "inc", amounts[i], false);
    check_accepts("g-counter", "dec", "1", false);
    const char *elements[] = {"",       "-0",          "-",        "\"a",    "a\"",
                              "\"a\"b", "\"\n\"",      "\"\\x\"",  "[1]",    "{}",
                              "nil",    "\"\\u0041\"", "\"\377\"", "\"\\\"", "\"\\u00\""};
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        check_accepts("or-set", "add", elements[i], false);
    check_accepts("or-set", "inc", "1", false);
}

static void unknown_types_have_no_model(void) {
    g_assert_null(ox_reference_named("or-sets", 7));
    g_assert_null(ox_reference_named("or-", 3));
    g_assert_nonnull(ox_reference_named("or-sets", 6));
}

#define TESTS(X)                                                                                   \
    X(set_shows_what_was_added)                                                                    \
    X(set_add_wins_over_a_concurrent_remove)                                                       \
    X(set_remove_undoes_only_what_it_saw)                                                          \
    X(set_adds_twice_removes_once)                                                                 \
    X(set_sorts_by_json_bytes)                                                                     \
    X(counter_sums_up)                                                                             \
    X(counter_is_exact_beyond_int64)                                                               \
    X(counter_goes_down)                                                                           \
    X(two_phases_end_for_good)                                                                     \
    X(last_writer_is_by_stamp)                                                                     \
    X(unseen_writes_show)                                                                          \
    X(register_agrees_with_its_twin)                                                               \
    X(set_agrees_with_its_twin)                                                                    \
    X(counter_agrees_with_its_twin)                                                                \
    X(before_is_who_had_seen_whom)                                                                 \
    X(contexts_end_anywhere)                                                                       \
    X(structured_values)                                                                           \
    X(other_operations)                                                                            \
    X(operations)                                                                                  \
    X(unknown_types_have_no_model)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/reference/" #name, name);
    TESTS(TEST)
#undef TEST
    return g_test_run();
}
