// models/ops/batch_norm.c -- batch normalisation, with residual and ReLU in the same pass.
//   y = act(weight (x - mean) / sqrt(var + eps) + bias [+ r])
//   x, r, y (n, c, h, w) in one layout, y in x's numbers; weight, bias, mean, var (c)
//   act = none or ReLU
//   affine: false leaves out weight and bias (1 and 0)
//   mean and biased var over the n h w values of a channel of one worker's batch (training), or
//   the running statistics; batch statistics are the mean and the unbiased var, as PyTorch's
//   derivatives: models/ops/batch_norm_passes.c
//   source: Ioffe & Szegedy 2015 (arXiv 1502.03167) algorithm 1
//
// At once, one group of channels (a block) is done after the other, all samples of it, so that the
// second pass over the group finds it in the cache where it fits. By portions, all groups of some
// samples are.
#include "models/ops/batch_norm_passes.h"

static status plan(const void *settings, op_plan *p)
{
    return batch_norm_plan(settings, 1, p);
}

static void measure(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    if (!run->training) return;
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++)
        measure_group(p, run, group, carried_sums(run) + group);
}

// What all portions of a forward pass have in common.
static void begin_forward(const void *settings, const op_plan *p, const op_run *run, int group)
{
    slabs s = slabs_of(p);
    double means[LANES], variances[LANES];
    if (run->training) {
        group_sums *sums = carried_sums(run) + group;
        if (!run->portion->measured) measure_group(p, run, group, sums);
        moments_of_group(&s, sums, means, variances);
        report_group(&s, run, group, means, variances, s.count);
    } else {
        recall_group(&s, run, group, means, variances);
    }
    fix_group(settings, p, run, group, means, variances);
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++) {
        if (run->portion->first == 0) begin_forward(settings, p, run, group);
        normalise_group(settings, p, run, group);
    }
}

static void reduce(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++)
        reduce_group(settings, p, run, group, carried_sums(run) + group);
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    slabs s = slabs_of(p);
    for (int group = 0; group < s.groups; group++) {
        double dbias[LANES], dweight[LANES];
        group_sums *sums = carried_sums(run) + group;
        if (!run->portion->measured) reduce_group(settings, p, run, group, sums);
        gradients_of_group(p, run, group, sums, dbias, dweight);
        if (run->portion->first == 0) add_gradients_of_group(&s, run, group, dbias, dweight);
        differentiate_group(settings, p, run, group, dbias, dweight, s.count);
    }
}

static const struct op_portions portions = {.measure = measure, .reduce = reduce};

const op_type op_batch_norm = {
    .name = "batch_norm",
    .examples = {"{}", "{activation: relu}", "{activation: relu, eps: 1e-3}",
                 "{activation: relu, affine: false}"},
    .example_in = {{3, 2, 5, 5}, {3, 2, 5, 5}},
    .fields = batch_norm_fields,
    .config_size = sizeof(batch_norm_config),
    .min_inputs = 1,
    .max_inputs = 2,
    .takes_bf16 = true,
    .in_place = true,
    .portions = &portions,
    .plan = plan,
    .forward = forward,
    .remake = batch_norm_remake,
    .backward = backward,
};
