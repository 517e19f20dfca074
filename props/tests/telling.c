/* How updates are told: a run as so many updates of one element each, and what is done inside a map
 * with its path. */
#include "model/run/telling.h"
#include "model/trace.h"

#include "crdt/lww.h"
#include "crdt/ormap.h"
#include "crdt/orset.h"
#include "crdt/rga.h"

#include <string.h>

/* ---- a run with one observer, who writes down ---- */

static void write_line(void *self, const struct ox_observation *seen) {
    GString *lines = self;
    ox_trace_line(seen, NULL, NULL, lines);
    g_string_append_c(lines, '\n');
}

/* Does the operation to the object as replica 4, and compares what is told. */
static void check(struct ox_object *object, const struct ox_op *op, const char *expected) {
    static const struct ox_stamp now = {.physical_ns = 77, .logical = 1};
    GString *lines = g_string_new(NULL);
    struct ox_observer observer = {write_line, lines};
    struct ox_run run = {.observers = &observer, .observer_count = 1};
    struct ox_observation about = {
        .kind = OX_OBS_UPDATE, .node = 4, .key = {"k", 1}, .type = {"t", 1}};
    struct ox_notice notice = {.have = ox_vv_total(&object->context)};
    struct ox_telling telling;
    struct ox_delta delta = {0};
    ox_telling_open(&telling, object->type, object, op);
    g_assert_cmpint(ox_object_apply(object, op, 4, &now, &delta), ==, OX_OK);
    notice.dot = (struct ox_dot){4, delta.brings.spans[0].first};
    notice.taken = delta.brings.spans[0].last - notice.dot.n + 1;
    notice.stamped =
        object->type->stamp_of && object->type->stamp_of(delta.store, notice.dot, &notice.stamp);
    ox_telling_observe(&telling, &run, &notice, &about);
    ox_telling_close(&telling);
    g_assert_cmpstr(lines->str, ==, expected);
    ox_delta_free(&delta);
    g_string_free(lines, TRUE);
}

#define LINE(rest) "{\"t\":0,\"ev\":\"update\",\"node\":4,\"key\":\"k\",\"type\":\"t\"," rest "}\n"

static struct ox_op op_of(const struct ox_type *type, const char *verb, struct ox_value arg) {
    struct ox_op op = {.verb = ox_verb_named(type, ox_bytes_of_text(verb)), .arg = arg};
    g_assert_nonnull(op.verb);
    return op;
}

/* ---- stories ---- */

static void an_element_of_a_set(void) {
    struct ox_object set;
    g_assert_cmpint(ox_object_init(&set, &ox_orset), ==, OX_OK);
    struct ox_op op = op_of(&ox_orset, "add", ox_value_text("a\"b"));
    check(&set, &op, LINE("\"dot\":[4,1],\"op\":\"add\",\"arg\":\"a\\\"b\",\"have\":0"));
    ox_object_free(&set);
}

static void a_text_is_told_scalar_by_scalar(void) {
    struct ox_object text;
    g_assert_cmpint(ox_object_init(&text, &ox_rga), ==, OX_OK);
    struct ox_op op = op_of(&ox_rga, "write", ox_value_text("a\303\251\342\202\254"));
    check(&text, &op,
          LINE("\"dot\":[4,1],\"op\":\"insert\",\"arg\":\"a\",\"ts\":[1,4],\"after\":null,"
               "\"have\":0")
              LINE("\"dot\":[4,2],\"op\":\"insert\",\"arg\":\"\303\251\",\"ts\":[2,4],"
                   "\"after\":[4,1],\"have\":1")
                  LINE("\"dot\":[4,3],\"op\":\"insert\",\"arg\":\"\342\202\254\",\"ts\":[3,4],"
                       "\"after\":[4,2],\"have\":2"));
    op = op_of(&ox_rga, "insert", ox_value_int(7));
    op.at = (struct ox_dot){4, 1};
    check(&text, &op,
          LINE("\"dot\":[4,4],\"op\":\"insert\",\"arg\":7,\"ts\":[4,4],\"after\":[4,1],"
               "\"have\":3"));
    op = op_of(&ox_rga, "delete", ox_value_null());
    op.at = (struct ox_dot){4, 2};
    check(&text, &op, LINE("\"dot\":[4,5],\"op\":\"delete\",\"arg\":[4,2],\"have\":4"));
    op = op_of(&ox_rga, "erase", ox_value_int(2)); /* 7 and the third, past the deleted one */
    op.at = (struct ox_dot){4, 4};
    check(&text, &op,
          LINE("\"dot\":[4,6],\"op\":\"delete\",\"arg\":[4,4],\"have\":5")
              LINE("\"dot\":[4,7],\"op\":\"delete\",\"arg\":[4,3],\"have\":6"));
    ox_object_free(&text);
}

