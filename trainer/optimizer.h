// trainer/optimizer.h -- an optimizer turns the summed gradient into new weights.
//
// One file in trainer/optimizers/ with one exported const optimizer_type, one line in
// optimizers.def. It works on flat arrays and only elementwise or by whole parameter tensors, so
// every rank computes the same bits from the same gradient.
#ifndef TRAINER_OPTIMIZER_H
#define TRAINER_OPTIMIZER_H

#include "base/config.h"

#include <stdbool.h>
#include <stdint.h>

#define OPTIMIZER_MAX_STATES 2

// One parameter tensor inside the flat arrays.
typedef struct optimizer_segment {
    size_t offset, count; // floats
    bool is_norm_or_bias;
    double rate; // factor of the learning rate
} optimizer_segment;

typedef struct optimizer_step {
    float *params;         // flat, updated in place
    const float *gradient; // flat, of the mean energy over the global batch
    float *states[OPTIMIZER_MAX_STATES];
    const optimizer_segment *segments;
    int segment_count;
    double lr;     // of this step, after the schedule
    uint64_t step; // from 0
} optimizer_step;

typedef struct optimizer_type {
    const char *name;
    const char *help;
    const config_field *fields; // own keys in the job's `optimizer` section
    size_t config_size;
    const char *state_names[OPTIMIZER_MAX_STATES]; // flat arrays to keep, zero at first; NULL-ended
    void (*update)(const void *settings, const optimizer_step *step);
} optimizer_type;

#endif
