#include "crdt/sequence.h"

#include "crdt/sequence/parts.h"

#include <assert.h>
#include <stdlib.h>

/* ---- life ---- */

void *ox_sequence_create(void) {
    return calloc(1, sizeof(struct ox_sequence));
}

void ox_sequence_destroy(void *store) {
    struct ox_sequence *sequence = store;
    ox_line_free(&sequence->line);
    ox_loose_free(&sequence->loose);
    free(sequence);
}

void *ox_sequence_copy(const void *store) {
    const struct ox_sequence *from = store;
    struct ox_sequence *to = ox_sequence_create();
    if (to == NULL)
        return NULL;
    if (ox_line_copy(&to->line, &from->line) == OX_OK &&
        ox_loose_copy(&to->loose, &from->loose) == OX_OK)
        return to;
    ox_sequence_destroy(to);
    return NULL;
}

void ox_sequence_clear(void *store) {
    struct ox_sequence *sequence = store;
    ox_line_clear(&sequence->line);
    ox_loose_clear(&sequence->loose);
}

/* ---- asking ---- */

bool ox_sequence_shows(const void *store) {
    return ((const struct ox_sequence *)store)->line.shown > 0;
}

bool ox_sequence_empty(const void *store) {
    const struct ox_sequence *sequence = store;
    return sequence->line.places == 0 && ox_loose_empty(&sequence->loose);
}

bool ox_sequence_equal(const void *a, const void *b) {
    const struct ox_sequence *x = a, *y = b;
    return ox_line_equal(&x->line, &y->line) && ox_loose_equal(&x->loose, &y->loose);
}

size_t ox_sequence_bytes(const void *store) {
    const struct ox_sequence *sequence = store;
    return sizeof *sequence + ox_line_bytes(&sequence->line) + ox_loose_bytes(&sequence->loose);
}

bool ox_sequence_stamp_of(const void *store, struct ox_dot dot, struct ox_stamp *stamp) {
    const struct ox_sequence *sequence = store;
    struct ox_spot spot;
    uint32_t run = ox_loose_find(&sequence->loose, dot);
    uint64_t lamport;
    if (ox_line_find(&sequence->line, dot, &spot))
        lamport = ox_line_stretch(&sequence->line, spot).lamport;
    else if (run != UINT32_MAX)
        lamport = sequence->loose.runs[run].lamport + (dot.n - sequence->loose.runs[run].dot.n);
    else
        return false;
    *stamp = (struct ox_stamp){.physical_ns = lamport, .replica = dot.replica};
    return true;
}

uint64_t ox_sequence_elements(const void *store, uint64_t position, struct ox_dot *dot) {
    /* A look-up moves the line's cursor, which nobody sees. */
    struct ox_line *line = &((struct ox_sequence *)store)->line;
    if (position < line->shown)
        *dot = ox_line_stretch(line, ox_line_at(line, position)).dot;
    return line->shown;
}

uint64_t ox_sequence_lamport(const void *store) {
    const struct ox_sequence *sequence = store;
    uint64_t greatest = sequence->line.lamport;
    for (uint32_t i = 0; i < sequence->loose.run_count; i++) {
        const struct ox_loose_run *run = &sequence->loose.runs[i];
        uint64_t last = run->lamport + (run->length - 1);
        if (last > greatest)
            greatest = last;
    }
    return greatest;
}

/* ---- inserting ---- */

/* Where an insert is to hang. */
static enum ox_status find_parent(const struct ox_line *line, struct ox_dot at,
                                  struct ox_spot *spot) {
    *spot = (struct ox_spot){OX_LINE_NONE, 0, 0};
    if (at.n == 0 && at.replica == 0)
        return OX_OK;
    if (!ox_line_find(line, at, spot))
        return OX_NO_SUCH;
    return ox_line_stretch(line, *spot).kind == OX_PLACE_DEAD ? OX_NO_SUCH : OX_OK;
}

/* Whether so many lamports are left above one. It may come from a stranger and be any. */
static bool lamports_left(uint64_t lamport, uint64_t count) {
    return lamport < UINT64_MAX - 1 && count < UINT64_MAX - 1 - lamport;
}

