/* Objects of every type: type, encoding. */
#include "props/fuzz/fuzz.h"

/* Replicas that no seed uses: an honest object of theirs shares no dot with the hostile one, so
 * joining must be the same both ways whatever the bytes were. */
static const ox_replica APART = UINT64_C(1) << 50;

static bool shares_a_replica(const struct ox_vv *a, const struct ox_vv *b) {
    for (uint32_t i = 0; i < a->count; i++)
        if (ox_vv_get(b, a->entries[i].replica) > 0)
            return true;
    return false;
}

static void encode(const struct ox_object *object, struct ox_buf *out) {
    ox_buf_clear(out);
    ox_object_encode(object, out);
    FUZZ_CHECK(ox_buf_status(out) == OX_OK, "no memory");
}

static void join_both_ways(const struct ox_object *hostile) {
    struct ox_object honest, other;
    struct ox_buf one = {0}, two = {0};
    fuzz_honest_object(hostile->type, 7, 6, APART, &honest);
    if (!shares_a_replica(&honest.context, &hostile->context)) {
        FUZZ_CHECK(ox_object_copy(&other, hostile) == OX_OK, "no memory");
        enum ox_status to = ox_object_join(&other, &honest, NULL);
        enum ox_status from = ox_object_join(&honest, hostile, NULL);
        FUZZ_CHECK(to == from, "%s: a join is %s, the other way it is %s", hostile->type->name,
                   ox_status_name(to), ox_status_name(from));
        encode(&other, &one);
        encode(&honest, &two);
        if (to == OX_OK)
            fuzz_check_same(ox_buf_bytes(&one), ox_buf_bytes(&two), "joined the other way");
        fuzz_check_object(&other, "joined an honest one");
        ox_object_free(&other);
    }
    fuzz_check_object(&honest, "joined by a hostile one");
    ox_object_free(&honest);
    ox_buf_free(&one);
    ox_buf_free(&two);
}

/* It claims dots that an honest object has, maybe with other contents: anything may come out, but
 * it must be sound. */
static void join_in_conflict(const struct ox_object *hostile) {
    struct ox_object honest, other;
    fuzz_honest_object(hostile->type, 3, 8, 1, &honest);
    FUZZ_CHECK(ox_object_copy(&other, hostile) == OX_OK, "no memory");
    ox_object_join(&other, &honest, NULL);
    fuzz_check_object(&other, "joined an honest one in conflict");
    ox_object_join(&honest, hostile, NULL);
    fuzz_check_object(&honest, "joined by a hostile one in conflict");
    (void)ox_object_leq(&honest, &other);
    (void)ox_object_equal(&honest, &other);
    ox_object_free(&other);
    ox_object_free(&honest);
}

/* All that may be asked of an object, and an update on top of it. */
static void use(struct ox_object *object) {
    struct ox_buf out = {0};
    struct ox_delta delta = {0};
    struct ox_vv none = {0};
    uint64_t dice = 5;
    FUZZ_CHECK(ox_object_value(object, &out) == OX_OK, "%s: no value", object->type->name);
    (void)ox_object_bytes(object);
    struct ox_object copy;
    FUZZ_CHECK(ox_object_init(&copy, object->type) == OX_OK, "no memory");
    FUZZ_CHECK(ox_object_delta_since(object, &none, &delta) == OX_OK, "no memory");
    if (ox_object_join_delta(&copy, &delta, NULL) == OX_OK)
        FUZZ_CHECK(ox_object_equal(&copy, object), "%s: delta_since nothing is not the whole",
                   object->type->name);
    for (int i = 0; i < 4; i++) {
        struct fuzz_op drawn;
        struct ox_stamp stamp = {1, 0, 1};
        fuzz_random_op(object, &dice, &drawn);
        ox_object_apply(object, &drawn.op, 1, &stamp, &delta);
        fuzz_check_object(object, "updated");
    }
    FUZZ_CHECK(ox_object_collect(object, &object->context) == OX_OK, "collecting is refused");
    fuzz_check_object(object, "collected");
    ox_object_free(&copy);
    ox_delta_free(&delta);
    ox_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    const struct ox_type *type = fuzz_type(&input);
    struct ox_cbor in = ox_cbor_of(fuzz_rest(&input));
    struct ox_object object;
    enum ox_status status = ox_object_decode(&object, type, &in);
    FUZZ_CHECK((status == OX_OK) != in.failed, "the status and the cursor disagree");
    if (status != OX_OK)
        return 0;
    struct ox_buf again = {0};
    fuzz_check_object(&object, "decoded");
    encode(&object, &again);
    fuzz_check_same((struct ox_bytes){input.at, (size_t)(in.at - input.at)}, ox_buf_bytes(&again),
                    "encoded again");
    join_both_ways(&object);
    join_in_conflict(&object);
    use(&object);
    ox_object_free(&object);
    ox_buf_free(&again);
    return 0;
}
