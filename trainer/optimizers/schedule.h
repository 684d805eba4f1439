// trainer/optimizers/schedule.h -- the learning rate as a function of the step.
#ifndef TRAINER_OPTIMIZERS_SCHEDULE_H
#define TRAINER_OPTIMIZERS_SCHEDULE_H

#include "base/config.h"

#include <stdint.h>

typedef struct schedule {
    char name[CONFIG_TEXT_SIZE]; // cosine, step, constant
    char per[CONFIG_TEXT_SIZE];  // step, epoch
    int64_t epochs;
    double warmup;                     // epochs
    char milestones[CONFIG_TEXT_SIZE]; // of step: epochs, "120,160"
    double factor;                     // of step, at each milestone
    int64_t first_epoch;               // number of the first epoch: 0 or 1
} schedule;

extern const config_field schedule_fields[];

// Whether the texts and numbers fit each other. `place` begins the message. Errors: ST_CONFIG.
status schedule_check(const schedule *s, const char *place);

// Steps of the whole schedule.
uint64_t schedule_steps(const schedule *s, uint64_t steps_per_epoch);

// The factor on the learning rate at step `step` (from 0): rises linearly over the warm-up, then
//   cosine    (1 + cos(pi t)) / 2,  t = share of the time after the warm-up that has passed
//   step      factor^(milestones passed), in epochs
//   constant  1
// per: epoch holds the factor of an epoch's first step through the epoch, as MoCo's code does;
// first_epoch: 1 takes the next epoch's, so that the last is 0, as MoCo's CIFAR-10 notebook does.
//   source: Loshchilov & Hutter 2016 (arXiv 1608.03983) eq. 5; Goyal et al. 2017 for the warm-up
double schedule_factor(const schedule *s, uint64_t step, uint64_t steps_per_epoch);

// From `from` to `to` along half a cosine; passed: 0..1.
double cosine_between(double from, double to, double passed);

#endif
