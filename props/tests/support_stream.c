/* support_stream.c - see support_stream.h. */
#include "props/tests/support_stream.h"

#include <math.h>
#include <string.h>

struct stream *stream_new(uint32_t nodes) {
    g_assert(nodes <= STREAM_NODES);
    struct stream *stream = g_new0(struct stream, 1);
    stream->nodes = nodes;
    stream->lines = g_array_new(FALSE, FALSE, sizeof(struct ox_observation));
    stream->kept = g_ptr_array_new_with_free_func(g_free);
    return stream;
}

void stream_free(struct stream *stream) {
    g_array_free(stream->lines, TRUE);
    g_ptr_array_free(stream->kept, TRUE);
    for (int i = 0; i < STREAM_KEYS; i++)
        g_free(stream->keys[i]);
    g_free(stream);
}

struct ox_observation *stream_line(struct stream *stream, size_t line) {
    g_assert(line < stream->lines->len);
    return &g_array_index(stream->lines, struct ox_observation, line);
}

void stream_drop(struct stream *stream, size_t line) {
    g_array_remove_index(stream->lines, (guint)line);
}

void stream_move(struct stream *stream, size_t from, size_t to) {
    struct ox_observation moved = *stream_line(stream, from);
    stream_drop(stream, from);
    g_assert(to > 0);
    moved.t_ns = stream_line(stream, to - 1)->t_ns;
    g_array_insert_val(stream->lines, (guint)to, moved);
}

void stream_at(struct stream *stream, double s) {
    stream_at_ns(stream, (uint64_t)llround(s * 1e9));
}

void stream_at_ns(struct stream *stream, uint64_t t_ns) {
    g_assert(t_ns >= stream->now_ns);
    stream->now_ns = t_ns;
}

/* ---- lines ---- */

static size_t add(struct stream *stream, struct ox_observation line) {
    line.t_ns = stream->now_ns;
    g_array_append_val(stream->lines, line);
    return stream->lines->len - 1;
}

static struct ox_obs_text keep(struct stream *stream, const char *text) {
    char *copy = g_strdup(text);
    g_ptr_array_add(stream->kept, copy);
    return (struct ox_obs_text){copy, strlen(copy)};
}

static uint32_t key_index(struct stream *stream, const char *type, const char *key) {
    char *name = g_strdup_printf("%s %s", type, key);
    for (uint32_t i = 0; i < STREAM_KEYS; i++) {
        if (!stream->keys[i])
            stream->keys[i] = g_strdup(name);
        if (strcmp(stream->keys[i], name) == 0) {
            g_free(name);
            return i;
        }
    }
    g_assert_not_reached();
}

static uint64_t *context(struct stream *stream, uint32_t node, const char *type, const char *key) {
    return stream->n[node][key_index(stream, type, key)];
}

static uint64_t have(const uint64_t *n) {
    uint64_t sum = 0;
    for (int r = 0; r < STREAM_REPLICAS; r++)
        sum += n[r];
    return sum;
}

/* Any function of the context will do. */
static uint64_t state(const uint64_t *n) {
    uint64_t hash = 17;
    for (int r = 0; r < STREAM_REPLICAS; r++)
        hash = hash * 1000003 + n[r];
    return hash;
}

size_t stream_phase(struct stream *stream, enum ox_phase phase, const char *why) {
    return add(stream, (struct ox_observation){
                           .kind = OX_OBS_PHASE,
                           .phase = {.phase = phase, .why = keep(stream, why ? why : "")}});
}

size_t stream_start(struct stream *stream, uint32_t node, uint64_t replica) {
    g_assert(stream->replica_count < STREAM_REPLICAS);
    stream->life[node] = stream->replica_count;
    stream->replicas[stream->replica_count++] = replica;
    memset(stream->n[node], 0, sizeof stream->n[node]);
    return add(stream, (struct ox_observation){
                           .kind = OX_OBS_START, .node = node, .start = {.replica = replica}});
}

size_t stream_return(struct stream *stream, uint32_t node) {
    uint64_t replica = stream->replicas[stream->life[node]];
    return add(stream, (struct ox_observation){.kind = OX_OBS_START,
                                               .node = node,
                                               .start = {.replica = replica, .disk = true}});
}

size_t stream_crash(struct stream *stream, uint32_t node, bool keeps_disk, uint32_t fault) {
    return add(stream,
               (struct ox_observation){.kind = OX_OBS_CRASH,
                                       .node = node,
                                       .crash = {.keeps_disk = keeps_disk, .fault = fault}});
}

