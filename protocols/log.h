/* log.h - what a node persists, and how it comes back.
 *
 *     log     := record*                       record  := size hash payload
 *     size    := u32 LE, bytes of payload      hash    := u64 LE, XXH3-64 of payload
 *
 *     payload := 0 clock (name type own delta)*         one step: the deltas it joined, in order
 *              | 1 clock store                          everything at once; only as first record
 *     clock   := replica physical logical
 *
 * Payloads are sequences of canonical CBOR items. A delta stands there as it was joined, so that a
 * replay repeats the joins and comes to the same store; `own` marks the node's own updates, whose
 * memory (`made`) a replay restores too. Dot counters follow from the contexts.
 *
 *     [snapshot][step][step][step]...[step]  ->  [snapshot]     when the steps outgrow it
 *
 * A write that was cut short leaves a last record that is too short or does not match its hash: it
 * is left out, as if its step had never been. A record that is whole and still not this replica's
 * cannot come from that; a start on it is refused, so that nothing is lost by mistake.
 */
#ifndef OXBOW_PROTOCOLS_LOG_H
#define OXBOW_PROTOCOLS_LOG_H

#include "protocols/node.h"

/* The log's sizes in bytes; they decide when it is replaced by a snapshot. */
struct ox_log_size {
    uint64_t snapshot; /* of its first record when that is a snapshot, else 0 */
    uint64_t steps;    /* of all other records */
};

/* ---- writing; failed appends show in the buffer's status ---- */
/* Starts a record of one step at the end of `out`. */
void ox_log_begin_step(struct ox_buf *out, const struct ox_stamp *clock);
/* What stands before each delta; the caller appends the delta's encoding. */
void ox_log_put_entry(struct ox_buf *out, const struct ox_entry *entry, bool own);
/* Appends a snapshot record, sealed. */
void ox_log_put_snapshot(struct ox_buf *out, const struct ox_stamp *clock, struct ox_store *store);
/* Fills in size and hash of the record that began at `begin` and ends with the buffer. OX_INVALID
 * when it is beyond 4 GiB. */
enum ox_status ox_log_seal(struct ox_buf *out, size_t begin);
/* Whether the steps have outgrown the snapshot. */
bool ox_log_outgrown(const struct ox_log_size *size);

/* ---- reading ---- */
struct ox_log_restored {
    struct ox_stamp clock; /* of the last whole record; zero when there is none */
    struct ox_log_size size;
    size_t whole; /* bytes up to which records are whole; less than the log's size: a torn tail */
};

/* Replays a log into an empty store. OX_MALFORMED: a whole record is not one of `replica`.
 * On any status but OX_OK the store is only fit to be freed. */
enum ox_status ox_log_restore(struct ox_bytes log, ox_replica replica, struct ox_store *store,
                              struct ox_log_restored *restored);

#endif
