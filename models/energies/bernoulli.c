// models/energies/bernoulli.c -- the cross entropy of pixels in 0..1 under independent coins.
//   E_i = sum over pixels of  softplus(l) - y l  =  -y log s - (1 - y) log(1 - s),  s = sigmoid(l)
//   l (logits), y (n, c, h, w) in one layout; E (n, 1, 1, 1), in nats
//   dl = (s - y) dE_i,  dy = -l dE_i
//   source: Kingma & Welling 2014 (arXiv 1312.6114) app. C.1
#include "models/graph/op.h"
#include "models/kernels/logistic.h"

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape a = p->in[0], b = p->in[1];
    CHECK(shape_equal(a, b) && p->in_block[0] == p->in_block[1], ST_CONFIG,
          "bernoulli: expects logits and pixels of one shape and layout, got %d x %d x %d x %d and "
          "%d x %d x %d x %d",
          a.n, a.c, a.h, a.w, b.n, b.c, b.h, b.w);
    p->out = (shape){a.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = p->backward_reads_input[1] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->in[0]) / (size_t)p->in[0].n;
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        const float *logits = run->in[0] + n * count, *y = run->in[1] + n * count;
        double said = 0;
        for (size_t i = 0; i < count; i++)
            said += (double)(y[i] * logits[i]);
        run->out[n] = (float)(softplus_sum(logits, count) - said);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t count = shape_count(p->in[0]) / (size_t)p->in[0].n;
    for (size_t n = 0; n < (size_t)p->in[0].n; n++) {
        const float *logits = run->in[0] + n * count, *y = run->in[1] + n * count;
        float seed = run->dout[n];
        float *dl = run->din[0] != NULL ? run->din[0] + n * count : NULL;
        if (dl != NULL) logistics(dl, logits, count);
        for (size_t i = 0; dl != NULL && i < count; i++)
            dl[i] = seed * (dl[i] - y[i]);
        for (size_t i = 0; run->din[1] != NULL && i < count; i++)
            run->din[1][n * count + i] = -seed * logits[i];
    }
}

const op_type energy_bernoulli = {
    .name = "bernoulli",
    .examples = {"{}"},
    .example_in = {{3, 2, 4, 3}, {3, 2, 4, 3}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
