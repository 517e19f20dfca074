#include "reports/json.h"

#include <math.h>
#include <string.h>

static size_t line_of(const char *text, const char *end) {
    size_t line = 1;
    for (const char *at = text; at < end; at++)
        line += *at == '\n';
    return line;
}

static const char *skip_blank(const char *at, const char *end) {
    while (at < end && strchr(" \t\r\n", *at) != NULL)
        at++;
    return at;
}

bool ox_json_open(struct ox_json_doc *doc, const char *name, const char *text, size_t size) {
    const char *end = text + size, *stop = text;
    *doc = (struct ox_json_doc){.name = name};
    if (!g_utf8_validate_len(text, size, &stop)) {
        doc->error = g_strdup_printf("%s:%zu: error: not UTF-8 text", name, line_of(text, stop));
        return false;
    }
    stop = text;
    doc->root = cJSON_ParseWithLengthOpts(text, size, &stop, false);
    if (doc->root == NULL) {
        if (stop == NULL || stop > end)
            stop = end;
        const char *what = skip_blank(stop, end) + 1 >= end
                               ? "the file ends in the middle of a value"
                               : "not valid JSON here";
        doc->error = g_strdup_printf("%s:%zu: error: %s", name, line_of(text, stop), what);
        return false;
    }
    stop = skip_blank(stop, end);
    if (stop < end)
        doc->error = g_strdup_printf("%s:%zu: error: more text after the end of the document", name,
                                     line_of(text, stop));
    return doc->error == NULL;
}

void ox_json_close(struct ox_json_doc *doc) {
    cJSON_Delete(doc->root);
    g_free(doc->error);
    *doc = (struct ox_json_doc){0};
}

struct ox_json ox_json_top(struct ox_json_doc *doc) {
    return (struct ox_json){.doc = doc, .node = doc->root};
}

static void print_place(GString *out, const struct ox_json *at) {
    if (at->up == NULL)
        return;
    print_place(out, at->up);
    if (at->key == NULL)
        g_string_append_printf(out, "[%zu]", at->index);
    else
        g_string_append_printf(out, "%s%.64s", at->up->up == NULL ? "" : ".", at->key);
}

void ox_json_wrong(const struct ox_json *at, const char *format, ...) {
    if (at->doc->error != NULL)
        return;
    g_autoptr(GString) place = g_string_new(NULL);
    print_place(place, at);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    at->doc->error = g_strdup_printf("%s: error: %s %s", at->doc->name,
                                     place->len == 0 ? "the document" : place->str, what);
    /* A key is cut at a byte, which may fall inside a character. */
    char *valid = g_utf8_make_valid(at->doc->error, -1);
    g_free(at->doc->error);
    at->doc->error = valid;
}

bool ox_json_present(const struct ox_json *at) {
    return at->node != NULL && !cJSON_IsNull(at->node) && at->doc->error == NULL;
}

struct ox_json ox_json_member(const struct ox_json *at, const char *key) {
    struct ox_json member = {.doc = at->doc, .up = at, .key = key};
    if (!ox_json_present(at))
        return member;
    if (!cJSON_IsObject(at->node)) {
        ox_json_wrong(at, "should be an object");
        return member;
    }
    member.node = cJSON_GetObjectItemCaseSensitive(at->node, key);
    return member;
}

static const char *text_at(const struct ox_json *at, const char *fallback) {
    if (ox_json_present(at) && cJSON_IsString(at->node))
        return at->node->valuestring;
    if (ox_json_present(at) || fallback == NULL)
        ox_json_wrong(at,
                      at->node == NULL ? "is missing; it should be a text" : "should be a text");
    return fallback == NULL ? "" : fallback;
}

char *ox_json_text(const struct ox_json *at, const char *key) {
    struct ox_json member = ox_json_member(at, key);
    return g_strdup(text_at(&member, NULL));
}

char *ox_json_text_or(const struct ox_json *at, const char *key, const char *fallback) {
    struct ox_json member = ox_json_member(at, key);
    return g_strdup(text_at(&member, fallback));
}

/* A number, or how the writer spells an infinity, which JSON cannot. */
static bool is_number(const cJSON *node, double *value) {
    if (cJSON_IsNumber(node) && isfinite(node->valuedouble))
        *value = node->valuedouble;
    else if (cJSON_IsString(node) && strcmp(node->valuestring, "inf") == 0)
        *value = INFINITY;
    else if (cJSON_IsString(node) && strcmp(node->valuestring, "-inf") == 0)
        *value = -INFINITY;
    else
        return false;
    return true;
}

double ox_json_number(const struct ox_json *at, const char *key) {
    struct ox_json member = ox_json_member(at, key);
    double value = 0;
    if (member.node == NULL)
        ox_json_wrong(&member, "is missing; it should be a number");
    else if (!is_number(member.node, &value))
        ox_json_wrong(&member, "should be a number");
    return value;
}

double ox_json_number_or(const struct ox_json *at, const char *key, double fallback) {
    struct ox_json member = ox_json_member(at, key);
    return ox_json_present(&member) ? ox_json_number(at, key) : fallback;
}

static bool is_array(const struct ox_json *at) {
    if (!ox_json_present(at))
        return false;
    if (!cJSON_IsArray(at->node))
        ox_json_wrong(at, "should be an array");
    return cJSON_IsArray(at->node);
}

size_t ox_json_length(const struct ox_json *at) {
    return is_array(at) ? (size_t)cJSON_GetArraySize(at->node) : 0;
}

double *ox_json_numbers(const struct ox_json *at, size_t *count) {
    *count = ox_json_length(at);
    if (*count == 0)
        return NULL;
    double *values = g_new0(double, *count);
    for (struct ox_json e = ox_json_first(at); e.node != NULL; e = ox_json_next(&e))
        if (!is_number(e.node, &values[e.index]))
            ox_json_wrong(&e, "should be a number");
    return values;
}

struct ox_json ox_json_first(const struct ox_json *at) {
    struct ox_json first = {.doc = at->doc, .up = at};
    if (!ox_json_present(at))
        return first;
    if (!cJSON_IsArray(at->node) && !cJSON_IsObject(at->node))
        ox_json_wrong(at, "should be an array or an object");
    else
        first.node = at->node->child;
    first.key = first.node != NULL ? first.node->string : NULL;
    return first;
}

struct ox_json ox_json_next(const struct ox_json *at) {
    struct ox_json next = *at;
    next.node = at->doc->error != NULL ? NULL : at->node->next;
    next.key = next.node != NULL ? next.node->string : NULL;
    next.index++;
    return next;
}
