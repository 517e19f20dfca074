#include "model/run/network.h"

#include "model/run/faults.h"
#include "model/run/host.h"
#include "protocols/protocol.h"

#include <assert.h>
#include <simgrid/comm.h>
#include <string.h>

#define CHUNK_MESSAGES 1024u

/* A route as messages feel it, for deliveries without contention. */
struct route {
    double latency;    /* s */
    double s_per_byte; /* of the narrowest link; 0: the route has no link, only a latency */
};

struct ox_network_state {
    GPtrArray *chunks; /* of messages, for the free list and for the end */
    struct ox_message *free;
    uint64_t last_id;
    GHashTable *sent;   /* pair -> messages so far; only looked up, never iterated */
    GHashTable *routes; /* pair of nodes or of regions -> struct route; likewise */
    bool chancy;
};

/* SimGrid lets go of some transfers only when the process ends, long after the run. */
static bool network_is_open;

/* ---- messages and parcels ---- */

static struct ox_message *message_new(struct ox_network_state *network) {
    if (!network->free) {
        struct ox_message *chunk = g_new0(struct ox_message, CHUNK_MESSAGES);
        g_ptr_array_add(network->chunks, chunk);
        for (uint32_t i = 0; i < CHUNK_MESSAGES; i++) {
            chunk[i].next = network->free;
            network->free = &chunk[i];
        }
    }
    struct ox_message *message = network->free;
    network->free = message->next;
    *message = (struct ox_message){
        .lost_by = OX_NO_FAULT, .late_by = OX_NO_FAULT, .twice_by = OX_NO_FAULT};
    return message;
}

static void parcel_release(struct ox_parcel *parcel) {
    if (parcel && --parcel->references == 0)
        g_free(parcel);
}

static void message_free(struct ox_message *message) {
    struct ox_network_state *network = message->from->run->network;
    parcel_release(message->parcel);
    message->parcel = NULL;
    message->next = network->free;
    network->free = message;
}

static struct ox_parcel *parcel_of(struct ox_bytes frame) {
    assert(frame.size <= UINT32_MAX);
    struct ox_parcel *parcel = g_malloc(sizeof *parcel + frame.size);
    parcel->references = 0;
    parcel->size = (uint32_t)frame.size;
    memcpy(parcel->bytes, frame.data, frame.size);
    return parcel;
}

/* ---- who is under way ---- */

static void link_message(struct ox_message *message) {
    struct ox_host *from = message->from, *to = message->to;
    message->leaving_last = from->leaving_end;
    *(from->leaving_end ? &from->leaving_end->leaving_next : &from->leaving_first) = message;
    from->leaving_end = message;
    message->coming_last = to->coming_end;
    *(to->coming_end ? &to->coming_end->coming_next : &to->coming_first) = message;
    to->coming_end = message;
}

static void unlink_message(struct ox_message *message) {
    struct ox_host *from = message->from, *to = message->to;
    struct ox_message *next = message->leaving_next, *last = message->leaving_last;
    *(last ? &last->leaving_next : &from->leaving_first) = next;
    *(next ? &next->leaving_last : &from->leaving_end) = last;
    next = message->coming_next, last = message->coming_last;
    *(last ? &last->coming_next : &to->coming_first) = next;
    *(next ? &next->coming_last : &to->coming_end) = last;
}

static void batch_add(struct ox_batch *batch, struct ox_message *message) {
    message->next = NULL;
    *(batch->end ? batch->end : &batch->first) = message;
    batch->end = &message->next;
}

/* ---- observation ---- */

static void observe(const struct ox_message *message, struct ox_observation *observation) {
    const struct ox_run *run = message->from->run;
    if (!run->config->messages)
        return;
    bool sent = observation->kind == OX_OBS_SEND;
    observation->t_ns = ox_run_now();
    observation->node = sent ? message->from->number : message->to->number;
    observation->message.peer = sent ? message->to->number : message->from->number;
    observation->message.id = message->id;
    observation->message.bytes = message->parcel->size;
    observation->message.duplicate = message->duplicate;
    ox_run_observe(run, observation);
}

static void observe_sent(const struct ox_message *message, const char *kind) {
    const char *protocol = message->from->run->config->node.sync->name;
    observe(message, &(struct ox_observation){
                         .kind = OX_OBS_SEND,
                         .message = {.proto = protocol, .kind = kind, .fault = OX_NO_FAULT}});
}

void ox_network_observe_delivered(const struct ox_message *message) {
    message->from->run->stats.messages_delivered++;
    uint32_t fault = message->duplicate ? message->twice_by : message->late_by;
    observe(message, &(struct ox_observation){.kind = OX_OBS_DELIVER, .message = {.fault = fault}});
}

void ox_network_observe_dropped(const struct ox_message *message, enum ox_drop_why why,
                                uint32_t fault) {
    observe(message,
            &(struct ox_observation){.kind = OX_OBS_DROP, .message = {.why = why, .fault = fault}});
}

