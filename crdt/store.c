/* Three views of the same entries:
 *
 *     slots   flat hash table over (name, type): finding
 *     list    [ sorted ... | fresh ... ]: iterating; entries get into it when their first update
 *             comes, at the end, and are merged into the sorted part when somebody asks; what was
 *             removed is squeezed out then too
 *     dirty   a chain of the entries touched since the last checksum
 *
 * Room in all of them is made when an entry is, so that nothing later can fail for want of memory.
 * Every change ends in `settle`, which brings the views up to date, and `tell`.
 */
#include "crdt/store.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct ox_store {
    struct ox_entry **slots; /* NULL: free */
    uint32_t slot_count;     /* a power of two, or 0 */
    uint32_t count;          /* entries, those with an empty context included */
    struct ox_entry **list;  /* room for `count` */
    uint32_t list_capacity;
    uint32_t sorted;
    uint32_t listed;     /* sorted and fresh, those removed since included */
    uint32_t present;    /* entries with a context that is not empty; all of them are listed */
    uint32_t tombstones; /* entries with a tombstone */
    struct ox_entry *dirty;
    uint64_t sum;
    struct ox_buf scratch;
    struct ox_dots news; /* of the change in hand, where the caller wants none */
    struct ox_watcher *watchers;
    bool telling; /* watchers are being told */
};

struct ox_store *ox_store_new(void) {
    return calloc(1, sizeof(struct ox_store));
}

void ox_store_free(struct ox_store *store) {
    if (store == NULL)
        return;
    for (uint32_t i = 0; i < store->slot_count; i++) {
        if (store->slots[i] == NULL)
            continue;
        ox_object_free(&store->slots[i]->object);
        ox_vv_free(&store->slots[i]->tombstone);
        free(store->slots[i]);
    }
    free(store->slots);
    free(store->list);
    ox_buf_free(&store->scratch);
    ox_dots_free(&store->news);
    free(store);
}

struct ox_bytes ox_entry_name(const struct ox_entry *entry) {
    return (struct ox_bytes){(const uint8_t *)entry->name, entry->name_size};
}

/* ---- finding ---- */

static uint32_t key_of(struct ox_bytes name, const struct ox_type *type) {
    uint64_t seed = XXH3_64bits(type->name, strlen(type->name));
    return (uint32_t)XXH3_64bits_withSeed(name.data, name.size, seed);
}

/* The slot of the entry, or the free one where it would go. */
static uint32_t slot_of(const struct ox_store *store, struct ox_bytes name,
                        const struct ox_type *type, uint32_t key) {
    uint32_t mask = store->slot_count - 1;
    uint32_t at = key & mask;
    for (; store->slots[at] != NULL; at = (at + 1) & mask) {
        const struct ox_entry *entry = store->slots[at];
        if (entry->key == key && entry->object.type == type &&
            ox_bytes_equal(ox_entry_name(entry), name))
            break;
    }
    return at;
}

struct ox_entry *ox_store_find(const struct ox_store *store, struct ox_bytes name,
                               const struct ox_type *type) {
    if (store->slot_count == 0)
        return NULL;
    return store->slots[slot_of(store, name, type, key_of(name, type))];
}

/* At most three quarters of the slots are ever taken. */
static enum ox_status reserve_slot(struct ox_store *store) {
    if (store->count + 1 <= store->slot_count / 4 * 3)
        return OX_OK;
    if (store->slot_count > UINT32_MAX / 2)
        return OX_NOMEM;
    uint32_t slot_count = store->slot_count == 0 ? 8 : store->slot_count * 2;
    struct ox_entry **slots = calloc(slot_count, sizeof(struct ox_entry *));
    if (slots == NULL)
        return OX_NOMEM;
    for (uint32_t i = 0; i < store->slot_count; i++) {
        if (store->slots[i] == NULL)
            continue;
        uint32_t at = store->slots[i]->key & (slot_count - 1);
        while (slots[at] != NULL)
            at = (at + 1) & (slot_count - 1);
        slots[at] = store->slots[i];
    }
    free(store->slots);
    store->slots = slots;
    store->slot_count = slot_count;
    return OX_OK;
}

static enum ox_status reserve_list(struct ox_store *store) {
    if (store->count < store->list_capacity)
        return OX_OK;
    struct ox_entry **list =
        ox_array_grow(store->list, &store->list_capacity, (uint64_t)store->count + 1, sizeof *list);
    if (list == NULL)
        return OX_NOMEM;
    store->list = list;
    return OX_OK;
}

