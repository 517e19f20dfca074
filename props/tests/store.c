/* The keyed store: finding, canonical order, checksums kept up to date. */
#include "crdt/store.h"
#include "support_alloc.h"
#include "support_crdt.h"
#include "support_dice.h"

#include <string.h>

static struct ox_entry *open_entry(struct ox_store *store, const char *name,
                                   const struct ox_type *type) {
    struct ox_entry *entry = NULL;
    g_assert_cmpint(ox_store_open(store, ox_bytes_of_text(name), type, &entry), ==, OX_OK);
    return entry;
}

static void bump(struct ox_store *store, const char *name, ox_replica replica) {
    struct ox_entry *entry = open_entry(store, name, &ox_gcounter);
    g_assert_cmpint(ox_gcounter_inc(&entry->object, 1, replica, NULL), ==, OX_OK);
    ox_store_touch(store, entry);
}

static void identity_is_name_and_type(void) {
    struct ox_store *store = ox_store_new();
    struct ox_entry *set = open_entry(store, "cart", &ox_orset);
    struct ox_entry *counter = open_entry(store, "cart", &ox_gcounter);
    g_assert_true(set != counter);
    g_assert_true(open_entry(store, "cart", &ox_orset) == set);
    g_assert_true(ox_store_find(store, ox_bytes_of_text("cart"), &ox_gcounter) == counter);
    g_assert_null(ox_store_find(store, ox_bytes_of_text("car"), &ox_gcounter));
    ox_store_free(store);
}

static void bad_names_are_refused(void) {
    struct ox_store *store = ox_store_new();
    struct ox_entry *entry;
    char *longest = g_strnfill(OX_NAME_MAX + 1, 'x');
    g_assert_cmpint(ox_store_open(store, ox_bytes_of_text(""), &ox_orset, &entry), ==, OX_INVALID);
    g_assert_cmpint(ox_store_open(store, ox_bytes_of_text("\xff"), &ox_orset, &entry), ==,
                    OX_INVALID);
    g_assert_cmpint(ox_store_open(store, ox_bytes_of_text(longest), &ox_orset, &entry), ==,
                    OX_INVALID);
    g_assert_null(entry);
    longest[OX_NAME_MAX] = '\0';
    g_assert_nonnull(open_entry(store, longest, &ox_orset));
    g_free(longest);
    ox_store_free(store);
}

static void the_list_is_in_canonical_order(void) {
    struct ox_store *store = ox_store_new();
    struct dice dice = {2};
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 30; i++) {
            char *name = g_strdup_printf("key%u", (unsigned)dice_roll(&dice, 500));
            bump(store, name, A);
            g_free(name);
        }
        open_entry(store, "never updated", &ox_orset);
        size_t count;
        struct ox_entry **list = ox_store_list(store, &count);
        g_assert_cmpuint(count, ==, ox_store_count(store));
        for (size_t i = 0; i < count; i++) {
            g_assert_cmpuint(list[i]->object.context.count, >, 0);
            if (i > 0)
                g_assert_cmpint(
                    ox_bytes_compare(ox_entry_name(list[i - 1]), ox_entry_name(list[i])), <, 0);
        }
    }
    struct ox_entry *set = open_entry(store, "key7", &ox_orset);
    struct ox_delta delta = add(&set->object, A, "x");
    ox_store_touch(store, set);
    bump(store, "key7", A);
    size_t count;
    struct ox_entry **list = ox_store_list(store, &count);
    for (size_t i = 0; i < count; i++)
        if (list[i] == set)
            g_assert_true(list[i - 1]->object.type == &ox_gcounter); /* "g-counter" < "or-set" */
    ox_delta_free(&delta);
    ox_store_free(store);
}

/* The sum over a fresh look at everything. */
static uint64_t slow_checksum(struct ox_store *store) {
    size_t count;
    struct ox_buf scratch = {0};
    struct ox_entry **list = ox_store_list(store, &count);
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct ox_entry *entry = list[i];
        bool hashed = entry->hashed;
        uint64_t kept = entry->hash;
        entry->hashed = false;
        sum += ox_entry_hash(entry, &scratch);
        entry->hash = kept;
        entry->hashed = hashed;
    }
    ox_buf_free(&scratch);
    return sum;
}

