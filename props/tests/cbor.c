/* The codec against known answers, against libcbor as its twin, and against what it must refuse. */
#include "crdt/cbor.h"
#include "support_dice.h"

#include <cbor.h>
#include <glib.h>
#include <string.h>

static void assert_bytes(const struct ox_buf *buf, const char *hex) {
    GString *got = g_string_new(NULL);
    for (size_t i = 0; i < buf->size; i++)
        g_string_append_printf(got, "%02x", buf->data[i]);
    g_assert_cmpstr(got->str, ==, hex);
    g_string_free(got, TRUE);
}

/* RFC 8949, appendix A. */
static void known_answers(void) {
    static const struct {
        int64_t value;
        const char *hex;
    } ints[] = {{0, "00"},
                {23, "17"},
                {24, "1818"},
                {100, "1864"},
                {1000, "1903e8"},
                {1000000, "1a000f4240"},
                {1000000000000, "1b000000e8d4a51000"},
                {-1, "20"},
                {-100, "3863"},
                {-1000, "3903e7"},
                {INT64_MIN, "3b7fffffffffffffff"}};
    struct ox_buf out = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(ints); i++) {
        ox_buf_clear(&out);
        ox_cbor_put_int(&out, ints[i].value);
        assert_bytes(&out, ints[i].hex);
        struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
        g_assert_cmpint(ox_cbor_int(&in), ==, ints[i].value);
        g_assert_true(ox_cbor_done(&in));
    }
    ox_buf_clear(&out);
    ox_cbor_put_map(&out, 2);
    ox_cbor_put_text(&out, ox_bytes_of_text("a"));
    ox_cbor_put_uint(&out, UINT64_MAX);
    ox_cbor_put_text(&out, ox_bytes_of_text("b"));
    ox_cbor_put_array(&out, 4);
    ox_cbor_put_bool(&out, true);
    ox_cbor_put_bool(&out, false);
    ox_cbor_put_null(&out);
    ox_cbor_put_bytes(&out, (struct ox_bytes){(const uint8_t *)"\1\2", 2});
    assert_bytes(&out, "a261611bffffffffffffffff616284f5f4f6420102");
    ox_buf_free(&out);
}

/* ---- the twin ---- */

static struct ox_bytes dice_text(struct dice *dice, char space[64]) {
    static const char *const pieces[] = {
        "a", "zebra", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\x82", "\"\\\n", ""};
    space[0] = '\0';
    for (uint64_t i = dice_roll(dice, 8); i > 0; i--)
        g_strlcat(space, pieces[dice_roll(dice, G_N_ELEMENTS(pieces))], 64 - 8);
    /* The cut may fall inside a character: keep what is whole. */
    const char *end;
    if (!g_utf8_validate(space, -1, &end))
        space[end - space] = '\0';
    return ox_bytes_of_text(space);
}

static cbor_item_t *twin_uint(uint64_t value) {
    if (value <= UINT8_MAX)
        return cbor_build_uint8((uint8_t)value);
    if (value <= UINT16_MAX)
        return cbor_build_uint16((uint16_t)value);
    return value <= UINT32_MAX ? cbor_build_uint32((uint32_t)value) : cbor_build_uint64(value);
}

static cbor_item_t *twin_text(struct ox_bytes text) {
    return cbor_build_stringn((const char *)text.data, text.size);
}

