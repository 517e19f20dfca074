/* null.h - a protocol that only talks: the load of a protocol without its work.
 *
 * Each interval a node sends `fanout` random peers one frame of about 200 bytes, and does nothing
 * on receipt. Updates stay where they were made; it promises nothing. A benchmark of whatever
 * carries the messages measures that, and not the replication.
 */
#ifndef OXBOW_PROTOCOLS_NULL_H
#define OXBOW_PROTOCOLS_NULL_H

#include "protocols/protocol.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct ox_protocol ox_null_protocol;

#ifdef __cplusplus
}
#endif

#endif
