/* scenario.h - a scenario file, read and checked.
 *
 * Loading finds everything that is wrong before anything runs: what the grammar does not know
 * (file/grammar.h), values out of range, faults after the end, impossible groups, matrices and
 * platforms that cannot be used. Each mistake says its file and line.
 *
 * A scenario has one canonical form, the effective file: every value that is in effect, defaults
 * written out, sections and keys in the order of the grammar, [sweep] left out. It loads again to
 * the same scenario with the same effective file and hash. A file that the scenario names (a
 * matrix, a platform) is written there as inputs/BASENAME and copied to inputs/ beside it, so that
 * a run folder stands alone and does not depend on where the scenario lay. Profiles that a platform
 * names in turn are copied likewise where they lie beside or below it; others, that it names by
 * absolute paths or through "..", count into the hash and stay where they are.
 */
#ifndef OXBOW_SCENARIOS_SCENARIO_H
#define OXBOW_SCENARIOS_SCENARIO_H

#include "model/world.h"
#include "props/judge.h"
#include "scenarios/file/errors.h"

struct ox_expectation {
    enum ox_metric metric;
    enum ox_comparison op;
    double bound; /* in the metric's unit */
    char *text;   /* the bound as written */
    struct ox_place place;
};

/* One value in effect. */
struct ox_setting {
    char *section, *key;   /* "fault.split", "at" */
    char *value;           /* as the effective file has it */
    struct ox_place place; /* where it stands, when `given` */
    bool given;            /* not a default */
    const char *about;
};

/* A file that the scenario names, itself or through another. */
struct ox_input {
    char *path; /* where it was found */
    char *name; /* "inputs/aws-5.csv": its copy in a run folder; NULL: it has none */
    char *data;
    size_t size;
};

/* One line of [sweep]. */
struct ox_axis {
    char *key;     /* "network.nodes" */
    char **values; /* NULL ends them; as written */
    struct ox_place place;
};

struct ox_scenario {
    char *name, *about, *path;
    uint64_t hash;                /* of the effective text and every file it names */
    char *effective;              /* the text of scenario.ini: all values, defaults included */
    struct ox_world_config world; /* seed left 0 */
    struct ox_expectation *expect;
    size_t expect_count;
    struct ox_setting *settings; /* in the order of the effective file */
    size_t setting_count;
    struct ox_axis *axes;
    size_t axis_count;
    struct ox_input *inputs;
    size_t input_count;
};

/* Reads and checks the file. `overrides` (may be NULL) is an array of struct ox_override * that
 * take the place of what the file says. False after adding to `errors`; the scenario is then empty.
 * Cost: a platform of the user's own is tried in a forked child. */
bool ox_scenario_load(const char *path, const GPtrArray *overrides, struct ox_errors *errors,
                      struct ox_scenario *scenario);
/* Likewise from a text that would stand at `path`. */
bool ox_scenario_parse(const char *path, const char *text, size_t size, const GPtrArray *overrides,
                       struct ox_errors *errors, struct ox_scenario *scenario);
void ox_scenario_clear(struct ox_scenario *scenario);

/* The region of a node, or "node N" on a platform of the user's own; to be freed. */
char *ox_scenario_where(const struct ox_scenario *scenario, uint32_t node);

#endif
