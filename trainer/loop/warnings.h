// trainer/loop/warnings.h -- signs that a run will not learn, each told once a run in one plain
// sentence.
//
// Pure functions of numbers: each returns whether it warned, now and for the first time. Only rank
// 0's log speaks, so ranks need not agree.
#ifndef TRAINER_LOOP_WARNINGS_H
#define TRAINER_LOOP_WARNINGS_H

#include "trainer/evaluation/health.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum warning {
    WARNING_CHANCE,    // the loss is no better than guessing
    WARNING_COLLAPSE,  // all images have nearly the same features
    WARNING_LEAK,      // the task is solved by something else than the image
    WARNING_NEGATIVES, // too many of them are of the query's own kind
    WARNING_MOMENTUM,  // the key encoder hardly leaves its random start
    WARNING_RATE,      // nothing is learnt at a learning rate of 0
    WARNING_EMPTY,     // all codes are 0
    WARNING_POINT,     // all images have nearly the same embedding
    WARNING_COUNT
} warning;

typedef struct warnings {
    bool told[WARNING_COUNT];
} warnings;

// What a run is before its first step. negatives K of a query: 0 without any.
typedef struct warnings_setup {
    uint64_t negatives, samples, steps_total;
    double momentum; // of the key encoder
} warnings_setup;

// K above a tenth of the data set: queries meet their own images and likes among the negatives.
bool warn_negatives(warnings *w, const warnings_setup *setup);

// The key encoder remembers about 1 / (1 - m) steps; a quarter of the run is too long for that.
bool warn_momentum(warnings *w, const warnings_setup *setup);

// rate: the first learning rate above 0 among the `steps` steps still to come, or 0: then no weight
// will change.
bool warn_rate(warnings *w, double rate, uint64_t steps);

// loss: mean cross entropy of a query over the newest steps, of which ln(K + 1) is chance. Speaks
// after the first epoch.
bool warn_chance(warnings *w, const warnings_setup *setup, double loss, double epoch);

// Mean (K+1)-way accuracy, 0..1, over steps that knew at least `keys` keys of others. Speaks
// after the first epoch (at its start both encoders are still equal, so keys are found easily) and
// once these are K.
bool warn_leak(warnings *w, const warnings_setup *setup, double accuracy, uint64_t keys,
               double epoch);

// nonzero: share of codes that are not 0, mean over the newest steps.
bool warn_empty(warnings *w, double nonzero);

// A metric of the method, mean over the newest steps, and its value if the embeddings of all images
// were one point.
bool warn_point(warnings *w, const char *metric, double value, double of_point);

// Deviation of the features near 0 or an effective rank below 2.
bool warn_collapse(warnings *w, const health *h);

#endif
