#include "crdt/map/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 8 };

static const size_t node_size = sizeof(struct ox_node);
static const size_t leaf_size = sizeof(struct ox_leaf);

void ox_tree_init(struct ox_tree *tree) {
    *tree = (struct ox_tree){0};
    tree->root = (struct ox_node){.parent = OX_NONE,
                                  .next = OX_NONE,
                                  .prev = OX_NONE,
                                  .kind = OX_KIND_MAP,
                                  .in.first = OX_NONE};
}

static void free_store(struct ox_node *node) {
    if (node->kind == OX_KIND_RGA)
        ox_sequence_destroy(node->in.sequence);
    if (!ox_kind_counts(node->kind))
        return;
    ox_tally_free(node->in.tally);
    free(node->in.tally);
}

/* Gives back what nodes and leaves have outside their pools. */
static void free_contents(struct ox_tree *tree) {
    for (uint32_t id = 0; id < tree->nodes.used; id++) {
        struct ox_node *node = ox_node_at(tree, id);
        if (node->kind == OX_KIND_COUNT)
            continue;
        ox_brief_free(&node->key);
        free_store(node);
    }
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        if (ox_leaf_at(tree, id)->dot.n > 0)
            ox_brief_free(&ox_leaf_at(tree, id)->value);
}

static void free_tables(struct ox_tree *tree) {
    ox_slots_free(&tree->by_key);
    ox_slots_free(&tree->by_dot);
    ox_slots_free(&tree->by_item);
    tree->indexed = false;
}

void ox_tree_free(struct ox_tree *tree) {
    free_contents(tree);
    free_tables(tree);
    ox_pool_free(&tree->nodes);
    ox_pool_free(&tree->leaves);
    ox_tree_init(tree);
}

void ox_tree_clear(struct ox_tree *tree) {
    free_contents(tree);
    free_tables(tree);
    ox_pool_clear(&tree->nodes);
    ox_pool_clear(&tree->leaves);
    tree->root.in.first = OX_NONE;
    tree->counters = 0;
    tree->lamport = 0;
}

uint64_t ox_tree_lamport(const struct ox_tree *tree) {
    uint64_t greatest = 0;
    for (uint32_t id = 0; id < tree->nodes.used && tree->lamport > 0; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        uint64_t lamport = node->kind == OX_KIND_RGA ? ox_sequence_lamport(node->in.sequence) : 0;
        greatest = lamport > greatest ? lamport : greatest;
    }
    return greatest;
}

size_t ox_tree_bytes(const struct ox_tree *tree) {
    size_t bytes = ox_pool_bytes(&tree->nodes, node_size) +
                   ox_pool_bytes(&tree->leaves, leaf_size) + ox_slots_bytes(&tree->by_key) +
                   ox_slots_bytes(&tree->by_dot) + ox_slots_bytes(&tree->by_item);
    for (uint32_t id = 0; id < tree->nodes.used; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->kind == OX_KIND_COUNT)
            continue;
        bytes += ox_brief_heap(&node->key);
        if (node->kind == OX_KIND_RGA)
            bytes += ox_sequence_bytes(node->in.sequence);
        if (ox_kind_counts(node->kind))
            bytes +=
                sizeof *node->in.tally + node->in.tally->capacity * sizeof *node->in.tally->pieces;
    }
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        if (ox_leaf_at(tree, id)->dot.n > 0)
            bytes += ox_brief_heap(&ox_leaf_at(tree, id)->value);
    return bytes;
}

/* ---- tables ---- */

static uint64_t hash_of_dot(struct ox_dot dot) {
    uint64_t mixed = (dot.replica * OX_GOLDEN ^ dot.n) * OX_MMIX;
    mixed = (mixed ^ mixed >> 29) * OX_GOLDEN;
    return mixed ^ mixed >> 32;
}

static struct ox_sought sought_key(uint32_t parent, enum ox_kind kind, struct ox_bytes key) {
    return ox_sought_of(key, (uint64_t)parent * OX_KIND_COUNT + kind);
}

static uint64_t hash_of_node(const struct ox_node *node) {
    return sought_key(node->parent, node->kind, ox_brief_bytes(&node->key)).hash;
}

