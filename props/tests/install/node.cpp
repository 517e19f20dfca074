// The same node and store, from C++.
#include <oxbow/crdt/orset.h>
#include <oxbow/protocols/delta.h>

int main() {
    ox_store *store = ox_store_new();
    ox_entry *entry = nullptr;
    ox_value milk = ox_value_text("milk");
    if (ox_store_open(store, ox_bytes_of_text("cart"), &ox_orset, &entry) != OX_OK ||
        ox_orset_add(&entry->object, &milk, ox_replica_of(0, 7), nullptr) != OX_OK)
        return 1;
    ox_store_touch(store, entry);
    bool good =
        ox_store_count(store) == 1 && ox_protocol_named(ox_bytes_of_text("delta")) != nullptr;
    ox_store_free(store);
    return good ? 0 : 2;
}
