/* Reading a line from its bytes, whose form wire.c states. The columns are read into runs as they
 * will stand in the leaves; their order by dots, which lamports need, also gives the locator; so no
 * run is looked for and none moves. All that the bytes could have wrong is found on the way.
 */
#include "crdt/sequence/nodes.h"
#include "crdt/sequence/order.h"
#include "crdt/sequence/parts.h"

#include <stdlib.h>
#include <string.h>

/* The line's own arrays take replicas and contents; a replica's number is its rank. */
struct reading {
    struct ox_line *line;
    struct ox_cbor *in;
    struct ox_run *runs;
    struct ox_order_key *by_dot;
    uint32_t count;
};

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

static enum ox_status so_far(const struct ox_cbor *in) {
    return in->failed ? OX_MALFORMED : OX_OK;
}

static enum ox_status read_ids(struct reading *reading) {
    struct ox_cbor *in = reading->in;
    struct ox_line *line = reading->line;
    size_t count = ox_cbor_array(in);
    if (count == 0 || count >= OX_LINE_NONE)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    line->replicas = malloc(count * sizeof *line->replicas);
    line->by_id = malloc(count * sizeof *line->by_id);
    if (line->replicas == NULL || line->by_id == NULL)
        return OX_NOMEM;
    line->replica_count = line->replica_capacity = (uint32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        ox_replica id = ox_cbor_uint(in);
        if (i > 0 && id <= line->replicas[i - 1].id)
            ox_cbor_fail(in);
        line->replicas[i] = (struct ox_line_replica){.id = id, .last_leaf = OX_LINE_NONE};
        line->by_id[i] = i;
    }
    return so_far(in);
}

/* Owners and shapes; takes memory for as many runs as there are bytes for. */
static enum ox_status read_shapes(struct reading *reading) {
    static const uint8_t kinds[] = {OX_PLACE_TEXT, OX_PLACE_ITEM, OX_PLACE_DEAD};
    struct ox_cbor *in = reading->in;
    uint32_t replicas = reading->line->replica_count;
    size_t owners = ox_cbor_array(in);
    struct ox_cbor at_owners = *in;
    for (size_t i = 0; i < owners; i++)
        read_below(in, replicas);
    size_t count = ox_cbor_array(in);
    if (count == 0 || count > OX_LINE_MAX || owners != (replicas > 1 ? count : 0))
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    reading->runs = calloc(count, sizeof *reading->runs);
    reading->by_dot = malloc(count * sizeof *reading->by_dot);
    if (reading->runs == NULL || reading->by_dot == NULL)
        return OX_NOMEM;
    reading->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        uint64_t shape = read_below(in, OX_STRETCH_MAX * UINT64_C(3));
        reading->runs[i].replica = owners > 0 ? (uint32_t)ox_cbor_uint(&at_owners) : 0;
        reading->runs[i].length = (uint32_t)(shape / 3 + 1);
        reading->runs[i].kind = kinds[shape % 3];
    }
    return so_far(in);
}

static enum ox_status read_dots(struct reading *reading) {
    struct ox_cbor *in = reading->in;
    uint32_t replicas = reading->line->replica_count;
    uint64_t *next = malloc(replicas * sizeof *next); /* where a replica's next run would go on */
    if (next == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < replicas; i++)
        next[i] = 1;
    read_count(in, reading->count);
    for (uint32_t i = 0; i < reading->count; i++) {
        struct ox_run *run = &reading->runs[i];
        run->n = next[run->replica] + (uint64_t)ox_cbor_int(in);
        next[run->replica] = run->n + run->length;
        reading->by_dot[i] = (struct ox_order_key){run->n, run->replica, i};
    }
    free(next);
    return in->failed ? OX_MALFORMED : ox_order_keys(reading->by_dot, reading->count);
}

