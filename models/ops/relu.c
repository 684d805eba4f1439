// models/ops/relu.c -- y = max(0, x);  dx = dy where y > 0, else 0.
//   x, y (n, c, h, w) in any layout
#include "models/graph/op.h"

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    p->backward_reads_output = true;
    return ST_OK;
}

// A NaN stays one, so that a divergence is seen.
static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->out);
    const float *restrict x = run->in[0];
    float *restrict y = run->out;
    for (size_t i = 0; i < count; i++)
        y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] == NULL) return;
    size_t count = shape_count(p->out);
    const float *restrict y = run->out, *restrict dy = run->dout;
    float *restrict dx = run->din[0];
    for (size_t i = 0; i < count; i++)
        dx[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

const op_type op_relu = {
    .name = "relu",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 5}},
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
