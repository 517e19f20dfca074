/* support_cluster.c - a cluster of real nodes in memory; see support_cluster.h. */
#include "support_cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/gcounter.h"
#include "crdt/orset.h"

/* A message in flight. */
struct message {
    uint64_t id;
    uint64_t due_ns;
    uint32_t from, to;
    const char *kind;
    bool copy;
    GBytes *frame;
};

/* What a test said about a message to come. */
enum word { WORD_LOSE, WORD_DUPLICATE, WORD_DELAY };
struct command {
    enum word word;
    uint32_t from, to;
    const char *kind;
    uint64_t by_ns;
};

/* An event with all it borrowed, and the bytes of its effects. */
struct recorded {
    struct ox_event event;
    GBytes *bytes; /* frame, or log, or name */
    GBytes *text;  /* an update's argument */
    enum ox_status status;
    GByteArray *effects;
};

struct member {
    struct ox_node *node; /* NULL: down */
    uint64_t incarnation;
    uint32_t group;
    uint64_t deadline_ns;
    GByteArray *disk;
    GPtrArray *lives; /* of GPtrArray of struct recorded; the last is the present one */
};

struct ox_cluster {
    struct ox_cluster_config config;
    struct member *members;
    GPtrArray *wire;     /* struct message, in the order of sending */
    GPtrArray *commands; /* struct command */
    GPtrArray *frames;   /* GBytes */
    GHashTable *sent;    /* kind -> count */
    uint64_t now_ns, messages, notices[OX_NOTICE_COUNT];
    bool partitioned, calm;
    struct ox_rng chance;
    GString *story;
    char *difference;
};

/* ---- the story ---- */

G_GNUC_PRINTF(4, 5)
static void tell(struct ox_cluster *cluster, uint32_t node, const char *event, const char *format,
                 ...) {
    if (cluster->config.quiet)
        return;
    char *who = node == OX_ANY_NODE ? g_strdup("network") : g_strdup_printf("node %u", node);
    g_string_append_printf(cluster->story, "%8" G_GUINT64_FORMAT ".%03u s  %-7s  %-9s ",
                           cluster->now_ns / 1000 / OX_MS,
                           (unsigned)(cluster->now_ns / OX_MS % 1000), who, event);
    g_free(who);
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(cluster->story, format, arguments);
    va_end(arguments);
    while (g_str_has_suffix(cluster->story->str, " "))
        g_string_truncate(cluster->story, cluster->story->len - 1);
    g_string_append_c(cluster->story, '\n');
}

G_GNUC_PRINTF(2, 3)
static void reason(struct ox_cluster *cluster, const char *format, ...) {
    if (cluster->config.quiet)
        return;
    g_string_append(cluster->story, "                          ");
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(cluster->story, format, arguments);
    va_end(arguments);
    g_string_append_c(cluster->story, '\n');
}

void ox_cluster_note(struct ox_cluster *cluster, const char *sentence) {
    g_string_append_printf(cluster->story, "%s# %s\n", cluster->story->len > 0 ? "\n" : "",
                           sentence);
}

const char *ox_cluster_story(const struct ox_cluster *cluster) {
    return cluster->story->str;
}

/* "cart or-set" */
static char *entry_text(const struct ox_entry *entry) {
    return g_strdup_printf("%.*s %s", (int)entry->name_size, entry->name, entry->object.type->name);
}

/* Replicas read as node, and node'k in their k-th incarnation after the first. */
static void append_dot(GString *out, ox_replica replica, uint64_t first, uint64_t last) {
    g_string_append_printf(out, "%u", ox_replica_node(replica));
    if (replica >> OX_INCARNATION_SHIFT)
        g_string_append_printf(out, "'%" G_GUINT64_FORMAT, replica >> OX_INCARNATION_SHIFT);
    g_string_append_printf(out, ":%" G_GUINT64_FORMAT, first);
    if (last > first)
        g_string_append_printf(out, "-%" G_GUINT64_FORMAT, last);
}

static char *dots_text(const struct ox_dots *dots) {
    GString *text = g_string_new(NULL);
    for (uint32_t i = 0; i < dots->count; i++) {
        g_string_append(text, i > 0 ? " " : "");
        append_dot(text, dots->spans[i].replica, dots->spans[i].first, dots->spans[i].last);
    }
    return g_string_free(text, FALSE);
}

