// models/ops/avg_pool.c -- the mean under a square window, channel by channel.
//   y[n,c,i,j] = sum_uv x[n,c, i s + u - p, j s + v - p] / k^2; padding counts as zeros
//   dx = the sum of dy over the windows that hold x, / k^2
//   x (n, c, h, w), y (n, c, h', w') in x's block
#include "models/ops/pooling.h"

static status plan(const void *settings, op_plan *p)
{
    return pooling_plan("avg_pool", settings, p);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    pooling_spec s = pooling_spec_of(settings, p);
    avg_pool_forward(&s, run->in[0], run->out);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    pooling_spec s = pooling_spec_of(settings, p);
    avg_pool_backward(&s, run->dout, run->din[0]);
}

const op_type op_avg_pool = {
    .name = "avg_pool",
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
