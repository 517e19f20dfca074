#include "reports/stage.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

struct ox_stage {
    char *dir, *temporary;
    GPtrArray *names;   /* to move, in order of their writing */
    GPtrArray *retired; /* to remove from dir */
};

static bool fail(GError **error, const char *path, const char *what) {
    int code = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "%s: %s: %s", path, what,
                g_strerror(code));
    return false;
}

struct ox_stage *ox_stage_open(const char *dir, GError **error) {
    char *temporary = g_build_filename(dir, ".report-XXXXXX", NULL);
    if (g_mkdtemp_full(temporary, 0755) == NULL) {
        fail(error, dir, "cannot create a folder in it");
        g_free(temporary);
        return NULL;
    }
    struct ox_stage *stage = g_new0(struct ox_stage, 1);
    stage->dir = g_strdup(dir);
    stage->temporary = temporary;
    stage->names = g_ptr_array_new_with_free_func(g_free);
    stage->retired = g_ptr_array_new_with_free_func(g_free);
    return stage;
}

char *ox_stage_path(const struct ox_stage *stage, const char *name) {
    return g_build_filename(stage->temporary, name, NULL);
}

static bool make_parent(const char *path, GError **error) {
    g_autofree char *parent = g_path_get_dirname(path);
    if (g_mkdir_with_parents(parent, 0755) != 0)
        return fail(error, parent, "cannot create this folder");
    return true;
}

bool ox_stage_write(struct ox_stage *stage, const char *name, const char *text, size_t size,
                    GError **error) {
    g_autofree char *path = ox_stage_path(stage, name);
    if (!make_parent(path, error))
        return false;
    if (!g_file_set_contents_full(path, text, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0644, error))
        return false;
    ox_stage_adopt(stage, name);
    return true;
}

void ox_stage_adopt(struct ox_stage *stage, const char *name) {
    g_ptr_array_add(stage->names, g_strdup(name));
}

void ox_stage_retire(struct ox_stage *stage, const char *name) {
    g_ptr_array_add(stage->retired, g_strdup(name));
}

bool ox_stage_commit(struct ox_stage *stage, GError **error) {
    for (guint i = 0; i < stage->retired->len; i++) {
        g_autofree char *path = g_build_filename(stage->dir, stage->retired->pdata[i], NULL);
        if (g_unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
            return fail(error, path, "cannot remove what an earlier report left");
    }
    for (guint i = 0; i < stage->names->len; i++) {
        g_autofree char *from = ox_stage_path(stage, stage->names->pdata[i]);
        g_autofree char *to = g_build_filename(stage->dir, stage->names->pdata[i], NULL);
        if (!make_parent(to, error))
            return false;
        if (g_rename(from, to) != 0)
            return fail(error, to, "cannot move the finished file here");
    }
    g_ptr_array_set_size(stage->names, 0);
    return true;
}

/* The stage is two levels deep by its contract; a link in it is removed, never followed. */
static void remove_tree(const char *path, int depth) {
    GDir *folder = depth > 0 ? g_dir_open(path, 0, NULL) : NULL;
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        bool is_folder =
            g_file_test(inner, G_FILE_TEST_IS_DIR) && !g_file_test(inner, G_FILE_TEST_IS_SYMLINK);
        if (is_folder)
            remove_tree(inner, depth - 1);
        else
            g_unlink(inner);
    }
    if (folder != NULL)
        g_dir_close(folder);
    g_rmdir(path);
}

void ox_stage_close(struct ox_stage *stage) {
    if (stage == NULL)
        return;
    remove_tree(stage->temporary, 2);
    g_ptr_array_unref(stage->names);
    g_ptr_array_unref(stage->retired);
    g_free(stage->dir);
    g_free(stage->temporary);
    g_free(stage);
}
