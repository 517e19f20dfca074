/* lww.h - a register in which the last writer wins.
 *
 *     state   one write: (stamp, dot, value); the stamp is (physical ns, logical, replica)
 *     join    the greater of the two by stamp, then dot
 *
 *     A writes "red" at (100, 0)    {A:1}  red (100, 0, A)
 *     B writes "blue" at (100, 1)   {B:1}  blue (100, 1, B)     join   {A:1, B:1}  blue (100, 1, B)
 *
 * Of concurrent writes one survives and the others are gone without a trace; where that loses work,
 * take an mv-register. A write that had seen another always wins over it, whatever the clocks say:
 * hybrid stamps follow causality, and where the clock's stamp does not (it refused a peer whose
 * clock ran ahead) the write takes the least stamp above the one it replaces. Johnson, Thomas, "The
 * maintenance of duplicate databases", RFC 677, 1975; stamps: hlc.h.
 *
 * Values: null, bool, int64, UTF-8 text, lists and maps of them. A register that was never written
 * reads null. Keeps the one write (56 bytes; a value of more than 16 bytes of CBOR besides); no
 * residue. A hostile peer that gives one stamp and dot to two values makes the greater bytes win;
 * one that writes at the end of time (2^64 ns) is refused, just before it, later writes are
 * (OX_OVERFLOW). Cost: O(value).
 */
#ifndef OXBOW_CRDT_LWW_H
#define OXBOW_CRDT_LWW_H

#include "crdt/object.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_type ox_lww;

/* As ox_object_apply with verb "set"; `delta` may be NULL. The stamp's replica is the writer's,
 * whatever it says. */
enum ox_status ox_lww_set(struct ox_object *reg, const struct ox_value *value,
                          const struct ox_stamp *stamp, ox_replica replica, struct ox_delta *delta);
/* The value, borrowed until the next change; null when there is none. */
struct ox_value ox_lww_read(const struct ox_object *reg);
/* The stamp of the write that is shown; NULL when there is none. Borrowed likewise. */
const struct ox_stamp *ox_lww_stamp(const struct ox_object *reg);

#ifdef __cplusplus
}
#endif

#endif
