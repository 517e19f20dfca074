/* node.c - the node's side of its contract: steps, log, restart, lives, and memory that runs out.
 *
 * The host here is the least one: it keeps what a node persists and nothing else.
 */
#include "protocols/frame.h"
#include "protocols/groups.h"
#include "protocols/peers.h"
#include "support_alloc.h"
#include "support_cluster.h"

#include "crdt/gcounter.h"
#include "crdt/orset.h"

#include <stdlib.h>
#include <string.h>

/* ---- the least host ---- */

struct host {
    struct ox_node *node;
    GByteArray *disk;
    uint64_t now_ns;
    struct ox_effects effects;
};

/* Each round pushes to all of nodes 0..3. */
static struct ox_node_config config_without_repair(void) {
    return (struct ox_node_config){
        .sync = ox_protocol_named(ox_bytes_of_text("delta")),
        .fanout = 3,
        .interval_ns = 1000 * OX_MS,
    };
}

static enum ox_status host_step(struct host *host, struct ox_event *event) {
    event->now_ns = host->now_ns;
    event->physical_ns = host->now_ns;
    enum ox_status status = ox_node_step(host->node, event, &host->effects);
    uint64_t left = alloc_left();
    alloc_fail_after(UINT64_MAX); /* memory runs out in the node, not in its host */
    if (host->effects.persist.bytes.size > 0) {
        if (host->effects.persist.replaces)
            g_byte_array_set_size(host->disk, 0);
        g_byte_array_append(host->disk, host->effects.persist.bytes.data,
                            (guint)host->effects.persist.bytes.size);
    }
    alloc_fail_after(left);
    return status;
}

/* A first life from `log`, as replica `replica`, among nodes 0..3. */
static enum ox_status host_start(struct host *host, ox_replica replica, struct ox_bytes log) {
    ox_peer peers[4];
    size_t count = 0;
    for (ox_peer peer = 0; peer < 4; peer++)
        if (peer != ox_replica_node(replica))
            peers[count++] = peer;
    struct ox_node_config config = config_without_repair();
    *host = (struct host){.node = ox_node_new(&config), .disk = g_byte_array_new()};
    g_byte_array_append(host->disk, log.data, (guint)log.size);
    struct ox_event event = {.kind = OX_EVENT_START};
    event.start.replica = replica;
    event.start.seed = 7;
    event.start.peers = peers;
    event.start.peer_count = count;
    event.start.log = log;
    return host_step(host, &event);
}

static void host_end(struct host *host) {
    ox_node_free(host->node);
    g_byte_array_unref(host->disk);
}

static struct ox_event update_event(const char *key, const struct ox_type *type, const char *verb,
                                    struct ox_value arg) {
    struct ox_event event = {.kind = OX_EVENT_UPDATE};
    event.update.name = ox_bytes_of_text(key);
    event.update.type = type;
    event.update.op.verb = ox_verb_named(type, ox_bytes_of_text(verb));
    event.update.op.arg = arg;
    return event;
}

static enum ox_status add(struct host *host, const char *key, const char *element) {
    struct ox_event event = update_event(key, &ox_orset, "add", ox_value_text(element));
    return host_step(host, &event);
}

static enum ox_status tick(struct host *host) {
    struct ox_event event = {.kind = OX_EVENT_TICK};
    g_assert_cmpuint(host->effects.deadline_ns, !=, OX_NEVER);
    host->now_ns = host->effects.deadline_ns;
    return host_step(host, &event);
}

static enum ox_status receive(struct host *host, ox_peer from, struct ox_bytes frame) {
    struct ox_event event = {.kind = OX_EVENT_RECEIVE, .receive = {from, frame}};
    return host_step(host, &event);
}

/* Everything that a restart must bring back: clock, and all objects with what is fresh. */
static GBytes *persistent_state(struct ox_node *node) {
    struct ox_buf out = {0};
    size_t count;
    struct ox_entry **entries = ox_store_list(ox_node_store(node), &count);
    for (size_t i = 0; i < count; i++) {
        ox_cbor_put_text(&out, ox_entry_name(entries[i]));
        ox_cbor_put_text(&out, ox_bytes_of_text(entries[i]->object.type->name));
        ox_object_encode_fresh(&entries[i]->object, &out);
        ox_object_encode(&entries[i]->object, &out);
    }
    GBytes *bytes = g_bytes_new(out.data, out.size);
    ox_buf_free(&out);
    return bytes;
}

