// models/ops/reshape.c -- the numbers of a sample as an image of another shape.
//   x (n, c, h, w), y (n, channels, height, width), both in block 1, of equally many numbers
#include "models/graph/op.h"

#include <string.h>

typedef struct reshape_config {
    int64_t channels, height, width;
} reshape_config;

static const config_field fields[] = {
    {"channels", FIELD_INT, offsetof(reshape_config, channels), NULL, 1, 1 << 30, NULL, "of y"},
    {"height", FIELD_INT, offsetof(reshape_config, height), "1", 1, 1 << 30, NULL, "of y, pixels"},
    {"width", FIELD_INT, offsetof(reshape_config, width), "1", 1, 1 << 30, NULL, "of y, pixels"},
    {0}};

static status plan(const void *settings, op_plan *p)
{
    const reshape_config *c = settings;
    shape x = p->in[0];
    CHECK(p->in_block[0] == 1 || x.h * x.w == 1, ST_CONFIG,
          "reshape: expects its input in block 1; put a reorder before it");
    CHECK(shape_count(x) == (size_t)x.n * (size_t)(c->channels * c->height * c->width), ST_CONFIG,
          "reshape: %d x %d x %d numbers of a sample are not %lld x %lld x %lld", x.c, x.h, x.w,
          (long long)c->channels, (long long)c->height, (long long)c->width);
    p->out = (shape){x.n, (int)c->channels, (int)c->height, (int)c->width};
    p->out_block = 1;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    memcpy(run->out, run->in[0], shape_count(p->out) * sizeof(float));
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] != NULL) memcpy(run->din[0], run->dout, shape_count(p->out) * sizeof(float));
}

const op_type op_reshape = {
    .name = "reshape",
    .examples = {"{channels: 12}", "{channels: 2, height: 2, width: 3}"},
    .example_in = {{2, 3, 2, 2}},
    .fields = fields,
    .config_size = sizeof(reshape_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
