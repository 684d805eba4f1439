// models/kernels/bf16.h -- numbers of 16 bits with float32's exponent: its upper half, rounded.
#ifndef MODELS_KERNELS_BF16_H
#define MODELS_KERNELS_BF16_H

#include <stddef.h>
#include <stdint.h>

// y = x to the nearest, halves to the even one. A NaN stays one.
void bf16_from_floats(const float *x, size_t count, uint16_t *y);

#endif
