/* The registry: the types that scenario files, frames and laws can name. */
#include "crdt/gcounter.h"
#include "crdt/gset.h"
#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/ormap.h"
#include "crdt/orset.h"
#include "crdt/pncounter.h"
#include "crdt/rga.h"
#include "crdt/twopset.h"

const struct ox_type *const ox_types[] = {&ox_gcounter, &ox_pncounter, &ox_gset, &ox_twopset,
                                          &ox_orset,    &ox_lww,       &ox_mv,   &ox_rga,
                                          &ox_ormap,    NULL};

static bool is_named(const char *name, struct ox_bytes wanted) {
    return ox_bytes_equal(ox_bytes_of_text(name), wanted);
}

const struct ox_type *ox_type_named(struct ox_bytes name) {
    for (size_t i = 0; ox_types[i] != NULL; i++)
        if (is_named(ox_types[i]->name, name))
            return ox_types[i];
    return NULL;
}

const struct ox_verb *ox_verb_named(const struct ox_type *type, struct ox_bytes name) {
    for (size_t i = 0; i < type->verb_count; i++)
        if (is_named(type->verbs[i].name, name))
            return &type->verbs[i];
    return NULL;
}
