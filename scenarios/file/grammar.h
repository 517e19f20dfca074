/* grammar.h - every section and key of a scenario file, said once.
 *
 * One table drives all: what a file may hold, what an unknown key probably meant, ranges and
 * defaults, the effective scenario, and the sentences of `oxbow explain`. A key is read into a
 * draft, plain C fields at an offset, before the loader checks how fields go together.
 */
#ifndef OXBOW_SCENARIOS_FILE_GRAMMAR_H
#define OXBOW_SCENARIOS_FILE_GRAMMAR_H

#include "scenarios/file/errors.h"

#include <stddef.h>
#include <stdint.h>

enum ox_key_type {               /* the field in the draft */
                   OX_KEY_TEXT,  /* char *, owned */
                   OX_KEY_FILE,  /* char *, owned: as written; relative to the scenario's folder */
                   OX_KEY_NODES, /* char *, owned: raw expressions, resolved when nodes are known */
                   OX_KEY_COUNT, /* uint64_t */
                   OX_KEY_DURATION,  /* uint64_t, ns */
                   OX_KEY_NUMBER,    /* double */
                   OX_KEY_SHARE,     /* double, 0..1 */
                   OX_KEY_RATE,      /* double, per second */
                   OX_KEY_BANDWIDTH, /* double, bytes per second */
                   OX_KEY_CHOICE,    /* size_t, index into the words */
                   OX_KEY_CHOICES,   /* GArray * of size_t, owned */
                   OX_KEY_VARIANT    /* size_t, index; the options go into the same draft */
};

struct ox_key {
    const char *name;
    enum ox_key_type type;
    size_t offset;
    const char *fallback; /* the default, as a file would have it; NULL: required, or `derived` */
    const char *derived;  /* how the default follows from other keys; the loader does it */
    double low, high;     /* of the value, in the field's unit; both 0: no range */
    const char *about;
    const char *(*words)(size_t i); /* CHOICE, CHOICES: NULL ends them */
    const struct ox_variant *variants;
    size_t variant_count;
    unsigned kinds; /* of a fault: bit k for each kind k that takes the key; 0: every kind does */
    bool needed;    /* of a fault: `kinds` cannot do without it */
};

/* name:k=v,k=v */
struct ox_variant {
    const char *name, *about;
    const struct ox_key *options;
    size_t option_count;
};

struct ox_section_rule {
    const char *name; /* "fault" stands for every "fault.NAME" */
    const char *about;
    const struct ox_key *keys;
    size_t key_count; /* 0: entries of its own grammar */
};

extern const struct ox_section_rule ox_section_rules[];
extern const size_t ox_section_rule_count;
/* The rule of a section of that name ("fault.split" too), or NULL. */
const struct ox_section_rule *ox_section_rule(const char *section);
const struct ox_key *ox_rule_key(const struct ox_section_rule *rule, const char *name);

enum ox_platform_form { OX_FORM_MATRIX, OX_FORM_REGIONS, OX_FORM_SIMGRID };
enum ox_keys_form { OX_KEYS_ZIPF, OX_KEYS_UNIFORM };
enum ox_repair_form { OX_REPAIR_DIGEST, OX_REPAIR_NONE };
enum ox_keeps_form { OX_KEEPS_DISK, OX_KEEPS_NOTHING };
enum ox_verify_form { OX_VERIFY_READS, OX_VERIFY_FULL };

/* All sections that stand once. */
struct ox_draft {
    char *name, *about;
    uint64_t duration_ns, settle_ns, quiet_ns;
    size_t platform;
    char *file; /* of a matrix or a platform */
    uint64_t regions, inside_ns, across_ns, placement;
    double host_bandwidth, region_bandwidth;
    uint64_t nodes;
    size_t fidelity;
    double loss, duplicate;
    uint64_t jitter_ns;
    size_t sync, overlay;
    uint64_t fanout, interval_ns;
    size_t repair;
    uint64_t repair_interval_ns;
    GArray *types;
    size_t keys;
    uint64_t key_count;
    double zipf_s, rate;
    uint64_t until_ns, elements;
    double removes;
    uint64_t reads_ns;
    size_t verify;
};

/* One [fault.NAME]. */
struct ox_fault_draft {
    size_t kind;
    uint64_t at_ns, for_ns;
    char *groups, *nodes;
    double rate;
    uint64_t jitter_ns;
    size_t keeps;
    uint64_t stagger_ns;
};

/* Frees what the keys of the rule own in the draft. */
void ox_draft_clear(const struct ox_section_rule *rule, void *draft);

/* Reads `raw` as the value of `key` into the draft. True with `effective`, the value as the
 * effective scenario has it (options written out; to be freed); false after adding errors. `file`
 * names are written there as `inputs/BASENAME`: see scenario.h. */
bool ox_key_read(const struct ox_key *key, const char *raw, struct ox_place place, void *draft,
                 struct ox_errors *errors, char **effective);
/* ", did you mean" for `text` among the keys of a rule: "" when nothing is near. To be freed. */
char *ox_rule_hint(const struct ox_section_rule *rule, const char *text);
/* "; did you mean 'X'?" or "; one of a, b, c". To be freed. */
char *ox_words_hint(const char *text, const char *const *words);
/* The words of a key, ended by NULL; the array is to be freed, the words are not. */
const char **ox_key_words(const struct ox_key *key);

#endif
