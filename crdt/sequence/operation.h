/* sequence/operation.h - what the two files of an rga's operations share. */
#ifndef OXBOW_CRDT_SEQUENCE_OPERATION_H
#define OXBOW_CRDT_SEQUENCE_OPERATION_H

#include "crdt/rga.h"

void ox_rga_op_clear(struct ox_rga_op *op); /* empty, with its memory */
enum ox_status ox_rga_op_reserve_spans(struct ox_rga_op *op, uint64_t count);
/* Whether a span that ends beside this place takes it over. */
bool ox_rga_span_goes_on(const struct ox_rga_span *span, struct ox_dot dot);

#endif
