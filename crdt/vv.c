#include "crdt/vv.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct ox_vv ox_vv_none;

void ox_vv_free(struct ox_vv *vv) {
    free(vv->entries);
    *vv = (struct ox_vv){0};
}

enum ox_status ox_vv_grow(struct ox_vv *vv, uint32_t more) {
    uint64_t need = (uint64_t)vv->count + more;
    struct ox_dot *entries = ox_array_grow(vv->entries, &vv->capacity, need, sizeof *entries);
    if (entries == NULL)
        return OX_NOMEM;
    vv->entries = entries;
    return OX_OK;
}

enum ox_status ox_vv_copy(struct ox_vv *to, const struct ox_vv *from) {
    if (from->count > to->capacity) {
        enum ox_status status = ox_vv_reserve(to, from->count - to->count);
        if (status != OX_OK)
            return status;
    }
    if (from->count != 0)
        memmove(to->entries, from->entries, from->count * sizeof *to->entries);
    to->count = from->count;
    return OX_OK;
}

/* The index of the first entry whose replica is not below `replica`. */
static uint32_t place_of(const struct ox_vv *vv, ox_replica replica) {
    uint32_t at = ox_vv_floor(vv, replica);
    return at + (at < vv->count && vv->entries[at].replica < replica);
}

enum ox_status ox_vv_raise(struct ox_vv *vv, ox_replica replica, uint64_t n) {
    if (n == 0)
        return OX_OK;
    uint32_t at = place_of(vv, replica);
    if (at < vv->count && vv->entries[at].replica == replica) {
        if (vv->entries[at].n < n)
            vv->entries[at].n = n;
        return OX_OK;
    }
    enum ox_status status = ox_vv_reserve(vv, 1);
    if (status != OX_OK)
        return status;
    memmove(vv->entries + at + 1, vv->entries + at, (vv->count - at) * sizeof *vv->entries);
    vv->entries[at] = (struct ox_dot){replica, n};
    vv->count++;
    return OX_OK;
}

/* How many of the first `count` entries have a replica that is not above this one. */
static uint32_t upto(const struct ox_vv *vv, uint32_t count, ox_replica replica) {
    return ox_array_upto(vv->entries, count, sizeof *vv->entries, replica);
}

/* How many replicas of `other` have no entry in `vv`. */
static uint32_t count_new(const struct ox_vv *vv, const struct ox_vv *other) {
    uint32_t left = vv->count;
    uint32_t found = 0;
    for (uint32_t i = other->count; i-- > 0;) {
        left = upto(vv, left, other->entries[i].replica);
        found += left == 0 || vv->entries[left - 1].replica != other->entries[i].replica;
    }
    return found;
}

enum ox_status ox_vv_join(struct ox_vv *vv, const struct ox_vv *other) {
    uint32_t more = count_new(vv, other);
    if (ox_vv_reserve(vv, more) != OX_OK)
        return OX_NOMEM;
    /* From the back, so that what lies between two new ones moves once, as a block, and nothing is
     * overwritten before it has moved. */
    uint32_t left = vv->count; /* those that have not been passed */
    vv->count += more;
    for (uint32_t i = other->count; i-- > 0;) {
        struct ox_dot their = other->entries[i];
        uint32_t at = upto(vv, left, their.replica);
        if (more > 0 && at < left)
            memmove(vv->entries + at + more, vv->entries + at, (left - at) * sizeof their);
        left = at;
        if (at == 0 || vv->entries[at - 1].replica != their.replica)
            vv->entries[at + --more] = their;
        else if (vv->entries[at - 1].n < their.n)
            vv->entries[at - 1].n = their.n;
    }
    return OX_OK;
}

enum ox_status ox_vv_ahead(struct ox_vv *ahead, const struct ox_vv *vv, const struct ox_vv *other) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < other->count; i++) {
        struct ox_dot their = other->entries[i];
        while (at < vv->count && vv->entries[at].replica < their.replica)
            at++;
        bool known = at < vv->count && vv->entries[at].replica == their.replica;
        if (known && vv->entries[at].n >= their.n)
            continue;
        if (ox_vv_reserve(ahead, other->count - i) != OX_OK)
            return OX_NOMEM;
        ahead->entries[ahead->count++] = their;
    }
    return OX_OK;
}