/* Room for `elements` new places, in `pieces` runs, everywhere. */
static enum ox_status prepare_insert(struct ox_line *line, uint64_t lamport, uint64_t elements,
                                     uint64_t pieces, uint64_t size, struct ox_sequence *part) {
    if (!lamports_left(lamport, elements))
        return OX_OVERFLOW;
    enum ox_status status = ox_line_reserve(line, pieces, 1, size);
    if (status == OX_OK && part != NULL)
        status = ox_loose_reserve(&part->loose, pieces, 0, size);
    return status;
}

static enum ox_status insert(struct ox_line *line, const struct ox_op *op,
                             const struct ox_update *update, uint64_t *lamport,
                             struct ox_sequence *part) {
    struct ox_stretch stretch = {.dot = update->dot, .lamport = *lamport + 1, .length = 1};
    struct ox_encoded space;
    struct ox_spot spot;
    enum ox_status status = find_parent(line, op->at, &spot);
    if (status != OX_OK)
        return status;
    status = ox_stretch_of_value(&stretch, &op->arg, &space);
    if (status == OX_OK)
        status = prepare_insert(line, *lamport, 1, 1, stretch.width, part);
    if (status == OX_OK) {
        ox_line_insert(line, spot, &stretch);
        if (part != NULL)
            ox_loose_put(&part->loose, &stretch, op->at);
        ++*lamport;
    }
    ox_encoded_free(&space);
    return status;
}

/* What an insert puts in: the scalars of a text, or elements as their CBOR, one behind the other.
 */
struct elements {
    struct ox_bytes left;
    bool listed;
};

/* Takes the next that make one stretch. */
static void next_elements(struct elements *elements, struct ox_stretch *stretch) {
    struct ox_bytes left = elements->left;
    size_t size;
    if (elements->listed) {
        size = ox_item_run(left, stretch);
    } else {
        stretch->kind = OX_PLACE_TEXT;
        stretch->length = ox_utf8_run(left, OX_STRETCH_MAX, &stretch->width);
        stretch->data = left.data;
        size = (size_t)stretch->length * stretch->width;
    }
    elements->left = (struct ox_bytes){left.data + size, left.size - size};
}

/* How many they are, and how many stretches they make. */
static uint64_t count_elements(struct elements elements, uint64_t *pieces) {
    uint64_t count = 0;
    *pieces = 0;
    while (elements.left.size > 0) {
        struct ox_stretch stretch;
        next_elements(&elements, &stretch);
        count += stretch.length;
        ++*pieces;
    }
    return count;
}

/* Puts them behind a spot, whose place is `after`; there is room. */
static void commit_elements(struct ox_line *line, struct ox_spot spot, struct ox_dot after,
                            struct ox_stretch stretch, struct elements elements,
                            struct ox_sequence *part) {
    while (elements.left.size > 0) {
        next_elements(&elements, &stretch);
        spot = ox_line_insert(line, spot, &stretch);
        if (part != NULL)
            ox_loose_put(&part->loose, &stretch, after);
        stretch.dot.n += stretch.length;
        stretch.lamport += stretch.length;
        after = (struct ox_dot){stretch.dot.replica, stretch.dot.n - 1};
    }
}

static enum ox_status insert_elements(struct ox_line *line, struct ox_dot at,
                                      struct elements elements, struct ox_update *update,
                                      uint64_t *lamport, struct ox_sequence *part) {
    struct ox_spot spot;
    uint64_t pieces;
    enum ox_status status = find_parent(line, at, &spot);
    if (status != OX_OK || elements.left.size == 0)
        return status != OX_OK ? status : OX_NOOP;
    uint64_t count = count_elements(elements, &pieces);
    if (count > OX_UPDATE_DOTS_MAX)
        return OX_INVALID;
    status = prepare_insert(line, *lamport, count, pieces, elements.left.size, part);
    if (status != OX_OK)
        return status;
    struct ox_stretch stretch = {.dot = update->dot, .lamport = *lamport + 1};
    commit_elements(line, spot, at, stretch, elements, part);
    *lamport += count;
    update->taken = count;
    return OX_OK;
}