static bool is_item(const struct ox_tree *tree, const struct ox_leaf *leaf) {
    return ox_kind_is_set(ox_node_at(tree, leaf->node)->kind);
}

static uint64_t hash_of_item(const struct ox_leaf *leaf) {
    return ox_sought_of(ox_brief_bytes(&leaf->value), leaf->node).hash;
}

/* An empty table with room for what there is and one more, and for the numbers to come. */
static enum ox_status make_table(struct ox_slots *table, uint32_t entries,
                                 const struct ox_pool *pool) {
    uint64_t numbers = 2 * (uint64_t)entries;
    return ox_slots_make(table, (uint64_t)entries + 1, numbers > pool->room ? numbers : pool->room);
}

static void swap_in(struct ox_slots *table, struct ox_slots *made) {
    ox_slots_free(table);
    *table = *made;
}

static enum ox_status build_by_key(struct ox_tree *tree) {
    struct ox_slots made = {0};
    if (make_table(&made, ox_pool_count(&tree->nodes), &tree->nodes) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = 0; id < tree->nodes.used; id++)
        if (ox_node_at(tree, id)->kind != OX_KIND_COUNT)
            ox_slots_insert(&made, hash_of_node(ox_node_at(tree, id)), id);
    swap_in(&tree->by_key, &made);
    return OX_OK;
}

