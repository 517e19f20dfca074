/* Platforms that people have run worlds, or are refused with a reason. */
#include "support_recorded.h"
#include "support_world.h"

#include "model/platform/platform.h"

#include <string.h>

/* NULL: the test is skipped. A file that is not in the folder is refused by what reads it. */
static char *platform_of(const char *name) {
    char *folder = recorded_folder("platforms"), *path = NULL;
    if (recorded_is_there("platforms"))
        path = g_build_filename(folder, name, NULL);
    else
        skip_without(folder);
    g_free(folder);
    return path;
}

static void run_to_quiet(void *data) {
    struct ox_test_seen *seen = ox_test_run(data);
    g_assert_nonnull(ox_test_line(seen, "\"phase\":\"quiet\""));
    g_assert_cmpuint(seen->counts[OX_OBS_DELIVER], >, 50);
    ox_test_seen_free(seen);
}

static void platform_runs_a_world(gconstpointer name) {
    char *path = platform_of(name);
    if (path == NULL)
        return;
    struct ox_world_config config;
    bool profiled = strstr(path, "profile") != NULL;
    ox_test_world(&config, profiled ? 2 : 5);
    config.node.fanout = profiled ? 1 : 2;
    config.network.kind = OX_PLATFORM_SIMGRID;
    config.network.xml = path;
    GError *error = NULL;
    g_assert_true(ox_platform_probe(&config.network, NULL, &error));
    g_assert_no_error(error);
    ox_test_in_child(run_to_quiet, &config);
    ox_world_config_clear(&config);
}

static void platform_without_routes_is_refused(gconstpointer name) {
    char *path = platform_of(name);
    if (path == NULL)
        return;
    struct ox_network network = {.kind = OX_PLATFORM_SIMGRID, .nodes = 200, .xml = path};
    GError *error = NULL;
    g_assert_false(ox_platform_probe(&network, NULL, &error));
    g_assert_error(error, ox_world_error_quark(), 65);
    g_assert_nonnull(
        strstr(error->message, "cloud.xml: error: SimGrid finds no usable route from host '"));
    g_error_free(error);
    g_free(path);
}

int main(int argc, char **argv) {
    static const char *const good[] = {"g5k.xml", "vivaldi.xml", "small_platform_failures.xml",
                                       "small_platform_profile.xml"};
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        char *test = g_strconcat("/recorded platforms/", good[i], NULL);
        g_test_add_data_func(test, good[i], platform_runs_a_world);
        g_free(test);
    }
    g_test_add_data_func("/recorded platforms/cloud.xml", "cloud.xml",
                         platform_without_routes_is_refused);
    return run_recorded("platforms");
}
