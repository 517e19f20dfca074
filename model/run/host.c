#include "model/run/host.h"

#include "model/chance/random.h"
#include "model/run/faults.h"
#include "model/run/network.h"
#include "model/run/record.h"
#include "model/run/telling.h"

#include <assert.h>
#include <simgrid/comm.h>
#include <string.h>

static struct ox_run *the_run; /* actors are given text only; a process has one run */

/* ---- what a step shows ---- */

static struct ox_obs_text text_of(struct ox_bytes bytes) {
    return (struct ox_obs_text){(const char *)bytes.data, bytes.size};
}

static struct ox_observation about(const struct ox_host *host, enum ox_obs_kind kind,
                                   const struct ox_entry *entry) {
    const char *type = entry->object.type->name;
    return (struct ox_observation){.kind = kind,
                                   .node = host->number,
                                   .t_ns = ox_run_now(),
                                   .key = text_of(ox_entry_name(entry)),
                                   .type = {type, strlen(type)}};
}

static void show_updated(struct ox_host *host, const struct ox_notice *notice,
                         const struct ox_telling *telling) {
    ox_run_moved(host->run, host->number, ox_entry_name(notice->entry));
    if (host->run->observer_count == 0)
        return;
    struct ox_observation seen = about(host, OX_OBS_UPDATE, notice->entry);
    ox_telling_observe(telling, host->run, notice, &seen);
}

static void show_joined(struct ox_host *host, const struct ox_notice *notice) {
    static_assert(sizeof(struct ox_obs_span) == sizeof(struct ox_span),
                  "a span of dots is shown as it is");
    struct ox_run *run = host->run;
    ox_run_moved(run, host->number, ox_entry_name(notice->entry));
    if (run->observer_count == 0)
        return;
    struct ox_observation seen = about(host, OX_OBS_SEE, notice->entry);
    seen.see.news = (const struct ox_obs_span *)notice->news.spans;
    seen.see.count = notice->news.count;
    seen.has_state = run->config->verify_full;
    if (seen.has_state)
        seen.state = ox_object_hash(&notice->entry->object, &run->scratch);
    ox_run_observe(run, &seen);
}

/* The node under test broke its contract: the judge hears of it, and the run goes on. */
static void show_defect(struct ox_host *host, enum ox_defect why, const struct ox_entry *entry,
                        const char *status) {
    struct ox_observation seen = {.kind = OX_OBS_ALARM, .node = host->number, .t_ns = ox_run_now()};
    if (entry)
        seen = about(host, OX_OBS_ALARM, entry);
    seen.alarm.why = why;
    seen.alarm.status = (struct ox_obs_text){status, strlen(status)};
    ox_run_observe(host->run, &seen);
}

static void show_notices(struct ox_host *host, const struct ox_effects *effects,
                         const struct ox_telling *telling) {
    for (size_t i = 0; i < effects->notice_count; i++) {
        const struct ox_notice *notice = &effects->notices[i];
        if (notice->kind == OX_NOTICE_UPDATED) {
            assert(telling);
            show_updated(host, notice, telling);
        } else if (notice->kind == OX_NOTICE_JOINED) {
            show_joined(host, notice);
        } else if (notice->kind == OX_NOTICE_DIVERGED) {
            show_defect(host, OX_DEFECT_DIVERGED, notice->entry, "");
        } else if (notice->kind == OX_NOTICE_REFUSED) {
            show_defect(host, OX_DEFECT_UPDATE, NULL, ox_status_text(notice->status));
        }
    }
}

/* ---- a step, and the end of a life ---- */

static void persist(struct ox_host *host, const struct ox_effects *effects) {
    if (!host->keeps_log || effects->persist.bytes.size == 0)
        return;
    if (effects->persist.replaces)
        ox_buf_clear(&host->log);
    ox_buf_append(&host->log, effects->persist.bytes.data, effects->persist.bytes.size);
    if (host->log.failed)
        ox_run_fail(host->run, "node %u: no memory for its log", host->number);
}

