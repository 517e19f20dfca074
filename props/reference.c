/* reference.c - the reference models of the types.
 *
 *     g-counter     the sum of the arguments of all updates in the context
 *     pn-counter    the same, those of "dec" taken away
 *     g-set         x with an add in the context
 *     2p-set        x with an add and no remove in the context
 *     or-set        x with an add in the context that no remove(x) in the context had seen
 *     lww-register  the argument of the write in the context with the greatest stamp, else null
 *     mv-register   the distinct arguments of the writes that no other write in the context had
 * seen
 *
 *     A: add x (A1) -------------------- remove x (A2, saw A1)
 *     B:            add x (B1, saw nothing)          a reader of {A:2, B:1} shows
 *                                                    x for B1 (or-set), no x (2p-set)
 */
#include "props/reference.h"

#include "props/reference/json.h"

#include <string.h>

bool ox_ref_before(const struct ox_ref_update *u, const struct ox_ref_update *v) {
    return ox_ref_upto(&v->seen, u->replica) >= u->n;
}

bool ox_ref_later(const struct ox_obs_stamp *a, const struct ox_obs_stamp *b) {
    if (a->physical_ns != b->physical_ns)
        return a->physical_ns > b->physical_ns;
    if (a->logical != b->logical)
        return a->logical > b->logical;
    return a->replica > b->replica;
}

void ox_ref_update_clear(struct ox_ref_update *update) {
    g_free(update->op);
    g_free(update->arg);
    g_strfreev(update->path);
    g_free(update->inner_type);
    g_free(update->inner_op);
    g_free(update->seen.n);
    *update = (struct ox_ref_update){0};
}

/* Calls `visit` for every update in the context. */
static void for_visible(const struct ox_ref_history *history, const struct ox_ref_context *context,
                        void (*visit)(const struct ox_ref_update *update, void *data), void *data) {
    for (uint32_t r = 0; r < history->replicas->len; r++) {
        const GPtrArray *updates = g_ptr_array_index(history->replicas, r);
        uint32_t upto = ox_ref_upto(context, r);
        g_assert(upto <= updates->len);
        for (uint32_t i = 0; i < upto; i++)
            visit(g_ptr_array_index(updates, i), data);
    }
}

static bool is(const struct ox_ref_update *update, const char *op) {
    return strcmp(update->op, op) == 0;
}

/* ---- counters ---- */

/* Wide enough for 2^63 updates of 2^63 each: the sum is exact. */
__extension__ typedef __int128 wide;

static void append_wide(GString *json, wide value) {
    char digits[41];
    size_t at = sizeof digits;
    bool negative = value < 0;
    do {
        int digit = (int)(value % 10);
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value != 0);
    if (negative)
        digits[--at] = '-';
    g_string_append_len(json, digits + at, (gssize)(sizeof digits - at));
}

static void sum_up(const struct ox_ref_update *update, void *data) {
    int64_t amount = 0;
    bool number = ox_ref_json_int64(update->arg, &amount);
    g_assert(number && amount >= 1);
    *(wide *)data += is(update, "dec") ? -(wide)amount : (wide)amount;
}

static void counter_value(const struct ox_ref_history *history,
                          const struct ox_ref_context *context, GString *json) {
    wide sum = 0;
    for_visible(history, context, sum_up, &sum);
    append_wide(json, sum);
}

static bool gcounter_accepts(const struct ox_ref_history *history,
                             const struct ox_ref_update *update) {
    (void)history;
    int64_t amount;
    return is(update, "inc") && ox_ref_json_int64(update->arg, &amount) && amount >= 1;
}

static bool pncounter_accepts(const struct ox_ref_history *history,
                              const struct ox_ref_update *update) {
    (void)history;
    int64_t amount;
    return (is(update, "inc") || is(update, "dec")) && ox_ref_json_int64(update->arg, &amount) &&
           amount >= 1;
}

/* ---- elements, and the list that shows them ---- */

struct element {
    const char *json;  /* borrowed from an update */
    uint32_t *removed; /* or-set: per replica, up to which n some remove had seen */
    bool is_removed;   /* 2p-set: by any remove */
    bool shown;
};

struct set_read {
    uint32_t replicas;
    GHashTable *by_json; /* to struct element, owned by the list */
    GPtrArray *elements;
};

static void element_free(void *data) {
    struct element *element = data;
    g_free(element->removed);
    g_free(element);
}

static struct set_read set_read_new(const struct ox_ref_history *history) {
    return (struct set_read){.replicas = history->replicas->len,
                             .by_json = g_hash_table_new(g_str_hash, g_str_equal),
                             .elements = g_ptr_array_new_with_free_func(element_free)};
}

static struct element *element_of(struct set_read *read, const struct ox_ref_update *update) {
    struct element *element = g_hash_table_lookup(read->by_json, update->arg);
    if (!element) {
        element = g_new0(struct element, 1);
        element->json = update->arg;
        element->removed = g_new0(uint32_t, read->replicas);
        g_hash_table_insert(read->by_json, update->arg, element);
        g_ptr_array_add(read->elements, element);
    }
    return element;
}

