/* The rga: editing by position and by id, what concurrent runs become, deletion, collection, bytes,
 * and long random histories against an obvious twin. */
#include "crdt/rga.h"

#include "support_sequence.h"

#include <string.h>

/* ---- short words ---- */

static struct ox_delta type_at(struct ox_object *o, uint64_t position, const char *text,
                               ox_replica replica) {
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_rga_write(o, position, text_of(text), replica, &delta), ==, OX_OK);
    return delta;
}

static struct ox_delta erase_at(struct ox_object *o, uint64_t position, uint64_t count,
                                ox_replica replica) {
    struct ox_delta delta = {0};
    g_assert_cmpint(ox_rga_erase(o, position, count, replica, &delta), ==, OX_OK);
    return delta;
}

static char *read_text(const struct ox_object *o) {
    struct ox_buf out = {0};
    g_assert_cmpint(ox_rga_text(o, &out), ==, OX_OK);
    char *text = g_strndup((const char *)out.data, out.size);
    ox_buf_free(&out);
    return text;
}

/* The object's text, and that it is valid, reads and writes itself. */
static void assert_reads(const struct ox_object *o, const char *wanted) {
    struct ox_buf out = {0}, again = {0};
    struct ox_object back;
    assert_valid(o);
    assert_text(read_text(o), wanted);
    ox_object_encode(o, &out);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
    g_assert_cmpint(ox_object_decode(&back, &ox_rga, &in), ==, OX_OK);
    ox_object_encode(&back, &again);
    g_assert_cmpmem(out.data, out.size, again.data, again.size);
    g_assert_true(ox_object_equal(o, &back));
    ox_object_free(&back);
    ox_buf_free(&out);
    ox_buf_free(&again);
}

static void take(struct ox_object *o, const struct ox_delta *delta) {
    g_assert_cmpint(join(o, delta), ==, OX_OK);
    assert_valid(o);
}

/* ---- stories ---- */

