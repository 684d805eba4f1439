// models/ops/sync_batch_norm.c -- batch normalisation by the statistics of all workers' samples.
//   as models/ops/batch_norm.c of the V workers' batches in one:  N = V n h w values of a channel
//   mean = sum_v mean_v / V;  var = sum_v (var_v + (mean_v - mean)^2) / V  (workers have equal n)
//   the adjoint: dx needs dbias = sum dr and dweight = sum dr u over all N values
//   source: Chan, Golub & LeVeque 1979 for the variance from parts, which loses no digits of it
//   however large the mean; PyTorch's SyncBatchNorm gathers the same
//
// Forward the moments of all workers are gathered (3 c floats of each) and every worker combines
// them in doubles, in their order; backward the two sums (2 c floats) go through the tree.
#include "models/ops/batch_norm_passes.h"

#include <string.h>

// Of each channel, (3, c) in a worker's part: the mean, what float32 has lost of it, the variance.
enum { PART_MEAN, PART_MEAN_REST, PART_VARIANCE, PART_ROWS };

// Of each channel, (2, c): the sums over a worker's, then over all values.
enum { SUM_BIAS, SUM_WEIGHT, SUM_ROWS };

static status plan(const void *settings, op_plan *p)
{
    size_t channels = (size_t)p->in[0].c;
    p->forward_meeting = (op_meeting){.floats = PART_ROWS * channels, .gather = true};
    p->backward_meeting = (op_meeting){.floats = SUM_ROWS * channels};
    return batch_norm_plan(settings, p->workers, p);
}

static void forward_part(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    size_t channels = (size_t)p->in[0].c;
    // Running statistics need no meeting, but the others do not know that.
    memset(run->part, 0, PART_ROWS * channels * sizeof *run->part);
    if (!run->training) return;
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++) {
        double means[LANES], variances[LANES];
        group_sums sums;
        measure_group(p, run, group, &sums);
        moments_of_group(&s, &sums, means, variances);
        float *part = run->part + first_channel(&s, group);
        for (size_t c = 0; c < (size_t)s.block; c++) {
            float mean = (float)means[c];
            part[PART_MEAN * channels + c] = mean;
            part[PART_MEAN_REST * channels + c] = (float)(means[c] - (double)mean);
            part[PART_VARIANCE * channels + c] = (float)variances[c];
        }
    }
}

// Mean and variance of one channel over all workers; `parts` is the channel's place in the first.
static void combine(const op_plan *p, const float *parts, double *mean, double *variance)
{
    size_t channels = (size_t)p->in[0].c, worker = PART_ROWS * channels;
    double sum = 0, squares = 0;
    for (size_t v = 0; v < (size_t)p->workers; v++) {
        const float *part = parts + v * worker;
        sum += (double)part[PART_MEAN * channels] + (double)part[PART_MEAN_REST * channels];
    }
    *mean = sum / p->workers;
    for (size_t v = 0; v < (size_t)p->workers; v++) {
        const float *part = parts + v * worker;
        double apart = (double)part[PART_MEAN * channels] - *mean;
        apart += (double)part[PART_MEAN_REST * channels];
        squares += (double)part[PART_VARIANCE * channels] + apart * apart;
    }
    *variance = squares / p->workers;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++) {
        double means[LANES], variances[LANES];
        if (run->training) {
            for (int c = 0; c < s.block; c++)
                combine(p, run->total + first_channel(&s, group) + c, &means[c], &variances[c]);
            report_group(&s, run, group, means, variances, s.count * p->workers);
        } else {
            recall_group(&s, run, group, means, variances);
        }
        fix_group(settings, p, run, group, means, variances);
        normalise_group(settings, p, run, group);
    }
}

static void backward_part(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++) {
        double dbias[LANES], dweight[LANES];
        group_sums sums;
        reduce_group(settings, p, run, group, &sums);
        gradients_of_group(p, run, group, &sums, dbias, dweight);
        add_gradients_of_group(&s, run, group, dbias, dweight);
        float *part = run->part + first_channel(&s, group);
        for (int c = 0; c < s.block; c++) {
            part[SUM_BIAS * p->in[0].c + c] = (float)dbias[c];
            part[SUM_WEIGHT * p->in[0].c + c] = (float)dweight[c];
        }
    }
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++) {
        double dbias[LANES], dweight[LANES];
        const float *total = run->total + first_channel(&s, group);
        for (int c = 0; c < s.block; c++) {
            dbias[c] = (double)total[SUM_BIAS * p->in[0].c + c];
            dweight[c] = (double)total[SUM_WEIGHT * p->in[0].c + c];
        }
        differentiate_group(settings, p, run, group, dbias, dweight, s.count * p->workers);
    }
}

const op_type op_sync_batch_norm = {
    .name = "sync_batch_norm",
    .examples = {"{}", "{activation: relu}", "{activation: relu, eps: 1e-3}"},
    .example_in = {{2, 2, 2, 2}, {2, 2, 2, 2}},
    .fields = batch_norm_fields,
    .config_size = sizeof(batch_norm_config),
    .min_inputs = 1,
    .max_inputs = 2,
    .takes_bf16 = true,
    .in_place = true,
    .plan = plan,
    .forward = forward,
    .remake = batch_norm_remake,
    .backward = backward,
    .forward_part = forward_part,
    .backward_part = backward_part,
};
