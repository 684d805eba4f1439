// models/kernels/softmax.h -- the two passes of a softmax, over many floats at once.
#ifndef MODELS_KERNELS_SOFTMAX_H
#define MODELS_KERNELS_SOFTMAX_H

#include <stddef.h>

// The largest of `least` and the x[i]; NaN is passed over.
float largest(const float *x, size_t count, float least);

// x[i] becomes exp(x[i] - shift), within one unit in the last place; returns their sum. Where
// x - shift < -87 it becomes 0 and where it is > 88 infinite; NaN stays NaN.
double exponentials(float *x, size_t count, float shift);

#endif
