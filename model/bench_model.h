/* bench_model.h - what the testbed costs beyond SimGrid itself.
 *
 * Two runs of the same traffic, each in a process of its own, in turn: bare SimGrid (two actors per
 * node that send to random nodes and receive) and the testbed with the protocol `null` and nobody
 * observing. Printed are messages per second of processor time, which other programs on the machine
 * move less than wall time, and the ratio of each pair; who goes first alternates. Start and end of
 * a process count, so a child runs long enough to make them small.
 *
 * There are two rows. Over the short ways of a LAN both sides do the same work, and the target is a
 * median of at least 0.8. Over the long ways of a WAN they do not, and there is no target: several
 * messages are under way to a node at once, and the testbed has an actor that waits for each, so
 * that all are delivered when they arrive. The one bare receiver takes them in the order in which
 * they were sent; wherever ways differ in length it would deliver late. It does without those
 * actors, and they are most of the difference: given four more per node in the LAN, where one is
 * enough, the testbed slows down about as much.
 */
#ifndef OXBOW_MODEL_BENCH_MODEL_H
#define OXBOW_MODEL_BENCH_MODEL_H

/* `oxbow bench model [PAIRS]`; 5 pairs by default. An exit code of the program. */
int ox_bench_model(int argc, char **argv);

#endif
