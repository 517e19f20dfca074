/* support_reports.h - made-up results for the tests of reports/, and a reader of its pages.
 *
 * The made-up run is a split: fifty replicas, a partition from 30 s to 90 s, updates that go
 * missing while it lasts and arrive when it heals. The made-up sweep follows a law exactly: at n
 * nodes it converges in 1.2 n^0.31 seconds, give or take its seed.
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_REPORTS_H
#define OXBOW_PROPS_TESTS_SUPPORT_REPORTS_H

#include <glib.h>
#include <stdbool.h>

/* ---- folders; every failure of the file system fails the test ---- */
char *new_folder(void);
void remove_folder(char *folder); /* with all that is in it; frees the name */
void put(const char *folder, const char *name, const char *text, gssize size); /* -1: to its NUL */
char *get(const char *folder, const char *name); /* owned by the caller */
bool has_file(const char *folder, const char *name);
guint count_files(const char *folder);

/* From here to restore_path programs are searched in `folder` only. */
char *replace_path(const char *folder);
void restore_path(char *before);
bool gnuplot_is_here(void);

/* ---- results ---- */
struct run_options {
    guint seeds, failing; /* failing: this seed's state part fails; 0: none */
    guint unknown;        /* this seed's reach part is unknown; 0: none */
    const char *name;     /* of the partition, as JSON text */
    guint rows, columns, nodes_per_row;
};
extern const struct run_options SPLIT;
GString *made_up_run(const struct run_options *options);

struct sweep_options {
    const char *axis;
    const char *const *values;
    const char *protocols[3]; /* a second axis, ends with NULL; "" first: there is none */
    guint seeds;
};
extern const struct sweep_options SCALING;
GString *made_up_sweep(const struct sweep_options *options);

/* ---- reading pages again ---- */
struct tags {
    guint cases, failures, errors, suites, scripts;
    GString *text; /* of all elements but <style>; to be freed */
};
/* Fails the test unless the text is well-formed: every tag closed, every id unique, and every
 * "#reference" to an id of the same document. */
struct tags parse_markup(const char *text);
void assert_holds(const char *text, const char *what);
void assert_lacks(const char *text, const char *what);

#endif
