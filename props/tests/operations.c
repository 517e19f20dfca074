/* Which operations a workload draws: every verb of every type comes up, all are ones that the node
 * can do, and a draw depends on its own number only. */
#include "model/run/operations.h"

#include "crdt/ormap.h"
#include "crdt/rga.h"

#include <string.h>

#define DRAWS 3000

struct world {
    struct ox_world_config config;
    struct ox_run run;
};

static void world_init(struct world *world, double removes) {
    *world = (struct world){.config = {.seed = 1, .workload = {.elements = 6, .removes = removes}}};
    world->run.config = &world->config;
}

static const struct ox_op *innermost(const struct ox_op *op) {
    return op->op ? op->op : op;
}

static char *text_of(const struct ox_op *op) {
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < op->depth; i++)
        g_string_append_printf(text, "%.*s/", (int)op->path[i].size,
                               (const char *)op->path[i].data);
    for (; op; op = op->op)
        g_string_append_printf(text, "%s %d %" G_GINT64_FORMAT " %.*s @%" G_GUINT64_FORMAT " ",
                               op->verb->name, op->arg.kind, op->arg.number,
                               (int)op->arg.bytes.size, (const char *)op->arg.bytes.data, op->at.n);
    return g_string_free(text, FALSE);
}

/* ---- every verb, and all of them possible ---- */

/* A removal of what is not there, or an add of what is, changes nothing; a total may not be left.
 */
static void apply(struct ox_object *object, const struct ox_op *op, uint64_t update) {
    struct ox_stamp now = {.physical_ns = update + 1};
    enum ox_status status = ox_object_apply(object, op, 1 + update % 3, &now, NULL);
    if (status == OX_OK || status == OX_NOOP)
        return;
    char *text = text_of(op);
    g_error("%s: %s", text, ox_status_name(status));
}

static void every_verb_of(gconstpointer data) {
    const struct ox_type *type = data;
    struct world world;
    world_init(&world, 0.5);
    struct ox_object object;
    g_assert_cmpint(ox_object_init(&object, type), ==, OX_OK);
    uint32_t seen[8] = {0};
    for (uint64_t update = 0; update < DRAWS; update++) {
        struct ox_drawn drawn;
        ox_draw_operation(&world.run, type, &object, update, &drawn);
        seen[drawn.op.verb - type->verbs]++;
        apply(&object, &drawn.op, update);
    }
    for (size_t v = 0; v < type->verb_count; v++)
        g_assert_cmpuint(seen[v], >=, DRAWS / 2 / (uint32_t)type->verb_count * 4 / 5);
    ox_object_free(&object);
}

static void without_removes_everything_adds(void) {
    struct world world;
    world_init(&world, 0);
    for (size_t t = 0; ox_types[t] != NULL; t++) {
        struct ox_object object;
        g_assert_cmpint(ox_object_init(&object, ox_types[t]), ==, OX_OK);
        for (uint64_t update = 0; update < 200; update++) {
            struct ox_drawn drawn;
            ox_draw_operation(&world.run, ox_types[t], &object, update, &drawn);
            const struct ox_op *op = innermost(&drawn.op);
            g_assert_true(drawn.op.verb == &ox_types[t]->verbs[0]);
            g_assert_true(op == &drawn.op || op->verb == &drawn.op.inner->verbs[0]);
            apply(&object, &drawn.op, update);
        }
        ox_object_free(&object);
    }
}

static void a_draw_depends_on_its_number_only(void) {
    struct world world;
    world_init(&world, 0.4);
    for (size_t t = 0; ox_types[t] != NULL; t++) {
        struct ox_object object;
        uint32_t same = 0;
        char *before = g_strdup("");
        g_assert_cmpint(ox_object_init(&object, ox_types[t]), ==, OX_OK);
        for (uint64_t update = 0; update < 100; update++) {
            struct ox_drawn drawn, again;
            ox_draw_operation(&world.run, ox_types[t], &object, update, &drawn);
            ox_draw_operation(&world.run, ox_types[t], &object, update, &again);
            char *text = text_of(&drawn.op), *same_text = text_of(&again.op);
            g_assert_cmpstr(text, ==, same_text);
            same += strcmp(text, before) == 0;
            g_free(before);
            g_free(same_text);
            before = text;
        }
        g_assert_cmpuint(same, <, 50);
        g_free(before);
        ox_object_free(&object);
    }
}

