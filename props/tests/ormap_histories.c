/* Random histories of maps against the specification: a model that keeps every update with what its
 * replica had seen, and computes each read from them alone (props/reference.h). Keys are few, so
 * that types meet under one key and removals meet updates; replicas exchange deltas, groups,
 * answers and whole states, and collect what is stable at different times. */
#include "support_dice.h"
#include "support_map.h"

#include "props/reference.h"

#include <string.h>

enum { REPLICAS = 4, STEPS = 240, SEEDS = 60 };

static const struct ox_type *const inner_types[] = {
    &ox_gcounter, &ox_pncounter, &ox_gset, &ox_twopset, &ox_orset, &ox_lww, &ox_mv, &ox_rga};
enum { INSERT, WRITE, DELETE, ERASE }; /* the verbs of an rga */

static const char *const names[] = {"a", "b", "a key that is too long to stand in place"};

struct history {
    struct dice dice;
    struct ox_ref_history updates;
    struct ox_object objects[REPLICAS];
    struct ox_delta deltas[STEPS];
    unsigned delta_count;
    /* Of each replica, what it had reported to the others last. */
    struct ox_vv reported[REPLICAS];
    unsigned gaps, noops, collected;
};

static struct history *history_new(uint64_t seed) {
    struct history *h = g_new0(struct history, 1);
    h->dice.state = seed;
    h->updates.replicas = g_ptr_array_new();
    for (unsigned r = 0; r < REPLICAS; r++) {
        h->objects[r] = new_object(&ox_ormap);
        g_ptr_array_add(h->updates.replicas, g_ptr_array_new());
    }
    return h;
}

static void history_free(struct history *h) {
    for (unsigned r = 0; r < REPLICAS; r++) {
        GPtrArray *updates = g_ptr_array_index(h->updates.replicas, r);
        for (guint i = 0; i < updates->len; i++) {
            ox_ref_update_clear(g_ptr_array_index(updates, i));
            g_free(g_ptr_array_index(updates, i));
        }
        g_ptr_array_free(updates, TRUE);
        ox_object_free(&h->objects[r]);
        ox_vv_free(&h->reported[r]);
    }
    for (unsigned i = 0; i < h->delta_count; i++)
        ox_delta_free(&h->deltas[i]);
    g_ptr_array_free(h->updates.replicas, TRUE);
    g_free(h);
}

/* ---- reads ---- */

static struct ox_ref_context context_of(const struct ox_object *object) {
    struct ox_ref_context context = {g_new0(uint32_t, REPLICAS), REPLICAS};
    for (unsigned r = 0; r < REPLICAS; r++)
        context.n[r] = (uint32_t)ox_vv_get(&object->context, r);
    return context;
}

static void check_read(const struct history *h, const struct ox_object *object) {
    static const char type[] = "or-map";
    struct ox_ref_context context = context_of(object);
    GString *wanted = g_string_new(NULL);
    const char *why = "";
    if (!ox_object_valid(object, &why))
        g_error("%s", why);
    ox_reference_named(type, strlen(type))->value(&h->updates, &context, wanted);
    assert_text(show_value(object->type, object->store), wanted->str);
    g_string_free(wanted, TRUE);
    g_free(context.n);
}

/* ---- updates ---- */

static struct ox_value roll_value(struct dice *dice, const struct ox_type *type) {
    static const char *const texts[] = {"x", "y", "an element that is too long to stand in place"};
    if (type == &ox_gcounter || type == &ox_pncounter)
        return ox_value_int(1 + (int64_t)dice_roll(dice, 9));
    return ox_value_text(texts[dice_roll(dice, G_N_ELEMENTS(texts))]);
}

static char *json_text(struct ox_bytes text) {
    struct ox_buf out = {0};
    ox_json_put_text(&out, text);
    char *json = g_strndup((const char *)out.data, out.size);
    ox_buf_free(&out);
    return json;
}

static char *json_value(const struct ox_value *value) {
    if (value->kind == OX_VALUE_INT)
        return g_strdup_printf("%" G_GINT64_FORMAT, value->number);
    return json_text(value->bytes);
}

static char **json_path(const struct ox_op *op) {
    char **path = g_new0(char *, op->depth + 1);
    for (size_t i = 0; i < op->depth; i++)
        path[i] = json_text(op->path[i]);
    return path;
}

/* What the model knows of the i-th element of an operation on a sequence: a text is so many
 * inserts, each behind the one before. */
