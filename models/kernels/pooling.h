// models/kernels/pooling.h -- the largest or the mean value under a square window.
#ifndef MODELS_KERNELS_POOLING_H
#define MODELS_KERNELS_POOLING_H

#include "base/tensor.h"

#include <stdint.h>

#define POOLING_MAX_KERNEL 15 // a place in the window fits a byte
#define POOLING_MAX_PAD    7  // half of it

typedef struct pooling_spec {
    shape in, out;           // the same samples and channels; sizes as convolution_size says
    int block;               // channel block of both
    int kernel, stride, pad; // the same for height and width; pad <= kernel / 2
} pooling_spec;

// y = the largest x under the window, NaN if one is there; padding never wins.
//   winner, one byte for each y: the first place (row * kernel + column) that holds it
void max_pool_forward(const pooling_spec *s, const float *x, float *y, uint8_t *winner);

// dx (overwritten) = the sum of dy over the windows that x won.
void max_pool_backward(const pooling_spec *s, const float *dy, const uint8_t *winner, float *dx);

// y = the sum of x under the window / kernel^2: padding counts as zeros, as in PyTorch's default.
void avg_pool_forward(const pooling_spec *s, const float *x, float *y);

// dx (overwritten) = the sum of dy over the windows that hold x / kernel^2.
void avg_pool_backward(const pooling_spec *s, const float *dy, float *dx);

#endif
