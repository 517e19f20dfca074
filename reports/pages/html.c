#include "reports/pages/html.h"

#include "reports/pages/style.h"
#include "reports/text.h"

#include <string.h>

static const char *const MARKS[] = {
    [OX_REPORT_PASS] = "\u2713", [OX_REPORT_FAIL] = "\u2717", [OX_REPORT_UNKNOWN] = "?"};

GString *ox_html_begin(const char *title) {
    GString *page = g_string_new("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                                 "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                                 "content=\"width=device-width, initial-scale=1\"/>\n<title>");
    ox_text_markup(page, title);
    g_string_append_printf(page, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n",
                           OX_PAGE_STYLE);
    return page;
}

void ox_html_end(GString *page) {
    g_string_append(page, "</main>\n</body>\n</html>\n");
}

static void element(GString *page, const char *tag, const char *class, const char *text) {
    if (*text == '\0')
        return;
    g_string_append_printf(page, *class != '\0' ? "<%s class=\"%s\">" : "<%s%s>", tag, class);
    ox_text_markup(page, text);
    g_string_append_printf(page, "</%s>\n", tag);
}

void ox_html_banner(GString *page, enum ox_report_verdict verdict, const char *heading,
                    const char *about, const char *sentence, const char *small_print) {
    const char *word = ox_report_verdict_word(verdict);
    g_autofree char *loud = g_ascii_strup(word, -1);
    g_string_append_printf(page, "<header class=\"banner %s\">\n<div class=\"word\">%s %s</div>\n",
                           word, MARKS[verdict], loud);
    element(page, "h1", "", heading);
    element(page, "p", "about", about);
    element(page, "p", "sentence", sentence);
    element(page, "p", "small", small_print);
    g_string_append(page, "</header>\n");
}

void ox_html_numbers(GString *page, const struct ox_story_number *numbers, size_t count) {
    g_string_append(page, "<div class=\"numbers\">\n");
    for (size_t i = 0; i < count; i++) {
        g_string_append(page, "<div>");
        element(page, "span", "label", numbers[i].label);
        element(page, "b", "", numbers[i].value);
        element(page, "span", "", numbers[i].note);
        g_string_append(page, "</div>\n");
    }
    g_string_append(page, "</div>\n");
}

void ox_html_section(GString *page, const char *heading) {
    g_string_append(page, "<section>\n");
    element(page, "h2", "", heading);
}

void ox_html_section_end(GString *page) {
    g_string_append(page, "</section>\n");
}

/* A head that begins with '#' stands over numbers. */
void ox_html_table(GString *page, const char *const *heads) {
    g_string_append(page, "<div class=\"scroll\"><table>\n<tr>");
    for (; *heads != NULL; heads++) {
        bool number = **heads == '#';
        g_string_append(page, number ? "<th class=\"n\">" : "<th>");
        ox_text_markup(page, *heads + number);
        g_string_append(page, "</th>");
    }
}

void ox_html_table_end(GString *page) {
    g_string_append(page, "</tr>\n</table></div>\n");
}

void ox_html_row(GString *page) {
    g_string_append(page, "</tr>\n<tr>");
}

void ox_html_cell(GString *page, enum ox_html_cell kind, const char *text) {
    g_string_append(page, kind == OX_CELL_NUMBER ? "<td class=\"n\">" : "<td>");
    bool code = kind == OX_CELL_CODE && *text != '\0';
    g_string_append(page, code ? "<code>" : "");
    ox_text_markup(page, text);
    g_string_append(page, code ? "</code></td>" : "</td>");
}

void ox_html_verdict_cell(GString *page, enum ox_report_verdict verdict) {
    const char *word = ox_report_verdict_word(verdict);
    g_string_append_printf(page, "<td class=\"v %s\">%s %s</td>", word, MARKS[verdict], word);
}

void ox_html_paragraph(GString *page, const char *text) {
    element(page, "p", "", text);
}

void ox_html_list(GString *page, const char *const *items) {
    g_string_append(page, "<ul>\n");
    for (; *items != NULL; items++)
        element(page, "li", "", *items);
    g_string_append(page, "</ul>\n");
}

void ox_html_command(GString *page, const char *label, const char *command) {
    if (*command == '\0')
        return;
    element(page, "p", "", label);
    g_string_append(page, "<pre>");
    ox_text_markup(page, command);
    g_string_append(page, "</pre>\n");
}

/* ---- figures ---- */

static bool starts(const char *at, const char *end, const char *what) {
    return (size_t)(end - at) >= strlen(what) && memcmp(at, what, strlen(what)) == 0;
}

/* The drawing as a part of the page: gnuplot's identifiers are the same in every drawing, so they
 * get the figure's name in front; its titles ("Gnuplot") would pop up under the mouse. */
static void append_drawing(GString *page, const struct ox_figure *figure) {
    const char *at = strstr(figure->svg, "<svg");
    const char *end = figure->svg + strlen(figure->svg);
    if (at == NULL)
        return;
    g_string_append(page, "<svg role=\"img\" aria-label=\"");
    ox_text_markup(page, figure->title);
    g_string_append_c(page, '"');
    at += strlen("<svg");
    while (at < end) {
        const char *skip = NULL;
        if (starts(at, end, "<title>"))
            skip = strstr(at, "</title>");
        else if (starts(at, end, "<desc>"))
            skip = strstr(at, "</desc>");
        if (skip != NULL) {
            at = strchr(skip, '>') + 1;
        } else if (starts(at, end, " id=\"gnuplot_")) {
            const char *quote = strchr(at + strlen(" id=\""), '"');
            at = quote != NULL ? quote + 1 : end;
        } else if (starts(at, end, "id='")) {
            g_string_append_printf(page, "id='%s-", figure->name);
            at += strlen("id='");
        } else if (starts(at, end, "href='#") || starts(at, end, "url(#")) {
            size_t length = *at == 'h' ? strlen("href='#") : strlen("url(#");
            g_string_append_len(page, at, (gssize)length);
            g_string_append_printf(page, "%s-", figure->name);
            at += length;
        } else {
            g_string_append_c(page, *at++);
        }
    }
}

static void append_absent(GString *page, const struct ox_figure *figure) {
    g_autofree char *text = g_strdup_printf(
        "figures/%s.svg is missing: %s. The data are in figures/%s.tsv, the script that draws them "
        "is figures/%s.gp.",
        figure->name, figure->missing, figure->name, figure->name);
    element(page, "div", "absent", text);
}

void ox_html_figures(GString *page, const struct ox_figures *figures) {
    for (guint i = 0; i < figures->all->len; i++) {
        const struct ox_figure *figure = &g_array_index(figures->all, struct ox_figure, i);
        ox_html_section(page, figure->title);
        g_string_append(page, "<figure>\n");
        if (figure->svg != NULL)
            append_drawing(page, figure);
        else
            append_absent(page, figure);
        element(page, "figcaption", "", figure->caption);
        g_string_append(page, "</figure>\n");
        ox_html_section_end(page);
    }
}
