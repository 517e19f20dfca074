#include "crdt/sequence/loose.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* ---- life ---- */

void ox_loose_free(struct ox_loose *loose) {
    free(loose->runs);
    free(loose->deletions);
    free(loose->contents);
    *loose = (struct ox_loose){0};
}

void ox_loose_clear(struct ox_loose *loose) {
    loose->run_count = loose->deletion_count = loose->content_size = 0;
}

enum ox_status ox_loose_copy(struct ox_loose *to, const struct ox_loose *from) {
    enum ox_status status =
        ox_loose_reserve(to, from->run_count, from->deletion_count, from->content_size);
    if (status != OX_OK)
        return status;
    if (from->run_count > 0)
        memcpy(to->runs, from->runs, from->run_count * sizeof *to->runs);
    if (from->deletion_count > 0)
        memcpy(to->deletions, from->deletions, from->deletion_count * sizeof *to->deletions);
    if (from->content_size > 0)
        memcpy(to->contents, from->contents, from->content_size);
    to->run_count = from->run_count;
    to->deletion_count = from->deletion_count;
    to->content_size = from->content_size;
    return OX_OK;
}

size_t ox_loose_bytes(const struct ox_loose *loose) {
    return loose->run_capacity * sizeof *loose->runs +
           loose->deletion_capacity * sizeof *loose->deletions + loose->content_capacity;
}

/* `*items` with room for `more` behind `count`. */
static enum ox_status reserve(void **items, uint32_t count, uint32_t *capacity, uint64_t more,
                              size_t size) {
    uint64_t need = count + more;
    if (need <= *capacity)
        return OX_OK;
    void *grown = ox_array_grow(*items, capacity, need, size);
    if (grown == NULL)
        return OX_NOMEM;
    *items = grown;
    return OX_OK;
}

enum ox_status ox_loose_reserve(struct ox_loose *loose, uint64_t runs, uint64_t deletions,
                                uint64_t content) {
    void *items = loose->runs;
    enum ox_status status =
        reserve(&items, loose->run_count, &loose->run_capacity, runs, sizeof *loose->runs);
    loose->runs = items;
    if (status != OX_OK)
        return status;
    items = loose->deletions;
    status = reserve(&items, loose->deletion_count, &loose->deletion_capacity, deletions,
                     sizeof *loose->deletions);
    loose->deletions = items;
    if (status != OX_OK)
        return status;
    items = loose->contents;
    status = reserve(&items, loose->content_size, &loose->content_capacity, content, 1);
    loose->contents = items;
    return status;
}

/* ---- runs ---- */

struct ox_stretch ox_loose_stretch(const struct ox_loose *loose, uint32_t i) {
    const struct ox_loose_run *run = &loose->runs[i];
    return (struct ox_stretch){.dot = run->dot,
                               .lamport = run->lamport,
                               .length = run->length,
                               .kind = run->kind,
                               .width = run->width,
                               .data = run->width > 0 ? loose->contents + run->offset : NULL};
}

static bool follows(struct ox_dot dot, struct ox_dot after) {
    return after.replica == dot.replica && after.n + 1 == dot.n && after.n > 0;
}

void ox_loose_put(struct ox_loose *loose, const struct ox_stretch *stretch, struct ox_dot after) {
    struct ox_stretch put = *stretch;
    if (!ox_kind_alive(put.kind)) {
        put.kind = OX_PLACE_VOID;
        put.width = 0;
        put.step = 0;
    }
    size_t size = (size_t)put.length * put.width;
    uint32_t taken = 0;
    if (loose->run_count > 0 && follows(put.dot, after)) {
        struct ox_stretch last = ox_loose_stretch(loose, loose->run_count - 1);
        taken = ox_stretch_absorb(&last, &put);
        loose->runs[loose->run_count - 1].length = last.length;
    }
    assert(loose->content_size + size <= loose->content_capacity || size == 0);
    uint32_t offset = loose->content_size;
    if (size > 0)
        memcpy(loose->contents + offset, put.data, size);
    loose->content_size += (uint32_t)size;
    if (taken == put.length)
        return;
    if (taken > 0) {
        offset += taken * put.width;
        after = (struct ox_dot){put.dot.replica, put.dot.n + taken - 1};
        ox_stretch_skip(&put, taken);
    }
    assert(loose->run_count < loose->run_capacity);
    loose->runs[loose->run_count++] = (struct ox_loose_run){
        put.dot, after, put.lamport, put.length, put.width > 0 ? offset : 0, put.width, put.kind};
}

