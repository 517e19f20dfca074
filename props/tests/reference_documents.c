/* reference_documents.c - the reference models of sequences and maps, against histories drawn by
 * hand and against twins that know nothing but "who had seen whom". */
#include "props/tests/support_past.h"

#include <string.h>

static const struct ox_ref_dot start;

/* ---- rga: order ---- */

/*  start - A1 "a" - A2 "b"      and A3 "z" at the start, with the greatest clock: it comes first */
static void elements_follow_what_they_were_put_after(void) {
    struct past *past = past_new();
    past_check(past, "rga", A, "[]");
    struct ox_ref_dot a = past_insert(past, A, NULL, "a", start);
    past_insert(past, A, NULL, "b", a);
    past_insert(past, A, NULL, "z", start);
    past_check(past, "rga", A, "[\"z\",\"a\",\"b\"]");
    past_insert(past, A, NULL, "c", a);
    past_check(past, "rga", A, "[\"z\",\"a\",\"c\",\"b\"]");
    past_check(past, "rga", B, "[]");
    past_free(past);
}

/*  A1 "x" +- C1 "c" (2, C)      equal clocks: the greater replica stands first, whoever comes
 *         +- B1 "b" (2, B)      first to the reader
 *         `- A2 "a" (2, A)  */
static void concurrent_elements_stand_by_descending_replica(void) {
    struct past *past = past_new();
    struct ox_ref_dot x = past_insert(past, A, NULL, "x", start);
    past_learn(past, B, A);
    past_learn(past, C, A);
    past_insert(past, B, NULL, "b", x);
    past_insert(past, A, NULL, "a", x);
    past_insert(past, C, NULL, "c", x);
    past_learn(past, A, C);
    past_check(past, "rga", A, "[\"x\",\"c\",\"a\"]");
    past_learn(past, A, B);
    past_check(past, "rga", A, "[\"x\",\"c\",\"b\",\"a\"]");
    past_free(past);
}

/*  A1 "x" +- A3 "n" (3, A)      the greater clock stands first, though B is the greater replica
 *         +- B1 "b" (2, B)
 *         `- A2 "m" (2, A)  */
static void later_elements_stand_before_earlier_ones(void) {
    struct past *past = past_new();
    struct ox_ref_dot x = past_insert(past, A, NULL, "x", start);
    past_learn(past, B, A);
    past_insert(past, B, NULL, "b", x);
    past_insert(past, A, NULL, "m", x);
    past_insert(past, A, NULL, "n", x);
    past_learn(past, A, B);
    past_check(past, "rga", A, "[\"x\",\"n\",\"b\",\"m\"]");
    past_free(past);
}

/*  A1 "x" +- B1 "c" - B2 "d"    depth first: runs typed at one place do not mix
 *         `- A2 "a" - A3 "b"  */
static void concurrent_runs_stay_whole(void) {
    struct past *past = past_new();
    struct ox_ref_dot x = past_insert(past, A, NULL, "x", start);
    past_learn(past, B, A);
    struct ox_ref_dot a = past_insert(past, A, NULL, "a", x);
    past_insert(past, A, NULL, "b", a);
    struct ox_ref_dot c = past_insert(past, B, NULL, "c", x);
    past_insert(past, B, NULL, "d", c);
    past_learn(past, C, A);
    past_learn(past, C, B);
    past_check(past, "rga", C, "[\"x\",\"c\",\"d\",\"a\",\"b\"]");
    past_free(past);
}

/*  A1 "a" - A2 "b" - A3 "c"     A deletes "b"; B, who had not seen that, writes after it  */
static void a_deleted_element_keeps_its_place(void) {
    struct past *past = past_new();
    struct ox_ref_dot a = past_insert(past, A, NULL, "a", start);
    struct ox_ref_dot b = past_insert(past, A, NULL, "b", a);
    past_insert(past, A, NULL, "c", b);
    past_learn(past, B, A);
    past_delete(past, A, NULL, b);
    past_check(past, "rga", A, "[\"a\",\"c\"]");
    past_insert(past, B, NULL, "x", b);
    past_check(past, "rga", B, "[\"a\",\"b\",\"x\",\"c\"]");
    past_delete(past, B, NULL, b);
    past_learn(past, A, B);
    past_check(past, "rga", A, "[\"a\",\"x\",\"c\"]");
    past_free(past);
}

