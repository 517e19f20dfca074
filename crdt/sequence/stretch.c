#include "crdt/sequence/stretch.h"

#include <assert.h>
#include <string.h>

/* ---- runs of killers ---- */

static uint64_t killer_at(const struct ox_killers *killers, uint32_t i) {
    return killers->n + (uint64_t)(int64_t)killers->step * i;
}

uint32_t ox_killers_absorb(const struct ox_killers *into, const struct ox_killers *next,
                           int *step) {
    uint64_t gap = next->n - killer_at(into, into->length - 1);
    if (gap + 1 > 2)
        return 0;
    int between = (int)(gap + 1) - 1;
    if (into->length > 1 && into->step != between)
        return 0;
    *step = between;
    return next->length == 1 || next->step == between ? next->length : 1;
}

/* Two runs with different steps come nearer to each other, and cross once, or never meet. */
bool ox_killers_less(struct ox_dot a, int a_step, struct ox_dot b, int b_step, uint32_t most,
                     uint32_t *count) {
    bool less = ox_dot_compare(a, b) < 0;
    *count = most;
    if (a.replica != b.replica || a_step == b_step || less != (a_step > b_step))
        return less;
    uint64_t nearer = (uint64_t)(less ? a_step - b_step : b_step - a_step);
    uint64_t alike = less ? (b.n - a.n + nearer - 1) / nearer : (a.n - b.n) / nearer + 1;
    if (alike < most)
        *count = (uint32_t)alike;
    return less;
}

/* ---- stretches ---- */

void ox_stretch_skip(struct ox_stretch *stretch, uint32_t count) {
    assert(count < stretch->length);
    stretch->dot.n += count;
    stretch->lamport += count;
    stretch->length -= count;
    if (ox_kind_alive(stretch->kind))
        stretch->data += (size_t)count * stretch->width;
    stretch->killer.n += (uint64_t)(int64_t)stretch->step * count;
    if (stretch->length == 1)
        stretch->step = 0;
}

void ox_stretch_keep(struct ox_stretch *stretch, uint32_t count) {
    assert(count >= 1 && count <= stretch->length);
    stretch->length = count;
    if (count == 1)
        stretch->step = 0;
}

uint32_t ox_stretch_absorb(struct ox_stretch *into, const struct ox_stretch *next) {
    if (into->dot.replica != next->dot.replica || into->dot.n + into->length != next->dot.n ||
        into->lamport + into->length != next->lamport || into->kind != next->kind)
        return 0;
    if (ox_kind_alive(into->kind) && into->width != next->width)
        return 0;
    uint32_t room = OX_STRETCH_MAX - into->length;
    uint32_t count = next->length;
    int step = into->step;
    if (into->kind == OX_PLACE_DEAD) {
        struct ox_killers a = {into->killer.n, into->length, into->step};
        struct ox_killers b = {next->killer.n, next->length, next->step};
        bool same = into->killer.replica == next->killer.replica;
        count = same ? ox_killers_absorb(&a, &b, &step) : 0;
    }
    if (count > room)
        count = room;
    if (count > 0) {
        into->length += count;
        into->step = step;
    }
    return count;
}

bool ox_stretch_in_range(const struct ox_stretch *stretch) {
    uint64_t more = stretch->length - 1;
    if (stretch->length == 0 || stretch->length > OX_STRETCH_MAX || stretch->dot.n == 0 ||
        stretch->lamport == 0 || more > UINT64_MAX - stretch->dot.n ||
        more >= UINT64_MAX - stretch->lamport)
        return false;
    if (stretch->kind != OX_PLACE_DEAD)
        return true;
    uint64_t n = stretch->killer.n;
    return n > 0 && (stretch->step != 1 || more <= UINT64_MAX - n) &&
           (stretch->step != -1 || more < n);
}

static uint32_t at_most(uint64_t count, uint32_t most) {
    return count < most ? (uint32_t)count : most;
}

/* As ox_seen_stretch, of a set of intervals. */
static bool dots_stretch(const struct ox_dots *dots, struct ox_dot dot, uint32_t *count) {
    uint32_t low = 0, high = dots->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ox_span *span = &dots->spans[middle];
        if (span->replica < dot.replica || (span->replica == dot.replica && span->last < dot.n))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == dots->count || dots->spans[low].replica != dot.replica)
        return false;
    const struct ox_span *span = &dots->spans[low];
    bool inside = span->first <= dot.n;
    *count = at_most(inside ? span->last - dot.n + 1 : span->first - dot.n, *count);
    return inside;
}

bool ox_seen_stretch(const struct ox_seen *seen, struct ox_dot dot, uint32_t most,
                     uint32_t *count) {
    *count = most;
    bool has = false;
    if (seen->vv != NULL) {
        uint64_t have = ox_vv_get(seen->vv, dot.replica);
        has = have >= dot.n;
        if (has)
            *count = at_most(have - dot.n + 1, most);
    }
    for (size_t i = 0; i < 2; i++) {
        if (seen->dots[i] == NULL || has)
            continue;
        uint32_t left = *count;
        has = dots_stretch(seen->dots[i], dot, &left);
        *count = left;
    }
    return has;
}

