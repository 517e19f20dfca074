/* The type of the or-map: its operations as updates of a tree (map/tree.h). */
#include "crdt/ormap.h"

#include "crdt/lww.h"
#include "crdt/map/join.h"
#include "crdt/map/parts.h"
#include "crdt/map/read.h"
#include "crdt/map/rewrite.h"
#include "crdt/map/update.h"
#include "crdt/map/wire.h"

#include <assert.h>
#include <stdlib.h>

static void *create(void) {
    struct ox_tree *tree = malloc(sizeof *tree);
    if (tree != NULL)
        ox_tree_init(tree);
    return tree;
}

static void destroy(void *store) {
    ox_tree_free(store);
    free(store);
}

static void *copy(const void *store) {
    struct ox_tree *to = create();
    if (to != NULL && ox_tree_pick(store, NULL, to) != OX_OK) {
        destroy(to);
        return NULL;
    }
    return to;
}

static void clear(void *store) {
    ox_tree_clear(store);
}

/* ---- updates ---- */

static const struct ox_verb verbs[] = {
    {"update", "performs an operation of the object at a path", OX_ARG_INNER},
    {"remove", "takes away what is under a path, as far as it was seen", OX_ARG_PATH},
};

static bool is_path(const struct ox_op *op) {
    for (size_t i = 0; i < op->depth; i++)
        if (!ox_utf8_valid(op->path[i]))
            return false;
    return true;
}

static bool is_verb_of(const struct ox_type *type, const struct ox_verb *verb) {
    for (size_t i = 0; i < type->verb_count; i++)
        if (verb == &type->verbs[i])
            return true;
    return false;
}

static enum ox_status apply(void *store, const struct ox_vv *context, const struct ox_op *op,
                            struct ox_update *update, void *part, struct ox_dots *dead) {
    (void)context;
    struct ox_site site = {.tree = store,
                           .path = op->path,
                           .depth = op->depth,
                           .above = OX_NONE,
                           .node = OX_NONE,
                           .part = part,
                           .dead = dead};
    if (op->depth == 0 || op->depth > OX_MAP_DEPTH_MAX)
        return OX_INVALID;
    if (op->verb == &verbs[1]) {
        enum ox_status status = ox_site_remove(&site, update->dot);
        return status == OX_NOOP && !is_path(op) ? OX_INVALID : status;
    }
    site.kind = ox_kind_of(op->inner);
    if (site.kind == OX_KIND_COUNT || site.kind == OX_KIND_MAP || op->op == NULL ||
        !is_verb_of(op->inner, op->op->verb))
        return OX_NO_SUCH;
    site.above = ox_tree_at(store, op->path, op->depth - 1, OX_KIND_MAP);
    if (site.above != OX_NONE)
        site.node = ox_tree_child(store, site.above, site.kind, op->path[op->depth - 1]);
    if (site.node == OX_NONE && !is_path(op))
        return OX_INVALID;
    return ox_site_update(&site, op->op, update);
}

/* Asked of what an update's delta holds, which is one object; of a whole map the sequences are
 * asked one after the other. */
static bool stamp_of(const void *store, struct ox_dot dot, struct ox_stamp *stamp) {
    const struct ox_tree *tree = store;
    uint32_t id = ox_tree_by_dot(tree, dot, OX_NONE);
    uint32_t left = id == OX_NONE ? tree->sequences : 0;
    for (uint32_t at = 0; left > 0; at++) {
        const struct ox_node *node = ox_node_at(tree, at);
        if (node->kind == OX_KIND_RGA && ox_sequence_stamp_of(node->in.sequence, dot, stamp))
            return true;
        left -= node->kind == OX_KIND_RGA;
    }
    if (id == OX_NONE || ox_node_at(tree, ox_leaf_at(tree, id)->node)->kind != OX_KIND_LWW)
        return false;
    const struct ox_leaf *leaf = ox_leaf_at(tree, id);
    *stamp = (struct ox_stamp){leaf->physical_ns, leaf->extra, leaf->dot.replica};
    return true;
}

static uint64_t elements(const void *store, const struct ox_op *op, uint64_t position,
                         struct ox_dot *dot) {
    if (op->inner == NULL || ox_kind_of(op->inner) != OX_KIND_RGA)
        return 0;
    uint32_t id = ox_tree_at(store, op->path, op->depth, OX_KIND_RGA);
    return id == OX_NONE ? 0
                         : ox_sequence_elements(ox_node_at(store, id)->in.sequence, position, dot);
}

/* ---- the functions of a type ---- */

static enum ox_status join(void *store, const struct ox_seen *mine, const void *other,
                           const struct ox_seen *theirs, bool *changed) {
    return ox_tree_join(store, mine, other, theirs, changed);
}

static bool leq(const void *store, const struct ox_seen *mine, const void *other,
                const struct ox_seen *theirs) {
    return ox_tree_leq(store, mine, other, theirs);
}