static enum ox_status write_text(struct ox_line *line, const struct ox_op *op,
                                 struct ox_update *update, uint64_t *lamport,
                                 struct ox_sequence *part) {
    if (op->arg.kind != OX_VALUE_TEXT || !ox_utf8_valid(op->arg.bytes))
        return OX_INVALID;
    return insert_elements(line, op->at, (struct elements){op->arg.bytes, false}, update, lamport,
                           part);
}

enum ox_status ox_sequence_insert_list(struct ox_sequence *sequence, struct ox_dot at,
                                       struct ox_bytes list, struct ox_update *update,
                                       uint64_t *lamport, struct ox_sequence *part) {
    return insert_elements(&sequence->line, at, (struct elements){list, true}, update, lamport,
                           part);
}

/* ---- deleting ---- */

/* The shown elements that a deletion meets, as runs. */
static enum ox_status list_shown(struct ox_line *line, uint64_t position, uint64_t count,
                                 struct ox_dot killer, int step, struct ox_loose *list) {
    struct ox_spot spot = ox_line_at(line, position);
    while (count > 0) {
        struct ox_stretch run = ox_line_stretch(line, spot);
        uint32_t taken = count < run.length ? (uint32_t)count : run.length;
        if (ox_kind_alive(run.kind)) {
            struct ox_deletion deletion = {run.dot, killer, taken, taken > 1 ? step : 0};
            if (ox_loose_reserve(list, 0, 1, 0) != OX_OK)
                return OX_NOMEM;
            list->deletions[list->deletion_count++] = deletion;
            killer.n += (uint64_t)step * taken;
            count -= taken;
        }
        if (count > 0)
            ox_line_next(line, &spot);
    }
    return OX_OK;
}

/* Deletes places of one run. */
static enum ox_status delete_run(struct ox_line *line, struct ox_spot spot, uint32_t count,
                                 struct ox_dot killer, int step, struct ox_sequence *part) {
    enum ox_status status = ox_line_reserve_at(line, spot, 0);
    if (status == OX_OK && part != NULL)
        status = ox_loose_reserve(&part->loose, 0, 1, 0);
    if (status != OX_OK)
        return status;
    if (part != NULL) {
        struct ox_dot first = ox_line_stretch(line, spot).dot;
        struct ox_deletion deletion = {first, killer, count, count > 1 ? step : 0};
        ox_loose_put_deletion(&part->loose, &deletion);
    }
    ox_line_kill(line, spot, count, killer, step);
    ox_line_compact(line);
    return OX_OK;
}

/* Deletes `count` shown elements from a position on, each by the dot `step` behind the last. */
static enum ox_status delete_shown(struct ox_line *line, uint64_t position, uint64_t count,
                                   struct ox_dot killer, int step, struct ox_sequence *part) {
    struct ox_loose list = {0};
    struct ox_spot first = ox_line_at(line, position);
    if (count <= ox_line_rest(line, first))
        return delete_run(line, first, (uint32_t)count, killer, step, part);
    enum ox_status status = list_shown(line, position, count, killer, step, &list);
    if (status == OX_OK)
        status = ox_line_reserve(line, list.deletion_count, 1, 0);
    if (status == OX_OK && part != NULL)
        status = ox_loose_put_deletions(&part->loose, list.deletions, list.deletion_count);
    for (uint32_t i = 0; i < list.deletion_count && status == OX_OK; i++) {
        const struct ox_deletion *run = &list.deletions[i];
        ox_line_kill(line, ox_line_at(line, position), run->length, run->killer, run->step);
    }
    if (status == OX_OK)
        ox_line_compact(line);
    ox_loose_free(&list);
    return status;
}

static enum ox_status erase(struct ox_line *line, const struct ox_op *op, struct ox_update *update,
                            struct ox_sequence *part) {
    struct ox_spot spot;
    if (op->arg.kind != OX_VALUE_INT || op->arg.number < 1)
        return OX_INVALID;
    if (!ox_line_find(line, op->at, &spot))
        return OX_NO_SUCH;
    uint64_t position = ox_line_before(line, spot), count = (uint64_t)op->arg.number;
    if (count > line->shown - position)
        count = line->shown - position;
    if (count == 0)
        return OX_NOOP;
    if (count > OX_UPDATE_DOTS_MAX)
        return OX_INVALID;
    enum ox_status status = delete_shown(line, position, count, update->dot, 1, part);
    if (status == OX_OK)
        update->taken = count;
    return status;
}

