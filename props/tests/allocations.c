/* Every allocation fails once: whatever an object is asked to do in random histories is asked again
 * of a copy, with the first allocation failing, then the second, and so on until none does. Each
 * time the copy must be as it was, and valid. */
#include "crdt/mv.h"
#include "props/laws/history.h"
#include "support_alloc.h"
#include "support_dice.h"

#include <glib.h>
#include <string.h>

enum { HISTORIES = 25, STEPS = 40 };

/* One call, tried on `object`, which is a copy of `event->before`. */
struct attempt {
    const struct ox_history *history;
    const struct ox_history_event *event;
    struct ox_object object;
};

static enum ox_status try_update(struct attempt *at) {
    const struct ox_place *place = &at->history->places[at->event->place];
    struct ox_delta delta = {0};
    enum ox_status status =
        ox_object_apply(&at->object, at->event->op, place->replica, at->event->stamp, &delta);
    g_assert_cmpint(delta.type == NULL || ox_delta_empty(&delta), ==, status != OX_OK);
    ox_delta_free(&delta);
    return status;
}

static enum ox_status try_update_alone(struct attempt *at) {
    const struct ox_place *place = &at->history->places[at->event->place];
    return ox_object_apply(&at->object, at->event->op, place->replica, at->event->stamp, NULL);
}

static enum ox_status try_join(struct attempt *at) {
    const struct ox_message *message = at->event->message;
    struct ox_dots news = {0};
    enum ox_status status = message->kind == OX_MESSAGE_STATE
                                ? ox_object_join(&at->object, &message->state, &news)
                                : ox_object_join_delta(&at->object, &message->delta, &news);
    ox_dots_free(&news);
    return status;
}

static enum ox_status try_collect(struct attempt *at) {
    return ox_object_collect(&at->object,
                             ox_object_collected(&at->history->places[at->event->place].object));
}

static enum ox_status try_delta_since(struct attempt *at) {
    static const struct ox_vv nothing;
    struct ox_delta delta = {0};
    enum ox_status status = ox_object_delta_since(&at->object, &nothing, &delta);
    ox_delta_free(&delta);
    return status;
}

static enum ox_status drop_part(void *self, struct ox_delta *part) {
    (void)self;
    ox_delta_free(part);
    return OX_OK;
}

static enum ox_status try_message(struct attempt *at) {
    const struct ox_delta *delta = &at->event->message->delta;
    struct ox_delta copy = {0}, difference = {0};
    enum ox_status status = ox_delta_copy(&copy, delta);
    if (status == OX_OK)
        status = ox_delta_merge(&copy, delta);
    if (status == OX_OK)
        status = ox_delta_difference(delta, &at->object, &difference);
    if (status == OX_OK)
        status = ox_delta_decompose(delta, drop_part, NULL);
    ox_delta_free(&copy);
    ox_delta_free(&difference);
    return status;
}

