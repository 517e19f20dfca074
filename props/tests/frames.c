/* frames.c - hostile bytes: frames and logs that were tampered with.
 *
 * Whatever arrives, the node answers OX_OK or OX_MALFORMED and stays sound; a refused frame leaves
 * it as it was. Mutants of real messages keep much of their form, so that many of them get past
 * the first checks, and enough get past all.
 */
#include "protocols/frame.h"
#include "protocols/groups.h"
#include "support_cluster.h"

#include "crdt/gcounter.h"
#include "crdt/orset.h"

#include <string.h>
#include <xxhash.h>

enum { MUTANTS = 100000 };

/* ---- a target: a node with a few objects, made again from its log at will ---- */

struct target {
    struct ox_node_config config;
    GBytes *log;
    struct ox_node *node;
    uint64_t now_ns;
};

static struct ox_node *start(const struct ox_node_config *config, struct ox_bytes log,
                             enum ox_status *status) {
    static const ox_peer peers[] = {1, 2};
    struct ox_effects effects;
    struct ox_event event = {.kind = OX_EVENT_START};
    event.start.seed = 3;
    event.start.peers = peers;
    event.start.peer_count = G_N_ELEMENTS(peers);
    event.start.log = log;
    struct ox_node *node = ox_node_new(config);
    *status = ox_node_step(node, &event, &effects);
    return node;
}

static struct ox_bytes borrowed(GBytes *bytes) {
    struct ox_bytes view;
    view.data = g_bytes_get_data(bytes, &view.size);
    return view;
}

static void target_reset(struct target *target) {
    enum ox_status status;
    ox_node_free(target->node);
    target->node = start(&target->config, borrowed(target->log), &status);
    g_assert_cmpint(status, ==, OX_OK);
}

static void target_end(struct target *target) {
    ox_node_free(target->node);
    g_bytes_unref(target->log);
}

static enum ox_status target_receive(struct target *target, ox_peer from, struct ox_bytes frame,
                                     struct ox_effects *effects) {
    struct ox_event event = {.kind = OX_EVENT_RECEIVE, .receive = {from, frame}};
    event.now_ns = event.physical_ns = target->now_ns;
    return ox_node_step(target->node, &event, effects);
}

static GBytes *snapshot(struct ox_node *node) {
    struct ox_buf out = {0};
    g_assert_cmpint(ox_node_snapshot(node, &out), ==, OX_OK);
    GBytes *bytes = g_bytes_new(out.data, out.size);
    ox_buf_free(&out);
    return bytes;
}

static void assert_store_valid(struct ox_node *node) {
    size_t count;
    struct ox_entry **entries = ox_store_list(ox_node_store(node), &count);
    for (size_t i = 0; i < count; i++) {
        const char *reason = NULL;
        if (!ox_object_valid(&entries[i]->object, &reason))
            g_error("%s", reason);
    }
}

/* ---- real messages ---- */

/* One message to node 0. */
struct sample {
    ox_peer from;
    GBytes *frame;
};

struct corpus {
    struct target target;
    GArray *samples[5]; /* of struct sample, by first item of the body */
};

static uint64_t message_of(struct ox_bytes bytes, struct ox_frame *frame) {
    g_assert_cmpint(ox_frame_read(frame, bytes), ==, OX_OK);
    struct ox_cbor in = ox_cbor_of(frame->body);
    ox_cbor_array(&in);
    return ox_cbor_uint(&in);
}

static void updates(struct ox_cluster *cluster, struct ox_rng *rng, int keys) {
    char key[8];
    uint32_t node = (uint32_t)ox_rng_below(rng, 3);
    g_snprintf(key, sizeof key, "k%d", (int)ox_rng_below(rng, (uint64_t)keys));
    if (ox_rng_below(rng, 3) == 0)
        ox_cluster_inc(cluster, node, key, 1 + (int64_t)ox_rng_below(rng, 500));
    else if (ox_rng_below(rng, 3) == 0)
        ox_cluster_remove(cluster, node, key, "a");
    else
        ox_cluster_add(cluster, node, key, ox_rng_below(rng, 2) ? "a" : "bb");
}

