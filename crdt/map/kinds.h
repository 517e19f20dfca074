/* kinds.h - what a key of a map can hold, and by which number the wire knows it.
 *
 * The numbers are for good: they are in stored objects.
 */
#ifndef OXBOW_CRDT_MAP_KINDS_H
#define OXBOW_CRDT_MAP_KINDS_H

#include "crdt/object.h"

enum ox_kind {
    OX_KIND_GCOUNTER,
    OX_KIND_PNCOUNTER,
    OX_KIND_GSET,
    OX_KIND_TWOPSET,
    OX_KIND_ORSET,
    OX_KIND_LWW,
    OX_KIND_MV,
    OX_KIND_RGA,
    OX_KIND_MAP,
    OX_KIND_COUNT
};

/* OX_KIND_COUNT when maps do not hold the type. */
enum ox_kind ox_kind_of(const struct ox_type *type);
const struct ox_type *ox_kind_type(enum ox_kind kind);

static inline bool ox_kind_counts(enum ox_kind kind) {
    return kind <= OX_KIND_PNCOUNTER;
}

/* Kinds whose updates are leaves of the tree, found by what they say ... */
static inline bool ox_kind_is_set(enum ox_kind kind) {
    return kind >= OX_KIND_GSET && kind <= OX_KIND_ORSET;
}

/* ... or looked through, because few of them are left at a time. */
static inline bool ox_kind_is_register(enum ox_kind kind) {
    return kind == OX_KIND_LWW || kind == OX_KIND_MV;
}

static inline bool ox_kind_has_leaves(enum ox_kind kind) {
    return ox_kind_is_set(kind) || ox_kind_is_register(kind);
}

#endif
