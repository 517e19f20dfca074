/* writer.c - see writer.h. */
#include "scenarios/writer.h"

#include "scenarios/file/units.h"

#include <math.h>
#include <string.h>

static void append_text(GString *out, const char *text) {
    char *valid = g_utf8_make_valid(text, -1);
    g_string_append_c(out, '"');
    for (const char *at = valid; *at != '\0'; at++) {
        switch (*at) {
        case '"':
            g_string_append(out, "\\\"");
            break;
        case '\\':
            g_string_append(out, "\\\\");
            break;
        case '\n':
            g_string_append(out, "\\n");
            break;
        case '\t':
            g_string_append(out, "\\t");
            break;
        default:
            if ((unsigned char)*at < 0x20)
                g_string_append_printf(out, "\\u%04X", (unsigned)(unsigned char)*at);
            else
                g_string_append_c(out, *at);
        }
    }
    g_string_append_c(out, '"');
    g_free(valid);
}

static void break_line(struct ox_writer *json) {
    g_string_append_c(json->out, '\n');
    for (unsigned i = 0; i < json->depth; i++)
        g_string_append(json->out, "  ");
}

/* Whatever stands between the last item and this one. */
static void begin_item(struct ox_writer *json, const char *key) {
    if (json->depth > 0) {
        bool breaks = json->depth <= json->breaks;
        if (json->filled)
            g_string_append(json->out, breaks ? "," : ", ");
        if (breaks)
            break_line(json);
    }
    if (key != NULL) {
        append_text(json->out, key);
        g_string_append(json->out, ": ");
    }
    json->filled = true;
}

static void begin_container(struct ox_writer *json, const char *key, char bracket) {
    begin_item(json, key);
    g_string_append_c(json->out, bracket);
    json->depth++;
    json->filled = false;
}

static void end_container(struct ox_writer *json, char bracket) {
    bool breaks = json->depth <= json->breaks && json->filled;
    json->depth--;
    if (breaks)
        break_line(json);
    g_string_append_c(json->out, bracket);
    json->filled = true;
}

void ox_writer_object(struct ox_writer *json, const char *key) {
    begin_container(json, key, '{');
}

void ox_writer_array(struct ox_writer *json, const char *key) {
    begin_container(json, key, '[');
}

void ox_writer_end_object(struct ox_writer *json) {
    end_container(json, '}');
}

void ox_writer_end_array(struct ox_writer *json) {
    end_container(json, ']');
}

void ox_writer_text(struct ox_writer *json, const char *key, const char *text) {
    begin_item(json, key);
    append_text(json->out, text);
}

void ox_writer_uint(struct ox_writer *json, const char *key, uint64_t value) {
    begin_item(json, key);
    g_string_append_printf(json->out, "%" G_GUINT64_FORMAT, value);
}

void ox_writer_number(struct ox_writer *json, const char *key, double value) {
    begin_item(json, key);
    if (isnan(value)) {
        g_string_append(json->out, "null");
        return;
    }
    char *text = ox_print_number(value);
    g_string_append_printf(json->out, isinf(value) ? "\"%s\"" : "%s", text);
    g_free(text);
}

void ox_writer_null(struct ox_writer *json, const char *key) {
    begin_item(json, key);
    g_string_append(json->out, "null");
}

void ox_writer_hash(struct ox_writer *json, const char *key, uint64_t value) {
    begin_item(json, key);
    g_string_append_printf(json->out, "\"%016" G_GINT64_MODIFIER "x\"", value);
}

void ox_writer_raw(struct ox_writer *json, const char *key, const char *value) {
    begin_item(json, key);
    g_string_append(json->out, value);
}
