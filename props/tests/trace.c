/* The stream of observations as text and as a digest. */
#include "model/trace.h"

#include <glib/gstdio.h>
#include <string.h>

#define TEXT(literal)                                                                              \
    { literal, sizeof literal - 1 }

/* ---- lines ---- */

static void assert_line_of(const struct ox_observation *o, const char *fault, const char *want) {
    GString *line = g_string_new(NULL);
    ox_trace_line(o, fault, fault ? "partition" : NULL, line);
    g_assert_cmpstr(line->str, ==, want);
    g_string_free(line, TRUE);
}

static void assert_line(const struct ox_observation *o, const char *want) {
    assert_line_of(o, o->kind == OX_OBS_FAULT ? "split" : NULL, want);
}

static void test_lines_about_data(void) {
    struct ox_obs_span news[] = {{3, 17, 17}, {4, 1, 9}};
    struct ox_observation update = {
        .kind = OX_OBS_UPDATE,
        .node = 3,
        .t_ns = 1250000000,
        .key = TEXT("cart"),
        .type = TEXT("or-set"),
        .have = 21,
        .update = {.replica = 3, .n = 17, .op = TEXT("add"), .arg = TEXT("\"milk\"")}};
    assert_line(&update, "{\"t\":1.25,\"ev\":\"update\",\"node\":3,\"key\":\"cart\",\"type\":"
                         "\"or-set\",\"dot\":[3,17],\"op\":\"add\",\"arg\":\"milk\",\"have\":21}");
    update.type = (struct ox_obs_text)TEXT("lww-register");
    update.update.op = (struct ox_obs_text)TEXT("set");
    update.update.has_stamp = true;
    update.update.stamp = (struct ox_obs_stamp){86400000000000, 2, 3};
    assert_line(&update, "{\"t\":1.25,\"ev\":\"update\",\"node\":3,\"key\":\"cart\",\"type\":"
                         "\"lww-register\",\"dot\":[3,17],\"op\":\"set\",\"arg\":\"milk\","
                         "\"ts\":[86400000000000,2,3],\"have\":21}");
    struct ox_observation see = {.kind = OX_OBS_SEE,
                                 .node = 4,
                                 .t_ns = 1310000000,
                                 .key = TEXT("cart"),
                                 .type = TEXT("or-set"),
                                 .state = 0x9f3c,
                                 .see = {news, 2}};
    assert_line(&see, "{\"t\":1.31,\"ev\":\"see\",\"node\":4,\"key\":\"cart\",\"type\":\"or-set\","
                      "\"new\":[[3,17,17],[4,1,9]]}");
    see.has_state = true;
    assert_line(&see, "{\"t\":1.31,\"ev\":\"see\",\"node\":4,\"key\":\"cart\",\"type\":\"or-set\","
                      "\"new\":[[3,17,17],[4,1,9]],\"state\":\"0000000000009f3c\"}");
    struct ox_observation read = {.kind = OX_OBS_READ,
                                  .node = 4,
                                  .t_ns = 2000000000,
                                  .key = TEXT("a\"b\n"),
                                  .type = TEXT("or-set"),
                                  .have = 22,
                                  .has_state = true,
                                  .state = UINT64_MAX,
                                  .read = {TEXT("[\"milk\"]")}};
    assert_line(&read, "{\"t\":2,\"ev\":\"read\",\"node\":4,\"key\":\"a\\\"b\\n\",\"type\":"
                       "\"or-set\",\"value\":[\"milk\"],\"have\":22,\"state\":"
                       "\"ffffffffffffffff\"}");
    struct ox_observation alarm = {
        .kind = OX_OBS_ALARM, .node = 4, .t_ns = 1, .key = TEXT("cart"), .type = TEXT("or-set")};
    assert_line(&alarm, "{\"t\":0.000000001,\"ev\":\"alarm\",\"node\":4,\"key\":\"cart\",\"type\":"
                        "\"or-set\",\"why\":\"diverged\"}");
    struct ox_observation refused = {
        .kind = OX_OBS_ALARM, .node = 4, .alarm = {OX_DEFECT_START, TEXT("malformed")}};
    assert_line(&refused, "{\"t\":0,\"ev\":\"alarm\",\"node\":4,\"why\":\"start\",\"status\":"
                          "\"malformed\"}");
}

