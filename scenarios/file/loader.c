/* loader.c - sections and keys against the grammar. */
#include "scenarios/file/loader.h"

#include "scenarios/file/contents.h"
#include "scenarios/file/text.h"
#include "scenarios/file/units.h"

#include <string.h>
#include <xxhash.h>

/* ---- settings ---- */

struct ox_setting *ox_loading_setting(const struct ox_loading *in, const char *section,
                                      const char *key) {
    for (guint i = 0; i < in->settings->len; i++) {
        struct ox_setting *setting = &g_array_index(in->settings, struct ox_setting, i);
        if (strcmp(setting->section, section) == 0 && strcmp(setting->key, key) == 0)
            return setting;
    }
    return NULL;
}

struct ox_place ox_loading_place(const struct ox_loading *in, const char *section,
                                 const char *key) {
    const struct ox_section *found = ox_document_section(in->document, section);
    const struct ox_entry_line *entry = found == NULL ? NULL : ox_section_entry(found, key);
    if (entry != NULL)
        return entry->place;
    return found == NULL ? (struct ox_place){.file = in->document->file} : found->place;
}

static void setting_add(struct ox_loading *in, const char *section, const struct ox_key *key,
                        const struct ox_entry_line *entry, char *value) {
    struct ox_setting setting = {.section = g_strdup(section),
                                 .key = g_strdup(key->name),
                                 .value = value,
                                 .given = entry != NULL,
                                 .about = key->about};
    if (entry != NULL)
        setting.place = entry->place;
    g_array_append_val(in->settings, setting);
}

void ox_loading_derive(struct ox_loading *in, const char *section, const struct ox_key *key,
                       char *value) {
    const struct ox_section_rule *rule = ox_section_rule(section);
    size_t rank = (size_t)(key - rule->keys);
    struct ox_setting setting = {.section = g_strdup(section),
                                 .key = g_strdup(key->name),
                                 .value = value,
                                 .about = key->about};
    guint at = 0, last = 0;
    for (; at < in->settings->len; at++) {
        const struct ox_setting *other = &g_array_index(in->settings, struct ox_setting, at);
        if (strcmp(other->section, section) != 0)
            continue;
        if ((size_t)(ox_rule_key(rule, other->key) - rule->keys) > rank)
            break;
        last = at + 1;
    }
    g_array_insert_val(in->settings, at == in->settings->len ? last : at, setting);
}

/* ---- sections ---- */

static void check_section_name(struct ox_loading *in, const struct ox_section *section) {
    const char *names[16] = {NULL};
    for (size_t i = 0; i < ox_section_rule_count; i++)
        names[i] = ox_section_rules[i].name;
    if (ox_section_rule(section->name) != NULL)
        return;
    if (strcmp(section->name, "fault") == 0 || g_str_has_prefix(section->name, "fault.")) {
        ox_errors_add(in->errors, section->place,
                      "[%s] needs a name of one word; write [fault.NAME]", section->name);
        return;
    }
    char *hint = ox_words_hint(section->name, names);
    ox_errors_add(in->errors, section->place, "unknown section [%s]%s", section->name, hint);
    g_free(hint);
}

static void check_keys(struct ox_loading *in, const struct ox_section *section,
                       const struct ox_section_rule *rule) {
    for (guint i = 0; i < section->entries->len; i++) {
        const struct ox_entry_line *entry = g_ptr_array_index(section->entries, i);
        if (ox_rule_key(rule, entry->key) != NULL)
            continue;
        char *hint = ox_rule_hint(rule, entry->key);
        ox_errors_add(in->errors, entry->place, "unknown key '%s' in [%s]%s", entry->key,
                      section->name, hint);
        g_free(hint);
    }
}

/* Reads one key of a section (NULL: the section does not stand in the file) or its default. */
static bool read_key(struct ox_loading *in, const char *name, const struct ox_section *section,
                     const struct ox_key *key, bool needed, void *draft) {
    const struct ox_entry_line *entry =
        section == NULL ? NULL : ox_section_entry(section, key->name);
    const char *raw = entry == NULL ? key->fallback : entry->raw;
    struct ox_place place = ox_loading_place(in, name, key->name);
    char *value = NULL;
    if (raw == NULL) {
        if (needed && key->derived == NULL)
            ox_errors_add(in->errors, place, "[%s] needs '%s': %s", name, key->name, key->about);
        return !needed || key->derived != NULL;
    }
    if (!ox_key_read(key, raw, place, draft, in->errors, &value))
        return false;
    setting_add(in, name, key, entry, value);
    return true;
}

