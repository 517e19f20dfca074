#include "crdt/bench/bench_work.h"

#include "crdt/gcounter.h"
#include "crdt/gset.h"
#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/ormap.h"
#include "crdt/orset.h"
#include "crdt/pncounter.h"
#include "crdt/twopset.h"

#include <string.h>

/* One entry of a walk. */
struct item {
    uint64_t i;   /* which, of all */
    uint64_t nth; /* the how many-th update of its replica to the object, from 0 */
    ox_replica replica;
    uint64_t clock_ns;
    struct ox_bytes text;
};

static struct ox_bytes letters_of(const struct ox_bench_walk *walk, size_t k) {
    return (struct ox_bytes){walk->texts + k * OX_BENCH_LETTERS, OX_BENCH_LETTERS};
}

static uint64_t nth_of(const struct ox_bench_walk *walk, size_t k) {
    return walk->nths != NULL ? walk->nths[k] : k;
}

static struct item item_of(const struct ox_bench_walk *walk, size_t k) {
    uint64_t nth = nth_of(walk, k);
    return (struct item){walk->first + nth, walk->many ? 0 : nth, walk->replica,
                         walk->clock_ns + k * walk->tick_ns, letters_of(walk, k)};
}

static struct ox_object *object_of(const struct ox_bench_walk *walk, size_t k) {
    return &walk->objects[walk->many ? nth_of(walk, k) : 0];
}

/* A walk that does `name` with every item. What the walk says is copied, and of an item no call
 * gets the address of more than it takes: the compiler then knows what no call changes, and the
 * loop costs next to nothing beside what it times. */
#define WALK(name)                                                                                 \
    static enum ox_status name##_all(const struct ox_bench_walk *walk, struct ox_delta *delta) {   \
        const struct ox_bench_walk here = *walk;                                                   \
        enum ox_status least = OX_OK;                                                              \
        for (size_t k = 0; k < here.count; k++) {                                                  \
            struct item item = item_of(&here, k);                                                  \
            enum ox_status status = name(object_of(&here, k), &item, delta);                       \
            if (status != OX_OK && status != OX_NOOP)                                              \
                return status;                                                                     \
            least = status == OX_NOOP ? OX_NOOP : least;                                           \
        }                                                                                          \
        return least;                                                                              \
    }

static struct ox_value text_of(const struct item *item) {
    return (struct ox_value){.kind = OX_VALUE_TEXT, .bytes = item->text};
}

/* A number that changes from write to write. */
static struct ox_value number_of(const struct item *item) {
    return ox_value_int((int64_t)(item->clock_ns & 0xffff));
}

/* ---- sets: an entry is an element ---- */

#define SET(name)                                                                                  \
    static enum ox_status name##_add(struct ox_object *object, const struct item *item,            \
                                     struct ox_delta *delta) {                                     \
        struct ox_value element = text_of(item);                                                   \
        return ox_##name##_add(object, &element, item->replica, delta);                            \
    }                                                                                              \
    WALK(name##_add)                                                                               \
    static uint64_t name##_read(const struct ox_bench_walk *walk) {                                \
        const struct ox_bench_walk here = *walk;                                                   \
        uint64_t found = 0;                                                                        \
        for (size_t i = 0; i < here.count; i++) {                                                  \
            struct ox_value element = {.kind = OX_VALUE_TEXT, .bytes = letters_of(&here, i)};      \
            found += ox_##name##_contains(here.objects, &element);                                 \
        }                                                                                          \
        return found;                                                                              \
    }
SET(gset)
SET(twopset)
SET(orset)

/* ---- counters: an entry is a replica ---- */

#define COUNTER(name)                                                                              \
    static enum ox_status name##_add(struct ox_object *object, const struct item *item,            \
                                     struct ox_delta *delta) {                                     \
        return ox_##name##_inc(object, 1, 1 + item->i, delta);                                     \
    }                                                                                              \
    WALK(name##_add)                                                                               \
    static uint64_t name##_read(const struct ox_bench_walk *walk) {                                \
        uint64_t sum = 0;                                                                          \
        for (size_t i = 0; i < walk->count; i++)                                                   \
            sum += (uint64_t)ox_##name##_read(walk->objects);                                      \
        return sum;                                                                                \
    }
COUNTER(gcounter)
COUNTER(pncounter)

/* ---- registers: an entry is one of them ---- */

static enum ox_status lww_set(struct ox_object *object, const struct item *item,
                              struct ox_delta *delta) {
    struct ox_value value = number_of(item);
    struct ox_stamp stamp = {item->clock_ns, 0, item->replica};
    return ox_lww_set(object, &value, &stamp, item->replica, delta);
}

WALK(lww_set)

static uint64_t lww_read(const struct ox_bench_walk *walk) {
    uint64_t sum = 0;
    for (size_t i = 0; i < walk->count; i++)
        sum += (uint64_t)ox_lww_read(&walk->objects[walk->nths[i]]).number;
    return sum;
}

static enum ox_status mv_set(struct ox_object *object, const struct item *item,
                             struct ox_delta *delta) {
    struct ox_value value = number_of(item);
    return ox_mv_set(object, &value, item->replica, delta);
}

