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
 * so that nothing depends on how many ran at once. A signal that would end the parent ends its
 * children and lets it clean up; see process.h.
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_POOL_H
#define OXBOW_SCENARIOS_PROGRAM_POOL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct ox_pool_result {
    const char *output; /* what `work` appended; borrowed, empty unless `code` is 0 */
    int code;           /* 0; of work's error as ox_exit_of_error says; 70 when the child died */
    const char
        *wrong; /* why, in a sentence, then the last lines of its stderr; "" when all is well */
    double wall_s;
    uint64_t rss_max_kib;
};

struct ox_pool {
    size_t count;
    const size_t *order; /* the jobs in the order in which they begin; NULL: 0, 1, 2 ... */
    unsigned at_once;    /* >= 1 */
    /* In the child: appends the result; false with an error. */
    bool (*work)(void *context, size_t job, GString *output, GError **error);
    /* In the parent, once for each job. False: begin no more. */
    bool (*done)(void *context, size_t job, const struct ox_pool_result *result);
    void *context;
};

/* Catches signals from here on. False when one came, or a child could not be started: jobs are then
 * missing. */
bool ox_pool_run(const struct ox_pool *pool);

#endif
