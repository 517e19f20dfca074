/* Platforms: generated regions keep their matrix to the nanosecond, a user's own XML is wrapped
 * without moving a line, and what SimGrid refuses is explained. recorded_platforms.c has those of
 * other people. */
#include "support_world.h"

#include "model/platform/platform.h"

#include <glib/gstdio.h>
#include <simgrid/actor.h>
#include <simgrid/engine.h>
#include <string.h>

#define PLATFORM_HEAD                                                                              \
    "<?xml version='1.0'?>\n"                                                                      \
    "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"                             \
    "<platform version=\"4.1\">\n"

/* ---- names ---- */

static void test_natural_order(void) {
    g_assert_cmpint(ox_natural_compare("n2", "n10"), <, 0);
    g_assert_cmpint(ox_natural_compare("n10", "n2"), >, 0);
    g_assert_cmpint(ox_natural_compare("a-1.b-20", "a-1.b-3"), >, 0);
    g_assert_cmpint(ox_natural_compare("node9", "node10x"), <, 0);
    g_assert_cmpint(ox_natural_compare("n1", "n1a"), <, 0);
    g_assert_cmpint(ox_natural_compare("n01", "n1"), >, 0);
    g_assert_cmpint(ox_natural_compare("n007", "n08"), <, 0);
    g_assert_cmpint(ox_natural_compare("same3", "same3"), ==, 0);
    g_assert_cmpint(ox_natural_compare("100030591", "99"), >, 0);
    g_assert_cmpint(ox_natural_compare("\xc3\xa9", "z"), >, 0);
}

/* ---- regions ---- */

static const struct ox_network *the_network;
static struct ox_platform the_platform;
static const uint64_t *expected_ns; /* [regions x regions] */

static void look_at_routes(int argc, char **argv) {
    (void)argc, (void)argv;
    uint32_t regions = the_network->regions.count;
    for (uint32_t i = 0; i < the_network->nodes; i++) {
        for (uint32_t j = 0; j < the_network->nodes; j++) {
            if (i == j)
                continue;
            double s = sg_host_get_route_latency(the_platform.hosts[i], the_platform.hosts[j]);
            uint64_t want = expected_ns[i % regions * regions + j % regions];
            g_assert_cmpuint((uint64_t)(s * 1e9 + 0.5), ==, want);
            g_assert_cmpfloat(
                sg_host_get_route_bandwidth(the_platform.hosts[i], the_platform.hosts[j]), ==,
                MIN(the_network->regions.host_bandwidth,
                    i % regions == j % regions ? the_network->regions.host_bandwidth
                                               : the_network->regions.region_bandwidth));
        }
    }
}

static void route_regions(void *data) {
    the_network = data;
    GError *error = NULL;
    g_assert_true(ox_platform_load(the_network, &the_platform, &error));
    g_assert_no_error(error);
    sg_actor_create("look", the_platform.control, look_at_routes, 0, NULL);
    simgrid_run();
    ox_platform_clear(&the_platform);
}

/* Host to host is exactly half the round trip, inside a region too, half nanoseconds included. */
static void test_regions_keep_their_matrix(void) {
    struct ox_world_config config;
    ox_test_world(&config, 50);
    config.network.regions.latency_ns[0] = 99001;
    config.network.regions.latency_ns[1] = 102984001;
    config.network.regions.region_bandwidth = 1e6 / 3;
    expected_ns = config.network.regions.latency_ns;
    ox_test_in_child(route_regions, &config.network);
    ox_world_config_clear(&config);
}

/* A region that is slower inside than on its way out keeps the ways out. */
static void test_a_slow_region_keeps_its_ways_out(void) {
    struct ox_world_config config;
    ox_test_world(&config, 11);
    uint64_t *latency_ns = config.network.regions.latency_ns;
    for (uint32_t i = 0; i < OX_TEST_REGIONS * OX_TEST_REGIONS; i++)
        latency_ns[i] = 5000000;
    latency_ns[2 * OX_TEST_REGIONS + 2] = 30000000;
    latency_ns[2 * OX_TEST_REGIONS + 3] = 4000000;
    uint64_t built[OX_TEST_REGIONS * OX_TEST_REGIONS];
    memcpy(built, latency_ns, sizeof built);
    built[2 * OX_TEST_REGIONS + 2] = 4000000;
    built[3 * OX_TEST_REGIONS + 3] = 4000000;
    expected_ns = built;
    ox_test_in_child(route_regions, &config.network);
    ox_world_config_clear(&config);
}

