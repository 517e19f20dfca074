#include "reports/reports.h"

#include "reports/figures/figures.h"
#include "reports/input.h"
#include "reports/pages/pages.h"
#include "reports/scaling.h"
#include "reports/stage.h"

#include <locale.h>

/* Every figure that some report of this version, a run's or a sweep's, can have. */
static const char *const FIGURES[] = {"convergence", "divergence", "traffic", "scaling-time",
                                      "scaling-bytes"};

/* Writes a page that the caller made, and frees it. */
static bool write_page(struct ox_stage *stage, const char *name, GString *page, GError **error) {
    bool good = ox_stage_write(stage, name, page->str, page->len, error);
    g_string_free(page, TRUE);
    return good;
}

static bool commit(struct ox_stage *stage, struct ox_figures *figures, GError **error) {
    for (size_t i = 0; i < G_N_ELEMENTS(FIGURES); i++)
        ox_figures_retire(figures, FIGURES[i]);
    return ox_stage_commit(stage, error);
}

static bool make_run(const char *dir, struct ox_stage *stage, struct ox_figures *figures,
                     GError **error) {
    struct ox_report_results *results = ox_report_results_read(dir, error);
    bool good = results != NULL && ox_figure_convergence(figures, results, error) &&
                ox_figure_divergence(figures, results, error) &&
                ox_figure_traffic(figures, results, error) &&
                write_page(stage, "report.html", ox_page_html_run(results, figures), error) &&
                write_page(stage, "summary.md", ox_page_markdown_run(results, figures), error) &&
                write_page(stage, "junit.xml", ox_page_junit_run(results), error) &&
                commit(stage, figures, error);
    ox_report_results_free(results);
    return good;
}

static bool write_sweep(struct ox_stage *stage, struct ox_figures *figures,
                        const struct ox_report_sweep *sweep, const struct ox_scaling *const laws[],
                        size_t count, GError **error) {
    for (size_t i = 0; i < count; i++)
        if (!ox_figure_scaling(figures, laws[i], error))
            return false;
    return write_page(stage, "report.html", ox_page_html_sweep(sweep, figures, laws, count),
                      error) &&
           write_page(stage, "summary.md", ox_page_markdown_sweep(sweep, figures, laws, count),
                      error) &&
           write_page(stage, "junit.xml", ox_page_junit_sweep(sweep), error) &&
           commit(stage, figures, error);
}

static bool make_sweep(const char *dir, struct ox_stage *stage, struct ox_figures *figures,
                       GError **error) {
    struct ox_report_sweep *sweep = ox_report_sweep_read(dir, error);
    if (sweep == NULL)
        return false;
    struct ox_scaling time, bytes;
    ox_scaling_time(&time, sweep);
    ox_scaling_bytes(&bytes, sweep);
    const struct ox_scaling *const laws[] = {&time, &bytes};
    bool good = write_sweep(stage, figures, sweep, laws, G_N_ELEMENTS(laws), error);
    ox_scaling_clear(&time);
    ox_scaling_clear(&bytes);
    ox_report_sweep_free(sweep);
    return good;
}

typedef bool make_fn(const char *dir, struct ox_stage *stage, struct ox_figures *figures,
                     GError **error);

static bool report(make_fn *make, const char *dir, char **missing, GError **error) {
    if (missing != NULL)
        *missing = NULL;
    struct ox_stage *stage = ox_stage_open(dir, error);
    if (stage == NULL)
        return false;
    /* Numbers in files have a point, whatever locale the program runs in. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    struct ox_figures figures;
    ox_figures_init(&figures, stage);
    bool good = make(dir, stage, &figures, error);
    if (good && missing != NULL)
        *missing = ox_figures_missing(&figures);
    ox_figures_clear(&figures);
    uselocale(before);
    freelocale(plain);
    ox_stage_close(stage);
    return good;
}

bool ox_report_run(const char *dir, char **missing, GError **error) {
    return report(make_run, dir, missing, error);
}

bool ox_report_sweep(const char *dir, char **missing, GError **error) {
    return report(make_sweep, dir, missing, error);
}
