/* What updates and joins do to rows of items and their dots (rows.h).
 *
 * A join looks at the rows of the other side, and then at those rows of ours that the other side
 * has seen and may not hold. Both sides are in order of dots, so that a delta costs what it lists,
 * and two whole sets cost one walk along both.
 */
#include "crdt/dotted.h"

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

bool ox_dotted_has(const struct ox_rows *set, const struct ox_value *value, bool scalar_only) {
    struct ox_item item;
    bool has =
        ox_item_make(&item, value, scalar_only) == OX_OK && ox_rows_find(set, &item.key) != NULL;
    ox_item_free(&item);
    return has;
}

static enum ox_status add_dot(struct ox_dots *dots, struct ox_dot dot) {
    return dots == NULL ? OX_OK : ox_dots_add(dots, (struct ox_span){dot.replica, dot.n, dot.n});
}

/* Adds the dots of the matches to `dead`; says how many they are. */
static enum ox_status add_matches(struct ox_rows_match *same, struct ox_dots *dead,
                                  uint32_t *count) {
    enum ox_status status = OX_OK;
    *count = 0;
    for (const struct ox_row *row; status == OX_OK && (row = ox_rows_match_next(same)) != NULL;
         ++*count)
        status = add_dot(dead, row->dot);
    return status;
}

/* Removes so many rows of an item, whose living dot, if it has one, is `kept`. */
static void kill_item(struct ox_rows *set, const struct ox_rows_key *key, uint32_t count,
                      const struct ox_dot *kept) {
    while (count > 0) {
        struct ox_rows_match same = ox_rows_match(set, key);
        const struct ox_row *row = ox_rows_match_next(&same);
        if (kept != NULL && ox_dot_compare(row->dot, *kept) == 0)
            row = ox_rows_match_next(&same);
        ox_rows_kill(set, row->dot);
        count--;
    }
}

enum ox_status ox_dotted_supersede(struct ox_rows *set, const struct ox_rows_key *item,
                                   struct ox_dot dot, struct ox_dots *dead) {
    struct ox_dot before;
    if (dead != NULL && ox_dots_reserve(dead, 1) != OX_OK)
        return OX_NOMEM;
    if (ox_rows_renew(set, dot, item, &before) == OX_OK)
        return add_dot(dead, before);
    struct ox_rows_match same = ox_rows_match(set, item);
    uint32_t superseded;
    enum ox_status status = add_matches(&same, dead, &superseded);
    if (status == OX_OK)
        status = ox_rows_insert(set, dot, item);
    if (status == OX_OK)
        kill_item(set, item, superseded, &dot);
    return status;
}

enum ox_status ox_dotted_remove(struct ox_rows *set, const struct ox_rows_key *item,
                                struct ox_dots *dead) {
    struct ox_dot before;
    if (dead != NULL && ox_dots_reserve(dead, 1) != OX_OK)
        return OX_NOMEM;
    if (ox_rows_drop(set, item, &before) == OX_OK)
        return add_dot(dead, before);
    struct ox_rows_match same = ox_rows_match(set, item);
    uint32_t superseded;
    enum ox_status status = add_matches(&same, dead, &superseded);
    if (status == OX_OK && superseded == 0)
        return OX_NOOP;
    if (status == OX_OK)
        kill_item(set, item, superseded, NULL);
    return status;
}

enum ox_status ox_dotted_set(struct ox_rows *set, const struct ox_rows_key *item, struct ox_dot dot,
                             struct ox_rows *part, struct ox_dots *dead) {
    enum ox_status status = dead != NULL ? ox_dotted_alive(set, dead) : OX_OK;
    if (status == OX_OK && part != NULL)
        status = ox_rows_insert(part, dot, item);
    if (status == OX_OK)
        status = ox_rows_set(set, dot, item);
    return status;
}

/* ---- join ---- */

struct merge {
    struct ox_rows *set;
    const struct ox_seen *mine;
    const struct ox_rows *other;
    const struct ox_seen *theirs;
    uint32_t came;
    bool clash;         /* the other side has a greater element by a dot of ours */
    ox_replica replica; /* the last one that was looked up in our context, */
    uint64_t seen;      /* and its entry there */
};

