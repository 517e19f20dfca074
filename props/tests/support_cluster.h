/* support_cluster.h - a cluster of real nodes in memory, with fault words and a story.
 *
 * Nodes run as a host runs them (persist, then notices, then messages, then the deadline) over a
 * network that the test commands. Everything that happens is written down as a readable story, so
 * that a failing test explains itself and a golden file documents the protocol:
 *
 *     1.000 s  node 0  update    cart or-set add "milk"
 *                      took the dot 0:1, after 0 updates
 *     1.250 s  node 0  tick
 *                      sends push to 1, 61 B
 *     1.260 s  node 1  receive   push from 0, message 3
 *                      cart or-set: joined 0:1
 *
 * Time passes only in ox_cluster_run_until and ox_cluster_deliver_next. What happens at one time
 * happens in this order: deliveries as they were sent, then ticks by node. The same words give the
 * same story. A word that cannot be (updating a node that is down) aborts the test.
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_CLUSTER_H
#define OXBOW_PROPS_TESTS_SUPPORT_CLUSTER_H

#include "protocols/protocol.h"
#include "protocols/rng.h"

#include <glib.h>

#define OX_MS UINT64_C(1000000)

struct ox_cluster_config {
    struct ox_node_config node;
    uint32_t nodes;
    uint64_t seed;
    uint64_t latency_ns; /* of every message, one way */
    /* Chances of each message, drawn from the seed; all 0: only the words below do anything. */
    double loss, duplicate;
    uint64_t jitter_ns; /* 0..this, uniform, on top of the latency */
    bool record;        /* keep every event and its effects, for ox_cluster_replay */
    bool quiet;         /* no story, for big runs */
};

/* A delta cluster: interval 1 s, repair every 10 s, fanout 1, latency 10 ms. */
struct ox_cluster_config ox_cluster_config_small(uint32_t nodes, uint64_t seed);

struct ox_cluster;

/* All nodes start at time 0 with empty disks. */
struct ox_cluster *ox_cluster_new(const struct ox_cluster_config *config);
void ox_cluster_free(struct ox_cluster *cluster);

/* ---- what the application does ---- */
/* A g-counter's inc; an or-set's add and remove. */
void ox_cluster_inc(struct ox_cluster *cluster, uint32_t node, const char *key, int64_t amount);
void ox_cluster_add(struct ox_cluster *cluster, uint32_t node, const char *key,
                    const char *element);
void ox_cluster_remove(struct ox_cluster *cluster, uint32_t node, const char *key,
                       const char *element);
/* Writes the value that each node that is up reads into the story; asserts nothing. */
void ox_cluster_read(struct ox_cluster *cluster, const char *key, const struct ox_type *type);

/* ---- faults ---- */
#define OX_ANY_NODE UINT32_MAX
/* Nodes of different groups hear nothing of each other: "0 1 | 2 3 4". */
void ox_cluster_partition(struct ox_cluster *cluster, const char *groups);
void ox_cluster_heal(struct ox_cluster *cluster);
/* The next message of that kind (NULL: any) between the two is lost; ... */
void ox_cluster_lose(struct ox_cluster *cluster, uint32_t from, uint32_t to, const char *kind);
/* ... comes twice, the second time `after_ns` later; ... */
void ox_cluster_duplicate(struct ox_cluster *cluster, uint32_t from, uint32_t to, const char *kind,
                          uint64_t after_ns);
/* ... is held up, so that later ones overtake it. It survives crashes of either end. */
void ox_cluster_delay(struct ox_cluster *cluster, uint32_t from, uint32_t to, const char *kind,
                      uint64_t by_ns);
/* The node stops. Messages that reach it before its restart are dropped. */
void ox_cluster_crash(struct ox_cluster *cluster, uint32_t node, bool keeps_disk);
/* Cuts the last `bytes` off the disk of a node that is down: a torn write. */
void ox_cluster_tear(struct ox_cluster *cluster, uint32_t node, size_t bytes);
/* It comes back: from its disk as the same replica, without one as a new incarnation. */
void ox_cluster_restart(struct ox_cluster *cluster, uint32_t node);
/* Tells `node` what a failure detector would. */
void ox_cluster_peer(struct ox_cluster *cluster, uint32_t node, uint32_t peer, bool up);
/* From now on the chances of the configuration are 0. */
void ox_cluster_calm(struct ox_cluster *cluster);

/* ---- time ---- */
void ox_cluster_run_until(struct ox_cluster *cluster, uint64_t t_ns);
/* The next delivery, with all ticks before it; false when nothing is in flight. */
bool ox_cluster_deliver_next(struct ox_cluster *cluster);
uint64_t ox_cluster_now(const struct ox_cluster *cluster);

/* ---- looking ---- */
struct ox_node *ox_cluster_node(struct ox_cluster *cluster, uint32_t node);
bool ox_cluster_up(const struct ox_cluster *cluster, uint32_t node);
struct ox_bytes ox_cluster_disk(const struct ox_cluster *cluster, uint32_t node);
/* Whether all nodes that are up hold equal objects; the first difference in words (owned by the
 * cluster). Aborts the test when two hold equal contexts and different bytes. */
bool ox_cluster_converged(struct ox_cluster *cluster, const char **difference);
uint64_t ox_cluster_count(const struct ox_cluster *cluster, enum ox_notice_kind kind);
/* Messages sent so far, of a kind or (NULL) of all. */
uint64_t ox_cluster_sent(const struct ox_cluster *cluster, const char *kind);
/* Every frame ever sent: GBytes, owned by the cluster. Only with `record`. */
GPtrArray *ox_cluster_frames(struct ox_cluster *cluster);
/* Steps fresh nodes through every recorded event; asserts that all effects are equal, byte for
 * byte. The number of steps. */
uint64_t ox_cluster_replay(struct ox_cluster *cluster);

/* ---- the story ---- */
void ox_cluster_note(struct ox_cluster *cluster, const char *sentence);
const char *ox_cluster_story(const struct ox_cluster *cluster);
/* Compares the story with props/tests/golden/NAME.txt and shows the first line that differs. With
 * OXBOW_RECORD=1 in the environment it writes the file instead. */
void ox_cluster_check_golden(struct ox_cluster *cluster, const char *name);

/* The bytes of everything in the effects, for comparisons. */
void ox_effects_bytes(const struct ox_effects *effects, GByteArray *out);

#endif
