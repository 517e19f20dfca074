/* outbox.c - where the effects of one step grow, see outbox.h. */
#include "protocols/outbox.h"
#include "protocols/reuse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void cut(struct ox_buf *buf, size_t size) {
    assert(size <= buf->size);
    buf->size = size;
    buf->failed = false;
}

static void free_notices(struct ox_outbox *box) {
    for (size_t i = 0; i < box->notice_capacity; i++)
        ox_dots_free(&box->notices[i].news);
    free(box->notices);
    box->notices = NULL;
    box->notice_capacity = 0;
}

void ox_outbox_free(struct ox_outbox *box) {
    free_notices(box);
    ox_buf_free(&box->frames);
    ox_buf_free(&box->persist);
    free(box->sends);
    *box = (struct ox_outbox){0};
}

void ox_outbox_clear(struct ox_outbox *box) {
    if (box->notice_capacity > OX_KEPT_ITEMS_MAX)
        free_notices(box);
    ox_buf_reuse(&box->frames);
    ox_buf_reuse(&box->persist);
    box->frame_begin = 0;
    box->send_count = 0;
    box->notice_count = 0;
    box->persist_begin = 0;
    box->replaces = false;
}

/* ---- frames ---- */

struct ox_buf *ox_outbox_begin_frame(struct ox_outbox *box, const struct ox_frame *header) {
    box->frame_begin = box->frames.size;
    ox_frame_begin(&box->frames, header);
    return &box->frames;
}

static enum ox_status reserve_send(struct ox_outbox *box) {
    if (box->send_count < box->send_capacity)
        return OX_OK;
    size_t capacity = box->send_capacity == 0 ? 4 : 2 * box->send_capacity;
    struct ox_send *grown = realloc(box->sends, capacity * sizeof *grown);
    if (grown == NULL)
        return OX_NOMEM;
    box->sends = grown;
    box->send_capacity = capacity;
    return OX_OK;
}

enum ox_status ox_outbox_end_frame(struct ox_outbox *box, ox_peer to, const char *kind) {
    if (ox_buf_status(&box->frames) != OX_OK || reserve_send(box) != OX_OK) {
        cut(&box->frames, box->frame_begin);
        return OX_NOMEM;
    }
    size_t size = box->frames.size - box->frame_begin;
    box->sends[box->send_count++] = (struct ox_send){to, kind, {NULL, size}};
    return OX_OK;
}

/* ---- notices ---- */

enum ox_status ox_outbox_reserve_notice(struct ox_outbox *box) {
    if (box->notice_count == box->notice_capacity) {
        size_t capacity = box->notice_capacity == 0 ? 4 : 2 * box->notice_capacity;
        struct ox_notice *grown = realloc(box->notices, capacity * sizeof *grown);
        if (grown == NULL)
            return OX_NOMEM;
        memset(grown + box->notice_capacity, 0, (capacity - box->notice_capacity) * sizeof *grown);
        box->notices = grown;
        box->notice_capacity = capacity;
    }
    ox_dots_clear(&box->notices[box->notice_count].news);
    return OX_OK;
}

struct ox_dots *ox_outbox_news(struct ox_outbox *box) {
    assert(box->notice_count < box->notice_capacity);
    return &box->notices[box->notice_count].news;
}

struct ox_notice *ox_outbox_notice(struct ox_outbox *box, enum ox_notice_kind kind) {
    assert(box->notice_count < box->notice_capacity);
    struct ox_notice *notice = &box->notices[box->notice_count++];
    *notice = (struct ox_notice){.kind = kind, .news = notice->news};
    return notice;
}

/* ---- the record, and handing out ---- */

void ox_outbox_cut_persist(struct ox_outbox *box, size_t size) {
    cut(&box->persist, size);
}

void ox_outbox_publish(struct ox_outbox *box, struct ox_effects *effects) {
    size_t at = 0;
    for (size_t i = 0; i < box->send_count; i++) {
        box->sends[i].frame.data = box->frames.data + at;
        at += box->sends[i].frame.size;
    }
    assert(at == box->frames.size);
    *effects = (struct ox_effects){
        .sends = box->sends,
        .send_count = box->send_count,
        .notices = box->notices,
        .notice_count = box->notice_count,
    };
    effects->persist.replaces = box->replaces;
    effects->persist.bytes.size = box->persist.size - box->persist_begin;
    if (effects->persist.bytes.size > 0)
        effects->persist.bytes.data = box->persist.data + box->persist_begin;
}