static void collect(struct corpus *corpus, struct ox_cluster *cluster, guint first) {
    GPtrArray *frames = ox_cluster_frames(cluster);
    for (guint i = first; i < frames->len; i++) {
        struct ox_frame frame;
        uint64_t message = message_of(borrowed(frames->pdata[i]), &frame);
        struct sample sample = {ox_replica_node(frame.clock.replica), frames->pdata[i]};
        bool to_target = frame.addressed && frame.to == 0 && sample.from != 0;
        if (!to_target || corpus->samples[message]->len >= 50)
            continue;
        g_bytes_ref(sample.frame);
        g_array_append_val(corpus->samples[message], sample);
    }
}

/* The log as one snapshot record: what a start writes that finds a torn tail. */
static GBytes *compacted(const struct ox_node_config *config, struct ox_bytes log) {
    struct ox_effects effects;
    struct ox_event event = {.kind = OX_EVENT_START};
    struct ox_node *node = ox_node_new(config);
    GByteArray *torn = g_byte_array_new();
    g_byte_array_append(torn, log.data, (guint)log.size);
    g_byte_array_append(torn, (const guint8 *)"", 1);
    event.start.log = (struct ox_bytes){torn->data, torn->len};
    g_assert_cmpint(ox_node_step(node, &event, &effects), ==, OX_OK);
    g_assert_true(effects.persist.replaces);
    GBytes *snapshot = g_bytes_new(effects.persist.bytes.data, effects.persist.bytes.size);
    g_byte_array_unref(torn);
    ox_node_free(node);
    return snapshot;
}

/* Three nodes work with lost messages; halfway the target is node 0 as it was, and what is sent to
 * it from then on are the samples: some redundant to it, some new, some over a gap. */
static void corpus_begin(struct corpus *corpus) {
    struct ox_rng rng = ox_rng_of(11);
    struct ox_cluster_config config = ox_cluster_config_small(3, 11);
    config.loss = 0.3;
    config.quiet = true;
    config.node.repair_interval_ns = 2000 * OX_MS;
    struct ox_cluster *cluster = ox_cluster_new(&config);
    *corpus = (struct corpus){.target.config = config.node};
    for (size_t i = 0; i < G_N_ELEMENTS(corpus->samples); i++)
        corpus->samples[i] = g_array_new(FALSE, FALSE, sizeof(struct sample));
    guint first = 0;
    for (uint64_t t = 0; t < 60000; t += 100) {
        ox_cluster_run_until(cluster, t * OX_MS);
        updates(cluster, &rng, t < 30000 ? 4 : 20);
        if (t == 10000) {
            corpus->target.log = compacted(&config.node, ox_cluster_disk(cluster, 0));
            corpus->target.now_ns = ox_cluster_now(cluster);
            first = ox_cluster_frames(cluster)->len;
        }
    }
    collect(corpus, cluster, first);
    ox_cluster_free(cluster);
    target_reset(&corpus->target);
}

static void corpus_end(struct corpus *corpus) {
    for (size_t i = 0; i < G_N_ELEMENTS(corpus->samples); i++) {
        for (guint k = 0; k < corpus->samples[i]->len; k++)
            g_bytes_unref(g_array_index(corpus->samples[i], struct sample, k).frame);
        g_array_unref(corpus->samples[i]);
    }
    target_end(&corpus->target);
}

/* ---- mutants ---- */

/* Mostly one small change, up to three: a bit, a byte, a byte more or less, a piece of elsewhere.
 */
static void mutate(GByteArray *bytes, guint keep, struct ox_rng *rng) {
    uint64_t changes = ox_rng_below(rng, 4) > 0 ? 1 : 1 + ox_rng_below(rng, 3);
    for (uint64_t i = 0; i < changes && bytes->len > keep + 1; i++) {
        guint at = keep + (guint)ox_rng_below(rng, bytes->len - keep);
        guint other = keep + (guint)ox_rng_below(rng, bytes->len - keep);
        guint8 byte = (guint8)ox_rng_next(rng);
        switch (ox_rng_below(rng, 8)) {
        case 0:
            bytes->data[at] = byte;
            break;
        case 1:
            bytes->data[at]++;
            break;
        case 2:
            bytes->data[at]--;
            break;
        case 3:
            bytes->data[at] = bytes->data[other];
            break;
        case 4:
            g_byte_array_append(bytes, &byte, 1);
            memmove(bytes->data + at + 1, bytes->data + at, bytes->len - 1 - at);
            bytes->data[at] = byte;
            break;
        case 5:
            g_byte_array_remove_index(bytes, at);
            break;
        default:
            bytes->data[at] ^= (guint8)(1 << ox_rng_below(rng, 8));
        }
    }
}

