/* heap.h - what is due, in order of (time, class, sequence).
 *
 * One binary heap holds everything that will happen by itself in a run: deadlines of nodes,
 * deliveries after jitter, updates, faults, reads, the phases. At one time the classes go in the
 * order of the enumeration, and within a class first come, first served: so the order of a run is
 * never left to chance.
 *
 * An alarm is not taken back: who armed it checks, when it fires, whether it still means anything.
 * Cost: O(log alarms) each.
 */
#ifndef OXBOW_MODEL_RUN_HEAP_H
#define OXBOW_MODEL_RUN_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ox_alarm_class {
    OX_ALARM_FAULT_OFF, /* subject: the fault */
    OX_ALARM_SETTLE,    /* the RUN phase ends */
    OX_ALARM_FAULT_ON,  /* subject: the fault */
    OX_ALARM_RESTART,   /* subject: the node, detail: the fault */
    OX_ALARM_CRASH,     /* likewise */
    OX_ALARM_ARRIVE,    /* message: it has crossed the network */
    OX_ALARM_DELIVER,   /* message: its jitter is over */
    OX_ALARM_TICK,      /* subject: the node whose deadline has come */
    OX_ALARM_UPDATE,    /* the next update of the workload */
    OX_ALARM_READ,      /* the next round of reads */
    OX_ALARM_QUIET,     /* it may be quiet now */
    OX_ALARM_LIMIT      /* the settle phase has lasted long enough */
};

struct ox_message;

struct ox_alarm {
    uint64_t at_ns;
    uint64_t sequence; /* given by ox_heap_push */
    enum ox_alarm_class kind;
    uint32_t subject;
    uint32_t detail;
    struct ox_message *message;
};

/* Zero-initialised is empty and valid. */
struct ox_heap {
    struct ox_alarm *alarms;
    size_t count;
    size_t capacity;
    uint64_t pushed;
};

void ox_heap_free(struct ox_heap *heap);
void ox_heap_push(struct ox_heap *heap, struct ox_alarm alarm);
/* UINT64_MAX when the heap is empty. */
uint64_t ox_heap_next_ns(const struct ox_heap *heap);
/* The first alarm, taken out; the heap is not empty. */
struct ox_alarm ox_heap_pop(struct ox_heap *heap);

#endif
