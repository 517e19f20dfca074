/* The words of world.h, and the end of a configuration. */
#include "model/world.h"

#include <assert.h>

G_DEFINE_QUARK(ox - world - error - quark, ox_world_error)

const char *ox_fault_word(enum ox_fault_kind kind) {
    static const char *const words[] = {
#define OX_FAULT_WORD(name, word, text) [OX_FAULT_##name] = word,
        OX_FAULT_MAP(OX_FAULT_WORD)
#undef OX_FAULT_WORD
    };
    assert(kind < OX_FAULT_COUNT);
    return words[kind];
}

const char *ox_fault_about(enum ox_fault_kind kind) {
    static const char *const sentences[] = {
#define OX_FAULT_TEXT(name, word, text) [OX_FAULT_##name] = text,
        OX_FAULT_MAP(OX_FAULT_TEXT)
#undef OX_FAULT_TEXT
    };
    assert(kind < OX_FAULT_COUNT);
    return sentences[kind];
}

static void regions_clear(struct ox_regions *regions) {
    for (uint32_t i = 0; regions->names && i < regions->count; i++)
        g_free(regions->names[i]);
    g_free(regions->names);
    g_free(regions->latency_ns);
}

void ox_world_config_clear(struct ox_world_config *config) {
    regions_clear(&config->network.regions);
    g_free(config->network.xml);
    g_strfreev(config->network.hosts);
    g_free(config->workload.types);
    for (uint32_t i = 0; i < config->fault_count; i++) {
        g_free(config->faults[i].name);
        g_free(config->faults[i].group);
        g_free(config->faults[i].nodes);
    }
    g_free(config->faults);
    *config = (struct ox_world_config){0};
}
