#include "crdt/value.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAJOR = 3 };
enum { FALSE_BYTE = 0xf4, TRUE_BYTE = 0xf5, NULL_BYTE = 0xf6 };

static bool has_bytes(const struct ox_value *value) {
    return value->kind == OX_VALUE_TEXT || value->kind == OX_VALUE_STRUCTURED;
}

/* The most that `write` takes. */
static size_t size_most(const struct ox_value *value) {
    return OX_CBOR_HEAD_MAX + (has_bytes(value) ? value->bytes.size : 0);
}

/* The value's encoding; how many bytes it has. */
static size_t write(uint8_t *at, const struct ox_value *value) {
    struct ox_bytes bytes = value->bytes;
    size_t head = 0;
    switch (value->kind) {
    case OX_VALUE_NULL:
        *at = NULL_BYTE;
        return 1;
    case OX_VALUE_BOOL:
        *at = value->number != 0 ? TRUE_BYTE : FALSE_BYTE;
        return 1;
    case OX_VALUE_INT:
        return ox_value_write_int(at, value->number);
    case OX_VALUE_TEXT:
        head = ox_cbor_write_head(at, TEXT_MAJOR, bytes.size);
        break;
    case OX_VALUE_STRUCTURED:
        break;
    }
    if (bytes.size > 0)
        memcpy(at + head, bytes.data, bytes.size);
    return head + bytes.size;
}

/* Up to 16 bytes to where they may overlap: all are read before one is written. */
static void move_short(uint8_t *to, const uint8_t *from, size_t size) {
    uint64_t first = 0, last = 0;
    if (size >= 8) {
        memcpy(&first, from, 8);
        memcpy(&last, from + size - 8, 8);
        memcpy(to, &first, 8);
        memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) {
        memcpy(&first, from, 4);
        memcpy(&last, from + size - 4, 4);
        memcpy(to, &first, 4);
        memcpy(to + size - 4, &last, 4);
    } else if (size > 0) {
        memmove(to, from, size);
    }
}

size_t ox_value_write_short(uint8_t *at, const struct ox_value *value) {
    struct ox_bytes text = value->bytes;
    if (value->kind == OX_VALUE_INT)
        return ox_value_write_int(at, value->number);
    if (!has_bytes(value))
        return write(at, value);
    if (value->kind != OX_VALUE_TEXT || text.size >= OX_VALUE_SHORT_MAX || !ox_utf8_valid(text))
        return 0;
    move_short(at + 1, text.data, text.size);
    ox_cbor_write_head(at, TEXT_MAJOR, text.size);
    return 1 + text.size;
}

void ox_value_encode(const struct ox_value *value, struct ox_buf *out) {
    assert(value->kind != OX_VALUE_TEXT || ox_utf8_valid(value->bytes));
    if (ox_buf_reserve(out, size_most(value)))
        out->size += write(out->data + out->size, value);
}

/* Steps over one item that JSON has too: no byte strings, integers of 64 bits with their sign, and
 * text for keys. The order of keys is checked by ox_cbor_skip, which goes first. */
static void check_json_item(struct ox_cbor *in) {
    size_t items = 0;
    size_t pairs = 0;
    switch (ox_cbor_peek(in)) {
    case OX_CBOR_UINT:
    case OX_CBOR_NEGATIVE:
        ox_cbor_int(in);
        break;
    case OX_CBOR_ARRAY:
        items = ox_cbor_array(in);
        break;
    case OX_CBOR_MAP:
        pairs = ox_cbor_map(in);
        break;
    case OX_CBOR_BYTES:
        ox_cbor_fail(in);
        break;
    default:
        ox_cbor_skip(in);
        break;
    }
    for (size_t i = 0; i < items && !in->failed; i++)
        check_json_item(in);
    for (size_t i = 0; i < pairs && !in->failed; i++) {
        ox_cbor_text(in);
        check_json_item(in);
    }
}

static enum ox_status decode_structured(struct ox_value *value, struct ox_cbor *in) {
    struct ox_bytes item = ox_cbor_skip(in);
    if (in->failed)
        return OX_MALFORMED;
    struct ox_cbor inner = ox_cbor_of(item);
    check_json_item(&inner);
    if (!ox_cbor_done(&inner)) {
        ox_cbor_fail(in);
        return OX_MALFORMED;
    }
    *value = (struct ox_value){.kind = OX_VALUE_STRUCTURED, .bytes = item};
    return OX_OK;
}

