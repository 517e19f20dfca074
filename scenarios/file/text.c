/* text.c - quotes, lists, and guessing what was meant. */
#include "scenarios/file/text.h"

#include <string.h>

char *ox_text_unquote(const char *raw) {
    GString *out = g_string_new(NULL);
    bool inside = false;
    for (const char *at = raw; *at != '\0'; at++) {
        if (*at != '"') {
            g_string_append_c(out, *at);
        } else if (inside && at[1] == '"') {
            g_string_append_c(out, '"');
            at++;
        } else {
            inside = !inside;
        }
    }
    return g_string_free(out, FALSE);
}

char *ox_text_quote(const char *text) {
    size_t size = strlen(text);
    bool blank_ends = size > 0 && (g_ascii_isspace(text[0]) || g_ascii_isspace(text[size - 1]));
    if (size > 0 && !blank_ends && strpbrk(text, "\"#;,|") == NULL)
        return g_strdup(text);
    GString *out = g_string_new("\"");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *at);
    }
    g_string_append_c(out, '"');
    return g_string_free(out, FALSE);
}

const char *ox_text_find(const char *raw, char wanted) {
    bool inside = false;
    for (const char *at = raw; *at != '\0'; at++) {
        if (*at == '"')
            inside = !inside;
        else if (*at == wanted && !inside)
            return at;
    }
    return NULL;
}

char **ox_text_split(const char *raw, char separator) {
    GPtrArray *items = g_ptr_array_new();
    const char *from = raw;
    for (;;) {
        const char *to = ox_text_find(from, separator);
        size_t size = to == NULL ? strlen(from) : (size_t)(to - from);
        g_ptr_array_add(items, g_strstrip(g_strndup(from, size)));
        if (to == NULL)
            break;
        from = to + 1;
    }
    g_ptr_array_add(items, NULL);
    return (char **)g_ptr_array_free(items, FALSE);
}

bool ox_text_closed(const char *raw, size_t size) {
    size_t quotes = 0;
    for (size_t i = 0; i < size; i++)
        quotes += raw[i] == '"';
    return quotes % 2 == 0;
}

/* Optimal string alignment: three rows are enough, since a swap looks back two. */
static size_t distance(const char *a, const char *b) {
    size_t columns = strlen(b) + 1;
    size_t *before = g_new0(size_t, columns), *last = g_new0(size_t, columns),
           *row = g_new0(size_t, columns);
    for (size_t j = 0; j < columns; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
        row[0] = i;
        for (size_t j = 1; j < columns; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            row[j] = MIN(MIN(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = MIN(row[j], before[j - 2] + 1);
        }
    }
    size_t result = row[columns - 1];
    g_free(before);
    g_free(last);
    g_free(row);
    return result;
}

const char *ox_text_meant(const char *text, const char *const *words) {
    size_t length = strlen(text);
    size_t allowed = MAX(length / 3, 1), least = allowed + 1;
    const char *meant = NULL;
    if (length > 64) /* nobody mistypes that much, and the cost is quadratic */
        return NULL;
    for (size_t i = 0; words[i] != NULL; i++) {
        size_t d = distance(text, words[i]);
        if (d < least) {
            least = d;
            meant = words[i];
        }
    }
    return meant;
}
