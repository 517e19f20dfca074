/* results.c - judgements become JSON in the process that simulated, and numbers again in the one
 * that sums up. */
#include "scenarios/results.h"

#include "protocols/protocol.h"
#include "scenarios/file/units.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <simgrid/engine.h>
#include <simgrid/version.h>
#include <string.h>

#define SEED_DEPTH 2 /* of a seed's object within results.json */
#define BREAKS     3

const char *ox_simgrid_version(void) {
    return G_STRINGIFY(SIMGRID_VERSION_MAJOR) "." G_STRINGIFY(SIMGRID_VERSION_MINOR);
}

/* ---- one seed, written ---- */

static enum ox_verdict expectation(const struct ox_expectation *expect,
                                   const struct ox_judgement *judgement) {
    return ox_expect(judgement, expect->metric, expect->op, expect->bound);
}

static enum ox_verdict seed_verdict(const struct ox_scenario *scenario,
                                    const struct ox_judgement *judgement) {
    enum ox_verdict verdict = OX_PASS;
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        verdict = ox_verdict_worse(verdict, judgement->parts[i].verdict);
    for (size_t i = 0; i < scenario->expect_count; i++)
        verdict = ox_verdict_worse(verdict, expectation(&scenario->expect[i], judgement));
    return verdict;
}

static void write_part(struct ox_writer *json, enum ox_part part, enum ox_verdict verdict,
                       const char *reason, const uint64_t *seed) {
    ox_writer_object(json, NULL);
    ox_writer_text(json, "name", ox_part_word(part));
    ox_writer_text(json, "verdict", ox_verdict_word(verdict));
    ox_writer_text(json, "reason", reason);
    if (seed != NULL)
        ox_writer_uint(json, "seed", *seed);
    ox_writer_end_object(json);
}

static void write_value(struct ox_writer *json, const char *key,
                        const struct ox_metric_value *value) {
    if (value->known)
        ox_writer_number(json, key, value->value);
    else
        ox_writer_null(json, key);
}

static void write_expect(struct ox_writer *json, const struct ox_expectation *expect,
                         const struct ox_metric_value *value, enum ox_verdict verdict,
                         const uint64_t *seed) {
    const struct ox_metric_info *info = ox_metric_info(expect->metric);
    ox_writer_object(json, NULL);
    ox_writer_text(json, "metric", info->word);
    ox_writer_text(json, "op", ox_comparison_word(expect->op));
    ox_writer_number(json, "bound", expect->bound);
    ox_writer_text(json, "unit", info->unit);
    write_value(json, "value", value);
    ox_writer_text(json, "verdict", ox_verdict_word(verdict));
    if (seed != NULL)
        ox_writer_uint(json, "seed", *seed);
    ox_writer_end_object(json);
}

static void write_metrics(struct ox_writer *json, const struct ox_metric_value *metrics) {
    ox_writer_object(json, "metrics");
    for (size_t i = 0; i < OX_METRIC_COUNT; i++) {
        const struct ox_metric_info *info = ox_metric_info((enum ox_metric)i);
        if (!metrics[i].known) {
            ox_writer_null(json, info->word);
            continue;
        }
        ox_writer_object(json, info->word);
        ox_writer_number(json, "value", metrics[i].value);
        ox_writer_text(json, "unit", info->unit);
        ox_writer_end_object(json);
    }
    ox_writer_end_object(json);
}

static void write_fault(struct ox_writer *json, const struct ox_fault *fault,
                        const struct ox_fault_seen *seen) {
    ox_writer_object(json, NULL);
    ox_writer_text(json, "name", fault->name);
    ox_writer_text(json, "kind", ox_fault_word(fault->kind));
    ox_writer_number(json, "on", seen->on_s);
    if (seen->off_s < 0)
        ox_writer_null(json, "off");
    else
        ox_writer_number(json, "off", seen->off_s);
    ox_writer_uint(json, "hits", seen->hits);
    ox_writer_number(json, "expected", seen->expected);
    ox_writer_end_object(json);
}

static void write_numbers(struct ox_writer *json, const char *key, const double *values,
                          size_t count) {
    ox_writer_array(json, key);
    for (size_t i = 0; i < count; i++)
        ox_writer_number(json, NULL, values[i]);
    ox_writer_end_array(json);
}