static void remember_place(struct ox_ref_update *update, const struct ox_op *op, uint64_t i) {
    bool deletes = op->verb == &ox_rga.verbs[DELETE];
    g_free(update->inner_op);
    update->inner_op = g_strdup(deletes ? "delete" : "insert");
    update->at = (struct ox_ref_dot){(uint32_t)op->at.replica, (uint32_t)op->at.n};
    if (i > 0)
        update->at = (struct ox_ref_dot){update->replica, update->n - 1};
    if (op->verb == &ox_rga.verbs[WRITE]) {
        g_free(update->arg);
        update->arg = json_text((struct ox_bytes){op->arg.bytes.data + i, 1});
    }
    if (deletes)
        g_clear_pointer(&update->arg, g_free);
}

/* What the model remembers of the i-th dot of an update. */
static void remember(struct history *h, unsigned replica, const struct ox_op *op,
                     const struct ox_delta *delta, const struct ox_ref_context *seen, uint64_t i) {
    struct ox_ref_update *update = g_new0(struct ox_ref_update, 1);
    struct ox_stamp stamp;
    update->replica = replica;
    update->seen =
        (struct ox_ref_context){g_memdup2(seen->n, seen->count * sizeof *seen->n), seen->count};
    update->seen.n[replica] += (uint32_t)i;
    update->n = update->seen.n[replica] + 1;
    update->op = g_strdup(op->verb->name);
    update->path = json_path(op);
    if (op->op != NULL) {
        update->inner_type = g_strdup(op->inner->name);
        update->inner_op = g_strdup(op->op->verb->name);
        update->arg = json_value(&op->op->arg);
    }
    if (op->op != NULL && op->inner == &ox_rga)
        remember_place(update, op->op, i);
    update->has_stamp =
        ox_ormap.stamp_of(delta->store, (struct ox_dot){replica, update->n}, &stamp);
    bool wants_stamp =
        op->op != NULL && (op->inner == &ox_lww || (op->inner == &ox_rga && update->arg != NULL));
    g_assert_cmpint(update->has_stamp, ==, wants_stamp);
    if (update->has_stamp)
        update->stamp = (struct ox_obs_stamp){stamp.physical_ns, stamp.logical, stamp.replica};
    g_ptr_array_add(g_ptr_array_index(h->updates.replicas, replica), update);
    g_assert_true(ox_ref_stamp_follows(&h->updates, update));
}

/* The typed call for what `op` says, as far as there is one. */
static enum ox_status by_type(struct ox_object *map, const struct ox_op *op,
                              const struct ox_stamp *stamp, ox_replica replica,
                              struct ox_delta *delta) {
    const struct ox_type *inner = op->inner;
    if (op->op == NULL)
        return ox_ormap_remove(map, op->path, op->depth, replica, delta);
    bool first = op->op->verb == &inner->verbs[0];
    int64_t amount = first ? op->op->arg.number : -op->op->arg.number;
    const struct ox_value *arg = &op->op->arg;
    if (inner == &ox_lww)
        return ox_ormap_set(map, op->path, op->depth, arg, stamp, replica, delta);
    if (inner == &ox_gcounter || inner == &ox_pncounter)
        return ox_ormap_inc(map, op->path, op->depth, inner, amount, replica, delta);
    if (inner == &ox_mv || inner == &ox_rga)
        return ox_ormap_update(map, op->path, op->depth, inner, op->op, stamp, replica, delta);
    return (first ? ox_ormap_add : ox_ormap_take_out)(map, op->path, op->depth, inner, arg, replica,
                                                      delta);
}

static void assert_same_deltas(const struct ox_delta *a, const struct ox_delta *b) {
    struct ox_buf left = {0}, right = {0};
    ox_delta_encode(a, &left);
    ox_delta_encode(b, &right);
    g_assert_cmpmem(left.data, left.size, right.data, right.size);
    ox_buf_free(&left);
    ox_buf_free(&right);
}

/* Performs it twice, by name and by the typed call, on two copies; both must do the same. The old
 * object with the delta is the new one. */
