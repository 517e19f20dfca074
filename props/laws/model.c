/* laws/model.c - what contexts and messages are, told by plain arrays of numbers. */
#include "props/laws/history.h"

bool ox_model_covers(const struct ox_model_context *context, const struct ox_model_context *other) {
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        if (context->n[i] < other->n[i]) {
            return false;
        }
    }
    return true;
}

bool ox_model_is(const struct ox_history *history, const struct ox_model_context *context,
                 const struct ox_vv *vv) {
    uint32_t held = 0;
    for (uint32_t i = 0; i < history->replica_count; i++) {
        held += context->n[i] > 0;
        if (ox_vv_get(vv, history->replicas[i]) != context->n[i]) {
            return false;
        }
    }
    return vv->count == held;
}

static const struct ox_ref_update *update_of(const struct ox_history *history, uint32_t replica,
                                             uint32_t n) {
    GPtrArray *own = g_ptr_array_index(history->updates.replicas, replica);
    return g_ptr_array_index(own, n - 1);
}

/* It is enough to look at each replica's last update: that one had seen all that those before it
 * had. */
bool ox_model_closed(const struct ox_history *history, const struct ox_model_context *context) {
    for (uint32_t i = 0; i < history->replica_count; i++) {
        if (context->n[i] == 0) {
            continue;
        }
        const struct ox_ref_context *seen = &update_of(history, i, context->n[i])->seen;
        for (uint32_t j = 0; j < seen->count; j++) {
            if (context->n[j] < seen->n[j]) {
                return false;
            }
        }
    }
    return true;
}

void ox_model_raise(struct ox_model_context *context, const struct ox_model_context *other) {
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        context->n[i] = MAX(context->n[i], other->n[i]);
    }
}

static bool model_brings(const struct ox_message *message, uint32_t i) {
    return message->reaches.n[i] > message->needs.n[i];
}

/* What two messages of a group need and reach of replica i, together. A need above all that is
 * brought makes the bringing pointless: whoever may take the group has it. False when both bring
 * and their updates do not meet. */
static bool model_merge_at(struct ox_message *group, const struct ox_message *part, uint32_t i) {
    uint32_t *needs = &group->needs.n[i], *reaches = &group->reaches.n[i];
    uint32_t part_needs = part->needs.n[i], part_reaches = part->reaches.n[i];
    bool group_brings = model_brings(group, i), part_brings = model_brings(part, i);
    if (group_brings && part_brings) {
        bool meet = MAX(*needs, part_needs) <= MIN(*reaches, part_reaches);
        *needs = MIN(*needs, part_needs);
        *reaches = MAX(*reaches, part_reaches);
        return meet;
    }
    uint32_t brought = MAX(group_brings ? *reaches : 0, part_brings ? part_reaches : 0);
    uint32_t needed = MAX(group_brings ? 0 : *needs, part_brings ? 0 : part_needs);
    if (needed > brought) {
        *needs = needed;
        *reaches = 0;
    } else if (part_brings) {
        *needs = part_needs;
        *reaches = part_reaches;
    }
    return true;
}

bool ox_model_merge(struct ox_message *group, const struct ox_message *part) {
    bool meet = true;
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        meet &= model_merge_at(group, part, i);
    }
    return meet;
}

void ox_model_strip(struct ox_message *message, const struct ox_model_context *context) {
    for (uint32_t i = 0; i < OX_HISTORY_REPLICAS; i++) {
        if (model_brings(message, i)) {
            uint32_t had = MIN(message->reaches.n[i], context->n[i]);
            message->needs.n[i] = MAX(message->needs.n[i], had);
        }
        if (!model_brings(message, i)) {
            message->reaches.n[i] = 0;
        }
    }
}