static GBytes *snapshot(struct ox_node *node) {
    struct ox_buf out = {0};
    g_assert_cmpint(ox_node_snapshot(node, &out), ==, OX_OK);
    GBytes *bytes = g_bytes_new(out.data, out.size);
    ox_buf_free(&out);
    return bytes;
}

static void assert_same_and_free(GBytes *a, GBytes *b) {
    g_assert_true(g_bytes_equal(a, b));
    g_bytes_unref(a);
    g_bytes_unref(b);
}

static const struct ox_bytes no_log = {NULL, 0};

/* ---- updates ---- */

static void an_update_takes_a_dot_and_is_persisted(void) {
    struct host host;
    g_assert_cmpint(host_start(&host, 0, no_log), ==, OX_OK);
    g_assert_cmpuint(host.effects.deadline_ns, ==, OX_NEVER);
    g_assert_cmpuint(host.effects.persist.bytes.size, ==, 0);
    struct ox_stamp last = {0};
    for (uint64_t n = 1; n <= 3; n++) {
        g_assert_cmpint(add(&host, "cart", "milk"), ==, OX_OK);
        g_assert_cmpuint(host.effects.notice_count, ==, 1);
        const struct ox_notice *notice = &host.effects.notices[0];
        g_assert_cmpint(notice->kind, ==, OX_NOTICE_UPDATED);
        g_assert_cmpuint(notice->dot.replica, ==, 0);
        g_assert_cmpuint(notice->dot.n, ==, n);
        g_assert_cmpuint(notice->have, ==, n - 1);
        g_assert_cmpint(ox_stamp_compare(&last, &notice->stamp), <, 0);
        last = notice->stamp;
        g_assert_cmpuint(host.effects.persist.bytes.size, >, 0);
        g_assert_false(host.effects.persist.replaces);
        g_assert_cmpuint(host.effects.deadline_ns, <, 2000 * OX_MS);
    }
    g_assert_cmpint(tick(&host), ==, OX_OK);
    g_assert_cmpuint(host.effects.send_count, ==, 3);
    for (ox_peer i = 0; i < 3; i++)
        g_assert_cmpuint(host.effects.sends[i].to, ==, i + 1);
    g_assert_cmpuint(host.effects.persist.bytes.size, ==, 0);
    g_assert_cmpuint(host.effects.deadline_ns, ==, OX_NEVER);
    host_end(&host);
}

static void a_noop_and_a_refused_update_change_nothing(void) {
    struct host host;
    host_start(&host, 0, no_log);
    add(&host, "cart", "milk");
    GBytes *before = snapshot(host.node);

    struct ox_event noop = update_event("cart", &ox_orset, "remove", ox_value_text("bread"));
    g_assert_cmpint(host_step(&host, &noop), ==, OX_OK);
    g_assert_cmpint(host.effects.notices[0].kind, ==, OX_NOTICE_NOOP);
    g_assert_cmpuint(host.effects.persist.bytes.size, ==, 0);

    struct ox_event refused[] = {
        update_event("visits", &ox_gcounter, "inc", ox_value_int(0)),
        update_event("visits", &ox_gcounter, "inc", ox_value_text("one")),
        update_event("", &ox_gcounter, "inc", ox_value_int(1)),
        update_event("\xff", &ox_gcounter, "inc", ox_value_int(1)),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_assert_cmpint(host_step(&host, &refused[i]), ==, OX_OK);
        g_assert_cmpuint(host.effects.notice_count, ==, 1);
        g_assert_cmpint(host.effects.notices[0].kind, ==, OX_NOTICE_REFUSED);
        g_assert_cmpint(host.effects.notices[0].status, ==, OX_INVALID);
        g_assert_cmpuint(host.effects.persist.bytes.size, ==, 0);
    }
    assert_same_and_free(before, snapshot(host.node));
    host_end(&host);
}

/* ---- the log ---- */

