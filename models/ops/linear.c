// models/ops/linear.c -- a fully connected layer.
//   y = x W^T + b;  dx = dy W,  dW += dy^T x,  db += sum over samples of dy
//   x (n, c, 1, 1), weight (features, c), bias (features), y (n, features, 1, 1)
//   an image (n, c, h, w) in block 1 is taken for a vector of c h w numbers
//   bias: false leaves out b
//   initial values: PyTorch's default, U(+-1/sqrt(c)) for both
#include "models/kernels/matmul.h"
#include "models/graph/op.h"

#include <math.h>
#include <string.h>

typedef struct linear_config {
    int64_t features;
    bool bias;
} linear_config;

static const config_field fields[] = {
    {"features", FIELD_INT, offsetof(linear_config, features), NULL, 1, 1048576, NULL,
     "size of the output vector"},
    {"bias", FIELD_BOOL, offsetof(linear_config, bias), "true", 0, 0, NULL,
     "false where batch norm follows and would take it away again"},
    {0}};

enum { WEIGHT, BIAS };

// Numbers of one sample.
static int input_size(const op_plan *p)
{
    return p->in[0].c * p->in[0].h * p->in[0].w;
}

static status plan(const void *settings, op_plan *p)
{
    const linear_config *c = settings;
    shape in = p->in[0];
    int features = (int)c->features;
    CHECK(in.h * in.w == 1 || p->in_block[0] == 1, ST_CONFIG,
          "linear: expects vectors, or images in block 1; pool or reorder the image of %d x %d",
          in.h, in.w);
    p->out = (shape){in.n, features, 1, 1};
    p->out_block = 1;
    int size = input_size(p);
    float bound = (float)(1.0 / sqrt(size));
    p->param_count = c->bias ? 2 : 1;
    p->params[WEIGHT] = (op_param){"weight", 2, {features, size}, INIT_UNIFORM, bound, false};
    if (c->bias) p->params[BIAS] = (op_param){"bias", 1, {features}, INIT_UNIFORM, bound, true};
    p->backward_reads_input[0] = true;
    return ST_OK;
}

static void set_rows(const float *bias, int rows, int features, float *y)
{
    for (int i = 0; i < rows; i++, y += features)
        memcpy(y, bias, (size_t)features * sizeof *y);
}

static void sum_rows(const float *dy, int rows, int features, float *dbias)
{
    for (int i = 0; i < rows; i++, dy += features)
        for (int f = 0; f < features; f++)
            dbias[f] += dy[f];
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    bool bias = ((const linear_config *)settings)->bias;
    int n = p->out.n, features = p->out.c;
    if (bias) set_rows(run->params[BIAS], n, features, run->out);
    matmul(false, true, n, features, input_size(p), 1.0f, run->in[0], run->params[WEIGHT],
           bias ? 1.0f : 0.0f, run->out);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    int n = p->out.n, features = p->out.c, c = input_size(p);
    if (run->din[0] != NULL)
        matmul(false, false, n, c, features, 1.0f, run->dout, run->params[WEIGHT], 0.0f,
               run->din[0]);
    if (run->dparams[WEIGHT] == NULL) return;
    matmul(true, false, features, c, n, 1.0f, run->dout, run->in[0], 1.0f, run->dparams[WEIGHT]);
    if (((const linear_config *)settings)->bias)
        sum_rows(run->dout, n, features, run->dparams[BIAS]);
}

const op_type op_linear = {
    .name = "linear",
    .examples = {"{features: 7}", "{features: 1}", "{features: 4, bias: false}"},
    .example_in = {{5, 3, 2, 1}},
    .fields = fields,
    .config_size = sizeof(linear_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
