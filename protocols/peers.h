/* peers.h - whom a node knows: the peers that are up, and the newest life heard of each.
 *
 *     up       1  4  5  9         from start and peer up/down; a round draws from it
 *     first    1  4  7            a bit per peer: its first life was heard of
 *     later    1''                replicas of later lives, which are few
 *
 * A replica number names one life of a peer, learnt from the headers of accepted frames. Frames
 * from a life older than the newest heard of are stale. A look at a peer is a bit in the common
 * case, because it is made for every frame that comes and goes. The arrays are sorted by peer, so
 * that nothing here depends on the order of arrival. Zero-initialised is empty and valid.
 */
#ifndef OXBOW_PROTOCOLS_PEERS_H
#define OXBOW_PROTOCOLS_PEERS_H

#include "protocols/node.h"
#include "protocols/rng.h"

struct ox_peers {
    ox_peer *up; /* ascending */
    size_t up_count;
    size_t up_capacity;
    uint64_t *first; /* bit p % 64 of word p / 64: incarnation 0 of peer p was heard of */
    size_t first_words;
    ox_replica *later; /* incarnations above 0, ascending by ox_replica_node, one per peer */
    size_t later_count;
    size_t later_capacity;
};

void ox_peers_free(struct ox_peers *peers);
/* `peers` ascending. Replaces the set of those that are up. OX_NOMEM: nothing changed. */
enum ox_status ox_peers_set(struct ox_peers *peers, const ox_peer *list, size_t count);
enum ox_status ox_peers_up(struct ox_peers *peers, ox_peer peer);
void ox_peers_down(struct ox_peers *peers, ox_peer peer);

/* The newest life heard of; false when none was. Cost: O(1), O(log) of those in later lives. */
bool ox_peers_newest(const struct ox_peers *peers, ox_peer peer, ox_replica *replica);
/* Remembers `replica` as the newest life of its peer. */
enum ox_status ox_peers_hear(struct ox_peers *peers, ox_replica replica);
/* Takes the last ox_peers_hear of `peer` back: to `previous`, or to nothing when it is NULL. */
void ox_peers_unhear(struct ox_peers *peers, ox_peer peer, const ox_replica *previous);

/* Draws min(want, peers that are up) distinct peers into `drawn`, ascending; all sets of that size
 * are equally likely. Returns how many. Cost: O(want^2), whatever the number of peers. */
size_t ox_peers_draw(const struct ox_peers *peers, struct ox_rng *rng, size_t want, ox_peer *drawn);
void ox_peers_encode(const struct ox_peers *peers, struct ox_buf *out); /* [[up...], [heard...]] */

#endif
