/* The or-set: what concurrent operations mean, the shortest gap, known bytes, and many random
 * histories against the specification, with enough elements that the tables are in use. */
#include "support_crdt.h"
#include "support_dice.h"

#include <string.h>

static void an_add_wins_over_a_concurrent_remove(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta first = add(&a, A, "x");
    g_assert_cmpint(join(&b, &first), ==, OX_OK);
    struct ox_delta removed = take_out(&b, B, "x");
    struct ox_delta again = add(&a, A, "x");
    g_assert_cmpint(join(&a, &removed), ==, OX_OK);
    g_assert_cmpint(join(&b, &again), ==, OX_OK);
    assert_object(&a, "A:2 B:1", "[\"x\"]");
    g_assert_true(ox_object_equal(&a, &b));
    free_deltas(&first, &removed, &again, NULL);
    free_objects(&a, &b, NULL);
}

static void a_remove_undoes_what_it_has_seen(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta mine = add(&a, A, "x"), theirs = add(&b, B, "x");
    g_assert_cmpint(join(&a, &theirs), ==, OX_OK);
    struct ox_delta removed = take_out(&a, A, "x");
    assert_delta(&removed, "B:1", "A:2", "A:1 B:1", "[]");
    g_assert_cmpint(join(&b, &mine), ==, OX_OK);
    assert_object(&b, "A:1 B:1", "[\"x\"]");
    g_assert_cmpint(join(&b, &removed), ==, OX_OK);
    assert_object(&b, "A:2 B:1", "[]");
    free_deltas(&mine, &theirs, &removed, NULL);
    free_objects(&a, &b, NULL);
}

/* Joining deltas over a gap would give two stores for one context: A adds x twice, B has both, adds
 * x, removes x; C holds only A's first add and gets B's two deltas. */
static void the_shortest_gap_is_refused(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_object c = new_object(&ox_orset);
    struct ox_delta a1 = add(&a, A, "x"), a2 = add(&a, A, "x");
    g_assert_cmpint(join(&b, &a1), ==, OX_OK);
    g_assert_cmpint(join(&b, &a2), ==, OX_OK);
    struct ox_delta b1 = add(&b, B, "x"), b2 = take_out(&b, B, "x");
    assert_delta(&b1, "A:2", "B:1", "A:2", "[\"x\"]");
    assert_delta(&b2, "", "B:2", "B:1", "[]");
    g_assert_cmpint(join(&c, &a1), ==, OX_OK);
    g_assert_cmpint(join(&c, &b1), ==, OX_GAP);
    g_assert_cmpint(join(&c, &b2), ==, OX_GAP);
    assert_object(&c, "A:1", "[\"x\"]");
    g_assert_cmpint(join(&c, &a2), ==, OX_OK);
    g_assert_cmpint(join(&c, &b1), ==, OX_OK);
    g_assert_cmpint(join(&c, &b2), ==, OX_OK);
    assert_object(&c, "A:2 B:2", "[]");
    free_deltas(&a1, &a2, &b1, &b2, NULL);
    free_objects(&a, &b, &c, NULL);
}

static void what_is_not_there_cannot_be_removed(void) {
    struct ox_object a = new_object(&ox_orset);
    struct ox_value x = ox_value_text("x");
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_orset_remove(&a, &x, A, &delta), ==, OX_NOOP);
    g_assert_true(ox_delta_empty(&delta));
    ox_delta_free(&delta);
    assert_object(&a, "", "[]");
    ox_object_free(&a);
}

