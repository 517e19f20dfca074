#include "crdt/map/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 16 };

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
    ox_index_free(&tree->by_key);
    ox_index_free(&tree->by_update);
    free(tree->by_dot.first);
    free(tree->by_item.first);
    tree->by_dot = (struct ox_chains){0};
    tree->by_item = (struct ox_chains){0};
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
    if (tree->indexed)
        free_tables(tree);
    ox_pool_clear(&tree->nodes);
    ox_pool_clear(&tree->leaves);
    tree->root.in.first = OX_NONE;
    tree->counters = 0;
    tree->sequences = 0;
    tree->updates = 0;
    tree->items = 0;
    tree->lamport = 0;
}

uint64_t ox_tree_lamport(const struct ox_tree *tree) {
    uint64_t greatest = 0;
    for (uint32_t id = 0; id < tree->nodes.used && tree->sequences > 0; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        uint64_t lamport = node->kind == OX_KIND_RGA ? ox_sequence_lamport(node->in.sequence) : 0;
        greatest = lamport > greatest ? lamport : greatest;
    }
    return greatest;
}

size_t ox_tree_bytes(const struct ox_tree *tree) {
    size_t bytes = ox_pool_bytes(&tree->nodes, node_size) +
                   ox_pool_bytes(&tree->leaves, leaf_size) + ox_index_bytes(&tree->by_key) +
                   ox_index_bytes(&tree->by_update) +
                   ((size_t)tree->by_dot.size + tree->by_item.size) * sizeof *tree->by_dot.first;
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

static uint32_t tag_of_node(const struct ox_node *node) {
    return ox_sought_of(ox_brief_bytes(&node->key), node->parent).tag;
}

static bool is_item(const struct ox_tree *tree, const struct ox_leaf *leaf) {
    return ox_kind_is_set(ox_node_at(tree, leaf->node)->kind);
}

static uint32_t tag_of_item(const struct ox_leaf *leaf) {
    return ox_sought_of(ox_brief_bytes(&leaf->value), leaf->node).tag;
}

static uint32_t tag_of_update(const struct ox_piece *piece) {
    return ox_tag_of_dot((struct ox_dot){piece->replica, piece->n});
}

static void chain_item(struct ox_tree *tree, uint32_t id) {
    struct ox_leaf *leaf = ox_leaf_at(tree, id);
    uint32_t *first = ox_chain_of(&tree->by_item, tag_of_item(leaf));
    leaf->after_item = *first;
    *first = id;
}

static void unchain_item(struct ox_tree *tree, uint32_t id) {
    struct ox_leaf *leaf = ox_leaf_at(tree, id);
    uint32_t *at = ox_chain_of(&tree->by_item, tag_of_item(leaf));
    while (*at != id)
        at = &ox_leaf_at(tree, *at)->after_item;
    *at = leaf->after_item;
}

/* As many chains as would do for twice the leaves, empty, in place of those there are. */
static enum ox_status make_chains(struct ox_chains *chains, uint64_t leaves) {
    uint64_t size = 2 * leaves;
    uint32_t *first = size <= UINT32_MAX ? malloc(size * sizeof *first) : NULL;
    if (first == NULL)
        return OX_NOMEM;
    memset(first, 0xff, size * sizeof *first); /* OX_NONE */
    free(chains->first);
    *chains = (struct ox_chains){first, (uint32_t)size};
    return OX_OK;
}

/* Chains for one dot more. */
static enum ox_status reserve_dot(struct ox_tree *tree) {
    uint64_t leaves = (uint64_t)ox_pool_count(&tree->leaves) + 1;
    if (leaves <= tree->by_dot.size)
        return OX_OK;
    if (make_chains(&tree->by_dot, leaves) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        if (ox_leaf_at(tree, id)->dot.n > 0)
            ox_tree_chain_dot(tree, id, ox_leaf_at(tree, id));
    return OX_OK;
}

static enum ox_status reserve_item(struct ox_tree *tree) {
    uint64_t items = (uint64_t)tree->items + 1;
    if (items <= tree->by_item.size)
        return OX_OK;
    if (make_chains(&tree->by_item, items) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = 0; id < tree->leaves.used; id++)
        if (ox_leaf_at(tree, id)->dot.n > 0 && is_item(tree, ox_leaf_at(tree, id)))
            chain_item(tree, id);
    return OX_OK;
}

static void enter_node(struct ox_tree *tree, uint32_t id) {
    const struct ox_node *node = ox_node_at(tree, id);
    ox_index_insert(&tree->by_key, tag_of_node(node), id);
    for (uint32_t i = 0; ox_kind_counts(node->kind) && i < node->in.tally->count; i++)
        if (node->in.tally->pieces[i].n > 0)
            ox_index_insert(&tree->by_update, tag_of_update(&node->in.tally->pieces[i]), id);
}

/* Tables for all that is there, once it is more than a few, and for one more of each. */
static enum ox_status build_tables(struct ox_tree *tree) {
    enum ox_status status =
        ox_index_reserve(&tree->by_key, (uint64_t)ox_pool_count(&tree->nodes) + 1);
    if (status == OX_OK && tree->updates > 0)
        status = ox_index_reserve(&tree->by_update, (uint64_t)tree->updates + 1);
    if (status == OX_OK)
        status = reserve_dot(tree);
    if (status == OX_OK && tree->items > 0)
        status = reserve_item(tree);
    if (status != OX_OK) {
        free_tables(tree);
        return status;
    }
    for (uint32_t id = 0; id < tree->nodes.used; id++)
        if (ox_node_at(tree, id)->kind != OX_KIND_COUNT)
            enter_node(tree, id);
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
    return ox_index_reserve(&tree->by_key, 1);
}

static enum ox_status reserve_leaf(struct ox_tree *tree, bool item) {
    enum ox_status status = ox_pool_reserve(&tree->leaves, leaf_size, 1);
    if (status == OX_OK && !tree->indexed && !is_few(tree))
        status = build_tables(tree);
    if (status == OX_OK && tree->indexed)
        status = reserve_dot(tree);
    if (status == OX_OK && tree->indexed && item)
        status = reserve_item(tree);
    return status;
}

/* ---- nodes ---- */

uint32_t ox_tree_find_few(const struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                          struct ox_bytes key) {
    struct ox_sought sought = ox_sought_of(key, 0);
    uint32_t id = ox_node_at(tree, parent)->in.first;
    while (id != OX_NONE) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->kind == kind && ox_sought_is(&sought, &node->key))
            break;
        id = node->next;
    }
    return id;
}