static void tell_notice(struct ox_cluster *cluster, const struct ox_notice *notice) {
    char *entry = notice->entry != NULL ? entry_text(notice->entry) : NULL;
    char *news = dots_text(&notice->news);
    GString *dot = g_string_new(NULL);
    append_dot(dot, notice->dot.replica, notice->dot.n, notice->dot.n);
    switch (notice->kind) {
    case OX_NOTICE_UPDATED:
        reason(cluster, "took the dot %s, after %" G_GUINT64_FORMAT " updates", dot->str,
               notice->have);
        break;
    case OX_NOTICE_NOOP:
        reason(cluster, "changes nothing");
        break;
    case OX_NOTICE_REFUSED:
        reason(cluster, "refused: %s", ox_status_name(notice->status));
        break;
    case OX_NOTICE_JOINED:
        reason(cluster, "%s: joined %s", entry, news);
        break;
    case OX_NOTICE_GAP:
        reason(cluster, "%s: GAP, dropped what node %u sent: its since is not covered", entry,
               notice->peer);
        break;
    case OX_NOTICE_STALE:
        reason(cluster, "STALE, dropped: meant for or sent by an older life (node %u)",
               notice->peer);
        break;
    case OX_NOTICE_DIVERGED:
        reason(cluster, "%s: DIVERGED from node %u, an alarm", entry, notice->peer);
        break;
    case OX_NOTICE_COUNT:
        g_assert_not_reached();
    }
    g_string_free(dot, TRUE);
    g_free(news);
    g_free(entry);
}

/* ---- the network ---- */

static void free_message(void *pointer) {
    struct message *message = pointer;
    g_bytes_unref(message->frame);
    g_free(message);
}

static bool cut(const struct ox_cluster *cluster, uint32_t from, uint32_t to) {
    return cluster->partitioned && cluster->members[from].group != cluster->members[to].group;
}

static bool by_chance(struct ox_cluster *cluster, double chance) {
    double drawn = (double)(ox_rng_next(&cluster->chance) >> 11) / (double)(UINT64_C(1) << 53);
    return !cluster->calm && drawn < chance;
}

/* The command that fits the message, taken off the list; its word is 'none' when nothing fits. */
static bool take_command(struct ox_cluster *cluster, const struct message *message,
                         struct command *command) {
    for (guint i = 0; i < cluster->commands->len; i++) {
        struct command *candidate = cluster->commands->pdata[i];
        if ((candidate->from != OX_ANY_NODE && candidate->from != message->from) ||
            (candidate->to != OX_ANY_NODE && candidate->to != message->to) ||
            (candidate->kind != NULL && strcmp(candidate->kind, message->kind) != 0))
            continue;
        *command = *candidate;
        g_ptr_array_remove_index(cluster->commands, i);
        return true;
    }
    return false;
}

static void put_on_wire(struct ox_cluster *cluster, const struct message *message, bool copy,
                        uint64_t later_ns) {
    struct message *sent = g_memdup2(message, sizeof *message);
    g_bytes_ref(sent->frame);
    sent->copy = copy;
    sent->due_ns += later_ns;
    if (!cluster->calm && cluster->config.jitter_ns > 0)
        sent->due_ns += ox_rng_below(&cluster->chance, cluster->config.jitter_ns + 1);
    g_ptr_array_add(cluster->wire, sent);
}

/* Decides at sending what becomes of a message. */
static void route(struct ox_cluster *cluster, const struct message *message) {
    struct command command;
    bool commanded = take_command(cluster, message, &command);
    bool lost = by_chance(cluster, cluster->config.loss);
    bool twice = by_chance(cluster, cluster->config.duplicate);
    if (cut(cluster, message->from, message->to)) {
        reason(cluster, "  dropped: partition");
        return;
    }
    if (lost || (commanded && command.word == WORD_LOSE)) {
        reason(cluster, "  lost by the network");
        return;
    }
    uint64_t later = 0;
    if (commanded && command.word == WORD_DELAY) {
        reason(cluster, "  held up by %" G_GUINT64_FORMAT " ms", command.by_ns / OX_MS);
        later = command.by_ns;
    }
    put_on_wire(cluster, message, false, later);
    if (commanded && command.word == WORD_DUPLICATE) {
        reason(cluster, "  will come twice");
        put_on_wire(cluster, message, true, command.by_ns);
    } else if (twice) {
        put_on_wire(cluster, message, true, OX_MS);
    }
}

