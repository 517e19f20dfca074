/* Text as people type it: on where one is, rubbed out in both directions, now and then somewhere
 * else, while others do the same. These are the edits that go short ways through a line
 * (sequence/typing.h, line_typing.c) by what it remembers of the last ones. After every step what a
 * replica remembers is counted again (valid), an own edit must read as if a plain string were
 * spliced, and in the end all replicas must be what a join of their states makes, which goes no
 * short way. */
#include "support_sequence.h"

enum { WRITERS = 3 };

/* An update on its way. */
struct letter {
    struct ox_buf bytes;
    bool is_delta;
};

struct writer {
    struct ox_object text;
    uint64_t caret;
    GPtrArray *made; /* of struct letter: all that it did */
    guint taken[WRITERS];
};

struct desk {
    struct writer writers[WRITERS];
    struct dice dice;
    struct ox_rga_op op;
    struct ox_delta delta;
};

static void free_letter(void *data) {
    ox_buf_free(&((struct letter *)data)->bytes);
    g_free(data);
}

static void sit_down(struct desk *desk, uint64_t seed) {
    *desk = (struct desk){.dice = {seed}};
    for (int i = 0; i < WRITERS; i++) {
        desk->writers[i].text = new_object(&ox_rga);
        desk->writers[i].made = g_ptr_array_new_with_free_func(free_letter);
    }
}

static void get_up(struct desk *desk) {
    for (int i = 0; i < WRITERS; i++) {
        ox_object_free(&desk->writers[i].text);
        g_ptr_array_free(desk->writers[i].made, TRUE);
    }
    ox_rga_op_free(&desk->op);
    ox_delta_free(&desk->delta);
}

static GString *read_text(const struct ox_object *text) {
    struct ox_buf out = {0};
    g_assert_cmpint(ox_rga_text(text, &out), ==, OX_OK);
    GString *read = g_string_new_len((const char *)out.data, (gssize)out.size);
    ox_buf_free(&out);
    return read;
}

static gssize byte_of(const GString *text, uint64_t position) {
    return g_utf8_offset_to_pointer(text->str, (glong)position) - text->str;
}

/* Erases so many at a position, or else writes there. */
static void edits_once(struct desk *desk, int who, uint64_t position, uint64_t erased,
                       const char *written) {
    struct writer *writer = &desk->writers[who];
    struct ox_object *text = &writer->text;
    struct letter *letter = g_new0(struct letter, 1);
    ox_replica self = (ox_replica)who + A;
    enum ox_status status;
    letter->is_delta = dice_roll(&desk->dice, 4) == 0;
    if (letter->is_delta)
        status = erased > 0 ? ox_rga_erase(text, position, erased, self, &desk->delta)
                            : ox_rga_write(text, position, text_of(written), self, &desk->delta);
    else
        status = erased > 0 ? ox_rga_op_erase(text, position, erased, self, &desk->op)
                            : ox_rga_op_write(text, position, text_of(written), self, &desk->op);
    g_assert_cmpint(status, ==, OX_OK);
    if (letter->is_delta)
        ox_delta_encode(&desk->delta, &letter->bytes);
    else
        ox_rga_op_encode(&desk->op, &letter->bytes);
    g_ptr_array_add(writer->made, letter);
}

/* Erases, and then writes; reads what a string would. */
static void edits(struct desk *desk, int who, uint64_t position, uint64_t erased,
                  const char *written) {
    struct writer *writer = &desk->writers[who];
    GString *wanted = read_text(&writer->text);
    gssize at = byte_of(wanted, position);
    g_string_erase(wanted, at, byte_of(wanted, position + erased) - at);
    g_string_insert(wanted, at, written);
    if (erased > 0)
        edits_once(desk, who, position, erased, "");
    if (*written != 0)
        edits_once(desk, who, position, 0, written);
    GString *is = read_text(&writer->text);
    g_assert_cmpstr(is->str, ==, wanted->str);
    writer->caret = position + (uint64_t)g_utf8_strlen(written, -1);
    g_string_free(is, TRUE);
    g_string_free(wanted, TRUE);
}

/* Goes on with what its bytes say. */
static void opens_again(struct desk *desk, int who) {
    struct writer *writer = &desk->writers[who];
    struct ox_object again;
    struct ox_buf wire = {0};
    ox_object_encode(&writer->text, &wire);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&wire));
    g_assert_cmpint(ox_object_decode(&again, &ox_rga, &in), ==, OX_OK);
    assert_valid(&again);
    g_assert_true(ox_object_equal(&again, &writer->text));
    ox_object_free(&writer->text);
    writer->text = again;
    ox_buf_free(&wire);
}

