/* stage.h - a set of files that appear together or not at all.
 *
 *     dir/.report-XXXXXX/report.html        rename        dir/report.html
 *     dir/.report-XXXXXX/figures/a.svg    ---------->     dir/figures/a.svg
 *
 * Files are written into a folder beside their destination; only when all of them are complete do
 * they move, each by one rename. Whoever reads the destination never sees half a file.
 */
#ifndef OXBOW_REPORTS_STAGE_H
#define OXBOW_REPORTS_STAGE_H

#include <glib.h>
#include <stdbool.h>

struct ox_stage;

/* A stage for the existing folder `dir`. NULL with `error` when nothing can be created there. */
struct ox_stage *ox_stage_open(const char *dir, GError **error);

/* Adds the file `name` ("figures/x.tsv"; one folder deep at most) with the given content. */
bool ox_stage_write(struct ox_stage *stage, const char *name, const char *text, size_t size,
                    GError **error);

/* The file that another program wrote at ox_stage_path(stage, name) belongs to the set, too. */
void ox_stage_adopt(struct ox_stage *stage, const char *name);

/* The file `name` of an earlier report is not true any more: the commit removes it. */
void ox_stage_retire(struct ox_stage *stage, const char *name);

/* Where `name` lies before the commit. Owned by the caller. */
char *ox_stage_path(const struct ox_stage *stage, const char *name);

/* Moves everything to its place. */
bool ox_stage_commit(struct ox_stage *stage, GError **error);

/* Removes what was not committed, and the stage. NULL is taken. */
void ox_stage_close(struct ox_stage *stage);

#endif
