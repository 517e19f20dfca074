#include "crdt/bench_crdt.h"

#include "crdt/bench/bench_calm.h"
#include "crdt/bench/bench_measure.h"
#include "crdt/bench/bench_verdict.h"
#include "crdt/bench/bench_work.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES_MAX = 32, SIZES_MAX = 3, SAMPLES_MAX = 5 };

static const uint64_t all_sizes[SIZES_MAX] = {1000, 100000, 1000000};

/* Everything that was measured; NaN where a type has no such figure. */
struct results {
    bool quick;
    size_t types, sizes, samples;
    double table[TYPES_MAX][SIZES_MAX][OX_BENCH_MOST];
    double pairs[TYPES_MAX][OX_BENCH_MOST];
    double singles[OX_BENCH_MOST];
};

struct info {
    const char *word, *unit, *about;
};

#define INFO(name, unit, about) {#name, unit, about},
static const struct info figure_infos[] = {OX_BENCH_FIGURES(INFO)};
static const struct info pair_infos[] = {OX_BENCH_PAIRS(INFO)};
static const struct info single_infos[] = {OX_BENCH_SINGLES(INFO)};
#undef INFO

/* ---- claims and numbers ---- */

enum where { TABLE, PAIR, SINGLE };

/* A bound on one figure. */
struct bound {
    const char *id, *about;
    double bound;
    bool roughly; /* the claim says "about" */
    enum where where;
    const char *type; /* of TABLE and PAIR */
    uint64_t entries; /* of TABLE */
    int figure;
};

static const struct bound claims[] = {
    {"C16", "g-counter ~100 B: one replica counted, object included", 100, true, SINGLE, NULL, 0,
     OX_BENCH_GCOUNTER_BYTES},
    {"C16", "pn-counter ~200 B: one replica counted, object included", 200, true, SINGLE, NULL, 0,
     OX_BENCH_PNCOUNTER_BYTES},
    {"C16", "or-set ~50 B per element: 100 thousand of 8 letters, one writer", 50, true, TABLE,
     "or-set", 100000, OX_BENCH_BYTES},
    {"C16", "lww ~100 B: a number, object included", 100, true, SINGLE, NULL, 0,
     OX_BENCH_LWW_BYTES},
    {"C16", "or-map ~150 B per key: 100 thousand keys of 8 letters with an lww, one writer", 150,
     true, TABLE, "or-map", 100000, OX_BENCH_BYTES},
    {"C16", "1000 VMs ~150 KB per node: one map, a key per VM, each its own writer", 150000, true,
     SINGLE, NULL, 0, OX_BENCH_NODE_BYTES},
    {"C19", "g-counter increment 12.3 ns: one writer, no delta", 12.3, false, SINGLE, NULL, 0,
     OX_BENCH_INC},
    {"C19", "or-set add 28.1 ns: filling up to 1 thousand, no delta", 28.1, false, TABLE, "or-set",
     1000, OX_BENCH_ADD},
    {"C19", "lww set 15.7 ns: a number, time passed in, no delta", 15.7, false, SINGLE, NULL, 0,
     OX_BENCH_SET},
    {"C19", "or-map set 22.4 ns: an lww under any of 1 thousand keys, no delta", 22.4, false, TABLE,
     "or-map", 1000, OX_BENCH_AGAIN},
    {"C19", "marshal 312 ns: an or-set of 10 elements", 312, false, SINGLE, NULL, 0,
     OX_BENCH_MARSHAL},
    {"C19", "unmarshal 445 ns: the same, with all checks", 445, false, SINGLE, NULL, 0,
     OX_BENCH_UNMARSHAL},
};

