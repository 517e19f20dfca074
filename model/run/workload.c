#include "model/run/workload.h"

#include "model/chance/detmath.h"
#include "model/chance/random.h"
#include "model/run/host.h"
#include "model/run/operations.h"

#include <assert.h>
#include <string.h>

struct ox_workload_state {
    double *upto;             /* [keys]: the weights of the keys 0..i, summed */
    struct ox_object *absent; /* [type_count]: what a read of an absent object shows */
    uint32_t *known;          /* keys that were updated, in that order */
    uint32_t known_count;
    bool *is_known;   /* [keys] */
    uint64_t updates; /* arrivals so far, the ones that nobody could make included */
    uint64_t rounds;  /* of reads */
};

static const struct ox_type *type_of(const struct ox_run *run, uint32_t key) {
    return run->config->workload.types[key % run->config->workload.type_count];
}

static struct ox_bytes name_of(uint32_t key, char *name, size_t size) {
    return (struct ox_bytes){(uint8_t *)name, (size_t)g_snprintf(name, size, "k%u", key)};
}

/* What the node has of the key, an object that is absent included. */
static const struct ox_object *object_of(const struct ox_run *run, const struct ox_host *host,
                                         uint32_t key, struct ox_bytes name) {
    const struct ox_entry *entry =
        ox_store_find(ox_node_store(host->node), name, type_of(run, key));
    if (entry && entry->object.context.count > 0)
        return &entry->object;
    return &run->workload->absent[key % run->config->workload.type_count];
}

/* ---- arrivals ---- */

/* Poisson: the times between arrivals are exponential, -log(1 - u) / rate. */
static void arm_update(struct ox_run *run, uint64_t after_ns) {
    const struct ox_workload *workload = &run->config->workload;
    double u = ox_random_unit(run->config->seed, OX_STREAM_ARRIVAL, run->workload->updates, 0, 0);
    double seconds = -ox_det_log(1 - u) / workload->rate;
    double limit = (double)workload->until_ns * 1e-9;
    if (seconds >= limit)
        return;
    uint64_t at_ns = after_ns + (uint64_t)(seconds * 1e9 + 0.5);
    if (at_ns < workload->until_ns)
        ox_heap_push(&run->heap, (struct ox_alarm){.at_ns = at_ns, .kind = OX_ALARM_UPDATE});
}

/* Uniform among the live: nodes that are down are drawn and passed over, so that a crash moves only
 * the updates that the crashed node would have made. */
static struct ox_host *draw_host(struct ox_run *run, uint64_t update) {
    for (uint64_t attempt = 0; run->live > 0; attempt++) {
        uint64_t bits = ox_random(run->config->seed, OX_STREAM_WHO, update, attempt, 0);
        struct ox_host *host = &run->hosts[ox_random_below(bits, run->config->network.nodes)];
        if (ox_host_live(host))
            return host;
    }
    return NULL;
}