static void set_deadline(struct ox_host *host, uint64_t deadline_ns) {
    if (deadline_ns == host->deadline_ns)
        return;
    host->deadline_ns = deadline_ns;
    if (deadline_ns == OX_NEVER)
        return;
    ox_heap_push(&host->run->heap, (struct ox_alarm){.at_ns = MAX(deadline_ns, ox_run_now()),
                                                     .kind = OX_ALARM_TICK,
                                                     .subject = host->number});
}

/* The end of a life, without simcalls. */
static void stop(struct ox_host *host, bool keeps_disk, uint32_t fault) {
    assert(host->node && (!keeps_disk || host->keeps_log));
    host->down_by = fault;
    ox_run_observe(host->run,
                   &(struct ox_observation){.kind = OX_OBS_CRASH,
                                            .node = host->number,
                                            .t_ns = ox_run_now(),
                                            .crash = {.keeps_disk = keeps_disk, .fault = fault}});
    ox_network_cut(host);
    ox_node_free(host->node);
    host->node = NULL;
    host->run->live--;
    host->deadline_ns = OX_NEVER;
    host->waiting = host->queued = 0;
    if (!keeps_disk) {
        ox_buf_clear(&host->log);
        host->has_disk = false;
        host->incarnation++;
    }
}

/* A node that cannot go on is stopped where it is; only a profile of the user's platform starts its
 * host again. Memory is ours to bring; the rest is the node's own doing. */
static void give_up(struct ox_host *host, enum ox_defect why, enum ox_status status) {
    if (status == OX_NOMEM)
        return; /* the run has failed */
    show_defect(host, why, NULL, status == OX_OK ? "" : ox_status_text(status));
    stop(host, host->keeps_log, OX_NO_FAULT);
}

/* Steps the node and does what a host owes it, in the order of node.h: the log, then what the world
 * sees, then the messages. `message` is what it receives, `telling` what it updates, or NULL. */
static enum ox_status step(struct ox_host *host, struct ox_event *event,
                           const struct ox_message *message, const struct ox_telling *telling,
                           struct ox_batch *batch) {
    struct ox_run *run = host->run;
    struct ox_effects effects = {0};
    event->now_ns = ox_run_now();
    event->physical_ns = OX_DAY_NS + event->now_ns;
    enum ox_status status = ox_node_step(host->node, event, &effects);
    run->stats.steps++;
    if (run->record) {
        struct ox_outcome outcome = ox_outcome_of(status, &effects);
        ox_record_step(run->record, host->number, event, &outcome);
    }
    if (status == OX_NOMEM)
        ox_run_fail(run, "node %u: no memory for a step", host->number);
    if (status != OX_OK)
        return status;
    persist(host, &effects);
    if (message)
        ox_network_observe_delivered(message);
    show_notices(host, &effects, telling);
    ox_network_take(host, &effects, batch);
    set_deadline(host, effects.deadline_ns);
    return OX_OK;
}

void ox_host_tick(struct ox_host *host, struct ox_batch *batch) {
    uint64_t now_ns = ox_run_now();
    if (!ox_host_live(host) || host->deadline_ns > now_ns)
        return;
    struct ox_event event = {.kind = OX_EVENT_TICK};
    enum ox_status status = step(host, &event, NULL, NULL, batch);
    if (status != OX_OK)
        give_up(host, OX_DEFECT_TICK, status);
    else if (host->deadline_ns <= now_ns)
        give_up(host, OX_DEFECT_IDLE, OX_OK);
}

void ox_host_update(struct ox_host *host, struct ox_bytes name, const struct ox_type *type,
                    const struct ox_op *op, struct ox_batch *batch) {
    struct ox_event event = {.kind = OX_EVENT_UPDATE,
                             .update = {.name = name, .type = type, .op = *op}};
    const struct ox_entry *entry = ox_store_find(ox_node_store(host->node), name, type);
    struct ox_telling telling;
    ox_telling_open(&telling, type, entry ? &entry->object : NULL, op);
    enum ox_status status = step(host, &event, NULL, &telling, batch);
    ox_telling_close(&telling);
    if (status != OX_OK && status != OX_NOMEM)
        show_defect(host, OX_DEFECT_UPDATE, NULL, ox_status_text(status));
}

