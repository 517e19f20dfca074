#include "crdt/map/update.h"

#include <assert.h>

/* Of a 2p-set's leaf: what it does to its element. */
enum { ADDS, REMOVES };

/* The index of an operation's verb among those of the kind's type. */
static size_t verb_of(const struct ox_site *site, const struct ox_op *op) {
    return (size_t)(op->verb - ox_kind_type(site->kind)->verbs);
}

/* The object's node, made if it is not there; what was looked up before is not looked up again. */
static enum ox_status open_here(const struct ox_site *site, uint32_t *node) {
    *node = site->node;
    if (site->node != OX_NONE)
        return OX_OK;
    if (site->above == OX_NONE)
        return ox_tree_open(site->tree, site->path, site->depth, site->kind, node);
    return ox_tree_grow(site->tree, site->above, site->kind, site->path[site->depth - 1], node);
}

/* And that of the part. */
static enum ox_status open_part(const struct ox_site *site, uint32_t *node) {
    return ox_tree_open(site->part, site->path, site->depth, site->kind, node);
}

/* ---- leaves ---- */

/* A leaf that an update supersedes, other than `except`, or OX_NONE: of a register any, of a set
 * those of the element. */
static uint32_t superseded(const struct ox_site *site, struct ox_bytes element, uint32_t except) {
    const struct ox_tree *tree = site->tree;
    if (ox_kind_is_register(site->kind)) {
        uint32_t id = ox_node_at(tree, site->node)->in.first;
        return id == except && id != OX_NONE ? ox_leaf_at(tree, id)->next : id;
    }
    struct ox_items items = ox_tree_items(site->node, element);
    uint32_t id;
    do {
        id = ox_tree_next_item(tree, site->node, &items);
    } while (id == except && id != OX_NONE);
    return id;
}

static enum ox_status add_dead(struct ox_dots *dead, struct ox_dot dot) {
    return ox_dots_add(dead, (struct ox_span){dot.replica, dot.n, dot.n});
}

/* Lists the dots of all that is superseded. */
static enum ox_status list_superseded(const struct ox_site *site, struct ox_bytes element) {
    const struct ox_tree *tree = site->tree;
    enum ox_status status = OX_OK;
    if (site->dead == NULL)
        return OX_OK;
    if (ox_kind_is_register(site->kind)) {
        for (uint32_t id = ox_node_at(tree, site->node)->in.first; id != OX_NONE && status == OX_OK;
             id = ox_leaf_at(tree, id)->next)
            status = add_dead(site->dead, ox_leaf_at(tree, id)->dot);
        return status;
    }
    struct ox_items items = ox_tree_items(site->node, element);
    for (uint32_t id;
         status == OX_OK && (id = ox_tree_next_item(tree, site->node, &items)) != OX_NONE;)
        status = add_dead(site->dead, ox_leaf_at(tree, id)->dot);
    return status;
}

/* The first leaf of a node that may have been made for it: if it finds no memory, the node goes. */
static enum ox_status add_first(struct ox_tree *tree, uint32_t node,
                                const struct ox_saying *saying) {
    uint32_t id;
    enum ox_status status = ox_tree_add(tree, node, saying, &id);
    if (status != OX_OK)
        ox_tree_prune(tree, node);
    return status;
}

/* The leaf enters in place of what it supersedes. */
static enum ox_status put(const struct ox_site *site, const struct ox_saying *saying) {
    struct ox_tree *tree = site->tree;
    uint32_t node;
    enum ox_status status = site->part != NULL ? open_part(site, &node) : OX_OK;
    if (status == OX_OK && site->part != NULL)
        status = add_first(site->part, node, saying);
    if (status == OX_OK)
        status = open_here(site, &node);
    if (status != OX_OK)
        return status;
    if (site->node == OX_NONE)
        return add_first(tree, node, saying);
    status = list_superseded(site, saying->value);
    if (status != OX_OK)
        return status;
    uint32_t old = superseded(site, saying->value, OX_NONE);
    bool only = old != OX_NONE && superseded(site, saying->value, old) == OX_NONE;
    if (only)
        return ox_tree_restate(tree, old, saying);
    uint32_t id;
    status = ox_tree_add(tree, site->node, saying, &id);
    if (status != OX_OK)
        return status;
    while ((old = superseded(site, saying->value, id)) != OX_NONE)
        ox_tree_remove(tree, old);
    return OX_OK;
}

/* ---- sets ---- */

/* What is left of an element: nothing, something, and whether it shows. */
static void look_up(const struct ox_site *site, struct ox_bytes element, bool *left, bool *shown) {
    struct ox_items items = ox_tree_items(site->node, element);
    bool removed = false;
    *left = false;
    for (uint32_t id; site->node != OX_NONE &&
                      (id = ox_tree_next_item(site->tree, site->node, &items)) != OX_NONE;) {
        *left = true;
        removed |= ox_leaf_at(site->tree, id)->extra == REMOVES;
    }
    *shown = *left && !removed;
}

/* An or-set's element goes and nothing is put in its place. */
static enum ox_status take_out(const struct ox_site *site, struct ox_bytes element) {
    enum ox_status status = list_superseded(site, element);
    if (status != OX_OK)
        return status;
    for (uint32_t id; (id = superseded(site, element, OX_NONE)) != OX_NONE;)
        ox_tree_remove(site->tree, id);
    ox_tree_prune(site->tree, site->node);
    return OX_OK;
}