/* Fewer nodes than regions: the others do not exist. */
static void test_more_regions_than_nodes(void) {
    struct ox_world_config config;
    ox_test_world(&config, 3);
    expected_ns = config.network.regions.latency_ns;
    ox_test_in_child(route_regions, &config.network);
    g_assert_true(ox_platform_probe(&config.network, NULL, NULL));
    ox_world_config_clear(&config);
}

/* ---- the user's XML, as text ---- */

static void assert_wraps(const char *before, const char *zone, const char *after) {
    char *text = g_strconcat(before, zone, after, NULL);
    char *want = g_strconcat(before,
                             "<zone id=\"oxbow\" routing=\"Full\">"
                             "<zone id=\"oxbow-control\" routing=\"None\">"
                             "<host id=\"oxbow-control\" speed=\"1Gf\"/></zone>",
                             zone, "</zone>", after, NULL);
    GString *got = g_string_new(NULL);
    ox_platform_wrap(text, got);
    g_assert_cmpstr(got->str, ==, want);
    g_string_free(got, TRUE);
    g_free(want);
    g_free(text);
}

static void test_wrapping(void) {
    assert_wraps(PLATFORM_HEAD, "<zone id=\"a\" routing=\"Full\"></zone>", "\n</platform>\n");
    assert_wraps(PLATFORM_HEAD, "<cluster id=\"a\" note=\"a > b\"/>", "\n</platform>\n");
    assert_wraps(PLATFORM_HEAD "<!-- <zone> of old -->\n<config><prop id=\"a\" value=\"b\"/>"
                               "</config>\n",
                 "<zone id=\"a\"><zone id=\"b\"><host id=\"h\"/></zone>\n<!-- </zone> --></zone>",
                 "\n<trace_connect/></platform>");
}

static void test_what_cannot_be_wrapped_is_left(void) {
    const char *const texts[] = {"",
                                 "hello",
                                 "<platform>",
                                 "<platform></platform>",
                                 "<a></b></c>",
                                 "<platform><zone></platform>",
                                 "<platform><zone id=\"",
                                 "<!-- "};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        GString *got = g_string_new(NULL);
        ox_platform_wrap(texts[i], got);
        if (!g_str_has_prefix(texts[i], "<platform><zone></platform>"))
            g_assert_cmpstr(got->str, ==, texts[i]);
        g_string_free(got, TRUE);
    }
}

/* ---- the user's XML, in SimGrid ---- */

struct files {
    char *folder, *xml;
};

static void set_up_files(struct files *files, gconstpointer data) {
    (void)data;
    GError *error = NULL;
    files->folder = g_dir_make_tmp("oxbow-platform-XXXXXX", &error);
    g_assert_no_error(error);
    files->xml = g_build_filename(files->folder, "mine.xml", NULL);
}

static void tear_down_files(struct files *files, gconstpointer data) {
    (void)data;
    g_unlink(files->xml);
    g_rmdir(files->folder);
    g_free(files->xml);
    g_free(files->folder);
}

static void assert_refused(const struct ox_network *network, const char *want) {
    GError *error = NULL;
    g_assert_false(ox_platform_probe(network, NULL, &error));
    g_assert_error(error, ox_world_error_quark(), 65);
    if (!strstr(error->message, want))
        g_error("\"%s\" does not say \"%s\"", error->message, want);
    g_error_free(error);
}

static void write_file(const char *path, const char *text) {
    GError *error = NULL;
    g_file_set_contents(path, text, -1, &error);
    g_assert_no_error(error);
}

static void test_refusals_name_file_and_line(struct files *files, gconstpointer data) {
    (void)data;
    struct ox_network network = {.kind = OX_PLATFORM_SIMGRID, .nodes = 2, .xml = files->xml};
    char *at_line = g_strdup_printf("%s:5: error: SimGrid refuses the platform", files->xml);
    write_file(files->xml, PLATFORM_HEAD "<zone id=\"a\" routing=\"Full\">\n"
                                         "<host id=\"b\"/></zone></platform>");
    assert_refused(&network, at_line);
    write_file(files->xml, PLATFORM_HEAD "<zone id=\"a\" routing=\"Full\">\n"
                                         "<hast id=\"b\"/></zone></platform>");
    assert_refused(&network, at_line);
    g_free(at_line);
    write_file(files->xml, "no platform at all");
    assert_refused(&network, "mine.xml:1: error: ");
    write_file(files->xml, PLATFORM_HEAD "<zone id=\"a\" routing=\"Full\">"
                                         "<host id=\"b\" speed=\"1Gf\"/></zone></platform>");
    assert_refused(&network, "the platform has 1 hosts, the scenario asks for 2 nodes");
    write_file(files->xml, PLATFORM_HEAD "<zone id=\"a\" routing=\"Full\">"
                                         "<host id=\"b\" speed=\"1Gf\"/>"
                                         "<host id=\"c\" speed=\"1Gf\"/></zone></platform>");
    assert_refused(&network, "no usable route from host 'b' to host 'c'");
    write_file(files->xml,
               PLATFORM_HEAD "<zone id=\"a\" routing=\"Full\">\n"
                             "<host id=\"b\" speed=\"1Gf\"/><host id=\"c\" speed=\"1Gf\"/>\n"
                             "<link id=\"l\" bandwidth=\"0Bps\" latency=\"1ms\"/>\n"
                             "<route src=\"b\" dst=\"c\"><link_ctn id=\"l\"/></route>\n"
                             "</zone></platform>\n");
    assert_refused(&network, "from host 'b' to host 'c': the route has a link without bandwidth");
    g_unlink(files->xml);
    assert_refused(&network, "mine.xml: error: cannot be read: No such file or directory");
}

