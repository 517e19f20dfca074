/* rng.c - xoshiro256**, see rng.h. */
#include "protocols/rng.h"

#include <assert.h>

static uint64_t rotate_left(uint64_t x, unsigned by) {
    return (x << by) | (x >> (64 - by));
}

struct ox_rng ox_rng_of(uint64_t seed) {
    struct ox_rng rng;
    for (int i = 0; i < 4; i++) { /* splitmix64: a zero seed still fills the state */
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        rng.state[i] = z ^ (z >> 31);
    }
    return rng;
}

uint64_t ox_rng_next(struct ox_rng *rng) {
    uint64_t *s = rng->state;
    uint64_t drawn = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return drawn;
}

uint64_t ox_rng_below(struct ox_rng *rng, uint64_t bound) {
    assert(bound >= 1);
    /* Whole multiples of `bound` only: the few numbers above the last one are drawn again. */
    uint64_t end = UINT64_MAX - UINT64_MAX % bound;
    uint64_t drawn;
    do {
        drawn = ox_rng_next(rng);
    } while (drawn >= end);
    return drawn % bound;
}
