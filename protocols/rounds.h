/* rounds.h - points in time that repeat: phase, phase + interval, phase + 2 intervals, ...
 *
 * Each node draws its own phase, so that nodes started together do not all talk at once. A late
 * tick skips what it missed and the grid stays where it was.
 */
#ifndef OXBOW_PROTOCOLS_ROUNDS_H
#define OXBOW_PROTOCOLS_ROUNDS_H

#include "protocols/protocol.h"

struct ox_rounds {
    uint64_t phase_ns;
    uint64_t interval_ns; /* >= 1 */
};

/* The grid of a node that starts at `now_ns`: its phase is drawn from [now, now + interval). */
struct ox_rounds ox_rounds_start(struct ox_node *node, uint64_t now_ns, uint64_t interval_ns);
/* The first point after `now_ns`; OX_NEVER beyond the end of time. */
uint64_t ox_rounds_after(const struct ox_rounds *rounds, uint64_t now_ns);

#endif
