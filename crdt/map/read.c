#include "crdt/map/read.h"

#include "crdt/array.h"
#include "crdt/map/sorted.h"
#include "crdt/ormap.h"

#include <stdlib.h>

/* ---- what shows ---- */

bool ox_tree_shows_item(const struct ox_tree *tree, uint32_t node, struct ox_bytes element) {
    struct ox_items items = ox_tree_items(node, element);
    bool left = false;
    for (uint32_t id; (id = ox_tree_next_item(tree, node, &items)) != OX_NONE; left = true)
        if (ox_kind_is_set(ox_node_at(tree, node)->kind) && ox_leaf_at(tree, id)->extra != 0)
            return false;
    return left;
}

bool ox_tree_shows(const struct ox_tree *tree, uint32_t id) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (ox_kind_counts(node->kind))
        return ox_tally_shows(node->in.tally);
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_shows(node->in.sequence);
    if (node->kind == OX_KIND_MAP) {
        for (uint32_t below = node->in.first; below != OX_NONE;
             below = ox_node_at(tree, below)->next)
            if (ox_tree_shows(tree, below))
                return true;
        return false;
    }
    if (node->kind != OX_KIND_TWOPSET)
        return node->in.first != OX_NONE;
    for (uint32_t at = node->in.first; at != OX_NONE; at = ox_leaf_at(tree, at)->next)
        if (ox_tree_shows_item(tree, id, ox_brief_bytes(&ox_leaf_at(tree, at)->value)))
            return true;
    return false;
}

static struct ox_stamp stamp_of(const struct ox_leaf *leaf) {
    return (struct ox_stamp){leaf->physical_ns, leaf->extra, leaf->dot.replica};
}

const struct ox_leaf *ox_tree_winner(const struct ox_tree *tree, const struct ox_node *node) {
    const struct ox_leaf *best = NULL;
    for (uint32_t at = node->in.first; at != OX_NONE; at = ox_leaf_at(tree, at)->next) {
        const struct ox_leaf *leaf = ox_leaf_at(tree, at);
        struct ox_stamp stamp = stamp_of(leaf);
        struct ox_stamp most = best != NULL ? stamp_of(best) : stamp;
        int order = ox_stamp_compare(&stamp, &most);
        if (best == NULL || order > 0 || (order == 0 && leaf->dot.n > best->dot.n))
            best = leaf;
    }
    return best;
}

/* ---- as JSON ---- */

static int compare_leaves(const void *left, const void *right) {
    const struct ox_leaf *a = left;
    const struct ox_leaf *b = right;
    return ox_bytes_compare(ox_brief_bytes(&a->value), ox_brief_bytes(&b->value));
}

static struct ox_rank rank_leaf(const void *item) {
    return ox_brief_rank(&((const struct ox_leaf *)item)->value);
}

struct shown {
    const struct ox_tree *tree;
    uint32_t node;
    const struct ox_sorted *sorted;
};

/* One of several leaves of an element stands for all. */
static struct ox_bytes shown_item(const void *self, uint32_t i) {
    const struct shown *shown = self;
    const struct ox_leaf *leaf = shown->sorted->all[i].item;
    struct ox_bytes value = ox_brief_bytes(&leaf->value);
    bool again = i > 0 && compare_leaves(shown->sorted->all[i - 1].item, leaf) == 0;
    bool shows = !again && (!ox_kind_is_set(ox_node_at(shown->tree, shown->node)->kind) ||
                            ox_tree_shows_item(shown->tree, shown->node, value));
    return shows ? value : (struct ox_bytes){0};
}

static enum ox_status put_items(const struct ox_tree *tree, uint32_t node, struct ox_buf *out) {
    static const struct ox_ranking by_value = {rank_leaf, compare_leaves};
    struct ox_sorted sorted;
    enum ox_status status = ox_sorted_leaves(&sorted, tree, ox_node_at(tree, node), &by_value);
    if (status != OX_OK)
        return status;
    struct shown shown = {tree, node, &sorted};
    status = ox_json_put_sorted(shown_item, &shown, sorted.count, out);
    ox_sorted_free(&sorted);
    return status;
}

/* A member of a map: a node that shows, and its name as JSON, in a buffer of names. */
struct member {
    uint32_t node;
    bool shares; /* its key with another type */
    const struct ox_buf *names;
    size_t at, size;
};

static struct ox_bytes name_of(const struct member *member) {
    return (struct ox_bytes){member->names->data + member->at, member->size};
}

