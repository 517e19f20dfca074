/* delta.h - the protocol "delta": push what is new, repair what got lost.
 *
 *     every interval         A --push--> a few random peers      what A made or newly joined
 *     every repair interval  A <-------> one random peer         what either lacks (repair.h)
 *
 * Push is rumour spreading of the "infect and die" kind: what a node makes or hears for the first
 * time it pushes once, in its next round, to `fanout` peers drawn anew, and forgets it. Deltas of
 * one object are merged to one group; of a received delta only what was new is passed on (RR).
 * Almost everybody hears of an update in O(log n) rounds; a few do not, and messages get lost, so
 * each node also compares stores with a random peer now and then, and both send what the other
 * lacks. Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987,
 * sections 1.3 and 1.4; deltas and RR: Enes, Almeida, Baquero, Leitao, "Efficient synchronization
 * of state-based CRDTs", ICDE 2019.
 *
 * A delta whose `since` is not covered is dropped with a notice; repair brings what it had. A frame
 * meant for an older life of a node is refused, and the node asks its sender for a repair at once:
 * so the peer hears of the new life, and what was refused comes after all. What
 * was not pushed yet at a crash is left to repair as well, and so is what is due in a round in
 * which no peer is up. With repair off the promise "eventual" holds only while nothing is lost.
 *
 * Rounds of a node are at phase + k x interval, the phase drawn from its own random numbers. A node
 * with nothing to push asks for no deadline but that of its next repair.
 *
 * Messages, each one CBOR array (component "delta"; types and groups as in groups.h):
 *   [0, types, groups]          push
 *   [1, ...] to [4, ...]        see repair.h
 */
#ifndef OXBOW_PROTOCOLS_DELTA_H
#define OXBOW_PROTOCOLS_DELTA_H

#include "protocols/protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_protocol ox_delta_protocol;

#ifdef __cplusplus
}
#endif

#endif
