/* Three views of the same entries:
 *
 *     slots   flat hash table over (name, type): finding
 *     list    [ sorted ... | fresh ... ]: iterating; entries get into it when their first update
 *             comes, at the end, and are merged into the sorted part when somebody asks
 *     dirty   a chain of the entries touched since the last checksum
 *
 * Room in all of them is made when an entry is, so that nothing later can fail for want of memory.
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
    uint32_t listed; /* sorted and fresh */
    struct ox_entry *dirty;
    uint64_t sum;
    struct ox_buf scratch;
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
        free(store->slots[i]);
    }
    free(store->slots);
    free(store->list);
    ox_buf_free(&store->scratch);
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

/* ---- changes ---- */

void ox_store_touch(struct ox_store *store, struct ox_entry *entry) {
    entry->hashed = false;
    if (entry->summed) {
        store->sum -= entry->hash;
        entry->summed = false;
    }
    if (entry->object.context.count == 0)
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
        uint64_t hash = ox_entry_hash(entry, &store->scratch);
        entry->dirty = !entry->hashed;
        if (entry->dirty) {
            entry->next_dirty = store->dirty;
            store->dirty = entry;
        } else {
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

static void sort_list(struct ox_store *store) {
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

size_t ox_store_count(struct ox_store *store) {
    return store->listed;
}

size_t ox_store_bytes(struct ox_store *store) {
    size_t bytes = sizeof *store + store->slot_count * sizeof(struct ox_entry *) +
                   store->list_capacity * sizeof(struct ox_entry *) + store->scratch.capacity;
    for (uint32_t i = 0; i < store->slot_count; i++) {
        const struct ox_entry *entry = store->slots[i];
        if (entry != NULL)
            bytes += sizeof *entry + entry->name_size + ox_object_bytes(&entry->object);
    }
    return bytes;
}
