#include "crdt/bench/bench_measure.h"

#include "crdt/bench/bench_calm.h"
#include "crdt/bench/bench_work.h"
#include "crdt/gcounter.h"
#include "crdt/lww.h"
#include "crdt/orset.h"
#include "crdt/pncounter.h"
#include "crdt/rga.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    OPS = 20000,    /* of a figure that is timed per operation, at least */
    BATCHES = 20,   /* of a figure that is the median of batches */
    JOINS = 1000,   /* deltas of one entry */
    PAIRED = 10000, /* entries of each side of a join of two states */
    ROUNDS = 20000, /* of what takes some ns */
};

static uint64_t answers; /* what timed calls said */

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void need(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "oxbow bench crdt: %s\n", what);
    _exit(70);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* ---- piles: the entries of one type ---- */

/* An entry is a replica, whose first update names all that its object has seen (object.h). */
static bool counts(const struct ox_type *type) {
    return type == &ox_gcounter || type == &ox_pncounter;
}

struct pile {
    const struct ox_type *type;
    const struct ox_bench_work *work;
    struct ox_object *objects;
    uint64_t objects_count;
    uint64_t entries;
    ox_replica replica;
    uint64_t first; /* the number of its first entry */
};

/* The letters of all entries, made before anything is timed. */
static uint8_t *texts;

static void make_texts(uint64_t count) {
    texts = malloc(count * OX_BENCH_LETTERS + 1);
    need(texts != NULL, "no memory");
    for (uint64_t i = 0; i < count; i++)
        snprintf((char *)texts + i * OX_BENCH_LETTERS, OX_BENCH_LETTERS + 1, "k%07x", (unsigned)i);
}

/* All entries of a pile, to be dealt like cards: no prefetcher guesses the next. */
struct deal {
    uint32_t *cards;
    uint64_t count, dealt, dice;
};

static struct deal deal_new(uint64_t entries) {
    struct deal deal = {malloc(entries * sizeof *deal.cards), entries, entries, 1};
    need(deal.cards != NULL, "no memory");
    for (uint64_t i = 0; i < entries; i++)
        deal.cards[i] = (uint32_t)i;
    return deal;
}

/* Each once, then each once in another order. */
static uint32_t deal_next(struct deal *deal) {
    for (uint64_t i = deal->count - 1; i > 0 && deal->dealt == deal->count; i--) {
        deal->dice = deal->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t at = (deal->dice >> 33) % (i + 1);
        uint32_t card = deal->cards[i];
        deal->cards[i] = deal->cards[at];
        deal->cards[at] = card;
    }
    deal->dealt %= deal->count;
    return deal->cards[deal->dealt++];
}

/* A walk along entries of a pile: the first so many, or others with letters laid out for them. */
static struct ox_bench_walk walk_along(const struct pile *pile, uint64_t count) {
    return (struct ox_bench_walk){.objects = pile->objects,
                                  .many = pile->work->many,
                                  .texts = texts + pile->first * OX_BENCH_LETTERS,
                                  .count = count,
                                  .first = pile->first,
                                  .replica = pile->replica,
                                  .clock_ns = 1 + pile->first,
                                  .tick_ns = 1};
}

/* Only the n-th. */
static struct ox_bench_walk walk_to(const struct pile *pile, const uint32_t *nth) {
    struct ox_bench_walk walk = walk_along(pile, 1);
    walk.nths = nth;
    walk.texts += *nth * (size_t)OX_BENCH_LETTERS;
    walk.clock_ns += *nth;
    return walk;
}

static struct pile pile_new(const struct ox_type *type, uint64_t entries, ox_replica replica,
                            uint64_t first) {
    const struct ox_bench_work *work = ox_bench_work_of(type);
    struct pile pile = {type, work, NULL, work->many ? entries : 1, entries, replica, first};
    pile.objects = malloc(pile.objects_count * sizeof *pile.objects);
    need(pile.objects != NULL, "no memory");
    for (uint64_t i = 0; i < pile.objects_count; i++)
        need(ox_object_init(&pile.objects[i], type) == OX_OK, "no memory");
    return pile;
}

static void pile_free(struct pile *pile) {
    for (uint64_t i = 0; i < pile->objects_count; i++)
        ox_object_free(&pile->objects[i]);
    free(pile->objects);
}

