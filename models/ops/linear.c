// models/ops/linear.c -- a fully connected layer.
//   y = x W^T + b;  dx = dy W,  dW += dy^T x,  db += sum over samples of dy
//   x (n, c, 1, 1), weight (features, c), bias (features), y (n, features, 1, 1)
//   initial values: PyTorch's default, U(+-1/sqrt(c)) for both
#include "models/kernels/matmul.h"
#include "models/op.h"

#include <math.h>

typedef struct linear_config {
    int64_t features;
} linear_config;

static const config_field fields[] = {{"features", FIELD_INT, offsetof(linear_config, features),
                                       NULL, 1, 1048576, NULL, "size of the output vector"},
                                      {0}};

enum { WEIGHT, BIAS };

static status plan(const void *settings, op_plan *p)
{
    shape in = p->in[0];
    int features = (int)((const linear_config *)settings)->features;
    CHECK(in.h == 1 && in.w == 1, ST_CONFIG,
          "linear: expects vectors (n, c, 1, 1), got images of %d x %d: pool them first", in.h,
          in.w);
    p->out = (shape){in.n, features, 1, 1};
    p->out_block = 1;
    float bound = (float)(1.0 / sqrt(in.c));
    p->param_count = 2;
    p->params[WEIGHT] = (op_param){"weight", 2, {features, in.c}, INIT_UNIFORM, bound, false};
    p->params[BIAS] = (op_param){"bias", 1, {features}, INIT_UNIFORM, bound, true};
    p->backward_reads_input[0] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    int n = p->out.n, features = p->out.c;
    float *y = run->out;
    for (int i = 0; i < n; i++, y += features)
        for (int f = 0; f < features; f++)
            y[f] = run->params[BIAS][f];
    matmul(false, true, n, features, p->in[0].c, 1.0f, run->in[0], run->params[WEIGHT], 1.0f,
           run->out);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    int n = p->out.n, features = p->out.c, c = p->in[0].c;
    if (run->din[0] != NULL)
        matmul(false, false, n, c, features, 1.0f, run->dout, run->params[WEIGHT], 0.0f,
               run->din[0]);
    matmul(true, false, features, c, n, 1.0f, run->dout, run->in[0], 1.0f, run->dparams[WEIGHT]);
    const float *dy = run->dout;
    for (int i = 0; i < n; i++, dy += features)
        for (int f = 0; f < features; f++)
            run->dparams[BIAS][f] += dy[f];
}

const op_type op_linear = {
    .name = "linear",
    .examples = {"{features: 7}", "{features: 1}"},
    .example_in = {{5, 6, 1, 1}},
    .fields = fields,
    .config_size = sizeof(linear_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