/* A sequence names elements; a deletion's argument is one. */
static void test_lines_about_sequences(void) {
    struct ox_observation update = {.kind = OX_OBS_UPDATE,
                                    .node = 3,
                                    .key = TEXT("page"),
                                    .type = TEXT("rga"),
                                    .have = 21,
                                    .update = {.replica = 3,
                                               .n = 17,
                                               .op = TEXT("insert"),
                                               .arg = TEXT("\"h\""),
                                               .has_stamp = true,
                                               .stamp = {9, 0, 3},
                                               .names = OX_OBS_NAMES_BEFORE}};
    assert_line(&update,
                "{\"t\":0,\"ev\":\"update\",\"node\":3,\"key\":\"page\",\"type\":\"rga\","
                "\"dot\":[3,17],\"op\":\"insert\",\"arg\":\"h\",\"ts\":[9,3],\"after\":null,"
                "\"have\":21}");
    update.update.at = (struct ox_obs_dot){4, 2};
    assert_line(&update,
                "{\"t\":0,\"ev\":\"update\",\"node\":3,\"key\":\"page\",\"type\":\"rga\","
                "\"dot\":[3,17],\"op\":\"insert\",\"arg\":\"h\",\"ts\":[9,3],\"after\":[4,2],"
                "\"have\":21}");
    update.update.op = (struct ox_obs_text)TEXT("delete");
    update.update.arg.size = 0;
    update.update.has_stamp = false;
    update.update.names = OX_OBS_NAMES_TARGET;
    assert_line(&update, "{\"t\":0,\"ev\":\"update\",\"node\":3,\"key\":\"page\",\"type\":\"rga\","
                         "\"dot\":[3,17],\"op\":\"delete\",\"arg\":[4,2],\"have\":21}");
}

/* What is done inside a map is an object of its own. */
static void test_lines_about_maps(void) {
    struct ox_obs_text path[] = {TEXT("\"a\\n\""), TEXT("\"b\"")};
    struct ox_observation update = {
        .kind = OX_OBS_UPDATE,
        .node = 3,
        .key = TEXT("cart"),
        .type = TEXT("or-map"),
        .have = 21,
        .update = {.replica = 3, .n = 17, .op = TEXT("remove"), .path = path, .depth = 1}};
    assert_line(&update,
                "{\"t\":0,\"ev\":\"update\",\"node\":3,\"key\":\"cart\",\"type\":\"or-map\","
                "\"dot\":[3,17],\"op\":\"remove\",\"path\":[\"a\\n\"],\"have\":21}");
    update.update.op = (struct ox_obs_text)TEXT("update");
    update.update.depth = 2;
    update.update.inner_type = (struct ox_obs_text)TEXT("lww-register");
    update.update.inner_op = (struct ox_obs_text)TEXT("set");
    update.update.arg = (struct ox_obs_text)TEXT("[1]");
    update.update.has_stamp = true;
    update.update.stamp = (struct ox_obs_stamp){86400000000000, 2, 3};
    assert_line(&update,
                "{\"t\":0,\"ev\":\"update\",\"node\":3,\"key\":\"cart\",\"type\":\"or-map\","
                "\"dot\":[3,17],\"op\":\"update\",\"path\":[\"a\\n\",\"b\"],\"inner\":{"
                "\"type\":\"lww-register\",\"op\":\"set\",\"arg\":[1],"
                "\"ts\":[86400000000000,2,3]},\"have\":21}");
    update.update.inner_type = (struct ox_obs_text)TEXT("rga");
    update.update.inner_op = (struct ox_obs_text)TEXT("insert");
    update.update.stamp = (struct ox_obs_stamp){7, 0, 3};
    update.update.names = OX_OBS_NAMES_BEFORE;
    update.update.at = (struct ox_obs_dot){4, 2};
    assert_line(&update,
                "{\"t\":0,\"ev\":\"update\",\"node\":3,\"key\":\"cart\",\"type\":\"or-map\","
                "\"dot\":[3,17],\"op\":\"update\",\"path\":[\"a\\n\",\"b\"],\"inner\":{"
                "\"type\":\"rga\",\"op\":\"insert\",\"arg\":[1],\"ts\":[7,3],"
                "\"after\":[4,2]},\"have\":21}");
}

