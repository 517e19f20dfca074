#include "crdt/sequence/locator.h"

#include "crdt/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FANOUT = 62 };

struct key {
    uint64_t n;
    uint32_t replica;
    uint32_t value; /* of a bottom node: a leaf of the line; else a node */
};

struct ox_locator_node {
    uint32_t count;
    uint32_t next; /* bottom nodes: the one with the next keys */
    struct key keys[FANOUT];
};

/* A key's place at the bottom. */
struct place {
    uint32_t node, at;
};

void ox_locator_free(struct ox_locator *locator) {
    free(locator->nodes);
    *locator = (struct ox_locator){0};
}

void ox_locator_clear(struct ox_locator *locator) {
    locator->count = locator->root = locator->height = locator->last = locator->keys = 0;
    locator->recent = 0;
}

enum ox_status ox_locator_copy(struct ox_locator *to, const struct ox_locator *from) {
    *to = *from;
    to->capacity = from->count;
    to->nodes = NULL;
    if (from->count == 0)
        return OX_OK;
    to->nodes = malloc(from->count * sizeof *to->nodes);
    if (to->nodes == NULL) {
        *to = (struct ox_locator){0};
        return OX_NOMEM;
    }
    memcpy(to->nodes, from->nodes, from->count * sizeof *to->nodes);
    return OX_OK;
}

/* How many nodes so many new keys can make at worst. A key splits no more nodes than the tree is
 * high. At the bottom each key can find another full node, until all that there are have split
 * once; those have a quarter of their room free, and so have the nodes above them, of which there
 * are as many fewer. */
static uint64_t nodes_for(const struct ox_locator *locator, uint64_t keys) {
    enum { FREE = FANOUT / 4 };
    uint64_t by_path = keys * (locator->height + 2) + 1;
    uint64_t bottom = locator->count + keys / FREE;
    if (bottom > keys)
        bottom = keys;
    uint64_t above = (locator->count + 2 * bottom) / (FREE - 1) + locator->height + 4;
    return by_path < bottom + above ? by_path : bottom + above;
}

enum ox_status ox_locator_reserve(struct ox_locator *locator, uint64_t keys) {
    uint64_t need = locator->count + nodes_for(locator, keys);
    if (need <= locator->capacity)
        return OX_OK;
    uint64_t wanted = (uint64_t)locator->capacity + locator->capacity / 4;
    if (wanted < need)
        wanted = need;
    if (wanted >= OX_LOCATOR_NONE)
        return OX_NOMEM;
    struct ox_locator_node *nodes =
        ox_array_resize(locator->nodes, locator->count * sizeof *nodes,
                        locator->capacity * sizeof *nodes, (size_t)wanted * sizeof *nodes);
    if (nodes == NULL)
        return OX_NOMEM;
    locator->nodes = nodes;
    locator->capacity = (uint32_t)wanted;
    return OX_OK;
}

static bool above(const struct key *a, uint32_t replica, uint64_t n) {
    return a->replica != replica ? a->replica > replica : a->n > n;
}

/* How many keys of a node are at or below (replica, n). Halves without a branch that depends on the
 * keys. */
static uint32_t rank(const struct ox_locator_node *node, uint32_t replica, uint64_t n) {
    const struct key *low = node->keys;
    for (uint32_t left = node->count, half; left > 0; left -= half) {
        half = left - left / 2;
        const struct key *last = &low[half - 1];
        bool below = (last->replica < replica) | ((last->replica == replica) & (last->n <= n));
        low += half & (0u - (uint32_t)below);
    }
    return (uint32_t)(low - node->keys);
}

/* The greatest key at or below; `at` is OX_LOCATOR_NONE when there is none. The keys of an inner
 * node are the least of its children, so that only the very first bottom node can come out
 * empty-handed. */
static struct place floor_of(const struct ox_locator *locator, uint32_t replica, uint64_t n) {
    if (locator->count == 0)
        return (struct place){0, OX_LOCATOR_NONE};
    uint32_t node = locator->root;
    for (uint32_t level = locator->height; level > 0; level--) {
        uint32_t below = rank(&locator->nodes[node], replica, n);
        node = locator->nodes[node].keys[below > 0 ? below - 1 : 0].value;
    }
    return (struct place){node, rank(&locator->nodes[node], replica, n) - 1};
}

