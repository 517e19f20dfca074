/* expect.c - the words of verdicts, parts and metrics, and what an expectation says of a run. */
#include "props/judge.h"

#include <math.h>
#include <string.h>

const char *ox_verdict_word(enum ox_verdict verdict) {
    static const char *const words[] = {"pass", "fail", "unknown"};
    g_assert((size_t)verdict < G_N_ELEMENTS(words));
    return words[verdict];
}

enum ox_verdict ox_verdict_worse(enum ox_verdict a, enum ox_verdict b) {
    if (a == OX_FAIL || b == OX_FAIL)
        return OX_FAIL;
    return a == OX_UNKNOWN || b == OX_UNKNOWN ? OX_UNKNOWN : OX_PASS;
}

const char *ox_part_word(enum ox_part part) {
    static const char *const words[] = {
#define OX_PART_WORD(name, word) word,
        OX_PART_MAP(OX_PART_WORD)
#undef OX_PART_WORD
    };
    g_assert(part < OX_PART_COUNT);
    return words[part];
}

static const struct ox_metric_info metrics[] = {
#define OX_METRIC_INFO(name, word, unit, text) {word, unit, text},
    OX_METRIC_MAP(OX_METRIC_INFO)
#undef OX_METRIC_INFO
};

const struct ox_metric_info *ox_metric_info(enum ox_metric metric) {
    g_assert(metric < OX_METRIC_COUNT);
    return &metrics[metric];
}

enum ox_metric ox_metric_named(const char *word) {
    for (int i = 0; i < OX_METRIC_COUNT; i++)
        if (strcmp(metrics[i].word, word) == 0)
            return (enum ox_metric)i;
    return OX_METRIC_COUNT;
}

const char *ox_comparison_word(enum ox_comparison op) {
    static const char *const words[] = {"=", "!=", "<", "<=", ">", ">="};
    g_assert((size_t)op < G_N_ELEMENTS(words));
    return words[op];
}

static bool compare(double value, enum ox_comparison op, double bound) {
    switch (op) {
    case OX_CMP_EQ:
        return value == bound;
    case OX_CMP_NE:
        return value != bound;
    case OX_CMP_LT:
        return value < bound;
    case OX_CMP_LE:
        return value <= bound;
    case OX_CMP_GT:
        return value > bound;
    case OX_CMP_GE:
        return value >= bound;
    }
    g_assert_not_reached();
}

enum ox_verdict ox_expect(const struct ox_judgement *judgement, enum ox_metric metric,
                          enum ox_comparison op, double bound) {
    g_assert(metric < OX_METRIC_COUNT);
    const struct ox_metric_value *value = &judgement->metrics[metric];
    if (!value->known)
        return OX_UNKNOWN;
    /* What never came about is no evidence for anything, not even for ">= 1s". */
    if (isinf(value->value))
        return OX_FAIL;
    return compare(value->value, op, bound) ? OX_PASS : OX_FAIL;
}
