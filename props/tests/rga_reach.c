/* Runs that reach far over places that are not there, or that lie aslant: a few bytes say 2^31 of
 * them. What such a run does must not take as long as it is, or these tests do not end. */
#include "crdt/sequence/stretch.h"

#include "support_sequence.h"

/* Every run is as long as one can be, less a few. */
#define LONG UINT32_C(0x7ffffff0)

/* ---- what a stranger sends ---- */

static void put_dots(struct ox_buf *out, ox_replica replica, uint64_t first, uint64_t count) {
    ox_cbor_put_map(out, 1);
    ox_cbor_put_uint(out, replica);
    ox_cbor_put_array(out, 2);
    ox_cbor_put_uint(out, first);
    ox_cbor_put_uint(out, count);
}

/* A delta that brings dots of one replica, and has a store with this lamport behind. */
static struct ox_buf delta_of(ox_replica replica, uint64_t first, uint64_t count,
                              uint64_t lamport) {
    struct ox_buf out = {0};
    ox_cbor_put_array(&out, 4);
    ox_cbor_put_map(&out, 0);
    put_dots(&out, replica, first, count);
    ox_cbor_put_map(&out, 0);
    ox_cbor_put_array(&out, 2);
    ox_cbor_put_uint(&out, lamport);
    return out;
}

/* All of one replica's first dots, none of which has a place. */
static struct ox_buf nothing_of(ox_replica replica, uint64_t count) {
    struct ox_buf out = delta_of(replica, 1, count, 0);
    ox_cbor_put_array(&out, 0);
    return out;
}

static void put_deletion(struct ox_buf *out, struct ox_dot target, struct ox_dot killer,
                         uint32_t length, int step) {
    ox_cbor_put_array(out, 6);
    ox_cbor_put_uint(out, target.replica);
    ox_cbor_put_uint(out, target.n);
    ox_cbor_put_uint(out, killer.replica);
    ox_cbor_put_uint(out, killer.n);
    ox_cbor_put_uint(out, length);
    ox_cbor_put_int(out, step);
}

/* One run of deletions of a replica's dots from 1 on, by the first dots of B: upwards or downwards;
 * and `more` dots. */
static struct ox_buf deletion_of(ox_replica replica, int step, unsigned more) {
    struct ox_buf out = delta_of(B, 1, (uint64_t)LONG + more, 0);
    ox_cbor_put_array(&out, 2);
    ox_cbor_put_array(&out, 0);
    ox_cbor_put_array(&out, 1);
    put_deletion(&out, (struct ox_dot){replica, 1}, (struct ox_dot){B, step < 0 ? LONG : 1}, LONG,
                 step);
    return out;
}

/* Places of C, all deleted by its dot behind them. */
static struct ox_buf dead_places(void) {
    struct ox_buf out = delta_of(C, 1, (uint64_t)LONG + 1, LONG);
    ox_cbor_put_array(&out, 2);
    ox_cbor_put_array(&out, 1);
    ox_cbor_put_array(&out, 6);
    ox_cbor_put_uint(&out, C);
    ox_cbor_put_uint(&out, 1);
    ox_cbor_put_uint(&out, 1);
    ox_cbor_put_uint(&out, LONG);
    ox_cbor_put_uint(&out, 0);
    ox_cbor_put_uint(&out, 0);
    ox_cbor_put_array(&out, 1);
    put_deletion(&out, (struct ox_dot){C, 1}, (struct ox_dot){C, (uint64_t)LONG + 1}, LONG, 0);
    return out;
}

static struct ox_delta read_delta(struct ox_buf *bytes) {
    struct ox_delta delta = {0};
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(bytes));
    g_assert_cmpint(ox_delta_decode(&delta, &ox_rga, &in), ==, OX_OK);
    g_assert_true(ox_cbor_done(&in));
    ox_buf_free(bytes);
    return delta;
}

static void take(struct ox_object *o, struct ox_buf bytes, enum ox_status wanted) {
    struct ox_delta delta = read_delta(&bytes);
    g_assert_cmpint(join(o, &delta), ==, wanted);
    assert_valid(o);
    ox_delta_free(&delta);
}

/* ---- places that are not there ---- */

/* A few places of A among 2^31 that never were: C typed, and A between its own typing jumped. */
static struct ox_object sparse(unsigned places) {
    struct ox_object o = new_object(&ox_rga);
    uint64_t n = 0;
    for (unsigned i = 0; i < places; i++) {
        g_assert_cmpint(ox_rga_write(&o, ox_rga_length(&o) / 2, text_of("ab"), A, NULL), ==, OX_OK);
        n = ox_vv_get(&o.context, A);
        struct ox_buf bytes = delta_of(A, n + 1, LONG / places - 3, 0);
        ox_cbor_put_array(&bytes, 0);
        take(&o, bytes, OX_OK);
    }
    return o;
}

