// models/energies/gaussian_kl.c -- how far a code's Gaussian is from the standard normal.
//   E_i = -1/2 sum_j (1 + v_ij - m_ij^2 - exp v_ij);  m: means, v: log variances (n, d, 1, 1)
//   dm = m dE_i,  dv = 1/2 (exp v - 1) dE_i;  E (n, 1, 1, 1), in nats
//   source: Kingma & Welling 2014 (arXiv 1312.6114) app. B
#include "models/graph/op.h"

#include <math.h>

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape m = p->in[0], v = p->in[1];
    CHECK(
        shape_equal(m, v) && m.h * m.w == 1, ST_CONFIG,
        "gaussian_kl: expects means and log variances, vectors of one size, got %d x %d x %d x %d "
        "and %d x %d x %d x %d",
        m.n, m.c, m.h, m.w, v.n, v.c, v.h, v.w);
    p->out = (shape){m.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = p->backward_reads_input[1] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t d = (size_t)p->in[0].c;
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        const float *m = run->in[0] + n * d, *v = run->in[1] + n * d;
        double sum = 0;
        for (size_t j = 0; j < d; j++)
            sum += (double)(m[j] * m[j] + expf(v[j]) - 1.0f - v[j]);
        run->out[n] = (float)(sum / 2);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t d = (size_t)p->in[0].c;
    for (size_t n = 0; n < (size_t)p->in[0].n; n++)
        for (size_t j = 0; j < d; j++) {
            size_t at = n * d + j;
            if (run->din[0] != NULL) run->din[0][at] = run->dout[n] * run->in[0][at];
            if (run->din[1] != NULL)
                run->din[1][at] = 0.5f * run->dout[n] * (expf(run->in[1][at]) - 1.0f);
        }
}

const op_type energy_gaussian_kl = {
    .name = "gaussian_kl",
    .examples = {"{}"},
    .example_in = {{3, 5, 1, 1}, {3, 5, 1, 1}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
