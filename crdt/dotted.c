/* What updates and joins do to a table of items and their dots (orset_rows.h).
 *
 * A join looks at the rows of the other side, and then at the dots that the other side has seen and
 * does not hold: those are dead. Whichever is shorter is walked, their list or our rows, so a delta
 * costs what it lists, and two whole sets cost what they hold.
 */
#include "crdt/dotted.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 16 };

void *ox_dotted_create(void) {
    return calloc(1, sizeof(struct ox_rows));
}

void ox_dotted_destroy(void *store) {
    ox_rows_free(store);
    free(store);
}

void *ox_dotted_copy(const void *store) {
    struct ox_rows *to = ox_dotted_create();
    if (to != NULL && ox_rows_copy(to, store) != OX_OK) {
        ox_dotted_destroy(to);
        return NULL;
    }
    return to;
}

void ox_dotted_clear(void *store) {
    ox_rows_clear(store);
}

/* ---- updates ---- */

static enum ox_status add_all(struct ox_dots *dots, struct ox_row_dots more) {
    if (dots == NULL)
        return OX_OK;
    for (uint32_t i = 0; i < more.count; i++) {
        struct ox_span span = {more.all[i].replica, more.all[i].n, more.all[i].n};
        if (ox_dots_add(dots, span) != OX_OK)
            return OX_NOMEM;
    }
    return OX_OK;
}

/* A new row of these dots, at the end; all or nothing. */
static enum ox_status append_row(struct ox_rows *rows, struct ox_bytes element,
                                 struct ox_row_dots dots) {
    struct ox_row row;
    if (ox_rows_reserve(rows, 1, dots.count) != OX_OK ||
        ox_row_make(&row, element, dots.count) != OX_OK)
        return OX_NOMEM;
    ox_row_set_dots(&row, dots);
    ox_rows_append(rows, &row);
    return OX_OK;
}

enum ox_status ox_dotted_add(struct ox_rows *set, struct ox_bytes element, struct ox_dot dot,
                             struct ox_rows *part, struct ox_dots *dead) {
    struct ox_row_dots only = {&dot, 1};
    uint32_t at = ox_rows_find(set, element);
    enum ox_status status = part != NULL ? append_row(part, element, only) : OX_OK;
    if (status != OX_OK)
        return status;
    if (at == OX_ROW_NONE)
        return append_row(set, element, only);
    status = add_all(dead, ox_row_dots(&set->rows[at]));
    if (status == OX_OK)
        status = ox_rows_reserve(set, 0, 1);
    if (status == OX_OK)
        ox_rows_set_dot(set, at, dot);
    return status;
}

enum ox_status ox_dotted_remove(struct ox_rows *set, struct ox_bytes element,
                                struct ox_dots *dead) {
    uint32_t at = ox_rows_find(set, element);
    if (at == OX_ROW_NONE)
        return OX_NOOP;
    enum ox_status status = add_all(dead, ox_row_dots(&set->rows[at]));
    if (status == OX_OK)
        ox_rows_drop(set, at);
    return status;
}

enum ox_status ox_dotted_set(struct ox_rows *set, struct ox_bytes element, struct ox_dot dot,
                             struct ox_rows *part, struct ox_dots *dead) {
    struct ox_row_dots only = {&dot, 1};
    struct ox_row row;
    enum ox_status status = part != NULL ? append_row(part, element, only) : OX_OK;
    for (uint32_t i = 0; i < set->count && status == OX_OK; i++)
        status = add_all(dead, ox_row_dots(&set->rows[i]));
    if (status == OX_OK)
        status = ox_rows_reserve(set, 1, 1);
    if (status == OX_OK)
        status = ox_row_make(&row, element, 1);
    if (status != OX_OK)
        return status;
    while (set->count > 0)
        ox_rows_drop(set, set->count - 1);
    ox_row_set_dots(&row, only);
    ox_rows_append(set, &row);
    return OX_OK;
}

/* ---- join ---- */

/* Two sides of a join. `plan` are rows that the other side adds dots to, as they will be: made
 * before anything changes, so that the rest needs no memory. */
struct merge {
    struct ox_rows *set;
    const struct ox_seen *mine;
    const struct ox_rows *other;
    const struct ox_seen *theirs;
    struct ox_row *plan;
    uint32_t planned;
    uint64_t planned_dots;
};

