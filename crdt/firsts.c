#include "crdt/firsts.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { INDEX_ABOVE = 8, FEW = 16 };

#define NO_ROW UINT32_MAX

struct row {
    struct ox_dot dot;
    uint32_t at;      /* of the element, in `bytes` */
    uint32_t removed; /* 0 or 1 */
};

struct ox_firsts {
    struct row *rows;
    uint32_t count;
    uint32_t capacity;
    uint32_t slot_count; /* 0 while there are few rows */
    uint32_t *slots;     /* NO_ROW: free */
    struct ox_buf bytes;
    uint32_t added; /* rows that are not removed */
    bool two_phase;
};

/* ---- life ---- */

void *ox_firsts_create(bool two_phase) {
    struct ox_firsts *set = calloc(1, sizeof *set);
    if (set != NULL)
        set->two_phase = two_phase;
    return set;
}

void ox_firsts_destroy(void *store) {
    struct ox_firsts *set = store;
    free(set->rows);
    free(set->slots);
    ox_buf_free(&set->bytes);
    free(set);
}

void ox_firsts_clear(void *store) {
    struct ox_firsts *set = store;
    set->count = 0;
    set->added = 0;
    ox_buf_clear(&set->bytes);
    free(set->slots);
    set->slots = NULL;
    set->slot_count = 0;
}

static void *copy_block(const void *block, size_t size) {
    void *copy = malloc(size);
    return copy != NULL ? memcpy(copy, block, size) : NULL;
}

void *ox_firsts_copy(const void *store) {
    const struct ox_firsts *from = store;
    struct ox_firsts *to = ox_firsts_create(from->two_phase);
    if (to == NULL || from->count == 0)
        return to;
    to->rows = copy_block(from->rows, from->count * sizeof *from->rows);
    if (from->slots != NULL)
        to->slots = copy_block(from->slots, from->slot_count * sizeof *from->slots);
    ox_buf_append(&to->bytes, from->bytes.data, from->bytes.size);
    if (to->rows == NULL || (to->slots == NULL) != (from->slots == NULL) || to->bytes.failed) {
        ox_firsts_destroy(to);
        return NULL;
    }
    to->count = to->capacity = from->count;
    to->slot_count = from->slot_count;
    to->added = from->added;
    return to;
}

/* ---- rows, found by their element ---- */

/* An element ends where the next row's begins. */
static struct ox_bytes element_of(const struct ox_firsts *set, uint32_t row) {
    size_t end = row + 1 < set->count ? set->rows[row + 1].at : set->bytes.size;
    uint32_t at = set->rows[row].at;
    return (struct ox_bytes){set->bytes.data + at, end - at};
}

/* The slot of an element, or the free one where it belongs. Slots are scaled to, so that there may
 * be any number of them. */
static uint32_t slot_of(const struct ox_firsts *set, struct ox_bytes element) {
    uint64_t hash = XXH3_64bits(element.data, element.size) >> 32;
    uint32_t at = (uint32_t)(hash * set->slot_count >> 32);
    while (set->slots[at] != NO_ROW && !ox_bytes_equal(element_of(set, set->slots[at]), element))
        at = at + 1 == set->slot_count ? 0 : at + 1;
    return at;
}

static uint32_t find(const struct ox_firsts *set, struct ox_bytes element) {
    if (set->slots != NULL)
        return set->slots[slot_of(set, element)];
    for (uint32_t i = 0; i < set->count; i++)
        if (ox_bytes_equal(element_of(set, i), element))
            return i;
    return NO_ROW;
}

static enum ox_status reserve_slots(struct ox_firsts *set, uint64_t rows) {
    if (rows <= INDEX_ABOVE || rows + rows / 4 + 1 <= set->slot_count)
        return OX_OK;
    uint64_t count = rows + rows / 2 + INDEX_ABOVE;
    if (count >= NO_ROW)
        return OX_NOMEM;
    uint32_t *slots = malloc(count * sizeof *slots);
    if (slots == NULL)
        return OX_NOMEM;
    memset(slots, 0xff, count * sizeof *slots);
    free(set->slots);
    set->slots = slots;
    set->slot_count = (uint32_t)count;
    for (uint32_t i = 0; i < set->count; i++)
        set->slots[slot_of(set, element_of(set, i))] = i;
    return OX_OK;
}

