/* The line grammar, units, and guessing what was meant. */
#include "scenarios/file/reader.h"
#include "scenarios/file/text.h"
#include "scenarios/file/units.h"

#include <math.h>
#include <string.h>

struct read {
    struct ox_document *document;
    struct ox_errors *errors;
};

static struct read read_text(const char *text) {
    struct read read = {.errors = ox_errors_new()};
    read.document = ox_document_read("x.ini", text, strlen(text), read.errors);
    return read;
}

static void read_free(struct read *read) {
    ox_document_free(read->document);
    ox_errors_free(read->errors);
}

static const struct ox_entry_line *entry(const struct read *read, const char *section,
                                         const char *key) {
    const struct ox_section *found = ox_document_section(read->document, section);
    g_assert_nonnull(found);
    const struct ox_entry_line *line = ox_section_entry(found, key);
    g_assert_nonnull(line);
    return line;
}

static void everything_keeps_its_line(void) {
    struct read read = read_text("# a comment\n"
                                 "\n"
                                 "[network]  ; the network\n"
                                 "  loss = 0.5%   # of messages\n"
                                 "[ fault.split ]\n"
                                 "groups = a, b | rest\n");
    g_assert_cmpuint(ox_errors_count(read.errors), ==, 0);
    g_assert_cmpuint(entry(&read, "network", "loss")->place.line, ==, 4);
    g_assert_cmpstr(entry(&read, "network", "loss")->raw, ==, "0.5%");
    g_assert_cmpuint(ox_document_section(read.document, "fault.split")->place.line, ==, 5);
    g_assert_cmpstr(entry(&read, "fault.split", "groups")->raw, ==, "a, b | rest");
    read_free(&read);
}

static void line_ends_and_byte_order_marks_do_not_matter(void) {
    struct read read = read_text("\xEF\xBB\xBF[a]\r\nk = v\r\n\r\nl = w");
    g_assert_cmpuint(ox_errors_count(read.errors), ==, 0);
    g_assert_cmpstr(entry(&read, "a", "k")->raw, ==, "v");
    g_assert_cmpstr(entry(&read, "a", "l")->raw, ==, "w");
    g_assert_cmpuint(entry(&read, "a", "l")->place.line, ==, 4);
    read_free(&read);
}

static void a_comment_needs_a_blank_before_it(void) {
    struct read read = read_text("[a]\nk = x#y;z\nl = x ;y\nm = \"x # y\" # z\n;n = 1\n");
    g_assert_cmpuint(ox_errors_count(read.errors), ==, 0);
    g_assert_cmpstr(entry(&read, "a", "k")->raw, ==, "x#y;z");
    g_assert_cmpstr(entry(&read, "a", "l")->raw, ==, "x");
    g_assert_cmpstr(entry(&read, "a", "m")->raw, ==, "\"x # y\"");
    g_assert_cmpuint(ox_document_section(read.document, "a")->entries->len, ==, 3);
    read_free(&read);
}

static void only_expect_compares(void) {
    static const struct {
        const char *word;
        enum ox_comparison op;
    } ops[] = {{"=", OX_CMP_EQ},  {"!=", OX_CMP_NE}, {"<", OX_CMP_LT},
               {"<=", OX_CMP_LE}, {">", OX_CMP_GT},  {">=", OX_CMP_GE}};
    for (size_t i = 0; i < G_N_ELEMENTS(ops); i++) {
        char *text = g_strdup_printf("[expect]\nk%s1\n", ops[i].word);
        struct read read = read_text(text);
        g_assert_cmpuint(ox_errors_count(read.errors), ==, 0);
        g_assert_cmpint(entry(&read, "expect", "k")->op, ==, ops[i].op);
        read_free(&read);
        g_free(text);
    }
    struct read read = read_text("[network]\nloss <= 1%\n");
    g_assert_cmpstr(ox_errors_line(read.errors, 0), ==,
                    "x.ini:2: error: only [expect] compares; write 'loss = 1%'");
    read_free(&read);
}

static void one_metric_may_have_several_bounds(void) {
    struct read read = read_text("[expect]\nk >= 1\nk <= 5\n");
    g_assert_cmpuint(ox_errors_count(read.errors), ==, 0);
    g_assert_cmpuint(ox_document_section(read.document, "expect")->entries->len, ==, 2);
    read_free(&read);
}

