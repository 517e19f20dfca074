/* frame.h - the envelope of every message between nodes.
 *
 *     [component, from, to, physical, logical, body]
 *
 *     component           text: the part of a node that the body is for ("delta")
 *     from, to            replicas, so that a life never takes in what was meant for another one;
 *                         `to` is null when the sender has not heard of the receiver yet
 *     physical, logical   the sender's hybrid clock
 *     body                one item, the component's own, which reads and checks it
 *
 * Canonical CBOR throughout: any CBOR tool prints a message.
 */
#ifndef OXBOW_PROTOCOLS_FRAME_H
#define OXBOW_PROTOCOLS_FRAME_H

#include "protocols/node.h"

struct ox_frame {
    struct ox_bytes component;
    struct ox_stamp clock; /* its replica is the sender */
    bool addressed;        /* whether `to` is known */
    ox_replica to;
    struct ox_bytes body; /* all that follows the header, unread */
};

/* Appends all but the body; the caller appends exactly one item behind it. */
void ox_frame_begin(struct ox_buf *out, const struct ox_frame *frame);
/* Reads the header, borrowing from `bytes`. OX_MALFORMED: not a frame; `frame` is then not to be
 * used. */
enum ox_status ox_frame_read(struct ox_frame *frame, struct ox_bytes bytes);

#endif