static const struct bound numbers[] = {
    {"time", "g-counter increment, no delta", 5, false, SINGLE, NULL, 0, OX_BENCH_INC},
    {"time", "g-counter increment with its delta", 20, false, SINGLE, NULL, 0, OX_BENCH_INC_DELTA},
    {"time", "lww set, no delta", 5, false, SINGLE, NULL, 0, OX_BENCH_SET},
    {"time", "lww set with its delta", 20, false, SINGLE, NULL, 0, OX_BENCH_SET_DELTA},
    {"time", "or-set add up to 1 thousand, with delta", 40, false, TABLE, "or-set", 1000,
     OX_BENCH_ADD_DELTA},
    {"time", "or-set add up to 100 thousand, with delta", 90, false, TABLE, "or-set", 100000,
     OX_BENCH_ADD_DELTA},
    {"time", "or-set membership at 1 thousand", 10, false, TABLE, "or-set", 1000, OX_BENCH_READ},
    {"time", "or-set membership at 100 thousand", 25, false, TABLE, "or-set", 100000,
     OX_BENCH_READ},
    {"time", "or-map set of an existing key at 1 thousand", 50, false, TABLE, "or-map", 1000,
     OX_BENCH_AGAIN},
    {"time", "or-set join of a one-element delta at 10 thousand", 200, false, PAIR, "or-set", 0,
     OX_BENCH_JOIN_10K},
    {"time", "or-set join of a one-element delta at 1 million", 200, false, TABLE, "or-set",
     1000000, OX_BENCH_JOIN_ONE},
    {"time", "or-set join 10 thousand with 10 thousand disjoint", 600, false, PAIR, "or-set", 0,
     OX_BENCH_DISJOINT},
    {"time", "or-set join 10 thousand with the same", 100, false, PAIR, "or-set", 0,
     OX_BENCH_IDENTICAL},
    {"time", "or-set encode of a 10-element delta", 100, false, PAIR, "or-set", 0,
     OX_BENCH_TEN_ENCODE},
    {"time", "or-set decode of a 10-element delta", 200, false, PAIR, "or-set", 0,
     OX_BENCH_TEN_DECODE},
    {"bytes", "rga update of one character typed on, encoded, as an operation", 14, false, SINGLE,
     NULL, 0, OX_BENCH_RGA_OP},
    {"bytes", "or-set per short element at 100 thousand", 48, false, TABLE, "or-set", 100000,
     OX_BENCH_BYTES},
    {"bytes", "or-map of lww per key at 100 thousand", 130, false, TABLE, "or-map", 100000,
     OX_BENCH_BYTES},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static double measured(const struct results *results, const struct bound *bound) {
    if (bound->where == SINGLE)
        return results->singles[bound->figure];
    for (size_t t = 0; t < results->types; t++) {
        if (strcmp(ox_types[t]->name, bound->type) != 0)
            continue;
        if (bound->where == PAIR)
            return results->pairs[t][bound->figure];
        for (size_t s = 0; s < results->sizes; s++)
            if (all_sizes[s] == bound->entries)
                return results->table[t][s][bound->figure];
    }
    return NAN;
}

static const char *unit_of(const struct bound *bound) {
    return bound->where == TABLE  ? figure_infos[bound->figure].unit
           : bound->where == PAIR ? pair_infos[bound->figure].unit
                                  : single_infos[bound->figure].unit;
}

/* ---- measuring ---- */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Per figure the median of the samples that have it. */
static void medians(double samples[][OX_BENCH_MOST], size_t count, double *figures) {
    for (size_t f = 0; f < OX_BENCH_MOST; f++) {
        double values[SAMPLES_MAX];
        size_t there = 0;
        for (size_t i = 0; i < count; i++)
            if (!isnan(samples[i][f]))
                values[there++] = samples[i][f];
        qsort(values, there, sizeof *values, ascending);
        figures[f] = there > 0 ? (values[(there - 1) / 2] + values[there / 2]) / 2 : NAN;
    }
}

/* Takes the samples of one line. `entries` 0: its pairs; no type: the singles. */
static bool sample(const struct results *results, const struct ox_type *type, uint64_t entries,
                   double *figures) {
    double samples[SAMPLES_MAX][OX_BENCH_MOST];
    size_t count = entries >= 1000000 ? 1 : results->samples; /* steady enough, and slow */
    fprintf(stderr, "bench crdt: %s", type != NULL ? type->name : "claims and numbers");
    if (entries > 0)
        fprintf(stderr, ", %llu entries\n", (unsigned long long)entries);
    else
        fprintf(stderr, "%s\n", type != NULL ? ", joins" : "");
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < OX_BENCH_MOST; f++)
            samples[i][f] = NAN;
        bool good = type == NULL   ? ox_bench_measure_singles(samples[i])
                    : entries == 0 ? ox_bench_measure_pairs(type, samples[i])
                                   : ox_bench_measure(type, entries, samples[i]);
        if (!good)
            return false;
    }
    medians(samples, count, figures);
    return true;
}

static bool measure_all(struct results *results) {
    bool good = true;
    for (size_t t = 0; good && t < results->types; t++) {
        for (size_t s = 0; good && s < results->sizes; s++)
            good = sample(results, ox_types[t], all_sizes[s], results->table[t][s]);
        good = good && sample(results, ox_types[t], 0, results->pairs[t]);
    }
    return good && sample(results, NULL, 0, results->singles);
}

/* ---- for people ---- */

static void put_figure(double value, int width) {
    if (isnan(value))
        printf(" %*s", width, "-");
    else
        printf(" %*.*f", width, value < 99.95 ? 1 : 0, value);
}