static void check_elements(const struct past *past, uint32_t replica, char *const *path,
                           const struct ox_ref_dot *expected, uint32_t count) {
    struct ox_ref_context context = past_context(past, replica);
    GArray *elements = ox_ref_elements(&past->history, &context, path);
    g_assert_cmpuint(elements->len, ==, count);
    for (uint32_t i = 0; i < count; i++) {
        struct ox_ref_dot dot = g_array_index(elements, struct ox_ref_dot, i);
        g_assert_cmpuint(dot.replica, ==, expected[i].replica);
        g_assert_cmpuint(dot.n, ==, expected[i].n);
    }
    g_array_free(elements, TRUE);
    g_free(context.n);
}

static void check_anchor(const struct past *past, uint32_t replica, struct ox_ref_dot at,
                         struct ox_ref_dot expected) {
    struct ox_ref_context context = past_context(past, replica);
    struct ox_ref_dot anchor = ox_ref_anchor(&past->history, &context, NULL, at);
    g_assert_cmpuint(anchor.replica, ==, expected.replica);
    g_assert_cmpuint(anchor.n, ==, expected.n);
    g_free(context.n);
}

static void elements_can_be_named(void) {
    struct past *past = past_new();
    struct ox_ref_dot a = past_insert(past, A, NULL, "a", start);
    past_learn(past, B, A);
    struct ox_ref_dot b = past_insert(past, B, NULL, "b", a);
    struct ox_ref_dot c = past_insert(past, B, NULL, "c", b);
    check_elements(past, B, NULL, (struct ox_ref_dot[]){a, b, c}, 3);
    check_anchor(past, B, c, c);
    past_delete(past, B, NULL, b);
    check_elements(past, B, NULL, (struct ox_ref_dot[]){a, c}, 2);
    check_anchor(past, B, b, a);
    past_delete(past, B, NULL, a);
    check_anchor(past, B, b, start);
    check_anchor(past, B, start, start);
    past_free(past);
}

/* ---- or-map: where things are ---- */

static void maps_hold_maps_hold_maps(void) {
    struct past *past = past_new();
    past_check(past, "or-map", A, "{}");
    past_make_in(past, A, "a/b/c", "g-counter", "inc", "2");
    past_make_in(past, A, "a/b/d", "or-set", "add", "\"x\"");
    past_make_in(past, A, "a/e", "lww-register", "set", "[1,null]");
    past_make_in(past, A, "f", "mv-register", "set", "true");
    past_make_in(past, A, "g", "2p-set", "add", "1");
    past_make_in(past, A, "h", "g-set", "add", "2");
    past_make_in(past, A, "i", "pn-counter", "dec", "3");
    struct ox_ref_dot k = past_insert(past, A, "j", "k", start);
    past_insert(past, A, "j", "l", k);
    past_check(past, "or-map", A,
               "{\"a\":{\"b\":{\"c\":2,\"d\":[\"x\"]},\"e\":[1,null]},\"f\":[true],\"g\":[1],"
               "\"h\":[2],\"i\":-3,\"j\":[\"k\",\"l\"]}");
    check_elements(past, A, (char *[]){(char *)"\"j\"", NULL},
                   (struct ox_ref_dot[]){k, {A, past->updates[8]->n}}, 2);
    past_free(past);
}

static void keys_stand_in_the_order_of_their_bytes(void) {
    struct past *past = past_new();
    past_make_in(past, A, "b", "g-counter", "inc", "1");
    past_make_in(past, A, "ab", "g-counter", "inc", "2");
    past_make_in(past, A, "\303\251", "g-counter", "inc", "3");
    past_make_in(past, A, "a", "g-counter", "inc", "4");
    past_make_in(past, A, "B", "g-counter", "inc", "5");
    past_check(past, "or-map", A, "{\"B\":5,\"a\":4,\"ab\":2,\"b\":1,\"\303\251\":3}");
    past_free(past);
}

