#include "props/bench_text.h"

#include "crdt/bench/bench_calm.h"
#include "crdt/bench/bench_verdict.h"
#include "crdt/rga.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define RUNS_DEFAULT 5
#define RUNS_MAX     99
#define HIGH_LEVEL   19
#define FIRST        1 /* the replica of a sequential history */

/* So many updates at most are one delta, or operation. */
enum { GROUP_SIZES = 3 };
static const guint group_sizes[GROUP_SIZES] = {10, 100, 1000};

/* The same updates taken in groups, and one by one. */
struct batches {
    double grouped, singles; /* ns */
    double groups, units;    /* how many there were of each */
    double most;             /* units of one group */
};

/* What one run measures; times in ns. */
struct measured {
    double local, remote, merge, encode, taken;
    double live, raw, zstd3, zstd_high, deltas, length, runs_of_deltas, operations, operation_count;
    struct batches of_deltas[GROUP_SIZES], of_operations[GROUP_SIZES];
    bool right;
};

static void count_group(struct batches *batches, guint units) {
    batches->groups++;
    batches->units += units;
    if (units > batches->most)
        batches->most = units;
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void must(enum ox_status status) {
    if (status == OX_OK || status == OX_NOOP)
        return;
    fprintf(stderr, "oxbow bench text: %s\n", ox_status_text(status));
    _exit(status == OX_INVALID ? 65 : 70);
}

static struct ox_object new_text(void) {
    struct ox_object object;
    must(ox_object_init(&object, &ox_rga));
    return object;
}

static void type_patch(const struct ox_text_history *history, guint number, struct ox_object *text,
                       ox_replica replica, struct ox_delta *erased, struct ox_delta *written) {
    const struct ox_text_patch *patch =
        &g_array_index(history->patches, struct ox_text_patch, number);
    struct ox_bytes bytes = {(const uint8_t *)history->texts->str + patch->text, patch->size};
    if (patch->erased > 0)
        must(ox_rga_erase(text, patch->position, patch->erased, replica, erased));
    if (patch->size > 0)
        must(ox_rga_write(text, patch->position, bytes, replica, written));
}

static void type_start(struct ox_object *text, const struct ox_text_history *history,
                       struct ox_delta *delta) {
    struct ox_bytes bytes = ox_bytes_of_text(history->start);
    if (bytes.size > 0)
        must(ox_rga_write(text, 0, bytes, FIRST, delta));
}

static bool reads(const struct ox_object *text, const char *wanted) {
    struct ox_buf out = {0};
    must(ox_rga_text(text, &out));
    bool same = out.size == strlen(wanted) && memcmp(out.data, wanted, out.size) == 0;
    ox_buf_free(&out);
    return same;
}

/* ---- one author ---- */

static void type_all(const struct ox_text_history *history, struct ox_object *text) {
    type_start(text, history, NULL);
    for (guint i = 0; i < history->patches->len; i++)
        type_patch(history, i, text, FIRST, NULL, NULL);
}

static double join_all(struct ox_object *to, const struct ox_delta *deltas, guint count) {
    double begin = now_ns();
    for (guint i = 0; i < count; i++)
        if (!ox_delta_empty(&deltas[i]))
            must(ox_object_join_delta(to, &deltas[i], NULL));
    return now_ns() - begin;
}

/* Types it all again, and has a second replica take every update; in batches, so that the deltas of
 * a whole history need not be in memory. */
static void deliver_all(const struct ox_text_history *history, struct measured *out) {
    enum { BATCH = 512 };
    struct ox_object from = new_text(), to = new_text();
    struct ox_delta *deltas = g_new0(struct ox_delta, 2 * BATCH);
    struct ox_buf wire = {0};
    type_start(&from, history, &deltas[0]);
    if (deltas[0].type != NULL)
        must(ox_object_join_delta(&to, &deltas[0], NULL));
    for (guint at = 0; at < history->patches->len; at += BATCH) {
        guint end = MIN(at + BATCH, history->patches->len);
        for (guint i = at; i < end; i++) {
            struct ox_delta *pair = &deltas[2 * (i - at)];
            ox_delta_clear(&pair[0]);
            ox_delta_clear(&pair[1]);
            type_patch(history, i, &from, FIRST, &pair[0], &pair[1]);
        }
        out->remote += join_all(&to, deltas, 2 * (end - at));
        for (guint i = 0; i < 2 * (end - at); i++) {
            if (ox_delta_empty(&deltas[i]))
                continue;
            ox_buf_clear(&wire);
            ox_delta_encode(&deltas[i], &wire);
            out->deltas += (double)wire.size;
            out->runs_of_deltas++;
        }
    }
    out->right = out->right && ox_object_equal(&from, &to);
    for (guint i = 0; i < 2 * BATCH; i++)
        ox_delta_free(&deltas[i]);
    g_free(deltas);
    ox_buf_free(&wire);
    ox_object_free(&from);
    ox_object_free(&to);
}

/* The same with `size` patches as one delta, merged where they were made. One replica takes the
 * groups and another their deltas, in turns, because the speed of a machine comes and goes. */
static void deliver_groups(const struct ox_text_history *history, guint size, struct batches *out,
                           bool *right) {
    struct ox_object from = new_text(), to = new_text(), one = new_text();
    struct ox_delta *deltas = g_new0(struct ox_delta, 2 * size + 1), *group = &deltas[2 * size];
    type_start(&from, history, &deltas[0]);
    join_all(&to, deltas, 1);
    join_all(&one, deltas, 1);
    for (guint at = 0; at < history->patches->len; at += size) {
        guint count = 2 * MIN(size, history->patches->len - at);
        for (guint i = 0; i <= 2 * size; i++)
            ox_delta_clear(&deltas[i]);
        for (guint i = 0; i < count; i += 2)
            type_patch(history, at + i / 2, &from, FIRST, &deltas[i], &deltas[i + 1]);
        for (guint i = 0; i < count; i++)
            if (!ox_delta_empty(&deltas[i]))
                must(ox_delta_merge(group, &deltas[i]));
        out->singles += join_all(&one, deltas, count);
        out->grouped += join_all(&to, group, 1);
        count_group(out, count / 2);
    }
    *right = *right && ox_object_equal(&from, &to) && ox_object_equal(&from, &one);
    for (guint i = 0; i <= 2 * size; i++)
        ox_delta_free(&deltas[i]);
    g_free(deltas);
    ox_object_free(&from);
    ox_object_free(&to);
    ox_object_free(&one);
}

static double take_wire(struct ox_object *to, const struct ox_buf *wire, struct ox_rga_op *op) {
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(wire));
    ox_bench_calm_wait();
    double begin = now_ns();
    while (!ox_cbor_done(&in)) {
        must(ox_rga_op_decode(op, &in));
        must(ox_rga_op_take(to, op));
    }
    return now_ns() - begin;
}

