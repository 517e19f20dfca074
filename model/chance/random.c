#include "model/chance/random.h"

#include <assert.h>

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)

/* splitmix64's finalizer: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t absorb(uint64_t state, uint64_t word) {
    return mix((state ^ word) + GOLDEN_GAMMA);
}

uint64_t ox_random(uint64_t seed, enum ox_stream stream, uint64_t a, uint64_t b, uint64_t c) {
    uint64_t state = absorb(seed, (uint64_t)stream + 1);
    state = absorb(state, a);
    state = absorb(state, b);
    return absorb(state, c);
}

double ox_random_to_unit(uint64_t bits) {
    return (double)(bits >> 11) * 0x1p-53;
}

double ox_random_unit(uint64_t seed, enum ox_stream stream, uint64_t a, uint64_t b, uint64_t c) {
    return ox_random_to_unit(ox_random(seed, stream, a, b, c));
}

/* The upper half of bits x bound, by 32-bit halves: no bias worth naming below 2^32, and no
 * modulo. */
uint64_t ox_random_below(uint64_t bits, uint64_t bound) {
    assert(bound >= 1);
    uint64_t high = bits >> 32, low = bits & UINT32_MAX;
    uint64_t bound_high = bound >> 32, bound_low = bound & UINT32_MAX;
    uint64_t middle = high * bound_low + ((low * bound_low) >> 32);
    uint64_t other = low * bound_high + (middle & UINT32_MAX);
    return high * bound_high + (middle >> 32) + (other >> 32);
}
