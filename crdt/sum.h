/* sum.h - the exact sum of up to 2^32 numbers of 64 bits: what a counter reads.
 *
 * 128 bits in two's complement, in two words instead of a 128-bit type, whose division would need
 * the compiler's run-time library. Zero-initialised is 0.
 */
#ifndef OXBOW_CRDT_SUM_H
#define OXBOW_CRDT_SUM_H

#include "crdt/buf.h"

struct ox_sum {
    uint64_t high;
    uint64_t low;
};

static inline void ox_sum_add(struct ox_sum *sum, int64_t number) {
    uint64_t low = (uint64_t)number;
    sum->low += low;
    sum->high += (sum->low < low) + (number < 0 ? UINT64_MAX : 0);
}
void ox_sum_subtract(struct ox_sum *sum, int64_t number);
/* The sum, or the end of int64 that it lies beyond. */
int64_t ox_sum_read(const struct ox_sum *sum);
void ox_sum_json(const struct ox_sum *sum, struct ox_buf *out); /* in decimal */

#endif
