// models/ops/conv2d.c -- 2-d convolution without bias (batch norm follows and brings its own).
//   y[n,o,i,j] = sum_cuv w[o,c,u,v] x[n,c, i s + u - p, j s + v - p], x = 0 outside
//   x (n, c, h, w), weight (channels, c, kernel, kernel), y (n, channels, h', w')
//   gradients: models/kernels/convolution/convolution.h
#include "models/kernels/convolution/convolution.h"
#include "models/graph/op_portions.h"

#include <math.h>
#include <string.h>

typedef struct conv2d_config {
    int64_t channels, kernel, stride, pad;
    char init[CONFIG_TEXT_SIZE];
} conv2d_config;

static const config_field fields[] = {
    {"channels", FIELD_INT, offsetof(conv2d_config, channels), NULL, 1, 65536, NULL,
     "channels of the output"},
    {"kernel", FIELD_INT, offsetof(conv2d_config, kernel), NULL, 1, 255, NULL,
     "height and width of the kernel, pixels"},
    {"stride", FIELD_INT, offsetof(conv2d_config, stride), "1", 1, 255, NULL,
     "step between outputs, pixels"},
    {"pad", FIELD_INT, offsetof(conv2d_config, pad), "0", 0, 255, NULL,
     "zeros around the image, pixels"},
    {"init", FIELD_TEXT, offsetof(conv2d_config, init), "default", 0, 0, "default|fan_out",
     "first weights: PyTorch's default (uniform, by fan-in) or Kaiming normal by fan-out"},
    {0}};

// default: kaiming_uniform with a = sqrt 5, which is U(+-1/sqrt(fan in)); fan_out: He et al. 2015
// (arXiv 1502.01852) eq. 14
static op_param weight(const conv2d_config *c, int in_channels)
{
    int channels = (int)c->channels, kernel = (int)c->kernel;
    op_param p = {"weight", 4, {channels, in_channels, kernel, kernel}, INIT_UNIFORM, 0, false};
    if (strcmp(c->init, "fan_out") == 0) {
        p.init = INIT_NORMAL;
        p.scale = (float)sqrt(2.0 / (channels * kernel * kernel));
    } else {
        p.scale = (float)(1.0 / sqrt(in_channels * kernel * kernel));
    }
    return p;
}

// Samples of a run in both directions; in.n where there are no portions.
static void plan_portions(op_plan *p, convolution_spec *spec)
{
    struct op_portion_plan *portions = p->portions;
    size_t bytes = portions != NULL ? portions->bytes : 0;
    spec->forward_portion = bytes > 0 ? convolution_portion(spec, false, bytes) : spec->in.n;
    spec->backward_portion =
        bytes > 0 && p->backward ? convolution_portion(spec, true, bytes) : spec->in.n;
    if (portions == NULL) return;
    portions->forward = spec->forward_portion;
    portions->backward = spec->backward_portion;
}

static status plan(const void *settings, op_plan *p)
{
    const conv2d_config *c = settings;
    convolution_spec spec = {.in = p->in[0],
                             .in_block = p->in_block[0],
                             .kernel = (int)c->kernel,
                             .stride = (int)c->stride,
                             .pad = (int)c->pad,
                             .arithmetic = p->arithmetic,
                             .in_bf16 = p->in_bf16[0]};
    spec.out = (shape){spec.in.n, (int)c->channels,
                       convolution_size(spec.in.h, spec.kernel, spec.stride, spec.pad),
                       convolution_size(spec.in.w, spec.kernel, spec.stride, spec.pad)};
    spec.out_block = convolution_out_block(spec.arithmetic, spec.out.c, spec.in_block);
    CHECK(spec.out.h > 0 && spec.out.w > 0, ST_CONFIG,
          "conv2d: a kernel of %d with padding %d does not fit into an image of %d x %d",
          spec.kernel, spec.pad, spec.in.h, spec.in.w);
    spec.out_bf16 = convolution_stores_bf16(&spec, CONVOLUTION_FORWARD);
    plan_portions(p, &spec);
    convolution *kernels = NULL;
    TRY(convolution_create(&kernels, &spec, p->backward));
    p->kernel = kernels;
    p->kernel_name = convolution_kernel_name(kernels, CONVOLUTION_FORWARD);
    p->out = spec.out;
    p->out_block = spec.out_block;
    p->out_bf16 = spec.out_bf16;
    p->param_count = 1;
    p->params[0] = weight(c, spec.in.c);
    p->scratch_bytes = convolution_scratch_bytes(kernels);
    p->backward_reads_input[0] = true;
    return ST_OK;
}

static int portion_samples(const op_plan *p, bool backward)
{
    if (p->portions == NULL) return p->in[0].n;
    return backward ? p->portions->backward : p->portions->forward;
}

// From sample `at` of the call's on.
static convolution_operands operands(const op_plan *p, const op_run *run, int at)
{
    size_t x = tensor_bytes(p->in[0], p->in_bf16[0]) / (size_t)p->in[0].n * (size_t)at,
           y = tensor_bytes(p->out, p->out_bf16) / (size_t)p->out.n * (size_t)at;
    return (convolution_operands){.x = advance_read(run->in[0], x),
                                  .dy = advance_read(run->dout, y),
                                  .weights = run->params[0],
                                  .y = advance(run->out, y),
                                  .dx = advance(run->din[0], x),
                                  .dweights = run->dparams[0],
                                  .scratch = run->scratch,
                                  .first = op_portion_of(p, run).first + at};
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    int all = op_portion_of(p, run).count, some = portion_samples(p, false);
    for (int at = 0; at < all; at += some) {
        convolution_operands o = operands(p, run, at);
        convolution_run(p->kernel, CONVOLUTION_FORWARD, &o);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    int all = op_portion_of(p, run).count, some = portion_samples(p, true);
    for (int at = 0; at < all; at += some) {
        convolution_operands o = operands(p, run, at);
        if (o.dx != NULL) convolution_run(p->kernel, CONVOLUTION_BACKWARD_DATA, &o);
        if (o.dweights != NULL) convolution_run(p->kernel, CONVOLUTION_BACKWARD_WEIGHTS, &o);
    }
}

static void release(op_plan *p)
{
    convolution_destroy(p->kernel);
    p->kernel = NULL;
}

static const struct op_portions portions = {0};

const op_type op_conv2d = {
    .name = "conv2d",
    .examples = {"{channels: 5, kernel: 3, pad: 1}", "{channels: 8, kernel: 3, stride: 2, pad: 1}",
                 "{channels: 16, kernel: 1, stride: 2, init: fan_out}"},
    .example_in = {{2, 3, 7, 6}},
    .fields = fields,
    .config_size = sizeof(conv2d_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .takes_bf16 = true,
    .portions = &portions,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .release = release,
};
