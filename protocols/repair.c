/* repair.c - two nodes compare their stores; see repair.h for the exchange. */
#include "protocols/repair.h"
#include "protocols/reuse.h"

#include <string.h>
#include <xxhash.h>

/* Stores up to this many objects are compared by their contexts at once: their buckets would be no
 * shorter. */
enum { FEW_OBJECTS = 16 };
/* About this many objects of the larger store share a bucket. */
enum { OBJECTS_PER_BUCKET = 4 };
enum { BITS_MAX = 10, BUCKETS_MAX = 1 << BITS_MAX };

void ox_repair_free(struct ox_repair *repair) {
    ox_group_writer_free(&repair->groups);
    ox_buf_free(&repair->wants);
    ox_vv_free(&repair->context);
    ox_buf_free(&repair->scratch);
}

/* ---- buckets ---- */

struct bucket_set {
    unsigned bits; /* of 2^bits buckets */
    bool has[BUCKETS_MAX];
};

static size_t bucket_of(const struct ox_identity *id, unsigned bits) {
    if (bits == 0)
        return 0;
    uint64_t type = XXH3_64bits(id->type_name.data, id->type_name.size);
    return (size_t)(XXH3_64bits_withSeed(id->name.data, id->name.size, type) >> (64 - bits));
}

static bool in_buckets(const struct bucket_set *set, const struct ox_entry *entry) {
    struct ox_identity id = ox_identity_of(entry);
    return set->has[bucket_of(&id, set->bits)];
}

static unsigned bits_for(uint64_t objects) {
    unsigned bits = 0;
    while (bits < BITS_MAX && (objects >> bits) > OBJECTS_PER_BUCKET)
        bits++;
    return bits;
}

/* The sum (mod 2^64) of the hashes of the entries in each of the 2^bits buckets. */
static void sum_buckets(struct ox_store *store, struct ox_buf *scratch, unsigned bits,
                        uint64_t *sums) {
    size_t count;
    struct ox_entry **entries = ox_store_list(store, &count);
    memset(sums, 0, sizeof *sums << bits);
    for (size_t i = 0; i < count; i++) {
        struct ox_identity id = ox_identity_of(entries[i]);
        sums[bucket_of(&id, bits)] += ox_entry_hash(entries[i], scratch);
    }
}

/* ---- asking ---- */

enum ox_status ox_repair_ask(struct ox_node *node, ox_peer to) {
    struct ox_store *store = ox_node_store(node);
    struct ox_buf *out = ox_node_begin_frame(node, to);
    ox_cbor_put_array(out, 3);
    ox_cbor_put_uint(out, OX_DELTA_CHECKSUM);
    ox_cbor_put_uint(out, ox_store_checksum(store));
    ox_cbor_put_uint(out, ox_store_count(store));
    return ox_node_end_frame(node, "checksum");
}

static enum ox_status send_buckets(struct ox_repair *repair, struct ox_node *node, ox_peer to,
                                   unsigned bits) {
    uint64_t sums[BUCKETS_MAX];
    size_t buckets = (size_t)1 << bits;
    sum_buckets(ox_node_store(node), &repair->scratch, bits, sums);
    struct ox_buf *out = ox_node_begin_frame(node, to);
    ox_cbor_put_array(out, 2);
    ox_cbor_put_uint(out, OX_DELTA_BUCKETS);
    ox_cbor_put_array(out, buckets);
    for (size_t i = 0; i < buckets; i++)
        ox_cbor_put_uint(out, sums[i]);
    return ox_node_end_frame(node, "buckets");
}

/* ---- contexts ---- */

static void put_buckets(const struct bucket_set *set, struct ox_buf *out) {
    size_t buckets = (size_t)1 << set->bits, chosen = 0;
    for (size_t i = 0; i < buckets; i++)
        chosen += set->has[i];
    ox_cbor_put_uint(out, set->bits);
    ox_cbor_put_array(out, chosen);
    for (size_t i = 0; i < buckets; i++)
        if (set->has[i])
            ox_cbor_put_uint(out, i);
}

