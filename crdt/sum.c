#include "crdt/sum.h"

static bool is_negative(const struct ox_sum *sum) {
    return sum->high >> 63 != 0;
}

static void negate(struct ox_sum *sum) {
    sum->low = 0 - sum->low;
    sum->high = ~sum->high + (sum->low == 0);
}

void ox_sum_subtract(struct ox_sum *sum, int64_t number) {
    negate(sum);
    ox_sum_add(sum, number);
    negate(sum);
}

int64_t ox_sum_read(const struct ox_sum *sum) {
    struct ox_sum size = *sum;
    if (!is_negative(sum))
        return size.high != 0 || size.low > INT64_MAX ? INT64_MAX : (int64_t)size.low;
    negate(&size);
    return size.high != 0 || size.low > INT64_MAX ? INT64_MIN : -(int64_t)size.low;
}

/* Divides by ten, by hand in base 2^32; the remainder. */
static unsigned take_digit(struct ox_sum *sum) {
    uint64_t upper = sum->high % 10 << 32 | sum->low >> 32;
    uint64_t lower = upper % 10 << 32 | (sum->low & UINT32_MAX);
    sum->high /= 10;
    sum->low = upper / 10 << 32 | lower / 10;
    return (unsigned)(lower % 10);
}

void ox_sum_json(const struct ox_sum *sum, struct ox_buf *out) {
    char digits[40]; /* of 2^128, and a sign */
    size_t at = sizeof digits;
    struct ox_sum rest = *sum;
    bool negative = is_negative(&rest);
    if (negative)
        negate(&rest);
    do {
        digits[--at] = (char)('0' + take_digit(&rest));
    } while (rest.high != 0 || rest.low != 0);
    if (negative)
        digits[--at] = '-';
    ox_buf_append(out, digits + at, sizeof digits - at);
}
