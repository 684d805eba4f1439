// models/kernels/reference.h -- every kernel as the plain loops of its formula, in block 1, with
// sums in double. Slow; what the fast kernels are tested against.
#ifndef MODELS_KERNELS_REFERENCE_H
#define MODELS_KERNELS_REFERENCE_H

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/pooling.h"

// c = alpha A B + beta c; see matmul.h.
void reference_matmul(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                      const float *a, const float *b, float beta, float *c);

// See convolution.h; blocks in the spec are not looked at.
void reference_convolution(const convolution_spec *s, const float *x, const float *weights,
                           float *y);
void reference_convolution_data(const convolution_spec *s, const float *dy, const float *weights,
                                float *dx);
// dweights is added to.
void reference_convolution_weights(const convolution_spec *s, const float *x, const float *dy,
                                   float *dweights);

// See pooling.h.
void reference_max_pool(const pooling_spec *s, const float *x, float *y);
void reference_max_pool_backward(const pooling_spec *s, const float *x, const float *dy, float *dx);
void reference_avg_pool(const pooling_spec *s, const float *x, float *y);
void reference_avg_pool_backward(const pooling_spec *s, const float *dy, float *dx);

#endif