/* Writes one random item with our codec and builds the same with libcbor. */
static cbor_item_t *dice_item(struct dice *dice, struct ox_buf *out, unsigned depth) {
    char space[64];
    switch (dice_roll(dice, depth < 4 ? 8 : 6)) {
    case 0: {
        uint64_t value = dice_number(dice);
        ox_cbor_put_uint(out, value);
        return twin_uint(value);
    }
    case 1: {
        uint64_t value = dice_number(dice) & INT64_MAX;
        ox_cbor_put_int(out, -1 - (int64_t)value);
        cbor_item_t *item = twin_uint(value);
        cbor_mark_negint(item);
        return item;
    }
    case 2: {
        struct ox_bytes text = dice_text(dice, space);
        ox_cbor_put_text(out, text);
        return twin_text(text);
    }
    case 3: {
        struct ox_bytes text = dice_text(dice, space);
        ox_cbor_put_bytes(out, text);
        return cbor_build_bytestring(text.data, text.size);
    }
    case 4:
        ox_cbor_put_null(out);
        return cbor_build_ctrl(CBOR_CTRL_NULL);
    case 5: {
        bool value = dice_roll(dice, 2) == 1;
        ox_cbor_put_bool(out, value);
        return cbor_build_bool(value);
    }
    case 6: {
        uint64_t count = dice_roll(dice, 30);
        cbor_item_t *array = cbor_new_definite_array(count);
        ox_cbor_put_array(out, count);
        for (uint64_t i = 0; i < count; i++)
            g_assert_true(cbor_array_push(array, cbor_move(dice_item(dice, out, depth + 1))));
        return array;
    }
    default: {
        /* Ascending keys of one kind: unsigned numbers. */
        uint64_t pairs = dice_roll(dice, 5), key = 0;
        cbor_item_t *map = cbor_new_definite_map(pairs);
        ox_cbor_put_map(out, pairs);
        for (uint64_t i = 0; i < pairs; i++) {
            key += 1 + dice_roll(dice, 300);
            ox_cbor_put_uint(out, key);
            struct cbor_pair pair = {.key = cbor_move(twin_uint(key))};
            pair.value = cbor_move(dice_item(dice, out, depth + 1));
            g_assert_true(cbor_map_add(map, pair));
        }
        return map;
    }
    }
}

static void agrees_with_libcbor(void) {
    struct dice dice = {1};
    struct ox_buf out = {0};
    for (int i = 0; i < 20000; i++) {
        ox_buf_clear(&out);
        cbor_item_t *item = dice_item(&dice, &out, 0);
        unsigned char *twin = NULL;
        size_t room = 0;
        size_t size = cbor_serialize_alloc(item, &twin, &room);
        g_assert_cmpmem(out.data, out.size, twin, size);
        /* And libcbor reads from our bytes what it was given. */
        struct cbor_load_result result;
        cbor_item_t *back = cbor_load(out.data, out.size, &result);
        g_assert_nonnull(back);
        g_assert_cmpuint(result.read, ==, out.size);
        unsigned char *again = NULL;
        size_t again_size = cbor_serialize_alloc(back, &again, &room);
        g_assert_cmpmem(again, again_size, twin, size);
        struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
        struct ox_bytes skipped = ox_cbor_skip(&in);
        g_assert_true(ox_cbor_done(&in));
        g_assert_cmpuint(skipped.size, ==, out.size);
        cbor_decref(&back);
        cbor_decref(&item);
        free(twin);
        free(again);
    }
    ox_buf_free(&out);
}

/* ---- refusals ---- */

static bool accepts(const char *bytes, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)bytes, size});
    ox_cbor_skip(&in);
    return ox_cbor_done(&in);
}

#define ACCEPTS(literal) accepts("" literal, sizeof(literal) - 1)

static void longer_heads_than_needed(void) {
    g_assert_false(ACCEPTS("\x18\x17"));
    g_assert_true(ACCEPTS("\x18\x18"));
    g_assert_false(ACCEPTS("\x19\x00\xff"));
    g_assert_true(ACCEPTS("\x19\x01\x00"));
    g_assert_false(ACCEPTS("\x1a\x00\x00\xff\xff"));
    g_assert_true(ACCEPTS("\x1a\x00\x01\x00\x00"));
    g_assert_false(ACCEPTS("\x1b\x00\x00\x00\x00\xff\xff\xff\xff"));
    g_assert_true(ACCEPTS("\x1b\x00\x00\x00\x01\x00\x00\x00\x00"));
    g_assert_false(ACCEPTS("\x78\x01"
                           "a"));
    g_assert_false(ACCEPTS("\x98\x00"));
}