static struct ox_entry *make_entry(struct ox_bytes name, const struct ox_type *type) {
    struct ox_entry *entry = calloc(1, sizeof *entry + name.size);
    if (entry == NULL)
        return NULL;
    if (ox_object_init(&entry->object, type) != OX_OK) {
        free(entry);
        return NULL;
    }
    entry->key = key_of(name, type);
    entry->name_size = (uint32_t)name.size;
    memcpy(entry->name, name.data, name.size);
    return entry;
}

enum ox_status ox_store_open(struct ox_store *store, struct ox_bytes name,
                             const struct ox_type *type, struct ox_entry **entry) {
    assert(!store->telling);
    *entry = ox_store_find(store, name, type);
    if (*entry != NULL)
        return OX_OK;
    if (name.size < 1 || name.size > OX_NAME_MAX || !ox_utf8_valid(name))
        return OX_INVALID;
    if (reserve_slot(store) != OX_OK || reserve_list(store) != OX_OK)
        return OX_NOMEM;
    struct ox_entry *made = make_entry(name, type);
    if (made == NULL)
        return OX_NOMEM;
    store->slots[slot_of(store, name, type, made->key)] = made;
    store->count++;
    *entry = made;
    return OX_OK;
}

/* ---- watchers ---- */

const char *ox_change_name(enum ox_change_kind kind) {
    static const char *const names[] = {
#define CHANGE_NAME(name, text) #name,
        OX_CHANGE_MAP(CHANGE_NAME)
#undef CHANGE_NAME
    };
    assert(kind < OX_CHANGE_COUNT);
    return names[kind];
}

void ox_store_watch(struct ox_store *store, struct ox_watcher *watcher) {
    assert(!store->telling);
    struct ox_watcher **end = &store->watchers;
    for (; *end != NULL; end = &(*end)->next)
        assert(*end != watcher);
    watcher->next = NULL;
    *end = watcher;
}

void ox_store_unwatch(struct ox_store *store, struct ox_watcher *watcher) {
    assert(!store->telling);
    struct ox_watcher **at = &store->watchers;
    while (*at != watcher) {
        assert(*at != NULL);
        at = &(*at)->next;
    }
    *at = watcher->next;
    watcher->next = NULL;
}

static void tell(struct ox_store *store, enum ox_change_kind kind, const struct ox_entry *entry,
                 const struct ox_dots *news) {
    static const struct ox_dots none;
    struct ox_change change = {kind, entry, news != NULL ? news : &none, kind == OX_CHANGE_UPDATED};
    store->telling = true;
    for (struct ox_watcher *watcher = store->watchers; watcher != NULL; watcher = watcher->next)
        watcher->changed(watcher->self, &change);
    store->telling = false;
}

/* ---- changes ---- */

static void drop_tombstone(struct ox_store *store, struct ox_entry *entry) {
    ox_vv_free(&entry->tombstone);
    store->tombstones--;
}

/* The object has changed: brings tombstone, list and checksum up to date. */
static void settle(struct ox_store *store, struct ox_entry *entry) {
    bool present = entry->object.context.count > 0;
    entry->hashed = false;
    if (entry->summed) {
        store->sum -= entry->hash;
        entry->summed = false;
    }
    if (entry->tombstone.count > 0 && ox_vv_covers(&entry->object.context, &entry->tombstone))
        drop_tombstone(store, entry);
    if (present != entry->present) {
        entry->present = present;
        store->present = present ? store->present + 1 : store->present - 1;
    }
    if (!present)
        return;
    if (!entry->listed) {
        entry->listed = true;
        store->list[store->listed++] = entry;
    }
    if (!entry->dirty) {
        entry->dirty = true;
        entry->next_dirty = store->dirty;
        store->dirty = entry;
    }
}

void ox_store_touch(struct ox_store *store, struct ox_entry *entry) {
    assert(!store->telling);
    settle(store, entry);
    tell(store, OX_CHANGE_TOUCHED, entry, NULL);
}

enum ox_status ox_entry_ready(const struct ox_entry *entry) {
    return entry->tombstone.count == 0 ? OX_OK : OX_GAP;
}

