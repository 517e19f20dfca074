/* repair.h - two nodes compare their stores and send each other what the other lacks.
 *
 *     A                                   B
 *     | checksum: all of A's store        |      equal: B is silent, that was all
 *     |---------------------------------->|
 *     |     buckets: checksums of parts   |      (few objects: `contexts` at once)
 *     |<----------------------------------|
 *     | contexts: of A's objects in the   |
 *     | parts that differ                 |
 *     |---------------------------------->|
 *     |   repair: what A lacks, and wants |
 *     |<----------------------------------|
 *     | repair: what B wants              |
 *     |---------------------------------->|
 *
 * Objects fall into 2^bits buckets by a hash of their identity, so that two large stores with a few
 * differences compare a few contexts and not all. Every answer follows from the question and the
 * own store as it is then: no side keeps state, a lost message just ends the exchange.
 *
 * Objects with equal contexts and different bytes are an alarm (DIVERGED) and never merged.
 *
 * Messages, as arrays:
 *   [1, checksum, count]                       of the whole store
 *   [2, [sum, ...]]                            2^bits checksums
 *   [3, types, bits, [bucket, ...], [[name, type, context, hash], ...]]
 *                                              all objects in these buckets, ascending
 *   [4, types, groups, wants]                  wants: [[name, type, context], ...] ascending
 */
#ifndef OXBOW_PROTOCOLS_REPAIR_H
#define OXBOW_PROTOCOLS_REPAIR_H

#include "protocols/groups.h"
#include "protocols/protocol.h"

/* First item of a message of the protocol "delta". */
enum ox_delta_message {
    OX_DELTA_PUSH,
    OX_DELTA_CHECKSUM,
    OX_DELTA_BUCKETS,
    OX_DELTA_CONTEXTS,
    OX_DELTA_REPAIR
};

/* Memory for answers, kept from one to the next. Zero-initialised is valid. */
struct ox_repair {
    struct ox_group_writer groups;
    struct ox_buf wants; /* want_count of them, encoded */
    size_t want_count;
    struct ox_vv context;
    struct ox_buf scratch;
};

void ox_repair_free(struct ox_repair *repair);

/* Opens an exchange with `to`. */
enum ox_status ox_repair_ask(struct ox_node *node, ox_peer to);
/* What follows answers a message; `in` stands behind its first item. They read the whole message
 * before they answer and change nothing but the effects. */
enum ox_status ox_repair_on_checksum(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                     struct ox_cbor *in);
enum ox_status ox_repair_on_buckets(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                    struct ox_cbor *in);
enum ox_status ox_repair_on_contexts(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                     struct ox_cbor *in);
/* The wants of a repair; `types` is the table of its message. */
enum ox_status ox_repair_on_wants(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                  const struct ox_type_table *types, struct ox_cbor *in);

#endif
