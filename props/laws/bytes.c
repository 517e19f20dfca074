/* laws/bytes.c - bytes: there and back again, and bytes that nobody honest wrote.
 *
 * A mutant is a true encoding with one to three small changes: a bit, a byte, a number one up or
 * down or in a longer form, a piece cut out, doubled, or taken from another encoding. Most are
 * refused; the ones that still decode are the dangerous ones. They must be valid, be the one
 * encoding of what they mean, and leave a replica valid that joins them.
 */
#include "props/laws/case.h"

#include <string.h>

/* ---- encoding ---- */

/* Decodes all of `bytes`; false when they are refused or when some are left. */
static bool decodes_whole(const struct ox_type *type, struct ox_bytes bytes,
                          struct ox_object *object) {
    struct ox_cbor in = ox_cbor_of(bytes);
    if (ox_object_decode(object, type, &in) != OX_OK) {
        return false;
    }
    if (ox_cbor_done(&in)) {
        return true;
    }
    ox_object_free(object);
    return false;
}

static bool object_comes_back(struct ox_law_case *c, const struct ox_object *object,
                              uint64_t choice) {
    struct ox_buf bytes = {0};
    struct ox_object back, cut;
    const char *reason = NULL;
    ox_object_encode(object, &bytes);
    bool holds = decodes_whole(c->type, ox_buf_bytes(&bytes), &back) ||
                 ox_law_fail(c, "an object's own encoding is refused");
    if (holds) {
        holds = ox_law_same(c, "decoding an encoding gives another object", "before", object,
                            "after", &back) &&
                (ox_object_valid(&back, &reason) ||
                 ox_law_fail(c, "a decoded object is not valid: %s", reason));
        ox_object_free(&back);
    }
    struct ox_bytes prefix = {bytes.data, (size_t)(choice % bytes.size)};
    if (holds && decodes_whole(c->type, prefix, &cut)) {
        ox_object_free(&cut);
        holds = ox_law_fail(c, "an encoding cut off after %zu of %zu bytes is accepted",
                            prefix.size, bytes.size);
    }
    ox_buf_free(&bytes);
    return holds;
}