static void perform(struct history *h, unsigned replica, const struct ox_op *op) {
    struct ox_object *object = &h->objects[replica], twin, old;
    struct ox_stamp stamp = {1 + dice_roll(&h->dice, 50), 0, replica};
    struct ox_delta delta = {0}, twins = {0};
    struct ox_ref_context seen = context_of(object);
    g_assert_cmpint(ox_object_copy(&twin, object), ==, OX_OK);
    g_assert_cmpint(ox_object_copy(&old, object), ==, OX_OK);
    enum ox_status status = ox_object_apply(object, op, replica, &stamp, &delta);
    g_assert_cmpint(by_type(&twin, op, &stamp, replica, &twins), ==, status);
    assert_equal(object, &twin);
    if (status == OX_OK) {
        assert_same_deltas(&delta, &twins);
        g_assert_cmpint(join(&old, &delta), ==, OX_OK);
        for (uint64_t i = 0; i < ox_dots_total(&delta.brings); i++)
            remember(h, replica, op, &delta, &seen, i);
        h->deltas[h->delta_count++] = delta;
    } else {
        g_assert_cmpint(status, ==, OX_NOOP);
        h->noops++;
        ox_delta_free(&delta);
    }
    g_free(seen.n);
    assert_equal(object, &old);
    ox_delta_free(&twins);
    free_objects(&twin, &old, NULL);
}

/* An operation on what a sequence shows; a deletion needs something there. */
static struct ox_op roll_edit(struct history *h, unsigned replica, const struct ox_op *outer) {
    struct ox_ref_context context = context_of(&h->objects[replica]);
    char **path = json_path(outer);
    GArray *elements = ox_ref_elements(&h->updates, &context, path);
    size_t verb = dice_roll(&h->dice, elements->len > 0 ? DELETE + 1 : DELETE);
    uint64_t at = dice_roll(&h->dice, elements->len + (verb != DELETE));
    struct ox_op op = {.verb = &ox_rga.verbs[verb], .arg = roll_value(&h->dice, &ox_rga)};
    if (verb == WRITE)
        op.arg = ox_value_text("pqr");
    if (at < elements->len) {
        struct ox_ref_dot dot = g_array_index(elements, struct ox_ref_dot, at);
        op.at = (struct ox_dot){dot.replica, dot.n};
    }
    g_array_free(elements, TRUE);
    g_strfreev(path);
    g_free(context.n);
    return op;
}

static void update_step(struct history *h, unsigned replica) {
    struct ox_bytes path[3];
    size_t depth = 1 + dice_roll(&h->dice, G_N_ELEMENTS(path));
    for (size_t i = 0; i < depth; i++)
        path[i] = ox_bytes_of_text(names[dice_roll(&h->dice, G_N_ELEMENTS(names))]);
    struct ox_op op = {.verb = &ox_ormap.verbs[0], .path = path, .depth = depth}, inner = {0};
    if (dice_roll(&h->dice, 4) == 0) {
        op.verb = &ox_ormap.verbs[1];
    } else {
        op.inner = inner_types[dice_roll(&h->dice, G_N_ELEMENTS(inner_types))];
        inner.verb = &op.inner->verbs[dice_roll(&h->dice, op.inner->verb_count)];
        inner.arg = roll_value(&h->dice, op.inner);
        if (op.inner == &ox_rga)
            inner = roll_edit(h, replica, &op);
        op.op = &inner;
    }
    perform(h, replica, &op);
}

/* ---- joins ---- */

static void join_step(struct history *h, struct ox_object *to, struct ox_object *from) {
    struct ox_delta answer = {0}, rest = {0};
    switch (dice_roll(&h->dice, 8)) {
    case 0:
        g_assert_cmpint(ox_object_join(to, from, NULL), ==, OX_OK);
        break;
    case 1:
    case 2:
        g_assert_cmpint(ox_object_delta_since(from, &to->context, &answer), ==, OX_OK);
        g_assert_cmpint(ox_delta_difference(&answer, to, &rest), ==, OX_OK);
        g_assert_cmpint(join(to, dice_roll(&h->dice, 2) == 0 ? &answer : &rest), ==, OX_OK);
        free_deltas(&answer, &rest, NULL);
        break;
    default:
        if (h->delta_count > 0)
            h->gaps += join(to, &h->deltas[dice_roll(&h->dice, h->delta_count)]) == OX_GAP;
    }
}

/* What a replica knows that all have seen: the least of what they reported, where a report counts
 * only once all of the reporter's own updates before it are there. */