/* Makes a log with own and received steps; how long it was, and what the node was, after each. */
static void busy_life(struct host *host, GArray *lengths, GPtrArray *states) {
    struct host peer;
    g_assert_cmpint(host_start(host, 0, no_log), ==, OX_OK);
    g_assert_cmpint(host_start(&peer, 1, no_log), ==, OX_OK);
    for (int i = 0; i < 8; i++) {
        guint before = host->disk->len;
        struct ox_event inc = update_event("visits", &ox_gcounter, "inc", ox_value_int(i + 1));
        if (i % 2 == 0)
            g_assert_cmpint(add(host, "cart", i % 4 ? "milk" : "bread"), ==, OX_OK);
        else if (i == 3)
            g_assert_cmpint(host_step(host, &inc), ==, OX_OK);
        else {
            add(&peer, "cart", "eggs");
            host_step(&peer, &inc);
            g_assert_cmpint(tick(&peer), ==, OX_OK);
            host->now_ns = peer.now_ns;
            g_assert_cmpint(receive(host, 1, peer.effects.sends[0].frame), ==, OX_OK);
            g_assert_cmpuint(host->effects.notice_count, ==, 2);
        }
        g_assert_cmpuint(host->disk->len, >, before);
        g_array_append_val(lengths, host->disk->len);
        g_ptr_array_add(states, persistent_state(host->node));
    }
    host_end(&peer);
}

/* Whatever byte the last write got to: the node is that of the last whole record. */
static void a_log_cut_at_any_byte_starts(void) {
    struct host host, back;
    GArray *lengths = g_array_new(FALSE, FALSE, sizeof(guint));
    GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    busy_life(&host, lengths, states);
    guint whole = 0;
    for (guint cut = 0; cut <= host.disk->len; cut++) {
        struct ox_bytes log = {host.disk->data, cut};
        g_assert_cmpint(host_start(&back, 0, log), ==, OX_OK);
        while (whole < lengths->len && g_array_index(lengths, guint, whole) <= cut)
            whole++;
        guint good = whole == 0 ? 0 : g_array_index(lengths, guint, whole - 1);
        g_assert_cmpint(back.effects.persist.replaces, ==, good < cut);
        GBytes *wanted = whole == 0 ? g_bytes_new(NULL, 0) : g_bytes_ref(states->pdata[whole - 1]);
        assert_same_and_free(wanted, persistent_state(back.node));

        /* What it asks to have written instead brings the same node back, with nothing to mend. */
        struct host again;
        struct ox_bytes mended = {back.disk->data, back.disk->len};
        g_assert_cmpint(host_start(&again, 0, mended), ==, OX_OK);
        g_assert_cmpuint(again.effects.persist.bytes.size, ==, 0);
        assert_same_and_free(persistent_state(back.node), persistent_state(again.node));
        assert_same_and_free(snapshot(back.node), snapshot(again.node));
        host_end(&again);
        host_end(&back);
    }
    g_assert_cmpuint(whole, ==, 8);
    host_end(&host);
    g_array_unref(lengths);
    g_ptr_array_unref(states);
}

/* A flipped bit anywhere ends the log before its record. */
static void a_flipped_bit_ends_the_log(void) {
    struct host host, back;
    GArray *lengths = g_array_new(FALSE, FALSE, sizeof(guint));
    GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    busy_life(&host, lengths, states);
    for (guint at = 0; at < host.disk->len; at++) {
        guint whole = 0;
        while (g_array_index(lengths, guint, whole) <= at)
            whole++;
        host.disk->data[at] ^= (guint8)(1 << at % 8);
        struct ox_bytes log = {host.disk->data, host.disk->len};
        g_assert_cmpint(host_start(&back, 0, log), ==, OX_OK);
        g_assert_true(back.effects.persist.replaces);
        GBytes *wanted = whole == 0 ? g_bytes_new(NULL, 0) : g_bytes_ref(states->pdata[whole - 1]);
        assert_same_and_free(wanted, persistent_state(back.node));
        host.disk->data[at] ^= (guint8)(1 << at % 8);
        host_end(&back);
    }
    host_end(&host);
    g_array_unref(lengths);
    g_ptr_array_unref(states);
}

