#include "crdt/map/brief.h"

#include <stdlib.h>
#include <string.h>

/* Where the size of a block stands; before it its address. */
enum { SIZE_AT = sizeof(void *) };

struct ox_bytes ox_brief_block(const struct ox_brief *brief) {
    uint8_t *data;
    uint32_t size;
    memcpy(&data, brief->raw, sizeof data);
    memcpy(&size, brief->raw + SIZE_AT, sizeof size);
    return (struct ox_bytes){data, size};
}

enum ox_status ox_brief_make(struct ox_brief *to, struct ox_bytes bytes) {
    if (bytes.size <= OX_BRIEF_MAX) {
        if (bytes.size > 0)
            memcpy(to->raw, bytes.data, bytes.size);
        to->raw[OX_BRIEF_MAX] = (uint8_t)bytes.size;
        return OX_OK;
    }
    uint32_t size = (uint32_t)bytes.size;
    uint8_t *data = bytes.size <= UINT32_MAX ? malloc(bytes.size) : NULL;
    if (data == NULL)
        return OX_NOMEM;
    memcpy(data, bytes.data, bytes.size);
    memcpy(to->raw, &data, sizeof data);
    memcpy(to->raw + SIZE_AT, &size, sizeof size);
    to->raw[OX_BRIEF_MAX] = OX_BRIEF_BLOCK;
    return OX_OK;
}

void ox_brief_free(struct ox_brief *brief) {
    if (brief->raw[OX_BRIEF_MAX] == OX_BRIEF_BLOCK)
        free((void *)ox_brief_block(brief).data);
}

size_t ox_brief_heap(const struct ox_brief *brief) {
    return brief->raw[OX_BRIEF_MAX] == OX_BRIEF_BLOCK ? ox_brief_block(brief).size : 0;
}
