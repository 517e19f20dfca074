/* The heap of alarms against an obvious twin: a list, searched whole. */
#include "model/run/heap.h"
#include "model/chance/random.h"

#include <glib.h>

static struct ox_alarm pop(struct ox_heap *heap) {
    uint64_t next_ns = ox_heap_next_ns(heap);
    struct ox_alarm alarm = ox_heap_pop(heap);
    g_assert_cmpuint(alarm.at_ns, ==, next_ns);
    return alarm;
}

static void push(struct ox_heap *heap, uint64_t at_ns, enum ox_alarm_class kind, uint32_t subject) {
    ox_heap_push(heap, (struct ox_alarm){.at_ns = at_ns, .kind = kind, .subject = subject});
}

static void test_time_then_class_then_first_come(void) {
    struct ox_heap heap = {0};
    g_assert_cmpuint(ox_heap_next_ns(&heap), ==, UINT64_MAX);
    push(&heap, 7, OX_ALARM_TICK, 4);
    push(&heap, 5, OX_ALARM_READ, 3);
    push(&heap, 5, OX_ALARM_TICK, 1);
    push(&heap, 5, OX_ALARM_TICK, 2);
    push(&heap, 5, OX_ALARM_FAULT_OFF, 0);
    for (uint32_t i = 0; i < 5; i++)
        g_assert_cmpuint(pop(&heap).subject, ==, i);
    g_assert_cmpuint(ox_heap_next_ns(&heap), ==, UINT64_MAX);
    ox_heap_free(&heap);
}

static gint in_order(gconstpointer a, gconstpointer b) {
    const struct ox_alarm *x = a, *y = b;
    if (x->at_ns != y->at_ns)
        return x->at_ns < y->at_ns ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->subject < y->subject ? -1 : 1; /* the order of pushing */
}

/* Pushes and pops in turn, with few times and classes so that there are many ties. */
static void test_against_a_list(void) {
    struct ox_heap heap = {0};
    GArray *list = g_array_new(FALSE, FALSE, sizeof(struct ox_alarm));
    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t bits = ox_random(1, OX_STREAM_WHO, i, 0, 0);
        if (bits % 5 < 3 || list->len == 0) {
            struct ox_alarm alarm = {.at_ns = (bits >> 8) % 20,
                                     .kind = (enum ox_alarm_class)((bits >> 16) % 4),
                                     .subject = i};
            ox_heap_push(&heap, alarm);
            g_array_append_val(list, alarm);
        } else {
            guint first = 0;
            for (guint k = 1; k < list->len; k++) {
                if (in_order(&g_array_index(list, struct ox_alarm, k),
                             &g_array_index(list, struct ox_alarm, first)) < 0)
                    first = k;
            }
            g_assert_cmpuint(pop(&heap).subject, ==,
                             g_array_index(list, struct ox_alarm, first).subject);
            g_array_remove_index_fast(list, first);
        }
    }
    g_assert_cmpuint(heap.count, ==, list->len);
    g_array_free(list, TRUE);
    ox_heap_free(&heap);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/heap/time-then-class-then-first-come", test_time_then_class_then_first_come);
    g_test_add_func("/heap/against-a-list", test_against_a_list);
    return g_test_run();
}