static void the_checksum_follows_every_touch(void) {
    struct ox_store *store = ox_store_new();
    struct dice dice = {9};
    g_assert_cmpuint(ox_store_checksum(store), ==, 0);
    for (int i = 0; i < 2000; i++) {
        char *name = g_strdup_printf("key%u", (unsigned)dice_roll(&dice, 40));
        bump(store, name, 1 + dice_roll(&dice, 3));
        if (dice_roll(&dice, 2) == 0)
            bump(store, name, A);
        g_free(name);
        if (dice_roll(&dice, 3) == 0)
            g_assert_cmpuint(ox_store_checksum(store), ==, slow_checksum(store));
    }
    ox_store_free(store);
}

static void equal_stores_have_equal_checksums(void) {
    struct ox_store *a = ox_store_new(), *b = ox_store_new();
    bump(a, "x", A);
    bump(a, "y", B);
    uint64_t early = ox_store_checksum(a);
    bump(b, "y", B);
    open_entry(b, "z", &ox_orset); /* empty: as good as absent */
    bump(b, "x", A);
    g_assert_cmpuint(early, ==, ox_store_checksum(b));
    bump(b, "x", A);
    g_assert_cmpuint(early, !=, ox_store_checksum(b));
    /* The name is part of it. */
    struct ox_store *c = ox_store_new();
    bump(c, "x", A);
    bump(c, "w", B);
    g_assert_cmpuint(early, !=, ox_store_checksum(c));
    ox_store_free(a);
    ox_store_free(b);
    ox_store_free(c);
}

static void addresses_are_stable(void) {
    struct ox_store *store = ox_store_new();
    struct ox_entry *first = open_entry(store, "first", &ox_orset);
    for (int i = 0; i < 1000; i++) {
        char *name = g_strdup_printf("key%d", i);
        bump(store, name, A);
        g_free(name);
    }
    g_assert_true(ox_store_find(store, ox_bytes_of_text("first"), &ox_orset) == first);
    g_assert_cmpuint(ox_store_count(store), ==, 1000);
    g_assert_cmpuint(ox_store_bytes(store), <, 300 * 1000);
    ox_store_free(store);
}

/* ---- removing ---- */

static enum ox_status store_inc(struct ox_store *store, struct ox_entry *entry,
                                struct ox_delta *delta) {
    struct ox_op op = {.verb = &ox_gcounter.verbs[0], .arg = ox_value_int(1)};
    return ox_store_apply(store, entry, &op, A, NULL, delta);
}

static void a_removed_object_takes_no_update_until_it_is_back(void) {
    struct ox_store *store = ox_store_new();
    struct ox_object at_a_peer = new_object(&ox_gcounter);
    struct ox_delta delta = {0}, first = {0};
    struct ox_entry *entry = open_entry(store, "visits", &ox_gcounter);
    g_assert_cmpint(ox_store_remove(store, entry), ==, OX_NOOP);
    g_assert_cmpint(store_inc(store, entry, &first), ==, OX_OK);
    g_assert_cmpint(store_inc(store, entry, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&at_a_peer, &entry->object, NULL), ==, OX_OK);
    g_assert_cmpint(ox_store_remove(store, entry), ==, OX_OK);

    g_assert_true(ox_store_find(store, ox_bytes_of_text("visits"), &ox_gcounter) == entry);
    g_assert_cmpuint(ox_store_count(store), ==, 0);
    g_assert_cmpuint(ox_store_checksum(store), ==, 0);
    g_assert_cmpint(ox_entry_ready(entry), ==, OX_GAP);
    g_assert_cmpint(store_inc(store, entry, &delta), ==, OX_GAP);
    g_assert_true(ox_delta_empty(&delta));
    g_assert_cmpint(ox_store_join_delta(store, entry, &first, NULL), ==, OX_OK);
    g_assert_cmpint(store_inc(store, entry, &delta), ==, OX_GAP); /* A:2 would come again */
    g_assert_cmpint(ox_store_join(store, entry, &at_a_peer, NULL), ==, OX_OK);
    g_assert_cmpint(store_inc(store, entry, &delta), ==, OX_OK);
    assert_object(&entry->object, "A:3", "3");
    ox_delta_free(&delta);
    ox_delta_free(&first);
    ox_object_free(&at_a_peer);
    ox_store_free(store);
}