static void text_is_typed_and_erased_by_position(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_delta d1 = type_at(&a, 0, "hello", A), d2 = type_at(&a, 5, " world", A);
    struct ox_delta d3 = erase_at(&a, 4, 3, A), d4 = type_at(&a, 4, "\xc3\xb6-\xf0\x9f\x90\xa2", A);
    assert_reads(&a, "hell\xc3\xb6-\xf0\x9f\x90\xa2orld");
    g_assert_cmpuint(ox_rga_length(&a), ==, 11);
    g_assert_cmpuint(ox_vv_get(&a.context, A), ==, 17);
    g_assert_cmpint(ox_rga_write(&a, 12, text_of("x"), A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_rga_write(&a, 3, text_of(""), A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_write(&a, 3, text_of("\xff"), A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_rga_erase(&a, 11, 1, A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_erase(&a, 12, 1, A, NULL), ==, OX_INVALID);
    struct ox_object b = new_object(&ox_rga);
    g_assert_cmpint(join(&b, &d2), ==, OX_GAP);
    take(&b, &d1);
    take(&b, &d2);
    take(&b, &d3);
    take(&b, &d4);
    assert_same(&a, &b);
    free_deltas(&d1, &d2, &d3, &d4, NULL);
    free_objects(&a, &b, NULL);
}

static void elements_are_any_scalar_value(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_value values[] = {ox_value_int(-7),    ox_value_null(),      ox_value_bool(true),
                                ox_value_text("xy"), ox_value_text("one"), ox_value_text("")};
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        g_assert_cmpint(ox_rga_insert(&a, i, &values[i], A, NULL), ==, OX_OK);
    assert_object(&a, "A:6", "[-7,null,true,\"xy\",\"one\",\"\"]");
    g_assert_cmpint(ox_rga_erase(&a, 1, 2, A, NULL), ==, OX_OK);
    assert_object(&a, "A:8", "[-7,\"xy\",\"one\",\"\"]");
    assert_reads(&a, "xyone");
    struct ox_value read;
    g_assert_true(ox_rga_get(&a, 1, &read));
    g_assert_cmpmem(read.bytes.data, read.bytes.size, "xy", 2);
    g_assert_true(ox_rga_get(&a, 0, &read));
    g_assert_cmpint(read.number, ==, -7);
    g_assert_false(ox_rga_get(&a, 4, &read));
    struct ox_value list = {.kind = OX_VALUE_STRUCTURED, .bytes = {(const uint8_t *)"\x80", 1}};
    g_assert_cmpint(ox_rga_insert(&a, 0, &list, A, NULL), ==, OX_INVALID);
    ox_object_free(&a);
}

static void a_list_is_as_many_inserts(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct dice dice = {3};
    for (int round = 0; round < 500; round++) {
        struct edit edit = any_edit(&a, &dice);
        uint64_t position = dice_roll(&dice, ox_rga_length(&a) + 1);
        uint64_t count = dice_roll(&dice, EDIT_ELEMENTS + 1);
        g_assert_cmpint(ox_rga_insert_list(&a, position, edit.elements, count, A, NULL), ==,
                        count > 0 ? OX_OK : OX_NOOP);
        for (uint64_t i = 0; i < count; i++)
            g_assert_cmpint(ox_rga_insert(&b, position + i, &edit.elements[i], A, NULL), ==, OX_OK);
    }
    assert_same(&a, &b);
    assert_valid(&a);
    struct ox_value bad[] = {ox_value_int(1), ox_value_text("\xff")};
    struct ox_value deep[] = {ox_value_int(1),
                              {.kind = OX_VALUE_STRUCTURED, .bytes = {(const uint8_t *)"\x80", 1}}};
    g_assert_cmpint(ox_rga_insert_list(&a, 0, bad, 2, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_rga_insert_list(&a, 0, deep, 2, A, NULL), ==, OX_INVALID);
    g_assert_cmpint(ox_rga_insert_list(&a, ox_rga_length(&a) + 1, bad, 1, A, NULL), ==, OX_INVALID);
    struct ox_dot stranger = {C, 1};
    g_assert_cmpint(ox_rga_insert_list_after(&a, stranger, bad, 1, A, NULL), ==, OX_NO_SUCH);
    assert_same(&a, &b);
    free_objects(&a, &b, NULL);
}

static void ids_stay_when_positions_move(void) {
    struct ox_object a = new_object(&ox_rga);
    g_assert_cmpint(ox_rga_write(&a, 0, text_of("abc"), A, NULL), ==, OX_OK);
    struct ox_dot b = ox_rga_at(&a, 1), none = ox_rga_at(&a, 3);
    uint64_t position;
    g_assert_cmpuint(b.n, ==, 2);
    g_assert_cmpuint(none.n, ==, 0);
    g_assert_cmpint(ox_rga_write(&a, 0, text_of(">>"), A, NULL), ==, OX_OK);
    g_assert_true(ox_rga_position(&a, b, &position));
    g_assert_cmpuint(position, ==, 3);
    g_assert_cmpint(ox_rga_delete(&a, b, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_rga_delete(&a, b, A, NULL), ==, OX_NOOP);
    struct ox_dot stranger = {C, 1};
    g_assert_cmpint(ox_rga_delete(&a, stranger, A, NULL), ==, OX_NO_SUCH);
    g_assert_false(ox_rga_position(&a, stranger, &position));
    /* Behind a deleted one: behind the nearest before it that is not. */
    struct ox_value x = ox_value_text("x");
    g_assert_cmpint(ox_rga_insert_after(&a, b, &x, A, NULL), ==, OX_OK);
    g_assert_cmpint(ox_rga_write_after(&a, (struct ox_dot){0, 0}, text_of("#"), A, NULL), ==,
                    OX_OK);
    assert_reads(&a, "#>>axc");
    g_assert_cmpint(ox_rga_insert_after(&a, stranger, &x, A, NULL), ==, OX_NO_SUCH);
    ox_object_free(&a);
}

/* The example of rga.h. */
static void the_greater_timestamp_goes_first(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_delta a1 = type_at(&a, 0, "ab", A);
    take(&b, &a1);
    struct ox_delta b1 = type_at(&b, 1, "X", B), a2 = type_at(&a, 1, "Y", A);
    take(&a, &b1);
    take(&b, &a2);
    assert_reads(&a, "aXYb");
    assert_same(&a, &b);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

static void runs_typed_forwards_do_not_interleave(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    static const char *hello = "Hello", *world = "World";
    struct ox_delta to_b[5] = {0}, to_a[5] = {0};
    for (size_t i = 0; i < 5; i++) {
        to_b[i] = type_at(&a, i, (const char[]){hello[i], 0}, A);
        to_a[i] = type_at(&b, i, (const char[]){world[i], 0}, B);
    }
    for (size_t i = 0; i < 5; i++) {
        take(&b, &to_b[i]);
        take(&a, &to_a[i]);
    }
    assert_reads(&a, "WorldHello");
    assert_same(&a, &b);
    for (size_t i = 0; i < 5; i++)
        free_deltas(&to_b[i], &to_a[i], NULL);
    free_objects(&a, &b, NULL);
}

static void runs_typed_backwards_may_interleave(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    for (size_t i = 0; i < 3; i++) {
        g_assert_cmpint(ox_rga_write(&a, 0, text_of((const char[]){"abc"[i], 0}), A, NULL), ==,
                        OX_OK);
        g_assert_cmpint(ox_rga_write(&b, 0, text_of((const char[]){"xyz"[i], 0}), B, NULL), ==,
                        OX_OK);
    }
    g_assert_cmpint(ox_object_join(&a, &b, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&b, &a, NULL), ==, OX_OK);
    assert_reads(&a, "zcybxa");
    assert_same(&a, &b);
    free_objects(&a, &b, NULL);
}

/* Two replicas delete the same text: each place keeps the lesser dot, whoever came first. */
static void the_least_deletion_is_kept(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga);
    struct ox_delta a1 = type_at(&a, 0, "abcdef", A);
    take(&b, &a1);
    struct ox_delta b1 = erase_at(&b, 1, 4, B), a2 = erase_at(&a, 2, 4, A);
    take(&a, &b1);
    take(&b, &a2);
    assert_reads(&a, "a");
    assert_same(&a, &b);
    struct ox_vv stable = {0};
    g_assert_cmpint(ox_vv_raise(&stable, A, 10), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK); /* b by B:1 stays, no more */
    assert_object(&a, "A:10 B:4", "[\"a\"]");
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 2}, A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 3}, A, NULL), ==, OX_NO_SUCH);
    ox_vv_free(&stable);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, NULL);
}

/* Two deletions of one place in one group: the lesser dot, whichever was there first. */
static void a_group_keeps_the_least_deletion(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), c = new_object(&ox_rga);
    struct ox_object singly = new_object(&ox_rga), other = new_object(&ox_rga);
    struct ox_delta text = type_at(&a, 0, "abcd", A), group = {0}, reversed = {0};
    take(&b, &text);
    take(&c, &text);
    take(&singly, &text);
    take(&other, &text);
    struct ox_delta by_b = erase_at(&b, 0, 3, B), by_c = erase_at(&c, 1, 3, C);
    g_assert_cmpint(ox_delta_merge(&group, &by_b), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &by_c), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&reversed, &by_c), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&reversed, &by_b), ==, OX_OK);
    take(&singly, &by_c);
    take(&singly, &by_b);
    take(&a, &group);
    take(&other, &reversed);
    assert_same(&singly, &a);
    assert_same(&singly, &other);
    ox_delta_free(&text);
    ox_delta_free(&by_b);
    ox_delta_free(&by_c);
    ox_delta_free(&group);
    ox_delta_free(&reversed);
    free_objects(&a, &b, &c, &singly, &other, NULL);
}