static void a_deletion_reaches_over_what_is_not_there(void) {
    static const unsigned places[] = {0, 1, 3, 1000};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
        for (int step = -1; step <= 1; step += 2) {
            struct ox_object o = places[i] > 0 ? sparse(places[i]) : new_object(&ox_rga);
            struct ox_buf rest = nothing_of(A, LONG + 10);
            take(&o, rest, OX_OK);
            g_assert_cmpuint(ox_rga_length(&o), ==, 2 * places[i]);
            take(&o, deletion_of(A, step, 0), OX_OK);
            g_assert_cmpuint(ox_rga_length(&o), ==, 0);
            g_assert_cmpuint(ox_vv_get(&o.context, B), ==, LONG);
            ox_object_free(&o);
        }
}

/* One dot further than what is known, and it is nowhere: all of it is refused. */
static void a_deletion_does_not_reach_further_than_is_known(void) {
    struct ox_object o = sparse(3), before;
    uint64_t have = ox_vv_get(&o.context, A);
    g_assert_cmpuint(have, <, LONG);
    take(&o, nothing_of(A, LONG - 1), OX_OK);
    g_assert_cmpint(ox_object_copy(&before, &o), ==, OX_OK);
    take(&o, deletion_of(A, 1, 0), OX_DIVERGED);
    assert_same(&o, &before);
    free_objects(&o, &before, NULL);
}

static void an_operation_reaches_over_what_is_not_there(void) {
    for (int down = 0; down < 2; down++) {
        struct ox_object o = sparse(100);
        struct ox_rga_op op = {0};
        struct ox_buf bytes = {0};
        take(&o, nothing_of(A, LONG), OX_OK);
        ox_cbor_put_array(&bytes, 3);
        ox_cbor_put_uint(&bytes, B);
        ox_cbor_put_uint(&bytes, 1);
        ox_cbor_put_array(&bytes, 1);
        ox_cbor_put_array(&bytes, 3);
        ox_cbor_put_uint(&bytes, A);
        ox_cbor_put_uint(&bytes, down ? LONG : 1);
        ox_cbor_put_int(&bytes, down ? -(int64_t)LONG : (int64_t)LONG);
        struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
        g_assert_cmpint(ox_rga_op_decode(&op, &in), ==, OX_OK);
        g_assert_cmpint(ox_rga_op_take(&o, &op), ==, OX_OK);
        assert_valid(&o);
        g_assert_cmpuint(ox_rga_length(&o), ==, 0);
        g_assert_cmpuint(ox_vv_get(&o.context, B), ==, LONG);
        ox_buf_free(&bytes);
        ox_rga_op_free(&op);
        ox_object_free(&o);
    }
}

/* ---- runs aslant ---- */

/* Places that C deleted are deleted by B upwards and, as B lies to others, downwards. In a group of
 * both stories the first half is deleted by the ones, the second by the others; and who has heard
 * one of them does not take the other. */
static void deletions_aslant_meet_as_runs(void) {
    struct ox_object up = new_object(&ox_rga), down, all, other;
    struct ox_buf ups = deletion_of(C, 1, 0), downs = deletion_of(C, -1, 1);
    struct ox_delta d1 = read_delta(&ups), d2 = read_delta(&downs);
    struct ox_delta both = {0}, turned = {0}, since = {0};
    struct ox_vv nothing = {0};
    take(&up, dead_places(), OX_OK);
    g_assert_cmpint(ox_object_copy(&down, &up), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&all, &up), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&other, &up), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&both, &d1), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&both, &d2), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&turned, &d2), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&turned, &d1), ==, OX_OK);
    g_assert_cmpint(join(&all, &both), ==, OX_OK);
    g_assert_cmpint(join(&other, &turned), ==, OX_OK);
    assert_valid(&all);
    assert_same(&all, &other);
    struct ox_object told = new_object(&ox_rga);
    g_assert_cmpint(ox_object_delta_since(&all, &nothing, &since), ==, OX_OK);
    g_assert_cmpint(join(&told, &since), ==, OX_OK);
    assert_same(&told, &all);
    g_assert_cmpint(join(&up, &d1), ==, OX_OK);
    g_assert_cmpint(join(&down, &d2), ==, OX_OK);
    g_assert_false(ox_object_equal(&up, &down) || ox_object_equal(&up, &all));
    ox_object_free(&other);
    g_assert_cmpint(ox_object_copy(&other, &up), ==, OX_OK);
    g_assert_cmpint(join(&up, &d2), ==, OX_DIVERGED);
    g_assert_cmpint(ox_object_join(&up, &down, NULL), ==, OX_DIVERGED);
    assert_same(&up, &other);
    free_deltas(&d1, &d2, &both, &turned, &since, NULL);
    free_objects(&up, &down, &all, &other, &told, NULL);
}

static bool less_at(struct ox_dot a, int a_step, struct ox_dot b, int b_step, uint32_t i) {
    a.n += (uint64_t)(int64_t)a_step * i;
    b.n += (uint64_t)(int64_t)b_step * i;
    return ox_dot_compare(a, b) < 0;
}

