// trainer/evaluation/pixel_means.h -- raw pixels as features: the floor under any net.
#ifndef TRAINER_EVALUATION_PIXEL_MEANS_H
#define TRAINER_EVALUATION_PIXEL_MEANS_H

#include "base/tensor.h"

// Length of a row: channels times at most 32 x 32 cells.
int pixel_means_count(shape images);

// images (n, c, h, w) -> rows (n, pixel_means_count): the mean of the pixels in each cell, which is
// the pixel itself in images of at most 32 x 32.
void pixel_means(shape images, const float *pixels, float *rows);

#endif