/* Whether we have seen a dot of the other side's, whose rows come replica by replica. */
static inline bool have_seen(struct merge *merge, struct ox_dot dot) {
    if (merge->mine->vv == NULL)
        return ox_seen_has_listed(merge->mine, dot);
    if (dot.replica != merge->replica) {
        merge->replica = dot.replica;
        merge->seen = ox_vv_get(merge->mine->vv, dot.replica);
    }
    bool listed = merge->mine->dots[0] != NULL || merge->mine->dots[1] != NULL;
    return dot.n <= merge->seen || (listed && ox_seen_has_listed(merge->mine, dot));
}

/* A row of the other side, which most often has an element that we have not. */
static inline enum ox_status take_row(struct ox_rows *set, const struct ox_row *row) {
    struct ox_rows_key key = ox_rows_key_of_row(row);
    enum ox_status status = ox_rows_insert_new(set, row->dot, &key);
    return status == OX_NOOP ? ox_rows_insert(set, row->dot, &key) : status;
}

/* Whether a row of the other side takes the place of ours by the same dot. One dot with two
 * elements is not made by an honest replica. The greater bytes win then, so that join stays a
 * semilattice and all replicas still end with the same. */
static bool beats_ours(const struct merge *merge, const struct ox_row *their) {
    const struct ox_row *own = ox_rows_find_dot(merge->set, their->dot);
    return own != NULL && ox_bytes_compare(ox_row_element(own), ox_row_element(their)) < 0;
}

/* How many rows may come in at most, of many. */
static uint64_t count_news(const struct merge *merge) {
    uint64_t news = 0;
    uint64_t most = ox_rows_count(merge->other);
    const struct ox_vv *theirs = merge->theirs->vv;
    if (most <= FEW || theirs == NULL || merge->mine->vv == NULL)
        return 0;
    for (uint32_t i = 0; i < theirs->count && news < most; i++) {
        uint64_t have = ox_vv_get(merge->mine->vv, theirs->entries[i].replica);
        news += have < theirs->entries[i].n ? theirs->entries[i].n - have : 0;
    }
    return news < most ? news : most;
}

/* Takes in the rows that were not seen; seen and not held is dead. */
static enum ox_status take_in(struct merge *merge) {
    uint64_t news = count_news(merge);
    enum ox_status status = news > 0 ? ox_rows_reserve(merge->set, news) : OX_OK;
    struct ox_rows_cursor all = ox_rows_begin(merge->other);
    for (const struct ox_row *row; status == OX_OK && (row = ox_rows_next(&all)) != NULL;) {
        enum ox_status came = have_seen(merge, row->dot) ? OX_NOOP : take_row(merge->set, row);
        if (came == OX_NOOP)
            merge->clash = merge->clash || beats_ours(merge, row);
        else
            status = came;
        merge->came += came == OX_OK;
    }
    return status;
}

/* The set as it was before rows came in: the first so many that were not seen. */
static void take_back(struct merge *merge) {
    struct ox_rows_cursor all = ox_rows_begin(merge->other);
    for (; merge->came > 0;) {
        const struct ox_row *row = ox_rows_next(&all);
        if (ox_seen_has(merge->mine, row->dot))
            continue;
        ox_rows_kill(merge->set, row->dot);
        merge->came--;
    }
}

/* What a liar made is settled on a copy, because each element may need memory. */
static enum ox_status settle_clashes(struct merge *merge) {
    struct ox_rows settled = {0};
    enum ox_status status = ox_rows_copy(&settled, merge->set);
    struct ox_rows_cursor all = ox_rows_begin(merge->other);
    for (const struct ox_row *row; status == OX_OK && (row = ox_rows_next(&all)) != NULL;) {
        if (!beats_ours(merge, row))
            continue;
        struct ox_rows_key key = ox_rows_key_of_row(row);
        status = ox_rows_replace(&settled, row->dot, &key);
    }
    if (status != OX_OK) {
        ox_rows_free(&settled);
        return status;
    }
    ox_rows_free(merge->set);
    *merge->set = settled;
    return OX_OK;
}

/* Removes our rows of a span, which the other side has seen, that it does not hold. */
static bool kill_many(struct merge *merge, const struct ox_span *span) {
    struct ox_dot first = {span->replica, span->first};
    struct ox_dot last = {span->replica, span->last};
    bool killed = false;
    struct ox_rows_cursor ours = ox_rows_from(merge->set, first);
    struct ox_rows_cursor theirs = ox_rows_from(merge->other, first);
    const struct ox_row *their = ox_rows_next(&theirs);
    for (const struct ox_row *row;
         (row = ox_rows_next(&ours)) != NULL && !ox_dot_below(last, row->dot);) {
        struct ox_dot dot = row->dot;
        while (their != NULL && ox_dot_below(their->dot, dot))
            their = ox_rows_next(&theirs);
        if (their != NULL && !ox_dot_below(dot, their->dot))
            continue;
        ox_rows_kill(merge->set, dot);
        ours = ox_rows_from(merge->set, dot);
        killed = true;
    }
    return killed;
}

