/* delta.c - the protocol "delta": its stories, as golden files, and random clusters.
 *
 * Each story is also a page of documentation: props/tests/golden/delta-*.txt. After a wanted change
 * of the protocol read the new stories and record them: OXBOW_RECORD=1 build/test_delta
 */
#include "protocols/frame.h"
#include "support_cluster.h"

#include "crdt/gcounter.h"
#include "crdt/orset.h"

#define AT(cluster, seconds) ox_cluster_run_until(cluster, (uint64_t)((seconds)*1000) * OX_MS)

static struct ox_cluster *begin(uint32_t nodes, uint64_t seed, const char *about) {
    struct ox_cluster_config config = ox_cluster_config_small(nodes, seed);
    struct ox_cluster *cluster = ox_cluster_new(&config);
    ox_cluster_note(cluster, about);
    return cluster;
}

/* All nodes hold the same; the story is the golden one; a replay gives the same effects. */
static void end(struct ox_cluster *cluster, const char *name) {
    const char *difference;
    if (!ox_cluster_converged(cluster, &difference))
        g_error("%s: %s\n%s", name, difference, ox_cluster_story(cluster));
    ox_cluster_check_golden(cluster, name);
    g_assert_cmpuint(ox_cluster_replay(cluster), >, 0);
    ox_cluster_free(cluster);
}

/* ---- stories ---- */

static void story_normal(void) {
    struct ox_cluster *cluster = begin(
        3, 109, "What is made is pushed once; who hears of it pushes it on; then all is quiet");
    AT(cluster, 2);
    ox_cluster_add(cluster, 0, "cart", "milk");
    ox_cluster_inc(cluster, 1, "visits", 3);
    ox_cluster_inc(cluster, 1, "visits", 4);
    AT(cluster, 9);
    ox_cluster_read(cluster, "cart", &ox_orset);
    ox_cluster_read(cluster, "visits", &ox_gcounter);
    g_assert_cmpuint(ox_cluster_sent(cluster, "contexts"), ==, 0);
    end(cluster, "delta-normal");
}

static void story_loss(void) {
    struct ox_cluster *cluster = begin(2, 1, "The only push is lost; the next repair brings it");
    AT(cluster, 2);
    ox_cluster_lose(cluster, 0, 1, "push");
    ox_cluster_add(cluster, 0, "cart", "milk");
    AT(cluster, 12);
    g_assert_cmpuint(ox_cluster_sent(cluster, "repair"), ==, 1);
    end(cluster, "delta-loss");
}

static void story_duplicate(void) {
    struct ox_cluster *cluster = begin(2, 1, "The second copy of a push brings nothing");
    AT(cluster, 2);
    ox_cluster_duplicate(cluster, 0, 1, "push", 5 * OX_MS);
    ox_cluster_inc(cluster, 0, "visits", 5);
    AT(cluster, 6);
    ox_cluster_read(cluster, "visits", &ox_gcounter);
    g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_JOINED), ==, 1);
    end(cluster, "delta-duplicate");
}

static void story_reorder(void) {
    struct ox_cluster *cluster =
        begin(2, 1, "The second push overtakes the first: dropped, and repaired");
    AT(cluster, 2);
    ox_cluster_delay(cluster, 0, 1, "push", 1500 * OX_MS);
    ox_cluster_add(cluster, 0, "cart", "milk");
    AT(cluster, 3);
    ox_cluster_remove(cluster, 0, "cart", "milk");
    ox_cluster_add(cluster, 0, "cart", "bread");
    AT(cluster, 12);
    ox_cluster_read(cluster, "cart", &ox_orset);
    g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_GAP), ==, 1);
    end(cluster, "delta-reorder");
}

static void story_gap(void) {
    struct ox_cluster *cluster =
        begin(3, 139, "Node 2 misses node 0's add, so node 1's remove of it finds a gap");
    AT(cluster, 2);
    ox_cluster_partition(cluster, "0 1 | 2");
    ox_cluster_add(cluster, 0, "cart", "milk");
    AT(cluster, 4);
    ox_cluster_heal(cluster);
    ox_cluster_remove(cluster, 1, "cart", "milk");
    AT(cluster, 16);
    ox_cluster_read(cluster, "cart", &ox_orset);
    g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_GAP), >=, 1);
    end(cluster, "delta-gap");
}