uint32_t ox_locator_find(const struct ox_locator *locator, uint32_t replica, uint64_t n) {
    struct place place = floor_of(locator, replica, n);
    if (place.at == OX_LOCATOR_NONE)
        return OX_LOCATOR_NONE;
    const struct key *key = &locator->nodes[place.node].keys[place.at];
    return key->replica == replica ? key->value : OX_LOCATOR_NONE;
}

/* The same, looked for first in the node where the last change was. Runs that are told of one after
 * the other were mostly typed one after the other. */
static struct place near_floor_of(struct ox_locator *locator, uint32_t replica, uint64_t n) {
    if (locator->count == 0)
        return (struct place){0, OX_LOCATOR_NONE};
    const struct ox_locator_node *recent = &locator->nodes[locator->recent];
    if (!above(&recent->keys[0], replica, n) &&
        (recent->next == OX_LOCATOR_NONE ||
         above(&locator->nodes[recent->next].keys[0], replica, n)))
        return (struct place){locator->recent, rank(recent, replica, n) - 1};
    struct place place = floor_of(locator, replica, n);
    locator->recent = place.node;
    return place;
}

/* Steps to the key behind; false at the end. */
static bool next_place(const struct ox_locator *locator, struct place *place) {
    if (++place->at < locator->nodes[place->node].count)
        return true;
    place->node = locator->nodes[place->node].next;
    place->at = 0;
    return place->node != OX_LOCATOR_NONE;
}

uint32_t ox_locator_range(const struct ox_locator *locator, uint32_t replica, uint64_t n,
                          uint64_t *end) {
    *end = 0;
    if (locator->count == 0)
        return OX_LOCATOR_NONE;
    struct place place = floor_of(locator, replica, n);
    uint32_t leaf = OX_LOCATOR_NONE;
    if (place.at != OX_LOCATOR_NONE) {
        const struct key *key = &locator->nodes[place.node].keys[place.at];
        if (key->replica == replica)
            leaf = key->value;
    }
    if (next_place(locator, &place)) {
        const struct key *key = &locator->nodes[place.node].keys[place.at];
        if (key->replica == replica)
            *end = key->n;
    }
    return leaf;
}

/* ---- changing ---- */

static uint32_t new_node(struct ox_locator *locator) {
    assert(locator->count < locator->capacity);
    locator->nodes[locator->count] = (struct ox_locator_node){.next = OX_LOCATOR_NONE};
    return locator->count++;
}

static void put_key(struct ox_locator_node *node, uint32_t at, struct key key) {
    assert(node->count < FANOUT);
    memmove(node->keys + at + 1, node->keys + at, (node->count - at) * sizeof key);
    node->keys[at] = key;
    node->count++;
}

/* Splits the full child at `at` of `parent`. The last node of all splits near its end, because keys
 * mostly arrive in order. */
static void split_child(struct ox_locator *locator, uint32_t parent, uint32_t at) {
    uint32_t right = new_node(locator);
    struct ox_locator_node *above = &locator->nodes[parent];
    struct ox_locator_node *from = &locator->nodes[above->keys[at].value];
    struct ox_locator_node *to = &locator->nodes[right];
    uint32_t keep = from->next == OX_LOCATOR_NONE ? FANOUT * 3 / 4 : FANOUT / 2;
    to->count = from->count - keep;
    memcpy(to->keys, from->keys + keep, to->count * sizeof *to->keys);
    from->count = keep;
    to->next = from->next;
    from->next = right;
    if (above->keys[at].value == locator->last)
        locator->last = right;
    struct key key = {to->keys[0].n, to->keys[0].replica, right};
    put_key(above, at + 1, key);
}

