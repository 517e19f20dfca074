#include "crdt/map/sorted.h"

#include <stdlib.h>
#include <string.h>

enum { RUN = 8 };

/* ---- ranks ---- */

static uint64_t word_at(const uint8_t *data) {
    return (uint64_t)data[0] << 56 | (uint64_t)data[1] << 48 | (uint64_t)data[2] << 40 |
           (uint64_t)data[3] << 32 | (uint64_t)data[4] << 24 | (uint64_t)data[5] << 16 |
           (uint64_t)data[6] << 8 | data[7];
}

/* Up to 15 bytes filled up with zeros, and behind them the size, or the mark of more. */
struct ox_rank ox_brief_rank(const union ox_brief *brief) {
    const uint8_t *data = ox_brief_bytes(brief).data;
    uint64_t last = word_at(data + 8) & ~UINT64_C(0xff);
    return (struct ox_rank){word_at(data), last | brief->raw[OX_BRIEF_MAX]};
}

/* The size, then 15 bytes. A size that does not fit says nothing of the bytes either. */
struct ox_rank ox_brief_rank_by_size(const union ox_brief *brief) {
    struct ox_rank rank = ox_brief_rank(brief);
    size_t size = ox_brief_bytes(brief).size;
    if (size >= UINT8_MAX)
        return (struct ox_rank){UINT64_MAX, UINT64_MAX};
    return (struct ox_rank){(uint64_t)size << 56 | rank.high >> 8, rank.high << 56 | rank.low >> 8};
}

/* ---- sorting ---- */

static bool goes_before(const struct ox_ranked *a, const struct ox_ranked *b,
                        const struct ox_ranking *ranking) {
    if (a->rank.high != b->rank.high)
        return a->rank.high < b->rank.high;
    if (a->rank.low != b->rank.low)
        return a->rank.low < b->rank.low;
    return ranking->compare(a->item, b->item) < 0;
}

/* Whether all are in order, or all in the other one. */
static bool runs(const struct ox_sorted *sorted, bool down, const struct ox_ranking *ranking) {
    for (uint32_t i = 1; i < sorted->count; i++)
        if (goes_before(&sorted->all[i - down], &sorted->all[i - !down], ranking))
            return false;
    return true;
}

static void turn_round(struct ox_sorted *sorted) {
    for (uint32_t i = 0; i < sorted->count / 2; i++) {
        struct ox_ranked *left = &sorted->all[i];
        struct ox_ranked *right = &sorted->all[sorted->count - 1 - i];
        struct ox_ranked item = *left;
        *left = *right;
        *right = item;
    }
}

static void insertion_sort(struct ox_ranked *all, uint32_t count,
                           const struct ox_ranking *ranking) {
    for (uint32_t i = 1; i < count; i++) {
        struct ox_ranked item = all[i];
        uint32_t at = i;
        for (; at > 0 && goes_before(&item, &all[at - 1], ranking); at--)
            all[at] = all[at - 1];
        all[at] = item;
    }
}

/* Two sorted runs that follow each other, into `to`. */
static void merge(const struct ox_ranked *from, uint64_t left_count, uint64_t count,
                  struct ox_ranked *to, const struct ox_ranking *ranking) {
    uint64_t left = 0;
    uint64_t right = left_count;
    for (uint64_t i = 0; i < count; i++) {
        bool takes_right = left == left_count ||
                           (right < count && goes_before(&from[right], &from[left], ranking));
        to[i] = takes_right ? from[right++] : from[left++];
    }
}

/* Runs of RUN, then of twice as many, and so on, from one array into the other and back. */
static enum ox_status merge_sort(struct ox_sorted *sorted, const struct ox_ranking *ranking) {
    uint64_t count = sorted->count;
    struct ox_ranked *from = sorted->all;
    struct ox_ranked *spare = malloc(count * sizeof *spare);
    struct ox_ranked *to = spare;
    if (spare == NULL)
        return OX_NOMEM;
    for (uint64_t at = 0; at < count; at += RUN)
        insertion_sort(from + at, (uint32_t)(count - at < RUN ? count - at : RUN), ranking);
    for (uint64_t run = RUN; run < count; run *= 2) {
        for (uint64_t at = 0; at < count; at += 2 * run) {
            uint64_t rest = count - at;
            merge(from + at, rest < run ? rest : run, rest < 2 * run ? rest : 2 * run, to + at,
                  ranking);
        }
        struct ox_ranked *other = from;
        from = to;
        to = other;
    }
    if (from == spare)
        memcpy(sorted->all, spare, count * sizeof *spare);
    free(spare);
    return OX_OK;
}

static enum ox_status sort(struct ox_sorted *sorted, const struct ox_ranking *ranking) {
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < sorted->count; i++)
        sorted->all[i].rank = ranking->rank(sorted->all[i].item);
    if (runs(sorted, true, ranking))
        turn_round(sorted);
    else if (runs(sorted, false, ranking))
        return OX_OK;
    else if (sorted->count <= OX_SORTED_FEW)
        insertion_sort(sorted->all, sorted->count, ranking);
    else
        status = merge_sort(sorted, ranking);
    if (status != OX_OK)
        ox_sorted_free(sorted);
    return status;
}

/* ---- what is sorted ---- */

static enum ox_status make_room(struct ox_sorted *sorted, uint32_t count) {
    sorted->count = 0;
    sorted->all = count <= OX_SORTED_FEW ? sorted->few : malloc(count * sizeof *sorted->all);
    return sorted->all != NULL ? OX_OK : OX_NOMEM;
}

enum ox_status ox_sorted_nodes(struct ox_sorted *sorted, const struct ox_tree *tree,
                               const struct ox_node *map, const struct ox_ranking *ranking) {
    uint32_t count = 0;
    for (uint32_t id = map->in.first; id != OX_NONE; id = ox_node_at(tree, id)->next)
        count++;
    if (make_room(sorted, count) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = map->in.first; id != OX_NONE; id = ox_node_at(tree, id)->next)
        sorted->all[sorted->count++].item = ox_node_at(tree, id);
    return sort(sorted, ranking);
}

enum ox_status ox_sorted_leaves(struct ox_sorted *sorted, const struct ox_tree *tree,
                                const struct ox_node *node, const struct ox_ranking *ranking) {
    uint32_t count = 0;
    for (uint32_t id = node->in.first; id != OX_NONE; id = ox_leaf_at(tree, id)->next)
        count++;
    if (make_room(sorted, count) != OX_OK)
        return OX_NOMEM;
    for (uint32_t id = node->in.first; id != OX_NONE; id = ox_leaf_at(tree, id)->next)
        sorted->all[sorted->count++].item = ox_leaf_at(tree, id);
    return sort(sorted, ranking);
}

void ox_sorted_free(struct ox_sorted *sorted) {
    if (sorted->all != sorted->few)
        free(sorted->all);
}
