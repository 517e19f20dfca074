#include "crdt/rga.h"

#include "crdt/sequence/parts.h"
#include "crdt/sequence/typing.h"

#include <assert.h>
#include <stdlib.h>

static const struct ox_verb verbs[] = {
    {"insert", "puts an element behind another", OX_ARG_AFTER},
    {"write", "puts the characters of a text behind an element", OX_ARG_TEXT},
    {"delete", "takes an element out", OX_ARG_AT},
    {"erase", "takes an element and so many that follow out", OX_ARG_RANGE},
};
enum { INSERT, WRITE, DELETE, ERASE };
/* What ox_rga_insert_list does: no verb of the type's, because a trace tells of as many inserts.
 * Its argument are the elements as ox_sequence_insert_list takes them. */
static const struct ox_verb insert_list = {"insert", "puts elements behind another", OX_ARG_VALUE};

/* ---- life ---- */

static struct ox_rga_store *wrap(void *sequence, uint64_t lamport) {
    struct ox_rga_store *rga = sequence != NULL ? malloc(sizeof *rga) : NULL;
    if (rga != NULL)
        *rga = (struct ox_rga_store){lamport, sequence};
    else if (sequence != NULL)
        ox_sequence_destroy(sequence);
    return rga;
}

static void *create(void) {
    return wrap(ox_sequence_create(), 0);
}

static void destroy(void *store) {
    struct ox_rga_store *rga = store;
    ox_sequence_destroy(rga->sequence);
    free(rga);
}

static void *copy(const void *store) {
    const struct ox_rga_store *rga = store;
    return wrap(ox_sequence_copy(rga->sequence), rga->lamport);
}

static void clear(void *store) {
    struct ox_rga_store *rga = store;
    rga->lamport = 0;
    ox_sequence_clear(rga->sequence);
}

static bool equal(const void *a, const void *b) {
    const struct ox_rga_store *x = a, *y = b;
    return x->lamport == y->lamport && ox_sequence_equal(x->sequence, y->sequence);
}

static bool empty(const void *store) {
    const struct ox_rga_store *rga = store;
    return rga->lamport == 0 && ox_sequence_empty(rga->sequence);
}

static size_t bytes(const void *store) {
    return sizeof(struct ox_rga_store) +
           ox_sequence_bytes(((const struct ox_rga_store *)store)->sequence);
}

/* ---- updates ---- */

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    (void)dead;
    struct ox_rga_store *rga = store, *delta = part;
    struct ox_sequence *places = delta != NULL ? delta->sequence : NULL;
    uint64_t before = rga->lamport;
    enum ox_status status =
        op->verb == &insert_list
            ? ox_sequence_insert_list(rga->sequence, op->at, op->arg.bytes, update, &rga->lamport,
                                      places)
            : ox_sequence_apply(rga->sequence, op, update, &rga->lamport, places);
    if (status == OX_OK && delta != NULL && rga->lamport > before)
        delta->lamport = rga->lamport;
    return status;
}

static bool stamp_of(const void *store, struct ox_dot dot, struct ox_stamp *stamp) {
    return ox_sequence_stamp_of(((const struct ox_rga_store *)store)->sequence, dot, stamp);
}

static uint64_t elements(const void *store, const struct ox_op *op, uint64_t position,
                         struct ox_dot *dot) {
    (void)op;
    return ox_sequence_elements(((const struct ox_rga_store *)store)->sequence, position, dot);
}

/* ---- join, order, parts ---- */

static enum ox_status join(void *store, const struct ox_seen *mine, const void *other,
                           const struct ox_seen *theirs, bool *changed) {
    struct ox_rga_store *a = store;
    const struct ox_rga_store *b = other;
    enum ox_status status = ox_sequence_join(a->sequence, mine, b->sequence, theirs, changed);
    if (status == OX_OK && b->lamport > a->lamport) {
        a->lamport = b->lamport;
        if (changed != NULL)
            *changed = true;
    }
    return status;
}

static bool leq(const void *store, const struct ox_seen *mine, const void *other,
                const struct ox_seen *theirs) {
    const struct ox_rga_store *a = store, *b = other;
    return a->lamport <= b->lamport && ox_sequence_leq(a->sequence, mine, b->sequence, theirs);
}

