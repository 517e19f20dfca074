/* bench_text.h - keystroke histories of real documents, replayed through the rga.
 *
 * A file is JSON, plain or gzip, of the formats of josephg/editing-traces: `txns`, each with
 * `patches` [position, deleted, inserted] in Unicode code points; in a concurrent history each
 * transaction also has `agent` and `parents` (indexes of earlier ones), and its positions refer to
 * what results from merging its parents. `endContent` is the right answer.
 *
 * A sequential history is typed by one replica. In a concurrent one each agent is a replica, and a
 * second one where an agent goes on from less than it had typed; before a transaction a replica is
 * given the deltas of all that the transaction's parents had seen, and nothing else.
 *
 * Batches are judged against their single updates: patches of one author as one delta, and what
 * goes on from one another as one operation. With several authors a delta ends where another one's
 * turn begins, which may have needed it; the line says how long turns are.
 */
#ifndef OXBOW_PROPS_BENCH_TEXT_H
#define OXBOW_PROPS_BENCH_TEXT_H

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

/* Small, so that a replay waits for the text and not for the history. */
struct ox_text_patch {
    uint32_t position, erased; /* code points */
    uint32_t text, size;       /* of `texts` */
    uint32_t scalars;
};

struct ox_text_txn {
    guint first, count; /* of the patches */
    uint64_t agent;
    guint first_parent, parents; /* of the indexes */
};

struct ox_text_history {
    GArray *patches; /* of struct ox_text_patch */
    GArray *txns;    /* of struct ox_text_txn */
    GString *texts;
    GArray *parents; /* of guint: indexes of transactions */
    bool concurrent;
    char *start, *end;
    uint64_t elements; /* inserted or erased, one by one */
};

/* False with an error that names the file and what is wrong in it. */
bool ox_text_history_read(struct ox_text_history *history, const char *path, GError **error);
void ox_text_history_clear(struct ox_text_history *history);

/* `oxbow bench text FILE [RUNS]`. Of a file that is called automerge-paper it also says which of
 * the numbers to reach hold; the exit code does not. An exit code of the program: 1 when the end is
 * not `endContent`, 65 when the file is none. */
int ox_bench_text(int argc, char **argv);

#endif