/* Each mistake: its text, and the whole message. */
static const struct {
    const char *text, *message;
} mistakes[] = {
    {"[a]\nb = 1\n[c]\nd = 1\n[a]\n", "x.ini:5: error: [a] stands twice; it begins at line 1"},
    {"[a]\nb = 1\n\nb = 2\n", "x.ini:4: error: 'b' stands twice in [a]; first at line 2"},
    {"[expect]\nb < 1\nb < 2\n", "x.ini:3: error: 'b' stands twice in [expect]; first at line 2"},
    {"[a\n", "x.ini:1: error: '[a' has no closing ']'"},
    {"[a b]\n", "x.ini:1: error: '[a b]' is not the name of a section: letters, digits, '_', '-' "
                "and '.'"},
    {"[]\n", "x.ini:1: error: '[]' is not the name of a section: letters, digits, '_', '-' and "
             "'.'"},
    {"k = 1\n", "x.ini:1: error: 'k' stands before the first section; begin with [scenario]"},
    {"[a]\nhello\n", "x.ini:2: error: 'hello' is neither '[section]' nor 'key = value'"},
    {"[a]\nb ! 1\n", "x.ini:2: error: 'b ! 1' is neither '[section]' nor 'key = value'"},
    {"[a]\nb =\n", "x.ini:2: error: 'b' has no value; write 'b = ...'"},
    {"[a]\nb = # nothing\n", "x.ini:2: error: 'b' has no value; write 'b = ...'"},
    {"[a]\n= 1\n",
     "x.ini:2: error: '' is not the name of a key: letters, digits, '_', '-' and '.'"},
    {"[a]\nb c = 1\n",
     "x.ini:2: error: 'b c' is not the name of a key: letters, digits, '_', '-' and '.'"},
    {"[a]\nb = \"c\n", "x.ini:2: error: a quote is not closed"},
    {"[a]\nb = \xFF\n", "x.ini:2: error: not UTF-8; save the file as UTF-8"},
    {"[a]\nb = \x01\n", "x.ini:2: error: a control character; only tabs may stand in a line"},
};

static void each_mistake_has_its_line_and_says_what_would_be_right(void) {
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        struct read read = read_text(mistakes[i].text);
        g_assert_cmpuint(ox_errors_count(read.errors), ==, 1);
        g_assert_cmpstr(ox_errors_line(read.errors, 0), ==, mistakes[i].message);
        read_free(&read);
    }
}

static void a_zero_byte_is_not_text(void) {
    struct ox_errors *errors = ox_errors_new();
    struct ox_document *document = ox_document_read("x.ini", "[a]\nb = c\0d\n", 12, errors);
    g_assert_cmpstr(ox_errors_line(errors, 0), ==,
                    "x.ini:2: error: a zero byte; the file is not text");
    ox_document_free(document);
    ox_errors_free(errors);
}

static void all_mistakes_are_shown_in_the_order_of_the_lines(void) {
    struct read read = read_text("k = 1\n[a]\nb\n[a]\nignored\n[c]\nd =\n");
    static const unsigned lines[] = {1, 3, 4, 7};
    g_assert_cmpuint(ox_errors_count(read.errors), ==, G_N_ELEMENTS(lines));
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        g_assert_cmpuint(ox_errors_place(read.errors, i).line, ==, lines[i]);
    read_free(&read);
}

/* ---- overrides ---- */

static void an_override_splits_at_the_last_dot(void) {
    struct ox_errors *errors = ox_errors_new();
    struct ox_place place = {.file = "--set x"};
    struct ox_override *override = ox_override_read("fault.split.for=10s", place, errors);
    g_assert_cmpstr(override->section, ==, "fault.split");
    g_assert_cmpstr(override->key, ==, "for");
    g_assert_cmpstr(override->raw, ==, "10s");
    ox_override_free(override);
    override = ox_override_read("expect.reads >= 5", place, errors);
    g_assert_cmpint(override->op, ==, OX_CMP_GE);
    ox_override_free(override);
    g_assert_cmpuint(ox_errors_count(errors), ==, 0);
    static const char *const wrong[] = {
        "loss=1%", "network.loss", "network.loss=", ".loss=1", "network.=1", "a.b=\"c"};
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_null(ox_override_read(wrong[i], place, errors));
        g_assert_cmpuint(ox_errors_count(errors), ==, i + 1);
    }
    ox_errors_free(errors);
}