static enum ox_status pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_rga_store *from = store;
    struct ox_rga_store *to = part;
    enum ox_status status = ox_sequence_pick(from->sequence, seen, to->sequence);
    if (status == OX_OK)
        to->lamport = from->lamport;
    return status;
}

static enum ox_status alive(const void *store, struct ox_dots *dots) {
    return ox_sequence_alive(((const struct ox_rga_store *)store)->sequence, dots);
}

/* Wraps the parts of a sequence. Each says what its own place does of the lamport; what is above
 * them all goes with the last one, which therefore waits. */
struct wrapper {
    enum ox_status (*each)(void *self, void *part);
    void *self;
    struct ox_rga_store *waiting;
};

static enum ox_status give_wrapped(void *self, void *part) {
    struct wrapper *wrapper = self;
    struct ox_rga_store *before = wrapper->waiting;
    wrapper->waiting = wrap(part, ox_sequence_lamport(part));
    enum ox_status status = before != NULL ? wrapper->each(wrapper->self, before) : OX_OK;
    if (status == OX_OK && wrapper->waiting == NULL)
        status = OX_NOMEM;
    return status;
}

static enum ox_status split(const void *store, enum ox_status (*each)(void *self, void *part),
                            void *self) {
    const struct ox_rga_store *rga = store;
    struct wrapper wrapper = {each, self, NULL};
    enum ox_status status = ox_sequence_split(rga->sequence, give_wrapped, &wrapper);
    if (wrapper.waiting == NULL)
        return status;
    if (status != OX_OK) {
        destroy(wrapper.waiting);
        return status;
    }
    if (rga->lamport > ox_sequence_lamport(rga->sequence))
        wrapper.waiting->lamport = rga->lamport;
    return each(self, wrapper.waiting);
}

static enum ox_status collect(void *store, const struct ox_vv *stable) {
    return ox_sequence_collect(((struct ox_rga_store *)store)->sequence, stable);
}

static bool has_residue(const void *store, const struct ox_vv *stable) {
    return ox_sequence_has_residue(((const struct ox_rga_store *)store)->sequence, stable);
}

/* ---- bytes ---- */

/* [how far the lamport is above those of the places, sequence] */
static void encode(const void *store, struct ox_buf *out) {
    const struct ox_rga_store *rga = store;
    ox_cbor_put_array(out, 2);
    ox_cbor_put_uint(out, rga->lamport - ox_sequence_lamport(rga->sequence));
    ox_sequence_encode(rga->sequence, out);
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    struct ox_rga_store *rga = store;
    if (ox_cbor_array(in) != 2)
        ox_cbor_fail(in);
    uint64_t above = ox_cbor_uint(in);
    enum ox_status status = ox_sequence_decode(rga->sequence, in);
    uint64_t places = ox_sequence_lamport(rga->sequence);
    if (status == OX_OK && above > UINT64_MAX - places) {
        ox_cbor_fail(in);
        status = OX_MALFORMED;
    }
    rga->lamport = places + above;
    return status;
}

static enum ox_status value(const void *store, struct ox_buf *out) {
    return ox_sequence_value(((const struct ox_rga_store *)store)->sequence, out);
}

static bool lamport_is_of_something(const struct ox_rga_store *rga, const struct ox_seen *seen,
                                    const char **reason) {
    *reason = "a lamport of no insert";
    return seen->vv == NULL || seen->vv->count > 0 || rga->lamport == 0;
}

static bool within(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_rga_store *rga = store;
    return ox_sequence_within(rga->sequence, seen, reason) &&
           lamport_is_of_something(rga, seen, reason);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_rga_store *rga = store;
    if (!ox_sequence_valid(rga->sequence, seen, reason))
        return false;
    if (rga->lamport < ox_sequence_lamport(rga->sequence)) {
        *reason = "a place is younger than the greatest lamport";
        return false;
    }
    return lamport_is_of_something(rga, seen, reason);
}

