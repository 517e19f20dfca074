/* assemble.c - from values to a world: derived defaults, files, groups, and what must go together.
 */
#include "scenarios/file/contents.h"
#include "scenarios/file/groups.h"
#include "scenarios/file/loader.h"
#include "scenarios/file/profiles.h"
#include "scenarios/file/units.h"

#include "protocols/protocol.h"

#include <string.h>

#define QUIET_LEAST_NS  (10 * OX_SECOND_NS)
#define SETTLE_LEAST_NS (300 * OX_SECOND_NS)
#define INPUT_SIZE_MAX  ((size_t)64 << 20)

static const struct ox_key *key_of(const char *section, const char *name) {
    return ox_rule_key(ox_section_rule(section), name);
}

static bool in_effect(const struct ox_loading *in, const char *section, const char *key) {
    return ox_loading_setting(in, section, key) != NULL;
}

/* ---- derived defaults ---- */

static void derive_name(struct ox_loading *in) {
    if (in_effect(in, "scenario", "name"))
        return;
    char *base = g_path_get_basename(in->path);
    if (g_str_has_suffix(base, ".ini"))
        base[strlen(base) - 4] = '\0';
    in->draft.name = base;
    ox_loading_derive(in, "scenario", key_of("scenario", "name"), g_strdup(base));
}

static void derive_duration(struct ox_loading *in, const char *section, const char *key,
                            uint64_t *field, uint64_t value) {
    if (in_effect(in, section, key))
        return;
    *field = MIN(value, OX_DURATION_MAX_NS);
    ox_loading_derive(in, section, key_of(section, key), ox_print_duration(*field));
}

static uint64_t times(uint64_t ns, uint64_t factor) {
    return ns > OX_DURATION_MAX_NS / factor ? OX_DURATION_MAX_NS : ns * factor;
}

static void derive_durations(struct ox_loading *in) {
    struct ox_draft *draft = &in->draft;
    uint64_t longest = draft->interval_ns;
    if (draft->repair == OX_REPAIR_DIGEST)
        longest = MAX(longest, draft->repair_interval_ns);
    derive_duration(in, "scenario", "quiet", &draft->quiet_ns,
                    MAX(QUIET_LEAST_NS, times(longest, 10)));
    derive_duration(in, "scenario", "settle", &draft->settle_ns,
                    MAX(SETTLE_LEAST_NS, times(draft->quiet_ns, 3)));
    derive_duration(in, "workload", "until", &draft->until_ns, draft->duration_ns);
}

/* ---- checks of single values against others ---- */

static bool name_fits_folder(const char *name) {
    if (*name == '\0' || *name == '.' || *name == '-' || strlen(name) > 100)
        return false;
    for (; *name != '\0'; name++)
        if (!g_ascii_isalnum(*name) && strchr("_-.", *name) == NULL)
            return false;
    return true;
}

static void check_scenario(struct ox_loading *in) {
    const struct ox_draft *draft = &in->draft;
    if (!name_fits_folder(draft->name))
        ox_errors_add(in->errors, ox_loading_place(in, "scenario", "name"),
                      "'%s' cannot name a folder; take letters, digits, '_', '-' and '.'",
                      draft->name);
    if (draft->settle_ns < draft->quiet_ns)
        ox_errors_add(in->errors, ox_loading_place(in, "scenario", "settle"),
                      "'settle' is shorter than 'quiet': nothing could ever be quiet");
}

static void check_replica(struct ox_loading *in) {
    const struct ox_draft *draft = &in->draft;
    if (draft->fanout >= draft->nodes)
        ox_errors_add(in->errors, ox_loading_place(in, "replica", "overlay"),
                      "fanout=%" G_GUINT64_FORMAT ": of %" G_GUINT64_FORMAT
                      " nodes each has only %" G_GUINT64_FORMAT " peers",
                      draft->fanout, draft->nodes, draft->nodes - 1);
}

static void check_workload(struct ox_loading *in) {
    const struct ox_draft *draft = &in->draft;
    char *until = ox_print_duration(draft->until_ns);
    char *duration = ox_print_duration(draft->duration_ns);
    if (draft->until_ns > draft->duration_ns)
        ox_errors_add(in->errors, ox_loading_place(in, "workload", "until"),
                      "'until' is %s, but the run's duration is %s", until, duration);
    if (draft->key_count < draft->types->len)
        ox_errors_add(in->errors, ox_loading_place(in, "workload", "keys"),
                      "%" G_GUINT64_FORMAT " keys cannot have %u types", draft->key_count,
                      draft->types->len);
    g_free(until);
    g_free(duration);
}

/* ---- the network ---- */

/* What is read `again` later cannot be a pipe. */
static bool read_contents(struct ox_input *input, bool again, GError **error) {
    bool there = g_file_test(input->path, G_FILE_TEST_EXISTS);
    if (!again || !there || g_file_test(input->path, G_FILE_TEST_IS_REGULAR))
        return ox_contents_read(input->path, INPUT_SIZE_MAX, &input->data, &input->size, error);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file");
    return false;
}

