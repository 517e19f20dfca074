/* fuzz.h - what the fuzz targets share.
 *
 * A target is one decoder family: LLVMFuzzerTestOneInput gets arbitrary bytes, and libFuzzer keeps
 * those that reach new code. Refused bytes must leave everything as it was; accepted ones must be
 * valid, encode to the very same bytes, and do no harm to the honest objects that they meet. What
 * does not hold ends the process with a sentence, and libFuzzer writes the input down.
 *
 * Seeds are honest encodings (seeds.c), made by random operations of every type and verb, so that
 * a type that is added needs nothing here.
 */
#ifndef OXBOW_PROPS_FUZZ_FUZZ_H
#define OXBOW_PROPS_FUZZ_FUZZ_H

#include "crdt/object.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* FUZZ_CHECK(holds, format, ...): the sentence says what is wrong when it does not. */
#define FUZZ_CHECK(holds, ...)                                                                     \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The bytes that a target has not taken yet. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* The next byte; 0 at the end. */
uint8_t fuzz_byte(struct fuzz_input *input);
/* The next piece: two bytes of length (little endian), then as many bytes as there are. */
struct ox_bytes fuzz_piece(struct fuzz_input *input);
/* Appends a piece as fuzz_piece reads it. */
void fuzz_put_piece(struct ox_buf *out, struct ox_bytes piece);
struct ox_bytes fuzz_rest(const struct fuzz_input *input);

/* The type that the next byte chooses. */
const struct ox_type *fuzz_type(struct fuzz_input *input);
size_t fuzz_type_count(void);

/* An object made by `updates` random operations at the replicas `first` and `first + 1`, which meet
 * now and then. The same arguments, the same object. */
void fuzz_honest_object(const struct ox_type *type, uint64_t seed, unsigned updates,
                        ox_replica first, struct ox_object *object);
/* A random operation on an object, and where its arguments live. */
struct fuzz_op {
    struct ox_op op;
    struct ox_op inner;
    struct ox_bytes path[3];
};
void fuzz_random_op(const struct ox_object *object, uint64_t *dice, struct fuzz_op *drawn);
uint64_t fuzz_roll(uint64_t *dice, uint64_t sides); /* 0 .. sides - 1; `*dice` is not 0 */

/* Fails unless the object is valid. */
void fuzz_check_object(const struct ox_object *object, const char *where);
/* Fails unless both hold the same bytes. */
void fuzz_check_same(struct ox_bytes a, struct ox_bytes b, const char *what);

#endif