static void works(struct desk *desk, int who) {
    static const char *keys[] = {"a", "b", "c", "d", "e", " ", "\xc3\xa9", "word ", "\xe2\x82\xac"};
    struct writer *writer = &desk->writers[who];
    uint64_t length = ox_rga_length(&writer->text);
    uint64_t at = writer->caret < length ? writer->caret : length;
    uint64_t dice = dice_roll(&desk->dice, 100), many = 1 + dice_roll(&desk->dice, 40);
    if (dice < 8)
        writer->caret = dice_roll(&desk->dice, length + 1);
    else if (dice < 28 && at > 0)
        edits(desk, who, at - 1, 1, "");
    else if (dice < 40 && at < length)
        edits(desk, who, at, 1, "");
    else if (dice < 44 && at + 1 < length)
        edits(desk, who, at + 1, 1, "");
    else if (dice < 46 && at < length)
        edits(desk, who, at, MIN(length - at, many), "new");
    else if (length < 2000)
        edits(desk, who, at, 0, keys[dice_roll(&desk->dice, dice < 90 ? 6 : G_N_ELEMENTS(keys))]);
}

/* A look-up moves what is remembered of positions, and finds its way back by what is counted. */
static void looks_up(struct desk *desk, int who) {
    struct ox_object *text = &desk->writers[who].text;
    uint64_t length = ox_rga_length(text), position = dice_roll(&desk->dice, length + 1), is;
    if (position == length)
        return;
    g_assert_true(ox_rga_position(text, ox_rga_at(text, position), &is));
    g_assert_cmpuint(is, ==, position);
}

static enum ox_status opens(struct desk *desk, struct ox_object *text,
                            const struct letter *letter) {
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&letter->bytes));
    if (!letter->is_delta) {
        g_assert_cmpint(ox_rga_op_decode(&desk->op, &in), ==, OX_OK);
        return ox_rga_op_take(text, &desk->op);
    }
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_delta_decode(&delta, &ox_rga, &in), ==, OX_OK);
    enum ox_status status = ox_object_join_delta(text, &delta, NULL);
    ox_delta_free(&delta);
    return status;
}

/* The next updates of another; one that lacks a third's is left for later. */
static void takes(struct desk *desk, int who, int from, guint count) {
    struct writer *to = &desk->writers[who];
    const GPtrArray *made = desk->writers[from].made;
    for (guint *next = &to->taken[from]; count > 0 && *next < made->len; count--, ++*next) {
        enum ox_status status = opens(desk, &to->text, g_ptr_array_index(made, *next));
        if (status == OX_GAP)
            return;
        g_assert_cmpint(status, ==, OX_OK);
        looks_up(desk, who);
    }
}

static void ends_as_the_states_do(struct desk *desk) {
    struct ox_object joined = new_object(&ox_rga);
    for (int i = 0; i < WRITERS; i++)
        g_assert_cmpint(ox_object_join(&joined, &desk->writers[i].text, NULL), ==, OX_OK);
    for (int round = 0; round < 200; round++)
        takes(desk, round % WRITERS, (round / WRITERS) % WRITERS, 1000);
    for (int i = 0; i < WRITERS; i++)
        assert_same(&joined, &desk->writers[i].text);
    ox_object_free(&joined);
}

/* `together`: of 100 steps so many are of one who takes what another did. */
static void type(uint64_t seed, unsigned steps, uint64_t together) {
    struct desk desk;
    sit_down(&desk, seed);
    for (unsigned step = 0; step < steps; step++) {
        int who = (int)dice_roll(&desk.dice, WRITERS);
        int other = (who + 1 + (int)dice_roll(&desk.dice, WRITERS - 1)) % WRITERS;
        if (dice_roll(&desk.dice, 100) < together)
            takes(&desk, who, other, 1 + (guint)dice_roll(&desk.dice, 8));
        else
            for (uint64_t i = 1 + dice_roll(&desk.dice, 6); i > 0; i--)
                works(&desk, who);
        assert_valid(&desk.writers[who].text);
        if (dice_roll(&desk.dice, 50) == 0)
            opens_again(&desk, who);
    }
    ends_as_the_states_do(&desk);
    get_up(&desk);
}

static void alone_reads_as_a_string(void) {
    for (uint64_t seed = 1; seed <= 10; seed++)
        type(seed * 7919, 300, 0);
}

static void together_ends_as_the_states_do(void) {
    for (uint64_t seed = 1; seed <= 30; seed++)
        type(seed * 104729, 300, 40);
}

static void long_texts_too(void) {
    type(11, 2500, 30);
}

/* ---- what looks like typing on and is not ---- */

static void writes(struct ox_object *text, uint64_t position, const char *written,
                   ox_replica replica, struct ox_rga_op *op) {
    g_assert_cmpint(ox_rga_op_write(text, position, text_of(written), replica, op), ==, OX_OK);
}

