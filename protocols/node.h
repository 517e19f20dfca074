/* node.h - one replica's node: a step function without I/O.
 *
 *     event in                              effects out
 *     start, tick, receive,    +------+     messages to send, notices, bytes to
 *     update, peer up/down --> | node | --> persist, ONE next deadline
 *                              +------+
 *
 * The same code runs in a product and in the simulated world: no clock, socket, file, thread or
 * randomness of its own beyond the seed in `start`. Time is in the event, in nanoseconds.
 *
 * The host's side of the contract, in this order after every step that returned OX_OK:
 *   1. make `persist` durable (appended to the node's log, or replacing it),
 *   2. act on notices (an update is acknowledged only now),
 *   3. send the messages,
 *   4. call again with OX_EVENT_TICK at `deadline_ns` (not before; later is allowed).
 * On any other status nothing has changed, nothing is asked for, and the old deadline stands.
 *
 * Ownership: everything in the event is borrowed for the call; everything in the effects is the
 * node's and lasts until its next step. Peers are numbered; a number is a place, a replica is one
 * life of it (ox_replica = incarnation x 2^20 + number).
 *
 * Persistence: every step that changes a context, receives included, appends one record
 * (protocols/log.h); now and then a record replaces the whole log. At start the node reads the log
 * back, stops at the first record that is torn or does not match its hash, and asks for a log
 * without that tail (persist.replaces). What it restores is exactly the node after the last whole
 * record: store, dot counters and clock. What waited to be sent is not in it; protocols bring it in
 * their own way. A disk that lost acknowledged writes counts as lost: start then with a new
 * incarnation and no log.
 *
 * All or nothing: a frame is read and checked whole before any of it is taken in. Should memory
 * run out between two objects of one frame, the step is OX_OK with those taken in, and the rest is
 * as if the network had lost it: store, record and notices always say the same.
 */
#ifndef OXBOW_PROTOCOLS_NODE_H
#define OXBOW_PROTOCOLS_NODE_H

#include "crdt/store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OX_INCARNATION_SHIFT 20 /* at most 2^20 nodes */
#define OX_NEVER             UINT64_MAX

typedef uint32_t ox_peer;

static inline ox_replica ox_replica_of(uint64_t incarnation, ox_peer node) {
    return (incarnation << OX_INCARNATION_SHIFT) + node;
}
static inline ox_peer ox_replica_node(ox_replica replica) {
    return (ox_peer)(replica & ((1u << OX_INCARNATION_SHIFT) - 1));
}

/* ---- in ---- */
enum ox_event_kind {
    OX_EVENT_START,   /* first, once per life of the node */
    OX_EVENT_TICK,    /* the deadline has come */
    OX_EVENT_RECEIVE, /* a frame arrived */
    OX_EVENT_UPDATE,  /* the application updates an object */
    OX_EVENT_PEER_UP,
    OX_EVENT_PEER_DOWN
};

struct ox_event {
    enum ox_event_kind kind;
    uint64_t now_ns;      /* monotonic; never goes back in one life */
    uint64_t physical_ns; /* the node's wall clock; may be wrong and may jump */
    union {
        struct {
            ox_replica replica;
            uint64_t seed;
            const ox_peer *peers; /* ascending, without the node itself */
            size_t peer_count;
            struct ox_bytes log; /* exactly what was persisted; empty at a first start */
        } start;
        struct {
            ox_peer from;
            struct ox_bytes frame;
        } receive;
        struct {
            struct ox_bytes name;
            const struct ox_type *type;
            struct ox_op op;
        } update;
        struct {
            ox_peer peer;
        } peer;
    };
};

/* ---- out ---- */
/* X(name, sentence) */
#define OX_NOTICE_MAP(X)                                                                           \
    X(UPDATED, "a local update took `taken` dots from `dot` on; the object had `have` before")     \
    X(NOOP, "a local update changed nothing and took no dot")                                      \
    X(REFUSED, "a local update was refused with `status`")                                         \
    X(JOINED, "a join brought the dots `news` to the object")                                      \
    X(GAP, "a delta from `peer` was dropped: its since is not covered")                            \
    X(STALE, "a frame from `peer` was sent by or meant for an older incarnation: dropped")         \
    X(DIVERGED, "`peer` has an object with an equal context and different bytes: an alarm")

enum ox_notice_kind {
#define OX_NOTICE_ENUM(name, text) OX_NOTICE_##name,
    OX_NOTICE_MAP(OX_NOTICE_ENUM)
#undef OX_NOTICE_ENUM
        OX_NOTICE_COUNT
};
const char *ox_notice_name(enum ox_notice_kind kind);

struct ox_notice {
    enum ox_notice_kind kind;
    struct ox_entry *entry; /* UPDATED, JOINED, GAP, DIVERGED; read only */
    struct ox_dot dot;      /* UPDATED: the first that it took */
    uint64_t taken;         /* UPDATED: how many, that one and those that follow it */
    struct ox_stamp stamp;  /* UPDATED: what the first was given, as its type keeps it; of a run of
                               elements the lamport clock goes up by one with each */
    bool stamped;           /* UPDATED: the type keeps it */
    uint64_t have;          /* UPDATED: number of updates in the context just before */
    struct ox_dots news;    /* JOINED */
    enum ox_status status;  /* REFUSED */
    ox_peer peer;           /* GAP, STALE, DIVERGED */
};

struct ox_send {
    ox_peer to;
    const char *kind; /* "push", "checksum", ...: static text, for people and traces */
    struct ox_bytes frame;
};

struct ox_effects {
    const struct ox_send *sends;
    size_t send_count;
    const struct ox_notice *notices;
    size_t notice_count;
    struct {
        struct ox_bytes bytes; /* size 0: nothing to persist */
        bool replaces;         /* the bytes are the whole new log instead of its next part */
    } persist;
    uint64_t deadline_ns; /* OX_NEVER: none */
};

/* ---- a node ---- */
struct ox_protocol;

struct ox_node_config {
    const struct ox_protocol *sync;
    uint32_t fanout;             /* peers that one round pushes to, >= 1 */
    uint64_t interval_ns;        /* between rounds, >= 1 */
    uint64_t repair_interval_ns; /* between repairs; 0: no repair */
};

struct ox_node;

struct ox_node *ox_node_new(const struct ox_node_config *config); /* NULL when there is no memory */
void ox_node_free(struct ox_node *node);
/* OX_OK        done; a stale frame and a refused update too are OX_OK with a notice
 * OX_MALFORMED the frame is not one of a peer's protocol to this node, or the log has a whole
 * record that is not of this replica: drop the frame; look at the disk OX_NOMEM     nothing
 * changed, try again; a round that is due stays due. But once a local update was applied and there
 * was no memory to write its record down (it takes a delta beyond 4 KiB), the node answers OX_NOMEM
 * for good and is to be treated as crashed: free it and start again from its log, in which the
 * update never was. */
enum ox_status ox_node_step(struct ox_node *node, const struct ox_event *event,
                            struct ox_effects *effects);
/* For reads and observation, between steps. Objects in it are read only. */
struct ox_store *ox_node_store(struct ox_node *node);
ox_replica ox_node_replica(const struct ox_node *node);
/* Bytes of the whole node's state, canonical: equal nodes, equal bytes (for replays and tests of
 * failing allocations): replica, clock, store, and the protocol's own state. */
enum ox_status ox_node_snapshot(struct ox_node *node, struct ox_buf *out);

#ifdef __cplusplus
}
#endif

#endif