void ox_loose_put_deletion(struct ox_loose *loose, const struct ox_deletion *deletion) {
    struct ox_deletion put = *deletion;
    if (loose->deletion_count > 0) {
        uint32_t taken = ox_deletion_absorb(&loose->deletions[loose->deletion_count - 1], &put);
        if (taken == put.length)
            return;
        if (taken > 0)
            ox_deletion_skip(&put, taken);
    }
    assert(loose->deletion_count < loose->deletion_capacity);
    loose->deletions[loose->deletion_count++] = put;
}

/* As ox_loose_put, with room made for it. */
static enum ox_status add(struct ox_loose *loose, const struct ox_stretch *stretch,
                          struct ox_dot after) {
    enum ox_status status =
        ox_loose_reserve(loose, 1, 0, (uint64_t)stretch->length * stretch->width);
    if (status == OX_OK)
        ox_loose_put(loose, stretch, after);
    return status;
}

static enum ox_status add_deletion(struct ox_loose *loose, const struct ox_deletion *deletion) {
    enum ox_status status = ox_loose_reserve(loose, 0, 1, 0);
    if (status == OX_OK)
        ox_loose_put_deletion(loose, deletion);
    return status;
}

uint32_t ox_loose_find(const struct ox_loose *loose, struct ox_dot dot) {
    uint32_t low = 0, high = loose->run_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ox_dot_compare(loose->runs[middle].dot, dot) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NONE;
    const struct ox_loose_run *run = &loose->runs[low - 1];
    return run->dot.replica == dot.replica && dot.n - run->dot.n < run->length ? low - 1 : NONE;
}

uint32_t ox_loose_find_deletion(const struct ox_loose *loose, struct ox_dot target) {
    uint32_t low = 0, high = loose->deletion_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ox_dot_compare(loose->deletions[middle].target, target) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NONE;
    const struct ox_deletion *run = &loose->deletions[low - 1];
    return run->target.replica == target.replica && target.n - run->target.n < run->length ? low - 1
                                                                                           : NONE;
}

/* ---- walking along two at once ---- */

/* What is left of the places or deletions of one side. */
struct walk {
    const struct ox_loose *loose;
    uint32_t next;   /* the run */
    uint32_t offset; /* in it */
};

static bool places_left(const struct walk *walk) {
    return walk->next < walk->loose->run_count;
}

static struct ox_stretch place_here(const struct walk *walk, struct ox_dot *after) {
    struct ox_stretch stretch = ox_loose_stretch(walk->loose, walk->next);
    *after = walk->loose->runs[walk->next].after;
    if (walk->offset > 0) {
        ox_stretch_skip(&stretch, walk->offset);
        *after = (struct ox_dot){stretch.dot.replica, stretch.dot.n - 1};
    }
    return stretch;
}

static struct ox_deletion deletion_here(const struct walk *walk) {
    struct ox_deletion deletion = walk->loose->deletions[walk->next];
    if (walk->offset > 0)
        ox_deletion_skip(&deletion, walk->offset);
    return deletion;
}

static void step(struct walk *walk, uint32_t count, uint32_t length_left) {
    walk->offset += count;
    if (count == length_left) {
        walk->next++;
        walk->offset = 0;
    }
}

/* How many of the run at `dot` lie before the one at `other`; none: they begin together. */
static uint32_t ahead(struct ox_dot dot, uint32_t length, struct ox_dot other) {
    if (dot.replica != other.replica || other.n - dot.n >= length)
        return length;
    return (uint32_t)(other.n - dot.n);
}

/* ---- join ---- */