static bool delta_comes_back(struct ox_law_case *c, const struct ox_delta *delta) {
    struct ox_buf bytes = {0}, again = {0};
    struct ox_delta back = {0};
    ox_delta_encode(delta, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    enum ox_status status = ox_delta_decode(&back, c->type, &in);
    bool holds = (status == OX_OK && ox_cbor_done(&in)) ||
                 ox_law_fail(c, "a delta's own encoding is refused (%s)", ox_status_name(status));
    if (holds) {
        ox_delta_encode(&back, &again);
        holds = ox_bytes_equal(ox_buf_bytes(&bytes), ox_buf_bytes(&again)) ||
                ox_law_fail(c, "decoding a delta's encoding gives another delta");
    }
    ox_delta_free(&back);
    ox_buf_free(&bytes);
    ox_buf_free(&again);
    return holds;
}

bool ox_law_encoding(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_message *message = event->message;
    if (event->status != OX_OK) {
        return event->action != OX_ACTION_RESTART ||
               ox_law_status(c, "an object's own encoding is refused", event->status);
    }
    if (message != NULL && message->kind != OX_MESSAGE_STATE && !ox_delta_empty(&message->delta) &&
        !delta_comes_back(c, &message->delta)) {
        return false;
    }
    return object_comes_back(c, &c->history.places[event->place].object,
                             ox_history_spare(event->record));
}

/* The type's own questions about stores agree with the bytes. */
static bool store_answers_agree(struct ox_law_case *c, const struct ox_object *a,
                                const struct ox_object *b) {
    for (unsigned i = 0; i < 2; i++) {
        ox_buf_clear(&c->bytes[i]);
        c->type->encode(i == 0 ? a->store : b->store, &c->bytes[i]);
    }
    bool same = ox_bytes_equal(ox_buf_bytes(&c->bytes[0]), ox_buf_bytes(&c->bytes[1]));
    if (same != c->type->equal(a->store, b->store)) {
        return ox_law_differ(c,
                             same ? "the type calls stores unequal whose bytes are equal"
                                  : "the type calls stores equal whose bytes are not",
                             "one", a, "the other", b);
    }
    return true;
}

/* An untouched object is the one whose store is empty. */
static bool emptiness_agrees(struct ox_law_case *c, const struct ox_object *object) {
    struct ox_object empty;
    if (ox_object_init(&empty, c->type) != OX_OK) {
        return ox_law_fail(c, "an empty object cannot be made");
    }
    bool is_empty = c->type->equal(object->store, empty.store);
    ox_object_free(&empty);
    return is_empty == c->type->empty(object->store) ||
           ox_law_fail(c, "the type calls a store %sempty that is %s an untouched one",
                       is_empty ? "not " : "", is_empty ? "equal to" : "different from");
}

bool ox_law_canonical(struct ox_law_case *c) {
    for (unsigned i = 0; i < OX_HISTORY_PLACES; i++) {
        const struct ox_object *a = &c->history.places[i].object;
        if (!emptiness_agrees(c, a)) {
            return false;
        }
        for (unsigned j = i + 1; j < OX_HISTORY_PLACES; j++) {
            const struct ox_object *b = &c->history.places[j].object;
            if (!store_answers_agree(c, a, b) ||
                (ox_vv_equal(&a->context, &b->context) &&
                 !ox_law_same(c, "equal contexts, different objects", "one", a, "the other", b))) {
                return false;
            }
        }
    }
    return true;
}

/* ---- mutants ---- */

#define MUTANTS_PER_ENCODING 20

/* Heads that begin something else than what stood there, or nothing that this profile has. */
static const uint8_t heads[] = {0x00, 0x17, 0x18, 0x19, 0x1b, 0x20, 0x3b, 0x40, 0x60,
                                0x61, 0x78, 0x80, 0x81, 0x82, 0x9f, 0xa0, 0xa1, 0xbf,
                                0xc0, 0xf4, 0xf5, 0xf6, 0xf7, 0xf9, 0xfb, 0xff};

static void cut_out(GByteArray *bytes, struct ox_law_dice *dice) {
    guint at = (guint)ox_law_roll(dice, bytes->len);
    g_byte_array_remove_range(bytes, at, 1 + (guint)ox_law_roll(dice, MIN(4, bytes->len - at)));
}

static void insert(GByteArray *bytes, guint at, const uint8_t *data, guint size) {
    guint tail = bytes->len - at;
    g_byte_array_set_size(bytes, bytes->len + size);
    memmove(bytes->data + at + size, bytes->data + at, tail);
    memcpy(bytes->data + at, data, size);
}

static void double_piece(GByteArray *bytes, struct ox_law_dice *dice) {
    uint8_t piece[16];
    guint at = (guint)ox_law_roll(dice, bytes->len);
    guint size = 1 + (guint)ox_law_roll(dice, MIN(sizeof piece, bytes->len - at));
    memcpy(piece, bytes->data + at, size);
    insert(bytes, at, piece, size);
}

static void graft(GByteArray *bytes, struct ox_bytes other, struct ox_law_dice *dice) {
    guint from = (guint)ox_law_roll(dice, other.size);
    guint size = 1 + (guint)ox_law_roll(dice, MIN(16, other.size - from));
    insert(bytes, (guint)ox_law_roll(dice, bytes->len + 1), other.data + from, size);
}

/* The same small number in a longer head: what canonical CBOR forbids. */
static void lengthen_head(GByteArray *bytes, struct ox_law_dice *dice) {
    guint at = (guint)ox_law_roll(dice, bytes->len);
    uint8_t number = bytes->data[at] & 0x1f;
    if (number < 24) {
        bytes->data[at] = (uint8_t)((bytes->data[at] & 0xe0) | 24);
        insert(bytes, at + 1, &number, 1);
    }
}

static void mutate_once(GByteArray *bytes, struct ox_bytes other, struct ox_law_dice *dice) {
    if (bytes->len == 0) {
        return;
    }
    uint8_t *byte = &bytes->data[ox_law_roll(dice, bytes->len)];
    switch (ox_law_roll(dice, 11)) {
    case 0:
    case 1:
        *byte ^= (uint8_t)(1u << ox_law_roll(dice, 8));
        return;
    case 2:
    case 3:
        *byte += 1;
        return;
    case 4:
        *byte -= 1;
        return;
    case 5:
        *byte = heads[ox_law_roll(dice, sizeof heads)];
        return;
    case 6:
        cut_out(bytes, dice);
        return;
    case 7:
        double_piece(bytes, dice);
        return;
    case 8:
        graft(bytes, other, dice);
        return;
    case 9:
        lengthen_head(bytes, dice);
        return;
    default:
        *byte = (uint8_t)ox_law_roll(dice, 256);
        return;
    }
}

static void mutate(GByteArray *bytes, const struct ox_buf *truth, struct ox_bytes other,
                   struct ox_law_dice *dice) {
    g_byte_array_set_size(bytes, 0);
    g_byte_array_append(bytes, truth->data, (guint)truth->size);
    for (uint64_t more = 1 + ox_law_roll(dice, 2) * ox_law_roll(dice, 3); more > 0; more--) {
        mutate_once(bytes, other, dice);
    }
}

/* ---- hostile ---- */

/* What was read of `bytes` must be what encoding writes of it. */
static bool is_the_encoding(struct ox_law_case *c, const GByteArray *bytes,
                            const struct ox_cbor *in, const struct ox_buf *again) {
    size_t size = (size_t)(in->at - bytes->data);
    return (again->size == size && memcmp(again->data, bytes->data, size) == 0) ||
           ox_law_fail(c, "bytes were accepted that are not the encoding of what they mean");
}

/* Compared by bytes, because a type's own `equal` may be what is wrong. */
static bool same_stores(struct ox_law_case *c, const void *a, const void *b) {
    ox_buf_clear(&c->bytes[0]);
    ox_buf_clear(&c->bytes[1]);
    c->type->encode(a, &c->bytes[0]);
    c->type->encode(b, &c->bytes[1]);
    return c->type->equal(a, b) &&
           ox_bytes_equal(ox_buf_bytes(&c->bytes[0]), ox_buf_bytes(&c->bytes[1]));
}

/* One dot with two payloads: whatever the type makes of it, every replica must make the same. The
 * stores are joined by the type itself, because objects with equal contexts are not joined. */
static bool joins_either_way(struct ox_law_case *c, const struct ox_object *a,
                             const struct ox_object *b) {
    struct ox_seen a_seen = {.vv = &a->context}, b_seen = {.vv = &b->context};
    void *ab = c->type->copy(a->store), *ba = c->type->copy(b->store);
    bool a_changed = true, b_changed = false;
    enum ox_status to_a =
        ab == NULL ? OX_NOMEM : c->type->join(ab, &a_seen, b->store, &b_seen, &a_changed);
    enum ox_status to_b =
        ba == NULL ? OX_NOMEM : c->type->join(ba, &b_seen, a->store, &a_seen, &b_changed);
    bool refused = to_a == OX_DIVERGED && to_b == OX_DIVERGED; /* by both, or by none */
    bool joined = to_a == OX_OK && to_b == OX_OK;
    bool holds = refused || (joined && same_stores(c, ab, ba));
    bool told = !joined || (a_changed != c->type->equal(ab, a->store) &&
                            b_changed != c->type->equal(ba, b->store));
    if (ab != NULL) {
        c->type->destroy(ab);
    }
    if (ba != NULL) {
        c->type->destroy(ba);
    }
    if (!holds) {
        return ox_law_differ(c, "the join with a hostile object depends on the side", "one", a,
                             "the other", b);
    }
    return told || ox_law_differ(c, "a join with a hostile object says wrongly what changed", "one",
                                 a, "the other", b);
}

static bool hostile_object_is_harmless(struct ox_law_case *c, const GByteArray *bytes,
                                       const struct ox_object *victim) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){bytes->data, bytes->len});
    struct ox_object mutant, joined;
    const char *reason = NULL;
    c->reach->mutants++;
    if (ox_object_decode(&mutant, c->type, &in) != OX_OK) {
        return true;
    }
    c->reach->decoded_mutants++;
    ox_buf_clear(&c->bytes[0]);
    ox_object_encode(&mutant, &c->bytes[0]);
    bool holds = is_the_encoding(c, bytes, &in, &c->bytes[0]) &&
                 (ox_object_valid(&mutant, &reason) ||
                  ox_law_fail(c, "hostile bytes decode to what is not valid: %s", reason)) &&
                 joins_either_way(c, victim, &mutant);
    enum ox_status status = holds ? ox_object_copy(&joined, victim) : OX_NOMEM;
    if (holds && status == OX_OK) {
        status = ox_object_join(&joined, &mutant, NULL);
        holds = status == OX_OK || status == OX_DIVERGED ||
                ox_law_status(c, "joining a hostile object", status);
        if (holds && !ox_object_valid(&joined, &reason)) {
            holds =
                ox_law_fail(c, "an object is not valid after joining a hostile one: %s", reason);
        }
        ox_object_free(&joined);
    }
    ox_object_free(&mutant);
    return holds;
}

