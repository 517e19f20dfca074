/* laws/draw.c - the tables that operations are drawn from. */
#include "props/laws/draw.h"

#include "props/reference/rules.h"

#include <string.h>

/* ---- elements, amounts, values ---- */

static struct ox_value structured(const uint8_t *cbor, size_t size) {
    return (struct ox_value){.kind = OX_VALUE_STRUCTURED, .bytes = {cbor, size}};
}

static const uint8_t list[] = {0x82, 0x01, 0x61, 'x'}; /* [1, "x"] */

/* The first two come up most, so that updates meet at one element; the others make sets large. */
struct ox_value ox_draw_element(uint64_t pick) {
    static const char long_text[] =
        "a text that is longer than anything that could be kept inside a slot of a table, and than "
        "what a one-byte head of an encoding can count, which makes it longer than 255 bytes; so "
        "here is some more of it: the quick brown fox jumps over the lazy dog, and back again, "
        "and over.";
    if (pick < 8) {
        return ox_value_text("a");
    }
    if (pick < 12) {
        return ox_value_text("b");
    }
    switch (pick) {
    case 12:
        return ox_value_null();
    case 13:
        return ox_value_bool(true);
    case 14:
        return ox_value_bool(false);
    case 15:
        return ox_value_text("\xc3\xa9\"\n\x01");
    case 16:
        return ox_value_text("");
    case 17:
        return ox_value_text(long_text);
    case 18:
        return ox_value_int(INT64_MIN);
    case 19:
        return ox_value_int(-1);
    case OX_DRAW_ARGUMENTS - 1:
        return structured(list, sizeof list); /* no element */
    default:
        return ox_value_int((int64_t)(pick - 20) * 5);
    }
}

/* Below 28 small ones; then ones that bring the own total to its bound, so that the next is
 * refused, which depends on who makes it; and two that no counter may take. */
static struct ox_value amount_of(uint64_t pick) {
    switch (pick) {
    case 28:
        return ox_value_int(0);
    case 29:
        return ox_value_int(-3);
    case 30:
        return ox_value_int(INT64_MAX - 4);
    case 31:
        return ox_value_int(INT64_MAX);
    default:
        return ox_value_int(1 + (int64_t)(pick % 10));
    }
}

/* Any value, two structured ones among them, and one that nobody may write. */
static struct ox_value value_of(uint64_t pick) {
    static const uint8_t map[] = {0xa1, 0x61, 'k', 0x81, 0xf6};             /* {"k": [null]} */
    static const uint8_t keys[] = {0xa2, 0x61, 'b', 0x01, 0x61, 'a', 0x02}; /* they descend */
    switch (pick) {
    case 20:
        return structured(list, sizeof list);
    case 21:
        return structured(map, sizeof map);
    case 22:
        return structured(keys, sizeof keys);
    default:
        return ox_draw_element(pick);
    }
}

/* Runs of text: of one scalar up to twenty, of every width; none at all; and one that is not UTF-8.
 */
static struct ox_value text_of(uint64_t pick) {
    static const char *const texts[] = {
        "h",     "hi",   "abc",    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
        "hello", "x",    "yz",     "the quick brown fox ",
        "",      "\xff", "ok\n\"", "no"};
    return ox_value_text(texts[pick % G_N_ELEMENTS(texts)]);
}

/* How many elements of a run: some, more than there are, none. */
static struct ox_value count_of(uint64_t pick) {
    static const int64_t counts[] = {1, 2, 3, 2, 4, 1, 2, 3, 100, 0, -1, 5};
    return ox_value_int(counts[pick % G_N_ELEMENTS(counts)]);
}

/* ---- verbs ---- */

/* The first verb of a type, the one that adds, comes up more than the others: what is not there
 * cannot be removed. */
static const struct ox_verb *verb_of(const struct ox_type *type, uint64_t pick) {
    return &type->verbs[pick < 4 ? 0 : pick % type->verb_count];
}

const struct ox_verb *ox_verb_of_kind(const struct ox_type *type, enum ox_arg_kind kind) {
    for (size_t i = 0; i < type->verb_count; i++) {
        if (type->verbs[i].arg == kind) {
            return &type->verbs[i];
        }
    }
    return NULL;
}

bool ox_verb_names_element(const struct ox_verb *verb) {
    return verb->arg == OX_ARG_AFTER || verb->arg == OX_ARG_TEXT || verb->arg == OX_ARG_AT ||
           verb->arg == OX_ARG_RANGE;
}

const struct ox_op *ox_op_innermost(const struct ox_op *op) {
    while (op->verb->arg == OX_ARG_INNER) {
        op = op->op;
    }
    return op;
}

/* ---- as a reference model reads them ---- */

char *ox_draw_value_json(const struct ox_value *value) {
    struct ox_buf cbor = {0}, json = {0};
    char *text = NULL;
    ox_value_encode(value, &cbor);
    if (ox_value_json(ox_buf_bytes(&cbor), &json) == OX_OK) {
        text = g_strndup((const char *)json.data, json.size);
    }
    ox_buf_free(&cbor);
    ox_buf_free(&json);
    return text;
}

