#include "crdt/sequence.h"

#include "crdt/sequence/parts.h"

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

bool ox_sequence_has_residue(const void *store, const struct ox_vv *stable) {
    return ox_line_has_residue(&((const struct ox_sequence *)store)->line, stable);
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
    else if (parts == OX_LINE_COLUMNS)
        status = ox_line_decode(&sequence->line, in);
    else if (parts != 0)
        status = OX_MALFORMED;
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

bool ox_sequence_within(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_sequence *sequence = store;
    if (seen->vv != NULL ? !ox_loose_empty(&sequence->loose) : sequence->line.places > 0) {
        *reason = seen->vv != NULL ? "an object's sequence is not whole"
                                   : "a delta's sequence is not loose";
        return false;
    }
    if (!dots_seen(sequence, seen)) {
        *reason = "a place or a deletion has a dot that was never seen";
        return false;
    }
    return true;
}

bool ox_sequence_valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_sequence *sequence = store;
    return ox_line_valid(&sequence->line, reason) && ox_loose_valid(&sequence->loose, reason) &&
           ox_sequence_within(store, seen, reason);
}