static bool victim_survives(struct ox_law_case *c, const struct ox_object *victim,
                            const struct ox_delta *mutant) {
    struct ox_object joined;
    const char *reason = NULL;
    enum ox_status status = ox_object_copy(&joined, victim);
    if (status == OX_OK) {
        status = ox_object_join_delta(&joined, mutant, NULL);
    }
    /* INVALID: it says that its sender collected what the victim has not seen. DIVERGED: it puts an
     * element behind one that is nowhere. */
    bool holds = status == OX_OK || status == OX_GAP || status == OX_INVALID ||
                 status == OX_DIVERGED || ox_law_status(c, "joining a hostile delta", status);
    if (holds && !ox_object_valid(&joined, &reason)) {
        holds = ox_law_fail(c, "an object is not valid after joining a hostile delta: %s", reason);
    }
    ox_object_free(&joined);
    return holds;
}

static bool hostile_delta_is_harmless(struct ox_law_case *c, const GByteArray *bytes,
                                      const struct ox_object *victim) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){bytes->data, bytes->len});
    struct ox_delta mutant = {0};
    const char *reason = NULL;
    c->reach->delta_mutants++;
    if (ox_delta_decode(&mutant, c->type, &in) != OX_OK) {
        return true;
    }
    c->reach->decoded_delta_mutants++;
    ox_buf_clear(&c->bytes[0]);
    ox_delta_encode(&mutant, &c->bytes[0]);
    bool holds =
        is_the_encoding(c, bytes, &in, &c->bytes[0]) &&
        (ox_delta_valid(&mutant, &reason) ||
         ox_law_fail(c, "hostile bytes decode to a delta that is not valid: %s", reason)) &&
        victim_survives(c, victim, &mutant);
    ox_delta_free(&mutant);
    return holds;
}

