/* figures.h - the figures of a report, each from the results alone.
 *
 * Each function appends at most one figure (or, for the scaling laws, one per metric) and none when
 * the results hold nothing to show. False with `error` only when a file cannot be written.
 */
#ifndef OXBOW_REPORTS_FIGURES_FIGURES_H
#define OXBOW_REPORTS_FIGURES_FIGURES_H

#include "reports/figures/figure.h"
#include "reports/input.h"
#include "reports/scaling.h"

/* convergence: share of live replicas equal to the join, and updates missing, over time. */
bool ox_figure_convergence(struct ox_figures *figures, const struct ox_report_results *results,
                           GError **error);
/* traffic: bytes received per second, and live replicas. */
bool ox_figure_traffic(struct ox_figures *figures, const struct ox_report_results *results,
                       GError **error);
/* divergence: a heat map, replica by time, of the updates missing in one seed's run. */
bool ox_figure_divergence(struct ox_figures *figures, const struct ox_report_results *results,
                          GError **error);
/* scaling-*: a metric against the size, log-log, with the fitted laws. */
bool ox_figure_scaling(struct ox_figures *figures, const struct ox_scaling *scaling,
                       GError **error);

#endif
