// models/ops/group_norm.c -- normalisation of each sample by itself, with residual and ReLU in the
// same pass.
//   y = act(weight (x - mean) / sqrt(var + eps) + bias [+ r])
//   x, r, y (n, c, h, w) in one layout; weight, bias (c); act = none or ReLU
//   mean and biased var over the N = c/G h w values of one of G sets of channels in a sample
//   dr = dy where y > 0 (ReLU);  u = (x - mean) / sqrt(var + eps);  sums over the set's values
//   dx = (weight dr - sum(weight dr)/N - u sum(weight dr u)/N) / sqrt(var + eps)
//   source: Wu & He 2018 (arXiv 1803.08494) eq. 7
// No statistics of other samples: training and evaluation are the same.
#include "models/ops/channel_slabs.h"

#include <math.h>
#include <string.h>

typedef struct group_norm_config {
    int activation; // of NORM_ACTIVATIONS
    double eps;
    int64_t groups;
} group_norm_config;

static const config_field fields[] = {
    {"activation", FIELD_CHOICE, offsetof(group_norm_config, activation), "none", 0, 0,
     NORM_ACTIVATIONS, "applied to the result (after the residual)"},
    {"eps", FIELD_REAL, offsetof(group_norm_config, eps), "1e-5", 1e-12, 1, NULL,
     "added to the variance"},
    {"groups", FIELD_INT, offsetof(group_norm_config, groups), "32", 1, 65536, NULL,
     "sets of channels at most; fewer where they do not divide or would be single channels"},
    {0},
};

enum { WEIGHT, BIAS };

static bool has_relu(const void *settings)
{
    return ((const group_norm_config *)settings)->activation == NORM_RELU;
}

// Channels of one set: the smallest divisor of c, from 2 up, that gives no more than `groups` sets.
static int set_channels(const void *settings, const op_plan *p)
{
    int64_t groups = ((const group_norm_config *)settings)->groups;
    int channels = p->in[0].c;
    for (int size = 2; size < channels; size++)
        if (channels % size == 0 && channels / size <= groups) return size;
    return channels;
}

// saved: mean, then 1 / sqrt(var + eps) of each channel of each sample (2, n, c)
// scratch: two floats or doubles of each channel of one sample
static status plan(const void *settings, op_plan *p)
{
    shape x = p->in[0];
    for (int i = 1; i < p->input_count; i++)
        CHECK(shape_equal(p->in[i], x) && p->in_block[i] == p->in_block[0], ST_CONFIG,
              "group_norm: expects a residual of the input's shape and layout, got %d x %d x %d x "
              "%d in blocks of %d for %d x %d x %d x %d in blocks of %d",
              p->in[i].n, p->in[i].c, p->in[i].h, p->in[i].w, p->in_block[i], x.n, x.c, x.h, x.w,
              p->in_block[0]);
    p->out = x;
    p->out_block = p->in_block[0];
    p->param_count = 2;
    p->params[WEIGHT] = (op_param){"weight", 1, {x.c}, INIT_CONSTANT, 1.0f, true};
    p->params[BIAS] = (op_param){"bias", 1, {x.c}, INIT_CONSTANT, 0.0f, true};
    size_t constants = 2 * (size_t)x.n * (size_t)x.c * sizeof(float);
    p->saved_bytes = p->backward ? constants : 0;
    p->scratch_bytes = 2 * (size_t)x.c * sizeof(double) + (p->backward ? 0 : constants);
    p->backward_reads_input[0] = true;
    p->backward_reads_output = has_relu(settings);
    return ST_OK;
}

// Each channel's sum of x - shift of its set (and of the square) in one sample.
static void sum_channels(const slabs *s, const float *x, int sample, const float *shifts,
                         double *sums, double *squares)
{
    for (int group = 0; group < s->groups; group++) {
        size_t first = first_channel(s, group);
        double lane_sums[LANES] = {0}, lane_squares[LANES] = {0};
        float shift[LANES];
        spread(shifts + first, s->block, shift);
        slab part = {.count = s->slab, .x = x + slab_at(s, sample, group)};
        slab_sum(&part, shift, lane_sums, lane_squares);
        for (int c = 0; c < s->block; c++) {
            sums[first + (size_t)c] = gather(lane_sums, s->block, c);
            squares[first + (size_t)c] = gather(lane_squares, s->block, c);
        }
    }
}

// Over the set of `size` channels that holds `channel`.
static double sum_set(const double *values, int channel, int size)
{
    double sum = 0;
    int first = channel - channel % size;
    for (int c = first; c < first + size; c++)
        sum += values[c];
    return sum;
}

// Mean and 1 / sqrt(var + eps) of a sample's sets, at each of their channels. Sums of squares are
// of distances from a mean found before, so a large mean costs no digits.
static void measure_sample(const void *settings, const op_plan *p, const op_run *run, int sample,
                           float *means, float *inverses)
{
    slabs s = slabs_of(p);
    int channels = p->in[0].c, size = set_channels(settings, p);
    double *sums = run->scratch, *squares = sums + channels;
    double count = s.count / s.samples * size;
    memset(means, 0, (size_t)channels * sizeof *means);
    sum_channels(&s, run->in[0], sample, means, sums, squares);
    for (int c = 0; c < channels; c++)
        means[c] = (float)(sum_set(sums, c, size) / count);
    sum_channels(&s, run->in[0], sample, means, sums, squares);
    for (int first = 0; first < channels; first += size) {
        double rest = sum_set(sums, first, size) / count;
        double variance = fmax(sum_set(squares, first, size) / count - rest * rest, 0.0);
        float inverse = (float)(1 / sqrt(variance + ((const group_norm_config *)settings)->eps));
        for (int c = first; c < first + size; c++)
            inverses[c] = inverse;
    }
}