char **ox_draw_path_json(const struct ox_op *op) {
    char **path = g_new0(char *, op->depth + 1);
    for (size_t i = 0; i < op->depth; i++) {
        struct ox_value key = {.kind = OX_VALUE_TEXT, .bytes = op->path[i]};
        path[i] = ox_draw_value_json(&key);
    }
    return path;
}

/* ---- elements of sequences ---- */

GArray *ox_draw_places(const struct ox_history *history, const struct ox_model_context *context,
                       const struct ox_op *op) {
    struct ox_model_context held = *context;
    struct ox_ref_context seen = {held.n, history->replica_count};
    char **path = ox_draw_path_json(op);
    struct ox_ref_view view = op->depth > 0
                                  ? ox_ref_map_view(&history->updates, &seen, path, op->inner->name)
                                  : ox_ref_view_of(&history->updates, &seen);
    GArray *places = ox_ref_places(&view);
    ox_ref_view_clear(&view);
    g_strfreev(path);
    return places;
}

static struct ox_dot dot_of_place(const struct ox_history *history,
                                  const struct ox_ref_place *place) {
    return (struct ox_dot){history->replicas[place->insert->replica], place->insert->n};
}

/* The `back`-th place from the end that shows an element (or any place); {0, 0}: there is none. */
static struct ox_dot pick_place(const struct ox_history *history, const GArray *places, guint back,
                                bool shown) {
    struct ox_dot picked = {0};
    guint count = 0;
    for (guint i = 0; i < places->len; i++) {
        count += !shown || g_array_index(places, struct ox_ref_place, i).shown;
    }
    guint wanted = count == 0 ? 0 : count - 1 - back % count;
    for (guint i = 0, met = 0; i < places->len && count > 0; i++) {
        const struct ox_ref_place *place = &g_array_index(places, struct ox_ref_place, i);
        if ((!shown || place->shown) && met++ == wanted) {
            picked = dot_of_place(history, place);
        }
    }
    return picked;
}

/* The start, an element, one that may be deleted (where residue goes, replicas need not remember
 * it), or one that nobody has. */
static struct ox_dot element_at(const struct ox_history *history, unsigned at,
                                const struct ox_op *op, uint64_t which) {
    const struct ox_place *place = &history->places[at];
    if (which == 0) {
        return (struct ox_dot){0};
    }
    if (which == OX_DRAW_ELEMENTS - 1) {
        return (struct ox_dot){place->replica, place->context.n[place->index] + 1000};
    }
    bool edits = history->options.edit != NULL; /* also behind what is deleted */
    uint64_t any = edits ? OX_DRAW_ELEMENTS / 2 : OX_DRAW_ELEMENTS - 2;
    bool shown = which < any || history->options.stability;
    bool far = edits && op->verb->arg == OX_ARG_RANGE; /* for long ones */
    GArray *places = ox_draw_places(history, &place->context, op);
    guint back = far && places->len >= which ? places->len - (guint)which : (guint)which - 1;
    struct ox_dot dot = pick_place(history, places, back, shown);
    g_array_free(places, TRUE);
    return dot;
}

/* ---- paths ---- */

/* Keys are few, so that updates meet; one in twelve is a strange one. */
static struct ox_bytes key_of(uint64_t pick, bool strange) {
    static const char *const keys[] = {"k", "m"}, *const odd[] = {"", "\xc3\xa9:\"\n"};
    return ox_bytes_of_text(strange ? odd[pick % 2] : keys[pick % 2]);
}

/* A number below OX_DRAW_PATHS: inner type x depth x keys, of which one chain comes up most. */
static void draw_path(const struct ox_history *history, const struct ox_draw *draw,
                      struct ox_drawn *out) {
    static const size_t depths[] = {1, 1, 2, 1, 2, 3};
    bool nested = history->options.inner == history->type;
    static const uint64_t chains[] = {0, 0, 0, 1, 2, 3};
    uint64_t keys = chains[draw->path % 6];
    bool strange = draw->which == OX_DRAW_ELEMENTS - 2 && draw->pick % 4 == 0;
    out->op.depth = nested ? 2 + draw->path / 6 % 2 : depths[draw->path / 6 % 6];
    out->op.path = out->path;
    for (size_t i = 0; i < out->op.depth; i++) {
        out->path[i] = key_of(i == 0 ? keys % 2 : i == 1 ? keys / 2 : keys / 2 + keys, strange);
    }
}

/* The types that a map holds, in the order of ox_types. */
static const struct ox_type *inner_of(const struct ox_history *history, uint64_t pick) {
    const struct ox_type *fixed = history->options.inner;
    const struct ox_type *types[64];
    size_t count = 0;
    if (fixed != NULL && fixed != history->type) {
        return fixed;
    }
    for (size_t i = 0; ox_types[i] != NULL && count < G_N_ELEMENTS(types); i++) {
        if (ox_verb_of_kind(ox_types[i], OX_ARG_INNER) == NULL) {
            types[count++] = ox_types[i];
        }
    }
    return types[pick % count];
}

