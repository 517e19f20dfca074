/* support_world.h - simulated runs for tests: a world to start from, a child to run it in, and what
 * was seen of it.
 *
 * SimGrid runs once per process, so every run is in a child. A story that is told in a child
 * asserts there; its failure fails the test.
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_WORLD_H
#define OXBOW_PROPS_TESTS_SUPPORT_WORLD_H

#include "model/trace.h"
#include "model/world.h"

#define OX_TEST_REGIONS 5u

/* ---- worlds ---- */

/* Nodes in the five AWS regions of the measured table (see support_world.c), protocol `delta` at 1
 * s with repair every 10 s; g-counters and or-sets, 20 updates/s until 20 s of 30 s; no faults. To
 * be changed as the test likes; ox_world_config_clear frees it. */
void ox_test_world(struct ox_world_config *config, uint32_t nodes);
/* The same without updates, with the protocol `null`: three messages of each node per second. */
void ox_test_chatter(struct ox_world_config *config, uint32_t nodes);
/* Adds a fault at `at_s` for `for_s` (0: forever); the rest is for the test to fill in. */
struct ox_fault *ox_test_fault(struct ox_world_config *config, enum ox_fault_kind kind,
                               const char *name, double at_s, double for_s);
/* Names the nodes of a crash fault. */
void ox_test_crash_nodes(struct ox_fault *fault, uint32_t first, uint32_t count);
uint64_t ox_test_seconds(double seconds);

/* ---- children ---- */

/* Tells the story in a child, and fails the test if the child fails. */
void ox_test_in_child(void (*story)(void *data), void *data);
/* Memory that a child shares with its parent, zeroed; munmap'ed at exit. */
void *ox_test_shared(size_t size);

/* ---- what was seen ---- */

/* One message and its ends. */
struct ox_test_message {
    uint64_t sent_ns, ended_ns, again_ns;
    uint32_t from, to, bytes;
    uint32_t ends, second_ends; /* DELIVERs and DROPs, of the first copy and of the second */
    bool delivered;
    enum ox_drop_why why;
    uint32_t fault, second_fault;
};

struct ox_test_seen {
    struct ox_digest *digest;
    struct ox_world_stats stats;
    GArray *messages; /* struct ox_test_message, by id - 1 */
    GPtrArray *lines; /* the trace without messages, char * */
    uint64_t last_ns; /* of the last observation */
    uint64_t drops[OX_DROP_COUNT];
    uint64_t counts[OX_OBS_COUNT];
    bool in_order; /* time never went back */
};

/* Runs the world in this process (a child), asserting that it runs. */
struct ox_test_seen *ox_test_run(const struct ox_world_config *config);
void ox_test_seen_free(struct ox_test_seen *seen);
/* The digest of a run in a child of its own. */
uint64_t ox_test_digest(const struct ox_world_config *config);
/* The lines that contain `text`. */
guint ox_test_count_lines(const struct ox_test_seen *seen, const char *text);
const char *ox_test_line(const struct ox_test_seen *seen, const char *text); /* first; or NULL */

#endif