static void elements_are_scalars_of_valid_text(void) {
    struct ox_object a = new_object(&ox_orset);
    struct ox_value list = {OX_VALUE_STRUCTURED, 0, {(const uint8_t *)"\x80", 1}};
    struct ox_value torn = {OX_VALUE_TEXT, 0, {(const uint8_t *)"\xe2\x82", 2}};
    g_assert_cmpint(ox_orset_add(&a, &list, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_orset_add(&a, &torn, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_orset_remove(&a, &torn, A, NULL), ==, OX_INVALID);
    g_assert_false(ox_orset_contains(&a, &torn));
    struct ox_value values[] = {ox_value_int(-1), ox_value_null(), ox_value_bool(true),
                                ox_value_int(10), ox_value_text("10")};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_cmpint(ox_orset_add(&a, &values[i], A, NULL), ==, OX_OK);
    assert_object(&a, "A:5", "[\"10\",-1,10,null,true]");
    ox_object_free(&a);
}

static void known_bytes(void) {
    struct ox_object a = new_object(&ox_orset), b = new_object(&ox_orset);
    struct ox_delta y = add(&b, B, "y"), x = add(&a, A, "x"), y2 = add(&a, A, "y");
    g_assert_cmpint(join(&a, &y), ==, OX_OK);
    struct ox_buf out = {0};
    ox_object_encode(&a, &out);
    static const char object[] = "\x82\xa2\x01\x02\x02\x01"       /* [{A:2, B:1}, */
                                 "\xa2\x01\x84\x01\x61x\x01\x61y" /* {A: [1, "x", 1, "y"], */
                                 "\x02\x82\x01\x61y" /* B: [1, "y"]}] */;
    g_assert_cmpmem(out.data, out.size, object, sizeof object - 1);
    struct ox_delta again = add(&a, A, "y");
    ox_buf_clear(&out);
    ox_delta_encode(&again, &out);
    static const char delta[] = "\x84\xa1\x02\x01"                     /* [{B:1}, */
                                "\xa1\x01\x82\x03\x01"                 /* {A: [3, 1]}, */
                                "\xa2\x01\x82\x02\x01\x02\x82\x01\x01" /* {A: [2, 1], B: [1, 1]} */
                                "\xa1\x01\x82\x03\x61y" /* {A: [3, "y"]}] */;
    g_assert_cmpmem(out.data, out.size, delta, sizeof delta - 1);
    ox_buf_free(&out);
    free_deltas(&y, &x, &y2, &again, NULL);
    free_objects(&a, &b, NULL);
}

static enum ox_status decode(const char *bytes, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    struct ox_object object;
    enum ox_status status = ox_object_decode(&object, &ox_orset, &in);
    if (status == OX_OK && !ox_cbor_done(&in))
        status = OX_MALFORMED;
    ox_object_free(&object);
    return status;
}

#define DECODE(literal) decode("" literal, sizeof(literal) - 1)

/* Behind each context {A:5} stand rows. */
static void refused_bytes(void) {
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x84\x01\x61x\x02\x61y"), ==, OX_OK);
    g_assert_cmpint(DECODE("\x82\xa2\x01\x05\x02\x01\xa2\x01\x82\x01\x61x\x02\x82\x01\x61x"), ==,
                    OX_OK);
    /* replicas out of order, a replica twice, a replica without a row */
    g_assert_cmpint(DECODE("\x82\xa2\x01\x05\x02\x01\xa2\x02\x82\x01\x61x\x01\x82\x01\x61x"), ==,
                    OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa2\x01\x82\x01\x61x\x01\x82\x02\x61y"), ==,
                    OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x80"), ==, OX_MALFORMED);
    /* dot 0, one dot at two elements, a dot without an element, a dot beyond the last number */
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x82\x00\x61x"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x84\x01\x61x\x00\x61y"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x83\x01\x61x\x01"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x1b\xff\xff\xff\xff\xff\xff\xff\xff\xa1\x01\x84\x01\x61x"
                           "\x1b\xff\xff\xff\xff\xff\xff\xff\xff\x61y"),
                    ==, OX_MALFORMED);
    /* a dot outside the context, alone and behind one inside */
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x82\x06\x61x"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x84\x05\x61x\x01\x61y"), ==, OX_MALFORMED);
    /* collected up to the context, and further; or nothing, which is not said */
    g_assert_cmpint(DECODE("\x83\xa1\x01\x05\xa1\x01\x82\x01\x61x\xa1\x01\x05"), ==, OX_OK);
    g_assert_cmpint(DECODE("\x83\xa1\x01\x05\xa1\x01\x82\x01\x61x\xa1\x01\x06"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\x83\xa1\x01\x05\xa1\x01\x82\x01\x61x\xa0"), ==, OX_MALFORMED);
    /* a list as an element, text that is not UTF-8 */
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x82\x01\x80"), ==, OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x82\x01\x61\xff"), ==, OX_MALFORMED);
    /* counts beyond the bytes */
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xba\x00\xff\xff\xff\x01\x82\x01\x61x"), ==,
                    OX_MALFORMED);
    g_assert_cmpint(DECODE("\x82\xa1\x01\x05\xa1\x01\x9a\x00\xff\xff\xfe\x01\x61x"), ==,
                    OX_MALFORMED);
}

