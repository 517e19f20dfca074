/* net.h - three honest nodes, for targets and seeds: what node 0 has on its disk, and real frames
 * that its peers send to it from then on. The same at every call.
 */
#ifndef OXBOW_PROPS_FUZZ_NET_H
#define OXBOW_PROPS_FUZZ_NET_H

#include "props/fuzz/fuzz.h"
#include "protocols/node.h"

#define FUZZ_NODES 3

const struct ox_node_config *fuzz_node_config(void);

/* A node that starts from `log`. Fails when it does not start; free it with ox_node_free. */
struct ox_node *fuzz_node_start(ox_peer number, struct ox_bytes log);
/* One step; what is to be persisted goes to the end of `log`, or replaces it. */
enum ox_status fuzz_node_step(struct ox_node *node, struct ox_event *event, uint64_t now_ns,
                              struct ox_buf *log, struct ox_effects *effects);

/* Lets the nodes work. `log` becomes the log of node 0 half-way, with all its steps or `compacted`
 * to one snapshot; `each` (may be NULL) gets the
 * frames that are sent to node 0 after that. Returns the time half-way. */
uint64_t fuzz_net(struct ox_buf *log, bool compacted,
                  void (*each)(void *self, ox_peer from, struct ox_bytes frame), void *self);

#endif
