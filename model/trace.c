#include "model/trace.h"

#include "crdt/value.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

/* ---- lines ---- */

/* Seconds with as many decimals as they need, at most nine. */
static void put_time(GString *out, uint64_t t_ns) {
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, t_ns / SECOND_NS);
    uint64_t rest = t_ns % SECOND_NS;
    if (rest == 0)
        return;
    int digits = 9;
    for (; rest % 10 == 0; rest /= 10)
        digits--;
    g_string_append_printf(out, ".%0*" G_GUINT64_FORMAT, digits, rest);
}

static void put_string(GString *out, const char *data, size_t size) {
    struct ox_buf json = {0};
    ox_json_put_text(&json, (struct ox_bytes){(const uint8_t *)data, size});
    g_string_append_len(out, (const char *)json.data, (gssize)json.size);
    ox_buf_free(&json);
}

static void put_text(GString *out, const char *name, struct ox_obs_text text) {
    g_string_append_printf(out, ",\"%s\":", name);
    put_string(out, text.data, text.size);
}

static void put_word(GString *out, const char *name, const char *word) {
    put_text(out, name, (struct ox_obs_text){word, strlen(word)});
}

/* Text that is JSON already. */
static void put_json(GString *out, const char *name, struct ox_obs_text json) {
    g_string_append_printf(out, ",\"%s\":", name);
    g_string_append_len(out, json.data, (gssize)json.size);
}

static void put_number(GString *out, const char *name, uint64_t number) {
    g_string_append_printf(out, ",\"%s\":%" G_GUINT64_FORMAT, name, number);
}

static void put_bool(GString *out, const char *name, bool value) {
    g_string_append_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

static void put_state(GString *out, const struct ox_observation *seen) {
    if (seen->has_state)
        g_string_append_printf(out, ",\"state\":\"%016" G_GINT64_MODIFIER "x\"", seen->state);
}

static void put_pair(GString *out, const char *name, uint64_t first, uint64_t second) {
    g_string_append_printf(out, ",\"%s\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]", name,
                           first, second);
}

static void put_stamp(GString *out, const struct ox_obs_stamp *stamp) {
    g_string_append_printf(
        out, ",\"ts\":[%" G_GUINT64_FORMAT ",%" G_GUINT32_FORMAT ",%" G_GUINT64_FORMAT "]",
        stamp->physical_ns, stamp->logical, stamp->replica);
}

static void put_key(GString *out, const struct ox_observation *seen) {
    put_number(out, "node", seen->node);
    put_text(out, "key", seen->key);
    put_text(out, "type", seen->type);
}

/* The argument of an operation, its stamp, and the element that it goes after. */
static void put_operands(GString *out, const struct ox_observation *seen) {
    const struct ox_obs_stamp *stamp = &seen->update.stamp;
    struct ox_obs_dot at = seen->update.at;
    bool insert = seen->update.names == OX_OBS_NAMES_BEFORE;
    if (seen->update.names == OX_OBS_NAMES_TARGET)
        put_pair(out, "arg", at.replica, at.n);
    else if (seen->update.arg.size > 0)
        put_json(out, "arg", seen->update.arg);
    if (insert)
        put_pair(out, "ts", stamp->physical_ns, stamp->replica);
    else if (seen->update.has_stamp)
        put_stamp(out, stamp);
    if (insert && at.n > 0)
        put_pair(out, "after", at.replica, at.n);
    else if (insert)
        g_string_append(out, ",\"after\":null");
}

static void put_path(GString *out, const struct ox_observation *seen) {
    g_string_append(out, ",\"path\":");
    for (size_t i = 0; i < seen->update.depth; i++) {
        const struct ox_obs_text *key = &seen->update.path[i];
        g_string_append_c(out, i == 0 ? '[' : ',');
        g_string_append_len(out, key->data, (gssize)key->size);
    }
    g_string_append_c(out, ']');
}

/* The operation inside a map, an object of its own. */
static void put_inner(GString *out, const struct ox_observation *seen) {
    g_string_append(out, ",\"inner\":{\"type\":");
    put_string(out, seen->update.inner_type.data, seen->update.inner_type.size);
    put_text(out, "op", seen->update.inner_op);
    put_operands(out, seen);
    g_string_append_c(out, '}');
}

static void put_update(GString *out, const struct ox_observation *seen) {
    put_key(out, seen);
    put_pair(out, "dot", seen->update.replica, seen->update.n);
    put_text(out, "op", seen->update.op);
    if (seen->update.depth > 0)
        put_path(out, seen);
    if (seen->update.inner_op.size > 0)
        put_inner(out, seen);
    else
        put_operands(out, seen);
    put_number(out, "have", seen->have);
}

static void put_see(GString *out, const struct ox_observation *seen) {
    put_key(out, seen);
    g_string_append(out, ",\"new\":[");
    for (size_t i = 0; i < seen->see.count; i++) {
        const struct ox_obs_span *span = &seen->see.news[i];
        g_string_append_printf(
            out, "%s[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]",
            i > 0 ? "," : "", span->replica, span->first, span->last);
    }
    g_string_append_c(out, ']');
    put_state(out, seen);
}

static void put_read(GString *out, const struct ox_observation *seen) {
    put_key(out, seen);
    put_json(out, "value", seen->read.value);
    put_number(out, "have", seen->have);
    put_state(out, seen);
}

static void put_message(GString *out, const struct ox_observation *seen, const char *fault_name) {
    put_number(out, "node", seen->node);
    put_number(out, seen->kind == OX_OBS_SEND ? "to" : "from", seen->message.peer);
    put_number(out, "msg", seen->message.id);
    if (seen->kind == OX_OBS_SEND) {
        put_word(out, "proto", seen->message.proto);
        put_word(out, "kind", seen->message.kind);
        put_number(out, "bytes", seen->message.bytes);
    }
    if (seen->message.duplicate)
        put_bool(out, "duplicate", true);
    if (seen->kind == OX_OBS_DROP)
        put_word(out, "why", ox_drop_word(seen->message.why));
    if (fault_name)
        put_word(out, "fault", fault_name);
}

void ox_trace_line(const struct ox_observation *seen, const char *fault_name,
                   const char *fault_kind, GString *out) {
    g_string_append(out, "{\"t\":");
    put_time(out, seen->t_ns);
    put_word(out, "ev", ox_obs_word(seen->kind));
    switch (seen->kind) {
    case OX_OBS_START:
        put_number(out, "node", seen->node);
        put_number(out, "replica", seen->start.replica);
        break;
    case OX_OBS_UPDATE:
        put_update(out, seen);
        break;
    case OX_OBS_SEE:
        put_see(out, seen);
        break;
    case OX_OBS_READ:
        put_read(out, seen);
        break;
    case OX_OBS_SEND:
    case OX_OBS_DELIVER:
    case OX_OBS_DROP:
        put_message(out, seen, fault_name);
        break;
    case OX_OBS_FAULT:
        put_word(out, "name", fault_name);
        put_word(out, "kind", fault_kind);
        put_bool(out, "on", seen->fault.on);
        break;
    case OX_OBS_CRASH:
        put_number(out, "node", seen->node);
        put_word(out, "keeps", seen->crash.keeps_disk ? "disk" : "nothing");
        if (fault_name)
            put_word(out, "fault", fault_name);
        break;
    case OX_OBS_ALARM:
        if (seen->key.size > 0)
            put_key(out, seen);
        else
            put_number(out, "node", seen->node);
        put_word(out, "why", ox_defect_word(seen->alarm.why));
        if (seen->alarm.status.size > 0)
            put_text(out, "status", seen->alarm.status);
        break;
    case OX_OBS_PHASE:
        put_word(out, "phase", ox_phase_word(seen->phase.phase));
        if (seen->phase.why.size > 0)
            put_text(out, "why", seen->phase.why);
        break;
    case OX_OBS_COUNT:
        g_assert_not_reached();
    }
    g_string_append_c(out, '}');
}

/* ---- the file ---- */

struct ox_trace {
    char *path, *draft; /* written as the draft, renamed at the end */
    FILE *file;
    const char *const *fault_names, *const *fault_kinds;
    size_t fault_count;
    GString *line;
    int failed; /* the first errno */
};

static void set_error(GError **error, const char *path, int number) {
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(number),
                "%s: error: cannot be written: %s", path, g_strerror(number));
}

