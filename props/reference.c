/* reference.c - the reference models of the types.
 *
 *     g-counter   the sum of the arguments of all updates in the context
 *     or-set      x with an add in the context that no remove(x) in the context had seen
 *
 *     A: add x (A1) -------------------- remove x (A2, saw A1)
 *     B:            add x (B1, saw nothing)          a reader of {A:2, B:1} shows x, for B1
 */
#include "props/reference.h"

#include <string.h>

bool ox_ref_before(const struct ox_ref_update *u, const struct ox_ref_update *v) {
    return ox_ref_upto(&v->seen, u->replica) >= u->n;
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

/* ---- JSON, as far as arguments need it ---- */

/* A canonical JSON integer of the range of int64. */
static bool json_int64(const char *json, int64_t *value) {
    const char *digits = json + (*json == '-');
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || digits[length] != '\0')
        return false;
    if (digits[0] == '0' && (length > 1 || digits != json))
        return false;
    gint64 parsed;
    if (!g_ascii_string_to_signed(json, 10, G_MININT64, G_MAXINT64, &parsed, NULL))
        return false;
    *value = parsed;
    return true;
}

/* The length of the escape at `at` (just after the backslash), or 0 when it is none that canonical
 * JSON has. */
static size_t escape_length(const char *at) {
    if (*at != '\0' && strchr("\"\\bfnrt", *at))
        return 1;
    if (strncmp(at, "u00", 3) == 0 && (at[3] == '0' || at[3] == '1') && g_ascii_isxdigit(at[4]))
        return 5;
    return 0;
}

static bool json_string(const char *json) {
    if (*json != '"' || !g_utf8_validate(json, -1, NULL))
        return false;
    const char *at = json + 1;
    while (*at != '"') {
        if ((unsigned char)*at < 0x20)
            return false; /* also the end */
        if (*at == '\\') {
            size_t length = escape_length(at + 1);
            if (length == 0)
                return false;
            at += length;
        }
        at++;
    }
    return at[1] == '\0';
}

static bool json_scalar(const char *json) {
    int64_t ignored;
    return strcmp(json, "null") == 0 || strcmp(json, "true") == 0 || strcmp(json, "false") == 0 ||
           json_int64(json, &ignored) || json_string(json);
}

/* ---- g-counter ---- */

/* Wide enough for 2^64 updates of 2^63 each, nearly: the sum is exact. */
__extension__ typedef unsigned __int128 wide;

static void append_wide(GString *json, wide value) {
    char digits[40];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    g_string_append_len(json, digits + at, (gssize)(sizeof digits - at));
}

static void sum_up(const struct ox_ref_update *update, void *data) {
    int64_t amount = 0;
    bool number = json_int64(update->arg, &amount);
    g_assert(number && amount >= 1);
    *(wide *)data += (wide)amount;
}

static void gcounter_value(const struct ox_ref_history *history,
                           const struct ox_ref_context *context, GString *json) {
    wide sum = 0;
    for_visible(history, context, sum_up, &sum);
    append_wide(json, sum);
}

static bool gcounter_accepts(const char *op, const char *arg) {
    int64_t amount;
    return strcmp(op, "inc") == 0 && json_int64(arg, &amount) && amount >= 1;
}

/* ---- or-set ---- */

/* Some remove(x) in the context had seen an add exactly when the add's n is not above the greatest
 * that any of these removes had seen of its replica. */
struct element {
    const char *json;  /* borrowed from an update */
    uint32_t *removed; /* per replica, up to which n some remove had seen */
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

static void take_remove(const struct ox_ref_update *update, void *data) {
    if (strcmp(update->op, "remove") != 0)
        return;
    struct set_read *read = data;
    struct element *element = element_of(read, update);
    for (uint32_t r = 0; r < read->replicas; r++)
        element->removed[r] = MAX(element->removed[r], ox_ref_upto(&update->seen, r));
}

static void take_add(const struct ox_ref_update *update, void *data) {
    if (strcmp(update->op, "add") != 0)
        return;
    struct element *element = element_of(data, update);
    if (update->n > element->removed[update->replica])
        element->shown = true;
}

static int by_json_bytes(const void *a, const void *b) {
    const struct element *const *left = a, *const *right = b;
    return strcmp((*left)->json, (*right)->json);
}

static void orset_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                        GString *json) {
    struct set_read read = {.replicas = history->replicas->len,
                            .by_json = g_hash_table_new(g_str_hash, g_str_equal),
                            .elements = g_ptr_array_new_with_free_func(element_free)};
    for_visible(history, context, take_remove, &read);
    for_visible(history, context, take_add, &read);
    g_ptr_array_sort(read.elements, by_json_bytes);

    const char *separator = "[";
    for (uint32_t i = 0; i < read.elements->len; i++) {
        const struct element *element = g_ptr_array_index(read.elements, i);
        if (!element->shown)
            continue;
        g_string_append(json, separator);
        g_string_append(json, element->json);
        separator = ",";
    }
    g_string_append(json, *separator == '[' ? "[]" : "]");
    g_hash_table_destroy(read.by_json);
    g_ptr_array_free(read.elements, TRUE);
}

static bool orset_accepts(const char *op, const char *arg) {
    return (strcmp(op, "add") == 0 || strcmp(op, "remove") == 0) && json_scalar(arg);
}

/* ---- all of them ---- */

static const struct ox_reference references[] = {
    {"g-counter", gcounter_value, gcounter_accepts},
    {"or-set", orset_value, orset_accepts},
};

const struct ox_reference *ox_reference_named(const char *type, size_t size) {
    for (size_t i = 0; i < G_N_ELEMENTS(references); i++)
        if (strlen(references[i].type) == size && memcmp(references[i].type, type, size) == 0)
            return &references[i];
    return NULL;
}
