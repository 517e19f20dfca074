/* reference/sequence.c - the rga, as a tree that is built anew for every read.
 *
 *     A: insert "a" at the start (A1, lamport 1), "b" after A1 (A2, lamport 2)
 *     B, having A1: insert "x" after A1 (B1, lamport 2)
 *
 *     start - A1 "a" +- B1 "x"     (2, B) stands before (2, A)          reads ["a","x","b"]
 *                    `- A2 "b"
 *
 * Attiya, Burckhardt, Gotsman, Morrison, Yang, Zawirski, "Specification and complexity of
 * collaborative text editing", PODC 2016: the timestamped insertion tree.
 */
#include "props/reference/json.h"
#include "props/reference/rules.h"

#include <string.h>

struct node {
    const struct ox_ref_update *insert; /* NULL: the start */
    bool shown;
    struct node *first; /* child */
    struct node *next;  /* sibling */
};

static int by_stamp(const void *a, const void *b) {
    const struct node *left = *(struct node *const *)a, *right = *(struct node *const *)b;
    if (ox_ref_later(&left->insert->stamp, &right->insert->stamp))
        return 1;
    if (ox_ref_later(&right->insert->stamp, &left->insert->stamp))
        return -1;
    return (left->insert->n > right->insert->n) - (left->insert->n < right->insert->n);
}

static void add_nodes(const GPtrArray *updates, bool shown, GPtrArray *nodes, GHashTable *node_of) {
    for (uint32_t i = 0; i < updates->len; i++) {
        const struct ox_ref_update *update = g_ptr_array_index(updates, i);
        if (!ox_ref_does(update, "insert"))
            continue;
        struct node *node = g_new0(struct node, 1);
        *node = (struct node){.insert = update, .shown = shown};
        g_ptr_array_add(nodes, node);
        g_hash_table_insert(node_of, (void *)update, node);
    }
}

static struct node *node_at(const struct ox_ref_view *view, GHashTable *node_of,
                            struct ox_ref_dot at) {
    const struct ox_ref_update *update = ox_ref_update_at(view->history, at);
    return update ? g_hash_table_lookup(node_of, update) : NULL;
}

static void take_deletions(const struct ox_ref_view *view, GHashTable *node_of) {
    for (uint32_t i = 0; i < view->updates->len; i++) {
        const struct ox_ref_update *update = g_ptr_array_index(view->updates, i);
        struct node *node =
            ox_ref_does(update, "delete") ? node_at(view, node_of, update->at) : NULL;
        if (node)
            node->shown = false;
    }
}

/* Each goes before its elder siblings, so that they stand in descending order. */
static void hang(const struct ox_ref_view *view, GHashTable *node_of, GPtrArray *nodes,
                 struct node *start) {
    g_ptr_array_sort(nodes, by_stamp);
    for (uint32_t i = 0; i < nodes->len; i++) {
        struct node *node = g_ptr_array_index(nodes, i);
        bool at_start = node->insert->at.n == 0;
        struct node *parent = at_start ? start : node_at(view, node_of, node->insert->at);
        if (!parent)
            continue; /* a context that is not closed: judged as that */
        node->next = parent->first;
        parent->first = node;
    }
}

/* Depth first. What is still to be visited is kept by hand: a text is as deep as it is long. */
static void walk(const struct node *start, GArray *places) {
    GPtrArray *rest = g_ptr_array_new();
    if (start->first)
        g_ptr_array_add(rest, start->first);
    while (rest->len > 0) {
        const struct node *node = g_ptr_array_steal_index(rest, rest->len - 1);
        struct ox_ref_place place = {node->insert, node->shown};
        g_array_append_val(places, place);
        if (node->next)
            g_ptr_array_add(rest, node->next);
        if (node->first)
            g_ptr_array_add(rest, node->first);
    }
    g_ptr_array_free(rest, TRUE);
}

GArray *ox_ref_places(const struct ox_ref_view *view) {
    GPtrArray *nodes = g_ptr_array_new_with_free_func(g_free);
    GHashTable *node_of = g_hash_table_new(NULL, NULL);
    GArray *places = g_array_new(FALSE, FALSE, sizeof(struct ox_ref_place));
    struct node start = {0};
    add_nodes(view->updates, true, nodes, node_of);
    add_nodes(view->cancelled, false, nodes, node_of);
    take_deletions(view, node_of);
    hang(view, node_of, nodes, &start);
    walk(&start, places);
    g_hash_table_destroy(node_of);
    g_ptr_array_free(nodes, TRUE);
    return places;
}

static bool show(const struct ox_ref_view *view, GString *json) {
    GArray *places = ox_ref_places(view);
    const char *separator = "[";
    for (uint32_t i = 0; i < places->len; i++) {
        const struct ox_ref_place *place = &g_array_index(places, struct ox_ref_place, i);
        if (!place->shown)
            continue;
        g_string_append(json, separator);
        g_string_append(json, place->insert->arg);
        separator = ",";
    }
    bool any = *separator == ',';
    g_string_append(json, any ? "]" : "[]");
    g_array_free(places, TRUE);
    return any;
}

/* The element that an update names must be one that its replica had seen, of the same sequence. */
static bool names_element(const struct ox_ref_history *history,
                          const struct ox_ref_update *update) {
    const struct ox_ref_update *named = ox_ref_update_at(history, update->at);
    return named && ox_ref_before(named, update) && ox_ref_does(named, "insert") &&
           ox_ref_same_object(named, update);
}

static bool accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    if (ox_ref_does(update, "delete"))
        return !update->arg && names_element(history, update);
    return ox_ref_does(update, "insert") && update->has_stamp && update->arg &&
           ox_ref_json_scalar(update->arg) && (update->at.n == 0 || names_element(history, update));
}

const struct ox_ref_rule ox_ref_rga = {show, accepts};
