/* grid.h - the points of a sweep: every combination of the values of every [sweep] line.
 *
 * Each point is a whole scenario, loaded and checked as if its values stood in the file, before the
 * first one runs. A key that --set fixes is not swept.
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_GRID_H
#define OXBOW_SCENARIOS_PROGRAM_GRID_H

#include "scenarios/program/commands.h"

struct ox_grid_point {
    struct ox_scenario scenario;
    const struct ox_grid_file *file;
    const char **values; /* one for each axis of the file, borrowed from it */
};

/* One scenario file of a sweep. */
struct ox_grid_file {
    struct ox_scenario base;
    const struct ox_axis **axes; /* of base, those that are swept */
    size_t axis_count;
};

struct ox_sweep_grid {
    struct ox_grid_file *files;
    size_t file_count;
    struct ox_grid_point *points; /* file by file; the last axis changes fastest */
    size_t point_count;
};

/* False after printing what is wrong; the grid is then only fit for clear. */
bool ox_grid_load(const struct ox_request *request, struct ox_sweep_grid *grid);
void ox_grid_clear(struct ox_sweep_grid *grid);

#endif