static bool in_range(const struct ox_run *run, enum ox_place_kind kind) {
    struct ox_stretch stretch = {.dot = {0, run->n},
                                 .lamport = run->lamport,
                                 .length = run->length,
                                 .kind = kind,
                                 .killer = {0, run->killer_n},
                                 .step = run->step};
    return ox_stretch_in_range(&stretch);
}

/* Also checks that no two runs share a dot, and that lamports ascend with dots. */
static enum ox_status read_lamports(struct reading *reading) {
    struct ox_cbor *in = reading->in;
    struct ox_line *line = reading->line;
    read_count(in, reading->count);
    for (uint32_t i = 0; i < reading->count && !in->failed; i++) {
        struct ox_run *run = &reading->runs[reading->by_dot[i].run];
        struct ox_line_replica *of = &line->replicas[run->replica];
        uint64_t above = ox_cbor_uint(in);
        if (above > UINT64_MAX - 1 - of->last_lamport || run->n <= of->last_n)
            ox_cbor_fail(in);
        run->lamport = of->last_lamport + 1 + above;
        if (!in_range(run, OX_PLACE_VOID)) /* of killers nothing is known yet */
            ox_cbor_fail(in);
        of->last_n = run->n + (run->length - 1);
        of->last_lamport = run->lamport + (run->length - 1);
        if (of->last_lamport > line->lamport)
            line->lamport = of->last_lamport;
    }
    return so_far(in);
}

static enum ox_status read_killers(struct reading *reading) {
    struct ox_cbor *in = reading->in;
    uint32_t dead = 0;
    for (uint32_t i = 0; i < reading->count; i++)
        dead += reading->runs[i].kind == OX_PLACE_DEAD;
    read_count(in, dead);
    for (uint32_t i = 0; i < reading->count && !in->failed; i++) {
        struct ox_run *run = &reading->runs[i];
        if (run->kind == OX_PLACE_DEAD)
            run->killer_n = run->n + (run->length - 1) + (uint64_t)ox_cbor_int(in);
    }
    read_count(in, dead);
    for (uint32_t i = 0; i < reading->count && !in->failed; i++) {
        struct ox_run *run = &reading->runs[i];
        if (run->kind != OX_PLACE_DEAD)
            continue;
        uint64_t step = read_below(in, reading->line->replica_count * UINT64_C(3));
        run->killer = (uint32_t)(step / 3);
        run->step = (int8_t)((int)(step % 3) - 1);
        if (!in_range(run, OX_PLACE_DEAD) || (run->length == 1 && run->step != 0))
            ox_cbor_fail(in);
    }
    return so_far(in);
}

/* Every replica that is named is of some place or killer. */
static enum ox_status check_ids(const struct reading *reading) {
    const struct ox_line *line = reading->line;
    bool *kills = calloc(line->replica_count, sizeof *kills);
    if (kills == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < reading->count; i++)
        if (reading->runs[i].kind == OX_PLACE_DEAD)
            kills[reading->runs[i].killer] = true;
    for (uint32_t i = 0; i < line->replica_count; i++)
        if (!kills[i] && line->replicas[i].last_n == 0)
            ox_cbor_fail(reading->in);
    free(kills);
    return so_far(reading->in);
}

/* ---- contents ---- */

void ox_items_read(struct ox_cbor *in, struct ox_stretch *run) {
    run->data = in->at;
    for (uint32_t i = 0; i < run->length && !in->failed; i++) {
        const uint8_t *start = in->at;
        struct ox_value value;
        if (ox_value_decode(&value, in, true) != OX_OK)
            return;
        size_t width = (size_t)(in->at - start);
        if ((value.kind == OX_VALUE_TEXT && ox_utf8_is_scalar(value.bytes)) ||
            width > OX_STRETCH_MAX || (i > 0 && width != run->width))
            ox_cbor_fail(in);
        run->width = (uint32_t)width;
    }
}

