/* wire.h - the tree of an or-map (map/tree.h) as bytes, and back.
 *
 *     map            {key: {kind: content}}            kind: its number, see kinds.h
 *     counter        {replica: [updates, reset]}       updates [first, n, total] or null;
 *                                                      reset [n, total, replica, n], or left out
 *     g-, or-set,    {element: [replica, n ...]}
 *     mv-register
 *     2p-set         {element: [[replica, n ...], [replica, n ...]]}    its adds, its removes
 *     lww-register   [[physical ns, logical, replica, n, value] ...]    the greatest last
 *     rga            as ox_sequence_encode
 *
 * The whole is that of the root; or, where the lamport is above that of all places that are there,
 * [how far, that].
 */
#ifndef OXBOW_CRDT_MAP_WIRE_H
#define OXBOW_CRDT_MAP_WIRE_H

#include "crdt/map/tree.h"

void ox_tree_encode(const struct ox_tree *tree, struct ox_buf *out);
/* Into an empty tree. OX_MALFORMED, OX_NOMEM: it is only fit for ox_tree_free. */
enum ox_status ox_tree_decode(struct ox_tree *tree, struct ox_cbor *in);

#endif
