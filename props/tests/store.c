/* The keyed store: finding, canonical order, checksums kept up to date. */
#include "crdt/store.h"
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

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/identity is name and type", identity_is_name_and_type);
    g_test_add_func("/store/bad names are refused", bad_names_are_refused);
    g_test_add_func("/store/the list is in canonical order", the_list_is_in_canonical_order);
    g_test_add_func("/store/the checksum follows every touch", the_checksum_follows_every_touch);
    g_test_add_func("/store/equal stores have equal checksums", equal_stores_have_equal_checksums);
    g_test_add_func("/store/addresses are stable", addresses_are_stable);
    return g_test_run();
}