/* ---- watching ---- */

struct listener {
    GString *story; /* shared: who hears first writes first */
    char letter;
    const struct ox_store *store;
};

static void listen(void *self, const struct ox_change *change) {
    const struct listener *listener = self;
    char *news = show_dots(change->news), *context = show_vv(&change->entry->object.context);
    g_string_append_printf(listener->story, "%c %s %.*s %s%s%s {%s} %u;", listener->letter,
                           ox_change_name(change->kind), (int)change->entry->name_size,
                           change->entry->name, change->own ? "own " : "", news,
                           *news != '\0' ? "" : "-", context,
                           (unsigned)ox_store_count(listener->store));
    g_free(news);
    g_free(context);
}

static void watchers_hear_of_each_change_once_it_is_whole(void) {
    struct ox_store *store = ox_store_new();
    GString *story = g_string_new(NULL);
    struct listener one = {story, 'x', store}, two = {story, 'y', store};
    struct ox_watcher first = {listen, &one, NULL}, second = {listen, &two, NULL};
    struct ox_object other = new_object(&ox_gcounter);
    struct ox_delta delta = inc(&other, B, 5);
    struct ox_entry *entry = open_entry(store, "v", &ox_gcounter);
    ox_store_watch(store, &first);
    ox_store_watch(store, &second);
    g_assert_cmpint(store_inc(store, entry, NULL), ==, OX_OK);
    ox_store_unwatch(store, &second);
    g_assert_cmpint(ox_store_join_delta(store, entry, &delta, NULL), ==, OX_OK);
    g_assert_cmpint(ox_store_join_delta(store, entry, &delta, NULL), ==,
                    OX_OK); /* again: nothing */
    g_assert_cmpint(ox_store_join(store, entry, &other, NULL), ==, OX_OK);
    g_assert_cmpint(ox_store_collect(store, entry, &entry->object.context), ==, OX_OK);
    g_assert_cmpint(ox_store_collect(store, entry, &entry->object.context), ==, OX_OK);
    g_assert_cmpint(ox_store_remove(store, entry), ==, OX_OK);
    g_assert_cmpint(ox_store_remove(store, entry), ==, OX_NOOP);
    g_assert_cmpstr(story->str, ==,
                    "x UPDATED v own A:1 {A:1} 1;"
                    "y UPDATED v own A:1 {A:1} 1;"
                    "x JOINED v B:1 {A:1 B:1} 1;"
                    "x COLLECTED v - {A:1 B:1} 1;"
                    "x REMOVED v - {} 0;");
    ox_delta_free(&delta);
    ox_object_free(&other);
    ox_store_free(store);
    g_string_free(story, TRUE);
}

/* However great the numbers are that the other side says of itself. */
static void a_join_that_only_collects_is_a_change(void) {
    struct ox_store *store = ox_store_new();
    GString *story = g_string_new(NULL);
    struct listener one = {story, 'x', store};
    struct ox_watcher watcher = {listen, &one, NULL};
    struct ox_object other = new_object(&ox_orset);
    struct ox_entry *entry = open_entry(store, "v", &ox_orset);
    struct ox_delta b1 = add(&other, B, "b"), c1 = {0}, told = {0};
    g_assert_cmpint(ox_vv_raise(&other.context, A, UINT64_MAX), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&other, &other.context), ==, OX_OK);
    c1 = add(&other, C, "c");
    g_assert_cmpint(ox_store_join(store, entry, &other, NULL), ==, OX_OK);
    uint64_t before = ox_store_checksum(store);
    ox_store_watch(store, &watcher);
    g_assert_cmpint(ox_object_collect(&other, &other.context), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&other, &other.context, &told), ==, OX_OK);
    g_assert_true(ox_delta_empty(&told));
    g_assert_cmpint(ox_store_join_delta(store, entry, &told, NULL), ==, OX_OK);
    uint64_t after = ox_store_checksum(store);
    g_assert_cmpuint(after, !=, before);
    g_assert_cmpuint(after, ==, slow_checksum(store));
    g_assert_cmpint(ox_store_join_delta(store, entry, &told, NULL), ==, OX_OK); /* nothing */
    char *heard = g_strdup_printf("x JOINED v - {A:%" G_GUINT64_FORMAT " B:1 C:1} 1;", UINT64_MAX);
    g_assert_cmpstr(story->str, ==, heard);
    g_free(heard);
    free_deltas(&b1, &c1, &told, NULL);
    ox_object_free(&other);
    ox_store_free(store);
    g_string_free(story, TRUE);
}

