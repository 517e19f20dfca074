/* explain.c - `oxbow explain`: what a scenario will do, in words, before it does it. */
#include "scenarios/file/units.h"
#include "scenarios/program/commands.h"

#include "protocols/protocol.h"

#include <stdio.h>
#include <string.h>

/* ---- where the nodes are ---- */

static void explain_nodes(const struct ox_scenario *scenario) {
    const struct ox_network *network = &scenario->world.network;
    printf("\nWhere\n  %u nodes", network->nodes);
    if (network->kind != OX_PLATFORM_REGIONS) {
        printf(" on the hosts of %s\n", network->xml);
        for (uint32_t i = 0; i < network->nodes; i++)
            printf("  %8u  %s\n", i, network->hosts[i]);
        return;
    }
    uint32_t regions = network->regions.count;
    printf(" in %u regions:", regions);
    for (uint32_t i = 0; i < regions; i++)
        printf("%s %s %u", i == 0 ? "" : ",", network->regions.names[i],
               network->nodes / regions + (i < network->nodes % regions));
    putchar('\n');
}

/* ---- what happens when ---- */

struct moment {
    uint64_t ns;
    size_t turn;
    char *text;
};

static void moment_add(GArray *moments, uint64_t ns, char *text) {
    struct moment moment = {.ns = ns, .turn = moments->len, .text = text};
    g_array_append_val(moments, moment);
}

static gint compare_moments(gconstpointer a, gconstpointer b) {
    const struct moment *x = a, *y = b;
    if (x->ns != y->ns)
        return x->ns < y->ns ? -1 : 1;
    return x->turn < y->turn ? -1 : x->turn > y->turn;
}

static char *group_sizes(const struct ox_fault *fault, uint32_t nodes) {
    GString *text = g_string_new(NULL);
    for (uint32_t group = 0, met = 0; met < nodes; group++) {
        uint32_t size = 0;
        for (uint32_t node = 0; node < nodes; node++)
            size += fault->group[node] == group;
        met += size;
        g_string_append_printf(text, "%s%u", group == 0 ? "" : " | ", size);
    }
    return g_string_free(text, FALSE);
}

static char *fault_text(const struct ox_fault *fault, uint32_t nodes) {
    char *detail = NULL, *first = NULL, *second = NULL;
    switch (fault->kind) {
    case OX_FAULT_PARTITION:
        first = group_sizes(fault, nodes);
        detail = g_strdup_printf("groups of %s nodes", first);
        break;
    case OX_FAULT_LOSS:
    case OX_FAULT_DUPLICATE:
        detail = ox_print_share(fault->rate);
        break;
    case OX_FAULT_JITTER:
        first = ox_print_duration(fault->jitter_ns);
        detail = g_strdup_printf("up to %s", first);
        break;
    case OX_FAULT_CRASH:
        first = ox_print_duration(fault->stagger_ns);
        second = fault->for_ns == OX_NEVER ? g_strdup("good") : ox_print_duration(fault->for_ns);
        detail =
            g_strdup_printf("%u nodes, one every %s, each down for %s, its disk is %s",
                            fault->node_count, first, second, fault->keeps_disk ? "kept" : "lost");
        break;
    case OX_FAULT_COUNT:
        break;
    }
    char *text =
        g_strdup_printf("%s begins: %s, %s", fault->name, ox_fault_word(fault->kind), detail);
    g_free(detail);
    g_free(first);
    g_free(second);
    return text;
}

static void add_faults(GArray *moments, const struct ox_world_config *world) {
    for (uint32_t i = 0; i < world->fault_count; i++) {
        const struct ox_fault *fault = &world->faults[i];
        uint64_t last = fault->at_ns;
        moment_add(moments, fault->at_ns, fault_text(fault, world->network.nodes));
        if (fault->kind == OX_FAULT_CRASH && fault->node_count > 0)
            last += fault->stagger_ns * (fault->node_count - 1);
        if (fault->for_ns != OX_NEVER)
            moment_add(moments, last + fault->for_ns, g_strdup_printf("%s ends", fault->name));
    }
}

