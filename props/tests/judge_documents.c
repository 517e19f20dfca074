/* judge_documents.c - a run with a sequence and a map that is right in every respect, and then one
 * planted fault after the other. */
#include "props/tests/support_stream.h"

#include <string.h>

#define PAGE "rga", "page"
#define CART "or-map", "cart"

static const struct ox_judge_config config = {.nodes = 3, .duration_ns = UINT64_C(10000000000)};

/* Lines of the good run that faults are planted in. */
struct good {
    struct stream *stream;
    size_t a, b, x, y; /* "a" and, after it, "b" by node 0; concurrently "x", "y" by node 1 */
    size_t deletion;   /* of "b", by node 2 */
    size_t removal;    /* of ["in"] by node 0, which had not seen node 1's increment there */
    size_t write;      /* of ["colour"], by node 1, which had seen node 0's */
    size_t pages[3], carts[3]; /* the last reads */
};

/* ---- operations ---- */

static struct ox_obs_text text(const char *literal) {
    return (struct ox_obs_text){literal, strlen(literal)};
}

static size_t insert(struct stream *s, uint32_t node, const char *element, uint64_t lamport,
                     struct ox_obs_dot after) {
    size_t line = stream_update(s, node, PAGE, "insert", element);
    struct ox_observation *update = stream_line(s, line);
    update->update.has_stamp = true;
    update->update.stamp = (struct ox_obs_stamp){lamport, 0, node};
    update->update.names = OX_OBS_NAMES_BEFORE;
    update->update.at = after;
    return line;
}

static size_t delete (struct stream *s, uint32_t node, struct ox_obs_dot at) {
    size_t line = stream_update(s, node, PAGE, "delete", "");
    stream_line(s, line)->update.names = OX_OBS_NAMES_TARGET;
    stream_line(s, line)->update.at = at;
    return line;
}

static const struct ox_obs_text in_n[] = {{"\"in\"", 4}, {"\"n\"", 3}};
static const struct ox_obs_text colour[] = {{"\"colour\"", 8}};

static size_t update_in(struct stream *s, uint32_t node, const struct ox_obs_text *path,
                        size_t depth, const char *type, const char *op, const char *arg) {
    size_t line = stream_update(s, node, CART, "update", arg);
    struct ox_observation *update = stream_line(s, line);
    update->update.path = path;
    update->update.depth = depth;
    update->update.inner_type = text(type);
    update->update.inner_op = text(op);
    update->update.has_stamp = strcmp(op, "set") == 0;
    update->update.stamp = (struct ox_obs_stamp){update->t_ns, 0, node};
    return line;
}

/* ---- the good run ---- */

static void write_page(struct good *g) {
    struct stream *s = g->stream;
    stream_at(s, 1);
    g->a = insert(s, 0, "\"a\"", 1, (struct ox_obs_dot){0});
    stream_join(s, 1, PAGE, 0);
    g->b = insert(s, 0, "\"b\"", 2, (struct ox_obs_dot){0, 1});
    g->x = insert(s, 1, "\"x\"", 2, (struct ox_obs_dot){0, 1});
    g->y = insert(s, 1, "\"y\"", 3, (struct ox_obs_dot){1, 1});
    stream_join(s, 2, PAGE, 0);
    stream_at(s, 2);
    g->deletion = delete (s, 2, (struct ox_obs_dot){0, 2});
    stream_read(s, 2, PAGE, "[\"a\"]");
    stream_join(s, 2, PAGE, 1);
    stream_read(s, 2, PAGE, "[\"a\",\"x\",\"y\"]");
    insert(s, 2, "\"z\"", 4, (struct ox_obs_dot){0, 1});
    stream_join(s, 0, PAGE, 2);
    stream_join(s, 1, PAGE, 2);
}

static void fill_cart(struct good *g) {
    struct stream *s = g->stream;
    stream_at(s, 3);
    update_in(s, 0, in_n, 2, "g-counter", "inc", "2");
    update_in(s, 0, colour, 1, "lww-register", "set", "\"red\"");
    stream_join(s, 1, CART, 0);
    stream_at(s, 4);
    update_in(s, 1, in_n, 2, "g-counter", "inc", "3");
    g->write = update_in(s, 1, colour, 1, "lww-register", "set", "\"blue\"");
    g->removal = stream_update(s, 0, CART, "remove", "");
    stream_line(s, g->removal)->update.path = in_n;
    stream_line(s, g->removal)->update.depth = 1;
    stream_read(s, 0, CART, "{\"colour\":\"red\"}");
    stream_read(s, 1, CART, "{\"colour\":\"blue\",\"in\":{\"n\":5}}");
    stream_join(s, 0, CART, 1);
    stream_join(s, 1, CART, 0);
    stream_join(s, 2, CART, 0);
}

static struct good good_run(void) {
    struct good g = {.stream = stream_new(3)};
    stream_start_all(g.stream);
    write_page(&g);
    fill_cart(&g);
    stream_at(g.stream, 10);
    stream_end(g.stream, 10);
    for (uint32_t node = 0; node < 3; node++) {
        g.pages[node] = stream_read(g.stream, node, PAGE, "[\"a\",\"z\",\"x\",\"y\"]");
        g.carts[node] = stream_read(g.stream, node, CART, "{\"colour\":\"blue\",\"in\":{\"n\":3}}");
    }
    return g;
}