/* ---- snapshots ---- */

/* Two objects, one of which has heard of another replica since its own last update; one that is
 * partly back over its tombstone; and one that is gone. */
static struct ox_store *varied_store(void) {
    struct ox_store *store = ox_store_new();
    const char *names[] = {"back", "gone", "here"};
    for (size_t i = 0; i < 3; i++) {
        struct ox_entry *entry = open_entry(store, names[i], &ox_gcounter);
        struct ox_delta first = {0};
        g_assert_cmpint(store_inc(store, entry, &first), ==, OX_OK);
        g_assert_cmpint(store_inc(store, entry, NULL), ==, OX_OK);
        if (i < 2)
            g_assert_cmpint(ox_store_remove(store, entry), ==, OX_OK);
        if (i == 0)
            g_assert_cmpint(ox_store_join_delta(store, entry, &first, NULL), ==, OX_OK);
        ox_delta_free(&first);
    }
    struct ox_object other = new_object(&ox_gcounter);
    struct ox_delta heard = inc(&other, B, 1);
    struct ox_entry *here = open_entry(store, "here", &ox_gcounter);
    g_assert_cmpint(ox_store_join_delta(store, here, &heard, NULL), ==, OX_OK);
    struct ox_entry *set = open_entry(store, "here", &ox_orset);
    struct ox_delta delta = add(&set->object, B, "x");
    ox_store_touch(store, set);
    free_deltas(&delta, &heard, NULL);
    ox_object_free(&other);
    return store;
}