static void send_all(struct ox_cluster *cluster, uint32_t from, const struct ox_effects *effects) {
    for (size_t i = 0; i < effects->send_count; i++) {
        const struct ox_send *send = &effects->sends[i];
        struct message message = {
            .id = ++cluster->messages,
            .due_ns = cluster->now_ns + cluster->config.latency_ns,
            .from = from,
            .to = send->to,
            .kind = send->kind,
            .frame = g_bytes_new(send->frame.data, send->frame.size),
        };
        g_assert_cmpuint(send->to, <, cluster->config.nodes);
        g_assert_cmpuint(send->to, !=, from);
        uint64_t count = GPOINTER_TO_SIZE(g_hash_table_lookup(cluster->sent, send->kind));
        g_hash_table_insert(cluster->sent, (void *)send->kind, GSIZE_TO_POINTER(count + 1));
        if (cluster->config.record)
            g_ptr_array_add(cluster->frames, g_bytes_ref(message.frame));
        reason(cluster, "sends message %" G_GUINT64_FORMAT " to %u: %s, %zu B", message.id,
               message.to, message.kind, send->frame.size);
        route(cluster, &message);
        g_bytes_unref(message.frame);
    }
}

/* ---- a step, as a host makes it ---- */

void ox_effects_bytes(const struct ox_effects *effects, GByteArray *out) {
    struct ox_buf buf = {0};
    for (size_t i = 0; i < effects->send_count; i++) {
        ox_cbor_put_uint(&buf, effects->sends[i].to);
        ox_cbor_put_text(&buf, ox_bytes_of_text(effects->sends[i].kind));
        ox_cbor_put_bytes(&buf, effects->sends[i].frame);
    }
    for (size_t i = 0; i < effects->notice_count; i++) {
        const struct ox_notice *notice = &effects->notices[i];
        ox_cbor_put_text(&buf, ox_bytes_of_text(ox_notice_name(notice->kind)));
        if (notice->entry != NULL)
            ox_cbor_put_text(&buf, ox_entry_name(notice->entry));
        ox_cbor_put_uint(&buf, notice->dot.replica);
        ox_cbor_put_uint(&buf, notice->dot.n);
        ox_stamp_encode(&notice->stamp, &buf);
        ox_cbor_put_uint(&buf, notice->have);
        ox_dots_encode(&notice->news, &buf);
        ox_cbor_put_uint(&buf, notice->status);
        ox_cbor_put_uint(&buf, notice->peer);
    }
    ox_cbor_put_bytes(&buf, effects->persist.bytes);
    ox_cbor_put_bool(&buf, effects->persist.replaces);
    ox_cbor_put_uint(&buf, effects->deadline_ns);
    g_assert_cmpint(ox_buf_status(&buf), ==, OX_OK);
    g_byte_array_append(out, buf.data, (guint)buf.size);
    ox_buf_free(&buf);
}

static void free_recorded(void *pointer) {
    struct recorded *recorded = pointer;
    g_clear_pointer(&recorded->bytes, g_bytes_unref);
    g_clear_pointer(&recorded->text, g_bytes_unref);
    g_byte_array_unref(recorded->effects);
    g_free(recorded);
}

/* Points what the event borrows at a copy of it. */
static GBytes *keep(struct ox_bytes *borrowed) {
    GBytes *bytes = g_bytes_new(borrowed->data, borrowed->size);
    borrowed->data = g_bytes_get_data(bytes, &borrowed->size);
    return bytes;
}