static enum ox_status delete (struct ox_line *line, const struct ox_op *op,
                              const struct ox_update *update, struct ox_sequence *part) {
    struct ox_spot spot; if (!ox_line_find(line, op->at, &spot)) return OX_NO_SUCH;
    if (ox_line_stretch(line, spot).kind == OX_PLACE_DEAD) return OX_NOOP;
    return delete_run(line, spot, 1, update->dot, 0, part);
}

/* ---- what another replica did ---- */

static enum ox_status take_elements(struct ox_line *line, struct ox_dot at, struct ox_dot dot,
                                    uint64_t lamport, struct elements elements) {
    struct ox_spot spot = {OX_LINE_NONE, 0, 0};
    uint64_t pieces, count = count_elements(elements, &pieces), parent = 0;
    if (at.n > 0 && !ox_line_find(line, at, &spot))
        return OX_DIVERGED;
    if (at.n > 0)
        parent = ox_line_stretch(line, spot).lamport;
    if (lamport == 0)
        lamport = parent + 1;
    struct ox_stretch stretch = {.dot = dot, .lamport = lamport};
    if (!ox_ts_less(parent, at.replica, lamport, dot.replica) || !lamports_left(lamport, count) ||
        !ox_line_is_newest(line, &stretch))
        return OX_DIVERGED;
    enum ox_status status = pieces == 1 ? ox_line_reserve_at(line, spot, elements.left.size)
                                        : ox_line_reserve(line, pieces, 1, elements.left.size);
    if (status != OX_OK)
        return status;
    if (lamport <= line->lamport) {
        ox_line_open_replica(line, dot.replica);
        spot = ox_line_landing(line, spot, lamport, dot.replica);
    }
    commit_elements(line, spot, at, stretch, elements, NULL);
    return OX_OK;
}

enum ox_status ox_sequence_take_text(struct ox_sequence *sequence, struct ox_dot at,
                                     struct ox_dot dot, uint64_t lamport, struct ox_bytes text) {
    return take_elements(&sequence->line, at, dot, lamport, (struct elements){text, false});
}

enum ox_status ox_sequence_take_list(struct ox_sequence *sequence, struct ox_dot at,
                                     struct ox_dot dot, uint64_t lamport, struct ox_bytes list) {
    return take_elements(&sequence->line, at, dot, lamport, (struct elements){list, true});
}

enum ox_status ox_sequence_take_deletion(struct ox_sequence *sequence, const struct ox_vv *context,
                                         struct ox_dot at, struct ox_dot killer) {
    struct ox_spot spot;
    if (!ox_line_find(&sequence->line, at, &spot))
        return ox_vv_has(context, at) ? OX_OK : OX_DIVERGED; /* it was collected */
    struct ox_stretch there = ox_line_stretch(&sequence->line, spot);
    if (there.kind == OX_PLACE_DEAD && ox_dot_compare(there.killer, killer) <= 0)
        return OX_OK;
    return delete_run(&sequence->line, spot, 1, killer, 0, NULL);
}

/* Sorted by target, no two that meet: else one place would be deleted twice by one update. */
static bool each_once(const struct ox_loose *loose) {
    for (uint32_t i = 1; i < loose->deletion_count; i++) {
        const struct ox_deletion *a = &loose->deletions[i - 1], *b = &loose->deletions[i];
        if (a->target.replica == b->target.replica && b->target.n - a->target.n < a->length)
            return false;
    }
    return true;
}

enum ox_status ox_sequence_take_deletions(struct ox_sequence *sequence, const struct ox_vv *context,
                                          struct ox_deletion *all, uint32_t count) {
    struct ox_loose loose = {0};
    struct ox_seen mine = {.vv = context};
    enum ox_status status = ox_loose_put_deletions(&loose, all, count);
    if (status == OX_OK)
        status = each_once(&loose) ? ox_line_join_loose(&sequence->line, &mine, &loose, NULL)
                                   : OX_DIVERGED;
    ox_loose_free(&loose);
    return status;
}

/* ---- by position, without a delta ---- */

