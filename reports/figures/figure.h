/* figure.h - a figure is three files: the data, the script that draws them, and the drawing.
 *
 *     figures/NAME.tsv    what is shown, for people and for other tools
 *     figures/NAME.gp     gnuplot NAME.gp in that folder draws it again
 *     figures/NAME.svg    only where gnuplot 5.4 is installed
 *
 * gnuplot runs as a child process without its start-up files, in the C locale, with a time limit;
 * so the same data give the same bytes on every machine with the same gnuplot. When it is missing
 * or fails, the figure has no drawing but a reason, and the report goes on.
 */
#ifndef OXBOW_REPORTS_FIGURES_FIGURE_H
#define OXBOW_REPORTS_FIGURES_FIGURE_H

#include "reports/stage.h"

#include <glib.h>
#include <stdbool.h>

struct ox_figure {
    char *name, *title, *caption; /* plain text */
    char *svg;                    /* the drawing; NULL when there is none */
    char *missing;                /* why there is none */
};

struct ox_figures {
    struct ox_stage *stage; /* borrowed */
    char *gnuplot;          /* path of the program; NULL: not found */
    char *given_up;         /* why it is not tried again after it hung; else NULL */
    GArray *all;            /* of struct ox_figure, in order of their drawing */
};

void ox_figures_init(struct ox_figures *figures, struct ox_stage *stage);
void ox_figures_clear(struct ox_figures *figures);

/* A sentence for people that says which figures have no drawing and why; NULL when all have one.
 * Owned by the caller. */
char *ox_figures_missing(const struct ox_figures *figures);

/* An earlier report may have left a figure of this name; unless it was added to this one, too, the
 * commit removes its files. */
void ox_figures_retire(struct ox_figures *figures, const char *name);

/* The first lines of every script: the terminal, its size in pixels, and how data are read. */
GString *ox_figure_script(const char *name, double width, double height);

/* Writes NAME.tsv and NAME.gp, draws NAME.svg, and appends the figure, whose title and caption are
 * copied. False with `error` only when a file cannot be written. */
bool ox_figure_add(struct ox_figures *figures, const char *name, const char *title,
                   const char *caption, const GString *tsv, const GString *script, GError **error);

/* Appends to a script as printf does, with a decimal point in every locale. */
void ox_figure_print(GString *script, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Colours that reach 3:1 on white and stay apart for colour-blind eyes (Okabe and Ito). */
#define OX_BLUE      "#0072B2"
#define OX_VERMILION "#D55E00"
#define OX_GREEN     "#009E73"
#define OX_PURPLE    "#CC79A7"

#endif