static void print_table(const struct results *results) {
    printf("%-16s %-9s %8s %7s %7s %7s %7s %7s %7s %6s %6s %7s %7s %6s %7s\n", "ns per operation",
           "of", "entries", "add", "+delta", "again", "+delta", "read", "remove", "B", "heap",
           "enc", "dec", "wire", "join 1");
    for (size_t t = 0; t < results->types; t++)
        for (size_t s = 0; s < results->sizes; s++) {
            const double *row = results->table[t][s];
            printf("%-16s %-9s %8llu", ox_types[t]->name, ox_bench_work_of(ox_types[t])->unit,
                   (unsigned long long)all_sizes[s]);
            for (int f = 0; f < OX_BENCH_FIGURE_COUNT; f++) {
                static const int widths[] = {7, 7, 7, 7, 7, 7, 6, 6, 7, 7, 6, 7};
                put_figure(row[f], widths[f]);
            }
            printf("\n");
        }
}

static void print_legend(void) {
    static const char *const columns[] = {"add", "+delta", "again", "+delta", "read", "remove",
                                          "B",   "heap",   "enc",   "dec",    "wire", "join 1"};
    printf("\n");
    for (size_t f = 0; f < COUNT(columns); f++)
        printf("  %-7s %s\n", columns[f], figure_infos[f].about);
    printf("  Adding what a g-set or 2p-set has is a no-op; of an rga `again` is an insert after\n"
           "  any character. Any entry is one drawn like a card; the letters by which it is asked\n"
           "  for lie in order, so that a miss of the cache is one of the type and not of its\n"
           "  caller. Freed memory stays with the process: no figure counts pages being cleared.\n"
           "  A counter's new entry is a replica, whose first delta names all others: it is not\n"
           "  timed among many.\n");
}

/* Says where the bytes that a type counts are not those that it takes. */
static void print_honesty(const struct results *results) {
    size_t checked = 0, off = 0;
    for (size_t t = 0; t < results->types; t++)
        for (size_t s = 0; s < results->sizes; s++) {
            const double *row = results->table[t][s];
            double n = (double)all_sizes[s];
            double objects = ox_bench_work_of(ox_types[t])->many ? n : 1;
            if (isnan(row[OX_BENCH_HEAP]))
                continue;
            checked++;
            if (ox_bench_honest(row[OX_BENCH_BYTES] * n, row[OX_BENCH_HEAP] * n, objects))
                continue;
            off++;
            printf("  BYTES   %s at %.0f counts %.1f B per entry, the allocator gave %.1f\n",
                   ox_types[t]->name, n, row[OX_BENCH_BYTES], row[OX_BENCH_HEAP]);
        }
    if (checked == 0)
        printf("  bytes   not checked: this allocator does not say what is in use\n");
    else if (off == 0)
        printf("  bytes   what is counted is what the allocator gave, up to its own overhead (%zu "
               "lines)\n",
               checked);
}

static void print_pairs(const struct results *results) {
    printf("\n%-16s %8s %8s %8s %8s %10s %10s %10s\n", "deltas and joins", "10 enc", "10 dec",
           "10 wire", "1 wire", "join 1@10k", "disjoint", "identical");
    for (size_t t = 0; t < results->types; t++) {
        printf("%-16s", ox_types[t]->name);
        for (int f = 0; f < OX_BENCH_PAIR_COUNT; f++)
            put_figure(results->pairs[t][f], f < 4 ? 8 : 10);
        printf("\n");
    }
    printf("  ns and B; the joins of 10 thousand with 10 thousand are in us\n");
}

static void print_bounds(const struct results *results, const char *title,
                         const struct bound *bounds, size_t count) {
    printf("\n%s\n", title);
    for (size_t i = 0; i < count; i++) {
        char said[64];
        double value = measured(results, &bounds[i]);
        ox_bench_say(said, sizeof said, value, bounds[i].bound, bounds[i].roughly);
        printf("  %-5s %-80s <= %8.10g %-2s ", bounds[i].id, bounds[i].about, bounds[i].bound,
               unit_of(&bounds[i]));
        put_figure(value, 9);
        printf("  %s", said);
        if (bounds[i].where == SINGLE && bounds[i].figure == OX_BENCH_RGA_OP)
            printf("; its delta: %.0f B", results->singles[OX_BENCH_RGA_DELTA]);
        printf("\n");
    }
}

