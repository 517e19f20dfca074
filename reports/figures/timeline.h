/* timeline.h - what happens over simulated time, gathered from the seeds of a run.
 *
 *     lanes      ▒▒▒▒ split (partition), heals at 90 s ▒▒▒▒
 *     panels     ───╲____________________________╱──────        shaded where the lanes are
 *     axis       0 s                                132 s       cut where nothing changes any more
 *
 * Seeds sample at times of their own; a value holds until the next sample, and the last one for
 * ever. So a band has, at each time that any seed has, the least, median and greatest over seeds.
 */
#ifndef OXBOW_REPORTS_FIGURES_TIMELINE_H
#define OXBOW_REPORTS_FIGURES_TIMELINE_H

#include "reports/figures/figure.h"
#include "reports/input.h"

struct ox_band {
    size_t count; /* 0: no seed has this series */
    size_t seeds;
    double *t, *low, *middle, *high; /* [count] each */
    const char *about;               /* borrowed from the results */
};

/* The band of the series `name`. Cost: O(times x seeds x log seeds). */
void ox_band_init(struct ox_band *band, const struct ox_report_results *results, const char *name);
void ox_band_clear(struct ox_band *band);

enum ox_fault_class { OX_FAULT_PARTITION, OX_FAULT_NODE, OX_FAULT_RATE };

struct ox_window {
    const char *name, *kind; /* borrowed from the results */
    enum ox_fault_class class;
    double on, off; /* s; the hull over the seeds, off at most the end of the run */
    bool heals;     /* false: still on at the end */
    size_t lane;
};

struct ox_timeline {
    double end;         /* of the axis, s, > 0 */
    double last_change; /* of anything shown */
    double run_end;     /* the last sample */
    GArray *windows;    /* of struct ox_window, in order of the faults */
    size_t lanes;       /* in use */
    size_t unlabelled;  /* windows that found no lane: shaded, without a label */
};

void ox_timeline_init(struct ox_timeline *timeline, const struct ox_report_results *results);
void ox_timeline_clear(struct ox_timeline *timeline);

/* ---- parts of a script; pixels count from the top of a figure `height` pixels high ---- */

#define OX_FIGURE_WIDTH 960
#define OX_LANE_HEIGHT  20

/* The height of the figure and what stays free beside its plots, in pixels. */
struct ox_frame {
    double height, left, right;
};

/* The next plot reaches from `top` to `bottom`. */
void ox_figure_margins(GString *script, const struct ox_frame *frame, double top, double bottom);

/* The strip of labelled faults from `top` on; it takes ox_lanes_height pixels. */
double ox_lanes_height(const struct ox_timeline *timeline);
void ox_figure_lanes(GString *script, const struct ox_timeline *timeline,
                     const struct ox_frame *frame, double top);

/* Shades the faults behind the next plot and marks where partitions heal. */
void ox_figure_shade(GString *script, const struct ox_timeline *timeline);

/* Tics of a logarithmic axis that shows lg(1 + value), so that it has a zero, up to `most`:
 * "('0' 0, '1' 0.30103, ...)". */
void ox_figure_log_tics(GString *script, double most);

bool ox_timeline_has(const struct ox_timeline *timeline, enum ox_fault_class class);

/* What a caption must say: that the axis is cut, that faults have no label; "" when neither. Owned
 * by the caller. */
char *ox_timeline_note(const struct ox_timeline *timeline);

#endif
