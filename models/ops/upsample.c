// models/ops/upsample.c -- each pixel becomes a square of `factor` x `factor` pixels.
//   y[n,c,i,j] = x[n,c, i / factor, j / factor];  dx: the sum of dy over the square
//   x (n, c, h, w), y (n, c, factor h, factor w), in x's layout
#include "models/graph/op.h"

#include <string.h>

typedef struct upsample_config {
    int64_t factor;
} upsample_config;

static const config_field fields[] = {{"factor", FIELD_INT, offsetof(upsample_config, factor), "2",
                                       1, 64, NULL, "side of the square, pixels"},
                                      {0}};

static size_t factor_of(const void *settings)
{
    return (size_t)((const upsample_config *)settings)->factor;
}

static status plan(const void *settings, op_plan *p)
{
    int factor = (int)factor_of(settings);
    p->out = p->in[0];
    p->out.h *= factor;
    p->out.w *= factor;
    p->out_block = p->in_block[0];
    return ST_OK;
}

// Adds or copies: for each block of channels of each sample, pixel (i, j) of the large image meets
// pixel (i / factor, j / factor) of the small one.
static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    size_t factor = factor_of(settings), block = (size_t)p->in_block[0];
    size_t height = (size_t)p->out.h, width = (size_t)p->out.w, small = width / factor;
    size_t images = (size_t)p->in[0].n * (size_t)p->in[0].c / block;
    for (size_t row = 0; row < images * height; row++) {
        size_t image = row / height, from_row = image * (height / factor) + row % height / factor;
        for (size_t j = 0; j < width; j++)
            memcpy(run->out + (row * width + j) * block,
                   run->in[0] + (from_row * small + j / factor) * block, block * sizeof(float));
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    if (run->din[0] == NULL) return;
    size_t factor = factor_of(settings), block = (size_t)p->in_block[0];
    size_t height = (size_t)p->out.h, width = (size_t)p->out.w, small = width / factor;
    size_t images = (size_t)p->in[0].n * (size_t)p->in[0].c / block;
    memset(run->din[0], 0, shape_count(p->in[0]) * sizeof(float));
    for (size_t row = 0; row < images * height; row++) {
        size_t image = row / height, to_row = image * (height / factor) + row % height / factor;
        for (size_t j = 0; j < width; j++)
            for (size_t c = 0; c < block; c++)
                run->din[0][(to_row * small + j / factor) * block + c] +=
                    run->dout[(row * width + j) * block + c];
    }
}

const op_type op_upsample = {
    .name = "upsample",
    .examples = {"{}", "{factor: 3}"},
    .example_in = {{2, 16, 2, 3}},
    .fields = fields,
    .config_size = sizeof(upsample_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