/* Small runs of killers, counted one by one. */
static void where_runs_cross_is_known(void) {
    enum { MOST = 6, FROM = 10, KINDS = 2 * 9 * 9 * 9 };
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct ox_dot a = {A, FROM + kind % 9}, b = {kind % 2 == 0 ? A : B, FROM + kind / 9 % 9};
        int a_step = (int)(kind / 81 % 3) - 1, b_step = (int)(kind / 243 % 3) - 1;
        uint32_t count, alike = 1;
        bool less = less_at(a, a_step, b, b_step, 0);
        while (alike < MOST && less_at(a, a_step, b, b_step, alike) == less)
            alike++;
        g_assert_cmpint(ox_killers_less(a, a_step, b, b_step, MOST, &count), ==, less);
        g_assert_cmpuint(count, ==, alike);
    }
}

/* Downwards through what is seen, counted one by one. */
static void what_is_seen_downwards_is_known(void) {
    struct ox_vv vv = {0};
    struct ox_dots dots = {0};
    g_assert_cmpint(ox_vv_raise(&vv, B, 3), ==, OX_OK);
    g_assert_cmpint(ox_dots_add(&dots, (struct ox_span){A, 1, 30}), ==, OX_OK);
    g_assert_cmpint(ox_dots_add(&dots, (struct ox_span){B, 6, 8}), ==, OX_OK);
    g_assert_cmpint(ox_dots_add(&dots, (struct ox_span){B, 10, 10}), ==, OX_OK);
    const struct ox_seen all[] = {{0}, {.vv = &vv}, {.dots = {&dots}}, {&vv, {&dots}}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        for (uint64_t n = 12; n > 0; n--) {
            struct ox_dot dot = {B, n};
            bool has = ox_seen_has(&all[i], dot);
            uint32_t count;
            g_assert_cmpint(ox_seen_stretch_down(&all[i], dot, (uint32_t)n, &count), ==, has);
            for (uint32_t k = 1; k < count; k++)
                g_assert_cmpint(ox_seen_has(&all[i], (struct ox_dot){B, n - k}), ==, has);
            /* And it is not cut for nothing. */
            g_assert_true(count == n || ox_seen_has(&all[i], (struct ox_dot){B, n - count}) != has);
        }
    ox_vv_free(&vv);
    ox_dots_free(&dots);
}

/* What the other side has collected goes as a run. */
static void what_is_gone_goes_as_a_run(void) {
    struct ox_object o = new_object(&ox_rga), other = new_object(&ox_rga);
    take(&o, dead_places(), OX_OK);
    take(&other, nothing_of(C, (uint64_t)LONG + 1), OX_OK);
    take(&other, nothing_of(B, 1), OX_OK);
    g_assert_cmpint(ox_object_join(&o, &other, NULL), ==, OX_OK);
    assert_valid(&o);
    assert_object(&o, "B:1 C:2147483633", "[]");
    struct ox_buf out = {0};
    ox_object_encode(&o, &out);
    g_assert_cmpuint(out.size, <, 32); /* no run of places is left */
    ox_buf_free(&out);
    free_objects(&o, &other, NULL);
}

static enum ox_status count_part(void *self, struct ox_delta *part) {
    unsigned *count = self;
    ox_delta_free(part);
    return ++*count < 3 ? OX_OK : OX_NO_SUCH;
}

/* A part for each place would be more than memory holds; of a few, whoever gets them may stop. */
static void too_many_parts_are_not_taken_apart(void) {
    struct ox_buf bytes = deletion_of(A, 1, 0);
    struct ox_delta delta = read_delta(&bytes);
    struct ox_object o = new_object(&ox_rga);
    unsigned count = 0;
    g_assert_cmpint(ox_delta_decompose(&delta, count_part, &count), ==, OX_OVERFLOW);
    g_assert_cmpuint(count, ==, 0);
    g_assert_cmpint(ox_rga_write(&o, 0, text_of("abcdef"), A, &delta), ==, OX_OK);
    g_assert_cmpint(ox_delta_decompose(&delta, count_part, &count), ==, OX_NO_SUCH);
    g_assert_cmpuint(count, ==, 3);
    ox_delta_free(&delta);
    ox_object_free(&o);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reach/a deletion reaches over what is not there",
                    a_deletion_reaches_over_what_is_not_there);
    g_test_add_func("/reach/a deletion does not reach further than is known",
                    a_deletion_does_not_reach_further_than_is_known);
    g_test_add_func("/reach/an operation reaches over what is not there",
                    an_operation_reaches_over_what_is_not_there);
    g_test_add_func("/reach/deletions aslant meet as runs", deletions_aslant_meet_as_runs);
    g_test_add_func("/reach/where runs cross is known", where_runs_cross_is_known);
    g_test_add_func("/reach/what is seen downwards is known", what_is_seen_downwards_is_known);
    g_test_add_func("/reach/what is gone goes as a run", what_is_gone_goes_as_a_run);
    g_test_add_func("/reach/too many parts are not taken apart",
                    too_many_parts_are_not_taken_apart);
    return g_test_run();
}