static void write_series(struct ox_writer *json, const struct ox_judgement *judgement) {
    ox_writer_object(json, "series");
    for (size_t i = 0; i < judgement->series_count; i++) {
        const struct ox_series *series = &judgement->series[i];
        ox_writer_object(json, series->name);
        ox_writer_text(json, "unit", series->unit);
        ox_writer_text(json, "about", series->about);
        write_numbers(json, "t", series->t, series->count);
        write_numbers(json, "v", series->v, series->count);
        ox_writer_end_object(json);
    }
    ox_writer_end_object(json);
}

static void write_grid(struct ox_writer *json, const struct ox_grid *grid) {
    ox_writer_object(json, "grid");
    write_numbers(json, "t", grid->t, grid->columns);
    ox_writer_uint(json, "nodes_per_row", grid->nodes_per_row);
    ox_writer_array(json, "rows");
    for (size_t row = 0; row < grid->rows; row++)
        write_numbers(json, NULL, grid->v + row * grid->columns, grid->columns);
    ox_writer_end_array(json);
    ox_writer_end_object(json);
}

void ox_results_seed(const struct ox_scenario *scenario, uint64_t seed, uint64_t digest,
                     const struct ox_judgement *judgement, GString *text) {
    /* The first item of a container comes without a comma, so the object begins as if it were the
     * first one of "seeds". */
    struct ox_writer json = {.out = text, .depth = 0, .breaks = BREAKS};
    ox_writer_object(&json, NULL);
    json.depth = SEED_DEPTH + 1;
    ox_writer_uint(&json, "seed", seed);
    ox_writer_hash(&json, "digest", digest);
    ox_writer_text(&json, "verdict", ox_verdict_word(seed_verdict(scenario, judgement)));
    ox_writer_array(&json, "parts");
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        write_part(&json, (enum ox_part)i, judgement->parts[i].verdict, judgement->parts[i].reason,
                   NULL);
    ox_writer_end_array(&json);
    ox_writer_array(&json, "expect");
    for (size_t i = 0; i < scenario->expect_count; i++)
        write_expect(&json, &scenario->expect[i], &judgement->metrics[scenario->expect[i].metric],
                     expectation(&scenario->expect[i], judgement), NULL);
    ox_writer_end_array(&json);
    write_metrics(&json, judgement->metrics);
    ox_writer_array(&json, "faults");
    for (uint32_t i = 0; i < judgement->fault_count; i++)
        write_fault(&json, &scenario->world.faults[i], &judgement->faults[i]);
    ox_writer_end_array(&json);
    write_series(&json, judgement);
    write_grid(&json, &judgement->grid);
    ox_writer_end_object(&json);
}

/* ---- one seed, read back ---- */

struct reading {
    const cJSON *root;
    bool good;
};

static const cJSON *member(struct reading *in, const cJSON *object, const char *key) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    in->good = in->good && found != NULL;
    return found;
}

static const char *text_of(struct reading *in, const cJSON *object, const char *key) {
    const char *text = cJSON_GetStringValue(member(in, object, key));
    in->good = in->good && text != NULL;
    return text == NULL ? "" : text;
}