/* Mutants of the place's object, and of the message that was made in this step. */
bool ox_law_hostile(struct ox_law_case *c, const struct ox_history_event *event) {
    const struct ox_object *victim = &c->history.places[event->place].object;
    const struct ox_message *message = event->message;
    struct ox_law_dice dice = {ox_history_spare(event->record)};
    struct ox_buf object = {0}, delta = {0};
    GByteArray *bytes = g_byte_array_new();
    bool holds = true;
    ox_object_encode(victim, &object);
    if (message != NULL && message->kind != OX_MESSAGE_STATE && event->status == OX_OK &&
        !ox_delta_empty(&message->delta)) {
        ox_delta_encode(&message->delta, &delta);
    }
    for (int i = 0; i < MUTANTS_PER_ENCODING && holds; i++) {
        mutate(bytes, &object, ox_buf_bytes(delta.size > 0 ? &delta : &object), &dice);
        holds = hostile_object_is_harmless(c, bytes, victim);
        if (holds && delta.size > 0) {
            mutate(bytes, &delta, ox_buf_bytes(&object), &dice);
            holds = hostile_delta_is_harmless(c, bytes, victim);
        }
    }
    g_byte_array_unref(bytes);
    ox_buf_free(&object);
    ox_buf_free(&delta);
    return holds;
}