static void add_phases(GArray *moments, const struct ox_world_config *world) {
    char *rate = ox_print_number(world->workload.rate);
    char *quiet = ox_print_duration(world->quiet_ns);
    char *settle = ox_print_duration(world->settle_ns);
    moment_add(moments, 0,
               g_strdup_printf("the nodes start; %s updates/s on %u keys begin", rate,
                               world->workload.keys));
    moment_add(moments, world->workload.until_ns, g_strdup("the last update is made"));
    moment_add(
        moments, world->duration_ns,
        g_strdup_printf("faults, loss, duplication and jitter have ended; the system settles "
                        "until nothing changed for %s",
                        quiet));
    moment_add(moments, world->duration_ns + world->settle_ns,
               g_strdup_printf("not quiet by now, %s later: the verdict is unknown", settle));
    g_free(rate);
    g_free(quiet);
    g_free(settle);
}

static void explain_times(const struct ox_scenario *scenario) {
    GArray *moments = g_array_new(FALSE, FALSE, sizeof(struct moment));
    add_phases(moments, &scenario->world);
    add_faults(moments, &scenario->world);
    g_array_sort(moments, compare_moments);
    printf("\nWhen\n");
    for (guint i = 0; i < moments->len; i++) {
        struct moment *moment = &g_array_index(moments, struct moment, i);
        char *time = ox_print_duration(moment->ns);
        printf("  %10s  %s\n", time, moment->text);
        g_free(time);
        g_free(moment->text);
    }
    g_array_free(moments, TRUE);
}

/* ---- what must be true ---- */

static void explain_expectations(const struct ox_scenario *scenario) {
    printf("\nWhat must be true\n  state, value, causality, reach: the four parts of every "
           "verdict\n");
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct ox_expectation *expect = &scenario->expect[i];
        const struct ox_metric_info *info = ox_metric_info(expect->metric);
        printf("  %s %s %s: %s\n", info->word, ox_comparison_word(expect->op), expect->text,
               info->about);
    }
}

static void explain_sweep(const struct ox_scenario *scenario) {
    for (size_t i = 0; i < scenario->axis_count; i++) {
        char *values = g_strjoinv(" | ", scenario->axes[i].values);
        printf("%s  %s = %s\n", i == 0 ? "\nWith `oxbow sweep`\n" : "", scenario->axes[i].key,
               values);
        g_free(values);
    }
}

/* ---- every value ---- */

static void explain_values(const struct ox_scenario *scenario) {
    printf("\nValues\n");
    for (size_t i = 0; i < scenario->setting_count; i++) {
        const struct ox_setting *setting = &scenario->settings[i];
        char *where = setting->given ? ox_place_text(setting->place) : g_strdup("default");
        char *path = g_strdup_printf("%s.%s", setting->section, setting->key);
        printf("  %s = %s\n      %s; %s\n", path, setting->value, where, setting->about);
        g_free(where);
        g_free(path);
    }
}

static void explain(const struct ox_scenario *scenario) {
    const struct ox_protocol *sync = scenario->world.node.sync;
    printf("%s (%s, hash %08x)\n", scenario->name, scenario->path,
           (unsigned)(scenario->hash >> 32));
    if (*scenario->about != '\0')
        printf("  %s\n", scenario->about);
    explain_nodes(scenario);
    printf("  each runs %s: %s\n", sync->name, sync->about);
    explain_times(scenario);
    explain_expectations(scenario);
    explain_sweep(scenario);
    explain_values(scenario);
}

int ox_command_explain(int argc, char **argv) {
    struct ox_request request;
    ox_request_init(&request);
    int code = ox_request_parse(&request, OX_OPTION_SET,
                                "Says what a scenario will do, and where each value comes from.",
                                argc, argv);
    for (size_t i = 0; code == 0 && request.scenarios[i] != NULL; i++) {
        struct ox_errors *errors = ox_errors_new();
        struct ox_scenario scenario;
        if (ox_scenario_load(request.scenarios[i], request.overrides, errors, &scenario))
            explain(&scenario);
        else
            code = OX_EXIT_INPUT;
        ox_errors_print(errors, stderr);
        ox_errors_free(errors);
        ox_scenario_clear(&scenario);
    }
    ox_request_clear(&request);
    return code;
}