static void pile_fill(struct pile *pile, struct ox_delta *delta) {
    struct ox_bench_walk all = walk_along(pile, pile->entries);
    need(pile->work->add(&all, delta) == OX_OK, "an entry could not be added");
}

static struct pile pile_copy(const struct pile *from) {
    struct pile to = *from;
    to.objects = malloc(to.objects_count * sizeof *to.objects);
    need(to.objects != NULL, "no memory");
    for (uint64_t i = 0; i < to.objects_count; i++)
        need(ox_object_copy(&to.objects[i], &from->objects[i]) == OX_OK, "no memory");
    return to;
}

static uint64_t pile_bytes(const struct pile *pile) {
    uint64_t bytes = pile->objects_count * sizeof *pile->objects;
    for (uint64_t i = 0; i < pile->objects_count; i++)
        bytes += ox_object_bytes(&pile->objects[i]);
    return bytes;
}

static uint64_t heap_in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return (uint64_t)info.uordblks + (uint64_t)info.hblkhd;
}

/* ---- the figures of a size ---- */

/* The mean of an entry of filling a pile from nothing; the median of some fills, of which the first
 * only warms up: it takes the pages from the system, which the allocator then keeps. */
static double time_fill(const struct ox_type *type, uint64_t entries, bool with_delta) {
    double times[BATCHES];
    size_t rounds = entries * BATCHES <= 2 * OPS ? BATCHES : entries <= 5 * OPS ? 4 : 2;
    for (size_t i = 0; i < rounds; i++) {
        struct ox_delta delta = {0};
        struct pile pile = pile_new(type, entries, 1, 0);
        ox_bench_calm_wait();
        double from = now_ns();
        pile_fill(&pile, with_delta ? &delta : NULL);
        times[i] = (now_ns() - from) / (double)entries;
        ox_delta_free(&delta);
        pile_free(&pile);
    }
    return median(times + 1, rounds - 1);
}

/* The entries to visit, laid out before anything is timed: what is slow to come by is to be the
 * pile, not what the caller knows. */
struct visits {
    uint32_t nths[OPS];
    uint8_t texts[OPS * OX_BENCH_LETTERS];
    uint64_t count;
    struct deal deal;
};

static struct visits *visits_new(const struct pile *pile, uint64_t count) {
    struct visits *visits = malloc(sizeof *visits);
    need(visits != NULL && count <= OPS, "no memory");
    visits->count = count;
    visits->deal = deal_new(pile->entries);
    return visits;
}

static void visits_free(struct visits *visits) {
    free(visits->deal.cards);
    free(visits);
}

static void visits_draw(struct visits *visits, const struct pile *pile) {
    for (uint64_t k = 0; k < visits->count; k++) {
        uint32_t nth = deal_next(&visits->deal);
        visits->nths[k] = nth;
        memcpy(visits->texts + k * OX_BENCH_LETTERS, texts + (pile->first + nth) * OX_BENCH_LETTERS,
               OX_BENCH_LETTERS);
    }
}

static struct ox_bench_walk walk_of(const struct visits *visits, const struct pile *pile,
                                    uint64_t at, uint64_t count) {
    struct ox_bench_walk walk = walk_along(pile, count);
    walk.nths = visits->nths + at;
    walk.texts = visits->texts + at * OX_BENCH_LETTERS;
    return walk;
}

/* The median of batches. At most `steps` entries are visited, each once if there are as many. */
static double time_steps(struct pile *pile, ox_bench_walker step, uint64_t steps, bool with_delta) {
    static uint64_t clock_ns = (UINT64_C(1) << 40) + 1; /* above every write before */
    static const uint64_t tick_ns = (1 << 24) + 7;
    double times[BATCHES];
    struct ox_delta delta = {0};
    struct visits *visits = visits_new(pile, steps);
    uint64_t batch = steps / BATCHES;
    visits_draw(visits, pile);
    for (size_t b = 0; b < BATCHES; b++) {
        struct ox_bench_walk walk = walk_of(visits, pile, b * batch, batch);
        walk.clock_ns = clock_ns;
        walk.tick_ns = tick_ns;
        clock_ns += batch * tick_ns;
        ox_bench_calm_wait();
        double from = now_ns();
        enum ox_status status = step(&walk, with_delta ? &delta : NULL);
        times[b] = (now_ns() - from) / (double)batch;
        need(status == OX_OK || status == OX_NOOP, "an update was refused");
        answers += (uint64_t)status;
    }
    visits_free(visits);
    ox_delta_free(&delta);
    return median(times, BATCHES);
}