static void is_told(struct ox_object *text, const struct ox_rga_op *op) {
    g_assert_cmpint(ox_rga_op_take(text, op), ==, OX_OK);
    assert_valid(text);
}

static void assert_lamport(const struct ox_object *text, struct ox_dot dot, uint64_t lamport) {
    struct ox_stamp stamp;
    g_assert_true(ox_rga.stamp_of(text->store, dot, &stamp));
    g_assert_cmpuint(stamp.physical_ns, ==, lamport);
}

/* Nothing is left of what B typed but its lamport, which A's next is above: where A types, and at
 * C, which has collected what was deleted and is told by an operation or a delta. */
static void what_came_and_went_counts(void) {
    for (int by_delta = 0; by_delta < 2; by_delta++) {
        struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), c = new_object(&ox_rga);
        struct ox_rga_op op = {0};
        struct ox_delta delta = {0};
        writes(&b, 0, "so far, ", B, &op);
        is_told(&a, &op);
        writes(&a, 8, "ab", A, &op);
        is_told(&b, &op);
        writes(&b, 0, "z", B, &op);
        is_told(&a, &op);
        g_assert_cmpint(ox_rga_op_erase(&b, 0, 1, B, &op), ==, OX_OK);
        is_told(&a, &op);
        g_assert_cmpint(ox_object_join(&c, &a, NULL), ==, OX_OK);
        g_assert_cmpint(ox_object_collect(&c, &b.context), ==, OX_OK);
        if (by_delta == 0)
            writes(&a, 10, "c", A, &op);
        else
            g_assert_cmpint(ox_rga_write(&a, 10, text_of("c"), A, &delta), ==, OX_OK);
        for (struct ox_object *at = &b; at != NULL; at = at == &b ? &c : NULL)
            g_assert_cmpint(by_delta == 0 ? ox_rga_op_take(at, &op)
                                          : ox_object_join_delta(at, &delta, NULL),
                            ==, OX_OK);
        assert_lamport(&a, (struct ox_dot){A, 3}, 12);
        assert_lamport(&c, (struct ox_dot){A, 3}, 12);
        assert_valid(&a);
        assert_valid(&c);
        assert_same(&a, &b);
        ox_rga_op_free(&op);
        ox_delta_free(&delta);
        ox_object_free(&a);
        ox_object_free(&b);
        ox_object_free(&c);
    }
}

/* Of a group that is one run some is here already. */
static void what_is_known_is_passed_over(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_delta first = {0}, second = {0}, group = {0};
    g_assert_cmpint(ox_rga_write(&a, 0, text_of("one"), A, &first), ==, OX_OK);
    g_assert_cmpint(ox_rga_write(&a, 3, text_of(" run"), A, &second), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &first), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &second), ==, OX_OK);
    g_assert_cmpint(ox_object_join_delta(&b, &first, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join_delta(&b, &group, NULL), ==, OX_OK);
    assert_valid(&b);
    assert_same(&a, &b);
    ox_delta_free(&first);
    ox_delta_free(&second);
    ox_delta_free(&group);
    ox_object_free(&a);
    ox_object_free(&b);
}

/* A deletes inside what B is typing, in a leaf that may have to split for it, and is told what B
 * types on. */
static void what_is_typed_on_may_have_moved(void) {
    for (unsigned runs = 2; runs < 80; runs++)
        for (uint64_t at = 1; at < runs; at += 3) {
            struct ox_object a = new_object(&ox_rga), b;
            struct ox_rga_op op = {0};
            for (unsigned i = 0; i < runs; i++)
                writes(&a, 0, "s", A, &op);
            g_assert_cmpint(ox_object_copy(&b, &a), ==, OX_OK);
            writes(&b, at, "xyz", B, &op);
            is_told(&a, &op);
            g_assert_cmpint(ox_rga_erase(&a, at + 1, 1, A, NULL), ==, OX_OK);
            writes(&b, at + 3, "w", B, &op);
            is_told(&a, &op);
            g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
            assert_same(&a, &b);
            ox_rga_op_free(&op);
            ox_object_free(&a);
            ox_object_free(&b);
        }
}

/* The same text letter by letter, at one and then at the other. */
static void types_for(struct ox_object *at, struct ox_object *other, uint64_t position,
                      const char *text, ox_replica replica) {
    struct ox_rga_op op = {0};
    for (char letter[2] = {*text, 0}; *letter != 0; letter[0] = *++text) {
        writes(at, position++, letter, replica, &op);
        is_told(other, &op);
    }
    ox_rga_op_free(&op);
}

/* B's run ends with the n before A's next, right where A types; or it is where the line was changed
 * last, when A's next behind its own is told. */
