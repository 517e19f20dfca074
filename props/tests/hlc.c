/* Hybrid logical clocks: above all that was, close to physical time, deaf to broken clocks. */
#include "crdt/hlc.h"
#include "props/property.h"
#include "support_dice.h"

#include <glib.h>
#include <string.h>

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

/* ---- laws, on random histories of messages ----
 *
 * Nodes whose physical clocks are honest (within EPSILON of true time, yet free to jump in there)
 * have events and send each other stamps. Kulkarni et al. 2014: theorem 1, e before f means a
 * lesser stamp; corollary 1, no stamp is below its node's physical time, nor more than EPSILON
 * above it. A message from a broken clock is refused and leaves no trace. */

enum { NODES = 4, EPSILON = 20, EVENTS_MAX = 60 };

/* A clock under test: the real one, or one that is wrong on purpose. */
struct clock {
    const char *name;
    struct ox_stamp (*tick)(struct ox_hlc *hlc, uint64_t physical_ns);
    enum ox_status (*receive)(struct ox_hlc *hlc, const struct ox_stamp *stamp,
                              uint64_t physical_ns);
    bool right;
};

struct event {
    struct ox_stamp stamp;
    uint32_t seen[NODES]; /* of each node, how many of its events */
    unsigned node;
};

static struct ox_stamp wall_tick(struct ox_hlc *hlc, uint64_t physical_ns) {
    hlc->last.physical_ns = physical_ns;
    hlc->last.logical = 0;
    return hlc->last;
}

static struct ox_stamp hasty_tick(struct ox_hlc *hlc, uint64_t physical_ns) {
    struct ox_stamp stamp = ox_hlc_tick(hlc, physical_ns);
    hlc->last.physical_ns += 3;
    return stamp;
}

static struct ox_stamp slow_tick(struct ox_hlc *hlc, uint64_t physical_ns) {
    return ox_hlc_tick(hlc, physical_ns / 2);
}

static enum ox_status deaf_receive(struct ox_hlc *hlc, const struct ox_stamp *stamp,
                                   uint64_t physical_ns) {
    struct ox_hlc other = *hlc;
    return ox_hlc_receive(&other, stamp, physical_ns);
}

static enum ox_status late_refusal(struct ox_hlc *hlc, const struct ox_stamp *stamp,
                                   uint64_t physical_ns) {
    enum ox_status status = ox_hlc_receive(hlc, stamp, physical_ns);
    if (status != OX_OK)
        hlc->last.physical_ns = stamp->physical_ns;
    return status;
}

static const struct clock clocks[] = {
    {"the real one", ox_hlc_tick, ox_hlc_receive, true},
    {"one that follows physical time alone", wall_tick, ox_hlc_receive, false},
    {"one that runs ahead with every event", hasty_tick, ox_hlc_receive, false},
    {"one that lags behind physical time", slow_tick, ox_hlc_receive, false},
    {"one that ignores what arrives", ox_hlc_tick, deaf_receive, false},
    {"one that refuses too late", ox_hlc_tick, late_refusal, false},
};

static const struct ox_field event_fields[] = {{"node", 0, NODES - 1},
                                               {"from", 0, EVENTS_MAX - 1},
                                               {"passes", 0, 4},
                                               {"error", 0, EPSILON},
                                               {"kind", 0, 9}};

static bool happened_before(const struct event *e, const struct event *f) {
    return e != f && f->seen[e->node] >= e->seen[e->node];
}

static enum ox_answer wrong(char *reason, const char *text) {
    g_strlcpy(reason, text, OX_PROPERTY_REASON_MAX);
    return OX_ANSWER_FAIL;
}

/* The newest event against all before it. `extra` are the nanoseconds that full logical parts
 * took. */
static enum ox_answer stamp_is_right(const struct event *events, size_t count, uint64_t physical,
                                     uint64_t extra, char *reason) {
    const struct event *last = &events[count - 1];
    for (size_t i = 0; i + 1 < count; i++)
        if (happened_before(&events[i], last) &&
            ox_stamp_compare(&events[i].stamp, &last->stamp) >= 0)
            return wrong(reason, "an event has a stamp that is not above that of one before it");
    if (last->stamp.physical_ns < physical)
        return wrong(reason, "a stamp is below physical time");
    if (last->stamp.physical_ns > physical + EPSILON + extra)
        return wrong(reason, "a stamp is further from physical time than clocks are");
    return OX_ANSWER_PASS;
}

/* Takes in the stamp of an event, or one from a clock that is broken. */
static enum ox_answer hear(const struct clock *clock, struct ox_hlc *hlc, struct event *own,
                           const struct event *from, bool broken, uint64_t physical, char *reason) {
    struct ox_hlc before = *hlc;
    struct ox_stamp stamp = from->stamp;
    stamp.physical_ns += broken ? 1000 * EPSILON : 0;
    enum ox_status status = clock->receive(hlc, &stamp, physical);
    if (status != (broken ? OX_INVALID : OX_OK))
        return wrong(reason, broken ? "a broken clock was believed" : "an honest one was not");
    if (broken && ox_stamp_compare(&before.last, &hlc->last) != 0)
        return wrong(reason, "a stamp that was refused changed the clock");
    for (int n = 0; n < NODES && !broken; n++)
        own->seen[n] = MAX(own->seen[n], from->seen[n]);
    return OX_ANSWER_PASS;
}

static enum ox_answer clock_keeps_laws(const struct ox_record *records, size_t count, void *context,
                                       char *reason) {
    const struct clock *clock = context;
    struct ox_hlc hlc[NODES] = {0};
    struct event events[EVENTS_MAX], now[NODES] = {0};
    uint64_t time = 1000, extra = 0;
    enum ox_answer answer = OX_ANSWER_PASS;
    for (size_t i = 0; i < count && answer == OX_ANSWER_PASS; i++) {
        const int64_t *field = records[i].field;
        unsigned at = (unsigned)field[0];
        time += (uint64_t)field[2];
        uint64_t physical = time + (uint64_t)field[3];
        hlc[at].last.replica = now[at].node = at;
        hlc[at].drift_max_ns = EPSILON + 2 * EVENTS_MAX;
        if (field[4] == 9) { /* as if very much had happened within this nanosecond */
            hlc[at].last.logical = UINT32_MAX;
            extra++;
        }
        if (field[4] < 5 && (size_t)field[1] < i)
            answer =
                hear(clock, &hlc[at], &now[at], &events[field[1]], field[4] == 4, physical, reason);
        if (answer != OX_ANSWER_PASS)
            break;
        now[at].seen[at]++;
        events[i] = now[at];
        events[i].stamp = clock->tick(&hlc[at], physical);
        answer = stamp_is_right(events, i + 1, physical, extra, reason);
    }
    return answer;
}

static void clocks_keep_the_laws_or_are_caught(void) {
    for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
        struct ox_property property = {.name = "hlc",
                                       .fields = event_fields,
                                       .field_count = G_N_ELEMENTS(event_fields),
                                       .records_max = EVENTS_MAX,
                                       .holds = clock_keeps_laws,
                                       .context = (void *)&clocks[i]};
        struct ox_property_run run;
        ox_property_check(&property, 1, 2000, &run);
        g_test_message("%s: %s, %zu events", clocks[i].name, run.reason, run.smallest_count);
        g_assert_cmpint(run.answer, ==, clocks[i].right ? OX_ANSWER_PASS : OX_ANSWER_FAIL);
        g_assert_cmpuint(run.smallest_count, <=, 3);
        ox_property_run_clear(&run);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hlc/clocks keep the laws or are caught", clocks_keep_the_laws_or_are_caught);
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
