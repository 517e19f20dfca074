/* regions.c - see regions.h for the format and the idea. */
#include "scenarios/file/regions.h"

#include "scenarios/file/text.h"
#include "scenarios/file/units.h"

#include <math.h>
#include <string.h>

#define CORNER     "rtt_ms"
#define RTT_MAX_MS 600000.0

void ox_regions_clear(struct ox_regions *regions) {
    for (uint32_t i = 0; i < regions->count && regions->names != NULL; i++)
        g_free(regions->names[i]);
    g_clear_pointer(&regions->names, g_free);
    g_clear_pointer(&regions->latency_ns, g_free);
    regions->count = 0;
}

uint32_t ox_regions_named(const struct ox_regions *regions, const char *name) {
    for (uint32_t i = 0; i < regions->count; i++)
        if (strcmp(regions->names[i], name) == 0)
            return i;
    return UINT32_MAX;
}

/* ---- measured ---- */

struct reading {
    struct ox_regions *regions;
    struct ox_errors *errors;
    struct ox_place place;
    uint32_t rows;
    bool header;
};

/* Names are used in group expressions, beside numbers, ranges, `rest` and `all`. */
static bool name_valid(const char *name) {
    if (!g_ascii_isalpha(*name) || strcmp(name, "rest") == 0 || strcmp(name, "all") == 0)
        return false;
    for (; *name != '\0'; name++)
        if (!g_ascii_isalnum(*name) && strchr("_-.", *name) == NULL)
            return false;
    return true;
}

static bool read_header(struct reading *in, char **cells) {
    struct ox_regions *regions = in->regions;
    guint count = g_strv_length(cells) - 1;
    if (strcmp(cells[0], CORNER) != 0) {
        ox_errors_add(in->errors, in->place,
                      "the first line names the regions: write '" CORNER ", REGION, REGION ...'");
        return false;
    }
    if (count < 1 || count > OX_REGIONS_MAX) {
        ox_errors_add(in->errors, in->place, "%u regions; a matrix has 1 to %u", count,
                      OX_REGIONS_MAX);
        return false;
    }
    regions->names = g_new0(char *, count);
    regions->latency_ns = g_new0(uint64_t, (gsize)count * count);
    for (guint i = 0; i < count; i++) {
        const char *name = cells[i + 1];
        bool known = ox_regions_named(regions, name) != UINT32_MAX;
        if (known || !name_valid(name)) {
            ox_errors_add(in->errors, in->place,
                          known ? "region '%s' stands twice"
                                : "'%s' is no name for a region: a letter, then letters, digits, "
                                  "'_', '-' or '.'; not 'all' or 'rest'",
                          name);
            return false;
        }
        regions->names[regions->count++] = g_strdup(name);
    }
    in->header = true;
    return true;
}

static bool read_cell(struct reading *in, const char *cell, uint32_t column) {
    struct ox_regions *regions = in->regions;
    double rtt_ms = 0;
    char *wrong = NULL;
    bool number = ox_read_number(cell, &rtt_ms, &wrong);
    bool good = number && rtt_ms > 0 && rtt_ms <= RTT_MAX_MS;
    if (!number)
        ox_errors_add(in->errors, in->place, "%s to %s: %s", regions->names[in->rows],
                      regions->names[column], wrong);
    else if (!good)
        ox_errors_add(in->errors, in->place,
                      "%s to %s: '%s' is out of range: above 0, at most %.0f ms",
                      regions->names[in->rows], regions->names[column], cell, RTT_MAX_MS);
    else
        regions->latency_ns[(size_t)in->rows * regions->count + column] =
            (uint64_t)llround(rtt_ms * 1e6 / 2);
    g_free(wrong);
    return good;
}