static void record(struct member *member, const struct ox_event *event, enum ox_status status,
                   const struct ox_effects *effects) {
    struct recorded *recorded = g_new0(struct recorded, 1);
    recorded->event = *event;
    recorded->status = status;
    recorded->effects = g_byte_array_new();
    ox_effects_bytes(effects, recorded->effects);
    if (event->kind == OX_EVENT_START)
        recorded->bytes = keep(&recorded->event.start.log);
    if (event->kind == OX_EVENT_RECEIVE)
        recorded->bytes = keep(&recorded->event.receive.frame);
    if (event->kind == OX_EVENT_UPDATE) {
        recorded->bytes = keep(&recorded->event.update.name);
        recorded->text = keep(&recorded->event.update.op.arg.bytes);
    }
    g_ptr_array_add(member->lives->pdata[member->lives->len - 1], recorded);
}

static void persist(struct ox_cluster *cluster, struct member *member,
                    const struct ox_effects *effects) {
    if (effects->persist.bytes.size == 0)
        return;
    if (effects->persist.replaces) {
        reason(cluster, "writes its log anew, %zu B", effects->persist.bytes.size);
        g_byte_array_set_size(member->disk, 0);
    }
    g_byte_array_append(member->disk, effects->persist.bytes.data,
                        (guint)effects->persist.bytes.size);
}

static enum ox_status step(struct ox_cluster *cluster, uint32_t node, struct ox_event *event) {
    struct member *member = &cluster->members[node];
    struct ox_effects effects;
    event->now_ns = cluster->now_ns;
    event->physical_ns = cluster->now_ns + UINT64_C(86400) * 1000 * OX_MS;
    enum ox_status status = ox_node_step(member->node, event, &effects);
    if (cluster->config.record)
        record(member, event, status, &effects);
    for (size_t i = 0; i < effects.notice_count; i++) {
        cluster->notices[effects.notices[i].kind]++;
        tell_notice(cluster, &effects.notices[i]);
    }
    if (status != OX_OK)
        reason(cluster, "refused: %s", ox_status_name(status));
    persist(cluster, member, &effects);
    send_all(cluster, node, &effects);
    member->deadline_ns = effects.deadline_ns;
    return status;
}

/* ---- lives ---- */

static void start_node(struct ox_cluster *cluster, uint32_t node) {
    struct member *member = &cluster->members[node];
    ox_peer *peers = g_new(ox_peer, cluster->config.nodes);
    size_t count = 0;
    for (uint32_t i = 0; i < cluster->config.nodes; i++)
        if (i != node)
            peers[count++] = i;
    member->node = ox_node_new(&cluster->config.node);
    g_assert_nonnull(member->node);
    g_ptr_array_add(member->lives, g_ptr_array_new_with_free_func(free_recorded));
    struct ox_event event = {.kind = OX_EVENT_START};
    event.start.replica = ox_replica_of(member->incarnation, node);
    event.start.seed = cluster->config.seed * 1000003 + node * 101 + member->lives->len;
    event.start.peers = peers;
    event.start.peer_count = count;
    /* The step may replace the disk it reads from. */
    GBytes *log = g_bytes_new(member->disk->data, member->disk->len);
    event.start.log.data = g_bytes_get_data(log, &event.start.log.size);
    g_assert_cmpint(step(cluster, node, &event), ==, OX_OK);
    g_bytes_unref(log);
    if (cluster->config.record) {
        GPtrArray *life = member->lives->pdata[member->lives->len - 1];
        struct recorded *first = life->pdata[0];
        first->text = g_bytes_new_take(peers, count * sizeof *peers);
        first->event.start.peers = g_bytes_get_data(first->text, NULL);
    } else {
        g_free(peers);
    }
}

struct ox_cluster_config ox_cluster_config_small(uint32_t nodes, uint64_t seed) {
    return (struct ox_cluster_config){
        .node = {ox_protocol_named(ox_bytes_of_text("delta")), 1, 1000 * OX_MS, 10000 * OX_MS},
        .nodes = nodes,
        .seed = seed,
        .latency_ns = 10 * OX_MS,
        .record = true,
    };
}

