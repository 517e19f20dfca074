/* The alarm actor, the phases, and the frame of a run.
 *
 *     0            until          duration              quiet for long enough     duration + settle
 *     |---- RUN ---|--------------|------ SETTLE -------|                                 |
 *       updates, faults             repairs only         QUIET, final reads        else: UNSETTLED
 */
#include "model/world.h"

#include "model/run/faults.h"
#include "model/run/host.h"
#include "model/run/network.h"
#include "model/run/record.h"
#include "model/run/workload.h"

#include <assert.h>
#include <simgrid/engine.h>
#include <string.h>

/* ---- what all parts use ---- */

uint64_t ox_run_now(void) {
    return (uint64_t)(simgrid_get_clock() * 1e9 + 0.5);
}

void ox_run_observe(const struct ox_run *run, const struct ox_observation *observation) {
    for (size_t i = 0; i < run->observer_count; i++)
        run->observers[i].observe(run->observers[i].self, observation);
}

void ox_run_wake(struct ox_run *run) {
    if (ox_heap_next_ns(&run->heap) < run->alarm_sleeps_until || run->error) {
        run->alarm_sleeps_until = 0;
        sg_sem_release(run->alarm_moved);
    }
}

void ox_run_fail(struct ox_run *run, const char *format, ...) {
    if (run->error)
        return;
    va_list arguments;
    va_start(arguments, format);
    run->error = g_error_new_valist(ox_world_error_quark(), 70, format, arguments);
    va_end(arguments);
}

void ox_run_go_home(struct ox_run *run) {
    if (sg_host_self() != run->platform.control)
        sg_actor_set_host(sg_actor_self(), run->platform.control);
}

void ox_run_moved(struct ox_run *run, uint32_t node, struct ox_bytes name) {
    struct ox_move *move = &run->moves[run->move_count++ % OX_MOVES_KEPT];
    move->t_ns = run->last_change_ns = ox_run_now();
    move->node = node;
    move->name_size = (uint32_t)MIN(name.size, sizeof move->name);
    memcpy(move->name, name.data, move->name_size);
}

/* ---- phases ---- */

static void enter(struct ox_run *run, enum ox_phase phase, const char *why) {
    run->phase = phase;
    ox_run_observe(run, &(struct ox_observation){.kind = OX_OBS_PHASE,
                                                 .t_ns = ox_run_now(),
                                                 .phase = {phase, {why, strlen(why)}}});
}

static void end(struct ox_run *run, enum ox_phase phase, const char *why) {
    enter(run, phase, why);
    ox_workload_read_all(run);
    run->ended = true;
}

/* Arms the first moment at which the system may have been unchanged for long enough. */
static void arm_quiet(struct ox_run *run) {
    uint64_t at_ns = run->last_change_ns + run->config->quiet_ns;
    if (ox_faults_pending(run) != OX_NO_FAULT) /* its end is a change to come */
        at_ns = ox_run_now() + run->config->quiet_ns;
    ox_heap_push(&run->heap, (struct ox_alarm){.at_ns = MAX(at_ns, run->settle_from_ns),
                                               .kind = OX_ALARM_QUIET});
}

static void settle(struct ox_run *run) {
    const struct ox_network *network = &run->config->network;
    run->settle_from_ns = ox_run_now();
    if (network->loss > 0 || network->duplicate > 0 || network->jitter_ns > 0)
        run->last_change_ns = run->settle_from_ns; /* these rates end now */
    enter(run, OX_PHASE_SETTLE, "");
    arm_quiet(run);
    ox_heap_push(&run->heap,
                 (struct ox_alarm){.at_ns = run->settle_from_ns + run->config->settle_ns,
                                   .kind = OX_ALARM_LIMIT});
}

static void look_whether_quiet(struct ox_run *run) {
    if (ox_faults_pending(run) == OX_NO_FAULT &&
        ox_run_now() - run->last_change_ns >= run->config->quiet_ns)
        end(run, OX_PHASE_QUIET, "");
    else
        arm_quiet(run);
}

/* The latest changes first, then a fault that had not ended. */
static void give_up(struct ox_run *run) {
    GString *why = g_string_new(NULL);
    for (uint64_t i = 0; i < MIN(run->move_count, OX_MOVES_KEPT); i++) {
        const struct ox_move *move = &run->moves[(run->move_count - 1 - i) % OX_MOVES_KEPT];
        g_string_append_printf(why, "%snode %u changed %.*s at %.3f s", i > 0 ? ", " : "",
                               move->node, (int)move->name_size, move->name,
                               (double)move->t_ns * 1e-9);
    }
    uint32_t fault = ox_faults_pending(run);
    if (fault != OX_NO_FAULT)
        g_string_append_printf(why, "%sfault '%s' had not ended", why->len > 0 ? "; " : "",
                               run->config->faults[fault].name);
    end(run, OX_PHASE_UNSETTLED, why->str);
    g_string_free(why, TRUE);
}

/* ---- the alarm actor ---- */