/* The same by operations, one element each, from their bytes. */
static void take_all(const struct ox_text_history *history, struct measured *out) {
    enum { BATCH = 4096 };
    struct ox_object from = new_text(), to = new_text();
    struct ox_rga_op op = {0};
    struct ox_buf wire = {0};
    struct ox_delta start = {0};
    type_start(&from, history, &start);
    must(ox_object_join_delta(&to, &start, NULL));
    ox_delta_free(&start);
    for (guint at = 0; at < history->patches->len; at += BATCH) {
        ox_buf_clear(&wire);
        for (guint i = at; i < MIN(at + BATCH, history->patches->len); i++) {
            const struct ox_text_patch *patch =
                &g_array_index(history->patches, struct ox_text_patch, i);
            const uint8_t *text = (const uint8_t *)history->texts->str + patch->text;
            for (uint64_t k = 0; k < patch->erased; k++, out->operation_count++) {
                must(ox_rga_op_erase(&from, patch->position, 1, FIRST, &op));
                ox_rga_op_encode(&op, &wire);
            }
            out->operation_count += patch->size > 0;
            if (patch->size == 0)
                continue;
            must(ox_rga_op_write(&from, patch->position, (struct ox_bytes){text, patch->size},
                                 FIRST, &op));
            ox_rga_op_encode(&op, &wire);
        }
        out->taken += take_wire(&to, &wire, &op);
        out->operations += (double)wire.size;
    }
    out->right = out->right && ox_object_equal(&from, &to);
    ox_rga_op_free(&op);
    ox_buf_free(&wire);
    ox_object_free(&from);
    ox_object_free(&to);
}