static enum ox_status update_set(const struct ox_site *site, const struct ox_op *op,
                                 struct ox_dot dot) {
    bool adds = verb_of(site, op) == ADDS;
    bool left;
    bool shown;
    struct ox_encoded element;
    enum ox_status status = ox_encoded_make(&element, &op->arg, true);
    if (status == OX_OK) {
        struct ox_bytes bytes = ox_buf_bytes(&element.buf);
        struct ox_saying saying = {.dot = dot, .extra = adds ? ADDS : REMOVES, .value = bytes};
        look_up(site, bytes, &left, &shown);
        bool idle = adds ? left && site->kind != OX_KIND_ORSET : !shown;
        if (idle)
            status = OX_NOOP;
        else if (!adds && site->kind == OX_KIND_ORSET)
            status = take_out(site, bytes);
        else
            status = put(site, &saying);
    }
    ox_encoded_free(&element);
    return status;
}

/* ---- registers ---- */

/* Raises `stamp` above every stamp left in the register. */
static void stamp_above(const struct ox_tree *tree, uint32_t node, struct ox_stamp *stamp) {
    for (uint32_t id = node == OX_NONE ? OX_NONE : ox_node_at(tree, node)->in.first; id != OX_NONE;
         id = ox_leaf_at(tree, id)->next) {
        const struct ox_leaf *leaf = ox_leaf_at(tree, id);
        struct ox_stamp left = {leaf->physical_ns, leaf->extra, leaf->dot.replica};
        ox_stamp_raise(stamp, &left);
    }
}

static enum ox_status update_register(const struct ox_site *site, const struct ox_op *op,
                                      const struct ox_update *update) {
    struct ox_saying saying = {.dot = update->dot};
    if (site->kind == OX_KIND_LWW) {
        struct ox_stamp own = {update->stamp->physical_ns, update->stamp->logical,
                               update->dot.replica};
        if (own.physical_ns == OX_END_OF_TIME)
            return OX_INVALID;
        stamp_above(site->tree, site->node, &own);
        if (own.physical_ns == OX_END_OF_TIME)
            return OX_OVERFLOW;
        saying.physical_ns = own.physical_ns;
        saying.extra = own.logical;
    }
    struct ox_encoded value;
    enum ox_status status = ox_encoded_make(&value, &op->arg, false);
    saying.value = ox_buf_bytes(&value.buf);
    if (status == OX_OK)
        status = put(site, &saying);
    ox_encoded_free(&value);
    return status;
}

/* ---- counters ---- */

/* Room for one piece more; a node that was made for it goes without. */
static enum ox_status reserve_piece(struct ox_tree *tree, uint32_t node) {
    enum ox_status status = ox_tree_reserve_pieces(tree, node, 1);
    if (status != OX_OK)
        ox_tree_prune(tree, node);
    return status;
}

static enum ox_status update_counter(const struct ox_site *site, const struct ox_op *op,
                                     struct ox_dot dot) {
    int64_t amount = op->arg.number;
    if (op->arg.kind != OX_VALUE_INT || amount < 1)
        return OX_INVALID;
    if (verb_of(site, op) > 0)
        amount = -amount;
    const struct ox_piece *old =
        site->node != OX_NONE
            ? ox_tally_find(ox_node_at(site->tree, site->node)->in.tally, dot.replica)
            : NULL;
    struct ox_piece piece = old != NULL ? *old : (struct ox_piece){.replica = dot.replica};
    uint32_t node;
    uint32_t part_node;
    enum ox_status status = ox_piece_move(&piece, amount, dot.n);
    if (status == OX_OK && site->part != NULL)
        status = open_part(site, &part_node);
    if (status == OX_OK && site->part != NULL)
        status = reserve_piece(site->part, part_node);
    if (status == OX_OK)
        status = open_here(site, &node);
    if (status == OX_OK)
        status = reserve_piece(site->tree, node);
    if (status != OX_OK)
        return status;
    ox_tree_put_piece(site->tree, node, &piece);
    piece = ox_piece_updates(&piece);
    if (site->part != NULL)
        ox_tree_put_piece(site->part, part_node, &piece);
    return OX_OK;
}

/* ---- sequences ---- */

static enum ox_status update_sequence(const struct ox_site *site, const struct ox_op *op,
                                      struct ox_update *update) {
    uint32_t node;
    uint32_t part_node;
    uint64_t before = site->tree->lamport;
    void *part = NULL;
    enum ox_status status = OX_OK;
    if (site->part != NULL)
        status = open_part(site, &part_node);
    if (status == OX_OK && site->part != NULL)
        part = ox_node_at(site->part, part_node)->in.sequence;
    if (status == OX_OK)
        status = open_here(site, &node);
    if (status != OX_OK)
        return status;
    status = ox_sequence_apply(ox_node_at(site->tree, node)->in.sequence, op, update,
                               &site->tree->lamport, part);
    if (status != OX_OK)
        ox_tree_prune(site->tree, node);
    else if (part != NULL && site->tree->lamport > before)
        site->part->lamport = site->tree->lamport;
    return status;
}

enum ox_status ox_site_update(const struct ox_site *site, const struct ox_op *op,
                              struct ox_update *update) {
    if (ox_kind_counts(site->kind))
        return update_counter(site, op, update->dot);
    if (ox_kind_is_set(site->kind))
        return update_set(site, op, update->dot);
    if (ox_kind_is_register(site->kind))
        return update_register(site, op, update);
    assert(site->kind == OX_KIND_RGA);
    return update_sequence(site, op, update);
}
