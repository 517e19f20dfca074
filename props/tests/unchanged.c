/* The code that ran in the simulated world is the code that ships: every event that any node of
 * two shipped scenarios was given, stepped again into fresh nodes outside SimGrid, gives the same
 * effects byte for byte. replay.c shows that a record which differs is refused. */
#include "model/replay.h"
#include "scenarios/scenario.h"
#include "support_world.h"

#include <glib/gstdio.h>

struct proof {
    struct ox_scenario scenario;
    char *folder;
    struct ox_world_stats *stats; /* shared with the child that runs */
};

static void run_recorded(void *data) {
    struct proof *proof = data;
    GError *error = NULL;
    g_assert_true(
        ox_world_run(&proof->scenario.world, NULL, 0, proof->folder, proof->stats, &error));
    g_assert_no_error(error);
}

static void load(struct proof *proof, const char *name) {
    char *path = g_build_filename(OXBOW_SOURCE_DIR, "scenarios", name, NULL);
    struct ox_errors *errors = ox_errors_new();
    g_assert_true(ox_scenario_load(path, NULL, errors, &proof->scenario));
    proof->scenario.world.seed = 1;
    ox_errors_free(errors);
    g_free(path);
}

static void remove_folder(const char *folder) {
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(folder);
}

static void every_node_of(gconstpointer name) {
    struct proof proof = {0};
    GError *error = NULL;
    uint64_t steps = 0;
    load(&proof, name);
    proof.folder = g_dir_make_tmp("oxbow-unchanged-XXXXXX", &error);
    g_assert_no_error(error);
    proof.stats = ox_test_shared(sizeof *proof.stats);
    ox_test_in_child(run_recorded, &proof);
    bool same = ox_replay_check(&proof.scenario.world, proof.folder, &steps, &error);
    g_assert_no_error(error);
    g_assert_true(same);
    g_assert_cmpuint(steps, ==, proof.stats->steps);
    g_assert_cmpuint(steps, >, 10000);
    g_test_message("%s: %" G_GUINT64_FORMAT " steps of %u nodes", (const char *)name, steps,
                   proof.scenario.world.network.nodes);
    remove_folder(proof.folder);
    g_free(proof.folder);
    ox_scenario_clear(&proof.scenario);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/unchanged/split-brain", "split-brain.ini", every_node_of);
    g_test_add_data_func("/unchanged/rolling-restart", "rolling-restart.ini", every_node_of);
    return g_test_run();
}