/* ---- operations ---- */

/* Lists of every kind: of scalars alone, of no scalar, of one element, of none; and one that nobody
 * may insert. */
static struct ox_value list_of(uint64_t pick) {
    static const uint8_t mixed[] = {0x83, 0xf6, 0x63, 't', 'w', 'o', 0x07},
                         scalars[] = {0x82, 0x61, 'a', 0x61, 'b'}, one[] = {0x81, 0xf5},
                         numbers[] = {0x84, 0x01, 0x02, 0x18, 0x64, 0x03}, none[] = {0x80},
                         nested[] = {0x82, 0x01, 0x80};
    const struct ox_value lists[] = {
        structured(list, sizeof list),       structured(mixed, sizeof mixed),
        structured(numbers, sizeof numbers), structured(scalars, sizeof scalars),
        structured(list, sizeof list),       structured(one, sizeof one),
        structured(none, sizeof none),       structured(nested, sizeof nested)};
    return lists[pick % G_N_ELEMENTS(lists)];
}

/* Elements that come up again and again hide that two have changed places, so some come up once. */
static struct ox_value listed_of(const struct ox_history *history, const struct ox_draw *draw) {
    bool own = draw->pick < 12 && draw->pick % 2 == 1;
    if (history->options.edit != NULL && draw->pick % 4 == 2) {
        return list_of(draw->pick / 4);
    }
    return own ? ox_value_int((int64_t)(100 + draw->pick * OX_DRAW_ELEMENTS + draw->which))
               : ox_draw_element(draw->pick);
}

/* All but what needs a path. Many a removal is of an element that is often there. */
static void draw_plain(const struct ox_history *history, unsigned at, const struct ox_draw *draw,
                       const struct ox_op *whole, struct ox_op *op) {
    const struct ox_type *type = whole == op ? history->type : whole->inner;
    bool common = op->verb != &type->verbs[0] && draw->which % 4 == 1;
    switch (op->verb->arg) {
    case OX_ARG_AMOUNT:
        op->arg = amount_of(history->options.spread > 0 ? draw->pick % 28 : draw->pick);
        break;
    case OX_ARG_ELEMENT:
        op->arg = ox_draw_element(common ? draw->pick % 12 : draw->pick);
        break;
    case OX_ARG_AFTER:
        op->arg = listed_of(history, draw);
        break;
    case OX_ARG_TEXT:
        op->arg = text_of(draw->pick);
        break;
    case OX_ARG_RANGE:
        op->arg = count_of(draw->pick);
        break;
    default:
        op->arg = value_of(draw->pick);
        break;
    }
    if (ox_verb_names_element(op->verb)) {
        bool inserts = op->verb->arg == OX_ARG_AFTER || op->verb->arg == OX_ARG_TEXT;
        bool start = inserts || draw->pick % 8 == 0; /* nothing is there to delete */
        uint64_t which = start ? draw->which : MAX(draw->which, 1);
        if (history->options.edit != NULL && which % 3 == 0 && inserts) {
            which = 0; /* much is typed backwards, and at one place by many */
        }
        op->at = element_at(history, at, whole, which);
    }
}

void ox_draw_aim(const struct ox_type *type, const struct ox_draw *added, struct ox_draw *draw) {
    bool in_map = draw->which == 3, whole_key = draw->which == 7;
    bool is_map = ox_verb_of_kind(type, OX_ARG_INNER) != NULL;
    uint64_t removal = 4 + draw->verb % 8;
    if (!in_map && !whole_key) {
        return;
    }
    draw->path = added->path;
    draw->pick = added->pick;
    draw->verb = !is_map ? removal * 12 : in_map ? removal : 5 * 12;
}

void ox_draw_op(const struct ox_history *history, unsigned at, const struct ox_draw *draw,
                struct ox_drawn *out) {
    *out = (struct ox_drawn){.op.verb = verb_of(history->type, draw->verb / 12)};
    if (history->options.edit != NULL && draw->verb / 12 == OX_DRAW_RANGE / 12) {
        out->op.verb = ox_verb_of_kind(history->type, OX_ARG_RANGE); /* more of it goes in runs */
    }
    switch (out->op.verb->arg) {
    case OX_ARG_PATH:
        draw_path(history, draw, out);
        break;
    case OX_ARG_INNER:
        draw_path(history, draw, out);
        out->op.inner = inner_of(history, draw->path / 36);
        out->op.op = &out->inner;
        out->inner.verb = verb_of(out->op.inner, draw->verb % 12);
        draw_plain(history, at, draw, &out->op, &out->inner);
        break;
    default:
        draw_plain(history, at, draw, &out->op, &out->op);
        break;
    }
}
