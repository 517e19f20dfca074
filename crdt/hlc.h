/* hlc.h - hybrid logical clocks.
 *
 * A stamp is (physical ns, logical, replica): as close to physical time as the greatest stamp seen
 * allows, and above every stamp that came before it. Kulkarni, Demirbas, Madappa, Avva, Leone:
 * "Logical physical clocks", OPODIS 2014, figure 5. Time is passed in; nothing here asks for it.
 *
 * A stamp from further ahead of the own physical clock than `drift_max_ns` is refused
 * (OX_INVALID), so that one broken clock cannot drag all others with it. When the logical part
 * is full the physical part moves up by one nanosecond, so a stamp is always above the last.
 */
#ifndef OXBOW_CRDT_HLC_H
#define OXBOW_CRDT_HLC_H

#include "crdt/vv.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ox_stamp {
    uint64_t physical_ns;
    uint32_t logical;
    ox_replica replica;
};

struct ox_hlc {
    struct ox_stamp last;
    uint64_t drift_max_ns; /* 0: no bound */
};

static inline int ox_stamp_compare(const struct ox_stamp *a, const struct ox_stamp *b) {
    if (a->physical_ns != b->physical_ns)
        return a->physical_ns > b->physical_ns ? 1 : -1;
    if (a->logical != b->logical)
        return a->logical > b->logical ? 1 : -1;
    return (a->replica > b->replica) - (a->replica < b->replica);
}
/* Raises `stamp` above `floor` if it is not: the least (physical, logical) that is, its replica
 * kept. At the very end of time it stays where it is. */
void ox_stamp_raise(struct ox_stamp *stamp, const struct ox_stamp *floor);
/* A stamp above every stamp made or received so far, for an event at `physical_ns`. */
struct ox_stamp ox_hlc_tick(struct ox_hlc *hlc, uint64_t physical_ns);
/* Takes in a stamp that arrived. OX_INVALID when it is too far ahead; the clock is then as before.
 */
enum ox_status ox_hlc_receive(struct ox_hlc *hlc, const struct ox_stamp *stamp,
                              uint64_t physical_ns);
void ox_stamp_encode(const struct ox_stamp *stamp,
                     struct ox_buf *out); /* [physical, logical, replica] */
void ox_stamp_decode(struct ox_stamp *stamp, struct ox_cbor *in);

#ifdef __cplusplus
}
#endif

#endif
