/* The keyed store beside a slow twin: a plain array of names, sorted by looking through it, each
 * with a copy of its object and of what was removed. Three replicas create, update, join, collect,
 * remove, list, snapshot and restore at random; after every step store and twin must agree, in
 * every status, object, dot of news, notice and byte, and no dot may ever be made twice. */
#include "support_crdt.h"
#include "support_dice.h"

#include "crdt/lww.h"
#include "crdt/store.h"
#include "crdt/twopset.h"

enum { REPLICAS = 3, NAMES = 4, DELTAS = 32, STEPS = 60000 };

static const struct ox_type *const types[] = {&ox_gcounter, &ox_orset, &ox_twopset, &ox_lww};
static const struct ox_type *const no_types[] = {NULL};

/* ---- the twin ---- */

struct twin_entry {
    char *name;
    struct ox_object object;
    struct ox_vv tombstone;
};

static int twin_order(const struct twin_entry *a, const char *name, const struct ox_type *type) {
    int order = strcmp(a->name, name);
    return order != 0 ? order : strcmp(a->object.type->name, type->name);
}

static struct twin_entry *twin_open(GPtrArray *twin, const char *name, const struct ox_type *type) {
    guint at = 0;
    while (at < twin->len && twin_order(twin->pdata[at], name, type) < 0)
        at++;
    if (at < twin->len && twin_order(twin->pdata[at], name, type) == 0)
        return twin->pdata[at];
    struct twin_entry *made = g_new0(struct twin_entry, 1);
    made->name = g_strdup(name);
    made->object = new_object(type);
    g_ptr_array_insert(twin, (gint)at, made);
    return made;
}

static void twin_entry_free(gpointer data) {
    struct twin_entry *entry = data;
    g_free(entry->name);
    ox_object_free(&entry->object);
    ox_vv_free(&entry->tombstone);
    g_free(entry);
}

static bool twin_may_update(const struct twin_entry *entry) {
    return ox_vv_covers(&entry->object.context, &entry->tombstone);
}

static enum ox_status twin_remove(struct twin_entry *entry) {
    const struct ox_type *type = entry->object.type;
    if (entry->object.context.count == 0)
        return OX_NOOP;
    if (twin_may_update(entry))
        ox_vv_clear(&entry->tombstone);
    g_assert_cmpint(ox_vv_join(&entry->tombstone, &entry->object.context), ==, OX_OK);
    ox_object_free(&entry->object);
    entry->object = new_object(type);
    return OX_OK;
}

/* ---- replicas ---- */

struct heard {
    const struct ox_store *store;
    unsigned count;
    size_t objects; /* in the store, when the watcher was called */
    enum ox_change_kind kind;
    const struct ox_entry *entry;
    struct ox_dots news;
    bool own;
};

struct replica {
    struct ox_store *store;
    GPtrArray *twin;
    struct ox_watcher watcher;
    struct heard heard;
};

struct message {
    const char *name;
    struct ox_delta delta;
};

struct bench {
    struct replica replicas[REPLICAS];
    struct message messages[DELTAS]; /* the last ones made */
    unsigned made;
    GHashTable *dots; /* "replica name type n" of every update ever */
    struct dice dice;
    unsigned refused, gaps, removed, returned, restored;
};

static void hear(void *self, const struct ox_change *change) {
    struct heard *heard = self;
    heard->count++;
    heard->objects = ox_store_count(heard->store);
    heard->kind = change->kind;
    heard->entry = change->entry;
    heard->own = change->own;
    g_assert_cmpint(ox_dots_copy(&heard->news, change->news), ==, OX_OK);
}

/* What the watcher heard of the step; nothing when nothing changed. */
static void assert_heard(struct heard *heard, bool changed, enum ox_change_kind kind,
                         const struct ox_entry *entry, const struct ox_dots *news) {
    g_assert_cmpuint(heard->count, ==, changed);
    if (changed) {
        g_assert_cmpint(heard->kind, ==, kind);
        g_assert_true(heard->entry == entry);
        g_assert_cmpuint(heard->objects, ==, ox_store_count(heard->store));
        g_assert_cmpint(heard->own, ==, kind == OX_CHANGE_UPDATED);
        g_assert_true(ox_dots_equal(&heard->news, news));
    }
    heard->count = 0;
}

