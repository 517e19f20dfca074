/* support_map.h - short words for tests of maps: paths as text, updates of every type by one call.
 *
 *     struct ox_delta delta = inside(&map, A, "cart/milk", &ox_gcounter, 0, ox_value_int(2));
 */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_MAP_H
#define OXBOW_PROPS_TESTS_SUPPORT_MAP_H

#include "support_crdt.h"

#include "crdt/gset.h"
#include "crdt/lww.h"
#include "crdt/mv.h"
#include "crdt/ormap.h"
#include "crdt/pncounter.h"
#include "crdt/rga.h"
#include "crdt/twopset.h"

/* "cart/milk" as keys. */
struct path {
    struct ox_bytes keys[OX_MAP_DEPTH_MAX + 1];
    size_t depth;
};

static inline struct path path_of(const char *text) {
    struct path path = {.depth = 1};
    path.keys[0].data = (const uint8_t *)text;
    for (; *text != '\0'; text++) {
        if (*text != '/') {
            path.keys[path.depth - 1].size++;
            continue;
        }
        g_assert_cmpuint(path.depth, <, G_N_ELEMENTS(path.keys));
        path.keys[path.depth++].data = (const uint8_t *)text + 1;
    }
    return path;
}

/* The n-th verb of `inner` at a path, at the physical time of 100 ns. */
static inline enum ox_status try_inside(struct ox_object *map, ox_replica replica, const char *path,
                                        const struct ox_type *inner, size_t verb,
                                        struct ox_value arg, struct ox_delta *delta) {
    struct path keys = path_of(path);
    struct ox_op op = {.verb = &inner->verbs[verb], .arg = arg};
    struct ox_stamp stamp = {100, 0, replica};
    return ox_ormap_update(map, keys.keys, keys.depth, inner, &op, &stamp, replica, delta);
}

static inline struct ox_delta inside(struct ox_object *map, ox_replica replica, const char *path,
                                     const struct ox_type *inner, size_t verb,
                                     struct ox_value arg) {
    struct ox_delta delta = {0};
    g_assert_cmpint(try_inside(map, replica, path, inner, verb, arg, &delta), ==, OX_OK);
    return delta;
}

static inline enum ox_status try_remove(struct ox_object *map, ox_replica replica, const char *path,
                                        struct ox_delta *delta) {
    struct path keys = path_of(path);
    return ox_ormap_remove(map, keys.keys, keys.depth, replica, delta);
}

static inline struct ox_delta take_away(struct ox_object *map, ox_replica replica,
                                        const char *path) {
    struct ox_delta delta = {0};
    g_assert_cmpint(try_remove(map, replica, path, &delta), ==, OX_OK);
    return delta;
}

/* Room for what an operation on a map points to. */
struct nested {
    struct ox_bytes path[2];
    struct ox_op inner;
};

/* Makes an operation on a map out of one of any type: at ["in", key], its argument given to the
 * pick-th type. An operation that takes no path stays as it is. */
static inline void nest(struct ox_op *op, struct nested *room, const char *key, uint64_t pick) {
    static const struct ox_type *const inner[] = {&ox_lww,       &ox_gcounter, &ox_orset,   &ox_rga,
                                                  &ox_pncounter, &ox_gset,     &ox_twopset, &ox_mv};
    if (op->verb->arg != OX_ARG_INNER && op->verb->arg != OX_ARG_PATH)
        return;
    room->path[0] = ox_bytes_of_text("in");
    room->path[1] = ox_bytes_of_text(key);
    op->path = room->path;
    op->depth = 2;
    if (op->verb->arg == OX_ARG_PATH)
        return;
    op->inner = inner[pick % G_N_ELEMENTS(inner)];
    room->inner = (struct ox_op){.verb = &op->inner->verbs[0], .arg = op->arg};
    if (room->inner.verb->arg == OX_ARG_AMOUNT)
        room->inner.arg = ox_value_int((int64_t)(pick % 100) + 1);
    op->op = &room->inner;
}

static inline void assert_equal(const struct ox_object *a, const struct ox_object *b) {
    struct ox_buf left = {0}, right = {0};
    ox_object_encode(a, &left);
    ox_object_encode(b, &right);
    g_assert_cmpmem(left.data, left.size, right.data, right.size);
    g_assert_true(ox_object_equal(a, b));
    ox_buf_free(&left);
    ox_buf_free(&right);
}

#endif