enum ox_status ox_store_apply(struct ox_store *store, struct ox_entry *entry,
                              const struct ox_op *op, ox_replica replica,
                              const struct ox_stamp *stamp, struct ox_delta *delta) {
    assert(!store->telling);
    struct ox_object *object = &entry->object;
    uint64_t have = ox_vv_get(&object->context, replica);
    enum ox_status status = ox_entry_ready(entry);
    if (status == OX_OK)
        status = ox_object_apply(object, op, replica, stamp, delta);
    else if (delta != NULL)
        ox_delta_clear(delta);
    if (status != OX_OK)
        return status;
    struct ox_span taken = {replica, have + 1, ox_vv_get(&object->context, replica)};
    settle(store, entry);
    tell(store, OX_CHANGE_UPDATED, entry, &(struct ox_dots){&taken, 1, 1});
    return OX_OK;
}

/* Whether what is collected here will rise once it goes as far as `theirs`. */
static bool will_collect(const struct ox_entry *entry, const struct ox_vv *theirs) {
    return !ox_vv_covers(ox_object_collected(&entry->object), theirs);
}

/* After a join that was OX_OK. It changed the object when it brought dots, or when the other side
 * had dropped residue that was still here. */
static void joined(struct ox_store *store, struct ox_entry *entry, const struct ox_dots *news,
                   bool collected) {
    if (news->count == 0 && !collected)
        return;
    settle(store, entry);
    tell(store, OX_CHANGE_JOINED, entry, news);
}

enum ox_status ox_store_join_delta(struct ox_store *store, struct ox_entry *entry,
                                   const struct ox_delta *delta, struct ox_dots *news) {
    assert(!store->telling);
    struct ox_dots *brought = news != NULL ? news : &store->news;
    bool collected = will_collect(entry, &delta->collected);
    enum ox_status status = ox_object_join_delta(&entry->object, delta, brought);
    if (status == OX_OK)
        joined(store, entry, brought, collected);
    return status;
}

enum ox_status ox_store_join(struct ox_store *store, struct ox_entry *entry,
                             const struct ox_object *other, struct ox_dots *news) {
    assert(!store->telling);
    struct ox_dots *brought = news != NULL ? news : &store->news;
    bool collected = will_collect(entry, ox_object_collected(other));
    enum ox_status status = ox_object_join(&entry->object, other, brought);
    if (status == OX_OK)
        joined(store, entry, brought, collected);
    return status;
}

enum ox_status ox_store_collect(struct ox_store *store, struct ox_entry *entry,
                                const struct ox_vv *stable) {
    assert(!store->telling);
    bool collects = will_collect(entry, stable);
    enum ox_status status = ox_object_collect(&entry->object, stable);
    if (status == OX_OK && collects) {
        settle(store, entry);
        tell(store, OX_CHANGE_COLLECTED, entry, NULL);
    }
    return status;
}

enum ox_status ox_store_remove(struct ox_store *store, struct ox_entry *entry) {
    assert(!store->telling);
    if (entry->object.context.count == 0)
        return OX_NOOP;
    struct ox_object none;
    bool had_tombstone = entry->tombstone.count > 0;
    enum ox_status status = ox_object_init(&none, entry->object.type);
    if (status != OX_OK)
        return status;
    if (had_tombstone) {
        status = ox_vv_join(&entry->tombstone, &entry->object.context);
    } else {
        struct ox_vv empty = entry->tombstone;
        entry->tombstone = entry->object.context;
        entry->object.context = empty;
        store->tombstones++;
    }
    if (status != OX_OK) {
        ox_object_free(&none);
        return status;
    }
    ox_object_free(&entry->object);
    entry->object = none;
    settle(store, entry);
    tell(store, OX_CHANGE_REMOVED, entry, NULL);
    return OX_OK;
}

/* ---- hashes ---- */

uint64_t ox_entry_hash(struct ox_entry *entry, struct ox_buf *scratch) {
    if (entry->hashed)
        return entry->hash;
    ox_buf_clear(scratch);
    ox_cbor_put_text(scratch, ox_entry_name(entry));
    ox_cbor_put_text(scratch, ox_bytes_of_text(entry->object.type->name));
    ox_object_encode(&entry->object, scratch);
    if (scratch->failed)
        return 0;
    entry->hash = XXH3_64bits(scratch->data, scratch->size);
    entry->hashed = true;
    return entry->hash;
}

uint64_t ox_store_checksum(struct ox_store *store) {
    struct ox_entry *entry = store->dirty;
    store->dirty = NULL;
    while (entry != NULL) {
        struct ox_entry *next = entry->next_dirty;
        uint64_t hash = entry->present ? ox_entry_hash(entry, &store->scratch) : 0;
        entry->dirty = entry->present && !entry->hashed;
        if (entry->dirty) {
            entry->next_dirty = store->dirty;
            store->dirty = entry;
        } else if (entry->present) {
            store->sum += hash;
            entry->summed = true;
        }
        entry = next;
    }
    return store->sum;
}