const struct ox_type ox_rga = {
    .name = "rga",
    .about = "the tree of inserts, without the deleted",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .create = create,
    .destroy = destroy,
    .copy = copy,
    .clear = clear,
    .apply = apply,
    .stamp_of = stamp_of,
    .elements = elements,
    .join = join,
    .leq = leq,
    .pick = pick,
    .alive = alive,
    .split = split,
    .kills = false,
    .equal = equal,
    .empty = empty,
    .encode = encode,
    .decode = decode,
    .value = value,
    .valid = valid,
    .within = within,
    .bytes = bytes,
    .collect = collect,
    .has_residue = has_residue,
};

/* ---- typed calls ---- */

static struct ox_line *line_of(const struct ox_object *object) {
    assert(object->type == &ox_rga);
    return &((const struct ox_rga_store *)object->store)->sequence->line;
}

static struct ox_dot dot_at(struct ox_line *line, uint64_t position) {
    return ox_line_stretch(line, ox_line_at(line, position)).dot;
}

/* The element that an insert at a position goes behind. */
static enum ox_status parent_at(const struct ox_object *sequence, uint64_t position,
                                struct ox_dot *after) {
    struct ox_line *line = line_of(sequence);
    *after = (struct ox_dot){0, 0};
    if (position > line->shown)
        return OX_INVALID;
    if (position > 0)
        *after = dot_at(line, position - 1);
    return OX_OK;
}

/* The element itself, or the nearest one before it that is not deleted. */
static enum ox_status parent_of(const struct ox_object *sequence, struct ox_dot wanted,
                                struct ox_dot *after) {
    struct ox_line *line = line_of(sequence);
    struct ox_spot spot;
    *after = (struct ox_dot){0, 0};
    if (wanted.n == 0 && wanted.replica == 0)
        return OX_OK;
    if (!ox_line_find(line, wanted, &spot))
        return OX_NO_SUCH;
    spot = ox_line_shown_before(line, spot);
    if (spot.leaf != OX_LINE_NONE)
        *after = ox_line_stretch(line, spot).dot;
    return OX_OK;
}

static enum ox_status put(struct ox_object *sequence, enum ox_status found, struct ox_dot after,
                          const struct ox_verb *verb, const struct ox_value *value,
                          ox_replica replica, struct ox_delta *delta) {
    struct ox_op op = {.verb = verb, .arg = *value, .at = after};
    if (found == OX_OK)
        return ox_object_apply(sequence, &op, replica, NULL, delta);
    if (delta != NULL)
        ox_delta_clear(delta);
    return found;
}

static struct ox_value text_value(struct ox_bytes text) {
    return (struct ox_value){.kind = OX_VALUE_TEXT, .bytes = text};
}

/* The next dot of the replica whose entry of the context this is. */
static struct ox_dot after_own(const struct ox_dot *own) {
    return (struct ox_dot){own->replica, own->n + 1};
}

/* What ox_object_apply does last. */
static inline enum ox_status count_up(struct ox_object *sequence, struct ox_dot *own,
                                      uint64_t taken) {
    own->n += taken;
    ox_object_remember_made(sequence);
    return OX_OK;
}

enum ox_status ox_rga_insert(struct ox_object *sequence, uint64_t position,
                             const struct ox_value *element, ox_replica replica,
                             struct ox_delta *delta) {
    struct ox_dot after;
    enum ox_status found = parent_at(sequence, position, &after);
    return put(sequence, found, after, &verbs[INSERT], element, replica, delta);
}

/* ---- lists ---- */

enum ox_status ox_rga_list(const struct ox_value *elements, size_t count, struct ox_buf *out) {
    for (size_t i = 0; i < count; i++) {
        const struct ox_value *element = &elements[i];
        if (element->kind == OX_VALUE_STRUCTURED ||
            (element->kind == OX_VALUE_TEXT && !ox_utf8_valid(element->bytes)))
            return OX_INVALID;
        ox_value_encode(element, out);
    }
    return ox_buf_status(out);
}

static enum ox_status put_list(struct ox_object *sequence, enum ox_status found,
                               struct ox_dot after, struct ox_bytes list, ox_replica replica,
                               struct ox_delta *delta) {
    struct ox_value value = {.kind = OX_VALUE_STRUCTURED, .bytes = list};
    return put(sequence, found, after, &insert_list, &value, replica, delta);
}