static void story_partition(void) {
    struct ox_cluster *cluster =
        begin(4, 80, "Both sides go on; after the heal one repair tells each side of the other");
    AT(cluster, 1);
    ox_cluster_add(cluster, 0, "cart", "milk");
    AT(cluster, 6);
    ox_cluster_partition(cluster, "0 1 | 2 3");
    ox_cluster_remove(cluster, 1, "cart", "milk");
    ox_cluster_add(cluster, 2, "cart", "milk");
    AT(cluster, 11);
    ox_cluster_heal(cluster);
    AT(cluster, 20);
    ox_cluster_read(cluster, "cart", &ox_orset);
    end(cluster, "delta-partition");
}

static void story_sender_keeps_disk(void) {
    struct ox_cluster *cluster = begin(
        2, 1, "The sender crashes before its push; its disk has the update, repair brings it");
    AT(cluster, 2);
    ox_cluster_add(cluster, 0, "cart", "milk");
    ox_cluster_crash(cluster, 0, true);
    AT(cluster, 3);
    ox_cluster_restart(cluster, 0);
    ox_cluster_add(cluster, 0, "cart", "bread");
    AT(cluster, 13);
    ox_cluster_read(cluster, "cart", &ox_orset);
    end(cluster, "delta-crash-sender-keeps-disk");
}

static void story_sender_loses_disk(void) {
    struct ox_cluster *cluster =
        begin(2, 1,
              "The sender loses its disk: one update died with it, the other comes back to "
              "its next life, which counts anew");
    AT(cluster, 2);
    ox_cluster_inc(cluster, 0, "visits", 1);
    AT(cluster, 4);
    ox_cluster_inc(cluster, 0, "visits", 10);
    ox_cluster_crash(cluster, 0, false);
    AT(cluster, 5);
    ox_cluster_restart(cluster, 0);
    ox_cluster_inc(cluster, 0, "visits", 100);
    AT(cluster, 13);
    ox_cluster_read(cluster, "visits", &ox_gcounter);
    end(cluster, "delta-crash-sender-loses-disk");
}

static void story_receiver_keeps_disk(void) {
    struct ox_cluster *cluster =
        begin(2, 1, "The receiver was down for one push and remembers the one before it");
    AT(cluster, 2);
    ox_cluster_add(cluster, 0, "cart", "milk");
    AT(cluster, 4);
    ox_cluster_crash(cluster, 1, true);
    ox_cluster_remove(cluster, 0, "cart", "milk");
    AT(cluster, 6);
    ox_cluster_restart(cluster, 1);
    ox_cluster_read(cluster, "cart", &ox_orset);
    AT(cluster, 13);
    ox_cluster_read(cluster, "cart", &ox_orset);
    end(cluster, "delta-crash-receiver-keeps-disk");
}

static void story_receiver_loses_disk(void) {
    struct ox_cluster *cluster = begin(2, 1,
                                       "The receiver comes back empty: it refuses a push meant for "
                                       "its old life, and asks for all");
    AT(cluster, 2);
    ox_cluster_add(cluster, 0, "cart", "milk");
    AT(cluster, 4);
    ox_cluster_crash(cluster, 1, false);
    AT(cluster, 4.5);
    ox_cluster_restart(cluster, 1);
    ox_cluster_add(cluster, 0, "cart", "bread");
    AT(cluster, 13);
    ox_cluster_read(cluster, "cart", &ox_orset);
    end(cluster, "delta-crash-receiver-loses-disk");
}

static void story_stale(void) {
    struct ox_cluster *cluster =
        begin(2, 1, "Messages that outlive a life: what was sent to it, and what it had sent");
    AT(cluster, 2);
    ox_cluster_inc(cluster, 0, "visits", 1);
    ox_cluster_inc(cluster, 1, "visits", 2);
    AT(cluster, 4);
    ox_cluster_delay(cluster, 0, 1, "push", 8000 * OX_MS);
    ox_cluster_delay(cluster, 1, 0, "push", 8000 * OX_MS);
    ox_cluster_inc(cluster, 0, "visits", 10);
    ox_cluster_inc(cluster, 1, "visits", 20);
    AT(cluster, 6);
    ox_cluster_crash(cluster, 1, false);
    ox_cluster_restart(cluster, 1);
    ox_cluster_inc(cluster, 1, "visits", 100);
    AT(cluster, 17);
    ox_cluster_read(cluster, "visits", &ox_gcounter);
    g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_STALE), ==, 3);
    end(cluster, "delta-stale-incarnation");
}

