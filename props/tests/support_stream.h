/* support_stream.h - observations written by hand, for tests of those who judge them.
 *
 *     struct stream *s = stream_new(3);
 *     stream_at(s, 1.5);
 *     stream_update(s, 0, "or-set", "cart", "add", "\"milk\"");
 *     stream_join(s, 1, "or-set", "cart", 0);        node 1 sees what node 0 has
 *     stream_read(s, 1, "or-set", "cart", "[\"milk\"]");
 *
 * The stream keeps contexts of its own, as plain as can be, so that dots, `news`, `have` and states
 * are right by themselves. To plant a fault a test changes one line: calls return its index.
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_STREAM_H
#define OXBOW_PROPS_TESTS_SUPPORT_STREAM_H

#include "props/judge.h"

#define STREAM_NODES    8
#define STREAM_KEYS     4
#define STREAM_REPLICAS 16

struct stream {
    GArray *lines;   /* of struct ox_observation */
    GPtrArray *kept; /* what the lines borrow */
    uint32_t nodes;
    uint64_t now_ns;
    uint64_t next_message;
    char *keys[STREAM_KEYS];
    uint64_t replicas[STREAM_REPLICAS]; /* by the index that contexts use */
    uint32_t replica_count;
    uint32_t life[STREAM_NODES]; /* index of the node's replica */
    uint64_t n[STREAM_NODES][STREAM_KEYS][STREAM_REPLICAS];
};

struct stream *stream_new(uint32_t nodes);
void stream_free(struct stream *stream);
struct ox_observation *stream_line(struct stream *stream, size_t line);
void stream_drop(struct stream *stream, size_t line);
/* Moves the line `from` so that it becomes the line `to`; it takes the time of its new neighbour
 * before. */
void stream_move(struct stream *stream, size_t from, size_t to);

void stream_at(struct stream *stream, double s);
void stream_at_ns(struct stream *stream, uint64_t t_ns);
size_t stream_phase(struct stream *stream, enum ox_phase phase, const char *why);
/* A life with nothing, under a replica number; or one more with the disk it had. */
size_t stream_start(struct stream *stream, uint32_t node, uint64_t replica);
size_t stream_return(struct stream *stream, uint32_t node);
size_t stream_crash(struct stream *stream, uint32_t node, bool keeps_disk, uint32_t fault);
size_t stream_update(struct stream *stream, uint32_t node, const char *type, const char *key,
                     const char *op, const char *arg);
/* `node` sees all that `from` has; with the state when the run verifies every see. */
size_t stream_join(struct stream *stream, uint32_t node, const char *type, const char *key,
                   uint32_t from);
size_t stream_read(struct stream *stream, uint32_t node, const char *type, const char *key,
                   const char *value);
size_t stream_alarm(struct stream *stream, uint32_t node, const char *type, const char *key);
size_t stream_fault(struct stream *stream, uint32_t fault, bool on);
/* A message, sent and delivered at once. The line of its DELIVER; its SEND is the one before. */
size_t stream_deliver(struct stream *stream, uint32_t from, uint32_t to, uint32_t bytes);
size_t stream_lose(struct stream *stream, uint32_t from, uint32_t to, enum ox_drop_why why,
                   uint32_t fault);

/* Starts nodes 0.. as replicas 0.. at the current time, in phase RUN. */
void stream_start_all(struct stream *stream);
/* SETTLE now, QUIET `quiet_s` later. */
void stream_end(struct stream *stream, double quiet_s);

/* Lets the judge see it all. `faults` may be NULL. */
void stream_judge(const struct stream *stream, const struct ox_judge_config *config,
                  struct ox_judgement *judgement);

#endif