static void a_snapshot_has_objects_and_tombstones(void) {
    struct ox_store *store = varied_store(), *back = ox_store_new();
    struct ox_buf bytes = {0};
    ox_store_encode(store, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    g_assert_cmpuint(ox_cbor_skip(&in).size, ==, bytes.size); /* one item, canonical */
    in = ox_cbor_of(ox_buf_bytes(&bytes));
    g_assert_cmpint(ox_store_decode(back, ox_types, &in), ==, OX_OK);
    g_assert_cmpint(ox_store_decode(back, ox_types, &in), ==, OX_INVALID); /* it has entries now */
    struct ox_entry *gone = open_entry(back, "gone", &ox_gcounter);
    struct ox_entry *partly = open_entry(back, "back", &ox_gcounter);
    assert_text(show_vv(&gone->tombstone), "A:2");
    g_assert_cmpuint(gone->object.context.count, ==, 0);
    assert_text(show_vv(&partly->tombstone), "A:2");
    assert_text(show_vv(&partly->object.context), "A:1");
    const struct ox_object *here = &open_entry(back, "here", &ox_gcounter)->object;
    g_assert_true(here->made);
    assert_text(show_vv(ox_object_fresh(here)), "B:1");
    ox_buf_free(&bytes);
    ox_store_free(store);
    ox_store_free(back);
}

/* Every byte of a snapshot changed to every value: refused and nothing there, or another snapshot
 * that is as canonical. */
static void tampered_snapshots_are_refused_or_canonical(void) {
    struct ox_store *store = varied_store();
    struct ox_buf bytes = {0}, again = {0};
    unsigned accepted = 0, refused = 0;
    ox_store_encode(store, &bytes);
    for (size_t at = 0; at < bytes.size; at++) {
        uint8_t right = bytes.data[at];
        for (unsigned value = 0; value < 256; value++) {
            struct ox_store *back = ox_store_new();
            bytes.data[at] = (uint8_t)value;
            struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
            if (ox_store_decode(back, ox_types, &in) == OX_OK && ox_cbor_done(&in)) {
                ox_buf_clear(&again);
                ox_store_encode(back, &again);
                g_assert_cmpmem(again.data, again.size, bytes.data, bytes.size);
                accepted++;
            } else if (in.failed) {
                g_assert_cmpuint(ox_store_count(back), ==, 0);
                g_assert_null(ox_store_find(back, ox_bytes_of_text("gone"), &ox_gcounter));
                refused++;
            }
            ox_store_free(back);
        }
        bytes.data[at] = right;
    }
    g_assert_cmpuint(accepted, >, 1000);
    g_assert_cmpuint(refused, >, 1000);
    ox_buf_free(&bytes);
    ox_buf_free(&again);
    ox_store_free(store);
}

/* A snapshot with one g-counter {A: count} and one tombstone {A: tombstone}; of 0 updates: {}. */
static enum ox_status decode_forged(const char *name, const char *type, uint64_t count,
                                    const char *tombstone_name, uint64_t tombstone) {
    struct ox_object object = new_object(&ox_gcounter);
    struct ox_buf bytes = {0};
    struct ox_vv vv = {0};
    struct ox_store *store = ox_store_new();
    for (uint64_t i = 0; i < count; i++)
        g_assert_cmpint(ox_gcounter_inc(&object, 1, A, NULL), ==, OX_OK);
    ox_vv_raise(&vv, A, tombstone);
    ox_cbor_put_array(&bytes, 2);
    ox_cbor_put_array(&bytes, 1);
    ox_cbor_put_array(&bytes, 4);
    ox_cbor_put_text(&bytes, ox_bytes_of_text(name));
    ox_cbor_put_text(&bytes, ox_bytes_of_text(type));
    ox_object_encode(&object, &bytes);
    ox_cbor_put_null(&bytes);
    ox_cbor_put_array(&bytes, 1);
    ox_cbor_put_array(&bytes, 3);
    ox_cbor_put_text(&bytes, ox_bytes_of_text(tombstone_name));
    ox_cbor_put_text(&bytes, ox_bytes_of_text("g-counter"));
    ox_vv_encode(&vv, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    enum ox_status status = ox_store_decode(store, ox_types, &in);
    g_assert_cmpuint(ox_store_count(store), ==, status == OX_OK);
    g_assert_cmpint(in.failed, ==, status != OX_OK);
    ox_store_free(store);
    ox_object_free(&object);
    ox_vv_free(&vv);
    ox_buf_free(&bytes);
    return status;
}

static void snapshots_that_no_store_writes_are_refused(void) {
    g_assert_cmpint(decode_forged("k", "g-counter", 2, "k", 3), ==, OX_OK);
    g_assert_cmpint(decode_forged("k", "g-counter", 2, "k", 2), ==, OX_MALFORMED);
    g_assert_cmpint(decode_forged("k", "g-counter", 2, "j", 1), ==, OX_OK);
    g_assert_cmpint(decode_forged("k", "g-counter", 2, "j", 0), ==, OX_MALFORMED);
    g_assert_cmpint(decode_forged("k", "g-counter", 0, "j", 1), ==, OX_MALFORMED);
    g_assert_cmpint(decode_forged("k", "no such", 2, "j", 1), ==, OX_MALFORMED);
    g_assert_cmpint(decode_forged("", "g-counter", 2, "j", 1), ==, OX_MALFORMED);
}

/* ---- memory that runs out ---- */

enum deed { APPLY, JOIN_DELTA, JOIN, REMOVE, REMOVE_AGAIN, OPEN, DECODE, DEEDS };

struct ingredients {
    struct ox_object other;
    struct ox_delta delta;
    struct ox_buf bytes;
};

static enum ox_status perform(enum deed deed, struct ox_store *store, struct ingredients *with) {
    struct ox_entry *here = ox_store_find(store, ox_bytes_of_text("here"), &ox_gcounter);
    struct ox_entry *back = ox_store_find(store, ox_bytes_of_text("back"), &ox_gcounter);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&with->bytes));
    switch (deed) {
    case APPLY: {
        struct ox_delta delta = {0};
        enum ox_status status = store_inc(store, here, &delta);
        ox_delta_free(&delta);
        return status;
    }
    case JOIN_DELTA:
        return ox_store_join_delta(store, here, &with->delta, NULL);
    case JOIN:
        return ox_store_join(store, here, &with->other, NULL);
    case REMOVE:
        return ox_store_remove(store, here);
    case REMOVE_AGAIN: /* what is partly back: its tombstone must grow */
        return ox_store_remove(store, back);
    case OPEN:
        return ox_store_open(store, ox_bytes_of_text("new"), &ox_orset, &here);
    default:
        return ox_store_decode(store, ox_types, &in);
    }
}

