/* support_failing.h - one typed call, asked again and again with another allocation failing. */
#ifndef OXBOW_PROPS_TESTS_SUPPORT_FAILING_H
#define OXBOW_PROPS_TESTS_SUPPORT_FAILING_H

#include "support_alloc.h"
#include "support_crdt.h"

struct failing {
    enum ox_status (*call)(struct ox_object *object, const void *request, struct ox_delta *delta);
    const void *request;
    const struct ox_object *before;
    uint64_t failures; /* counted up */
};

static inline void assert_as_before(const struct failing *f, const struct ox_object *object) {
    struct ox_buf was = {0}, is = {0};
    const char *why = "";
    ox_object_encode(f->before, &was);
    ox_object_encode_fresh(f->before, &was);
    ox_object_encode(object, &is);
    ox_object_encode_fresh(object, &is);
    g_assert_cmpmem(was.data, was.size, is.data, is.size);
    if (!ox_object_valid(object, &why))
        g_error("%s", why);
    ox_buf_free(&was);
    ox_buf_free(&is);
}

/* The first allocation fails, then the second, and so on until none does. `used`: what the delta
 * holds from before; NULL: none is wanted. Each time the object must be as it was, and the delta
 * bring nothing; and it is `wanted` that comes in the end. */
static inline void fail_each_allocation(struct failing *f, const struct ox_delta *used,
                                        enum ox_status wanted) {
    enum ox_status status = OX_NOMEM;
    for (uint64_t left = 0; status == OX_NOMEM; left++) {
        struct ox_object object;
        struct ox_delta delta = {0};
        g_assert_cmpint(ox_object_copy(&object, f->before), ==, OX_OK);
        if (used != NULL && used->type != NULL)
            g_assert_cmpint(ox_delta_copy(&delta, used), ==, OX_OK);
        alloc_fail_after(left);
        status = f->call(&object, f->request, used != NULL ? &delta : NULL);
        alloc_fail_after(UINT64_MAX);
        if (status == OX_NOMEM) {
            f->failures++;
            assert_as_before(f, &object);
            g_assert_true(delta.type == NULL || ox_delta_empty(&delta));
        }
        ox_delta_free(&delta);
        ox_object_free(&object);
        g_assert_cmpuint(left, <, 1000);
    }
    g_assert_cmpint(status, ==, wanted);
}

#endif
