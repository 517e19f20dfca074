/* world.h - one simulated run: real nodes in a SimGrid network, with faults and a workload.
 *
 *     workload --updates--> node 0 .. node n-1 --frames--> network (SimGrid + our faults) --> nodes
 *                                 |
 *                                 v
 *                           observations  ->  judge, trace, digest
 *
 * One engine per process: ox_world_run may be called once per process; the caller forks.
 *
 * A message is dropped (partition) if its pair is cut when it is sent or when it would be
 * delivered; dropped (down) if the receiver is off when it is sent; cut (crash) if either end goes
 * off before its delivery. Loss and duplication are drawn at sending from a stream keyed by (seed,
 * sender, receiver, n-th message of the pair), so that a change elsewhere does not shift them; a
 * lost message still uses bandwidth, and is dropped at its end. Jitter is uniform in 0..J after the
 * transfer, for each source of jitter. A duplicate of a message that is not lost comes again after
 * another jitter, at least 1 ms later than the first copy. Every send ends in exactly one DELIVER
 * or DROP, unless the run ends first, and a duplicate in one more.
 *
 * Phases: until `duration` the workload runs and faults act. Then workload, faults, loss,
 * duplication and jitter end (a host that is down stays down unless its fault would have brought it
 * up), and the settle phase waits until the system is quiet: `quiet` since the last of: a context
 * of a live replica changed, an update was made, a fault ended. Not quiet within `settle`:
 * UNSETTLED, naming what still moved. Quiet never looks at equality, and does not come while a node
 * has yet to return from a crash that has an end.
 *
 * A user's platform may turn hosts and links off by profiles of its own: such a crash keeps the
 * disk, such a drop is a partition, and neither is the doing of a fault (OX_NO_FAULT).
 *
 * Same configuration and seed, same observations, on any x86-64 with the same SimGrid.
 */
#ifndef OXBOW_MODEL_WORLD_H
#define OXBOW_MODEL_WORLD_H

#include "model/observe.h"
#include "protocols/node.h"

#include <glib.h>

#define OX_NODES_MAX 100000u
#define OX_SECOND_NS UINT64_C(1000000000)
#define OX_DAY_NS    (UINT64_C(86400) * OX_SECOND_NS) /* simulated physical time at t = 0 */

/* ---- the network ---- */
/* Regions with a matrix of one-way latencies between them; node i is in region i mod R.
 * A measured matrix, generated regions: all become one of these. */
struct ox_regions {
    uint32_t count;
    char **names;         /* [count], owned */
    uint64_t *latency_ns; /* [count x count], row = from: host to host, one way; the diagonal too */
    double host_bandwidth;   /* bytes/s of each host's own up and down link */
    double region_bandwidth; /* bytes/s per ordered pair of regions, FATPIPE (a cap per transfer,
                                not shared) */
};

enum ox_platform_kind {
    OX_PLATFORM_REGIONS,
    OX_PLATFORM_SIMGRID /* the user's own XML: nodes take hosts in natural order of their names */
};

enum ox_fidelity {
    OX_FIDELITY_FLOW, /* a SimGrid transfer per message: bandwidth is shared */
    OX_FIDELITY_DELAY /* latency + size / bandwidth of the SimGrid route, no contention */
};

struct ox_network {
    enum ox_platform_kind kind;
    struct ox_regions regions; /* REGIONS */
    char *xml;                 /* SIMGRID: a path, owned */
    char **hosts;              /* SIMGRID: names of [nodes] hosts, from the probe; NULL: not asked;
                                  owned */
    uint32_t nodes;            /* 1..OX_NODES_MAX */
    enum ox_fidelity fidelity;
    double loss;      /* 0..1 */
    double duplicate; /* 0..1 */
    uint64_t jitter_ns;
};

