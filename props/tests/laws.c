/* The laws hold for the built-in types, and each law is seen to fail: a copy of a real type with
 * one hook replaced by a wrong one must break the law that is about it. */
#include "props/laws.h"
#include "crdt/gcounter.h"
#include "crdt/ormap.h"
#include "crdt/orset.h"
#include "crdt/rga.h"
#include "crdt/twopset.h"

#include <glib.h>
#include <string.h>

#define CASES 200

/* ---- the laws hold ---- */

static void built_in_type_keeps_law(gconstpointer data) {
    const struct ox_law *law = data;
    for (size_t t = 0; ox_types[t] != NULL; t++) {
        struct ox_law_run run;
        ox_law_check(law, ox_types[t], NULL, 1, CASES, &run);
        if (run.run.answer != OX_ANSWER_PASS) {
            g_test_message("%s: %s\n%s", ox_types[t]->name, run.run.reason,
                           run.story != NULL ? run.story : "");
        }
        g_assert_cmpint(run.run.answer, ==, OX_ANSWER_PASS);
        g_assert_cmpuint(run.run.cases, ==, CASES);
        g_assert_cmpstr(run.vacuous, ==, NULL);
        g_assert_null(run.story);
        ox_law_run_clear(&run);
    }
}

/* ---- the bytes of a counter ---- */

/* The bytes of a counter are {replica: [n, total]}; what is built from them has the right form and
 * the wrong sum. */
struct pair {
    uint64_t replica, n;
    int64_t total;
};