static enum ox_status build_by_dot(struct ox_tree *tree) {
    struct ox_slots made = {0};
    if (make_table(&made, ox_pool_count(&tree->leaves), &tree->leaves) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        if (ox_leaf_at(tree, id)->dot.n > 0)
            ox_slots_insert(&made, hash_of_dot(ox_leaf_at(tree, id)->dot), id);
    swap_in(&tree->by_dot, &made);
    return OX_OK;
}

static enum ox_status build_by_item(struct ox_tree *tree) {
    struct ox_slots made = {0};
    uint32_t items = 0;
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        items += ox_leaf_at(tree, id)->dot.n > 0 && is_item(tree, ox_leaf_at(tree, id));
    if (make_table(&made, items, &tree->leaves) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        if (ox_leaf_at(tree, id)->dot.n > 0 && is_item(tree, ox_leaf_at(tree, id)))
            ox_slots_insert(&made, hash_of_item(ox_leaf_at(tree, id)), id);
    swap_in(&tree->by_item, &made);
    return OX_OK;
}

/* Tables for all that is there, once it is more than a few; that of items with the first one. */
static enum ox_status build_tables(struct ox_tree *tree) {
    if (build_by_key(tree) != OX_OK || build_by_dot(tree) != OX_OK ||
        build_by_item(tree) != OX_OK) {
        free_tables(tree);
        return OX_NOMEM;
    }
    tree->indexed = true;
    return OX_OK;
}

static bool is_few(const struct ox_tree *tree) {
    return ox_pool_count(&tree->nodes) < FEW && ox_pool_count(&tree->leaves) < FEW;
}

/* Room for one node more. */
static enum ox_status reserve_node(struct ox_tree *tree) {
    enum ox_status status = ox_pool_reserve(&tree->nodes, node_size, 1);
    if (status != OX_OK)
        return status;
    if (!tree->indexed)
        return is_few(tree) ? OX_OK : build_tables(tree);
    return ox_slots_fit(&tree->by_key, 1, tree->nodes.room) ? OX_OK : build_by_key(tree);
}

/* Room for one leaf more, or for another dot of one that is there. */
static enum ox_status reserve_dot(struct ox_tree *tree) {
    return ox_slots_fit(&tree->by_dot, 1, tree->leaves.room) ? OX_OK : build_by_dot(tree);
}

static enum ox_status reserve_leaf(struct ox_tree *tree, bool item) {
    enum ox_status status = ox_pool_reserve(&tree->leaves, leaf_size, 1);
    if (status == OX_OK && !tree->indexed)
        return is_few(tree) ? OX_OK : build_tables(tree);
    if (status == OX_OK)
        status = reserve_dot(tree);
    if (status == OX_OK && item && !ox_slots_fit(&tree->by_item, 1, tree->leaves.room))
        status = build_by_item(tree);
    return status;
}

/* ---- nodes ---- */

static bool is_child(const struct ox_node *node, enum ox_kind kind, const struct ox_sought *key) {
    return node->kind == kind && ox_sought_is(key, &node->key);
}

uint32_t ox_tree_child(const struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                       struct ox_bytes key) {
    struct ox_sought sought = sought_key(parent, kind, key);
    if (!tree->indexed) {
        uint32_t id = ox_node_at(tree, parent)->in.first;
        while (id != OX_NONE && !is_child(ox_node_at(tree, id), kind, &sought))
            id = ox_node_at(tree, id)->next;
        return id;
    }
    uint32_t at = ox_slots_begin(&tree->by_key, sought.hash);
    for (;;) {
        uint32_t id = ox_slots_next(&tree->by_key, sought.hash, &at);
        if (id == OX_SLOT_NONE)
            return OX_NONE;
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->parent == parent && is_child(node, kind, &sought))
            return id;
    }
}

uint32_t ox_tree_at(const struct ox_tree *tree, const struct ox_bytes *path, size_t depth,
                    enum ox_kind kind) {
    uint32_t id = OX_ROOT;
    for (size_t i = 0; i < depth && id != OX_NONE; i++)
        id = ox_tree_child(tree, id, i + 1 < depth ? OX_KIND_MAP : kind, path[i]);
    return id;
}

/* An empty store for a node of this kind. */
static enum ox_status make_store(struct ox_node *node) {
    if (node->kind == OX_KIND_RGA) {
        node->in.sequence = ox_sequence_create();
        return node->in.sequence != NULL ? OX_OK : OX_NOMEM;
    }
    if (!ox_kind_counts(node->kind)) {
        node->in.first = OX_NONE;
        return OX_OK;
    }
    node->in.tally = calloc(1, sizeof *node->in.tally);
    return node->in.tally != NULL ? OX_OK : OX_NOMEM;
}

enum ox_status ox_tree_grow(struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                            struct ox_bytes key, uint32_t *id) {
    struct ox_node node = {.parent = parent, .prev = OX_NONE, .kind = (uint8_t)kind};
    enum ox_status status = reserve_node(tree);
    if (status == OX_OK)
        status = ox_brief_make(&node.key, key);
    if (status != OX_OK)
        return status;
    status = make_store(&node);
    if (status != OX_OK) {
        ox_brief_free(&node.key);
        return status;
    }
    struct ox_node *above = ox_node_at(tree, parent);
    *id = ox_pool_take(&tree->nodes, node_size);
    node.next = above->in.first;
    if (node.next != OX_NONE)
        ox_node_at(tree, node.next)->prev = *id;
    above->in.first = *id;
    *ox_node_at(tree, *id) = node;
    tree->counters += ox_kind_counts(kind);
    if (tree->indexed)
        ox_slots_insert(&tree->by_key, hash_of_node(&node), *id);
    return OX_OK;
}

enum ox_status ox_tree_open(struct ox_tree *tree, const struct ox_bytes *path, size_t depth,
                            enum ox_kind kind, uint32_t *id) {
    uint32_t at = OX_ROOT;
    for (size_t i = 0; i < depth; i++) {
        enum ox_kind want = i + 1 < depth ? OX_KIND_MAP : kind;
        uint32_t below = ox_tree_child(tree, at, want, path[i]);
        if (below == OX_NONE && ox_tree_grow(tree, at, want, path[i], &below) != OX_OK) {
            ox_tree_prune(tree, at);
            return OX_NOMEM;
        }
        at = below;
    }
    *id = at;
    return OX_OK;
}

bool ox_tree_bare(const struct ox_tree *tree, uint32_t id) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_empty(node->in.sequence);
    return ox_kind_counts(node->kind) ? node->in.tally->count == 0 : node->in.first == OX_NONE;
}