static void check_names(void *data) {
    const struct ox_network *network = data;
    struct ox_platform platform;
    GError *error = NULL;
    g_assert_true(ox_platform_load(network, &platform, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(sg_host_get_name(platform.hosts[0]), ==, "h1");
    g_assert_cmpstr(sg_host_get_name(platform.hosts[1]), ==, "h2");
    g_assert_cmpstr(sg_host_get_name(platform.hosts[2]), ==, "h10");
    g_assert_true(sg_host_is_on(platform.control));
    ox_platform_clear(&platform);
}

#define THREE_HOSTS                                                                                \
    PLATFORM_HEAD                                                                                  \
    "<zone id=\"a\" routing=\"Full\">\n"                                                           \
    "<host id=\"h10\" speed=\"1Gf\"/><host id=\"h2\" speed=\"1Gf\"/>"                              \
    "<host id=\"h1\" speed=\"1Gf\" state_file=\"h1.profile\"/>\n"                                  \
    "<link id=\"l\" bandwidth=\"1MBps\" latency=\"3ms\"/>\n"                                       \
    "<route src=\"h1\" dst=\"h2\"><link_ctn id=\"l\"/></route>\n"                                  \
    "<route src=\"h1\" dst=\"h10\"><link_ctn id=\"l\"/></route>\n"                                 \
    "<route src=\"h2\" dst=\"h10\"><link_ctn id=\"l\"/></route>\n"                                 \
    "</zone></platform>\n"

static void test_nodes_take_hosts_in_natural_order(struct files *files, gconstpointer data) {
    (void)data;
    char *profile = g_build_filename(files->folder, "h1.profile", NULL);
    struct ox_network network = {.kind = OX_PLATFORM_SIMGRID, .nodes = 3, .xml = files->xml};
    write_file(profile, "5 0\n9 1\n");
    write_file(files->xml, THREE_HOSTS);
    GError *error = NULL;
    char **hosts = NULL;
    g_assert_true(ox_platform_probe(&network, &hosts, &error));
    g_assert_no_error(error);
    char *list = g_strjoinv(" ", hosts);
    g_assert_cmpstr(list, ==, "h1 h2 h10");
    g_free(list);
    g_strfreev(hosts);
    ox_test_in_child(check_names, &network);
    g_unlink(profile);
    g_free(profile);
}

/* h1 goes off and comes back by the platform's own profile: a crash that keeps the disk. A profile
 * of the same name where the program happens to be is another matter. */
static void live_with_a_profile(void *data) {
    const struct ox_world_config *config = data;
    char *elsewhere = g_strconcat(config->network.xml, ".elsewhere", NULL);
    g_assert_cmpint(g_chdir(elsewhere), ==, 0);
    g_free(elsewhere);
    struct ox_test_seen *seen = ox_test_run(data);
    g_assert_nonnull(
        ox_test_line(seen, "{\"t\":5.123456789,\"ev\":\"crash\",\"node\":0,\"keeps\":\"disk\"}"));
    g_assert_nonnull(ox_test_line(seen, "{\"t\":9.2,\"ev\":\"start\",\"node\":0,\"replica\":0}"));
    g_assert_cmpuint(seen->counts[OX_OBS_CRASH], ==, 1);
    g_assert_cmpuint(seen->drops[OX_DROP_DOWN], >, 0);
    g_assert_nonnull(ox_test_line(seen, "\"phase\":\"quiet\""));
    for (guint i = 0; i < seen->messages->len; i++)
        g_assert_cmpuint(g_array_index(seen->messages, struct ox_test_message, i).ends, <=, 1);
    ox_test_seen_free(seen);
}

static void test_profiles_of_the_platform(struct files *files, gconstpointer fidelity) {
    char *profile = g_build_filename(files->folder, "h1.profile", NULL);
    write_file(profile, "5.123456789 0\n9.2 1\n");
    write_file(files->xml, THREE_HOSTS);
    char *elsewhere = g_strconcat(files->xml, ".elsewhere", NULL);
    char *other = g_build_filename(elsewhere, "h1.profile", NULL);
    g_assert_cmpint(g_mkdir(elsewhere, 0700), ==, 0);
    write_file(other, "3 0\n4 1\n");
    struct ox_world_config config;
    ox_test_world(&config, 3);
    config.network.kind = OX_PLATFORM_SIMGRID;
    config.network.xml = g_strdup(files->xml);
    config.network.fidelity = (enum ox_fidelity)GPOINTER_TO_INT(fidelity);
    ox_test_in_child(live_with_a_profile, &config);
    ox_world_config_clear(&config);
    g_unlink(profile);
    g_unlink(other);
    g_rmdir(elsewhere);
    g_free(profile);
    g_free(other);
    g_free(elsewhere);
}

/* The one link is off from 5 s to 9 s: what is sent then, or under way at 5 s, is dropped as by a
 * partition that is no fault of the scenario. */
static void lose_the_link(void *data) {
    const struct ox_world_config *config = data;
    struct ox_test_seen *seen = ox_test_run(config);
    uint64_t dropped = 0;
    for (guint i = 0; i < seen->messages->len; i++) {
        const struct ox_test_message *message =
            &g_array_index(seen->messages, struct ox_test_message, i);
        bool off =
            message->sent_ns + 100000000 > 5 * OX_SECOND_NS && message->sent_ns < 9 * OX_SECOND_NS;
        if (message->ends == 0)
            continue;
        g_assert_cmpuint(message->ends, ==, 1);
        g_assert_true(message->delivered != off);
        g_assert_true(message->delivered || message->why == OX_DROP_PARTITION);
        g_assert_true(message->delivered || message->fault == OX_NO_FAULT);
        dropped += off;
    }
    g_assert_cmpuint(dropped, >, 6);
    g_assert_cmpuint(seen->counts[OX_OBS_CRASH], ==, 0);
    ox_test_seen_free(seen);
}

static void test_a_link_goes_off(struct files *files, gconstpointer data) {
    (void)data;
    char *profile = g_build_filename(files->folder, "l.profile", NULL);
    write_file(profile, "5 0\n9 1\n");
    write_file(files->xml,
               PLATFORM_HEAD "<zone id=\"a\" routing=\"Full\">\n"
                             "<host id=\"h1\" speed=\"1Gf\"/><host id=\"h2\" speed=\"1Gf\"/>\n"
                             "<link id=\"l\" bandwidth=\"1GBps\" latency=\"100ms\""
                             " state_file=\"l.profile\"/>\n"
                             "<route src=\"h1\" dst=\"h2\"><link_ctn id=\"l\"/></route>\n"
                             "</zone></platform>\n");
    struct ox_world_config config;
    ox_test_chatter(&config, 2);
    config.network.kind = OX_PLATFORM_SIMGRID;
    config.network.xml = g_strdup(files->xml);
    ox_test_in_child(lose_the_link, &config);
    ox_world_config_clear(&config);
    g_unlink(profile);
    g_free(profile);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/platform/natural-order", test_natural_order);
    g_test_add_func("/platform/regions/keep-their-matrix", test_regions_keep_their_matrix);
    g_test_add_func("/platform/regions/slow-inside", test_a_slow_region_keeps_its_ways_out);
    g_test_add_func("/platform/regions/more-than-nodes", test_more_regions_than_nodes);
    g_test_add_func("/platform/wrap", test_wrapping);
    g_test_add_func("/platform/wrap/not-possible", test_what_cannot_be_wrapped_is_left);
    g_test_add("/platform/user/refusals", struct files, NULL, set_up_files,
               test_refusals_name_file_and_line, tear_down_files);
    g_test_add("/platform/user/natural-order", struct files, NULL, set_up_files,
               test_nodes_take_hosts_in_natural_order, tear_down_files);
    g_test_add("/platform/user/profiles/flow", struct files, GINT_TO_POINTER(OX_FIDELITY_FLOW),
               set_up_files, test_profiles_of_the_platform, tear_down_files);
    g_test_add("/platform/user/profiles/delay", struct files, GINT_TO_POINTER(OX_FIDELITY_DELAY),
               set_up_files, test_profiles_of_the_platform, tear_down_files);
    g_test_add("/platform/user/link-goes-off", struct files, NULL, set_up_files,
               test_a_link_goes_off, tear_down_files);
    return g_test_run();
}
