/* rounds.c - points in time that repeat, see rounds.h. */
#include "protocols/rounds.h"

#include <assert.h>

static uint64_t add_saturated(uint64_t a, uint64_t b) {
    return a > OX_NEVER - b ? OX_NEVER : a + b;
}

struct ox_rounds ox_rounds_start(struct ox_node *node, uint64_t now_ns, uint64_t interval_ns) {
    assert(interval_ns >= 1);
    uint64_t phase = ox_node_random(node, interval_ns);
    return (struct ox_rounds){add_saturated(now_ns, phase), interval_ns};
}

uint64_t ox_rounds_after(const struct ox_rounds *rounds, uint64_t now_ns) {
    if (now_ns < rounds->phase_ns)
        return rounds->phase_ns;
    uint64_t since = (now_ns - rounds->phase_ns) % rounds->interval_ns;
    return add_saturated(now_ns, rounds->interval_ns - since);
}
