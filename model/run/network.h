/* network.h - what happens to a message between its send and its arrival.
 *
 *     SEND --partition, down?--> transfer --lost?--> jitter --partition?--> node
 *                                   |                           |
 *                                   +--- second copy, later ----+
 *     a crash of either end cuts it anywhere on the way
 *
 * Everything about a message is drawn when it is sent, by (sender, receiver, n-th of the pair).
 * Every SEND ends in exactly one DELIVER or DROP, unless the run ends first; a second copy that
 * comes into being ends in one more.
 */
#ifndef OXBOW_MODEL_RUN_NETWORK_H
#define OXBOW_MODEL_RUN_NETWORK_H

#include "model/run/run.h"

void ox_network_open(struct ox_run *run);
void ox_network_close(struct ox_run *run);

/* Observes the SEND of each message of a step and decides its fate; those that are on their way are
 * put at the end of `batch`. No simcall. */
void ox_network_take(struct ox_host *from, const struct ox_effects *effects,
                     struct ox_batch *batch);
/* Hands the batch to the network, emptying it. Called by the sender's resident or by the alarm
 * actor, which travels to each sender. */
void ox_network_send(struct ox_run *run, struct ox_batch *batch);
/* The transfer of a message has ended. What its receiver sends then goes to `batch`. No simcall. */
void ox_network_arrived(struct ox_message *message, struct ox_batch *batch);
/* A message is due at its receiver. Likewise. */
void ox_network_deliver(struct ox_message *message, struct ox_batch *batch);
/* A host went off: all messages that it sent or should get are dropped. No simcall. */
void ox_network_cut(struct ox_host *host);

/* For the receiver's step, which knows whether the node took the frame. */
void ox_network_observe_delivered(const struct ox_message *message);
void ox_network_observe_dropped(const struct ox_message *message, enum ox_drop_why why,
                                uint32_t fault);

#endif
