/* convergence.c - see convergence.h. */
#include "props/judge/convergence.h"

struct spell {
    uint64_t from, to;
};

void ox_coverage_note(struct ox_coverage *coverage, bool covered, uint64_t t_ns) {
    if (covered == coverage->open)
        return;
    coverage->open = covered;
    if (covered) {
        coverage->since = t_ns;
        return;
    }
    if (coverage->since == t_ns)
        return; /* it never lasted */
    if (!coverage->spells)
        coverage->spells = g_array_new(FALSE, FALSE, sizeof(struct spell));
    struct spell spell = {coverage->since, t_ns};
    g_array_append_val(coverage->spells, spell);
}

void ox_coverage_clear(struct ox_coverage *coverage) {
    if (coverage->spells)
        g_array_free(coverage->spells, TRUE);
    *coverage = (struct ox_coverage){0};
}

/* The least time >= from at which this one is covered. */
static bool first_of(const struct ox_coverage *coverage, uint64_t from, uint64_t *t_ns) {
    for (guint i = 0; coverage->spells && i < coverage->spells->len; i++) {
        const struct spell *spell = &g_array_index(coverage->spells, struct spell, i);
        if (spell->to > from) {
            *t_ns = MAX(from, spell->from);
            return true;
        }
    }
    *t_ns = MAX(from, coverage->since);
    return coverage->open;
}

bool ox_coverage_first(const struct ox_coverage *const *coverages, size_t count, uint64_t from_ns,
                       uint64_t *t_ns) {
    uint64_t candidate = from_ns;
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            uint64_t first;
            if (!first_of(coverages[i], candidate, &first))
                return false;
            moved = moved || first > candidate;
            candidate = first;
        }
    }
    *t_ns = candidate;
    return true;
}
