/* The two libraries that ship ask nothing of the world: no clock, file, thread, socket, no GLib.
 * What they leave undefined is held against a list. */
#include <glib.h>
#include <string.h>

static GPtrArray *allowed_patterns(void) {
    char *text = NULL;
    GError *error = NULL;
    GPtrArray *patterns = g_ptr_array_new_with_free_func((GDestroyNotify)g_pattern_spec_free);
    g_file_get_contents(OXBOW_SOURCE_DIR "/props/tests/allowed_symbols.txt", &text, NULL, &error);
    g_assert_no_error(error);
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0' && **line != '#')
            g_ptr_array_add(patterns, g_pattern_spec_new(g_strstrip(*line)));
    g_strfreev(lines);
    g_free(text);
    return patterns;
}

static gboolean is_allowed(const GPtrArray *patterns, const char *symbol) {
    for (guint i = 0; i < patterns->len; i++)
        if (g_pattern_spec_match_string(patterns->pdata[i], symbol))
            return TRUE;
    return FALSE;
}

static void library(gconstpointer name) {
    char *path = g_strdup_printf("%s/%s", OXBOW_BINARY_DIR, (const char *)name);
    char *argv[] = {"nm", "-u", path, NULL};
    char *text = NULL;
    int wait = 0;
    GError *error = NULL;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &text, NULL, &wait, &error);
    g_assert_no_error(error);
    g_assert_true(g_spawn_check_wait_status(wait, &error));
    GPtrArray *patterns = allowed_patterns();
    GString *strangers = g_string_new(NULL);
    guint seen = 0;
    char *object = g_strdup("");
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *symbol = g_strstrip(*line);
        if (g_str_has_suffix(symbol, ":")) {
            g_free(object);
            object = g_strdup(symbol);
        }
        /* "U name", or "w name" for a weak one */
        if (strlen(symbol) < 3 || symbol[1] != ' ')
            continue;
        seen++;
        if (!is_allowed(patterns, symbol + 2))
            g_string_append_printf(strangers, " %s%s", object, symbol + 2);
    }
    g_assert_cmpstr(strangers->str, ==, "");
    g_assert_cmpuint(seen, >, 10); /* else nm said nothing and neither did we */
    g_string_free(strangers, TRUE);
    g_ptr_array_unref(patterns);
    g_strfreev(lines);
    g_free(object);
    g_free(text);
    g_free(path);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/symbols/crdt", "liboxbow_crdt.a", library);
    g_test_add_data_func("/symbols/protocols", "liboxbow_protocols.a", library);
    return g_test_run();
}