static void read_section(struct ox_loading *in, const struct ox_section_rule *rule) {
    const struct ox_section *section = ox_document_section(in->document, rule->name);
    if (section != NULL)
        check_keys(in, section, rule);
    for (size_t i = 0; i < rule->key_count; i++)
        read_key(in, rule->name, section, &rule->keys[i], true, &in->draft);
}

/* ---- faults: which keys there are depends on the kind ---- */

static void fault_free(gpointer data) {
    struct ox_fault_section *fault = data;
    ox_draft_clear(ox_section_rule("fault.x"), &fault->draft);
    g_free(fault->name);
    g_free(fault);
}

static void read_fault_key(struct ox_loading *in, const struct ox_section *section,
                           const struct ox_key *key, struct ox_fault_section *fault) {
    const struct ox_entry_line *entry = ox_section_entry(section, key->name);
    bool applies = key->kinds == 0 || (key->kinds & (1u << fault->draft.kind)) != 0;
    if (applies) {
        read_key(in, section->name, section, key, true, &fault->draft);
    } else if (entry != NULL) {
        ox_errors_add(in->errors, entry->place, "a fault of kind '%s' has no '%s'",
                      ox_fault_word((enum ox_fault_kind)fault->draft.kind), key->name);
    }
}

static void read_fault(struct ox_loading *in, const struct ox_section *section,
                       const struct ox_section_rule *rule) {
    struct ox_fault_section *fault = g_new0(struct ox_fault_section, 1);
    fault->name = g_strdup(strchr(section->name, '.') + 1);
    fault->place = section->place;
    g_ptr_array_add(in->faults, fault);
    check_keys(in, section, rule);
    if (!read_key(in, section->name, section, &rule->keys[0], true, &fault->draft))
        return; /* of an unknown kind nothing more can be said */
    for (size_t i = 1; i < rule->key_count; i++)
        read_fault_key(in, section, &rule->keys[i], fault);
}

static void read_faults(struct ox_loading *in, const struct ox_section_rule *rule) {
    for (guint i = 0; i < in->document->sections->len; i++) {
        const struct ox_section *section = g_ptr_array_index(in->document->sections, i);
        if (ox_section_rule(section->name) == rule)
            read_fault(in, section, rule);
    }
}

/* ---- [expect] ---- */

static bool read_bound(const char *text, const char *unit, double *bound, char **wrong) {
    uint64_t ns = 0;
    if (strcmp(unit, "B") == 0)
        return ox_read_size(text, bound, wrong);
    if (strcmp(unit, "s") != 0)
        return ox_read_number(text, bound, wrong);
    if (!ox_read_duration(text, &ns, wrong))
        return false;
    *bound = (double)ns / 1e9;
    return true;
}

static void unknown_metric(struct ox_loading *in, const struct ox_entry_line *entry) {
    const char *words[OX_METRIC_COUNT + 1] = {NULL};
    for (size_t i = 0; i < OX_METRIC_COUNT; i++)
        words[i] = ox_metric_info((enum ox_metric)i)->word;
    const char *meant = ox_text_meant(entry->key, words);
    ox_errors_add(in->errors, entry->place, "unknown metric '%s' in [expect]%s%s%s", entry->key,
                  meant == NULL ? "; `oxbow list metrics` has all" : "; did you mean '",
                  meant == NULL ? "" : meant, meant == NULL ? "" : "'?");
}

static void read_expectation(struct ox_loading *in, const struct ox_entry_line *entry) {
    struct ox_expectation expect = {
        .metric = ox_metric_named(entry->key), .op = entry->op, .place = entry->place};
    char *wrong = NULL;
    if (expect.metric == OX_METRIC_COUNT) {
        unknown_metric(in, entry);
        return;
    }
    expect.text = ox_text_unquote(entry->raw);
    const struct ox_metric_info *info = ox_metric_info(expect.metric);
    if (!read_bound(expect.text, info->unit, &expect.bound, &wrong)) {
        ox_errors_add(in->errors, entry->place, "'%s': %s", entry->key, wrong);
        g_free(expect.text);
    } else {
        g_array_append_val(in->expectations, expect);
    }
    g_free(wrong);
}

static void read_expect(struct ox_loading *in) {
    const struct ox_section *section = ox_document_section(in->document, OX_SECTION_COMPARES);
    for (guint i = 0; section != NULL && i < section->entries->len; i++)
        read_expectation(in, g_ptr_array_index(section->entries, i));
}

/* ---- [sweep] ---- */