static enum ox_status join_deletions(struct ox_loose *sum, struct walk a, struct walk b) {
    enum ox_status status = OX_OK;
    while (status == OX_OK &&
           (a.next < a.loose->deletion_count || b.next < b.loose->deletion_count)) {
        bool has_a = a.next < a.loose->deletion_count, has_b = b.next < b.loose->deletion_count;
        struct ox_deletion x = {0}, y = {0};
        if (has_a)
            x = deletion_here(&a);
        if (has_b)
            y = deletion_here(&b);
        int order = !has_a ? 1 : !has_b ? -1 : ox_dot_compare(x.target, y.target);
        struct ox_deletion *least = order <= 0 ? &x : &y;
        uint32_t a_left = x.length, b_left = y.length, count;
        if (order != 0) {
            const struct ox_deletion *other = order < 0 ? &y : &x;
            bool alone = order < 0 ? !has_b : !has_a;
            count = alone ? least->length : ahead(least->target, least->length, other->target);
        } else {
            uint32_t both = x.length < y.length ? x.length : y.length;
            if (ox_killers_less(y.killer, y.step, x.killer, x.step, both, &count))
                least = &y;
        }
        struct ox_deletion put = *least;
        put.length = count;
        if (count == 1)
            put.step = 0;
        status = add_deletion(sum, &put);
        if (order <= 0)
            step(&a, count, a_left);
        if (order >= 0)
            step(&b, count, b_left);
    }
    return status;
}