size_t stream_update(struct stream *stream, uint32_t node, const char *type, const char *key,
                     const char *op, const char *arg) {
    uint64_t *n = context(stream, node, type, key);
    uint32_t own = stream->life[node];
    uint64_t before = have(n);
    n[own]++;
    return add(stream, (struct ox_observation){.kind = OX_OBS_UPDATE,
                                               .node = node,
                                               .type = keep(stream, type),
                                               .key = keep(stream, key),
                                               .have = before,
                                               .update = {.replica = stream->replicas[own],
                                                          .n = n[own],
                                                          .op = keep(stream, op),
                                                          .arg = keep(stream, arg)}});
}

size_t stream_join(struct stream *stream, uint32_t node, const char *type, const char *key,
                   uint32_t from) {
    uint64_t *mine = context(stream, node, type, key);
    const uint64_t *theirs = context(stream, from, type, key);
    struct ox_obs_span *news = g_new0(struct ox_obs_span, STREAM_REPLICAS);
    size_t count = 0;
    for (uint32_t r = 0; r < stream->replica_count; r++) {
        if (theirs[r] <= mine[r])
            continue;
        news[count++] = (struct ox_obs_span){stream->replicas[r], mine[r] + 1, theirs[r]};
        mine[r] = theirs[r];
    }
    g_assert(count > 0);
    g_ptr_array_add(stream->kept, news);
    return add(stream, (struct ox_observation){.kind = OX_OBS_SEE,
                                               .node = node,
                                               .type = keep(stream, type),
                                               .key = keep(stream, key),
                                               .state = state(mine),
                                               .has_state = true,
                                               .see = {.news = news, .count = count}});
}

size_t stream_read(struct stream *stream, uint32_t node, const char *type, const char *key,
                   const char *value) {
    const uint64_t *n = context(stream, node, type, key);
    return add(stream, (struct ox_observation){.kind = OX_OBS_READ,
                                               .node = node,
                                               .type = keep(stream, type),
                                               .key = keep(stream, key),
                                               .have = have(n),
                                               .state = state(n),
                                               .has_state = true,
                                               .read = {.value = keep(stream, value)}});
}

size_t stream_alarm(struct stream *stream, uint32_t node, const char *type, const char *key) {
    return add(stream, (struct ox_observation){.kind = OX_OBS_ALARM,
                                               .node = node,
                                               .type = keep(stream, type),
                                               .key = keep(stream, key)});
}

size_t stream_fault(struct stream *stream, uint32_t fault, bool on) {
    return add(stream,
               (struct ox_observation){.kind = OX_OBS_FAULT, .fault = {.fault = fault, .on = on}});
}

static uint64_t send(struct stream *stream, uint32_t from, uint32_t to, uint32_t bytes) {
    uint64_t id = stream->next_message++;
    add(stream, (struct ox_observation){.kind = OX_OBS_SEND,
                                        .node = from,
                                        .message = {.peer = to,
                                                    .id = id,
                                                    .bytes = bytes,
                                                    .proto = "delta",
                                                    .kind = "push",
                                                    .fault = OX_NO_FAULT}});
    return id;
}

size_t stream_deliver(struct stream *stream, uint32_t from, uint32_t to, uint32_t bytes) {
    uint64_t id = send(stream, from, to, bytes);
    return add(stream,
               (struct ox_observation){
                   .kind = OX_OBS_DELIVER,
                   .node = to,
                   .message = {.peer = from, .id = id, .bytes = bytes, .fault = OX_NO_FAULT}});
}

size_t stream_lose(struct stream *stream, uint32_t from, uint32_t to, enum ox_drop_why why,
                   uint32_t fault) {
    uint64_t id = send(stream, from, to, 100);
    return add(stream,
               (struct ox_observation){
                   .kind = OX_OBS_DROP,
                   .node = to,
                   .message = {.peer = from, .id = id, .bytes = 100, .why = why, .fault = fault}});
}

/* ---- beginning and end ---- */

void stream_start_all(struct stream *stream) {
    stream_phase(stream, OX_PHASE_RUN, NULL);
    for (uint32_t node = 0; node < stream->nodes; node++)
        stream_start(stream, node, node);
}

void stream_end(struct stream *stream, double quiet_s) {
    stream_phase(stream, OX_PHASE_SETTLE, NULL);
    stream_at_ns(stream, stream->now_ns + (uint64_t)llround(quiet_s * 1e9));
    stream_phase(stream, OX_PHASE_QUIET, NULL);
}

void stream_judge(const struct stream *stream, const struct ox_judge_config *config,
                  struct ox_judgement *judgement) {
    struct ox_judge *judge = ox_judge_new(config);
    struct ox_observer observer = ox_judge_observer(judge);
    for (guint i = 0; i < stream->lines->len; i++)
        observer.observe(observer.self, &g_array_index(stream->lines, struct ox_observation, i));
    ox_judge_finish(judge, judgement);
    ox_judge_free(judge);
}
