/* history.c - see history.h. */
#include "props/judge/history.h"
#include "props/judge/findings.h"

#include <string.h>
#include <xxhash.h>

/* ---- keys ---- */

static unsigned key_hash(const void *data) {
    const struct ox_key *key = data;
    uint64_t seed = XXH3_64bits(key->type, key->type_size);
    return (unsigned)XXH3_64bits_withSeed(key->name, key->name_size, seed);
}

static gboolean key_equal(const void *a, const void *b) {
    const struct ox_key *left = a, *right = b;
    return left->name_size == right->name_size && left->type_size == right->type_size &&
           memcmp(left->name, right->name, left->name_size) == 0 &&
           memcmp(left->type, right->type, left->type_size) == 0;
}

static void made_free(void *data) {
    struct ox_made *made = data;
    ox_ref_update_clear(&made->update);
    ox_coverage_clear(&made->cover);
    if (made->visible_ns)
        g_array_free(made->visible_ns, TRUE);
    g_free(made);
}

static void line_free(void *data) {
    g_ptr_array_free(data, TRUE);
}

static struct ox_key *key_new(uint32_t index, struct ox_obs_text type, struct ox_obs_text name) {
    struct ox_key *key = g_new0(struct ox_key, 1);
    char *shown = ox_short_text(name.data, name.size);
    key->index = index;
    key->name = g_strndup(name.data, name.size);
    key->name_size = name.size;
    key->type = g_strndup(type.data, type.size);
    key->type_size = type.size;
    key->label = g_strdup_printf("%s \"%s\"", key->type, shown);
    key->lines.replicas = g_ptr_array_new_with_free_func(line_free);
    key->replicas = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    key->line_of = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    key->made = g_ptr_array_new();
    key->model = ox_reference_named(type.data, type.size);
    g_free(shown);
    return key;
}

static void key_free(void *data) {
    struct ox_key *key = data;
    g_free(key->name);
    g_free(key->type);
    g_free(key->label);
    g_ptr_array_free(key->lines.replicas, TRUE);
    g_array_free(key->replicas, TRUE);
    g_hash_table_destroy(key->line_of);
    g_ptr_array_free(key->made, TRUE);
    g_free(key);
}

struct ox_key *ox_history_key(struct ox_history *history, struct ox_obs_text type,
                              struct ox_obs_text name) {
    struct ox_key wanted = {.name = (char *)name.data,
                            .name_size = name.size,
                            .type = (char *)type.data,
                            .type_size = type.size};
    struct ox_key *key = g_hash_table_lookup(history->key_of, &wanted);
    if (!key) {
        key = key_new(history->keys->len, type, name);
        g_ptr_array_add(history->keys, key);
        g_hash_table_add(history->key_of, key);
    }
    return key;
}

uint32_t ox_key_line(const struct ox_key *key, uint64_t replica) {
    return GPOINTER_TO_UINT(g_hash_table_lookup(key->line_of, &replica)) - 1;
}

uint32_t ox_key_length(const struct ox_key *key, uint32_t line) {
    return ((const GPtrArray *)g_ptr_array_index(key->lines.replicas, line))->len;
}

struct ox_made *ox_key_made(const struct ox_key *key, uint32_t line, uint32_t n) {
    const GPtrArray *updates = g_ptr_array_index(key->lines.replicas, line);
    g_assert(n >= 1 && n <= updates->len);
    return g_ptr_array_index(updates, n - 1);
}

uint64_t ox_key_replica(const struct ox_key *key, uint32_t line) {
    return g_array_index(key->replicas, uint64_t, line);
}

static uint32_t line_open(struct ox_key *key, uint64_t replica) {
    uint32_t line = ox_key_line(key, replica);
    if (line != OX_NO_LINE)
        return line;
    line = key->replicas->len;
    g_array_append_val(key->replicas, replica);
    g_ptr_array_add(key->lines.replicas, g_ptr_array_new());
    uint64_t *name = g_new(uint64_t, 1);
    *name = replica;
    g_hash_table_insert(key->line_of, name, GUINT_TO_POINTER(line + 1));
    return line;
}

/* ---- contexts ---- */

/* Nodes meet keys in any order; their arrays grow in steps so that few bytes lie idle. */
#define HOLDING_STEP 64u