static size_t pairs_of(const void *store, struct pair *pairs, size_t most) {
    struct ox_buf bytes = {0};
    ox_gcounter.encode(store, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    size_t count = ox_cbor_map(&in);
    g_assert_cmpuint(count, <=, most);
    for (size_t i = 0; i < count; i++) {
        pairs[i].replica = ox_cbor_uint(&in);
        ox_cbor_array(&in);
        pairs[i].n = ox_cbor_uint(&in);
        pairs[i].total = ox_cbor_int(&in);
    }
    ox_buf_free(&bytes);
    return count;
}

/* A fresh store with these pairs. */
static void *store_of(const struct pair *pairs, size_t count) {
    struct ox_buf bytes = {0};
    void *store = ox_gcounter.create();
    ox_cbor_put_map(&bytes, count);
    for (size_t i = 0; i < count; i++) {
        ox_cbor_put_uint(&bytes, pairs[i].replica);
        ox_cbor_put_array(&bytes, 2);
        ox_cbor_put_uint(&bytes, pairs[i].n);
        ox_cbor_put_int(&bytes, pairs[i].total);
    }
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    enum ox_status status = ox_gcounter.decode(store, &in);
    g_assert_cmpint(status, ==, OX_OK);
    ox_buf_free(&bytes);
    return store;
}

/* ---- wrong hooks ---- */

/* The type that a fault is planted in. */
static const struct ox_type *real = &ox_orset;

static enum ox_status join_does_nothing(void *store, const struct ox_seen *mine, const void *other,
                                        const struct ox_seen *theirs, bool *changed) {
    (void)store;
    (void)mine;
    (void)other;
    (void)theirs;
    if (changed != NULL) {
        *changed = false;
    }
    return OX_OK;
}

static const struct ox_seen nobody;

/* What the other side removed comes back. */
static enum ox_status join_ignores_theirs(void *store, const struct ox_seen *mine,
                                          const void *other, const struct ox_seen *theirs,
                                          bool *changed) {
    (void)theirs;
    return real->join(store, mine, other, &nobody, changed);
}

/* What this side removed comes back. */
static enum ox_status join_ignores_mine(void *store, const struct ox_seen *mine, const void *other,
                                        const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    return real->join(store, &nobody, other, theirs, changed);
}

/* Takes for seen, and so for dead, whatever the other side has seen. */
static enum ox_status join_drops_new(void *store, const struct ox_seen *mine, const void *other,
                                     const struct ox_seen *theirs, bool *changed) {
    (void)mine;
    return real->join(store, theirs, other, theirs, changed);
}

static enum ox_status join_lies_about_change(void *store, const struct ox_seen *mine,
                                             const void *other, const struct ox_seen *theirs,
                                             bool *changed) {
    enum ox_status status = real->join(store, mine, other, theirs, changed);
    if (changed != NULL) {
        *changed = true;
    }
    return status;
}

static enum ox_status pick_copies_all(const void *store, const struct ox_seen *seen, void *part) {
    (void)seen;
    return real->pick(store, &nobody, part);
}

static enum ox_status pick_copies_nothing(const void *store, const struct ox_seen *seen,
                                          void *part) {
    (void)store;
    (void)seen;
    (void)part;
    return OX_OK;
}

static enum ox_status apply_lists_no_dead(void *store, const struct ox_vv *context,
                                          const struct ox_op *op, struct ox_update *update,
                                          void *part, struct ox_dots *dead) {
    struct ox_dots unheard = {0};
    (void)dead;
    enum ox_status status = ox_orset.apply(store, context, op, update, part, &unheard);
    ox_dots_free(&unheard);
    return status;
}

static bool is_last_verb(const struct ox_op *op) {
    return strcmp(op->verb->name, real->verbs[real->verb_count - 1].name) == 0;
}

/* Performs what the last verb of the type asks for (all these remove), and then says that there was
 * nothing to do. */
static enum ox_status apply_refuses_late(void *store, const struct ox_vv *context,
                                         const struct ox_op *op, struct ox_update *update,
                                         void *part, struct ox_dots *dead) {
    enum ox_status status = real->apply(store, context, op, update, part, dead);
    return status == OX_OK && is_last_verb(op) ? OX_NOOP : status;
}

static enum ox_status apply_swaps_verbs(void *store, const struct ox_vv *context,
                                        const struct ox_op *op, struct ox_update *update,
                                        void *part, struct ox_dots *dead) {
    struct ox_op other = *op;
    other.verb = op->verb == &ox_orset.verbs[0] ? &ox_orset.verbs[1] : &ox_orset.verbs[0];
    return ox_orset.apply(store, context, &other, update, part, dead);
}

static enum ox_status apply_takes_any_amount(void *store, const struct ox_vv *context,
                                             const struct ox_op *op, struct ox_update *update,
                                             void *part, struct ox_dots *dead) {
    struct ox_op positive = *op;
    positive.arg = ox_value_int(op->arg.number < 1 ? 1 : op->arg.number);
    return ox_gcounter.apply(store, context, &positive, update, part, dead);
}

/* Takes dots for the removal, and removes nothing. */
static enum ox_status apply_keeps_removed(void *store, const struct ox_vv *context,
                                          const struct ox_op *op, struct ox_update *update,
                                          void *part, struct ox_dots *dead) {
    if (!is_last_verb(op)) {
        return real->apply(store, context, op, update, part, dead);
    }
    void *other = real->copy(store);
    enum ox_status status = real->apply(other, context, op, update, NULL, NULL);
    real->destroy(other);
    return status;
}

/* The delta tells nothing of what an update did. */
static enum ox_status apply_fills_no_delta(void *store, const struct ox_vv *context,
                                           const struct ox_op *op, struct ox_update *update,
                                           void *part, struct ox_dots *dead) {
    (void)part;
    return real->apply(store, context, op, update, NULL, dead);
}

/* What a delta held before stays in it. */
static void clear_does_nothing(void *store) {
    (void)store;
}

static enum ox_status join_never_says_changed(void *store, const struct ox_seen *mine,
                                              const void *other, const struct ox_seen *theirs,
                                              bool *changed) {
    enum ox_status status = real->join(store, mine, other, theirs, NULL);
    if (changed != NULL) {
        *changed = false;
    }
    return status;
}

/* True of whole states, wrong of what a delta changes, */
static enum ox_status join_lies_about_deltas(void *store, const struct ox_seen *mine,
                                             const void *other, const struct ox_seen *theirs,
                                             bool *changed) {
    enum ox_status status = real->join(store, mine, other, theirs, changed);
    if (changed != NULL && mine->vv != NULL && theirs->vv == NULL) {
        *changed = !*changed;
    }
    return status;
}

/* and of what one delta changes in another. */
static enum ox_status join_lies_about_merges(void *store, const struct ox_seen *mine,
                                             const void *other, const struct ox_seen *theirs,
                                             bool *changed) {
    enum ox_status status = real->join(store, mine, other, theirs, changed);
    if (changed != NULL && mine->vv == NULL) {
        *changed = false;
    }
    return status;
}

/* Says yes, and nothing instead of no. */
static enum ox_status join_leaves_the_flag(void *store, const struct ox_seen *mine,
                                           const void *other, const struct ox_seen *theirs,
                                           bool *changed) {
    bool is = false;
    enum ox_status status = real->join(store, mine, other, theirs, &is);
    if (changed != NULL && is) {
        *changed = true;
    }
    return status;
}

static enum ox_status apply_never_removes(void *store, const struct ox_vv *context,
                                          const struct ox_op *op, struct ox_update *update,
                                          void *part, struct ox_dots *dead) {
    return strcmp(op->verb->name, "remove") == 0
               ? OX_NOOP
               : ox_orset.apply(store, context, op, update, part, dead);
}

static bool always(const void *store, const struct ox_seen *mine, const void *other,
                   const struct ox_seen *theirs) {
    (void)store;
    (void)mine;
    (void)other;
    (void)theirs;
    return true;
}

static bool leq_turned_round(const void *store, const struct ox_seen *mine, const void *other,
                             const struct ox_seen *theirs) {
    return real->leq(other, theirs, store, mine);
}

static bool all_equal(const void *a, const void *b) {
    (void)a;
    (void)b;
    return true;
}

static bool never_empty(const void *store) {
    (void)store;
    return false;
}

static enum ox_status alive_lists_none(const void *store, struct ox_dots *dots) {
    (void)store;
    (void)dots;
    return OX_OK;
}

static enum ox_status nothing_to_split(const void *store,
                                       enum ox_status (*each)(void *self, void *part), void *self) {
    (void)store;
    (void)each;
    (void)self;
    return OX_OK;
}

static enum ox_status value_says_empty(const void *store, struct ox_buf *out) {
    void *none = real->create();
    (void)store;
    enum ox_status status = real->value(none, out);
    real->destroy(none);
    return status;
}

static enum ox_status value_says_one_more(const void *store, struct ox_buf *out) {
    size_t before = out->size;
    enum ox_status status = ox_gcounter.value(store, out);
    if (status == OX_OK && out->data[before] == '7') {
        out->data[before] = '8';
    }
    return status;
}

/* Only what the first replica counted. */
static enum ox_status value_shows_first(const void *store, struct ox_buf *out) {
    struct pair pairs[32];
    size_t count = pairs_of(store, pairs, G_N_ELEMENTS(pairs));
    ox_json_put_int(out, count > 0 ? pairs[0].total : 0);
    return ox_buf_status(out);
}

/* Reads the number that a replica goes by. */
static enum ox_status value_counts_replicas(const void *store, struct ox_buf *out) {
    struct pair pairs[32];
    size_t count = pairs_of(store, pairs, G_N_ELEMENTS(pairs));
    ox_json_put_int(out, count > 0 ? (int64_t)pairs[0].replica : 0);
    return ox_buf_status(out);
}

static enum ox_status collect_drops_nothing(void *store, const struct ox_vv *stable) {
    (void)store;
    (void)stable;
    return OX_OK;
}

static bool always_residue(const void *store, const struct ox_vv *stable) {
    (void)store;
    (void)stable;
    return true;
}

/* What everybody has seen is gone. */
static enum ox_status collect_drops_all(void *store, const struct ox_vv *stable) {
    if (stable->count > 0) {
        real->clear(store);
    }
    return OX_OK;
}

/* Stamps that do not rise. */
static bool stamp_is_the_first(const void *store, struct ox_dot dot, struct ox_stamp *stamp) {
    bool has = real->stamp_of(store, dot, stamp);
    if (has) {
        stamp->physical_ns = 1;
    }
    return has;
}

/* ---- what carries too much ---- */

static struct ox_buf bytes_of_store(const struct ox_type *type, const void *store) {
    struct ox_buf bytes = {0};
    type->encode(store, &bytes);
    return bytes;
}

static enum ox_status decode_into(const struct ox_type *type, void *store, struct ox_buf *bytes) {
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(bytes));
    enum ox_status status = type->decode(store, &in);
    g_assert_cmpint(status, ==, OX_OK);
    ox_buf_free(bytes);
    return status;
}

