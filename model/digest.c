/* The digest of a run: one 64-bit number that moves when anything observable does.
 *
 * Every observation is written out field by field, little-endian, texts with their lengths in
 * front; never as the bytes of a struct, whose padding holds whatever was there before.
 */
#include "model/trace.h"

#include <string.h>
#include <xxhash.h>

struct ox_digest {
    XXH3_state_t *state;
    /* Small fields gather here: one call of the hash per observation, not one per field. */
    uint8_t gathered[512];
    size_t size;
};

struct ox_digest *ox_digest_new(void) {
    struct ox_digest *digest = g_new0(struct ox_digest, 1);
    digest->state = XXH3_createState();
    g_assert(digest->state);
    XXH3_64bits_reset(digest->state);
    return digest;
}

void ox_digest_free(struct ox_digest *digest) {
    if (!digest)
        return;
    XXH3_freeState(digest->state);
    g_free(digest);
}

static void flush(struct ox_digest *digest) {
    XXH3_64bits_update(digest->state, digest->gathered, digest->size);
    digest->size = 0;
}

static void put(struct ox_digest *digest, uint64_t value) {
    if (digest->size + 8 > sizeof digest->gathered)
        flush(digest);
    for (unsigned i = 0; i < 8; i++)
        digest->gathered[digest->size++] = (uint8_t)(value >> (8 * i));
}

static void put_text(struct ox_digest *digest, struct ox_obs_text text) {
    put(digest, text.size);
    flush(digest);
    if (text.size > 0)
        XXH3_64bits_update(digest->state, text.data, text.size);
}

static void put_word(struct ox_digest *digest, const char *word) {
    put_text(digest, (struct ox_obs_text){word, strlen(word)});
}

static void put_message(struct ox_digest *digest, const struct ox_observation *seen) {
    put(digest, seen->message.peer);
    put(digest, seen->message.id);
    put(digest, seen->message.bytes);
    put(digest, seen->message.duplicate);
    if (seen->kind == OX_OBS_SEND) {
        put_word(digest, seen->message.proto);
        put_word(digest, seen->message.kind);
        return;
    }
    put(digest, seen->message.fault);
    if (seen->kind == OX_OBS_DROP)
        put(digest, seen->message.why);
}

/* What an operation does not have is not written: its type and verb say which that is. */
static void put_operation(struct ox_digest *digest, const struct ox_observation *seen) {
    put_text(digest, seen->update.op);
    put_text(digest, seen->update.arg);
    if (seen->update.has_stamp) {
        put(digest, seen->update.stamp.physical_ns);
        put(digest, seen->update.stamp.logical);
        put(digest, seen->update.stamp.replica);
    }
    if (seen->update.names != OX_OBS_NAMES_NONE) {
        put(digest, seen->update.names);
        put(digest, seen->update.at.replica);
        put(digest, seen->update.at.n);
    }
    if (seen->update.depth > 0) {
        put(digest, seen->update.depth);
        for (size_t i = 0; i < seen->update.depth; i++)
            put_text(digest, seen->update.path[i]);
        put_text(digest, seen->update.inner_type);
        put_text(digest, seen->update.inner_op);
    }
}

static void put_data(struct ox_digest *digest, const struct ox_observation *seen) {
    put_text(digest, seen->key);
    put_text(digest, seen->type);
    put(digest, seen->have);
    if (seen->kind == OX_OBS_UPDATE) {
        put(digest, seen->update.replica);
        put(digest, seen->update.n);
        put_operation(digest, seen);
    } else if (seen->kind == OX_OBS_SEE) {
        put(digest, seen->see.count);
        for (size_t i = 0; i < seen->see.count; i++) {
            put(digest, seen->see.news[i].replica);
            put(digest, seen->see.news[i].first);
            put(digest, seen->see.news[i].last);
        }
    } else if (seen->kind == OX_OBS_READ) {
        put_text(digest, seen->read.value);
        put(digest, seen->state);
    }
}

static void absorb(void *self, const struct ox_observation *seen) {
    struct ox_digest *digest = self;
    put(digest, seen->kind);
    put(digest, seen->node);
    put(digest, seen->t_ns);
    switch (seen->kind) {
    case OX_OBS_START:
        put(digest, seen->start.replica);
        put(digest, seen->start.disk);
        break;
    case OX_OBS_UPDATE:
    case OX_OBS_SEE:
    case OX_OBS_READ:
        put_data(digest, seen);
        break;
    case OX_OBS_ALARM:
        put_data(digest, seen);
        put(digest, seen->alarm.why);
        put_text(digest, seen->alarm.status);
        break;
    case OX_OBS_SEND:
    case OX_OBS_DELIVER:
    case OX_OBS_DROP:
        put_message(digest, seen);
        break;
    case OX_OBS_FAULT:
        put(digest, seen->fault.fault);
        put(digest, seen->fault.on);
        break;
    case OX_OBS_CRASH:
        put(digest, seen->crash.keeps_disk);
        put(digest, seen->crash.fault);
        break;
    case OX_OBS_PHASE:
        put(digest, seen->phase.phase);
        put_text(digest, seen->phase.why);
        break;
    case OX_OBS_COUNT:
        g_assert_not_reached();
    }
    flush(digest);
}

struct ox_observer ox_digest_observer(struct ox_digest *digest) {
    return (struct ox_observer){absorb, digest};
}

uint64_t ox_digest_value(const struct ox_digest *digest) {
    return XXH3_64bits_digest(digest->state);
}
