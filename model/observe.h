/* observe.h - what can be seen of a run: the one door between a run and whoever judges it.
 *
 * A run is a stream of observations in order of time; at one time in order of cause, all
 * observations of one step of a node together. Judges, the trace file and the digest all drink from
 * this stream; judges include no other header of the project's lower rooms. So a judge shares no
 * code with what it judges.
 *
 * A node's context of a key follows from its `update`s (the dot) and its `see`s (`news`: what a
 * join brought), from its last `start` with an empty log on; it survives a crash that keeps the
 * disk. `have` is the number of updates in it.
 *
 * Ownership: everything in an observation is borrowed for the call of `observe`.
 */
#ifndef OXBOW_MODEL_OBSERVE_H
#define OXBOW_MODEL_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, word in the trace's "ev", sentence) */
#define OX_OBS_MAP(X)                                                                              \
    X(START, "start", "a node starts a life under `replica`")                                      \
    X(UPDATE, "update", "a node made an update")                                                   \
    X(SEE, "see", "a join brought updates to an object of a node")                                 \
    X(READ, "read", "a read of a key at a node")                                                   \
    X(SEND, "send", "a message was handed to the network")                                         \
    X(DELIVER, "deliver", "a message arrived and was given to the node")                           \
    X(DROP, "drop", "a message did not arrive; always after its send")                             \
    X(FAULT, "fault", "a fault of the scenario begins or ends")                                    \
    X(CRASH, "crash", "a node stopped; its disk stays or is lost")                                 \
    X(ALARM, "alarm", "a node did what no node may do")                                            \
    X(PHASE, "phase", "the run enters a phase")

enum ox_obs_kind {
#define OX_OBS_ENUM(name, word, text) OX_OBS_##name,
    OX_OBS_MAP(OX_OBS_ENUM)
#undef OX_OBS_ENUM
        OX_OBS_COUNT
};
const char *ox_obs_word(enum ox_obs_kind kind);

/* Why a message did not arrive. X(name, word in the trace's "why", sentence) */
#define OX_DROP_MAP(X)                                                                             \
    X(PARTITION, "partition", "its pair was cut when it was sent or when it would be delivered")   \
    X(DOWN, "down", "the receiver was off when it was sent")                                       \
    X(CRASH, "crash", "either end went off before it was delivered")                               \
    X(LOSS, "loss", "the network lost it")                                                         \
    X(REFUSED, "refused", "the node refused the frame")

enum ox_drop_why {
#define OX_DROP_ENUM(name, word, text) OX_DROP_##name,
    OX_DROP_MAP(OX_DROP_ENUM)
#undef OX_DROP_ENUM
        OX_DROP_COUNT
};
const char *ox_drop_word(enum ox_drop_why why);

/* What a node may not do, whatever the network does to it: each is a failure of the code under
 * test. X(name, word in the trace's "why", what the node did) */
#define OX_DEFECT_MAP(X)                                                                           \
    X(DIVERGED, "diverged", "met different bytes of a key with an equal context")                  \
    X(START, "start", "did not start with the log it had written")                                 \
    X(TICK, "tick", "failed at the deadline it had asked for")                                     \
    X(IDLE, "idle", "let its deadline pass and asked for it again")                                \
    X(UPDATE, "update", "refused an update of the workload")                                       \
    X(FRAME, "frame", "refused a frame that another node had sent it")

enum ox_defect {
#define OX_DEFECT_ENUM(name, word, text) OX_DEFECT_##name,
    OX_DEFECT_MAP(OX_DEFECT_ENUM)
#undef OX_DEFECT_ENUM
        OX_DEFECT_COUNT
};
const char *ox_defect_word(enum ox_defect defect);
const char *ox_defect_about(enum ox_defect defect);

/* The phases of a run, in order. RUN: workload and faults. SETTLE: both have ended. QUIET (or
 * UNSETTLED): the end; the final reads follow. */