/* By the name's JSON; two nodes come to share one only if a key ends like a type's name. */
static int compare_members(const void *left, const void *right) {
    const struct member *a = left;
    const struct member *b = right;
    int order = ox_bytes_compare(name_of(a), name_of(b));
    return order != 0 ? order : (a->shares > b->shares) - (a->shares < b->shares);
}

/* Whether another node of the same key shows as well. */
static bool shares_key(const struct ox_tree *tree, uint32_t id) {
    const struct ox_node *node = ox_node_at(tree, id);
    uint32_t nodes[OX_KIND_COUNT];
    ox_tree_children(tree, node->parent, ox_brief_bytes(&node->key), nodes);
    for (enum ox_kind kind = 0; kind < OX_KIND_COUNT; kind++)
        if (nodes[kind] != OX_NONE && nodes[kind] != id && ox_tree_shows(tree, nodes[kind]))
            return true;
    return false;
}

static void name_member(const struct ox_tree *tree, struct member *member, struct ox_buf *names) {
    const struct ox_node *node = ox_node_at(tree, member->node);
    struct ox_bytes type = ox_bytes_of_text(ox_kind_type(node->kind)->name);
    member->names = names;
    member->at = names->size;
    member->shares = shares_key(tree, member->node);
    ox_json_put_text(names, ox_brief_bytes(&node->key));
    if (member->shares && !names->failed) {
        names->size--; /* the closing quote */
        ox_buf_push(names, ':');
        ox_buf_append(names, type.data, type.size);
        ox_buf_push(names, '"');
    }
    member->size = names->size - member->at;
}

static enum ox_status put_members(const struct ox_tree *tree, const void **order, uint32_t count,
                                  struct ox_buf *out) {
    enum ox_status status = OX_OK;
    ox_buf_push(out, '{');
    for (uint32_t i = 0; i < count && status == OX_OK; i++) {
        const struct member *member = order[i];
        struct ox_bytes name = name_of(member);
        if (i > 0)
            ox_buf_push(out, ',');
        ox_buf_append(out, name.data, name.size);
        ox_buf_push(out, ':');
        status = ox_tree_value_at(tree, member->node, out);
    }
    ox_buf_push(out, '}');
    return status == OX_OK ? ox_buf_status(out) : status;
}

static enum ox_status put_map(const struct ox_tree *tree, uint32_t map, struct ox_buf *out) {
    uint32_t most = 0;
    uint32_t count = 0;
    struct ox_buf names = {0};
    for (uint32_t id = ox_node_at(tree, map)->in.first; id != OX_NONE;
         id = ox_node_at(tree, id)->next)
        most++;
    struct member *members = malloc((most + 1) * sizeof *members);
    const void **order = malloc((most + 1) * sizeof *order);
    enum ox_status status = members != NULL && order != NULL ? OX_OK : OX_NOMEM;
    for (uint32_t id = ox_node_at(tree, map)->in.first; id != OX_NONE && status == OX_OK;
         id = ox_node_at(tree, id)->next) {
        if (!ox_tree_shows(tree, id))
            continue;
        members[count].node = id;
        name_member(tree, &members[count], &names);
        order[count] = &members[count];
        count++;
        status = ox_buf_status(&names);
    }
    if (status == OX_OK) {
        ox_array_sort(order, count, compare_members);
        status = put_members(tree, order, count, out);
    }
    ox_buf_free(&names);
    free(members);
    free(order);
    return status;
}

enum ox_status ox_tree_value_at(const struct ox_tree *tree, uint32_t id, struct ox_buf *out) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (node->kind == OX_KIND_MAP)
        return put_map(tree, id, out);
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_value(node->in.sequence, out);
    if (node->kind == OX_KIND_LWW)
        return ox_value_json(ox_brief_bytes(&ox_tree_winner(tree, node)->value), out);
    if (!ox_kind_counts(node->kind))
        return put_items(tree, id, out);
    ox_tally_value(node->in.tally, out);
    return ox_buf_status(out);
}

/* ---- validity ---- */

static bool tally_within(const struct ox_tally *tally, const struct ox_seen *seen,
                         const char **reason) {
    *reason = "a counter in a map has a dot that was never seen";
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct ox_piece *piece = &tally->pieces[i];
        if ((piece->n > 0 && !ox_seen_has(seen, (struct ox_dot){piece->replica, piece->n})) ||
            (piece->reset_n > 0 && !ox_seen_has(seen, piece->reset_by)))
            return false;
    }
    return true;
}

