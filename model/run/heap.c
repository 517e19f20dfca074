#include "model/run/heap.h"

#include <assert.h>
#include <glib.h>

static bool before(const struct ox_alarm *a, const struct ox_alarm *b) {
    if (a->at_ns != b->at_ns)
        return a->at_ns < b->at_ns;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return a->sequence < b->sequence;
}

void ox_heap_free(struct ox_heap *heap) {
    g_free(heap->alarms);
    *heap = (struct ox_heap){0};
}

void ox_heap_push(struct ox_heap *heap, struct ox_alarm alarm) {
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity ? 2 * heap->capacity : 256;
        heap->alarms = g_renew(struct ox_alarm, heap->alarms, heap->capacity);
    }
    alarm.sequence = heap->pushed++;
    size_t hole = heap->count++;
    while (hole > 0 && before(&alarm, &heap->alarms[(hole - 1) / 2])) {
        heap->alarms[hole] = heap->alarms[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap->alarms[hole] = alarm;
}

uint64_t ox_heap_next_ns(const struct ox_heap *heap) {
    return heap->count ? heap->alarms[0].at_ns : UINT64_MAX;
}

struct ox_alarm ox_heap_pop(struct ox_heap *heap) {
    assert(heap->count > 0);
    struct ox_alarm first = heap->alarms[0];
    struct ox_alarm last = heap->alarms[--heap->count];
    size_t hole = 0;
    for (;;) {
        size_t child = 2 * hole + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && before(&heap->alarms[child + 1], &heap->alarms[child]))
            child++;
        if (!before(&heap->alarms[child], &last))
            break;
        heap->alarms[hole] = heap->alarms[child];
        hole = child;
    }
    if (heap->count > 0)
        heap->alarms[hole] = last;
    return first;
}
