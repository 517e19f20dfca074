/* sequence/order.h - runs in the order of their dots, by counting instead of comparing.
 *
 *     runs in the line      7:40..42   7:1..9   3:5   7:10..12
 *     in order of dots      3:5   7:1..9   7:10..12   7:40..42
 *
 * The line of a text that was edited much is in no order of dots at all, where a sort by comparison
 * guesses wrong at every other step. A radix sort, least digit first, passes over the keys once for
 * each digit in which they differ: twice or three times for a hundred thousand edits. Knuth, The
 * Art of Computer Programming 3, 5.2.5.
 */
#ifndef OXBOW_CRDT_SEQUENCE_ORDER_H
#define OXBOW_CRDT_SEQUENCE_ORDER_H

#include "crdt/status.h"

#include <stdint.h>

struct ox_order_key {
    uint64_t n;
    uint32_t replica; /* a number, or a rank */
    uint32_t run;     /* whatever the caller is to find again */
};

/* Ascending by replica, then n; equal ones as they stood. OX_NOMEM: in no order. Cost: O(count). */
enum ox_status ox_order_keys(struct ox_order_key *keys, uint32_t count);

#endif
