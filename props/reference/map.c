/* reference/map.c - the or-map: which updates count, where, and what that shows.
 *
 *     A: update ["cart","n"] inc 2 (A1)         remove ["cart"] (A2, saw A1)
 *     B, having A1: update ["cart","n"] inc 3 (B1)
 *
 *     a tree of keys       cart     a removal here had seen A up to 1, B up to 0
 *                          `- n     g-counter: A1 is cancelled, B1 counts     reads
 * {"cart":{"n":3}}
 *
 * A removal cancels exactly the updates under its path, at any depth, that its replica had seen. So
 * an update is cancelled when its n is not above what some removal, at its own key or at one above,
 * had seen of its replica: the greatest such number per key and replica is all that is needed.
 */
#include "props/reference/json.h"
#include "props/reference/rules.h"

#include <string.h>

/* The object of one type at a key. */
struct object {
    const char *type; /* borrowed from an update */
    struct ox_ref_view view;
};

struct key {
    const char *json;    /* borrowed from an update */
    uint32_t *cancelled; /* per replica: up to which n; NULL: none */
    GPtrArray *objects;  /* of struct object */
    GPtrArray *keys;     /* of struct key, those of the map here */
    GHashTable *key_of;  /* JSON -> struct key; NULL: none */
};

/* ---- the tree of keys ---- */

static void object_free(void *data) {
    struct object *object = data;
    ox_ref_view_clear(&object->view);
    g_free(object);
}

static void key_free(void *data) {
    struct key *key = data;
    g_free(key->cancelled);
    g_ptr_array_free(key->objects, TRUE);
    g_ptr_array_free(key->keys, TRUE);
    if (key->key_of)
        g_hash_table_destroy(key->key_of);
    g_free(key);
}

static struct key *key_new(const char *json) {
    struct key *key = g_new0(struct key, 1);
    key->json = json;
    key->objects = g_ptr_array_new_with_free_func(object_free);
    key->keys = g_ptr_array_new_with_free_func(key_free);
    return key;
}

static struct key *key_open(struct key *in, const char *json) {
    if (!in->key_of)
        in->key_of = g_hash_table_new(g_str_hash, g_str_equal);
    struct key *key = g_hash_table_lookup(in->key_of, json);
    if (!key) {
        key = key_new(json);
        g_hash_table_insert(in->key_of, (void *)json, key);
        g_ptr_array_add(in->keys, key);
    }
    return key;
}

static struct object *object_open(const struct ox_ref_history *history, struct key *key,
                                  const char *type) {
    for (uint32_t i = 0; i < key->objects->len; i++) {
        struct object *object = g_ptr_array_index(key->objects, i);
        if (strcmp(object->type, type) == 0)
            return object;
    }
    struct object *object = g_new0(struct object, 1);
    *object = (struct object){type, {history, g_ptr_array_new(), g_ptr_array_new()}};
    g_ptr_array_add(key->objects, object);
    return object;
}

static bool is_removal(const struct ox_ref_update *update) {
    return strcmp(update->op, "remove") == 0;
}

static void take_removal(struct key *root, const struct ox_ref_update *removal, uint32_t replicas) {
    struct key *key = root;
    for (char **at = removal->path; *at; at++)
        key = key_open(key, *at);
    if (!key->cancelled)
        key->cancelled = g_new0(uint32_t, replicas);
    for (uint32_t r = 0; r < replicas; r++)
        key->cancelled[r] = MAX(key->cancelled[r], ox_ref_upto(&removal->seen, r));
}

static void take_update(const struct ox_ref_history *history, struct key *root,
                        const struct ox_ref_update *update) {
    bool cancelled = false;
    struct key *key = root;
    for (char **at = update->path; *at; at++) {
        key = key_open(key, *at);
        cancelled |= key->cancelled && update->n <= key->cancelled[update->replica];
    }
    struct object *object = object_open(history, key, update->inner_type);
    g_ptr_array_add(cancelled ? object->view.cancelled : object->view.updates, (void *)update);
}

static struct key *tree_of(const struct ox_ref_history *history,
                           const struct ox_ref_context *context) {
    struct key *root = key_new(NULL);
    struct ox_ref_view all = ox_ref_view_of(history, context);
    for (uint32_t i = 0; i < all.updates->len; i++) {
        const struct ox_ref_update *update = g_ptr_array_index(all.updates, i);
        if (is_removal(update))
            take_removal(root, update, history->replicas->len);
    }
    for (uint32_t i = 0; i < all.updates->len; i++) {
        const struct ox_ref_update *update = g_ptr_array_index(all.updates, i);
        if (!is_removal(update))
            take_update(history, root, update);
    }
    ox_ref_view_clear(&all);
    return root;
}

