/* The rows of an element, looked for slot by slot. */
#include "crdt/rows/inside.h"

struct ox_rows_match ox_rows_match(const struct ox_rows *rows, const struct ox_rows_key *key) {
    if (rows->tree == NULL)
        return (struct ox_rows_match){.rows = rows, .key = key};
    uint64_t hash = hash_of_key(key);
    return (struct ox_rows_match){rows, key, hash, ox_slots_begin(&rows->tree->slots, hash)};
}

const struct ox_row *ox_rows_match_next(struct ox_rows_match *match) {
    if (match->rows->tree != NULL)
        return tree_find(match->rows->tree, match->key, match->hash, &match->at);
    const struct ox_rows_leaf *leaf = match->rows->leaf;
    while (leaf != NULL && match->at < leaf->count) {
        const struct ox_row *row = &leaf->rows[match->at++];
        if (is_element(row, match->key))
            return row;
    }
    return NULL;
}

const struct ox_row *ox_rows_find(const struct ox_rows *rows, const struct ox_rows_key *key) {
    struct ox_rows_match match = ox_rows_match(rows, key);
    return ox_rows_match_next(&match);
}

static bool few_have_short(const struct ox_rows_leaf *leaf, union ox_row_tail tail) {
    for (uint32_t i = 0; leaf != NULL && i < leaf->count; i++)
        if (has_words(&leaf->rows[i], tail))
            return true;
    return false;
}

bool ox_rows_search_short(const struct ox_rows *rows, union ox_row_tail tail) {
    const struct ox_rows_tree *tree = rows->tree;
    if (tree == NULL)
        return few_have_short(rows->leaf, tail);
    uint64_t hash = hash_of_words(tail);
    uint32_t at = ox_slots_begin(&tree->slots, hash);
    for (uint32_t number; (number = ox_slots_next(&tree->slots, hash, &at)) != OX_SLOT_NONE;)
        if (has_words(row_of(tree, number), tail))
            return true;
    return false;
}