enum ox_status ox_sequence_write_at(struct ox_sequence *sequence, uint64_t position,
                                    struct ox_bytes text, struct ox_dot dot, uint64_t *lamport,
                                    uint64_t *taken) {
    struct ox_line *line = &sequence->line;
    struct ox_spot spot = {OX_LINE_NONE, 0, 0};
    struct ox_stretch stretch = {.dot = dot, .lamport = *lamport + 1, .kind = OX_PLACE_TEXT};
    struct elements elements = {text, false};
    uint64_t pieces, scalars;
    if (position > line->shown)
        return OX_INVALID;
    if (position > 0)
        spot = ox_line_at(line, position - 1);
    if (text.size == 1 && text.data[0] < 0x80 && *lamport < UINT64_MAX - 2) {
        enum ox_status room = ox_line_reserve_at(line, spot, 1);
        if (room != OX_OK)
            return room;
        stretch.length = stretch.width = 1;
        stretch.data = text.data;
        ox_line_insert(line, spot, &stretch);
        ++*lamport;
        *taken = 1;
        return OX_OK;
    }
    if (!ox_utf8_valid(text))
        return OX_INVALID;
    scalars = count_elements(elements, &pieces);
    if (scalars == 0 || scalars > OX_UPDATE_DOTS_MAX)
        return scalars == 0 ? OX_NOOP : OX_INVALID;
    enum ox_status status = prepare_insert(line, *lamport, scalars, pieces, text.size, NULL);
    if (status != OX_OK)
        return status;
    commit_elements(line, spot, dot, stretch, elements, NULL);
    *lamport += scalars;
    *taken = scalars;
    return OX_OK;
}

enum ox_status ox_sequence_erase_at(struct ox_sequence *sequence, uint64_t position, uint64_t count,
                                    struct ox_dot dot, uint64_t *taken) {
    struct ox_line *line = &sequence->line;
    if (position > line->shown)
        return OX_INVALID;
    if (count > line->shown - position)
        count = line->shown - position;
    if (count == 0 || count > OX_UPDATE_DOTS_MAX)
        return count == 0 ? OX_NOOP : OX_INVALID;
    *taken = count;
    return delete_shown(line, position, count, dot, 1, NULL);
}

enum ox_status ox_sequence_apply(void *store, const struct ox_op *op, struct ox_update *update,
                                 uint64_t *lamport, void *part) {
    struct ox_line *line = &((struct ox_sequence *)store)->line;
    switch (op->verb->arg) {
    case OX_ARG_AFTER:
        return insert(line, op, update, lamport, part);
    case OX_ARG_TEXT:
        return write_text(line, op, update, lamport, part);
    case OX_ARG_AT:
        return delete (line, op, update, part);
    case OX_ARG_RANGE:
        return erase(line, op, update, part);
    default:
        return OX_INVALID;
    }
}

enum ox_status ox_sequence_cancel(void *store, struct ox_dot dot, void *part) {
    struct ox_line *line = &((struct ox_sequence *)store)->line;
    return line->shown == 0 ? OX_NOOP : delete_shown(line, 0, line->shown, dot, 0, part);
}

/* ---- join, order, parts ---- */

enum ox_status ox_sequence_join(void *store, const struct ox_seen *mine, const void *other,
                                const struct ox_seen *theirs, bool *changed) {
    struct ox_sequence *a = store;
    const struct ox_sequence *b = other;
    if (mine->vv == NULL)
        return ox_loose_join(&a->loose, &b->loose, changed);
    if (theirs->vv == NULL)
        return ox_line_join_loose(&a->line, mine, &b->loose, changed);
    return ox_line_join(&a->line, mine, &b->line, theirs, changed);
}

bool ox_sequence_leq(const void *store, const struct ox_seen *mine, const void *other,
                     const struct ox_seen *theirs) {
    const struct ox_sequence *a = store, *b = other;
    return ox_loose_leq(&a->loose, &b->loose) && ox_line_leq(&a->line, mine, &b->line, theirs);
}

enum ox_status ox_sequence_pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_sequence *from = store;
    struct ox_sequence *to = part;
    enum ox_status status = from->line.places > 0 ? ox_line_pick(&from->line, seen, &to->loose)
                                                  : ox_loose_pick(&from->loose, seen, &to->loose);
    if (status != OX_OK)
        ox_loose_clear(&to->loose);
    return status;
}

