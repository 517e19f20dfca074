#include "crdt/firsts.h"

#include "crdt/array.h"
#include "crdt/firsts/arrivals.h"
#include "crdt/item.h"

#include <assert.h>
#include <stdlib.h>

enum { FEW = 16 };

struct ox_firsts {
    struct ox_arrivals rows;
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
    ox_arrivals_free(&set->rows);
    free(set);
}

void ox_firsts_clear(void *store) {
    struct ox_firsts *set = store;
    ox_arrivals_clear(&set->rows);
    set->added = 0;
}

void *ox_firsts_copy(const void *store) {
    const struct ox_firsts *from = store;
    struct ox_firsts *to = ox_firsts_create(from->two_phase);
    if (to == NULL)
        return NULL;
    if (ox_arrivals_copy(&to->rows, &from->rows) != OX_OK) {
        ox_firsts_destroy(to);
        return NULL;
    }
    to->added = from->added;
    return to;
}

/* ---- entries ---- */

static struct ox_bytes element_of(const struct ox_firsts *set, uint32_t at) {
    return ox_row_element(ox_arrivals_row(&set->rows, at));
}

static struct ox_rows_key key_of(const struct ox_firsts *set, uint32_t at) {
    return ox_rows_key_of_row(ox_arrivals_row(&set->rows, at));
}

/* What is said of an element. */
struct entry {
    struct ox_dot dot;
    bool removed;
};

static struct entry entry_at(const struct ox_firsts *set, uint32_t at) {
    return (struct entry){ox_arrivals_row(&set->rows, at)->dot,
                          ox_arrivals_removed(&set->rows, at)};
}

/* Whether an entry gives way to another of the same element: removed beats added, then the least
 * dot wins. */
static bool gives_way(struct entry entry, struct entry other) {
    if (entry.removed != other.removed)
        return other.removed;
    return ox_dot_below(other.dot, entry.dot);
}

/* Of an element that is not there. */
static enum ox_status append(struct ox_firsts *set, const struct ox_rows_key *key,
                             struct entry entry) {
    enum ox_status status = ox_arrivals_append(&set->rows, entry.dot, key, entry.removed);
    set->added += status == OX_OK && !entry.removed;
    return status;
}

static void replace(struct ox_firsts *set, uint32_t at, struct entry entry) {
    set->added -= entry.removed && !entry_at(set, at).removed;
    ox_arrivals_restate(&set->rows, at, entry.dot, entry.removed);
}

/* ---- updates ---- */

static enum ox_first_phase phase_at(const struct ox_firsts *set, uint32_t at) {
    if (at == OX_ARRIVALS_NONE)
        return OX_ABSENT;
    return ox_arrivals_removed(&set->rows, at) ? OX_REMOVED : OX_ADDED;
}

enum ox_first_phase ox_firsts_phase(const struct ox_firsts *set, const struct ox_value *element) {
    struct ox_rows_key key;
    if (ox_item_is_short(element, &key.tail))
        return phase_at(set, ox_arrivals_find(&set->rows, &key));
    struct ox_item item;
    enum ox_first_phase phase = OX_ABSENT;
    if (ox_item_make(&item, element, true) == OX_OK)
        phase = phase_at(set, ox_arrivals_find(&set->rows, &item.key));
    ox_item_free(&item);
    return phase;
}

static enum ox_status move_key(struct ox_firsts *set, const struct ox_rows_key *key,
                               enum ox_first_phase from, enum ox_first_phase to, struct ox_dot dot,
                               struct ox_firsts *part) {
    struct entry entry = {dot, to == OX_REMOVED};
    uint32_t at = ox_arrivals_find(&set->rows, key);
    assert(from < to);
    if (phase_at(set, at) != from)
        return OX_NOOP;
    enum ox_status status = part != NULL ? append(part, key, entry) : OX_OK;
    if (status == OX_OK && at == OX_ARRIVALS_NONE)
        status = append(set, key, entry);
    else if (status == OX_OK)
        replace(set, at, entry);
    return status;
}

