/* trace.h - the stream of observations as a file and as a digest. */
#ifndef OXBOW_MODEL_TRACE_H
#define OXBOW_MODEL_TRACE_H

#include "model/observe.h"

#include <glib.h>

/* ---- trace.ndjson: one JSON object a line; README, "The trace" ---- */
struct ox_trace;

/* `fault_names` and `fault_kinds` (words) are borrowed until close. NULL with `error` when the file
 * cannot be written. The file appears under its name only at close (written beside it, then
 * renamed). */
struct ox_trace *ox_trace_open(const char *path, const char *const *fault_names,
                               const char *const *fault_kinds, size_t fault_count, GError **error);
struct ox_observer ox_trace_observer(struct ox_trace *trace);
/* False with `error` when any write failed. Frees the trace. */
bool ox_trace_close(struct ox_trace *trace, GError **error);
/* One line without its line feed, appended. The fault is that of a FAULT, or whose doing a CRASH,
 * DELIVER or DROP is; NULL: nobody's. For tests and stories. */
void ox_trace_line(const struct ox_observation *observation, const char *fault_name,
                   const char *fault_kind, GString *out);

/* ---- the digest: XXH3-64 over every observation, the `state` of sees left out (so that --trace
 * does not change it) ---- */
struct ox_digest;
struct ox_digest *ox_digest_new(void);
void ox_digest_free(struct ox_digest *digest);
struct ox_observer ox_digest_observer(struct ox_digest *digest);
uint64_t ox_digest_value(const struct ox_digest *digest);

#endif