static void a_restart_goes_on_where_the_log_ends(void) {
    struct host host, back;
    GArray *lengths = g_array_new(FALSE, FALSE, sizeof(guint));
    GPtrArray *states = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    busy_life(&host, lengths, states);
    struct ox_bytes log = {host.disk->data, host.disk->len};
    g_assert_cmpint(host_start(&back, 0, log), ==, OX_OK);
    g_assert_cmpuint(back.effects.persist.bytes.size, ==, 0);

    /* The same update before and after: the same dot, and the same delta and record, because
     * `made` and clock came back too. */
    back.now_ns = host.now_ns;
    g_assert_cmpint(add(&host, "cart", "tea"), ==, OX_OK);
    g_assert_cmpint(add(&back, "cart", "tea"), ==, OX_OK);
    const struct ox_notice *was = &host.effects.notices[0], *is = &back.effects.notices[0];
    g_assert_cmpuint(was->dot.n, ==, is->dot.n);
    g_assert_cmpuint(was->have, ==, is->have);
    g_assert_cmpint(ox_stamp_compare(&was->stamp, &is->stamp), ==, 0);
    g_assert_cmpmem(host.effects.persist.bytes.data, host.effects.persist.bytes.size,
                    back.effects.persist.bytes.data, back.effects.persist.bytes.size);

    /* A wall clock that jumped back to 0 does not take the stamps with it. */
    struct ox_stamp last = is->stamp;
    struct ox_bytes longer = {host.disk->data, host.disk->len};
    host_end(&back);
    g_assert_cmpint(host_start(&back, 0, longer), ==, OX_OK);
    g_assert_cmpint(add(&back, "cart", "tea"), ==, OX_OK);
    g_assert_cmpint(ox_stamp_compare(&last, &back.effects.notices[0].stamp), <, 0);
    host_end(&host);
    host_end(&back);
    g_array_unref(lengths);
    g_ptr_array_unref(states);
}

static void the_log_of_another_replica_is_refused(void) {
    struct host host, back;
    host_start(&host, 0, no_log);
    add(&host, "cart", "milk");
    struct ox_bytes log = {host.disk->data, host.disk->len};
    g_assert_cmpint(host_start(&back, 1, log), ==, OX_MALFORMED);
    host_end(&back);
    g_assert_cmpint(host_start(&back, ox_replica_of(1, 0), log), ==, OX_MALFORMED);
    g_assert_cmpuint(back.effects.persist.bytes.size, ==, 0);
    g_assert_cmpuint(ox_store_count(ox_node_store(back.node)), ==, 0);
    host_end(&back);
    host_end(&host);
}

/* Old steps give way to a snapshot, and the log stays in proportion to the store. */
static void a_long_log_is_replaced(void) {
    struct host host, back;
    host_start(&host, 0, no_log);
    guint replaced = 0, longest = 0;
    for (int i = 0; i < 20000; i++) {
        char element[8];
        g_snprintf(element, sizeof element, "e%d", i % 50);
        g_assert_cmpint(add(&host, "cart", element), ==, OX_OK);
        replaced += host.effects.persist.replaces;
        longest = MAX(longest, host.disk->len);
        if (host.effects.persist.replaces) {
            struct ox_bytes log = {host.disk->data, host.disk->len};
            g_assert_cmpint(host_start(&back, 0, log), ==, OX_OK);
            assert_same_and_free(persistent_state(host.node), persistent_state(back.node));
            host_end(&back);
        }
    }
    g_assert_cmpuint(replaced, >=, 5);
    g_assert_cmpuint(longest, <, 70000);
    host_end(&host);
}

/* ---- pushes to be received ---- */

/* Makes `host` hear of the replica `of`, by a push that carries nothing. */
static void hear_of(struct host *host, ox_replica of) {
    struct ox_frame header = {.component = ox_bytes_of_text("delta"), .clock = {.replica = of}};
    struct ox_buf frame = {0};
    ox_frame_begin(&frame, &header);
    ox_cbor_put_array(&frame, 3);
    ox_cbor_put_uint(&frame, 0);
    ox_cbor_put_array(&frame, 0);
    ox_cbor_put_array(&frame, 0);
    g_assert_cmpint(receive(host, ox_replica_node(of), ox_buf_bytes(&frame)), ==, OX_OK);
    g_assert_cmpuint(host->effects.notice_count, ==, 0);
    ox_buf_free(&frame);
}

/* A push of replica `from` to node 0: to its life `to`, or (NULL) to whichever there is. */
static GBytes *push_of(ox_replica from, const ox_replica *to) {
    struct host sender;
    host_start(&sender, from, no_log);
    if (to != NULL)
        hear_of(&sender, *to);
    add(&sender, "cart", "milk");
    g_assert_cmpint(tick(&sender), ==, OX_OK);
    const struct ox_send *send = &sender.effects.sends[0];
    g_assert_cmpuint(send->to, ==, 0);
    GBytes *push = g_bytes_new(send->frame.data, send->frame.size);
    host_end(&sender);
    return push;
}

static struct ox_bytes borrowed(GBytes *bytes) {
    struct ox_bytes frame;
    frame.data = g_bytes_get_data(bytes, &frame.size);
    return frame;
}

