#include "model/observe.h"

#include <assert.h>

const char *ox_obs_word(enum ox_obs_kind kind) {
    static const char *const words[] = {
#define OX_OBS_WORD(name, word, text) [OX_OBS_##name] = word,
        OX_OBS_MAP(OX_OBS_WORD)
#undef OX_OBS_WORD
    };
    assert(kind < OX_OBS_COUNT);
    return words[kind];
}

const char *ox_drop_word(enum ox_drop_why why) {
    static const char *const words[] = {
#define OX_DROP_WORD(name, word, text) [OX_DROP_##name] = word,
        OX_DROP_MAP(OX_DROP_WORD)
#undef OX_DROP_WORD
    };
    assert(why < OX_DROP_COUNT);
    return words[why];
}

const char *ox_defect_word(enum ox_defect defect) {
    static const char *const words[] = {
#define OX_DEFECT_WORD(name, word, text) [OX_DEFECT_##name] = word,
        OX_DEFECT_MAP(OX_DEFECT_WORD)
#undef OX_DEFECT_WORD
    };
    assert(defect < OX_DEFECT_COUNT);
    return words[defect];
}

const char *ox_defect_about(enum ox_defect defect) {
    static const char *const texts[] = {
#define OX_DEFECT_TEXT(name, word, text) [OX_DEFECT_##name] = text,
        OX_DEFECT_MAP(OX_DEFECT_TEXT)
#undef OX_DEFECT_TEXT
    };
    assert(defect < OX_DEFECT_COUNT);
    return texts[defect];
}

const char *ox_phase_word(enum ox_phase phase) {
    switch (phase) {
    case OX_PHASE_RUN:
        return "run";
    case OX_PHASE_SETTLE:
        return "settle";
    case OX_PHASE_QUIET:
        return "quiet";
    case OX_PHASE_UNSETTLED:
        return "unsettled";
    }
    assert(!"a phase outside the enumeration");
    return "";
}