/* The contexts of all objects in the buckets into `items`; how many. */
static size_t collect_contexts(struct ox_store *store, const struct bucket_set *set,
                               struct ox_type_table *types, struct ox_buf *items,
                               struct ox_buf *scratch) {
    size_t count, listed = 0;
    struct ox_entry **entries = ox_store_list(store, &count);
    ox_buf_reuse(items);
    types->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!in_buckets(set, entries[i]))
            continue;
        ox_cbor_put_array(items, 4);
        ox_identity_encode(entries[i], types, items);
        ox_vv_encode(&entries[i]->object.context, items);
        ox_cbor_put_uint(items, ox_entry_hash(entries[i], scratch));
        items->failed = items->failed || !entries[i]->hashed; /* no hash for want of memory */
        listed++;
    }
    return listed;
}

/* Leaves the upper half of the buckets to the next repair; false when only one is left. */
static bool halve(struct bucket_set *set) {
    size_t buckets = (size_t)1 << set->bits, chosen = 0;
    for (size_t i = 0; i < buckets; i++)
        chosen += set->has[i];
    if (chosen <= 1)
        return false;
    size_t kept = 0;
    for (size_t i = 0; i < buckets; i++) {
        kept += set->has[i];
        if (kept > chosen / 2)
            set->has[i] = false;
    }
    return true;
}

static enum ox_status send_contexts(struct ox_repair *repair, struct ox_node *node, ox_peer to,
                                    struct bucket_set *set) {
    struct ox_type_table types;
    struct ox_buf *items = &repair->groups.items;
    size_t listed;
    do {
        listed = collect_contexts(ox_node_store(node), set, &types, items, &repair->scratch);
    } while (items->size > OX_FRAME_BYTES_FULL && halve(set));
    if (ox_buf_status(items) != OX_OK)
        return OX_NOMEM;
    struct ox_buf *out = ox_node_begin_frame(node, to);
    ox_cbor_put_array(out, 5);
    ox_cbor_put_uint(out, OX_DELTA_CONTEXTS);
    ox_type_table_encode(&types, out);
    put_buckets(set, out);
    ox_cbor_put_array(out, listed);
    ox_buf_append(out, items->data, items->size);
    return ox_node_end_frame(node, "contexts");
}

/* ---- repair ---- */

static void begin_answer(struct ox_repair *repair) {
    ox_group_writer_reset(&repair->groups);
    ox_buf_reuse(&repair->wants);
    repair->want_count = 0;
}

/* Sends the groups in hand; the wants go with the last of them. */
static enum ox_status send_repair(struct ox_repair *repair, struct ox_node *node, ox_peer to,
                                  bool last) {
    struct ox_buf *out = ox_node_begin_frame(node, to);
    ox_cbor_put_array(out, 4);
    ox_cbor_put_uint(out, OX_DELTA_REPAIR);
    ox_group_writer_flush(&repair->groups, out);
    ox_cbor_put_array(out, last ? repair->want_count : 0);
    if (last)
        ox_buf_append(out, repair->wants.data, repair->wants.size);
    out->failed = out->failed || repair->wants.failed;
    return ox_node_end_frame(node, "repair");
}

static enum ox_status end_answer(struct ox_repair *repair, struct ox_node *node, ox_peer to) {
    if (repair->groups.count == 0 && repair->want_count == 0)
        return OX_OK;
    return send_repair(repair, node, to, true);
}

/* Gives `to` what an object with `context` lacks of ours. */
static enum ox_status give(struct ox_repair *repair, struct ox_node *node, ox_peer to,
                           const struct ox_entry *entry, const struct ox_vv *context) {
    struct ox_delta delta = {0};
    enum ox_status status = ox_object_delta_since(&entry->object, context, &delta);
    if (status == OX_OK && !ox_delta_empty(&delta))
        ox_group_writer_add(&repair->groups, entry, &delta);
    ox_delta_free(&delta);
    if (status != OX_OK)
        return status;
    if (!ox_group_writer_full(&repair->groups))
        return OX_OK;
    return send_repair(repair, node, to, false);
}

/* ---- answers ---- */

