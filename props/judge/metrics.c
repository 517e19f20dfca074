/* metrics.c - see metrics.h. */
#include "props/judge/metrics.h"
#include "props/judge/final.h"

#include <math.h>
#include <string.h>

#define SECOND 1e9

void ox_traffic_observe(struct ox_traffic *traffic, const struct ox_observation *observation) {
    switch (observation->kind) {
    case OX_OBS_SEND:
        traffic->sent++;
        break;
    case OX_OBS_DELIVER:
        traffic->delivered++;
        traffic->duplicated += observation->message.duplicate;
        traffic->bytes += observation->message.bytes;
        break;
    case OX_OBS_DROP:
        traffic->dropped++;
        break;
    default:
        break;
    }
}

static void set(struct ox_metric_value *metric, double value) {
    *metric = (struct ox_metric_value){.known = true, .value = value};
}

static const struct ox_made *made_at(const struct ox_history *history, uint32_t i) {
    return g_ptr_array_index(history->made, i);
}

/* ---- convergence ---- */

/* The least time >= from_ns, as seconds after it, at which all live nodes held every owed update
 * made before `before_ns`. Without such an update there was nothing to converge on: unknown. */
static void set_converged(struct ox_metric_value *metric, const struct ox_history *history,
                          uint64_t from_ns, uint64_t before_ns) {
    GPtrArray *covers = g_ptr_array_new();
    for (uint32_t i = 0; i < history->made->len; i++) {
        const struct ox_made *made = made_at(history, i);
        if (!made->died && made->made_ns < before_ns)
            g_ptr_array_add(covers, (void *)&made->cover);
    }
    uint64_t at_ns;
    bool ever = ox_coverage_first((const struct ox_coverage *const *)covers->pdata, covers->len,
                                  from_ns, &at_ns);
    if (covers->len > 0)
        set(metric, ever ? (double)(at_ns - from_ns) / SECOND : INFINITY);
    g_ptr_array_free(covers, TRUE);
}

static void fill_convergence(struct ox_metric_value *metrics, const struct ox_history *history,
                             const struct ox_run_end *end) {
    if (!end->ended)
        return;
    if (end->healed)
        set_converged(&metrics[OX_METRIC_CONVERGE_AFTER_HEAL], history, end->heal_ns, end->heal_ns);
    if (history->made->len > 0) {
        uint64_t last_ns = made_at(history, history->made->len - 1)->made_ns;
        set_converged(&metrics[OX_METRIC_CONVERGE_AFTER_LAST_UPDATE], history, last_ns, UINT64_MAX);
    }
    set(&metrics[OX_METRIC_QUIET_AFTER],
        end->quiet ? (double)(end->end_ns - end->settle_ns) / SECOND : INFINITY);
}

/* ---- visibility ---- */

static void swap(uint64_t *a, uint64_t *b) {
    uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

/* The element of that rank (from 0) in ascending order; reorders the array. Hoare's quickselect
 * with the middle as pivot, O(count) expected. */
static uint64_t select_rank(uint64_t *values, int64_t count, int64_t rank) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        uint64_t pivot = values[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j)
                swap(&values[i++], &values[j--]);
        }
        if (rank > j && rank < i)
            break; /* between the halves: it is the pivot */
        if (rank <= j)
            high = j;
        else
            low = i;
    }
    return values[rank];
}

/* The nearest rank of a percentile. */
static double percentile(uint64_t *values, size_t count, unsigned percent) {
    size_t rank = (count * percent + 99) / 100;
    return (double)select_rank(values, (int64_t)count, (int64_t)rank - 1) / SECOND;
}

static void fill_visible(struct ox_metric_value *metrics, const struct ox_history *history) {
    size_t count = 0;
    for (uint32_t i = 0; i < history->made->len; i++) {
        const struct ox_made *made = made_at(history, i);
        count += !made->died && made->visible_ns ? made->visible_ns->len : 0;
    }
    if (count == 0)
        return;
    uint64_t *after_ns = g_new(uint64_t, count), *next = after_ns;
    for (uint32_t i = 0; i < history->made->len; i++) {
        const struct ox_made *made = made_at(history, i);
        if (made->died || !made->visible_ns)
            continue;
        memcpy(next, made->visible_ns->data, made->visible_ns->len * sizeof *next);
        next += made->visible_ns->len;
    }
    set(&metrics[OX_METRIC_VISIBLE_P50], percentile(after_ns, count, 50));
    set(&metrics[OX_METRIC_VISIBLE_P95], percentile(after_ns, count, 95));
    set(&metrics[OX_METRIC_VISIBLE_MAX], percentile(after_ns, count, 100));
    g_free(after_ns);
}

/* ---- counts ---- */

static uint64_t count_died(const struct ox_history *history) {
    uint64_t died = 0;
    for (uint32_t i = 0; i < history->made->len; i++)
        died += made_at(history, i)->died;
    return died;
}

static void fill_updates(struct ox_metric_value *metrics, const struct ox_history *history,
                         const struct ox_run_end *end) {
    uint64_t died = count_died(history);
    set(&metrics[OX_METRIC_UPDATES], history->made->len);
    set(&metrics[OX_METRIC_UPDATES_OWED], (double)(history->made->len - died));
    set(&metrics[OX_METRIC_UPDATES_DIED], (double)died);
    set(&metrics[OX_METRIC_READS], (double)end->reads);
    /* Where there was nothing to lose or to violate, "none" would be a claim without evidence. */
    if (history->made->len > 0 || end->causality_violations > 0)
        set(&metrics[OX_METRIC_CAUSALITY_VIOLATIONS], (double)end->causality_violations);
    if (end->ended && history->live > 0 && history->made->len > died)
        set(&metrics[OX_METRIC_LOST_UPDATES], (double)ox_final_lost(history));
    if (end->reads > 0)
        set(&metrics[OX_METRIC_WRONG_READS], (double)end->wrong_reads);
}

static void fill_traffic(struct ox_metric_value *metrics, const struct ox_history *history,
                         const struct ox_traffic *traffic) {
    set(&metrics[OX_METRIC_MESSAGES_SENT], (double)traffic->sent);
    set(&metrics[OX_METRIC_MESSAGES_DELIVERED], (double)traffic->delivered);
    set(&metrics[OX_METRIC_MESSAGES_DROPPED], (double)traffic->dropped);
    set(&metrics[OX_METRIC_MESSAGES_DUPLICATED], (double)traffic->duplicated);
    if (history->nodes > 0)
        set(&metrics[OX_METRIC_BYTES_PER_NODE], (double)traffic->bytes / history->nodes);
    uint64_t owed = history->made->len - count_died(history);
    if (owed == 0 || history->nodes < 2)
        return;
    double copies = (double)owed * (history->nodes - 1);
    set(&metrics[OX_METRIC_BYTES_PER_UPDATE], (double)traffic->bytes / copies);
    set(&metrics[OX_METRIC_MESSAGES_PER_UPDATE], (double)traffic->delivered / copies);
}

void ox_metrics_fill(struct ox_metric_value metrics[OX_METRIC_COUNT],
                     const struct ox_history *history, const struct ox_run_end *end) {
    memset(metrics, 0, OX_METRIC_COUNT * sizeof *metrics);
    fill_convergence(metrics, history, end);
    fill_visible(metrics, history);
    fill_updates(metrics, history, end);
    fill_traffic(metrics, history, &end->traffic);
}