static double number_of(struct reading *in, const cJSON *item) {
    const char *text = cJSON_GetStringValue(item);
    if (text != NULL && strcmp(text, "inf") == 0)
        return INFINITY;
    in->good = in->good && cJSON_IsNumber(item);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static enum ox_verdict verdict_of(struct reading *in, const cJSON *object) {
    const char *word = text_of(in, object, "verdict");
    for (int verdict = OX_PASS; verdict <= OX_UNKNOWN; verdict++)
        if (strcmp(word, ox_verdict_word((enum ox_verdict)verdict)) == 0)
            return (enum ox_verdict)verdict;
    in->good = false;
    return OX_UNKNOWN;
}

static struct ox_metric_value value_of(struct reading *in, const cJSON *object, const char *key) {
    const cJSON *item = member(in, object, key);
    struct ox_metric_value value = {.known = item != NULL && !cJSON_IsNull(item)};
    if (value.known)
        value.value = number_of(in, item);
    return value;
}

static void read_parts(struct reading *in, struct ox_seed_results *results) {
    const cJSON *parts = member(in, in->root, "parts");
    for (int i = 0; i < OX_PART_COUNT && in->good; i++) {
        const cJSON *part = cJSON_GetArrayItem(parts, i);
        results->parts[i].verdict = verdict_of(in, part);
        results->parts[i].reason = g_strdup(text_of(in, part, "reason"));
        results->parts[i].seed = results->seed;
    }
}

static void read_expect(struct reading *in, size_t count, struct ox_seed_results *results) {
    const cJSON *expect = member(in, in->root, "expect");
    results->expect = g_new0(struct ox_expect_result, count);
    for (size_t i = 0; i < count && in->good; i++) {
        const cJSON *item = cJSON_GetArrayItem(expect, (int)i);
        results->expect[i].verdict = verdict_of(in, item);
        results->expect[i].value = value_of(in, item, "value");
        results->expect[i].seed = results->seed;
    }
}

static void read_metrics(struct reading *in, struct ox_seed_results *results) {
    const cJSON *metrics = member(in, in->root, "metrics");
    for (int i = 0; i < OX_METRIC_COUNT && in->good; i++) {
        const cJSON *item = member(in, metrics, ox_metric_info((enum ox_metric)i)->word);
        if (item != NULL && !cJSON_IsNull(item))
            results->metrics[i] = value_of(in, item, "value");
    }
}

static void read_heal(struct reading *in, struct ox_seed_results *results) {
    const cJSON *fault = NULL;
    results->last_heal_s = -1;
    cJSON_ArrayForEach(fault, member(in, in->root, "faults")) {
        const cJSON *off = cJSON_GetObjectItemCaseSensitive(fault, "off");
        bool partition = strcmp(text_of(in, fault, "kind"), ox_fault_word(OX_FAULT_PARTITION)) == 0;
        if (partition && cJSON_IsNumber(off))
            results->last_heal_s = MAX(results->last_heal_s, off->valuedouble);
    }
}

bool ox_seed_results_read(const struct ox_scenario *scenario, const char *json,
                          struct ox_seed_results *results, GError **error) {
    cJSON *root = cJSON_Parse(json);
    struct reading in = {.root = root, .good = root != NULL};
    *results = (struct ox_seed_results){.json = g_strdup(json)};
    if (in.good) {
        results->seed = (uint64_t)number_of(&in, member(&in, root, "seed"));
        g_strlcpy(results->digest, text_of(&in, root, "digest"), sizeof results->digest);
        results->verdict = verdict_of(&in, root);
        read_parts(&in, results);
        read_expect(&in, scenario->expect_count, results);
        read_metrics(&in, results);
        read_heal(&in, results);
    }
    cJSON_Delete(root);
    if (in.good)
        return true;
    ox_seed_results_clear(results);
    g_set_error(error, ox_world_error_quark(), 70, "the results of the run could not be read back");
    return false;
}

void ox_seed_results_clear(struct ox_seed_results *results) {
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        g_free(results->parts[i].reason);
    g_free(results->expect);
    g_free(results->json);
    *results = (struct ox_seed_results){0};
}

char *ox_seed_results_reason(const struct ox_scenario *scenario,
                             const struct ox_seed_results *results) {
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        if (results->verdict != OX_PASS && results->parts[i].verdict == results->verdict)
            return g_strdup_printf("%s: %s", ox_part_word((enum ox_part)i),
                                   results->parts[i].reason);
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct ox_expectation *expect = &scenario->expect[i];
        const struct ox_metric_info *info = ox_metric_info(expect->metric);
        if (results->verdict == OX_PASS || results->expect[i].verdict != results->verdict)
            continue;
        char *value = results->expect[i].value.known
                          ? ox_print_number(results->expect[i].value.value)
                          : g_strdup("not known");
        char *reason =
            g_strdup_printf("%s %s %s: it is %s%s%s", info->word, ox_comparison_word(expect->op),
                            expect->text, value, *info->unit == '\0' ? "" : " ", info->unit);
        g_free(value);
        return reason;
    }
    return g_strdup("");
}

void ox_seed_results_metrics(const struct ox_seed_results *results, struct ox_writer *json) {
    write_metrics(json, results->metrics);
}

/* ---- all seeds ---- */

static int rank(enum ox_verdict verdict) {
    return verdict == OX_FAIL ? 2 : verdict == OX_UNKNOWN ? 1 : 0;
}

/* How far on the wrong side of the bound; below 0: on the right side. */
static double distance(const struct ox_expectation *expect, const struct ox_metric_value *value) {
    if (!value->known)
        return -INFINITY;
    double over = value->value - expect->bound;
    switch (expect->op) {
    case OX_CMP_LT:
    case OX_CMP_LE:
        return over;
    case OX_CMP_GT:
    case OX_CMP_GE:
        return -over;
    case OX_CMP_EQ:
        return fabs(over);
    case OX_CMP_NE:
        break;
    }
    return -fabs(over);
}