enum ox_status ox_value_decode(struct ox_value *value, struct ox_cbor *in, bool scalar_only) {
    struct ox_value read = {0};
    switch (ox_cbor_peek(in)) {
    case OX_CBOR_NULL:
        ox_cbor_null(in);
        read.kind = OX_VALUE_NULL;
        break;
    case OX_CBOR_FALSE:
    case OX_CBOR_TRUE:
        read.kind = OX_VALUE_BOOL;
        read.number = ox_cbor_bool(in);
        break;
    case OX_CBOR_UINT:
    case OX_CBOR_NEGATIVE:
        read.kind = OX_VALUE_INT;
        read.number = ox_cbor_int(in);
        break;
    case OX_CBOR_TEXT:
        read.kind = OX_VALUE_TEXT;
        read.bytes = ox_cbor_text(in);
        break;
    case OX_CBOR_ARRAY:
    case OX_CBOR_MAP:
        if (!scalar_only)
            return decode_structured(value, in);
        ox_cbor_fail(in);
        break;
    default:
        ox_cbor_fail(in);
        break;
    }
    if (in->failed)
        return OX_MALFORMED;
    *value = read;
    return OX_OK;
}

/* ---- encoded ---- */

static bool is_canonical_structure(const struct ox_value *value) {
    struct ox_cbor in = ox_cbor_of(value->bytes);
    struct ox_value read;
    return ox_value_decode(&read, &in, false) == OX_OK && read.kind == OX_VALUE_STRUCTURED &&
           ox_cbor_done(&in);
}

static enum ox_status check_bytes(const struct ox_value *value, bool scalar_only) {
    bool right = value->kind == OX_VALUE_TEXT ? ox_utf8_valid(value->bytes)
                                              : !scalar_only && is_canonical_structure(value);
    return right ? OX_OK : OX_INVALID;
}

enum ox_status ox_encoded_make(struct ox_encoded *to, const struct ox_value *value,
                               bool scalar_only) {
    to->owned = false;
    to->buf = (struct ox_buf){.data = to->space, .capacity = sizeof to->space};
    if (has_bytes(value) && check_bytes(value, scalar_only) != OX_OK)
        return OX_INVALID;
    if (size_most(value) > sizeof to->space) {
        to->owned = true;
        to->buf = (struct ox_buf){0};
        if (!ox_buf_reserve(&to->buf, size_most(value)))
            return OX_NOMEM;
    }
    to->buf.size = write(to->buf.data, value);
    return OX_OK;
}

/* ---- JSON ---- */

static void put_escape(struct ox_buf *out, uint8_t byte) {
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the byte, its letter */
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if ((uint8_t)letters[i] == byte) {
            ox_buf_push(out, '\\');
            ox_buf_push(out, (uint8_t)letters[i + 1]);
            return;
        }
    }
    ox_buf_append(out, "\\u00", 4);
    ox_buf_push(out, (uint8_t)digits[byte >> 4]);
    ox_buf_push(out, (uint8_t)digits[byte & 15]);
}

void ox_json_put_text(struct ox_buf *out, struct ox_bytes utf8) {
    ox_buf_push(out, '"');
    size_t plain = 0; /* where the run of bytes that stand for themselves began */
    for (size_t i = 0; i < utf8.size; i++) {
        uint8_t byte = utf8.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        ox_buf_append(out, utf8.data + plain, i - plain);
        put_escape(out, byte);
        plain = i + 1;
    }
    if (plain < utf8.size)
        ox_buf_append(out, utf8.data + plain, utf8.size - plain);
    ox_buf_push(out, '"');
}

void ox_json_put_int(struct ox_buf *out, int64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    ox_buf_append(out, digits + at, sizeof digits - at);
}

/* One member of an object: its key as JSON, in a buffer of keys, and its value, still CBOR. */
struct member {
    const struct ox_buf *keys;
    size_t key_at, key_size;
    struct ox_cbor value;
};

static struct ox_bytes member_key(const struct member *member) {
    return (struct ox_bytes){member->keys->data + member->key_at, member->key_size};
}

static int compare_members(const void *left, const void *right) {
    return ox_bytes_compare(member_key(left), member_key(right));
}

static void json_item(struct ox_cbor *in, struct ox_buf *out);

static void read_members(struct ox_cbor *in, size_t pairs, struct member *members,
                         const void **order, struct ox_buf *keys) {
    for (size_t i = 0; i < pairs; i++) {
        size_t at = keys->size;
        ox_json_put_text(keys, ox_cbor_text(in));
        members[i] = (struct member){keys, at, keys->size - at, *in};
        order[i] = &members[i];
        ox_cbor_skip(in);
    }
}

