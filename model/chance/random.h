/* random.h - every random choice of a run, as a function of the seed.
 *
 * There is no state that draws advance: a draw is a hash of (seed, stream, which one). So a choice
 * never depends on how many others were made before it. A message more, a node less or another
 * order of events shifts nothing elsewhere, and a shrunk scenario keeps the luck of the long one.
 *
 *     loss of the 7th message 3 -> 4  =  hash(seed, LOSS, 3, 4, 7)
 *
 * The hash is a chain of splitmix64 finalizers (Steele, Lea, Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014), one per word.
 */
#ifndef OXBOW_MODEL_CHANCE_RANDOM_H
#define OXBOW_MODEL_CHANCE_RANDOM_H

#include <stdint.h>

/* What a draw is for; and what its three words name. Appending keeps the digests of old seeds. */
enum ox_stream {
    OX_STREAM_NODE_SEED, /* node, incarnation */
    OX_STREAM_LOSS,      /* pair, message of the pair, source of loss */
    OX_STREAM_DUPLICATE, /* likewise */
    OX_STREAM_JITTER,    /* likewise */
    OX_STREAM_AGAIN,     /* likewise: the jitter of the second copy */
    OX_STREAM_ARRIVAL,   /* update */
    OX_STREAM_WHO,       /* update, attempt */
    OX_STREAM_KEY,       /* update */
    OX_STREAM_VERB,      /* update */
    OX_STREAM_ARGUMENT,  /* update */
    OX_STREAM_READ       /* round of reads, node */
};

uint64_t ox_random(uint64_t seed, enum ox_stream stream, uint64_t a, uint64_t b, uint64_t c);
/* Uniform in [0, 1), in steps of 2^-53. */
double ox_random_unit(uint64_t seed, enum ox_stream stream, uint64_t a, uint64_t b, uint64_t c);
/* Scales 64 random bits to 0 .. bound-1; bound >= 1. */
uint64_t ox_random_below(uint64_t bits, uint64_t bound);
double ox_random_to_unit(uint64_t bits);

#endif
