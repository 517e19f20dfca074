/* folder.h - run folders: complete under their name, or not there at all.
 *
 *     OUT/split-brain/.1f0a22c4-seed-1.x7Qz1M/    written here ...
 *     OUT/split-brain/1f0a22c4-seed-1/            ... then renamed; an older one is exchanged
 *                                                 with it
 *     OUT/split-brain/latest -> 1f0a22c4-seed-1
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_FOLDER_H
#define OXBOW_SCENARIOS_PROGRAM_FOLDER_H

#include "scenarios/scenario.h"

#include <glib.h>
#include <stdbool.h>

struct ox_folder {
    char *stage;  /* where files are written until commit */
    char *final;  /* where they are afterwards */
    char *latest; /* the link's path */
    char *id;
    char *made[2]; /* folders that did not exist before */
};

/* Makes OUT, OUT/name and the stage. False with `error` when that cannot be written;
 * nothing is then left behind. */
bool ox_folder_open(const char *out, const char *name, const char *id, struct ox_folder *folder,
                    GError **error);
/* Writes a file of the stage; the folders in `name` are made. False with `error`. */
bool ox_folder_write(const struct ox_folder *folder, const char *name, const char *data,
                     size_t size, GError **error);
/* Writes the copies of the files that a scenario names. */
bool ox_folder_write_inputs(const struct ox_folder *folder, const struct ox_scenario *scenario,
                            GError **error);
/* Gives the stage its name and moves `latest`. False with `error`; the stage is then still there.
 */
bool ox_folder_commit(struct ox_folder *folder, GError **error);
/* Removes what was not committed, and the folders that were made for it if they are empty. */
void ox_folder_close(struct ox_folder *folder);

#endif
