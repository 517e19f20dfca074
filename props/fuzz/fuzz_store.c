/* Snapshots of a keyed store. */
#include "crdt/store.h"
#include "props/fuzz/fuzz.h"

/* Every object can be removed and joined back, and takes updates then and only then. */
static void use(struct ox_store *store) {
    size_t count;
    struct ox_entry **entries = ox_store_list(store, &count);
    struct ox_entry *entry = count > 0 ? entries[0] : NULL;
    if (entry == NULL)
        return;
    struct ox_object copy;
    FUZZ_CHECK(ox_object_copy(&copy, &entry->object) == OX_OK, "no memory");
    FUZZ_CHECK(ox_store_remove(store, entry) == OX_OK, "what is there cannot be removed");
    FUZZ_CHECK(ox_entry_ready(entry) == OX_GAP, "a removed object takes updates");
    bool partly = !ox_vv_covers(&copy.context, &entry->tombstone);
    if (ox_store_join(store, entry, &copy, NULL) == OX_OK)
        FUZZ_CHECK((ox_entry_ready(entry) == OX_GAP) == partly, "it is back, and not");
    fuzz_check_object(&entry->object, "joined back");
    ox_object_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ox_cbor in = ox_cbor_of((struct ox_bytes){data, size});
    struct ox_store *store = ox_store_new();
    enum ox_status status = ox_store_decode(store, ox_types, &in);
    size_t count;
    struct ox_entry **entries = ox_store_list(store, &count);
    FUZZ_CHECK((status == OX_OK) != in.failed, "the status and the cursor disagree");
    FUZZ_CHECK(status == OX_OK || count == 0, "something of a refused snapshot stayed");
    for (size_t i = 0; i < count; i++)
        fuzz_check_object(&entries[i]->object, "restored");
    if (status == OX_OK) {
        struct ox_buf again = {0};
        ox_store_encode(store, &again);
        fuzz_check_same((struct ox_bytes){data, (size_t)(in.at - data)}, ox_buf_bytes(&again),
                        "encoded again");
        ox_buf_free(&again);
        use(store);
    }
    ox_store_free(store);
    return 0;
}
