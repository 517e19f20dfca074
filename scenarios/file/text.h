/* text.h - values as they are written: quotes, lists, options.
 *
 * A stretch in "double quotes" is taken as it stands; a doubled quote inside is one quote. So a
 * value can hold every character of the grammar:
 *
 *     about = "three, or more; # of them"
 *
 * A raw text still has its quotes; lists are split raw and unquoted item by item.
 */
#ifndef OXBOW_SCENARIOS_FILE_TEXT_H
#define OXBOW_SCENARIOS_FILE_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Without its quotes; to be freed. */
char *ox_text_unquote(const char *raw);
/* Quoted when reading it back would otherwise change it; to be freed. */
char *ox_text_quote(const char *text);
/* The items between the separators outside quotes, trimmed and still raw; ends with NULL; for
 * g_strfreev. An empty text has one empty item. */
char **ox_text_split(const char *raw, char separator);
/* The first `wanted` outside quotes, or NULL. */
const char *ox_text_find(const char *raw, char wanted);
/* Whether every quote is closed. */
bool ox_text_closed(const char *raw, size_t size);

/* The word of `words` (NULL ends them) that `text` probably meant, or NULL: Damerau-Levenshtein
 * distance (insertions, deletions, substitutions, swaps of neighbours) of at most a third of its
 * length, the least, the first among equals. */
const char *ox_text_meant(const char *text, const char *const *words);

#endif
