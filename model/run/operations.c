#include "model/run/operations.h"

#include "model/chance/random.h"

#include <assert.h>

#define AMOUNT_MAX 10

/* The draws of one update. */
struct draw {
    const struct ox_run *run;
    const struct ox_object *object;
    uint64_t update;
    struct ox_drawn *drawn;
};

/* What a draw of an argument is for; the values are in old digests. */
enum { WHAT, WHICH, PLACE, LENGTH, DEPTH, CUT, KEYS };
/* The verb of the object, and that inside a map. */
enum { OUTER, INNER };

static uint64_t bits_of(const struct draw *draw, uint64_t what) {
    return ox_random(draw->run->config->seed, OX_STREAM_ARGUMENT, draw->update, what, 0);
}

/* A type's first verb is the one that adds; with the chance of removals it is one of the others. */
static const struct ox_verb *draw_verb(const struct draw *draw, const struct ox_type *type,
                                       uint64_t which) {
    double removes = draw->run->config->workload.removes;
    double u = ox_random_unit(draw->run->config->seed, OX_STREAM_VERB, draw->update, which, 0);
    size_t others = type->verb_count - 1;
    assert(type->verb_count > 0);
    if (others == 0 || u >= removes)
        return &type->verbs[0];
    return &type->verbs[1 + MIN((size_t)(u / removes * (double)others), others - 1)];
}

/* ---- elements and values ---- */

static struct ox_value draw_element(const struct draw *draw, uint64_t bits) {
    struct ox_drawn_text *text = &draw->drawn->text;
    uint64_t element = ox_random_below(bits, MAX(draw->run->config->workload.elements, 1));
    g_snprintf(text->bytes, sizeof text->bytes, "e%u", (unsigned)element);
    return ox_value_text(text->bytes);
}

/* Half of the values occur once, as a number or a text, so that a read tells which write it shows;
 * the other half are elements, so that concurrent writes of one value happen too. */
static struct ox_value draw_value(const struct draw *draw, uint64_t bits) {
    struct ox_drawn_text *text = &draw->drawn->text;
    switch (ox_random_below(bits, 4)) {
    case 0:
        return ox_value_int((int64_t)draw->update);
    case 1:
        g_snprintf(text->bytes, sizeof text->bytes, "u%" G_GUINT64_FORMAT, draw->update);
        return ox_value_text(text->bytes);
    default:
        return draw_element(draw, bits_of(draw, WHICH));
    }
}

/* ---- sequences ---- */

/* Letters, every eighth of them one of two bytes. */
static struct ox_value draw_letters(const struct draw *draw, uint64_t length) {
    char *text = draw->drawn->text.bytes;
    uint64_t bits = bits_of(draw, WHAT);
    size_t size = 0;
    for (uint64_t i = 0; i < length; i++, bits >>= 8) {
        bool wide = bits % 8 == 0;
        size += (size_t)g_unichar_to_utf8((wide ? 0xe0u : 'a') + bits / 8 % 24, text + size);
    }
    text[size] = '\0';
    return ox_value_text(text);
}

/* Of four elements three are letters, and one is a number. */
static struct ox_value draw_content(const struct draw *draw) {
    bool number = bits_of(draw, WHICH) % 4 == 0;
    return number ? ox_value_int((int64_t)draw->update) : draw_letters(draw, 1);
}

/* The elements that the sequence at `whole`, which is the operation or the map's around it, shows;
 * `dot` becomes that of the one at the position, if there is one. */
static uint64_t elements(const struct draw *draw, const struct ox_op *whole, uint64_t position,
                         struct ox_dot *dot) {
    const struct ox_type *type = draw->object->type;
    return type->elements ? type->elements(draw->object->store, whole, position, dot) : 0;
}

/* After any element, or at the start. */
static struct ox_dot draw_before(const struct draw *draw, const struct ox_op *whole) {
    struct ox_dot dot = {0};
    uint64_t count = elements(draw, whole, UINT64_MAX, &dot);
    uint64_t place = ox_random_below(bits_of(draw, PLACE), count + 1);
    if (place > 0)
        elements(draw, whole, place - 1, &dot);
    return dot;
}

/* An element, and how many of those from it on there are, up to `most`. */
static struct ox_dot draw_shown(const struct draw *draw, const struct ox_op *whole,
                                uint64_t *most) {
    struct ox_dot dot = {0};
    uint64_t count = elements(draw, whole, UINT64_MAX, &dot);
    assert(count > 0);
    uint64_t place = ox_random_below(bits_of(draw, PLACE), count);
    elements(draw, whole, place, &dot);
    *most = MIN(*most, count - place);
    return dot;
}

