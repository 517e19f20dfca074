#include "crdt/bench/bench_verdict.h"

#include <math.h>
#include <stdio.h>

/* Of one object: up to six blocks, each with a head of 8 bytes and rounded up to 16; of a process:
 * small blocks that were given back and count as in use. */
enum { BYTES_PER_OBJECT = 144, BYTES_KEPT = 16384 };

enum ox_bench_verdict ox_bench_judge(double measured, double bound, bool about) {
    if (isnan(measured) || measured <= 0)
        return OX_BENCH_UNKNOWN;
    double most = about ? bound * (1 + OX_BENCH_ABOUT) : bound;
    return measured <= most ? OX_BENCH_HOLDS : OX_BENCH_FALSE;
}

void ox_bench_say(char *text, size_t size, double measured, double bound, bool about) {
    static const char *const words[] = {"holds", "FALSE"};
    enum ox_bench_verdict verdict = ox_bench_judge(measured, bound, about);
    if (verdict == OX_BENCH_UNKNOWN)
        snprintf(text, size, "unknown (not measured)");
    else
        snprintf(text, size, "%s (%+.0f %%)", words[verdict], 100 * (measured / bound - 1));
}

bool ox_bench_honest(double counted, double in_use, double objects) {
    return in_use >= counted * 0.99 &&
           in_use <= counted * 1.10 + objects * BYTES_PER_OBJECT + BYTES_KEPT;
}
