/* Hostile bytes: for each decoder, mutants of valid encodings. A mutant is refused, or it decodes
 * to something valid that encodes to the very same bytes. Small changes of single numbers keep the
 * structure, so that enough mutants still decode for the second half to say something. */
#include "support_alloc.h"
#include "support_dice.h"
#include "support_map.h"
#include "support_sequence.h"

#include <string.h>

enum { MUTANTS = 100000, DECODED_MIN = MUTANTS / 20, SEEDS = 24, MUTANT_SIZE = 1024 };

/* One decoder: reads all of `bytes` and, when they are accepted, writes what it read to `again`. */
struct decoder {
    const struct ox_type *type; /* NULL: not an object's */
    enum ox_status (*decode)(const struct ox_type *type, struct ox_cbor *in, struct ox_buf *again);
    void (*write)(const struct ox_type *type, struct dice *dice, struct ox_buf *out);
};

/* ---- decoders ---- */

/* An honest object, which must stay valid whatever it joins. */
static struct ox_object honest_object(const struct ox_type *type) {
    struct ox_object object = new_object(type);
    struct ox_value values[] = {ox_value_int(3), ox_value_int(7), ox_value_int(3)};
    struct ox_stamp stamp = {0};
    for (ox_replica replica = 1; replica <= 2; replica++)
        for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
            struct ox_op op = {.verb = &type->verbs[0], .arg = values[i]};
            struct ox_delta delta = {0};
            struct nested nested;
            nest(&op, &nested, "x", 3 * replica + i);
            enum ox_status status = ox_object_apply(&object, &op, replica, &stamp, &delta);
            g_assert_true(status == OX_OK || status == OX_NOOP);
            ox_delta_free(&delta);
        }
    return object;
}

static void assert_still_valid(struct ox_object *object) {
    const char *why = "";
    if (!ox_object_valid(object, &why))
        g_error("%s: not valid after joining what a hostile peer sent: %s", object->type->name,
                why);
    ox_object_free(object);
}

static enum ox_status decode_object(const struct ox_type *type, struct ox_cbor *in,
                                    struct ox_buf *again) {
    struct ox_object object;
    const char *why = "";
    enum ox_status status = ox_object_decode(&object, type, in);
    if (status != OX_OK)
        return status;
    if (!ox_object_valid(&object, &why))
        g_error("%s: decoded to an object that is not valid: %s", type->name, why);
    ox_object_encode(&object, again);
    struct ox_object honest = honest_object(type);
    enum ox_status joined = ox_object_join(&honest, &object, NULL);
    g_assert_true(joined == OX_OK || joined == OX_DIVERGED);
    assert_still_valid(&honest);
    ox_object_free(&object);
    return OX_OK;
}

static enum ox_status decode_delta(const struct ox_type *type, struct ox_cbor *in,
                                   struct ox_buf *again) {
    struct ox_delta delta = {0};
    const char *why = "";
    enum ox_status status = ox_delta_decode(&delta, type, in);
    if (status != OX_OK)
        return status;
    if (!ox_delta_valid(&delta, &why))
        g_error("%s: decoded to a delta that is not valid: %s", type->name, why);
    ox_delta_encode(&delta, again);
    struct ox_object honest = honest_object(type);
    enum ox_status joined = join(&honest, &delta);
    g_assert_true(joined == OX_OK || joined == OX_GAP || joined == OX_DIVERGED);
    assert_still_valid(&honest);
    ox_delta_free(&delta);
    return OX_OK;
}

