/* reader.c - one pass over the lines. */
#include "scenarios/file/reader.h"

#include "scenarios/file/text.h"

#include <string.h>

static void entry_free(gpointer data) {
    struct ox_entry_line *entry = data;
    g_free(entry->key);
    g_free(entry->raw);
    g_free(entry);
}

static void section_free(gpointer data) {
    struct ox_section *section = data;
    g_free(section->name);
    g_ptr_array_free(section->entries, TRUE);
    g_free(section);
}

static struct ox_section *section_add(struct ox_document *document, const char *name,
                                      struct ox_place place) {
    struct ox_section *section = g_new0(struct ox_section, 1);
    section->name = g_strdup(name);
    section->place = place;
    section->entries = g_ptr_array_new_with_free_func(entry_free);
    g_ptr_array_add(document->sections, section);
    return section;
}

static void entry_add(struct ox_section *section, const char *key, enum ox_comparison op,
                      const char *raw, struct ox_place place) {
    struct ox_entry_line *entry = g_new0(struct ox_entry_line, 1);
    entry->key = g_strdup(key);
    entry->op = op;
    entry->raw = g_strdup(raw);
    entry->place = place;
    g_ptr_array_add(section->entries, entry);
}

struct ox_section *ox_document_section(const struct ox_document *document, const char *name) {
    for (guint i = 0; i < document->sections->len; i++) {
        struct ox_section *section = g_ptr_array_index(document->sections, i);
        if (strcmp(section->name, name) == 0)
            return section;
    }
    return NULL;
}