static void an_override_takes_the_place_of_what_the_file_says(void) {
    struct read read = read_text("[expect]\nk >= 1\nk <= 5\n[fault.a]\nb = 1\n");
    struct ox_place place = {.file = "--set x"};
    struct ox_override *bound = ox_override_read("expect.k=3", place, read.errors);
    struct ox_override *fresh = ox_override_read("network.loss=1%", place, read.errors);
    struct ox_override *fault = ox_override_read("fault.b.at=1s", place, read.errors);
    ox_document_override(read.document, bound, read.errors);
    ox_document_override(read.document, fresh, read.errors);
    g_assert_cmpuint(ox_errors_count(read.errors), ==, 0);
    g_assert_cmpuint(ox_document_section(read.document, "expect")->entries->len, ==, 1);
    g_assert_cmpstr(entry(&read, "expect", "k")->raw, ==, "3");
    g_assert_cmpstr(entry(&read, "network", "loss")->place.file, ==, "--set x");
    ox_document_override(read.document, fault, read.errors);
    g_assert_cmpstr(ox_errors_line(read.errors, 0), ==,
                    "--set x: error: x.ini has no section [fault.b]; did you mean 'fault.a'?");
    ox_override_free(bound);
    ox_override_free(fresh);
    ox_override_free(fault);
    read_free(&read);
}

/* ---- texts ---- */

static void quotes_protect_and_come_back(void) {
    static const char *const texts[] = {"plain",  "",          " blank ends ", "a # b; c",
                                        "a, b|c", "say \"x\"", "\"",           "a\"\"b"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        char *quoted = ox_text_quote(texts[i]), *back = ox_text_unquote(quoted);
        g_assert_cmpstr(back, ==, texts[i]);
        g_free(quoted);
        g_free(back);
    }
    char **items = ox_text_split("a, \"b, c\" ,d", ',');
    g_assert_cmpuint(g_strv_length(items), ==, 3);
    g_assert_cmpstr(items[1], ==, "\"b, c\"");
    g_strfreev(items);
}

static void what_was_meant(void) {
    static const char *const words[] = {"loss", "duplicate", "jitter", "nodes", NULL};
    g_assert_cmpstr(ox_text_meant("los", words), ==, "loss");
    g_assert_cmpstr(ox_text_meant("lsos", words), ==, "loss"); /* neighbours swapped */
    g_assert_cmpstr(ox_text_meant("duplicates", words), ==, "duplicate");
    g_assert_cmpstr(ox_text_meant("jiter", words), ==, "jitter");
    g_assert_null(ox_text_meant("bandwidth", words));
    g_assert_null(ox_text_meant("xyz", words));
}

/* ---- units ---- */

static void durations_are_exact(void) {
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"30s", 30000000000},
                {"0.1s", 100000000},
                {"5ms", 5000000},
                {"2.5us", 2500},
                {"7ns", 7},
                {"2min", 120000000000},
                {"1h", 3600000000000},
                {"1.000000001s", 1000000001},
                {"0", 0},
                {"10 s", 10000000000},
                {"0.3s", 300000000},
                {"1.005s", 1005000000}};
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        uint64_t ns = 1;
        char *wrong = NULL;
        g_assert_true(ox_read_duration(good[i].text, &ns, &wrong));
        g_assert_cmpuint(ns, ==, good[i].ns);
        char *text = ox_print_duration(ns);
        uint64_t again = 0;
        g_assert_true(ox_read_duration(text, &again, &wrong));
        g_assert_cmpuint(again, ==, ns);
        g_free(text);
    }
}