/* ---- faults ---- */
/* X(name, word in scenario files, sentence) */
#define OX_FAULT_MAP(X)                                                                            \
    X(PARTITION, "partition", "messages between different groups are dropped")                     \
    X(LOSS, "loss", "each message is lost with a probability")                                     \
    X(DUPLICATE, "duplicate", "each message arrives twice with a probability")                     \
    X(JITTER, "jitter", "each message is delayed by up to this much more; later ones overtake")    \
    X(CRASH, "crash", "nodes stop and come back, with or without their disk")

enum ox_fault_kind {
#define OX_FAULT_ENUM(name, word, text) OX_FAULT_##name,
    OX_FAULT_MAP(OX_FAULT_ENUM)
#undef OX_FAULT_ENUM
        OX_FAULT_COUNT
};
const char *ox_fault_word(enum ox_fault_kind kind);
const char *ox_fault_about(enum ox_fault_kind kind);

struct ox_fault {
    enum ox_fault_kind kind;
    char *name; /* "split" of [fault.split]; owned */
    uint64_t at_ns;
    uint64_t
        for_ns; /* PARTITION, rates: how long; CRASH: how long each node is down. OX_NEVER: to the
                   end of the run (rates, partitions: until `duration`; a crash: for good) */
    uint32_t *group; /* PARTITION: [nodes], the group of each node; owned */
    double rate;     /* LOSS, DUPLICATE: 0..1, combined with other rates as independent chances */
    uint64_t jitter_ns; /* JITTER: added to the others */
    uint32_t *nodes;    /* CRASH: who, in this order; owned */
    uint32_t node_count;
    uint64_t stagger_ns; /* CRASH: between one node's crash and the next one's */
    bool keeps_disk;     /* CRASH */
};

/* ---- the workload ---- */
struct ox_workload {
    const struct ox_type **types; /* key i has type i mod type_count; owned array */
    uint32_t type_count;
    uint32_t keys;     /* named k0 .. k(keys-1) */
    double zipf_s;     /* 0: uniform */
    double rate;       /* updates/s of the whole system, a Poisson process; 0: none */
    uint64_t until_ns; /* <= duration */
    uint32_t elements; /* sets draw from e0 .. e(elements-1) */
    double removes;    /* the chance that an operation is not of its type's first verb: 0..1 */
};

/* ---- a run ---- */
struct ox_world_config {
    uint64_t seed;
    uint64_t duration_ns;
    uint64_t settle_ns; /* at most this long after duration */
    uint64_t quiet_ns;  /* quiet means unchanged for this long */
    uint64_t reads_ns;  /* every so often each live node reads one key; 0: only at the end */
    bool verify_full;   /* `state` in every see, not only in reads */
    bool messages;      /* observe SEND, DELIVER, DROP */
    struct ox_network network;
    struct ox_node_config node;
    struct ox_workload workload;
    struct ox_fault *faults; /* owned array */
    uint32_t fault_count;
};

/* Frees what the configuration owns, not the struct. */
void ox_world_config_clear(struct ox_world_config *config);

/* Host facts for tests and benchmarks, never for a result file. */
struct ox_world_stats {
    uint64_t steps;
    uint64_t messages_sent;
    uint64_t messages_delivered;
    uint64_t simulated_ns;
};

/* Runs to the end. Observers are called in the given order. `record` (may be NULL): a folder that
 * gets every event of every node and the bytes of its effects, for ox_replay_check. False with
 * `error` set (code 70: our fault; code 65: the user's platform, which is probed first) when it
 * could not run. */
bool ox_world_run(const struct ox_world_config *config, const struct ox_observer *observers,
                  size_t observer_count, const char *record, struct ox_world_stats *stats,
                  GError **error);

/* Before a run, in a forked child: loads a user's XML and routes all pairs of the hosts that
 * `network` would use. False with `error` naming FILE:LINE and what SimGrid said. `hosts` (may be
 * NULL) gets the names of the hosts that the nodes take, in order, for g_strfreev; unchanged on
 * failure. Works for any kind of network. */
bool ox_platform_probe(const struct ox_network *network, char ***hosts, GError **error);

GQuark ox_world_error_quark(void);

#endif
