/* Items: the short way to a key, which never looks at a byte by itself, against
 * the encoding that a key is by its definition. */
#include "crdt/item.h"

#include <glib.h>
#include <string.h>

enum { SIZE_MOST = 20 };

static bool is_ascii(struct ox_bytes text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

/* The key by the long way: encoded, then cut into words. */
static void assert_key(const struct ox_rows_key *key, const struct ox_value *value) {
    struct ox_buf bytes = {0};
    ox_value_encode(value, &bytes);
    struct ox_rows_key wanted = ox_rows_key_of(ox_buf_bytes(&bytes));
    g_assert_cmpmem(&key->tail, sizeof key->tail, &wanted.tail, sizeof wanted.tail);
    g_assert_cmpmem(key->elsewhere.data, key->tail.bytes[15] == OX_ROW_LONG_MARK ? bytes.size : 0,
                    bytes.data, key->tail.bytes[15] == OX_ROW_LONG_MARK ? bytes.size : 0);
    ox_buf_free(&bytes);
}

static void assert_item(struct ox_bytes text) {
    struct ox_value value = {.kind = OX_VALUE_TEXT, .bytes = text};
    struct ox_rows_key short_key = {.elsewhere.size = 0};
    bool is_short = ox_item_is_short(&value, &short_key.tail);
    if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
        g_assert_cmpint(is_short, ==, text.size < OX_ROW_INLINE_MAX && is_ascii(text));
    if (is_short)
        assert_key(&short_key, &value);
    struct ox_item item;
    bool is_item = ox_item_make(&item, &value, true) == OX_OK;
    g_assert_cmpint(is_item, ==, ox_utf8_valid(text));
    if (is_item)
        assert_key(&item.key, &value);
    ox_item_free(&item);
}

/* Of every size, with something else than a letter in every place, in a block of just that size. */
static void texts_of_all_sizes(void) {
    static const char *const odd[] = {"\x01", "\x7f", "\x80", "\xff", "\xc3\xa9", "\xc3"};
    for (size_t size = 0; size <= SIZE_MOST; size++) {
        uint8_t *block = g_malloc(size + (size == 0));
        for (size_t i = 0; i < size; i++)
            block[i] = (uint8_t)('a' + i);
        assert_item((struct ox_bytes){block, size});
        for (size_t at = 0; at < size; at++)
            for (size_t o = 0; o < G_N_ELEMENTS(odd); o++) {
                size_t length = MIN(strlen(odd[o]), size - at);
                uint8_t kept[2];
                memcpy(kept, block + at, length);
                memcpy(block + at, odd[o], length);
                assert_item((struct ox_bytes){block, size});
                memcpy(block + at, kept, length);
            }
        g_free(block);
    }
}

static void assert_number(int64_t number) {
    struct ox_value value = ox_value_int(number);
    struct ox_rows_key short_key = {.elsewhere.size = 0};
    bool is_short = ox_item_is_short(&value, &short_key.tail);
    g_assert_cmpint(is_short, ==, G_BYTE_ORDER == G_LITTLE_ENDIAN);
    if (is_short)
        assert_key(&short_key, &value);
}

/* Both sides of every size of a head, and numbers whose bytes all differ. */
static void numbers_of_all_sizes(void) {
    static const int64_t edges[] = {
        0,    23,     UINT8_MAX,  UINT16_MAX,        UINT32_MAX, INT64_MAX - 1,
        0x12, 0x1234, 0x12345678, 0x123456789abcdef0};
    for (size_t i = 0; i < G_N_ELEMENTS(edges); i++)
        for (int more = 0; more <= 1; more++) {
            int64_t number = edges[i] + more;
            assert_number(number);
            assert_number(-number);
            assert_number(-1 - number);
        }
}

static void what_is_neither(void) {
    struct ox_value values[] = {ox_value_null(), ox_value_bool(false), ox_value_bool(true)};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        struct ox_item item;
        union ox_row_tail tail;
        g_assert_false(ox_item_is_short(&values[i], &tail));
        g_assert_cmpint(ox_item_make(&item, &values[i], true), ==, OX_OK);
        assert_key(&item.key, &values[i]);
        ox_item_free(&item);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/item/texts of all sizes", texts_of_all_sizes);
    g_test_add_func("/item/numbers of all sizes", numbers_of_all_sizes);
    g_test_add_func("/item/what is neither", what_is_neither);
    return g_test_run();
}
