// models/ops/multiply.c -- y = x1 x2, number by number;  dx1 = x2 dy, dx2 = x1 dy.
//   x1, x2, y (n, c, h, w), all in the same layout
#include "models/graph/op.h"

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape a = p->in[0], b = p->in[1];
    CHECK(
        shape_equal(a, b) && p->in_block[0] == p->in_block[1], ST_CONFIG,
        "multiply: expects two inputs of one shape and layout, got %d x %d x %d x %d in blocks of "
        "%d and %d x %d x %d x %d in blocks of %d",
        a.n, a.c, a.h, a.w, p->in_block[0], b.n, b.c, b.h, b.w, p->in_block[1]);
    p->out = a;
    p->out_block = p->in_block[0];
    p->backward_reads_input[0] = p->backward_reads_input[1] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->out);
    for (size_t i = 0; i < count; i++)
        run->out[i] = run->in[0][i] * run->in[1][i];
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->out);
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; run->din[side] != NULL && i < count; i++)
            run->din[side][i] = run->dout[i] * run->in[1 - side][i];
}

const op_type op_multiply = {
    .name = "multiply",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 5}, {2, 3, 4, 5}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