/* An element that is new is added, most often, with one look. */
static enum ox_status add_key(struct ox_firsts *set, const struct ox_rows_key *key,
                              struct ox_dot dot, struct ox_firsts *part) {
    enum ox_status status = part != NULL ? append(part, key, (struct entry){dot, false}) : OX_OK;
    if (status != OX_OK)
        return status;
    if (!ox_arrivals_append_new(&set->rows, dot, key, false))
        return move_key(set, key, OX_ABSENT, OX_ADDED, dot, NULL);
    set->added++;
    return OX_OK;
}

enum ox_status ox_firsts_move(struct ox_firsts *set, const struct ox_value *element,
                              enum ox_first_phase from, enum ox_first_phase to, struct ox_dot dot,
                              struct ox_firsts *part) {
    struct ox_rows_key key;
    if (ox_item_is_short(element, &key.tail))
        return to == OX_ADDED ? add_key(set, &key, dot, part)
                              : move_key(set, &key, from, to, dot, part);
    struct ox_item item;
    enum ox_status status = ox_item_make(&item, element, true);
    if (status == OX_OK)
        status = move_key(set, &item.key, from, to, dot, part);
    ox_item_free(&item);
    return status;
}

bool ox_firsts_update(struct ox_object *set, const struct ox_value *element,
                      enum ox_first_phase from, enum ox_first_phase to, ox_replica replica,
                      struct ox_delta *delta, enum ox_status *status) {
    struct ox_dot *own = ox_object_own(set, replica);
    struct ox_dot dot = {replica, own != NULL ? own->n + 1 : 1};
    if (own == NULL || (delta != NULL && !ox_object_reopen_delta(set, dot, delta)))
        return false;
    if (delta != NULL)
        ox_firsts_clear(delta->store);
    *status =
        ox_firsts_move(set->store, element, from, to, dot, delta != NULL ? delta->store : NULL);
    if (*status == OX_OK) {
        own->n++;
        ox_object_remember_made(set);
    } else if (delta != NULL) {
        ox_delta_clear(delta);
    }
    return true;
}

size_t ox_firsts_size(const struct ox_firsts *set) {
    return set->added;
}

/* ---- join ---- */

/* Takes in the elements that we have not; whether entries of others give way. OX_NOMEM: as before.
 */
static enum ox_status take_new(struct ox_firsts *set, const struct ox_firsts *from, bool *giving) {
    uint32_t count = set->rows.count, added = set->added;
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < from->rows.count && status == OX_OK; i++) {
        struct ox_rows_key key = key_of(from, i);
        uint32_t at = ox_arrivals_find(&set->rows, &key);
        if (at == OX_ARRIVALS_NONE)
            status = append(set, &key, entry_at(from, i));
        else
            *giving = *giving || gives_way(entry_at(set, at), entry_at(from, i));
    }
    if (status != OX_OK) {
        ox_arrivals_truncate(&set->rows, count);
        set->added = added;
    }
    return status;
}

static void give_way(struct ox_firsts *set, const struct ox_firsts *from) {
    for (uint32_t i = 0; i < from->rows.count; i++) {
        struct ox_rows_key key = key_of(from, i);
        uint32_t at = ox_arrivals_find(&set->rows, &key);
        if (gives_way(entry_at(set, at), entry_at(from, i)))
            replace(set, at, entry_at(from, i));
    }
}

enum ox_status ox_firsts_join(void *store, const struct ox_seen *mine, const void *other,
                              const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    (void)theirs;
    struct ox_firsts *set = store;
    uint32_t count = set->rows.count;
    bool giving = false;
    if (take_new(set, other, &giving) != OX_OK)
        return OX_NOMEM;
    if (giving)
        give_way(set, other);
    if (changed != NULL)
        *changed = giving || set->rows.count > count;
    return OX_OK;
}

bool ox_firsts_leq(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs) {
    (void)mine;
    (void)theirs;
    const struct ox_firsts *set = store;
    const struct ox_firsts *their = other;
    for (uint32_t i = 0; i < set->rows.count; i++) {
        struct ox_rows_key key = key_of(set, i);
        uint32_t at = ox_arrivals_find(&their->rows, &key);
        if (at == OX_ARRIVALS_NONE || gives_way(entry_at(their, at), entry_at(set, i)))
            return false;
    }
    return true;
}