/* A push with three objects. */
static GBytes *push_of_many(ox_replica from) {
    struct host sender;
    host_start(&sender, from, no_log);
    add(&sender, "basket", "milk");
    add(&sender, "cart", "milk");
    add(&sender, "list", "milk");
    g_assert_cmpint(tick(&sender), ==, OX_OK);
    GBytes *push =
        g_bytes_new(sender.effects.sends[0].frame.data, sender.effects.sends[0].frame.size);
    host_end(&sender);
    return push;
}

/* ---- what is passed on, and whose time counts ---- */

/* The dots that the only group of a push brings. */
static void assert_push_brings(struct ox_bytes bytes, struct ox_span wanted) {
    struct ox_frame frame;
    struct ox_type_table types;
    struct ox_group_list list = {0};
    struct ox_store *store = ox_store_new();
    g_assert_cmpint(ox_frame_read(&frame, bytes), ==, OX_OK);
    struct ox_cbor in = ox_cbor_of(frame.body);
    ox_cbor_array(&in);
    ox_cbor_uint(&in);
    ox_type_table_decode(&types, &in);
    g_assert_cmpint(ox_group_list_decode(&list, store, &types, &in), ==, OX_OK);
    g_assert_cmpuint(list.count, ==, 1);
    g_assert_cmpuint(list.groups[0].delta.brings.count, ==, 1);
    const struct ox_span *brings = &list.groups[0].delta.brings.spans[0];
    g_assert_cmpuint(brings->replica, ==, wanted.replica);
    g_assert_cmpuint(brings->first, ==, wanted.first);
    g_assert_cmpuint(brings->last, ==, wanted.last);
    ox_group_list_free(&list);
    ox_store_free(store);
}

/* Of a group of which the first part is known, the second part goes on (RR). */
static void only_what_was_new_is_passed_on(void) {
    struct host host, sender;
    GBytes *first = push_of(1, NULL);
    host_start(&sender, 1, no_log); /* the same life again: its first update is the same */
    add(&sender, "cart", "milk");
    add(&sender, "cart", "bread");
    g_assert_cmpint(tick(&sender), ==, OX_OK);

    host_start(&host, 0, no_log);
    g_assert_cmpint(receive(&host, 1, borrowed(first)), ==, OX_OK);
    g_assert_cmpint(tick(&host), ==, OX_OK);
    assert_push_brings(host.effects.sends[0].frame, (struct ox_span){1, 1, 1});
    g_assert_cmpint(receive(&host, 1, sender.effects.sends[0].frame), ==, OX_OK);
    g_assert_cmpint(tick(&host), ==, OX_OK);
    assert_push_brings(host.effects.sends[0].frame, (struct ox_span){1, 2, 2});

    /* And nothing goes on of what brought nothing. */
    g_assert_cmpint(receive(&host, 1, borrowed(first)), ==, OX_OK);
    g_assert_cmpuint(host.effects.deadline_ns, ==, OX_NEVER);
    host_end(&sender);
    host_end(&host);
    g_bytes_unref(first);
}

/* An empty push from node 1 whose clock shows `physical_ns`. */
static void receive_time(struct host *host, uint64_t physical_ns) {
    struct ox_frame header = {.component = ox_bytes_of_text("delta"), .clock = {physical_ns, 5, 1}};
    struct ox_buf frame = {0};
    ox_frame_begin(&frame, &header);
    ox_cbor_put_array(&frame, 3);
    ox_cbor_put_uint(&frame, 0);
    ox_cbor_put_array(&frame, 0);
    ox_cbor_put_array(&frame, 0);
    g_assert_cmpint(receive(host, 1, ox_buf_bytes(&frame)), ==, OX_OK);
    ox_buf_free(&frame);
}

static void stamps_follow_what_was_heard_but_no_broken_clock(void) {
    struct host host;
    const uint64_t minute = 60000 * OX_MS;
    host_start(&host, 0, no_log);
    receive_time(&host, minute);
    add(&host, "cart", "milk");
    struct ox_stamp stamp = host.effects.notices[0].stamp;
    g_assert_cmpuint(stamp.physical_ns, ==, minute);
    g_assert_cmpuint(stamp.logical, ==, 6);
    g_assert_cmpuint(stamp.replica, ==, 0);
    receive_time(&host, 120 * minute);
    receive_time(&host, UINT64_MAX);
    add(&host, "cart", "milk");
    stamp = host.effects.notices[0].stamp;
    g_assert_cmpuint(stamp.physical_ns, ==, minute);
    g_assert_cmpuint(stamp.logical, ==, 7);
    host_end(&host);
}