void ox_tree_drop(struct ox_tree *tree, uint32_t id) {
    struct ox_node *node = ox_node_at(tree, id);
    assert(id != OX_ROOT);
    assert(ox_tree_bare(tree, id));
    if (tree->indexed)
        ox_slots_remove(&tree->by_key, hash_of_node(node), id);
    if (node->next != OX_NONE)
        ox_node_at(tree, node->next)->prev = node->prev;
    if (node->prev != OX_NONE)
        ox_node_at(tree, node->prev)->next = node->next;
    else
        ox_node_at(tree, node->parent)->in.first = node->next;
    tree->counters -= ox_kind_counts(node->kind);
    ox_brief_free(&node->key);
    free_store(node);
    node->kind = OX_KIND_COUNT;
    ox_pool_give(&tree->nodes, node_size, id);
}

void ox_tree_prune(struct ox_tree *tree, uint32_t id) {
    while (id != OX_ROOT && ox_tree_bare(tree, id)) {
        uint32_t above = ox_node_at(tree, id)->parent;
        ox_tree_drop(tree, id);
        id = above;
    }
}

void ox_tree_sweep(struct ox_tree *tree, uint32_t id) {
    if (ox_node_at(tree, id)->kind == OX_KIND_MAP)
        for (uint32_t below = ox_node_at(tree, id)->in.first, next; below != OX_NONE;
             below = next) {
            next = ox_node_at(tree, below)->next;
            ox_tree_sweep(tree, below);
        }
    if (id != OX_ROOT && ox_tree_bare(tree, id))
        ox_tree_drop(tree, id);
}

/* ---- leaves ---- */

struct ox_saying ox_leaf_says(const struct ox_leaf *leaf) {
    return (struct ox_saying){leaf->dot, leaf->extra, leaf->physical_ns,
                              ox_brief_bytes(&leaf->value)};
}

enum ox_status ox_tree_add(struct ox_tree *tree, uint32_t node, const struct ox_saying *saying,
                           uint32_t *id) {
    struct ox_leaf leaf = {.node = node,
                           .prev = OX_NONE,
                           .extra = saying->extra,
                           .dot = saying->dot,
                           .physical_ns = saying->physical_ns};
    bool item = is_item(tree, &leaf);
    enum ox_status status = reserve_leaf(tree, item);
    if (status == OX_OK)
        status = ox_brief_make(&leaf.value, saying->value);
    if (status != OX_OK)
        return status;
    struct ox_node *holder = ox_node_at(tree, node);
    *id = ox_pool_take(&tree->leaves, leaf_size);
    leaf.next = holder->in.first;
    if (leaf.next != OX_NONE)
        ox_leaf_at(tree, leaf.next)->prev = *id;
    holder->in.first = *id;
    *ox_leaf_at(tree, *id) = leaf;
    if (tree->indexed)
        ox_slots_insert(&tree->by_dot, hash_of_dot(leaf.dot), *id);
    if (tree->indexed && item)
        ox_slots_insert(&tree->by_item, hash_of_item(&leaf), *id);
    return OX_OK;
}

enum ox_status ox_tree_restate(struct ox_tree *tree, uint32_t id, const struct ox_saying *saying) {
    struct ox_leaf *leaf = ox_leaf_at(tree, id);
    union ox_brief value;
    if (tree->indexed && reserve_dot(tree) != OX_OK)
        return OX_NOMEM;
    if (ox_brief_make(&value, saying->value) != OX_OK)
        return OX_NOMEM;
    ox_brief_free(&leaf->value);
    leaf->value = value;
    if (tree->indexed) {
        ox_slots_remove(&tree->by_dot, hash_of_dot(leaf->dot), id);
        ox_slots_insert(&tree->by_dot, hash_of_dot(saying->dot), id);
    }
    leaf->dot = saying->dot;
    leaf->extra = saying->extra;
    leaf->physical_ns = saying->physical_ns;
    return OX_OK;
}

void ox_tree_remove(struct ox_tree *tree, uint32_t id) {
    struct ox_leaf *leaf = ox_leaf_at(tree, id);
    if (tree->indexed)
        ox_slots_remove(&tree->by_dot, hash_of_dot(leaf->dot), id);
    if (tree->indexed && is_item(tree, leaf))
        ox_slots_remove(&tree->by_item, hash_of_item(leaf), id);
    if (leaf->next != OX_NONE)
        ox_leaf_at(tree, leaf->next)->prev = leaf->prev;
    if (leaf->prev != OX_NONE)
        ox_leaf_at(tree, leaf->prev)->next = leaf->next;
    else
        ox_node_at(tree, leaf->node)->in.first = leaf->next;
    ox_brief_free(&leaf->value);
    leaf->dot.n = 0;
    ox_pool_give(&tree->leaves, leaf_size, id);
}