/* Takes it in where a peer may be, and where nobody is: twice is once. */
static enum ox_status decode_operation(const struct ox_type *type, struct ox_cbor *in,
                                       struct ox_buf *again) {
    struct ox_rga_op op = {0};
    enum ox_status status = ox_rga_op_decode(&op, in);
    if (status != OX_OK) {
        ox_rga_op_free(&op); /* it keeps its memory */
        return status;
    }
    ox_rga_op_encode(&op, again);
    struct ox_object honest = honest_object(type), before;
    g_assert_cmpint(ox_object_copy(&before, &honest), ==, OX_OK);
    enum ox_status taken = ox_rga_op_take(&honest, &op);
    g_assert_true(taken == OX_OK || taken == OX_GAP || taken == OX_DIVERGED);
    g_assert_true(taken == OX_OK || ox_object_equal(&before, &honest));
    if (taken == OX_OK) {
        ox_object_free(&before);
        g_assert_cmpint(ox_object_copy(&before, &honest), ==, OX_OK);
        g_assert_cmpint(ox_rga_op_take(&honest, &op), ==, OX_OK);
        g_assert_true(ox_object_equal(&before, &honest));
    }
    ox_object_free(&before);
    assert_still_valid(&honest);
    ox_rga_op_free(&op);
    return OX_OK;
}

static enum ox_status decode_vv(const struct ox_type *type, struct ox_cbor *in,
                                struct ox_buf *again) {
    (void)type;
    struct ox_vv vv = {0};
    const char *why = "";
    enum ox_status status = ox_vv_decode(&vv, in);
    if (!ox_vv_valid(&vv, &why))
        g_error("decoded to a version vector that is not valid: %s", why);
    ox_vv_encode(&vv, again);
    ox_vv_free(&vv);
    return status;
}

static enum ox_status decode_dots(const struct ox_type *type, struct ox_cbor *in,
                                  struct ox_buf *again) {
    (void)type;
    struct ox_dots dots = {0};
    const char *why = "";
    enum ox_status status = ox_dots_decode(&dots, in);
    if (!ox_dots_valid(&dots, &why))
        g_error("decoded to a set of dots that is not valid: %s", why);
    ox_dots_encode(&dots, again);
    ox_dots_free(&dots);
    return status;
}

static enum ox_status decode_value(const struct ox_type *type, struct ox_cbor *in,
                                   struct ox_buf *again) {
    (void)type;
    struct ox_value value = {0};
    enum ox_status status = ox_value_decode(&value, in, false);
    if (status != OX_OK)
        return status;
    ox_value_encode(&value, again);
    struct ox_buf json = {0};
    g_assert_cmpint(ox_value_json(ox_buf_bytes(again), &json), ==, OX_OK);
    ox_buf_free(&json);
    return OX_OK;
}

static enum ox_status decode_stamp(const struct ox_type *type, struct ox_cbor *in,
                                   struct ox_buf *again) {
    (void)type;
    struct ox_stamp stamp = {0};
    ox_stamp_decode(&stamp, in);
    ox_stamp_encode(&stamp, again);
    return in->failed ? OX_MALFORMED : OX_OK;
}

/* ---- valid encodings to begin with ---- */

