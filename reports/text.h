/* text.h - how things are spelled: numbers with their units, and foreign text made safe for the
 * language it is put into.
 *
 * Names and reasons come from files. They may hold anything; no appender below lets any of it
 * become markup, a command, or bytes that XML forbids.
 */
#ifndef OXBOW_REPORTS_TEXT_H
#define OXBOW_REPORTS_TEXT_H

#include <glib.h>
#include <stddef.h>

/* Text of an HTML or XML element, or of an attribute in double quotes. Characters that XML 1.0 does
 * not allow become U+FFFD. */
void ox_text_markup(GString *out, const char *text);

/* Prose in GitHub-flavoured Markdown, tables included; line breaks become blanks. */
void ox_text_markdown(GString *out, const char *text);

/* Likewise as a code span: nothing in it is Markdown, only backticks and bars need care. */
void ox_text_markdown_code(GString *out, const char *text);

/* A gnuplot string in single quotes (where gnuplot substitutes nothing), of at most `most`
 * characters, cut with an ellipsis. */
void ox_text_gnuplot(GString *out, const char *text, size_t most);

/* A field of a .tsv file: tabs and line breaks become blanks. */
void ox_text_tsv(GString *out, const char *text);

/* A number for data files: enough digits to read it back, "inf", never the locale's comma. */
void ox_text_plain(GString *out, double value);

/* A quantity for people, four significant digits: "12.5 s", "1 042 B", "3.32 MiB", "never" for an
 * infinite time. Blanks are no-break. Owned by the caller. */
char *ox_text_quantity(double value, const char *unit);

/* A whole number (seeds, counts) for people and for files alike. Owned by the caller. */
char *ox_text_integer(double value);

/* "visible_p95" -> "visible p95". Owned by the caller. */
char *ox_text_words(const char *name);

#endif
