/* groups.c - an item becomes a predicate over nodes; a list of items becomes a set. */
#include "scenarios/file/groups.h"

#include "scenarios/file/grammar.h"
#include "scenarios/file/text.h"

#include <string.h>

#define NOBODY UINT32_MAX

struct naming {
    uint32_t nodes;
    const struct ox_regions *regions;
    struct ox_place place;
    struct ox_errors *errors;
    bool grouping; /* `rest` has a meaning */
};

/* What an item means: first..last, or every node of a region. */
struct item {
    uint32_t first, last;
    uint32_t region; /* NOBODY: not a region */
};

static bool item_has(const struct naming *in, const struct item *item, uint32_t node) {
    if (item->region != NOBODY)
        return node % in->regions->count == item->region;
    return node >= item->first && node <= item->last;
}

static char *node_text(const struct naming *in, uint32_t node) {
    if (in->regions->count == 0)
        return g_strdup_printf("node %u", node);
    return g_strdup_printf("node %u (%s)", node, in->regions->names[node % in->regions->count]);
}

/* "7" or "10-19". True when the text has that form at all. */
static bool read_range(const char *text, uint64_t *first, uint64_t *last) {
    char *end = NULL;
    if (!g_ascii_isdigit(*text))
        return false;
    *first = *last = g_ascii_strtoull(text, &end, 10);
    if (*end == '\0')
        return true;
    if (*end != '-' || !g_ascii_isdigit(end[1]))
        return false;
    *last = g_ascii_strtoull(end + 1, &end, 10);
    return *end == '\0';
}

static bool no_such_item(const struct naming *in, const char *text) {
    const char **words = g_new0(const char *, in->regions->count + 3);
    for (uint32_t i = 0; i < in->regions->count; i++)
        words[i] = in->regions->names[i];
    words[in->regions->count] = "all";
    words[in->regions->count + 1] = in->grouping ? "rest" : NULL;
    const char *meant = ox_text_meant(text, words);
    ox_errors_add(in->errors, in->place, "'%s' is no region, node or range%s%s%s", text,
                  meant == NULL ? "; write a region, a node such as 7, or a range such as 10-19"
                                : "; did you mean '",
                  meant == NULL ? "" : meant, meant == NULL ? "" : "'?");
    g_free(words);
    return false;
}

static bool read_item(const struct naming *in, const char *text, struct item *item) {
    uint64_t first = 0, last = 0;
    *item = (struct item){.first = 0, .last = in->nodes - 1, .region = NOBODY};
    if (strcmp(text, "all") == 0)
        return true;
    if (!read_range(text, &first, &last)) {
        item->region = ox_regions_named(in->regions, text);
        return item->region != NOBODY || no_such_item(in, text);
    }
    if (first > last) {
        ox_errors_add(in->errors, in->place,
                      "'%s' runs backwards; write %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, text,
                      last, first);
        return false;
    }
    if (last >= in->nodes) {
        ox_errors_add(in->errors, in->place, "'%s' goes beyond the last node: nodes are 0 to %u",
                      text, in->nodes - 1);
        return false;
    }
    item->first = (uint32_t)first;
    item->last = (uint32_t)last;
    return true;
}

/* ---- groups ---- */

struct grouping {
    const struct naming *naming;
    uint32_t *group; /* NOBODY: none yet */
    uint32_t rest;   /* the group that says so, or NOBODY */
};

static bool put(struct grouping *in, uint32_t node, uint32_t group) {
    if (in->group[node] == NOBODY || in->group[node] == group) {
        in->group[node] = group;
        return true;
    }
    char *who = node_text(in->naming, node);
    ox_errors_add(in->naming->errors, in->naming->place,
                  "%s is in groups %u and %u; every node is in exactly one", who,
                  in->group[node] + 1, group + 1);
    g_free(who);
    return false;
}