/* Identity is key and type, as in riak_dt; shown by the key alone where only one of them shows. */
static void one_key_may_hold_several_types(void) {
    struct past *past = past_new();
    past_make_in(past, A, "k", "g-counter", "inc", "1");
    past_make_in(past, B, "k", "or-set", "add", "\"x\"");
    past_make_in(past, C, "k/l", "g-counter", "inc", "2");
    past_check(past, "or-map", A, "{\"k\":1}");
    past_learn(past, A, B);
    past_check(past, "or-map", A, "{\"k:g-counter\":1,\"k:or-set\":[\"x\"]}");
    past_learn(past, A, C);
    past_check(past, "or-map", A,
               "{\"k:g-counter\":1,\"k:or-map\":{\"l\":2},\"k:or-set\":[\"x\"]}");
    past_make_in(past, D, "k:or-set", "g-counter", "inc", "3"); /* a key that is named like one */
    past_learn(past, D, A);
    past_check(past, "or-map", D,
               "{\"k:g-counter\":1,\"k:or-map\":{\"l\":2},\"k:or-set\":3,\"k:or-set\":[\"x\"]}");
    past_make_in(past, A, "k", "or-set", "remove", "\"x\"");
    past_check(past, "or-map", A, "{\"k:g-counter\":1,\"k:or-map\":{\"l\":2}}");
    past_remove(past, A, "k/l");
    past_check(past, "or-map", A, "{\"k\":1}");
    past_free(past);
}

/* A counter or register with an update left; a set, sequence or map with something to show. */
static void a_key_is_there_while_it_has_something(void) {
    struct past *past = past_new();
    past_make_in(past, A, "n", "pn-counter", "inc", "1");
    past_make_in(past, A, "n", "pn-counter", "dec", "1");
    past_make_in(past, A, "r", "lww-register", "set", "null");
    past_make_in(past, A, "m", "mv-register", "set", "null");
    past_make_in(past, A, "s", "or-set", "add", "1");
    past_make_in(past, A, "in/s", "2p-set", "add", "1");
    struct ox_ref_dot x = past_insert(past, A, "t", "x", start);
    past_check(past, "or-map", A,
               "{\"in\":{\"s\":[1]},\"m\":[null],\"n\":0,\"r\":null,\"s\":[1],\"t\":[\"x\"]}");
    past_make_in(past, A, "s", "or-set", "remove", "1");
    past_make_in(past, A, "in/s", "2p-set", "remove", "1");
    past_delete(past, A, "t", x);
    past_check(past, "or-map", A, "{\"m\":[null],\"n\":0,\"r\":null}");
    past_remove(past, A, "n");
    past_remove(past, A, "m");
    past_remove(past, A, "r");
    past_check(past, "or-map", A, "{}");
    past_free(past);
}

/* ---- or-map: what a removal cancels ---- */

/*  A: inc 2 ---------- remove ["cart"] (saw 2)
 *       `-- B: inc 3                              3 is left  */
static void a_removal_cancels_what_it_had_seen(void) {
    struct past *past = past_new();
    past_make_in(past, A, "cart/n", "g-counter", "inc", "2");
    past_make_in(past, A, "other", "g-counter", "inc", "1");
    past_learn(past, B, A);
    past_make_in(past, B, "cart/n", "g-counter", "inc", "3");
    past_remove(past, A, "cart");
    past_check(past, "or-map", A, "{\"other\":1}");
    past_check(past, "or-map", B, "{\"cart\":{\"n\":5},\"other\":1}");
    past_learn(past, A, B);
    past_check(past, "or-map", A, "{\"cart\":{\"n\":3},\"other\":1}");
    past_learn(past, B, A);
    past_check(past, "or-map", B, "{\"cart\":{\"n\":3},\"other\":1}");
    past_make_in(past, A, "cart/n", "g-counter", "inc", "4");
    past_check(past, "or-map", A, "{\"cart\":{\"n\":7},\"other\":1}");
    past_free(past);
}

static void a_removal_goes_down_but_not_up_or_aside(void) {
    struct past *past = past_new();
    past_make_in(past, A, "a", "g-counter", "inc", "1");
    past_make_in(past, A, "a/b", "g-counter", "inc", "2");
    past_make_in(past, A, "a/b/c", "g-counter", "inc", "3");
    past_make_in(past, A, "a/d", "g-counter", "inc", "4");
    past_make_in(past, A, "ab", "g-counter", "inc", "5");
    past_learn(past, B, A);
    past_remove(past, A, "a/b"); /* all types under the path */
    past_check(past, "or-map", A, "{\"a:g-counter\":1,\"a:or-map\":{\"d\":4},\"ab\":5}");
    past_remove(past, B, "a");
    past_check(past, "or-map", B, "{\"ab\":5}");
    past_free(past);
}

