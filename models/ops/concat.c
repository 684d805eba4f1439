// models/ops/concat.c -- the channels of several tensors, one behind the other.
//   y (n, c1 + c2 + ..., h, w), x_i (n, c_i, h, w), all in block 1;  dx_i: its channels of dy
#include "models/graph/op.h"

#include <string.h>

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    for (int i = 0; i < p->input_count; i++) {
        shape a = p->in[0], b = p->in[i];
        CHECK(p->in_block[i] == 1 && a.n == b.n && a.h == b.h && a.w == b.w, ST_CONFIG,
              "concat: expects images of one size in block 1, got %d x %d x %d x %d and %d x %d x "
              "%d x %d in blocks of %d",
              a.n, a.c, a.h, a.w, b.n, b.c, b.h, b.w, p->in_block[i]);
        if (i > 0) p->out.c += b.c;
    }
    p->out_block = 1;
    return ST_OK;
}

static size_t sample_floats(shape s)
{
    return shape_count(s) / (size_t)s.n;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t whole = sample_floats(p->out), before = 0;
    for (int i = 0; i < p->input_count; i++) {
        size_t floats = sample_floats(p->in[i]);
        for (size_t n = 0; n < (size_t)p->out.n; n++)
            memcpy(run->out + n * whole + before, run->in[i] + n * floats, floats * sizeof(float));
        before += floats;
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t whole = sample_floats(p->out), before = 0;
    for (int i = 0; i < p->input_count; i++) {
        size_t floats = sample_floats(p->in[i]);
        for (size_t n = 0; run->din[i] != NULL && n < (size_t)p->out.n; n++)
            memcpy(run->din[i] + n * floats, run->dout + n * whole + before,
                   floats * sizeof(float));
        before += floats;
    }
}

const op_type op_concat = {
    .name = "concat",
    .examples = {"{}"},
    .example_in = {{2, 3, 2, 3}, {2, 1, 2, 3}, {2, 4, 2, 3}, {2, 2, 2, 3}},
    .min_inputs = 2,
    .max_inputs = OP_MAX_INPUTS,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
