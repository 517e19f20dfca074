/* story.h - what a report says, before it is said in HTML or Markdown.
 *
 * Both pages and the terminal of a reader should tell one story: one sentence, five numbers, how
 * far each expectation was from its bound, what each part of the verdict means, and what the model
 * leaves out.
 */
#ifndef OXBOW_REPORTS_STORY_H
#define OXBOW_REPORTS_STORY_H

#include "reports/input.h"

#include <stddef.h>

/* The run that a reader should look at: the one that the sentence speaks of, else the first that
 * did not pass, else the one that converged last. Borrowed. */
const struct ox_report_seed *ox_story_telling_seed(const struct ox_report_results *results);

/* Why a seed's run did not pass, in a line; "" when it passed. Owned by the caller. */
char *ox_story_why(const struct ox_report_seed *seed);

/* The values of the metric over the seeds that know it; newly allocated, NULL when none does. */
double *ox_story_values(const struct ox_report_results *results, const char *metric, size_t *count,
                        const char **unit);

/* "1", "1..30", or "1, 4, 9 and 12 more". Owned by the caller. */
char *ox_story_seeds(const struct ox_report_results *results);

/* The one sentence under the verdict. Owned by the caller. */
char *ox_story_sentence(const struct ox_report_results *results);

/* One of the numbers on top. */
struct ox_story_number {
    const char *label;
    char *value; /* "3.42 s" */
    char *note;  /* "p95 3.91 s, slowest 4.02 s" */
};
#define OX_STORY_NUMBERS 5
void ox_story_numbers(const struct ox_report_results *results,
                      struct ox_story_number numbers[OX_STORY_NUMBERS]);
void ox_story_numbers_clear(struct ox_story_number numbers[OX_STORY_NUMBERS]);

/* "0.09 s below the bound (2 %)", "16 % over", "exact"; "" when the value is not known. Owned by
 * the caller. */
char *ox_story_margin(const struct ox_report_expect *expect);

/* How many seeds meet the expectation with this place in the list; false when the seeds do not say.
 */
bool ox_story_met(const struct ox_report_results *results, guint index, size_t *met);

/* What a part of the verdict demands, in words; "" for a part this version does not know. */
const char *ox_story_law(const char *part);

/* ---- of a sweep ---- */

/* "24 runs in 8 cells: 23 pass, 1 fails ...". Owned by the caller. */
char *ox_story_sweep_sentence(const struct ox_report_sweep *sweep, size_t cells);
/* "network.nodes = 5, 10, 20; replica.sync = delta, full". Owned by the caller. */
char *ox_story_sweep_axes(const struct ox_report_sweep *sweep);
/* "scaling network.nodes=50". Owned by the caller. */
char *ox_story_run_name(const struct ox_report_sweep *sweep, const struct ox_report_run *run);

/* ---- what it is worth ---- */

/* What passing N runs is worth: the rule of three. Owned by the caller. */
char *ox_story_confidence(size_t passed, size_t runs);

/* What the model leaves out, one sentence each; NULL-terminated. */
const char *const *ox_story_left_out(void);

/* The curve of missing updates as a line of block characters, `width` of them, and below it the
 * faults. NULL when the results have no such series. Owned by the caller. */
char *ox_story_sparkline(const struct ox_report_results *results, size_t width);

#endif