/* ---- iterating ---- */

static int compare_entries(const void *left, const void *right) {
    const struct ox_entry *a = left;
    const struct ox_entry *b = right;
    int order = ox_bytes_compare(ox_entry_name(a), ox_entry_name(b));
    return order != 0 ? order : strcmp(a->object.type->name, b->object.type->name);
}

/* Merges sorted fresh entries into the sorted part of the list, from the back. */
static void merge_fresh(struct ox_store *store, const void **fresh, uint32_t count) {
    uint32_t old = store->sorted;
    for (uint32_t to = old + count; count > 0;) {
        bool keep = old > 0 && compare_entries(store->list[old - 1], fresh[count - 1]) > 0;
        store->list[--to] = keep ? store->list[--old] : (struct ox_entry *)fresh[--count];
    }
}

/* The slow way, which needs no memory: one fresh entry after the other. */
static void insert_fresh(struct ox_store *store) {
    for (uint32_t i = store->sorted; i < store->listed; i++) {
        struct ox_entry *entry = store->list[i];
        uint32_t at = i;
        for (; at > 0 && compare_entries(store->list[at - 1], entry) > 0; at--)
            store->list[at] = store->list[at - 1];
        store->list[at] = entry;
    }
}

/* Squeezes out what was removed; what is left keeps its order. */
static void compact_list(struct ox_store *store) {
    uint32_t kept = 0, sorted = 0;
    for (uint32_t i = 0; i < store->listed; i++) {
        struct ox_entry *entry = store->list[i];
        entry->listed = entry->present;
        if (!entry->present)
            continue;
        sorted += i < store->sorted;
        store->list[kept++] = entry;
    }
    store->listed = kept;
    store->sorted = sorted;
}

static void sort_list(struct ox_store *store) {
    if (store->listed != store->present)
        compact_list(store);
    uint32_t count = store->listed - store->sorted;
    if (count == 0)
        return;
    const void **fresh = malloc(count * sizeof *fresh);
    if (fresh == NULL) {
        insert_fresh(store);
    } else {
        for (uint32_t i = 0; i < count; i++)
            fresh[i] = store->list[store->sorted + i];
        ox_array_sort(fresh, count, compare_entries);
        merge_fresh(store, fresh, count);
        free(fresh);
    }
    store->sorted = store->listed;
}

struct ox_entry **ox_store_list(struct ox_store *store, size_t *count) {
    sort_list(store);
    *count = store->sorted;
    return store->list;
}

size_t ox_store_count(const struct ox_store *store) {
    return store->present;
}

size_t ox_store_bytes(const struct ox_store *store) {
    size_t bytes = sizeof *store + store->slot_count * sizeof(struct ox_entry *) +
                   store->list_capacity * sizeof(struct ox_entry *) + store->scratch.capacity +
                   ox_dots_bytes(&store->news);
    for (uint32_t i = 0; i < store->slot_count; i++) {
        const struct ox_entry *entry = store->slots[i];
        if (entry != NULL)
            bytes += sizeof *entry + entry->name_size + ox_vv_bytes(&entry->tombstone) +
                     ox_object_bytes(&entry->object);
    }
    return bytes;
}

/* ---- snapshots ---- */

static void put_identity(const struct ox_entry *entry, struct ox_buf *out) {
    ox_cbor_put_text(out, ox_entry_name(entry));
    ox_cbor_put_text(out, ox_bytes_of_text(entry->object.type->name));
}

static void encode_objects(struct ox_store *store, struct ox_buf *out) {
    size_t count;
    struct ox_entry **entries = ox_store_list(store, &count);
    ox_cbor_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        ox_cbor_put_array(out, 4);
        put_identity(entries[i], out);
        ox_object_encode(&entries[i]->object, out);
        ox_object_encode_fresh(&entries[i]->object, out);
    }
}

static void encode_tombstones(const struct ox_store *store, struct ox_buf *out) {
    ox_cbor_put_array(out, store->tombstones);
    if (store->tombstones == 0)
        return;
    uint32_t count = 0;
    const void **tombstones = malloc(store->tombstones * sizeof *tombstones);
    if (tombstones == NULL) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; i < store->slot_count; i++)
        if (store->slots[i] != NULL && store->slots[i]->tombstone.count > 0)
            tombstones[count++] = store->slots[i];
    assert(count == store->tombstones);
    ox_array_sort(tombstones, count, compare_entries);
    for (uint32_t i = 0; i < count; i++) {
        const struct ox_entry *entry = tombstones[i];
        ox_cbor_put_array(out, 3);
        put_identity(entry, out);
        ox_vv_encode(&entry->tombstone, out);
    }
    free(tombstones);
}

