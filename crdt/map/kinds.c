#include "crdt/map/kinds.h"

#include "crdt/gcounter.h"
#include "crdt/gset.h"
#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/ormap.h"
#include "crdt/orset.h"
#include "crdt/pncounter.h"
#include "crdt/rga.h"
#include "crdt/twopset.h"

static const struct ox_type *const types[OX_KIND_COUNT] = {
    [OX_KIND_GCOUNTER] = &ox_gcounter,
    [OX_KIND_PNCOUNTER] = &ox_pncounter,
    [OX_KIND_GSET] = &ox_gset,
    [OX_KIND_TWOPSET] = &ox_twopset,
    [OX_KIND_ORSET] = &ox_orset,
    [OX_KIND_LWW] = &ox_lww,
    [OX_KIND_MV] = &ox_mv,
    [OX_KIND_RGA] = &ox_rga,
    [OX_KIND_MAP] = &ox_ormap,
};

enum ox_kind ox_kind_of(const struct ox_type *type) {
    enum ox_kind kind = OX_KIND_LWW; /* what maps hold most */
    if (type == types[kind])
        return kind;
    for (kind = 0; kind < OX_KIND_COUNT; kind++)
        if (type == types[kind] && type != NULL)
            return kind;
    return OX_KIND_COUNT;
}

const struct ox_type *ox_kind_type(enum ox_kind kind) {
    return types[kind];
}