static bool takes_away(const struct ox_verb *verb) {
    return verb->arg == OX_ARG_AT || verb->arg == OX_ARG_RANGE;
}

/* ---- operations ---- */

/* The verb and its argument. What is not there cannot be taken away: something is added then. */
static void draw_plain(const struct draw *draw, const struct ox_type *type,
                       const struct ox_op *whole, uint64_t which, struct ox_op *op) {
    struct ox_dot dot;
    op->verb = draw_verb(draw, type, which);
    if (takes_away(op->verb) && elements(draw, whole, UINT64_MAX, &dot) == 0)
        op->verb = &type->verbs[0];
    uint64_t bits = bits_of(draw, WHAT), run = 1 + bits_of(draw, LENGTH) % OX_DRAWN_RUN;
    switch (op->verb->arg) {
    case OX_ARG_AMOUNT:
        op->arg = ox_value_int(1 + (int64_t)ox_random_below(bits, AMOUNT_MAX));
        break;
    case OX_ARG_ELEMENT:
        op->arg = draw_element(draw, bits);
        break;
    case OX_ARG_VALUE:
        op->arg = draw_value(draw, bits);
        break;
    case OX_ARG_AFTER:
        op->arg = draw_content(draw);
        op->at = draw_before(draw, whole);
        break;
    case OX_ARG_TEXT:
        op->arg = draw_letters(draw, run);
        op->at = draw_before(draw, whole);
        break;
    case OX_ARG_AT:
        op->at = draw_shown(draw, whole, &run);
        break;
    case OX_ARG_RANGE:
        op->at = draw_shown(draw, whole, &run);
        op->arg = ox_value_int((int64_t)run);
        break;
    case OX_ARG_PATH:
    case OX_ARG_INNER:
        assert(!"a map inside a map is a longer path");
    }
}

/* ---- maps ---- */

/* The types that a map can hold, in the order of the registry. */
static size_t inner_types(const struct ox_type **types, size_t room) {
    size_t count = 0;
    for (size_t i = 0; ox_types[i] != NULL; i++)
        if (ox_types[i]->verbs[0].arg != OX_ARG_INNER && count < room)
            types[count++] = ox_types[i];
    return count;
}

/* Few keys hold maps, so that paths meet: the first two. They hold something else too, so that a
 * key has several types now and then. The number of the last key. */
static uint64_t draw_path(const struct draw *draw, uint64_t last_keys, struct ox_op *op) {
    struct ox_drawn *drawn = draw->drawn;
    uint64_t key = 0;
    op->depth = 1 + ox_random_below(bits_of(draw, DEPTH), OX_DRAWN_DEPTH);
    op->path = drawn->path;
    for (size_t i = 0; i < op->depth; i++) {
        bool last = i + 1 == op->depth;
        key = ox_random_below(bits_of(draw, KEYS + i), last ? last_keys : 2);
        g_snprintf(drawn->keys[i].bytes, sizeof drawn->keys[i].bytes, "p%u", (unsigned)key);
        drawn->path[i] = ox_bytes_of_text(drawn->keys[i].bytes);
    }
    return key;
}

/* Key p(i) at the end of a path holds the i-th type. */
static void draw_inner(const struct draw *draw, struct ox_op *op) {
    const struct ox_type *types[32];
    size_t count = inner_types(types, G_N_ELEMENTS(types));
    op->inner = types[draw_path(draw, count, op)];
    op->op = &draw->drawn->inner;
    draw_plain(draw, op->inner, op, INNER, &draw->drawn->inner);
}

/* A removal takes away a key, or a map with all its keys. */
static void draw_removal(const struct draw *draw, struct ox_op *op) {
    const struct ox_type *types[32];
    draw_path(draw, inner_types(types, G_N_ELEMENTS(types)), op);
    op->depth = 1 + ox_random_below(bits_of(draw, CUT), op->depth);
}

void ox_draw_operation(const struct ox_run *run, const struct ox_type *type,
                       const struct ox_object *object, uint64_t update, struct ox_drawn *drawn) {
    struct draw draw = {run, object, update, drawn};
    struct ox_op *op = &drawn->op;
    drawn->op = drawn->inner = (struct ox_op){0};
    op->verb = draw_verb(&draw, type, OUTER);
    if (op->verb->arg == OX_ARG_INNER)
        draw_inner(&draw, op);
    else if (op->verb->arg == OX_ARG_PATH)
        draw_removal(&draw, op);
    else
        draw_plain(&draw, type, op, OUTER, op);
}
