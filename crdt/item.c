#include "crdt/item.h"

enum ox_status ox_item_make(struct ox_item *item, const struct ox_value *value, bool scalar_only) {
    item->encoded.owned = false;
    item->key.elsewhere.size = 0;
    if (ox_item_is_short(value, &item->key.tail))
        return OX_OK;
    enum ox_status status = ox_encoded_make(&item->encoded, value, scalar_only);
    if (status == OX_OK)
        item->key = ox_rows_key_of(ox_buf_bytes(&item->encoded.buf));
    return status;
}

void ox_item_free(struct ox_item *item) {
    ox_encoded_free(&item->encoded);
}

void ox_item_take_any(struct ox_rows_key *key, bool scalar_only, struct ox_cbor *in) {
    struct ox_value ignored;
    const uint8_t *start = in->at;
    ox_value_decode(&ignored, in, scalar_only);
    *key = ox_rows_key_of((struct ox_bytes){start, (size_t)(in->at - start)});
}

bool ox_item_valid(const struct ox_row *row, bool scalar_only) {
    if (ox_rows_key_is_plain_text(&row->tail))
        return true;
    struct ox_cbor in = ox_cbor_of(ox_row_element(row));
    struct ox_value element;
    return ox_value_decode(&element, &in, scalar_only) == OX_OK && ox_cbor_done(&in);
}