static enum ox_status add_killers(struct ox_dots *dots, struct ox_dot first, uint32_t length,
                                  int step) {
    uint64_t last = first.n + (uint64_t)(int64_t)step * (length - 1);
    struct ox_span span = {first.replica, first.n, last};
    if (last < first.n)
        span = (struct ox_span){first.replica, last, first.n};
    return ox_dots_add(dots, span);
}

enum ox_status ox_sequence_alive(const void *store, struct ox_dots *dots) {
    const struct ox_sequence *sequence = store;
    enum ox_status status = OX_OK;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0};
         status == OX_OK && ox_line_next(&sequence->line, &spot);) {
        struct ox_stretch run = ox_line_stretch(&sequence->line, spot);
        struct ox_span span = {run.dot.replica, run.dot.n, run.dot.n + (run.length - 1)};
        status = ox_dots_add(dots, span);
        if (status == OX_OK && run.kind == OX_PLACE_DEAD)
            status = add_killers(dots, run.killer, run.length, run.step);
    }
    for (uint32_t i = 0; i < sequence->loose.run_count && status == OX_OK; i++) {
        const struct ox_loose_run *run = &sequence->loose.runs[i];
        status = ox_dots_add(
            dots, (struct ox_span){run->dot.replica, run->dot.n, run->dot.n + (run->length - 1)});
    }
    for (uint32_t i = 0; i < sequence->loose.deletion_count && status == OX_OK; i++) {
        const struct ox_deletion *run = &sequence->loose.deletions[i];
        status = add_killers(dots, run->killer, run->length, run->step);
    }
    return status;
}

/* One part: a place, or a deletion. */
static enum ox_status give(const struct ox_stretch *place, struct ox_dot after,
                           const struct ox_deletion *deletion,
                           enum ox_status (*each)(void *self, void *part), void *self) {
    struct ox_sequence *part = ox_sequence_create();
    enum ox_status status = part == NULL ? OX_NOMEM : OX_OK;
    if (status == OX_OK)
        status = ox_loose_reserve(&part->loose, 1, 1, place != NULL ? place->width : 0);
    if (status != OX_OK) {
        if (part != NULL)
            ox_sequence_destroy(part);
        return status;
    }
    if (place != NULL)
        ox_loose_put(&part->loose, place, after);
    else
        ox_loose_put_deletion(&part->loose, deletion);
    return each(self, part);
}

static enum ox_status split_loose(const struct ox_loose *loose,
                                  enum ox_status (*each)(void *self, void *part), void *self) {
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < loose->run_count; i++) {
        struct ox_stretch left = ox_loose_stretch(loose, i);
        struct ox_dot after = loose->runs[i].after;
        for (uint32_t k = left.length; k > 0 && status == OX_OK; k--) {
            struct ox_stretch one = left;
            ox_stretch_keep(&one, 1);
            status = give(&one, after, NULL, each, self);
            after = one.dot;
            if (k > 1)
                ox_stretch_skip(&left, 1);
        }
    }
    for (uint32_t i = 0; i < loose->deletion_count; i++) {
        struct ox_deletion left = loose->deletions[i];
        for (uint32_t k = left.length; k > 0 && status == OX_OK; k--) {
            struct ox_deletion one = {left.target, left.killer, 1, 0};
            status = give(NULL, (struct ox_dot){0}, &one, each, self);
            if (k > 1)
                ox_deletion_skip(&left, 1);
        }
    }
    return status;
}

enum ox_status ox_sequence_split(const void *store, enum ox_status (*each)(void *self, void *part),
                                 void *self) {
    const struct ox_sequence *sequence = store;
    struct ox_seen nothing = {0};
    struct ox_loose loose = {0};
    if (sequence->line.places == 0)
        return split_loose(&sequence->loose, each, self);
    enum ox_status status = ox_line_pick(&sequence->line, &nothing, &loose);
    if (status == OX_OK)
        status = split_loose(&loose, each, self);
    ox_loose_free(&loose);
    return status;
}

enum ox_status ox_sequence_collect(void *store, const struct ox_vv *stable) {
    return ox_line_collect(&((struct ox_sequence *)store)->line, stable);
}

/* ---- bytes ---- */