static void what_the_profile_leaves_out(void) {
    g_assert_false(ACCEPTS("\xc0\x00"));             /* a tag */
    g_assert_false(ACCEPTS("\xf9\x00\x00"));         /* a half float */
    g_assert_false(ACCEPTS("\xfa\x00\x00\x00\x00")); /* a float */
    g_assert_false(ACCEPTS("\xf7"));                 /* undefined */
    g_assert_false(ACCEPTS("\xe0"));                 /* a simple value */
    g_assert_false(ACCEPTS("\xf8\x14"));             /* false, the long way */
    g_assert_false(ACCEPTS("\x9f\x00\xff"));         /* indefinite lengths */
    g_assert_false(ACCEPTS("\xbf\xff"));
    g_assert_false(ACCEPTS("\x7f\x61\x61\xff"));
    g_assert_false(ACCEPTS("\x1c"));
}

static void keys_that_do_not_ascend(void) {
    g_assert_true(ACCEPTS("\xa2\x01\x00\x02\x00"));
    g_assert_false(ACCEPTS("\xa2\x02\x00\x01\x00"));
    g_assert_false(ACCEPTS("\xa2\x01\x00\x01\x00"));
    g_assert_true(ACCEPTS("\xa2\x61z\x00\x62"
                          "aa\x00")); /* shorter text has the smaller head */
    g_assert_false(ACCEPTS("\xa2\x62"
                           "aa\x00\x61z\x00"));
}

static void text_that_is_not_utf8(void) {
    g_assert_true(ACCEPTS("\x63\xe2\x82\xac"));
    g_assert_false(ACCEPTS("\x61\x80"));
    g_assert_false(ACCEPTS("\x62\xc0\x80"));         /* overlong */
    g_assert_false(ACCEPTS("\x63\xe0\x80\x80"));     /* overlong */
    g_assert_false(ACCEPTS("\x63\xed\xa0\x80"));     /* a surrogate */
    g_assert_false(ACCEPTS("\x64\xf4\x90\x80\x80")); /* above U+10FFFF */
    g_assert_false(ACCEPTS("\x62\xe2\x82"));         /* cut off */
}

/* Short strings, half of them with the shape of a multi-byte sequence. */
static void utf8_agrees_with_glib(void) {
    struct dice dice = {7};
    for (int i = 0; i < 2000000; i++) {
        uint64_t drawn = dice_next(&dice);
        uint8_t bytes[4];
        size_t size = 1 + drawn % 4;
        memcpy(bytes, (uint8_t *)&drawn + 4, sizeof bytes);
        if (i % 2 == 0)
            bytes[0] |= 0xc0;
        for (size_t k = 1; k < size && i % 4 < 2; k++)
            bytes[k] = (uint8_t)(0x80 | (bytes[k] & 0x3f));
        if (memchr(bytes, 0, size) != NULL)
            continue; /* GLib takes NUL for an end */
        g_assert_cmpint(ox_utf8_valid((struct ox_bytes){bytes, size}), ==,
                        g_utf8_validate((const char *)bytes, (gssize)size, NULL));
    }
}

/* ASCII is stepped over in blocks: texts of all sizes about theirs, with one other character or
 * half of one somewhere. */
static void utf8_among_ascii_agrees_with_glib(void) {
    struct dice dice = {9};
    unsigned refused = 0;
    for (int i = 0; i < 100000; i++) {
        char text[40];
        size_t size = 1 + dice_roll(&dice, sizeof text - 1), at = dice_roll(&dice, size);
        memset(text, 'x', sizeof text);
        text[at] = dice_roll(&dice, 4) == 0 ? 'y' : (char)0xc3;
        if (at + 1 < size && dice_roll(&dice, 2) == 0)
            text[at + 1] = (char)0xa9;
        bool wanted = g_utf8_validate(text, (gssize)size, NULL);
        g_assert_cmpint(ox_utf8_valid((struct ox_bytes){(uint8_t *)text, size}), ==, wanted);
        refused += !wanted;
    }
    g_assert_cmpuint(refused, >, 20000);
}

static void truncation_and_huge_counts(void) {
    g_assert_false(ACCEPTS(""));
    g_assert_false(ACCEPTS("\x19\x01"));
    g_assert_false(ACCEPTS("\x62"
                           "a"));
    g_assert_false(ACCEPTS("\x82\x00"));
    g_assert_false(ACCEPTS("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"));
    g_assert_false(ACCEPTS("\xbb\x7f\xff\xff\xff\xff\xff\xff\xff"));
    g_assert_false(ACCEPTS("\x7b\xff\xff\xff\xff\xff\xff\xff\xff"));
}