static enum ox_status pick(const void *store, const struct ox_seen *seen, void *part) {
    return ox_tree_pick(store, seen, part);
}

static enum ox_status alive(const void *store, struct ox_dots *dots) {
    return ox_tree_alive(store, dots);
}

static enum ox_status split(const void *store, enum ox_status (*each)(void *self, void *part),
                            void *self) {
    return ox_tree_split(store, each, self);
}

static bool equal(const void *a, const void *b) {
    return ox_tree_equal(a, b);
}

static bool empty(const void *store) {
    const struct ox_tree *tree = store;
    return tree->lamport == 0 && ox_tree_bare(tree, OX_ROOT);
}

static void encode(const void *store, struct ox_buf *out) {
    ox_tree_encode(store, out);
}

static enum ox_status decode(void *store, struct ox_cbor *in) {
    return ox_tree_decode(store, in);
}

static enum ox_status value(const void *store, struct ox_buf *out) {
    return ox_tree_value_at(store, OX_ROOT, out);
}

static bool valid(const void *store, const struct ox_seen *seen, const char **reason) {
    return ox_tree_valid(store, seen, reason);
}

static bool within(const void *store, const struct ox_seen *seen, const char **reason) {
    return ox_tree_within(store, seen, reason);
}

static size_t bytes(const void *store) {
    return sizeof(struct ox_tree) + ox_tree_bytes(store);
}

static enum ox_status collect(void *store, const struct ox_vv *stable) {
    return ox_tree_collect(store, stable);
}

static bool has_residue(const void *store, const struct ox_vv *stable) {
    return ox_tree_has_residue(store, stable);
}

const struct ox_type ox_ormap = {
    .name = "or-map",
    .about = "per key what its objects show of the updates that no removal had seen",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof *verbs,
    .create = create,
    .destroy = destroy,
    .copy = copy,
    .clear = clear,
    .apply = apply,
    .stamp_of = stamp_of,
    .elements = elements,
    .join = join,
    .leq = leq,
    .pick = pick,
    .alive = alive,
    .split = split,
    .kills = true,
    .equal = equal,
    .empty = empty,
    .encode = encode,
    .decode = decode,
    .value = value,
    .valid = valid,
    .within = within,
    .bytes = bytes,
    .collect = collect,
    .has_residue = has_residue,
};

/* ---- typed calls ---- */

enum ox_status ox_ormap_update(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                               const struct ox_type *inner, const struct ox_op *op,
                               const struct ox_stamp *stamp, ox_replica replica,
                               struct ox_delta *delta) {
    assert(map->type == &ox_ormap);
    struct ox_op outer = {
        .verb = &verbs[0], .path = path, .depth = depth, .inner = inner, .op = op};
    return ox_object_apply(map, &outer, replica, stamp, delta);
}

enum ox_status ox_ormap_remove(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                               ox_replica replica, struct ox_delta *delta) {
    assert(map->type == &ox_ormap);
    struct ox_op op = {.verb = &verbs[1], .path = path, .depth = depth};
    return ox_object_apply(map, &op, replica, NULL, delta);
}

/* The n-th verb of the inner type, on a scalar or a value. */
static enum ox_status update_by(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                                const struct ox_type *inner, size_t verb,
                                const struct ox_value *arg, const struct ox_stamp *stamp,
                                ox_replica replica, struct ox_delta *delta) {
    bool known = verb < inner->verb_count;
    struct ox_op op = {.verb = known ? &inner->verbs[verb] : NULL, .arg = *arg};
    return ox_ormap_update(map, path, depth, inner, &op, stamp, replica, delta);
}

/* What the delta of a rewrite says. One that told of such a write before needs little change. */
static enum ox_status tell(const struct ox_object *map, const struct ox_rewrite *rewrite,
                           struct ox_dot dot, struct ox_delta *delta) {
    enum ox_status status = OX_OK;
    if (!ox_object_reopen_delta(map, dot, delta))
        status = ox_object_open_delta(map, dot, delta);
    else if (ox_rewrite_retell(rewrite, map->store, dot, delta->store))
        return ox_rewrite_kill(rewrite, &delta->kills);
    else
        ox_tree_clear(delta->store);
    if (status == OX_OK)
        status = ox_rewrite_tell(rewrite, map->store, dot, delta->store);
    return status == OX_OK ? ox_rewrite_kill(rewrite, &delta->kills) : status;
}

