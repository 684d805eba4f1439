// models/ops/conv_transpose2d.c -- the adjoint of a convolution: images become larger.
//   y[n,c,a,b] = sum_ouv w[o,c,u,v] x[n,o,i,j]  over i s + u - p = a, j s + v - p = b
//   x (n, o, h, w), weight (o, channels, kernel, kernel), y (n, channels, h', w')
//   h' = (h - 1) s - 2 p + kernel + extra; PyTorch's ConvTranspose2d with output_padding extra
// It is conv2d with its passes swapped (models/kernels/convolution/convolution.h): forward is that
// one's backward data, backward data its forward; weights' gradients change x and dy.
#include "models/graph/op.h"
#include "models/kernels/convolution/convolution.h"

#include <math.h>

typedef struct conv_transpose2d_config {
    int64_t channels, kernel, stride, pad, extra;
} conv_transpose2d_config;

static const config_field fields[] = {
    {"channels", FIELD_INT, offsetof(conv_transpose2d_config, channels), NULL, 1, 65536, NULL,
     "channels of the output"},
    {"kernel", FIELD_INT, offsetof(conv_transpose2d_config, kernel), NULL, 1, 255, NULL,
     "height and width of the kernel, pixels"},
    {"stride", FIELD_INT, offsetof(conv_transpose2d_config, stride), "1", 1, 255, NULL,
     "step between pixels of the input in the output, pixels"},
    {"pad", FIELD_INT, offsetof(conv_transpose2d_config, pad), "0", 0, 255, NULL,
     "pixels cut from the border of the output"},
    {"extra", FIELD_INT, offsetof(conv_transpose2d_config, extra), "0", 0, 254, NULL,
     "rows and columns added at the end, below the stride"},
    {0}};

static int size_of(const conv_transpose2d_config *c, int in)
{
    return (in - 1) * (int)c->stride - 2 * (int)c->pad + (int)(c->kernel + c->extra);
}

// The convolution whose adjoint this is: from y to x.
static status plan(const void *settings, op_plan *p)
{
    const conv_transpose2d_config *c = settings;
    shape x = p->in[0];
    shape y = {x.n, (int)c->channels, size_of(c, x.h), size_of(c, x.w)};
    CHECK(c->extra < c->stride && y.h > 0 && y.w > 0, ST_CONFIG,
          "conv_transpose2d: a kernel of %lld with stride %lld, padding %lld and %lld extra makes "
          "an image of %d x %d; extra must be below the stride",
          (long long)c->kernel, (long long)c->stride, (long long)c->pad, (long long)c->extra, y.h,
          y.w);
    convolution_spec spec = {.in = y,
                             .in_block = convolution_out_block(p->arithmetic, y.c, p->in_block[0]),
                             .out = x,
                             .out_block = p->in_block[0],
                             .kernel = (int)c->kernel,
                             .stride = (int)c->stride,
                             .pad = (int)c->pad,
                             .arithmetic = p->arithmetic,
                             .out_bf16 = p->in_bf16[0]};
    // Images of few channels are mostly the last: they stay floats.
    spec.in_bf16 = spec.in_block > 1 && convolution_stores_bf16(&spec, CONVOLUTION_BACKWARD_DATA);
    convolution *kernels = NULL;
    TRY(convolution_create(&kernels, &spec, true));
    p->kernel = kernels;
    p->out = y;
    p->out_block = spec.in_block;
    p->out_bf16 = spec.in_bf16;
    float bound = (float)(1.0 / sqrt((double)y.c * (double)(c->kernel * c->kernel)));
    p->param_count = 1;
    p->params[0] =
        (op_param){"weight", 4, {x.c, y.c, spec.kernel, spec.kernel}, INIT_UNIFORM, bound, false};
    p->scratch_bytes = convolution_scratch_bytes(kernels);
    p->backward_reads_input[0] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    convolution_operands o = {
        .dy = run->in[0], .weights = run->params[0], .dx = run->out, .scratch = run->scratch};
    convolution_run(p->kernel, CONVOLUTION_BACKWARD_DATA, &o);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    convolution_operands o = {.x = run->dout,
                              .dy = run->in[0],
                              .weights = run->params[0],
                              .y = run->din[0],
                              .dweights = run->dparams[0],
                              .scratch = run->scratch};
    if (run->din[0] != NULL) convolution_run(p->kernel, CONVOLUTION_FORWARD, &o);
    if (run->dparams[0] != NULL) convolution_run(p->kernel, CONVOLUTION_BACKWARD_WEIGHTS, &o);
}

static void release(op_plan *p)
{
    convolution_destroy(p->kernel);
}

const op_type op_conv_transpose2d = {
    .name = "conv_transpose2d",
    .examples = {"{channels: 3, kernel: 3, stride: 2, pad: 1, extra: 1}",
                 "{channels: 16, kernel: 4, stride: 2, pad: 1}", "{channels: 5, kernel: 3}"},
    .example_in = {{2, 16, 3, 4}},
    .fields = fields,
    .config_size = sizeof(conv_transpose2d_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .takes_bf16 = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .release = release,
};
