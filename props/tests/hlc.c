/* Hybrid logical clocks: above all that was, close to physical time, deaf to broken clocks. */
#include "crdt/hlc.h"
#include "support_dice.h"

#include <glib.h>

static void follows_physical_time(void) {
    struct ox_hlc hlc = {.last.replica = 3};
    struct ox_stamp stamp = ox_hlc_tick(&hlc, 100);
    g_assert_cmpuint(stamp.physical_ns, ==, 100);
    g_assert_cmpuint(stamp.logical, ==, 0);
    g_assert_cmpuint(stamp.replica, ==, 3);
    stamp = ox_hlc_tick(&hlc, 250);
    g_assert_cmpuint(stamp.physical_ns, ==, 250);
    g_assert_cmpuint(stamp.logical, ==, 0);
}

static void counts_while_physical_time_stands_or_goes_back(void) {
    struct ox_hlc hlc = {0};
    ox_hlc_tick(&hlc, 100);
    g_assert_cmpuint(ox_hlc_tick(&hlc, 100).logical, ==, 1);
    struct ox_stamp stamp = ox_hlc_tick(&hlc, 40);
    g_assert_cmpuint(stamp.physical_ns, ==, 100);
    g_assert_cmpuint(stamp.logical, ==, 2);
}

static void a_full_logical_part_moves_on(void) {
    struct ox_hlc hlc = {.last = {100, UINT32_MAX, 1}};
    struct ox_stamp stamp = ox_hlc_tick(&hlc, 100);
    g_assert_cmpuint(stamp.physical_ns, ==, 101);
    g_assert_cmpuint(stamp.logical, ==, 0);
}

static void what_arrives_is_overtaken(void) {
    struct ox_hlc hlc = {.last = {100, 0, 1}};
    struct ox_stamp theirs = {150, 7, 9};
    g_assert_cmpint(ox_hlc_receive(&hlc, &theirs, 120), ==, OX_OK);
    struct ox_stamp stamp = ox_hlc_tick(&hlc, 120);
    g_assert_cmpuint(stamp.physical_ns, ==, 150);
    g_assert_cmpuint(stamp.logical, ==, 8);
    g_assert_cmpuint(stamp.replica, ==, 1);
}

static void a_clock_too_far_ahead_is_refused(void) {
    struct ox_hlc hlc = {.last = {100, 2, 1}, .drift_max_ns = 50};
    struct ox_stamp theirs = {171, 0, 9};
    g_assert_cmpint(ox_hlc_receive(&hlc, &theirs, 120), ==, OX_INVALID);
    g_assert_cmpuint(hlc.last.physical_ns, ==, 100);
    g_assert_cmpuint(hlc.last.logical, ==, 2);
    theirs.physical_ns = 170;
    g_assert_cmpint(ox_hlc_receive(&hlc, &theirs, 120), ==, OX_OK);
    theirs.physical_ns = UINT64_MAX; /* after which there is nothing, bound or no bound */
    hlc.drift_max_ns = 0;
    g_assert_cmpint(ox_hlc_receive(&hlc, &theirs, 120), ==, OX_INVALID);
}

/* Random clocks that jump: every stamp is above all stamps its clock made or received. */
static void stamps_always_rise(void) {
    struct dice dice = {11};
    struct ox_hlc hlc[3] = {{.last.replica = 0}, {.last.replica = 1}, {.last.replica = 2}};
    struct ox_stamp highest[3] = {0};
    for (int i = 0; i < 100000; i++) {
        uint64_t at = dice_roll(&dice, 3), from = dice_roll(&dice, 3);
        uint64_t physical = (uint64_t)i / 10 + dice_roll(&dice, 5);
        if (dice_roll(&dice, 100) == 0)
            hlc[at].last.logical = UINT32_MAX;
        if (dice_roll(&dice, 2) == 0) {
            struct ox_stamp theirs = hlc[from].last;
            g_assert_cmpint(ox_hlc_receive(&hlc[at], &theirs, physical), ==, OX_OK);
            if (ox_stamp_compare(&theirs, &highest[at]) > 0)
                highest[at] = theirs;
        }
        struct ox_stamp stamp = ox_hlc_tick(&hlc[at], physical);
        g_assert_cmpint(ox_stamp_compare(&stamp, &highest[at]), >, 0);
        highest[at] = stamp;
    }
}

static void a_stamp_is_raised_only_where_it_is_not_above(void) {
    struct ox_stamp floor = {1000, 2, 9}, above = {1000, 3, 1}, below = {1000, 2, 1};
    ox_stamp_raise(&above, &floor);
    g_assert_cmpuint(above.logical, ==, 3);
    ox_stamp_raise(&below, &floor);
    g_assert_cmpuint(below.physical_ns, ==, 1000);
    g_assert_cmpuint(below.logical, ==, 3);
    g_assert_cmpuint(below.replica, ==, 1);
    floor.logical = UINT32_MAX;
    ox_stamp_raise(&below, &floor);
    g_assert_cmpuint(below.physical_ns, ==, 1001);
    g_assert_cmpuint(below.logical, ==, 0);
    floor.physical_ns = UINT64_MAX;
    ox_stamp_raise(&below, &floor);
    g_assert_cmpuint(below.physical_ns, ==, 1001);
}

static void wire(void) {
    struct ox_stamp stamp = {1000, 2, 1}, back = {0};
    struct ox_buf out = {0};
    ox_stamp_encode(&stamp, &out);
    g_assert_cmpmem(out.data, out.size, "\x83\x19\x03\xe8\x02\x01", 6);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    ox_stamp_decode(&back, &in);
    g_assert_true(ox_cbor_done(&in));
    g_assert_cmpint(ox_stamp_compare(&stamp, &back), ==, 0);
    static const uint8_t wide[] = {0x83, 1, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    in = ox_cbor_of((struct ox_bytes){wide, sizeof wide});
    ox_stamp_decode(&back, &in);
    g_assert_true(in.failed);
    g_assert_cmpuint(back.physical_ns, ==, 1000);
    ox_buf_free(&out);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hlc/follows physical time", follows_physical_time);
    g_test_add_func("/hlc/counts while physical time stands or goes back",
                    counts_while_physical_time_stands_or_goes_back);
    g_test_add_func("/hlc/a full logical part moves on", a_full_logical_part_moves_on);
    g_test_add_func("/hlc/what arrives is overtaken", what_arrives_is_overtaken);
    g_test_add_func("/hlc/a clock too far ahead is refused", a_clock_too_far_ahead_is_refused);
    g_test_add_func("/hlc/stamps always rise", stamps_always_rise);
    g_test_add_func("/hlc/a stamp is raised only where it is not above",
                    a_stamp_is_raised_only_where_it_is_not_above);
    g_test_add_func("/hlc/wire", wire);
    return g_test_run();
}