static void another_ones_run_is_not_ones_own(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), c = new_object(&ox_rga);
    struct ox_rga_op next = {0};
    types_for(&a, &b, 0, "firsts", A);
    types_for(&b, &a, 6, "others", B);
    writes(&a, 12, "c", A, &next);
    assert_valid(&a);
    g_assert_cmpuint(ox_rga_at(&a, 12).replica, ==, A);
    is_told(&b, &next);
    assert_same(&a, &b);
    ox_object_free(&a);
    ox_object_free(&b);
    a = new_object(&ox_rga);
    b = new_object(&ox_rga);
    types_for(&a, &c, 0, "firsts", A);
    types_for(&b, &c, 0, "others", B);
    writes(&a, 6, "c", A, &next);
    is_told(&c, &next);
    g_assert_cmpint(ox_object_join(&a, &b, NULL), ==, OX_OK);
    assert_same(&a, &c);
    ox_rga_op_free(&next);
    ox_object_free(&a);
    ox_object_free(&b);
    ox_object_free(&c);
}

/* To delete whole runs takes no room, here or where it is told. */
static void what_is_erased_takes_no_room(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_rga_op op = {0};
    for (unsigned i = 0; i < 3000; i++)
        g_assert_cmpint(ox_rga_write(&a, i / 2, text_of("s"), A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    size_t before = ox_object_bytes(&a), told_before = ox_object_bytes(&b);
    g_assert_cmpint(ox_rga_op_erase(&a, 1, 2998, A, &op), ==, OX_OK);
    is_told(&b, &op);
    assert_same(&a, &b);
    g_assert_cmpuint(ox_object_bytes(&a), <, before + before / 2);
    g_assert_cmpuint(ox_object_bytes(&b), <, told_before + told_before / 2);
    ox_rga_op_free(&op);
    ox_object_free(&a);
    ox_object_free(&b);
}

/* Places that hang on one element stand one behind the other through many leaves, all full. Others
 * that hang there, too, come late and go between them, where there is no room, and not where the
 * element is, where there is. */
static void late_places_find_room_where_they_land(void) {
    enum { LEAF = 32, LATE = 40, EDITOR = LATE + 1 };
    struct ox_object at_once = new_object(&ox_rga), b;
    struct ox_rga_op late[LATE];
    g_assert_cmpint(ox_rga_write(&at_once, 0, text_of("x"), EDITOR, NULL), ==, OX_OK);
    for (int i = 0; i < LATE; i++) {
        struct ox_object author;
        late[i] = (struct ox_rga_op){0};
        for (int k = 0; k < LEAF; k++)
            g_assert_cmpint(ox_rga_write(&at_once, 1, text_of("s"), EDITOR, NULL), ==, OX_OK);
        g_assert_cmpint(ox_object_copy(&author, &at_once), ==, OX_OK);
        g_assert_cmpint(ox_rga_op_write(&author, 1, text_of("l"), (ox_replica)i + A, &late[i]), ==,
                        OX_OK);
        ox_object_free(&author);
    }
    struct ox_buf wire = {0};
    ox_object_encode(&at_once, &wire);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&wire));
    ox_object_free(&at_once);
    g_assert_cmpint(ox_object_decode(&at_once, &ox_rga, &in), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&b, &at_once), ==, OX_OK); /* has not a leaf to spare */
    g_assert_cmpint(ox_rga_write(&b, 1, text_of("t"), EDITOR, NULL), ==, OX_OK);
    for (int i = 0; i < LATE; i++) {
        g_assert_cmpint(ox_rga_op_take(&b, &late[i]), ==, OX_OK);
        assert_valid(&b);
        ox_rga_op_free(&late[i]);
    }
    GString *text = read_text(&b), *wanted = g_string_new("xt");
    for (int i = 0; i < LATE; i++)
        g_string_append(wanted, "lssssssssssssssssssssssssssssssss");
    g_assert_cmpstr(text->str, ==, wanted->str);
    g_string_free(text, TRUE);
    g_string_free(wanted, TRUE);
    ox_buf_free(&wire);
    ox_object_free(&at_once);
    ox_object_free(&b);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/typing/alone reads as a string", alone_reads_as_a_string);
    g_test_add_func("/typing/together ends as the states do", together_ends_as_the_states_do);
    g_test_add_func("/typing/long texts too", long_texts_too);
    g_test_add_func("/typing/what came and went counts", what_came_and_went_counts);
    g_test_add_func("/typing/what is known is passed over", what_is_known_is_passed_over);
    g_test_add_func("/typing/what is typed on may have moved", what_is_typed_on_may_have_moved);
    g_test_add_func("/typing/another one's run is not one's own", another_ones_run_is_not_ones_own);
    g_test_add_func("/typing/what is erased takes no room", what_is_erased_takes_no_room);
    g_test_add_func("/typing/late places find room where they land",
                    late_places_find_room_where_they_land);
    return g_test_run();
}
