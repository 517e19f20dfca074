/* json.h - reading a result file that somebody else wrote, and saying what is wrong with it.
 *
 * A place in the document is a value on the C stack that points to the place above it:
 *
 *     document <- "seeds" <- [3] <- "metrics" <- "visible_p50"
 *
 * so that an error can name it: results.json: seeds[3].metrics.visible_p50: should be a number.
 * The first error sticks to the document. After it every getter returns its fallback and every
 * loop is empty, so that a reader is straight-line code and asks once, at the end.
 */
#ifndef OXBOW_REPORTS_JSON_H
#define OXBOW_REPORTS_JSON_H

#include <cjson/cJSON.h>
#include <glib.h>
#include <stdbool.h>

struct ox_json_doc {
    const char *name; /* of the file, for errors; borrowed */
    cJSON *root;      /* owned */
    char *error;      /* the first one, owned; NULL while all is well */
};

struct ox_json {
    struct ox_json_doc *doc;
    const struct ox_json *up; /* NULL at the top */
    const char *key;          /* NULL for an element of an array */
    size_t index;
    const cJSON *node; /* NULL when absent */
};

/* Parses `size` bytes of JSON, which must be UTF-8 and nothing else. On failure doc->error says
 * why, with the line. Free with ox_json_close in either case. */
bool ox_json_open(struct ox_json_doc *doc, const char *name, const char *text, size_t size);
void ox_json_close(struct ox_json_doc *doc);
struct ox_json ox_json_top(struct ox_json_doc *doc);

/* Notes that what stands at `at` should be otherwise; only the first note is kept. */
void ox_json_wrong(const struct ox_json *at, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The member `key` of the object `at`; absent (or null) gives a place without a node. */
struct ox_json ox_json_member(const struct ox_json *at, const char *key);
bool ox_json_present(const struct ox_json *at);

/* Members by key. With a fallback the member may be absent; of the wrong kind is an error always.
 * Strings are copies, owned by the caller; never NULL. */
char *ox_json_text(const struct ox_json *at, const char *key);
char *ox_json_text_or(const struct ox_json *at, const char *key, const char *fallback);
double ox_json_number(const struct ox_json *at, const char *key); /* "inf" and "-inf" count */
double ox_json_number_or(const struct ox_json *at, const char *key, double fallback);

/* The number of elements of the array at `at`, 0 when absent. */
size_t ox_json_length(const struct ox_json *at);
/* The numbers of the array at `at`, newly allocated (NULL when there are none). */
double *ox_json_numbers(const struct ox_json *at, size_t *count);

/* Walks the elements of an array, or the members of an object:
 *     for (struct ox_json e = ox_json_first(&array); e.node; e = ox_json_next(&e)) */
struct ox_json ox_json_first(const struct ox_json *at);
struct ox_json ox_json_next(const struct ox_json *at);

#endif
