/* Causal stability: what all members have reported, of what is here. */
#include "crdt/stability.h"
#include "support_alloc.h"
#include "support_crdt.h"

/* {A:a, B:b, C:c} */
static struct ox_vv context(uint64_t a, uint64_t b, uint64_t c) {
    struct ox_vv vv = {0};
    ox_vv_raise(&vv, A, a);
    ox_vv_raise(&vv, B, b);
    ox_vv_raise(&vv, C, c);
    return vv;
}

static enum ox_status report(struct ox_stability *at, ox_replica from, uint64_t a, uint64_t b,
                             uint64_t c) {
    struct ox_vv vv = context(a, b, c);
    enum ox_status status = ox_stability_report(at, from, &vv);
    ox_vv_free(&vv);
    return status;
}

static enum ox_status update(struct ox_stability *at, uint64_t a, uint64_t b, uint64_t c) {
    struct ox_vv vv = context(a, b, c);
    enum ox_status status = ox_stability_update(at, &vv);
    ox_vv_free(&vv);
    return status;
}

static struct ox_stability three_members(void) {
    struct ox_stability at = {0};
    g_assert_cmpint(ox_stability_join(&at, C), ==, OX_OK);
    g_assert_cmpint(ox_stability_join(&at, A), ==, OX_OK);
    g_assert_cmpint(ox_stability_join(&at, B), ==, OX_OK);
    g_assert_cmpint(ox_stability_join(&at, B), ==, OX_NOOP);
    return at;
}

static void stable_is_what_all_have_reported(void) {
    struct ox_stability at = three_members();
    report(&at, A, 4, 2, 1);
    report(&at, B, 3, 2, 0);
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_NOOP); /* C has said nothing */
    report(&at, C, 2, 0, 1);
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_OK);
    assert_text(show_vv(&at.stable), "A:2");
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_NOOP);
    ox_stability_free(&at);
}

/* C:2 may have seen less than C's report of it says: until it is here, the report before counts. */
static void a_report_counts_once_its_updates_are_here(void) {
    struct ox_stability at = three_members();
    report(&at, A, 4, 2, 1);
    report(&at, B, 4, 2, 1);
    report(&at, C, 2, 0, 1);
    update(&at, 4, 2, 1);
    g_assert_cmpint(report(&at, C, 4, 2, 2), ==, OX_OK);
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_NOOP);
    assert_text(show_vv(&at.stable), "A:2 C:1");
    g_assert_cmpint(update(&at, 4, 2, 2), ==, OX_OK);
    assert_text(show_vv(&at.stable), "A:4 B:2 C:1");
    ox_stability_free(&at);
}

/* Meanwhile the one before goes on counting for what others report. */
static void the_report_before_counts_meanwhile(void) {
    struct ox_stability at = three_members();
    report(&at, A, 4, 2, 1);
    report(&at, B, 1, 1, 0);
    report(&at, C, 4, 0, 1);
    update(&at, 4, 2, 1);
    assert_text(show_vv(&at.stable), "A:1");
    report(&at, C, 4, 2, 2);
    report(&at, B, 3, 1, 1);
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_OK);
    assert_text(show_vv(&at.stable), "A:3 C:1");
    ox_stability_free(&at);
}

/* A makes an update a tick and says so at once; its updates come three ticks later. */
static void reports_that_run_ahead_do_not_hold_up_all(void) {
    struct ox_stability stability = {0};
    struct ox_vv mine = {0}, report = {0};
    g_assert_cmpint(ox_stability_join(&stability, 1), ==, OX_OK);
    g_assert_cmpint(ox_stability_join(&stability, 2), ==, OX_OK);
    for (uint64_t tick = 1; tick <= 100; tick++) {
        g_assert_cmpint(ox_vv_raise(&report, 1, tick), ==, OX_OK);
        g_assert_cmpint(ox_stability_report(&stability, 1, &report), ==, OX_OK);
        g_assert_cmpint(ox_vv_raise(&mine, 1, tick > 3 ? tick - 3 : 0), ==, OX_OK);
        ox_stability_report(&stability, 2, &mine);
        ox_stability_update(&stability, &mine);
    }
    g_assert_cmpuint(ox_vv_get(&stability.stable, 1), >, 90);
    g_assert_cmpuint(ox_vv_get(&stability.stable, 1), <=, 97);
    g_assert_cmpint(ox_vv_raise(&mine, 1, 100), ==, OX_OK);
    ox_stability_report(&stability, 2, &mine);
    g_assert_cmpint(ox_stability_update(&stability, &mine), ==, OX_OK);
    g_assert_cmpuint(ox_vv_get(&stability.stable, 1), ==, 100); /* now that it rests, too */
    ox_vv_free(&mine);
    ox_vv_free(&report);
    ox_stability_free(&stability);
}

static void reports_come_late_and_twice(void) {
    struct ox_stability at = three_members();
    g_assert_cmpint(report(&at, B, 3, 2, 0), ==, OX_OK);
    g_assert_cmpint(report(&at, B, 3, 2, 0), ==, OX_NOOP);
    g_assert_cmpint(report(&at, B, 1, 2, 0), ==, OX_NOOP);
    g_assert_cmpint(report(&at, B, 1, 3, 0), ==, OX_INVALID);
    g_assert_cmpint(report(&at, D, 1, 3, 0), ==, OX_NO_SUCH);
    ox_stability_free(&at);
}