/* The same of a span that may be a dot or two. What we have of it and had not seen came in just
 * now, from a side that holds it. */
static bool kill_span(struct merge *merge, struct ox_span span) {
    const struct ox_seen *mine = merge->mine;
    if (mine->vv != NULL && mine->dots[0] == NULL && mine->dots[1] == NULL) {
        uint64_t seen = ox_vv_get(mine->vv, span.replica);
        if (seen < span.first)
            return false;
        span.last = seen < span.last ? seen : span.last;
    }
    if (span.last - span.first >= FEW)
        return kill_many(merge, &span);
    bool killed = false;
    struct ox_dot dot = {span.replica, span.first};
    for (uint64_t left = span.last - span.first + 1; left > 0; left--, dot.n++)
        if (ox_rows_find_dot(merge->other, dot) == NULL)
            killed |= ox_rows_kill(merge->set, dot);
    return killed;
}

static bool kill_dead(struct merge *merge) {
    bool killed = false;
    const struct ox_vv *seen = merge->theirs->vv;
    for (uint32_t i = 0; seen != NULL && i < seen->count; i++)
        killed |=
            kill_span(merge, (struct ox_span){seen->entries[i].replica, 1, seen->entries[i].n});
    for (size_t i = 0; i < 2; i++) {
        const struct ox_dots *listed = merge->theirs->dots[i];
        for (uint32_t k = 0; listed != NULL && k < listed->count; k++)
            killed |= kill_span(merge, listed->spans[k]);
    }
    return killed;
}

enum ox_status ox_dotted_join(void *store, const struct ox_seen *mine, const void *other,
                              const struct ox_seen *theirs, bool *changed) {
    struct merge merge = {.set = store, .mine = mine, .other = other, .theirs = theirs};
    merge.seen = mine->vv != NULL ? ox_vv_get(mine->vv, merge.replica) : 0;
    enum ox_status status = take_in(&merge);
    if (status == OX_OK && merge.clash)
        status = settle_clashes(&merge);
    if (status != OX_OK) {
        take_back(&merge);
        return status;
    }
    bool killed = kill_dead(&merge);
    if (changed != NULL)
        *changed = killed || merge.came > 0 || merge.clash;
    return OX_OK;
}

/* ---- order, parts ---- */

bool ox_dotted_leq(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs) {
    struct ox_rows_cursor ours = ox_rows_begin(store);
    for (const struct ox_row *row; (row = ox_rows_next(&ours)) != NULL;) {
        const struct ox_row *their = ox_rows_find_dot(other, row->dot);
        if (!ox_seen_has(theirs, row->dot))
            return false;
        if (their != NULL && ox_bytes_compare(ox_row_element(row), ox_row_element(their)) > 0)
            return false;
    }
    struct ox_rows_cursor all = ox_rows_begin(other);
    for (const struct ox_row *row; (row = ox_rows_next(&all)) != NULL;)
        if (ox_seen_has(mine, row->dot) && ox_rows_find_dot(store, row->dot) == NULL)
            return false;
    return true;
}

static enum ox_status insert_copy(struct ox_rows *part, const struct ox_row *row) {
    struct ox_rows_key key = ox_rows_key_of_row(row);
    return ox_rows_insert(part, row->dot, &key);
}

enum ox_status ox_dotted_pick(const void *store, const struct ox_seen *seen, void *part) {
    enum ox_status status = OX_OK;
    struct ox_rows_cursor all = ox_rows_begin(store);
    for (const struct ox_row *row; status == OX_OK && (row = ox_rows_next(&all)) != NULL;)
        if (!ox_seen_has(seen, row->dot))
            status = insert_copy(part, row);
    return status;
}

enum ox_status ox_dotted_alive(const void *store, struct ox_dots *dots) {
    enum ox_status status = OX_OK;
    struct ox_rows_cursor all = ox_rows_begin(store);
    for (const struct ox_row *row; status == OX_OK && (row = ox_rows_next(&all)) != NULL;)
        status = add_dot(dots, row->dot);
    return status;
}