static int by_json_bytes(const void *a, const void *b) {
    const struct element *const *left = a, *const *right = b;
    return strcmp((*left)->json, (*right)->json);
}

/* Appends the list of those that are shown, and ends the read. */
static void show(struct set_read *read, GString *json) {
    const char *separator = "[";
    g_ptr_array_sort(read->elements, by_json_bytes);
    for (uint32_t i = 0; i < read->elements->len; i++) {
        const struct element *element = g_ptr_array_index(read->elements, i);
        if (!element->shown)
            continue;
        g_string_append(json, separator);
        g_string_append(json, element->json);
        separator = ",";
    }
    g_string_append(json, *separator == '[' ? "[]" : "]");
    g_hash_table_destroy(read->by_json);
    g_ptr_array_free(read->elements, TRUE);
}

/* ---- g-set, 2p-set ---- */

static void take_phase(const struct ox_ref_update *update, void *data) {
    struct element *element = element_of(data, update);
    element->is_removed |= is(update, "remove");
    element->shown = !element->is_removed;
}

/* Without removes, the g-set. A remove had seen an add, so an element with one was added. */
static void phases_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                         GString *json) {
    struct set_read read = set_read_new(history);
    for_visible(history, context, take_phase, &read);
    show(&read, json);
}

static bool gset_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    (void)history;
    return is(update, "add") && ox_ref_json_scalar(update->arg);
}

/* ---- or-set ---- */

/* Some remove(x) in the context had seen an add exactly when the add's n is not above the greatest
 * that any of these removes had seen of its replica. */
static void take_remove(const struct ox_ref_update *update, void *data) {
    if (!is(update, "remove"))
        return;
    struct set_read *read = data;
    struct element *element = element_of(read, update);
    for (uint32_t r = 0; r < read->replicas; r++)
        element->removed[r] = MAX(element->removed[r], ox_ref_upto(&update->seen, r));
}

static void take_add(const struct ox_ref_update *update, void *data) {
    if (!is(update, "add"))
        return;
    struct element *element = element_of(data, update);
    if (update->n > element->removed[update->replica])
        element->shown = true;
}

static void orset_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                        GString *json) {
    struct set_read read = set_read_new(history);
    for_visible(history, context, take_remove, &read);
    for_visible(history, context, take_add, &read);
    show(&read, json);
}

static bool set_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    (void)history;
    return (is(update, "add") || is(update, "remove")) && ox_ref_json_scalar(update->arg);
}

/* ---- lww-register ---- */

/* Stamps name their replica, so only two writes of one replica can share one; updates of a replica
 * are visited in order, and the later dot wins. */
static void take_latest(const struct ox_ref_update *update, void *data) {
    const struct ox_ref_update **latest = data;
    if (!*latest || !ox_ref_later(&(*latest)->stamp, &update->stamp))
        *latest = update;
}

static void lww_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                      GString *json) {
    const struct ox_ref_update *latest = NULL;
    for_visible(history, context, take_latest, &latest);
    g_string_append(json, latest ? latest->arg : "null");
}

static bool mv_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    (void)history;
    return is(update, "set") && ox_ref_json_value(update->arg);
}

static bool lww_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    return update->has_stamp && mv_accepts(history, update);
}

/* ---- mv-register ---- */

struct mv_read {
    struct set_read values;
    uint32_t *seen; /* per replica, up to which n some write had seen */
};

static void take_seen(const struct ox_ref_update *update, void *data) {
    struct mv_read *read = data;
    for (uint32_t r = 0; r < read->values.replicas; r++)
        read->seen[r] = MAX(read->seen[r], ox_ref_upto(&update->seen, r));
}

static void take_unseen(const struct ox_ref_update *update, void *data) {
    struct mv_read *read = data;
    if (update->n > read->seen[update->replica])
        element_of(&read->values, update)->shown = true;
}

static void mv_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                     GString *json) {
    struct mv_read read = {set_read_new(history), g_new0(uint32_t, history->replicas->len)};
    for_visible(history, context, take_seen, &read);
    for_visible(history, context, take_unseen, &read);
    show(&read.values, json);
    g_free(read.seen);
}

/* ---- all of them ---- */

static const struct ox_reference references[] = {
    {"g-counter", counter_value, gcounter_accepts},
    {"pn-counter", counter_value, pncounter_accepts},
    {"g-set", phases_value, gset_accepts},
    {"2p-set", phases_value, set_accepts},
    {"or-set", orset_value, set_accepts},
    {"lww-register", lww_value, lww_accepts},
    {"mv-register", mv_value, mv_accepts},
};

const struct ox_reference *ox_reference_named(const char *type, size_t size) {
    for (size_t i = 0; i < G_N_ELEMENTS(references); i++)
        if (strlen(references[i].type) == size && memcmp(references[i].type, type, size) == 0)
            return &references[i];
    return NULL;
}