struct ox_cluster *ox_cluster_new(const struct ox_cluster_config *config) {
    struct ox_cluster *cluster = g_new0(struct ox_cluster, 1);
    cluster->config = *config;
    cluster->members = g_new0(struct member, config->nodes);
    cluster->wire = g_ptr_array_new_with_free_func(free_message);
    cluster->commands = g_ptr_array_new_with_free_func(g_free);
    cluster->frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    cluster->sent = g_hash_table_new(g_str_hash, g_str_equal);
    cluster->chance = ox_rng_of(config->seed);
    cluster->story = g_string_new(NULL);
    for (uint32_t i = 0; i < config->nodes; i++) {
        cluster->members[i].disk = g_byte_array_new();
        cluster->members[i].lives =
            g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
        start_node(cluster, i);
    }
    return cluster;
}

void ox_cluster_free(struct ox_cluster *cluster) {
    for (uint32_t i = 0; i < cluster->config.nodes; i++) {
        ox_node_free(cluster->members[i].node);
        g_byte_array_unref(cluster->members[i].disk);
        g_ptr_array_unref(cluster->members[i].lives);
    }
    g_free(cluster->members);
    g_ptr_array_unref(cluster->wire);
    g_ptr_array_unref(cluster->commands);
    g_ptr_array_unref(cluster->frames);
    g_hash_table_unref(cluster->sent);
    g_string_free(cluster->story, TRUE);
    g_free(cluster->difference);
    g_free(cluster);
}

/* ---- what the application does ---- */

static void update(struct ox_cluster *cluster, uint32_t node, const char *key,
                   const struct ox_type *type, const char *verb, struct ox_value arg) {
    g_assert_nonnull(cluster->members[node].node);
    struct ox_event event = {.kind = OX_EVENT_UPDATE};
    event.update.name = ox_bytes_of_text(key);
    event.update.type = type;
    event.update.op.verb = ox_verb_named(type, ox_bytes_of_text(verb));
    event.update.op.arg = arg;
    g_assert_nonnull(event.update.op.verb);
    if (arg.kind == OX_VALUE_INT)
        tell(cluster, node, "update", "%s %s %s %" G_GINT64_FORMAT, key, type->name, verb,
             arg.number);
    else
        tell(cluster, node, "update", "%s %s %s \"%.*s\"", key, type->name, verb,
             (int)arg.bytes.size, (const char *)arg.bytes.data);
    g_assert_cmpint(step(cluster, node, &event), ==, OX_OK);
}

void ox_cluster_inc(struct ox_cluster *cluster, uint32_t node, const char *key, int64_t amount) {
    update(cluster, node, key, &ox_gcounter, "inc", ox_value_int(amount));
}

void ox_cluster_add(struct ox_cluster *cluster, uint32_t node, const char *key,
                    const char *element) {
    update(cluster, node, key, &ox_orset, "add", ox_value_text(element));
}

void ox_cluster_remove(struct ox_cluster *cluster, uint32_t node, const char *key,
                       const char *element) {
    update(cluster, node, key, &ox_orset, "remove", ox_value_text(element));
}

void ox_cluster_read(struct ox_cluster *cluster, const char *key, const struct ox_type *type) {
    struct ox_buf json = {0};
    for (uint32_t i = 0; i < cluster->config.nodes; i++) {
        if (cluster->members[i].node == NULL)
            continue;
        struct ox_entry *entry =
            ox_store_find(ox_node_store(cluster->members[i].node), ox_bytes_of_text(key), type);
        ox_buf_clear(&json);
        if (entry != NULL)
            g_assert_cmpint(ox_object_value(&entry->object, &json), ==, OX_OK);
        tell(cluster, i, "read", "%s %s = %.*s", key, type->name, (int)json.size,
             json.size > 0 ? (const char *)json.data : "");
    }
    ox_buf_free(&json);
}

/* ---- faults ---- */

void ox_cluster_partition(struct ox_cluster *cluster, const char *groups) {
    char **sides = g_strsplit(groups, "|", -1);
    for (uint32_t group = 0; sides[group] != NULL; group++) {
        char **nodes = g_strsplit_set(sides[group], " ", -1);
        for (char **node = nodes; *node != NULL; node++)
            if (**node != '\0')
                cluster->members[g_ascii_strtoull(*node, NULL, 10)].group = group;
        g_strfreev(nodes);
    }
    g_strfreev(sides);
    cluster->partitioned = true;
    tell(cluster, OX_ANY_NODE, "partition", "%s", groups);
}