static struct ox_delta any_update(struct ox_object *object, ox_replica replica, struct dice *dice) {
    static const char *const texts[] = {"x", "y", "an element that is long", "\xe2\x82\xac", "z"};
    const struct ox_type *type = object->type;
    const struct ox_verb *verb = &type->verbs[dice_roll(dice, type->verb_count)];
    struct ox_op op = {.verb = verb, .arg = ox_value_int((int64_t)(1 + dice_roll(dice, 40)))};
    if (verb->arg != OX_ARG_AMOUNT && dice_roll(dice, 2) == 0)
        op.arg = ox_value_text(texts[dice_roll(dice, G_N_ELEMENTS(texts))]);
    if (verb->arg == OX_ARG_VALUE && dice_roll(dice, 3) == 0)
        op.arg = (struct ox_value){OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x82\x01\x61x")};
    struct ox_stamp stamp = {dice_roll(dice, 1000), 0, replica};
    struct ox_delta delta = {0};
    struct nested nested;
    nest(&op, &nested, texts[dice_roll(dice, 3)], dice_roll(dice, 64));
    ox_object_apply(object, &op, replica, &stamp, &delta);
    return delta;
}

/* Two objects that met now and then. */
static void any_history(const struct ox_type *type, struct dice *dice, struct ox_object *a,
                        struct ox_object *b) {
    *a = new_object(type);
    *b = new_object(type);
    for (uint64_t i = dice_roll(dice, 24); i > 0; i--) {
        bool left = dice_roll(dice, 2) == 0;
        struct ox_delta delta =
            any_update(left ? a : b, (left ? 1 : 100) + dice_roll(dice, 2), dice);
        ox_delta_free(&delta);
        if (dice_roll(dice, 4) == 0)
            g_assert_cmpint(ox_object_join(left ? b : a, left ? a : b, NULL), ==, OX_OK);
    }
}

static void write_object(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    struct ox_object a, b;
    any_history(type, dice, &a, &b);
    ox_object_encode(&a, out);
    free_objects(&a, &b, NULL);
}

static void write_delta(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    struct ox_object a, b;
    struct ox_delta delta = {0};
    any_history(type, dice, &a, &b);
    g_assert_cmpint(ox_object_delta_since(&a, &b.context, &delta), ==, OX_OK);
    ox_delta_encode(&delta, out);
    ox_delta_free(&delta);
    free_objects(&a, &b, NULL);
}

/* The last of some edits of an object that others know as it was. */
static void write_operation(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    struct ox_object a = honest_object(type);
    struct ox_rga_op op = {0};
    for (uint64_t left = dice_roll(dice, 6); left > 0 || op.dot.n == 0; left -= left > 0) {
        struct edit edit = any_edit(&a, dice);
        edit_by_operation(&a, &edit, 1 + dice_roll(dice, 3), &op);
    }
    ox_rga_op_encode(&op, out);
    ox_rga_op_free(&op);
    ox_object_free(&a);
}

static void write_vv(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    (void)type;
    struct ox_vv vv = {0};
    for (uint64_t i = dice_roll(dice, 12); i > 0; i--)
        ox_vv_raise(&vv, dice_number(dice), dice_number(dice));
    ox_vv_encode(&vv, out);
    ox_vv_free(&vv);
}

static void write_dots(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    (void)type;
    struct ox_dots dots = {0};
    for (uint64_t i = dice_roll(dice, 12); i > 0; i--) {
        struct ox_span span = {dice_roll(dice, 3), 1 + dice_roll(dice, 100), 0};
        span.last = span.first + dice_roll(dice, 9);
        ox_dots_add(&dots, span);
    }
    ox_dots_encode(&dots, out);
    ox_dots_free(&dots);
}

static void write_item(struct dice *dice, struct ox_buf *out, int depth) {
    uint64_t count = dice_roll(dice, 4);
    switch (dice_roll(dice, depth < 3 ? 6 : 4)) {
    case 0:
        ox_cbor_put_int(out, (int64_t)dice_number(dice));
        return;
    case 1:
        ox_cbor_put_text(out, ox_bytes_of_text("text \xc3\xa9"));
        return;
    case 2:
        ox_cbor_put_bool(out, count > 1);
        return;
    case 3:
        ox_cbor_put_null(out);
        return;
    case 4:
        ox_cbor_put_array(out, count);
        break;
    default:
        ox_cbor_put_map(out, count);
        for (uint64_t i = 0; i < count; i++) {
            uint8_t key = (uint8_t)('a' + 3 * i);
            ox_cbor_put_text(out, (struct ox_bytes){&key, 1});
            write_item(dice, out, depth + 1);
        }
        return;
    }
    for (uint64_t i = 0; i < count; i++)
        write_item(dice, out, depth + 1);
}

static void write_value(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    (void)type;
    write_item(dice, out, 0);
}

static void write_stamp(const struct ox_type *type, struct dice *dice, struct ox_buf *out) {
    (void)type;
    struct ox_stamp stamp = {dice_number(dice), (uint32_t)dice_number(dice), dice_number(dice)};
    ox_stamp_encode(&stamp, out);
}

/* ---- mutants ---- */

struct mutant {
    uint8_t bytes[MUTANT_SIZE];
    size_t size;
};

static void remove_bytes(struct mutant *m, size_t at, size_t count) {
    count = MIN(count, m->size - at);
    memmove(m->bytes + at, m->bytes + at + count, m->size - at - count);
    m->size -= count;
}

static void insert_bytes(struct mutant *m, size_t at, struct ox_bytes piece) {
    size_t count = MIN(piece.size, MUTANT_SIZE - m->size);
    uint8_t copy[MUTANT_SIZE];
    memcpy(copy, piece.data, count);
    memmove(m->bytes + at + count, m->bytes + at, m->size - at);
    memcpy(m->bytes + at, copy, count);
    m->size += count;
}

/* A number inside a head becomes a near one: what was a structure mostly stays one. */
static void nudge_number(struct mutant *m, struct dice *dice) {
    size_t at = dice_roll(dice, m->size);
    for (size_t tries = 0; tries < m->size; tries++, at = (at + 1) % m->size) {
        uint8_t number = m->bytes[at] & 0x1f, step = (uint8_t)(1 + dice_roll(dice, 3));
        if (m->bytes[at] >> 5 > 1 || number > 23)
            continue;
        bool up = number < step || (number + step <= 23 && dice_roll(dice, 2) == 0);
        m->bytes[at] = (uint8_t)(m->bytes[at] + (up ? step : -step));
        return;
    }
}

/* One number becomes a near one wherever it stands: a dot moves in context and store alike. */
static void renumber(struct mutant *m, struct dice *dice) {
    uint8_t old = m->bytes[dice_roll(dice, m->size)];
    if (old >> 5 > 1 || (old & 0x1f) >= 23)
        return;
    for (size_t i = 0; i < m->size; i++)
        if (m->bytes[i] == old)
            m->bytes[i]++;
}

static void mutate(struct mutant *m, const struct ox_buf *others, struct dice *dice) {
    const struct ox_buf *other = &others[dice_roll(dice, SEEDS)];
    size_t at = dice_roll(dice, m->size);
    switch (dice_roll(dice, 12)) {
    case 0:
        m->bytes[at] ^= (uint8_t)(1 << dice_roll(dice, 8));
        break;
    case 1:
        m->bytes[at] = (uint8_t)dice_next(dice);
        break;
    case 2:
        m->size = at;
        break;
    case 3:
        remove_bytes(m, at, 1 + dice_roll(dice, 8));
        break;
    case 4: /* a piece of another */
        insert_bytes(m, at,
                     (struct ox_bytes){other->data, 1 + dice_roll(dice, MIN(other->size, 32))});
        break;
    case 5: /* a piece of itself, again */
        insert_bytes(m, at,
                     (struct ox_bytes){m->bytes + at, MIN(1 + dice_roll(dice, 8), m->size - at)});
        break;
    case 6:
    case 7:
    case 8:
        nudge_number(m, dice);
        break;
    default:
        renumber(m, dice);
        break;
    }
}

static void check_mutant(const struct decoder *decoder, const struct mutant *m,
                         struct ox_buf *again, uint64_t *decoded) {
    struct ox_bytes bytes = {m->bytes, m->size};
    struct ox_cbor in = ox_cbor_of(bytes);
    ox_buf_clear(again);
    enum ox_status status = decoder->decode(decoder->type, &in, again);
    g_assert_cmpint(status, !=, OX_NOMEM);
    g_assert_cmpint(in.failed, ==, status != OX_OK);
    if (!ox_cbor_done(&in))
        return;
    ++*decoded;
    g_assert_cmpmem(again->data, again->size, bytes.data, bytes.size);
}

static void mutants(gconstpointer data) {
    const struct decoder *decoder = data;

    struct dice dice = {4711};
    struct ox_buf seeds[SEEDS] = {0}, again = {0};
    uint64_t decoded = 0, made = 0;
    for (int i = 0; i < SEEDS; i++) {
        do {
            ox_buf_clear(&seeds[i]);
            decoder->write(decoder->type, &dice, &seeds[i]);
        } while (seeds[i].size > MUTANT_SIZE / 2);
        struct mutant same = {.size = seeds[i].size};
        memcpy(same.bytes, seeds[i].data, same.size);
        check_mutant(decoder, &same, &again, &made);
    }
    g_assert_cmpuint(made, ==, SEEDS); /* the seeds themselves decode */
    for (made = 0; made < MUTANTS;) {
        const struct ox_buf *seed = &seeds[dice_roll(&dice, SEEDS)];
        struct mutant m = {.size = seed->size};
        memcpy(m.bytes, seed->data, seed->size);
        for (uint64_t times = 1 + dice_roll(&dice, 6) / 4; times > 0 && m.size > 0; times--)
            mutate(&m, seeds, &dice);
        if (m.size == seed->size && memcmp(m.bytes, seed->data, m.size) == 0)
            continue; /* changed back: not a mutant */
        made++;
        check_mutant(decoder, &m, &again, &decoded);
    }
    g_test_message("%" G_GUINT64_FORMAT " of %d mutants decode", decoded, MUTANTS);
    g_assert_cmpuint(decoded, >=, DECODED_MIN);
    for (int i = 0; i < SEEDS; i++)
        ox_buf_free(&seeds[i]);
    ox_buf_free(&again);
}

/* ---- claims ---- */

enum { CLAIM_SIZE = 48, CLAIM_BYTES_MAX = 16 << 10 };

/* What decoding asks for in all, when `size` bytes of something honest are followed by a head that
 * claims very many items, bytes or pairs, and by zeros up to 48 bytes. */
static uint64_t cost_of_claim(const struct decoder *decoder, const uint8_t *honest, size_t size,
                              uint8_t major, const uint8_t claim[3]) {
    uint8_t bytes[CLAIM_SIZE] = {0};
    struct ox_buf again = {0};
    memcpy(bytes, honest, size);
    bytes[size] = (uint8_t)(major << 5 | claim[0]);
    bytes[size + 1] = claim[1];
    bytes[size + 2] = claim[2];
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){bytes, sizeof bytes});
    alloc_count_from_zero();
    decoder->decode(decoder->type, &in, &again);
    uint64_t cost = alloc_bytes();
    ox_buf_free(&again);
    return cost;
}