static void what_is_done_inside_a_map(void) {
    struct ox_bytes path[] = {ox_bytes_of_text("a\n"), ox_bytes_of_text("b")};
    struct ox_object map;
    g_assert_cmpint(ox_object_init(&map, &ox_ormap), ==, OX_OK);
    struct ox_op inner = op_of(&ox_lww, "set", ox_value_bool(true));
    struct ox_op op = op_of(&ox_ormap, "update", ox_value_null());
    op.path = path;
    op.depth = 2;
    op.inner = &ox_lww;
    op.op = &inner;
    check(&map, &op,
          LINE("\"dot\":[4,1],\"op\":\"update\",\"path\":[\"a\\n\",\"b\"],\"inner\":{\"type\":"
               "\"lww-register\",\"op\":\"set\",\"arg\":true,\"ts\":[77,1,4]},\"have\":0"));
    op = op_of(&ox_ormap, "remove", ox_value_null());
    op.path = path;
    op.depth = 1;
    check(&map, &op, LINE("\"dot\":[4,2],\"op\":\"remove\",\"path\":[\"a\\n\"],\"have\":1"));
    ox_object_free(&map);
}

/* The elements of a sequence in a map are those at its path. */
static void a_text_inside_a_map(void) {
    struct ox_bytes path[] = {ox_bytes_of_text("a"), ox_bytes_of_text("b")};
    struct ox_object map;
    g_assert_cmpint(ox_object_init(&map, &ox_ormap), ==, OX_OK);
    struct ox_op inner = op_of(&ox_rga, "write", ox_value_text("xyz"));
    struct ox_op op = op_of(&ox_ormap, "update", ox_value_null());
    op.path = path;
    op.depth = 2;
    op.inner = &ox_rga;
    op.op = &inner;
#define INSIDE "\"op\":\"update\",\"path\":[\"a\",\"b\"],\"inner\":{\"type\":\"rga\","
    check(&map, &op,
          LINE("\"dot\":[4,1]," INSIDE
               "\"op\":\"insert\",\"arg\":\"x\",\"ts\":[1,4],\"after\":null},\"have\":0")
              LINE("\"dot\":[4,2]," INSIDE
                   "\"op\":\"insert\",\"arg\":\"y\",\"ts\":[2,4],\"after\":[4,1]},\"have\":1")
                  LINE("\"dot\":[4,3]," INSIDE
                       "\"op\":\"insert\",\"arg\":\"z\",\"ts\":[3,4],\"after\":[4,2]},\"have\":2"));
    inner = op_of(&ox_rga, "erase", ox_value_int(2));
    inner.at = (struct ox_dot){4, 2};
    check(&map, &op,
          LINE("\"dot\":[4,4]," INSIDE "\"op\":\"delete\",\"arg\":[4,2]},\"have\":3")
              LINE("\"dot\":[4,5]," INSIDE "\"op\":\"delete\",\"arg\":[4,3]},\"have\":4"));
    ox_object_free(&map);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/telling/set", an_element_of_a_set);
    g_test_add_func("/telling/sequence", a_text_is_told_scalar_by_scalar);
    g_test_add_func("/telling/map", what_is_done_inside_a_map);
    g_test_add_func("/telling/sequence-in-a-map", a_text_inside_a_map);
    return g_test_run();
}
