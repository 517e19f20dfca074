/* convergence.h - when did every live node hold everything that counts?
 *
 *     update 1    |-----------)      |------------------------->
 *     update 2         |------------)   |---------------------->
 *     asked from                 ^      ^ the answer
 *
 * Per update, the spells of time during which all live nodes held it: a crash can begin one (the
 * last who lacked it is gone) and a return can end it. A spell [from, to) has its start and not its
 * end: the state at an instant is the one after everything that happened at it.
 */
#ifndef OXBOW_PROPS_JUDGE_CONVERGENCE_H
#define OXBOW_PROPS_JUDGE_CONVERGENCE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct ox_coverage {
    bool open;      /* covered now, */
    uint64_t since; /* since then */
    GArray *spells; /* that ended, in order; NULL: none */
};

/* From t_ns on the update is covered, or is not. t_ns never goes back. */
void ox_coverage_note(struct ox_coverage *coverage, bool covered, uint64_t t_ns);
void ox_coverage_clear(struct ox_coverage *coverage);

/* The least time >= from_ns at which all of them are covered; false: never. Cost: O(spells) for
 * each time that one update moves the answer on, so about O(updates) in all. */
bool ox_coverage_first(const struct ox_coverage *const *coverages, size_t count, uint64_t from_ns,
                       uint64_t *t_ns);

#endif
