/* The bytes of a sequence.
 *
 * Empty: []. A line: columns, of its runs in linear order, so that a compressor meets like with
 * like:
 *
 *     [ids, owners, shapes, dots, lamports, killers, steps, text, items]
 *
 *     ids       the replicas of places and killers, ascending; the others name them by number
 *     owners    of each run its replica; empty when there is only one
 *     shapes    (length - 1) x 3 + (0 text, 1 items, 2 deleted)
 *     dots      of each run how far its n lies from the end of the run before of the same replica
 *     lamports  of each run, in order of dots: how far above the lamport that could come next
 *     killers   of each deleted run how far its n lies from the run's last n
 *     steps     of each deleted run the number of the killers' replica x 3 + step + 1
 *     text      all texts of one scalar
 *     items     all other elements
 *
 * Distances are modulo 2^64. A run is as long as it can be. A delta: [runs, deletions] with
 *
 *     run       [replica, n, lamport, content] and, unless it comes after (replica, n - 1), the
 *               replica and n of what it comes after; content is text (one scalar per element), a
 *               list of items, or how many when it is not told
 *     deletion  [replica, n, killer's replica, killer's n] and, of more than one, length and step
 */
#include "crdt/array.h"
#include "crdt/sequence/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 9, LOOSE_PARTS = 2 };

/* ---- runs as long as they can be ---- */

/* Walks along a line by runs as long as they can be. Their contents may lie in several pieces, so
 * that they are read apart. */
struct reader {
    const struct ox_line *line;
    struct ox_spot spot;
    struct ox_stretch left; /* not yet part of a run that was given; length 0: nothing */
    bool ended;
};

static bool next_run(struct reader *reader, struct ox_stretch *run) {
    if (reader->left.length == 0) {
        if (reader->ended || !ox_line_next(reader->line, &reader->spot))
            return false;
        reader->left = ox_line_stretch(reader->line, reader->spot);
    }
    *run = reader->left;
    reader->left.length = 0;
    while (ox_line_next(reader->line, &reader->spot)) {
        struct ox_stretch next = ox_line_stretch(reader->line, reader->spot);
        uint32_t taken = ox_stretch_absorb(run, &next);
        if (taken == next.length)
            continue;
        if (taken > 0)
            ox_stretch_skip(&next, taken);
        reader->left = next;
        return true;
    }
    reader->ended = true;
    return true;
}

/* ---- writing a line ---- */

/* The runs of a line, gathered. */
struct columns {
    struct ox_stretch *runs;
    const void **by_dot;
    ox_replica *ids;
    uint32_t run_count, run_capacity;
    uint32_t id_count;
};

static void columns_free(struct columns *columns) {
    free(columns->runs);
    free(columns->by_dot);
    free(columns->ids);
}

static int compare_dots(const void *left, const void *right) {
    const struct ox_stretch *a = left, *b = right;
    return ox_dot_compare(a->dot, b->dot);
}

static enum ox_status sort_by_dot(struct columns *columns) {
    columns->by_dot = malloc(columns->run_count * sizeof *columns->by_dot);
    if (columns->by_dot == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < columns->run_count; i++)
        columns->by_dot[i] = &columns->runs[i];
    ox_array_sort(columns->by_dot, columns->run_count, compare_dots);
    return OX_OK;
}