struct ox_trace *ox_trace_open(const char *path, const char *const *fault_names,
                               const char *const *fault_kinds, size_t fault_count, GError **error) {
    char *draft = g_strconcat(path, ".part", NULL);
    FILE *file = g_fopen(draft, "wb");
    if (!file) {
        set_error(error, path, errno);
        g_free(draft);
        return NULL;
    }
    struct ox_trace *trace = g_new0(struct ox_trace, 1);
    *trace = (struct ox_trace){.path = g_strdup(path),
                               .draft = draft,
                               .file = file,
                               .fault_names = fault_names,
                               .fault_kinds = fault_kinds,
                               .fault_count = fault_count,
                               .line = g_string_new(NULL)};
    return trace;
}

/* Whose doing it is, or OX_NO_FAULT. */
static uint32_t fault_of(const struct ox_observation *seen) {
    switch (seen->kind) {
    case OX_OBS_FAULT:
        return seen->fault.fault;
    case OX_OBS_CRASH:
        return seen->crash.fault;
    case OX_OBS_DELIVER:
    case OX_OBS_DROP:
        return seen->message.fault;
    default:
        return OX_NO_FAULT;
    }
}

static void write_line(void *self, const struct ox_observation *seen) {
    struct ox_trace *trace = self;
    uint32_t fault = fault_of(seen);
    g_assert(fault == OX_NO_FAULT || fault < trace->fault_count);
    g_string_truncate(trace->line, 0);
    ox_trace_line(seen, fault != OX_NO_FAULT ? trace->fault_names[fault] : NULL,
                  fault != OX_NO_FAULT ? trace->fault_kinds[fault] : NULL, trace->line);
    g_string_append_c(trace->line, '\n');
    if (fwrite(trace->line->str, 1, trace->line->len, trace->file) < trace->line->len &&
        !trace->failed)
        trace->failed = errno ? errno : EIO;
}

struct ox_observer ox_trace_observer(struct ox_trace *trace) {
    return (struct ox_observer){write_line, trace};
}

bool ox_trace_close(struct ox_trace *trace, GError **error) {
    if (fclose(trace->file) != 0 && !trace->failed)
        trace->failed = errno;
    if (!trace->failed && g_rename(trace->draft, trace->path) != 0)
        trace->failed = errno;
    int failed = trace->failed;
    if (failed) {
        g_unlink(trace->draft);
        set_error(error, trace->path, failed);
    }
    g_string_free(trace->line, TRUE);
    g_free(trace->path);
    g_free(trace->draft);
    g_free(trace);
    return !failed;
}