/* The same of look-ups, in a pile that is in use: all of it was visited before. */
static double time_reads(const struct pile *pile, uint64_t reads) {
    double times[BATCHES];
    struct visits *visits = visits_new(pile, reads);
    for (uint64_t before = 0; before <= pile->entries && reads == OPS; before += reads) {
        visits_draw(visits, pile);
        struct ox_bench_walk walk = walk_of(visits, pile, 0, reads);
        answers += pile->work->read(&walk);
    }
    visits_draw(visits, pile);
    for (size_t b = 0; b < BATCHES; b++) {
        uint64_t batch = reads / BATCHES;
        struct ox_bench_walk walk = walk_of(visits, pile, b * batch, batch);
        ox_bench_calm_wait();
        double from = now_ns();
        answers += pile->work->read(&walk);
        times[b] = (now_ns() - from) / (double)batch;
    }
    visits_free(visits);
    return median(times, BATCHES);
}

/* Of counters a read is a walk over all. */
static uint64_t reads_of(const struct pile *pile) {
    bool walks = counts(pile->type);
    return walks && pile->entries > 10000 ? BATCHES : walks ? 40 * BATCHES : OPS;
}

static void encode_pile(const struct pile *pile, struct ox_buf *out) {
    ox_buf_clear(out);
    for (uint64_t i = 0; i < pile->objects_count; i++)
        ox_object_encode(&pile->objects[i], out);
    need(ox_buf_status(out) == OX_OK, "no memory");
}

static void decode_pile(const struct pile *pile, struct ox_bytes bytes) {
    struct ox_cbor in = ox_cbor_of(bytes);
    for (uint64_t i = 0; i < pile->objects_count; i++) {
        struct ox_object object;
        need(ox_object_decode(&object, pile->type, &in) == OX_OK, "a state could not be decoded");
        answers += object.context.count;
        ox_object_free(&object);
    }
}

static void time_codec(const struct pile *pile, double *figures) {
    double encode[5], decode[5];
    struct ox_buf out = {0};
    size_t rounds = pile->entries <= 10000 ? 5 : pile->entries <= 100000 ? 3 : 1;
    encode_pile(pile, &out); /* and takes the memory */
    for (size_t i = 0; i < rounds; i++) {
        ox_bench_calm_wait();
        double from = now_ns();
        encode_pile(pile, &out);
        double between = now_ns();
        decode_pile(pile, ox_buf_bytes(&out));
        encode[i] = between - from;
        decode[i] = now_ns() - between;
    }
    figures[OX_BENCH_ENCODE] = median(encode, rounds) / (double)pile->entries;
    figures[OX_BENCH_DECODE] = median(decode, rounds) / (double)pile->entries;
    figures[OX_BENCH_WIRE] = (double)out.size / (double)pile->entries;
    ox_buf_free(&out);
}

/* The deltas by which another replica adds entries that the pile has not; a new array. Of counters
 * others, each of which has seen nothing. */
static struct ox_delta *deltas_of_another(const struct pile *pile, uint64_t count) {
    struct pile other = pile_new(pile->type, count, 2, pile->entries);
    struct ox_delta *deltas = calloc(count, sizeof *deltas);
    need(deltas != NULL, "no memory");
    for (uint32_t i = 0; i < count; i++) {
        struct ox_bench_walk one = walk_to(&other, &i);
        need(other.work->add(&one, &deltas[i]) == OX_OK, "an entry could not be added");
        if (counts(pile->type)) {
            pile_free(&other);
            other = pile_new(pile->type, count, 2, pile->entries);
        }
    }
    pile_free(&other);
    return deltas;
}

static void free_all(struct ox_delta *deltas, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        ox_delta_free(&deltas[i]);
    free(deltas);
}