void ox_host_receive(struct ox_host *host, const struct ox_message *message,
                     struct ox_batch *batch) {
    struct ox_event event = {.kind = OX_EVENT_RECEIVE,
                             .receive = {.from = message->from->number,
                                         .frame = {message->parcel->bytes, message->parcel->size}}};
    enum ox_status status = step(host, &event, message, NULL, batch);
    if (status == OX_OK)
        return;
    ox_network_observe_dropped(message, OX_DROP_REFUSED, OX_NO_FAULT);
    if (status != OX_NOMEM)
        show_defect(host, OX_DEFECT_FRAME, NULL, ox_status_text(status));
}

/* ---- the lives of a node ---- */

/* All nodes but one, ascending: what changed since the last call is shifted over. */
static const ox_peer *peers_without(struct ox_run *run, uint32_t number) {
    for (; run->peers_without < number; run->peers_without++)
        run->peers[run->peers_without] = run->peers_without;
    for (; run->peers_without > number; run->peers_without--)
        run->peers[run->peers_without - 1] = run->peers_without;
    return run->peers;
}

void ox_host_start(struct ox_host *host, struct ox_batch *batch) {
    struct ox_run *run = host->run;
    uint32_t fault = host->down_by; /* that ends with its return, even if it does not start */
    assert(!host->node);
    uint64_t seed =
        ox_random(run->config->seed, OX_STREAM_NODE_SEED, host->number, host->incarnation, 0);
    ox_replica replica = ox_replica_of(host->incarnation, host->number);
    ox_run_observe(run,
                   &(struct ox_observation){.kind = OX_OBS_START,
                                            .node = host->number,
                                            .t_ns = ox_run_now(),
                                            .start = {.replica = replica, .disk = host->has_disk}});
    host->node = ox_node_new(&run->config->node);
    host->deadline_ns = OX_NEVER;
    host->has_disk = true;
    run->live++;
    struct ox_event event = {.kind = OX_EVENT_START,
                             .start = {.replica = replica,
                                       .seed = seed,
                                       .peers = peers_without(run, host->number),
                                       .peer_count = run->config->network.nodes - 1,
                                       .log = ox_buf_bytes(&host->log)}};
    if (!host->node) {
        ox_run_fail(run, "node %u: no memory for it", host->number);
        return;
    }
    enum ox_status status = step(host, &event, NULL, NULL, batch);
    if (status != OX_OK)
        give_up(host, OX_DEFECT_START, status);
    host->down_by = OX_NO_FAULT;
    if (fault != OX_NO_FAULT)
        ox_faults_returned(run, fault);
}

bool ox_host_live(struct ox_host *host) {
    if (host->run->profiled && host->node && !sg_host_is_on(host->place))
        stop(host, true, OX_NO_FAULT);
    return host->node != NULL;
}

void ox_host_crash(struct ox_host *host, bool keeps_disk, uint32_t fault) {
    stop(host, keeps_disk, fault);
    if (host->run->resident) {
        ox_run_go_home(host->run);
        sg_host_turn_off(host->place);
    }
}

/* With residents, the first of them comes back with the host and starts the node. */
void ox_host_restart(struct ox_host *host, struct ox_batch *batch) {
    if (host->run->resident)
        sg_host_turn_on(host->place);
    else
        ox_host_start(host, batch);
}

/* ---- resident actors ---- */

/* Also called when the run ends, which stops no node. */
static void went_off(int failed, void *data) {
    struct ox_host *host = data;
    (void)failed;
    if (the_run && !the_run->ended && host->node)
        stop(host, true, OX_NO_FAULT);
}

static void receive_all(struct ox_host *host) {
    struct ox_run *run = host->run;
    while (!run->ended) {
        if (host->queued > 0)
            host->queued--;
        else
            host->waiting++;
        void *payload = NULL;
        sg_comm_t comm = sg_mailbox_get_async(host->mailbox, &payload);
        if (sg_comm_wait(comm) != SG_OK || run->ended)
            continue; /* an end or a link went off; let_go has the message */
        struct ox_batch batch = {0};
        ox_network_arrived(payload, &batch);
        ox_network_send(run, &batch);
        ox_run_wake(run);
    }
}