/* Of a 2p-set, {element: [replica, n], or with a null behind when it was removed}: all that was
 * removed goes, even what the other side has. */
static enum ox_status pick_resends_removed(const void *store, const struct ox_seen *seen,
                                           void *part) {
    struct ox_buf all = bytes_of_store(&ox_twopset, store), kept = {0}, out = {0};
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&all));
    size_t pairs = 0;
    for (size_t left = ox_cbor_map(&in); left > 0; left--) {
        const uint8_t *begin = in.at;
        ox_cbor_skip(&in);
        bool removed = ox_cbor_array(&in) == 3;
        struct ox_dot dot = {ox_cbor_uint(&in), 0};
        dot.n = ox_cbor_uint(&in);
        if (removed) {
            ox_cbor_null(&in);
        }
        if (removed || !ox_seen_has(seen, dot)) {
            ox_buf_append(&kept, begin, (size_t)(in.at - begin));
            pairs++;
        }
    }
    ox_cbor_put_map(&out, pairs);
    ox_buf_append(&out, kept.data, kept.size);
    ox_buf_free(&all);
    ox_buf_free(&kept);
    return decode_into(&ox_twopset, part, &out);
}

/* The runs and the deletions of a delta's store of an rga: [above, [runs, deletions]]. */
struct halves {
    struct ox_buf bytes;
    struct ox_bytes above, runs, deletions;
};

static struct halves halves_of(const void *store, const struct ox_seen *seen) {
    static const struct ox_bytes none = {(const uint8_t *)"\x80", 1};
    void *part = ox_rga.create();
    g_assert_cmpint(ox_rga.pick(store, seen, part), ==, OX_OK);
    struct halves halves = {
        .bytes = bytes_of_store(&ox_rga, part), .runs = none, .deletions = none};
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&halves.bytes));
    ox_cbor_array(&in);
    halves.above = ox_cbor_skip(&in);
    if (ox_cbor_array(&in) == 2) {
        halves.runs = ox_cbor_skip(&in);
        halves.deletions = ox_cbor_skip(&in);
    }
    ox_rga.destroy(part);
    return halves;
}

