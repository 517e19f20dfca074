/* reference/plain.c - counters, sets and registers: see reference.c for the list. */
#include "props/reference/json.h"
#include "props/reference/rules.h"

#include <string.h>

static void for_each(const struct ox_ref_view *view,
                     void (*visit)(const struct ox_ref_update *update, void *data), void *data) {
    for (uint32_t i = 0; i < view->updates->len; i++)
        visit(g_ptr_array_index(view->updates, i), data);
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
    *(wide *)data += ox_ref_does(update, "dec") ? -(wide)amount : (wide)amount;
}

static bool counter_show(const struct ox_ref_view *view, GString *json) {
    wide sum = 0;
    for_each(view, sum_up, &sum);
    append_wide(json, sum);
    return view->updates->len > 0;
}

static bool has_amount(const struct ox_ref_update *update) {
    int64_t amount;
    return update->arg && ox_ref_json_int64(update->arg, &amount) && amount >= 1;
}

static bool gcounter_accepts(const struct ox_ref_history *history,
                             const struct ox_ref_update *update) {
    (void)history;
    return ox_ref_does(update, "inc") && has_amount(update);
}

static bool pncounter_accepts(const struct ox_ref_history *history,
                              const struct ox_ref_update *update) {
    (void)history;
    return (ox_ref_does(update, "inc") || ox_ref_does(update, "dec")) && has_amount(update);
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

static struct set_read set_read_new(const struct ox_ref_view *view) {
    return (struct set_read){.replicas = view->history->replicas->len,
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

/* Appends the list of those that are shown, if any, and ends the read. */
static bool end_show(struct set_read *read, GString *json) {
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
    bool any = *separator == ',';
    g_string_append(json, any ? "]" : "[]");
    g_hash_table_destroy(read->by_json);
    g_ptr_array_free(read->elements, TRUE);
    return any;
}

/* ---- g-set, 2p-set ---- */

static void take_phase(const struct ox_ref_update *update, void *data) {
    struct element *element = element_of(data, update);
    element->is_removed |= ox_ref_does(update, "remove");
    element->shown = !element->is_removed;
}

/* Without removes, the g-set. A remove had seen an add, so an element with one was added. */
static bool phases_show(const struct ox_ref_view *view, GString *json) {
    struct set_read read = set_read_new(view);
    for_each(view, take_phase, &read);
    return end_show(&read, json);
}

static bool has_element(const struct ox_ref_update *update) {
    return update->arg && ox_ref_json_scalar(update->arg);
}

static bool gset_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    (void)history;
    return ox_ref_does(update, "add") && has_element(update);
}

/* ---- or-set ---- */

/* Some remove(x) in the context had seen an add exactly when the add's n is not above the greatest
 * that any of these removes had seen of its replica. */
static void take_remove(const struct ox_ref_update *update, void *data) {
    if (!ox_ref_does(update, "remove"))
        return;
    struct set_read *read = data;
    struct element *element = element_of(read, update);
    for (uint32_t r = 0; r < read->replicas; r++)
        element->removed[r] = MAX(element->removed[r], ox_ref_upto(&update->seen, r));
}

static void take_add(const struct ox_ref_update *update, void *data) {
    if (!ox_ref_does(update, "add"))
        return;
    struct element *element = element_of(data, update);
    if (update->n > element->removed[update->replica])
        element->shown = true;
}

static bool orset_show(const struct ox_ref_view *view, GString *json) {
    struct set_read read = set_read_new(view);
    for_each(view, take_remove, &read);
    for_each(view, take_add, &read);
    return end_show(&read, json);
}

static bool set_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    (void)history;
    return (ox_ref_does(update, "add") || ox_ref_does(update, "remove")) && has_element(update);
}

/* ---- lww-register ---- */

/* Stamps name their replica, so only two writes of one replica can share one; updates of a replica
 * are visited in order, and the later dot wins. */
static void take_latest(const struct ox_ref_update *update, void *data) {
    const struct ox_ref_update **latest = data;
    if (!*latest || !ox_ref_later(&(*latest)->stamp, &update->stamp))
        *latest = update;
}

static bool lww_show(const struct ox_ref_view *view, GString *json) {
    const struct ox_ref_update *latest = NULL;
    for_each(view, take_latest, &latest);
    g_string_append(json, latest ? latest->arg : "null");
    return latest != NULL;
}

static bool mv_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    (void)history;
    return ox_ref_does(update, "set") && update->arg && ox_ref_json_value(update->arg);
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

static bool mv_show(const struct ox_ref_view *view, GString *json) {
    struct mv_read read = {set_read_new(view), g_new0(uint32_t, view->history->replicas->len)};
    for_each(view, take_seen, &read);
    for_each(view, take_unseen, &read);
    g_free(read.seen);
    return end_show(&read.values, json);
}

/* ---- all of them ---- */

const struct ox_ref_rule ox_ref_gcounter = {counter_show, gcounter_accepts};
const struct ox_ref_rule ox_ref_pncounter = {counter_show, pncounter_accepts};
const struct ox_ref_rule ox_ref_gset = {phases_show, gset_accepts};
const struct ox_ref_rule ox_ref_twopset = {phases_show, set_accepts};
const struct ox_ref_rule ox_ref_orset = {orset_show, set_accepts};
const struct ox_ref_rule ox_ref_lww = {lww_show, lww_accepts};
const struct ox_ref_rule ox_ref_mv = {mv_show, mv_accepts};