static void test_lines_about_messages(void) {
    struct ox_observation send = {
        .kind = OX_OBS_SEND,
        .node = 3,
        .t_ns = 1250000000,
        .message = {.peer = 4, .id = 812, .bytes = 94, .proto = "delta", .kind = "push"}};
    assert_line(&send, "{\"t\":1.25,\"ev\":\"send\",\"node\":3,\"to\":4,\"msg\":812,\"proto\":"
                       "\"delta\",\"kind\":\"push\",\"bytes\":94}");
    struct ox_observation deliver = {.kind = OX_OBS_DELIVER,
                                     .node = 4,
                                     .t_ns = 1310000000,
                                     .message = {.peer = 3, .id = 812, .bytes = 94}};
    assert_line(&deliver, "{\"t\":1.31,\"ev\":\"deliver\",\"node\":4,\"from\":3,\"msg\":812}");
    deliver.message.duplicate = true;
    assert_line(&deliver, "{\"t\":1.31,\"ev\":\"deliver\",\"node\":4,\"from\":3,\"msg\":812,"
                          "\"duplicate\":true}");
    struct ox_observation drop = {.kind = OX_OBS_DROP,
                                  .node = 4,
                                  .t_ns = 1310000000,
                                  .message = {.peer = 3, .id = 812, .why = OX_DROP_PARTITION}};
    assert_line(&drop, "{\"t\":1.31,\"ev\":\"drop\",\"node\":4,\"from\":3,\"msg\":812,\"why\":"
                       "\"partition\"}");
}

/* Whose doing it is, so that what a fault hit can be counted from the file. */
static void test_lines_about_what_a_fault_did(void) {
    struct ox_observation drop = {
        .kind = OX_OBS_DROP, .node = 4, .message = {.peer = 3, .id = 812, .why = OX_DROP_LOSS}};
    assert_line_of(&drop, "rain",
                   "{\"t\":0,\"ev\":\"drop\",\"node\":4,\"from\":3,\"msg\":812,"
                   "\"why\":\"loss\",\"fault\":\"rain\"}");
    struct ox_observation deliver = {
        .kind = OX_OBS_DELIVER, .node = 4, .message = {.peer = 3, .id = 812, .duplicate = true}};
    assert_line_of(&deliver, "echo",
                   "{\"t\":0,\"ev\":\"deliver\",\"node\":4,\"from\":3,\"msg\":812,"
                   "\"duplicate\":true,\"fault\":\"echo\"}");
    struct ox_observation crash = {.kind = OX_OBS_CRASH, .node = 7, .crash = {.keeps_disk = true}};
    assert_line_of(&crash, "roll",
                   "{\"t\":0,\"ev\":\"crash\",\"node\":7,\"keeps\":\"disk\",\"fault\":\"roll\"}");
}

static void test_lines_about_the_run(void) {
    struct ox_observation start = {
        .kind = OX_OBS_START, .node = 3, .start = {.replica = (1 << 20) + 3}};
    assert_line(&start, "{\"t\":0,\"ev\":\"start\",\"node\":3,\"replica\":1048579}");
    struct ox_observation fault = {
        .kind = OX_OBS_FAULT, .t_ns = UINT64_C(30000000000), .fault = {0, true}};
    assert_line(&fault, "{\"t\":30,\"ev\":\"fault\",\"name\":\"split\",\"kind\":\"partition\","
                        "\"on\":true}");
    struct ox_observation crash = {.kind = OX_OBS_CRASH,
                                   .node = 7,
                                   .t_ns = UINT64_C(41000000000),
                                   .crash = {.keeps_disk = true}};
    assert_line(&crash, "{\"t\":41,\"ev\":\"crash\",\"node\":7,\"keeps\":\"disk\"}");
    crash.crash.keeps_disk = false;
    assert_line(&crash, "{\"t\":41,\"ev\":\"crash\",\"node\":7,\"keeps\":\"nothing\"}");
    struct ox_observation phase = {.kind = OX_OBS_PHASE, .phase = {.phase = OX_PHASE_SETTLE}};
    assert_line(&phase, "{\"t\":0,\"ev\":\"phase\",\"phase\":\"settle\"}");
    phase.phase.phase = OX_PHASE_UNSETTLED;
    phase.phase.why = (struct ox_obs_text)TEXT("node 1 changed k0");
    assert_line(&phase,
                "{\"t\":0,\"ev\":\"phase\",\"phase\":\"unsettled\",\"why\":\"node 1 changed "
                "k0\"}");
}