static void story_torn_write(void) {
    struct ox_cluster *cluster =
        begin(2, 1, "A crash tears the last write: the step never was, its dot is taken again");
    AT(cluster, 2);
    ox_cluster_partition(cluster, "0 | 1");
    ox_cluster_inc(cluster, 0, "visits", 1);
    ox_cluster_inc(cluster, 0, "visits", 10);
    ox_cluster_crash(cluster, 0, true);
    ox_cluster_tear(cluster, 0, 3);
    ox_cluster_heal(cluster);
    ox_cluster_restart(cluster, 0);
    ox_cluster_inc(cluster, 0, "visits", 100);
    AT(cluster, 13);
    ox_cluster_read(cluster, "visits", &ox_gcounter);
    end(cluster, "delta-torn-write");
}

/* ---- what a round sends ---- */

static void idle_nodes_ask_for_nothing(void) {
    struct ox_cluster_config config = ox_cluster_config_small(3, 1);
    config.node.repair_interval_ns = 0;
    struct ox_cluster *cluster = ox_cluster_new(&config);
    ox_cluster_run_until(cluster, UINT64_C(1000000) * OX_MS);
    g_assert_cmpuint(ox_cluster_sent(cluster, NULL), ==, 0);
    g_assert_cmpuint(ox_cluster_replay(cluster), ==, 3); /* the starts, and no tick */
    ox_cluster_free(cluster);
}

/* Of equal stores a repair costs one small message. */
static void equal_stores_are_silent(void) {
    struct ox_cluster *cluster = begin(2, 3, "");
    for (int i = 0; i < 40; i++) {
        char key[16];
        g_snprintf(key, sizeof key, "k%d", i);
        ox_cluster_inc(cluster, i % 2, key, 1);
    }
    AT(cluster, 30);
    uint64_t before = ox_cluster_sent(cluster, NULL);
    uint64_t asked = ox_cluster_sent(cluster, "checksum");
    AT(cluster, 90);
    g_assert_cmpuint(ox_cluster_sent(cluster, NULL) - before, ==, 12);
    g_assert_cmpuint(ox_cluster_sent(cluster, "checksum") - asked, ==, 12);
    GPtrArray *frames = ox_cluster_frames(cluster);
    g_assert_cmpuint(g_bytes_get_size(frames->pdata[frames->len - 1]), <, 48);
    ox_cluster_free(cluster);
}

/* One group per object and round, whatever the number of updates. */
static void a_round_merges_per_object(void) {
    struct ox_cluster *cluster = begin(2, 3, "");
    AT(cluster, 2);
    for (int i = 0; i < 100; i++)
        ox_cluster_add(cluster, 0, "cart", i % 2 ? "milk" : "bread");
    AT(cluster, 4);
    g_assert_cmpuint(ox_cluster_sent(cluster, "push"), ==, 2); /* and back, by who heard it */
    g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_JOINED), ==, 1);
    g_assert_cmpuint(g_bytes_get_size(ox_cluster_frames(cluster)->pdata[0]), <, 150);
    g_assert_true(ox_cluster_converged(cluster, NULL));
    ox_cluster_free(cluster);
}

/* Two large stores with one difference compare few contexts: the buckets do their work. */
static void repair_of_a_large_store_is_small(void) {
    struct ox_cluster *cluster = begin(2, 5, "");
    char key[16];
    for (int i = 0; i < 2000; i++) {
        g_snprintf(key, sizeof key, "key-%d", i);
        ox_cluster_add(cluster, i % 2, key, "x");
    }
    AT(cluster, 30);
    g_assert_true(ox_cluster_converged(cluster, NULL));
    ox_cluster_lose(cluster, 0, 1, "push");
    ox_cluster_inc(cluster, 0, "visits", 1);
    GPtrArray *frames = ox_cluster_frames(cluster);
    guint first = frames->len;
    AT(cluster, 45);
    g_assert_true(ox_cluster_converged(cluster, NULL));
    size_t bytes = 0;
    for (guint i = first; i < frames->len; i++)
        bytes += g_bytes_get_size(frames->pdata[i]);
    g_test_message("%zu bytes to find one difference in 2000 objects", bytes);
    g_assert_cmpuint(bytes, <, 10000);
    ox_cluster_free(cluster);
}

/* More than a frame holds goes in several, and arrives. */
static void large_answers_are_split(void) {
    struct ox_cluster *cluster = begin(2, 5, "");
    GString *element = g_string_new(NULL);
    for (int i = 0; i < 60000; i++)
        g_string_append_c(element, 'a' + i % 26);
    ox_cluster_partition(cluster, "0 | 1");
    for (int i = 0; i < 50; i++) {
        char key[16];
        g_snprintf(key, sizeof key, "k%d", i);
        ox_cluster_add(cluster, 0, key, element->str);
    }
    AT(cluster, 2);
    g_assert_cmpuint(ox_cluster_sent(cluster, "push"), ==, 3);
    ox_cluster_heal(cluster);
    AT(cluster, 30);
    g_assert_true(ox_cluster_converged(cluster, NULL));
    g_assert_cmpuint(ox_cluster_sent(cluster, "repair"), >=, 3);
    g_string_free(element, TRUE);
    ox_cluster_free(cluster);
}

