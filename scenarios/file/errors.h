/* errors.h - what is wrong with a file, said where it is wrong.
 *
 *     split-brain.ini:9: error: unknown key 'los' in [network]; did you mean 'loss'?
 *
 * A place is a file and a line, or an option as it was given (line 0):
 *
 *     --set network.los=1%: error: ...
 *
 * All mistakes of a file are collected and shown in the order of its lines, so that one correction
 * round is enough.
 */
#ifndef OXBOW_SCENARIOS_FILE_ERRORS_H
#define OXBOW_SCENARIOS_FILE_ERRORS_H

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

struct ox_place {
    const char *file; /* borrowed: see ox_place_keep */
    unsigned line;    /* from 1; 0: no line, `file` stands alone */
};

/* The text with the life of the process: names of files and options are few and outlive every
 * document, so places never dangle. */
const char *ox_place_keep(const char *file);
/* "file:line" or "file", to be freed. */
char *ox_place_text(struct ox_place place);

struct ox_errors;

struct ox_errors *ox_errors_new(void);
void ox_errors_free(struct ox_errors *errors);
void ox_errors_add(struct ox_errors *errors, struct ox_place place, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
size_t ox_errors_count(const struct ox_errors *errors);
/* The i-th message in the order of files (as first named) and lines: "file:line: error: ...". Lasts
 * until the next call that changes `errors`. */
const char *ox_errors_line(struct ox_errors *errors, size_t i);
struct ox_place ox_errors_place(struct ox_errors *errors, size_t i);
/* One a line. */
void ox_errors_print(struct ox_errors *errors, FILE *out);

#endif