enum ox_status ox_rga_insert_listed(struct ox_object *sequence, uint64_t position,
                                    struct ox_bytes list, ox_replica replica,
                                    struct ox_delta *delta) {
    struct ox_dot after;
    enum ox_status found = parent_at(sequence, position, &after);
    return put_list(sequence, found, after, list, replica, delta);
}

/* As put_list, of elements that are to be encoded first. */
static enum ox_status put_elements(struct ox_object *sequence, enum ox_status found,
                                   struct ox_dot after, const struct ox_value *elements,
                                   size_t count, ox_replica replica, struct ox_delta *delta) {
    struct ox_buf list = {0};
    if (found == OX_OK)
        found = ox_rga_list(elements, count, &list);
    found = put_list(sequence, found, after, ox_buf_bytes(&list), replica, delta);
    ox_buf_free(&list);
    return found;
}

enum ox_status ox_rga_insert_list(struct ox_object *sequence, uint64_t position,
                                  const struct ox_value *elements, size_t count, ox_replica replica,
                                  struct ox_delta *delta) {
    struct ox_dot after;
    enum ox_status found = parent_at(sequence, position, &after);
    return put_elements(sequence, found, after, elements, count, replica, delta);
}

enum ox_status ox_rga_insert_list_after(struct ox_object *sequence, struct ox_dot after,
                                        const struct ox_value *elements, size_t count,
                                        ox_replica replica, struct ox_delta *delta) {
    struct ox_dot parent;
    enum ox_status found = parent_of(sequence, after, &parent);
    return put_elements(sequence, found, parent, elements, count, replica, delta);
}

/* ---- texts, and what goes ---- */

/* The same without a delta, if it is one ASCII character that the run before it takes over. `own`
 * is the replica's entry of the context, NULL: not known. */
static inline bool types_on(struct ox_object *sequence, uint64_t position, struct ox_bytes text,
                            struct ox_dot *own) {
    struct ox_rga_store *rga = sequence->store;
    if (own == NULL || text.size != 1 || text.data[0] >= 0x80 ||
        !ox_line_type_at(&rga->sequence->line, position, after_own(own), rga->lamport + 1,
                         text.data[0]))
        return false;
    rga->lamport++;
    count_up(sequence, own, 1);
    return true;
}

/* Any text. Never inline, for it would make the shortest ones save registers. */
__attribute__((noinline)) static enum ox_status write_any(struct ox_object *sequence,
                                                          uint64_t position, struct ox_bytes text,
                                                          ox_replica replica,
                                                          struct ox_delta *delta) {
    struct ox_dot *own = delta == NULL ? ox_object_own(sequence, replica) : NULL;
    if (own != NULL) {
        struct ox_rga_store *rga = sequence->store;
        uint64_t taken = 1;
        if (types_on(sequence, position, text, own))
            return OX_OK;
        enum ox_status status = ox_sequence_write_at(rga->sequence, position, text, after_own(own),
                                                     &rga->lamport, &taken);
        return status != OX_OK ? status : count_up(sequence, own, taken);
    }
    struct ox_value value = text_value(text);
    struct ox_dot after;
    enum ox_status found = parent_at(sequence, position, &after);
    return put(sequence, found, after, &verbs[WRITE], &value, replica, delta);
}

enum ox_status ox_rga_write(struct ox_object *sequence, uint64_t position, struct ox_bytes text,
                            ox_replica replica, struct ox_delta *delta) {
    assert(sequence->type == &ox_rga);
    if (delta == NULL && types_on(sequence, position, text, ox_object_own_last(sequence, replica)))
        return OX_OK;
    return write_any(sequence, position, text, replica, delta);
}

/* Any elements, likewise. */
__attribute__((noinline)) static enum ox_status erase_any(struct ox_object *sequence,
                                                          uint64_t position, uint64_t count,
                                                          ox_replica replica,
                                                          struct ox_delta *delta) {
    struct ox_line *line = line_of(sequence);
    struct ox_dot *own = delta == NULL ? ox_object_own(sequence, replica) : NULL;
    if (own != NULL) {
        struct ox_rga_store *rga = sequence->store;
        uint64_t taken = 1;
        enum ox_status status =
            ox_sequence_erase_at(rga->sequence, position, count, after_own(own), &taken);
        return status != OX_OK ? status : count_up(sequence, own, taken);
    }
    struct ox_value most = ox_value_int(count < INT64_MAX ? (int64_t)count : INT64_MAX);
    enum ox_status found = position > line->shown                  ? OX_INVALID
                           : count == 0 || position == line->shown ? OX_NOOP
                                                                   : OX_OK;
    struct ox_dot first = {0, 0};
    if (found == OX_OK)
        first = dot_at(line, position);
    return put(sequence, found, first, &verbs[ERASE], &most, replica, delta);
}