/* Room for so many more rows whose elements have so many bytes. */
static enum ox_status reserve(struct ox_firsts *set, uint64_t rows, uint64_t bytes) {
    uint64_t need = set->count + rows;
    if (need >= NO_ROW || bytes > UINT32_MAX - set->bytes.size)
        return OX_NOMEM;
    if (need > set->capacity) {
        struct row *grown = ox_array_grow(set->rows, &set->capacity, need, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        set->rows = grown;
    }
    if (!ox_buf_reserve(&set->bytes, bytes)) {
        set->bytes.failed = false; /* what is there is whole */
        return OX_NOMEM;
    }
    return reserve_slots(set, need);
}

/* A new row at the end, for which room was reserved. */
static void append(struct ox_firsts *set, struct ox_bytes element, struct ox_dot dot,
                   bool removed) {
    assert(set->count < set->capacity);
    if (set->slots != NULL)
        set->slots[slot_of(set, element)] = set->count;
    set->rows[set->count++] = (struct row){dot, (uint32_t)set->bytes.size, removed};
    ox_buf_append(&set->bytes, element.data, element.size);
    set->added += !removed;
}

/* Whether an entry gives way to another of the same element: removed beats added, then the least
 * dot wins. */
static bool gives_way(const struct row *row, const struct row *other) {
    if (row->removed != other->removed)
        return other->removed != 0;
    return ox_dot_compare(other->dot, row->dot) < 0;
}

static void replace(struct ox_firsts *set, uint32_t at, struct ox_dot dot, bool removed) {
    struct row *row = &set->rows[at];
    set->added -= removed && !row->removed;
    row->dot = dot;
    row->removed = removed;
}

/* ---- updates ---- */

enum ox_first_phase ox_firsts_phase(const struct ox_firsts *set, struct ox_bytes element) {
    uint32_t at = find(set, element);
    if (at == NO_ROW)
        return OX_ABSENT;
    return set->rows[at].removed ? OX_REMOVED : OX_ADDED;
}

enum ox_status ox_firsts_enter(struct ox_firsts *set, struct ox_bytes element,
                               enum ox_first_phase phase, struct ox_dot dot,
                               struct ox_firsts *part) {
    uint32_t at = find(set, element);
    assert(phase != OX_ABSENT);
    assert(at == NO_ROW || (phase == OX_REMOVED && !set->rows[at].removed));
    if ((part != NULL && reserve(part, 1, element.size) != OX_OK) ||
        (at == NO_ROW && reserve(set, 1, element.size) != OX_OK))
        return OX_NOMEM;
    if (part != NULL)
        append(part, element, dot, phase == OX_REMOVED);
    if (at == NO_ROW)
        append(set, element, dot, phase == OX_REMOVED);
    else
        replace(set, at, dot, true);
    return OX_OK;
}

size_t ox_firsts_size(const struct ox_firsts *set) {
    return set->added;
}

/* ---- join ---- */

static enum ox_status reserve_for(struct ox_firsts *set, const struct ox_firsts *other) {
    uint64_t rows = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < other->count; i++) {
        struct ox_bytes element = element_of(other, i);
        if (find(set, element) == NO_ROW) {
            rows++;
            bytes += element.size;
        }
    }
    return reserve(set, rows, bytes);
}

enum ox_status ox_firsts_join(void *store, const struct ox_seen *mine, const void *other,
                              const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    (void)theirs;
    struct ox_firsts *set = store;
    const struct ox_firsts *from = other;
    if (reserve_for(set, from) != OX_OK)
        return OX_NOMEM;
    bool news = false;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct row *their = &from->rows[i];
        uint32_t at = find(set, element_of(from, i));
        if (at != NO_ROW && !gives_way(&set->rows[at], their))
            continue;
        if (at == NO_ROW)
            append(set, element_of(from, i), their->dot, their->removed);
        else
            replace(set, at, their->dot, their->removed);
        news = true;
    }
    if (changed != NULL)
        *changed = news;
    return OX_OK;
}