/* ---- sending ---- */

static uint64_t pair_of(const struct ox_message *message) {
    return (uint64_t)message->from->number * message->from->run->config->network.nodes +
           message->to->number;
}

/* Counts the message into its pair: 1 for the first. */
static uint64_t count_of_pair(struct ox_network_state *network, const struct ox_message *message) {
    gpointer pair = GSIZE_TO_POINTER(pair_of(message));
    gsize n = GPOINTER_TO_SIZE(g_hash_table_lookup(network->sent, pair)) + 1;
    g_hash_table_insert(network->sent, pair, GSIZE_TO_POINTER(n));
    return n;
}

/* Without profiles a host is off only after its node was stopped. */
static bool is_on(const struct ox_host *host) {
    return !host->run->profiled || sg_host_is_on(host->place);
}

/* True when the message is on its way; otherwise its DROP was observed. */
static bool set_out(struct ox_run *run, struct ox_message *message) {
    struct ox_host *to = message->to;
    uint64_t n = run->network->chancy ? count_of_pair(run->network, message) : 0;
    uint32_t partition = ox_faults_cut(run, message->from->number, to->number);
    if (partition != OX_NO_FAULT) {
        ox_network_observe_dropped(message, OX_DROP_PARTITION, partition);
        return false;
    }
    if (!to->node || !is_on(to)) {
        ox_network_observe_dropped(message, OX_DROP_DOWN, to->node ? OX_NO_FAULT : to->down_by);
        return false;
    }
    if (run->network->chancy)
        ox_faults_draw(run, n, message);
    link_message(message);
    return true;
}

void ox_network_take(struct ox_host *from, const struct ox_effects *effects,
                     struct ox_batch *batch) {
    struct ox_run *run = from->run;
    struct ox_parcel *parcel = NULL;
    const uint8_t *copied = NULL; /* what `parcel` is a copy of */
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct ox_send *send = &effects->sends[i];
        assert(send->to < run->config->network.nodes && send->to != from->number);
        if (!parcel || copied != send->frame.data || parcel->size != send->frame.size) {
            if (parcel)
                parcel_release(parcel);
            parcel = parcel_of(send->frame);
            parcel->references++; /* ours, while the next send may share it */
            copied = send->frame.data;
        }
        struct ox_message *message = message_new(run->network);
        message->from = from;
        message->to = &run->hosts[send->to];
        message->id = ++run->network->last_id;
        message->parcel = parcel;
        parcel->references++;
        run->stats.messages_sent++;
        observe_sent(message, send->kind);
        if (set_out(run, message))
            batch_add(batch, message);
        else
            message_free(message);
    }
    parcel_release(parcel);
}

/* ---- crossing: a SimGrid transfer ---- */

static bool ends_are_on(const struct ox_message *message) {
    return is_on(message->from) && is_on(message->to);
}

/* SimGrid gave a transfer up: an end went off, or a link of the user's platform did. */
static void let_go(void *payload) {
    if (!network_is_open)
        return;
    struct ox_message *message = payload;
    if (message->from->run->ended)
        return;
    if (!message->cut) {
        ox_network_observe_dropped(
            message, ends_are_on(message) ? OX_DROP_PARTITION : OX_DROP_CRASH, OX_NO_FAULT);
        unlink_message(message);
    }
    message_free(message);
}

/* True when the message may still be handed over; otherwise it is done with. */
static bool still_going(struct ox_message *message) {
    if (!message->cut && ends_are_on(message))
        return true;
    if (!message->cut) {
        ox_network_observe_dropped(message, OX_DROP_CRASH, OX_NO_FAULT);
        unlink_message(message);
    }
    message_free(message);
    return false;
}

/* Both ends are looked at again after each simcall: aiming at a host that is off ends SimGrid. */
static void transfer(struct ox_message *message, bool travels) {
    if (!still_going(message))
        return;
    if (travels && sg_host_self() != message->from->place) {
        sg_actor_set_host(sg_actor_self(), message->from->place);
        if (!still_going(message))
            return;
    }
    struct ox_host *to = message->to;
    if (to->waiting > 0) {
        to->waiting--;
    } else {
        to->queued++;
        ox_host_add_resident(to);
        if (!still_going(message))
            return;
    }
    sg_comm_t comm = sg_mailbox_put_init(to->mailbox, message, (long)message->parcel->size);
    sg_comm_detach(comm, let_go);
}

/* ---- crossing: latency + size / bandwidth of the route, by alarm ---- */