enum ox_status ox_rga_erase(struct ox_object *sequence, uint64_t position, uint64_t count,
                            ox_replica replica, struct ox_delta *delta) {
    struct ox_line *line = line_of(sequence);
    struct ox_dot *own = delta == NULL && count == 1 ? ox_object_own_last(sequence, replica) : NULL;
    if (own == NULL || !ox_line_rub_at(line, position, after_own(own)))
        return erase_any(sequence, position, count, replica, delta);
    ox_line_compact(line);
    return count_up(sequence, own, 1);
}

enum ox_status ox_rga_insert_after(struct ox_object *sequence, struct ox_dot after,
                                   const struct ox_value *element, ox_replica replica,
                                   struct ox_delta *delta) {
    struct ox_dot parent;
    enum ox_status found = parent_of(sequence, after, &parent);
    return put(sequence, found, parent, &verbs[INSERT], element, replica, delta);
}

enum ox_status ox_rga_write_after(struct ox_object *sequence, struct ox_dot after,
                                  struct ox_bytes text, ox_replica replica,
                                  struct ox_delta *delta) {
    struct ox_value value = text_value(text);
    struct ox_dot parent;
    enum ox_status found = parent_of(sequence, after, &parent);
    return put(sequence, found, parent, &verbs[WRITE], &value, replica, delta);
}

enum ox_status ox_rga_delete(struct ox_object *sequence, struct ox_dot element, ox_replica replica,
                             struct ox_delta *delta) {
    struct ox_value none = ox_value_null();
    return put(sequence, OX_OK, element, &verbs[DELETE], &none, replica, delta);
}

/* ---- reading ---- */

uint64_t ox_rga_length(const struct ox_object *sequence) {
    return line_of(sequence)->shown;
}

struct ox_dot ox_rga_at(const struct ox_object *sequence, uint64_t position) {
    struct ox_line *line = line_of(sequence);
    return position < line->shown ? dot_at(line, position) : (struct ox_dot){0, 0};
}

bool ox_rga_get(const struct ox_object *sequence, uint64_t position, struct ox_value *element) {
    struct ox_line *line = line_of(sequence);
    if (position >= line->shown)
        return false;
    struct ox_stretch run = ox_line_stretch(line, ox_line_at(line, position));
    struct ox_bytes content = {run.data, run.width};
    if (run.kind == OX_PLACE_TEXT) {
        *element = text_value(content);
        return true;
    }
    struct ox_cbor in = ox_cbor_of(content);
    enum ox_status status = ox_value_decode(element, &in, true);
    assert(status == OX_OK);
    return status == OX_OK;
}

bool ox_rga_position(const struct ox_object *sequence, struct ox_dot element, uint64_t *position) {
    const struct ox_line *line = line_of(sequence);
    struct ox_spot spot;
    if (!ox_line_find(line, element, &spot))
        return false;
    *position = ox_line_before(line, spot);
    return true;
}

enum ox_status ox_rga_text(const struct ox_object *sequence, struct ox_buf *out) {
    const struct ox_line *line = line_of(sequence);
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0}; ox_line_next(line, &spot);) {
        struct ox_stretch run = ox_line_stretch(line, spot);
        if (run.kind == OX_PLACE_TEXT)
            ox_buf_append(out, run.data, (size_t)run.length * run.width);
        for (uint32_t i = 0; i < run.length && run.kind == OX_PLACE_ITEM; i++) {
            struct ox_cbor in =
                ox_cbor_of((struct ox_bytes){run.data + (size_t)i * run.width, run.width});
            if (ox_cbor_peek(&in) == OX_CBOR_TEXT) {
                struct ox_bytes text = ox_cbor_text(&in);
                ox_buf_append(out, text.data, text.size);
            }
        }
    }
    return ox_buf_status(out);
}