/* The median of batches, so that a table that grows (its cost is in ADD) does not hide the rest. */
static double time_joins(struct pile *pile) {
    double times[BATCHES];
    uint64_t count = pile->entries < JOINS ? pile->entries : JOINS, done = 0;
    struct ox_delta *deltas = deltas_of_another(pile, count);
    struct deal deal = deal_new(pile->entries);
    for (size_t b = 0; b < BATCHES; b++) {
        ox_bench_calm_wait();
        double from = now_ns();
        for (uint64_t k = 0; k < count / BATCHES; k++, done++) {
            struct ox_object *into = &pile->objects[pile->work->many ? deal_next(&deal) : 0];
            need(ox_object_join_delta(into, &deltas[done], NULL) == OX_OK, "a delta was refused");
        }
        times[b] = (now_ns() - from) / (double)(count / BATCHES);
    }
    free(deal.cards);
    free_all(deltas, count);
    return median(times, BATCHES);
}

static void measure_removal(const struct pile *pile, double *figures) {
    if (ox_bench_remover(pile->type) == NULL)
        return;
    struct pile copy = pile_copy(pile);
    uint64_t steps = pile->entries < OPS ? pile->entries : OPS;
    figures[OX_BENCH_REMOVE] = time_steps(&copy, ox_bench_remove, steps, true);
    pile_free(&copy);
}

static void measure(const struct ox_type *type, uint64_t entries, double *figures) {
    make_texts(entries + JOINS);
    uint64_t before = heap_in_use();
    struct pile pile = pile_new(type, entries, 1, 0);
    pile_fill(&pile, NULL);
    uint64_t in_use = heap_in_use() - before;
    figures[OX_BENCH_BYTES] = (double)pile_bytes(&pile) / (double)entries;
    if (in_use > 0)
        figures[OX_BENCH_HEAP] = (double)in_use / (double)entries;
    figures[OX_BENCH_ADD] = time_fill(type, entries, false);
    if (!counts(type) || entries <= JOINS) /* for it costs O(entries) */
        figures[OX_BENCH_ADD_DELTA] = time_fill(type, entries, true);
    if (pile.work->read != NULL)
        figures[OX_BENCH_READ] = time_reads(&pile, reads_of(&pile));
    time_codec(&pile, figures);
    measure_removal(&pile, figures);
    struct pile updated = pile_copy(&pile);
    figures[OX_BENCH_AGAIN] = time_steps(&updated, pile.work->again, OPS, false);
    figures[OX_BENCH_AGAIN_DELTA] = time_steps(&updated, pile.work->again, OPS, true);
    pile_free(&updated);
    figures[OX_BENCH_JOIN_ONE] = time_joins(&pile);
    pile_free(&pile);
}

/* ---- joins of states, and small deltas ---- */

static void join_piles(struct pile *pile, const struct pile *other) {
    for (uint64_t i = 0; i < pile->objects_count; i++)
        need(ox_object_join(&pile->objects[i], &other->objects[i], NULL) == OX_OK,
             "a state could not be joined");
}

/* In microseconds; the median of five, each into a copy of its own. */
static double time_join_piles(const struct pile *pile, const struct pile *other) {
    double times[6];
    for (size_t i = 0; i < 6; i++) {
        struct pile copy = pile_copy(pile);
        ox_bench_calm_wait();
        double from = now_ns();
        join_piles(&copy, other);
        times[i] = (now_ns() - from) / 1e3;
        pile_free(&copy);
    }
    return median(times + 1, 5);
}

static void time_delta_codec(const struct ox_delta *delta, double *figures) {
    struct ox_buf out = {0};
    struct ox_delta back = {0};
    double encode[BATCHES], decode[BATCHES];
    for (size_t b = 0; b < BATCHES; b++) {
        ox_bench_calm_wait();
        double from = now_ns();
        for (size_t k = 0; k < ROUNDS / BATCHES; k++) {
            ox_buf_clear(&out);
            ox_delta_encode(delta, &out);
            answers += out.size;
        }
        double between = now_ns();
        for (size_t k = 0; k < ROUNDS / BATCHES; k++) {
            struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&out));
            need(ox_delta_decode(&back, delta->type, &in) == OX_OK, "a delta did not come back");
        }
        encode[b] = (between - from) * BATCHES / ROUNDS;
        decode[b] = (now_ns() - between) * BATCHES / ROUNDS;
    }
    figures[OX_BENCH_TEN_ENCODE] = median(encode, BATCHES);
    figures[OX_BENCH_TEN_DECODE] = median(decode, BATCHES);
    figures[OX_BENCH_TEN_WIRE] = (double)out.size;
    ox_delta_free(&back);
    ox_buf_free(&out);
}

