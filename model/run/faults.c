#include "model/run/faults.h"

#include "model/chance/random.h"
#include "model/run/host.h"

#include <assert.h>

/* A second copy never comes with the first. */
#define AGAIN_MIN_NS UINT64_C(1000000)

struct ox_faults_state {
    bool *on;             /* [fault_count] */
    uint32_t *to_come;    /* CRASH: crashes and returns that are still ahead */
    uint32_t *partitions; /* those that act now, ascending */
    uint32_t partition_count;
    uint32_t *rates; /* likewise: loss, duplicate, jitter */
    uint32_t rate_count;
};

static const struct ox_fault *fault_at(const struct ox_run *run, uint32_t fault) {
    assert(fault < run->config->fault_count);
    return &run->config->faults[fault];
}

static uint64_t sum_or_never(uint64_t a, uint64_t b) {
    return a > OX_NEVER - b ? OX_NEVER : a + b;
}

static void arm(struct ox_run *run, enum ox_alarm_class kind, uint64_t at_ns, uint32_t subject,
                uint32_t detail) {
    ox_heap_push(
        &run->heap,
        (struct ox_alarm){.at_ns = at_ns, .kind = kind, .subject = subject, .detail = detail});
}

void ox_faults_open(struct ox_run *run) {
    uint32_t count = run->config->fault_count;
    struct ox_faults_state *state = g_new0(struct ox_faults_state, 1);
    state->on = g_new0(bool, count);
    state->to_come = g_new0(uint32_t, count);
    state->partitions = g_new0(uint32_t, count);
    state->rates = g_new0(uint32_t, count);
    run->faults = state;
    for (uint32_t i = 0; i < count; i++) {
        if (fault_at(run, i)->at_ns < run->config->duration_ns)
            arm(run, OX_ALARM_FAULT_ON, fault_at(run, i)->at_ns, i, 0);
    }
}

void ox_faults_close(struct ox_run *run) {
    g_free(run->faults->on);
    g_free(run->faults->to_come);
    g_free(run->faults->partitions);
    g_free(run->faults->rates);
    g_free(run->faults);
    run->faults = NULL;
}

/* ---- on and off ---- */

/* Which of the two lists asked by the network shows the fault; NULL: neither. */
static uint32_t *list_of(struct ox_run *run, uint32_t fault, uint32_t **count) {
    struct ox_faults_state *state = run->faults;
    enum ox_fault_kind kind = fault_at(run, fault)->kind;
    if (kind == OX_FAULT_CRASH)
        return NULL;
    *count = kind == OX_FAULT_PARTITION ? &state->partition_count : &state->rate_count;
    return kind == OX_FAULT_PARTITION ? state->partitions : state->rates;
}

static void insert(uint32_t *list, uint32_t *count, uint32_t fault) {
    uint32_t at = (*count)++;
    for (; at > 0 && list[at - 1] > fault; at--)
        list[at] = list[at - 1];
    list[at] = fault;
}

static void withdraw(uint32_t *list, uint32_t *count, uint32_t fault) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++) {
        if (list[i] != fault)
            list[kept++] = list[i];
    }
    *count = kept;
}

static void observe(const struct ox_run *run, uint32_t fault, bool on) {
    ox_run_observe(run, &(struct ox_observation){.kind = OX_OBS_FAULT,
                                                 .t_ns = ox_run_now(),
                                                 .fault = {.fault = fault, .on = on}});
}

/* Crashes from `duration` on do not happen. */
static void arm_crashes(struct ox_run *run, uint32_t index) {
    const struct ox_fault *fault = fault_at(run, index);
    uint64_t at_ns = fault->at_ns;
    for (uint32_t i = 0; i < fault->node_count && at_ns < run->config->duration_ns; i++) {
        arm(run, OX_ALARM_CRASH, at_ns, fault->nodes[i], index);
        run->faults->to_come[index]++;
        at_ns = sum_or_never(at_ns, fault->stagger_ns);
    }
}

void ox_faults_on(struct ox_run *run, uint32_t index) {
    const struct ox_fault *fault = fault_at(run, index);
    uint32_t *count, *list = list_of(run, index, &count);
    run->faults->on[index] = true;
    observe(run, index, true);
    if (list)
        insert(list, count, index);
    else
        arm_crashes(run, index);
    uint64_t off_ns = MIN(sum_or_never(fault->at_ns, fault->for_ns), run->config->duration_ns);
    /* A crash that has an end is over when its last node is back, however late. */
    if (list || fault->for_ns == OX_NEVER)
        arm(run, OX_ALARM_FAULT_OFF, off_ns, index, 0);
}

void ox_faults_off(struct ox_run *run, uint32_t index) {
    uint32_t *count, *list = list_of(run, index, &count);
    if (!run->faults->on[index])
        return;
    run->faults->on[index] = false;
    if (list)
        withdraw(list, count, index);
    run->last_change_ns = ox_run_now();
    observe(run, index, false);
}

