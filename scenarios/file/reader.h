/* reader.h - the line grammar of scenario files.
 *
 *     line     blank | comment | [section] | key op value
 *     comment  # or ; at the start of a line or after a blank, to the end of the line
 *     value    trimmed; "quotes" protect (text.h)
 *     op       =      and in [expect] also  <  <=  >  >=  !=
 *
 * UTF-8; lines end in LF or CRLF. Everything keeps its line. A section or key that stands twice is
 * an error that names both lines; in [expect] one metric may have several bounds. What sections,
 * keys and values mean is for the loader: here a file is only taken apart.
 */
#ifndef OXBOW_SCENARIOS_FILE_READER_H
#define OXBOW_SCENARIOS_FILE_READER_H

#include "props/judge.h"
#include "scenarios/file/errors.h"

#define OX_DOCUMENT_SIZE_MAX (1u << 20)
#define OX_SECTION_COMPARES  "expect" /* the one section whose entries compare */

struct ox_entry_line {
    char *key;
    enum ox_comparison op;
    char *raw; /* the value, quotes still in it; never empty */
    struct ox_place place;
};

struct ox_section {
    char *name; /* "network", "fault.split" */
    struct ox_place place;
    GPtrArray *entries; /* of struct ox_entry_line *, in the order of the file */
};

struct ox_document {
    const char *file;
    GPtrArray *sections; /* of struct ox_section *, in the order of the file */
};

/* Takes a text apart; adds to `errors` what is not of the grammar and goes on with the next line.
 * Never NULL. */
struct ox_document *ox_document_read(const char *file, const char *text, size_t size,
                                     struct ox_errors *errors);
void ox_document_free(struct ox_document *document);

/* NULL when there is none. */
struct ox_section *ox_document_section(const struct ox_document *document, const char *name);
struct ox_entry_line *ox_section_entry(const struct ox_section *section, const char *key);

/* A value that takes the place of what the file says: of --set, or one point of a [sweep]. */
struct ox_override {
    char *section, *key;
    enum ox_comparison op;
    char *raw;
    struct ox_place place;
};

/* "network.loss=1%": splits at the last dot before the operator. NULL after adding an error. */
struct ox_override *ox_override_read(const char *assignment, struct ox_place place,
                                     struct ox_errors *errors);
void ox_override_free(gpointer override);
/* Replaces the entry, or adds it; a section that does not stand in the file is added when it is
 * not one of several of a kind ("fault.NAME"): then it is an error, for a fault is not made by an
 * override. */
void ox_document_override(struct ox_document *document, const struct ox_override *override,
                          struct ox_errors *errors);

#endif
