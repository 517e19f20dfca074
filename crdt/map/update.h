/* update.h - what updates do to the tree of an or-map (map/tree.h).
 *
 * An update of a set or register is a leaf that takes the place of those it supersedes; one of a
 * counter raises its replica's piece; one of a sequence is the sequence's own. A removal takes
 * every leaf below a path away, resets every counter there and deletes the elements of every
 * sequence.
 */
#ifndef OXBOW_CRDT_MAP_UPDATE_H
#define OXBOW_CRDT_MAP_UPDATE_H

#include "crdt/map/tree.h"

/* No honest clock gets there, some 584 years after the epoch: see hlc.h. */
#define OX_END_OF_TIME UINT64_MAX

/* Where an update acts. `part` and `dead` as in struct ox_type: either may be NULL. */
struct ox_site {
    struct ox_tree *tree;
    const struct ox_bytes *path;
    size_t depth;
    enum ox_kind kind; /* of the object at the path's end; not of removals */
    uint32_t above;    /* the map that it is in, or OX_NONE; likewise */
    uint32_t node;     /* the object itself, or OX_NONE; likewise */
    struct ox_tree *part;
    struct ox_dots *dead;
};

/* Performs `op`, a verb of the type of the site's kind. Statuses as in struct ox_type. */
enum ox_status ox_site_update(const struct ox_site *site, const struct ox_op *op,
                              struct ox_update *update);
/* Cancels all that is under the path; OX_NOOP when nothing is left there. Cost: O(what is
 * there). */
enum ox_status ox_site_remove(const struct ox_site *site, struct ox_dot dot);
/* Adds the dots of the leaves at and below a node. */
enum ox_status ox_tree_leaf_dots(const struct ox_tree *tree, uint32_t node, struct ox_dots *dots);

#endif
