/* parts.h - pieces of the tree of an or-map (map/tree.h): copies, parts, comparison, collection.
 *
 * The functions are those of struct ox_type.
 */
#ifndef OXBOW_CRDT_MAP_PARTS_H
#define OXBOW_CRDT_MAP_PARTS_H

#include "crdt/map/tree.h"

/* Into `to`, which is empty, what `seen` (NULL: nothing) has not; on failure a part of it. */
enum ox_status ox_tree_pick(const struct ox_tree *tree, const struct ox_seen *seen,
                            struct ox_tree *to);
enum ox_status ox_tree_alive(const struct ox_tree *tree, struct ox_dots *dots);
/* `each` takes ownership of a tree of one piece, made by calloc; see struct ox_type. */
enum ox_status ox_tree_split(const struct ox_tree *tree,
                             enum ox_status (*each)(void *self, void *part), void *self);
bool ox_tree_equal(const struct ox_tree *a, const struct ox_tree *b);
enum ox_status ox_tree_collect(struct ox_tree *tree, const struct ox_vv *stable);
bool ox_tree_has_residue(const struct ox_tree *tree, const struct ox_vv *stable);

#endif
