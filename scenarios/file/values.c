/* values.c - one value of a scenario file, read as its key says. */
#include "scenarios/file/grammar.h"
#include "scenarios/file/text.h"
#include "scenarios/file/units.h"

#include <string.h>

#define INPUTS_FOLDER "inputs/"

struct reading {
    const struct ox_key *key;
    struct ox_place place;
    void *draft;
    struct ox_errors *errors;
};

static void *field(const struct reading *in) {
    return (char *)in->draft + in->key->offset;
}

const char **ox_key_words(const struct ox_key *key) {
    GPtrArray *words = g_ptr_array_new();
    if (key->type == OX_KEY_VARIANT) {
        for (size_t i = 0; i < key->variant_count; i++)
            g_ptr_array_add(words, (gpointer)key->variants[i].name);
    } else {
        for (size_t i = 0; key->words(i) != NULL; i++)
            g_ptr_array_add(words, (gpointer)key->words(i));
    }
    g_ptr_array_add(words, NULL);
    return (const char **)g_ptr_array_free(words, FALSE);
}

char *ox_words_hint(const char *text, const char *const *words) {
    const char *meant = ox_text_meant(text, words);
    if (meant != NULL)
        return g_strdup_printf("; did you mean '%s'?", meant);
    char *list = g_strjoinv(", ", (char **)words);
    char *hint = g_strdup_printf("; one of %s", list);
    g_free(list);
    return hint;
}

