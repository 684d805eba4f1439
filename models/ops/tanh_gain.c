// models/ops/tanh_gain.c -- y = g_c tanh(x + b_c): the encoder's nonlinearity of the first
// predictive sparse decomposition.
//   dx = dy g (1 - tanh^2);  dg_c = sum of dy tanh(x + b);  db_c = sum of dx
//   x, y (n, c, h, w); gain, bias (c)
//   source: Kavukcuoglu, Ranzato & LeCun 2008 (arXiv 1010.3467) eq. 5
#include "models/graph/op.h"

#include <math.h>

enum { GAIN, BIAS };

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    CHECK(p->in_block[0] == 1, ST_CONFIG, "tanh_gain: takes codes in blocks of 1, got %d",
          p->in_block[0]);
    int channels = p->in[0].c;
    p->out = p->in[0];
    p->out_block = 1;
    p->param_count = 2;
    p->params[GAIN] = (op_param){"gain", 1, {channels}, INIT_CONSTANT, 1, true};
    p->params[BIAS] = (op_param){"bias", 1, {channels}, INIT_CONSTANT, 0, true};
    p->saved_bytes = p->backward ? shape_count(p->out) * sizeof(float) : 0;
    return ST_OK;
}

// saved: tanh(x + b)
static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t pixels = (size_t)p->out.h * (size_t)p->out.w, channels = (size_t)p->out.c;
    float *saved = p->backward ? run->saved : NULL;
    for (size_t plane = 0; plane < (size_t)p->out.n * channels; plane++)
        for (size_t i = plane * pixels; i < (plane + 1) * pixels; i++) {
            float t = tanhf(run->in[0][i] + run->params[BIAS][plane % channels]);
            if (saved != NULL) saved[i] = t;
            run->out[i] = run->params[GAIN][plane % channels] * t;
        }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t pixels = (size_t)p->out.h * (size_t)p->out.w, channels = (size_t)p->out.c;
    const float *saved = run->saved;
    for (size_t plane = 0; plane < (size_t)p->out.n * channels; plane++) {
        float gain = run->params[GAIN][plane % channels], by_gain = 0, by_bias = 0;
        for (size_t i = plane * pixels; i < (plane + 1) * pixels; i++) {
            float slope = run->dout[i] * gain * (1.0f - saved[i] * saved[i]);
            by_gain += run->dout[i] * saved[i];
            by_bias += slope;
            if (run->din[0] != NULL) run->din[0][i] = slope;
        }
        if (run->dparams[GAIN] == NULL) continue;
        run->dparams[GAIN][plane % channels] += by_gain;
        run->dparams[BIAS][plane % channels] += by_bias;
    }
}

const op_type op_tanh_gain = {
    .name = "tanh_gain",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 3}},
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
