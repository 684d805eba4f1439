// models/ops/batch_norm.c -- batch normalisation, with residual and ReLU in the same pass.
//   y = act(weight (x - mean) / sqrt(var + eps) + bias [+ r])
//   x, r, y (n, c, h, w) in one layout; weight, bias, mean, var (c); act = none or ReLU
//   affine: false leaves out weight and bias (1 and 0)
//   mean and biased var over the n h w values of a channel of one worker's batch (training), or
//   the running statistics; batch statistics are the mean and the unbiased var, as PyTorch's
//   dr = dy where y > 0 (ReLU);  u = (x - mean) / sqrt(var + eps);  N = n h w
//   dbias = sum dr;  dweight = sum dr u;  dx = weight / sqrt(var + eps) (dr - dbias/N - u dweight/N)
//   source: Ioffe & Szegedy 2015 (arXiv 1502.03167) algorithm 1
//
// One group of channels (a block) is done after the other, all samples of it, so that the second
// pass over the group finds it in the cache where it fits.
#include "models/ops/channel_slabs.h"

#include <math.h>
#include <string.h>

typedef struct batch_norm_config {
    char activation[CONFIG_TEXT_SIZE];
    double eps;
    bool affine;
} batch_norm_config;

static const config_field fields[] = {
    {"activation", FIELD_TEXT, offsetof(batch_norm_config, activation), "none", 0, 0, "none|relu",
     "applied to the result (after the residual)"},
    {"eps", FIELD_REAL, offsetof(batch_norm_config, eps), "1e-5", 1e-12, 1, NULL,
     "added to the variance"},
    {"affine", FIELD_BOOL, offsetof(batch_norm_config, affine), "true", 0, 0, NULL,
     "with a scale and shift to learn"},
    {0},
};

enum { WEIGHT, BIAS };
enum { MEAN, VARIANCE };

// The channels of one group.
typedef struct group_constants {
    float mean[LANES];
    float inverse[LANES]; // 1 / sqrt(var + eps)
} group_constants;

static bool has_relu(const void *settings)
{
    return ((const batch_norm_config *)settings)->activation[0] == 'r';
}

// saved: mean, then 1 / sqrt(var + eps) of each channel (2, c)
static status plan(const void *settings, op_plan *p)
{
    shape x = p->in[0];
    for (int i = 1; i < p->input_count; i++)
        CHECK(shape_equal(p->in[i], x) && p->in_block[i] == p->in_block[0], ST_CONFIG,
              "batch_norm: expects a residual of the input's shape and layout, got %d x %d x %d x "
              "%d in blocks of %d for %d x %d x %d x %d in blocks of %d",
              p->in[i].n, p->in[i].c, p->in[i].h, p->in[i].w, p->in_block[i], x.n, x.c, x.h, x.w,
              p->in_block[0]);
    CHECK(!p->backward || x.n * x.h * x.w > 1, ST_CONFIG,
          "batch_norm: expects more than one value a channel to train on, got %d x %d x %d x %d; "
          "use a larger batch a worker",
          x.n, x.c, x.h, x.w);
    p->out = x;
    p->out_block = p->in_block[0];
    if (((const batch_norm_config *)settings)->affine) {
        p->param_count = 2;
        p->params[WEIGHT] = (op_param){"weight", 1, {x.c}, INIT_CONSTANT, 1.0f, true};
        p->params[BIAS] = (op_param){"bias", 1, {x.c}, INIT_CONSTANT, 0.0f, true};
    }
    p->statistic_count = 2;
    p->statistics[MEAN] = (op_param){"running_mean", 1, {x.c}, INIT_CONSTANT, 0.0f, false};
    p->statistics[VARIANCE] = (op_param){"running_var", 1, {x.c}, INIT_CONSTANT, 1.0f, false};
    if (p->backward) p->saved_bytes = 2 * (size_t)x.c * sizeof(float);
    p->backward_reads_input[0] = true;
    p->backward_reads_output = has_relu(settings);
    return ST_OK;
}

// Mean and variance of a group's channels by sums of x - shift. The shift is the mean of the first
// sample's slab: its distance from the mean is at most sqrt(samples) deviations, so the variance
// loses no digits that matter however large the mean is.
static void measure(const slabs *s, const float *x, int group, double *means, double *variances)
{
    lanes shift = {0};
    double first[LANES] = {0}, sums[LANES] = {0}, squares[LANES] = {0};
    float shifts[LANES];
    slab_sum(x + slab_at(s, 0, group), s->slab, &shift, first, squares);
    for (int c = 0; c < s->block; c++)
        shifts[c] = (float)(gather(first, s->block, c) * s->samples / s->count);
    spread(shifts, s->block, &shift);
    memset(squares, 0, sizeof squares);
    for (int n = 0; n < s->samples; n++)
        slab_sum(x + slab_at(s, n, group), s->slab, &shift, sums, squares);
    for (int c = 0; c < s->block; c++) {
        double mean = gather(sums, s->block, c) / s->count;
        means[c] = (double)shifts[c] + mean;
        variances[c] = fmax(gather(squares, s->block, c) / s->count - mean * mean, 0.0);
    }
}

