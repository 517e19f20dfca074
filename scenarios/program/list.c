/* list.c - `oxbow list`: what there is, from the tables that the program itself works by. */
#include "protocols/protocol.h"
#include "scenarios/program/commands.h"

#include <stdio.h>
#include <string.h>

static void list_types(void) {
    for (size_t i = 0; ox_types[i] != NULL; i++) {
        printf("%-12s %s\n", ox_types[i]->name, ox_types[i]->about);
        for (size_t v = 0; v < ox_types[i]->verb_count; v++)
            printf("  %-10s %s\n", ox_types[i]->verbs[v].name, ox_types[i]->verbs[v].about);
    }
}

static void list_protocols(void) {
    for (size_t i = 0; ox_protocols[i] != NULL; i++) {
        unsigned promises = ox_protocols[i]->promises;
        printf("%-12s %s\n  promises   %s%s%s\n", ox_protocols[i]->name, ox_protocols[i]->about,
               promises == 0 ? "nothing" : "",
               (promises & OX_PROMISE_EVENTUAL) != 0 ? "eventual delivery" : "",
               (promises & OX_PROMISE_CAUSAL) != 0 ? ", causal across objects" : "");
    }
}

static void list_faults(void) {
    for (int kind = 0; kind < OX_FAULT_COUNT; kind++)
        printf("%-12s %s\n", ox_fault_word((enum ox_fault_kind)kind),
               ox_fault_about((enum ox_fault_kind)kind));
}

static void list_metrics(void) {
    for (int i = 0; i < OX_METRIC_COUNT; i++) {
        const struct ox_metric_info *info = ox_metric_info((enum ox_metric)i);
        printf("%-28s %-3s %s\n", info->word, *info->unit == '\0' ? "-" : info->unit, info->about);
    }
}

static gint compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every .ini of a folder, sorted; a file that does not load is shown with its first mistake. */
static int list_scenarios(const char *folder) {
    GError *error = NULL;
    GDir *dir = g_dir_open(folder, 0, &error);
    if (dir == NULL) {
        fprintf(stderr, "oxbow list: error: %s\n", error->message);
        g_error_free(error);
        return OX_EXIT_INPUT;
    }
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    const char *name = NULL;
    while ((name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ".ini"))
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    g_dir_close(dir);
    g_ptr_array_sort(paths, compare_names);
    for (guint i = 0; i < paths->len; i++) {
        struct ox_errors *errors = ox_errors_new();
        struct ox_scenario scenario;
        const char *path = g_ptr_array_index(paths, i);
        bool good = ox_scenario_load(path, NULL, errors, &scenario);
        printf("%-32s %s\n", path, good ? scenario.about : ox_errors_line(errors, 0));
        ox_scenario_clear(&scenario);
        ox_errors_free(errors);
    }
    g_ptr_array_free(paths, TRUE);
    return OX_EXIT_PASS;
}

int ox_command_list(int argc, char **argv) {
    static const GOptionEntry entries[] = {{0}};
    static const struct {
        const char *what;
        void (*list)(void);
    } lists[] = {{"types", list_types},
                 {"protocols", list_protocols},
                 {"faults", list_faults},
                 {"metrics", list_metrics}};
    int code = ox_options_parse("types|protocols|faults|metrics|scenarios [DIR]",
                                "Lists what scenario files can name.", entries, &argc, &argv);
    if (code != 0)
        return code;
    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "scenarios") == 0)
        return list_scenarios(argc == 3 ? argv[2] : "scenarios");
    for (size_t i = 0; argc == 2 && i < G_N_ELEMENTS(lists); i++)
        if (strcmp(argv[1], lists[i].what) == 0) {
            lists[i].list();
            return OX_EXIT_PASS;
        }
    fprintf(stderr, "oxbow list: one of types, protocols, faults, metrics, scenarios\n");
    return OX_EXIT_USAGE;
}
