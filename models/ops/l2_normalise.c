// models/ops/l2_normalise.c -- y = x / max(|x|, eps) for each sample's vector of channels.
//   x, y (n, c, 1, 1);  dx = (dy - y (y.dy)) / |x|, and dy / eps where |x| < eps
//   eps 1e-12 as PyTorch's F.normalize
#include "models/graph/op.h"

#include <math.h>

#define EPS 1e-12

// saved: 1 / max(|x|, eps) of each sample (n)
static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape x = p->in[0];
    CHECK(x.h == 1 && x.w == 1, ST_CONFIG,
          "l2_normalise: expects vectors (n, c, 1, 1), got %d x %d x %d x %d", x.n, x.c, x.h, x.w);
    p->out = x;
    p->out_block = p->in_block[0];
    p->backward_reads_output = true;
    if (p->backward) p->saved_bytes = (size_t)x.n * sizeof(float);
    return ST_OK;
}

static double dot(const float *a, const float *b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    int channels = p->in[0].c;
    float *inverses = run->saved;
    for (int i = 0; i < p->in[0].n; i++) {
        const float *restrict x = run->in[0] + (size_t)i * (size_t)channels;
        float *restrict y = run->out + (size_t)i * (size_t)channels;
        float inverse = (float)(1.0 / fmax(sqrt(dot(x, x, channels)), EPS));
        for (int c = 0; c < channels; c++)
            y[c] = inverse * x[c];
        if (p->backward) inverses[i] = inverse;
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (run->din[0] == NULL) return;
    int channels = p->in[0].c;
    const float *inverses = run->saved;
    for (int i = 0; i < p->in[0].n; i++) {
        size_t first = (size_t)i * (size_t)channels;
        const float *restrict y = run->out + first, *restrict dy = run->dout + first;
        float *restrict dx = run->din[0] + first;
        bool clamped = inverses[i] >= (float)(1.0 / EPS);
        float along = clamped ? 0.0f : (float)dot(y, dy, channels);
        for (int c = 0; c < channels; c++)
            dx[c] = inverses[i] * (dy[c] - along * y[c]);
    }
}

const op_type op_l2_normalise = {
    .name = "l2_normalise",
    .examples = {"{}"},
    .example_in = {{4, 7, 1, 1}},
    .min_inputs = 1,
    .max_inputs = 1,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
