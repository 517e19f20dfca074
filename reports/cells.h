/* cells.h - the cells of a sweep: the runs that differ in their seed only.
 *
 *     nodes   loss   seeds                      nodes   loss   passed   converge (median)
 *     50      1 %    1, 2, 3        ->          50      1 %    3 of 3   4.1 s
 */
#ifndef OXBOW_REPORTS_CELLS_H
#define OXBOW_REPORTS_CELLS_H

#include "reports/input.h"

#include <stddef.h>

struct ox_cell {
    const struct ox_report_run *worst; /* the first that did not pass, else the first */
    GPtrArray *runs;                   /* of const struct ox_report_run * */
    size_t passed;
};

/* The cells in the order in which the runs name them; g_array_unref frees them. */
GArray *ox_cells_of(const struct ox_report_sweep *sweep);

/* The median over the cell's seeds that know the metric, spelled with its unit; an en dash when
 * none does. Owned by the caller. */
char *ox_cell_median(const struct ox_cell *cell, const char *metric);

/* Metrics worth a column, of those that some run knows, the most telling first; NULL-terminated,
 * freed with g_free (the names are literals). */
const char **ox_cells_metrics(const struct ox_report_sweep *sweep);

/* Whether the sweep has runs of more than one scenario, so that rows need its name. */
bool ox_cells_several_scenarios(const struct ox_report_sweep *sweep);

#endif
