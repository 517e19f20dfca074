#include "props/reference/json.h"

#include <glib.h>
#include <string.h>

/* As deep as values may be on the wire. */
#define DEPTH_MAX 32

/* Each of the functions below steps over one thing and answers where it ends, NULL when it is none
 * that canonical JSON has. */

static const char *skip_int64(const char *at, int64_t *value) {
    const char *digits = at + (*at == '-');
    size_t length = strspn(digits, "0123456789");
    bool is_zero = length == 1 && digits == at;
    if (length == 0 || (digits[0] == '0' && !is_zero))
        return NULL;
    char *text = g_strndup(at, (gsize)(digits - at) + length);
    gint64 parsed;
    bool fits = g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &parsed, NULL);
    g_free(text);
    *value = fits ? parsed : 0;
    return fits ? digits + length : NULL;
}

/* The length of the escape at `at` (just after the backslash), or 0. */
static size_t escape_length(const char *at) {
    if (*at != '\0' && strchr("\"\\bfnrt", *at))
        return 1;
    if (strncmp(at, "u00", 3) == 0 && (at[3] == '0' || at[3] == '1') && g_ascii_isxdigit(at[4]))
        return 5;
    return 0;
}

static const char *skip_string(const char *at) {
    if (*at++ != '"')
        return NULL;
    while (*at != '"') {
        if ((unsigned char)*at < 0x20)
            return NULL; /* also the end */
        if (*at == '\\') {
            size_t length = escape_length(at + 1);
            if (length == 0)
                return NULL;
            at += length;
        }
        at++;
    }
    return at + 1;
}

static const char *skip_scalar(const char *at) {
    static const char *const words[] = {"null", "true", "false"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(at, words[i]))
            return at + strlen(words[i]);
    int64_t ignored;
    return *at == '"' ? skip_string(at) : skip_int64(at, &ignored);
}

static const char *skip_value(const char *at, int depth);

static const char *skip_list(const char *at, int depth) {
    if (at[1] == ']')
        return at + 2;
    do {
        at = skip_value(at + 1, depth);
    } while (at && *at == ',');
    return at && *at == ']' ? at + 1 : NULL;
}

/* Whether the key [a, a_end) comes before [b, b_end). */
static bool ascends(const char *a, const char *a_end, const char *b, const char *b_end) {
    size_t a_size = (size_t)(a_end - a), b_size = (size_t)(b_end - b);
    int order = memcmp(a, b, MIN(a_size, b_size));
    return order < 0 || (order == 0 && a_size < b_size);
}

static const char *skip_object(const char *at, int depth) {
    const char *previous = NULL, *previous_end = NULL;
    if (at[1] == '}')
        return at + 2;
    do {
        const char *key = at + 1, *key_end = skip_string(key);
        if (!key_end || *key_end != ':' ||
            (previous && !ascends(previous, previous_end, key, key_end)))
            return NULL;
        previous = key;
        previous_end = key_end;
        at = skip_value(key_end + 1, depth);
    } while (at && *at == ',');
    return at && *at == '}' ? at + 1 : NULL;
}

static const char *skip_value(const char *at, int depth) {
    if (*at != '[' && *at != '{')
        return skip_scalar(at);
    if (depth == DEPTH_MAX)
        return NULL;
    return *at == '[' ? skip_list(at, depth + 1) : skip_object(at, depth + 1);
}

static bool is_whole(const char *end) {
    return end && *end == '\0';
}

bool ox_ref_json_int64(const char *json, int64_t *value) {
    return is_whole(skip_int64(json, value));
}

bool ox_ref_json_scalar(const char *json) {
    return g_utf8_validate(json, -1, NULL) && is_whole(skip_scalar(json));
}

bool ox_ref_json_value(const char *json) {
    return g_utf8_validate(json, -1, NULL) && is_whole(skip_value(json, 0));
}
