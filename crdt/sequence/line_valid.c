/* Whether a line is what line.h says: every number that is kept is counted again. */
#include "crdt/sequence/nodes.h"

#include <stdlib.h>

struct check {
    const struct ox_line *line;
    const char **reason;
    uint32_t next; /* the leaf that must come next in the chain */
    uint32_t previous;
    uint64_t places;
    uint32_t runs, alive_bytes;
    bool due_met; /* the leaf that counts too few */
};

static bool fail(struct check *check, const char *reason) {
    *check->reason = reason;
    return false;
}

static bool same_least(struct ox_least a, struct ox_least b) {
    return a.lamport == b.lamport && a.replica == b.replica;
}

static bool run_holds(struct check *check, const struct ox_run *run, struct ox_spot spot) {
    const struct ox_line *line = check->line;
    bool alive = ox_run_alive(run);
    if (run->kind > OX_PLACE_DEAD || run->replica >= line->replica_count ||
        (!alive && run->killer >= line->replica_count))
        return fail(check, "a run of a sequence is of no kind or no replica");
    if (alive && (run->width == 0 ||
                  (uint64_t)run->offset + (uint64_t)run->length * run->width > line->content_size))
        return fail(check, "a run of a sequence has its contents elsewhere");
    struct ox_stretch stretch = ox_run_stretch(line, run);
    struct ox_spot found;
    if (!ox_stretch_in_range(&stretch))
        return fail(check, "a run of a sequence has numbers out of range");
    if (!ox_line_find(line, stretch.dot, &found) || found.leaf != spot.leaf ||
        found.slot != spot.slot)
        return fail(check, "the locator of a sequence does not lead to a run");
    const struct ox_line_replica *of = &line->replicas[run->replica];
    uint64_t last = run->n + (run->length - 1);
    if (last > of->last_n || run->lamport + (run->length - 1) > line->lamport)
        return fail(check, "a sequence has a place beyond its last");
    if (last == of->last_n && of->last_leaf != spot.leaf)
        return fail(check, "the last place of a replica is in another leaf of a sequence");
    check->places += run->length;
    check->runs++;
    if (alive)
        check->alive_bytes += run->length * run->width;
    return true;
}

static bool leaf_holds(struct check *check, uint32_t at, uint32_t *shown, struct ox_least *least) {
    const struct ox_line *line = check->line;
    const struct ox_leaf *leaf = &line->leaves[at];
    if (at != check->next || leaf->previous != check->previous)
        return fail(check, "the leaves of a sequence are not in a chain");
    check->previous = at;
    check->next = leaf->next;
    if (leaf->count == 0 || leaf->count > OX_LEAF_RUNS)
        return fail(check, "a leaf of a sequence has no run or too many");
    *shown = 0;
    uint32_t due = at == line->due_leaf ? line->due : 0;
    check->due_met = check->due_met || at == line->due_leaf;
    for (uint32_t i = 0; i < leaf->count; i++) {
        const struct ox_run *run = &leaf->runs[i];
        if (!run_holds(check, run, (struct ox_spot){at, i, 0}))
            return false;
        *shown += ox_run_alive(run) ? run->length : 0;
        if (i == 0 || ox_least_less(line, ox_run_least(run), *least))
            *least = ox_run_least(run);
    }
    return (leaf->shown + due == *shown && same_least(leaf->least, *least)) ||
           fail(check, "a leaf of a sequence counts wrong");
}