static char *keys_hint(const struct ox_key *keys, size_t count, const char *text) {
    const char **names = g_new0(const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    char *hint = ox_words_hint(text, names);
    g_free(names);
    return hint;
}

char *ox_rule_hint(const struct ox_section_rule *rule, const char *text) {
    return keys_hint(rule->keys, rule->key_count, text);
}

/* ---- single words ---- */

/* The index of a word; adds an error when there is none such. */
static bool find_word(const struct reading *in, const char *text, size_t *index) {
    const char **words = ox_key_words(in->key);
    bool found = false;
    for (size_t i = 0; words[i] != NULL && !found; i++) {
        found = strcmp(words[i], text) == 0;
        *index = i;
    }
    if (!found) {
        char *hint = ox_words_hint(text, words);
        ox_errors_add(in->errors, in->place, "unknown '%s' for '%s'%s", text, in->key->name, hint);
        g_free(hint);
    }
    g_free(words);
    return found;
}

static bool read_choice(const struct reading *in, const char *raw, char **effective) {
    char *text = ox_text_unquote(raw);
    bool good = find_word(in, text, field(in));
    if (good)
        *effective = g_strdup(text);
    g_free(text);
    return good;
}

static bool read_choices(const struct reading *in, const char *raw, char **effective) {
    char **items = ox_text_split(raw, ',');
    GArray *list = g_array_new(FALSE, FALSE, sizeof(size_t));
    bool good = true;
    for (size_t i = 0; items[i] != NULL && good; i++) {
        size_t index = 0;
        good = find_word(in, items[i], &index);
        for (guint j = 0; j < list->len && good; j++)
            if (g_array_index(list, size_t, j) == index) {
                ox_errors_add(in->errors, in->place, "'%s' stands twice in '%s'", items[i],
                              in->key->name);
                good = false;
            }
        g_array_append_val(list, index);
    }
    if (good) {
        GArray **into = field(in);
        *into = list;
        *effective = g_strjoinv(", ", items);
    } else {
        g_array_free(list, TRUE);
    }
    g_strfreev(items);
    return good;
}

/* ---- numbers ---- */

static bool read_number(const struct ox_key *key, const char *text, void *into, char **wrong) {
    switch (key->type) {
    case OX_KEY_COUNT:
        return ox_read_count(text, into, wrong);
    case OX_KEY_DURATION:
        return ox_read_duration(text, into, wrong);
    case OX_KEY_SHARE:
        return ox_read_share(text, into, wrong);
    case OX_KEY_RATE:
        return ox_read_rate(text, into, wrong);
    case OX_KEY_BANDWIDTH:
        return ox_read_bandwidth(text, into, wrong);
    default:
        return ox_read_number(text, into, wrong);
    }
}

static char *print_bound(enum ox_key_type type, double bound) {
    switch (type) {
    case OX_KEY_COUNT:
        return g_strdup_printf("%.0f", bound);
    case OX_KEY_DURATION:
        return ox_print_duration((uint64_t)bound);
    case OX_KEY_BANDWIDTH:
        return ox_print_bandwidth(bound);
    case OX_KEY_SHARE:
        return ox_print_share(bound);
    default: {
        char *number = ox_print_number(bound);
        char *text = g_strconcat(number, type == OX_KEY_RATE ? "/s" : "", NULL);
        g_free(number);
        return text;
    }
    }
}

static bool in_range(const struct reading *in, const char *text, double value) {
    const struct ox_key *key = in->key;
    bool ranged = key->low != 0 || key->high != 0;
    if (!ranged || (value >= key->low && value <= key->high))
        return true;
    char *low = print_bound(key->type, key->low), *high = print_bound(key->type, key->high);
    ox_errors_add(in->errors, in->place, "'%s' is out of range for '%s': %s to %s", text, key->name,
                  low, high);
    g_free(low);
    g_free(high);
    return false;
}

static bool read_measure(const struct reading *in, const char *raw, char **effective) {
    union {
        uint64_t whole;
        double real;
    } value = {0};
    bool whole = in->key->type == OX_KEY_COUNT || in->key->type == OX_KEY_DURATION;
    char *text = ox_text_unquote(raw), *wrong = NULL;
    bool good = read_number(in->key, text, &value, &wrong);
    if (!good)
        ox_errors_add(in->errors, in->place, "'%s': %s", in->key->name, wrong);
    else
        good = in_range(in, text, whole ? (double)value.whole : value.real);
    if (good) {
        memcpy(field(in), &value, sizeof value);
        *effective = g_strdup(text);
    }
    g_free(text);
    g_free(wrong);
    return good;
}

/* ---- texts ---- */

static bool read_text(const struct reading *in, const char *raw, char **effective) {
    char **into = field(in);
    *into = in->key->type == OX_KEY_NODES ? g_strdup(raw) : ox_text_unquote(raw);
    if (in->key->type == OX_KEY_FILE) {
        char *base = g_path_get_basename(*into), *copy = g_strconcat(INPUTS_FOLDER, base, NULL);
        *effective = ox_text_quote(copy);
        g_free(base);
        g_free(copy);
    } else {
        *effective = in->key->type == OX_KEY_NODES ? g_strdup(raw) : ox_text_quote(*into);
    }
    return true;
}

/* ---- name:k=v,k=v ---- */

/* Splits the options into `values`, one for each option of the variant, NULL where none was given.
 */
static bool split_options(const struct reading *in, const struct ox_variant *variant,
                          const char *raw, char **values) {
    char **items = ox_text_split(raw, ',');
    bool good = true;
    for (size_t i = 0; items[i] != NULL; i++) {
        char *equals = strchr(items[i], '=');
        size_t at = 0;
        if (equals == NULL || equals == items[i] || equals[1] == '\0') {
            ox_errors_add(in->errors, in->place, "'%s' is no option of '%s'; write %s:key=value",
                          items[i], variant->name, variant->name);
            good = false;
            continue;
        }
        char *name = g_strchomp(g_strndup(items[i], (size_t)(equals - items[i])));
        while (at < variant->option_count && strcmp(variant->options[at].name, name) != 0)
            at++;
        if (at == variant->option_count) {
            char *hint = keys_hint(variant->options, variant->option_count, name);
            ox_errors_add(in->errors, in->place, "unknown option '%s' of '%s'%s", name,
                          variant->name, variant->option_count == 0 ? "; it has none" : hint);
            g_free(hint);
            good = false;
        } else if (values[at] != NULL) {
            ox_errors_add(in->errors, in->place, "option '%s' stands twice", name);
            good = false;
        } else {
            values[at] = g_strchug(g_strdup(equals + 1));
        }
        g_free(name);
    }
    g_strfreev(items);
    return good;
}

static bool read_options(const struct reading *in, const struct ox_variant *variant,
                         char *const *values, GString *effective) {
    bool good = true;
    for (size_t i = 0; i < variant->option_count; i++) {
        const struct ox_key *option = &variant->options[i];
        const char *raw = values[i] == NULL ? option->fallback : values[i];
        char *text = NULL;
        if (raw == NULL) {
            ox_errors_add(in->errors, in->place, "'%s' needs '%s'; write %s:%s=...", variant->name,
                          option->name, variant->name, option->name);
            good = false;
        } else if (ox_key_read(option, raw, in->place, in->draft, in->errors, &text)) {
            g_string_append_printf(effective, "%c%s=%s", i == 0 ? ':' : ',', option->name, text);
        } else {
            good = false;
        }
        g_free(text);
    }
    return good;
}

static bool read_variant(const struct reading *in, const char *raw, char **effective) {
    const char *colon = ox_text_find(raw, ':');
    char *name = g_strstrip(g_strndup(raw, colon == NULL ? strlen(raw) : (size_t)(colon - raw)));
    size_t index = 0;
    bool good = find_word(in, name, &index);
    if (good) {
        const struct ox_variant *variant = &in->key->variants[index];
        char **values = g_new0(char *, variant->option_count + 1);
        GString *text = g_string_new(name);
        good = (colon == NULL || split_options(in, variant, colon + 1, values)) &&
               read_options(in, variant, values, text);
        for (size_t i = 0; i < variant->option_count; i++)
            g_free(values[i]);
        g_free(values);
        *effective = g_string_free(text, !good);
        memcpy(field(in), &index, sizeof index);
    }
    g_free(name);
    return good;
}

bool ox_key_read(const struct ox_key *key, const char *raw, struct ox_place place, void *draft,
                 struct ox_errors *errors, char **effective) {
    struct reading in = {.key = key, .place = place, .draft = draft, .errors = errors};
    switch (key->type) {
    case OX_KEY_TEXT:
    case OX_KEY_FILE:
    case OX_KEY_NODES:
        return read_text(&in, raw, effective);
    case OX_KEY_CHOICE:
        return read_choice(&in, raw, effective);
    case OX_KEY_CHOICES:
        return read_choices(&in, raw, effective);
    case OX_KEY_VARIANT:
        return read_variant(&in, raw, effective);
    default:
        return read_measure(&in, raw, effective);
    }
}

/* ---- the draft ---- */

static void clear_keys(const struct ox_key *keys, size_t count, void *draft) {
    for (size_t i = 0; i < count; i++) {
        void *at = (char *)draft + keys[i].offset;
        if (keys[i].type == OX_KEY_TEXT || keys[i].type == OX_KEY_FILE ||
            keys[i].type == OX_KEY_NODES) {
            g_clear_pointer((char **)at, g_free);
        } else if (keys[i].type == OX_KEY_CHOICES) {
            GArray **list = at;
            if (*list != NULL)
                g_array_free(*list, TRUE);
            *list = NULL;
        }
        for (size_t j = 0; j < keys[i].variant_count; j++)
            clear_keys(keys[i].variants[j].options, keys[i].variants[j].option_count, draft);
    }
}

void ox_draft_clear(const struct ox_section_rule *rule, void *draft) {
    clear_keys(rule->keys, rule->key_count, draft);
}
