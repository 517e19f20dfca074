/* Scenario files: the text, read as if it stood beside ours. */
#include "props/fuzz/fuzz.h"
#include "scenarios/scenario.h"

#include <string.h>

/* A platform of the user's own is tried in a child process, and files that a text names are read:
 * neither is what is tested here. */
static bool asks_for_files(const char *text, size_t size) {
    return memmem(text, size, "file", 4) != NULL &&
           memmem(text, size, "aws-5.csv", strlen("aws-5.csv")) == NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *path = OXBOW_SOURCE_DIR "/scenarios/fuzz.ini";
    if (asks_for_files((const char *)data, size) || memmem(data, size, "simgrid", 7) != NULL)
        return 0;
    struct ox_scenario scenario, again;
    struct ox_errors *errors = ox_errors_new();
    bool good = ox_scenario_parse(path, (const char *)data, size, NULL, errors, &scenario);
    FUZZ_CHECK(good == (ox_errors_count(errors) == 0), "%s, with %zu errors",
               good ? "read" : "refused", ox_errors_count(errors));
    for (size_t i = 0; i < ox_errors_count(errors); i++)
        FUZZ_CHECK(g_utf8_validate(ox_errors_line(errors, i), -1, NULL), "a message is not UTF-8");
    ox_errors_free(errors);
    if (!good)
        return 0;
    /* What a run writes down as the effective scenario is one, and says the same. */
    errors = ox_errors_new();
    if (strstr(scenario.effective, "inputs/") == NULL) {
        good = ox_scenario_parse(path, scenario.effective, strlen(scenario.effective), NULL, errors,
                                 &again);
        FUZZ_CHECK(good, "its effective text is refused: %s",
                   ox_errors_count(errors) > 0 ? ox_errors_line(errors, 0) : "");
        FUZZ_CHECK(strcmp(scenario.effective, again.effective) == 0,
                   "its effective text is not the same again");
        ox_scenario_clear(&again);
    }
    ox_errors_free(errors);
    ox_scenario_clear(&scenario);
    return 0;
}
