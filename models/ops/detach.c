// models/ops/detach.c -- y = x; no gradient flows back (stop-gradient, PyTorch's detach).
//   x, y (n, c, h, w) in any layout
#include "models/graph/op.h"

#include <string.h>

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    p->out_bf16 = p->in_bf16[0];
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->out != run->in[0]) memcpy(run->out, run->in[0], tensor_bytes(p->out, p->out_bf16));
}

const op_type op_detach = {
    .name = "detach",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 5}},
    .min_inputs = 1,
    .max_inputs = 1,
    .takes_bf16 = true,
    .in_place = true,
    .plan = plan,
    .forward = forward,
};
