/* A node of an installed oxbow takes an update and asks for it to be persisted. */
#include "crdt/gcounter.h"
#include "protocols/delta.h"

int main(void) {
    struct ox_node_config config = {ox_protocol_named(ox_bytes_of_text("delta")), 1, 1000, 0};
    struct ox_event start = {.kind = OX_EVENT_START};
    struct ox_event update = {.kind = OX_EVENT_UPDATE};
    struct ox_effects effects;
    struct ox_node *node = ox_node_new(&config);
    update.update.name = ox_bytes_of_text("visits");
    update.update.type = &ox_gcounter;
    update.update.op = (struct ox_op){.verb = ox_gcounter.verbs, .arg = ox_value_int(3)};
    if (node == NULL || ox_node_step(node, &start, &effects) != OX_OK)
        return 1;
    if (ox_node_step(node, &update, &effects) != OX_OK || effects.persist.bytes.size == 0)
        return 2;
    ox_node_free(node);
    return 0;
}
