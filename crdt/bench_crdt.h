/* bench_crdt.h - what the data types cost: time and bytes, and the claims and numbers about them.
 *
 * One table: per type and size ns per operation and bytes per entry; then small deltas and joins of
 * whole states; then claims C16 and C19 (the figures that a comparable system states for itself),
 * each with our figure, the conditions it was measured under, and a verdict; then the numbers that
 * the types are built to reach. Every sample is taken in a process of its own, and the median of
 * the samples is shown. Times below 30 ns move by up to 2x between processes on a shared machine.
 */
#ifndef OXBOW_CRDT_BENCH_CRDT_H
#define OXBOW_CRDT_BENCH_CRDT_H

/* `oxbow bench crdt [--quick] [--json]`: stdout has the results, stderr the progress. An exit code
 * of the program; a false claim is a result, not a failure. */
int ox_bench_crdt(int argc, char **argv);

#endif
