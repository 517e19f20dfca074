/* units.c - one reader for all units, driven by a table for each kind. */
#include "scenarios/file/units.h"

#include <math.h>
#include <string.h>

struct unit {
    const char *name;
    double scale;
};

struct unit_kind {
    const char *noun, *example;
    const struct unit *units;
    size_t count;
    bool bare;  /* a number without a unit stands for itself */
    double max; /* of the scaled value */
};

#define KIND(noun, example, units, bare, max)                                                      \
    { noun, example, units, G_N_ELEMENTS(units), bare, max }

static const struct unit duration_units[] = {{"ns", 1},  {"us", 1e3},   {"ms", 1e6},
                                             {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};
static const struct unit size_units[] = {{"B", 1},           {"KB", 1e3},   {"MB", 1e6},
                                         {"GB", 1e9},        {"KiB", 1024}, {"MiB", 1048576},
                                         {"GiB", 1073741824}};
static const struct unit bandwidth_units[] = {{"kbps", 125}, {"Mbps", 125e3}, {"Gbps", 125e6}};
static const struct unit share_units[] = {{"%", 0.01}};
static const struct unit rate_units[] = {{"/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}};

static const struct unit_kind duration_kind =
    KIND("a duration", "30s, 5ms or 2min", duration_units, false, (double)OX_DURATION_MAX_NS);
static const struct unit_kind size_kind = KIND("a size", "512B or 4KiB", size_units, false, 1e18);
static const struct unit_kind bandwidth_kind =
    KIND("a bandwidth", "100Mbps or 1Gbps", bandwidth_units, false, 1e15);
static const struct unit_kind share_kind = KIND("a share", "0.5%", share_units, true, 1);
static const struct unit_kind rate_kind = KIND("a rate", "20/s", rate_units, false, 1e12);
static const struct unit_kind number_kind = {"a number", "0.99", NULL, 0, true, 1e18};

/* Digits with at most one point among them: how many bytes; 0 when there is no digit. No sign, no
 * exponent, nothing that depends on a locale. */
static size_t number_size(const char *text) {
    size_t digits = 0, points = 0, i = 0;
    for (; g_ascii_isdigit(text[i]) || text[i] == '.'; i++) {
        digits += text[i] != '.';
        points += text[i] == '.';
    }
    return digits > 0 && points <= 1 ? i : 0;
}

static bool refuse(char **wrong, char *sentence) {
    *wrong = sentence;
    return false;
}

static const struct unit *unit_named(const struct unit_kind *kind, const char *name) {
    for (size_t i = 0; i < kind->count; i++)
        if (strcmp(kind->units[i].name, name) == 0)
            return &kind->units[i];
    return NULL;
}

static char *unit_list(const struct unit_kind *kind) {
    GString *list = g_string_new(NULL);
    for (size_t i = 0; i < kind->count; i++)
        g_string_append_printf(list, "%s%s",
                               i == 0                 ? ""
                               : i + 1 == kind->count ? " or "
                                                      : ", ",
                               kind->units[i].name);
    return g_string_free(list, FALSE);
}

static char *no_unit(const struct unit_kind *kind, const char *text, const char *name) {
    char *list = unit_list(kind);
    char *sentence =
        kind->count == 0 ? g_strdup_printf("'%s' has a unit; write %s such as %s", text, kind->noun,
                                           kind->example)
        : *name == '\0'
            ? g_strdup_printf("'%s' has no unit; write %s, with %s", text, kind->example, list)
            : g_strdup_printf("unknown unit '%s' in '%s'; %s has %s", name, text, kind->noun, list);
    g_free(list);
    return sentence;
}

static bool read_scaled(const struct unit_kind *kind, const char *text, double *value,
                        char **wrong) {
    size_t size = number_size(text);
    if (*text == '-')
        return refuse(wrong, g_strdup_printf("'%s' is negative; write %s such as %s", text,
                                             kind->noun, kind->example));
    if (size == 0)
        return refuse(wrong, g_strdup_printf("'%s' is not %s; write it as %s", text, kind->noun,
                                             kind->example));
    char *digits = g_strndup(text, size);
    char *name = g_strstrip(g_strdup(text + size));
    double number = g_ascii_strtod(digits, NULL);
    const struct unit *unit = unit_named(kind, name);
    bool alone = *name == '\0' && (kind->bare || number == 0);
    if (unit == NULL && !alone)
        *wrong = no_unit(kind, text, name);
    else if (!(number * (unit == NULL ? 1 : unit->scale) <= kind->max))
        *wrong = g_strdup_printf("'%s' is too large for %s", text, kind->noun);
    else
        *value = number * (unit == NULL ? 1 : unit->scale);
    bool good = *wrong == NULL;
    g_free(digits);
    g_free(name);
    return good;
}

bool ox_read_count(const char *text, uint64_t *value, char **wrong) {
    const char *at = text;
    uint64_t sum = 0;
    for (; g_ascii_isdigit(*at); at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return refuse(wrong, g_strdup_printf("'%s' is too large", text));
        sum = sum * 10 + digit;
    }
    if (at == text || *at != '\0')
        return refuse(wrong, g_strdup_printf("'%s' is not a whole number; write it as 50", text));
    *value = sum;
    return true;
}

bool ox_read_number(const char *text, double *value, char **wrong) {
    *wrong = NULL;
    return read_scaled(&number_kind, text, value, wrong);
}

bool ox_read_duration(const char *text, uint64_t *ns, char **wrong) {
    double value = 0;
    *wrong = NULL;
    if (!read_scaled(&duration_kind, text, &value, wrong))
        return false;
    *ns = (uint64_t)llround(value);
    if (*ns == 0 && value > 0)
        return refuse(wrong, g_strdup_printf("'%s' is below one nanosecond", text));
    return true;
}

bool ox_read_size(const char *text, double *bytes, char **wrong) {
    *wrong = NULL;
    return read_scaled(&size_kind, text, bytes, wrong);
}

bool ox_read_bandwidth(const char *text, double *bytes_per_second, char **wrong) {
    *wrong = NULL;
    return read_scaled(&bandwidth_kind, text, bytes_per_second, wrong);
}

/* A share is divided, not scaled, so that 0.5% is the double nearest to 0.005. */
bool ox_read_share(const char *text, double *share, char **wrong) {
    *wrong = NULL;
    size_t size = number_size(text);
    if (size > 0 && strcmp(text + size, "%") == 0) {
        char *digits = g_strndup(text, size);
        *share = g_ascii_strtod(digits, NULL) / 100;
        g_free(digits);
        if (*share <= 1)
            return true;
        return refuse(wrong, g_strdup_printf("'%s' is more than 100%%", text));
    }
    return read_scaled(&share_kind, text, share, wrong);
}

bool ox_read_rate(const char *text, double *per_second, char **wrong) {
    *wrong = NULL;
    return read_scaled(&rate_kind, text, per_second, wrong);
}

/* ---- printing ---- */

char *ox_print_number(double value) {
    char buffer[G_ASCII_DTOSTR_BUF_SIZE];
    if (isinf(value))
        return g_strdup(value > 0 ? "inf" : "-inf");
    /* %g drops trailing zeros, so 15 digits print whatever has at most 15 at its shortest. */
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(buffer, sizeof buffer, formats[i], value);
        if (g_ascii_strtod(buffer, NULL) == value)
            break;
    }
    return g_strdup(buffer);
}

/* "12.5" of 12.500000000; scenario files have no exponents. */
static char *print_plain(double value, const char *unit) {
    char buffer[64];
    g_ascii_formatd(buffer, sizeof buffer, "%.9f", value);
    char *end = buffer + strlen(buffer);
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end--;
    *end = '\0';
    return g_strconcat(buffer, unit, NULL);
}

char *ox_print_duration(uint64_t ns) {
    if (ns == 0)
        return g_strdup("0s");
    if (ns < 1000)
        return g_strdup_printf("%" G_GUINT64_FORMAT "ns", ns);
    if (ns < 1000000)
        return print_plain((double)ns / 1e3, "us");
    if (ns < 1000000000)
        return print_plain((double)ns / 1e6, "ms");
    char *whole = g_strdup_printf("%" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT, ns / 1000000000,
                                  ns % 1000000000);
    char *end = whole + strlen(whole);
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end--;
    *end = '\0';
    char *text = g_strconcat(whole, "s", NULL);
    g_free(whole);
    return text;
}

char *ox_print_share(double share) {
    return print_plain(share * 100, "%");
}

char *ox_print_bandwidth(double bytes_per_second) {
    double bits = bytes_per_second * 8;
    return bits >= 1e9   ? print_plain(bits / 1e9, "Gbps")
           : bits >= 1e6 ? print_plain(bits / 1e6, "Mbps")
                         : print_plain(bits / 1e3, "kbps");
}