static bool node_holds(struct check *check, uint32_t at, uint32_t level, uint32_t *shown,
                       struct ox_least *least) {
    const struct ox_line *line = check->line;
    if (level == 0)
        return leaf_holds(check, at, shown, least);
    const struct ox_inner *inner = &line->inners[at];
    if (inner->count == 0 || inner->count > OX_INNER_CHILDREN)
        return fail(check, "a node of a sequence has no child or too many");
    *shown = 0;
    for (uint32_t i = 0; i < inner->count; i++) {
        uint32_t child = inner->child[i], its_shown;
        struct ox_least its_least;
        uint32_t parent = level == 1 ? line->leaves[child].parent : line->inners[child].parent;
        uint32_t slot = level == 1 ? line->leaves[child].slot : line->inners[child].slot;
        if (parent != at || slot != i)
            return fail(check, "a node of a sequence has lost its parent");
        bool met = check->due_met;
        if (!node_holds(check, child, level - 1, &its_shown, &its_least))
            return false;
        uint32_t due = check->due_met && !met ? line->due : 0;
        if (its_shown != inner->shown[i] + due || !same_least(its_least, inner->least[i]))
            return fail(check, "a node of a sequence counts its child wrong");
        *shown += its_shown;
        if (i == 0 || ox_least_less(line, its_least, *least))
            *least = its_least;
    }
    return true;
}

static bool replicas_hold(struct check *check) {
    const struct ox_line *line = check->line;
    for (uint32_t i = 0; i < line->replica_count; i++)
        if (line->by_id[i] >= line->replica_count ||
            (i > 0 && line->replicas[line->by_id[i - 1]].id >= line->replicas[line->by_id[i]].id))
            return fail(check, "the replicas of a sequence do not ascend");
    return true;
}

/* OX_MALFORMED: two places have one dot, or lamports of one replica do not ascend with its dots. */
static enum ox_status check_dots(const struct ox_line *line) {
    const struct ox_run **runs = malloc(line->runs * sizeof *runs);
    struct ox_order_key *keys = malloc(line->runs * sizeof *keys);
    enum ox_status status = runs != NULL && keys != NULL ? OX_OK : OX_NOMEM;
    uint32_t count = 0;
    for (struct ox_spot spot = {OX_LINE_NONE, 0, 0};
         status == OX_OK && ox_line_next(line, &spot);) {
        const struct ox_run *run = ox_run_at(line, spot);
        keys[count] = (struct ox_order_key){run->n, run->replica, count};
        runs[count++] = run;
    }
    if (status == OX_OK)
        status = ox_order_keys(keys, count);
    for (uint32_t i = 1; i < count && status == OX_OK; i++) {
        const struct ox_run *a = runs[keys[i - 1].run], *b = runs[keys[i].run];
        if (a->replica == b->replica &&
            (b->n - a->n < a->length || b->lamport <= a->lamport + (a->length - 1)))
            status = OX_MALFORMED;
    }
    free(runs);
    free(keys);
    return status;
}

bool ox_line_valid(const struct ox_line *line, const char **reason) {
    struct check check = {
        .line = line, .reason = reason, .next = line->first, .previous = OX_LINE_NONE};
    uint32_t shown = 0;
    struct ox_least least;
    if (!replicas_hold(&check))
        return false;
    if (line->leaf_count == 0)
        return (line->runs == 0 && line->shown == 0 && line->places == 0) ||
               fail(&check, "a sequence without places counts some");
    if (!node_holds(&check, line->root, line->height, &shown, &least))
        return false;
    if (check.next != OX_LINE_NONE || check.previous != line->last)
        return fail(&check, "the leaves of a sequence go on behind the last");
    if (line->due != 0 && !check.due_met)
        return fail(&check, "a sequence is to count in a leaf that it has not");
    if (check.places != line->places || check.runs != line->runs || shown != line->shown ||
        check.alive_bytes + line->content_dead != line->content_size)
        return fail(&check, "a sequence counts wrong");
    if (line->cursor_leaf != OX_LINE_NONE &&
        (line->cursor_leaf >= line->leaf_count ||
         line->cursor_slot >= line->leaves[line->cursor_leaf].count ||
         ox_line_before(line, (struct ox_spot){line->cursor_leaf, line->cursor_slot, 0}) !=
             line->cursor_before))
        return fail(&check, "the cursor of a sequence is elsewhere");
    /* Without memory this one question stays open. */
    return check_dots(line) != OX_MALFORMED ||
           fail(&check, "a sequence has two places of one dot or one timestamp");
}