/* ---- an alarm ---- */

/* Node 1 tells node 0 that in one of all 2^bits buckets it has "visits" with the context {0: 1}. */
static struct ox_buf contexts_frame(uint64_t bits, uint64_t bucket, uint64_t hash) {
    struct ox_frame header = {.component = ox_bytes_of_text("delta"), .clock = {.replica = 1}};
    struct ox_buf frame = {0};
    ox_frame_begin(&frame, &header);
    ox_cbor_put_array(&frame, 5);
    ox_cbor_put_uint(&frame, 3);
    ox_cbor_put_array(&frame, 1);
    ox_cbor_put_text(&frame, ox_bytes_of_text("g-counter"));
    ox_cbor_put_uint(&frame, bits);
    ox_cbor_put_array(&frame, 1);
    ox_cbor_put_uint(&frame, bucket);
    ox_cbor_put_array(&frame, 1);
    ox_cbor_put_array(&frame, 4);
    ox_cbor_put_text(&frame, ox_bytes_of_text("visits"));
    ox_cbor_put_uint(&frame, 0);
    ox_cbor_put_map(&frame, 1);
    ox_cbor_put_uint(&frame, 0);
    ox_cbor_put_uint(&frame, 1);
    ox_cbor_put_uint(&frame, hash);
    return frame;
}

static enum ox_status give(struct ox_cluster *cluster, struct ox_buf frame,
                           struct ox_effects *effects) {
    struct ox_event event = {.kind = OX_EVENT_RECEIVE, .receive = {1, ox_buf_bytes(&frame)}};
    enum ox_status status = ox_node_step(ox_cluster_node(cluster, 0), &event, effects);
    ox_buf_free(&frame);
    return status;
}

/* A peer that claims an equal context with other bytes raises it, and nothing is merged. */
static void equal_contexts_with_other_bytes_are_an_alarm(void) {
    struct ox_cluster_config config = ox_cluster_config_small(2, 1);
    struct ox_cluster *cluster = ox_cluster_new(&config);
    struct ox_effects effects;
    ox_cluster_inc(cluster, 0, "visits", 1);
    g_assert_cmpint(give(cluster, contexts_frame(0, 0, 12345), &effects), ==, OX_OK);
    g_assert_cmpuint(effects.notice_count, ==, 1);
    g_assert_cmpint(effects.notices[0].kind, ==, OX_NOTICE_DIVERGED);
    g_assert_cmpuint(effects.notices[0].peer, ==, 1);
    g_assert_cmpuint(effects.send_count, ==, 0);
    g_assert_cmpuint(effects.persist.bytes.size, ==, 0);
    ox_cluster_free(cluster);
}

/* An object belongs to one bucket; a list that has it in another is no list of ours. */
static void contexts_name_objects_of_their_buckets(void) {
    struct ox_cluster_config config = ox_cluster_config_small(2, 1);
    struct ox_cluster *cluster = ox_cluster_new(&config);
    struct ox_effects effects;
    unsigned taken = 0;
    for (uint64_t bucket = 0; bucket < 8; bucket++) {
        enum ox_status status = give(cluster, contexts_frame(3, bucket, 1), &effects);
        taken += status == OX_OK;
        g_assert_true(status == OX_OK || status == OX_MALFORMED);
    }
    g_assert_cmpuint(taken, ==, 1);
    g_assert_cmpint(give(cluster, contexts_frame(3, 8, 1), &effects), ==, OX_MALFORMED);
    g_assert_cmpint(give(cluster, contexts_frame(11, 0, 1), &effects), ==, OX_MALFORMED);
    ox_cluster_free(cluster);
}

/* ---- random clusters ---- */

static void random_updates(struct ox_cluster *cluster, struct ox_rng *rng, uint32_t nodes) {
    static const char *const elements[] = {"a", "b", "c", "d"};
    char key[8];
    uint32_t node = (uint32_t)ox_rng_below(rng, nodes);
    g_snprintf(key, sizeof key, "k%d", (int)ox_rng_below(rng, 30));
    const char *element = elements[ox_rng_below(rng, 4)];
    if (!ox_cluster_up(cluster, node))
        return;
    switch (ox_rng_below(rng, 4)) {
    case 0:
        ox_cluster_inc(cluster, node, key, 1 + (int64_t)ox_rng_below(rng, 9));
        break;
    case 1:
        ox_cluster_remove(cluster, node, key, element);
        break;
    default:
        ox_cluster_add(cluster, node, key, element);
    }
}

