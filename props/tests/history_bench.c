/* `oxbow bench text`: what it says about files that are no history, or a wrong one, and with which
 * exit code; and that a right one is replayed. recorded_histories.c has those of other people. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

static char *folder;

struct said {
    int code;
    char *out, *err;
};

static struct said bench(const char *first, const char *second, const char *third) {
    char *argv[] = {OXBOW_BINARY_DIR "/oxbow",
                    "bench",
                    "text",
                    (char *)first,
                    (char *)second,
                    (char *)third,
                    NULL};
    struct said said = {0};
    int status;
    GError *error = NULL;
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &said.out, &said.err, &status,
                 &error);
    g_assert_no_error(error);
    g_assert_true(WIFEXITED(status));
    said.code = WEXITSTATUS(status);
    return said;
}

/* The exit code, and a text that stdout or stderr must have; the other stays empty where the code
 * says that nothing was measured. */
static void assert_said(struct said said, int code, const char *text) {
    const char *where = code == 0 || code == 1 ? said.out : said.err;
    if (said.code != code || strstr(where, text) == NULL)
        g_error("exit %d instead of %d, or not '%s':\n%s%s", said.code, code, text, said.out,
                said.err);
    g_assert_cmpuint(strlen(code == 0 || code == 1 ? said.err : said.out), ==, 0);
    g_free(said.out);
    g_free(said.err);
}

static char *file_of(const char *contents) {
    GError *error = NULL;
    char *path = g_build_filename(folder, "history.json", NULL);
    g_file_set_contents(path, contents, -1, &error);
    g_assert_no_error(error);
    return path;
}

static void assert_file(const char *contents, int code, const char *text) {
    char *path = file_of(contents);
    assert_said(bench(path, "1", NULL), code, text);
    g_free(path);
}

#define HISTORY(end, patches)                                                                      \
    "{\"startContent\":\"\",\"endContent\":\"" end "\",\"txns\":[{\"patches\":[" patches "]}]}"

/* ---- how it is called ---- */

static void wrong_calls_are_told_how_it_goes(void) {
    assert_said(bench(NULL, NULL, NULL), 64, "usage: oxbow bench text FILE [RUNS]");
    assert_said(bench("x", "0", NULL), 64, "RUNS in 1..");
    assert_said(bench("x", "many", NULL), 64, "RUNS in 1..");
    assert_said(bench("x", "1", "2"), 64, "usage");
}

/* ---- files that are none ---- */

static void a_file_that_is_not_there(void) {
    char *path = g_build_filename(folder, "nothing.json", NULL);
    assert_said(bench(path, NULL, NULL), 65, "nothing.json: ");
    assert_said(bench(folder, NULL, NULL), 65, folder);
    g_free(path);
}

static void a_file_that_is_no_history(void) {
    assert_file("", 65, "it is not JSON");
    assert_file("{\"endContent\":\"x\",\"txns\":[", 65, "it is not JSON");
    assert_file("[1]", 65, "it is not a history: no endContent or no txns");
    assert_file("{\"txns\":[]}", 65, "it is not a history");
    assert_file("{\"endContent\":\"\",\"txns\":[{}]}", 65,
                "transaction 0: it has no list of patches");
    assert_file(HISTORY("x", "[0,0,\"x\"],[1,\"x\"]"), 65,
                "transaction 0: a patch is not [position, deleted, inserted]");
    assert_file(HISTORY("x", "[-1,0,\"x\"]"), 65, "a patch is not");
    assert_file(HISTORY("x", "[0.5,0,\"x\"]"), 65, "a patch is not");
    assert_file("{\"endContent\":\"\",\"txns\":[{\"patches\":[],\"agent\":0,\"parents\":[0]}]}", 65,
                "transaction 0: its parents are not a list of earlier transactions");
    assert_file("\x1f\x8b rubbish", 65, "history.json: ");
}

static void a_patch_outside_the_text(void) {
    assert_file(HISTORY("x", "[1,0,\"x\"]"), 65, "history.json: a patch is outside the text");
    assert_file(HISTORY("x", "[0,0,\"x\"],[5,1,\"\"]"), 65, "a patch is outside the text");
}

/* ---- histories ---- */

static void a_text_that_is_not_the_end(void) {
    assert_file(HISTORY("ax", "[0,0,\"xa\"]"), 1, "WRONG: the text is not endContent");
    assert_file(HISTORY("", "[0,0,\"x\"]"), 1, "WRONG: the text is not endContent");
}

static void a_text_that_is_the_end(void) {
    assert_file(HISTORY("h\xc3\xb6y", "[0,0,\"hello\"],[1,4,\"\xc3\xb6\"],[2,0,\"y\"]"), 0,
                "the text is endContent");
    assert_file("{\"endContent\":\"ab!\",\"txns\":["
                "{\"patches\":[[0,0,\"a!\"]],\"agent\":0,\"parents\":[]},"
                "{\"patches\":[[1,0,\"b\"]],\"agent\":1,\"parents\":[0]}]}",
                0, "the text is endContent");
}

/* ---- batches ---- */

/* "ab" and then "x" before it, the b and the a rubbed out: in three goes, of five elements. A
 * stroke is one operation, be it of two patches or of one with two scalars. */
static void what_goes_on_is_one_operation(void) {
    assert_file(HISTORY("x", "[0,0,\"a\"],[1,0,\"b\"],[0,0,\"x\"],[2,1,\"\"],[1,1,\"\"]"), 0,
                "(1.7 in each, 2 at most)");
    assert_file(HISTORY("x", "[0,0,\"ab\"],[0,0,\"x\"],[1,1,\"\"],[1,1,\"\"]"), 0,
                "(1.7 in each, 2 at most)");
    assert_file(HISTORY("x", "[0,0,\"a\"],[1,0,\"b\"],[0,0,\"x\"],[2,1,\"\"],[1,1,\"\"]"), 0,
                "(5.0 in each, 5 at most)");
}

/* Two by the first author, one by the second, one more by the first. */
static void a_turn_of_an_author_is_one_delta(void) {
    assert_file("{\"endContent\":\"abxc\",\"txns\":["
                "{\"patches\":[[0,0,\"a\"]],\"agent\":0,\"parents\":[]},"
                "{\"patches\":[[1,0,\"b\"]],\"agent\":0,\"parents\":[0]},"
                "{\"patches\":[[2,0,\"x\"]],\"agent\":1,\"parents\":[1]},"
                "{\"patches\":[[3,0,\"c\"]],\"agent\":0,\"parents\":[1,2]}]}",
                0, "(1.3 in each, 2 at most)");
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    folder = g_dir_make_tmp("oxbow-history-XXXXXX", NULL);
    g_test_add_func("/bench text/wrong calls", wrong_calls_are_told_how_it_goes);
    g_test_add_func("/bench text/no file", a_file_that_is_not_there);
    g_test_add_func("/bench text/no history", a_file_that_is_no_history);
    g_test_add_func("/bench text/a patch outside the text", a_patch_outside_the_text);
    g_test_add_func("/bench text/another end", a_text_that_is_not_the_end);
    g_test_add_func("/bench text/the end", a_text_that_is_the_end);
    g_test_add_func("/bench text/what goes on is one operation", what_goes_on_is_one_operation);
    g_test_add_func("/bench text/a turn of an author is one delta",
                    a_turn_of_an_author_is_one_delta);
    int code = g_test_run();
    char *path = g_build_filename(folder, "history.json", NULL);
    g_remove(path);
    g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return code;
}
