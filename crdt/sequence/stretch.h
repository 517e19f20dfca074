/* sequence/stretch.h - consecutive places, as all parts of a sequence pass them around.
 *
 *     dots      A:7  A:8  A:9        one replica, n ascending by one
 *     lamports   12   13   14        ascending by one: each place hangs on the one before
 *     alive     "x"  "y"  "z"        contents of one width in bytes, one behind the other
 *     or dead   B:4  B:5  B:6        the dots that deleted them, by step -1, 0 or +1
 *
 * A stretch is what one store or another holds as a run; it borrows its bytes. In a delta a place
 * may also be void: its content is not told, because a deletion beside it says that it is gone.
 *
 * Which elements of a line make one run is canonical: the first run takes as many as it can, then
 * the second, and so on (ox_stretch_absorb). How a store keeps them in memory need not be.
 */
#ifndef OXBOW_CRDT_SEQUENCE_STRETCH_H
#define OXBOW_CRDT_SEQUENCE_STRETCH_H

#include "crdt/object.h"

enum ox_place_kind {
    OX_PLACE_TEXT, /* texts of one Unicode scalar: `data` is their UTF-8 */
    OX_PLACE_ITEM, /* any other elements: `data` is their CBOR */
    OX_PLACE_DEAD,
    OX_PLACE_VOID
};

struct ox_stretch {
    struct ox_dot dot; /* of the first */
    uint64_t lamport;  /* likewise */
    uint32_t length;   /* >= 1 */
    enum ox_place_kind kind;
    uint32_t width;       /* alive: bytes of each */
    const uint8_t *data;  /* alive */
    struct ox_dot killer; /* dead: of the first */
    int step;             /* dead: from one killer's n to the next; 0 where length is 1 */
};

#define OX_STRETCH_MAX UINT32_C(0x7fffffff) /* elements */
#define OX_LAMPORT_MAX (UINT64_MAX - 2)     /* of a place */

static inline bool ox_kind_alive(enum ox_place_kind kind) {
    return kind <= OX_PLACE_ITEM;
}

/* The timestamp of a place is (lamport, replica of its dot). */
static inline bool ox_ts_less(uint64_t lamport, ox_replica replica, uint64_t than_lamport,
                              ox_replica than_replica) {
    return lamport != than_lamport ? lamport < than_lamport : replica < than_replica;
}

/* Leaves out the first `count` of more. */
void ox_stretch_skip(struct ox_stretch *stretch, uint32_t count);
/* Keeps only the first `count`, at least 1. */
void ox_stretch_keep(struct ox_stretch *stretch, uint32_t count);
/* How many of `next`'s first elements the run `into` takes over when they stand behind it. Adjusts
 * length and step of `into`; its bytes are the caller's business. */
uint32_t ox_stretch_absorb(struct ox_stretch *into, const struct ox_stretch *next);
/* Whether numbers stay in their ranges: dots, killers and lamports from 1 and without overflow; the
 * very last lamport is nobody's. */
bool ox_stretch_in_range(const struct ox_stretch *stretch);
/* The first `*count` (at most `most`) of the dots from `dot` on are all seen, or all not. */
bool ox_seen_stretch(const struct ox_seen *seen, struct ox_dot dot, uint32_t most, uint32_t *count);
/* Likewise of the dots from `dot` on downwards. */
bool ox_seen_stretch_down(const struct ox_seen *seen, struct ox_dot dot, uint32_t most,
                          uint32_t *count);
/* The greater of two contents of one dot, as every replica chooses it: by kind, then bytes. */
int ox_content_compare(const struct ox_stretch *a, const struct ox_stretch *b);

/* ---- runs of killers, all of one replica ---- */
struct ox_killers {
    uint64_t n; /* of the first */
    uint32_t length;
    int step;
};
/* How many of `next` run on from `into`, and with which step. The second of a run decides its step.
 */
uint32_t ox_killers_absorb(const struct ox_killers *into, const struct ox_killers *next, int *step);
/* Whether the killer `a` is less than `b`; the first `*count` (at most `most`) of the two runs that
 * go on from them are alike in that. */
bool ox_killers_less(struct ox_dot a, int a_step, struct ox_dot b, int b_step, uint32_t most,
                     uint32_t *count);

/* ---- runs of deletions ---- */
struct ox_deletion {
    struct ox_dot target; /* the first */
    struct ox_dot killer; /* of the first */
    uint32_t length;
    int step;
};
void ox_deletion_skip(struct ox_deletion *deletion, uint32_t count);
uint32_t ox_deletion_absorb(struct ox_deletion *into, const struct ox_deletion *next);

/* The bytes of the UTF-8 sequence that begins with `lead`. */
static inline uint32_t ox_utf8_width(uint8_t lead) {
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
/* How many scalars, `most` at most, of the width of the first stand at the beginning of valid
 * UTF-8. Cost: O(answer). */
uint32_t ox_utf8_run(struct ox_bytes text, uint32_t most, uint32_t *width);
/* Of elements that lie one behind the other as valid CBOR, the first, and those behind it that make
 * one stretch with it: kind, width, data and length are set. The bytes of them. Cost: O(answer). */
size_t ox_item_run(struct ox_bytes list, struct ox_stretch *stretch);
/* Whether a text is of one scalar, if it is valid at all. */
static inline bool ox_utf8_is_scalar(struct ox_bytes text) {
    return text.size >= 1 && text.size <= 4 && ox_utf8_width(text.data[0]) == text.size;
}
/* How an element is kept: as TEXT if it is one Unicode scalar, else as ITEM. `stretch` borrows from
 * the value or from `space`, which is to be freed. OX_INVALID as ox_encoded_make. */
enum ox_status ox_stretch_of_value(struct ox_stretch *stretch, const struct ox_value *value,
                                   struct ox_encoded *space);

#endif
