/* support_dice.h - seeded random numbers for tests: xorshift64*, the same everywhere. */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_DICE_H
#define OXBOW_PROPS_TESTS_SUPPORT_DICE_H

#include <stdint.h>

struct dice {
    uint64_t state; /* not 0 */
};

static inline uint64_t dice_next(struct dice *dice) {
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return dice->state * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 .. sides - 1 */
static inline uint64_t dice_roll(struct dice *dice, uint64_t sides) {
    return (dice_next(dice) >> 16) % sides;
}

/* Numbers of all sizes, small ones and the edges of CBOR's heads more often. */
static inline uint64_t dice_number(struct dice *dice) {
    static const uint64_t edges[] = {0,
                                     23,
                                     24,
                                     255,
                                     256,
                                     65535,
                                     65536,
                                     UINT32_MAX,
                                     INT64_MAX,
                                     UINT64_MAX,
                                     UINT32_MAX + UINT64_C(1)};
    if (dice_roll(dice, 2) == 0)
        return edges[dice_roll(dice, sizeof edges / sizeof *edges)];
    return dice_next(dice) >> dice_roll(dice, 64);
}

#endif