static void sum_seed(struct ox_results *results, const struct ox_seed_results *seed) {
    results->verdict = ox_verdict_worse(results->verdict, seed->verdict);
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        if (rank(seed->parts[i].verdict) > rank(results->parts[i].verdict))
            results->parts[i] = seed->parts[i];
    for (size_t i = 0; i < results->scenario->expect_count; i++) {
        const struct ox_expectation *expect = &results->scenario->expect[i];
        int more = rank(seed->expect[i].verdict) - rank(results->expect[i].verdict);
        double further =
            distance(expect, &seed->expect[i].value) - distance(expect, &results->expect[i].value);
        if (more > 0 || (more == 0 && further > 0))
            results->expect[i] = seed->expect[i];
    }
}

void ox_results_sum(const struct ox_scenario *scenario, struct ox_seed_results *seeds, size_t count,
                    struct ox_results *results) {
    g_assert(count > 0);
    *results = (struct ox_results){
        .scenario = scenario, .seeds = seeds, .count = count, .verdict = seeds[0].verdict};
    memcpy(results->parts, seeds[0].parts, sizeof results->parts);
    results->expect = g_new0(struct ox_expect_result, scenario->expect_count);
    for (size_t i = 0; i < scenario->expect_count; i++)
        results->expect[i] = seeds[0].expect[i];
    for (size_t i = 1; i < count; i++)
        sum_seed(results, &seeds[i]);
}

void ox_results_clear(struct ox_results *results) {
    for (size_t i = 0; i < results->count; i++)
        ox_seed_results_clear(&results->seeds[i]);
    g_free(results->seeds);
    g_free(results->expect);
    *results = (struct ox_results){0};
}

uint64_t ox_results_worst_seed(const struct ox_results *results) {
    for (size_t i = 0; i < results->count; i++)
        if (results->seeds[i].verdict == results->verdict)
            return results->seeds[i].seed;
    return results->seeds[0].seed;
}

static void write_head(const struct ox_scenario *scenario, struct ox_writer *json) {
    ox_writer_text(json, "schema", "oxbow-results-1");
    ox_writer_text(json, "oxbow", OXBOW_VERSION);
    ox_writer_text(json, "scenario", scenario->name);
    ox_writer_text(json, "about", scenario->about);
    ox_writer_hash(json, "hash", scenario->hash);
    ox_writer_uint(json, "nodes", scenario->world.network.nodes);
    ox_writer_number(json, "duration", (double)scenario->world.duration_ns / 1e9);
    ox_writer_text(json, "protocol", scenario->world.node.sync->name);
    ox_writer_text(json, "simgrid", ox_simgrid_version());
    unsigned breaks = json->breaks;
    ox_writer_array(json, "replicas");
    json->breaks = 0; /* a thousand names want no line each */
    for (uint32_t node = 0; node < scenario->world.network.nodes; node++) {
        char *where = ox_scenario_where(scenario, node);
        ox_writer_text(json, NULL, where);
        g_free(where);
    }
    ox_writer_end_array(json);
    json->breaks = breaks;
}

void ox_results_write(const struct ox_results *results, const char *reproduce, GString *text) {
    const struct ox_scenario *scenario = results->scenario;
    struct ox_writer json = {.out = text, .breaks = BREAKS - 1};
    ox_writer_object(&json, NULL);
    write_head(scenario, &json);
    ox_writer_text(&json, "verdict", ox_verdict_word(results->verdict));
    ox_writer_array(&json, "parts");
    for (size_t i = 0; i < OX_PART_COUNT; i++)
        write_part(&json, (enum ox_part)i, results->parts[i].verdict, results->parts[i].reason,
                   &results->parts[i].seed);
    ox_writer_end_array(&json);
    ox_writer_array(&json, "expect");
    for (size_t i = 0; i < scenario->expect_count; i++)
        write_expect(&json, &scenario->expect[i], &results->expect[i].value,
                     results->expect[i].verdict, &results->expect[i].seed);
    ox_writer_end_array(&json);
    ox_writer_array(&json, "seeds");
    for (size_t i = 0; i < results->count; i++)
        ox_writer_raw(&json, NULL, results->seeds[i].json);
    ox_writer_end_array(&json);
    ox_writer_text(&json, "reproduce", reproduce);
    ox_writer_end_object(&json);
    g_string_append_c(text, '\n');
}
