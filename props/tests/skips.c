/* Tests that need the data of other people: without it they are skipped, with a reason and in the
 * summary of ctest; with it they are run. */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#define HISTORIES OXBOW_BINARY_DIR "/test_recorded_histories"
#define PLATFORMS OXBOW_BINARY_DIR "/test_recorded_platforms"

/* A program's exit code, -1 if it was aborted, and all that it wrote. */
static int run(char **argv, const char *data, char **out) {
    char **environment = g_get_environ();
    int status;
    GError *error = NULL;
    environment = data != NULL ? g_environ_setenv(environment, "OXBOW_DATA", data, TRUE)
                               : g_environ_unsetenv(environment, "OXBOW_DATA");
    g_spawn_sync(NULL, argv, environment, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, out, NULL,
                 &status, &error);
    g_assert_no_error(error);
    g_strfreev(environment);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_says(const char *out, const char *text) {
    if (strstr(out, text) == NULL)
        g_error("nothing says '%s':\n%s", text, out);
}

/* A folder for one test. */
static char *folder_new(void) {
    GError *error = NULL;
    char *folder = g_dir_make_tmp("oxbow-skips-XXXXXX", &error);
    g_assert_no_error(error);
    return folder;
}

/* ---- without the data ---- */

static void assert_skipped(const char *program, const char *part, unsigned tests) {
    char *folder = folder_new(), *out, *argv[] = {(char *)program, NULL};
    char *reason = g_strdup_printf("# SKIP %s/%s is not there", folder, part);
    g_assert_cmpint(run(argv, folder, &out), ==, 77);
    unsigned said = 0;
    for (const char *at = out; (at = strstr(at, reason)) != NULL; at++)
        said++;
    g_assert_cmpuint(said, ==, tests);
    g_assert_null(strstr(out, "not ok"));
    g_rmdir(folder);
    g_free(reason);
    g_free(folder);
    g_free(out);
}

static void without_data_each_test_says_why(void) {
    assert_skipped(HISTORIES, "text-traces", 1);
    assert_skipped(PLATFORMS, "platforms", 5);
}

/* In a folder of its own, because a ctest that runs inside another must not write into its logs. */
static void without_data_the_summary_lists_them(void) {
    char *folder = folder_new(), *out;
    char *tests = g_build_filename(folder, "CTestTestfile.cmake", NULL);
    char *argv[] = {OXBOW_CTEST, "--test-dir", folder, "-R", "^recorded_", NULL};
    char *remove[] = {"/bin/rm", "-r", folder, NULL};
    GError *error = NULL;
    g_file_set_contents(tests, "include(\"" OXBOW_BINARY_DIR "/CTestTestfile.cmake\")\n", -1,
                        &error);
    g_assert_no_error(error);
    run(argv, folder, &out);
    assert_says(out, "0 tests failed out of 2");
    assert_says(out, "The following tests did not run:");
    assert_says(out, "recorded_histories (Skipped)");
    assert_says(out, "recorded_platforms (Skipped)");
    g_free(out);
    g_assert_cmpint(run(remove, NULL, &out), ==, 0);
    g_free(out);
    g_free(tests);
    g_free(folder);
}

/* ---- with it ---- */

/* A folder that has one history, which ends as it says, or does not. */
static void assert_run(const char *end, int code, const char *text) {
    char *folder = folder_new(), *traces = g_build_filename(folder, "text-traces", NULL);
    char *path = g_build_filename(traces, "one.json.gz", NULL);
    char *history = g_strdup_printf("{\"startContent\":\"\",\"endContent\":\"%s\","
                                    "\"txns\":[{\"patches\":[[0,0,\"hello\"]]}]}",
                                    end);
    char *out, *argv[] = {HISTORIES, NULL};
    GError *error = NULL;
    g_assert_cmpint(g_mkdir(traces, 0700), ==, 0);
    g_file_set_contents(path, history, -1, &error);
    g_assert_no_error(error);
    int got = run(argv, folder, &out);
    g_assert_true(code == 0 ? got == 0 : got != 0 && got != 77);
    assert_says(out, text);
    g_assert_null(strstr(out, "SKIP"));
    g_remove(path);
    g_rmdir(traces);
    g_rmdir(folder);
    g_free(history);
    g_free(path);
    g_free(traces);
    g_free(folder);
    g_free(out);
}

static void with_data_each_history_is_a_test(void) {
    assert_run("hello", 0, "ok 1 /recorded histories/one.json.gz");
    assert_run("other", 1, "1..1");
}

/* Beside this tree, if that is where it is. */
static void the_data_beside_the_tree_is_found(void) {
    bool there = g_file_test(OXBOW_SOURCE_DIR "/../shared/data", G_FILE_TEST_IS_DIR);
    char *histories[] = {HISTORIES, "-l", NULL}, *out;
    char *platforms[] = {PLATFORMS, "-p", "/recorded platforms/cloud.xml", NULL};
    g_assert_cmpint(run(histories, NULL, &out), ==, there ? 0 : 77);
    assert_says(out, there ? ".json.gz" : "/recorded histories/none");
    g_free(out);
    g_assert_cmpint(run(platforms, NULL, &out), ==, there ? 0 : 77);
    assert_says(out, there ? "ok 1 /recorded platforms/cloud.xml" : "# SKIP");
    g_assert_cmpint(strstr(out, "SKIP") == NULL, ==, there);
    g_free(out);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/skips/without data, each says why", without_data_each_test_says_why);
    g_test_add_func("/skips/without data, in the summary", without_data_the_summary_lists_them);
    g_test_add_func("/skips/with data, each history", with_data_each_history_is_a_test);
    g_test_add_func("/skips/beside the tree", the_data_beside_the_tree_is_found);
    return g_test_run();
}
