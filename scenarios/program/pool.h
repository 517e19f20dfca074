/* pool.h - work in forked children, some at a time.
 *
 *     parent                           child i
 *       fork ------------------------->  work(i)
 *       collects  <--- one pipe -------  its result
 *       keeps the last of  <-- stderr -  whatever it complains
 *       learns how it ended  <---------  exit, or a signal
 *
 * A simulation has one engine per process, and may die of an assertion in code under test: in a
 * child neither harms the parent. Results come as they are ready; the caller files them by index,
 * so that nothing depends on how many ran at once. Interrupting the parent (SIGINT, SIGTERM) ends
 * its children and lets it clean up.
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_POOL_H
#define OXBOW_SCENARIOS_PROGRAM_POOL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct ox_pool_result {
    const char *output; /* what `work` appended; borrowed, empty unless `code` is 0 */
    int code;           /* 0; 65 or 70 by the code of work's error; 70 when the child died */
    const char
        *wrong; /* why, in a sentence, then the last lines of its stderr; "" when all is well */
    double wall_s;
    uint64_t rss_max_kib;
};

struct ox_pool {
    size_t count;
    const size_t *order; /* the jobs in the order in which they begin; NULL: 0, 1, 2 ... */
    unsigned at_once;    /* >= 1 */
    /* In the child: appends the result; false with an error of code 65 or 70. */
    bool (*work)(void *context, size_t job, GString *output, GError **error);
    /* In the parent, once for each job. False: begin no more. */
    bool (*done)(void *context, size_t job, const struct ox_pool_result *result);
    void *context;
};

/* False when it was interrupted, or a child could not be started: jobs are then missing. */
bool ox_pool_run(const struct ox_pool *pool);
/* The signal that interrupted a pool of this process, or 0. */
int ox_pool_interrupted(void);

#endif
