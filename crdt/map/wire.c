#include "crdt/map/wire.h"

#include "crdt/map/sorted.h"
#include "crdt/map/update.h"
#include "crdt/ormap.h"

/* Major types: RFC 8949, section 3. */
enum { UINT = 0, ARRAY = 4 };

/* ---- writing ---- */

/* In the order of CBOR's map keys: the shorter first. */
static int compare_nodes(const void *left, const void *right) {
    const struct ox_node *a = left;
    const struct ox_node *b = right;
    struct ox_bytes x = ox_brief_bytes(&a->key);
    struct ox_bytes y = ox_brief_bytes(&b->key);
    if (x.size != y.size)
        return x.size < y.size ? -1 : 1;
    int order = ox_bytes_compare(x, y);
    return order != 0 ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

static struct ox_rank rank_node(const void *item) {
    return ox_brief_rank_by_size(&((const struct ox_node *)item)->key);
}

static int compare_items(const void *left, const void *right) {
    const struct ox_leaf *a = left;
    const struct ox_leaf *b = right;
    int order = ox_bytes_compare(ox_brief_bytes(&a->value), ox_brief_bytes(&b->value));
    if (order == 0)
        order = (a->extra > b->extra) - (a->extra < b->extra);
    return order != 0 ? order : ox_dot_compare(a->dot, b->dot);
}

static int compare_writes(const void *left, const void *right) {
    const struct ox_leaf *a = left;
    const struct ox_leaf *b = right;
    struct ox_stamp x = {a->physical_ns, a->extra, a->dot.replica};
    struct ox_stamp y = {b->physical_ns, b->extra, b->dot.replica};
    int order = ox_stamp_compare(&x, &y);
    return order != 0 ? order : (a->dot.n > b->dot.n) - (a->dot.n < b->dot.n);
}

static struct ox_rank rank_item(const void *item) {
    return ox_brief_rank(&((const struct ox_leaf *)item)->value);
}

static struct ox_rank rank_write(const void *item) {
    const struct ox_leaf *leaf = item;
    return (struct ox_rank){leaf->physical_ns, leaf->extra};
}

static const struct ox_ranking nodes_by_key = {rank_node, compare_nodes};
static const struct ox_ranking leaves_by_value = {rank_item, compare_items};
static const struct ox_ranking leaves_by_stamp = {rank_write, compare_writes};

static void encode_pieces(const struct ox_tally *tally, struct ox_buf *out) {
    ox_cbor_put_map(out, tally->count);
    for (uint32_t i = 0; i < tally->count; i++) {
        const struct ox_piece *piece = &tally->pieces[i];
        ox_cbor_put_uint(out, piece->replica);
        ox_cbor_put_array(out, piece->reset_n > 0 ? 2 : 1);
        if (piece->n > 0) {
            ox_cbor_put_array(out, 3);
            ox_cbor_put_uint(out, piece->first);
            ox_cbor_put_uint(out, piece->n);
            ox_cbor_put_int(out, piece->total);
        } else {
            ox_cbor_put_null(out);
        }
        if (piece->reset_n == 0)
            continue;
        ox_cbor_put_array(out, 4);
        ox_cbor_put_uint(out, piece->reset_n);
        ox_cbor_put_int(out, piece->reset_total);
        ox_cbor_put_uint(out, piece->reset_by.replica);
        ox_cbor_put_uint(out, piece->reset_by.n);
    }
}

/* Everything but the value is a few heads, for which there is room then. */
static void encode_write(const struct ox_leaf *leaf, struct ox_buf *out) {
    struct ox_bytes value = ox_brief_bytes(&leaf->value);
    if (!ox_buf_reserve(out, 5 * OX_CBOR_HEAD_MAX + value.size))
        return;
    uint8_t *at = out->data + out->size;
    at += ox_cbor_write_head(at, ARRAY, 5);
    at += ox_cbor_write_head(at, UINT, leaf->physical_ns);
    at += ox_cbor_write_head(at, UINT, leaf->extra);
    at += ox_cbor_write_head(at, UINT, leaf->dot.replica);
    at += ox_cbor_write_head(at, UINT, leaf->dot.n);
    ox_bytes_copy(at, value.data, value.size);
    out->size = (size_t)(at - out->data) + value.size;
}

static void encode_writes(const struct ox_tree *tree, const struct ox_node *node,
                          struct ox_buf *out) {
    struct ox_sorted sorted;
    const struct ox_leaf *first = ox_leaf_at(tree, node->in.first);
    if (first->next == OX_NONE) {
        ox_cbor_put_array(out, 1);
        encode_write(first, out);
        return;
    }
    if (ox_sorted_leaves(&sorted, tree, node, &leaves_by_stamp) != OX_OK) {
        out->failed = true;
        return;
    }
    ox_cbor_put_array(out, sorted.count);
    for (uint32_t i = 0; i < sorted.count; i++)
        encode_write(sorted.all[i].item, out);
    ox_sorted_free(&sorted);
}

static void encode_dots(const struct ox_sorted *sorted, uint32_t begin, uint32_t end,
                        struct ox_buf *out) {
    ox_cbor_put_array(out, 2 * (uint64_t)(end - begin));
    for (uint32_t i = begin; i < end; i++) {
        const struct ox_leaf *leaf = sorted->all[i].item;
        ox_cbor_put_uint(out, leaf->dot.replica);
        ox_cbor_put_uint(out, leaf->dot.n);
    }
}

static bool same_rank(const struct ox_sorted *sorted, uint32_t i, uint32_t j) {
    struct ox_rank a = sorted->all[i].rank;
    struct ox_rank b = sorted->all[j].rank;
    return a.high == b.high && a.low == b.low;
}

static struct ox_bytes value_at(const struct ox_sorted *sorted, uint32_t i) {
    return ox_brief_bytes(&((const struct ox_leaf *)sorted->all[i].item)->value);
}

/* The index behind the last leaf of the item that begins at `begin`. */
static uint32_t end_of_item(const struct ox_sorted *sorted, uint32_t begin) {
    uint32_t end = begin + 1;
    while (end < sorted->count && same_rank(sorted, begin, end) &&
           ox_bytes_equal(value_at(sorted, begin), value_at(sorted, end)))
        end++;
    return end;
}

static void encode_items(const struct ox_sorted *sorted, bool two_phase, struct ox_buf *out) {
    uint32_t items = 0;
    for (uint32_t at = 0; at < sorted->count; at = end_of_item(sorted, at))
        items++;
    ox_cbor_put_map(out, items);
    for (uint32_t at = 0, end; at < sorted->count; at = end) {
        struct ox_bytes value = value_at(sorted, at);
        end = end_of_item(sorted, at);
        ox_buf_append(out, value.data, value.size);
        uint32_t removes = at;
        while (two_phase && removes < end &&
               ((const struct ox_leaf *)sorted->all[removes].item)->extra == 0)
            removes++;
        if (two_phase) {
            ox_cbor_put_array(out, 2);
            encode_dots(sorted, at, removes, out);
        }
        encode_dots(sorted, removes, end, out);
    }
}

static void encode_map(const struct ox_tree *tree, const struct ox_node *map, struct ox_buf *out);

static void encode_content(const struct ox_tree *tree, const struct ox_node *node,
                           struct ox_buf *out) {
    struct ox_sorted sorted;
    if (node->kind == OX_KIND_MAP) {
        encode_map(tree, node, out);
    } else if (ox_kind_counts(node->kind)) {
        encode_pieces(node->in.tally, out);
    } else if (node->kind == OX_KIND_RGA) {
        ox_sequence_encode(node->in.sequence, out);
    } else if (node->kind == OX_KIND_LWW) {
        encode_writes(tree, node, out);
    } else if (ox_sorted_leaves(&sorted, tree, node, &leaves_by_value) == OX_OK) {
        encode_items(&sorted, node->kind == OX_KIND_TWOPSET, out);
        ox_sorted_free(&sorted);
    } else {
        out->failed = true;
    }
}

static struct ox_bytes key_at(const struct ox_sorted *sorted, uint32_t i) {
    return ox_brief_bytes(&((const struct ox_node *)sorted->all[i].item)->key);
}

/* The index behind the last node of the key that begins at `begin`. */
static uint32_t end_of_key(const struct ox_sorted *sorted, uint32_t begin) {
    uint32_t end = begin + 1;
    while (end < sorted->count && same_rank(sorted, begin, end) &&
           ox_bytes_equal(key_at(sorted, begin), key_at(sorted, end)))
        end++;
    return end;
}

static void encode_map(const struct ox_tree *tree, const struct ox_node *map, struct ox_buf *out) {
    struct ox_sorted sorted;
    if (ox_sorted_nodes(&sorted, tree, map, &nodes_by_key) != OX_OK) {
        out->failed = true;
        return;
    }
    uint32_t keys = 0;
    for (uint32_t at = 0; at < sorted.count; at = end_of_key(&sorted, at))
        keys++;
    ox_cbor_put_map(out, keys);
    for (uint32_t at = 0, end; at < sorted.count; at = end) {
        end = end_of_key(&sorted, at);
        struct ox_bytes key = key_at(&sorted, at);
        ox_cbor_put_text_head(out, key.size);
        ox_buf_append(out, key.data, key.size);
        ox_cbor_put_map(out, end - at);
        for (uint32_t i = at; i < end; i++) {
            const struct ox_node *node = sorted.all[i].item;
            ox_cbor_put_uint(out, node->kind);
            encode_content(tree, node, out);
        }
    }
    ox_sorted_free(&sorted);
}

void ox_tree_encode(const struct ox_tree *tree, struct ox_buf *out) {
    uint64_t above = tree->lamport - ox_tree_lamport(tree);
    if (above > 0) {
        ox_cbor_put_array(out, 2);
        ox_cbor_put_uint(out, above);
    }
    encode_map(tree, &tree->root, out);
}

/* ---- reading ---- */

struct reader {
    struct ox_tree *tree;
    struct ox_cbor *in;
    struct ox_dot greatest; /* of the leaves so far */
};

static enum ox_status outcome(const struct ox_cbor *in, enum ox_status status) {
    return status == OX_OK && in->failed ? OX_MALFORMED : status;
}

static void decode_updates(struct ox_piece *piece, struct ox_cbor *in) {
    if (ox_cbor_peek(in) == OX_CBOR_NULL) {
        ox_cbor_null(in);
        return;
    }
    if (ox_cbor_array(in) != 3)
        ox_cbor_fail(in);
    piece->first = ox_cbor_uint(in);
    piece->n = ox_cbor_uint(in);
    piece->total = ox_cbor_int(in);
    if (piece->n == 0)
        ox_cbor_fail(in);
}

static void decode_reset(struct ox_piece *piece, struct ox_cbor *in) {
    if (ox_cbor_array(in) != 4)
        ox_cbor_fail(in);
    piece->reset_n = ox_cbor_uint(in);
    piece->reset_total = ox_cbor_int(in);
    piece->reset_by.replica = ox_cbor_uint(in);
    piece->reset_by.n = ox_cbor_uint(in);
    if (piece->reset_n == 0)
        ox_cbor_fail(in);
}

static enum ox_status decode_pieces(struct ox_tree *tree, uint32_t node, struct ox_cbor *in) {
    const struct ox_tally *tally = ox_node_at(tree, node)->in.tally;
    bool only_grows = ox_node_at(tree, node)->kind == OX_KIND_GCOUNTER;
    const char *reason;
    size_t count = ox_cbor_map(in);
    if (count == 0)
        ox_cbor_fail(in);
    for (size_t i = 0; i < count && !in->failed; i++) {
        struct ox_piece piece = {.replica = ox_cbor_uint(in)};
        size_t parts = ox_cbor_array(in);
        if (parts != 1 && parts != 2)
            ox_cbor_fail(in);
        decode_updates(&piece, in);
        if (parts == 2)
            decode_reset(&piece, in);
        bool ascends = tally->count == 0 || tally->pieces[tally->count - 1].replica < piece.replica;
        if (in->failed || !ascends || !ox_piece_valid(&piece, only_grows, &reason))
            ox_cbor_fail(in);
        else if (ox_tree_reserve_pieces(tree, node, 1) != OX_OK)
            return OX_NOMEM;
        else
            ox_tree_put_piece(tree, node, &piece);
    }
    return outcome(in, OX_OK);
}

/* A leaf whose dot must be new to the whole tree; one above all so far is. */
static enum ox_status decode_leaf(struct reader *reader, uint32_t node,
                                  const struct ox_saying *saying) {
    uint32_t id;
    if (ox_dot_below(reader->greatest, saying->dot))
        reader->greatest = saying->dot;
    else if (ox_tree_by_dot(reader->tree, saying->dot, OX_NONE) != OX_NONE)
        ox_cbor_fail(reader->in);
    if (saying->dot.n == 0)
        ox_cbor_fail(reader->in);
    return reader->in->failed ? OX_MALFORMED : ox_tree_add(reader->tree, node, saying, &id);
}

/* The bytes of one value. */
static struct ox_bytes decode_value(bool scalar_only, struct ox_cbor *in) {
    struct ox_bytes value = {.data = in->at};
    struct ox_value ignored;
    ox_value_decode(&ignored, in, scalar_only);
    value.size = (size_t)(in->at - value.data);
    return value;
}

static enum ox_status decode_writes(struct reader *reader, uint32_t node) {
    struct ox_cbor *in = reader->in;
    struct ox_stamp previous = {0};
    uint64_t previous_n = 0;
    enum ox_status status = OX_OK;
    size_t count = ox_cbor_array(in);
    if (count == 0)
        ox_cbor_fail(in);
    for (size_t i = 0; i < count && status == OX_OK && !in->failed; i++) {
        if (ox_cbor_array(in) != 5)
            ox_cbor_fail(in);
        struct ox_stamp stamp = {.physical_ns = ox_cbor_uint(in)};
        uint64_t logical = ox_cbor_uint(in);
        stamp.logical = (uint32_t)logical;
        stamp.replica = ox_cbor_uint(in);
        uint64_t n = ox_cbor_uint(in);
        int order = ox_stamp_compare(&previous, &stamp);
        bool ascends = i == 0 || order < 0 || (order == 0 && previous_n < n);
        if (!ascends || logical > UINT32_MAX || stamp.physical_ns == UINT64_MAX)
            ox_cbor_fail(in);
        struct ox_saying saying = {
            {stamp.replica, n}, stamp.logical, stamp.physical_ns, decode_value(false, in)};
        status = decode_leaf(reader, node, &saying);
        previous = stamp;
        previous_n = n;
    }
    return outcome(in, status);
}

static enum ox_status decode_dots(struct reader *reader, uint32_t node, struct ox_bytes value,
                                  uint32_t extra, size_t *total) {
    struct ox_cbor *in = reader->in;
    struct ox_dot previous = {0, 0};
    enum ox_status status = OX_OK;
    size_t numbers = ox_cbor_array(in);
    if (numbers % 2 != 0)
        ox_cbor_fail(in);
    *total += numbers / 2;
    for (size_t i = 0; i < numbers / 2 && status == OX_OK && !in->failed; i++) {
        struct ox_saying saying = {.extra = extra, .value = value};
        saying.dot.replica = ox_cbor_uint(in);
        saying.dot.n = ox_cbor_uint(in);
        if (i > 0 && ox_dot_compare(previous, saying.dot) >= 0)
            ox_cbor_fail(in);
        previous = saying.dot;
        status = decode_leaf(reader, node, &saying);
    }
    return outcome(in, status);
}

static enum ox_status decode_items(struct reader *reader, uint32_t node) {
    struct ox_tree *tree = reader->tree;
    struct ox_cbor *in = reader->in;
    enum ox_kind kind = ox_node_at(tree, node)->kind;
    bool two_phase = kind == OX_KIND_TWOPSET;
    struct ox_bytes previous = {0};
    enum ox_status status = OX_OK;
    size_t count = ox_cbor_map(in);
    if (count == 0)
        ox_cbor_fail(in);
    for (size_t i = 0; i < count && status == OX_OK && !in->failed; i++) {
        struct ox_bytes value = decode_value(ox_kind_is_set(kind), in);
        size_t dots = 0;
        ox_cbor_key_ascends(in, &previous, value);
        if (two_phase && ox_cbor_array(in) != 2)
            ox_cbor_fail(in);
        for (uint32_t extra = 0; extra <= two_phase && status == OX_OK && !in->failed; extra++)
            status = decode_dots(reader, node, value, extra, &dots);
        if (dots == 0)
            ox_cbor_fail(in);
    }
    return outcome(in, status);
}

static enum ox_status decode_sequence(struct reader *reader, uint32_t node) {
    struct ox_tree *tree = reader->tree;
    struct ox_cbor *in = reader->in;
    void *sequence = ox_node_at(tree, node)->in.sequence;
    enum ox_status status = ox_sequence_decode(sequence, in);
    if (status == OX_OK && ox_sequence_empty(sequence))
        ox_cbor_fail(in);
    if (status == OX_OK && ox_sequence_lamport(sequence) > tree->lamport)
        tree->lamport = ox_sequence_lamport(sequence);
    return outcome(in, status);
}

static enum ox_status decode_map(struct reader *reader, uint32_t map, size_t depth);

static enum ox_status decode_content(struct reader *reader, uint32_t node, size_t depth) {
    enum ox_kind kind = ox_node_at(reader->tree, node)->kind;
    if (kind == OX_KIND_MAP)
        return decode_map(reader, node, depth);
    if (ox_kind_counts(kind))
        return decode_pieces(reader->tree, node, reader->in);
    if (kind == OX_KIND_LWW)
        return decode_writes(reader, node);
    if (kind == OX_KIND_RGA)
        return decode_sequence(reader, node);
    return decode_items(reader, node);
}

/* What one key holds: one node per kind. */
static enum ox_status decode_key(struct reader *reader, uint32_t map, struct ox_bytes key,
                                 size_t depth) {
    struct ox_tree *tree = reader->tree;
    struct ox_cbor *in = reader->in;
    enum ox_status status = OX_OK;
    uint64_t previous = 0;
    size_t kinds = ox_cbor_map(in);
    if (kinds == 0)
        ox_cbor_fail(in);
    for (size_t i = 0; i < kinds && status == OX_OK && !in->failed; i++) {
        uint32_t node;
        uint64_t kind = ox_cbor_uint(in);
        bool known = kind < OX_KIND_COUNT && ox_kind_type((enum ox_kind)kind) != NULL;
        if (!known || (i > 0 && kind <= previous))
            ox_cbor_fail(in);
        if (in->failed)
            break;
        previous = kind;
        status = ox_tree_grow(tree, map, (enum ox_kind)kind, key, &node);
        if (status == OX_OK)
            status = decode_content(reader, node, depth);
    }
    return outcome(in, status);
}

static enum ox_status decode_map(struct reader *reader, uint32_t map, size_t depth) {
    struct ox_cbor *in = reader->in;
    struct ox_bytes previous = {0};
    enum ox_status status = OX_OK;
    size_t keys = ox_cbor_map(in);
    if (depth == OX_MAP_DEPTH_MAX || (keys == 0 && map != OX_ROOT))
        ox_cbor_fail(in);
    for (size_t i = 0; i < keys && status == OX_OK && !in->failed; i++) {
        struct ox_bytes encoded = {.data = in->at};
        struct ox_bytes key = ox_cbor_text(in);
        encoded.size = (size_t)(in->at - encoded.data);
        ox_cbor_key_ascends(in, &previous, encoded);
        if (!in->failed)
            status = decode_key(reader, map, key, depth + 1);
    }
    return outcome(in, status);
}

enum ox_status ox_tree_decode(struct ox_tree *tree, struct ox_cbor *in) {
    uint64_t above = 0;
    if (ox_cbor_peek(in) == OX_CBOR_ARRAY) {
        if (ox_cbor_array(in) != 2)
            ox_cbor_fail(in);
        above = ox_cbor_uint(in);
        if (above == 0)
            ox_cbor_fail(in);
    }
    struct reader reader = {tree, in, {0, 0}};
    enum ox_status status = decode_map(&reader, OX_ROOT, 0);
    if (status == OX_OK && above > UINT64_MAX - tree->lamport)
        status = OX_MALFORMED;
    tree->lamport += above;
    if (status != OX_OK)
        ox_cbor_fail(in);
    return status;
}
