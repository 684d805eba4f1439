// models/ops/batch_norm_passes.c -- statistics, normalisation and gradients of one group of
// channels.
//   u = (x - mean) / sqrt(var + eps);  dr = dy where y > 0 (ReLU);  N values of a channel
//   dbias = sum dr;  dweight = sum dr u
//   dx = weight / sqrt(var + eps) (dr - dbias/N - u dweight/N)
#include "models/ops/batch_norm_passes.h"

#include <math.h>
#include <string.h>

const config_field batch_norm_fields[] = {
    {"activation", FIELD_CHOICE, offsetof(batch_norm_config, activation), "none", 0, 0,
     NORM_ACTIVATIONS, "applied to the result (after the residual)"},
    {"eps", FIELD_REAL, offsetof(batch_norm_config, eps), "1e-5", 1e-12, 1, NULL,
     "added to the variance"},
    {"affine", FIELD_BOOL, offsetof(batch_norm_config, affine), "true", 0, 0, NULL,
     "with a scale and shift to learn"},
    {0},
};

static bool has_relu(const void *settings)
{
    return ((const batch_norm_config *)settings)->activation == NORM_RELU;
}

// Is x of floats, in a net whose images are bf16 numbers otherwise? Then it counts as rounded to
// such.
static bool rounds(const op_plan *p)
{
    return p->arithmetic.bf16 && !p->in_bf16[0] && p->in[0].h * p->in[0].w > 1;
}

static size_t sums_bytes(const op_plan *p)
{
    return (size_t)slabs_of(p).groups * sizeof(group_sums);
}

group_sums *carried_sums(const op_run *run)
{
    return run->portion->carried;
}

float *constants_of(const op_plan *p, const op_run *run)
{
    if (p->backward) return run->saved;
    return run->portion == NULL ? run->scratch : advance(run->portion->carried, sums_bytes(p));
}

status batch_norm_plan(const void *settings, int workers, op_plan *p)
{
    shape x = p->in[0];
    for (int i = 1; i < p->input_count; i++)
        CHECK(shape_equal(p->in[i], x) && p->in_block[i] == p->in_block[0], ST_CONFIG,
              "batch_norm: expects a residual of the input's shape and layout, got %d x %d x %d x "
              "%d in blocks of %d for %d x %d x %d x %d in blocks of %d",
              p->in[i].n, p->in[i].c, p->in[i].h, p->in[i].w, p->in_block[i], x.n, x.c, x.h, x.w,
              p->in_block[0]);
    CHECK(!p->backward || workers > 1 || x.n * x.h * x.w > 1, ST_CONFIG,
          "batch_norm: expects more than one value a channel to train on, got %d x %d x %d x %d; "
          "use a larger batch a worker",
          x.n, x.c, x.h, x.w);
    p->out = x;
    p->out_block = p->in_block[0];
    p->out_bf16 = p->in_bf16[0];
    if (((const batch_norm_config *)settings)->affine) {
        p->param_count = 2;
        p->params[BATCH_NORM_WEIGHT] = (op_param){"weight", 1, {x.c}, INIT_CONSTANT, 1.0f, true};
        p->params[BATCH_NORM_BIAS] = (op_param){"bias", 1, {x.c}, INIT_CONSTANT, 0.0f, true};
    }
    p->statistic_count = 2;
    p->statistics[BATCH_NORM_MEAN] =
        (op_param){"running_mean", 1, {x.c}, INIT_CONSTANT, 0.0f, false};
    p->statistics[BATCH_NORM_VARIANCE] =
        (op_param){"running_var", 1, {x.c}, INIT_CONSTANT, 1.0f, false};
    size_t constants = 2 * (size_t)x.c * sizeof(float);
    if (p->portions != NULL)
        p->portions->carried_bytes = sums_bytes(p) + (p->backward ? 0 : constants);
    else if (!p->backward)
        p->scratch_bytes = constants;
    if (p->backward) p->saved_bytes = constants;
    if (p->backward && rounds(p)) p->saved_bytes += tensor_bytes(x, true);
    p->backward_reads_input[0] = p->remake_reads_input[0] = !rounds(p);
    p->remake_reads_input[1] = true;
    // Without a residual, whether y > 0 is worked out from x.
    p->backward_reads_output = has_relu(settings) && p->input_count > 1;
    return ST_OK;
}

// Number `at` of an array; NULL stays NULL.
static void *number(void *array, size_t at, bool bf16)
{
    return advance(array, at * (bf16 ? sizeof(uint16_t) : sizeof(float)));
}

static const void *number_read(const void *array, size_t at, bool bf16)
{
    return advance_read(array, at * (bf16 ? sizeof(uint16_t) : sizeof(float)));
}

