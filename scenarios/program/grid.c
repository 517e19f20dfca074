/* grid.c - see grid.h. */
#include "scenarios/program/grid.h"

#include "scenarios/file/reader.h"

#include <stdio.h>
#include <string.h>

#define POINTS_MAX 100000u

static bool is_fixed(const struct ox_request *request, const char *key) {
    for (guint i = 0; i < request->overrides->len; i++) {
        const struct ox_override *override = g_ptr_array_index(request->overrides, i);
        char *path = g_strconcat(override->section, ".", override->key, NULL);
        bool same = strcmp(path, key) == 0;
        g_free(path);
        if (same)
            return true;
    }
    return false;
}

static size_t value_count(const struct ox_axis *axis) {
    return g_strv_length(axis->values);
}

static void find_axes(const struct ox_request *request, struct ox_grid_file *file) {
    file->axes = g_new0(const struct ox_axis *, file->base.axis_count);
    for (size_t i = 0; i < file->base.axis_count; i++)
        if (!is_fixed(request, file->base.axes[i].key))
            file->axes[file->axis_count++] = &file->base.axes[i];
}

/* The number of points of a file, or POINTS_MAX + 1 when there are more than anybody runs. */
static size_t size_of(const struct ox_grid_file *file) {
    size_t size = 1;
    for (size_t i = 0; i < file->axis_count; i++) {
        size *= value_count(file->axes[i]);
        if (size > POINTS_MAX)
            return POINTS_MAX + 1;
    }
    return size;
}

/* What the axes say at one point, as overrides with the places of the [sweep] lines. */
static void add_overrides(const struct ox_grid_point *point, GPtrArray *overrides) {
    for (size_t i = 0; i < point->file->axis_count; i++) {
        const struct ox_axis *axis = point->file->axes[i];
        char *dot = strrchr(axis->key, '.');
        struct ox_override *override = g_new0(struct ox_override, 1);
        override->section = g_strndup(axis->key, (size_t)(dot - axis->key));
        override->key = g_strdup(dot + 1);
        override->op = OX_CMP_EQ;
        override->raw = g_strdup(point->values[i]);
        override->place = axis->place;
        g_ptr_array_add(overrides, override);
    }
}

static void load_point(const struct ox_request *request, const struct ox_grid_file *file,
                       size_t index, struct ox_errors *errors, struct ox_grid_point *point) {
    GPtrArray *overrides = g_ptr_array_new();
    GPtrArray *own = g_ptr_array_new_with_free_func(ox_override_free);
    point->file = file;
    point->values = g_new0(const char *, file->axis_count);
    for (size_t i = file->axis_count; i-- > 0;) {
        size_t count = value_count(file->axes[i]);
        point->values[i] = file->axes[i]->values[index % count];
        index /= count;
    }
    add_overrides(point, own);
    for (guint i = 0; i < request->overrides->len; i++)
        g_ptr_array_add(overrides, g_ptr_array_index(request->overrides, i));
    for (guint i = 0; i < own->len; i++)
        g_ptr_array_add(overrides, g_ptr_array_index(own, i));
    ox_scenario_load(file->base.path, overrides, errors, &point->scenario);
    g_ptr_array_free(overrides, TRUE);
    g_ptr_array_free(own, TRUE);
}

/* Names are names of files in the sweep's folder. */
static void check_names(const struct ox_sweep_grid *grid, struct ox_errors *errors) {
    for (size_t i = 0; i < grid->file_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(grid->files[i].base.name, grid->files[j].base.name) == 0)
                ox_errors_add(errors,
                              (struct ox_place){.file = ox_place_keep(grid->files[i].base.path)},
                              "another scenario of this sweep is named '%s' too: %s",
                              grid->files[i].base.name, grid->files[j].base.path);
}

static void load_files(const struct ox_request *request, struct ox_errors *errors,
                       struct ox_sweep_grid *grid) {
    grid->file_count = g_strv_length(request->scenarios);
    grid->files = g_new0(struct ox_grid_file, grid->file_count);
    for (size_t i = 0; i < grid->file_count; i++) {
        struct ox_grid_file *file = &grid->files[i];
        if (!ox_scenario_load(request->scenarios[i], request->overrides, errors, &file->base))
            continue;
        find_axes(request, file);
        grid->point_count += size_of(file);
        if (grid->point_count > POINTS_MAX)
            ox_errors_add(errors, (struct ox_place){.file = ox_place_keep(file->base.path)},
                          "more than %u combinations to sweep", POINTS_MAX);
    }
    if (ox_errors_count(errors) == 0)
        check_names(grid, errors);
}

static void load_points(const struct ox_request *request, struct ox_errors *errors,
                        struct ox_sweep_grid *grid) {
    size_t at = 0;
    grid->points = g_new0(struct ox_grid_point, grid->point_count);
    for (size_t i = 0; i < grid->file_count; i++) {
        size_t size = size_of(&grid->files[i]);
        for (size_t index = 0; index < size && ox_errors_count(errors) == 0; index++)
            load_point(request, &grid->files[i], index, errors, &grid->points[at++]);
    }
}

bool ox_grid_load(const struct ox_request *request, struct ox_sweep_grid *grid) {
    struct ox_errors *errors = ox_errors_new();
    *grid = (struct ox_sweep_grid){0};
    load_files(request, errors, grid);
    if (ox_errors_count(errors) == 0)
        load_points(request, errors, grid);
    bool good = ox_errors_count(errors) == 0;
    ox_errors_print(errors, stderr);
    ox_errors_free(errors);
    return good;
}

void ox_grid_clear(struct ox_sweep_grid *grid) {
    for (size_t i = 0; i < grid->point_count && grid->points != NULL; i++) {
        ox_scenario_clear(&grid->points[i].scenario);
        g_free(grid->points[i].values);
    }
    for (size_t i = 0; i < grid->file_count; i++) {
        ox_scenario_clear(&grid->files[i].base);
        g_free(grid->files[i].axes);
    }
    g_free(grid->points);
    g_free(grid->files);
    *grid = (struct ox_sweep_grid){0};
}