void ox_store_encode(struct ox_store *store, struct ox_buf *out) {
    ox_cbor_put_array(out, 2);
    encode_objects(store, out);
    encode_tombstones(store, out);
}

/* Opens the entry that is named next, which must come after `*previous` (NULL at first). */
static enum ox_status decode_identity(struct ox_store *store, const struct ox_type *const *types,
                                      struct ox_cbor *in, struct ox_entry **previous) {
    struct ox_bytes name = ox_cbor_text(in), type = ox_cbor_text(in);
    struct ox_entry *entry;
    while (*types != NULL && !ox_bytes_equal(ox_bytes_of_text((*types)->name), type))
        types++;
    if (in->failed || *types == NULL)
        return OX_MALFORMED;
    enum ox_status status = ox_store_open(store, name, *types, &entry);
    if (status != OX_OK)
        return status == OX_INVALID ? OX_MALFORMED : status;
    if (*previous != NULL && compare_entries(*previous, entry) >= 0)
        return OX_MALFORMED;
    *previous = entry;
    return OX_OK;
}

static enum ox_status decode_object(struct ox_store *store, struct ox_entry *entry,
                                    struct ox_cbor *in) {
    struct ox_object object;
    enum ox_status status = ox_object_decode(&object, entry->object.type, in);
    if (status != OX_OK)
        return status;
    status = object.context.count > 0 ? ox_object_decode_fresh(&object, in) : OX_MALFORMED;
    if (status != OX_OK) {
        ox_object_free(&object);
        return status;
    }
    ox_object_free(&entry->object);
    entry->object = object;
    settle(store, entry);
    return OX_OK;
}

static enum ox_status decode_tombstone(struct ox_store *store, struct ox_entry *entry,
                                       struct ox_cbor *in) {
    enum ox_status status = ox_vv_decode(&entry->tombstone, in);
    if (status != OX_OK)
        return status;
    store->tombstones += entry->tombstone.count > 0;
    /* A tombstone that is joined back, or of nothing, would have been dropped. */
    return ox_vv_covers(&entry->object.context, &entry->tombstone) ? OX_MALFORMED : OX_OK;
}

static enum ox_status decode_entries(
    struct ox_store *store, const struct ox_type *const *types, struct ox_cbor *in, size_t parts,
    enum ox_status (*decode)(struct ox_store *store, struct ox_entry *entry, struct ox_cbor *in)) {
    struct ox_entry *entry = NULL;
    enum ox_status status = OX_OK;
    for (size_t left = ox_cbor_array(in); left > 0 && status == OX_OK; left--) {
        if (ox_cbor_array(in) != parts)
            return OX_MALFORMED;
        status = decode_identity(store, types, in, &entry);
        if (status == OX_OK)
            status = decode(store, entry, in);
    }
    return status == OX_OK && in->failed ? OX_MALFORMED : status;
}

/* Takes over all that `made` holds, and gives it what was here. */
static void exchange(struct ox_store *store, struct ox_store *made) {
    struct ox_store old = *store;
    *store = *made;
    store->watchers = old.watchers;
    *made = old;
    made->watchers = NULL;
}

enum ox_status ox_store_decode(struct ox_store *store, const struct ox_type *const *types,
                               struct ox_cbor *in) {
    assert(!store->telling);
    if (store->count > 0)
        return OX_INVALID;
    struct ox_store *made = ox_store_new();
    if (made == NULL)
        return OX_NOMEM;
    enum ox_status status = ox_cbor_array(in) == 2 ? OX_OK : OX_MALFORMED;
    if (status == OX_OK)
        status = decode_entries(made, types, in, 4, decode_object);
    if (status == OX_OK)
        status = decode_entries(made, types, in, 3, decode_tombstone);
    if (status == OX_OK)
        exchange(store, made);
    else
        ox_cbor_fail(in);
    ox_store_free(made);
    if (status != OX_OK)
        return status;
    size_t count;
    struct ox_entry **entries = ox_store_list(store, &count);
    for (size_t i = 0; i < count; i++)
        tell(store, OX_CHANGE_RESTORED, entries[i], NULL);
    return OX_OK;
}