/* What was collected here stays away, and what hangs on it keeps it. */
static void collected_places_do_not_come_back(void) {
    struct ox_object a = new_object(&ox_rga), b = new_object(&ox_rga), late = new_object(&ox_rga);
    struct ox_delta a1 = type_at(&a, 0, "abc", A);
    take(&b, &a1);
    struct ox_delta b1 = type_at(&b, 2, "X", B); /* hangs on b, which a deletes */
    struct ox_delta a2 = erase_at(&a, 1, 2, A);
    struct ox_vv stable = {0};
    take(&b, &a2);
    take(&a, &b1);
    take(&late, &a1);
    take(&late, &a2);
    g_assert_cmpint(ox_vv_raise(&stable, A, 5), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &stable), ==, OX_OK);
    assert_reads(&a, "aX");
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 2}, A, NULL), ==, OX_NOOP);
    g_assert_cmpint(ox_rga_delete(&a, (struct ox_dot){A, 3}, A, NULL), ==, OX_NO_SUCH);
    take(&late, &b1); /* it finds what X hangs on, which it has not collected */
    assert_reads(&late, "aX");
    g_assert_cmpint(ox_object_join(&a, &late, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_join(&late, &a, NULL), ==, OX_OK);
    assert_same(&a, &late);
    g_assert_cmpint(ox_rga_delete(&late, (struct ox_dot){A, 3}, A, NULL), ==, OX_NO_SUCH);
    ox_vv_free(&stable);
    free_deltas(&a1, &b1, &a2, NULL);
    free_objects(&a, &b, &late, NULL);
}