void ox_cluster_heal(struct ox_cluster *cluster) {
    cluster->partitioned = false;
    tell(cluster, OX_ANY_NODE, "heal", "%s", "");
}

static void command(struct ox_cluster *cluster, enum word word, uint32_t from, uint32_t to,
                    const char *kind, uint64_t by_ns) {
    struct command *added = g_new(struct command, 1);
    *added = (struct command){word, from, to, kind, by_ns};
    g_ptr_array_add(cluster->commands, added);
}

void ox_cluster_lose(struct ox_cluster *cluster, uint32_t from, uint32_t to, const char *kind) {
    command(cluster, WORD_LOSE, from, to, kind, 0);
}

void ox_cluster_duplicate(struct ox_cluster *cluster, uint32_t from, uint32_t to, const char *kind,
                          uint64_t after_ns) {
    command(cluster, WORD_DUPLICATE, from, to, kind, after_ns);
}

void ox_cluster_delay(struct ox_cluster *cluster, uint32_t from, uint32_t to, const char *kind,
                      uint64_t by_ns) {
    command(cluster, WORD_DELAY, from, to, kind, by_ns);
}

void ox_cluster_crash(struct ox_cluster *cluster, uint32_t node, bool keeps_disk) {
    struct member *member = &cluster->members[node];
    g_assert_nonnull(member->node);
    tell(cluster, node, "crash", "%s", keeps_disk ? "keeps its disk" : "loses its disk");
    ox_node_free(member->node);
    member->node = NULL;
    member->deadline_ns = OX_NEVER;
    if (!keeps_disk) {
        g_byte_array_set_size(member->disk, 0);
        member->incarnation++;
    }
}

void ox_cluster_tear(struct ox_cluster *cluster, uint32_t node, size_t bytes) {
    struct member *member = &cluster->members[node];
    g_assert_null(member->node);
    g_assert_cmpuint(bytes, <=, member->disk->len);
    g_byte_array_set_size(member->disk, (guint)(member->disk->len - bytes));
    tell(cluster, node, "tear", "the last %zu B of its disk were never written", bytes);
}

void ox_cluster_restart(struct ox_cluster *cluster, uint32_t node) {
    struct member *member = &cluster->members[node];
    g_assert_null(member->node);
    tell(cluster, node, "start", "incarnation %" G_GUINT64_FORMAT ", %s", member->incarnation,
         member->disk->len > 0 ? "reads its log" : "no log");
    start_node(cluster, node);
}

void ox_cluster_peer(struct ox_cluster *cluster, uint32_t node, uint32_t peer, bool up) {
    struct ox_event event = {.kind = up ? OX_EVENT_PEER_UP : OX_EVENT_PEER_DOWN};
    event.peer.peer = peer;
    tell(cluster, node, up ? "peer up" : "peer down", "node %u", peer);
    g_assert_cmpint(step(cluster, node, &event), ==, OX_OK);
}

void ox_cluster_calm(struct ox_cluster *cluster) {
    cluster->calm = true;
}

/* ---- time ---- */

static bool deliver(struct ox_cluster *cluster, guint index) {
    struct message *message = g_ptr_array_steal_index(cluster->wire, index);
    struct member *to = &cluster->members[message->to];
    tell(cluster, message->to, "receive", "message %" G_GUINT64_FORMAT " from %u: %s%s",
         message->id, message->from, message->kind, message->copy ? ", second copy" : "");
    bool arrives = to->node != NULL && !cut(cluster, message->from, message->to);
    if (arrives) {
        struct ox_event event = {.kind = OX_EVENT_RECEIVE};
        event.receive.from = message->from;
        event.receive.frame.data = g_bytes_get_data(message->frame, &event.receive.frame.size);
        g_assert_cmpint(step(cluster, message->to, &event), ==, OX_OK);
    } else {
        reason(cluster, "dropped: %s", to->node == NULL ? "down" : "partition");
    }
    free_message(message);
    return arrives;
}