static enum ox_status decode_delta(const char *bytes, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    struct ox_delta delta = {0};
    enum ox_status status = ox_delta_decode(&delta, &ox_orset, &in);
    ox_delta_free(&delta);
    return status;
}

#define DECODE_DELTA(literal) decode_delta("" literal, sizeof(literal) - 1)

static void refused_bytes_of_deltas(void) {
    /* [{B:1}, {A:3}, {A:2}, {A:3 x}] */
    g_assert_cmpint(DECODE_DELTA("\x84\xa1\x02\x01\xa1\x01\x82\x03\x01\xa1\x01\x82\x02\x01"
                                 "\xa1\x01\x82\x03\x61x"),
                    ==, OX_OK);
    /* kills what it brings */
    g_assert_cmpint(DECODE_DELTA("\x84\xa1\x02\x01\xa1\x01\x82\x03\x01\xa1\x01\x82\x02\x02"
                                 "\xa1\x01\x82\x03\x61x"),
                    ==, OX_MALFORMED);
    /* holds a dot that it does not bring */
    g_assert_cmpint(DECODE_DELTA("\x84\xa1\x02\x01\xa1\x01\x82\x03\x01\xa1\x01\x82\x02\x01"
                                 "\xa1\x01\x82\x04\x61x"),
                    ==, OX_MALFORMED);
    /* so does the second of two elements */
    g_assert_cmpint(DECODE_DELTA("\x84\xa1\x02\x01\xa1\x01\x82\x03\x01\xa1\x01\x82\x02\x01"
                                 "\xa1\x01\x84\x03\x61x\x01\x61y"),
                    ==, OX_MALFORMED);
    /* asks for a replica that it brings */
    g_assert_cmpint(DECODE_DELTA("\x84\xa1\x01\x02\xa1\x01\x82\x03\x01\xa1\x01\x82\x02\x01"
                                 "\xa1\x01\x82\x03\x61x"),
                    ==, OX_MALFORMED);
}

/* Two elements under one dot are no honest replica's work; all ends must still be the same. */
static void one_dot_with_two_elements_ends_the_same_everywhere(void) {
    struct ox_object honest = new_object(&ox_orset), liar = new_object(&ox_orset);
    struct ox_delta x = add(&honest, A, "x"), y = add(&liar, A, "y");
    struct ox_delta more_x = add(&honest, A, "p"), more_y = add(&liar, A, "q");
    struct ox_object left = new_object(&ox_orset), right = new_object(&ox_orset);
    struct ox_object c = new_object(&ox_orset);
    struct ox_delta other = add(&c, C, "c");
    g_assert_cmpint(ox_object_join(&left, &honest, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&right, &liar, NULL), ==, OX_OK);
    g_assert_cmpint(join(&left, &other), ==, OX_OK);
    g_assert_cmpint(join(&right, &other), ==, OX_OK);
    struct ox_delta last = add(&liar, A, "z");
    g_assert_cmpint(join(&left, &last), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&right, &left, NULL), ==, OX_OK);
    const char *why;
    g_assert_true(ox_object_valid(&left, &why));
    g_assert_true(ox_object_valid(&right, &why));
    assert_object(&right, "A:3 C:1", "[\"c\",\"q\",\"y\",\"z\"]");
    free_deltas(&x, &y, &more_x, &more_y, &other, &last, NULL);
    free_objects(&honest, &liar, &left, &right, &c, NULL);
}

