/* host.h - a simulated host around one node: its disk, its clock, its incarnations, its resident
 * actors; and the observation of every step.
 *
 * The messages of a step are put at the end of `batch`, for ox_network_send. Unless it says so, no
 * function makes a simcall.
 */
#ifndef OXBOW_MODEL_RUN_HOST_H
#define OXBOW_MODEL_RUN_HOST_H

#include "model/run/run.h"

void ox_hosts_open(struct ox_run *run);
void ox_hosts_close(struct ox_run *run);
/* The first step of every node whose host is on, once all residents listen. Simcalls. */
void ox_hosts_start(struct ox_run *run, struct ox_batch *batch);

/* Whether its node runs. Notices when the platform's own profile has turned the host off. */
bool ox_host_live(struct ox_host *host);
/* Starts a node on the host. */
void ox_host_start(struct ox_host *host, struct ox_batch *batch);
/* The node's deadline has come, unless the node has moved it since. */
void ox_host_tick(struct ox_host *host, struct ox_batch *batch);
/* The node makes an update. */
void ox_host_update(struct ox_host *host, struct ox_bytes name, const struct ox_type *type,
                    const struct ox_op *op, struct ox_batch *batch);
/* The node gets a message; observes its DELIVER, or a DROP when the node refuses it. */
void ox_host_receive(struct ox_host *host, const struct ox_message *message,
                     struct ox_batch *batch);
/* The node stops now; messages under way are cut; without the disk its next life is a new
 * incarnation. `fault` may be OX_NO_FAULT. Then the host goes off: a simcall. */
void ox_host_crash(struct ox_host *host, bool keeps_disk, uint32_t fault);
/* The host comes back and its node starts: now, or in the host's resident at this same time. */
void ox_host_restart(struct ox_host *host, struct ox_batch *batch);

/* One more resident actor on a host whose residents are all busy: a simcall. Each waits for one
 * transfer at a time, and SimGrid hands waiting messages out in the order in which they were sent;
 * so with fewer residents than messages under way a fast message would wait for a slow one. */
void ox_host_add_resident(struct ox_host *host);

#endif
