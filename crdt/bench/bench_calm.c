#include "crdt/bench/bench_calm.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

/* A loop takes some 20 us; the first ones find out how fast it can be. */
enum { CHAINS = 8, ROUNDS = 5000, FIRST_LOOPS = 2000 };
static const double TOLERANCE = 1.15;
static const struct timespec PAUSE = {0, 1000000};

static struct ox_bench_calm *calm;
static volatile uint64_t sink;

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double time_loop(void) {
    uint64_t chains[CHAINS] = {1, 2, 3, 4, 5, 6, 7, 8};
    double from = now_ns();
    for (uint64_t i = 0; i < ROUNDS; i++)
        for (int k = 0; k < CHAINS; k++)
            chains[k] += (chains[k] >> 3) ^ i;
    double took = now_ns() - from;
    for (int k = 0; k < CHAINS; k++)
        sink += chains[k];
    return took;
}

static bool is_calm(void) {
    double took = time_loop();
    if (took < calm->best_ns)
        calm->best_ns = took;
    return took <= calm->best_ns * TOLERANCE;
}

bool ox_bench_calm_begin(double most_seconds) {
    void *page =
        mmap(NULL, sizeof *calm, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return false;
    calm = page;
    *calm = (struct ox_bench_calm){.best_ns = time_loop(), .left_ns = most_seconds * 1e9};
    for (int i = 0; i < FIRST_LOOPS; i++)
        is_calm();
    return true;
}

void ox_bench_calm_wait(void) {
    if (calm == NULL)
        return;
    double from = now_ns(), waited = 0;
    bool good = is_calm();
    while (!good && waited < calm->left_ns) {
        nanosleep(&PAUSE, NULL);
        good = is_calm();
        waited = now_ns() - from;
    }
    calm->left_ns -= waited;
    calm->waited_ns += waited;
    calm->times++;
    calm->disturbed += !good;
}

const struct ox_bench_calm *ox_bench_calm(void) {
    return calm;
}

void ox_bench_calm_print(void) {
    if (calm == NULL)
        return;
    printf("Waited %.1f s in all until nothing else ran on the core; %zu of %zu times were taken "
           "without that.\n",
           calm->waited_ns / 1e9, calm->disturbed, calm->times);
}