static void small_sets_are_small(void) {
    struct ox_object set = new_object(&ox_orset);
    struct ox_delta a = add(&set, A, "milk"), b = add(&set, B, "eggs"), c = add(&set, C, "flour");
    struct ox_object copy = new_object(&ox_orset);
    g_assert_cmpint(ox_object_join(&copy, &set, NULL), ==, OX_OK);
    g_assert_cmpuint(ox_object_bytes(&copy), <=, 200);
    free_deltas(&a, &b, &c, NULL);
    free_objects(&set, &copy, NULL);
}

/* ---- random histories against the specification ---- */

enum { REPLICAS = 4, ELEMENTS = 48, STEPS = 400 };

/* Every update ever made in a history, with what its replica had seen. */
struct update {
    bool removes;
    unsigned element;
    uint64_t seen[REPLICAS];
};

struct history {
    struct dice dice;
    struct update updates[REPLICAS][STEPS + 1]; /* [replica][n] */
    struct ox_object objects[REPLICAS];
    struct ox_delta deltas[STEPS];
    unsigned delta_count;
    unsigned gaps;
};

/* Short and long elements, so that some rows have a block. */
static void element_name(unsigned element, char name[32]) {
    g_snprintf(name, 32, element % 3 == 0 ? "element number %u, long" : "e%u", element);
}

static bool in_context(const uint64_t *context, uint64_t replica, uint64_t n) {
    return n <= context[replica];
}

/* An add in the context that no remove of the element in the context had seen. */
static bool should_contain(const struct history *h, const uint64_t *context, unsigned element) {
    for (uint64_t r = 0; r < REPLICAS; r++)
        for (uint64_t n = 1; n <= context[r]; n++) {
            const struct update *u = &h->updates[r][n];
            bool cancelled = u->removes || u->element != element;
            for (uint64_t q = 0; q < REPLICAS && !cancelled; q++)
                for (uint64_t m = 1; m <= context[q] && !cancelled; m++) {
                    const struct update *v = &h->updates[q][m];
                    cancelled = v->removes && v->element == element && in_context(v->seen, r, n);
                }
            if (!cancelled)
                return true;
        }
    return false;
}

static void check_read(const struct history *h, const struct ox_object *object) {
    uint64_t context[REPLICAS];
    char name[32];
    const char *why = "";
    if (!ox_object_valid(object, &why))
        g_error("%s", why);
    for (uint64_t r = 0; r < REPLICAS; r++)
        context[r] = ox_vv_get(&object->context, r);
    for (unsigned e = 0; e < ELEMENTS; e++) {
        element_name(e, name);
        g_assert_cmpint(has(object, name), ==, should_contain(h, context, e));
    }
}

static void update_step(struct history *h, uint64_t replica) {
    struct ox_object *object = &h->objects[replica];
    struct update update = {.element = (unsigned)dice_roll(&h->dice, ELEMENTS)};
    char name[32];
    element_name(update.element, name);
    update.removes = dice_roll(&h->dice, 3) == 0 && has(object, name);
    for (uint64_t r = 0; r < REPLICAS; r++)
        update.seen[r] = ox_vv_get(&object->context, r);
    h->updates[replica][update.seen[replica] + 1] = update;
    h->deltas[h->delta_count++] =
        update.removes ? take_out(object, replica, name) : add(object, replica, name);
}