WALK(mv_set)

static uint64_t mv_read(const struct ox_bench_walk *walk) {
    uint64_t found = 0;
    for (size_t i = 0; i < walk->count; i++) {
        struct ox_value value = ox_value_int((int64_t)(i & 0xffff));
        found += ox_mv_contains(&walk->objects[walk->nths[i]], &value);
    }
    return found;
}

/* ---- the map: an entry is a key with a register under it ---- */

static enum ox_status ormap_set(struct ox_object *object, const struct item *item,
                                struct ox_delta *delta) {
    struct ox_value value = number_of(item);
    struct ox_stamp stamp = {item->clock_ns, 0, item->replica};
    struct ox_bytes key = item->text;
    return ox_ormap_set(object, &key, 1, &value, &stamp, item->replica, delta);
}

WALK(ormap_set)

static uint64_t ormap_read(const struct ox_bench_walk *walk) {
    uint64_t sum = 0;
    for (size_t i = 0; i < walk->count; i++) {
        struct ox_bytes key = letters_of(walk, i);
        sum += (uint64_t)ox_ormap_read(walk->objects, &key, 1).number;
    }
    return sum;
}

/* ---- any type, through ox_object_apply ---- */

/* Performs a verb in the way of its kind of argument; `after` is an element of a sequence. */
static enum ox_status perform(struct ox_object *object, const struct ox_verb *verb,
                              const struct item *item, struct ox_dot after,
                              struct ox_delta *delta) {
    struct ox_stamp stamp = {item->clock_ns, 0, item->replica};
    struct ox_op inner = {.verb = &ox_lww.verbs[0], .arg = number_of(item)};
    struct ox_op op = {.verb = verb, .arg = text_of(item), .at = after};
    switch (verb->arg) {
    case OX_ARG_AMOUNT:
    case OX_ARG_RANGE:
        op.arg = ox_value_int(1);
        break;
    case OX_ARG_AFTER:
    case OX_ARG_TEXT:
        op.arg.bytes.size = 1;
        break;
    case OX_ARG_INNER:
        op.inner = &ox_lww;
        op.op = &inner;
        op.path = &item->text;
        op.depth = 1;
        break;
    case OX_ARG_PATH:
        op.path = &item->text;
        op.depth = 1;
        break;
    default:
        break;
    }
    ox_replica replica = verb->arg == OX_ARG_AMOUNT ? 1 + item->i : item->replica;
    return ox_object_apply(object, &op, replica, &stamp, delta);
}

/* A sequence grows at its end, where the replica's own last element is. */
static enum ox_status any_add(struct ox_object *object, const struct item *item,
                              struct ox_delta *delta) {
    struct ox_dot last = {item->nth > 0 ? item->replica : 0, item->nth};
    return perform(object, &object->type->verbs[0], item, last, delta);
}

/* A sequence gets one more, after the element that the item is. */
static enum ox_status any_again(struct ox_object *object, const struct item *item,
                                struct ox_delta *delta) {
    struct ox_dot own = {item->replica, item->nth + 1};
    return perform(object, &object->type->verbs[0], item, own, delta);
}

WALK(any_add)
WALK(any_again)

static const struct ox_bench_work works[] = {
    {"g-counter", "replica", false, gcounter_add_all, gcounter_add_all, gcounter_read},
    {"pn-counter", "replica", false, pncounter_add_all, pncounter_add_all, pncounter_read},
    {"g-set", "element", false, gset_add_all, gset_add_all, gset_read},
    {"2p-set", "element", false, twopset_add_all, twopset_add_all, twopset_read},
    {"or-set", "element", false, orset_add_all, orset_add_all, orset_read},
    {"lww-register", "register", true, lww_set_all, lww_set_all, lww_read},
    {"mv-register", "register", true, mv_set_all, mv_set_all, mv_read},
    {"or-map", "key", false, ormap_set_all, ormap_set_all, ormap_read},
    {"rga", "character", false, any_add_all, any_again_all, NULL},
    {NULL, "entry", false, any_add_all, any_again_all, NULL},
};

const struct ox_bench_work *ox_bench_work_of(const struct ox_type *type) {
    const struct ox_bench_work *work = works;
    while (work->type != NULL && strcmp(work->type, type->name) != 0)
        work++;
    return work;
}

const struct ox_verb *ox_bench_remover(const struct ox_type *type) {
    const struct ox_verb *verb = ox_verb_named(type, ox_bytes_of_text("remove"));
    return verb != NULL ? verb : ox_verb_named(type, ox_bytes_of_text("delete"));
}

static enum ox_status take_out(struct ox_object *object, const struct item *item,
                               struct ox_delta *delta) {
    struct ox_dot own = {item->replica, item->nth + 1};
    return perform(object, ox_bench_remover(object->type), item, own, delta);
}
WALK(take_out)

enum ox_status ox_bench_remove(const struct ox_bench_walk *walk, struct ox_delta *delta) {
    return take_out_all(walk, delta);
}
