/* reference/stamps.c - whether stamps follow from what had been seen.
 *
 *     rga            A1 (lamport 1)  A2 (2)          an insert that had seen these has lamport 3
 *     lww-register   a write comes after every write that it had seen and that is left there
 *
 * The lamport clock is one for the whole object: in a map, for all its sequences.
 */
#include "props/reference/rules.h"

#include <string.h>

static bool is_insert(const struct ox_ref_update *update) {
    return ox_ref_does(update, "insert");
}

static bool is_write(const struct ox_ref_update *update) {
    return ox_ref_does(update, "set") && update->has_stamp;
}

/* A replica's own stamps ascend, so its last update is enough, of those it had seen. */
static const struct ox_ref_update *last_seen(const struct ox_ref_history *history,
                                             const struct ox_ref_update *update, uint32_t replica) {
    bool insert = is_insert(update);
    for (uint32_t n = ox_ref_upto(&update->seen, replica); n > 0; n--) {
        const struct ox_ref_update *seen =
            ox_ref_update_at(history, (struct ox_ref_dot){replica, n});
        if (insert ? is_insert(seen) : is_write(seen) && ox_ref_same_object(seen, update))
            return seen;
    }
    return NULL;
}

static bool is_above(char *const *path, char *const *below) {
    for (; *path; path++, below++)
        if (!*below || strcmp(*path, *below) != 0)
            return false;
    return true;
}

/* Whether a removal that `update` had seen took `earlier` back. */
static bool was_cancelled(const struct ox_ref_history *history, const struct ox_ref_update *earlier,
                          const struct ox_ref_update *update) {
    bool cancelled = false;
    struct ox_ref_view seen = ox_ref_view_of(history, &update->seen);
    for (uint32_t i = 0; i < seen.updates->len && earlier->path && !cancelled; i++) {
        const struct ox_ref_update *removal = g_ptr_array_index(seen.updates, i);
        cancelled = !removal->inner_type && ox_ref_before(earlier, removal) &&
                    is_above(removal->path, earlier->path);
    }
    ox_ref_view_clear(&seen);
    return cancelled;
}

bool ox_ref_stamp_follows(const struct ox_ref_history *history,
                          const struct ox_ref_update *update) {
    uint64_t lamport = 0;
    if (!update->has_stamp)
        return true;
    for (uint32_t r = 0; r < update->seen.count; r++) {
        const struct ox_ref_update *earlier = last_seen(history, update, r);
        if (!earlier)
            continue;
        lamport = MAX(lamport, earlier->stamp.physical_ns);
        if (!is_insert(update) && !ox_ref_later(&update->stamp, &earlier->stamp) &&
            !was_cancelled(history, earlier, update))
            return false;
    }
    return !is_insert(update) || update->stamp.physical_ns == lamport + 1;
}
