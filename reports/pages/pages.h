/* pages.h - the three pages of a report: for people, for a pull request, for a CI server.
 *
 * Each function returns a complete document. What is foreign in it is escaped; no clock, host or
 * path of this machine is in it, so equal results give equal bytes.
 */
#ifndef OXBOW_REPORTS_PAGES_PAGES_H
#define OXBOW_REPORTS_PAGES_PAGES_H

#include "reports/figures/figure.h"
#include "reports/input.h"
#include "reports/scaling.h"

#include <glib.h>

/* report.html: one file, no request to anywhere, no script; light and dark. */
GString *ox_page_html_run(const struct ox_report_results *results,
                          const struct ox_figures *figures);
GString *ox_page_html_sweep(const struct ox_report_sweep *sweep, const struct ox_figures *figures,
                            const struct ox_scaling *const scalings[], size_t count);

/* summary.md: GitHub-flavoured, below OX_MARKDOWN_LIMIT bytes (GitHub refuses 1 MiB and more);
 * what does not fit is counted in its last line. */
#define OX_MARKDOWN_LIMIT (900 * 1024)
GString *ox_page_markdown_run(const struct ox_report_results *results,
                              const struct ox_figures *figures);
GString *ox_page_markdown_sweep(const struct ox_report_sweep *sweep,
                                const struct ox_figures *figures,
                                const struct ox_scaling *const scalings[], size_t count);

/* junit.xml: a suite per seed with a case per part and per expectation; of a sweep a suite per
 * scenario with a case per run. False is a <failure>, unknown an <error>: neither is a pass, and
 * servers show both. */
GString *ox_page_junit_run(const struct ox_report_results *results);
GString *ox_page_junit_sweep(const struct ox_report_sweep *sweep);

#endif
