/* support_recorded.h - data that other people recorded, which is not ours to ship: in
 * ../shared/data beside the tree, or where OXBOW_DATA says. Where it is not there, its tests skip
 * with a reason. */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_RECORDED_H
#define OXBOW_PROPS_TESTS_SUPPORT_RECORDED_H

#include <glib.h>
#include <stdbool.h>

static inline char *recorded_folder(const char *name) {
    const char *data = g_getenv("OXBOW_DATA");
    return g_build_filename(data != NULL ? data : OXBOW_SOURCE_DIR "/../shared/data", name, NULL);
}

static inline bool recorded_is_there(const char *name) {
    char *folder = recorded_folder(name);
    bool there = g_file_test(folder, G_FILE_TEST_IS_DIR);
    g_free(folder);
    return there;
}

/* Runs the tests of a file that needs the folder. All that are skipped are no failure, and no
 * success either: 77 is what CMake and Automake take for that. */
static inline int run_recorded(const char *name) {
    int code = g_test_run();
    return code == 0 && !recorded_is_there(name) ? 77 : code;
}

static inline void skip_without(const char *folder) {
    char *reason = g_strdup_printf("%s is not there", folder);
    g_test_skip(reason);
    g_free(reason);
}

#endif
