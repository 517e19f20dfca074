/* protocol.h - what a synchronisation protocol brings, and what a node gives it.
 *
 * A protocol is a component of a node: it hears of updates, ticks and frames, and asks for
 * messages, joins and deadlines. It owns its state; the node owns store, clock, random numbers,
 * log and effects.
 *
 * All or nothing, without an undo: an object cannot be un-joined, so whatever may fail comes first
 * and what must follow a change cannot fail. An update: `reserve`, the change, `updated`. A frame:
 * read and check it whole, make the answers, then join; a join that has no memory after an earlier
 * one of the same frame ends the frame there, as if the network had lost the rest.
 */
#ifndef OXBOW_PROTOCOLS_PROTOCOL_H
#define OXBOW_PROTOCOLS_PROTOCOL_H

#include "protocols/node.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ox_promise {
    OX_PROMISE_EVENTUAL = 1, /* once messages get through, all replicas hold the same updates */
    OX_PROMISE_CAUSAL = 2    /* contexts are closed across objects too */
};

struct ox_protocol {
    const char *name;  /* "delta": as in scenario files and in the header of its frames */
    const char *about; /* one sentence for `oxbow list protocols` */
    unsigned promises; /* of enum ox_promise */

    void *(*create)(const struct ox_node_config *config); /* NULL: no memory */
    void (*destroy)(void *self);
    /* All of these may add effects through ox_node_*; on a status other than OX_OK `self` and the
     * node's store are as they were (the node takes back effects and random numbers). */
    enum ox_status (*start)(void *self, struct ox_node *node, uint64_t now_ns);
    enum ox_status (*tick)(void *self, struct ox_node *node, uint64_t now_ns);
    /* Makes room for one update, so that `updated` cannot fail. */
    enum ox_status (*reserve)(void *self);
    /* A local update was applied to `entry`. The protocol may take the delta's contents, leaving it
     * empty; the node frees what is left. */
    void (*updated)(void *self, struct ox_node *node, struct ox_entry *entry,
                    struct ox_delta *delta, uint64_t now_ns);
    /* `body` is the frame without the node's header; `from` and both incarnations were checked, the
     * body was not. OX_MALFORMED: it is not exactly one item of this protocol's. */
    enum ox_status (*receive)(void *self, struct ox_node *node, ox_peer from, struct ox_bytes body,
                              uint64_t now_ns);
    /* A frame from `from` was refused: it was meant for an older life of this node, so that peer
     * does not know this life yet, and what it sent is missed. */
    enum ox_status (*missed)(void *self, struct ox_node *node, ox_peer from, uint64_t now_ns);
    uint64_t (*deadline)(const void *self);                 /* OX_NEVER: none */
    void (*snapshot)(const void *self, struct ox_buf *out); /* canonical bytes of its state */
};

/* All protocols, in the order of `oxbow list protocols`; NULL ends them. */
extern const struct ox_protocol *const ox_protocols[];
const struct ox_protocol *ox_protocol_named(struct ox_bytes name); /* NULL when there is none */

/* ---- what a node gives its protocol, during a call of one of the above ---- */

/* A number in [0, bound) from the node's stream; `bound` >= 1. */
uint64_t ox_node_random(struct ox_node *node, uint64_t bound);
/* min(want, peers that are up) distinct peers, drawn evenly, ascending; how many. `drawn` has room
 * for `want`. */
size_t ox_node_draw_peers(struct ox_node *node, size_t want, ox_peer *drawn);

/* Starts a frame to `to`; the caller appends its body, exactly one item, to the returned buffer
 * (the node's, until ox_node_end_frame), */
struct ox_buf *ox_node_begin_frame(struct ox_node *node, ox_peer to);
/* and sends it. `kind` is static text. OX_NOMEM, also of any append: there is no such frame. */
enum ox_status ox_node_end_frame(struct ox_node *node, const char *kind);

/* Joins a received delta, whose encoding is `wire`: object, log record and notice together.
 *   OX_OK     joined, with a JOINED notice (when it brought anything)
 *   OX_GAP    dropped, with a GAP notice: `since` is not covered
 *   OX_NOMEM  nothing happened */
enum ox_status ox_node_join(struct ox_node *node, ox_peer from, struct ox_entry *entry,
                            struct ox_bytes wire, const struct ox_delta *delta);
/* The alarm DIVERGED on `entry`. OX_NOMEM: not raised. */
enum ox_status ox_node_alarm(struct ox_node *node, ox_peer from, struct ox_entry *entry);

#ifdef __cplusplus
}
#endif

#endif
