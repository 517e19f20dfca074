/* process.h - the program as one process among others: its streams, its signals, its last word.
 *
 *     begin   no file is ever opened as 0, 1 or 2; a full disk or a reader that left is an error of
 *             one write, not the death of the process amid its files
 *     catch   from here on a signal that would end the process is a question, asked between steps,
 *             so that whoever made a temporary folder can remove it
 *     end     what could not be printed is a failure, even when all else went well
 */
#ifndef OXBOW_SCENARIOS_PROGRAM_PROCESS_H
#define OXBOW_SCENARIOS_PROGRAM_PROCESS_H

/* Once, before anything is opened. */
void ox_process_begin(void);
/* The exit code for a program that ends with `code`, once all it printed has left it: 70, with a
 * complaint, when stdout could not take it. A reader that went away (`| head`) is no failure. */
int ox_process_end(int code);

/* Catches SIGINT, SIGTERM and SIGHUP; those that the process was started to ignore stay ignored. */
void ox_signals_catch(void);
/* As before ox_signals_catch; for a forked child. */
void ox_signals_release(void);
/* The exit code of a process that the caught signal ends (128 + its number), or 0: none came. */
int ox_signals_exit(void);

#endif