static void normalise_sample(const slabs *s, const op_run *run, int sample, const float *means,
                             const float *inverses, bool relu)
{
    for (int group = 0; group < s->groups; group++) {
        size_t first = first_channel(s, group), at = slab_at(s, sample, group);
        slab_constants constants;
        float scale[LANES];
        for (int c = 0; c < s->block; c++)
            scale[c] = run->params[WEIGHT][first + (size_t)c] * inverses[first + (size_t)c];
        spread(means + first, s->block, constants.mean);
        spread(scale, s->block, constants.scale);
        spread(run->params[BIAS] + first, s->block, constants.bias);
        slab part = {.count = s->slab,
                     .relu = relu,
                     .x = run->in[0] + at,
                     .residual = run->in[1] != NULL ? run->in[1] + at : NULL,
                     .y = run->out + at};
        slab_normalise(&part, &constants);
    }
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    size_t channels = (size_t)p->in[0].c;
    float *constants = p->backward ? run->saved : (float *)((double *)run->scratch + 2 * channels);
    for (int n = 0; n < s.samples; n++) {
        float *means = constants + (size_t)n * channels;
        float *inverses = means + (size_t)s.samples * channels;
        measure_sample(settings, p, run, n, means, inverses);
        normalise_sample(&s, run, n, means, inverses, has_relu(settings));
    }
}

// Adds a sample's dweight and dbias; scratch: weight sum(dr), then weight sum(dr u) of each
// channel.
static void reduce_sample(const slabs *s, const op_run *run, int sample, bool relu,
                          const float *means, const float *inverses)
{
    double *pulls = run->scratch, *turns = pulls + (size_t)s->groups * (size_t)s->block;
    for (int group = 0; group < s->groups; group++) {
        size_t first = first_channel(s, group), at = slab_at(s, sample, group);
        double sums[LANES] = {0}, products[LANES] = {0};
        slab_constants constants = {.scale = {0}}; // scale and bias are not needed beside y
        spread(means + first, s->block, constants.mean);
        slab part = {.count = s->slab,
                     .relu = relu,
                     .x = run->in[0] + at,
                     .activity = run->out + at,
                     .dy = run->dout + at};
        slab_reduce(&part, &constants, sums, products);
        for (int c = 0; c < s->block; c++) {
            size_t k = first + (size_t)c;
            double dbias = gather(sums, s->block, c);
            double dweight = gather(products, s->block, c) * (double)inverses[k];
            if (run->dparams[WEIGHT] != NULL) run->dparams[WEIGHT][k] += (float)dweight;
            if (run->dparams[BIAS] != NULL) run->dparams[BIAS][k] += (float)dbias;
            pulls[k] = (double)run->params[WEIGHT][k] * dbias;
            turns[k] = (double)run->params[WEIGHT][k] * dweight;
        }
    }
}

static void differentiate_sample(const slabs *s, const op_run *run, int sample, bool relu,
                                 const float *means, const float *inverses, int size)
{
    const double *pulls = run->scratch, *turns = pulls + (size_t)s->groups * (size_t)s->block;
    double count = s->count / s->samples * size;
    for (int group = 0; group < s->groups; group++) {
        size_t first = first_channel(s, group), at = slab_at(s, sample, group);
        slab_constants constants = {.bias = {0}};
        float factors[3][LANES];
        for (int c = 0; c < s->block; c++) {
            int k = (int)first + c;
            double inverse = (double)inverses[k];
            factors[0][c] = (float)((double)run->params[WEIGHT][k] * inverse);
            factors[1][c] = (float)(-inverse * sum_set(pulls, k, size) / count);
            factors[2][c] = (float)(-inverse * inverse * sum_set(turns, k, size) / count);
        }
        spread(means + first, s->block, constants.mean);
        spread(factors[0], s->block, constants.scale);
        spread(factors[1], s->block, constants.b);
        spread(factors[2], s->block, constants.c);
        slab part = {.count = s->slab,
                     .relu = relu,
                     .x = run->in[0] + at,
                     .activity = run->out + at,
                     .dy = run->dout + at,
                     .dx = run->din[0] != NULL ? run->din[0] + at : NULL,
                     .dr = run->din[1] != NULL ? run->din[1] + at : NULL};
        slab_differentiate(&part, &constants);
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    size_t channels = (size_t)p->in[0].c;
    bool relu = has_relu(settings);
    for (int n = 0; n < s.samples; n++) {
        const float *means = (const float *)run->saved + (size_t)n * channels;
        const float *inverses = means + (size_t)s.samples * channels;
        reduce_sample(&s, run, n, relu, means, inverses);
        if (run->din[0] == NULL && run->din[1] == NULL) continue;
        differentiate_sample(&s, run, n, relu, means, inverses, set_channels(settings, p));
    }
}

const op_type op_group_norm = {
    .name = "group_norm",
    .examples = {"{}", "{groups: 1, activation: relu}", "{activation: relu, eps: 1e-3, groups: 3}"},
    .example_in = {{2, 6, 2, 3}, {2, 6, 2, 3}},
    .fields = fields,
    .config_size = sizeof(group_norm_config),
    .min_inputs = 1,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
};
