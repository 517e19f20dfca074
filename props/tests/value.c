/* Values and their canonical JSON. */
#include "crdt/value.h"

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

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/value/scalars as JSON", scalars);
    g_test_add_func("/value/shortest escapes", shortest_escapes);
    g_test_add_func("/value/members in the order of JSON", members_in_the_order_of_json);
    g_test_add_func("/value/what JSON has not", what_json_has_not);
    g_test_add_func("/value/encodings come back", encodings_come_back);
    g_test_add_func("/value/elements are scalars", elements_are_scalars);
    return g_test_run();
}
