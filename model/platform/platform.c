#include "model/platform/platform.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <simgrid/engine.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CONTROL "oxbow-control"

/* ---- starting SimGrid ---- */

/* CM02 without its calibration for a LAN: a message takes latency + size / bandwidth, exactly. The
 * precision bounds how short a sleep may be: ours are as short as a nanosecond. Kills unwind
 * through our frames, which the address sanitizer only understands on real threads. */
static void start_engine(uint32_t nodes) {
    char *arguments[] = {
        (char[]){"oxbow"}, (char[]){"--cfg=network/model:CM02"},
        (char[]){"--cfg=network/TCP-gamma:0"}, (char[]){"--cfg=network/crosstraffic:0"},
        (char[]){"--cfg=surf/precision:1e-9"}, (char[]){"--cfg=contexts/stack-size:128"},
        (char[]){"--log=root.thres:error"},
#ifdef __SANITIZE_ADDRESS__
        (char[]){"--cfg=contexts/factory:thread"},
#endif
        /* A guard page is a mapping, and a process may have 65530 of those. Without guards SimGrid
           clears every stack, so that it is in memory whole. */
        nodes > 12000 ? (char[]){"--cfg=contexts/guard-size:0"} : NULL, NULL};
    int count = 0;
    while (arguments[count])
        count++;
    simgrid_init(&count, arguments);
}

static bool write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

/* SimGrid reads platforms from files only, and may end the process while it reads: so the file has
 * no name that could stay behind. Profiles that the platform names are beside the user's file, in
 * `folder`; SimGrid looks for them where the process stands, so it stands there while it loads. */
static bool load_text(const GString *xml, const char *folder, GError **error) {
    int fd = memfd_create("oxbow-platform", MFD_CLOEXEC);
    int home = open(".", O_PATH | O_CLOEXEC);
    bool ready = fd >= 0 && home >= 0 && write_all(fd, xml->str, xml->len) && chdir(folder) == 0;
    if (ready) {
        char *name = g_strdup_printf("/proc/self/fd/%d", fd);
        simgrid_load_platform(name);
        g_free(name);
        ready = fchdir(home) == 0;
    }
    if (!ready)
        g_set_error(error, ox_world_error_quark(), 70, "cannot hand the platform to SimGrid: %s",
                    g_strerror(errno));
    if (fd >= 0)
        close(fd);
    if (home >= 0)
        close(home);
    return ready;
}

/* ---- hosts ---- */

int ox_natural_compare(const char *a, const char *b) {
    while (*a && *b) {
        if (!g_ascii_isdigit(*a) || !g_ascii_isdigit(*b)) {
            if (*a != *b)
                return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            a++, b++;
            continue;
        }
        size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");
        size_t digits_a = strspn(a + zeros_a, "0123456789");
        size_t digits_b = strspn(b + zeros_b, "0123456789");
        if (digits_a != digits_b)
            return digits_a < digits_b ? -1 : 1;
        int order = strncmp(a + zeros_a, b + zeros_b, digits_a);
        if (order)
            return order < 0 ? -1 : 1;
        if (zeros_a != zeros_b)
            return zeros_a < zeros_b ? -1 : 1;
        a += zeros_a + digits_a;
        b += zeros_b + digits_b;
    }
    return (*a != 0) - (*b != 0);
}

static int by_name(const void *a, const void *b) {
    const sg_host_t *x = a, *y = b;
    return ox_natural_compare(sg_host_get_name(*x), sg_host_get_name(*y));
}

static void take_region_hosts(const struct ox_network *network, struct ox_platform *platform) {
    for (uint32_t i = 0; i < network->nodes; i++) {
        char name[32];
        g_snprintf(name, sizeof name, "r%u-%u", i % network->regions.count,
                   i / network->regions.count);
        platform->hosts[i] = sg_host_by_name(name);
        assert(platform->hosts[i]);
    }
}

static bool take_user_hosts(const struct ox_network *network, struct ox_platform *platform,
                            GError **error) {
    size_t count = sg_host_count();
    sg_host_t *all = sg_host_list();
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i] != platform->control)
            all[kept++] = all[i];
    }
    qsort(all, kept, sizeof *all, by_name);
    bool enough = kept >= network->nodes;
    if (enough)
        memcpy(platform->hosts, all, network->nodes * sizeof(sg_host_t));
    else
        g_set_error(error, ox_world_error_quark(), 65,
                    "%s: error: the platform has %zu hosts, the scenario asks for %u nodes",
                    network->xml, kept, network->nodes);
    free(all);
    return enough;
}

/* ---- all of it ---- */

static bool read_user_xml(const char *path, GString *xml, GError **error) {
    char *text;
    GError *reason = NULL;
    if (!g_file_get_contents(path, &text, NULL, &reason)) {
        g_set_error(
            error, ox_world_error_quark(), 65, "%s: error: cannot be read: %s", path,
            g_strerror(g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? ENOENT : EIO));
        g_error_free(reason);
        return false;
    }
    ox_platform_wrap(text, xml);
    g_free(text);
    return true;
}

bool ox_platform_load(const struct ox_network *network, struct ox_platform *platform,
                      GError **error) {
    assert(network->nodes >= 1 && network->nodes <= OX_NODES_MAX);
    bool users = network->kind == OX_PLATFORM_SIMGRID;
    GString *xml = g_string_new(NULL);
    char *folder = users ? g_path_get_dirname(network->xml) : g_strdup(".");
    bool ok = !users || read_user_xml(network->xml, xml, error);
    if (ok && !users)
        ox_platform_of_regions(&network->regions, network->nodes, xml);
    if (ok) {
        start_engine(network->nodes);
        ok = load_text(xml, folder, error);
    }
    g_string_free(xml, TRUE);
    g_free(folder);
    if (!ok)
        return false;
    platform->control = sg_host_by_name(CONTROL);
    platform->hosts = g_new0(sg_host_t, network->nodes);
    if (!users)
        take_region_hosts(network, platform);
    else if (!take_user_hosts(network, platform, error)) {
        ox_platform_clear(platform);
        return false;
    }
    return true;
}

void ox_platform_clear(struct ox_platform *platform) {
    g_free(platform->hosts);
    *platform = (struct ox_platform){0};
}
