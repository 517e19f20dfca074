/* Rubbing out where the line was changed last: the third part of line.h. A dead run that is there
 * takes the place over; no run moves and nothing splits, as in typing.h, and no room is needed.
 *
 *     rubbed out backwards    [tre|e][dead]      ->   [tre][edead]
 *     rubbed out forwards     [dead][t|ree]      ->   [deadt][ree]
 *
 * Whoever is refused here goes the long way, which does all of it.
 */
#include "crdt/sequence/nodes.h"

/* Whether a dead run of which one end has this killer next to it goes on with it. */
static inline bool goes_on_dead(const struct ox_line *line, const struct ox_run *dead,
                                const struct ox_run *run, ox_replica killer, uint64_t gap) {
    return dead->kind == OX_PLACE_DEAD && dead->replica == run->replica &&
           line->replicas[dead->killer].id == killer && gap + 1 <= 2 &&
           (dead->length == 1 || (uint64_t)(int64_t)dead->step == gap) &&
           dead->length < OX_STRETCH_MAX;
}

/* The first place of a run goes to the dead run before it. */
static bool rub_first(const struct ox_line *line, struct ox_run *run, struct ox_dot killer) {
    struct ox_run *dead = run - 1;
    uint64_t last = dead->killer_n + (uint64_t)(int64_t)dead->step * (dead->length - 1);
    if (dead->n + dead->length != run->n || dead->lamport + dead->length != run->lamport ||
        !goes_on_dead(line, dead, run, killer.replica, killer.n - last))
        return false;
    dead->length++;
    dead->step = (int8_t)(killer.n - last);
    run->n++;
    run->lamport++;
    run->offset += run->width;
    return true;
}

/* The last place of a run goes to the dead run behind it. */
static bool rub_last(const struct ox_line *line, struct ox_run *run, struct ox_dot killer) {
    struct ox_run *dead = run + 1;
    uint64_t gap = dead->killer_n - killer.n;
    if (run->n + run->length != dead->n || run->lamport + run->length != dead->lamport ||
        !goes_on_dead(line, dead, run, killer.replica, gap))
        return false;
    dead->n--;
    dead->lamport--;
    dead->killer_n = killer.n;
    dead->length++;
    dead->step = (int8_t)gap;
    return true;
}

bool ox_line_rub(struct ox_line *line, struct ox_spot spot, struct ox_dot killer) {
    struct ox_leaf *leaf = &line->leaves[spot.leaf];
    struct ox_run *run = &leaf->runs[spot.slot];
    if (!ox_run_alive(run) || run->length == 1)
        return false;
    bool at_end = spot.offset + 1 == run->length;
    bool content_at_end = at_end && run->offset + run->length * run->width == line->content_size;
    if (at_end ? spot.slot + 1 == leaf->count || !rub_last(line, run, killer)
               : spot.offset > 0 || spot.slot == 0 || !rub_first(line, run, killer))
        return false;
    run->length--;
    if (content_at_end)
        line->content_size -= run->width;
    else
        line->content_dead += run->width;
    line->shown--;
    ox_leaf_show(line, spot.leaf, 0u - 1);
    ox_line_keep_cursor(line, spot.leaf, spot.slot);
    ox_line_remember(line, spot.leaf, spot.slot);
    return true;
}

bool ox_line_rub_at(struct ox_line *line, uint64_t position, struct ox_dot killer) {
    if (line->cursor_leaf >= line->leaf_count)
        return false;
    /* Outside the run it is neither its first place nor its last, and refused. */
    uint32_t offset = (uint32_t)(position - line->cursor_before);
    return ox_line_rub(line, (struct ox_spot){line->cursor_leaf, line->cursor_slot, offset},
                       killer);
}