/* The first key whose summed weight is above the draw. */
static uint32_t draw_key(const struct ox_run *run, uint64_t update) {
    uint32_t keys = run->config->workload.keys;
    const double *upto = run->workload->upto;
    double at = ox_random_unit(run->config->seed, OX_STREAM_KEY, update, 0, 0) * upto[keys - 1];
    uint32_t low = 0, high = keys - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (upto[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* ---- updates ---- */

static void remember_key(struct ox_workload_state *state, uint32_t key) {
    if (!state->is_known[key]) {
        state->is_known[key] = true;
        state->known[state->known_count++] = key;
    }
}

void ox_workload_update(struct ox_run *run, struct ox_batch *batch) {
    struct ox_workload_state *state = run->workload;
    uint64_t update = state->updates++;
    struct ox_host *host = draw_host(run, update);
    if (host) {
        char name[16];
        struct ox_drawn drawn;
        uint32_t key = draw_key(run, update);
        struct ox_bytes bytes = name_of(key, name, sizeof name);
        ox_draw_operation(run, type_of(run, key), object_of(run, host, key, bytes), update, &drawn);
        uint64_t moves = run->move_count;
        ox_host_update(host, bytes, type_of(run, key), &drawn.op, batch);
        if (run->move_count > moves) /* it took a dot */
            remember_key(state, key);
    }
    arm_update(run, ox_run_now());
}

/* ---- reads ---- */

/* What the node shows of the key, to all observers. */
static void read_key(struct ox_run *run, const struct ox_host *host, uint32_t key,
                     struct ox_bytes name) {
    const struct ox_type *type = type_of(run, key);
    const struct ox_object *object = object_of(run, host, key, name);
    ox_buf_clear(&run->text);
    if (ox_object_value(object, &run->text) != OX_OK || ox_buf_status(&run->text) != OX_OK) {
        ox_run_fail(run, "node %u: no memory for a read", host->number);
        return;
    }
    struct ox_observation seen = {.kind = OX_OBS_READ,
                                  .node = host->number,
                                  .t_ns = ox_run_now(),
                                  .key = {(const char *)name.data, name.size},
                                  .type = {type->name, strlen(type->name)},
                                  .have = ox_vv_total(&object->context),
                                  .has_state = true,
                                  .state = ox_object_hash(object, &run->scratch)};
    seen.read.value = (struct ox_obs_text){(const char *)run->text.data, run->text.size};
    ox_run_observe(run, &seen);
}

static void arm_read(struct ox_run *run) {
    uint64_t every_ns = run->config->reads_ns;
    if (every_ns > 0)
        ox_heap_push(&run->heap, (struct ox_alarm){.at_ns = (run->workload->rounds + 1) * every_ns,
                                                   .kind = OX_ALARM_READ});
}

void ox_workload_read(struct ox_run *run) {
    struct ox_workload_state *state = run->workload;
    uint64_t round = ++state->rounds;
    for (uint32_t i = 0; state->known_count > 0 && i < run->config->network.nodes; i++) {
        if (!ox_host_live(&run->hosts[i]))
            continue;
        char name[16];
        uint64_t bits = ox_random(run->config->seed, OX_STREAM_READ, round, i, 0);
        uint32_t key = state->known[ox_random_below(bits, state->known_count)];
        read_key(run, &run->hosts[i], key, name_of(key, name, sizeof name));
    }
    arm_read(run);
}

void ox_workload_read_all(struct ox_run *run) {
    for (uint32_t key = 0; key < run->config->workload.keys; key++) {
        if (!run->workload->is_known[key])
            continue;
        char buffer[16];
        struct ox_bytes name = name_of(key, buffer, sizeof buffer);
        for (uint32_t i = 0; i < run->config->network.nodes; i++) {
            if (ox_host_live(&run->hosts[i]))
                read_key(run, &run->hosts[i], key, name);
        }
    }
}

/* ---- the workload's life ---- */

/* Zipf: the i-th key (from 1) has the weight 1 / i^s. */
static void weigh_keys(struct ox_workload_state *state, const struct ox_workload *workload) {
    double sum = 0;
    for (uint32_t i = 0; i < workload->keys; i++) {
        sum += ox_det_pow(i + 1.0, -workload->zipf_s);
        state->upto[i] = sum;
    }
}

void ox_workload_open(struct ox_run *run) {
    const struct ox_workload *workload = &run->config->workload;
    struct ox_workload_state *state = g_new0(struct ox_workload_state, 1);
    run->workload = state;
    state->upto = g_new0(double, workload->keys);
    state->known = g_new0(uint32_t, workload->keys);
    state->is_known = g_new0(bool, workload->keys);
    state->absent = g_new0(struct ox_object, workload->type_count);
    for (uint32_t i = 0; i < workload->type_count; i++) {
        if (ox_object_init(&state->absent[i], workload->types[i]) != OX_OK)
            ox_run_fail(run, "no memory for an object");
    }
    weigh_keys(state, workload);
    if (workload->rate > 0) {
        assert(workload->keys > 0 && workload->type_count > 0);
        arm_update(run, 0);
    }
    arm_read(run);
}

void ox_workload_close(struct ox_run *run) {
    struct ox_workload_state *state = run->workload;
    for (uint32_t i = 0; i < run->config->workload.type_count; i++)
        ox_object_free(&state->absent[i]);
    g_free(state->absent);
    g_free(state->upto);
    g_free(state->known);
    g_free(state->is_known);
    g_free(state);
    run->workload = NULL;
}