void ox_tree_children(const struct ox_tree *tree, uint32_t parent, struct ox_bytes key,
                      uint32_t nodes[OX_KIND_COUNT]) {
    struct ox_sought sought = ox_sought_of(key, parent);
    uint32_t at = tree->indexed ? ox_index_home(&tree->by_key, sought.tag) : 0;
    uint32_t id = tree->indexed ? ox_index_next(&tree->by_key, sought.tag, &at)
                                : ox_node_at(tree, parent)->in.first;
    memset(nodes, 0xff, OX_KIND_COUNT * sizeof *nodes); /* OX_NONE */
    while (id != OX_NONE) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (node->parent == parent && ox_sought_is(&sought, &node->key))
            nodes[node->kind] = id;
        id = tree->indexed ? ox_index_next(&tree->by_key, sought.tag, &at) : node->next;
    }
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

static enum ox_status grow(struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                           const struct ox_sought *key, uint32_t *id) {
    struct ox_node node = {.parent = parent, .prev = OX_NONE, .kind = (uint8_t)kind};
    enum ox_status status = reserve_node(tree);
    if (status == OX_OK)
        status = ox_sought_make(key, &node.key);
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
    tree->sequences += kind == OX_KIND_RGA;
    if (tree->indexed)
        ox_index_insert(&tree->by_key, key->tag, *id);
    return OX_OK;
}

enum ox_status ox_tree_grow(struct ox_tree *tree, uint32_t parent, enum ox_kind kind,
                            struct ox_bytes key, uint32_t *id) {
    struct ox_sought sought = ox_sought_of(key, parent);
    return grow(tree, parent, kind, &sought, id);
}

enum ox_status ox_tree_open(struct ox_tree *tree, const struct ox_bytes *path, size_t depth,
                            enum ox_kind kind, uint32_t *id) {
    uint32_t at = OX_ROOT;
    for (size_t i = 0; i < depth; i++) {
        enum ox_kind want = i + 1 < depth ? OX_KIND_MAP : kind;
        struct ox_sought sought = ox_sought_of(path[i], at);
        uint32_t below = ox_tree_find(tree, at, want, &sought);
        if (below == OX_NONE && grow(tree, at, want, &sought, &below) != OX_OK) {
            ox_tree_prune(tree, at);
            return OX_NOMEM;
        }
        at = below;
    }
    *id = at;
    return OX_OK;
}

enum ox_status ox_tree_mirror(struct ox_tree *to, const struct ox_tree *from, uint32_t node,
                              uint32_t *id) {
    const struct ox_node *model = ox_node_at(from, node);
    uint32_t parent = OX_ROOT;
    enum ox_status status = OX_OK;
    if (model->parent != OX_ROOT)
        status = ox_tree_mirror(to, from, model->parent, &parent);
    return status == OX_OK ? ox_tree_grow(to, parent, model->kind, ox_brief_bytes(&model->key), id)
                           : status;
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
        ox_index_remove(&tree->by_key, tag_of_node(node), id);
    if (node->next != OX_NONE)
        ox_node_at(tree, node->next)->prev = node->prev;
    if (node->prev != OX_NONE)
        ox_node_at(tree, node->prev)->next = node->next;
    else
        ox_node_at(tree, node->parent)->in.first = node->next;
    tree->counters -= ox_kind_counts(node->kind);
    tree->sequences -= node->kind == OX_KIND_RGA;
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
    union ox_brief value;
    bool item = ox_kind_is_set(ox_node_at(tree, node)->kind);
    enum ox_status status = reserve_leaf(tree, item);
    if (status == OX_OK)
        status = ox_brief_make(&value, saying->value);
    if (status != OX_OK)
        return status;
    struct ox_node *holder = ox_node_at(tree, node);
    *id = ox_pool_take(&tree->leaves, leaf_size);
    struct ox_leaf *leaf = ox_leaf_at(tree, *id);
    leaf->node = node;
    leaf->prev = OX_NONE;
    leaf->next = holder->in.first;
    leaf->extra = saying->extra;
    leaf->dot = saying->dot;
    leaf->physical_ns = saying->physical_ns;
    leaf->value = value;
    if (leaf->next != OX_NONE)
        ox_leaf_at(tree, leaf->next)->prev = *id;
    holder->in.first = *id;
    tree->items += item;
    if (tree->indexed)
        ox_tree_chain_dot(tree, *id, leaf);
    if (tree->indexed && item)
        chain_item(tree, *id);
    return OX_OK;
}

