/* folder.c - see folder.h. */
#include "scenarios/program/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(GError **error, const char *what, const char *path) {
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s '%s': %s", what, path,
                g_strerror(errno));
    return false;
}

/* Removes a file, or a folder with all in it. Links are removed, not followed. */
static void remove_tree(const char *path) {
    struct stat about;
    if (lstat(path, &about) != 0)
        return;
    if (S_ISDIR(about.st_mode)) {
        GDir *dir = g_dir_open(path, 0, NULL);
        const char *name = NULL;
        while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
            char *child = g_build_filename(path, name, NULL);
            remove_tree(child);
            g_free(child);
        }
        if (dir != NULL)
            g_dir_close(dir);
    }
    remove(path);
}

static bool make_folder(const char *path, char **made, GError **error) {
    char *parent = g_path_get_dirname(path);
    g_mkdir_with_parents(parent, 0777); /* if that fails, so does what follows */
    g_free(parent);
    if (mkdir(path, 0777) == 0) {
        *made = g_strdup(path);
        return true;
    }
    struct stat about;
    if (errno == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return true;
    return fail(error, "cannot make the output folder", path);
}

static bool make_stage(struct ox_folder *folder, GError **error) {
    if (mkdtemp(folder->stage) == NULL) {
        fail(error, "cannot write to the output folder; no", folder->stage);
        g_clear_pointer(&folder->stage, g_free);
        return false;
    }
    mode_t mask = umask(0); /* mkdtemp makes folders for the owner alone */
    umask(mask);
    chmod(folder->stage, 0777 & ~mask);
    return true;
}

/* A link is replaced, a file too; a folder is somebody's. */
static bool check_latest(const char *latest, GError **error) {
    struct stat about;
    if (lstat(latest, &about) != 0 || !S_ISDIR(about.st_mode))
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_ISDIR,
                "'%s' is a folder where the link to the newest results belongs; move it away",
                latest);
    return false;
}

bool ox_folder_open(const char *out, const char *name, const char *id, struct ox_folder *folder,
                    GError **error) {
    char *home = g_build_filename(out, name, NULL);
    *folder = (struct ox_folder){.id = g_strdup(id),
                                 .final = g_build_filename(home, id, NULL),
                                 .latest = g_build_filename(home, "latest", NULL)};
    bool good = make_folder(out, &folder->made[0], error) &&
                make_folder(home, &folder->made[1], error) && check_latest(folder->latest, error);
    if (good) {
        folder->stage = g_strdup_printf("%s/.%s.XXXXXX", home, id);
        good = make_stage(folder, error);
    }
    g_free(home);
    if (!good)
        ox_folder_close(folder);
    return good;
}

bool ox_folder_write(const struct ox_folder *folder, const char *name, const char *data,
                     size_t size, GError **error) {
    char *path = g_build_filename(folder->stage, name, NULL);
    char *parent = g_path_get_dirname(path);
    FILE *file = NULL;
    bool good = g_mkdir_with_parents(parent, 0777) == 0;
    if (good)
        file = fopen(path, "wb");
    good = file != NULL && fwrite(data, 1, size, file) == size;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (!good)
        fail(error, "cannot write", path);
    g_free(parent);
    g_free(path);
    return good;
}

bool ox_folder_write_inputs(const struct ox_folder *folder, const struct ox_scenario *scenario,
                            GError **error) {
    bool good = true;
    for (size_t i = 0; i < scenario->input_count && good; i++) {
        const struct ox_input *input = &scenario->inputs[i];
        if (input->name != NULL)
            good = ox_folder_write(folder, input->name, input->data, input->size, error);
    }
    return good;
}

/* Puts the stage in the place of a folder of the same name in one step where the file system can
 * exchange two names, else in two. */
static bool take_place(const char *stage, const char *final) {
    if (renameat2(AT_FDCWD, stage, AT_FDCWD, final, RENAME_EXCHANGE) == 0) {
        remove_tree(stage); /* now the old one */
        return true;
    }
    if (errno != ENOENT)
        remove_tree(final);
    return rename(stage, final) == 0;
}

static bool link_latest(const struct ox_folder *folder) {
    char *next = g_strconcat(folder->stage, ".link", NULL);
    unlink(next);
    bool good = symlink(folder->id, next) == 0 && rename(next, folder->latest) == 0;
    if (!good) {
        int why = errno;
        unlink(next);
        errno = why;
    }
    g_free(next);
    return good;
}

bool ox_folder_commit(struct ox_folder *folder, GError **error) {
    if (!take_place(folder->stage, folder->final))
        return fail(error, "cannot put the results to", folder->final);
    bool linked = link_latest(folder);
    g_clear_pointer(&folder->stage, g_free);
    g_clear_pointer(&folder->made[0], g_free);
    g_clear_pointer(&folder->made[1], g_free);
    return linked || fail(error, "cannot write the link", folder->latest);
}

void ox_folder_close(struct ox_folder *folder) {
    if (folder->stage != NULL)
        remove_tree(folder->stage);
    if (folder->made[1] != NULL)
        rmdir(folder->made[1]);
    if (folder->made[0] != NULL)
        rmdir(folder->made[0]);
    g_free(folder->stage);
    g_free(folder->final);
    g_free(folder->latest);
    g_free(folder->id);
    g_free(folder->made[0]);
    g_free(folder->made[1]);
    *folder = (struct ox_folder){0};
}
