/* screen.h - what the terminal shows: results on stdout, progress on stderr.
 *
 * Colours only on a terminal, and not when NO_COLOR is set; marks and words say everything without
 * them.
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_SCREEN_H
#define OXBOW_SCENARIOS_PROGRAM_SCREEN_H

#include "scenarios/program/commands.h"

/* "✓", "✗" or "?", coloured for stdout. */
const char *ox_screen_mark(enum ox_verdict verdict);
/* "PASS", "FAIL" or "UNKNOWN", coloured for stdout. */
const char *ox_screen_word(enum ox_verdict verdict);
/* "1 042", "3.91 s", "never"; to be freed. */
char *ox_screen_value(const struct ox_metric_value *value, const char *unit);

/* Of ascending doubles, at least one; between two of them linearly, as in the reports. */
double ox_screen_quantile(const GArray *values, double share);

/* The first screen of a run. `report` is the path of the page; `reproduce` the command for a
 * failure. */
void ox_screen_run(const struct ox_results *results, const struct ox_request *request,
                   const char *report, const char *reproduce);
/* Only the verdict line. */
void ox_screen_verdict(const struct ox_results *results, const char *report);

/* Progress of many runs: a bar on a terminal, a line for each elsewhere. */
struct ox_progress {
    size_t done, total;
    bool silent;
};
void ox_progress_line(struct ox_progress *progress, const char *line);
/* Takes the bar away. */
void ox_progress_end(struct ox_progress *progress);

#endif