/* D holds an insert from before, and nothing of its deletion, whose place A no longer has. */
static void who_lags_behind_what_was_collected_is_told_everything(void) {
    struct ox_object a = new_object(&ox_rga), d = new_object(&ox_rga), e = new_object(&ox_rga);
    struct ox_delta xyz = type_at(&a, 0, "xyz", A), gone = erase_at(&a, 1, 1, A), all = {0};
    g_assert_cmpint(ox_object_join_delta(&d, &xyz, NULL), ==, OX_OK);
    g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&a, &e.context, &all), ==, OX_OK);
    g_assert_cmpint(ox_object_join_delta(&e, &all, NULL), ==, OX_OK);
    g_assert_true(ox_object_equal(&e, &a));
    g_assert_cmpint(ox_object_delta_since(&a, &d.context, &all), ==, OX_OK);
    g_assert_cmpuint(all.brings.spans[0].first, ==, 1);
    struct ox_delta part = {0};
    g_assert_cmpint(ox_delta_copy(&part, &gone), ==, OX_OK);
    g_assert_cmpint(ox_vv_copy(&part.collected, &a.context), ==, OX_OK);
    g_assert_cmpint(ox_object_join_delta(&d, &part, NULL), ==, OX_GAP);
    assert_reads(&d, "xyz");
    g_assert_cmpint(ox_object_join_delta(&d, &all, NULL), ==, OX_OK);
    assert_reads(&d, "xz");
    g_assert_true(ox_object_equal(&d, &a));
    free_deltas(&xyz, &gone, &all, &part, NULL);
    free_objects(&a, &d, &e, NULL);
}

/* D holds "hi" from before, and is told by A, which has collected h. One delta of both would bring
 * h back to whoever has neither. */
static void deltas_from_before_and_after_a_collection_stay_apart(void) {
    struct ox_object a = new_object(&ox_rga), d = new_object(&ox_rga);
    struct ox_delta hi = type_at(&a, 0, "hi", A), gone = erase_at(&a, 0, 1, A);
    struct ox_delta all = {0}, group = {0};
    take(&d, &hi);
    g_assert_cmpint(ox_object_collect(&a, &a.context), ==, OX_OK);
    g_assert_cmpint(ox_object_delta_since(&a, &d.context, &all), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &hi), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &all), ==, OX_GAP);
    assert_delta(&group, "", "A:1-2", "", "[\"h\",\"i\"]");
    ox_delta_clear(&group);
    g_assert_cmpint(ox_delta_merge(&group, &all), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &all), ==, OX_OK);
    g_assert_cmpint(ox_delta_merge(&group, &gone), ==, OX_GAP);
    take(&d, &group);
    assert_reads(&d, "i");
    assert_same(&a, &d);
    free_deltas(&hi, &gone, &all, &group, NULL);
    free_objects(&a, &d, NULL);
}

/* As it may come from a stranger. */
static void a_greatest_lamport_refuses_more(void) {
    struct ox_value x = ox_value_text("x"), list[] = {x, ox_value_int(1)};
    for (uint8_t last = 0xfe; last != 0; last++) {
        struct ox_object a;
        /* [{A: 1}, [2^64 - 2 above none, []]], and 2^64 - 1 */
        const uint8_t bytes[] = {0x82, 0xa1, 0x01, 0x01, 0x82, 0x1b, 0xff, 0xff,
                                 0xff, 0xff, 0xff, 0xff, 0xff, last, 0x80};
        struct ox_cbor in = ox_cbor_of((struct ox_bytes){bytes, sizeof bytes});
        g_assert_cmpint(ox_object_decode(&a, &ox_rga, &in), ==, OX_OK);
        for (ox_replica self = A; self <= B; self++) {
            g_assert_cmpint(ox_rga_insert(&a, 0, &x, self, NULL), ==, OX_OVERFLOW);
            g_assert_cmpint(ox_rga_write(&a, 0, text_of("x"), self, NULL), ==, OX_OVERFLOW);
            g_assert_cmpint(ox_rga_write(&a, 0, text_of("xyz"), self, NULL), ==, OX_OVERFLOW);
            g_assert_cmpint(ox_rga_insert_list(&a, 0, list, 2, self, NULL), ==, OX_OVERFLOW);
        }
        assert_object(&a, "A:1", "[]");
        ox_object_free(&a);
    }
}