/* Edits that go on from one another, as one: typed on, or rubbed out in either direction. */
struct stroke {
    uint64_t position, erased;
    GString *text;
    guint patches;
};

static bool goes_on(const struct stroke *stroke, const struct ox_text_patch *patch,
                    uint64_t scalars) {
    if (patch->erased == 0)
        return stroke->erased == 0 && patch->position == stroke->position + scalars;
    return patch->size == 0 && stroke->text->len == 0 &&
           (patch->position == stroke->position ||
            patch->position + patch->erased == stroke->position);
}

/* The patches from one on, `most` at most, that are one stroke. */
static void collect_stroke(const struct ox_text_history *history, guint at, guint most,
                           struct stroke *stroke) {
    uint64_t scalars = 0;
    stroke->erased = stroke->patches = 0;
    g_string_truncate(stroke->text, 0);
    for (; stroke->patches < most; stroke->patches++) {
        const struct ox_text_patch *patch =
            &g_array_index(history->patches, struct ox_text_patch, at + stroke->patches);
        if (stroke->patches > 0 && !goes_on(stroke, patch, scalars))
            return;
        if (stroke->patches == 0 || patch->position < stroke->position)
            stroke->position = patch->position;
        stroke->erased += patch->erased;
        scalars += patch->scalars;
        g_string_append_len(stroke->text, history->texts->str + patch->text, (gssize)patch->size);
    }
}

/* The operations of one stroke, or of each of its elements, behind those of the strokes before. */
static guint put_operations(struct ox_object *from, const struct stroke *stroke, uint64_t elements,
                            struct ox_rga_op *op, struct ox_buf *wire) {
    guint count = 0;
    for (uint64_t left = stroke->erased; left > 0; left -= MIN(left, elements), count++) {
        must(ox_rga_op_erase(from, stroke->position, MIN(left, elements), FIRST, op));
        ox_rga_op_encode(op, wire);
    }
    const char *text = stroke->text->str, *end = text + stroke->text->len;
    for (uint64_t position = stroke->position; text < end; position++, count++) {
        const char *next = elements == 1 ? g_utf8_next_char(text) : end;
        struct ox_bytes bytes = {(const uint8_t *)text, (size_t)(next - text)};
        must(ox_rga_op_write(from, position, bytes, FIRST, op));
        ox_rga_op_encode(op, wire);
        text = next;
    }
    return count;
}

/* An operation can be a run: what goes on from one another within so many patches is told as one,
 * and to another replica element by element; in turns, as above. */
static void take_strokes(const struct ox_text_history *history, guint size, struct batches *out,
                         bool *right) {
    enum { BATCH = 4096 };
    struct ox_object by_run = new_text(), by_element = new_text(), to = new_text(),
                     one = new_text();
    struct stroke stroke = {.text = g_string_new(history->start)};
    struct ox_rga_op op = {0};
    struct ox_buf runs = {0}, elements = {0};
    put_operations(&by_run, &stroke, UINT64_MAX, &op, &runs);
    put_operations(&by_element, &stroke, 1, &op, &elements);
    for (guint at = 0, end = 0; at < history->patches->len; at = end) {
        for (end = at; end < MIN(at + BATCH, history->patches->len); end += stroke.patches) {
            collect_stroke(history, end, MIN(size, history->patches->len - end), &stroke);
            put_operations(&by_run, &stroke, UINT64_MAX, &op, &runs);
            count_group(out, put_operations(&by_element, &stroke, 1, &op, &elements));
        }
        out->singles += take_wire(&one, &elements, &op);
        out->grouped += take_wire(&to, &runs, &op);
        ox_buf_clear(&runs);
        ox_buf_clear(&elements);
    }
    *right = *right && ox_object_equal(&by_run, &to) && ox_object_equal(&by_element, &one) &&
             reads(&to, history->end) && reads(&one, history->end);
    ox_rga_op_free(&op);
    ox_buf_free(&runs);
    ox_buf_free(&elements);
    g_string_free(stroke.text, TRUE);
    ox_object_free(&by_run);
    ox_object_free(&by_element);
    ox_object_free(&to);
    ox_object_free(&one);
}

/* ---- several authors ---- */