static void stable_at(const struct history *h, unsigned replica, struct ox_vv *stable) {
    const struct ox_object *object = &h->objects[replica];
    struct ox_vv least = {0};
    g_assert_cmpint(ox_vv_copy(stable, &object->context), ==, OX_OK);
    for (unsigned j = 0; j < REPLICAS; j++) {
        uint64_t own = ox_vv_get(&h->reported[j], j);
        if (j == replica)
            continue;
        if (ox_vv_get(&object->context, j) < own) {
            ox_vv_clear(stable);
            break;
        }
        g_assert_cmpint(ox_vv_meet(&least, stable, &h->reported[j]), ==, OX_OK);
        g_assert_cmpint(ox_vv_copy(stable, &least), ==, OX_OK);
    }
    ox_vv_free(&least);
}

static void collect_step(struct history *h, unsigned replica) {
    struct ox_object *object = &h->objects[replica];
    struct ox_vv stable = {0};
    stable_at(h, replica, &stable);
    if (!ox_vv_covers(ox_object_collected(object), &stable)) {
        size_t before = ox_object_bytes(object);
        g_assert_cmpint(ox_object_collect(object, &stable), ==, OX_OK);
        h->collected += ox_object_bytes(object) < before;
    }
    ox_vv_free(&stable);
}

/* Hands one replica every delta in order as groups, until nothing is refused. */
static void deliver_everything(struct history *h, struct ox_object *to) {
    for (bool refused = true; refused;) {
        struct ox_delta group = {0};
        refused = false;
        for (unsigned i = 0; i < h->delta_count; i++) {
            struct ox_delta *delta = &h->deltas[i];
            if (!ox_delta_covered(delta, &to->context) || ox_delta_merge(&group, delta) == OX_GAP)
                refused |= !ox_delta_redundant(delta, &to->context);
        }
        g_assert_cmpint(join(to, &group), ==, OX_OK);
        ox_delta_free(&group);
    }
}

/* Equal contexts and equally far collected: equal bytes. */
static void compare_all(struct history *h) {
    for (unsigned i = 0; i < REPLICAS; i++)
        for (unsigned j = i + 1; j < REPLICAS; j++)
            if (ox_vv_equal(&h->objects[i].context, &h->objects[j].context) &&
                ox_vv_equal(ox_object_collected(&h->objects[i]),
                            ox_object_collected(&h->objects[j])))
                assert_equal(&h->objects[i], &h->objects[j]);
}

static void collect_all(struct history *h) {
    for (unsigned r = 0; r < REPLICAS; r++) {
        g_assert_cmpint(ox_object_collect(&h->objects[r], &h->objects[r].context), ==, OX_OK);
        check_read(h, &h->objects[r]);
    }
    compare_all(h);
}

static void run_history(uint64_t seed, bool collects, unsigned reach[3]) {
    struct history *h = history_new(seed);
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned to = (unsigned)dice_roll(&h->dice, REPLICAS);
        unsigned from = (unsigned)dice_roll(&h->dice, REPLICAS);
        if (dice_roll(&h->dice, 2) == 0)
            update_step(h, to);
        else
            join_step(h, &h->objects[to], &h->objects[from]);
        if (collects && dice_roll(&h->dice, 3) == 0)
            g_assert_cmpint(ox_vv_copy(&h->reported[from], &h->objects[from].context), ==, OX_OK);
        if (collects)
            collect_step(h, to);
        check_read(h, &h->objects[to]);
        compare_all(h);
    }
    for (unsigned r = 0; r < REPLICAS; r++) {
        deliver_everything(h, &h->objects[r]);
        check_read(h, &h->objects[r]);
    }
    for (unsigned r = 1; r < REPLICAS; r++)
        g_assert_true(ox_vv_equal(&h->objects[0].context, &h->objects[r].context));
    compare_all(h);
    collect_all(h);
    reach[0] += h->gaps;
    reach[1] += h->noops;
    reach[2] += h->collected;
    history_free(h);
}

static void as_specified(void) {
    unsigned reach[3] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_history(seed, false, reach);
    g_assert_cmpuint(reach[0], >, 0);
    g_assert_cmpuint(reach[1], >, 0);
}

static void as_specified_while_collecting(void) {
    unsigned reach[3] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_history(seed, true, reach);
    g_assert_cmpuint(reach[2], >, 0);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ormap-histories/as-specified", as_specified);
    g_test_add_func("/ormap-histories/as-specified-while-collecting",
                    as_specified_while_collecting);
    return g_test_run();
}