enum ox_status ox_dotted_split(const void *store, enum ox_status (*each)(void *self, void *part),
                               void *self) {
    enum ox_status status = OX_OK;
    struct ox_rows_cursor all = ox_rows_begin(store);
    for (const struct ox_row *row; status == OX_OK && (row = ox_rows_next(&all)) != NULL;) {
        struct ox_rows *part = ox_dotted_create();
        if (part == NULL)
            return OX_NOMEM;
        status = insert_copy(part, row);
        if (status == OX_OK)
            status = each(self, part);
        else
            ox_dotted_destroy(part);
    }
    return status;
}

bool ox_dotted_equal(const void *a, const void *b) {
    if (ox_rows_count(a) != ox_rows_count(b))
        return false;
    struct ox_rows_cursor left = ox_rows_begin(a);
    struct ox_rows_cursor right = ox_rows_begin(b);
    for (const struct ox_row *row; (row = ox_rows_next(&left)) != NULL;) {
        const struct ox_row *same = ox_rows_next(&right);
        if (ox_dot_compare(row->dot, same->dot) != 0 ||
            !ox_bytes_equal(ox_row_element(row), ox_row_element(same)))
            return false;
    }
    return true;
}

bool ox_dotted_empty(const void *store) {
    return ox_rows_count(store) == 0;
}

/* ---- bytes ---- */

/* How many replicas the rows are of. */
static uint64_t count_replicas(const struct ox_rows *set) {
    uint64_t count = 0;
    ox_replica last = 0;
    struct ox_rows_cursor all = ox_rows_begin(set);
    for (const struct ox_row *row; (row = ox_rows_next(&all)) != NULL; last = row->dot.replica)
        count += count == 0 || row->dot.replica != last;
    return count;
}

/* How many rows of one replica a cursor has before it. */
static uint64_t count_rows(struct ox_rows_cursor from, ox_replica replica) {
    uint64_t count = 0;
    for (const struct ox_row *row;
         (row = ox_rows_next(&from)) != NULL && row->dot.replica == replica;)
        count++;
    return count;
}

/* A short element is copied with its padding, which costs less than to look at its size. */
static void encode_row(const struct ox_row *row, uint64_t step, struct ox_buf *out) {
    struct ox_bytes element = ox_row_element(row);
    size_t most = element.size > sizeof row->tail ? element.size : sizeof row->tail;
    if (!ox_buf_reserve(out, OX_CBOR_HEAD_MAX + most))
        return;
    uint8_t *at = out->data + out->size;
    at += ox_cbor_write_head(at, 0, step);
    if (element.size < sizeof row->tail)
        memcpy(at, row->tail.bytes, sizeof row->tail);
    else
        memcpy(at, element.data, element.size);
    out->size = (size_t)(at - out->data) + element.size;
}

/* Map {replica: [step, item, step, item ...]}: each n is a step above the one before. Nothing is
 * counted where there is one replica, as in most deltas. */
void ox_dotted_encode(const void *store, struct ox_buf *out) {
    struct ox_rows_cursor all = ox_rows_begin(store);
    const struct ox_row *row = ox_rows_next(&all);
    const struct ox_row *last = ox_rows_last(store);
    uint64_t left = ox_rows_count(store);
    bool one = row != NULL && row->dot.replica == last->dot.replica;
    ox_cbor_put_map(out, one ? 1 : count_replicas(store));
    while (row != NULL) {
        ox_replica replica = row->dot.replica;
        uint64_t count = replica == last->dot.replica ? left : 1 + count_rows(all, replica);
        uint64_t before = 0;
        left -= count;
        ox_cbor_put_uint(out, replica);
        ox_cbor_put_array(out, 2 * count);
        for (; count > 0; count--) {
            encode_row(row, row->dot.n - before, out);
            before = row->dot.n;
            row = ox_rows_next(&all);
        }
    }
}

static enum ox_status decode_row(struct ox_rows *set, bool scalar_only, struct ox_dot *dot,
                                 struct ox_cbor *in) {
    struct ox_rows_key key;
    uint64_t step = ox_cbor_uint(in);
    ox_item_take(&key, scalar_only, in);
    if (in->failed || step == 0 || step > UINT64_MAX - dot->n)
        return OX_MALFORMED;
    dot->n += step;
    return ox_rows_insert(set, *dot, &key);
}

