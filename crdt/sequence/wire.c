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
 * Distances are modulo 2^64. A run is as long as it can be. wire_read.c reads it.
 */
#include "crdt/array.h"
#include "crdt/sequence/order.h"
#include "crdt/sequence/parts.h"

#include <stdlib.h>

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
    struct ox_order_key *by_dot; /* their numbers */
    ox_replica *ids;
    uint32_t run_count, run_capacity;
    uint32_t id_count;
};

static void columns_free(struct columns *columns) {
    free(columns->runs);
    free(columns->by_dot);
    free(columns->ids);
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

static enum ox_status order_by_dot(struct columns *columns) {
    columns->by_dot = malloc(columns->run_count * sizeof *columns->by_dot);
    if (columns->by_dot == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < columns->run_count; i++) {
        struct ox_dot dot = columns->runs[i].dot;
        columns->by_dot[i] = (struct ox_order_key){dot.n, rank_of(columns, dot.replica), i};
    }
    return ox_order_keys(columns->by_dot, columns->run_count);
}

static enum ox_status gather(struct columns *columns, const struct ox_line *line) {
    struct reader reader = {.line = line, .spot = {OX_LINE_NONE, 0, 0}};
    struct ox_stretch run;
    enum ox_status status = OX_OK;
    while (status == OX_OK && next_run(&reader, &run))
        status = push_run(columns, &run);
    if (status == OX_OK)
        status = gather_ids(columns, line);
    if (status == OX_OK)
        status = order_by_dot(columns);
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
        const struct ox_stretch *run = &columns->runs[columns->by_dot[i].run];
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
    ox_cbor_put_array(out, OX_LINE_COLUMNS);
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