// x as rounded, behind the constants of the channels; NULL: is not saved.
static uint16_t *saved_x(const op_plan *p, const op_run *run, size_t at)
{
    if (!p->backward || !run->training || !rounds(p)) return NULL;
    size_t before =
        shape_count(p->in[0]) / (size_t)p->in[0].n * (size_t)op_portion_of(p, run).first;
    return (uint16_t *)((float *)run->saved + 2 * (size_t)p->in[0].c) + before + at;
}

// A sample's part of a group, in all arrays.
static slab slab_of(const void *settings, const op_plan *p, const op_run *run, const slabs *s,
                    int sample, int group)
{
    size_t at = slab_at(s, sample, group);
    bool bf16 = p->in_bf16[0], residual_bf16 = p->in_bf16[1];
    const uint16_t *x = saved_x(p, run, at);
    return (slab){
        .count = s->slab,
        .relu = has_relu(settings),
        .numbers = bf16 || x != NULL ? SLAB_BF16
                   : rounds(p)       ? SLAB_ROUNDED
                                     : SLAB_FLOATS,
        .bf16 = bf16,
        .residual_bf16 = residual_bf16,
        .x = x != NULL ? x : number_read(run->in[0], at, bf16),
        .residual = number_read(run->in[1], at, residual_bf16),
        .y = number(run->out, at, bf16),
        .activity = p->backward_reads_output ? number_read(run->out, at, bf16) : NULL,
        .dy = number_read(run->dout, at, bf16),
        .dx = number(run->din[0], at, bf16),
        .dr = number(run->din[1], at, residual_bf16),
    };
}

// The same before x is saved.
static slab slab_unsaved(const op_plan *p, const op_run *run, const slabs *s, int sample, int group)
{
    size_t at = slab_at(s, sample, group);
    bool bf16 = p->in_bf16[0];
    return (slab){.count = s->slab,
                  .numbers = bf16        ? SLAB_BF16
                             : rounds(p) ? SLAB_ROUNDED
                                         : SLAB_FLOATS,
                  .x = number_read(run->in[0], at, bf16),
                  .rounded = saved_x(p, run, at)};
}

// By sums of x - shift. The shift is the mean of the first sample's slab: its distance from the
// mean is at most sqrt(samples) deviations, so the variance loses no digits that matter however
// large the mean is.
static void begin_sums(const op_plan *p, const op_run *run, int group, group_sums *sums)
{
    slabs s = slabs_of(p);
    float shifts[LANES];
    *sums = (group_sums){0};
    slab part = slab_unsaved(p, run, &s, 0, group);
    slab_sum(&part, sums->shift, sums->first, sums->second);
    for (int c = 0; c < s.block; c++)
        shifts[c] = (float)(gather(sums->first, s.block, c) * s.samples / s.count);
    *sums = (group_sums){0};
    spread(shifts, s.block, sums->shift);
}

void measure_group(const op_plan *p, const op_run *run, int group, group_sums *sums)
{
    slabs s = slabs_of(p);
    if (op_portion_of(p, run).first == 0) begin_sums(p, run, group, sums);
    for (int n = 0; n < op_portion_of(p, run).count; n++) {
        slab part = slab_unsaved(p, run, &s, n, group);
        slab_sum(&part, sums->shift, sums->first, sums->second);
    }
}

void moments_of_group(const slabs *s, const group_sums *sums, double *means, double *variances)
{
    for (int c = 0; c < s->block; c++) {
        double mean = gather(sums->first, s->block, c) / s->count;
        means[c] = (double)sums->shift[c] + mean;
        variances[c] = fmax(gather(sums->second, s->block, c) / s->count - mean * mean, 0.0);
    }
}

void report_group(const slabs *s, const op_run *run, int group, const double *means,
                  const double *variances, double count)
{
    size_t first = first_channel(s, group);
    float *mean = run->batch_statistics[BATCH_NORM_MEAN];
    float *variance = run->batch_statistics[BATCH_NORM_VARIANCE];
    for (int c = 0; c < s->block; c++) {
        if (mean != NULL) mean[first + (size_t)c] = (float)means[c];
        if (variance != NULL)
            variance[first + (size_t)c] = (float)(variances[c] * count / fmax(count - 1.0, 1.0));
    }
}

void recall_group(const slabs *s, const op_run *run, int group, double *means, double *variances)
{
    size_t first = first_channel(s, group);
    for (int c = 0; c < s->block; c++) {
        means[c] = (double)run->statistics[BATCH_NORM_MEAN][first + (size_t)c];
        variances[c] = (double)run->statistics[BATCH_NORM_VARIANCE][first + (size_t)c];
    }
}