/* All deletions go, even those that the other side has. */
static enum ox_status pick_resends_deletions(const void *store, const struct ox_seen *seen,
                                             void *part) {
    struct halves right = halves_of(store, seen), all = halves_of(store, &nobody);
    if (all.deletions.size == 1) {
        ox_buf_free(&right.bytes);
        ox_buf_free(&all.bytes);
        return ox_rga.pick(store, seen, part);
    }
    struct ox_buf out = {0};
    ox_cbor_put_array(&out, 2);
    ox_buf_append(&out, right.above.data, right.above.size);
    ox_cbor_put_array(&out, 2);
    ox_buf_append(&out, right.runs.data, right.runs.size);
    ox_buf_append(&out, all.deletions.data, all.deletions.size);
    ox_buf_free(&right.bytes);
    ox_buf_free(&all.bytes);
    return decode_into(&ox_rga, part, &out);
}

/* ---- parts that are wrong in one way each ---- */

static enum ox_status keep_part(void *self, void *part) {
    g_ptr_array_add(self, part);
    return OX_OK;
}

/* Gives copies of the parts that stand in `parts` at these places. */
static GPtrArray *parts_of(const void *store) {
    GPtrArray *parts = g_ptr_array_new_with_free_func(real->destroy);
    g_assert_cmpint(real->split(store, keep_part, parts), ==, OX_OK);
    return parts;
}

static enum ox_status give_part(const GPtrArray *parts, guint which,
                                enum ox_status (*each)(void *self, void *part), void *self) {
    return each(self, real->copy(g_ptr_array_index(parts, which)));
}

static enum ox_status give_parts(const GPtrArray *parts,
                                 enum ox_status (*each)(void *self, void *part), void *self) {
    enum ox_status status = OX_OK;
    for (guint i = 0; i < parts->len && status == OX_OK; i++) {
        status = give_part(parts, i, each, self);
    }
    return status;
}

/* All in one. */
static enum ox_status
split_stays_whole(const void *store, enum ox_status (*each)(void *self, void *part), void *self) {
    return real->empty(store) ? OX_OK : each(self, real->copy(store));
}

/* Where there are several, the first comes twice. */
static enum ox_status
split_repeats_first(const void *store, enum ox_status (*each)(void *self, void *part), void *self) {
    GPtrArray *parts = parts_of(store);
    enum ox_status status = give_parts(parts, each, self);
    if (status == OX_OK && parts->len > 1) {
        status = give_part(parts, 0, each, self);
    }
    g_ptr_array_unref(parts);
    return status;
}

/* Where there is only one, it comes twice: no part is irreducible. */
static enum ox_status split_repeats_single(const void *store,
                                           enum ox_status (*each)(void *self, void *part),
                                           void *self) {
    GPtrArray *parts = parts_of(store);
    enum ox_status status = give_parts(parts, each, self);
    if (status == OX_OK && parts->len == 1) {
        status = give_part(parts, 0, each, self);
    }
    g_ptr_array_unref(parts);
    return status;
}

/* The last is missing. */
static enum ox_status
split_forgets_last(const void *store, enum ox_status (*each)(void *self, void *part), void *self) {
    GPtrArray *parts = parts_of(store);
    g_ptr_array_set_size(parts, (gint)MAX(parts->len, 1) - 1);
    enum ox_status status = give_parts(parts, each, self);
    g_ptr_array_unref(parts);
    return status;
}

/* Collecting adds something that only takes room. */
static enum ox_status collect_grows(void *store, const struct ox_vv *stable) {
    static const struct ox_vv nowhere;
    struct ox_update update = {{0, 1}, NULL, 1};
    struct ox_op op = {.verb = &ox_orset.verbs[0], .arg = ox_value_text("rubbish")};
    bool grows = stable->count > 0;
    return grows ? ox_orset.apply(store, &nowhere, &op, &update, NULL, NULL) : OX_OK;
}

static bool never_valid(const void *store, const struct ox_seen *seen, const char **reason) {
    (void)store;
    (void)seen;
    *reason = "because";
    return false;
}

/* ---- wrong bytes ---- */

/* The pairs of a map in the opposite order. */
static void encode_backwards(const void *store, struct ox_buf *out) {
    struct ox_buf right = {0};
    struct ox_bytes pairs[64];
    ox_orset.encode(store, &right);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&right));
    size_t count = ox_cbor_map(&in);
    g_assert_cmpuint(count, <=, G_N_ELEMENTS(pairs));
    for (size_t i = 0; i < count; i++) {
        pairs[i] = ox_cbor_skip(&in);
        pairs[i].size += ox_cbor_skip(&in).size;
    }
    ox_cbor_put_map(out, count);
    for (size_t i = count; i-- > 0;) {
        ox_buf_append(out, pairs[i].data, pairs[i].size);
    }
    ox_buf_free(&right);
}