/* ---- what it shows ---- */

struct member {
    char *key;   /* as JSON */
    bool shares; /* its key with another type */
    char *value;
};

static void member_free(void *data) {
    struct member *member = data;
    g_free(member->key);
    g_free(member->value);
    g_free(member);
}

/* A member of the map that is shown; which it is called if alone, and by its type if not. */
static void add_member(GPtrArray *members, const struct key *key, const char *type,
                       GString *value) {
    struct member *member = g_new0(struct member, 1);
    size_t inside = strlen(key->json) - 1; /* without the closing quote */
    member->key = g_strdup_printf("%.*s:%s\"", (int)inside, key->json, type);
    member->value = g_string_free(value, FALSE);
    g_ptr_array_add(members, member);
}

static bool show_map(const struct key *in, GString *json);

/* The types that the key holds, each a member; alone, it goes by the name of the key. */
static void add_members(GPtrArray *members, const struct key *key) {
    uint32_t before = members->len;
    for (uint32_t i = 0; i <= key->objects->len; i++) {
        const struct object *object =
            i < key->objects->len ? g_ptr_array_index(key->objects, i) : NULL;
        GString *value = g_string_new(NULL);
        bool shown = object ? ox_ref_rule_named(object->type)->show(&object->view, value)
                            : show_map(key, value);
        if (shown)
            add_member(members, key, object ? object->type : "or-map", value);
        else
            g_string_free(value, TRUE);
    }
    for (uint32_t i = before; i < members->len; i++)
        ((struct member *)g_ptr_array_index(members, i))->shares = members->len > before + 1;
    if (members->len == before + 1) {
        struct member *only = g_ptr_array_index(members, before);
        g_free(only->key);
        only->key = g_strdup(key->json);
    }
}

/* Two come to share a name only where a key ends like a type's name. */
static int by_key(const void *a, const void *b) {
    const struct member *const *left = a, *const *right = b;
    int order = strcmp((*left)->key, (*right)->key);
    return order != 0 ? order : (*left)->shares - (*right)->shares;
}

static bool show_map(const struct key *in, GString *json) {
    GPtrArray *members = g_ptr_array_new_with_free_func(member_free);
    for (uint32_t i = 0; i < in->keys->len; i++)
        add_members(members, g_ptr_array_index(in->keys, i));
    g_ptr_array_sort(members, by_key);
    g_string_append_c(json, '{');
    for (uint32_t i = 0; i < members->len; i++) {
        const struct member *member = g_ptr_array_index(members, i);
        g_string_append_printf(json, "%s%s:%s", i > 0 ? "," : "", member->key, member->value);
    }
    g_string_append_c(json, '}');
    bool any = members->len > 0;
    g_ptr_array_free(members, TRUE);
    return any;
}

void ox_ref_map_value(const struct ox_ref_history *history, const struct ox_ref_context *context,
                      GString *json) {
    struct key *root = tree_of(history, context);
    show_map(root, json);
    key_free(root);
}

struct ox_ref_view ox_ref_map_view(const struct ox_ref_history *history,
                                   const struct ox_ref_context *context, char *const *path,
                                   const char *type) {
    struct key *root = tree_of(history, context), *key = root;
    for (char *const *at = path; *at; at++)
        key = key_open(key, *at);
    struct object *object = object_open(history, key, type);
    struct ox_ref_view view = object->view;
    object->view = (struct ox_ref_view){history, g_ptr_array_new(), g_ptr_array_new()};
    key_free(root);
    return view;
}

/* ---- what is an operation ---- */

static bool is_path(char *const *path) {
    for (char *const *at = path; at && *at; at++)
        if (**at != '"' || !ox_ref_json_scalar(*at))
            return false;
    return path && *path;
}

bool ox_ref_map_accepts(const struct ox_ref_history *history, const struct ox_ref_update *update) {
    if (!is_path(update->path))
        return false;
    if (is_removal(update))
        return !update->inner_type && !update->inner_op && !update->arg;
    const struct ox_ref_rule *rule =
        update->inner_type ? ox_ref_rule_named(update->inner_type) : NULL;
    return rule && update->inner_op && strcmp(update->op, "update") == 0 &&
           rule->accepts(history, update);
}