/* ---- lives of peers ---- */

static void frames_of_older_lives_are_stale(void) {
    struct host host;
    const ox_replica me = ox_replica_of(2, 0), was_me = ox_replica_of(1, 0);
    const ox_replica newer_me = ox_replica_of(3, 0);
    GBytes *to_me = push_of(ox_replica_of(5, 1), &me);
    GBytes *to_was_me = push_of(ox_replica_of(5, 1), &was_me);
    GBytes *to_newer_me = push_of(ox_replica_of(5, 1), &newer_me);
    GBytes *from_was_peer = push_of(ox_replica_of(4, 1), NULL);

    g_assert_cmpint(host_start(&host, me, no_log), ==, OX_OK);
    g_assert_cmpint(receive(&host, 1, borrowed(to_was_me)), ==, OX_OK);
    g_assert_cmpint(host.effects.notices[0].kind, ==, OX_NOTICE_STALE);
    g_assert_cmpuint(ox_store_count(ox_node_store(host.node)), ==, 0);
    g_assert_cmpuint(host.effects.send_count, ==, 1); /* asks for what it refused */
    g_assert_cmpstr(host.effects.sends[0].kind, ==, "checksum");
    g_assert_cmpint(receive(&host, 1, borrowed(to_newer_me)), ==, OX_MALFORMED);
    g_assert_cmpint(receive(&host, 2, borrowed(to_me)), ==, OX_MALFORMED); /* not from node 2 */
    g_assert_cmpint(receive(&host, 0, borrowed(to_me)), ==, OX_MALFORMED); /* nor from itself */

    g_assert_cmpint(receive(&host, 1, borrowed(to_me)), ==, OX_OK);
    g_assert_cmpint(host.effects.notices[0].kind, ==, OX_NOTICE_JOINED);
    GBytes *before = snapshot(host.node);
    g_assert_cmpint(receive(&host, 1, borrowed(from_was_peer)), ==, OX_OK);
    g_assert_cmpuint(host.effects.notice_count, ==, 1);
    g_assert_cmpint(host.effects.notices[0].kind, ==, OX_NOTICE_STALE);
    g_assert_cmpuint(host.effects.notices[0].peer, ==, 1);
    g_assert_cmpuint(host.effects.send_count, ==, 0); /* nobody is there to hear an answer */
    assert_same_and_free(before, snapshot(host.node));
    host_end(&host);
    g_bytes_unref(to_me);
    g_bytes_unref(to_was_me);
    g_bytes_unref(to_newer_me);
    g_bytes_unref(from_was_peer);
}

/* ---- chance and peers ---- */

static void the_stream_is_that_of_xoshiro(void) {
    struct ox_rng rng = ox_rng_of(0);
    g_assert_cmphex(rng.state[0], ==, 0xe220a8397b1dcdaf); /* splitmix64 of 0 */
    g_assert_cmphex(ox_rng_next(&rng), ==, 0x99ec5f36cb75f2b4);
}

/* Every set of peers is as likely as any other, and sets are ascending. */
static void draws_are_even(void) {
    const ox_peer all[] = {1, 2, 5, 8, 9};
    struct ox_peers peers = {0};
    struct ox_rng rng = ox_rng_of(1);
    unsigned seen[10][10] = {{0}};
    g_assert_cmpint(ox_peers_set(&peers, all, G_N_ELEMENTS(all)), ==, OX_OK);
    for (int i = 0; i < 10000; i++) {
        ox_peer drawn[2];
        g_assert_cmpuint(ox_peers_draw(&peers, &rng, 2, drawn), ==, 2);
        g_assert_cmpuint(drawn[0], <, drawn[1]);
        seen[drawn[0]][drawn[1]]++;
    }
    for (size_t a = 0; a < 5; a++)
        for (size_t b = a + 1; b < 5; b++) {
            g_assert_cmpuint(seen[all[a]][all[b]], >, 900); /* 1000 expected, deviation 30 */
            g_assert_cmpuint(seen[all[a]][all[b]], <, 1100);
        }
    ox_peer drawn[9];
    g_assert_cmpuint(ox_peers_draw(&peers, &rng, 9, drawn), ==, 5);
    g_assert_cmpmem(drawn, sizeof all, all, sizeof all);
    ox_peers_down(&peers, 5);
    ox_peers_down(&peers, 6);
    ox_peers_up(&peers, 3);
    ox_peers_up(&peers, 3);
    const ox_peer now[] = {1, 2, 3, 8, 9};
    g_assert_cmpuint(ox_peers_draw(&peers, &rng, 9, drawn), ==, 5);
    g_assert_cmpmem(drawn, sizeof now, now, sizeof now);
    ox_peers_free(&peers);
}