/* One replica of a concurrent history, and what each of its transactions gave. */
struct author {
    struct ox_object text;
    uint64_t agent;
    GArray *made; /* of guint: its transactions */
};

struct concurrent {
    const struct ox_text_history *history;
    GPtrArray *authors;     /* of struct author */
    struct ox_vv *after;    /* per transaction: what has been seen once it is done */
    struct ox_delta *delta; /* per transaction: all that it did */
    guint *who;             /* per transaction: its author */
};

/* The replica that types a transaction: one of its agent that has seen nothing else. */
static guint author_of(struct concurrent *all, uint64_t agent, const struct ox_vv *needed) {
    for (guint i = 0; i < all->authors->len; i++) {
        struct author *author = g_ptr_array_index(all->authors, i);
        if (author->agent == agent && ox_vv_covers(needed, &author->text.context))
            return i;
    }
    struct author *fresh = g_new0(struct author, 1);
    fresh->agent = agent;
    fresh->text = new_text();
    fresh->made = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(all->authors, fresh);
    return all->authors->len - 1;
}

static int ascending(const void *a, const void *b) {
    guint x = *(const guint *)a, y = *(const guint *)b;
    return (x > y) - (x < y);
}

static uint64_t last_n(const struct concurrent *all, guint txn) {
    return all->delta[txn].brings.spans[0].last;
}

/* Gives a replica what it lacks of `needed`, in the order of the file. */
static void join_into(struct concurrent *all, struct author *author, const struct ox_vv *needed) {
    GArray *lacks = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < all->authors->len; i++) {
        const struct author *other = g_ptr_array_index(all->authors, i);
        uint64_t have = ox_vv_get(&author->text.context, i + FIRST);
        uint64_t want = ox_vv_get(needed, i + FIRST);
        for (guint k = other->made->len; k > 0 && want > have; k--) {
            guint txn = g_array_index(other->made, guint, k - 1);
            if (last_n(all, txn) <= have)
                break;
            if (last_n(all, txn) <= want)
                g_array_append_val(lacks, txn);
        }
    }
    g_array_sort(lacks, ascending);
    for (guint i = 0; i < lacks->len; i++)
        must(
            ox_object_join_delta(&author->text, &all->delta[g_array_index(lacks, guint, i)], NULL));
    g_array_unref(lacks);
}

static void type_txn(struct concurrent *all, guint number, double *local) {
    const struct ox_text_txn *txn = &g_array_index(all->history->txns, struct ox_text_txn, number);
    struct ox_vv needed = {0};
    for (guint i = 0; i < txn->parents; i++) {
        guint parent = g_array_index(all->history->parents, guint, txn->first_parent + i);
        must(ox_vv_join(&needed, &all->after[parent]));
    }
    guint who = all->who[number] = author_of(all, txn->agent, &needed);
    struct author *author = g_ptr_array_index(all->authors, who);
    double begin = now_ns();
    join_into(all, author, &needed);
    for (guint i = 0; i < txn->count; i++) {
        struct ox_delta erased = {0}, written = {0};
        type_patch(all->history, txn->first + i, &author->text, who + FIRST, &erased, &written);
        must(ox_delta_merge(&all->delta[number], &erased));
        must(ox_delta_merge(&all->delta[number], &written));
        ox_delta_free(&erased);
        ox_delta_free(&written);
    }
    *local += now_ns() - begin;
    must(ox_vv_copy(&all->after[number], &author->text.context));
    if (all->delta[number].brings.count > 0)
        g_array_append_val(author->made, number);
    ox_vv_free(&needed);
}

/* The transactions of an author up to another one's turn, `size` at most, as one delta: in the
 * order of the file each has what it needs. Two replicas take the whole history, as with one
 * author. */
static void deliver_turns(const struct concurrent *all, guint size, const struct ox_object *text,
                          struct batches *out, bool *right) {
    struct ox_object to = new_text(), one = new_text();
    struct ox_delta group = {0};
    guint count = all->history->txns->len;
    for (guint at = 0, end = 0; at < count; at = end) {
        ox_delta_clear(&group);
        for (end = at; end < MIN(at + size, count) && all->who[end] == all->who[at]; end++)
            if (!ox_delta_empty(&all->delta[end]))
                must(ox_delta_merge(&group, &all->delta[end]));
        out->singles += join_all(&one, &all->delta[at], end - at);
        out->grouped += join_all(&to, &group, 1);
        count_group(out, end - at);
    }
    *right = *right && ox_object_equal(&to, text) && ox_object_equal(&one, text);
    ox_delta_free(&group);
    ox_object_free(&to);
    ox_object_free(&one);
}

