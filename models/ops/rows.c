// models/ops/rows.c -- rows of a batch by their numbers, as another operation or input names them.
//   y[i] = x[index[i]];  dx[j] = sum over i with index[i] = j of dy[i];  no gradient to the index
//   x (n, c, h, w), y (m, c, h, w) in its layout; index: m numbers in any shape, of which each is
//   rounded and counts as 0 below and n - 1 above. Of an index that is NaN the row is NaN.
#include "models/graph/op.h"

#include <math.h>
#include <string.h>

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out.n = (int)shape_count(p->in[1]);
    p->out_block = p->in_block[0];
    p->backward_reads_input[1] = true;
    return ST_OK;
}

// The row that is meant, also by a NaN.
static size_t row_of(float index, int rows)
{
    float last = (float)(rows - 1);
    return index > 0.0f ? (size_t)lrintf(fminf(index, last)) : 0;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    const float *index = run->in[1];
    size_t floats = shape_count(p->out) / (size_t)p->out.n;
    for (size_t i = 0; i < (size_t)p->out.n; i++) {
        float *y = run->out + i * floats;
        memcpy(y, run->in[0] + row_of(index[i], p->in[0].n) * floats, floats * sizeof *y);
        for (size_t k = 0; k < floats && isnan(index[i]); k++)
            y[k] = index[i];
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    const float *index = run->in[1];
    size_t floats = shape_count(p->out) / (size_t)p->out.n;
    if (run->din[1] != NULL) memset(run->din[1], 0, (size_t)p->out.n * sizeof(float));
    if (run->din[0] == NULL) return;
    memset(run->din[0], 0, shape_count(p->in[0]) * sizeof(float));
    for (size_t i = 0; i < (size_t)p->out.n; i++) {
        float *dx = run->din[0] + row_of(index[i], p->in[0].n) * floats;
        const float *dy = run->dout + i * floats;
        for (size_t k = 0; k < floats; k++)
            dx[k] += dy[k];
    }
}

const op_type op_rows = {
    .name = "rows",
    .examples = {"{}"},
    .example_in = {{4, 3, 2, 2}, {6, 1, 1, 1}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