/* CBOR orders keys by length first, JSON here by bytes, so the members are sorted anew. */
static void json_object(struct ox_cbor *in, struct ox_buf *out) {
    size_t pairs = ox_cbor_map(in);
    struct ox_buf keys = {0};
    struct member *members = pairs == 0 ? NULL : malloc(pairs * sizeof *members);
    const void **order = pairs == 0 ? NULL : malloc(pairs * sizeof *order);
    bool ready = pairs == 0 || (members != NULL && order != NULL);
    if (ready)
        read_members(in, pairs, members, order, &keys);
    if (!ready || keys.failed) {
        out->failed = true;
        pairs = 0;
    }
    ox_array_sort(order, pairs, compare_members);
    ox_buf_push(out, '{');
    for (size_t i = 0; i < pairs && !in->failed; i++) {
        const struct member *member = order[i];
        struct ox_bytes key = member_key(member);
        struct ox_cbor value = member->value;
        if (i > 0)
            ox_buf_push(out, ',');
        ox_buf_append(out, key.data, key.size);
        ox_buf_push(out, ':');
        json_item(&value, out);
        if (value.failed)
            ox_cbor_fail(in);
    }
    ox_buf_push(out, '}');
    ox_buf_free(&keys);
    free(members);
    free(order);
}

static void json_array(struct ox_cbor *in, struct ox_buf *out) {
    size_t count = ox_cbor_array(in);
    ox_buf_push(out, '[');
    for (size_t i = 0; i < count && !in->failed; i++) {
        if (i > 0)
            ox_buf_push(out, ',');
        json_item(in, out);
    }
    ox_buf_push(out, ']');
}

static void json_bool(bool value, struct ox_buf *out) {
    struct ox_bytes word = ox_bytes_of_text(value ? "true" : "false");
    ox_buf_append(out, word.data, word.size);
}

/* Depth is bounded: whoever calls has stepped over the item with ox_cbor_skip. */
static void json_item(struct ox_cbor *in, struct ox_buf *out) {
    switch (ox_cbor_peek(in)) {
    case OX_CBOR_UINT:
    case OX_CBOR_NEGATIVE:
        ox_json_put_int(out, ox_cbor_int(in));
        break;
    case OX_CBOR_TEXT:
        ox_json_put_text(out, ox_cbor_text(in));
        break;
    case OX_CBOR_ARRAY:
        json_array(in, out);
        break;
    case OX_CBOR_MAP:
        json_object(in, out);
        break;
    case OX_CBOR_FALSE:
    case OX_CBOR_TRUE:
        json_bool(ox_cbor_bool(in), out);
        break;
    case OX_CBOR_NULL:
        ox_cbor_null(in);
        ox_buf_append(out, "null", 4);
        break;
    default:
        ox_cbor_fail(in);
        break;
    }
}

enum ox_status ox_value_json(struct ox_bytes cbor, struct ox_buf *out) {
    struct ox_cbor check = ox_cbor_of(cbor);
    ox_cbor_skip(&check);
    if (!ox_cbor_done(&check))
        return OX_MALFORMED;
    struct ox_cbor in = ox_cbor_of(cbor);
    size_t before = out->size;
    json_item(&in, out);
    if (in.failed) {
        out->size = before;
        return OX_MALFORMED;
    }
    return ox_buf_status(out);
}

/* ---- sorted lists ---- */

/* One item's JSON, in a buffer of all. */
struct text {
    const struct ox_buf *all;
    size_t at, size;
};

static struct ox_bytes text_bytes(const struct text *text) {
    return (struct ox_bytes){text->all->data + text->at, text->size};
}

static int compare_texts(const void *left, const void *right) {
    return ox_bytes_compare(text_bytes(left), text_bytes(right));
}

static void put_list(const void **order, uint32_t count, struct ox_buf *out) {
    ox_array_sort(order, count, compare_texts);
    ox_buf_push(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        struct ox_bytes text = text_bytes(order[i]);
        if (i > 0)
            ox_buf_push(out, ',');
        ox_buf_append(out, text.data, text.size);
    }
    ox_buf_push(out, ']');
}

enum ox_status ox_json_put_sorted(struct ox_bytes (*item)(const void *self, uint32_t i),
                                  const void *self, uint32_t count, struct ox_buf *out) {
    struct text *texts = count == 0 ? NULL : malloc(count * sizeof *texts);
    const void **order = count == 0 ? NULL : malloc(count * sizeof *order);
    struct ox_buf all = {0};
    uint32_t shown = 0;
    enum ox_status status = count == 0 || (texts != NULL && order != NULL) ? OX_OK : OX_NOMEM;
    for (uint32_t i = 0; i < count && status == OX_OK; i++) {
        struct ox_bytes cbor = item(self, i);
        if (cbor.size == 0)
            continue;
        size_t at = all.size;
        status = ox_value_json(cbor, &all);
        texts[shown] = (struct text){&all, at, all.size - at};
        order[shown] = &texts[shown];
        shown++;
    }
    if (status == OX_OK)
        put_list(order, shown, out);
    ox_buf_free(&all);
    free(texts);
    free(order);
    return status == OX_OK ? ox_buf_status(out) : status;
}