enum ox_status ox_tree_restate(struct ox_tree *tree, uint32_t id, const struct ox_saying *saying) {
    struct ox_leaf *leaf = ox_leaf_at(tree, id);
    union ox_brief value;
    if (ox_brief_make(&value, saying->value) != OX_OK)
        return OX_NOMEM;
    ox_brief_free(&leaf->value);
    leaf->value = value;
    leaf->extra = saying->extra;
    leaf->physical_ns = saying->physical_ns;
    ox_tree_redate(tree, id, leaf, saying->dot);
    return OX_OK;
}

void ox_tree_remove(struct ox_tree *tree, uint32_t id) {
    struct ox_leaf *leaf = ox_leaf_at(tree, id);
    bool item = is_item(tree, leaf);
    if (tree->indexed)
        ox_tree_unchain_dot(tree, id, leaf);
    if (tree->indexed && item)
        unchain_item(tree, id);
    tree->items -= item;
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
    uint32_t id = *ox_chain_of(&tree->by_dot, ox_tag_of_dot(dot));
    while (id != OX_NONE && (id == except || ox_dot_compare(ox_leaf_at(tree, id)->dot, dot) != 0))
        id = ox_leaf_at(tree, id)->after_dot;
    return id;
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
    uint32_t id = items->at;
    if (!items->begun)
        id = tree->items > 0 ? *ox_chain_of(&tree->by_item, items->sought.tag) : OX_NONE;
    while (id != OX_NONE) {
        const struct ox_leaf *leaf = ox_leaf_at(tree, id);
        if (leaf->node == node && ox_sought_is(&items->sought, &leaf->value))
            break;
        id = leaf->after_item;
    }
    items->begun = true;
    items->at = id != OX_NONE ? ox_leaf_at(tree, id)->after_item : OX_NONE;
    return id;
}

/* ---- counters ---- */

enum ox_status ox_tree_reserve_pieces(struct ox_tree *tree, uint32_t node, uint32_t more) {
    enum ox_status status = ox_tally_reserve(ox_node_at(tree, node)->in.tally, more);
    return status == OX_OK ? ox_tree_reserve_updates(tree, more) : status;
}

enum ox_status ox_tree_reserve_updates(struct ox_tree *tree, uint32_t more) {
    return tree->indexed ? ox_index_reserve(&tree->by_update, more) : OX_OK;
}

void ox_tree_put_piece(struct ox_tree *tree, uint32_t node, const struct ox_piece *piece) {
    struct ox_piece *old = ox_tally_open(ox_node_at(tree, node)->in.tally, piece->replica);
    if (tree->indexed && old->n != piece->n) {
        if (old->n > 0)
            ox_index_remove(&tree->by_update, tag_of_update(old), node);
        if (piece->n > 0)
            ox_index_insert(&tree->by_update, tag_of_update(piece), node);
    }
    tree->updates = tree->updates + (piece->n > 0) - (old->n > 0);
    *old = *piece;
}

/* Whether the counter holds this as its replica's last update. */
static bool is_update(const struct ox_node *node, struct ox_dot dot) {
    const struct ox_piece *piece =
        ox_kind_counts(node->kind) ? ox_tally_find(node->in.tally, dot.replica) : NULL;
    return piece != NULL && piece->n == dot.n;
}

uint32_t ox_tree_by_update(const struct ox_tree *tree, struct ox_dot dot, uint32_t passed) {
    assert(dot.n > 0);
    if (tree->updates == 0)
        return OX_NONE;
    if (!tree->indexed) {
        for (uint32_t id = 0; id < tree->nodes.used; id++)
            if (is_update(ox_node_at(tree, id), dot) && passed-- == 0)
                return id;
        return OX_NONE;
    }
    uint32_t tag = ox_tag_of_dot(dot);
    uint32_t at = ox_index_home(&tree->by_update, tag);
    for (;;) {
        uint32_t id = ox_index_next(&tree->by_update, tag, &at);
        if (id == OX_NONE || (is_update(ox_node_at(tree, id), dot) && passed-- == 0))
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
