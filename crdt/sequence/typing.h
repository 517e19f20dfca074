/* sequence/typing.h - typing where a line was changed last. Most edits of a text are one character
 * behind the last one, so this is the one thing of a line that is written to be short where it is
 * called: the run that is there takes the place over.
 *
 *     [tre]e      ->      [tree]
 *
 * No run moves, nothing splits, the locator and the timestamps of inner nodes stay true, and what
 * they say of elements shown can wait; so that room is needed for one byte only. For the callers of
 * line.h that type; line_typing.c has what goes the same way and may be longer.
 */
#ifndef OXBOW_CRDT_SEQUENCE_TYPING_H
#define OXBOW_CRDT_SEQUENCE_TYPING_H

#include "crdt/sequence/nodes.h"

/* Whether an ASCII character with this dot stands right behind the last place of a run, its
 * contents too, and there is room for it. */
static inline bool ox_run_goes_on(const struct ox_line *line, const struct ox_run *run,
                                  struct ox_dot dot) {
    return run->n + run->length == dot.n && run->kind == OX_PLACE_TEXT && run->width == 1 &&
           line->replicas[run->replica].id == dot.replica &&
           run->offset + run->length == line->content_size &&
           line->content_size < line->content_capacity &&
           line->content_size < OX_STRETCH_MAX; /* then neither run nor line are too long */
}

/* The place is the newest of all: its dot of its replica, its timestamp of the line. The leaf is
 * the one that is due. */
static inline void ox_run_type(struct ox_line *line, struct ox_run *run, uint64_t n,
                               uint64_t lamport, uint8_t character) {
    struct ox_line_replica *of = &line->replicas[run->replica];
    of->last_n = n;
    of->last_lamport = line->lamport = lamport;
    run->length++;
    line->contents[line->content_size++] = character;
    line->places++;
    line->shown++;
    line->due++;
}

/* Both answer false where the edit has to go the long way, which makes the leaf the one that is
 * due; then nothing changed.
 *
 * One ASCII character, whose dot and timestamp are above all here, behind the element before
 * `position`. */
static inline bool ox_line_type_at(struct ox_line *line, uint64_t position, struct ox_dot dot,
                                   uint64_t lamport, uint8_t character) {
    uint32_t leaf = line->cursor_leaf, slot = line->cursor_slot;
    if (leaf != line->due_leaf || leaf >= line->leaf_count)
        return false;
    struct ox_run *run = &line->leaves[leaf].runs[slot];
    if (position - line->cursor_before != run->length || run->lamport + run->length != lamport ||
        !ox_run_goes_on(line, run, dot))
        return false;
    ox_line_remember(line, leaf, slot);
    ox_run_type(line, run, dot.n, lamport, character);
    return true;
}

/* One behind the place whose dot is the one before; lamport 0: the next. */
static inline bool ox_line_type_on(struct ox_line *line, struct ox_dot dot, uint64_t lamport,
                                   uint8_t character) {
    uint32_t leaf = line->recent_leaf, slot = line->recent_slot;
    if (leaf != line->due_leaf || leaf >= line->leaf_count || slot >= line->leaves[leaf].count)
        return false;
    struct ox_run *run = &line->leaves[leaf].runs[slot];
    uint64_t next = run->lamport + run->length;
    if (next <= line->lamport || (lamport != 0 && lamport != next) ||
        !ox_run_goes_on(line, run, dot))
        return false;
    ox_line_keep_cursor(line, leaf, slot);
    ox_run_type(line, run, dot.n, next, character);
    return true;
}

#endif