static uint64_t slow_checksum(GPtrArray *twin) {
    struct ox_store *fresh = ox_store_new();
    for (guint i = 0; i < twin->len; i++) {
        const struct twin_entry *entry = twin->pdata[i];
        struct ox_entry *copy;
        g_assert_cmpint(
            ox_store_open(fresh, ox_bytes_of_text(entry->name), entry->object.type, &copy), ==,
            OX_OK);
        g_assert_cmpint(ox_store_join(fresh, copy, &entry->object, NULL), ==, OX_OK);
        g_assert_cmpint(ox_store_collect(fresh, copy, ox_object_collected(&entry->object)), ==,
                        OX_OK);
    }
    uint64_t sum = ox_store_checksum(fresh);
    ox_store_free(fresh);
    return sum;
}

static void assert_agree(struct replica *replica) {
    size_t count, at = 0;
    struct ox_entry **list = ox_store_list(replica->store, &count);
    for (guint i = 0; i < replica->twin->len; i++) {
        const struct twin_entry *twin = replica->twin->pdata[i];
        const struct ox_entry *entry =
            ox_store_find(replica->store, ox_bytes_of_text(twin->name), twin->object.type);
        if (entry != NULL)
            g_assert_cmpint(ox_entry_ready(entry), ==, twin_may_update(twin) ? OX_OK : OX_GAP);
        if (twin->object.context.count == 0) {
            g_assert_true(entry == NULL || entry->object.context.count == 0);
            continue;
        }
        g_assert_cmpuint(at, <, count);
        g_assert_true(list[at++] == entry);
        g_assert_true(ox_object_equal(&entry->object, &twin->object));
    }
    g_assert_cmpuint(at, ==, count);
    g_assert_cmpuint(ox_store_count(replica->store), ==, count);
}

/* ---- steps ---- */

/* One object of one replica, on both sides. */
struct place {
    struct replica *replica;
    ox_replica number;
    struct ox_entry *entry;
    struct twin_entry *twin;
};

static struct place open_place(struct bench *bench, unsigned replica, const char *name,
                               const struct ox_type *type) {
    struct place place = {&bench->replicas[replica], replica + 1, NULL, NULL};
    g_assert_cmpint(ox_store_open(place.replica->store, ox_bytes_of_text(name), type, &place.entry),
                    ==, OX_OK);
    place.twin = twin_open(place.replica->twin, name, type);
    return place;
}

static void assert_new_dot(struct bench *bench, const struct place *place, uint64_t n) {
    char *dot = g_strdup_printf("%" G_GUINT64_FORMAT " %s %s %" G_GUINT64_FORMAT, place->number,
                                place->twin->name, place->twin->object.type->name, n);
    if (!g_hash_table_add(bench->dots, dot))
        g_error("the dot %s is made twice", dot);
}

static void update(struct bench *bench, struct place *place) {
    static const char *const texts[] = {"x", "y", "z"};
    const struct ox_type *type = place->entry->object.type;
    const struct ox_verb *verb = &type->verbs[dice_roll(&bench->dice, type->verb_count)];
    struct ox_op op = {.verb = verb, .arg = ox_value_text(texts[dice_roll(&bench->dice, 3)])};
    if (verb->arg == OX_ARG_AMOUNT)
        op.arg = ox_value_int(1 + (int64_t)dice_roll(&bench->dice, 5));
    struct ox_stamp stamp = {dice_roll(&bench->dice, 1000), 0, place->number};
    struct ox_delta delta = {0};
    struct ox_dots news = {0};
    uint64_t n = ox_vv_get(&place->twin->object.context, place->number) + 1;
    enum ox_status wanted = OX_GAP;
    if (twin_may_update(place->twin))
        wanted = ox_object_apply(&place->twin->object, &op, place->number, &stamp, NULL);
    g_assert_cmpint(
        ox_store_apply(place->replica->store, place->entry, &op, place->number, &stamp, &delta), ==,
        wanted);
    bench->refused += wanted == OX_GAP;
    ox_dots_add(&news, (struct ox_span){place->number, n, n});
    assert_heard(&place->replica->heard, wanted == OX_OK, OX_CHANGE_UPDATED, place->entry, &news);
    ox_dots_free(&news);
    if (wanted != OX_OK) {
        ox_delta_free(&delta);
        return;
    }
    assert_new_dot(bench, place, n);
    struct message *message = &bench->messages[bench->made++ % DELTAS];
    ox_delta_free(&message->delta);
    *message = (struct message){g_intern_string(place->twin->name), delta};
}

