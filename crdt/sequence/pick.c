/* From a line to a delta: what hangs on what, and what the other side has not seen. */
#include "crdt/array.h"
#include "crdt/sequence/parts.h"

#include <stdlib.h>

/* ---- parents ---- */

enum ox_status ox_parents_step(struct ox_parents *parents, const struct ox_stretch *stretch,
                               struct ox_dot *parent) {
    uint64_t lamport = stretch->lamport;
    ox_replica replica = stretch->dot.replica;
    *parent = (struct ox_dot){0, 0};
    while (parents->count > 0) {
        struct ox_stretch *top = &parents->stack[parents->count - 1];
        if (ox_ts_less(top->lamport, top->dot.replica, lamport, replica)) {
            uint64_t below = lamport - top->lamport + (top->dot.replica < replica);
            if (below < top->length)
                top->length = (uint32_t)below;
            *parent = (struct ox_dot){top->dot.replica, top->dot.n + (top->length - 1)};
            break;
        }
        parents->count--;
    }
    if (parents->count == parents->capacity) {
        struct ox_stretch *grown = ox_array_grow(parents->stack, &parents->capacity,
                                                 (uint64_t)parents->count + 1, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        parents->stack = grown;
    }
    parents->stack[parents->count++] = *stretch;
    return OX_OK;
}

void ox_parents_free(struct ox_parents *parents) {
    free(parents->stack);
    *parents = (struct ox_parents){0};
}

/* ---- picking ---- */

struct piece {
    struct ox_stretch stretch;
    struct ox_dot after;
};

struct pieces {
    struct piece *all;
    uint32_t count, capacity;
    uint64_t content;
    struct ox_loose deletions; /* as the line has them, not sorted */
};

static void pieces_free(struct pieces *pieces) {
    free(pieces->all);
    ox_loose_free(&pieces->deletions);
}

static enum ox_status add_piece(struct pieces *pieces, const struct ox_stretch *stretch,
                                struct ox_dot after) {
    if (pieces->count == pieces->capacity) {
        struct piece *grown = ox_array_grow(pieces->all, &pieces->capacity,
                                            (uint64_t)pieces->count + 1, sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        pieces->all = grown;
    }
    pieces->content += (uint64_t)stretch->length * stretch->width;
    pieces->all[pieces->count++] = (struct piece){*stretch, after};
    return OX_OK;
}

static enum ox_status add_unseen(struct pieces *pieces, const struct ox_stretch *stretch,
                                 struct ox_dot after, const struct ox_seen *seen) {
    struct ox_stretch left = *stretch;
    if (left.kind == OX_PLACE_DEAD) {
        struct ox_deletion deletion = {left.dot, left.killer, left.length, left.step};
        enum ox_status status = ox_pick_deletions(&deletion, seen, &pieces->deletions);
        if (status != OX_OK)
            return status;
        left.kind = OX_PLACE_VOID;
        left.step = 0;
    }
    for (;;) {
        uint32_t count;
        bool has = ox_seen_stretch(seen, left.dot, left.length, &count);
        struct ox_stretch put = left;
        ox_stretch_keep(&put, count);
        enum ox_status status = has ? OX_OK : add_piece(pieces, &put, after);
        if (status != OX_OK || count == left.length)
            return status;
        after = (struct ox_dot){left.dot.replica, left.dot.n + count - 1};
        ox_stretch_skip(&left, count);
    }
}

static int compare_pieces(const void *left, const void *right) {
    const struct piece *a = left, *b = right;
    return ox_dot_compare(a->stretch.dot, b->stretch.dot);
}

static int compare_deletions(const void *left, const void *right) {
    const struct ox_deletion *a = left, *b = right;
    return ox_dot_compare(a->target, b->target);
}

/* Pointers to `count` items, sorted; NULL when there is no memory (or no item). */
static const void **sorted(const void *items, uint32_t count, size_t size,
                           int (*compare)(const void *, const void *)) {
    const void **order = count > 0 ? malloc(count * sizeof *order) : NULL;
    if (order == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        order[i] = (const char *)items + i * size;
    ox_array_sort(order, count, compare);
    return order;
}

enum ox_status ox_loose_put_deletions(struct ox_loose *loose, struct ox_deletion *all,
                                      uint32_t count) {
    if (count == 0)
        return OX_OK;
    const void **order = sorted(all, count, sizeof *all, compare_deletions);
    if (order == NULL || ox_loose_reserve(loose, 0, count, 0) != OX_OK) {
        free(order);
        return OX_NOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        ox_loose_put_deletion(loose, order[i]);
    free(order);
    return OX_OK;
}

static enum ox_status put_pieces(struct ox_loose *part, const struct pieces *pieces) {
    if (pieces->count == 0)
        return OX_OK;
    const void **order = sorted(pieces->all, pieces->count, sizeof *pieces->all, compare_pieces);
    if (order == NULL || ox_loose_reserve(part, pieces->count, 0, pieces->content) != OX_OK) {
        free(order);
        return OX_NOMEM;
    }
    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = order[i];
        ox_loose_put(part, &piece->stretch, piece->after);
    }
    free(order);
    return OX_OK;
}

enum ox_status ox_line_pick(const struct ox_line *line, const struct ox_seen *seen,
                            struct ox_loose *part) {
    struct ox_parents parents = {0};
    struct pieces pieces = {0};
    enum ox_status status = OX_OK;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0};
         status == OX_OK && ox_line_next(line, &spot);) {
        struct ox_stretch stretch = ox_line_stretch(line, spot);
        struct ox_dot parent;
        status = ox_parents_step(&parents, &stretch, &parent);
        if (status == OX_OK)
            status = add_unseen(&pieces, &stretch, parent, seen);
    }
    if (status == OX_OK)
        status = put_pieces(part, &pieces);
    if (status == OX_OK)
        status = ox_loose_put_deletions(part, pieces.deletions.deletions,
                                        pieces.deletions.deletion_count);
    if (status != OX_OK)
        ox_loose_clear(part);
    ox_parents_free(&parents);
    pieces_free(&pieces);
    return status;
}
