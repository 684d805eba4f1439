// models/ops/bias.c -- one number a channel is added; for convolutions without a norm behind them.
//   y[n,c,h,w] = x[n,c,h,w] + b[c];  dx = dy,  db[c] += sum over n, h, w of dy
//   x, y (n, c, h, w) in one layout, bias (c)
#include "models/graph/op.h"

typedef struct bias_config {
    double bound;
} bias_config;

static const config_field fields[] = {
    {"bound", FIELD_REAL, offsetof(bias_config, bound), "0", 0, 1e6, NULL,
     "first values are uniform in +-bound; PyTorch's Conv2d has 1 / sqrt(fan in)"},
    {0}};

static status plan(const void *settings, op_plan *p)
{
    const bias_config *c = settings;
    p->out = p->in[0];
    p->out_block = p->in_block[0];
    p->param_count = 1;
    p->params[0] =
        (op_param){"bias", 1, {p->in[0].c}, INIT_UNIFORM, (float)c->bound, .is_norm_or_bias = true};
    if (c->bound == 0) p->params[0].init = INIT_CONSTANT;
    return ST_OK;
}

// Runs of pixels that share their channels: `runs` of them, each of `pixels` groups of `block`
// channels; run i has channels i % (c / block) * block and following.
typedef struct pixel_runs {
    size_t runs, pixels, block, per_sample;
} pixel_runs;

static pixel_runs runs_of(const op_plan *p)
{
    size_t block = (size_t)p->out_block, per_sample = (size_t)p->out.c / block;
    return (pixel_runs){(size_t)p->out.n * per_sample, (size_t)p->out.h * (size_t)p->out.w, block,
                        per_sample};
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    pixel_runs r = runs_of(p);
    const float *x = run->in[0];
    float *y = run->out;
    for (size_t i = 0; i < r.runs; i++) {
        const float *b = run->params[0] + i % r.per_sample * r.block;
        for (size_t k = 0; k < r.pixels; k++, x += r.block, y += r.block)
            for (size_t c = 0; c < r.block; c++)
                y[c] = x[c] + b[c];
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    pixel_runs r = runs_of(p);
    const float *dy = run->dout;
    for (size_t i = 0; i < r.runs && run->dparams[0] != NULL; i++) {
        float *db = run->dparams[0] + i % r.per_sample * r.block;
        for (size_t k = 0; k < r.pixels; k++, dy += r.block)
            for (size_t c = 0; c < r.block; c++)
                db[c] += dy[c];
    }
    size_t count = shape_count(p->out);
    for (size_t i = 0; i < count && run->din[0] != NULL; i++)
        run->din[0][i] = run->dout[i];
}

const op_type op_bias = {
    .name = "bias",
    .examples = {"{}", "{bound: 0.5}"},
    .example_in = {{3, 5, 3, 2}},
    .fields = fields,
    .config_size = sizeof(bias_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .in_place = true,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