enum ox_status ox_ormap_set(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                            const struct ox_value *value, const struct ox_stamp *stamp,
                            ox_replica replica, struct ox_delta *delta) {
    assert(map->type == &ox_ormap);
    struct ox_dot *own = ox_object_own(map, replica);
    struct ox_rewrite rewrite;
    if (own == NULL || !ox_rewrite_find(&rewrite, map->store, path, depth, value, stamp, replica))
        return update_by(map, path, depth, &ox_lww, 0, value, stamp, replica, delta);
    struct ox_dot dot = {replica, own->n + 1};
    enum ox_status status = delta != NULL ? tell(map, &rewrite, dot, delta) : OX_OK;
    if (status != OX_OK) {
        ox_delta_clear(delta);
        return status;
    }
    ox_rewrite_do(&rewrite, map->store, dot);
    own->n++;
    ox_object_remember_made(map);
    return OX_OK;
}

enum ox_status ox_ormap_inc(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                            const struct ox_type *inner, int64_t amount, ox_replica replica,
                            struct ox_delta *delta) {
    if (!ox_kind_counts(ox_kind_of(inner)))
        return OX_NO_SUCH;
    bool down = amount < 0 && amount > INT64_MIN && inner->verb_count > 1;
    struct ox_value arg = ox_value_int(down ? -amount : amount);
    return update_by(map, path, depth, inner, down, &arg, NULL, replica, delta);
}

enum ox_status ox_ormap_add(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                            const struct ox_type *inner, const struct ox_value *element,
                            ox_replica replica, struct ox_delta *delta) {
    if (!ox_kind_is_set(ox_kind_of(inner)))
        return OX_NO_SUCH;
    return update_by(map, path, depth, inner, 0, element, NULL, replica, delta);
}

enum ox_status ox_ormap_take_out(struct ox_object *map, const struct ox_bytes *path, size_t depth,
                                 const struct ox_type *inner, const struct ox_value *element,
                                 ox_replica replica, struct ox_delta *delta) {
    if (!ox_kind_is_set(ox_kind_of(inner)))
        return OX_NO_SUCH;
    return update_by(map, path, depth, inner, 1, element, NULL, replica, delta);
}

/* ---- reads ---- */

/* The node of an object of this kind, if there is one. */
static uint32_t node_of(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                        enum ox_kind kind) {
    assert(map->type == &ox_ormap);
    if (depth == 0 || kind == OX_KIND_COUNT)
        return OX_NONE;
    return ox_tree_at(map->store, path, depth, kind);
}

bool ox_ormap_contains(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                       const struct ox_type *inner) {
    assert(map->type == &ox_ormap);
    uint32_t above = depth > 0 ? ox_tree_at(map->store, path, depth - 1, OX_KIND_MAP) : OX_NONE;
    uint32_t nodes[OX_KIND_COUNT];
    if (above == OX_NONE)
        return false;
    ox_tree_children(map->store, above, path[depth - 1], nodes);
    for (enum ox_kind kind = 0; kind < OX_KIND_COUNT; kind++) {
        bool asked = inner == NULL || ox_kind_of(inner) == kind;
        if (asked && nodes[kind] != OX_NONE && ox_tree_shows(map->store, nodes[kind]))
            return true;
    }
    return false;
}

enum ox_status ox_ormap_value(const struct ox_object *map, const struct ox_bytes *path,
                              size_t depth, const struct ox_type *inner, struct ox_buf *json) {
    uint32_t node = node_of(map, path, depth, ox_kind_of(inner));
    if (node == OX_NONE || !ox_tree_shows(map->store, node))
        return OX_NO_SUCH;
    return ox_tree_value_at(map->store, node, json);
}

int64_t ox_ormap_count(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                       const struct ox_type *inner) {
    enum ox_kind kind = ox_kind_of(inner);
    uint32_t node = ox_kind_counts(kind) ? node_of(map, path, depth, kind) : OX_NONE;
    return node != OX_NONE ? ox_tally_read(ox_node_at(map->store, node)->in.tally) : 0;
}

struct ox_value ox_ormap_read(const struct ox_object *map, const struct ox_bytes *path,
                              size_t depth) {
    uint32_t node = node_of(map, path, depth, OX_KIND_LWW);
    struct ox_value read = ox_value_null();
    if (node == OX_NONE)
        return read;
    const struct ox_leaf *leaf = ox_tree_winner(map->store, ox_node_at(map->store, node));
    struct ox_cbor in = ox_cbor_of(ox_brief_bytes(&leaf->value));
    ox_value_decode(&read, &in, false);
    return read;
}

bool ox_ormap_has(const struct ox_object *map, const struct ox_bytes *path, size_t depth,
                  const struct ox_type *inner, const struct ox_value *element) {
    enum ox_kind kind = ox_kind_of(inner);
    bool may = ox_kind_is_set(kind) || kind == OX_KIND_MV;
    uint32_t node = may ? node_of(map, path, depth, kind) : OX_NONE;
    if (node == OX_NONE)
        return false;
    struct ox_encoded item;
    bool found = ox_encoded_make(&item, element, ox_kind_is_set(kind)) == OX_OK &&
                 ox_tree_shows_item(map->store, node, ox_buf_bytes(&item.buf));
    ox_encoded_free(&item);
    return found;
}
