/* Operations of an rga: pieces, an operation each, taken one after the other by an honest object
 * and by an empty one; a delta of what they made must do the same elsewhere. */
#include "crdt/rga.h"
#include "props/fuzz/fuzz.h"

/* Takes it twice: a refusal changes nothing, the second time neither. */
static void take(const struct ox_rga_op *op, struct ox_object *object) {
    struct ox_object before;
    FUZZ_CHECK(ox_object_copy(&before, object) == OX_OK, "no memory");
    enum ox_status status = ox_rga_op_take(object, op);
    fuzz_check_object(object, "took a hostile operation");
    FUZZ_CHECK(status == OX_OK || status == OX_GAP || status == OX_DIVERGED, "taking it is %s",
               ox_status_name(status));
    if (status == OX_OK) {
        ox_object_free(&before);
        FUZZ_CHECK(ox_object_copy(&before, object) == OX_OK, "no memory");
        FUZZ_CHECK(ox_rga_op_take(object, op) == OX_OK, "the second time it is refused");
    }
    FUZZ_CHECK(ox_object_equal(&before, object), "%s",
               status == OX_OK ? "the second time it changes more"
                               : "refused, it changed something");
    ox_object_free(&before);
}

static void take_piece(struct ox_bytes piece, struct ox_rga_op *op, struct ox_object *honest,
                       struct ox_object *empty) {
    struct ox_cbor in = ox_cbor_of(piece);
    struct ox_buf again = {0};
    enum ox_status status = ox_rga_op_decode(op, &in);
    FUZZ_CHECK((status == OX_OK) != in.failed, "the status and the cursor disagree");
    FUZZ_CHECK((status == OX_OK) == (op->dot.n > 0), "what is refused is not empty");
    if (status != OX_OK)
        return;
    ox_rga_op_encode(op, &again);
    FUZZ_CHECK(ox_buf_status(&again) == OX_OK, "no memory");
    fuzz_check_same((struct ox_bytes){piece.data, (size_t)(in.at - piece.data)},
                    ox_buf_bytes(&again), "encoded again");
    ox_buf_free(&again);
    take(op, honest);
    take(op, empty);
}

/* What the operations did, as one delta, from where they began. */
static void check_as_delta(const struct ox_object *after, struct ox_object *before) {
    struct ox_delta delta = {0};
    enum ox_status status = ox_object_delta_since(after, &before->context, &delta);
    FUZZ_CHECK(status == OX_OK, "delta_since is %s", ox_status_name(status));
    status = ox_object_join_delta(before, &delta, NULL);
    FUZZ_CHECK(status == OX_OK, "the delta of what they did is %s", ox_status_name(status));
    FUZZ_CHECK(ox_object_equal(before, after), "the delta of what they did does something else");
    ox_delta_free(&delta);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    static struct ox_object first; /* the same for every input */
    struct ox_object honest, before, empty;
    struct ox_rga_op op = {0};
    if (first.type == NULL)
        fuzz_honest_object(&ox_rga, 3, 8, 1, &first);
    FUZZ_CHECK(ox_object_copy(&honest, &first) == OX_OK, "no memory");
    FUZZ_CHECK(ox_object_copy(&before, &first) == OX_OK, "no memory");
    FUZZ_CHECK(ox_object_init(&empty, &ox_rga) == OX_OK, "no memory");
    while (input.left > 0)
        take_piece(fuzz_piece(&input), &op, &honest, &empty);
    check_as_delta(&honest, &before);
    ox_rga_op_free(&op);
    ox_object_free(&honest);
    ox_object_free(&before);
    ox_object_free(&empty);
    return 0;
}