// The constants of a group by its batch; writes the batch statistics where they are wanted.
static void measure_group(const slabs *s, double eps, const op_run *run, int group,
                          group_constants *k)
{
    double means[LANES], variances[LANES];
    measure(s, run->in[0], group, means, variances);
    size_t first = first_channel(s, group);
    for (int c = 0; c < s->block; c++) {
        k->mean[c] = (float)means[c];
        k->inverse[c] = (float)(1.0 / sqrt(variances[c] + eps));
        if (run->batch_statistics[MEAN] != NULL)
            run->batch_statistics[MEAN][first + (size_t)c] = (float)means[c];
        if (run->batch_statistics[VARIANCE] != NULL)
            run->batch_statistics[VARIANCE][first + (size_t)c] =
                (float)(variances[c] * s->count / fmax(s->count - 1.0, 1.0));
    }
}

// The constants of a group by the running statistics.
static void recall_group(const slabs *s, double eps, const op_run *run, int group,
                         group_constants *k)
{
    size_t first = first_channel(s, group);
    for (int c = 0; c < s->block; c++) {
        double variance = (double)run->statistics[VARIANCE][first + (size_t)c];
        k->mean[c] = run->statistics[MEAN][first + (size_t)c];
        k->inverse[c] = (float)(1.0 / sqrt(variance + eps));
    }
}

// Without parameters the weight of each channel is 1 and the bias 0.
static float weight_of(const op_run *run, size_t channel)
{
    return run->params[WEIGHT] != NULL ? run->params[WEIGHT][channel] : 1.0f;
}

static void normalise_group(const slabs *s, const op_run *run, int group, const group_constants *k,
                            bool relu)
{
    lanes constants[3] = {0};
    float scale[LANES];
    size_t first = first_channel(s, group);
    for (int c = 0; c < s->block; c++)
        scale[c] = weight_of(run, first + (size_t)c) * k->inverse[c];
    spread(k->mean, s->block, &constants[0]);
    spread(scale, s->block, &constants[1]);
    if (run->params[BIAS] != NULL) spread(run->params[BIAS] + first, s->block, &constants[2]);
    for (int n = 0; n < s->samples; n++) {
        size_t at = slab_at(s, n, group);
        const float *residual = run->in[1] != NULL ? run->in[1] + at : NULL;
        slab_normalise(run->in[0] + at, residual, run->out + at, s->slab, constants, relu);
    }
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    double eps = ((const batch_norm_config *)settings)->eps;
    float *saved = run->saved;
    for (int group = 0; group < s.groups; group++) {
        group_constants k;
        if (run->training)
            measure_group(&s, eps, run, group, &k);
        else
            recall_group(&s, eps, run, group, &k);
        normalise_group(&s, run, group, &k, has_relu(settings));
        if (!p->backward) continue;
        float *to = saved + first_channel(&s, group);
        memcpy(to, k.mean, (size_t)s.block * sizeof *to);
        memcpy(to + p->in[0].c, k.inverse, (size_t)s.block * sizeof *to);
    }
}

// Adds the group's dweight and dbias, and gives the constants of slab_differentiate.
static void reduce_group(const slabs *s, const op_plan *p, const op_run *run, int group, bool relu,
                         lanes constants[4])
{
    size_t first = first_channel(s, group);
    const float *means = (const float *)run->saved + first, *inverses = means + p->in[0].c;
    double sums[LANES] = {0}, products[LANES] = {0};
    spread(means, s->block, &constants[0]);
    for (int n = 0; n < s->samples; n++) {
        size_t at = slab_at(s, n, group);
        slab_reduce(run->in[0] + at, relu ? run->out + at : NULL, run->dout + at, s->slab,
                    &constants[0], sums, products);
    }
    float factors[3][LANES];
    for (int c = 0; c < s->block; c++) {
        double inverse = (double)inverses[c];
        double dbias = gather(sums, s->block, c);
        double dweight = gather(products, s->block, c) * inverse;
        double scale = (double)weight_of(run, first + (size_t)c) * inverse;
        if (run->dparams[WEIGHT] != NULL) run->dparams[WEIGHT][first + (size_t)c] += (float)dweight;
        if (run->dparams[BIAS] != NULL) run->dparams[BIAS][first + (size_t)c] += (float)dbias;
        factors[0][c] = (float)scale;
        factors[1][c] = (float)(-scale * dbias / s->count);
        factors[2][c] = (float)(-scale * dweight * inverse / s->count);
    }
    for (int i = 0; i < 3; i++)
        spread(factors[i], s->block, &constants[1 + i]);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    bool relu = has_relu(settings);
    for (int group = 0; group < s.groups; group++) {
        lanes constants[4];
        reduce_group(&s, p, run, group, relu, constants);
        if (run->din[0] == NULL && run->din[1] == NULL) continue;
        for (int n = 0; n < s.samples; n++) {
            size_t at = slab_at(&s, n, group);
            slab_differentiate(run->in[0] + at, relu ? run->out + at : NULL, run->dout + at, s.slab,
                               constants, run->din[0] != NULL ? run->din[0] + at : NULL,
                               run->din[1] != NULL ? run->din[1] + at : NULL);
        }
    }
}

const op_type op_batch_norm = {
    .name = "batch_norm",
    .examples = {"{}", "{activation: relu}", "{activation: relu, eps: 1e-3}",
                 "{activation: relu, affine: false}"},
    .example_in = {{3, 2, 5, 5}, {3, 2, 5, 5}},
    .fields = fields,
    .config_size = sizeof(batch_norm_config),
    .min_inputs = 1,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
