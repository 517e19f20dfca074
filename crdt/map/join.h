/* join.h - two trees of an or-map (map/tree.h) become one.
 *
 *     leaf      stays if both sides hold it, or one holds it and the other has not seen its dot
 *     counter   per replica, the greater updates and the greater reset (map/tally.h)
 *
 * The functions are those of struct ox_type.
 */
#ifndef OXBOW_CRDT_MAP_JOIN_H
#define OXBOW_CRDT_MAP_JOIN_H

#include "crdt/map/tree.h"

/* Cost: O(other and the dots that a delta lists), expected; of two whole maps O(both). */
enum ox_status ox_tree_join(struct ox_tree *tree, const struct ox_seen *mine,
                            const struct ox_tree *other, const struct ox_seen *theirs,
                            bool *changed);
bool ox_tree_leq(const struct ox_tree *tree, const struct ox_seen *mine,
                 const struct ox_tree *other, const struct ox_seen *theirs);

#endif