static void peers_that_are_down_get_nothing(void) {
    struct host host;
    host_start(&host, 0, no_log);
    struct ox_event event = {.kind = OX_EVENT_PEER_DOWN, .peer = {2}};
    g_assert_cmpint(host_step(&host, &event), ==, OX_OK);
    add(&host, "cart", "milk");
    g_assert_cmpint(tick(&host), ==, OX_OK);
    g_assert_cmpuint(host.effects.send_count, ==, 2);
    g_assert_cmpuint(host.effects.sends[0].to, ==, 1);
    g_assert_cmpuint(host.effects.sends[1].to, ==, 3);

    event.kind = OX_EVENT_PEER_UP;
    g_assert_cmpint(host_step(&host, &event), ==, OX_OK);
    add(&host, "cart", "bread");
    g_assert_cmpint(tick(&host), ==, OX_OK);
    g_assert_cmpuint(host.effects.send_count, ==, 3);
    host_end(&host);
}

/* ---- the protocol that only talks ---- */

static void null_talks_evenly_and_keeps_to_itself(void) {
    struct ox_cluster_config config = ox_cluster_config_small(5, 1);
    config.node.sync = ox_protocol_named(ox_bytes_of_text("null"));
    config.node.fanout = 2;
    struct ox_cluster *cluster = ox_cluster_new(&config);
    ox_cluster_inc(cluster, 0, "visits", 1);
    ox_cluster_run_until(cluster, 9999 * OX_MS);
    GPtrArray *frames = ox_cluster_frames(cluster);
    g_assert_cmpuint(frames->len, ==, 5 * 2 * 10);
    for (guint i = 0; i < frames->len; i++) {
        g_assert_cmpuint(g_bytes_get_size(frames->pdata[i]), >=, 180);
        g_assert_cmpuint(g_bytes_get_size(frames->pdata[i]), <=, 220);
    }
    g_assert_cmpuint(ox_cluster_count(cluster, OX_NOTICE_JOINED), ==, 0);
    ox_cluster_replay(cluster);
    ox_cluster_free(cluster);
    g_assert_null(ox_protocol_named(ox_bytes_of_text("no such protocol")));
}

/* ---- memory that runs out ---- */

/* What a host has on its disk brings back what the node has in memory. */
static void assert_log_tells_all(const struct host *host) {
    struct host back;
    struct ox_bytes log = {host->disk->data, host->disk->len};
    g_assert_cmpint(host_start(&back, 0, log), ==, OX_OK);
    assert_same_and_free(persistent_state(host->node), persistent_state(back.node));
    host_end(&back);
}

struct outcomes {
    uint64_t failed;  /* steps that answered OX_NOMEM */
    uint64_t partial; /* frames of which only a part was taken in */
};

/* Gives `event` to a node that `prepare` made, with the n-th allocation failing. Either nothing
 * happened, and the node can do it afterwards; or the step is good, and all accounts of it agree.
 */
static bool fail_allocation(struct host *(*prepare)(void), struct ox_event event, uint64_t n,
                            struct outcomes *outcomes) {
    struct host *host = prepare();
    GBytes *before = snapshot(host->node);
    uint64_t deadline_ns = host->effects.deadline_ns;
    if (event.kind == OX_EVENT_TICK)
        host->now_ns = deadline_ns;
    alloc_fail_after(n);
    enum ox_status status = host_step(host, &event);
    bool met = alloc_left() == 0;
    alloc_fail_after(UINT64_MAX);
    if (status == OX_NOMEM) {
        outcomes->failed++;
        g_assert_cmpuint(host->effects.send_count + host->effects.notice_count, ==, 0);
        g_assert_cmpuint(host->effects.persist.bytes.size, ==, 0);
        g_assert_cmpuint(host->effects.deadline_ns, ==, deadline_ns);
        assert_same_and_free(g_bytes_ref(before), snapshot(host->node));
        g_assert_cmpint(host_step(host, &event), ==, OX_OK);
    }
    assert_log_tells_all(host);
    size_t taken = host->effects.notice_count;
    g_assert_cmpint(host_step(host, &event), ==, OX_OK);
    if (event.kind == OX_EVENT_RECEIVE && taken > 0 && host->effects.notice_count > 0)
        outcomes->partial++;
    g_bytes_unref(before);
    host_end(host);
    g_free(host);
    return met;
}

