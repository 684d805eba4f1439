// models/ops/widen.c -- the same tensor in floats; dx is dy in x's numbers.
//   x, y (n, c, h, w) in one layout
// The graph puts it before operations that do not take bf16 numbers.
#include "models/kernels/bf16.h"
#include "models/graph/op.h"

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (p->in_bf16[0])
        bf16_to_floats((const uint16_t *)(const void *)run->in[0], shape_count(p->out), run->out);
    else
        memcpy(run->out, run->in[0], tensor_bytes(p->out, false));
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] == NULL) return;
    if (p->in_bf16[0])
        bf16_from_floats(run->dout, shape_count(p->out), (uint16_t *)(void *)run->din[0]);
    else
        memcpy(run->din[0], run->dout, tensor_bytes(p->out, false));
}

const op_type op_widen = {
    .name = "widen",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 5}},
    .min_inputs = 1,
    .max_inputs = 1,
    .takes_bf16 = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