/* The message that arrives next; messages sent first win at equal times. */
static bool next_message(const struct ox_cluster *cluster, guint *index, uint64_t *due_ns) {
    *due_ns = OX_NEVER;
    for (guint i = 0; i < cluster->wire->len; i++) {
        const struct message *message = cluster->wire->pdata[i];
        if (message->due_ns < *due_ns) {
            *due_ns = message->due_ns;
            *index = i;
        }
    }
    return *due_ns != OX_NEVER;
}

static bool next_tick(const struct ox_cluster *cluster, uint32_t *node, uint64_t *due_ns) {
    *due_ns = OX_NEVER;
    for (uint32_t i = 0; i < cluster->config.nodes; i++) {
        if (cluster->members[i].deadline_ns < *due_ns) {
            *due_ns = cluster->members[i].deadline_ns;
            *node = i;
        }
    }
    return *due_ns != OX_NEVER;
}

static void tick(struct ox_cluster *cluster, uint32_t node) {
    struct ox_event event = {.kind = OX_EVENT_TICK};
    tell(cluster, node, "tick", "%s", "");
    g_assert_cmpint(step(cluster, node, &event), ==, OX_OK);
    g_assert_cmpuint(cluster->members[node].deadline_ns, >, cluster->now_ns);
}

/* Does the next thing due by `limit_ns`: 'd'elivers, 't'icks, or 0 when there is none. */
static char advance(struct ox_cluster *cluster, uint64_t limit_ns) {
    guint message = 0;
    uint32_t node = 0;
    uint64_t message_ns, tick_ns;
    next_message(cluster, &message, &message_ns);
    next_tick(cluster, &node, &tick_ns);
    uint64_t due = MIN(message_ns, tick_ns);
    if (due == OX_NEVER || due > limit_ns)
        return 0;
    cluster->now_ns = MAX(cluster->now_ns, due);
    if (message_ns <= tick_ns) {
        deliver(cluster, message);
        return 'd';
    }
    tick(cluster, node);
    return 't';
}

void ox_cluster_run_until(struct ox_cluster *cluster, uint64_t t_ns) {
    while (advance(cluster, t_ns) != 0)
        continue;
    cluster->now_ns = t_ns;
}

bool ox_cluster_deliver_next(struct ox_cluster *cluster) {
    if (cluster->wire->len == 0)
        return false;
    while (advance(cluster, OX_NEVER) != 'd')
        continue;
    return true;
}

uint64_t ox_cluster_now(const struct ox_cluster *cluster) {
    return cluster->now_ns;
}

/* ---- looking ---- */

struct ox_node *ox_cluster_node(struct ox_cluster *cluster, uint32_t node) {
    return cluster->members[node].node;
}

bool ox_cluster_up(const struct ox_cluster *cluster, uint32_t node) {
    return cluster->members[node].node != NULL;
}

struct ox_bytes ox_cluster_disk(const struct ox_cluster *cluster, uint32_t node) {
    const GByteArray *disk = cluster->members[node].disk;
    return (struct ox_bytes){disk->data, disk->len};
}

/* Equal contexts must mean equal bytes, at every time. */
static void assert_function_of_context(const struct ox_entry *a, const struct ox_entry *b) {
    struct ox_buf bytes_a = {0}, bytes_b = {0};
    if (ox_vv_equal(&a->object.context, &b->object.context)) {
        ox_object_encode(&a->object, &bytes_a);
        ox_object_encode(&b->object, &bytes_b);
        g_assert_cmpmem(bytes_a.data, bytes_a.size, bytes_b.data, bytes_b.size);
    }
    ox_buf_free(&bytes_a);
    ox_buf_free(&bytes_b);
}

/* Compares every object of `a` with that of `b`. */
static bool covers(struct ox_cluster *cluster, uint32_t a, uint32_t b) {
    size_t count;
    struct ox_store *theirs = ox_node_store(cluster->members[b].node);
    struct ox_entry **entries = ox_store_list(ox_node_store(cluster->members[a].node), &count);
    bool equal = true;
    for (size_t i = 0; i < count; i++) {
        const struct ox_entry *mine = entries[i];
        const struct ox_entry *other =
            ox_store_find(theirs, ox_entry_name(mine), mine->object.type);
        if (other != NULL)
            assert_function_of_context(mine, other);
        if (other != NULL && ox_object_equal(&mine->object, &other->object))
            continue;
        if (equal) {
            g_free(cluster->difference);
            cluster->difference = g_strdup_printf("nodes %u and %u differ in %.*s", a, b,
                                                  (int)mine->name_size, mine->name);
        }
        equal = false;
    }
    return equal;
}