static struct outcomes fail_each_allocation(struct host *(*prepare)(void), struct ox_event event) {
    struct outcomes outcomes = {0};
    for (uint64_t n = 0; fail_allocation(prepare, event, n, &outcomes); n++)
        continue;
    return outcomes;
}

static struct host *some_host(void) {
    struct host *host = g_new(struct host, 1);
    g_assert_cmpint(host_start(host, 0, no_log), ==, OX_OK);
    g_assert_cmpint(add(host, "cart", "milk"), ==, OX_OK);
    g_assert_cmpint(add(host, "cart", "bread"), ==, OX_OK);
    return host;
}

static void every_failing_allocation_leaves_the_node_as_it_was(void) {
    if (!alloc_wrapped()) {
        g_test_skip("the test is linked without -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
        return;
    }
    struct ox_event tick_event = {.kind = OX_EVENT_TICK};
    struct ox_event peer_up = {.kind = OX_EVENT_PEER_UP, .peer = {17}};
    char *long_element = g_strnfill(600, 'x');
    struct ox_event updates[] = {
        update_event("cart", &ox_orset, "add", ox_value_text("tea")),
        update_event("cart", &ox_orset, "add", ox_value_text(long_element)),
        update_event("cart", &ox_orset, "add", ox_value_text("milk")),
        update_event("cart", &ox_orset, "remove", ox_value_text("milk")),
        update_event("visits", &ox_gcounter, "inc", ox_value_int(1)),
        update_event("cart", &ox_orset, "remove", ox_value_text("no such")),
        update_event("visits", &ox_gcounter, "inc", ox_value_int(-1)),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(updates); i++)
        g_assert_cmpuint(fail_each_allocation(some_host, updates[i]).failed, >=, 1);
    g_free(long_element);
    g_assert_cmpuint(fail_each_allocation(some_host, tick_event).failed, >, 3);
    g_assert_cmpuint(fail_each_allocation(some_host, peer_up).failed, ==, 1);

    GBytes *push = push_of_many(1);
    struct ox_event frame = {.kind = OX_EVENT_RECEIVE, .receive = {1, borrowed(push)}};
    struct outcomes outcomes = fail_each_allocation(some_host, frame);
    g_assert_cmpuint(outcomes.failed, >, 10);
    g_assert_cmpuint(outcomes.partial, >, 3);
    g_bytes_unref(push);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/node/an update takes a dot and is persisted",
                    an_update_takes_a_dot_and_is_persisted);
    g_test_add_func("/node/a no-op and a refused update change nothing",
                    a_noop_and_a_refused_update_change_nothing);
    g_test_add_func("/node/log/cut at any byte", a_log_cut_at_any_byte_starts);
    g_test_add_func("/node/log/a flipped bit ends it", a_flipped_bit_ends_the_log);
    g_test_add_func("/node/log/a restart goes on where it ends",
                    a_restart_goes_on_where_the_log_ends);
    g_test_add_func("/node/log/of another replica", the_log_of_another_replica_is_refused);
    g_test_add_func("/node/log/a long one is replaced", a_long_log_is_replaced);
    g_test_add_func("/node/only what was new is passed on", only_what_was_new_is_passed_on);
    g_test_add_func("/node/stamps follow what was heard but no broken clock",
                    stamps_follow_what_was_heard_but_no_broken_clock);
    g_test_add_func("/node/frames of older lives are stale", frames_of_older_lives_are_stale);
    g_test_add_func("/node/chance is xoshiro256**", the_stream_is_that_of_xoshiro);
    g_test_add_func("/node/draws are even", draws_are_even);
    g_test_add_func("/node/peers that are down get nothing", peers_that_are_down_get_nothing);
    g_test_add_func("/node/null talks evenly and keeps to itself",
                    null_talks_evenly_and_keeps_to_itself);
    g_test_add_func("/node/every failing allocation leaves it as it was",
                    every_failing_allocation_leaves_the_node_as_it_was);
    return g_test_run();
}