/* Where `file` lies that the file at `from` names. */
static char *path_beside(const char *from, const char *file) {
    char *folder = g_path_get_dirname(from);
    bool as_it_is = g_path_is_absolute(file) || strcmp(folder, ".") == 0;
    char *path = as_it_is ? g_strdup(file) : g_build_filename(folder, file, NULL);
    g_free(folder);
    return path;
}

/* Reads a file into the inputs; takes both texts. */
static const struct ox_input *read_input(struct ox_loading *in, char *path, char *name,
                                         bool again) {
    struct ox_place place = ox_loading_place(in, "network", "platform");
    struct ox_input input = {.path = path, .name = name};
    GError *error = NULL;
    if (read_contents(&input, again, &error)) {
        g_array_append_val(in->inputs, input);
        return &g_array_index(in->inputs, struct ox_input, in->inputs->len - 1);
    }
    ox_errors_add(in->errors, place, "'%s': %s", input.path, error->message);
    g_error_free(error);
    g_free(input.path);
    g_free(input.name);
    return NULL;
}

/* The file that the platform names. */
static const struct ox_input *read_platform(struct ox_loading *in, bool again) {
    char *base = g_path_get_basename(in->draft.file);
    char *name = g_strconcat("inputs/", base, NULL);
    g_free(base);
    return read_input(in, path_beside(in->path, in->draft.file), name, again);
}

/* Whether a run folder can hold the file where a copy of the platform looks for it. */
static bool lies_below(const char *file) {
    char **parts = g_strsplit(file, "/", -1);
    bool up = g_strv_contains((const char *const *)parts, "..");
    g_strfreev(parts);
    return !g_path_is_absolute(file) && !up;
}

/* SimGrid reads them again, from where they lie. */
static bool read_profiles(struct ox_loading *in, const char *path, const char *xml, size_t size) {
    GPtrArray *files = ox_profiles_of(xml, size);
    bool good = true;
    for (guint i = 0; i < files->len; i++) {
        const char *file = files->pdata[i];
        char *name = lies_below(file) ? g_strconcat("inputs/", file, NULL) : NULL;
        good = read_input(in, path_beside(path, file), name, true) != NULL && good;
    }
    g_ptr_array_unref(files);
    return good;
}

static bool make_matrix(struct ox_loading *in, struct ox_network *network) {
    const struct ox_input *input = read_platform(in, false);
    return input != NULL &&
           ox_regions_read(input->path, input->data, input->size, &network->regions, in->errors);
}

/* The probe's "FILE:LINE: error: WHY", within a message of the scenario. */
static void refuse_platform(struct ox_loading *in, const char *message) {
    const char *mark = strstr(message, ": error: ");
    struct ox_place place = ox_loading_place(in, "network", "platform");
    if (mark == NULL)
        ox_errors_add(in->errors, place, "the platform cannot be used: %s", message);
    else
        ox_errors_add(in->errors, place, "the platform cannot be used: %.*s: %s",
                      (int)(mark - message), message, mark + strlen(": error: "));
}

static bool make_simgrid(struct ox_loading *in, struct ox_network *network) {
    const struct ox_input *input = read_platform(in, true);
    GError *error = NULL;
    if (input == NULL)
        return false;
    network->kind = OX_PLATFORM_SIMGRID;
    network->xml = g_strdup(input->path);
    if (!read_profiles(in, network->xml, input->data, input->size))
        return false;
    if (ox_platform_probe(network, &network->hosts, &error))
        return true;
    refuse_platform(in, error->message);
    g_error_free(error);
    return false;
}

static bool make_network(struct ox_loading *in, struct ox_network *network) {
    const struct ox_draft *draft = &in->draft;
    network->kind = OX_PLATFORM_REGIONS;
    network->nodes = (uint32_t)draft->nodes;
    network->fidelity = (enum ox_fidelity)draft->fidelity;
    network->loss = draft->loss;
    network->duplicate = draft->duplicate;
    network->jitter_ns = draft->jitter_ns;
    network->regions.host_bandwidth = draft->host_bandwidth;
    network->regions.region_bandwidth = draft->region_bandwidth;
    switch ((enum ox_platform_form)draft->platform) {
    case OX_FORM_MATRIX:
        return make_matrix(in, network);
    case OX_FORM_SIMGRID:
        return make_simgrid(in, network);
    case OX_FORM_REGIONS:
        break;
    }
    if (draft->across_ns < draft->inside_ns) {
        ox_errors_add(in->errors, ox_loading_place(in, "network", "platform"),
                      "'across' is below 'inside': regions are farther apart than their own hosts");
        return false;
    }
    ox_regions_generate((uint32_t)draft->regions, draft->inside_ns, draft->across_ns,
                        draft->placement, &network->regions);
    return true;
}

/* ---- faults ---- */

struct fault_making {
    struct ox_loading *in;
    const struct ox_fault_section *section;
    char *name; /* "fault.split" */
    const struct ox_network *network;
};

static void wrong_time(const struct fault_making *making, const char *key, uint64_t ns,
                       const char *what) {
    char *time = ox_print_duration(ns);
    char *duration = ox_print_duration(making->in->draft.duration_ns);
    ox_errors_add(making->in->errors, ox_loading_place(making->in, making->name, key),
                  "%s %s, but the run's duration is %s", what, time, duration);
    g_free(time);
    g_free(duration);
}