static bool tally_valid(const struct ox_node *node, const struct ox_seen *seen,
                        const char **reason) {
    const struct ox_tally *tally = node->in.tally;
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct ox_piece *piece = &tally->pieces[i];
        if (i > 0 && piece[-1].replica >= piece->replica) {
            *reason = "the replicas of a counter in a map do not ascend";
            return false;
        }
        if (!ox_piece_valid(piece, node->kind == OX_KIND_GCOUNTER, reason))
            return false;
    }
    return tally_within(tally, seen, reason);
}

static bool leaf_valid(const struct ox_tree *tree, const struct ox_leaf *leaf,
                       const struct ox_seen *seen, const char **reason) {
    enum ox_kind kind = ox_node_at(tree, leaf->node)->kind;
    struct ox_cbor in = ox_cbor_of(ox_brief_bytes(&leaf->value));
    struct ox_value value;
    bool stamped = kind == OX_KIND_LWW;
    if (!ox_seen_has(seen, leaf->dot)) {
        *reason = "an update in a map has a dot that was never seen";
        return false;
    }
    if (ox_value_decode(&value, &in, ox_kind_is_set(kind)) != OX_OK || !ox_cbor_done(&in)) {
        *reason = "a value in a map is not the canonical encoding of one";
        return false;
    }
    if (stamped ? leaf->physical_ns == UINT64_MAX
                : leaf->physical_ns != 0 || leaf->extra > (kind == OX_KIND_TWOPSET)) {
        *reason = "an update in a map has a stamp that it cannot have";
        return false;
    }
    return true;
}

static bool below_valid(const struct ox_tree *tree, uint32_t id, size_t depth,
                        const struct ox_seen *seen, const char **reason) {
    const struct ox_node *node = ox_node_at(tree, id);
    if (id != OX_ROOT && ox_tree_bare(tree, id)) {
        *reason = "a key of a map holds nothing";
        return false;
    }
    if (depth > OX_MAP_DEPTH_MAX || !ox_utf8_valid(ox_brief_bytes(&node->key))) {
        *reason = "a key of a map is too deep, or not UTF-8";
        return false;
    }
    if (ox_kind_counts(node->kind))
        return tally_valid(node, seen, reason);
    if (node->kind == OX_KIND_RGA)
        return ox_sequence_valid(node->in.sequence, seen, reason);
    if (node->kind == OX_KIND_MAP) {
        for (uint32_t below = node->in.first; below != OX_NONE;
             below = ox_node_at(tree, below)->next)
            if (!below_valid(tree, below, depth + 1, seen, reason))
                return false;
        return true;
    }
    for (uint32_t at = node->in.first; at != OX_NONE; at = ox_leaf_at(tree, at)->next)
        if (!leaf_valid(tree, ox_leaf_at(tree, at), seen, reason))
            return false;
    return true;
}

/* Who has seen nothing has no lamport either. */
static bool lamport_is_of_something(const struct ox_tree *tree, const struct ox_seen *seen,
                                    const char **reason) {
    *reason = "a lamport of no insert in a map";
    return seen->vv == NULL || seen->vv->count > 0 || tree->lamport == 0;
}

bool ox_tree_within(const struct ox_tree *tree, const struct ox_seen *seen, const char **reason) {
    *reason = "an update in a map has a dot that was never seen";
    for (uint32_t id = 0; id < tree->leaves.used; id++) {
        struct ox_dot dot = ox_leaf_at(tree, id)->dot;
        if (dot.n > 0 && !ox_seen_has(seen, dot))
            return false;
    }
    for (uint32_t id = 0; id < tree->nodes.used && tree->counters + tree->sequences > 0; id++) {
        const struct ox_node *node = ox_node_at(tree, id);
        if (ox_kind_counts(node->kind) && !tally_within(node->in.tally, seen, reason))
            return false;
        if (node->kind == OX_KIND_RGA && !ox_sequence_within(node->in.sequence, seen, reason))
            return false;
    }
    return lamport_is_of_something(tree, seen, reason);
}

bool ox_tree_valid(const struct ox_tree *tree, const struct ox_seen *seen, const char **reason) {
    if (!ox_tree_sound(tree, reason) || !below_valid(tree, OX_ROOT, 0, seen, reason))
        return false;
    if (tree->lamport < ox_tree_lamport(tree)) {
        *reason = "a place in a map is younger than the greatest lamport";
        return false;
    }
    return lamport_is_of_something(tree, seen, reason);
}