/* Of two concurrent writes the removal had seen only the later: the earlier comes back. */
static void an_earlier_write_comes_back(void) {
    struct past *past = past_new();
    past_make_in(past, A, "r", "lww-register", "set", "\"old\"");
    past_make_in(past, B, "r", "lww-register", "set", "\"new\"");
    past_remove(past, B, "r");
    past_check(past, "or-map", B, "{}");
    past_learn(past, B, A);
    past_check(past, "or-map", B, "{\"r\":\"old\"}");
    past_free(past);
}

/* A 2p-set begins anew: what was removed before may come again. */
static void a_set_begins_anew(void) {
    struct past *past = past_new();
    past_make_in(past, A, "s", "2p-set", "add", "1");
    past_make_in(past, A, "s", "2p-set", "remove", "1");
    past_remove(past, A, "s");
    past_make_in(past, A, "s", "2p-set", "add", "1");
    past_check(past, "or-map", A, "{\"s\":[1]}");
    past_make_in(past, B, "s", "2p-set", "add", "1");
    past_make_in(past, B, "s", "2p-set", "remove", "1");
    past_learn(past, A, B);
    past_check(past, "or-map", A, "{}"); /* an add left, and a remove */
    past_free(past);
}

/* An element's remove that was cancelled had seen nothing that is not. */
static void removals_at_both_levels(void) {
    struct past *past = past_new();
    past_make_in(past, A, "s", "or-set", "add", "1");
    past_learn(past, B, A);
    past_make_in(past, A, "s", "or-set", "remove", "1");
    past_make_in(past, B, "s", "or-set", "add", "1");
    past_make_in(past, B, "s", "or-set", "add", "2");
    past_remove(past, A, "s");
    past_learn(past, A, B);
    past_check(past, "or-map", A, "{\"s\":[1,2]}");
    past_free(past);
}

/*  A1 "a" - A2 "b"     A removes the key; B, who had not seen that, has written "x" after "a", C
 *                      "y" after "b": both stay, at the places where they were put  */
static void cancelled_elements_keep_their_places(void) {
    struct past *past = past_new();
    struct ox_ref_dot a = past_insert(past, A, "t", "a", start);
    struct ox_ref_dot b = past_insert(past, A, "t", "b", a);
    past_learn(past, B, A);
    past_learn(past, C, A);
    past_remove(past, A, "t");
    past_check(past, "or-map", A, "{}");
    past_insert(past, C, "t", "y", b);
    past_insert(past, B, "t", "x", a);
    past_learn(past, A, C);
    past_learn(past, A, B);
    past_check(past, "or-map", A, "{\"t\":[\"x\",\"y\"]}");
    past_insert(past, A, "t", "z", start); /* the clock goes on */
    past_check(past, "or-map", A, "{\"t\":[\"z\",\"x\",\"y\"]}");
    past_free(past);
}

/* ---- twins ---- */

/* The order of a sequence another way: in ascending order of their stamps, each element goes right
 * behind the one that it was put after. */
static GPtrArray *twin_places(const struct past *past, uint32_t replica) {
    GPtrArray *line = g_ptr_array_new(), *left = g_ptr_array_new();
    for (uint32_t i = 0; i < past->count; i++)
        if (past->knows[replica][i] && strcmp(past->updates[i]->op, "insert") == 0)
            g_ptr_array_add(left, past->updates[i]);
    while (left->len > 0) {
        uint32_t least = 0;
        for (uint32_t i = 1; i < left->len; i++) {
            const struct ox_ref_update *a = g_ptr_array_index(left, i);
            const struct ox_ref_update *b = g_ptr_array_index(left, least);
            least = ox_ref_later(&b->stamp, &a->stamp) ? i : least;
        }
        struct ox_ref_update *next = g_ptr_array_steal_index(left, least);
        gint at = 0;
        for (uint32_t i = 0; i < line->len; i++) {
            const struct ox_ref_update *before = g_ptr_array_index(line, i);
            if (before->replica == next->at.replica && before->n == next->at.n)
                at = (gint)i + 1;
        }
        g_ptr_array_insert(line, at, next);
    }
    g_ptr_array_free(left, TRUE);
    return line;
}