/* Where the texts of the runs begin, and their widths, which are those of their first scalars. */
static void place_texts(struct reading *reading, struct ox_bytes text) {
    size_t at = 0;
    for (uint32_t i = 0; i < reading->count && !reading->in->failed; i++) {
        struct ox_run *run = &reading->runs[i];
        if (run->kind != OX_PLACE_TEXT)
            continue;
        struct ox_bytes left = {text.data + at, text.size - at};
        if (left.size == 0 || ox_utf8_run(left, run->length, &run->width) < run->length) {
            ox_cbor_fail(reading->in);
            return;
        }
        run->offset = (uint32_t)at;
        at += (size_t)run->length * run->width;
    }
    if (at < text.size)
        ox_cbor_fail(reading->in);
}

/* Likewise of the items, which stand behind the texts; `size` is of both in the end. */
static struct ox_bytes place_items(struct reading *reading, uint64_t *size) {
    struct ox_cbor *in = reading->in;
    uint64_t items = 0;
    for (uint32_t i = 0; i < reading->count; i++)
        items += reading->runs[i].kind == OX_PLACE_ITEM ? reading->runs[i].length : 0;
    read_count(in, items);
    const uint8_t *begin = in->at;
    for (uint32_t i = 0; i < reading->count && !in->failed; i++) {
        struct ox_run *run = &reading->runs[i];
        if (run->kind != OX_PLACE_ITEM)
            continue;
        struct ox_stretch stretch = {.length = run->length};
        ox_items_read(in, &stretch);
        run->offset = (uint32_t)*size;
        run->width = stretch.width;
        *size += (uint64_t)stretch.length * stretch.width;
    }
    return (struct ox_bytes){begin, (size_t)(in->at - begin)};
}

static enum ox_status read_contents(struct reading *reading) {
    struct ox_line *line = reading->line;
    struct ox_bytes text = ox_cbor_text(reading->in);
    uint64_t size = text.size;
    place_texts(reading, text);
    struct ox_bytes items = place_items(reading, &size);
    if (reading->in->failed)
        return OX_MALFORMED;
    if (size > OX_LINE_MAX)
        return OX_OVERFLOW;
    line->contents = malloc(size > 0 ? size : 1);
    if (line->contents == NULL)
        return OX_NOMEM;
    if (text.size > 0)
        memcpy(line->contents, text.data, text.size);
    if (items.size > 0)
        memcpy(line->contents + text.size, items.data, items.size);
    line->content_size = line->content_capacity = (uint32_t)size;
    return OX_OK;
}

/* ---- all of it ---- */

/* Whether no two runs are one. */
static enum ox_status check_lengths(const struct reading *reading) {
    for (uint32_t i = 1; i < reading->count; i++) {
        const struct ox_run *a = &reading->runs[i - 1], *b = &reading->runs[i];
        if (a->replica != b->replica || a->n + a->length != b->n)
            continue;
        struct ox_stretch run = ox_run_stretch(reading->line, a);
        struct ox_stretch next = ox_run_stretch(reading->line, b);
        if (ox_stretch_absorb(&run, &next) > 0)
            return OX_MALFORMED;
    }
    return OX_OK;
}

enum ox_status ox_line_decode(struct ox_line *line, struct ox_cbor *in) {
    struct reading reading = {.line = line, .in = in};
    enum ox_status status = read_ids(&reading);
    if (status == OX_OK)
        status = read_shapes(&reading);
    if (status == OX_OK)
        status = read_dots(&reading);
    if (status == OX_OK)
        status = read_lamports(&reading);
    if (status == OX_OK)
        status = read_killers(&reading);
    if (status == OX_OK)
        status = check_ids(&reading);
    if (status == OX_OK)
        status = read_contents(&reading);
    if (status == OX_OK)
        status = check_lengths(&reading);
    if (status == OX_OK)
        status = ox_line_build(line, reading.runs, reading.by_dot, reading.count);
    free(reading.runs);
    free(reading.by_dot);
    return status;
}