/* ---- parts ---- */

static enum ox_status append_copy(struct ox_firsts *part, const struct ox_firsts *set,
                                  uint32_t at) {
    struct ox_rows_key key = key_of(set, at);
    return append(part, &key, entry_at(set, at));
}

enum ox_status ox_firsts_pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_firsts *set = store;
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < set->rows.count && status == OX_OK; i++)
        if (!ox_seen_has(seen, entry_at(set, i).dot))
            status = append_copy(part, set, i);
    return status;
}

/* A row, to be sorted. */
struct item {
    const struct ox_row *row;
    struct ox_bytes element;
    uint32_t at;
};

static int compare_dots(const void *left, const void *right) {
    const struct item *a = left;
    const struct item *b = right;
    return ox_dot_compare(a->row->dot, b->row->dot);
}

static int compare_elements(const void *left, const void *right) {
    const struct item *a = left;
    const struct item *b = right;
    return ox_bytes_compare(a->element, b->element);
}

/* All rows in an order; few take no memory. */
struct sorted {
    struct item few_items[FEW];
    const void *few[FEW];
    struct item *items;
    const void **order; /* of the items */
};

static enum ox_status sort(struct sorted *sorted, const struct ox_firsts *set,
                           int (*compare)(const void *, const void *)) {
    uint32_t count = set->rows.count;
    bool is_few = count <= FEW;
    sorted->items = is_few ? sorted->few_items : malloc(count * sizeof *sorted->items);
    sorted->order = is_few ? sorted->few : malloc(count * sizeof *sorted->order);
    if (sorted->items == NULL || sorted->order == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        sorted->items[i] = (struct item){ox_arrivals_row(&set->rows, i), element_of(set, i), i};
        sorted->order[i] = &sorted->items[i];
    }
    ox_array_sort(sorted->order, count, compare);
    return OX_OK;
}

static void sorted_free(struct sorted *sorted) {
    if (sorted->items != sorted->few_items)
        free(sorted->items);
    if (sorted->order != sorted->few)
        free(sorted->order);
}

/* Sorted first: a set of intervals takes dots in order far better than at random. */
enum ox_status ox_firsts_alive(const void *store, struct ox_dots *dots) {
    const struct ox_firsts *set = store;
    struct sorted sorted;
    enum ox_status status = sort(&sorted, set, compare_dots);
    for (uint32_t i = 0; i < set->rows.count && status == OX_OK; i++) {
        struct ox_dot dot = ((const struct item *)sorted.order[i])->row->dot;
        status = ox_dots_add(dots, (struct ox_span){dot.replica, dot.n, dot.n});
    }
    sorted_free(&sorted);
    return status;
}

/* One part per dot; elements that share one share its part. */
enum ox_status ox_firsts_split(const void *store, enum ox_status (*each)(void *self, void *part),
                               void *self) {
    const struct ox_firsts *set = store;
    struct sorted sorted;
    enum ox_status status = sort(&sorted, set, compare_dots);
    for (uint32_t i = 0; i < set->rows.count && status == OX_OK;) {
        struct ox_firsts *part = ox_firsts_create(set->two_phase);
        const void *first = sorted.order[i];
        status = part == NULL ? OX_NOMEM : OX_OK;
        for (; i < set->rows.count && status == OX_OK && compare_dots(sorted.order[i], first) == 0;
             i++)
            status = append_copy(part, set, ((const struct item *)sorted.order[i])->at);
        if (status == OX_OK)
            status = each(self, part);
        else if (part != NULL)
            ox_firsts_destroy(part);
    }
    sorted_free(&sorted);
    return status;
}

bool ox_firsts_equal(const void *a, const void *b) {
    const struct ox_firsts *left = a;
    const struct ox_firsts *right = b;
    return left->rows.count == right->rows.count && ox_firsts_leq(a, NULL, b, NULL) &&
           ox_firsts_leq(b, NULL, a, NULL);
}

bool ox_firsts_empty(const void *store) {
    return ((const struct ox_firsts *)store)->rows.count == 0;
}

/* ---- bytes ---- */