/* One dot with two elements is not made by an honest replica. The greater bytes win then, dot by
 * dot, so that join stays a semilattice and all replicas still end with the same. */
static bool loses(const struct ox_rows *rows, uint32_t at, struct ox_bytes element) {
    return ox_bytes_compare(ox_row_element(&rows->rows[at]), element) > 0;
}

/* Whether a dot of the other side's `element` comes into the set: seen and not held is dead. */
static bool comes(const struct merge *merge, struct ox_dot dot, struct ox_bytes element) {
    if (!ox_seen_has(merge->mine, dot))
        return true;
    uint32_t at = ox_rows_find_dot(merge->set, dot);
    return at != OX_ROW_NONE && !loses(merge->set, at, element) &&
           !ox_bytes_equal(ox_row_element(&merge->set->rows[at]), element);
}

/* Whether a dot of the set's `element` outlives the join. */
static bool stays(const struct merge *merge, struct ox_dot dot, struct ox_bytes element) {
    if (!ox_seen_has(merge->theirs, dot))
        return true;
    uint32_t at = ox_rows_find_dot(merge->other, dot);
    return at != OX_ROW_NONE && !loses(merge->other, at, element);
}

/* The dots of an element after the join, ascending. Returns how many; `out` has room for all of
 * both. */
static uint32_t merge_dots(const struct merge *merge, struct ox_bytes element,
                           struct ox_row_dots mine, struct ox_row_dots theirs, struct ox_dot *out,
                           bool *news) {
    uint32_t count = 0;
    uint32_t i = 0;
    uint32_t j = 0;
    while (i < mine.count || j < theirs.count) {
        bool left = j == theirs.count ||
                    (i < mine.count && ox_dot_compare(mine.all[i], theirs.all[j]) <= 0);
        struct ox_dot dot = left ? mine.all[i++] : theirs.all[j++];
        if (left ? !stays(merge, dot, element) : !comes(merge, dot, element))
            continue;
        *news |= !left;
        out[count++] = dot;
    }
    return count;
}

/* Plans the element of one of the other side's rows. */
static enum ox_status plan_row(struct merge *merge, const struct ox_row *their) {
    struct ox_bytes element = ox_row_element(their);
    struct ox_row_dots theirs = ox_row_dots(their);
    struct ox_row_dots mine = {0};
    uint32_t at = ox_rows_find(merge->set, element);
    if (at != OX_ROW_NONE)
        mine = ox_row_dots(&merge->set->rows[at]);
    uint64_t most = (uint64_t)mine.count + theirs.count;
    struct ox_dot few[FEW];
    struct ox_dot *dots = most <= FEW ? few : malloc(most * sizeof *dots);
    if (dots == NULL)
        return OX_NOMEM;
    bool news = false;
    uint32_t count = merge_dots(merge, element, mine, theirs, dots, &news);
    enum ox_status status = OX_OK;
    if (news) {
        struct ox_row *row = &merge->plan[merge->planned];
        status = ox_row_make(row, element, count);
        if (status == OX_OK) {
            ox_row_set_dots(row, (struct ox_row_dots){dots, count});
            merge->planned++;
            merge->planned_dots += count;
        }
    }
    if (dots != few)
        free(dots);
    return status;
}

static enum ox_status plan_all(struct merge *merge) {
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < merge->other->count && status == OX_OK; i++)
        status = plan_row(merge, &merge->other->rows[i]);
    if (status == OX_OK)
        status = ox_rows_reserve(merge->set, merge->planned, merge->planned_dots);
    if (status == OX_OK)
        return OX_OK;
    for (uint32_t i = 0; i < merge->planned; i++)
        ox_row_free(&merge->plan[i]);
    return status;
}

static void commit_row(struct ox_rows *set, const struct ox_row *row) {
    struct ox_bytes element = ox_row_element(row);
    struct ox_row_dots dots = ox_row_dots(row);
    for (uint32_t i = 0; i < dots.count; i++) {
        uint32_t holder = ox_rows_find_dot(set, dots.all[i]);
        if (holder != OX_ROW_NONE && !ox_bytes_equal(ox_row_element(&set->rows[holder]), element))
            ox_rows_kill(set, holder, dots.all[i]);
    }
    uint32_t at = ox_rows_find(set, element);
    if (at == OX_ROW_NONE)
        ox_rows_append(set, row);
    else
        ox_rows_replace(set, at, row);
}

