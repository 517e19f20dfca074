/* Edits of a sequence: those of its own replica, by id and by position, and those that another one
 * tells of. Each finds its spot in the line, makes room, and only then changes anything.
 */
#include "crdt/sequence/nodes.h"
#include "crdt/sequence/parts.h"

/* ---- inserting ---- */

/* Whether so many lamports are left above one. It may come from a stranger and be any. */
static bool lamports_left(uint64_t lamport, uint64_t count) {
    return lamport <= OX_LAMPORT_MAX && count <= OX_LAMPORT_MAX - lamport;
}

/* Where an insert is to hang. */
static enum ox_status find_parent(const struct ox_line *line, struct ox_dot at,
                                  struct ox_spot *spot) {
    *spot = (struct ox_spot){OX_LINE_NONE, 0, 0};
    if (at.n == 0 && at.replica == 0)
        return OX_OK;
    if (!ox_line_find(line, at, spot) || !ox_run_alive(ox_run_at(line, *spot)))
        return OX_NO_SUCH;
    return OX_OK;
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
    if (status == OX_OK && !lamports_left(*lamport, 1))
        status = OX_OVERFLOW;
    if (status == OX_OK)
        status = ox_line_reserve_at(line, spot, stretch.width);
    if (status == OX_OK && part != NULL)
        status = ox_loose_reserve(&part->loose, 1, 0, stretch.width);
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
    uint64_t count;
    uint64_t pieces; /* the stretches that they make */
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

/* Counts them. OX_NOOP for none; OX_OVERFLOW when so many lamports from one on are not left. */
static enum ox_status count_elements(struct elements *elements, uint64_t lamport) {
    struct ox_bytes all = elements->left;
    while (elements->left.size > 0) {
        struct ox_stretch stretch;
        next_elements(elements, &stretch);
        elements->count += stretch.length;
        elements->pieces++;
    }
    elements->left = all;
    if (elements->count == 0 || elements->count > OX_UPDATE_DOTS_MAX)
        return elements->count == 0 ? OX_NOOP : OX_INVALID;
    return lamports_left(lamport - 1, elements->count) ? OX_OK : OX_OVERFLOW;
}

/* Puts them behind a spot, whose place is `after`; there is room. */
static void commit_elements(struct ox_line *line, struct ox_spot spot, struct ox_dot after,
                            struct ox_dot dot, uint64_t lamport, struct elements elements,
                            struct ox_sequence *part) {
    struct ox_stretch stretch = {.dot = dot, .lamport = lamport};
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

/* Puts elements, which are counted, behind a spot, whose place is `after`. */
static enum ox_status put_elements(struct ox_line *line, struct ox_spot spot, struct ox_dot after,
                                   struct ox_dot dot, uint64_t lamport,
                                   const struct elements *elements, struct ox_sequence *part) {
    size_t size = elements->left.size;
    enum ox_status status = elements->pieces == 1
                                ? ox_line_reserve_at(line, spot, size)
                                : ox_line_reserve(line, elements->pieces, 1, size);
    if (status == OX_OK && part != NULL)
        status = ox_loose_reserve(&part->loose, elements->pieces, 0, size);
    if (status == OX_OK)
        commit_elements(line, spot, after, dot, lamport, *elements, part);
    return status;
}

static enum ox_status insert_elements(struct ox_line *line, struct ox_dot at,
                                      struct elements elements, struct ox_update *update,
                                      uint64_t *lamport, struct ox_sequence *part) {
    struct ox_spot spot;
    enum ox_status status = find_parent(line, at, &spot);
    if (status == OX_OK)
        status = count_elements(&elements, *lamport + 1);
    if (status == OX_OK)
        status = put_elements(line, spot, at, update->dot, *lamport + 1, &elements, part);
    if (status != OX_OK)
        return status;
    *lamport += elements.count;
    update->taken = elements.count;
    return OX_OK;
}

static enum ox_status write_text(struct ox_line *line, const struct ox_op *op,
                                 struct ox_update *update, uint64_t *lamport,
                                 struct ox_sequence *part) {
    if (op->arg.kind != OX_VALUE_TEXT || !ox_utf8_valid(op->arg.bytes))
        return OX_INVALID;
    return insert_elements(line, op->at, (struct elements){.left = op->arg.bytes}, update, lamport,
                           part);
}

enum ox_status ox_sequence_insert_list(struct ox_sequence *sequence, struct ox_dot at,
                                       struct ox_bytes list, struct ox_update *update,
                                       uint64_t *lamport, struct ox_sequence *part) {
    return insert_elements(&sequence->line, at, (struct elements){.left = list, .listed = true},
                           update, lamport, part);
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
        status = ox_line_reserve(line, 2, 1, 0); /* only the first and the last run are cut */
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

static enum ox_status delete_one(struct ox_line *line, const struct ox_op *op,
                                 const struct ox_update *update, struct ox_sequence *part) {
    struct ox_spot spot;
    if (!ox_line_find(line, op->at, &spot))
        return OX_NO_SUCH;
    if (!ox_run_alive(ox_run_at(line, spot)))
        return OX_NOOP;
    return delete_run(line, spot, 1, update->dot, 0, part);
}

/* ---- what another replica did ---- */

static enum ox_status take_elements(struct ox_line *line, struct ox_dot at, struct ox_dot dot,
                                    uint64_t lamport, struct elements elements) {
    struct ox_spot spot;
    enum ox_status status = ox_line_receive(line, at, dot, &lamport, &spot);
    if (status == OX_OK && count_elements(&elements, lamport) != OX_OK)
        status = OX_DIVERGED;
    return status == OX_OK ? put_elements(line, spot, at, dot, lamport, &elements, NULL) : status;
}

enum ox_status ox_sequence_take_text(struct ox_sequence *sequence, struct ox_dot at,
                                     struct ox_dot dot, uint64_t lamport, struct ox_bytes text) {
    return take_elements(&sequence->line, at, dot, lamport, (struct elements){.left = text});
}

enum ox_status ox_sequence_take_list(struct ox_sequence *sequence, struct ox_dot at,
                                     struct ox_dot dot, uint64_t lamport, struct ox_bytes list) {
    return take_elements(&sequence->line, at, dot, lamport,
                         (struct elements){.left = list, .listed = true});
}

enum ox_status ox_sequence_take_deletion(struct ox_sequence *sequence, const struct ox_vv *context,
                                         struct ox_dot at, struct ox_dot killer) {
    struct ox_deletion deletion = {at, killer, 1, 0};
    bool changed;
    return ox_line_join_deletion(&sequence->line, context, &deletion, &changed);
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
    struct elements elements = {.left = text};
    enum ox_status status = position <= line->shown && ox_utf8_valid(text)
                                ? count_elements(&elements, *lamport + 1)
                                : OX_INVALID;
    if (status == OX_OK && position > 0)
        spot = ox_line_at(line, position - 1);
    if (status == OX_OK)
        status = put_elements(line, spot, dot, dot, *lamport + 1, &elements, NULL);
    if (status != OX_OK)
        return status;
    *lamport += elements.count;
    *taken = elements.count;
    return OX_OK;
}

enum ox_status ox_sequence_erase_at(struct ox_sequence *sequence, uint64_t position, uint64_t count,
                                    struct ox_dot dot, uint64_t *taken) {
    struct ox_line *line = &sequence->line;
    if (count == 1 && position < line->shown &&
        ox_line_rub(line, ox_line_at(line, position), dot)) {
        ox_line_compact(line);
        *taken = 1;
        return OX_OK;
    }
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
        return delete_one(line, op, update, part);
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