static void assert_unchanged(GBytes *before, struct ox_node *node) {
    GBytes *after = snapshot(node);
    g_assert_true(g_bytes_equal(before, after));
    g_bytes_unref(after);
}

/* What an accepted frame left behind: sound objects, readable answers, and a record that brings
 * the same objects back. */
static void assert_sound(struct target *target, const struct ox_effects *effects) {
    assert_store_valid(target->node);
    for (size_t i = 0; i < effects->send_count; i++) {
        struct ox_frame frame;
        g_assert_cmpint(ox_frame_read(&frame, effects->sends[i].frame), ==, OX_OK);
    }
    if (effects->persist.bytes.size == 0)
        return;
    GByteArray *log = g_byte_array_new();
    struct ox_bytes old = borrowed(target->log);
    if (!effects->persist.replaces)
        g_byte_array_append(log, old.data, (guint)old.size);
    g_byte_array_append(log, effects->persist.bytes.data, (guint)effects->persist.bytes.size);
    enum ox_status status;
    struct ox_node *back = start(&target->config, (struct ox_bytes){log->data, log->len}, &status);
    g_assert_cmpint(status, ==, OX_OK);
    g_assert_cmphex(ox_store_checksum(ox_node_store(back)), ==,
                    ox_store_checksum(ox_node_store(target->node)));
    ox_node_free(back);
    g_byte_array_unref(log);
}

static void check_mutants(const void *data) {
    static const char *const names[] = {"push", "checksum", "buckets", "contexts", "repair"};
    size_t message = GPOINTER_TO_SIZE(data);
    struct corpus corpus;
    corpus_begin(&corpus);
    struct target *target = &corpus.target;
    struct ox_rng rng = ox_rng_of(message + 1);
    GArray *samples = corpus.samples[message];
    g_assert_cmpuint(samples->len, >=, 5);
    GBytes *before = snapshot(target->node);
    uint64_t accepted = 0, joined = 0;
    for (int i = 0; i < MUTANTS; i++) {
        const struct sample *sample =
            &g_array_index(samples, struct sample, ox_rng_below(&rng, samples->len));
        GByteArray *mutant = g_byte_array_new();
        struct ox_bytes original = borrowed(sample->frame);
        struct ox_effects effects;
        g_byte_array_append(mutant, original.data, (guint)original.size);
        mutate(mutant, 0, &rng);
        enum ox_status status = target_receive(
            target, sample->from, (struct ox_bytes){mutant->data, mutant->len}, &effects);
        bool stale = effects.notice_count > 0 && effects.notices[0].kind == OX_NOTICE_STALE;
        if (status == OX_OK && !stale) {
            accepted++;
            joined += effects.persist.bytes.size > 0;
            assert_sound(target, &effects);
            GBytes *after = snapshot(target->node);
            if (!g_bytes_equal(before, after))
                target_reset(target);
            g_bytes_unref(after);
        } else {
            g_assert_true(stale || status == OX_MALFORMED);
            g_assert_cmpuint(effects.send_count + effects.persist.bytes.size, ==, 0);
            assert_unchanged(before, target->node);
        }
        g_byte_array_unref(mutant);
    }
    g_test_message("%s: %" G_GUINT64_FORMAT " of %d mutants were well-formed, %" G_GUINT64_FORMAT
                   " of them changed the store",
                   names[message], accepted, MUTANTS, joined);
    g_assert_cmpuint(accepted, >=, MUTANTS / 20);
    if (message == 0 || message == 4)
        g_assert_cmpuint(joined, >=, MUTANTS / 100);
    g_bytes_unref(before);
    corpus_end(&corpus);
}

/* ---- tampered logs ---- */

/* Makes the hash of the record at the start of `log` right again, as an attacker would. */
static void sign(GByteArray *log) {
    if (log->len < 12)
        return;
    uint32_t size = (uint32_t)(log->len - 12);
    uint64_t hash = XXH3_64bits(log->data + 12, size);
    for (int i = 0; i < 4; i++)
        log->data[i] = (guint8)(size >> (8 * i));
    for (int i = 0; i < 8; i++)
        log->data[4 + i] = (guint8)(hash >> (8 * i));
}

