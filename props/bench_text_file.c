/* Reads a keystroke history. */
#include "props/bench_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#define MOST 9007199254740992.0 /* beyond, a double is not every integer */

G_DEFINE_QUARK(ox - bench - text, ox_bench_text)

static bool bad(GError **error, const char *what, int txn) {
    if (txn < 0)
        g_set_error(error, ox_bench_text_quark(), 1, "%s", what);
    else
        g_set_error(error, ox_bench_text_quark(), 1, "transaction %d: %s", txn, what);
    return false;
}

/* The file's bytes, unpacked if they are gzip. */
static GBytes *read_bytes(const char *path, GError **error) {
    char *data = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &data, &size, error))
        return NULL;
    GBytes *plain = g_bytes_new_take(data, size);
    if (size < 2 || memcmp(data, "\x1f\x8b", 2) != 0)
        return plain;
    GInputStream *packed = g_memory_input_stream_new_from_bytes(plain);
    GConverter *gunzip = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    GInputStream *in = g_converter_input_stream_new(packed, gunzip);
    GOutputStream *out = g_memory_output_stream_new_resizable();
    gssize spliced = g_output_stream_splice(
        out, in, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL,
        error);
    GBytes *bytes =
        spliced < 0 ? NULL : g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
    g_object_unref(out);
    g_object_unref(in);
    g_object_unref(gunzip);
    g_object_unref(packed);
    g_bytes_unref(plain);
    return bytes;
}

static bool whole_number(const cJSON *item, uint64_t *number) {
    if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > MOST ||
        floor(item->valuedouble) != item->valuedouble)
        return false;
    *number = (uint64_t)item->valuedouble;
    return true;
}

static bool read_patch(struct ox_text_history *history, const cJSON *item) {
    struct ox_text_patch patch = {0};
    uint64_t position, erased;
    const cJSON *text = cJSON_GetArrayItem(item, 2);
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 3 || !cJSON_IsString(text) ||
        !whole_number(cJSON_GetArrayItem(item, 0), &position) ||
        !whole_number(cJSON_GetArrayItem(item, 1), &erased) || position > UINT32_MAX ||
        erased > UINT32_MAX || !g_utf8_validate(text->valuestring, -1, NULL))
        return false;
    gsize size = strlen(text->valuestring);
    if (history->texts->len + size > UINT32_MAX)
        return false;
    patch.position = (uint32_t)position;
    patch.erased = (uint32_t)erased;
    patch.text = (uint32_t)history->texts->len;
    patch.size = (uint32_t)size;
    patch.scalars = (uint32_t)g_utf8_strlen(text->valuestring, -1);
    g_string_append_len(history->texts, text->valuestring, (gssize)size);
    history->elements += (uint64_t)patch.scalars + patch.erased;
    g_array_append_val(history->patches, patch);
    return true;
}

static bool read_parents(struct ox_text_history *history, struct ox_text_txn *txn,
                         const cJSON *parents) {
    const cJSON *item;
    uint64_t parent;
    txn->first_parent = history->parents->len;
    if (!cJSON_IsArray(parents))
        return false;
    cJSON_ArrayForEach(item, parents) {
        guint index;
        if (!whole_number(item, &parent) || parent >= history->txns->len)
            return false;
        index = (guint)parent;
        g_array_append_val(history->parents, index);
    }
    txn->parents = history->parents->len - txn->first_parent;
    return true;
}

static bool read_txn(struct ox_text_history *history, const cJSON *item, GError **error) {
    struct ox_text_txn txn = {.first = history->patches->len};
    int number = (int)history->txns->len;
    const cJSON *patches = cJSON_GetObjectItemCaseSensitive(item, "patches"), *patch;
    const cJSON *parents = cJSON_GetObjectItemCaseSensitive(item, "parents");
    const cJSON *agent = cJSON_GetObjectItemCaseSensitive(item, "agent");
    if (!cJSON_IsArray(patches))
        return bad(error, "it has no list of patches", number);
    cJSON_ArrayForEach(patch, patches) {
        if (!read_patch(history, patch))
            return bad(error, "a patch is not [position, deleted, inserted]", number);
    }
    txn.count = history->patches->len - txn.first;
    history->concurrent = history->concurrent || parents != NULL;
    if (history->concurrent && !whole_number(agent, &txn.agent))
        return bad(error, "its agent is not a number", number);
    if (history->concurrent && !read_parents(history, &txn, parents))
        return bad(error, "its parents are not a list of earlier transactions", number);
    g_array_append_val(history->txns, txn);
    return true;
}

static bool read_history(struct ox_text_history *history, const cJSON *root, GError **error) {
    const cJSON *start = cJSON_GetObjectItemCaseSensitive(root, "startContent"), *item;
    const cJSON *end = cJSON_GetObjectItemCaseSensitive(root, "endContent");
    const cJSON *txns = cJSON_GetObjectItemCaseSensitive(root, "txns");
    if (!cJSON_IsString(end) || !cJSON_IsArray(txns))
        return bad(error, "it is not a history: no endContent or no txns", -1);
    history->start = g_strdup(cJSON_IsString(start) ? start->valuestring : "");
    history->end = g_strdup(end->valuestring);
    cJSON_ArrayForEach(item, txns) {
        if (!read_txn(history, item, error))
            return false;
    }
    if (history->concurrent && history->start[0] != '\0')
        return bad(error, "a concurrent history begins with text", -1);
    return true;
}

bool ox_text_history_read(struct ox_text_history *history, const char *path, GError **error) {
    *history = (struct ox_text_history){
        .patches = g_array_new(FALSE, FALSE, sizeof(struct ox_text_patch)),
        .txns = g_array_new(FALSE, FALSE, sizeof(struct ox_text_txn)),
        .parents = g_array_new(FALSE, FALSE, sizeof(guint)),
        .texts = g_string_new(NULL),
    };
    GBytes *bytes = read_bytes(path, error);
    bool read = bytes != NULL;
    if (read) {
        gsize size;
        const char *data = g_bytes_get_data(bytes, &size);
        cJSON *root = cJSON_ParseWithLength(data != NULL ? data : "", size);
        read = root != NULL ? read_history(history, root, error) : bad(error, "it is not JSON", -1);
        cJSON_Delete(root);
        g_bytes_unref(bytes);
    }
    if (!read) {
        g_prefix_error(error, "%s: ", path);
        ox_text_history_clear(history);
    }
    return read;
}

void ox_text_history_clear(struct ox_text_history *history) {
    g_array_unref(history->patches);
    g_array_unref(history->txns);
    g_array_unref(history->parents);
    g_string_free(history->texts, TRUE);
    g_free(history->start);
    g_free(history->end);
    *history = (struct ox_text_history){0};
}
