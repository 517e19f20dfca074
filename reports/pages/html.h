/* html.h - the pieces that every HTML page is made of. */
#ifndef OXBOW_REPORTS_PAGES_HTML_H
#define OXBOW_REPORTS_PAGES_HTML_H

#include "reports/figures/figure.h"
#include "reports/input.h"
#include "reports/story.h"

#include <glib.h>

/* From the doctype to the opened <main>, style included; and its end. */
GString *ox_html_begin(const char *title);
void ox_html_end(GString *page);

/* The band on top: verdict, heading, a sentence, and small print (may be ""). */
void ox_html_banner(GString *page, enum ox_report_verdict verdict, const char *heading,
                    const char *about, const char *sentence, const char *small_print);

void ox_html_numbers(GString *page, const struct ox_story_number *numbers, size_t count);

/* <section> with a heading, and a table in it: open, rows of cells, close. Cells are escaped. */
void ox_html_section(GString *page, const char *heading);
void ox_html_section_end(GString *page);
void ox_html_table(GString *page, const char *const *heads); /* NULL-terminated */
void ox_html_table_end(GString *page);
enum ox_html_cell { OX_CELL_TEXT, OX_CELL_NUMBER, OX_CELL_CODE };
void ox_html_row(GString *page);
void ox_html_cell(GString *page, enum ox_html_cell kind, const char *text);
void ox_html_verdict_cell(GString *page, enum ox_report_verdict verdict);
void ox_html_paragraph(GString *page, const char *text);
void ox_html_list(GString *page, const char *const *items); /* NULL-terminated */

/* A labelled line of code, as for the command that makes the run again; nothing when it is "". */
void ox_html_command(GString *page, const char *label, const char *command);

/* All figures, drawn inline, or a box that says why one is missing. */
void ox_html_figures(GString *page, const struct ox_figures *figures);

#endif