/* ---- sequences ---- */

static void runs_have_every_length(void) {
    const struct ox_type *rga = &ox_rga;
    struct world world;
    world_init(&world, 0.6);
    struct ox_object object;
    uint32_t written[OX_DRAWN_RUN + 1] = {0}, erased[OX_DRAWN_RUN + 1] = {0}, at_start = 0,
                                    inserts = 0;
    g_assert_cmpint(ox_object_init(&object, rga), ==, OX_OK);
    for (uint64_t update = 0; update < DRAWS; update++) {
        struct ox_drawn drawn;
        ox_draw_operation(&world.run, rga, &object, update, &drawn);
        const struct ox_op *op = &drawn.op;
        if (op->verb->arg == OX_ARG_TEXT)
            written[g_utf8_strlen((const char *)op->arg.bytes.data, -1)]++;
        if (op->verb->arg == OX_ARG_RANGE)
            erased[op->arg.number]++;
        at_start += op->at.n == 0;
        inserts += op->verb->arg == OX_ARG_AFTER || op->verb->arg == OX_ARG_TEXT;
        uint64_t had = ox_vv_total(&object.context);
        apply(&object, op, update);
        if (op->verb->arg == OX_ARG_RANGE) /* as many as it asks for are there */
            g_assert_cmpuint(ox_vv_total(&object.context) - had, ==, op->arg.number);
    }
    for (int i = 1; i <= OX_DRAWN_RUN; i++) {
        g_assert_cmpuint(written[i], >, 20);
        g_assert_cmpuint(erased[i], >, 20);
    }
    g_assert_cmpuint(at_start, >, 10);
    g_assert_cmpuint(at_start, <, inserts / 4);
    ox_object_free(&object);
}

/* ---- maps ---- */

static void the_last_key_says_the_type(void) {
    const struct ox_type *map = &ox_ormap;
    struct world world;
    world_init(&world, 0.3);
    struct ox_object object;
    g_assert_cmpint(ox_object_init(&object, map), ==, OX_OK);
    const struct ox_type *held[32] = {NULL};
    uint32_t depths[OX_DRAWN_DEPTH + 1] = {0}, cuts[OX_DRAWN_DEPTH + 1] = {0}, types = 0;
    for (uint64_t update = 0; update < DRAWS; update++) {
        struct ox_drawn drawn;
        ox_draw_operation(&world.run, map, &object, update, &drawn);
        bool removal = drawn.op.verb->arg == OX_ARG_PATH;
        (removal ? cuts : depths)[drawn.op.depth]++;
        uint64_t key = strtoul((const char *)drawn.op.path[drawn.op.depth - 1].data + 1, NULL, 10);
        if (removal)
            continue;
        g_assert_true(held[key] == NULL || held[key] == drawn.op.inner);
        types += held[key] == NULL;
        held[key] = drawn.op.inner;
    }
    for (int i = 1; i <= OX_DRAWN_DEPTH; i++) {
        g_assert_cmpuint(depths[i], >, DRAWS / 6);
        g_assert_cmpuint(cuts[i], >, DRAWS / 60);
    }
    g_assert_cmpuint(cuts[1], >, 2 * cuts[OX_DRAWN_DEPTH]); /* maps go with all their keys */
    uint32_t all = 0;
    for (size_t t = 0; ox_types[t] != NULL; t++)
        all += ox_types[t] != map;
    g_assert_cmpuint(types, ==, all);
    ox_object_free(&object);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    for (size_t t = 0; ox_types[t] != NULL; t++) {
        char *name = g_strconcat("/operations/every-verb/", ox_types[t]->name, NULL);
        g_test_add_data_func(name, ox_types[t], every_verb_of);
        g_free(name);
    }
    g_test_add_func("/operations/without-removes", without_removes_everything_adds);
    g_test_add_func("/operations/by-number", a_draw_depends_on_its_number_only);
    g_test_add_func("/operations/runs", runs_have_every_length);
    g_test_add_func("/operations/types-in-maps", the_last_key_says_the_type);
    return g_test_run();
}
