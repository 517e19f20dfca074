#include "reports/figures/figure.h"

#include "reports/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A figure takes well below a second; a gnuplot that hangs must not hang a CI job. */
#define LIMIT_US   (30 * G_USEC_PER_SEC)
#define POLL_US    2000
#define FOLDER     "figures"
#define COMPLAINTS ".gnuplot.log"

static void figure_clear(gpointer data) {
    struct ox_figure *figure = data;
    g_free(figure->name);
    g_free(figure->title);
    g_free(figure->caption);
    g_free(figure->svg);
    g_free(figure->missing);
}

void ox_figures_init(struct ox_figures *figures, struct ox_stage *stage) {
    figures->stage = stage;
    figures->given_up = NULL;
    figures->gnuplot = g_find_program_in_path("gnuplot");
    figures->all = g_array_new(FALSE, TRUE, sizeof(struct ox_figure));
    g_array_set_clear_func(figures->all, figure_clear);
}

void ox_figures_clear(struct ox_figures *figures) {
    g_free(figures->gnuplot);
    g_free(figures->given_up);
    g_array_unref(figures->all);
}

char *ox_figures_missing(const struct ox_figures *figures) {
    g_autoptr(GString) names = g_string_new(NULL);
    const char *why = NULL;
    for (guint i = 0; i < figures->all->len; i++) {
        const struct ox_figure *figure = &g_array_index(figures->all, struct ox_figure, i);
        if (figure->svg != NULL)
            continue;
        g_string_append_printf(names, "%s" FOLDER "/%s.svg", why != NULL ? ", " : "", figure->name);
        why = why != NULL ? why : figure->missing;
    }
    return why != NULL ? g_strdup_printf("not drawn: %s (%s)", names->str, why) : NULL;
}

GString *ox_figure_script(const char *name, double width, double height) {
    GString *script = g_string_new(NULL);
    g_string_append_printf(script,
                           "# Draw again: gnuplot %s.gp   (gnuplot 5.4, data in %s.tsv)\n"
                           "set terminal svg size %.0f,%.0f dynamic noenhanced "
                           "font \"Helvetica,12\" background rgb \"white\"\n"
                           "set output '%s.svg'\n"
                           "set encoding utf8\n"
                           "set datafile separator tab\n"
                           "set border lc rgb '#555555' lw 0.8\n"
                           "set tics nomirror out scale 0.5\n",
                           name, name, width, height, name);
    return script;
}

void ox_figure_print(GString *script, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(script, format, arguments);
    va_end(arguments);
}

/* The child's environment: ours, in the C locale, without what steers gnuplot. */
static char **clean_environment(void) {
    char **environment = g_get_environ();
    environment = g_environ_setenv(environment, "LC_ALL", "C", TRUE);
    environment = g_environ_unsetenv(environment, "GNUTERM");
    environment = g_environ_unsetenv(environment, "GNUPLOT_LIB");
    return g_environ_unsetenv(environment, "GNUPLOT_FONTPATH");
}

static bool start(const char *gnuplot, const char *folder, const char *script, int complaints,
                  GPid *child, GError **error) {
    g_auto(GStrv) environment = clean_environment();
    /* -d: no start-up file of the user or of the machine. */
    const char *const command[] = {gnuplot, "-d", script, NULL};
    return g_spawn_async_with_fds(folder, (char **)command, environment,
                                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                  NULL, child, -1, -1, complaints, error);
}

/* True when the child ended by itself with status 0 within the limit. */
static bool wait_for(struct ox_figures *figures, GPid child, char **why) {
    for (gint64 waited = 0; waited < LIMIT_US; waited += POLL_US) {
        int status = 0;
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) {
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return true;
            *why = g_strdup("gnuplot failed");
            return false;
        }
        if (ended < 0 && errno != EINTR) {
            *why = g_strdup_printf("gnuplot could not be waited for: %s", g_strerror(errno));
            return false;
        }
        g_usleep(POLL_US);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    *why = g_strdup_printf("gnuplot did not finish within %d s", (int)(LIMIT_US / G_USEC_PER_SEC));
    figures->given_up = g_strdup(*why);
    return false;
}

