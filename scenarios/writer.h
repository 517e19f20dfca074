/* writer.h - a careful writer of JSON.
 *
 * Same calls, same bytes: members in the order of the calls, numbers at their shortest, no locale.
 * Containers that begin above the `breaks` level put each item on a line of its own; deeper ones
 * stay on one line, so that files are both small and fit to be read and compared.
 */
#ifndef OXBOW_SCENARIOS_WRITER_H
#define OXBOW_SCENARIOS_WRITER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct ox_writer {
    GString *out;    /* borrowed; appended to */
    unsigned depth;  /* containers that are open */
    unsigned breaks; /* containers at a depth below this break lines; may change on the way */
    bool filled;     /* the open container has an item */
};

/* `key` is NULL inside an array and for the outermost value. */
void ox_writer_object(struct ox_writer *json, const char *key);
void ox_writer_array(struct ox_writer *json, const char *key);
void ox_writer_end_object(struct ox_writer *json);
void ox_writer_end_array(struct ox_writer *json);
/* Bytes that are not UTF-8 are replaced. */
void ox_writer_text(struct ox_writer *json, const char *key, const char *text);
void ox_writer_uint(struct ox_writer *json, const char *key, uint64_t value);
/* Infinity becomes the string "inf", not-a-number null: JSON has neither. */
void ox_writer_number(struct ox_writer *json, const char *key, double value);
void ox_writer_null(struct ox_writer *json, const char *key);
/* 16 digits of hex, as a string: a double of a reader would not hold all 64 bits. */
void ox_writer_hash(struct ox_writer *json, const char *key, uint64_t value);
/* A value that was written before. */
void ox_writer_raw(struct ox_writer *json, const char *key, const char *value);

#endif
