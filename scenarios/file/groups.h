/* groups.h - who is meant: expressions over nodes.
 *
 *     eu-west-1, ca-central-1 | 7, 10-19 | rest
 *
 * An item is a region, a node, a range of nodes a-b (both ends included), `all`, or, in groups,
 * `rest`: every node that no other group names. Groups must hold every node exactly once.
 */
#ifndef OXBOW_SCENARIOS_FILE_GROUPS_H
#define OXBOW_SCENARIOS_FILE_GROUPS_H

#include "scenarios/file/regions.h"

/* The group of each node, [nodes], from 0 in the order written; owned by the caller. NULL after
 * adding an error that names the node which is in no group or in two. `regions` may be empty (a
 * platform of the user's own). */
uint32_t *ox_groups_read(const char *raw, uint32_t nodes, const struct ox_regions *regions,
                         struct ox_place place, struct ox_errors *errors);
/* The nodes that a list names, in its order, none twice; owned by the caller. NULL after adding an
 * error. */
uint32_t *ox_nodes_read(const char *raw, uint32_t nodes, const struct ox_regions *regions,
                        struct ox_place place, struct ox_errors *errors, uint32_t *count);

#endif