/* The first places of a stretch that are alike in being deleted or not. */
static uint32_t alike(const struct ox_loose *sum, const struct ox_stretch *stretch, bool *deleted) {
    uint32_t at = ox_loose_find_deletion(sum, stretch->dot);
    *deleted = at != NONE;
    if (*deleted) {
        const struct ox_deletion *run = &sum->deletions[at];
        uint64_t left = run->length - (stretch->dot.n - run->target.n);
        return left < stretch->length ? (uint32_t)left : stretch->length;
    }
    uint32_t low = 0, high = sum->deletion_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ox_dot_compare(sum->deletions[middle].target, stretch->dot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low == sum->deletion_count
               ? stretch->length
               : ahead(stretch->dot, stretch->length, sum->deletions[low].target);
}

/* Adds places, without the contents of those that are deleted. */
static enum ox_status add_places(struct ox_loose *sum, struct ox_stretch stretch,
                                 struct ox_dot after) {
    for (;;) {
        bool deleted;
        struct ox_stretch part = stretch;
        ox_stretch_keep(&part, alike(sum, &stretch, &deleted));
        if (deleted) {
            part.kind = OX_PLACE_VOID;
            part.width = 0;
        }
        enum ox_status status = add(sum, &part, after);
        if (status != OX_OK || part.length == stretch.length)
            return status;
        after = (struct ox_dot){part.dot.replica, part.dot.n + part.length - 1};
        ox_stretch_skip(&stretch, part.length);
    }
}

static bool same_place(const struct ox_stretch *x, struct ox_dot x_after,
                       const struct ox_stretch *y, struct ox_dot y_after) {
    return x->lamport == y->lamport && ox_dot_compare(x_after, y_after) == 0;
}

static enum ox_status join_places(struct ox_loose *sum, struct walk a, struct walk b) {
    enum ox_status status = OX_OK;
    while (status == OX_OK && (places_left(&a) || places_left(&b))) {
        struct ox_dot x_after = {0}, y_after = {0};
        struct ox_stretch x = {0}, y = {0};
        bool has_a = places_left(&a), has_b = places_left(&b);
        if (has_a)
            x = place_here(&a, &x_after);
        if (has_b)
            y = place_here(&b, &y_after);
        int order = !has_a ? 1 : !has_b ? -1 : ox_dot_compare(x.dot, y.dot);
        uint32_t count = 1, a_left = x.length, b_left = y.length;
        if (order == 0 && !same_place(&x, x_after, &y, y_after))
            return OX_DIVERGED;
        if (order < 0)
            count = has_b ? ahead(x.dot, x.length, y.dot) : x.length;
        else if (order > 0)
            count = has_a ? ahead(y.dot, y.length, x.dot) : y.length;
        bool take_b = order > 0 || (order == 0 && ox_content_compare(&y, &x) > 0);
        struct ox_stretch put = take_b ? y : x;
        ox_stretch_keep(&put, count);
        status = add_places(sum, put, take_b ? y_after : x_after);
        if (order <= 0)
            step(&a, count, a_left);
        if (order >= 0)
            step(&b, count, b_left);
    }
    return status;
}

static enum ox_status join_into(struct ox_loose *sum, const struct ox_loose *a,
                                const struct ox_loose *b) {
    enum ox_status status = ox_loose_reserve(sum, (uint64_t)a->run_count + b->run_count,
                                             (uint64_t)a->deletion_count + b->deletion_count,
                                             (uint64_t)a->content_size + b->content_size);
    if (status == OX_OK)
        status = join_deletions(sum, (struct walk){a, 0, 0}, (struct walk){b, 0, 0});
    if (status == OX_OK)
        status = join_places(sum, (struct walk){a, 0, 0}, (struct walk){b, 0, 0});
    return status;
}

enum ox_status ox_loose_join(struct ox_loose *loose, const struct ox_loose *other, bool *changed) {
    struct ox_loose sum = {0};
    enum ox_status status = join_into(&sum, loose, other);
    if (status != OX_OK) {
        ox_loose_free(&sum);
        return status;
    }
    if (changed != NULL)
        *changed = !ox_loose_equal(&sum, loose);
    ox_loose_free(loose);
    *loose = sum;
    return OX_OK;
}

bool ox_loose_leq(const struct ox_loose *loose, const struct ox_loose *other) {
    struct ox_loose sum = {0};
    bool below = join_into(&sum, loose, other) == OX_OK && ox_loose_equal(&sum, other);
    ox_loose_free(&sum);
    return below;
}

/* ---- parts ---- */

static enum ox_status pick_run(const struct ox_loose *loose, uint32_t i, const struct ox_seen *seen,
                               struct ox_loose *part) {
    struct ox_stretch left = ox_loose_stretch(loose, i);
    struct ox_dot after = loose->runs[i].after;
    for (;;) {
        uint32_t count;
        bool has = ox_seen_stretch(seen, left.dot, left.length, &count);
        struct ox_stretch put = left;
        ox_stretch_keep(&put, count);
        enum ox_status status = has ? OX_OK : add(part, &put, after);
        if (status != OX_OK || count == left.length)
            return status;
        after = (struct ox_dot){left.dot.replica, left.dot.n + count - 1};
        ox_stretch_skip(&left, count);
    }
}

enum ox_status ox_loose_pick(const struct ox_loose *loose, const struct ox_seen *seen,
                             struct ox_loose *part) {
    enum ox_status status = OX_OK;
    for (uint32_t i = 0; i < loose->run_count && status == OX_OK; i++)
        status = pick_run(loose, i, seen, part);
    for (uint32_t i = 0; i < loose->deletion_count && status == OX_OK; i++)
        status = ox_pick_deletions(&loose->deletions[i], seen, part);
    return status;
}

enum ox_status ox_pick_deletions(const struct ox_deletion *deletions, const struct ox_seen *seen,
                                 struct ox_loose *part) {
    struct ox_deletion left = *deletions;
    for (;;) {
        uint32_t count = left.length;
        struct ox_dot killer = left.killer;
        bool has = left.step == 0   ? ox_seen_has(seen, killer)
                   : left.step == 1 ? ox_seen_stretch(seen, killer, left.length, &count)
                                    : ox_seen_stretch_down(seen, killer, left.length, &count);
        struct ox_deletion put = left;
        put.length = count;
        if (count == 1)
            put.step = 0;
        enum ox_status status = has ? OX_OK : add_deletion(part, &put);
        if (status != OX_OK || count == left.length)
            return status;
        ox_deletion_skip(&left, count);
    }
}

bool ox_loose_equal(const struct ox_loose *a, const struct ox_loose *b) {
    if (a->run_count != b->run_count || a->deletion_count != b->deletion_count ||
        a->content_size != b->content_size)
        return false;
    for (uint32_t i = 0; i < a->run_count; i++) {
        const struct ox_loose_run *x = &a->runs[i], *y = &b->runs[i];
        if (ox_dot_compare(x->dot, y->dot) != 0 || ox_dot_compare(x->after, y->after) != 0 ||
            x->lamport != y->lamport || x->length != y->length || x->width != y->width ||
            x->kind != y->kind)
            return false;
    }
    for (uint32_t i = 0; i < a->deletion_count; i++) {
        const struct ox_deletion *x = &a->deletions[i], *y = &b->deletions[i];
        if (ox_dot_compare(x->target, y->target) != 0 ||
            ox_dot_compare(x->killer, y->killer) != 0 || x->length != y->length ||
            x->step != y->step)
            return false;
    }
    return a->content_size == 0 || memcmp(a->contents, b->contents, a->content_size) == 0;
}

/* ---- validity ---- */

static bool runs_hold(const struct ox_loose *loose, const char **reason) {
    for (uint32_t i = 0; i < loose->run_count; i++) {
        const struct ox_loose_run *run = &loose->runs[i];
        struct ox_stretch stretch = ox_loose_stretch(loose, i);
        *reason = "a run of inserted elements is out of range";
        if (run->kind == OX_PLACE_DEAD || !ox_stretch_in_range(&stretch) ||
            ox_kind_alive(run->kind) != (run->width > 0) ||
            (uint64_t)run->offset + (uint64_t)run->length * run->width > loose->content_size)
            return false;
        *reason = "an element comes after one that is younger, or is none";
        if ((run->after.n == 0 && run->after.replica != 0) ||
            (run->after.replica == run->dot.replica && run->after.n >= run->dot.n))
            return false;
        if (i == 0)
            continue;
        const struct ox_loose_run *before = &loose->runs[i - 1];
        struct ox_stretch last = ox_loose_stretch(loose, i - 1);
        *reason = "runs of inserted elements do not ascend";
        if (ox_dot_compare(before->dot, run->dot) >= 0 ||
            (before->dot.replica == run->dot.replica &&
             (run->dot.n - before->dot.n < before->length ||
              run->lamport <= before->lamport + (before->length - 1))))
            return false;
        *reason = "two runs of inserted elements are one";
        if (follows(run->dot, run->after) && ox_stretch_absorb(&last, &stretch) > 0)
            return false;
    }
    return true;
}

static bool deletions_hold(const struct ox_loose *loose, const char **reason) {
    for (uint32_t i = 0; i < loose->deletion_count; i++) {
        const struct ox_deletion *run = &loose->deletions[i];
        struct ox_stretch as_dead = {.dot = run->target,
                                     .lamport = 1,
                                     .length = run->length,
                                     .kind = OX_PLACE_DEAD,
                                     .killer = run->killer,
                                     .step = run->step};
        *reason = "a run of deletions is out of range";
        if (!ox_stretch_in_range(&as_dead) || run->step < -1 || run->step > 1 ||
            (run->length == 1 && run->step != 0))
            return false;
        if (i == 0)
            continue;
        struct ox_deletion last = loose->deletions[i - 1];
        *reason = "runs of deletions do not ascend";
        if (ox_dot_compare(last.target, run->target) >= 0 ||
            (last.target.replica == run->target.replica &&
             run->target.n - last.target.n < last.length))
            return false;
        *reason = "two runs of deletions are one";
        if (ox_deletion_absorb(&last, run) > 0)
            return false;
    }
    return true;
}

/* No run with content reaches into a run of deletions. */
static bool contents_hold(const struct ox_loose *loose, const char **reason) {
    *reason = "a deleted element has its content";
    for (uint32_t i = 0; i < loose->run_count; i++) {
        struct ox_stretch stretch = ox_loose_stretch(loose, i);
        bool deleted;
        if (ox_kind_alive(stretch.kind) &&
            (alike(loose, &stretch, &deleted) < stretch.length || deleted))
            return false;
    }
    return true;
}

bool ox_loose_valid(const struct ox_loose *loose, const char **reason) {
    return runs_hold(loose, reason) && deletions_hold(loose, reason) &&
           contents_hold(loose, reason);
}
