// models/ops/pooling.h -- what max_pool and avg_pool share: their config and their shape rule.
#ifndef MODELS_OPS_POOLING_H
#define MODELS_OPS_POOLING_H

#include "models/kernels/pooling.h"
#include "models/graph/op.h"

typedef struct pooling_config {
    int64_t kernel, stride, pad;
} pooling_config;

extern const config_field pooling_fields[];

// Sets out and out_block. Errors: ST_CONFIG the window does not fit; `name` is for the message.
status pooling_plan(const char *name, const pooling_config *c, op_plan *p);

// The kernels' spec of a planned pooling.
pooling_spec pooling_spec_of(const pooling_config *c, const op_plan *p);

#endif
