/* grammar.c - the tables. */
#include "scenarios/file/grammar.h"

#include "crdt/object.h"
#include "model/world.h"
#include "protocols/protocol.h"

#include <string.h>

/* ---- words ---- */

static const char *type_word(size_t i) {
    return ox_types[i] == NULL ? NULL : ox_types[i]->name;
}

static const char *protocol_word(size_t i) {
    return ox_protocols[i] == NULL ? NULL : ox_protocols[i]->name;
}

static const char *fault_word(size_t i) {
    return i < OX_FAULT_COUNT ? ox_fault_word((enum ox_fault_kind)i) : NULL;
}

static const char *fidelity_word(size_t i) {
    static const char *const words[] = {[OX_FIDELITY_FLOW] = "flow", [OX_FIDELITY_DELAY] = "delay"};
    return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *keeps_word(size_t i) {
    static const char *const words[] = {[OX_KEEPS_DISK] = "disk", [OX_KEEPS_NOTHING] = "nothing"};
    return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

static const char *verify_word(size_t i) {
    static const char *const words[] = {[OX_VERIFY_READS] = "reads", [OX_VERIFY_FULL] = "full"};
    return i < G_N_ELEMENTS(words) ? words[i] : NULL;
}

/* ---- keys ---- */

#define SECOND          1e9
#define MILLISECOND     1e6
#define YEARS_31        1e18
#define AT(field)       offsetof(struct ox_draft, field)
#define FAULT_AT(field) offsetof(struct ox_fault_draft, field)
#define KEYS(table)     (table), G_N_ELEMENTS(table)

static const struct ox_key scenario_keys[] = {
    {.name = "name",
     .type = OX_KEY_TEXT,
     .offset = AT(name),
     .derived = "the name of the file",
     .about = "names the run folder and stands in every report"},
    {.name = "about",
     .type = OX_KEY_TEXT,
     .offset = AT(about),
     .fallback = "\"\"",
     .about = "one sentence for people"},
    {.name = "duration",
     .type = OX_KEY_DURATION,
     .offset = AT(duration_ns),
     .low = MILLISECOND,
     .high = YEARS_31,
     .about = "how long the workload may run and faults act"},
    {.name = "quiet",
     .type = OX_KEY_DURATION,
     .offset = AT(quiet_ns),
     .derived = "max(10s, 10 x the longest configured interval)",
     .low = MILLISECOND,
     .high = YEARS_31,
     .about = "a system in which nothing changed for this long is quiet"},
    {.name = "settle",
     .type = OX_KEY_DURATION,
     .offset = AT(settle_ns),
     .derived = "max(300s, 3 x quiet)",
     .low = MILLISECOND,
     .high = YEARS_31,
     .about = "after `duration`, at most this long until the system must be quiet"},
};

#define LINK_OPTIONS                                                                               \
    {.name = "host",                                                                               \
     .type = OX_KEY_BANDWIDTH,                                                                     \
     .offset = AT(host_bandwidth),                                                                 \
     .fallback = "1Gbps",                                                                          \
     .low = 125,                                                                                   \
     .high = 1e13,                                                                                 \
     .about = "bandwidth of each host's own up link, and of its down link"},                       \
    {                                                                                              \
        .name = "region", .type = OX_KEY_BANDWIDTH, .offset = AT(region_bandwidth),                \
        .fallback = "10Gbps", .low = 125, .high = 1e13,                                            \
        .about = "the most that one transfer gets between two regions"                             \
    }

static const struct ox_key matrix_options[] = {
    {.name = "file",
     .type = OX_KEY_FILE,
     .offset = AT(file),
     .about = "CSV of round trip times in ms; see scenarios/networks/"},
    LINK_OPTIONS,
};
static const struct ox_key regions_options[] = {
    {.name = "n",
     .type = OX_KEY_COUNT,
     .offset = AT(regions),
     .fallback = "5",
     .low = 1,
     .high = 500,
     .about = "number of regions"},
    {.name = "inside",
     .type = OX_KEY_DURATION,
     .offset = AT(inside_ns),
     .fallback = "250us",
     .low = 1000,
     .high = 10 * SECOND,
     .about = "one-way latency between two hosts of one region"},
    {.name = "across",
     .type = OX_KEY_DURATION,
     .offset = AT(across_ns),
     .fallback = "90ms",
     .low = 1000,
     .high = 10 * SECOND,
     .about = "one-way latency between the two regions that are farthest apart"},
    {.name = "seed",
     .type = OX_KEY_COUNT,
     .offset = AT(placement),
     .fallback = "1",
     .about = "places the regions on a plane"},
    LINK_OPTIONS,
};
static const struct ox_key simgrid_options[] = {
    {.name = "file",
     .type = OX_KEY_FILE,
     .offset = AT(file),
     .about = "a SimGrid platform; nodes take its hosts in natural order of their names"},
};
static const struct ox_variant platforms[] = {
    [OX_FORM_MATRIX] = {"matrix", "regions with measured round trip times", KEYS(matrix_options)},
    [OX_FORM_REGIONS] = {"regions", "generated regions on a plane", KEYS(regions_options)},
    [OX_FORM_SIMGRID] = {"simgrid", "a SimGrid XML of your own", KEYS(simgrid_options)},
};

static const struct ox_key network_keys[] = {
    {.name = "platform",
     .type = OX_KEY_VARIANT,
     .offset = AT(platform),
     .variants = platforms,
     .variant_count = G_N_ELEMENTS(platforms),
     .about = "hosts, links and latencies"},
    {.name = "nodes",
     .type = OX_KEY_COUNT,
     .offset = AT(nodes),
     .low = 2,
     .high = OX_NODES_MAX,
     .about = "number of replicas; node i is in region i mod R"},
    {.name = "fidelity",
     .type = OX_KEY_CHOICE,
     .offset = AT(fidelity),
     .fallback = "flow",
     .words = fidelity_word,
     .about = "flow: transfers share bandwidth; delay: latency + size / bandwidth"},
    {.name = "loss",
     .type = OX_KEY_SHARE,
     .offset = AT(loss),
     .fallback = "0%",
     .about = "chance that a message is lost, until `duration`"},
    {.name = "duplicate",
     .type = OX_KEY_SHARE,
     .offset = AT(duplicate),
     .fallback = "0%",
     .about = "chance that a message arrives twice, until `duration`"},
    {.name = "jitter",
     .type = OX_KEY_DURATION,
     .offset = AT(jitter_ns),
     .fallback = "0s",
     .high = 3600 * SECOND,
     .about = "each message is late by up to this much more, until `duration`"},
};

static const struct ox_key gossip_options[] = {
    {.name = "fanout",
     .type = OX_KEY_COUNT,
     .offset = AT(fanout),
     .fallback = "3",
     .low = 1,
     .high = OX_NODES_MAX,
     .about = "how many random peers a round pushes to"},
};
static const struct ox_variant overlays[] = {
    {"gossip", "every node may talk to every other one", KEYS(gossip_options)},
};
static const struct ox_key digest_options[] = {
    {.name = "interval",
     .type = OX_KEY_DURATION,
     .offset = AT(repair_interval_ns),
     .fallback = "30s",
     .low = MILLISECOND,
     .high = 864000 * SECOND,
     .about = "time between two repairs of a node"},
};
static const struct ox_variant repairs[] = {
    [OX_REPAIR_DIGEST] = {"digest", "checksum, contexts, then what is missing",
                          KEYS(digest_options)},
    [OX_REPAIR_NONE] = {"none", "what a push does not bring stays missing", NULL, 0},
};

static const struct ox_key replica_keys[] = {
    {.name = "sync",
     .type = OX_KEY_CHOICE,
     .offset = AT(sync),
     .fallback = "delta",
     .words = protocol_word,
     .about = "the synchronisation protocol"},
    {.name = "overlay",
     .type = OX_KEY_VARIANT,
     .offset = AT(overlay),
     .fallback = "gossip",
     .variants = overlays,
     .variant_count = G_N_ELEMENTS(overlays),
     .about = "who talks to whom"},
    {.name = "interval",
     .type = OX_KEY_DURATION,
     .offset = AT(interval_ns),
     .fallback = "1s",
     .low = MILLISECOND,
     .high = 864000 * SECOND,
     .about = "time between two rounds of a node"},
    {.name = "repair",
     .type = OX_KEY_VARIANT,
     .offset = AT(repair),
     .fallback = "digest",
     .variants = repairs,
     .variant_count = G_N_ELEMENTS(repairs),
     .about = "how replicas find out what messages did not bring"},
};

#define KEY_COUNT_OPTION                                                                           \
    {                                                                                              \
        .name = "n", .type = OX_KEY_COUNT, .offset = AT(key_count), .fallback = "1000", .low = 1,  \
        .high = 1e7, .about = "number of keys"                                                     \
    }
static const struct ox_key zipf_options[] = {
    KEY_COUNT_OPTION,
    {.name = "s",
     .type = OX_KEY_NUMBER,
     .offset = AT(zipf_s),
     .fallback = "0.99",
     .low = 0.01,
     .high = 10,
     .about = "exponent: the i-th key is drawn in proportion to 1 / i^s"},
};
static const struct ox_key uniform_options[] = {KEY_COUNT_OPTION};
static const struct ox_variant key_forms[] = {
    [OX_KEYS_ZIPF] = {"zipf", "a few keys get most updates", KEYS(zipf_options)},
    [OX_KEYS_UNIFORM] = {"uniform", "all keys alike", KEYS(uniform_options)},
};

static const struct ox_key workload_keys[] = {
    {.name = "types",
     .type = OX_KEY_CHOICES,
     .offset = AT(types),
     .words = type_word,
     .about = "key i has the type i mod the number of types"},
    {.name = "keys",
     .type = OX_KEY_VARIANT,
     .offset = AT(keys),
     .fallback = "zipf",
     .variants = key_forms,
     .variant_count = G_N_ELEMENTS(key_forms),
     .about = "which keys are updated"},
    {.name = "rate",
     .type = OX_KEY_RATE,
     .offset = AT(rate),
     .fallback = "20/s",
     .high = 1e6,
     .about = "updates of the whole system"},
    {.name = "until",
     .type = OX_KEY_DURATION,
     .offset = AT(until_ns),
     .derived = "duration",
     .high = YEARS_31,
     .about = "when the last updates are made"},
    {.name = "elements",
     .type = OX_KEY_COUNT,
     .offset = AT(elements),
     .fallback = "20",
     .low = 1,
     .high = 1e9,
     .about = "how many different elements a set is filled from"},
    {.name = "removes",
     .type = OX_KEY_SHARE,
     .offset = AT(removes),
     .fallback = "30%",
     .about = "chance that an operation is a remove (sets) or dec (pn-counter)"},
};

#define OF(kind) (1u << OX_FAULT_##kind)

static const struct ox_key fault_keys[] = {
    {.name = "kind",
     .type = OX_KEY_CHOICE,
     .offset = FAULT_AT(kind),
     .words = fault_word,
     .about = "what goes wrong; `oxbow list faults` has all"},
    {.name = "at",
     .type = OX_KEY_DURATION,
     .offset = FAULT_AT(at_ns),
     .high = YEARS_31,
     .about = "when it begins"},
    {.name = "for",
     .type = OX_KEY_DURATION,
     .offset = FAULT_AT(for_ns),
     .derived = "to the end",
     .low = 1,
     .high = YEARS_31,
     .about = "how long it lasts; of a crash: how long each node is down"},
    {.name = "groups",
     .type = OX_KEY_NODES,
     .offset = FAULT_AT(groups),
     .kinds = OF(PARTITION),
     .needed = true,
     .about = "who can still talk to whom: regions, nodes, ranges a-b or rest, between |"},
    {.name = "nodes",
     .type = OX_KEY_NODES,
     .offset = FAULT_AT(nodes),
     .kinds = OF(CRASH),
     .needed = true,
     .about = "who stops, in this order: regions, nodes, ranges a-b or all"},
    {.name = "stagger",
     .type = OX_KEY_DURATION,
     .offset = FAULT_AT(stagger_ns),
     .fallback = "0s",
     .high = YEARS_31,
     .kinds = OF(CRASH),
     .about = "time between one node's crash and the next one's"},
    {.name = "keeps",
     .type = OX_KEY_CHOICE,
     .offset = FAULT_AT(keeps),
     .fallback = "disk",
     .words = keeps_word,
     .kinds = OF(CRASH),
     .about = "what a node finds again: its disk or nothing"},
    {.name = "rate",
     .type = OX_KEY_SHARE,
     .offset = FAULT_AT(rate),
     .kinds = OF(LOSS) | OF(DUPLICATE),
     .needed = true,
     .about = "chance for each message"},
    {.name = "jitter",
     .type = OX_KEY_DURATION,
     .offset = FAULT_AT(jitter_ns),
     .low = 1,
     .high = 3600 * SECOND,
     .kinds = OF(JITTER),
     .needed = true,
     .about = "each message is late by up to this much more"},
};

static const struct ox_key observe_keys[] = {
    {.name = "reads",
     .type = OX_KEY_DURATION,
     .offset = AT(reads_ns),
     .fallback = "1s",
     .high = YEARS_31,
     .about = "each live node reads one key every so often; 0s: only at the end"},
    {.name = "verify",
     .type = OX_KEY_CHOICE,
     .offset = AT(verify),
     .fallback = "reads",
     .words = verify_word,
     .about = "full: equal contexts must mean equal bytes at every join too, not only at reads"},
};

const struct ox_section_rule ox_section_rules[] = {
    {"scenario", "what it is and how long it lasts", KEYS(scenario_keys)},
    {"network", "hosts, links and their everyday faults", KEYS(network_keys)},
    {"replica", "what runs on every host", KEYS(replica_keys)},
    {"workload", "who updates what", KEYS(workload_keys)},
    {"fault", "[fault.NAME]: one thing that goes wrong", KEYS(fault_keys)},
    {"observe", "what is looked at", KEYS(observe_keys)},
    {"expect", "metric op bound: what must be true of every run", NULL, 0},
    {"sweep", "section.key = a | b | c: a grid for `oxbow sweep`", NULL, 0},
};
const size_t ox_section_rule_count = G_N_ELEMENTS(ox_section_rules);

const struct ox_section_rule *ox_section_rule(const char *section) {
    bool fault = g_str_has_prefix(section, "fault.") && section[6] != '\0' &&
                 strchr(section + 6, '.') == NULL;
    for (size_t i = 0; i < ox_section_rule_count; i++) {
        const struct ox_section_rule *rule = &ox_section_rules[i];
        bool many = strcmp(rule->name, "fault") == 0;
        if (many ? fault : strcmp(rule->name, section) == 0)
            return rule;
    }
    return NULL;
}

const struct ox_key *ox_rule_key(const struct ox_section_rule *rule, const char *name) {
    for (size_t i = 0; i < rule->key_count; i++)
        if (strcmp(rule->keys[i].name, name) == 0)
            return &rule->keys[i];
    return NULL;
}
