// models/ops/softmax.c -- shares that sum to 1, of all numbers of a sample.
//   y_i = exp(x_i / T) / sum_j exp(x_j / T);  dx_i = y_i (dy_i - sum_j y_j dy_j) / T
//   x, y (n, c, h, w) in one layout; T = temperature
#include "models/kernels/softmax.h"
#include "models/graph/op.h"

#include <math.h>

typedef struct softmax_config {
    double temperature;
} softmax_config;

static const config_field fields[] = {{"temperature", FIELD_REAL,
                                       offsetof(softmax_config, temperature), "1", 1e-6, 1e6, NULL,
                                       "T: the smaller, the more the largest gets"},
                                      {0}};

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    p->backward_reads_output = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    float sharpness = (float)(1 / ((const softmax_config *)settings)->temperature);
    size_t count = shape_count(p->out) / (size_t)p->out.n;
    for (size_t n = 0; n < (size_t)p->out.n; n++) {
        const float *x = run->in[0] + n * count;
        float *y = run->out + n * count;
        for (size_t i = 0; i < count; i++)
            y[i] = sharpness * x[i];
        float share = (float)(1 / exponentials(y, count, largest(y, count, -INFINITY)));
        for (size_t i = 0; i < count; i++)
            y[i] *= share;
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    float sharpness = (float)(1 / ((const softmax_config *)settings)->temperature);
    size_t count = shape_count(p->out) / (size_t)p->out.n;
    for (size_t n = 0; n < (size_t)p->out.n; n++) {
        const float *y = run->out + n * count, *dy = run->dout + n * count;
        double mean = 0;
        for (size_t i = 0; i < count; i++)
            mean += (double)y[i] * (double)dy[i];
        for (size_t i = 0; i < count; i++)
            run->din[0][n * count + i] = sharpness * y[i] * (dy[i] - (float)mean);
    }
}

const op_type op_softmax = {
    .name = "softmax",
    .examples = {"{}", "{temperature: 0.5}"},
    .example_in = {{3, 4, 2, 2}},
    .fields = fields,
    .config_size = sizeof(softmax_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
