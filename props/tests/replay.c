/* The nodes of a run, stepped again outside SimGrid, give the same effects; and a record that does
 * not match is refused by node and step. */
#include "model/replay.h"
#include "support_world.h"

#include <glib/gstdio.h>
#include <string.h>
#include <xxhash.h>

#define NODES 6
#define HEAD  12 /* bytes of a record before its payload: size, hash */

struct recorded {
    struct ox_world_config config;
    char *folder;
    uint64_t *steps; /* shared with the child that runs */
};

/* Every type there is, on few keys. */
static void set_types(struct ox_workload *workload) {
    uint32_t count = 0;
    while (ox_types[count] != NULL)
        count++;
    g_free(workload->types);
    workload->types = g_memdup2(ox_types, count * sizeof(*ox_types));
    workload->type_count = count;
    workload->keys = 2 * count;
}

static void run_recorded(void *data) {
    struct recorded *recorded = data;
    struct ox_world_stats stats;
    GError *error = NULL;
    g_assert_true(ox_world_run(&recorded->config, NULL, 0, recorded->folder, &stats, &error));
    g_assert_no_error(error);
    *recorded->steps = stats.steps;
}

/* A run with everything that gets into a record: crashes that keep and that lose the disk, loss,
 * duplicates, operations with every kind of argument. */
static void set_up(struct recorded *recorded, gconstpointer data) {
    (void)data;
    GError *error = NULL;
    recorded->folder = g_dir_make_tmp("oxbow-replay-XXXXXX", &error);
    g_assert_no_error(error);
    recorded->steps = ox_test_shared(sizeof *recorded->steps);
    ox_test_world(&recorded->config, NODES);
    set_types(&recorded->config.workload);
    recorded->config.network.loss = 0.05;
    recorded->config.network.duplicate = 0.05;
    struct ox_fault *fault = ox_test_fault(&recorded->config, OX_FAULT_CRASH, "keep", 5, 4);
    fault->keeps_disk = true;
    ox_test_crash_nodes(fault, 1, 1);
    ox_test_crash_nodes(ox_test_fault(&recorded->config, OX_FAULT_CRASH, "lose", 12, 4), 2, 1);
    ox_test_in_child(run_recorded, recorded);
}

static char *path_of(const struct recorded *recorded, uint32_t node) {
    char name[32];
    g_snprintf(name, sizeof name, "node-%u.rec", node);
    return g_build_filename(recorded->folder, name, NULL);
}

static void tear_down(struct recorded *recorded, gconstpointer data) {
    (void)data;
    for (uint32_t i = 0; i < NODES; i++) {
        char *path = path_of(recorded, i);
        g_unlink(path);
        g_free(path);
    }
    g_rmdir(recorded->folder);
    g_free(recorded->folder);
    ox_world_config_clear(&recorded->config);
}

static void test_replay(struct recorded *recorded, gconstpointer data) {
    (void)data;
    uint64_t steps = 0;
    GError *error = NULL;
    g_assert_true(ox_replay_check(&recorded->config, recorded->folder, &steps, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(steps, ==, *recorded->steps);
    g_assert_cmpuint(steps, >, 500);
}

static void assert_refused(const struct recorded *recorded, const char *want) {
    uint64_t steps = 0;
    GError *error = NULL;
    g_assert_false(ox_replay_check(&recorded->config, recorded->folder, &steps, &error));
    g_assert_error(error, ox_world_error_quark(), 70);
    if (!strstr(error->message, want))
        g_error("\"%s\" does not say \"%s\"", error->message, want);
    g_error_free(error);
}

/* Node 3's file, and where its n-th record begins (from 1). */
struct file {
    char *path;
    uint8_t *bytes;
    gsize size;
};

static struct file read_node_3(const struct recorded *recorded) {
    struct file file = {.path = path_of(recorded, 3)};
    g_assert_true(g_file_get_contents(file.path, (char **)&file.bytes, &file.size, NULL));
    return file;
}

static uint32_t payload_size(const uint8_t *record) {
    return record[0] | (uint32_t)record[1] << 8 | (uint32_t)record[2] << 16 |
           (uint32_t)record[3] << 24;
}

static uint8_t *record_at(const struct file *file, uint64_t n) {
    uint8_t *at = file->bytes;
    for (uint64_t i = 1; i < n; i++)
        at += HEAD + payload_size(at);
    g_assert_true(at < file->bytes + file->size);
    return at;
}

static void seal(uint8_t *record) {
    uint64_t hash = XXH3_64bits(record + HEAD, payload_size(record));
    for (int i = 0; i < 8; i++)
        record[4 + i] = (uint8_t)(hash >> (8 * i));
}

static void write_back(struct file *file) {
    g_assert_true(g_file_set_contents(file->path, (char *)file->bytes, (gssize)file->size, NULL));
}

static void file_free(struct file *file) {
    g_free(file->bytes);
    g_free(file->path);
}

static void test_one_flipped_bit(struct recorded *recorded, gconstpointer data) {
    (void)data;
    struct file file = read_node_3(recorded);
    uint8_t *record = record_at(&file, 40);
    for (uint32_t i = 4; i < HEAD + payload_size(record); i += 7) {
        record[i] ^= 1 << (i % 8);
        write_back(&file);
        assert_refused(recorded, "replay: node 3, step 40: the record is damaged");
        record[i] ^= 1 << (i % 8);
    }
    file_free(&file);
}

/* The outcome is the last thing in a payload: the deadline is its last nine bytes. */
static void test_another_effect(struct recorded *recorded, gconstpointer data) {
    (void)data;
    struct file file = read_node_3(recorded);
    uint8_t *record = record_at(&file, 40);
    record[HEAD + payload_size(record) - 1] ^= 1;
    seal(record);
    write_back(&file);
    assert_refused(recorded,
                   "replay: node 3, step 40: the replay gives another deadline than the run");
    file_free(&file);
}

/* An event left out: everything after it is another story. */
static void test_a_step_left_out(struct recorded *recorded, gconstpointer data) {
    (void)data;
    struct file file = read_node_3(recorded);
    uint8_t *record = record_at(&file, 20), *next = record_at(&file, 21);
    memmove(record, next, (size_t)(file.bytes + file.size - next));
    file.size -= (gsize)(next - record);
    write_back(&file);
    assert_refused(recorded, "replay: node 3, step ");
    file_free(&file);
}

static void test_a_torn_end(struct recorded *recorded, gconstpointer data) {
    (void)data;
    struct file file = read_node_3(recorded);
    file.size -= 3;
    write_back(&file);
    assert_refused(recorded, ": the record is damaged");
    file.size = 0;
    write_back(&file);
    assert_refused(recorded, "replay: node 3, step 0: the record is empty");
    g_unlink(file.path);
    assert_refused(recorded, "replay: node 3, step 0: Failed to open file");
    file_free(&file);
}

/* Nodes of another configuration do other things. */
static void test_another_configuration(struct recorded *recorded, gconstpointer data) {
    (void)data;
    recorded->config.node.fanout++;
    assert_refused(recorded, "the replay gives other messages than the run");
}

static void add(const char *name, void (*test)(struct recorded *, gconstpointer)) {
    g_test_add(name, struct recorded, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    add("/replay/every-step-of-every-node", test_replay);
    add("/replay/one-flipped-bit", test_one_flipped_bit);
    add("/replay/another-effect", test_another_effect);
    add("/replay/a-step-left-out", test_a_step_left_out);
    add("/replay/a-torn-end", test_a_torn_end);
    add("/replay/another-configuration", test_another_configuration);
    return g_test_run();
}
