// models/ops/max_pool.c -- the largest value under a square window, channel by channel.
//   y[n,c,i,j] = max_uv x[n,c, i s + u - p, j s + v - p]; padding never wins
//   dx = the sum of dy over the windows that x won; among equals the first wins, as in PyTorch
//   x (n, c, h, w), y (n, c, h', w') in x's block
#include "models/ops/pooling.h"

// For each y one byte, the place of the winner in its window: saved, or without a backward pass
// scratch.
static status plan(const void *settings, op_plan *p)
{
    TRY(pooling_plan("max_pool", settings, p));
    size_t winner_bytes = shape_count(p->out);
    p->saved_bytes = p->backward ? winner_bytes : 0;
    p->scratch_bytes = p->backward ? 0 : winner_bytes;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    pooling_spec s = pooling_spec_of(settings, p);
    max_pool_forward(&s, run->in[0], run->out, p->backward ? run->saved : run->scratch);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    pooling_spec s = pooling_spec_of(settings, p);
    max_pool_backward(&s, run->dout, run->saved, run->din[0]);
}

const op_type op_max_pool = {
    .name = "max_pool",
    .examples = {"{kernel: 3, stride: 2, pad: 1}", "{kernel: 2, stride: 2}"},
    .example_in = {{2, 3, 7, 6}},
    .fields = pooling_fields,
    .config_size = sizeof(pooling_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
