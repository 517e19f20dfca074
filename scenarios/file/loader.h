/* loader.h - between the grammar and the world: what the loader's two halves share.
 *
 *     text --reader--> document --loader--> drafts, settings --assemble--> world, expectations
 */
#ifndef OXBOW_SCENARIOS_FILE_LOADER_H
#define OXBOW_SCENARIOS_FILE_LOADER_H

#include "scenarios/file/grammar.h"
#include "scenarios/file/reader.h"
#include "scenarios/scenario.h"

/* A [fault.NAME] as read. */
struct ox_fault_section {
    struct ox_fault_draft draft;
    char *name; /* "split" */
    struct ox_place place;
};

struct ox_loading {
    const char *path;
    const struct ox_document *document;
    struct ox_errors *errors;
    struct ox_draft draft;
    GPtrArray *faults;    /* of struct ox_fault_section * */
    GArray *settings;     /* of struct ox_setting */
    GArray *expectations; /* of struct ox_expectation */
    GArray *inputs;       /* of struct ox_input */
};

/* Where a value stands, or the section, or the file. */
struct ox_place ox_loading_place(const struct ox_loading *in, const char *section, const char *key);
/* NULL when the value is not in effect yet. */
struct ox_setting *ox_loading_setting(const struct ox_loading *in, const char *section,
                                      const char *key);
/* Puts a derived default in its place in the order of the grammar; takes `value`. */
void ox_loading_derive(struct ox_loading *in, const char *section, const struct ox_key *key,
                       char *value);

/* Fills in the defaults that follow from other values, checks how values go together, and makes
 * the world. False after adding errors; `world` is then empty. */
bool ox_assemble(struct ox_loading *in, struct ox_world_config *world);

#endif
