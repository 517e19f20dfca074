/* sequence/loose.h - what a delta carries of a sequence: places and deletions, both by dot.
 *
 *     places      A:7..9 "xyz" after B:3      each further one of a run comes after the one before
 *     deletions   B:1..2 by A:10..11
 *
 * Of a place that is deleted too the content is not told (OX_PLACE_VOID). Runs ascend by dot and
 * are as long as they can be, so that equal ones have equal arrays. Cost: O(runs) for a join,
 * O(1) amortized for a join of what comes behind.
 */
#ifndef OXBOW_CRDT_SEQUENCE_LOOSE_H
#define OXBOW_CRDT_SEQUENCE_LOOSE_H

#include "crdt/sequence/stretch.h"

struct ox_loose_run {
    struct ox_dot dot;
    struct ox_dot after; /* {0, 0}: the start */
    uint64_t lamport;
    uint32_t length;
    uint32_t offset, width; /* of the contents; 0 where they are not told */
    enum ox_place_kind kind;
};

/* Zero-initialised is empty and valid. */
struct ox_loose {
    struct ox_loose_run *runs;
    struct ox_deletion *deletions;
    uint8_t *contents;
    uint32_t run_count, run_capacity;
    uint32_t deletion_count, deletion_capacity;
    uint32_t content_size, content_capacity;
};

void ox_loose_free(struct ox_loose *loose);
void ox_loose_clear(struct ox_loose *loose);
enum ox_status ox_loose_copy(struct ox_loose *to, const struct ox_loose *from); /* `to` empty */
size_t ox_loose_bytes(const struct ox_loose *loose);
static inline bool ox_loose_empty(const struct ox_loose *loose) {
    return loose->run_count == 0 && loose->deletion_count == 0;
}

/* Room for as many more runs, deletions and bytes. */
enum ox_status ox_loose_reserve(struct ox_loose *loose, uint64_t runs, uint64_t deletions,
                                uint64_t content);
/* Behind all that is there, and into the last run where it continues it. Room was reserved. A dead
 * stretch is put as a void one; its deletion is the caller's business. */
void ox_loose_put(struct ox_loose *loose, const struct ox_stretch *stretch, struct ox_dot after);
void ox_loose_put_deletion(struct ox_loose *loose, const struct ox_deletion *deletion);

struct ox_stretch ox_loose_stretch(const struct ox_loose *loose, uint32_t run);
/* The run with this dot; UINT32_MAX when there is none. */
uint32_t ox_loose_find(const struct ox_loose *loose, struct ox_dot dot);
/* The run of deletions with this target; likewise. */
uint32_t ox_loose_find_deletion(const struct ox_loose *loose, struct ox_dot target);

/* loose = loose join other. OX_DIVERGED: they put one place at two. */
enum ox_status ox_loose_join(struct ox_loose *loose, const struct ox_loose *other, bool *changed);
/* Whether the join with `other` gives `other`. */
bool ox_loose_leq(const struct ox_loose *loose, const struct ox_loose *other);
/* Into `part`, which is empty, what is not seen. */
enum ox_status ox_loose_pick(const struct ox_loose *loose, const struct ox_seen *seen,
                             struct ox_loose *part);
/* Those of a run of deletions whose killers are not seen; likewise. */
enum ox_status ox_pick_deletions(const struct ox_deletion *deletions, const struct ox_seen *seen,
                                 struct ox_loose *part);
bool ox_loose_equal(const struct ox_loose *a, const struct ox_loose *b);
bool ox_loose_valid(const struct ox_loose *loose, const char **reason);

#endif
