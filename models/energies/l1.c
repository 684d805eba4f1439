// models/energies/l1.c -- E_i = lambda_i sum |z_i|, the price of a sparse code.
//   dE_i/dz_i = lambda_i sign(z_i), 0 at 0;  dE_i/dlambda_i = sum |z_i|
//   z (n, c, h, w) in any layout, lambda (n, 1, 1, 1); E (n, 1, 1, 1)
#include "models/graph/op.h"

#include <math.h>

enum { CODE, LAMBDA };

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape lambda = p->in[LAMBDA];
    CHECK(shape_equal(lambda, (shape){p->in[CODE].n, 1, 1, 1}), ST_CONFIG,
          "l1: expects one lambda a sample, (%d, 1, 1, 1), got %d x %d x %d x %d", p->in[CODE].n,
          lambda.n, lambda.c, lambda.h, lambda.w);
    p->out = (shape){p->in[CODE].n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[CODE] = p->backward_reads_input[LAMBDA] = true;
    return ST_OK;
}

static double norm(const float *z, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += fabs((double)z[i]);
    return sum;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->in[CODE]) / (size_t)p->in[CODE].n;
    for (size_t n = 0; n < (size_t)p->in[CODE].n; n++)
        run->out[n] = (float)((double)run->in[LAMBDA][n] * norm(run->in[CODE] + n * count, count));
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->in[CODE]) / (size_t)p->in[CODE].n;
    for (size_t n = 0; n < (size_t)p->in[CODE].n; n++) {
        const float *z = run->in[CODE] + n * count;
        float slope = run->dout[n] * run->in[LAMBDA][n];
        if (run->din[LAMBDA] != NULL) run->din[LAMBDA][n] = run->dout[n] * (float)norm(z, count);
        if (run->din[CODE] == NULL) continue;
        float *d = run->din[CODE] + n * count;
        for (size_t i = 0; i < count; i++)
            d[i] = z[i] > 0 ? slope : z[i] < 0 ? -slope : 0.0f;
    }
}

const op_type energy_l1 = {
    .name = "l1",
    .examples = {"{}"},
    .example_in = {{3, 2, 4, 3}, {3, 1, 1, 1}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