static void print(const struct results *results) {
    print_table(results);
    print_legend();
    print_honesty(results);
    print_pairs(results);
    print_bounds(results,
                 "Claims (an upper bound; one told as \"about\" holds up to a quarter more)",
                 claims, COUNT(claims));
    print_bounds(results, "Numbers to reach", numbers, COUNT(numbers));
    printf("\nMedians of %zu processes (one at 1 million). Not here: what needs a recorded text "
           "(oxbow bench "
           "text).\n",
           results->samples);
    ox_bench_calm_print();
}

/* ---- for programs ---- */

static void json_number(double value) {
    if (isnan(value))
        printf("null");
    else
        printf("%.6g", value);
}

static void json_figures(const struct info *infos, size_t count, const double *figures) {
    printf("{");
    for (size_t f = 0; f < count; f++) {
        printf("%s\"%s\":", f == 0 ? "" : ",", infos[f].word);
        json_number(figures[f]);
    }
    printf("}");
}

static void json_infos(const struct info *infos, size_t count, const char *separator) {
    for (size_t f = 0; f < count; f++)
        printf("%s\"%s\":[\"%s\",\"%s\"]", f == 0 ? separator : ",", infos[f].word, infos[f].unit,
               infos[f].about);
}

static void json_bounds(const struct results *results, const char *name, const struct bound *bounds,
                        size_t count) {
    static const char *const words[] = {"holds", "false", "unknown"};
    printf(",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        double value = measured(results, &bounds[i]);
        enum ox_bench_verdict verdict = ox_bench_judge(value, bounds[i].bound, bounds[i].roughly);
        printf("%s{\"id\":\"%s\",\"about\":\"%s\",\"unit\":\"%s\",\"bound\":%g,\"measured\":",
               i == 0 ? "" : ",", bounds[i].id, bounds[i].about, unit_of(&bounds[i]),
               bounds[i].bound);
        json_number(value);
        printf(",\"verdict\":\"%s\"}", words[verdict]);
    }
    printf("]");
}

static void print_json(const struct results *results) {
    printf("{\"samples\":%zu,\"figures\":{", results->samples);
    json_infos(figure_infos, COUNT(figure_infos), "");
    json_infos(pair_infos, COUNT(pair_infos), ",");
    json_infos(single_infos, COUNT(single_infos), ",");
    printf("},\"types\":[");
    for (size_t t = 0; t < results->types; t++) {
        printf("%s{\"type\":\"%s\",\"entry\":\"%s\",\"sizes\":[", t == 0 ? "" : ",",
               ox_types[t]->name, ox_bench_work_of(ox_types[t])->unit);
        for (size_t s = 0; s < results->sizes; s++) {
            printf("%s{\"entries\":%llu,\"figures\":", s == 0 ? "" : ",",
                   (unsigned long long)all_sizes[s]);
            json_figures(figure_infos, COUNT(figure_infos), results->table[t][s]);
            printf("}");
        }
        printf("],\"pairs\":");
        json_figures(pair_infos, COUNT(pair_infos), results->pairs[t]);
        printf("}");
    }
    printf("],\"singles\":");
    json_figures(single_infos, COUNT(single_infos), results->singles);
    json_bounds(results, "claims", claims, COUNT(claims));
    json_bounds(results, "numbers", numbers, COUNT(numbers));
    const struct ox_bench_calm *calm = ox_bench_calm();
    if (calm != NULL)
        printf(",\"calm\":{\"waited_s\":%.3f,\"times\":%zu,\"disturbed\":%zu}",
               calm->waited_ns / 1e9, calm->times, calm->disturbed);
    printf("}\n");
}

/* ---- the command ---- */

static int usage(FILE *out, int code) {
    fprintf(out, "usage: oxbow bench crdt [--quick] [--json]\n"
                 "  --quick   1 thousand and 100 thousand entries only, one sample each\n"
                 "  --json    one JSON object instead of tables\n");
    return code;
}

int ox_bench_crdt(int argc, char **argv) {
    static struct results results;
    bool json = false;
    results = (struct results){.quick = false};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0)
            results.quick = true;
        else if (strcmp(argv[i], "--json") == 0)
            json = true;
        else
            return strcmp(argv[i], "--help") == 0 ? usage(stdout, 0) : usage(stderr, 64);
    }
    while (results.types < TYPES_MAX && ox_types[results.types] != NULL)
        results.types++;
    results.sizes = results.quick ? 2 : SIZES_MAX;
    results.samples = results.quick ? 1 : 3;
    ox_bench_calm_begin(results.quick ? 10 : 60);
    if (!measure_all(&results)) {
        fprintf(stderr, "oxbow bench crdt: a measurement failed\n");
        return 70;
    }
    if (json)
        print_json(&results);
    else
        print(&results);
    return 0;
}
