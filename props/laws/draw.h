/* laws/draw.h - operations, drawn from the numbers of a record.
 *
 *     verb 3, arg 1                         add "a"
 *     verb 0, arg 9, path 26, which 2       update k.k: rga, insert "b" after A:4
 *
 * Everything is drawn through the kinds of arguments of struct ox_verb, so types of your own are
 * drawn too. What an operation names (an element of a sequence) is picked from what the reference
 * model says is there, so that a choice means the same in every replay of a history. Most choices
 * are few and small, so that operations meet; some are ones that no type may take.
 */
#ifndef OXBOW_PROPS_LAWS_DRAW_H
#define OXBOW_PROPS_LAWS_DRAW_H

#include "props/laws/history.h"

#define OX_DRAW_DEPTH_MAX 3  /* of maps in maps */
#define OX_DRAW_ARGUMENTS 32 /* pick: argument */

/* An operation with all that it borrows. It borrows from itself: not to be copied. */
struct ox_drawn {
    struct ox_op op;
    struct ox_op inner;
    struct ox_bytes path[OX_DRAW_DEPTH_MAX];
};

/* The verb that erases a range, where `edit` of the history's options is set. */
#define OX_DRAW_RANGE 48
/* The numbers of a struct ox_draw are below these. */
#define OX_DRAW_VERBS    144 /* verb: of the type, and of the type inside a map */
#define OX_DRAW_ELEMENTS 12  /* which: element of a sequence */
#define OX_DRAW_PATHS    288 /* path: keys, depth and inner type */

/* An operation at a place of the history. */
void ox_draw_op(const struct ox_history *history, unsigned at, const struct ox_draw *draw,
                struct ox_drawn *out);

/* Turns a sixth of all draws into a removal of what was drawn as `added`: what is added here and
 * there would hardly ever be removed else. */
void ox_draw_aim(const struct ox_type *type, const struct ox_draw *added, struct ox_draw *draw);
/* One of the elements that are drawn. */
struct ox_value ox_draw_element(uint64_t pick);

/* The sequence that `op` (of the type, or with a path that of its inner operation) is about, as the
 * context shows it: an array of struct ox_ref_place, the caller's. */
GArray *ox_draw_places(const struct ox_history *history, const struct ox_model_context *context,
                       const struct ox_op *op);

/* The operation that does the work: the one inside a map, at any depth. */
const struct ox_op *ox_op_innermost(const struct ox_op *op);
bool ox_verb_names_element(const struct ox_verb *verb);
/* The type has an operation with arguments of this kind; NULL when it has none. */
const struct ox_verb *ox_verb_of_kind(const struct ox_type *type, enum ox_arg_kind kind);
/* The keys of an operation as a reference model reads them, NULL-terminated; g_strfreev. */
char **ox_draw_path_json(const struct ox_op *op);
char *ox_draw_value_json(const struct ox_value *value);

#endif
