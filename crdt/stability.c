#include "crdt/stability.h"

#include "crdt/array.h"

#include <stdlib.h>
#include <string.h>

static void member_free(struct ox_member *member) {
    ox_vv_free(&member->report);
    ox_vv_free(&member->waiting);
    ox_vv_free(&member->newest);
}

void ox_stability_free(struct ox_stability *stability) {
    for (uint32_t i = 0; i < stability->count; i++)
        member_free(&stability->members[i]);
    free(stability->members);
    ox_vv_free(&stability->stable);
    *stability = (struct ox_stability){0};
}

/* ---- members ---- */

/* The index of the first member that is not below `replica`. */
static uint32_t place_of(const struct ox_stability *stability, ox_replica replica) {
    return ox_array_floor(stability->members, stability->count, sizeof *stability->members,
                          replica);
}

static struct ox_member *find(const struct ox_stability *stability, ox_replica replica) {
    uint32_t at = place_of(stability, replica);
    bool found = at < stability->count && stability->members[at].replica == replica;
    return found ? &stability->members[at] : NULL;
}

bool ox_stability_has(const struct ox_stability *stability, ox_replica member) {
    return find(stability, member) != NULL;
}

enum ox_status ox_stability_join(struct ox_stability *stability, ox_replica member) {
    if (ox_stability_has(stability, member))
        return OX_NOOP;
    if (stability->count == stability->capacity) {
        struct ox_member *grown = ox_array_grow(stability->members, &stability->capacity,
                                                (uint64_t)stability->count + 1, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        stability->members = grown;
    }
    uint32_t at = place_of(stability, member);
    struct ox_member *place = &stability->members[at];
    memmove(place + 1, place, (stability->count - at) * sizeof *place);
    *place = (struct ox_member){.replica = member};
    stability->count++;
    return OX_OK;
}

enum ox_status ox_stability_leave(struct ox_stability *stability, ox_replica member) {
    struct ox_member *gone = find(stability, member);
    if (gone == NULL)
        return OX_NO_SUCH;
    member_free(gone);
    stability->count--;
    memmove(gone, gone + 1, (size_t)(&stability->members[stability->count] - gone) * sizeof *gone);
    return OX_OK;
}

/* ---- reports ---- */

/* Of reports that do not count yet the first is kept, which will be the first to count: of a member
 * that never rests, and whose reports run ahead of its updates, the last one never does. And the
 * last is kept, which should count once all is here. */
enum ox_status ox_stability_report(struct ox_stability *stability, ox_replica member,
                                   const struct ox_vv *report) {
    struct ox_member *from = find(stability, member);
    if (from == NULL)
        return OX_NO_SUCH;
    bool waits = from->waiting.count > 0;
    const struct ox_vv *last = from->newest.count > 0 ? &from->newest
                               : waits                ? &from->waiting
                                                      : &from->report;
    switch (ox_vv_compare(report, last)) {
    case OX_AFTER:
        return ox_vv_copy(waits ? &from->newest : &from->waiting, report);
    case OX_CONCURRENT:
        return OX_INVALID;
    default:
        return OX_NOOP;
    }
}

/* Whether all updates that the member made before a report of its own are in `context`. */
static bool counts_now(const struct ox_member *member, const struct ox_vv *report,
                       const struct ox_vv *context) {
    return report->count > 0 &&
           ox_vv_get(context, member->replica) >= ox_vv_get(report, member->replica);
}

/* The last of a member's reports that counts. */
static const struct ox_vv *counting(const struct ox_member *member, const struct ox_vv *context) {
    return counts_now(member, &member->newest, context)    ? &member->newest
           : counts_now(member, &member->waiting, context) ? &member->waiting
                                                           : &member->report;
}

/* `least` = the minimum of the reports, those that count now among them. */
static enum ox_status minimum(const struct ox_stability *stability, const struct ox_vv *context,
                              struct ox_vv *least) {
    struct ox_vv met = {0};
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < stability->count && status == OX_OK; i++) {
        const struct ox_vv *report = counting(&stability->members[i], context);
        if (i == 0) {
            status = ox_vv_copy(least, report);
            continue;
        }
        ox_vv_clear(&met);
        status = ox_vv_meet(&met, least, report);
        if (status == OX_OK) {
            struct ox_vv old = *least;
            *least = met;
            met = old;
        }
    }
    ox_vv_free(&met);
    return status;
}

/* `from` takes the place of `to`, and is empty then. */
static void move_up(struct ox_vv *to, struct ox_vv *from) {
    struct ox_vv old = *to;
    *to = *from;
    *from = old;
    ox_vv_clear(from);
}

static void commit_reports(struct ox_stability *stability, const struct ox_vv *context) {
    for (uint32_t i = 0; i < stability->count; i++) {
        struct ox_member *member = &stability->members[i];
        while (counts_now(member, &member->waiting, context)) {
            move_up(&member->report, &member->waiting);
            move_up(&member->waiting, &member->newest);
        }
    }
}

/* A new member reports nothing at first, so the minimum may fall; what was stable stays so. */
enum ox_status ox_stability_update(struct ox_stability *stability, const struct ox_vv *context) {
    struct ox_vv least = {0};
    enum ox_status status = minimum(stability, context, &least);
    bool rises = status == OX_OK && !ox_vv_covers(&stability->stable, &least);
    if (rises)
        status = ox_vv_join(&stability->stable, &least);
    if (status == OX_OK)
        commit_reports(stability, context);
    ox_vv_free(&least);
    return status == OX_OK && !rises ? OX_NOOP : status;
}

size_t ox_stability_bytes(const struct ox_stability *stability) {
    size_t bytes = stability->capacity * sizeof *stability->members;
    for (uint32_t i = 0; i < stability->count; i++)
        bytes += ox_vv_bytes(&stability->members[i].report) +
                 ox_vv_bytes(&stability->members[i].waiting) +
                 ox_vv_bytes(&stability->members[i].newest);
    return bytes + ox_vv_bytes(&stability->stable);
}