static bool kill_if_dead(struct merge *merge, struct ox_dot dot) {
    uint32_t at = ox_rows_find_dot(merge->set, dot);
    if (at == OX_ROW_NONE || stays(merge, dot, ox_row_element(&merge->set->rows[at])))
        return false;
    ox_rows_kill(merge->set, at, dot);
    return true;
}

static bool kill_listed(struct merge *merge, const struct ox_dots *dots) {
    bool killed = false;
    for (uint32_t i = 0; i < dots->count; i++) {
        struct ox_dot dot = {dots->spans[i].replica, dots->spans[i].first};
        for (uint64_t left = dots->spans[i].last - dot.n + 1; left > 0; left--, dot.n++)
            killed |= kill_if_dead(merge, dot);
    }
    return killed;
}

/* From the back, because a dropped row's place is taken by the last one, which was asked before;
 * dots likewise. */
static bool kill_held(struct merge *merge) {
    bool killed = false;
    for (uint32_t at = merge->set->count; at-- > 0;) {
        for (uint32_t k = ox_row_dots(&merge->set->rows[at]).count; k-- > 0;) {
            const struct ox_row *row = &merge->set->rows[at];
            struct ox_dot dot = ox_row_dots(row).all[k];
            if (stays(merge, dot, ox_row_element(row)))
                continue;
            ox_rows_kill(merge->set, at, dot);
            killed = true;
        }
    }
    return killed;
}

static bool kill_dead(struct merge *merge) {
    uint64_t listed = merge->theirs->vv != NULL ? UINT64_MAX : 0;
    for (size_t i = 0; i < 2; i++) {
        uint64_t more = merge->theirs->dots[i] != NULL ? ox_dots_total(merge->theirs->dots[i]) : 0;
        listed = more > UINT64_MAX - listed ? UINT64_MAX : listed + more;
    }
    if (listed > merge->set->count)
        return kill_held(merge);
    bool killed = false;
    for (size_t i = 0; i < 2; i++)
        if (merge->theirs->dots[i] != NULL)
            killed |= kill_listed(merge, merge->theirs->dots[i]);
    return killed;
}

enum ox_status ox_dotted_join(void *store, const struct ox_seen *mine, const void *other,
                              const struct ox_seen *theirs, bool *changed) {
    struct ox_row few[FEW];
    struct merge merge = {.set = store, .mine = mine, .other = other, .theirs = theirs};
    bool is_few = merge.other->count <= FEW;
    merge.plan = is_few ? few : malloc(merge.other->count * sizeof *merge.plan);
    if (merge.plan == NULL)
        return OX_NOMEM;
    enum ox_status status = plan_all(&merge);
    if (status == OX_OK) {
        for (uint32_t i = 0; i < merge.planned; i++)
            commit_row(merge.set, &merge.plan[i]);
        bool killed = kill_dead(&merge);
        if (changed != NULL)
            *changed = killed || merge.planned > 0;
    }
    if (!is_few)
        free(merge.plan);
    return status;
}

/* ---- order, parts ---- */

bool ox_dotted_leq(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs) {
    const struct ox_rows *set = store;
    const struct ox_rows *their = other;
    for (uint32_t i = 0; i < set->count; i++) {
        struct ox_row_dots dots = ox_row_dots(&set->rows[i]);
        for (uint32_t k = 0; k < dots.count; k++) {
            uint32_t at = ox_rows_find_dot(their, dots.all[k]);
            if (!ox_seen_has(theirs, dots.all[k]))
                return false;
            if (at != OX_ROW_NONE && ox_bytes_compare(ox_row_element(&set->rows[i]),
                                                      ox_row_element(&their->rows[at])) > 0)
                return false;
        }
    }
    for (uint32_t i = 0; i < their->count; i++) {
        struct ox_row_dots dots = ox_row_dots(&their->rows[i]);
        for (uint32_t k = 0; k < dots.count; k++)
            if (ox_seen_has(mine, dots.all[k]) && ox_rows_find_dot(set, dots.all[k]) == OX_ROW_NONE)
                return false;
    }
    return true;
}