static enum ox_status push_run(struct columns *columns, const struct ox_stretch *run) {
    if (columns->run_count == columns->run_capacity) {
        struct ox_stretch *grown = ox_array_grow(columns->runs, &columns->run_capacity,
                                                 (uint64_t)columns->run_count + 1, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        columns->runs = grown;
    }
    columns->runs[columns->run_count++] = *run;
    return OX_OK;
}

static uint32_t rank_of(const struct columns *columns, ox_replica id) {
    uint32_t low = 0, high = columns->id_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (columns->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The replicas that the runs name, ascending. */
static enum ox_status gather_ids(struct columns *columns, const struct ox_line *line) {
    bool *used = calloc(line->replica_count, sizeof *used);
    columns->ids = malloc(line->replica_count * sizeof *columns->ids);
    if (used == NULL || columns->ids == NULL) {
        free(used);
        return OX_NOMEM;
    }
    for (uint32_t i = 0; i < columns->run_count; i++) {
        const struct ox_stretch *run = &columns->runs[i];
        used[ox_line_replica(line, run->dot.replica)] = true;
        if (run->kind == OX_PLACE_DEAD)
            used[ox_line_replica(line, run->killer.replica)] = true;
    }
    for (uint32_t i = 0; i < line->replica_count; i++)
        if (used[line->by_id[i]])
            columns->ids[columns->id_count++] = line->replicas[line->by_id[i]].id;
    free(used);
    return OX_OK;
}

static enum ox_status gather(struct columns *columns, const struct ox_line *line) {
    struct reader reader = {.line = line, .spot = {OX_LINE_NONE, 0, 0}};
    struct ox_stretch run;
    enum ox_status status = OX_OK;
    while (status == OX_OK && next_run(&reader, &run))
        status = push_run(columns, &run);
    if (status == OX_OK)
        status = sort_by_dot(columns);
    if (status == OX_OK)
        status = gather_ids(columns, line);
    return status;
}

static void put_distance(struct ox_buf *out, uint64_t from, uint64_t to) {
    ox_cbor_put_int(out, (int64_t)(to - from));
}

static void put_owners(const struct columns *columns, struct ox_buf *out) {
    ox_cbor_put_array(out, columns->id_count > 1 ? columns->run_count : 0);
    for (uint32_t i = 0; i < columns->run_count && columns->id_count > 1; i++)
        ox_cbor_put_uint(out, rank_of(columns, columns->runs[i].dot.replica));
}

/* `next`, one per replica and all 1, is where its next run would go on. */
static void put_dots(const struct columns *columns, uint64_t *next, struct ox_buf *out) {
    ox_cbor_put_array(out, columns->run_count);
    for (uint32_t i = 0; i < columns->run_count; i++) {
        const struct ox_stretch *run = &columns->runs[i];
        uint64_t *expected = &next[rank_of(columns, run->dot.replica)];
        put_distance(out, *expected, run->dot.n);
        *expected = run->dot.n + run->length;
    }
}

static uint64_t shape_kind(enum ox_place_kind kind) {
    return kind == OX_PLACE_TEXT ? 0 : kind == OX_PLACE_ITEM ? 1 : 2;
}

static void put_shapes(const struct columns *columns, struct ox_buf *out) {
    ox_cbor_put_array(out, columns->run_count);
    for (uint32_t i = 0; i < columns->run_count; i++)
        ox_cbor_put_uint(out, (columns->runs[i].length - 1) * UINT64_C(3) +
                                  shape_kind(columns->runs[i].kind));
}

static void put_lamports(const struct columns *columns, struct ox_buf *out) {
    const struct ox_stretch *before = NULL;
    ox_cbor_put_array(out, columns->run_count);
    for (uint32_t i = 0; i < columns->run_count; i++) {
        const struct ox_stretch *run = columns->by_dot[i];
        bool first = before == NULL || before->dot.replica != run->dot.replica;
        ox_cbor_put_uint(out, run->lamport - (first ? 1 : before->lamport + before->length));
        before = run;
    }
}

static void put_killers(const struct columns *columns, struct ox_buf *out) {
    uint32_t dead = 0;
    for (uint32_t i = 0; i < columns->run_count; i++)
        dead += columns->runs[i].kind == OX_PLACE_DEAD;
    ox_cbor_put_array(out, dead);
    for (uint32_t i = 0; i < columns->run_count; i++) {
        const struct ox_stretch *run = &columns->runs[i];
        if (run->kind == OX_PLACE_DEAD)
            put_distance(out, run->dot.n + (run->length - 1), run->killer.n);
    }
    ox_cbor_put_array(out, dead);
    for (uint32_t i = 0; i < columns->run_count; i++) {
        const struct ox_stretch *run = &columns->runs[i];
        if (run->kind == OX_PLACE_DEAD)
            ox_cbor_put_uint(out, rank_of(columns, run->killer.replica) * UINT64_C(3) +
                                      (uint64_t)(run->step + 1));
    }
}

static void put_contents(const struct ox_line *line, struct ox_buf *out) {
    size_t text = 0;
    uint64_t items = 0;
    struct ox_spot spot = {OX_LINE_NONE, 0, 0};
    while (ox_line_next(line, &spot)) {
        struct ox_stretch run = ox_line_stretch(line, spot);
        text += run.kind == OX_PLACE_TEXT ? (size_t)run.length * run.width : 0;
        items += run.kind == OX_PLACE_ITEM ? run.length : 0;
    }
    for (int pass = OX_PLACE_TEXT; pass <= OX_PLACE_ITEM; pass++) {
        if (pass == OX_PLACE_TEXT)
            ox_cbor_put_text_head(out, text);
        else
            ox_cbor_put_array(out, items);
        for (spot = (struct ox_spot){OX_LINE_NONE, 0, 0}; ox_line_next(line, &spot);) {
            struct ox_stretch run = ox_line_stretch(line, spot);
            if ((int)run.kind == pass)
                ox_buf_append(out, run.data, (size_t)run.length * run.width);
        }
    }
}

void ox_line_encode(const struct ox_line *line, struct ox_buf *out) {
    struct columns columns = {0};
    uint64_t *next = NULL;
    enum ox_status status = gather(&columns, line);
    if (status == OX_OK)
        next = malloc(columns.id_count * sizeof *next);
    if (next == NULL) {
        out->failed = true;
        columns_free(&columns);
        return;
    }
    for (uint32_t i = 0; i < columns.id_count; i++)
        next[i] = 1;
    ox_cbor_put_array(out, COLUMNS);
    ox_cbor_put_array(out, columns.id_count);
    for (uint32_t i = 0; i < columns.id_count; i++)
        ox_cbor_put_uint(out, columns.ids[i]);
    put_owners(&columns, out);
    put_shapes(&columns, out);
    put_dots(&columns, next, out);
    put_lamports(&columns, out);
    put_killers(&columns, out);
    put_contents(line, out);
    free(next);
    columns_free(&columns);
}

/* ---- reading a line ---- */

static void read_ids(struct columns *columns, struct ox_cbor *in) {
    size_t count = ox_cbor_array(in);
    if (count == 0 || count > UINT32_MAX)
        ox_cbor_fail(in);
    columns->ids = in->failed ? NULL : malloc(count * sizeof *columns->ids);
    if (columns->ids == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        columns->ids[i] = ox_cbor_uint(in);
        if (i > 0 && columns->ids[i] <= columns->ids[i - 1])
            ox_cbor_fail(in);
    }
    columns->id_count = (uint32_t)count;
}

/* A number below `bound`. */
static uint64_t read_below(struct ox_cbor *in, uint64_t bound) {
    uint64_t value = ox_cbor_uint(in);
    if (value < bound)
        return value;
    ox_cbor_fail(in);
    return 0;
}

/* An array that must have this many items. */
static void read_count(struct ox_cbor *in, uint64_t count) {
    if (ox_cbor_array(in) != count)
        ox_cbor_fail(in);
}

static bool out_of(const struct ox_cbor *in, enum ox_status *status) {
    if (*status == OX_OK && in->failed)
        *status = OX_MALFORMED;
    return *status != OX_OK;
}

/* Owners and shapes; takes memory for as many runs as there are bytes for. */
static enum ox_status read_shapes(struct columns *columns, struct ox_cbor *in) {
    size_t owners = ox_cbor_array(in);
    struct ox_cbor at_owners = *in;
    for (size_t i = 0; i < owners; i++)
        read_below(in, columns->id_count);
    size_t count = ox_cbor_array(in);
    if (count == 0 || count > UINT32_MAX || owners != (columns->id_count > 1 ? count : 0))
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    columns->runs = calloc(count, sizeof *columns->runs);
    if (columns->runs == NULL)
        return OX_NOMEM;
    columns->run_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        static const enum ox_place_kind kinds[] = {OX_PLACE_TEXT, OX_PLACE_ITEM, OX_PLACE_DEAD};
        uint64_t owner = owners > 0 ? ox_cbor_uint(&at_owners) : 0;
        uint64_t shape = read_below(in, OX_STRETCH_MAX * UINT64_C(3));
        columns->runs[i].dot.replica = columns->ids[owner];
        columns->runs[i].length = (uint32_t)(shape / 3 + 1);
        columns->runs[i].kind = kinds[shape % 3];
    }
    return in->failed ? OX_MALFORMED : OX_OK;
}

static enum ox_status read_dots(struct columns *columns, struct ox_cbor *in) {
    uint64_t *next = malloc(columns->id_count * sizeof *next);
    if (next == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < columns->id_count; i++)
        next[i] = 1;
    read_count(in, columns->run_count);
    for (uint32_t i = 0; i < columns->run_count && !in->failed; i++) {
        struct ox_stretch *run = &columns->runs[i];
        uint64_t *expected = &next[rank_of(columns, run->dot.replica)];
        run->dot.n = *expected + (uint64_t)ox_cbor_int(in);
        *expected = run->dot.n + run->length;
    }
    free(next);
    return in->failed ? OX_MALFORMED : OX_OK;
}

/* Also checks that no two runs share a dot, and that lamports ascend with dots. */
static enum ox_status read_lamports(struct columns *columns, struct ox_cbor *in) {
    enum ox_status status = sort_by_dot(columns);
    const struct ox_stretch *before = NULL;
    if (status != OX_OK)
        return status;
    read_count(in, columns->run_count);
    for (uint32_t i = 0; i < columns->run_count && !in->failed; i++) {
        struct ox_stretch *run = (struct ox_stretch *)columns->by_dot[i];
        bool first = before == NULL || before->dot.replica != run->dot.replica;
        uint64_t least = first ? 1 : before->lamport + before->length;
        uint64_t above = ox_cbor_uint(in);
        if (above > UINT64_MAX - least || (!first && run->dot.n - before->dot.n < before->length))
            ox_cbor_fail(in);
        run->lamport = least + above;
        struct ox_stretch place = *run;
        place.kind = OX_PLACE_VOID; /* of killers nothing is known yet */
        if (!ox_stretch_in_range(&place))
            ox_cbor_fail(in);
        before = run;
    }
    return in->failed ? OX_MALFORMED : OX_OK;
}

static void read_killers(struct columns *columns, struct ox_cbor *in) {
    uint32_t dead = 0;
    for (uint32_t i = 0; i < columns->run_count; i++)
        dead += columns->runs[i].kind == OX_PLACE_DEAD;
    read_count(in, dead);
    for (uint32_t i = 0; i < columns->run_count && !in->failed; i++) {
        struct ox_stretch *run = &columns->runs[i];
        if (run->kind == OX_PLACE_DEAD)
            run->killer.n = run->dot.n + (run->length - 1) + (uint64_t)ox_cbor_int(in);
    }
    read_count(in, dead);
    for (uint32_t i = 0; i < columns->run_count && !in->failed; i++) {
        struct ox_stretch *run = &columns->runs[i];
        if (run->kind != OX_PLACE_DEAD)
            continue;
        uint64_t step = read_below(in, columns->id_count * UINT64_C(3));
        run->killer.replica = columns->ids[step / 3];
        run->step = (int)(step % 3) - 1;
        if (!ox_stretch_in_range(run) || (run->length == 1 && run->step != 0))
            ox_cbor_fail(in);
    }
}

/* Every replica that is named is of some place or killer. */
static enum ox_status check_ids(const struct columns *columns, struct ox_cbor *in) {
    bool *used = calloc(columns->id_count, sizeof *used);
    if (used == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < columns->run_count; i++) {
        const struct ox_stretch *run = &columns->runs[i];
        used[rank_of(columns, run->dot.replica)] = true;
        if (run->kind == OX_PLACE_DEAD)
            used[rank_of(columns, run->killer.replica)] = true;
    }
    for (uint32_t i = 0; i < columns->id_count; i++)
        if (!used[i])
            ox_cbor_fail(in);
    free(used);
    return in->failed ? OX_MALFORMED : OX_OK;
}

/* The bytes of so many items, which must all be of one width. */
static void read_items(struct ox_cbor *in, struct ox_stretch *run) {
    run->data = in->at;
    for (uint32_t i = 0; i < run->length && !in->failed; i++) {
        const uint8_t *start = in->at;
        struct ox_value value;
        if (ox_value_decode(&value, in, true) != OX_OK)
            return;
        bool scalar = value.kind == OX_VALUE_TEXT && value.bytes.size >= 1 &&
                      ox_utf8_width(value.bytes.data[0]) == value.bytes.size;
        size_t width = (size_t)(in->at - start);
        if (scalar || width > OX_STRETCH_MAX || (i > 0 && width != run->width))
            ox_cbor_fail(in);
        run->width = (uint32_t)width;
    }
}

/* The bytes of so many scalars, which must all be of one width; moves `text` behind them. */
static void read_text(struct ox_cbor *in, struct ox_bytes *text, struct ox_stretch *run) {
    if (text->size == 0) {
        ox_cbor_fail(in);
        return;
    }
    uint32_t count = ox_utf8_run(*text, run->length, &run->width);
    if (count < run->length) {
        ox_cbor_fail(in);
        return;
    }
    size_t size = (size_t)run->length * run->width;
    run->data = text->data;
    text->data += size;
    text->size -= size;
}

static void read_contents(struct columns *columns, struct ox_cbor *in, uint64_t *size) {
    uint64_t items = 0;
    struct ox_bytes text = ox_cbor_text(in);
    *size = text.size;
    for (uint32_t i = 0; i < columns->run_count && !in->failed; i++) {
        struct ox_stretch *run = &columns->runs[i];
        items += run->kind == OX_PLACE_ITEM ? run->length : 0;
        if (run->kind == OX_PLACE_TEXT)
            read_text(in, &text, run);
    }
    if (text.size > 0)
        ox_cbor_fail(in);
    read_count(in, items);
    for (uint32_t i = 0; i < columns->run_count && !in->failed; i++) {
        struct ox_stretch *run = &columns->runs[i];
        if (run->kind != OX_PLACE_ITEM)
            continue;
        read_items(in, run);
        *size += (uint64_t)run->length * run->width;
    }
}

/* Puts the runs into the line; refuses two that are one. */
static enum ox_status build(struct ox_line *line, const struct columns *columns, uint64_t size) {
    enum ox_status status = ox_line_reserve(line, columns->run_count, columns->id_count, size);
    for (uint32_t i = 0; i < columns->run_count && status == OX_OK; i++) {
        struct ox_stretch before = columns->runs[i > 0 ? i - 1 : 0];
        if (i > 0 && ox_stretch_absorb(&before, &columns->runs[i]) > 0)
            status = OX_MALFORMED;
        else
            ox_line_append(line, &columns->runs[i]);
    }
    return status;
}

enum ox_status ox_line_decode(struct ox_line *line, struct ox_cbor *in, size_t parts) {
    struct columns columns = {0};
    enum ox_status status = OX_OK;
    uint64_t size = 0;
    if (parts != COLUMNS)
        ox_cbor_fail(in);
    read_ids(&columns, in);
    if (!out_of(in, &status) && columns.ids == NULL)
        status = OX_NOMEM;
    if (!out_of(in, &status))
        status = read_shapes(&columns, in);
    if (!out_of(in, &status))
        status = read_dots(&columns, in);
    if (!out_of(in, &status))
        status = read_lamports(&columns, in);
    if (!out_of(in, &status))
        read_killers(&columns, in);
    if (!out_of(in, &status))
        status = check_ids(&columns, in);
    if (!out_of(in, &status))
        read_contents(&columns, in, &size);
    if (!out_of(in, &status))
        status = build(line, &columns, size);
    columns_free(&columns);
    return status;
}

/* ---- deltas ---- */

static bool follows_itself(struct ox_dot dot, struct ox_dot after) {
    return after.n > 0 && after.replica == dot.replica && after.n + 1 == dot.n;
}

static void put_loose_run(const struct ox_loose *loose, uint32_t i, struct ox_buf *out) {
    const struct ox_loose_run *run = &loose->runs[i];
    const uint8_t *data = run->width > 0 ? loose->contents + run->offset : NULL;
    size_t size = (size_t)run->length * run->width;
    bool told = follows_itself(run->dot, run->after);
    ox_cbor_put_array(out, told ? 4 : 6);
    ox_cbor_put_uint(out, run->dot.replica);
    ox_cbor_put_uint(out, run->dot.n);
    ox_cbor_put_uint(out, run->lamport);
    if (run->kind == OX_PLACE_VOID) {
        ox_cbor_put_uint(out, run->length);
    } else if (run->kind == OX_PLACE_TEXT) {
        ox_cbor_put_text_head(out, size);
        ox_buf_append(out, data, size);
    } else {
        ox_cbor_put_array(out, run->length);
        ox_buf_append(out, data, size);
    }
    if (!told) {
        ox_cbor_put_uint(out, run->after.replica);
        ox_cbor_put_uint(out, run->after.n);
    }
}

static void put_deletion(const struct ox_deletion *deletion, struct ox_buf *out) {
    ox_cbor_put_array(out, deletion->length > 1 ? 6 : 4);
    ox_cbor_put_uint(out, deletion->target.replica);
    ox_cbor_put_uint(out, deletion->target.n);
    ox_cbor_put_uint(out, deletion->killer.replica);
    ox_cbor_put_uint(out, deletion->killer.n);
    if (deletion->length > 1) {
        ox_cbor_put_uint(out, deletion->length);
        ox_cbor_put_int(out, deletion->step);
    }
}

void ox_loose_encode(const struct ox_loose *loose, struct ox_buf *out) {
    ox_cbor_put_array(out, LOOSE_PARTS);
    ox_cbor_put_array(out, loose->run_count);
    for (uint32_t i = 0; i < loose->run_count; i++)
        put_loose_run(loose, i, out);
    ox_cbor_put_array(out, loose->deletion_count);
    for (uint32_t i = 0; i < loose->deletion_count; i++)
        put_deletion(&loose->deletions[i], out);
}

static uint32_t read_length(struct ox_cbor *in, uint64_t least) {
    uint64_t length = read_below(in, (uint64_t)OX_STRETCH_MAX + 1);
    if (length < least)
        ox_cbor_fail(in);
    return (uint32_t)length;
}

static void read_loose_content(struct ox_cbor *in, struct ox_stretch *run) {
    struct ox_bytes text;
    size_t items;
    switch (ox_cbor_peek(in)) {
    case OX_CBOR_TEXT:
        text = ox_cbor_text(in);
        run->kind = OX_PLACE_TEXT;
        if (text.size == 0) {
            ox_cbor_fail(in);
            return;
        }
        run->length = ox_utf8_run(text, OX_STRETCH_MAX, &run->width);
        run->data = text.data;
        if ((uint64_t)run->length * run->width != text.size)
            ox_cbor_fail(in);
        return;
    case OX_CBOR_ARRAY:
        items = ox_cbor_array(in);
        run->kind = OX_PLACE_ITEM;
        run->length = (uint32_t)items;
        if (items == 0 || items > OX_STRETCH_MAX)
            ox_cbor_fail(in);
        else
            read_items(in, run);
        return;
    default:
        run->kind = OX_PLACE_VOID;
        run->length = read_length(in, 1);
        return;
    }
}

static enum ox_status read_loose_run(struct ox_loose *loose, struct ox_cbor *in) {
    struct ox_stretch run = {0};
    size_t parts = ox_cbor_array(in);
    if (parts != 4 && parts != 6)
        ox_cbor_fail(in);
    run.dot.replica = ox_cbor_uint(in);
    run.dot.n = ox_cbor_uint(in);
    run.lamport = ox_cbor_uint(in);
    read_loose_content(in, &run);
    struct ox_dot after = {run.dot.replica, run.dot.n - 1};
    if (parts == 6) {
        after.replica = ox_cbor_uint(in);
        after.n = ox_cbor_uint(in);
    }
    if ((parts == 4) != follows_itself(run.dot, after) || !ox_stretch_in_range(&run))
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    enum ox_status status = ox_loose_reserve(loose, 1, 0, (uint64_t)run.length * run.width);
    uint32_t before = loose->run_count;
    if (status == OX_OK)
        ox_loose_put(loose, &run, after);
    if (status == OX_OK && loose->run_count - before != 1)
        status = OX_MALFORMED; /* it is one with the run before */
    return status;
}

static enum ox_status read_deletion(struct ox_loose *loose, struct ox_cbor *in) {
    struct ox_deletion deletion = {.length = 1};
    size_t parts = ox_cbor_array(in);
    if (parts != 4 && parts != 6)
        ox_cbor_fail(in);
    deletion.target.replica = ox_cbor_uint(in);
    deletion.target.n = ox_cbor_uint(in);
    deletion.killer.replica = ox_cbor_uint(in);
    deletion.killer.n = ox_cbor_uint(in);
    if (parts == 6) {
        deletion.length = read_length(in, 2);
        int64_t step = ox_cbor_int(in);
        deletion.step = (int)step;
        if (step < -1 || step > 1)
            ox_cbor_fail(in);
    }
    if (in->failed)
        return OX_MALFORMED;
    if (loose->deletion_count == loose->deletion_capacity &&
        ox_loose_reserve(loose, 0, 1, 0) != OX_OK)
        return OX_NOMEM;
    loose->deletions[loose->deletion_count++] = deletion; /* what is wrong comes out below */
    return OX_OK;
}

enum ox_status ox_loose_decode(struct ox_loose *loose, struct ox_cbor *in) {
    const char *reason;
    enum ox_status status = OX_OK;
    size_t runs = ox_cbor_array(in);
    for (size_t i = 0; i < runs && status == OX_OK; i++)
        status = read_loose_run(loose, in);
    size_t deletions = status == OX_OK ? ox_cbor_array(in) : 0;
    for (size_t i = 0; i < deletions && status == OX_OK; i++)
        status = read_deletion(loose, in);
    if (status == OX_OK && (in->failed || ox_loose_empty(loose) || !ox_loose_valid(loose, &reason)))
        status = OX_MALFORMED;
    return status;
}