/* A step record of several objects, and a snapshot record of the whole target. */
static void log_samples(struct corpus *corpus, GBytes *records[2]) {
    struct target *target = &corpus->target;
    GArray *repairs = corpus->samples[4];
    enum ox_status status;
    records[0] = NULL;
    records[1] = g_bytes_ref(target->log);
    for (guint i = 0; i < repairs->len && records[0] == NULL; i++) {
        const struct sample *sample = &g_array_index(repairs, struct sample, i);
        struct ox_effects effects;
        ox_node_free(target->node);
        target->node = start(&target->config, (struct ox_bytes){NULL, 0}, &status);
        g_assert_cmpint(target_receive(target, sample->from, borrowed(sample->frame), &effects), ==,
                        OX_OK);
        if (effects.persist.bytes.size > 100)
            records[0] = g_bytes_new(effects.persist.bytes.data, effects.persist.bytes.size);
    }
    g_assert_nonnull(records[0]);
}

static void tampered_logs_never_crash(void) {
    struct corpus corpus;
    GBytes *records[2];
    corpus_begin(&corpus);
    log_samples(&corpus, records);
    struct ox_rng rng = ox_rng_of(99);
    uint64_t accepted[2] = {0, 0}, kept = 0;
    for (int i = 0; i < MUTANTS; i++) {
        int which = i % 2;
        bool forged = ox_rng_below(&rng, 8) > 0;
        GByteArray *mutant = g_byte_array_new();
        struct ox_bytes record = borrowed(records[which]);
        g_byte_array_append(mutant, record.data, (guint)record.size);
        mutate(mutant, forged ? 12 : 0, &rng);
        if (forged)
            sign(mutant);
        enum ox_status status;
        struct ox_node *node =
            start(&corpus.target.config, (struct ox_bytes){mutant->data, mutant->len}, &status);
        g_assert_true(status == OX_OK || status == OX_MALFORMED);
        assert_store_valid(node);
        bool any = ox_store_count(ox_node_store(node)) > 0;
        accepted[which] += forged && status == OX_OK;
        kept += !forged && status == OX_OK && any;
        if (status != OX_OK)
            g_assert_false(any);
        ox_node_free(node);
        g_byte_array_unref(mutant);
    }
    g_test_message("of %d forged records each, %" G_GUINT64_FORMAT " steps and %" G_GUINT64_FORMAT
                   " snapshots were well-formed",
                   MUTANTS * 7 / 16, accepted[0], accepted[1]);
    g_assert_cmpuint(accepted[0], >=, MUTANTS / 2 / 20);
    g_assert_cmpuint(accepted[1], >=, MUTANTS / 2 / 20);
    g_assert_cmpuint(kept, <=, MUTANTS / 1000); /* unsigned: only what left the record whole */
    g_bytes_unref(records[0]);
    g_bytes_unref(records[1]);
    corpus_end(&corpus);
}

/* ---- the quick look at a group and the full one agree ---- */

static void agree(struct ox_bytes wire, const struct ox_type *type, const struct ox_vv *context,
                  uint64_t seen[2]) {
    struct ox_delta delta = {0};
    struct ox_cbor in = ox_cbor_of(wire);
    if (ox_delta_decode(&delta, type, &in) != OX_OK)
        return;
    bool redundant = ox_delta_redundant(&delta, context);
    struct ox_cbor quick = ox_cbor_of(wire);
    g_assert_cmpint(ox_group_pass_over(&quick, context), ==, redundant);
    g_assert_true(quick.at == (redundant ? in.at : wire.data));
    seen[redundant]++;
    ox_delta_free(&delta);
}

/* On a delta and its mutants, at a receiver's context and at one that just has the delta. */
static void agree_on_group(struct ox_bytes wire, const struct ox_entry *entry, struct ox_rng *rng,
                           uint64_t seen[2]) {
    const struct ox_type *type = entry->object.type;
    struct ox_vv enough = {0};
    struct ox_delta delta = {0};
    struct ox_cbor in = ox_cbor_of(wire);
    g_assert_cmpint(ox_delta_decode(&delta, type, &in), ==, OX_OK);
    for (uint32_t i = 0; i < delta.brings.count; i++)
        ox_vv_raise(&enough, delta.brings.spans[i].replica, delta.brings.spans[i].last);
    ox_delta_free(&delta);
    agree(wire, type, &entry->object.context, seen);
    agree(wire, type, &enough, seen);
    for (int i = 0; i < 100; i++) {
        GByteArray *mutant = g_byte_array_new();
        g_byte_array_append(mutant, wire.data, (guint)wire.size);
        mutate(mutant, 0, rng);
        struct ox_bytes bytes = {mutant->data, mutant->len};
        agree(bytes, type, &entry->object.context, seen);
        agree(bytes, type, &enough, seen);
        g_byte_array_unref(mutant);
    }
    ox_vv_free(&enough);
}