/* Map {element: [replica, n]}, of a removed one [replica, n, null]. */
void ox_firsts_encode(const void *store, struct ox_buf *out) {
    const struct ox_firsts *set = store;
    struct sorted sorted;
    if (sort(&sorted, set, compare_elements) != OX_OK)
        out->failed = true;
    ox_cbor_put_map(out, set->rows.count);
    for (uint32_t i = 0; i < set->rows.count && !out->failed; i++) {
        const struct item *item = sorted.order[i];
        struct entry entry = entry_at(set, item->at);
        ox_buf_append(out, item->element.data, item->element.size);
        ox_cbor_put_array(out, 2 + entry.removed);
        ox_cbor_put_uint(out, entry.dot.replica);
        ox_cbor_put_uint(out, entry.dot.n);
        if (entry.removed)
            ox_cbor_put_null(out);
    }
    sorted_free(&sorted);
}

/* Elements ascend, so that none is there already. */
static enum ox_status decode_row(struct ox_firsts *set, struct ox_bytes *previous,
                                 struct ox_cbor *in) {
    struct ox_rows_key key;
    struct ox_bytes element = {.data = in->at};
    struct entry entry;
    ox_item_take(&key, true, in);
    element.size = (size_t)(in->at - element.data);
    ox_cbor_key_ascends(in, previous, element);
    size_t numbers = ox_cbor_array(in);
    entry.removed = numbers == 3 && set->two_phase;
    if (numbers != 2 && !entry.removed)
        ox_cbor_fail(in);
    entry.dot.replica = ox_cbor_uint(in);
    entry.dot.n = ox_cbor_uint(in);
    if (entry.removed)
        ox_cbor_null(in);
    if (entry.dot.n == 0 || in->failed)
        return OX_MALFORMED;
    return append(set, &key, entry);
}

enum { PAIR_BYTES_MIN = 4 }; /* an element, the head of its list, one dot */

enum ox_status ox_firsts_decode(void *store, struct ox_cbor *in) {
    struct ox_firsts *set = store;
    size_t count = ox_cbor_map(in);
    if (!in->failed && count > (size_t)(in->end - in->at) / PAIR_BYTES_MIN)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    struct ox_bytes previous = {0};
    enum ox_status status = ox_arrivals_reserve(&set->rows, count);
    for (size_t i = 0; i < count && status == OX_OK; i++)
        status = decode_row(set, &previous, in);
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}

/* ---- reading ---- */

static struct ox_bytes shown_at(const void *self, uint32_t i) {
    const struct ox_firsts *set = self;
    return entry_at(set, i).removed ? (struct ox_bytes){0} : element_of(set, i);
}

enum ox_status ox_firsts_value(const void *store, struct ox_buf *out) {
    const struct ox_firsts *set = store;
    return ox_json_put_sorted(shown_at, set, set->rows.count, out);
}

bool ox_firsts_within(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_firsts *set = store;
    for (uint32_t i = 0; i < set->rows.count; i++) {
        struct ox_dot dot = entry_at(set, i).dot;
        if (dot.n == 0 || !ox_seen_has(seen, dot)) {
            *reason = "an element has a dot that was never seen";
            return false;
        }
    }
    return true;
}

bool ox_firsts_valid(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_firsts *set = store;
    uint32_t removed = 0;
    if (!ox_arrivals_valid(&set->rows, reason))
        return false;
    for (uint32_t i = 0; i < set->rows.count; i++) {
        removed += entry_at(set, i).removed;
        if (!ox_item_valid(ox_arrivals_row(&set->rows, i), true)) {
            *reason = "an element is not the canonical encoding of a scalar";
            return false;
        }
    }
    if (removed > 0 && !set->two_phase) {
        *reason = "an element of a set that only grows is removed";
        return false;
    }
    if (set->added != set->rows.count - removed) {
        *reason = "a set's size is not the number of its elements";
        return false;
    }
    return ox_firsts_within(store, seen, reason);
}

size_t ox_firsts_bytes(const void *store) {
    const struct ox_firsts *set = store;
    return sizeof *set + ox_arrivals_bytes(&set->rows);
}
