#include "crdt/status.h"

#include <assert.h>

static const char *const names[] = {
#define NAME(name, text) #name,
    OX_STATUS_MAP(NAME)
#undef NAME
};

static const char *const texts[] = {
#define TEXT(name, text) text,
    OX_STATUS_MAP(TEXT)
#undef TEXT
};

const char *ox_status_name(enum ox_status status) {
    assert(status < OX_STATUS_COUNT);
    return names[status];
}

const char *ox_status_text(enum ox_status status) {
    assert(status < OX_STATUS_COUNT);
    return texts[status];
}