static char *twin_sequence(const struct past *past, uint32_t replica) {
    GPtrArray *line = twin_places(past, replica);
    GString *json = g_string_new("[");
    for (uint32_t i = 0; i < line->len; i++) {
        const struct ox_ref_update *place = g_ptr_array_index(line, i);
        bool deleted = false;
        for (uint32_t u = 0; u < past->count; u++) {
            const struct ox_ref_update *update = past->updates[u];
            deleted |= past->knows[replica][u] && strcmp(update->op, "delete") == 0 &&
                       update->at.replica == place->replica && update->at.n == place->n;
        }
        if (!deleted)
            g_string_append_printf(json, "%s%s", json->len > 1 ? "," : "", place->arg);
    }
    g_string_append_c(json, ']');
    g_ptr_array_free(line, TRUE);
    return g_string_free(json, FALSE);
}

/* Some place that the replica knows, deleted or not; the start when there is none. */
static struct ox_ref_dot some_place(GRand *rand, const struct past *past, uint32_t replica) {
    GPtrArray *line = twin_places(past, replica);
    uint32_t at = (uint32_t)g_rand_int_range(rand, 0, (int)line->len + 1);
    const struct ox_ref_update *place = at > 0 ? g_ptr_array_index(line, at - 1) : NULL;
    g_ptr_array_free(line, TRUE);
    return place ? (struct ox_ref_dot){place->replica, place->n} : start;
}

static void sequence_agrees_with_its_twin(void) {
    GRand *rand = g_rand_new_with_seed(6);
    uint32_t shown = 0;
    for (int run = 0; run < 200; run++) {
        struct past *past = past_new();
        while (past->count < UPDATES) {
            uint32_t replica = (uint32_t)g_rand_int_range(rand, 0, REPLICAS);
            struct ox_ref_dot place = some_place(rand, past, replica);
            char *text = g_strdup_printf("%u", past->count);
            int what = g_rand_int_range(rand, 0, 6);
            if (what < 2)
                past_learn(past, replica, (uint32_t)g_rand_int_range(rand, 0, REPLICAS));
            else if (what == 2 && place.n > 0)
                past_delete(past, replica, NULL, place);
            else
                past_insert(past, replica, NULL, text, place);
            char *twin = twin_sequence(past, replica);
            past_check(past, "rga", replica, twin);
            shown += strlen(twin) > 40;
            g_free(twin);
            g_free(text);
        }
        past_free(past);
    }
    g_assert_cmpuint(shown, >, 3000);
    g_rand_free(rand);
}

static bool twin_above(const struct ox_ref_update *removal, const struct ox_ref_update *update) {
    char *path = g_strjoinv("/", removal->path), *below = g_strjoinv("/", update->path);
    char *inside = g_strconcat(path, "/", NULL);
    bool above = strcmp(path, below) == 0 || g_str_has_prefix(below, inside);
    g_free(path);
    g_free(below);
    g_free(inside);
    return above;
}

/* What is left of a counter: every increment that no removal above it, in the context, had seen. */
static uint32_t twin_counter(const struct past *past, uint32_t replica, const char *path) {
    uint32_t sum = 0;
    for (uint32_t u = 0; u < past->count; u++) {
        const struct ox_ref_update *update = past->updates[u];
        char *at = g_strjoinv("/", update->path);
        bool counts = past->knows[replica][u] && update->inner_op && strcmp(at, path) == 0;
        for (uint32_t v = 0; v < past->count && counts; v++)
            counts = !(past->knows[replica][v] && past->saw[v][u] && !past->updates[v]->inner_op &&
                       twin_above(past->updates[v], update));
        sum += counts ? (uint32_t)strtoul(update->arg, NULL, 10) : 0;
        g_free(at);
    }
    return sum;
}