static void fire(struct ox_run *run, const struct ox_alarm *alarm, struct ox_batch *batch) {
    switch (alarm->kind) {
    case OX_ALARM_FAULT_OFF:
        ox_faults_off(run, alarm->subject);
        break;
    case OX_ALARM_SETTLE:
        settle(run);
        break;
    case OX_ALARM_FAULT_ON:
        ox_faults_on(run, alarm->subject);
        break;
    case OX_ALARM_RESTART:
        ox_faults_restart(run, alarm->subject, alarm->detail, batch);
        break;
    case OX_ALARM_CRASH:
        ox_faults_crash(run, alarm->subject, alarm->detail);
        break;
    case OX_ALARM_ARRIVE:
        ox_network_arrived(alarm->message, batch);
        break;
    case OX_ALARM_DELIVER:
        ox_network_deliver(alarm->message, batch);
        break;
    case OX_ALARM_TICK:
        ox_host_tick(&run->hosts[alarm->subject], batch);
        break;
    case OX_ALARM_UPDATE:
        ox_workload_update(run, batch);
        break;
    case OX_ALARM_READ:
        ox_workload_read(run);
        break;
    case OX_ALARM_QUIET:
        look_whether_quiet(run);
        break;
    case OX_ALARM_LIMIT:
        give_up(run);
        break;
    }
}

/* Everything that is due. Messages go out after each alarm, so that they leave in the order of
 * their causes. */
static void fire_due(struct ox_run *run) {
    while (!run->ended && !run->error && ox_heap_next_ns(&run->heap) <= ox_run_now()) {
        struct ox_batch batch = {0};
        struct ox_alarm alarm = ox_heap_pop(&run->heap);
        fire(run, &alarm, &batch);
        ox_network_send(run, &batch);
    }
}

/* The clock can stand a rounding error before the alarm; the next turn sleeps that off. Where only
 * alarms turn hosts off the actor sleeps wherever its last message left. */
static void sleep_until_due(struct ox_run *run) {
    if (run->profiled)
        ox_run_go_home(run);
    uint64_t next_ns = ox_heap_next_ns(&run->heap);
    double seconds = (double)next_ns * 1e-9 - simgrid_get_clock();
    if (next_ns <= ox_run_now() || run->error)
        return;
    run->alarm_sleeps_until = next_ns;
    sg_sem_acquire_timeout(run->alarm_moved, MAX(seconds, 1e-9));
    run->alarm_sleeps_until = 0;
}

static struct ox_run *alarm_run; /* actors are given text only; a process has one run */

/* The only actor that is no daemon: the simulation ends when it returns. */
static void watch_alarms(int argc, char **argv) {
    (void)argc, (void)argv;
    struct ox_run *run = alarm_run;
    run->alarm_actor = sg_actor_self_get_pid();
    run->alarm_moved = sg_sem_init(0);
    sg_actor_yield(); /* the first residents, made before it, listen now */
    enter(run, OX_PHASE_RUN, "");
    struct ox_batch batch = {0};
    ox_hosts_start(run, &batch);
    ox_network_send(run, &batch);
    while (!run->ended && !run->error) {
        fire_due(run);
        if (!run->ended)
            sleep_until_due(run);
    }
    run->ended = true;
}

/* ---- a run ---- */

static void open_run(struct ox_run *run) {
    const struct ox_network *network = &run->config->network;
    run->profiled = network->kind == OX_PLATFORM_SIMGRID;
    run->resident = run->profiled || network->fidelity == OX_FIDELITY_FLOW;
    ox_heap_push(&run->heap,
                 (struct ox_alarm){.at_ns = run->config->duration_ns, .kind = OX_ALARM_SETTLE});
    ox_faults_open(run);
    ox_network_open(run);
    ox_hosts_open(run);
    ox_workload_open(run);
    alarm_run = run;
    sg_actor_create("alarm", run->platform.control, watch_alarms, 0, NULL);
}

static void close_run(struct ox_run *run) {
    sg_sem_destroy(run->alarm_moved);
    alarm_run = NULL;
    ox_workload_close(run);
    ox_network_close(run);
    ox_hosts_close(run);
    ox_faults_close(run);
    ox_heap_free(&run->heap);
    ox_buf_free(&run->scratch);
    ox_buf_free(&run->text);
    ox_platform_clear(&run->platform);
}

static void check_config(const struct ox_world_config *config) {
    const struct ox_network *network = &config->network;
    assert(network->nodes >= 1 && network->nodes <= OX_NODES_MAX);
    assert(config->node.sync);
    assert(config->workload.until_ns <= config->duration_ns);
    for (uint32_t i = 0; i < config->fault_count; i++) {
        const struct ox_fault *fault = &config->faults[i];
        assert(fault->kind != OX_FAULT_PARTITION || fault->group);
        assert(fault->kind != OX_FAULT_CRASH || fault->node_count > 0);
        for (uint32_t k = 0; k < fault->node_count; k++)
            assert(fault->nodes[k] < network->nodes);
    }
}

bool ox_world_run(const struct ox_world_config *config, const struct ox_observer *observers,
                  size_t observer_count, const char *record, struct ox_world_stats *stats,
                  GError **error) {
    static bool ran;
    assert(!ran && "one engine per process: fork before each run");
    check_config(config);
    struct ox_run run = {
        .config = config, .observers = observers, .observer_count = observer_count};
    if (config->network.kind == OX_PLATFORM_SIMGRID &&
        !ox_platform_probe(&config->network, NULL, error))
        return false;
    if (record && !(run.record = ox_record_open(record, config->network.nodes, error)))
        return false;
    ran = true;
    if (!ox_platform_load(&config->network, &run.platform, &run.error)) {
        g_propagate_error(error, run.error);
        if (run.record)
            ox_record_close(run.record, NULL);
        return false;
    }
    open_run(&run);
    simgrid_run();
    run.stats.simulated_ns = ox_run_now();
    close_run(&run);
    if (stats)
        *stats = run.stats;
    bool recorded = !run.record || ox_record_close(run.record, run.error ? NULL : &run.error);
    if (run.error)
        g_propagate_error(error, run.error);
    else
        assert(recorded);
    return recorded && !run.error;
}