/* ---- the file ---- */

static void test_file_appears_at_close(void) {
    static const char *const names[] = {"split"}, *const kinds[] = {"partition"};
    GError *error = NULL;
    char *folder = g_dir_make_tmp("oxbow-trace-XXXXXX", &error);
    char *path = g_build_filename(folder, "trace.ndjson", NULL);
    struct ox_trace *trace = ox_trace_open(path, names, kinds, 1, &error);
    g_assert_no_error(error);
    struct ox_observer observer = ox_trace_observer(trace);
    struct ox_observation fault = {.kind = OX_OBS_FAULT, .t_ns = 5, .fault = {0, true}};
    struct ox_observation start = {.kind = OX_OBS_START, .t_ns = 7};
    struct ox_observation crash = {.kind = OX_OBS_CRASH, .t_ns = 8, .crash = {.fault = 0}};
    observer.observe(observer.self, &fault);
    observer.observe(observer.self, &start);
    observer.observe(observer.self, &crash);
    crash.crash.fault = OX_NO_FAULT;
    observer.observe(observer.self, &crash);
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_assert_true(ox_trace_close(trace, &error));
    g_assert_no_error(error);
    char *text;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==,
                    "{\"t\":0.000000005,\"ev\":\"fault\",\"name\":\"split\",\"kind\":\"partition\","
                    "\"on\":true}\n{\"t\":0.000000007,\"ev\":\"start\",\"node\":0,\"replica\":0}\n"
                    "{\"t\":0.000000008,\"ev\":\"crash\",\"node\":0,\"keeps\":\"nothing\","
                    "\"fault\":\"split\"}\n"
                    "{\"t\":0.000000008,\"ev\":\"crash\",\"node\":0,\"keeps\":\"nothing\"}\n");
    g_free(text);
    g_assert_cmpint(g_unlink(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing else was left there */
    g_free(path);
    g_free(folder);
}

static void test_file_that_cannot_be(void) {
    GError *error = NULL;
    g_assert_null(ox_trace_open("/nowhere/at/all/trace.ndjson", NULL, NULL, 0, &error));
    g_assert_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
    g_assert_nonnull(strstr(error->message, "/nowhere/at/all/trace.ndjson: error: "));
    g_error_free(error);
}

/* A folder where the file should go: the writing succeeds, the renaming does not. */
static void test_file_that_cannot_be_renamed(void) {
    GError *error = NULL;
    char *folder = g_dir_make_tmp("oxbow-trace-XXXXXX", &error);
    char *path = g_build_filename(folder, "trace.ndjson", NULL);
    g_assert_cmpint(g_mkdir(path, 0777), ==, 0);
    struct ox_trace *trace = ox_trace_open(path, NULL, NULL, 0, &error);
    g_assert_no_error(error);
    g_assert_false(ox_trace_close(trace, &error));
    g_assert_nonnull(error);
    g_error_free(error);
    g_assert_cmpint(g_rmdir(path), ==, 0);
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(path);
    g_free(folder);
}

/* ---- the digest ---- */

static uint64_t digest_of(const struct ox_observation *o) {
    struct ox_digest *digest = ox_digest_new();
    struct ox_observer observer = ox_digest_observer(digest);
    observer.observe(observer.self, o);
    uint64_t value = ox_digest_value(digest);
    ox_digest_free(digest);
    return value;
}

/* The state of a see is looked up only on request, so it must not count; all else does. */
static void test_digest_of_a_see(void) {
    struct ox_obs_span news[] = {{3, 17, 17}};
    struct ox_observation see = {.kind = OX_OBS_SEE,
                                 .node = 4,
                                 .t_ns = 5,
                                 .key = TEXT("cart"),
                                 .type = TEXT("or-set"),
                                 .see = {news, 1}};
    uint64_t base = digest_of(&see);
    see.state = 7;
    see.has_state = true;
    g_assert_cmphex(digest_of(&see), ==, base);
    news[0].last = 18;
    g_assert_cmphex(digest_of(&see), !=, base);
    news[0].last = 17;
    see.t_ns = 6;
    g_assert_cmphex(digest_of(&see), !=, base);
    see.t_ns = 5;
    see.key = (struct ox_obs_text)TEXT("carto");
    see.type = (struct ox_obs_text)TEXT("r-set");
    g_assert_cmphex(digest_of(&see), !=, base);
}

static void test_digest_of_others(void) {
    struct ox_observation read = {.kind = OX_OBS_READ, .has_state = true, .read = {TEXT("1")}};
    uint64_t base = digest_of(&read);
    read.state = 1;
    g_assert_cmphex(digest_of(&read), !=, base);
    read.state = 0;
    read.read.value.data = "2";
    g_assert_cmphex(digest_of(&read), !=, base);
    struct ox_observation drop = {.kind = OX_OBS_DROP, .message = {.fault = OX_NO_FAULT}};
    base = digest_of(&drop);
    drop.message.fault = 0;
    g_assert_cmphex(digest_of(&drop), !=, base);
    drop.message.fault = OX_NO_FAULT;
    drop.message.duplicate = true;
    g_assert_cmphex(digest_of(&drop), !=, base);
}

/* Everything that an operation can have counts. */
static void test_digest_of_operations(void) {
    struct ox_obs_text path[] = {TEXT("\"a\""), TEXT("\"b\"")};
    struct ox_observation update = {.kind = OX_OBS_UPDATE,
                                    .type = TEXT("or-map"),
                                    .update = {.op = TEXT("update"), .path = path, .depth = 1}};
    GHashTable *values = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (int change = 0; change < 8; change++) {
        struct ox_observation o = update;
        o.update.depth += change == 1;
        o.update.path += change == 2;
        if (change == 3)
            o.update.inner_type = (struct ox_obs_text)TEXT("rga");
        if (change == 4)
            o.update.inner_op = (struct ox_obs_text)TEXT("rga");
        if (change >= 5)
            o.update.names = change == 5 ? OX_OBS_NAMES_TARGET : OX_OBS_NAMES_BEFORE;
        if (change == 7)
            o.update.at = (struct ox_obs_dot){4, 2};
        uint64_t value = digest_of(&o);
        g_assert_true(g_hash_table_add(values, g_memdup2(&value, sizeof value)));
    }
    g_hash_table_destroy(values);
}

/* Order counts, and a copy that observes the same has the same value. */
static void test_digest_of_a_stream(void) {
    struct ox_observation stream[] = {{.kind = OX_OBS_START, .node = 1},
                                      {.kind = OX_OBS_START, .node = 2}};
    uint64_t values[3];
    for (int i = 0; i < 3; i++) {
        struct ox_digest *digest = ox_digest_new();
        struct ox_observer observer = ox_digest_observer(digest);
        observer.observe(observer.self, &stream[i == 1]);
        observer.observe(observer.self, &stream[i != 1]);
        values[i] = ox_digest_value(digest);
        ox_digest_free(digest);
    }
    g_assert_cmphex(values[0], ==, values[2]);
    g_assert_cmphex(values[0], !=, values[1]);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace/lines/data", test_lines_about_data);
    g_test_add_func("/trace/lines/sequences", test_lines_about_sequences);
    g_test_add_func("/trace/lines/maps", test_lines_about_maps);
    g_test_add_func("/trace/lines/messages", test_lines_about_messages);
    g_test_add_func("/trace/lines/faults", test_lines_about_what_a_fault_did);
    g_test_add_func("/trace/lines/run", test_lines_about_the_run);
    g_test_add_func("/trace/file/appears-at-close", test_file_appears_at_close);
    g_test_add_func("/trace/file/cannot-be", test_file_that_cannot_be);
    g_test_add_func("/trace/file/cannot-be-renamed", test_file_that_cannot_be_renamed);
    g_test_add_func("/digest/see", test_digest_of_a_see);
    g_test_add_func("/digest/others", test_digest_of_others);
    g_test_add_func("/digest/operations", test_digest_of_operations);
    g_test_add_func("/digest/stream", test_digest_of_a_stream);
    return g_test_run();
}
