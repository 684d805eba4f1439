// trainer/schedule.h -- the learning rate as a function of the step.
#ifndef TRAINER_SCHEDULE_H
#define TRAINER_SCHEDULE_H

#include "base/config.h"

#include <stdint.h>

typedef struct schedule {
    char name[CONFIG_TEXT_SIZE]; // cosine, constant
    char per[CONFIG_TEXT_SIZE];  // step, epoch
    int64_t epochs;
    double warmup; // epochs
} schedule;

extern const config_field schedule_fields[];

// Steps of the whole schedule.
uint64_t schedule_steps(const schedule *s, uint64_t steps_per_epoch);

// The factor on the learning rate at step `step` (from 0): rises linearly over the warm-up, then
//   cosine    (1 + cos(pi t)) / 2,  t = share of the time after the warm-up that has passed
//   constant  1
// per: epoch holds the factor of an epoch's first step through the epoch, as MoCo's code does.
//   source: Loshchilov & Hutter 2016 (arXiv 1608.03983) eq. 5; Goyal et al. 2017 for the warm-up
double schedule_factor(const schedule *s, uint64_t step, uint64_t steps_per_epoch);

#endif