// Without parameters the weight of each channel is 1 and the bias 0.
static float weight_of(const op_run *run, size_t channel)
{
    const float *weight = run->params[BATCH_NORM_WEIGHT];
    return weight != NULL ? weight[channel] : 1.0f;
}

// Of the group: mean, scale and bias.
static void spread_constants(const op_plan *p, const op_run *run, int group,
                             slab_constants *constants)
{
    slabs s = slabs_of(p);
    size_t first = first_channel(&s, group);
    const float *means = constants_of(p, run) + first, *inverses = means + p->in[0].c;
    float scale[LANES];
    for (int c = 0; c < s.block; c++)
        scale[c] = weight_of(run, first + (size_t)c) * inverses[c];
    const float *bias = run->params[BATCH_NORM_BIAS];
    spread(means, s.block, constants->mean);
    spread(scale, s.block, constants->scale);
    memset(constants->bias, 0, sizeof constants->bias);
    if (bias != NULL) spread(bias + first, s.block, constants->bias);
}

void fix_group(const void *settings, const op_plan *p, const op_run *run, int group,
               const double *means, const double *variances)
{
    slabs s = slabs_of(p);
    double eps = ((const batch_norm_config *)settings)->eps;
    float *mean = constants_of(p, run) + first_channel(&s, group), *inverse = mean + p->in[0].c;
    for (int c = 0; c < s.block; c++) {
        mean[c] = (float)means[c];
        inverse[c] = (float)(1.0 / sqrt(variances[c] + eps));
    }
}

void normalise_group(const void *settings, const op_plan *p, const op_run *run, int group)
{
    slabs s = slabs_of(p);
    slab_constants constants;
    spread_constants(p, run, group, &constants);
    for (int n = 0; n < op_portion_of(p, run).count; n++) {
        slab part = slab_of(settings, p, run, &s, n, group);
        slab_normalise(&part, &constants);
    }
}

void batch_norm_remake(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++)
        normalise_group(settings, p, run, group);
}

void reduce_group(const void *settings, const op_plan *p, const op_run *run, int group,
                  group_sums *sums)
{
    slabs s = slabs_of(p);
    slab_constants constants;
    spread_constants(p, run, group, &constants);
    if (op_portion_of(p, run).first == 0) *sums = (group_sums){0};
    for (int n = 0; n < op_portion_of(p, run).count; n++) {
        slab part = slab_of(settings, p, run, &s, n, group);
        slab_reduce(&part, &constants, sums->first, sums->second);
    }
}

void gradients_of_group(const op_plan *p, const op_run *run, int group, const group_sums *sums,
                        double *dbias, double *dweight)
{
    slabs s = slabs_of(p);
    const float *inverses = constants_of(p, run) + first_channel(&s, group) + p->in[0].c;
    for (int c = 0; c < s.block; c++) {
        dbias[c] = gather(sums->first, s.block, c);
        dweight[c] = gather(sums->second, s.block, c) * (double)inverses[c];
    }
}

void add_gradients_of_group(const slabs *s, const op_run *run, int group, const double *dbias,
                            const double *dweight)
{
    size_t first = first_channel(s, group);
    float *weights = run->dparams[BATCH_NORM_WEIGHT], *biases = run->dparams[BATCH_NORM_BIAS];
    for (int c = 0; c < s->block && weights != NULL; c++) {
        weights[first + (size_t)c] += (float)dweight[c];
        biases[first + (size_t)c] += (float)dbias[c];
    }
}

void differentiate_group(const void *settings, const op_plan *p, const op_run *run, int group,
                         const double *dbias, const double *dweight, double count)
{
    if (run->din[0] == NULL && run->din[1] == NULL) return;
    slabs s = slabs_of(p);
    size_t first = first_channel(&s, group);
    const float *inverses = constants_of(p, run) + first + p->in[0].c;
    float factors[2][LANES];
    for (int c = 0; c < s.block; c++) {
        double inverse = (double)inverses[c];
        double scale = (double)weight_of(run, first + (size_t)c) * inverse;
        factors[0][c] = (float)(-scale * dbias[c] / count);
        factors[1][c] = (float)(-scale * dweight[c] * inverse / count);
    }
    slab_constants constants;
    spread_constants(p, run, group, &constants);
    spread(factors[0], s.block, constants.b);
    spread(factors[1], s.block, constants.c);
    for (int n = 0; n < op_portion_of(p, run).count; n++) {
        slab part = slab_of(settings, p, run, &s, n, group);
        slab_differentiate(&part, &constants);
    }
}