/* Ten entries of one object are one delta; of registers there is no such thing. */
static void measure_small_deltas(const struct pile *pile, double *figures) {
    struct ox_buf out = {0};
    struct ox_delta group = {0}, *deltas = deltas_of_another(pile, 10);
    ox_delta_encode(&deltas[9], &out);
    figures[OX_BENCH_ONE_WIRE] = (double)out.size;
    for (size_t i = 0; i < 10 && !pile->work->many; i++)
        need(ox_delta_merge(&group, &deltas[i]) == OX_OK, "deltas could not be merged");
    if (group.type != NULL)
        time_delta_codec(&group, figures);
    ox_delta_free(&group);
    free_all(deltas, 10);
    ox_buf_free(&out);
}

static void measure_pairs(const struct ox_type *type, uint64_t ignored, double *figures) {
    (void)ignored;
    make_texts(2 * PAIRED + JOINS);
    struct pile mine = pile_new(type, PAIRED, 1, 0), theirs = pile_new(type, PAIRED, 2, PAIRED);
    pile_fill(&mine, NULL);
    pile_fill(&theirs, NULL);
    measure_small_deltas(&mine, figures);
    figures[OX_BENCH_DISJOINT] = time_join_piles(&mine, &theirs);
    figures[OX_BENCH_IDENTICAL] = time_join_piles(&mine, &mine);
    figures[OX_BENCH_JOIN_10K] = time_joins(&mine);
    pile_free(&mine);
    pile_free(&theirs);
}

/* ---- what claims and numbers are about ---- */

static double time_one(const struct ox_type *type, bool with_delta) {
    struct ox_object object;
    struct ox_delta delta = {0}, *wanted = with_delta ? &delta : NULL;
    struct ox_stamp stamp = {1, 0, 1};
    struct ox_value value = ox_value_int(0);
    double times[BATCHES + 1];
    need(ox_object_init(&object, type) == OX_OK, "no memory");
    for (size_t b = 0; b <= BATCHES; b++) {
        ox_bench_calm_wait();
        double from = now_ns();
        for (int64_t k = 0; k < 10 * ROUNDS; k++) {
            value.number = k & 0xffff;
            stamp.physical_ns++;
            answers +=
                (uint64_t)(type == &ox_gcounter ? ox_gcounter_inc(&object, 1, 1, wanted)
                                                : ox_lww_set(&object, &value, &stamp, 1, wanted));
        }
        times[b] = (now_ns() - from) / (10 * ROUNDS);
    }
    need(object.context.entries[0].n == (BATCHES + 1) * 10 * ROUNDS, "an update was refused");
    ox_delta_free(&delta);
    ox_object_free(&object);
    return median(times + 1, BATCHES);
}

/* What is asked of one object, and the object itself. */
static double bytes_of_one(const struct ox_type *type) {
    make_texts(1);
    struct pile pile = pile_new(type, 1, 1, 0);
    pile_fill(&pile, NULL);
    double bytes = (double)pile_bytes(&pile);
    pile_free(&pile);
    free(texts);
    return bytes;
}

/* A thousand machines, each with its own key of one map. */
static double bytes_of_node(void) {
    const struct ox_type *map = ox_type_named(ox_bytes_of_text("or-map"));
    if (map == NULL)
        return NAN;
    make_texts(1000);
    struct pile pile = pile_new(map, 1000, 1, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        struct ox_bench_walk one = walk_to(&pile, &i);
        one.replica = 1 + i;
        need(pile.work->add(&one, NULL) == OX_OK, "a key could not be set");
    }
    double bytes = (double)pile_bytes(&pile);
    pile_free(&pile);
    free(texts);
    return bytes;
}

static void time_marshal(double *figures) {
    make_texts(10);
    struct pile pile = pile_new(&ox_orset, 10, 1, 0);
    pile_fill(&pile, NULL);
    struct ox_buf out = {0};
    double encode[BATCHES], decode[BATCHES];
    for (size_t b = 0; b < BATCHES; b++) {
        ox_bench_calm_wait();
        double from = now_ns();
        for (size_t k = 0; k < ROUNDS / BATCHES; k++) {
            encode_pile(&pile, &out);
            answers += out.size;
        }
        double between = now_ns();
        for (size_t k = 0; k < ROUNDS / BATCHES; k++)
            decode_pile(&pile, ox_buf_bytes(&out));
        encode[b] = (between - from) * BATCHES / ROUNDS;
        decode[b] = (now_ns() - between) * BATCHES / ROUNDS;
    }
    figures[OX_BENCH_MARSHAL] = median(encode, BATCHES);
    figures[OX_BENCH_UNMARSHAL] = median(decode, BATCHES);
    ox_buf_free(&out);
    pile_free(&pile);
}