/* Judges a stream, and frees it: that part turns, and says why. */
static void expect(struct good *g, enum ox_part turned, enum ox_verdict verdict, const char *why) {
    struct ox_judgement j;
    stream_judge(g->stream, &config, &j);
    for (int i = 0; i < OX_PART_COUNT; i++)
        if (j.parts[i].verdict != (i == (int)turned ? verdict : OX_PASS))
            g_error("%s: %s: %s", ox_part_word((enum ox_part)i),
                    ox_verdict_word(j.parts[i].verdict), j.parts[i].reason);
    if (turned < OX_PART_COUNT && !strstr(j.parts[turned].reason, why))
        g_error("the reason does not say \"%s\": %s", why, j.parts[turned].reason);
    ox_judgement_clear(&j);
    stream_free(g->stream);
}

static void good_run_passes(void) {
    struct good g = good_run();
    expect(&g, OX_PART_COUNT, OX_PASS, "");
}

/* ---- wrong reads ---- */

static void siblings_in_the_wrong_order(void) {
    struct good g = good_run();
    stream_line(g.stream, g.pages[1])->read.value = text("[\"a\",\"x\",\"y\",\"z\"]");
    expect(
        &g, OX_PART_VALUE, OX_FAIL,
        "node 1 reads rga \"page\" at 20 s (6 updates) as [\"a\",\"x\",\"y\",\"z\"]; the updates "
        "in its context yield [\"a\",\"z\",\"x\",\"y\"]");
}

static void a_removal_that_cancels_too_much(void) {
    struct good g = good_run();
    stream_line(g.stream, g.carts[0])->read.value = text("{\"colour\":\"blue\"}");
    expect(&g, OX_PART_VALUE, OX_FAIL, "yield {\"colour\":\"blue\",\"in\":{\"n\":3}}");
}

static void a_removal_that_cancels_too_little(void) {
    struct good g = good_run();
    stream_line(g.stream, g.carts[2])->read.value = text("{\"colour\":\"blue\",\"in\":{\"n\":5}}");
    expect(&g, OX_PART_VALUE, OX_FAIL, "node 2 reads or-map \"cart\"");
}

/* ---- stamps ---- */

static void a_clock_that_did_not_hear(void) {
    struct good g = good_run();
    stream_line(g.stream, g.y)->update.stamp.physical_ns = 2;
    expect(
        &g, OX_PART_CAUSALITY, OX_FAIL,
        "node 1 makes update [1,2] of rga \"page\" at 1 s with a stamp that does not follow from "
        "what it had seen");
}

/* Its reads are wrong too, then; so only that the part turns is looked at. */
static void expect_reason(struct stream *s, enum ox_part part, const char *why) {
    struct ox_judgement j;
    stream_judge(s, &config, &j);
    g_assert_cmpint(j.parts[part].verdict, ==, OX_FAIL);
    if (!strstr(j.parts[part].reason, why))
        g_error("the reason does not say \"%s\": %s", why, j.parts[part].reason);
    ox_judgement_clear(&j);
    stream_free(s);
}

static void a_write_before_what_it_saw(void) {
    struct good g = good_run();
    stream_line(g.stream, g.write)->update.stamp.physical_ns = 1;
    expect_reason(g.stream, OX_PART_CAUSALITY, "a stamp that does not follow");
}

/* ---- operations that are none ---- */

static void an_element_that_nobody_put_there(void) {
    struct good g = good_run();
    stream_line(g.stream, g.deletion)->update.at = (struct ox_obs_dot){7, 1}; /* no such replica */
    expect(&g, OX_PART_VALUE, OX_UNKNOWN, "rga \"page\" has an update that is no operation");
    g = good_run();
    stream_line(g.stream, g.deletion)->update.at = (struct ox_obs_dot){0, (UINT64_C(1) << 32) + 2};
    expect(&g, OX_PART_VALUE, OX_UNKNOWN, "rga \"page\" has an update that is no operation");
}

static void a_type_that_maps_do_not_hold(void) {
    struct good g = good_run();
    stream_line(g.stream, g.write)->update.inner_type = text("or-map");
    expect(&g, OX_PART_VALUE, OX_UNKNOWN, "or-map \"cart\" has an update that is no operation");
}

/* ---- what is lacking is told ---- */

static void what_is_lacking_is_told(void) {
    struct stream *s = stream_new(3);
    stream_start_all(s);
    update_in(s, 0, in_n, 2, "g-counter", "inc", "2");
    stream_at(s, 10);
    stream_end(s, 10);
    stream_read(s, 0, CART, "{\"in\":{\"n\":2}}");
    stream_read(s, 1, CART, "{}");
    stream_read(s, 2, CART, "{}");
    expect_reason(
        s, OX_PART_STATE,
        "node 1 lacks update [0,1] of or-map \"cart\" (update [\"in\",\"n\"] g-counter inc "
        "2), which node 0 has");
}

#define TESTS(X)                                                                                   \
    X(good_run_passes)                                                                             \
    X(siblings_in_the_wrong_order)                                                                 \
    X(a_removal_that_cancels_too_much)                                                             \
    X(a_removal_that_cancels_too_little)                                                           \
    X(a_clock_that_did_not_hear)                                                                   \
    X(a_write_before_what_it_saw)                                                                  \
    X(an_element_that_nobody_put_there)                                                            \
    X(a_type_that_maps_do_not_hold)                                                                \
    X(what_is_lacking_is_told)

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/judge-documents/" #name, name);
    TESTS(TEST)
#undef TEST
    return g_test_run();
}