static enum ox_status try_bytes(struct attempt *at) {
    struct ox_buf bytes = {0}, json = {0};
    struct ox_object back = {0};
    ox_object_encode(&at->object, &bytes);
    enum ox_status status = ox_buf_status(&bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    if (status == OX_OK)
        status = ox_object_decode(&back, at->object.type, &in);
    if (status == OX_OK)
        status = ox_object_value(&back, &json);
    ox_object_free(&back);
    ox_buf_free(&bytes);
    ox_buf_free(&json);
    return status;
}

/* ---- one call, again and again ---- */

static uint64_t failures;

static void write_object(const struct ox_object *object, struct ox_buf *out) {
    ox_object_encode(object, out);
    ox_object_encode_fresh(object, out);
}

static void assert_untouched(const struct ox_object *object, const struct ox_object *before) {
    struct ox_buf was = {0}, is = {0};
    const char *why = "";
    write_object(before, &was);
    write_object(object, &is);
    g_assert_cmpmem(was.data, was.size, is.data, is.size);
    if (!ox_object_valid(object, &why))
        g_error("%s", why);
    ox_buf_free(&was);
    ox_buf_free(&is);
}

/* The call must end as it did when nothing failed. */
static void fail_each(const struct ox_history *history, const struct ox_history_event *event,
                      enum ox_status (*call)(struct attempt *at), enum ox_status wanted) {
    enum ox_status status = OX_NOMEM;
    for (uint64_t left = 0; status == OX_NOMEM; left++) {
        struct attempt at = {history, event, {0}};
        g_assert_cmpint(ox_object_copy(&at.object, event->before), ==, OX_OK);
        alloc_fail_after(left);
        status = call(&at);
        alloc_fail_after(UINT64_MAX);
        if (status == OX_NOMEM) {
            failures++;
            assert_untouched(&at.object, event->before);
        }
        ox_object_free(&at.object);
        g_assert_cmpuint(left, <, 10000);
    }
    g_assert_cmpint(status, ==, wanted);
}

static bool fail_in_step(void *self, const struct ox_history_event *event) {
    const struct ox_history *history = self;
    bool is_delta = event->message != NULL && event->message->kind != OX_MESSAGE_STATE;
    switch (event->action) {
    case OX_ACTION_UPDATE:
        fail_each(history, event, try_update, event->status);
        fail_each(history, event, try_update_alone, event->status);
        break;
    case OX_ACTION_TAKE:
        fail_each(history, event, try_join, event->status);
        break;
    case OX_ACTION_COLLECT:
        fail_each(history, event, try_collect, event->status);
        break;
    default:
        fail_each(history, event, try_delta_since, OX_OK);
        fail_each(history, event, try_bytes, OX_OK);
        break;
    }
    if (is_delta && event->status == OX_OK && !ox_delta_empty(&event->message->delta))
        fail_each(history, event, try_message, OX_OK);
    return true;
}

static void fail_in_histories(const struct ox_type *type) {
    struct dice dice = {17};
    struct ox_history_options options = {.stability = true, .collects = true};
    for (int i = 0; i < HISTORIES; i++) {
        struct ox_record records[STEPS] = {0};
        struct ox_history history;
        for (size_t r = 0; r < STEPS; r++)
            for (size_t f = 0; f < ox_history_field_count; f++) {
                const struct ox_field *field = &ox_history_fields[f];
                uint64_t width = (uint64_t)(field->high - field->low) + 1;
                records[r].field[f] = (int64_t)dice_roll(&dice, width);
            }
        ox_history_init(&history, type, &options);
        ox_history_run(&history, records, STEPS, fail_in_step, &history);
        ox_history_clear(&history);
    }
}

static void each_failing_allocation_changes_nothing(gconstpointer type) {
    failures = 0;
    fail_in_histories(type);
    if (alloc_wrapped())
        g_assert_cmpuint(failures, >, 1000);
}

/* The second short write needs room for what it kills, and there is none. */
static void a_short_write_without_memory_does_nothing(void) {
    struct ox_object reg;
    struct ox_delta delta = {0};
    struct ox_value seven = ox_value_int(7), eight = ox_value_int(8);
    g_assert_cmpint(ox_object_init(&reg, &ox_mv), ==, OX_OK);
    g_assert_cmpint(ox_mv_set(&reg, &seven, 1, &delta), ==, OX_OK);
    alloc_fail_after(0);
    enum ox_status status = ox_mv_set(&reg, &eight, 1, &delta);
    alloc_fail_after(UINT64_MAX);
    g_assert_cmpint(status, ==, OX_NOMEM);
    g_assert_true(ox_delta_empty(&delta));
    g_assert_true(ox_mv_contains(&reg, &seven));
    g_assert_false(ox_mv_contains(&reg, &eight));
    g_assert_cmpuint(ox_vv_get(&reg.context, 1), ==, 1);
    g_assert_cmpint(ox_mv_set(&reg, &eight, 1, &delta), ==, OX_OK);
    g_assert_true(ox_mv_contains(&reg, &eight));
    ox_delta_free(&delta);
    ox_object_free(&reg);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; ox_types[i] != NULL; i++) {
        char *path = g_strdup_printf("/allocations/%s", ox_types[i]->name);
        g_test_add_data_func(path, ox_types[i], each_failing_allocation_changes_nothing);
        g_free(path);
    }
    g_test_add_func("/allocations/a short write without memory does nothing",
                    a_short_write_without_memory_does_nothing);
    return g_test_run();
}
