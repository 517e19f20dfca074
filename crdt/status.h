/* status.h - what the world did to a call.
 *
 * Asserts say what would be a bug of ours; a status says what the world did. Every function that
 * returns one leaves all its arguments as they were unless it returns OX_OK (or says otherwise).
 * The list is written once; names and sentences come from it (ox_status_name, ox_status_text).
 */
#ifndef OXBOW_CRDT_STATUS_H
#define OXBOW_CRDT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, sentence: what happened and what the caller does then) */
#define OX_STATUS_MAP(X)                                                                           \
    X(OK, "done")                                                                                  \
    X(NOOP, "the update changes nothing: no dot was taken and there is no delta to send")          \
    X(GAP, "what must be held first is not: drop it or keep it, and ask with the own context")     \
    X(MALFORMED, "the bytes are not the canonical encoding of anything: drop them")                \
    X(INVALID, "an argument is outside what the operation takes: correct the call")                \
    X(OVERFLOW, "the update would overflow a total: it was refused, the object is as before")      \
    X(NOMEM, "an allocation failed: everything is as before, try again later")                     \
    X(MISMATCH, "the two sides have different types: use the object of the delta's type")          \
    X(NO_SUCH, "no such type, verb, object or component: correct the name")                        \
    X(STALE, "the frame was meant for an older incarnation: drop it")                              \
    X(DIVERGED, "equal contexts with different bytes: raise an alarm, never merge")

enum ox_status {
#define OX_STATUS_ENUM(name, text) OX_##name,
    OX_STATUS_MAP(OX_STATUS_ENUM)
#undef OX_STATUS_ENUM
        OX_STATUS_COUNT
};

/* The status's short name ("GAP") and its sentence. Never NULL. */
const char *ox_status_name(enum ox_status status);
const char *ox_status_text(enum ox_status status);

#ifdef __cplusplus
}
#endif

#endif
