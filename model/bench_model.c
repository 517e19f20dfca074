#include "model/bench_model.h"

#include "model/chance/random.h"
#include "model/platform/platform.h"
#include "protocols/protocol.h"

#include <errno.h>
#include <simgrid/actor.h>
#include <simgrid/comm.h>
#include <simgrid/engine.h>
#include <simgrid/mailbox.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES         1000u
#define SECONDS       60u
#define FANOUT        3u
#define MESSAGE_BYTES 200
#define BYTES_PER_S   125e6
#define PAIRS_DEFAULT 5
#define PAIRS_MAX     99
#define RATIO_TARGET  0.8
#define ROUND_S       1.0

struct measured {
    uint64_t messages;
    double cpu_s;
};

/* One row: the same traffic over ways of one length. */
struct row {
    const char *about;
    uint64_t latency_ns;
    double target; /* of the median ratio; 0: none */
};

static const struct row rows[] = {
    {"LAN, 1 ms", UINT64_C(1000000), RATIO_TARGET},
    {"WAN, 40 ms", UINT64_C(40000000), 0},
};

static double processor_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* One region: every host with its own up and down link. The arrays are the caller's. */
static struct ox_network network_of(char **name, uint64_t *latency_ns) {
    return (struct ox_network){.kind = OX_PLATFORM_REGIONS,
                               .nodes = NODES,
                               .fidelity = OX_FIDELITY_FLOW,
                               .regions = {.count = 1,
                                           .names = name,
                                           .latency_ns = latency_ns,
                                           .host_bandwidth = BYTES_PER_S,
                                           .region_bandwidth = BYTES_PER_S}};
}

/* ---- bare SimGrid: two actors per node, permanent receivers, empty handlers ---- */

static struct {
    sg_mailbox_t mailboxes[NODES];
    uint64_t received;
} bare;

static uint32_t number_of(char **argv) {
    return (uint32_t)g_ascii_strtoull(argv[1], NULL, 10);
}

static void send_rounds(int argc, char **argv) {
    static char payload[] = "bytes that nobody reads";
    (void)argc;
    uint32_t self = number_of(argv);
    sg_actor_sleep_for(ROUND_S * ox_random_unit(1, OX_STREAM_NODE_SEED, self, 0, 0));
    for (uint32_t round = 0; round < SECONDS; round++) {
        for (uint32_t i = 0; i < FANOUT; i++) {
            uint64_t bits = ox_random(1, OX_STREAM_WHO, self, round, i);
            uint32_t to = (self + 1 + (uint32_t)ox_random_below(bits, NODES - 1)) % NODES;
            sg_comm_t comm = sg_mailbox_put_init(bare.mailboxes[to], payload, MESSAGE_BYTES);
            sg_comm_detach(comm, NULL);
        }
        sg_actor_sleep_for(ROUND_S);
    }
}

static void receive_all(int argc, char **argv) {
    (void)argc;
    sg_mailbox_t mailbox = bare.mailboxes[number_of(argv)];
    sg_mailbox_set_receiver(sg_mailbox_get_name(mailbox));
    for (;;) {
        void *payload = NULL;
        if (sg_comm_wait(sg_mailbox_get_async(mailbox, &payload)) == SG_OK)
            bare.received++;
    }
}

static void add_bare_node(uint32_t number, sg_host_t host) {
    char text[16];
    g_snprintf(text, sizeof text, "%u", number);
    char *arguments[] = {(char[]){"bare"}, text, NULL};
    bare.mailboxes[number] = sg_mailbox_by_name(text);
    sg_actor_daemonize(sg_actor_create("receive", host, receive_all, 2, arguments));
    sg_actor_create("send", host, send_rounds, 2, arguments);
}

