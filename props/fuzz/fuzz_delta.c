/* Deltas of every type: type, encoding. */
#include "props/fuzz/fuzz.h"

static void encode(const struct ox_delta *delta, struct ox_buf *out) {
    ox_buf_clear(out);
    ox_delta_encode(delta, out);
    FUZZ_CHECK(ox_buf_status(out) == OX_OK, "no memory");
}

static void check_delta(const struct ox_delta *delta, const char *where) {
    const char *why = "";
    FUZZ_CHECK(ox_delta_valid(delta, &why), "%s: %s: not valid: %s", delta->type->name, where, why);
}

/* Takes the delta in twice: a refusal changes nothing, the second time neither. */
static void join(const struct ox_delta *delta, struct ox_object *object) {
    struct ox_object before;
    struct ox_dots news = {0};
    FUZZ_CHECK(ox_object_copy(&before, object) == OX_OK, "no memory");
    enum ox_status status = ox_object_join_delta(object, delta, &news);
    fuzz_check_object(object, "joined a hostile delta");
    if (status != OX_OK) {
        FUZZ_CHECK(ox_object_equal(&before, object), "%s: a refused delta changed the object",
                   object->type->name);
    } else {
        ox_object_free(&before);
        FUZZ_CHECK(ox_object_copy(&before, object) == OX_OK, "no memory");
        FUZZ_CHECK(ox_object_join_delta(object, delta, &news) == OX_OK && news.count == 0,
                   "%s: the second time a delta is news", object->type->name);
        FUZZ_CHECK(ox_object_equal(&before, object), "%s: the second time a delta changes more",
                   object->type->name);
    }
    ox_dots_free(&news);
    ox_object_free(&before);
}

static enum ox_status gather(void *self, struct ox_delta *part) {
    struct ox_delta *whole = self;
    check_delta(part, "a part");
    enum ox_status status = ox_delta_merge(whole, part);
    ox_delta_free(part);
    return status;
}

/* A delta of a few bytes may have a million parts, which would take all the time there is. */
enum { PARTS_MAX = 1000 };

struct counted {
    const struct ox_type *type;
    unsigned parts;
};

static enum ox_status count_part(void *self, void *part) {
    struct counted *counted = self;
    counted->type->destroy(part);
    return ++counted->parts < PARTS_MAX ? OX_OK : OX_OVERFLOW;
}

static bool has_few_parts(const struct ox_delta *delta) {
    struct counted counted = {delta->type, 0};
    enum ox_status status = delta->type->split(delta->store, count_part, &counted);
    FUZZ_CHECK(status == OX_OK || (status == OX_OVERFLOW && counted.parts == PARTS_MAX),
               "%s: splitting is %s", delta->type->name, ox_status_name(status));
    return status == OX_OK;
}

static void take_apart(const struct ox_delta *delta, const struct ox_object *honest) {
    struct ox_delta out = {0}, whole = {0};
    enum ox_status status = ox_delta_difference(delta, honest, &out);
    if (status == OX_OK)
        check_delta(&out, "the difference");
    if (has_few_parts(delta)) {
        status = ox_delta_decompose(delta, gather, &whole);
        FUZZ_CHECK(status == OX_OK, "%s: taking it apart is %s", delta->type->name,
                   ox_status_name(status));
    }
    if (whole.type != NULL)
        check_delta(&whole, "put together again");
    ox_delta_free(&whole);
    ox_delta_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    const struct ox_type *type = fuzz_type(&input);
    struct ox_cbor in = ox_cbor_of(fuzz_rest(&input));
    struct ox_delta delta = {0};
    enum ox_status status = ox_delta_decode(&delta, type, &in);
    FUZZ_CHECK((status == OX_OK) != in.failed, "the status and the cursor disagree");
    if (status != OX_OK) {
        ox_delta_free(&delta);
        return 0;
    }
    struct ox_buf again = {0};
    struct ox_object honest, empty;
    check_delta(&delta, "decoded");
    encode(&delta, &again);
    fuzz_check_same((struct ox_bytes){input.at, (size_t)(in.at - input.at)}, ox_buf_bytes(&again),
                    "encoded again");
    fuzz_honest_object(type, 3, 8, 1, &honest);
    FUZZ_CHECK(ox_object_init(&empty, type) == OX_OK, "no memory");
    take_apart(&delta, &honest);
    join(&delta, &honest);
    join(&delta, &empty);
    ox_object_free(&honest);
    ox_object_free(&empty);
    ox_delta_free(&delta);
    ox_buf_free(&again);
    return 0;
}