static enum ox_status pick_row(const struct ox_row *row, const struct ox_seen *seen,
                               struct ox_rows *part) {
    struct ox_row_dots dots = ox_row_dots(row);
    struct ox_dot few[FEW];
    struct ox_dot *picked = dots.count <= FEW ? few : malloc(dots.count * sizeof *picked);
    if (picked == NULL)
        return OX_NOMEM;
    uint32_t count = 0;
    for (uint32_t i = 0; i < dots.count; i++)
        if (!ox_seen_has(seen, dots.all[i]))
            picked[count++] = dots.all[i];
    enum ox_status status = OX_OK;
    if (count > 0)
        status = append_row(part, ox_row_element(row), (struct ox_row_dots){picked, count});
    if (picked != few)
        free(picked);
    return status;
}

enum ox_status ox_dotted_pick(const void *store, const struct ox_seen *seen, void *part) {
    const struct ox_rows *set = store;
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < set->count && status == OX_OK; i++)
        status = pick_row(&set->rows[i], seen, part);
    return status;
}

static int compare_dots(const void *left, const void *right) {
    const struct ox_dot *a = left;
    const struct ox_dot *b = right;
    return ox_dot_compare(*a, *b);
}

/* Sorted first: a set of intervals takes dots in order far better than at random. */
enum ox_status ox_dotted_alive(const void *store, struct ox_dots *dots) {
    const struct ox_rows *set = store;
    size_t count = 0;
    for (uint32_t i = 0; i < set->count; i++)
        count += ox_row_dots(&set->rows[i]).count;
    const void *few[FEW];
    const void **order = count <= FEW ? few : malloc(count * sizeof *order);
    if (order == NULL)
        return OX_NOMEM;
    size_t at = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        struct ox_row_dots more = ox_row_dots(&set->rows[i]);
        for (uint32_t k = 0; k < more.count; k++)
            order[at++] = &more.all[k];
    }
    ox_array_sort(order, count, compare_dots);
    enum ox_status status = OX_OK;
    for (size_t i = 0; i < count && status == OX_OK; i++)
        status = add_all(dots, (struct ox_row_dots){order[i], 1});
    if (order != few)
        free(order);
    return status;
}

enum ox_status ox_dotted_split(const void *store, enum ox_status (*each)(void *self, void *part),
                               void *self) {
    const struct ox_rows *set = store;
    for (uint32_t i = 0; i < set->count; i++) {
        struct ox_row_dots dots = ox_row_dots(&set->rows[i]);
        for (uint32_t k = 0; k < dots.count; k++) {
            struct ox_row_dots one = {&dots.all[k], 1};
            struct ox_rows *part = ox_dotted_create();
            if (part == NULL)
                return OX_NOMEM;
            if (append_row(part, ox_row_element(&set->rows[i]), one) != OX_OK) {
                ox_dotted_destroy(part);
                return OX_NOMEM;
            }
            enum ox_status status = each(self, part);
            if (status != OX_OK)
                return status;
        }
    }
    return OX_OK;
}

static bool equal_dots(struct ox_row_dots a, struct ox_row_dots b) {
    return a.count == b.count && memcmp(a.all, b.all, a.count * sizeof *a.all) == 0;
}

bool ox_dotted_equal(const void *a, const void *b) {
    const struct ox_rows *left = a;
    const struct ox_rows *right = b;
    if (left->count != right->count)
        return false;
    for (uint32_t i = 0; i < left->count; i++) {
        uint32_t at = ox_rows_find(right, ox_row_element(&left->rows[i]));
        if (at == OX_ROW_NONE ||
            !equal_dots(ox_row_dots(&left->rows[i]), ox_row_dots(&right->rows[at])))
            return false;
    }
    return true;
}

bool ox_dotted_empty(const void *store) {
    return ((const struct ox_rows *)store)->count == 0;
}

/* ---- bytes ---- */

static int compare_rows(const void *left, const void *right) {
    return ox_bytes_compare(ox_row_element(left), ox_row_element(right));
}

static void encode_row(const struct ox_row *row, struct ox_buf *out) {
    struct ox_bytes element = ox_row_element(row);
    struct ox_row_dots dots = ox_row_dots(row);
    ox_buf_append(out, element.data, element.size);
    ox_cbor_put_array(out, 2 * (uint64_t)dots.count);
    for (uint32_t i = 0; i < dots.count; i++) {
        ox_cbor_put_uint(out, dots.all[i].replica);
        ox_cbor_put_uint(out, dots.all[i].n);
    }
}