struct ox_holding *ox_history_holding(struct ox_history *history, uint32_t node,
                                      const struct ox_key *key) {
    struct ox_place *place = &history->places[node];
    if (key->index >= place->holding_count) {
        uint32_t count = (key->index / HOLDING_STEP + 1) * HOLDING_STEP;
        place->holdings = g_renew(struct ox_holding, place->holdings, count);
        memset(place->holdings + place->holding_count, 0,
               (count - place->holding_count) * sizeof *place->holdings);
        place->holding_count = count;
    }
    return &place->holdings[key->index];
}

/* The hash of a context is the sum of its updates' hashes: order does not matter, and it grows with
 * the context in O(1). */
static void hash_take(struct ox_holding *holding, uint32_t key, uint32_t line, uint32_t n) {
    const uint32_t words[4] = {key, line, n, 0};
    XXH128_hash_t hash = XXH3_128bits(words, sizeof words);
    holding->hash[0] += hash.low64;
    holding->hash[1] += hash.high64;
}

static void context_reach(struct ox_ref_context *context, uint32_t line) {
    if (line < context->count)
        return;
    uint32_t count = MAX(context->count, 2);
    while (count <= line)
        count *= 2;
    context->n = g_renew(uint32_t, context->n, count);
    memset(context->n + context->count, 0, (count - context->count) * sizeof *context->n);
    context->count = count;
}

static void note_visible(const struct ox_place *place, uint32_t node, struct ox_made *made,
                         uint64_t t_ns) {
    if (node == made->node || place->life_from_ns > made->made_ns)
        return;
    if (!made->visible_ns)
        made->visible_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    uint64_t after_ns = t_ns - made->made_ns;
    g_array_append_val(made->visible_ns, after_ns);
}

static void cover_note(const struct ox_history *history, struct ox_made *made, uint64_t t_ns) {
    /* Where nobody lives, nobody has converged. */
    ox_coverage_note(&made->cover, history->live > 0 && made->holders == history->live, t_ns);
}

void ox_history_hold(struct ox_history *history, uint32_t node, struct ox_holding *holding,
                     struct ox_made *made, uint64_t t_ns) {
    struct ox_place *place = &history->places[node];
    uint32_t line = made->update.replica;
    g_assert(place->live);
    g_assert(made->update.n == ox_ref_upto(&holding->at, line) + 1);
    context_reach(&holding->at, line);
    holding->at.n[line] = made->update.n;
    holding->have++;
    hash_take(holding, made->key->index, line, made->update.n);
    place->held++;
    if (made->holders++ == 0)
        history->known++;
    note_visible(place, node, made, t_ns);
    cover_note(history, made, t_ns);
}

static struct ox_ref_context context_copy(const struct ox_ref_context *context) {
    uint32_t count = context->count;
    while (count > 0 && context->n[count - 1] == 0)
        count--;
    struct ox_ref_context copy = {.count = count};
    copy.n = g_memdup2(context->n, count * sizeof *context->n);
    return copy;
}

static char *text_copy(struct ox_obs_text text) {
    return text.size > 0 ? g_strndup(text.data, text.size) : NULL;
}

/* A dot that no replica of the key has stays one that the model cannot find. */
static struct ox_ref_dot dense(const struct ox_key *key, struct ox_obs_dot dot) {
    if (dot.n == 0)
        return (struct ox_ref_dot){0};
    return (struct ox_ref_dot){ox_key_line(key, dot.replica), (uint32_t)MIN(dot.n, UINT32_MAX)};
}

static void take_operation(struct ox_ref_update *update, const struct ox_key *key,
                           const struct ox_observation *seen) {
    update->op = g_strndup(seen->update.op.data, seen->update.op.size);
    update->arg = text_copy(seen->update.arg);
    update->stamp = seen->update.stamp;
    update->has_stamp = seen->update.has_stamp;
    update->at = dense(key, seen->update.at);
    update->inner_type = text_copy(seen->update.inner_type);
    update->inner_op = text_copy(seen->update.inner_op);
    if (seen->update.depth == 0)
        return;
    update->path = g_new0(char *, seen->update.depth + 1);
    for (size_t i = 0; i < seen->update.depth; i++)
        update->path[i] = g_strndup(seen->update.path[i].data, seen->update.path[i].size);
}

