// models/ops/pooling.c -- what max_pool and avg_pool share: their config and their shape rule.
#include "models/ops/pooling.h"

#include "models/kernels/convolution/convolution.h"

const config_field pooling_fields[] = {
    {"kernel", FIELD_INT, offsetof(pooling_config, kernel), NULL, 1, POOLING_MAX_KERNEL, NULL,
     "height and width of the window, pixels"},
    {"stride", FIELD_INT, offsetof(pooling_config, stride), NULL, 1, 255, NULL,
     "step between windows, pixels"},
    {"pad", FIELD_INT, offsetof(pooling_config, pad), "0", 0, POOLING_MAX_PAD, NULL,
     "border around the image, pixels; at most half the window"},
    {0}};

pooling_spec pooling_spec_of(const pooling_config *c, const op_plan *p)
{
    return (pooling_spec){.in = p->in[0],
                          .out = p->out,
                          .block = p->in_block[0],
                          .kernel = (int)c->kernel,
                          .stride = (int)c->stride,
                          .pad = (int)c->pad};
}

status pooling_plan(const char *name, const pooling_config *c, op_plan *p)
{
    int kernel = (int)c->kernel, stride = (int)c->stride, pad = (int)c->pad;
    shape in = p->in[0];
    CHECK(pad <= kernel / 2, ST_CONFIG,
          "%s: padding is at most half the window, got %d for a window of %d", name, pad, kernel);
    p->out = (shape){in.n, in.c, convolution_size(in.h, kernel, stride, pad),
                     convolution_size(in.w, kernel, stride, pad)};
    p->out_block = p->in_block[0];
    CHECK(p->out.h > 0 && p->out.w > 0, ST_CONFIG,
          "%s: a window of %d with padding %d does not fit into an image of %d x %d", name, kernel,
          pad, in.h, in.w);
    return ST_OK;
}