/* Map {element: [replica, n, replica, n ...]}. */
void ox_dotted_encode(const void *store, struct ox_buf *out) {
    const struct ox_rows *set = store;
    const void *few[FEW];
    const void **order = set->count <= FEW ? few : malloc(set->count * sizeof *order);
    if (order == NULL) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; i < set->count; i++)
        order[i] = &set->rows[i];
    ox_array_sort(order, set->count, compare_rows);
    ox_cbor_put_map(out, set->count);
    for (uint32_t i = 0; i < set->count; i++)
        encode_row(order[i], out);
    if (order != few)
        free(order);
}

/* The dots of one element, which must be new to the set. */
static enum ox_status decode_dots(const struct ox_rows *set, struct ox_dot *dots, size_t count,
                                  struct ox_cbor *in) {
    for (size_t i = 0; i < count && !in->failed; i++) {
        dots[i].replica = ox_cbor_uint(in);
        dots[i].n = ox_cbor_uint(in);
        bool ascends = i == 0 || ox_dot_compare(dots[i - 1], dots[i]) < 0;
        if (dots[i].n == 0 || !ascends || ox_rows_find_dot(set, dots[i]) != OX_ROW_NONE)
            ox_cbor_fail(in);
    }
    return in->failed ? OX_MALFORMED : OX_OK;
}

static enum ox_status decode_row(struct ox_rows *set, bool scalar_only, struct ox_bytes *previous,
                                 struct ox_cbor *in) {
    struct ox_value ignored;
    struct ox_bytes element = {.data = in->at};
    ox_value_decode(&ignored, in, scalar_only);
    element.size = (size_t)(in->at - element.data);
    ox_cbor_key_ascends(in, previous, element);
    size_t numbers = ox_cbor_array(in);
    if (numbers == 0 || numbers % 2 != 0 || numbers / 2 > UINT32_MAX)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    size_t count = numbers / 2;
    struct ox_dot few[FEW];
    struct ox_dot *dots = count <= FEW ? few : malloc(count * sizeof *dots);
    if (dots == NULL)
        return OX_NOMEM;
    enum ox_status status = decode_dots(set, dots, count, in);
    if (status == OX_OK)
        status = append_row(set, element, (struct ox_row_dots){dots, (uint32_t)count});
    if (dots != few)
        free(dots);
    return status;
}

enum { PAIR_BYTES_MIN = 4 }; /* an element, the head of its list, one dot */

enum ox_status ox_dotted_decode(void *store, bool scalar_only, struct ox_cbor *in) {
    size_t count = ox_cbor_map(in);
    if (!in->failed && count > (size_t)(in->end - in->at) / PAIR_BYTES_MIN)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    struct ox_bytes previous = {0};
    enum ox_status status = ox_rows_reserve(store, count, count);
    for (size_t i = 0; i < count && status == OX_OK; i++)
        status = decode_row(store, scalar_only, &previous, in);
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}

/* ---- reading ---- */

static struct ox_bytes item_at(const void *self, uint32_t i) {
    return ox_row_element(&((const struct ox_rows *)self)->rows[i]);
}

enum ox_status ox_dotted_value(const void *store, struct ox_buf *out) {
    const struct ox_rows *set = store;
    return ox_json_put_sorted(item_at, set, set->count, out);
}

static bool row_valid(const struct ox_row *row, bool scalar_only, const struct ox_seen *seen,
                      const char **reason) {
    struct ox_row_dots dots = ox_row_dots(row);
    struct ox_cbor in = ox_cbor_of(ox_row_element(row));
    struct ox_value element;
    if (ox_value_decode(&element, &in, scalar_only) != OX_OK || !ox_cbor_done(&in)) {
        *reason = "an element is not the canonical encoding of a value";
        return false;
    }
    for (uint32_t i = 0; i < dots.count; i++) {
        if (dots.all[i].n == 0 || !ox_seen_has(seen, dots.all[i])) {
            *reason = "an element has a dot that was never seen";
            return false;
        }
        if (i > 0 && ox_dot_compare(dots.all[i - 1], dots.all[i]) >= 0) {
            *reason = "an element's dots do not ascend";
            return false;
        }
    }
    return true;
}

bool ox_dotted_valid(const void *store, bool scalar_only, const struct ox_seen *seen,
                     const char **reason) {
    const struct ox_rows *set = store;
    for (uint32_t i = 0; i < set->count; i++)
        if (!row_valid(&set->rows[i], scalar_only, seen, reason))
            return false;
    return ox_rows_valid(set, reason);
}

size_t ox_dotted_bytes(const void *store) {
    return sizeof(struct ox_rows) + ox_rows_bytes(store);
}