static bool read_row(struct reading *in, char **cells) {
    const struct ox_regions *regions = in->regions;
    guint count = g_strv_length(cells) - 1;
    if (in->rows == regions->count) {
        ox_errors_add(in->errors, in->place, "a row too many; there are %u regions",
                      regions->count);
        return false;
    }
    if (strcmp(cells[0], regions->names[in->rows]) != 0) {
        ox_errors_add(in->errors, in->place,
                      "a row of '%s'; rows follow the order of the first line: here '%s'", cells[0],
                      regions->names[in->rows]);
        return false;
    }
    if (count != regions->count) {
        ox_errors_add(in->errors, in->place, "%u numbers in the row of '%s'; there are %u regions",
                      count, cells[0], regions->count);
        return false;
    }
    for (uint32_t i = 0; i < regions->count; i++)
        if (!read_cell(in, cells[i + 1], i))
            return false;
    in->rows++;
    return true;
}

static bool read_line(struct reading *in, char *line) {
    g_strstrip(line);
    if (*line == '\0' || *line == '#')
        return true;
    char **cells = ox_text_split(line, ',');
    bool good = in->header ? read_row(in, cells) : read_header(in, cells);
    g_strfreev(cells);
    return good;
}

static bool check_end(struct reading *in) {
    if (!in->header)
        ox_errors_add(in->errors, in->place, "no matrix: nothing but blanks and comments");
    else if (in->rows < in->regions->count)
        ox_errors_add(in->errors, in->place, "the matrix ends before the row of '%s'",
                      in->regions->names[in->rows]);
    else
        return true;
    return false;
}

bool ox_regions_read(const char *file, const char *text, size_t size, struct ox_regions *regions,
                     struct ox_errors *errors) {
    struct reading in = {
        .regions = regions, .errors = errors, .place = {.file = ox_place_keep(file), .line = 1}};
    if (!g_utf8_validate_len(text, size, NULL)) {
        ox_errors_add(errors, in.place, "not a text file in UTF-8");
        return false;
    }
    char *copy = g_strndup(text, size);
    char **lines = g_strsplit(copy, "\n", -1);
    bool good = true;
    for (size_t i = 0; lines[i] != NULL && good; i++) {
        in.place.line = (unsigned)i + 1;
        good = read_line(&in, lines[i]);
    }
    good = good && check_end(&in);
    if (!good)
        ox_regions_clear(regions);
    g_strfreev(lines);
    g_free(copy);
    return good;
}

/* ---- generated ---- */

struct point {
    double x, y;
};

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014. */
static uint64_t next_word(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static double next_unit(uint64_t *state) {
    return (double)(next_word(state) >> 11) * 0x1p-53;
}

static double distance(struct point a, struct point b) {
    double x = a.x - b.x, y = a.y - b.y;
    return sqrt(x * x + y * y);
}

static double nearest(const struct point *points, uint32_t count, struct point candidate) {
    double least = INFINITY;
    for (uint32_t i = 0; i < count; i++)
        least = MIN(least, distance(points[i], candidate));
    return least;
}

/* Of ten candidates for each place the one farthest from all points so far. */
static void place_points(struct point *points, uint32_t count, uint64_t seed) {
    uint64_t state = seed;
    for (uint32_t i = 0; i < count; i++) {
        double best = -1;
        for (int candidate = 0; candidate < 10; candidate++) {
            struct point point = {next_unit(&state), 0};
            point.y = next_unit(&state);
            double d = nearest(points, i, point);
            if (d > best) {
                best = d;
                points[i] = point;
            }
        }
    }
}

static double farthest(const struct point *points, uint32_t count) {
    double most = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            most = MAX(most, distance(points[i], points[j]));
    return most;
}

void ox_regions_generate(uint32_t count, uint64_t inside_ns, uint64_t across_ns, uint64_t seed,
                         struct ox_regions *regions) {
    struct point *points = g_new0(struct point, count);
    place_points(points, count, seed);
    double scale = count > 1 ? (double)across_ns / farthest(points, count) : 0;
    regions->count = count;
    regions->names = g_new0(char *, count);
    regions->latency_ns = g_new0(uint64_t, (gsize)count * count);
    for (uint32_t i = 0; i < count; i++) {
        regions->names[i] = g_strdup_printf("r%u", i + 1);
        for (uint32_t j = 0; j < count; j++) {
            uint64_t apart = (uint64_t)llround(distance(points[i], points[j]) * scale);
            regions->latency_ns[(size_t)i * count + j] = MAX(apart, inside_ns);
        }
    }
    g_free(points);
}