static void check_axis_key(struct ox_loading *in, const struct ox_entry_line *entry) {
    char *dot = strrchr(entry->key, '.');
    if (dot == NULL) {
        ox_errors_add(in->errors, entry->place,
                      "'%s' in [sweep] is no section.key; write it as network.nodes", entry->key);
        return;
    }
    char *name = g_strndup(entry->key, (size_t)(dot - entry->key));
    const struct ox_section_rule *rule = ox_section_rule(name);
    if (rule == NULL || ox_document_section(in->document, name) == NULL) {
        if (rule == NULL || strchr(name, '.') != NULL)
            ox_errors_add(in->errors, entry->place, "there is no section [%s] to sweep", name);
    } else if (rule->key_count > 0 && ox_rule_key(rule, dot + 1) == NULL) {
        char *hint = ox_rule_hint(rule, dot + 1);
        ox_errors_add(in->errors, entry->place, "unknown key '%s' in [%s]%s", dot + 1, name, hint);
        g_free(hint);
    }
    g_free(name);
}

static void read_sweep(struct ox_loading *in, GArray *axes) {
    const struct ox_section *section = ox_document_section(in->document, "sweep");
    for (guint i = 0; section != NULL && i < section->entries->len; i++) {
        const struct ox_entry_line *entry = g_ptr_array_index(section->entries, i);
        struct ox_axis axis = {.key = g_strdup(entry->key),
                               .values = ox_text_split(entry->raw, '|'),
                               .place = entry->place};
        check_axis_key(in, entry);
        for (size_t j = 0; axis.values[j] != NULL; j++) {
            if (*axis.values[j] == '\0')
                ox_errors_add(in->errors, entry->place, "'%s': an empty alternative; write a | b",
                              entry->key);
        }
        g_array_append_val(axes, axis);
    }
}

/* ---- the effective file and its hash ---- */

static char *effective_text(const struct ox_loading *in) {
    GString *text = g_string_new(NULL);
    const char *section = "";
    for (guint i = 0; i < in->settings->len; i++) {
        const struct ox_setting *setting = &g_array_index(in->settings, struct ox_setting, i);
        if (strcmp(setting->section, section) != 0)
            g_string_append_printf(text, "%s[%s]\n", i == 0 ? "" : "\n", setting->section);
        section = setting->section;
        g_string_append_printf(text, "%s = %s\n", setting->key, setting->value);
    }
    for (guint i = 0; i < in->expectations->len; i++) {
        const struct ox_expectation *expect =
            &g_array_index(in->expectations, struct ox_expectation, i);
        g_string_append_printf(text, "%s%s %s %s\n", i == 0 ? "\n[" OX_SECTION_COMPARES "]\n" : "",
                               ox_metric_info(expect->metric)->word, ox_comparison_word(expect->op),
                               expect->text);
    }
    return g_string_free(text, FALSE);
}

