/* reference/json.h - canonical JSON, as far as arguments of updates need it: read, never written.
 *
 * Canonical: no blanks, the shortest escapes, integers of the range of int64 and no other numbers,
 * members in ascending order of their key's bytes. Shares no code with crdt/value.h, which writes
 * what is read here.
 */
#ifndef OXBOW_PROPS_REFERENCE_JSON_H
#define OXBOW_PROPS_REFERENCE_JSON_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the whole text is one integer; then `value` is set. */
bool ox_ref_json_int64(const char *json, int64_t *value);
/* Whether the whole text is null, a bool, an integer or a string. */
bool ox_ref_json_scalar(const char *json);
/* The same, or a list or an object of values. */
bool ox_ref_json_value(const char *json);

#endif
