/* pool.c - fork, poll, reap. */
#include "scenarios/program/pool.h"

#include "scenarios/program/commands.h"
#include "scenarios/program/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define STDERR_KEPT     8192
#define STDERR_LINES    12
#define POLL_TIMEOUT_MS 200 /* a signal just before poll() is noticed this late */

struct child {
    pid_t pid;
    size_t job;
    int result_fd, stderr_fd; /* -1 once at its end */
    GString *result, *complaint;
    gint64 began_us;
};

/* ---- in the child ---- */

static void write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            _exit(OX_EXIT_INTERNAL); /* nobody listens any more */
        data += written;
        size -= (size_t)written;
    }
}

G_GNUC_NORETURN static void be_child(const struct ox_pool *pool, size_t job, pid_t parent,
                                     int result_fd, int stderr_fd) {
    GString *output = g_string_new(NULL);
    GError *error = NULL;
    ox_signals_release();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(OX_EXIT_INTERNAL); /* it had gone already */
    /* Results go through the pipe alone; whatever a library prints is a complaint. */
    dup2(stderr_fd, STDOUT_FILENO);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    bool good = pool->work(pool->context, job, output, &error);
    if (good)
        write_all(result_fd, output->str, output->len);
    else
        fprintf(stderr, "%s\n", error->message);
    fflush(NULL);
    _exit(good ? 0 : ox_exit_of_error(error));
}

/* ---- in the parent ---- */

static bool make_pipe(int fds[2]) {
    return pipe2(fds, O_CLOEXEC) == 0;
}

static bool start(const struct ox_pool *pool, size_t job, struct child *child) {
    int result[2], complaint[2];
    if (!make_pipe(result))
        return false;
    if (!make_pipe(complaint)) {
        close(result[0]);
        close(result[1]);
        return false;
    }
    fflush(NULL); /* or the child would print it again */
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(result[0]);
        close(complaint[0]);
        be_child(pool, job, parent, result[1], complaint[1]);
    }
    close(result[1]);
    close(complaint[1]);
    if (pid < 0) {
        close(result[0]);
        close(complaint[0]);
        return false;
    }
    *child = (struct child){.pid = pid,
                            .job = job,
                            .result_fd = result[0],
                            .stderr_fd = complaint[0],
                            .result = g_string_new(NULL),
                            .complaint = g_string_new(NULL),
                            .began_us = g_get_monotonic_time()};
    return true;
}

static void drain(int *fd, GString *into) {
    char buffer[65536];
    ssize_t got = read(*fd, buffer, sizeof buffer);
    if (got > 0) {
        g_string_append_len(into, buffer, got);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(*fd);
        *fd = -1;
    }
}

static void keep_last(GString *complaint) {
    if (complaint->len > STDERR_KEPT)
        g_string_erase(complaint, 0, (gssize)(complaint->len - STDERR_KEPT));
}

/* The last lines of what a child complained. */
static const char *last_lines(GString *complaint) {
    while (complaint->len > 0 && g_ascii_isspace(complaint->str[complaint->len - 1]))
        g_string_truncate(complaint, complaint->len - 1);
    size_t lines = 0;
    for (size_t i = complaint->len; i > 0; i--)
        if (complaint->str[i - 1] == '\n' && ++lines == STDERR_LINES)
            return complaint->str + i;
    return complaint->str;
}

static char *what_went_wrong(int status, GString *complaint) {
    const char *lines = last_lines(complaint);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return g_strdup("");
    if (WIFSIGNALED(status))
        return g_strdup_printf("the simulation died (%s)%s%s", strsignal(WTERMSIG(status)),
                               *lines == '\0' ? "" : ":\n", lines);
    if (*lines == '\0')
        return g_strdup_printf("the simulation ended with code %d and said nothing",
                               WEXITSTATUS(status));
    return g_strdup(lines);
}

/* Only `work` ends a child with a code of its own; whatever else ends one (a sanitizer, a library
 * that calls exit) is an internal error. */
static int code_of(int status) {
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : OX_EXIT_INTERNAL;
    return code == 0 || code == OX_EXIT_INPUT ? code : OX_EXIT_INTERNAL;
}

static bool finish(const struct ox_pool *pool, struct child *child) {
    struct rusage usage = {0};
    int status = 0;
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR)
        continue;
    int code = code_of(status);
    char *wrong = what_went_wrong(status, child->complaint);
    struct ox_pool_result result = {
        .output = code == 0 ? child->result->str : "",
        .code = code,
        .wrong = wrong,
        .wall_s = (double)(g_get_monotonic_time() - child->began_us) / 1e6,
        .rss_max_kib = (uint64_t)usage.ru_maxrss,
    };
    bool more = ox_signals_exit() != 0 ? false : pool->done(pool->context, child->job, &result);
    g_free(wrong);
    g_string_free(child->result, TRUE);
    g_string_free(child->complaint, TRUE);
    return more;
}

static void listen_to(struct child *children, size_t count) {
    struct pollfd *fds = g_new0(struct pollfd, 2 * count);
    for (size_t i = 0; i < count; i++) {
        fds[2 * i] = (struct pollfd){.fd = children[i].result_fd, .events = POLLIN};
        fds[2 * i + 1] = (struct pollfd){.fd = children[i].stderr_fd, .events = POLLIN};
    }
    if (poll(fds, (nfds_t)(2 * count), POLL_TIMEOUT_MS) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (fds[2 * i].revents != 0)
                drain(&children[i].result_fd, children[i].result);
            if (fds[2 * i + 1].revents != 0) {
                drain(&children[i].stderr_fd, children[i].complaint);
                keep_last(children[i].complaint);
            }
        }
    }
    g_free(fds);
}

static bool run_all(const struct ox_pool *pool, struct child *children) {
    size_t running = 0, begun = 0;
    bool more = ox_signals_exit() == 0, good = true;
    while (running > 0 || (more && begun < pool->count)) {
        while (more && running < pool->at_once && begun < pool->count) {
            size_t job = pool->order == NULL ? begun : pool->order[begun];
            if (!start(pool, job, &children[running]))
                more = good = false;
            else
                running++, begun++;
        }
        listen_to(children, running);
        for (size_t i = 0; ox_signals_exit() != 0 && i < running; i++)
            kill(children[i].pid, SIGKILL);
        for (size_t i = running; i-- > 0;) {
            if (children[i].result_fd >= 0 || children[i].stderr_fd >= 0)
                continue;
            more = finish(pool, &children[i]) && more;
            children[i] = children[--running];
        }
        more = more && ox_signals_exit() == 0;
    }
    return good && ox_signals_exit() == 0;
}

bool ox_pool_run(const struct ox_pool *pool) {
    struct child *children = g_new0(struct child, pool->at_once);
    ox_signals_catch();
    bool good = run_all(pool, children);
    g_free(children);
    return good;
}