static bool run_bare(uint64_t latency_ns, struct measured *measured, GError **error) {
    char *name = (char[]){"bench"};
    struct ox_network network = network_of(&name, &latency_ns);
    struct ox_platform platform;
    if (!ox_platform_load(&network, &platform, error))
        return false;
    for (uint32_t i = 0; i < NODES; i++)
        add_bare_node(i, platform.hosts[i]);
    simgrid_run();
    measured->messages = bare.received;
    ox_platform_clear(&platform);
    return true;
}

/* ---- the testbed: protocol null, nobody observing ---- */

static bool run_testbed(uint64_t latency_ns, struct measured *measured, GError **error) {
    char *name = (char[]){"bench"};
    struct ox_world_config config = {
        .seed = 1,
        .duration_ns = SECONDS * OX_SECOND_NS,
        .network = network_of(&name, &latency_ns),
        .node = {.sync = ox_protocol_named(ox_bytes_of_text("null")),
                 .fanout = FANOUT,
                 .interval_ns = OX_SECOND_NS},
    };
    struct ox_world_stats stats;
    if (!ox_world_run(&config, NULL, 0, NULL, &stats, error))
        return false;
    measured->messages = stats.messages_delivered;
    return true;
}

/* ---- in turn, each in a child: SimGrid runs once per process ---- */

typedef bool (*run_function)(uint64_t latency_ns, struct measured *measured, GError **error);

static void measure_and_exit(run_function run, uint64_t latency_ns, int to_parent) {
    struct measured measured = {0};
    GError *error = NULL;
    double from = processor_s();
    if (!run(latency_ns, &measured, &error)) {
        fprintf(stderr, "oxbow bench model: %s\n", error->message);
        _exit(70);
    }
    measured.cpu_s = processor_s() - from;
    _exit(write(to_parent, &measured, sizeof measured) == sizeof measured ? 0 : 70);
}

/* Messages per second of processor time; 0 when the child failed. */
static double measure(run_function run, uint64_t latency_ns) {
    int ends[2];
    if (pipe(ends) != 0)
        return 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        measure_and_exit(run, latency_ns, ends[1]);
    close(ends[1]);
    struct measured measured = {0};
    bool whole = read(ends[0], &measured, sizeof measured) == sizeof measured;
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    return whole && measured.cpu_s > 0 ? (double)measured.messages / measured.cpu_s : 0;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Which of the two goes first changes from pair to pair, so that a machine that speeds up or slows
 * down favours neither. False when a child failed. */
static bool measure_row(const struct row *row, guint64 pairs) {
    double ratios[PAIRS_MAX];
    printf("%s\n", row->about);
    for (guint64 i = 0; i < pairs; i++) {
        run_function first = i % 2 == 0 ? run_bare : run_testbed;
        double a = measure(first, row->latency_ns);
        double b = measure(first == run_bare ? run_testbed : run_bare, row->latency_ns);
        double simgrid = first == run_bare ? a : b, testbed = first == run_bare ? b : a;
        if (simgrid == 0 || testbed == 0)
            return false;
        ratios[i] = testbed / simgrid;
        printf("  pair %u: bare SimGrid %8.0f   testbed %8.0f   ratio %.2f\n", (unsigned)i + 1,
               simgrid, testbed, ratios[i]);
        fflush(stdout);
    }
    printf("  median ratio %.2f", median(ratios, pairs));
    if (row->target > 0)
        printf(" (target: at least %.2f)", row->target);
    printf("\n");
    return true;
}

int ox_bench_model(int argc, char **argv) {
    guint64 pairs = PAIRS_DEFAULT;
    if (argc > 2 ||
        (argc == 2 && !g_ascii_string_to_unsigned(argv[1], 10, 1, PAIRS_MAX, &pairs, NULL))) {
        fprintf(stderr, "usage: oxbow bench model [PAIRS]    PAIRS in 1..%d\n", PAIRS_MAX);
        return 64;
    }
    printf("%u nodes, %u messages/s each, %u simulated seconds, messages per second of processor "
           "time\n",
           NODES, FANOUT, SECONDS);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!measure_row(&rows[i], pairs))
            return 70;
    }
    return 0;
}
