/* A node's log: pieces, each the payload of a record, whose size and hash are made right, as an
 * attacker or a bug of ours would; what is left at the end stands behind them as it is.
 */
#include "props/fuzz/net.h"
#include "protocols/log.h"

#include <string.h>
#include <xxhash.h>

static void put_record(struct ox_buf *log, struct ox_bytes payload) {
    uint8_t head[12];
    uint64_t hash = XXH3_64bits(payload.data, payload.size);
    for (int i = 0; i < 4; i++)
        head[i] = (uint8_t)(payload.size >> (8 * i));
    for (int i = 0; i < 8; i++)
        head[4 + i] = (uint8_t)(hash >> (8 * i));
    ox_buf_append(log, head, sizeof head);
    ox_buf_append(log, payload.data, payload.size);
}

static void check_restored(struct ox_store *store) {
    size_t count;
    struct ox_entry **entries = ox_store_list(store, &count);
    for (size_t i = 0; i < count; i++)
        fuzz_check_object(&entries[i]->object, "restored");
}

/* Written down again as a snapshot, it comes back the same. */
static void write_again(struct ox_store *store, const struct ox_stamp *clock) {
    struct ox_buf log = {0};
    struct ox_log_restored again;
    struct ox_store *other = ox_store_new();
    ox_log_put_snapshot(&log, clock, store);
    FUZZ_CHECK(ox_buf_status(&log) == OX_OK, "no memory");
    FUZZ_CHECK(ox_log_restore(ox_buf_bytes(&log), clock->replica, other, &again) == OX_OK,
               "its own snapshot is refused");
    FUZZ_CHECK(ox_store_checksum(store) == ox_store_checksum(other), "a snapshot changed it");
    ox_store_free(other);
    ox_buf_free(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    struct ox_buf log = {0};
    struct ox_log_restored restored;
    struct ox_store *store = ox_store_new();
    ox_replica replica = fuzz_byte(&input);
    for (uint8_t records = fuzz_byte(&input) % 8; records > 0 && input.left > 0; records--)
        put_record(&log, fuzz_piece(&input));
    ox_buf_append(&log, input.at, input.left);
    FUZZ_CHECK(store != NULL && ox_buf_status(&log) == OX_OK, "no memory");

    enum ox_status status = ox_log_restore(ox_buf_bytes(&log), replica, store, &restored);
    FUZZ_CHECK(status == OX_OK || status == OX_MALFORMED, "a log is %s", ox_status_name(status));
    FUZZ_CHECK(restored.whole <= log.size, "more was read than there is");
    if (status == OX_OK) {
        check_restored(store);
        if (restored.clock.replica == replica)
            write_again(store, &restored.clock);
    }
    ox_store_free(store);
    ox_buf_free(&log);
    return 0;
}
