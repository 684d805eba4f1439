// trainer/evaluation/restoration.h -- how well a model makes images whole, in decibels.
//   PSNR = -10 log10 (mean of (x - y)^2), x and y in pixels of 0..1, the mean over all numbers of
//   all images; nothing is cut off outside 0..1
#ifndef TRAINER_EVALUATION_RESTORATION_H
#define TRAINER_EVALUATION_RESTORATION_H

#include "io/views/augment.h"
#include "trainer/parts/model.h"

// Sums over images of the mean square of an image's numbers, in pixels of 0..1.
typedef struct restoration_sums {
    double spoilt, whole; // of what the model gets, and of what it makes of it
} restoration_sums;

// Whether this model makes images whole (model_restores) whose views are pixels in known units.
bool restoration_known(const model *m, const augmenter *a);

// After model_measure of a batch whose first `rows` images count. The same bits whenever these are.
restoration_sums restoration_measure(const model *m, const augmenter *a, int rows);

// Of a mean square; infinite for 0.
double restoration_psnr(double mean_square);

#endif