char *ox_made_text(const struct ox_made *made) {
    const struct ox_ref_update *update = &made->update;
    GString *text = g_string_new(update->op);
    for (char **key = update->path; key && *key; key++)
        g_string_append_printf(text, "%s%s%s", key == update->path ? " [" : ",", *key,
                               key[1] ? "" : "]");
    if (update->inner_type)
        g_string_append_printf(text, " %s %s", update->inner_type, update->inner_op);
    if (update->arg)
        g_string_append_printf(text, " %s", update->arg);
    char *valid = g_utf8_make_valid(text->str, -1);
    g_string_free(text, TRUE);
    return valid;
}

struct ox_made *ox_history_make(struct ox_history *history, struct ox_key *key,
                                const struct ox_observation *update) {
    uint32_t line = line_open(key, update->update.replica);
    struct ox_holding *holding = ox_history_holding(history, update->node, key);
    GPtrArray *updates = g_ptr_array_index(key->lines.replicas, line);
    g_assert(update->update.n == updates->len + 1u);

    struct ox_made *made = g_new0(struct ox_made, 1);
    made->update.replica = line;
    made->update.n = updates->len + 1;
    take_operation(&made->update, key, update);
    made->update.seen = context_copy(&holding->at);
    made->key = key;
    made->made_ns = update->t_ns;
    made->node = update->node;
    made->life = history->places[update->node].life;
    g_ptr_array_add(updates, made);
    g_ptr_array_add(key->made, made);
    g_ptr_array_add(history->made, made);
    ox_history_hold(history, update->node, holding, made, update->t_ns);
    return made;
}

/* ---- lives ---- */

/* The node, with all that it holds, joins (+1) or leaves (-1) those who live. */
static void count_node(struct ox_history *history, const struct ox_place *place, int step,
                       uint64_t t_ns) {
    for (uint32_t k = 0; k < place->holding_count; k++) {
        const struct ox_ref_context *at = &place->holdings[k].at;
        for (uint32_t line = 0; line < at->count; line++) {
            const struct ox_key *key = g_ptr_array_index(history->keys, k);
            for (uint32_t n = 1; n <= at->n[line]; n++) {
                struct ox_made *made = ox_key_made(key, line, n);
                bool known = made->holders > 0;
                made->holders += (uint32_t)step;
                history->known += (uint64_t)(made->holders > 0) - (uint64_t)known;
            }
        }
    }
    history->live += (uint32_t)step;
    for (uint32_t i = 0; i < history->made->len; i++)
        cover_note(history, g_ptr_array_index(history->made, i), t_ns);
}

static void forget(struct ox_place *place) {
    for (uint32_t k = 0; k < place->holding_count; k++)
        g_free(place->holdings[k].at.n);
    g_free(place->holdings);
    place->holdings = NULL;
    place->holding_count = 0;
    place->held = 0;
}

void ox_history_stop(struct ox_history *history, uint32_t node, bool keeps_disk, uint64_t t_ns) {
    struct ox_place *place = &history->places[node];
    g_assert(place->live);
    place->live = false;
    place->disk = keeps_disk;
    count_node(history, place, -1, t_ns);
}

void ox_history_start(struct ox_history *history, uint32_t node, uint64_t replica, bool disk,
                      uint64_t t_ns) {
    struct ox_place *place = &history->places[node];
    g_assert(!place->live);
    if (!disk || !place->disk) {
        forget(place);
        place->life++;
        place->life_from_ns = t_ns;
    }
    if (!disk) {
        uint64_t *name = g_new(uint64_t, 1);
        *name = replica;
        g_hash_table_replace(history->replica_seen, name, GUINT_TO_POINTER(node + 1));
    }
    place->live = true;
    place->started = true;
    place->disk = true;
    place->replica = replica;
    count_node(history, place, +1, t_ns);
}

struct ox_history *ox_history_new(uint32_t nodes) {
    struct ox_history *history = g_new0(struct ox_history, 1);
    history->nodes = nodes;
    history->places = g_new0(struct ox_place, nodes);
    history->keys = g_ptr_array_new_with_free_func(key_free);
    history->made = g_ptr_array_new_with_free_func(made_free);
    history->key_of = g_hash_table_new(key_hash, key_equal);
    history->replica_seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return history;
}

void ox_history_free(struct ox_history *history) {
    if (!history)
        return;
    for (uint32_t i = 0; i < history->nodes; i++)
        forget(&history->places[i]);
    g_free(history->places);
    g_hash_table_destroy(history->key_of);
    g_hash_table_destroy(history->replica_seen);
    g_ptr_array_free(history->keys, TRUE);
    g_ptr_array_free(history->made, TRUE);
    g_free(history);
}
