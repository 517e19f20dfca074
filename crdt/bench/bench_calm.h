/* bench_calm.h - times are taken while the core is the benchmark's own.
 *
 * On a machine that others share, something else often runs on the same core, and for some tenths
 * of a second everything takes up to twice as long. A short loop of independent operations, of
 * which a core does as many at once as it can, is slowed down most by that and so tells it. Whoever
 * is about to time something waits until the loop is about as fast as it ever was. All processes
 * together wait for so long at most; after that times are taken as they come, and are counted.
 */
#ifndef OXBOW_CRDT_BENCH_CALM_H
#define OXBOW_CRDT_BENCH_CALM_H

#include <stdbool.h>
#include <stddef.h>

struct ox_bench_calm {
    double best_ns;   /* of the loop, in any process */
    double left_ns;   /* that may still be waited for */
    double waited_ns; /* in all */
    size_t times;     /* how often something was timed, */
    size_t disturbed; /* and how often of these it began without calm */
};

/* Before the first child: what follows is shared with all children. False: no memory, and nobody
 * waits. */
bool ox_bench_calm_begin(double most_seconds);
/* Before something is timed. */
void ox_bench_calm_wait(void);
/* As it is now; NULL before the beginning. */
const struct ox_bench_calm *ox_bench_calm(void);
/* The same as a sentence for people. */
void ox_bench_calm_print(void);

#endif
