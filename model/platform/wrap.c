/* The user's platform beside our control zone.
 *
 *     <platform ...>                       <platform ...>
 *       <zone id="theirs"> ... </zone>  ->   <zone id="oxbow" routing="Full">CONTROL<zone
 *     </platform>                              id="theirs"> ... </zone></zone>
 *                                          </platform>
 *
 * Hosts and zones cannot stand side by side in SimGrid, and its C interface cannot add a zone, so
 * the text is changed. No line break is put in: what SimGrid says of a line is true of the user's
 * file too.
 */
#include "model/platform/platform.h"

#include <string.h>

#define OPENING                                                                                    \
    "<zone id=\"oxbow\" routing=\"Full\"><zone id=\"oxbow-control\" routing=\"None\">"             \
    "<host id=\"oxbow-control\" speed=\"1Gf\"/></zone>"
#define CLOSING "</zone>"

/* One piece of markup, from `<` to past its `>`. */
struct tag {
    const char *begin, *end;
    const char *name;
    size_t name_size;
    bool closes;     /* </name> */
    bool empty;      /* <name/> */
    bool is_element; /* not a comment, declaration or instruction */
};

static bool starts_with(const char *at, const char *prefix) {
    return strncmp(at, prefix, strlen(prefix)) == 0;
}

/* Past the `>` that ends the markup at `at`, quoted text skipped; NULL when it does not end. */
static const char *past_tag(const char *at) {
    char quote = 0;
    for (; *at; at++) {
        if (quote)
            quote = *at == quote ? 0 : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == '>')
            return at + 1;
    }
    return NULL;
}

static bool next_tag(const char *at, struct tag *tag) {
    *tag = (struct tag){.begin = strchr(at, '<')};
    if (!tag->begin)
        return false;
    if (starts_with(tag->begin, "<!--")) {
        const char *end = strstr(tag->begin, "-->");
        tag->end = end ? end + 3 : NULL;
        return tag->end != NULL;
    }
    tag->end = past_tag(tag->begin);
    if (!tag->end)
        return false;
    tag->is_element = tag->begin[1] != '!' && tag->begin[1] != '?';
    tag->closes = tag->begin[1] == '/';
    tag->empty = tag->end[-2] == '/';
    tag->name = tag->begin + 1 + tag->closes;
    tag->name_size = strcspn(tag->name, " \t\r\n/>");
    return true;
}

static bool is_named(const struct tag *tag, const char *name) {
    return tag->name_size == strlen(name) && strncmp(tag->name, name, tag->name_size) == 0;
}

/* Finds the outermost zone: the first element right inside <platform> that is not a setting. */
static bool find_outermost(const char *text, const char **begin, const char **end) {
    struct tag tag;
    unsigned depth = 0; /* elements open around `at` */
    *begin = NULL;
    for (const char *at = text; next_tag(at, &tag); at = tag.end) {
        if (!tag.is_element)
            continue;
        if (tag.closes && depth == 0)
            return false;
        depth -= tag.closes;
        bool setting = is_named(&tag, "config") || is_named(&tag, "random");
        if (!*begin && depth == 1 && !tag.closes && !setting)
            *begin = tag.begin;
        if (*begin && depth == 1 && (tag.closes || tag.empty)) {
            *end = tag.end;
            return true;
        }
        depth += !tag.closes && !tag.empty;
    }
    return false;
}

void ox_platform_wrap(const char *text, GString *xml) {
    const char *begin, *end;
    if (!find_outermost(text, &begin, &end)) {
        g_string_append(xml, text);
        return;
    }
    g_string_append_len(xml, text, begin - text);
    g_string_append(xml, OPENING);
    g_string_append_len(xml, begin, end - begin);
    g_string_append(xml, CLOSING);
    g_string_append(xml, end);
}
