/* stability.h - which updates of an object every member has seen.
 *
 *     member     its reports (contexts)                       I hold {A:4, B:2, C:1}
 *     A, me      {A:4, B:2, C:1}                              counts
 *     B          {A:3, B:2}                                   counts: I hold B:2
 *     C          {A:2, C:1}, later {A:4, B:2, C:2}            only the first counts: C:2 is not
 * here
 *
 *     stable = the minimum of what counts = {A:2}
 *
 * An update is causally stable once no update can come in any more that had not seen it; then what
 * was kept for such latecomers may go (ox_object_collect). A report of j says what j had seen, so
 * all that j does later has seen that too; but an update that j made before it may still be on its
 * way, and may have seen less. Hence a report counts only once all of j's own updates up to it are
 * here. Baquero, Almeida, Shoker, "Pure operation-based replicated data types", 2017, section 4.
 *
 * A member is one life of a replica. It stays in the minimum while it is down, whatever the time:
 * members come and go only when the caller says so, which all replicas must have agreed on. Who
 * comes may update only after it holds a state that covers the stable context of all; who went is
 * refused from then on: the caller drops deltas that bring dots of it which no member had.
 *
 * One of these belongs to one object at one replica, itself a member that reports its own context
 * like the others. It owns all that it holds. Zero-initialised is empty and valid.
 */
#ifndef OXBOW_CRDT_STABILITY_H
#define OXBOW_CRDT_STABILITY_H

#include "crdt/vv.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ox_member {
    ox_replica replica;
    struct ox_vv report;  /* the last that counts */
    struct ox_vv waiting; /* a later one that does not count yet; empty: there is none */
    struct ox_vv newest;  /* the last that came while that one waited; likewise */
};

struct ox_stability {
    struct ox_member *members; /* ascending by replica */
    uint32_t count, capacity;
    struct ox_vv stable; /* only grows */
};

void ox_stability_free(struct ox_stability *stability);
/* Adds a member that has reported nothing, so that nothing more becomes stable until it does.
 * OX_NOOP: it is one already. Cost: O(members). */
enum ox_status ox_stability_join(struct ox_stability *stability, ox_replica member);
/* Takes a member out of the minimum. OX_NO_SUCH: it is none. Cost: O(members). */
enum ox_status ox_stability_leave(struct ox_stability *stability, ox_replica member);
bool ox_stability_has(const struct ox_stability *stability, ox_replica member);
/* A member reports its context. Reports may come late, twice and out of order. OX_NOOP: nothing
 * new in it. OX_NO_SUCH: not from a member. OX_INVALID: it is neither above nor below what the
 * member reported before, which contexts of one replica cannot be: drop it. Cost: O(replicas). */
enum ox_status ox_stability_report(struct ox_stability *stability, ox_replica member,
                                   const struct ox_vv *report);
/* Raises `stable` to what all members have reported, given that the object here has `context`.
 * OX_NOOP: it stays. Cost: O(members x replicas). */
enum ox_status ox_stability_update(struct ox_stability *stability, const struct ox_vv *context);
size_t ox_stability_bytes(const struct ox_stability *stability); /* heap bytes it keeps */

#ifdef __cplusplus
}
#endif

#endif
