#include "crdt/map/brief.h"

#include <stdlib.h>
#include <string.h>

/* Where the size of a block stands; before it its address. */
enum { SIZE_AT = sizeof(void *) };

struct ox_bytes ox_brief_block(const union ox_brief *brief) {
    uint8_t *data;
    uint32_t size;
    memcpy(&data, brief->raw, sizeof data);
    memcpy(&size, brief->raw + SIZE_AT, sizeof size);
    return (struct ox_bytes){data, size};
}

enum ox_status ox_brief_make_block(union ox_brief *to, struct ox_bytes bytes) {
    uint32_t size = (uint32_t)bytes.size;
    uint8_t *data = bytes.size <= UINT32_MAX ? malloc(bytes.size) : NULL;
    if (data == NULL)
        return OX_NOMEM;
    memcpy(data, bytes.data, bytes.size);
    *to = (union ox_brief){{0, 0}};
    memcpy(to->raw, &data, sizeof data);
    memcpy(to->raw + SIZE_AT, &size, sizeof size);
    to->raw[OX_BRIEF_MAX] = OX_BRIEF_BLOCK;
    return OX_OK;
}

void ox_brief_free_block(union ox_brief *brief) {
    free((void *)ox_brief_block(brief).data);
}

size_t ox_brief_heap(const union ox_brief *brief) {
    return ox_brief_in_place(brief) ? 0 : ox_brief_block(brief).size;
}
