/* support_sequence.h - short words for tests of sequences, and edits of every kind at random: each
 * can be made by a call with its delta, and as an operation. */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_SEQUENCE_H
#define OXBOW_PROPS_TESTS_SUPPORT_SEQUENCE_H

#include "crdt/rga.h"

#include "support_crdt.h"
#include "support_dice.h"

static inline struct ox_bytes text_of(const char *text) {
    return ox_bytes_of_text(text);
}

static inline void assert_valid(const struct ox_object *o) {
    const char *why = "";
    if (!ox_object_valid(o, &why))
        g_error("%s", why);
}

static inline void assert_same(const struct ox_object *a, const struct ox_object *b) {
    struct ox_buf x = {0}, y = {0};
    ox_object_encode(a, &x);
    ox_object_encode(b, &y);
    g_assert_cmpmem(x.data, x.size, y.data, y.size);
    g_assert_true(ox_object_equal(a, b));
    ox_buf_free(&x);
    ox_buf_free(&y);
}

/* What is stable as far as the one at `at` knows: what all have reported that they hold, where it
 * holds each one's own updates up to the moment of its report. Replicas are A and those behind it.
 */
static inline void stable_at(const struct ox_object *o, int at, const struct ox_vv *reports,
                             int count, struct ox_vv *stable) {
    g_assert_cmpint(ox_vv_copy(stable, &o->context), ==, OX_OK);
    for (int i = 0; i < count; i++) {
        ox_replica self = (ox_replica)i + A;
        bool counts = ox_vv_get(&reports[i], self) <= ox_vv_get(&o->context, self);
        struct ox_vv nothing = {0};
        if (i != at)
            g_assert_cmpint(ox_vv_meet(stable, stable, counts ? &reports[i] : &nothing), ==, OX_OK);
    }
}

/* ---- edits ---- */

enum edit_kind {
    EDIT_WRITE,
    EDIT_LIST,
    EDIT_ERASE,
    EDIT_WRITE_AFTER,
    EDIT_LIST_AFTER,
    EDIT_DELETE,
    EDIT_KINDS
};
enum { EDIT_ELEMENTS = 6 };

struct edit {
    enum edit_kind kind;
    uint64_t position;
    struct ox_dot at; /* of those by id: an element that is there, or was, or never was one */
    uint64_t count;   /* ERASE, LIST */
    struct ox_bytes text;
    struct ox_value elements[EDIT_ELEMENTS];
};

static inline struct ox_value any_element(struct dice *dice) {
    static const char *const texts[] = {"a", "\xc3\xa9", "two", "\xf0\x9f\x90\xa2", "", "b"};
    switch (dice_roll(dice, 6)) {
    case 0:
        return ox_value_null();
    case 1:
        return ox_value_bool(dice_roll(dice, 2) == 0);
    case 2:
        return ox_value_int((int64_t)dice_number(dice));
    default:
        return ox_value_text(texts[dice_roll(dice, G_N_ELEMENTS(texts))]);
    }
}

/* Most edits are ones that can be made. */
static inline struct edit any_edit(const struct ox_object *o, struct dice *dice) {
    static const char *const texts[] = {"a", "b", "xyz", "\xc3\xa9t\xc3\xa9", "\n", "a longer one"};
    uint64_t length = ox_rga_length(o);
    struct edit edit = {.kind = (enum edit_kind)dice_roll(dice, EDIT_KINDS),
                        .position = dice_roll(dice, length + 1 + (dice_roll(dice, 32) == 0)),
                        .count = dice_roll(dice, EDIT_ELEMENTS + (dice_roll(dice, 8) != 0)),
                        .text = text_of(texts[dice_roll(dice, G_N_ELEMENTS(texts))])};
    for (size_t i = 0; i < EDIT_ELEMENTS; i++)
        edit.elements[i] = any_element(dice);
    edit.at = ox_rga_at(o, dice_roll(dice, length + 1));
    if (dice_roll(dice, 4) == 0 && o->context.count > 0) {
        edit.at = o->context.entries[dice_roll(dice, o->context.count)];
        edit.at.n -= dice_roll(dice, edit.at.n);
    }
    if (edit.kind == EDIT_ERASE && dice_roll(dice, 2) == 0)
        edit.count = 1 + dice_roll(dice, 3);
    edit.count = edit.kind == EDIT_ERASE ? edit.count : MIN(edit.count, EDIT_ELEMENTS);
    return edit;
}

/* `delta` may be NULL. */
static inline enum ox_status edit_by_call(struct ox_object *o, const struct edit *edit,
                                          ox_replica self, struct ox_delta *delta) {
    switch (edit->kind) {
    case EDIT_WRITE:
        return ox_rga_write(o, edit->position, edit->text, self, delta);
    case EDIT_LIST:
        return ox_rga_insert_list(o, edit->position, edit->elements, edit->count, self, delta);
    case EDIT_ERASE:
        return ox_rga_erase(o, edit->position, edit->count, self, delta);
    case EDIT_WRITE_AFTER:
        return ox_rga_write_after(o, edit->at, edit->text, self, delta);
    case EDIT_LIST_AFTER:
        return ox_rga_insert_list_after(o, edit->at, edit->elements, edit->count, self, delta);
    default:
        return ox_rga_delete(o, edit->at, self, delta);
    }
}

static inline enum ox_status edit_by_operation(struct ox_object *o, const struct edit *edit,
                                               ox_replica self, struct ox_rga_op *op) {
    switch (edit->kind) {
    case EDIT_WRITE:
        return ox_rga_op_write(o, edit->position, edit->text, self, op);
    case EDIT_LIST:
        return ox_rga_op_insert_list(o, edit->position, edit->elements, edit->count, self, op);
    case EDIT_ERASE:
        return ox_rga_op_erase(o, edit->position, edit->count, self, op);
    case EDIT_WRITE_AFTER:
        return ox_rga_op_write_after(o, edit->at, edit->text, self, op);
    case EDIT_LIST_AFTER:
        return ox_rga_op_insert_list_after(o, edit->at, edit->elements, edit->count, self, op);
    default:
        return ox_rga_op_delete(o, edit->at, self, op);
    }
}

#endif
