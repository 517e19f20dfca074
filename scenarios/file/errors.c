/* errors.c - a list of messages with places; sorted only when somebody looks. */
#include "scenarios/file/errors.h"

#include <stdarg.h>
#include <string.h>

struct message {
    struct ox_place place;
    size_t rank; /* of its file: the order in which files were first named */
    size_t turn; /* keeps the order of two messages of one line */
    char *text;
};

struct ox_errors {
    GPtrArray *messages;
    GPtrArray *files;
    bool sorted;
};

const char *ox_place_keep(const char *file) {
    return g_intern_string(file);
}

char *ox_place_text(struct ox_place place) {
    return place.line == 0 ? g_strdup(place.file)
                           : g_strdup_printf("%s:%u", place.file, place.line);
}

static void message_free(gpointer data) {
    struct message *message = data;
    g_free(message->text);
    g_free(message);
}

struct ox_errors *ox_errors_new(void) {
    struct ox_errors *errors = g_new0(struct ox_errors, 1);
    errors->messages = g_ptr_array_new_with_free_func(message_free);
    errors->files = g_ptr_array_new_with_free_func(g_free);
    return errors;
}

void ox_errors_free(struct ox_errors *errors) {
    if (errors == NULL)
        return;
    g_ptr_array_free(errors->messages, TRUE);
    g_ptr_array_free(errors->files, TRUE);
    g_free(errors);
}

static size_t rank_of(struct ox_errors *errors, const char *file) {
    for (guint i = 0; i < errors->files->len; i++)
        if (strcmp(g_ptr_array_index(errors->files, i), file) == 0)
            return i;
    g_ptr_array_add(errors->files, g_strdup(file));
    return errors->files->len - 1;
}

void ox_errors_add(struct ox_errors *errors, struct ox_place place, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char *where = ox_place_text(place);
    struct message *message = g_new0(struct message, 1);
    message->place = place;
    message->rank = rank_of(errors, place.file);
    message->turn = errors->messages->len;
    message->text = g_strdup_printf("%s: error: %s", where, sentence);
    g_ptr_array_add(errors->messages, message);
    errors->sorted = false;
    g_free(where);
    g_free(sentence);
}

size_t ox_errors_count(const struct ox_errors *errors) {
    return errors->messages->len;
}

static gint compare(gconstpointer left, gconstpointer right) {
    const struct message *a = *(struct message *const *)left;
    const struct message *b = *(struct message *const *)right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    return a->turn < b->turn ? -1 : a->turn > b->turn;
}

static const struct message *message_at(struct ox_errors *errors, size_t i) {
    if (!errors->sorted)
        g_ptr_array_sort(errors->messages, compare);
    errors->sorted = true;
    return g_ptr_array_index(errors->messages, i);
}

const char *ox_errors_line(struct ox_errors *errors, size_t i) {
    return message_at(errors, i)->text;
}

struct ox_place ox_errors_place(struct ox_errors *errors, size_t i) {
    return message_at(errors, i)->place;
}

void ox_errors_print(struct ox_errors *errors, FILE *out) {
    for (size_t i = 0; i < ox_errors_count(errors); i++)
        fprintf(out, "%s\n", ox_errors_line(errors, i));
}
