/* bench_measure.h - figures of one type at one size, measured in a process of their own.
 *
 * A child builds, times and counts; the parent reads the figures from a pipe. Times are of
 * CLOCK_MONOTONIC around batches, after a first round that warms up; what the timed calls answer
 * flows into a sum that the child hands over, so that none can be left out. A figure that a type
 * does not have (a removal from a g-set) is NaN.
 */
#ifndef OXBOW_CRDT_BENCH_MEASURE_H
#define OXBOW_CRDT_BENCH_MEASURE_H

#include "crdt/object.h"

/* X(name, unit, what it is) */
#define OX_BENCH_FIGURES(X)                                                                        \
    X(ADD, "ns", "a new entry, without a delta: the mean of filling from nothing")                 \
    X(ADD_DELTA, "ns", "a new entry, with the delta")                                              \
    X(AGAIN, "ns", "an update of an entry that is there, any one, without a delta")                \
    X(AGAIN_DELTA, "ns", "an update of an entry that is there, with the delta")                    \
    X(READ, "ns", "membership of any entry; of counters the whole sum; of registers the value")    \
    X(REMOVE, "ns", "the removal of any entry, with the delta")                                    \
    X(BYTES, "B", "bytes per entry, all bookkeeping and the object itself counted")                \
    X(HEAP, "B", "bytes per entry that the allocator handed out")                                  \
    X(ENCODE, "ns", "encoding the full state, per entry")                                          \
    X(DECODE, "ns", "decoding the full state with all checks, per entry")                          \
    X(WIRE, "B", "encoded bytes per entry")                                                        \
    X(JOIN_ONE, "ns", "joining a delta of one new entry")

/* Figures that have a size of their own. */
#define OX_BENCH_PAIRS(X)                                                                          \
    X(TEN_ENCODE, "ns", "encoding a delta of 10 entries")                                          \
    X(TEN_DECODE, "ns", "decoding it with all checks")                                             \
    X(TEN_WIRE, "B", "its bytes")                                                                  \
    X(ONE_WIRE, "B", "the bytes of a delta of one entry, its replica's tenth")                     \
    X(JOIN_10K, "ns", "joining a delta of one new entry into 10 thousand")                         \
    X(DISJOINT, "us", "joining 10 thousand entries with 10 thousand others")                       \
    X(IDENTICAL, "us", "joining 10 thousand entries with the same")

/* Figures of the claims and numbers, beside the table. */
#define OX_BENCH_SINGLES(X)                                                                        \
    X(INC, "ns", "g-counter increment, no delta")                                                  \
    X(INC_DELTA, "ns", "g-counter increment with its delta")                                       \
    X(SET, "ns", "lww set of a number, no delta")                                                  \
    X(SET_DELTA, "ns", "lww set of a number with its delta")                                       \
    X(GCOUNTER_BYTES, "B", "a g-counter that one replica counted on")                              \
    X(PNCOUNTER_BYTES, "B", "a pn-counter that one replica counted on")                            \
    X(LWW_BYTES, "B", "an lww-register with a number")                                             \
    X(NODE_BYTES, "B", "an or-map of 1000 registers, each written by its own replica")             \
    X(MARSHAL, "ns", "encoding an or-set of 10 elements")                                          \
    X(UNMARSHAL, "ns", "decoding an or-set of 10 elements with all checks")                        \
    X(RGA_OP, "B", "an rga's operation: one character typed on, the 100 thousandth")               \
    X(RGA_DELTA, "B", "its delta")

enum ox_bench_figure {
#define OX_BENCH_ENUM(name, unit, about) OX_BENCH_##name,
    OX_BENCH_FIGURES(OX_BENCH_ENUM) OX_BENCH_FIGURE_COUNT
};
enum ox_bench_pair { OX_BENCH_PAIRS(OX_BENCH_ENUM) OX_BENCH_PAIR_COUNT };
enum ox_bench_single {
    OX_BENCH_SINGLES(OX_BENCH_ENUM)
#undef OX_BENCH_ENUM
        OX_BENCH_SINGLE_COUNT
};
#define OX_BENCH_MOST 16 /* of any kind */

/* Each fills `figures`; false, with a word on stderr, when the child failed. `entries` >= 100. */
bool ox_bench_measure(const struct ox_type *type, uint64_t entries, double *figures);
bool ox_bench_measure_pairs(const struct ox_type *type, double *figures);
bool ox_bench_measure_singles(double *figures);

#endif
