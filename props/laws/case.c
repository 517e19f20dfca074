/* laws/case.c - the words that laws are written with. */
#include "props/laws/case.h"

#include <string.h>

/* ---- saying what is wrong ---- */

bool ox_law_fail(struct ox_law_case *c, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_vsnprintf(c->reason, OX_PROPERTY_REASON_MAX, format, arguments);
    va_end(arguments);
    if (c->story != NULL) {
        g_string_append_printf(c->story, "    %s\n", c->reason);
    }
    return false;
}

bool ox_law_status(struct ox_law_case *c, const char *what, enum ox_status status) {
    return ox_law_fail(c, "%s: %s, %s", what, ox_status_name(status), ox_status_text(status));
}

/* {"context":{"A":1},"value":["a"]} */
static GString *state_of(const struct ox_object *object) {
    GString *out = g_string_new("{\"context\":{");
    for (uint32_t i = 0; i < object->context.count; i++) {
        g_string_append(out, i == 0 ? "\"" : ",\"");
        ox_law_put_replica(out, object->context.entries[i].replica);
        g_string_append_printf(out, "\":%" G_GUINT64_FORMAT, object->context.entries[i].n);
    }
    g_string_append(out, "},\"value\":");
    ox_law_put_value(out, object);
    return g_string_append_c(out, '}');
}

static GString *hex_of(const struct ox_object *object) {
    GString *out = g_string_new(NULL);
    struct ox_buf bytes = {0};
    ox_object_encode(object, &bytes);
    for (size_t i = 0; i < bytes.size; i++) {
        g_string_append_printf(out, "%02x", bytes.data[i]);
    }
    ox_buf_free(&bytes);
    return out;
}

/* Where a reader sees the first difference: characters, not bytes. */
static size_t first_difference(const GString *a, const GString *b) {
    size_t columns = 0;
    for (size_t i = 0; i < a->len && i < b->len && a->str[i] == b->str[i]; i++) {
        columns += (a->str[i] & 0xc0) != 0x80;
    }
    return columns;
}

static void tell_pair(GString *story, const char *a_name, GString *a, const char *b_name,
                      GString *b) {
    int width = (int)MAX(strlen(a_name), strlen(b_name));
    g_string_append_printf(story, "      %-*s  %s\n", width, a_name, a->str);
    g_string_append_printf(story, "      %-*s  %s\n", width, b_name, b->str);
    if (!g_string_equal(a, b)) {
        g_string_append_printf(story, "      %*s^\n", width + 2 + (int)first_difference(a, b), "");
    }
    g_string_free(a, TRUE);
    g_string_free(b, TRUE);
}

bool ox_law_differ(struct ox_law_case *c, const char *what, const char *a_name,
                   const struct ox_object *a, const char *b_name, const struct ox_object *b) {
    GString *a_state = state_of(a), *b_state = state_of(b);
    bool shows = !g_string_equal(a_state, b_state);
    ox_law_fail(c, "%s: %s and %s differ%s", what, a_name, b_name,
                shows ? "" : " in their bytes, though not in what they show");
    if (c->story != NULL) {
        tell_pair(c->story, a_name, a_state, b_name, b_state);
        if (!shows) {
            tell_pair(c->story, a_name, hex_of(a), b_name, hex_of(b));
        }
        return false;
    }
    g_string_free(a_state, TRUE);
    g_string_free(b_state, TRUE);
    return false;
}

/* ---- asking ---- */

bool ox_law_same_bytes(struct ox_law_case *c, const struct ox_object *a,
                       const struct ox_object *b) {
    ox_buf_clear(&c->bytes[0]);
    ox_buf_clear(&c->bytes[1]);
    ox_object_encode(a, &c->bytes[0]);
    ox_object_encode(b, &c->bytes[1]);
    return ox_bytes_equal(ox_buf_bytes(&c->bytes[0]), ox_buf_bytes(&c->bytes[1]));
}

