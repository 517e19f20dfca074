/* Matrices of round trip times: the text of the CSV file. */
#include "props/fuzz/fuzz.h"
#include "scenarios/file/regions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ox_regions regions = {0};
    struct ox_errors *errors = ox_errors_new();
    bool good = ox_regions_read("matrix.csv", (const char *)data, size, &regions, errors);
    FUZZ_CHECK(good == (ox_errors_count(errors) == 0), "%s, with %zu errors",
               good ? "read" : "refused", ox_errors_count(errors));
    for (size_t i = 0; i < ox_errors_count(errors); i++)
        FUZZ_CHECK(g_utf8_validate(ox_errors_line(errors, i), -1, NULL), "a message is not UTF-8");
    for (uint32_t i = 0; good && i < regions.count; i++)
        FUZZ_CHECK(ox_regions_named(&regions, regions.names[i]) == i, "region %u has two places",
                   i);
    if (good)
        ox_regions_clear(&regions);
    ox_errors_free(errors);
    return 0;
}