static void insert_key(struct ox_locator *locator, struct key key) {
    locator->keys++;
    if (locator->count == 0)
        locator->root = new_node(locator);
    if (locator->nodes[locator->root].count == FANOUT) {
        uint32_t root = new_node(locator);
        const struct key *first = &locator->nodes[locator->root].keys[0];
        locator->nodes[root].keys[0] = (struct key){first->n, first->replica, locator->root};
        locator->nodes[root].count = 1;
        locator->root = root;
        locator->height++;
        split_child(locator, root, 0);
    }
    uint32_t node = locator->root;
    for (uint32_t level = locator->height; level > 0; level--) {
        uint32_t below = rank(&locator->nodes[node], key.replica, key.n);
        uint32_t at = below > 0 ? below - 1 : 0;
        uint32_t child = locator->nodes[node].keys[at].value;
        if (below == 0) /* the least of all, from now on */
            locator->nodes[node].keys[0] = (struct key){key.n, key.replica, child};
        if (locator->nodes[child].count == FANOUT) {
            split_child(locator, node, at);
            const struct key *right = &locator->nodes[node].keys[at + 1];
            if (!above(right, key.replica, key.n))
                child = right->value;
        }
        node = child;
    }
    put_key(&locator->nodes[node], rank(&locator->nodes[node], key.replica, key.n), key);
}

void ox_locator_append(struct ox_locator *locator, uint32_t replica, uint64_t n, uint32_t leaf) {
    struct key key = {n, replica, leaf};
    struct ox_locator_node *last = locator->count > 0 ? &locator->nodes[locator->last] : NULL;
    if (last == NULL || last->count == FANOUT) {
        insert_key(locator, key);
        return;
    }
    last->keys[last->count++] = key;
    locator->keys++;
}

void ox_locator_trim(struct ox_locator *locator) {
    if (locator->count == 0 || locator->count == locator->capacity)
        return;
    void *nodes = realloc(locator->nodes, locator->count * sizeof *locator->nodes);
    if (nodes == NULL)
        return;
    locator->nodes = nodes;
    locator->capacity = locator->count;
}

/* Puts a key that belongs right behind `place`; whether all else is where it was, but for what
 * stood behind it in its node. */
static bool put_behind(struct ox_locator *locator, struct place place, struct key key) {
    if (place.at == OX_LOCATOR_NONE || locator->nodes[place.node].count == FANOUT) {
        insert_key(locator, key);
        return false;
    }
    put_key(&locator->nodes[place.node], place.at + 1, key);
    locator->keys++;
    return true;
}

/* The key at a place if it is of this replica. */
static struct key *key_of(const struct ox_locator *locator, struct place place, uint32_t replica) {
    struct key *key =
        place.at != OX_LOCATOR_NONE ? &locator->nodes[place.node].keys[place.at] : NULL;
    return key != NULL && key->replica == replica ? key : NULL;
}

static bool is_key_of(const struct key *key, uint32_t replica, uint32_t leaf) {
    return key->replica == replica && key->value == leaf;
}

void ox_locator_assign(struct ox_locator *locator, uint32_t replica, uint64_t first, uint64_t last,
                       uint32_t leaf, bool beyond) {
    struct place before = near_floor_of(locator, replica, first), end = before;
    struct key *floor = key_of(locator, before, replica);
    uint32_t old = floor != NULL ? floor->value : leaf; /* of what lies beyond `last` */
    bool begins = floor != NULL && floor->n == first;
    bool inside = floor != NULL && old == leaf;
    if (begins)
        floor->value = leaf;
    bool bounded = last == UINT64_MAX;
    for (struct place at = before; locator->count > 0 && next_place(locator, &at); end = at) {
        struct key *key = key_of(locator, at, replica);
        if (key == NULL || key->n > last) {
            bounded = bounded || (key != NULL && key->n - last == 1);
            break;
        }
        old = key->value;
        key->value = leaf;
    }
    bool bounds = beyond && !bounded && old != leaf;
    if (bounds && begins && end.node == before.node && end.at == before.at && before.at > 0 &&
        is_key_of(floor - 1, replica, leaf)) {
        floor->n = last + 1; /* the range before takes them over */
        floor->value = old;
        return;
    }
    if (bounds && !put_behind(locator, end, (struct key){last + 1, replica, old}))
        before.at = OX_LOCATOR_NONE;
    if (!begins && !inside)
        put_behind(locator, before, (struct key){first, replica, leaf});
}

size_t ox_locator_bytes(const struct ox_locator *locator) {
    return locator->capacity * sizeof *locator->nodes;
}
