/* fuzz.c - honest objects to meet hostile ones, and reading a target's input; see fuzz.h. */
#include "props/fuzz/fuzz.h"

#include <string.h>

/* ---- input ---- */

uint8_t fuzz_byte(struct fuzz_input *input) {
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

struct ox_bytes fuzz_piece(struct fuzz_input *input) {
    size_t size = fuzz_byte(input);
    size |= (size_t)fuzz_byte(input) << 8;
    if (size > input->left)
        size = input->left;
    struct ox_bytes piece = {input->at, size};
    input->at += size;
    input->left -= size;
    return piece;
}

void fuzz_put_piece(struct ox_buf *out, struct ox_bytes piece) {
    FUZZ_CHECK(piece.size <= UINT16_MAX, "a seed's piece is too long");
    ox_buf_push(out, (uint8_t)piece.size);
    ox_buf_push(out, (uint8_t)(piece.size >> 8));
    ox_buf_append(out, piece.data, piece.size);
}

struct ox_bytes fuzz_rest(const struct fuzz_input *input) {
    return (struct ox_bytes){input->at, input->left};
}

size_t fuzz_type_count(void) {
    size_t count = 0;
    while (ox_types[count] != NULL)
        count++;
    return count;
}

const struct ox_type *fuzz_type(struct fuzz_input *input) {
    return ox_types[fuzz_byte(input) % fuzz_type_count()];
}

/* ---- checks ---- */

void fuzz_check_object(const struct ox_object *object, const char *where) {
    const char *why = "";
    FUZZ_CHECK(ox_object_valid(object, &why), "%s: %s: not valid: %s", object->type->name, where,
               why);
}

void fuzz_check_same(struct ox_bytes a, struct ox_bytes b, const char *what) {
    FUZZ_CHECK(ox_bytes_equal(a, b), "%s: %zu bytes became %zu others", what, a.size, b.size);
}

/* ---- honest objects ---- */

uint64_t fuzz_roll(uint64_t *dice, uint64_t sides) {
    *dice ^= *dice >> 12;
    *dice ^= *dice << 25;
    *dice ^= *dice >> 27;
    return (*dice * UINT64_C(0x2545f4914f6cdd1d) >> 16) % sides;
}

static struct ox_value random_element(uint64_t *dice) {
    static const char *const texts[] = {"x", "y", "an element that is long", "\xe2\x82\xac", ""};
    switch (fuzz_roll(dice, 8)) {
    case 0:
        return ox_value_null();
    case 1:
        return ox_value_bool(fuzz_roll(dice, 2) == 0);
    case 2:
        return ox_value_int(INT64_MIN + (int64_t)fuzz_roll(dice, 3));
    case 3:
        return ox_value_int((int64_t)fuzz_roll(dice, 100));
    default:
        return ox_value_text(texts[fuzz_roll(dice, sizeof texts / sizeof *texts)]);
    }
}

/* The element of a sequence, or the start: mostly one that is there. */
static struct ox_dot random_place(const struct ox_object *object, uint64_t *dice) {
    struct ox_dots alive = {0};
    struct ox_dot at = {0, 0};
    if (object->type->alive(object->store, &alive) == OX_OK && alive.count > 0 &&
        fuzz_roll(dice, 6) > 0) {
        struct ox_span span = alive.spans[fuzz_roll(dice, alive.count)];
        at =
            (struct ox_dot){span.replica, span.first + fuzz_roll(dice, span.last - span.first + 1)};
    }
    ox_dots_free(&alive);
    return at;
}

static void random_arguments(const struct ox_object *object, uint64_t *dice, struct ox_op *op) {
    static const char *const texts[] = {"a", "word", "\xc3\xa9t\xc3\xa9", "two words"};
    op->arg = random_element(dice);
    op->at = random_place(object, dice);
    switch (op->verb->arg) {
    case OX_ARG_AMOUNT:
    case OX_ARG_RANGE:
        op->arg = ox_value_int(1 + (int64_t)fuzz_roll(dice, 9));
        break;
    case OX_ARG_TEXT:
        op->arg = ox_value_text(texts[fuzz_roll(dice, sizeof texts / sizeof *texts)]);
        break;
    case OX_ARG_AFTER:
        if (fuzz_roll(dice, 2) == 0)
            op->arg = ox_value_text("c"); /* what a text holds */
        break;
    case OX_ARG_VALUE:
        if (fuzz_roll(dice, 3) == 0)
            op->arg = (struct ox_value){OX_VALUE_STRUCTURED, 0, ox_bytes_of_text("\x82\x01\x61x")};
        break;
    default:
        break;
    }
}

static const struct ox_verb *random_verb(const struct ox_type *type, uint64_t *dice) {
    return &type->verbs[fuzz_roll(dice, type->verb_count)];
}

/* Not a map: maps in maps come by longer paths. */
static const struct ox_type *random_inner_type(uint64_t *dice) {
    for (;;) {
        const struct ox_type *type = ox_types[fuzz_roll(dice, fuzz_type_count())];
        bool map = false;
        for (size_t i = 0; i < type->verb_count; i++)
            map |= type->verbs[i].arg == OX_ARG_INNER;
        if (!map)
            return type;
    }
}

void fuzz_random_op(const struct ox_object *object, uint64_t *dice, struct fuzz_op *drawn) {
    static const char *const keys[] = {"a", "b", "", "key"};
    *drawn = (struct fuzz_op){.op = {.verb = random_verb(object->type, dice)}};
    random_arguments(object, dice, &drawn->op);
    if (drawn->op.verb->arg != OX_ARG_PATH && drawn->op.verb->arg != OX_ARG_INNER)
        return;
    drawn->op.path = drawn->path;
    drawn->op.depth = 1 + fuzz_roll(dice, 3);
    for (size_t i = 0; i < drawn->op.depth; i++)
        drawn->path[i] = ox_bytes_of_text(keys[fuzz_roll(dice, sizeof keys / sizeof *keys)]);
    drawn->op.inner = random_inner_type(dice);
    drawn->inner.verb = random_verb(drawn->op.inner, dice);
    random_arguments(object, dice, &drawn->inner);
    drawn->op.op = &drawn->inner;
}

void fuzz_honest_object(const struct ox_type *type, uint64_t seed, unsigned updates,
                        ox_replica first, struct ox_object *object) {
    uint64_t dice = seed * 2 + 1;
    struct ox_object sides[2];
    for (int i = 0; i < 2; i++)
        FUZZ_CHECK(ox_object_init(&sides[i], type) == OX_OK, "no memory");
    for (unsigned i = 0; i < updates; i++) {
        unsigned side = (unsigned)fuzz_roll(&dice, 2);
        struct fuzz_op drawn;
        struct ox_stamp stamp = {fuzz_roll(&dice, 1000), 0, first + side};
        fuzz_random_op(&sides[side], &dice, &drawn);
        ox_object_apply(&sides[side], &drawn.op, first + side, &stamp, NULL);
        if (fuzz_roll(&dice, 4) == 0)
            FUZZ_CHECK(ox_object_join(&sides[1 - side], &sides[side], NULL) == OX_OK,
                       "%s: an honest join is refused", type->name);
    }
    FUZZ_CHECK(ox_object_join(&sides[0], &sides[1], NULL) == OX_OK, "an honest join is refused");
    fuzz_check_object(&sides[0], "honest");
    ox_object_free(&sides[1]);
    *object = sides[0];
}