/* As ox_seen_stretch_down, of a set of intervals. */
static bool dots_stretch_down(const struct ox_dots *dots, struct ox_dot dot, uint32_t *count) {
    uint32_t low = 0, high = dots->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ox_span *span = &dots->spans[middle];
        if (span->replica < dot.replica || (span->replica == dot.replica && span->first <= dot.n))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || dots->spans[low - 1].replica != dot.replica)
        return false;
    const struct ox_span *span = &dots->spans[low - 1];
    bool inside = span->last >= dot.n;
    *count = at_most(inside ? dot.n - span->first + 1 : dot.n - span->last, *count);
    return inside;
}

bool ox_seen_stretch_down(const struct ox_seen *seen, struct ox_dot dot, uint32_t most,
                          uint32_t *count) {
    *count = most;
    bool has = false;
    if (seen->vv != NULL) {
        uint64_t have = ox_vv_get(seen->vv, dot.replica);
        has = have >= dot.n;
        if (!has)
            *count = at_most(dot.n - have, most);
    }
    for (size_t i = 0; i < 2 && !has; i++)
        if (seen->dots[i] != NULL)
            has = dots_stretch_down(seen->dots[i], dot, count);
    return has;
}

int ox_content_compare(const struct ox_stretch *a, const struct ox_stretch *b) {
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return ox_bytes_compare((struct ox_bytes){a->data, a->width},
                            (struct ox_bytes){b->data, b->width});
}

/* ---- deletions ---- */

void ox_deletion_skip(struct ox_deletion *deletion, uint32_t count) {
    assert(count < deletion->length);
    deletion->target.n += count;
    deletion->killer.n += (uint64_t)(int64_t)deletion->step * count;
    deletion->length -= count;
    if (deletion->length == 1)
        deletion->step = 0;
}

uint32_t ox_deletion_absorb(struct ox_deletion *into, const struct ox_deletion *next) {
    if (into->target.replica != next->target.replica ||
        into->target.n + into->length != next->target.n ||
        into->killer.replica != next->killer.replica)
        return 0;
    struct ox_killers a = {into->killer.n, into->length, into->step};
    struct ox_killers b = {next->killer.n, next->length, next->step};
    int step = 0;
    uint32_t count = ox_killers_absorb(&a, &b, &step);
    if (count > OX_STRETCH_MAX - into->length)
        count = OX_STRETCH_MAX - into->length;
    if (count > 0) {
        into->length += count;
        into->step = step;
    }
    return count;
}

/* ---- elements ---- */

uint32_t ox_utf8_run(struct ox_bytes text, uint32_t most, uint32_t *width) {
    uint32_t wide = ox_utf8_width(text.data[0]);
    uint32_t count = 1;
    size_t at = wide;
    for (; at < text.size && count < most && ox_utf8_width(text.data[at]) == wide; at += wide)
        count++;
    *width = wide;
    return count;
}

/* The text in the CBOR of an element that is kept as TEXT; no bytes: it is kept as ITEM. */
static struct ox_bytes scalar_in(struct ox_bytes item) {
    struct ox_cbor in = ox_cbor_of(item);
    struct ox_bytes text = {NULL, 0};
    if (ox_cbor_peek(&in) == OX_CBOR_TEXT)
        text = ox_cbor_text(&in);
    return ox_utf8_is_scalar(text) ? text : (struct ox_bytes){NULL, 0};
}

size_t ox_item_run(struct ox_bytes list, struct ox_stretch *stretch) {
    struct ox_cbor in = ox_cbor_of(list);
    struct ox_bytes item = ox_cbor_skip(&in), text = scalar_in(item);
    stretch->length = 1;
    if (text.size > 0) {
        stretch->kind = OX_PLACE_TEXT;
        stretch->width = (uint32_t)text.size;
        stretch->data = text.data;
        return item.size;
    }
    stretch->kind = OX_PLACE_ITEM;
    stretch->width = (uint32_t)item.size;
    stretch->data = item.data;
    while (stretch->length < OX_STRETCH_MAX && in.at != in.end) {
        struct ox_bytes next = ox_cbor_skip(&in);
        if (next.size != item.size || scalar_in(next).size > 0)
            break;
        stretch->length++;
    }
    return item.size * stretch->length;
}

enum ox_status ox_stretch_of_value(struct ox_stretch *stretch, const struct ox_value *value,
                                   struct ox_encoded *space) {
    *space = (struct ox_encoded){.owned = false};
    if (value->kind == OX_VALUE_TEXT && ox_utf8_is_scalar(value->bytes)) {
        if (!ox_utf8_valid(value->bytes))
            return OX_INVALID;
        stretch->kind = OX_PLACE_TEXT;
        stretch->width = (uint32_t)value->bytes.size;
        stretch->data = value->bytes.data;
        return OX_OK;
    }
    enum ox_status status = ox_encoded_make(space, value, true);
    if (status == OX_OK && space->buf.size > OX_STRETCH_MAX)
        status = OX_NOMEM;
    stretch->kind = OX_PLACE_ITEM;
    stretch->width = (uint32_t)space->buf.size;
    stretch->data = space->buf.data;
    return status;
}