/* When the last of the nodes stops; of other faults: when they begin. */
static uint64_t last_start(const struct ox_fault_draft *draft, uint32_t nodes) {
    return nodes < 2 ? draft->at_ns : draft->at_ns + times(draft->stagger_ns, nodes - 1);
}

static void make_times(const struct fault_making *making, struct ox_fault *fault) {
    struct ox_loading *in = making->in;
    const struct ox_fault_draft *draft = &making->section->draft;
    uint64_t duration = in->draft.duration_ns;
    uint64_t last = last_start(draft, fault->node_count);
    bool has_end = in_effect(in, making->name, "for");
    fault->at_ns = draft->at_ns;
    fault->stagger_ns = draft->stagger_ns;
    fault->for_ns = draft->for_ns;
    if (draft->at_ns >= duration) {
        wrong_time(making, "at", draft->at_ns, "the fault begins at");
    } else if (last >= duration) {
        wrong_time(making, "stagger", last, "the last node would stop at");
    } else if (has_end && draft->for_ns > duration - last) {
        wrong_time(making, "for", last + draft->for_ns, "the fault ends at");
    } else if (!has_end && fault->kind == OX_FAULT_CRASH) {
        fault->for_ns = OX_NEVER;
    } else if (!has_end) {
        fault->for_ns = duration - draft->at_ns;
        ox_loading_derive(in, making->name, key_of(making->name, "for"),
                          ox_print_duration(fault->for_ns));
    }
}

static void make_fault(const struct fault_making *making, struct ox_fault *fault) {
    struct ox_loading *in = making->in;
    const struct ox_fault_draft *draft = &making->section->draft;
    *fault = (struct ox_fault){.kind = (enum ox_fault_kind)draft->kind,
                               .name = g_strdup(making->section->name),
                               .rate = draft->rate,
                               .jitter_ns = draft->jitter_ns,
                               .keeps_disk = draft->keeps == OX_KEEPS_DISK};
    if (fault->kind == OX_FAULT_PARTITION)
        fault->group =
            ox_groups_read(draft->groups, making->network->nodes, &making->network->regions,
                           ox_loading_place(in, making->name, "groups"), in->errors);
    if (fault->kind == OX_FAULT_CRASH)
        fault->nodes = ox_nodes_read(
            draft->nodes, making->network->nodes, &making->network->regions,
            ox_loading_place(in, making->name, "nodes"), in->errors, &fault->node_count);
    make_times(making, fault);
}

static void make_faults(struct ox_loading *in, struct ox_world_config *world) {
    world->fault_count = in->faults->len;
    world->faults = g_new0(struct ox_fault, in->faults->len);
    for (guint i = 0; i < in->faults->len; i++) {
        const struct ox_fault_section *section = g_ptr_array_index(in->faults, i);
        struct fault_making making = {.in = in,
                                      .section = section,
                                      .name = g_strconcat("fault.", section->name, NULL),
                                      .network = &world->network};
        make_fault(&making, &world->faults[i]);
        g_free(making.name);
    }
}

/* ---- the world ---- */

static void make_workload(const struct ox_draft *draft, struct ox_workload *workload) {
    workload->type_count = draft->types->len;
    workload->types = g_new0(const struct ox_type *, draft->types->len);
    for (guint i = 0; i < draft->types->len; i++)
        workload->types[i] = ox_types[g_array_index(draft->types, size_t, i)];
    workload->keys = (uint32_t)draft->key_count;
    workload->zipf_s = draft->keys == OX_KEYS_ZIPF ? draft->zipf_s : 0;
    workload->rate = draft->rate;
    workload->until_ns = draft->until_ns;
    workload->elements = (uint32_t)draft->elements;
    workload->removes = draft->removes;
}

static void make_run(const struct ox_draft *draft, struct ox_world_config *world) {
    world->duration_ns = draft->duration_ns;
    world->settle_ns = draft->settle_ns;
    world->quiet_ns = draft->quiet_ns;
    world->reads_ns = draft->reads_ns;
    world->verify_full = draft->verify == OX_VERIFY_FULL;
    world->messages = true;
    world->node.sync = ox_protocols[draft->sync];
    world->node.fanout = (uint32_t)draft->fanout;
    world->node.interval_ns = draft->interval_ns;
    world->node.repair_interval_ns =
        draft->repair == OX_REPAIR_DIGEST ? draft->repair_interval_ns : 0;
}

bool ox_assemble(struct ox_loading *in, struct ox_world_config *world) {
    size_t before = ox_errors_count(in->errors);
    derive_name(in);
    derive_durations(in);
    check_scenario(in);
    check_replica(in);
    check_workload(in);
    make_run(&in->draft, world);
    make_workload(&in->draft, &world->workload);
    if (make_network(in, &world->network))
        make_faults(in, world);
    if (ox_errors_count(in->errors) == before)
        return true;
    ox_world_config_clear(world);
    return false;
}
