/* contents.h - a whole file in memory, but no more of it than it may have: a device or a pipe can
 * go on forever.
 */
#ifndef OXBOW_SCENARIOS_FILE_CONTENTS_H
#define OXBOW_SCENARIOS_FILE_CONTENTS_H

#include <glib.h>
#include <stdbool.h>

/* Reads the file; `data` is to be freed and ends with a zero byte that `size` does not count.
 * False with `error` (a sentence without the path) when it cannot be read or has more than
 * `size_max` bytes. */
bool ox_contents_read(const char *path, size_t size_max, char **data, size_t *size, GError **error);

#endif
