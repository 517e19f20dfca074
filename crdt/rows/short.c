/* What nearly every look-up and every update does, without a call or a loop: the element is short,
 * its slot one of two, and a new row comes at the end of the leaf where the last one came. Where
 * that is not so the long ways begin anew.
 */
#include "crdt/rows/inside.h"

bool ox_rows_has_short(const struct ox_rows *rows, union ox_row_tail tail) {
    const struct ox_rows_tree *tree = rows->tree;
    uint32_t number;
    return (tree != NULL && ox_slots_likely(&tree->slots, hash_of_words(tail), &number) &&
            has_words(row_of(tree, number), tail)) ||
           ox_rows_search_short(rows, tail);
}

enum ox_status ox_rows_insert_new(struct ox_rows *rows, struct ox_dot dot,
                                  const struct ox_rows_key *key) {
    struct ox_rows_tree *tree = rows->tree;
    if (tree == NULL || is_long(&key->tail))
        return ox_rows_insert_unless(rows, dot, key);
    uint64_t hash = hash_of_words(key->tail);
    uint32_t at = ox_slots_likely_free(&tree->slots, hash);
    struct ox_rows_leaf *leaf = at != OX_SLOT_NONE ? open_end(tree, dot) : NULL;
    if (leaf == NULL)
        return ox_rows_insert_unless(rows, dot, key);
    append_first(tree, leaf, dot, &key->tail, hash, at);
    return OX_OK;
}
