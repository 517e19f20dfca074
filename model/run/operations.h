/* operations.h - which operation an update of the workload is.
 *
 *     type's verb     by chance: the first one, which adds, or one of the others
 *     amount          1 .. 10
 *     element         e0 .. e(elements-1)
 *     value           half of them occur once, as a number or a text
 *     after, at       a place or an element of the sequence that the node shows, drawn uniformly
 *     path            in a map: 1 to 3 keys; the last one's number says what type is there
 *
 * All draws are keyed by the number of the update, so that a choice moves no other.
 */
#ifndef OXBOW_MODEL_RUN_OPERATIONS_H
#define OXBOW_MODEL_RUN_OPERATIONS_H

#include "model/run/run.h"

#define OX_DRAWN_DEPTH 3
#define OX_DRAWN_RUN   8 /* elements */

struct ox_drawn_text {
    char bytes[32];
};

/* An operation and all that it borrows; not to be moved. */
struct ox_drawn {
    struct ox_op op;
    struct ox_op inner; /* what `op` does inside a map */
    struct ox_bytes path[OX_DRAWN_DEPTH];
    struct ox_drawn_text keys[OX_DRAWN_DEPTH];
    struct ox_drawn_text text; /* of the argument */
};

/* `object` is what the node has of the key, of that type. */
void ox_draw_operation(const struct ox_run *run, const struct ox_type *type,
                       const struct ox_object *object, uint64_t update, struct ox_drawn *drawn);

#endif