static const struct route *route_of(struct ox_run *run, const struct ox_message *message) {
    uint64_t key = pair_of(message);
    if (run->config->network.kind == OX_PLATFORM_REGIONS) {
        uint32_t regions = run->config->network.regions.count;
        key = (uint64_t)(message->from->number % regions) * regions + message->to->number % regions;
    }
    struct route *route = g_hash_table_lookup(run->network->routes, GSIZE_TO_POINTER(key));
    if (!route) {
        route = g_new(struct route, 1);
        route->latency = sg_host_get_route_latency(message->from->place, message->to->place);
        double bandwidth = sg_host_get_route_bandwidth(message->from->place, message->to->place);
        route->s_per_byte = bandwidth > 0 ? 1 / bandwidth : 0;
        g_hash_table_insert(run->network->routes, GSIZE_TO_POINTER(key), route);
    }
    return route;
}

static void delay(struct ox_run *run, struct ox_message *message) {
    const struct route *route = route_of(run, message);
    double seconds = route->latency + message->parcel->size * route->s_per_byte;
    uint64_t at_ns = ox_run_now() + (uint64_t)(seconds * 1e9 + 0.5);
    ox_heap_push(&run->heap,
                 (struct ox_alarm){.at_ns = at_ns, .kind = OX_ALARM_ARRIVE, .message = message});
}

void ox_network_send(struct ox_run *run, struct ox_batch *batch) {
    bool flow = run->config->network.fidelity == OX_FIDELITY_FLOW;
    bool travels = flow && batch->first && sg_actor_self_get_pid() == run->alarm_actor;
    struct ox_message *message = batch->first;
    *batch = (struct ox_batch){0};
    while (message) {
        struct ox_message *next = message->next;
        if (flow)
            transfer(message, travels);
        else
            delay(run, message);
        message = next;
    }
}

/* ---- arriving ---- */

static void deliver_at(struct ox_message *message, uint64_t at_ns) {
    ox_heap_push(&message->from->run->heap,
                 (struct ox_alarm){.at_ns = at_ns, .kind = OX_ALARM_DELIVER, .message = message});
}

/* The second copy starts out when the first has crossed the network. */
static void make_copy(const struct ox_message *original) {
    struct ox_message *copy = message_new(original->from->run->network);
    copy->from = original->from;
    copy->to = original->to;
    copy->parcel = original->parcel;
    copy->parcel->references++;
    copy->id = original->id;
    copy->twice_by = original->twice_by;
    copy->duplicate = true;
    link_message(copy);
    deliver_at(copy, ox_run_now() + original->jitter_ns + original->again_ns);
}

void ox_network_arrived(struct ox_message *message, struct ox_batch *batch) {
    if (message->cut) {
        message_free(message);
        return;
    }
    if (message->lost) {
        ox_network_observe_dropped(message, OX_DROP_LOSS, message->lost_by);
        unlink_message(message);
        message_free(message);
        return;
    }
    if (message->again_ns > 0)
        make_copy(message);
    if (message->jitter_ns > 0)
        deliver_at(message, ox_run_now() + message->jitter_ns);
    else
        ox_network_deliver(message, batch);
}

void ox_network_deliver(struct ox_message *message, struct ox_batch *batch) {
    struct ox_host *to = message->to;
    /* A host that its platform's profile turned off at this very time is noticed here. */
    if (!message->cut && ox_host_live(message->from) && ox_host_live(to)) {
        uint32_t partition = ox_faults_cut(to->run, message->from->number, to->number);
        unlink_message(message);
        if (partition == OX_NO_FAULT)
            ox_host_receive(to, message, batch);
        else
            ox_network_observe_dropped(message, OX_DROP_PARTITION, partition);
    }
    message_free(message);
}

static void cut(struct ox_message *message, uint32_t fault) {
    ox_network_observe_dropped(message, OX_DROP_CRASH, fault);
    unlink_message(message);
    message->cut = true;
}

void ox_network_cut(struct ox_host *host) {
    while (host->coming_first)
        cut(host->coming_first, host->down_by);
    while (host->leaving_first)
        cut(host->leaving_first, host->down_by);
}

/* ---- the network's life ---- */

void ox_network_open(struct ox_run *run) {
    struct ox_network_state *network = g_new0(struct ox_network_state, 1);
    network->chunks = g_ptr_array_new();
    network->sent = g_hash_table_new(NULL, NULL);
    network->routes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    run->network = network;
    network->chancy = ox_faults_chancy(run);
    network_is_open = true;
}

void ox_network_close(struct ox_run *run) {
    struct ox_network_state *network = run->network;
    network_is_open = false;
    for (guint i = 0; i < network->chunks->len; i++) {
        struct ox_message *chunk = network->chunks->pdata[i];
        for (uint32_t k = 0; k < CHUNK_MESSAGES; k++)
            parcel_release(chunk[k].parcel);
        g_free(chunk);
    }
    g_ptr_array_free(network->chunks, TRUE);
    g_hash_table_destroy(network->sent);
    g_hash_table_destroy(network->routes);
    g_free(network);
    run->network = NULL;
}
