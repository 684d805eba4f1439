// models/ops/global_pool.c -- the mean over all pixels of each channel.
//   y[n,c] = sum_hw x[n,c,h,w] / (h w);  dx[n,c,h,w] = dy[n,c] / (h w)
//   x (n, c, h, w) in any block, y (n, c, 1, 1)
#include "models/graph/op.h"

#include <string.h>

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    p->out = (shape){p->in[0].n, p->in[0].c, 1, 1};
    p->out_block = 1; // without pixels all blocks are the same memory
    return ST_OK;
}

static size_t pixel_count(const op_plan *p)
{
    return (size_t)p->in[0].h * (size_t)p->in[0].w;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t block = (size_t)p->in_block[0], pixels = pixel_count(p), count = shape_count(p->out);
    float share = 1.0f / (float)pixels;
    const float *x = run->in[0];
    for (float *y = run->out; y < run->out + count; y += block) {
        memset(y, 0, block * sizeof *y);
        for (size_t i = 0; i < pixels; i++, x += block)
            for (size_t b = 0; b < block; b++)
                y[b] += x[b];
        for (size_t b = 0; b < block; b++)
            y[b] *= share;
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] == NULL) return;
    size_t block = (size_t)p->in_block[0], pixels = pixel_count(p), count = shape_count(p->out);
    float share = 1.0f / (float)pixels;
    float *dx = run->din[0];
    for (const float *dy = run->dout; dy < run->dout + count; dy += block)
        for (size_t i = 0; i < pixels; i++, dx += block)
            for (size_t b = 0; b < block; b++)
                dx[b] = share * dy[b];
}

const op_type op_global_pool = {
    .name = "global_pool",
    .examples = {"{}"},
    .example_in = {{3, 5, 4, 3}},
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
