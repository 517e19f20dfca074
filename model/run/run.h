/* run.h - what the parts of one simulated run share.
 *
 *       alarm actor (control host)            resident actors (a few on every node's host)
 *         pops the heap:                        wait for a transfer to end:
 *         ticks, updates, faults, reads,        a message arrives
 *         messages after jitter
 *                 \                                /
 *                  v                              v
 *                 host.c: one step of one node, observed
 *                                 |
 *                                 v
 *                 network.c: its messages, SimGrid transfers or alarms
 *
 * All actors run in turn on one thread, and another one may run at every call into SimGrid that
 * blocks (a "simcall": sending, moving, creating an actor). So a step, its observations and its
 * bookkeeping happen without a simcall among them, and whatever comes after one looks again.
 */
#ifndef OXBOW_MODEL_RUN_RUN_H
#define OXBOW_MODEL_RUN_RUN_H

#include "model/platform/platform.h"
#include "model/run/heap.h"
#include "model/world.h"

#include <simgrid/actor.h>
#include <simgrid/mailbox.h>
#include <simgrid/semaphore.h>

struct ox_run;
struct ox_record;

/* ---- messages ---- */

/* The bytes of a frame, shared by the messages that carry them. */
struct ox_parcel {
    uint32_t references;
    uint32_t size;
    uint8_t bytes[];
};

/* One message, from its SEND to its DELIVER or DROP, and until the network has let go of it. While
 * it can still arrive it is in two lists: `leaving` of its sender and `coming` of its receiver. */
struct ox_message {
    struct ox_message *next; /* in a batch or the free list */
    struct ox_message *leaving_next, *leaving_last;
    struct ox_message *coming_next, *coming_last;
    struct ox_host *from, *to;
    struct ox_parcel *parcel;
    uint64_t id;
    uint64_t jitter_ns; /* after the transfer */
    uint64_t again_ns;  /* the second copy comes so long after the first; 0: there is none */
    uint32_t lost_by, late_by, twice_by; /* faults, or OX_NO_FAULT */
    bool lost;
    bool duplicate; /* it is a second copy */
    bool cut;       /* it was dropped while the network still held it */
};

/* Messages of one or more steps, observed and on their way to the network. */
struct ox_batch {
    struct ox_message *first;
    struct ox_message **end; /* NULL: empty */
};

/* ---- hosts ---- */

/* A place for a node: what survives the node's crash is here. */
struct ox_host {
    struct ox_run *run;
    uint32_t number;
    struct ox_node *node; /* NULL: the node is down */
    sg_host_t place;
    sg_mailbox_t mailbox; /* of the resident actors */
    uint32_t waiting;     /* residents that wait for a message */
    uint32_t queued;      /* messages that wait for a resident: one is being made for each */
    uint64_t incarnation;
    uint64_t deadline_ns; /* of the node, as last asked for; OX_NEVER: none */
    struct ox_buf log;    /* the disk */
    bool keeps_log;       /* a crash may keep the disk; otherwise nobody reads it */
    bool has_disk;        /* it has lived before and nothing was lost since */
    bool off_at_start;    /* its platform's profile begins so */
    uint32_t down_by;     /* the fault that stopped it, or OX_NO_FAULT */
    struct ox_message *leaving_first, *leaving_end;
    struct ox_message *coming_first, *coming_end;
};

/* ---- the run ---- */

/* A change of the data: who moved last is named when a run does not become quiet. */
struct ox_move {
    uint64_t t_ns;
    uint32_t node;
    uint32_t name_size;
    char name[48]; /* cut when longer */
};
#define OX_MOVES_KEPT 3

struct ox_run {
    const struct ox_world_config *config;
    const struct ox_observer *observers;
    size_t observer_count;
    struct ox_record *record; /* NULL: not recorded */
    GError *error;            /* the run stops at the first */

    struct ox_platform platform;
    struct ox_host *hosts;
    uint32_t live; /* hosts with a node */
    bool profiled; /* the platform is the user's: its profiles may turn hosts off at any time */
    bool resident; /* there are resident actors: flow, or a profiled platform */
    bool started;  /* every first resident listens */
    bool ended;

    struct ox_heap heap;
    sg_sem_t alarm_moved;        /* released to wake the alarm actor before its time */
    uint64_t alarm_sleeps_until; /* 0: it is awake */
    aid_t alarm_actor;

    struct ox_network_state *network;
    struct ox_faults_state *faults;
    struct ox_workload_state *workload;

    enum ox_phase phase;
    uint64_t settle_from_ns;
    uint64_t last_change_ns; /* what quiet counts from */
    struct ox_move moves[OX_MOVES_KEPT];
    uint64_t move_count;

    ox_peer *peers; /* all nodes but number `peers_without` */
    uint32_t peers_without;
    struct ox_buf scratch, text;
    struct ox_world_stats stats;
};

/* ---- world.c ---- */
/* The simulated time in nanoseconds: the one place where SimGrid's seconds are converted. */
uint64_t ox_run_now(void);
void ox_run_observe(const struct ox_run *run, const struct ox_observation *observation);
/* Wakes the alarm actor if it would sleep past the next alarm. A simcall: every actor but the alarm
 * actor calls it after it has put alarms into the heap, once its bookkeeping is done. */
void ox_run_wake(struct ox_run *run);
/* Ends the run with code 70. */
void ox_run_fail(struct ox_run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The alarm actor goes where nothing can stop it. A simcall, unless it is there. */
void ox_run_go_home(struct ox_run *run);
/* Someone's data changed. */
void ox_run_moved(struct ox_run *run, uint32_t node, struct ox_bytes name);

#endif