uint32_t ox_tree_by_dot(const struct ox_tree *tree, struct ox_dot dot, uint32_t except) {
    if (!tree->indexed) {
        for (uint32_t id = 0; id < tree->leaves.used; id++)
            if (id != except && dot.n > 0 && ox_dot_compare(ox_leaf_at(tree, id)->dot, dot) == 0)
                return id;
        return OX_NONE;
    }
    uint64_t hash = hash_of_dot(dot);
    uint32_t at = ox_slots_begin(&tree->by_dot, hash);
    for (;;) {
        uint32_t id = ox_slots_next(&tree->by_dot, hash, &at);
        if (id == OX_SLOT_NONE)
            return OX_NONE;
        if (id != except && ox_dot_compare(ox_leaf_at(tree, id)->dot, dot) == 0)
            return id;
    }
}

/* The next in the node's own chain, which is short while there are no tables. */
static uint32_t next_in_chain(const struct ox_tree *tree, uint32_t node, struct ox_items *items) {
    uint32_t id = items->begun ? items->at : ox_node_at(tree, node)->in.first;
    while (id != OX_NONE && !ox_sought_is(&items->sought, &ox_leaf_at(tree, id)->value))
        id = ox_leaf_at(tree, id)->next;
    items->begun = true;
    items->at = id != OX_NONE ? ox_leaf_at(tree, id)->next : OX_NONE;
    return id;
}

struct ox_items ox_tree_items(uint32_t node, struct ox_bytes element) {
    return (struct ox_items){.sought = ox_sought_of(element, node)};
}

uint32_t ox_tree_next_item(const struct ox_tree *tree, uint32_t node, struct ox_items *items) {
    if (!tree->indexed || !ox_kind_is_set(ox_node_at(tree, node)->kind))
        return next_in_chain(tree, node, items);
    if (!items->begun)
        items->at = ox_slots_begin(&tree->by_item, items->sought.hash);
    items->begun = true;
    for (;;) {
        uint32_t id = ox_slots_next(&tree->by_item, items->sought.hash, &items->at);
        if (id == OX_SLOT_NONE)
            return OX_NONE;
        const struct ox_leaf *leaf = ox_leaf_at(tree, id);
        if (leaf->node == node && ox_sought_is(&items->sought, &leaf->value))
            return id;
    }
}

/* The order of nodes: by kind, key and then what is above, so that most differ at once. */
static int compare_places(const struct ox_tree *a, uint32_t left, const struct ox_tree *b,
                          uint32_t right) {
    while (left != OX_ROOT && right != OX_ROOT) {
        const struct ox_node *x = ox_node_at(a, left);
        const struct ox_node *y = ox_node_at(b, right);
        if (x->kind != y->kind)
            return x->kind < y->kind ? -1 : 1;
        int order = ox_bytes_compare(ox_brief_bytes(&x->key), ox_brief_bytes(&y->key));
        if (order != 0)
            return order;
        left = x->parent;
        right = y->parent;
    }
    return (left != OX_ROOT) - (right != OX_ROOT);
}

int ox_leaf_compare(const struct ox_tree *a, const struct ox_leaf *left, const struct ox_tree *b,
                    const struct ox_leaf *right) {
    int order = compare_places(a, left->node, b, right->node);
    if (order == 0)
        order = (left->physical_ns > right->physical_ns) - (left->physical_ns < right->physical_ns);
    if (order == 0)
        order = (left->extra > right->extra) - (left->extra < right->extra);
    if (order == 0)
        order = ox_dot_compare(left->dot, right->dot);
    return order != 0
               ? order
               : ox_bytes_compare(ox_brief_bytes(&left->value), ox_brief_bytes(&right->value));
}

/* ---- two trees ---- */