/* A run of one character per delta, and all of it again, is known byte by byte. */
static void bytes_are_known(void) {
    struct ox_object a = new_object(&ox_rga);
    struct ox_delta d1 = type_at(&a, 0, "hi", A), d2 = type_at(&a, 2, "!", A);
    struct ox_delta d3 = erase_at(&a, 0, 2, A);
    struct ox_buf out = {0};
    ox_delta_encode(&d2, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x84\xa0\xa1\x01\x82\x03\x01\xa0"
                    "\x82\x00\x82\x81\x84\x01\x03\x03\x61!\x80",
                    19);
    ox_buf_clear(&out);
    ox_delta_encode(&d3, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x84\xa0\xa1\x01\x82\x04\x02\xa0"
                    "\x82\x00\x82\x80\x81\x86\x01\x01\x01\x04\x02\x01",
                    20);
    ox_buf_clear(&out);
    ox_object_encode(&a, &out);
    g_assert_cmpmem(out.data, out.size,
                    "\x82\xa1\x01\x05\x82\x00\x89\x81\x01\x80\x82\x05\x00"
                    "\x82\x00\x00\x82\x00\x00\x81\x02\x81\x02\x61!\x80",
                    26);
    ox_buf_free(&out);
    free_deltas(&d1, &d2, &d3, NULL);
    ox_object_free(&a);
}

/* ---- a twin ---- */

/* One update of one place. */
struct event {
    struct ox_dot dot;
    uint64_t lamport; /* 0: a deletion */
    struct ox_dot at; /* hangs on, or deletes */
    char letter;
};

enum { REPLICAS = 3 };

/* All that ever happened, and the replicas that it happened at. */
struct world {
    GArray *events; /* of struct event */
    struct ox_object replicas[REPLICAS];
    GPtrArray *deltas[REPLICAS];     /* each replica's own, in order */
    guint taken[REPLICAS][REPLICAS]; /* how many of another's */
    struct ox_vv reports[REPLICAS];  /* what each said last of what it holds */
    struct dice dice;
};

static void world_begin(struct world *world, uint64_t seed) {
    *world = (struct world){.dice = {seed}};
    world->events = g_array_new(FALSE, FALSE, sizeof(struct event));
    for (int i = 0; i < REPLICAS; i++) {
        world->replicas[i] = new_object(&ox_rga);
        world->deltas[i] = g_ptr_array_new();
    }
}

static void world_end(struct world *world) {
    for (int i = 0; i < REPLICAS; i++) {
        ox_object_free(&world->replicas[i]);
        ox_vv_free(&world->reports[i]);
        for (guint k = 0; k < world->deltas[i]->len; k++) {
            ox_delta_free(g_ptr_array_index(world->deltas[i], k));
            g_free(g_ptr_array_index(world->deltas[i], k));
        }
        g_ptr_array_free(world->deltas[i], TRUE);
    }
    g_array_free(world->events, TRUE);
}

static gint by_age(gconstpointer left, gconstpointer right) {
    const struct event *a = *(struct event *const *)left, *b = *(struct event *const *)right;
    if (a->lamport != b->lamport)
        return a->lamport < b->lamport ? -1 : 1;
    return a->dot.replica < b->dot.replica ? -1 : 1;
}

/* What a context shows: every place goes right behind what it hangs on, the oldest first. */
static char *twin_reads(const struct world *world, const struct ox_vv *context) {
    GPtrArray *inserts = g_ptr_array_new(), *line = g_ptr_array_new();
    for (guint i = 0; i < world->events->len; i++) {
        struct event *event = &g_array_index(world->events, struct event, i);
        if (event->lamport > 0 && ox_vv_has(context, event->dot))
            g_ptr_array_add(inserts, event);
    }
    g_ptr_array_sort(inserts, by_age);
    for (guint i = 0; i < inserts->len; i++) {
        struct event *event = g_ptr_array_index(inserts, i);
        guint at = 0;
        while (event->at.n > 0 &&
               ox_dot_compare(((struct event *)g_ptr_array_index(line, at++))->dot, event->at))
            continue;
        g_ptr_array_insert(line, (gint)at, event);
    }
    GHashTable *dead = g_hash_table_new(g_int64_hash, g_int64_equal);
    for (guint i = 0; i < world->events->len; i++) {
        struct event *event = &g_array_index(world->events, struct event, i);
        event->at.n |= event->at.replica << 40; /* one number, for the table */
        if (event->lamport == 0 && ox_vv_has(context, event->dot))
            g_hash_table_add(dead, &event->at.n);
    }
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < line->len; i++) {
        struct event *event = g_ptr_array_index(line, i);
        uint64_t key = event->dot.n | event->dot.replica << 40;
        if (!g_hash_table_contains(dead, &key))
            g_string_append_c(text, event->letter);
    }
    for (guint i = 0; i < world->events->len; i++)
        g_array_index(world->events, struct event, i).at.n &= (UINT64_C(1) << 40) - 1;
    g_hash_table_destroy(dead);
    g_ptr_array_free(inserts, TRUE);
    g_ptr_array_free(line, TRUE);
    return g_string_free(text, FALSE);
}

