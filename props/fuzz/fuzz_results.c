/* Result files, as the reports read them: 's' and a sweep.json, or anything else and a
 * results.json. The reader takes files, so the input is one for a moment.
 */
#include "props/fuzz/fuzz.h"
#include "reports/input.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const char *folder(void) {
    static char path[64];
    bool shm = g_access("/dev/shm", W_OK) == 0; /* not a disk */
    g_snprintf(path, sizeof path, "%s/oxbow-fuzz-%d", shm ? "/dev/shm" : "/tmp", (int)getpid());
    FUZZ_CHECK(g_mkdir_with_parents(path, 0700) == 0, "no folder %s", path);
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    bool sweep = fuzz_byte(&input) == 's';
    GError *error = NULL;
    char *path = g_build_filename(folder(), sweep ? "sweep.json" : "results.json", NULL);
    FUZZ_CHECK(g_file_set_contents_full(path, (const char *)input.at, (gssize)input.left,
                                        G_FILE_SET_CONTENTS_NONE, 0600, NULL),
               "the file cannot be written");
    if (sweep)
        ox_report_sweep_free(ox_report_sweep_read(folder(), &error));
    else
        ox_report_results_free(ox_report_results_read(folder(), &error));
    if (error != NULL)
        FUZZ_CHECK(g_utf8_validate(error->message, -1, NULL), "a message is not UTF-8");
    g_clear_error(&error);
    g_remove(path);
    g_rmdir(folder()); /* nothing is left behind, however the fuzzer ends */
    g_free(path);
    return 0;
}