static uint64_t content_hash(const struct ox_scenario *scenario) {
    XXH3_state_t *state = XXH3_createState();
    XXH3_64bits_reset(state);
    XXH3_64bits_update(state, scenario->effective, strlen(scenario->effective));
    for (size_t i = 0; i < scenario->input_count; i++) {
        uint64_t size = scenario->inputs[i].size;
        if (i > 0) /* where one ends and the next begins */
            XXH3_64bits_update(state, &size, sizeof size);
        XXH3_64bits_update(state, scenario->inputs[i].data, size);
    }
    uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

/* ---- all of it ---- */

static void load_document(struct ox_loading *in, GArray *axes) {
    for (guint i = 0; i < in->document->sections->len; i++)
        check_section_name(in, g_ptr_array_index(in->document->sections, i));
    for (size_t i = 0; i < ox_section_rule_count; i++) {
        const struct ox_section_rule *rule = &ox_section_rules[i];
        if (strcmp(rule->name, "fault") == 0)
            read_faults(in, rule);
        else if (rule->key_count > 0)
            read_section(in, rule);
    }
    read_expect(in);
    read_sweep(in, axes);
}

static void fill_scenario(struct ox_loading *in, GArray *axes, struct ox_scenario *scenario) {
    scenario->path = g_strdup(in->path);
    scenario->name = g_strdup(in->draft.name);
    scenario->about = g_strdup(in->draft.about);
    scenario->effective = effective_text(in);
    scenario->expect_count = in->expectations->len;
    scenario->setting_count = in->settings->len;
    scenario->axis_count = axes->len;
    scenario->input_count = in->inputs->len;
    scenario->expect = (struct ox_expectation *)(void *)g_array_free(in->expectations, FALSE);
    scenario->settings = (struct ox_setting *)(void *)g_array_free(in->settings, FALSE);
    scenario->axes = (struct ox_axis *)(void *)g_array_free(axes, FALSE);
    scenario->inputs = (struct ox_input *)(void *)g_array_free(in->inputs, FALSE);
    scenario->hash = content_hash(scenario);
}

static void apply_overrides(struct ox_document *document, const GPtrArray *overrides,
                            struct ox_errors *errors) {
    for (guint i = 0; overrides != NULL && i < overrides->len; i++)
        ox_document_override(document, g_ptr_array_index(overrides, i), errors);
}

bool ox_scenario_parse(const char *path, const char *text, size_t size, const GPtrArray *overrides,
                       struct ox_errors *errors, struct ox_scenario *scenario) {
    size_t before = ox_errors_count(errors);
    struct ox_document *document = ox_document_read(path, text, size, errors);
    struct ox_loading in = {
        .path = path,
        .document = document,
        .errors = errors,
        .faults = g_ptr_array_new_with_free_func(fault_free),
        .settings = g_array_new(FALSE, FALSE, sizeof(struct ox_setting)),
        .expectations = g_array_new(FALSE, FALSE, sizeof(struct ox_expectation)),
        .inputs = g_array_new(FALSE, FALSE, sizeof(struct ox_input)),
    };
    GArray *axes = g_array_new(FALSE, FALSE, sizeof(struct ox_axis));
    *scenario = (struct ox_scenario){0};
    /* A file that is not of the grammar is not looked at further: the rest would be guesses. */
    if (ox_errors_count(errors) == before)
        apply_overrides(document, overrides, errors);
    if (ox_errors_count(errors) == before)
        load_document(&in, axes);
    if (ox_errors_count(errors) == before)
        ox_assemble(&in, &scenario->world);
    fill_scenario(&in, axes, scenario);
    ox_draft_clear(ox_section_rule("scenario"), &in.draft);
    ox_draft_clear(ox_section_rule("network"), &in.draft);
    ox_draft_clear(ox_section_rule("workload"), &in.draft);
    g_ptr_array_free(in.faults, TRUE);
    ox_document_free(document);
    if (ox_errors_count(errors) == before)
        return true;
    ox_scenario_clear(scenario);
    return false;
}

bool ox_scenario_load(const char *path, const GPtrArray *overrides, struct ox_errors *errors,
                      struct ox_scenario *scenario) {
    char *text = NULL;
    size_t size = 0;
    GError *error = NULL;
    *scenario = (struct ox_scenario){0};
    if (!ox_contents_read(path, OX_DOCUMENT_SIZE_MAX, &text, &size, &error)) {
        ox_errors_add(errors, (struct ox_place){.file = ox_place_keep(path)}, "%s", error->message);
        g_error_free(error);
        return false;
    }
    bool good = ox_scenario_parse(path, text, size, overrides, errors, scenario);
    g_free(text);
    return good;
}

static void free_settings(struct ox_scenario *scenario) {
    for (size_t i = 0; i < scenario->setting_count; i++) {
        g_free(scenario->settings[i].section);
        g_free(scenario->settings[i].key);
        g_free(scenario->settings[i].value);
    }
    for (size_t i = 0; i < scenario->axis_count; i++) {
        g_free(scenario->axes[i].key);
        g_strfreev(scenario->axes[i].values);
    }
    for (size_t i = 0; i < scenario->expect_count; i++)
        g_free(scenario->expect[i].text);
    g_free(scenario->settings);
    g_free(scenario->axes);
    g_free(scenario->expect);
}

void ox_scenario_clear(struct ox_scenario *scenario) {
    free_settings(scenario);
    for (size_t i = 0; i < scenario->input_count; i++) {
        g_free(scenario->inputs[i].path);
        g_free(scenario->inputs[i].name);
        g_free(scenario->inputs[i].data);
    }
    g_free(scenario->inputs);
    g_free(scenario->name);
    g_free(scenario->about);
    g_free(scenario->path);
    g_free(scenario->effective);
    ox_world_config_clear(&scenario->world);
    *scenario = (struct ox_scenario){0};
}

char *ox_scenario_where(const struct ox_scenario *scenario, uint32_t node) {
    const struct ox_network *network = &scenario->world.network;
    if (network->kind == OX_PLATFORM_REGIONS)
        return g_strdup(network->regions.names[node % network->regions.count]);
    return g_strdup_printf("node %u", node);
}
