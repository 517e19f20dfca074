#include "crdt/hlc.h"

#include <assert.h>

/* The least (physical, logical) above `last`. At the very end of time, some 584 years after the
 * epoch, there is none; only a stamp from a broken clock gets there, and drift_max_ns refuses it.
 */
static void advance(struct ox_stamp *last) {
    if (last->logical < UINT32_MAX) {
        last->logical++;
        return;
    }
    assert(last->physical_ns < UINT64_MAX);
    last->physical_ns++;
    last->logical = 0;
}

void ox_stamp_raise(struct ox_stamp *stamp, const struct ox_stamp *floor) {
    bool is_last = floor->physical_ns == UINT64_MAX && floor->logical == UINT32_MAX;
    if (is_last || ox_stamp_compare(stamp, floor) > 0)
        return;
    stamp->physical_ns = floor->physical_ns;
    stamp->logical = floor->logical;
    advance(stamp);
}

struct ox_stamp ox_hlc_tick(struct ox_hlc *hlc, uint64_t physical_ns) {
    /* Kulkarni et al. 2014, figure 5, "send or local event". */
    if (physical_ns > hlc->last.physical_ns) {
        hlc->last.physical_ns = physical_ns;
        hlc->last.logical = 0;
    } else {
        advance(&hlc->last);
    }
    return hlc->last;
}

enum ox_status ox_hlc_receive(struct ox_hlc *hlc, const struct ox_stamp *stamp,
                              uint64_t physical_ns) {
    bool ahead = stamp->physical_ns > physical_ns;
    if (hlc->drift_max_ns != 0 && ahead && stamp->physical_ns - physical_ns > hlc->drift_max_ns)
        return OX_INVALID;
    if (stamp->physical_ns == UINT64_MAX)
        return OX_INVALID;
    /* Figure 5, "receive event", whose own stamp is the next tick's: that is above both. */
    bool above =
        stamp->physical_ns > hlc->last.physical_ns ||
        (stamp->physical_ns == hlc->last.physical_ns && stamp->logical > hlc->last.logical);
    if (above) {
        hlc->last.physical_ns = stamp->physical_ns;
        hlc->last.logical = stamp->logical;
    }
    return OX_OK;
}

void ox_stamp_encode(const struct ox_stamp *stamp, struct ox_buf *out) {
    ox_cbor_put_array(out, 3);
    ox_cbor_put_uint(out, stamp->physical_ns);
    ox_cbor_put_uint(out, stamp->logical);
    ox_cbor_put_uint(out, stamp->replica);
}

void ox_stamp_decode(struct ox_stamp *stamp, struct ox_cbor *in) {
    if (ox_cbor_array(in) != 3)
        ox_cbor_fail(in);
    uint64_t physical_ns = ox_cbor_uint(in);
    uint64_t logical = ox_cbor_uint(in);
    ox_replica replica = ox_cbor_uint(in);
    if (logical > UINT32_MAX)
        ox_cbor_fail(in);
    if (!in->failed)
        *stamp = (struct ox_stamp){physical_ns, (uint32_t)logical, replica};
}
