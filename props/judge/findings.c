/* findings.c - see findings.h. */
#include "props/judge/findings.h"

#include <string.h>

#define SHORT_BYTES 160

void ox_findings_add(struct ox_findings *findings, const char *format, ...) {
    if (findings->count++ > 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    findings->first = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

void ox_findings_clear(struct ox_findings *findings) {
    g_free(findings->first);
    *findings = (struct ox_findings){0};
}

char *ox_findings_text(const struct ox_findings *findings, const char *such) {
    g_assert(findings->count > 0);
    if (findings->count == 1)
        return g_strdup(findings->first);
    return g_strdup_printf("%" G_GUINT64_FORMAT " %s; the first: %s", findings->count, such,
                           findings->first);
}

struct ox_clock_text ox_clock_text(uint64_t t_ns) {
    struct ox_clock_text clock;
    const uint64_t second = UINT64_C(1000000000);
    g_snprintf(clock.text, sizeof clock.text, "%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT,
               t_ns / second, t_ns % second);
    size_t length = strlen(clock.text);
    while (clock.text[length - 1] == '0')
        length--;
    if (clock.text[length - 1] == '.')
        length--;
    g_strlcpy(clock.text + length, " s", sizeof clock.text - length);
    return clock;
}

char *ox_short_text(const char *text, size_t size) {
    if (size <= SHORT_BYTES)
        return g_strndup(text, size);
    size_t cut = SHORT_BYTES;
    while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    return g_strdup_printf("%.*s... (%zu bytes)", (int)cut, text, size);
}