static void remember(struct world *world, const struct event *first, uint64_t count) {
    struct event event = *first;
    for (uint64_t i = 0; i < count; i++) {
        g_array_append_val(world->events, event);
        event.dot.n++;
        event.at = (struct ox_dot){first->dot.replica, event.dot.n - 1};
        event.lamport++;
        event.letter++;
    }
}

static void world_writes(struct world *world, int at, uint64_t position, struct ox_delta *delta) {
    struct ox_object *o = &world->replicas[at];
    uint64_t count = 1 + dice_roll(&world->dice, 4);
    char letters[] = "abcdefgh";
    struct event first = {
        .dot = {(ox_replica)at + A, ox_vv_get(&o->context, (ox_replica)at + A) + 1}, .letter = 'a'};
    if (position > 0)
        first.at = ox_rga_at(o, position - 1);
    letters[count] = 0;
    g_assert_cmpint(ox_rga_write(o, position, text_of(letters), (ox_replica)at + A, delta), ==,
                    OX_OK);
    struct ox_stamp stamp;
    g_assert_true(ox_rga.stamp_of(o->store, first.dot, &stamp));
    first.lamport = stamp.physical_ns;
    remember(world, &first, count);
}

static void world_erases(struct world *world, int at, uint64_t position, struct ox_delta *delta) {
    struct ox_object *o = &world->replicas[at];
    uint64_t count = 1 + dice_roll(&world->dice, 6);
    ox_replica self = (ox_replica)at + A;
    uint64_t n = ox_vv_get(&o->context, self), length = ox_rga_length(o);
    for (uint64_t i = position; i < position + count && i < length; i++) {
        struct event event = {.dot = {self, ++n}, .at = ox_rga_at(o, i)};
        g_array_append_val(world->events, event);
    }
    g_assert_cmpint(ox_rga_erase(o, position, count, self, delta), ==, OX_OK);
    g_assert_cmpuint(ox_vv_get(&o->context, self), ==, n);
}

static void world_edits(struct world *world, int at) {
    uint64_t length = ox_rga_length(&world->replicas[at]);
    uint64_t position = dice_roll(&world->dice, length + 1);
    struct ox_delta *delta = g_new0(struct ox_delta, 1);
    if (dice_roll(&world->dice, 3) == 0 && position < length)
        world_erases(world, at, position, delta);
    else
        world_writes(world, at, position, delta);
    g_ptr_array_add(world->deltas[at], delta);
}

/* The next deltas of another, some of them as a group; what lacks others is refused and waits. */
static void world_delivers(struct world *world, int to, int from) {
    guint *taken = &world->taken[to][from];
    struct ox_delta group = {0};
    guint size = 1 + (guint)dice_roll(&world->dice, 12), last = *taken;
    for (; last < *taken + size && last < world->deltas[from]->len; last++)
        g_assert_cmpint(ox_delta_merge(&group, g_ptr_array_index(world->deltas[from], last)), ==,
                        OX_OK);
    enum ox_status status = join(&world->replicas[to], &group);
    g_assert_true(status == OX_OK || status == OX_GAP);
    if (status == OX_OK) {
        g_assert_cmpint(join(&world->replicas[to], &group), ==, OX_OK); /* once more */
        *taken = last;
    }
    ox_delta_free(&group);
}

static void world_joins(struct world *world, int to, int from) {
    struct ox_object *a = &world->replicas[to], *b = &world->replicas[from];
    struct ox_delta answer = {0};
    if (dice_roll(&world->dice, 2) == 0) {
        g_assert_cmpint(ox_object_join(a, b, NULL), ==, OX_OK);
        return;
    }
    g_assert_cmpint(ox_object_delta_since(b, &a->context, &answer), ==, OX_OK);
    g_assert_cmpint(join(a, &answer), ==, OX_OK);
    ox_delta_free(&answer);
}