/* {"a":..,"b":{"c":..,"d":..}} without what is zero. */
static char *twin_map(const struct past *past, uint32_t replica) {
    uint32_t a = twin_counter(past, replica, "\"a\""),
             c = twin_counter(past, replica, "\"b\"/\"c\""),
             d = twin_counter(past, replica, "\"b\"/\"d\"");
    GString *json = g_string_new("{");
    if (a > 0)
        g_string_append_printf(json, "\"a\":%u", a);
    if (c > 0 || d > 0)
        g_string_append_printf(json, "%s\"b\":{", a > 0 ? "," : "");
    if (c > 0)
        g_string_append_printf(json, "\"c\":%u", c);
    if (d > 0)
        g_string_append_printf(json, "%s\"d\":%u", c > 0 ? "," : "", d);
    g_string_append(json, c > 0 || d > 0 ? "}}" : "}");
    return g_string_free(json, FALSE);
}

static void map_agrees_with_its_twin(void) {
    static const char *const counters[] = {"a", "b/c", "b/d"}, *const keys[] = {"a", "b", "b/c"};
    GRand *rand = g_rand_new_with_seed(7);
    uint32_t cut = 0;
    for (int run = 0; run < 200; run++) {
        struct past *past = past_new();
        while (past->count < UPDATES) {
            uint32_t replica = (uint32_t)g_rand_int_range(rand, 0, REPLICAS);
            int what = g_rand_int_range(rand, 0, 8);
            char *amount = g_strdup_printf("%u", past->count + 1);
            if (what < 3)
                past_learn(past, replica, (uint32_t)g_rand_int_range(rand, 0, REPLICAS));
            else if (what == 3)
                past_remove(past, replica, keys[g_rand_int_range(rand, 0, 3)]);
            else
                past_make_in(past, replica, counters[g_rand_int_range(rand, 0, 3)], "g-counter",
                             "inc", amount);
            char *twin = twin_map(past, replica);
            past_check(past, "or-map", replica, twin);
            cut += strlen(twin) > 2 && !strstr(twin, "\"a\"");
            g_free(twin);
            g_free(amount);
        }
        past_free(past);
    }
    g_assert_cmpuint(cut, >, 1000);
    g_rand_free(rand);
}

/* ---- what is an operation, and what stamp it must have ---- */

static bool is_accepted(const struct past *past, const char *type, uint32_t u) {
    return past_model(type)->accepts(&past->history, past->updates[u]);
}

static void sequences_name_elements_that_were_seen(void) {
    struct past *past = past_new();
    struct ox_ref_dot a = past_insert(past, A, NULL, "a", start); /* 0 */
    past_insert(past, A, NULL, "b", a);
    past_delete(past, A, NULL, a);
    past_insert(past, B, NULL, "x", a); /* 3: had not seen it */
    past_delete(past, B, NULL, a);
    past_delete(past, A, NULL, (struct ox_ref_dot){A, 3}); /* 5: that was a deletion */
    past_delete(past, A, NULL, start);
    past_insert(past, A, NULL, "x", (struct ox_ref_dot){UINT32_MAX, 1});
    past_insert(past, A, NULL, "x", (struct ox_ref_dot){A, 99});
    past_insert(past, A, NULL, "x", start); /* 9 */
    for (uint32_t u = 0; u < past->count; u++)
        g_assert_true(is_accepted(past, "rga", u) == (u < 3 || u == 9));
    past->updates[9]->has_stamp = false;
    g_assert_false(is_accepted(past, "rga", 9));
    past->updates[9]->has_stamp = true;
    g_free(past->updates[9]->arg);
    past->updates[9]->arg = g_strdup("[1]");
    g_assert_false(is_accepted(past, "rga", 9));
    past_free(past);
}