bool ox_law_same_delta(struct ox_law_case *c, const struct ox_delta *a, const struct ox_delta *b) {
    ox_buf_clear(&c->bytes[0]);
    ox_buf_clear(&c->bytes[1]);
    ox_delta_encode(a, &c->bytes[0]);
    ox_delta_encode(b, &c->bytes[1]);
    return ox_bytes_equal(ox_buf_bytes(&c->bytes[0]), ox_buf_bytes(&c->bytes[1]));
}

bool ox_law_same(struct ox_law_case *c, const char *what, const char *a_name,
                 const struct ox_object *a, const char *b_name, const struct ox_object *b) {
    bool same = ox_law_same_bytes(c, a, b);
    if (same != ox_object_equal(a, b)) {
        return ox_law_differ(c,
                             same ? "the type calls objects unequal whose bytes are equal"
                                  : "the type calls objects equal whose bytes are not",
                             a_name, a, b_name, b);
    }
    return same || ox_law_differ(c, what, a_name, a, b_name, b);
}

/* Memory that runs out in here would be the test's own end, not a finding. */
static void copy_object(struct ox_object *to, const struct ox_object *from) {
    if (ox_object_copy(to, from) != OX_OK) {
        g_error("a law: no memory for a copy");
    }
}

bool ox_law_join(struct ox_law_case *c, const struct ox_object *a, const struct ox_object *b,
                 struct ox_object *out) {
    copy_object(out, a);
    enum ox_status status = ox_object_join(out, b, NULL);
    if (status == OX_OK) {
        return true;
    }
    ox_object_free(out);
    return ox_law_status(c, "a join of two objects", status);
}

bool ox_law_join_delta(struct ox_law_case *c, const struct ox_object *o,
                       const struct ox_delta *delta, struct ox_object *out) {
    copy_object(out, o);
    enum ox_status status = ox_object_join_delta(out, delta, NULL);
    if (status == OX_OK) {
        return true;
    }
    ox_object_free(out);
    return ox_law_status(c, "a join of a delta into an object that covers its since", status);
}

size_t ox_law_fresh_bytes(const struct ox_object *object) {
    struct ox_object fresh;
    struct ox_buf bytes = {0};
    size_t size = 0;
    ox_object_encode(object, &bytes);
    struct ox_cbor in = ox_cbor_of(ox_buf_bytes(&bytes));
    if (ox_object_decode(&fresh, object->type, &in) == OX_OK) {
        size = fresh.type->bytes(fresh.store);
        ox_object_free(&fresh);
    }
    ox_buf_free(&bytes);
    return size;
}

/* ---- choices ---- */

/* SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
uint64_t ox_law_roll(struct ox_law_dice *dice, uint64_t below) {
    uint64_t z = (dice->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

/* ---- samples ---- */

static bool has_context(const struct ox_law_sample *samples, size_t count,
                        const struct ox_vv *context) {
    for (size_t i = 0; i < count; i++) {
        if (ox_vv_equal(&samples[i].object->context, context)) {
            return true;
        }
    }
    return false;
}

static size_t add_sample(struct ox_law_sample *samples, size_t count,
                         const struct ox_object *object, const char *what, ox_replica replica) {
    if (count == OX_LAW_SAMPLES_MAX || has_context(samples, count, &object->context)) {
        return count;
    }
    GString *name = g_string_new(what);
    ox_law_put_replica(name, replica);
    g_strlcpy(samples[count].name, name->str, sizeof samples[count].name);
    g_string_free(name, TRUE);
    samples[count].object = object;
    return count + 1;
}

size_t ox_law_samples(struct ox_law_case *c, struct ox_law_sample samples[OX_LAW_SAMPLES_MAX]) {
    const struct ox_history *history = &c->history;
    size_t count = 0;
    for (unsigned at = 0; at < OX_HISTORY_PLACES; at++) {
        const struct ox_place *place = &history->places[at];
        count = add_sample(samples, count, &place->object, "", place->replica);
    }
    for (guint i = history->pool->len; i-- > 0;) {
        const struct ox_message *message = g_ptr_array_index(history->pool, i);
        if (message->kind == OX_MESSAGE_STATE) {
            count = add_sample(samples, count, &message->state, "a state of ",
                               history->places[message->from].replica);
        }
    }
    return count;
}
