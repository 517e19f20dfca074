/* reuse.h - memory kept between steps, but not that of rare big steps.
 *
 * A buffer that is filled again and again keeps its memory; one that grew far for a single answer
 * gives it back, so that a thousand nodes do not each keep the room of their largest one.
 */
#ifndef OXBOW_PROTOCOLS_REUSE_H
#define OXBOW_PROTOCOLS_REUSE_H

#include "crdt/buf.h"

#define OX_KEPT_BYTES_MAX 4096 /* of a buffer */
#define OX_KEPT_ITEMS_MAX 64   /* of an array */

static inline void ox_buf_reuse(struct ox_buf *buf) {
    if (buf->capacity > OX_KEPT_BYTES_MAX)
        ox_buf_free(buf);
    else
        ox_buf_clear(buf);
}

#endif