static void claims(gconstpointer data) {
    /* What follows the major type, and the first bytes of the number: 2^60, 2^30, 2^20, 2^15. */
    static const uint8_t heads[][3] = {{27, 0x10}, {26, 0x40}, {26, 0, 0x10}, {25, 0x80}};
    const struct decoder *decoder = data;
    if (!alloc_wrapped()) {
        g_test_skip("the test is linked without -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
        return;
    }
    struct dice dice = {31};
    uint64_t most = 0;
    for (int i = 0; i < 100; i++) {
        struct ox_buf honest = {0};
        decoder->write(decoder->type, &dice, &honest);
        size_t size_max = MIN(honest.size, CLAIM_SIZE - 9);
        for (size_t size = 0; size < size_max; size++)
            for (uint8_t major = 0; major < 6; major++)
                for (size_t k = 0; k < G_N_ELEMENTS(heads); k++)
                    most = MAX(most, cost_of_claim(decoder, honest.data, size, major, heads[k]));
        ox_buf_free(&honest);
    }
    g_test_message("%" G_GUINT64_FORMAT " bytes at most", most);
    g_assert_cmpuint(most, <=, CLAIM_BYTES_MAX);
}

/* ---- what fuzzing found ---- */

static enum ox_status decode_bytes(const struct decoder *decoder, const char *bytes, size_t size) {
    struct ox_buf again = {0};
    struct ox_bytes all = {(const uint8_t *)bytes, size};
    struct ox_cbor in = ox_cbor_of(all);
    enum ox_status status = decoder->decode(decoder->type, &in, &again);
    if (status == OX_OK)
        g_assert_cmpmem(again.data, again.size, all.data, all.size);
    ox_buf_free(&again);
    return status;
}

static void what_fuzzing_found(void) {
    struct ox_bytes rga = ox_bytes_of_text("rga");
    const struct decoder object = {ox_type_named(rga), decode_object, NULL};
    const struct decoder delta = {ox_type_named(rga), decode_delta, NULL};
    /* A lamport, and no update that it came from: delta_since cannot bring it. */
    static const char lamport[] = "\x82\xa0\x82\x01\x80";
    g_assert_cmpint(decode_bytes(&object, lamport, sizeof lamport - 1), ==, OX_MALFORMED);
    /* Runs of places without contents: written again by an offset from nowhere. */
    static const char places[] =
        "\x84\xa0\xa1\x02\x82\x04\x06\xa0\x82\x00\x82\x81\x84\x02\x04\x04\x01\x83"
        "\x84\x01\x02\x02\x09\x86\x02\x01\x02\x06\x02\x20\x86\x02\x03\x02\x07\x02\x01";
    g_assert_cmpint(decode_bytes(&delta, places, sizeof places - 1), ==, OX_OK);
    /* Deleted places, though it is collected as far: who joined it, and whom it joined, came to
     * different ends. */
    static const char residue[] =
        "\x83\xa2\x01\x15\x02\x0a\x82\x00\x89\x82\x01\x02\x8e\x01\x01\x01\x00\x01\x00\x01"
        "\x01\x00\x01\x00\x00\x00\x00\x8e\x00\x05\x00\x11\x00\x00\x00\x05\x0e\x02\x00\x01"
        "\x00\x01\x8e\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x00\x8e\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x85\x02\x0d\x0c\x04\x02\x85\x05"
        "\x01\x02\x02\x01\x6a\x63\xc3\xa9\xc3\xa9\x74\xc3\xa9\x72\x64\x82\xf6\xf6\xa1\x01"
        "\x15";
    g_assert_cmpint(decode_bytes(&object, residue, sizeof residue - 1), ==, OX_MALFORMED);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    static const struct decoder vv = {NULL, decode_vv, write_vv};
    static const struct decoder dots = {NULL, decode_dots, write_dots};
    static const struct decoder value = {NULL, decode_value, write_value};
    static const struct decoder stamp = {NULL, decode_stamp, write_stamp};
    static const struct decoder operation = {&ox_rga, decode_operation, write_operation};
    g_test_add_func("/hostile/what fuzzing found", what_fuzzing_found);
    g_test_add_data_func("/hostile/claims of operation of rga", &operation, claims);
    g_test_add_data_func("/hostile/operation of rga", &operation, mutants);
    g_test_add_data_func("/hostile/claims of version vector", &vv, claims);
    g_test_add_data_func("/hostile/claims of dots", &dots, claims);
    g_test_add_data_func("/hostile/claims of value", &value, claims);
    g_test_add_data_func("/hostile/version vector", &vv, mutants);
    g_test_add_data_func("/hostile/dots", &dots, mutants);
    g_test_add_data_func("/hostile/value", &value, mutants);
    g_test_add_data_func("/hostile/stamp", &stamp, mutants);
    for (size_t i = 0; ox_types[i] != NULL; i++) {
        struct decoder *object = g_new(struct decoder, 1), *delta = g_new(struct decoder, 1);
        *object = (struct decoder){ox_types[i], decode_object, write_object};
        *delta = (struct decoder){ox_types[i], decode_delta, write_delta};
        char *of_object = g_strdup_printf("/hostile/object of %s", ox_types[i]->name);
        char *of_delta = g_strdup_printf("/hostile/delta of %s", ox_types[i]->name);
        char *claims_object = g_strdup_printf("/hostile/claims of object of %s", ox_types[i]->name);
        char *claims_delta = g_strdup_printf("/hostile/claims of delta of %s", ox_types[i]->name);
        g_test_add_data_func(claims_object, object, claims);
        g_test_add_data_func(claims_delta, delta, claims);
        g_free(claims_object);
        g_free(claims_delta);
        g_test_add_data_func_full(of_object, object, mutants, g_free);
        g_test_add_data_func_full(of_delta, delta, mutants, g_free);
        g_free(of_object);
        g_free(of_delta);
    }
    return g_test_run();
}
