/* brief.h - bytes that are mostly few: up to 15 in place, more in a block of their own.
 *
 *     [ m i l k . . . . . . . . . . . 4 ]      [ address . . . . size . . . . . . 255 ]
 */
#ifndef OXBOW_CRDT_MAP_BRIEF_H
#define OXBOW_CRDT_MAP_BRIEF_H

#include "crdt/buf.h"

enum { OX_BRIEF_MAX = 15, OX_BRIEF_BLOCK = 255 };

struct ox_brief {
    uint8_t raw[OX_BRIEF_MAX + 1]; /* the last byte: the size in place, or that there is a block */
};

/* OX_NOMEM: nothing to free. */
enum ox_status ox_brief_make(struct ox_brief *to, struct ox_bytes bytes);
void ox_brief_free(struct ox_brief *brief);
size_t ox_brief_heap(const struct ox_brief *brief); /* bytes of its block, if it has one */
struct ox_bytes ox_brief_block(const struct ox_brief *brief);

/* Borrowed as long as the brief neither moves nor goes. */
static inline struct ox_bytes ox_brief_bytes(const struct ox_brief *brief) {
    uint8_t size = brief->raw[OX_BRIEF_MAX];
    return size <= OX_BRIEF_MAX ? (struct ox_bytes){brief->raw, size} : ox_brief_block(brief);
}

#endif