static void maps_take_operations_of_every_type(void) {
    struct past *past = past_new();
    past_make_in(past, A, "a/b", "or-set", "add", "1");
    past_remove(past, A, "a");
    past_make_in(past, A, "t", "rga", "insert", "\"x\"");
    past_make_in(past, A, "a", "or-set", "inc", "1");
    past_make_in(past, A, "a", "or-map", "update", "1");
    past_make_in(past, A, "a", "or-sets", "add", "1");
    past_make(past, A, "update", "1");
    past_remove(past, A, ""); /* a path without keys */
    for (uint32_t u = 0; u < past->count; u++)
        g_assert_true(is_accepted(past, "or-map", u) == (u < 3));
    g_free(past->updates[1]->path[0]);
    past->updates[1]->path[0] = g_strdup("7"); /* a key is text */
    g_assert_false(is_accepted(past, "or-map", 1));
    g_assert_false(is_accepted(past, "or-set", 0)); /* no map, no path */
    struct ox_ref_dot x = {A, 3};
    past_delete(past, A, "u", x); /* of another sequence */
    past_delete(past, A, "t", x);
    g_assert_false(is_accepted(past, "or-map", 8));
    g_assert_true(is_accepted(past, "or-map", 9));
    past_free(past);
}

static void lamport_clocks_count_what_was_seen(void) {
    struct past *past = past_new();
    past_insert(past, A, "t", "a", start);
    past_insert(past, A, "u", "b", start); /* one clock for the whole object */
    past_learn(past, B, A);
    past_make_in(past, B, "n", "g-counter", "inc", "1");
    past_insert(past, B, "t", "c", start);
    for (uint32_t u = 0; u < past->count; u++)
        g_assert_true(ox_ref_stamp_follows(&past->history, past->updates[u]));
    struct ox_ref_update *last = past->updates[3];
    g_assert_cmpuint(last->stamp.physical_ns, ==, 3);
    for (last->stamp.physical_ns = 1; last->stamp.physical_ns < 6; last->stamp.physical_ns++)
        g_assert_true(ox_ref_stamp_follows(&past->history, last) == (last->stamp.physical_ns == 3));
    past_free(past);
}

static void writes_come_after_those_they_saw(void) {
    struct past *past = past_new();
    past_make_in(past, A, "r", "lww-register", "set", "1");
    past_make_in(past, B, "r", "lww-register", "set", "2");
    past_learn(past, C, A);
    struct ox_ref_update *write = past_make_in(past, C, "r", "lww-register", "set", "3");
    write->stamp.physical_ns = 1; /* concurrent with B's, whose stamp that is too */
    g_assert_true(ox_ref_stamp_follows(&past->history, write));
    write->stamp = past->updates[0]->stamp;
    g_assert_false(ox_ref_stamp_follows(&past->history, write));
    past_learn(past, D, A);
    past_remove(past, D, "r"); /* what it saw is not left there */
    write = past_make_in(past, D, "r", "lww-register", "set", "4");
    write->stamp = past->updates[0]->stamp;
    g_assert_true(ox_ref_stamp_follows(&past->history, write));
    write = past_make_in(past, D, "other", "lww-register", "set", "4");
    write->stamp = past->updates[0]->stamp;
    g_assert_true(ox_ref_stamp_follows(&past->history, write));
    past_free(past);
}

#define TESTS(X)                                                                                   \
    X(elements_follow_what_they_were_put_after)                                                    \
    X(concurrent_elements_stand_by_descending_replica)                                             \
    X(later_elements_stand_before_earlier_ones)                                                    \
    X(concurrent_runs_stay_whole)                                                                  \
    X(a_deleted_element_keeps_its_place)                                                           \
    X(elements_can_be_named)                                                                       \
    X(maps_hold_maps_hold_maps)                                                                    \
    X(keys_stand_in_the_order_of_their_bytes)                                                      \
    X(one_key_may_hold_several_types)                                                              \
    X(a_key_is_there_while_it_has_something)                                                       \
    X(a_removal_cancels_what_it_had_seen)                                                          \
    X(a_removal_goes_down_but_not_up_or_aside)                                                     \
    X(an_earlier_write_comes_back)                                                                 \
    X(a_set_begins_anew)                                                                           \
    X(removals_at_both_levels)                                                                     \
    X(cancelled_elements_keep_their_places)                                                        \
    X(sequence_agrees_with_its_twin)                                                               \
    X(map_agrees_with_its_twin)                                                                    \
    X(sequences_name_elements_that_were_seen)                                                      \
    X(maps_take_operations_of_every_type)                                                          \
    X(lamport_clocks_count_what_was_seen)                                                          \
    X(writes_come_after_those_they_saw)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/reference-documents/" #name, name);
    TESTS(TEST)
#undef TEST
    return g_test_run();
}
