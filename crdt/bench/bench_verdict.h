/* bench_verdict.h - what a measured figure says about a claimed one.
 *
 * A claim is an upper bound, in ns or bytes: less holds as well. One that is told as "about" so
 * much holds up to a quarter more; one that is told to a digit holds up to that digit.
 */
#ifndef OXBOW_CRDT_BENCH_VERDICT_H
#define OXBOW_CRDT_BENCH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#define OX_BENCH_ABOUT 0.25

enum ox_bench_verdict { OX_BENCH_HOLDS, OX_BENCH_FALSE, OX_BENCH_UNKNOWN };

/* UNKNOWN when there is no measured figure (NaN, or not above zero). */
enum ox_bench_verdict ox_bench_judge(double measured, double bound, bool about);
/* "holds (-59 %)": how far the measured figure is from the bound. */
void ox_bench_say(char *text, size_t size, double measured, double bound, bool about);
/* Whether the bytes that a structure counts are those that the allocator handed out for it, up to
 * what the allocator itself takes: a tenth, a few heads and roundings per object, and what it keeps
 * for the next call. */
bool ox_bench_honest(double counted, double in_use, double objects);

#endif
