/* curve.c - see curve.h. */
#include "props/judge/curve.h"

#define COLUMNS_MAX    480u
#define COLUMNS_WANTED 240u
#define STEP_LEAST_NS  UINT64_C(100000000)
#define GRID_ROWS      64u
#define SECOND         1e9
#define DOWN           (-1)

struct column {
    uint32_t live, equal;
    uint64_t missing; /* sum over live nodes */
    uint64_t bytes;   /* received since the column before */
};

struct ox_curve {
    uint64_t step_ns;
    uint64_t next_ns;
    uint64_t bytes;  /* received since the last column */
    GArray *columns; /* of struct column */
    GArray *cells;   /* of int64_t, `rows` per column */
    uint32_t rows, nodes_per_row;
};

struct ox_curve *ox_curve_new(const struct ox_judge_config *config) {
    struct ox_curve *curve = g_new0(struct ox_curve, 1);
    curve->step_ns = config->sample_ns;
    if (curve->step_ns == 0)
        curve->step_ns = MAX(config->duration_ns / COLUMNS_WANTED, STEP_LEAST_NS);
    uint32_t nodes = MAX(config->nodes, 1);
    uint32_t rows = MIN(config->grid_rows ? config->grid_rows : GRID_ROWS, nodes);
    curve->nodes_per_row = (nodes + rows - 1) / rows;
    curve->rows = (nodes + curve->nodes_per_row - 1) / curve->nodes_per_row;
    curve->columns = g_array_new(FALSE, FALSE, sizeof(struct column));
    curve->cells = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return curve;
}

void ox_curve_free(struct ox_curve *curve) {
    if (!curve)
        return;
    g_array_free(curve->columns, TRUE);
    g_array_free(curve->cells, TRUE);
    g_free(curve);
}

void ox_curve_receive(struct ox_curve *curve, uint32_t bytes) {
    curve->bytes += bytes;
}

/* Every second column goes; its bytes belong to the one after it. */
static void halve(struct ox_curve *curve) {
    struct column *columns = (struct column *)curve->columns->data;
    int64_t *cells = (int64_t *)curve->cells->data;
    uint32_t count = curve->columns->len, kept = (count + 1) / 2;
    for (uint32_t i = 1; i < kept; i++) {
        uint64_t before = columns[2 * i - 1].bytes;
        columns[i] = columns[2 * i];
        columns[i].bytes += before;
        for (uint32_t row = 0; row < curve->rows; row++)
            cells[i * curve->rows + row] = cells[2 * i * curve->rows + row];
    }
    if (count % 2 == 0)
        curve->bytes += columns[count - 1].bytes;
    g_array_set_size(curve->columns, kept);
    g_array_set_size(curve->cells, kept * curve->rows);
    curve->step_ns *= 2;
    curve->next_ns = kept * curve->step_ns;
}

static void sample(struct ox_curve *curve, const struct ox_history *history) {
    struct column column = {.live = history->live, .bytes = curve->bytes};
    for (uint32_t first = 0; first < history->nodes; first += curve->nodes_per_row) {
        int64_t most = DOWN;
        uint32_t end = MIN(first + curve->nodes_per_row, history->nodes);
        for (uint32_t node = first; node < end; node++) {
            const struct ox_place *place = &history->places[node];
            if (!place->live)
                continue;
            int64_t missing = (int64_t)(history->known - place->held);
            column.missing += (uint64_t)missing;
            column.equal += missing == 0;
            most = MAX(most, missing);
        }
        g_array_append_val(curve->cells, most);
    }
    g_array_append_val(curve->columns, column);
    curve->bytes = 0;
    curve->next_ns += curve->step_ns;
    if (curve->columns->len >= COLUMNS_MAX)
        halve(curve);
}

void ox_curve_advance(struct ox_curve *curve, const struct ox_history *history, uint64_t t_ns) {
    while (curve->next_ns < t_ns)
        sample(curve, history);
}

static double share_equal(const struct column *column, double step_s) {
    (void)step_s;
    return column->live ? (double)column->equal / column->live : 0;
}

static double mean_missing(const struct column *column, double step_s) {
    (void)step_s;
    return column->live ? (double)column->missing / column->live : 0;
}

static double live(const struct column *column, double step_s) {
    (void)step_s;
    return column->live;
}

static double bytes_per_second(const struct column *column, double step_s) {
    return (double)column->bytes / step_s;
}

static const struct {
    const char *name, *unit, *about;
    double (*of)(const struct column *column, double step_s);
} shown[] = {
    {"equal", "", "share of live replicas that hold every update that live replicas know",
     share_equal},
    {"missing", "updates", "updates that live replicas know and one lacks, mean over live replicas",
     mean_missing},
    {"live", "replicas", "replicas that are up", live},
    {"bytes", "B/s", "bytes received by all nodes", bytes_per_second},
};

/* The time of a column, in seconds; an exact multiple of the step is rounded once only. */
static double column_s(const struct ox_curve *curve, size_t column) {
    uint64_t t_ns = column * curve->step_ns;
    return (double)t_ns / SECOND;
}

static double *times(const struct ox_curve *curve) {
    double *t = g_new(double, curve->columns->len);
    for (uint32_t i = 0; i < curve->columns->len; i++)
        t[i] = column_s(curve, i);
    return t;
}

static void publish_series(const struct ox_curve *curve, struct ox_judgement *judgement) {
    double step_s = (double)curve->step_ns / SECOND;
    judgement->series_count = G_N_ELEMENTS(shown);
    judgement->series = g_new0(struct ox_series, G_N_ELEMENTS(shown));
    for (size_t s = 0; s < G_N_ELEMENTS(shown); s++) {
        struct ox_series *series = &judgement->series[s];
        series->name = shown[s].name;
        series->unit = shown[s].unit;
        series->about = shown[s].about;
        series->count = curve->columns->len;
        series->t = times(curve);
        series->v = g_new(double, series->count);
        for (uint32_t i = 0; i < curve->columns->len; i++)
            series->v[i] = shown[s].of(&g_array_index(curve->columns, struct column, i), step_s);
    }
}

static void publish_grid(const struct ox_curve *curve, struct ox_grid *grid) {
    grid->columns = curve->columns->len;
    grid->rows = curve->rows;
    grid->nodes_per_row = curve->nodes_per_row;
    grid->t = times(curve);
    grid->v = g_new(double, grid->rows * grid->columns);
    for (size_t row = 0; row < grid->rows; row++)
        for (size_t column = 0; column < grid->columns; column++)
            grid->v[row * grid->columns + column] =
                (double)g_array_index(curve->cells, int64_t, column * grid->rows + row);
}

void ox_curve_finish(struct ox_curve *curve, const struct ox_history *history, uint64_t t_ns,
                     struct ox_judgement *judgement) {
    while (curve->next_ns <= t_ns)
        sample(curve, history);
    publish_series(curve, judgement);
    publish_grid(curve, &judgement->grid);
}