/* One way out, another way back: the total comes back smaller by one where it can. */
static enum ox_status decode_forgets(void *store, struct ox_cbor *in) {
    struct ox_bytes item = {.data = in->at};
    ox_cbor_skip(in);
    item.size = (size_t)(in->at - item.data);
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, item.data, (guint)item.size);
    if (item.size > 4 && bytes->data[item.size - 1] > 2 && bytes->data[item.size - 1] < 0x18) {
        bytes->data[item.size - 1]--;
    }
    struct ox_cbor changed = ox_cbor_of((struct ox_bytes){bytes->data, bytes->len});
    enum ox_status status = in->failed ? OX_MALFORMED : ox_gcounter.decode(store, &changed);
    g_byte_array_unref(bytes);
    return status;
}

/* What it cannot read, it takes for an empty store. */
static enum ox_status decode_accepts_anything(void *store, struct ox_cbor *in) {
    struct ox_cbor tried = *in;
    enum ox_status status = ox_gcounter.decode(store, &tried);
    if (status == OX_OK) {
        *in = tried;
        return OX_OK;
    }
    in->at = in->end;
    return OX_OK;
}

/* Reads the one head of an empty set also in its longer form. */
static enum ox_status decode_takes_long_heads(void *store, struct ox_cbor *in) {
    if (in->end - in->at >= 2 && in->at[0] == 0xb8 && in->at[1] == 0) {
        in->at += 2;
        return OX_OK;
    }
    return ox_orset.decode(store, in);
}

/* ---- counters that join wrong ---- */

/* The greater n wins, but its total is added to what was there. */
static enum ox_status join_sums_totals(void *store, const struct ox_seen *mine, const void *other,
                                       const struct ox_seen *theirs, bool *changed) {
    struct pair own[32], their[32];
    size_t own_count = pairs_of(store, own, G_N_ELEMENTS(own));
    size_t their_count = pairs_of(other, their, G_N_ELEMENTS(their));
    for (size_t i = 0; i < their_count; i++) {
        for (size_t j = 0; j < own_count; j++) {
            bool newer = own[j].replica == their[i].replica && own[j].n < their[i].n;
            if (newer && own[j].total < INT64_MAX - their[i].total) {
                their[i].total += own[j].total;
            }
        }
    }
    void *wrong = store_of(their, their_count);
    enum ox_status status = ox_gcounter.join(store, mine, wrong, theirs, changed);
    ox_gcounter.destroy(wrong);
    return status;
}

/* Only the first replica's pair gets through. */
static enum ox_status join_takes_first(void *store, const struct ox_seen *mine, const void *other,
                                       const struct ox_seen *theirs, bool *changed) {
    struct pair pairs[32];
    size_t count = pairs_of(other, pairs, G_N_ELEMENTS(pairs));
    void *first = store_of(pairs, MIN(count, 1));
    enum ox_status status = ox_gcounter.join(store, mine, first, theirs, changed);
    ox_gcounter.destroy(first);
    return status;
}

/* ---- each law is seen to fail ---- */

/* One hook of a type, replaced: the first four members of a struct fault. */
#define SET(hook, wrong)                                                                           \
#wrong, &ox_orset, G_STRUCT_OFFSET(struct ox_type, hook), (void (*)(void))wrong
#define RGA(hook, wrong)                                                                           \
#wrong, &ox_rga, G_STRUCT_OFFSET(struct ox_type, hook), (void (*)(void))wrong
#define MAP(hook, wrong)                                                                           \
#wrong, &ox_ormap, G_STRUCT_OFFSET(struct ox_type, hook), (void (*)(void))wrong
#define TWOPSET(hook, wrong)                                                                       \
#wrong, &ox_twopset, G_STRUCT_OFFSET(struct ox_type, hook), (void (*)(void))wrong
#define COUNTER(hook, wrong)                                                                       \
#wrong, &ox_gcounter, G_STRUCT_OFFSET(struct ox_type, hook), (void (*)(void))wrong

struct fault {
    const char *name;
    const struct ox_type *type;
    size_t hook;
    void (*wrong)(void);
    const char *laws[4]; /* that must fail; others may */
};