/* Every count that is its own head, before every number of bytes: an item takes one, a pair two. */
static void counts_are_held_against_what_is_left(void) {
    for (uint8_t count = 0; count < 24; count++)
        for (size_t behind = 0; behind < 63; behind++) {
            uint8_t bytes[64] = {(uint8_t)(0x80 + count)};
            struct ox_cbor in = ox_cbor_of((struct ox_bytes){bytes, 1 + behind});
            g_assert_cmpuint(ox_cbor_array(&in), ==, count <= behind ? count : 0);
            g_assert_cmpint(in.failed, ==, count > behind);
            bytes[0] = (uint8_t)(0xa0 + count);
            in = ox_cbor_of((struct ox_bytes){bytes, 1 + behind});
            g_assert_cmpuint(ox_cbor_map(&in), ==, 2u * count <= behind ? count : 0);
            g_assert_cmpint(in.failed, ==, 2u * count > behind);
            in = ox_cbor_of((struct ox_bytes){bytes, 1 + behind});
            g_assert_cmpuint(ox_cbor_array(&in), ==, 0);
            g_assert_true(in.failed);
        }
}

static void depth_is_bounded(void) {
    char deep[OX_CBOR_DEPTH_MAX + 1];
    memset(deep, '\x81', sizeof deep);
    deep[OX_CBOR_DEPTH_MAX - 1] = '\0';
    g_assert_true(accepts(deep, OX_CBOR_DEPTH_MAX));
    deep[OX_CBOR_DEPTH_MAX - 1] = '\x81';
    deep[OX_CBOR_DEPTH_MAX] = '\0';
    g_assert_false(accepts(deep, OX_CBOR_DEPTH_MAX + 1));
}

static void the_first_error_sticks(void) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)"\x61z\x05", 3});
    g_assert_cmpuint(ox_cbor_uint(&in), ==, 0);
    g_assert_true(in.failed);
    g_assert_cmpuint(ox_cbor_text(&in).size, ==, 0);
    g_assert_cmpuint(ox_cbor_uint(&in), ==, 0);
    g_assert_cmpint(ox_cbor_peek(&in), ==, OX_CBOR_FORBIDDEN);
    g_assert_false(ox_cbor_done(&in));
}

static void integers_beyond_int64(void) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)"\x1b\x80\0\0\0\0\0\0\0", 9});
    ox_cbor_int(&in);
    g_assert_true(in.failed);
    in = ox_cbor_of((struct ox_bytes){(const uint8_t *)"\x3b\x80\0\0\0\0\0\0\0", 9});
    ox_cbor_int(&in);
    g_assert_true(in.failed);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cbor/known answers of RFC 8949", known_answers);
    g_test_add_func("/cbor/agrees with libcbor", agrees_with_libcbor);
    g_test_add_func("/cbor/refuses/longer heads than needed", longer_heads_than_needed);
    g_test_add_func("/cbor/refuses/tags, floats and indefinite lengths",
                    what_the_profile_leaves_out);
    g_test_add_func("/cbor/refuses/keys that do not ascend", keys_that_do_not_ascend);
    g_test_add_func("/cbor/refuses/text that is not UTF-8", text_that_is_not_utf8);
    g_test_add_func("/cbor/UTF-8 agrees with GLib", utf8_agrees_with_glib);
    g_test_add_func("/cbor/UTF-8 among ASCII agrees with GLib", utf8_among_ascii_agrees_with_glib);
    g_test_add_func("/cbor/refuses/truncation and huge counts", truncation_and_huge_counts);
    g_test_add_func("/cbor/counts are held against what is left",
                    counts_are_held_against_what_is_left);
    g_test_add_func("/cbor/refuses/nesting beyond the bound", depth_is_bounded);
    g_test_add_func("/cbor/refuses/integers beyond int64", integers_beyond_int64);
    g_test_add_func("/cbor/the first error sticks", the_first_error_sticks);
    return g_test_run();
}
