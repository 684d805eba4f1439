// models/kernels/logistic.h -- what coins with logits x need, over many floats at once.
#ifndef MODELS_KERNELS_LOGISTIC_H
#define MODELS_KERNELS_LOGISTIC_H

#include <stddef.h>

// The sum of log(1 + exp x_i) over `count` floats, within 1e-6 of itself or 1e-7 a float. NaN and
// infinity give what they are.
double softplus_sum(const float *x, size_t count);

// to_i = 1 / (1 + exp(-x_i)), within three units in the last place; to and x may be one array.
void logistics(float *to, const float *x, size_t count);

#endif