/* All that was ever typed, at a replica that took it delta by delta. */
static void type_together(const struct ox_text_history *history, struct ox_object *text,
                          struct measured *out) {
    guint count = history->txns->len;
    struct concurrent all = {history, g_ptr_array_new(), g_new0(struct ox_vv, count),
                             g_new0(struct ox_delta, count), g_new0(guint, count)};
    struct ox_buf wire = {0};
    for (guint i = 0; i < count; i++)
        type_txn(&all, i, &out->local);
    ox_bench_calm_wait();
    double begin = now_ns();
    for (guint i = 0; i < count; i++)
        must(ox_object_join_delta(text, &all.delta[i], NULL));
    out->remote = now_ns() - begin;
    for (size_t i = 0; i < GROUP_SIZES; i++)
        deliver_turns(&all, group_sizes[i], text, &out->of_deltas[i], &out->right);
    for (guint i = 0; i < count; i++) {
        if (!ox_delta_empty(&all.delta[i])) {
            ox_buf_clear(&wire);
            ox_delta_encode(&all.delta[i], &wire);
            out->deltas += (double)wire.size;
            out->runs_of_deltas++;
        }
        ox_delta_free(&all.delta[i]);
        ox_vv_free(&all.after[i]);
    }
    for (guint i = 0; i < all.authors->len; i++) {
        struct author *author = g_ptr_array_index(all.authors, i);
        must(ox_object_join(&author->text, text, NULL));
        out->right = out->right && ox_object_equal(&author->text, text);
        ox_object_free(&author->text);
        g_array_unref(author->made);
        g_free(author);
    }
    g_ptr_array_unref(all.authors);
    g_free(all.after);
    g_free(all.delta);
    g_free(all.who);
    ox_buf_free(&wire);
}

/* ---- one run ---- */

static double zstd_size(const struct ox_buf *raw, int level) {
    size_t room = ZSTD_compressBound(raw->size);
    void *packed = g_malloc(room);
    size_t size = ZSTD_compress(packed, room, raw->data, raw->size, level);
    g_free(packed);
    return ZSTD_isError(size) ? 0 : (double)size;
}

static void measure_state(const struct ox_object *text, const struct ox_text_history *history,
                          struct measured *out) {
    struct ox_buf wire = {0}, read = {0};
    struct ox_object decoded, empty = new_text();
    out->live = (double)ox_object_bytes(text);
    out->length = (double)ox_rga_length(text);
    ox_bench_calm_wait();
    double begin = now_ns();
    ox_object_encode(text, &wire);
    out->encode = now_ns() - begin;
    must(ox_buf_status(&wire));
    out->raw = (double)wire.size;
    out->zstd3 = zstd_size(&wire, 3);
    out->zstd_high = zstd_size(&wire, HIGH_LEVEL);
    ox_bench_calm_wait();
    begin = now_ns();
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&wire));
    must(ox_object_decode(&decoded, &ox_rga, &in));
    must(ox_object_join(&empty, &decoded, NULL));
    must(ox_rga_text(&empty, &read));
    out->merge = now_ns() - begin;
    out->right = out->right && ox_object_equal(&empty, text) && reads(text, history->end);
    ox_object_free(&decoded);
    ox_object_free(&empty);
    ox_buf_free(&wire);
    ox_buf_free(&read);
}

/* What is timed is the type, and not how a new process comes to see the history. */
static void look_over(const struct ox_text_history *history) {
    uint64_t elements = 0;
    for (guint i = 0; i < history->patches->len; i++) {
        const struct ox_text_patch *patch =
            &g_array_index(history->patches, struct ox_text_patch, i);
        elements += (uint64_t)patch->scalars + patch->erased;
    }
    g_assert(elements == history->elements &&
             g_utf8_validate(history->texts->str, (gssize)history->texts->len, NULL));
}

