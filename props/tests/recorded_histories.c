/* The editing histories that others measure by end as they did: a test for each file. */
#include "support_recorded.h"

#include <string.h>
#include <sys/wait.h>

static char *folder;

static void history_ends_as_it_did(gconstpointer data) {
    const char *path = data;
    char *argv[] = {OXBOW_BINARY_DIR "/oxbow", "bench", "text", (char *)path, "1", NULL};
    char *out = NULL, *err = NULL;
    GError *error = NULL;
    int status;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, &status, &error);
    g_assert_no_error(error);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || *err != '\0' ||
        strstr(out, "the text is endContent") == NULL)
        g_error("%s: status %d\n%s%s", path, status, out, err);
    g_free(out);
    g_free(err);
}

static void there_is_no_folder(void) {
    skip_without(folder);
}

static void there_is_no_history(void) {
    g_error("%s has no history", folder);
}

static unsigned add_histories(GDir *traces) {
    unsigned count = 0;
    const char *name;
    while ((name = g_dir_read_name(traces)) != NULL) {
        if (!g_str_has_suffix(name, ".json.gz"))
            continue;
        char *test = g_strconcat("/recorded histories/", name, NULL);
        g_test_add_data_func_full(test, g_build_filename(folder, name, NULL),
                                  history_ends_as_it_did, g_free);
        g_free(test);
        count++;
    }
    g_dir_close(traces);
    return count;
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    folder = recorded_folder("text-traces");
    GDir *traces = g_dir_open(folder, 0, NULL);
    if (traces == NULL)
        g_test_add_func("/recorded histories/none", there_is_no_folder);
    else if (add_histories(traces) == 0)
        g_test_add_func("/recorded histories/none", there_is_no_history);
    int code = run_recorded("text-traces");
    g_free(folder);
    return code;
}