static const struct fault faults[] = {
    {SET(join, join_does_nothing), {"delta", "since", "commutative", "delivery"}},
    {SET(join, join_ignores_theirs), {"delta", "since", "delivery", "commutative"}},
    {SET(join, join_ignores_mine), {"delivery", "commutative", "associative", "operations"}},
    {SET(join, join_drops_new), {"delta", "delivery", "remove", "operations"}},
    {SET(join, join_lies_about_change), {"idempotent"}},
    {SET(pick, pick_copies_all), {"since", "difference"}},
    {SET(pick, pick_copies_nothing), {"since", "difference"}},
    {SET(apply, apply_lists_no_dead), {"delta", "delivery"}},
    {SET(apply, apply_refuses_late), {"inflation", "delivery"}},
    {SET(apply, apply_swaps_verbs), {"delivery", "typed"}},
    {SET(apply, apply_keeps_removed), {"remove", "typed", "delivery"}},
    {SET(collect, collect_drops_all), {"collect"}},
    {SET(collect, collect_grows), {"collect"}},
    {SET(leq, always), {"order"}},
    {SET(leq, leq_turned_round), {"order", "inflation"}},
    {SET(equal, all_equal), {"encoding"}},
    {SET(empty, never_empty), {"encoding"}},
    {SET(alive, alive_lists_none), {"since"}},
    {SET(split, nothing_to_split), {"decompose"}},
    {SET(value, value_says_empty), {"delivery"}},
    {SET(valid, never_valid), {"valid", "encoding"}},
    {SET(encode, encode_backwards), {"encoding"}},
    {SET(decode, decode_takes_long_heads), {"hostile"}},
    {COUNTER(join, join_does_nothing), {"delta", "since", "delivery"}},
    {COUNTER(join, join_sums_totals), {"delta", "delivery"}},
    {COUNTER(join, join_takes_first), {"since", "commutative", "associative"}},
    {COUNTER(pick, pick_copies_all), {"since", "difference"}},
    {COUNTER(apply, apply_takes_any_amount), {"delivery", "typed"}},
    {COUNTER(value, value_shows_first), {"replicas"}},
    {COUNTER(value, value_counts_replicas), {"replicas"}},
    {COUNTER(split, nothing_to_split), {"decompose"}},
    {COUNTER(value, value_says_one_more), {"delivery"}},
    {COUNTER(decode, decode_forgets), {"encoding"}},
    {COUNTER(decode, decode_accepts_anything), {"hostile"}},
    {SET(join, join_never_says_changed), {"idempotent"}},
    {SET(join, join_lies_about_deltas), {"idempotent"}},
    {SET(join, join_lies_about_merges), {"idempotent"}},
    {SET(join, join_leaves_the_flag), {"idempotent"}},
    {COUNTER(join, join_lies_about_change), {"idempotent"}},
    {COUNTER(join, join_never_says_changed), {"idempotent"}},
    {SET(clear, clear_does_nothing), {"difference"}},
    {SET(split, split_repeats_first), {"decompose"}},
    {SET(split, split_repeats_single), {"decompose"}},
    {SET(split, split_forgets_last), {"decompose"}},
    {TWOPSET(pick, pick_resends_removed), {"since", "difference"}},
    {RGA(pick, pick_resends_deletions), {"since", "difference"}},
    {RGA(join, join_does_nothing), {"delta", "since", "commutative", "delivery"}},
    {RGA(join, join_ignores_theirs), {"since", "commutative", "delivery"}},
    {RGA(join, join_lies_about_change), {"idempotent"}},
    {RGA(join, join_never_says_changed), {"idempotent"}},
    {RGA(pick, pick_copies_all), {"since", "difference"}},
    {RGA(pick, pick_copies_nothing), {"since", "difference"}},
    {RGA(apply, apply_refuses_late), {"inflation", "delivery", "typed"}},
    {RGA(apply, apply_keeps_removed), {"typed", "delivery"}},
    {RGA(apply, apply_fills_no_delta), {"delta", "operations", "delivery", "group"}},
    {RGA(clear, clear_does_nothing), {"delta"}},
    {RGA(collect, collect_drops_all), {"collect"}},
    {RGA(collect, collect_drops_nothing), {"collect"}},
    {RGA(has_residue, always_residue), {"collect"}},
    {RGA(stamp_of, stamp_is_the_first), {"delivery"}},
    {RGA(leq, always), {"order"}},
    {RGA(leq, leq_turned_round), {"order", "inflation"}},
    {RGA(equal, all_equal), {"encoding"}},
    {RGA(empty, never_empty), {"encoding"}},
    {RGA(split, nothing_to_split), {"decompose"}},
    {RGA(split, split_repeats_first), {"decompose"}},
    {RGA(split, split_repeats_single), {"decompose"}},
    {RGA(value, value_says_empty), {"delivery"}},
    {RGA(valid, never_valid), {"valid", "encoding"}},
    {MAP(join, join_does_nothing), {"delta", "since", "commutative", "delivery"}},
    {MAP(join, join_ignores_theirs), {"delta", "delivery"}},
    {MAP(join, join_ignores_mine), {"delivery", "commutative"}},
    {MAP(join, join_lies_about_change), {"idempotent"}},
    {MAP(join, join_never_says_changed), {"idempotent"}},
    {MAP(pick, pick_copies_all), {"since", "difference"}},
    {MAP(pick, pick_copies_nothing), {"since", "difference"}},
    {MAP(apply, apply_refuses_late), {"inflation", "delivery", "typed"}},
    {MAP(apply, apply_keeps_removed), {"remove", "typed", "delivery"}},
    {MAP(apply, apply_fills_no_delta), {"delta", "operations", "delivery", "group"}},
    {MAP(clear, clear_does_nothing), {"delta"}},
    {MAP(collect, collect_drops_all), {"collect"}},
    {MAP(collect, collect_drops_nothing), {"collect"}},
    {MAP(has_residue, always_residue), {"collect"}},
    {MAP(leq, always), {"order"}},
    {MAP(leq, leq_turned_round), {"order", "inflation"}},
    {MAP(equal, all_equal), {"encoding"}},
    {MAP(empty, never_empty), {"encoding"}},
    {MAP(alive, alive_lists_none), {"since"}},
    {MAP(split, nothing_to_split), {"decompose"}},
    {MAP(split, split_repeats_first), {"decompose"}},
    {MAP(split, split_repeats_single), {"decompose"}},
    {MAP(value, value_says_empty), {"delivery"}},
    {MAP(valid, never_valid), {"valid", "encoding"}},
};