static void run(const struct ox_text_history *history, struct measured *out) {
    struct ox_object text = new_text();
    look_over(history);
    *out = (struct measured){.right = true};
    if (history->concurrent) {
        type_together(history, &text, out);
    } else {
        ox_bench_calm_wait();
        double begin = now_ns();
        type_all(history, &text);
        out->local = now_ns() - begin;
    }
    measure_state(&text, history, out);
    if (!history->concurrent) {
        deliver_all(history, out);
        for (size_t i = 0; i < GROUP_SIZES; i++)
            deliver_groups(history, group_sizes[i], &out->of_deltas[i], &out->right);
        take_all(history, out);
        for (size_t i = 0; i < GROUP_SIZES; i++)
            take_strokes(history, group_sizes[i], &out->of_operations[i], &out->right);
    }
    ox_object_free(&text);
}

/* Runs it in a child, with a heap of its own. 0, or the child's exit code. */
static int run_apart(const struct ox_text_history *history, struct measured *out) {
    int ends[2], code = 0;
    if (pipe(ends) != 0)
        return 70;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run(history, out);
        _exit(write(ends[1], out, sizeof *out) == sizeof *out ? 0 : 70);
    }
    close(ends[1]);
    bool whole = read(ends[0], out, sizeof *out) == sizeof *out;
    close(ends[0]);
    while (child > 0 && waitpid(child, &code, 0) < 0 && errno == EINTR)
        continue;
    if (child > 0 && WIFEXITED(code) && WEXITSTATUS(code) != 0)
        return WEXITSTATUS(code);
    return whole ? 0 : 70;
}

/* ---- telling ---- */

static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of one field of all runs. */
static double median(const struct measured *all, size_t count, size_t field) {
    double values[RUNS_MAX];
    for (size_t i = 0; i < count; i++)
        values[i] = *(const double *)((const char *)&all[i] + field);
    qsort(values, count, sizeof *values, rising);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
#define MEDIAN(field) median(all, runs, offsetof(struct measured, field))

/* A batch is never slower than its single updates. `about` says how many it may have; the line ends
 * with how many they have, where a history has no more that can be one. */
static void tell_batches(const struct measured *all, size_t runs, size_t field, const char *about,
                         const char *unit) {
    for (size_t i = 0; i < GROUP_SIZES; i++) {
        size_t offset = field + i * sizeof(struct batches);
        double grouped = median(all, runs, offset + offsetof(struct batches, grouped));
        double singles = median(all, runs, offset + offsetof(struct batches, singles));
        double groups = median(all, runs, offset + offsetof(struct batches, groups));
        double units = median(all, runs, offset + offsetof(struct batches, units));
        char *title = g_strdup_printf(about, group_sizes[i]);
        printf("  %-44s %9.2f ms  %7.1f ns per %s, one by one %.1f  %s  (%.1f in each, %.0f at "
               "most)\n",
               title, grouped / 1e6, grouped / units, unit, singles / units,
               grouped <= singles ? "holds" : "FALSE", units / groups,
               median(all, runs, offset + offsetof(struct batches, most)));
        g_free(title);
    }
}

static void tell(const struct ox_text_history *history, const struct measured *all, size_t runs) {
    const struct measured *one = &all[0];
    double patches = history->patches->len, ms = 1e6;
    double local = MEDIAN(local), remote = MEDIAN(remote);
    printf("  transactions %u, patches %u, elements typed or erased %" G_GUINT64_FORMAT
           ", final length %.0f\n",
           history->txns->len, history->patches->len, history->elements, one->length);
    printf("  %-44s %9.2f ms  %7.1f ns per patch\n",
           history->concurrent ? "typed, with what was merged before each" : "typed at one replica",
           local / ms, local / patches);
    printf("  %-44s %9.2f ms  %7.1f ns per patch\n", "every delta taken at a second replica",
           remote / ms, remote / patches);
    tell_batches(all, runs, offsetof(struct measured, of_deltas),
                 history->concurrent ? "there, up to %u of one author's as one"
                                     : "there, %u patches as one delta",
                 history->concurrent ? "transaction" : "patch");
    if (!history->concurrent) {
        printf("  %-44s %9.2f ms  %7.1f ns each\n", "every operation decoded and taken there",
               MEDIAN(taken) / ms, MEDIAN(taken) / one->operation_count);
        tell_batches(all, runs, offsetof(struct measured, of_operations),
                     "there, what goes on in %u patches as one", "element");
    }
    printf("  %-44s %9.2f ms\n", "whole state encoded", MEDIAN(encode) / ms);
    printf("  %-44s %9.2f ms\n", "decoded, merged into an empty replica, read", MEDIAN(merge) / ms);
    printf("  %-44s %9.0f B   %7.2f B per character\n", "live memory", one->live,
           one->live / one->length);
    printf("  %-44s %9.0f B   zstd -3 %.0f B, zstd -%d %.0f B\n", "whole state, history kept",
           one->raw, one->zstd3, HIGH_LEVEL, one->zstd_high);
    printf("  %-44s %9.1f B   (%.0f of them)\n", "a delta on the wire, on average",
           one->deltas / one->runs_of_deltas, one->runs_of_deltas);
    if (!history->concurrent)
        printf("  %-44s %9.1f B   (%.0f of them)\n", "an operation on the wire, on average",
               one->operations / one->operation_count, one->operation_count);
}

/* The file that numbers were set for, wherever it lies, packed or not. */
static bool is_named(const char *path, const char *name) {
    char *base = g_path_get_basename(path);
    bool is =
        g_str_has_prefix(base, name) && (base[strlen(name)] == '.' || base[strlen(name)] == 0);
    g_free(base);
    return is;
}

/* As oxbow bench crdt says it of its own. */
static void judge(const struct measured *all, size_t runs) {
    double ms = 1e6, kb = 1e3;
    const struct measured *one = &all[0];
    const struct {
        const char *id, *about, *unit;
        double bound, measured;
    } numbers[] = {
        {"time", "typed at one replica", "ms", 12, MEDIAN(local) / ms},
        {"time", "every operation decoded and taken at a second replica", "ms", 14,
         MEDIAN(taken) / ms},
        {"time", "whole state decoded, merged into an empty replica, read", "ms", 10,
         MEDIAN(merge) / ms},
        {"bytes", "whole state, history kept, zstd -3", "kB", 130, one->zstd3 / kb},
        {"bytes", "live memory", "kB", 3000, one->live / kb},
        {"bytes", "an operation on the wire, on average", "B", 14,
         one->operations / one->operation_count},
    };
    printf("\nNumbers to reach\n");
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        char said[64];
        ox_bench_say(said, sizeof said, numbers[i].measured, numbers[i].bound, false);
        printf("  %-5s %-56s <= %5.10g %-2s %9.2f  %s\n", numbers[i].id, numbers[i].about,
               numbers[i].bound, numbers[i].unit, numbers[i].measured, said);
    }
}

