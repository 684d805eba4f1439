// models/ops/smooth_shrink.c -- a shrinkage without corners, of learned width and sharpness.
//   y = sign(x) (log(e^{beta b} + e^{beta |x|} - 1) / beta - b)
//   beta = e^{log_beta_c} and b = e^{log_b_c} of each channel; beta -> infinity: soft threshold b
//   with D = e^{beta b} + e^{beta |x|} - 1:
//   dy/d|x| = e^{beta |x|} / D;  dy/db = e^{beta b} / D - 1;
//   dy/dbeta = (b e^{beta b} + |x| e^{beta |x|}) / (beta D) - log(D) / beta^2
//   x, y (n, c, h, w); log_beta, log_b (c)
//   source: Kavukcuoglu et al. 2010 (NIPS, "Learning convolutional feature hierarchies") eq. 5
#include "models/graph/op.h"

#include <math.h>

enum { LOG_BETA, LOG_B };

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    CHECK(p->in_block[0] == 1, ST_CONFIG, "smooth_shrink: takes codes in blocks of 1, got %d",
          p->in_block[0]);
    int channels = p->in[0].c;
    p->out = p->in[0];
    p->out_block = 1;
    p->param_count = 2;
    p->params[LOG_BETA] = (op_param){"log_beta", 1, {channels}, INIT_CONSTANT, 2.3f, true};
    p->params[LOG_B] = (op_param){"log_b", 1, {channels}, INIT_CONSTANT, -2.3f, true};
    p->backward_reads_input[0] = true;
    return ST_OK;
}

// One value and its derivatives by |x|, b and beta; the sign is the caller's.
typedef struct shrunk {
    float y, by_x, by_b, by_beta;
} shrunk;

// All powers are of e^{. - most}, so that none overflows.
static shrunk shrink(float magnitude, float beta, float b)
{
    float by = beta * b, bx = beta * magnitude, most = by > bx ? by : bx;
    float eb = expf(by - most), ex = expf(bx - most);
    float sum = eb + ex - expf(-most), logarithm = most + logf(sum);
    return (shrunk){.y = logarithm / beta - b,
                    .by_x = ex / sum,
                    .by_b = eb / sum - 1.0f,
                    .by_beta = ((b * eb + magnitude * ex) / sum - logarithm / beta) / beta};
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t pixels = (size_t)p->out.h * (size_t)p->out.w, channels = (size_t)p->out.c;
    for (size_t plane = 0; plane < (size_t)p->out.n * channels; plane++) {
        float beta = expf(run->params[LOG_BETA][plane % channels]);
        float b = expf(run->params[LOG_B][plane % channels]);
        for (size_t i = plane * pixels; i < (plane + 1) * pixels; i++)
            run->out[i] = copysignf(shrink(fabsf(run->in[0][i]), beta, b).y, run->in[0][i]);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t pixels = (size_t)p->out.h * (size_t)p->out.w, channels = (size_t)p->out.c;
    for (size_t plane = 0; plane < (size_t)p->out.n * channels; plane++) {
        float beta = expf(run->params[LOG_BETA][plane % channels]);
        float b = expf(run->params[LOG_B][plane % channels]);
        float by_beta = 0, by_b = 0;
        for (size_t i = plane * pixels; i < (plane + 1) * pixels; i++) {
            shrunk s = shrink(fabsf(run->in[0][i]), beta, b);
            float towards = run->in[0][i] < 0 ? -run->dout[i] : run->dout[i];
            by_beta += towards * s.by_beta;
            by_b += towards * s.by_b;
            if (run->din[0] != NULL) run->din[0][i] = run->dout[i] * s.by_x;
        }
        if (run->dparams[LOG_BETA] == NULL) continue;
        run->dparams[LOG_BETA][plane % channels] += by_beta * beta;
        run->dparams[LOG_B][plane % channels] += by_b * b;
    }
}

const op_type op_smooth_shrink = {
    .name = "smooth_shrink",
    .examples = {"{}"},
    .example_in = {{2, 3, 4, 3}},
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