static void world_collects(struct world *world, int at) {
    struct ox_object *o = &world->replicas[at];
    struct ox_vv stable = {0};
    stable_at(o, at, world->reports, REPLICAS, &stable);
    g_assert_cmpint(ox_object_collect(o, &stable), ==, OX_OK);
    ox_vv_free(&stable);
}

static void world_reports(struct world *world, int at) {
    g_assert_cmpint(ox_vv_copy(&world->reports[at], &world->replicas[at].context), ==, OX_OK);
}

static void assert_shows_what_the_twin_does(const struct world *world, int at) {
    char *right = twin_reads(world, &world->replicas[at].context);
    assert_reads(&world->replicas[at], right);
    g_free(right);
}

static void world_settles(struct world *world) {
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < REPLICAS; i++)
            for (int k = 0; k < REPLICAS; k++)
                g_assert_cmpint(ox_object_join(&world->replicas[i], &world->replicas[k], NULL), ==,
                                OX_OK);
    for (int i = 1; i < REPLICAS; i++)
        assert_same(&world->replicas[0], &world->replicas[i]);
    assert_shows_what_the_twin_does(world, 0);
}

static void run_world(uint64_t seed, unsigned steps, bool collecting) {
    struct world world;
    world_begin(&world, seed);
    for (unsigned step = 0; step < steps; step++) {
        int at = (int)dice_roll(&world.dice, REPLICAS);
        int from = (at + 1 + (int)dice_roll(&world.dice, REPLICAS - 1)) % REPLICAS;
        switch (dice_roll(&world.dice, 32)) {
        case 0:
            world_joins(&world, at, from);
            break;
        case 1:
            world_reports(&world, at);
            break;
        case 2:
            if (collecting)
                world_collects(&world, at);
            break;
        case 3:
        case 4:
        case 5:
        case 6:
            world_delivers(&world, at, from);
            break;
        default:
            world_edits(&world, at);
            break;
        }
        if (step % 64 == 0)
            assert_valid(&world.replicas[at]);
        if (step % 1024 == 1000)
            assert_shows_what_the_twin_does(&world, at);
    }
    world_settles(&world);
    world_end(&world);
}

static void long_histories_read_as_the_twin(void) {
    run_world(1, 6000, false);
    for (uint64_t seed = 2; seed < 30; seed++)
        run_world(seed * 7919, 200, false);
}

static void collecting_changes_no_value(void) {
    run_world(3, 4000, true);
    for (uint64_t seed = 2; seed < 60; seed++)
        run_world(seed * 104729, 300, true);
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rga/text is typed and erased by position",
                    text_is_typed_and_erased_by_position);
    g_test_add_func("/rga/elements are any scalar value", elements_are_any_scalar_value);
    g_test_add_func("/rga/a list is as many inserts", a_list_is_as_many_inserts);
    g_test_add_func("/rga/ids stay when positions move", ids_stay_when_positions_move);
    g_test_add_func("/rga/the greater timestamp goes first", the_greater_timestamp_goes_first);
    g_test_add_func("/rga/runs typed forwards do not interleave",
                    runs_typed_forwards_do_not_interleave);
    g_test_add_func("/rga/runs typed backwards may interleave",
                    runs_typed_backwards_may_interleave);
    g_test_add_func("/rga/the least deletion is kept", the_least_deletion_is_kept);
    g_test_add_func("/rga/a group keeps the least deletion", a_group_keeps_the_least_deletion);
    g_test_add_func("/rga/collected places do not come back", collected_places_do_not_come_back);
    g_test_add_func("/rga/who lags behind what was collected is told everything",
                    who_lags_behind_what_was_collected_is_told_everything);
    g_test_add_func("/rga/deltas from before and after a collection stay apart",
                    deltas_from_before_and_after_a_collection_stay_apart);
    g_test_add_func("/rga/a greatest lamport refuses more", a_greatest_lamport_refuses_more);
    g_test_add_func("/rga/bytes are known", bytes_are_known);
    g_test_add_func("/rga/long histories read as the twin", long_histories_read_as_the_twin);
    g_test_add_func("/rga/collecting changes no value", collecting_changes_no_value);
    return g_test_run();
}