static void random_fault(struct ox_cluster *cluster, struct ox_rng *rng, uint32_t nodes) {
    uint32_t node = (uint32_t)ox_rng_below(rng, nodes);
    if (!ox_cluster_up(cluster, node))
        ox_cluster_restart(cluster, node);
    else
        ox_cluster_crash(cluster, node, ox_rng_below(rng, 3) > 0);
}

/* Loss, copies, reordering, crashes: once all that ends, repair makes all stores equal; and at no
 * time do two nodes hold equal contexts with different bytes. */
static void random_clusters_converge(void) {
    uint64_t gaps = 0, stale = 0, joins = 0, steps = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct ox_rng rng = ox_rng_of(seed);
        struct ox_cluster_config config = ox_cluster_config_small(3 + seed % 5, seed);
        config.node.fanout = 1 + seed % 2;
        config.node.repair_interval_ns = 3000 * OX_MS;
        config.loss = 0.2;
        config.duplicate = 0.1;
        config.jitter_ns = 2500 * OX_MS;
        config.quiet = true;
        struct ox_cluster *cluster = ox_cluster_new(&config);
        for (uint64_t t = 0; t < 30000; t += 50) {
            ox_cluster_run_until(cluster, t * OX_MS);
            random_updates(cluster, &rng, config.nodes);
            if (ox_rng_below(&rng, 60) == 0)
                random_fault(cluster, &rng, config.nodes);
            if (t % 500 == 0)
                ox_cluster_converged(cluster, NULL);
        }
        ox_cluster_calm(cluster);
        for (uint32_t i = 0; i < config.nodes; i++)
            if (!ox_cluster_up(cluster, i))
                ox_cluster_restart(cluster, i);
        AT(cluster, 120);
        const char *difference;
        if (!ox_cluster_converged(cluster, &difference))
            g_error("seed %" G_GUINT64_FORMAT ": %s", seed, difference);
        gaps += ox_cluster_count(cluster, OX_NOTICE_GAP);
        stale += ox_cluster_count(cluster, OX_NOTICE_STALE);
        joins += ox_cluster_count(cluster, OX_NOTICE_JOINED);
        g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_DIVERGED), ==, 0);
        steps += ox_cluster_replay(cluster);
        ox_cluster_free(cluster);
    }
    g_test_message("%" G_GUINT64_FORMAT " joins, %" G_GUINT64_FORMAT " gaps, %" G_GUINT64_FORMAT
                   " stale frames, %" G_GUINT64_FORMAT " steps replayed",
                   joins, gaps, stale, steps);
    g_assert_cmpuint(gaps, >, 100);
    g_assert_cmpuint(stale, >, 10);
    g_assert_cmpuint(joins, >, 10000);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/delta/story/normal", story_normal);
    g_test_add_func("/delta/story/loss", story_loss);
    g_test_add_func("/delta/story/duplicate", story_duplicate);
    g_test_add_func("/delta/story/reorder", story_reorder);
    g_test_add_func("/delta/story/gap", story_gap);
    g_test_add_func("/delta/story/partition", story_partition);
    g_test_add_func("/delta/story/sender crashes, keeps its disk", story_sender_keeps_disk);
    g_test_add_func("/delta/story/sender crashes, loses its disk", story_sender_loses_disk);
    g_test_add_func("/delta/story/receiver crashes, keeps its disk", story_receiver_keeps_disk);
    g_test_add_func("/delta/story/receiver crashes, loses its disk", story_receiver_loses_disk);
    g_test_add_func("/delta/story/stale incarnation", story_stale);
    g_test_add_func("/delta/story/torn write", story_torn_write);
    g_test_add_func("/delta/idle nodes ask for nothing", idle_nodes_ask_for_nothing);
    g_test_add_func("/delta/equal stores are silent", equal_stores_are_silent);
    g_test_add_func("/delta/a round merges per object", a_round_merges_per_object);
    g_test_add_func("/delta/repair of a large store is small", repair_of_a_large_store_is_small);
    g_test_add_func("/delta/large answers are split", large_answers_are_split);
    g_test_add_func("/delta/equal contexts with other bytes are an alarm",
                    equal_contexts_with_other_bytes_are_an_alarm);
    g_test_add_func("/delta/contexts name objects of their buckets",
                    contexts_name_objects_of_their_buckets);
    g_test_add_func("/delta/random clusters converge", random_clusters_converge);
    return g_test_run();
}
