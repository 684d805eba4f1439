// models/energies/cosine.c -- the negative cosine between a prediction and its target.
//   E_i = -p_i.z_i;  p, z (b, d, 1, 1) unit vectors;  E (b, 1, 1, 1), -1 .. 1
//   dE_i/dp_i = -z_i,  dE_i/dz_i = -p_i
//   source: Chen & He 2020 (arXiv 2011.10566) eq. 1
#include "models/graph/op.h"

enum { PREDICTION, TARGET };

static status plan(const void *settings, op_plan *p)
{
    (void)settings;
    shape a = p->in[PREDICTION], b = p->in[TARGET];
    CHECK(shape_equal(a, b) && a.h * a.w == 1, ST_CONFIG,
          "cosine: expects two sets of vectors of equal shape, got %d x %d x %d x %d and %d x %d x "
          "%d x %d",
          a.n, a.c, a.h, a.w, b.n, b.c, b.h, b.w);
    p->out = (shape){a.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[PREDICTION] = p->backward_reads_input[TARGET] = true;
    return ST_OK;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t d = (size_t)p->in[PREDICTION].c;
    for (int i = 0; i < p->out.n; i++) {
        const float *a = run->in[PREDICTION] + (size_t)i * d, *b = run->in[TARGET] + (size_t)i * d;
        double sum = 0;
        for (size_t c = 0; c < d; c++)
            sum += (double)a[c] * (double)b[c];
        run->out[i] = (float)-sum;
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t d = (size_t)p->in[PREDICTION].c;
    for (int side = 0; side < 2; side++) {
        if (run->din[side] == NULL) continue;
        for (size_t i = 0; i < (size_t)p->out.n * d; i++)
            run->din[side][i] = -run->dout[i / d] * run->in[1 - side][i];
    }
}

const op_type energy_cosine = {
    .name = "cosine",
    .examples = {"{}"},
    .example_in = {{5, 6, 1, 1}, {5, 6, 1, 1}},
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
