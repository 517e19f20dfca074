#include "reports/text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define NARROW_NO_BREAK_SPACE "\u202f"
#define NO_BREAK_SPACE        "\u00a0"

/* XML 1.0, production 2: the characters that a document may hold. */
static bool xml_allows(gunichar c) {
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c != 0x7f && !(c >= 0x80 && c <= 0x9f) && c != 0xfffe && c != 0xffff;
}

void ox_text_markup(GString *out, const char *text) {
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '&')
            g_string_append(out, "&amp;");
        else if (c == '<')
            g_string_append(out, "&lt;");
        else if (c == '>')
            g_string_append(out, "&gt;");
        else if (c == '"')
            g_string_append(out, "&quot;");
        else if (c == '\'')
            g_string_append(out, "&#39;");
        else
            g_string_append_unichar(out, xml_allows(c) ? c : 0xfffd);
    }
}

void ox_text_markdown(GString *out, const char *text) {
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '<')
            g_string_append(out, "&lt;");
        else if (c == '&')
            g_string_append(out, "&amp;");
        else if (c == '@') /* an entity does not call the person of that name */
            g_string_append(out, "&#64;");
        else if (c < 0x20 || c == 0x7f)
            g_string_append_c(out, ' ');
        else {
            if (c < 0x80 && strchr("\\`*_[]()#|~>!", (int)c) != NULL)
                g_string_append_c(out, '\\');
            g_string_append_unichar(out, c);
        }
    }
}

static size_t longest_run(const char *text, char what) {
    size_t longest = 0, run = 0;
    for (; *text != '\0'; text++) {
        run = *text == what ? run + 1 : 0;
        longest = MAX(longest, run);
    }
    return longest;
}

void ox_text_markdown_code(GString *out, const char *text) {
    if (*text == '\0')
        return;
    g_autofree char *fence = g_strnfill(longest_run(text, '`') + 1, '`');
    bool pad = text[0] == '`' || text[strlen(text) - 1] == '`';
    g_string_append_printf(out, "%s%s", fence, pad ? " " : "");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '|') /* even inside code a bare bar ends the cell of a table */
            g_string_append(out, "\\|");
        else
            g_string_append_c(out, (guchar)*at < 0x20 ? ' ' : *at);
    }
    g_string_append_printf(out, "%s%s", pad ? " " : "", fence);
}

void ox_text_gnuplot(GString *out, const char *text, size_t most) {
    bool cut = (size_t)g_utf8_strlen(text, -1) > most;
    g_string_append_c(out, '\'');
    size_t count = 0;
    for (const char *at = text; *at != '\0' && count < most; at = g_utf8_next_char(at), count++) {
        gunichar c = g_utf8_get_char(at);
        if (c == '\'')
            g_string_append(out, "''");
        else
            g_string_append_unichar(out, c < 0x20 ? ' ' : xml_allows(c) ? c : 0xfffd);
    }
    g_string_append(out, cut ? "\u2026'" : "'");
}

void ox_text_tsv(GString *out, const char *text) {
    for (; *text != '\0'; text++)
        g_string_append_c(out, (guchar)*text < 0x20 ? ' ' : *text);
}

void ox_text_plain(GString *out, double value) {
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    if (isinf(value))
        g_string_append(out, value < 0 ? "-inf" : "inf");
    else
        g_string_append(out, g_ascii_formatd(digits, sizeof digits, "%.10g", value));
}

/* The digits before the point in groups of three. */
static void append_grouped(GString *out, const char *digits) {
    size_t lead = *digits == '-' ? 1 : 0;
    size_t whole = strspn(digits + lead, "0123456789");
    bool plain = strspn(digits + lead, "0123456789.") == strlen(digits + lead);
    g_string_append_len(out, digits, (gssize)lead);
    for (size_t i = 0; i < whole; i++) {
        if (plain && i > 0 && (whole - i) % 3 == 0)
            g_string_append(out, NARROW_NO_BREAK_SPACE);
        g_string_append_c(out, digits[lead + i]);
    }
    g_string_append(out, digits + lead + whole);
}

static void append_four_digits(GString *out, double value) {
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    bool whole = value == floor(value) && fabs(value) < 1e15;
    bool large = fabs(value) >= 1e4 && fabs(value) < 1e15;
    const char *format = whole || large ? "%.0f" : "%.4g";
    append_grouped(out, g_ascii_formatd(digits, sizeof digits, format, value));
}

/* Moves value to the largest unit in which it is at least one. */
static const char *scaled_unit(double *value, const char *unit) {
    static const char *const binary[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double size = fabs(*value);
    if (strcmp(unit, "s") == 0 && size > 0 && size < 1) {
        bool micro = size < 1e-3;
        *value *= micro ? 1e6 : 1e3;
        return micro ? "\u00b5s" : "ms";
    }
    if (strcmp(unit, "B") != 0 || size < 10000)
        return unit;
    size_t step = 0;
    *value /= 1024;
    while (fabs(*value) >= 1024 && step + 1 < G_N_ELEMENTS(binary)) {
        *value /= 1024;
        step++;
    }
    return binary[step];
}

char *ox_text_quantity(double value, const char *unit) {
    if (isinf(value) || isnan(value))
        return g_strdup(strcmp(unit, "s") == 0 && value > 0 ? "never"
                        : isnan(value)                      ? "\u2013"
                        : value > 0                         ? "\u221e"
                                                            : "\u2212\u221e");
    GString *out = g_string_new(NULL);
    unit = scaled_unit(&value, unit);
    append_four_digits(out, value);
    if (*unit != '\0')
        g_string_append_printf(out, NO_BREAK_SPACE "%s", unit);
    return g_string_free(out, FALSE);
}

char *ox_text_integer(double value) {
    return g_strdup_printf("%.0f", value);
}

char *ox_text_words(const char *name) {
    char *words = g_strdup(name);
    return g_strdelimit(words, "_", ' ');
}