/* gnuplot shows the command, a caret, and then what is wrong: the last line that says something. */
static char *last_complaint(const char *path) {
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
    for (guint i = g_strv_length(lines); i-- > 0;)
        if (strspn(lines[i], " \t^") < strlen(lines[i]))
            return g_strndup(g_strstrip(lines[i]), 200);
    return NULL;
}

/* Runs the script in the stage's folder of figures. NULL when all went well, else why not. */
static char *draw(struct ox_figures *figures, const char *script) {
    if (figures->gnuplot == NULL)
        return g_strdup("gnuplot was not found in PATH");
    if (figures->given_up != NULL)
        return g_strdup(figures->given_up);
    g_autofree char *folder = ox_stage_path(figures->stage, FOLDER);
    g_autofree char *log = g_build_filename(folder, COMPLAINTS, NULL);
    int complaints = g_open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    g_autoptr(GError) error = NULL;
    char *why = NULL;
    GPid child;
    if (complaints < 0)
        return g_strdup_printf("gnuplot could not be started: %s", g_strerror(errno));
    if (!start(figures->gnuplot, folder, script, complaints, &child, &error))
        why = g_strdup_printf("gnuplot could not be started: %s", error->message);
    else if (!wait_for(figures, child, &why)) {
        g_autofree char *complaint = last_complaint(log);
        if (complaint != NULL) {
            char *both = g_strdup_printf("%s: %s", why, complaint);
            g_free(why);
            why = both;
        }
    }
    close(complaints);
    g_unlink(log);
    return why;
}

static char *file_of(const char *name, const char *extension) {
    return g_strdup_printf(FOLDER "/%s.%s", name, extension);
}

void ox_figures_retire(struct ox_figures *figures, const char *name) {
    static const char *const extensions[] = {"tsv", "gp", "svg"};
    for (guint i = 0; i < figures->all->len; i++)
        if (strcmp(g_array_index(figures->all, struct ox_figure, i).name, name) == 0)
            return;
    for (size_t e = 0; e < G_N_ELEMENTS(extensions); e++) {
        g_autofree char *file = file_of(name, extensions[e]);
        ox_stage_retire(figures->stage, file);
    }
}

/* gnuplot closes the document only when it exits in peace; a full disk is seen here. */
static char *load_drawing(const struct ox_figures *figures, const char *name) {
    g_autofree char *path = ox_stage_path(figures->stage, name);
    char *svg = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &svg, &size, NULL))
        return NULL;
    if (g_utf8_validate_len(svg, size, NULL) && strstr(svg, "</svg>") != NULL)
        return svg;
    g_free(svg);
    g_unlink(path);
    return NULL;
}

bool ox_figure_add(struct ox_figures *figures, const char *name, const char *title,
                   const char *caption, const GString *tsv, const GString *script, GError **error) {
    g_autofree char *data_file = file_of(name, "tsv");
    g_autofree char *script_file = file_of(name, "gp");
    g_autofree char *drawing_file = file_of(name, "svg");
    g_autofree char *script_name = g_strdup_printf("%s.gp", name);
    if (!ox_stage_write(figures->stage, data_file, tsv->str, tsv->len, error) ||
        !ox_stage_write(figures->stage, script_file, script->str, script->len, error))
        return false;
    struct ox_figure figure = {
        .name = g_strdup(name), .title = g_strdup(title), .caption = g_strdup(caption)};
    figure.missing = draw(figures, script_name);
    if (figure.missing == NULL) {
        figure.svg = load_drawing(figures, drawing_file);
        if (figure.svg == NULL)
            figure.missing = g_strdup("gnuplot wrote no complete drawing");
    }
    if (figure.svg != NULL)
        ox_stage_adopt(figures->stage, drawing_file);
    else
        ox_stage_retire(figures->stage, drawing_file);
    g_array_append_val(figures->all, figure);
    return true;
}
