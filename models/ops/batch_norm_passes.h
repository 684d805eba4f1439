// models/ops/batch_norm_passes.h -- what batch_norm and sync_batch_norm share: all but whose
// samples the statistics are of.
//
// A pass works on one group of channels (models/ops/channel_slabs.h), all samples of one worker.
// Arrays of LANES hold one value for each channel of the group, in their first `block` places. The
// passes over x or its gradient are of the call's samples (op_run), and add to sums that begin with
// the batch's first sample.
#ifndef MODELS_OPS_BATCH_NORM_PASSES_H
#define MODELS_OPS_BATCH_NORM_PASSES_H

#include "models/ops/channel_slabs.h"

typedef struct batch_norm_config {
    int activation; // of NORM_ACTIVATIONS
    double eps;
    bool affine; // false: weight 1 and bias 0, neither learned
} batch_norm_config;

extern const config_field batch_norm_fields[];

enum { BATCH_NORM_WEIGHT, BATCH_NORM_BIAS };   // parameters
enum { BATCH_NORM_MEAN, BATCH_NORM_VARIANCE }; // statistics

// Everything but meetings. workers: how many workers' batches the statistics are of.
//   saved   (2, c): mean, then 1 / sqrt(var + eps) of each channel; behind them, in a net of bf16
//           numbers whose x is an image of floats, x rounded to such numbers, which then stands for
//           x everywhere
// Errors: ST_CONFIG.
status batch_norm_plan(const void *settings, int workers, op_plan *p);

// Of a group: each lane's sums over the worker's own values.
typedef struct group_sums {
    float shift[LANES];                 // of x
    double first[LANES], second[LANES]; // x - shift and its square; dr and dr (x - mean)
} group_sums;

// The sums of all groups in what a pass carries, and the (2, c) constants of a forward pass: the
// mean and 1 / sqrt(var + eps), in `saved`, or where nothing is saved behind the sums or in
// scratch.
group_sums *carried_sums(const op_run *run);
float *constants_of(const op_plan *p, const op_run *run);

// Adds to the sums of x, which it saves where they are rounded.
void measure_group(const op_plan *p, const op_run *run, int group, group_sums *sums);

// Mean and biased variance of the group's channels, once all samples are measured.
void moments_of_group(const slabs *s, const group_sums *sums, double *means, double *variances);

// The batch statistics of the group, where they are wanted: means, and variances of `count` values
// made unbiased.
void report_group(const slabs *s, const op_run *run, int group, const double *means,
                  const double *variances, double count);

// The running statistics of the group.
void recall_group(const slabs *s, const op_run *run, int group, double *means, double *variances);

// Sets the group's constants.
void fix_group(const void *settings, const op_plan *p, const op_run *run, int group,
               const double *means, const double *variances);

// y = act(weight (x - mean) / sqrt(var + eps) + bias [+ r]), given the constants
void normalise_group(const void *settings, const op_plan *p, const op_run *run, int group);

// y again from what normalise_group saved, in all groups: the operations' `remake`.
void batch_norm_remake(const void *settings, const op_plan *p, const op_run *run);

// Adds to the sums of dr.
void reduce_group(const void *settings, const op_plan *p, const op_run *run, int group,
                  group_sums *sums);

// dbias and dweight of the worker's own values, once all samples are reduced.
void gradients_of_group(const op_plan *p, const op_run *run, int group, const group_sums *sums,
                        double *dbias, double *dweight);

// The same, added to dparams.
void add_gradients_of_group(const slabs *s, const op_run *run, int group, const double *dbias,
                            const double *dweight);

// dx and dr, from the sums of dbias and dweight over all `count` values of a channel that the
// statistics are of.
void differentiate_group(const void *settings, const op_plan *p, const op_run *run, int group,
                         const double *dbias, const double *dweight, double count);

#endif
