/* The forked probe: SimGrid answers a bad platform by ending the process, so a child asks first.
 *
 *     parent                        child
 *       fork ---------------------->  loads the platform, routes the pairs
 *       reads what it says  <-------  stderr
 *       reads how it ended  <-------  exit 0, or an abort
 *       reads where it was  <-------  shared memory: the pair being routed
 */
#include "model/platform/platform.h"

#include <errno.h>
#include <simgrid/actor.h>
#include <simgrid/engine.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xbt/dynar.h>

/* Beyond so many hosts each is routed to so many others, evenly spread, instead of to all. */
#define ROUTED_MAX 1000u

#define NAME_MAX_BYTES 128

/* How far the child came, our own error if it found one, and what it saw. */
struct progress {
    bool loaded;
    bool refused; /* `text` is a finished message */
    char from[NAME_MAX_BYTES], to[NAME_MAX_BYTES];
    char text[1024];
    char hosts[][NAME_MAX_BYTES]; /* [nodes], cut when longer */
};

struct probe {
    const struct ox_network *network;
    struct ox_platform platform;
    struct progress *progress;
};

static struct probe *the_probe; /* actors take no pointer; a child has one probe */

/* ---- in the child ---- */

static void refuse_route(const char *why) {
    fprintf(stderr, "%s\n", why);
    _exit(1);
}

/* Some zones abort where there is no route, others answer with one of no links and no latency,
 * which aborts the first transfer, as a link without bandwidth does. */
static void route(struct probe *probe, sg_host_t from, sg_host_t to) {
    g_strlcpy(probe->progress->from, sg_host_get_name(from), sizeof probe->progress->from);
    g_strlcpy(probe->progress->to, sg_host_get_name(to), sizeof probe->progress->to);
    xbt_dynar_t links = xbt_dynar_new(sizeof(sg_link_t), NULL);
    sg_host_get_route(from, to, links);
    bool linked = !xbt_dynar_is_empty(links);
    xbt_dynar_free(&links);
    if (!linked && sg_host_get_route_latency(from, to) <= 0)
        refuse_route("the route has neither a link nor a latency");
    if (linked && sg_host_get_route_bandwidth(from, to) <= 0)
        refuse_route("the route has a link without bandwidth");
}

/* In a network of regions the first node of each stands for all. */
static void route_all(int argc, char **argv) {
    (void)argc, (void)argv;
    const struct ox_network *network = the_probe->network;
    uint32_t count = network->nodes;
    if (network->kind == OX_PLATFORM_REGIONS)
        count = MIN(count, network->regions.count);
    uint32_t others = MIN(count - 1, ROUTED_MAX);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < others; k++) {
            uint32_t step = 1 + (uint32_t)((uint64_t)k * (count - 1) / others);
            sg_host_t other = the_probe->platform.hosts[(i + step) % count];
            route(the_probe, the_probe->platform.hosts[i], other);
        }
    }
}

static void run_child(struct probe *probe) {
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    the_probe = probe;
    GError *error = NULL;
    if (!ox_platform_load(probe->network, &probe->platform, &error)) {
        g_strlcpy(probe->progress->text, error->message, sizeof probe->progress->text);
        probe->progress->refused = true;
        _exit(1);
    }
    probe->progress->loaded = true;
    for (uint32_t i = 0; i < probe->network->nodes; i++)
        g_strlcpy(probe->progress->hosts[i], sg_host_get_name(probe->platform.hosts[i]),
                  NAME_MAX_BYTES);
    sg_actor_create("probe", probe->platform.control, route_all, 0, NULL);
    simgrid_run();
    _exit(0);
}

/* ---- in the parent ---- */

/* What SimGrid said: its first line that is not a stack, without its own source position. */
static char *first_reason(const char *said) {
    char **lines = g_strsplit(said, "\n", -1);
    const char *best = "SimGrid gave no reason";
    for (size_t i = 0; lines[i]; i++) {
        const char *line = strstr(lines[i], "] ");
        if (!lines[i][0] || g_str_has_prefix(lines[i], "  ->"))
            continue;
        while (line && strstr(line + 2, "] "))
            line = strstr(line + 2, "] ");
        best = line ? line + 2 : lines[i];
        break;
    }
    char *reason = g_strdup(best);
    g_strfreev(lines);
    char *address = strstr(reason, " (0x"); /* of one of its objects: differs from run to run */
    if (address && strchr(address, ')')) {
        char *after = strchr(address, ')') + 1;
        memmove(address, after, strlen(after) + 1);
    }
    return g_strstrip(reason);
}

/* SimGrid reads our wrapped copy; its lines are those of the user's file. */
static void explain(const struct ox_network *network, const struct progress *progress,
                    const char *said, GError **error) {
    const char *file = network->xml ? network->xml : "the generated platform";
    int code = network->kind == OX_PLATFORM_SIMGRID ? 65 : 70;
    const char *at = strstr(said, "Parse error at ");
    const char *line = at ? strchr(at, ':') : NULL;
    if (progress->refused) {
        g_set_error_literal(error, ox_world_error_quark(), code, progress->text);
    } else if (line) {
        char *end;
        guint64 number = g_ascii_strtoull(line + 1, &end, 10);
        size_t size = strcspn(end, "\n");
        g_set_error(error, ox_world_error_quark(), code,
                    "%s:%" G_GUINT64_FORMAT ": error: SimGrid refuses the platform%.*s", file,
                    number, (int)size, end);
    } else {
        char *reason = first_reason(said);
        if (progress->loaded)
            g_set_error(error, ox_world_error_quark(), code,
                        "%s: error: SimGrid finds no usable route from host '%s' to host '%s': %s",
                        file, progress->from, progress->to, reason);
        else
            g_set_error(error, ox_world_error_quark(), code,
                        "%s: error: SimGrid cannot load the platform: %s", file, reason);
        g_free(reason);
    }
}

static char *read_all(int fd) {
    GString *text = g_string_new(NULL);
    char piece[4096];
    ssize_t size;
    while ((size = read(fd, piece, sizeof piece)) > 0 || (size < 0 && errno == EINTR)) {
        if (size > 0)
            g_string_append_len(text, piece, size);
    }
    return g_string_free(text, FALSE);
}

/* Forks; the child's stdout and stderr go to the pipe. */
static pid_t start_child(struct probe *probe, int *said_fd) {
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        run_child(probe);
    }
    close(ends[1]);
    if (child < 0)
        close(ends[0]);
    *said_fd = ends[0];
    return child;
}

static char **names_of(const struct progress *progress, uint32_t nodes) {
    char **names = g_new0(char *, nodes + 1);
    for (uint32_t i = 0; i < nodes; i++)
        names[i] = g_strdup(progress->hosts[i]);
    return names;
}

bool ox_platform_probe(const struct ox_network *network, char ***hosts, GError **error) {
    size_t size = sizeof(struct progress) + (size_t)network->nodes * NAME_MAX_BYTES;
    struct progress *progress =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct probe probe = {.network = network, .progress = progress};
    int said_fd = -1;
    pid_t child = progress == MAP_FAILED ? -1 : start_child(&probe, &said_fd);
    if (child < 0) {
        g_set_error(error, ox_world_error_quark(), 70, "cannot probe the platform: %s",
                    g_strerror(errno));
        if (progress != MAP_FAILED)
            munmap(progress, size);
        return false;
    }
    char *said = read_all(said_fd);
    close(said_fd);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ok)
        explain(network, progress, said, error);
    if (ok && hosts)
        *hosts = names_of(progress, network->nodes);
    g_free(said);
    munmap(progress, size);
    return ok;
}
