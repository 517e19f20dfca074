/* outbox.h - where the effects of one step grow before they are handed out.
 *
 * Buffers move while they grow, so nothing here holds a pointer into them: frames lie end to end
 * and get their addresses when the step is done (ox_outbox_publish). What is published lasts until
 * the next ox_outbox_clear. Memory is kept from step to step, except that of rare big steps.
 *
 * Whatever must not fail once a join has happened is reserved before it: ox_outbox_reserve_notice,
 * then the join, then ox_outbox_notice.
 */
#ifndef OXBOW_PROTOCOLS_OUTBOX_H
#define OXBOW_PROTOCOLS_OUTBOX_H

#include "protocols/frame.h"

struct ox_outbox {
    struct ox_buf frames; /* end to end, in the order of `sends` */
    size_t frame_begin;   /* of the frame being written */
    struct ox_send *sends;
    size_t send_count;
    size_t send_capacity;
    struct ox_notice *notices; /* each slot keeps the memory of its `news` */
    size_t notice_count;
    size_t notice_capacity;
    struct ox_buf persist;
    size_t persist_begin; /* what lies before is superseded and not handed out */
    bool replaces;
};

void ox_outbox_free(struct ox_outbox *box);
/* Forgets the effects of the last step. */
void ox_outbox_clear(struct ox_outbox *box);

/* Starts a frame; the caller appends its body, one item, to the returned buffer ... */
struct ox_buf *ox_outbox_begin_frame(struct ox_outbox *box, const struct ox_frame *header);
/* ... and sends it. OX_NOMEM, also of any append before: there is no such frame. */
enum ox_status ox_outbox_end_frame(struct ox_outbox *box, ox_peer to, const char *kind);

/* Room for one more notice. */
enum ox_status ox_outbox_reserve_notice(struct ox_outbox *box);
/* The `news` of the reserved notice, to be filled before it is added. */
struct ox_dots *ox_outbox_news(struct ox_outbox *box);
/* Adds the reserved notice, all but kind and news zero. */
struct ox_notice *ox_outbox_notice(struct ox_outbox *box, enum ox_notice_kind kind);

/* Cuts `persist` back to an earlier size, forgetting a failed append. */
void ox_outbox_cut_persist(struct ox_outbox *box, size_t size);
/* Hands everything out, except the deadline. */
void ox_outbox_publish(struct ox_outbox *box, struct ox_effects *effects);

#endif