static void count_changes(void *self, const struct ox_change *change) {
    (void)change;
    ++*(unsigned *)self;
}

static void failing_allocations_leave_the_store_as_it_was(void) {
    if (!alloc_wrapped()) {
        g_test_skip("the test is linked without -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc");
        return;
    }
    struct ingredients with = {.other = new_object(&ox_gcounter)};
    struct ox_store *varied = varied_store();
    with.delta = inc(&with.other, C, 1);
    ox_store_encode(varied, &with.bytes);
    ox_store_free(varied);
    for (enum deed deed = 0; deed < DEEDS; deed++) {
        uint64_t failed = 0, changes = 0;
        for (bool met = true; met; failed += met) {
            struct ox_store *store = deed == DECODE ? ox_store_new() : varied_store();
            struct ox_buf before = {0}, after = {0};
            unsigned heard = 0;
            struct ox_watcher watcher = {count_changes, &heard, NULL};
            if (deed == REMOVE_AGAIN) {
                struct ox_entry *back = open_entry(store, "back", &ox_gcounter);
                g_assert_cmpint(ox_store_join_delta(store, back, &with.delta, NULL), ==, OX_OK);
            }
            ox_store_watch(store, &watcher);
            ox_store_encode(store, &before);
            alloc_fail_after(failed);
            enum ox_status status = perform(deed, store, &with);
            met = alloc_left() == 0;
            alloc_fail_after(UINT64_MAX);
            ox_store_encode(store, &after);
            if (status == OX_NOMEM) {
                g_assert_cmpmem(before.data, before.size, after.data, after.size);
                g_assert_cmpuint(heard, ==, 0);
            } else {
                g_assert_cmpint(status, ==, OX_OK);
                changes += heard;
            }
            ox_buf_free(&before);
            ox_buf_free(&after);
            ox_store_free(store);
        }
        g_assert_cmpuint(failed, >=, 1);
        g_assert_true(changes > 0 || deed == OPEN);
    }
    ox_delta_free(&with.delta);
    ox_object_free(&with.other);
    ox_buf_free(&with.bytes);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/identity is name and type", identity_is_name_and_type);
    g_test_add_func("/store/bad names are refused", bad_names_are_refused);
    g_test_add_func("/store/the list is in canonical order", the_list_is_in_canonical_order);
    g_test_add_func("/store/the checksum follows every touch", the_checksum_follows_every_touch);
    g_test_add_func("/store/equal stores have equal checksums", equal_stores_have_equal_checksums);
    g_test_add_func("/store/addresses are stable", addresses_are_stable);
    g_test_add_func("/store/a removed object takes no update until it is back",
                    a_removed_object_takes_no_update_until_it_is_back);
    g_test_add_func("/store/watchers hear of each change once it is whole",
                    watchers_hear_of_each_change_once_it_is_whole);
    g_test_add_func("/store/a join that only collects is a change",
                    a_join_that_only_collects_is_a_change);
    g_test_add_func("/store/a snapshot has objects and tombstones",
                    a_snapshot_has_objects_and_tombstones);
    g_test_add_func("/store/tampered snapshots are refused or canonical",
                    tampered_snapshots_are_refused_or_canonical);
    g_test_add_func("/store/snapshots that no store writes are refused",
                    snapshots_that_no_store_writes_are_refused);
    g_test_add_func("/store/failing allocations leave the store as it was",
                    failing_allocations_leave_the_store_as_it_was);
    return g_test_run();
}
