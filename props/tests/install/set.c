/* Two replicas of a set of an installed oxbow meet. */
#include <oxbow/crdt/orset.h>
#include <oxbow/crdt/store.h>

int main(void) {
    struct ox_object a, b;
    struct ox_delta delta = {0};
    struct ox_value milk = ox_value_text("milk");
    if (ox_object_init(&a, &ox_orset) != OX_OK || ox_object_init(&b, &ox_orset) != OX_OK)
        return 1;
    if (ox_orset_add(&a, &milk, 1, &delta) != OX_OK ||
        ox_object_join_delta(&b, &delta, NULL) != OX_OK)
        return 2;
    bool good = ox_orset_contains(&b, &milk) && ox_object_equal(&a, &b);
    ox_delta_free(&delta);
    ox_object_free(&a);
    ox_object_free(&b);
    return good ? 0 : 3;
}
