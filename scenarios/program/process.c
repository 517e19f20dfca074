/* process.c - see process.h. */
#include "scenarios/program/process.h"

#include "scenarios/program/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* ---- signals ---- */

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t caught;

static void note(int signal) {
    caught = signal;
}

void ox_signals_catch(void) {
    /* Without SA_RESTART: a write that nobody takes can be interrupted. */
    struct sigaction action = {.sa_handler = note}, before;
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(ends[i], &action, NULL);
}

void ox_signals_release(void) {
    struct sigaction action = {.sa_handler = SIG_DFL}, before;
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (sigaction(ends[i], NULL, &before) == 0 && before.sa_handler == note)
            sigaction(ends[i], &action, NULL);
}

int ox_signals_exit(void) {
    return caught == 0 ? 0 : 128 + caught;
}

/* ---- streams ---- */

void ox_process_begin(void) {
    /* open() takes the lowest number that is free. */
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            _exit(OX_EXIT_INTERNAL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

static bool reader_left(void) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

int ox_process_end(int code) {
    /* An error of an earlier flush is remembered, but not which one it was. */
    int why = fflush(stdout) == 0 ? 0 : errno;
    if ((why == 0 && ferror(stdout) == 0) || caught != 0 || reader_left())
        return code;
    fprintf(stderr, "oxbow: cannot write to stdout%s%s\n", why == 0 ? "" : ": ",
            why == 0 ? "" : g_strerror(why));
    return ox_exit_worse(code, OX_EXIT_INTERNAL);
}
