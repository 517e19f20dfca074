/* reports.h - result files in, pages and plots out.
 *
 * This room includes no header of another one: it reads results.json and writes report.html
 * (self-contained), summary.md, junit.xml and figures/ beside it. So a report can be made again
 * from the files alone.
 */
#ifndef OXBOW_REPORTS_REPORTS_H
#define OXBOW_REPORTS_REPORTS_H

#include <glib.h>
#include <stdbool.h>

/* Makes everything for the run folder `dir`, which holds results.json. `missing` (may be NULL) gets
 * a sentence, to be freed by the caller, when something was left out (no gnuplot): the report says
 * so too and the call still succeeds. False with `error` when results.json cannot be read or a file
 * cannot be written; no file is then half-written. */
bool ox_report_run(const char *dir, char **missing, GError **error);

/* Likewise for the folder of a sweep, which holds sweep.json (see scenarios/results.h for both
 * shapes): report.html, summary.md, junit.xml and the scaling figures with fitted exponents and
 * their errors. */
bool ox_report_sweep(const char *dir, char **missing, GError **error);

#endif