static void agree_on_frame(struct corpus *corpus, const struct sample *sample, struct ox_rng *rng,
                           uint64_t seen[2]) {
    struct ox_frame frame;
    struct ox_type_table types;
    struct ox_identity id = {0};
    message_of(borrowed(sample->frame), &frame);
    struct ox_cbor in = ox_cbor_of(frame.body);
    ox_cbor_array(&in);
    ox_cbor_uint(&in);
    ox_type_table_decode(&types, &in);
    size_t groups = ox_cbor_array(&in);
    for (size_t i = 0; i < groups; i++) {
        ox_cbor_array(&in);
        ox_identity_decode(&id, &types, &in);
        struct ox_bytes wire = ox_cbor_skip(&in);
        struct ox_entry *entry;
        ox_store_open(ox_node_store(corpus->target.node), id.name, id.type, &entry);
        agree_on_group(wire, entry, rng, seen);
    }
    g_assert_false(in.failed);
}

static void the_quick_look_agrees_with_the_full_one(void) {
    struct corpus corpus;
    struct ox_rng rng = ox_rng_of(5);
    uint64_t seen[2] = {0, 0};
    corpus_begin(&corpus);
    for (size_t message = 0; message < 5; message += 4)
        for (guint i = 0; i < corpus.samples[message]->len; i++)
            agree_on_frame(&corpus, &g_array_index(corpus.samples[message], struct sample, i), &rng,
                           seen);
    g_test_message("%" G_GUINT64_FORMAT " redundant, %" G_GUINT64_FORMAT " not", seen[true],
                   seen[false]);
    g_assert_cmpuint(seen[false], >, 1000);
    g_assert_cmpuint(seen[true], >, 1000);
    corpus_end(&corpus);
}

/* ---- a gallery of frames that are almost right ---- */

struct almost {
    const char *why;
    const char *component;
    uint64_t from, message;
    size_t items;
    const char *types[2];
    struct {
        const char *name;
        uint64_t type;
    } groups[2];
    bool trailing;
    enum ox_status status;
    size_t objects; /* in the store then */
};

/* A push with groups of one increment each, as the row says. */
static void write_almost(const struct almost *row, struct ox_buf *out) {
    struct ox_frame header = {.component = ox_bytes_of_text(row->component),
                              .clock = {.replica = row->from}};
    struct ox_object counter;
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_object_init(&counter, &ox_gcounter), ==, OX_OK);
    g_assert_cmpint(ox_gcounter_inc(&counter, 1, 1, &delta), ==, OX_OK);
    ox_frame_begin(out, &header);
    ox_cbor_put_array(out, row->items);
    ox_cbor_put_uint(out, row->message);
    size_t types = (row->types[0] != NULL) + (row->types[1] != NULL);
    ox_cbor_put_array(out, types);
    for (size_t i = 0; i < types; i++)
        ox_cbor_put_text(out, ox_bytes_of_text(row->types[i]));
    size_t groups = (row->groups[0].name != NULL) + (row->groups[1].name != NULL);
    ox_cbor_put_array(out, groups);
    for (size_t i = 0; i < groups; i++) {
        ox_cbor_put_array(out, 3);
        ox_cbor_put_text(out, ox_bytes_of_text(row->groups[i].name));
        ox_cbor_put_uint(out, row->groups[i].type);
        ox_delta_encode(&delta, out);
    }
    if (row->trailing)
        ox_cbor_put_null(out);
    ox_delta_free(&delta);
    ox_object_free(&counter);
}

