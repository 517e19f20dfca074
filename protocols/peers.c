/* peers.c - two sorted arrays, see peers.h. */
#include "protocols/peers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ox_peers_free(struct ox_peers *peers) {
    free(peers->up);
    free(peers->heard);
    *peers = (struct ox_peers){0};
}

/* ---- the peers that are up ---- */

static size_t up_position(const struct ox_peers *peers, ox_peer peer) {
    size_t low = 0, high = peers->up_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (peers->up[middle] < peer)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum ox_status up_reserve(struct ox_peers *peers, size_t count) {
    if (count <= peers->up_capacity)
        return OX_OK;
    ox_peer *grown = realloc(peers->up, count * sizeof *grown);
    if (grown == NULL)
        return OX_NOMEM;
    peers->up = grown;
    peers->up_capacity = count;
    return OX_OK;
}

enum ox_status ox_peers_set(struct ox_peers *peers, const ox_peer *list, size_t count) {
    for (size_t i = 1; i < count; i++)
        assert(list[i - 1] < list[i]);
    if (up_reserve(peers, count) != OX_OK)
        return OX_NOMEM;
    if (count > 0)
        memcpy(peers->up, list, count * sizeof *list);
    peers->up_count = count;
    return OX_OK;
}

enum ox_status ox_peers_up(struct ox_peers *peers, ox_peer peer) {
    size_t at = up_position(peers, peer);
    if (at < peers->up_count && peers->up[at] == peer)
        return OX_OK;
    if (up_reserve(peers, peers->up_count + 1) != OX_OK)
        return OX_NOMEM;
    memmove(peers->up + at + 1, peers->up + at, (peers->up_count - at) * sizeof *peers->up);
    peers->up[at] = peer;
    peers->up_count++;
    return OX_OK;
}

void ox_peers_down(struct ox_peers *peers, ox_peer peer) {
    size_t at = up_position(peers, peer);
    if (at == peers->up_count || peers->up[at] != peer)
        return;
    peers->up_count--;
    memmove(peers->up + at, peers->up + at + 1, (peers->up_count - at) * sizeof *peers->up);
}

/* ---- the lives heard of ---- */

static size_t heard_position(const struct ox_peers *peers, ox_peer peer) {
    size_t low = 0, high = peers->heard_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ox_replica_node(peers->heard[middle]) < peer)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool heard_at(const struct ox_peers *peers, size_t at, ox_peer peer) {
    return at < peers->heard_count && ox_replica_node(peers->heard[at]) == peer;
}

bool ox_peers_newest(const struct ox_peers *peers, ox_peer peer, ox_replica *replica) {
    size_t at = heard_position(peers, peer);
    if (!heard_at(peers, at, peer))
        return false;
    *replica = peers->heard[at];
    return true;
}

enum ox_status ox_peers_hear(struct ox_peers *peers, ox_replica replica) {
    size_t at = heard_position(peers, ox_replica_node(replica));
    if (heard_at(peers, at, ox_replica_node(replica))) {
        peers->heard[at] = replica;
        return OX_OK;
    }
    if (peers->heard_count == peers->heard_capacity) {
        size_t capacity = peers->heard_capacity == 0 ? 8 : 2 * peers->heard_capacity;
        ox_replica *grown = realloc(peers->heard, capacity * sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        peers->heard = grown;
        peers->heard_capacity = capacity;
    }
    memmove(peers->heard + at + 1, peers->heard + at,
            (peers->heard_count - at) * sizeof *peers->heard);
    peers->heard[at] = replica;
    peers->heard_count++;
    return OX_OK;
}

void ox_peers_unhear(struct ox_peers *peers, ox_peer peer, const ox_replica *previous) {
    size_t at = heard_position(peers, peer);
    assert(heard_at(peers, at, peer));
    if (previous != NULL) {
        peers->heard[at] = *previous;
        return;
    }
    peers->heard_count--;
    memmove(peers->heard + at, peers->heard + at + 1,
            (peers->heard_count - at) * sizeof *peers->heard);
}

/* ---- drawing ---- */

/* Puts `index` into the ascending list; false when it is there already. */
static bool insert_index(ox_peer *list, size_t count, ox_peer index) {
    size_t at = 0;
    while (at < count && list[at] < index)
        at++;
    if (at < count && list[at] == index)
        return false;
    memmove(list + at + 1, list + at, (count - at) * sizeof *list);
    list[at] = index;
    return true;
}

/* Floyd's sample: one draw per peer. Bentley, Floyd, "A sample of brilliance", CACM 1987. */
size_t ox_peers_draw(const struct ox_peers *peers, struct ox_rng *rng, size_t want,
                     ox_peer *drawn) {
    size_t all = peers->up_count;
    size_t count = want < all ? want : all;
    for (size_t i = 0; i < count; i++) {
        size_t top = all - count + i;
        ox_peer index = (ox_peer)ox_rng_below(rng, top + 1);
        if (!insert_index(drawn, i, index))
            insert_index(drawn, i, (ox_peer)top);
    }
    for (size_t i = 0; i < count; i++)
        drawn[i] = peers->up[drawn[i]]; /* indexes ascend, so peers do */
    return count;
}

void ox_peers_encode(const struct ox_peers *peers, struct ox_buf *out) {
    ox_cbor_put_array(out, 2);
    ox_cbor_put_array(out, peers->up_count);
    for (size_t i = 0; i < peers->up_count; i++)
        ox_cbor_put_uint(out, peers->up[i]);
    ox_cbor_put_array(out, peers->heard_count);
    for (size_t i = 0; i < peers->heard_count; i++)
        ox_cbor_put_uint(out, peers->heard[i]);
}
