/* read.h - what an or-map shows, and whether its tree (map/tree.h) is right.
 *
 * The functions are those of struct ox_type.
 */
#ifndef OXBOW_CRDT_MAP_READ_H
#define OXBOW_CRDT_MAP_READ_H

#include "crdt/map/tree.h"

/* Whether the node shows anything. Cost: O(residue before the first that does). */
bool ox_tree_shows(const struct ox_tree *tree, uint32_t node);
/* Whether an element of a set node does. */
bool ox_tree_shows_item(const struct ox_tree *tree, uint32_t node, struct ox_bytes element);
/* The winning write of an lww-register's node. */
const struct ox_leaf *ox_tree_winner(const struct ox_tree *tree, const struct ox_node *node);
/* The value of one node; of the map that of OX_ROOT. */
enum ox_status ox_tree_value_at(const struct ox_tree *tree, uint32_t node, struct ox_buf *out);
bool ox_tree_valid(const struct ox_tree *tree, const struct ox_seen *seen, const char **reason);
/* What of it decoding does not see to: that the dots were seen. */
bool ox_tree_within(const struct ox_tree *tree, const struct ox_seen *seen, const char **reason);

#endif