static bool put_item(struct grouping *in, const char *text, uint32_t group) {
    struct item item;
    if (strcmp(text, "rest") == 0) {
        if (in->rest != NOBODY && in->rest != group) {
            ox_errors_add(in->naming->errors, in->naming->place, "'rest' stands in two groups");
            return false;
        }
        in->rest = group;
        return true;
    }
    if (!read_item(in->naming, text, &item))
        return false;
    for (uint32_t node = 0; node < in->naming->nodes; node++)
        if (item_has(in->naming, &item, node) && !put(in, node, group))
            return false;
    return true;
}

static bool put_rest(struct grouping *in) {
    for (uint32_t node = 0; node < in->naming->nodes; node++) {
        if (in->group[node] != NOBODY)
            continue;
        if (in->rest == NOBODY) {
            char *who = node_text(in->naming, node);
            ox_errors_add(in->naming->errors, in->naming->place,
                          "%s is in no group; name it, or add '| rest'", who);
            g_free(who);
            return false;
        }
        in->group[node] = in->rest;
    }
    return true;
}

static bool check_filled(const struct grouping *in, uint32_t groups) {
    if (groups < 2) {
        ox_errors_add(in->naming->errors, in->naming->place,
                      "one group cuts nobody off; write GROUP | GROUP, or GROUP | rest");
        return false;
    }
    for (uint32_t group = 0; group < groups; group++) {
        bool filled = false;
        for (uint32_t node = 0; node < in->naming->nodes && !filled; node++)
            filled = in->group[node] == group;
        if (!filled) {
            ox_errors_add(in->naming->errors, in->naming->place,
                          "group %u is empty: none of the %u nodes is in it", group + 1,
                          in->naming->nodes);
            return false;
        }
    }
    return true;
}

uint32_t *ox_groups_read(const char *raw, uint32_t nodes, const struct ox_regions *regions,
                         struct ox_place place, struct ox_errors *errors) {
    struct naming naming = {nodes, regions, place, errors, true};
    struct grouping in = {.naming = &naming, .group = g_new(uint32_t, nodes), .rest = NOBODY};
    char **groups = ox_text_split(raw, '|');
    uint32_t count = g_strv_length(groups);
    bool good = true;
    for (uint32_t node = 0; node < nodes; node++)
        in.group[node] = NOBODY;
    for (uint32_t i = 0; i < count && good; i++) {
        char **items = ox_text_split(groups[i], ',');
        for (size_t j = 0; items[j] != NULL && good; j++)
            good = put_item(&in, items[j], i);
        g_strfreev(items);
    }
    good = good && put_rest(&in) && check_filled(&in, count);
    g_strfreev(groups);
    if (!good)
        g_clear_pointer(&in.group, g_free);
    return in.group;
}

/* ---- lists ---- */

uint32_t *ox_nodes_read(const char *raw, uint32_t nodes, const struct ox_regions *regions,
                        struct ox_place place, struct ox_errors *errors, uint32_t *count) {
    struct naming in = {nodes, regions, place, errors, false};
    char **items = ox_text_split(raw, ',');
    bool *named = g_new0(bool, nodes), good = true;
    uint32_t *list = g_new(uint32_t, nodes);
    *count = 0;
    for (size_t i = 0; items[i] != NULL && good; i++) {
        struct item item;
        good = read_item(&in, items[i], &item);
        for (uint32_t node = 0; node < nodes && good; node++) {
            if (!item_has(&in, &item, node))
                continue;
            if (named[node]) {
                char *who = node_text(&in, node);
                ox_errors_add(errors, place, "%s stands twice", who);
                g_free(who);
                good = false;
            } else {
                named[node] = true;
                list[(*count)++] = node;
            }
        }
    }
    if (good && *count == 0) {
        ox_errors_add(errors, place, "'%s' names none of the %u nodes", raw, nodes);
        good = false;
    }
    g_free(named);
    g_strfreev(items);
    if (!good)
        g_clear_pointer(&list, g_free);
    return list;
}
