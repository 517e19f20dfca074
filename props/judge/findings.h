/* findings.h - what a part of the verdict found wrong: how often, and the first in words. */
#ifndef OXBOW_PROPS_JUDGE_FINDINGS_H
#define OXBOW_PROPS_JUDGE_FINDINGS_H

#include "model/observe.h"

#include <glib.h>

struct ox_findings {
    uint64_t count;
    char *first; /* NULL while count is 0 */
};

/* Adds one; only the first is put into words. */
void ox_findings_add(struct ox_findings *findings, const char *format, ...) G_GNUC_PRINTF(2, 3);
void ox_findings_clear(struct ox_findings *findings);
/* "the first", or "N such: the first is ..."; owned by the caller. */
char *ox_findings_text(const struct ox_findings *findings, const char *such);

/* Simulated time for people, exact: "12.5 s". In a buffer of the caller's. */
struct ox_clock_text {
    char text[40];
};
struct ox_clock_text ox_clock_text(uint64_t t_ns);

/* At most about 160 bytes of a value, cut between characters; owned by the caller. */
char *ox_short_text(const char *text, size_t size);

#endif