static void who_is_silent_holds_up_all_until_it_leaves(void) {
    struct ox_stability at = three_members();
    report(&at, A, 4, 2, 1);
    report(&at, B, 3, 2, 1);
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_NOOP);
    g_assert_cmpint(ox_stability_leave(&at, C), ==, OX_OK);
    g_assert_cmpint(ox_stability_leave(&at, C), ==, OX_NO_SUCH);
    g_assert_false(ox_stability_has(&at, C));
    g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_OK);
    assert_text(show_vv(&at.stable), "A:3 B:2 C:1");
    ox_stability_free(&at);
}

static void what_was_stable_stays_so_when_one_joins(void) {
    struct ox_stability at = three_members();
    report(&at, A, 1, 1, 1);
    report(&at, B, 1, 1, 1);
    report(&at, C, 1, 1, 1);
    g_assert_cmpint(update(&at, 1, 1, 1), ==, OX_OK);
    g_assert_cmpint(ox_stability_join(&at, D), ==, OX_OK);
    report(&at, A, 2, 1, 1);
    report(&at, B, 2, 1, 1);
    report(&at, C, 2, 1, 1);
    g_assert_cmpint(update(&at, 2, 1, 1), ==, OX_NOOP);
    assert_text(show_vv(&at.stable), "A:1 B:1 C:1");
    g_assert_cmpint(report(&at, D, 2, 0, 0), ==, OX_OK);
    g_assert_cmpint(update(&at, 2, 1, 1), ==, OX_OK);
    assert_text(show_vv(&at.stable), "A:2 B:1 C:1");
    g_assert_cmpuint(ox_stability_bytes(&at), >=, 4 * sizeof(struct ox_member));
    ox_stability_free(&at);
}

static void nothing_is_stable_without_members(void) {
    struct ox_stability at = {0};
    g_assert_cmpint(update(&at, 1, 1, 1), ==, OX_NOOP);
    g_assert_cmpuint(at.stable.count, ==, 0);
    ox_stability_free(&at);
}

/* ---- memory that runs out ---- */

enum deed { JOIN, REPORT, REPORT_AGAIN, UPDATE, DEEDS };

static enum ox_status perform(enum deed deed, struct ox_stability *at, const struct ox_vv *all) {
    switch (deed) {
    case JOIN:
        return ox_stability_join(at, D);
    case REPORT:
        return ox_stability_report(at, A, all);
    case REPORT_AGAIN: /* B's last one waits */
        return ox_stability_report(at, B, all);
    default:
        return ox_stability_update(at, all);
    }
}

static void failing_allocations_leave_all_as_it_was(void) {
    struct ox_vv all = context(9, 9, 9);
    if (!alloc_wrapped()) {
        g_test_skip("the test is linked without -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
        return;
    }
    for (enum deed deed = 0; deed < DEEDS; deed++) {
        uint64_t failed = 0;
        for (bool met = true; met; failed += met) {
            struct ox_stability at = three_members();
            at.capacity = deed == JOIN ? at.count : at.capacity;
            report(&at, A, 4, 2, 1);
            report(&at, B, 3, 2, 0);
            report(&at, C, 4, 2, 1);
            alloc_fail_after(failed);
            enum ox_status status = perform(deed, &at, &all);
            met = alloc_left() == 0;
            alloc_fail_after(UINT64_MAX);
            g_assert_cmpint(status, ==, met && status != OX_OK ? OX_NOMEM : OX_OK);
            if (status == OX_NOMEM) { /* then it is as if it had not been asked */
                g_assert_false(ox_stability_has(&at, D));
                g_assert_cmpuint(at.stable.count, ==, 0);
                g_assert_cmpint(update(&at, 4, 2, 1), ==, OX_OK);
                assert_text(show_vv(&at.stable), "A:3 B:2");
                g_assert_cmpint(update(&at, 9, 9, 9), ==, OX_NOOP);
            }
            ox_stability_free(&at);
        }
        g_assert_cmpuint(failed, >=, 1);
    }
    ox_vv_free(&all);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stability/stable is what all have reported",
                    stable_is_what_all_have_reported);
    g_test_add_func("/stability/a report counts once its updates are here",
                    a_report_counts_once_its_updates_are_here);
    g_test_add_func("/stability/the report before counts meanwhile",
                    the_report_before_counts_meanwhile);
    g_test_add_func("/stability/reports that run ahead do not hold up all",
                    reports_that_run_ahead_do_not_hold_up_all);
    g_test_add_func("/stability/reports come late and twice", reports_come_late_and_twice);
    g_test_add_func("/stability/who is silent holds up all until it leaves",
                    who_is_silent_holds_up_all_until_it_leaves);
    g_test_add_func("/stability/what was stable stays so when one joins",
                    what_was_stable_stays_so_when_one_joins);
    g_test_add_func("/stability/nothing is stable without members",
                    nothing_is_stable_without_members);
    g_test_add_func("/stability/failing allocations leave all as it was",
                    failing_allocations_leave_all_as_it_was);
    return g_test_run();
}