static enum ox_status decode_replica(struct ox_rows *set, bool scalar_only, ox_replica replica,
                                     struct ox_cbor *in) {
    size_t items = ox_cbor_array(in);
    if (items == 0 || items % 2 != 0)
        return OX_MALFORMED;
    struct ox_dot dot = {replica, 0};
    enum ox_status status = ox_rows_reserve(set, items / 2);
    for (size_t i = 0; i < items / 2 && status == OX_OK; i++)
        status = decode_row(set, scalar_only, &dot, in);
    return status;
}

enum ox_status ox_dotted_decode(void *store, bool scalar_only, struct ox_cbor *in) {
    enum ox_status status = OX_OK;
    size_t replicas = ox_cbor_map(in);
    ox_replica previous = 0;
    for (size_t i = 0; i < replicas && status == OX_OK; i++) {
        ox_replica replica = ox_cbor_uint(in);
        if (i > 0 && replica <= previous)
            ox_cbor_fail(in);
        previous = replica;
        status = in->failed ? OX_MALFORMED : decode_replica(store, scalar_only, replica, in);
    }
    if (status == OX_OK && in->failed)
        status = OX_MALFORMED;
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}

/* ---- reading ---- */

/* Rows, and which of them shows its element. */
struct listing {
    const struct ox_rows *rows;
    const struct ox_row **all;
};

static struct ox_bytes item_at(const void *self, uint32_t i) {
    const struct listing *listing = self;
    struct ox_bytes element = ox_row_element(listing->all[i]);
    struct ox_rows_key key = ox_rows_key_of(element);
    bool shows = ox_rows_find(listing->rows, &key) == listing->all[i];
    return shows ? element : (struct ox_bytes){0};
}

enum ox_status ox_dotted_value(const void *store, struct ox_buf *out) {
    uint32_t count = ox_rows_count(store);
    const struct ox_row *few[FEW];
    struct listing listing = {store, count <= FEW ? few : malloc(count * sizeof *listing.all)};
    if (listing.all == NULL)
        return OX_NOMEM;
    struct ox_rows_cursor all = ox_rows_begin(store);
    for (uint32_t i = 0; i < count; i++)
        listing.all[i] = ox_rows_next(&all);
    enum ox_status status = ox_json_put_sorted(item_at, &listing, count, out);
    if (listing.all != few)
        free(listing.all);
    return status;
}

bool ox_dotted_valid(const void *store, bool scalar_only, const struct ox_seen *seen,
                     const char **reason) {
    if (!ox_rows_valid(store, reason))
        return false;
    struct ox_rows_cursor all = ox_rows_begin(store);
    for (const struct ox_row *row; (row = ox_rows_next(&all)) != NULL;)
        if (!ox_item_valid(row, scalar_only)) {
            *reason = "an element is not the canonical encoding of a value";
            return false;
        }
    return ox_dotted_within(store, seen, reason);
}

static bool span_holds(const struct ox_span *span, struct ox_dot dot) {
    return span->replica == dot.replica && span->first <= dot.n && dot.n <= span->last;
}

/* The dots around one that were all seen. */
static struct ox_span seen_around(const struct ox_seen *seen, struct ox_dot dot) {
    const struct ox_span *listed = NULL;
    if (seen->vv != NULL && ox_vv_has(seen->vv, dot))
        return (struct ox_span){dot.replica, 1, ox_vv_get(seen->vv, dot.replica)};
    for (size_t i = 0; i < 2 && listed == NULL; i++)
        listed = seen->dots[i] != NULL ? ox_dots_find(seen->dots[i], dot) : NULL;
    return listed != NULL ? *listed : (struct ox_span){.first = 1};
}

/* Rows are in order of dots: a span that holds one and the last holds all between. */
bool ox_dotted_within(const void *store, const struct ox_seen *seen, const char **reason) {
    const struct ox_row *last = ox_rows_last(store);
    struct ox_span span = {.first = 1}; /* of those seen, the one that held the row before */
    struct ox_rows_cursor all = ox_rows_begin(store);
    for (const struct ox_row *row; (row = ox_rows_next(&all)) != NULL;) {
        if (span_holds(&span, row->dot))
            continue;
        span = seen_around(seen, row->dot);
        if (!span_holds(&span, row->dot)) {
            *reason = "an element has a dot that was never seen";
            return false;
        }
        if (span_holds(&span, last->dot))
            return true;
    }
    return true;
}

size_t ox_dotted_bytes(const void *store) {
    return sizeof(struct ox_rows) + ox_rows_bytes(store);
}