struct ox_entry_line *ox_section_entry(const struct ox_section *section, const char *key) {
    for (guint i = 0; i < section->entries->len; i++) {
        struct ox_entry_line *entry = g_ptr_array_index(section->entries, i);
        if (strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

static bool name_char(char c) {
    return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

static bool name_valid(const char *name) {
    if (*name == '\0')
        return false;
    for (; *name != '\0'; name++)
        if (!name_char(*name))
            return false;
    return true;
}

/* Cuts the comment off, in place. */
static void strip_comment(char *line) {
    bool inside = false;
    for (char *at = line; *at != '\0'; at++) {
        bool starts = at == line || at[-1] == ' ' || at[-1] == '\t';
        if (*at == '"') {
            inside = !inside;
        } else if ((*at == '#' || *at == ';') && starts && !inside) {
            *at = '\0';
            return;
        }
    }
}

/* The operator at `at`, and how long it is; false when there is none. */
static bool operator_at(const char *at, enum ox_comparison *op, size_t *size) {
    static const struct {
        const char *word;
        enum ox_comparison op;
    } operators[] = {{"<=", OX_CMP_LE}, {">=", OX_CMP_GE}, {"!=", OX_CMP_NE},
                     {"<", OX_CMP_LT},  {">", OX_CMP_GT},  {"=", OX_CMP_EQ}};
    for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
        if (!g_str_has_prefix(at, operators[i].word))
            continue;
        *op = operators[i].op;
        *size = strlen(operators[i].word);
        return true;
    }
    return false;
}

/* Splits "key op value" into its trimmed parts. Both texts are to be freed; false when there is no
 * operator. */
static bool assignment_split(const char *text, char **key, enum ox_comparison *op, char **value) {
    size_t at = strcspn(text, "<>=!"), size = 0;
    if (!operator_at(text + at, op, &size))
        return false;
    *key = g_strstrip(g_strndup(text, at));
    *value = g_strstrip(g_strdup(text + at + size));
    return true;
}

struct reading {
    struct ox_document *document;
    struct ox_section *section;
    struct ox_errors *errors;
    struct ox_place place;
    bool lost; /* below a header that could not be read: its entries are not looked at */
};

static void read_header(struct reading *in, char *line) {
    size_t size = strlen(line);
    in->section = NULL;
    in->lost = true;
    if (line[size - 1] != ']') {
        ox_errors_add(in->errors, in->place, "'%s' has no closing ']'", line);
        return;
    }
    line[size - 1] = '\0';
    char *name = g_strstrip(line + 1);
    if (!name_valid(name)) {
        ox_errors_add(in->errors, in->place,
                      "'[%s]' is not the name of a section: letters, digits, '_', '-' and '.'",
                      name);
        return;
    }
    struct ox_section *first = ox_document_section(in->document, name);
    if (first != NULL) {
        ox_errors_add(in->errors, in->place, "[%s] stands twice; it begins at line %u", name,
                      first->place.line);
        return;
    }
    in->section = section_add(in->document, name, in->place);
    in->lost = false;
}

static bool same_bound(const struct ox_section *section, const char *key, enum ox_comparison op,
                       const struct ox_entry_line **first) {
    bool compares = strcmp(section->name, OX_SECTION_COMPARES) == 0;
    for (guint i = 0; i < section->entries->len; i++) {
        const struct ox_entry_line *entry = g_ptr_array_index(section->entries, i);
        if (strcmp(entry->key, key) == 0 && (!compares || entry->op == op)) {
            *first = entry;
            return true;
        }
    }
    return false;
}

static void check_entry(struct reading *in, const char *key, enum ox_comparison op,
                        const char *value) {
    const struct ox_entry_line *first = NULL;
    if (!name_valid(key))
        ox_errors_add(in->errors, in->place,
                      "'%s' is not the name of a key: letters, digits, '_', '-' and '.'", key);
    else if (*value == '\0')
        ox_errors_add(in->errors, in->place, "'%s' has no value; write '%s = ...'", key, key);
    else if (in->section == NULL)
        ox_errors_add(in->errors, in->place,
                      "'%s' stands before the first section; begin with [scenario]", key);
    else if (op != OX_CMP_EQ && strcmp(in->section->name, OX_SECTION_COMPARES) != 0)
        ox_errors_add(in->errors, in->place,
                      "only [" OX_SECTION_COMPARES "] compares; write '%s = %s'", key, value);
    else if (same_bound(in->section, key, op, &first))
        ox_errors_add(in->errors, in->place, "'%s' stands twice in [%s]; first at line %u", key,
                      in->section->name, first->place.line);
    else
        entry_add(in->section, key, op, value, in->place);
}

static void read_entry(struct reading *in, const char *line) {
    char *key = NULL, *value = NULL;
    enum ox_comparison op = OX_CMP_EQ;
    if (in->lost)
        return;
    if (!assignment_split(line, &key, &op, &value)) {
        ox_errors_add(in->errors, in->place, "'%s' is neither '[section]' nor 'key = value'", line);
        return;
    }
    check_entry(in, key, op, value);
    g_free(key);
    g_free(value);
}

static void read_line(struct reading *in, char *line) {
    strip_comment(line);
    g_strstrip(line);
    if (!ox_text_closed(line, strlen(line)))
        ox_errors_add(in->errors, in->place, "a quote is not closed");
    else if (*line == '[')
        read_header(in, line);
    else if (*line != '\0')
        read_entry(in, line);
}

/* Whether the bytes are text at all; a place that is not is named by its line. */
static bool check_text(struct reading *in, const char *text, size_t size) {
    const char *end = NULL;
    in->place.line = 1;
    if (size > OX_DOCUMENT_SIZE_MAX) {
        ox_errors_add(in->errors, in->place, "%zu bytes; a scenario has at most %u", size,
                      OX_DOCUMENT_SIZE_MAX);
        return false;
    }
    if (g_utf8_validate_len(text, size, &end))
        return true;
    for (const char *at = text; at < end; at++)
        in->place.line += *at == '\n';
    ox_errors_add(in->errors, in->place,
                  end < text + size && *end == '\0' ? "a zero byte; the file is not text"
                                                    : "not UTF-8; save the file as UTF-8");
    return false;
}

static bool control_char(const char *line) {
    for (; *line != '\0'; line++)
        if (g_ascii_iscntrl(*line) && *line != '\t')
            return true;
    return false;
}

struct ox_document *ox_document_read(const char *file, const char *text, size_t size,
                                     struct ox_errors *errors) {
    struct ox_document *document = g_new0(struct ox_document, 1);
    document->file = ox_place_keep(file);
    document->sections = g_ptr_array_new_with_free_func(section_free);
    struct reading in = {.document = document, .errors = errors, .place = {.file = document->file}};
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        text += 3;
        size -= 3;
    }
    if (!check_text(&in, text, size))
        return document;
    unsigned number = 1;
    for (const char *at = text, *end = text + size; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = stop == NULL ? (size_t)(end - at) : (size_t)(stop - at);
        char *line = g_strndup(at, length);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        in.place.line = number;
        if (control_char(line))
            ox_errors_add(errors, in.place, "a control character; only tabs may stand in a line");
        else
            read_line(&in, line);
        g_free(line);
        at += length + 1;
    }
    return document;
}

void ox_document_free(struct ox_document *document) {
    if (document == NULL)
        return;
    g_ptr_array_free(document->sections, TRUE);
    g_free(document);
}

/* ---- overrides ---- */

struct ox_override *ox_override_read(const char *assignment, struct ox_place place,
                                     struct ox_errors *errors) {
    char *path = NULL, *value = NULL;
    enum ox_comparison op = OX_CMP_EQ;
    struct ox_override *override = NULL;
    if (!g_utf8_validate(assignment, -1, NULL) || control_char(assignment)) {
        ox_errors_add(errors, place, "not UTF-8 text");
        return NULL;
    }
    if (!assignment_split(assignment, &path, &op, &value)) {
        ox_errors_add(errors, place, "nothing is set; write section.key=value");
        return NULL;
    }
    char *dot = strrchr(path, '.');
    if (dot == NULL || dot == path || !name_valid(path) || dot[1] == '\0') {
        ox_errors_add(errors, place, "'%s' names no key; write section.key=value", path);
    } else if (*value == '\0') {
        ox_errors_add(errors, place, "'%s' has no value", path);
    } else if (!ox_text_closed(value, strlen(value))) {
        ox_errors_add(errors, place, "a quote is not closed");
    } else {
        override = g_new0(struct ox_override, 1);
        override->section = g_strndup(path, (size_t)(dot - path));
        override->key = g_strdup(dot + 1);
        override->op = op;
        override->raw = g_strdup(value);
        override->place = place;
    }
    g_free(path);
    g_free(value);
    return override;
}

void ox_override_free(gpointer data) {
    struct ox_override *override = data;
    if (override == NULL)
        return;
    g_free(override->section);
    g_free(override->key);
    g_free(override->raw);
    g_free(override);
}

static const char *section_meant(const struct ox_document *document, const char *name) {
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < document->sections->len; i++)
        g_ptr_array_add(names,
                        ((struct ox_section *)g_ptr_array_index(document->sections, i))->name);
    g_ptr_array_add(names, NULL);
    const char *meant = ox_text_meant(name, (const char *const *)names->pdata);
    g_ptr_array_free(names, TRUE);
    return meant;
}

void ox_document_override(struct ox_document *document, const struct ox_override *override,
                          struct ox_errors *errors) {
    struct ox_section *section = ox_document_section(document, override->section);
    bool compares = strcmp(override->section, OX_SECTION_COMPARES) == 0;
    if (section == NULL && strchr(override->section, '.') != NULL) {
        const char *meant = section_meant(document, override->section);
        ox_errors_add(errors, override->place, "%s has no section [%s]%s%s%s", document->file,
                      override->section, meant == NULL ? "" : "; did you mean '",
                      meant == NULL ? "" : meant, meant == NULL ? "" : "'?");
        return;
    }
    if (override->op != OX_CMP_EQ && !compares) {
        ox_errors_add(errors, override->place,
                      "only [" OX_SECTION_COMPARES "] compares; write %s.%s=%s", override->section,
                      override->key, override->raw);
        return;
    }
    if (section == NULL)
        section = section_add(document, override->section, override->place);
    for (guint i = section->entries->len; i-- > 0;) {
        const struct ox_entry_line *entry = g_ptr_array_index(section->entries, i);
        if (strcmp(entry->key, override->key) == 0)
            g_ptr_array_remove_index(section->entries, i);
    }
    entry_add(section, override->key, override->op, override->raw, override->place);
}
