// models/ops/add.c -- y = x1 + x2;  dx1 = dx2 = dy.
//   x1, x2, y (n, c, h, w), all in the same layout
#include "models/op.h"

#include <string.h>

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape a = p->in[0], b = p->in[1];
    CHECK(shape_equal(a, b) && p->in_block[0] == p->in_block[1], ST_CONFIG,
          "add: expects two inputs of one shape and layout, got %d x %d x %d x %d in blocks of %d "
          "and %d x %d x %d x %d in blocks of %d",
          a.n, a.c, a.h, a.w, p->in_block[0], b.n, b.c, b.h, b.w, p->in_block[1]);
    p->out = a;
    p->out_block = p->in_block[0];
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->out);
    const float *restrict a = run->in[0], *restrict b = run->in[1];
    float *restrict y = run->out;
    for (size_t i = 0; i < count; i++)
        y[i] = a[i] + b[i];
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t bytes = shape_count(p->out) * sizeof(float);
    for (int i = 0; i < 2; i++)
        if (run->din[i] != NULL) memcpy(run->din[i], run->dout, bytes);
}

const op_type op_add = {
    .name = "add",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 5}, {2, 3, 4, 5}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