struct ox_frame ox_frame_below(struct ox_frame *up, const struct ox_tree *from, uint32_t node,
                               const struct ox_tree *to) {
    const struct ox_node *here = ox_node_at(from, node);
    uint32_t there = up->to == OX_NONE
                         ? OX_NONE
                         : ox_tree_child(to, up->to, here->kind, ox_brief_bytes(&here->key));
    return (struct ox_frame){node, there, up};
}

enum ox_status ox_frame_open(struct ox_frame *frame, const struct ox_tree *from, struct ox_tree *to,
                             struct ox_made *made) {
    if (frame->to != OX_NONE)
        return OX_OK;
    const struct ox_node *node = ox_node_at(from, frame->from);
    enum ox_status status = ox_frame_open(frame->up, from, to, made);
    if (status == OX_OK)
        status =
            ox_tree_grow(to, frame->up->to, node->kind, ox_brief_bytes(&node->key), &frame->to);
    if (status == OX_OK && made != NULL)
        made->nodes[made->count++] = frame->to;
    return status;
}

/* ---- soundness ---- */

static bool chain_sound(const struct ox_tree *tree, uint32_t id, uint32_t *nodes, uint32_t *leaves,
                        const char **reason) {
    const struct ox_node *node = ox_node_at(tree, id);
    uint32_t before = OX_NONE;
    *reason = "the chain of a map's node is broken";
    if (ox_kind_has_leaves(node->kind)) {
        for (uint32_t at = node->in.first; at != OX_NONE;
             before = at, ++*leaves, at = ox_leaf_at(tree, at)->next)
            if (ox_leaf_at(tree, at)->prev != before || ox_leaf_at(tree, at)->node != id)
                return false;
        return true;
    }
    for (uint32_t at = node->kind == OX_KIND_MAP ? node->in.first : OX_NONE; at != OX_NONE;
         before = at, ++*nodes, at = ox_node_at(tree, at)->next)
        if (ox_node_at(tree, at)->prev != before || ox_node_at(tree, at)->parent != id ||
            !chain_sound(tree, at, nodes, leaves, reason))
            return false;
    return true;
}

/* Whether the tables lead back to a leaf. */
static bool leaf_found(const struct ox_tree *tree, uint32_t id) {
    const struct ox_leaf *leaf = ox_leaf_at(tree, id);
    struct ox_items items = ox_tree_items(leaf->node, ox_brief_bytes(&leaf->value));
    uint32_t item;
    if (ox_tree_by_dot(tree, leaf->dot, OX_NONE) != id)
        return false;
    if (!is_item(tree, leaf))
        return true;
    do {
        item = ox_tree_next_item(tree, leaf->node, &items);
    } while (item != id && item != OX_NONE);
    return item == id;
}

bool ox_tree_sound(const struct ox_tree *tree, const char **reason) {
    uint32_t nodes = 0;
    uint32_t leaves = 0;
    uint32_t items = 0;
    uint32_t counters = 0;
    if (!chain_sound(tree, OX_ROOT, &nodes, &leaves, reason))
        return false;
    *reason = "a map has nodes or updates that hang nowhere";
    if (nodes != ox_pool_count(&tree->nodes) || leaves != ox_pool_count(&tree->leaves))
        return false;
    *reason = "a key or update of a map is there twice, or is not found";
    for (uint32_t id = 0; id < tree->nodes.used; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        counters += ox_kind_counts(node->kind);
        if (node->kind != OX_KIND_COUNT &&
            ox_tree_child(tree, node->parent, node->kind, ox_brief_bytes(&node->key)) != id)
            return false;
    }
    for (uint32_t id = 0; id < tree->leaves.used; id++) {
        if (ox_leaf_at(tree, id)->dot.n == 0)
            continue;
        items += is_item(tree, ox_leaf_at(tree, id));
        if (!leaf_found(tree, id))
            return false;
    }
    *reason = "a map counts its counters wrongly";
    if (counters != tree->counters)
        return false;
    *reason = "a table of a map has entries of what is gone";
    return !tree->indexed || (tree->by_key.used == nodes && tree->by_dot.used == leaves &&
                              tree->by_item.used == items);
}
