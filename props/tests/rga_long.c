/* Lines of tens of thousands of runs: their trees, and that of the locator, have levels that a
 * short line has not. All that is kept is counted again (valid), each element is found by its id
 * where it is, and the bytes are bounded by the runs, however the room for them was made. */
#include "crdt/sequence/parts.h"

#include "support_sequence.h"

enum { LENGTH = 60000, EDITS = 24000, BYTES_PER_RUN = 100 }; /* as rga.h says of such texts */

static uint64_t runs_of(const struct ox_object *text) {
    return ((const struct ox_rga_store *)text->store)->sequence->line.runs;
}

static void assert_room(const struct ox_object *text, uint64_t runs) {
    g_assert_cmpuint(ox_object_bytes(text), <, BYTES_PER_RUN * runs + 2 * LENGTH);
}

static void every_element_is_found(struct ox_object *text) {
    uint64_t length = ox_rga_length(text), is;
    for (uint64_t i = 0; i < length; i++) {
        g_assert_true(ox_rga_position(text, ox_rga_at(text, i), &is));
        g_assert_cmpuint(is, ==, i);
    }
}

static void write_all(struct ox_object *text, ox_replica replica, struct ox_rga_op *op) {
    char *all = g_strnfill(LENGTH, 'a');
    g_assert_cmpint(ox_rga_op_write(text, 0, text_of(all), replica, op), ==, OX_OK);
    g_free(all);
}

/* `erased`: so many of 100 edits erase a character, the others write one. B is told by operations
 * and C by deltas. */
static void edit_all_over(uint64_t erased) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), c = new_object(&ox_rga);
    struct ox_rga_op op = {0};
    struct ox_delta delta = {0};
    struct dice dice = {104729 + erased};
    write_all(&a, A, &op);
    g_assert_cmpint(ox_rga_op_take(&b, &op), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&c, &a, NULL), ==, OX_OK);
    for (unsigned i = 0; i < EDITS; i++) {
        uint64_t position = dice_roll(&dice, ox_rga_length(&a));
        bool erases = dice_roll(&dice, 100) < erased;
        enum ox_status status = erases ? ox_rga_erase(&a, position, 1, A, &delta)
                                       : ox_rga_write(&a, position, text_of("b"), A, &delta);
        g_assert_cmpint(status, ==, OX_OK);
        g_assert_cmpint(erases ? ox_rga_op_erase(&b, position, 1, A, &op)
                               : ox_rga_op_write(&b, position, text_of("b"), A, &op),
                        ==, OX_OK);
        g_assert_cmpint(ox_object_join_delta(&c, &delta, NULL), ==, OX_OK);
        if (i % (EDITS / 8) == 0) {
            assert_room(&a, runs_of(&a));
            assert_room(&c, runs_of(&c));
            assert_valid(&a);
            assert_valid(&c);
        }
    }
    g_assert_cmpuint(runs_of(&a), >, EDITS);
    assert_same(&a, &b);
    assert_same(&a, &c);
    every_element_is_found(&a);
    every_element_is_found(&c);
    ox_rga_op_free(&op);
    ox_delta_free(&delta);
    ox_object_free(&a);
    ox_object_free(&b);
    ox_object_free(&c);
}

static void written_all_over(void) {
    edit_all_over(0);
}

static void erased_all_over(void) {
    edit_all_over(100);
}

static void edited_all_over(void) {
    edit_all_over(40);
}

/* Erased in pieces that cross many runs, at one who does it, and at others who are told by
 * operations and deltas. Only the runs at both ends of a piece can be cut. */
static void erased_by_pieces(void) {
    enum { PIECE = 500 };
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), c = new_object(&ox_rga);
    struct ox_rga_op op = {0};
    struct ox_delta delta = {0};
    struct dice dice = {104729};
    write_all(&a, A, &op);
    for (unsigned i = 0; i < EDITS; i++)
        g_assert_cmpint(
            ox_rga_write(&a, dice_roll(&dice, ox_rga_length(&a)), text_of("s"), A, NULL), ==,
            OX_OK);
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&c, &a, NULL), ==, OX_OK);
    uint64_t before = runs_of(&a);
    for (uint64_t at = 1; at + PIECE < ox_rga_length(&a); at += PIECE) {
        g_assert_cmpint(ox_rga_erase(&a, at, PIECE, A, &delta), ==, OX_OK);
        g_assert_cmpint(ox_rga_op_erase(&b, at, PIECE, A, &op), ==, OX_OK);
        g_assert_cmpint(ox_object_join_delta(&c, &delta, NULL), ==, OX_OK);
        assert_room(&a, before);
        assert_room(&b, before);
        assert_room(&c, before);
    }
    assert_valid(&a);
    assert_valid(&c);
    assert_same(&a, &b);
    assert_same(&a, &c);
    ox_rga_op_free(&op);
    ox_delta_free(&delta);
    ox_object_free(&a);
    ox_object_free(&b);
    ox_object_free(&c);
}

/* What is typed in front moves what is behind, whoever asks first. */
static void what_is_typed_counts_for_what_is_behind(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_rga_op op = {0};
    uint64_t position;
    for (unsigned i = 0; i < EDITS / 8; i++)
        g_assert_cmpint(ox_rga_write(&a, 0, text_of("s"), A, NULL), ==, OX_OK);
    struct ox_dot last = ox_rga_at(&a, EDITS / 8 - 1);
    for (unsigned i = 0; i < 10; i++) {
        g_assert_cmpint(ox_rga_op_write(&a, i, text_of("t"), A, &op), ==, OX_OK);
        g_assert_true(ox_rga_position(&a, last, &position));
        g_assert_cmpuint(position, ==, EDITS / 8 + i);
    }
    ox_rga_op_free(&op);
    ox_object_free(&a);
}

/* A store that was cleared is a new one, whatever was to be counted in it. */
static void what_was_cleared_is_empty(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    g_assert_cmpint(ox_rga_write(&a, 0, text_of("gone"), A, NULL), ==, OX_OK);
    ox_rga.clear(a.store);
    ox_vv_clear(&a.context);
    for (struct ox_object *at = &a; at != NULL; at = at == &a ? &b : NULL)
        g_assert_cmpint(ox_rga_write(at, 0, text_of("come"), A, NULL), ==, OX_OK);
    assert_valid(&a);
    assert_same(&a, &b);
    ox_object_free(&a);
    ox_object_free(&b);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/long texts/written all over", written_all_over);
    g_test_add_func("/long texts/erased all over", erased_all_over);
    g_test_add_func("/long texts/edited all over", edited_all_over);
    g_test_add_func("/long texts/erased by pieces", erased_by_pieces);
    g_test_add_func("/long texts/what is typed counts for what is behind",
                    what_is_typed_counts_for_what_is_behind);
    g_test_add_func("/long texts/what was cleared is empty", what_was_cleared_is_empty);
    return g_test_run();
}
