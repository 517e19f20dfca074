/* peers.c - a sorted array, bits, and a short sorted array; see peers.h. */
#include "protocols/peers.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ox_peers_free(struct ox_peers *peers) {
    free(peers->up);
    free(peers->first);
    free(peers->later);
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

enum { WORD = 64 };

static bool first_heard(const struct ox_peers *peers, ox_peer peer) {
    return peer / WORD < peers->first_words && peers->first[peer / WORD] >> peer % WORD & 1;
}

static enum ox_status hear_first(struct ox_peers *peers, ox_peer peer) {
    size_t words = peer / WORD + 1;
    if (words > peers->first_words) {
        uint64_t *grown = realloc(peers->first, words * sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        memset(grown + peers->first_words, 0, (words - peers->first_words) * sizeof *grown);
        peers->first = grown;
        peers->first_words = words;
    }
    peers->first[peer / WORD] |= UINT64_C(1) << peer % WORD;
    return OX_OK;
}

static size_t later_position(const struct ox_peers *peers, ox_peer peer) {
    size_t low = 0, high = peers->later_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ox_replica_node(peers->later[middle]) < peer)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool later_at(const struct ox_peers *peers, size_t at, ox_peer peer) {
    return at < peers->later_count && ox_replica_node(peers->later[at]) == peer;
}

bool ox_peers_newest(const struct ox_peers *peers, ox_peer peer, ox_replica *replica) {
    size_t at = later_position(peers, peer);
    if (later_at(peers, at, peer))
        *replica = peers->later[at];
    else if (first_heard(peers, peer))
        *replica = ox_replica_of(0, peer);
    else
        return false;
    return true;
}

static void forget_later(struct ox_peers *peers, size_t at) {
    peers->later_count--;
    memmove(peers->later + at, peers->later + at + 1,
            (peers->later_count - at) * sizeof *peers->later);
}

static enum ox_status hear_later(struct ox_peers *peers, size_t at, ox_replica replica) {
    if (peers->later_count == peers->later_capacity) {
        size_t capacity = peers->later_capacity == 0 ? 8 : 2 * peers->later_capacity;
        ox_replica *grown = realloc(peers->later, capacity * sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        peers->later = grown;
        peers->later_capacity = capacity;
    }
    memmove(peers->later + at + 1, peers->later + at,
            (peers->later_count - at) * sizeof *peers->later);
    peers->later[at] = replica;
    peers->later_count++;
    return OX_OK;
}

enum ox_status ox_peers_hear(struct ox_peers *peers, ox_replica replica) {
    ox_peer peer = ox_replica_node(replica);
    size_t at = later_position(peers, peer);
    if (later_at(peers, at, peer)) {
        assert(replica >= peers->later[at]);
        peers->later[at] = replica;
        return OX_OK;
    }
    return replica == ox_replica_of(0, peer) ? hear_first(peers, peer)
                                             : hear_later(peers, at, replica);
}

void ox_peers_unhear(struct ox_peers *peers, ox_peer peer, const ox_replica *previous) {
    size_t at = later_position(peers, peer);
    bool later = later_at(peers, at, peer);
    assert(later || first_heard(peers, peer));
    if (previous != NULL && *previous != ox_replica_of(0, peer))
        peers->later[at] = *previous;
    else if (later)
        forget_later(peers, at);
    else if (previous == NULL)
        peers->first[peer / WORD] &= ~(UINT64_C(1) << peer % WORD);
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

/* The newest life of every peer heard of, ascending by peer; counts them only when `out` is NULL.
 */
static size_t put_heard(const struct ox_peers *peers, struct ox_buf *out) {
    size_t count = 0;
    size_t next = 0;
    for (ox_peer peer = 0; peer < peers->first_words * WORD || next < peers->later_count; peer++) {
        bool later = later_at(peers, next, peer);
        if (!later && !first_heard(peers, peer))
            continue;
        if (out != NULL)
            ox_cbor_put_uint(out, later ? peers->later[next] : ox_replica_of(0, peer));
        next += later;
        count++;
    }
    return count;
}

void ox_peers_encode(const struct ox_peers *peers, struct ox_buf *out) {
    ox_cbor_put_array(out, 2);
    ox_cbor_put_array(out, peers->up_count);
    for (size_t i = 0; i < peers->up_count; i++)
        ox_cbor_put_uint(out, peers->up[i]);
    ox_cbor_put_array(out, put_heard(peers, NULL));
    put_heard(peers, out);
}