void ox_sequence_encode(const void *store, struct ox_buf *out) {
    const struct ox_sequence *sequence = store;
    if (sequence->line.places > 0)
        ox_line_encode(&sequence->line, out);
    else if (!ox_loose_empty(&sequence->loose))
        ox_loose_encode(&sequence->loose, out);
    else
        ox_cbor_put_array(out, 0);
}

enum ox_status ox_sequence_decode(void *store, struct ox_cbor *in) {
    struct ox_sequence *sequence = store;
    size_t parts = ox_cbor_array(in);
    enum ox_status status = OX_OK;
    if (parts == 2)
        status = ox_loose_decode(&sequence->loose, in);
    else if (parts != 0)
        status = ox_line_decode(&sequence->line, in, parts);
    if (status == OX_OK && in->failed)
        status = OX_MALFORMED;
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}

static enum ox_status put_elements(const struct ox_stretch *run, struct ox_buf *out) {
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < run->length && status == OX_OK; i++) {
        struct ox_bytes one = {run->data + (size_t)i * run->width, run->width};
        if (out->data[out->size - 1] != '[')
            ox_buf_push(out, ',');
        if (run->kind == OX_PLACE_TEXT)
            ox_json_put_text(out, one);
        else
            status = ox_value_json(one, out);
        if (out->failed)
            status = OX_NOMEM;
    }
    return status;
}

enum ox_status ox_sequence_value(const void *store, struct ox_buf *out) {
    const struct ox_sequence *sequence = store;
    enum ox_status status = OX_OK;
    ox_buf_push(out, '[');
    if (out->failed)
        return OX_NOMEM;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0};
         status == OX_OK && ox_line_next(&sequence->line, &spot);) {
        struct ox_stretch run = ox_line_stretch(&sequence->line, spot);
        if (ox_kind_alive(run.kind))
            status = put_elements(&run, out);
    }
    for (uint32_t i = 0; i < sequence->loose.run_count && status == OX_OK; i++) {
        struct ox_stretch run = ox_loose_stretch(&sequence->loose, i);
        if (ox_kind_alive(run.kind))
            status = put_elements(&run, out);
    }
    ox_buf_push(out, ']');
    return status == OX_OK ? ox_buf_status(out) : status;
}

/* ---- validity ---- */

static bool seen_all(const struct ox_seen *seen, struct ox_dot dot, uint32_t length) {
    for (;;) {
        uint32_t count;
        if (!ox_seen_stretch(seen, dot, length, &count))
            return false;
        if (count == length)
            return true;
        dot.n += count;
        length -= count;
    }
}

static bool killers_seen(const struct ox_seen *seen, struct ox_dot killer, uint32_t length,
                         int step) {
    if (step == -1)
        killer.n -= length - 1;
    return seen_all(seen, killer, step == 0 ? 1 : length);
}

static bool dots_seen(const struct ox_sequence *sequence, const struct ox_seen *seen) {
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0}; ox_line_next(&sequence->line, &spot);) {
        struct ox_stretch run = ox_line_stretch(&sequence->line, spot);
        if (!seen_all(seen, run.dot, run.length) ||
            (run.kind == OX_PLACE_DEAD && !killers_seen(seen, run.killer, run.length, run.step)))
            return false;
    }
    for (uint32_t i = 0; i < sequence->loose.run_count; i++)
        if (!seen_all(seen, sequence->loose.runs[i].dot, sequence->loose.runs[i].length))
            return false;
    for (uint32_t i = 0; i < sequence->loose.deletion_count; i++) {
        const struct ox_deletion *run = &sequence->loose.deletions[i];
        if (!killers_seen(seen, run->killer, run->length, run->step))
            return false;
    }
    return true;
}

bool ox_sequence_valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_sequence *sequence = store;
    if (seen->vv != NULL ? !ox_loose_empty(&sequence->loose) : sequence->line.places > 0) {
        *reason = seen->vv != NULL ? "an object's sequence is not whole"
                                   : "a delta's sequence is not loose";
        return false;
    }
    if (!ox_line_valid(&sequence->line, reason) || !ox_loose_valid(&sequence->loose, reason))
        return false;
    if (!dots_seen(sequence, seen)) {
        *reason = "a place or a deletion has a dot that was never seen";
        return false;
    }
    return true;
}