enum ox_status ox_repair_on_checksum(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                     struct ox_cbor *in) {
    struct ox_store *store = ox_node_store(node);
    uint64_t checksum = ox_cbor_uint(in);
    uint64_t theirs = ox_cbor_uint(in);
    if (!ox_cbor_done(in))
        return OX_MALFORMED;
    uint64_t ours = ox_store_count(store);
    if (theirs == ours && checksum == ox_store_checksum(store))
        return OX_OK;
    uint64_t objects = ours > theirs ? ours : theirs;
    if (objects > FEW_OBJECTS)
        return send_buckets(repair, node, from, bits_for(objects));
    struct bucket_set all = {.bits = 0, .has = {true}};
    return send_contexts(repair, node, from, &all);
}

/* Fails unless the array that follows has 2^bits items, bits <= BITS_MAX. */
static unsigned read_bits(struct ox_cbor *in) {
    size_t buckets = ox_cbor_array(in);
    unsigned bits = 0;
    while (bits < BITS_MAX && ((size_t)1 << bits) < buckets)
        bits++;
    if (((size_t)1 << bits) != buckets)
        ox_cbor_fail(in);
    return bits;
}

enum ox_status ox_repair_on_buckets(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                    struct ox_cbor *in) {
    uint64_t sums[BUCKETS_MAX];
    struct bucket_set differing = {.bits = read_bits(in)};
    if (in->failed)
        return OX_MALFORMED;
    size_t buckets = (size_t)1 << differing.bits;
    bool any = false;
    sum_buckets(ox_node_store(node), &repair->scratch, differing.bits, sums);
    for (size_t i = 0; i < buckets; i++) {
        differing.has[i] = ox_cbor_uint(in) != sums[i];
        any = any || differing.has[i];
    }
    if (!ox_cbor_done(in))
        return OX_MALFORMED;
    return any ? send_contexts(repair, node, from, &differing) : OX_OK;
}

/* bits, [bucket, ...] */
static void read_buckets(struct bucket_set *set, struct ox_cbor *in) {
    uint64_t bits = ox_cbor_uint(in);
    size_t chosen = ox_cbor_array(in);
    if (bits > BITS_MAX) {
        ox_cbor_fail(in);
        return;
    }
    *set = (struct bucket_set){.bits = (unsigned)bits};
    for (size_t i = 0, next = 0; i < chosen && !in->failed; i++) {
        uint64_t bucket = ox_cbor_uint(in);
        if (in->failed || bucket < next || bucket >> bits != 0) {
            ox_cbor_fail(in);
            return;
        }
        set->has[bucket] = true;
        next = (size_t)bucket + 1;
    }
}

/* One object as the peer has it. */
struct listed {
    struct ox_identity id;
    uint64_t hash;
};

/* [name, type, context, hash]; the context goes to `context`. */
static enum ox_status read_listed(struct listed *listed, struct ox_vv *context,
                                  const struct ox_type_table *types, const struct bucket_set *set,
                                  struct ox_cbor *in) {
    if (ox_cbor_array(in) != 4)
        return OX_MALFORMED;
    ox_identity_decode(&listed->id, types, in);
    if (in->failed || !set->has[bucket_of(&listed->id, set->bits)])
        return OX_MALFORMED;
    enum ox_status status = ox_vv_decode(context, in);
    listed->hash = ox_cbor_uint(in);
    if (status != OX_OK)
        return status;
    return in->failed || context->count == 0 ? OX_MALFORMED : OX_OK;
}

/* Asks for what our object of that identity, which has `context`, lacks. */
static void want(struct ox_repair *repair, const struct ox_identity *id,
                 const struct ox_vv *context) {
    ox_cbor_put_array(&repair->wants, 3);
    ox_cbor_put_text(&repair->wants, id->name);
    ox_cbor_put_uint(&repair->wants, ox_type_table_index(&repair->groups.table, id->type));
    ox_vv_encode(context, &repair->wants);
    repair->want_count++;
}

/* An object that both have; theirs has `repair->context`. */
static enum ox_status compare_object(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                     struct ox_entry *entry, const struct listed *listed) {
    const struct ox_vv *ours = &entry->object.context;
    enum ox_order order = ox_vv_compare(ours, &repair->context);
    if (order == OX_EQUAL) {
        uint64_t hash = ox_entry_hash(entry, &repair->scratch);
        if (!entry->hashed)
            return OX_NOMEM;
        return hash == listed->hash ? OX_OK : ox_node_alarm(node, from, entry);
    }
    if (order == OX_BEFORE || order == OX_CONCURRENT)
        want(repair, &listed->id, ours);
    if (order == OX_AFTER || order == OX_CONCURRENT)
        return give(repair, node, from, entry, &repair->context);
    return OX_OK;
}