uint32_t ox_faults_pending(const struct ox_run *run) {
    for (uint32_t i = 0; i < run->config->fault_count; i++) {
        if (run->faults->on[i])
            return i;
    }
    return OX_NO_FAULT;
}

/* ---- crashes ---- */

static void one_less_to_come(struct ox_run *run, uint32_t fault) {
    assert(run->faults->to_come[fault] > 0);
    if (--run->faults->to_come[fault] == 0)
        ox_faults_off(run, fault);
}

void ox_faults_crash(struct ox_run *run, uint32_t node, uint32_t index) {
    const struct ox_fault *fault = fault_at(run, index);
    struct ox_host *host = &run->hosts[node];
    if (!ox_host_live(host)) {
        one_less_to_come(run, index);
        return;
    }
    if (fault->for_ns != OX_NEVER)
        arm(run, OX_ALARM_RESTART, ox_run_now() + fault->for_ns, node, index);
    ox_host_crash(host, fault->keeps_disk, index);
}

void ox_faults_restart(struct ox_run *run, uint32_t node, uint32_t fault, struct ox_batch *batch) {
    struct ox_host *host = &run->hosts[node];
    if (!host->node && host->down_by == fault)
        ox_host_restart(host, batch);
}

void ox_faults_returned(struct ox_run *run, uint32_t fault) {
    one_less_to_come(run, fault);
}

/* ---- asked by the network ---- */

uint32_t ox_faults_cut(const struct ox_run *run, uint32_t from, uint32_t to) {
    const struct ox_faults_state *state = run->faults;
    for (uint32_t i = 0; i < state->partition_count; i++) {
        const uint32_t *group = fault_at(run, state->partitions[i])->group;
        if (group[from] != group[to])
            return state->partitions[i];
    }
    return OX_NO_FAULT;
}

bool ox_faults_chancy(const struct ox_run *run) {
    const struct ox_network *network = &run->config->network;
    bool chancy = network->loss > 0 || network->duplicate > 0 || network->jitter_ns > 0;
    for (uint32_t i = 0; i < run->config->fault_count; i++) {
        enum ox_fault_kind kind = fault_at(run, i)->kind;
        chancy |= kind != OX_FAULT_PARTITION && kind != OX_FAULT_CRASH;
    }
    return chancy;
}

/* Sources of chance are numbered: 0 is [network], which acts until `duration`, 1 + i is fault i. */
struct source {
    uint32_t number;
    uint32_t fault; /* OX_NO_FAULT for [network] */
    double loss, duplicate;
    uint64_t jitter_ns;
};

static struct source source_at(const struct ox_run *run, uint32_t position) {
    if (position == 0) {
        const struct ox_network *network = &run->config->network;
        bool acts = run->phase == OX_PHASE_RUN;
        return (struct source){.fault = OX_NO_FAULT,
                               .loss = acts ? network->loss : 0,
                               .duplicate = acts ? network->duplicate : 0,
                               .jitter_ns = acts ? network->jitter_ns : 0};
    }
    uint32_t index = run->faults->rates[position - 1];
    const struct ox_fault *fault = fault_at(run, index);
    return (struct source){.number = 1 + index,
                           .fault = index,
                           .loss = fault->kind == OX_FAULT_LOSS ? fault->rate : 0,
                           .duplicate = fault->kind == OX_FAULT_DUPLICATE ? fault->rate : 0,
                           .jitter_ns = fault->kind == OX_FAULT_JITTER ? fault->jitter_ns : 0};
}

/* One draw per source, so that the chances are independent and a fault shifts none but its own. */
void ox_faults_draw(const struct ox_run *run, uint64_t n, struct ox_message *message) {
    uint64_t seed = run->config->seed;
    uint64_t pair = ((uint64_t)message->from->number << 32) | message->to->number;
    uint64_t latest_ns = 0, again_ns = 0;
    bool twice = false;
    for (uint32_t i = 0; i <= run->faults->rate_count; i++) {
        struct source s = source_at(run, i);
        if (!message->lost && s.loss > 0 &&
            ox_random_unit(seed, OX_STREAM_LOSS, pair, n, s.number) < s.loss) {
            message->lost = true;
            message->lost_by = s.fault;
        }
        if (!twice && s.duplicate > 0 &&
            ox_random_unit(seed, OX_STREAM_DUPLICATE, pair, n, s.number) < s.duplicate) {
            twice = true;
            message->twice_by = s.fault;
        }
        if (s.jitter_ns == 0)
            continue;
        uint64_t bits = ox_random(seed, OX_STREAM_JITTER, pair, n, s.number);
        uint64_t late_ns = ox_random_below(bits, s.jitter_ns + 1);
        bits = ox_random(seed, OX_STREAM_AGAIN, pair, n, s.number);
        again_ns += ox_random_below(bits, s.jitter_ns + 1);
        message->jitter_ns += late_ns;
        if (s.fault != OX_NO_FAULT && late_ns > latest_ns) {
            latest_ns = late_ns;
            message->late_by = s.fault;
        }
    }
    message->again_ns = twice && !message->lost ? MAX(again_ns, AGAIN_MIN_NS) : 0;
}
