/* simulate.c - a world, and those who watch it. */
#include "scenarios/program/simulate.h"

#include "model/trace.h"

/* The run's faults as the judge and the trace want to hear of them; names are borrowed. */
struct fault_words {
    struct ox_judge_fault *judged;
    const char **names, **kinds;
};

static struct fault_words fault_words_new(const struct ox_world_config *world) {
    struct fault_words words = {.judged = g_new0(struct ox_judge_fault, world->fault_count),
                                .names = g_new0(const char *, world->fault_count),
                                .kinds = g_new0(const char *, world->fault_count)};
    for (uint32_t i = 0; i < world->fault_count; i++) {
        const struct ox_fault *fault = &world->faults[i];
        words.names[i] = fault->name;
        words.kinds[i] = ox_fault_word(fault->kind);
        words.judged[i] = (struct ox_judge_fault){
            .name = fault->name, .kind = words.kinds[i], .rate = fault->rate};
    }
    return words;
}

static void fault_words_free(struct fault_words *words) {
    g_free(words->judged);
    g_free(words->names);
    g_free(words->kinds);
}

bool ox_simulate(const struct ox_scenario *scenario, uint64_t seed, const char *trace_path,
                 GString *output, GError **error) {
    struct ox_world_config world = scenario->world; /* borrows what the scenario owns */
    struct fault_words words = fault_words_new(&world);
    struct ox_judge_config judge_config = {.nodes = world.network.nodes,
                                           .faults = words.judged,
                                           .fault_count = world.fault_count,
                                           .loss = world.network.loss,
                                           .duplicate = world.network.duplicate,
                                           .duration_ns = world.duration_ns};
    struct ox_judge *judge = ox_judge_new(&judge_config);
    struct ox_digest *digest = ox_digest_new();
    struct ox_observer observers[3] = {ox_judge_observer(judge), ox_digest_observer(digest)};
    struct ox_trace *trace = NULL;
    struct ox_world_stats stats;
    bool good = true;
    world.seed = seed;
    if (trace_path != NULL) {
        trace = ox_trace_open(trace_path, words.names, words.kinds, world.fault_count, error);
        good = trace != NULL;
        world.verify_full = true;
    }
    if (trace != NULL)
        observers[2] = ox_trace_observer(trace);
    good = good && ox_world_run(&world, observers, trace == NULL ? 2 : 3, NULL, &stats, error);
    if (trace != NULL)
        good = ox_trace_close(trace, good ? error : NULL) && good;
    if (good) {
        struct ox_judgement judgement = {0};
        ox_judge_finish(judge, &judgement);
        ox_results_seed(scenario, seed, ox_digest_value(digest), &judgement, output);
        ox_judgement_clear(&judgement);
    }
    ox_digest_free(digest);
    ox_judge_free(judge);
    fault_words_free(&words);
    return good;
}
