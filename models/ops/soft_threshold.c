// models/ops/soft_threshold.c -- the proximal step of the L1 norm, with learned thresholds.
//   signed:        y = sign(x) max(|x| - max(t_c, 0), 0)
//   non-negative:  y = max(x - t_c, 0)
//   dx = dy where y is not 0;  dt_c = -(sum over samples and pixels of sign(y) dy), 0 where t_c < 0
//   x, y (n, c, h, w); threshold (c)
//   source: Gregor & LeCun 2010 (ICML, "Learning fast approximations of sparse coding") eq. 4
#include "models/graph/op.h"

#include <math.h>

typedef struct threshold_config {
    bool non_negative;
    double initial;
} threshold_config;

static const config_field fields[] = {{"non_negative", FIELD_BOOL,
                                       offsetof(threshold_config, non_negative), "false", 0, 0,
                                       NULL, "whether negative results become 0"},
                                      {"initial", FIELD_REAL, offsetof(threshold_config, initial),
                                       "0.1", 0, 1e6, NULL, "thresholds at first"},
                                      {0}};

static status plan(const void *settings, op_plan *p)
{
    const threshold_config *c = settings;
    CHECK(p->in_block[0] == 1, ST_CONFIG, "soft_threshold: takes codes in blocks of 1, got %d",
          p->in_block[0]);
    p->out = p->in[0];
    p->out_block = 1;
    p->param_count = 1;
    p->params[0] = (op_param){.name = "threshold",
                              .rank = 1,
                              .dims = {p->in[0].c},
                              .init = INIT_CONSTANT,
                              .scale = (float)c->initial,
                              .is_norm_or_bias = true};
    p->backward_reads_output = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    bool non_negative = ((const threshold_config *)settings)->non_negative;
    size_t pixels = (size_t)p->out.h * (size_t)p->out.w, channels = (size_t)p->out.c;
    for (size_t plane = 0; plane < (size_t)p->out.n * channels; plane++) {
        float t = run->params[0][plane % channels];
        float high = non_negative || t > 0 ? t : 0.0f;
        float low = non_negative ? -INFINITY : -high;
        const float *restrict x = run->in[0] + plane * pixels;
        float *restrict y = run->out + plane * pixels;
        for (size_t i = 0; i < pixels; i++)
            y[i] = x[i] > high ? x[i] - high : x[i] < low ? x[i] - low : x[i] * 0.0f;
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    bool non_negative = ((const threshold_config *)settings)->non_negative;
    size_t pixels = (size_t)p->out.h * (size_t)p->out.w, channels = (size_t)p->out.c;
    for (size_t plane = 0; plane < (size_t)p->out.n * channels; plane++) {
        const float *restrict y = run->out + plane * pixels, *restrict dy =
                                                                 run->dout + plane * pixels;
        float sum = 0;
        for (size_t i = 0; i < pixels; i++)
            sum += y[i] > 0 ? dy[i] : y[i] < 0 ? -dy[i] : 0.0f;
        bool learns = non_negative || run->params[0][plane % channels] > 0;
        if (learns && run->dparams[0] != NULL) run->dparams[0][plane % channels] -= sum;
        if (run->din[0] == NULL) continue;
        float *restrict dx = run->din[0] + plane * pixels;
        for (size_t i = 0; i < pixels; i++)
            dx[i] = y[i] != 0 ? dy[i] : 0.0f;
    }
}

const op_type op_soft_threshold = {
    .name = "soft_threshold",
    .examples = {"{}", "{non_negative: true}"},
    .example_in = {{2, 3, 4, 3}},
    .fields = fields,
    .config_size = sizeof(threshold_config),
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