enum ox_status ox_vv_meet(struct ox_vv *to, const struct ox_vv *a, const struct ox_vv *b) {
    struct ox_vv meet = {0};
    enum ox_status status = ox_vv_reserve(&meet, a->count < b->count ? a->count : b->count);
    if (status != OX_OK)
        return status;
    uint32_t j = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        while (j < b->count && b->entries[j].replica < a->entries[i].replica)
            j++;
        if (j == b->count)
            break;
        if (b->entries[j].replica != a->entries[i].replica)
            continue;
        meet.entries[meet.count] = a->entries[i];
        if (b->entries[j].n < a->entries[i].n)
            meet.entries[meet.count].n = b->entries[j].n;
        meet.count++;
    }
    ox_vv_free(to);
    *to = meet;
    return OX_OK;
}

bool ox_vv_covers_any(const struct ox_vv *vv, const struct ox_vv *other) {
    if (other->count > vv->count)
        return false;
    /* A few look-ups in a long vector are cheaper than a walk along it. */
    if (other->count < vv->count / 8) {
        for (uint32_t i = 0; i < other->count; i++)
            if (!ox_vv_has(vv, other->entries[i]))
                return false;
        return true;
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < other->count; i++) {
        while (at < vv->count && vv->entries[at].replica < other->entries[i].replica)
            at++;
        if (at == vv->count || vv->entries[at].replica != other->entries[i].replica ||
            vv->entries[at].n < other->entries[i].n)
            return false;
    }
    return true;
}

enum ox_order ox_vv_compare(const struct ox_vv *a, const struct ox_vv *b) {
    bool above = ox_vv_covers(a, b);
    bool below = ox_vv_covers(b, a);
    if (above && below)
        return OX_EQUAL;
    return above ? OX_AFTER : below ? OX_BEFORE : OX_CONCURRENT;
}

bool ox_vv_equal(const struct ox_vv *a, const struct ox_vv *b) {
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->entries, b->entries, a->count * sizeof *a->entries) == 0);
}

uint64_t ox_vv_total(const struct ox_vv *vv) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < vv->count; i++) {
        if (vv->entries[i].n > UINT64_MAX - total)
            return UINT64_MAX;
        total += vv->entries[i].n;
    }
    return total;
}

bool ox_vv_valid(const struct ox_vv *vv, const char **reason) {
    if (vv->count > vv->capacity) {
        *reason = "a version vector counts more entries than it has room for";
        return false;
    }
    for (uint32_t i = 0; i < vv->count; i++) {
        if (vv->entries[i].n == 0) {
            *reason = "a version vector has an entry with n = 0";
            return false;
        }
        if (i > 0 && vv->entries[i - 1].replica >= vv->entries[i].replica) {
            *reason = "a version vector's replicas do not ascend";
            return false;
        }
    }
    return true;
}

size_t ox_vv_bytes(const struct ox_vv *vv) {
    return vv->capacity * sizeof *vv->entries;
}

void ox_vv_encode(const struct ox_vv *vv, struct ox_buf *out) {
    ox_cbor_put_map(out, vv->count);
    for (uint32_t i = 0; i < vv->count; i++) {
        ox_cbor_put_uint(out, vv->entries[i].replica);
        ox_cbor_put_uint(out, vv->entries[i].n);
    }
}

enum ox_status ox_vv_decode(struct ox_vv *vv, struct ox_cbor *in) {
    size_t count = ox_cbor_map(in);
    if (count > UINT32_MAX)
        ox_cbor_fail(in);
    if (in->failed)
        return OX_MALFORMED;
    if (count == 0) {
        ox_vv_clear(vv);
        return OX_OK;
    }
    if (ox_vv_reserve(vv, (uint32_t)count) != OX_OK) {
        ox_cbor_fail(in);
        return OX_NOMEM;
    }
    /* Behind what is there, so that it is still there if the bytes are bad. */
    struct ox_dot *read = vv->entries + vv->count;
    for (size_t i = 0; i < count; i++) {
        read[i].replica = ox_cbor_uint(in);
        read[i].n = ox_cbor_uint(in);
        if (in->failed || read[i].n == 0 || (i > 0 && read[i].replica <= read[i - 1].replica)) {
            ox_cbor_fail(in);
            return OX_MALFORMED;
        }
    }
    if (vv->count > 0)
        memmove(vv->entries, read, count * sizeof *read);
    vv->count = (uint32_t)count;
    return OX_OK;
}