static void wrong_numbers_say_what_would_be_right(void) {
    static const struct {
        bool (*read)(const char *text, uint64_t *value, char **wrong);
        const char *text, *wrong;
    } bad[] = {
        {ox_read_duration, "30",
         "'30' has no unit; write 30s, 5ms or 2min, with ns, us, ms, s, min "
         "or h"},
        {ox_read_duration, "30x",
         "unknown unit 'x' in '30x'; a duration has ns, us, ms, s, min or h"},
        {ox_read_duration, "-5s", "'-5s' is negative; write a duration such as 30s, 5ms or 2min"},
        {ox_read_duration, "soon", "'soon' is not a duration; write it as 30s, 5ms or 2min"},
        {ox_read_duration, "1.2.3s", "'1.2.3s' is not a duration; write it as 30s, 5ms or 2min"},
        {ox_read_duration, "99999999999h", "'99999999999h' is too large for a duration"},
        {ox_read_duration, "0.1ns", "'0.1ns' is below one nanosecond"},
        {ox_read_duration, "1e3s",
         "unknown unit 'e3s' in '1e3s'; a duration has ns, us, ms, s, min or h"},
        {ox_read_count, "5.5", "'5.5' is not a whole number; write it as 50"},
        {ox_read_count, "-1", "'-1' is not a whole number; write it as 50"},
        {ox_read_count, "99999999999999999999", "'99999999999999999999' is too large"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint64_t value = 0;
        char *wrong = NULL;
        g_assert_false(bad[i].read(bad[i].text, &value, &wrong));
        g_assert_cmpstr(wrong, ==, bad[i].wrong);
        g_free(wrong);
    }
}

static void sizes_shares_and_rates(void) {
    static const struct {
        bool (*read)(const char *text, double *value, char **wrong);
        const char *text;
        double value; /* below 0: refused */
    } cases[] = {
        {ox_read_size, "512B", 512},
        {ox_read_size, "4KiB", 4096},
        {ox_read_size, "4KB", 4000},
        {ox_read_size, "1.5MiB", 1572864},
        {ox_read_size, "2GB", 2e9},
        {ox_read_size, "512", -1},
        {ox_read_size, "512s", -1},
        {ox_read_bandwidth, "1Gbps", 125e6},
        {ox_read_bandwidth, "100Mbps", 125e5},
        {ox_read_bandwidth, "64kbps", 8000},
        {ox_read_bandwidth, "1GB", -1},
        {ox_read_share, "0.5%", 0.005},
        {ox_read_share, "100%", 1},
        {ox_read_share, "0.25", 0.25},
        {ox_read_share, "101%", -1},
        {ox_read_share, "1.5", -1},
        {ox_read_share, "-1%", -1},
        {ox_read_rate, "20/s", 20},
        {ox_read_rate, "30/min", 0.5},
        {ox_read_rate, "20", -1},
        {ox_read_number, "0.99", 0.99},
        {ox_read_number, "5s", -1},
        {ox_read_number, ".", -1},
        {ox_read_number, "", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        double value = 0;
        char *wrong = NULL;
        bool good = cases[i].read(cases[i].text, &value, &wrong);
        g_assert_true(good == (cases[i].value >= 0));
        g_assert_true(good == (wrong == NULL));
        if (good)
            g_assert_cmpfloat(value, ==, cases[i].value);
        g_free(wrong);
    }
}

static void numbers_print_at_their_shortest(void) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},
                 {0.1, "0.1"},
                 {3, "3"},
                 {1e300, "1e+300"},
                 {1.0 / 3, "0.3333333333333333"},
                 {INFINITY, "inf"},
                 {0.1 + 0.2, "0.30000000000000004"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *text = ox_print_number(cases[i].value);
        g_assert_cmpstr(text, ==, cases[i].text);
        g_free(text);
    }
}

int main(int argc, char **argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reader/lines", everything_keeps_its_line);
    g_test_add_func("/reader/line-ends", line_ends_and_byte_order_marks_do_not_matter);
    g_test_add_func("/reader/comments", a_comment_needs_a_blank_before_it);
    g_test_add_func("/reader/operators", only_expect_compares);
    g_test_add_func("/reader/several-bounds", one_metric_may_have_several_bounds);
    g_test_add_func("/reader/mistakes", each_mistake_has_its_line_and_says_what_would_be_right);
    g_test_add_func("/reader/zero-byte", a_zero_byte_is_not_text);
    g_test_add_func("/reader/all-mistakes", all_mistakes_are_shown_in_the_order_of_the_lines);
    g_test_add_func("/reader/override/split", an_override_splits_at_the_last_dot);
    g_test_add_func("/reader/override/apply", an_override_takes_the_place_of_what_the_file_says);
    g_test_add_func("/reader/text/quotes", quotes_protect_and_come_back);
    g_test_add_func("/reader/text/meant", what_was_meant);
    g_test_add_func("/reader/units/durations", durations_are_exact);
    g_test_add_func("/reader/units/mistakes", wrong_numbers_say_what_would_be_right);
    g_test_add_func("/reader/units/kinds", sizes_shares_and_rates);
    g_test_add_func("/reader/units/printing", numbers_print_at_their_shortest);
    return g_test_run();
}