bool ox_firsts_leq(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs) {
    (void)mine;
    (void)theirs;
    const struct ox_firsts *set = store;
    const struct ox_firsts *their = other;
    for (uint32_t i = 0; i < set->count; i++) {
        uint32_t at = find(their, element_of(set, i));
        if (at == NO_ROW || gives_way(&their->rows[at], &set->rows[i]))
            return false;
    }
    return true;
}

/* ---- parts ---- */

static enum ox_status append_copy(struct ox_firsts *part, const struct ox_firsts *set,
                                  uint32_t at) {
    struct ox_bytes element = element_of(set, at);
    if (reserve(part, 1, element.size) != OX_OK)
        return OX_NOMEM;
    append(part, element, set->rows[at].dot, set->rows[at].removed);
    return OX_OK;
}

enum ox_status ox_firsts_pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_firsts *set = store;
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < set->count && status == OX_OK; i++)
        if (!ox_seen_has(seen, set->rows[i].dot))
            status = append_copy(part, set, i);
    return status;
}

static int compare_dots(const void *left, const void *right) {
    const struct row *a = left;
    const struct row *b = right;
    return ox_dot_compare(a->dot, b->dot);
}

/* The rows by their dots; NULL when there is no memory. To be freed. */
static const void **by_dots(const struct ox_firsts *set) {
    const void **order = malloc((set->count + (size_t)1) * sizeof *order);
    if (order == NULL)
        return NULL;
    for (uint32_t i = 0; i < set->count; i++)
        order[i] = &set->rows[i];
    ox_array_sort(order, set->count, compare_dots);
    return order;
}

/* Sorted first: a set of intervals takes dots in order far better than at random. */
enum ox_status ox_firsts_alive(const void *store, struct ox_dots *dots) {
    const struct ox_firsts *set = store;
    const void **order = by_dots(set);
    enum ox_status status = order == NULL ? OX_NOMEM : OX_OK;
    for (uint32_t i = 0; i < set->count && status == OX_OK; i++) {
        struct ox_dot dot = ((const struct row *)order[i])->dot;
        status = ox_dots_add(dots, (struct ox_span){dot.replica, dot.n, dot.n});
    }
    free(order);
    return status;
}

/* One part per dot; elements that share one share its part. */
enum ox_status ox_firsts_split(const void *store, enum ox_status (*each)(void *self, void *part),
                               void *self) {
    const struct ox_firsts *set = store;
    const void **order = by_dots(set);
    enum ox_status status = order == NULL ? OX_NOMEM : OX_OK;
    for (uint32_t i = 0; i < set->count && status == OX_OK;) {
        struct ox_firsts *part = ox_firsts_create(set->two_phase);
        const struct row *first = order[i];
        status = part == NULL ? OX_NOMEM : OX_OK;
        for (; i < set->count && status == OX_OK && compare_dots(order[i], first) == 0; i++)
            status = append_copy(part, set, (uint32_t)((const struct row *)order[i] - set->rows));
        if (status == OX_OK)
            status = each(self, part);
        else if (part != NULL)
            ox_firsts_destroy(part);
    }
    free(order);
    return status;
}

bool ox_firsts_equal(const void *a, const void *b) {
    const struct ox_firsts *left = a;
    const struct ox_firsts *right = b;
    return left->count == right->count && ox_firsts_leq(a, NULL, b, NULL) &&
           ox_firsts_leq(b, NULL, a, NULL);
}

bool ox_firsts_empty(const void *store) {
    return ((const struct ox_firsts *)store)->count == 0;
}

/* ---- bytes ---- */

/* A row with its element beside it, to be sorted by that. */
struct item {
    struct ox_bytes element;
    const struct row *row;
};

static int compare_items(const void *left, const void *right) {
    const struct item *a = left;
    const struct item *b = right;
    return ox_bytes_compare(a->element, b->element);
}

static void encode_items(const struct ox_firsts *set, struct item *items, const void **order,
                         struct ox_buf *out) {
    for (uint32_t i = 0; i < set->count; i++) {
        items[i] = (struct item){element_of(set, i), &set->rows[i]};
        order[i] = &items[i];
    }
    ox_array_sort(order, set->count, compare_items);
    ox_cbor_put_map(out, set->count);
    for (uint32_t i = 0; i < set->count; i++) {
        const struct item *item = order[i];
        ox_buf_append(out, item->element.data, item->element.size);
        ox_cbor_put_array(out, 2 + item->row->removed);
        ox_cbor_put_uint(out, item->row->dot.replica);
        ox_cbor_put_uint(out, item->row->dot.n);
        if (item->row->removed)
            ox_cbor_put_null(out);
    }
}

