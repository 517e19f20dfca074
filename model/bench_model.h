/* bench_model.h - what the testbed costs beyond SimGrid itself.
 *
 * Two runs of the same traffic, each in a process of its own, in turn: bare SimGrid (two actors per
 * node that send to random nodes and receive) and the testbed with the protocol `null` and nobody
 * observing. Printed are messages per second of processor time, which other programs on the machine
 * move less than wall time, and the ratio of each pair; the target is a median of at least 0.8.
 *
 * Latencies are a LAN's: the bare receiver takes messages in the order in which they were sent, so
 * over long ways it would not even deliver them when they arrive.
 */
#ifndef OXBOW_MODEL_BENCH_MODEL_H
#define OXBOW_MODEL_BENCH_MODEL_H

/* `oxbow bench model [PAIRS]`; 5 pairs by default. An exit code of the program. */
int ox_bench_model(int argc, char **argv);

#endif