/* What the first law of a fault says, where another part of that law could have seen it, too. */
static const struct {
    const char *fault, *says;
} reasons[] = {
    {"split_repeats_first", "can be left out"},
    {"split_repeats_single", "splitting a part of a delta gives 2"},
    {"split_forgets_last", "do not join back"},
    {"pick_resends_removed", "carries a dot that the receiver has"},
    {"pick_resends_deletions", "carries a dot that the receiver has"},
};

static void assert_says(const char *fault, const char *reason) {
    for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
        if (strcmp(reasons[i].fault, fault) == 0 && strstr(reason, reasons[i].says) == NULL) {
            g_error("it says: %s", reason);
        }
    }
}

static void fault_breaks_its_laws(gconstpointer data) {
    const struct fault *fault = data;
    struct ox_type broken = *fault->type;
    real = fault->type;
    memcpy((char *)&broken + fault->hook, &fault->wrong, sizeof fault->wrong);
    for (size_t i = 0; i < G_N_ELEMENTS(fault->laws) && fault->laws[i] != NULL; i++) {
        struct ox_law_run run;
        ox_law_check(ox_law_named(fault->laws[i]), &broken, NULL, 1, CASES, &run);
        if (run.run.answer != OX_ANSWER_FAIL) {
            g_test_message("%s keeps the law %s", fault->name, fault->laws[i]);
        }
        g_assert_cmpint(run.run.answer, ==, OX_ANSWER_FAIL);
        g_assert_nonnull(run.story);
        g_assert_nonnull(strstr(run.story, run.run.reason));
        if (i == 0) {
            assert_says(fault->name, run.run.reason);
        }
        g_test_message("%s", run.story);
        ox_law_run_clear(&run);
    }
    real = &ox_orset;
}

/* A part with two alive dots is no part: a bug of the type, which says so at once. */
static void parts_that_are_too_large_stop_the_program(void) {
    if (g_test_subprocess()) {
        struct ox_type broken = ox_orset;
        struct ox_law_run run;
        broken.split = split_stays_whole;
        ox_law_check(ox_law_named("decompose"), &broken, NULL, 1, CASES, &run);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*ox_dots_total(&alive) == 1*");
}

/* A type that says it has no kills although it has loses its removals. */
static void set_without_kills_breaks_delta(void) {
    struct ox_type broken = ox_orset;
    struct ox_law_run run;
    broken.kills = false;
    ox_law_check(ox_law_named("delta"), &broken, NULL, 1, CASES, &run);
    g_assert_cmpint(run.run.answer, ==, OX_ANSWER_FAIL);
    ox_law_run_clear(&run);
}

/* ---- what a failure looks like ---- */

static void smallest_story_is_small_and_the_same_every_time(void) {
    struct ox_type broken = ox_orset;
    struct ox_law_run run, again;
    broken.join = join_ignores_theirs;
    ox_law_check(ox_law_named("delta"), &broken, NULL, 1, CASES, &run);
    ox_law_check(ox_law_named("delta"), &broken, NULL, 1, CASES, &again);
    g_assert_cmpstr(run.story, ==,
                    "or-set breaks the law \"delta\": new state = old state join delta\n"
                    "   1. A: add \"a\"  ->  A:1; it is {A:1} [\"a\"]\n"
                    "   1. A: add \"a\"  ->  A:2, which kills A:1; it is {A:2} [\"a\"]\n"
                    "    old join delta is not new: old join delta and new differ in their bytes, "
                    "though not in what they show\n"
                    "      old join delta  {\"context\":{\"A\":2},\"value\":[\"a\"]}\n"
                    "      new             {\"context\":{\"A\":2},\"value\":[\"a\"]}\n"
                    "      old join delta  82a10002a10084016161016161\n"
                    "      new             82a10002a10082026161\n"
                    "                                   ^\n");
    g_assert_cmpstr(run.story, ==, again.story);
    ox_law_run_clear(&run);
    ox_law_run_clear(&again);
}

/* ---- runs ---- */

static void runs_depend_on_their_arguments_only(void) {
    const struct ox_law *law = ox_law_named("delivery");
    struct ox_law_run first, other, again;
    ox_law_check(law, &ox_orset, NULL, 1, CASES, &first);
    ox_law_check(law, &ox_orset, NULL, 2, CASES, &other);
    ox_law_check(law, &ox_orset, NULL, 1, CASES, &again);
    g_assert_cmpmem(&first.reach, sizeof first.reach, &again.reach, sizeof again.reach);
    g_assert_cmpint(memcmp(&first.reach, &other.reach, sizeof first.reach), !=, 0);
    ox_law_run_clear(&first);
    ox_law_run_clear(&other);
    ox_law_run_clear(&again);
}

static enum ox_status refuse_all(void *store, const struct ox_vv *context, const struct ox_op *op,
                                 struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)store;
    (void)context;
    (void)op;
    (void)update;
    (void)part;
    (void)dead;
    return OX_INVALID;
}

