#include "crdt/sequence/order.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, FEW = 32 };

static bool less(const struct ox_order_key *a, const struct ox_order_key *b) {
    return a->replica != b->replica ? a->replica < b->replica : a->n < b->n;
}

static void insert_few(struct ox_order_key *keys, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        struct ox_order_key key = keys[i];
        uint32_t at = i;
        for (; at > 0 && less(&key, &keys[at - 1]); at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

static uint32_t digit_of(const struct ox_order_key *key, bool of_replica, unsigned shift) {
    return (uint32_t)((of_replica ? key->replica : key->n) >> shift) & (DIGITS - 1);
}

/* Puts the keys from one array into another, by one digit. */
static void pass(const struct ox_order_key *from, struct ox_order_key *to, uint32_t count,
                 bool of_replica, unsigned shift) {
    uint32_t place[DIGITS] = {0}, before = 0;
    for (uint32_t i = 0; i < count; i++)
        place[digit_of(&from[i], of_replica, shift)]++;
    for (uint32_t i = 0; i < DIGITS; i++) {
        uint32_t here = place[i];
        place[i] = before;
        before += here;
    }
    for (uint32_t i = 0; i < count; i++)
        to[place[digit_of(&from[i], of_replica, shift)]++] = from[i];
}

enum ox_status ox_order_keys(struct ox_order_key *keys, uint32_t count) {
    if (count <= FEW) {
        insert_few(keys, count);
        return OX_OK;
    }
    uint64_t n_differs = 0, replica_differs = 0;
    for (uint32_t i = 1; i < count; i++) {
        n_differs |= keys[i].n ^ keys[0].n;
        replica_differs |= keys[i].replica ^ keys[0].replica;
    }
    struct ox_order_key *other = malloc(count * sizeof *other), *from = keys, *to = other;
    if (other == NULL)
        return OX_NOMEM;
    for (int of_replica = 0; of_replica < 2; of_replica++) {
        uint64_t differs = of_replica ? replica_differs : n_differs;
        for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
            if ((differs >> shift & (DIGITS - 1)) == 0)
                continue;
            pass(from, to, count, of_replica, shift);
            struct ox_order_key *done = from;
            from = to;
            to = done;
        }
    }
    if (from != keys)
        memcpy(keys, from, count * sizeof *keys);
    free(other);
    return OX_OK;
}