static void join_step(struct history *h, struct ox_object *to, struct ox_object *from) {
    struct ox_delta answer = {0}, rest = {0};
    switch (dice_roll(&h->dice, 8)) {
    case 0:
        g_assert_cmpint(ox_object_join(to, from, NULL), ==, OX_OK);
        return;
    case 1:
        g_assert_cmpint(ox_object_delta_since(from, &to->context, &answer), ==, OX_OK);
        g_assert_cmpint(ox_delta_difference(&answer, to, &rest), ==, OX_OK);
        g_assert_cmpint(join(to, dice_roll(&h->dice, 2) == 0 ? &answer : &rest), ==, OX_OK);
        free_deltas(&answer, &rest, NULL);
        return;
    default:
        if (h->delta_count == 0)
            return;
        h->gaps += join(to, &h->deltas[dice_roll(&h->dice, h->delta_count)]) == OX_GAP;
    }
}

/* Hands one replica every delta in a random order as groups, until nothing is refused. */
static void deliver_everything(struct history *h, struct ox_object *to) {
    for (bool refused = true; refused;) {
        struct ox_delta group = {0};
        refused = false;
        for (unsigned i = 0; i < h->delta_count; i++) {
            struct ox_delta *delta = &h->deltas[i];
            if (!ox_delta_covered(delta, &to->context) || ox_delta_merge(&group, delta) == OX_GAP)
                refused |= !ox_delta_redundant(delta, &to->context);
        }
        g_assert_cmpint(join(to, &group), ==, OX_OK);
        ox_delta_free(&group);
    }
}

static void random_histories(void) {
    unsigned gaps = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct history *h = g_new0(struct history, 1);
        h->dice.state = seed;
        for (uint64_t r = 0; r < REPLICAS; r++)
            h->objects[r] = new_object(&ox_orset);
        for (unsigned i = 0; i < STEPS; i++) {
            uint64_t to = dice_roll(&h->dice, REPLICAS), from = dice_roll(&h->dice, REPLICAS);
            if (dice_roll(&h->dice, 2) == 0)
                update_step(h, to);
            else
                join_step(h, &h->objects[to], &h->objects[from]);
            if (i % 8 == 0)
                check_read(h, &h->objects[to]);
        }
        for (uint64_t r = 0; r < REPLICAS; r++)
            deliver_everything(h, &h->objects[r]);
        check_read(h, &h->objects[0]);
        for (uint64_t r = 1; r < REPLICAS; r++)
            g_assert_true(ox_object_equal(&h->objects[0], &h->objects[r]));
        gaps += h->gaps;
        for (uint64_t r = 0; r < REPLICAS; r++)
            ox_object_free(&h->objects[r]);
        for (unsigned i = 0; i < h->delta_count; i++)
            ox_delta_free(&h->deltas[i]);
        g_free(h);
    }
    g_assert_cmpuint(gaps, >, 100); /* else nothing was said about gaps */
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/orset/an add wins over a concurrent remove",
                    an_add_wins_over_a_concurrent_remove);
    g_test_add_func("/orset/a remove undoes what it has seen", a_remove_undoes_what_it_has_seen);
    g_test_add_func("/orset/the shortest gap is refused", the_shortest_gap_is_refused);
    g_test_add_func("/orset/what is not there cannot be removed",
                    what_is_not_there_cannot_be_removed);
    g_test_add_func("/orset/elements are scalars of valid text",
                    elements_are_scalars_of_valid_text);
    g_test_add_func("/orset/known bytes", known_bytes);
    g_test_add_func("/orset/refused bytes", refused_bytes);
    g_test_add_func("/orset/refused bytes of deltas", refused_bytes_of_deltas);
    g_test_add_func("/orset/one dot with two elements ends the same everywhere",
                    one_dot_with_two_elements_ends_the_same_everywhere);
    g_test_add_func("/orset/small sets are small", small_sets_are_small);
    g_test_add_func("/orset/random histories against the specification", random_histories);
    return g_test_run();
}