/* Our objects in the buckets asked for, in the order in which the peer lists its own. */
struct walk {
    struct ox_entry **entries;
    size_t count;
    size_t at;
};

/* Gives all our objects that come before `limit` (NULL: all that are left): the peer would have
 * listed them by now if it had them. */
static enum ox_status give_missing(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                   const struct bucket_set *set, struct walk *walk,
                                   const struct ox_identity *limit) {
    static const struct ox_vv nothing = {0};
    enum ox_status status = OX_OK;
    for (; walk->at < walk->count && status == OX_OK; walk->at++) {
        struct ox_entry *entry = walk->entries[walk->at];
        struct ox_identity id = ox_identity_of(entry);
        if (limit != NULL && ox_identity_compare(&id, limit) >= 0)
            break;
        if (set->has[bucket_of(&id, set->bits)])
            status = give(repair, node, from, entry, &nothing);
    }
    return status;
}

static enum ox_status answer_listed(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                    const struct listed *listed, struct walk *walk) {
    static const struct ox_vv nothing = {0};
    if (walk->at < walk->count) {
        struct ox_identity id = ox_identity_of(walk->entries[walk->at]);
        if (ox_identity_compare(&id, &listed->id) == 0)
            return compare_object(repair, node, from, walk->entries[walk->at++], listed);
    }
    if (listed->id.type != NULL)
        want(repair, &listed->id, &nothing);
    return OX_OK;
}

enum ox_status ox_repair_on_contexts(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                     struct ox_cbor *in) {
    struct ox_type_table types;
    struct bucket_set set;
    struct listed listed = {0};
    struct walk walk = {0};
    ox_type_table_decode(&types, in);
    read_buckets(&set, in);
    size_t objects = ox_cbor_array(in);
    if (in->failed)
        return OX_MALFORMED;

    walk.entries = ox_store_list(ox_node_store(node), &walk.count);
    begin_answer(repair);
    enum ox_status status = OX_OK;
    for (size_t i = 0; i < objects && status == OX_OK; i++) {
        status = read_listed(&listed, &repair->context, &types, &set, in);
        if (status == OX_OK)
            status = give_missing(repair, node, from, &set, &walk, &listed.id);
        if (status == OX_OK)
            status = answer_listed(repair, node, from, &listed, &walk);
    }
    if (status == OX_OK && !ox_cbor_done(in))
        status = OX_MALFORMED;
    if (status == OX_OK)
        status = give_missing(repair, node, from, &set, &walk, NULL);
    return status == OX_OK ? end_answer(repair, node, from) : status;
}

/* Answers one want, [name, type, context]. */
static enum ox_status answer_want(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                  const struct ox_type_table *types, struct ox_identity *previous,
                                  struct ox_cbor *in) {
    if (ox_cbor_array(in) != 3)
        return OX_MALFORMED;
    ox_identity_decode(previous, types, in);
    enum ox_status status = ox_vv_decode(&repair->context, in);
    if (status != OX_OK || in->failed)
        return status == OX_NOMEM ? OX_NOMEM : OX_MALFORMED;
    if (previous->type == NULL)
        return OX_OK;
    const struct ox_entry *entry =
        ox_store_find(ox_node_store(node), previous->name, previous->type);
    return entry == NULL ? OX_OK : give(repair, node, from, entry, &repair->context);
}

enum ox_status ox_repair_on_wants(struct ox_repair *repair, struct ox_node *node, ox_peer from,
                                  const struct ox_type_table *types, struct ox_cbor *in) {
    struct ox_identity previous = {0};
    size_t wants = ox_cbor_array(in);
    if (in->failed)
        return OX_MALFORMED;
    begin_answer(repair);
    enum ox_status status = OX_OK;
    for (size_t i = 0; i < wants && status == OX_OK; i++)
        status = answer_want(repair, node, from, types, &previous, in);
    return status == OX_OK ? end_answer(repair, node, from) : status;
}
