/* walls.c - the house's arrows, read off the sources.
 *
 *     crdt <- protocols <- model <- props <- scenarios        reports stands alone
 *
 * A room includes headers of its own and of rooms to its left. What judges a run includes, of all
 * rooms to its left, model/observe.h only. The two rooms that ship know neither GLib nor SimGrid.
 */
#include <glib.h>
#include <string.h>

static const char *const rooms[] = {"crdt", "protocols", "model", "props", "scenarios", "reports"};
#define ROOMS   G_N_ELEMENTS(rooms)
#define REPORTS (ROOMS - 1)
#define OBSERVE "model/observe.h"

/* Of props/, those who test crdt/ rather than judge runs, and so may see it. */
static const char *const testers[] = {"props/laws",   "props/property", "props/history",
                                      "props/tests/", "props/bugs/",    "props/fuzz/",
                                      "props/bench_"};

struct walk {
    guint files, includes;
    GString *broken; /* a line per wall that is broken */
};

static int room_of(const char *path) {
    for (size_t i = 0; i < ROOMS; i++) {
        size_t length = strlen(rooms[i]);
        if (strncmp(path, rooms[i], length) == 0 && path[length] == '/')
            return (int)i;
    }
    return -1;
}

static gboolean is_tester(const char *path) {
    for (size_t i = 0; i < G_N_ELEMENTS(testers); i++)
        if (g_str_has_prefix(path, testers[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_test(const char *path) {
    return g_str_has_prefix(path, "props/tests/") || g_str_has_prefix(path, "props/bugs/") ||
           g_str_has_prefix(path, "props/fuzz/");
}

/* Why `path` may not include `header`; NULL: it may. */
static const char *trouble(const char *path, const char *header, gboolean quoted) {
    int from = room_of(path), to = room_of(header);
    if (is_test(path))
        return NULL;
    if (quoted && to < 0)
        return "quoted includes start at a room, so that these rules can see them";
    if (strcmp(path, OBSERVE) == 0 && to >= 0)
        return "who judges a run would include it too";
    gboolean ships = from == 0 || from == 1;
    if (ships && (g_str_has_prefix(header, "glib") || g_str_has_prefix(header, "gio/") ||
                  g_str_has_prefix(header, "simgrid")))
        return "crdt/ and protocols/ know neither GLib nor SimGrid";
    if (to < 0 || from == to)
        return is_test(header) ? "nothing sits on top of tests" : NULL;
    if (from == REPORTS)
        return "reports/ includes no header of another room";
    if (to == REPORTS)
        return strcmp(rooms[from], "scenarios") == 0 ? NULL : "only scenarios/ calls reports/";
    if (to > from)
        return "arrows go crdt <- protocols <- model <- props <- scenarios";
    if (strcmp(rooms[from], "props") == 0 && !is_tester(path) && strcmp(header, OBSERVE) != 0)
        return "who judges a run includes model/observe.h only";
    return NULL;
}

static void check_line(struct walk *walk, const char *path, guint number, const char *line) {
    const char *at = line + strspn(line, " \t");
    if (*at != '#')
        return;
    at += 1 + strspn(at + 1, " \t");
    if (!g_str_has_prefix(at, "include"))
        return;
    at += strcspn(at, "\"<");
    g_assert_cmpint(*at, !=, '\0'); /* an include by macro could go through any wall */
    char *header = g_strndup(at + 1, strcspn(at + 1, "\">"));
    const char *why = trouble(path, header, *at == '"');
    walk->includes++;
    if (why)
        g_string_append_printf(walk->broken, "%s:%u includes %s: %s\n", path, number, header, why);
    g_free(header);
}

static void check_file(struct walk *walk, const char *path) {
    char *full = g_build_filename(OXBOW_SOURCE_DIR, path, NULL), *text;
    g_assert_true(g_file_get_contents(full, &text, NULL, NULL));
    char **lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++)
        check_line(walk, path, i + 1, lines[i]);
    walk->files++;
    g_strfreev(lines);
    g_free(text);
    g_free(full);
}

static gboolean is_source(const char *name) {
    return g_str_has_suffix(name, ".c") || g_str_has_suffix(name, ".h") ||
           g_str_has_suffix(name, ".cpp") || g_str_has_suffix(name, ".hpp");
}

static void check_folder(struct walk *walk, const char *path) {
    char *full = g_build_filename(OXBOW_SOURCE_DIR, path, NULL);
    if (!g_file_test(full, G_FILE_TEST_IS_DIR)) {
        if (is_source(path))
            check_file(walk, path);
        g_free(full);
        return;
    }
    GDir *folder = g_dir_open(full, 0, NULL);
    g_assert_nonnull(folder);
    for (const char *name; (name = g_dir_read_name(folder));) {
        char *inner = g_strdup_printf("%s/%s", path, name);
        check_folder(walk, inner);
        g_free(inner);
    }
    g_dir_close(folder);
    g_free(full);
}

static void the_house_stands(void) {
    struct walk walk = {.broken = g_string_new(NULL)};
    for (size_t i = 0; i < ROOMS; i++)
        check_folder(&walk, rooms[i]);
    if (walk.broken->len > 0)
        g_error("walls are broken:\n%s", walk.broken->str);
    g_assert_cmpuint(walk.files, >, 30);
    g_assert_cmpuint(walk.includes, >, 100);
    g_string_free(walk.broken, TRUE);
}

/* The rules themselves: each is seen to say no. */
static void the_rules_say_no(void) {
    static const struct {
        const char *path, *header;
        gboolean allowed;
    } rows[] = {
        {"crdt/orset.c", "crdt/object.h", TRUE},
        {"crdt/orset.c", "string.h", TRUE},
        {"crdt/orset.c", "glib.h", FALSE},
        {"crdt/orset.c", "protocols/node.h", FALSE},
        {"protocols/delta.c", "crdt/store.h", TRUE},
        {"protocols/delta.c", "simgrid/actor.h", FALSE},
        {"protocols/delta.c", "glib-object.h", FALSE},
        {"protocols/delta.c", "model/observe.h", FALSE},
        {"model/observe.h", "model/world.h", FALSE},
        {"model/observe.h", "stdint.h", TRUE},
        {"model/world.c", "protocols/node.h", TRUE},
        {"model/world.c", "simgrid/actor.h", TRUE},
        {"model/world.c", "props/judge.h", FALSE},
        {"props/judge.c", "model/observe.h", TRUE},
        {"props/judge.c", "props/judge/facts.h", TRUE},
        {"props/judge.c", "model/world.h", FALSE},
        {"props/judge/facts.c", "crdt/vv.h", FALSE},
        {"props/judge/history.c", "crdt/vv.h", FALSE},
        {"props/reference.c", "protocols/node.h", FALSE},
        {"props/laws.c", "crdt/object.h", TRUE},
        {"props/judge.c", "props/tests/support_stream.h", FALSE},
        {"props/tests/node.c", "scenarios/scenario.h", TRUE},
        {"props/judge.c", "scenarios/scenario.h", FALSE},
        {"scenarios/run.c", "model/world.h", TRUE},
        {"scenarios/run.c", "reports/reports.h", TRUE},
        {"model/world.c", "reports/reports.h", FALSE},
        {"reports/html.c", "props/judge.h", FALSE},
        {"reports/html.c", "reports/reports.h", TRUE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if ((trouble(rows[i].path, rows[i].header, room_of(rows[i].header) >= 0) == NULL) !=
            rows[i].allowed)
            g_error("%s includes %s: %s", rows[i].path, rows[i].header,
                    rows[i].allowed ? "refused" : "allowed");
    g_assert_nonnull(trouble("props/judge.c", "../crdt/vv.h", TRUE));
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/walls/the_house_stands", the_house_stands);
    g_test_add_func("/walls/the_rules_say_no", the_rules_say_no);
    return g_test_run();
}