/* Map {element: [replica, n]}, of a removed one [replica, n, null]. */
void ox_firsts_encode(const void *store, struct ox_buf *out) {
    const struct ox_firsts *set = store;
    struct item few_items[FEW];
    const void *few[FEW];
    bool is_few = set->count <= FEW;
    struct item *items = is_few ? few_items : malloc(set->count * sizeof *items);
    const void **order = is_few ? few : malloc(set->count * sizeof *order);
    if (items != NULL && order != NULL)
        encode_items(set, items, order, out);
    else
        out->failed = true;
    if (!is_few) {
        free(items);
        free(order);
    }
}

static enum ox_status decode_row(struct ox_firsts *set, struct ox_bytes *previous,
                                 struct ox_cbor *in) {
    struct ox_value ignored;
    struct ox_bytes element = {.data = in->at};
    struct ox_dot dot;
    ox_value_decode(&ignored, in, true);
    element.size = (size_t)(in->at - element.data);
    ox_cbor_key_ascends(in, previous, element);
    size_t numbers = ox_cbor_array(in);
    bool removed = numbers == 3 && set->two_phase;
    if (numbers != 2 && !removed)
        ox_cbor_fail(in);
    dot.replica = ox_cbor_uint(in);
    dot.n = ox_cbor_uint(in);
    if (removed)
        ox_cbor_null(in);
    if (dot.n == 0 || in->failed)
        return OX_MALFORMED;
    if (reserve(set, 1, element.size) != OX_OK)
        return OX_NOMEM;
    append(set, element, dot, removed);
    return OX_OK;
}

enum { PAIR_BYTES_MIN = 4 }; /* an element, the head of its list, one dot */

enum ox_status ox_firsts_decode(void *store, struct ox_cbor *in) {
    size_t count = ox_cbor_map(in);
    if (!in->failed && count > (size_t)(in->end - in->at) / PAIR_BYTES_MIN)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    struct ox_bytes previous = {0};
    enum ox_status status = reserve(store, count, 0);
    for (size_t i = 0; i < count && status == OX_OK; i++)
        status = decode_row(store, &previous, in);
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}

/* ---- reading ---- */

static struct ox_bytes shown_at(const void *self, uint32_t i) {
    const struct ox_firsts *set = self;
    return set->rows[i].removed ? (struct ox_bytes){0} : element_of(set, i);
}

enum ox_status ox_firsts_value(const void *store, struct ox_buf *out) {
    return ox_json_put_sorted(shown_at, store, ((const struct ox_firsts *)store)->count, out);
}

static bool row_valid(const struct ox_firsts *set, uint32_t at, const struct ox_seen *seen,
                      const char **reason) {
    const struct row *row = &set->rows[at];
    struct ox_cbor in = ox_cbor_of(element_of(set, at));
    struct ox_value element;
    if (ox_value_decode(&element, &in, true) != OX_OK || !ox_cbor_done(&in)) {
        *reason = "an element is not the canonical encoding of a scalar";
        return false;
    }
    if (row->dot.n == 0 || !ox_seen_has(seen, row->dot)) {
        *reason = "an element has a dot that was never seen";
        return false;
    }
    if (row->removed && !set->two_phase) {
        *reason = "an element of a set that only grows is removed";
        return false;
    }
    if (find(set, element_of(set, at)) != at) {
        *reason = "an element is in two rows, or its row is not found";
        return false;
    }
    return true;
}

bool ox_firsts_valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_firsts *set = store;
    uint32_t added = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (!row_valid(set, i, seen, reason))
            return false;
        added += !set->rows[i].removed;
    }
    if (added != set->added) {
        *reason = "a set's size is not the number of its elements";
        return false;
    }
    return true;
}

size_t ox_firsts_bytes(const void *store) {
    const struct ox_firsts *set = store;
    return sizeof *set + set->capacity * sizeof *set->rows + set->slot_count * sizeof *set->slots +
           set->bytes.capacity;
}
