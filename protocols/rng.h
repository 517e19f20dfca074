/* rng.h - the one source of chance in a node: a seeded value.
 *
 * Copying the value forks the stream; equal values draw equal numbers on every machine.
 * Blackman, Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 2021: xoshiro256**,
 * its state spread from the seed by splitmix64.
 */
#ifndef OXBOW_PROTOCOLS_RNG_H
#define OXBOW_PROTOCOLS_RNG_H

#include <stdint.h>

struct ox_rng {
    uint64_t state[4];
};

struct ox_rng ox_rng_of(uint64_t seed);
uint64_t ox_rng_next(struct ox_rng *rng);
/* Uniform in [0, bound), without bias; `bound` >= 1. */
uint64_t ox_rng_below(struct ox_rng *rng, uint64_t bound);

#endif
