/* The README is true: its demo prints what it says and draws the picture it shows, its links lead
 * somewhere, and it names every type, fault and exit code that exists. */
#include "crdt/object.h"
#include "model/world.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *source_file(const char *name) {
    return g_build_filename(OXBOW_SOURCE_DIR, name, NULL);
}

static char *read_whole(const char *path) {
    GError *error = NULL;
    GMappedFile *file = g_mapped_file_new(path, FALSE, &error);
    g_assert_no_error(error);
    char *text = g_strndup(g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    g_mapped_file_unref(file);
    return text;
}

static char *read_source(const char *name) {
    char *path = source_file(name);
    char *text = read_whole(path);
    g_free(path);
    return text;
}

static void remove_tree(const char *path) {
    GDir *dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        char *inside = g_build_filename(path, name, NULL);
        remove_tree(inside);
        g_free(inside);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_remove(path);
}

/* A folder that looks like a checkout to the program, so that results do not land in this one. */
static char *make_checkout(void) {
    GError *error = NULL;
    char *folder = g_dir_make_tmp("oxbow-readme-XXXXXX", &error);
    g_assert_no_error(error);
    char *scenarios = source_file("scenarios");
    char *link = g_build_filename(folder, "scenarios", NULL);
    g_assert_cmpint(symlink(scenarios, link), ==, 0);
    g_free(link);
    g_free(scenarios);
    return folder;
}

static void assert_holds(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        g_test_fail_printf("the README does not have:\n%s", part);
}

static void demo_prints_and_draws_what_it_says(void) {
    char *folder = make_checkout();
    char *argv[] = {OXBOW_BINARY_DIR "/oxbow", "run", "scenarios/split-brain.ini", NULL};
    char *printed = NULL;
    int status;
    GError *error = NULL;
    g_spawn_sync(folder, argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &printed, NULL,
                 &status, &error);
    g_assert_no_error(error);
    g_assert_cmpint(status, ==, 0);

    char *readme = read_source("README.md");
    char *block = g_strconcat("```text\n", printed, "```\n", NULL);
    assert_holds(readme, block);

    char *drawn = g_build_filename(folder, "runs/split-brain/latest/figures/divergence.svg", NULL);
    char *now = read_whole(drawn);
    char *shown = read_source("reports/split-brain.svg");
    g_assert_true(strcmp(now, shown) == 0);

    remove_tree(folder);
    g_free(shown);
    g_free(now);
    g_free(drawn);
    g_free(block);
    g_free(readme);
    g_free(printed);
    g_free(folder);
}

static void links_lead_somewhere(void) {
    char *readme = read_source("README.md");
    GRegex *link = g_regex_new("\\]\\(([^)#]+)\\)", 0, 0, NULL);
    GMatchInfo *match;
    unsigned links = 0;
    for (g_regex_match(link, readme, 0, &match); g_match_info_matches(match);
         g_match_info_next(match, NULL)) {
        char *target = g_match_info_fetch(match, 1);
        char *path = source_file(target);
        if (!g_str_has_prefix(target, "https://") && !g_file_test(path, G_FILE_TEST_EXISTS))
            g_test_fail_printf("the README links to %s, which does not exist", target);
        links++;
        g_free(path);
        g_free(target);
    }
    g_match_info_free(match);
    g_regex_unref(link);
    g_assert_cmpuint(links, >, 20);
    g_free(readme);
}

static void names_everything_there_is(void) {
    char *readme = read_source("README.md");
    for (size_t i = 0; ox_types[i] != NULL; i++) {
        char *row = g_strdup_printf("| `%s` |", ox_types[i]->name);
        assert_holds(readme, row);
        g_free(row);
    }
    for (unsigned i = 0; i < OX_FAULT_COUNT; i++) {
        char *word = g_strdup_printf("`%s`", ox_fault_word((enum ox_fault_kind)i));
        assert_holds(readme, word);
        g_free(word);
    }
    char *packages = read_source("packages.txt");
    char **lines = g_strsplit(packages, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0' && **line != '#')
            assert_holds(strstr(readme, "## Dependencies"), *line);
    g_strfreev(lines);
    g_free(packages);
    g_free(readme);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/readme/demo-prints-and-draws-what-it-says",
                    demo_prints_and_draws_what_it_says);
    g_test_add_func("/readme/links-lead-somewhere", links_lead_somewhere);
    g_test_add_func("/readme/names-everything-there-is", names_everything_there_is);
    return g_test_run();
}
