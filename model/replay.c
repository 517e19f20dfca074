/* Replays the record of a run into fresh nodes, outside SimGrid.
 *
 *     node-7.rec:  start | tick | receive | update | ... | start | ...     one node, life after
 * life
 *                    |
 *                    +--> ox_node_step --> the same effects, byte for byte?
 */
#include "model/replay.h"

#include "model/run/record.h"

#include <xxhash.h>

struct replay {
    const struct ox_node_config *config;
    uint32_t number;
    struct ox_node *node; /* of the current life; NULL before the first start */
    struct ox_record_parts *parts;
    uint64_t steps; /* of this node */
};

static bool refuse(const struct replay *replay, GError **error, const char *what) {
    g_set_error(error, ox_world_error_quark(), 70,
                "replay: node %u, step %" G_GUINT64_FORMAT ": %s", replay->number, replay->steps,
                what);
    return false;
}

static uint64_t little_endian(const uint8_t *bytes, unsigned count) {
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/* The payload of the record at `*at`, which moves past it; false when it is damaged. */
static bool next_record(const uint8_t **at, const uint8_t *end, struct ox_bytes *payload) {
    if (end - *at < OX_RECORD_HEAD)
        return false;
    uint64_t size = little_endian(*at, 4), hash = little_endian(*at + 4, 8);
    *at += OX_RECORD_HEAD;
    if (size > (size_t)(end - *at))
        return false;
    *payload = (struct ox_bytes){*at, size};
    *at += size;
    return XXH3_64bits(payload->data, payload->size) == hash;
}

/* Steps the node with one recorded event and compares. */
static bool replay_step(struct replay *replay, struct ox_bytes payload, GError **error) {
    struct ox_event event;
    struct ox_outcome then;
    if (ox_record_decode(payload, &event, replay->parts, &then) != OX_OK)
        return refuse(replay, error, "the record is not one of ours");
    if (event.kind == OX_EVENT_START) {
        ox_node_free(replay->node);
        replay->node = ox_node_new(replay->config);
    }
    if (!replay->node)
        return refuse(replay, error, "there is no node to step");
    struct ox_effects effects = {0};
    enum ox_status status = ox_node_step(replay->node, &event, &effects);
    struct ox_outcome now = ox_outcome_of(status, &effects);
    const char *difference = ox_outcome_difference(&then, &now);
    if (!difference)
        return true;
    char *what = g_strdup_printf("the replay gives %s than the run", difference);
    refuse(replay, error, what);
    g_free(what);
    return false;
}

static bool replay_file(struct replay *replay, const char *path, GError **error) {
    char *contents;
    gsize size;
    GError *reason = NULL;
    if (!g_file_get_contents(path, &contents, &size, &reason)) {
        refuse(replay, error, reason->message);
        g_error_free(reason);
        return false;
    }
    const uint8_t *at = (const uint8_t *)contents, *end = at + size;
    bool ok = true;
    while (ok && at < end) {
        struct ox_bytes payload;
        replay->steps++;
        ok = next_record(&at, end, &payload) ? replay_step(replay, payload, error)
                                             : refuse(replay, error, "the record is damaged");
    }
    if (ok && replay->steps == 0)
        ok = refuse(replay, error, "the record is empty");
    g_free(contents);
    return ok;
}

bool ox_replay_check(const struct ox_world_config *config, const char *record, uint64_t *steps,
                     GError **error) {
    bool ok = true;
    *steps = 0;
    struct ox_record_parts parts;
    ox_record_parts_init(&parts);
    for (uint32_t i = 0; ok && i < config->network.nodes; i++) {
        struct replay replay = {.config = &config->node, .number = i, .parts = &parts};
        char *path = ox_record_path(record, i);
        ok = replay_file(&replay, path, error);
        *steps += replay.steps;
        ox_node_free(replay.node);
        g_free(path);
    }
    ox_record_parts_clear(&parts);
    return ok;
}