/* The same character, typed on, as an operation and as a delta. */
static void measure_character(double *figures) {
    enum { BEFORE = 99999 };
    static uint8_t letters[BEFORE];
    struct ox_bytes text = {memset(letters, 'x', BEFORE), BEFORE}, one = {letters, 1};
    struct ox_object sequence, same;
    struct ox_rga_op op = {0};
    struct ox_delta delta = {0};
    struct ox_buf out = {0};
    need(ox_object_init(&sequence, &ox_rga) == OX_OK &&
             ox_rga_write(&sequence, 0, text, 1, NULL) == OX_OK &&
             ox_object_copy(&same, &sequence) == OX_OK &&
             ox_rga_op_write(&sequence, BEFORE, one, 1, &op) == OX_OK &&
             ox_rga_write(&same, BEFORE, one, 1, &delta) == OX_OK,
         "a character could not be typed");
    ox_rga_op_encode(&op, &out);
    figures[OX_BENCH_RGA_OP] = (double)out.size;
    ox_buf_clear(&out);
    ox_delta_encode(&delta, &out);
    figures[OX_BENCH_RGA_DELTA] = (double)out.size;
    ox_buf_free(&out);
    ox_rga_op_free(&op);
    ox_delta_free(&delta);
    ox_object_free(&sequence);
    ox_object_free(&same);
}

static void measure_singles(const struct ox_type *type, uint64_t ignored, double *figures) {
    (void)type;
    (void)ignored;
    figures[OX_BENCH_INC] = time_one(&ox_gcounter, false);
    figures[OX_BENCH_INC_DELTA] = time_one(&ox_gcounter, true);
    figures[OX_BENCH_SET] = time_one(&ox_lww, false);
    figures[OX_BENCH_SET_DELTA] = time_one(&ox_lww, true);
    figures[OX_BENCH_GCOUNTER_BYTES] = bytes_of_one(&ox_gcounter);
    figures[OX_BENCH_PNCOUNTER_BYTES] = bytes_of_one(&ox_pncounter);
    figures[OX_BENCH_LWW_BYTES] = bytes_of_one(&ox_lww);
    figures[OX_BENCH_NODE_BYTES] = bytes_of_node();
    time_marshal(figures);
    measure_character(figures);
}

/* ---- in a child ---- */

struct letter {
    double figures[OX_BENCH_MOST];
    uint64_t answers;
};

typedef void (*measure_function)(const struct ox_type *type, uint64_t entries, double *figures);

/* What is freed stays with the process, so that times are not those of the system's taking pages
 * back and clearing them again. */
static void keep_pages(void) {
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_MMAP_THRESHOLD, 1 << 25);
}

static bool in_a_child(measure_function run, const struct ox_type *type, uint64_t entries,
                       double *figures, size_t count) {
    int ends[2];
    struct letter letter;
    for (size_t i = 0; i < OX_BENCH_MOST; i++)
        letter.figures[i] = NAN;
    if (pipe(ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        keep_pages();
        run(type, entries, letter.figures);
        letter.answers = answers;
        _exit(write(ends[1], &letter, sizeof letter) == sizeof letter ? 0 : 70);
    }
    close(ends[1]);
    bool whole = child > 0 && read(ends[0], &letter, sizeof letter) == sizeof letter;
    close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    for (size_t i = 0; i < count && whole; i++)
        figures[i] = letter.figures[i];
    return whole;
}

bool ox_bench_measure(const struct ox_type *type, uint64_t entries, double *figures) {
    return in_a_child(measure, type, entries, figures, OX_BENCH_FIGURE_COUNT);
}

bool ox_bench_measure_pairs(const struct ox_type *type, double *figures) {
    return in_a_child(measure_pairs, type, 0, figures, OX_BENCH_PAIR_COUNT);
}

bool ox_bench_measure_singles(double *figures) {
    return in_a_child(measure_singles, NULL, 0, figures, OX_BENCH_SINGLE_COUNT);
}
