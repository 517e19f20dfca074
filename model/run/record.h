/* record.h - the files of a recorded run: what went into each node and what came out.
 *
 *     <folder>/node-7.rec     one record per step:  [u32 LE size][u64 LE XXH3][payload]
 *     payload                 CBOR: [event, outcome]
 *
 * The outcome is a hash per kind of effect, so that a difference can be named. Updates name types
 * and verbs, also of what they do inside a map; addresses never get into a record.
 */
#ifndef OXBOW_MODEL_RUN_RECORD_H
#define OXBOW_MODEL_RUN_RECORD_H

#include "model/world.h"

/* What a step gave back, byte for byte up to a 64-bit hash. */
struct ox_outcome {
    uint64_t status;
    uint64_t sends, notices, persist; /* XXH3-64 */
    uint64_t deadline_ns;
};

#define OX_RECORD_HEAD 12 /* bytes before the payload */

/* `effects` matter only when the status is OX_OK. */
struct ox_outcome ox_outcome_of(enum ox_status status, const struct ox_effects *effects);
/* The first effect in which two outcomes differ ("other messages"); NULL when they are equal. */
const char *ox_outcome_difference(const struct ox_outcome *a, const struct ox_outcome *b);

char *ox_record_path(const char *folder, uint32_t node); /* g_free */

/* ---- writing ---- */
struct ox_record;
/* Makes the folder if need be. NULL with `error` when it cannot be written. */
struct ox_record *ox_record_open(const char *folder, uint32_t nodes, GError **error);
void ox_record_step(struct ox_record *record, uint32_t node, const struct ox_event *event,
                    const struct ox_outcome *outcome);
/* False with `error` when any write failed. Frees the record. */
bool ox_record_close(struct ox_record *record, GError **error);

/* ---- reading ---- */
/* What a decoded event points to besides its payload. */
struct ox_record_parts {
    GArray *peers;      /* of ox_peer */
    GArray *path;       /* of struct ox_bytes */
    struct ox_op inner; /* the operation inside a map */
};
void ox_record_parts_init(struct ox_record_parts *parts);
void ox_record_parts_clear(struct ox_record_parts *parts);

/* One payload back: the event borrows from `payload` and from `parts`, whose contents are replaced.
 * OX_OK or OX_MALFORMED. */
enum ox_status ox_record_decode(struct ox_bytes payload, struct ox_event *event,
                                struct ox_record_parts *parts, struct ox_outcome *outcome);

#endif
