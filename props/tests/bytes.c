/* The bytes that an object says it takes are those that it asked for; and small objects are small.
 *
 * A copy takes what it needs and no more, so that every byte that is asked for while it is made is
 * one that it counts. */
#include "support_alloc.h"
#include "support_crdt.h"

#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/pncounter.h"

/* One update by the type's first verb. */
static void update(struct ox_object *object, ox_replica replica, const char *text, uint64_t n,
                   struct ox_delta *delta) {
    const struct ox_verb *verb = &object->type->verbs[0];
    struct ox_op op = {.verb = verb, .arg = ox_value_text(text)};
    struct ox_stamp stamp = {n, 0, replica};
    if (verb->arg == OX_ARG_AMOUNT)
        op.arg = ox_value_int((int64_t)n);
    g_assert_cmpint(ox_object_apply(object, &op, replica, &stamp, delta), ==, OX_OK);
}

static void assert_counted(const struct ox_object *object) {
    struct ox_object copy;
    alloc_count_from_zero();
    g_assert_cmpint(ox_object_copy(&copy, object), ==, OX_OK);
    uint64_t asked = alloc_bytes();
    g_assert_true(ox_object_equal(&copy, object));
    g_assert_true(ox_vv_equal(ox_object_fresh(&copy), ox_object_fresh(object)));
    g_assert_cmpuint(ox_object_bytes(&copy), ==, asked);
    ox_object_free(&copy);
}

static const struct ox_type *const types[] = {&ox_gcounter, &ox_pncounter, &ox_lww, &ox_mv};

/* Of one replica; with what is fresh; with what is collected besides, and alone. */
static void every_byte_is_counted(void) {
    g_assert_true(alloc_wrapped());
    for (size_t t = 0; t < G_N_ELEMENTS(types); t++) {
        struct ox_object a = new_object(types[t]), b = new_object(types[t]);
        struct ox_delta delta = {0};
        assert_counted(&a);
        update(&a, A, "a word", 1, NULL);
        assert_counted(&a);
        update(&b, B, "a word that has no place between numbers", 2, &delta);
        g_assert_cmpint(join(&a, &delta), ==, OX_OK);
        assert_text(show_vv(ox_object_fresh(&a)), "B:1");
        assert_counted(&a);
        g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
        assert_text(show_vv(ox_object_collected(&a)), "A:1 B:1");
        assert_counted(&a);
        update(&a, A, "a word", 3, NULL);
        assert_text(show_vv(ox_object_fresh(&a)), "");
        assert_counted(&a);
        ox_delta_free(&delta);
        free_objects(&a, &b, NULL);
    }
}

/* One update of one replica, the object's own struct counted. */
static void small_objects_are_small(void) {
    static const size_t most[] = {104, 104, 120};
    for (size_t t = 0; t < G_N_ELEMENTS(most); t++) {
        struct ox_object object = new_object(types[t]);
        update(&object, A, "a word", 1, NULL);
        g_assert_cmpuint(sizeof object + ox_object_bytes(&object), <=, most[t]);
        ox_object_free(&object);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bytes/every byte is counted", every_byte_is_counted);
    g_test_add_func("/bytes/small objects are small", small_objects_are_small);
    return g_test_run();
}
