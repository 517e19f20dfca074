/* registry.c - the protocols there are. */
#include "protocols/delta.h"
#include "protocols/null.h"

#include <stddef.h>

const struct ox_protocol *const ox_protocols[] = {&ox_delta_protocol, &ox_null_protocol, NULL};

const struct ox_protocol *ox_protocol_named(struct ox_bytes name) {
    for (size_t i = 0; ox_protocols[i] != NULL; i++)
        if (ox_bytes_equal(ox_bytes_of_text(ox_protocols[i]->name), name))
            return ox_protocols[i];
    return NULL;
}