static void assert_joined(struct bench *bench, struct place *place, bool was_tombstone,
                          uint64_t collected, const struct ox_dots *wanted,
                          const struct ox_dots *news) {
    g_assert_true(ox_dots_equal(wanted, news));
    bool changed =
        news->count > 0 || ox_vv_total(ox_object_collected(&place->twin->object)) > collected;
    assert_heard(&place->replica->heard, changed, OX_CHANGE_JOINED, place->entry, news);
    bench->returned += was_tombstone && twin_may_update(place->twin);
}

static void take_delta(struct bench *bench, unsigned replica) {
    const struct message *message = &bench->messages[dice_roll(&bench->dice, DELTAS)];
    if (message->name == NULL)
        return;
    struct place place = open_place(bench, replica, message->name, message->delta.type);
    struct ox_dots wanted = {0}, news = {0};
    bool was_tombstone = !twin_may_update(place.twin);
    uint64_t collected = ox_vv_total(ox_object_collected(&place.twin->object));
    enum ox_status status = ox_object_join_delta(&place.twin->object, &message->delta, &wanted);
    g_assert_cmpint(ox_store_join_delta(place.replica->store, place.entry, &message->delta, &news),
                    ==, status);
    bench->gaps += status == OX_GAP;
    assert_joined(bench, &place, was_tombstone, collected, &wanted, &news);
    ox_dots_free(&wanted);
    ox_dots_free(&news);
}

static void take_state(struct bench *bench, struct place *place) {
    unsigned peer = (unsigned)dice_roll(&bench->dice, REPLICAS);
    const struct ox_entry *theirs =
        ox_store_find(bench->replicas[peer].store, ox_bytes_of_text(place->twin->name),
                      place->entry->object.type);
    if (theirs == NULL || theirs == place->entry)
        return;
    struct ox_dots wanted = {0}, news = {0};
    bool was_tombstone = !twin_may_update(place->twin);
    uint64_t collected = ox_vv_total(ox_object_collected(&place->twin->object));
    g_assert_cmpint(ox_object_join(&place->twin->object, &theirs->object, &wanted), ==, OX_OK);
    g_assert_cmpint(ox_store_join(place->replica->store, place->entry, &theirs->object, &news), ==,
                    OX_OK);
    assert_joined(bench, place, was_tombstone, collected, &wanted, &news);
    ox_dots_free(&wanted);
    ox_dots_free(&news);
}

static void collect(struct place *place) {
    static const struct ox_dots none;
    struct ox_vv stable = {0};
    g_assert_cmpint(ox_vv_copy(&stable, &place->twin->object.context), ==, OX_OK);
    bool rises = ox_vv_total(ox_object_collected(&place->twin->object)) < ox_vv_total(&stable);
    g_assert_cmpint(ox_object_collect(&place->twin->object, &stable), ==, OX_OK);
    g_assert_cmpint(ox_store_collect(place->replica->store, place->entry, &stable), ==, OX_OK);
    assert_heard(&place->replica->heard, rises, OX_CHANGE_COLLECTED, place->entry, &none);
    ox_vv_free(&stable);
}

static void remove_object(struct bench *bench, struct place *place) {
    static const struct ox_dots none;
    enum ox_status status = twin_remove(place->twin);
    g_assert_cmpint(ox_store_remove(place->replica->store, place->entry), ==, status);
    assert_heard(&place->replica->heard, status == OX_OK, OX_CHANGE_REMOVED, place->entry, &none);
    bench->removed += status == OX_OK;
}