static struct ox_host *host_of(char **argv) {
    return &the_run->hosts[g_ascii_strtoull(argv[1], NULL, 10)];
}

/* The first resident owns the mailbox, so that a transfer starts when it is sent. After a restart
 * of the host it is the only one. */
static void live_first(int argc, char **argv) {
    assert(argc == 2);
    struct ox_host *host = host_of(argv);
    sg_actor_on_exit(went_off, host);
    sg_mailbox_set_receiver(sg_mailbox_get_name(host->mailbox));
    if (host->run->started && !host->node) {
        struct ox_batch batch = {0};
        ox_host_start(host, &batch);
        ox_network_send(host->run, &batch);
        ox_run_wake(host->run);
    }
    receive_all(host);
}

static void live_later(int argc, char **argv) {
    assert(argc == 2);
    receive_all(host_of(argv));
}

static sg_actor_t add_resident(struct ox_host *host, xbt_main_func_t code) {
    char number[16];
    g_snprintf(number, sizeof number, "%u", host->number);
    char *arguments[] = {(char[]){"resident"}, number, NULL};
    sg_actor_t actor = sg_actor_create("resident", host->place, code, 2, arguments);
    sg_actor_daemonize(actor);
    return actor;
}

void ox_host_add_resident(struct ox_host *host) {
    add_resident(host, live_later);
}

/* ---- all hosts ---- */

/* A user's platform may turn any host off by a profile; a fault names its nodes. */
static void choose_logs(struct ox_run *run) {
    const struct ox_world_config *config = run->config;
    for (uint32_t i = 0; i < config->network.nodes; i++)
        run->hosts[i].keeps_log = config->network.kind == OX_PLATFORM_SIMGRID;
    for (uint32_t i = 0; i < config->fault_count; i++) {
        const struct ox_fault *fault = &config->faults[i];
        for (uint32_t k = 0; fault->kind == OX_FAULT_CRASH && k < fault->node_count; k++)
            run->hosts[fault->nodes[k]].keeps_log |= fault->keeps_disk;
    }
}

/* SimGrid makes actors only on hosts that are on. */
static void settle_in(struct ox_host *host) {
    char name[32];
    g_snprintf(name, sizeof name, "node-%u", host->number);
    host->mailbox = sg_mailbox_by_name(name);
    host->off_at_start = !sg_host_is_on(host->place);
    if (host->off_at_start)
        sg_host_turn_on(host->place);
    sg_actor_set_auto_restart(add_resident(host, live_first), 1);
}

void ox_hosts_start(struct ox_run *run, struct ox_batch *batch) {
    for (uint32_t i = 0; i < run->config->network.nodes; i++) {
        if (run->hosts[i].off_at_start)
            sg_host_turn_off(run->hosts[i].place);
    }
    for (uint32_t i = 0; i < run->config->network.nodes; i++) {
        if (sg_host_is_on(run->hosts[i].place))
            ox_host_start(&run->hosts[i], batch);
    }
    run->started = true;
}

void ox_hosts_open(struct ox_run *run) {
    uint32_t nodes = run->config->network.nodes;
    the_run = run;
    run->hosts = g_new0(struct ox_host, nodes);
    run->peers = g_new0(ox_peer, nodes);
    for (uint32_t i = 1; i < nodes; i++)
        run->peers[i - 1] = i;
    for (uint32_t i = 0; i < nodes; i++) {
        struct ox_host *host = &run->hosts[i];
        host->run = run;
        host->number = i;
        host->place = run->platform.hosts[i];
        host->deadline_ns = OX_NEVER;
        host->down_by = OX_NO_FAULT;
        if (run->resident)
            settle_in(host);
    }
    choose_logs(run);
}

void ox_hosts_close(struct ox_run *run) {
    the_run = NULL;
    for (uint32_t i = 0; i < run->config->network.nodes; i++) {
        ox_node_free(run->hosts[i].node);
        ox_buf_free(&run->hosts[i].log);
    }
    g_free(run->hosts);
    g_free(run->peers);
    run->hosts = NULL;
}