bool ox_cluster_converged(struct ox_cluster *cluster, const char **difference) {
    uint32_t first = OX_ANY_NODE;
    bool converged = true;
    for (uint32_t i = 0; i < cluster->config.nodes; i++) {
        if (cluster->members[i].node == NULL)
            continue;
        if (first == OX_ANY_NODE)
            first = i;
        else
            converged = covers(cluster, first, i) && covers(cluster, i, first) && converged;
    }
    if (difference != NULL)
        *difference = converged ? NULL : cluster->difference;
    return converged;
}

uint64_t ox_cluster_count(const struct ox_cluster *cluster, enum ox_notice_kind kind) {
    return cluster->notices[kind];
}

uint64_t ox_cluster_sent(const struct ox_cluster *cluster, const char *kind) {
    if (kind == NULL)
        return cluster->messages;
    return GPOINTER_TO_SIZE(g_hash_table_lookup(cluster->sent, kind));
}

GPtrArray *ox_cluster_frames(struct ox_cluster *cluster) {
    return cluster->frames;
}

static uint64_t replay_life(const struct ox_cluster *cluster, uint32_t node,
                            const GPtrArray *life) {
    struct ox_node *fresh = ox_node_new(&cluster->config.node);
    for (guint i = 0; i < life->len; i++) {
        const struct recorded *recorded = life->pdata[i];
        struct ox_effects effects;
        GByteArray *bytes = g_byte_array_new();
        g_assert_cmpint(ox_node_step(fresh, &recorded->event, &effects), ==, recorded->status);
        ox_effects_bytes(&effects, bytes);
        if (bytes->len != recorded->effects->len ||
            memcmp(bytes->data, recorded->effects->data, bytes->len) != 0)
            g_error("replay: node %u, step %u has other effects", node, i);
        g_byte_array_unref(bytes);
    }
    ox_node_free(fresh);
    return life->len;
}

uint64_t ox_cluster_replay(struct ox_cluster *cluster) {
    uint64_t steps = 0;
    for (uint32_t node = 0; node < cluster->config.nodes; node++) {
        const GPtrArray *lives = cluster->members[node].lives;
        for (guint i = 0; i < lives->len; i++)
            steps += replay_life(cluster, node, lives->pdata[i]);
    }
    return steps;
}

/* ---- golden files ---- */

static void show_difference(const char *path, const char *golden, const char *story) {
    char **wanted = g_strsplit(golden, "\n", -1), **got = g_strsplit(story, "\n", -1);
    guint line = 0;
    while (wanted[line] != NULL && got[line] != NULL && strcmp(wanted[line], got[line]) == 0)
        line++;
    g_test_message("%s:%u: the story differs (OXBOW_RECORD=1 writes it anew)", path, line + 1);
    g_test_message("  golden: %s", wanted[line] != NULL ? wanted[line] : "(ends)");
    g_test_message("  now:    %s", got[line] != NULL ? got[line] : "(ends)");
    g_strfreev(wanted);
    g_strfreev(got);
    g_test_fail();
}

void ox_cluster_check_golden(struct ox_cluster *cluster, const char *name) {
    char *file = g_strconcat(name, ".txt", NULL);
    char *path = g_build_filename(OXBOW_SOURCE_DIR, "props", "tests", "golden", file, NULL);
    GError *error = NULL;
    char *golden = NULL;
    if (g_strcmp0(g_getenv("OXBOW_RECORD"), "1") == 0)
        g_file_set_contents(path, cluster->story->str, (gssize)cluster->story->len, &error);
    else if (g_file_get_contents(path, &golden, NULL, &error) &&
             strcmp(golden, cluster->story->str) != 0)
        show_difference(path, golden, cluster->story->str);
    g_assert_no_error(error);
    g_free(golden);
    g_free(path);
    g_free(file);
}