int ox_bench_text(int argc, char **argv) {
    static struct measured all[RUNS_MAX];
    struct ox_text_history history;
    GError *error = NULL;
    guint64 runs = RUNS_DEFAULT;
    if (argc < 2 || argc > 3 ||
        (argc == 3 && !g_ascii_string_to_unsigned(argv[2], 10, 1, RUNS_MAX, &runs, NULL))) {
        fprintf(stderr, "usage: oxbow bench text FILE [RUNS]    RUNS in 1..%d\n", RUNS_MAX);
        return 64;
    }
    if (!ox_text_history_read(&history, argv[1], &error)) {
        fprintf(stderr, "oxbow bench text: %s\n", error->message);
        g_error_free(error);
        return 65;
    }
    int code = 0;
    ox_bench_calm_begin((double)runs);
    malloc_trim(0); /* what reading the file left of the heap is not for the runs to clean up */
    for (guint64 i = 0; i < runs && code == 0; i++)
        code = run_apart(&history, &all[i]);
    if (code == 65)
        fprintf(stderr, "oxbow bench text: %s: a patch is outside the text\n", argv[1]);
    if (code == 0) {
        printf("%s: median of %u runs\n", argv[1], (unsigned)runs);
        tell(&history, all, runs);
        bool right = true;
        for (guint64 i = 0; i < runs; i++)
            right = right && all[i].right;
        printf("  %s\n", right ? "the text is endContent" : "WRONG: the text is not endContent");
        if (is_named(argv[1], "automerge-paper"))
            judge(all, runs);
        ox_bench_calm_print();
        code = right ? 0 : 1;
    }
    ox_text_history_clear(&history);
    return code;
}
