// models/ops/gather.c -- the rows of all workers: own ones first, then those of the next workers.
//   y = (x_w, x_w+1, .. x_V-1, x_0, .. x_w-1) for worker w;  x (n, c, h, w), y (V n, c, h, w)
//   dx: the sum over all workers of their gradients of these rows
// The own rows lead so that what comes next knows them without knowing the worker.
#include "models/graph/op.h"

#include <string.h>

static size_t row_floats(const op_plan *p)
{
    return shape_count(p->in[0]);
}

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out.n *= p->workers;
    p->out_block = p->in_block[0];
    p->forward_meeting = (op_meeting){.floats = row_floats(p), .gather = true};
    p->backward_meeting = (op_meeting){.floats = (size_t)p->workers * row_floats(p)};
    return ST_OK;
}

static void forward_part(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    memcpy(run->part, run->in[0], row_floats(p) * sizeof *run->part);
}

// Floats of `total` in front of the own rows; they come last in y, as in dy.
static size_t floats_before(const op_plan *p, const op_run *run)
{
    return (size_t)run->worker * row_floats(p);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t before = floats_before(p, run), rest = shape_count(p->out) - before;
    memcpy(run->out, run->total + before, rest * sizeof *run->out);
    memcpy(run->out + rest, run->total, before * sizeof *run->out);
}

// The gradients of all rows, in the order of workers.
static void backward_part(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t before = floats_before(p, run), rest = shape_count(p->out) - before;
    memcpy(run->part + before, run->dout, rest * sizeof *run->part);
    memcpy(run->part, run->dout + rest, before * sizeof *run->part);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] == NULL) return;
    memcpy(run->din[0], run->total + floats_before(p, run), row_floats(p) * sizeof *run->total);
}

const op_type op_gather = {
    .name = "gather",
    .examples = {"{}"},
    .example_in = {{3, 5, 1, 1}},
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .forward_part = forward_part,
    .backward_part = backward_part,
};