static void restore(struct bench *bench, struct replica *replica) {
    struct ox_buf bytes = {0}, again = {0};
    struct ox_store *back = ox_store_new();
    ox_store_encode(replica->store, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    ox_store_unwatch(replica->store, &replica->watcher);
    ox_store_watch(back, &replica->watcher);
    if (ox_store_count(replica->store) > 0)
        g_assert_cmpint(ox_store_decode(back, no_types, &in), ==, OX_MALFORMED);
    g_assert_cmpuint(replica->heard.count, ==, 0);
    in = ox_cbor_of(ox_buf_bytes(&bytes));
    g_assert_cmpint(ox_store_decode(back, ox_types, &in), ==, OX_OK);
    g_assert_true(ox_cbor_done(&in));
    g_assert_cmpuint(replica->heard.count, ==, ox_store_count(replica->store));
    replica->heard.count = 0;
    ox_store_encode(back, &again);
    g_assert_cmpmem(bytes.data, bytes.size, again.data, again.size);
    g_assert_cmpuint(ox_store_checksum(back), ==, ox_store_checksum(replica->store));
    ox_store_free(replica->store);
    replica->heard.store = replica->store = back;
    bench->restored++;
    ox_buf_free(&bytes);
    ox_buf_free(&again);
}

static void step(struct bench *bench) {
    char name[8];
    unsigned replica = (unsigned)dice_roll(&bench->dice, REPLICAS);
    g_snprintf(name, sizeof name, "%c%u", dice_roll(&bench->dice, 2) == 0 ? 'a' : 'B',
               (unsigned)dice_roll(&bench->dice, NAMES));
    struct place place =
        open_place(bench, replica, name, types[dice_roll(&bench->dice, G_N_ELEMENTS(types))]);
    switch (dice_roll(&bench->dice, 40)) {
    case 0:
    case 1:
        if (replica > 0) /* one keeps all, else most objects are soon gone for good */
            remove_object(bench, &place);
        break;
    case 2:
        collect(&place);
        break;
    case 3:
        if (dice_roll(&bench->dice, 4) == 0)
            restore(bench, place.replica);
        break;
    default:
        if (dice_roll(&bench->dice, 3) == 0)
            update(bench, &place);
        else if (dice_roll(&bench->dice, 2) == 0)
            take_delta(bench, replica);
        else
            take_state(bench, &place);
    }
    if (dice_roll(&bench->dice, 4) == 0) /* so that changes gather in between */
        assert_agree(&bench->replicas[replica]);
}

static void store_and_twin_agree(void) {
    struct bench bench = {.dice = {2024}};
    bench.dots = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < REPLICAS; i++) {
        struct replica *replica = &bench.replicas[i];
        replica->heard.store = replica->store = ox_store_new();
        replica->twin = g_ptr_array_new_with_free_func(twin_entry_free);
        replica->watcher = (struct ox_watcher){hear, &replica->heard, NULL};
        ox_store_watch(replica->store, &replica->watcher);
    }
    for (int i = 0; i < STEPS; i++) {
        step(&bench);
        struct replica *replica = &bench.replicas[dice_roll(&bench.dice, REPLICAS)];
        if (i % 8 == 0)
            g_assert_cmpuint(ox_store_checksum(replica->store), ==, slow_checksum(replica->twin));
    }
    g_test_message("%u updates refused on tombstones, %u gaps, %u removed, %u came back whole, %u "
                   "restored from snapshots",
                   bench.refused, bench.gaps, bench.removed, bench.returned, bench.restored);
    /* Evidence of reach: none of these may be rare. */
    g_assert_cmpuint(bench.refused, >=, 100);
    g_assert_cmpuint(bench.gaps, >=, 100);
    g_assert_cmpuint(bench.removed, >=, 500);
    g_assert_cmpuint(bench.returned, >=, 300);
    g_assert_cmpuint(bench.restored, >=, 100);
    for (int i = 0; i < REPLICAS; i++) {
        ox_store_free(bench.replicas[i].store);
        g_ptr_array_unref(bench.replicas[i].twin);
        ox_dots_free(&bench.replicas[i].heard.news);
    }
    for (int i = 0; i < DELTAS; i++)
        ox_delta_free(&bench.messages[i].delta);
    g_hash_table_unref(bench.dots);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store twin/store and twin agree", store_and_twin_agree);
    return g_test_run();
}