/* Nothing ever happens to such a type: all laws hold of it and say nothing. */
static void law_that_met_nothing_is_vacuous(gconstpointer data) {
    const struct ox_law *law = data;
    struct ox_type idle = ox_orset;
    struct ox_law_run run;
    idle.name = "idle-set"; /* so that no typed calls are looked for */
    idle.apply = refuse_all;
    ox_law_check(law, &idle, NULL, 1, OX_LAW_CASES_TELLING, &run);
    g_assert_cmpint(run.run.answer, ==, OX_ANSWER_PASS);
    g_assert_nonnull(run.vacuous);
    ox_law_run_clear(&run);
    ox_law_check(law, &idle, NULL, 1, OX_LAW_CASES_TELLING - 1, &run);
    g_assert_cmpstr(run.vacuous, ==, NULL);
    ox_law_run_clear(&run);
}

/* As if the histories had no removals: laws that hold of the rest have said too little. */
static void operation_that_never_happened_is_vacuous(void) {
    struct ox_type grows = ox_orset;
    struct ox_law_run run;
    grows.apply = apply_never_removes;
    ox_law_check(ox_law_named("gap"), &grows, NULL, 1, OX_LAW_CASES_TELLING, &run);
    g_assert_cmpint(run.run.answer, ==, OX_ANSWER_PASS);
    g_assert_cmpstr(run.vacuous, ==, "the operation \"remove\" of a or-set");
    ox_law_run_clear(&run);
}

static void type_without_reference_model_is_judged_by_the_rest(void) {
    struct ox_type own = ox_orset;
    struct ox_law_run run;
    own.name = "my-set";
    ox_law_check(ox_law_named("delivery"), &own, NULL, 1, CASES, &run);
    g_assert_cmpint(run.run.answer, ==, OX_ANSWER_PASS);
    g_assert_cmpuint(run.reach.reads_judged, ==, 0);
    g_assert_cmpuint(run.reach.states_met_again, >, 0);
    ox_law_run_clear(&run);
    own.join = join_ignores_theirs;
    ox_law_check(ox_law_named("delivery"), &own, NULL, 1, CASES, &run);
    g_assert_cmpint(run.run.answer, ==, OX_ANSWER_FAIL);
    ox_law_run_clear(&run);
}

static void add_per_law(const char *folder, GTestDataFunc test) {
    for (size_t i = 0; i < ox_law_count; i++) {
        char *path = g_strdup_printf("/laws/%s/%s", folder, ox_laws[i].name);
        g_test_add_data_func(path, &ox_laws[i], test);
        g_free(path);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    add_per_law("built-in-types-keep", built_in_type_keeps_law);
    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        char *path = g_strdup_printf("/laws/broken/%s/%s", faults[i].type->name, faults[i].name);
        g_test_add_data_func(path, &faults[i], fault_breaks_its_laws);
        g_free(path);
    }
    g_test_add_func("/laws/broken/or-set/split_stays_whole",
                    parts_that_are_too_large_stop_the_program);
    g_test_add_func("/laws/broken/or-set/without_kills", set_without_kills_breaks_delta);
    g_test_add_func("/laws/story", smallest_story_is_small_and_the_same_every_time);
    g_test_add_func("/laws/arguments-only", runs_depend_on_their_arguments_only);
    add_per_law("vacuous", law_that_met_nothing_is_vacuous);
    g_test_add_func("/laws/vacuous/an operation that never happened",
                    operation_that_never_happened_is_vacuous);
    g_test_add_func("/laws/no-reference-model", type_without_reference_model_is_judged_by_the_rest);
    return g_test_run();
}