static const struct almost gallery[] = {
    {"good", "delta", 1, 0, 3, {"g-counter"}, {{"a", 0}, {"b", 0}}, false, OX_OK, 2},
    {"no groups", "delta", 1, 0, 3, {NULL}, {{NULL, 0}}, false, OX_OK, 0},
    {"a type from the future is skipped",
     "delta",
     1,
     0,
     3,
     {"g-counter", "hyper-set"},
     {{"a", 0}, {"b", 1}},
     false,
     OX_OK,
     1},
    {"another component", "gossip", 1, 0, 3, {"g-counter"}, {{"a", 0}}, false, OX_MALFORMED, 0},
    {"from another peer", "delta", 2, 0, 3, {"g-counter"}, {{"a", 0}}, false, OX_MALFORMED, 0},
    {"no such message", "delta", 1, 9, 3, {"g-counter"}, {{"a", 0}}, false, OX_MALFORMED, 0},
    {"an item too many", "delta", 1, 0, 4, {"g-counter"}, {{"a", 0}}, true, OX_MALFORMED, 0},
    {"bytes behind the frame", "delta", 1, 0, 3, {"g-counter"}, {{"a", 0}}, true, OX_MALFORMED, 0},
    {"groups not ascending",
     "delta",
     1,
     0,
     3,
     {"g-counter"},
     {{"b", 0}, {"a", 0}},
     false,
     OX_MALFORMED,
     0},
    {"one object twice",
     "delta",
     1,
     0,
     3,
     {"g-counter"},
     {{"a", 0}, {"a", 0}},
     false,
     OX_MALFORMED,
     0},
    {"one object twice, by two indexes",
     "delta",
     1,
     0,
     3,
     {"g-counter", "g-counter"},
     {{"a", 0}, {"a", 1}},
     false,
     OX_MALFORMED,
     0},
    {"no such type in the table",
     "delta",
     1,
     0,
     3,
     {"g-counter"},
     {{"a", 1}},
     false,
     OX_MALFORMED,
     0},
    {"an empty name", "delta", 1, 0, 3, {"g-counter"}, {{"", 0}}, false, OX_MALFORMED, 0},
};

static void almost_right_frames_are_refused(void) {
    for (size_t i = 0; i < G_N_ELEMENTS(gallery); i++) {
        struct target target = {
            .config = {ox_protocol_named(ox_bytes_of_text("delta")), 1, 1000 * OX_MS, 0},
            .log = g_bytes_new(NULL, 0),
        };
        struct ox_buf frame = {0};
        struct ox_effects effects;
        target_reset(&target);
        GBytes *before = snapshot(target.node);
        write_almost(&gallery[i], &frame);
        g_test_message("%s", gallery[i].why);
        g_assert_cmpint(target_receive(&target, 1, ox_buf_bytes(&frame), &effects), ==,
                        gallery[i].status);
        if (gallery[i].status != OX_OK)
            assert_unchanged(before, target.node);
        g_assert_cmpuint(ox_store_count(ox_node_store(target.node)), ==, gallery[i].objects);
        g_bytes_unref(before);
        ox_buf_free(&frame);
        target_end(&target);
    }
}

/* The logical part of a clock has 32 bits. */
static void a_clock_beyond_its_range_is_refused(void) {
    for (uint64_t logical = UINT32_MAX; logical <= (uint64_t)UINT32_MAX + 1; logical++) {
        struct ox_buf bytes = {0};
        struct ox_frame frame;
        ox_cbor_put_array(&bytes, 6);
        ox_cbor_put_text(&bytes, ox_bytes_of_text("delta"));
        ox_cbor_put_uint(&bytes, 1);
        ox_cbor_put_null(&bytes);
        ox_cbor_put_uint(&bytes, 0);
        ox_cbor_put_uint(&bytes, logical);
        ox_cbor_put_null(&bytes);
        g_assert_cmpint(ox_frame_read(&frame, ox_buf_bytes(&bytes)), ==,
                        logical <= UINT32_MAX ? OX_OK : OX_MALFORMED);
        ox_buf_free(&bytes);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frames/almost right ones are refused", almost_right_frames_are_refused);
    g_test_add_func("/frames/a clock beyond its range is refused",
                    a_clock_beyond_its_range_is_refused);
    g_test_add_func("/frames/the quick look agrees with the full one",
                    the_quick_look_agrees_with_the_full_one);
    g_test_add_data_func("/frames/mutants/push", GSIZE_TO_POINTER(0), check_mutants);
    g_test_add_data_func("/frames/mutants/checksum", GSIZE_TO_POINTER(1), check_mutants);
    g_test_add_data_func("/frames/mutants/buckets", GSIZE_TO_POINTER(2), check_mutants);
    g_test_add_data_func("/frames/mutants/contexts", GSIZE_TO_POINTER(3), check_mutants);
    g_test_add_data_func("/frames/mutants/repair", GSIZE_TO_POINTER(4), check_mutants);
    g_test_add_func("/frames/tampered logs never crash", tampered_logs_never_crash);
    return g_test_run();
}
