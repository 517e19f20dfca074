#include "scenarios/file/profiles.h"

#include <string.h>

/* One alternative each: a comment, an attribute of a host or link, a trace element. */
static const char PATTERN[] = "<!--.*?-->"
                              "|\\b(?:state|speed|availability|bandwidth|latency)_file\\s*=\\s*"
                              "(?:\"([^\"]+)\"|'([^']+)')"
                              "|<trace\\b[^>]*?\\sfile\\s*=\\s*(?:\"([^\"]+)\"|'([^']+)')";

static void add(GPtrArray *names, GHashTable *known, char *name) {
    if (name != NULL && *name != '\0' && g_hash_table_add(known, name))
        g_ptr_array_add(names, name);
    else
        g_free(name);
}

GPtrArray *ox_profiles_of(const char *xml, gsize size) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GHashTable *known = g_hash_table_new(g_str_hash, g_str_equal);
    GRegex *regex = g_regex_new(PATTERN, G_REGEX_DOTALL | G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, NULL);
    GMatchInfo *match;
    g_regex_match_full(regex, xml, (gssize)size, 0, 0, &match, NULL);
    for (; g_match_info_matches(match); g_match_info_next(match, NULL))
        for (gint group = 1; group <= 4; group++)
            add(names, known, g_match_info_fetch(match, group));
    g_match_info_free(match);
    g_regex_unref(regex);
    g_hash_table_destroy(known);
    return names;
}