enum ox_phase { OX_PHASE_RUN, OX_PHASE_SETTLE, OX_PHASE_QUIET, OX_PHASE_UNSETTLED };
const char *ox_phase_word(enum ox_phase phase);

struct ox_obs_text { /* not terminated; may hold any UTF-8 */
    const char *data;
    size_t size;
};

struct ox_obs_span { /* the updates first..last of a replica */
    uint64_t replica;
    uint64_t first;
    uint64_t last;
};

struct ox_obs_stamp { /* in this order, the later update is the greater */
    uint64_t physical_ns;
    uint32_t logical;
    uint64_t replica;
};

/* What the element of a sequence that an update names has to do with it. */
enum ox_obs_names {
    OX_OBS_NAMES_NONE,
    OX_OBS_NAMES_BEFORE, /* an insert: `at` stands before the new element; n = 0: it is the first */
    OX_OBS_NAMES_TARGET  /* a deletion: of `at` */
};

struct ox_obs_dot {
    uint64_t replica;
    uint64_t n;
};

#define OX_NO_FAULT UINT32_MAX

struct ox_observation {
    enum ox_obs_kind kind;
    uint32_t node;                /* of FAULT and PHASE: 0 */
    uint64_t t_ns;                /* simulated time since the start of the run */
    struct ox_obs_text key, type; /* UPDATE, SEE, READ; ALARM, where it is about one (else of no
                                     size); type is the name of its data type */
    uint64_t have;                /* UPDATE: just before it; READ */
    uint64_t state;               /* SEE, READ: XXH3-64 of the object's canonical bytes */
    bool has_state;               /* SEE: only when the run verifies every see; READ: always */
    union {
        struct {
            uint64_t replica;
            bool disk; /* it comes back with the disk it had */
        } start;
        /* One per dot: a run of elements is told as so many updates of one element each. Inside an
         * or-map arg, stamp, names and at are those of the operation there. */
        struct {
            uint64_t replica, n;       /* the dot */
            struct ox_obs_text op;     /* verb: "add" */
            struct ox_obs_text arg;    /* JSON; of no size where the operation has none */
            struct ox_obs_stamp stamp; /* of an element of a sequence: (lamport, 0, replica) */
            bool has_stamp;            /* of types that keep stamps */
            enum ox_obs_names names;
            struct ox_obs_dot at;
            const struct ox_obs_text *path; /* or-map: keys, outermost first, each as JSON */
            size_t depth;                   /* of them */
            struct ox_obs_text inner_type;  /* or-map "update": what is at the path's end, */
            struct ox_obs_text inner_op;    /* and the verb there */
        } update;
        struct {
            const struct ox_obs_span *news;
            size_t count;
        } see;
        struct {
            struct ox_obs_text value; /* canonical JSON */
        } read;
        struct { /* SEND, DELIVER, DROP. `node` is the sender of a SEND, else the receiver */
            uint32_t peer;            /* the other end */
            uint64_t id;              /* a duplicate carries the id of its original */
            uint32_t bytes;           /* of the frame */
            const char *proto, *kind; /* SEND */
            bool duplicate;           /* DELIVER, DROP: this is the second copy */
            enum ox_drop_why why;     /* DROP */
            uint32_t fault; /* DROP: whose doing (index into the run's faults), or OX_NO_FAULT */
        } message;
        struct {
            uint32_t fault; /* index into the run's faults */
            bool on;
        } fault;
        struct {
            bool keeps_disk;
            uint32_t fault;
        } crash;
        struct {
            enum ox_defect why;
            struct ox_obs_text status; /* the node's own reason; of no size when it gave none */
        } alarm;
        struct {
            enum ox_phase phase;
            struct ox_obs_text why; /* UNSETTLED: what still moved */
        } phase;
    };
};

/* Whoever watches. `observe` must not call back into the run. */
struct ox_observer {
    void (*observe)(void *self, const struct ox_observation *observation);
    void *self;
};

#endif
