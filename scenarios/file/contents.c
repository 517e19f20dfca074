/* contents.c - see contents.h. */
#include "scenarios/file/contents.h"

#include <errno.h>
#include <stdio.h>

static bool fail(int number, GError **error) {
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "cannot be read: %s",
                g_strerror(number));
    return false;
}

/* Stops after the first piece beyond the limit. */
static bool read_pieces(FILE *file, size_t size_max, GString *into, GError **error) {
    char piece[65536];
    size_t got = 0;
    while (into->len <= size_max && (got = fread(piece, 1, sizeof piece, file)) > 0)
        g_string_append_len(into, piece, (gssize)got);
    if (ferror(file) != 0)
        return fail(errno, error);
    if (into->len <= size_max)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                "more than %zu bytes, the most it may have", size_max);
    return false;
}

bool ox_contents_read(const char *path, size_t size_max, char **data, size_t *size,
                      GError **error) {
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return fail(errno, error);
    GString *text = g_string_new(NULL);
    bool good = read_pieces(file, size_max, text, error);
    fclose(file);
    *size = text->len;
    *data = g_string_free(text, !good);
    return good;
}
