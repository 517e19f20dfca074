/* Values and their canonical JSON. */
#include "crdt/value.h"
#include "support_dice.h"

#include <glib.h>
#include <string.h>

static char *json_of(const char *cbor, size_t size) {
    struct ox_buf out = {0};
    char *text = NULL;
    struct ox_bytes bytes = {(const uint8_t *)cbor, size};
    if (ox_value_json(bytes, &out) == OX_OK)
        text = g_strndup((const char *)out.data, out.size);
    else
        g_assert_cmpuint(out.size, ==, 0);
    ox_buf_free(&out);
    return text;
}

static void assert_json(const char *cbor, size_t size, const char *wanted) {
    char *text = json_of(cbor, size);
    g_assert_cmpstr(text, ==, wanted);
    g_free(text);
}

#define JSON(literal, wanted) assert_json("" literal, sizeof(literal) - 1, wanted)

static void scalars(void) {
    JSON("\xf6", "null");
    JSON("\xf5", "true");
    JSON("\xf4", "false");
    JSON("\x00", "0");
    JSON("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", "-9223372036854775808");
    JSON("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807");
    JSON("\x60", "\"\"");
    JSON("\x63\xe2\x82\xac", "\"\xe2\x82\xac\"");
}

static void shortest_escapes(void) {
    JSON("\x68\"\\\b\f\n\r\t/", "\"\\\"\\\\\\b\\f\\n\\r\\t/\"");
    JSON("\x63\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
    JSON("\x61\0", "\"\\u0000\"");
}

/* CBOR sorts "b" before "aa" (shorter head first), JSON the other way round. */
static void members_in_the_order_of_json(void) {
    JSON("\xa2\x61"
         "b\x01\x62"
         "aa\x82\x02\xf6",
         "{\"aa\":[2,null],\"b\":1}");
    JSON("\xa0", "{}");
    JSON("\x80", "[]");
    JSON("\x82\xa1\x61k\xa1\x60\xf5\x00", "[{\"k\":{\"\":true}},0]");
}

static void what_json_has_not(void) {
    JSON("\x41x", NULL);                                /* byte string */
    JSON("\xa1\x01\x02", NULL);                         /* a key that is not text */
    JSON("\x1b\x80\x00\x00\x00\x00\x00\x00\x00", NULL); /* beyond int64 */
    JSON("\x82\x00\x41x", NULL);                        /* inside */
    JSON("\x00\x00", NULL);                             /* two items */
    JSON("\xa2\x62\x61\x61\x00\x61\x62\x00", NULL);     /* keys out of order */
}

static enum ox_status decode(const char *cbor, size_t size, bool scalar_only,
                             struct ox_value *value) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){(const uint8_t *)cbor, size});
    enum ox_status status = ox_value_decode(value, &in, scalar_only);
    g_assert_cmpint(in.failed, ==, status != OX_OK);
    return status;
}

static void encodings_come_back(void) {
    struct ox_value values[] = {ox_value_null(),
                                ox_value_bool(true),
                                ox_value_bool(false),
                                ox_value_int(-5),
                                ox_value_int(1 << 20),
                                ox_value_text("ox"),
                                {OX_VALUE_STRUCTURED, 0, {(const uint8_t *)"\x81\x05", 2}}};
    struct ox_buf out = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        struct ox_value back;
        ox_buf_clear(&out);
        ox_value_encode(&values[i], &out);
        g_assert_cmpint(decode((const char *)out.data, out.size, false, &back), ==, OX_OK);
        g_assert_cmpint(back.kind, ==, values[i].kind);
        g_assert_cmpint(back.number, ==, values[i].number);
        g_assert_true(ox_bytes_equal(back.bytes, values[i].bytes));
    }
    ox_buf_free(&out);
}

static void elements_are_scalars(void) {
    struct ox_value value;
    g_assert_cmpint(decode("\x81\x05", 2, true, &value), ==, OX_MALFORMED);
    g_assert_cmpint(decode("\xa0", 1, true, &value), ==, OX_MALFORMED);
    g_assert_cmpint(decode("\x05", 1, true, &value), ==, OX_OK);
    g_assert_cmpint(decode("\x81\x41x", 3, false, &value), ==, OX_MALFORMED);
    g_assert_cmpint(decode("\xa1\x05\x05", 3, false, &value), ==, OX_MALFORMED);
}

/* Whatever goes straight to its place is what the buffer gets, also where the text lies in the
 * place itself; what is too long or no text leaves the place as it was. */
static void short_values_go_straight_to_their_place(void) {
    struct dice dice = {11};
    struct ox_buf out = {0};
    unsigned taken = 0, refused = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t place[OX_VALUE_SHORT_MAX + OX_CBOR_HEAD_MAX], before[sizeof place], text[24];
        for (size_t k = 0; k < sizeof place; k++)
            place[k] = (uint8_t)('a' + dice_roll(&dice, 26));
        for (size_t k = 0; k < sizeof text; k++)
            text[k] = dice_roll(&dice, 60) == 0 ? 0xc3 : (uint8_t)(' ' + dice_roll(&dice, 90));
        memcpy(before, place, sizeof place);
        struct ox_value value = {.kind = (enum ox_value_kind)dice_roll(&dice, 4),
                                 .number = (int64_t)dice_number(&dice)};
        bool inside = dice_roll(&dice, 4) == 0;
        value.bytes.size = dice_roll(&dice, inside ? OX_VALUE_SHORT_MAX : sizeof text);
        value.bytes.data = inside ? place + 1 + dice_roll(&dice, 3) : text;
        bool good = value.kind != OX_VALUE_TEXT || ox_utf8_valid(value.bytes);
        ox_buf_clear(&out);
        if (good)
            ox_value_encode(&value, &out);
        size_t size = ox_value_write_short(place, &value);
        g_assert_cmpuint(size, ==, good && out.size <= OX_VALUE_SHORT_MAX ? out.size : 0);
        if (size > 0)
            g_assert_cmpmem(place, size, out.data, out.size);
        else
            g_assert_cmpmem(place, sizeof place, before, sizeof before);
        taken += size > 0;
        refused += size == 0;
    }
    g_assert_cmpuint(taken, >, 5000);
    g_assert_cmpuint(refused, >, 1000);
    ox_buf_free(&out);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/value/scalars as JSON", scalars);
    g_test_add_func("/value/shortest escapes", shortest_escapes);
    g_test_add_func("/value/members in the order of JSON", members_in_the_order_of_json);
    g_test_add_func("/value/what JSON has not", what_json_has_not);
    g_test_add_func("/value/encodings come back", encodings_come_back);
    g_test_add_func("/value/elements are scalars", elements_are_scalars);
    g_test_add_func("/value/short values go straight to their place",
                    short_values_go_straight_to_their_place);
    return g_test_run();
}
